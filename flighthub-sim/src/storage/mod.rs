//! The object storage: a port of its own that takes uploads as S3 and OSS do, and serves the addresses that the API signs.
//!
//! What is stored and who may store it is in the world ([`crate::world::store`]); here is how it is asked for.

mod address;
mod download;
mod oss;
mod s3;
pub(crate) mod signature;

use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use flighthub_api::v1::StorageProvider;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, HeaderMap, SERVER};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Frame, Incoming, SizeHint};

use crate::journal::{Again, By, Seen};
use crate::reply::Reply;
use crate::shell::{self, Body};
use crate::sim::Shared;
use signature::Pair;

/// What was odd about a request, as on the port of the API.
const NOTES: HeaderName = HeaderName::from_static("x-flighthub-simulator-notes");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const OSS_TOKEN: HeaderName = HeaderName::from_static("x-oss-security-token");
const LEAK: &str = "X-User-Token reached the object storage: the key leaks to a third party";
/// Most bytes of a reply; those that are longer are streamed and do not come this way.
const MOST_REPLY: usize = 1 << 20;
/// Most bytes of a list of parts that a record keeps: 10,000 parts fit many times.
const MOST_KEPT: usize = 8 << 20;
/// How often a request that waits for nothing is asked whether it has been answered.
const MOST_POLLS: usize = 100_000;
/// Most bytes of a refused upload that are still read, so that its sender gets to see the refusal.
const MOST_UNREAD: u64 = 64 << 20;

/// Answers a request to the storage and writes it down.
pub(crate) async fn respond(shared: &Arc<Shared>, request: Request<Incoming>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let keeps = shared.state().journal.recorder.is_some() && head.method != Method::PUT;
    let tap = Tap::new(body.map_err(Into::into).boxed_unsync(), keeps);
    answer(shared, head, tap, None).await
}

/// A recorded request once more, in this process.
///
/// # Errors
///
/// When its address, or the credentials that it came with, are not those of this simulator.
pub(crate) fn again(
    shared: &Arc<Shared>,
    region: usize,
    mut head: Parts,
    again: Again,
    notes: Vec<String>,
) -> Result<(), String> {
    let Again { by, query, body } = again;
    let host = text_of(&head.headers, HOST.as_str()).unwrap_or_default().to_owned();
    let path = head.uri.path().to_owned();
    let (query, leave) = {
        let state = shared.state();
        let world = state.gateways.get(region).map(|gateway| &gateway.world);
        let world = world.ok_or("there is no such region")?;
        match by {
            By::Address => (download::signed_again(world, &host, &path, &query), None),
            By::Grant(id) => (query, Some(Leave { id, notes })),
        }
    };
    let target = if query.is_empty() { path } else { format!("{path}?{query}") };
    head.uri = target.parse().map_err(|_| format!("`{target}` is no target of a request"))?;
    if leave.is_some() {
        head.headers.insert(CONTENT_LENGTH, body.len().into());
    }
    let keeps = head.method != Method::PUT;
    let body = Full::from(body).map_err(|never: Infallible| match never {}).boxed_unsync();
    let mut answering = pin!(answer(shared, head, Tap::new(body, keeps), leave));
    // Nothing is waited for: all of the body is there.
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..MOST_POLLS {
        if answering.as_mut().poll(&mut context).is_ready() {
            return Ok(());
        }
    }
    Err("the storage waits for something that does not come".to_owned())
}

/// What an upload of a record has in place of its signature.
struct Leave {
    id: String,
    /// What was odd about the signature.
    notes: Vec<String>,
}

/// What is found out about an upload on its way, for a record.
#[derive(Default)]
struct Trace {
    /// The id of the credentials that let it in.
    grant: OnceLock<String>,
    /// The body of an object or part.
    body: OnceLock<Arc<[u8]>>,
}

