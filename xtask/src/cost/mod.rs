//! What things cost: the generator, the client beside Progenitor's, its dependencies, the programs.
//!
//! Each section prints its figures as `figure TABLE | ROW | COLUMN = VALUE [UNIT]`.

mod build;
mod generator;
mod lines;
mod processor;
mod program;
mod versus;

use std::env;
use std::ffi::OsString;
use std::fmt::Display;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::tree::Problem;

/// Names a folder in which what is built stays: without it, everything is built in one that goes away.
const KEEP: &str = "FLIGHTHUB_COST_TARGET";

type Section = fn(&Path, &mut dyn Write) -> Result<u8, Problem>;

/// All sections, and about how long each takes on two idle cores.
pub(crate) const SECTIONS: [(&str, &str, Section); 4] = [
    ("generator", "8 minutes", generator::generator),
    ("versus", "8 minutes", versus::versus),
    ("build", "12 minutes", build::build),
    ("program", "40 minutes", program::program),
];

/// `cost NAME`
pub(crate) fn run(root: &Path, name: &str, out: &mut dyn Write) -> Result<u8, Problem> {
    match SECTIONS.iter().find(|(known, ..)| *known == name) {
        Some((_, time, section)) => {
            eprintln!("{name}: about {time} on two idle cores");
            section(root, out)
        }
        None => {
            let known: Vec<_> =
                SECTIONS.iter().map(|(name, time, _)| format!("{name} ({time})")).collect();
            Err(Problem(format!("there is no section `{name}`; choose of {}", known.join(", "))))
        }
    }
}

/// Figures of one table.
struct Table<'a> {
    name: &'a str,
    out: &'a mut dyn Write,
}

impl Table<'_> {
    fn put(&mut self, row: &str, column: &str, value: impl Display) -> Result<(), Problem> {
        writeln!(self.out, "figure {} | {row} | {column} = {value}", self.name)?;
        Ok(())
    }

    /// A figure that could not be had: the reason on one line.
    fn absent(&mut self, row: &str, column: &str, why: &str) -> Result<(), Problem> {
        let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
        self.put(row, column, format_args!("not measured ({why})"))
    }
}

/// A folder for what is built and written, which goes away with this value.
struct Folder {
    path: PathBuf,
    kept: bool,
}

impl Folder {
    fn new(name: &str) -> Result<Self, Problem> {
        let kept = env::var_os(KEEP).map(PathBuf::from);
        let path = match &kept {
            Some(path) => path.join(name),
            None => env::temp_dir().join(format!("flighthub-{name}-{}", std::process::id())),
        };
        fs::create_dir_all(&path)
            .map_err(|error| Problem(format!("cannot make {}: {error}", path.display())))?;
        Ok(Self { path, kept: kept.is_some() })
    }

    fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file of this folder.
    fn write(&self, name: &str, text: &str) -> Result<(), Problem> {
        let path = self.path.join(name);
        let folder = path.parent().unwrap_or(&self.path);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| Problem(format!("cannot write {}: {error}", path.display())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.kept {
            // Nothing depends on it any more; what is left is in the system's folder for such things.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// The cargo that runs this program, in a folder, without what the caller's build settings would change.
fn cargo(folder: &Path, arguments: &str) -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    command.args(arguments.split_whitespace()).current_dir(folder);
    command.env("CARGO_INCREMENTAL", "0").env_remove("CARGO_TARGET_DIR");
    command
}

/// Runs a command to its end and hands out what it printed.
fn output(command: &mut Command) -> Result<String, Problem> {
    let shown = shown(command);
    let done = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Problem(format!("cannot start `{shown}`: {error}")))?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    let told = String::from_utf8_lossy(&done.stderr);
    let last: Vec<&str> = told.lines().rev().filter(|line| !line.is_empty()).take(6).collect();
    let last: Vec<&str> = last.into_iter().rev().collect();
    Err(Problem(format!("`{shown}` ended with {}: {}", done.status, last.join("; "))))
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    words.join(" ")
}

/// Builds one program and says where it is.
fn program(command: &mut Command) -> Result<PathBuf, Problem> {
    let told = output(command.arg("--message-format=json-render-diagnostics"))?;
    let mut found = told.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        message.get("executable")?.as_str().map(PathBuf::from)
    });
    found.next_back().ok_or_else(|| Problem(format!("`{}` built no program", shown(command))))
}

/// The middle one of several numbers.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Bytes as megabytes of a million.
fn megabytes(path: &Path) -> Result<f64, Problem> {
    let size = fs::metadata(path)
        .map_err(|error| Problem(format!("cannot see {}: {error}", path.display())))?
        .len();
    Ok(size as f64 / 1e6)
}
