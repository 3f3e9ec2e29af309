//! Calls of the API: keys, envelopes, headers.

use std::borrow::Cow;

use flighthub_api::server::{self, Note, NoteKind, Parsed, Unreadable};
use flighthub_api::v1::dispatch;
use http::header::ALLOW;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Serialize;

use super::unknown;
use crate::caller::{Caller, Language, PROJECT_HEADER};
use crate::journal::{Seen, mask};
use crate::lenient::{self, Remark};
use crate::quirks;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::sim::{Shared, State};
use crate::world::World;
use crate::world::keys::{EMPTY_LIST, Permit};

/// What a request had that is not as documented.
const NOTES: HeaderName = HeaderName::from_static("x-flighthub-simulator-notes");

/// The operation that a request means. Monitors ask by HEAD what others ask by GET.
pub(super) fn operation(head: &Parts) -> Option<&'static str> {
    server::route(method(head), head.uri.path()).ok().map(|info| info.id)
}

fn method(head: &Parts) -> &str {
    if head.method == Method::HEAD { Method::GET.as_str() } else { head.method.as_str() }
}

/// A call, answered and written down. As at the real gateway the path counts before the key.
pub(super) fn answer(shared: &Shared, region: usize, head: &Parts, body: &[u8]) -> Reply {
    let mut state = shared.state();
    let route = server::route(method(head), head.uri.path());
    let operation = route.as_ref().ok().map(|info| info.id);
    let (reply, notes) = match route {
        Ok(info) => match (too_often(&mut state, head), quirks::wanted(&head.headers, info.id)) {
            (Some(refusal), _) => (refusal, vec!["the rate limit is reached".to_owned()]),
            (None, Err(refusal)) => (refusal, vec!["there is no such quirk".to_owned()]),
            (None, Ok(None)) => called(&mut state, region, info.id, head, body),
            (None, Ok(Some(quirk))) => {
                let (reply, mut notes) = called(&mut state, region, info.id, head, body);
                notes.push(format!("quirk {}", quirk.name));
                (quirks::served(quirk, info.id, reply), notes)
            }
        },
        Err(Unreadable::WrongMethod { allowed }) => {
            let is_question = head.method == Method::OPTIONS;
            let reply = Reply::empty(if is_question { 204 } else { 405 });
            let reply = match HeaderValue::from_str(&allowed.join(", ")) {
                Ok(allowed) => reply.with(ALLOW, allowed),
                Err(_) => reply,
            };
            if is_question { (reply, Vec::new()) } else { nowhere(reply, head, None) }
        }
        Err(unreadable) => nowhere(Reply::empty(404), head, Some(unreadable.to_string())),
    };
    let now = state.now();
    state.journal.write(
        now,
        &Seen {
            port: "api",
            region,
            head,
            body: Some(body),
            bytes: body.len() as u64,
            operation,
            notes: &notes,
            fault: super::played::words(head),
            reply: Some(&reply),
            again: None,
        },
    );
    reply
}

/// The reply to what no operation answers, with what is known about the path.
fn nowhere(reply: Reply, head: &Parts, problem: Option<String>) -> (Reply, Vec<String>) {
    let remark = unknown::remark(head.method.as_str(), head.uri.path()).or(problem);
    let remarks: Vec<_> =
        remark.into_iter().map(|text| Remark { path: String::new(), text }).collect();
    let reply = match noted(&remarks) {
        Some(notes) => reply.with(NOTES, notes),
        None => reply,
    };
    (reply, remarks.into_iter().map(|remark| remark.text).collect())
}

/// The refusal of a key that calls too often. Calls without a key are refused for that.
fn too_often(state: &mut State, head: &Parts) -> Option<Reply> {
    let limiter = state.limiter.as_mut()?;
    let now = state.gateways.first()?.world.now();
    let key = head.headers.get("x-user-token")?;
    limiter.count(key.as_bytes(), now)
}

/// The reply to a call and what was odd about it.
fn called(
    state: &mut State,
    region: usize,
    operation: &str,
    head: &Parts,
    body: &[u8],
) -> (Reply, Vec<String>) {
    let (outcome, mut remarks) = call(state, region, operation, head, body);
    if let Some(note) = outcome.as_ref().err().and_then(|refusal| refusal.note.clone()) {
        remarks.push(Remark { path: String::new(), text: note });
    }
    let reply = match &outcome {
        Ok(Said::Answer(answer)) => accepted(answer.data()),
        Ok(Said::EmptyList) => accepted(Some(EMPTY_LIST)),
        Err(refusal) => refused(refusal),
    };
    let reply = match noted(&remarks) {
        Some(notes) => reply.with(NOTES, notes),
        None => reply,
    };
    (reply, remarks.into_iter().map(|remark| remark.text).collect())
}

/// What is said to a call that is not refused.
enum Said {
    Answer(server::Answer),
    /// What a key without rights to devices gets instead of them.
    EmptyList,
}

