//! The program as people and scripts run it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]
#![allow(clippy::print_stdout, reason = "figures of the proof")]

mod annotate;
mod attacks;
mod basics;
mod completion;
mod config;
mod confirmations;
mod doctor;
mod dry_run;
mod exit_codes;
mod help;
mod live;
mod media;
mod mission;
mod model;
mod operations;
mod output;
mod readme;
mod route;
mod secrets;
mod signals;
mod simulated;
mod support;
mod track;
mod watch;
