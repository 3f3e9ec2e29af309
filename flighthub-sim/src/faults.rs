//! Faults on demand: what goes wrong, when, and for which calls.
//!
//! A [`Fault`] is the same thing in Rust, in a scenario file, over HTTP (`POST /__sim/faults`) and, for a single request, in the header
//! `x-flighthub-simulator-fault`. It says which requests it is [on], [`When`] among them it is played, and what [`FaultKind`] it is:
//!
//! ```toml
//! on = "task.create"      # an operation, a group such as "task.*", or "*" (the default)
//! when = { nth = 2 }      # the second one; the default is the next one
//! kind = "silence"        # what happens
//! effect = "after"        # the world carries the call out, then the reply never comes
//! ```
//!
//! [on]: Fault::on
//!
//! In Rust:
//!
//! ```
//! use flighthub_sim::{FaultKind, Sim};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sim = Sim::start().await?;
//! // The task is created, but nobody is told.
//! sim.fail_next("task.create", FaultKind::silence().after_effect())?;
//! assert_eq!(sim.faults()[0].played, 0);
//! # Ok(())
//! # }
//! ```

mod form;
mod plan;
mod sim;

use std::fmt;

use serde::{Deserialize, Serialize};

pub(crate) use plan::{Plan, Played};
pub(crate) use sim::PATIENCE;

/// Something that goes wrong on demand.
///
/// Requests are compared with the faults in the order in which these were injected; the first that is due is played, and the later
/// ones do not see the request.
///
/// ```
/// use flighthub_sim::{Fault, FaultKind, When};
///
/// let fault = Fault::new("task.*", FaultKind::http_error(503)).when(When::Every(3)).times(2);
/// let same: Fault = serde_json::from_str(
///     r#"{"on": "task.*", "when": {"every": 3}, "times": 2, "kind": "http-error", "status": 503}"#,
/// )?;
/// assert_eq!(fault, same);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "serde_json::Map<String, serde_json::Value>")]
#[non_exhaustive]
pub struct Fault {
    /// Its name, for reports and removal. Without one it is called `fault-1`, `fault-2` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<FaultId>,
    /// The operations it concerns: an id such as `task.create`, a group such as `task.*`, or `*` for every request, also one that is no
    /// operation.
    pub on: String,
    /// The ports it concerns.
    pub port: FaultPort,
    /// The region it concerns, by its place in the list of regions, from 0; all without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<usize>,
    /// When it is played.
    pub when: When,
    /// How often it is played at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// What happens.
    #[serde(flatten)]
    pub kind: FaultKind,
}

impl Fault {
    /// A fault of the next matching request of the API.
    #[must_use]
    pub fn new(on: impl Into<String>, kind: FaultKind) -> Self {
        Self {
            id: None,
            on: on.into(),
            port: FaultPort::Api,
            region: None,
            when: When::default(),
            times: None,
            kind,
        }
    }

    /// The same with a name.
    #[must_use]
    pub fn id(mut self, id: impl Into<FaultId>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The same at another port.
    #[must_use]
    pub const fn port(mut self, port: FaultPort) -> Self {
        self.port = port;
        self
    }

    /// The same in one region only, by its place in the list of regions, from 0.
    #[must_use]
    pub const fn region(mut self, region: usize) -> Self {
        self.region = Some(region);
        self
    }

    /// The same at other times.
    #[must_use]
    pub const fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// The same, so often at most.
    #[must_use]
    pub const fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }
}

/// What a fault is called.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaultId(String);

impl FaultId {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for FaultId {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for FaultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a fault is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FaultPort {
    /// The API of the regions.
    #[default]
    Api,
    /// The object storage.
    Storage,
}

/// When, among the requests that match, a fault is played.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum When {
    /// For the next so many.
    Next(u64),
    /// For this one alone, counted from 1 since the injection.
    Nth(u64),
    /// For each such one: with 3 the third, sixth, ninth.
    Every(u64),
    /// By chance, 0 to 1. The chance follows from the simulator's seed and the matching requests alone.
    Probability(f64),
    /// For all.
    Always,
}

impl Default for When {
    fn default() -> Self {
        Self::Next(1)
    }
}

/// Whether the world carries the call out before the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The fault comes before: the world is never asked. Where the kind sends a reply that it does not word itself, that is HTTP 503.
    Before,
    /// The fault comes after: the world has carried the call out.
    After,
}

