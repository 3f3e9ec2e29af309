//! What is where: a file of JSON lines at the root of the target. It makes a second run fetch nothing.
//!
//! The first line names the format. Every other line is a file; of two lines with the same id the later one counts. A file stands in it with its path
//! before the first byte is fetched (`planned`), and again when it is whole (`done`): whatever ends a run in between, the next one knows
//! which files are its own.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::choose::printable;
use crate::file_name::{Given, folded, with_mark};
use crate::{Error, ErrorKind, Result};

/// Name of the manifest below the target.
pub(super) const NAME: &str = "flighthub-media.jsonl";
/// Name of the file that is locked while a run writes below the target.
const LOCK: &str = "flighthub-media.lock";
const FORMAT: u32 = 1;
/// Most bytes of a manifest; some millions of files.
pub(super) const MOST_BYTES: u64 = 1 << 30;

/// A file of the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Id of the media file.
    pub(super) uuid: String,
    /// Id of its task.
    pub(super) task: String,
    /// Path below the target, with `/` between its parts.
    pub(super) path: String,
    pub(super) state: State,
    /// Bytes; when it is planned, those that the service names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) etag: Option<String>,
    /// When it was made, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) created_at: Option<String>,
    /// When it was fetched, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fetched_at: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// Its path belongs to it, and some of it may be there.
    Planned,
    /// It was fetched whole.
    Done,
}

#[derive(Serialize, Deserialize)]
struct Head {
    flighthub_media: u32,
}

/// The files of a target.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    entries: HashMap<String, Entry>,
    given: Given,
    /// Lines that say nothing any more.
    stale: usize,
}

impl Manifest {
    /// Reads a manifest. A last line that was cut off in a crash is left out.
    pub(super) fn read(text: &str, shown: &str) -> Result<Self> {
        let odd = |line: usize, what: &str| {
            let text = format!("{shown}, line {line}: {what}");
            let help = "It was not written by this program, or damaged. Move it away: files that \
                        are there are then found again by their sizes or left alone.";
            Error::new(ErrorKind::State, text, help)
        };
        let mut manifest = Self::default();
        let mut lines = text.split('\n').enumerate().peekable();
        while let Some((at, line)) = lines.next() {
            let is_last = lines.peek().is_none();
            if line.trim().is_empty() {
                continue;
            }
            if at == 0 {
                match serde_json::from_str::<Head>(line) {
                    Ok(Head { flighthub_media: FORMAT }) => continue,
                    Ok(_) => return Err(odd(1, "it is of a newer version of this program")),
                    Err(_) if is_last => return Ok(Self::default()),
                    Err(_) => return Err(odd(1, "it is no manifest of media")),
                }
            }
            match serde_json::from_str::<Entry>(line) {
                Ok(entry) if !is_below(&entry.path) => {
                    return Err(odd(at + 1, "a path leads out of the folder"));
                }
                Ok(entry) => manifest.put(entry),
                Err(_) if is_last => manifest.stale += 1,
                Err(_) => return Err(odd(at + 1, "it cannot be read")),
            }
        }
        Ok(manifest)
    }

    fn put(&mut self, entry: Entry) {
        self.given.note(&entry.path, &entry.uuid);
        if self.entries.insert(entry.uuid.clone(), entry).is_some() {
            self.stale += 1;
        }
    }

    pub(super) fn get(&self, uuid: &str) -> Option<&Entry> {
        self.entries.get(uuid)
    }

    /// The wanted path, or one beside it when another file has it; and the next ones, for files that are there and are none of ours.
    pub(super) fn free_path(&self, wanted: &str, uuid: &str, try_number: u32) -> Option<String> {
        let (folder, name) = wanted.rsplit_once('/').map_or(("", wanted), |(a, b)| (a, b));
        let short: String = uuid.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
        let candidates = (0..1000_u32).map(|number| match number {
            0 => name.to_owned(),
            1 if !short.is_empty() => with_mark(name, &short),
            number if short.is_empty() => with_mark(name, &number.to_string()),
            number => with_mark(name, &format!("{short}-{number}")),
        });
        let paths = candidates
            .map(|name| if folder.is_empty() { name } else { format!("{folder}/{name}") })
            .filter(|path| self.given.is_free(path, uuid) && !is_ours(path));
        paths.into_iter().nth(try_number as usize)
    }

