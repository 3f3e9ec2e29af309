//! What tracing is told: OpenTelemetry's names for HTTP clients, one span for each attempt, nothing that is secret.

#![allow(clippy::print_stdout, reason = "figures of the proof")]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use flighthub_api::testing::{Scripted, ScriptedTransport};
use flighthub_api::{Client, Method, Region};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

use crate::operations::{get, launch};
use crate::traced;

const KEY: &str = "eyJhbGciOiJIUzUxMiJ9.eyJleHAiOjE3NjczMjMwNDV9.FHCANARY";

/// A span: its name, the name of the one around it, and what was recorded.
#[derive(Debug, Clone, Default)]
struct Seen {
    name: &'static str,
    parent: Option<&'static str>,
    fields: BTreeMap<&'static str, String>,
}

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }
}

/// Keeps all spans in the order of their beginnings.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<(Id, Seen)>>>);

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let parent = context.span(id).and_then(|span| span.parent()).map(|span| span.name());
        let name = attributes.metadata().name();
        let mut seen = Seen { name, parent, fields: BTreeMap::new() };
        attributes.record(&mut seen);
        self.0.lock().unwrap().push((id.clone(), seen));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut spans = self.0.lock().unwrap();
        // Ids are given again after a span has closed.
        if let Some((_, seen)) = spans.iter_mut().rev().find(|(known, _)| known == id) {
            values.record(seen);
        }
    }
}

/// The spans of what is done with a client of a private installation.
fn spans<F>(script: ScriptedTransport, work: impl FnOnce(Client) -> F) -> Vec<Seen>
where
    F: Future<Output = ()>,
{
    let spans = Spans::default();
    let subscriber = Registry::default().with(spans.clone());
    traced(subscriber, || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().start_paused(true).build().unwrap();
        let region = Region::on_premises("https://flighthub.example.com:8443/site");
        let client = Client::builder(region, KEY).transport(script).build().unwrap();
        runtime.block_on(work(client));
    });
    let seen = spans.0.lock().unwrap();
    seen.iter().map(|(_, seen)| seen.clone()).filter(|seen| ours(seen.name)).collect()
}

fn ours(name: &str) -> bool {
    matches!(name, "flighthub" | "http")
}

/// Compares fields, and counts how many were.
fn check(seen: &Seen, expected: &[(&str, Option<&str>)]) -> usize {
    for (name, value) in expected {
        assert_eq!(seen.fields.get(name).map(String::as_str), *value, "{name} of {seen:?}");
    }
    expected.len()
}

#[test]
fn spans_follow_the_conventions_for_http_clients() {
    let script = ScriptedTransport::new()
        .then(Scripted::status(503, "busy"))
        .then(Scripted::json(r#"{"code":0,"data":{"id":1}}"#));
    let all = spans(script, |client| async move {
        let _ = client.project("p-1").send(&get()).await;
    });
    let [call, first, second] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((call.name, call.parent), ("flighthub", None));
    let mut count = check(
        call,
        &[
            ("flighthub.operation", Some("row.get")),
            ("otel.name", Some("row.get")),
            ("otel.kind", Some("internal")),
        ],
    );
    for span in [first, second] {
        assert_eq!((span.name, span.parent), ("http", Some("flighthub")));
        count += check(
            span,
            &[
                ("otel.name", Some("GET /openapi/v0.1/row/{row_id}")),
                ("otel.kind", Some("client")),
                ("http.request.method", Some("GET")),
                ("server.address", Some("flighthub.example.com")),
                ("server.port", Some("8443")),
                ("url.scheme", Some("https")),
                ("url.template", Some("/openapi/v0.1/row/{row_id}")),
                ("network.protocol.name", Some("http")),
                ("flighthub.operation", Some("row.get")),
            ],
        );
        let full = &span.fields["url.full"];
        assert!(
            full.starts_with("https://flighthub.example.com:8443/site/openapi/v0.1/row/"),
            "{full}"
        );
        let id = &span.fields["flighthub.request_id"];
        assert_eq!(id.len(), 36, "{id}");
        count += 2;
    }
    count += check(
        first,
        &[
            ("http.response.status_code", Some("503")),
            ("error.type", Some("503")),
            ("otel.status_code", Some("ERROR")),
            ("http.request.resend_count", None),
        ],
    );
    count += check(
        second,
        &[
            ("http.response.status_code", Some("200")),
            ("flighthub.code", Some("0")),
            ("error.type", None),
            ("otel.status_code", None),
            ("http.request.resend_count", Some("1")),
        ],
    );
    println!("figure Tracing | attributes by OpenTelemetry's conventions | assertions = {count}");
    assert!(count >= 14);
}

#[test]
fn failures_are_named_by_what_they_are() {
    for (event, status, code, kind) in [
        (
            Scripted::json(r#"{"code":219021,"message":"FHSECRET"}"#),
            Some("200"),
            Some("219021"),
            "Code",
        ),
        (Scripted::status(403, "<html>FHSECRET"), Some("403"), None, "403"),
        (Scripted::not_sent(), None, None, "Connection"),
    ] {
        // As often as it may be asked for.
        let script = ScriptedTransport::new().then(event.clone()).then(event.clone()).then(event);
        let all = spans(script, |client| async move {
            client.project("p-1").send(&launch()).await.unwrap_err();
        });
        let last = all.last().unwrap();
        check(
            last,
            &[
                ("http.response.status_code", status),
                ("flighthub.code", code),
                ("error.type", Some(kind)),
                ("otel.status_code", Some("ERROR")),
            ],
        );
        check(&all[0], &[("error.type", Some(kind)), ("otel.status_code", Some("ERROR"))]);
    }
}

#[test]
fn nothing_secret_is_told() {
    let script = ScriptedTransport::new()
        .then(Scripted::json(r#"{"code":0,"data":{"token":"FHSECRET"}}"#))
        .then(Scripted::json(r#"{"code":200401,"message":"FHSECRET"}"#));
    let all = spans(script, |client| async move {
        let raw = client.raw(Method::Get, "/openapi/v0.1/x").query("a", "FHQUERY");
        raw.send().await.unwrap();
        let raw = client.raw(Method::Post, "/openapi/v0.1/y").json("FHSECRET");
        raw.send().await.unwrap_err();
    });
    assert_eq!(all.len(), 4, "{all:?}");
    check(
        &all[1],
        &[
            ("url.full", Some("https://flighthub.example.com:8443/site/openapi/v0.1/x?REDACTED")),
            ("url.template", None),
            ("otel.name", Some("GET (raw)")),
        ],
    );
    let text = format!("{all:?}");
    let mut hits = 0;
    for secret in ["FHCANARY", "eyJhbGci", "FHSECRET", "FHQUERY", "x-user-token"] {
        hits += text.matches(secret).count();
    }
    println!("figure Tracing | sensitive values | count = {hits}");
    assert_eq!(hits, 0, "{text}");
    assert!(text.contains("/openapi/v0.1/y"), "the search looks at the right text");
}