const fn before() -> Effect {
    Effect::Before
}

const fn after() -> Effect {
    Effect::After
}

/// How far the exchange comes before it breaks.
///
/// As text `request-head`, `request-body`, `request`, `reply-head`, `reply-body`, or a number: that many bytes of the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "serde_json::Value", into = "serde_json::Value")]
#[non_exhaustive]
pub enum Phase {
    /// The request's head has been read, nothing of its body.
    RequestHead,
    /// A part of the request's body has been read.
    RequestBody,
    /// The whole request has been read, and nothing of the reply is sent.
    #[default]
    Request,
    /// The reply's head has been sent, and nothing of its body.
    ReplyHead,
    /// The reply's head and half of its body have been sent.
    ReplyBody,
    /// So many bytes of the reply, counted from the beginning of its head, have been sent.
    Bytes(u64),
}

impl Phase {
    /// Whether the request has not been read yet as a whole.
    pub(crate) const fn is_early(self) -> bool {
        matches!(self, Self::RequestHead | Self::RequestBody)
    }
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum End {
    /// In order, by FIN.
    #[default]
    Close,
    /// At once, by RST.
    Reset,
    /// Not at all: nothing more is sent, until the peer goes.
    Silence,
}

/// What the body of an error page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorBody {
    /// A page of HTML, as by a proxy.
    #[default]
    Html,
    /// The API's envelope, with code 210429 for 429 and 200500 for everything else.
    Json,
    /// Nothing.
    Empty,
}

/// Which clock a delay is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DelayClock {
    /// The wall clock.
    #[default]
    Real,
    /// The world's. With a speed of 0 only [`Sim::advance`](crate::Sim::advance) lets the reply go.
    Virtual,
}

