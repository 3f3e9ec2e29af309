//! Watching devices, in virtual time.

use std::sync::Arc;
use std::time::Duration;

use flighthub_api::Timestamp;
use flighthub_api::v1::{
    OutOfControlAction, ResumableStatus, RthMode, TaskCreate, TaskCreateArgs, TaskSchedule,
    WaylinePrecisionType,
};
use flighthub_sim::{Deed, FaultKind, KeyProfile, Scenario, Sim};
use flighthub_workflows::watch::{
    About, EndReason, WatchChange, WatchEnd, WatchEvent, WatchSettings, watch,
};
use flighthub_workflows::{ErrorKind, Run};
use serde_json::{Value, json};

use crate::support::{Bench, DOCK, DRONE, ROUTE, bench, bench_of};

const MINUTE: Duration = Duration::from_secs(60);

/// Watches in virtual time, and gives what was said.
async fn watched(bench: &Bench, settings: &WatchSettings) -> (WatchEnd, Vec<WatchEvent>) {
    let (run, mut events) = Run::<WatchEvent>::with_events();
    let run = run.with_clock(bench.clock());
    let end = watch(&bench.project.read_only(), settings, &run).await.unwrap();
    let said = std::iter::from_fn(|| events.try_next()).collect();
    (end, said)
}

/// What was said after the snapshots, as JSON.
fn changes(events: &[WatchEvent]) -> Vec<Value> {
    events
        .iter()
        .skip_while(|event| !matches!(event.change, WatchChange::Ready { .. }))
        .skip(1)
        .map(|event| serde_json::to_value(event).unwrap())
        .collect()
}

fn of<'a>(changes: &'a [Value], sn: &str, event: &str) -> Vec<&'a Value> {
    changes.iter().filter(|change| change["sn"] == sn && change["event"] == event).collect()
}

#[tokio::test]
async fn snapshots_come_first_and_then_nothing_when_nothing_happens() {
    let bench = bench().await;
    let settings = WatchSettings::new().with_limit(10 * MINUTE);
    let (end, events) = watched(&bench, &settings).await;
    assert_eq!(end.reason, EndReason::Time);
    let snapshots: Vec<Value> = events
        .iter()
        .filter(|event| matches!(event.change, WatchChange::Snapshot { .. }))
        .map(|event| serde_json::to_value(event).unwrap())
        .collect();
    let devices = snapshots.len();
    assert_eq!(devices, 7, "three docks, three aircraft, a controller: {snapshots:?}");
    let dock = snapshots.iter().find(|row| row["sn"] == DOCK).unwrap();
    assert_eq!(dock["kind"], "dock");
    assert_eq!(
        (&dock["online"], &dock["stale"], &dock["mode"]),
        (&json!(true), &json!(false), &json!("idle"))
    );
    assert!(dock["latitude"].is_f64() && dock["at"].is_string(), "{dock}");
    let ready = events.iter().find(|event| matches!(event.change, WatchChange::Ready { .. }));
    assert_eq!(serde_json::to_value(ready.unwrap()).unwrap()["devices"], devices);
    // Every quarter of a minute, a tenth more or less.
    assert!((36..=46).contains(&end.looks), "{end:?}");
    let rest = changes(&events);
    assert_eq!(rest.last().unwrap()["event"], "ended", "{rest:?}");
    assert!(
        rest.iter().all(|change| change["event"] == "charge_changed" || change["event"] == "ended"),
        "{rest:?}"
    );
}

