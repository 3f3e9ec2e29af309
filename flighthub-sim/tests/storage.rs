//! The object storage as clients meet it: with one that knows nothing of the simulator, and with requests that it would never send.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use flighthub_api::v1::StorageProvider;
use flighthub_sim::{
    DownloadForm, Fault, FaultKind, FaultPort, Phase, Sim, StorageLimits, When, World,
};
use hmac::{Hmac, KeyInit, Mac};
use object_store::aws::{AmazonS3, AmazonS3Builder, Checksum, S3ConditionalPut};
use object_store::path::Path;
use object_store::{
    Attribute, AttributeValue, Attributes, MultipartUpload, ObjectStore, ObjectStoreExt, PutMode,
    PutOptions, RetryConfig,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A reply as it came.
#[derive(Debug)]
struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The code of an error of the storage.
    fn code(&self) -> String {
        let text = self.text();
        let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
        code.map(|(code, _)| code.to_owned()).unwrap_or_default()
    }
}

type Headers = Vec<(String, String)>;

fn headers(list: &[(&str, &str)]) -> Headers {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Begins a request on a connection of its own; `Host` and `Content-Length` are only sent when they are given.
fn open(address: &str, method: &str, target: &str, headers: &Headers, body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut text = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    stream.write_all(format!("{text}\r\n").as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    stream
}

/// The reply to a request.
fn send(address: &str, method: &str, target: &str, headers: &Headers, body: &[u8]) -> Reply {
    let mut stream = open(address, method, target, headers, body);
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap();
    let end = reply.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&reply[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    Reply { status, headers, body: reply[end + 4..].to_vec() }
}

/// Temporary credentials, whichever operation they come from.
#[derive(Clone)]
struct Keys {
    endpoint: String,
    region: String,
    bucket: String,
    prefix: String,
    id: String,
    secret: String,
    token: String,
}

/// A simulator and its storage.
struct Lab {
    sim: Sim,
}

impl Lab {
    fn new(provider: StorageProvider) -> Self {
        let sim = Sim::builder().start_blocking().unwrap();
        sim.with_world(|world| world.set_storage_provider(provider));
        Self { sim }
    }

    fn aws() -> Self {
        Self::new(StorageProvider::Aws)
    }

    /// `data` of a call of the API.
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let host = self.sim.url().strip_prefix("http://").unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let headers = headers(&[
            ("Host", host),
            ("X-User-Token", self.sim.token()),
            ("X-Project-Uuid", self.sim.project()),
            ("Content-Type", "application/json"),
            ("Content-Length", &body.len().to_string()),
        ]);
        let path = format!("/openapi/v0.1{path}");
        let reply = send(self.sim.url(), method, &path, &headers, body.as_bytes());
        let json: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(json["code"], 0, "{json}");
        json["data"].clone()
    }

    fn keys(&self) -> Keys {
        let data = self.call("GET", "/project/sts-token", &Value::Null);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let keys = &data["credentials"];
        Keys {
            endpoint: text(&data["endpoint"]),
            region: text(&data["region"]),
            bucket: text(&data["bucket"]),
            prefix: text(&data["object_key_prefix"]),
            id: text(&keys["access_key_id"]),
            secret: text(&keys["access_key_secret"]),
            token: text(&keys["security_token"]),
        }
    }

    fn object(&self, key: &str) -> Option<(String, u64)> {
        self.sim.with_world(|world| world.object(key).map(|(etag, size)| (etag.to_owned(), size)))
    }

    /// A request with no credentials but those of the address.
    fn get(&self, url: &str, more: &[(&str, &str)]) -> Reply {
        self.ask("GET", url, more)
    }

    fn ask(&self, method: &str, url: &str, more: &[(&str, &str)]) -> Reply {
        let target = url.strip_prefix(self.sim.storage_url()).unwrap();
        let mut all = headers(&[("Host", self.host())]);
        all.extend(headers(more));
        send(self.sim.storage_url(), method, target, &all, b"")
    }

    fn host(&self) -> &str {
        self.sim.storage_url().strip_prefix("http://").unwrap()
    }

    /// The address of a route, with its key.
    fn route_url(&self) -> (String, String) {
        let list = self.call("GET", "/wayline", &Value::Null);
        let id = list["list"][0]["id"].as_str().unwrap().to_owned();
        let detail = self.call("GET", &format!("/wayline/{id}"), &Value::Null);
        let url = detail["download_url"].as_str().unwrap().to_owned();
        let path = url.strip_prefix(self.sim.storage_url()).unwrap().split('?').next().unwrap();
        let key = path.strip_prefix("/flighthub-sim/").unwrap().to_owned();
        (url, key)
    }
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(text).finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// A request to be signed with version 4, and to be spoilt.
struct Request<'k> {
    keys: &'k Keys,
    method: &'static str,
    /// Path and query, as they are sent.
    path: String,
    query: &'static str,
    /// Minutes by which the clock is wrong.
    minutes_late: i64,
    payload: String,
    headers: Headers,
    host: String,
    body: Vec<u8>,
    length: bool,
}

impl<'k> Request<'k> {
    fn new(keys: &'k Keys, method: &'static str, key: &str, body: &[u8]) -> Self {
        Self {
            keys,
            method,
            path: format!("/{}/{key}", keys.bucket),
            query: "",
            minutes_late: 0,
            payload: hash(body),
            headers: headers(&[("x-amz-security-token", &keys.token)]),
            host: keys.endpoint.strip_prefix("http://").unwrap().to_owned(),
            body: body.to_vec(),
            length: true,
        }
    }

    /// An upload below the prefix.
    fn put(keys: &'k Keys, name: &str) -> Self {
        Self::new(keys, "PUT", &format!("{}/{name}", keys.prefix), b"hello")
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn send(self) -> Reply {
        let (target, headers) = self.signed();
        send(&self.keys.endpoint, self.method, &target, &headers, &self.body)
    }

    /// Only sends it.
    fn open(self) -> TcpStream {
        let (target, headers) = self.signed();
        open(&self.keys.endpoint, self.method, &target, &headers, &self.body)
    }

    /// Target and headers.
    fn signed(&self) -> (String, Headers) {
        let now = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(self.minutes_late);
        let date = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let scope = format!("{}/{}/s3/aws4_request", &date[..8], self.keys.region);
        let mut signed = self.headers.clone();
        signed.push(("host".to_owned(), self.host.clone()));
        signed.push(("x-amz-content-sha256".to_owned(), self.payload.clone()));
        signed.push(("x-amz-date".to_owned(), date.clone()));
        signed.sort();
        let names: Vec<_> = signed.iter().map(|(name, _)| name.as_str()).collect();
        let lines: String =
            signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let request = format!(
            "{}\n{}\n{}\n{lines}\n{}\n{}",
            self.method,
            self.path,
            self.query,
            names.join(";"),
            self.payload
        );
        let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hash(request.as_bytes()));
        let mut key = format!("AWS4{}", self.keys.secret).into_bytes();
        for part in scope.split('/') {
            key = hmac(&key, part);
        }
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={}, Signature={}",
            self.keys.id,
            names.join(";"),
            hex(&hmac(&key, &text))
        );
        let mut sent = signed.clone();
        sent.push(("Authorization".to_owned(), authorization));
        if self.length {
            sent.push(("Content-Length".to_owned(), self.body.len().to_string()));
        }
        let mark = if self.query.is_empty() { "" } else { "?" };
        (format!("{}{mark}{}", self.path, self.query), sent)
    }
}

// ---- a client that knows nothing of the simulator

fn client(keys: &Keys) -> AmazonS3Builder {
    let retry = RetryConfig { max_retries: 0, ..RetryConfig::default() };
    AmazonS3Builder::new()
        .with_endpoint(&keys.endpoint)
        .with_allow_http(true)
        .with_bucket_name(&keys.bucket)
        .with_region(&keys.region)
        .with_access_key_id(&keys.id)
        .with_secret_access_key(&keys.secret)
        .with_token(&keys.token)
        .with_retry(retry)
        .with_conditional_put(S3ConditionalPut::Disabled)
}

fn store(keys: &Keys) -> AmazonS3 {
    client(keys).build().unwrap()
}

/// What went wrong with an upload.
async fn failure(store: &AmazonS3, key: &str) -> String {
    let failed = store.put(&Path::from(key), "hello".into()).await.unwrap_err();
    format!("{failed:?}")
}

#[tokio::test]
async fn an_ordinary_client_uploads_to_all_providers() {
    for provider in [StorageProvider::Aws, StorageProvider::Minio, StorageProvider::Ali] {
        let lab = Lab::new(provider.clone());
        let keys = lab.keys();
        assert_eq!(keys.endpoint, lab.sim.storage_url());
        assert_ne!(lab.sim.storage_url(), lab.sim.url());
        let store = store(&keys);

        let key = format!("{}/9f0c6a52/north fence.kmz", keys.prefix);
        let stored = store.put(&Path::from(key.as_str()), "hello".into()).await.unwrap();
        assert_eq!(stored.e_tag.as_deref(), Some("\"5d41402abc4b2a76b9719d911017c592\""));
        let expected = Some(("5d41402abc4b2a76b9719d911017c592".to_owned(), 5));
        assert_eq!(lab.object(&key), expected, "{provider}");
        store.put(&Path::from(key.as_str()), "hello!".into()).await.unwrap();
        assert_eq!(lab.object(&key).unwrap().1, 6, "overwritten");

        let big = format!("{}/big.bin", keys.prefix);
        let mut upload = store.put_multipart(&Path::from(big.as_str())).await.unwrap();
        upload.put_part(vec![1; 5 << 20].into()).await.unwrap();
        upload.put_part(vec![2; 1000].into()).await.unwrap();
        upload.complete().await.unwrap();
        let (etag, size) = lab.object(&big).unwrap();
        assert_eq!((size, etag.len()), ((5 << 20) + 1000, 34), "{etag}");
        assert!(etag.ends_with("-2"));

        let mut upload = store.put_multipart(&Path::from(big.as_str())).await.unwrap();
        upload.put_part("other".into()).await.unwrap();
        upload.abort().await.unwrap();
        assert_eq!(lab.object(&big).unwrap().1, (5 << 20) + 1000, "nothing changed");
    }
}

#[tokio::test]
async fn an_ordinary_client_may_send_checksums_and_types() {
    let lab = Lab::aws();
    let keys = lab.keys();
    let store = client(&keys).with_checksum_algorithm(Checksum::SHA256).build().unwrap();
    // The key of a route, whose address is known.
    let (url, key) = lab.route_url();
    let attributes =
        Attributes::from_iter([(Attribute::ContentType, AttributeValue::from("text/x-test"))]);
    let options = PutOptions { attributes, ..PutOptions::default() };
    store.put_opts(&Path::from(key.as_str()), "hello".into(), options).await.unwrap();
    let reply = lab.get(&url, &[]);
    assert_eq!((reply.header("content-type"), reply.text().as_str()), ("text/x-test", "hello"));
}

#[tokio::test]
async fn an_ordinary_client_is_refused_what_it_may_not() {
    let lab = Lab::aws();
    let keys = lab.keys();
    let key = format!("{}/a.kmz", keys.prefix);
    let good = store(&keys);
    good.put(&Path::from(key.as_str()), "hello".into()).await.unwrap();

    let wrong = store(&Keys { secret: "other".to_owned(), ..keys.clone() });
    assert!(failure(&wrong, &key).await.contains("SignatureDoesNotMatch"));
    let wrong = store(&Keys { id: "AKIANOBODY".to_owned(), ..keys.clone() });
    assert!(failure(&wrong, &key).await.contains("InvalidAccessKeyId"));
    let wrong = store(&Keys { token: "other".to_owned(), ..keys.clone() });
    assert!(failure(&wrong, &key).await.contains("InvalidToken"));
    let wrong = store(&Keys { region: "us-east-1".to_owned(), ..keys.clone() });
    let told = failure(&wrong, &key).await;
    assert!(told.contains("AuthorizationHeaderMalformed"), "{told}");
    assert!(told.contains("expecting &apos;eu-central-1&apos;"), "{told}");
    assert!(failure(&good, "elsewhere/a.kmz").await.contains("AccessDenied"));
    let denied = |error: object_store::Error| format!("{error:?}");
    assert!(denied(good.get(&Path::from(key.as_str())).await.unwrap_err()).contains("403"));
    assert!(denied(good.head(&Path::from(key.as_str())).await.unwrap_err()).contains("403"));
    assert!(denied(good.delete(&Path::from(key.as_str())).await.unwrap_err()).contains("403"));
    let listed = good.list_with_delimiter(None).await.unwrap_err();
    assert!(denied(listed).contains("AccessDenied"));
    let copied = good.copy(&Path::from(key.as_str()), &Path::from(format!("{key}2"))).await;
    assert!(denied(copied.unwrap_err()).contains("AccessDenied"));

    lab.sim.advance(Duration::from_secs(899));
    good.put(&Path::from(key.as_str()), "hello".into()).await.unwrap();
    lab.sim.advance(Duration::from_secs(1));
    let told = failure(&good, &key).await;
    assert!(told.contains("ExpiredToken"), "{told}");
    store(&lab.keys()).put(&Path::from(key.as_str()), "hello".into()).await.unwrap();
}

#[tokio::test]
async fn only_amazon_and_minio_have_conditional_writes() {
    for (provider, told) in [
        (StorageProvider::Aws, "AlreadyExists"),
        (StorageProvider::Minio, "AlreadyExists"),
        (StorageProvider::Ali, "501"),
    ] {
        let lab = Lab::new(provider);
        let keys = lab.keys();
        let store =
            client(&keys).with_conditional_put(S3ConditionalPut::ETagMatch).build().unwrap();
        let key = Path::from(format!("{}/a.kmz", keys.prefix));
        let create = || PutOptions::from(PutMode::Create);
        let first = store.put_opts(&key, "hello".into(), create()).await;
        assert_eq!(first.is_ok(), told != "501", "{first:?}");
        let second = store.put_opts(&key, "hello".into(), create()).await.unwrap_err();
        assert!(format!("{second:?}").contains(told), "{second:?}");
    }
}

#[tokio::test]
async fn open_modeling_takes_what_was_uploaded() {
    let lab = Lab::aws();
    let grant = lab.call("POST", "/open_model/stores/obtain_token", &Value::Null);
    let text = |name: &str| grant[name].as_str().unwrap().to_owned();
    let keys = Keys {
        endpoint: text("end_point"),
        region: text("region"),
        bucket: text("cloud_bucket_name"),
        prefix: text("store_path"),
        id: text("access_key_id"),
        secret: text("secret_access_key"),
        token: text("session_token"),
    };
    let store = store(&keys);
    let mut files = Vec::new();
    for name in ["DJI_0001.JPG", "DJI_0002.JPG"] {
        let key = Path::from(keys.prefix.replace("{fileName}", name));
        let etag = store.put(&key, name.into()).await.unwrap().e_tag.unwrap();
        files.push(json!({"name": name, "etag": etag.trim_matches('"')}));
    }
    let resource = keys.prefix.rsplit('/').nth(1).unwrap();
    let report = json!({
        "resource_uuid": resource,
        "callback_param": text("callback_param"),
        "files": files,
    });
    lab.call("POST", "/open_model/stores/upload_callback", &report);
    lab.sim.advance(Duration::from_secs(10));
    let row = lab.call("GET", &format!("/open_model/resource/{resource}"), &Value::Null);
    assert_eq!((&row["status"], &row["resource_size"]), (&json!(1), &json!(24)));

    let key = keys.prefix.replace("{fileName}", "late.JPG");
    lab.sim.advance(Duration::from_secs(3_580));
    store.put(&Path::from(key.as_str()), "hello".into()).await.unwrap();
    lab.sim.advance(Duration::from_secs(10));
    assert!(failure(&store, &key).await.contains("ExpiredToken"));
}

// ---- requests that it would never send

#[test]
fn refusals() {
    let lab = Lab::aws();
    let keys = &lab.keys();
    let put = |name: &str| Request::put(keys, name);
    let key = format!("{}/a", keys.prefix);
    let empty = |method: &'static str, key: &str, query: &'static str| Request {
        query,
        ..Request::new(keys, method, key, b"")
    };
    let cases: Vec<(Request, u16, &str)> = vec![
        (put("a"), 200, ""),
        (Request { headers: Headers::new(), ..put("a") }, 403, "InvalidAccessKeyId"),
        (Request { minutes_late: 20, ..put("a") }, 403, "RequestTimeTooSkewed"),
        (Request { minutes_late: -20, ..put("a") }, 403, "RequestTimeTooSkewed"),
        (Request { minutes_late: 10, ..put("a") }, 200, ""),
        (Request { payload: hash(b"other"), ..put("a") }, 400, "XAmzContentSHA256Mismatch"),
        (Request { payload: "UNSIGNED-PAYLOAD".to_owned(), ..put("a") }, 200, ""),
        (put("a").with("content-md5", "XUFAKrxLKna5cZ2REBfFkg=="), 200, ""),
        (put("a").with("content-md5", "XUFAKrxLKna5cZ2REBfFkQ=="), 400, "BadDigest"),
        (put("a").with("content-md5", "hello"), 400, "InvalidDigest"),
        (put("a").with("x-amz-checksum-crc32", "NhCmhg=="), 200, ""),
        (put("a").with("x-amz-checksum-crc32", "NhCmhQ=="), 400, "BadDigest"),
        (put("a").with("if-none-match", "*"), 412, "PreconditionFailed"),
        (put("new").with("if-none-match", "*"), 200, ""),
        (put("a").with("if-match", "\"5d41402abc4b2a76b9719d911017c592\""), 403, "AccessDenied"),
        (put("a").with("x-amz-copy-source", "/flighthub-sim/a"), 403, "AccessDenied"),
        (Request::new(keys, "PUT", "elsewhere/a", b"hello"), 403, "AccessDenied"),
        (Request::new(keys, "PUT", &format!("{}2/a", keys.prefix), b"hello"), 403, "AccessDenied"),
        (Request::new(keys, "PUT", &keys.prefix, b"hello"), 403, "AccessDenied"),
        (Request { path: format!("/other-bucket/{key}"), ..put("a") }, 404, "NoSuchBucket"),
        (empty("GET", &key, ""), 403, "AccessDenied"),
        (empty("DELETE", &key, ""), 403, "AccessDenied"),
        (empty("GET", "", "list-type=2"), 403, "AccessDenied"),
        (empty("GET", &key, "acl="), 403, "AccessDenied"),
        (empty("PUT", "", ""), 403, "AccessDenied"),
        (Request { path: "/".to_owned(), ..empty("GET", "", "") }, 403, "AccessDenied"),
        (empty("PUT", &key, "partNumber=1&uploadId=none"), 404, "NoSuchUpload"),
        (empty("DELETE", &key, "uploadId=none"), 404, "NoSuchUpload"),
        (empty("GET", &key, "uploadId=none"), 403, "AccessDenied"),
    ];
    for (number, (request, status, code)) in cases.into_iter().enumerate() {
        let what = format!("case {number}: {} {}?{}", request.method, request.path, request.query);
        let reply = request.send();
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{what}: {reply:?}");
        assert!(!reply.header("x-amz-request-id").is_empty(), "{what}");
        assert!(!reply.header("x-flighthub-simulator").is_empty(), "{what}");
        if status >= 400 {
            let id = reply.header("x-amz-request-id");
            assert!(reply.text().contains(&format!("<RequestId>{id}</RequestId>")), "{what}");
            assert!(reply.text().contains("<Message>"), "{what}: {}", reply.text());
        }
    }
}

#[test]
fn unsigned_and_old_signatures_are_refused() {
    let lab = Lab::aws();
    let target = "/flighthub-sim/a";
    for (more, status, code) in [
        (vec![], 403, "AccessDenied"),
        (vec![("Authorization", "AWS id:c2lnbmF0dXJl")], 400, "InvalidRequest"),
        (vec![("Authorization", "OSS id:c2lnbmF0dXJl")], 400, "InvalidRequest"),
        (vec![("Authorization", "Bearer x")], 400, "InvalidRequest"),
    ] {
        for method in ["GET", "PUT"] {
            let mut all = headers(&[("Host", lab.host()), ("Content-Length", "0")]);
            all.extend(headers(&more));
            let reply = send(lab.sim.storage_url(), method, target, &all, b"");
            assert_eq!((reply.status, reply.code().as_str()), (status, code), "{more:?}");
        }
    }
}

#[test]
fn bodies_need_a_length_and_have_limits() {
    let lab = Lab::aws();
    let keys = &lab.keys();
    let chunked = Request {
        length: false,
        body: b"5\r\nhello\r\n0\r\n\r\n".to_vec(),
        ..Request::put(keys, "a")
    }
    .with("transfer-encoding", "chunked");
    let reply = chunked.send();
    assert_eq!((reply.status, reply.code().as_str()), (411, "MissingContentLength"));

    lab.sim.with_world(|world| world.set_storage_limits(StorageLimits::new(1 << 20, 1_500_000)));
    let put = |name: &str, size: usize| {
        Request::new(keys, "PUT", &format!("{}/{name}", keys.prefix), &vec![7; size]).send()
    };
    let reply = put("a", (1 << 20) + 1);
    assert_eq!((reply.status, reply.code().as_str()), (400, "EntityTooLarge"));
    assert_eq!(put("a", 1 << 20).status, 200);
    let reply = put("b", 1 << 20);
    assert_eq!((reply.status, reply.code().as_str()), (403, "QuotaExceeded"), "{}", reply.text());
    assert!(reply.text().contains("set_storage_limits"), "says what helps");
    assert!(lab.object(&format!("{}/a", keys.prefix)).is_some(), "nothing is dropped");
    assert_eq!(put("c", 300_000).status, 200);
}

#[test]
fn a_sender_that_goes_away_leaves_nothing_behind() {
    let lab = Lab::aws();
    let keys = &lab.keys();
    // Room for one of them and what the world keeps by itself, but not for two.
    const BYTES: usize = 1_000_000;
    let limits = StorageLimits::new(BYTES as u64, 1_500_000);
    lab.sim.with_world(|world| world.set_storage_limits(limits));
    let put =
        |name: &str| Request::new(keys, "PUT", &format!("{}/{name}", keys.prefix), &[7; BYTES]);
    let mut gone = put("a");
    gone.body.truncate(BYTES / 2);
    gone.length = false;
    let stream = gone.with("content-length", &BYTES.to_string()).open();
    // Its digest is wrong, so that asking stores nothing.
    let ask = || put("b").with("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==").send().status;
    let until = |status: u16| {
        let mut replies = (0..200).map(|_| {
            std::thread::sleep(Duration::from_millis(20));
            ask()
        });
        assert!(replies.any(|reply| reply == status), "never {status}");
    };
    until(403);
    drop(stream);
    until(400);
    assert_eq!(put("b").send().status, 200);
    assert!(lab.object(&format!("{}/a", keys.prefix)).is_none());
}

#[test]
fn the_bucket_may_stand_in_the_host() {
    let lab = Lab::aws();
    let keys = &lab.keys();
    let port = lab.host().rsplit(':').next().unwrap();
    let key = format!("{}/a", keys.prefix);
    let request = Request {
        host: format!("flighthub-sim.localhost:{port}"),
        path: format!("/{key}"),
        ..Request::put(keys, "a")
    };
    assert_eq!(request.send().status, 200);
    assert!(lab.object(&key).is_some());
}

#[test]
fn chunked_bodies_with_a_trailing_checksum_are_for_amazon() {
    for (provider, sum, status, code) in [
        (StorageProvider::Aws, "NhCmhg==", 200, ""),
        (StorageProvider::Aws, "NhCmhQ==", 400, "BadDigest"),
        (StorageProvider::Ali, "NhCmhg==", 400, "InvalidArgument"),
    ] {
        let lab = Lab::new(provider);
        let keys = &lab.keys();
        let body = format!("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:{sum}\r\n\r\n");
        let request = Request {
            payload: "STREAMING-UNSIGNED-PAYLOAD-TRAILER".to_owned(),
            body: body.into_bytes(),
            ..Request::put(keys, "a")
        };
        let reply = request
            .with("content-encoding", "aws-chunked")
            .with("x-amz-decoded-content-length", "5")
            .with("x-amz-trailer", "x-amz-checksum-crc32")
            .send();
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{}", reply.text());
        let stored = lab.object(&format!("{}/a", keys.prefix));
        assert_eq!(stored.map(|(_, size)| size), (status == 200).then_some(5));
    }
}

// ---- as OSS does it

fn base64_sha1(secret: &str, text: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mac = Hmac::<sha1::Sha1>::new_from_slice(secret.as_bytes()).unwrap();
    let digest = mac.chain_update(text).finalize().into_bytes();
    let bits: String = digest.iter().map(|byte| format!("{byte:08b}")).collect();
    let letters = bits.as_bytes().chunks(6).map(|six| {
        let six = format!("{:0<6}", String::from_utf8_lossy(six));
        char::from(LETTERS[usize::from_str_radix(&six, 2).unwrap()])
    });
    letters.collect::<String>() + "="
}

/// An upload with the vendor's first signature.
fn oss_put(lab: &Lab, keys: &Keys, name: &str, token: &str, more: &[(&str, &str)]) -> Reply {
    oss(lab, keys, "PUT", name, token, more)
}

/// The same for any method.
fn oss(
    lab: &Lab,
    keys: &Keys,
    method: &str,
    name: &str,
    token: &str,
    more: &[(&str, &str)],
) -> Reply {
    let date = jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let path = format!("/{}/{}/{name}", keys.bucket, keys.prefix);
    let mut vendor = headers(more);
    vendor.push(("x-oss-security-token".to_owned(), token.to_owned()));
    vendor.sort();
    let lines: String = vendor.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let text = format!("{method}\n\ntext/plain\n{date}\n{lines}{path}");
    let authorization = format!("OSS {}:{}", keys.id, base64_sha1(&keys.secret, &text));
    let mut all = headers(&[
        ("Host", lab.host()),
        ("Date", &date),
        ("Content-Type", "text/plain"),
        ("Content-Length", "5"),
        ("Authorization", &authorization),
    ]);
    all.extend(vendor);
    send(lab.sim.storage_url(), method, &path, &all, b"hello")
}

#[test]
fn oss_takes_its_own_signatures() {
    let lab = Lab::new(StorageProvider::Ali);
    let keys = lab.keys();
    assert!(keys.id.starts_with("STS."), "{}", keys.id);
    let put = |keys: &Keys, token: &str, more: &[(&str, &str)]| {
        let reply = oss_put(&lab, keys, "a.kmz", token, more);
        assert!(!reply.header("x-oss-request-id").is_empty());
        (reply.status, reply.code())
    };
    assert_eq!(put(&keys, &keys.token, &[]), (200, String::new()));
    assert!(lab.object(&format!("{}/a.kmz", keys.prefix)).is_some());
    let begun = oss(&lab, &keys, "POST", "big?uploads", &keys.token, &[]);
    assert_eq!(begun.status, 200);
    assert!(begun.text().contains("<InitiateMultipartUploadResult>"), "no namespace");
    let forbid = [("x-oss-forbid-overwrite", "true")];
    assert_eq!(put(&keys, &keys.token, &forbid), (409, "FileAlreadyExists".to_owned()));
    assert_eq!(put(&keys, "other", &[]), (403, "InvalidSecurityToken".to_owned()));
    let wrong = Keys { secret: "other".to_owned(), ..keys.clone() };
    assert_eq!(put(&wrong, &keys.token, &[]), (403, "SignatureDoesNotMatch".to_owned()));
    let wrong = Keys { id: "STS.nobody".to_owned(), ..keys.clone() };
    assert_eq!(put(&wrong, &keys.token, &[]), (403, "InvalidAccessKeyId".to_owned()));
    let wrong = Keys { prefix: "elsewhere".to_owned(), ..keys.clone() };
    assert_eq!(put(&wrong, &keys.token, &[]), (403, "AccessDenied".to_owned()));
    lab.sim.advance(Duration::from_secs(900));
    assert_eq!(put(&keys, &keys.token, &[]), (403, "SecurityTokenExpired".to_owned()));
}

#[test]
fn minio_takes_old_signatures_too() {
    for (provider, expected) in [
        (StorageProvider::Minio, (200, String::new())),
        (StorageProvider::Aws, (400, "InvalidRequest".to_owned())),
    ] {
        let lab = Lab::new(provider);
        let keys = lab.keys();
        let path = format!("/{}/{}/a", keys.bucket, keys.prefix);
        let date = jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let text = format!("PUT\n\n\n{date}\nx-amz-security-token:{}\n{path}", keys.token);
        let authorization = format!("AWS {}:{}", keys.id, base64_sha1(&keys.secret, &text));
        let all = headers(&[
            ("Host", lab.host()),
            ("Date", &date),
            ("Content-Length", "5"),
            ("x-amz-security-token", &keys.token),
            ("Authorization", &authorization),
        ]);
        let reply = send(lab.sim.storage_url(), "PUT", &path, &all, b"hello");
        assert_eq!((reply.status, reply.code()), expected, "{}", reply.text());
    }
}

#[test]
fn oss_wants_the_bucket_in_the_host_name_when_there_is_one() {
    let lab = Lab::new(StorageProvider::Ali);
    let keys = &lab.keys();
    let port = lab.host().rsplit(':').next().unwrap();
    let host = format!("oss-cn-hangzhou.localhost:{port}");
    let reply = Request { host: host.clone(), ..Request::put(keys, "a") }.send();
    assert_eq!((reply.status, reply.code().as_str()), (403, "SecondLevelDomainForbidden"));
    let path = format!("/{}/a", keys.prefix);
    let reply =
        Request { host: format!("flighthub-sim.{host}"), path, ..Request::put(keys, "a") }.send();
    assert_eq!(reply.status, 200);
}

#[test]
fn grants_say_whose_storage_it_is() {
    let url = "http://oss-cn-hangzhou.localhost:9000";
    let sim = Sim::builder().storage_url(url).start_blocking().unwrap();
    let lab = Lab { sim };
    let said = |provider: StorageProvider| {
        lab.sim.with_world(|world| world.set_storage_provider(provider));
        let data = lab.call("GET", "/project/sts-token", &Value::Null);
        let grant = lab.call("POST", "/open_model/stores/obtain_token", &Value::Null);
        assert_eq!((&data["endpoint"], &grant["end_point"]), (&json!(url), &json!(url)));
        ["provider", "region"].map(|name| data[name].as_str().unwrap().to_owned()).join(" ")
            + " "
            + grant["cloud_name"].as_str().unwrap()
            + " "
            + grant["region"].as_str().unwrap()
    };
    assert_eq!(said(StorageProvider::Aws), "aws eu-central-1 AWS_S3 eu-central-1");
    assert_eq!(said(StorageProvider::Minio), "minio us-east-1 AWS_S3 us-east-1");
    assert_eq!(said(StorageProvider::Ali), "ali hz ALI_OSS oss-cn-hangzhou");
    lab.sim.with_world(|world| world.set_storage_endpoint("http://127.0.0.1:9000"));
    let data = lab.call("GET", "/project/sts-token", &Value::Null);
    assert_eq!(data["region"], "cn-hangzhou", "not to be read from the endpoint");
}

// ---- signed addresses

#[test]
fn a_signed_address_is_read_in_parts() {
    let lab = Lab::aws();
    let (url, key) = lab.route_url();
    let bytes: Vec<u8> = (0..200_000_u32).map(|number| (number % 251) as u8).collect();
    let etag = lab.sim.with_world(|world| world.put_object(&key, bytes.clone()));
    let quoted = format!("\"{etag}\"");

    let whole = lab.get(&url, &[]);
    assert_eq!((whole.status, &whole.body), (200, &bytes));
    assert_eq!(whole.header("etag"), quoted);
    assert_eq!(whole.header("accept-ranges"), "bytes");
    assert_eq!(whole.header("content-type"), "application/vnd.google-earth.kmz");
    assert_eq!(whole.header("last-modified"), "Thu, 01 Jan 2026 08:00:00 GMT");
    assert_eq!(whole.header("x-flighthub-simulator-notes"), "");

    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=70000-140000", 70_000, 140_001),
        ("bytes=150000-", 150_000, 200_000),
        ("bytes=-1000", 199_000, 200_000),
        ("bytes=199999-900000", 199_999, 200_000),
    ] {
        for more in [vec![("Range", range)], vec![("Range", range), ("If-Range", quoted.as_str())]]
        {
            let part = lab.get(&url, &more);
            assert_eq!((part.status, part.body.as_slice()), (206, &bytes[from..to]), "{range}");
            assert_eq!(part.header("content-range"), format!("bytes {from}-{}/200000", to - 1));
        }
    }
    let beyond = lab.get(&url, &[("Range", "bytes=200000-")]);
    assert_eq!((beyond.status, beyond.code().as_str()), (416, "InvalidRange"));
    assert_eq!(beyond.header("content-range"), "bytes */200000");
    for more in [
        [("Range", "bytes=0-1,5-6"), ("Accept", "*/*")],
        [("Range", "bytes=5-"), ("If-Range", "\"other\"")],
    ] {
        assert_eq!(lab.get(&url, &more).status, 200, "{more:?}");
    }
    assert_eq!(lab.get(&url, &[("If-Match", "\"other\"")]).status, 412);
    assert_eq!(lab.get(&url, &[("If-None-Match", quoted.as_str())]).status, 304);

    let head = lab.ask("HEAD", &url, &[]);
    assert_eq!((head.status, head.body.len(), head.header("content-length")), (200, 0, "200000"));
    assert!(head.header("x-flighthub-simulator-notes").contains("HEAD"), "S3 refuses it");
}

