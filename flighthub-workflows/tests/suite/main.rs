//! The workflows against the simulator.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod annotate;
mod doctor;
mod fetch;
mod fleet;
mod livestream;
mod media;
mod mission;
mod reconstruction;
mod routes;
mod support;
mod tiny;
mod track;
mod upload;
mod watch;
