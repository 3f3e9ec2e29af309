//! The bucket of the organization: its objects, the credentials that write into it, and the addresses that read from it.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use flighthub_api::v1::StorageProvider;
use flighthub_api::{Secret, Timestamp};
use jiff::tz::TimeZone;

use super::{World, calendar};
use crate::made::Made;
use crate::storage::signature::{self, Pair};

/// Seconds that a signed address lasts.
const ADDRESS: u64 = 3_600;
/// Credentials that are remembered, and for how long after their end: so that they are refused as expired and not as unknown.
const MOST_GRANTS: usize = 10_000;
const REMEMBERED: Duration = Duration::from_secs(86_400);
/// Multipart uploads that may be open at a time.
const MOST_UPLOADS: usize = 1_000;
/// Highest number of a part.
const MOST_PARTS: i32 = 10_000;

/// What an object holds.
#[derive(Clone)]
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

    /// Bytes of memory that it takes.
    fn weight(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Made(_) => 0,
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Made(made) => made.fmt(f),
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
    /// As it was uploaded.
    pub(crate) content_type: Option<String>,
}

/// Credentials that write below a prefix for a while.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) id: String,
    pub(crate) secret: Secret,
    pub(crate) token: Secret,
    /// Without a slash at its end.
    prefix: String,
    pub(crate) expires_at: Timestamp,
}

impl Grant {
    /// Whether it may write an object.
    pub(crate) fn covers(&self, key: &str) -> bool {
        key.strip_prefix(&self.prefix)
            .and_then(|rest| rest.strip_prefix('/'))
            .is_some_and(|rest| !rest.is_empty())
    }
}

/// A multipart upload that has not been completed.
#[derive(Debug, Clone)]
struct Upload {
    key: String,
    content_type: Option<String>,
    parts: BTreeMap<i32, Part>,
}

#[derive(Clone)]
struct Part {
    bytes: Arc<[u8]>,
    md5: [u8; 16],
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Part({})", self.bytes.len())
    }
}

/// Why the bucket does not take something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// The object is larger than this.
    TooLarge(u64),
    /// There are as many bytes as the simulator may keep.
    Full(u64),
    /// Too many multipart uploads are open.
    TooManyUploads,
    NoSuchUpload,
    /// Its number is not within 1 to 10,000.
    PartNumber,
    /// A part is missing or has another entity tag.
    InvalidPart,
    PartOrder,
    /// A part that is not the last is smaller than this.
    PartTooSmall(u64),
}

/// How many uploaded bytes a world keeps in memory. What devices and models leave there takes none.
///
/// Nothing is dropped to make room: an upload that does not fit is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StorageLimits {
    /// Most bytes of one object, 256 MiB by default.
    pub object: u64,
    /// Most bytes of all objects and parts together, 1 GiB by default.
    pub total: u64,
}

impl StorageLimits {
    /// Limits in bytes: of one object, and of all together.
    #[must_use]
    pub const fn new(object: u64, total: u64) -> Self {
        Self { object, total }
    }
}

impl Default for StorageLimits {
    fn default() -> Self {
        Self::new(256 << 20, 1 << 30)
    }
}

/// The form of the addresses that read from the bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum DownloadForm {
    /// Signed as S3 does it (`X-Amz-Signature`).
    #[default]
    Presigned,
    /// Signed as content networks do it (`auth_key=<expiry>-<random>-0-<md5>`). Such addresses have been seen with media.
    Network,
}

/// What signs the addresses.
#[derive(Debug, Clone)]
struct Signer {
    id: String,
    secret: Secret,
}

/// The bucket.
#[derive(Debug, Clone)]
pub(crate) struct State {
    objects: BTreeMap<String, Object>,
    uploads: BTreeMap<String, Upload>,
    grants: BTreeMap<String, Grant>,
    /// The ids of the grants, oldest first.
    issued: VecDeque<String>,
    /// Bytes of memory that objects and parts take.
    kept: u64,
    /// Bytes that are being received.
    announced: u64,
    limits: StorageLimits,
    endpoint: String,
    provider: StorageProvider,
    form: DownloadForm,
    signer: Signer,
    requests: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
            grants: BTreeMap::new(),
            issued: VecDeque::new(),
            kept: 0,
            announced: 0,
            limits: StorageLimits::default(),
            endpoint: World::STORAGE.to_owned(),
            provider: StorageProvider::Aws,
            form: DownloadForm::Presigned,
            signer: Signer { id: String::new(), secret: Secret::new("") },
            requests: 0,
        }
    }
}

