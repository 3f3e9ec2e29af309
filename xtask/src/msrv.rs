//! `cargo xtask msrv`: every published package is checked with the oldest Rust that it says it takes.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::tree::Problem;

/// Packages, each with the flags of what is checked.
const PACKAGES: [(&str, &[&str]); 5] = [
    (
        "flighthub-api",
        &[
            "",
            "--no-default-features",
            "--no-default-features --features rustls-ring",
            "--features blocking,server,testing,jiff,chrono",
        ],
    ),
    ("flighthub-kmz", &[""]),
    ("flighthub-workflows", &["--features picture"]),
    ("flighthub-sim", &[""]),
    ("flighthub-cli", &[""]),
];

/// Checks all; a Rust that is not installed is said and skipped.
pub(crate) fn msrv(root: &Path, out: &mut dyn Write) -> Result<u8, Problem> {
    let mut failed = 0;
    for (package, flags) in PACKAGES {
        let version = declared(root, package)?;
        if !is_installed(&version) {
            writeln!(
                out,
                "figure Checked with the oldest Rust | {package} | version = not measured (rustup toolchain install {version})"
            )?;
            continue;
        }
        let mut sound = true;
        for flags in flags {
            writeln!(out, "── Rust {version}: cargo check -p {package} {flags}")?;
            let mut command = Command::new("rustup");
            command.args(["run", &version, "cargo", "check", "--quiet", "--locked", "-p", package]);
            // The variables of the cargo that runs this would lead to its own compiler.
            command.args(flags.split_whitespace()).current_dir(root);
            command.env_remove("RUSTC").env_remove("RUSTDOC").env_remove("CARGO");
            command.env_remove("RUSTUP_TOOLCHAIN");
            let status = command.status();
            sound &=
                status.map_err(|error| Problem(format!("cannot start rustup: {error}")))?.success();
        }
        if sound {
            writeln!(out, "figure Checked with the oldest Rust | {package} | version = {version}")?;
        } else {
            failed += 1;
        }
    }
    writeln!(out, "figure Checked with the oldest Rust | packages that fail | count = {failed}")?;
    Ok(u8::from(failed > 0))
}

/// `rust-version` of a package.
fn declared(root: &Path, package: &str) -> Result<String, Problem> {
    let path = root.join(package).join("Cargo.toml");
    let text = fs::read_to_string(&path)
        .map_err(|error| Problem(format!("cannot read {}: {error}", path.display())))?;
    let version =
        text.lines().find_map(|line| line.strip_prefix("rust-version = \"")?.strip_suffix('"'));
    version.map(str::to_owned).ok_or_else(|| {
        Problem(format!("{} says no `rust-version`; every published package does", path.display()))
    })
}

fn is_installed(version: &str) -> bool {
    let mut command = Command::new("rustup");
    command.args(["run", version, "rustc", "--version"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
