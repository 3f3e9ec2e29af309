//! What would be handed out as packages.

use crate::{PUBLISHED, cargo, read};

/// What a package holds besides its sources.
const ALWAYS: [&str; 7] = [
    ".cargo_vcs_info.json",
    "Cargo.lock",
    "Cargo.toml",
    "Cargo.toml.orig",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
];
/// Further files of single packages, by folder and ending.
const FURTHER: [(&str, &str, &str); 6] = [
    ("flighthub-api", "examples/", ".rs"),
    ("flighthub-api", "src/generated/", ".json"),
    ("flighthub-sim", "docs/", ".md"),
    ("flighthub-sim", "scenarios/", ".toml"),
    ("flighthub-sim", "spec/", ".yaml"),
    ("flighthub-workflows", "assets/", ""),
];

fn belongs(package: &str, path: &str) -> bool {
    let further = |(of, folder, end): &(&str, &str, &str)| {
        *of == package && path.starts_with(folder) && path.ends_with(end)
    };
    ALWAYS.contains(&path)
        || path.starts_with("src/") && path.ends_with(".rs")
        || FURTHER.iter().any(further)
}

#[test]
fn packages_hold_what_they_should() {
    for package in PUBLISHED {
        let list = cargo(&format!("package --list --allow-dirty --locked -p {package}"));
        let files: Vec<&str> = list.lines().collect();
        let junk: Vec<_> = files.iter().filter(|path| !belongs(package, path)).collect();
        assert!(junk.is_empty(), "{package} would hand out {junk:?}");
        for needed in ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md"] {
            assert!(files.contains(&needed), "{package} lacks {needed}");
        }
        assert!(files.iter().any(|path| matches!(*path, "src/lib.rs" | "src/main.rs")));
        println!("figure Packages | {package} | files = {}", files.len());
    }
    assert!(!belongs("flighthub-api", "tests/runtime/main.rs"));
    assert!(!belongs("flighthub-cli", "src/notes.txt"));
    assert!(!belongs("flighthub-cli", "docs/x.md"));
}

#[test]
fn manifests_say_what_a_registry_shows() {
    for package in PUBLISHED {
        let manifest: toml::Table = read(&format!("{package}/Cargo.toml")).parse().unwrap();
        let said = &manifest["package"];
        for key in ["description", "keywords", "license", "readme", "rust-version", "include"] {
            assert!(said.get(key).is_some(), "{package} lacks {key}");
        }
    }
}
