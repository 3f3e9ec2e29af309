//! The contract mode: a port that hands every call on to a real base URL and holds it against the description.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use reqwest::Url;
use tokio::sync::oneshot;

use super::description::Description;
use super::handing_on;
use super::report::{Report, Tally};

/// A port before a real FlightHub 2 (or a simulated one) that changes nothing and tells what is not as described.
///
/// It runs on a thread of its own and stops when it is dropped. What it finds is in [`report`](Self::report), at
/// `GET /__sim/contract/report`, and in the reply header `x-flighthub-simulator-contract`. It keeps counts, places and types; keys,
/// addresses, ids and bodies stay nowhere.
///
/// ```
/// use flighthub_sim::Sim;
/// use flighthub_sim::contract::Proxy;
///
/// let sim = Sim::builder().start_blocking()?;
/// let proxy = Proxy::before(sim.url()).start_blocking()?;
/// assert!(proxy.url().starts_with("http://127.0.0.1:"));
/// assert_eq!(proxy.report().exchanges, 0);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Proxy {
    url: String,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// How a contract proxy is set up.
#[derive(Debug, Clone)]
pub struct ProxyBuilder {
    to: String,
    listen: String,
    allow_http: bool,
    report: Option<PathBuf>,
    silence: Duration,
    authorities: Vec<Vec<u8>>,
}

/// Why a contract proxy cannot start or cannot write its report.
#[derive(Debug)]
pub struct ProxyError {
    problem: String,
    source: Option<io::Error>,
}

const NO_TLS: &str = "this build has no TLS; build it with the feature `tls`";

/// What all calls share.
#[derive(Debug)]
pub(super) struct Shared {
    /// Without a slash at its end.
    pub(super) base: String,
    pub(super) client: reqwest::Client,
    pub(super) description: &'static Description,
    tally: Mutex<Tally>,
    file: Option<PathBuf>,
}

impl Shared {
    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn report(&self) -> Report {
        self.tally().report()
    }

    /// Counts something. The file follows when there is something new; the counts in it may lag until the end.
    pub(super) fn count(&self, count: impl FnOnce(&mut Tally) -> bool) {
        let mut tally = self.tally();
        if count(&mut tally)
            && let Some(file) = &self.file
        {
            // The end of the run writes it again, and tells then if it cannot.
            let _ = tally.report().write(file);
        }
    }
}

impl Proxy {
    /// A proxy before a base URL, such as `https://es-flight-api-eu.djigate.com`.
    #[must_use]
    pub fn before(base: impl Into<String>) -> ProxyBuilder {
        ProxyBuilder {
            to: base.into(),
            listen: "127.0.0.1:0".to_owned(),
            allow_http: false,
            report: None,
            silence: Duration::from_secs(120),
            authorities: Vec::new(),
        }
    }

    /// Its base URL: what a client is given in place of the real one.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What has been found so far.
    #[must_use]
    pub fn report(&self) -> Report {
        self.shared.report()
    }

    /// Stops it and writes the report into its file, if it has one.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn stop(mut self) -> Result<Report, ProxyError> {
        self.end()?;
        Ok(self.report())
    }

    fn end(&mut self) -> Result<(), ProxyError> {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
            if let Some(file) = &self.shared.file {
                self.report().write(file).map_err(|error| unwritten(file, error))?;
            }
        }
        Ok(())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Whoever wants to know calls `stop`.
        let _ = self.end();
    }
}

impl ProxyBuilder {
    /// Where to listen, `127.0.0.1:0` by default. Port 0 is any free one.
    #[must_use]
    pub fn listen(mut self, address: impl Into<String>) -> Self {
        self.listen = address.into();
        self
    }

    /// Hands on over plain http to other machines too. Keys are then readable on the way: for installations without TLS only.
    #[must_use]
    pub const fn allow_http(mut self) -> Self {
        self.allow_http = true;
        self
    }

    /// Writes the findings into a file, one JSON object a line, when there is something new and at the end.
    #[must_use]
    pub fn report_to(mut self, file: impl Into<PathBuf>) -> Self {
        self.report = Some(file.into());
        self
    }

