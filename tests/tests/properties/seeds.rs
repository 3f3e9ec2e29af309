//! The seeds of the fuzz targets: those that follow from the document are made here, others stand beside them. Every one goes through its
//! check.
//!
//! `UPDATE_SEEDS=1 cargo test -p flighthub-tests --test properties seeds` writes those that are made.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use flighthub_tests::exchange::operations;
use flighthub_tests::properties::TARGETS;
use flighthub_tests::replies::documented;
use serde_json::{Value, json};

fn folder(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target)
}

/// The seeds of a target as they are committed: names and bytes, by name.
pub(crate) fn committed(target: &str) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(folder(target)) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut seeds: Vec<_> = paths
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read(&path).unwrap())
        })
        .collect();
    seeds.sort();
    seeds
}

/// The seeds that follow from the document: target, name, bytes.
fn made() -> Vec<(&'static str, String, Vec<u8>)> {
    let mut seeds = Vec::new();
    for (index, (operation, reply)) in operations().iter().zip(documented()).enumerate() {
        let (info, head) = (operation.info(), u8::try_from(index).unwrap());
        assert_eq!(info.id, reply.id, "both are in the order of the documentation");
        let id = info.id;
        let mut push = |target, name: &str, head: &[u8], text: &str| {
            seeds.push((target, format!("made-{id}{name}"), [head, text.as_bytes()].concat()));
        };
        for (at, example) in reply.examples.iter().enumerate() {
            push("envelope", &format!("-{at}"), &[head, 255], &example.to_string());
        }
        let data = reply.examples.first().map_or(Value::Null, |example| example["data"].clone());
        push("models", "", &[head, 0], &data.to_string());
        push("models", "-changed", &[head, 1], "\0\x03\x02\0\x09\x01\0\x11\x05");
        if data.get("list").is_some() {
            push(
                "envelope",
                "-null",
                &[head, 255],
                r#"{"code":0,"message":"OK","data":{"list":null}}"#,
            );
            let bare = json!({"code": "0", "data": data["list"], "message": null});
            push("envelope", "-bare", &[head, 255], &bare.to_string());
        }
        let request = operation.to_request().unwrap();
        let body = request.body.as_deref().map(|body| String::from_utf8(body.to_vec()).unwrap());
        let line = format!(
            "{} {}\n{}",
            request.method,
            request.path_and_query(),
            body.unwrap_or_default()
        );
        push("requests", "", &[], &line);
        push("path", "", &[head], "5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10\u{1e}..\u{1e}a/b,c");
    }
    seeds
}

#[test]
fn the_seeds_are_those_of_the_document() {
    let mut wanted: BTreeMap<&str, BTreeMap<String, Vec<u8>>> = BTreeMap::new();
    for (target, name, bytes) in made() {
        wanted.entry(target).or_default().insert(name, bytes);
    }
    if std::env::var_os("UPDATE_SEEDS").is_some() {
        for (target, seeds) in &wanted {
            fs::create_dir_all(folder(target)).unwrap();
            for (name, _) in committed(target).iter().filter(|(name, _)| name.starts_with("made-"))
            {
                fs::remove_file(folder(target).join(name)).unwrap();
            }
            for (name, bytes) in seeds {
                fs::write(folder(target).join(name), bytes).unwrap();
            }
        }
    }
    for (target, seeds) in wanted {
        let found = committed(target).into_iter().filter(|(name, _)| name.starts_with("made-"));
        let found: BTreeMap<_, _> = found.collect();
        assert!(
            found == seeds,
            "the seeds of {target} are old: run with UPDATE_SEEDS=1 and commit them"
        );
    }
}

#[test]
fn every_seed_holds() {
    let mut broken = Vec::new();
    let (mut count, mut bytes) = (0, 0);
    for target in TARGETS {
        let seeds = committed(target.name);
        assert!(seeds.len() >= 3, "{} has seeds", target.name);
        for (name, seed) in seeds {
            count += 1;
            bytes += seed.len();
            if let Err(error) = (target.check)(&seed) {
                broken.push(format!("{}/{name}: {error}", target.name));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(bytes < 1_000_000, "{bytes} bytes of seeds are too many for a repository");
    println!("figure Fuzzing | seeds | count = {count}");
    println!("figure Fuzzing | targets | count = {}", TARGETS.len());
}

/// A target without a program, or a program without a target, would never run.
#[test]
fn every_target_has_its_program() {
    let fuzz = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    for target in TARGETS {
        let program = fs::read_to_string(fuzz.join(format!("targets/{}.rs", target.name))).unwrap();
        assert!(program.contains(&format!("hold({}, input)", target.name)), "{}", target.name);
        assert!(manifest.contains(&format!("name = \"{}\"", target.name)), "{}", target.name);
    }
    assert_eq!(fs::read_dir(fuzz.join("targets")).unwrap().count(), TARGETS.len());
}