impl State {
    pub(crate) fn get(&self, key: &str) -> Option<&Object> {
        self.objects.get(key)
    }

    pub(crate) fn put(&mut self, key: &str, content: Content, etag: String, stored_at: Timestamp) {
        self.put_typed(key, Object { content, etag, stored_at, content_type: None });
    }

    fn put_typed(&mut self, key: &str, object: Object) {
        self.kept += object.content.weight();
        let before = self.objects.insert(key.to_owned(), object);
        self.kept -= before.map_or(0, |before| before.content.weight());
    }

    /// Bytes that follow from a seed, under an entity tag that does too.
    pub(crate) fn put_made(&mut self, key: &str, made: Made, seed: u64, stored_at: Timestamp) {
        let text = format!("{seed} {}", made.len());
        let etag = signature::hex(&signature::md5(text.as_bytes()));
        self.put(key, Content::Made(made), etag, stored_at);
    }

    pub(crate) fn remove(&mut self, key: &str) {
        if let Some(object) = self.objects.remove(key) {
            self.kept -= object.content.weight();
        }
    }

    pub(crate) fn grant(&self, id: &str) -> Option<&Grant> {
        self.grants.get(id)
    }

    pub(crate) const fn provider(&self) -> &StorageProvider {
        &self.provider
    }

    /// Where the storage is reached.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Host and port of the endpoint.
    pub(crate) fn host(&self) -> &str {
        self.endpoint.split_once("://").map_or(self.endpoint.as_str(), |(_, host)| host)
    }

