//! Jobs that take more than one call to DJI FlightHub 2.
//!
//! A workflow is an async function or a struct with one. It takes a handle of [`flighthub_api`] (a read-only one where it changes nothing),
//! its own settings, and a [`Run`]: the clock that it waits by and whoever hears what happens. Dropping its future cancels it; what
//! has to outlive that is on disk before the request leaves.

pub mod choose;
mod error;
pub mod files;
pub mod fleet;
#[cfg(feature = "picture")]
pub mod picture;
mod run;
pub mod track;

pub use error::{Error, ErrorKind};
pub use run::{Events, Run};

/// The result of a workflow.
pub type Result<T, E = Error> = std::result::Result<T, E>;
