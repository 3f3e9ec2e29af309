//! How much memory an answer can cost. A program of its own, because it counts what all of it allocates.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "attacks/server.rs"]
#[allow(dead_code, reason = "others use the rest of it")]
mod server;

use std::alloc::System;
use std::io::Write as _;

use cap::Cap;
use flighthub_api::{ErrorKind, Method};
use server::{Answer, Server, reply};

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// As in a client that nobody told otherwise.
const LIMIT: usize = 16 << 20;
const MEBIBYTE: usize = 1 << 20;

fn gzip_bomb() -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let nothing = vec![b' '; 1 << 20];
    (0..24).for_each(|_| packer.write_all(&nothing).unwrap());
    packer.finish().unwrap()
}

fn attacks() -> Vec<(&'static str, Answer, ErrorKind)> {
    let spaces = vec![b' '; 0x4000];
    let chunk = [b"4000\r\n", &spaces[..], b"\r\n"].concat();
    let answer = |head: &str, endless: Vec<u8>| Answer { bytes: head.into(), endless };
    vec![
        (
            "gzip bomb",
            reply("200 OK", "content-encoding: gzip\r\n", &gzip_bomb()).into(),
            ErrorKind::NotTheApi,
        ),
        (
            "announced",
            answer("HTTP/1.1 200 OK\r\ncontent-length: 1099511627776\r\n\r\n", spaces.clone()),
            ErrorKind::TooLarge,
        ),
        ("headers", answer("HTTP/1.1 200 OK\r\n", b"x: y\r\n".repeat(1000)), ErrorKind::Connection),
        ("header", answer("HTTP/1.1 200 OK\r\nx: ", b"y".repeat(0x4000)), ErrorKind::Connection),
        (
            "chunks",
            answer("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", chunk),
            ErrorKind::TooLarge,
        ),
        ("without an end", answer("HTTP/1.1 200 OK\r\n\r\n", spaces), ErrorKind::TooLarge),
    ]
}

/// What allocates is client and server together; the servers keep a few kilobytes.
#[tokio::test]
async fn attack_22_to_25_cost_no_more_memory_than_the_cap() {
    let attacks = attacks();
    let before = MEMORY.allocated();
    for (name, answer, kind) in attacks {
        let server = Server::start(answer).await;
        let client = server.builder().max_response_bytes(LIMIT).build().unwrap();
        let error = client.raw(Method::Get, "/openapi/v0.1/x").send().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
        let peak = MEMORY.max_allocated() - before;
        assert!(peak <= LIMIT + MEBIBYTE, "{name}: {peak} bytes");
    }
    let peak = MEMORY.max_allocated() - before;
    // The count is one: an answer of nearly the limit is held once.
    assert!(peak > LIMIT - MEBIBYTE, "{peak} bytes");
    print_figures(peak);
}

#[allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "figures of the proof")]
fn print_figures(peak: usize) {
    let mebibytes = |bytes: usize| bytes as f64 / MEBIBYTE as f64;
    println!("figure Attacks | size bombs | cap = {} MiB", mebibytes(LIMIT));
    println!("figure Attacks | size bombs | peak heap = {:.2} MiB", mebibytes(peak));
    println!(
        "figure Attacks | size bombs | peak heap over the cap = {:.2} MiB",
        mebibytes(peak) - mebibytes(LIMIT)
    );
}
