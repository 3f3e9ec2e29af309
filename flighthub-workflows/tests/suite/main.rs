//! The workflows against the simulator.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

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
mod support;
mod tiny;
mod track;
mod upload;
mod watch;
