//! The programs as they are handed out: how large they are, and how fast they begin.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::{Folder, Table, cargo, median, megabytes, output, program as built};
use crate::tree::Problem;

/// How often each program is started.
const STARTS: usize = 20;
/// Row, package and features, program.
const PROGRAMS: [[&str; 3]; 3] = [
    [
        "flighthub without simulator and pictures",
        "-p flighthub-cli --no-default-features",
        "flighthub",
    ],
    ["flighthub", "-p flighthub-cli", "flighthub"],
    ["flighthub-sim", "-p flighthub-sim", "flighthub-sim"],
];

/// `cost program`
pub(crate) fn program(root: &Path, out: &mut dyn Write) -> Result<u8, Problem> {
    let mut table = Table { name: "Programs", out };
    let folder = Folder::new("program")?;
    for [row, package, name] in PROGRAMS {
        let arguments = format!("build --quiet --locked --profile dist {package} --bin {name}");
        let path = built(cargo(root, &arguments).arg("--target-dir").arg(&folder.path))?;
        table.put(row, "size", format_args!("{:.2} MB", megabytes(&path)?))?;
        let mut starts = Vec::new();
        for _ in 0..STARTS {
            let begun = Instant::now();
            output(Command::new(&path).arg("--version"))?;
            starts.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        table.put(row, "start and end of --version", format_args!("{:.1} ms", median(starts)))?;
    }
    Ok(0)
}
