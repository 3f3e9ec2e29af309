//! Every phase of a call has an end, without anybody having asked for one: the default timeouts, in virtual time.
//!
//! The network is real. The clock is stopped as soon as nothing moves any more; then it jumps to whatever ends the call.

use std::net::SocketAddr;
use std::time::Duration;

use flighthub_api::{
    CallOptions, Client, ClientBuilder, Error, ErrorKind, Region, RetryPolicy, Token,
};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::Instant;

use crate::figure;
use crate::operations::{sample, send};
use crate::server::{Server, Step, head};

/// How a write and its time end when the clock is stopped once `is_silent`.
async fn ends(
    builder: ClientBuilder,
    options: CallOptions,
    is_silent: impl AsyncFnOnce(),
) -> (Error, Duration) {
    let project = builder.build().unwrap().project("p-1");
    let start = Instant::now();
    let call = tokio::spawn(send(&project, &sample("task.create").operation, &options));
    is_silent().await;
    tokio::time::pause();
    let error = call.await.unwrap().unwrap_err();
    let took = start.elapsed();
    tokio::time::resume();
    (error, took)
}

fn is_near(row: &str, took: Duration, seconds: u64) {
    let wanted = Duration::from_secs(seconds);
    let off = (took.as_secs_f64() / wanted.as_secs_f64() - 1.0) * 100.0;
    figure!("Timeouts", row, "off the promise", off, "percent");
    assert!(off.abs() <= 10.0, "{row}: {took:?}, not {wanted:?}");
}

fn once(builder: ClientBuilder) -> ClientBuilder {
    builder.retry(RetryPolicy::never())
}

/// A port whose queue of connections is full: further ones get no answer. `None` where the system answers all the same.
async fn full() -> Option<(SocketAddr, TcpListener, Vec<TcpStream>)> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = socket.local_addr().unwrap();
    let listener = socket.listen(1).unwrap();
    let mut waiting = Vec::new();
    for _ in 0..64 {
        match tokio::time::timeout(Duration::from_millis(500), TcpStream::connect(address)).await {
            Ok(stream) => waiting.push(stream.ok()?),
            Err(_) => return Some((address, listener, waiting)),
        }
    }
    None
}

#[tokio::test]
async fn a_connection_that_is_never_established_ends_after_five_seconds() {
    let Some((address, _listener, _waiting)) = full().await else {
        figure!(
            "Timeouts",
            "connection",
            "off the promise",
            "not measured (this system queues without end)"
        );
        return;
    };
    let region = Region::on_premises(format!("http://{address}"));
    let builder = Client::builder(region, Token::opaque("FHCANARY")).no_proxy();
    let (error, took) = ends(once(builder), CallOptions::new(), async || {
        // Long enough to have asked for the connection; if not, the answer is the same.
        tokio::time::sleep(Duration::from_millis(20)).await;
    })
    .await;
    assert_eq!((error.kind(), error.is_refused()), (ErrorKind::Connection, true), "{error:?}");
    is_near("connection", took, 5);
}

#[tokio::test]
async fn a_greeting_that_is_never_answered_ends_after_five_seconds() {
    // TLS: the port accepts, and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let region = Region::on_premises(format!("https://{}", listener.local_addr().unwrap()));
    let builder = Client::builder(region, Token::opaque("FHCANARY")).no_proxy();
    let mut peer = None;
    let (error, took) = ends(once(builder), CallOptions::new(), async || {
        let (stream, _) = listener.accept().await.unwrap();
        stream.readable().await.unwrap();
        peer = Some(stream);
    })
    .await;
    assert_eq!((error.kind(), error.is_refused()), (ErrorKind::Connection, true), "{error:?}");
    is_near("TLS greeting", took, 5);
}

/// A server that plays this, and the moment when it has.
async fn silent_after(steps: Vec<Step>, options: CallOptions, seconds: u64, row: &str) {
    let server = Server::start(move |_| steps.clone(), "");
    let (error, took) = ends(once(server.builder()), options, async || {
        while server.seen.requests() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // What the server has sent is there.
        tokio::time::sleep(Duration::from_millis(50)).await;
    })
    .await;
    assert_eq!((error.kind(), error.is_indeterminate()), (ErrorKind::Timeout, true), "{error:?}");
    assert_eq!(server.seen.requests(), 1);
    is_near(row, took, seconds);
}

#[tokio::test]
async fn a_head_that_never_comes_ends_after_twenty_seconds() {
    let steps = vec![Step::Request, Step::Silence];
    silent_after(steps, CallOptions::new(), 20, "head of the answer").await;
}

#[tokio::test]
async fn a_body_that_stops_ends_after_twenty_seconds() {
    let begun = head("200 OK", "content-length: 100\r\n", "{\"code\":0");
    let steps = vec![Step::Request, Step::Bytes(begun), Step::Silence];
    silent_after(steps, CallOptions::new(), 20, "silence in the body").await;
}

#[tokio::test]
async fn an_attempt_ends_after_thirty_seconds_and_a_call_when_it_is_told_to() {
    let dropping = || {
        let drops = Step::Drip(vec![b' '; 1000], 1, Duration::from_secs(3));
        vec![Step::Request, Step::Bytes(head("200 OK", "content-length: 1000\r\n", "")), drops]
    };
    silent_after(dropping(), CallOptions::new(), 30, "an attempt").await;
    let options = CallOptions::new().timeout(Duration::from_secs(12));
    silent_after(dropping(), options, 12, "a call").await;
}

#[tokio::test]
async fn a_call_with_all_its_attempts_ends_after_sixty_seconds() {
    let server = Server::start(|_| vec![Step::Request, Step::Silence], "");
    let long = RetryPolicy::default().attempts(100);
    let project = server.builder().retry(long).build().unwrap().project("p-1");
    let start = Instant::now();
    let read = sample("task.get").operation;
    let call = tokio::spawn(send(&project, &read, &CallOptions::new()));
    let error = {
        // Each attempt is silent for 20 s, of which the clock need not wait for more than the sending.
        for attempt in 1..=3 {
            while server.seen.requests() < attempt && !call.is_finished() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            tokio::time::pause();
            let left =
                Duration::from_secs(20).saturating_mul(attempt).saturating_sub(start.elapsed());
            tokio::time::advance(left).await;
            tokio::time::resume();
        }
        call.await.unwrap().unwrap_err()
    };
    assert!(error.is_timeout(), "{error:?}");
    is_near("a call with all attempts", start.elapsed(), 60);
}
