//! Ctrl-C and SIGTERM end the program with 130, and say what is not known.
#![cfg(unix)]

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use flighthub_sim::{Effect, FaultKind};

use crate::support::{Bench, end, flight};

/// Starts it, waits until its request has arrived, and sends the signal.
fn interrupted(bench: &Bench, words: &[&str], operation: &str, signal: &str) -> (Child, Instant) {
    let child = bench.command().args(words).spawn().unwrap();
    for _ in 0..1000 {
        if !bench.sim.journal().of(operation).is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    bench.sim.journal().of(operation).times(1);
    let sent = Instant::now();
    let id = child.id().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    (child, sent)
}

#[test]
fn an_interrupted_read_ends_with_130() {
    for signal in ["-INT", "-TERM"] {
        let bench = Bench::new();
        bench.sim.fail_next("project.list", FaultKind::silence()).unwrap();
        let (child, sent) = interrupted(&bench, &["project", "list"], "project.list", signal);
        let ran = end(child).exits(130);
        // The goal is 100 ms; a machine that does ten things at once gets more.
        assert!(sent.elapsed() < Duration::from_secs(2), "{:?}", sent.elapsed());
        assert_eq!(ran.err, "error: interrupted\n");
        assert_eq!(ran.out, "");
    }
}

#[test]
fn an_interrupted_write_says_that_nobody_knows() {
    let bench = Bench::new();
    let lost = FaultKind::silence().effect(Effect::After);
    bench.sim.fail_next("task.create", lost).unwrap();
    let json = flight("interrupted");
    let words = ["task", "create", "--yes", "--json", &json];
    let (child, _) = interrupted(&bench, &words, "task.create", "-INT");
    end(child).exits(130).says("while task.create was on its way").says("Look at the state first");
    bench.sim.journal().of("task.create").times(1);
}