#[tokio::test]
async fn a_dock_that_loses_its_link_and_comes_back() {
    let scenario = Scenario::named("dock-offline").unwrap();
    let bench = bench_of(Sim::builder().scenario(scenario).start().await.unwrap());
    let start = bench.sim.now();
    let settings = WatchSettings::new().with_devices([DOCK]).with_limit(20 * MINUTE);
    let (_, events) = watched(&bench, &settings).await;
    let changes = changes(&events);
    for (event, minutes) in [("offline", 5), ("online", 15)] {
        let said = of(&changes, DOCK, event);
        assert_eq!(said.len(), 1, "{event}: {changes:?}");
        let at: Timestamp = said[0]["at"].as_str().unwrap().parse().unwrap();
        let late = at.duration_since(&start).as_secs().checked_sub(minutes * 60).unwrap();
        assert!(late <= 20, "{event} after {late} s");
    }
    assert!(!changes.iter().any(|change| change["event"] == "trouble"), "{changes:?}");
    assert!(events.iter().all(|event| {
        event.device.as_ref().is_none_or(|device| [DOCK, DRONE].contains(&&*device.sn))
    }));
}

#[tokio::test]
async fn a_flight_is_seen_from_the_dock_and_back_to_it() {
    let bench = bench().await;
    let task = TaskCreate::new(TaskCreateArgs {
        name: "Night round".into(),
        wayline_uuid: ROUTE.into(),
        sn: DOCK.into(),
        time_zone: "Atlantic/Azores".into(),
        rth_altitude: 60,
        rth_mode: RthMode::Preset,
        wayline_precision_type: WaylinePrecisionType::Rtk,
        out_of_control_action_in_flight: OutOfControlAction::ReturnHome,
        resumable_status: ResumableStatus::Manual,
        schedule: TaskSchedule::Immediate,
    });
    bench.project.send(&task).await.unwrap();
    let mut settings = WatchSettings::new().with_devices([DOCK]).with_limit(15 * MINUTE);
    settings.metres = 30.0;
    let (end, events) = watched(&bench, &settings).await;
    let changes = changes(&events);
    let places: Vec<&Value> =
        of(&changes, DOCK, "drone_in_dock_changed").iter().map(|change| &change["to"]).collect();
    assert_eq!(places, ["outside", "inside"], "{changes:?}");
    let modes: Vec<&Value> =
        of(&changes, DRONE, "mode_changed").iter().map(|change| &change["to"]).collect();
    assert!(modes.contains(&&json!("wayline_flight")), "{modes:?}");
    assert!(modes.contains(&&json!("auto_returning_to_home")), "{modes:?}");
    let moved = of(&changes, DRONE, "moved");
    assert!(moved.len() > 10, "{changes:?}");
    assert!(moved.iter().all(|change| change["metres"].as_f64().unwrap() >= 30.0));
    assert!(!of(&changes, DRONE, "battery_changed").is_empty());
    assert!(of(&changes, DOCK, "moved").is_empty());
    // Quickly while it flew, slowly before and after.
    assert!(end.looks > 80, "{end:?}");
}

