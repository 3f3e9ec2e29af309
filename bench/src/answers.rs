//! A server that always answers the same. It takes nothing from the heap while it serves, so that it can share a process with what is
//! counted, and it costs next to nothing, so that it can share a machine with what is timed.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use crate::Result;
use crate::asks::{Ask, FiftyTasks, OneTask};

/// The path that answers with a stream of the length that follows it.
pub const STREAM: &str = "/stream/";
/// The largest head of a request.
const MOST_HEAD: usize = 8 << 10;
/// What a stream is written by.
const BLOCK: usize = 256 << 10;

/// What is answered, ready to be written.
struct Prepared {
    task: Vec<u8>,
    tasks: Vec<u8>,
}

/// Listens on a port of its own and answers until the process ends.
///
/// # Errors
///
/// When no port can be had.
pub fn start() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let prepared =
        Arc::new(Prepared { task: reply(&OneTask::body()), tasks: reply(&FiftyTasks::body()) });
    thread::Builder::new().name("answers".to_owned()).spawn(move || {
        for stream in listener.incoming().flatten() {
            let prepared = Arc::clone(&prepared);
            let serving = move || serve(stream, &prepared);
            // A connection that cannot be served is closed, which the caller sees.
            drop(thread::Builder::new().name("connection".to_owned()).spawn(serving));
        }
    })?;
    Ok(address)
}

/// A whole answer: head with four headers beside the usual ones, and body.
fn reply(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nserver: answers\r\ndate: Fri, 02 Jan 2026 03:04:05 GMT\r\ncontent-type: application/json\r\n\
         x-request-id: 0b9f8a1e-6f0c-4a56-8d55-2c2f60f1b7aa\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Answers requests without body, one after the other, until the caller goes.
fn serve(mut stream: TcpStream, prepared: &Prepared) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = [0; MOST_HEAD];
    let mut filled = 0;
    loop {
        let room = buffer.get_mut(filled..).unwrap_or_default();
        let count = stream.read(room)?;
        if count == 0 {
            return Ok(());
        }
        filled += count;
        let head = buffer.get(..filled).unwrap_or_default();
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        let path = path(head).ok_or(ErrorKind::InvalidData)?;
        if let Some(length) = path.strip_prefix(STREAM.as_bytes()) {
            write_stream(&mut stream, length)?;
        } else if path.windows(5).any(|part| part == b"/list") {
            stream.write_all(&prepared.tasks)?;
        } else {
            stream.write_all(&prepared.task)?;
        }
        filled = 0;
    }
}

/// The path of a request.
fn path(head: &[u8]) -> Option<&[u8]> {
    let rest = head.strip_prefix(b"GET ")?;
    rest.split(|byte| *byte == b' ').next()
}

fn write_stream(stream: &mut TcpStream, length: &[u8]) -> std::io::Result<()> {
    let length: u64 = std::str::from_utf8(length)
        .ok()
        .and_then(|length| length.parse().ok())
        .ok_or(ErrorKind::InvalidData)?;
    let head = format!(
        "HTTP/1.1 200 OK\r\netag: \"{length}\"\r\ncontent-type: application/octet-stream\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    let block = vec![0x5a; BLOCK];
    let mut left = length;
    while left > 0 {
        let part = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
        stream.write_all(block.get(..part).unwrap_or(&block))?;
        left -= part as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str, length: usize) -> Vec<u8> {
        let mut stream = TcpStream::connect(start().unwrap()).unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).unwrap();
        let mut got = vec![0; length];
        stream.read_exact(&mut got).unwrap();
        got
    }

    #[test]
    fn the_path_decides_the_answer() {
        let (task, tasks) = (reply(&OneTask::body()), reply(&FiftyTasks::body()));
        assert_eq!(get("/x/1", task.len()), task);
        assert_eq!(get("/x/list?y=1", tasks.len()), tasks);
        let stream = get("/stream/300000", 300_090);
        assert!(stream.starts_with(b"HTTP/1.1 200 OK\r\n"), "{:?}", &stream[..20]);
        assert!(stream.ends_with(&[0x5a; 300_000][..1000]));
    }
}
