//! Storage that the service has lent, and writing into it.

use std::fmt;
use std::future::Future;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use flighthub_api::v1::ProjectStsToken;
use flighthub_api::{BoxFuture, Clock, Project, Timestamp};
use object_store::aws::{AmazonS3, AmazonS3Builder, AwsCredential, S3ConditionalPut};
use object_store::path::Path as ObjectPath;
use object_store::{CredentialProvider, ObjectStore as _, PutOptions, RetryConfig};
use serde::Serialize;
use tokio::io::AsyncReadExt as _;

use super::access::StorageAccess;
use super::address::Address;
use super::options::UploadOptions;
use super::parts::{self, Source};
use super::trouble::Trouble;
use super::wire::{Progress, Wire};
use crate::choose::printable;
use crate::{Error, ErrorKind, Result};

/// Credentials are renewed so long before their end.
const MARGIN: Duration = Duration::from_secs(60);
/// Before the second attempt; twice as long before every further one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Progress is told again after so many bytes.
const STRIDE: u64 = 1 << 20;

/// An object that the storage has confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stored {
    /// Its key.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// The entity tag that the storage answered, without quotation marks. Storages need not answer one.
    pub etag: Option<String>,
}

/// What happens in uploads.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum UploadEvent {
    /// Bytes of an object are on their way. It can begin anew after [`Retrying`](Self::Retrying).
    Sent {
        /// The object.
        key: String,
        /// Bytes that have gone out.
        bytes: u64,
        /// Bytes in all.
        size: u64,
    },
    /// The storage or the line failed, and the same is sent again.
    Retrying {
        /// The object.
        key: String,
        /// The attempt that comes, from 2.
        attempt: u32,
        /// Why the last one failed.
        reason: String,
    },
    /// The credentials were about to end, or had, and there are new ones.
    Renewed,
    /// An object is there.
    Stored(Stored),
}

type Renewal = Arc<dyn Fn() -> BoxFuture<'static, Result<StorageAccess>> + Send + Sync>;
type Hears = Arc<dyn Fn(UploadEvent) + Send + Sync>;

/// A bucket that the service has lent: what is written into it, and how.
///
/// Nothing is ever read back: the lent keys do not allow it. Sending a piece again is harmless and done a few times, because it is the same
/// object. A clone is the same bucket.
#[derive(Clone)]
pub struct Bucket {
    pub(super) store: Arc<AmazonS3>,
    pub(super) options: UploadOptions,
    clock: Arc<dyn Clock>,
    lent: Arc<Lent>,
    /// Held by whoever renews the credentials.
    gate: Arc<tokio::sync::Mutex<()>>,
    renewal: Option<Renewal>,
    hears: Option<Hears>,
}

impl Bucket {
    /// The bucket that credentials are for.
    ///
    /// # Errors
    ///
    /// When its address cannot be used ([`ErrorKind::Address`]), or the options cannot.
    pub fn new(
        access: StorageAccess,
        clock: Arc<dyn Clock>,
        options: &UploadOptions,
    ) -> Result<Self> {
        let address = Address::of(&access, options)?;
        let wire = Wire::new(&address, options)?;
        let bucket = access.bucket.clone();
        let lent = Arc::new(Lent(Mutex::new(access)));
        let store = AmazonS3Builder::new()
            .with_http_connector(wire)
            .with_endpoint(&address.endpoint)
            .with_virtual_hosted_style_request(address.in_host)
            .with_allow_http(!address.is_https)
            .with_bucket_name(bucket)
            .with_region(&address.region)
            .with_credentials(Arc::clone(&lent) as _)
            // OSS answers them with 501.
            .with_conditional_put(S3ConditionalPut::Disabled)
            .with_retry(RetryConfig { max_retries: 0, ..RetryConfig::default() })
            .build()
            .map_err(|_| {
                let text = "the storage that the service names cannot be used";
                Error::new(ErrorKind::Storage, text, "Report it: this is not expected.")
            })?;
        Ok(Self {
            store: Arc::new(store),
            options: options.clone(),
            clock,
            lent,
            gate: Arc::default(),
            renewal: None,
            hears: None,
        })
    }

    /// The bucket of a project, with credentials of `project.sts_token` that renew themselves.
    ///
    /// # Errors
    ///
    /// Those of the call, and of [`new`](Self::new).
    pub async fn of_project(
        project: &Project,
        clock: Arc<dyn Clock>,
        options: &UploadOptions,
    ) -> Result<Self> {
        let access = ask(project, clock.as_ref()).await?;
        let (again, by) = (project.clone(), Arc::clone(&clock));
        Ok(Self::new(access, clock, options)?.with_renewal(move || {
            let (project, clock) = (again.clone(), Arc::clone(&by));
            Box::pin(async move { ask(&project, clock.as_ref()).await })
        }))
    }

