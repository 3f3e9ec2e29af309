//! Files from the addresses that the service names.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flighthub_api::{BoxFuture, Clock, Secret};
use flighthub_sim::{Deed, Fault, FaultKind, FaultPort, When};
use flighthub_workflows::fetch::{
    Expected, FetchError, FetchErrorKind, FetchEvent, Fetched, Fetcher, FetcherBuilder,
};
use flighthub_workflows::{ErrorKind, Run};

use crate::support::{Bench, bench, flown, media_of};
use crate::tiny::{Piece, Tiny, bytes, header, reply, stored};

/// A fetcher for simulators, whose patience is short.
pub(crate) fn quick() -> FetcherBuilder {
    Fetcher::builder()
        .no_proxy()
        .allow_private_addresses(true)
        .attempts(4, Duration::from_millis(1))
        .idle_timeout(Duration::from_secs(10))
}

/// The same for servers that fall silent.
pub(crate) fn impatient() -> FetcherBuilder {
    quick().idle_timeout(Duration::from_millis(400))
}

/// A clock that is real, but whose sleep is over at once and written down.
#[derive(Default)]
pub(crate) struct Hasty(Mutex<Vec<Duration>>);

impl Clock for Hasty {
    fn now(&self) -> std::time::Instant {
        std::time::Instant::now()
    }

    fn wall(&self) -> std::time::SystemTime {
        std::time::SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.0.lock().unwrap().push(duration);
        Box::pin(tokio::task::yield_now())
    }
}

pub(crate) async fn fetch(
    fetcher: &Fetcher,
    address: &str,
    target: &Path,
    expected: &Expected,
) -> Result<Fetched, FetchError> {
    let run = Run::quiet().with_clock(Arc::new(Hasty::default()));
    fetcher.fetch_to_file(&Secret::new(address), target, expected, &run).await
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

pub(crate) const TAG: &str = "\"v1\"";

/// A server with one file.
pub(crate) async fn server_of(file: Vec<u8>) -> Tiny {
    Tiny::start(move |_, head| vec![Piece::Bytes(stored(head, &file, TAG))]).await
}

#[tokio::test]
async fn a_file_of_the_simulated_storage_comes_whole_and_without_the_key() {
    let bench = bench().await;
    let task = flown(&bench).await;
    let rows = media_of(&bench, &task).await;
    let folder = tempfile::tempdir().unwrap();
    for (number, row) in rows.iter().enumerate().take(3) {
        let target = folder.path().join(format!("{number}.bin"));
        let size = u64::try_from(row.size.unwrap()).unwrap();
        let address = row.original_url.clone().unwrap();
        let fetched = quick()
            .build()
            .fetch_to_file(&address, &target, &Expected::new().size(size), &Run::quiet())
            .await
            .unwrap();
        assert_eq!(fetched.size, size);
        assert_eq!(std::fs::metadata(&target).unwrap().len(), size);
        assert_eq!(fetched.sha256, crate::support::sha256(&std::fs::read(&target).unwrap()));
        assert_eq!((fetched.resumed_from, fetched.attempts), (0, 1));
    }
    assert_eq!(names(folder.path()), ["0.bin", "1.bin", "2.bin"]);
    let journal = bench.sim.journal();
    for entry in journal.to_port("storage").entries() {
        assert_eq!(entry.header("x-user-token"), None);
        assert_eq!(entry.header("x-project-uuid"), None);
        assert_eq!(entry.header("cookie"), None);
        assert_eq!(entry.header("referer"), None);
        assert_eq!(entry.header("accept-encoding").as_deref(), Some("identity"));
        assert!(entry.notes().is_empty(), "{:?}", entry.notes());
    }
}

#[tokio::test]
async fn an_address_that_expired_is_told_apart_from_a_file_that_is_gone() {
    let bench = bench().await;
    let task = flown(&bench).await;
    let rows = media_of(&bench, &task).await;
    let address = rows[0].original_url.clone().unwrap();
    bench.sim.advance(Duration::from_secs(3700));
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("x");
    let fetcher = quick().build();
    let error = fetch(&fetcher, address.expose(), &target, &Expected::new()).await.unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::Expired);
    assert_eq!(error.to_string(), "the storage answers HTTP 403 (AccessDenied)");
    assert_eq!(flighthub_workflows::Error::from(error).kind(), ErrorKind::Storage);

    for (status, kind) in [
        ("404 Not Found", FetchErrorKind::Gone),
        ("410 Gone", FetchErrorKind::Gone),
        ("401 Unauthorized", FetchErrorKind::Expired),
        ("400 Bad Request", FetchErrorKind::Expired),
        ("409 Conflict", FetchErrorKind::NotYet),
        ("425 Too Early", FetchErrorKind::NotYet),
        ("204 No Content", FetchErrorKind::NotYet),
        ("405 Method Not Allowed", FetchErrorKind::Mismatch),
        ("500 Internal Server Error", FetchErrorKind::Fault),
        ("429 Too Many Requests", FetchErrorKind::Fault),
    ] {
        let tiny = Tiny::start(move |_, _| vec![Piece::Bytes(reply(status, &[], b""))]).await;
        let error = fetch(&fetcher, &tiny.url, &target, &Expected::new()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status}: {error}");
        let retried = matches!(kind, FetchErrorKind::Fault | FetchErrorKind::Mismatch);
        assert_eq!(tiny.heads().len(), if retried { 4 } else { 1 }, "{status}");
    }
    assert!(!target.exists());
    let archived = Tiny::start(|_, _| {
        let body = b"<?xml version=\"1.0\"?><Error><Code>InvalidObjectState</Code></Error>";
        vec![Piece::Bytes(reply("403 Forbidden", &[], body))]
    })
    .await;
    let error = fetch(&fetcher, &archived.url, &target, &Expected::new()).await.unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::NotYet);
}

