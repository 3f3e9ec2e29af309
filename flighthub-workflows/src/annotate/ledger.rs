//! What was drawn already, on disk: so that a second run draws nothing twice.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use flighthub_api::v1::AnnotationCreate;
use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result, files};

/// The version of the file's form.
const VERSION: u32 = 1;

/// What became of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ElementState {
    /// The request is about to leave, or left and was never answered, because the program ended.
    Sent,
    /// It is on the map.
    Drawn,
    /// The service refused it. It is not on the map.
    Refused,
    /// Nobody knows.
    Unknown,
}

/// What is known of an element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) state: ElementState,
    /// The id that the service gave it, if it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Content {
    version: u32,
    project: String,
    elements: BTreeMap<String, Entry>,
}

/// The ledger of one file and project. While it is open, no other run opens it.
pub(super) struct Ledger {
    path: PathBuf,
    project: String,
    elements: BTreeMap<String, Entry>,
    /// Locked as long as it is open.
    _lock: File,
}

impl Ledger {
    /// Reads the ledger, or begins one.
    pub(super) fn open(path: &Path, project: &str) -> Result<Self> {
        let lock = lock(path)?;
        let elements = match std::fs::read(path) {
            Ok(bytes) => read(path, project, &bytes)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(Error::file(path, "cannot be read", error)),
        };
        Ok(Self { path: path.to_owned(), project: project.to_owned(), elements, _lock: lock })
    }

    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        self.elements.get(key)
    }

    /// Writes down what became of an element. When this returns, it is on the disk.
    pub(super) fn put(&mut self, key: &str, entry: Entry) -> Result<()> {
        self.elements.insert(key.to_owned(), entry);
        let content = Content {
            version: VERSION,
            project: self.project.clone(),
            elements: self.elements.clone(),
        };
        let text = serde_json::to_vec_pretty(&content).map_err(|error| {
            Error::new(ErrorKind::State, "the ledger cannot be written as JSON", "Report this.")
                .with_source(error)
        })?;
        files::write(&self.path, &text)
    }
}

/// A lock beside the ledger, which is itself replaced at every write.
fn lock(path: &Path) -> Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let beside = PathBuf::from(name);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&beside)
        .map_err(|error| Error::file(&beside, "cannot be opened", error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            let text = format!("{}: another run is drawing the same file now", path.display());
            Err(Error::new(ErrorKind::State, text, "Wait until it has ended."))
        }
        Err(std::fs::TryLockError::Error(error)) => {
            Err(Error::file(&beside, "cannot be locked", error))
        }
    }
}

fn read(path: &Path, project: &str, bytes: &[u8]) -> Result<BTreeMap<String, Entry>> {
    const HELP: &str =
        "Give another ledger with `--ledger`. What this one lists may be on the map already.";
    let content: Content = serde_json::from_slice(bytes).map_err(|error| {
        let text = format!("{}: is no ledger of annotations: {error}", path.display());
        Error::new(ErrorKind::State, text, HELP)
    })?;
    if content.version != VERSION {
        let text = format!(
            "{}: is a ledger of version {}, and this program knows {VERSION}",
            path.display(),
            content.version
        );
        return Err(Error::new(ErrorKind::State, text, HELP));
    }
    if content.project != project {
        let text = format!(
            "{}: is the ledger of another project ({})",
            path.display(),
            crate::choose::printable(&content.project)
        );
        return Err(Error::new(ErrorKind::State, text, HELP));
    }
    Ok(content.elements)
}

/// Names for elements that stay the same from run to run, whatever their order: a sum over what is sent, and a number for those that are the
/// same in all.
pub(super) fn keys<'a>(operations: impl Iterator<Item = &'a AnnotationCreate>) -> Vec<String> {
    let mut seen = BTreeMap::new();
    operations
        .map(|operation| {
            let sum = sum(&serde_json::to_vec(operation).unwrap_or_default());
            let number = seen.entry(sum).and_modify(|number| *number += 1).or_insert(1_u32);
            format!("{sum:032x}-{number}")
        })
        .collect()
}

/// FNV-1a of 128 bits. It tells elements of one person's files apart; it keeps nobody from forging.
fn sum(bytes: &[u8]) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(OFFSET, |sum, byte| (sum ^ u128::from(*byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_the_published_one() {
        assert_eq!(sum(b""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(sum(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }

    #[test]
    fn a_ledger_is_of_one_project_and_one_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.json");
        let mut ledger = Ledger::open(&path, "P").unwrap();
        let entry = Entry { name: "N".into(), state: ElementState::Drawn, id: None };
        ledger.put("k", entry.clone()).unwrap();
        let refused = Ledger::open(&path, "P").err().unwrap();
        assert!(refused.to_string().contains("another run"), "{refused}");
        drop(ledger);
        assert_eq!(Ledger::open(&path, "P").unwrap().get("k"), Some(&entry));
        assert_eq!(Ledger::open(&path, "Q").err().unwrap().kind(), ErrorKind::State);
        std::fs::write(&path, "{").unwrap();
        assert_eq!(Ledger::open(&path, "P").err().unwrap().kind(), ErrorKind::State);
    }
}
