//! Files from the addresses that the service names: routes, media, models.
//!
//! Such an address is a secret (whoever has it can read the file) and it is not trusted (whoever can influence an answer of the service chooses
//! it). So files are fetched by a client of their own, which
//!
//! - sends neither the key nor any other header of FlightHub, no cookie, no referrer;
//! - fetches over https from public addresses only, unless more is allowed; names are checked where they are resolved, so that a name
//!   cannot change its meaning in between (with a proxy, the proxy resolves them, and only literal addresses are checked);
//! - follows at most three redirects, each checked the same way, and none into a private network;
//! - continues where a transfer broke off, also after a restart, if the storage still has the same file;
//! - takes neither more nor fewer bytes than the service and the storage agree on, in constant memory;
//! - gives a file its name when it is whole and on the disk.
//!
//! ```no_run
//! use flighthub_workflows::fetch::{Expected, Fetcher};
//! use flighthub_workflows::Run;
//!
//! # async fn run(address: flighthub_api::Secret) -> Result<(), Box<dyn std::error::Error>> {
//! let fetcher = Fetcher::builder().build();
//! let expected = Expected::new().size(4096);
//! let fetched =
//!     fetcher.fetch_to_file(&address, "north-fence.kmz".as_ref(), &expected, &Run::quiet()).await?;
//! println!("{} bytes, sha256 {}", fetched.size, fetched.sha256);
//! # Ok(()) }
//! ```

mod address;
mod client;
mod error;
mod part;
mod silence;
mod transfer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use flighthub_api::{Clock, Secret};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use address::Allowed;
use client::{Clients, Lookup, Options, Proxy};
pub use error::{FetchError, FetchErrorKind};
use part::Part;
pub(crate) use part::{blocking, paths as part_paths};
use transfer::{Known, Sink, Transfer};

use crate::Run;

/// Fetches files. It is cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub struct Fetcher {
    clients: Arc<Clients>,
    patience: Arc<Patience>,
}

/// The settings of a [`Fetcher`].
///
/// Unless told otherwise: https to public addresses only; the proxy of the environment; 10 s for a connection; 20 s of silence, or less than
/// 1 KiB in 30 s, end an attempt; 6 attempts in a row that bring nothing, with pauses of 0.5 s to 30 s; files up to 1 TiB.
#[derive(Clone)]
#[must_use]
pub struct FetcherBuilder {
    options: Options,
    patience: Patience,
}

/// How long and how often.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    attempts: u32,
    pause: Duration,
    slowness: Duration,
    least_bytes: u64,
    most_bytes: u64,
}

/// What is known of a file before it is fetched.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Expected {
    /// Its size in bytes, when the service names it.
    pub size: Option<u64>,
    /// What tells it from all others, such as the id of a media file: a transfer that broke off is continued for the same one only. Without it,
    /// the address without its query decides.
    pub identity: Option<String>,
    /// What to do when the target exists.
    pub existing: Existing,
}

/// What to do with a file that has the name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Existing {
    /// Leave it alone; fetching fails.
    #[default]
    Refuse,
    /// Replace it when the new one is whole.
    Replace,
}

/// A file that was fetched.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Fetched {
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// The storage's tag of its content, without quotes.
    pub etag: Option<String>,
    /// Bytes that were there from an earlier time.
    pub resumed_from: u64,
    /// Requests that it took; 0 when everything was there.
    pub attempts: u32,
}

/// What happens while a file is fetched.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FetchEvent {
    /// Bytes are here; told about every mebibyte or five times a second.
    Receiving {
        /// Bytes that are here.
        bytes: u64,
        /// Bytes of the whole file, if anybody says.
        total: Option<u64>,
    },
    /// An attempt failed and is followed by another.
    Retrying {
        /// What went wrong.
        problem: String,
        /// Milliseconds until then.
        pause_ms: u64,
    },
}

impl Expected {
    /// Nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The size in bytes.
    #[must_use]
    pub fn size(mut self, bytes: u64) -> Self {
        self.size = Some(bytes);
        self
    }

    /// What tells the file from all others.
    #[must_use]
    pub fn identity(mut self, identity: impl Into<String>) -> Self {
        self.identity = Some(identity.into());
        self
    }

    /// A file that has the name already is replaced.
    #[must_use]
    pub fn replacing(mut self) -> Self {
        self.existing = Existing::Replace;
        self
    }
}

