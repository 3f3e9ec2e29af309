//! The contract proxy: what it hands on, what it finds, what it never tells.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flighthub_api::v1::*;
use flighthub_api::{Client, ErrorKind, Project, Region, RetryPolicy};
use flighthub_sim::Sim;
use flighthub_sim::contract::{Proxy, ProxyBuilder, Report, run_until};
use flighthub_tests::wire::{self, Answer};
use serde_json::Value;

const DOCK: &str = "7CTXN0000B00A1";
const DRONE: &str = "1581F0Q8X000U00G00A1";
const DRONE_CAMERA: &str = "81-0-0";
const QUIRK: &str = "x-flighthub-simulator-quirk";

fn before(sim: &Sim) -> Proxy {
    Proxy::before(sim.url()).start_blocking().unwrap()
}

fn project(base: &str, sim: &Sim) -> Project {
    let client = Client::builder(Region::on_premises(base), sim.token())
        .no_rate_limit()
        .no_proxy()
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    client.project(sim.project())
}

/// A documented call with a quirk, through the proxy.
fn quirky(proxy: &Proxy, sim: &Sim, target: &str, quirk: &str) -> Answer {
    let mut headers = vec![("x-user-token", sim.token()), ("x-project-uuid", sim.project())];
    if target.ends_with("/project") {
        headers.pop();
    }
    headers.push((QUIRK, quirk));
    wire::call(proxy.url(), "GET", &format!("/openapi/v0.1{target}"), &headers, None).unwrap()
}

/// What was found, as `kind place xcount`.
fn places(report: &Report) -> Vec<String> {
    let one = |one: &flighthub_sim::contract::Counted| {
        format!(
            "{} {} {} x{}",
            one.finding.operation, one.finding.kind, one.finding.place, one.count
        )
    };
    report.findings.iter().map(one).collect()
}

/// A target that answers every connection with the same bytes and keeps what it was sent.
struct Target {
    url: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Target {
    fn answering(reply: impl Into<Vec<u8>>) -> Self {
        let (listener, reply) = (TcpListener::bind("127.0.0.1:0").unwrap(), reply.into());
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                kept.lock().unwrap().push(message(&mut stream));
                if reply.is_empty() {
                    continue;
                }
                let _ = stream.write_all(&reply);
            }
        });
        Self { url, heard }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

fn message(stream: &mut TcpStream) -> String {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned)
            });
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return text;
            }
        }
        match stream.read(&mut buffer).unwrap() {
            0 => return text,
            count => bytes.extend(&buffer[..count]),
        }
    }
}

#[tokio::test]
async fn a_clean_session_has_no_finding() {
    let sim = Sim::builder().seed(5).start().await.unwrap();
    let proxy = before(&sim);
    let project = project(proxy.url(), &sim);
    let pairs = project.projects().devices().await.unwrap();
    assert!(!pairs.is_empty());
    assert!(project.devices().state(DOCK).await.unwrap().device_state.is_some());
    project.devices().hms([DOCK, DRONE]).await.unwrap();
    project.livestream().start(DRONE, DRONE_CAMERA, 600).await.unwrap();
    let route = project.waylines().list().await.unwrap()[0].id.clone();
    project.waylines().get(route.clone()).await.unwrap();
    let args = TaskCreateArgs {
        name: "North fence".to_owned(),
        wayline_uuid: route,
        sn: DOCK.into(),
        time_zone: "Atlantic/Cape_Verde".to_owned(),
        rth_altitude: 60,
        rth_mode: RthMode::Preset,
        wayline_precision_type: WaylinePrecisionType::Rtk,
        out_of_control_action_in_flight: OutOfControlAction::ReturnHome,
        resumable_status: ResumableStatus::Manual,
        schedule: TaskSchedule::Immediate,
    };
    let task = project.tasks().create(args).await.unwrap().task_uuid;
    sim.advance(Duration::from_secs(3600));
    assert_eq!(project.tasks().get(task.clone()).await.unwrap().status, TaskStatus::Success);
    assert!(project.tasks().track(task.clone()).await.unwrap().track.is_some());
    assert!(!project.tasks().media(task).await.unwrap().is_empty());
    let refused = project.tasks().get("no-such-task").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Code, "a documented refusal is no finding either");

    let report = proxy.stop().unwrap();
    assert_eq!((places(&report), report.exchanges), (Vec::<String>::new(), 11));
    assert_eq!(report.operations["task.get"], 2);
    assert!(report.failures.is_empty());
    assert!(report.to_string().starts_with("11 calls of 10 operations: 0 findings"), "{report}");
}

