//! The generator: how long it takes, how that grows, how much it writes and how large it is itself.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use flighthub_codegen::{OutputFile, Source};
use similar::{ChangeTag, TextDiff};

use super::{Table, cargo, lines, output, program};
use crate::chores::sources;
use crate::tree::Problem;

/// Where the generated client stands, seen from the workspace.
const CLIENT: &str = "flighthub-api/src/generated/";
/// A component of the description that a field is added to.
const CHANGED: &str = "    FlightTask:\n";
/// The field.
const FIELD: &str =
    "        weather:\n          type: string\n          description: What the sky looked like.\n";

/// `cost generator`
pub(crate) fn generator(root: &Path, out: &mut dyn Write) -> Result<u8, Problem> {
    let growth = growth(root)?;
    let spec = spec(root)?;
    write!(
        out,
        "{}",
        output(
            Command::new(&growth)
                .arg("figures")
                .arg(root.join(&spec.name))
                .args(["1", "10", "100"])
        )?
    )?;
    let mut table = Table { name: "Generator", out };
    instructions(&growth, &root.join(&spec.name), &mut table)?;
    let files = generated(spec.clone())?;
    table.put(
        "one field added",
        "changed lines",
        format_args!("{} lines", changed(spec.clone(), &files)?),
    )?;
    written(&spec, &files, &mut table)?;
    let own = lines::files(&root.join("codegen/src"))?;
    let own: usize = own.iter().map(|(_, text)| lines::code(text)).sum();
    table.put("own size without tests", "lines of code", format_args!("{own} lines"))?;
    Ok(0)
}

/// The program that generates with a stop watch, built as for users.
pub(super) fn growth(root: &Path) -> Result<PathBuf, Problem> {
    let mut command = cargo(root, "build --quiet --release -p flighthub-codegen --example growth");
    if let Some(target) = std::env::var_os("CARGO_TARGET_DIR") {
        command.env("CARGO_TARGET_DIR", target);
    }
    program(&mut command)
}

/// The one description.
fn spec(root: &Path) -> Result<Source, Problem> {
    let found = sources(root)?.into_iter().next();
    found.ok_or_else(|| Problem("there is no description in spec/".to_owned()))
}

fn generated(source: Source) -> Result<Vec<OutputFile>, Problem> {
    flighthub_codegen::generate(&[source]).map_err(|problems| {
        Problem(format!("the description has problems: {problems}; `cargo xtask lint` tells more"))
    })
}

/// Instructions are the same on a busy machine.
fn instructions(growth: &Path, spec: &Path, table: &mut Table<'_>) -> Result<(), Problem> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        return table.absent(
            "growth from 420 to 4200 operations",
            "instructions an operation",
            "there is no valgrind",
        );
    }
    let mut counts = Vec::new();
    for (copies, row) in
        [("1", "42 operations"), ("10", "420 operations"), ("100", "4200 operations")]
    {
        let count = count(growth, spec, copies)?;
        table.put(row, "instructions", format_args!("{:.1} million", count / 1e6))?;
        counts.push(count);
    }
    if let [_, medium, large] = counts[..] {
        let ratio = large / medium / 10.0;
        table.put(
            "growth from 420 to 4200 operations",
            "instructions an operation",
            format_args!("{ratio:.3}"),
        )?;
    }
    Ok(())
}

fn count(growth: &Path, spec: &Path, copies: &str) -> Result<f64, Problem> {
    let mut command = Command::new("valgrind");
    command.args([
        "--tool=cachegrind",
        "--cache-sim=no",
        "--cachegrind-out-file=/dev/null",
        "--log-fd=1",
    ]);
    let told = output(command.arg(growth).arg("once").arg(spec).arg(copies))?;
    let count = told.lines().find_map(|line| line.split_once("refs:"));
    let count = count.and_then(|(_, count)| count.replace(',', "").trim().parse().ok());
    count.ok_or_else(|| Problem(format!("valgrind told no count of instructions: {told}")))
}

/// Lines that differ once a component has one field more.
fn changed(spec: Source, before: &[OutputFile]) -> Result<usize, Problem> {
    let missing =
        || Problem(format!("{} has no component `FlightTask` with properties", spec.name));
    let (head, tail) = spec.text.split_once(CHANGED).ok_or_else(missing)?;
    let marker = "      properties:\n";
    let (middle, tail) = tail.split_once(marker).ok_or_else(missing)?;
    let text = [head, CHANGED, middle, marker, FIELD, tail].concat();
    let after = generated(Source { text, name: spec.name.clone() })?;
    let differing = before.iter().zip(&after).filter(|(before, after)| before.text != after.text);
    let lines = differing.flat_map(|(before, after)| {
        let diff = TextDiff::from_lines(&before.text, &after.text);
        diff.iter_all_changes().map(|change| change.tag()).collect::<Vec<_>>()
    });
    Ok(lines.filter(|tag| *tag != ChangeTag::Equal).count())
}

/// How much is written.
fn written(spec: &Source, files: &[OutputFile], table: &mut Table<'_>) -> Result<(), Problem> {
    let api = flighthub_codegen::lint(std::slice::from_ref(spec))
        .map_err(|problems| Problem(problems.to_string()))?;
    let operations: Vec<_> = api.tags.iter().flat_map(|tag| &tag.operations).collect();
    let groups = api.tags.iter().flat_map(|tag| &tag.groups);
    let mut names: HashSet<String> = groups.map(|group| group.type_name.clone()).collect();
    for operation in &operations {
        names.extend([operation.type_name.clone(), format!("{}Args", operation.type_name)]);
    }
    let belongs = |head: &str| {
        head.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| names.contains(word))
    };
    let client =
        files.iter().filter(|file| file.path.starts_with(CLIENT) && file.path.ends_with(".rs"));
    let client: Vec<_> = client.collect();
    let all: usize = client.iter().map(|file| file.text.lines().count()).sum();
    let code: usize = client.iter().map(|file| lines::code(&file.text)).sum();
    let of_operations: usize = client
        .iter()
        .map(|file| match file.path.rsplit('/').next() {
            Some("catalog.rs" | "server.rs") => lines::code(&file.text),
            _ => lines::of_items(&file.text, belongs),
        })
        .sum();
    let each = of_operations as f64 / operations.len().max(1) as f64;
    table.put("generated client", "lines", format_args!("{all} lines"))?;
    table.put("generated client", "lines of code", format_args!("{code} lines"))?;
    table.put(
        "generated client",
        "lines of code an operation, without models",
        format_args!("{each:.1} lines"),
    )?;
    let tests =
        files.iter().filter(|file| !file.path.starts_with(CLIENT) && file.path.ends_with(".rs"));
    let tests: usize = tests.map(|file| file.text.lines().count()).sum();
    table.put("generated contract tests", "lines", format_args!("{tests} lines"))
}

/// Lines of the generated client on the disk.
pub(super) fn client_lines(root: &Path) -> Result<usize, Problem> {
    let files = lines::files(&root.join(CLIENT))?;
    Ok(files.iter().map(|(_, text)| text.lines().count()).sum())
}

/// How many operations the description has.
pub(super) fn spec_path(root: &Path) -> Result<PathBuf, Problem> {
    let path = root.join(spec(root)?.name);
    fs::canonicalize(&path)
        .map_err(|error| Problem(format!("cannot find {}: {error}", path.display())))
}