#[test]
fn signed_addresses_expire_and_cannot_be_changed() {
    let lab = Lab::aws();
    let (url, key) = lab.route_url();
    lab.sim.with_world(|world| world.put_object(&key, *b"hello"));
    let refused = |method: &str, url: &str| {
        let reply = lab.ask(method, url, &[]);
        (reply.status, reply.code())
    };
    let mismatch = (403, "SignatureDoesNotMatch".to_owned());
    let (front, last) = url.split_at(url.len() - 1);
    let other = if last == "0" { "1" } else { "0" };
    assert_eq!(refused("GET", &format!("{front}{other}")), mismatch);
    assert_eq!(refused("GET", &url.replace("Expires=3600", "Expires=36000")), mismatch);
    assert_eq!(refused("GET", &url.replace(".kmz", ".kml")), mismatch);
    assert_eq!(refused("GET", &format!("{url}&more=1")), mismatch);
    assert_eq!(refused("PUT", &url), mismatch);
    assert_eq!(refused("DELETE", &url), mismatch);
    let reply = lab.get(&url.replace("X-Amz-Date", "X-Amz-Day"), &[]);
    assert_eq!((reply.status, reply.code().as_str()), (400, "AuthorizationQueryParametersError"));

    lab.sim.advance(Duration::from_secs(3_600));
    assert_eq!(lab.get(&url, &[]).status, 200);
    lab.sim.advance(Duration::from_secs(1));
    let expired = lab.get(&url, &[]);
    assert_eq!((expired.status, expired.code().as_str()), (403, "AccessDenied"));
    assert!(expired.text().contains("<Message>Request has expired</Message>"));
    assert_eq!(lab.get(&lab.route_url().0, &[]).status, 200, "a fresh one");
}

