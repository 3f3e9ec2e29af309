//! The simulator's own endpoints below `/__sim/`. They answer plain JSON without an envelope, so that nobody takes them for the API.
//!
//! They act on the region whose port is asked, or on that of `?region=`. They are for this machine alone, unless the simulator was told
//! otherwise: so listening on more than loopback opens the API and not the world. Nor are they for pages in a browser of this machine,
//! which can send requests to any port of it: a request with an `Origin`, or under a host that is no name of this machine, is refused.

mod begin;
mod evidence;
mod time;
mod world;

use std::net::SocketAddr;

use http::request::Parts;
use http::{HeaderValue, Method, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{CONTROL, to_text};
use crate::journal::mask;
use crate::reply::Reply;
use crate::sim::{Shared, State};

pub(crate) use begin::deed;

/// Whom a request came from. A request without it came from nobody who may do anything here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// What there is: method, path below `/__sim/`, and what it does.
const ENDPOINTS: &[(&str, &str, &str)] = &[
    ("GET", "", "this list"),
    ("GET", "clock", "the virtual time, its speed, and whether it is paused"),
    ("POST", "advance", "lets virtual time pass at once: {\"seconds\": 60}"),
    (
        "POST",
        "until",
        "lets virtual time pass until {\"time\": \"2026-01-01T09:00:00Z\"}, or until a task has ended {\"task\": \"name or UUID\"} or has a status {\"task\": …, \"status\": \"executing\"}; for at most \"limit_seconds\", a day by default",
    ),
    ("POST", "pause", "stops the clock; it can still be advanced"),
    ("POST", "resume", "lets the clock run again"),
    ("POST", "speed", "virtual seconds in a real one: {\"speed\": 60}"),
    (
        "POST",
        "reset",
        "returns to the beginning, with the same seed or another: {\"seed\": 7}; the journal is empty then",
    ),
    (
        "POST",
        "scenario",
        "begins anew with the scenario in the body (TOML), or with a built-in one: ?name=low-battery",
    ),
    ("GET", "scenarios", "the built-in scenarios"),
    ("POST", "deeds", "lets something happen: one deed or a list of deeds, all of them or none"),
    ("GET", "faults", "the faults, and how often each was played"),
    (
        "POST",
        "faults",
        "adds a fault: {\"on\": \"task.create\", \"kind\": \"silence\", \"effect\": \"after\"}",
    ),
    ("DELETE", "faults", "takes all faults away; /__sim/faults/ID takes one"),
    ("GET", "elsewhere", "who followed a redirect to another origin"),
    ("GET", "world", "regions, keys, projects, devices, tasks and the script, in short"),
    (
        "GET",
        "journal",
        "what was asked: ?operation=&port=&region=&method=&status=&code=&key=&since=&limit=&format=ndjson",
    ),
    ("DELETE", "journal", "forgets what was asked"),
    (
        "POST",
        "expect",
        "compares the journal: {\"operation\": \"task.create\", \"times\": 1, \"where\": {\"status\": 200}}; 409 with the entries when it is not so",
    ),
];

/// What an endpoint comes to.
type Outcome = Result<Reply, Problem>;

/// Why not, and what to do instead.
#[derive(Debug)]
struct Problem {
    status: u16,
    error: String,
    /// More fields of the reply.
    more: Vec<(&'static str, Value)>,
}

impl Problem {
    fn new(status: u16, error: impl Into<String>) -> Self {
        Self { status, error: error.into(), more: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: Value) -> Self {
        self.more.push((name, value));
        self
    }
}

/// A request, as far as the endpoints have to know it.
struct Asked<'r> {
    body: &'r [u8],
    query: Vec<(String, String)>,
    /// The region's place in the list of regions.
    region: usize,
}

impl Asked<'_> {
    /// The body as JSON; an empty one is an empty object.
    fn json<T: DeserializeOwned>(&self, example: &str) -> Result<T, Problem> {
        let body = if self.body.trim_ascii().is_empty() { b"{}" } else { self.body };
        serde_json::from_slice(body)
            .map_err(|error| Problem::new(400, format!("send {example}: {error}")))
    }

    fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// One of them.
pub(super) fn answer(shared: &Shared, region: usize, head: &Parts, body: &[u8]) -> Reply {
    let path = head.uri.path().get(CONTROL.len()..).unwrap_or_default();
    if path == "elsewhere" || path.split('/').next() == Some("faults") {
        return faults(shared, region, head, path, body);
    }
    let mut state = shared.state();
    let before = state.now();
    let reply = act(&mut state, region, head, path, body).unwrap_or_else(|problem| {
        let mut object = serde_json::Map::new();
        object.insert("error".to_owned(), Value::String(mask::text(&problem.error)));
        object.extend(problem.more.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Reply::json(problem.status, to_text(&object))
    });
    let changes = head.method != Method::GET && path != "expect";
    if changes && reply.status < 400 {
        record(&mut state, before, region, head, body, &reply);
    }
    reply
}

/// Faults, and who followed a redirect.
fn faults(shared: &Shared, region: usize, head: &Parts, path: &str, body: &[u8]) -> Reply {
    if let Err(problem) = permitted(&shared.state(), head) {
        return Reply::json(problem.status, to_text(&json!({"error": problem.error})));
    }
    let reply = super::faults::answer(shared, head.method.as_str(), path, body);
    if head.method != Method::GET && reply.status < 400 {
        let mut state = shared.state();
        let now = state.now();
        record(&mut state, now, region, head, body, &reply);
    }
    reply
}

/// # Errors
///
/// When the request came from another machine, or from a page in a browser of this one, and those may not.
fn permitted(state: &State, head: &Parts) -> Result<(), Problem> {
    if state.control_open {
        return Ok(());
    }
    let near = head.extensions.get::<Peer>().is_some_and(|Peer(peer)| is_here(*peer));
    let problem = if !near {
        "/__sim/ is for this machine alone: ask it from there"
    } else if head.headers.contains_key(header::ORIGIN) {
        "/__sim/ is not for pages in a browser, and the request has an `Origin`: ask it without one"
    } else if !hosts(head).all(is_name_of_here) {
        // A name of somebody else's that leads here is how a page gets around the rule before.
        "/__sim/ is asked under a name of this machine, such as localhost or 127.0.0.1: use one as the host"
    } else {
        return Ok(());
    };
    Err(Problem::new(403, format!("{problem}, or start the simulator with --control-open")))
}

/// The names under which a request asks. Old clients send none.
fn hosts(head: &Parts) -> impl Iterator<Item = &[u8]> {
    let named = head.headers.get_all(header::HOST).iter().map(HeaderValue::as_bytes);
    named.chain(head.uri.authority().map(|authority| authority.as_str().as_bytes()))
}

/// Whether a host, with or without a port, is a name of this machine alone.
fn is_name_of_here(host: &[u8]) -> bool {
    let Ok(authority) = http::uri::Authority::try_from(host) else { return false };
    let name = authority.host().trim_matches(['[', ']']);
    let is_local = |name: &str| {
        let last = name.rsplit('.').next().unwrap_or_default();
        last.eq_ignore_ascii_case("localhost")
    };
    name.parse::<std::net::IpAddr>().map_or_else(|_| is_local(name), |ip| ip.is_loopback())
}

/// Writes down what changed the world, so that a record can be played again.
fn record(
    state: &mut State,
    at: flighthub_api::Timestamp,
    region: usize,
    head: &Parts,
    body: &[u8],
    reply: &Reply,
) {
    let name = state.gateways.get(region).map(|gateway| gateway.name.clone()).unwrap_or_default();
    if let Some(recorder) = &mut state.journal.recorder {
        recorder.control(at, &name, head, body, reply);
    }
}

fn act(state: &mut State, region: usize, head: &Parts, path: &str, body: &[u8]) -> Outcome {
    permitted(state, head)?;
    let query = pairs(head.uri.query().unwrap_or_default());
    let named = query.iter().find(|(key, _)| key == "region").map(|(_, name)| name.as_str());
    let region = match named {
        // In the journal it chooses entries.
        Some(_) if path == "journal" => region,
        Some(name) => region_of(state, name)?,
        None => region,
    };
    let asked = Asked { body, query, region };
    match (head.method.as_str(), path) {
        ("GET", "") => Ok(index(state)),
        ("GET", "clock") => Ok(time::clock(state)),
        ("POST", "advance") => time::advance(state, &asked),
        ("POST", "until") => time::until(state, &asked),
        ("POST", "pause") => Ok(time::pause(state, true)),
        ("POST", "resume") => Ok(time::pause(state, false)),
        ("POST", "speed") => time::speed(state, &asked),
        ("POST", "reset") => begin::reset(state, &asked),
        ("POST", "scenario") => begin::scenario(state, &asked),
        ("GET", "scenarios") => Ok(begin::scenarios()),
        ("POST", "deeds") => begin::deeds(state, &asked),
        ("GET", "world") => Ok(world::summary(state)),
        ("GET", "journal") => evidence::list(state, &asked),
        ("DELETE", "journal") => Ok(evidence::clear(state)),
        ("POST", "expect") => evidence::expect(state, &asked),
        (method, path) => unknown(method, path),
    }
}

/// Whether a peer is on this machine, also when it comes as IPv4 over IPv6.
fn is_here(peer: SocketAddr) -> bool {
    peer.ip().to_canonical().is_loopback()
}

fn region_of(state: &State, name: &str) -> Result<usize, Problem> {
    let found = state.gateways.iter().position(|gateway| gateway.name == name);
    found.ok_or_else(|| {
        let known: Vec<_> = state.gateways.iter().map(|gateway| gateway.name.as_str()).collect();
        Problem::new(404, format!("there is no region `{name}`, there are {}", known.join(", ")))
    })
}

/// The names and values of a query.
fn pairs(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn unknown(method: &str, path: &str) -> Outcome {
    let methods: Vec<_> = ENDPOINTS
        .iter()
        .filter(|(_, known, _)| *known == path)
        .map(|(method, ..)| *method)
        .collect();
    if !methods.is_empty() {
        let allowed = methods.join(", ");
        let mut reply =
            plain(405, &json!({"error": format!("/__sim/{path} takes {allowed}, not {method}")}));
        if let Ok(allowed) = HeaderValue::from_str(&allowed) {
            reply = reply.with(header::ALLOW, allowed);
        }
        return Ok(reply);
    }
    let most = path.len() / 2;
    // One of another length is as far away at least: so comparing takes no longer however long a path is sent.
    let like = ENDPOINTS.iter().filter(|(_, known, _)| known.len().abs_diff(path.len()) <= most);
    let hint = match like.map(|(_, known, _)| (distance(path, known), *known)).min() {
        Some((steps, known)) if steps <= most => {
            format!("; the nearest is /__sim/{known}")
        }
        _ => String::new(),
    };
    Err(Problem::new(
        404,
        format!("there is no /__sim/{path}{hint}; GET /__sim/ lists what there is"),
    ))
}

/// How many letters have to change.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, letter) in left.chars().enumerate() {
        let mut next = vec![line + 1];
        for (column, other) in right.iter().enumerate() {
            let at = |index: usize| row.get(index).copied().unwrap_or(usize::MAX - 1);
            let left = next.last().copied().unwrap_or(usize::MAX - 1);
            let changed = at(column) + usize::from(letter != *other);
            next.push(changed.min(at(column + 1) + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[derive(Serialize)]
struct Endpoint {
    method: &'static str,
    path: String,
    about: &'static str,
}

fn index(state: &State) -> Reply {
    let endpoints = ENDPOINTS.iter().map(|(method, path, about)| Endpoint {
        method,
        path: format!("/__sim/{path}"),
        about,
    });
    let regions: Vec<_> = state.gateways.iter().map(|gateway| gateway.name.as_str()).collect();
    plain(
        200,
        &json!({
            "simulator": env!("CARGO_PKG_VERSION"),
            "about": "A simulated FlightHub 2. These endpoints control it; ?region= chooses one, otherwise the port does.",
            "seed": state.setup.seed,
            "strict": state.strict,
            "scenario": state.setup.scenario.as_ref().map(crate::Scenario::name),
            "regions": regions,
            "now": state.now().to_string(),
            "endpoints": endpoints.collect::<Vec<_>>(),
        }),
    )
}

fn plain(status: u16, value: &Value) -> Reply {
    Reply::json(status, to_text(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_differ_are_counted() {
        for (left, right, steps) in [
            ("clock", "clock", 0),
            ("clok", "clock", 1),
            ("", "abc", 3),
            ("journals", "journal", 1),
        ] {
            assert_eq!(distance(left, right), steps, "{left} {right}");
        }
    }

    #[test]
    fn only_names_of_this_machine_alone_are_names_of_here() {
        for (host, here) in [
            ("localhost", true),
            ("LocalHost:8080", true),
            ("sim.localhost:1", true),
            ("127.0.0.1:1", true),
            ("127.8.8.8", true),
            ("[::1]:1", true),
            ("localhost.example.com:1", false),
            ("127.0.0.1.example.com", false),
            ("notlocalhost", false),
            ("rebound.example.com:8080", false),
            ("10.0.0.5:1", false),
            ("0.0.0.0:1", false),
            ("a@localhost", true),
            ("localhost@example.com", false),
            ("", false),
            ("127.0.0.1 x", false),
        ] {
            assert_eq!(is_name_of_here(host.as_bytes()), here, "{host}");
        }
    }

    #[test]
    fn only_this_machine_is_here() {
        for (peer, here) in [
            ("127.0.0.1:1", true),
            ("127.9.9.9:1", true),
            ("[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("10.0.0.5:1", false),
            ("[::ffff:10.0.0.5]:1", false),
        ] {
            assert_eq!(is_here(peer.parse().unwrap()), here, "{peer}");
        }
    }
}
