//! The 42 operations with the arguments and good answers that the description gives as examples, and calls of each by its type.

use flighthub_api::catalog::Catalogue;
use flighthub_api::v1::AnyOperation;
use flighthub_api::{BoxFuture, CallOptions, Error, Method, Project, Retry, RiskLevel};
use flighthub_tests::endpoint;
use serde_json::Value;

/// What a failure means for an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// A GET that the description calls safe to repeat.
    Repeatable,
    /// It may have an effect.
    Write,
}

/// An operation ready to be sent, with a good answer.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) operation: AnyOperation,
    pub(crate) sort: Sort,
    pub(crate) good: String,
}

impl Sample {
    pub(crate) fn id(&self) -> &'static str {
        self.operation.info().id
    }
}

/// All operations.
pub(crate) fn samples() -> Vec<Sample> {
    let samples: Vec<Sample> =
        Catalogue::v1().operations.iter().map(|entry| sample(&entry.id)).collect();
    assert_eq!(samples.len(), 42);
    samples
}

/// One operation.
pub(crate) fn sample(id: &str) -> Sample {
    let entry = Catalogue::v1().get(id).unwrap();
    let arguments = Value::Object(entry.example.clone()).to_string();
    let operation = AnyOperation::from_args(id, &arguments).unwrap();
    let info = operation.info();
    let sort = match (info.method, info.retry, info.risk) {
        (Method::Get, Retry::Safe, _) => Sort::Repeatable,
        (_, _, risk) if risk > RiskLevel::Read => Sort::Write,
        _ => panic!("{id} is neither repeatable nor a write: the table needs a column for it"),
    };
    let good = endpoint(id)
        .replies()
        .filter(|(status, ..)| *status == "200")
        .map(|(.., body)| body)
        .find(|body| operation.failure(&body["data"].to_string()).is_none())
        .unwrap_or_else(|| panic!("{id} has no example of a good answer"));
    Sample { sort, good: good.to_string(), operation }
}

macro_rules! typed {
    ($($name:ident)*) => {
        /// Sends an operation by its type and reads its answer; gives the attempts that it took.
        pub(crate) fn send(
            project: &Project,
            operation: &AnyOperation,
            options: &CallOptions,
        ) -> BoxFuture<'static, Result<u32, Error>> {
            match operation {
                $(AnyOperation::$name(operation) => {
                    let calling = project.call_with(&**operation, options);
                    Box::pin(async move { calling.await.map(|reply| reply.attempts()) })
                })*
                other => panic!("{} is missing in this list", other.info().id),
            }
        }
    };
}

flighthub_tests::every_operation!(typed);
