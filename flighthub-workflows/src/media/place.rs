//! Where files go: a folder, or an object storage.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use flighthub_api::{Clock, Secret};
use sha2::{Digest as _, Sha256};

use super::manifest::{self, Entry, Ledger, Manifest};
use crate::fetch::{Expected, FetchError, FetchEvent, Fetched, Fetcher, hex};
#[cfg(feature = "upload")]
use crate::upload::{Target, UploadOptions, open_target};
use crate::{Error, ErrorKind, Result};

#[cfg(feature = "upload")]
use object_store::ObjectStoreExt as _;

/// Where media are synchronised to: a folder, or an object storage of one's own.
///
/// In a folder, a transfer that broke off is continued by the next run. An object is there whole or not at all, so its transfer begins anew;
/// what storages keep of uploads that were broken off is cleared by a lifecycle rule of the bucket.
#[derive(Debug, Clone)]
pub struct Destination(Place);

#[derive(Debug, Clone)]
enum Place {
    Folder(PathBuf),
    #[cfg(feature = "upload")]
    Store(Target),
}

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Here {
    Nothing,
    /// A file of so many bytes.
    File(u64),
    /// A folder, or something odder.
    Other,
}

impl Destination {
    /// A folder; it is made when it is not there.
    #[must_use]
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self(Place::Folder(path.into()))
    }

    /// A folder, or bucket, of one's own.
    #[cfg(feature = "upload")]
    #[must_use]
    pub fn store(target: Target) -> Self {
        Self(Place::Store(target))
    }

    /// The path of a folder, or a URL: `file:///srv/media`, and with the feature `upload` what [`open_target`](crate::upload::open_target)
    /// takes, such as `s3://bucket/media`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] when it is none of these.
    pub fn parse(text: &str, #[cfg(feature = "upload")] options: &UploadOptions) -> Result<Self> {
        if text.trim().is_empty() {
            let help = "Give a folder such as ./media, or a URL such as s3://bucket/media.";
            return Err(Error::new(ErrorKind::InvalidInput, "the target has no name", help));
        }
        if text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("file:")) {
            // `file:folder` would mean a folder at the root.
            let url = text.get(5..7).filter(|slashes| *slashes == "//");
            let url = url.and_then(|_| reqwest::Url::parse(text).ok());
            let path = url.filter(|url| url.query().is_none());
            let path = path.and_then(|url| url.to_file_path().ok());
            return path.map(Self::folder).ok_or_else(|| {
                let text = "the target is a file URL that names no folder of this machine";
                Error::new(ErrorKind::InvalidInput, text, "Write it as file:///srv/media.")
            });
        }
        if !text.contains("://") {
            return Ok(Self::folder(text));
        }
        #[cfg(feature = "upload")]
        return Ok(Self::store(open_target(text, [], options)?));
        #[cfg(not(feature = "upload"))]
        Err(Error::new(
            ErrorKind::InvalidInput,
            "this program was built without object storages",
            "Give a folder, or build it with the feature `upload`.",
        ))
    }

    /// What is at a path below.
    pub(super) async fn look(&self, path: &str) -> Result<Here> {
        match &self.0 {
            Place::Folder(root) => here(&below(root, path)),
            #[cfg(feature = "upload")]
            Place::Store(target) => match target.store().head(&target.path(path)?).await {
                Ok(about) => Ok(Here::File(about.size)),
                Err(object_store::Error::NotFound { .. }) => Ok(Here::Nothing),
                Err(error) => Err(target.error(path, &error)),
            },
        }
    }

    /// SHA-256 of a file, in hexadecimal.
    pub(super) async fn hash(&self, path: &str) -> Result<String> {
        match &self.0 {
            Place::Folder(root) => {
                let path = below(root, path);
                let work = move || {
                    let hashed = || -> io::Result<String> {
                        let (mut file, mut hasher) = (fs::File::open(&path)?, Hasher::default());
                        io::copy(&mut file, &mut hasher)?;
                        Ok(hex(&hasher.0.finalize()))
                    };
                    hashed().map_err(|error| Error::file(&path, "cannot be read", error))
                };
                let done = tokio::task::spawn_blocking(work).await;
                done.unwrap_or_else(|_| Err(broken_off()))
            }
            #[cfg(feature = "upload")]
            Place::Store(target) => {
                use std::future::poll_fn;

                let failed = |error: &object_store::Error| target.error(path, error);
                let got = target.store().get(&target.path(path)?).await.map_err(|e| failed(&e))?;
                let (mut stream, mut hasher) = (got.into_stream(), Sha256::new());
                while let Some(bytes) = poll_fn(|context| stream.as_mut().poll_next(context)).await
                {
                    hasher.update(bytes.map_err(|e| failed(&e))?);
                }
                Ok(hex(&hasher.finalize()))
            }
        }
    }

    /// Fetches a file to a path below, where nothing is yet.
    pub(super) async fn fetch(
        &self,
        fetcher: &Fetcher,
        address: &Secret,
        path: &str,
        expected: &Expected,
        clock: &dyn Clock,
        tell: &(dyn Fn(FetchEvent) + Sync),
    ) -> Result<Fetched, FetchError> {
        match &self.0 {
            Place::Folder(root) => {
                let (root, target) = (root.clone(), below(root, path));
                let made = target.clone();
                crate::fetch::blocking(move || make_folder_of(&root, &made)).await?;
                fetcher.to_file(address, &target, expected, clock, tell).await
            }
            #[cfg(feature = "upload")]
            Place::Store(target) => {
                use tokio::io::AsyncWriteExt as _;

                use crate::fetch::FetchErrorKind;

                let failed = |error: &Error| {
                    FetchError::new(FetchErrorKind::File, error.to_string(), error.help())
                };
                let mut writer = target.writer(path).map_err(|error| failed(&error))?;
                match fetcher.to_writer(address, &mut writer, expected, clock, tell).await {
                    Ok(fetched) => {
                        writer.shutdown().await.map_err(|error| {
                            failed(&match error.downcast::<object_store::Error>() {
                                Ok(error) => target.error(path, &error),
                                Err(_) => target.error(
                                    path,
                                    &object_store::Error::NotImplemented {
                                        operation: "an upload".into(),
                                        implementer: String::new(),
                                    },
                                ),
                            })
                        })?;
                        Ok(fetched)
                    }
                    Err(error) => {
                        // What has been sent of it is of no use to anybody; the first error is the one to tell.
                        let _ = writer.abort().await;
                        Err(error)
                    }
                }
            }
        }
    }

    /// Whether a transfer to a path below was begun and can be continued.
    pub(super) fn has_part(&self, path: &str) -> bool {
        match &self.0 {
            Place::Folder(root) => {
                crate::fetch::part_paths(&below(root, path)).iter().any(|part| part.exists())
            }
            #[cfg(feature = "upload")]
            Place::Store(_) => false,
        }
    }
}

