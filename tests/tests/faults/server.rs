//! A server below HTTP: it plays a script of reads, bytes, pauses and ends on every connection, and counts what arrived.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flighthub_api::{Client, ClientBuilder, Region, Token};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// What a connection does, one step after the other. When all is played, it begins anew with the next request.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Waits for the first byte of a request.
    FirstByte,
    /// Waits for the whole head of a request.
    Head,
    /// Waits for a request with its body.
    Request,
    /// Sends this.
    Bytes(Vec<u8>),
    /// Sends this in pieces of so many bytes, with a pause after each.
    Drip(Vec<u8>, usize, Duration),
    /// Sends this until nobody takes it.
    Endless(Vec<u8>),
    /// Does nothing until the client gives up.
    Silence,
    /// Ends the connection as a crash does.
    Reset,
    /// Ends the connection without reading what may still come.
    Drop,
    /// Ends the connection after everything has been delivered.
    Close,
}

/// What arrived.
#[derive(Default)]
pub(crate) struct Seen {
    connections: AtomicU32,
    begun: AtomicU32,
    heads: AtomicU32,
    requests: AtomicU32,
    open: AtomicU32,
    most_open: AtomicU32,
    /// For every request: the number of its connection, and its method.
    log: Mutex<Vec<(u32, String)>>,
}

impl Seen {
    /// Requests of which a byte arrived.
    pub(crate) fn begun(&self) -> u32 {
        self.begun.load(Ordering::SeqCst)
    }

    /// Requests whose head arrived: whoever acts on heads has acted so often.
    pub(crate) fn heads(&self) -> u32 {
        self.heads.load(Ordering::SeqCst)
    }

    /// Requests that arrived whole.
    pub(crate) fn requests(&self) -> u32 {
        self.requests.load(Ordering::SeqCst)
    }

    /// The most connections that were open at once.
    pub(crate) fn most_open(&self) -> u32 {
        self.most_open.load(Ordering::SeqCst)
    }

    /// Number of the connection, and method, of every request.
    pub(crate) fn log(&self) -> Vec<(u32, String)> {
        self.log.lock().unwrap().clone()
    }

    fn opened(&self) -> u32 {
        let open = self.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_open.fetch_max(open, Ordering::SeqCst);
        self.connections.fetch_add(1, Ordering::SeqCst) + 1
    }
}

/// The script of a connection: the one for its number, from 1.
type Scripts = dyn Fn(u32) -> Vec<Step> + Send + Sync;

struct Shared {
    script: Box<Scripts>,
    healthy: Vec<Step>,
    is_healthy: AtomicBool,
    seen: Arc<Seen>,
}

/// The server; it ends with its value.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Arc<Seen>,
    shared: Arc<Shared>,
    /// Bound, but not listening.
    closed: Mutex<Option<TcpSocket>>,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(accepting) = self.accepting.lock().unwrap().take() {
            accepting.abort();
        }
    }
}

impl Server {
    /// Plays the script on every connection, until it is [`heal`](Self::heal)ed.
    pub(crate) fn start(
        script: impl Fn(u32) -> Vec<Step> + Send + Sync + 'static,
        good: &str,
    ) -> Self {
        let server = Self::refusing_with(script, good);
        server.listen();
        server
    }

    /// Refuses connections, until it is [`heal`](Self::heal)ed.
    pub(crate) fn refusing(good: &str) -> Self {
        Self::refusing_with(|_| Vec::new(), good)
    }

    /// Answers well.
    pub(crate) fn healthy(good: &str) -> Self {
        let server = Self::refusing(good);
        server.heal();
        server
    }

    fn refusing_with(
        script: impl Fn(u32) -> Vec<Step> + Send + Sync + 'static,
        good: &str,
    ) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // As listeners do: ports of connections that have just ended are free to take.
        socket.set_reuseaddr(true).unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = socket.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let shared = Arc::new(Shared {
            script: Box::new(script),
            healthy: vec![Step::Request, Step::Bytes(reply("200 OK", "", good))],
            is_healthy: AtomicBool::new(false),
            seen: Arc::clone(&seen),
        });
        Self {
            address,
            seen,
            shared,
            closed: Mutex::new(Some(socket)),
            accepting: Mutex::default(),
        }
    }

    /// From now on every request gets a good answer.
    pub(crate) fn heal(&self) {
        self.shared.is_healthy.store(true, Ordering::SeqCst);
        self.listen();
    }

    fn listen(&self) {
        let Some(socket) = self.closed.lock().unwrap().take() else { return };
        let listener = socket.listen(1024).unwrap();
        let accepting = tokio::spawn(accept(listener, Arc::clone(&self.shared)));
        *self.accepting.lock().unwrap() = Some(accepting);
    }

    /// A client of this server.
    pub(crate) fn builder(&self) -> ClientBuilder {
        let region = Region::on_premises(format!("http://{}", self.address));
        Client::builder(region, Token::opaque("FHCANARY")).no_rate_limit().no_proxy()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // They end with this task.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let number = shared.seen.opened();
        let peer = Peer { stream, number, read: Vec::new(), shared: Arc::clone(&shared) };
        connections.spawn(peer.live());
        while connections.try_join_next().is_some() {}
    }
}

