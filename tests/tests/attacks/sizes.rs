//! Answers that are larger than anybody can want: unpacked, endless, or said to be.

use std::io::{Read as _, Write as _};

use flighthub_api::v1::TaskGet;
use flighthub_api::{Error, ErrorKind};

use crate::launch;
use crate::server::{Answer, Server, reply};

/// The largest answer that the clients of these tests accept.
const CAP: usize = 1 << 20;

/// What a read and a write make of an answer. Each is asked for once, and the write never seems accepted.
async fn refused(answer: impl Into<Answer>) -> Error {
    let server = Server::start(answer).await;
    let project = server.builder().max_response_bytes(CAP).build().unwrap().project("p-1");
    let write = project.send(&launch()).await.unwrap_err();
    assert!(write.is_indeterminate(), "{write}");
    let read = project.send(&TaskGet::new("a")).await.unwrap_err();
    assert_eq!(server.requests().len(), 2);
    assert_eq!(read.kind(), write.kind());
    read
}

/// So many mebibytes of nothing, packed.
fn packed(encoding: &str, mebibytes: usize) -> Vec<u8> {
    let nothing = vec![b' '; 1 << 20];
    let level = flate2::Compression::best();
    if encoding == "gzip" {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), level);
        (0..mebibytes).for_each(|_| packer.write_all(&nothing).unwrap());
        packer.finish().unwrap()
    } else {
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), level);
        (0..mebibytes).for_each(|_| packer.write_all(&nothing).unwrap());
        packer.finish().unwrap()
    }
}

#[tokio::test]
async fn attack_22_a_gzip_bomb_is_not_unpacked() {
    let bomb = packed("gzip", 3);
    assert!(bomb.len() < CAP / 4);
    let mut unpacked = flate2::read::GzDecoder::new(&bomb[..]).take(CAP as u64 + 1);
    assert_eq!(std::io::copy(&mut unpacked, &mut std::io::sink()).unwrap(), CAP as u64 + 1);
    for encoding in ["gzip", "x-gzip", "gzip, gzip"] {
        let headers = format!("content-encoding: {encoding}\r\n");
        let error = refused(reply("200 OK", &headers, &bomb)).await;
        assert_eq!(error.kind(), ErrorKind::NotTheApi, "{error}");
        // What came is what there is: nobody made more of it.
        assert!(error.body().unwrap().len() < CAP, "{error}");
    }
}

#[tokio::test]
async fn attack_22_deflate_and_brotli_bombs_are_not_unpacked() {
    // Brotli: a stream of 16 MiB of zeros, by hand: window 24, one last meta-block. Whatever it is, it is only bytes here.
    let brotli = [&[0x0f, 0xff, 0xff, 0xff, 0x03][..], &[0; 64]].concat();
    for (encoding, bomb) in [("deflate", packed("deflate", 3)), ("br", brotli)] {
        let headers = format!("content-encoding: {encoding}\r\n");
        let error = refused(reply("200 OK", &headers, &bomb)).await;
        assert_eq!(error.kind(), ErrorKind::NotTheApi, "{error}");
        assert!(error.body().unwrap().len() < CAP, "{error}");
    }
}

#[tokio::test]
async fn attack_22_nobody_asks_for_packed_answers() {
    let server = Server::start(reply("200 OK", "", br#"{"code":0,"data":{}}"#)).await;
    let _ = server.client().project("p-1").send(&TaskGet::new("a")).await;
    assert!(!server.requests()[0].to_lowercase().contains("accept-encoding"));
}

#[tokio::test]
async fn attack_23_an_endless_body_is_cut_at_the_cap() {
    let spaces = vec![b' '; 0x4000];
    let chunk = [b"4000\r\n", &spaces[..], b"\r\n"].concat();
    for (head, endless) in [
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", chunk.clone()),
        ("HTTP/1.1 200 OK\r\n\r\n{\"code\":0,\"data\":[", spaces.clone()),
        ("HTTP/1.1 500 Oh\r\ntransfer-encoding: chunked\r\n\r\n", chunk),
    ] {
        let error = refused(Answer { bytes: head.into(), endless }).await;
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    }
}

#[tokio::test]
async fn attack_24_a_terabyte_that_is_announced_is_not_waited_for() {
    for length in ["1099511627776", "9223372036854775807"] {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{{");
        let error = refused(head).await;
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    }
    // Lengths that are none.
    for length in ["-1", "18446744073709551614", "99999999999999999999", "0x10", "1, 2"] {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{{}}");
        let error = refused(head).await;
        assert_eq!(error.kind(), ErrorKind::Connection, "{length}: {error}");
    }
}

#[tokio::test]
async fn attack_25_a_million_headers_are_refused() {
    let head = b"HTTP/1.1 200 OK\r\n".to_vec();
    let lines = b"x: y\r\n".repeat(1000);
    let error = refused(Answer { bytes: head, endless: lines }).await;
    assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
}

#[tokio::test]
async fn attack_25_a_header_of_a_mebibyte_is_refused() {
    let head =
        format!("HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 2\r\n\r\n{{}}", "y".repeat(1 << 20));
    let error = refused(head).await;
    assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
}
