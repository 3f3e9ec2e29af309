//! The journal: what it keeps, what it masks, and what can be asserted with it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "support/uploads.rs"]
mod uploads;
#[path = "support/wire.rs"]
mod wire;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use flighthub_sim::Sim;
use serde_json::json;
use wire::{DOCK, call, control, send, task};

fn sim() -> Sim {
    Sim::builder().seed(5).start_blocking().unwrap()
}

/// The message of an assertion that fails.
fn complaint(assertion: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(assertion)).unwrap_err();
    panic.downcast_ref::<String>().unwrap().clone()
}

#[test]
fn an_entry_says_what_was_asked_and_answered() {
    let sim = sim();
    call(&sim, "POST", "/flight-task", Some(&task("Round"))).data();
    sim.advance(Duration::from_secs(3));
    call(&sim, "GET", "/device/hms?device_sn_list=7CTXN0000B00A1", None);
    let journal = sim.journal();
    let [create, hms] = journal.entries() else { panic!("{journal}") };
    assert_eq!(create.operation(), Some("task.create"));
    assert_eq!((create.method(), create.path().as_str()), ("POST", "/openapi/v0.1/flight-task"));
    assert_eq!((create.port(), create.region(), create.key().as_str()), ("api", "eu", "admin"));
    assert_eq!((create.status(), create.code()), (Some(200), Some(0)));
    assert_eq!(create.json().unwrap()["name"], "Round");
    assert!(create.reply().contains("task_uuid"));
    assert!(create.is_write() && !hms.is_write() && create.is_whole());
    assert_eq!(hms.query(), "device_sn_list=7CTXN0000B00A1");
    assert_eq!(hms.header("X-Project-UUID").as_deref(), Some(sim.project()));
    assert_eq!((create.number(), hms.number()), (1, 2));
    assert_eq!(
        create.to_string(),
        "#1 2026-01-01T08:00:00Z eu api POST /openapi/v0.1/flight-task (task.create) key admin -> 200 code 0"
    );
    assert_eq!(hms.at().to_string(), "2026-01-01T08:00:03Z");
}

#[test]
fn assertions_hold_or_print_what_there_is() {
    let sim = sim();
    call(&sim, "GET", "/project", None);
    call(&sim, "POST", "/flight-task", Some(&task("Round")));
    call(&sim, "POST", "/flight-task", Some(&json!({"name": "too little"})));
    let journal = sim.journal();
    journal.of("task.create").times(2).at_least(1).at_most(2);
    journal.of("task.create").with_body("name", "Round").with_code(0).times(1);
    journal.none("task.set_status").in_order(["project.list", "task.create", "task.create"]);
    journal.writes().to_port("api").in_region("eu").with_key("admin").times(2);
    journal.with_header("x-project-uuid", sim.project()).with_status(200).times(3);
    journal.to_port("storage").times(0);
    journal.since(2).times(1);
    journal.with_notes().times(0);

    let message = complaint(|| {
        journal.of("task.create").times(1);
    });
    assert!(message.starts_with("journal (task.create): expected exactly 1, found 2"), "{message}");
    assert!(message.contains("#2 2026-01-01T08:00:00Z eu api POST"), "{message}");
    assert!(!message.contains("#1 "), "{message}");
    let message = complaint(|| {
        journal.none("project.list");
    });
    assert!(message.contains("expected none, found 1"), "{message}");
    let message = complaint(|| {
        journal.in_order(["task.create", "project.list"]);
    });
    assert!(message.contains("expected project.list after #2 (task.create)"), "{message}");
    // An assertion on a misspelt operation would hold for ever.
    let message = complaint(|| {
        journal.none("task.craete");
    });
    assert!(message.contains("the nearest is `task.create`"), "{message}");
}