#[test]
fn what_differs_is_found_at_its_place_and_counted() {
    let sim = Sim::builder().start_blocking().unwrap();
    let proxy = before(&sim);
    for (target, quirk, findings) in [
        ("/project", "project-without-time", "2 findings"),
        ("/project", "project-without-time", "2 findings"),
        ("/wayline", "null-list", "0 findings"),
        ("/wayline", "web-page", "2 findings"),
        ("/wayline", "not-deployed", "1 findings"),
        ("/wayline", "truncated", "1 findings"),
        ("/wayline", "success-as-text", "1 findings"),
        ("/wayline", "unknown-code", "1 findings"),
    ] {
        let answer = quirky(&proxy, &sim, target, quirk);
        assert_eq!(answer.header("x-flighthub-simulator-contract"), Some(findings), "{quirk}");
        assert_eq!(answer.header(QUIRK), Some(quirk), "headers come through");
    }
    let report = proxy.report();
    assert_eq!(
        places(&report),
        [
            "project.list undocumented body/data/list/*/project_name x2",
            "project.list undocumented body/data/list/*/workspace_name x2",
            "wayline.list violation body x1",
            "wayline.list violation body x1",
            "wayline.list violation body x1",
            "wayline.list undocumented body/code x1",
            "wayline.list known: x-lenient body/code x1",
            "wayline.list violation header/content-type x1",
        ]
    );
    assert_eq!((report.exchanges, report.drift().count()), (8, 7));

    let own = wire::call(proxy.url(), "GET", "/__sim/contract/report", &[], None).unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(&own.body).unwrap(),
        serde_json::to_value(&report).unwrap()
    );
    let other = wire::call(proxy.url(), "GET", "/__sim/clock", &[], None).unwrap();
    assert_eq!(
        (other.status, proxy.report().exchanges),
        (404, 8),
        "the proxy's own are not handed on"
    );
}

#[test]
fn a_request_that_is_not_as_described_is_found_too() {
    let sim = Sim::builder().start_blocking().unwrap();
    let proxy = before(&sim);
    let headers = [
        ("x-user-token", sim.token()),
        ("x-project-uuid", sim.project()),
        ("content-type", "application/json"),
    ];
    let body = br#"{"command":"return_home","speed":3}"#;
    let target = format!("/openapi/v0.1/device/{DRONE}/command");
    wire::call(proxy.url(), "POST", &target, &headers, Some(body)).unwrap();
    wire::call(proxy.url(), "GET", "/openapi/v0.1/wayline?page=1", &headers[..1], None).unwrap();
    wire::call(proxy.url(), "GET", "/openapi/v0.1/wayline/list/0123456789", &headers, None)
        .unwrap();
    let report = proxy.stop().unwrap();
    let found: Vec<_> = report.findings.iter().map(|one| one.finding.to_string()).collect();
    let request: Vec<_> =
        found.iter().filter(|one| one.contains("request")).map(String::as_str).collect();
    assert_eq!(
        request,
        [
            "request path: no operation is GET /openapi/v0.1/wayline/list/*",
            "device.command request body/command: is another spelling of `device_command` (known: x-aliases)",
            "device.command request body/device_command: is missing (known: x-aliases)",
            "device.command request body/speed: is not described",
            "wayline.list request header/X-Project-Uuid: is missing",
            "wayline.list request query/page: is not described",
        ]
    );
}