#[test]
fn the_form_of_content_networks() {
    let lab = Lab::aws();
    lab.sim.with_world(|world| world.set_download_form(DownloadForm::Network));
    let (url, key) = lab.route_url();
    assert!(url.contains("?auth_key="), "{url}");
    lab.sim.with_world(|world| world.put_object(&key, *b"hello"));
    assert_eq!(lab.get(&url, &[("Range", "bytes=1-2")]).body, b"el");
    assert_eq!(lab.get(&url.replace(".kmz", ".kml"), &[]).status, 403);
    assert_eq!(lab.get(&url.replace("auth_key=1", "auth_key=2"), &[]).status, 403);
    lab.sim.advance(Duration::from_secs(3_601));
    assert!(lab.get(&url, &[]).text().contains("Request has expired"));
}

#[test]
fn what_is_not_there_is_404() {
    let lab = Lab::aws();
    let reply = lab.get(
        &lab.sim.with_world(|world| {
            let caller = flighthub_sim::Caller::admin().in_project(World::DEMO_PROJECT);
            let get = flighthub_api::v1::ModelGet::new(flighthub_api::v1::ModelId::new(4_127_701));
            let url =
                flighthub_api::v1::Service::model_get(world, &caller, get).unwrap().url.unwrap();
            world.remove_object("models/4127701.zip");
            url.expose().to_owned()
        }),
        &[],
    );
    assert_eq!((reply.status, reply.code().as_str()), (404, "NoSuchKey"));
}

