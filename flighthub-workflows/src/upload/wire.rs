//! The HTTP client below the object storage: no redirects, bounded answers, and an end to silence.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::header::{AUTHORIZATION, CONTENT_LENGTH};
use http_body_util::{BodyDataStream, BodyExt as _};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
    HttpResponse, HttpResponseBody, HttpService,
};
use reqwest::Url;
use tokio::time::Instant;

use super::address::Address;
use super::options::{StorageProxy, UploadOptions};
use super::trouble::Trouble;
use crate::choose::printable;
use crate::{Error, ErrorKind, Result};

/// Bytes that go out at a time.
const CHUNK: usize = 64 << 10;
/// Most bytes of an answer to an upload. They are short.
const MOST_ANSWER: usize = 1 << 20;

/// Hears how many bytes of a request have gone out.
#[derive(Clone)]
pub(super) struct Progress(pub(super) Arc<dyn Fn(u64) + Send + Sync>);

/// The client of one storage.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    client: reqwest::Client,
    patience: Duration,
}

impl Wire {
    pub(super) fn new(address: &Address, options: &UploadOptions) -> Result<Self> {
        let mut builder = client_builder(options, address.is_https, address.is_local)?;
        if let Some((host, port)) = &address.local_name {
            // Names below `localhost` are this machine (RFC 6761), also where no resolver says so.
            builder = builder.resolve(host, SocketAddr::from(([127, 0, 0, 1], *port)));
        }
        let client = builder.build().map_err(unusable)?;
        Ok(Self { client, patience: options.stall_timeout })
    }