#[tokio::test]
async fn alerts_appear_once_with_their_text_and_clear() {
    let scenario = Scenario::named("hms-texts").unwrap();
    let bench = bench_of(Sim::builder().scenario(scenario).start().await.unwrap());
    let sim = Arc::clone(&bench.sim);
    let mut settings = WatchSettings::new().with_devices([DOCK]).with_limit(5 * MINUTE);
    let (_, events) = watched(&bench, &settings).await;
    let snapshot = events
        .iter()
        .find(|event| event.device.as_ref().is_some_and(|device| device.sn == DOCK))
        .map(|event| serde_json::to_value(event).unwrap())
        .unwrap();
    assert_eq!(snapshot["alerts"][0]["code"], "0x16100083");
    assert_eq!(snapshot["alerts"][0]["text"], "Dock cover does not close");
    assert_eq!(snapshot["alerts"][0]["level"], "warning");
    assert!(of(&changes(&events), DOCK, "alert_raised").is_empty(), "it was in the snapshot");

    // While somebody watches, it goes, and another comes.
    let (run, mut events) = Run::<WatchEvent>::with_events();
    let run = run.with_clock(bench.clock());
    settings.changes_at_most = Some(3);
    let project = bench.project.read_only();
    let watching = tokio::spawn(async move { watch(&project, &settings, &run).await });
    while let Some(event) = events.next().await {
        if matches!(event.change, WatchChange::Ready { .. }) {
            break;
        }
    }
    sim.apply(&Deed::AlertCleared { sn: DOCK.into(), code: None }).unwrap();
    let raised =
        json!({"do": "alert-raised", "sn": DOCK, "level": "reminder", "code": "0x16100015"});
    sim.apply(&serde_json::from_value(raised).unwrap()).unwrap();
    let mut said = Vec::new();
    while let Some(event) = events.next().await {
        said.push(serde_json::to_value(&event).unwrap());
    }
    assert_eq!(watching.await.unwrap().unwrap().reason, EndReason::Changes, "{said:?}");
    assert_eq!(said[0]["event"], "alert_raised", "{said:?}");
    assert_eq!(said[0]["code"], "0x16100015");
    let cleared: Vec<&Value> =
        of(&said, DOCK, "alert_cleared").iter().map(|one| &one["code"]).collect();
    assert_eq!(cleared, ["0x16100083", "0x161000A4"], "{said:?}");
    assert_eq!(said[3], json!({"at": said[3]["at"], "event": "ended", "reason": "changes"}));
}

#[tokio::test]
async fn places_without_a_fix_are_dropped_and_said() {
    let bench = bench().await;
    let project = bench.project.read_only();
    let (run, mut events) = Run::<WatchEvent>::with_events();
    let run = run.with_clock(bench.clock());
    let mut settings = WatchSettings::new().with_devices([DOCK]);
    settings.changes_at_most = Some(2);
    let watching = tokio::spawn(async move { watch(&project, &settings, &run).await });
    let mut seen = Vec::new();
    while let Some(event) = events.next().await {
        match &event.change {
            WatchChange::Ready { .. } => {
                bench.sim.apply(&Deed::NoFix { sn: DOCK.into() }).unwrap();
            }
            WatchChange::FixLost => bench.sim.apply(&Deed::Fix { sn: DOCK.into() }).unwrap(),
            WatchChange::FixFound { latitude, .. } => assert!(*latitude != 0.0),
            WatchChange::Snapshot { .. } | WatchChange::Ended { .. } => continue,
            other => panic!("{other:?}"),
        }
        seen.push(event.change);
    }
    assert_eq!(seen.len(), 3, "{seen:?}");
    watching.await.unwrap().unwrap();
}

#[tokio::test]
async fn trouble_is_said_once_and_survived() {
    let bench = bench().await;
    // Each look tries three times.
    for _ in 0..9 {
        bench.sim.fail_next("project.devices", FaultKind::http_error(503)).unwrap();
    }
    bench.sim.fail_next("device.hms", FaultKind::refuse(210_060)).unwrap();
    let settings = WatchSettings::new().with_devices([DOCK]).with_limit(5 * MINUTE);
    let (end, events) = watched(&bench, &settings).await;
    let said: Vec<Value> =
        events.iter().map(|event| serde_json::to_value(event).unwrap()).collect();
    let troubles: Vec<&Value> = said.iter().filter(|event| event["event"] == "trouble").collect();
    assert_eq!(troubles.len(), 2, "{said:?}");
    assert_eq!(
        (&troubles[0]["about"], &troubles[1]["about"]),
        (&json!("devices"), &json!("alerts"))
    );
    assert!(troubles[0]["text"].as_str().unwrap().contains("503"), "{}", troubles[0]);
    assert!(!troubles[0]["help"].as_str().unwrap().is_empty());
    let recovered: Vec<&Value> =
        said.iter().filter(|event| event["event"] == "recovered").collect();
    assert_eq!(recovered.len(), 2, "{said:?}");
    assert_eq!(recovered[0]["failures"], 3);
    assert!(
        recovered[0]["lasted_seconds"].as_u64().unwrap() >= 27,
        "the pauses grow: {}",
        recovered[0]
    );
    assert!(end.looks > 5);
}

