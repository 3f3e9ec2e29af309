//! HTTP around the world: keys, envelopes, headers.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use flighthub_api::server::{self, Note, NoteKind, Parsed, Unreadable};
use flighthub_api::v1::{ProjectUuid, dispatch};
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};

use crate::caller::{Caller, KeyProfile, Language, PROJECT_HEADER};
use crate::lenient::{self, Remark};
use crate::quirks;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::sim::Shared;

/// On every reply: the version of the simulator, so that nobody takes it for the real one.
const SIMULATOR: HeaderName = HeaderName::from_static("x-flighthub-simulator");
/// What a request had that is not as documented.
const NOTES: HeaderName = HeaderName::from_static("x-flighthub-simulator-notes");
/// Longest request body.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Most virtual seconds of one advance: 31 days.
const MOST_SECONDS: f64 = 31.0 * 86_400.0;

/// Everything below the simulator's base URL.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(answer).with_state(shared)
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut response = match to_bytes(body, MOST_BYTES).await {
        Ok(body) => {
            let path = parts.uri.path();
            match path.strip_prefix("/__sim/") {
                Some(rest) => control(&shared, &parts.method, rest, &body),
                None => {
                    let query = parts.uri.query().unwrap_or_default();
                    let api = || api(&shared, &parts.method, path, query, &parts.headers, &body);
                    quirky(&parts.method, path, &parts.headers, api).await
                }
            }
        }
        Err(_) => empty(StatusCode::PAYLOAD_TOO_LARGE),
    };
    response.headers_mut().insert(SIMULATOR, HeaderValue::from_static(env!("CARGO_PKG_VERSION")));
    response
}

/// A call of the API whose reply has the quirk that the request asks for.
async fn quirky(
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    api: impl FnOnce() -> Response,
) -> Response {
    let Ok(info) = server::route(method.as_str(), path) else { return api() };
    let quirk = match quirks::wanted(headers, info.id) {
        Ok(None) => return api(),
        Ok(Some(quirk)) => quirk,
        Err(refusal) => return sent(refusal),
    };
    let (parts, body) = api().into_parts();
    let headers = parts.headers.iter().map(|(name, value)| (name.clone(), value.clone()));
    let reply = Reply {
        status: parts.status.as_u16(),
        headers: headers.collect(),
        body: to_bytes(body, usize::MAX).await.unwrap_or_default().into(),
    };
    sent(quirks::served(quirk, info.id, reply))
}

fn sent(reply: Reply) -> Response {
    let mut response = empty(StatusCode::from_u16(reply.status).unwrap_or_default());
    response.headers_mut().extend(reply.headers);
    *response.body_mut() = Body::from(reply.body);
    response
}

