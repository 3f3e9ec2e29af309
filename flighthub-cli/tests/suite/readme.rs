//! The session in the README, as it is typed there, with what it answers. `UPDATE_README=1` writes the answers anew.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime};

use flighthub_api::Timestamp;
use flighthub_sim::Sim;

use crate::support::Program;

/// What stands before a command.
const PROMPT: &str = "$ ";

/// A command of the session, and what it answers.
struct Step {
    typed: String,
    answer: String,
}

/// Runs one command in the folder of the session.
fn answer_to(typed: &str, program: &Program, folder: &Path) -> String {
    let own = Path::new(env!("CARGO_BIN_EXE_flighthub")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path =
        std::env::join_paths(std::iter::once(own.to_owned()).chain(std::env::split_paths(&path)));
    let mut command = Command::new("sh");
    // What one command puts into a variable, the next one reads.
    let script = format!(". ./variables; {typed}\nset | grep '^TASK=' > variables; true");
    program.settings(&mut command);
    let output = command
        .args(["-c", &format!("exec 2>&1; {script}")])
        .env("PATH", path.unwrap())
        .env("FLIGHTHUB_OUTPUT", "table")
        .env("COLUMNS", "140")
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// The steps of the blocks that are sessions.
fn steps(readme: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    let mut continues = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
            continue;
        }
        if !inside {
            continue;
        }
        match (line.strip_prefix(PROMPT), steps.last_mut()) {
            (Some(typed), _) => {
                continues = typed.ends_with('\\');
                steps.push(Step { typed: typed.to_owned(), answer: String::new() });
            }
            (None, Some(step)) if continues => {
                continues = line.ends_with('\\');
                step.typed = format!("{}\n{line}", step.typed);
            }
            (None, Some(step)) => {
                step.answer.push_str(line);
                step.answer.push('\n');
            }
            (None, None) => panic!("a session begins with a command, not with {line:?}"),
        }
    }
    steps
}

/// What is the same in every run: numbers and ids that time and chance make are gone, and so is the width of columns.
fn constant(answer: &str) -> String {
    let is_id = |word: &str| {
        if word.parse::<f64>().is_ok() {
            return true;
        }
        let plain = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let hex = |c: char| c.is_ascii_hexdigit() || c == '-';
        plain.starts_with("fh-")
            || plain.contains("-fh-")
            || plain.len() >= 32 && plain.chars().all(hex)
            || plain.get(..4).is_some_and(|year| year.parse::<u32>().is_ok()) && plain.contains('T')
    };
    let line = |line: &str| -> String {
        let words = line.split_whitespace().filter(|word| !word.contains('─'));
        words
            .map(|word| if word.split('/').any(is_id) { "…" } else { word })
            .collect::<Vec<_>>()
            .join(" ")
    };
    // Which states between are seen is chance.
    let lines = answer.lines().filter(|line| !line.starts_with("status "));
    lines.map(line).collect::<Vec<_>>().join("\n").trim().to_owned()
}

#[test]
fn the_session_in_the_readme_answers_as_it_says() {
    if cfg!(windows) {
        return;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&file).unwrap();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let now = Timestamp::from_unix_seconds(i64::try_from(now).unwrap()).unwrap();
    // Slow, so that weather and alerts are those of the beginning; it hurries while the program waits for the flight.
    let sim = Sim::builder().speed(20.0).starts_at(now).start_blocking().unwrap();
    let program = Program::of(&sim);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("variables"), "").unwrap();
    let update = std::env::var_os("UPDATE_README").is_some();
    let mut written = readme.clone();
    let steps = steps(&readme);
    assert!(steps.len() > 8, "{}", steps.len());
    for step in steps {
        let is_wait = step.typed.contains("mission wait");
        let answer = thread::scope(|scope| {
            let typed = scope.spawn(|| answer_to(&step.typed, &program, folder.path()));
            while !typed.is_finished() {
                if is_wait {
                    sim.advance(Duration::from_secs(30));
                }
                thread::sleep(Duration::from_millis(20));
            }
            typed.join().unwrap()
        });
        let home = program.home.path().to_str().unwrap();
        let answer = answer.replace(sim.url(), "http://127.0.0.1:8300").replace(home, "~");
        if update {
            let before = format!("{PROMPT}{}\n{}", step.typed, step.answer);
            assert!(written.contains(&before), "{before}");
            let answer = if answer.is_empty() { answer } else { format!("{answer}\n") };
            let gap = if step.answer.ends_with("\n\n") || step.answer == "\n" { "\n" } else { "" };
            written =
                written.replacen(&before, &format!("{PROMPT}{}\n{answer}{gap}", step.typed), 1);
        } else {
            assert_eq!(constant(&answer), constant(&step.answer), "{}", step.typed);
        }
    }
    if update {
        flighthub_workflows::files::write_shared(&file, written.as_bytes()).unwrap();
    }
    // Everything that the session did to the world, it did once.
    sim.journal().of("task.create").times(1);
    sim.journal().of("wayline.finish_upload").times(1);
}