/// Values that must appear nowhere in what the proxy tells, put where they are likely and where they are not.
#[test]
fn secrets_stay_out_of_all_that_it_tells() {
    let sim = Sim::builder().start_blocking().unwrap();
    let folder = std::env::temp_dir().join(format!("flighthub-contract-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("report.ndjson");
    let proxy = Proxy::before(sim.url()).report_to(&file).start_blocking().unwrap();
    let canary = "FHCANARY-9f8e7d";
    for (target, quirk) in [
        ("/project/sts-token", "numbers-as-text"),
        ("/project/sts-token", "nulls-where-required"),
        ("/live-stream/converter", "converters-mixed"),
        ("/wayline", "web-page"),
        (
            "/flight-task/list?sn=FHCANARY-9f8e7d&begin_at=FHCANARY-9f8e7d&end_at=1&token=FHCANARY-9f8e7d",
            "manual-flight",
        ),
        ("/model/FHCANARY-9f8e7d", "extra-fields"),
        ("/secret/FHCANARY-9f8e7d", "extra-fields"),
    ] {
        quirky(&proxy, &sim, target, quirk);
    }
    let headers = [
        ("x-user-token", canary),
        ("x-project-uuid", canary),
        ("x-language", canary),
        ("content-type", "application/json"),
    ];
    let body = format!(
        r#"{{"host":["{canary}"],"password":{{"p":"{canary}"}},"port":"{canary}","{canary}-{canary}-{canary}-{canary}-{canary}":1}}"#
    );
    let target = format!("/openapi/v0.1/device/{DOCK}/rtk");
    wire::call(proxy.url(), "POST", &target, &headers, Some(body.as_bytes())).unwrap();

    let json = serde_json::to_string(&proxy.report()).unwrap();
    let debug = format!("{proxy:?}");
    let report = proxy.stop().unwrap();
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(!folder.join("report.ndjson.part").exists());
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(report.findings.len() > 15, "{report}");
    assert_eq!(written.lines().count(), report.findings.len() + report.failures.len());
    for told in [&json, &debug, &report.to_string(), &written] {
        for secret in ["FHCANARY", sim.token(), sim.project(), "STS.", "https://"] {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
    }
}

#[test]
fn a_call_is_handed_on_as_it_is() {
    let target = Target::answering(
        "HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example.net/\r\nX-Own: a\r\nKeep-Alive: timeout=5\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
    );
    let proxy = Proxy::before(&target.url).start_blocking().unwrap();
    let headers = [
        ("X-User-Token", "key"),
        ("TE", "trailers"),
        ("X-Hop", "1"),
        ("Connection", "x-hop"),
        ("Accept-Encoding", "gzip"),
        ("X-Twice", "1"),
        ("X-Twice", "2"),
    ];
    let answer = wire::call(
        proxy.url(),
        "DELETE",
        "/openapi/v0.1/device/control?a=%2Fb&c=+",
        &headers,
        Some(b"{\"sn\":1}"),
    )
    .unwrap();
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (302, "{}"),
        "redirects are the client's business"
    );
    assert_eq!((answer.header("x-own"), answer.header("keep-alive")), (Some("a"), None));

    let heard = target.heard();
    assert_eq!(heard.len(), 1);
    let sent = heard[0].to_lowercase();
    assert!(
        sent.starts_with("delete /openapi/v0.1/device/control?a=%2fb&c=+ http/1.1\r\n"),
        "{sent}"
    );
    assert!(sent.ends_with("\r\n\r\n{\"sn\":1}"), "{sent}");
    let host = target.url.trim_start_matches("http://");
    for line in [
        &format!("host: {host}"),
        "x-user-token: key",
        "x-twice: 1",
        "x-twice: 2",
        "accept-encoding: identity",
    ] {
        assert!(sent.contains(&format!("\r\n{line}\r\n")), "{line} is not in {sent}");
    }
    for name in ["te:", "x-hop:", "gzip"] {
        assert!(
            !sent.contains(&format!("\r\n{name}")) && !sent.contains("gzip"),
            "{name} is in {sent}"
        );
    }

    let dots = wire::call(proxy.url(), "GET", "/openapi/v0.1/x/%2e%2e/device", &[], None).unwrap();
    assert_eq!((dots.status, target.heard().len()), (400, 1), "it would be another path");
    assert!(dots.text().contains("nothing was sent"), "{}", dots.text());
}

#[test]
fn a_key_is_not_sent_in_the_clear() {
    let refused = |builder: ProxyBuilder| builder.start_blocking().unwrap_err().to_string();
    assert!(refused(Proxy::before("http://flighthub.example.net")).contains("not https"));
    assert!(refused(Proxy::before("http://192.0.2.7:30812")).contains("not https"));
    assert!(refused(Proxy::before("http://127.0.0.1.example.net")).contains("not https"));
    assert!(refused(Proxy::before("ftp://flighthub.example.net")).contains("https://"));
    assert!(
        refused(Proxy::before("https://u:FHCANARY@flighthub.example.net")).contains("password")
    );
    assert!(refused(Proxy::before("https://flighthub.example.net/?a=1")).contains("query"));
    assert!(refused(Proxy::before("flighthub")).contains("base URL"));
    for fine in [
        "https://flighthub.example.net",
        "http://localhost:1",
        "http://[::1]:1",
        "http://127.8.0.1/prefix/",
    ] {
        Proxy::before(fine).start_blocking().unwrap();
    }
    Proxy::before("http://flighthub.example.net").allow_http().start_blocking().unwrap();
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = busy.local_addr().unwrap().to_string();
    assert!(refused(Proxy::before("http://localhost:1").listen(address)).contains("port 0"));
    let nowhere = Proxy::before("http://localhost:1").report_to("no/such/folder/report.ndjson");
    assert!(refused(nowhere).contains("no/such/folder/report.ndjson"));
}

#[test]
fn a_target_that_does_not_answer_is_told_from_one_that_does() {
    let call = |proxy: &Proxy| {
        wire::call(proxy.url(), "POST", "/openapi/v0.1/flight-task", &[], Some(b"{}")).unwrap()
    };
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let proxy = Proxy::before(url).start_blocking().unwrap();
    for _ in 0..2 {
        let answer = call(&proxy);
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(answer.status, 502);
        assert!(body["error"].as_str().unwrap().starts_with("no connection"), "{body}");
        assert!(body["remedy"].as_str().unwrap().ends_with("nothing was sent."), "{body}");
    }
    let report = proxy.stop().unwrap();
    assert_eq!((report.exchanges, report.failures.len()), (0, 1));
    assert_eq!(
        (report.failures[0].operation.as_str(), report.failures[0].count),
        ("task.create", 2)
    );
    assert!(report.to_string().contains("task.create got no answer: no connection"), "{report}");

    // Taken, and then the connection ends: sent once, whatever happens.
    let hanging_up = Target::answering("");
    let proxy = Proxy::before(&hanging_up.url).start_blocking().unwrap();
    let answer = call(&proxy);
    assert_eq!((answer.status, hanging_up.heard().len()), (502, 1));
    assert!(answer.text().contains("may have taken effect"), "{}", answer.text());

    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let proxy = Proxy::before(url).silence(Duration::from_millis(200)).start_blocking().unwrap();
    let answer = call(&proxy);
    assert_eq!(answer.status, 504);
    assert!(answer.text().contains("may have taken effect"), "{}", answer.text());

    let mut endless = b"HTTP/1.1 200 OK\r\nContent-Length: 17000000\r\n\r\n".to_vec();
    endless.resize(endless.len() + 17_000_000, b' ');
    let endless = Target::answering(endless);
    let proxy = Proxy::before(&endless.url).start_blocking().unwrap();
    let answer = call(&proxy);
    assert_eq!(answer.status, 502);
    assert!(answer.text().contains("longer than 16 MiB"), "{}", answer.text());
}

#[test]
fn a_run_tells_its_port_and_in_the_end_what_it_found() {
    let sim = Sim::builder().start_blocking().unwrap();
    let mut out = Vec::new();
    let (url, token) = (sim.url().to_owned(), sim.token().to_owned());
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let session = async move {
        let base = format!("http://{free}");
        let headers = [("x-user-token", token.as_str()), (QUIRK, "unknown-code")];
        wire::call(&base, "GET", "/openapi/v0.1/project", &headers, None).unwrap();
    };
    let builder = Proxy::before(&url).listen(free.to_string());
    let outcome = run_until(builder, session, &mut out).unwrap();
    assert_eq!((outcome.exit_code(true), outcome.exit_code(false)), (3, 0));
    let out = String::from_utf8(out).unwrap();
    assert_eq!(
        out,
        format!(
            "listening on http://{free}\nhanding on to {url}\n1 calls of 1 operations: 1 findings that the description does not know, 0 that it knows\n       1 x  project.list reply body/code: 299999 is none of the listed business codes (undocumented)\n"
        )
    );
    assert!(TcpStream::connect(free).is_err(), "it has stopped");
    let clean = run_until(Proxy::before(&url), async {}, &mut Vec::new()).unwrap();
    assert_eq!(clean.exit_code(true), 0);
}