    /// The region as the grants name it. For OSS it is short when the endpoint tells it in full, as has been seen.
    pub(crate) fn region(&self) -> &'static str {
        match self.provider {
            StorageProvider::Ali if self.host().starts_with("oss-cn-hangzhou.") => "hz",
            StorageProvider::Ali => "cn-hangzhou",
            StorageProvider::Minio => "us-east-1",
            _ => World::STORAGE_REGION,
        }
    }

    /// A number for each request that reaches the storage.
    pub(crate) fn next_request(&mut self) -> u64 {
        self.requests += 1;
        self.requests
    }

    /// Sets memory aside for an object that is going to be received. It has to be given back.
    pub(crate) fn announce(&mut self, bytes: u64) -> Result<(), Rejection> {
        if bytes > self.limits.object {
            return Err(Rejection::TooLarge(self.limits.object));
        }
        if self.kept.saturating_add(self.announced).saturating_add(bytes) > self.limits.total {
            return Err(Rejection::Full(self.limits.total));
        }
        self.announced += bytes;
        Ok(())
    }

    /// Gives back what was set aside.
    pub(crate) fn received(&mut self, bytes: u64) {
        self.announced = self.announced.saturating_sub(bytes);
    }

    /// Keeps the bytes of a part.
    pub(crate) fn put_part(
        &mut self,
        id: &str,
        key: &str,
        number: i32,
        bytes: Arc<[u8]>,
        md5: [u8; 16],
    ) -> Result<(), Rejection> {
        if !(1..=MOST_PARTS).contains(&number) {
            return Err(Rejection::PartNumber);
        }
        let upload = self.uploads.get_mut(id).filter(|upload| upload.key == key);
        let upload = upload.ok_or(Rejection::NoSuchUpload)?;
        self.kept += bytes.len() as u64;
        let before = upload.parts.insert(number, Part { bytes, md5 });
        self.kept -= before.map_or(0, |before| before.bytes.len() as u64);
        Ok(())
    }

    /// Makes an object of the parts with these numbers and entity tags, and gives its own entity tag.
    pub(crate) fn complete(
        &mut self,
        id: &str,
        key: &str,
        parts: &[(i32, String)],
        stored_at: Timestamp,
    ) -> Result<String, Rejection> {
        let upload = self.uploads.get(id).filter(|upload| upload.key == key);
        let upload = upload.ok_or(Rejection::NoSuchUpload)?;
        if !parts.is_sorted_by(|one, other| one.0 < other.0) {
            return Err(Rejection::PartOrder);
        }
        let smallest = if self.provider == StorageProvider::Ali { 100 << 10 } else { 5 << 20 };
        let (mut whole, mut digests) = (Vec::new(), Vec::new());
        for (place, (number, etag)) in parts.iter().enumerate() {
            let part = upload.parts.get(number).ok_or(Rejection::InvalidPart)?;
            if signature::hex(&part.md5) != *etag {
                return Err(Rejection::InvalidPart);
            }
            if place + 1 < parts.len() && (part.bytes.len() as u64) < smallest {
                return Err(Rejection::PartTooSmall(smallest));
            }
            if (whole.len() + part.bytes.len()) as u64 > self.limits.object {
                return Err(Rejection::TooLarge(self.limits.object));
            }
            whole.extend_from_slice(&part.bytes);
            digests.extend_from_slice(&part.md5);
        }
        if digests.is_empty() {
            return Err(Rejection::InvalidPart);
        }
        let etag = format!("{}-{}", signature::hex(&signature::md5(&digests)), parts.len());
        let content = Content::Bytes(whole.into());
        let content_type = upload.content_type.clone();
        self.put_typed(key, Object { content, etag: etag.clone(), stored_at, content_type });
        self.drop_upload(id);
        Ok(etag)
    }

    /// Forgets the parts of an upload.
    pub(crate) fn abort(&mut self, id: &str, key: &str) -> Result<(), Rejection> {
        let known = self.uploads.get(id).is_some_and(|upload| upload.key == key);
        if !known {
            return Err(Rejection::NoSuchUpload);
        }
        self.drop_upload(id);
        Ok(())
    }

    fn drop_upload(&mut self, id: &str) {
        if let Some(upload) = self.uploads.remove(id) {
            self.kept -= upload.parts.values().map(|part| part.bytes.len() as u64).sum::<u64>();
        }
    }

    /// Whether an address is signed by this bucket, by the id in it.
    pub(crate) fn signs(&self, id: &str) -> bool {
        self.signer.id == id
    }

    /// The id in the addresses of this bucket.
    pub(crate) fn signer_id(&self) -> &str {
        &self.signer.id
    }

    /// The signature that an address ought to have. `pairs` is its query without the signature.
    pub(crate) fn presigned(&self, host: &str, path: &str, pairs: &[Pair]) -> Option<String> {
        signature::presigned(self.signer.secret.expose(), host, path, pairs)
    }

    /// The same for a content network, over the path as it is sent.
    pub(crate) fn network(&self, path: &str, expires: &str, random: &str) -> String {
        signature::network(self.signer.secret.expose(), path, expires, random)
    }
}

/// The key of the addresses. Drawn last, so that it changes nothing else in a world.
pub(crate) fn populate(world: &mut World) {
    let mut random =
        |length: usize| -> String { (0..length).map(|_| world.rng().alphanumeric()).collect() };
    let id = format!("AKIASIMULATED{}", random(7).to_ascii_uppercase());
    let secret = Secret::new(format!("simulated-{}", random(30)));
    world.store.signer = Signer { id, secret };
}

impl World {
    /// Where this world's object storage is reached, such as `http://127.0.0.1:40123`. A running [`Sim`](crate::Sim) sets it; a world
    /// without one names a host that does not exist.
    pub fn set_storage_endpoint(&mut self, url: impl Into<String>) {
        let url = url.into();
        self.store.endpoint = url.trim_end_matches('/').to_owned();
    }

    /// Whose object storage it is, Amazon's by default. It decides what the grants say and what the storage refuses: as OSS (`ali`) it
    /// takes its own signatures too, and neither chunked bodies nor conditional writes.
    pub fn set_storage_provider(&mut self, provider: StorageProvider) {
        self.store.provider = provider;
    }

