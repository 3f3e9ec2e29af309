//! The HTTP transport against a server that misbehaves, over loopback.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flighthub_api::{Client, ClientBuilder, ErrorKind, Method, Region, RetryPolicy, Token};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::operations::{Row, RowList, get, launch};

const TOKEN: &str = "FHCANARY";

/// A server whose behaviour is a function from the number of the connection and the connection.
struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start<F: Future<Output = ()> + Send + 'static>(
        behave: impl Fn(usize, Peer) -> F + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            let mut number = 0;
            while let Ok((stream, _)) = listener.accept().await {
                number += 1;
                tokio::spawn(behave(number, Peer { stream, requests: Arc::clone(&seen) }));
            }
        });
        Self { address, requests }
    }

    /// A server that gives this answer to everything and closes.
    async fn answering(answer: impl Into<String>) -> Self {
        let answer = answer.into();
        Self::start(move |_, mut peer| {
            let answer = answer.clone();
            async move {
                peer.request().await;
                peer.write(&answer).await;
            }
        })
        .await
    }

    fn builder(&self) -> ClientBuilder {
        Client::builder(
            Region::on_premises(format!("http://{}", self.address)),
            Token::opaque(TOKEN),
        )
        .no_rate_limit()
    }

    fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

struct Peer {
    stream: TcpStream,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    /// The next request, head and body. `None` when the client closed.
    async fn request(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&bytes);
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head
                    .lines()
                    .find_map(|line| {
                        line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok()
                    })
                    .unwrap_or(0);
                if body.len() >= length {
                    self.requests.lock().unwrap().push(text.clone().into_owned());
                    return Some(text.into_owned());
                }
            }
            if self.stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return None;
            }
        }
    }

    async fn write(&mut self, text: &str) {
        let _ = self.stream.write_all(text.as_bytes()).await;
    }

    /// Ends the connection as hard as a crash does.
    fn reset(self) {
        let _ = self.stream.set_zero_linger();
    }
}

fn http(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}

const ROW: &str = r#"{"code":0,"message":"","data":{"id":7}}"#;