impl std::fmt::Display for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Place::Folder(path) => write!(f, "{}", path.display()),
            #[cfg(feature = "upload")]
            Place::Store(target) => target.fmt(f),
        }
    }
}

#[derive(Default)]
struct Hasher(Sha256);

impl io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A path of the manifest in a folder. Its parts are plain.
fn below(root: &Path, path: &str) -> PathBuf {
    path.split('/').fold(root.to_owned(), |folder, part| folder.join(part))
}

fn here(path: &Path) -> Result<Here> {
    match fs::symlink_metadata(path) {
        Ok(about) if about.is_file() => Ok(Here::File(about.len())),
        // A link of the user's own, say to a larger disk.
        Ok(about) if about.is_symlink() => match fs::metadata(path) {
            Ok(about) if about.is_file() => Ok(Here::File(about.len())),
            _ => Ok(Here::Other),
        },
        Ok(_) => Ok(Here::Other),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(Here::Nothing)
        }
        Err(error) => Err(Error::file(path, "cannot be looked at", error)),
    }
}

/// Makes the folder that a file goes into, and sees that it is within the root: a link may lead elsewhere.
fn make_folder_of(root: &Path, target: &Path) -> Result<(), FetchError> {
    let folder = target.parent().unwrap_or(root);
    fs::create_dir_all(folder)
        .map_err(|error| FetchError::file(folder, "cannot be made", &error))?;
    let real = |path: &Path| {
        fs::canonicalize(path).map_err(|error| FetchError::file(path, "cannot be read", &error))
    };
    if real(folder)?.starts_with(real(root)?) {
        Ok(())
    } else {
        Err(FetchError::occupied(folder, "is a link that leads out of the target"))
    }
}

fn broken_off() -> Error {
    Error::new(ErrorKind::State, "work on a file was broken off", "Run it again.")
}

/// The manifest of a destination, and how it is kept.
#[derive(Debug)]
pub(super) struct Book {
    manifest: Manifest,
    /// The objects of a storage and their sizes when the run began, if it may be listed: one request for a thousand.
    objects: Option<HashMap<String, u64>>,
    /// Lines that are not written yet.
    lines: String,
    keeper: Keeper,
}

#[derive(Debug)]
enum Keeper {
    /// Only looked at.
    Nobody,
    Folder(Ledger),
    #[cfg(feature = "upload")]
    Store {
        target: Target,
        /// Entries since it was written.
        changes: usize,
    },
}

/// An object cannot be added to, so the manifest in a storage is written anew after so many files. What happens in between is found out again.
#[cfg(feature = "upload")]
const CHANGES: usize = 50;

