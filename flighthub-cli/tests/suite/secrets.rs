//! No secret is ever shown, and none stands on a command line.

use std::time::Duration;

use flighthub_sim::FaultKind;

use crate::support::{Bench, Ended, finish, finish_with, flight};

/// `{"alg":"HS512"}` . `{"exp":1767323045,"organization_uuid":"org-1","sub":"fh2"}` . FHCANARY
const KEY: &str = "eyJhbGciOiJIUzUxMiJ9.eyJleHAiOjE3NjczMjMwNDUsIm9yZ2FuaXphdGlvbl91dWlkIjoib3JnLTEiLCJzdWIiOiJmaDIifQ.FHCANARY";

fn clean(ran: &Ended) {
    let whole = format!("{ran:?}");
    assert!(!whole.contains("FHCANARY"), "{ran:#?}");
}

#[test]
fn a_key_on_the_command_line_is_refused_with_the_ways_that_there_are() {
    let bench = Bench::new();
    for words in [
        ["project", "list", "--key", KEY].as_slice(),
        &["project", "list", &format!("--token={KEY}")],
        &["--api-key", KEY, "project", "list"],
        &["project", "list", "--key"],
    ] {
        let ran = bench.run(words).exits(2).says("--key-file").says("FLIGHTHUB_TOKEN");
        clean(&ran);
    }
    assert!(bench.sim.journal().is_empty());
}

