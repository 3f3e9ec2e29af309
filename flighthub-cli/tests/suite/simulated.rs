//! `--sim`: everything can be tried without an account.

use crate::support::{Bench, DOCK, bare, finish};

#[test]
fn a_simulator_comes_with_the_program_and_needs_no_settings() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| finish(bare(&folder).args(words));
    let ran = run(&["project", "devices", "--sim"]).exits(0).says("simulated");
    assert!(ran.out.contains(DOCK), "{ran:#?}");
    let ran = run(&["wayline", "list", "--sim", "--project", "Atlantic test field"]).exits(0);
    assert_eq!(ran.json()["list"].as_array().unwrap().len(), 3);
    // The same seed, the same world; another seed, another one.
    let uuid = |seed: &str| {
        let flight = crate::support::flight("x");
        let words = ["task", "create", "--json", &flight, "--yes", "--sim", "--sim-seed", seed];
        run(&words).exits(0).out
    };
    assert_eq!(uuid("1"), uuid("1"));
    assert_ne!(uuid("1"), uuid("2"));
    run(&["project", "list", "--sim", "--sim-scenario", "dock-offline"]).exits(0);
    run(&["project", "list", "--sim", "--sim-scenario", "nonsense"]).exits(2).says("dock-offline");
}

#[test]
fn it_ignores_settings_and_keys() {
    let bench = Bench::new();
    let config = bench.file("config.toml", "this is no TOML");
    let mut command = bench.command();
    command
        .env("FLIGHTHUB_CONFIG", config)
        .env("FLIGHTHUB_TOKEN", "FHCANARY")
        .env("FLIGHTHUB_PROJECT", "no such project")
        .args(["wayline", "list", "--sim"]);
    finish(&mut command).exits(0);
    assert!(bench.sim.journal().is_empty());
}

#[test]
fn a_dry_run_of_it_starts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ran = finish(bare(&folder).args(["wayline", "list", "--sim", "-n"])).exits(0);
    assert_eq!(ran.json()["url"], "http://localhost/openapi/v0.1/wayline");
    assert!(!ran.err.contains("simulated:"), "{ran:#?}");
}

#[test]
fn it_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    finish(bare(&folder).args(["project", "list", "--sim"])).exits(0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_simulator_is_a_command_too() {
    let folder = tempfile::tempdir().unwrap();
    let ran = finish(bare(&folder).args(["sim", "--help"])).exits(0);
    assert!(ran.out.contains("flighthub sim"), "{ran:#?}");
    finish(bare(&folder).args(["sim", "--nonsense"])).exits(2).says("flighthub sim");
    finish(bare(&folder).args(["-q", "sim", "scenarios"])).exits(2).says("flighthub sim scenarios");
}
