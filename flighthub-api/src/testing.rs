//! Transports for tests: one that plays a script and keeps what was asked of it, and one that always answers the same.
//!
//! ```
//! use flighthub_api::testing::{Scripted, ScriptedTransport};
//! use flighthub_api::Method;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let script = ScriptedTransport::new()
//!     .then(Scripted::json(r#"{"code":0,"message":"","data":{"answer":42}}"#).expect(Method::Get, "/openapi/v0.1/question"));
//! let client = script.client()?;
//! let reply = client.raw(Method::Get, "/openapi/v0.1/question").send().await?;
//! assert_eq!(reply.data(), r#"{"answer":42}"#);
//! assert_eq!(script.requests()[0].header("x-language"), Some("en"));
//! script.verify()?;
//! # Ok(()) }
//! ```

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::client::{Client, ClientBuilder};
use crate::clock::BoxFuture;
use crate::error::{Error, ErrorKind};
use crate::operation::Method;
use crate::region::Region;
use crate::secret::MASK;
use crate::token::Token;
use crate::transport::{Connection, Transport, TransportError, TransportReply, TransportRequest};

/// What happens to one request.
#[derive(Clone)]
#[must_use]
pub struct Scripted {
    event: Event,
    delay: Duration,
    expected: Option<(Method, String)>,
}

#[derive(Clone)]
enum Event {
    Reply(TransportReply),
    NotSent,
    MaybeSent,
    Silence,
}

impl Scripted {
    fn new(event: Event) -> Self {
        Self { event, delay: Duration::ZERO, expected: None }
    }

    /// HTTP 200 with this JSON.
    pub fn json(body: impl Into<String>) -> Self {
        Self::status(200, body).header("content-type", "application/json")
    }

    /// An answer with this status and body.
    pub fn status(status: u16, body: impl Into<String>) -> Self {
        Self::new(Event::Reply(TransportReply::new(status, body.into())))
    }

    /// The connection is never established.
    pub fn not_sent() -> Self {
        Self::new(Event::NotSent)
    }

    /// The connection breaks after the request may have left.
    pub fn maybe_sent() -> Self {
        Self::new(Event::MaybeSent)
    }

    /// No answer ever.
    pub fn silence() -> Self {
        Self::new(Event::Silence)
    }

    /// Adds a header to the answer. What cannot be a header is left out.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let (Event::Reply(reply), Ok(name), Ok(value)) =
            (&mut self.event, name.parse::<HeaderName>(), HeaderValue::from_str(value))
        {
            reply.headers.append(name, value);
        }
        self
    }

    /// It takes so long, in tokio's time.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// It is meant for this request: method and path, without query. Another one gets an error, which
    /// [`ScriptedTransport::verify`] reports too.
    pub fn expect(mut self, method: Method, path: impl Into<String>) -> Self {
        self.expected = Some((method, path.into()));
        self
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.event {
            Event::Reply(reply) => write!(f, "Scripted({})", reply.status),
            Event::NotSent => f.write_str("Scripted(not sent)"),
            Event::MaybeSent => f.write_str("Scripted(maybe sent)"),
            Event::Silence => f.write_str("Scripted(silence)"),
        }
    }
}

/// A request that a scripted transport was asked to send.
///
/// The key in it is masked. The body is as it was, with its secrets; `Debug` leaves it out.
#[derive(Clone)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// Method.
    pub method: Method,
    /// Path, percent-encoded.
    pub path: String,
    /// Query, percent-encoded, without the question mark.
    pub query: Option<String>,
    /// What sort of connection it wanted.
    pub connection: Connection,
    headers: HeaderMap,
    body: Option<Bytes>,
}

impl RecordedRequest {
    fn of(request: &TransportRequest) -> Self {
        let url = request.url.split_once("://").map_or(request.url.as_str(), |(_, rest)| rest);
        let target = url.find('/').map_or("/", |at| &url[at..]);
        let (path, query) = target
            .split_once('?')
            .map_or((target, None), |(path, query)| (path, Some(query.to_owned())));
        let mut headers = request.headers.clone();
        if let Some(token) = headers.get_mut("x-user-token") {
            *token = HeaderValue::from_static(MASK);
        }
        Self {
            method: request.method,
            path: path.to_owned(),
            query,
            connection: request.connection,
            headers,
            body: request.body.clone(),
        }
    }

