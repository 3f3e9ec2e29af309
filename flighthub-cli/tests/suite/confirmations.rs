//! What is dangerous is confirmed by naming it; nobody is asked where nobody can be.

use flighthub_api::RiskLevel;
use flighthub_api::catalog::Catalogue;
use flighthub_api::v1::CATALOGUE;
use serde_json::json;

use crate::support::{Bench, DOCK, finish_with, flight};

#[test]
fn without_a_terminal_what_is_dangerous_needs_yes() {
    let bench = Bench::new();
    let mut dangerous = 0;
    for info in CATALOGUE {
        let example = json!(Catalogue::v1().get(info.id).unwrap().example).to_string();
        let file = bench.file("arguments.json", &example);
        let file = format!("@{}", file);
        bench.sim.clear_journal();
        let ran = bench.run(["call", info.id, "--json", &file]);
        if info.risk == RiskLevel::Dangerous {
            dangerous += 1;
            ran.exits(2).says("needs a confirmation").says("--yes");
            assert!(bench.sim.journal().is_empty(), "{}", info.id);
        } else {
            assert_ne!(ran.exit, 2, "{}: {ran:#?}", info.id);
        }
    }
    assert_eq!(dangerous, 7);
}

#[test]
fn a_request_that_nobody_knows_is_dangerous_and_one_that_is_known_is_what_it_is() {
    let bench = Bench::new();
    bench.run(["api", "POST", "/openapi/v0.1/launch-all"]).exits(2).says("may do anything");
    let json = flight("by api");
    let raw = ["api", "POST", "/openapi/v0.1/flight-task", "--json", &json];
    bench.run(raw).exits(2).says(DOCK).says("--yes");
    assert!(bench.sim.journal().is_empty());
    bench.run(raw.into_iter().chain(["--yes"])).exits(0);
    bench.sim.journal().of("task.create").times(1);
}

#[test]
fn an_answer_in_a_pipe_is_no_confirmation() {
    let bench = Bench::new();
    let mut command = bench.command();
    command.args(["task", "create", "--json", &flight("piped")]);
    finish_with(&mut command, &format!("{DOCK}\n")).exits(2);
    bench.sim.journal().none("task.create");
}

/// On a terminal that `script` makes.
#[cfg(target_os = "linux")]
mod on_a_terminal {
    use std::process::{Command, Stdio};

    use super::*;
    use crate::support::{Ended, end};

    fn typed(bench: &Bench, words: &[&str], answer: &str) -> Ended {
        let program = env!("CARGO_BIN_EXE_flighthub");
        let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        let mut command = Command::new("script");
        command
            .args(["-qec", &format!("'{program}' {}", quoted.join(" ")), "/dev/null"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", bench.program.home.path())
            .env("TERM", "dumb")
            .env("FLIGHTHUB_URL", bench.sim.url())
            .env("FLIGHTHUB_TOKEN", bench.sim.token())
            .env("FLIGHTHUB_PROJECT", bench.sim.project())
            .current_dir(bench.program.home.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        std::io::Write::write_all(&mut stdin, answer.as_bytes()).unwrap();
        let ran = end(child);
        drop(stdin);
        ran
    }

    #[test]
    fn the_dock_is_asked_for_by_its_names() {
        let bench = Bench::new();
        let file = bench.file("task.json", &flight("asked"));
        let file = format!("@{}", file);
        let words = ["task", "create", "--json", file.as_str()];
        for (answer, code, launched) in
            [("yes\r", 2, 0), ("\r", 2, 0), ("wrong\r", 2, 0), ("00A1\r", 0, 1)]
        {
            let ran = typed(&bench, &words, answer).exits(code);
            // On a terminal both streams are one.
            assert!(ran.out.contains(&format!("({DOCK})")), "{ran:#?}");
            assert!(ran.out.contains("dock "), "{ran:#?}");
            bench.sim.journal().of("task.create").times(launched);
        }
        typed(&bench, &[&words[..], &["--no-input"]].concat(), "00A1\r").exits(2);
        bench.sim.journal().of("task.create").times(1);
    }

    #[test]
    fn a_task_is_known_by_its_dock() {
        let bench = Bench::new();
        let rows = bench.run([
            "api",
            "GET",
            "/openapi/v0.1/flight-task/list",
            "--query",
            &format!("sn={DOCK}"),
            "--query",
            "begin_at=1767225600",
            "--query",
            "end_at=1767312000",
        ]);
        let uuid = rows.exits(0).json()["list"][0]["uuid"].as_str().unwrap().to_owned();
        let words = ["task", "set-status", &uuid, "--status", "suspended"];
        let ran = typed(&bench, &words, "no\r").exits(2);
        assert!(ran.out.contains(&format!("({DOCK})")), "{ran:#?}");
        assert!(ran.out.contains("suspended"), "{ran:#?}");
        bench.sim.journal().none("task.set_status");
    }
}
