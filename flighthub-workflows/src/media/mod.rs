//! Media: all files of flights, fetched to a folder or an object storage, and never twice.
//!
//! [`list`] says what there is, [`plan`] what a run would do, [`sync`] does it. A run may end at any place, by itself, by being dropped or by
//! the loss of its machine: the next one continues, fetches nothing again that is there, and puts nothing twice. What makes that so is the manifest
//! `flighthub-media.jsonl` at the root of the target, one JSON object a line: `uuid`, `task`, `path`, `state` (`planned` or `done`), and of what
//! is there `size` in bytes, `sha256`, `etag`, `created_at` and `fetched_at`. The last line of a `uuid` counts.
//!
//! The names of files and folders are made of what the service says, so they are made harmless first: none leads out of the target, means
//! a device on Windows, hides, or looks like another one. Files of others are never overwritten.
//!
//! ```no_run
//! use flighthub_workflows::Run;
//! use flighthub_workflows::fetch::Fetcher;
//! use flighthub_workflows::media::{Destination, Selection, SyncSettings, sync};
//!
//! # async fn run(project: flighthub_api::Project) -> flighthub_workflows::Result<()> {
//! let flights = Selection::tasks(["5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10"]);
//! let settings = SyncSettings::new(flights, Destination::folder("media"));
//! let report = sync(&project, &Fetcher::builder().build(), &settings, &Run::quiet()).await?;
//! println!("{} files fetched, {} were there", report.counts.fetched, report.counts.present);
//! # Ok(()) }
//! ```

mod bring;
mod decide;
mod find;
mod layout;
mod look;
mod manifest;
mod place;
mod report;
mod sync;

use std::time::Duration;

use flighthub_api::Timestamp;
use flighthub_api::v1::{DockSn, TaskUuid};

pub use find::{MediaListing, list};
pub use layout::Layout;
pub use look::{MediaKind, MediaRow, MediaState, TaskMediaList};
pub use place::Destination;
pub use report::{Counts, FileReport, FileState, SyncEvent, SyncReport, TaskReport};
pub use sync::{plan, sync};

/// Whose media are wanted.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Selection {
    /// Of these tasks.
    Tasks(Vec<TaskUuid>),
    /// Of all tasks of docks with a planned start between two times.
    Docks {
        /// The docks that the aircraft took off from.
        docks: Vec<DockSn>,
        /// From.
        from: Timestamp,
        /// Up to.
        to: Timestamp,
    },
}

/// What to synchronise, and how.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SyncSettings {
    /// Whose media.
    pub selection: Selection,
    /// Where to.
    pub destination: Destination,
    /// How paths are made. It concerns files that are new; others stay where they are.
    pub layout: Layout,
    /// Files that are fetched at a time.
    pub jobs: usize,
    /// How long to wait for files that docks have not uploaded yet; without, what is there now is fetched.
    pub wait: Option<Duration>,
    /// Only files of these kinds; all when empty.
    pub kinds: Vec<MediaKind>,
    /// How files that are there are looked at.
    pub verify: Verify,
}

/// How files that are there already are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Verify {
    /// Their sizes are compared.
    #[default]
    Sizes,
    /// Their hashes are, too: each is read whole.
    Hashes,
}

impl Selection {
    /// Of these tasks.
    pub fn tasks<T: Into<TaskUuid>>(tasks: impl IntoIterator<Item = T>) -> Self {
        Self::Tasks(tasks.into_iter().map(Into::into).collect())
    }

    /// Of all tasks of docks with a planned start between two times.
    pub fn docks(docks: impl IntoIterator<Item = DockSn>, from: Timestamp, to: Timestamp) -> Self {
        Self::Docks { docks: docks.into_iter().collect(), from, to }
    }
}

impl SyncSettings {
    /// All files, four at a time, a folder for each task, without waiting.
    #[must_use]
    pub fn new(selection: Selection, destination: Destination) -> Self {
        Self {
            selection,
            destination,
            layout: Layout::default(),
            jobs: 4,
            wait: None,
            kinds: Vec::new(),
            verify: Verify::default(),
        }
    }

    /// How paths are made.
    #[must_use]
    pub fn with_layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// How many files are fetched at a time.
    #[must_use]
    pub const fn with_jobs(mut self, jobs: usize) -> Self {
        self.jobs = jobs;
        self
    }

    /// Waits so long for files that docks have not uploaded yet.
    #[must_use]
    pub const fn with_wait(mut self, wait: Duration) -> Self {
        self.wait = Some(wait);
        self
    }

    /// Only files of these kinds.
    #[must_use]
    pub fn with_kinds(mut self, kinds: impl IntoIterator<Item = MediaKind>) -> Self {
        self.kinds = kinds.into_iter().collect();
        self
    }

    /// How files that are there are looked at.
    #[must_use]
    pub const fn with_verify(mut self, verify: Verify) -> Self {
        self.verify = verify;
        self
    }
}