/// What goes wrong. As text, in files, over HTTP and in the header, the names are `in-this-case`.
///
/// From text it is `kind;option=value;option=value`:
///
/// ```
/// use flighthub_sim::{Effect, FaultKind, Phase};
///
/// let kind: FaultKind = "reset;at=reply-head;effect=after".parse()?;
/// assert_eq!(kind, FaultKind::Reset { at: Phase::ReplyHead, effect: Effect::After });
/// assert_eq!(kind, FaultKind::reset().at(Phase::ReplyHead).after_effect());
/// let error = "restart".parse::<FaultKind>().unwrap_err();
/// assert!(error.to_string().contains("the nearest is `reset`"), "{error}");
/// # Ok::<(), flighthub_sim::FaultError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
#[non_exhaustive]
pub enum FaultKind {
    /// The port is closed for a while: nobody listens, connecting is refused, and the connections that are open end. It begins when the
    /// fault is injected.
    PortClosed {
        /// For how long, in real milliseconds, 1000 by default.
        #[serde(default = "second")]
        for_ms: u64,
    },
    /// A new connection is accepted and reset at once, before a request can be read.
    ConnectionReset {},
    /// A new connection is accepted, and nothing is ever read from it.
    ConnectionSilence {
        /// After so many real milliseconds it is reset; without, it stays until the peer goes or ten minutes are over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        for_ms: Option<u64>,
    },
    /// The connection is reset (RST).
    Reset {
        /// How far the exchange comes.
        #[serde(default)]
        at: Phase,
        /// Whether the call is carried out.
        #[serde(default = "before")]
        effect: Effect,
    },
    /// The connection is closed (FIN).
    Close {
        /// How far the exchange comes.
        #[serde(default)]
        at: Phase,
        /// Whether the call is carried out.
        #[serde(default = "before")]
        effect: Effect,
    },
    /// Nothing more is sent and the connection stays open. With `effect: after` this is a commit and then a time-out.
    Silence {
        /// How far the exchange comes.
        #[serde(default)]
        at: Phase,
        /// Whether the call is carried out.
        #[serde(default = "before")]
        effect: Effect,
        /// After so many real milliseconds the connection is closed; without, it stays until the peer goes or ten minutes are over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        for_ms: Option<u64>,
    },
    /// The reply comes in drops.
    Dribble {
        /// Bytes of a drop, 1 by default.
        #[serde(default = "one")]
        bytes: u64,
        /// Real milliseconds between drops, 50 by default.
        #[serde(default = "often")]
        every_ms: u64,
        /// Whether the call is carried out.
        #[serde(default = "after")]
        effect: Effect,
    },
    /// `Content-Length` is wrong.
    WrongLength {
        /// By how much: 10 promises ten bytes more than come, -10 ten fewer.
        #[serde(default = "ten")]
        by: i64,
        /// How the connection ends after the body.
        #[serde(default)]
        then: End,
        /// Whether the call is carried out.
        #[serde(default = "after")]
        effect: Effect,
    },
    /// Bytes that are no HTTP, and then the end.
    Garbage {
        /// Whether the call is carried out.
        #[serde(default = "before")]
        effect: Effect,
    },
    /// A reply whose head does not end before so many bytes.
    LongHead {
        /// Bytes of the one long header, 1 MiB by default.
        #[serde(default = "mebibyte")]
        bytes: u64,
        /// Whether the call is carried out.
        #[serde(default = "after")]
        effect: Effect,
    },
    /// A body without an end, as fast as the peer reads.
    EndlessBody {
        /// Whether the call is carried out.
        #[serde(default = "after")]
        effect: Effect,
    },
    /// A small body that unpacks, by gzip, to more than a thousand times its size.
    GzipBomb {
        /// Bytes that come out of it, about, 1 GiB by default.
        #[serde(default = "gibibyte")]
        unpacked: u64,
        /// Whether the call is carried out.
        #[serde(default = "after")]
        effect: Effect,
    },
    /// A body of `Content-Encoding: deflate` without an end.
    EndlessDeflate {
        /// Whether the call is carried out.
        #[serde(default = "after")]
        effect: Effect,
    },
    /// The reply comes as it should, but the connection ends, without a byte, when the next request arrives on it. That request is
    /// written into the journal and not carried out.
    CloseOnReuse {
        /// How it ends.
        #[serde(default)]
        then: End,
    },
    /// The caller is sent elsewhere.
    Redirect {
        /// 301, 302, 303, 307 or 308; 302 by default.
        #[serde(default = "found")]
        status: u16,
        /// Where to; without, to the same path at another port of the simulator, another origin that counts who arrives
        /// ([`Sim::arrivals`](crate::Sim::arrivals), `GET /__sim/elsewhere`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        location: Option<String>,
        /// Whether the call is carried out.
        #[serde(default = "before")]
        effect: Effect,
    },
    /// An HTTP error.
    HttpError {
        /// 400 to 599, 503 by default.
        #[serde(default = "unavailable")]
        status: u16,
        /// What its body is.
        #[serde(default)]
        body: ErrorBody,
        /// The header `Retry-After`: seconds or a date, or anything to test how it is read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<String>,
        /// Whether the call is carried out.
        #[serde(default = "before")]
        effect: Effect,
    },
    /// A refusal by a business code.
    Refuse {
        /// The code; 200500 by default.
        #[serde(default = "server_error")]
        code: i64,
        /// The text for people; without one the meaning of the code, or nothing when it is in no table.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// The HTTP status that carries it, 200 by default.
        #[serde(default = "okay")]
        http: u16,
        /// Whether the call is carried out.
        #[serde(default = "before")]
        effect: Effect,
    },
    /// A refusal that is a business code and nothing else: no message, no data.
    CodeOnly {
        /// The code; 200500 by default.
        #[serde(default = "server_error")]
        code: i64,
        /// Whether the call is carried out.
        #[serde(default = "before")]
        effect: Effect,
    },
    /// The page of the web console, with HTTP 200.
    Html {
        /// Whether the call is carried out.
        #[serde(default = "before")]
        effect: Effect,
    },
    /// The JSON of the reply breaks off, inside a sound HTTP reply.
    TruncatedJson {
        /// Bytes that are left of it; half without.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keep: Option<u64>,
        /// Whether the call is carried out.
        #[serde(default = "after")]
        effect: Effect,
    },
    /// The reply comes late.
    Delay {
        /// By so many milliseconds.
        ms: u64,
        /// Of which clock.
        #[serde(default)]
        clock: DelayClock,
        /// Whether the call is carried out before the pause or, with `before`, when it is over. A caller that goes meanwhile does not
        /// stop it.
        #[serde(default = "after")]
        effect: Effect,
    },
    /// The reply is odd in a way that has a name, see the list of quirks. The call is carried out.
    Quirk {
        /// The quirk.
        name: String,
    },
}

