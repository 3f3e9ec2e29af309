//! What an answer to a write means: refused, accepted, or indeterminate.

use flighthub_api::testing::{Scripted, ScriptedTransport};
use flighthub_api::{Error, ErrorCode, ErrorKind, RetryPolicy, WriteEffect, WriteOutcome};

use crate::operations::{RowKey, get, launch};

async fn launched(event: Scripted) -> Result<(), Error> {
    let script = ScriptedTransport::new().then(event);
    let result = script.client()?.project("p-1").send(&launch()).await;
    assert_eq!(script.requests().len(), 1, "a write is never sent twice");
    result.map(drop)
}

async fn outcome(event: Scripted) -> WriteOutcome {
    let error = launched(event).await.unwrap_err();
    let sentence = match error.outcome().unwrap() {
        WriteOutcome::Refused => "Nothing was done",
        WriteOutcome::Indeterminate => "Whether it was done is unknown",
    };
    assert!(error.to_string().contains(sentence), "{error}");
    error.outcome().unwrap()
}

fn code(code: i64) -> String {
    format!("{{\"code\":{code},\"message\":\"m\"}}")
}

#[tokio::test]
async fn a_4xx_with_a_business_code_is_refused() {
    for status in [400, 401, 403, 404, 409, 422] {
        assert_eq!(
            outcome(Scripted::status(status, code(987_654))).await,
            WriteOutcome::Refused,
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_4xx_without_one_is_indeterminate() {
    for (status, body) in [
        (400, ""),
        (403, "{}"),
        (404, ""),
        (404, "404 page not found"),
        (403, "<html>"),
        (400, r#"{"code":0}"#),
    ] {
        assert_eq!(
            outcome(Scripted::status(status, body)).await,
            WriteOutcome::Indeterminate,
            "{status} {body}"
        );
    }
}

#[tokio::test]
async fn redirects_timeouts_and_server_errors_are_indeterminate_whatever_the_code() {
    for status in [301, 302, 307, 308, 408, 500, 502, 503, 504, 599] {
        for body in ["", "<html>", &code(200_101), &code(987_654)] {
            assert_eq!(
                outcome(Scripted::status(status, body)).await,
                WriteOutcome::Indeterminate,
                "{status} {body}"
            );
        }
    }
}

#[tokio::test]
async fn a_code_that_the_table_does_not_know_is_indeterminate() {
    assert_eq!(ErrorCode::new(987_654).entry(), None);
    assert_eq!(outcome(Scripted::json(code(987_654))).await, WriteOutcome::Indeterminate);
    assert_eq!(outcome(Scripted::json(code(-1))).await, WriteOutcome::Indeterminate);
}

#[tokio::test]
async fn the_table_decides_about_the_codes_that_it_knows() {
    for entry in ErrorCode::table() {
        let error = launched(Scripted::json(code(entry.code))).await.unwrap_err();
        let expected = if error.is_rate_limited() || entry.write == WriteEffect::Refused {
            WriteOutcome::Refused
        } else {
            WriteOutcome::Indeterminate
        };
        assert_eq!(error.outcome(), Some(expected), "{entry:?}");
        let expected = if entry.write == WriteEffect::Refused || error.is_rate_limited() {
            WriteOutcome::Refused
        } else {
            WriteOutcome::Indeterminate
        };
        assert_eq!(outcome(Scripted::status(400, code(entry.code))).await, expected, "{entry:?}");
    }
}

#[tokio::test]
async fn codes_known_to_leave_the_outcome_open_do() {
    for open in [200_500, 210_318, 210_500, 210_504, 219_022, 219_023, 228_500] {
        assert_eq!(
            outcome(Scripted::json(code(open))).await,
            WriteOutcome::Indeterminate,
            "{open}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_indeterminate() {
    for body in [
        "",
        "{",
        "null",
        "[]",
        "ok",
        "<html>",
        r#"{"message":""}"#,
        r#"{"code":null}"#,
        r#"{"code":{}}"#,
    ] {
        assert_eq!(outcome(Scripted::json(body)).await, WriteOutcome::Indeterminate, "{body}");
    }
}

#[tokio::test]
async fn a_success_without_what_was_promised_is_indeterminate() {
    for body in [
        r#"{"code":0}"#,
        r#"{"code":0,"data":null}"#,
        r#"{"code":0,"data":{}}"#,
        r#"{"code":0,"data":{"uuid":null}}"#,
    ] {
        let error = launched(Scripted::json(body)).await.unwrap_err();
        assert!(error.is_indeterminate() && error.is_decode(), "{body}: {error:?}");
        assert!(error.to_string().contains("Read the state first"), "{error}");
    }
}

#[tokio::test]
async fn a_failure_inside_a_success_is_refused() {
    let error = launched(Scripted::json(r#"{"code":0,"data":{"uuid":"t","status":"failure"}}"#))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Failed);
    assert!(error.is_refused());
    assert!(
        launched(Scripted::json(r#"{"code":0,"data":{"uuid":"t","status":"success"}}"#))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_write_turned_away_as_one_too_many_comes_back_with_its_hint() {
    for event in [
        Scripted::status(429, "").header("retry-after", "3"),
        Scripted::status(429, "<html>slow down</html>").header("retry-after", "3"),
        Scripted::status(429, code(210_429)).header("retry-after", "3"),
        Scripted::json(code(210_429)).header("retry-after", "3"),
    ] {
        let error = launched(event).await.unwrap_err();
        assert!(error.is_rate_limited() && error.is_refused(), "{error:?}");
        assert_eq!(error.retry_after().map(|pause| pause.as_secs()), Some(3));
    }
}

#[tokio::test]
async fn the_network_decides_when_there_is_no_answer() {
    let script = ScriptedTransport::new().then(Scripted::not_sent());
    let project = script.builder().retry(RetryPolicy::never()).build().unwrap().project("p-1");
    assert!(project.send(&launch()).await.unwrap_err().is_refused());
    assert_eq!(outcome(Scripted::maybe_sent()).await, WriteOutcome::Indeterminate);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_leaves_the_outcome_open() {
    let error = launched(Scripted::silence()).await.unwrap_err();
    assert!(error.is_timeout() && error.is_indeterminate(), "{error:?}");
}

#[tokio::test]
async fn what_never_left_was_refused() {
    let script = ScriptedTransport::new();
    let client = script.client().unwrap();
    for project in ["", "a b", "p\n", "é"] {
        let error = client.project(project).send(&launch()).await.unwrap_err();
        assert!(error.is_invalid_argument() && error.is_refused(), "{error:?}");
        assert!(
            error.to_string().starts_with("row.launch: argument `project` is no project uuid")
                || error.to_string().contains("`project`"),
            "{error}"
        );
    }
    let error = client
        .project("p-1")
        .send(&crate::operations::RowGet { row_id: "..".into() })
        .await
        .unwrap_err();
    assert!(error.is_invalid_argument() && !error.is_refused(), "a read has no outcome: {error:?}");
    assert!(script.requests().is_empty());
}

#[tokio::test]
async fn reads_and_repeatable_calls_have_no_outcome() {
    for event in [Scripted::status(404, ""), Scripted::json("{"), Scripted::json(code(987_654))] {
        let script = ScriptedTransport::new().then(event.clone()).then(event);
        let project = script.client().unwrap().project("p-1");
        assert_eq!(project.send(&get()).await.unwrap_err().outcome(), None);
        assert_eq!(
            project.send(&RowKey {}).await.unwrap_err().outcome(),
            None,
            "asking again is harmless"
        );
    }
}
