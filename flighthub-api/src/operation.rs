//! What every call is: a value with a place, a risk and a reply.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::request::{InvalidArgument, RequestParts};

/// A FlightHub operation as a value: it knows its place, what it may do to the world, and what answers it.
///
/// The generated request types implement it. An endpoint that this crate does not describe can be described by
/// implementing it as well; the given risk and scope are then your word.
pub trait Operation: Serialize + Send + Sync + 'static {
    /// What the reply's `data` decodes into.
    type Output: Serialize + DeserializeOwned + Send + 'static;
    /// What the `X-Project-Uuid` header is to this call.
    type Scope: scope::Scope;
    /// What the call may do to the world.
    type Risk: risk::Risk;
    /// The same facts as data.
    const INFO: &'static OperationInfo;

    /// The HTTP request of this call, without host and headers.
    ///
    /// # Errors
    ///
    /// When an argument cannot be written into a URL safely, such as an empty or dotted path argument.
    fn to_request(&self) -> Result<RequestParts, InvalidArgument> {
        crate::request::to_request(Self::INFO, self)
    }

    /// Why an answer with code 0 nevertheless says that nothing was done.
    #[must_use]
    fn failure(output: &Self::Output) -> Option<&'static str> {
        let _ = output;
        None
    }
}

/// The facts of an operation as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OperationInfo {
    /// Id: `group.method`.
    pub id: &'static str,
    /// Group of the documentation.
    pub tag: &'static str,
    /// HTTP method.
    pub method: Method,
    /// Path template with `{placeholders}`.
    pub path: &'static str,
    /// One line on what it does.
    pub summary: &'static str,
    /// Where arguments that are not in the path go.
    pub arguments: Arguments,
    /// Whether the call is bound to a project.
    pub scope: ScopeKind,
    /// What the call may do to the world.
    pub risk: RiskLevel,
    /// Whether a repetition is harmless.
    pub retry: Retry,
    /// How the path is known.
    pub evidence_of_path: Evidence,
    /// How the request is known.
    pub evidence_of_request: Evidence,
    /// How the response is known.
    pub evidence_of_response: Evidence,
    /// The argument that names what is acted on.
    pub confirm: Option<&'static str>,
    /// What the call spends.
    pub cost: Option<&'static str>,
}

impl OperationInfo {
    const fn with_method(
        method: Method,
        id: &'static str,
        tag: &'static str,
        path: &'static str,
    ) -> Self {
        Self {
            id,
            tag,
            method,
            path,
            summary: "",
            arguments: Arguments::Query,
            scope: ScopeKind::Organization,
            risk: RiskLevel::Read,
            retry: Retry::Never,
            evidence_of_path: Evidence::Guess,
            evidence_of_request: Evidence::Guess,
            evidence_of_response: Evidence::Guess,
            confirm: None,
            cost: None,
        }
    }

    /// A GET call: read, bound to the organization, not repeated, unless the chain says otherwise.
    #[must_use]
    pub const fn get(id: &'static str, tag: &'static str, path: &'static str) -> Self {
        Self::with_method(Method::Get, id, tag, path)
    }

    /// A POST call.
    #[must_use]
    pub const fn post(id: &'static str, tag: &'static str, path: &'static str) -> Self {
        Self::with_method(Method::Post, id, tag, path)
    }

    /// A PUT call.
    #[must_use]
    pub const fn put(id: &'static str, tag: &'static str, path: &'static str) -> Self {
        Self::with_method(Method::Put, id, tag, path)
    }

    /// A DELETE call.
    #[must_use]
    pub const fn delete(id: &'static str, tag: &'static str, path: &'static str) -> Self {
        Self::with_method(Method::Delete, id, tag, path)
    }

