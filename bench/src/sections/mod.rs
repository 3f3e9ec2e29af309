//! What is measured, by sections.

pub mod allocations;
pub mod calls;
pub mod decode;
pub mod media;
pub mod streams;
pub mod throughput;

use crate::Result;

/// A part of the figures.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it measures.
    pub about: &'static str,
    run: fn() -> Result<()>,
}

impl Section {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self {
            name: "calls",
            about: "instructions and time of a typed GET, and of others who make the same call",
            run: calls::run,
        },
        Self {
            name: "allocations",
            about: "allocations of the same calls, from the test that counts them",
            run: allocations::run,
        },
        Self {
            name: "decode",
            about: "reading a task, a list and a track, and serde_json alone",
            run: decode::run,
        },
        Self {
            name: "throughput",
            about: "calls a second at once, and what the simulator can do",
            run: throughput::run,
        },
        Self {
            name: "streams",
            about: "what watching for stalled streams costs",
            run: streams::run,
        },
        Self {
            name: "media",
            about: "memory and time of fetching 1 GiB of media",
            run: media::run,
        },
    ];

    /// The section of a name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.name == name)
    }

    /// Measures it, and prints its figures.
    ///
    /// # Errors
    ///
    /// When something failed that has nothing to do with how fast it is.
    pub fn run(self) -> Result<()> {
        (self.run)()
    }
}
