//! What an HTTP library cannot do with a connection: break it, hold it, send what is no reply.
//!
//! hyper serves a connection as long as nothing is wrong. A handler that wants more than a reply hands in a script by its [`Link`]; the
//! connection is then taken from hyper, which has no say any more, and the script is played on the bare socket.

use std::future::pending;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::response::Parts;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::faults::End;

/// Longest silence: a forgotten peer does not hold its connection for ever.
const LONGEST_SILENCE: Duration = Duration::from_secs(600);
/// How long a peer may take to notice that its connection is being closed.
const LINGER: Duration = Duration::from_secs(2);
/// What is sent is given so long to arrive before a reset, which overtakes it.
const HEADSTART: Duration = Duration::from_millis(10);

/// A step of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Sends bytes.
    Send(Bytes),
    /// Sends bytes in drops.
    Drip { bytes: Bytes, drop: usize, every: Duration },
    /// Sends one byte over and over.
    Repeat(u8, u64),
    /// Sends the same bytes until the peer has enough.
    Endless(Bytes),
    /// Sends nothing, reads what comes, until the peer goes or the time is over.
    Silence(Option<Duration>),
    /// As silence, without reading.
    Deafness(Option<Duration>),
    /// Ends in order: the peer reads everything that was sent, and then the end.
    Close,
    /// Ends at once: the peer gets an error.
    Reset,
}

impl Step {
    pub(super) const fn end(end: End) -> Self {
        match end {
            End::Close => Self::Close,
            End::Reset => Self::Reset,
            End::Silence => Self::Silence(None),
        }
    }
}

/// A request's hold on its connection.
#[derive(Debug, Default)]
pub(super) struct Link {
    script: Mutex<Option<Vec<Step>>>,
    handed_in: Notify,
    /// How the connection ends when it is used again: 0 not at all, 1 by a close, 2 by a reset.
    on_reuse: AtomicU8,
}

impl Link {
    /// Takes the connection over. The request that asked for it gets no reply but the script, so this never returns.
    pub(super) async fn play<T>(&self, script: Vec<Step>) -> T {
        *self.script.lock().unwrap_or_else(PoisonError::into_inner) = Some(script);
        self.handed_in.notify_one();
        pending().await
    }

    /// The script, once one is handed in.
    pub(super) async fn script(&self) -> Vec<Step> {
        self.handed_in.notified().await;
        self.script.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }

    /// The connection ends when the next request arrives on it.
    pub(super) fn end_on_reuse(&self, end: End) {
        self.on_reuse.store(if end == End::Reset { 2 } else { 1 }, Ordering::Relaxed);
    }

    /// How the connection ends now that a request arrived, if it does.
    pub(super) fn ends(&self) -> Option<End> {
        match self.on_reuse.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(End::Close),
            _ => Some(End::Reset),
        }
    }
}

/// Plays a script on a socket, which is closed afterwards. Where the peer is gone there is nothing left to do.
pub(super) async fn play(mut stream: TcpStream, script: Vec<Step>) {
    for step in script {
        let more = match step {
            Step::Send(bytes) => stream.write_all(&bytes).await.is_ok(),
            Step::Drip { bytes, drop, every } => drip(&mut stream, &bytes, drop, every).await,
            Step::Repeat(byte, times) => repeat(&mut stream, byte, times).await,
            Step::Endless(bytes) => {
                while stream.write_all(&bytes).await.is_ok() {}
                false
            }
            Step::Silence(time) => {
                let gone = read_away(&mut stream);
                timeout(time.unwrap_or(LONGEST_SILENCE), gone).await.is_err()
            }
            Step::Deafness(time) => {
                tokio::time::sleep(time.unwrap_or(LONGEST_SILENCE)).await;
                true
            }
            Step::Close => {
                if stream.shutdown().await.is_ok() {
                    // A socket that is closed over unread bytes sends a reset instead, which could overtake the reply.
                    let _ = timeout(LINGER, read_away(&mut stream)).await;
                }
                false
            }
            Step::Reset => {
                tokio::time::sleep(HEADSTART).await;
                let _ = stream.set_zero_linger();
                false
            }
        };
        if !more {
            return;
        }
    }
}

/// Resets a connection at once.
pub(super) fn reset(stream: TcpStream) {
    let _ = stream.set_zero_linger();
    drop(stream);
}

async fn drip(stream: &mut TcpStream, bytes: &Bytes, drop: usize, every: Duration) -> bool {
    for (number, part) in bytes.chunks(drop.max(1)).enumerate() {
        if number > 0 {
            tokio::time::sleep(every).await;
        }
        if stream.write_all(part).await.is_err() {
            return false;
        }
    }
    true
}

async fn repeat(stream: &mut TcpStream, byte: u8, times: u64) -> bool {
    let chunk = [byte; 16 * 1024];
    let mut left = times;
    while left > 0 {
        let part = usize::try_from(left).unwrap_or(usize::MAX).min(chunk.len());
        if stream.write_all(&chunk[..part]).await.is_err() {
            return false;
        }
        left -= part as u64;
    }
    true
}

/// Reads until the peer has nothing more to say or is gone.
async fn read_away(stream: &mut TcpStream) {
    let mut buffer = [0; 4096];
    while matches!(stream.read(&mut buffer).await, Ok(bytes) if bytes > 0) {}
}

/// The head of a reply as bytes. What is said about the length and the connection stands in `framing`.
pub(super) fn head(parts: &Parts, framing: &[(&str, &str)]) -> Vec<u8> {
    let status = parts.status;
    let reason = status.canonical_reason().unwrap_or("Simulated");
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
    let mut line = |name: &[u8], value: &[u8]| {
        for part in [name, b": ", value, b"\r\n"] {
            bytes.extend_from_slice(part);
        }
    };
    for (name, value) in &parts.headers {
        let ours = framing.iter().any(|(ours, _)| name.as_str() == *ours);
        if !ours && name != http::header::CONTENT_LENGTH {
            line(name.as_str().as_bytes(), value.as_bytes());
        }
    }
    for (name, value) in framing {
        line(name.as_bytes(), value.as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}
