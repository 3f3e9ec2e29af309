//! What a caller can learn of an answer, good or bad, whatever the operation: what is suspicious has to be looked at.

use flighthub_api::catalog::Catalogue;
use flighthub_api::testing::{Scripted, ScriptedTransport};
use flighthub_api::v1::{AnyOperation, CATALOGUE, TaskGet};
use flighthub_api::{CallOptions, Error, ErrorKind, RetryPolicy};
use serde_json::Value;

use crate::document::replies;
use crate::figure;

const PROJECT: &str = "3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10";

/// A header of the service that no type knows.
const TRACE: (&str, &str) = ("x-trace", "t-4711");

fn operation(id: &str) -> AnyOperation {
    let entry = Catalogue::v1().get(id).unwrap();
    AnyOperation::from_args(id, &Value::Object(entry.example.clone()).to_string()).unwrap()
}

async fn ask(id: &str, event: Scripted) -> Result<flighthub_api::RawReply, Error> {
    let script = ScriptedTransport::new().then(event.header(TRACE.0, TRACE.1));
    let client = script.builder().retry(RetryPolicy::never()).build().unwrap();
    let options = CallOptions::new().request_id("r-1");
    client.project(PROJECT).send_any_with(&operation(id), &options).await
}

/// Whether all six facts are there.
fn is_told(error: &Error, status: u16, body: &str) -> bool {
    error.http_status() == Some(status)
        && error.headers().and_then(|headers| headers.get(TRACE.0)).is_some_and(|v| v == TRACE.1)
        && error.request_id() == Some("r-1")
        && error.attempts() == 1
        && error.elapsed().as_secs() < 60
        && error.body() == Some(body)
}

#[tokio::test]
async fn row_19_every_answer_is_at_hand_whole() {
    let (mut good, mut bad) = (0, 0);
    for info in CATALOGUE {
        // A success whose content is no failure.
        let bodies: Vec<String> = replies(info.id).iter().map(Value::to_string).collect();
        let mut told = false;
        for body in &bodies {
            if let Ok(reply) = ask(info.id, Scripted::json(body)).await {
                told = reply.status() == 200
                    && reply.headers().get(TRACE.0).is_some_and(|value| value == TRACE.1)
                    && reply.request_id() == "r-1"
                    && reply.attempts() == 1
                    && reply.elapsed().as_secs() < 60
                    && reply.body() == body;
                assert!(told, "{}: {reply:?}", info.id);
            }
        }
        good += usize::from(told);
        // Every sort of bad answer.
        let all = [
            (400, r#"{"code":200101,"message":"no"}"#, ErrorKind::Code),
            (200, r#"{"code":219021,"message":"busy"}"#, ErrorKind::Code),
            (500, "oh", ErrorKind::Http),
            (302, "", ErrorKind::Http),
            (404, "404 page not found", ErrorKind::NotDeployed),
            (200, "<html>", ErrorKind::NotTheApi),
            (200, r#"{"code":0,"data":{"#, ErrorKind::Decode),
        ];
        let mut told = 0;
        for (status, body, kind) in all {
            let error = ask(info.id, Scripted::status(status, body)).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{}: {error}", info.id);
            assert!(is_told(&error, status, body), "{} {status}: {error:#?}", info.id);
            assert!(!format!("{error}{error:?}{error:#?}").contains(TRACE.1));
            told += 1;
        }
        bad += usize::from(told == all.len());
    }
    assert_eq!((good, bad, CATALOGUE.len()), (42, 42, 42));
    figure("operations whose good answers are at hand whole", "count", good);
    figure("operations whose bad answers are at hand whole", "count", bad);
}

/// Data that cannot be read, and data that says that nothing was done: both are known only after decoding.
#[tokio::test]
async fn an_answer_that_cannot_be_read_is_at_hand_too() {
    let body = r#"{"code":0,"data":{"uuid":7,"status":[]}}"#;
    let script = ScriptedTransport::new().then(Scripted::json(body).header(TRACE.0, TRACE.1));
    let client = script.client().unwrap();
    let options = CallOptions::new().request_id("r-1");
    let sent = client.project(PROJECT).call_with(&TaskGet::new("a"), &options).await;
    let error = sent.unwrap_err();
    assert!(error.is_decode() && is_told(&error, 200, body), "{error:#?}");
}
