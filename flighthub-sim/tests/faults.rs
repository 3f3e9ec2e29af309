//! Faults as a bare socket sees them, byte by byte and to the end of the connection, and as the client takes them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use flighthub_api::v1::{
    DockSn, OutOfControlAction, ResumableStatus, RthMode, TaskCreateArgs, TaskSchedule, WaylineId,
    WaylinePrecisionType,
};
use flighthub_api::{Client, Error, Region, RetryPolicy};
use flighthub_sim::{
    Effect, End, ErrorBody, Fault, FaultKind, FaultPort, Phase, RateLimit, Sim, TooOften, When,
};
use serde_json::{Value, json};

const DOCK: &str = "7CTXN0000B00A1";
const ROUTE: &str = "c2b0a3f4-1f0e-4f6a-8c55-9d3b2e7a6410";
/// Long enough for what comes to come, also on a busy machine.
const PATIENT: Duration = Duration::from_secs(20);
/// Long enough to notice that nothing comes.
const BRIEF: Duration = Duration::from_millis(120);

/// How a connection ended for its peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// In order.
    Fin,
    /// By a reset.
    Rst,
    /// Not at all, for as long as was waited.
    Open,
}

fn starter() -> Sim {
    Sim::builder().seed(5).start_blocking().unwrap()
}

fn connect(sim: &Sim) -> TcpStream {
    let stream = TcpStream::connect(sim.url().strip_prefix("http://").unwrap()).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// A request with key and project.
fn request(sim: &Sim, method: &str, path: &str, more: &str, body: &str) -> String {
    let length = if body.is_empty() {
        String::new()
    } else {
        format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len())
    };
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nX-User-Token: {}\r\nX-Project-Uuid: {}\r\n{length}{more}\r\n{body}",
        sim.token(),
        sim.project()
    )
}

fn read_projects(sim: &Sim, more: &str) -> String {
    request(sim, "GET", "/openapi/v0.1/project", more, "")
}

fn create_task(sim: &Sim, more: &str) -> String {
    let task = json!({
        "name": "Survey", "wayline_uuid": ROUTE, "sn": DOCK, "rth_altitude": 60, "rth_mode": "preset",
        "wayline_precision_type": "rtk", "out_of_control_action_in_flight": "return_home", "resumable_status": "manual",
        "task_type": "immediate", "time_zone": "Atlantic/Azores",
    });
    request(sim, "POST", "/openapi/v0.1/flight-task", more, &task.to_string())
}

/// Reads until the end, or until nothing has come for so long.
fn read_all(stream: &mut TcpStream, patience: Duration) -> (Vec<u8>, Ending) {
    stream.set_read_timeout(Some(patience)).unwrap();
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return (bytes, Ending::Fin),
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => return (bytes, Ending::Open),
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => return (bytes, Ending::Rst),
                other => panic!("{other:?}: {error}"),
            },
        }
    }
}

/// Waits for the first byte or the end, and then reads until nothing more comes for a while.
fn read_until_quiet(stream: &mut TcpStream) -> (Vec<u8>, Ending) {
    stream.set_read_timeout(Some(PATIENT)).unwrap();
    // An error is met again by the reader.
    let _ = stream.peek(&mut [0]);
    read_all(stream, BRIEF * 2)
}

/// Sends a request on a connection of its own, and reads what comes, until nothing more does, as text.
fn talk_until_quiet(sim: &Sim, request: &str) -> (String, Ending) {
    let mut stream = connect(sim);
    stream.write_all(request.as_bytes()).unwrap();
    let (bytes, ending) = read_until_quiet(&mut stream);
    (String::from_utf8_lossy(&bytes).into_owned(), ending)
}

/// Sends a request on a connection of its own, and reads what comes as text.
fn talk(sim: &Sim, request: &str, patience: Duration) -> (String, Ending) {
    let mut stream = connect(sim);
    // Where the other side resets at once there may be nobody left to write to.
    let _ = stream.write_all(request.as_bytes());
    let (bytes, ending) = read_all(&mut stream, patience);
    (String::from_utf8_lossy(&bytes).into_owned(), ending)
}

