//! Attacks by storages, and by whoever names them. `SECURITY.md` has the list.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flighthub_api::v1::StorageProvider;
use flighthub_sim::{Fault, FaultKind, FaultPort, When};
use flighthub_workflows::fetch::{Expected, FetchErrorKind, Fetcher};
use flighthub_workflows::upload::{Bucket, UploadEvent};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::fetch::{fetch, names, quick, server_of};
use crate::support::{bench, sha256};
use crate::tiny::{Piece, Tiny, bytes, header, reply, stored};
use crate::upload::options;

#[allow(clippy::print_stdout, reason = "figures of the proof")]
fn figure(row: &str, column: &str, value: impl std::fmt::Display) {
    println!("figure Attacks | {row} | {column} = {value}");
}

/// Hosts that are this machine or a network around it, in every spelling that comes to mind.
const HOSTS: [&str; 40] = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0177.0.0.1",
    "0x7f.1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "0.0.0.0",
    "0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:10.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::10.0.0.1]",
    "[2002:7f00:1::]",
    "[2002:0a00:0001::1]",
    "169.254.169.254",
    "[::ffff:169.254.169.254]",
    "[fd00:ec2::254]",
    "100.100.100.200",
    "metadata.google.internal",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "[fc00::1]",
    "[fd12:3456::1]",
    "[fe80::1]",
    "[ff02::1]",
    "224.0.0.1",
    "255.255.255.255",
    "１２７.0.0.1",
    "127。0。0。1",
];

/// How many of the hosts were asked for anything, by a client that nobody told to; and how many addresses were tried.
async fn fetched_from_private_hosts() -> (usize, usize) {
    let victim = server_of(bytes(1, 100)).await;
    let port = victim.url.rsplit(':').next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("x");
    let mut tried = 0;
    for fetcher in [
        Fetcher::builder().no_proxy().build(),
        // Plain http is allowed here, and that is all.
        Fetcher::builder().no_proxy().allow_plain_http(true).build(),
    ] {
        for host in HOSTS {
            for scheme in ["http", "https"] {
                let address = format!("{scheme}://{host}:{port}/x?sig=FHCANARY");
                let error = fetch(&fetcher, &address, &target, &Expected::new()).await.unwrap_err();
                assert_eq!(error.kind(), FetchErrorKind::Address, "{address}: {error}");
                assert!(!format!("{error} {error:?}").contains("FHCANARY"), "{error:?}");
                tried += 1;
            }
        }
    }
    assert!(names(folder.path()).is_empty());
    (victim.heads().len(), tried)
}

/// The same by way of a storage that is trusted, and that sends us there.
async fn redirected_to_private_hosts() -> (usize, usize) {
    let victim = server_of(bytes(1, 100)).await;
    let port = victim.url.rsplit(':').next().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let mut tried = 0;
    for host in HOSTS.into_iter().filter(|host| !is_the_storage(host)) {
        for scheme in ["http", "https"] {
            let location = format!("{scheme}://{host}:{port}/x?sig=FHCANARY");
            let storage = Tiny::start(move |_, _| {
                vec![Piece::Bytes(reply("302 Found", &[("location", &location)], b""))]
            })
            .await;
            let fetcher = Fetcher::builder().no_proxy().allow_host("127.0.0.1").build();
            let target = folder.path().join("x");
            let sent = fetch(&fetcher, &storage.url, &target, &Expected::new()).await;
            let error = sent.unwrap_err();
            assert!(
                matches!(error.kind(), FetchErrorKind::Address | FetchErrorKind::Mismatch),
                "{host}: {error}"
            );
            assert_eq!(storage.heads().len() % 4, storage.heads().len().min(1), "{host}");
            tried += 1;
        }
    }
    (victim.heads().len(), tried)
}

/// Whether a host is only another spelling of the one that was allowed.
fn is_the_storage(host: &str) -> bool {
    [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0177.0.0.1",
        "0x7f.1",
        "１２７.0.0.1",
        "127。0。0。1",
    ]
    .contains(&host)
}

#[tokio::test]
async fn attack_36_nothing_is_fetched_from_private_hosts_in_any_spelling() {
    let (reached, tried) = fetched_from_private_hosts().await;
    assert_eq!((reached, tried), (0, HOSTS.len() * 4));
}

#[tokio::test]
async fn attack_36_no_storage_leads_to_private_hosts() {
    let (reached, tried) = redirected_to_private_hosts().await;
    assert!(tried >= 40, "{tried}");
    assert_eq!(reached, 0);
}

