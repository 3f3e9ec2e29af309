//! Who makes the same call: from a bare connection over what others build around it to our client.

use std::future::Future;
use std::net::SocketAddr;

use bytes::Bytes;
use flighthub_api::{
    BoxFuture, Client, ClientBuilder, Project, RateLimit, Region, Token, Transport, TransportError,
    TransportReply, TransportRequest, blocking,
};
use http::header::{ACCEPT, HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::SendRequest;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use reqwest_middleware::ClientWithMiddleware;
use reqwest_retry::RetryTransientMiddleware;
use reqwest_retry::policies::ExponentialBackoff;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

use crate::Result;
use crate::asks::{Ask, Frame};

const KEY: &str = "simulated-key-of-no-use-anywhere";
const PROJECT: &str = "3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10";
const REQUEST_ID: &str = "0b9f8a1e-6f0c-4a56-8d55-2c2f60f1b7aa";

/// Makes so many calls, one after the other.
pub type Calls = Box<dyn FnMut(usize) -> Result<()>>;

/// Who makes a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contender {
    /// One connection of hyper; the bytes of the answer are not read into anything.
    HyperConnection,
    /// The pooling client of hyper-util; bytes likewise.
    HyperPool,
    /// reqwest without any setting, the bytes read by `serde_json::from_str`: what a careful caller writes by hand.
    ReqwestSerde,
    /// reqwest without any setting and its `Response::json()`.
    ReqwestJson,
    /// reqwest with the usual middleware for retries, read as by hand.
    ReqwestRetry,
    /// Our client with everything that it does unless told otherwise.
    Flighthub,
    /// Our client over a transport that has the answer at once: what is ours alone.
    FlighthubAlone,
    /// Our client without async.
    FlighthubBlocking,
}

impl Contender {
    /// Everybody, from the barest on.
    pub const ALL: [Self; 8] = [
        Self::HyperConnection,
        Self::HyperPool,
        Self::ReqwestSerde,
        Self::ReqwestJson,
        Self::ReqwestRetry,
        Self::Flighthub,
        Self::FlighthubAlone,
        Self::FlighthubBlocking,
    ];

    /// Its row in the tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HyperConnection => "hyper connection, bytes",
            Self::HyperPool => "hyper-util pool, bytes",
            Self::ReqwestSerde => "reqwest and serde_json",
            Self::ReqwestJson => "reqwest json()",
            Self::ReqwestRetry => "reqwest-middleware and retry",
            Self::Flighthub => "flighthub-api",
            Self::FlighthubAlone => "flighthub-api without a network",
            Self::FlighthubBlocking => "flighthub-api blocking",
        }
    }

    /// The contender of a row.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|contender| contender.name() == name)
    }

    /// Everything that is set up once, and then the calls. Each call is checked to have brought what was asked for.
    ///
    /// # Errors
    ///
    /// When a client cannot be set up.
    pub fn prepare<A: Ask>(self, address: SocketAddr) -> Result<Calls> {
        if self == Self::FlighthubBlocking {
            return blocking_calls::<A>(address);
        }
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(match self {
            Self::HyperConnection => drive::<A, _>(runtime, HyperConnection::open::<A>(address)?),
            Self::HyperPool => drive::<A, _>(runtime, HyperPool::new::<A>(address)?),
            Self::ReqwestSerde => {
                drive::<A, _>(runtime, ReqwestSerde(ByReqwest::new::<A>(address)?))
            }
            Self::ReqwestJson => drive::<A, _>(runtime, ReqwestJson(ByReqwest::new::<A>(address)?)),
            Self::ReqwestRetry => drive::<A, _>(runtime, ReqwestRetry::new::<A>(address)?),
            Self::Flighthub => drive::<A, _>(runtime, Flighthub::<A>::new(builder(address))?),
            Self::FlighthubAlone | Self::FlighthubBlocking => {
                let canned = Canned(Bytes::from(A::body()));
                drive::<A, _>(runtime, Flighthub::<A>::new(builder(address).transport(canned))?)
            }
        })
    }
}

