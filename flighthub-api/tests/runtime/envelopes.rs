//! The frame of answers: vectors R1 to R8, R28 and R29 of the integrators' list, and their relatives.

use flighthub_api::testing::{Scripted, ScriptedTransport};
use flighthub_api::{
    Accepted, Error, ErrorCode, ErrorKind, Method, Operation, Project, Reply, RetryPolicy, Sends,
    WriteOutcome,
};

use crate::operations::{Made, Row, RowList, get, launch, rename};

async fn answer<O: Operation>(operation: &O, event: Scripted) -> Result<Reply<O::Output>, Error>
where
    Project: Sends<O>,
{
    let script = ScriptedTransport::new().then(event);
    let client = script.builder().retry(RetryPolicy::never()).build()?;
    let result = client.project("p-1").call(operation).await;
    script.verify()?;
    result
}

async fn ok<O: Operation>(operation: &O, body: &str) -> O::Output
where
    Project: Sends<O>,
{
    answer(operation, Scripted::json(body)).await.unwrap().into_output()
}

async fn error<O: Operation>(operation: &O, event: Scripted) -> Error
where
    Project: Sends<O>,
    O::Output: std::fmt::Debug,
{
    answer(operation, event).await.unwrap_err()
}

#[tokio::test]
async fn r1_a_null_list_is_empty() {
    let rows = ok(&RowList::default(), r#"{"code":0,"message":"OK","data":{"list":null}}"#).await;
    assert!(rows.is_empty() && rows.list.was_null());
    let rows = ok(&RowList::default(), r#"{"code":0,"message":"OK"}"#).await;
    assert!(rows.is_empty() && rows.list.was_null());
}

#[tokio::test]
async fn r2_an_error_has_no_data_key() {
    let error = error(
        &get(),
        Scripted::json(r#"{"code":200401,"message":"X-User-Token not found or empty"}"#),
    )
    .await;
    assert_eq!(error.kind(), ErrorKind::Code);
    assert_eq!(error.code(), Some(ErrorCode::new(200_401)));
    assert_eq!(error.message(), Some("X-User-Token not found or empty"));
    assert_eq!(error.http_status(), Some(200));
    assert_eq!(error.operation(), "row.get");
    assert!(error.is_auth() && !error.is_decode());
    assert_eq!(error.request_id().map(str::len), Some(36));
}

#[tokio::test]
async fn r3_a_code_comes_as_text() {
    let error =
        error(&get(), Scripted::json(r#"{"code":"200401","message":"Unauthorized"}"#)).await;
    assert_eq!(error.code(), Some(ErrorCode::new(200_401)));
    assert_eq!(ok(&get(), r#"{"code":"0","message":"","data":{"id":7}}"#).await, Row { id: 7 });
}

#[tokio::test]
async fn r4_a_business_error_comes_in_http_200() {
    let error =
        error(&get(), Scripted::json(r#"{"code":219021,"message":"server busy, retry later"}"#))
            .await;
    assert_eq!((error.http_status(), error.code()), (Some(200), Some(ErrorCode::new(219_021))));
}

#[tokio::test]
async fn r5_a_business_code_comes_in_http_500() {
    let event = || Scripted::status(500, r#"{"code":200500,"message":"server error"}"#);
    let error_of_read = error(&get(), event()).await;
    assert_eq!(
        (error_of_read.http_status(), error_of_read.code()),
        (Some(500), Some(ErrorCode::new(200_500)))
    );
    assert_eq!(error_of_read.outcome(), None);
    assert!(error(&launch(), event()).await.is_indeterminate());
}

#[tokio::test]
async fn r6_a_page_is_not_the_api() {
    for event in [
        Scripted::status(200, "<!doctype html><html><body>FlightHub 2</body></html>"),
        Scripted::status(200, "\n\u{feff}<html>").header("content-type", "text/html"),
        Scripted::status(200, "Hello").header("content-type", "text/html; charset=utf-8"),
        Scripted::status(404, "<html>not here</html>"),
        Scripted::status(403, "<html>firewall</html>"),
        Scripted::status(200, "OK"),
    ] {
        let error = error(&get(), event).await;
        assert!(error.is_not_the_api(), "{error:?}");
        assert!(error.to_string().contains("Check the address"), "{error}");
    }
    let error = error(&launch(), Scripted::status(200, "<html>")).await;
    assert!(
        error.is_not_the_api() && error.is_indeterminate(),
        "the page may stand in front of something that acted"
    );
}

#[tokio::test]
async fn r7_all_void_forms_are_accepted() {
    for body in [
        r#"{"code":0,"message":"success","data":null}"#,
        r#"{"code":0,"message":""}"#,
        r#"{"code":0,"data":{}}"#,
        r#"{"code":0,"data":[]}"#,
        r#"{"message":"","data":"","code":0}"#,
    ] {
        assert_eq!(ok(&rename(), body).await, Accepted::new(), "{body}");
    }
}

#[tokio::test]
async fn r8_the_code_counts_whatever_the_data() {
    for body in [
        r#"{"code":231011,"message":"no resource","data":{}}"#,
        r#"{"code":231011,"message":"no resource","data":[]}"#,
    ] {
        let error = error(&get(), Scripted::json(body)).await;
        assert_eq!(error.code(), Some(ErrorCode::new(231_011)));
    }
}

#[tokio::test]
async fn r28_an_empty_404_means_that_the_operation_is_not_deployed() {
    for body in ["", "404 page not found", "404 page not found\n"] {
        let error = error(&get(), Scripted::status(404, body)).await;
        assert!(error.is_not_deployed() && !error.is_not_found(), "{error:?}");
        assert!(error.to_string().contains("private clouds only"), "{error}");
    }
    let error = error(&get(), Scripted::status(404, r#"{"code":200404,"message":"gone"}"#)).await;
    assert!(error.is_not_found() && !error.is_not_deployed());
}

#[tokio::test]
async fn r29_the_message_has_a_language_and_the_code_has_none() {
    let error = error(&get(), Scripted::json(r#"{"code":219021,"message":"记录不存在"}"#)).await;
    assert_eq!(
        (error.message(), error.code()),
        (Some("记录不存在"), Some(ErrorCode::new(219_021)))
    );
}

#[tokio::test]
async fn answers_are_read_whatever_the_order_and_the_company_of_their_fields() {
    for body in [
        r#"{"code":0,"message":"","data":{"id":7}}"#,
        r#"{"data":{"id":7},"message":"","code":0}"#,
        r#" { "message" : {"en":""} , "data" : {"id":7,"new":[]} , "trace":"x", "code" : 0.0 } "#,
        "\u{feff}{\"code\":0,\"data\":{\"id\":7}}",
    ] {
        assert_eq!(ok(&get(), body).await, Row { id: 7 }, "{body}");
    }
}

#[tokio::test]
async fn one_odd_row_does_not_lose_the_list() {
    let rows =
        ok(&RowList::default(), r#"{"code":0,"data":{"list":[{"id":1},{"id":"x"},{"id":3}]}}"#)
            .await;
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(rows.odd()[0].index(), 1);
}

#[tokio::test]
async fn a_bad_value_is_named_by_its_path_and_not_shown() {
    let error = error(&get(), Scripted::json(r#"{"code":0,"data":{"id":"FHSECRET"}}"#)).await;
    assert!(error.is_decode());
    assert_eq!(error.json_path(), Some("id"));
    assert!(!format!("{error} {error:?}").contains("FHSECRET"));
}

#[tokio::test]
async fn what_is_no_envelope_is_an_error_of_its_own() {
    for (body, path) in [
        (r#"{"message":"no code"}"#, "."),
        (r#"{"code":null}"#, "code"),
        (r#"{"code":18446744073709551615}"#, "code"),
        (r#"{"code":0,"code":0}"#, "."),
        (r#"{"code":0,"data":{"id":7"#, "."),
        ("", "."),
    ] {
        let error = error(&get(), Scripted::json(body)).await;
        assert!(error.is_decode(), "{body}: {error:?}");
        assert!(error.json_path().is_some_and(|at| path == "." || at == path), "{body}: {error:?}");
    }
    let deep = format!("{{\"code\":0,\"data\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(error(&get(), Scripted::json(deep)).await.is_decode(), "and no stack overflow");
}

#[tokio::test]
async fn a_success_inside_an_error_status_is_no_success() {
    let error = error(&launch(), Scripted::status(502, r#"{"code":0,"data":{"uuid":"t"}}"#)).await;
    assert!(error.is_indeterminate() && error.kind() == ErrorKind::Http);
    let made = answer(&launch(), Scripted::status(201, r#"{"code":0,"data":{"uuid":"t"}}"#))
        .await
        .unwrap();
    assert_eq!((made.status(), made.into_output()), (201, Made { uuid: "t".into(), status: None }));
}

#[tokio::test]
async fn a_reply_tells_about_itself() {
    let reply = answer(&get(), Scripted::json(r#"{"code":0,"message":"x","data":{"id":7}}"#))
        .await
        .unwrap();
    assert_eq!((reply.output(), reply.status(), reply.attempts()), (&Row { id: 7 }, 200, 1));
    assert_eq!(reply.body(), r#"{"code":0,"message":"x","data":{"id":7}}"#);
    assert_eq!(reply.request_id().len(), 36);
}

#[tokio::test]
async fn the_service_s_clock_is_known_from_any_answer() {
    let wrong = Scripted::status(401, r#"{"code":200401,"message":""}"#);
    let script =
        ScriptedTransport::new().then(wrong.header("date", "Sun, 06 Nov 1994 08:49:37 GMT"));
    let client = script.client().unwrap();
    assert_eq!(client.clock_offset_seconds(), None, "nothing was answered yet");
    client.project("p-1").send(&get()).await.unwrap_err();
    let now = flighthub_api::Timestamp::now().unix_seconds();
    let offset = client.clock_offset_seconds().unwrap();
    assert!((offset - (784_111_777 - now)).abs() <= 2, "{offset}");
}

#[tokio::test]
async fn a_raw_call_does_not_take_a_cut_answer_for_a_success_without_data() {
    for (method, outcome) in
        [(Method::Get, None), (Method::Post, Some(WriteOutcome::Indeterminate))]
    {
        for body in [r#"{"code":0,"message":"OK","data":{"li"#, r#"{"code":0,"data":"#] {
            let script = ScriptedTransport::new().then(Scripted::json(body));
            let client = script.builder().retry(RetryPolicy::never()).build().unwrap();
            let error = client.raw(method, "/v0/x").send().await.unwrap_err();
            assert_eq!((error.kind(), error.outcome()), (ErrorKind::Decode, outcome), "{body}");
        }
    }
    // A whole one without data is one.
    let script = ScriptedTransport::new().then(Scripted::json(r#"{"code":0,"message":"OK"}"#));
    let client = script.builder().build().unwrap();
    assert_eq!(client.raw(Method::Post, "/v0/x").send().await.unwrap().data(), "null");
}
