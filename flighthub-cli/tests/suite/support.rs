//! Runs the program.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use flighthub_sim::Sim;
use serde_json::Value;
use tempfile::TempDir;

/// A dock of the demo world, its aircraft, and a route.
pub(crate) const DOCK: &str = "7CTXN0000B00A1";
pub(crate) const DRONE: &str = "1581F0Q8X000U00G00A1";
pub(crate) const ROUTE: &str = "c2b0a3f4-1f0e-4f6a-8c55-9d3b2e7a6410";

/// A project that a test adds.
pub(crate) const ADDED: &str = "11111111-2222-4333-8444-555555555555";

/// A simulator, and the program with its settings.
pub(crate) struct Bench {
    pub(crate) sim: Sim,
    pub(crate) program: Program,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::of(Sim::builder().start_blocking().unwrap())
    }

    pub(crate) fn of(sim: Sim) -> Self {
        let program = Program::of(&sim);
        Self { sim, program }
    }

    /// Gives the organization a project of this name, with the id [`ADDED`].
    pub(crate) fn project_named(&self, name: &str) {
        let deed = serde_json::json!({
            "do": "add-project", "uuid": ADDED, "name": name, "latitude": 0.31, "longitude": -25.1,
        });
        self.sim.apply(&serde_json::from_value(deed).unwrap()).unwrap();
    }

    /// The program without any settings, in the same home.
    pub(crate) fn bare(&self) -> Command {
        bare(&self.program.home)
    }

    /// The program with the settings of the simulator.
    pub(crate) fn command(&self) -> Command {
        self.program.command::<&str>(&[])
    }

    /// Runs it with these arguments.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ended {
        finish(self.command().args(args))
    }

    /// A file in its home.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        self.program.file(name, text)
    }
}

/// The program in a home of its own: nothing of this machine counts.
pub(crate) struct Program {
    pub(crate) home: TempDir,
    variables: Vec<(String, String)>,
}

/// How the program ended, and what it wrote.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) exit: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Program {
    /// Without any settings.
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// With the settings for a simulator.
    pub(crate) fn of(sim: &Sim) -> Self {
        Self::new()
            .with("FLIGHTHUB_URL", sim.url())
            .with("FLIGHTHUB_TOKEN", sim.token())
            .with("FLIGHTHUB_PROJECT", sim.project())
    }

    /// With an environment variable; a later one wins.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = bare(&self.home);
        command.envs(self.variables.iter().map(|(name, value)| (name, value))).args(args);
        command
    }

    /// Gives its settings to another program, and nothing else of this machine.
    pub(crate) fn settings(&self, command: &mut Command) {
        command.env_clear().env("HOME", self.home.path()).env("TZ", "UTC");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
    }

    /// Runs it to its end.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Ended {
        finish(&mut self.command(args))
    }

    /// Runs it to its end, with something on standard input.
    pub(crate) fn run_with_input<S: AsRef<OsStr>>(&self, args: &[S], input: &str) -> Ended {
        finish_with(&mut self.command(args), input)
    }

    /// A file in its home, that only its owner can read.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path).unwrap().write_all(text.as_bytes()).unwrap();
        path_text(&path)
    }
}

fn path_text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

impl Ended {
    fn of(output: Output) -> Self {
        Self {
            exit: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Checks the exit code; a wrong one shows everything.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.exit, code, "{self:#?}");
        self
    }

    /// Checks that standard error says this.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.err.contains(text), "`{text}` is not in {self:#?}");
        self
    }

    /// Standard output as one JSON document.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Standard output as JSON documents, one a line.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The program without any settings, in a home.
pub(crate) fn bare(home: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flighthub"));
    command
        .env_clear()
        .env("HOME", home.path())
        .env("TZ", "UTC")
        .current_dir(home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs it to its end.
pub(crate) fn finish(command: &mut Command) -> Ended {
    end(command.spawn().unwrap())
}

/// Runs it to its end with a text on standard input.
pub(crate) fn finish_with(command: &mut Command, input: &str) -> Ended {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    // A program that does not want it is gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    end(child)
}

/// Waits for a program that was started.
pub(crate) fn end(child: Child) -> Ended {
    Ended::of(child.wait_with_output().unwrap())
}

/// Arguments of an immediate flight, which fit `--json`.
pub(crate) fn flight(name: &str) -> String {
    serde_json::json!({
        "name": name,
        "wayline_uuid": ROUTE,
        "sn": DOCK,
        "time_zone": "Atlantic/Azores",
        "rth_altitude": 60,
        "rth_mode": "preset",
        "wayline_precision_type": "rtk",
        "out_of_control_action_in_flight": "return_home",
        "resumable_status": "manual",
        "task_type": "immediate",
    })
    .to_string()
}
