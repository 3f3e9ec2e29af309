//! The workflows against the simulator.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod doctor;
mod fetch;
mod fleet;
mod media;
mod support;
mod tiny;
mod track;
mod upload;
mod watch;