/// Everything secret that a client can send or the simulator hands out, put everywhere that it can be.
#[test]
fn no_secret_is_shown_anywhere() {
    let sim = sim();
    let url = sim.url();
    let rtk = json!({
        "host": "ntrip.example.net", "port": 8002, "account": "CANARY-1", "password": "CANARY-2", "mount_point": "RTCM33",
    });
    call(&sim, "POST", &format!("/device/{DOCK}/rtk"), Some(&rtk));
    let live = json!({"sn": DOCK, "camera_index": "165-0-7", "video_expire": 7200, "quality_type": "adaptive"});
    let live = call(&sim, "POST", "/live-stream/start", Some(&live)).data();
    let sts = call(&sim, "GET", "/project/sts-token", None).data();
    let grant = call(&sim, "POST", "/open_model/stores/obtain_token", Some(&json!({}))).data();
    let report =
        json!({"resource_uuid": "x", "callback_param": grant["callback_param"], "files": []});
    call(&sim, "POST", "/open_model/stores/upload_callback", Some(&report));
    let converter = json!({"password": "CANARY-3", "schema_option": {"url": "rtmp://h/CANARY-4"}});
    call(&sim, "POST", "/live-stream/converter", Some(&converter));
    let headers = [
        ("X-User-Token", "CANARY-5"),
        ("Authorization", "Bearer CANARY-6"),
        ("X-Amz-Security-Token", "CANARY-7"),
        ("Cookie", "a=CANARY-8"),
        ("User-Agent", "x token=CANARY-9"),
    ];
    send(
        url,
        "GET",
        "/openapi/v0.1/project?token=CANARY-10&X-Amz-Signature=CANARY-11",
        &headers,
        None,
    );
    send(url, "POST", "/elsewhere", &[], Some("password=CANARY-12&a=1"));
    // A key in all the wrong places.
    let key = sim.token();
    send(url, "GET", &format!("/openapi/v0.1/device/{key}/state?q={key}"), &headers, None);
    send(
        url,
        "POST",
        "/openapi/v0.1/flight-task",
        &[("X-User-Token", key)],
        Some(&format!("{{\"name\": \"{key}\"}}")),
    );

    let mut secrets: Vec<String> = (1..=12).map(|number| format!("CANARY-{number}\"")).collect();
    secrets.extend((1..=12).map(|number| format!("CANARY-{number}")));
    secrets.push(key.to_owned());
    for (place, name) in [
        (&sts["credentials"], "access_key_secret"),
        (&sts["credentials"], "security_token"),
        (&grant, "secret_access_key"),
        (&grant, "session_token"),
        (&grant, "callback_param"),
        (&live, "url"),
    ] {
        let secret = place[name].as_str().unwrap_or_else(|| panic!("{name} in {place}"));
        assert!(secret.len() > 8, "{name}: {secret}");
        secrets.push(secret.to_owned());
    }
    let journal = sim.journal();
    assert_eq!(journal.len(), 10);
    let listed = control(&sim, "GET", "journal", "").body;
    let lines = control(&sim, "GET", "journal?format=ndjson", "").body;
    let texts = [
        journal.to_string(),
        journal.normalised(),
        format!("{journal:?}"),
        format!("{sim:?}"),
        listed,
        lines,
    ];
    for text in texts {
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{secret} in {text}");
        }
    }
    let entry = &journal.of("project.list").entries()[0].clone();
    assert_eq!(entry.key(), "(masked)");
    assert_eq!(entry.header("authorization").as_deref(), Some("(masked)"));
    assert_eq!(entry.query(), "token=***&X-Amz-Signature=***");
}

#[test]
fn only_the_last_entries_are_kept_and_nobody_claims_more() {
    let sim = Sim::builder().journal_capacity(3).start_blocking().unwrap();
    (0..5).for_each(|_| drop(call(&sim, "GET", "/project", None)));
    let journal = sim.journal();
    assert_eq!((journal.len(), journal.gone(), journal.last_number()), (3, 2, 5));
    journal.at_least(3);
    let message = complaint(|| {
        journal.none("task.create");
    });
    assert!(message.contains("2 older entries are no longer kept"), "{message}");
    journal.since(2).times(3);
    sim.clear_journal();
    sim.journal().times(0);
    call(&sim, "GET", "/project", None);
    assert_eq!(sim.journal().entries()[0].number(), 1);
}