    /// Trusts a certificate authority (PEM) beside those of the platform: for installations with one of their own.
    #[must_use]
    pub fn certificate_authority(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.authorities.push(pem.into());
        self
    }

    /// How long the target may be silent, two minutes by default.
    #[must_use]
    pub const fn silence(mut self, most: Duration) -> Self {
        self.silence = most;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// When the target is no base URL or not https, the address cannot be listened on, or the report cannot be written.
    pub async fn start(self) -> Result<Proxy, ProxyError> {
        self.start_blocking()
    }

    /// Starts it from a program without async.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_blocking(self) -> Result<Proxy, ProxyError> {
        let target = self.target()?;
        let client = self.client(&target)?;
        let description = Description::v1().map_err(|error| {
            let source = io::Error::other(error.to_string());
            ProxyError::new("cannot read the description", Some(source))
        })?;
        let listener = TcpListener::bind(&self.listen).map_err(|error| {
            let problem = format!(
                "cannot listen on {}; choose another address, port 0 is any free one",
                self.listen
            );
            ProxyError::new(problem, Some(error))
        })?;
        let ready = || -> io::Result<_> {
            listener.set_nonblocking(true)?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            Ok((listener.local_addr()?, runtime))
        };
        let (address, runtime) =
            ready().map_err(|error| ProxyError::new("cannot listen", Some(error)))?;
        if let Some(file) = &self.report {
            Report::default().write(file).map_err(|error| unwritten(file, error))?;
        }
        let shared = Arc::new(Shared {
            base: target.as_str().trim_end_matches('/').to_owned(),
            client,
            description,
            tally: Mutex::default(),
            file: self.report,
        });
        let (stop, stopped) = oneshot::channel();
        let serving = serve(listener, Arc::clone(&shared));
        let thread = std::thread::Builder::new().name("flighthub-contract".to_owned());
        let thread = thread.spawn(move || {
            // Dropping the runtime afterwards ends the connections that are still open.
            runtime.block_on(async {
                tokio::select! {
                    () = serving => {}
                    _ = stopped => {}
                }
            });
        });
        let thread =
            thread.map_err(|error| ProxyError::new("cannot start a thread", Some(error)))?;
        Ok(Proxy { url: url(address), shared, stop: Some(stop), thread: Some(thread) })
    }

    /// The base URL, if calls with a key in them may be sent there.
    fn target(&self) -> Result<Url, ProxyError> {
        let wrong = |problem: &str| Err(ProxyError::new(problem, None));
        let Ok(url) = Url::parse(&self.to) else {
            return wrong(
                "the target is no URL; give a base URL such as https://es-flight-api-eu.djigate.com",
            );
        };
        if !url.username().is_empty() || url.password().is_some() {
            return wrong("the target must not hold a user name or password");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return wrong("the target must be a base URL, without query and fragment");
        }
        match url.scheme() {
            "https" if cfg!(feature = "tls") => Ok(url),
            "https" => wrong(NO_TLS),
            "http" if self.allow_http || is_loopback(&url) => Ok(url),
            "http" => wrong(
                "the target is not https, so keys would be readable on the way; use https, or allow http for an installation in a network of your own",
            ),
            _ => wrong("the target must begin with https://"),
        }
    }

    fn client(&self, target: &Url) -> Result<reqwest::Client, ProxyError> {
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            // A connection of its own for each call: nothing is ever sent again because a kept one had died.
            .pool_max_idle_per_host(0)
            .http1_only()
            .referer(false)
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(self.silence);
        let builder = if is_loopback(target) { builder.no_proxy() } else { builder };
        let builder = self.secured(builder, target)?;
        builder.build().map_err(|error| {
            let source = io::Error::other(handing_on::root(&error));
            ProxyError::new("cannot set up the connection", Some(source))
        })
    }