#[test]
fn a_large_model_is_read_at_its_end_without_its_beginning() {
    let lab = Lab::aws();
    let model = lab.call("GET", "/model/4127702", &Value::Null);
    let (size, url) = (model["size"].as_u64().unwrap(), model["url"].as_str().unwrap());
    let head = lab.ask("HEAD", url, &[]);
    assert_eq!(head.header("content-length"), size.to_string());
    let end = lab.get(url, &[("Range", "bytes=-70000")]);
    assert_eq!((end.status, end.body.len()), (206, 70_000));
    let range = format!("bytes={}-{}", size - 70_000, size - 69_991);
    assert_eq!(lab.get(url, &[("Range", &range)]).body, end.body[..10], "the same every time");
    let preview = lab.get(model["preview_url"].as_str().unwrap(), &[]);
    assert_eq!((preview.status, preview.body.is_empty()), (200, false));
}

#[test]
fn archives_and_previews_of_models_can_be_opened() {
    let lab = Lab::aws();
    let model = lab.call("GET", "/model/4127701", &Value::Null);
    let url = model["url"].as_str().unwrap();
    let begin = lab.get(url, &[("Range", "bytes=0-3")]);
    assert_eq!(
        (begin.body.as_slice(), begin.header("content-type")),
        (&b"PK\x03\x04"[..], "application/zip")
    );
    let end = lab.get(url, &[("Range", "bytes=-22")]);
    assert_eq!(end.body[..4], *b"PK\x05\x06", "the end of the directory");
    let preview = lab.get(model["preview_url"].as_str().unwrap(), &[]);
    assert_eq!(preview.header("content-type"), "image/jpeg");
    assert!(preview.body.starts_with(&[0xff, 0xd8, 0xff]) && preview.body.ends_with(&[0xff, 0xd9]));
}

