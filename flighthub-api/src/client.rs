//! The client and its setup.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::HeaderValue;

use crate::call::{
    Access, AsyncHandle, Call, Calling, Full, Handle, NeedsNoProject, Permits, ReadOnly, Sending,
    Sends, Via, sealed,
};
use crate::clock::{Clock, TokioClock};
use crate::error::{Error, ErrorKind};
use crate::exchange::Core;
use crate::http::{HttpOptions, HttpTransport, Proxy};
use crate::limits::{Limits, RateLimit};
use crate::list::List;
use crate::operation::{Method, Operation};
use crate::options::{CallOptions, Language};
use crate::pages::Pages;
use crate::paging;
use crate::project::Project;
use crate::raw::RawCall;
use crate::region::{BaseUrl, Region};
use crate::retry::{Budget, RetryPolicy};
use crate::token::Token;
use crate::transport::Transport;
use crate::v1;

/// A client of one FlightHub 2, with one organization key.
///
/// It is cheap to clone; clones share connections and limits. It sends the operations that concern the organization;
/// [`project`](Self::project) gives the handle for those that concern a project. Its calls run in a tokio runtime with time
/// and input/output enabled.
///
/// ```no_run
/// use flighthub_api::{Client, Region};
///
/// # async fn run() -> Result<(), flighthub_api::Error> {
/// let key = std::env::var("FLIGHTHUB_TOKEN").unwrap_or_default();
/// let client = Client::new(Region::Europe, key)?;
/// # Ok(()) }
/// ```
pub struct Client<A = Full> {
    via: Via,
    access: PhantomData<fn() -> A>,
}

impl Client {
    /// A client with the usual settings.
    ///
    /// # Errors
    ///
    /// When the key is none, or TLS cannot be set up.
    pub fn new<T: TryInto<Token, Error: Into<Error>>>(
        region: Region,
        token: T,
    ) -> Result<Self, Error> {
        Self::builder(region, token).build()
    }

    /// A client with other settings. What is wrong with the key is said by [`build`](ClientBuilder::build).
    pub fn builder<T: TryInto<Token, Error: Into<Error>>>(
        region: Region,
        token: T,
    ) -> ClientBuilder {
        ClientBuilder::new(region, token.try_into().map_err(Into::into))
    }
}

impl<A: Access> Client<A> {
    pub(crate) const fn from_via(via: Via) -> Self {
        Self { via, access: PhantomData }
    }

    /// The handle of a project: it sends the operations that concern the project, and those of the organization too.
    #[must_use]
    pub fn project(&self, uuid: impl AsRef<str>) -> Project<A> {
        Project::from_via(self.via.with_project(uuid.as_ref()))
    }

    /// The same client, for operations that change nothing. It is checked at compile time.
    #[must_use]
    pub fn read_only(&self) -> Client<ReadOnly> {
        Client::from_via(self.via.clone())
    }

    /// By how many seconds the service's clock is ahead of the one here (negative: behind), as the `Date` of the last answer
    /// said. The header has whole seconds, and the way of the answer counts too: a second or two mean nothing. `None` before
    /// the first answer with such a header.
    #[must_use]
    pub fn clock_offset_seconds(&self) -> Option<i64> {
        let last = self.via.core.last_date.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (date, here) = last?;
        let there = crate::retry::http_date(date.to_str().ok()?)?.as_second();
        let here = jiff::Timestamp::try_from(here).ok()?.as_second();
        Some(there - here)
    }

    /// The projects that the key can see, page by page, in the memory of one page. Page size (100 unless said otherwise), first page and
    /// filters are those of the list.
    pub fn project_pages(&self, list: &v1::ProjectList) -> Pages<v1::Project>
    where
        A: Permits<v1::ProjectList>,
    {
        let (client, list) = (self.clone(), list.clone());
        let page_size = list.page_size.unwrap_or(100);
        let first = list.page.and_then(|page| u32::try_from(page).ok()).unwrap_or(1);
        Pages::new(
            usize::try_from(page_size).unwrap_or_default(),
            first,
            |project: &v1::Project| project.uuid.as_str().to_owned(),
            move |number| {
                let mut list = list.clone();
                list.page = i32::try_from(number).ok();
                list.page_size = Some(page_size);
                let page = client.send(&list);
                Box::pin(async move { page.await.map(|listing| listing.list) })
            },
        )
    }

    /// All projects that the key can see, page after page. A page that repeats what was seen is taken for the end. Rows that
    /// could not be read are in [`List::odd`]; their positions are those in their pages.
    ///
    /// # Errors
    ///
    /// As for a page; and when the pages do not end.
    pub fn all_projects(
        &self,
    ) -> impl Future<Output = Result<List<v1::Project>, Error>> + Send + 'static + use<A>
    where
        A: Permits<v1::ProjectList>,
    {
        const PAGE_SIZE: i32 = 100;
        let client = self.clone();
        paging::collect(
            PAGE_SIZE as usize,
            |project: &v1::Project| project.uuid.clone(),
            move |number| {
                let mut list = v1::ProjectList::new();
                list.page = i32::try_from(number).ok();
                list.page_size = Some(PAGE_SIZE);
                let page = client.send(&list);
                async move { page.await.map(|listing| listing.list) }
            },
        )
    }
}

