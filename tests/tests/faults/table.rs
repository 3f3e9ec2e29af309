//! The fault matrix as a table: what a server does, and what has to come of it.
//!
//! A row reads: name; what the server does on every connection; what a read that may be repeated ends as; what a write ends as. `3 of 3`
//! in `read(3, 3, …)` means that the server saw three requests and the client made three attempts.

use std::io::Write as _;
use std::sync::LazyLock;
use std::time::Duration;

use flighthub_api::ErrorKind;
use flighthub_api::ErrorKind::{
    Code, Connection, Decode, Http, NotDeployed, NotTheApi, Timeout, TooLarge,
};
use serde_json::Value;

use crate::server::Step::{
    self, Bytes, Close, Drip, Drop, Endless, FirstByte, Head, Request, Reset, Silence,
};
use crate::server::{framed, head, reply};

/// What has to come of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expected {
    /// Requests whose head the server saw.
    pub(crate) seen: u32,
    /// Attempts of the client.
    pub(crate) attempts: u32,
    pub(crate) end: End,
}

/// How a call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It brings its answer.
    Good,
    /// A read ends in this error.
    Failed(ErrorKind),
    /// A write ends in this error, and had no effect for certain.
    Refused(ErrorKind),
    /// A write ends in this error, and nobody knows whether it had an effect.
    Open(ErrorKind),
    /// As [`Open`](Self::Open); or as [`Refused`](Self::Refused) after all attempts, when the end of the connection came before the client
    /// knew of its beginning. Only where nothing was sent.
    OpenOrUnsent(ErrorKind),
}

/// How a fault ends a call by itself, or whether the client has to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// By itself.
    Quick,
    /// The client's patience ends it. How many requests have arrived by then depends on the machine: `seen` is the most.
    Patient,
}

/// A row.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) pace: Pace,
    /// From a good answer; none: the port is closed.
    pub(crate) script: Option<fn(&str) -> Vec<Step>>,
    pub(crate) read: Expected,
    pub(crate) write: Expected,
}

const fn read(seen: u32, attempts: u32, kind: ErrorKind) -> Expected {
    Expected { seen, attempts, end: End::Failed(kind) }
}

const fn refused(seen: u32, attempts: u32, kind: ErrorKind) -> Expected {
    Expected { seen, attempts, end: End::Refused(kind) }
}

const fn open(seen: u32, attempts: u32, kind: ErrorKind) -> Expected {
    Expected { seen, attempts, end: End::Open(kind) }
}

const GOOD: Expected = Expected { seen: 1, attempts: 1, end: End::Good };
const EITHER: Expected = Expected { seen: 0, attempts: 3, end: End::OpenOrUnsent(Connection) };

/// A fault that ends a call by itself.
const fn quick(
    name: &'static str,
    script: fn(&str) -> Vec<Step>,
    read: Expected,
    write: Expected,
) -> Fault {
    Fault { name, pace: Pace::Quick, script: Some(script), read, write }
}

/// A fault that the client has to end.
const fn patient(
    name: &'static str,
    script: fn(&str) -> Vec<Step>,
    read: Expected,
    write: Expected,
) -> Fault {
    Fault { name, pace: Pace::Patient, script: Some(script), read, write }
}

/// A request, and this as its answer.
fn says(bytes: impl Into<Vec<u8>>) -> Vec<Step> {
    vec![Request, Bytes(bytes.into())]
}

/// The same, and the end of the connection.
fn says_and_closes(bytes: impl Into<Vec<u8>>) -> Vec<Step> {
    vec![Request, Bytes(bytes.into()), Close]
}

/// A request, and an answer of this status and body.
fn answers(status: &str, headers: &str, body: &str) -> Vec<Step> {
    says(reply(status, headers, body))
}

fn half(text: &str) -> &str {
    text.get(..text.len() / 2).unwrap_or(text)
}

/// A good answer with another message, byte by byte.
fn with_message(good: &str, message: &[u8]) -> Vec<u8> {
    let good: Value = serde_json::from_str(good).unwrap();
    let data = good["data"].to_string();
    let body =
        [b"{\"code\":0,\"message\":\"", message, b"\",\"data\":", data.as_bytes(), b"}"].concat();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), &body].concat()
}