#[test]
fn a_key_that_leaks_to_the_storage_is_noted() {
    let lab = Lab::aws();
    let (url, key) = lab.route_url();
    lab.sim.with_world(|world| world.put_object(&key, *b"hello"));
    let keys = &lab.keys();
    let leaks = [
        lab.get(&url, &[("X-User-Token", lab.sim.token())]),
        Request::put(keys, "a").with("x-user-token", lab.sim.token()).send(),
    ];
    for reply in leaks {
        assert_eq!(reply.status, 200);
        assert!(reply.header("x-flighthub-simulator-notes").contains("X-User-Token"));
        assert!(!format!("{reply:?}").contains(lab.sim.token()));
    }
    let clean = lab.get(&url, &[]);
    assert_eq!(clean.header("x-flighthub-simulator-notes"), "");
}

// ---- faults of the storage

/// Makes the storage fail once, and only it.
fn fail(lab: &Lab, kind: FaultKind) {
    lab.sim.inject(Fault::new("*", kind).port(FaultPort::Storage)).unwrap();
    // A call of the API is none of its requests.
    lab.call("GET", "/wayline", &Value::Null);
}

/// What comes until the end, or for so long; `None` when the connection was reset.
fn heard(mut stream: TcpStream, patience: Duration) -> Option<Vec<u8>> {
    stream.set_read_timeout(Some(patience)).unwrap();
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Some(bytes),
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
            Err(_) => return Some(bytes),
        }
    }
}

