//! The workflows against the simulator.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests, which print figures"
)]

mod annotate;
mod attacks;
mod doctor;
mod fetch;
mod fetch_addresses;
mod fleet;
mod livestream;
mod media;
mod media_rows;
mod mission;
mod reconstruction;
mod routes;
mod stalls;
mod support;
mod tiny;
mod track;
mod transfers;
mod upload;
mod waiters;
mod watch;
