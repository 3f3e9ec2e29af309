//! What is kept on disk, so that nothing is done twice.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result, files};

/// The form of the files. Another one is refused, not guessed at.
const VERSION: u32 = 1;

/// A file with a version.
#[derive(Debug, Serialize, Deserialize)]
struct Kept<T> {
    version: u32,
    /// What sort of state it is.
    kind: String,
    state: T,
}

#[derive(Deserialize)]
struct Head {
    version: u32,
    kind: String,
}

/// Reads a state, if there is one.
pub(super) fn load<T: DeserializeOwned>(path: &Path, kind: &str) -> Result<Option<T>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::file(path, "cannot be read", error)),
    };
    let odd = |what: &str| {
        let text = format!("{}: {what}", path.display());
        let help = "Name another file for the state. If this one belongs to a job that is under way, find out about that job first.";
        Error::new(ErrorKind::State, text, help)
    };
    let head: Head =
        serde_json::from_slice(&bytes).map_err(|_| odd("is no state of an earlier run"))?;
    if head.kind != kind {
        return Err(odd("is the state of another sort of job"));
    }
    if head.version != VERSION {
        return Err(odd("was written by another version of this program"));
    }
    // The reason could repeat what is secret in the file.
    let kept: Kept<T> =
        serde_json::from_slice(&bytes).map_err(|_| odd("is damaged: it cannot be read whole"))?;
    Ok(Some(kept.state))
}

/// Writes a state; it is on the disk when this returns.
pub(super) fn save<T: Serialize>(path: &Path, kind: &str, state: &T) -> Result<()> {
    let kept = Kept { version: VERSION, kind: kind.to_owned(), state };
    let bytes = serde_json::to_vec_pretty(&kept).map_err(|error| {
        let text = format!("{}: the state cannot be written: {error}", path.display());
        Error::new(ErrorKind::State, text, "Report it: this is not expected.")
    })?;
    files::write(path, &bytes)
}

/// Keeps a second run away from the same state while it is held.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    pub(super) fn of(path: &Path) -> Result<Self> {
        let beside = beside(path);
        let opened = OpenOptions::new().create(true).append(true).open(&beside);
        let file = opened.map_err(|error| Error::file(&beside, "cannot be written", error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(std::fs::TryLockError::WouldBlock) => {
                let text = format!("{}: another run is at work with it", path.display());
                let help = "Wait for that run, or name another file for the state.";
                Err(Error::new(ErrorKind::State, text, help))
            }
            Err(std::fs::TryLockError::Error(error)) => {
                Err(Error::file(&beside, "cannot be locked", error))
            }
        }
    }
}

/// The file that is locked: that of the state itself is replaced whenever it is written.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

#[cfg(feature = "upload")]
pub(super) use images::{Grant, ImagesState, InStorage, Intent, Stage};
#[cfg(feature = "upload")]
pub use images::{Progressed, progress_of};