/// Makes one call and says how many rows came; with the bytes alone, as many as there should be.
trait Caller<A: Ask>: 'static {
    fn call(&mut self) -> impl Future<Output = Result<usize>>;
}

fn drive<A: Ask, C: Caller<A>>(runtime: Runtime, mut caller: C) -> Calls {
    Box::new(move |times| {
        runtime.block_on(async {
            for _ in 0..times {
                check::<A>(caller.call().await?)?;
            }
            Ok(())
        })
    })
}

fn check<A: Ask>(rows: usize) -> Result<()> {
    if rows == A::expected() {
        Ok(())
    } else {
        Err(format!("{rows} rows came instead of {}", A::expected()).into())
    }
}

/// The settings of our client that a benchmark needs: where to, and no waiting between calls. The rate limit is on, but grants everything.
#[must_use]
pub fn builder(address: SocketAddr) -> ClientBuilder {
    Client::builder(Region::on_premises(format!("http://{address}")), Token::opaque(KEY))
        .no_proxy()
        .rate_limit(RateLimit::new(1.0e9, u32::MAX))
}

fn blocking_calls<A: Ask>(address: SocketAddr) -> Result<Calls> {
    let project: blocking::Project = builder(address).build_blocking()?.project(PROJECT);
    let operation = A::operation();
    Ok(Box::new(move |times| {
        for _ in 0..times {
            check::<A>(A::rows(&project.send(&operation)?))?;
        }
        Ok(())
    }))
}

/// The headers that our client sends, with a request id that costs nothing.
fn headers() -> [(HeaderName, HeaderValue); 4] {
    [
        (HeaderName::from_static("x-user-token"), HeaderValue::from_static(KEY)),
        (HeaderName::from_static("x-request-id"), HeaderValue::from_static(REQUEST_ID)),
        (HeaderName::from_static("x-project-uuid"), HeaderValue::from_static(PROJECT)),
        (HeaderName::from_static("x-language"), HeaderValue::from_static("en")),
    ]
}

/// A request for hyper, which adds nothing by itself.
fn request(uri: &str, host: &HeaderValue) -> Result<Request<Empty<Bytes>>> {
    let mut request = Request::get(uri).body(Empty::new())?;
    let map: &mut HeaderMap = request.headers_mut();
    map.insert(HOST, host.clone());
    map.insert(ACCEPT, HeaderValue::from_static("application/json"));
    map.insert(USER_AGENT, HeaderValue::from_static("bench/0.1"));
    map.extend(headers());
    Ok(request)
}

/// The bytes of an answer, which have to be all that were expected.
async fn bytes<A: Ask>(
    response: http::Response<hyper::body::Incoming>,
    length: usize,
) -> Result<usize> {
    let bytes = response.into_body().collect().await?.to_bytes();
    if bytes.len() == length {
        Ok(A::expected())
    } else {
        Err(format!("{} bytes came instead of {length}", bytes.len()).into())
    }
}

struct HyperConnection {
    sender: Option<SendRequest<Empty<Bytes>>>,
    address: SocketAddr,
    host: HeaderValue,
    path: String,
    length: usize,
}

impl HyperConnection {
    fn open<A: Ask>(address: SocketAddr) -> Result<Self> {
        let host = HeaderValue::from_str(&address.to_string())?;
        Ok(Self { sender: None, address, host, path: A::path()?, length: A::body().len() })
    }

    /// The connection, opened at the first call: it lives in the runtime.
    async fn sender(&mut self) -> Result<&mut SendRequest<Empty<Bytes>>> {
        if self.sender.is_none() {
            let stream = TcpStream::connect(self.address).await?;
            stream.set_nodelay(true)?;
            let (sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            self.sender = Some(sender);
        }
        self.sender.as_mut().ok_or_else(|| "there is no connection".into())
    }
}

impl<A: Ask> Caller<A> for HyperConnection {
    async fn call(&mut self) -> Result<usize> {
        let (request, length) = (request(&self.path, &self.host)?, self.length);
        let sender = self.sender().await?;
        sender.ready().await?;
        bytes::<A>(sender.send_request(request).await?, length).await
    }
}

struct HyperPool {
    client: hyper_util::client::legacy::Client<HttpConnector, Empty<Bytes>>,
    host: HeaderValue,
    url: String,
    length: usize,
}

impl HyperPool {
    fn new<A: Ask>(address: SocketAddr) -> Result<Self> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Ok(Self {
            client: hyper_util::client::legacy::Client::builder(TokioExecutor::new())
                .build(connector),
            host: HeaderValue::from_str(&address.to_string())?,
            url: format!("http://{address}{}", A::path()?),
            length: A::body().len(),
        })
    }
}