impl Fetcher {
    /// The settings of one.
    pub fn builder() -> FetcherBuilder {
        FetcherBuilder {
            options: Options {
                allowed: Allowed::default(),
                connect_timeout: Duration::from_secs(10),
                idle_timeout: Duration::from_secs(20),
                proxy: Proxy::Environment,
                certificates: Vec::new(),
                lookup: Lookup::System,
            },
            patience: Patience {
                attempts: 6,
                pause: Duration::from_millis(500),
                slowness: Duration::from_secs(30),
                least_bytes: 1 << 10,
                most_bytes: 1 << 40,
            },
        }
    }

    /// Whether something would be fetched from an address, as far as that can be said without resolving its name.
    ///
    /// # Errors
    ///
    /// [`FetchErrorKind::Address`].
    pub fn check(&self, address: &Secret) -> Result<(), FetchError> {
        address::check(address.expose(), &self.clients.options().allowed).map(|_| ())
    }

    /// Fetches a file into a folder. Until it is whole it is called `….part`, with a `….part.json` beside it; a later call continues there. Dropping
    /// the future loses at most the last 4 MiB or 5 s. The folder has to exist.
    ///
    /// # Errors
    ///
    /// [`FetchErrorKind`] says which there are. With [`Expired`](FetchErrorKind::Expired) the caller asks for a fresh address and calls again.
    pub async fn fetch_to_file(
        &self,
        address: &Secret,
        target: &Path,
        expected: &Expected,
        run: &Run<FetchEvent>,
    ) -> Result<Fetched, FetchError> {
        let tell = |event| run.say(event);
        self.to_file(address, target, expected, run.clock().as_ref(), &tell).await
    }

    pub(crate) async fn to_file(
        &self,
        address: &Secret,
        target: &Path,
        expected: &Expected,
        clock: &dyn Clock,
        tell: &(dyn Fn(FetchEvent) + Sync),
    ) -> Result<Fetched, FetchError> {
        self.check(address)?;
        let identity = expected.identity.clone().unwrap_or_else(|| identity_of(address));
        let (mut part, known) = Part::open(target, identity, expected).await?;
        match self.transfer(address, expected.size, &mut part, known, clock, tell).await {
            Ok(fetched) => part.finish().await.map(|()| fetched),
            Err(error) => {
                part.leave().await;
                Err(error)
            }
        }
    }

    /// Fetches a file into a writer, which is flushed, but neither synchronised nor shut down. A transfer that breaks off is continued within the
    /// call; when the file has changed meanwhile, it fails, as bytes have been handed on.
    ///
    /// # Errors
    ///
    /// As [`fetch_to_file`](Self::fetch_to_file).
    pub async fn fetch_to_writer<W: AsyncWrite + Send + Unpin>(
        &self,
        address: &Secret,
        writer: &mut W,
        expected: &Expected,
        run: &Run<FetchEvent>,
    ) -> Result<Fetched, FetchError> {
        let tell = |event| run.say(event);
        self.to_writer(address, writer, expected, run.clock().as_ref(), &tell).await
    }

    pub(crate) async fn to_writer<W: AsyncWrite + Send + Unpin>(
        &self,
        address: &Secret,
        writer: &mut W,
        expected: &Expected,
        clock: &dyn Clock,
        tell: &(dyn Fn(FetchEvent) + Sync),
    ) -> Result<Fetched, FetchError> {
        let mut sink = Writer(writer);
        let known = Known::default();
        let fetched = self.transfer(address, expected.size, &mut sink, known, clock, tell).await?;
        sink.0.flush().await.map_err(|error| FetchError::local(HANDED_ON, &error))?;
        Ok(fetched)
    }

    /// Fetches a small file into memory; it fails when there are more than so many bytes.
    ///
    /// # Errors
    ///
    /// As [`fetch_to_file`](Self::fetch_to_file).
    pub async fn fetch_to_memory(
        &self,
        address: &Secret,
        most_bytes: u64,
        expected: &Expected,
        run: &Run<FetchEvent>,
    ) -> Result<Vec<u8>, FetchError> {
        let patience = Patience { most_bytes, ..Patience::clone(&self.patience) };
        let small = Self { clients: Arc::clone(&self.clients), patience: Arc::new(patience) };
        let mut bytes = Vec::new();
        small.fetch_to_writer(address, &mut bytes, expected, run).await?;
        Ok(bytes)
    }