/// Where fetching is allowed, nothing of FlightHub goes along, and nothing that the address did not say.
async fn headers_of_flighthub() -> usize {
    let storage = server_of(bytes(1, 100)).await;
    let folder = tempfile::tempdir().unwrap();
    let address = format!("{}/x?sig=1", storage.url);
    fetch(&quick().build(), &address, &folder.path().join("x"), &Expected::new()).await.unwrap();
    let heads = storage.heads();
    assert_eq!(heads.len(), 1);
    let allowed = ["host", "user-agent", "accept", "accept-encoding"];
    let extra = |line: &&str| {
        let name = line.split(':').next().unwrap().to_ascii_lowercase();
        !allowed.contains(&name.as_str())
    };
    heads[0].lines().skip(1).filter(|line| !line.is_empty()).filter(extra).count()
}

#[tokio::test]
async fn attack_36_a_storage_gets_no_header_of_flighthub() {
    assert_eq!(headers_of_flighthub().await, 0);
}

#[tokio::test]
async fn row_16_nothing_is_fetched_from_private_places() {
    let (reached, tried) = fetched_from_private_hosts().await;
    let (redirected, more) = redirected_to_private_hosts().await;
    figure("private addresses tried", "count", tried + more);
    figure("private addresses fetched from", "count", reached + redirected);
    figure("headers of FlightHub sent to storages", "count", headers_of_flighthub().await);
    assert_eq!(reached + redirected, 0);
}

