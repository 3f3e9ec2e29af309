//! Files that come or go slowly, or stop: what is waited for, and what is not.
//!
//! Waiting that must not end is bounded by many seconds, waiting that must by fractions of one; so a busy machine changes nothing.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use flighthub_api::Secret;
use flighthub_workflows::Run;
use flighthub_workflows::fetch::{Expected, FetchError, Fetched, Fetcher};
use tokio::io::AsyncWrite;

use crate::fetch::{Hasty, TAG, quick};
use crate::tiny::{Piece, Tiny, bytes, reply, stored};
use crate::transfers::{access, bucket_at};
use crate::upload::options;

const PAUSE: Duration = Duration::from_millis(150);
const HASTY: Duration = Duration::from_millis(400);
const PATIENT: Duration = Duration::from_secs(30);
const NEVER: Duration = Duration::from_secs(600);
const SIZE: usize = 300_000;

/// What is not waited for.
#[derive(Clone, Copy)]
enum Limit {
    /// Nothing of the sort.
    None,
    /// Silence.
    Silence,
    /// Few bytes in a while.
    Slowness,
}

impl Limit {
    fn fetcher(self, attempts: u32) -> Fetcher {
        let (silence, slowness) = match self {
            Self::None => (PATIENT, PATIENT),
            Self::Silence => (HASTY, PATIENT),
            Self::Slowness => (PATIENT, HASTY),
        };
        let builder = quick().idle_timeout(silence).least_rate(2_000, slowness);
        builder.attempts(attempts, Duration::from_millis(1)).build()
    }
}

/// A writer that takes its time once.
struct Slow {
    taken: usize,
    pause: Pin<Box<tokio::time::Sleep>>,
}

