//! Scenarios: what a file may say, and what the built-in ones show.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "support/wire.rs"]
mod wire;

use std::time::Duration;

use flighthub_sim::{RateLimit, Scenario, Sim};
use serde_json::json;
use wire::{DOCK, DRONE, call, control, send, task};

fn with(text: &str) -> Sim {
    let scenario = Scenario::read(text, "test.toml").unwrap();
    Sim::builder().scenario(scenario).start_blocking().unwrap()
}

fn named(name: &str) -> Sim {
    Sim::builder().scenario(Scenario::named(name).unwrap()).start_blocking().unwrap()
}

fn battery(sim: &Sim) -> i64 {
    let state = call(sim, "GET", &format!("/device/{DRONE}/state"), None).data();
    state["device_state"]["battery"]["capacity_percent"].as_f64().unwrap().round() as i64
}

fn is_offline(sim: &Sim, dock: &str) -> bool {
    let lens = call(sim, "GET", "/project/device", None).data();
    let row =
        lens["list"].as_array().unwrap().iter().find(|row| row["gateway"]["sn"] == dock).unwrap();
    row["gateway"]["device_online_status"] == json!(false)
}

#[test]
fn the_head_sets_what_the_builder_did_not() {
    let text = "[scenario]\nseed = 7\nstrict = true\nregions = [\"cn\", \"us\"]\nstart = \"2026-01-01T09:30:00Z\"";
    let sim = with(text);
    assert_eq!(sim.now().to_string(), "2026-01-01T09:30:00Z");
    let names: Vec<_> = sim.regions().iter().map(|region| region.name.as_str()).collect();
    assert_eq!(names, ["cn", "us"]);
    let index = control(&sim, "GET", "", "").json();
    assert_eq!((&index["seed"], &index["strict"]), (&json!(7), &json!(true)));
    let scenario = Scenario::read(text, "test.toml").unwrap();
    let sim = Sim::builder()
        .scenario(scenario)
        .seed(8)
        .strict(false)
        .regions(["eu"])
        .start_blocking()
        .unwrap();
    let index = control(&sim, "GET", "", "").json();
    assert_eq!(
        (&index["seed"], &index["strict"], &index["regions"]),
        (&json!(8), &json!(false), &json!(["eu"]))
    );
    // TOML has a notation of its own for times.
    let sim = with("[scenario]\nstart = 2026-01-01T10:00:00+01:00");
    assert_eq!(sim.now().to_string(), "2026-01-01T09:00:00Z");
}

#[test]
fn deeds_are_done_at_once_and_scripts_later() {
    let sim = with(
        r#"
        [[deed]]
        do = "battery"
        drone = "1581F0Q8X000U00G00A1"
        percent = 55

        [[script]]
        at = "+2m"
        deed = { do = "disconnect", sn = "7CTXN0000B00A1" }
        [[script]]
        at = 2026-01-01T08:05:00Z
        deed = { do = "connect", sn = "7CTXN0000B00A1" }
        "#,
    );
    assert_eq!(battery(&sim), 55);
    let mut seen = Vec::new();
    for _ in 0..6 {
        seen.push(is_offline(&sim, DOCK));
        sim.advance(Duration::from_secs(60));
    }
    assert_eq!(seen, [false, false, true, true, true, false]);
    let script = sim.journal().to_port("script");
    assert_eq!(script.times(2).entries()[0].at().to_string(), "2026-01-01T08:02:00Z");
    assert!(script.to_string().contains("eu script DEED test.toml:7"), "{script}");
}

