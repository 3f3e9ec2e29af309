//! Faults, played on requests.

use std::cell::Cell;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use flighthub_api::ErrorCode;
use http::header::{CONTENT_LENGTH, LOCATION, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Response, response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::Serialize;

use super::wire::{self, Step};
use super::{Body, CONTROL, Exchange, bomb, into_response, pages, quirk, to_text};
use crate::faults::{
    DelayClock, Effect, End, ErrorBody, FaultError, FaultKind, FaultPort, Phase, Played,
};
use crate::reply::Reply;

/// The fault of a single request, by its own wish; and in replies that a fault changed, which.
pub(super) const FAULT: HeaderName = HeaderName::from_static("x-flighthub-simulator-fault");
/// How much of a reply is kept to be cut or dripped: far more than any of the API has, and less than many a download.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// Between two looks at the virtual clock.
const LOOK: Duration = Duration::from_millis(5);
/// What is sent where the world was not asked and the kind of fault has no words of its own.
const NOT_ASKED: &str = r#"{"code":200500,"message":"server error"}"#;

/// The words of the fault that is being played, for the journal: an extension of the request's head.
#[derive(Debug, Clone)]
struct Words(String);

/// The fault that is being played on a request, in words.
pub(crate) fn words(head: &Parts) -> Option<&str> {
    head.extensions.get::<Words>().map(|words| words.0.as_str())
}

#[derive(Serialize)]
struct Problem {
    error: String,
}

/// The fault that is due for a request, by its header or by the plan.
///
/// # Errors
///
/// The reply to a request whose header is none.
pub(super) fn due(exchange: &Exchange<'_>, head: &Parts) -> Result<Option<Played>, Reply> {
    let Some((port, region)) = exchange.role.place() else {
        return Ok(None);
    };
    if port == FaultPort::Api && head.uri.path().starts_with(CONTROL) {
        return Ok(None);
    }
    if let Some(text) = head.headers.get(FAULT) {
        return by_header(text).map(Some).map_err(|error| {
            let error = format!("{FAULT}: {error}");
            Reply::json(400, to_text(&Problem { error }))
        });
    }
    if !exchange.shared.is_armed() {
        return Ok(None);
    }
    let operation = (port == FaultPort::Api).then(|| super::api::operation(head)).flatten();
    Ok(exchange.shared.state().faults.request(port, region, operation))
}

fn by_header(text: &HeaderValue) -> Result<Played, FaultError> {
    let text = text.to_str().map_err(|_| FaultError::new("has to be plain text"))?;
    let kind: FaultKind = text.parse()?;
    if kind.is_of_connection() {
        return Err(FaultError::new(format!(
            "`{}` happens before a request is read; inject it by POST /__sim/faults",
            kind.name()
        )));
    }
    Ok(Played::of_header(kind))
}

/// Plays a fault on a request.
pub(super) async fn play(
    exchange: &Exchange<'_>,
    fault: Played,
    mut head: Parts,
    mut body: Incoming,
) -> Response<Body> {
    let Played { kind, words } = fault;
    head.extensions.insert(Words(words));
    if let Some((at, steps)) = early(&kind) {
        let bytes = if at == Phase::RequestBody { some_of(&mut body).await } else { 0 };
        exchange.write_down(&head, None, bytes, None);
        return exchange.link.play(steps).await;
    }
    let worded = worded(exchange, &kind, &head);
    let operation = super::api::operation(&head);
    let wants_body = head.method != Method::HEAD;
    let reply = match effect(&kind) {
        Effect::After => exchange.answer(head, body).await,
        Effect::Before => match &kind {
            FaultKind::Delay { ms, clock, .. } => {
                wait(exchange, *ms, *clock).await;
                return exchange.answer(head, body).await;
            }
            _ => {
                let sent = worded.as_ref();
                if matches!(exchange.role.place(), Some((FaultPort::Storage, _))) {
                    // Uploads may be of any length, and nobody wants to read them in the journal.
                    let bytes = exchange.count(body).await;
                    exchange.write_down(&head, None, bytes, sent);
                } else {
                    match exchange.read(body).await {
                        Ok(read) => {
                            exchange.write_down(&head, Some(&read), read.len() as u64, sent);
                        }
                        Err(reply) => {
                            exchange.write_down(&head, None, 0, Some(&reply));
                            return exchange.turned_away(reply).await;
                        }
                    }
                }
                into_response(Reply::json(503, NOT_ASKED))
            }
        },
    };
    let mut reply = match worded {
        Some(worded) => into_response(worded),
        None => reply,
    };
    reply.headers_mut().insert(FAULT, HeaderValue::from_static(kind.name()));
    match kind {
        FaultKind::Delay { ms, clock, .. } => {
            wait(exchange, ms, clock).await;
            reply
        }
        FaultKind::CloseOnReuse { then } => {
            exchange.link.end_on_reuse(then);
            reply
        }
        FaultKind::Redirect { .. }
        | FaultKind::HttpError { .. }
        | FaultKind::Refuse { .. }
        | FaultKind::CodeOnly { .. }
        | FaultKind::Html { .. } => reply,
        kind => {
            let (parts, body) = reply.into_parts();
            let body = beginning(body, needed(&kind)).await;
            match kind {
                FaultKind::TruncatedJson { keep, .. } => {
                    let keep = keep.map_or(body.len() / 2, length).min(body.len());
                    response(parts, body.slice(..keep))
                }
                FaultKind::Quirk { name } => {
                    let headers = parts.headers.iter();
                    let headers = headers.map(|(name, value)| (name.clone(), value.clone()));
                    let reply = Reply {
                        status: parts.status.as_u16(),
                        headers: headers.collect(),
                        body: body.to_vec(),
                    };
                    into_response(quirk::apply(&name, operation, reply))
                }
                kind => {
                    let mut steps = script(&kind, &parts, &body);
                    if !wants_body {
                        steps = without_body(steps);
                    }
                    exchange.link.play(steps).await
                }
            }
        }
    }
}

/// Whether the call is carried out.
const fn effect(kind: &FaultKind) -> Effect {
    match kind {
        FaultKind::Reset { effect, .. }
        | FaultKind::Close { effect, .. }
        | FaultKind::Silence { effect, .. }
        | FaultKind::Dribble { effect, .. }
        | FaultKind::WrongLength { effect, .. }
        | FaultKind::Garbage { effect }
        | FaultKind::LongHead { effect, .. }
        | FaultKind::EndlessBody { effect }
        | FaultKind::GzipBomb { effect, .. }
        | FaultKind::EndlessDeflate { effect }
        | FaultKind::Redirect { effect, .. }
        | FaultKind::HttpError { effect, .. }
        | FaultKind::Refuse { effect, .. }
        | FaultKind::CodeOnly { effect, .. }
        | FaultKind::Html { effect }
        | FaultKind::TruncatedJson { effect, .. }
        | FaultKind::Delay { effect, .. } => *effect,
        FaultKind::CloseOnReuse { .. } | FaultKind::Quirk { .. } => Effect::After,
        FaultKind::PortClosed { .. }
        | FaultKind::ConnectionReset {}
        | FaultKind::ConnectionSilence { .. } => Effect::Before,
    }
}

/// What happens before the request has been read, when that is when it happens.
fn early(kind: &FaultKind) -> Option<(Phase, Vec<Step>)> {
    let (at, step) = match kind {
        FaultKind::Reset { at, .. } => (*at, Step::Reset),
        FaultKind::Close { at, .. } => (*at, Step::Close),
        FaultKind::Silence { at, for_ms, .. } => {
            (*at, Step::Deafness(for_ms.map(Duration::from_millis)))
        }
        _ => return None,
    };
    at.is_early().then(|| (at, vec![step]))
}

/// What a kind has to say itself.
fn worded(exchange: &Exchange<'_>, kind: &FaultKind, head: &Parts) -> Option<Reply> {
    let header = |reply: Reply, name, value: &str| match HeaderValue::from_str(value) {
        Ok(value) => reply.with(name, value),
        Err(_) => reply,
    };
    let reply = match kind {
        FaultKind::Redirect { status, location, .. } => {
            let location = location.clone().unwrap_or_else(|| {
                let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
                format!("{}{path}", exchange.shared.state().elsewhere.url)
            });
            header(Reply::empty(*status), LOCATION, &location)
        }
        FaultKind::HttpError { status, body, retry_after, .. } => {
            let reply = match body {
                ErrorBody::Html => pages::error(*status),
                ErrorBody::Empty => Reply::empty(*status),
                ErrorBody::Json if *status == 429 => {
                    Reply::json(429, r#"{"code":210429,"message":"too many requests"}"#)
                }
                ErrorBody::Json => Reply::json(*status, NOT_ASKED),
            };
            match retry_after {
                Some(text) => header(reply, RETRY_AFTER, text),
                None => reply,
            }
        }
        FaultKind::Refuse { code, message, http, .. } => {
            let known = || ErrorCode::new(*code).meaning().unwrap_or_default().to_owned();
            let refusal =
                crate::refusal::Refusal::new(*code, message.clone().unwrap_or_else(known));
            super::api::refused(&refusal.http(*http))
        }
        FaultKind::CodeOnly { code, .. } => Reply::json(200, format!(r#"{{"code":{code}}}"#)),
        FaultKind::Html { .. } => pages::console(),
        _ => return None,
    };
    Some(reply)
}

/// What is sent, byte by byte, in place of a reply.
fn script(kind: &FaultKind, parts: &response::Parts, body: &Bytes) -> Vec<Step> {
    let close = ("connection", "close");
    // A longer body than is kept, or one that was only asked about, has the length that its head says.
    let said = parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let said = said.and_then(|length| length.parse().ok()).unwrap_or(body.len() as u64);
    let sound = |length: u64| wire::head(parts, &[("content-length", &length.to_string()), close]);
    let with_body = |mut head: Vec<u8>| {
        head.extend_from_slice(body);
        Bytes::from(head)
    };
    let whole = || with_body(sound(said));
    let up_to = |at: &Phase| {
        let head = sound(said);
        let bytes = match at {
            Phase::ReplyHead => head.len(),
            Phase::ReplyBody => head.len() + body.len() / 2,
            Phase::Bytes(bytes) => length(*bytes),
            _ => 0,
        };
        let reply = with_body(head);
        Step::Send(reply.slice(..bytes.min(reply.len())))
    };
    match kind {
        FaultKind::Reset { at, .. } => vec![up_to(at), Step::Reset],
        FaultKind::Close { at, .. } => vec![up_to(at), Step::Close],
        FaultKind::Silence { at, for_ms, .. } => {
            vec![up_to(at), Step::Silence(for_ms.map(Duration::from_millis)), Step::Close]
        }
        FaultKind::Dribble { bytes, every_ms, .. } => {
            let every = Duration::from_millis(*every_ms);
            vec![Step::Drip { bytes: whole(), drop: length(*bytes), every }, Step::Close]
        }
        FaultKind::WrongLength { by, then, .. } => {
            let promised = said.saturating_add_signed(*by);
            vec![Step::Send(with_body(sound(promised))), Step::end(*then)]
        }
        FaultKind::LongHead { bytes, .. } => vec![
            Step::Send(Bytes::from_static(b"HTTP/1.1 200 OK\r\nx-padding: ")),
            Step::Repeat(b'x', *bytes),
            // The status line has been sent already.
            Step::Send(after_status_line(whole())),
            Step::Close,
        ],
        FaultKind::EndlessBody { .. } => {
            let head = wire::head(parts, &[("transfer-encoding", "chunked"), close]);
            vec![Step::Send(head.into()), Step::Endless(chunk(b' '))]
        }
        FaultKind::EndlessDeflate { .. } => {
            let head = wire::head(
                parts,
                &[("content-encoding", "deflate"), ("transfer-encoding", "chunked"), close],
            );
            let begin = bomb::Bomb::deflate();
            let first = format!("{:x}\r\n", begin.len());
            let first = [&head, first.as_bytes(), &begin, b"\r\n"].concat();
            vec![Step::Send(first.into()), Step::Endless(chunk(0))]
        }
        FaultKind::GzipBomb { unpacked, .. } => {
            let bomb = bomb::Bomb::gzip(*unpacked);
            let length = bomb.len().to_string();
            let head = wire::head(
                parts,
                &[("content-encoding", "gzip"), ("content-length", &length), close],
            );
            vec![
                Step::Send([&head[..], &bomb.head].concat().into()),
                Step::Repeat(0, bomb.zeros),
                Step::Send(bomb.tail),
                Step::Close,
            ]
        }
        // Garbage; everything else is played elsewhere.
        _ => vec![Step::Send(Bytes::from_static(GARBAGE)), Step::Close],
    }
}

/// The same script for a caller who asked for the head alone: nothing is sent after it, but the end is the same.
fn without_body(steps: Vec<Step>) -> Vec<Step> {
    let has_ended = Cell::new(false);
    let cut = |bytes: Bytes| match bytes.windows(4).position(|end| end == b"\r\n\r\n") {
        Some(end) => {
            has_ended.set(true);
            bytes.slice(..end + 4)
        }
        None => bytes,
    };
    let mut kept = Vec::new();
    for step in steps {
        let step = match step {
            Step::Send(_) | Step::Drip { .. } | Step::Repeat(..) if has_ended.get() => continue,
            Step::Endless(_) => Step::Close,
            Step::Send(bytes) => Step::Send(cut(bytes)),
            Step::Drip { bytes, drop, every } => Step::Drip { bytes: cut(bytes), drop, every },
            step => step,
        };
        kept.push(step);
    }
    kept
}

/// A reply without its first line, but with the line's end.
fn after_status_line(mut reply: Bytes) -> Bytes {
    let line = reply.iter().position(|byte| *byte == b'\r').unwrap_or_default();
    reply.split_off(line)
}

/// No HTTP in any reading: the beginning of a TLS record, a reply of another protocol, bytes that are no text.
const GARBAGE: &[u8] =
    b"\x16\x03\x01\x02\x00\x01\xfc\xff220 simulator ready\r\n\x00\x00\xfe\xff\r\n\r\n";

/// A chunk of a body that has no end.
fn chunk(byte: u8) -> Bytes {
    const LENGTH: usize = 16 * 1024;
    let size = format!("{LENGTH:x}\r\n");
    [size.as_bytes(), &[byte; LENGTH], b"\r\n"].concat().into()
}

fn length(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// Lets time pass.
async fn wait(exchange: &Exchange<'_>, ms: u64, clock: DelayClock) {
    let pause = Duration::from_millis(ms);
    match clock {
        DelayClock::Real => tokio::time::sleep(pause).await,
        DelayClock::Virtual => {
            let over = exchange.shared.state().now().saturating_add(pause);
            while exchange.shared.state().now() < over {
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

/// Reads a part of a body; how long it is.
async fn some_of(body: &mut Incoming) -> u64 {
    match body.frame().await {
        Some(Ok(frame)) => frame.data_ref().map_or(0, |data| data.len() as u64),
        _ => 0,
    }
}

/// How much of a body is enough.
fn needed(kind: &FaultKind) -> usize {
    match kind {
        FaultKind::Reset { at: Phase::Bytes(bytes), .. }
        | FaultKind::Close { at: Phase::Bytes(bytes), .. }
        | FaultKind::Silence { at: Phase::Bytes(bytes), .. } => length(*bytes).min(MOST_BYTES),
        _ => MOST_BYTES,
    }
}

/// A body, or the beginning of one that is too long to be kept.
async fn beginning(mut body: Body, enough: usize) -> Bytes {
    let mut bytes = BytesMut::new();
    while bytes.len() < enough
        && let Some(Ok(frame)) = body.frame().await
    {
        bytes.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
    }
    bytes.freeze()
}

/// The same head with another body.
fn response(mut parts: response::Parts, body: Bytes) -> Response<Body> {
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, super::full(body))
}

/// A connection that ends because it was used again.
pub(super) async fn reused(exchange: &Exchange<'_>, end: End, mut head: Parts) -> Response<Body> {
    head.extensions.insert(Words("closed on reuse".to_owned()));
    exchange.write_down(&head, None, 0, None);
    exchange.link.play(vec![Step::end(end)]).await
}
