//! Handles, what they may send, and the calls that the groups return.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::HeaderValue;

use crate::clock::BoxFuture;
use crate::error::{Error, ErrorKind};
use crate::exchange::{Core, Facts, Prepared, run};
use crate::operation::{Operation, RiskLevel, ScopeKind, risk, scope};
use crate::options::CallOptions;
use crate::reply::{Answered, Reply};
use crate::request::{InvalidArgument, RequestParts};

pub(crate) mod sealed {
    /// What all handles are inside.
    pub trait Sealed {
        #[doc(hidden)]
        fn via(&self) -> &super::Via;
    }

    pub trait Marker {}
}

/// Access that sends every operation.
#[derive(Debug, Clone, Copy)]
pub enum Full {}

/// Access that sends only operations whose risk is read.
#[derive(Debug, Clone, Copy)]
pub enum ReadOnly {}

/// What a handle may do: [`Full`] or [`ReadOnly`].
pub trait Access: sealed::Marker + Send + Sync + 'static {
    /// The highest risk that it sends.
    const LIMIT: RiskLevel;
}

impl sealed::Marker for Full {}
impl Access for Full {
    const LIMIT: RiskLevel = RiskLevel::Dangerous;
}

impl sealed::Marker for ReadOnly {}
impl Access for ReadOnly {
    const LIMIT: RiskLevel = RiskLevel::Read;
}

impl sealed::Marker for risk::Read {}

/// A risk that changes nothing.
#[diagnostic::on_unimplemented(
    message = "a read-only handle does not send operations that may change something",
    label = "this operation's risk is `{Self}`",
    note = "use the handle without `.read_only()`"
)]
pub trait Harmless: sealed::Marker {}

impl Harmless for risk::Read {}

/// Access that allows an operation.
pub trait Permits<O: Operation>: Access {}

impl<O: Operation> Permits<O> for Full {}

impl<O: Operation> Permits<O> for ReadOnly where O::Risk: Harmless {}

impl sealed::Marker for scope::Organization {}
impl sealed::Marker for scope::Either {}

/// A scope that needs no project: what a client reaches without one.
#[diagnostic::on_unimplemented(
    message = "this operation needs a project, and a client has none",
    label = "this operation's scope is `{Self}`",
    note = "use `client.project(uuid)`; `client.projects().list()` names the projects that the key can see"
)]
pub trait NeedsNoProject: sealed::Marker {}

impl NeedsNoProject for scope::Organization {}
impl NeedsNoProject for scope::Either {}

/// A handle: what operations are sent through.
pub trait Handle: sealed::Sealed + Clone + Send + Sync + 'static {}

/// A handle that sends an operation: it may, and it has what the operation's scope needs.
///
/// All of this is checked at compile time. The handle of a project sends every operation:
///
/// ```no_run
/// # async fn run(client: flighthub_api::Client) -> Result<(), flighthub_api::Error> {
/// use flighthub_api::v1::{DeviceCommand, FlightCommand, TaskGet};
///
/// let project = client.project("3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10");
/// project.send(&DeviceCommand::new("7CTXN0000B00A1", FlightCommand::ReturnHome)).await?;
/// project.devices().command("7CTXN0000B00A1", FlightCommand::ReturnHome).await?;
/// project.read_only().send(&TaskGet::new("5b1f0c5e-0000-4000-8000-000000000000")).await?;
/// project.read_only().tasks().get("5b1f0c5e-0000-4000-8000-000000000000").await?;
/// client.read_only().projects().list().await?;
/// # Ok(()) }
/// ```
///
/// A read-only handle does not send what may change something, neither as a value
///
/// ```compile_fail,E0277
/// # async fn run(client: flighthub_api::Client) -> Result<(), flighthub_api::Error> {
/// # use flighthub_api::v1::{DeviceCommand, FlightCommand, TaskGet};
/// # let project = client.project("3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10");
/// project.read_only().send(&DeviceCommand::new("7CTXN0000B00A1", FlightCommand::ReturnHome)).await?;
/// # Ok(()) }
/// ```
///
/// nor through a group,
///
/// ```compile_fail,E0277
/// # async fn run(client: flighthub_api::Client) -> Result<(), flighthub_api::Error> {
/// # use flighthub_api::v1::{DeviceCommand, FlightCommand, TaskGet};
/// # let project = client.project("3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10");
/// project.read_only().devices().command("7CTXN0000B00A1", FlightCommand::ReturnHome).await?;
/// # Ok(()) }
/// ```
///
/// not even upload credentials, although they come by GET:
///
/// ```compile_fail,E0277
/// # async fn run(client: flighthub_api::Client) -> Result<(), flighthub_api::Error> {
/// # let project = client.project("3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10");
/// project.read_only().projects().sts_token().await?;
/// # Ok(()) }
/// ```
///
/// and nothing that it does not know:
///
/// ```compile_fail,E0599
/// # async fn run(client: flighthub_api::Client) -> Result<(), flighthub_api::Error> {
/// # let project = client.project("3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10");
/// project.read_only().raw(flighthub_api::Method::Get, "/openapi/v0.1/project/sts-token").send().await?;
/// # Ok(()) }
/// ```
///
/// The client does not send what needs a project:
///
/// ```compile_fail,E0277
/// # async fn run(client: flighthub_api::Client) -> Result<(), flighthub_api::Error> {
/// # use flighthub_api::v1::{DeviceCommand, FlightCommand, TaskGet};
/// client.send(&TaskGet::new("5b1f0c5e-0000-4000-8000-000000000000")).await?;
/// # Ok(()) }
/// ```
///
/// ```compile_fail,E0277
/// # async fn run(client: flighthub_api::Client) -> Result<(), flighthub_api::Error> {
/// client.tasks().get("5b1f0c5e-0000-4000-8000-000000000000").await?;
/// # Ok(()) }
/// ```
pub trait Sends<O: Operation>: Handle {}