    /// All of it as text.
    pub(super) fn text(&self) -> Result<String> {
        let mut text = line(&Head { flighthub_media: FORMAT })?;
        let mut entries: Vec<&Entry> = self.entries.values().collect();
        entries.sort_by(|one, other| (&one.path, &one.uuid).cmp(&(&other.path, &other.uuid)));
        for entry in entries {
            text.push_str(&line(entry)?);
        }
        Ok(text)
    }

    /// Notes an entry, and gives its line.
    pub(super) fn add(&mut self, entry: Entry) -> Result<String> {
        let text = line(&entry)?;
        self.put(entry);
        Ok(text)
    }
}

fn line<T: Serialize>(value: &T) -> Result<String> {
    let mut text = serde_json::to_string(value).map_err(|error| {
        Error::new(ErrorKind::State, "an entry of the manifest cannot be written", "Report it.")
            .with_source(error)
    })?;
    text.push('\n');
    Ok(text)
}

/// Whether a path stays below the target: plain parts, separated by `/`.
fn is_below(path: &str) -> bool {
    path.split('/')
        .all(|part| !matches!(part, "" | "." | "..") && !part.contains(['\\', ':', '\0']))
}

/// Whether a path at the root is one of the files that this module keeps there.
fn is_ours(path: &str) -> bool {
    let low = folded(path);
    [NAME, LOCK].iter().any(|own| low == *own || low.strip_suffix(".new") == Some(own))
}

/// A manifest in a folder. It is locked: one run at a time writes below it.
#[derive(Debug)]
pub(super) struct Ledger {
    file: File,
    _lock: File,
}

impl Ledger {
    /// Opens the manifest of a folder, which has to exist.
    pub(super) fn open(folder: &Path) -> Result<(Self, Manifest)> {
        let lock = lock(&folder.join(LOCK))?;
        let path = folder.join(NAME);
        let (manifest, is_sound) = read(&path)?;
        // Written anew when it is new, has an unfinished line, or is mostly outdated; at once or not at all.
        if !is_sound || manifest.stale > manifest.entries.len() {
            replace(&path, &manifest.text()?)?;
        }
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(|error| Error::file(&path, "cannot be written", error))?;
        Ok((Self { file, _lock: lock }, manifest))
    }

    /// Adds lines; they are on the disk when this returns.
    pub(super) fn append(&mut self, lines: &str) -> io::Result<()> {
        // In one piece, so that at most the last line can be cut off.
        self.file.write_all(lines.as_bytes())?;
        self.file.sync_data()
    }
}

/// The manifest of a folder without changing anything, and whether it could be added to.
pub(super) fn read(path: &Path) -> Result<(Manifest, bool)> {
    let about = match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok((Manifest::default(), false));
        }
        about => about.map_err(|error| Error::file(path, "cannot be read", error))?,
    };
    if about.len() > MOST_BYTES {
        let text = format!("{}: is too large to be a manifest", path.display());
        return Err(Error::new(ErrorKind::State, text, "Move it away."));
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::file(path, "cannot be read", error))?;
    let manifest = Manifest::read(&text, &printable(&path.display().to_string()))?;
    Ok((manifest, text.ends_with('\n')))
}

fn lock(path: &Path) -> Result<File> {
    let file = (OpenOptions::new().write(true).create(true).truncate(false))
        .open(path)
        .map_err(|error| Error::file(path, "cannot be written", error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::new(
            ErrorKind::State,
            format!("{}: another run is writing there", path.display()),
            "Wait until it has ended, or choose another target.",
        )),
        // Some network file systems have no locks.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(error)) => Err(Error::file(path, "cannot be locked", error)),
    }
}

