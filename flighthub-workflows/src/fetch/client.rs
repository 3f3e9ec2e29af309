//! The HTTP client for files. It has nothing to do with the one for the API: no key, no header of FlightHub, no cookie, no referrer.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::header::{
    ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName,
    IF_RANGE, LOCATION, RANGE, RETRY_AFTER, TRANSFER_ENCODING,
};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Response, Url};

use super::address::{self, Allowed, Checked, Rule};
use super::error::FetchError;
use super::silence::within;
use crate::choose::printable;

/// Redirects that are followed, each checked like the first address.
const MOST_HOPS: usize = 3;
/// Bytes of an error's body that are read for its code.
const MOST_ERROR: usize = 8 << 10;

/// What can be set about connections.
#[derive(Clone)]
pub(super) struct Options {
    pub(super) allowed: Allowed,
    pub(super) connect_timeout: Duration,
    pub(super) idle_timeout: Duration,
    pub(super) proxy: Proxy,
    /// PEM.
    #[cfg_attr(not(feature = "rustls"), allow(dead_code, reason = "there is no TLS"))]
    pub(super) certificates: Vec<Vec<u8>>,
    pub(super) lookup: Lookup,
}

/// What a test says that a name means.
#[cfg(test)]
type Tells = std::sync::Arc<dyn Fn(&str) -> Vec<SocketAddr> + Send + Sync>;

/// Who knows the addresses of names.
#[derive(Clone)]
pub(super) enum Lookup {
    /// The system.
    System,
    /// A test.
    #[cfg(test)]
    Told(Tells),
}

/// How to get out.
#[derive(Clone)]
pub(super) enum Proxy {
    /// As the environment says.
    Environment,
    /// Directly.
    None,
    /// Through this one.
    Url(String),
}

/// Clients by what they may connect to; made when they are needed.
pub(super) struct Clients {
    options: Options,
    made: Mutex<HashMap<Key, reqwest::Client>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    secured: bool,
    rule: Rule,
    direct: bool,
}

/// The part of a file that is wanted: from an offset on, if the file still has this entity tag.
#[derive(Debug, Clone)]
pub(super) struct From {
    pub(super) offset: u64,
    pub(super) etag: String,
}

/// The head of a good answer, and its body to come.
pub(super) struct Answer {
    pub(super) response: Response,
    pub(super) head: Head,
}

/// What the head of a good answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    /// The whole file follows, otherwise a part.
    pub(super) is_whole: bool,
    /// Offset of the first byte that follows.
    pub(super) offset: u64,
    /// Bytes of the whole file.
    pub(super) total: Option<u64>,
    /// As sent, with its quotes.
    pub(super) etag: Option<String>,
    /// Whether the end of the body can be told from a broken connection.
    pub(super) has_end: bool,
}

/// What a request came to.
pub(super) enum Reply {
    Good(Box<Answer>),
    /// The wanted part does not exist: the file is another one now.
    NoSuchPart,
}

/// Why a request failed, and how long the storage wants to be left alone.
pub(super) struct Failure {
    pub(super) error: FetchError,
    pub(super) retry_after: Option<Duration>,
}

impl std::convert::From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self { error, retry_after: None }
    }
}

impl Clients {
    pub(super) fn new(options: Options) -> Self {
        Self { options, made: Mutex::new(HashMap::new()) }
    }

    pub(super) const fn options(&self) -> &Options {
        &self.options
    }

