//! Live video against the simulator.

use std::time::Duration;

use flighthub_api::v1::StreamQuality;
use flighthub_sim::{Deed, FaultKind, KeyProfile, LiveVendor, Scenario, Sim, World};
use flighthub_workflows::livestream::{CameraChoice, LiveEvent, LiveSettings, find, keep, start};
use flighthub_workflows::{ErrorKind, Run};
use serde_json::{Value, json};

use crate::support::{Bench, DOCK, DRONE, bench, bench_of};

const HOUR: Duration = Duration::from_secs(3600);

fn settings(device: &str, camera: &str) -> LiveSettings {
    LiveSettings::new(device, camera.parse().unwrap(), HOUR)
}

fn power(bench: &Bench, on: bool) {
    let drone = DRONE.into();
    bench.sim.apply(&if on { Deed::PowerOn { drone } } else { Deed::PowerOff { drone } }).unwrap();
    bench.sim.advance(Duration::from_secs(60));
}

#[tokio::test]
async fn a_camera_is_chosen_by_name() {
    let bench = bench().await;
    power(&bench, true);
    let dock = json!({"sn": DOCK, "camera_index": "165-0-7", "shows": "indoor", "wanted": null});
    let payload = |wanted: Value| json!({"sn": DRONE, "camera_index": "81-0-0", "shows": "wide", "wanted": wanted});
    for (device, camera, expected) in [
        (DOCK, "auto", payload(Value::Null)),
        (DRONE, "auto", payload(Value::Null)),
        (DOCK, "wide", payload(Value::Null)),
        (DOCK, "zoom", payload(json!("zoom"))),
        (DRONE, "thermal", payload(json!("ir"))),
        (DOCK, "81-0-0", payload(Value::Null)),
        (DOCK, "165-0-7", dock.clone()),
        (DOCK, "dock", dock.clone()),
        (DOCK, "indoor", dock.clone()),
    ] {
        let found = find(&bench.project.read_only(), &settings(device, camera)).await.unwrap();
        assert_eq!(serde_json::to_value(&found).unwrap(), expected, "{device} {camera}");
    }
    let fpv = find(&bench.project, &settings(DOCK, "fpv")).await.unwrap();
    assert_eq!(fpv.camera_index.as_str(), "176-0-0");
    for (device, camera, kind) in [
        (DRONE, "dock", ErrorKind::InvalidInput),
        (DOCK, "9-9-9", ErrorKind::NotFound),
        ("nowhere", "auto", ErrorKind::NotFound),
    ] {
        let error = find(&bench.project, &settings(device, camera)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{device} {camera}: {error}");
    }
    assert!("selfie".parse::<CameraChoice>().unwrap_err().help().contains("thermal"));
    assert_eq!(bench.sim.journal().writes().len(), 0);
}

#[tokio::test]
async fn what_cannot_stream_is_said_before_anything_is_sent() {
    let bench = bench().await;
    power(&bench, false);
    let error = start(&bench.project, &settings(DRONE, "auto"), &Run::quiet()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotReady);
    assert!(error.to_string().contains("is off"), "{error}");
    assert!(error.help().contains("Switch it on"), "{}", error.help());
    // The dock's own camera stands in for that of an aircraft that is off.
    let found = find(&bench.project, &settings(DOCK, "auto")).await.unwrap();
    assert_eq!(found.sn.as_str(), DOCK);

    let scenario = Scenario::named("dock-offline").unwrap();
    let bench = bench_of(Sim::builder().scenario(scenario).start().await.unwrap());
    bench.sim.advance(Duration::from_secs(360));
    let error = start(&bench.project, &settings(DOCK, "dock"), &Run::quiet()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotReady);
    assert!(error.to_string().contains("offline"), "{error}");

    for seconds in [59, 86_401] {
        let short = LiveSettings::new(DOCK, CameraChoice::Dock, Duration::from_secs(seconds));
        let error = start(&bench.project, &short, &Run::quiet()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    bench.sim.journal().none("livestream.start");
}

#[tokio::test]
async fn each_vendor_has_its_own_description_and_no_secret_shows() {
    let bench = bench().await;
    for (vendor, service, secret) in [
        (LiveVendor::Volc, "volc", "token"),
        (LiveVendor::Srs, "whep", "url"),
        (LiveVendor::Agora, "agora", "token"),
        (LiveVendor::None, "whep", "url"),
        (LiveVendor::Unknown, "unknown", "address"),
    ] {
        bench.sim.apply(&Deed::LiveVendor { vendor }).unwrap();
        let run = Run::quiet().with_clock(bench.clock());
        let quality = StreamQuality::Smooth;
        let settings = settings(DOCK, "dock").with_quality(quality);
        let live = start(&bench.project, &settings, &run).await.unwrap();
        let masked = serde_json::to_value(&live).unwrap();
        assert_eq!(masked["playback"]["service"], service, "{vendor:?}");
        assert_eq!(masked["playback"][secret], "***");
        let shown = format!("{masked} {live:?}");
        assert!(!shown.contains("simulated"), "{shown}");
        let exposed = live.exposed();
        assert!(exposed["playback"][secret].as_str().unwrap().contains("simulated"), "{exposed}");
        assert_eq!(exposed["sn"], DOCK);
        let lasts = live.expires_at.duration_since(&bench.sim.now());
        assert_eq!(lasts, HOUR);
        let running = bench.sim.with_world(|world| world.livestreams()[0].clone());
        assert_eq!(running.quality, StreamQuality::Smooth);
    }
}

#[tokio::test]
async fn a_dock_camera_is_turned_only_when_that_is_allowed() {
    let bench = bench().await;
    let outdoor = settings(DOCK, "outdoor");
    let live = start(&bench.project, &outdoor, &Run::quiet()).await.unwrap();
    assert_eq!(live.camera.wanted.as_deref(), Some("outdoor"));
    bench.sim.journal().none("device.change_camera");
    let live = start(&bench.project, &outdoor.with_turning(true), &Run::quiet()).await.unwrap();
    assert_eq!(
        (live.camera.shows.as_deref(), live.camera.wanted.as_deref()),
        (Some("outdoor"), None)
    );
    bench.sim.journal().of("device.change_camera").times(1);
}

#[tokio::test]
async fn a_key_without_the_right_to_streams_is_told_so() {
    let bench = bench().await;
    let rights = Deed::Rights { key: KeyProfile::Admin, r#become: KeyProfile::NoLivestream };
    bench.sim.apply(&rights).unwrap();
    let error = start(&bench.project, &settings(DOCK, "dock"), &Run::quiet()).await.unwrap_err();
    assert!(error.api().unwrap().is_permission());
    assert!(error.help().contains("Livestream"), "{}", error.help());
    let _ = World::DEMO_PROJECT;
}

#[tokio::test]
async fn an_unknown_outcome_is_not_repeated_by_itself() {
    let bench = bench().await;
    bench.sim.fail_next("livestream.start", FaultKind::reset().after_effect()).unwrap();
    let error = start(&bench.project, &settings(DOCK, "dock"), &Run::quiet()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Indeterminate);
    assert!(error.help().contains("Start again"), "{}", error.help());
    bench.sim.journal().of("livestream.start").times(1);
}

/// Keeps a stream for a while in virtual time, and gives what was said.
async fn kept(bench: &Bench, time: Duration) -> (flighthub_workflows::Result<()>, Vec<Value>) {
    let (run, mut events) = Run::<LiveEvent>::with_events();
    let run = run.with_clock(bench.clock());
    let result = keep(&bench.project, &settings(DOCK, "dock"), Some(time), &run).await;
    let said = std::iter::from_fn(|| events.try_next())
        .map(|event| serde_json::to_value(event).unwrap())
        .collect();
    (result.map(|_| ()), said)
}

#[tokio::test]
async fn an_address_is_renewed_before_it_ends() {
    let bench = bench().await;
    let (result, said) = kept(&bench, 5 * HOUR).await;
    result.unwrap();
    // One at the beginning, and one every 58 minutes.
    let renewed: Vec<&Value> = said.iter().map(|event| &event["renewed"]).collect();
    assert_eq!(renewed, [false, true, true, true, true, true], "{said:?}");
    assert!(said.iter().all(|event| event["playback"]["token"] == "***"), "{said:?}");
    bench.sim.journal().of("livestream.start").times(6);
}

#[tokio::test]
async fn a_renewal_that_fails_is_tried_again_with_patience() {
    let bench = bench().await;
    let fault = |kind: Value| {
        let mut fault = json!({"on": "livestream.start", "when": {"nth": 2}});
        fault.as_object_mut().unwrap().extend(kind.as_object().unwrap().clone());
        serde_json::from_value(fault).unwrap()
    };
    bench.sim.inject(fault(json!({"kind": "reset", "effect": "after"}))).unwrap();
    let (result, said) = kept(&bench, HOUR + HOUR / 2).await;
    result.unwrap();
    let events: Vec<&str> = said.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["started", "trouble", "started"], "{said:?}");
    assert_eq!(said[1]["outcome_unknown"], true);
    assert_eq!(said[1]["retry_seconds"], 30);
    bench.sim.journal().of("livestream.start").times(3);
}

#[tokio::test]
async fn a_stream_of_a_dock_that_went_off_is_given_up_in_the_end() {
    let bench = bench().await;
    let sim = std::sync::Arc::clone(&bench.sim);
    let (run, mut events) = Run::<LiveEvent>::with_events();
    let run = run.with_clock(bench.clock());
    let project = bench.project.clone();
    let keeping =
        tokio::spawn(async move { keep(&project, &settings(DOCK, "dock"), None, &run).await });
    let mut said = Vec::new();
    while let Some(event) = events.next().await {
        if said.is_empty() {
            sim.apply(&Deed::Disconnect { sn: DOCK.into() }).unwrap();
        }
        said.push(serde_json::to_value(event).unwrap());
    }
    let error = keeping.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotReady, "{error}");
    assert!(said.iter().any(|event| event["event"] == "interrupted"), "{said:?}");
    // Nothing is sent to a dock that is off.
    sim.journal().of("livestream.start").times(1);
}
