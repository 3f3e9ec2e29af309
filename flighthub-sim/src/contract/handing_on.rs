//! One call through the contract proxy.

use std::error::Error;

use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use serde_json::json;

use super::finding::Finding;
use super::judge;
use super::proxy::Shared;
use crate::reply::Reply;

/// Longest body, of requests and of replies: 16 MiB. Objects do not go through the API.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// On every reply: how much was not as described.
const CONTRACT: HeaderName = HeaderName::from_static("x-flighthub-simulator-contract");
/// Of one connection, not of the call.
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Why a call has no answer, and what to do about it.
struct NoAnswer {
    status: StatusCode,
    problem: String,
    remedy: &'static str,
}

pub(super) async fn answer(shared: &Shared, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    if let Some(path) = parts.uri.path().strip_prefix("/__sim/") {
        return own(shared, &parts.method, path);
    }
    let path = parts.uri.path().to_owned();
    let operation = shared.description.route(parts.method.as_str(), &path);
    let id = operation.map_or_else(String::new, |operation| operation.id.clone());
    let (mut found, answered) = match Limited::new(body, MOST_BYTES).collect().await {
        Ok(body) => {
            let body = body.to_bytes();
            let found = shared.description.judge_request(&sent(&parts, &body));
            (found, hand_on(shared, &parts, body).await)
        }
        Err(_) => (Vec::new(), Err(unread())),
    };
    match answered {
        Ok(reply) => {
            if let Some(operation) = operation {
                found.extend(operation.judge_reply(&reply));
            }
            let header = summary(&found);
            shared.count(|tally| tally.exchange(&id, found));
            response(reply, header)
        }
        Err(NoAnswer { status, problem, remedy }) => {
            shared.count(|tally| tally.failure(&id, &problem, remedy));
            let text = json!({"error": problem, "remedy": remedy}).to_string();
            response(Reply::json(status.as_u16(), text), summary(&found))
        }
    }
}

/// The proxy's own addresses.
fn own(shared: &Shared, method: &Method, path: &str) -> Response<Full<Bytes>> {
    let reply = if method == Method::GET && path == "contract/report" {
        let text = serde_json::to_vec(&shared.report()).unwrap_or_default();
        Reply::json(200, text)
    } else {
        Reply::json(404, r#"{"error":"there is GET /__sim/contract/report"}"#)
    };
    response(reply, None)
}

/// The request as the judge takes it.
fn sent(parts: &Parts, body: &Bytes) -> judge::Request {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), text(value)));
    judge::Request {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: headers.collect(),
        body: (!body.is_empty()).then(|| String::from_utf8_lossy(body).into_owned()),
    }
}

/// Sends the request once and takes the whole reply.
async fn hand_on(shared: &Shared, parts: &Parts, body: Bytes) -> Result<Reply, NoAnswer> {
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let text = format!("{}{target}", shared.base);
    let url = reqwest::Url::parse(&text).ok().filter(|url| url.as_str() == text);
    let url = url.ok_or_else(|| NoAnswer {
        status: StatusCode::BAD_REQUEST,
        problem: "the path or query would change on the way".to_owned(),
        remedy: "Percent-encode it, and leave out `.` and `..` as parts of the path; nothing was sent.",
    })?;
    let mut request = reqwest::Request::new(parts.method.clone(), url);
    *request.headers_mut() = end_to_end(&parts.headers);
    request.headers_mut().remove(HOST);
    // What is compressed cannot be judged.
    request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if !body.is_empty() || parts.headers.contains_key(CONTENT_LENGTH) {
        *request.body_mut() = Some(body.into());
    }
    let mut reply = shared.client.execute(request).await.map_err(no_answer)?;
    let mut body = Vec::new();
    while let Some(chunk) = reply.chunk().await.map_err(no_answer)? {
        if body.len() + chunk.len() > MOST_BYTES {
            return Err(NoAnswer {
                status: StatusCode::BAD_GATEWAY,
                problem: format!("the reply is longer than {} MiB", MOST_BYTES >> 20),
                remedy: "Ask for less, or without the contract proxy. A write may have taken effect: look before sending it again.",
            });
        }
        body.extend_from_slice(&chunk);
    }
    let mut taken = Reply::new(reply.status().as_u16(), body);
    let headers = end_to_end(reply.headers());
    taken.headers = headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    Ok(taken)
}

/// The headers that belong to the call. The length is that of the body, which is at hand whole.
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<String> =
        named.flat_map(|text| text.split(',')).map(|name| name.trim().to_lowercase()).collect();
    let mut kept = HeaderMap::new();
    for (name, value) in headers {
        let dropped = HOP_BY_HOP.contains(name) || *name == CONTENT_LENGTH;
        if !dropped && !named.iter().any(|one| one == name.as_str()) {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

fn unread() -> NoAnswer {
    NoAnswer {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        problem: format!("the request broke off, or is longer than {} MiB", MOST_BYTES >> 20),
        remedy: "Files go to the object storage and not through the API; nothing was sent.",
    }
}

fn no_answer(error: reqwest::Error) -> NoAnswer {
    let root = root(&error);
    if error.is_connect() {
        NoAnswer {
            status: StatusCode::BAD_GATEWAY,
            problem: format!("no connection to the target: {root}"),
            remedy: "Check the address of the target, the network and whether it runs; nothing was sent.",
        }
    } else if error.is_timeout() {
        NoAnswer {
            status: StatusCode::GATEWAY_TIMEOUT,
            problem: "the target fell silent".to_owned(),
            remedy: "A write may have taken effect: look before sending it again.",
        }
    } else {
        NoAnswer {
            status: StatusCode::BAD_GATEWAY,
            problem: format!("the connection to the target broke: {root}"),
            remedy: "A write may have taken effect: look before sending it again.",
        }
    }
}

/// The cause at the bottom: the errors above it name the URL.
pub(super) fn root(error: &reqwest::Error) -> String {
    let Some(mut root) = error.source() else { return "unknown".to_owned() };
    while let Some(source) = root.source() {
        root = source;
    }
    root.to_string().chars().filter(|c| !c.is_control()).take(200).collect()
}

fn summary(found: &[Finding]) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("{} findings", found.len())).ok()
}

fn response(reply: Reply, header: Option<HeaderValue>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(reply.body)));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or_default();
    for (name, value) in reply.headers {
        response.headers_mut().append(name, value);
    }
    if let Some(header) = header {
        response.headers_mut().insert(CONTRACT, header);
    }
    response
}