const fn one() -> u64 {
    1
}

const fn often() -> u64 {
    50
}

const fn ten() -> i64 {
    10
}

const fn second() -> u64 {
    1000
}

const fn mebibyte() -> u64 {
    1 << 20
}

const fn gibibyte() -> u64 {
    1 << 30
}

const fn found() -> u16 {
    302
}

const fn unavailable() -> u16 {
    503
}

const fn okay() -> u16 {
    200
}

const fn server_error() -> i64 {
    200_500
}

/// Constructors with the defaults of the texts; [`at`](Self::at), [`effect`](Self::effect) and [`after_effect`](Self::after_effect) change
/// what many have in common.
impl FaultKind {
    /// Nobody listens for so many real milliseconds.
    #[must_use]
    pub const fn port_closed(for_ms: u64) -> Self {
        Self::PortClosed { for_ms }
    }

    /// A new connection is accepted and reset.
    #[must_use]
    pub const fn connection_reset() -> Self {
        Self::ConnectionReset {}
    }

    /// A new connection is accepted and never read.
    #[must_use]
    pub const fn connection_silence() -> Self {
        Self::ConnectionSilence { for_ms: None }
    }

    /// A reset after the request, the world is not asked.
    #[must_use]
    pub const fn reset() -> Self {
        Self::Reset { at: Phase::Request, effect: Effect::Before }
    }

    /// A close after the request, the world is not asked.
    #[must_use]
    pub const fn close() -> Self {
        Self::Close { at: Phase::Request, effect: Effect::Before }
    }

    /// Silence after the request, the world is not asked.
    #[must_use]
    pub const fn silence() -> Self {
        Self::Silence { at: Phase::Request, effect: Effect::Before, for_ms: None }
    }

    /// The reply in drops of so many bytes, with so many real milliseconds between them.
    #[must_use]
    pub const fn dribble(bytes: u64, every_ms: u64) -> Self {
        Self::Dribble { bytes, every_ms, effect: Effect::After }
    }

    /// A wrong `Content-Length`, too long or (negative) too short.
    #[must_use]
    pub const fn wrong_length(by: i64) -> Self {
        Self::WrongLength { by, then: End::Close, effect: Effect::After }
    }

    /// Bytes that are no HTTP.
    #[must_use]
    pub const fn garbage() -> Self {
        Self::Garbage { effect: Effect::Before }
    }

    /// A head with one header of so many bytes.
    #[must_use]
    pub const fn long_head(bytes: u64) -> Self {
        Self::LongHead { bytes, effect: Effect::After }
    }

    /// A body without an end.
    #[must_use]
    pub const fn endless_body() -> Self {
        Self::EndlessBody { effect: Effect::After }
    }

    /// A gzip bomb that unpacks to so many bytes.
    #[must_use]
    pub const fn gzip_bomb(unpacked: u64) -> Self {
        Self::GzipBomb { unpacked, effect: Effect::After }
    }

    /// A packed body without an end.
    #[must_use]
    pub const fn endless_deflate() -> Self {
        Self::EndlessDeflate { effect: Effect::After }
    }

    /// A close when the connection is used again.
    #[must_use]
    pub const fn close_on_reuse() -> Self {
        Self::CloseOnReuse { then: End::Close }
    }

    /// A redirect to another origin of the simulator.
    #[must_use]
    pub const fn redirect(status: u16) -> Self {
        Self::Redirect { status, location: None, effect: Effect::Before }
    }

    /// An HTTP error with a page of HTML.
    #[must_use]
    pub const fn http_error(status: u16) -> Self {
        Self::HttpError { status, body: ErrorBody::Html, retry_after: None, effect: Effect::Before }
    }

    /// A refusal by a business code inside HTTP 200.
    #[must_use]
    pub const fn refuse(code: i64) -> Self {
        Self::Refuse { code, message: None, http: 200, effect: Effect::Before }
    }

    /// A business code and nothing else.
    #[must_use]
    pub const fn code_only(code: i64) -> Self {
        Self::CodeOnly { code, effect: Effect::Before }
    }

    /// The page of the web console.
    #[must_use]
    pub const fn html() -> Self {
        Self::Html { effect: Effect::Before }
    }

    /// Half of the JSON.
    #[must_use]
    pub const fn truncated_json() -> Self {
        Self::TruncatedJson { keep: None, effect: Effect::After }
    }

