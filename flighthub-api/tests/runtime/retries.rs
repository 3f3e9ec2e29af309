//! What is repeated, when, and what never is. All times are virtual.

use std::time::Duration;

use flighthub_api::testing::{Scripted, ScriptedTransport};
use flighthub_api::{
    CallOptions, Connection, Error, ErrorKind, Language, Method, RateLimit, RetryPolicy,
};
use tokio::time::Instant;

use crate::operations::{RowDraw, RowKey, RowList, get, launch, rename};

const ROW: &str = r#"{"code":0,"message":"","data":{"id":7}}"#;
const MADE: &str = r#"{"code":0,"message":"","data":{"uuid":"t"}}"#;
const TOO_OFTEN: &str = r#"{"code":210429,"message":"operations too frequent"}"#;

fn script(events: impl IntoIterator<Item = Scripted>) -> ScriptedTransport {
    events.into_iter().fold(ScriptedTransport::new(), ScriptedTransport::then)
}

/// A read through a script: how it ended, how many requests it took, and how long.
async fn read(events: impl IntoIterator<Item = Scripted>) -> (Result<i64, Error>, usize, Duration) {
    let script = script(events);
    let project = script.client().unwrap().project("p-1");
    let start = Instant::now();
    let result = project.send(&get()).await.map(|row| row.id);
    (result, script.requests().len(), start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_read_is_tried_three_times() {
    for event in [
        Scripted::not_sent(),
        Scripted::maybe_sent(),
        Scripted::status(408, ""),
        Scripted::status(425, ""),
        Scripted::status(429, "<html>slow down</html>"),
        Scripted::status(500, r#"{"code":200500,"message":"server error"}"#),
        Scripted::status(502, "<html>bad gateway</html>"),
        Scripted::status(503, ""),
        Scripted::status(504, ""),
        Scripted::json(TOO_OFTEN),
        Scripted::json(r#"{"message":"","code":"210429"}"#),
    ] {
        let (result, requests, _) = read([event.clone(), event.clone(), Scripted::json(ROW)]).await;
        assert_eq!((result.unwrap(), requests), (7, 3), "{event:?}");
        let (result, requests, _) = read([event.clone(), event.clone(), event.clone()]).await;
        let error = result.unwrap_err();
        assert_eq!((error.attempts(), requests), (3, 3), "{event:?}");
        assert!(error.to_string().contains("3 attempts"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_definite_answer_is_not_asked_for_again() {
    for event in [
        Scripted::status(400, r#"{"code":200101,"message":""}"#),
        Scripted::status(401, ""),
        Scripted::status(403, ""),
        Scripted::status(404, ""),
        Scripted::status(301, ""),
        Scripted::status(501, ""),
        Scripted::json(r#"{"code":219021,"message":"busy"}"#),
        Scripted::json(r#"{"code":987654,"message":""}"#),
        Scripted::json("<html>"),
        Scripted::json(r#"{"code":0,"data":{"id":"x"}}"#),
    ] {
        let (result, requests, _) = read([event.clone()]).await;
        assert_eq!((result.unwrap_err().attempts(), requests), (1, 1), "{event:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_is_repeated_only_when_no_connection_was_established() {
    let refused = script([Scripted::not_sent(), Scripted::not_sent(), Scripted::json(MADE)]);
    let made = refused.client().unwrap().project("p-1").call(&launch()).await.unwrap();
    assert_eq!((made.attempts(), refused.requests().len()), (3, 3));
    let bodies: Vec<_> = refused
        .requests()
        .iter()
        .map(|request| request.body().unwrap_or_default().to_owned())
        .collect();
    assert!(
        bodies.iter().all(|body| body == r#"{"name":"north","password":"FHSECRET"}"#),
        "each attempt has the body"
    );
    for event in [
        Scripted::maybe_sent(),
        Scripted::status(503, ""),
        Scripted::status(429, "").header("retry-after", "0"),
        Scripted::json(TOO_OFTEN),
    ] {
        let script = script([event.clone()]);
        let error = script.client().unwrap().project("p-1").send(&launch()).await.unwrap_err();
        assert_eq!((error.attempts(), script.requests().len()), (1, 1), "{event:?}");
    }
    let mixed = script([Scripted::not_sent(), Scripted::maybe_sent()]);
    let error = mixed.client().unwrap().project("p-1").send(&rename()).await.unwrap_err();
    assert!(error.is_indeterminate() && error.attempts() == 2);
}

#[tokio::test(start_paused = true)]
async fn repetition_needs_the_spec_s_word_and_a_get() {
    let draw = script([Scripted::maybe_sent()]);
    assert_eq!(draw.client().unwrap().send(&RowDraw {}).await.unwrap_err().attempts(), 1);
    let key = script([Scripted::maybe_sent(), Scripted::json(MADE)]);
    assert_eq!(key.client().unwrap().project("p-1").call(&RowKey {}).await.unwrap().attempts(), 2);
}

#[tokio::test(start_paused = true)]
async fn raw_calls_are_repeated_only_as_get() {
    let events = || [Scripted::not_sent(), Scripted::json(ROW)];
    let get = script(events());
    assert_eq!(get.client().unwrap().raw(Method::Get, "/v0/x").send().await.unwrap().attempts(), 2);
    for method in [Method::Post, Method::Put, Method::Delete] {
        let other = script(events());
        let error = other.client().unwrap().raw(method, "/v0/x").json(&1).send().await.unwrap_err();
        assert_eq!(
            (error.attempts(), error.is_refused(), error.operation()),
            (1, true, &*format!("{method} /v0/x"))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn pauses_are_drawn_below_a_doubling_limit() {
    let policy = RetryPolicy::default()
        .attempts(5)
        .first_pause(Duration::from_secs(1))
        .longest_pause(Duration::from_secs(3));
    let mut totals = Vec::new();
    for seed in 0..40 {
        let script = script((0..5).map(|_| Scripted::maybe_sent()));
        let project =
            script.builder().retry(policy.clone()).seed(seed).build().unwrap().project("p-1");
        let start = Instant::now();
        assert_eq!(project.send(&get()).await.unwrap_err().attempts(), 5);
        totals.push(start.elapsed());
    }
    let longest = totals.iter().max().unwrap();
    assert!(*longest <= Duration::from_secs(1 + 2 + 3 + 3), "{longest:?}");
    assert!(*longest > Duration::from_secs(5), "{longest:?}");
    totals.dedup();
    assert!(totals.len() > 30, "the pauses differ");
}

#[tokio::test(start_paused = true)]
async fn a_hint_of_the_server_is_kept_to_if_it_is_bearable() {
    for event in [Scripted::status(429, ""), Scripted::status(503, ""), Scripted::json(TOO_OFTEN)] {
        let (result, requests, elapsed) =
            read([event.clone().header("retry-after", "7"), Scripted::json(ROW)]).await;
        assert_eq!((result.unwrap(), requests), (7, 2));
        assert_eq!(elapsed.as_secs(), 7);
        let (result, requests, elapsed) = read([event.header("retry-after", "31")]).await;
        let error = result.unwrap_err();
        assert_eq!(
            (error.retry_after(), requests, elapsed),
            (Some(Duration::from_secs(31)), 1, Duration::ZERO)
        );
        assert!(error.to_string().contains("asks to wait 31 s"), "{error}");
    }
    let garbage = Scripted::status(503, "").header("retry-after", "-1");
    let (result, requests, elapsed) = read([garbage.clone(), garbage, Scripted::json(ROW)]).await;
    assert_eq!((result.unwrap(), requests), (7, 3));
    assert!(elapsed < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_hint_may_be_a_date() {
    let soon = jiff::Timestamp::now() + Duration::from_secs(10);
    let date =
        jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&soon).unwrap();
    let (result, _, elapsed) =
        read([Scripted::status(429, "").header("retry-after", &date), Scripted::json(ROW)]).await;
    assert_eq!(result.unwrap(), 7);
    assert!((8..=10).contains(&elapsed.as_secs()), "{elapsed:?} for {date}");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_and_a_call_take_no_longer_than_they_may() {
    let (result, requests, elapsed) =
        read([Scripted::silence(), Scripted::json(ROW).after(Duration::from_secs(5))]).await;
    assert_eq!((result.unwrap(), requests), (7, 2));
    assert!((35..36).contains(&elapsed.as_secs()), "{elapsed:?}");
    let (result, requests, elapsed) = read((0..3).map(|_| Scripted::silence())).await;
    assert!(result.unwrap_err().is_timeout());
    assert_eq!(requests, 2, "a third would come too late");
    assert!(elapsed <= Duration::from_secs(60), "{elapsed:?}");

    let script = script([Scripted::silence()]);
    let options = CallOptions::new().timeout(Duration::from_secs(2));
    let start = Instant::now();
    let error =
        script.client().unwrap().project("p-1").call_with(&get(), &options).await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(start.elapsed(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn no_pause_outlasts_the_call() {
    let script = script([Scripted::status(503, "").header("retry-after", "20")]);
    let options = CallOptions::new().timeout(Duration::from_secs(10));
    let start = Instant::now();
    let error =
        script.client().unwrap().project("p-1").with(options).send(&get()).await.unwrap_err();
    assert_eq!((error.http_status(), start.elapsed()), (Some(503), Duration::ZERO));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(20)));
}

#[tokio::test(start_paused = true)]
async fn a_failing_service_is_not_knocked_over() {
    let script = ScriptedTransport::new();
    let client = script.client().unwrap();
    let mut requests = 0;
    for _ in 0..100 {
        (0..3).for_each(|_| script.push(Scripted::status(503, "")));
        let error = client.clone().project("p-1").send(&get()).await.unwrap_err();
        requests += error.attempts();
    }
    assert_eq!(requests, 200, "100 calls and 100 repetitions, then none");
    while script.verify().is_err() {
        let _ = client.send(&RowList::default()).await;
    }
    script.push(Scripted::json(r#"{"code":0,"data":[]}"#));
    assert!(client.send(&RowList::default()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn clones_share_the_rate_limit() {
    let script = script((0..12).map(|_| Scripted::json(ROW)));
    let client =
        script.builder().rate_limit(RateLimit::new(2.0, 4)).max_concurrency(100).build().unwrap();
    let start = Instant::now();
    let calls = (0..12).map(|_| tokio::spawn(client.clone().project("p-1").send(&get())));
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    assert_eq!(start.elapsed(), Duration::from_secs(4), "4 at once, then 8 at 2 a second");
}

#[tokio::test(start_paused = true)]
async fn clones_share_the_places_for_calls_under_way() {
    let script = script((0..6).map(|_| Scripted::json(ROW).after(Duration::from_secs(1))));
    let client = script.builder().max_concurrency(2).build().unwrap();
    let start = Instant::now();
    let calls = (0..6).map(|_| tokio::spawn(client.clone().project("p-1").send(&get())));
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    assert_eq!(start.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_would_wait_too_long_for_its_turn_does_not_wait() {
    let script = script([Scripted::json(ROW)]);
    let client = script.builder().rate_limit(RateLimit::new(0.01, 1)).build().unwrap();
    client.project("p-1").send(&get()).await.unwrap();
    let start = Instant::now();
    let error = client.project("p-1").send(&launch()).await.unwrap_err();
    assert!(error.is_timeout() && error.is_refused(), "{error:?}");
    assert_eq!((start.elapsed(), script.requests().len()), (Duration::ZERO, 1));

    let script = self::script([Scripted::silence()]);
    let client = script.builder().max_concurrency(1).build().unwrap();
    let first = tokio::spawn(client.project("p-1").send(&launch()));
    tokio::task::yield_now().await;
    let options = CallOptions::new().timeout(Duration::from_secs(3));
    let error = client.project("p-1").call_with(&launch(), &options).await.unwrap_err();
    assert!(error.is_timeout() && error.is_refused(), "{error:?}");
    assert!(first.await.unwrap().unwrap_err().is_indeterminate());
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn headers_say_who_where_and_which_attempt() {
    let script = script([
        Scripted::maybe_sent(),
        Scripted::json(ROW),
        Scripted::json(r#"{"code":0,"data":[]}"#),
        Scripted::json(MADE),
    ]);
    let project = script.client().unwrap().project("p-1");
    let reply = project.call(&get()).await.unwrap();
    project.send(&RowList::default()).await.unwrap();
    let options = CallOptions::new().request_id("my-id").language(Language::Chinese);
    assert_eq!(project.call_with(&launch(), &options).await.unwrap().request_id(), "my-id");
    let requests = script.requests();
    let ids: Vec<_> =
        requests.iter().map(|request| request.header("x-request-id").unwrap()).collect();
    assert!(ids[0] != ids[1] && ids[1] == reply.request_id() && ids[3] == "my-id", "{ids:?}");
    let id = ids[0].as_bytes();
    assert!(
        id.len() == 36 && id[14] == b'4' && matches!(id[19], b'8' | b'9' | b'a' | b'b'),
        "{ids:?}"
    );
    let header = |index: usize, name: &str| requests[index].header(name).map(str::to_owned);
    assert_eq!(header(0, "x-project-uuid").as_deref(), Some("p-1"));
    assert_eq!(header(2, "x-project-uuid"), None, "the operation concerns the organization");
    assert_eq!(header(0, "x-language").as_deref(), Some("en"));
    assert_eq!(header(3, "x-language").as_deref(), Some("zh"));
    assert_eq!(header(0, "content-type"), None);
    assert_eq!(header(3, "content-type").as_deref(), Some("application/json"));
    assert!(header(0, "user-agent").unwrap().starts_with("flighthub-api/"));
    assert_eq!(header(0, "x-user-token").as_deref(), Some("***"), "masked in the record");
    assert_eq!(
        (requests[0].connection, requests[3].connection),
        (Connection::Pooled, Connection::Fresh)
    );
    assert_eq!(
        requests[3].body(),
        Some(r#"{"name":"north","password":"FHSECRET"}"#),
        "the body has the real secret"
    );
    assert!(!format!("{requests:?} {script:?}").contains("FHSECRET"));
}

#[tokio::test]
async fn a_scope_of_either_kind_takes_the_project_that_is_at_hand() {
    let script = script([Scripted::json(MADE), Scripted::json(MADE)]);
    let client = script.client().unwrap();
    client.send(&rename()).await.unwrap();
    client.project("p-1").send(&rename()).await.unwrap();
    let projects: Vec<_> = script
        .requests()
        .iter()
        .map(|request| request.header("x-project-uuid").map(str::to_owned))
        .collect();
    assert_eq!(projects, [None, Some("p-1".to_owned())]);
}

#[tokio::test]
async fn a_request_id_that_is_none_is_refused() {
    for id in ["", "a b", "é", &"x".repeat(129), "x\r\ny: z"] {
        let script = ScriptedTransport::new();
        let options = CallOptions::new().request_id(id);
        let error =
            script.client().unwrap().with(options).send(&RowList::default()).await.unwrap_err();
        assert_eq!(
            (error.kind(), script.requests().len()),
            (ErrorKind::InvalidArgument, 0),
            "{id:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_leaves_nothing_behind() {
    let script = script([Scripted::silence(), Scripted::json(ROW)]);
    let client = script.builder().max_concurrency(1).build().unwrap();
    let call = client.project("p-1").send(&get());
    assert!(tokio::time::timeout(Duration::from_secs(1), call).await.is_err());
    assert_eq!(client.project("p-1").send(&get()).await.unwrap().id, 7, "its place is free again");
}

#[test]
fn nothing_is_sent_before_the_first_poll() {
    let script = ScriptedTransport::new();
    drop(script.client().unwrap().send(&RowList::default()));
    assert!(script.requests().is_empty());
}
