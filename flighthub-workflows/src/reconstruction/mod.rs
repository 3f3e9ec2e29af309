//! Models and maps from photos: those of a flight, or those of a local folder.
//!
//! There are two ways, and they have little in common:
//!
//! - [`from_flight`] has a model built from the media folder of a flight task (`model.create`). The answer is an id; **there is no status and
//!   no sign of failure**. All that can be waited for is that the id turns up in the project's list of models ([`wait_listed`]), and when it
//!   does not, nothing tells a slow job from a failed one. `model.get` then has a link to the packed model.
//! - [`from_images`] uploads local images by open modeling and starts jobs on them. Jobs tell their status, progress and failure
//!   ([`wait_models`]), and an archive of the result is packed. **No call of this version turns the key of that archive into a link**: it is
//!   fetched in the console, or where the organization's own storage is known.
//!
//! Both spend quota of the organization, so nothing about them is assumed: what to build, how and where is always said by the caller, and what
//! may have been started is never started again. Nothing is deleted unless asked for.

mod events;
mod flight;
mod following;
mod jobs;
mod listed;
mod state;

#[cfg(feature = "upload")]
mod filling;
#[cfg(feature = "upload")]
mod images;
#[cfg(feature = "upload")]
mod open;
#[cfg(feature = "upload")]
mod starting;

pub use events::{ModelEvent, ReconstructionEvent};
pub use flight::{FromFlight, FromFlightArgs, ModelOrder, from_flight};
pub use following::{JobOutcome, JobState, Until, model_states, running_models, wait_models};
#[cfg(feature = "upload")]
pub use images::{Image, ImageSet, Selection, scan_images};
pub use jobs::{Job, JobKind, Jobs};
pub use listed::{Awaited, ListedModel, wait_listed};
#[cfg(feature = "upload")]
pub use open::{FromImages, Reconstructed, from_images};
#[cfg(feature = "upload")]
pub use state::{Progressed, progress_of};