    /// The reply so many real milliseconds late.
    #[must_use]
    pub const fn delay(ms: u64) -> Self {
        Self::Delay { ms, clock: DelayClock::Real, effect: Effect::After }
    }

    /// An odd reply, by the quirk's name.
    #[must_use]
    pub fn quirk(name: impl Into<String>) -> Self {
        Self::Quirk { name: name.into() }
    }

    /// The same at another point of the exchange. Kinds that have no such choice are left as they are.
    #[must_use]
    pub fn at(mut self, phase: Phase) -> Self {
        if let Self::Reset { at, .. } | Self::Close { at, .. } | Self::Silence { at, .. } =
            &mut self
        {
            *at = phase;
        }
        self
    }

    /// The same, before or after the call is carried out. Kinds that have no such choice are left as they are.
    #[must_use]
    pub fn effect(mut self, wanted: Effect) -> Self {
        match &mut self {
            Self::Reset { effect, .. }
            | Self::Close { effect, .. }
            | Self::Silence { effect, .. }
            | Self::Dribble { effect, .. }
            | Self::WrongLength { effect, .. }
            | Self::Garbage { effect }
            | Self::LongHead { effect, .. }
            | Self::EndlessBody { effect }
            | Self::GzipBomb { effect, .. }
            | Self::EndlessDeflate { effect }
            | Self::Redirect { effect, .. }
            | Self::HttpError { effect, .. }
            | Self::Refuse { effect, .. }
            | Self::CodeOnly { effect, .. }
            | Self::Html { effect }
            | Self::TruncatedJson { effect, .. }
            | Self::Delay { effect, .. } => *effect = wanted,
            Self::PortClosed { .. }
            | Self::ConnectionReset {}
            | Self::ConnectionSilence { .. }
            | Self::CloseOnReuse { .. }
            | Self::Quirk { .. } => {}
        }
        self
    }

    /// The same, after the world has carried the call out.
    #[must_use]
    pub fn after_effect(self) -> Self {
        self.effect(Effect::After)
    }

    /// Whether it happens to a connection, before there is a request.
    pub(crate) const fn is_of_connection(&self) -> bool {
        matches!(
            self,
            Self::PortClosed { .. } | Self::ConnectionReset {} | Self::ConnectionSilence { .. }
        )
    }

    /// The name that texts have for it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::PortClosed { .. } => "port-closed",
            Self::ConnectionReset {} => "connection-reset",
            Self::ConnectionSilence { .. } => "connection-silence",
            Self::Reset { .. } => "reset",
            Self::Close { .. } => "close",
            Self::Silence { .. } => "silence",
            Self::Dribble { .. } => "dribble",
            Self::WrongLength { .. } => "wrong-length",
            Self::Garbage { .. } => "garbage",
            Self::LongHead { .. } => "long-head",
            Self::EndlessBody { .. } => "endless-body",
            Self::GzipBomb { .. } => "gzip-bomb",
            Self::EndlessDeflate { .. } => "endless-deflate",
            Self::CloseOnReuse { .. } => "close-on-reuse",
            Self::Redirect { .. } => "redirect",
            Self::HttpError { .. } => "http-error",
            Self::Refuse { .. } => "refuse",
            Self::CodeOnly { .. } => "code-only",
            Self::Html { .. } => "html",
            Self::TruncatedJson { .. } => "truncated-json",
            Self::Delay { .. } => "delay",
            Self::Quirk { .. } => "quirk",
        }
    }

    /// What the fault of a [name](Self::NAMES) does, in a line.
    #[must_use]
    pub fn about(name: &str) -> Option<&'static str> {
        Some(match name {
            "port-closed" => "nobody listens for a while, and open connections end",
            "connection-reset" => "a new connection is reset at once",
            "connection-silence" => "a new connection is accepted and never read from",
            "reset" => "the connection is reset (RST), before or after the call is carried out",
            "close" => "the connection is closed (FIN), before or after the call is carried out",
            "silence" => "nothing more is sent; with effect = \"after\": commit and then time out",
            "dribble" => "the reply comes in drops",
            "wrong-length" => "Content-Length is wrong",
            "garbage" => "bytes that are no HTTP",
            "long-head" => "a header without an end",
            "endless-body" => "a body without an end",
            "gzip-bomb" => "a small body that unpacks to a huge one",
            "endless-deflate" => "a body of deflate without an end",
            "close-on-reuse" => "the connection ends when the next request comes on it",
            "redirect" => "the caller is sent to another origin",
            "http-error" => "an HTTP error, 503 by default",
            "refuse" => "a refusal with a business code",
            "code-only" => "a business code without anything else",
            "html" => "a page of HTML in place of JSON",
            "truncated-json" => "the JSON of the reply is cut off",
            "delay" => "the reply comes late",
            "quirk" => "the reply differs as a quirk says (`flighthub-sim quirks` lists them)",
            _ => return None,
        })
    }

    /// All names, in the order of the documentation.
    pub const NAMES: &'static [&'static str] = &[
        "port-closed",
        "connection-reset",
        "connection-silence",
        "reset",
        "close",
        "silence",
        "dribble",
        "wrong-length",
        "garbage",
        "long-head",
        "endless-body",
        "gzip-bomb",
        "endless-deflate",
        "close-on-reuse",
        "redirect",
        "http-error",
        "refuse",
        "code-only",
        "html",
        "truncated-json",
        "delay",
        "quirk",
    ];
}

