//! Calls without a type: of operations that this crate does not describe, and of operations known at run time only.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::Serialize;

use crate::call::Via;
use crate::envelope;
use crate::error::Error;
use crate::exchange::{Facts, run};
use crate::operation::{Method, ScopeKind};
use crate::options::CallOptions;
use crate::reply::{Answered, RawReply};
use crate::request::{InvalidArgument, RequestParts, check_segment, encode};
use crate::wire;

/// A call that this crate does not describe, not yet sent.
///
/// A GET is tried again like other reads. Anything else is sent once at most, and when it fails without a definite answer
/// its outcome is indeterminate.
///
/// ```no_run
/// # async fn run(project: flighthub_api::Project) -> Result<(), flighthub_api::Error> {
/// use flighthub_api::Method;
///
/// let reply = project.raw(Method::Get, "/openapi/v0.1/live-shares").query("page", "1").send().await?;
/// println!("{}", reply.data());
/// # Ok(()) }
/// ```
#[must_use = "nothing is sent until `.send()`"]
pub struct RawCall {
    via: Via,
    method: Method,
    path: String,
    query: String,
    body: Option<Result<Bytes, InvalidArgument>>,
    options: Option<CallOptions>,
}

impl RawCall {
    pub(crate) const fn new(via: Via, method: Method, path: String) -> Self {
        Self { via, method, path, query: String::new(), body: None, options: None }
    }

    /// Adds a query parameter; name and value are percent-encoded.
    pub fn query(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        encode(name.as_ref(), &mut self.query);
        self.query.push('=');
        encode(value.as_ref(), &mut self.query);
        self
    }

    /// Sends a JSON body.
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        let json = wire::reveal(|| serde_json::to_vec(body));
        self.body = Some(json.map(Bytes::from).map_err(|error| {
            InvalidArgument::new("body", format!("cannot be written as JSON: {error}"))
        }));
        self
    }

    /// Sends the uuid of this project along, instead of the handle's.
    pub fn project(mut self, uuid: impl AsRef<str>) -> Self {
        self.via = self.via.with_project(uuid.as_ref());
        self
    }

    /// What this call does differently.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = Some(options);
        self
    }

    /// Sends it.
    ///
    /// # Errors
    ///
    /// As typed calls: everything but an envelope with code 0.
    pub fn send(self) -> impl Future<Output = Result<RawReply, Error>> + Send + 'static {
        let (facts, path) = (self.facts(), check_path(&self.path));
        let Self { via, method, path: text, query, body, options } = self;
        let parts = path.and_then(|()| {
            let body = body.transpose()?;
            Ok(RequestParts::new(method, text, (!query.is_empty()).then_some(query), body))
        });
        let answer = run(via.prepare(facts, ScopeKind::Either, parts, options));
        async move { framed(answer.await?) }
    }
}

impl RawCall {
    pub(crate) fn facts(&self) -> Facts {
        let repeatable = self.method == Method::Get;
        let operation = match check_path(&self.path) {
            Ok(()) => Cow::Owned(format!("{} {}", self.method, self.path)),
            Err(_) => Cow::Borrowed("raw call"),
        };
        Facts { operation, path: None, write: !repeatable, repeatable, retry_unsent: repeatable }
    }
}

impl fmt::Debug for RawCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawCall")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Whether a path can be sent as it is and addresses what it seems to.
fn check_path(path: &str) -> Result<(), InvalidArgument> {
    let refuse = |problem: &str| Err(InvalidArgument::new("path", problem));
    let Some(rest) = path.strip_prefix('/') else {
        return refuse("must begin with a slash, such as /openapi/v0.1/project");
    };
    if !path.bytes().all(|byte| byte.is_ascii_graphic())
        || path.contains(['\\', '?', '#', '"', '<', '>', '^', '`', '{', '|', '}'])
    {
        return refuse(
            "holds a character that must be percent-encoded, or a query, which goes through `query`",
        );
    }
    for segment in rest.split('/') {
        let decoded = percent_encoding::percent_decode_str(segment).decode_utf8();
        let sound = decoded.is_ok_and(|decoded| check_segment(&decoded).is_ok());
        if !sound {
            return refuse(
                "has an empty, dotted or unreadable segment, which would address something else",
            );
        }
    }
    Ok(())
}

/// Sends an operation known at run time only.
#[cfg(feature = "catalog")]
pub(crate) fn send_any(
    via: &Via,
    limit: crate::RiskLevel,
    operation: &crate::v1::AnyOperation,
    options: Option<CallOptions>,
) -> impl Future<Output = Result<RawReply, Error>> + Send + 'static + use<> {
    let info = operation.info();
    let facts = Facts::of(info);
    // What was promised matters for writes: without it nobody knows whether they took place.
    let promised = facts.write.then(|| operation.clone());
    let prepared = if info.risk > limit {
        let problem =
            format!("the handle is read-only, and the operation's risk is {:?}", info.risk);
        Err(facts.unsent(Error::local(crate::ErrorKind::ReadOnly, problem.to_lowercase())))
    } else {
        via.prepare(facts, info.scope, operation.to_request(), options)
    };
    let answer = run(prepared);
    async move {
        let reply = framed(answer.await?)?;
        if let Some(operation) = promised {
            reply.check(&operation)?;
        }
        Ok(reply)
    }
}

/// An answer whose frame is whole. One that only begins well, because it was cut, would look like one without data.
fn framed(answered: Answered) -> Result<RawReply, Error> {
    match envelope::data(&answered.text) {
        Ok(_) => Ok(RawReply::new(answered)),
        Err(error) => Err(answered.broken(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::check_path;

    #[test]
    fn a_raw_path_addresses_what_it_seems_to() {
        for path in
            ["/openapi/v0.1/project", "/a/b%20c/%2520", "/openapi/v2.0/workspaces/1-2_3~x/a,b"]
        {
            assert!(check_path(path).is_ok(), "{path}");
        }
        for path in [
            "",
            "openapi",
            "/",
            "/a//b",
            "/a/",
            "/a/../b",
            "/a/%2e%2e/b",
            "/a/%252e%252e/b",
            "/a/..%2Fb",
            "/a/.%2E",
            "/a/./b",
            "/a\\b",
            "/a?x=1",
            "/a#b",
            "/a b",
            "/ä",
            "/a\n",
            "/a%0ab",
            "/a%ff",
            "//evil.example/x",
            "https://evil.example/x",
        ] {
            assert!(check_path(path).is_err(), "{path}");
        }
    }
}
