//! A client without async.
//!
//! One background thread runs the asynchronous client; calls wait for it. Inside an async runtime they are an error, because
//! waiting there would hold up everything else.
//!
//! ```no_run
//! use flighthub_api::{Region, blocking};
//!
//! # fn run() -> Result<(), flighthub_api::Error> {
//! let key = std::env::var("FLIGHTHUB_TOKEN").unwrap_or_default();
//! let client = blocking::Client::new(Region::Europe, key)?;
//! # Ok(()) }
//! ```

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use tokio::runtime::Handle as Runtime;
use tokio::sync::oneshot;

use crate::call::sealed::{self, Sealed};
use crate::call::{Access, Call, Full, Handle, NeedsNoProject, Permits, ReadOnly, Sends, Via};
use crate::error::{Error, ErrorKind};
use crate::exchange::Facts;
use crate::operation::{Method, Operation};
use crate::options::CallOptions;
use crate::region::Region;
use crate::reply::{RawReply, Reply};
use crate::token::Token;

/// The thread that runs the asynchronous client. It ends with its last handle.
struct Worker {
    runtime: Runtime,
    /// Dropped with the worker, which ends the thread.
    _alive: oneshot::Sender<()>,
}

impl Worker {
    fn start() -> Result<Self, Error> {
        let failed = |error: std::io::Error| {
            Error::local(ErrorKind::Runtime, "the background thread cannot be started")
                .with_source(error)
        };
        let (tell, told) = sync_channel(1);
        let (alive, ended) = oneshot::channel::<()>();
        let work = move || match tokio::runtime::Builder::new_current_thread().enable_all().build()
        {
            Ok(runtime) => {
                let _ = tell.send(Ok(runtime.handle().clone()));
                let _ = runtime.block_on(ended);
            }
            Err(error) => {
                let _ = tell.send(Err(error));
            }
        };
        std::thread::Builder::new().name("flighthub".to_owned()).spawn(work).map_err(failed)?;
        match told.recv() {
            Ok(Ok(runtime)) => Ok(Self { runtime, _alive: alive }),
            Ok(Err(error)) => Err(failed(error)),
            Err(_) => Err(Error::local(ErrorKind::Runtime, "the background thread has ended")),
        }
    }

    fn wait<T: Send + 'static>(
        &self,
        facts: &Facts,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        if Runtime::try_current().is_ok() {
            return Err(facts.unsent(Error::local(
                ErrorKind::Runtime,
                "a blocking call inside an async runtime would hold up everything else there",
            )));
        }
        let (tell, told) = sync_channel(1);
        self.runtime.spawn(async move {
            let _ = tell.send(work.await);
        });
        // Work that panicked tells nothing, and may have sent its request before.
        told.recv().unwrap_or_else(|_| {
            Err(facts.lost(Error::local(
                ErrorKind::Runtime,
                "the call ended without a result on the background thread, as after a panic there",
            )))
        })
    }
}

/// A client of one FlightHub 2, without async. See [`crate::Client`].
pub struct Client<A = Full> {
    inner: crate::Client<A>,
    worker: Arc<Worker>,
}

impl Client {
    /// A client with the usual settings. Others: [`ClientBuilder::build_blocking`](crate::ClientBuilder::build_blocking).
    ///
    /// # Errors
    ///
    /// When the key is none, TLS cannot be set up, or the background thread cannot be started.
    pub fn new<T: TryInto<Token, Error: Into<Error>>>(
        region: Region,
        token: T,
    ) -> Result<Self, Error> {
        Self::from_async(crate::Client::new(region, token)?)
    }
}

impl<A: Access> Client<A> {
    /// A client without async over an asynchronous one. They share limits.
    ///
    /// # Errors
    ///
    /// When the background thread cannot be started.
    pub fn from_async(client: crate::Client<A>) -> Result<Self, Error> {
        Ok(Self { inner: client, worker: Arc::new(Worker::start()?) })
    }

    /// The handle of a project. See [`crate::Client::project`].
    #[must_use]
    pub fn project(&self, uuid: impl AsRef<str>) -> Project<A> {
        Project { inner: self.inner.project(uuid), worker: Arc::clone(&self.worker) }
    }

