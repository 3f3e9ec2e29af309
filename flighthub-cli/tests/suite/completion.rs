//! Completions, in the shells that this machine has.

use std::path::Path;
use std::process::Command;

use crate::support::{Bench, DOCK, Ended, ROUTE, finish};

/// A shell that finds the program; `None` where this machine has none.
fn shell(bench: &Bench, name: &str, args: &[&str]) -> Option<Ended> {
    let there = Command::new(name).arg("--version").output().is_ok_and(|out| out.status.success());
    if !there {
        eprintln!("not run: this machine has no {name}");
        return None;
    }
    let folder = Path::new(env!("CARGO_BIN_EXE_flighthub")).parent().unwrap().to_owned();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(name);
    command
        .args(args)
        .env_clear()
        .env("HOME", bench.program.home.path())
        .env("PATH", format!("{}:{path}", folder.display()))
        .env("TERM", "dumb")
        .env("FLIGHTHUB_URL", bench.sim.url())
        .env("FLIGHTHUB_TOKEN", bench.sim.token())
        .env("FLIGHTHUB_PROJECT", bench.sim.project())
        .current_dir(bench.program.home.path())
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    Some(finish(&mut command))
}

/// The words that a shell offers for a line whose last word was begun.
fn bash(bench: &Bench, words: &[&str]) -> Option<Vec<String>> {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        "set -eu; source <(flighthub completions bash); COMP_WORDS=({}); COMP_CWORD={}; COMP_TYPE=9; \
         _clap_complete_flighthub flighthub '{}' x; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" "),
        words.len() - 1,
        words.last().unwrap(),
    );
    let ended = shell(bench, "bash", &["--norc", "-c", &script])?;
    assert_eq!(ended.err, "");
    Some(ended.exits(0).out.lines().map(str::to_owned).collect())
}

fn zsh(bench: &Bench, words: &[&str]) -> Option<Vec<String>> {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        "compdef() {{ :; }}; _describe() {{ print -l -- \"${{(@P)3}}\"; }}; eval \"$(flighthub completions zsh)\"; \
         words=({}); CURRENT={}; _clap_dynamic_completer_flighthub",
        quoted.join(" "),
        words.len(),
    );
    let ended = shell(bench, "zsh", &["-f", "-c", &script])?;
    Some(
        ended
            .exits(0)
            .out
            .lines()
            .map(|line| line.split(':').next().unwrap_or_default().to_owned())
            .collect(),
    )
}

fn fish(bench: &Bench, words: &[&str]) -> Option<Vec<String>> {
    let script = format!(
        "flighthub completions fish | source; complete --do-complete '{}'",
        words.join(" ")
    );
    let ended = shell(bench, "fish", &["--no-config", "-c", &script])?;
    Some(
        ended
            .exits(0)
            .out
            .lines()
            .map(|line| line.split('\t').next().unwrap_or_default().to_owned())
            .collect(),
    )
}

/// As nushell asks: by records.
fn nushell(bench: &Bench, words: &[&str]) -> Option<Vec<String>> {
    let mut command = bench.command();
    command.env("FLIGHTHUB_COMPLETE", "nushell").arg("--").args(words);
    let records = finish(&mut command).exits(0).json();
    let records = records.as_array().unwrap().iter();
    Some(records.map(|record| record["value"].as_str().unwrap().to_owned()).collect())
}

type Asking = fn(&Bench, &[&str]) -> Option<Vec<String>>;
const SHELLS: [(&str, Asking); 4] =
    [("bash", bash), ("zsh", zsh), ("fish", fish), ("nushell", nushell)];

#[test]
fn commands_options_and_values_are_completed() {
    let bench = Bench::new();
    for (name, ask) in SHELLS {
        let cases: [(&[&str], &str); 4] = [
            (&["flighthub", "proj"], "project"),
            (&["flighthub", "wayline", "li"], "list"),
            (&["flighthub", "wayline", "list", "--outp"], "--output"),
            (&["flighthub", "wayline", "list", "-o", "geo"], "geojson"),
        ];
        for (words, wanted) in cases {
            let Some(offered) = ask(&bench, words) else { break };
            let offered: Vec<&str> = offered.iter().map(|word| word.trim_end()).collect();
            assert!(offered.contains(&wanted), "{name}: {words:?}: {offered:?}");
        }
    }
    assert!(bench.sim.journal().is_empty(), "nothing of this needs FlightHub");
}

#[test]
fn live_values_are_completed() {
    let bench = Bench::new();
    for (name, ask) in SHELLS {
        let cases: [(&[&str], &str); 4] = [
            (&["flighthub", "device", "state", "7CTXN0000B00A"], DOCK),
            (&["flighthub", "wayline", "get", "c2b0"], ROUTE),
            (&["flighthub", "wayline", "get", "--wayline-id", ""], ROUTE),
            (
                &["flighthub", "wayline", "list", "--project", "3b0e"],
                flighthub_sim::World::DEMO_PROJECT,
            ),
        ];
        for (words, wanted) in cases {
            let Some(offered) = ask(&bench, words) else { break };
            assert!(offered.iter().any(|word| word == wanted), "{name}: {words:?}: {offered:?}");
        }
    }
}

