//! The public items of the libraries, against the lists in `tests/public-api/`: every change of them is a change of a file.

use std::collections::BTreeSet;
use std::path::Path;

use crate::api::Sources;
use crate::root;

const LIBRARIES: [&str; 3] = ["flighthub-api", "flighthub-kmz", "flighthub-workflows"];

fn listed(package: &str) -> String {
    let source = root().join(package).join("src/lib.rs");
    let found = Sources::read(&package.replace('-', "_"), &source).public();
    let lines: BTreeSet<String> = found.into_iter().map(|public| public.text).collect();
    lines.into_iter().map(|line| line + "\n").collect()
}

#[test]
fn public_items_are_those_that_were_reviewed() {
    let mut changed = Vec::new();
    for package in LIBRARIES {
        let path = root().join(format!("tests/public-api/{package}.txt"));
        let now = listed(package);
        assert!(now.lines().count() > 20, "{package}: {now}");
        println!("figure Public items | {package} | lines = {}", now.lines().count());
        if std::env::var_os("UPDATE_PUBLIC_API").is_some() {
            std::fs::write(&path, now).unwrap();
            continue;
        }
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        let (before, now): (BTreeSet<_>, BTreeSet<_>) =
            (before.lines().collect(), now.lines().collect());
        changed.extend(before.difference(&now).map(|line| format!("- {line}")));
        changed.extend(now.difference(&before).map(|line| format!("+ {line}")));
    }
    println!("figure Public items | changes that no list shows | count = {}", changed.len());
    assert!(
        changed.is_empty(),
        "the public interface changed:\n{}\n\nIf that is meant, run\n\n    UPDATE_PUBLIC_API=1 cargo test -p xtask --test supply public_items\n\nand review the diff.",
        changed.join("\n")
    );
}

#[test]
fn what_is_public_is_found_and_nothing_else() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/supply/example/lib.rs");
    let found = Sources::read("example", &example).public();
    let lines: Vec<&str> = found.iter().map(|public| public.text.as_str()).collect();
    let expected = std::fs::read_to_string(example.with_file_name("expected.txt")).unwrap();
    assert_eq!(lines.join("\n") + "\n", expected);
    let bare: Vec<_> = found.iter().filter(|public| public.documented == Some(false)).collect();
    assert_eq!(bare.len(), 1, "{bare:?}");
}