impl AsyncWrite for Slow {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        if self.taken == 0 {
            std::task::ready!(self.pause.as_mut().poll(context));
        }
        self.taken += bytes.len();
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

async fn fetched<W: AsyncWrite + Send + Unpin>(
    fetcher: &Fetcher,
    url: &str,
    writer: &mut W,
    size: usize,
) -> Result<Fetched, FetchError> {
    let run = Run::quiet().with_clock(Arc::new(Hasty::default()));
    let expected = Expected::new().size(size as u64);
    fetcher.fetch_to_writer(&Secret::new(url), writer, &expected, &run).await
}

/// Plays the pieces to the first request; gives the attempts, or why there was no file after one.
async fn download(
    pieces: fn(Vec<u8>) -> Vec<Piece>,
    limit: Limit,
    attempts: u32,
) -> Result<u32, String> {
    let file = bytes(31, SIZE);
    let whole = file.clone();
    let tiny = Tiny::start(move |number, head| {
        let good = stored(head, &whole, TAG);
        if number == 0 { pieces(good) } else { vec![Piece::Bytes(good)] }
    })
    .await;
    let mut came = Vec::new();
    let result = fetched(&limit.fetcher(attempts), &tiny.url, &mut came, SIZE).await;
    assert!(result.is_err() || came == file);
    result.map(|fetched| fetched.attempts).map_err(|error| error.to_string())
}

fn half(good: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (begin, end) = good.split_at(good.len() / 2);
    (begin.to_vec(), end.to_vec())
}

/// How a scenario of a download ends: in one attempt, or by giving this reason.
type Download = (&'static str, fn(Vec<u8>) -> Vec<Piece>, Limit, Result<(), &'static str>);

#[rustfmt::skip]
const DOWNLOADS: &[Download] = &[
    ("at once", |good| vec![Piece::Bytes(good)], Limit::None, Ok(())),
    ("slow to begin", |good| vec![Piece::Pause(PAUSE), Piece::Bytes(good)], Limit::None, Ok(())),
    ("still, and on again", |good| { let (begin, end) = half(&good); vec![Piece::Bytes(begin), Piece::Pause(PAUSE * 3), Piece::Bytes(end)] }, Limit::None, Ok(())),
    ("slow, but not too slow", |good| vec![Piece::Drip(good, 29_000, PAUSE)], Limit::Slowness, Ok(())),
    ("never begun", |_| vec![Piece::Pause(NEVER)], Limit::Silence, Err("fell silent")),
    ("still in the head", |good| vec![Piece::Bytes(good[..20].to_vec()), Piece::Pause(NEVER)], Limit::Silence, Err("fell silent")),
    ("drops in the head", |good| vec![Piece::Drip(good[..80].to_vec(), 1, PAUSE / 3)], Limit::Silence, Err("fell silent")),
    ("still in the body", |good| vec![Piece::Bytes(half(&good).0), Piece::Pause(NEVER)], Limit::Silence, Err("fell silent")),
    ("still before the last byte", |good| vec![Piece::Bytes(good[..good.len() - 1].to_vec()), Piece::Pause(NEVER)], Limit::Silence, Err("fell silent")),
    ("drops", |good| vec![Piece::Drip(good, 1, PAUSE / 5)], Limit::Slowness, Err("too slowly")),
    ("quick, and then drops", |good| { let (begin, end) = half(&good); vec![Piece::Bytes(begin), Piece::Drip(end, 1, PAUSE / 5)] }, Limit::Slowness, Err("too slowly")),
];

#[tokio::test]
async fn downloads_may_be_slow_but_not_stand_still() {
    let mut runs = tokio::task::JoinSet::new();
    for &(name, pieces, limit, ends) in DOWNLOADS {
        runs.spawn(async move {
            let once = download(pieces, limit, 1).await;
            match (ends, &once) {
                (Ok(()), Ok(1)) => {}
                (Err(why), Err(said)) if said.contains(why) => {}
                _ => panic!("{name}: {once:?}, not {ends:?}"),
            }
            // What stood still is taken up where it did.
            let again = download(pieces, limit, 8).await;
            assert!(again.is_ok(), "{name}: {again:?}");
        });
    }
    runs.join_all().await;
    println!("figure Stalled streams | downloads | scenarios = {}", DOWNLOADS.len() + 1);
}

#[tokio::test]
async fn a_slow_disk_is_not_the_storage_s_fault() {
    // Few bytes, and a writer that takes longer for them than the storage may be slow: the storage waits, not we for it.
    let slowness = Duration::from_millis(1_500);
    let file = bytes(32, 900);
    let tiny = Tiny::start(move |_, head| {
        let good = stored(head, &file, TAG);
        let (begin, body) = good.split_at(good.len() - 900);
        vec![
            Piece::Bytes(begin.to_vec()),
            Piece::Drip(body.to_vec(), 300, Duration::from_millis(20)),
        ]
    })
    .await;
    let mut slow = Slow { taken: 0, pause: Box::pin(tokio::time::sleep(slowness + HASTY)) };
    let fetcher = quick().least_rate(2_000, slowness).attempts(1, PAUSE).build();
    let fetched = fetched(&fetcher, &tiny.url, &mut slow, 900).await.unwrap();
    assert_eq!((fetched.attempts, slow.taken), (1, 900));
}

/// How an upload of many pieces is taken, and whether that is waited for.
type Upload = (&'static str, fn() -> Vec<Piece>, Duration, bool);

const ALL: usize = usize::MAX;
/// More than the system keeps on the way.
const LARGE: usize = 24 << 20;

fn done() -> Piece {
    Piece::Bytes(reply("200 OK", &[("etag", TAG), ("content-length", "0")], b""))
}

#[rustfmt::skip]
const UPLOADS: &[Upload] = &[
    ("at once", || vec![Piece::Take(ALL), done()], PATIENT, true),
    ("slow to begin", || vec![Piece::Pause(PAUSE), Piece::Take(ALL), done()], PATIENT, true),
    ("still, and on again", || vec![Piece::Take(1 << 20), Piece::Pause(PAUSE * 3), Piece::Take(ALL), done()], PATIENT, true),
    ("slow, but not too slow", || vec![Piece::Sip(1 << 20, 1 << 16, PAUSE / 3), Piece::Take(ALL), done()], PATIENT, true),
    ("slow to answer", || vec![Piece::Take(ALL), Piece::Pause(PAUSE * 2), done()], PATIENT, true),
    ("never taken", || vec![Piece::Pause(NEVER)], HASTY, false),
    ("still in the middle", || vec![Piece::Take(LARGE / 2), Piece::Pause(NEVER)], HASTY, false),
    ("drops", || vec![Piece::Sip(ALL, 1, PAUSE / 5)], HASTY, false),
    ("never answered", || vec![Piece::Take(ALL), Piece::Pause(NEVER)], HASTY, false),
    ("answered in drops", || vec![Piece::Take(ALL), Piece::Drip(reply("200 OK", &[("x-slow", &"x".repeat(9_999))], b""), 1, PAUSE / 5)], HASTY, false),
];

#[tokio::test]
async fn uploads_may_be_slow_but_not_stand_still() {
    let access = access().await;
    let content = bytes::Bytes::from(self::bytes(33, LARGE));
    for &(name, pieces, patience, is_stored) in UPLOADS {
        let tiny = Tiny::start(move |_, _| pieces()).await;
        let options = options().with_stall_timeout(patience).with_attempts(1);
        let bucket = bucket_at(access.clone(), &tiny.url, &options);
        let key = bucket.key("a.tif").unwrap();
        match bucket.put(&key, content.clone()).await {
            Ok(_) => assert!(is_stored, "{name}"),
            Err(error) => {
                assert!(!is_stored && error.to_string().contains("fell silent"), "{name}: {error}");
            }
        }
    }
    println!("figure Stalled streams | uploads | scenarios = {}", UPLOADS.len());
}