#[tokio::test]
async fn a_request_stands_on_the_wire_as_documented() {
    let server = Server::answering(http("200 OK", "", r#"{"code":0,"data":{"uuid":"t"}}"#)).await;
    let client =
        server.builder().user_agent("patrol/1.2").host_header("fh.internal:8443").build().unwrap();
    client.project("p-1").send(&launch()).await.unwrap();
    let request = server.requests().remove(0);
    assert!(request.starts_with("POST /openapi/v0.1/row HTTP/1.1\r\n"), "{request}");
    for line in [
        "x-user-token: FHCANARY",
        "x-project-uuid: p-1",
        "x-language: en",
        "content-type: application/json",
        "accept: application/json",
        "host: fh.internal:8443",
        concat!("user-agent: patrol/1.2 flighthub-api/", env!("CARGO_PKG_VERSION")),
    ] {
        assert_eq!(request.matches(&format!("\r\n{line}\r\n")).count(), 1, "{line} in {request}");
    }
    assert!(
        request.ends_with("\r\n\r\n{\"name\":\"north\",\"password\":\"FHSECRET\"}"),
        "{request}"
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_gets_no_key() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Server::answering(http("200 OK", "", ROW)).await;
        let location =
            format!("location: http://{}/openapi/v0.1/row/7?FHQUERY\r\n", elsewhere.address);
        let server = Server::answering(http(&format!("{status} Moved"), &location, "")).await;
        let project = server.client().project("p-1");
        let read = project.send(&get()).await.unwrap_err();
        assert_eq!(
            (read.http_status(), read.kind(), read.attempts()),
            (Some(status), ErrorKind::Http, 1)
        );
        assert!(!read.to_string().contains("FHQUERY"), "{read}");
        assert!(project.send(&launch()).await.unwrap_err().is_indeterminate());
        assert!(elsewhere.requests().is_empty(), "the key went to another place");
        assert_eq!(server.requests().len(), 2);
    }
}

#[tokio::test]
async fn a_connection_reset_after_a_write_leaves_the_outcome_open_and_one_request() {
    let server = Server::start(|_, mut peer| async move {
        peer.request().await;
        peer.reset();
    })
    .await;
    let error = server.client().project("p-1").send(&launch()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_indeterminate(), error.attempts()),
        (ErrorKind::Connection, true, 1)
    );
    assert_eq!(server.requests().len(), 1);
    let error = server.client().project("p-1").send(&get()).await.unwrap_err();
    assert_eq!((error.outcome(), error.attempts()), (None, 3), "{error}");
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn an_answer_that_is_cut_leaves_the_outcome_open() {
    let server = Server::answering(
        "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"code\":0,\"data\":{\"uuid\":\"t\"}}",
    )
    .await;
    let error = server.client().project("p-1").send(&launch()).await.unwrap_err();
    assert!(error.is_indeterminate(), "{error:?}");
    assert_eq!(server.requests().len(), 1);
    assert_eq!(server.client().project("p-1").send(&get()).await.unwrap_err().attempts(), 3);
}

#[tokio::test]
async fn a_connection_that_was_never_established_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client =
        Client::new(Region::on_premises(format!("http://{address}")), Token::opaque(TOKEN))
            .unwrap();
    let error = client.project("p-1").send(&launch()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_refused(), error.attempts()),
        (ErrorKind::Connection, true, 3),
        "{error:?}"
    );
    assert!(error.to_string().contains("no connection"), "{error}");
    let policy = RetryPolicy::default()
        .attempts(40)
        .first_pause(Duration::from_millis(20))
        .longest_pause(Duration::from_millis(20));
    let client =
        Client::builder(Region::on_premises(format!("http://{address}")), Token::opaque(TOKEN))
            .no_rate_limit()
            .retry(policy);
    let project = client.build().unwrap().project("p-1");
    let call = tokio::spawn(project.call(&launch()));
    tokio::time::sleep(Duration::from_millis(50)).await;
    let listener = TcpListener::bind(address).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let mut peer = Peer { stream, requests: Arc::default() };
    peer.request().await;
    peer.write(&http("200 OK", "", r#"{"code":0,"data":{"uuid":"t"}}"#)).await;
    assert!(call.await.unwrap().unwrap().attempts() > 1, "a write too, since nothing had left");
}

#[tokio::test]
async fn a_silent_server_is_not_waited_for_forever() {
    let server = Server::start(|_, mut peer| async move {
        peer.request().await;
        std::future::pending::<()>().await;
    })
    .await;
    let by_attempt = server
        .builder()
        .idle_timeout(Duration::MAX)
        .attempt_timeout(Duration::from_millis(100))
        .retry(RetryPolicy::never());
    let by_silence =
        server.builder().idle_timeout(Duration::from_millis(100)).retry(RetryPolicy::never());
    let by_call = server.builder().timeout(Duration::from_millis(100));
    for builder in [by_attempt, by_silence, by_call] {
        let project = builder.build().unwrap().project("p-1");
        assert!(project.send(&get()).await.unwrap_err().is_timeout());
        let error = project.send(&launch()).await.unwrap_err();
        assert!(error.is_timeout() && error.is_indeterminate(), "{error:?}");
    }
    assert_eq!(server.requests().len(), 6);
}

#[tokio::test]
async fn a_server_that_dribbles_is_not_waited_for_forever() {
    let server = Server::start(|_, mut peer| async move {
        peer.request().await;
        peer.write("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").await;
        loop {
            peer.write(" ").await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let client = server
        .builder()
        .attempt_timeout(Duration::from_millis(200))
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    assert!(client.project("p-1").send(&get()).await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn a_page_is_not_the_api() {
    let server = Server::answering(http(
        "200 OK",
        "content-type: text/html\r\n",
        "<!doctype html><title>FlightHub 2</title>",
    ))
    .await;
    assert!(server.client().send(&RowList::default()).await.unwrap_err().is_not_the_api());
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read() {
    let announced =
        Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 1099511627776\r\n\r\n{").await;
    let endless = Server::start(|_, mut peer| async move {
        peer.request().await;
        peer.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
        let chunk = format!("400\r\n{}\r\n", " ".repeat(0x400));
        for _ in 0..100_000 {
            peer.write(&chunk).await;
        }
    })
    .await;
    for server in [announced, endless] {
        let client = server.builder().max_response_bytes(10_000).build().unwrap();
        let error = client.project("p-1").send(&get()).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::TooLarge, 1), "{error:?}");
        assert!(client.project("p-1").send(&launch()).await.unwrap_err().is_indeterminate());
    }
    let fitting = Server::answering(http("200 OK", "", ROW)).await;
    let client = fitting.builder().max_response_bytes(ROW.len()).build().unwrap();
    assert_eq!(client.project("p-1").send(&get()).await.unwrap(), Row { id: 7 });
}

#[tokio::test]
async fn a_compressed_answer_is_not_unpacked() {
    let server = Server::answering(http("200 OK", "content-encoding: gzip\r\n", ROW)).await;
    server.client().project("p-1").send(&get()).await.unwrap();
    assert!(!server.requests()[0].contains("accept-encoding"), "nobody asked for it");
}

#[tokio::test]
async fn a_bad_byte_does_not_lose_the_answer() {
    let server = Server::start(|_, mut peer| async move {
        peer.request().await;
        let body = b"{\"code\":219021,\"message\":\"busy\xff\"}";
        peer.write(&format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len())).await;
        let _ = peer.stream.write_all(body).await;
    })
    .await;
    let error = server.client().project("p-1").send(&get()).await.unwrap_err();
    assert_eq!(
        (error.code().map(|code| code.get()), error.message()),
        (Some(219_021), Some("busy\u{fffd}"))
    );
}

#[tokio::test]
async fn an_answer_in_pieces_is_put_together() {
    let server = Server::start(|_, mut peer| async move {
        peer.request().await;
        peer.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
        for piece in [&ROW[..5], &ROW[5..20], &ROW[20..]] {
            peer.write(&format!("{:x}\r\n{piece}\r\n", piece.len())).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        peer.write("0\r\n\r\n").await;
    })
    .await;
    assert_eq!(server.client().project("p-1").send(&get()).await.unwrap(), Row { id: 7 });
}

#[tokio::test]
async fn reads_share_a_connection_and_survive_that_it_was_closed() {
    let server = Server::start(|number, mut peer| async move {
        peer.request().await;
        peer.write(&http("200 OK", "", ROW)).await;
        if number == 1 {
            // The next request arrives on a connection that is being given up.
            peer.request().await;
        } else {
            while peer.request().await.is_some() {
                peer.write(&http("200 OK", "", ROW)).await;
            }
        }
    })
    .await;
    let project = server.client().project("p-1");
    assert_eq!(project.call(&get()).await.unwrap().attempts(), 1);
    assert_eq!(project.call(&get()).await.unwrap().attempts(), 2);
    assert_eq!(project.call(&get()).await.unwrap().attempts(), 1);
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn as_many_connections_are_kept_as_reads_go_at_once() {
    const READS: usize = 24;
    let (most, all_here) = (Arc::new(Mutex::new(0)), Arc::new(tokio::sync::Barrier::new(READS)));
    let seen = Arc::clone(&most);
    let server = Server::start(move |number, mut peer| {
        *seen.lock().unwrap() = number;
        let all_here = Arc::clone(&all_here);
        async move {
            while peer.request().await.is_some() {
                all_here.wait().await;
                peer.write(&http("200 OK", "", ROW)).await;
            }
        }
    })
    .await;
    let project = server.builder().max_concurrency(READS).build().unwrap().project("p-1");
    for _ in 0..3 {
        let mut reads = tokio::task::JoinSet::new();
        for _ in 0..READS {
            let project = project.clone();
            reads.spawn(async move { project.call(&get()).await.unwrap() });
        }
        while let Some(read) = reads.join_next().await {
            read.unwrap();
        }
        // The connections go back to the pool beside the calls.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // With eight kept, each further round would open sixteen.
    let opened = *most.lock().unwrap();
    assert!((READS..READS + 16).contains(&opened), "{opened} connections");
}

#[tokio::test]
async fn every_write_has_a_connection_of_its_own() {
    let connections = Arc::new(Mutex::new(Vec::new()));
    let counted = Arc::clone(&connections);
    let server = Server::start(move |number, mut peer| {
        let connections = Arc::clone(&counted);
        async move {
            while let Some(request) = peer.request().await {
                connections.lock().unwrap().push((number, request.starts_with("POST")));
                peer.write(&http("200 OK", "", r#"{"code":0,"data":{"uuid":"t","id":7}}"#)).await;
            }
        }
    })
    .await;
    let project = server.client().project("p-1");
    for _ in 0..2 {
        project.send(&get()).await.unwrap();
        project.send(&launch()).await.unwrap();
    }
    let connections = connections.lock().unwrap().clone();
    assert_eq!(connections, [(1, false), (2, true), (1, false), (3, true)]);
}

#[tokio::test]
async fn raw_calls_reach_what_is_not_described() {
    let server = Server::answering(http("200 OK", "", ROW)).await;
    let client = server.client();
    let reply = client
        .raw(Method::Put, "/openapi/v0.1/more/a%20b")
        .query("q", "ä&b")
        .json(&serde_json::json!({"x": 1}))
        .project("p-2")
        .send();
    let reply = reply.await.unwrap();
    assert_eq!((reply.data(), reply.status(), reply.attempts()), (r#"{"id":7}"#, 200, 1));
    assert_eq!(reply.decode::<Row>().unwrap(), Row { id: 7 });
    assert_eq!(reply.decode::<Vec<Row>>().unwrap_err().json_path(), Some("."));
    let request = server.requests().remove(0);
    assert!(
        request.starts_with("PUT /openapi/v0.1/more/a%20b?q=%C3%A4%26b HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.contains("\r\nx-project-uuid: p-2\r\n") && request.ends_with("{\"x\":1}"),
        "{request}"
    );
    for path in ["openapi", "/a/../b", "/a/%2e%2e/b", "//evil.example/", "/a?b", "/a b"] {
        let error = client.raw(Method::Get, path).send().await.unwrap_err();
        assert!(error.is_invalid_argument(), "{path}: {error}");
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_path_prefix_is_kept() {
    let server = Server::answering(http("200 OK", "", ROW)).await;
    let client = Client::new(
        Region::on_premises(format!("http://{}/fh2/", server.address)),
        Token::opaque(TOKEN),
    )
    .unwrap();
    client.project("p-1").send(&get()).await.unwrap();
    assert!(server.requests()[0].starts_with("GET /fh2/openapi/v0.1/row/7 HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_proxy_is_used_when_it_is_asked_for() {
    let proxy = Server::answering(http("200 OK", "", ROW)).await;
    let client = Client::builder(
        Region::on_premises("http://flighthub.example:30812"),
        Token::opaque(TOKEN),
    )
    .allow_plain_http()
    .proxy(format!("http://{}", proxy.address))
    .build()
    .unwrap();
    client.project("p-1").send(&get()).await.unwrap();
    assert!(
        proxy.requests()[0]
            .starts_with("GET http://flighthub.example:30812/openapi/v0.1/row/7 HTTP/1.1\r\n")
    );
}
