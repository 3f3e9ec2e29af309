//! What several tests need: the description as a judge, arguments and replies of every operation made from its schema, and what has to hold
//! for any input (shared with the fuzz targets in `fuzz/`).
//!
//! The judge is [`flighthub_sim::contract`]. It knows nothing of our generator and of the generated code, so it notices when our own
//! reading of the document is wrong.

#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

#[cfg(feature = "judge")]
use flighthub_sim::contract::{Description, Endpoint, Finding};

pub mod arguments;
pub mod exchange;
pub mod mutation;
pub mod properties;
pub mod replies;
pub mod wire;

/// The description of V1.0.
///
/// # Panics
///
/// When it cannot be read.
#[cfg(feature = "judge")]
#[must_use]
pub fn description() -> &'static Description {
    Description::v1().unwrap_or_else(|error| panic!("{error}"))
}

/// An operation of it.
///
/// # Panics
///
/// When there is none of that id.
#[cfg(feature = "judge")]
#[must_use]
pub fn endpoint(id: &str) -> &'static Endpoint {
    description().get(id).unwrap_or_else(|| panic!("the document has no {id}"))
}

/// What strict validation says: the findings that contradict the description, in words.
#[cfg(feature = "judge")]
#[must_use]
pub fn violations(found: &[Finding]) -> Vec<String> {
    found.iter().filter(|one| one.contradicts()).map(Finding::to_string).collect()
}

/// The examples of the README, compiled.
#[doc = include_str!("../../README.md")]
#[cfg(doctest)]
pub struct Readme;
