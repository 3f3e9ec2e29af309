//! What was asked of the simulator and what it answered, in order: the evidence for tests.
//!
//! Every port writes every request down, under the lock that answered it. That has to be cheap, so an entry is one buffer and is masked
//! only when somebody reads it; what is kept of headers holds no secret in the first place, and keys are kept as the names of their
//! profiles.

mod entry;
pub(crate) mod filter;
pub(crate) mod mask;
mod snapshot;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use flighthub_api::Timestamp;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};

pub use entry::Entry;
pub use snapshot::Journal;
pub(crate) use snapshot::without_ports;

use crate::record::Recorder;
use crate::reply::Reply;
use entry::{Kept, Part};

/// Entries that are kept when nothing else is said.
pub(crate) const CAPACITY: usize = 10_000;
/// Bytes of all entries together that are kept.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// Bytes that are kept of a body; the rest is cut, and the entry says so.
const MOST_OF_A_BODY: usize = 16 * 1024;
/// Bytes that are kept of a path or query.
const MOST_OF_A_LINE: usize = 4 * 1024;

/// The header with the key.
const KEY_HEADER: &str = "x-user-token";
/// Headers of requests that are kept as they are.
const PLAIN_HEADERS: &[&str] = &[
    "accept",
    "accept-encoding",
    "content-encoding",
    "content-type",
    "expect",
    "host",
    "if-match",
    "if-none-match",
    "if-range",
    "range",
    "transfer-encoding",
    "user-agent",
    "x-flighthub-simulator-quirk",
    "x-language",
    "x-project-uuid",
    "x-request-id",
];
/// Headers of requests that are kept without their values.
const SECRET_HEADERS: &[&str] = &[
    "authorization",
    "cookie",
    "proxy-authorization",
    "x-amz-security-token",
    "x-organization-key",
    "x-oss-security-token",
];
/// Headers of replies that are kept.
const REPLY_HEADERS: &[&str] =
    &["allow", "content-range", "content-type", "etag", "location", "retry-after"];

/// A request as a port of the simulator saw it, to be written down.
#[derive(Debug)]
pub(crate) struct Seen<'r> {
    /// `api`, `storage` or `console`.
    pub(crate) port: &'static str,
    /// The region's place in the list of regions.
    pub(crate) region: usize,
    pub(crate) head: &'r Parts,
    /// The body, where it is text to be kept; uploads are only counted.
    pub(crate) body: Option<&'r [u8]>,
    /// Bytes of the body.
    pub(crate) bytes: u64,
    /// The operation that was meant, when it is one.
    pub(crate) operation: Option<&'static str>,
    /// What was odd about the request, or why it was refused, for people.
    pub(crate) notes: &'r [String],
    /// The fault or quirk that was played, in words.
    pub(crate) fault: Option<&'r str>,
    /// The reply as it was meant to be sent; nothing when the world was not even asked.
    pub(crate) reply: Option<&'r Reply>,
    /// What a record needs to play a request to the storage again.
    pub(crate) again: Option<&'r Again>,
}

/// A request to the storage without its signature, which holds for a host and a moment only.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Again {
    pub(crate) by: By,
    /// Without secrets.
    pub(crate) query: String,
    /// What was uploaded, without the framing of its transfer.
    pub(crate) body: Vec<u8>,
}

impl fmt::Debug for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Again").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// By what right the storage was asked.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum By {
    /// An address that the API signed.
    Address,
    /// The credentials of this id.
    Grant(String),
}

/// Something that the simulator did by itself, to be written down.
#[derive(Debug)]
pub(crate) struct Happening<'h> {
    /// `script` or `events`.
    pub(crate) port: &'static str,
    /// The region's place in the list of regions.
    pub(crate) region: usize,
    /// Such as `POST`.
    pub(crate) method: &'static str,
    /// What it was about.
    pub(crate) path: &'h str,
    pub(crate) body: &'h [u8],
    pub(crate) notes: Vec<String>,
    /// What the other side answered.
    pub(crate) status: Option<u16>,
}

/// Whose key a request came with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    /// There was none.
    None,
    /// That of a profile of the region.
    Of(Arc<str>),
    /// Any other.
    Unknown,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Of(name) => name,
            Self::Unknown => "(masked)",
        })
    }
}

/// A region, as far as the journal has to know it.
pub(crate) struct Known {
    pub(crate) name: Arc<str>,
    /// The keys and the names of their profiles.
    pub(crate) keys: Vec<(String, Arc<str>)>,
}

/// The last requests: no more than a number of them, and no more than a number of bytes.
pub(crate) struct Ring {
    written: u64,
    bytes: usize,
    capacity: usize,
    entries: VecDeque<Entry>,
    regions: Vec<Known>,
    /// What writes the session to a file, when somebody wants that.
    pub(crate) recorder: Option<Recorder>,
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring")
            .field("written", &self.written)
            .field("kept", &self.entries.len())
            .finish_non_exhaustive()
    }
}

impl Ring {
    pub(crate) fn new(capacity: usize, regions: Vec<Known>) -> Self {
        let entries = VecDeque::new();
        Self { written: 0, bytes: 0, capacity, entries, regions, recorder: None }
    }

