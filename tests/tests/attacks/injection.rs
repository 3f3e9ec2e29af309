//! Texts that want to be something else on their way through paths, queries and headers, sent through the whole client.

use flighthub_api::catalog::{Catalogue, Entry};
use flighthub_api::v1::{AnyOperation, ProjectList, TaskGet};
use flighthub_api::{CallOptions, Client, Region, Token};
use serde_json::Value;

use crate::figure;
use crate::server::{KEY, Server, json};

const PROJECT: &str = "3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10";

/// What walks, cuts, nests or hides in paths.
const PATHS: [&str; 28] = [
    "..",
    ".",
    "%2e%2e",
    "%2E%2E",
    ".%2e",
    "../../admin",
    "a\\..\\b",
    "..\\..\\admin",
    "a/b",
    "a?x=1",
    "a#f",
    "",
    "a\nb",
    "a\tb",
    "..;/x",
    "//evil.example/x",
    "a%00",
    "a\0",
    "..%2f..%2f",
    "..%5c..%5cadmin",
    "\u{202e}abc",
    "a;b=c",
    "@evil.example",
    "ü 1",
    "https://evil.example/x",
    "a\r\nx-user-token: evil",
    "／..／",
    "\u{feff}",
];

/// What splits, doubles or ends queries.
const QUERIES: [&str; 17] = [
    "a&page_size=9999",
    "a&b=c",
    "a=b",
    "a#f",
    "a+b",
    "a b",
    "a%26b",
    "%",
    "%%%",
    "%zz",
    "?x=1",
    "a;b",
    "a\r\nx-user-token: evil",
    "a\0",
    "ü",
    "../..",
    "[]{}|\\^`<>\"'",
];

/// What cannot stand in a header, or would start another one.
const HEADERS: [&str; 9] = [
    "a\r\nx-user-token: evil",
    "a\nb",
    "a\rb",
    "a\0b",
    "a\u{7f}",
    "té",
    "\u{85}",
    "a\r\n\r\nGET /openapi/v0.1/x HTTP/1.1",
    "\u{202e}a",
];

