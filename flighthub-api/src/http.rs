//! The transport that speaks HTTP, by reqwest.

use std::error::Error as StdError;
use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use reqwest::Url;
use tokio::time::{Instant, Sleep, sleep};

use crate::clock::BoxFuture;
use crate::error::{Error, ErrorKind, tame};
use crate::operation::Method;
use crate::region::BaseUrl;
use crate::transport::{Connection, Transport, TransportError, TransportReply, TransportRequest};

/// Idle connections are dropped before a server is likely to: half of the requests on one that just closed are lost.
const IDLE: Duration = Duration::from_secs(20);

/// Most memory that is taken for an answer before it is there.
const MOST_AT_ONCE: usize = 1 << 20;

/// What is longer than that is no time that can be added to another.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// What can be set about connections.
#[derive(Clone)]
pub(crate) struct HttpOptions {
    pub(crate) connect_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    /// Connections that are kept for the next read.
    pub(crate) most_idle: usize,
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) proxy: Proxy,
}

/// How to get out.
#[derive(Clone)]
pub(crate) enum Proxy {
    /// As the environment says.
    Environment,
    /// Directly.
    None,
    /// Through this one.
    Url(String),
}

/// Two clients: reads share connections, every write gets a new one.
pub(crate) struct HttpTransport {
    origin: Origin,
    pooled: reqwest::Client,
    fresh: reqwest::Client,
    idle_timeout: Duration,
}

impl HttpTransport {
    pub(crate) fn new(base: &BaseUrl, options: &HttpOptions) -> Result<Self, Error> {
        let tls = Tls::new(base, options)?;
        let build = |idle: usize| {
            let mut builder = reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .http1_only()
                .no_gzip()
                .no_brotli()
                .no_zstd()
                .no_deflate()
                .tcp_nodelay(true)
                .connect_timeout(options.connect_timeout)
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(idle);
            builder = match &options.proxy {
                Proxy::None => builder.no_proxy(),
                // A proxy of the environment is not meant for this machine itself.
                Proxy::Environment if base.is_loopback() => builder.no_proxy(),
                Proxy::Environment => builder,
                Proxy::Url(url) => {
                    let proxy = reqwest::Proxy::all(url.as_str()).map_err(|error| {
                        refuse("the address of the proxy cannot be used", error)
                    })?;
                    builder.proxy(proxy)
                }
            };
            tls.apply(builder)
                .build()
                .map_err(|error| refuse("the HTTP client cannot be set up", error))
        };
        let origin = Origin::of(&base.join("", None))
            .ok_or_else(|| Error::local(ErrorKind::Configuration, UNREADABLE))?;
        Ok(Self {
            origin,
            pooled: build(options.most_idle)?,
            fresh: build(0)?,
            idle_timeout: options.idle_timeout.min(FOR_EVER),
        })
    }

    async fn exchange(&self, request: TransportRequest) -> Result<TransportReply, TransportError> {
        let limit = request.max_response_bytes;
        let client = match request.connection {
            Connection::Pooled => &self.pooled,
            Connection::Fresh => &self.fresh,
        };
        let mut silence =
            Silence { limit: self.idle_timeout, timer: pin!(sleep(self.idle_timeout)) };
        let mut response = silence.ends(client.execute(self.origin.translate(request)?)).await?;
        let body = whole_body(&mut response, limit, &mut silence).await?;
        let headers = std::mem::take(response.headers_mut());
        Ok(TransportReply::new(response.status().as_u16(), body).with_headers(headers))
    }
}

/// How long a server may be silent. One timer for all waits of an exchange: reqwest's `read_timeout` makes one for each.
struct Silence<'a> {
    limit: Duration,
    timer: Pin<&'a mut Sleep>,
}

impl Silence<'_> {
    /// Waits for something, but not too long.
    async fn ends<T>(
        &mut self,
        work: impl Future<Output = reqwest::Result<T>>,
    ) -> Result<T, TransportError> {
        let mut work = pin!(work);
        let mut is_waiting = false;
        poll_fn(|context| {
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(done.map_err(failed));
            }
            if !is_waiting {
                self.timer.as_mut().reset(Instant::now() + self.limit);
                is_waiting = true;
            }
            let rung = self.timer.as_mut().poll(context);
            rung.map(|()| Err(TransportError::timed_out("the server fell silent")))
        })
        .await
    }
}

