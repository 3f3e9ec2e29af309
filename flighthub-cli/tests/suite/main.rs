//! Tests of the program `flighthub`, against the simulator.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod basics;
mod confirmations;
mod dry_run;
mod exit_codes;
mod help;
mod operations;
mod secrets;
mod signals;
mod simulated;
mod support;
