#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod accepted;
#[cfg(feature = "blocking")]
pub mod blocking;
mod call;
#[cfg(feature = "catalog")]
pub mod catalog;
mod client;
mod clock;
mod code;
mod envelope;
mod error;
mod exchange;
#[rustfmt::skip]
mod generated;
mod groups;
mod http;
mod ids;
mod limits;
mod list;
mod operation;
mod options;
mod outcome;
mod pages;
mod paging;
mod project;
mod raw;
mod region;
mod reply;
mod request;
mod retry;
mod secret;
#[cfg(feature = "server")]
pub mod server;
mod support;
#[cfg(feature = "testing")]
pub mod testing;
mod timestamp;
mod token;
mod trace;
mod transport;
mod wire;

pub use accepted::Accepted;
pub use call::{
    Access, AsyncHandle, Call, Calling, Full, Handle, Harmless, NeedsNoProject, Permits, ReadOnly,
    Sending, Sends,
};
#[cfg(feature = "catalog")]
pub use catalog::ArgumentError;
pub use client::{Client, ClientBuilder};
pub use clock::{BoxFuture, Clock, TokioClock};
pub use code::{CodeEntry, CodeKind, ErrorCode, WriteEffect};
pub use error::{Error, ErrorKind};
pub use generated::v1;
pub use ids::{UnknownInt, UnknownText};
pub use limits::RateLimit;
pub use list::{List, Listing, Odd};
pub use operation::{
    Arguments, Evidence, Method, Operation, OperationInfo, Retry, RiskLevel, ScopeKind, risk, scope,
};
pub use options::{CallOptions, Language};
pub use outcome::WriteOutcome;
pub use pages::Pages;
pub use project::Project;
pub use raw::RawCall;
pub use region::Region;
pub use reply::{RawReply, Reply};
pub use request::{InvalidArgument, RequestParts};
pub use retry::RetryPolicy;
pub use secret::Secret;
pub use timestamp::{ParseTimestampError, Timestamp};
pub use token::Token;
pub use transport::{Connection, Transport, TransportError, TransportReply, TransportRequest};
pub use wire::DecodeError;

/// An object of open keys.
pub type Object = serde_json::Map<String, serde_json::Value>;
