//! The program, a simulator, and a folder of their own for each test.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use flighthub_sim::Sim;
use serde_json::Value;
use tempfile::TempDir;

/// A dock, its aircraft, and a route of the demo world.
pub(crate) const DOCK: &str = "7CTXN0000B00A1";
pub(crate) const DRONE: &str = "1581F0Q8X000U00G00A1";
pub(crate) const ROUTE: &str = "c2b0a3f4-1f0e-4f6a-8c55-9d3b2e7a6410";

/// The program with surroundings of its own: no variable and no file of the user reaches it.
pub(crate) struct Bench {
    pub(crate) sim: Sim,
    pub(crate) folder: TempDir,
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Checks the exit code; a wrong one shows everything.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// Checks that standard error says this.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "`{text}` is not in {self:#?}");
        self
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::of(Sim::builder().start_blocking().unwrap())
    }

    pub(crate) fn of(sim: Sim) -> Self {
        Self { sim, folder: tempfile::tempdir().unwrap() }
    }

    /// The program without any settings.
    pub(crate) fn bare(&self) -> Command {
        bare(&self.folder)
    }

    /// The program with address, key and project of the simulator in its environment.
    pub(crate) fn command(&self) -> Command {
        let mut command = self.bare();
        command
            .env("FLIGHTHUB_URL", self.sim.url())
            .env("FLIGHTHUB_TOKEN", self.sim.token())
            .env("FLIGHTHUB_PROJECT", self.sim.project());
        command
    }

    /// Runs it with these arguments against the simulator.
    pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        finish(self.command().args(args))
    }

    /// A file with this text, that only its owner can read.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path).unwrap().write_all(text.as_bytes()).unwrap();
        path
    }
}

/// The program without any settings, in a folder.
pub(crate) fn bare(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flighthub"));
    command
        .env_clear()
        .env("HOME", folder.path())
        .env("PATH", "/usr/bin:/bin")
        .env("NO_PROXY", "*")
        .env("TZ", "UTC")
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs it to its end.
pub(crate) fn finish(command: &mut Command) -> Ran {
    Ran::of(command.output().unwrap())
}

/// Runs it to its end with a text on standard input.
pub(crate) fn finish_with(command: &mut Command, input: &str) -> Ran {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Ran::of(child.wait_with_output().unwrap())
}

/// Waits for a program that was started.
pub(crate) fn end(child: Child) -> Ran {
    Ran::of(child.wait_with_output().unwrap())
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
