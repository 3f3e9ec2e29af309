//! A server that answers as a test wants it, byte by byte.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A piece of an answer.
pub(crate) enum Piece {
    Bytes(Vec<u8>),
    Pause(Duration),
    /// The same again and again until nobody takes it.
    Endless(Vec<u8>),
    /// This in pieces of so many bytes, with a pause after each.
    Drip(Vec<u8>, usize, Duration),
    /// Reads so many bytes of the body of the request, or what there is of it.
    Take(usize),
    /// The same in pieces of so many bytes, with a pause after each.
    Sip(usize, usize, Duration),
    /// Ends the connection as a crash does.
    Reset,
}

/// The server; it ends with the test.
pub(crate) struct Tiny {
    /// Scheme, host and port.
    pub(crate) url: String,
    heads: Arc<Mutex<Vec<String>>>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Tiny {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Tiny {
    /// Answers by the number of the request, from 0, and its head. Every connection ends after one answer.
    pub(crate) async fn start(
        answer: impl Fn(usize, &str) -> Vec<Piece> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let (answer, seen) = (Arc::new(answer), Arc::clone(&heads));
        let serving = tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        match socket.read_u8().await {
                            Ok(byte) => head.push(byte),
                            Err(_) => return,
                        }
                    }
                    let head = String::from_utf8(head).unwrap();
                    let number = {
                        let mut seen = seen.lock().unwrap();
                        seen.push(head.clone());
                        seen.len() - 1
                    };
                    let length = header(&head, "content-length");
                    let mut left: usize = length.map_or(0, |length| length.parse().unwrap());
                    for piece in answer(number, &head) {
                        match piece {
                            Piece::Bytes(bytes) => {
                                if socket.write_all(&bytes).await.is_err() {
                                    return;
                                }
                            }
                            Piece::Pause(time) => tokio::time::sleep(time).await,
                            Piece::Endless(bytes) => {
                                while socket.write_all(&bytes).await.is_ok() {}
                                return;
                            }
                            Piece::Drip(bytes, length, pause) => {
                                for piece in bytes.chunks(length) {
                                    if socket.write_all(piece).await.is_err() {
                                        return;
                                    }
                                    tokio::time::sleep(pause).await;
                                }
                            }
                            Piece::Take(most) => {
                                left = sip(&mut socket, left, most, most, Duration::ZERO).await;
                            }
                            Piece::Sip(most, length, pause) => {
                                left = sip(&mut socket, left, most, length, pause).await;
                            }
                            Piece::Reset => {
                                let _ = socket.set_zero_linger();
                                return;
                            }
                        }
                    }
                    let _ = socket.shutdown().await;
                });
            }
        });
        Self { url, heads, serving }
    }

    /// The heads of the requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

/// Reads so many bytes of the `left` ones, in pieces with pauses; gives how many are left.
async fn sip(
    socket: &mut TcpStream,
    left: usize,
    most: usize,
    length: usize,
    pause: Duration,
) -> usize {
    let mut buffer = vec![0; length.clamp(1, 1 << 16)];
    let mut taken = 0;
    while taken < most.min(left) {
        let room = buffer.len().min(most.min(left) - taken);
        match socket.read(&mut buffer[..room]).await {
            Ok(0) | Err(_) => break,
            Ok(came) => taken += came,
        }
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }
    left.saturating_sub(taken)
}

/// The value of a header of a request.
pub(crate) fn header(head: &str, name: &str) -> Option<String> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim().to_owned())
}

/// A whole answer.
pub(crate) fn reply(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status}\r\nconnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    [text.as_bytes(), body].concat()
}

/// A good answer of a storage: the file, or the wanted part of it, if the entity tag is still that.
pub(crate) fn stored(head: &str, file: &[u8], etag: &str) -> Vec<u8> {
    let start = header(head, "range")
        .filter(|_| header(head, "if-range").is_none_or(|tag| tag == etag))
        .map(|range| {
            range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap()
        });
    let (whole, length) = (file.len().to_string(), |at: usize| (file.len() - at).to_string());
    match start {
        None => reply("200 OK", &[("etag", etag), ("content-length", &whole)], file),
        Some(start) if start < file.len() => {
            let range = format!("bytes {start}-{}/{}", file.len() - 1, file.len());
            let length = length(start);
            let headers =
                [("etag", etag), ("content-range", &*range), ("content-length", &*length)];
            reply("206 Partial Content", &headers, &file[start..])
        }
        Some(_) => {
            let range = format!("bytes */{}", file.len());
            reply(
                "416 Range Not Satisfiable",
                &[("content-range", &range), ("content-length", "0")],
                b"",
            )
        }
    }
}

/// Bytes that do not repeat soon.
pub(crate) fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut rng = fastrand::Rng::with_seed(seed);
    (0..length).map(|_| rng.u8(..)).collect()
}
