//! Odd replies by name.

use crate::reply::Reply;

/// Whether there is such a quirk.
///
/// # Errors
///
/// When there is none.
pub(crate) fn check(name: &str) -> Result<(), String> {
    Err(format!("`name`: there is no quirk `{name}`"))
}

/// A reply to an operation, made odd. Without such a quirk it stays as it is.
pub(crate) fn apply(name: &str, operation: Option<&str>, reply: Reply) -> Reply {
    let _ = (name, operation);
    reply
}