    /// Asks for a file, or the rest of it, and reads the head of the answer.
    pub(super) async fn get(&self, address: &str, from: Option<&From>) -> Result<Reply, Failure> {
        let mut checked = address::check(address, &self.options.allowed)?;
        for _ in 0..=MOST_HOPS {
            if self.proxy_hosts().iter().any(|host| Some(host.as_str()) == checked.url.host_str()) {
                return Err(address::refused(&checked.url, "it is the proxy").into());
            }
            let mut request = (self.client(&checked)?.get(checked.url.clone()))
                .header(ACCEPT_ENCODING, "identity");
            if let Some(from) = from {
                request = request
                    .header(RANGE, format!("bytes={}-", from.offset))
                    .header(IF_RANGE, &from.etag);
            }
            let sent = within(self.options.idle_timeout, request.send()).await?;
            let response = sent.map_err(|error| failed(error, &checked.url))?;
            let status = response.status().as_u16();
            match status {
                200 | 206 => {
                    let head = Head::read(status, response.headers())?;
                    return Ok(Reply::Good(Box::new(Answer { response, head })));
                }
                301 | 302 | 303 | 307 | 308 => {
                    let to = (response.headers().get(LOCATION))
                        .and_then(|to| to.to_str().ok())
                        .and_then(|to| checked.url.join(to).ok())
                        .ok_or_else(|| FetchError::mismatch("the storage redirects to nowhere"))?;
                    let hop = address::check_hop(to, &checked, &self.options.allowed);
                    checked = hop.map_err(|error| error.during("the storage redirects"))?;
                }
                416 if from.is_some() => return Ok(Reply::NoSuchPart),
                _ => return Err(refusal(status, response, self.options.idle_timeout).await),
            }
        }
        Err(FetchError::mismatch(format!("the storage redirects more than {MOST_HOPS} times"))
            .into())
    }

    /// The client that connects only to what the rule of an address allows.
    fn client(&self, checked: &Checked) -> Result<reqwest::Client, FetchError> {
        let direct = match self.options.proxy {
            Proxy::None => true,
            // A proxy of the environment is not meant for this machine itself.
            Proxy::Environment => checked.is_loopback,
            Proxy::Url(_) => false,
        };
        let key = Key { secured: checked.url.scheme() == "https", rule: checked.rule, direct };
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = made.get(&key) {
            return Ok(client.clone());
        }
        let client = self.build(key)?;
        made.insert(key, client.clone());
        Ok(client)
    }

    fn build(&self, key: Key) -> Result<reqwest::Client, FetchError> {
        let options = &self.options;
        let exempt = if key.direct { Vec::new() } else { self.proxy_hosts() };
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("flighthub-workflows/", env!("CARGO_PKG_VERSION")))
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
            .pool_idle_timeout(Duration::from_secs(15))
            .dns_resolver(Resolver { rule: key.rule, exempt, lookup: options.lookup.clone() });
        builder = match &options.proxy {
            _ if key.direct => builder.no_proxy(),
            Proxy::None | Proxy::Environment => builder,
            Proxy::Url(url) => {
                let proxy = reqwest::Proxy::all(url.as_str()).map_err(|error| {
                    FetchError::setup(format!(
                        "the address of the proxy cannot be used: {}",
                        root(&error.without_url())
                    ))
                })?;
                builder.proxy(proxy)
            }
        };
        self.with_tls(builder, key.secured)?.build().map_err(|error| {
            FetchError::setup(format!("the HTTP client cannot be set up: {}", root(&error)))
        })
    }

    #[cfg(feature = "rustls")]
    fn with_tls(
        &self,
        builder: reqwest::ClientBuilder,
        secured: bool,
    ) -> Result<reqwest::ClientBuilder, FetchError> {
        let builder = builder.tls_backend_rustls();
        // Plain http works on machines without any certificates too.
        if !secured {
            return Ok(builder.tls_certs_only([]));
        }
        let mut certificates = Vec::new();
        for pem in &self.options.certificates {
            let bundle = reqwest::Certificate::from_pem_bundle(pem).unwrap_or_default();
            if bundle.is_empty() {
                let text = "the certificate is not in PEM form (`-----BEGIN CERTIFICATE-----`)";
                return Err(FetchError::setup(text));
            }
            certificates.extend(bundle);
        }
        Ok(builder.tls_certs_merge(certificates))
    }

    #[cfg(not(feature = "rustls"))]
    #[allow(clippy::unused_self, reason = "as with TLS")]
    fn with_tls(
        &self,
        builder: reqwest::ClientBuilder,
        _secured: bool,
    ) -> Result<reqwest::ClientBuilder, FetchError> {
        Ok(builder)
    }

    /// Names of the proxies that may be used. They are resolved like any name, and may well be private.
    fn proxy_hosts(&self) -> Vec<String> {
        const NAMES: [&str; 3] = ["https_proxy", "http_proxy", "all_proxy"];
        let host = |url: &str| {
            let url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
            Some(Url::parse(&url).ok()?.host_str()?.to_ascii_lowercase())
        };
        match &self.options.proxy {
            Proxy::None => Vec::new(),
            Proxy::Url(url) => host(url).into_iter().collect(),
            Proxy::Environment => (NAMES.iter())
                .flat_map(|name| [(*name).to_owned(), name.to_ascii_uppercase()])
                .filter_map(|name| host(&std::env::var(name).ok()?))
                .collect(),
        }
    }
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").field("allowed", &self.options.allowed).finish_non_exhaustive()
    }
}

