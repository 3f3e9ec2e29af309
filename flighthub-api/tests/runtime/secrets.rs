//! What never shows itself: the key, bodies, and what servers say about them.

use std::error::Error as _;
use std::sync::{Arc, Mutex};

use flighthub_api::testing::{NullTransport, RecordedRequest, Scripted, ScriptedTransport};
use flighthub_api::{
    BoxFuture, Client, Region, RetryPolicy, Token, Transport, TransportError, TransportReply,
    TransportRequest,
};

use crate::operations::{RowList, get, launch};

const KEY: &str = "eyJhbGciOiJIUzUxMiJ9.eyJleHAiOjE3NjczMjMwNDV9.FHCANARY";

fn clean(text: &str) {
    for secret in ["FHCANARY", "eyJhbGci", "FHSECRET", "FHQUERY"] {
        assert!(!text.contains(secret), "{text}");
    }
}

fn chain(error: &flighthub_api::Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(" {error} {error:?}"));
        source = error.source();
    }
    text
}

#[tokio::test]
async fn no_debug_text_shows_the_key() {
    let script = ScriptedTransport::new();
    let builder = Client::builder(Region::Europe, KEY).transport(script.clone());
    clean(&format!("{builder:?}"));
    let client = builder.build().unwrap();
    clean(&format!("{client:?} {:?} {:?}", client.project("p-1"), client.read_only()));
    clean(&format!(
        "{:?} {:?}",
        client.send(&RowList::default()),
        client.project("p-1").call(&launch())
    ));
    clean(&format!(
        "{:?}",
        client.raw(flighthub_api::Method::Post, "/x").query("a", "FHQUERY").json("FHSECRET")
    ));
    clean(&format!("{:?} {:?}", Token::new(KEY), launch()));
    clean(&format!("{:?}", flighthub_api::blocking::Client::from_async(client)));
}

/// Keeps what a request looks like to logs.
struct Peek(Arc<Mutex<String>>);

impl Transport for Peek {
    fn send(
        &self,
        request: TransportRequest,
    ) -> BoxFuture<'_, Result<TransportReply, TransportError>> {
        *self.0.lock().unwrap() = format!("{request:?} {:?}", request.headers);
        let reply = TransportReply::new(200, r#"{"code":0,"data":{"uuid":"FHSECRET"}}"#);
        self.0.lock().unwrap().push_str(&format!("{reply:?}"));
        Box::pin(std::future::ready(Ok(reply)))
    }
}

#[tokio::test]
async fn requests_and_replies_do_not_show_themselves() {
    let seen = Arc::new(Mutex::new(String::new()));
    let client =
        Client::builder(Region::Europe, KEY).transport(Peek(Arc::clone(&seen))).build().unwrap();
    client.project("p-1").send(&launch()).await.unwrap();
    clean(&seen.lock().unwrap());
    assert!(seen.lock().unwrap().contains("x-user-token"));
    let reply =
        client.raw(flighthub_api::Method::Get, "/x").query("a", "FHQUERY").send().await.unwrap();
    clean(&format!("{reply:?} {}", seen.lock().unwrap()));
}

#[tokio::test]
async fn errors_do_not_repeat_the_key_or_what_servers_echo() {
    let echo = format!(
        r#"{{"code":200401,"message":"token {KEY} is bad, see https://h.example/a?Signature=FHQUERY"}}"#
    );
    for event in [
        Scripted::json(&echo),
        Scripted::status(500, &echo),
        Scripted::status(403, format!("<html>{KEY}")),
        Scripted::json(format!(r#"{{"code":"{KEY}"}}"#)),
        Scripted::json(format!(r#"{{"code":0,"data":{{"id":"{KEY}","uuid":["FHSECRET"]}}}}"#)),
        Scripted::json(format!(r#"{{"code":0,"data":{{"id":"{KEY}"#)),
        Scripted::status(302, "").header("location", &format!("https://h.example/?{KEY}&FHQUERY")),
    ] {
        for write in [false, true] {
            let script = ScriptedTransport::new().then(event.clone());
            let client = Client::builder(Region::Europe, KEY)
                .transport(script)
                .retry(RetryPolicy::never())
                .build()
                .unwrap();
            let project = client.project("p-1");
            let error = if write {
                project.send(&launch()).await.map(drop)
            } else {
                project.send(&get()).await.map(drop)
            };
            clean(&chain(&error.unwrap_err()));
        }
    }
}

#[tokio::test]
async fn errors_of_the_network_do_not_show_the_request() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let region = Region::on_premises(format!("http://{}", listener.local_addr().unwrap()));
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let client = Client::builder(region, KEY).retry(RetryPolicy::never()).build().unwrap();
    let error = client
        .raw(flighthub_api::Method::Get, "/x")
        .query("a", "FHQUERY")
        .send()
        .await
        .unwrap_err();
    clean(&chain(&error));
    clean(&chain(&client.project("p-1").send(&launch()).await.unwrap_err()));
}

#[tokio::test]
async fn messages_of_servers_are_made_harmless() {
    let message = format!("\\u001b[31mred\\u001b[0m\\r\\n\\u202egninrut {}", "x".repeat(9_000));
    let script = ScriptedTransport::new()
        .then(Scripted::json(format!(r#"{{"code":1,"message":"{message}"}}"#)));
    let error = script.client().unwrap().send(&RowList::default()).await.unwrap_err();
    let shown = error.message().unwrap();
    assert!(shown.starts_with("[31mred [0m gninrut xxx") && shown.ends_with("x…"), "{shown}");
    assert!(
        !error.to_string().contains(|c: char| c.is_control()) && error.to_string().len() < 800,
        "{error}"
    );
}

#[test]
fn records_for_tests_are_discreet_too() {
    fn shown<T: std::fmt::Debug>() {}
    shown::<RecordedRequest>();
    clean(&format!("{:?} {:?}", NullTransport::new("FHSECRET"), Scripted::json("FHSECRET")));
}
