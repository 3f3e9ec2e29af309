//! Answers that are no JSON of the API, or JSON that is made to be misread. A write is never taken for accepted, and nothing
//! panics or runs out of stack.

use flighthub_api::testing::{Scripted, ScriptedTransport};
use flighthub_api::v1::{ProjectList, TaskGet};
use flighthub_api::{Error, ErrorKind, Method, RetryPolicy};

use crate::launch;
use crate::server::{Server, reply};

/// What a typed read, a typed write, a raw read and a list make of a body. All are errors, but that a list may put aside what it cannot read.
async fn errors(body: impl Into<Vec<u8>>) -> Vec<Error> {
    let server = Server::start(reply("200 OK", "", &body.into())).await;
    let project = server.client().project("p-1");
    let write = project.send(&launch()).await.unwrap_err();
    assert_ne!(write.outcome(), None, "{write}");
    let read = project.send(&TaskGet::new("a")).await.unwrap_err();
    // What frames the data is checked at once, the data when somebody reads it.
    let raw = project.raw(Method::Get, "/openapi/v0.1/x").send().await;
    let raw = raw.and_then(|reply| reply.decode::<serde_json::Value>()).unwrap_err();
    let list = project.send(&ProjectList::new()).await;
    assert_eq!(server.requests().len(), 4, "each was asked for once");
    if let Ok(list) = &list {
        assert!(list.is_empty() && !list.odd().is_empty(), "{list:?}");
    }
    [Some(write), Some(read), Some(raw), list.err()].into_iter().flatten().collect()
}

async fn all_are(kind: ErrorKind, body: impl Into<Vec<u8>>) {
    let body = body.into();
    for error in errors(body.clone()).await {
        let shown: String = String::from_utf8_lossy(&body).chars().take(80).collect();
        assert_eq!(error.kind(), kind, "{shown}: {error}");
        assert!(!error.is_refused(), "{shown}: nothing is known of a write: {error}");
    }
}

#[tokio::test]
async fn attack_31_a_login_page_with_200_is_not_the_api() {
    for page in [
        "<!doctype html><title>Sign in</title>",
        "\n <HTML><script>{\"code\":0}</script>",
        "<?xml version=\"1.0\"?><code>0</code>",
        "Sign in",
    ] {
        all_are(ErrorKind::NotTheApi, page).await;
    }
    let server = Server::start(reply("200 OK", "content-type: text/html\r\n", b"code 0")).await;
    let error = server.client().project("p-1").send(&launch()).await.unwrap_err();
    assert!(error.is_not_the_api() && error.is_indeterminate(), "{error}");
}

#[tokio::test]
async fn attack_32_a_code_that_is_none_is_no_success() {
    for body in [
        "{}",
        r#"{"data":{}}"#,
        r#"{"code":null,"data":{}}"#,
        r#"{"code":18446744073709551616,"data":{}}"#,
        r#"{"code":18446744073709551615,"data":{}}"#,
        r#"{"code":0.5,"data":{}}"#,
        r#"{"code":-0.1}"#,
        r#"{"code":1e400}"#,
        r#"{"code":"zero","data":{}}"#,
        r#"{"code":"","data":{}}"#,
        r#"{"code":[0],"data":{}}"#,
        r#"{"code":{"code":0},"data":{}}"#,
        r#"{"code":false,"data":{}}"#,
        r#"{"Code":0,"data":{}}"#,
        r#"{"code ":0,"data":{}}"#,
    ] {
        all_are(ErrorKind::Decode, body).await;
    }
    // Codes that are codes, in whatever form: an error with that code, and no success.
    for body in [
        r#"{"code":"219021","message":"x"}"#,
        r#"{"code":219021.0}"#,
        r#"{"code":2.19021e5}"#,
        r#"{"data":{"task_uuid":"a"},"code":219021}"#,
        r#"{"data":{"code":0},"message":"{\"code\":0}","code":219021}"#,
    ] {
        for error in errors(body).await {
            assert_eq!(error.code().map(|code| code.get()), Some(219_021), "{body}: {error}");
        }
    }
}

