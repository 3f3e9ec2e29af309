//! Routes: checked, put up, found by name, downloaded.
//!
//! The service never says what is wrong with a route file, and neither deletes nor changes a route. So a file is looked at here before anything
//! leaves ([`lint`], [`lint_file`]), and [`upload`](fn@upload) makes at most one route of it: what is about to be registered is on disk first, and when the
//! answer is lost, or the program is killed, the route is looked up instead of being registered again.
//!
//! ```no_run
//! # async fn example(project: &flighthub_api::Project) -> flighthub_workflows::Result<()> {
//! use flighthub_workflows::Run;
//! use flighthub_workflows::routes::{self, UploadSettings};
//!
//! let settings = UploadSettings::new("north-fence.kmz", "/var/lib/flighthub/routes");
//! let route = routes::upload(project, &settings, &Run::quiet()).await?;
//! println!("{} is {}", route.name, route.id);
//! # Ok(())
//! # }
//! ```

mod download;
#[cfg(feature = "upload")]
mod intent;
mod lint;
mod list;
#[cfg(feature = "upload")]
mod lookup;
mod name;
#[cfg(feature = "upload")]
mod upload;

pub use download::{DownloadSettings, DownloadedRoute, download};
pub use flighthub_kmz::{Finding, FindingPlace, Kmz, RULES, Rule, Severity};
pub use lint::{LintReport, RouteSummary, lint, lint_file};
pub use list::{find, list};
pub use name::{check_name, name_of_file};
#[cfg(feature = "upload")]
pub use upload::{RouteUploadEvent, RouteWitness, UploadSettings, UploadedRoute, upload};
