//! `flighthub live`.

use flighthub_sim::{Deed, KeyProfile, Sim};

use crate::support::{DOCK, DRONE, Program};

#[test]
fn an_address_is_shown_only_when_asked_for() {
    let args = ["live", "start", "--sim", "--dock", "North dock", "--camera", "dock", "-o", "json"];
    let ended = Program::new().run(&args);
    assert_eq!(ended.exit, 0, "{ended:?}");
    let live = ended.json();
    assert_eq!((&live["sn"], &live["playback"]["service"]), (&DOCK.into(), &"volc".into()));
    assert_eq!(live["playback"]["token"], "***");
    assert!(ended.err.contains("--show-url"), "{}", ended.err);
    assert!(!format!("{}{}", ended.out, ended.err).contains("simulated0"), "{ended:?}");

    let shown = Program::new().run(&[&args[..], &["--show-url"]].concat()).json();
    assert!(shown["playback"]["token"].as_str().unwrap().starts_with("simulated"), "{shown}");
}

#[test]
fn a_camera_is_found_without_starting_anything() {
    let program = Program::new();
    let ended = program.run(&["live", "camera", "--sim", "--dock", DOCK, "--camera", "outdoor"]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    assert_eq!(
        (&ended.json()["shows"], &ended.json()["wanted"]),
        (&"indoor".into(), &"outdoor".into())
    );
    for (camera, exit) in [("selfie", 2), ("9-9-9", 5)] {
        let ended = program.run(&["live", "camera", "--sim", "--dock", DOCK, "--camera", camera]);
        assert_eq!(ended.exit, exit, "{camera}: {ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_stream_is_refused_before_anything_is_sent() {
    let sim = Sim::start().await.unwrap();
    sim.apply(&Deed::PowerOff { drone: DRONE.into() }).unwrap();
    let ended = Program::of(&sim).run(&["live", "start", "--dock", DRONE]);
    assert_eq!(ended.exit, 6, "{ended:?}");
    assert!(ended.err.contains("is off") && ended.err.contains("Switch it on"), "{}", ended.err);
    sim.apply(&Deed::Disconnect { sn: DOCK.into() }).unwrap();
    assert_eq!(Program::of(&sim).run(&["live", "start", "--dock", DOCK]).exit, 6);
    sim.journal().none("livestream.start");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_rights_are_explained() {
    let sim = Sim::start().await.unwrap();
    let rights = Deed::Rights { key: KeyProfile::Admin, r#become: KeyProfile::NoLivestream };
    sim.apply(&rights).unwrap();
    let ended = Program::of(&sim).run(&["live", "start", "--dock", DOCK, "--camera", "dock"]);
    assert_eq!(ended.exit, 6, "{ended:?}");
    assert!(ended.err.contains("module Livestream"), "{}", ended.err);
}

#[test]
fn an_address_is_kept_fresh() {
    let ended = Program::new().run(&[
        "live", "keep", "--sim", "--dock", DOCK, "--camera", "dock", "--valid", "30m", "--for",
        "1h", "-o", "ndjson",
    ]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    let renewed: Vec<bool> =
        ended.lines().iter().map(|line| line["renewed"].as_bool().unwrap()).collect();
    assert_eq!(renewed, [false, true, true], "{ended:?}");
    assert!(ended.lines().iter().all(|line| line["playback"]["token"] == "***"));
}

#[test]
fn a_dry_run_shows_the_request_when_nothing_has_to_be_looked_up() {
    let ended = Program::new().run(&[
        "live",
        "start",
        "--sim",
        "--dry-run",
        "--dock",
        DRONE,
        "--camera",
        "81-0-0",
        "--valid",
        "2h",
        "-o",
        "json",
    ]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    let text = ended.out;
    assert!(text.contains("/openapi/v0.1/live-stream/start") && text.contains("7200"), "{text}");
}
