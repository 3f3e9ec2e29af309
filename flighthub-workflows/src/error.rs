//! Why a workflow did not come to its end.

use std::error::Error as StdError;
use std::fmt;

/// Why a workflow did not come to its end.
///
/// Its text says what happened and where, [`help`](Self::help) what to do next. It holds no secret and no signed address. For programs
/// there are [`kind`](Self::kind) and [`api`](Self::api).
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    text: String,
    help: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What sort of error it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A call failed; [`Error::api`] is why.
    Api,
    /// What was asked for is not there.
    NotFound,
    /// A name fits several things.
    Ambiguous,
    /// What was given cannot be used: an argument, a route file, a GeoJSON file.
    InvalidInput,
    /// The checks before a launch or a start say no.
    NotReady,
    /// A write may or may not have had its effect. Look before doing anything else.
    Indeterminate,
    /// The deadline passed first.
    Deadline,
    /// A file or folder cannot be read or written.
    File,
    /// The object storage refused, cannot be reached, or answers what it should not.
    Storage,
    /// An address that the service named leads where nothing is fetched from.
    Address,
    /// What an earlier run left on disk does not fit.
    State,
}

impl Error {
    /// An error of a kind: what happened, and what to do next.
    #[must_use]
    pub fn new(kind: ErrorKind, text: impl Into<String>, help: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, text: text.into(), help: help.into(), source: None }))
    }

    /// A file or folder that cannot be used.
    #[must_use]
    pub fn file(path: &std::path::Path, doing: &str, source: std::io::Error) -> Self {
        let text = format!("{}: {doing}: {source}", path.display());
        Self::new(ErrorKind::File, text, "Check that the path is right and may be written to.")
            .with_source(source)
    }

    /// The same with what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// The same with another next step.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help = help.into();
        self
    }

    /// The same with words before its text: what was being done.
    #[must_use]
    pub fn during(mut self, what: impl fmt::Display) -> Self {
        self.0.text = format!("{what}: {}", self.0.text);
        self
    }

    /// What sort of error it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The call that failed, if it was one.
    #[must_use]
    pub fn api(&self) -> Option<&flighthub_api::Error> {
        self.0.source.as_deref().and_then(|source| source.downcast_ref())
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> &str {
        &self.0.help
    }
}

impl From<flighthub_api::Error> for Error {
    fn from(error: flighthub_api::Error) -> Self {
        let kind = if error.is_indeterminate() { ErrorKind::Indeterminate } else { ErrorKind::Api };
        Self::new(kind, error.to_string(), error.help()).with_source(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("kind", &self.0.kind).field("text", &self.0.text).finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
