//! What is not as the description says, as data.

use std::fmt;

use serde::{Serialize, Serializer};

/// One thing that is not as the description says. It names the place, and never a value that could be a secret.
///
/// ```
/// # use flighthub_sim::contract::{Description, Kind};
/// let reply = serde_json::json!({"code": "0", "message": ""});
/// let found = Description::v1()?.get("system.status").unwrap().judge_body(200, &reply);
/// assert_eq!(found[0].to_string(), "system.status reply body/code: is a string, described as integer (known: x-lenient)");
/// # Ok::<_, flighthub_sim::contract::DescriptionError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// Id of the operation. Empty: the request is of none.
    pub operation: String,
    /// Which half of the exchange.
    pub side: Side,
    /// Where: `path/task_uuid`, `query/sn`, `header/X-Project-Uuid`, `body/data/list/0/status` (a JSON pointer below `body`), `status`.
    pub place: String,
    /// What, in words.
    pub problem: String,
    /// How to take it.
    pub kind: Kind,
}

/// Which half of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// What the client sent.
    Request,
    /// What the server answered.
    Reply,
}

/// How to take a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// It contradicts the description.
    Violation,
    /// The description is silent on it: a field that a reply has beside the described ones, a business code that nobody listed.
    Undocumented,
    /// It is not as described, and an extension of the description says that such replies and requests are known.
    Known(Extension),
}

/// The extension of the description that knows of a deviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Extension {
    /// `x-lenient`: other forms of a value.
    Lenient,
    /// `x-aliases`: other spellings of a field or value.
    Aliases,
    /// `x-known-values`: the set of values is open. Such a value contradicts nothing; it is new.
    KnownValues,
}

impl Extension {
    /// Its key in the description.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Lenient => "x-lenient",
            Self::Aliases => "x-aliases",
            Self::KnownValues => "x-known-values",
        }
    }
}

impl Finding {
    /// Whether strict validation fails for it. New fields, codes and members of open sets contradict nothing.
    #[must_use]
    pub fn contradicts(&self) -> bool {
        !matches!(self.kind, Kind::Undocumented | Kind::Known(Extension::KnownValues))
    }

    /// Whether it says something that the description does not know.
    #[must_use]
    pub fn is_drift(&self) -> bool {
        !matches!(self.kind, Kind::Known(_))
    }

    /// The place for all elements of a list alike: `body/data/list/*/status`.
    #[must_use]
    pub fn pattern(&self) -> String {
        let is_index = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let parts = self.place.split('/').map(|part| if is_index(&part) { "*" } else { part });
        parts.collect::<Vec<_>>().join("/")
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.operation.is_empty() {
            write!(f, "{} ", self.operation)?;
        }
        write!(f, "{} {}: {}", self.side, self.place, self.problem)?;
        match self.kind {
            Kind::Violation => Ok(()),
            kind => write!(f, " ({kind})"),
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "request",
            Self::Reply => "reply",
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Violation => f.write_str("violation"),
            Self::Undocumented => f.write_str("undocumented"),
            Self::Known(extension) => write!(f, "known: {}", extension.key()),
        }
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