    /// The same client, for operations that change nothing. It is checked at compile time.
    #[must_use]
    pub fn read_only(&self) -> Client<ReadOnly> {
        Client { inner: self.inner.read_only(), worker: Arc::clone(&self.worker) }
    }

    /// The projects that the key can see, page by page. See [`crate::Client::project_pages`].
    pub fn project_pages(&self, list: &crate::v1::ProjectList) -> Pages<crate::v1::Project>
    where
        A: Permits<crate::v1::ProjectList>,
    {
        let facts = Facts::of(<crate::v1::ProjectList as Operation>::INFO);
        let inner = Some(self.inner.project_pages(list));
        Pages { inner, facts, worker: Arc::clone(&self.worker) }
    }

    /// All projects that the key can see, page after page. See [`crate::Client::all_projects`].
    ///
    /// # Errors
    ///
    /// As there, and inside an async runtime always.
    pub fn all_projects(&self) -> Result<crate::List<crate::v1::Project>, Error>
    where
        A: Permits<crate::v1::ProjectList>,
    {
        let facts = Facts::of(<crate::v1::ProjectList as Operation>::INFO);
        self.worker.wait(&facts, self.inner.all_projects())
    }
}

/// The pages of a list, without async: an iterator of them. See [`crate::Pages`].
#[must_use = "nothing is asked for until the first one is taken"]
pub struct Pages<T> {
    inner: Option<crate::Pages<T>>,
    facts: Facts,
    worker: Arc<Worker>,
}

impl<T: Send + 'static> Iterator for Pages<T> {
    type Item = Result<crate::List<T>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut pages = self.inner.take()?;
        let work = async move {
            let page = pages.next().await;
            Ok((pages, page))
        };
        match self.worker.wait(&self.facts, work) {
            Ok((pages, page)) => {
                self.inner = Some(pages);
                page
            }
            Err(error) => Some(Err(error)),
        }
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pages").field(&self.inner).finish()
    }
}

/// The handle of a project, without async. See [`crate::Project`].
pub struct Project<A = Full> {
    inner: crate::Project<A>,
    worker: Arc<Worker>,
}

impl<A: Access> Project<A> {
    /// The uuid, as it was given.
    #[must_use]
    pub fn uuid(&self) -> &str {
        self.inner.uuid()
    }

    /// The client behind it, for the organization or another project.
    #[must_use]
    pub fn client(&self) -> Client<A> {
        Client { inner: self.inner.client(), worker: Arc::clone(&self.worker) }
    }

    /// The same project, for operations that change nothing. It is checked at compile time.
    #[must_use]
    pub fn read_only(&self) -> Project<ReadOnly> {
        Project { inner: self.inner.read_only(), worker: Arc::clone(&self.worker) }
    }
}

