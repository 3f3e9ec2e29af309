//! What holds for any input: the seeds of the fuzz targets and made-up input through the checks of `flighthub_tests::properties`, every
//! place of every reply in every wrong form, and lists whose pages lie.
//!
//! A few cases of each by default. `FLIGHTHUB_PROOF=full` runs many more, and prints how many.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]
#![allow(clippy::print_stdout, reason = "figures of the proof")]

mod drift;
mod input;
mod paging;
mod seeds;

/// Whether the long run was asked for.
fn is_full() -> bool {
    std::env::var("FLIGHTHUB_PROOF").is_ok_and(|value| value == "full")
}