    /// Whose object storage it is, as the upload credentials name it.
    #[must_use]
    pub const fn storage_provider(&self) -> &StorageProvider {
        self.store.provider()
    }

    /// How much may be uploaded.
    pub fn set_storage_limits(&mut self, limits: StorageLimits) {
        self.store.limits = limits;
    }

    /// The form of download addresses from now on. Those that are out keep theirs.
    pub fn set_download_form(&mut self, form: DownloadForm) {
        self.store.form = form;
    }

    /// Puts an object into the bucket, as an upload with the credentials of `project.sts_token` does, and gives its entity tag (without
    /// quotes).
    ///
    /// ```
    /// use flighthub_api::v1::{ProjectStsToken, Service, WaylineFinishUpload};
    /// use flighthub_sim::kmz::{Kmz, KmzWaypoint};
    /// use flighthub_sim::{Caller, World};
    ///
    /// let mut world = World::demo(1);
    /// assert_eq!(world.put_object("a/b.jpeg", *b"hello"), "5d41402abc4b2a76b9719d911017c592");
    ///
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
    pub fn put_object(&mut self, key: &str, bytes: impl Into<Arc<[u8]>>) -> String {
        let bytes = bytes.into();
        let etag = signature::hex(&signature::md5(&bytes));
        let now = self.now();
        self.store.put(key, Content::Bytes(bytes), etag.clone(), now);
        etag
    }

    /// The entity tag (without quotes) and size in bytes of an object.
    #[must_use]
    pub fn object(&self, key: &str) -> Option<(&str, u64)> {
        self.store.get(key).map(|object| (object.etag.as_str(), object.content.len()))
    }

    /// At most `most` bytes of an object of the bucket from an offset on, fewer only at its end; nothing when there is no such object.
    #[must_use]
    pub fn read_object(&self, key: &str, offset: u64, most: usize) -> Option<Vec<u8>> {
        self.store.get(key).map(|object| object.content.read(offset, most))
    }

    /// Takes an object out of the bucket, so that its addresses answer 404.
    pub fn remove_object(&mut self, key: &str) {
        self.store.remove(key);
    }

    /// Keeps what was received for an object.
    pub(crate) fn put_upload(
        &mut self,
        key: &str,
        bytes: Arc<[u8]>,
        md5: [u8; 16],
        content_type: Option<String>,
    ) -> String {
        let etag = signature::hex(&md5);
        let object = Object {
            content: Content::Bytes(bytes),
            etag: etag.clone(),
            stored_at: self.now(),
            content_type,
        };
        self.store.put_typed(key, object);
        etag
    }

    /// Opens a multipart upload and gives its id.
    pub(crate) fn begin_upload(
        &mut self,
        key: &str,
        content_type: Option<String>,
    ) -> Result<String, Rejection> {
        if self.store.uploads.len() >= MOST_UPLOADS {
            return Err(Rejection::TooManyUploads);
        }
        let id = signature::hex(&self.rng().u128(..).to_be_bytes());
        let upload = Upload { key: key.to_owned(), content_type, parts: BTreeMap::new() };
        self.store.uploads.insert(id.clone(), upload);
        Ok(id)
    }

    /// Credentials that write below a prefix, and nothing else, for so long.
    pub(crate) fn issue(&mut self, prefix: &str, lifetime: Duration) -> Grant {
        let now = self.now();
        let mut random =
            |length: usize| -> String { (0..length).map(|_| self.rng().alphanumeric()).collect() };
        let (id, secret, token) = (random(12), random(30), random(110));
        let id = match self.store.provider {
            StorageProvider::Ali => format!("STS.simulated{id}"),
            _ => format!("ASIASIMULATED{}", id.to_ascii_uppercase()),
        };
        let grant = Grant {
            id: id.clone(),
            secret: Secret::new(format!("simulated-{secret}")),
            token: Secret::new(format!("simulated-{token}")),
            prefix: prefix.to_owned(),
            expires_at: now.saturating_add(lifetime),
        };
        let State { grants, issued, .. } = &mut self.store;
        while let Some(oldest) = issued.front() {
            let kept = |grant: &Grant| grant.expires_at.saturating_add(REMEMBERED) > now;
            if issued.len() < MOST_GRANTS && grants.get(oldest).is_some_and(kept) {
                break;
            }
            grants.remove(oldest);
            issued.pop_front();
        }
        issued.push_back(id.clone());
        grants.insert(id, grant.clone());
        grant
    }

