//! Business codes and what they mean.

use std::fmt;

use crate::generated::error_codes::TABLE;
use crate::operation::Evidence;

/// A business code of a reply. 0 is success; everything else is a refusal or a failure, also inside HTTP 200.
///
/// The meaning comes from the table in the spec. A code that the table does not have is kept as it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorCode(i64);

impl ErrorCode {
    /// A code as it stands on the wire.
    #[must_use]
    pub const fn new(code: i64) -> Self {
        Self(code)
    }

    /// The code as it stands on the wire.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// What the table says about it.
    #[must_use]
    pub fn entry(self) -> Option<&'static CodeEntry> {
        TABLE.binary_search_by_key(&self.0, |entry| entry.code).ok().map(|index| &TABLE[index])
    }

    /// Name of the constant (`TRACK_NOT_READY`).
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        self.entry().map(|entry| entry.name)
    }

    /// What it means.
    #[must_use]
    pub fn meaning(self) -> Option<&'static str> {
        self.entry().map(|entry| entry.meaning)
    }

    /// What to do next.
    #[must_use]
    pub fn remedy(self) -> Option<&'static str> {
        self.entry().map(|entry| entry.remedy)
    }

    /// What sort of problem it is.
    #[must_use]
    pub fn kind(self) -> CodeKind {
        self.entry().map_or(CodeKind::Unknown, |entry| entry.kind)
    }

    /// What it says about a write: an unknown code leaves the outcome open.
    #[must_use]
    pub fn write_effect(self) -> WriteEffect {
        self.entry().map_or(WriteEffect::Unknown, |entry| entry.write)
    }

    /// Whether a read that got it may be repeated.
    #[must_use]
    pub fn may_repeat_read(self) -> bool {
        self.entry().is_some_and(|entry| entry.retry)
    }

    /// All codes of the table, ascending.
    #[must_use]
    pub fn table() -> &'static [CodeEntry] {
        TABLE
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "ErrorCode({} {name})", self.0),
            None => write!(f, "ErrorCode({})", self.0),
        }
    }
}

impl From<i64> for ErrorCode {
    fn from(code: i64) -> Self {
        Self(code)
    }
}

/// A row of the table of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CodeEntry {
    /// The code.
    pub code: i64,
    /// Name of the constant.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What to do next.
    pub remedy: &'static str,
    /// What sort of problem it is.
    pub kind: CodeKind,
    /// What it says about a write.
    pub write: WriteEffect,
    /// Whether a read that got it may be repeated.
    pub retry: bool,
    /// How the meaning is known.
    pub evidence: Evidence,
}

/// Sorts of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CodeKind {
    /// An argument is wrong.
    Argument,
    /// The key is missing, wrong, expired or of another region.
    Authentication,
    /// The key may not do this.
    Permission,
    /// What the call names does not exist.
    NotFound,
    /// It does not exist yet: ask again later.
    NotReady,
    /// It is in a state in which this cannot be done.
    State,
    /// The device cannot do it now: offline, not bound, too old.
    Device,
    /// Something else is in the way.
    Conflict,
    /// A limit of number or volume is reached.
    Quota,
    /// Too many calls.
    RateLimit,
    /// FlightHub failed.
    Server,
    /// A failure that may pass by itself.
    Transient,
    /// The table does not have the code.
    Unknown,
}

/// What a code says about a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WriteEffect {
    /// It had no effect, for certain.
    Refused,
    /// Whether it had an effect is open: read before doing anything else.
    Unknown,
}