/// 1 GiB of nothing in about 1 MiB: the same member over and over, as the format allows.
fn bomb() -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(&vec![0; 1 << 20]).unwrap();
    packer.finish().unwrap().repeat(900)
}

/// Made once, and before there is anything to wait for it.
pub(crate) static BOMB: LazyLock<Vec<u8>> = LazyLock::new(bomb);

fn packed(_: &str) -> Vec<Step> {
    let length = format!("content-length: {}\r\n", BOMB.len());
    let head = head("200 OK", &format!("content-encoding: gzip\r\n{length}"), "");
    says([head, BOMB.clone()].concat())
}

const PAUSE: Duration = Duration::from_millis(60);
const PAGE: &str = "<!DOCTYPE html><html><body>Sign in</body></html>";

/// All rows. One line each, so that they can be compared.
#[rustfmt::skip]
pub(crate) const FAULTS: &[Fault] = &[
    // Before a request
    Fault {
        name: "port closed",
        pace: Pace::Quick,
        script: None,
        read: read(0, 3, Connection),
        write: refused(0, 3, Connection),
    },
    quick("reset at once", |_| vec![Reset], read(0, 3, Connection), EITHER),
    quick("closed at once", |_| vec![Drop], read(0, 3, Connection), open(0, 1, Connection)),
    patient("silent from the beginning", |_| vec![Silence], read(0, 3, Timeout), open(0, 1, Timeout)),
    // In a request
    quick("reset after the first byte", |_| vec![FirstByte, Reset], read(0, 3, Connection), open(0, 1, Connection)),
    quick("reset after the head", |_| vec![Head, Reset], read(3, 3, Connection), open(1, 1, Connection)),
    patient("silent after the head", |_| vec![Head, Silence], read(3, 3, Timeout), open(1, 1, Timeout)),
    quick(
        "413 before the body",
        |_| vec![Head, Bytes(reply("413 Content Too Large", "connection: close\r\n", "")), Close],
        read(1, 1, Http),
        open(1, 1, Http),
    ),
    // Between request and answer
    quick("reset after the request", |_| vec![Request, Reset], read(3, 3, Connection), open(1, 1, Connection)),
    quick("closed after the request", |_| vec![Request, Close], read(3, 3, Connection), open(1, 1, Connection)),
    patient("done, and never answered", |_| vec![Request, Silence], read(3, 3, Timeout), open(1, 1, Timeout)),
    // In the head of an answer
    quick("garbage instead of HTTP", |_| says_and_closes(b"\0\x01\x02garbage\r\n\r\n"), read(3, 3, Connection), open(1, 1, Connection)),
    quick("another protocol", |_| says_and_closes("SSH-2.0-OpenSSH_9.9\r\n"), read(3, 3, Connection), open(1, 1, Connection)),
    quick("a TLS alert", |_| says_and_closes(b"\x15\x03\x01\x00\x02\x02\x46"), read(3, 3, Connection), open(1, 1, Connection)),
    quick("HTTP/2 frames", |_| says_and_closes(b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x80"), read(3, 3, Connection), open(1, 1, Connection)),
    quick("cut in the head", |good| says_and_closes(&reply("200 OK", "", good)[..30]), read(3, 3, Connection), open(1, 1, Connection)),
    patient("silent in the status line", |_| vec![Request, Bytes(b"HTTP/1.1 2".to_vec()), Silence], read(3, 3, Timeout), open(1, 1, Timeout)),
    patient("a head in drops", |good| vec![Request, Drip(head("200 OK", &"x-slow: 1\r\n".repeat(20), good), 1, PAUSE), Close], read(3, 3, Timeout), open(1, 1, Timeout)),
    patient("interim answers without end", |_| vec![Request, Drip(b"HTTP/1.1 102 Processing\r\n\r\n".repeat(500), 27, PAUSE)], read(3, 3, Timeout), open(1, 1, Timeout)),
    quick("headers without end", |_| vec![Request, Bytes(b"HTTP/1.1 200 OK\r\n".to_vec()), Endless(b"x-more: 1\r\n".repeat(100))], read(3, 3, Connection), open(1, 1, Connection)),
    quick("a header of a megabyte", |good| says_and_closes(head("200 OK", &format!("x-long: {}\r\n", "x".repeat(1 << 20)), good)), read(3, 3, Connection), open(1, 1, Connection)),
    quick("a thousand headers", |good| says_and_closes(head("200 OK", &"x-more: 1\r\n".repeat(1000), good)), read(3, 3, Connection), open(1, 1, Connection)),
    quick("two different lengths", |good| says_and_closes(framed("200 OK", "content-length: 7\r\n", good.len() as u64, good)), read(3, 3, Connection), open(1, 1, Connection)),
    quick("a length below zero", |good| says_and_closes(head("200 OK", "content-length: -1\r\n", good)), read(3, 3, Connection), open(1, 1, Connection)),
    // In the body of an answer
    quick("a length of a terabyte", |good| says(framed("200 OK", "", 1 << 40, good)), read(1, 1, TooLarge), open(1, 1, TooLarge)),
    quick("a body shorter than its length", |good| says_and_closes(framed("200 OK", "", good.len() as u64 + 100, good)), read(3, 3, Connection), open(1, 1, Connection)),
    quick("a body longer than its length", |good| says(framed("200 OK", "", half(good).len() as u64, good)), read(1, 1, Decode), open(1, 1, Decode)),
    quick("reset in the body", |good| vec![Request, Bytes(framed("200 OK", "", good.len() as u64, half(good))), Reset], read(3, 3, Connection), open(1, 1, Connection)),
    patient("silent before the body", |good| vec![Request, Bytes(framed("200 OK", "", good.len() as u64, "")), Silence], read(3, 3, Timeout), open(1, 1, Timeout)),
    patient("silent in the body", |good| vec![Request, Bytes(framed("200 OK", "", good.len() as u64, half(good))), Silence], read(3, 3, Timeout), open(1, 1, Timeout)),
    patient("a body in drops", |_| vec![Request, Bytes(framed("200 OK", "", 1000, "")), Drip(vec![b' '; 1000], 1, PAUSE)], read(3, 3, Timeout), open(1, 1, Timeout)),
    quick("a body in pieces, in time", |good| vec![Request, Drip(reply("200 OK", "", good), 200, Duration::from_millis(2))], GOOD, GOOD),
    quick("a body without end", |_| vec![Request, Bytes(head("200 OK", "", "")), Endless(vec![b' '; 1 << 16])], read(1, 1, TooLarge), open(1, 1, TooLarge)),
    quick("chunks without end", |_| vec![Request, Bytes(head("200 OK", "transfer-encoding: chunked\r\n", "")), Endless([b"1000\r\n".to_vec(), vec![b' '; 0x1000], b"\r\n".to_vec()].concat())], read(1, 1, TooLarge), open(1, 1, TooLarge)),
    quick("chunks that are none", |_| says_and_closes(head("200 OK", "transfer-encoding: chunked\r\n", "what\r\nnow\r\n")), read(3, 3, Connection), open(1, 1, Connection)),
    quick("chunks cut off", |_| says_and_closes(head("200 OK", "transfer-encoding: chunked\r\n", "20\r\n{\"code\":0")), read(3, 3, Connection), open(1, 1, Connection)),
    quick("a compressed bomb", packed, read(1, 1, NotTheApi), open(1, 1, NotTheApi)),
    quick("bytes that are no text", |_| says([b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n".as_slice(), &[0xff, 0xfe, 0, 0x80]].concat()), read(1, 1, NotTheApi), open(1, 1, NotTheApi)),
    quick("a bad byte in the message", |good| says(with_message(good, b"\xff")), GOOD, GOOD),
    quick("a byte order mark", |good| answers("200 OK", "", &format!("\u{feff}{good}")), GOOD, GOOD),
    quick("no length, and the end", |good| says_and_closes(format!("HTTP/1.0 200 OK\r\n\r\n{good}")), GOOD, GOOD),
    quick("an answer twice in one body", |good| answers("200 OK", "", &format!("{good}{good}")), read(1, 1, Decode), open(1, 1, Decode)),
    // After an answer
    quick("two answers to one request", |good| says([reply("200 OK", "", good), reply("200 OK", "", r#"{"code":200401,"message":"of another call"}"#)].concat()), GOOD, GOOD),
    quick("closed when used again", |good| vec![Request, Bytes(reply("200 OK", "", good)), FirstByte, Drop], GOOD, GOOD),
    // Statuses
    quick("500 and nothing", |_| answers("500 Internal Server Error", "", ""), read(3, 3, Http), open(1, 1, Http)),
    quick("502 and a page", |_| answers("502 Bad Gateway", "", PAGE), read(3, 3, Http), open(1, 1, Http)),
    quick("503, again at once", |_| answers("503 Service Unavailable", "retry-after: 0\r\n", ""), read(3, 3, Http), open(1, 1, Http)),
    quick("504 and nothing", |_| answers("504 Gateway Timeout", "", ""), read(3, 3, Http), open(1, 1, Http)),
    quick("429, again at once", |_| answers("429 Too Many Requests", "retry-after: 0\r\n", ""), read(3, 3, Http), refused(1, 1, Http)),
    quick("429, again in an hour", |_| answers("429 Too Many Requests", "retry-after: 3600\r\n", ""), read(1, 1, Http), refused(1, 1, Http)),
    quick("401 and nothing", |_| answers("401 Unauthorized", "", ""), read(1, 1, Http), open(1, 1, Http)),
    quick("403 and nothing", |_| answers("403 Forbidden", "", ""), read(1, 1, Http), open(1, 1, Http)),
    quick("404 and nothing", |_| answers("404 Not Found", "", ""), read(1, 1, NotDeployed), open(1, 1, NotDeployed)),
    quick("404 and a page", |_| answers("404 Not Found", "", PAGE), read(1, 1, NotTheApi), open(1, 1, NotTheApi)),
    quick("a redirect 301", |_| answers("301 Moved", "location: /elsewhere\r\n", ""), read(1, 1, Http), open(1, 1, Http)),
    quick("a redirect 307", |_| answers("307 Temporary Redirect", "location: /elsewhere\r\n", ""), read(1, 1, Http), open(1, 1, Http)),
    quick("status 999", |_| answers("999 What", "", ""), read(1, 1, Http), open(1, 1, Http)),
    // Bodies that are none of the API
    quick("204", |_| says("HTTP/1.1 204 No Content\r\n\r\n"), read(1, 1, Decode), open(1, 1, Decode)),
    quick("200 and nothing", |_| answers("200 OK", "", ""), read(1, 1, Decode), open(1, 1, Decode)),
    quick("200 and a page", |_| answers("200 OK", "", PAGE), read(1, 1, NotTheApi), open(1, 1, NotTheApi)),
    quick("200 and a word", |_| answers("200 OK", "", "ok"), read(1, 1, NotTheApi), open(1, 1, NotTheApi)),
    quick("200 and a list", |_| answers("200 OK", "", "[]"), read(1, 1, NotTheApi), open(1, 1, NotTheApi)),
    quick("200 without a code", |_| answers("200 OK", "", r#"{"message":"ok"}"#), read(1, 1, Decode), open(1, 1, Decode)),
    // Business codes
    quick("200 and a code nobody knows", |_| answers("200 OK", "", r#"{"code":987654,"message":"?"}"#), read(1, 1, Code), open(1, 1, Code)),
    quick("200 and the code for a bad key", |_| answers("200 OK", "", r#"{"code":200401,"message":"no"}"#), read(1, 1, Code), refused(1, 1, Code)),
    quick("200 and the code for too many calls", |_| answers("200 OK", "", r#"{"code":210429,"message":"slow"}"#), read(3, 3, Code), refused(1, 1, Code)),
    quick("400 and a code", |_| answers("400 Bad Request", "", r#"{"code":200101,"message":"no"}"#), read(1, 1, Code), refused(1, 1, Code)),
    quick("500 and a code", |_| answers("500 Internal Server Error", "", r#"{"code":200101,"message":"oh"}"#), read(3, 3, Code), open(1, 1, Code)),
];