impl Trace {
    /// The request for a record: only what was taken can be played again.
    fn again(&self, pairs: &[Pair], tap: &Tap, reply: &Reply) -> Option<Again> {
        let id = self.grant.get().filter(|_| reply.status < 400)?;
        let is_signature = |name: &str| {
            let name = name.to_ascii_lowercase();
            name.starts_with("x-amz-") || name.starts_with("x-oss-")
        };
        let kept: Vec<_> = (pairs.iter().filter(|(name, _)| !is_signature(name)))
            .map(|(name, value)| match value.as_str() {
                "" => signature::escaped(name),
                value => format!("{}={}", signature::escaped(name), signature::escaped(value)),
            })
            .collect();
        let body = self.body.get().map(|body| body.to_vec()).unwrap_or_else(|| tap.kept());
        Some(Again { by: By::Grant(id.clone()), query: kept.join("&"), body })
    }
}

async fn answer(
    shared: &Arc<Shared>,
    mut head: Parts,
    tap: Tap,
    leave: Option<Leave>,
) -> Response<Body> {
    // Debug output of whatever handles them does not show these.
    for name in [AUTHORIZATION, TOKEN, OSS_TOKEN] {
        if let Some(value) = head.headers.get_mut(name) {
            value.set_sensitive(true);
        }
    }
    let mut notes = Vec::new();
    match &leave {
        Some(leave) => notes.clone_from(&leave.notes),
        None if head.headers.contains_key("x-user-token") => notes.push(LEAK.to_owned()),
        None => {}
    }
    let pairs = pairs_of(head.uri.query().unwrap_or_default());

    let number = {
        let mut state = shared.state();
        let number = next_number(&mut state);
        let answer = if leave.is_some() {
            None
        } else {
            download::answer(&state, &head, &pairs, &mut notes)
        };
        if let Some(answer) = answer {
            let download::Answer { region, reply, stretch } = answer;
            let provider = provider_of(&state, region);
            let reply = finished(reply, &provider, number, &notes);
            let world = state.gateways.get(region).map(|gateway| &gateway.world);
            let again = world.filter(|_| state.journal.recorder.is_some()).map(|world| Again {
                by: By::Address,
                query: download::unsigned(world, &head, &pairs),
                body: Vec::new(),
            });
            journal(&mut state, region, &head, 0, &notes, &reply, again.as_ref());
            drop(state);
            let response = shell::into_response(reply);
            return match stretch {
                Some(stretch) if head.method != Method::HEAD => response.map(|_| stretch.boxed()),
                _ => response,
            };
        }
        number
    };

    let trace = Arc::new(Trace::default());
    let asked = s3::Asked { head: &head, pairs: &pairs, leave, trace: Arc::clone(&trace) };
    let (region, reply) = s3::answer(shared, asked, tap.clone(), &mut notes).await;
    // A sender that waits for leave to send has not been given it.
    if !head.headers.contains_key(EXPECT) || tap.received() > 0 {
        tap.drain().await;
    }
    let mut state = shared.state();
    let provider = provider_of(&state, region);
    let reply = finished(reply, &provider, number, &notes);
    let is_recorded = state.journal.recorder.is_some();
    let again = if is_recorded { trace.again(&pairs, &tap, &reply) } else { None };
    journal(&mut state, region, &head, tap.received(), &notes, &reply, again.as_ref());
    drop(state);
    shell::into_response(reply)
}

/// The number of the next request.
pub(crate) fn next_number(state: &mut crate::sim::State) -> u64 {
    state.gateways.first_mut().map_or(0, |gateway| gateway.world.store.next_request())
}

fn provider_of(state: &crate::sim::State, region: usize) -> StorageProvider {
    state
        .gateways
        .get(region)
        .map_or(StorageProvider::Aws, |gateway| gateway.world.store.provider().clone())
}

fn journal(
    state: &mut crate::sim::State,
    region: usize,
    head: &Parts,
    bytes: u64,
    notes: &[String],
    reply: &Reply,
    again: Option<&Again>,
) {
    let now = state.now();
    state.journal.write(
        now,
        &Seen {
            port: "storage",
            region,
            head,
            body: None,
            bytes,
            operation: None,
            notes,
            fault: shell::played::words(head),
            reply: Some(reply),
            again,
        },
    );
}

/// A query, unescaped, in its order.
fn pairs_of(query: &str) -> Vec<Pair> {
    let plain =
        |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (plain(name), plain(value)))
        .collect()
}