    async fn transfer<S: Sink>(
        &self,
        address: &Secret,
        promised: Option<u64>,
        sink: &mut S,
        known: Known,
        clock: &dyn Clock,
        tell: &(dyn Fn(FetchEvent) + Sync),
    ) -> Result<Fetched, FetchError> {
        let resumed_from = known.offset;
        let mut transfer = Transfer {
            clients: &self.clients,
            patience: &self.patience,
            address: address.expose(),
            promised,
            sink,
            known,
            clock,
            tell,
        };
        let attempts = transfer.run().await?;
        let known = transfer.known;
        Ok(Fetched {
            size: known.offset,
            sha256: hex(&known.hasher.finalize()),
            etag: known.etag.map(|etag| etag.trim_matches('"').to_owned()),
            resumed_from,
            attempts,
        })
    }
}

const HANDED_ON: &str = "what was fetched cannot be handed on";

/// A sink that cannot go back.
struct Writer<'a, W>(&'a mut W);

impl<W: AsyncWrite + Send + Unpin> Sink for Writer<'_, W> {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        let written = self.0.write_all(bytes).await;
        written.map_err(|error| FetchError::local(HANDED_ON, &error))
    }

    async fn keep(&mut self, _known: &Known) -> Result<(), FetchError> {
        Ok(())
    }

    async fn rewind(&mut self) -> Result<bool, FetchError> {
        Ok(false)
    }
}

/// A hash of an address without its query, which changes with every signature.
fn identity_of(address: &Secret) -> String {
    let plain = address.expose().split(['?', '#']).next().unwrap_or_default();
    format!("address-sha256:{}", hex(&Sha256::digest(plain.as_bytes())))
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

impl FetcherBuilder {
    /// Private networks and this machine may be fetched from, also without TLS: for private installations and simulators. Redirects into them, and
    /// the metadata services of clouds, stay refused.
    pub fn allow_private_addresses(mut self, allowed: bool) -> Self {
        self.options.allowed.private = allowed;
        self
    }

    /// Public addresses may be fetched from without TLS: whoever is on the way can then read and change the files.
    pub fn allow_plain_http(mut self, allowed: bool) -> Self {
        self.options.allowed.plain_http = allowed;
        self
    }

    /// This host, a name or an IP address without a port, may be fetched from, wherever it is, also without TLS.
    pub fn allow_host(mut self, host: impl AsRef<str>) -> Self {
        let host = host.as_ref().trim().trim_end_matches('.').trim_matches(['[', ']']);
        let host = host.to_ascii_lowercase();
        if !host.is_empty() {
            self.options.allowed.hosts.push(host);
        }
        self
    }

    /// No proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.options.proxy = Proxy::None;
        self
    }

    /// This proxy, whatever the environment says.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.options.proxy = Proxy::Url(url.into());
        self
    }

    /// Certificates, in PEM form, that are trusted besides those of the platform.
    pub fn add_root_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.options.certificates.push(pem.into());
        self
    }

    /// How long establishing a connection may take, TLS included.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.options.connect_timeout = timeout;
        self
    }

    /// How long the storage may be silent.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.options.idle_timeout = timeout;
        self
    }

    /// How slow is too slow: fewer than so many bytes in such a time end an attempt.
    pub fn least_rate(mut self, bytes: u64, within: Duration) -> Self {
        self.patience.least_bytes = bytes;
        self.patience.slowness = within;
        self
    }

    /// How many attempts in a row may bring nothing, and the first pause between two, which doubles.
    pub fn attempts(mut self, attempts: u32, pause: Duration) -> Self {
        self.patience.attempts = attempts;
        self.patience.pause = pause;
        self
    }

    /// The largest file that is fetched, in bytes.
    pub fn most_bytes(mut self, bytes: u64) -> Self {
        self.patience.most_bytes = bytes;
        self
    }

    /// The fetcher. What is wrong with proxy or certificates is said by the first transfer.
    #[must_use]
    pub fn build(self) -> Fetcher {
        let Self { options, patience } = self;
        Fetcher { clients: Arc::new(Clients::new(options)), patience: Arc::new(patience) }
    }
}

impl std::fmt::Debug for FetcherBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FetcherBuilder")
            .field("allowed", &self.options.allowed)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
