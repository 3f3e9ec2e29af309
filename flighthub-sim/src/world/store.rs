//! The bucket of the organization: what was uploaded, and what devices have uploaded.

use std::collections::BTreeMap;
use std::sync::Arc;

use flighthub_api::Timestamp;

use crate::made::Made;

/// What an object holds.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// Bytes that somebody uploaded.
    Bytes(Arc<[u8]>),
    /// Bytes that are made when they are read.
    Made(Made),
}

impl Content {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Made(made) => made.len(),
        }
    }

    /// At most `most` bytes from an offset on; fewer only at the end.
    pub(crate) fn read(&self, offset: u64, most: usize) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => {
                let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..));
                rest.map(|rest| rest.get(..most).unwrap_or(rest).to_vec()).unwrap_or_default()
            }
            Self::Made(made) => made.read(offset, most),
        }
    }
}

/// An object of the bucket.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) content: Content,
    /// Without quotes.
    pub(crate) etag: String,
    pub(crate) stored_at: Timestamp,
}

/// The bucket.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    objects: BTreeMap<String, Object>,
}

impl State {
    pub(crate) fn get(&self, key: &str) -> Option<&Object> {
        self.objects.get(key)
    }

    pub(crate) fn put(&mut self, key: &str, content: Content, etag: String, stored_at: Timestamp) {
        self.objects.insert(key.to_owned(), Object { content, etag, stored_at });
    }
}
