//! `media sync` and `media list`: files that come once, whatever happens to the program.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use flighthub_sim::{Deed, Fault, FaultKind, FaultPort, Sim, When};
use serde_json::Value;

use crate::support::{Bench, bare, finish, flight};

const MANIFEST: &str = "flighthub-media.jsonl";

/// A bench with a flight whose files have all been uploaded, and the id of its task.
fn flown() -> (Bench, String) {
    flown_in(Bench::new())
}

fn flown_in(bench: Bench) -> (Bench, String) {
    let words = ["task", "create", "--yes", "--json", &flight("Media round")];
    let task = bench.run(words).exits(0).json()["task_uuid"].as_str().unwrap().to_owned();
    bench.sim.advance(Duration::from_secs(3600));
    (bench, task)
}

/// All files below a folder, by their paths.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, files);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let mut files = BTreeMap::new();
    if folder.exists() {
        walk(folder, folder, &mut files);
    }
    files.retain(|name, _| !name.starts_with("flighthub-media."));
    files
}

#[test]
fn files_are_fetched_once() {
    let (bench, task) = flown();
    let sync = ["media", "sync", "--task", &task, "--to", "media", "-o", "json"];
    let planned = bench.run(sync.iter().copied().chain(["--plan"])).exits(0);
    let wanted = planned.json()["counts"]["planned"].as_u64().unwrap();
    assert!(wanted > 5);
    assert!(!bench.program.home.path().join("media").exists(), "a plan changes nothing");
    let ran = bench.run(sync).exits(0);
    let report = ran.json();
    assert_eq!(report["is_complete"], true);
    assert_eq!(report["counts"]["fetched"], wanted);
    assert!(ran.err.contains(&format!("media: {wanted} fetched (")), "{ran:#?}");
    let files = tree(&bench.program.home.path().join("media"));
    assert_eq!(files.len() as u64, wanted);
    assert!(files.keys().all(|path| path.starts_with("2026-01-01_Media round_")), "{files:?}");
    let stored = bench.sim.journal().to_port("storage").len();
    let ran = bench.run(sync).exits(0);
    assert_eq!(ran.json()["counts"]["present"], wanted);
    assert_eq!(bench.sim.journal().to_port("storage").len(), stored);
    bench.run(sync.iter().copied().chain(["--verify"])).exits(0);
    assert_eq!(tree(&bench.program.home.path().join("media")), files);
    for text in [&report.to_string(), &ran.err] {
        assert!(!text.contains("X-Amz") && !text.contains(bench.sim.token()), "{text}");
    }
    for entry in bench.sim.journal().to_port("storage").entries() {
        assert!(entry.notes().is_empty(), "{:?}", entry.notes());
    }
    let ran =
        bench.run(["media", "sync", "--task", &task, "--to", "media", "-o", "table"]).exits(0);
    assert_eq!((&*ran.out, &*ran.err), ("", &*format!("media: {wanted} there already\n")));
}

#[test]
fn lists_show_files_and_no_addresses() {
    let (bench, task) = flown();
    let ran = bench
        .run(["media", "list", "--since", "2026-01-01", "--until", "2026-01-02", "-o", "json"])
        .exits(0);
    let text = ran.out.clone();
    assert!(!text.contains("http") && !text.contains("X-Amz"), "{text}");
    let report = ran.json();
    let tasks = report["tasks"].as_array().unwrap();
    let own = tasks.iter().find(|it| it["task"] == *task).unwrap();
    assert_eq!(own["state"], "complete");
    let files = own["files"].as_array().unwrap().len();
    let ran = bench.run(["media", "list", "--task", &task, "-o", "table"]).exits(0);
    assert_eq!(ran.out.lines().count(), files + 1, "{ran:#?}");
    let ran = bench.run(["media", "list", "--task", &task, "-o", "csv"]).exits(0);
    assert!(ran.out.starts_with("task,task_name,uuid,name,kind,size,created_at"), "{ran:#?}");
    bench.run(["media", "list", "--dock", "No such dock"]).exits(5).says("North dock");
    bench.run(["media", "list", "--since", "nonsense"]).exits(2).says("--since");
    bench.run(["media", "list", "--task", "x", "--since", "7d"]).exits(2);
}

#[test]
fn what_is_missing_makes_it_partial() {
    let (bench, task) = flown();
    let fault = Fault::new("*", FaultKind::http_error(404)).port(FaultPort::Storage);
    bench.sim.inject(fault).unwrap();
    let sync = ["media", "sync", "--task", &task, "--to", "media", "-o", "json"];
    let ran = bench.run(sync).exits(11).says("the storage answers HTTP 404").says("next: ");
    assert_eq!(ran.json()["counts"]["gone"], 1);
    bench.run(sync).exits(0);
    // A task that is not there, and a flight that has not ended.
    bench.run(["media", "sync", "--task", "nowhere", "--to", "media"]).exits(11).says("nowhere");
    let started = bench.run(["task", "create", "--yes", "--json", &flight("Now")]).exits(0).json();
    bench.sim.advance(Duration::from_secs(60));
    let started = started["task_uuid"].as_str().unwrap();
    bench.run(["media", "sync", "--task", started, "--to", "now"]).exits(11).says("--wait");
}