async fn server() -> Server {
    Server::on("127.0.0.1", |_, _| json(r#"{"code":0,"message":"","data":null}"#).into()).await
}

/// Percent-decoding, written here once more: the client's own is what is judged.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap()
}

/// The target of a request, and its header lines.
fn parts(request: &str) -> (&str, Vec<&str>) {
    let (head, _) = request.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    (lines.next().unwrap().split(' ').nth(1).unwrap(), lines.collect())
}

/// Whether a request has been bent: another route, another id, another header.
fn is_bent(request: &str, template: &str, name: &str, payload: &str) -> bool {
    let (target, lines) = parts(request);
    let path = target.split('?').next().unwrap();
    let (segments, pattern): (Vec<&str>, Vec<&str>) =
        (path.split('/').collect(), template.split('/').collect());
    let same = segments.len() == pattern.len()
        && segments.iter().zip(&pattern).all(|(segment, pattern)| {
            if *pattern == format!("{{{name}}}") {
                decoded(segment) == payload
            } else {
                pattern.starts_with('{') || segment == pattern
            }
        });
    // Nor does it walk for those who decode before they look.
    let early = decoded(&decoded(path));
    let walks = early.split(['/', '\\']).any(|part| part == ".." || part == ".");
    let keys = lines.iter().filter(|line| line.starts_with("x-user-token:")).count();
    !same || walks || keys != 1
}

/// The path arguments that are texts, of all operations.
fn path_arguments() -> Vec<(&'static Entry, &'static str, &'static str)> {
    let catalogue = Catalogue::v1();
    let info = |id: &str| flighthub_api::v1::CATALOGUE.iter().find(|info| info.id == id).unwrap();
    let mut found = Vec::new();
    for entry in &catalogue.operations {
        let template = info(&entry.id).path;
        for part in template.split(['{', '}']).skip(1).step_by(2) {
            found.push((entry, part, template));
        }
    }
    found
}

/// Sends every payload as every path argument; how many requests were bent, and how many payloads and uses there were.
async fn bent_by_paths() -> (usize, usize) {
    let server = server().await;
    let client = server.client();
    let (mut bent, mut tried, mut before) = (0, 0, 0);
    for (entry, name, template) in path_arguments() {
        for payload in PATHS {
            let mut arguments = entry.example.clone();
            arguments.insert(name.to_owned(), payload.into());
            tried += 1;
            let arguments = Value::Object(arguments).to_string();
            // An id that is a number is refused earlier still.
            let Ok(operation) = AnyOperation::from_args(&entry.id, &arguments) else { continue };
            let sent = client.project(PROJECT).send_any(&operation).await;
            let requests = server.requests();
            match &requests[before..] {
                [] => assert!(sent.unwrap_err().is_invalid_argument(), "{} {payload:?}", entry.id),
                [request] => bent += usize::from(is_bent(request, template, name, payload)),
                more => bent += more.len(),
            }
            before = requests.len();
        }
    }
    assert!(before > tried / 4, "most payloads are only texts, and are sent");
    (bent, tried)
}

#[tokio::test]
async fn attack_19_no_path_argument_leads_to_another_place() {
    let (bent, tried) = bent_by_paths().await;
    assert!(tried > 22 * 15, "{tried}");
    assert_eq!(bent, 0);
}

/// The judge of these tests notices what clients usually do.
#[test]
fn a_bent_request_is_noticed() {
    let template = "/openapi/v0.1/flight-task/{task_uuid}/media";
    let bent = |path: &str, payload: &str| {
        is_bent(
            &format!("GET {path} HTTP/1.1\r\nx-user-token: a\r\n\r\n"),
            template,
            "task_uuid",
            payload,
        )
    };
    assert!(!bent("/openapi/v0.1/flight-task/a%2Fb/media", "a/b"));
    for (path, payload) in [
        ("/openapi/v0.1/media", ".."),
        ("/openapi/v0.1/flight-task/a/b/media", "a/b"),
        ("/openapi/v0.1/flight-task/ab/media", "a\nb"),
        ("/openapi/v0.1/flight-task/%2e%2e/media", ".."),
        ("/openapi/v0.1/flight-task/..%2F..%2Fadmin/media", "../../admin"),
        ("/openapi/v0.1/flight-task/a?x=1/media", "a?x=1"),
    ] {
        assert!(bent(path, payload), "{path}");
    }
}

/// Whether a raw path can mean something else than it says.
async fn bent_by_raw_paths() -> (usize, usize) {
    let server = server().await;
    let client = server.client();
    let (mut bent, mut tried) = (0, 0);
    for payload in PATHS {
        let path = format!("/openapi/v0.1/x/{payload}/y");
        let before = server.requests().len();
        let sent = client.raw(flighthub_api::Method::Get, &path).send().await;
        tried += 1;
        match &server.requests()[before..] {
            [] => assert!(sent.unwrap_err().is_invalid_argument(), "{payload:?}"),
            // It says what goes over the wire, to the letter.
            [request] => {
                let (target, _) = parts(request);
                let walks = decoded(&decoded(target)).split(['/', '\\']).any(|part| part == "..");
                bent += usize::from(target != path || walks);
            }
            more => bent += more.len(),
        }
    }
    (bent, tried)
}

#[tokio::test]
async fn attack_19_a_raw_path_is_sent_to_the_letter_or_not_at_all() {
    assert_eq!(bent_by_raw_paths().await.0, 0);
}

/// Headers that a text from outside gets into: how many requests had anything but the text in its one line.
async fn bent_by_headers() -> (usize, usize) {
    let server = server().await;
    let (mut bent, mut tried) = (0, 0);
    for payload in HEADERS {
        let region = || Region::on_premises(server.url());
        let builder = || server.builder();
        assert!(Token::opaque(payload).is_err(), "{payload:?}");
        assert!(Token::new(payload).is_err(), "{payload:?}");
        assert!(Client::builder(region(), payload).build().is_err(), "{payload:?}");
        assert!(builder().user_agent(payload).build().is_err(), "{payload:?}");
        assert!(builder().host_header(payload).build().is_err(), "{payload:?}");
        let client = builder().build().unwrap();
        let by_project = client.project(payload).send(&TaskGet::new("a")).await;
        let options = CallOptions::new().request_id(payload);
        let by_id = client.call_with(&ProjectList::new(), &options).await;
        let by_raw = client.raw(flighthub_api::Method::Get, "/openapi/v0.1/x").project(payload);
        let by_raw = by_raw.send().await;
        tried += 8;
        for (what, failed) in
            [("id", by_id.is_err()), ("project", by_project.is_err()), ("raw", by_raw.is_err())]
        {
            assert!(failed, "{what} {payload:?}");
        }
        bent += server.requests().len();
    }
    // What is no attack is sent, each in its line.
    let options = CallOptions::new().request_id("id-1");
    server.client().call_with(&ProjectList::new(), &options).await.unwrap();
    let requests = server.requests();
    let (_, lines) = parts(&requests[requests.len() - 1]);
    for line in ["x-request-id: id-1", &format!("x-user-token: {KEY}"), "x-language: en"] {
        assert_eq!(lines.iter().filter(|other| **other == line).count(), 1, "{lines:?}");
    }
    (bent, tried)
}

#[tokio::test]
async fn attack_20_no_line_break_or_nul_gets_into_a_header() {
    assert_eq!(bent_by_headers().await.0, 0);
}

async fn bent_by_queries() -> (usize, usize) {
    let server = server().await;
    let client = server.client();
    let (mut bent, mut tried, mut before) = (0, 0, 0);
    for payload in QUERIES.into_iter().chain(PATHS) {
        let mut list = ProjectList::new();
        list.page_size = Some(7);
        list.q = Some(payload.to_owned());
        client.send(&list).await.unwrap();
        let raw = client.raw(flighthub_api::Method::Get, "/openapi/v0.1/project");
        raw.query("page_size", "7").query("q", payload).query(payload, "x").send().await.unwrap();
        for (request, pairs) in server.requests()[before..].iter().zip([2, 3]) {
            tried += 1;
            let (target, lines) = parts(request);
            let (path, query) = target.split_once('?').unwrap();
            let read: Vec<(String, String)> = query
                .split('&')
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (decoded(name), decoded(value)))
                .collect();
            let has = |name: &str, value: &str| {
                read.iter().any(|(one, other)| one == name && other == value)
            };
            let sound = path == "/openapi/v0.1/project"
                && read.len() == pairs
                && has("page_size", "7")
                && has("q", payload)
                && (pairs == 2 || has(payload, "x"))
                && !query.contains(['+', '#', ' '])
                && lines.iter().filter(|line| line.starts_with("x-user-token:")).count() == 1;
            bent += usize::from(!sound);
        }
        assert_eq!(server.requests().len(), before + 2, "{payload:?}");
        before += 2;
    }
    (bent, tried)
}

#[tokio::test]
async fn attack_21_no_query_argument_becomes_another_one() {
    assert_eq!(bent_by_queries().await.0, 0);
}

#[tokio::test]
async fn row_14_no_payload_changes_what_is_asked() {
    let results = [
        bent_by_paths().await,
        bent_by_raw_paths().await,
        bent_by_headers().await,
        bent_by_queries().await,
    ];
    let bent: usize = results.iter().map(|(bent, _)| bent).sum();
    let tried: usize = results.iter().map(|(_, tried)| tried).sum();
    figure("injection payloads", "count", PATHS.len() + QUERIES.len() + HEADERS.len());
    figure("uses of injection payloads", "count", tried);
    figure("requests changed by a payload", "count", bent);
    assert_eq!(bent, 0);
}