/// The body of an answer, which may not be larger than the limit. What comes in one piece is handed on as it is.
async fn whole_body(
    response: &mut reqwest::Response,
    limit: usize,
    silence: &mut Silence<'_>,
) -> Result<Bytes, TransportError> {
    let announced = response.content_length().unwrap_or(0);
    if announced > limit as u64 {
        return Err(TransportError::too_large(limit));
    }
    let mut first = Bytes::new();
    let mut more = Vec::new();
    while let Some(chunk) = silence.ends(response.chunk()).await? {
        if first.len() + more.len() + chunk.len() > limit {
            return Err(TransportError::too_large(limit));
        }
        if first.is_empty() && more.is_empty() {
            first = chunk;
            continue;
        }
        if more.is_empty() {
            // A length is believed only so far: to announce one costs a server nothing.
            more.reserve_exact(usize::try_from(announced).unwrap_or(0).min(MOST_AT_ONCE));
            append(&mut more, &std::mem::take(&mut first), limit);
        }
        append(&mut more, &chunk, limit);
    }
    Ok(if more.is_empty() { first } else { more.into() })
}

impl Transport for HttpTransport {
    fn send(
        &self,
        request: TransportRequest,
    ) -> BoxFuture<'_, Result<TransportReply, TransportError>> {
        Box::pin(self.exchange(request))
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpTransport")
    }
}

/// Appends to an answer that is no longer than the limit. Room is doubled as usual, but never beyond what may come: an answer without an
/// end costs no more memory than the limit.
fn append(answer: &mut Vec<u8>, chunk: &[u8], limit: usize) {
    let needed = answer.len() + chunk.len();
    if needed > answer.capacity() {
        let wanted = needed.max(answer.capacity() * 2).min(limit.max(needed));
        answer.reserve_exact(wanted - answer.len());
    }
    answer.extend_from_slice(chunk);
}

/// Scheme, host and port, which are the same for all requests of a client: to read them once saves a twentieth of a call.
struct Origin {
    /// How many bytes of a URL they are.
    length: usize,
    url: Url,
}

impl Origin {
    /// That of an address. `None` when it cannot be read.
    fn of(address: &str) -> Option<Self> {
        let mut url = Url::parse(address).ok()?;
        url.set_query(None);
        url.set_fragment(None);
        let length = url.as_str().len() - url.path().len();
        (url.as_str().get(..length) == address.get(..length)).then_some(Self { length, url })
    }

    /// The request in reqwest's terms. URL parsing follows dots and drops characters, so a path that it would change is
    /// refused: it would address something else.
    fn translate(&self, request: TransportRequest) -> Result<reqwest::Request, TransportError> {
        let (Some(origin), Some(rest)) =
            (request.url.get(..self.length), request.url.get(self.length..))
        else {
            return Err(TransportError::impossible(UNREADABLE));
        };
        let mut url = self.url.clone();
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        url.set_path(path);
        if query.is_some() {
            url.set_query(query);
        }
        if !url.as_str().starts_with(origin) || url.path() != path || url.query() != query {
            return Err(TransportError::impossible(
                "the path of the request would change while the URL is read; percent-encode it",
            ));
        }
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut translated = reqwest::Request::new(method, url);
        *translated.headers_mut() = request.headers;
        *translated.body_mut() = request.body.map(reqwest::Body::from);
        Ok(translated)
    }
}

const UNREADABLE: &str = "the URL of the request cannot be read";

/// What reqwest's error means. Its text would name the URL with its query, so only the root of it is shown.
fn failed(error: reqwest::Error) -> TransportError {
    let error = error.without_url();
    let mut root: &dyn StdError = &error;
    while let Some(source) = root.source() {
        root = source;
    }
    let root = tame(&root.to_string(), "");
    let failure = if error.is_builder() {
        TransportError::impossible(format!("the request cannot be made: {root}"))
    } else if error.is_connect() {
        TransportError::not_sent(format!("no connection: {root}"))
    } else {
        TransportError::maybe_sent(format!("the connection broke: {root}"))
    };
    failure.with_source(error)
}

fn refuse(problem: &'static str, error: reqwest::Error) -> Error {
    let error = error.without_url();
    let mut root: &dyn StdError = &error;
    while let Some(source) = root.source() {
        root = source;
    }
    Error::local(ErrorKind::Configuration, problem)
        .with_message(tame(&root.to_string(), ""))
        .with_source(error)
}

#[cfg(any(feature = "rustls", all(feature = "native-tls", not(feature = "rustls-ring"))))]
/// How connections are secured.
struct Tls {
    https: bool,
    certificates: Vec<reqwest::Certificate>,
}

#[cfg(any(feature = "rustls", all(feature = "native-tls", not(feature = "rustls-ring"))))]
impl Tls {
    fn new(base: &BaseUrl, options: &HttpOptions) -> Result<Self, Error> {
        let mut certificates = Vec::new();
        for pem in &options.certificates {
            let bundle = reqwest::Certificate::from_pem_bundle(pem)
                .map_err(|error| refuse(NO_PEM, error))?;
            if bundle.is_empty() {
                return Err(Error::local(ErrorKind::Configuration, NO_PEM));
            }
            certificates.extend(bundle);
        }
        Ok(Self { https: base.is_https(), certificates })
    }