#[test]
fn long_bodies_are_cut_and_say_so() {
    let sim = sim();
    let long = "y".repeat(40_000);
    call(
        &sim,
        "POST",
        "/flight-task",
        Some(&json!({"name": "x", "long": long, "password": "CANARY"})),
    );
    let journal = sim.journal();
    let entry = &journal.entries()[0];
    assert!(!entry.is_whole() && entry.json().is_none());
    assert!(entry.bytes() > 40_000 && entry.body().len() <= 16 * 1024 + 1);
    assert!(!entry.body().contains("CANARY"));
}

#[test]
fn http_lists_filters_and_forgets() {
    let sim = sim();
    for path in ["/project", "/wayline", "/project", "/nowhere"] {
        call(&sim, "GET", path, None);
    }
    let list = |query: &str| control(&sim, "GET", &format!("journal{query}"), "").json();
    let all = list("");
    assert_eq!(all["entries"].as_array().unwrap().len(), 4);
    assert_eq!((&all["next_since"], &all["no_longer_kept"]), (&json!(4), &json!(0)));
    assert_eq!(all["entries"][0]["operation"], "project.list");
    assert_eq!(all["entries"][0]["key"], "admin");
    assert_eq!(list("?operation=project.list")["matching"], 2);
    assert_eq!(list("?since=3&port=api&region=eu")["entries"][0]["number"], 4);
    assert_eq!(list("?status=404")["matching"], 1);
    let page = list("?limit=2");
    assert_eq!((&page["entries"][1]["number"], &page["next_since"]), (&json!(2), &json!(2)));
    let lines = control(&sim, "GET", "journal?format=ndjson&limit=3", "");
    assert_eq!(lines.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(lines.body.lines().count(), 3);
    for (query, part) in [
        ("?operation=project.lst", "the nearest is `project.list`"),
        ("?limit=x", "`limit` takes a whole number"),
        ("?format=xml", "json or ndjson"),
        ("?oper=1", "use operation"),
    ] {
        let answer = control(&sim, "GET", &format!("journal{query}"), "");
        assert_eq!(answer.status, 400);
        assert!(answer.json()["error"].as_str().unwrap().contains(part), "{}", answer.body);
    }
    assert_eq!(control(&sim, "DELETE", "journal", "").status, 200);
    assert_eq!(list("")["entries"], json!([]));
}

#[test]
fn http_expectations_hold_or_say_why_not() {
    let sim = sim();
    call(&sim, "POST", "/flight-task", Some(&task("Round")));
    call(&sim, "GET", "/project", None);
    let expect = |body: serde_json::Value| control(&sim, "POST", "expect", &body.to_string());
    for good in [
        json!({"operation": "task.create", "times": 1}),
        json!({"operation": "task.set_status", "at_most": 0}),
        json!({"at_least": 2, "at_most": 2, "where": {"port": "api", "key": "admin"}}),
        json!({"times": 1, "where": {"body": {"name": "Round"}, "headers": {"x-project-uuid": sim.project()}}}),
        json!({"times": 1, "where": {"write": true, "code": 0, "method": "post"}}),
    ] {
        let answer = expect(good.clone());
        assert_eq!(answer.status, 200, "{good}: {}", answer.body);
    }
    let answer = expect(json!({"operation": "task.create", "times": 2}));
    assert_eq!((answer.status, &answer.json()["count"]), (409, &json!(1)));
    assert_eq!(answer.json()["entries"][0]["operation"], "task.create");
    assert!(answer.json()["error"].as_str().unwrap().contains("expected exactly 2, found 1"));
    for bad in [
        json!({"operation": "task.create"}),
        json!({"operation": "task.craete", "times": 0}),
        json!({"times": 1, "at_least": 1}),
        json!({"times": 1, "where": {"operatoin": "x"}}),
    ] {
        let answer = expect(bad.clone());
        assert_eq!(answer.status, 400, "{bad}: {}", answer.body);
    }
}

/// A morning with everything in it, with ports, request ids and a key that differ.
fn morning(run: usize) -> String {
    let sim = Sim::builder().seed(11).regions(["eu", "us"]).start_blocking().unwrap();
    let id = |number: usize| format!("run-{run}-{number}");
    let ask = |number: usize, method: &str, path: &str, body: Option<serde_json::Value>| {
        let id = id(number);
        let headers = [
            ("X-User-Token", sim.token()),
            ("X-Project-Uuid", sim.project()),
            ("X-Request-Id", &id),
        ];
        let body = body.map(|body| body.to_string());
        send(sim.url(), method, &format!("/openapi/v0.1{path}"), &headers, body.as_deref())
    };
    let created = ask(1, "POST", "/flight-task", Some(task("Round"))).data();
    let uuid = created["task_uuid"].as_str().unwrap().to_owned();
    ask(2, "GET", "/project/sts-token", None);
    let upload = json!({"name": "x", "object_key": "somewhere/else.kmz"});
    ask(3, "POST", "/wayline/finish-upload", Some(upload));
    for number in 4..10 {
        sim.advance(Duration::from_secs(60));
        ask(number, "GET", &format!("/flight-task/{uuid}"), None);
        ask(number, "GET", &format!("/device/{DOCK}/state"), None);
        ask(number, "GET", &format!("/flight-task/{uuid}/media"), None);
    }
    let us = sim.region("us").unwrap();
    send(&us.url, "GET", "/openapi/v0.1/project", &[("X-User-Token", sim.token())], None);
    send(&us.url, "GET", "/openapi/v0.1/project", &[("X-User-Token", &us.token)], None);
    sim.journal().normalised()
}

#[test]
fn the_same_seed_and_script_give_the_same_journal() {
    let (one, other) = (morning(1), morning(2));
    assert_eq!(one, other);
    assert!(
        one.contains("x-request-id: REQUEST-9") && one.contains("host: 127.0.0.1:PORT"),
        "{one}"
    );
    assert!(!one.contains("run-"));
    assert!(one.lines().count() > 80);
}

/// Real uploads, downloads, faults and quirks, with signatures of this very moment.
fn rough_morning() -> String {
    let sim = Sim::builder().seed(21).start_blocking().unwrap();
    control(
        &sim,
        "POST",
        "faults",
        r#"{"on": "device.state", "kind": "http-error", "when": {"every": 3}}"#,
    );
    control(
        &sim,
        "POST",
        "faults",
        r#"{"on": "task.get", "kind": "delay", "ms": 1, "when": {"every": 2}}"#,
    );
    let route = uploads::upload(&sim, "yard", &uploads::route()).data();
    assert_eq!(uploads::upload(&sim, "broken", b"no archive").status, 500);
    uploads::upload_in_parts(&sim, "large");
    assert!(uploads::refused(&sim, b"hello".to_vec(), true).contains("AccessDenied"));
    let mut flight = task("Yard");
    flight["wayline_uuid"] = route["uuid"].clone();
    let created = call(&sim, "POST", "/flight-task", Some(&flight)).data();
    let uuid = created["task_uuid"].as_str().unwrap();
    for number in 0..8 {
        sim.advance(Duration::from_secs(40));
        let quirk = ["null-list", "empty-list"][number % 2];
        let headers = [
            ("X-User-Token", sim.token()),
            ("X-Project-Uuid", sim.project()),
            ("X-Flighthub-Simulator-Quirk", quirk),
        ];
        send(sim.url(), "GET", "/openapi/v0.1/wayline", &headers, None);
        call(&sim, "GET", &format!("/device/{DOCK}/state"), None);
        call(&sim, "GET", &format!("/flight-task/{uuid}"), None);
        call(&sim, "GET", &format!("/flight-task/{uuid}/media"), None);
    }
    let id = route["uuid"].as_str().unwrap();
    let url = call(&sim, "GET", &format!("/wayline/{id}"), None).data()["download_url"].clone();
    assert_eq!(uploads::download(&sim, url.as_str().unwrap(), &[]), 206);
    sim.advance(Duration::from_secs(3_601));
    assert_eq!(uploads::download(&sim, url.as_str().unwrap(), &[]), 403);
    let journal = sim.journal();
    journal.with_fault().at_least(4);
    journal.to_port("storage").at_least(8);
    journal.normalised()
}

#[test]
fn uploads_faults_and_quirks_give_the_same_journal_too() {
    let one = rough_morning();
    // Signatures of another second.
    std::thread::sleep(Duration::from_millis(1_100));
    assert_eq!(one, rough_morning());
    assert!(one.contains("quirk null-list") && one.contains("authorization: (masked)"), "{one}");
}
