//! Records: what is written, and that it comes out the same when it is played again.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "support/uploads.rs"]
mod uploads;
#[path = "support/wire.rs"]
mod wire;

use std::path::PathBuf;
use std::time::Duration;

use flighthub_api::v1::DroneSn;
use flighthub_sim::{Deed, RateLimit, ReplayError, Replayed, Scenario, Sim, SimBuilder, replay};
use serde_json::{Value, json};
use wire::{DOCK, DRONE, call, control, send, task};

/// A file that goes when the test ends.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        let name = format!("flighthub-sim-{}-{name}.ndjson", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn part(&self) -> PathBuf {
        let mut name = self.0.clone().into_os_string();
        name.push(".part");
        name.into()
    }

    fn text(&self) -> String {
        std::fs::read_to_string(&self.0).unwrap()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
        let _ = std::fs::remove_file(self.part());
    }
}

const SCENARIO: &str = r#"
[scenario]
name = "test"
[[script]]
when = { task = "Round", status = "executing" }
after = "20s"
deed = { do = "battery", drone = "1581F0Q8X000U00G00A1", percent = 40 }
"#;

/// A session with a bit of everything, on a clock that runs.
fn session(file: &Temporary, builder: SimBuilder) {
    let sim = builder.record(&file.0).start_blocking().unwrap();
    let uuid = call(&sim, "POST", "/flight-task", Some(&task("Round"))).data()["task_uuid"].clone();
    let uuid = uuid.as_str().unwrap();
    for seconds in [3, 50, 61, 600] {
        sim.advance(Duration::from_secs(seconds));
        call(&sim, "GET", &format!("/flight-task/{uuid}"), None);
        call(&sim, "GET", &format!("/device/{DRONE}/state"), None);
    }
    let grant = call(&sim, "POST", "/open_model/stores/obtain_token", Some(&json!({}))).data();
    let report = json!({
        "resource_uuid": grant["resource_uuid"], "callback_param": grant["callback_param"],
        "files": [{"name": "a.jpeg", "etag": "0123456789abcdef0123456789abcdef", "checksum": "x"}],
    });
    call(&sim, "POST", "/open_model/stores/upload_callback", Some(&report));
    let rtk = |password: &str| json!({"host": "ntrip.example.net", "port": 8002, "account": "CANARY-1", "password": password, "mount_point": "RTCM33"});
    call(&sim, "POST", &format!("/device/{DOCK}/rtk"), Some(&rtk("CANARY-2")));
    call(&sim, "POST", &format!("/device/{DOCK}/rtk"), Some(&rtk("CANARY-3")));
    sim.apply(&Deed::Battery { drone: DroneSn::new(DRONE), percent: 33 }).unwrap();
    control(&sim, "POST", "advance", r#"{"seconds": 30.5}"#);
    control(&sim, "POST", "deeds", r#"{"do": "disconnect", "sn": "7CTXN0000B00B2"}"#);
    control(&sim, "POST", "pause", "");
    control(&sim, "POST", "resume", "");
    call(&sim, "GET", "/project/device", None);
    call(&sim, "DELETE", "/wayline/x", None);
    send(sim.url(), "GET", "/openapi/v0.1/project", &[("X-User-Token", "CANARY-4")], None);
    send(sim.url(), "GET", "/openapi/v0.1/project?token=CANARY-5", &[], None);
    call(&sim, "POST", "/flight-task", Some(&json!("no object")));
    control(&sim, "POST", "reset", r#"{"seed": 9}"#);
    call(&sim, "POST", "/flight-task", Some(&task("After the reset")));
    let us = sim.region("us").unwrap();
    send(&us.url, "GET", "/openapi/v0.1/device", &[("X-User-Token", &us.token)], None);
    assert!(file.part().exists() && !file.0.exists());
    sim.stop().unwrap();
    assert!(!file.part().exists() && file.0.exists());
}

fn builder() -> SimBuilder {
    let scenario = Scenario::read(SCENARIO, "test.toml").unwrap();
    Sim::builder().seed(3).scenario(scenario).regions(["eu", "us"])
}

#[test]
fn a_session_comes_out_the_same() {
    let file = Temporary::new("same");
    session(&file, builder());
    match replay(&file.0).unwrap() {
        Replayed::Same { requests } => assert_eq!(requests, file.text().lines().count() - 1),
        different => panic!("{different:?}"),
    }
}

#[test]
fn a_session_on_a_running_clock_comes_out_the_same() {
    let file = Temporary::new("running");
    session(&file, builder().speed(600.0));
    assert!(matches!(replay(&file.0).unwrap(), Replayed::Same { requests } if requests > 20));
}

#[test]
fn the_same_session_is_the_same_file() {
    let (one, other) = (Temporary::new("one"), Temporary::new("other"));
    session(&one, builder());
    session(&other, builder());
    assert_eq!(one.text(), other.text());
}

#[test]
fn nothing_secret_is_in_a_record() {
    let file = Temporary::new("secret");
    session(&file, builder());
    let text = file.text();
    for secret in ["CANARY", "simulated-key", "eyJ"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (&lines[0]["format"], &lines[0]["seed"]),
        (&json!("flighthub-sim record"), &json!(3))
    );
    assert_eq!(lines[0]["scenario"]["text"], SCENARIO);
    let of =
        |operation: &'static str| lines.iter().filter(move |line| line["operation"] == operation);
    let keys: Vec<_> = of("project.list").map(|line| line["key"].clone()).collect();
    assert_eq!(keys, [json!("(masked)"), json!("none")]);
    let report = of("openmodel.upload_callback").next().unwrap()["body"].as_str().unwrap();
    assert!(report.contains(r#""callback_param":"{issued "#), "{report}");
    // Of the same shape, and still two.
    let bodies: Vec<_> = of("device.calibrate_rtk").map(|line| line["body"].clone()).collect();
    assert!(bodies[0].as_str().unwrap().contains(r#""account":"xxxxxx-0""#), "{bodies:?}");
    assert_ne!(bodies[0], bodies[1]);
    assert!(lines.iter().any(|line| line["path"] == "/__sim/deeds" && line["port"] == "control"));
}

#[test]
fn the_first_difference_is_shown() {
    let file = Temporary::new("different");
    session(&file, builder());
    let text = file.text().replacen(r#""status":"executing""#, r#""status":"elsewhere""#, 1);
    let text = text.replacen(r#"\"status\":\"executing\""#, r#"\"status\":\"elsewhere\""#, 1);
    std::fs::write(&file.0, &text).unwrap();
    match replay(&file.0).unwrap() {
        Replayed::Different { line, recorded, now } => {
            assert!(line > 1 && recorded.contains("elsewhere"), "{line}: {recorded}");
            assert!(now.contains("executing"), "{now}");
        }
        same => panic!("{same:?}"),
    }
}

#[test]
fn what_is_no_record_is_refused() {
    let file = Temporary::new("wrong");
    session(&file, builder());
    let good = file.text();
    let first = good.lines().next().unwrap();
    for (text, line, part) in [
        (String::new(), 1, "empty"),
        ("hello\n".to_owned(), 1, "expected"),
        (good.replacen("\"version\":1", "\"version\":9", 1), 1, "version 1"),
        (
            good.replacen("\"custom_world\":false", "\"custom_world\":true", 1),
            1,
            "no record can hold",
        ),
        (format!("{first}\nhello\n"), 2, "expected"),
        (good.replacen("\"region\":\"eu\"", "\"region\":\"xx\"", 1), 2, "no region `xx`"),
        (good.replacen("\"port\":\"api\"", "\"port\":\"console\"", 1), 2, "cannot be played"),
    ] {
        std::fs::write(&file.0, text).unwrap();
        match replay(&file.0) {
            Err(ReplayError::Format { line: at, problem }) => {
                assert_eq!(at, line, "{problem}");
                assert!(problem.contains(part), "{problem}");
            }
            other => panic!("{part}: {other:?}"),
        }
    }
    assert!(matches!(replay("/nowhere/at/all"), Err(ReplayError::Io(_))));
    assert!(Sim::builder().record("/nowhere/at/all").start_blocking().is_err());
}

/// From the credentials to the download, with refusals in between.
fn storage_session(file: &Temporary, builder: SimBuilder) {
    let sim = builder.record(&file.0).start_blocking().unwrap();
    let route = uploads::upload(&sim, "yard", &uploads::route()).data();
    assert_eq!(uploads::upload(&sim, "broken", b"no archive").status, 500);
    uploads::upload_in_parts(&sim, "large");
    assert!(uploads::refused(&sim, b"hello".to_vec(), true).contains("AccessDenied"));
    let mut flight = task("Yard");
    flight["wayline_uuid"] = route["uuid"].clone();
    let created = call(&sim, "POST", "/flight-task", Some(&flight)).data();
    let uuid = created["task_uuid"].as_str().unwrap().to_owned();
    let ended = control(&sim, "POST", "until", r#"{"task": "Yard"}"#).json();
    assert_eq!(ended["status"], "success", "{ended}");
    let id = route["uuid"].as_str().unwrap();
    let url = call(&sim, "GET", &format!("/wayline/{id}"), None).data()["download_url"].clone();
    let url = url.as_str().unwrap();
    assert_eq!(uploads::download(&sim, url, &[]), 206);
    let etag = {
        let path = url.strip_prefix(sim.storage_url()).unwrap();
        send(sim.storage_url(), "HEAD", path, &[], None).header("etag").unwrap().to_owned()
    };
    assert_eq!(uploads::download(&sim, url, &[("If-None-Match", &etag)]), 304);
    assert_eq!(
        uploads::download(&sim, &url.replace("X-Amz-Expires=3600", "X-Amz-Expires=7200"), &[]),
        403
    );
    assert_eq!(uploads::download(&sim, url, &[("X-User-Token", "CANARY-6")]), 206);
    sim.advance(Duration::from_secs(3601));
    assert_eq!(uploads::download(&sim, url, &[]), 403);
    call(&sim, "GET", &format!("/flight-task/{uuid}/media"), None);
    sim.stop().unwrap();
}

#[test]
fn uploads_and_downloads_come_out_the_same() {
    let (file, other) = (Temporary::new("storage"), Temporary::new("storage-too"));
    storage_session(&file, Sim::builder().seed(5));
    match replay(&file.0).unwrap() {
        Replayed::Same { requests } => assert_eq!(requests, file.text().lines().count() - 1),
        different => panic!("{different:?}"),
    }
    let text = file.text();
    for secret in ["CANARY", "X-Amz-Security-Token", "simulated-key", "Signature=0123"] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(text.contains("X-Amz-Signature={signed}") && text.contains("X-Amz-Signature=0"));
    storage_session(&other, Sim::builder().seed(5));
    assert_eq!(text, other.text(), "real time is not in it");

    // One other byte in the upload, and the entity tag is another.
    let at = text.find(r#""body_hex":"504b0304"#).unwrap() + r#""body_hex":"504b0304"#.len();
    let mut changed = text.clone();
    let digit = if &changed[at..=at] == "0" { "1" } else { "0" };
    changed.replace_range(at..=at, digit);
    std::fs::write(&file.0, changed).unwrap();
    match replay(&file.0).unwrap() {
        Replayed::Different { recorded, now, .. } => {
            assert!(recorded.contains("etag") && now.contains("etag"), "{recorded}\n{now}");
        }
        same => panic!("{same:?}"),
    }
}

#[test]
fn uploads_on_a_running_clock_come_out_the_same() {
    let file = Temporary::new("storage-running");
    storage_session(&file, Sim::builder().seed(6).speed(30.0));
    let replayed = replay(&file.0).unwrap();
    assert!(matches!(replayed, Replayed::Same { requests } if requests > 20), "{replayed:?}");
}

#[test]
fn other_providers_and_hosts_come_out_the_same() {
    use flighthub_api::v1::StorageProvider;
    for provider in ["minio", "ali"] {
        let text = format!("[[deed]]\ndo = \"storage-provider\"\nprovider = \"{provider}\"");
        let file = Temporary::new(provider);
        let scenario = Scenario::read(&text, "test.toml").unwrap();
        let sim = Sim::builder().scenario(scenario).record(&file.0).start_blocking().unwrap();
        let known = sim.with_world(|world| world.storage_provider().clone());
        assert_ne!(known, StorageProvider::Aws);
        uploads::upload(&sim, "yard", &uploads::route()).data();
        sim.stop().unwrap();
        let replayed = replay(&file.0).unwrap();
        assert!(matches!(replayed, Replayed::Same { requests: 3 }), "{provider}: {replayed:?}");
    }
}

#[test]
fn what_a_record_cannot_hold_is_refused() {
    let file = Temporary::new("too-large");
    let sim = Sim::builder().record(&file.0).start_blocking().unwrap();
    let refused = uploads::refused(&sim, vec![0; (32 << 20) + 1], false);
    assert!(refused.contains("the session is recorded"), "{refused}");
    sim.stop().unwrap();
    assert!(matches!(replay(&file.0).unwrap(), Replayed::Same { requests: 2 }));
}

#[test]
fn a_rate_limit_and_strangers_come_out_the_same() {
    let file = Temporary::new("limit");
    let limit = RateLimit::new(2, 10.0);
    let sim = Sim::builder().rate_limit(limit).record(&file.0).start_blocking().unwrap();
    let ask = |key: &str| {
        send(sim.url(), "GET", "/openapi/v0.1/project", &[("X-User-Token", key)], None).status
    };
    let admin = sim.token().to_owned();
    assert_eq!([ask(&admin), ask(&admin), ask(&admin)], [200, 200, 429]);
    // Keys that nobody knows are counted each for itself.
    assert_eq!([ask("one"), ask("other"), ask("one"), ask("one")], [401, 401, 401, 429]);
    sim.advance(Duration::from_secs(5));
    let quirk = [("X-User-Token", admin.as_str()), ("X-Flighthub-Simulator-Quirk", "null-list")];
    send(sim.url(), "GET", "/openapi/v0.1/project", &quirk, None);
    control(&sim, "POST", "reset", "");
    assert_eq!([ask(&admin), ask(&admin), ask(&admin)], [200, 200, 429]);
    sim.stop().unwrap();
    let replayed = replay(&file.0).unwrap();
    assert!(matches!(replayed, Replayed::Same { .. }), "{replayed:?}");
    let without = file.text().replacen(r#""requests":2"#, r#""requests":3"#, 1);
    std::fs::write(&file.0, without).unwrap();
    let replayed = replay(&file.0).unwrap();
    assert!(matches!(replayed, Replayed::Different { line: 1.., .. }), "{replayed:?}");
}
