//! Whatever is sent, the simulator answers or hangs up, soon, and goes on.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "support/wire.rs"]
mod wire;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use flighthub_sim::Sim;
use serde_json::{Value, json};
use wire::{DOCK, DRONE, call, control, send, task};

/// Longer than any request may take, on a busy machine and without optimization.
const SOON: Duration = Duration::from_secs(8);

fn simulator() -> Sim {
    Sim::builder().start_blocking().unwrap()
}

/// What comes back for bytes after which nothing more is sent, as far as it is text.
fn raw(url: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream.set_write_timeout(Some(SOON)).unwrap();
    // Turned away before all of it was sent.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut reply = Vec::new();
    match stream.read_to_end(&mut reply) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error}"),
    }
    String::from_utf8_lossy(&reply).into_owned()
}

fn soon<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let outcome = run();
    assert!(begin.elapsed() < SOON, "{what} took {:?}", begin.elapsed());
    outcome
}

fn is_alive(sim: &Sim) {
    assert_eq!(control(sim, "GET", "clock", "").status, 200);
    assert_eq!(call(sim, "GET", "/project/device", None).code(), 0);
}

#[test]
fn requests_that_are_none_are_turned_away() {
    let sim = simulator();
    let noise: Vec<u8> =
        (0..5_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let post = |path: &str, more: &str, body: &str| {
        format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n{body}").into_bytes()
    };
    let lines: String = (0..3_000).map(|i| format!("x{i}: a\r\n")).collect();
    for bytes in [
        noise,
        vec![0; 10_000],
        b"GET / HTTP/1.1\r\n".to_vec(),
        format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(200_000)).into_bytes(),
        format!("GET / HTTP/1.1\r\n{lines}\r\n").into_bytes(),
        format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(200_000)).into_bytes(),
        post("/__sim/deeds", "Content-Length: 18446744073709551615\r\n", ""),
        post("/__sim/deeds", "Content-Length: -1\r\n", ""),
        post("/__sim/deeds", "Content-Length: 5\r\nContent-Length: 6\r\n", "12345"),
        post("/__sim/deeds", "Content-Length: 1000000000000\r\n", "{"),
        post("/__sim/deeds", "Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\nabc"),
        post("/__sim/deeds", "Transfer-Encoding: chunked\r\n", "-1\r\nabc"),
        b"GET /openapi/v0.1/device/\0/state HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(),
        b"GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(),
    ] {
        let shown = String::from_utf8_lossy(&bytes).chars().take(60).collect::<String>();
        for url in [sim.url(), sim.storage_url()] {
            let reply = soon(&shown, || raw(url, &bytes));
            assert!(!reply.starts_with("HTTP/1.1 2"), "{shown}: {reply}");
        }
    }
    is_alive(&sim);
}

#[test]
fn paths_and_names_without_end_take_no_time() {
    let sim = simulator();
    for path in [
        format!("/__sim/{}", "a".repeat(60_000)),
        format!("/openapi/v0.1/{}", "a/".repeat(30_000)),
        format!("/openapi/v0.1/device/{}/state", "%00%ff".repeat(10_000)),
        "/openapi/v0.1/%2e%2e/../..".to_owned(),
        "/__sim/%00?region=%ff%00".to_owned(),
    ] {
        let status = soon(&path[..20], || send(sim.url(), "GET", &path, &[], None).status);
        assert!(status < 500, "{status}");
    }
    for body in [
        json!({"kind": "x".repeat(4_000_000)}),
        json!({"kind": "reset", "on": "y".repeat(4_000_000)}),
    ] {
        let answer = soon("faults", || control(&sim, "POST", "faults", &body.to_string()));
        assert_eq!(answer.status, 400);
    }
    is_alive(&sim);
}

