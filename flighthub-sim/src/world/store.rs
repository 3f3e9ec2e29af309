//! The bucket of the organization: what was uploaded, and what devices have uploaded.

use std::collections::BTreeMap;
use std::sync::Arc;

use flighthub_api::Timestamp;

use super::World;
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

impl World {
    /// Puts an object into the bucket, as an upload with the credentials of `project.sts_token` does.
    ///
    /// ```
    /// use flighthub_api::v1::{ProjectStsToken, Service, WaylineFinishUpload};
    /// use flighthub_sim::kmz::{Kmz, KmzWaypoint};
    /// use flighthub_sim::{Caller, World};
    ///
    /// let mut world = World::demo(1);
    /// let caller = Caller::admin().in_project(World::DEMO_PROJECT);
    /// let mut route = Kmz::new("0-91-1");
    /// route.waypoints = vec![KmzWaypoint::new(0.021, -25.3, 60.0), KmzWaypoint::new(0.022, -25.3, 60.0)];
    ///
    /// let prefix = world.project_sts_token(&caller, ProjectStsToken::new())?.object_key_prefix;
    /// let key = format!("{prefix}/0d5c1f9e/yard.kmz");
    /// world.put_object(&key, route.to_bytes()?);
    /// let route = world.wayline_finish_upload(&caller, WaylineFinishUpload::new("yard", key))?;
    /// assert_eq!(route.name, "yard");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn put_object(&mut self, key: &str, bytes: impl Into<Arc<[u8]>>) {
        let bytes = bytes.into();
        let etag = etag_of(&bytes);
        let now = self.now();
        self.store.put(key, Content::Bytes(bytes), etag, now);
    }

    /// How many bytes an object of the bucket has; nothing when there is none.
    #[must_use]
    pub fn object_size(&self, key: &str) -> Option<u64> {
        self.store.get(key).map(|object| object.content.len())
    }

    /// At most `most` bytes of an object of the bucket from an offset on, fewer only at its end; nothing when there is no such object.
    #[must_use]
    pub fn read_object(&self, key: &str, offset: u64, most: usize) -> Option<Vec<u8>> {
        self.store.get(key).map(|object| object.content.read(offset, most))
    }
}

/// An entity tag in the form of an upload in parts, which is no MD5 of the content either.
fn etag_of(bytes: &[u8]) -> String {
    let hash = |start: u64| {
        bytes
            .iter()
            .fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
    };
    format!("{:016x}{:016x}-1", hash(0xcbf2_9ce4_8422_2325), hash(0x9e37_79b9_7f4a_7c15))
}