/// Fetches under faults until it is done, and compares with the whole.
async fn through(bench: &Bench, kinds: Vec<FaultKind>) -> Fetched {
    let task = flown(bench).await;
    let rows = media_of(bench, &task).await;
    let row = rows.iter().max_by_key(|row| row.size).unwrap();
    let address = row.original_url.clone().unwrap();
    let expected = Expected::new().size(u64::try_from(row.size.unwrap()).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let plain = fetch(&quick().build(), address.expose(), &whole, &expected).await.unwrap();
    for kind in kinds {
        bench.sim.inject(Fault::new("*", kind).port(FaultPort::Storage)).unwrap();
    }
    let target = folder.path().join("target");
    let fetched = fetch(
        &impatient().attempts(8, Duration::from_millis(1)).build(),
        address.expose(),
        &target,
        &expected,
    )
    .await
    .unwrap();
    assert_eq!(fetched.sha256, plain.sha256);
    assert_eq!(std::fs::read(&target).unwrap(), std::fs::read(&whole).unwrap());
    assert_eq!(names(folder.path()), ["target", "whole"]);
    for report in bench.sim.faults() {
        assert_eq!(report.played, 1, "{}", report.id);
    }
    fetched
}

#[tokio::test]
async fn a_body_that_is_cut_at_any_place_is_continued() {
    let bench = bench().await;
    let mut rng = fastrand::Rng::with_seed(11);
    let cuts: Vec<FaultKind> = (0..5)
        .map(|_| {
            FaultKind::close().at(flighthub_sim::Phase::Bytes(rng.u64(600..150_000))).after_effect()
        })
        .collect();
    let fetched = through(&bench, cuts).await;
    assert_eq!(fetched.attempts, 6);
    let ranges: Vec<Option<String>> = bench
        .sim
        .journal()
        .to_port("storage")
        .entries()
        .iter()
        .map(|entry| entry.header("range"))
        .collect();
    assert!(ranges.iter().flatten().count() >= 4, "{ranges:?}");
}

#[tokio::test]
async fn faults_of_the_storage_are_outlived() {
    let bench = bench().await;
    through(
        &bench,
        vec![
            FaultKind::http_error(503),
            FaultKind::connection_reset(),
            FaultKind::close().at(flighthub_sim::Phase::ReplyHead).after_effect(),
            FaultKind::silence().at(flighthub_sim::Phase::ReplyBody).after_effect(),
            FaultKind::garbage(),
            FaultKind::close_on_reuse(),
        ],
    )
    .await;
}

#[tokio::test]
async fn wrong_lengths_endless_bodies_and_bombs_end_in_errors() {
    let bench = bench().await;
    let task = flown(&bench).await;
    let rows = media_of(&bench, &task).await;
    let row = &rows[0];
    let address = row.original_url.clone().unwrap();
    let expected = Expected::new().size(u64::try_from(row.size.unwrap()).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("x");
    for (number, kind) in [
        FaultKind::wrong_length(10),
        FaultKind::wrong_length(-10),
        FaultKind::endless_body(),
        FaultKind::gzip_bomb(1 << 30),
        FaultKind::endless_deflate(),
        FaultKind::long_head(4 << 20),
    ]
    .into_iter()
    .enumerate()
    {
        let fault = Fault::new("*", kind).port(FaultPort::Storage).when(When::Always);
        bench.sim.inject(fault.id(format!("f{number}"))).unwrap();
        let error = fetch(&impatient().build(), address.expose(), &target, &expected).await;
        let error = error.unwrap_err();
        assert!(
            matches!(error.kind(), FetchErrorKind::Mismatch | FetchErrorKind::Fault),
            "{number}: {error}"
        );
        assert!(!target.exists(), "{number}");
        bench.sim.clear_faults();
    }
    fetch(&quick().build(), address.expose(), &target, &expected).await.unwrap();
}

#[tokio::test]
async fn what_was_left_by_an_earlier_run_is_continued() {
    let file = bytes(1, 9 << 20);
    let half = file.clone();
    // The first time it stops in the middle and says nothing more.
    let tiny = Tiny::start(move |number, head| {
        let whole = stored(head, &half, TAG);
        match number {
            0 => {
                let cut = whole[..6 << 20].to_vec();
                vec![Piece::Bytes(cut), Piece::Pause(Duration::from_secs(30))]
            }
            _ => vec![Piece::Bytes(whole)],
        }
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("video.mp4");
    let address = format!("{}/bucket/video.mp4?Signature=one", tiny.url);
    let fetcher = quick().idle_timeout(Duration::from_secs(20)).build();
    let size = Expected::new().size(file.len() as u64);
    // Dropped in the middle, as by Ctrl-C: no attempt ends.
    let dropped =
        tokio::time::timeout(Duration::from_secs(2), fetch(&fetcher, &address, &target, &size))
            .await;
    assert!(dropped.is_err());
    assert_eq!(names(folder.path()), ["video.mp4.part", "video.mp4.part.json"]);
    let note = std::fs::read_to_string(folder.path().join("video.mp4.part.json")).unwrap();
    assert!(!note.contains("Signature") && !note.contains("bucket"), "{note}");
    // Another signature, the same file.
    let address = format!("{}/bucket/video.mp4?Signature=two", tiny.url);
    let fetched = fetch(&fetcher, &address, &target, &size).await.unwrap();
    assert!(fetched.resumed_from >= 4 << 20, "{}", fetched.resumed_from);
    assert_eq!(std::fs::read(&target).unwrap(), file);
    assert_eq!(fetched.sha256, crate::support::sha256(&file));
    assert_eq!(names(folder.path()), ["video.mp4"]);
    let heads = tiny.heads();
    assert_eq!(header(&heads[1], "range"), Some(format!("bytes={}-", fetched.resumed_from)));
    assert_eq!(header(&heads[1], "if-range").as_deref(), Some(TAG));
}

#[tokio::test]
async fn a_file_that_changed_meanwhile_is_fetched_anew() {
    let (old, new) = (bytes(2, 300_000), bytes(3, 300_000));
    let expected = new.clone();
    let tiny = Tiny::start(move |number, head| match number {
        0 => vec![Piece::Bytes(stored(head, &old, "\"old\"")[..200_000].to_vec())],
        _ => vec![Piece::Bytes(stored(head, &new, "\"new\""))],
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("x");
    let fetched = fetch(&quick().build(), &tiny.url, &target, &Expected::new()).await.unwrap();
    assert_eq!(std::fs::read(&target).unwrap(), expected);
    assert_eq!(fetched.etag.as_deref(), Some("new"));
    assert_eq!(fetched.sha256, crate::support::sha256(&expected));
    // A writer cannot go back.
    let (old, new) = (bytes(2, 300_000), bytes(3, 300_000));
    let tiny = Tiny::start(move |number, head| match number {
        0 => vec![Piece::Bytes(stored(head, &old, "\"old\"")[..200_000].to_vec())],
        _ => vec![Piece::Bytes(stored(head, &new, "\"new\""))],
    })
    .await;
    let (mut writer, run) = (Vec::new(), Run::quiet());
    let address = Secret::new(&*tiny.url);
    let fetched =
        quick().build().fetch_to_writer(&address, &mut writer, &Expected::new(), &run).await;
    assert!(fetched.unwrap_err().to_string().contains("has changed"), "{}", writer.len());
}

#[tokio::test]
async fn storages_that_know_no_parts_or_lie_about_them_do_no_harm() {
    let file = bytes(4, 200_000);
    let folder = tempfile::tempdir().unwrap();
    let fetcher = quick().build();
    type Answer = fn(&str, &[u8]) -> Vec<u8>;
    let answers: [(&str, Answer); 6] = [
        // Ignores `Range`.
        ("whole", |_, file| stored("", file, TAG)),
        // Sends the wrong part the first time it is asked for one.
        ("shifted", |head, file| {
            let head = head.replace("range: bytes=", "range: bytes=1");
            stored(&head, file, TAG)
        }),
        ("other tag", |head, file| {
            let text = stored(head, file, TAG);
            let at = text.windows(4).position(|four| four == b"\"v1\"").unwrap();
            let mut text = text;
            text[at + 2] = b'2';
            text
        }),
        ("no range", |head, file| {
            let length = file.len().to_string();
            match header(head, "range") {
                Some(_) => reply(
                    "206 Partial Content",
                    &[("etag", TAG), ("content-length", &length)],
                    file,
                ),
                None => stored(head, file, TAG),
            }
        }),
        ("416", |head, file| match header(head, "range") {
            Some(_) => reply("416 Range Not Satisfiable", &[("content-length", "0")], b""),
            None => stored(head, file, TAG),
        }),
        ("weak", |_, file| {
            let length = file.len().to_string();
            reply("200 OK", &[("etag", "W/\"v1\""), ("content-length", &length)], file)
        }),
    ];
    for (name, answer) in answers {
        let whole = file.clone();
        let tiny = Tiny::start(move |number, head| match number {
            0 => vec![Piece::Bytes(answer("", &whole)[..120_000].to_vec())],
            1 => vec![Piece::Bytes(answer(head, &whole))],
            _ => vec![Piece::Bytes(stored(head, &whole, TAG))],
        })
        .await;
        let target = folder.path().join(name);
        let expected = Expected::new().size(file.len() as u64);
        let fetched = fetch(&fetcher, &tiny.url, &target, &expected).await;
        let fetched = fetched.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(std::fs::read(&target).unwrap(), file, "{name}");
        assert_eq!(fetched.sha256, crate::support::sha256(&file), "{name}");
    }
}

#[tokio::test]
async fn the_size_has_to_be_what_the_service_says() {
    let tiny = server_of(bytes(5, 1000)).await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("x");
    let fetcher = quick().build();
    let error = fetch(&fetcher, &tiny.url, &target, &Expected::new().size(999)).await.unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::Mismatch);
    assert_eq!(error.to_string(), "the storage has 1000 bytes where the service names 999");
    let small = quick().most_bytes(999).build();
    let error = fetch(&small, &tiny.url, &target, &Expected::new()).await.unwrap_err();
    assert!(error.to_string().contains("more than"), "{error}");
    // Without any length, the end of a broken connection looks like the end of the file.
    let tiny = Tiny::start(|_, _| vec![Piece::Bytes(reply("200 OK", &[], b"0123456789"))]).await;
    let error = fetch(&fetcher, &tiny.url, &target, &Expected::new()).await.unwrap_err();
    assert_eq!(error.to_string(), "nobody says how long the file is");
    assert!(fetch(&fetcher, &tiny.url, &target, &Expected::new().size(10)).await.is_ok());
    let fetched =
        fetch(&fetcher, &tiny.url, &folder.path().join("y"), &Expected::new().size(11)).await;
    assert!(fetched.unwrap_err().to_string().contains("broke off after 10 of 11 bytes"));
}

#[tokio::test]
async fn empty_files_are_files() {
    let tiny = server_of(Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("x");
    let fetched =
        fetch(&quick().build(), &tiny.url, &target, &Expected::new().size(0)).await.unwrap();
    assert_eq!(fetched.size, 0);
    assert_eq!(std::fs::read(&target).unwrap(), b"");
}

#[tokio::test]
async fn an_endless_body_without_a_length_is_cut() {
    let tiny = Tiny::start(|_, _| {
        let head = reply("200 OK", &[("transfer-encoding", "chunked")], b"");
        let chunk = [b"10000\r\n".to_vec(), vec![7; 0x10000], b"\r\n".to_vec()].concat();
        vec![Piece::Bytes(head), Piece::Endless(chunk)]
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("x");
    let fetcher = quick().most_bytes(1 << 20).attempts(2, Duration::from_millis(1)).build();
    let error = fetch(&fetcher, &tiny.url, &target, &Expected::new()).await.unwrap_err();
    assert_eq!(error.to_string(), "the storage sends more than 1048576 bytes");
    let error = fetcher
        .fetch_to_memory(&Secret::new(&*tiny.url), 1000, &Expected::new(), &Run::quiet())
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "the storage sends more than 1000 bytes");
}

#[tokio::test]
async fn a_storage_that_sends_drops_is_given_up() {
    let bench = bench().await;
    let task = flown(&bench).await;
    let rows = media_of(&bench, &task).await;
    let address = rows[0].original_url.clone().unwrap();
    let fault = Fault::new("*", FaultKind::dribble(1, 5)).port(FaultPort::Storage);
    bench.sim.inject(fault.when(When::Always)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let fetcher = quick()
        .least_rate(2000, Duration::from_millis(300))
        .idle_timeout(Duration::from_secs(60))
        .attempts(2, Duration::from_millis(1))
        .build();
    let target = folder.path().join("x");
    let error = fetch(&fetcher, address.expose(), &target, &Expected::new()).await.unwrap_err();
    assert!(error.to_string().contains("too slowly"), "{error}");
}

#[tokio::test]
async fn pauses_between_attempts_follow_the_clock_and_the_storage() {
    let tiny = Tiny::start(|number, head| match number {
        0..3 => vec![Piece::Bytes(reply("503 Slow Down", &[("retry-after", "7")], b""))],
        3..5 => vec![Piece::Bytes(reply("500 Oh", &[], b""))],
        _ => vec![Piece::Bytes(stored(head, b"done", TAG))],
    })
    .await;
    let clock = Arc::new(Hasty::default());
    let (run, mut events) = Run::with_events();
    let run = run.with_clock(Arc::clone(&clock) as Arc<dyn Clock>);
    let folder = tempfile::tempdir().unwrap();
    let fetcher = quick().attempts(6, Duration::from_secs(1)).build();
    let address = Secret::new(&*tiny.url);
    let target = folder.path().join("x");
    let fetched = fetcher.fetch_to_file(&address, &target, &Expected::new(), &run).await.unwrap();
    assert_eq!(fetched.attempts, 6);
    let pauses = clock.0.lock().unwrap().clone();
    assert_eq!(pauses.len(), 5);
    assert!(pauses[..3].iter().all(|pause| *pause == Duration::from_secs(7)), "{pauses:?}");
    assert!((4..=8).contains(&pauses[3].as_secs()), "{pauses:?}");
    assert!((8..=16).contains(&pauses[4].as_secs()), "{pauses:?}");
    drop(run);
    let mut retries = 0;
    while let Some(event) = events.next().await {
        if let FetchEvent::Retrying { problem, .. } = event {
            assert!(problem.starts_with("the storage answers HTTP 50"), "{problem}");
            retries += 1;
        }
    }
    assert_eq!(retries, 5);
    // Nobody waits for hours.
    let tiny = Tiny::start(|_, _| {
        vec![Piece::Bytes(reply("503 Slow Down", &[("retry-after", "7200")], b""))]
    })
    .await;
    let error = fetch(&fetcher, &tiny.url, &folder.path().join("y"), &Expected::new()).await;
    assert_eq!(error.unwrap_err().kind(), FetchErrorKind::Fault);
    assert_eq!(tiny.heads().len(), 1);
}

#[tokio::test]
async fn foreign_files_are_left_alone() {
    let tiny = server_of(bytes(7, 100)).await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("x");
    std::fs::write(&target, b"mine").unwrap();
    let fetcher = quick().build();
    let error = fetch(&fetcher, &tiny.url, &target, &Expected::new()).await.unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::Occupied);
    assert_eq!(std::fs::read(&target).unwrap(), b"mine");
    assert!(tiny.heads().is_empty());
    fetch(&fetcher, &tiny.url, &target, &Expected::new().replacing()).await.unwrap();
    assert_eq!(std::fs::read(&target).unwrap(), bytes(7, 100));
    // A part that is none of ours, one that another process has, and a folder.
    let target = folder.path().join("y");
    std::fs::write(folder.path().join("y.part"), b"mine").unwrap();
    let error = fetch(&fetcher, &tiny.url, &target, &Expected::new()).await.unwrap_err();
    assert!(error.to_string().contains("was not written by this program"), "{error}");
    assert_eq!(std::fs::read(folder.path().join("y.part")).unwrap(), b"mine");
    let held = std::fs::File::create(folder.path().join("z.part")).unwrap();
    held.try_lock().unwrap();
    let error = fetch(&fetcher, &tiny.url, &folder.path().join("z"), &Expected::new()).await;
    assert!(error.unwrap_err().to_string().contains("another process"));
    std::fs::create_dir(folder.path().join("w.part")).unwrap();
    let error = fetch(&fetcher, &tiny.url, &folder.path().join("w"), &Expected::new()).await;
    assert_eq!(error.unwrap_err().kind(), FetchErrorKind::Occupied);
    let error = fetch(&fetcher, &tiny.url, &folder.path().join("no/w"), &Expected::new()).await;
    assert_eq!(error.unwrap_err().kind(), FetchErrorKind::File);
}

#[tokio::test]
async fn a_full_disk_is_named_as_such() {
    // A device that takes nothing.
    let full = Path::new("/dev/full");
    if !full.exists() {
        return;
    }
    let tiny = server_of(bytes(8, 100_000)).await;
    let mut writer = tokio::fs::OpenOptions::new().write(true).open(full).await.unwrap();
    let error = quick()
        .build()
        .fetch_to_writer(&Secret::new(&*tiny.url), &mut writer, &Expected::new(), &Run::quiet())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::NoSpace, "{error}");
    assert!(error.help().contains("Make room"), "{}", error.help());
}

#[tokio::test]
async fn large_files_are_fetched_in_constant_memory() {
    let bench = bench().await;
    let size = 64 << 20;
    bench
        .sim
        .apply(&Deed::MediaSizes { image: Some(1 << 20), video: Some(size), ppk: None })
        .unwrap();
    let task = flown(&bench).await;
    let rows = media_of(&bench, &task).await;
    let Some(row) = rows.iter().find(|row| row.size == Some(i64::try_from(size).unwrap())) else {
        panic!("no video among {}", rows.len());
    };
    /// Counts, and looks how much comes at once.
    #[derive(Default)]
    struct Counter(u64, usize);
    impl tokio::io::AsyncWrite for Counter {
        fn poll_write(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            bytes: &[u8],
        ) -> std::task::Poll<std::io::Result<usize>> {
            self.0 += bytes.len() as u64;
            self.1 = self.1.max(bytes.len());
            std::task::Poll::Ready(Ok(bytes.len()))
        }
        fn poll_flush(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            std::task::Poll::Ready(Ok(()))
        }
        fn poll_shutdown(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            std::task::Poll::Ready(Ok(()))
        }
    }
    let mut counter = Counter::default();
    let address = row.original_url.clone().unwrap();
    let expected = Expected::new().size(size);
    let fetched = quick()
        .idle_timeout(Duration::from_secs(20))
        .build()
        .fetch_to_writer(&address, &mut counter, &expected, &Run::quiet())
        .await
        .unwrap();
    assert_eq!((fetched.size, counter.0), (size, size));
    assert!(counter.1 <= 1 << 20, "{} bytes at once", counter.1);
}