/// An asynchronous handle: its calls are awaited.
pub trait AsyncHandle: Handle {}

/// What a handle is inside.
#[derive(Clone)]
pub struct Via {
    pub(crate) core: Arc<Core>,
    pub(crate) project: Option<ProjectHeader>,
    pub(crate) options: Option<Arc<CallOptions>>,
}

/// The project of a handle, or why it is none.
#[derive(Clone)]
pub(crate) struct ProjectHeader {
    pub(crate) uuid: Arc<str>,
    value: Result<HeaderValue, InvalidArgument>,
}

impl ProjectHeader {
    pub(crate) fn new(uuid: &str) -> Self {
        let clean = !uuid.is_empty() && uuid.bytes().all(|byte| byte.is_ascii_graphic());
        let value = HeaderValue::from_str(uuid).ok().filter(|_| clean).ok_or_else(|| {
            InvalidArgument::new("project", "is no project uuid; give the `uuid` of a project from `project.list`, without spaces or line breaks")
        });
        Self { uuid: uuid.into(), value }
    }
}

impl Via {
    pub(crate) fn with(&self, options: CallOptions) -> Self {
        let options = match &self.options {
            Some(others) => options.or(others),
            None => options,
        };
        Self { options: Some(Arc::new(options)), ..self.clone() }
    }

    pub(crate) fn with_project(&self, uuid: &str) -> Self {
        Self { project: Some(ProjectHeader::new(uuid)), ..self.clone() }
    }

    /// The typed call, built before anything is awaited.
    pub(crate) fn start<O: Operation>(
        &self,
        operation: &O,
        options: Option<CallOptions>,
    ) -> BoxFuture<'static, Result<Answered, Error>> {
        const {
            assert!(
                O::INFO.risk as u8 == <O::Risk as risk::Risk>::LEVEL as u8,
                "INFO.risk contradicts the type Risk"
            )
        };
        const {
            assert!(
                O::INFO.scope as u8 == <O::Scope as scope::Scope>::KIND as u8,
                "INFO.scope contradicts the type Scope"
            )
        };
        run(self.prepare(Facts::of(O::INFO), O::INFO.scope, operation.to_request(), options))
    }

    pub(crate) fn prepare(
        &self,
        facts: Facts,
        scope: ScopeKind,
        parts: Result<RequestParts, InvalidArgument>,
        options: Option<CallOptions>,
    ) -> Result<Prepared, Error> {
        let parts = parts.map_err(|error| facts.unsent(Error::invalid_argument(error)))?;
        let project = match (scope, &self.project) {
            (ScopeKind::Organization, _) | (ScopeKind::Either, None) => None,
            (ScopeKind::Project | ScopeKind::Either, Some(project)) => Some(
                project
                    .value
                    .clone()
                    .map_err(|error| facts.unsent(Error::invalid_argument(error)))?,
            ),
            (ScopeKind::Project, None) => {
                return Err(facts.unsent(Error::local(
                    ErrorKind::NoProject,
                    "the operation needs a project, and this handle has none",
                )));
            }
        };
        let options = match (options, &self.options) {
            (Some(options), Some(others)) => options.or(others).or(&self.core.options),
            (Some(options), None) => options.or(&self.core.options),
            (None, Some(others)) => CallOptions::clone(others).or(&self.core.options),
            (None, None) => self.core.options.clone(),
        };
        Ok(Prepared { core: Arc::clone(&self.core), facts, parts, project, options })
    }
}

