//! What generating costs, phase by phase, and how it grows with the size of the description.
//!
//! `growth figures SPEC TIMES…` prints figures for descriptions of so many times the operations, made by copying the given one;
//! `growth once SPEC TIMES` generates one of them and prints nothing, for tools that count instructions.

#![allow(clippy::print_stdout, reason = "figures of the proof")]

mod copies;

use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs};

use flighthub_codegen::emit::drafts;
use flighthub_codegen::lint::lint;
use flighthub_codegen::load::load;
use flighthub_codegen::lower::lower;
use flighthub_codegen::{Diagnostics, OutputFile, Source};

/// What is timed, in the order of the run.
const PHASES: [&str; 5] = ["load", "lint", "lower", "emit", "format"];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["figures", path, times @ ..] if !times.is_empty() => figures(path, times),
        ["once", path, times] => copy(path, times).and_then(|copy| once(&copy)).map(|_| ()),
        _ => Err("usage: growth figures SPEC TIMES… | growth once SPEC TIMES".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn copy(path: &str, times: &str) -> Result<Source, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?;
    let number = times.parse().ok().filter(|times| *times > 0);
    let number = number.ok_or_else(|| format!("`{times}` is no number of copies"))?;
    Ok(copies::of(&Source { name: path.to_owned(), text }, number))
}

fn figures(path: &str, sizes: &[&str]) -> Result<(), String> {
    let each = once(&copy(path, "1")?)?.operations;
    let mut before: Option<(usize, f64)> = None;
    for times in sizes {
        let copy = copy(path, times)?;
        let mut runs = vec![once(&copy)?];
        let operations = runs[0].operations;
        if Ok(operations) != times.parse().map(|times: usize| times * each) {
            return Err(format!("{times} copies of {each} operations have {operations}"));
        }
        // Small ones more often: what is short is noisy.
        for _ in 0..(840 / operations.max(1)).clamp(2, 20) {
            runs.push(once(&copy)?);
        }
        let row = format!("{operations} operations");
        for (index, phase) in PHASES.iter().enumerate() {
            let time = median(runs.iter().map(|run| run.phases[index]));
            println!("figure Generator | {row} | {phase} = {:.2} ms", millis(time));
        }
        let total = median(runs.iter().map(|run| run.phases.iter().sum()));
        let each = millis(total) * 1000.0 / operations.max(1) as f64;
        println!("figure Generator | {row} | total = {:.2} ms", millis(total));
        println!("figure Generator | {row} | an operation = {each:.1} us");
        if let Some((fewer, former)) = before.replace((operations, each)) {
            let ratio = each / former;
            println!(
                "figure Generator | growth from {fewer} to {operations} operations | time an operation = {ratio:.3}"
            );
        }
    }
    Ok(())
}

/// One generation of everything.
struct Run {
    operations: usize,
    phases: [Duration; PHASES.len()],
}

fn once(source: &Source) -> Result<Run, String> {
    let mut clock = Clock::new();
    let document = load(source).map_err(told)?;
    let load = clock.lap();
    lint(&document).or(()).map_err(told)?;
    let lint = clock.lap();
    let api = lower(&document).map_err(told)?;
    let lower = clock.lap();
    let drafts = drafts(&api);
    let emit = clock.lap();
    let files = drafts.into_iter().map(|draft| draft.print());
    let files: Vec<OutputFile> = files.collect::<Result<_, _>>().map_err(told)?;
    let format = clock.lap();
    // What is generated has to be more than nothing, or nothing was measured.
    if files.iter().any(|file| file.text.is_empty()) {
        return Err("a generated file is empty".to_owned());
    }
    let operations = api.tags.iter().map(|tag| tag.operations.len()).sum();
    Ok(Run { operations, phases: [load, lint, lower, emit, format] })
}

/// The first problems, not all of thousands.
fn told(problems: Diagnostics) -> String {
    let count = problems.len();
    let text = problems.to_string();
    let lines: Vec<&str> = text.lines().take(12).collect();
    format!("{count} problems in the description:\n{}", lines.join("\n"))
}

/// Time of this thread on a processor, where the system tells; elsewhere time on the wall.
struct Clock {
    since: Instant,
    used: Option<u64>,
}

impl Clock {
    fn new() -> Self {
        Self { since: Instant::now(), used: on_processor() }
    }

    /// The time since the last lap.
    fn lap(&mut self) -> Duration {
        let now = Self::new();
        let lap = match (self.used, now.used) {
            (Some(before), Some(after)) => Duration::from_nanos(after.saturating_sub(before)),
            _ => now.since - self.since,
        };
        *self = now;
        lap
    }
}

/// Nanoseconds that Linux has counted for this thread.
fn on_processor() -> Option<u64> {
    // It counts at its ticks, some milliseconds apart, and whenever a thread gives way.
    std::thread::yield_now();
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok()
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