#[test]
fn answers_are_kept_for_a_while_and_for_the_owner_alone() {
    let bench = Bench::new();
    let words = ["flighthub", "wayline", "get", ""];
    let first = nushell(&bench, &words).unwrap();
    let asked = bench.sim.journal().len();
    assert_eq!((nushell(&bench, &words).unwrap(), bench.sim.journal().len()), (first, asked));
    let folder = bench.program.home.path().join(".local/state/flighthub/completion");
    let kept: Vec<_> = std::fs::read_dir(&folder).unwrap().map(Result::unwrap).collect();
    assert_eq!(kept.len(), 1);
    let text = std::fs::read_to_string(kept[0].path()).unwrap();
    assert!(text.contains(ROUTE) && !text.contains(bench.sim.token()), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&kept[0].path())), (0o700, 0o600));
    }
}

#[test]
fn whatever_fails_is_silent() {
    let bench = Bench::new();
    let ask = |url: &str, token: &str| {
        let mut command = bench.bare();
        command
            .env("FLIGHTHUB_COMPLETE", "nushell")
            .env("FLIGHTHUB_URL", url)
            .env("FLIGHTHUB_TOKEN", token)
            .args(["--", "flighthub", "wayline", "get", ""]);
        let ended = finish(&mut command).exits(0);
        assert_eq!(ended.err, "");
        let offered = ended.json();
        let offered = offered.as_array().unwrap().iter();
        let values = offered.filter(|record| !record["value"].as_str().unwrap().starts_with("--"));
        assert_eq!(values.count(), 0);
    };
    ask("http://127.0.0.1:1", bench.sim.token());
    ask(bench.sim.url(), "wrong");
    ask("https://fh.dji.com", bench.sim.token());
    ask(bench.sim.url(), "");
}

#[test]
fn no_name_of_the_service_reaches_the_shell_as_a_command() {
    let bench = Bench::new();
    bench.project_named("$(touch owned); x");
    let words = ["flighthub", "wayline", "list", "--project", ""];
    for (name, ask) in SHELLS {
        let Some(offered) = ask(&bench, &words) else { continue };
        assert!(offered.iter().any(|word| word == crate::support::ADDED), "{name}: {offered:?}");
        assert!(offered.iter().all(|word| !word.contains(['$', ';', ' '])), "{name}: {offered:?}");
    }
    assert!(!bench.program.home.path().join("owned").exists());
}

#[test]
fn static_scripts_hold_every_command_and_are_understood() {
    let bench = Bench::new();
    let shells = ["bash", "zsh", "fish", "powershell", "elvish", "nushell"];
    for name in shells {
        let script = bench.run(["completions", name, "--static"]).exits(0).out;
        for word in ["doctor", "wayline", "sim-scenario", "set-status"] {
            assert!(script.contains(word), "{name} lacks {word}");
        }
        let dynamic = bench.run(["completions", name]).exits(0).out;
        assert!(dynamic.contains("FLIGHTHUB_COMPLETE"), "{name}: {dynamic}");
        if ["bash", "zsh", "fish"].contains(&name) {
            for (kind, text) in [("static", script), ("dynamic", dynamic)] {
                let file = bench.file(&format!("{kind}.{name}"), &text);
                if let Some(ended) = shell(&bench, name, &["-n", &file]) {
                    assert_eq!(ended.exits(0).err, "", "{kind} {name}");
                }
            }
        }
    }
    bench.run(["completions", "tcsh"]).exits(2).says("bash");
    println!("figure Command line | shells with completion | count = {}", shells.len());
}

#[test]
fn manual_pages_are_there_for_every_command() {
    let bench = Bench::new();
    let folder = bench.program.home.path().join("man");
    bench.run(["man", "--dir", folder.to_str().unwrap()]).exits(0).says("pages in");
    for name in
        ["flighthub.1", "flighthub-wayline.1", "flighthub-wayline-list.1", "flighthub-config-set.1"]
    {
        let page = std::fs::read_to_string(folder.join(name)).unwrap();
        assert!(page.contains(".TH") && page.contains(".SH NAME"), "{name}");
    }
    let page = bench.run(["man", "wayline", "list"]).exits(0).out;
    assert!(
        page.contains("flighthub\\-wayline\\-list") || page.contains("flighthub-wayline-list"),
        "{page}"
    );
    // What every command has stands on one page.
    assert!(!page.contains("sim\\-seed") && page.contains("SEE ALSO"), "{page}");
    let program = bench.run(["man"]).exits(0).out;
    assert!(program.contains("sim\\-seed"), "{program}");
    bench.run(["man", "fly"]).exits(2).says("no command `fly`");
}
