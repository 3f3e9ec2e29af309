//! What each construct of a spec becomes: a fixture for each, and what it makes of the generated files as a snapshot.
//!
//! A fixture in `fixtures/constructs/` has only what its construct needs; [`document`] puts it into `_skeleton.yaml`. Its sections: `reply`
//! (data that `thing.get` answers, of the schema `Thing`), `request` (body of `thing.make`, of the schema `ThingMakeBody`), and lines for
//! `tags`, `parameters`, `paths`, `schemas`, `x-error-codes`.
//!
//! A snapshot shows the files of the tags, without the items that `thing.get` and `thing.make` bring along in every fixture, and the files
//! that the fixture names in a section `shows`.

#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use flighthub_codegen::{OutputFile, Source};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/constructs")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All fixtures: name and text, by name.
fn all() -> Vec<(String, String)> {
    let entries = fs::read_dir(fixtures()).expect("the folder of the fixtures");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut found: Vec<_> = paths
        .map(|path| {
            (path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), read(&path))
        })
        .collect();
    found.retain(|(name, _)| !name.starts_with('_'));
    found.sort();
    found
}

/// The whole spec of a fixture.
fn document(name: &str, fixture: &str) -> Source {
    let mut sections: HashMap<&str, String> = HashMap::new();
    let mut current = "";
    for line in fixture.lines().filter(|line| !line.starts_with('#')) {
        match line.split_once(':').filter(|_| !line.starts_with(' ')) {
            Some((key, rest)) => {
                current = key;
                sections.insert(key, rest.trim().to_owned());
            }
            None => {
                // Sections that stand one level deeper in the document.
                let indent = if matches!(current, "schemas" | "parameters") { "  " } else { "" };
                let _ = write!(
                    sections.entry(current).or_default(),
                    "\n{}",
                    format!("{indent}{line}").trim_end()
                );
            }
        }
    }
    sections.remove("shows");
    for (example, operation) in [("reply", "read"), ("request", "write")] {
        if let Some(example_text) = sections.remove(example) {
            let text = read(&fixtures().join(format!("_{operation}.yaml")))
                .replace(&format!("{{{example}}}"), &example_text);
            sections.insert(operation, text.trim_end().to_owned());
        }
    }
    let mut lines = Vec::new();
    for line in read(&fixtures().join("_skeleton.yaml")).lines() {
        match line.strip_prefix('{').and_then(|line| line.strip_suffix('}')) {
            Some("x-error-codes") => lines.extend(
                sections.remove("x-error-codes").map(|rows| format!("x-error-codes:{rows}")),
            ),
            Some(key) => lines.extend(
                sections.remove(key).map(|section| section.trim_start_matches('\n').to_owned()),
            ),
            None => lines.push(line.to_owned()),
        }
    }
    assert!(sections.is_empty(), "{name}: unknown sections {:?}", sections.keys());
    Source { name: format!("spec/{name}-v1.yaml"), text: lines.join("\n") + "\n" }
}

fn generate(source: Source) -> Vec<OutputFile> {
    flighthub_codegen::generate(&[source]).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The files that a fixture is about, under rulers.
fn shown(fixture: &str, files: &[OutputFile], everywhere: &HashSet<String>) -> String {
    let shows = fixture.lines().find_map(|line| line.strip_prefix("shows: "));
    let shows: Vec<_> = shows.unwrap_or_default().split(", ").collect();
    let mut text = String::new();
    for file in files {
        let (folder, name) = file.path.rsplit_once('/').expect("a folder");
        let named = shows.iter().any(|shown| file.path.ends_with(&format!("/{shown}")));
        let general = ["mod.rs", "catalog.rs", "server.rs", "catalogue.json"].contains(&name);
        let of_tag = folder.ends_with("src/generated/v1") && !general;
        let own = if of_tag {
            items(&file.text).filter(|item| !everywhere.contains(item)).collect()
        } else if named {
            vec![file.text.trim_end().to_owned()]
        } else {
            Vec::new()
        };
        if !own.is_empty() {
            let _ = writeln!(text, "── {} ──\n{}\n", file.path, own.join("\n\n"));
        }
    }
    text
}

/// What blank lines separate at the outermost level.
fn items(text: &str) -> impl Iterator<Item = String> {
    let mut items: Vec<String> = Vec::new();
    for part in text.trim_end().split("\n\n") {
        match items.last_mut() {
            Some(last) if part.starts_with([' ', '}']) => {
                last.push_str("\n\n");
                last.push_str(part);
            }
            _ => items.push(part.to_owned()),
        }
    }
    items.into_iter()
}

/// The items that `_read.yaml` and `_write.yaml` bring along, whatever the construct.
fn everywhere() -> HashSet<String> {
    let schema = |name| {
        format!(
            "  {name}:\n    type: object\n    description: Data.\n    properties:\n      id: {{type: string, description: Id.}}\n"
        )
    };
    let reply = ("reply: {}\n", schema("Thing"));
    let request = ("request: {}\n", schema("ThingMakeBody"));
    let fixtures = [
        format!("{}schemas:\n{}", reply.0, reply.1),
        format!("{}schemas:\n{}", request.0, request.1),
        format!("{}{}schemas:\n{}{}", reply.0, request.0, reply.1, request.1),
    ];
    let files = fixtures.iter().flat_map(|fixture| generate(document("everywhere", fixture)));
    let things = files.filter(|file| file.path.ends_with("v1/things.rs"));
    things.flat_map(|file| items(&file.text).collect::<Vec<_>>()).collect()
}

fn real_spec() -> Option<Source> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/flighthub-v1.yaml");
    let text = fs::read_to_string(path).ok()?;
    Some(Source { name: "spec/flighthub-v1.yaml".to_owned(), text })
}