    /// Value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The JSON body. It may hold secrets.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref().and_then(|body| std::str::from_utf8(body).ok())
    }
}

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &self.query)
            .field("body", &self.body.as_ref().map(Bytes::len))
            .finish_non_exhaustive()
    }
}

#[derive(Default)]
struct State {
    script: VecDeque<Scripted>,
    requests: Vec<RecordedRequest>,
    problems: Vec<String>,
}

/// A transport that plays a script, one event per request, and keeps the requests. Clones share both.
#[derive(Clone, Default)]
pub struct ScriptedTransport(Arc<Mutex<State>>);

impl ScriptedTransport {
    /// An empty script: every request gets an error.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an event.
    #[must_use]
    pub fn then(self, event: Scripted) -> Self {
        self.push(event);
        self
    }

    /// Adds an event to a script that is already in use.
    pub fn push(&self, event: Scripted) {
        self.state().script.push_back(event);
    }

    /// The requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.state().requests.clone()
    }

    /// Whether every event took place, each for the request that it was meant for.
    ///
    /// # Errors
    ///
    /// When not; the text says what was different.
    pub fn verify(&self) -> Result<(), Error> {
        let state = self.state();
        let mut problems = state.problems.clone();
        if !state.script.is_empty() {
            problems.push(format!(
                "{} events were never asked for: {:?}",
                state.script.len(),
                state.script
            ));
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Error::local(ErrorKind::Configuration, problems.join("; ")))
        }
    }

    /// The settings of a client that uses this transport, without a rate limit.
    ///
    /// # Errors
    ///
    /// Never, in practice.
    pub fn builder(&self) -> ClientBuilder {
        Client::builder(Region::Europe, Token::opaque("scripted"))
            .transport(self.clone())
            .no_rate_limit()
    }

    /// A client that uses this transport.
    ///
    /// # Errors
    ///
    /// Never, in practice.
    pub fn client(&self) -> Result<Client, Error> {
        self.builder().build()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self, request: &TransportRequest) -> Result<Scripted, TransportError> {
        let request = RecordedRequest::of(request);
        let asked = format!("{} {}", request.method, request.path);
        let mut state = self.state();
        state.requests.push(request);
        let problem = match state.script.pop_front() {
            None => format!("the script has no event for {asked}"),
            Some(event) => match &event.expected {
                Some((method, path)) if asked != format!("{method} {path}") => {
                    format!("{method} {path} was expected, and {asked} came")
                }
                _ => return Ok(event),
            },
        };
        state.problems.push(problem.clone());
        Err(TransportError::impossible(problem))
    }
}

impl Transport for ScriptedTransport {
    fn send(
        &self,
        request: TransportRequest,
    ) -> BoxFuture<'_, Result<TransportReply, TransportError>> {
        Box::pin(async move {
            let event = self.next(&request)?;
            if !event.delay.is_zero() {
                tokio::time::sleep(event.delay).await;
            }
            match event.event {
                Event::Reply(reply) if reply.body.len() > request.max_response_bytes => {
                    Err(TransportError::too_large(request.max_response_bytes))
                }
                Event::Reply(reply) => Ok(reply),
                Event::NotSent => Err(TransportError::not_sent("no connection: scripted")),
                Event::MaybeSent => {
                    Err(TransportError::maybe_sent("the connection broke: scripted"))
                }
                Event::Silence => std::future::pending().await,
            }
        })
    }
}

impl fmt::Debug for ScriptedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("ScriptedTransport")
            .field("script", &state.script)
            .field("requests", &state.requests)
            .finish()
    }
}

/// A transport that answers every request at once and alike: for measuring the client itself.
#[derive(Clone)]
pub struct NullTransport(Bytes);

impl NullTransport {
    /// Answers HTTP 200 with this body.
    #[must_use]
    pub fn new(body: impl Into<Bytes>) -> Self {
        Self(body.into())
    }
}

impl Transport for NullTransport {
    fn send(&self, _: TransportRequest) -> BoxFuture<'_, Result<TransportReply, TransportError>> {
        Box::pin(std::future::ready(Ok(TransportReply::new(200, self.0.clone()))))
    }
}

impl fmt::Debug for NullTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NullTransport({} bytes)", self.0.len())
    }
}
