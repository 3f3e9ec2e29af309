//! Jobs that take more than one call to DJI FlightHub 2.
//!
//! A workflow is an async function or a struct with one. It takes a handle of [`flighthub_api`] (a read-only one where it changes nothing),
//! its own settings, and a [`Run`]: the clock that it waits by and whoever hears what happens. Dropping its future cancels it; what
//! has to outlive that is on disk before the request leaves.

pub mod annotate;
pub mod choose;
pub mod doctor;
mod error;
pub mod fetch;
mod file_name;
pub mod files;
pub mod fleet;
pub mod livestream;
pub mod media;
pub mod mission;
mod moment;
#[cfg(feature = "picture")]
pub mod picture;
pub mod reconstruction;
pub mod routes;
mod run;
pub mod track;
#[cfg(feature = "upload")]
pub mod upload;
pub mod watch;

pub use error::{Error, ErrorKind};
pub use run::{Events, Run};

/// The result of a workflow.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The example of the README is tested with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
