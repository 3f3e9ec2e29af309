//! Why a file was not fetched.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::Path;

use serde::Serialize;

use crate::ErrorKind;

/// Why a file was not fetched.
///
/// Its text names no address, since whoever knows one can read the file.
#[derive(Debug)]
pub struct FetchError {
    kind: FetchErrorKind,
    text: String,
    help: String,
}

/// What sort of error it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FetchErrorKind {
    /// The storage has no such file (404, 410).
    Gone,
    /// The address is no longer good (400, 401, 403): ask the service for a fresh one.
    Expired,
    /// The file exists, but cannot be read yet: it is in an archive, or the storage asks to come later (202, 409, 425).
    NotYet,
    /// The storage fails (5xx, 408, 429), cannot be reached, fell silent, or broke off, and went on doing so.
    Fault,
    /// The file is not what was expected: another size, changed while it was read, a web page instead.
    Mismatch,
    /// There is no such address, or it leads where nothing is fetched from.
    Address,
    /// The file cannot be written on this side.
    File,
    /// No room on this side.
    NoSpace,
    /// The target exists, and nobody said that it may be replaced; or another process is writing it.
    Occupied,
    /// The HTTP client cannot be set up: proxy, certificates.
    Setup,
}

impl FetchError {
    pub(crate) fn new(
        kind: FetchErrorKind,
        text: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { kind, text: text.into(), help: help.into() }
    }

    pub(super) fn gone(text: impl Into<String>) -> Self {
        Self::new(
            FetchErrorKind::Gone,
            text,
            "Nothing: the storage no longer has it. It may have been deleted in FlightHub 2.",
        )
    }

    pub(super) fn expired(text: impl Into<String>) -> Self {
        Self::new(
            FetchErrorKind::Expired,
            text,
            "Ask for the list or the detail again: that yields a fresh address.",
        )
    }

    pub(super) fn not_yet(text: impl Into<String>) -> Self {
        Self::new(FetchErrorKind::NotYet, text, "Try again later.")
    }

    pub(super) fn fault(text: impl Into<String>) -> Self {
        Self::new(
            FetchErrorKind::Fault,
            text,
            "Try again; what has been fetched is kept and not fetched again.",
        )
    }

    pub(super) fn mismatch(text: impl Into<String>) -> Self {
        Self::new(
            FetchErrorKind::Mismatch,
            text,
            "Try again; if it stays so, the service tells something else than its storage has.",
        )
    }

    pub(super) fn address(text: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(FetchErrorKind::Address, text, help)
    }

    pub(super) fn setup(text: impl Into<String>) -> Self {
        Self::new(
            FetchErrorKind::Setup,
            text,
            "Check the settings for the proxy and the certificates.",
        )
    }

    pub(crate) fn occupied(path: &Path, why: &str) -> Self {
        Self::new(
            FetchErrorKind::Occupied,
            format!("{}: {why}", path.display()),
            "Move it away, or choose another target.",
        )
    }

    /// What went wrong with a file on this side.
    pub(crate) fn file(path: &Path, doing: &str, source: &io::Error) -> Self {
        Self::local(&format!("{}: {doing}", path.display()), source)
    }

    /// What went wrong on this side.
    pub(crate) fn local(doing: &str, source: &io::Error) -> Self {
        let text = format!("{doing}: {source}");
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                let help = "Make room and run it again; what has been fetched is kept.";
                Self::new(FetchErrorKind::NoSpace, text, help)
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                let help = "Choose a folder that you may write to, or change its permissions.";
                Self::new(FetchErrorKind::File, text, help)
            }
            io::ErrorKind::FileTooLarge => {
                let help = "The file system cannot hold a file of that size (FAT32 ends at 4 GiB).";
                Self::new(FetchErrorKind::File, text, help)
            }
            _ => {
                let help = "Check that the path is right and may be written to.";
                Self::new(FetchErrorKind::File, text, help)
            }
        }
    }

    /// What sort of error it is.
    #[must_use]
    pub const fn kind(&self) -> FetchErrorKind {
        self.kind
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> &str {
        &self.help
    }

    /// Whether the same address may do better in a moment.
    pub(super) const fn is_passing(&self) -> bool {
        matches!(self.kind, FetchErrorKind::Fault | FetchErrorKind::Mismatch)
    }

    /// The same with words before its text.
    pub(super) fn during(mut self, what: impl fmt::Display) -> Self {
        self.text = format!("{what}: {}", self.text);
        self
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for FetchError {}

impl From<FetchError> for crate::Error {
    fn from(error: FetchError) -> Self {
        let kind = match error.kind {
            FetchErrorKind::Gone => ErrorKind::NotFound,
            FetchErrorKind::Address => ErrorKind::Address,
            FetchErrorKind::File | FetchErrorKind::NoSpace | FetchErrorKind::Occupied => {
                ErrorKind::File
            }
            FetchErrorKind::Setup => ErrorKind::InvalidInput,
            _ => ErrorKind::Storage,
        };
        Self::new(kind, error.text.clone(), error.help.clone()).with_source(error)
    }
}