    /// An address under which an object can be read for an hour.
    pub(crate) fn signed_url(&self, key: &str) -> Secret {
        let path = format!("/{}/{key}", Self::BUCKET);
        let sent = signature::escaped_path(&path);
        let (store, now) = (&self.store, self.now());
        let query = match store.form {
            DownloadForm::Presigned => {
                let time = calendar::digits(now, &TimeZone::UTC);
                let (day, clock) = time.split_at(time.len() - 6);
                let scope =
                    format!("{}/{day}/{}/s3/aws4_request", store.signer.id, Self::STORAGE_REGION);
                let mut pairs: Vec<Pair> = [
                    ("X-Amz-Algorithm", "AWS4-HMAC-SHA256".to_owned()),
                    ("X-Amz-Credential", scope),
                    ("X-Amz-Date", format!("{day}T{clock}Z")),
                    ("X-Amz-Expires", ADDRESS.to_string()),
                    ("X-Amz-SignedHeaders", "host".to_owned()),
                ]
                .map(|(name, value)| (name.to_owned(), value))
                .to_vec();
                let signed = store.presigned(store.host(), &path, &pairs).unwrap_or_default();
                pairs.push(("X-Amz-Signature".to_owned(), signed));
                signature::canonical_query(&pairs)
            }
            DownloadForm::Network => {
                let expires = now.saturating_add(Duration::from_secs(ADDRESS)).unix_seconds();
                let expires = expires.to_string();
                let random = signature::hex(&signature::md5(format!("{sent} {now}").as_bytes()));
                let signed = store.network(&sent, &expires, &random);
                format!("auth_key={expires}-{random}-0-{signed}")
            }
        };
        Secret::new(format!("{}{sent}?{query}", store.endpoint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    fn part(store: &mut State, id: &str, number: i32, size: usize) -> (i32, String) {
        let bytes: Arc<[u8]> = vec![u8::try_from(number).unwrap_or(0); size].into();
        let md5 = signature::md5(&bytes);
        store.put_part(id, "a/b", number, bytes, md5).unwrap();
        (number, signature::hex(&md5))
    }

    #[test]
    fn parts_become_an_object_and_give_their_memory_back() {
        let mut world = World::demo(1);
        let before = world.store.kept;
        let id = world.begin_upload("a/b", None).unwrap();
        let now = world.now();
        let store = &mut world.store;
        let first = part(store, &id, 1, 5 * MIB);
        let last = part(store, &id, 3, 10);
        let replaced = part(store, &id, 3, 20);
        let all =
            |parts: &[&(i32, String)]| parts.iter().map(|part| (*part).clone()).collect::<Vec<_>>();
        let mut tried = |parts: &[&(i32, String)]| store.complete(&id, "a/b", &all(parts), now);
        assert_eq!(tried(&[&first, &last]), Err(Rejection::InvalidPart), "an old tag");
        assert_eq!(tried(&[&replaced, &first]), Err(Rejection::PartOrder));
        assert_eq!(tried(&[&first, &(2, String::new())]), Err(Rejection::InvalidPart));
        assert_eq!(tried(&[]), Err(Rejection::InvalidPart));
        let etag = tried(&[&first, &replaced]).unwrap();
        assert!(etag.ends_with("-2"), "{etag}");
        assert_eq!(world.object("a/b"), Some((etag.as_str(), 5 * MIB as u64 + 20)));
        assert_eq!(world.store.kept, before + 5 * MIB as u64 + 20);
        assert_eq!(world.store.abort(&id, "a/b"), Err(Rejection::NoSuchUpload));
        world.store.remove("a/b");
        assert_eq!(world.store.kept, before);
    }

    #[test]
    fn small_parts_come_last() {
        let mut world = World::demo(1);
        let id = world.begin_upload("a/b", None).unwrap();
        let now = world.now();
        let parts = [1, 2].map(|number| part(&mut world.store, &id, number, 200 << 10));
        let refused = world.store.complete(&id, "a/b", &parts, now);
        assert_eq!(refused, Err(Rejection::PartTooSmall(5 << 20)));
        world.set_storage_provider(StorageProvider::Ali);
        assert!(world.store.complete(&id, "a/b", &parts, now).is_ok(), "100 KiB suffice for OSS");
    }

    #[test]
    fn memory_is_bounded_without_dropping_anything() {
        let mut world = World::demo(1);
        let kept = world.store.kept;
        world.set_storage_limits(StorageLimits::new(100, kept + 150));
        assert_eq!(world.store.announce(101), Err(Rejection::TooLarge(100)));
        world.store.announce(100).unwrap();
        assert_eq!(world.store.announce(51), Err(Rejection::Full(kept + 150)));
        world.store.received(100);
        world.put_object("a", vec![0; 100]);
        assert_eq!(world.store.announce(51), Err(Rejection::Full(kept + 150)));
        world.store.announce(50).unwrap();
        world.store.received(50);
        assert!(world.object("a").is_some());
    }

    #[test]
    fn a_grant_covers_what_is_below_its_prefix() {
        let grant = World::demo(1).issue("org/project/wayline", Duration::from_secs(1));
        for (key, covered) in [
            ("org/project/wayline/a.kmz", true),
            ("org/project/wayline/a/b.kmz", true),
            ("org/project/wayline/", false),
            ("org/project/wayline", false),
            ("org/project/wayline2/a.kmz", false),
            ("org/project/a.kmz", false),
        ] {
            assert_eq!(grant.covers(key), covered, "{key}");
        }
    }

    #[test]
    fn grants_are_forgotten_long_after_their_end() {
        let mut world = World::demo(1);
        let first = world.issue("a", Duration::from_secs(1));
        world.advance(Duration::from_secs(60));
        world.issue("a", Duration::from_secs(1));
        assert!(world.store.grant(&first.id).is_some());
        world.advance(Duration::from_secs(86_400));
        world.issue("a", Duration::from_secs(1));
        assert!(world.store.grant(&first.id).is_none());
        for _ in 0..MOST_GRANTS {
            world.issue("a", Duration::from_secs(900));
        }
        assert_eq!(
            (world.store.grants.len(), world.store.issued.len()),
            (MOST_GRANTS, MOST_GRANTS)
        );
    }

    #[test]
    fn nothing_secret_is_shown() {
        let mut world = World::demo(1);
        let grant = world.issue("a", Duration::from_secs(1));
        let signer = world.store.signer.secret.clone();
        world.put_object("a", *b"SECRETBYTES");
        let shown = format!("{:?} {grant:?}", world.store);
        for secret in [&grant.secret, &grant.token, &signer] {
            assert!(!secret.is_empty() && !shown.contains(secret.expose()));
        }
        assert!(!shown.contains("SECRETBYTES") && !shown.contains("83, 69, 67"), "{shown}");
    }

    #[test]
    fn signed_addresses_are_fresh_with_time() {
        let mut world = World::demo(1);
        let before = world.signed_url("media/1.jpeg");
        assert_eq!(before, world.signed_url("media/1.jpeg"));
        assert!(before.expose().contains("X-Amz-Date=20260101T080000Z"), "{}", before.expose());
        world.advance(Duration::from_secs(1));
        assert_ne!(before, world.signed_url("media/1.jpeg"));
        world.set_storage_endpoint("http://127.0.0.1:9/");
        world.set_download_form(DownloadForm::Network);
        let other = world.signed_url("media/a b.jpeg");
        let start = "http://127.0.0.1:9/flighthub-sim/media/a%20b.jpeg?auth_key=1767258001-";
        assert!(other.expose().starts_with(start), "{}", other.expose());
    }
}