    /// The same with a source of new credentials, for when these end. They have to be for the same place.
    #[must_use]
    pub fn with_renewal(
        mut self,
        renewal: impl Fn() -> BoxFuture<'static, Result<StorageAccess>> + Send + Sync + 'static,
    ) -> Self {
        self.renewal = Some(Arc::new(renewal));
        self
    }

    /// The same, telling what happens. It is called on the way of the upload: hand it on, do not wait in it.
    #[must_use]
    pub fn with_events(mut self, hears: impl Fn(UploadEvent) + Send + Sync + 'static) -> Self {
        self.hears = Some(Arc::new(hears));
        self
    }

    /// What the keys of all objects begin with, without a slash at its end.
    #[must_use]
    pub fn prefix(&self) -> String {
        self.lent.access().prefix
    }

    /// The key of an object: the prefix, and a name or path below it.
    ///
    /// # Errors
    ///
    /// When the name cannot be one: it is empty, leads elsewhere (`..`), or has control characters.
    pub fn key(&self, name: &str) -> Result<String> {
        let key = format!("{}/{name}", self.prefix());
        checked(&key)?;
        Ok(key)
    }

    /// Stores bytes under a key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Storage`], with the key and the reason. Nothing is stored half.
    pub async fn put(&self, key: &str, bytes: impl Into<Bytes>) -> Result<Stored> {
        let path = checked(key)?;
        let bytes = bytes.into();
        let size = bytes.len() as u64;
        if size > self.options.multipart_above {
            let etag = parts::upload(self, &path, Source::Bytes(bytes), size).await?;
            return Ok(self.stored(key, size, etag));
        }
        let etag = self.put_whole(&path, bytes).await?;
        Ok(self.stored(key, size, etag))
    }

