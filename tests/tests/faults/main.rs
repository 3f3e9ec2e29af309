//! What happens to calls when network, server and callers misbehave, over real sockets and under virtual time.
//!
//! The expectations of the fault matrix stand in [`table`], one row a fault. Lines that begin with `figure` are what was measured.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests, which print figures"
)]

mod cancel;
mod connections;
mod laws;
mod matrix;
mod operations;
mod phases;
mod server;
mod stalls;
mod table;

/// Prints a figure of the proof.
macro_rules! figure {
    ($table:literal, $row:expr, $column:literal, $value:expr $(, $unit:literal)?) => {
        println!(concat!("figure ", $table, " | {} | ", $column, " = {}" $(, " ", $unit)?), $row, $value)
    };
}
pub(crate) use figure;