    /// Writes a request down.
    pub(crate) fn write(&mut self, at: Timestamp, seen: &Seen<'_>) {
        let Seen { head, .. } = seen;
        let key = self.key(seen.region, &head.headers);
        if let Some(recorder) = &mut self.recorder {
            let region = self.regions.get(seen.region).map(|region| &*region.name);
            recorder.request(at, region.unwrap_or_default(), &key, seen);
        }
        let mut text = Text::default();
        text.part(head.uri.path().as_bytes(), MOST_OF_A_LINE);
        text.part(head.uri.query().unwrap_or_default().as_bytes(), MOST_OF_A_LINE);
        text.headers(&head.headers);
        let whole_body = text.part(seen.body.unwrap_or_default(), MOST_OF_A_BODY);
        if let Some(reply) = seen.reply {
            text.reply_headers(&reply.headers);
        } else {
            text.part(b"", 0);
        }
        let sent = seen.reply.map(|reply| reply.body.as_slice()).unwrap_or_default();
        let whole_reply = text.part(sent, MOST_OF_A_BODY);
        self.push(Kept {
            number: self.written + 1,
            at,
            port: seen.port,
            region: self.name(seen.region),
            key,
            method: head.method.clone(),
            operation: seen.operation,
            notes: seen.notes.iter().map(|note| mask::text(note)).collect(),
            fault: seen.fault.map(Into::into),
            bytes: seen.bytes,
            status: seen.reply.map(|reply| reply.status),
            reply_bytes: sent.len() as u64,
            is_whole: (whole_body, whole_reply),
            text: text.bytes.into(),
            ends: text.ends,
        });
    }

    /// Writes down what the simulator did by itself.
    pub(crate) fn note(&mut self, at: Timestamp, what: Happening<'_>) {
        let mut text = Text::default();
        text.part(what.path.as_bytes(), MOST_OF_A_LINE);
        text.part(b"", 0);
        text.part(b"", 0);
        let whole = text.part(what.body, MOST_OF_A_BODY);
        text.part(b"", 0);
        text.part(b"", 0);
        self.push(Kept {
            number: self.written + 1,
            at,
            port: what.port,
            region: self.name(what.region),
            key: Key::None,
            method: http::Method::from_bytes(what.method.as_bytes()).unwrap_or_default(),
            operation: None,
            notes: what.notes.iter().map(|note| mask::text(note)).collect(),
            fault: None,
            bytes: what.body.len() as u64,
            status: what.status,
            reply_bytes: 0,
            is_whole: (whole, true),
            text: text.bytes.into(),
            ends: text.ends,
        });
    }

    fn push(&mut self, kept: Kept) {
        self.written += 1;
        if self.capacity == 0 {
            return;
        }
        self.bytes += kept.bytes_in_memory();
        self.entries.push_back(Entry::new(kept));
        while self.entries.len() > self.capacity || self.bytes > MOST_BYTES {
            let Some(gone) = self.entries.pop_front() else { break };
            self.bytes -= gone.bytes_in_memory();
        }
    }

    /// What there is at this moment.
    pub(crate) fn snapshot(&self) -> Journal {
        Journal::new(self.entries.iter().cloned().collect(), self.gone())
    }

    /// Entries that were written since the last clearing and are no longer kept.
    fn gone(&self) -> u64 {
        self.entries.front().map_or(self.written, |first| first.number() - 1)
    }

    /// Forgets everything and counts from 1 again.
    pub(crate) fn clear(&mut self) {
        self.written = 0;
        self.bytes = 0;
        self.entries.clear();
    }

    /// The same with other regions or keys.
    pub(crate) fn know(&mut self, regions: Vec<Known>) {
        self.regions = regions;
    }

    fn name(&self, region: usize) -> Arc<str> {
        self.regions.get(region).map_or_else(|| "".into(), |region| Arc::clone(&region.name))
    }

    fn key(&self, region: usize, headers: &HeaderMap) -> Key {
        let Some(token) = headers.get(KEY_HEADER) else { return Key::None };
        let keys =
            self.regions.get(region).map(|region| region.keys.as_slice()).unwrap_or_default();
        let found = keys.iter().find(|(key, _)| key.as_bytes() == token.as_bytes().trim_ascii());
        found.map_or(Key::Unknown, |(_, name)| Key::Of(Arc::clone(name)))
    }
}

/// The texts of an entry one after the other in one buffer.
#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    ends: [u32; Part::COUNT],
    parts: usize,
}

impl Text {
    /// Adds a part, and says whether all of it was kept.
    fn part(&mut self, text: &[u8], most: usize) -> bool {
        let kept = text.get(..most).unwrap_or(text);
        if self.bytes.capacity() == 0 {
            self.bytes.reserve_exact(1024);
        }
        self.bytes.extend_from_slice(kept);
        self.end();
        kept.len() == text.len()
    }

    fn end(&mut self) {
        if let Some(end) = self.ends.get_mut(self.parts) {
            *end = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        }
        self.parts += 1;
    }

    fn headers(&mut self, headers: &HeaderMap) {
        for (name, value) in headers {
            match kept_header(name.as_str()) {
                Some(true) => self.header(name, value.as_bytes()),
                Some(false) => self.header(name, b"(masked)"),
                None => {}
            }
        }
        self.end();
    }

    fn reply_headers(&mut self, headers: &[(HeaderName, HeaderValue)]) {
        for (name, value) in headers {
            if REPLY_HEADERS.contains(&name.as_str()) {
                self.header(name, value.as_bytes());
            }
        }
        self.end();
    }

    fn header(&mut self, name: &HeaderName, value: &[u8]) {
        for text in [name.as_str().as_bytes(), b": ", value.get(..512).unwrap_or(value), b"\n"] {
            self.bytes.extend_from_slice(text);
        }
    }
}

/// Whether a header of a request is kept: with its value (true), without (false), or not at all.
pub(crate) fn kept_header(name: &str) -> Option<bool> {
    if PLAIN_HEADERS.contains(&name) {
        return Some(true);
    }
    SECRET_HEADERS.contains(&name).then_some(false)
}

/// Whether a header of a reply is kept.
pub(crate) fn kept_reply_header(name: &str) -> bool {
    REPLY_HEADERS.contains(&name)
}
