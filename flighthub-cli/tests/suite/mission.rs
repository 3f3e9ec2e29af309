//! `flighthub mission` as scripts use it: output, exit codes, and what survives the end of the program.

use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use flighthub_sim::{Fault, FaultKind, Sim, When};
use serde_json::Value;

const ROUTE: &str = "c2b0a3f4-1f0e-4f6a-8c55-9d3b2e7a6410";
const DOCK: &str = "7CTXN0000B00A1";

/// The options of a task that starts at once, but for dock and route.
const HOW: [&str; 9] = [
    "--now",
    "--rth-altitude",
    "60",
    "--rth-mode",
    "preset",
    "--precision",
    "rtk",
    "--time-zone",
    "Atlantic/Azores",
];

/// The options that only a launch has.
const LAUNCH: [&str; 6] =
    ["--name", "Night round", "--lost-link", "return_home", "--resume", "manual"];

/// A folder of its own for settings and states.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flighthub"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FLIGHTHUB_")) {
            command.env_remove(name);
        }
        command
            .env("HOME", self.0.path())
            .env("XDG_CONFIG_HOME", self.0.path())
            .env("XDG_STATE_HOME", self.0.path())
            .env("APPDATA", self.0.path())
            .env("LOCALAPPDATA", self.0.path())
            .env("NO_PROXY", "*")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .args(args);
        command
    }

    /// Against a simulator outside of the program.
    fn against(&self, sim: &Sim, args: &[&str]) -> Command {
        let mut command = self.command(args);
        command
            .env("FLIGHTHUB_URL", sim.url())
            .env("FLIGHTHUB_TOKEN", sim.token())
            .env("FLIGHTHUB_PROJECT", sim.project())
            .env("FLIGHTHUB_STATE_DIR", self.state());
        command
    }

    fn state(&self) -> std::path::PathBuf {
        self.0.path().join("state")
    }
}

struct Ended {
    exit: i32,
    out: String,
    err: String,
}

impl Ended {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl std::fmt::Debug for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit {}\n{}\n{}", self.exit, self.out, self.err)
    }
}