/// The methods that all asynchronous handles have.
macro_rules! async_handle {
    ($handle:ident) => {
        impl<A: Access> $handle<A> {
            /// Sends an operation and brings its answer. The operation stays with the caller, who may need it to find out what
            /// became of it.
            pub fn send<O: Operation>(&self, operation: &O) -> Sending<O>
            where
                Self: Sends<O>,
            {
                Sending::new(self.via.start(operation, None))
            }

            /// Sends an operation and brings its answer with status, request id, attempts and text.
            pub fn call<O: Operation>(&self, operation: &O) -> Calling<O>
            where
                Self: Sends<O>,
            {
                Calling::new(self.via.start(operation, None))
            }

            /// Like [`call`](Self::call), with other options for this call.
            pub fn call_with<O: Operation>(&self, operation: &O, options: &CallOptions) -> Calling<O>
            where
                Self: Sends<O>,
            {
                Calling::new(self.via.start(operation, Some(options.clone())))
            }

            /// The same handle, whose calls have these options.
            #[must_use]
            pub fn with(&self, options: CallOptions) -> Self {
                Self::from_via(self.via.with(options))
            }

            /// Sends an operation that is known at run time only, and brings the text of its data. On a read-only handle only
            /// reads are sent, and operations of a project need a project's handle; both are errors here.
            ///
            /// # Errors
            ///
            /// As typed calls. For writes the answer must hold what the operation promises, as with typed calls.
            #[cfg(feature = "catalog")]
            pub fn send_any(
                &self,
                operation: &crate::v1::AnyOperation,
            ) -> impl Future<Output = Result<crate::RawReply, crate::Error>> + Send + 'static + use<A> {
                crate::raw::send_any(&self.via, A::LIMIT, operation, None)
            }

            /// Like [`send_any`](Self::send_any), with other options for this call.
            ///
            /// # Errors
            ///
            /// As [`send_any`](Self::send_any).
            #[cfg(feature = "catalog")]
            pub fn send_any_with(
                &self,
                operation: &crate::v1::AnyOperation,
                options: &CallOptions,
            ) -> impl Future<Output = Result<crate::RawReply, crate::Error>> + Send + 'static + use<A> {
                crate::raw::send_any(&self.via, A::LIMIT, operation, Some(options.clone()))
            }
        }

        impl $handle<Full> {
            /// A call that this crate does not describe: method and path, such as `/openapi/v0.1/…`, percent-encoded. A
            /// read-only handle has no raw calls, since nobody knows what they do.
            pub fn raw(&self, method: Method, path: impl Into<String>) -> RawCall {
                RawCall::new(self.via.clone(), method, path.into())
            }
        }

        impl<A> Clone for $handle<A> {
            fn clone(&self) -> Self {
                Self { via: self.via.clone(), access: PhantomData }
            }
        }

        impl<A> fmt::Debug for $handle<A> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} ", stringify!($handle))?;
                self.via.fmt(f)
            }
        }

        impl<A> sealed::Sealed for $handle<A> {
            fn via(&self) -> &Via {
                &self.via
            }
        }

        impl<A: Access> Handle for $handle<A> {}
        impl<A: Access> AsyncHandle for $handle<A> {}

        impl<A: Access, O: Operation> Call<$handle<A>, O> {
            /// The answer with status, request id, attempts and text.
            pub fn reply(self) -> Calling<O> {
                Calling::new(self.start())
            }
        }
    };
}
pub(crate) use async_handle;

async_handle!(Client);

impl<A: Permits<O>, O: Operation> Sends<O> for Client<A> where O::Scope: NeedsNoProject {}

/// Connections that a client keeps open at least, as far as it has opened them.
const LEAST_KEPT: usize = 8;

/// The settings of a client.
///
/// Unless told otherwise: 5 s for a connection, 30 s for an attempt (20 s of silence end it), 60 s for a call with all its
/// attempts; 3 attempts; 4 calls a second with bursts of 4, 4 calls at once; answers up to 16 MiB; messages in English.
pub struct ClientBuilder {
    region: Region,
    token: Result<Token, Error>,
    plain_http_allowed: bool,
    timeout: Duration,
    attempt_timeout: Duration,
    http: HttpOptions,
    options: CallOptions,
    policy: RetryPolicy,
    rate: Option<RateLimit>,
    concurrency: Option<usize>,
    max_response_bytes: usize,
    product: String,
    host: Option<String>,
    transport: Option<Arc<dyn Transport>>,
    clock: Option<Arc<dyn Clock>>,
    seed: Option<u64>,
}

