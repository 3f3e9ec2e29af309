//! `SECURITY.md` names tests for what it says. They have to exist.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The sources of all crates.
fn sources() -> Vec<String> {
    let crates = [
        "codegen",
        "flighthub-api",
        "flighthub-cli",
        "flighthub-kmz",
        "flighthub-sim",
        "flighthub-workflows",
        "tests",
    ];
    let mut folders: Vec<PathBuf> = crates
        .iter()
        .flat_map(|name| ["src", "tests"].map(|part| root().join(name).join(part)))
        .filter(|folder| folder.is_dir())
        .collect();
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                sources.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    sources
}

/// Names of the functions that are tests.
fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for source in sources() {
        let mut is_test = false;
        for line in source.lines().map(str::trim) {
            let name = line
                .split_once("fn ")
                .filter(|(before, _)| before.is_empty() || *before == "async ")
                .and_then(|(_, rest)| rest.split_once('('))
                .map(|(name, _)| name.to_owned());
            match name {
                Some(name) => {
                    if is_test {
                        names.insert(name);
                    }
                    is_test = false;
                }
                None if line.starts_with("#[test") || line.starts_with("#[tokio::test") => {
                    is_test = true;
                }
                None => {}
            }
        }
    }
    names
}

/// The numbers in the first column of the table of attacks, and the tests in the last one.
fn table(text: &str) -> BTreeMap<u32, Vec<String>> {
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let (first, last) = (cells[0], cells[cells.len() - 1]);
        let mut bounds = first.split('–').map(str::parse);
        let (Some(Ok(from)), to) = (bounds.next(), bounds.next()) else { continue };
        let to: u32 = to.map_or(from, |to| to.unwrap());
        let names: Vec<String> = last.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        for number in from..=to {
            rows.insert(number, names.clone());
        }
    }
    rows
}

#[test]
fn every_attack_has_its_row_and_every_test_in_it_exists() {
    let text = std::fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let (rows, tests) = (table(&text), tests());
    assert_eq!(rows.keys().copied().collect::<Vec<_>>(), (1..=45).collect::<Vec<_>>());
    assert!(tests.len() > 500, "{}", tests.len());
    let mut missing = Vec::new();
    for (number, names) in &rows {
        // There is no tool server.
        assert!(!names.is_empty() || *number == 42, "{number} names no test");
        missing.extend(names.iter().filter(|name| !tests.contains(*name)));
    }
    assert!(missing.is_empty(), "no such tests: {missing:?}");
    let named: BTreeSet<&String> = rows.values().flatten().collect();
    let unnamed: Vec<&String> =
        tests.iter().filter(|name| name.starts_with("attack_") && !named.contains(name)).collect();
    assert!(unnamed.is_empty(), "SECURITY.md does not name {unnamed:?}");
}

#[test]
fn a_test_that_is_none_is_not_taken_for_one() {
    let tests = tests();
    assert!(tests.contains("a_test_that_is_none_is_not_taken_for_one"));
    assert!(!tests.contains("sources") && !tests.contains("of_nobody"));
    let rows = table("| a | b |\n|---|---|\n| 1–2 | x | `one`, `two` |\n| 7 | y | `three` |\n");
    assert_eq!(rows[&2], ["one", "two"]);
    assert_eq!((rows[&7][0].as_str(), rows.len()), ("three", 3));
}
