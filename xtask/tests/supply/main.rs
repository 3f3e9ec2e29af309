//! What the workspace is made of, and what it hands out: dependencies, public items, packages.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]
#![allow(clippy::print_stdout, reason = "figures of the proof")]

mod api;
mod dependencies;
mod documentation;
mod licences;
mod packages;
mod printing;
mod public_items;

use std::path::{Path, PathBuf};
use std::process::Command;

/// The crates that are published.
const PUBLISHED: [&str; 5] =
    ["flighthub-api", "flighthub-cli", "flighthub-kmz", "flighthub-sim", "flighthub-workflows"];

/// The folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What cargo prints. Nothing is fetched, when everything that the workspace needs has been.
fn cargo(arguments: &str) -> String {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments.split_whitespace()).current_dir(root());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments}: {said}");
    String::from_utf8(output.stdout).unwrap()
}