impl ClientBuilder {
    fn new(region: Region, token: Result<Token, Error>) -> Self {
        Self {
            region,
            token,
            plain_http_allowed: false,
            timeout: Duration::from_secs(60),
            attempt_timeout: Duration::from_secs(30),
            http: HttpOptions {
                connect_timeout: Duration::from_secs(5),
                idle_timeout: Duration::from_secs(20),
                most_idle: LEAST_KEPT,
                certificates: Vec::new(),
                proxy: Proxy::Environment,
            },
            options: CallOptions::new(),
            policy: RetryPolicy::default(),
            rate: Some(RateLimit::default()),
            concurrency: Some(4),
            max_response_bytes: 16 << 20,
            product: String::new(),
            host: None,
            transport: None,
            clock: None,
            seed: None,
        }
    }

    /// How long a call may take, with all attempts and all waiting.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long one attempt may take, from the first byte to the last.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// How long establishing a connection may take, TLS included.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.http.connect_timeout = timeout;
        self
    }

    /// How long the server may be silent within an attempt.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.http.idle_timeout = timeout;
        self
    }

    /// How often and after which pauses a call is tried again.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// How many calls may start in a second.
    #[must_use]
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate = Some(limit);
        self
    }

    /// Start calls as fast as they come: for simulators, and for installations of your own.
    #[must_use]
    pub fn no_rate_limit(mut self) -> Self {
        self.rate = None;
        self
    }

    /// How many calls may be under way at once.
    #[must_use]
    pub fn max_concurrency(mut self, calls: usize) -> Self {
        self.concurrency = Some(calls);
        // With fewer, calls that end together would close connections that the next ones open again.
        self.http.most_idle = calls.max(LEAST_KEPT);
        self
    }

    /// The largest answer to accept, in decoded bytes.
    #[must_use]
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Language of the messages in answers.
    #[must_use]
    pub fn language(mut self, language: Language) -> Self {
        self.options.language = Some(language);
        self
    }

    /// Name and version of your program (`patrol/1.2`), put in front of this crate's in the user agent.
    #[must_use]
    pub fn user_agent(mut self, product: impl Into<String>) -> Self {
        self.product = product.into();
        self
    }

    /// Trusts a further certificate authority, given as PEM: for private installations with a certificate of their own.
    #[must_use]
    pub fn certificate_authority(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.http.certificates.push(pem.into());
        self
    }

    /// Sends this `Host` header instead of the address's: for private installations behind address translation.
    #[must_use]
    pub fn host_header(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Goes through this proxy, whatever the environment says.
    #[must_use]
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.http.proxy = Proxy::Url(url.into());
        self
    }

    /// Goes directly, whatever the environment says.
    #[must_use]
    pub fn no_proxy(mut self) -> Self {
        self.http.proxy = Proxy::None;
        self
    }

    /// Allows plain http to a private installation. The key then crosses the network readable.
    #[must_use]
    pub fn allow_plain_http(mut self) -> Self {
        self.plain_http_allowed = true;
        self
    }

    /// Carries requests by other means than HTTP: for tests. Timeouts for connections, certificates and proxy then have no
    /// meaning.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Takes the time from elsewhere: for tests.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Makes pauses and request ids the same in every run: for tests.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The client.
    ///
    /// # Errors
    ///
    /// When key, address, certificates, proxy or a header cannot be used. The text says what to change.
    pub fn build(self) -> Result<Client, Error> {
        let token = self.token?;
        let base = BaseUrl::new(&self.region, self.plain_http_allowed)?;
        let needs_tokio = self.transport.is_none() || self.clock.is_none();
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(HttpTransport::new(&base, &self.http)?),
        };
        let this = concat!("flighthub-api/", env!("CARGO_PKG_VERSION"));
        let agent = if self.product.is_empty() {
            this.to_owned()
        } else {
            format!("{} {this}", self.product)
        };
        let core = Core {
            base,
            token,
            transport,
            clock: self.clock.unwrap_or_else(|| Arc::new(TokioClock)),
            needs_tokio,
            random: Mutex::new(self.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed)),
            policy: self.policy,
            budget: Budget::new(),
            last_date: Mutex::new(None),
            limits: Limits::new(self.rate, self.concurrency),
            timeout: self.timeout,
            attempt_timeout: self.attempt_timeout,
            options: self.options,
            max_response_bytes: self.max_response_bytes,
            user_agent: header(&agent, "the user agent cannot be put into an HTTP header")?,
            host: self
                .host
                .map(|host| header(&host, "the host cannot be put into an HTTP header"))
                .transpose()?,
        };
        Ok(Client::from_via(Via { core: Arc::new(core), project: None, options: None }))
    }

    /// The same client without async.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build), and when the background thread cannot be started.
    #[cfg(feature = "blocking")]
    pub fn build_blocking(self) -> Result<crate::blocking::Client, Error> {
        crate::blocking::Client::from_async(self.build()?)
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").finish_non_exhaustive()
    }
}

fn header(text: &str, problem: &'static str) -> Result<HeaderValue, Error> {
    let clean =
        !text.is_empty() && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    HeaderValue::from_str(text)
        .ok()
        .filter(|_| clean)
        .ok_or_else(|| Error::local(ErrorKind::Configuration, problem))
}
