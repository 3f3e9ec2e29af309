//! A file on its way to a folder: `name.part`, and beside it `name.part.json` with what is known of it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;

use super::error::FetchError;
use super::transfer::{Known, Sink};
use super::{Existing, Expected};

/// Bytes that are read at a time.
const CHUNK: usize = 256 << 10;
/// Most bytes of what stands beside a part.
const MOST_NOTE: u64 = 64 << 10;

/// What stands beside a part. It holds no address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    /// Of this format.
    format: u32,
    /// Which file it is: an id, or a hash of its address without the query.
    identity: String,
    etag: Option<String>,
    size: Option<u64>,
    /// Bytes that are on the disk for certain.
    safe: u64,
}

const FORMAT: u32 = 1;

/// A file on its way. It is locked, so that no other process writes it at the same time.
pub(super) struct Part {
    target: PathBuf,
    path: PathBuf,
    note: PathBuf,
    identity: String,
    file: tokio::fs::File,
    existing: Existing,
}

/// A name with something behind it.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// Where the bytes of a file go before it is whole, and what is known of them.
pub(crate) fn paths(target: &Path) -> [PathBuf; 2] {
    [beside(target, ".part"), beside(target, ".part.json")]
}

impl Part {
    /// Opens a part, and says what of it is there from an earlier time.
    pub(super) async fn open(
        target: &Path,
        identity: String,
        expected: &Expected,
    ) -> Result<(Self, Known), FetchError> {
        let (target, expected) = (target.to_owned(), expected.clone());
        blocking(move || Self::open_now(&target, identity, &expected)).await
    }

    fn open_now(
        target: &Path,
        identity: String,
        expected: &Expected,
    ) -> Result<(Self, Known), FetchError> {
        let [path, note] = paths(target);
        if expected.existing == Existing::Refuse && fs::symlink_metadata(target).is_ok() {
            return Err(FetchError::occupied(target, "exists already"));
        }
        let before = fs::symlink_metadata(&path);
        if before.as_ref().is_ok_and(|about| !about.is_file()) {
            return Err(FetchError::occupied(&path, "is no file"));
        }
        let mut file = (OpenOptions::new().read(true).write(true).create(true).truncate(false))
            .open(&path)
            .map_err(|error| FetchError::file(&path, "cannot be written", &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(FetchError::occupied(&path, "is being written by another process"));
            }
            // Some network file systems have no locks.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => {
                return Err(FetchError::file(&path, "cannot be locked", &error));
            }
        }
        // Whoever held the lock may have given the file its name meanwhile.
        if fs::symlink_metadata(&path).is_err() {
            return Err(FetchError::occupied(&path, "was just finished by another process"));
        }
        let failed = |error: io::Error| FetchError::file(&path, "cannot be read", &error);
        let length = file.metadata().map_err(failed)?.len();
        let known = match read_note(&note) {
            Found::Note(found) if found.fits(&identity, expected) => {
                let offset = found.safe.min(length);
                Known {
                    offset,
                    total: found.size.filter(|_| offset > 0),
                    etag: found.etag.filter(|_| offset > 0),
                    hasher: hashed(&mut file, offset).map_err(failed)?,
                }
            }
            Found::Note(_) | Found::Broken => Known::default(),
            // Ours always has a note before it has bytes.
            Found::None if length > 0 => {
                return Err(FetchError::occupied(&path, "was not written by this program"));
            }
            Found::None => Known::default(),
        };
        file.set_len(known.offset)
            .and_then(|()| file.seek(io::SeekFrom::Start(known.offset)))
            .map_err(|error| FetchError::file(&path, "cannot be written", &error))?;
        let file = tokio::fs::File::from_std(file);
        let existing = expected.existing;
        Ok((Self { target: target.to_owned(), path, note, identity, file, existing }, known))
    }

    /// Ends a transfer that failed. A part with nothing in it is taken away.
    pub(super) async fn leave(mut self) {
        let Ok(()) = self.file.flush().await else { return };
        let Self { path, note, file, .. } = self;
        let file = file.into_std().await;
        let _ = blocking(move || {
            if file.metadata().is_ok_and(|about| about.len() == 0) {
                // While it is locked; what is left of it would do no harm.
                let _ = fs::remove_file(&path);
                forget(&note);
            }
            Ok(())
        })
        .await;
    }

    /// Brings the whole file to the disk and gives it its name.
    pub(super) async fn finish(mut self) -> Result<(), FetchError> {
        let failed = |error: io::Error| FetchError::file(&self.path, "cannot be written", &error);
        self.file.flush().await.map_err(failed)?;
        self.file.sync_all().await.map_err(failed)?;
        let Self { target, path, note, file, existing, .. } = self;
        // The lock is held until the file has its name.
        let file = file.into_std().await;
        blocking(move || {
            match existing {
                Existing::Replace => fs::rename(&path, &target),
                Existing::Refuse => rename_new(&path, &target),
            }
            .map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => FetchError::occupied(&target, "exists already"),
                _ => FetchError::file(&target, "cannot be written", &error),
            })?;
            forget(&note);
            if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                crate::files::sync_folder(folder)
                    .map_err(|error| FetchError::file(folder, "cannot be synchronised", &error))?;
            }
            drop(file);
            Ok(())
        })
        .await
    }
}