#[tokio::test]
async fn attack_37_a_name_that_the_storage_proposes_is_not_taken() {
    for name in ["../../.ssh/authorized_keys", "/etc/passwd", "a\\..\\b", "NUL", "CON", "x\t"] {
        let proposal = format!("attachment; filename=\"{name}\"; filename*=UTF-8''%2e%2e%2fevil");
        let tiny = Tiny::start(move |_, _| {
            let headers = [("content-disposition", &*proposal), ("content-length", "4")];
            vec![Piece::Bytes(reply("200 OK", &headers, b"file"))]
        })
        .await;
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let target = inner.join("mine.jpg");
        fetch(&quick().build(), &tiny.url, &target, &Expected::new()).await.unwrap();
        assert_eq!(names(&inner), ["mine.jpg"]);
        assert_eq!(names(folder.path()), ["inner"]);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn attack_37_links_and_existing_files_are_not_written_through() {
    use std::os::unix::fs::symlink;

    let tiny = server_of(bytes(2, 1000)).await;
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("place");
    std::fs::create_dir(&place).unwrap();
    let victim = folder.path().join("victim");
    std::fs::write(&victim, b"mine").unwrap();
    // The target, its part, and the note beside it lead elsewhere; one of them to what is not there yet.
    for (number, (link, to)) in [
        ("x", "victim"),
        ("x.part", "victim"),
        ("x.part.json", "victim"),
        ("x", "nothing"),
        ("x.part", "nothing"),
        ("x.part.json", "nothing"),
    ]
    .into_iter()
    .enumerate()
    {
        let link = place.join(link);
        symlink(folder.path().join(to), &link).unwrap();
        for expected in [Expected::new(), Expected::new().replacing()] {
            let _ = fetch(&quick().build(), &tiny.url, &place.join("x"), &expected).await;
            assert_eq!(std::fs::read(&victim).unwrap(), b"mine", "{number}");
            assert!(!folder.path().join("nothing").exists(), "{number}");
        }
        for name in names(&place) {
            std::fs::remove_file(place.join(name)).unwrap();
        }
    }
}

/// The credentials of an upload end between two of its parts. They are renewed, and every part is there once.
#[tokio::test]
async fn attack_45_credentials_that_end_between_two_parts_are_renewed() {
    for provider in [StorageProvider::Aws, StorageProvider::Minio, StorageProvider::Ali] {
        let bench = bench().await;
        bench.sim.with_world(|world| world.set_storage_provider(provider.clone()));
        let mut options = options().with_parts(0, 5 << 20);
        options.parallel_parts = 1;
        let bucket = Bucket::of_project(&bench.project, bench.clock(), &options).await.unwrap();
        let renewed = Arc::new(AtomicU64::new(0));
        let (sim, count, ended) = (Arc::clone(&bench.sim), Arc::clone(&renewed), AtomicU64::new(0));
        let bucket = bucket.with_events(move |event| match event {
            // After the first part the virtual time goes on by more than credentials last.
            UploadEvent::Sent { bytes, .. } if bytes >= 5 << 20 => {
                if ended.fetch_add(1, Ordering::SeqCst) == 0 {
                    sim.advance(Duration::from_secs(3600));
                }
            }
            UploadEvent::Renewed => {
                count.fetch_add(1, Ordering::SeqCst);
            }
            _ => {}
        });
        let key = bucket.key("large.tif").unwrap();
        let file = bytes(3, (16 << 20) + 5);
        bucket.put(&key, file.clone()).await.unwrap();
        assert!(renewed.load(Ordering::SeqCst) >= 1, "{provider}");
        let kept = bench.sim.with_world(|world| world.read_object(&key, 0, usize::MAX)).unwrap();
        assert!(kept == file, "{provider}");
        // The storage did refuse: or the credentials would not have been asked for again.
        bench.sim.journal().of("project.sts_token").times(2);
    }
}

/// A port that hands everything on to a storage and keeps what it is sent, byte by byte.
struct Tap {
    url: String,
    streams: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Tap {
    async fn before(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let target = target.strip_prefix("http://").unwrap().to_owned();
        let streams: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let kept = Arc::clone(&streams);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let number = {
                    let mut kept = kept.lock().unwrap();
                    kept.push(Vec::new());
                    kept.len() - 1
                };
                let server = TcpStream::connect(&target).await.unwrap();
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) = server.into_split();
                tokio::spawn(
                    async move { tokio::io::copy(&mut from_server, &mut to_client).await },
                );
                let kept = Arc::clone(&kept);
                tokio::spawn(async move {
                    let mut bytes = vec![0; 1 << 16];
                    while let Ok(length @ 1..) = from_client.read(&mut bytes).await {
                        kept.lock().unwrap()[number].extend(&bytes[..length]);
                        if to_server.write_all(&bytes[..length]).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { url, streams }
    }

    /// The heads of all requests.
    fn heads(&self) -> Vec<String> {
        let mut heads = Vec::new();
        for stream in self.streams.lock().unwrap().iter() {
            let mut rest = &stream[..];
            while let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8(rest[..end].to_vec()).unwrap();
                let length = header(&head, "content-length");
                let length: usize = length.map_or(0, |length| length.parse().unwrap());
                rest = rest.get(end + 4 + length..).unwrap_or_default();
                heads.push(head);
            }
        }
        heads
    }
}

/// What in the head of an upload's request some storage does not take, or should not see.
fn broken_rules(head: &str) -> Vec<&'static str> {
    let value = |name: &str| header(head, name).unwrap_or_default();
    let none = |name: &str| header(head, name).is_none();
    let target = head.lines().next().unwrap();
    let rules = [
        // OSS knows no streamed signatures and trailers, and refuses conditions.
        (!value("content-encoding").contains("aws-chunked"), "aws-chunked"),
        (!value("x-amz-content-sha256").starts_with("STREAMING"), "a streamed signature"),
        (value("x-amz-content-sha256").len() == 64, "no hash of the content"),
        (none("x-amz-trailer") && none("trailer"), "a trailer"),
        (none("if-match") && none("if-none-match"), "a condition"),
        (none("x-amz-sdk-checksum-algorithm"), "a checksum of a later protocol"),
        (none("transfer-encoding"), "an unknown length"),
        (!value("x-amz-security-token").is_empty(), "no session token"),
        (value("authorization").starts_with("AWS4-HMAC-SHA256 "), "no signature in a header"),
        (!target.contains("X-Amz-"), "a signature in the address"),
        (none("x-user-token") && none("x-project-uuid"), "a header of FlightHub"),
        (none("cookie") && none("referer"), "a header of a browser"),
    ];
    rules.iter().filter(|(kept, _)| !kept).map(|(_, what)| *what).collect()
}

/// Requests of an upload in one piece and of one in parts, and what is wrong with them.
async fn uploaded(provider: &StorageProvider) -> (usize, Vec<String>) {
    let bench = bench().await;
    let tap = Tap::before(bench.sim.storage_url()).await;
    bench.sim.with_world(|world| {
        world.set_storage_provider(provider.clone());
        world.set_storage_endpoint(tap.url.clone());
    });
    let options = options().with_parts(6 << 20, 5 << 20);
    let bucket = Bucket::of_project(&bench.project, bench.clock(), &options).await.unwrap();
    bucket.put(&bucket.key("one piece.kmz").unwrap(), "hello").await.unwrap();
    bucket.put(&bucket.key("parts.tif").unwrap(), bytes(4, 11 << 20)).await.unwrap();
    // The storage takes it, and notes nothing odd.
    bench.sim.journal().to_port("storage").with_notes().times(0);
    let heads = tap.heads();
    let broken = heads.iter().flat_map(|head| {
        let target = head.lines().next().unwrap().to_owned();
        broken_rules(head).into_iter().map(move |what| format!("{target}: {what}"))
    });
    (heads.len(), broken.collect())
}

#[test]
fn a_broken_rule_is_noticed() {
    let head = "PUT /a HTTP/1.1\r\nx-user-token: a\r\ntransfer-encoding: chunked";
    let broken = broken_rules(head);
    for what in ["no session token", "an unknown length", "a header of FlightHub"] {
        assert!(broken.contains(&what), "{broken:?}");
    }
}

#[tokio::test]
async fn row_32_every_provider_gets_the_headers_that_it_takes() {
    let mut broken = Vec::new();
    for provider in [StorageProvider::Ali, StorageProvider::Aws, StorageProvider::Minio] {
        let (requests, rules) = uploaded(&provider).await;
        assert!(requests >= 6, "{provider}: {requests}");
        broken.extend(rules);
    }
    figure("providers with their upload contract", "count", 3);
    figure("rules broken by uploads", "count", broken.len());
    assert_eq!(broken, [""; 0]);
}

/// A download that is cut ten times at places that nobody chose.
#[tokio::test]
async fn row_33_a_download_that_is_cut_ten_times_is_the_same_file() {
    const CUTS: usize = 10;
    let file = bytes(5, 3 << 20);
    let (whole, rng) = (file.clone(), Mutex::new(fastrand::Rng::with_seed(33)));
    let tiny = Tiny::start(move |number, head| {
        let mut answer = stored(head, &whole, "\"v1\"");
        if number < CUTS {
            let most = answer.len() / 2;
            answer.truncate(rng.lock().unwrap().usize(200..most));
        }
        vec![Piece::Bytes(answer)]
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("video.mp4");
    let expected = Expected::new().size(file.len() as u64);
    let fetcher = quick().attempts(CUTS as u32 + 2, Duration::from_millis(1)).build();
    let fetched = fetch(&fetcher, &tiny.url, &target, &expected).await.unwrap();
    let same = std::fs::read(&target).unwrap() == file && fetched.sha256 == sha256(&file);
    assert_eq!(names(folder.path()), ["video.mp4"]);
    // It went on where it was: nothing was fetched twice but what was on its way.
    let heads = tiny.heads();
    let starts: Vec<u64> = heads
        .iter()
        .filter_map(|head| header(head, "range"))
        .map(|range| range.strip_prefix("bytes=").unwrap().trim_end_matches('-').parse().unwrap())
        .collect();
    assert!(starts.is_sorted(), "{starts:?}");
    assert_eq!(heads.len(), CUTS + 1);

    // The same with a file that becomes another one: what comes is the new one or an error, never a mixture.
    let (old, new) = (bytes(6, 1 << 20), bytes(7, 1 << 20));
    let (first, second) = (old.clone(), new.clone());
    let tiny = Tiny::start(move |number, head| {
        let answer = match number {
            0 => stored(head, &first, "\"old\"")[..600_000].to_vec(),
            _ => stored(head, &second, "\"new\""),
        };
        vec![Piece::Bytes(answer)]
    })
    .await;
    let target = folder.path().join("changed.mp4");
    let expected = Expected::new().size(old.len() as u64);
    let fetched = fetch(&quick().build(), &tiny.url, &target, &expected).await;
    let kept = std::fs::read(&target).ok();
    let mixed = kept.as_ref().is_some_and(|kept| *kept != new);
    assert_eq!(fetched.is_ok(), kept.is_some());
    assert_eq!(header(&tiny.heads()[1], "if-range").as_deref(), Some("\"old\""));
    figure("cuts of a download", "count", CUTS);
    figure("downloads that differ after cuts", "count", usize::from(!same));
    figure("downloads mixed of two versions", "count", usize::from(mixed));
    assert!(same && !mixed);
}

/// An upload that cannot be finished leaves nothing behind, at any provider.
#[tokio::test]
async fn row_32_an_upload_that_fails_is_taken_back() {
    let mut left = 0;
    for provider in [StorageProvider::Ali, StorageProvider::Aws, StorageProvider::Minio] {
        let bench = bench().await;
        bench.sim.with_world(|world| world.set_storage_provider(provider.clone()));
        let mut options = options().with_parts(0, 5 << 20).with_attempts(1);
        options.parallel_parts = 1;
        let bucket = Bucket::of_project(&bench.project, bench.clock(), &options).await.unwrap();
        let key = bucket.key("a.tif").unwrap();
        let fault = Fault::new("*", FaultKind::http_error(500)).port(FaultPort::Storage);
        bench.sim.inject(fault.when(When::Nth(2))).unwrap();
        bucket.put(&key, bytes(8, 8 << 20)).await.unwrap_err();
        let journal = bench.sim.journal().to_port("storage");
        let entries = journal.entries();
        let last = entries.last().unwrap();
        let taken_back = last.method() == "DELETE" && last.query().starts_with("uploadId");
        let kept = bench.sim.with_world(|world| world.object(&key).is_some());
        left += usize::from(!taken_back || kept);
    }
    figure("uploads that failed and were left behind", "count", left);
    assert_eq!(left, 0);
}
