//! Ways in which real replies differ from the documented ones, by name and on demand.
//!
//! A client that holds against all of them holds against the real gateway. The header [`HEADER`] of a request asks for one:
//!
//! ```
//! use flighthub_sim::quirks;
//!
//! let quirk = quirks::find("null-list").unwrap();
//! assert!(quirk.conforms && quirk.fits("wayline.list") && quirk.vector == Some("R1"));
//! assert_eq!(quirks::nearest("nul-list")[0], "null-list");
//! ```

mod catalogue;
mod edits;
#[cfg(feature = "contract")]
mod twists;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::reply::Reply;

pub use catalogue::QUIRKS;

/// The request header that asks for a quirk by name. In the reply it says which was applied.
pub const HEADER: HeaderName = HeaderName::from_static("x-flighthub-simulator-quirk");

/// One named way in which a reply differs.
#[derive(Debug, Clone, Copy, Serialize)]
#[non_exhaustive]
pub struct Quirk {
    /// Its name, such as `null-list`.
    pub name: &'static str,
    /// The number of the collected reply shape that it is one of, `R1` to `R30`, if it is one.
    pub vector: Option<&'static str>,
    /// What it is, and what speaks for it.
    pub about: &'static str,
    /// Which replies it can be applied to.
    pub operations: Operations,
    /// Whether the reply is still as the description says.
    pub conforms: bool,
    #[serde(skip)]
    change: Change,
}

/// Operations by what they answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operations {
    /// All of them.
    All,
    /// Those that answer with data.
    Answering,
    /// Those that answer `data.list`.
    Listing,
    /// Those that promise nothing but success.
    Void,
    /// These ids.
    These(&'static [&'static str]),
}

/// How the reply is changed.
#[derive(Debug, Clone, Copy)]
enum Change {
    /// Replaced whole: status, content type (none if empty), body.
    Whole(u16, &'static str, &'static str),
    /// The same with a header.
    WithHeader(u16, &'static str, (&'static str, &'static str)),
    /// A success with this `data`.
    Data(&'static str),
    /// The envelope, wherever it says success.
    Envelope(fn(&mut Map<String, Value>) -> bool),
    /// The `data` of a success.
    Edit(fn(&mut Value) -> bool),
    /// The bytes.
    Bytes(fn(Vec<u8>) -> Vec<u8>),
    /// As the description of the operation tells.
    #[cfg(feature = "contract")]
    Twist(twists::Twist),
}

impl Operations {
    /// Whether an operation is one of them.
    #[must_use]
    pub fn include(self, operation: &str) -> bool {
        match self {
            Self::All => true,
            Self::Answering => !catalogue::VOID.contains(&operation),
            Self::Listing => catalogue::LISTING.contains(&operation),
            Self::Void => catalogue::VOID.contains(&operation),
            Self::These(ids) => ids.contains(&operation),
        }
    }
}

impl Serialize for Operations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("all"),
            Self::Answering => serializer.serialize_str("all that answer with data"),
            Self::Listing => catalogue::LISTING.serialize(serializer),
            Self::Void => catalogue::VOID.serialize(serializer),
            Self::These(ids) => ids.serialize(serializer),
        }
    }
}

impl Quirk {
    /// Whether it can be applied to replies of an operation.
    #[must_use]
    pub fn fits(&self, operation: &str) -> bool {
        self.operations.include(operation)
    }
}

/// The quirk of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Quirk> {
    QUIRKS.iter().find(|quirk| quirk.name == name)
}

/// The five names that come nearest to one that is none.
#[must_use]
pub fn nearest(name: &str) -> Vec<&'static str> {
    let name: String = name.chars().take(64).collect::<String>().to_lowercase();
    let mut names: Vec<_> = QUIRKS.iter().map(|quirk| quirk.name).collect();
    names.sort_by_key(|known| {
        (!known.contains(name.as_str()) || name.is_empty(), edit_distance(known, &name))
    });
    names.truncate(5);
    names
}

