//! What was asked of the simulator, in order.

use std::collections::VecDeque;

use flighthub_api::Timestamp;
use http::request::Parts;

use crate::reply::Reply;

/// Entries that are kept when nothing else is said.
const CAPACITY: usize = 10_000;

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
}

/// An entry of the journal. It holds no secret.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Counted from 1.
    pub(crate) number: u64,
    pub(crate) at: Timestamp,
    pub(crate) operation: Option<&'static str>,
}

/// The last requests.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    written: u64,
    entries: VecDeque<Entry>,
}

impl Journal {
    /// Writes a request down.
    pub(crate) fn write(&mut self, at: Timestamp, seen: &Seen<'_>) {
        self.written += 1;
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry { number: self.written, at, operation: seen.operation });
    }
}