impl Book {
    /// Opens the manifest of a destination to write it; a folder is made and locked.
    pub(super) async fn open(destination: &Destination) -> Result<Self> {
        match &destination.0 {
            Place::Folder(root) => {
                fs::create_dir_all(root)
                    .map_err(|error| Error::file(root, "cannot be made", error))?;
                let (ledger, manifest) = Ledger::open(root)?;
                let keeper = Keeper::Folder(ledger);
                Ok(Self { manifest, objects: None, lines: String::new(), keeper })
            }
            #[cfg(feature = "upload")]
            Place::Store(target) => Ok(Self {
                manifest: stored_manifest(target).await?,
                objects: objects(target).await?,
                lines: String::new(),
                keeper: Keeper::Store { target: target.clone(), changes: 0 },
            }),
        }
    }

    /// Reads the manifest of a destination, and changes nothing.
    pub(super) async fn peek(destination: &Destination) -> Result<Self> {
        let (manifest, objects) = match &destination.0 {
            Place::Folder(root) => (manifest::read(&root.join(manifest::NAME))?.0, None),
            #[cfg(feature = "upload")]
            Place::Store(target) => (stored_manifest(target).await?, objects(target).await?),
        };
        Ok(Self { manifest, objects, lines: String::new(), keeper: Keeper::Nobody })
    }

    /// What is at a path.
    pub(super) async fn look(&self, destination: &Destination, path: &str) -> Result<Here> {
        match &self.objects {
            Some(objects) => Ok(objects.get(path).map_or(Here::Nothing, |size| Here::File(*size))),
            None => destination.look(path).await,
        }
    }

    pub(super) const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Notes a file, to be written by the next [`flush`](Self::flush).
    pub(super) fn note(&mut self, entry: Entry) -> Result<()> {
        let line = self.manifest.add(entry)?;
        self.lines.push_str(&line);
        Ok(())
    }

    /// Writes what was noted. In a folder it is on the disk when this returns; in a storage it may wait for more.
    pub(super) async fn flush(&mut self) -> Result<()> {
        let lines = std::mem::take(&mut self.lines);
        if lines.is_empty() {
            return Ok(());
        }
        match &mut self.keeper {
            Keeper::Nobody => Ok(()),
            Keeper::Folder(ledger) => ledger.append(&lines).map_err(|error| {
                Error::file(Path::new(manifest::NAME), "cannot be written", error)
            }),
            #[cfg(feature = "upload")]
            Keeper::Store { changes, .. } => {
                *changes += lines.lines().count();
                if *changes < CHANGES { Ok(()) } else { self.save().await }
            }
        }
    }

    /// Writes what is not written yet.
    pub(super) async fn save(&mut self) -> Result<()> {
        #[cfg(feature = "upload")]
        if let Keeper::Store { target, changes } = &mut self.keeper
            && *changes > 0
        {
            let (text, path) = (self.manifest.text()?, target.path(manifest::NAME)?);
            let put = target.store().put(&path, text.into()).await;
            put.map_err(|error| target.error(manifest::NAME, &error))?;
            *changes = 0;
        }
        Ok(())
    }
}

/// What is below a target, by its path there; nothing when it may not be listed.
#[cfg(feature = "upload")]
async fn objects(target: &Target) -> Result<Option<HashMap<String, u64>>> {
    let root = target.path(manifest::NAME)?;
    let depth = root.parts().count().saturating_sub(1);
    let prefix: object_store::path::Path = root.parts().take(depth).collect();
    let mut stream = target.store().list(Some(&prefix));
    let mut objects = HashMap::new();
    while let Some(object) =
        std::future::poll_fn(|context| stream.as_mut().poll_next(context)).await
    {
        let object = match object {
            Ok(object) => object,
            Err(object_store::Error::PermissionDenied { .. }) => return Ok(None),
            Err(error) => return Err(target.error("the list of objects", &error)),
        };
        let parts: Vec<_> = object.location.parts().skip(depth).collect();
        let path: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
        objects.insert(path.join("/"), object.size);
    }
    Ok(Some(objects))
}

#[cfg(feature = "upload")]
async fn stored_manifest(target: &Target) -> Result<Manifest> {
    let failed = |error: &object_store::Error| target.error(manifest::NAME, error);
    let got = match target.store().get(&target.path(manifest::NAME)?).await {
        Ok(got) => got,
        Err(object_store::Error::NotFound { .. }) => return Ok(Manifest::default()),
        Err(error) => return Err(failed(&error)),
    };
    let shown = format!("{} in {target}", manifest::NAME);
    let odd = |what: &str| Error::new(ErrorKind::State, format!("{shown} {what}"), "Move it away.");
    if got.meta.size > manifest::MOST_BYTES {
        return Err(odd("is too large to be a manifest"));
    }
    let bytes = got.bytes().await.map_err(|error| failed(&error))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| odd("is no text"))?;
    Manifest::read(text, &shown)
}