macro_rules! blocking_handle {
    ($handle:ident) => {
        impl<A: Access> $handle<A> {
            /// Sends an operation and gives its answer. The operation stays with the caller, who may need it to find out what
            /// became of it.
            ///
            /// # Errors
            ///
            /// When it fails; inside an async runtime always.
            pub fn send<O: Operation>(&self, operation: &O) -> Result<O::Output, Error>
            where
                Self: Sends<O>,
            {
                self.call(operation).map(Reply::into_output)
            }

            /// Sends an operation and gives its answer with status, request id, attempts and text.
            ///
            /// # Errors
            ///
            /// As [`send`](Self::send).
            pub fn call<O: Operation>(&self, operation: &O) -> Result<Reply<O::Output>, Error>
            where
                Self: Sends<O>,
            {
                self.finish::<O>(self.via().start(operation, None))
            }

            /// Like [`call`](Self::call), with other options for this call.
            ///
            /// # Errors
            ///
            /// As [`send`](Self::send).
            pub fn call_with<O: Operation>(
                &self,
                operation: &O,
                options: &CallOptions,
            ) -> Result<Reply<O::Output>, Error>
            where
                Self: Sends<O>,
            {
                self.finish::<O>(self.via().start(operation, Some(options.clone())))
            }

            fn finish<O: Operation>(
                &self,
                answer: crate::clock::BoxFuture<'static, Result<crate::reply::Answered, Error>>,
            ) -> Result<Reply<O::Output>, Error> {
                self.worker.wait(&Facts::of(O::INFO), answer)?.read::<O>()
            }

            /// The same handle, whose calls have these options.
            #[must_use]
            pub fn with(&self, options: CallOptions) -> Self {
                Self { inner: self.inner.with(options), worker: Arc::clone(&self.worker) }
            }

            /// Sends an operation that is known at run time only. See [`crate::Client::send_any`].
            ///
            /// # Errors
            ///
            /// As there, and inside an async runtime always.
            #[cfg(feature = "catalog")]
            pub fn send_any(&self, operation: &crate::v1::AnyOperation) -> Result<RawReply, Error> {
                self.worker.wait(&Facts::of(operation.info()), self.inner.send_any(operation))
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
            ) -> Result<RawReply, Error> {
                self.worker.wait(
                    &Facts::of(operation.info()),
                    self.inner.send_any_with(operation, options),
                )
            }
        }

        impl $handle<Full> {
            /// A call that this crate does not describe. See [`crate::Client::raw`].
            pub fn raw(&self, method: Method, path: impl Into<String>) -> RawCall {
                RawCall { inner: self.inner.raw(method, path), worker: Arc::clone(&self.worker) }
            }
        }

        impl<A> Clone for $handle<A> {
            fn clone(&self) -> Self {
                Self { inner: self.inner.clone(), worker: Arc::clone(&self.worker) }
            }
        }

        impl<A> fmt::Debug for $handle<A> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("blocking ")?;
                self.inner.fmt(f)
            }
        }

        impl<A> sealed::Sealed for $handle<A> {
            fn via(&self) -> &Via {
                self.inner.via()
            }
        }

        impl<A: Access> Handle for $handle<A> {}

        impl<A: Access, O: Operation> Call<$handle<A>, O> {
            /// Sends it and gives the answer.
            ///
            /// # Errors
            ///
            /// When it fails; inside an async runtime always.
            pub fn send(self) -> Result<O::Output, Error> {
                self.reply().map(Reply::into_output)
            }

            /// Sends it and gives the answer with status, request id, attempts and text.
            ///
            /// # Errors
            ///
            /// As [`send`](Self::send).
            pub fn reply(self) -> Result<Reply<O::Output>, Error> {
                let handle = self.handle().clone();
                handle.finish::<O>(self.start())
            }
        }
    };
}

blocking_handle!(Client);
blocking_handle!(Project);

impl<A: Permits<O>, O: Operation> Sends<O> for Client<A> where O::Scope: NeedsNoProject {}
impl<A: Permits<O>, O: Operation> Sends<O> for Project<A> {}

/// A call that this crate does not describe, not yet sent. See [`crate::RawCall`].
#[must_use = "nothing is sent until `.send()`"]
pub struct RawCall {
    inner: crate::RawCall,
    worker: Arc<Worker>,
}

impl RawCall {
    /// Adds a query parameter; name and value are percent-encoded.
    pub fn query(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.inner = self.inner.query(name, value);
        self
    }

    /// Sends a JSON body.
    pub fn json<T: serde::Serialize + ?Sized>(mut self, body: &T) -> Self {
        self.inner = self.inner.json(body);
        self
    }

    /// Sends the uuid of this project along, instead of the handle's.
    pub fn project(mut self, uuid: impl AsRef<str>) -> Self {
        self.inner = self.inner.project(uuid);
        self
    }

    /// What this call does differently.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.inner = self.inner.options(options);
        self
    }

    /// Sends it.
    ///
    /// # Errors
    ///
    /// As [`crate::RawCall::send`], and inside an async runtime always.
    pub fn send(self) -> Result<RawReply, Error> {
        self.worker.wait(&self.inner.facts(), self.inner.send())
    }
}

impl fmt::Debug for RawCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("blocking ")?;
        self.inner.fmt(f)
    }
}
