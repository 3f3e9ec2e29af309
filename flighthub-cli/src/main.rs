//! `flighthub`: FlightHub 2 on the command line.

#![allow(rustdoc::bare_urls, reason = "comments on arguments are the texts of the help")]

mod app;
mod args;
mod complete;
mod config;
mod confirm;
mod context;
mod dry_run;
mod exit;
mod failure;
mod help;
mod man;
mod operations;
mod out;
mod progress;
mod signals;
#[cfg(feature = "sim")]
mod simulated;
mod storage;
mod verbs;
mod when;

use std::process::ExitCode;

fn main() -> ExitCode {
    app::run(std::env::args_os().collect())
}