fn value_of<'p>(pairs: &'p [Pair], name: &str) -> Option<&'p str> {
    pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.as_str())
}

fn text_of<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// An error as S3 words it. `more` are further elements.
fn refused(status: u16, code: &str, message: &str, more: &[(&str, &str)]) -> Reply {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>",
        escape(code),
        escape(message)
    );
    for (name, value) in more {
        text.push_str(&format!("<{name}>{}</{name}>", escape(value)));
    }
    text.push_str("</Error>");
    Reply::empty(status)
        .with(CONTENT_TYPE, HeaderValue::from_static("application/xml"))
        .with_body(text)
}

/// A reply with what all replies of a storage have: its name, the number of the request, in errors too.
fn finished(reply: Reply, provider: &StorageProvider, number: u64, notes: &[String]) -> Reply {
    // Looks random, is not.
    let id = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5349_4d55_4c41_5445;
    let id = format!("{id:016X}");
    let (server, header) = match provider {
        StorageProvider::Ali => ("AliyunOSS", HeaderName::from_static("x-oss-request-id")),
        StorageProvider::Minio => ("MinIO", HeaderName::from_static("x-amz-request-id")),
        _ => ("AmazonS3", HeaderName::from_static("x-amz-request-id")),
    };
    let mut reply = reply.with(SERVER, HeaderValue::from_static(server));
    if reply.status >= 400 {
        let text = String::from_utf8_lossy(&reply.body);
        let text = text.replace(
            "</Error>",
            &format!("<RequestId>{id}</RequestId><HostId>flighthub-sim</HostId></Error>"),
        );
        reply.headers.retain(|(name, _)| name != CONTENT_LENGTH);
        reply = reply.with_body(text);
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        reply = reply.with(header, id);
    }
    match HeaderValue::from_str(&notes.join("; ")) {
        Ok(notes) if !notes.is_empty() => reply.with(NOTES, notes),
        _ => reply,
    }
}

/// The body of a request, which can still be read to its end when its handler has lost interest.
#[derive(Clone)]
struct Tap {
    inner: Arc<Mutex<UnsyncBoxBody<Bytes, Broken>>>,
    received: Arc<AtomicU64>,
    /// What was received, when somebody wants it.
    kept: Option<Arc<Mutex<Vec<u8>>>>,
}

/// Why a body ended early.
type Broken = Box<dyn std::error::Error + Send + Sync>;

impl Tap {
    fn new(body: UnsyncBoxBody<Bytes, Broken>, keeps: bool) -> Self {
        let kept = keeps.then(Arc::default);
        Self { inner: Arc::new(Mutex::new(body)), received: Arc::default(), kept }
    }

    /// What was received, when it was to be kept.
    fn kept(&self) -> Vec<u8> {
        let kept = self.kept.as_ref();
        kept.map(|kept| kept.lock().unwrap_or_else(PoisonError::into_inner).clone())
            .unwrap_or_default()
    }

    /// Bytes so far.
    fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Reads what is left, within reason.
    async fn drain(&self) {
        let mut rest = self.clone();
        let end = self.received().saturating_add(MOST_UNREAD);
        while rest.received() < end {
            match rest.frame().await {
                Some(Ok(_)) => {}
                _ => break,
            }
        }
    }
}

impl hyper::body::Body for Tap {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let frame = Pin::new(&mut *inner).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            let bytes = frame.data_ref().map(|bytes| &bytes[..]).unwrap_or_default();
            self.received.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            if let Some(kept) = &self.kept {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() + bytes.len() <= MOST_KEPT {
                    kept.extend_from_slice(bytes);
                }
            }
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).size_hint()
    }
}

/// The whole reply of a handler that answers with a body.
async fn collected<B>(response: Response<B>) -> Reply
where
    B: hyper::body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (head, body) = response.into_parts();
    let Ok(body) = Limited::new(body, MOST_REPLY).collect().await else {
        return refused(500, "InternalError", "the reply could not be made", &[]);
    };
    let mut reply = Reply::empty(head.status.as_u16()).with_body(body.to_bytes().to_vec());
    reply.headers = head
        .headers
        .iter()
        .filter(|(name, _)| *name != CONTENT_LENGTH)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    reply
}
