//! The committed files are what the generator makes of the spec today: what `cargo xtask codegen --check` says, as a test.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use flighthub_codegen::{OutputFile, Source, generate};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn generated() -> Vec<OutputFile> {
    let name = "spec/flighthub-v1.yaml";
    let text = fs::read_to_string(root().join(name)).unwrap();
    generate(&[Source { name: name.to_owned(), text }]).unwrap()
}

/// A checkout may have other line ends.
fn committed(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n")
}

#[test]
fn committed_files_are_what_the_spec_says() {
    let stale: Vec<_> = generated()
        .into_iter()
        .filter(|file| committed(&root().join(&file.path)) != file.text)
        .map(|file| file.path)
        .collect();
    assert!(stale.is_empty(), "run `cargo xtask codegen`; not up to date: {stale:#?}");
}

#[test]
fn nothing_is_left_over_from_former_specs() {
    let current: BTreeSet<_> = generated().into_iter().map(|file| root().join(file.path)).collect();
    let mut left = Vec::new();
    let mut folders = vec![
        root().join("flighthub-api/src/generated"),
        root().join("tests/tests/contract/generated"),
    ];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !current.contains(&path) {
                left.push(path);
            }
        }
    }
    assert!(left.is_empty(), "run `cargo xtask codegen`; left over: {left:#?}");
}