/// Resolves names, and keeps only the addresses that may be connected to: what was checked is what is connected to.
struct Resolver {
    rule: Rule,
    exempt: Vec<String>,
    lookup: Lookup,
}

/// A name has no address that may be connected to.
#[derive(Debug)]
struct NotAllowed(&'static str);

impl fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl StdError for NotAllowed {}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let is_exempt = self.exempt.iter().any(|own| own.eq_ignore_ascii_case(name.as_str()));
        let rule = (!is_exempt).then_some(self.rule);
        let lookup = self.lookup.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = match lookup {
                Lookup::System => tokio::net::lookup_host((name.as_str(), 0)).await?.collect(),
                #[cfg(test)]
                Lookup::Told(tell) => tell(name.as_str()),
            };
            let good = match rule {
                Some(rule) => permitted(&found, rule)?,
                None => found,
            };
            Ok(Box::new(good.into_iter()) as Addrs)
        })
    }
}

/// The addresses of a name that may be connected to; an error when there are only others.
fn permitted(found: &[SocketAddr], rule: Rule) -> Result<Vec<SocketAddr>, NotAllowed> {
    let good: Vec<SocketAddr> =
        found.iter().copied().filter(|address| rule.allows(address.ip())).collect();
    match (good.is_empty(), found.first()) {
        (true, Some(first)) => Err(NotAllowed(address::why(first.ip(), rule))),
        _ => Ok(good),
    }
}

impl Head {
    /// Reads the head of a 200 or 206.
    fn read(status: u16, headers: &HeaderMap) -> Result<Self, FetchError> {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        if text(CONTENT_TYPE).is_some_and(|kind| {
            kind.trim_start().get(..9).is_some_and(|kind| kind.eq_ignore_ascii_case("text/html"))
        }) {
            return Err(FetchError::mismatch(
                "a web page comes instead of the file; is there a sign-in page in the way?",
            ));
        }
        let length = text(CONTENT_LENGTH).and_then(|length| length.trim().parse::<u64>().ok());
        let etag = text(ETAG).map(str::trim).filter(|etag| !etag.is_empty()).map(str::to_owned);
        let has_end = length.is_some() || headers.contains_key(TRANSFER_ENCODING);
        if status == 200 {
            return Ok(Self { is_whole: true, offset: 0, total: length, etag, has_end });
        }
        let range = text(CONTENT_RANGE).and_then(content_range);
        let Some((first, last, total)) = range else {
            return Err(FetchError::mismatch("the storage does not say which part it sends"));
        };
        if length.is_some_and(|length| length != last - first + 1) {
            return Err(FetchError::mismatch("the storage contradicts itself about the part"));
        }
        Ok(Self { is_whole: false, offset: first, total, etag, has_end })
    }
}

