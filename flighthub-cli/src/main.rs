//! `flighthub`: FlightHub 2 on the command line.

mod config;
mod man;
mod out;
mod progress;
mod when;

fn main() {}