impl fmt::Debug for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Handle");
        debug.field("url", &self.core.base);
        if let Some(project) = &self.project {
            debug.field("project", &project.uuid);
        }
        debug.finish_non_exhaustive()
    }
}

/// A call under way that will bring the answer.
#[must_use = "nothing is sent until it is awaited"]
pub struct Sending<O> {
    answer: BoxFuture<'static, Result<Answered, Error>>,
    operation: PhantomData<fn() -> O>,
}

/// A call under way that will bring the answer with what is known about it.
#[must_use = "nothing is sent until it is awaited"]
pub struct Calling<O> {
    answer: BoxFuture<'static, Result<Answered, Error>>,
    operation: PhantomData<fn() -> O>,
}

impl<O> Sending<O> {
    pub(crate) fn new(answer: BoxFuture<'static, Result<Answered, Error>>) -> Self {
        Self { answer, operation: PhantomData }
    }
}

impl<O> Calling<O> {
    pub(crate) fn new(answer: BoxFuture<'static, Result<Answered, Error>>) -> Self {
        Self { answer, operation: PhantomData }
    }
}

impl<O: Operation> Future for Sending<O> {
    type Output = Result<O::Output, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answered = self.answer.as_mut().poll(context);
        answered.map(|answered| answered?.read::<O>().map(Reply::into_output))
    }
}

impl<O: Operation> Future for Calling<O> {
    type Output = Result<Reply<O::Output>, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answered = self.answer.as_mut().poll(context);
        answered.map(|answered| answered?.read::<O>())
    }
}

impl<O> fmt::Debug for Sending<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").finish_non_exhaustive()
    }
}

impl<O> fmt::Debug for Calling<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calling").finish_non_exhaustive()
    }
}

/// One call of an operation, not yet sent.
///
/// On asynchronous handles it is awaited, on blocking ones sent with `send()`. Optional arguments are set on the way:
///
/// ```no_run
/// # async fn run(project: flighthub_api::Project) -> Result<(), flighthub_api::Error> {
/// use std::time::Duration;
///
/// use flighthub_api::Timestamp;
/// use flighthub_api::v1::TaskStatus;
///
/// let now = Timestamp::now();
/// let yesterday = now.saturating_sub(Duration::from_secs(24 * 3600));
/// let tasks = project
///     .tasks()
///     .list("7CTXN0000B00A1", yesterday, now)
///     .with(|list| list.status = vec![TaskStatus::Success])
///     .await?;
/// # Ok(()) }
/// ```
#[must_use = "nothing is sent until it is awaited, or on a blocking handle until `.send()`"]
#[derive(Debug, Clone)]
pub struct Call<H, O> {
    handle: H,
    operation: O,
    options: Option<CallOptions>,
}

impl<H: Handle, O: Operation> Call<H, O> {
    /// The bound stands here, and so no group can hand out a call that its handle must not send.
    pub(crate) fn new(handle: &H, operation: O) -> Self
    where
        H: Sends<O>,
    {
        Self { handle: handle.clone(), operation, options: None }
    }

    /// Changes arguments, usually the optional ones.
    pub fn with(mut self, change: impl FnOnce(&mut O)) -> Self {
        change(&mut self.operation);
        self
    }

    /// What this call does differently.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = Some(options);
        self
    }

    /// The operation that will be sent.
    pub const fn operation(&self) -> &O {
        &self.operation
    }

    /// The operation, for keeping it or sending it otherwise.
    pub fn into_operation(self) -> O {
        self.operation
    }

    #[cfg(feature = "blocking")]
    pub(crate) const fn handle(&self) -> &H {
        &self.handle
    }

    pub(crate) fn start(self) -> BoxFuture<'static, Result<Answered, Error>> {
        self.handle.via().start(&self.operation, self.options)
    }
}

impl<H: AsyncHandle, O: Operation> IntoFuture for Call<H, O> {
    type Output = Result<O::Output, Error>;
    type IntoFuture = Sending<O>;

    fn into_future(self) -> Sending<O> {
        Sending::new(self.start())
    }
}