/// First byte, last byte and total of `bytes 0-9/10`; the total may be `*`.
fn content_range(text: &str) -> Option<(u64, u64, Option<u64>)> {
    let (span, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = span.trim().split_once('-')?;
    let (first, last) = (first.parse::<u64>().ok()?, last.parse::<u64>().ok()?);
    let total = match total.trim() {
        "*" => None,
        total => Some(total.parse::<u64>().ok()?),
    };
    let is_sound = first <= last && last < u64::MAX && total.is_none_or(|total| last < total);
    is_sound.then_some((first, last, total))
}

/// What a status that is no success means.
async fn refusal(status: u16, response: Response, patience: Duration) -> Failure {
    let retry_after = (response.headers().get(RETRY_AFTER))
        .and_then(|after| after.to_str().ok()?.trim().parse().ok())
        .map(Duration::from_secs);
    let code = within(patience, error_code(response)).await.unwrap_or_default();
    let said = match &code {
        Some(code) => format!("the storage answers HTTP {status} ({code})"),
        None => format!("the storage answers HTTP {status}"),
    };
    let error = match (status, code.as_deref()) {
        (404 | 410, _) => FetchError::gone(said),
        (403, Some("InvalidObjectState")) => {
            FetchError::not_yet(format!("{said}: the file is in an archive"))
        }
        (400 | 401 | 403, _) => FetchError::expired(said),
        (202 | 204 | 409 | 425, _) => FetchError::not_yet(said),
        (408 | 429 | 500.., _) => FetchError::fault(said),
        _ => FetchError::mismatch(said),
    };
    Failure { error, retry_after }
}

/// The code in the body of an error, as S3 and OSS word it.
async fn error_code(mut response: Response) -> Option<String> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() >= MOST_ERROR {
            break;
        }
    }
    body.truncate(MOST_ERROR);
    let text = String::from_utf8_lossy(&body);
    let code = text.split_once("<Code>")?.1.split_once("</Code>")?.0;
    let is_plain = !code.is_empty()
        && code.len() <= 64
        && code.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    is_plain.then(|| code.to_owned())
}

