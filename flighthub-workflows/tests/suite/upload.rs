//! Uploads into the storage of the simulator, as each provider wants them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use flighthub_api::TokioClock;
use flighthub_api::v1::{OpenmodelObtainToken, ProjectStsToken, StorageProvider};
use flighthub_sim::{Fault, FaultKind, FaultPort, Phase, When};
use flighthub_workflows::ErrorKind;
use flighthub_workflows::upload::object_store::ObjectStoreExt as _;
use flighthub_workflows::upload::{
    Bucket, StorageAccess, StorageProxy, Stored, UploadEvent, UploadOptions, open_target,
};
use tokio::io::AsyncWriteExt as _;

use crate::support::{Bench, bench};

const PROVIDERS: [StorageProvider; 3] =
    [StorageProvider::Aws, StorageProvider::Minio, StorageProvider::Ali];

pub(crate) fn options() -> UploadOptions {
    UploadOptions::new().with_proxy(StorageProxy::Direct)
}

async fn bucket(bench: &Bench) -> Bucket {
    Bucket::of_project(&bench.project, bench.clock(), &options()).await.unwrap()
}

/// Keeps what an upload tells.
fn heard(bucket: Bucket) -> (Bucket, Arc<Mutex<Vec<UploadEvent>>>) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&events);
    (bucket.with_events(move |event| sink.lock().unwrap().push(event)), events)
}

/// What is stored, if it is.
fn object(bench: &Bench, key: &str) -> Option<(String, u64)> {
    bench.sim.with_world(|world| world.object(key).map(|(etag, size)| (etag.to_owned(), size)))
}

/// What the storage was asked, in order, without the addresses.
fn asked(bench: &Bench) -> Vec<String> {
    let journal = bench.sim.journal().to_port("storage");
    journal
        .entries()
        .iter()
        .map(|entry| match entry.query().split('=').next() {
            Some("") | None => entry.method().to_owned(),
            Some(parameter) => format!("{} {parameter}", entry.method()),
        })
        .collect()
}

fn fail_storage(bench: &Bench, kind: FaultKind, when: When) {
    bench.sim.inject(Fault::new("*", kind).port(FaultPort::Storage).when(when)).unwrap();
}

fn pattern(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|number| (number % 251) as u8).collect()
}

#[tokio::test]
async fn every_provider_takes_an_upload_in_one_request_of_known_length() {
    for provider in PROVIDERS {
        let bench = bench().await;
        bench.sim.with_world(|world| world.set_storage_provider(provider.clone()));
        let bucket = bucket(&bench).await;
        let key = bucket.key("north sea/è (1).kmz").unwrap();
        let Stored { size, etag, .. } = bucket.put(&key, "hello").await.unwrap();
        assert_eq!((etag.unwrap(), size), object(&bench, &key).unwrap(), "{provider}");
        assert_eq!(asked(&bench), ["PUT"], "nothing is asked after an upload");
        let journal = bench.sim.journal().to_port("storage");
        let entry = &journal.entries()[0];
        assert_eq!(entry.bytes(), 5, "{provider}");
        for name in
            ["transfer-encoding", "if-match", "if-none-match", "x-amz-trailer", "x-user-token"]
        {
            assert_eq!(entry.header(name), None, "{provider}");
        }
        bench.sim.journal().to_port("storage").with_notes().times(0);
    }
}

#[tokio::test]
async fn the_grants_of_open_modeling_work_the_same() {
    for provider in PROVIDERS {
        let bench = bench().await;
        bench.sim.with_world(|world| world.set_storage_provider(provider.clone()));
        let grant = bench.client.send(&OpenmodelObtainToken::new()).await.unwrap();
        let access = StorageAccess::of_grant(&grant).unwrap();
        assert!(access.provider.is_known() && access.expires_at.is_some());
        let bucket = Bucket::new(access, Arc::new(TokioClock), &options()).unwrap();
        let key = bucket.key("DJI_0001.JPG").unwrap();
        assert_eq!(key, grant.store_path.replace("{fileName}", "DJI_0001.JPG"));
        bucket.put(&key, "hello").await.unwrap();
        assert_eq!(object(&bench, &key).unwrap().1, 5, "{provider}");
    }
}

