//! Benchmarks: what a call, an answer and a simulator cost, as ratios of one run.
//!
//! `flighthub-bench <section>` prints one line per figure; `cargo xtask bench` runs every section and keeps the figures.

fn main() {}