/// The state of a reconstruction from local images.
#[cfg(feature = "upload")]
mod images {
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};

    use flighthub_api::v1::{ModelUuid, ResourceUuid, UploadGrant};
    use flighthub_api::{Secret, Timestamp};
    use serde::{Deserialize, Serialize, Serializer};
    use serde_json::json;

    use super::super::images::Image;
    use super::super::jobs::Jobs;
    use crate::{Error, ErrorKind, Result};

    const KIND: &str = "reconstruction_from_images";

    /// Where an image is.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub(in super::super) enum Stage {
        /// In the storage.
        Uploaded,
        /// In a report whose answer is not known.
        Reporting,
        /// Reported.
        Reported,
    }

    /// An image that is in the storage.
    #[derive(Debug, Clone, Serialize, Deserialize)]
    pub(in super::super) struct InStorage {
        pub(in super::super) etag: String,
        pub(in super::super) size: u64,
        pub(in super::super) stage: Stage,
    }

    /// A write that was about to leave.
    #[derive(Debug, Clone, Serialize, Deserialize)]
    pub(in super::super) struct Intent {
        /// When, in milliseconds since 1970.
        pub(in super::super) at_ms: i64,
    }

    /// The right to upload. It is kept because every new one would mean a new resource; it ends within an hour or so, and is forgotten as soon
    /// as all images are reported.
    #[derive(Debug, Clone, Serialize, Deserialize)]
    pub(in super::super) struct Grant {
        cloud_name: Option<String>,
        access_key_id: String,
        #[serde(serialize_with = "exposed")]
        secret_access_key: Secret,
        #[serde(serialize_with = "exposed")]
        session_token: Secret,
        region: Option<String>,
        cloud_bucket_name: String,
        #[serde(serialize_with = "exposed")]
        callback_param: Secret,
        store_path: String,
        expire_time_s: Option<i64>,
        end_point: String,
    }

    /// Into a file that nobody else can read.
    fn exposed<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    impl Grant {
        pub(in super::super) fn of(grant: &UploadGrant) -> Self {
            Self {
                cloud_name: grant.cloud_name.as_ref().map(ToString::to_string),
                access_key_id: grant.access_key_id.clone(),
                secret_access_key: grant.secret_access_key.clone(),
                session_token: grant.session_token.clone(),
                region: grant.region.clone(),
                cloud_bucket_name: grant.cloud_bucket_name.clone(),
                callback_param: grant.callback_param.clone(),
                store_path: grant.store_path.clone(),
                expire_time_s: grant.expire_time.map(|time| time.unix_seconds()),
                end_point: grant.end_point.clone(),
            }
        }

        /// As the service said it.
        pub(in super::super) fn wire(&self) -> Result<UploadGrant> {
            let wire = json!({
                "cloud_name": self.cloud_name,
                "access_key_id": self.access_key_id,
                "secret_access_key": self.secret_access_key.expose(),
                "session_token": self.session_token.expose(),
                "region": self.region,
                "cloud_bucket_name": self.cloud_bucket_name,
                "callback_param": self.callback_param.expose(),
                "store_path": self.store_path,
                "expire_time": self.expire_time_s,
                "end_point": self.end_point,
            });
            serde_json::from_value(wire).map_err(|_| {
                let text = "the credentials of the earlier run cannot be read";
                Error::new(ErrorKind::State, text, "Name another file for the state.")
            })
        }

        pub(in super::super) fn has_ended(&self, now: Timestamp) -> bool {
            self.expire_time_s.is_some_and(|end| end <= now.unix_seconds())
        }

        pub(in super::super) fn callback_param(&self) -> &Secret {
            &self.callback_param
        }
    }

    /// How far a reconstruction from local images is.
    #[derive(Debug, Clone, Serialize, Deserialize)]
    pub(in super::super) struct ImagesState {
        /// The project that it belongs to: the service counts quota there.
        pub(in super::super) project: String,
        pub(in super::super) jobs: Jobs,
        pub(in super::super) delete_images: bool,
        pub(in super::super) images: Vec<Image>,
        pub(in super::super) resource: Option<ResourceUuid>,
        pub(in super::super) grant: Option<Grant>,
        /// By name.
        pub(in super::super) in_storage: BTreeMap<String, InStorage>,
        /// Since when the answer to a report is not known, in milliseconds since 1970.
        pub(in super::super) reporting_since_ms: Option<i64>,
        /// The order of the jobs has left, or was about to.
        pub(in super::super) start: Option<Intent>,
        pub(in super::super) models: Vec<ModelUuid>,
    }

    impl ImagesState {
        pub(in super::super) fn load(path: &Path) -> Result<Option<Self>> {
            super::load(path, KIND)
        }

        pub(in super::super) fn save(&self, path: &Path) -> Result<()> {
            super::save(path, KIND, self)
        }

        pub(in super::super) fn count(&self, stage: Stage) -> u64 {
            self.in_storage.values().filter(|image| image.stage == stage).count() as u64
        }

        pub(in super::super) fn is_reported(&self) -> bool {
            self.count(Stage::Reported) == self.images.len() as u64
        }

        /// Everything about the resource, for another one.
        pub(in super::super) fn forget_resource(&mut self) {
            self.grant = None;
            self.resource = None;
            self.reporting_since_ms = None;
            self.in_storage.clear();
        }
    }

    /// How far an earlier run came, without its secrets.
    #[derive(Debug, Clone, Serialize)]
    #[non_exhaustive]
    pub struct Progressed {
        /// The file.
        pub state: PathBuf,
        /// The project that it belongs to.
        pub project: String,
        /// The resource with the images, when there is one.
        pub resource_uuid: Option<String>,
        /// Images in all.
        pub images: u64,
        /// Images that are in the storage.
        pub uploaded: u64,
        /// Images that the service has been told of.
        pub reported: u64,
        /// Whether jobs were, or may have been, started.
        pub is_started: bool,
        /// Their ids, when they are known.
        pub models: Vec<ModelUuid>,
    }

    /// How far the run of a state came.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when there is no such file, [`ErrorKind::State`] when it is something else.
    pub fn progress_of(path: &Path) -> Result<Progressed> {
        let state = ImagesState::load(path)?.ok_or_else(|| {
            let text = format!("{}: there is no such state", path.display());
            Error::new(ErrorKind::NotFound, text, "Name the file that the run wrote.")
        })?;
        Ok(Progressed {
            state: path.to_owned(),
            project: state.project.clone(),
            resource_uuid: state.resource.as_ref().map(ToString::to_string),
            images: state.images.len() as u64,
            uploaded: state.in_storage.len() as u64,
            reported: state.count(Stage::Reported),
            is_started: state.start.is_some() || !state.models.is_empty(),
            models: state.models,
        })
    }
}
