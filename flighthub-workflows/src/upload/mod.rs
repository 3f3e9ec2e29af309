//! Uploads to the object storages that FlightHub 2 lends, and to those of one's own.
//!
//! [`Bucket`] is storage that the service has lent for a while: by `project.sts_token` for routes, by `openmodel.obtain_token` for the
//! images of a reconstruction. It is an S3 of Amazon, a MinIO or an OSS of Aliyun, and it is written to and nothing else: the lent keys can
//! neither read nor list, so nothing is ever asked of it after an upload. What it answered to the upload is the proof.
//!
//! [`Target`] is a folder or a bucket of one's own, by its URL: `file:///srv/flights`, `s3://bucket/flights`. Storages that only speak
//! the protocols of Google or Azure are left out, to keep programs small; most others speak that of S3.
//!
//! ```no_run
//! # async fn example(project: &flighthub_api::Project) -> flighthub_workflows::Result<()> {
//! use std::sync::Arc;
//!
//! use flighthub_api::TokioClock;
//! use flighthub_workflows::upload::{Bucket, UploadOptions};
//!
//! let bucket = Bucket::of_project(project, Arc::new(TokioClock), &UploadOptions::new()).await?;
//! let key = bucket.key("north.kmz")?;
//! let stored = bucket.put_file(&key, "north.kmz".as_ref()).await?;
//! println!("{} bytes under {}", stored.size, stored.key);
//! # Ok(())
//! # }
//! ```

mod access;
mod address;
mod bucket;
mod options;
mod parts;
mod target;
mod trouble;
mod wire;

pub use access::StorageAccess;
pub(crate) use access::resource_of;
pub use bucket::{Bucket, Stored, UploadEvent};
pub use object_store;
pub use options::{StorageProxy, UploadOptions};
pub use target::{Target, open_target};
pub(crate) use trouble::is_expired;