    fn apply(&self, builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        #[cfg(feature = "rustls")]
        let builder = builder.tls_backend_rustls();
        #[cfg(not(feature = "rustls"))]
        let builder = builder.tls_backend_native();
        if self.https {
            builder.tls_certs_merge(self.certificates.iter().cloned())
        } else {
            // Plain http works on machines without any certificates too.
            builder.tls_certs_only([])
        }
    }
}

#[cfg(all(feature = "rustls-ring", not(feature = "rustls")))]
/// How connections are secured: a configuration of our own, because reqwest panics when no cryptography is installed for the
/// whole process.
struct Tls(rustls::ClientConfig);

#[cfg(all(feature = "rustls-ring", not(feature = "rustls")))]
impl Tls {
    fn new(base: &BaseUrl, options: &HttpOptions) -> Result<Self, Error> {
        use std::sync::Arc;

        use rustls::pki_types::CertificateDer;
        use rustls::pki_types::pem::PemObject;

        let failed = |error: rustls::Error| {
            Error::local(ErrorKind::Configuration, "TLS cannot be set up")
                .with_message(tame(&error.to_string(), ""))
        };
        let mut certificates = Vec::new();
        for pem in &options.certificates {
            let bundle: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
            match bundle {
                Ok(bundle) if !bundle.is_empty() => certificates.extend(bundle),
                _ => return Err(Error::local(ErrorKind::Configuration, NO_PEM)),
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(failed)?;
        let builder = if base.is_https() {
            #[cfg(any(all(unix, not(target_os = "android")), target_os = "windows"))]
            let verifier =
                rustls_platform_verifier::Verifier::new_with_extra_roots(certificates, provider)
                    .map_err(failed)?;
            #[cfg(not(any(all(unix, not(target_os = "android")), target_os = "windows")))]
            let verifier = rustls_platform_verifier::Verifier::new(provider).map_err(failed)?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        } else {
            builder.with_root_certificates(rustls::RootCertStore::empty())
        };
        let mut config = builder.with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(config))
    }

    fn apply(&self, builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        builder.tls_backend_preconfigured(self.0.clone())
    }
}

#[cfg(not(any(feature = "rustls", feature = "rustls-ring", feature = "native-tls")))]
/// Connections are not secured: the crate was built without TLS.
struct Tls;

#[cfg(not(any(feature = "rustls", feature = "rustls-ring", feature = "native-tls")))]
impl Tls {
    fn new(base: &BaseUrl, options: &HttpOptions) -> Result<Self, Error> {
        if base.is_https() || !options.certificates.is_empty() {
            return Err(Error::local(
                ErrorKind::Configuration,
                "flighthub-api was built without TLS; turn on one of its features `rustls` (the default), `rustls-ring` or `native-tls`",
            ));
        }
        Ok(Self)
    }

    #[allow(clippy::unused_self)]
    fn apply(&self, builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        builder
    }
}

#[cfg(any(feature = "rustls", feature = "rustls-ring", feature = "native-tls"))]
const NO_PEM: &str = "the certificate of the private installation is not in PEM form (`-----BEGIN CERTIFICATE-----`)";

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str) -> Result<String, TransportError> {
        let request = TransportRequest {
            method: Method::Get,
            url: url.to_owned(),
            headers: http::HeaderMap::new(),
            body: None,
            connection: Connection::Pooled,
            max_response_bytes: 1,
        };
        let origin = url.split_inclusive('/').take(3).collect::<String>();
        let origin = Origin::of(origin.trim_end_matches(['/', '\\'])).unwrap();
        origin.translate(request).map(|request| request.url().to_string())
    }

    #[test]
    fn a_path_that_url_parsing_changes_is_refused() {
        for url in [
            "https://a.example/v0/x%20y?z=%26,1",
            "https://a.example:8443/v0/%252e%252e/x",
            "http://[::1]:1/a",
        ] {
            assert_eq!(request(url).unwrap(), url);
        }
        for url in [
            "https://a.example/v0/../x",
            "https://a.example/v0/%2e%2e/x",
            "https://a.example/v0/..",
            "https://a.example/v0/./x",
            "https://a.example/v0\\..\\x",
            "https://a.example/v0/a\nb",
            "https://a.example/v0/x#y",
            "https://a.example/v0/ x",
            "https://a.example/v0/x?a#y",
            "https://a.example/v0/x?a\tb",
            "https://a.example/v0/x? ",
        ] {
            let error = request(url).unwrap_err();
            assert!(error.was_not_sent(), "{url}: {error}");
        }
    }
}