    async fn exchange(&self, request: reqwest::Request) -> Result<HttpResponse, Trouble> {
        let mut response = self.client.execute(request).await.map_err(failed)?;
        let status = response.status();
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MOST_ANSWER {
                return Err(Trouble::Odd("the answer of the storage is too long".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        let text = String::from_utf8_lossy(&body);
        // The end of an upload in parts can be refused inside a success.
        if !status.is_success() || text.contains("<Error>") {
            return Err(Trouble::refused(status.as_u16(), &text));
        }
        let mut answer = HttpResponse::new(body.freeze().into());
        *answer.status_mut() = status;
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }
}

#[async_trait]
impl HttpService for Wire {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (outgoing, pulse) = translated(request)?;
        tokio::select! {
            answer = self.exchange(outgoing) => answer.map_err(wrapped),
            () = pulse.stops_for(self.patience) => Err(wrapped(Trouble::Stalled)),
        }
    }
}

/// The request in reqwest's terms, and what sees its body move.
fn translated(request: HttpRequest) -> Result<(reqwest::Request, Arc<Pulse>), HttpError> {
    let (parts, body) = request.into_parts();
    let url = Url::parse(&parts.uri.to_string())
        .map_err(|_| wrapped(Trouble::Odd("the address of the object cannot be read".into())))?;
    let mut outgoing = reqwest::Request::new(parts.method, url);
    *outgoing.headers_mut() = parts.headers;
    for name in [AUTHORIZATION.as_str(), "x-amz-security-token"] {
        if let Some(value) = outgoing.headers_mut().get_mut(name) {
            value.set_sensitive(true);
        }
    }
    let pulse = Arc::new(Pulse {
        began: Instant::now(),
        last: AtomicU64::new(0),
        sent: AtomicU64::new(0),
        progress: parts.extensions.get::<Progress>().cloned(),
    });
    let length = body.content_length();
    if length > 0 {
        // Nobody takes a body of unknown length, and a stream has none of its own.
        outgoing.headers_mut().entry(CONTENT_LENGTH).or_insert_with(|| length.into());
        let body = body.into_data_stream();
        let chunks = Chunks { body, rest: Bytes::new(), pulse: Arc::clone(&pulse) };
        *outgoing.body_mut() = Some(reqwest::Body::wrap_stream(chunks));
    }
    Ok((outgoing, pulse))
}

/// The client of a storage of one's own, which is read too: answers are handed on as they come, and `object_store` judges them.
#[derive(Debug, Clone)]
pub(super) struct OpenWire {
    pub(super) client: reqwest::Client,
    pub(super) patience: Duration,
}

#[async_trait]
impl HttpService for OpenWire {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (outgoing, pulse) = translated(request)?;
        let answer = tokio::select! {
            answer = self.client.execute(outgoing) => answer.map_err(handed_on)?,
            () = pulse.stops_for(self.patience) => {
                return Err(HttpError::new(HttpErrorKind::Timeout, Trouble::Stalled));
            }
        };
        let answer: http::Response<reqwest::Body> = answer.into();
        Ok(answer.map(|body| HttpResponseBody::new(body.map_err(handed_on))))
    }
}

impl HttpConnector for OpenWire {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

/// With the kind by which `object_store` decides about trying again.
fn handed_on(error: reqwest::Error) -> HttpError {
    let trouble = failed(error);
    let kind = match &trouble {
        Trouble::NoConnection(_) => HttpErrorKind::Connect,
        Trouble::Broken(_) => HttpErrorKind::Interrupted,
        Trouble::Stalled => HttpErrorKind::Timeout,
        Trouble::Refused { .. } | Trouble::Odd(_) => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, trouble)
}

impl HttpConnector for Wire {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

/// A client that goes where it is told and nowhere else.
pub(super) fn client_builder(
    options: &UploadOptions,
    is_https: bool,
    is_local: bool,
) -> Result<reqwest::ClientBuilder> {
    let mut builder = reqwest::Client::builder()
        // Whoever is sent elsewhere would take the session token along.
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .http1_only()
        .tcp_nodelay(true)
        .connect_timeout(options.connect_timeout)
        .pool_idle_timeout(Duration::from_secs(20))
        .user_agent(concat!("flighthub-workflows/", env!("CARGO_PKG_VERSION")));
    builder = match &options.proxy {
        StorageProxy::Direct => builder.no_proxy(),
        StorageProxy::Environment if is_local => builder.no_proxy(),
        StorageProxy::Environment => builder,
        StorageProxy::Url(url) => {
            builder.proxy(reqwest::Proxy::all(url.expose()).map_err(unusable)?)
        }
    };
    if !is_https {
        // Plain http works on machines without any certificates too.
        return Ok(builder.tls_certs_only([]));
    }
    let mut certificates = Vec::new();
    for pem in &options.certificates {
        certificates.extend(reqwest::Certificate::from_pem_bundle(pem).map_err(unusable)?);
    }
    Ok(builder.tls_certs_merge(certificates))
}

pub(super) fn unusable(error: reqwest::Error) -> Error {
    let text = format!("the HTTP client for the storage cannot be set up: {}", root_of(&error));
    let help = "Check the address of the proxy and the certificates (PEM).";
    Error::new(ErrorKind::InvalidInput, text, help)
}

/// What reqwest's error means. Its own text would name the whole address.
fn failed(error: reqwest::Error) -> Trouble {
    let root = root_of(&error);
    if error.is_connect() {
        Trouble::NoConnection(root)
    } else if error.is_timeout() {
        Trouble::Stalled
    } else if error.is_builder() {
        Trouble::Odd(format!("the request cannot be made: {root}"))
    } else {
        Trouble::Broken(root)
    }
}

fn root_of(error: &reqwest::Error) -> String {
    use std::error::Error as _;
    let Some(mut root) = error.source() else { return "it is not said why".to_owned() };
    while let Some(source) = root.source() {
        root = source;
    }
    printable(&root.to_string())
}

/// Never tried again below us: how often and when is decided above, by the clock of the workflow.
fn wrapped(trouble: Trouble) -> HttpError {
    HttpError::new(HttpErrorKind::Unknown, trouble)
}

/// When something last moved.
struct Pulse {
    began: Instant,
    /// Milliseconds after the beginning.
    last: AtomicU64,
    /// Bytes that have gone out.
    sent: AtomicU64,
    progress: Option<Progress>,
}

impl Pulse {
    fn beat(&self, bytes: usize) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Ordering::Relaxed);
        let sent = self.sent.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
        if let Some(progress) = &self.progress {
            (progress.0)(sent);
        }
    }

    /// Ends when nothing has moved for so long.
    async fn stops_for(&self, patience: Duration) {
        loop {
            let last = Duration::from_millis(self.last.load(Ordering::Relaxed));
            let silence = self.began.elapsed().saturating_sub(last);
            match patience.checked_sub(silence) {
                Some(rest) if !rest.is_zero() => tokio::time::sleep(rest).await,
                _ => return,
            }
        }
    }
}

/// A body in small pieces, so that it can be seen to move.
struct Chunks {
    body: BodyDataStream<HttpRequestBody>,
    rest: Bytes,
    pulse: Arc<Pulse>,
}

impl Stream for Chunks {
    type Item = Result<Bytes, HttpError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while self.rest.is_empty() {
            match Pin::new(&mut self.body).poll_next(context) {
                Poll::Ready(Some(Ok(bytes))) => self.rest = bytes,
                other => return other,
            }
        }
        let length = self.rest.len().min(CHUNK);
        let chunk = self.rest.split_to(length);
        self.pulse.beat(length);
        Poll::Ready(Some(Ok(chunk)))
    }
}
