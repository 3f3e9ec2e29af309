//! Every diagnostic of the generator: one spoilt document each, and what is said about it.
//!
//! `fixtures/bad/<rule>.diff` spoils `fixtures/good/minimal.yaml`: in each hunk the lines with `-` give way to those with `+`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use flighthub_codegen::{Diagnostics, Source, lint, load};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn good() -> String {
    fs::read_to_string(fixture("good/minimal.yaml")).unwrap()
}

/// What reading and linting say.
fn problems(name: &str, text: String) -> Diagnostics {
    match load::load(&Source { name: name.to_owned(), text }) {
        Ok(document) => lint::lint(&document),
        Err(problems) => problems,
    }
}

/// The good document with the hunks applied.
fn spoilt(diff: &str) -> String {
    let mut text = good();
    for hunk in diff.trim_end().split("\n\n") {
        let side = |sign| {
            hunk.lines()
                .filter_map(|line| line.strip_prefix(sign))
                .flat_map(|line| [line, "\n"])
                .collect::<String>()
        };
        assert_eq!(
            text.matches(&side('-')).count(),
            1,
            "stands exactly once in the good document:\n{hunk}"
        );
        text = text.replacen(&side('-'), &side('+'), 1);
    }
    text
}

/// The names of the fixtures: one rule each.
fn spoilt_rules() -> BTreeSet<String> {
    let files = fs::read_dir(fixture("bad")).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn the_good_document_has_no_problem() {
    assert_eq!(problems("minimal.yaml", good()).to_string(), "");
}

#[test]
fn every_rule_has_a_spoilt_document() {
    let rules: BTreeSet<_> = lint::RULES.iter().map(|(id, _)| (*id).to_owned()).collect();
    assert_eq!(spoilt_rules(), rules);
}

#[test]
fn every_spoilt_document_is_explained() {
    let rules: BTreeSet<_> = lint::RULES.iter().map(|(id, _)| *id).collect();
    for rule in spoilt_rules() {
        let diff = fs::read_to_string(fixture(&format!("bad/{rule}.diff"))).unwrap();
        let found = problems("bad.yaml", spoilt(&diff));
        assert!(found.iter().any(|problem| problem.rule == rule), "{rule} is reported:\n{found}");
        assert!(
            found.iter().all(|problem| rules.contains(problem.rule)
                && !problem.help.is_empty()
                && problem.line > 0),
            "{found}"
        );
        insta::assert_snapshot!(format!("bad__{rule}"), format!("{}\n\n{found}", diff.trim_end()));
    }
}

#[test]
fn broken_yaml_is_located() {
    let found = problems("broken.yaml", "openapi: 3.0.3\ninfo: {title: x\npaths: {}\n".to_owned());
    let problem = found.iter().next().unwrap();
    assert_eq!((problem.rule, problem.file.as_str()), ("yaml-syntax", "broken.yaml"));
    assert!(problem.line >= 2, "{found}");
}

#[test]
fn exactly_one_document_is_generated_from() {
    let source = Source { name: "minimal.yaml".to_owned(), text: good() };
    let problems = flighthub_codegen::generate(&[source.clone(), source]).unwrap_err();
    insta::assert_snapshot!("two_documents", problems);
}

#[test]
fn another_reader_of_yaml_sees_the_same_in_the_real_spec() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/flighthub-v1.yaml");
    let text = fs::read_to_string(path).unwrap();
    let other: serde_json::Value = serde_yaml::from_str(&text).unwrap();
    let document = load::load(&Source { name: "spec/flighthub-v1.yaml".to_owned(), text }).unwrap();
    assert!(document.value == other, "a scalar is read in two ways: quote it");
}

#[test]
fn the_real_spec_has_no_problem() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/flighthub-v1.yaml");
    let found = problems("spec/flighthub-v1.yaml", fs::read_to_string(path).unwrap());
    assert!(found.is_empty(), "{found}");
}

#[test]
fn what_no_rule_sees_the_types_of_openapi_see() {
    for (wrong, place) in [
        ("security: {a: b}", "at /security"),
        ("security: 5", "at /security"),
        ("security: [{key: [5]}]", "at /security/0/key/0"),
    ] {
        let text = good().replacen("security: [{key: []}]", wrong, 1);
        let found = problems("x.yaml", text).to_string();
        assert!(found.contains("x.yaml:4:") && found.contains("error[bad-shape]"), "{found}");
        assert!(found.contains(place), "{found}");
    }
}