impl Sink for Part {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        let written = self.file.write_all(bytes).await;
        written.map_err(|error| FetchError::file(&self.path, "cannot be written", &error))
    }

    async fn keep(&mut self, known: &Known) -> Result<(), FetchError> {
        let synced = async {
            self.file.flush().await?;
            self.file.sync_data().await
        };
        synced.await.map_err(|error| FetchError::file(&self.path, "cannot be written", &error))?;
        let note = Note {
            format: FORMAT,
            identity: self.identity.clone(),
            etag: known.etag.clone(),
            size: known.total,
            safe: known.offset,
        };
        let path = self.note.clone();
        blocking(move || {
            write_note(&path, &note)
                .map_err(|error| FetchError::file(&path, "cannot be written", &error))
        })
        .await
    }

    async fn rewind(&mut self) -> Result<bool, FetchError> {
        let emptied = async {
            self.file.flush().await?;
            self.file.set_len(0).await?;
            tokio::io::AsyncSeekExt::rewind(&mut self.file).await
        };
        emptied.await.map_err(|error| FetchError::file(&self.path, "cannot be written", &error))?;
        Ok(true)
    }
}

impl Note {
    fn fits(&self, identity: &str, expected: &Expected) -> bool {
        self.format == FORMAT
            && self.identity == identity
            && self.etag.is_some()
            && (self.size.is_none() || expected.size.is_none() || self.size == expected.size)
    }
}

enum Found {
    Note(Note),
    /// Cut off in a crash.
    Broken,
    None,
}

fn read_note(path: &Path) -> Found {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MOST_NOTE).read_to_string(&mut text));
    match read {
        Ok(_) => serde_json::from_str(&text).map_or(Found::Broken, Found::Note),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Found::None,
        Err(_) => Found::Broken,
    }
}

/// Replaces the note as a whole; under a name that is always the same, so that a crash leaves nothing that nobody clears.
fn write_note(path: &Path, note: &Note) -> io::Result<()> {
    let new = beside(path, ".new");
    let mut file = File::create(&new)?;
    serde_json::to_writer(&mut file, note)?;
    file.flush()?;
    file.sync_all()?;
    fs::rename(&new, path)
}

/// Takes a note away, and what a crash left of one. What stays does no harm.
fn forget(path: &Path) {
    let _ = fs::remove_file(path);
    let _ = fs::remove_file(beside(path, ".new"));
}

/// The hash of the first bytes of a file.
fn hashed(file: &mut File, length: u64) -> io::Result<Sha256> {
    let mut hasher = Sha256::new();
    file.rewind()?;
    let mut rest = file.take(length);
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = rest.read(&mut buffer)?;
        if count == 0 {
            return Ok(hasher);
        }
        hasher.update(buffer.get(..count).unwrap_or_default());
    }
}

/// Gives a file a name that nothing else has.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    let error = match tempfile::TempPath::try_from_path(from)?.persist_noclobber(to) {
        Ok(()) => return Ok(()),
        // It would delete the file otherwise.
        Err(error) => error.path.keep().map_or_else(|kept| kept.error, |_| error.error),
    };
    match error.kind() {
        io::ErrorKind::AlreadyExists => Err(error),
        _ if fs::symlink_metadata(to).is_ok() => Err(io::ErrorKind::AlreadyExists.into()),
        // A file system that cannot do that in one step.
        _ => fs::rename(from, to),
    }
}

/// Runs what waits for the disk where nothing else has to wait for it.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FetchError> + Send + 'static,
) -> Result<T, FetchError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(_) => Err(FetchError::local("work was broken off", &io::ErrorKind::Interrupted.into())),
    }
}