impl<A: Ask> Caller<A> for HyperPool {
    async fn call(&mut self) -> Result<usize> {
        let response = self.client.request(request(&self.url, &self.host)?).await?;
        bytes::<A>(response, self.length).await
    }
}

/// reqwest as it comes, and where to.
struct ByReqwest {
    client: reqwest::Client,
    url: String,
}

impl ByReqwest {
    fn new<A: Ask>(address: SocketAddr) -> Result<Self> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { client, url: format!("http://{address}{}", A::path()?) })
    }

    async fn send(&self) -> Result<reqwest::Response> {
        let request = self.client.get(&self.url);
        let request = headers()
            .into_iter()
            .fold(request, |request, (name, value)| request.header(name, value));
        Ok(request.send().await?.error_for_status()?)
    }
}

/// Reads an answer as a careful caller does by hand.
fn by_hand<A: Ask>(bytes: &[u8]) -> Result<usize> {
    let frame: Frame<A::Output> = serde_json::from_str(std::str::from_utf8(bytes)?)?;
    succeeded::<A>(frame)
}

fn succeeded<A: Ask>(frame: Frame<A::Output>) -> Result<usize> {
    if frame.code == 0 {
        Ok(A::rows(&frame.data))
    } else {
        Err(format!("code {}", frame.code).into())
    }
}

struct ReqwestSerde(ByReqwest);

impl<A: Ask> Caller<A> for ReqwestSerde {
    async fn call(&mut self) -> Result<usize> {
        by_hand::<A>(&self.0.send().await?.bytes().await?)
    }
}

struct ReqwestJson(ByReqwest);

impl<A: Ask> Caller<A> for ReqwestJson {
    async fn call(&mut self) -> Result<usize> {
        succeeded::<A>(self.0.send().await?.json().await?)
    }
}

struct ReqwestRetry {
    client: ClientWithMiddleware,
    url: String,
}

impl ReqwestRetry {
    fn new<A: Ask>(address: SocketAddr) -> Result<Self> {
        let ByReqwest { client, url } = ByReqwest::new::<A>(address)?;
        let policy = ExponentialBackoff::builder().build_with_max_retries(3);
        let client = reqwest_middleware::ClientBuilder::new(client)
            .with(RetryTransientMiddleware::new_with_policy(policy))
            .build();
        Ok(Self { client, url })
    }
}

impl<A: Ask> Caller<A> for ReqwestRetry {
    async fn call(&mut self) -> Result<usize> {
        let request = self.client.get(&self.url);
        let request = headers()
            .into_iter()
            .fold(request, |request, (name, value)| request.header(name, value));
        by_hand::<A>(&request.send().await?.error_for_status()?.bytes().await?)
    }
}

struct Flighthub<A: Ask> {
    project: Project,
    operation: A::Operation,
}

impl<A: Ask> Flighthub<A> {
    fn new(builder: ClientBuilder) -> Result<Self> {
        Ok(Self { project: builder.build()?.project(PROJECT), operation: A::operation() })
    }
}

impl<A: Ask> Caller<A> for Flighthub<A> {
    async fn call(&mut self) -> Result<usize> {
        Ok(A::rows(&self.project.send(&self.operation).await?))
    }
}

/// A transport that has the answer at once.
struct Canned(Bytes);

impl Transport for Canned {
    fn send(&self, _: TransportRequest) -> BoxFuture<'_, Result<TransportReply, TransportError>> {
        let reply = TransportReply::new(200, self.0.clone());
        Box::pin(std::future::ready(Ok(reply)))
    }
}
