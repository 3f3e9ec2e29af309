//! Files under every fault of a storage, both ways. Each fault happens once, which is outlived or not, and then for ever.

use std::sync::Arc;
use std::time::Duration;

use flighthub_api::Clock;
use flighthub_api::v1::ProjectStsToken;
use flighthub_workflows::ErrorKind;
use flighthub_workflows::fetch::{Expected, FetchErrorKind};
use flighthub_workflows::upload::{Bucket, StorageAccess, Stored, UploadOptions};

use crate::fetch::{Hasty, TAG, fetch, names, quick};
use crate::support::{bench, sha256};
use crate::tiny::{Piece, Tiny, bytes, reply, stored};
use crate::upload::options;

/// How long a storage is waited for that is silent or slow, and any other: no busy machine makes a good one look bad.
fn patience(name: &str) -> Duration {
    let ends_by_it = name.starts_with("silent") || name.starts_with("drops");
    Duration::from_millis(if ends_by_it { 800 } else { 60_000 })
}

const LONG: Duration = Duration::from_secs(600);
const DROP: Duration = Duration::from_millis(30);

/// What a storage does with a request for a file, from the good answer to it.
type Serves = fn(Vec<u8>) -> Vec<Piece>;

fn says(text: impl Into<Vec<u8>>) -> Vec<Piece> {
    vec![Piece::Bytes(text.into())]
}

fn chunked(rest: &[u8]) -> Vec<u8> {
    [&reply("200 OK", &[("transfer-encoding", "chunked"), ("etag", TAG)], b""), rest].concat()
}

/// What a good answer brings.
fn body(good: &[u8]) -> &[u8] {
    let end = good.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    &good[end + 4..]
}

/// The good answer up to here.
fn until(good: &[u8], bytes: usize) -> Vec<u8> {
    good[..bytes.min(good.len())].to_vec()
}

/// Name, behaviour, and the error when it never ends. `None`: it is no fault. Faults that pass are outlived when they happen once.
#[rustfmt::skip]
const DOWNLOADS: &[(&str, Serves, Option<FetchErrorKind>)] = &[
    ("good", says, None),
    ("in pieces", |good| vec![Piece::Drip(good, 20_000, Duration::from_millis(5))], None),
    ("reset before the answer", |_| vec![Piece::Reset], Some(FetchErrorKind::Fault)),
    ("closed before the answer", |_| Vec::new(), Some(FetchErrorKind::Fault)),
    ("silent before the answer", |_| vec![Piece::Pause(LONG)], Some(FetchErrorKind::Fault)),
    ("silent in the head", |good| vec![Piece::Bytes(until(&good, 30)), Piece::Pause(LONG)], Some(FetchErrorKind::Fault)),
    ("drops in the head", |good| vec![Piece::Drip(until(&good, 90), 1, DROP)], Some(FetchErrorKind::Fault)),
    ("cut in the head", |good| says(until(&good, 30)), Some(FetchErrorKind::Fault)),
    ("cut before the body", |good| says(until(&good, 100)), Some(FetchErrorKind::Fault)),
    ("cut in the body", |good| says(until(&good, 20_000)), Some(FetchErrorKind::Fault)),
    ("cut before the last byte", |good| { let last = good.len() - 1; says(until(&good, last)) }, Some(FetchErrorKind::Fault)),
    ("reset in the body", |good| vec![Piece::Bytes(until(&good, 20_000)), Piece::Reset], Some(FetchErrorKind::Fault)),
    ("silent in the body", |good| vec![Piece::Bytes(until(&good, 20_000)), Piece::Pause(LONG)], Some(FetchErrorKind::Fault)),
    ("drops in the body", |good| vec![Piece::Drip(good, 1, DROP)], Some(FetchErrorKind::Fault)),
    ("500", |_| says(reply("500 Oh", &[], b"")), Some(FetchErrorKind::Fault)),
    ("502 and a page", |_| says(reply("502 Bad", &[("content-type", "text/html")], b"<html>")), Some(FetchErrorKind::Fault)),
    ("503 and a second", |_| says(reply("503 Slow Down", &[("retry-after", "1")], b"")), Some(FetchErrorKind::Fault)),
    ("429", |_| says(reply("429 Slow", &[], b"")), Some(FetchErrorKind::Fault)),
    ("408", |_| says(reply("408 Late", &[], b"")), Some(FetchErrorKind::Fault)),
    ("garbage", |_| says("\u{1}\u{2}garbage\r\n\r\n"), Some(FetchErrorKind::Fault)),
    ("another protocol", |_| says("SSH-2.0-OpenSSH_9.9\r\n"), Some(FetchErrorKind::Fault)),
    ("headers without end", |_| vec![Piece::Bytes(b"HTTP/1.1 200 OK\r\n".to_vec()), Piece::Endless(b"x-more: 1\r\n".repeat(99))], Some(FetchErrorKind::Fault)),
    ("chunks that are none", |_| says(chunked(b"what\r\nnow\r\n")), Some(FetchErrorKind::Fault)),
    ("chunks cut off", |good| says(chunked(&[b"20000\r\n", body(&good).get(..70_000).unwrap_or_default()].concat())), Some(FetchErrorKind::Fault)),
    ("a page", |_| says(reply("200 OK", &[("content-type", "text/html"), ("content-length", "6")], b"<html>")), Some(FetchErrorKind::Mismatch)),
    ("too short", |good| says(reply("200 OK", &[("etag", TAG), ("content-length", "7")], &until(&good, 7))), Some(FetchErrorKind::Mismatch)),
    ("too long", |_| says(reply("200 OK", &[("etag", TAG), ("content-length", "999999")], &[7; 999_999])), Some(FetchErrorKind::Mismatch)),
    ("a terabyte", |good| says(reply("200 OK", &[("etag", TAG), ("content-length", "1099511627776")], &good)), Some(FetchErrorKind::Mismatch)),
    ("chunks without end", |_| vec![Piece::Bytes(chunked(b"")), Piece::Endless([b"1000\r\n".to_vec(), vec![7; 0x1000], b"\r\n".to_vec()].concat())], Some(FetchErrorKind::Mismatch)),
    ("no file any more", |_| says(reply("404 Gone", &[], b"")), Some(FetchErrorKind::Gone)),
    ("an address that has ended", |_| says(reply("403 No", &[], b"")), Some(FetchErrorKind::Expired)),
    ("not yet", |_| says(reply("409 Wait", &[], b"")), Some(FetchErrorKind::NotYet)),
];

