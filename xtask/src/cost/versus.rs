//! The client beside what Progenitor writes from the very same description.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::generator::{client_lines, growth, spec_path};
use super::{Folder, Table, cargo, median, output, processor};
use crate::tree::Problem;

/// How often each crate is checked and built; the median counts.
const ROUNDS: usize = 5;
const OURS: &str = "flighthub-api";
const BUILDER: &str = "Progenitor, builder";
const POSITIONAL: &str = "Progenitor, positional";

/// A crate that is compiled: its row, its package, where cargo runs, where it builds.
struct Subject<'a> {
    row: &'static str,
    package: &'static str,
    folder: &'a Path,
    target: PathBuf,
    /// Where Progenitor's output stands.
    written: &'a Path,
}

impl Subject<'_> {
    fn cargo(&self, verb: &str) -> Command {
        let mut command =
            cargo(self.folder, &format!("{verb} --quiet --locked -p {}", self.package));
        command.arg("--target-dir").arg(&self.target).env("VERSUS", self.written);
        command
    }

    /// Seconds for this crate alone: everything below it is there, and what cargo itself takes is taken off.
    fn alone(&self, verb: &str) -> Result<Option<f64>, Problem> {
        let clean = format!("clean --quiet -p {}", self.package);
        output(cargo(self.folder, &clean).arg("--target-dir").arg(&self.target))?;
        let all = processor::seconds(&mut self.cargo(verb))?;
        let idle = processor::seconds(&mut self.cargo(verb))?;
        Ok(all.zip(idle).map(|(all, idle)| (all - idle).max(0.0)))
    }
}

/// `cost versus`
pub(crate) fn versus(root: &Path, out: &mut dyn Write) -> Result<u8, Problem> {
    let mut table = Table { name: "Client beside Progenitor", out };
    let package = root.join("bench/versus");
    if let Err(problem) = output(&mut cargo(&package, "fetch --locked")) {
        eprintln!("{problem}");
        for column in ["generated lines", "check", "debug build"] {
            table.absent(BUILDER, column, "Progenitor's crates cannot be fetched")?;
        }
        table.absent(
            "flighthub-api to Progenitor, builder",
            "check",
            "Progenitor's crates cannot be fetched",
        )?;
        return Ok(0);
    }
    let folder = Folder::new("versus")?;
    generate(root, &package, &folder, &mut table)?;
    let written = folder.join("written");
    let subject =
        |row, package, folder, target| Subject { row, package, folder, target, written: &written };
    let subjects = [
        subject(OURS, "flighthub-api", root, folder.join("ours")),
        subject(BUILDER, "versus-builder", &package, folder.join("theirs")),
        subject(POSITIONAL, "versus-positional", &package, folder.join("theirs")),
    ];
    for (verb, column) in [("check", "check"), ("build", "debug build")] {
        compile(&subjects, verb, column, &mut table)?;
    }
    Ok(0)
}

/// Both generators on the same description.
fn generate(
    root: &Path,
    package: &Path,
    folder: &Folder,
    table: &mut Table<'_>,
) -> Result<(), Problem> {
    let spec = spec_path(root)?;
    let mut ours = Command::new(growth(root)?);
    let told = output(ours.arg("figures").arg(&spec).arg("1"))?;
    let total = told.lines().find_map(|line| line.split_once("| total = "));
    table.put(
        OURS,
        "generating",
        total.map_or("not measured (no time was told)", |(_, time)| time),
    )?;
    table.put(OURS, "generated lines", format_args!("{} lines", client_lines(root)?))?;
    let written = folder.join("written");
    std::fs::create_dir_all(&written)
        .map_err(|error| Problem(format!("cannot make {}: {error}", written.display())))?;
    let mut theirs = cargo(package, "run --quiet --locked --release -p versus-generate");
    theirs.arg("--target-dir").arg(folder.join("theirs"));
    write!(table.out, "{}", output(theirs.arg("--").arg(&spec).arg(&written))?)?;
    Ok(())
}

/// Compiles everything below the crates once, then the crates in turn.
fn compile(
    subjects: &[Subject<'_>],
    verb: &str,
    column: &str,
    table: &mut Table<'_>,
) -> Result<(), Problem> {
    for subject in subjects {
        output(&mut subject.cargo(verb))?;
    }
    let mut taken = vec![Vec::new(); subjects.len()];
    for _ in 0..ROUNDS {
        for (subject, taken) in subjects.iter().zip(&mut taken) {
            taken.extend(subject.alone(verb)?);
        }
    }
    let medians: Vec<f64> = taken.iter().cloned().map(median).collect();
    for (subject, seconds) in subjects.iter().zip(&medians) {
        match taken.iter().all(|taken| taken.len() == ROUNDS) {
            true => table.put(subject.row, column, format_args!("{seconds:.2} CPU s"))?,
            false => table.absent(subject.row, column, processor::WHY)?,
        }
    }
    if let [ours, builder, positional] = medians[..] {
        for (row, theirs) in [(BUILDER, builder), (POSITIONAL, positional)] {
            let row = format!("flighthub-api to {row}");
            match theirs > 0.0 {
                true => table.put(&row, column, format_args!("{:.3}", ours / theirs))?,
                false => table.absent(&row, column, processor::WHY)?,
            }
        }
    }
    Ok(())
}
