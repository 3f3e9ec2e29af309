//! `flighthub`: FlightHub 2 on the command line.

fn main() {}