/// One connection.
struct Peer {
    stream: TcpStream,
    number: u32,
    read: Vec<u8>,
    shared: Arc<Shared>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.shared.seen.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Peer {
    async fn live(mut self) {
        loop {
            let mut script = self.current();
            // What is right when the next request comes counts, not what was right when the last one ended.
            if matches!(script.first(), Some(Step::FirstByte | Step::Head | Step::Request)) {
                if !self.first_byte().await {
                    return;
                }
                script = self.current();
            }
            for step in script {
                if !self.play(step).await {
                    return;
                }
            }
        }
    }

    fn current(&self) -> Vec<Step> {
        if self.shared.is_healthy.load(Ordering::SeqCst) {
            self.shared.healthy.clone()
        } else {
            (self.shared.script)(self.number)
        }
    }

    /// Plays one step; false when the connection is over.
    async fn play(&mut self, step: Step) -> bool {
        match step {
            Step::FirstByte => self.first_byte().await,
            Step::Head => self.head().await.is_some(),
            Step::Request => self.request().await,
            Step::Bytes(bytes) => self.stream.write_all(&bytes).await.is_ok(),
            Step::Drip(bytes, length, pause) => {
                for piece in bytes.chunks(length) {
                    if self.stream.write_all(piece).await.is_err() {
                        return false;
                    }
                    tokio::time::sleep(pause).await;
                }
                true
            }
            Step::Endless(bytes) => {
                while self.stream.write_all(&bytes).await.is_ok() {}
                false
            }
            Step::Silence => {
                self.left().await;
                false
            }
            Step::Reset => {
                let _ = self.stream.set_zero_linger();
                false
            }
            Step::Drop => false,
            Step::Close => {
                let _ = self.stream.shutdown().await;
                let mut rest = [0; 4096];
                while self.stream.read(&mut rest).await.is_ok_and(|length| length > 0) {}
                false
            }
        }
    }

    /// Waits until the client has closed, without reading anything.
    async fn left(&self) {
        loop {
            match self.stream.ready(Interest::READABLE).await {
                Ok(ready) if !ready.is_read_closed() => {
                    tokio::time::sleep(Duration::from_millis(30)).await;
                }
                _ => return,
            }
        }
    }

    async fn first_byte(&mut self) -> bool {
        !self.read.is_empty() || self.more().await
    }

    async fn more(&mut self) -> bool {
        let is_new = self.read.is_empty();
        let has_come = self.stream.read_buf(&mut self.read).await.is_ok_and(|length| length > 0);
        if is_new && has_come {
            self.shared.seen.begun.fetch_add(1, Ordering::SeqCst);
        }
        has_come
    }

    /// Waits for a head; gives where it ends.
    async fn head(&mut self) -> Option<usize> {
        loop {
            if let Some(at) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.read[..at]);
                let method = head.split(' ').next().unwrap_or_default().to_owned();
                self.shared.seen.heads.fetch_add(1, Ordering::SeqCst);
                self.shared.seen.log.lock().unwrap().push((self.number, method));
                return Some(at + 4);
            }
            if !self.more().await {
                return None;
            }
        }
    }

    async fn request(&mut self) -> bool {
        let Some(end) = self.head().await else { return false };
        let head = String::from_utf8_lossy(&self.read[..end]).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |length| length.parse().unwrap());
        while self.read.len() < end + length {
            if !self.more().await {
                return false;
            }
        }
        self.read.drain(..end + length);
        self.shared.seen.requests.fetch_add(1, Ordering::SeqCst);
        true
    }
}

/// An answer whose length is right.
pub(crate) fn reply(status: &str, headers: &str, body: &str) -> Vec<u8> {
    framed(status, headers, body.len() as u64, body)
}

/// An answer that names this length, right or not.
pub(crate) fn framed(status: &str, headers: &str, length: u64, body: &str) -> Vec<u8> {
    head(status, &format!("content-length: {length}\r\n{headers}"), body)
}

/// An answer with just these headers.
pub(crate) fn head(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let text =
        format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}\r\n{body}");
    text.into_bytes()
}
