//! The help, as it is printed.

use crate::support::{bare, finish};

fn help(words: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let ran = finish(bare(&folder).args(words)).exits(0);
    assert_eq!(ran.err, "");
    assert!(!ran.out.contains('\u{1b}'), "no colours in a pipe");
    ran.out
}

#[test]
fn of_the_program() {
    insta::assert_snapshot!("program_short", help(&["-h"]));
    insta::assert_snapshot!("program_long", help(&["--help"]));
}

#[test]
fn of_groups_and_operations() {
    insta::assert_snapshot!("device", help(&["device", "-h"]));
    insta::assert_snapshot!("device_command", help(&["device", "command", "--help"]));
    insta::assert_snapshot!("task_create", help(&["task", "create", "-h"]));
    insta::assert_snapshot!("converter_create", help(&["converter", "create", "-h"]));
    insta::assert_snapshot!("api", help(&["api", "--help"]));
}

#[test]
fn the_long_help_tells_risk_project_evidence_and_page() {
    for info in flighthub_api::v1::CATALOGUE {
        let (group, name) = info.id.split_once('.').unwrap();
        let text = help(&[group, &name.replace('_', "-"), "--help"]);
        for part in ["Risk: ", "Project: ", "Known by: ", "Documentation: https://", info.id] {
            assert!(text.contains(part), "{}: {part}", info.id);
        }
        let short = help(&[group, &name.replace('_', "-"), "-h"]);
        assert!(short.contains(info.summary) && short.len() < text.len(), "{}", info.id);
    }
}
