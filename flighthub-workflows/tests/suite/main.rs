//! The workflows against the simulator.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod fleet;
mod mission;
mod support;