/// What reqwest's error means. Its own text would show the address.
pub(super) fn failed(error: reqwest::Error, url: &Url) -> FetchError {
    let error = error.without_url();
    let mut cause: Option<&(dyn StdError + 'static)> = Some(&error);
    while let Some(current) = cause {
        if let Some(NotAllowed(why)) = current.downcast_ref::<NotAllowed>() {
            return address::refused(url, why);
        }
        cause = current.source();
    }
    let doing = if error.is_connect() {
        "no connection to the storage"
    } else {
        "the connection to the storage broke"
    };
    FetchError::fault(format!("{doing}: {}", root(&error)))
}

/// The root of an error, which names no address.
fn root(error: &reqwest::Error) -> String {
    let mut root: &dyn StdError = error;
    while let Some(source) = root.source() {
        root = source;
    }
    printable(&root.to_string())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::super::error::FetchErrorKind;
    use super::*;

    #[test]
    fn only_addresses_that_are_allowed_are_connected_to() {
        let addresses = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| SocketAddr::new(text.parse::<IpAddr>().unwrap(), 0)).collect()
        };
        let public = Rule { public: true, private: false };
        let mixed = addresses(&["10.0.0.1", "8.8.8.8", "::1", "169.254.169.254"]);
        assert_eq!(permitted(&mixed, public).unwrap(), addresses(&["8.8.8.8"]));
        let both = Rule { public: true, private: true };
        assert_eq!(permitted(&mixed, both).unwrap(), addresses(&["10.0.0.1", "8.8.8.8", "::1"]));
        assert!(permitted(&addresses(&["127.0.0.1"]), public).is_err());
        assert!(permitted(&[], public).unwrap().is_empty());
    }

    /// A name means one thing when somebody looks and another when the connection is made. Here both are one: what a name is resolved to
    /// for the connection is what is checked, every time.
    #[tokio::test]
    async fn attack_36_a_name_that_changes_its_meaning_is_never_connected_to() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicUsize, Ordering};

        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&connections);
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                seen.fetch_add(1, Ordering::SeqCst);
            }
        });
        let looks = Arc::new(AtomicUsize::new(0));
        let asked = Arc::clone(&looks);
        // Public for whoever looks before, private from then on.
        let meanings: [&[&str]; 6] = [
            &["127.0.0.1"],
            &["::1", "127.0.0.1"],
            &["::ffff:127.0.0.1"],
            &["64:ff9b::7f00:1"],
            &["169.254.169.254", "10.0.0.1"],
            &["0.0.0.0"],
        ];
        let tell = move |_: &str| {
            let number = asked.fetch_add(1, Ordering::SeqCst);
            let texts = meanings[number % meanings.len()];
            texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect()
        };
        let options = Options {
            allowed: Allowed { plain_http: true, ..Allowed::default() },
            connect_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(5),
            proxy: Proxy::None,
            certificates: Vec::new(),
            lookup: Lookup::Told(Arc::new(tell)),
        };
        let clients = Clients::new(options.clone());
        for round in 1..=meanings.len() * 2 {
            let scheme = if round % 2 == 0 { "https" } else { "http" };
            let address = format!("{scheme}://rebind.example:{port}/x?sig=secret");
            let Err(failure) = clients.get(&address, None).await else { panic!("round {round}") };
            let error = failure.error;
            assert_eq!(error.kind(), FetchErrorKind::Address, "{error}");
            assert!(!error.to_string().contains("secret"), "{error}");
            assert_eq!(looks.load(Ordering::SeqCst), round, "one look for each attempt");
        }
        assert_eq!(connections.load(Ordering::SeqCst), 0);
        // Where it is allowed it is connected to: the count can be something else.
        let allowed = Allowed { private: true, ..Allowed::default() };
        let open = Options { allowed, idle_timeout: Duration::from_millis(200), ..options };
        let address = format!("http://rebind.example:{port}/x");
        let _ = Clients::new(open).get(&address, None).await;
        assert!(connections.load(Ordering::SeqCst) > 0);
    }

    #[test]
    fn ranges_that_make_no_sense_are_refused() {
        assert_eq!(content_range("bytes 0-9/10"), Some((0, 9, Some(10))));
        assert_eq!(content_range("bytes 5-9/*"), Some((5, 9, None)));
        for text in [
            "",
            "bytes */10",
            "bytes 9-5/10",
            "bytes 0-10/10",
            "items 0-9/10",
            "bytes -1-9/10",
            "bytes 0-18446744073709551615/*",
        ] {
            assert_eq!(content_range(text), None, "{text}");
        }
    }

    #[test]
    fn a_head_says_what_follows() {
        let head = |status: u16, pairs: &[(&'static str, &'static str)]| {
            let headers = pairs
                .iter()
                .map(|(name, value)| {
                    (HeaderName::from_static(name), http::HeaderValue::from_static(value))
                })
                .collect();
            Head::read(status, &headers)
        };
        let whole = head(200, &[("content-length", "10"), ("etag", "\"a\"")]).unwrap();
        assert_eq!((whole.total, whole.is_whole, whole.has_end), (Some(10), true, true));
        assert_eq!(whole.etag.as_deref(), Some("\"a\""));
        assert!(!head(200, &[]).unwrap().has_end);
        assert!(head(200, &[("content-type", "text/html; charset=utf-8")]).is_err());
        assert!(head(206, &[]).is_err());
        assert!(head(206, &[("content-range", "bytes 5-9/10"), ("content-length", "4")]).is_err());
        let part =
            head(206, &[("content-range", "bytes 5-9/10"), ("content-length", "5")]).unwrap();
        assert_eq!((part.offset, part.total), (5, Some(10)));
    }
}
