//! Odd replies by name, as faults play them.

use crate::quirks;
use crate::reply::Reply;

/// Whether there is such a quirk.
///
/// # Errors
///
/// When there is none, with the names that come nearest.
pub(crate) fn check(name: &str) -> Result<(), String> {
    if quirks::find(name).is_some() {
        return Ok(());
    }
    let near = quirks::nearest(name).join(", ");
    Err(format!("`name`: there is no quirk `{name}`; near it are {near}"))
}

/// A reply to an operation, made odd. Where the quirk finds nothing to change, the reply stays as it is.
pub(crate) fn apply(name: &str, operation: Option<&str>, reply: Reply) -> Reply {
    match (quirks::find(name), operation) {
        (Some(quirk), Some(operation)) => quirks::served(quirk, operation, reply),
        _ => reply,
    }
}
