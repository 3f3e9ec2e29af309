//! Attacks that end at the command line: what it shows, what it writes, and where it connects. `SECURITY.md` has the list.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use flighthub_api::Timestamp;
use flighthub_sim::kmz::{Kmz, KmzWaypoint};
use flighthub_sim::{Effect, FaultKind, Sim};

use crate::support::{ADDED, Bench, DOCK, Ended, ROUTE, bare, finish};

const KEY: &str = "eyJhbGciOiJIUzUxMiJ9.eyJleHAiOjE3NjczMjMwNDUsIm9yZ2FuaXphdGlvbl91dWlkIjoib3JnLTEiLCJzdWIiOiJmaDIifQ.FHCANARY";

#[allow(clippy::print_stdout, reason = "figures of the proof")]
fn figure(row: &str, column: &str, value: impl std::fmt::Display) {
    println!("figure Attacks | {row} | {column} = {value}");
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files
}

/// Runs a whole mission as talkatively as there is, against a simulator that is told to break now and then.
fn everything(bench: &Bench) -> Vec<Ended> {
    let mut route = Kmz::new("0-91-1");
    let point = |number: u32| KmzWaypoint::new(0.021, -25.3 + f64::from(number) * 1e-4, 60.0);
    route.waypoints = (0..4).map(point).collect();
    std::fs::write(bench.program.home.path().join("north.kmz"), route.to_bytes().unwrap()).unwrap();
    let mut ran = Vec::new();
    let mut run = |words: &[&str]| {
        let mut command = bench.command();
        command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full").arg("-vv").args(words);
        let ended = finish(&mut command);
        ran.push(ended);
        ran[ran.len() - 1].exit
    };
    let launch = [
        "mission",
        "launch",
        "--dock",
        DOCK,
        "--route",
        ROUTE,
        "--now",
        "--rth-altitude",
        "60",
        "--rth-mode",
        "preset",
        "--rth-ceiling",
        "120",
        "--precision",
        "rtk",
        "--time-zone",
        "Atlantic/Azores",
        "--name",
        "Night round",
        "--lost-link",
        "return_home",
        "--resume",
        "manual",
    ];
    let with = |more: &'static str| [&launch[..], &[more]].concat();
    run(&["doctor"]);
    assert_eq!(run(&with("--dry-run")), 0);
    assert_eq!(run(&with("--yes")), 0);
    run(&["mission", "pending"]);
    bench.sim.advance(std::time::Duration::from_secs(3600));
    assert_eq!(run(&["route", "upload", "north.kmz"]), 0);
    assert_eq!(run(&["wayline", "get", ROUTE]), 0);
    assert_eq!(run(&["project", "sts-token"]), 0);
    assert_eq!(run(&["live", "start", "--dock", DOCK, "--camera", "dock"]), 0);
    assert_eq!(run(&["media", "sync", "--since", "7d", "--to", "media"]), 0);
    bench.sim.fail_next("wayline.get", FaultKind::http_error(500).after_effect()).unwrap();
    run(&["wayline", "get", ROUTE, "--timeout", "2s"]);
    ran
}

#[test]
fn attack_15_no_output_and_no_file_of_a_mission_has_a_secret() {
    let now = Timestamp::from_unix_seconds(Timestamp::now().unix_seconds()).unwrap();
    let sim = Sim::builder().speed(1.0).starts_at(now).start_blocking().unwrap();
    let bench = Bench::of(sim);
    let ran = everything(&bench);
    // All secrets that there are now, by the one way in which they are shown.
    let grant = bench.run(["project", "sts-token", "--show-secrets"]).exits(0).json();
    let text = |pointer: &str| grant.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    let key = bench.sim.token().to_owned();
    let secrets = [
        key.rsplit('.').next().unwrap().to_owned(),
        key,
        text("/credentials/access_key_secret"),
        text("/credentials/security_token"),
        "X-Amz-Signature=".to_owned(),
        "X-Amz-Security-Token=".to_owned(),
        "Signature=".to_owned(),
    ];
    let mut places: Vec<(String, String)> = ran
        .iter()
        .enumerate()
        .map(|(number, ended)| (format!("output {number}"), format!("{}{}", ended.out, ended.err)))
        .collect();
    for path in files(bench.program.home.path()) {
        let bytes = std::fs::read(&path).unwrap();
        places.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
    }
    let written = places.len() - ran.len();
    assert!(written > 8, "{written}");
    assert!(ran.iter().any(|ended| ended.err.len() > 100), "it was talkative");
    let hits: Vec<_> = places
        .iter()
        .flat_map(|(place, text)| secrets.iter().map(move |secret| (place, text, secret)))
        .filter(|(_, text, secret)| text.contains(secret.as_str()))
        .map(|(place, _, secret)| format!("{place} has {secret}"))
        .collect();
    figure("outputs and files of the command line looked through", "count", places.len());
    figure("secrets found in outputs and files of the command line", "count", hits.len());
    assert_eq!(hits, Vec::<String>::new());
}

/// Config files of a wrong kind, with the key in them: what is said of them does not repeat it.
#[test]
fn attack_15_a_broken_config_file_is_not_quoted() {
    for text in [
        format!("key = \"{KEY}\"\n"),
        format!("[profiles.a]\nregion = \"eu\"\nkey = \"{KEY}\nother = 1\n"),
        format!("[profiles.a]\nregion = \"{KEY}\"\nkey = 7\n"),
        KEY.to_owned(),
        format!("{{\"key\": \"{KEY}\"}}"),
        format!("[profiles.{KEY}]\nregion = \"moon\"\n"),
        format!("[profiles.a]\nurl = \"https://user:{KEY}@flighthub.example.com\"\n"),
        format!("[profiles.a]\nurl = \"https://flighthub.example.com/?key={KEY}\"\n"),
    ] {
        let bench = Bench::new();
        let file = bench.file("broken.toml", &text);
        for words in [
            ["project", "list"].as_slice(),
            &["config", "show"],
            &["config", "check"],
            &["config", "set", "project", "x"],
            &["doctor"],
        ] {
            let mut command = bench.bare();
            command.args(["--config", &file, "-vv"]).args(words);
            let ran = finish(&mut command);
            assert!(ran.exit != 0 || words[0] == "config", "{text}: {ran:#?}");
            assert!(!format!("{ran:?}").contains("FHCANARY"), "{text}: {ran:#?}");
        }
    }
}