#[tokio::test]
async fn attack_33_keys_that_come_twice_are_no_success() {
    for body in [
        r#"{"code":0,"code":219021,"data":{"task_uuid":"a"}}"#,
        r#"{"code":0,"message":"","data":{"task_uuid":"a"},"code":219021}"#,
        r#"{"code":219021,"code":0,"data":{"task_uuid":"a"}}"#,
        r#"{"code":0,"data":{"task_uuid":"a"},"data":null}"#,
    ] {
        all_are(ErrorKind::Decode, body).await;
    }
    // Within the data too.
    let script = ScriptedTransport::new()
        .then(Scripted::json(r#"{"code":0,"data":{"task_uuid":"a","task_uuid":"b"}}"#));
    let client = script.client().unwrap();
    let error = client.project("p-1").send(&launch()).await.unwrap_err();
    assert!(error.is_decode() && error.is_indeterminate(), "{error}");
}

#[tokio::test]
async fn attack_33_broken_and_deep_json_is_an_error_and_no_overflow() {
    let deep = |open: &str, close: &str, depth: usize| {
        format!("{{\"code\":0,\"data\":{}{}}}", open.repeat(depth), close.repeat(depth))
    };
    let bodies: Vec<Vec<u8>> = vec![
        deep("[", "]", 10_000).into(),
        deep("{\"a\":", "}", 10_000).into(),
        deep("[", "", 200_000).into(),
        "{\"code\":0,\"data\":".repeat(10_000).into(),
        br#"{"code":0,"data":NaN}"#.to_vec(),
        br#"{"code":0,"data":{"a":Infinity}}"#.to_vec(),
        br#"{"code":0,"data":{"a":01}}"#.to_vec(),
        br#"{"code":0,"data":{"a":1}"#.to_vec(),
        br#"{"code":0,"data":{"a":1}}}"#.to_vec(),
        br#"{"code":0,"data":{"a":1}}{"code":1}"#.to_vec(),
        br#"{"code":0,"data":"\ud800"}"#.to_vec(),
        b"{\"code\":0,\"data\":\"\0\"}".to_vec(),
        b"{\"code\":0,".to_vec(),
        b"{".to_vec(),
        b"".to_vec(),
    ];
    for body in bodies {
        all_are(ErrorKind::Decode, body).await;
    }
    let utf16: Vec<u8> = "{\"code\":0}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for error in errors(utf16).await {
        assert!(matches!(error.kind(), ErrorKind::Decode | ErrorKind::NotTheApi), "{error}");
    }
}

#[tokio::test]
async fn attack_33_marks_bad_bytes_and_long_texts_cost_nothing() {
    let long = "x".repeat(10 << 20);
    for body in [
        b"\xef\xbb\xbf{\"code\":0,\"data\":{\"task_uuid\":\"a\"}}".to_vec(),
        b"{\"code\":0,\"message\":\"\xff\xfe\",\"data\":{\"task_uuid\":\"a\"}}".to_vec(),
        format!("{{\"code\":0,\"message\":\"{long}\",\"data\":{{\"task_uuid\":\"a\"}}}}").into(),
        format!("{{\"code\":0,\"{long}\":1,\"data\":{{\"task_uuid\":\"a\"}}}}").into(),
    ] {
        let server = Server::start(reply("200 OK", "", &body)).await;
        let made = server.client().project("p-1").send(&launch()).await.unwrap();
        assert_eq!(made.task_uuid.as_str(), "a");
    }
    // Where it does harm it is named, and not repeated.
    let body = format!("{{\"code\":0,\"data\":{{\"task_uuid\":[\"{long}\"]}}}}");
    let script = ScriptedTransport::new().then(Scripted::json(body));
    let client = script.builder().retry(RetryPolicy::never()).build().unwrap();
    let error = client.project("p-1").send(&launch()).await.unwrap_err();
    assert!(error.is_decode() && error.is_indeterminate(), "{}", error.kind() as u8);
    assert!(format!("{error:#?}").len() < 4096, "{}", error.to_string().len());
}