/// The reply with a quirk; nothing, if the quirk finds nothing to change in it.
#[must_use]
pub fn apply(quirk: &Quirk, operation: &str, reply: Reply) -> Option<Reply> {
    if !quirk.fits(operation) {
        return None;
    }
    match quirk.change {
        Change::Whole(status, kind, body) => Some(whole(status, kind, body)),
        Change::WithHeader(status, body, (name, value)) => {
            let header = (HeaderName::from_static(name), HeaderValue::from_static(value));
            Some(Reply::json(status, body).with_header(header.0, header.1))
        }
        Change::Data(data) => {
            Some(Reply::json(200, format!(r#"{{"code":0,"message":"OK","data":{data}}}"#)))
        }
        Change::Bytes(change) => {
            let body = change(reply.body);
            Some(Reply { body, ..reply })
        }
        Change::Envelope(change) => edited(reply, change),
        Change::Edit(change) => edited(reply, |envelope| {
            let data = envelope.get_mut("data").filter(|data| !data.is_null());
            data.is_some_and(change)
        }),
        #[cfg(feature = "contract")]
        Change::Twist(twist) => edited(reply, |envelope| {
            let data = envelope.get_mut("data").filter(|data| !data.is_null());
            data.is_some_and(|data| twists::apply(twist, operation, data))
        }),
    }
}

/// The quirk that a request asks for.
///
/// # Errors
///
/// The simulator's own refusal: the name is none, or no quirk for this operation. It comes before the operation has any effect.
pub(crate) fn wanted(
    headers: &HeaderMap,
    operation: &str,
) -> Result<Option<&'static Quirk>, Reply> {
    let Some(name) = headers.get(&HEADER) else { return Ok(None) };
    let name = name.to_str().unwrap_or_default().trim();
    let Some(quirk) = find(name) else {
        let near = nearest(name).join(", ");
        return Err(wrong(&format!(
            "there is no quirk of the name that the header {HEADER} gives; near it are {near}"
        )));
    };
    if quirk.fits(operation) {
        return Ok(Some(quirk));
    }
    let names = QUIRKS.iter().filter(|quirk| quirk.fits(operation)).map(|quirk| quirk.name);
    let names = names.collect::<Vec<_>>().join(", ");
    Err(wrong(&format!("the quirk {} is none of {operation}; it has {names}", quirk.name)))
}

/// The reply with the quirk that was asked for, and a header that says so.
pub(crate) fn served(quirk: &Quirk, operation: &str, reply: Reply) -> Reply {
    let (reply, said) = match apply(quirk, operation, reply.clone()) {
        Some(changed) => (changed, quirk.name.to_owned()),
        None => (reply, format!("{}; found nothing to change", quirk.name)),
    };
    match HeaderValue::try_from(said) {
        Ok(said) => reply.with_header(HEADER, said),
        Err(_) => reply,
    }
}

fn wrong(problem: &str) -> Reply {
    Reply::json(400, json!({ "error": problem }).to_string())
}

fn whole(status: u16, kind: &'static str, body: &str) -> Reply {
    let reply = Reply::new(status, body);
    if kind.is_empty() {
        return reply;
    }
    reply.with_header(http::header::CONTENT_TYPE, HeaderValue::from_static(kind))
}

/// The envelope of a success, changed.
fn edited(mut reply: Reply, change: impl FnOnce(&mut Map<String, Value>) -> bool) -> Option<Reply> {
    let mut body: Value = serde_json::from_slice(&reply.body).ok()?;
    let envelope = body.as_object_mut()?;
    if envelope.get("code") != Some(&json!(0)) || !change(envelope) {
        return None;
    }
    reply.body = body.to_string().into_bytes();
    Some(reply)
}

/// How many letters have to change (Levenshtein).
fn edit_distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (line, a) in one.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(other.chars()) {
            let best = (diagonal + usize::from(a != b)).min(left + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, best);
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
