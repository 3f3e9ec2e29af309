//! One call of any operation, by its type, answered by given bytes: the way that every answer takes through the client.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime};

use flighthub_api::catalog::Catalogue;
use flighthub_api::server::Answer;
use flighthub_api::v1::*;
use flighthub_api::{
    BoxFuture, Client, Clock, Error, Operation, Project, Region, RetryPolicy, Token, Transport,
    TransportError, TransportReply, TransportRequest,
};
use serde_json::Value;

/// The key that all calls here are made with. It must never be seen in what comes of a call.
pub const KEY: &str = "FHCANARY.keyOfTheCalls.x9";

/// What came of an answer.
#[derive(Debug)]
pub enum Came {
    /// It was read.
    Read(Read),
    /// It was not.
    Failed(Error),
}

/// An answer that was read.
#[derive(Debug)]
pub struct Read {
    /// It, written as JSON again, with its secrets.
    pub data: Value,
    /// The rows at any depth that could not be read.
    pub odd: usize,
    /// What `Debug` makes of it.
    pub debug: String,
}

/// Time stands still.
struct Stopped(Instant);

impl Clock for Stopped {
    fn now(&self) -> Instant {
        self.0
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000)
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }
}

/// Answers with what was put there.
#[derive(Clone)]
struct Given(Arc<Mutex<TransportReply>>);

impl Transport for Given {
    fn send(
        &self,
        request: TransportRequest,
    ) -> BoxFuture<'_, Result<TransportReply, TransportError>> {
        let reply = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(std::future::ready(if reply.body.len() > request.max_response_bytes {
            Err(TransportError::too_large(request.max_response_bytes))
        } else {
            Ok(reply)
        }))
    }
}

thread_local! {
    static CALLER: (Project, Given) = caller();
}

fn caller() -> (Project, Given) {
    let given = Given(Arc::new(Mutex::new(TransportReply::new(200, ""))));
    let client = Client::builder(Region::Europe, Token::opaque(KEY))
        .transport(given.clone())
        .clock(Stopped(Instant::now()))
        .retry(RetryPolicy::never())
        .no_rate_limit()
        .seed(7)
        .build()
        .expect("the settings are sound");
    (client.project("3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10"), given)
}

/// Brings a future that waits for nothing to its end.
///
/// # Panics
///
/// When it does wait.
pub fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the call waits although everything is there"),
    }
}

fn call<O: Operation<Output: std::fmt::Debug>>(operation: &O, reply: TransportReply) -> Came
where
    Project: flighthub_api::Sends<O>,
{
    let sent = CALLER.with(|(project, given)| {
        *given.0.lock().unwrap_or_else(PoisonError::into_inner) = reply;
        at_once(project.send(operation))
    });
    match sent {
        Ok(output) => {
            let debug = format!("{output:?}");
            Came::Read(Read {
                data: written(&output),
                odd: debug.matches("Odd { index: ").count(),
                debug,
            })
        }
        Err(error) => Came::Failed(error),
    }
}

/// An answer as the other side would write it.
fn written<T: serde::Serialize>(output: &T) -> Value {
    let answer = Answer::of(output);
    answer.data().map_or(Value::Null, |text| serde_json::from_str(text).unwrap_or_default())
}

/// Hands the names of all operations to a macro: for what has to be said of each by its type.
#[macro_export]
macro_rules! every_operation {
    ($of:ident) => {
        $of! {
            SystemStatus ProjectList ProjectDevicesOfOrganization ProjectDevices ProjectStsToken ProjectAddMembers
            DeviceState DeviceHms DeviceCommand DeviceChangeCamera DeviceChangeLens DeviceAcquireControl
            DeviceReleaseControl DeviceSetStreamQuality DeviceCalibrateRtk LivestreamStart ConverterCreate
            ConverterList ConverterSet ConverterDelete TaskCreate TaskSetStatus TaskList TaskMedia TaskTrack TaskGet
            WaylineFinishUpload WaylineList WaylineGet ModelList ModelGet ModelCreate AnnotationCreate
            OpenmodelObtainToken OpenmodelUploadCallback OpenmodelGetResource OpenmodelDeleteResource OpenmodelStart
            OpenmodelStop OpenmodelRunning OpenmodelGet OpenmodelDelete
        }
    };
}

macro_rules! by_type {
    ($($name:ident)*) => {
        /// Makes the call of an operation, and says what came of the given reply.
        #[must_use]
        pub fn exchange(operation: &AnyOperation, reply: TransportReply) -> Came {
            match operation {
                $(AnyOperation::$name(operation) => call(&**operation, reply),)*
                other => panic!("{} has to be added to this list", other.info().id),
            }
        }
    };
}

every_operation!(by_type);

/// Every operation, with the arguments of its example, in the order of the documentation.
///
/// # Panics
///
/// When an example is none.
pub fn operations() -> &'static [AnyOperation] {
    static ALL: OnceLock<Vec<AnyOperation>> = OnceLock::new();
    ALL.get_or_init(|| {
        let entries = Catalogue::v1().operations.iter();
        let read = entries.map(|entry| {
            let arguments = Value::Object(entry.example.clone()).to_string();
            AnyOperation::from_args(&entry.id, &arguments).expect("the example is sound")
        });
        read.collect()
    })
}

/// The operation that a byte chooses.
#[must_use]
pub fn chosen(by: u8) -> &'static AnyOperation {
    let all = operations();
    all.get(usize::from(by) % all.len().max(1)).expect("there are operations")
}