#[tokio::test]
async fn the_state_of_one_device_may_fail_while_the_others_are_watched() {
    let bench = bench().await;
    let fault = serde_json::from_value(json!({
        "on": "device.state", "when": {"next": 2}, "kind": "refuse", "code": 200403, "http": 403
    }));
    bench.sim.inject(fault.unwrap()).unwrap();
    let settings = WatchSettings::new().with_devices([DOCK]).with_limit(MINUTE);
    let (_, events) = watched(&bench, &settings).await;
    let said: Vec<Value> =
        events.iter().map(|event| serde_json::to_value(event).unwrap()).collect();
    let trouble = of(&said, DOCK, "trouble");
    assert_eq!(trouble.len(), 1, "{said:?}");
    assert_eq!(trouble[0]["about"], "state");
    assert_eq!(of(&said, DOCK, "recovered").len(), 1, "{said:?}");
    // What was not known at first is said when it is.
    assert_eq!(of(&said, DOCK, "snapshot")[0]["mode"], Value::Null);
    assert_eq!(of(&said, DOCK, "mode_changed")[0]["to"], "idle");
}

#[tokio::test]
async fn a_key_that_is_over_ends_the_watch() {
    let bench = bench().await;
    let (run, mut events) = Run::<WatchEvent>::with_events();
    let run = run.with_clock(bench.clock());
    let project = bench.project.read_only();
    let watching = tokio::spawn(async move { watch(&project, &WatchSettings::new(), &run).await });
    while let Some(event) = events.next().await {
        if matches!(event.change, WatchChange::Ready { .. }) {
            let rights = Deed::Rights { key: KeyProfile::Admin, r#become: KeyProfile::Revoked };
            bench.sim.apply(&rights).unwrap();
        }
    }
    let error = watching.await.unwrap().unwrap_err();
    assert!(error.api().unwrap().is_auth(), "{error}");
}

#[tokio::test]
async fn rights_that_vanish_are_not_devices_that_vanish() {
    let bench = bench().await;
    let (run, mut events) = Run::<WatchEvent>::with_events();
    let run = run.with_clock(bench.clock());
    let project = bench.project.read_only();
    let settings = WatchSettings::new().with_limit(2 * MINUTE);
    let watching = tokio::spawn(async move { watch(&project, &settings, &run).await });
    let mut troubles = 0;
    while let Some(event) = events.next().await {
        match event.change {
            WatchChange::Ready { .. } => {
                let rights =
                    Deed::Rights { key: KeyProfile::Admin, r#become: KeyProfile::NoDevices };
                bench.sim.apply(&rights).unwrap();
            }
            WatchChange::Trouble { about: About::Devices, .. } => troubles += 1,
            WatchChange::Gone | WatchChange::Offline => panic!("{event:?}"),
            _ => {}
        }
    }
    assert_eq!(troubles, 1);
    watching.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_device_that_is_not_there_is_an_error_with_candidates() {
    let bench = bench().await;
    let settings = WatchSettings::new().with_devices(["nowhere"]);
    let run = Run::<WatchEvent>::quiet().with_clock(bench.clock());
    let error = watch(&bench.project, &settings, &run).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.help().contains(DOCK), "{}", error.help());
}

#[tokio::test]
async fn calls_stay_below_the_rate() {
    let bench = bench().await;
    let mut settings = WatchSettings::new().with_limit(5 * MINUTE);
    settings.calls_per_second = 0.1;
    watched(&bench, &settings).await;
    let calls = bench.sim.journal().entries().len();
    assert!(calls <= 50, "{calls} calls in 300 s at one in ten");
    let mut once = WatchSettings::new();
    once.once = true;
    assert_eq!(watched(&bench, &once).await.0.reason, EndReason::Once);
}