/// What the world says to a call, and what was odd about it.
fn call(
    state: &mut State,
    region: usize,
    operation: &str,
    head: &Parts,
    body: &[u8],
) -> (Result<Said, Refusal>, Vec<Remark>) {
    let (path, query) = (head.uri.path(), head.uri.query().unwrap_or_default());
    let strict = state.strict;
    let Some(gateway) = state.gateways.get_mut(region) else {
        return (Err(Refusal::server("no such region")), Vec::new());
    };
    let caller = match admit(&gateway.world, &head.headers, operation) {
        Ok((caller, Permit::Granted)) => caller,
        Ok(_) => return (Ok(Said::EmptyList), Vec::new()),
        Err(refusal) => return (Err(refusal), Vec::new()),
    };
    let (query, body, mut remarks) = match tidied(operation, query, body) {
        Ok(tidied) => tidied,
        Err(refusal) => return (Err(refusal), Vec::new()),
    };
    let read = server::read_request(method(head), path, &query, &body);
    let Parsed { operation, notes, .. } = match read {
        Ok(parsed) => parsed,
        Err(Unreadable::BadArgument { path, problem, .. }) if !path.is_empty() => {
            return (Err(Refusal::argument(&path, problem)), Vec::new());
        }
        Err(unreadable) => return (Err(Refusal::argument("body", unreadable)), Vec::new()),
    };
    let outcome = match (remarks.first(), notes.first()) {
        (Some(remark), _) if strict => {
            Err(Refusal::argument(&remark.path, format!("{} (refused by --strict)", remark.text)))
        }
        (None, Some(note)) if strict => Err(undocumented(note)),
        _ => dispatch(&mut gateway.world, &caller, operation).map(Said::Answer),
    };
    remarks.extend(
        notes.iter().map(|note| Remark { path: note.path.clone(), text: note.to_string() }),
    );
    (outcome, remarks)
}

/// Query and body as the reader takes them, and what was changed in them.
type Tidied<'r> = (Cow<'r, str>, Cow<'r, [u8]>, Vec<Remark>);

/// Brings the requests of a few operations into their documented form.
fn tidied<'r>(operation: &str, query: &'r str, body: &'r [u8]) -> Result<Tidied<'r>, Refusal> {
    match operation {
        "task.list" => {
            let (query, remarks) = lenient::window(query);
            Ok((query.into(), body.into(), remarks))
        }
        "task.create" => {
            let (body, remarks) = lenient::plan(body)?;
            Ok((query.into(), body, remarks))
        }
        _ => Ok((query.into(), body.into(), Vec::new())),
    }
}

/// Who calls, and what becomes of it.
fn admit(world: &World, headers: &HeaderMap, operation: &str) -> Result<(Caller, Permit), Refusal> {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    let language =
        if text("x-language") == Some("en") { Language::English } else { Language::Chinese };
    world.admit(operation, text("x-user-token"), text(PROJECT_HEADER), language)
}

/// What the real one seems to let pass, and `--strict` does not.
fn undocumented(note: &Note) -> Refusal {
    let problem = match &note.kind {
        NoteKind::UnknownField => "the operation has no such field".to_owned(),
        NoteKind::OtherSpelling { canonical } => format!("the field is called `{canonical}`"),
        NoteKind::Null => "null is not documented; leave the field out".to_owned(),
        NoteKind::Misplaced => {
            "belongs into the body instead of the query, or the reverse".to_owned()
        }
        _ => note.to_string(),
    };
    Refusal::argument(&note.path, format!("{problem} (refused by --strict)"))
}

/// A header value cannot hold everything that a field name can.
fn noted(notes: &[Remark]) -> Option<HeaderValue> {
    if notes.is_empty() {
        return None;
    }
    let text = notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>().join("; ");
    // Logs of clients keep it.
    let text: String = mask::text(&text)
        .chars()
        .take(2000)
        .flat_map(|c| {
            if c == ' ' || c.is_ascii_graphic() { vec![c] } else { c.escape_default().collect() }
        })
        .collect();
    HeaderValue::from_str(&text).ok()
}

/// The envelope around the text of `data`. Where an operation promises nothing, the real one leaves `data` out.
fn accepted(data: Option<&str>) -> Reply {
    let text = match data {
        Some(data) => format!(r#"{{"code":0,"message":"","data":{data}}}"#),
        None => r#"{"code":0,"message":""}"#.to_owned(),
    };
    Reply::json(200, text)
}

#[derive(Serialize)]
struct Failure<'a> {
    code: i64,
    message: &'a str,
}

pub(super) fn refused(refusal: &Refusal) -> Reply {
    if !refusal.has_body() {
        return Reply::empty(refusal.http);
    }
    // It may repeat what was sent, and logs of clients keep it.
    let message = mask::text(&refusal.message);
    let failure = Failure { code: refusal.code.get(), message: &message };
    Reply::json(refusal.http, super::to_text(&failure))
}