/// A call of the API. As at the real gateway the path counts before the key.
fn api(
    shared: &Shared,
    method: &Method,
    path: &str,
    query: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let info = match server::route(method.as_str(), path) {
        Ok(info) => info,
        Err(Unreadable::WrongMethod { allowed }) => {
            let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
            if let Ok(allowed) = HeaderValue::from_str(&allowed.join(", ")) {
                response.headers_mut().insert(ALLOW, allowed);
            }
            return response;
        }
        Err(_) => return empty(StatusCode::NOT_FOUND),
    };
    let caller = match caller(shared, headers, info.id) {
        Ok(caller) => caller,
        Err(refusal) => return refused(&refusal),
    };
    let (query, body, mut remarks) = match tidied(info.id, query, body) {
        Ok(tidied) => tidied,
        Err(refusal) => return refused(&refusal),
    };
    let Parsed { operation, notes, .. } =
        match server::read_request(method.as_str(), path, &query, &body) {
            Ok(parsed) => parsed,
            Err(Unreadable::BadArgument { path, problem, .. }) if !path.is_empty() => {
                return refused(&Refusal::argument(&path, problem));
            }
            Err(unreadable) => return refused(&Refusal::argument("body", unreadable)),
        };
    let outcome = match (remarks.first(), notes.first()) {
        (Some(remark), _) if shared.strict => {
            Err(Refusal::argument(&remark.path, format!("{} (refused by --strict)", remark.text)))
        }
        (None, Some(note)) if shared.strict => Err(undocumented(note)),
        _ => dispatch(&mut shared.world().world, &caller, operation),
    };
    remarks.extend(
        notes.iter().map(|note| Remark { path: note.path.clone(), text: note.to_string() }),
    );
    let mut response = match &outcome {
        Ok(answer) => accepted(answer.data()),
        Err(refusal) => refused(refusal),
    };
    if let Some(notes) = noted(&remarks) {
        response.headers_mut().insert(NOTES, notes);
    }
    response
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

/// Who calls. The system status takes any key, but none is none.
fn caller(shared: &Shared, headers: &HeaderMap, operation: &str) -> Result<Caller, Refusal> {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    let token = text("x-user-token").ok_or_else(Refusal::no_key)?;
    let key = if token == shared.token { KeyProfile::Admin } else { KeyProfile::Unknown };
    if key == KeyProfile::Unknown && operation != "system.status" {
        return Err(Refusal::wrong_key());
    }
    let language =
        if text("x-language") == Some("en") { Language::English } else { Language::Chinese };
    let mut caller = Caller::admin().with_key(key).with_language(language);
    caller.project = text(PROJECT_HEADER).map(ProjectUuid::from);
    Ok(caller)
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
    let text: String = text
        .chars()
        .take(2000)
        .flat_map(|c| {
            if c == ' ' || c.is_ascii_graphic() { vec![c] } else { c.escape_default().collect() }
        })
        .collect();
    HeaderValue::from_str(&text).ok()
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn json(status: StatusCode, text: String) -> Response {
    let mut response = Response::new(Body::from(Bytes::from(text)));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

/// The envelope around the text of `data`. Where an operation promises nothing, the real one leaves `data` out.
fn accepted(data: Option<&str>) -> Response {
    let text = match data {
        Some(data) => format!(r#"{{"code":0,"message":"","data":{data}}}"#),
        None => r#"{"code":0,"message":""}"#.to_owned(),
    };
    json(StatusCode::OK, text)
}

#[derive(Serialize)]
struct Failure<'a> {
    code: i64,
    message: &'a str,
}

fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json(status, to_text(&Failure { code: refusal.code.get(), message: &refusal.message }))
}

fn to_text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "{}".to_owned())
}

#[derive(Serialize)]
struct ClockReply {
    now: String,
    speed: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: f64,
}

#[derive(Serialize)]
struct ControlError {
    error: String,
}

/// The simulator's own endpoints. They answer plain JSON without an envelope, so that nobody takes them for the API.
fn control(shared: &Shared, method: &Method, path: &str, body: &[u8]) -> Response {
    let wrong = |status: StatusCode, error: String| json(status, to_text(&ControlError { error }));
    match (method.as_str(), path) {
        ("GET", "clock") => {}
        ("POST", "advance") => {
            let seconds = match serde_json::from_slice::<Advance>(body) {
                Ok(Advance { seconds }) if (0.0..=MOST_SECONDS).contains(&seconds) => seconds,
                Ok(_) => {
                    return wrong(
                        StatusCode::BAD_REQUEST,
                        format!("`seconds` has to be 0 to {MOST_SECONDS}"),
                    );
                }
                Err(error) => {
                    return wrong(
                        StatusCode::BAD_REQUEST,
                        format!("send {{\"seconds\": 60}}: {error}"),
                    );
                }
            };
            shared.world().world.advance(Duration::from_secs_f64(seconds));
        }
        (_, "clock" | "advance") => {
            return wrong(
                StatusCode::METHOD_NOT_ALLOWED,
                "use GET /__sim/clock or POST /__sim/advance".to_owned(),
            );
        }
        _ => {
            return wrong(
                StatusCode::NOT_FOUND,
                "there are GET /__sim/clock and POST /__sim/advance".to_owned(),
            );
        }
    }
    let driven = shared.world();
    json(
        StatusCode::OK,
        to_text(&ClockReply { now: driven.world.now().to_string(), speed: driven.speed() }),
    )
}
