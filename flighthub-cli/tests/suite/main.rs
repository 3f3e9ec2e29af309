//! The program as people and scripts run it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod annotate;
mod doctor;
mod live;
mod route;
mod support;
mod watch;