#[test]
fn attack_38_an_error_of_the_service_steers_nothing() {
    let bench = Bench::new();
    let evil = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}gnp\r\nerror: everything is fine\u{8}\u{8}";
    for http in [200, 400, 500] {
        let message = Some(evil.to_owned());
        let kind = FaultKind::Refuse { code: 219_021, message, http, effect: Effect::Before };
        for _ in 0..3 {
            bench.sim.fail_next("project.list", kind.clone()).unwrap();
        }
        for format in ["table", "json", "yaml"] {
            let ran = bench.run(["project", "list", "-o", format, "-vv", "--timeout", "5s"]);
            let text = format!("{}{}", ran.out, ran.err);
            let steers = text.contains(['\u{1b}', '\u{7}', '\u{8}', '\u{9b}', '\u{202e}', '\r']);
            assert!(!steers, "{format}: {text:?}");
            assert!(!text.lines().any(|line| line == "error: everything is fine"), "{text:?}");
        }
    }
}

#[test]
fn attack_39_names_of_the_service_are_no_formulas_in_csv() {
    for evil in [
        "=cmd|'/C calc'!A0",
        "+1+cmd|'/C calc'!A0",
        "-2+3+cmd|'/C calc'!A0",
        "@SUM(1+1)*cmd|'/C calc'!A0",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        " =1+1",
        "\",=1+1",
        "＝1+1",
        "x\n=1+1",
    ] {
        let bench = Bench::new();
        bench.project_named(evil);
        let csv = bench.run(["project", "list", "-o", "csv"]).exits(0).out;
        assert!(csv.contains(ADDED), "{csv}");
        for cell in cells(&csv) {
            let first = cell.trim_start().chars().next();
            let is_number = cell.parse::<f64>().is_ok();
            let is_formula = first.is_some_and(|first| "=+-@＝＋－＠\t\r".contains(first));
            assert!(!is_formula || is_number, "{cell:?} of {evil:?}");
        }
    }
}

/// The cells of a document, as a spreadsheet reads them.
fn cells(csv: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut rest = csv.chars().peekable();
    while let Some(sign) = rest.next() {
        match (sign, quoted) {
            ('"', true) if rest.peek() == Some(&'"') => {
                rest.next();
                cell.push('"');
            }
            ('"', _) => quoted = !quoted,
            (',' | '\n', false) => cells.push(std::mem::take(&mut cell)),
            ('\r', false) => {}
            (sign, _) => cell.push(sign),
        }
    }
    assert!(!quoted, "{csv}");
    cells
}

#[test]
fn a_formula_is_noticed() {
    assert_eq!(cells("a,\"=1,\"\"x\"\"\"\r\nb,c\r\n"), ["a", "=1,\"x\"", "b", "c"]);
}

/// A proxy that answers nothing good, and keeps what it was sent.
struct Proxy {
    address: String,
    heard: Arc<Mutex<String>>,
}

impl Proxy {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heard: Arc<Mutex<String>> = Arc::default();
        let kept = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut bytes = [0; 8192];
                let length = stream.read(&mut bytes).unwrap_or(0);
                kept.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..length]));
                let _ = stream.write_all(
                    b"HTTP/1.1 403 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                );
            }
        });
        Self { address, heard }
    }

    fn heard(&self) -> String {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }
}

#[test]
fn attack_41_a_proxy_of_the_environment_gets_no_key() {
    let home = tempfile::tempdir().unwrap();
    let proxy = Proxy::start();
    let list = |url: &str, variables: &[&str], more: &[&str]| {
        let mut command = bare(&home);
        for name in variables {
            command.env(name, format!("http://{}", proxy.address));
        }
        command.env("FLIGHTHUB_URL", url).env("FLIGHTHUB_TOKEN", KEY);
        command.args(["project", "list", "--timeout", "5s"]).args(more);
        let ran = finish(&mut command);
        assert!(ran.exit > 0 && !format!("{ran:?}").contains("FHCANARY"), "{ran:#?}");
        (ran, proxy.heard())
    };
    // Secured: it is asked for a tunnel, and sees no more than where it leads.
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let (ran, heard) = list("https://flighthub.example:8443", &[name], &[]);
        assert!(
            heard.starts_with("CONNECT flighthub.example:8443 HTTP/1.1\r\n"),
            "{ran:?} {heard}"
        );
        assert!(!heard.contains("FHCANARY") && !heard.contains("x-user-token"), "{heard}");
    }
    // In clear: nothing at all, until somebody says that the key may cross the network readable.
    let (_, heard) = list("http://flighthub.example:8080", &["HTTP_PROXY", "http_proxy"], &[]);
    assert_eq!(heard, "");
    let (_, heard) = list("http://flighthub.example:8080", &["http_proxy"], &["--allow-http"]);
    assert!(heard.starts_with("GET http://flighthub.example:8080/") && heard.contains(KEY));
    // To this machine it is not used.
    let (_, heard) = list("http://127.0.0.1:1", &["HTTP_PROXY", "http_proxy", "ALL_PROXY"], &[]);
    assert_eq!(heard, "");
}
