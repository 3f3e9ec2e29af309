//! Allocations, as the test counts them. The allocator that counts is in the test alone, because it would cost time here.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::Result;

/// Runs the test and hands on its figures.
///
/// # Errors
///
/// When the test fails, or cargo is not there to run it.
pub fn run() -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["test", "--quiet", "--package", env!("CARGO_PKG_NAME"), "--test", "allocations"])
        .args(["--", "--show-output"])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut stdout = std::io::stdout().lock();
    for line in text.lines().filter(|line| line.starts_with("figure ")) {
        writeln!(stdout, "{line}")?;
    }
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("an allocation count is over its bound:\n{text}").into())
    }
}
