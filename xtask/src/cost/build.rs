//! What it costs to depend on the client: crates, processor time of a clean build, size of a program; beside reqwest alone with
//! the same TLS.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use super::{Folder, Table, cargo, median, megabytes, output, processor, program};
use crate::tree::Problem;

/// How often the client itself is built again.
const ROUNDS: usize = 3;
/// A program with reqwest and serde.
const BARE: &str = include_str!("bare.rs.in");
/// The line of [`BARE`] in which the library for TLS is chosen.
const PROVIDER: &str = "// PROVIDER";
const RING: &str = "let _ = rustls::crypto::ring::default_provider().install_default();";

/// A small program.
struct Case {
    row: &'static str,
    folder: &'static str,
    /// Its dependencies besides tokio, and what they are.
    dependencies: &'static str,
    ours: bool,
    /// What is measured: the clean build, the size.
    build: bool,
    size: bool,
}

impl Case {
    const fn new(
        row: &'static str,
        folder: &'static str,
        dependencies: &'static str,
        ours: bool,
    ) -> Self {
        Self { row, folder, dependencies, ours, build: true, size: true }
    }
}

const CASES: [Case; 7] = [
    Case::new(
        "flighthub-api, rustls (default)",
        "ours-rustls",
        "flighthub-api = { path = \"CLIENT\" }",
        true,
    ),
    Case::new(
        "reqwest alone, rustls",
        "bare-rustls",
        "reqwest = { version = \"0.13\", default-features = false, features = [\"json\", \"rustls\"] }",
        false,
    ),
    Case::new(
        "flighthub-api, rustls-ring",
        "ours-ring",
        "flighthub-api = { path = \"CLIENT\", default-features = false, features = [\"rustls-ring\"] }",
        true,
    ),
    Case::new(
        "reqwest alone, rustls with ring",
        "bare-ring",
        "reqwest = { version = \"0.13\", default-features = false, features = [\"json\", \"rustls-no-provider\"] }\nrustls = { version = \"0.23\", default-features = false, features = [\"ring\", \"std\", \"tls12\"] }",
        false,
    ),
    Case::new(
        "flighthub-api, no TLS",
        "ours-none",
        "flighthub-api = { path = \"CLIENT\", default-features = false }",
        true,
    ),
    Case::new(
        "reqwest alone, no TLS",
        "bare-none",
        "reqwest = { version = \"0.13\", default-features = false, features = [\"json\"] }",
        false,
    ),
    // It adds no crate: what it costs is in the client itself.
    Case {
        build: false,
        size: false,
        ..Case::new(
            "flighthub-api, rustls and blocking",
            "ours-blocking",
            "flighthub-api = { path = \"CLIENT\", features = [\"blocking\"] }",
            true,
        )
    },
];

/// `cost build`
pub(crate) fn build(root: &Path, out: &mut dyn Write) -> Result<u8, Problem> {
    let mut table = Table { name: "Cost of the client", out };
    let folder = Folder::new("build")?;
    for case in &CASES {
        write(root, &folder, case)?;
    }
    if let Err(problem) = output(&mut cargo(&folder.join(CASES[0].folder), "fetch")) {
        eprintln!("{problem}");
        for case in &CASES {
            table.absent(case.row, "crates", "the crates cannot be fetched")?;
        }
        return Ok(0);
    }
    for case in &CASES {
        let crates = crates(&folder.join(case.folder))?;
        table.put(case.row, "crates", format_args!("{crates} crates"))?;
    }
    for case in CASES.iter().filter(|case| case.build) {
        clean_build(&folder, case, &mut table)?;
    }
    for case in CASES.iter().filter(|case| case.size) {
        let mut command =
            cargo(&folder.join(case.folder), "build --quiet --release --target-dir ../release");
        let size = megabytes(&program(&mut command)?)?;
        table.put(case.row, "program", format_args!("{size:.2} MB"))?;
    }
    Ok(0)
}

/// The program of a case, with the versions of the workspace.
fn write(root: &Path, folder: &Folder, case: &Case) -> Result<(), Problem> {
    let read = |path: &str| {
        fs::read_to_string(root.join(path))
            .map_err(|error| Problem(format!("cannot read {path}: {error}")))
    };
    let client = root.join("flighthub-api").display().to_string().replace('\\', "/");
    let dependencies = case.dependencies.replace("CLIENT", &client);
    let manifest = format!(
        "[workspace]\n\n[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt\"] }}\n{dependencies}\n\n\
         [profile.dev]\ndebug = \"line-tables-only\"\n\n[profile.release]\nlto = \"thin\"\nstrip = true\n",
        case.folder,
    );
    let source = if case.ours {
        read("flighthub-api/examples/look_around.rs")?
    } else {
        let provider = if case.dependencies.contains("rustls-no-provider") { RING } else { "" };
        BARE.replace(PROVIDER, provider)
    };
    folder.write(&format!("{}/Cargo.toml", case.folder), &manifest)?;
    folder.write(&format!("{}/Cargo.lock", case.folder), &read("Cargo.lock")?)?;
    folder.write(&format!("{}/src/main.rs", case.folder), &source)
}

/// Crates that a program is made of on this machine, besides itself.
fn crates(folder: &Path) -> Result<usize, Problem> {
    let told = output(&mut cargo(folder, "tree -e normal --prefix none --format {p}"))?;
    let names = told.lines().map(|line| line.trim_end_matches(" (*)").to_owned());
    let all: BTreeSet<String> = names.filter(|line| !line.is_empty()).collect();
    Ok(all.len().saturating_sub(1))
}

/// A clean build of everything, and of the client alone.
fn clean_build(folder: &Folder, case: &Case, table: &mut Table<'_>) -> Result<(), Problem> {
    let (place, target) =
        (folder.join(case.folder), folder.join(&format!("{}-debug", case.folder)));
    // It may be there of an earlier run when the folder is kept.
    let _ = fs::remove_dir_all(&target);
    let run = |arguments: &str| -> Command {
        let mut command = cargo(&place, arguments);
        command.arg("--target-dir").arg(&target);
        command
    };
    match processor::seconds(&mut run("build --quiet"))? {
        Some(seconds) => {
            table.put(case.row, "clean debug build", format_args!("{seconds:.1} CPU s"))?
        }
        None => table.absent(case.row, "clean debug build", processor::WHY)?,
    }
    if case.ours {
        let mut taken = Vec::new();
        for _ in 0..ROUNDS {
            output(&mut run("clean --quiet -p flighthub-api"))?;
            let all = processor::seconds(&mut run("build --quiet -p flighthub-api"))?;
            let idle = processor::seconds(&mut run("build --quiet -p flighthub-api"))?;
            taken.extend(all.zip(idle).map(|(all, idle)| all - idle));
        }
        match taken.len() == ROUNDS {
            true => table.put(
                case.row,
                "own crate, debug build",
                format_args!("{:.2} CPU s", median(taken)),
            )?,
            false => table.absent(case.row, "own crate, debug build", processor::WHY)?,
        }
    }
    // Half a gigabyte each.
    let _ = fs::remove_dir_all(&target);
    Ok(())
}
