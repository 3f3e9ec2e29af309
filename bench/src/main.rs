//! Benchmarks: what a call, an answer and a simulator cost, as ratios of one run.
//!
//! `flighthub-bench <section>` prints one line per figure; `cargo xtask bench` runs every section and keeps the figures.

use std::process::ExitCode;

use flighthub_bench::processes::ROLE;
use flighthub_bench::sections::{Section, calls, media, throughput};
use flighthub_bench::{Result, answers, processes};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    match arguments {
        [role, name, rest @ ..] if role == ROLE => play(name, rest),
        [name] => match Section::by_name(name) {
            Some(section) => section.run(),
            None => Err(format!("there is no section `{name}`\n{}", usage()).into()),
        },
        _ => Err(usage().into()),
    }
}

/// What there is to ask for.
fn usage() -> String {
    let mut text = "usage: flighthub-bench SECTION, one of".to_owned();
    for section in Section::ALL {
        text.push_str(&format!("\n  {:<12} {}", section.name, section.about));
    }
    text
}

/// Is a part of a benchmark that runs in another process.
fn play(role: &str, arguments: &[String]) -> Result<()> {
    match role {
        "answers" => {
            say(&answers::start()?.to_string());
            processes::until_caller_ends();
            Ok(())
        }
        "caller" => calls::caller(arguments),
        "simulator" => throughput::simulator(),
        "storage" => media::storage(arguments),
        "fetcher" => media::fetcher(arguments),
        _ => Err(format!("there is no role `{role}`").into()),
    }
}

#[allow(clippy::print_stdout, reason = "the caller reads it")]
fn say(line: &str) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_name_is_answered_with_the_right_ones() {
        for arguments in [&[][..], &["speed".to_owned()], &["a".to_owned(), "b".to_owned()]] {
            let problem = run(arguments).unwrap_err().to_string();
            for section in Section::ALL {
                assert!(problem.contains(section.name), "{problem}");
            }
        }
    }
}
