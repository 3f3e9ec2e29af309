//! The workflows against the simulator.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod annotate;
mod doctor;
mod fleet;
mod livestream;
mod support;
mod watch;