/// A call that is answered in order.
fn call(sim: &Sim, method: &str, path: &str, body: &str) -> (u16, String) {
    let (reply, ending) =
        talk(sim, &request(sim, method, path, "Connection: close\r\n", body), PATIENT);
    assert_eq!(ending, Ending::Fin, "{reply}");
    let status = reply.split(' ').nth(1).unwrap().parse().unwrap();
    (status, reply.split_once("\r\n\r\n").unwrap().1.to_owned())
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Tasks of these tests that the world knows.
fn tasks(sim: &Sim) -> usize {
    let path =
        format!("/openapi/v0.1/flight-task/list?sn={DOCK}&begin_at=1767000000&end_at=1768000000");
    let (status, body) = call(sim, "GET", &path, "");
    assert_eq!(status, 200);
    let tasks = value(&body)["data"]["list"].as_array().cloned().unwrap_or_default();
    tasks.iter().filter(|task| task["name"] == "Survey").count()
}

/// How often a fault was played.
#[track_caller]
fn assert_counts(sim: &Sim, matched: u64, played: u64) {
    let report = sim.faults().pop().unwrap();
    assert_eq!((report.matched, report.played), (matched, played), "{report:?}");
}

// ---- what arrives

/// Kind, beginning of what arrives, end of the connection, tasks that exist afterwards.
const SEEN: &[(&str, &str, Ending, usize)] = &[
    ("reset;at=request-head", "", Ending::Rst, 0),
    ("reset;at=request-body", "", Ending::Rst, 0),
    ("reset", "", Ending::Rst, 0),
    ("reset;effect=after", "", Ending::Rst, 1),
    ("reset;at=reply-head;effect=after", "HTTP/1.1 200 OK\r\n", Ending::Rst, 1),
    ("reset;at=reply-head", "HTTP/1.1 503 Service Unavailable\r\n", Ending::Rst, 0),
    ("reset;at=reply-body;effect=after", "HTTP/1.1 200 OK\r\n", Ending::Rst, 1),
    ("reset;at=12;effect=after", "HTTP/1.1 200", Ending::Rst, 1),
    ("close;at=request-head", "", Ending::Fin, 0),
    ("close;at=request-body", "", Ending::Fin, 0),
    ("close", "", Ending::Fin, 0),
    ("close;effect=after", "", Ending::Fin, 1),
    ("close;at=reply-head;effect=after", "HTTP/1.1 200 OK\r\n", Ending::Fin, 1),
    ("close;at=reply-body;effect=after", "HTTP/1.1 200 OK\r\n", Ending::Fin, 1),
    ("close;at=5;effect=after", "HTTP/", Ending::Fin, 1),
    ("silence;at=request-head", "", Ending::Open, 0),
    ("silence;at=request-body", "", Ending::Open, 0),
    ("silence", "", Ending::Open, 0),
    ("silence;effect=after", "", Ending::Open, 1),
    ("silence;for-ms=30", "", Ending::Fin, 0),
    ("silence;at=reply-head;effect=after", "HTTP/1.1 200 OK\r\n", Ending::Open, 1),
    ("silence;at=reply-body;effect=after", "HTTP/1.1 200 OK\r\n", Ending::Open, 1),
    ("dribble;bytes=40;every-ms=1", "HTTP/1.1 200 OK\r\n", Ending::Fin, 1),
    ("dribble;bytes=40;every-ms=1;effect=before", "HTTP/1.1 503 ", Ending::Fin, 0),
    ("wrong-length", "HTTP/1.1 200 OK\r\n", Ending::Fin, 1),
    ("wrong-length;by=-5", "HTTP/1.1 200 OK\r\n", Ending::Fin, 1),
    ("wrong-length;by=5;then=reset", "HTTP/1.1 200 OK\r\n", Ending::Rst, 1),
    ("wrong-length;by=5;then=silence", "HTTP/1.1 200 OK\r\n", Ending::Open, 1),
    ("garbage", "\u{16}\u{3}\u{1}", Ending::Fin, 0),
    ("garbage;effect=after", "\u{16}\u{3}\u{1}", Ending::Fin, 1),
    ("long-head;bytes=200000", "HTTP/1.1 200 OK\r\nx-padding: xxxx", Ending::Fin, 1),
    ("gzip-bomb;unpacked=5000000", "HTTP/1.1 200 OK\r\n", Ending::Fin, 1),
    ("close-on-reuse", "HTTP/1.1 200 OK\r\n", Ending::Open, 1),
    ("redirect", "HTTP/1.1 302 Found\r\n", Ending::Open, 0),
    ("redirect;status=307;effect=after", "HTTP/1.1 307 Temporary Redirect\r\n", Ending::Open, 1),
    ("http-error", "HTTP/1.1 503 Service Unavailable\r\n", Ending::Open, 0),
    ("http-error;status=502;effect=after", "HTTP/1.1 502 Bad Gateway\r\n", Ending::Open, 1),
    ("http-error;status=425;body=json", "HTTP/1.1 425 Too Early\r\n", Ending::Open, 0),
    ("http-error;status=408;body=empty", "HTTP/1.1 408 Request Timeout\r\n", Ending::Open, 0),
    ("refuse;code=219021", "HTTP/1.1 200 OK\r\n", Ending::Open, 0),
    ("refuse;code=200403;http=403", "HTTP/1.1 403 Forbidden\r\n", Ending::Open, 0),
    ("code-only;code=219021", "HTTP/1.1 200 OK\r\n", Ending::Open, 0),
    ("html", "HTTP/1.1 200 OK\r\n", Ending::Open, 0),
    ("truncated-json", "HTTP/1.1 200 OK\r\n", Ending::Open, 1),
    ("delay;ms=20", "HTTP/1.1 200 OK\r\n", Ending::Open, 1),
    ("delay;ms=20;effect=before", "HTTP/1.1 200 OK\r\n", Ending::Open, 1),
];

#[test]
fn every_kind_is_what_it_says_on_the_wire() {
    let rows = SEEN.iter().map(|row| {
        std::thread::spawn(move || {
            let (kind, begin, ending, existing) = *row;
            let sim = starter();
            sim.fail_next("task.create", kind.parse().unwrap()).unwrap();
            let (reply, seen) = match (begin, ending) {
                ("", Ending::Open) => talk(&sim, &create_task(&sim, ""), BRIEF * 4),
                (_, Ending::Open) => talk_until_quiet(&sim, &create_task(&sim, "")),
                _ => talk(&sim, &create_task(&sim, ""), PATIENT),
            };
            assert!(reply.starts_with(begin), "{kind}: {reply}");
            assert!(!begin.is_empty() || reply.is_empty(), "{kind}: {reply}");
            assert_eq!(seen, ending, "{kind}: {reply}");
            // Behind a silence nobody knows when the world is done.
            let begun = Instant::now();
            while tasks(&sim) < existing && begun.elapsed() < PATIENT {
                std::thread::sleep(BRIEF / 4);
            }
            assert_eq!(tasks(&sim), existing, "{kind}");
            assert_counts(&sim, 1, 1);
            // Whatever it was, the next one is as if nothing had been.
            assert_eq!(call(&sim, "GET", "/openapi/v0.1/project", "").0, 200, "{kind}");
        })
    });
    // All at a time: most of them wait.
    for rows in rows.collect::<Vec<_>>() {
        rows.join().unwrap();
    }
}

/// Head and body of a reply.
fn parts(reply: &str) -> (&str, &str) {
    reply.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no whole head: {reply}"))
}

fn header<'r>(reply: &'r str, name: &str) -> Option<&'r str> {
    parts(reply).0.lines().find_map(|line| {
        let (key, value) = line.split_once(": ")?;
        key.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// The reply to a read of the projects that a fault is played on.
fn played(kind: FaultKind) -> (String, Ending) {
    let sim = starter();
    sim.fail_next("project.list", kind).unwrap();
    talk(&sim, &read_projects(&sim, "Connection: close\r\n"), PATIENT)
}

#[test]
fn lengths_lie_by_as_much_as_was_asked() {
    for by in [10, -10, 1_000_000_000_000] {
        let (reply, _) = played(FaultKind::wrong_length(by));
        let said: i64 = header(&reply, "content-length").unwrap().parse().unwrap();
        let body = parts(&reply).1;
        assert_eq!(said - i64::try_from(body.len()).unwrap(), by);
        assert_eq!(value(body)["code"], 0, "all of the body comes");
    }
}

#[test]
fn who_asks_for_the_head_alone_gets_no_body_from_a_fault_either() {
    for (kind, ending) in [
        ("dribble;bytes=90;every-ms=1", Ending::Fin),
        ("wrong-length", Ending::Fin),
        ("gzip-bomb", Ending::Fin),
        ("endless-body", Ending::Fin),
        ("long-head;bytes=9", Ending::Fin),
        ("reset;at=reply-body;effect=after", Ending::Rst),
        ("silence;at=reply-body;effect=after", Ending::Open),
    ] {
        let sim = starter();
        sim.fail_next("project.list", kind.parse().unwrap()).unwrap();
        let head = request(&sim, "HEAD", "/openapi/v0.1/project", "", "");
        let (reply, seen) = match ending {
            Ending::Open => talk_until_quiet(&sim, &head),
            _ => talk(&sim, &head, PATIENT),
        };
        assert_eq!((parts(&reply).1, seen), ("", ending), "{kind}");
        assert_counts(&sim, 1, 1);
    }
}

#[test]
fn a_reply_breaks_off_where_it_was_asked_to() {
    let whole = |reply: &str| header(reply, "content-length").unwrap().parse::<usize>().unwrap();
    let (reply, _) = played(FaultKind::close().at(Phase::ReplyHead).after_effect());
    assert_eq!(parts(&reply).1, "");
    let (reply, _) = played(FaultKind::close().at(Phase::ReplyBody).after_effect());
    assert_eq!(parts(&reply).1.len(), whole(&reply) / 2);
    let (reply, _) = played(FaultKind::close().at(Phase::Bytes(33)).after_effect());
    assert_eq!(reply.len(), 33);
    let (reply, _) = played(FaultKind::close().at(Phase::Bytes(1 << 40)).after_effect());
    assert_eq!(parts(&reply).1.len(), whole(&reply), "there is no more than all");

    // The length is right here, it is the JSON that is not.
    let (reply, _) = played(FaultKind::truncated_json());
    assert_eq!(parts(&reply).1.len(), whole(&reply));
    assert!(serde_json::from_str::<Value>(parts(&reply).1).is_err());
    let (reply, _) = played(FaultKind::TruncatedJson { keep: Some(7), effect: Effect::After });
    assert_eq!(parts(&reply).1, r#"{"code""#);
}

#[test]
fn drops_come_one_after_another() {
    let sim = starter();
    sim.fail_next("project.list", FaultKind::dribble(10, 15)).unwrap();
    let mut stream = connect(&sim);
    stream.write_all(read_projects(&sim, "").as_bytes()).unwrap();
    stream.set_read_timeout(Some(PATIENT)).unwrap();
    let begun = Instant::now();
    let mut buffer = [0; 10];
    for _ in 0..5 {
        stream.read_exact(&mut buffer).unwrap();
    }
    assert!(begun.elapsed() >= Duration::from_millis(4 * 15));
}

#[test]
fn bodies_without_an_end_go_on_and_stop_when_nobody_reads() {
    for (kind, encoding) in
        [(FaultKind::endless_body(), None), (FaultKind::endless_deflate(), Some("deflate"))]
    {
        let sim = starter();
        sim.fail_next("project.list", kind).unwrap();
        let mut stream = connect(&sim);
        stream.write_all(read_projects(&sim, "").as_bytes()).unwrap();
        stream.set_read_timeout(Some(PATIENT)).unwrap();
        let mut bytes = vec![0; 2_000_000];
        stream.read_exact(&mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert_eq!(header(&text, "transfer-encoding"), Some("chunked"));
        assert_eq!(header(&text, "content-encoding"), encoding);
        assert_eq!(header(&text, "content-length"), None);
        drop(stream);
        assert_eq!(call(&sim, "GET", "/openapi/v0.1/project", "").0, 200);
    }
}

#[test]
fn a_bomb_is_a_sound_gzip_file_a_thousand_times_as_large() {
    let sim = starter();
    sim.fail_next("project.list", FaultKind::gzip_bomb(10_000_000)).unwrap();
    let mut stream = connect(&sim);
    stream.write_all(read_projects(&sim, "").as_bytes()).unwrap();
    let (bytes, ending) = read_all(&mut stream, PATIENT);
    assert_eq!(ending, Ending::Fin);
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
    let text = String::from_utf8_lossy(&bytes[..head]);
    assert_eq!(header(&text, "content-encoding"), Some("gzip"));
    let length: usize = header(&text, "content-length").unwrap().parse().unwrap();
    assert_eq!(bytes.len() - head, length);
    let mut unpacked = flate2::read::GzDecoder::new(&bytes[head..]);
    // The reader compares the checksum at the end.
    let size = std::io::copy(&mut unpacked, &mut std::io::sink()).unwrap();
    assert!(size > 9_900_000 && size / length as u64 > 1000, "{size} of {length}");
}

#[test]
fn a_head_is_as_long_as_was_asked() {
    let (reply, _) = played(FaultKind::long_head(300_000));
    assert_eq!(header(&reply, "x-padding").map(str::len), Some(300_000));
    assert_eq!(value(parts(&reply).1)["code"], 0);
}

#[test]
fn error_pages_have_the_body_that_was_asked_for() {
    let error = |status, body, retry_after: Option<&str>| {
        let retry_after = retry_after.map(str::to_owned);
        played(FaultKind::HttpError { status, body, retry_after, effect: Effect::Before }).0
    };
    let page = error(502, ErrorBody::Html, None);
    assert_eq!(header(&page, "content-type"), Some("text/html; charset=utf-8"));
    assert!(parts(&page).1.contains("<h1>502 Bad Gateway</h1>"));
    let json = error(500, ErrorBody::Json, None);
    assert_eq!(value(parts(&json).1)["code"], 200500);
    let often = error(429, ErrorBody::Json, Some("Wed, 21 Oct 2026 07:28:00 GMT"));
    assert_eq!(value(parts(&often).1)["code"], 210429);
    assert_eq!(header(&often, "retry-after"), Some("Wed, 21 Oct 2026 07:28:00 GMT"));
    assert_eq!(parts(&error(425, ErrorBody::Empty, None)).1, "");
    for reply in [page, json, often] {
        assert_eq!(header(&reply, "x-flighthub-simulator-fault"), Some("http-error"));
    }
}

#[test]
fn refusals_have_code_and_message_or_the_code_alone() {
    let (reply, _) = played(FaultKind::Refuse {
        code: 219021,
        message: Some("server busy".to_owned()),
        http: 400,
        effect: Effect::Before,
    });
    assert!(reply.starts_with("HTTP/1.1 400 "));
    assert_eq!(value(parts(&reply).1), json!({"code": 219021, "message": "server busy"}));
    let (reply, _) = played(FaultKind::refuse(200403));
    assert!(!value(parts(&reply).1)["message"].as_str().unwrap().is_empty());
    let (reply, _) = played(FaultKind::code_only(219021));
    assert_eq!(value(parts(&reply).1), json!({"code": 219021}));
}

#[test]
fn a_redirect_leads_to_another_origin_that_counts_who_arrives() {
    for status in [301, 302, 303, 307, 308] {
        let sim = starter();
        sim.fail_next("project.list", FaultKind::redirect(status)).unwrap();
        let (reply, _) = talk(&sim, &read_projects(&sim, "Connection: close\r\n"), PATIENT);
        assert!(reply.starts_with(&format!("HTTP/1.1 {status} ")), "{reply}");
        let place = format!("{}/openapi/v0.1/project", sim.elsewhere_url());
        assert_eq!(header(&reply, "location"), Some(place.as_str()));
        assert_ne!(sim.elsewhere_url(), sim.url());
        assert!(sim.arrivals().is_empty());
    }
    let sim = starter();
    let fault = r#"{"kind": "redirect", "location": "https://example.net/login"}"#;
    assert_eq!(call(&sim, "POST", "/__sim/faults", fault).0, 201);
    let (reply, _) = talk(&sim, &read_projects(&sim, "Connection: close\r\n"), PATIENT);
    assert_eq!(header(&reply, "location"), Some("https://example.net/login"));

    // A client that follows, key and all.
    let mut stream =
        TcpStream::connect(sim.elsewhere_url().strip_prefix("http://").unwrap()).unwrap();
    let follow = request(&sim, "POST", "/openapi/v0.1/x?q=1", "Connection: close\r\n", "{}");
    stream.write_all(follow.as_bytes()).unwrap();
    let (reply, _) = read_all(&mut stream, PATIENT);
    assert!(reply.starts_with(b"HTTP/1.1 200 OK"));
    let (_, seen) = call(&sim, "GET", "/__sim/elsewhere", "");
    assert_eq!(
        value(&seen),
        json!({
            "url": sim.elsewhere_url(),
            "arrivals": [{"method": "POST", "path": "/openapi/v0.1/x", "carried_key": true, "bytes": 2}]
        })
    );
    assert!(!seen.contains(sim.token()));
    assert_eq!(sim.arrivals().len(), 1);
}

#[test]
fn a_connection_ends_when_it_is_used_again() {
    for (then, ending) in [(End::Close, Ending::Fin), (End::Reset, Ending::Rst)] {
        let sim = starter();
        sim.fail_next("project.list", FaultKind::CloseOnReuse { then }).unwrap();
        let mut stream = connect(&sim);
        stream.write_all(read_projects(&sim, "").as_bytes()).unwrap();
        let (first, still) = read_until_quiet(&mut stream);
        assert!(first.starts_with(b"HTTP/1.1 200 OK") && still == Ending::Open);
        let _ = stream.write_all(create_task(&sim, "").as_bytes());
        assert_eq!(read_all(&mut stream, PATIENT), (Vec::new(), ending), "{then:?}");
        assert_eq!(tasks(&sim), 0, "the second request is not carried out");
    }
}

#[test]
fn a_reset_does_not_wait_for_a_body_that_is_still_coming() {
    let sim = starter();
    sim.fail_next("task.create", FaultKind::reset().at(Phase::RequestBody)).unwrap();
    let whole = create_task(&sim, "");
    let mut stream = connect(&sim);
    stream.write_all(&whole.as_bytes()[..whole.len() - 20]).unwrap();
    assert_eq!(read_all(&mut stream, PATIENT), (Vec::new(), Ending::Rst));
    assert_eq!(tasks(&sim), 0);
}

#[test]
fn delays_are_of_the_real_or_the_virtual_clock() {
    let sim = starter();
    sim.fail_next("project.list", FaultKind::delay(80)).unwrap();
    let begun = Instant::now();
    assert_eq!(call(&sim, "GET", "/openapi/v0.1/project", "").0, 200);
    assert!(begun.elapsed() >= Duration::from_millis(80));

    let kind = "delay;ms=60000;clock=virtual".parse().unwrap();
    sim.fail_next("project.list", kind).unwrap();
    let mut stream = connect(&sim);
    stream.write_all(read_projects(&sim, "").as_bytes()).unwrap();
    assert_eq!(read_all(&mut stream, BRIEF), (Vec::new(), Ending::Open));
    sim.advance(Duration::from_secs(59));
    assert_eq!(read_all(&mut stream, BRIEF), (Vec::new(), Ending::Open));
    sim.advance(Duration::from_secs(1));
    let mut first = [0; 15];
    stream.set_read_timeout(Some(PATIENT)).unwrap();
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
}

// ---- connections

#[test]
fn a_closed_port_refuses_and_opens_again() {
    let sim = starter();
    let address = sim.url().strip_prefix("http://").unwrap().to_owned();
    let mut idle = connect(&sim);
    idle.write_all(read_projects(&sim, "").as_bytes()).unwrap();
    assert!(read_until_quiet(&mut idle).0.starts_with(b"HTTP/1.1 200 OK"));
    let mut silent = connect(&sim);
    silent
        .write_all(read_projects(&sim, "x-flighthub-simulator-fault: silence\r\n").as_bytes())
        .unwrap();
    assert_eq!(read_all(&mut silent, BRIEF).1, Ending::Open);

    let begun = Instant::now();
    sim.inject(Fault::new("*", FaultKind::port_closed(300))).unwrap();
    let refused = TcpStream::connect(&address);
    if begun.elapsed() < Duration::from_millis(250) {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    }
    assert_ne!(read_all(&mut idle, PATIENT).1, Ending::Open, "open connections end too");
    assert_ne!(read_all(&mut silent, PATIENT).1, Ending::Open);
    while TcpStream::connect(&address).is_err() {
        assert!(begun.elapsed() < PATIENT);
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(begun.elapsed() >= Duration::from_millis(300));
    assert_eq!(call(&sim, "GET", "/openapi/v0.1/project", "").0, 200);
    assert_counts(&sim, 1, 1);

    // A second outage while there is one makes it longer.
    let begun = Instant::now();
    sim.inject(Fault::new("*", FaultKind::port_closed(600_000)).id("one")).unwrap();
    sim.inject(Fault::new("*", FaultKind::port_closed(1)).id("two")).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2), "nobody waits for what is closed already");
    assert_eq!(TcpStream::connect(&address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    sim.clear_faults();
    while TcpStream::connect(&address).is_err() {
        assert!(begun.elapsed() < PATIENT);
        std::thread::sleep(Duration::from_millis(10));
    }

    // Over HTTP the port is closed after the reply; taking the fault away opens it.
    let fault = r#"{"kind": "port-closed", "for-ms": 600000, "id": "outage"}"#;
    assert_eq!(call(&sim, "POST", "/__sim/faults", fault).0, 201);
    assert_eq!(TcpStream::connect(&address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    sim.clear_faults();
    let begun = Instant::now();
    while TcpStream::connect(&address).is_err() {
        assert!(begun.elapsed() < PATIENT);
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_next_connections_are_reset_or_never_read() {
    let sim = starter();
    sim.inject(Fault::new("*", FaultKind::connection_reset()).when(When::Next(2))).unwrap();
    for _ in 0..2 {
        assert_eq!(read_all(&mut connect(&sim), PATIENT), (Vec::new(), Ending::Rst));
    }
    assert_eq!(call(&sim, "GET", "/openapi/v0.1/project", "").0, 200);
    assert_counts(&sim, 2, 2);

    sim.fail_next("*", FaultKind::connection_silence()).unwrap();
    let (reply, ending) = talk(&sim, &create_task(&sim, ""), BRIEF);
    assert_eq!((reply.as_str(), ending), ("", Ending::Open));
    assert_eq!(tasks(&sim), 0);
    sim.fail_next("*", FaultKind::ConnectionSilence { for_ms: Some(30) }).unwrap();
    assert_eq!(talk(&sim, &create_task(&sim, ""), PATIENT), (String::new(), Ending::Rst));
}

#[test]
fn a_dropped_simulator_ends_silent_connections_at_once() {
    let sim = starter();
    sim.inject(Fault::new("*", FaultKind::silence()).when(When::Always)).unwrap();
    let mut stream = connect(&sim);
    stream.write_all(read_projects(&sim, "").as_bytes()).unwrap();
    assert_eq!(read_all(&mut stream, BRIEF).1, Ending::Open);
    let begun = Instant::now();
    drop(sim);
    assert_ne!(read_all(&mut stream, PATIENT).1, Ending::Open);
    assert!(begun.elapsed() < PATIENT / 2);
}

// ---- the plan, over HTTP and by header

#[test]
fn faults_are_injected_listed_and_taken_away_over_http() {
    let sim = starter();
    let post = |fault: Value| call(&sim, "POST", "/__sim/faults", &fault.to_string());
    let (status, body) = post(json!({"on": "project.*", "when": {"every": 2}, "kind": "refuse"}));
    assert_eq!(status, 201, "{body}");
    assert_eq!(
        value(&body),
        json!({"id": "fault-1", "matched": 0, "played": 0, "fault": {
            "on": "project.*", "port": "api", "when": {"every": 2}, "kind": "refuse", "code": 200500, "http": 200, "effect": "before"
        }})
    );
    let (_, body) =
        post(json!({"id": "mine", "kind": "html", "on": "wayline.list", "when": "always"}));
    assert_eq!(value(&body)["id"], "mine");
    let codes: Vec<_> = (0..4)
        .map(|_| value(&call(&sim, "GET", "/openapi/v0.1/project", "").1)["code"].clone())
        .collect();
    assert_eq!(codes, [0, 200500, 0, 200500]);
    let (_, body) = call(&sim, "GET", "/__sim/faults", "");
    let faults = value(&body)["faults"].clone();
    assert_eq!((&faults[0]["matched"], &faults[0]["played"]), (&json!(4), &json!(2)));
    // What is listed can be injected as it is.
    let again = faults[0]["fault"].to_string();
    assert_eq!(call(&sim, "POST", "/__sim/faults", &again).0, 201, "{again}");
    let (status, body) = call(&sim, "GET", "/__sim/faults/mine", "");
    assert_eq!((status, value(&body)["fault"]["kind"].clone()), (200, json!("html")));
    assert_eq!(call(&sim, "DELETE", "/__sim/faults/mine", "").0, 200);
    assert_eq!(call(&sim, "DELETE", "/__sim/faults/mine", "").0, 404);
    assert_eq!(call(&sim, "GET", "/__sim/faults/mine", "").0, 404);
    assert_eq!(call(&sim, "PUT", "/__sim/faults", "").0, 405);
    assert_eq!(call(&sim, "DELETE", "/__sim/faults", ""), (200, r#"{"faults":[]}"#.to_owned()));
    assert!(sim.faults().is_empty());
}

#[test]
fn faults_that_cannot_be_are_refused_with_the_place_and_the_remedy() {
    let sim = starter();
    for (fault, named) in [
        (json!({}), "`kind` is missing"),
        (json!([]), "kind"),
        (json!({"kind": 3}), "`kind`"),
        (json!({"kind": "resett"}), "the nearest is `reset`"),
        (json!({"kind": "reset", "on": "task.creat"}), "the nearest is `task.create`"),
        (json!({"kind": "reset", "on": "tasks.*"}), "the nearest is `task.*`"),
        (json!({"kind": "reset", "colour": 1}), "`colour`"),
        (json!({"kind": "connection-reset", "colour": 1}), "`colour`"),
        (json!({"kind": "reset", "at": "body"}), "request-body"),
        (json!({"kind": "reset", "at": "request-head", "effect": "after"}), "`effect`"),
        (json!({"kind": "connection-reset", "on": "task.create"}), "leave `on` out"),
        (json!({"kind": "port-closed", "when": "always"}), "leave `when` out"),
        (json!({"kind": "port-closed", "region": 7}), "`port`"),
        (json!({"kind": "reset", "port": "storage", "on": "task.get"}), "`on`"),
        (json!({"kind": "reset", "port": "moon"}), "`port`"),
        (json!({"kind": "reset", "when": {"nth": 0}}), "`when`"),
        (json!({"kind": "reset", "when": {"probability": 1.5}}), "0 to 1"),
        (json!({"kind": "reset", "when": "sometimes"}), "`when`"),
        (json!({"kind": "reset", "times": 0}), "`times`"),
        (json!({"kind": "reset", "id": "a/b"}), "`id`"),
        (json!({"kind": "redirect", "status": 304}), "308"),
        (json!({"kind": "redirect", "location": "a\nb"}), "`location`"),
        (json!({"kind": "http-error", "status": 200}), "400 to 599"),
        (json!({"kind": "refuse", "code": 0}), "success"),
        (json!({"kind": "wrong-length", "by": 0}), "`by`"),
        (json!({"kind": "dribble", "bytes": 0}), "`bytes`"),
        (json!({"kind": "delay"}), "`ms`"),
        (json!({"kind": "delay", "ms": 3_600_001}), "an hour"),
        (json!({"kind": "close-on-reuse", "then": "silence"}), "close or reset"),
        (json!({"kind": "quirk", "name": "no-such-quirk"}), "no-such-quirk"),
    ] {
        let (status, body) = call(&sim, "POST", "/__sim/faults", &fault.to_string());
        let error = value(&body)["error"].as_str().unwrap_or_default().to_owned();
        assert!(status == 400 && error.contains(named), "{fault}: {status} {body}");
    }
    assert!(sim.faults().is_empty());
    assert!(sim.fail_next("task.creat", FaultKind::reset()).is_err());
    let storage = Fault::new("task.get", FaultKind::reset()).port(FaultPort::Storage);
    assert!(sim.inject(storage).is_err());
}

#[test]
fn a_header_asks_for_a_fault_of_its_own_request() {
    let sim = starter();
    let with = |text: &str| {
        let more = format!("x-flighthub-simulator-fault: {text}\r\n");
        talk_until_quiet(&sim, &create_task(&sim, &more))
    };
    assert_eq!(with("close;effect=after"), (String::new(), Ending::Fin));
    assert_eq!(tasks(&sim), 1);
    let (reply, _) = with("refuse; code=219021; message=busy");
    assert_eq!(value(parts(&reply).1), json!({"code": 219021, "message": "busy"}));
    for (text, named) in [
        ("resett", "the nearest is `reset`"),
        ("reset;at", "option=value"),
        ("reset;at=reply-head;at=request", "twice"),
        ("reset;where=here", "`where`"),
        ("port-closed", "POST /__sim/faults"),
        ("", "kind"),
    ] {
        let (reply, _) = with(text);
        let error = value(parts(&reply).1)["error"].as_str().unwrap().to_owned();
        assert!(reply.starts_with("HTTP/1.1 400 ") && error.contains(named), "{text}: {error}");
    }
    assert_eq!(tasks(&sim), 1, "a header that is none lets nothing happen");
    assert!(sim.faults().is_empty(), "it is in no plan");
}

#[test]
fn the_simulators_own_endpoints_have_no_faults() {
    let sim = starter();
    sim.inject(Fault::new("*", FaultKind::reset()).when(When::Always)).unwrap();
    assert_eq!(call(&sim, "GET", "/__sim/clock", "").0, 200);
    assert_counts(&sim, 0, 0);
    assert_eq!(talk(&sim, &read_projects(&sim, ""), PATIENT).1, Ending::Rst);
    assert_eq!(talk(&sim, &request(&sim, "GET", "/nowhere", "", ""), PATIENT).1, Ending::Rst);
    assert_counts(&sim, 2, 2);
}

#[test]
fn the_same_seed_and_calls_give_the_same_faults() {
    let wrong = |seed: u64| {
        let sim = Sim::builder().seed(seed).start_blocking().unwrap();
        let fault = Fault::new("project.*", FaultKind::refuse(200403));
        sim.inject(fault.when(When::Probability(0.4))).unwrap();
        let codes: Vec<_> = (0..40)
            .map(|_| value(&call(&sim, "GET", "/openapi/v0.1/project", "").1)["code"] == 200403)
            .collect();
        let report = &sim.faults()[0];
        let played = codes.iter().filter(|wrong| **wrong).count() as u64;
        assert_eq!((report.matched, report.played), (40, played));
        codes
    };
    let first = wrong(3);
    assert_eq!(first, wrong(3));
    assert!(first.contains(&true) && first.contains(&false));
    assert_ne!(first, wrong(4));
}

#[test]
fn faults_of_one_region_leave_the_others_alone() {
    let sim = starter();
    sim.inject(Fault::new("*", FaultKind::html()).region(1).when(When::Always)).unwrap();
    assert!(value(&call(&sim, "GET", "/openapi/v0.1/project", "").1)["code"] == 0);
    sim.inject(Fault::new("*", FaultKind::html()).region(0).when(When::Always)).unwrap();
    assert!(call(&sim, "GET", "/openapi/v0.1/project", "").1.starts_with("<!doctype html>"));
}

// ---- rate limit, console

#[test]
fn a_key_that_calls_too_often_is_told_so_in_either_way() {
    let limit = RateLimit::new(2, 10.0);
    let sim = Sim::builder().rate_limit(limit.clone()).start_blocking().unwrap();
    let ask = || talk(&sim, &read_projects(&sim, "Connection: close\r\n"), PATIENT).0;
    assert!(ask().starts_with("HTTP/1.1 200 ") && ask().starts_with("HTTP/1.1 200 "));
    let refusal = ask();
    assert!(refusal.starts_with("HTTP/1.1 429 "), "{refusal}");
    assert_eq!(header(&refusal, "retry-after"), Some("5"));
    assert_eq!(value(parts(&refusal).1)["code"], 210429);
    // Another key has its own, and without one there is nothing to count.
    let other = request(&sim, "GET", "/openapi/v0.1/project", "Connection: close\r\n", "")
        .replace(sim.token(), "other");
    assert!(talk(&sim, &other, PATIENT).0.starts_with("HTTP/1.1 401 "));
    sim.advance(Duration::from_secs(5));
    assert!(ask().starts_with("HTTP/1.1 200 ") && ask().starts_with("HTTP/1.1 429 "));

    sim.set_rate_limit(Some(limit.answer(TooOften::Code210429)));
    ask();
    ask();
    let refusal = ask();
    assert!(refusal.starts_with("HTTP/1.1 200 ") && header(&refusal, "retry-after").is_none());
    assert_eq!(value(parts(&refusal).1)["code"], 210429);
    sim.set_rate_limit(None);
    assert!((0..5).all(|_| value(parts(&ask()).1)["code"] == 0));
}

#[test]
fn the_web_console_answers_a_page_to_whatever_is_asked() {
    let sim = Sim::builder().console(true).start_blocking().unwrap();
    let console = sim.console_url().unwrap().strip_prefix("http://").unwrap();
    for (address, host) in [
        (console, "localhost"),
        (sim.url().strip_prefix("http://").unwrap(), "fh.dji.com"),
        (sim.url().strip_prefix("http://").unwrap(), "FH.DJI.com:443"),
    ] {
        for (method, path) in [("GET", "/"), ("GET", "/openapi/v0.1/project"), ("POST", "/x")] {
            let mut stream = TcpStream::connect(address).unwrap();
            let text = request(&sim, method, path, "Connection: close\r\n", "")
                .replace("Host: localhost", &format!("Host: {host}"));
            stream.write_all(text.as_bytes()).unwrap();
            let reply = String::from_utf8(read_all(&mut stream, PATIENT).0).unwrap();
            assert!(reply.starts_with("HTTP/1.1 200 OK"), "{reply}");
            assert_eq!(header(&reply, "content-type"), Some("text/html; charset=utf-8"));
            assert!(parts(&reply).1.starts_with("<!doctype html>"));
        }
    }
    assert_eq!(starter().console_url(), None);
}

// ---- robust connections

#[test]
fn a_body_that_is_too_long_is_refused_before_it_is_there() {
    let sim = starter();
    let mut stream = connect(&sim);
    let head = request(
        &sim,
        "POST",
        "/openapi/v0.1/flight-task",
        "Content-Length: 1000000000\r\nContent-Type: application/json\r\n",
        "",
    );
    stream.write_all(head.as_bytes()).unwrap();
    // Not all of it is read, and still the reply arrives.
    stream.write_all(&[b' '; 100_000]).unwrap();
    let (reply, ending) = read_all(&mut stream, PATIENT);
    assert!(reply.starts_with(b"HTTP/1.1 413 "), "{}", String::from_utf8_lossy(&reply));
    assert_eq!(ending, Ending::Fin);

    // Without a length it is counted.
    let mut stream = connect(&sim);
    let head =
        request(&sim, "POST", "/openapi/v0.1/flight-task", "Transfer-Encoding: chunked\r\n", "");
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    // At some point the other side has had enough.
    while stream.write_all(&chunk).is_ok() {
        stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        if matches!(stream.peek(&mut [0]), Ok(1)) {
            break;
        }
    }
    assert!(read_all(&mut stream, PATIENT).0.starts_with(b"HTTP/1.1 413 "));
}

#[test]
fn a_client_that_asks_first_is_told_to_continue() {
    let sim = starter();
    let whole = create_task(&sim, "Expect: 100-continue\r\nConnection: close\r\n");
    let (head, body) = whole.split_once("\r\n\r\n").unwrap();
    let mut stream = connect(&sim);
    stream.write_all(format!("{head}\r\n\r\n").as_bytes()).unwrap();
    stream.set_read_timeout(Some(PATIENT)).unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).unwrap();
    assert!(read_all(&mut stream, PATIENT).0.starts_with(b"HTTP/1.1 200 OK"));
    assert_eq!(tasks(&sim), 1);
    // A fault at the head comes before that.
    let fault = "x-flighthub-simulator-fault: close;at=request-head\r\n";
    let whole = create_task(&sim, &format!("Expect: 100-continue\r\n{fault}"));
    let mut stream = connect(&sim);
    stream.write_all(whole.split_once("\r\n\r\n").unwrap().0.as_bytes()).unwrap();
    stream.write_all(b"\r\n\r\n").unwrap();
    assert_eq!(read_all(&mut stream, PATIENT), (Vec::new(), Ending::Fin));
}

#[test]
fn heads_without_bodies_and_questions_about_methods_are_answered() {
    let sim = starter();
    let whole = talk(&sim, &read_projects(&sim, "Connection: close\r\n"), PATIENT).0;
    let ask = |method, path: &str| {
        talk(&sim, &request(&sim, method, path, "Connection: close\r\n", ""), PATIENT).0
    };
    let head = ask("HEAD", "/openapi/v0.1/project");
    assert!(head.starts_with("HTTP/1.1 200 OK") && parts(&head).1.is_empty());
    assert_eq!(header(&head, "content-length"), header(&whole, "content-length"));
    let options = ask("OPTIONS", "/openapi/v0.1/device/control");
    assert!(options.starts_with("HTTP/1.1 405 ") || options.starts_with("HTTP/1.1 204 "));
    assert_eq!(header(&options, "allow"), Some("POST, DELETE"));
    assert!(options.starts_with("HTTP/1.1 204 "), "{options}");
    assert!(ask("OPTIONS", "/nowhere").starts_with("HTTP/1.1 404 "));
    assert!(ask("PATCH", "/openapi/v0.1/project").starts_with("HTTP/1.1 405 "));
}

#[test]
fn requests_in_a_row_and_peers_that_have_said_everything_get_their_replies() {
    let sim = starter();
    let mut stream = connect(&sim);
    let three =
        [read_projects(&sim, ""), create_task(&sim, ""), request(&sim, "GET", "/nowhere", "", "")]
            .concat();
    stream.write_all(three.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let (bytes, ending) = read_all(&mut stream, PATIENT);
    let text = String::from_utf8(bytes).unwrap();
    let statuses: Vec<_> =
        text.match_indices("HTTP/1.1 ").map(|(at, _)| &text[at + 9..at + 12]).collect();
    assert_eq!((statuses, ending), (vec!["200", "200", "404"], Ending::Fin));
    assert_eq!(tasks(&sim), 1);
}

#[test]
fn heads_that_are_too_long_or_no_http_are_refused() {
    let sim = starter();
    let long = format!("X-Long: {}\r\n", "x".repeat(200_000));
    let mut stream = connect(&sim);
    let _ = stream.write_all(read_projects(&sim, &long).as_bytes());
    let (reply, ending) = read_all(&mut stream, PATIENT);
    assert!(reply.is_empty() || reply.starts_with(b"HTTP/1.1 431 "));
    assert_ne!(ending, Ending::Open);
    let many: String = (0..200).map(|number| format!("X-{number}: 1\r\n")).collect();
    assert!(talk(&sim, &read_projects(&sim, &many), PATIENT).0.starts_with("HTTP/1.1 431 "));
    let (reply, ending) = talk(&sim, "\u{16}\u{3}\u{1} no HTTP\r\n\r\n", PATIENT);
    assert!(reply.starts_with("HTTP/1.1 400 "), "{reply}");
    assert_ne!(ending, Ending::Open);
    assert_eq!(call(&sim, "GET", "/openapi/v0.1/project", "").0, 200);
}

// ---- the client

fn client(sim: &Sim) -> Client {
    Client::builder(Region::on_premises(sim.url()), sim.token())
        .no_rate_limit()
        .no_proxy()
        .max_response_bytes(1 << 20)
        .attempt_timeout(Duration::from_millis(1500))
        .build()
        .unwrap()
}

async fn launch(sim: &Sim, client: &Client) -> Result<(), Error> {
    let task = TaskCreateArgs {
        name: "Survey".to_owned(),
        wayline_uuid: WaylineId::new(ROUTE),
        sn: DockSn::new(DOCK),
        time_zone: "Atlantic/Azores".to_owned(),
        rth_altitude: 60,
        rth_mode: RthMode::Preset,
        wayline_precision_type: WaylinePrecisionType::Rtk,
        out_of_control_action_in_flight: OutOfControlAction::ReturnHome,
        resumable_status: ResumableStatus::Manual,
        schedule: TaskSchedule::Immediate,
    };
    client.project(sim.project()).tasks().create(task).await.map(|_| ())
}

/// What the client says about a launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Done,
    Refused,
    Indeterminate,
}

/// Kind, what the client says, tasks that exist afterwards.
const SAID: &[(&str, Said, usize)] = &[
    ("reset;at=request-head", Said::Indeterminate, 0),
    ("reset;at=request-body", Said::Indeterminate, 0),
    ("reset", Said::Indeterminate, 0),
    ("reset;effect=after", Said::Indeterminate, 1),
    ("reset;at=reply-head;effect=after", Said::Indeterminate, 1),
    ("reset;at=reply-body;effect=after", Said::Indeterminate, 1),
    ("close;effect=after", Said::Indeterminate, 1),
    ("close;at=reply-body;effect=after", Said::Indeterminate, 1),
    ("silence", Said::Indeterminate, 0),
    // The task exists, and the caller cannot know.
    ("silence;effect=after", Said::Indeterminate, 1),
    ("silence;at=reply-head;effect=after", Said::Indeterminate, 1),
    ("silence;at=reply-body;effect=after", Said::Indeterminate, 1),
    ("dribble;bytes=100;every-ms=1", Said::Done, 1),
    ("dribble;bytes=1;every-ms=300", Said::Indeterminate, 1),
    ("wrong-length;by=10", Said::Indeterminate, 1),
    ("garbage", Said::Indeterminate, 0),
    ("garbage;effect=after", Said::Indeterminate, 1),
    ("endless-body", Said::Indeterminate, 1),
    ("endless-deflate", Said::Indeterminate, 1),
    ("gzip-bomb", Said::Indeterminate, 1),
    ("long-head;bytes=10000000", Said::Indeterminate, 1),
    ("redirect", Said::Indeterminate, 0),
    ("redirect;status=307;effect=after", Said::Indeterminate, 1),
    ("http-error;status=502", Said::Indeterminate, 0),
    ("http-error;status=502;effect=after", Said::Indeterminate, 1),
    ("http-error;status=408", Said::Indeterminate, 0),
    ("http-error;status=429;body=json;retry-after=1", Said::Refused, 0),
    ("refuse;code=200403", Said::Refused, 0),
    ("refuse;code=200500;http=500;effect=after", Said::Indeterminate, 1),
    ("html", Said::Indeterminate, 0),
    ("truncated-json", Said::Indeterminate, 1),
    ("delay;ms=30", Said::Done, 1),
    ("close-on-reuse", Said::Done, 1),
];

#[test]
fn a_launch_leaves_once_and_the_client_never_says_more_than_it_knows() {
    let row = |row| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(launched(row));
    };
    let rows: Vec<_> = SAID.iter().map(|one| std::thread::spawn(move || row(one))).collect();
    for row in rows {
        row.join().unwrap();
    }
}

async fn launched((kind, said, existing): &'static (&'static str, Said, usize)) {
    let sim = starter();
    let fault = Fault::new("task.create", kind.parse().unwrap()).when(When::Always);
    sim.inject(fault).unwrap();
    let client = client(&sim);
    let heard = match launch(&sim, &client).await {
        Ok(()) => Said::Done,
        Err(error) if error.is_refused() => Said::Refused,
        Err(error) if error.is_indeterminate() => Said::Indeterminate,
        Err(error) => panic!("{kind}: {error}"),
    };
    assert_eq!(heard, *said, "{kind}");
    // At most one request was seen, whatever became of it.
    assert_counts(&sim, 1, 1);
    assert_eq!(tasks(&sim), *existing, "{kind}");
    assert!(sim.arrivals().is_empty(), "{kind}");
    // The client is as good as before.
    client.projects().list().await.unwrap_or_else(|error| panic!("{kind}: {error}"));
}

#[tokio::test]
async fn a_launch_against_a_closed_port_has_not_left() {
    let sim = starter();
    sim.inject(Fault::new("*", FaultKind::port_closed(60_000))).unwrap();
    let sees = Fault::new("task.create", FaultKind::reset()).when(When::Always);
    sim.inject(sees).unwrap();
    let client = Client::builder(Region::on_premises(sim.url()), sim.token())
        .no_proxy()
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let error = launch(&sim, &client).await.unwrap_err();
    assert!(error.is_refused() && error.is_connection(), "{error}");
    assert_counts(&sim, 0, 0);
}

#[tokio::test]
async fn a_read_outlives_connections_that_are_closed_on_reuse() {
    let sim = starter();
    sim.inject(Fault::new("*", FaultKind::close_on_reuse()).when(When::Always)).unwrap();
    let client = client(&sim);
    for _ in 0..20 {
        client.projects().list().await.unwrap();
    }
}