#[tokio::test]
async fn oss_behind_a_name_gets_the_bucket_in_the_host() {
    let bench = bench().await;
    let port = bench.sim.storage_url().rsplit(':').next().unwrap().to_owned();
    bench.sim.with_world(|world| {
        world.set_storage_provider(StorageProvider::Ali);
        world.set_storage_endpoint(format!("http://oss-cn-hangzhou.localhost:{port}"));
    });
    let bucket = bucket(&bench).await;
    let key = bucket.key("a.kmz").unwrap();
    bucket.put(&key, "hello").await.unwrap();
    assert_eq!(object(&bench, &key).unwrap().1, 5);
    let journal = bench.sim.journal().to_port("storage");
    let host = journal.entries()[0].header("host").unwrap();
    assert_eq!(host, format!("flighthub-sim.oss-cn-hangzhou.localhost:{port}"));
}

#[tokio::test]
async fn a_storage_that_fails_is_asked_again_but_not_for_ever() {
    let bench = bench().await;
    let (bucket, events) = heard(bucket(&bench).await);
    for (name, kind) in [
        ("error", FaultKind::http_error(503)),
        ("head", FaultKind::reset().at(Phase::RequestHead)),
        ("stored", FaultKind::reset().after_effect()),
        ("closed", FaultKind::close()),
    ] {
        bench.sim.clear_journal();
        fail_storage(&bench, kind, When::Next(1));
        let key = bucket.key(name).unwrap();
        bucket.put(&key, "hello").await.unwrap();
        assert_eq!(object(&bench, &key).unwrap().1, 5, "{name}");
        assert_eq!(asked(&bench), ["PUT", "PUT"], "{name}");
    }
    let is_retry = |event: &&UploadEvent| matches!(event, UploadEvent::Retrying { .. });
    let retries = events.lock().unwrap().iter().filter(is_retry).count();
    assert_eq!(retries, 4);

    bench.sim.clear_journal();
    fail_storage(&bench, FaultKind::http_error(503), When::Always);
    let error = bucket.put(&bucket.key("never").unwrap(), "hello").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    let text = error.to_string();
    assert!(text.contains("/never`: the storage refuses it with HTTP 503"), "{text}");
    assert_eq!(asked(&bench).len(), 3);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let bench = bench().await;
    let bucket = bucket(&bench).await;
    fail_storage(&bench, FaultKind::redirect(307), When::Always);
    let error = bucket.put(&bucket.key("a").unwrap(), "hello").await.unwrap_err();
    assert!(error.to_string().contains("HTTP 307"), "{error}");
    assert!(bench.sim.arrivals().is_empty());
}

#[tokio::test]
async fn silence_ends_an_attempt() {
    let bench = bench().await;
    let patience = Duration::from_millis(200);
    let options = options().with_stall_timeout(patience).with_attempts(1);
    let bucket = Bucket::of_project(&bench.project, bench.clock(), &options).await.unwrap();
    fail_storage(&bench, FaultKind::silence(), When::Always);
    let error = bucket.put(&bucket.key("a").unwrap(), "hello").await.unwrap_err();
    assert!(error.to_string().contains("fell silent"), "{error}");
}

#[tokio::test]
async fn large_files_go_in_parts_and_small_ones_do_not() {
    for provider in PROVIDERS {
        let bench = bench().await;
        bench.sim.with_world(|world| world.set_storage_provider(provider.clone()));
        let options = options().with_parts(6 << 20, 5 << 20);
        let bucket = Bucket::of_project(&bench.project, bench.clock(), &options).await.unwrap();
        let (bucket, events) = heard(bucket);
        let folder = tempfile::tempdir().unwrap();
        for (name, size, requests) in [("small.jpg", 6 << 20, 1), ("large.jpg", (11 << 20) + 7, 5)]
        {
            bench.sim.clear_journal();
            let file = folder.path().join(name);
            let bytes = pattern(size);
            std::fs::write(&file, &bytes).unwrap();
            let key = bucket.key(name).unwrap();
            // One part is lost on its way.
            if requests > 1 {
                fail_storage(&bench, FaultKind::reset(), When::Nth(3));
            }
            let stored = bucket.put_file(&key, &file).await.unwrap();
            assert_eq!((stored.etag.unwrap(), stored.size), object(&bench, &key).unwrap());
            let kept =
                bench.sim.with_world(|world| world.read_object(&key, 0, usize::MAX)).unwrap();
            assert!(kept == bytes, "{provider} {name}");
            let expected = if requests > 1 { requests + 1 } else { 1 };
            assert_eq!(asked(&bench).len(), expected, "{:?}", asked(&bench));
            let last = events.lock().unwrap().iter().rev().find_map(|event| match event {
                UploadEvent::Sent { bytes, size, .. } => Some((*bytes, *size)),
                _ => None,
            });
            assert_eq!(last, Some((size as u64, size as u64)), "{provider} {name}");
        }
    }
}

