//! What each chore does.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use flighthub_codegen::emit::OWNED;
use flighthub_codegen::{Diagnostics, Source};

use crate::tree::{Change, Plan, Problem, plan};

/// What a change has to pass besides the comparison of the generated files, as in `.ci/run`: name, arguments of cargo,
/// variable of the environment.
const CHECKS: &[[&str; 3]] = &[
    ["fmt", "fmt --all --check", ""],
    [
        "clippy",
        "clippy --workspace --all-targets --features \
         flighthub-api/blocking,flighthub-api/testing,flighthub-api/jiff,flighthub-api/chrono,flighthub-sim/demo,\
         flighthub-workflows/picture -- \
         -D warnings",
        "",
    ],
    [
        "clippy of the bare client",
        "clippy -p flighthub-api --no-default-features -- -D warnings",
        "",
    ],
    [
        "clippy of the client with ring",
        "clippy -p flighthub-api --no-default-features --features rustls-ring -- -D warnings",
        "",
    ],
    [
        "clippy of the bare simulator",
        "clippy -p flighthub-sim --no-default-features -- -D warnings",
        "",
    ],
    [
        "clippy of the bare workflows",
        "clippy -p flighthub-workflows --no-default-features -- -D warnings",
        "",
    ],
    [
        "clippy of the bare command line",
        "clippy -p flighthub-cli --no-default-features -- -D warnings",
        "",
    ],
    [
        "doc",
        "doc --workspace --no-deps --features \
         flighthub-api/blocking,flighthub-api/testing,flighthub-api/jiff,flighthub-api/chrono,flighthub-sim/demo,\
         flighthub-workflows/picture",
        "RUSTDOCFLAGS=-D warnings",
    ],
    ["test", "test --workspace", "INSTA_UPDATE=no"],
];

/// The workspace: the folder above this package.
pub(crate) fn root() -> PathBuf {
    let package =
        env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let package = PathBuf::from(package);
    package.parent().map_or_else(|| package.clone(), Path::to_path_buf)
}

/// `codegen`
pub(crate) fn codegen(root: &Path, out: &mut dyn Write) -> Result<u8, Problem> {
    let Some(plan) = compare(root)? else {
        return Ok(1);
    };
    plan.apply(root)?;
    for change in &plan.changes {
        let done = if matches!(change, Change::Orphan { .. }) { "removed" } else { "changed" };
        writeln!(out, "{done} {}", change.path())?;
    }
    mention_foreign(&plan, out)?;
    if plan.changes.is_empty() {
        writeln!(out, "up to date: the generated files are what the spec says")?;
    }
    Ok(0)
}

/// `codegen --check`
pub(crate) fn check(root: &Path, out: &mut dyn Write) -> Result<u8, Problem> {
    let Some(plan) = compare(root)? else {
        return Ok(1);
    };
    for change in &plan.changes {
        writeln!(out, "{} {}", change.word(), change.path())?;
        write!(out, "{}", change.patch())?;
    }
    mention_foreign(&plan, out)?;
    if plan.changes.is_empty() {
        writeln!(out, "up to date: the generated files are what the spec says")?;
        return Ok(0);
    }
    writeln!(
        out,
        "\nGenerated files are not what the spec says. Change the spec or the generator, never these files; then run:"
    )?;
    writeln!(out, "\n    cargo xtask codegen\n")?;
    Ok(1)
}

/// Names what stands in owned folders and is not the generator's.
fn mention_foreign(plan: &Plan, out: &mut dyn Write) -> Result<(), Problem> {
    for path in &plan.foreign {
        writeln!(
            out,
            "kept {path}: it stands in a generated folder without the generator's notice; move it elsewhere"
        )?;
    }
    Ok(())
}

/// `lint`
pub(crate) fn lint(root: &Path, out: &mut dyn Write) -> Result<u8, Problem> {
    match flighthub_codegen::lint(&sources(root)?) {
        Ok(api) => {
            let operations: usize = api.tags.iter().map(|tag| tag.operations.len()).sum();
            let (tags, types) = (api.tags.len(), api.types.len());
            writeln!(out, "no problem: {operations} operations in {tags} groups, {types} types")?;
            Ok(0)
        }
        Err(problems) => Ok(report(&problems)),
    }
}

/// `ci`: every check runs, also after one has failed.
pub(crate) fn ci(root: &Path, out: &mut dyn Write) -> Result<u8, Problem> {
    let mut failed = Vec::new();
    writeln!(out, "── codegen --check")?;
    if check(root, out)? != 0 {
        failed.push("codegen --check");
    }
    for [name, arguments, variable] in CHECKS {
        writeln!(out, "── {name}: cargo {arguments}")?;
        if cargo(root, arguments, variable)? != 0 {
            failed.push(*name);
        }
    }
    if failed.is_empty() {
        writeln!(out, "── all checks passed")?;
        return Ok(0);
    }
    writeln!(out, "── failed: {}", failed.join(", "))?;
    Ok(1)
}

/// `demo`: the client is compiled by another cargo, so that this program builds without it.
pub(crate) fn demo(root: &Path, out: &mut dyn Write) -> Result<u8, Problem> {
    match codegen(root, out)? {
        0 => cargo(
            root,
            "run --quiet -p flighthub-sim --no-default-features --features demo --bin flighthub-demo",
            "",
        ),
        code => Ok(code),
    }
}

/// Generates and compares; nothing when the spec has problems, which are then reported.
fn compare(root: &Path) -> Result<Option<Plan>, Problem> {
    match flighthub_codegen::generate(&sources(root)?) {
        Ok(files) => plan(root, &files, &OWNED).map(Some),
        Err(problems) => {
            report(&problems);
            Ok(None)
        }
    }
}

/// All documents of the spec, by name.
pub(crate) fn sources(root: &Path) -> Result<Vec<Source>, Problem> {
    let folder = root.join("spec");
    let mut sources = Vec::new();
    let entries = fs::read_dir(&folder)
        .map_err(|error| Problem(format!("cannot list {}: {error}", folder.display())))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let name = format!("spec/{}", path.file_name().unwrap_or_default().to_string_lossy());
            let text = fs::read_to_string(&path).map_err(|error| {
                Problem(format!(
                    "cannot read {name}: {error}; it has to be a readable file in UTF-8"
                ))
            })?;
            sources.push(Source { name, text });
        }
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    if sources.is_empty() {
        return Err(Problem(format!(
            "{} holds no .yaml file; put the spec there",
            folder.display()
        )));
    }
    Ok(sources)
}

/// Says everything that is wrong with the spec.
fn report(problems: &Diagnostics) -> u8 {
    let count = problems.len();
    let noun = if count == 1 { "problem" } else { "problems" };
    eprintln!(
        "{problems}\n\n{count} {noun} in the spec; nothing was written. `spec/README.md` explains its rules."
    );
    1
}

/// Runs cargo with our own input and output and passes its exit code on.
pub(crate) fn cargo(root: &Path, arguments: &str, variable: &str) -> Result<u8, Problem> {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(&program);
    command.args(arguments.split_whitespace()).envs(variable.split_once('=')).current_dir(root);
    let status = command.status().map_err(|error| {
        let program = program.to_string_lossy();
        Problem(format!("cannot start {program}: {error}; see that cargo is installed"))
    })?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