#[test]
fn numbers_and_depths_without_sense_are_refused() {
    let sim = simulator();
    let deep = ["[".repeat(10_000), r#"{"a":"#.repeat(10_000), format!("a={}", "[".repeat(10_000))];
    let dotted = [format!("a{}=1", ".a".repeat(50_000)), format!("a={}", "{a=".repeat(10_000))];
    for body in deep.iter().chain(&dotted) {
        for path in ["deeds", "faults", "advance", "until", "speed", "reset", "scenario", "expect"]
        {
            let status = soon(path, || control(&sim, "POST", path, body).status);
            assert_eq!(status, 400, "{path} {}", &body[..10]);
        }
        let headers = [("X-User-Token", sim.token()), ("X-Project-Uuid", sim.project())];
        let answer = send(sim.url(), "POST", "/openapi/v0.1/flight-task", &headers, Some(body));
        assert_eq!(answer.code(), 200_101);
    }
    for number in ["1e308", "1e400", "-1", "NaN", "null", "2678401", "18446744073709551616"] {
        for (path, field) in [("advance", "seconds"), ("speed", "speed")] {
            let status = control(&sim, "POST", path, &format!("{{\"{field}\": {number}}}")).status;
            assert!(status == 400 || (number == "2678401" && path == "speed"), "{path} {number}");
        }
    }
    for time in
        ["9999-12-31T23:59:59Z", "-9999-01-01T00:00:00Z", "292277026596-12-04T15:30:07Z", ""]
    {
        let body = json!({"time": time, "limit_seconds": 2_678_400});
        assert_eq!(control(&sim, "POST", "until", &body.to_string()).status, 400, "{time}");
    }
    let project = sim.project();
    for deed in [
        json!({"do": "media-sizes", "image": u64::MAX, "video": u64::MAX}),
        json!({"do": "battery", "drone": DRONE, "percent": 255}),
        json!({"do": "weather", "wind_speed": 1e308, "temperature": -1e308}),
        json!({"do": "add-project", "name": "x", "latitude": 1e308, "longitude": -1e308}),
        json!({"do": "add-route", "project": project, "name": "x", "points": [[1e308, 1e308, 1e308]]}),
        json!({"do": "add-route", "project": project, "name": "x", "points": vec![[0.02, -25.3, 50.0]; 100_000]}),
        json!({"do": "ceiling", "project": project, "metres": i32::MIN}),
        json!({"do": "manual-flight", "dock": DOCK, "minutes": u32::MAX}),
    ] {
        let answer = soon("a deed", || control(&sim, "POST", "deeds", &deed.to_string()));
        assert_eq!(answer.status, 409, "{}", answer.body);
    }
    for number in [i64::MIN, -1, 0, i64::MAX, 253_402_300_799] {
        for (field, value) in [
            ("begin_at", json!(number)),
            ("latest_begin_at", json!(number)),
            ("rth_altitude", json!(if number == 253_402_300_799 { 1 << 40 } else { number })),
        ] {
            let mut body = task("x");
            body["task_type"] = json!("timed");
            body["begin_at"] = json!(1_767_254_500);
            body[field] = value;
            // Zero stands for no end of the window.
            if (field, number) == ("latest_begin_at", 0) {
                continue;
            }
            let code = call(&sim, "POST", "/flight-task", Some(&body)).code();
            assert_eq!(code, 200_101, "{field} {number}");
        }
    }
    is_alive(&sim);
}

#[test]
fn ranges_without_sense_do_no_harm() {
    let sim = simulator();
    let route = call(&sim, "GET", &format!("/wayline/{}", wire::NORTH), None).data();
    let address = route["download_url"].as_str().unwrap().strip_prefix(sim.storage_url()).unwrap();
    let host = sim.storage_url().strip_prefix("http://").unwrap();
    let long = format!("bytes={}", "0-0,".repeat(5_000));
    for range in [
        "bytes=18446744073709551615-",
        "bytes=-18446744073709551615",
        "bytes=0-18446744073709551615",
        "bytes=18446744073709551616-",
        "bytes=-0",
        "bytes=5-2",
        "bytes=-",
        "bytes=a-b",
        &long,
    ] {
        let bytes = format!("GET {address} HTTP/1.1\r\nHost: {host}\r\nRange: {range}\r\n\r\n");
        let reply = soon(range, || raw(sim.storage_url(), bytes.as_bytes()));
        let status = reply.split(' ').nth(1).unwrap_or_default();
        assert!(["200", "206", "400", "416"].contains(&status), "{range}: {reply}");
    }
    is_alive(&sim);
}

/// A clock that a machine cannot keep up with runs slower, and holds nobody up.
#[test]
fn a_clock_that_is_too_fast_holds_nobody_up() {
    let sim = Sim::builder().speed(1e6).start_blocking().unwrap();
    let begin = sim.now();
    for _ in 0..5 {
        std::thread::sleep(Duration::from_millis(200));
        let begin = Instant::now();
        is_alive(&sim);
        assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
    }
    assert!(sim.now() > begin);
}

/// Every endpoint, as the list of them names them.
fn endpoints(sim: &Sim) -> Vec<(String, String)> {
    let list = control(sim, "GET", "", "").json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = list["endpoints"].as_array().unwrap().iter();
    list.map(|endpoint| (text(&endpoint["method"]), text(&endpoint["path"]))).collect()
}

#[test]
fn pages_in_a_browser_do_not_control_it() {
    let sim = simulator();
    let all = endpoints(&sim);
    assert!(all.len() > 15);
    let port = sim.url().rsplit(':').next().unwrap();
    let rebound = format!("rebound.example.com:{port}");
    for (method, path) in &all {
        for headers in [
            format!(
                "Host: 127.0.0.1:{port}\r\nOrigin: https://example.com\r\nContent-Type: text/plain\r\n"
            ),
            format!("Host: 127.0.0.1:{port}\r\nOrigin: null\r\n"),
            format!("Host: {rebound}\r\n"),
            format!("Host: {rebound}\r\nOrigin: http://{rebound}\r\n"),
            format!("Host: localhost\r\nHost: {rebound}\r\n"),
        ] {
            let bytes =
                format!("{method} {path} HTTP/1.1\r\n{headers}Content-Length: 2\r\n\r\n{{}}");
            let reply = raw(sim.url(), bytes.as_bytes());
            assert!(reply.starts_with("HTTP/1.1 403 "), "{method} {path} {headers}: {reply}");
            assert!(!reply.to_lowercase().contains("access-control-"), "{reply}");
        }
    }
    // Not even the question whether it may.
    let question = format!(
        "OPTIONS /__sim/reset HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: https://example.com\r\nAccess-Control-Request-Method: POST\r\n\r\n"
    );
    assert!(raw(sim.url(), question.as_bytes()).starts_with("HTTP/1.1 403 "));
    for host in [
        format!("localhost:{port}"),
        format!("[::1]:{port}"),
        format!("sim.localhost:{port}"),
        "127.0.0.1".to_owned(),
    ] {
        let bytes = format!("GET /__sim/clock HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert!(raw(sim.url(), bytes.as_bytes()).starts_with("HTTP/1.1 200 "), "{host}");
    }
    let open = Sim::builder().control_open(true).start_blocking().unwrap();
    let bytes = b"GET /__sim/clock HTTP/1.1\r\nHost: sim.example.com\r\nOrigin: https://example.com\r\n\r\n";
    assert!(raw(open.url(), bytes).starts_with("HTTP/1.1 200 "));
}