    #[cfg(feature = "tls")]
    fn secured(
        &self,
        builder: reqwest::ClientBuilder,
        target: &Url,
    ) -> Result<reqwest::ClientBuilder, ProxyError> {
        let wrong = || ProxyError::new("the certificate authority is no PEM certificate", None);
        let mut authorities = Vec::new();
        for pem in &self.authorities {
            let bundle = reqwest::Certificate::from_pem_bundle(pem).map_err(|_| wrong())?;
            if bundle.is_empty() {
                return Err(wrong());
            }
            authorities.extend(bundle);
        }
        let builder = builder.tls_backend_rustls();
        // Plain http works on machines without any certificates too.
        Ok(if target.scheme() == "https" {
            builder.tls_certs_merge(authorities)
        } else {
            builder.tls_certs_only([])
        })
    }

    #[cfg(not(feature = "tls"))]
    fn secured(
        &self,
        builder: reqwest::ClientBuilder,
        _: &Url,
    ) -> Result<reqwest::ClientBuilder, ProxyError> {
        match self.authorities.is_empty() {
            true => Ok(builder),
            false => Err(ProxyError::new(NO_TLS, None)),
        }
    }
}

impl ProxyError {
    /// Whether a setting is wrong, such as a target that is not https; otherwise something could not be done.
    #[must_use]
    pub const fn is_setting(&self) -> bool {
        self.source.is_none()
    }

    fn new(problem: impl Into<String>, source: Option<io::Error>) -> Self {
        Self { problem: problem.into(), source }
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)?;
        self.source.as_ref().map_or(Ok(()), |source| write!(f, " ({source})"))
    }
}

impl std::error::Error for ProxyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

fn unwritten(file: &std::path::Path, error: io::Error) -> ProxyError {
    ProxyError::new(format!("cannot write the report {}", file.display()), Some(error))
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

/// The URL under which this machine reaches an address; the unspecified address is reached over loopback.
fn url(mut address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip([127, 0, 0, 1].into()),
        IpAddr::V6(ip) if ip.is_unspecified() => {
            address.set_ip(std::net::Ipv6Addr::LOCALHOST.into());
        }
        _ => {}
    }
    format!("http://{address}")
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(_) => {
                // Too many open files, for instance: others may end meanwhile.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let shared = Arc::clone(&shared);
                async move { Ok::<_, Infallible>(handing_on::answer(&shared, request).await) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service);
            // A client that goes away is no news.
            let _ = connection.await;
        });
    }
}

/// How a run of the contract mode ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// Everything that was found.
    pub report: Report,
}

impl Outcome {
    /// The exit code of a program: 3 when drift was found and that is to count as failure, 0 otherwise.
    #[must_use]
    pub fn exit_code(&self, fail_on_drift: bool) -> u8 {
        if fail_on_drift && self.report.drift().next().is_some() { 3 } else { 0 }
    }
}

/// Runs a proxy until the process is asked to end (Ctrl-C, on Unix also SIGTERM), and says what it found.
///
/// The first line on `out` is `listening on http://127.0.0.1:PORT`, like the simulator's.
///
/// # Errors
///
/// When it cannot start, or cannot write its report.
pub fn run(builder: ProxyBuilder, out: &mut dyn io::Write) -> Result<Outcome, ProxyError> {
    run_until(builder, asked_to_end(), out)
}

/// The same until a future is ready.
///
/// # Errors
///
/// As [`run`].
pub fn run_until(
    builder: ProxyBuilder,
    end: impl Future<Output = ()>,
    out: &mut dyn io::Write,
) -> Result<Outcome, ProxyError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| ProxyError::new("cannot wait", Some(error)))?;
    let file = builder.report.clone();
    let proxy = builder.start_blocking()?;
    let mut say = |text: String| {
        // Without a reader of these lines somebody may still know the port.
        let _ = out.write_all(text.as_bytes());
        let _ = out.flush();
    };
    say(format!("listening on {}\nhanding on to {}\n", proxy.url(), proxy.shared.base));
    runtime.block_on(end);
    let report = proxy.stop()?;
    say(report.to_string());
    if let Some(file) = file {
        say(format!("the findings are in {}\n", file.display()));
    }
    Ok(Outcome { report })
}

async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
