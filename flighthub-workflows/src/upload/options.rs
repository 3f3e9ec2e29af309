//! How storages are reached.

use std::fmt;
use std::time::Duration;

use flighthub_api::Secret;

/// How to get out to a storage.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum StorageProxy {
    /// As the environment says (`HTTPS_PROXY` and its kin). Storages on this machine are reached directly all the same.
    #[default]
    Environment,
    /// Directly.
    Direct,
    /// Through this one. An address can hold a password, so it does not show itself.
    Url(Secret),
}

/// How storages are reached, and how much is in memory at a time.
///
/// Give it the proxy and the certificates that the client was given: a private installation has its storage behind the same.
#[derive(Clone)]
#[non_exhaustive]
pub struct UploadOptions {
    /// How to get out.
    pub proxy: StorageProxy,
    /// Certificates of authorities that are trusted besides those of the platform, in PEM form.
    pub certificates: Vec<Vec<u8>>,
    /// Whether plain http may be spoken with hosts that are neither this machine nor at a private address. Signatures keep the keys safe
    /// there, but everybody on the way can read what is uploaded, and the session token.
    pub allow_plain_http: bool,
    /// Files above this many bytes are uploaded in parts. Up to it a file goes in one piece, which is what the service expects of images.
    pub multipart_above: u64,
    /// Bytes of a part; storages want 5 MiB at least.
    pub part_size: u64,
    /// Parts of one file that are on their way at a time.
    pub parallel_parts: usize,
    /// How often a piece is sent at most, when the storage fails or the connection breaks. Sending it again is harmless: it is the same
    /// object.
    pub attempts: u32,
    /// Until a connection has to stand.
    pub connect_timeout: Duration,
    /// For how long nothing may move: neither a piece of the upload nor an answer. By real time, whatever the clock of the workflow is.
    pub stall_timeout: Duration,
}

impl UploadOptions {
    /// As the environment says, and with bounds that suit most lines: one piece up to 64 MiB, parts of 16 MiB, three attempts.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            proxy: StorageProxy::Environment,
            certificates: Vec::new(),
            allow_plain_http: false,
            multipart_above: 64 << 20,
            part_size: 16 << 20,
            parallel_parts: 3,
            attempts: 3,
            connect_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(60),
        }
    }

    /// The same with another way out.
    #[must_use]
    pub fn with_proxy(mut self, proxy: StorageProxy) -> Self {
        self.proxy = proxy;
        self
    }

    /// The same, trusting the certificates of this PEM text too.
    #[must_use]
    pub fn with_certificate_authority(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificates.push(pem.into());
        self
    }

    /// The same, speaking plain http with every host.
    #[must_use]
    pub const fn with_plain_http(mut self) -> Self {
        self.allow_plain_http = true;
        self
    }

    /// The same with other bounds for what goes in one piece, and for parts.
    #[must_use]
    pub const fn with_parts(mut self, above: u64, part_size: u64) -> Self {
        self.multipart_above = above;
        self.part_size = part_size;
        self
    }

    /// The same with another number of attempts; at least one.
    #[must_use]
    pub const fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The same with another patience for a line on which nothing moves.
    #[must_use]
    pub const fn with_stall_timeout(mut self, patience: Duration) -> Self {
        self.stall_timeout = patience;
        self
    }
}

impl Default for UploadOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for StorageProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "Environment",
            Self::Direct => "Direct",
            Self::Url(_) => "Url(***)",
        })
    }
}

impl fmt::Debug for UploadOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadOptions")
            .field("proxy", &self.proxy)
            .field("certificates", &self.certificates.len())
            .field("allow_plain_http", &self.allow_plain_http)
            .field("multipart_above", &self.multipart_above)
            .field("part_size", &self.part_size)
            .field("attempts", &self.attempts)
            .field("stall_timeout", &self.stall_timeout)
            .finish_non_exhaustive()
    }
}