fn ended(output: Output) -> Ended {
    Ended {
        exit: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// With a simulator inside of the program.
fn simulated(args: &[&str]) -> Ended {
    let home = Home::new();
    let mut all = vec!["mission"];
    all.extend(args);
    all.push("--sim");
    ended(home.command(&all).output().unwrap())
}

fn run(home: &Home, sim: &Sim, args: &[&str]) -> Ended {
    let mut all = vec!["mission"];
    all.extend(args);
    ended(home.against(sim, &all).output().unwrap())
}

fn launch<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["launch", "--dock", DOCK, "--route", ROUTE];
    args.extend(HOW);
    args.extend(LAUNCH);
    args.extend(more);
    args
}

/// A simulator whose time is that of the program.
fn sim() -> Sim {
    now().start_blocking().unwrap()
}

fn now() -> flighthub_sim::SimBuilder {
    let now = flighthub_api::Timestamp::now().unix_seconds();
    let now = flighthub_api::Timestamp::from_unix_seconds(now).unwrap();
    Sim::builder().speed(1.0).starts_at(now)
}

#[test]
fn a_check_says_what_is_in_order_and_what_is_not() {
    let mut args = vec!["check", "--dock", "North dock", "--route", "north-fence"];
    args.extend(HOW);
    args.extend(["--rth-ceiling", "120"]);
    let good = simulated(&args);
    assert_eq!(good.exit, 0, "{good:?}");
    let report = good.json();
    assert_eq!(report["is_ready"], true);
    assert_eq!(report["checks"].as_array().unwrap().len(), 27);
    assert!(good.err.contains("nothing stops a launch"), "{good:?}");

    args.extend(["--sim-scenario", "low-battery"]);
    let bad = simulated(&args);
    assert_eq!(bad.exit, 6, "{bad:?}");
    assert!(bad.err.contains("aircraft-battery"), "{bad:?}");

    args.extend(["-o", "table"]);
    let table = simulated(&args);
    assert!(table.out.contains("CHECK") && table.out.contains("aircraft-battery"), "{table:?}");
}

#[test]
fn a_launch_is_followed_to_its_end() {
    let end = simulated(&launch(&["--yes", "--wait", "--deadline", "45m"]));
    assert_eq!(end.exit, 0, "{end:?}");
    let value = end.json();
    assert_eq!(value["outcome"], "accepted");
    assert_eq!(value["wait"]["end"], "succeeded");
    assert_eq!(value["wait"]["aircraft"], "in_dock");
    assert!(end.err.contains("accepted, not yet flown"), "{end:?}");
    assert!(end.err.contains("flown to its end"), "{end:?}");
}

#[test]
fn each_end_of_a_flight_has_its_exit_code() {
    let short = simulated(&launch(&["--yes", "--wait", "--deadline", "60s"]));
    assert_eq!(short.exit, 9, "{short:?}");
    assert!(short.err.contains("still flying"), "{short:?}");
    let ceiling =
        launch(&["--yes", "--wait", "--deadline", "45m", "--sim-scenario", "rth-ceiling"]);
    let bad = simulated(&ceiling);
    assert_eq!(bad.exit, 10, "{bad:?}");
    assert_eq!(bad.json()["wait"]["status"], "starting_failure");
    let stopped = simulated(&launch(&["--yes", "--sim-scenario", "low-battery"]));
    assert_eq!(stopped.exit, 6, "{stopped:?}");
    assert!(stopped.out.is_empty() && stopped.err.contains("--override"), "{stopped:?}");
    let nothing = "00000000-0000-4000-8000-000000000000";
    let lost = simulated(&["wait", nothing, "--deadline", "45m"]);
    assert_eq!(lost.exit, 5, "{lost:?}");
}

#[test]
fn nothing_is_launched_without_a_confirmation() {
    let (home, sim) = (Home::new(), sim());
    let asked = run(&home, &sim, &launch(&[]));
    assert_eq!(asked.exit, 2, "{asked:?}");
    for word in ["Kestrel 1", "north-fence", DOCK, "--yes", "now"] {
        assert!(asked.err.contains(word), "{word}: {asked:?}");
    }
    let read_only = run(&home, &sim, &launch(&["--yes", "--read-only"]));
    assert_eq!(read_only.exit, 2, "{read_only:?}");
    sim.journal().none("task.create");
}

#[test]
fn a_wrong_command_line_sends_nothing() {
    let (home, sim) = (Home::new(), sim());
    for (args, word) in [
        (launch(&["--yes", "--override", "battery"]), "aircraft-battery"),
        (launch(&["--yes", "--wait"]), "--deadline"),
        (launch(&["--yes", "--id", "a/b"]), "letters"),
        (vec!["check", "--dock", DOCK, "--route", ROUTE], "--now"),
        (vec!["wait", "x y", "--deadline", "1m"], "UUID"),
        (vec!["list", "--since", "soon"], "soon"),
    ] {
        let end = run(&home, &sim, &args);
        assert_eq!(end.exit, 2, "{args:?}: {end:?}");
        assert!(end.err.contains(word), "{word}: {end:?}");
    }
    let mut args = vec!["check", "--dock", DOCK, "--route", ROUTE, "--at", "2026-01-02 03:00"];
    args.extend(&HOW[1..7]);
    let end = run(&home, &sim, &args);
    assert_eq!(end.exit, 2, "{end:?}");
    assert!(end.err.contains("time zone"), "{end:?}");
    sim.journal().writes().times(0);
}

#[test]
fn a_dry_run_shows_the_request_and_connects_to_nothing() {
    let (home, sim) = (Home::new(), sim());
    let end = run(&home, &sim, &launch(&["--dry-run", "-o", "json"]));
    assert_eq!(end.exit, 0, "{end:?}");
    let request = end.json();
    assert_eq!(request["method"], "POST");
    assert!(request["url"].as_str().unwrap().ends_with("/openapi/v0.1/flight-task"));
    let body = &request["body"];
    assert!(body["name"].as_str().unwrap().starts_with("Night round fh-"), "{body}");
    for (field, value) in [
        ("sn", DOCK),
        ("wayline_uuid", ROUTE),
        ("task_type", "immediate"),
        ("rth_mode", "preset"),
        ("time_zone", "Atlantic/Azores"),
        ("wayline_precision_type", "rtk"),
        ("out_of_control_action_in_flight", "return_home"),
        ("resumable_status", "manual"),
    ] {
        assert_eq!(body[field], value, "{field}");
    }
    assert_eq!(body["rth_altitude"], 60);
    assert!(!end.out.contains(sim.token()) && !end.err.contains(sim.token()));
    assert_eq!(sim.journal().len(), 0);
    assert!(!home.state().join("missions").exists());
}

#[test]
fn times_of_a_plan_are_those_of_its_zone() {
    let (home, sim) = (Home::new(), sim());
    let mut args = vec!["launch", "--dock", DOCK, "--route", ROUTE];
    args.extend(["--at", "2030-07-01 03:00 Europe/Prague", "--latest", "10m"]);
    args.extend(&HOW[1..7]);
    args.extend(LAUNCH);
    args.extend(["--dry-run", "-o", "json"]);
    let end = run(&home, &sim, &args);
    let body = end.json()["body"].clone();
    assert_eq!(body["task_type"], "timed", "{end:?}");
    assert_eq!(body["time_zone"], "Europe/Prague");
    // 2030-07-01T01:00:00Z.
    assert_eq!(body["begin_at"], 1_909_098_000);
    assert_eq!(body["latest_begin_at"], 1_909_098_600);
}

#[test]
fn what_flighthub_refuses_is_no_unknown_outcome() {
    let (home, sim) = (Home::new(), sim());
    sim.fail_next("task.create", FaultKind::refuse(219_019)).unwrap();
    let end = run(&home, &sim, &launch(&["--yes"]));
    assert_eq!(end.exit, 6, "{end:?}");
    assert_eq!(end.json()["outcome"], "refused");
    let pending = run(&home, &sim, &["pending"]);
    assert_eq!((pending.exit, pending.json()), (0, Value::Array(Vec::new())), "{pending:?}");
}

#[test]
fn a_lost_answer_is_looked_up() {
    let (home, sim) = (Home::new(), sim());
    sim.fail_next("task.create", FaultKind::reset().after_effect()).unwrap();
    let end = run(&home, &sim, &launch(&["--yes"]));
    assert_eq!(end.exit, 0, "{end:?}");
    assert_eq!(end.json()["outcome"], "found");
    assert!(end.err.contains("the answer is lost"), "{end:?}");
    sim.journal().of("task.create").times(1);
}

#[test]
fn a_computer_with_a_wrong_clock_finds_its_launch_too() {
    // The simulator's usual time is far from that of this computer.
    let (home, sim) = (Home::new(), Sim::builder().start_blocking().unwrap());
    sim.fail_next("task.create", FaultKind::reset().after_effect()).unwrap();
    let end = run(&home, &sim, &launch(&["--yes", "--patience", "1s"]));
    assert_eq!(end.exit, 0, "{end:?}");
    assert_eq!(end.json()["outcome"], "found");
    sim.journal().of("task.create").times(1);
}

#[test]
fn an_unknown_outcome_stands_in_the_way_until_it_is_settled() {
    let (home, sim) = (Home::new(), sim());
    sim.fail_next("task.create", FaultKind::reset()).unwrap();
    let quick = ["--yes", "--patience", "1s"];
    let lost = run(&home, &sim, &launch(&quick));
    assert_eq!(lost.exit, 8, "{lost:?}");
    assert_eq!(lost.json()["outcome"], "unknown");
    let id = lost.json()["id"].as_str().unwrap().to_owned();

    let again = run(&home, &sim, &launch(&quick));
    assert_eq!((again.exit, &again.json()["was_sent"]), (8, &Value::Bool(false)), "{again:?}");
    let pending = run(&home, &sim, &["pending"]);
    assert_eq!(pending.exit, 8, "{pending:?}");
    assert_eq!(pending.json()[0]["id"], id.as_str());
    let looked = run(&home, &sim, &["pending", "--look", "--patience", "1s"]);
    assert_eq!(looked.exit, 8, "{looked:?}");
    sim.journal().of("task.create").times(1);

    let settled = run(&home, &sim, &["settle", &id, "--note", "not in the console"]);
    assert_eq!(settled.exit, 0, "{settled:?}");
    assert_eq!(run(&home, &sim, &["settle", &id, "--note", "again"]).exit, 2);
    assert_eq!(run(&home, &sim, &["pending"]).exit, 0);
    assert_eq!(run(&home, &sim, &launch(&quick)).exit, 0);
}

#[test]
fn an_id_is_launched_once() {
    let (home, sim) = (Home::new(), sim());
    let first = run(&home, &sim, &launch(&["--yes", "--id", "alarm-17"]));
    assert_eq!(first.exit, 0, "{first:?}");
    let again = run(&home, &sim, &launch(&["--yes", "--id", "alarm-17"]));
    assert_eq!(again.exit, 0, "{again:?}");
    assert_eq!(again.json()["task_uuid"], first.json()["task_uuid"]);
    assert!(again.err.contains("nothing was sent"), "{again:?}");
    sim.journal().of("task.create").times(1);
}

fn start(home: &Home, sim: &Sim, args: &[&str]) -> Child {
    let mut all = vec!["mission"];
    all.extend(args);
    let mut command = home.against(sim, &all);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn killed_while_the_answer_is_on_its_way_it_is_found_again() {
    let (home, sim) = (Home::new(), sim());
    sim.fail_next("task.create", FaultKind::silence().after_effect()).unwrap();
    let mut child = start(&home, &sim, &launch(&["--yes"]));
    until("sent", || !sim.journal().of("task.create").is_empty());
    child.kill().unwrap();
    child.wait().unwrap();
    let pending = run(&home, &sim, &["pending"]);
    assert_eq!(pending.json()[0]["state"], "sending", "{pending:?}");
    let looked = run(&home, &sim, &["pending", "--look"]);
    assert_eq!(looked.exit, 0, "{looked:?}");
    assert_eq!(looked.json()[0]["state"], "found", "{looked:?}");
    sim.journal().of("task.create").times(1);
}

#[test]
fn killed_while_waiting_it_goes_on_by_the_task_alone() {
    let home = Home::new();
    let sim = now().speed(60.0).start_blocking().unwrap();
    let launched = run(&home, &sim, &launch(&["--yes"]));
    assert_eq!(launched.exit, 0, "{launched:?}");
    let task = launched.json()["task_uuid"].as_str().unwrap().to_owned();
    let mut child = start(&home, &sim, &["wait", &task, "--deadline", "1h"]);
    until("read", || !sim.journal().of("task.get").is_empty());
    child.kill().unwrap();
    child.wait().unwrap();
    let end = run(&home, &sim, &["wait", &task, "--deadline", "1h"]);
    assert_eq!((end.exit, &end.json()["end"]), (0, &Value::from("succeeded")), "{end:?}");
    let report = run(&home, &sim, &["report", &task]);
    assert_eq!(report.exit, 0, "{report:?}");
    assert!(report.json()["distance_m"].as_f64().unwrap() > 1000.0, "{report:?}");
    sim.journal().of("task.create").times(1);
}

#[test]
fn flights_of_all_docks_are_listed_and_told() {
    let list = simulated(&["list", "--since", "1d"]);
    assert_eq!(list.exit, 0, "{list:?}");
    let rows = list.json();
    let task = rows[0]["uuid"].as_str().unwrap().to_owned();
    let report = simulated(&["report", &task]);
    assert_eq!(report.exit, 0, "{report:?}");
    assert_eq!(report.json()["task_uuid"], task.as_str());
    let none = simulated(&["list", "--since", "1d", "--status", "timeout", "-o", "csv"]);
    assert_eq!(none.exit, 0, "{none:?}");
    assert!(!none.out.contains(&task), "{none:?}");
}

#[test]
fn a_list_of_which_a_part_is_missing_says_so() {
    let (home, sim) = (Home::new(), sim());
    // The program repeats its reads: this dock fails for good.
    let list = ["list", "--since", "1d", "--until", "now"];
    let whole = run(&home, &sim, &list);
    assert_eq!(whole.exit, 0, "{whole:?}");
    sim.inject(Fault::new("task.list", FaultKind::refuse(200_403)).when(When::Next(1))).unwrap();
    let part = run(&home, &sim, &list);
    assert_eq!(part.exit, 11, "{part:?}");
    assert!(part.err.contains("200403"), "{part:?}");
}

#[test]
fn help_names_every_command_with_examples() {
    let home = Home::new();
    for command in ["check", "launch", "wait", "report", "list", "pending", "settle"] {
        let end = ended(home.command(&["mission", command, "--help"]).output().unwrap());
        assert_eq!(end.exit, 0);
        assert!(end.out.contains("Examples:"), "{command}");
    }
}
