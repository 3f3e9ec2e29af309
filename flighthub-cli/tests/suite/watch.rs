//! `flighthub watch`.

use std::io::{BufRead as _, BufReader};
use std::time::{Duration, Instant};

use flighthub_sim::{KeyProfile, Sim, World};
use serde_json::Value;

use crate::support::{DOCK, DRONE, Program};

#[test]
fn a_watch_is_one_json_object_a_line() {
    let ended = Program::new().run(&[
        "watch",
        "--sim",
        "--sim-scenario",
        "dock-offline",
        "--dock",
        "North dock",
        "--for",
        "20m",
        "-o",
        "ndjson",
    ]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    let lines = ended.lines();
    let events = |sn: &str| -> Vec<&str> {
        lines
            .iter()
            .filter(|line| line["sn"] == sn)
            .map(|line| line["event"].as_str().unwrap())
            .collect()
    };
    assert_eq!(events(DOCK)[0], "snapshot");
    for event in ["offline", "online"] {
        assert_eq!(events(DOCK).iter().filter(|said| **said == event).count(), 1, "{lines:?}");
    }
    assert!(events(DRONE).contains(&"snapshot"), "a dock stands for its aircraft too");
    assert_eq!(lines.last().unwrap()["event"], "ended");
    assert!(lines.iter().all(|line| line["at"].is_string()), "{lines:?}");
}

#[test]
fn people_get_a_table() {
    let ended = Program::new().run(&["watch", "--sim", "--once", "-o", "table"]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    for words in ["TIME", "WHAT", "North dock", "snapshot", "online, idle", "1581F0Q8X000U00G00"] {
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
    }
}

#[test]
fn what_is_not_there_has_exit_code_5() {
    let ended = Program::new().run(&["watch", "--sim", "--dock", "nowhere", "--once"]);
    assert_eq!(ended.exit, 5, "{ended:?}");
    assert!(ended.err.contains("North dock"), "the candidates: {}", ended.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_refused_ends_the_watch() {
    let sim = Sim::start().await.unwrap();
    let revoked = World::demo_key(KeyProfile::Revoked);
    let ended = Program::of(&sim).with("FLIGHTHUB_TOKEN", &revoked).run(&["watch"]);
    assert_eq!(ended.exit, 4, "{ended:?}");
    assert!(ended.out.is_empty(), "{}", ended.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_ends_the_watch() {
    let sim = Sim::start().await.unwrap();
    let program = Program::of(&sim);
    let mut command = program.command(&["watch", "--slow", "1s", "--percent", "0", "-o", "ndjson"]);
    let mut child = command.spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let first: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(first["event"], "snapshot");
    drop(reader);
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "it goes on for nobody");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(status.code(), Some(0));
}