#[tokio::test]
async fn an_upload_in_parts_that_fails_is_taken_back() {
    let bench = bench().await;
    let mut options = options().with_parts(0, 5 << 20).with_attempts(1);
    options.parallel_parts = 1;
    let bucket = Bucket::of_project(&bench.project, bench.clock(), &options).await.unwrap();
    let key = bucket.key("a.tif").unwrap();
    fail_storage(&bench, FaultKind::http_error(500), When::Nth(2));
    bucket.put(&key, pattern(8 << 20)).await.unwrap_err();
    assert_eq!(asked(&bench).last().unwrap(), "DELETE uploadId");
    assert!(object(&bench, &key).is_none());

    // The same when nobody waits for it any more.
    bench.sim.clear_faults();
    bench.sim.clear_journal();
    fail_storage(&bench, FaultKind::silence(), When::Nth(2));
    let upload = bucket.put(&key, pattern(4 << 20));
    assert!(tokio::time::timeout(Duration::from_millis(500), upload).await.is_err());
    let mut left = 200;
    while asked(&bench).last().is_none_or(|last| last != "DELETE uploadId") && left > 0 {
        left -= 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(left > 0, "{:?}", asked(&bench));
}

#[tokio::test]
async fn credentials_that_end_are_renewed_before_and_after() {
    for provider in PROVIDERS {
        let bench = bench().await;
        bench.sim.with_world(|world| world.set_storage_provider(provider.clone()));
        let (bucket, events) = heard(bucket(&bench).await);
        let renewed = || {
            let events = events.lock().unwrap();
            events.iter().filter(|event| matches!(event, UploadEvent::Renewed)).count()
        };
        bench.sim.advance(Duration::from_secs(850));
        bucket.put(&bucket.key("before").unwrap(), "hello").await.unwrap();
        assert_eq!((renewed(), asked(&bench).len()), (1, 1), "{provider}: the end was near");

        // A clock that stands still does not see the end: the storage says it.
        let bucket = Bucket::of_project(&bench.project, Arc::new(Still), &options()).await.unwrap();
        bench.sim.advance(Duration::from_secs(900));
        let key = bucket.key("after").unwrap();
        bucket.put(&key, "hello").await.unwrap();
        assert_eq!(object(&bench, &key).unwrap().1, 5, "{provider}");
        bench.sim.journal().of("project.sts_token").times(4);

        // Without a source of new ones it is the end.
        let asked_at = bench.sim.now();
        let reply = bench.project.send(&ProjectStsToken::new()).await.unwrap();
        let access = StorageAccess::of_project(&reply, asked_at).unwrap();
        let alone = Bucket::new(access, bench.clock(), &options()).unwrap();
        bench.sim.advance(Duration::from_secs(901));
        let error = alone.put(&alone.key("late").unwrap(), "hello").await.unwrap_err();
        assert!(error.help().contains("have ended"), "{error} {}", error.help());
    }
}

/// The date at which the demo world begins, for ever.
struct Still;

impl flighthub_api::Clock for Still {
    fn now(&self) -> std::time::Instant {
        std::time::Instant::now()
    }

    fn wall(&self) -> std::time::SystemTime {
        std::time::UNIX_EPOCH
    }

    fn sleep(&self, _duration: Duration) -> flighthub_api::BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

#[tokio::test]
async fn keys_cannot_lead_elsewhere() {
    let bench = bench().await;
    let bucket = bucket(&bench).await;
    for name in ["", "..", "../a", "a//b", "a/./b", "a\nb", "/a", "a/"] {
        let error = bucket.key(name).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name}");
    }
    let error = bucket.put("elsewhere/a", "hello").await.unwrap_err();
    assert!(error.to_string().contains("AccessDenied"), "{error}");
    assert!(error.help().contains("prefix"), "{}", error.help());
}

#[tokio::test]
async fn no_secret_shows() {
    let bench = bench().await;
    let reply = bench.project.send(&ProjectStsToken::new()).await.unwrap();
    let access = StorageAccess::of_project(&reply, bench.sim.now()).unwrap();
    let secrets = [&access.key_secret, &access.session_token].map(|s| s.expose().to_owned());
    let mut broken = access.clone();
    broken.session_token = flighthub_api::Secret::new("FHCANARY-not-the-token");
    let bucket = Bucket::new(broken, bench.clock(), &options()).unwrap();
    let error = bucket.put(&bucket.key("a").unwrap(), "hello").await.unwrap_err();
    let shown = format!("{access:?} {bucket:?} {error} {error:?} {}", error.help());
    for secret in secrets.iter().map(String::as_str).chain(["FHCANARY"]) {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[tokio::test]
async fn a_target_is_a_folder_or_a_bucket() {
    let bench = bench().await;
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("new folder");
    let url = reqwest::Url::from_file_path(&below).unwrap();
    let target = open_target(url.as_str(), [], &options()).unwrap();
    let bytes = pattern(100_000);
    let mut writer = target.writer("flight 1/a.jpg").unwrap();
    writer.write_all(&bytes).await.unwrap();
    writer.shutdown().await.unwrap();
    assert!(std::fs::read(below.join("flight 1/a.jpg")).unwrap() == bytes);

    let asked_at = bench.sim.now();
    let reply = bench.project.send(&ProjectStsToken::new()).await.unwrap();
    let access = StorageAccess::of_project(&reply, asked_at).unwrap();
    let settings = [
        ("AWS_ENDPOINT_URL", access.endpoint.as_str()),
        ("aws_allow_http", "true"),
        ("region", access.region.as_deref().unwrap()),
        ("access_key_id", access.key_id.expose()),
        ("secret_access_key", access.key_secret.expose()),
        ("session_token", access.session_token.expose()),
    ];
    let url = format!("s3://{}/{}/sync", access.bucket, access.prefix);
    let target = open_target(&url, settings, &options()).unwrap();
    let bytes = pattern(17 << 20);
    let mut writer = target.writer("flight 1/a.jpg").unwrap();
    writer.write_all(&bytes).await.unwrap();
    writer.shutdown().await.unwrap();
    let key = format!("{}/sync/flight 1/a.jpg", access.prefix);
    assert_eq!(object(&bench, &key).unwrap().1, bytes.len() as u64);

    let path = target.path("flight 1/a.jpg").unwrap();
    let refused = target.store().get(&path).await.unwrap_err();
    let error = target.error("flight 1/a.jpg", &refused);
    assert_eq!(error.kind(), ErrorKind::Storage);
    let text = error.to_string();
    assert!(text.contains("may not be used with these credentials (AccessDenied)"), "{text}");
    assert!(target.path("../a").is_err());
}

#[tokio::test]
async fn targets_that_are_none_are_refused() {
    for (url, says) in [
        ("gs://bucket/a", "none of file:// and s3://"),
        ("flights", "cannot be read"),
        ("s3://", "names no bucket"),
        ("s3://key:FHCANARY@bucket/a", "user name or password"),
        ("s3://bucket/a?secret=FHCANARY", "query or fragment"),
    ] {
        let error = open_target(url, [], &options()).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert!(!format!("{error:?} {}", error.help()).contains("FHCANARY"), "{error}");
    }
    let error = open_target("s3://bucket", [("colour", "red")], &options()).unwrap_err();
    assert!(error.to_string().contains("`colour` is no setting"), "{error}");
}
