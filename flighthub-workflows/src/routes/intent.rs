//! What is about to be registered, on disk before the request leaves.
//!
//! One JSON file for a name in a project. It is there from just before the request until the route has been seen in the list: a run that finds it
//! looks the route up instead of registering again.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use flighthub_api::Timestamp;
use flighthub_api::v1::WaylineId;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::choose::printable;
use crate::fetch::hex;
use crate::{Error, ErrorKind, Result, files};

/// The form of the files.
const VERSION: u32 = 1;
/// Largest file that is read as an intent.
const MOST_BYTES: u64 = 16 << 20;

/// A registration that has been begun.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Intent {
    version: u32,
    pub(super) project: String,
    pub(super) name: String,
    pub(super) object_key: String,
    pub(super) size: u64,
    /// SHA-256 of the file.
    pub(super) sha256: String,
    /// Unix milliseconds at which this was written; the request left after it.
    pub(super) written_at_ms: i64,
    /// The routes that were there before. None of them is ours.
    pub(super) known: Vec<WaylineId>,
    /// The route, once the service has named it.
    pub(super) route: Option<WaylineId>,
}

impl Intent {
    pub(super) fn new(
        project: &str,
        name: &str,
        object_key: &str,
        size: u64,
        sha256: &str,
    ) -> Self {
        Self {
            version: VERSION,
            project: project.to_owned(),
            name: name.to_owned(),
            object_key: object_key.to_owned(),
            size,
            sha256: sha256.to_owned(),
            written_at_ms: 0,
            known: Vec::new(),
            route: None,
        }
    }

    /// Whole seconds since it was written; 0 when the clock has gone back.
    pub(super) fn age_seconds(&self, now: Timestamp) -> u64 {
        let millis = now.unix_millis().saturating_sub(self.written_at_ms);
        u64::try_from(millis / 1000).unwrap_or_default()
    }
}

/// The file of an intent, held by one process at a time. The system lets go of it when the process dies.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    _lock: File,
}

impl Place {
    /// That of a name in a project.
    pub(super) fn take(folder: &Path, project: &str, name: &str) -> Result<Self> {
        std::fs::create_dir_all(folder)
            .map_err(|error| Error::file(folder, "cannot be made", error))?;
        // Names can be anything, and file systems differ in what they take.
        let digest = hex(&Sha256::digest(format!("{project}\n{name}")));
        let short = digest.get(..32).unwrap_or(&digest);
        let path = folder.join(format!("route-{short}.lock"));
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| Error::file(&path, "cannot be opened", error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.with_extension("json"), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Error::new(
                ErrorKind::State,
                format!("route `{}` is being uploaded by another process", printable(name)),
                "Wait until it has ended; `flighthub route list` shows the route then.",
            )),
            Err(TryLockError::Error(error)) => Err(Error::file(&path, "cannot be locked", error)),
        }
    }

    /// What an earlier run left.
    pub(super) fn read(&self) -> Result<Option<Intent>> {
        let read = || -> io::Result<Vec<u8>> {
            let length = std::fs::metadata(&self.path)?.len();
            if length > MOST_BYTES {
                return Err(io::Error::other(format!("it has {length} bytes")));
            }
            std::fs::read(&self.path)
        };
        let problem = match read() {
            Ok(bytes) => match serde_json::from_slice::<Intent>(&bytes) {
                Ok(intent) if intent.version == VERSION => return Ok(Some(intent)),
                Ok(intent) => {
                    format!("its version is {}, this program knows {VERSION}", intent.version)
                }
                Err(error) => error.to_string(),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => error.to_string(),
        };
        let text = format!(
            "{}: what an earlier upload left cannot be read: {problem}",
            self.path.display()
        );
        let help = "Look in FlightHub whether its route is there, then move the file away.";
        Err(Error::new(ErrorKind::State, text, help))
    }

    /// Brings it to the disk.
    pub(super) fn write(&self, intent: &Intent) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(intent).map_err(|error| {
            let text = format!("the upload cannot be written down: {error}");
            Error::new(ErrorKind::State, text, "Report this to the project.")
        })?;
        files::write(&self.path, &bytes)
    }

    /// There is nothing open any more.
    pub(super) fn clear(&self) -> Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::file(&self.path, "cannot be removed", error))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intent_outlives_the_process_and_is_held_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::take(folder.path(), "p", "north").unwrap();
        assert_eq!(place.read().unwrap(), None);
        let mut intent = Intent::new("p", "north", "o/p/wayline/x/north.kmz", 7, "ab");
        intent.known.push(WaylineId::new("a"));
        place.write(&intent).unwrap();
        let error = Place::take(folder.path(), "p", "north").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::State);
        Place::take(folder.path(), "p", "south").unwrap();
        drop(place);
        let place = Place::take(folder.path(), "p", "north").unwrap();
        assert_eq!(place.read().unwrap(), Some(intent));
        place.clear().unwrap();
        place.clear().unwrap();
        assert_eq!(place.read().unwrap(), None);
    }

    #[test]
    fn what_cannot_be_read_stops_everything() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::take(folder.path(), "p", "north").unwrap();
        for bad in ["", "{", "{\"version\":2}", "[]"] {
            std::fs::write(&place.path, bad).unwrap();
            assert_eq!(place.read().unwrap_err().kind(), ErrorKind::State, "{bad}");
        }
    }
}