/// Writes the manifest anew, under a name that is always the same until it is whole.
fn replace(path: &Path, text: &str) -> Result<()> {
    let new: PathBuf = path.with_file_name(format!("{NAME}.new"));
    let written = || -> io::Result<()> {
        let mut file = File::create(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        crate::files::sync_folder(path.parent().unwrap_or(Path::new(".")))
    };
    written().map_err(|error| Error::file(path, "cannot be written", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(uuid: &str, path: &str, state: State) -> Entry {
        Entry {
            uuid: uuid.into(),
            task: "t".into(),
            path: path.into(),
            state,
            size: Some(3),
            sha256: None,
            etag: None,
            created_at: None,
            fetched_at: None,
        }
    }

    #[test]
    fn the_last_line_of_a_file_counts_and_a_torn_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        let (mut ledger, mut manifest) = Ledger::open(folder.path()).unwrap();
        for (uuid, state) in [("1", State::Planned), ("2", State::Planned), ("1", State::Done)] {
            ledger
                .append(&manifest.add(entry(uuid, &format!("a/{uuid}"), state)).unwrap())
                .unwrap();
        }
        assert!(Ledger::open(folder.path()).unwrap_err().to_string().contains("another run"));
        drop(ledger);
        let whole = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{whole}{{\"uuid\":\"3\",\"ta")).unwrap();
        let (ledger, manifest) = Ledger::open(folder.path()).unwrap();
        assert_eq!(manifest.get("1").unwrap().state, State::Done);
        assert_eq!(manifest.get("2").unwrap().state, State::Planned);
        assert!(manifest.get("3").is_none());
        drop(ledger);
        // It was tidied up: one line for each, and a head.
        let tidy = std::fs::read_to_string(&path).unwrap();
        assert_eq!(tidy.lines().count(), 3);
        assert!(tidy.starts_with("{\"flighthub_media\":1}\n") && tidy.ends_with('\n'), "{tidy}");
        // Cut at any place, it stays readable and loses at most the end.
        for at in 0..whole.len() {
            let manifest = Manifest::read(&whole[..at], "m").unwrap();
            assert!(manifest.entries.len() <= 2, "{at}");
        }
    }

    #[test]
    fn what_is_no_manifest_is_not_taken_for_one() {
        for (text, problem) in [
            ("hello\nyou\n", "m, line 1: it is no manifest of media"),
            (
                "{\"flighthub_media\":2}\n{}\n",
                "m, line 1: it is of a newer version of this program",
            ),
            ("{\"flighthub_media\":1}\nx\n{}\n", "m, line 2: it cannot be read"),
            (
                "{\"flighthub_media\":1}\n{\"uuid\":\"1\",\"task\":\"t\",\"path\":\"../x\",\"state\":\"done\"}\n",
                "m, line 2: a path leads out of the folder",
            ),
        ] {
            assert_eq!(Manifest::read(text, "m").unwrap_err().to_string(), problem);
        }
        for path in ["/x", "a//b", "a/../b", "C:/x", "a\\b", "."] {
            assert!(!is_below(path), "{path}");
        }
    }

    #[test]
    fn a_path_is_given_once() {
        let mut manifest = Manifest::default();
        manifest.add(entry("11111111-1", "a/X.jpeg", State::Done)).unwrap();
        let free =
            |wanted: &str, uuid: &str, number| manifest.free_path(wanted, uuid, number).unwrap();
        assert_eq!(free("a/x.jpeg", "22222222-2", 0), "a/x_22222222.jpeg");
        assert_eq!(free("a/x.jpeg", "22222222-2", 1), "a/x_22222222-2.jpeg");
        assert_eq!(free("a/y.jpeg", "22222222-2", 0), "a/y.jpeg");
        assert_eq!(free("a/X.jpeg", "11111111-1", 0), "a/X.jpeg");
        assert_eq!(free("Flighthub-Media.jsonl", "", 0), "Flighthub-Media_1.jsonl");
    }
}
