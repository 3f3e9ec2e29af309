//! What a call tells tracing: a span for the call, and in it one for each attempt, named by OpenTelemetry's conventions for HTTP
//! clients. Queries and headers stay out of it, for what is in them is nobody's business.

use tracing::field::{Empty, display};
use tracing::{Span, info_span};

use crate::error::Error;
use crate::exchange::{Core, Facts};
use crate::request::RequestParts;

/// The span of a whole call.
pub(crate) fn call(facts: &Facts) -> Span {
    info_span!(
        "flighthub",
        otel.name = %facts.operation,
        otel.kind = "internal",
        otel.status_code = Empty,
        flighthub.operation = %facts.operation,
        error.type = Empty,
    )
}

/// The span of one attempt, which is one HTTP request.
pub(crate) fn attempt(
    core: &Core,
    facts: &Facts,
    parts: &RequestParts,
    attempt: u32,
    request_id: &str,
) -> Span {
    let method = parts.method.as_str();
    let template = facts.path;
    let hidden = if parts.query.is_some() { "?REDACTED" } else { "" };
    let span = info_span!(
        "http",
        otel.name = format_args!("{method} {}", template.unwrap_or("(raw)")),
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = method,
        server.address = core.base.host(),
        server.port = core.base.port(),
        url.scheme = core.base.scheme(),
        url.full = format_args!("{}{hidden}", core.base.join(&parts.path, None)),
        url.template = template,
        network.protocol.name = "http",
        http.request.resend_count = Empty,
        http.response.status_code = Empty,
        error.type = Empty,
        flighthub.operation = %facts.operation,
        flighthub.request_id = request_id,
        flighthub.code = Empty,
    );
    if attempt > 1 {
        span.record("http.request.resend_count", attempt - 1);
    }
    span
}

/// What came of an attempt.
pub(crate) fn outcome(span: &Span, result: Result<u16, &Error>) {
    match result {
        Ok(status) => {
            span.record("http.response.status_code", status);
            span.record("flighthub.code", 0);
        }
        Err(error) => {
            span.record("http.response.status_code", error.http_status());
            span.record("flighthub.code", error.code().map(|code| code.get()));
            failed(span, error);
        }
    }
}

/// Marks a span as failed: with the status when the server gave a bad one, else with the kind of the error.
pub(crate) fn failed(span: &Span, error: &Error) {
    span.record("otel.status_code", "ERROR");
    match error.http_status().filter(|status| *status >= 400) {
        Some(status) => span.record("error.type", display(status)),
        None => span.record("error.type", display(format_args!("{:?}", error.kind()))),
    };
}
