//! How fast the simulator starts, how many reads it answers, and how much memory a million of them take: `cargo bench -p flighthub-sim`.
//!
//! The load generator is part of the same machine's work: blocking sockets, keep-alive, one request at a time on each connection.
//! Arguments after `--`: `quick` for a tenth of everything.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program for people")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const CONNECTIONS: usize = 8;
const DOCK: &str = "7CTXN0000B00A1";

/// The simulator as its own process.
struct Server {
    child: Child,
    address: String,
    token: String,
    project: String,
    ready: Duration,
}

impl Server {
    fn start(arguments: &[&str]) -> Self {
        let began = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_flighthub-sim"))
            .args(["--listen", "127.0.0.1:0", "--speed", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut after = |start: &str| {
            let line = lines.next().unwrap().unwrap();
            line.strip_prefix(start).unwrap().to_owned()
        };
        let address = after("listening on http://");
        let ready = began.elapsed();
        let (token, project) = (after("FLIGHTHUB_TOKEN="), after("FLIGHTHUB_PROJECT="));
        Self { child, address, token, project, ready }
    }

    fn request(&self, path: &str) -> Vec<u8> {
        format!(
            "GET /openapi/v0.1{path} HTTP/1.1\r\nHost: {}\r\nX-User-Token: {}\r\nX-Project-Uuid: {}\r\nX-Language: en\r\nX-Request-Id: 0b9f8a1e-6f0c-4a56-8d55-2c2f60f1b7aa\r\n\r\n",
            self.address, self.token, self.project
        )
        .into_bytes()
    }

    /// Resident memory in KiB.
    fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.trim().parse().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection that is kept alive.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { stream, buffer: Vec::new() }
    }

    /// Sends a request and reads the whole reply; it has to be a success.
    fn exchange(&mut self, request: &[u8]) -> usize {
        self.stream.write_all(request).unwrap();
        self.buffer.clear();
        let mut chunk = [0; 16 * 1024];
        loop {
            let count = self.stream.read(&mut chunk).unwrap();
            assert!(count > 0, "the simulator closed the connection");
            self.buffer.extend_from_slice(&chunk[..count]);
            let Some(head) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
                continue;
            };
            let text = std::str::from_utf8(&self.buffer[..head]).unwrap();
            assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
            let length = text.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().unwrap())
            });
            if self.buffer.len() >= head + 4 + length.unwrap() {
                return self.buffer.len();
            }
        }
    }
}

/// So many requests over eight connections: requests a second, and bytes of one reply.
fn load(server: &Server, request: &[u8], requests: usize) -> (f64, usize) {
    let mut warm = Connection::open(&server.address);
    let bytes = (0..200).map(|_| warm.exchange(request)).last().unwrap();
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut connection = Connection::open(&server.address);
                for _ in 0..requests / CONNECTIONS {
                    connection.exchange(request);
                }
            });
        }
    });
    (requests as f64 / began.elapsed().as_secs_f64(), bytes)
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "quick");
    let share = if quick { 10 } else { 1 };

    let mut starts: Vec<_> = (0..20).map(|_| Server::start(&[]).ready).collect();
    starts.sort();
    println!("start of the binary until it says where it listens, 20 times");
    println!("  median {:.1} ms, longest {:.1} ms", ms(starts[10]), ms(starts[19]));

    let server = Server::start(&[]);
    println!("\nreads over {CONNECTIONS} kept connections, load generator on the same cores");
    for (name, path) in [
        ("system.status", "/system_status".to_owned()),
        ("project.devices", "/project/device".to_owned()),
        ("device.state", format!("/device/{DOCK}/state")),
    ] {
        let (rate, bytes) = load(&server, &server.request(&path), 200_000 / share);
        println!("  {name:<16} {rate:>7.0} a second, {bytes} bytes a reply");
    }

    let server = Server::start(&[]);
    let request = server.request("/system_status");
    println!("\nmemory over {} requests", 1_000_000 / share);
    for part in 0..=4 {
        if part > 0 {
            load(&server, &request, 250_000 / share);
        }
        match server.memory() {
            Some(kib) => {
                println!("  after {:>7}: {:.1} MiB", part * 250_000 / share, kib as f64 / 1024.0)
            }
            None => println!("  not measured: this system has no /proc"),
        }
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