#[test]
fn an_upload_may_fail_before_anything_is_stored() {
    const PATIENT: Duration = Duration::from_secs(20);
    let lab = Lab::aws();
    let keys = &lab.keys();
    let key = format!("{}/a", keys.prefix);

    fail(&lab, FaultKind::http_error(503));
    let reply = Request::put(keys, "a").send();
    assert_eq!((reply.status, reply.header("x-flighthub-simulator-fault")), (503, "http-error"));
    assert!(lab.object(&key).is_none());

    for phase in [Phase::RequestHead, Phase::RequestBody, Phase::Request] {
        fail(&lab, FaultKind::reset().at(phase));
        assert_eq!(heard(Request::put(keys, "a").open(), PATIENT), None, "{phase:?}");
        assert!(lab.object(&key).is_none(), "{phase:?}");
    }
    fail(&lab, FaultKind::silence());
    let silent = heard(Request::put(keys, "a").open(), Duration::from_millis(200));
    assert_eq!(silent, Some(Vec::new()));
    assert!(lab.object(&key).is_none());

    // Every fault was for one request: what is tried again succeeds.
    assert_eq!(Request::put(keys, "a").send().status, 200);
    assert_eq!(lab.object(&key).unwrap().1, 5);
    assert!(lab.sim.faults().iter().all(|report| report.played == 1));
}

