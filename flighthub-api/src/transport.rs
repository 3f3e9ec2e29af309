//! Bytes out, bytes in: the border between the client and the network.

use std::error::Error as StdError;
use std::fmt;

use bytes::Bytes;
use http::HeaderMap;

use crate::clock::BoxFuture;
use crate::operation::Method;

/// Carries one request and brings its answer.
///
/// The client's own implementation speaks HTTP; tests bring a scripted one. It must not repeat a request by itself, must
/// not follow redirects, and must say truthfully whether a failed request can have left.
pub trait Transport: Send + Sync + 'static {
    /// Sends the request once and reads the whole answer.
    fn send(
        &self,
        request: TransportRequest,
    ) -> BoxFuture<'_, Result<TransportReply, TransportError>>;
}

/// What sort of connection a request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Connection {
    /// One that was used before is welcome.
    Pooled,
    /// A new one. An idle connection may be closing just now, and then nobody knows whether the request arrived.
    Fresh,
}

/// One request, complete.
///
/// `Debug` leaves out header values, query and body.
#[derive(Clone)]
#[non_exhaustive]
pub struct TransportRequest {
    /// Method.
    pub method: Method,
    /// Absolute URL, percent-encoded.
    pub url: String,
    /// Headers, the key among them.
    pub headers: HeaderMap,
    /// JSON body.
    pub body: Option<Bytes>,
    /// What sort of connection it wants.
    pub connection: Connection,
    /// Largest answer to accept, in decoded bytes.
    pub max_response_bytes: usize,
}

impl TransportRequest {
    /// The URL without its query.
    #[must_use]
    pub fn url_without_query(&self) -> &str {
        self.url.split_once('?').map_or(self.url.as_str(), |(url, _)| url)
    }
}

impl fmt::Debug for TransportRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportRequest")
            .field("method", &self.method)
            .field("url", &self.url_without_query())
            .field("body", &self.body.as_ref().map(Bytes::len))
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}

/// One answer, complete.
///
/// `Debug` leaves out header values and body.
#[derive(Clone)]
#[non_exhaustive]
pub struct TransportReply {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, decoded.
    pub body: Bytes,
}

impl TransportReply {
    /// An answer without headers.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self { status, headers: HeaderMap::new(), body: body.into() }
    }

    /// The same answer with these headers.
    #[must_use]
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }
}

impl fmt::Debug for TransportReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportReply")
            .field("status", &self.status)
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Why there is no answer, and whether the request can have left.
#[derive(Debug)]
pub struct TransportError {
    kind: TransportErrorKind,
    reason: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransportErrorKind {
    /// No byte of the request has left, because no connection was established.
    NotSent,
    /// No byte of the request has left, and trying again will not help.
    Impossible,
    /// The request may have arrived.
    MaybeSent,
    /// The request may have arrived; the answer took too long.
    TimedOut,
    /// The answer came and was too large.
    TooLarge,
}

impl TransportError {
    fn new(kind: TransportErrorKind, reason: impl Into<String>) -> Self {
        Self { kind, reason: reason.into(), source: None }
    }

    /// A connection was never established: nothing has left, and another attempt is harmless for any request.
    #[must_use]
    pub fn not_sent(reason: impl Into<String>) -> Self {
        Self::new(TransportErrorKind::NotSent, reason)
    }

    /// The request cannot be sent at all: nothing has left, and another attempt is useless.
    #[must_use]
    pub fn impossible(reason: impl Into<String>) -> Self {
        Self::new(TransportErrorKind::Impossible, reason)
    }

    /// The connection broke, or the answer was cut: the request may have arrived.
    #[must_use]
    pub fn maybe_sent(reason: impl Into<String>) -> Self {
        Self::new(TransportErrorKind::MaybeSent, reason)
    }

    /// The answer took too long: the request may have arrived.
    #[must_use]
    pub fn timed_out(reason: impl Into<String>) -> Self {
        Self::new(TransportErrorKind::TimedOut, reason)
    }

    /// The answer is larger than allowed.
    #[must_use]
    pub fn too_large(limit: usize) -> Self {
        Self::new(TransportErrorKind::TooLarge, format!("the answer is larger than {limit} bytes"))
    }

    /// Keeps the error behind it. Its texts must not name the URL or a header.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Whether it is certain that nothing has left.
    #[must_use]
    pub const fn was_not_sent(&self) -> bool {
        matches!(self.kind, TransportErrorKind::NotSent | TransportErrorKind::Impossible)
    }

    pub(crate) const fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    pub(crate) fn into_parts(self) -> (String, Option<Box<dyn StdError + Send + Sync>>) {
        (self.reason, self.source)
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}
