//! Which entries are meant, for Rust and HTTP alike.

use std::collections::BTreeMap;

use flighthub_api::v1::{AnyOperation, CATALOGUE};
use serde::Deserialize;
use serde_json::Value;

use super::Entry;

/// Conditions on an entry; what is not said does not matter.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Filter {
    /// Id of an operation.
    pub(crate) operation: Option<String>,
    pub(crate) port: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<i64>,
    /// Name of a profile.
    pub(crate) key: Option<String>,
    /// Entries after this number.
    pub(crate) since: Option<u64>,
    /// Whether a fault was played.
    pub(crate) fault: Option<bool>,
    /// Part of a note.
    pub(crate) note: Option<String>,
    /// Whether something was to be changed.
    pub(crate) write: Option<bool>,
    /// Headers of the request and their values.
    pub(crate) headers: BTreeMap<String, String>,
    /// Values in the JSON body, by their places: `name`, `add_users.0.role`.
    pub(crate) body: BTreeMap<String, Value>,
}

impl Filter {
    /// Refuses what no entry can ever match.
    ///
    /// # Errors
    ///
    /// Names the nearest operation.
    pub(crate) fn check(&self) -> Result<(), String> {
        match &self.operation {
            Some(id) => known_operation(id),
            None => Ok(()),
        }
    }

    pub(crate) fn matches(&self, entry: &Entry) -> bool {
        fn same<T: PartialEq>(wanted: Option<&T>, found: impl FnOnce() -> T) -> bool {
            wanted.is_none_or(|wanted| *wanted == found())
        }
        let text = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        text(&self.operation, entry.operation().unwrap_or_default())
            && text(&self.port, entry.port())
            && text(&self.region, entry.region())
            && self
                .method
                .as_deref()
                .is_none_or(|method| entry.method().eq_ignore_ascii_case(method))
            && self.since.is_none_or(|since| entry.number() > since)
            && self.status.is_none_or(|status| entry.status() == Some(status))
            && same(self.path.as_ref(), || entry.path())
            && self.code.is_none_or(|code| entry.code() == Some(code))
            && same(self.key.as_ref(), || entry.key())
            && same(self.fault.as_ref(), || entry.fault().is_some())
            && same(self.write.as_ref(), || entry.is_write())
            && self
                .note
                .as_deref()
                .is_none_or(|part| entry.notes().iter().any(|note| note.contains(part)))
            && self.headers.iter().all(|(name, value)| entry.header(name).as_ref() == Some(value))
            && (self.body.is_empty() || self.matches_body(entry))
    }

    fn matches_body(&self, entry: &Entry) -> bool {
        let Some(body) = entry.json() else { return false };
        self.body.iter().all(|(place, value)| {
            body.pointer(&format!("/{}", place.replace('.', "/"))) == Some(value)
        })
    }
}

/// # Errors
///
/// Names the nearest operation when there is none of that id.
pub(crate) fn known_operation(id: &str) -> Result<(), String> {
    if CATALOGUE.iter().any(|info| info.id == id) {
        return Ok(());
    }
    match AnyOperation::from_args(id, "{}") {
        Err(error) => Err(error.to_string()),
        Ok(_) => Ok(()),
    }
}