#[test]
fn other_secrets_on_the_command_line_are_refused_too() {
    let bench = Bench::new();
    let json = r#"{"device_sn":"X","password":"FHCANARY"}"#;
    for words in [
        ["device", "calibrate-rtk", "--json", json].as_slice(),
        &["call", "device.calibrate_rtk", "--json", json],
        &["call", "device.calibrate_rtk", "password=FHCANARY"],
        &["api", "POST", "/openapi/v0.1/device/X/rtk", "--json", json],
        &["converter", "create", "--json", r#"{"schema_option":{"url":"rtmp://x/FHCANARY"}}"#],
    ] {
        clean(&bench.run(words).exits(2).says("is a secret"));
    }
    // There is no flag to give one by.
    bench.run(["device", "calibrate-rtk", "X", "--password", "x"]).exits(2).says("--password-file");
    assert!(bench.sim.journal().is_empty());
}

#[test]
fn the_key_is_in_no_output_whatever_happens() {
    let bench = Bench::new();
    let flight = flight("x");
    let words: [&[&str]; 7] = [
        &["project", "list"],
        &["project", "list", "--dry-run"],
        &["project", "list", "-o", "json"],
        &["task", "create", "--json", &flight, "--yes"],
        &["task", "create", "--json", &flight, "--dry-run", "-o", "table"],
        &["api", "GET", "/openapi/v0.1/project"],
        &["wayline", "list", "--project", "North", "-n"],
    ];
    let key_file = bench.file("key", KEY);
    for url in [bench.sim.url(), "http://127.0.0.1:1", "http://FHCANARY.invalid"] {
        for words in words {
            let mut command = bench.command();
            command.env("FLIGHTHUB_URL", url).env_remove("FLIGHTHUB_TOKEN").arg("-vv").args(words);
            let without_host = |ran: &Ended| {
                let whole = format!("{ran:?}").replace("http://fhcanary.invalid", "");
                assert!(!whole.contains("FHCANARY"), "{ran:#?}");
            };
            without_host(&finish(command.args(["--timeout", "2s"]).env("FLIGHTHUB_TOKEN", KEY)));
            let mut command = bench.command();
            command.env("FLIGHTHUB_URL", bench.sim.url()).env_remove("FLIGHTHUB_TOKEN").args(words);
            clean(&finish(command.arg("--key-file").arg(&key_file)));
        }
    }
    // Nor is a broken one, which errors talk about.
    for broken in ["FHCANARY", "Bearer FHCANARY.x.y", "FHCANARY\n.x.y", "FHCANARYé.x.y"] {
        let mut command = bench.command();
        command
            .env_remove("FLIGHTHUB_URL")
            .env("FLIGHTHUB_REGION", "eu")
            .env_remove("FLIGHTHUB_TOKEN");
        command.args(["project", "list", "--key-stdin", "-vv"]);
        clean(&finish_with(&mut command, broken).exits(3));
    }
}

#[test]
fn secrets_of_a_body_are_sent_and_not_shown() {
    let bench = Bench::new();
    let secret = bench.file("secret", "FHCANARY\n");
    let words = [
        "device",
        "calibrate-rtk",
        crate::support::DOCK,
        "--host",
        "ntrip.example.net",
        "--port",
        "8002",
    ];
    let rest = ["--mount-point", "M", "--account-file", &secret, "--password-file", &secret];
    let words: Vec<&str> = words.into_iter().chain(rest).collect();
    let ran = bench.run(words.iter().copied().chain(["--dry-run"])).exits(0);
    clean(&ran);
    assert_eq!(ran.json()["body"]["password"], "***");
    let raw = bench.file("raw.json", r#"{"inner":{"token":"FHCANARY"}}"#);
    let ran =
        bench.run(["api", "POST", "/openapi/v0.1/x", "--json", &format!("@{raw}"), "-n"]).exits(0);
    clean(&ran);
    // Without its line break it arrived: the simulator does not know what is right, and takes anything.
    let ran = bench.run(words.iter().copied().chain(["--yes", "-vv"]));
    clean(&ran);
    bench.sim.journal().of("device.calibrate_rtk").times(1);
    assert!(bench.sim.journal().of("device.calibrate_rtk").entries()[0].bytes() > 60);
}

#[test]
fn secrets_of_an_answer_are_shown_when_asked_for_only() {
    let bench = Bench::new();
    let raw = ["api", "GET", "/openapi/v0.1/project/sts-token"];
    for words in [["project", "sts-token"].as_slice(), &["call", "project.sts_token"], &raw] {
        let ran = bench.run(words).exits(0).says("--show-secrets");
        assert_eq!(ran.json()["credentials"]["access_key_secret"], "***");
        assert_eq!(ran.json()["credentials"]["security_token"], "***");
        let ran = bench.run(words.iter().chain(&["--show-secrets"])).exits(0);
        assert!(ran.json()["credentials"]["access_key_secret"].as_str().unwrap().len() > 10);
        assert!(!ran.err.contains("--show-secrets"), "{ran:#?}");
    }
    let words = ["wayline", "get", crate::support::ROUTE];
    assert_eq!(bench.run(words).exits(0).json()["download_url"], "***");
    let ran = bench.run(words.into_iter().chain(["--show-secrets"])).exits(0);
    assert!(ran.json()["download_url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
}

#[test]
#[cfg(target_os = "linux")]
fn the_key_does_not_stand_in_the_list_of_processes() {
    use std::io::Write as _;
    use std::process::Stdio;

    let bench = Bench::new();
    let key_file = bench.file("key", KEY);
    for by_file in [true, false] {
        bench.sim.fail_next("project.list", FaultKind::silence()).unwrap();
        let mut command = bench.command();
        command.env_remove("FLIGHTHUB_TOKEN").args(["project", "list", "--timeout", "3s"]);
        if by_file {
            command.arg("--key-file").arg(&key_file);
        } else {
            command.arg("--key-stdin").stdin(Stdio::piped());
        }
        bench.sim.clear_journal();
        let mut child = command.spawn().unwrap();
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(KEY.as_bytes()).unwrap();
        }
        // Under way: it has asked, and nobody answers.
        for _ in 0..500 {
            if !bench.sim.journal().is_empty() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        bench.sim.journal().of("project.list").times(1);
        let line = std::fs::read(format!("/proc/{}/cmdline", child.id())).unwrap();
        let line = String::from_utf8_lossy(&line).into_owned();
        assert!(line.contains("project") && !line.contains("FHCANARY"), "{line}");
        child.kill().unwrap();
        clean(&crate::support::end(child));
    }
}

#[test]
#[cfg(unix)]
fn a_key_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let bench = Bench::new();
    let path = bench.file("key", KEY);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut command = bench.command();
    command.env_remove("FLIGHTHUB_TOKEN").args(["project", "list", "--key-file"]).arg(&path);
    clean(&finish(&mut command).exits(3).says("chmod 600"));
    assert!(bench.sim.journal().is_empty());
}
