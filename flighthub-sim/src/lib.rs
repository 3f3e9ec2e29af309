//! A simulated DJI FlightHub 2, to develop and test against without aircraft.
//!
//! ```no_run
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let sim = flighthub_sim::Sim::start().await?;
//! println!("{} {} {}", sim.url(), sim.token(), sim.project());
//! sim.advance(std::time::Duration::from_secs(60));
//! # Ok(())
//! # }
//! ```
//!
//! * [`World`] is the simulation itself: pure, without sockets or threads, on a virtual clock, the same for the same seed and calls.
//!   It answers the generated [`Service`](flighthub_api::v1::Service) trait, so every documented operation has a method there.
//! * [`Sim`] serves a world over HTTP on a port of its own, inside a test or program.
//! * Beside it runs an object storage for what the API hands out credentials and signed addresses for: [`Sim::storage_url`].
//! * The binary `flighthub-sim` does the same for people and for programs in other languages.
//!
//! Nothing here talks to DJI, and nothing that it says is evidence of what the real one does: where the documentation is silent, the
//! simulator does what is plausible and its own documentation says so.

mod caller;
mod clock;
#[cfg(feature = "contract")]
pub mod contract;
mod crc32;
#[cfg(feature = "events")]
mod events;
mod faults;
mod journal;
mod jumping;
pub use flighthub_kmz as kmz;
mod lenient;
mod limiter;
mod made;
pub mod program;
pub mod quirks;
mod record;
mod refusal;
mod reply;
mod scenario;
mod service;
mod setup;
mod shell;
mod sim;
mod storage;
mod world;

pub use caller::{Caller, KeyProfile, Language, PROJECT_HEADER};
#[cfg(feature = "events")]
pub use events::{EventTarget, EventTargetError};
pub use faults::{
    Arrival, DelayClock, Effect, End, ErrorBody, Fault, FaultError, FaultId, FaultKind, FaultPort,
    FaultReport, Phase, When,
};
pub use journal::{Entry, Journal};
pub use jumping::JumpingClock;
pub use limiter::{RateLimit, TooOften};
pub use record::{ReplayError, Replayed, replay};
pub use refusal::Refusal;
pub use reply::Reply;
pub use scenario::{Scenario, ScenarioError};
pub use sim::{RegionView, Sim, SimBuilder};
pub use world::World;
pub use world::annotations::Annotation;
pub use world::converters::Target;
pub use world::deeds::{Deed, Spot};
pub use world::deployment::{LiveVendor, Profile, Storage};
pub use world::events::{
    DeviceExitReturnHome, Event, MapGeoElementsUpdate, MediaFileUploaded, ModelPostReconstruction,
    ModelProgress, WaylineFileUploaded,
};
pub use world::fleet::Rainfall;
pub use world::fleet::alerts::Text;
pub use world::keys::Permit;
pub use world::live::Livestream;
pub use world::store::{DownloadForm, StorageLimits};
pub use world::tasks::MediaTrouble;

/// The examples of the README and of the other pages are tested with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../docs/faults.md")]
struct FaultsPage;

#[cfg(all(doctest, feature = "contract"))]
#[doc = include_str!("../docs/contract.md")]
struct ContractPage;
