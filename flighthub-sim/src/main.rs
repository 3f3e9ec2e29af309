//! `flighthub-sim`: a simulated FlightHub 2 for people and for programs in any language.

fn main() -> std::process::ExitCode {
    flighthub_sim::program::run("flighthub-sim", std::env::args_os().skip(1))
}