/// Whether it is worth while to ask again.
fn passes(kind: FetchErrorKind) -> bool {
    matches!(kind, FetchErrorKind::Fault | FetchErrorKind::Mismatch)
}

/// A download under a fault that happens so often; how it ended, after how many requests.
async fn download(name: &str, serves: Serves, times: usize) -> (Option<FetchErrorKind>, usize) {
    let file = bytes(21, 150_000);
    let whole = file.clone();
    let tiny = Tiny::start(move |number, head| {
        let good = stored(head, &whole, TAG);
        if number < times { serves(good) } else { vec![Piece::Bytes(good)] }
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("x");
    let fetcher = quick().idle_timeout(patience(name)).least_rate(2_000, patience(name));
    let fetcher = fetcher.attempts(4, Duration::from_millis(1)).build();
    let expected = Expected::new().size(file.len() as u64);
    let end = match fetch(&fetcher, &tiny.url, &target, &expected).await {
        Ok(fetched) => {
            assert_eq!(fetched.sha256, sha256(&file));
            assert!(std::fs::read(&target).unwrap() == file);
            assert_eq!(names(folder.path()), ["x"]);
            None
        }
        Err(error) => {
            assert!(!target.exists(), "half a file has the name of a whole one");
            Some(error.kind())
        }
    };
    (end, tiny.heads().len())
}

#[tokio::test]
async fn downloads_outlive_what_passes_and_leave_no_half_file() {
    let mut runs = tokio::task::JoinSet::new();
    for &(name, serves, kind) in DOWNLOADS {
        runs.spawn(async move {
            let (once, asked) = download(name, serves, 1).await;
            match kind {
                Some(kind) if !passes(kind) => assert_eq!((once, asked), (Some(kind), 1), "{name}"),
                kind => {
                    let most = if kind.is_some() { 2..=4 } else { 1..=1 };
                    assert!(once.is_none() && most.contains(&asked), "{name}: {once:?} {asked}");
                }
            }
            let (always, asked) = download(name, serves, usize::MAX).await;
            assert_eq!(always, kind, "{name}");
            // Four in a row that bring little, of which bytes enough begin a new row.
            let most = if kind.is_some_and(passes) { 12 } else { 1 };
            assert!(asked <= most, "{name}: {asked} requests");
        });
    }
    let count = DOWNLOADS.len();
    runs.join_all().await;
    println!("figure Transfers | downloads | faults = {}", count - 2);
}

/// What a storage does with an upload of 400 kB.
type Takes = fn() -> Vec<Piece>;

/// How an upload ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Stored,
    /// Sent again, and given up in the end.
    Passing,
    /// Not sent again.
    Final,
}

const SIZE: usize = 400_000;
const ALL: usize = usize::MAX;

fn taken(then: Vec<Piece>) -> Vec<Piece> {
    std::iter::once(Piece::Take(ALL)).chain(then).collect()
}

fn done() -> Vec<u8> {
    reply("200 OK", &[("etag", TAG), ("content-length", "0")], b"")
}

#[rustfmt::skip]
const UPLOADS: &[(&str, Takes, End)] = &[
    ("good", || taken(says(done())), End::Stored),
    ("read in pieces", || [vec![Piece::Sip(ALL, 40_000, Duration::from_millis(10))], says(done())].into_iter().flatten().collect(), End::Stored),
    ("an answer in pieces", || taken(vec![Piece::Drip(done(), 20, Duration::from_millis(10))]), End::Stored),
    ("reset after the head", || vec![Piece::Reset], End::Passing),
    ("reset in the body", || vec![Piece::Take(SIZE / 2), Piece::Reset], End::Passing),
    ("reset after the body", || taken(vec![Piece::Reset]), End::Passing),
    ("closed after the body", || taken(Vec::new()), End::Passing),
    ("silent after the body", || taken(vec![Piece::Pause(LONG)]), End::Passing),
    ("silent in the answer", || taken(vec![Piece::Bytes(b"HTTP/1.1 2".to_vec()), Piece::Pause(LONG)]), End::Passing),
    ("drops in the answer", || taken(vec![Piece::Drip(reply("200 OK", &[("x-slow", &"x".repeat(999))], b""), 1, DROP)]), End::Passing),
    ("cut in the answer", || taken(says(&done()[..20])), End::Passing),
    ("an answer cut short", || taken(says(reply("200 OK", &[("content-length", "99")], b"<a>"))), End::Passing),
    ("garbage", || taken(says("\u{1}\u{2}garbage\r\n\r\n")), End::Passing),
    ("another protocol", || taken(says("SSH-2.0-OpenSSH_9.9\r\n")), End::Passing),
    ("headers without end", || taken(vec![Piece::Bytes(b"HTTP/1.1 200 OK\r\n".to_vec()), Piece::Endless(b"x-more: 1\r\n".repeat(99))]), End::Passing),
    ("chunks that are none", || taken(says(chunked(b"what\r\nnow\r\n"))), End::Passing),
    ("500", || taken(says(reply("500 Oh", &[("content-length", "0")], b""))), End::Passing),
    ("502 and a page", || taken(says(reply("502 Bad", &[("content-length", "6")], b"<html>"))), End::Passing),
    ("503", || taken(says(reply("503 Slow Down", &[("content-length", "0")], b""))), End::Passing),
    ("429", || taken(says(reply("429 Slow", &[("content-length", "0")], b""))), End::Passing),
    ("408", || taken(says(reply("408 Late", &[("content-length", "0")], b""))), End::Passing),
    ("an error in a success", || taken(says(reply("200 OK", &[("content-length", "41")], b"<Error><Code>InternalError</Code></Error>"))), End::Passing),
    ("an answer without end", || taken(vec![Piece::Bytes(chunked(b"")), Piece::Endless([b"1000\r\n".to_vec(), vec![7; 0x1000], b"\r\n".to_vec()].concat())]), End::Final),
    ("a redirect", || taken(says(reply("307 Elsewhere", &[("location", "/x"), ("content-length", "0")], b""))), End::Final),
    ("no right", || taken(says(reply("403 No", &[("content-length", "0")], b""))), End::Final),
    ("too large", || taken(says(reply("413 No", &[("content-length", "0")], b""))), End::Final),
];

/// Credentials for a storage.
pub(crate) async fn access() -> StorageAccess {
    let bench = bench().await;
    let reply = bench.project.send(&ProjectStsToken::new()).await.unwrap();
    StorageAccess::of_project(&reply, bench.sim.now()).unwrap()
}

/// A bucket in a storage of the test's own.
pub(crate) fn bucket_at(mut access: StorageAccess, url: &str, options: &UploadOptions) -> Bucket {
    url.clone_into(&mut access.endpoint);
    let clock: Arc<dyn Clock> = Arc::new(Hasty::default());
    Bucket::new(access, clock, options).unwrap()
}

/// An upload under a fault that happens so often; how it ended, after how many requests.
async fn upload(name: &str, access: StorageAccess, takes: Takes, times: usize) -> (bool, usize) {
    let tiny =
        Tiny::start(move |number, _| if number < times { takes() } else { taken(says(done())) })
            .await;
    let options = options().with_stall_timeout(patience(name)).with_attempts(3);
    let bucket = bucket_at(access, &tiny.url, &options);
    let key = bucket.key("a.jpg").unwrap();
    let is_stored = match bucket.put(&key, bytes(22, SIZE)).await {
        Ok(Stored { size, .. }) => size == SIZE as u64,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
            false
        }
    };
    (is_stored, tiny.heads().len())
}

#[tokio::test]
async fn uploads_outlive_what_passes_and_stop_at_what_does_not() {
    let access = access().await;
    let mut runs = tokio::task::JoinSet::new();
    for &(name, takes, end) in UPLOADS {
        let access = access.clone();
        runs.spawn(async move {
            let once = upload(name, access.clone(), takes, 1).await;
            let always = upload(name, access, takes, usize::MAX).await;
            let (wanted, given_up) = match end {
                End::Stored => ((true, 1..=1), (true, 1)),
                End::Passing => ((true, 2..=3), (false, 3)),
                End::Final => ((false, 1..=1), (false, 1)),
            };
            assert!(once.0 == wanted.0 && wanted.1.contains(&once.1), "{name}: {once:?}");
            assert_eq!(always, given_up, "{name}");
        });
    }
    let count = UPLOADS.len();
    runs.join_all().await;
    println!("figure Transfers | uploads | faults = {}", count - 3);
}
