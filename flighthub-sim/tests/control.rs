//! The simulator's own endpoints below `/__sim/`, regions, and posted events.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "support/wire.rs"]
mod wire;

use std::time::Duration;

use flighthub_sim::{Sim, World};
use serde_json::{Value, json};
use wire::{DOCK, DRONE, call, control, send, task};

fn sim() -> Sim {
    Sim::builder().seed(5).start_blocking().unwrap()
}

fn error(answer: &wire::Answer) -> String {
    answer.json()["error"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

#[test]
fn the_index_lists_what_there_is_and_all_of_it_is_there() {
    let sim = sim();
    for path in ["/__sim/", "/__sim"] {
        let index = send(sim.url(), "GET", path, &[], None).json();
        assert_eq!((&index["seed"], &index["regions"]), (&json!(5), &json!(["eu"])));
        for endpoint in index["endpoints"].as_array().unwrap() {
            let path = endpoint["path"].as_str().unwrap();
            let answer = send(sim.url(), endpoint["method"].as_str().unwrap(), path, &[], Some(""));
            assert!(!matches!(answer.status, 404 | 405), "{path}: {answer:?}");
            assert!(endpoint["about"].as_str().unwrap().len() > 5);
        }
    }
}

#[test]
fn what_is_not_there_is_told_with_what_is() {
    let sim = sim();
    let answer = control(&sim, "GET", "jurnal", "");
    assert_eq!(answer.status, 404);
    assert!(error(&answer).contains("the nearest is /__sim/journal"), "{answer:?}");
    let answer = control(&sim, "GET", "advance", "");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
    let answer = control(&sim, "PUT", "journal", "");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, DELETE")));
    let answer = control(&sim, "GET", "clock?region=mars", "");
    assert!(answer.status == 404 && error(&answer).contains("there are eu"), "{answer:?}");
    // They are neither calls of the API nor evidence of any.
    sim.journal().times(0);
}

#[test]
fn the_clock_stands_runs_and_jumps() {
    let sim = sim();
    assert_eq!(
        control(&sim, "GET", "clock", "").json(),
        json!({"now": "2026-01-01T08:00:00Z", "speed": 0.0, "paused": false})
    );
    let jumped = control(&sim, "POST", "advance", r#"{"seconds": 1.5}"#).json();
    assert_eq!(jumped["now"], "2026-01-01T08:00:01.5Z");
    let until = control(&sim, "POST", "until", r#"{"time": "2026-01-01T09:00:00+00:00"}"#).json();
    assert_eq!(until["now"], "2026-01-01T09:00:00Z");
    // A time that has passed is reached.
    let until = control(&sim, "POST", "until", r#"{"time": "2026-01-01T08:30:00Z"}"#).json();
    assert_eq!(until["now"], "2026-01-01T09:00:00Z");

    assert_eq!(control(&sim, "POST", "speed", r#"{"speed": 100000}"#).json()["speed"], 100_000.0);
    std::thread::sleep(Duration::from_millis(30));
    let paused = control(&sim, "POST", "pause", "").json();
    assert!(paused["paused"] == true && sim.now().to_string().as_str() > "2026-01-01T09:10");
    let before = sim.now();
    std::thread::sleep(Duration::from_millis(30));
    assert_eq!(sim.now(), before);
    sim.advance(Duration::from_secs(1));
    assert_eq!(sim.now().duration_since(&before), Duration::from_secs(1));
    control(&sim, "POST", "resume", "");
    std::thread::sleep(Duration::from_millis(30));
    assert!(sim.now() > before.saturating_add(Duration::from_secs(60)));

    for (path, body, part) in [
        ("advance", r#"{"seconds": -1}"#, "`seconds` has to be"),
        ("advance", "{}", "send {\"seconds\": 60}"),
        ("speed", r#"{"speed": -1}"#, "a speed is"),
        ("until", r#"{"time": "tomorrow"}"#, "not a point in time"),
        ("until", r#"{"time": "2026-06-01T00:00:00Z"}"#, "say `limit_seconds`"),
        ("until", r#"{"status": "success"}"#, "send"),
        ("until", "no JSON", "send"),
    ] {
        let answer = control(&sim, "POST", path, body);
        assert!(answer.status == 400 && error(&answer).contains(part), "{path} {body}: {answer:?}");
    }
}

#[test]
fn waiting_for_a_task_ends_with_it_or_with_the_limit() {
    let sim = sim();
    call(&sim, "POST", "/flight-task", Some(&task("Round"))).data();
    let until = |body: &str| control(&sim, "POST", "until", body);
    assert_eq!(until(r#"{"task": "Round", "status": "executing"}"#).json()["status"], "executing");
    let early = until(r#"{"task": "Round", "limit_seconds": 5}"#);
    assert_eq!((early.status, &early.json()["status"]), (409, &json!("executing")));
    assert!(error(&early).contains("after 5 virtual seconds"));
    assert_eq!(until(r#"{"task": "Round"}"#).json()["status"], "success");
    // What has ended stays ended.
    assert_eq!(
        until(r#"{"task": "Round", "status": "executing", "limit_seconds": 60}"#).status,
        409
    );
    assert_eq!(until(r#"{"task": "Square"}"#).status, 404);
    assert_eq!(until(r#"{"task": "Round", "status": "flown"}"#).status, 400);
    assert!(!sim.advance_until(|_| false, Duration::from_secs(10)));
    let before = sim.now();
    assert!(sim.advance_until(|_| true, Duration::from_secs(10)));
    assert_eq!(sim.now(), before);
}

#[test]
fn a_reset_brings_the_beginning_back() {
    let sim = sim();
    let first = call(&sim, "POST", "/flight-task", Some(&task("Round"))).data();
    sim.advance(Duration::from_secs(90));
    control(&sim, "POST", "deeds", &format!(r#"{{"do": "disconnect", "sn": "{DOCK}"}}"#));
    let reset = control(&sim, "POST", "reset", "").json();
    assert_eq!(reset, json!({"now": "2026-01-01T08:00:00Z", "seed": 5, "scenario": null}));
    sim.journal().times(0);
    assert_eq!(call(&sim, "POST", "/flight-task", Some(&task("Round"))).data(), first);
    let other = control(&sim, "POST", "reset", r#"{"seed": 6}"#).json();
    assert_eq!(other["seed"], 6);
    assert_ne!(call(&sim, "POST", "/flight-task", Some(&task("Round"))).data(), first);
    sim.reset();
    assert_eq!(control(&sim, "GET", "", "").json()["seed"], 6);
    assert_eq!(control(&sim, "POST", "reset", r#"{"sede": 6}"#).status, 400);

    let own = Sim::builder().world(World::demo(4)).start_blocking().unwrap();
    own.advance(Duration::from_secs(9));
    assert!(error(&control(&own, "POST", "reset", r#"{"seed": 6}"#)).contains("leave `seed` out"));
    assert_eq!(control(&own, "POST", "reset", "").status, 200);
    assert_eq!(own.now().to_string(), "2026-01-01T08:00:00Z");
}

#[test]
fn scenarios_are_loaded_over_http() {
    let sim = sim();
    sim.advance(Duration::from_secs(60));
    let text = "[scenario]\nname = \"mine\"\nseed = 9\n[[deed]]\ndo = \"battery\"\ndrone = \"1581F0Q8X000U00G00A1\"\npercent = 31";
    let begun = control(&sim, "POST", "scenario", text).json();
    assert_eq!(begun, json!({"now": "2026-01-01T08:00:00Z", "seed": 9, "scenario": "mine"}));
    let battery = || {
        let world = control(&sim, "GET", "world", "").json();
        let devices = world["regions"]["eu"]["devices"].as_array().unwrap().clone();
        devices.into_iter().find(|device| device["sn"] == DRONE).unwrap()["battery"].clone()
    };
    assert_eq!(battery(), 31.0);
    assert_eq!(control(&sim, "POST", "scenario?name=low-battery", "").status, 200);
    assert_eq!(battery(), 20.0);
    let known = control(&sim, "GET", "scenarios", "").json();
    assert!(known["scenarios"].as_array().unwrap().iter().any(|one| one["name"] == "low-battery"));
    for (path, body, part) in [
        ("scenario", "[scenario]\nspede = 1", "scenario:2: unknown field"),
        ("scenario", "", "as TOML in the body"),
        ("scenario?name=high-battery", "", "there are"),
        ("scenario", "[scenario]\nregions = [\"us\"]", "--region us"),
        ("scenario", "[scenario]\nstart = \"+99d\"", "31 days"),
    ] {
        let answer = control(&sim, "POST", path, body);
        assert!(answer.status >= 400 && error(&answer).contains(part), "{path} {body}: {answer:?}");
    }
    // What failed changed nothing.
    assert_eq!(battery(), 20.0);
}

#[test]
fn deeds_happen_all_or_none() {
    let sim = sim();
    let one = control(
        &sim,
        "POST",
        "deeds",
        &format!(r#"{{"do": "battery", "drone": "{DRONE}", "percent": 50}}"#),
    );
    assert_eq!(one.json()["done"], 1);
    let two =
        json!([{"do": "battery", "drone": DRONE, "percent": 60}, {"do": "disconnect", "sn": DOCK}]);
    assert_eq!(control(&sim, "POST", "deeds", &two.to_string()).json()["done"], 2);
    let devices = || control(&sim, "GET", "world", "").json()["regions"]["eu"]["devices"].clone();
    let before = devices();
    let bad = json!([{"do": "battery", "drone": DRONE, "percent": 70}, {"do": "fly"}]);
    let answer = control(&sim, "POST", "deeds", &bad.to_string());
    assert!(answer.status == 400 && error(&answer).starts_with("deed 2: "), "{answer:?}");
    assert_eq!(devices(), before);
    assert_eq!(control(&sim, "POST", "deeds", "").status, 400);
}

#[test]
fn the_world_is_shown_in_short() {
    let sim = Sim::builder().regions(["eu", "us"]).start_blocking().unwrap();
    call(&sim, "POST", "/flight-task", Some(&task("Round"))).data();
    let world = control(&sim, "GET", "world", "").json();
    let eu = &world["regions"]["eu"];
    assert_eq!(eu["keys"]["admin"], sim.token());
    assert_eq!(world["regions"]["us"]["keys"]["admin"], sim.region("us").unwrap().token);
    let round = eu["tasks"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&round["name"], &round["dock"], &round["type"]),
        (&json!("Round"), &json!(DOCK), &json!("immediate"))
    );
    assert!(
        eu["projects"].as_array().unwrap().iter().any(|project| project["uuid"] == sim.project())
    );
    assert_eq!(world["script"], json!({"to_come": 0, "problems": []}));
    let kinds: Vec<_> =
        eu["devices"].as_array().unwrap().iter().map(|device| device["kind"].clone()).collect();
    for kind in ["dock", "remote controller", "aircraft"] {
        assert!(kinds.contains(&json!(kind)), "{kinds:?}");
    }
}

#[test]
fn every_region_has_a_port_a_key_and_a_world_of_its_own() {
    let sim = Sim::builder().regions(["eu", "us", "cn"]).start_blocking().unwrap();
    let projects = |url: &str, key: &str| {
        send(url, "GET", "/openapi/v0.1/project", &[("X-User-Token", key)], None)
    };
    for one in sim.regions() {
        for other in sim.regions() {
            let answer = projects(&one.url, &other.token);
            if one.name == other.name {
                answer.data();
            } else {
                assert_eq!((answer.status, answer.code()), (401, 200_401));
            }
        }
    }
    assert_eq!(
        (sim.region("eu").unwrap().url.as_str(), sim.region("eu").unwrap().token.as_str()),
        (sim.url(), sim.token())
    );
    assert!(sim.region("mars").is_none());
    sim.journal().in_region("us").times(3).with_status(401).times(2);
    // The port that is asked says which world is meant, unless the query does.
    let us = &sim.region("us").unwrap().url;
    let off = |sn: &str| format!(r#"{{"do": "disconnect", "sn": "{sn}"}}"#);
    send(us, "POST", "/__sim/deeds", &[], Some(&off(DOCK)));
    send(us, "POST", "/__sim/deeds?region=cn", &[], Some(&off("7CTXN0000B00B2")));
    let regions = control(&sim, "GET", "world", "").json()["regions"].clone();
    let online = |region: &str| -> Vec<Value> {
        regions[region]["devices"].as_array().unwrap()[..2]
            .iter()
            .map(|dock| dock["online"].clone())
            .collect()
    };
    assert_eq!(online("eu"), [true, true]);
    assert_eq!(online("us"), [false, true]);
    assert_eq!(online("cn"), [true, false]);
    // Time is one.
    sim.advance(Duration::from_secs(5));
    assert_eq!(send(us, "GET", "/__sim/clock", &[], None).json()["now"], "2026-01-01T08:00:05Z");
    for (names, part) in [
        (vec![], "has to be a region"),
        (vec!["eu", "eu"], "twice"),
        (vec!["E U"], "no name of a region"),
    ] {
        let error = Sim::builder().regions(names).start_blocking().unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
}

/// Paths that clients ask for and that do not exist, as reported from the field.
#[test]
fn invented_endpoints_are_404_with_a_hint() {
    let sim = sim();
    for (method, path, status, part) in [
        ("GET", "/openapi/v0.1/projet", 404, "the nearest is /openapi/v0.1/project"),
        ("POST", "/openapi/v0.1/flight-task/u/execute", 404, "starts by itself"),
        ("POST", "/openapi/v0.1/flight-task/u/cancel", 404, "cannot be cancelled"),
        ("DELETE", "/openapi/v0.1/wayline/w", 405, "cannot be deleted"),
        ("GET", "/openapi/v0.1/map/element", 405, "cannot be listed"),
        ("POST", "/openapi/v0.1/live-stream/stop", 404, "cannot be stopped"),
        ("GET", "/openapi/v2.0/project", 404, "another generation"),
    ] {
        sim.clear_journal();
        let answer = send(sim.url(), method, path, &[("X-User-Token", sim.token())], None);
        assert_eq!((answer.status, answer.body.as_str()), (status, ""), "{path}");
        let notes = answer.header("x-flighthub-simulator-notes").unwrap_or_default();
        assert!(notes.contains(part), "{path}: {notes}");
        sim.journal().with_status(status).with_notes().times(1);
        assert!(sim.journal().to_string().contains(part));
    }
}

/// On any address but loopback the API is open and the world is not.
#[test]
fn other_machines_may_not_control() {
    // This machine's own address in its network, as other machines see it; without a network there is nothing to test.
    let outward = std::net::UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    let Ok(outward) = outward else { return };
    if outward.ip().is_loopback() || outward.ip().is_unspecified() {
        return;
    }
    for open in [false, true] {
        let sim = Sim::builder().listen("0.0.0.0:0").control_open(open).start_blocking().unwrap();
        let port = sim.url().rsplit(':').next().unwrap();
        let outside = format!("http://{}:{port}", outward.ip());
        let answer = send(&outside, "POST", "/__sim/advance", &[], Some(r#"{"seconds": 1}"#));
        assert_eq!(answer.status, if open { 200 } else { 403 }, "{answer:?}");
        if !open {
            assert!(error(&answer).contains("--control-open"));
        }
        let status =
            send(&outside, "GET", "/openapi/v0.1/system_status", &[("X-User-Token", "x")], None);
        assert_eq!(status.code(), 0);
        assert_eq!(control(&sim, "GET", "clock", "").status, 200);
    }
}

#[cfg(feature = "events")]
mod events {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::mpsc;

    use flighthub_sim::{EventTarget, Sim};
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;

    use super::*;

    /// A receiver that answers each post with the next status, the last one for ever, and hands on what it got.
    fn receiver(statuses: &'static [&'static str]) -> (String, mpsc::Receiver<(String, Value)>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook?key=canary", listener.local_addr().unwrap());
        let (got, taken) = mpsc::channel();
        std::thread::spawn(move || {
            for number in 0.. {
                let Ok((mut stream, _)) = listener.accept() else { return };
                let mut text = Vec::new();
                let mut buffer = [0; 4096];
                let (head, body) = loop {
                    let read = stream.read(&mut buffer).unwrap_or(0);
                    text.extend_from_slice(&buffer[..read]);
                    let all = String::from_utf8(text.clone()).unwrap();
                    let Some((head, body)) = all.split_once("\r\n\r\n") else { continue };
                    let length: usize = head
                        .lines()
                        .find_map(|line| {
                            line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned)
                        })
                        .unwrap()
                        .parse()
                        .unwrap();
                    if body.len() == length {
                        break (head.to_owned(), body.to_owned());
                    }
                };
                let status = statuses[number.min(statuses.len() - 1)];
                let reply = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: 0\r\nLocation: http://127.0.0.1:1/\r\nConnection: close\r\n\r\n"
                );
                stream.write_all(reply.as_bytes()).unwrap();
                if got.send((head, serde_json::from_str(&body).unwrap())).is_err() {
                    return;
                }
            }
        });
        (url, taken)
    }

    #[test]
    fn what_happens_is_posted_in_order_and_once() {
        let (url, taken) = receiver(&["500 No", "302 Elsewhere", "200 OK"]);
        let target = EventTarget::new(&url, "the organization's token").unwrap();
        let sim = Sim::builder().events_to(target).start_blocking().unwrap();
        let element = json!({"name": "a", "desc": "", "resource": {"type": 0, "content": {
            "type": "Feature", "properties": {"color": "#2D8CF0", "clampToGround": false},
            "geometry": {"type": "Point", "coordinates": [-25.3, 0.02]},
        }}});
        call(&sim, "POST", "/map/element", Some(&element)).data();
        call(&sim, "POST", "/flight-task", Some(&task("Round"))).data();
        sim.advance(Duration::from_secs(3600));
        let mut types = Vec::new();
        for number in 0..5 {
            let (head, event) = taken.recv_timeout(Duration::from_secs(10)).unwrap();
            let head = head.to_lowercase();
            let signature =
                head.lines().find_map(|line| line.strip_prefix("x-dji-signature: ")).unwrap();
            assert!(
                signature.len() == 64 && signature.bytes().all(|byte| byte.is_ascii_hexdigit())
            );
            assert!(head.starts_with("post /hook?key=canary "), "{head}");
            types.push(event["type"].as_str().unwrap().to_owned());
            if number == 0 {
                assert_eq!(event["data"]["geometry_types"], json!(["Point"]));
            } else {
                assert_eq!(event["data"]["device_sn"], DRONE);
                assert!(event["data"]["file_size"].as_i64().unwrap() > 0);
            }
        }
        assert_eq!(types[0], "map_geo_elements_update");
        assert!(types[1..].iter().all(|kind| kind == "media_file_uploaded"), "{types:?}");
        let posted = sim.journal().to_port("events");
        let statuses: Vec<_> =
            posted.entries().iter().take(3).map(|entry| entry.status()).collect();
        assert_eq!(statuses, [Some(500), Some(302), Some(200)]);
        let text = format!("{posted}{}", sim.journal().normalised());
        assert!(!text.contains("canary") && !text.contains("organization's token"), "{text}");
    }

    #[test]
    fn a_return_that_is_broken_off_is_posted_with_its_signature() {
        let (url, taken) = receiver(&["200 OK"]);
        let target = EventTarget::new(&url, "the organization's token").unwrap();
        let sim = Sim::builder().events_to(target).start_blocking().unwrap();
        call(&sim, "POST", "/flight-task", Some(&task("Round"))).data();
        sim.advance(Duration::from_secs(60));
        for order in ["return_home", "return_home_cancel"] {
            let order = json!({"device_command": order});
            let answer = call(&sim, "POST", &format!("/device/{DRONE}/command"), Some(&order));
            assert_eq!(answer.code(), 0, "{}", answer.body);
            sim.advance(Duration::from_secs(2));
        }
        let (head, event) = taken.recv_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!(
            event,
            json!({"type": "device_exit_return_home", "data": {"sn": DRONE, "reason": 0}})
        );
        let body =
            format!(r#"{{"type":"device_exit_return_home","data":{{"sn":"{DRONE}","reason":0}}}}"#);
        let mac = Hmac::<Sha256>::new_from_slice(b"the organization's token").unwrap();
        let mac = mac.chain_update(&body).finalize().into_bytes();
        let wanted: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(head.to_lowercase().contains(&format!("x-dji-signature: {wanted}")), "{head}");
    }

    #[test]
    fn a_receiver_that_is_not_there_is_told_in_the_journal() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let target = EventTarget::new(&format!("http://127.0.0.1:{port}/"), "t").unwrap();
        let sim = Sim::builder().events_to(target).start_blocking().unwrap();
        call(&sim, "POST", "/flight-task", Some(&task("Round"))).data();
        sim.advance(Duration::from_secs(3600));
        for _ in 0..500 {
            if !sim.journal().to_port("events").is_empty() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let events = sim.journal().to_port("events");
        let first = &events.at_least(1).entries()[0];
        assert_eq!(first.status(), None);
        assert!(first.notes()[0].contains("not delivered"), "{first}");
    }
}