#[test]
fn a_step_waits_for_a_task() {
    let sim = with(
        r#"
        [[script]]
        when = { task = "Round", status = "executing" }
        after = "10s"
        deed = { do = "battery", drone = "1581F0Q8X000U00G00A1", percent = 44 }
        "#,
    );
    sim.advance(Duration::from_secs(600));
    sim.journal().to_port("script").times(0);
    call(&sim, "POST", "/flight-task", Some(&task("Round"))).data();
    control(&sim, "POST", "until", r#"{"task": "Round", "status": "executing"}"#);
    let begun = sim.now();
    sim.journal().to_port("script").times(0);
    sim.advance(Duration::from_secs(3600));
    let script = sim.journal().to_port("script");
    assert_eq!(script.times(1).entries()[0].at().duration_since(&begun), Duration::from_secs(10));
}

#[test]
fn every_region_has_a_script_of_its_own() {
    let sim = with(
        r#"
        [scenario]
        regions = ["eu", "us"]
        [[deed]]
        region = "us"
        do = "disconnect"
        sn = "7CTXN0000B00A1"
        "#,
    );
    assert!(!is_offline(&sim, DOCK));
    let world = control(&sim, "GET", "world", "").json();
    assert_eq!(world["regions"]["eu"]["devices"][0]["online"], true);
    assert_eq!(world["regions"]["us"]["devices"][0]["online"], false);
}

#[test]
fn mistakes_are_told_with_their_line() {
    for (text, place, part) in [
        ("[scenario]\nspede = 2", "test.toml:2: ", "speed"),
        ("[scenario]\nspeed = -2", "test.toml:1: ", "a speed is"),
        ("[scenario\n", "test.toml:1: ", ""),
        ("\n[[deed]]\ndo = \"fly\"", "test.toml:2: ", "battery"),
        (
            "[[deed]]\ndo = \"connect\"\nsn = \"x\"\n[[deed]]\ndo = \"battery\"\ndrone = \"x\"",
            "test.toml:4: ",
            "percent",
        ),
        ("\n\n[[script]]\ndeed = { do = \"connect\", sn = \"x\" }", "test.toml:3: ", "needs `at`"),
        (
            "[[script]]\nat = \"+1m\"\nafter = \"1m\"\ndeed = { do = \"connect\", sn = \"x\" }",
            "test.toml:1: ",
            "`after` goes with `when`",
        ),
        (
            "[[script]]\nat = \"+1m\"\nwhen = { task = \"a\", status = \"success\" }\ndeed = { do = \"connect\", sn = \"x\" }",
            "test.toml:1: ",
            "not both",
        ),
        (
            "[[script]]\nat = \"soon\"\ndeed = { do = \"connect\", sn = \"x\" }",
            "test.toml:2: ",
            "`+10m`",
        ),
        (
            "[[script]]\nat = \"+99d\"\ndeed = { do = \"connect\", sn = \"x\" }",
            "test.toml:1: ",
            "31 days",
        ),
        (
            "[[script]]\nwhen = { task = \"a\", status = \"flown\" }\ndeed = { do = \"connect\", sn = \"x\" }",
            "test.toml:1: ",
            "such as waiting",
        ),
        (
            "[scenario]\n\n[[fault]]\non = \"*\"\nkind = \"reset\"\n\n[[fault]]\non = \"*\"\nkind = \"http-error\"\nstatus = 200",
            "test.toml:7: ",
            "status",
        ),
        (
            "\n[[script]]\nat = \"+1m\"\nfault = { on = \"*\", kind = \"http-error\", status = 200 }",
            "test.toml:4: ",
            "status",
        ),
        (
            "[scenario]\nrate_limit = { requests = 0, per-seconds = 1.0 }",
            "test.toml:2: ",
            "`requests`",
        ),
        ("[world]\nbase = \"mars\"", "test.toml:2: ", "demo"),
    ] {
        let error = Scenario::read(text, "test.toml").unwrap_err().to_string();
        assert!(error.starts_with(place) && error.contains(part), "{text}\n{error}");
    }
    for (text, part) in [
        ("[scenario]\nstart = \"2025-12-31T00:00:00Z\"", "test.toml:2: the world begins at"),
        (
            "\n[[deed]]\nregion = \"us\"\ndo = \"connect\"\nsn = \"x\"",
            "test.toml:2: there is no region `us`",
        ),
    ] {
        let scenario = Scenario::read(text, "test.toml").unwrap();
        let error = Sim::builder().scenario(scenario).start_blocking().unwrap_err();
        assert!(error.to_string().starts_with(part), "{error}");
    }
}

#[test]
fn dock_offline_shows_212015_for_ten_minutes() {
    let sim = named("dock-offline");
    let state = || {
        let live = json!({"sn": DOCK, "camera_index": "165-0-7", "video_expire": 7200, "quality_type": "adaptive"});
        call(&sim, "POST", "/live-stream/start", Some(&live)).code()
    };
    assert_eq!(state(), 0);
    sim.advance(Duration::from_secs(301));
    assert!(is_offline(&sim, DOCK));
    assert_ne!(state(), 0);
    sim.advance(Duration::from_secs(600));
    assert!(!is_offline(&sim, DOCK));
    assert_eq!(state(), 0);
}

#[test]
fn low_battery_lets_no_flight_come_to_its_end() {
    let sim = named("low-battery");
    assert_eq!(battery(&sim), 20);
    call(&sim, "POST", "/flight-task", Some(&task("Round")));
    let end = control(&sim, "POST", "until", r#"{"task": "Round"}"#).json();
    assert_eq!(end["status"], "starting_failure", "{end}");
}

#[test]
fn stolen_control_refuses_whoever_held_it() {
    let sim = named("stolen-control");
    let control = json!({"drone_sn": DRONE, "payload_index": ["81-0-0"]});
    let lens = json!({"sn": DRONE, "camera_index": "81-0-0", "lens_type": "zoom"});
    let change = || call(&sim, "POST", "/device/change-lens", Some(&lens)).code();
    assert_eq!(call(&sim, "POST", "/device/control", Some(&control)).code(), 0);
    assert_eq!(change(), 0);
    sim.advance(Duration::from_secs(61));
    assert_eq!(change(), 228_402);
}

#[test]
fn private_cloud_has_converters() {
    let sim = named("private-cloud");
    let converters = |sim: &Sim| call(sim, "GET", "/live-stream/converter", None).status;
    assert_eq!((converters(&sim), converters(&with(""))), (200, 404));
}

#[test]
fn missing_rights_look_like_emptiness() {
    let sim = named("missing-rights");
    assert_eq!(call(&sim, "GET", "/project/device", None).data()["list"], json!(null));
    let state = call(&sim, "GET", &format!("/device/{DRONE}/state"), None);
    assert_eq!((state.status, state.code()), (403, 200_403));
}

#[test]
fn rth_ceiling_accepts_and_fails() {
    let sim = named("rth-ceiling");
    call(&sim, "POST", "/flight-task", Some(&task("Round"))).data();
    let end = control(&sim, "POST", "until", r#"{"task": "Round"}"#).json();
    assert_eq!(end["status"], "starting_failure", "{end}");
}

#[test]
fn flaky_network_commits_and_loses_the_reply() {
    use std::io::{Read, Write};
    let sim = named("flaky-network");
    let body = task("Round").to_string();
    let mut outcomes = Vec::new();
    for _ in 0..3 {
        let mut stream =
            std::net::TcpStream::connect(sim.url().strip_prefix("http://").unwrap()).unwrap();
        let head = format!(
            "POST /openapi/v0.1/flight-task HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-User-Token: {}\r\n\
             X-Project-Uuid: {}\r\nContent-Length: {}\r\n\r\n{body}",
            sim.token(),
            sim.project(),
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut reply = String::new();
        outcomes.push(stream.read_to_string(&mut reply).is_ok());
    }
    assert_eq!(outcomes, [true, true, false]);
    // The third was carried out all the same.
    let lost = sim.journal().of("task.create").times(3).with_fault();
    assert!(lost.times(1).entries()[0].fault().unwrap().starts_with("reset"));
    let text = "[[script]]\nat = \"+1m\"\nfault = { on = \"project.list\", kind = \"http-error\", status = 503 }";
    let sim = with(text);
    assert_eq!(call(&sim, "GET", "/project", None).status, 200);
    sim.advance(Duration::from_secs(60));
    assert_eq!(call(&sim, "GET", "/project", None).status, 503);
    control(&sim, "POST", "reset", "");
    assert_eq!(call(&sim, "GET", "/project", None).status, 200);
}

#[test]
fn hms_texts_are_in_the_language_that_is_asked_for() {
    let sim = named("hms-texts");
    let path = format!("/openapi/v0.1/device/hms?device_sn_list={DOCK},{DRONE}");
    let texts = |language: Option<&str>| {
        let mut headers = vec![("X-User-Token", sim.token()), ("X-Project-Uuid", sim.project())];
        headers.extend(language.map(|language| ("X-Language", language)));
        let list = send(sim.url(), "GET", &path, &headers, None).data()["list"].clone();
        let rows = list.as_array().unwrap().clone();
        let of = |row: &serde_json::Value| row["device_hms"]["list"].as_array().unwrap().clone();
        let alerts: Vec<_> = rows.iter().flat_map(of).collect();
        alerts.iter().map(|alert| alert["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let english = texts(Some("en"));
    assert!(english.contains(&"Dock cover does not close".to_owned()), "{english:?}");
    assert!(english.contains(&"Propeller is worn".to_owned()), "{english:?}");
    for chinese in [texts(None), texts(Some("zh"))] {
        assert!(chinese.contains(&"舱盖无法关闭".to_owned()), "{chinese:?}");
        assert!(chinese.contains(&"桨叶磨损".to_owned()), "{chinese:?}");
    }
}

#[test]
fn missed_window_ends_with_timeout() {
    let sim = named("missed-window");
    let begin = sim.now().unix_seconds() + 600;
    let timed = |latest: i64, name: &str| {
        let mut body = task(name);
        body["task_type"] = json!("timed");
        body["begin_at"] = json!(begin);
        body["latest_begin_at"] = json!(begin + latest);
        call(&sim, "POST", "/flight-task", Some(&body)).data();
    };
    timed(1_200, "Missed");
    let end = control(&sim, "POST", "until", r#"{"task": "Missed"}"#).json();
    assert_eq!(end["status"], "timeout", "{end}");
    let after = sim.now().unix_seconds() - begin;
    assert!((1_200..1_210).contains(&after), "{after}");
    // After the hour everything is as it was.
    control(&sim, "POST", "advance", r#"{"seconds": 3600}"#);
    call(&sim, "POST", "/flight-task", Some(&task("Later"))).data();
    let end = control(&sim, "POST", "until", r#"{"task": "Later"}"#).json();
    assert_eq!(end["status"], "success", "{end}");
}

#[test]
fn rate_limited_answers_429_until_time_has_passed() {
    let sim = named("rate-limited");
    let ask = || call(&sim, "GET", "/project", None);
    assert!((0..5).all(|_| ask().status == 200));
    let refused = ask();
    assert_eq!((refused.status, refused.code()), (429, 210_429));
    assert_eq!(refused.header("retry-after"), Some("2"));
    sim.advance(Duration::from_secs(2));
    assert_eq!((ask().status, ask().status), (200, 429));
    control(&sim, "POST", "reset", "");
    assert!((0..5).all(|_| ask().status == 200));
    assert_eq!(ask().status, 429);
    // Another scenario has no limit; what the builder sets wins over what a scenario says.
    control(&sim, "POST", "scenario?name=low-battery", "");
    assert!((0..20).all(|_| ask().status == 200));
    let sim = Sim::builder()
        .scenario(Scenario::named("rate-limited").unwrap())
        .rate_limit(RateLimit::new(1, 10.0))
        .start_blocking()
        .unwrap();
    let ask = || call(&sim, "GET", "/project", None).status;
    assert_eq!((ask(), ask()), (200, 429));
}

#[test]
fn a_scenario_over_http_brings_its_profile() {
    let sim = Sim::builder().start_blocking().unwrap();
    let converters = || call(&sim, "GET", "/live-stream/converter", None).status;
    assert_eq!(converters(), 404);
    control(&sim, "POST", "scenario?name=private-cloud", "");
    assert_eq!(converters(), 200);
}

#[test]
fn every_built_in_scenario_has_a_test_here() {
    let here = include_str!("scenario.rs");
    for name in Scenario::names() {
        assert!(here.contains(&format!("named(\"{name}\")")), "{name}");
    }
}