#[test]
fn targets_and_layouts_that_make_no_sense_are_usage_errors() {
    let bench = Bench::new();
    let run = |words: &[&str]| {
        let words: Vec<&str> = ["media", "sync"].iter().chain(words).copied().collect();
        bench.run(words).exits(2)
    };
    run(&[]).says("--to");
    run(&["--to", ""]).says("the target has no name");
    run(&["--to", "ftp://host/x"]).says("s3://bucket");
    run(&["--to", "x", "--layout", "../{file}"]).says("{task_id}");
    run(&["--to", "x", "--jobs", "0"]).says("--jobs");
    run(&["--to", "x", "--kind", "hologram"]).says("image");
    run(&["--to", "x", "--wait", "soon"]);
    assert!(bench.sim.journal().is_empty());
    // One run at a time.
    let folder = bench.program.home.path().join("held");
    std::fs::create_dir(&folder).unwrap();
    let held = std::fs::File::create(folder.join("flighthub-media.lock")).unwrap();
    held.try_lock().unwrap();
    bench.run(["media", "sync", "--to", "held"]).exits(1).says("another run is writing there");
}

#[test]
fn a_dry_run_opens_no_socket_and_shows_the_first_request() {
    let bench = Bench::new();
    let ran = bench.run(["media", "sync", "--task", "t", "--to", "media", "-n"]).exits(0);
    assert!(ran.json()["url"].as_str().unwrap().ends_with("/flight-task/t"), "{ran:#?}");
    assert!(bench.sim.journal().is_empty());
}

#[test]
fn it_can_be_tried_without_an_account_and_waits_in_virtual_time() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["media", "sync", "--sim", "--since", "7d", "--to", "media", "-o", "json"];
    let ran = finish(bare(&folder).args(words)).exits(0);
    assert_eq!(ran.json()["is_complete"], true, "{ran:#?}");
}

/// Kills the program at many moments, and runs it again until it is done.
#[cfg(unix)]
#[test]
fn killed_at_any_moment_it_continues_and_the_files_are_the_same() {
    let bench = Bench::of(Sim::builder().start_blocking().unwrap());
    let sizes = Deed::MediaSizes { image: Some(60_000), video: Some(12 << 20), ppk: None };
    bench.sim.apply(&sizes).unwrap();
    let (bench, task) = flown_in(bench);
    bench.run(["media", "sync", "--task", &task, "--to", "whole"]).exits(0);
    let whole = tree(&bench.program.home.path().join("whole"));
    let mut kills = 0;
    let mut pause = 40_u64;
    loop {
        let words = ["media", "sync", "--task", &task, "--to", "media", "--jobs", "2"];
        let mut child = bench.command().args(words).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(pause));
        // SIGKILL: nothing is tidied up.
        child.kill().unwrap();
        let ended = child.wait().unwrap();
        // What has its own name is whole, at any moment.
        for (path, bytes) in tree(&bench.program.home.path().join("media")) {
            if !path.contains(".part") {
                assert!(bytes == whole[&path], "{path} after {kills} kills");
            }
        }
        if ended.code() == Some(0) {
            break;
        }
        kills += 1;
        pause += pause / 4 + 10;
        assert!(kills < 60, "it does not come to an end");
    }
    assert!(kills >= 3, "{kills}");
    bench.run(["media", "sync", "--task", &task, "--to", "media", "--verify"]).exits(0);
    let files = tree(&bench.program.home.path().join("media"));
    assert_eq!(files.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
    assert!(files == whole, "byte-identical");
    let manifest =
        std::fs::read_to_string(bench.program.home.path().join("media").join(MANIFEST)).unwrap();
    let lines: Vec<Value> =
        manifest.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    let unique = |field: &str| -> BTreeSet<&str> {
        lines.iter().map(|line| line[field].as_str().unwrap()).collect()
    };
    assert_eq!((unique("uuid").len(), unique("path").len()), (whole.len(), whole.len()));
    // It asked for parts, not for whole files again and again.
    let parts = bench.sim.journal().to_port("storage").with_status(206).len();
    assert!(parts >= 1, "{parts}");
}

#[test]
fn a_storage_that_fails_for_good_is_said() {
    let (bench, task) = flown();
    let fault = Fault::new("*", FaultKind::http_error(403)).port(FaultPort::Storage);
    bench.sim.inject(fault.when(When::Always)).unwrap();
    let words = ["media", "sync", "--task", &task, "--to", "media", "-o", "table"];
    let ran = bench.run(words).exits(11).says("failed");
    assert!(ran.out.contains("HTTP 403"), "{ran:#?}");
    assert!(tree(&bench.program.home.path().join("media")).is_empty());
}
