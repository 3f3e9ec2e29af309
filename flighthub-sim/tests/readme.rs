//! The examples of the README in other languages, run as they are printed, by whatever of their interpreters this machine has.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::process::{Command, Output};

use flighthub_sim::Sim;

/// The block below a mark.
fn example(mark: &str) -> &'static str {
    let readme = include_str!("../README.md");
    let (_, rest) = readme.split_once(&format!("<!-- run: {mark} -->\n```")).unwrap();
    let (_, rest) = rest.split_once('\n').unwrap();
    rest.split_once("\n```").unwrap().0
}

/// Whether a command is there and does not fail.
fn works(command: &str, arguments: &[&str]) -> bool {
    let there =
        Command::new(command).args(arguments).output().is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("not run: `{command} {}` does not work on this machine", arguments.join(" "));
    }
    there
}

/// Runs a command against a simulator of its own.
fn run(sim: &Sim, command: &str, arguments: &[&str]) -> Output {
    let output = Command::new(command)
        .args(arguments)
        .env("FLIGHTHUB_URL", sim.url())
        .env("FLIGHTHUB_TOKEN", sim.token())
        .env("FLIGHTHUB_PROJECT", sim.project())
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    output
}

fn sim() -> Sim {
    Sim::builder().speed(60.0).start_blocking().unwrap()
}

#[test]
fn the_example_for_curl_runs() {
    if !works("curl", &["--version"]) {
        return;
    }
    let sim = sim();
    let output = run(&sim, "sh", &["-c", example("sh")]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("north-fence") && said.contains("no answer"), "{said}");
    assert!(!said.contains(sim.token()), "{said}");
    sim.journal().of("task.create").times(1);
}

#[test]
fn the_example_for_python_runs() {
    if !works("python3", &["-c", "import requests"]) {
        return;
    }
    let output = run(&sim(), "python3", &["-c", example("python3")]);
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), "flew 1394 m in 214 s, 25 files");
}

#[test]
fn the_example_for_typescript_runs() {
    // Types are left out by Node itself from 22.18 on.
    if !works("node", &["--input-type=module-typescript", "-e", "const ok: boolean = true"]) {
        return;
    }
    let output = run(&sim(), "node", &["--input-type=module-typescript", "-e", example("node")]);
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), "ended as partially_done");
}