#[test]
fn an_upload_may_be_stored_although_nobody_hears_of_it() {
    let lab = Lab::aws();
    let keys = &lab.keys();
    let brief = Duration::from_millis(500);
    for (name, kind, heard_of) in [
        ("silence", FaultKind::silence(), Some(0)),
        ("close", FaultKind::close(), Some(0)),
        ("reset", FaultKind::reset(), None),
        ("bytes", FaultKind::close().at(Phase::Bytes(12)), Some(12)),
    ] {
        fail(&lab, kind.after_effect());
        let reply = heard(Request::put(keys, name).open(), brief);
        assert_eq!(reply.map(|bytes| bytes.len()), heard_of, "{name}");
        assert_eq!(lab.object(&format!("{}/{name}", keys.prefix)).unwrap().1, 5, "{name}");
    }
    lab.sim.journal().to_port("storage").times(4);
}

#[test]
fn an_upload_may_be_late() {
    let lab = Lab::aws();
    let keys = &lab.keys();
    fail(&lab, FaultKind::delay(150));
    let begun = std::time::Instant::now();
    assert_eq!(Request::put(keys, "a").send().status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(150));
}

#[test]
fn a_download_may_break_off_and_be_resumed() {
    let lab = Lab::aws();
    let (url, key) = lab.route_url();
    lab.sim.with_world(|world| world.put_object(&key, vec![9; 10_000]));
    fail(&lab, FaultKind::close().at(Phase::ReplyBody).after_effect());
    let cut = lab.get(&url, &[]);
    assert_eq!((cut.status, cut.header("content-length"), cut.body.len()), (200, "10000", 5_000));
    let rest = lab.get(&url, &[("Range", "bytes=5000-")]);
    assert_eq!((rest.status, rest.body.len()), (206, 5_000));

    // A file that nobody wants to keep whole is cut all the same.
    let model = lab.call("GET", "/model/4127702", &Value::Null);
    let url = model["url"].as_str().unwrap();
    fail(&lab, FaultKind::close().at(Phase::Bytes(4_000)).after_effect());
    let cut = lab.get(url, &[]);
    assert_eq!(cut.header("content-length"), model["size"].to_string());
    assert!(cut.body.starts_with(b"PK") && cut.body.len() < 4_000, "{}", cut.body.len());
}

#[test]
fn the_port_of_the_storage_may_be_closed() {
    let lab = Lab::aws();
    let keys = &lab.keys();
    let kind = FaultKind::port_closed(60_000);
    lab.sim.inject(Fault::new("*", kind).port(FaultPort::Storage)).unwrap();
    assert!(TcpStream::connect(lab.host()).is_err());
    lab.call("GET", "/wayline", &Value::Null);
    lab.sim.clear_faults();
    let open = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        TcpStream::connect(lab.host()).is_ok()
    });
    assert!(open && Request::put(keys, "a").send().status == 200);
    let fault = Fault::new("*", FaultKind::connection_reset()).port(FaultPort::Storage);
    lab.sim.inject(fault.when(When::Always)).unwrap();
    let mut stream = TcpStream::connect(lab.host()).unwrap();
    assert!(!matches!(stream.read(&mut [0]), Ok(read) if read > 0));
    lab.call("GET", "/wayline", &Value::Null);
}
