//! The binary, as people and programs in other languages start it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "support/wire.rs"]
mod wire;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use wire::{DOCK, send};

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_flighthub-sim"))
}

fn run(arguments: &[&str]) -> Output {
    binary().args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Starts it, and answers its URL and the lines after that.
fn start(arguments: &[&str]) -> (Process, String, std::io::Lines<BufReader<ChildStdout>>) {
    let mut process = Process(binary().args(arguments).stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(process.0.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let url = first.strip_prefix("listening on ").unwrap().to_owned();
    (process, url, lines)
}

#[test]
fn the_binary_prints_where_it_listens_and_with_what_key() {
    let arguments = [
        "--listen",
        "127.0.0.1:0",
        "--seed=3",
        "--speed",
        "60",
        "--region",
        "eu",
        "--region",
        "us-2",
    ];
    let (_process, url, lines) = start(&arguments);
    let lines: Vec<String> = lines.take(4).map(Result::unwrap).collect();
    let value = |line: usize, name: &str| lines[line].strip_prefix(name).unwrap().to_owned();
    let token = value(0, "FLIGHTHUB_TOKEN=");
    let project = value(1, "FLIGHTHUB_PROJECT=");
    let parts: Vec<_> = token.split('.').collect();
    assert!(
        parts.len() == 3 && parts[0].starts_with("eyJ") && parts[2].starts_with("simulated-"),
        "{token}"
    );
    let headers = [("X-User-Token", token.as_str()), ("X-Project-Uuid", project.as_str())];
    let devices = send(&url, "GET", "/openapi/v0.1/project/device", &headers, None).data();
    assert_eq!(devices["list"][0]["gateway"]["sn"], DOCK);
    let (other, key) = (value(2, "FLIGHTHUB_URL_US_2="), value(3, "FLIGHTHUB_TOKEN_US_2="));
    let projects = |url: &str, key: &str| {
        send(url, "GET", "/openapi/v0.1/project", &[("X-User-Token", key)], None).status
    };
    assert_eq!(
        (projects(&other, &key), projects(&other, &token), projects(&url, &key)),
        (200, 401, 401)
    );
}

#[test]
fn serve_is_what_it_does_without_a_word() {
    let (_process, url, _) = start(&["serve", "--paused", "--scenario", "low-battery"]);
    let clock = send(&url, "GET", "/__sim/clock", &[], None).json();
    assert_eq!((&clock["now"], &clock["speed"]), (&"2026-01-01T08:00:00Z".into(), &1.0.into()));
    assert_eq!(send(&url, "GET", "/__sim/", &[], None).json()["scenario"], "low-battery");
}

/// With its past: a flight of two hours before, whenever that is.
#[cfg(unix)]
#[test]
fn it_begins_when_it_is_told_and_the_record_knows() {
    let file = std::env::temp_dir().join(format!("flighthub-sim-{}-start", std::process::id()));
    let path = file.to_str().unwrap();
    let arguments = ["--paused", "--start", "2026-06-30T10:00:00.7+02:00", "--record", path];
    let (mut process, url, mut lines) = start(&arguments);
    let clock = send(&url, "GET", "/__sim/clock", &[], None).json();
    assert_eq!(clock["now"], "2026-06-30T08:00:00Z");
    let token = lines.next().unwrap().unwrap();
    let token = token.strip_prefix("FLIGHTHUB_TOKEN=").unwrap();
    let project = lines.next().unwrap().unwrap();
    let project = project.strip_prefix("FLIGHTHUB_PROJECT=").unwrap();
    let headers = [("X-User-Token", token), ("X-Project-Uuid", project)];
    let list = format!(
        "/openapi/v0.1/flight-task/list?sn={DOCK}&begin_at={}&end_at={}",
        1_782_799_200, 1_782_806_400
    );
    let tasks = send(&url, "GET", &list, &headers, None).data();
    assert_eq!(tasks["list"][0]["name"], "Morning round", "{tasks}");
    let stopped = Command::new("kill").arg(process.0.id().to_string()).status().unwrap();
    assert!(stopped.success() && process.0.wait().unwrap().success());
    let output = run(&["replay", path]);
    assert_eq!(text(&output.stdout), "the same: 1 requests\n", "{output:?}");
    std::fs::remove_file(file).unwrap();

    let (_process, url, _) = start(&["--paused", "--start=now"]);
    let clock = send(&url, "GET", "/__sim/clock", &[], None).json();
    let now: flighthub_api::Timestamp = clock["now"].as_str().unwrap().parse().unwrap();
    assert!(flighthub_api::Timestamp::now().duration_since(&now).as_secs() < 120, "{now}");
}

#[test]
fn wrong_arguments_end_with_2_and_a_remedy() {
    let folder = std::env::temp_dir();
    let bad = folder.join(format!("flighthub-sim-{}-bad.toml", std::process::id()));
    std::fs::write(&bad, "[scenario]\nspede = 1\n").unwrap();
    let bad_text = bad.to_str().unwrap().to_owned();
    for (arguments, named) in [
        (&["--speed", "fast"][..], "--speed"),
        (&["--speed", "-1"], "--speed"),
        (&["--seed"], "--seed"),
        (&["--seed", "x"], "--seed"),
        (&["--start", "tomorrow"], "2026-06-01T08:00:00Z"),
        (&["--start", "2020-01-01T00:00:00Z"], "2026-01-01T00:00:00Z"),
        (&["--start", "2035-01-01T00:00:00Z"], "2034-01-01T00:00:00Z"),
        (&["--listen"], "--listen"),
        (&["--port", "1"], "--port"),
        (&["--journal", "many"], "--journal"),
        (&["--region", "E U"], "E U"),
        (&["--region", "eu", "--region", "eu"], "twice"),
        (&["--scenario", "high-battery"], "low-battery"),
        (&["--scenario", "./nowhere.toml"], "nowhere.toml"),
        (&["--scenario", &bad_text], "bad.toml:2: "),
        (&["--events-to", "http://127.0.0.1:1/"], "go together"),
        (&["--rate-limit", "10"], "such as 10/1"),
        (&["--rate-limit", "0/1"], "such as 10/1"),
        (&["--rate-limit", "1/0"], "such as 10/1"),
        (&["--storage-url", "127.0.0.1:9000"], "scheme, host and port"),
        (&["--storage-url", "http://a/b"], "scheme, host and port"),
        (&["--storage-listen"], "--storage-listen"),
        (&["keys", "--project", "x"], "--region NAME"),
        (&["quirks", "null-list"], "`null-list`"),
        (&["faults", "all"], "`all`"),
        (&["proxy"], "--to"),
        (&["proxy", "--to"], "--to"),
        (&["proxy", "--to", "https://a.example", "--seed", "1"], "`--seed`"),
        (&["proxy", "--to", "http://a.example"], "not https"),
        (&["proxy", "--to", "a.example"], "base URL"),
        (&["proxy", "--to", "https://a.example", "--ca", "./nowhere.pem"], "nowhere.pem"),
        (&["proxy", "--to", "https://a.example", "--ca", &bad_text], "PEM"),
        (&["replay"], "the file of a record"),
        (&["replay", "a", "b"], "one file"),
        (&["fly"], "`fly`"),
    ] {
        let output = run(arguments);
        let text = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(text.contains(named) && text.contains("--help"), "{text}");
        assert!(output.stdout.is_empty());
    }
    std::fs::remove_file(bad).unwrap();
}

#[test]
fn a_port_that_is_taken_ends_with_1() {
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let output = run(&["--listen", &busy.local_addr().unwrap().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("Choose another --listen"), "{output:?}");
}

#[test]
fn the_binary_says_what_it_is() {
    let help = run(&["--help"]);
    assert!(help.status.success() && text(&help.stdout).contains("--strict"));
    let version = run(&["--version"]);
    assert_eq!(text(&version.stdout), concat!("flighthub-sim ", env!("CARGO_PKG_VERSION"), "\n"));
    for arguments in [["scenarios"], ["--list-scenarios"]] {
        let list = text(&run(&arguments).stdout);
        assert!(list.contains("low-battery\n    The aircraft"), "{list}");
    }
}

#[test]
fn the_lists_have_a_line_for_each() {
    let keys = text(&run(&["keys"]).stdout);
    let line = |text: &str, name: &str| {
        let found = text.lines().find(|line| line.split(' ').next() == Some(name));
        found.unwrap_or_else(|| panic!("{name}: {text}")).to_owned()
    };
    let admin = line(&keys, "admin").split_whitespace().nth(1).unwrap().to_owned();
    let (_process, url, mut lines) = start(&["--region", "us", "--seed", "9"]);
    let token = lines.next().unwrap().unwrap();
    let there = text(&run(&["keys", "--region", "us"]).stdout);
    assert!(token.strip_prefix("FLIGHTHUB_TOKEN=").unwrap() == &line(&there, "admin")[15..]);
    for profile in flighthub_sim::KeyProfile::ALL {
        let key = line(&there, profile.name())[15..].to_owned();
        let asked = send(&url, "GET", "/openapi/v0.1/project", &[("X-User-Token", &key)], None);
        let known = !matches!(profile.name(), "revoked" | "expired" | "old-style" | "unknown");
        assert_eq!(asked.status == 200, known, "{}: {}", profile.name(), asked.body);
    }
    let asked = send(&url, "GET", "/openapi/v0.1/project", &[("X-User-Token", &admin)], None);
    assert_eq!(asked.status, 401);

    let quirks = text(&run(&["quirks"]).stdout);
    assert_eq!(quirks.lines().count(), flighthub_sim::quirks::QUIRKS.len());
    for quirk in flighthub_sim::quirks::QUIRKS {
        assert!(line(&quirks, quirk.name).ends_with(quirk.about));
    }
    let faults = text(&run(&["faults"]).stdout);
    assert_eq!(faults.lines().count(), flighthub_sim::FaultKind::NAMES.len());
    for name in flighthub_sim::FaultKind::NAMES {
        assert!(line(&faults, name).len() > 30, "{name}");
    }
}

#[test]
fn the_storage_listens_and_is_named_as_told() {
    // Somebody else may take the port in between, so it is tried again.
    let (process, url, mut lines, port) = (0..20)
        .find_map(|_| {
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let address = free.local_addr().unwrap();
            drop(free);
            let listen = address.to_string();
            let named = format!("http://storage.localhost:{}/", address.port());
            let arguments = ["--storage-listen", &listen, "--storage-url", &named];
            let mut process =
                Process(binary().args(arguments).stdout(Stdio::piped()).spawn().unwrap());
            let mut lines = BufReader::new(process.0.stdout.take().unwrap()).lines();
            let first = lines.next()?.unwrap();
            let url = first.strip_prefix("listening on ").unwrap().to_owned();
            Some((process, url, lines, address.port()))
        })
        .unwrap();
    let token = lines.next().unwrap().unwrap();
    let project = lines.next().unwrap().unwrap();
    let headers = [
        ("X-User-Token", token.strip_prefix("FLIGHTHUB_TOKEN=").unwrap()),
        ("X-Project-Uuid", project.strip_prefix("FLIGHTHUB_PROJECT=").unwrap()),
    ];
    let grant = send(&url, "GET", "/openapi/v0.1/project/sts-token", &headers, None).data();
    assert_eq!(grant["endpoint"], format!("http://storage.localhost:{port}"));
    let refused = send(&format!("http://127.0.0.1:{port}"), "GET", "/bucket/object", &[], None);
    assert_eq!(refused.status, 403, "{refused:?}");
    let busy = format!("127.0.0.1:{port}");
    let output = run(&["--storage-listen", &busy]);
    assert_eq!(output.status.code(), Some(1));
    let complaint = text(&output.stderr);
    assert!(complaint.contains(&busy) && complaint.contains("--storage-listen"), "{complaint}");
    drop(process);
}

#[test]
fn a_rate_limit_is_kept_to() {
    let (_process, url, mut lines) = start(&["--rate-limit", "2/3600", "--paused"]);
    let token = lines.next().unwrap().unwrap();
    let token = token.strip_prefix("FLIGHTHUB_TOKEN=").unwrap();
    let ask = || send(&url, "GET", "/openapi/v0.1/project", &[("X-User-Token", token)], None);
    assert_eq!([ask(), ask()].map(|reply| reply.status), [200, 200]);
    let refused = ask();
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1800")));
    assert_eq!(send(&url, "POST", "/__sim/reset", &[], Some("{}")).status, 200);
    assert_eq!(ask().status, 200, "a reset forgets what was counted");
}

/// In front of a simulator: without drift it ends with 0, with drift and when told so with 3.
#[cfg(all(unix, feature = "contract"))]
#[test]
fn the_proxy_reports_and_its_exit_code_tells() {
    let (_process, target, mut lines) = start(&[]);
    let token = lines.next().unwrap().unwrap();
    let token = token.strip_prefix("FLIGHTHUB_TOKEN=").unwrap();
    let mut quirks = flighthub_sim::quirks::QUIRKS.iter();
    let breaking = quirks.find(|quirk| !quirk.conforms && quirk.fits("project.list")).unwrap();
    for (quirk, code) in [(None, 0), (Some(breaking.name), 3)] {
        let name = format!("flighthub-sim-{}-proxy-{code}.ndjson", std::process::id());
        let file: PathBuf = std::env::temp_dir().join(name);
        let path = file.to_str().unwrap();
        let arguments = ["proxy", "--to", &target, "--report", path, "--fail-on-drift"];
        let (mut process, url, lines) = start(&arguments);
        let mut headers = vec![("X-User-Token", token)];
        headers.extend(quirk.map(|quirk| ("X-Flighthub-Simulator-Quirk", quirk)));
        let reply = send(&url, "GET", "/openapi/v0.1/project", &headers, None);
        assert!(reply.header("x-flighthub-simulator-contract").is_some(), "{reply:?}");
        let id = process.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert_eq!(process.0.wait().unwrap().code(), Some(code), "{quirk:?}");
        let shown: Vec<String> = lines.map(Result::unwrap).collect();
        assert_eq!(shown[0], format!("handing on to {target}"));
        assert!(shown[1].starts_with("1 calls of 1 operations: "), "{shown:?}");
        let report = std::fs::read_to_string(&file).unwrap();
        assert_eq!(report.contains("project.list"), code == 3, "{report}");
        assert!(!report.contains(token));
        std::fs::remove_file(&file).unwrap();
    }
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = busy.local_addr().unwrap().to_string();
    let output = run(&["proxy", "--to", &target, "--listen", &address]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("choose another address"), "{output:?}");
}

/// Every way to end it leaves a whole record.
#[cfg(unix)]
#[test]
fn signals_end_it_cleanly_and_the_record_replays() {
    for signal in ["TERM", "INT"] {
        let name = format!("flighthub-sim-{}-{signal}.ndjson", std::process::id());
        let file: PathBuf = std::env::temp_dir().join(name);
        let path = file.to_str().unwrap();
        let (mut process, url, mut lines) = start(&["--record", path, "--seed", "4"]);
        let token = lines.next().unwrap().unwrap();
        let token = token.strip_prefix("FLIGHTHUB_TOKEN=").unwrap();
        for _ in 0..3 {
            send(&url, "GET", "/openapi/v0.1/project", &[("X-User-Token", token)], None).data();
        }
        assert!(!file.exists());
        let id = process.0.id().to_string();
        assert!(
            Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success()
        );
        assert_eq!(process.0.wait().unwrap().code(), Some(0));
        let output = run(&["replay", path]);
        assert_eq!(
            (output.status.code(), text(&output.stdout)),
            (Some(0), "the same: 3 requests\n".to_owned())
        );
        let record = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, record.replace("Atlantic", "Pacific")).unwrap();
        let output = run(&["replay", path]);
        let shown = text(&output.stdout);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            shown.contains(".ndjson:2: different\n- {") && shown.contains("Pacific"),
            "{shown}"
        );
        std::fs::write(&file, "no record\n").unwrap();
        assert_eq!(run(&["replay", path]).status.code(), Some(1));
        std::fs::remove_file(&file).unwrap();
    }
}