/// A fault that cannot be, and why: the text names the field and the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultError(String);

impl FaultError {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FaultError {}

/// A fault and how often it came about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FaultReport {
    /// What it is called.
    pub id: FaultId,
    /// Requests (or connections) that it concerns, since it was injected.
    pub matched: u64,
    /// How often it was played.
    pub played: u64,
    /// The fault.
    pub fault: Fault,
}

/// A request that arrived at the other origin to which [`FaultKind::Redirect`] sends callers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Arrival {
    /// Its method.
    pub method: String,
    /// Its path, without the query.
    pub path: String,
    /// Whether it carried the header `X-User-Token`: then a key was given to a stranger.
    pub carried_key: bool,
    /// Bytes of its body.
    pub bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_name_and_defaults_in_texts_too() {
        for name in FaultKind::NAMES {
            let text = match *name {
                "delay" => "delay;ms=5".to_owned(),
                // There is none in this world.
                "quirk" => continue,
                name => name.to_owned(),
            };
            assert_eq!(text.parse::<FaultKind>().map(|kind| kind.name()), Ok(*name));
        }
        for kind in [
            FaultKind::port_closed(1000),
            FaultKind::connection_reset(),
            FaultKind::connection_silence(),
            FaultKind::reset(),
            FaultKind::close(),
            FaultKind::silence(),
            FaultKind::dribble(1, 50),
            FaultKind::wrong_length(10),
            FaultKind::garbage(),
            FaultKind::long_head(1 << 20),
            FaultKind::endless_body(),
            FaultKind::gzip_bomb(1 << 30),
            FaultKind::endless_deflate(),
            FaultKind::close_on_reuse(),
            FaultKind::redirect(302),
            FaultKind::http_error(503),
            FaultKind::refuse(200_500),
            FaultKind::code_only(200_500),
            FaultKind::html(),
            FaultKind::truncated_json(),
        ] {
            assert_eq!(kind.name().parse(), Ok(kind.clone()));
            // What is written can be read.
            let other =
                if kind.clone().after_effect() == kind { Effect::Before } else { Effect::After };
            let fault = Fault::new("*", kind.effect(other)).id("mine");
            let text = serde_json::to_string(&fault).unwrap_or_default();
            assert_eq!(serde_json::from_str(&text).ok(), Some(fault), "{text}");
        }
    }

    #[test]
    fn phases_are_names_or_numbers() {
        for (text, phase) in [
            ("\"request-head\"", Phase::RequestHead),
            ("\"request-body\"", Phase::RequestBody),
            ("\"request\"", Phase::Request),
            ("\"reply-head\"", Phase::ReplyHead),
            ("\"reply-body\"", Phase::ReplyBody),
            ("17", Phase::Bytes(17)),
        ] {
            assert_eq!(serde_json::from_str(text).ok(), Some(phase));
            assert_eq!(serde_json::to_string(&phase).ok().as_deref(), Some(text));
        }
        for text in ["-1", "1.5", "\"reply\"", "null", "{}"] {
            assert!(serde_json::from_str::<Phase>(text).is_err(), "{text}");
        }
    }
}