    /// What it does, in one line.
    #[must_use]
    pub const fn summary(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// Arguments that are not in the path go into a JSON body.
    #[must_use]
    pub const fn body(mut self) -> Self {
        self.arguments = Arguments::Body;
        self
    }

    /// The project header is required.
    #[must_use]
    pub const fn project(mut self) -> Self {
        self.scope = ScopeKind::Project;
        self
    }

    /// The project header is sent when a project is at hand.
    #[must_use]
    pub const fn either(mut self) -> Self {
        self.scope = ScopeKind::Either;
        self
    }

    /// The call changes something that can be changed again.
    #[must_use]
    pub const fn write(mut self) -> Self {
        self.risk = RiskLevel::Write;
        self
    }

    /// The call can move an aircraft or dock, or destroys for good.
    #[must_use]
    pub const fn dangerous(mut self) -> Self {
        self.risk = RiskLevel::Dangerous;
        self
    }

    /// A repetition is harmless.
    #[must_use]
    pub const fn safe_to_retry(mut self) -> Self {
        self.retry = Retry::Safe;
        self
    }

    /// How path, request and response are known.
    #[must_use]
    pub const fn evidence(mut self, path: Evidence, request: Evidence, response: Evidence) -> Self {
        self.evidence_of_path = path;
        self.evidence_of_request = request;
        self.evidence_of_response = response;
        self
    }

    /// The argument that names what is acted on.
    #[must_use]
    pub const fn confirm(mut self, argument: &'static str) -> Self {
        self.confirm = Some(argument);
        self
    }

    /// What the call spends.
    #[must_use]
    pub const fn cost(mut self, cost: &'static str) -> Self {
        self.cost = Some(cost);
        self
    }

    /// Group of the operation: the part of the id before the dot.
    #[must_use]
    pub fn group(&self) -> &'static str {
        self.id.split_once('.').map_or(self.id, |(group, _)| group)
    }
}

/// HTTP method of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
    /// DELETE
    Delete,
}

impl Method {
    /// As it stands on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where arguments that are not in the path go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arguments {
    /// Into the query.
    Query,
    /// Into a JSON body.
    Body,
}

/// Whether a call is bound to a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeKind {
    /// The project header is never sent.
    Organization,
    /// The project header is required.
    Project,
    /// The project header is sent when a project is at hand.
    Either,
}

/// What a call may do to the world, ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RiskLevel {
    /// Nothing.
    Read,
    /// Changes something that can be changed again.
    Write,
    /// Can move an aircraft or dock, take control from a person, or destroys for good.
    Dangerous,
}

/// Whether a repetition is harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It is.
    Safe,
    /// It is not: never repeated once the bytes may have left.
    Never,
}

/// How a fact is known, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// The documentation's own example.
    Seed,
    /// A logged reply of the real service, or a client that was verified against it.
    Live,
    /// A published page of the documentation.
    Doc,
    /// Public code of a client.
    Client,
    /// Another generation of the API.
    Other,
    /// Nobody could confirm it.
    Guess,
}

/// Scope markers.
pub mod scope {
    use super::ScopeKind;

    mod sealed {
        pub trait Sealed {}
    }

    /// A scope as a type, so that handles can be bounded by it.
    pub trait Scope: sealed::Sealed + Send + Sync + 'static {
        /// The same as a value.
        const KIND: ScopeKind;
    }

    macro_rules! scope {
        ($(#[$docs:meta])* $name:ident) => {
            $(#[$docs])*
            #[derive(Debug, Clone, Copy)]
            pub enum $name {}
            impl sealed::Sealed for $name {}
            impl Scope for $name {
                const KIND: ScopeKind = ScopeKind::$name;
            }
        };
    }
    scope!(
        /// The call concerns the organization.
        Organization
    );
    scope!(
        /// The call needs a project.
        Project
    );
    scope!(
        /// The call works with and without a project.
        Either
    );
}

/// Risk markers.
pub mod risk {
    use super::RiskLevel;

    mod sealed {
        pub trait Sealed {}
    }

    /// A risk as a type, so that handles can be bounded by it.
    pub trait Risk: sealed::Sealed + Send + Sync + 'static {
        /// The same as a value.
        const LEVEL: RiskLevel;
    }

    macro_rules! risk {
        ($(#[$docs:meta])* $name:ident) => {
            $(#[$docs])*
            #[derive(Debug, Clone, Copy)]
            pub enum $name {}
            impl sealed::Sealed for $name {}
            impl Risk for $name {
                const LEVEL: RiskLevel = RiskLevel::$name;
            }
        };
    }
    risk!(
        /// Changes nothing.
        Read
    );
    risk!(
        /// Changes something that can be changed again.
        Write
    );
    risk!(
        /// Can move an aircraft or dock, take control from a person, or destroys for good.
        Dangerous
    );
}