#[test]
fn every_fixture_is_a_flawless_spec() {
    let problems: Vec<_> = all()
        .iter()
        .filter_map(|(name, fixture)| flighthub_codegen::generate(&[document(name, fixture)]).err())
        .map(|problems| problems.to_string())
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_construct_becomes_what_its_snapshot_shows() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/constructs");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let everywhere = everywhere();
    settings.bind(|| {
        for (name, fixture) in all() {
            let files = generate(document(&name, &fixture));
            insta::assert_snapshot!(name.as_str(), shown(&fixture, &files, &everywhere));
        }
    });
}

#[test]
fn the_description_in_between_is_plain() {
    let (name, fixture) =
        all().into_iter().find(|(name, _)| name == "flattened_union").expect("the fixture");
    let api = flighthub_codegen::lint(&[document(&name, &fixture)])
        .unwrap_or_else(|problems| panic!("{problems}"));
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::assert_snapshot!(
            "description",
            serde_json::to_string_pretty(&api).expect("plain data")
        )
    });
}

#[test]
fn what_rust_cannot_say_is_reported() {
    let shape = "shape: {$ref: \"#/components/schemas/Shape\"}";
    let point = "point: {$ref: \"#/components/schemas/PointShape\"}";
    let kind = "kind: {type: string, enum: [a], description: Always a.}";
    let table: [(_, &[(&str, &str)], _); 9] = [
        (
            "integer_tag_union",
            &[(shape, &format!("{shape}\n      {point}"))],
            "an arm of a union on its own",
        ),
        ("flattened_union", &[("now", "TIMED")], "a union whose arms get the same name"),
        (
            "constant_text",
            &[("label: {type: string,", "label: {type: string, enum: [gate],")],
            "more than one constant",
        ),
        (
            "constant_text",
            &[
                (
                    "[feature]\n    properties:",
                    &format!("[feature, kind]\n    properties:\n      {kind}"),
                ),
                ("{\"feature\"", "{\"kind\": \"a\", \"feature\""),
            ],
            "a constant in a body itself",
        ),
        (
            "lenient",
            &[("items: {type: integer,", "items: {x-lenient: [int-or-string], type: integer,")],
            "x-lenient on items",
        ),
        (
            "secrets",
            &[
                (
                    "token: {type: string, x-sensitive: true",
                    "token: {type: array, items: {type: string, x-sensitive: true}",
                ),
                (": \"example\"}\nschemas", ": [\"example\"]}\nschemas"),
            ],
            "a list of secrets",
        ),
        ("many_required", &[("Five", "ThingMakeArgs")], "`ThingMakeArgs` is also the Rust name"),
        ("many_required", &[("Five", "Things")], "`Things` is also the Rust name"),
        ("shared_types", &[("Other Things", "Common")], "`common` is also the Rust name"),
    ];
    for (name, edits, message) in table {
        let mut fixture = read(&fixtures().join(format!("{name}.yaml")));
        for (from, to) in edits {
            assert!(fixture.contains(from), "{name}: {from}");
            fixture = fixture.replace(from, to);
        }
        let problems = flighthub_codegen::lint(&[document(name, &fixture)]).expect_err(message);
        assert!(problems.to_string().contains(message), "{message}:\n{problems}");
    }
}

#[test]
fn the_same_spec_gives_the_same_bytes() {
    for (name, fixture) in all() {
        assert_eq!(
            generate(document(&name, &fixture)),
            generate(document(&name, &fixture)),
            "{name}"
        );
    }
    if let Some(spec) = real_spec() {
        assert!(generate(spec.clone()) == generate(spec));
    }
}

#[test]
fn a_one_field_change_changes_only_a_few_lines() {
    let spec = real_spec().expect("spec/flighthub-v1.yaml");
    let anchor = "    FlightTask:\n";
    let (head, tail) = spec.text.split_once(anchor).expect("the component");
    let marker = "      properties:\n";
    let (before, after) = tail.split_once(marker).expect("its properties");
    let property = "        weather:\n          type: string\n          description: What the sky looked like.\n";
    let text = [head, anchor, before, marker, property, after].concat();
    let changed = changed_lines(&generate(spec.clone()), &generate(Source { text, ..spec }));
    assert!(
        (1..=10).contains(&changed.len()),
        "{} lines changed:\n{}",
        changed.len(),
        changed.join("\n")
    );
}

/// All lines that are only in one of the two outputs.
fn changed_lines(before: &[OutputFile], after: &[OutputFile]) -> Vec<String> {
    let paths =
        |files: &[OutputFile]| files.iter().map(|file| file.path.clone()).collect::<Vec<_>>();
    assert_eq!(paths(before), paths(after));
    let pairs = before.iter().zip(after);
    pairs
        .flat_map(|(before, after)| {
            let diff = similar::TextDiff::from_lines(&before.text, &after.text);
            let changes =
                diff.iter_all_changes().filter(|change| change.tag() != similar::ChangeTag::Equal);
            changes
                .map(|change| {
                    format!("{}: {}{}", after.path, change.tag(), change.value().trim_end())
                })
                .collect::<Vec<_>>()
        })
        .collect()
}
