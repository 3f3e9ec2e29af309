//! What the program does before it does anything.

use std::io::Read as _;
use std::process::Stdio;

use crate::support::{Bench, bare, finish, finish_with};

#[test]
fn without_settings_it_says_what_is_missing() {
    let bench = Bench::new();
    let run = |words: &[&str]| finish(bench.bare().args(words));
    run(&["project", "list"]).exits(3).says("FLIGHTHUB_REGION").says("--region");
    run(&["project", "list", "--region", "eu"]).exits(3).says("FLIGHTHUB_TOKEN");
    run(&["project", "list", "--region", "moon"]).exits(3).says("cn, us and eu");
    run(&["project", "list", "--profile", "work"]).exits(3).says("work");
    // What needs no settings needs none.
    for words in [["schema", "task.get"].as_slice(), &["task", "create", "--example"], &["--help"]]
    {
        run(words).exits(0);
    }
    assert!(bench.sim.journal().is_empty());
}

#[test]
fn wrong_words_get_the_nearest_right_one() {
    let bench = Bench::new();
    for (words, says) in [
        (["tsk", "get"].as_slice(), "'task'"),
        (&["task", "creat"], "'create'"),
        (&["task", "list", "--begn-at", "7d"], "'--begin-at'"),
        (&["task", "list", "--status", "runing"], "executing"),
        (&["project", "list", "--page", "0"], "0 is not in 1.."),
        (&["project", "list", "--page", "many"], "many"),
        (&["project", "list", "-o", "xml"], "geojson"),
        (&["project", "list", "--timeout", "10"], "10"),
        (&["device", "command", "X", "--device-command", "land"], "return_home"),
        (&["task", "get", "A", "--task-uuid", "B"], "cannot be used with"),
        (&["project", "list", "--sim-seed", "1"], "--sim"),
    ] {
        bench.run(words).exits(2).says(says);
    }
    assert!(bench.sim.journal().is_empty());
}

#[test]
fn the_version_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    for flag in ["--version", "-V"] {
        let ran = finish(bare(&folder).arg(flag)).exits(0);
        assert_eq!(ran.out, format!("flighthub {}\n", env!("CARGO_PKG_VERSION")));
        assert_eq!(ran.err, "");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = bare(&folder).arg("schema").spawn().unwrap();
    let mut first = [0; 1];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    let ran = crate::support::end(child).exits(0);
    assert_eq!(ran.err, "");
}

#[test]
fn a_project_is_chosen_by_its_name() {
    let bench = Bench::new();
    let run = |project: Option<&str>| {
        let mut command = bench.command();
        command.env_remove("FLIGHTHUB_PROJECT").args(["wayline", "list"]);
        if let Some(project) = project {
            command.args(["--project", project]);
        }
        finish(&mut command)
    };
    run(Some("atlantic test field")).exits(0);
    run(Some("Atlantic")).exits(0);
    run(Some("Nowhere")).exits(5).says("There are: Atlantic test field");
    run(Some("e")).exits(2).says("fits");
    run(None).exits(2).says("--project").says("Atlantic test field");
    bench.sim.journal().of("wayline.list").times(2);
}

#[test]
fn errors_are_json_where_the_output_is() {
    let bench = Bench::new();
    let ran = bench.run(["task", "get", "nowhere", "-o", "json"]).exits(5);
    assert_eq!(ran.out, "");
    let error: serde_json::Value = serde_json::from_str(&ran.err).unwrap();
    let error = &error["error"];
    assert_eq!(error["exit"], 5);
    assert_eq!(error["kind"], "not_found");
    assert_eq!(error["operation"], "task.get");
    assert_eq!(error["code"], 219_021);
    assert_eq!(error["http_status"], 200);
    assert!(error["request_id"].as_str().unwrap().len() == 36);
    assert!(error["help"].as_str().unwrap().len() > 10);
    // People get text, with the next step, once.
    let ran = bench.run(["task", "get", "nowhere"]).exits(5);
    assert!(ran.err.starts_with("error: task.get: code 219021"), "{ran:#?}");
    assert_eq!(ran.err.matches("next: ").count(), 1, "{ran:#?}");
    assert!(!ran.err.contains("Next:"), "{ran:#?}");
}

#[test]
fn read_only_refuses_everything_that_is_not_a_read() {
    let bench = Bench::new();
    let config = bench.file(
        "config.toml",
        &format!("[profiles.careful]\nurl = \"{}\"\nread_only = true\n", bench.sim.url()),
    );
    let with = |extra: &[&str], words: &[&str]| {
        let mut command = bench.command();
        command.env_remove("FLIGHTHUB_URL");
        if extra.is_empty() {
            command.args(["--config", &config, "--profile", "careful"]);
        } else {
            command.env("FLIGHTHUB_URL", bench.sim.url()).args(extra);
        }
        finish(command.args(words))
    };
    for extra in [["--read-only"].as_slice(), &[]] {
        with(extra, &["wayline", "list"]).exits(0);
        for words in [
            ["project", "sts-token"].as_slice(),
            &["device", "command", "X", "--device-command", "return_home", "--yes"],
            &["call", "openmodel.obtain_token"],
            &["api", "GET", "/openapi/v0.1/project/sts-token"],
            &["api", "POST", "/openapi/v0.1/whatever", "--yes"],
        ] {
            with(extra, words).exits(2).says("only reads");
        }
    }
    let asked: Vec<_> =
        bench.sim.journal().entries().iter().map(|entry| entry.operation()).collect();
    assert_eq!(asked, [Some("wayline.list"), Some("wayline.list")]);
}

#[test]
fn messages_are_kept_from_standard_output() {
    let bench = Bench::new();
    let words = ["task", "create", "--yes", "--json"];
    let ran = bench.run(words.into_iter().chain([crate::support::flight("A").as_str()])).exits(0);
    let uuid = ran.json()["task_uuid"].as_str().unwrap().to_owned();
    assert!(ran.err.contains("accepted; not yet flown"), "{ran:#?}");
    assert!(ran.err.contains(&uuid) && !ran.err.contains("launched"), "{ran:#?}");
    // An answer without data says what is true, and quiet is quiet.
    let sn = crate::support::DRONE;
    let words = ["device", "acquire-control", "--drone-sn", sn, "--payload-index", "81-0-0"];
    bench.run(words.into_iter().chain(["--yes"])).exits(0);
    let words = ["device", "change-lens", "--sn", sn, "--camera-index", "81-0-0"];
    let ran = bench.run(words.into_iter().chain(["--lens-type", "wide", "--quiet"])).exits(0);
    assert_eq!(ran.json()["accepted"], true);
    assert_eq!(ran.json()["operation"], "device.change_lens");
    assert_eq!(ran.err, "");
}

#[test]
fn standard_input_is_read_once() {
    let bench = Bench::new();
    let mut command = bench.command();
    command.env_remove("FLIGHTHUB_TOKEN").args(["task", "get", "--json", "-", "--key-stdin"]);
    finish_with(command.stdin(Stdio::piped()), "{}").exits(2).says("standard input");
    let mut command = bench.command();
    command.args(["device", "calibrate-rtk", "X", "--account-file", "-", "--password-file", "-"]);
    finish_with(&mut command, "x").exits(2).says("--password-file and --account-file");
}