    /// Stores a file under a key. Up to [`multipart_above`](UploadOptions::multipart_above) it is read whole and goes in one piece, larger ones
    /// are read part by part.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put), and [`ErrorKind::File`] when it cannot be read or changes meanwhile.
    pub async fn put_file(&self, key: &str, file: &Path) -> Result<Stored> {
        let path = checked(key)?;
        let unreadable = |source| Error::file(file, "cannot be read", source);
        let mut open = tokio::fs::File::open(file).await.map_err(unreadable)?;
        let meta = open.metadata().await.map_err(unreadable)?;
        if !meta.is_file() {
            let text = format!("{}: is no file", file.display());
            return Err(Error::new(ErrorKind::File, text, "Name a file, not a folder or device."));
        }
        let size = meta.len();
        if size > self.options.multipart_above {
            let source = Source::File { file: open, name: file.to_owned(), left: size };
            let etag = parts::upload(self, &path, source, size).await?;
            return Ok(self.stored(key, size, etag));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
        let mut bounded = (&mut open).take(size.saturating_add(1));
        bounded.read_to_end(&mut bytes).await.map_err(unreadable)?;
        if bytes.len() as u64 != size {
            return Err(changed(file));
        }
        let etag = self.put_whole(&path, bytes.into()).await?;
        Ok(self.stored(key, size, etag))
    }

    async fn put_whole(&self, path: &ObjectPath, bytes: Bytes) -> Result<Option<String>> {
        let key = path.as_ref();
        let size = bytes.len() as u64;
        let answer = self
            .attempt(key, || {
                let mut options = PutOptions::default();
                if let Some(progress) = self.progress(key, size) {
                    options.extensions.insert(progress);
                }
                self.store.put_opts(path, bytes.clone().into(), options)
            })
            .await?;
        Ok(answer.e_tag)
    }

    /// Does something up to so many times as the options say, under credentials that hold.
    pub(super) async fn attempt<T, F>(&self, key: &str, work: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = object_store::Result<T>>,
    {
        let mut attempt = 1;
        let mut has_renewed = false;
        loop {
            let access = self.current().await?;
            let trouble = match work().await {
                Ok(done) => return Ok(done),
                Err(error) => Trouble::of(&error).without(&[
                    &access.session_token,
                    &access.key_secret,
                    &access.key_id,
                ]),
            };
            if trouble.is_expired() && !has_renewed && self.renewal.is_some() {
                has_renewed = true;
                self.renew(&access).await?;
                continue;
            }
            if !trouble.is_passing() || attempt >= self.options.attempts {
                return Err(trouble.into_error(key));
            }
            attempt += 1;
            let reason = trouble.to_string();
            self.say(|| UploadEvent::Retrying { key: key.to_owned(), attempt, reason });
            self.clock.sleep(pause_before(attempt)).await;
        }
    }

    /// The credentials; new ones where they are about to end and can be renewed.
    async fn current(&self) -> Result<StorageAccess> {
        let access = self.lent.access();
        if self.renewal.is_some() && access.ends_within(MARGIN, wall(self.clock.as_ref())) {
            self.renew(&access).await?;
            return Ok(self.lent.access());
        }
        Ok(access)
    }

    /// Asks for new credentials, once for all who find that these have ended.
    async fn renew(&self, ended: &StorageAccess) -> Result<()> {
        let Some(renewal) = &self.renewal else { return Ok(()) };
        let _gate = self.gate.lock().await;
        if self.lent.access().session_token != ended.session_token {
            return Ok(());
        }
        let fresh = renewal().await.map_err(|error| {
            error.during("the credentials for uploads end, and new ones cannot be had")
        })?;
        if !fresh.is_same_place(ended) {
            let text = "the service now names another place for uploads than when this one began";
            let help = "Begin again: nothing of what was begun is lost, and what was sent can be sent again.";
            return Err(Error::new(ErrorKind::Storage, text, help));
        }
        self.lent.set(fresh);
        self.say(|| UploadEvent::Renewed);
        Ok(())
    }

    fn stored(&self, key: &str, size: u64, etag: Option<String>) -> Stored {
        let etag = etag.map(|etag| etag.trim_start_matches("W/").trim_matches('"').to_owned());
        let etag = etag.filter(|etag| !etag.is_empty());
        let stored = Stored { key: key.to_owned(), size, etag };
        self.say(|| UploadEvent::Stored(stored.clone()));
        stored
    }

    /// Tells how far an object is, now and then.
    fn progress(&self, key: &str, size: u64) -> Option<Progress> {
        let hears = self.hears.clone()?;
        let (key, told) = (key.to_owned(), AtomicU64::new(0));
        Some(Progress(Arc::new(move |bytes| {
            if bytes >= size || bytes - told.load(Ordering::Relaxed).min(bytes) >= STRIDE {
                told.store(bytes, Ordering::Relaxed);
                hears(UploadEvent::Sent { key: key.clone(), bytes, size });
            }
        })))
    }

    pub(super) fn say(&self, event: impl FnOnce() -> UploadEvent) {
        if let Some(hears) = &self.hears {
            hears(event());
        }
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket")
            .field("access", &self.lent.access())
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// The credentials that requests are signed with.
#[derive(Debug)]
struct Lent(Mutex<StorageAccess>);

impl Lent {
    fn access(&self) -> StorageAccess {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, access: StorageAccess) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = access;
    }
}

#[async_trait]
impl CredentialProvider for Lent {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let access = self.access();
        Ok(Arc::new(AwsCredential {
            key_id: access.key_id.expose().to_owned(),
            secret_key: access.key_secret.expose().to_owned(),
            token: Some(access.session_token.expose().to_owned()),
        }))
    }
}

async fn ask(project: &Project, clock: &dyn Clock) -> Result<StorageAccess> {
    let asked_at = wall(clock);
    let reply = project.send(&ProjectStsToken::new()).await?;
    StorageAccess::of_project(&reply, asked_at)
}

/// The date.
fn wall(clock: &dyn Clock) -> Timestamp {
    let since = clock.wall().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let millis = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_unix_millis(millis).unwrap_or_else(Timestamp::now)
}

/// Twice as long every time, and not at the same moment as everybody else.
fn pause_before(attempt: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1_u32 << attempt.saturating_sub(2).min(10));
    doubled.min(LONGEST_PAUSE).mul_f64(0.5 + fastrand::f64() / 2.0)
}

/// A key as it is; one that storages or servers on the way would read as another is refused.
fn checked(key: &str) -> Result<ObjectPath> {
    match ObjectPath::parse(key) {
        Ok(path) if !key.is_empty() && path.as_ref() == key => Ok(path),
        _ => Err(Error::new(
            ErrorKind::InvalidInput,
            format!("`{}` cannot be the key of an object", printable(key)),
            "A name needs at least one character, and no control characters, empty parts, `.` or `..`.",
        )),
    }
}

pub(super) fn changed(file: &Path) -> Error {
    let text = format!("{}: it changed while it was uploaded", file.display());
    Error::new(ErrorKind::File, text, "Upload it when nobody writes to it any more.")
}
