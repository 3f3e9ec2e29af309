//! The order in which the text of `data` is read: strict first, everything else only after a failure.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::generated::v1::ALIASES;

/// Why a text could not be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    path: String,
    message: String,
}

impl DecodeError {
    /// JSON path of the bad value, `.` for the whole.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong with it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at `{}`: {}", self.path, self.message)
    }
}

impl std::error::Error for DecodeError {}

/// Reads a value from its text. The first pass is the only one for answers as documented; after a failure other spellings
/// are settled, odd rows are put aside, and what then still fails is reported with its path.
pub(crate) fn decode<T: DeserializeOwned>(text: &str) -> Result<T, DecodeError> {
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(value);
    }
    let settled = settle_spellings::<T>(text);
    let text = settled.as_deref().unwrap_or(text);
    super::salvaging(|| from_text(text))
}

/// Reads one row of a list while rows are salvaged, each with its own spellings settled.
pub(crate) fn row<T: DeserializeOwned>(text: &str) -> Result<T, DecodeError> {
    from_text(text).or_else(|problem| match settle_spellings::<T>(text) {
        Some(settled) => from_text(&settled),
        None => Err(problem),
    })
}

/// Reads a value from its text, with the path of the first bad value.
pub(crate) fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, DecodeError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value =
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| DecodeError {
            path: error.path().to_string(),
            message: without_values(&error.inner().to_string()),
        })?;
    deserializer
        .end()
        .map_err(|error| DecodeError { path: ".".to_owned(), message: error.to_string() })?;
    Ok(value)
}

/// Serde quotes the offending text, which may be a secret: `invalid type: string "…"` loses what stands in quotes.
fn without_values(message: &str) -> String {
    let Some(start) = message.find("string \"") else { return message.to_owned() };
    let head = start + "string ".len();
    let Some(end) = message.rfind("\", expected") else {
        return message[..head].trim_end().to_owned();
    };
    format!("{}{}", &message[..head - 1], &message[end + 1..])
}

/// When a value comes in two spellings, the canonical one wins: the other is dropped, but only for a name that reading
/// stumbled over, since a name can be another spelling in one type and a field of its own in the next.
fn settle_spellings<T: DeserializeOwned>(text: &str) -> Option<String> {
    let mut settled = None;
    for _ in ALIASES {
        let current = settled.as_deref().unwrap_or(text);
        let Err(error) = from_text::<T>(current) else {
            break;
        };
        let Some(canonical) = error.message.strip_prefix("duplicate field `") else {
            break;
        };
        let canonical = canonical.split('`').next()?;
        let mut value = serde_json::from_str::<Value>(current).ok()?;
        if !drop_doubles(&mut value, canonical) {
            break;
        }
        settled = Some(value.to_string());
    }
    settled
}

fn drop_doubles(value: &mut Value, canonical: &str) -> bool {
    match value {
        Value::Array(items) => {
            items.iter_mut().fold(false, |any, item| drop_doubles(item, canonical) | any)
        }
        Value::Object(object) => {
            let mut any = false;
            if object.contains_key(canonical) {
                for (other, _) in ALIASES.iter().filter(|(_, name)| *name == canonical) {
                    any |= object.shift_remove(*other).is_some();
                }
            }
            object.values_mut().fold(any, |any, item| drop_doubles(item, canonical) | any)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_spellings_the_canonical_one_wins() {
        use crate::v1::CreatedTask;
        let both = r#"{"uuid":"other","task_uuid":"right","id":"another"}"#;
        let task = decode::<CreatedTask>(both).unwrap();
        assert_eq!(task.task_uuid.as_str(), "right");
        let only = decode::<CreatedTask>(r#"{"uuid":"other"}"#).unwrap();
        assert_eq!(only.task_uuid.as_str(), "other");
    }

    #[test]
    fn two_spellings_in_a_row_are_settled_beside_an_odd_row_too() {
        use crate::List;
        use crate::v1::CreatedTask;
        let text = r#"[{"task_uuid":7},{"uuid":"other","task_uuid":"right"},{"task_uuid":"c"}]"#;
        let rows = decode::<List<CreatedTask>>(text).unwrap();
        let ids: Vec<&str> = rows.iter().map(|task| task.task_uuid.as_str()).collect();
        assert_eq!((ids, rows.odd().len()), (vec!["right", "c"], 1));
        let text = r#"[{"uuid":"other","task_uuid":"right"},{"task_uuid":7},{"task_uuid":"c"}]"#;
        let rows = decode::<List<CreatedTask>>(text).unwrap();
        assert_eq!((rows.len(), rows.odd()[0].index()), (2, 1));
    }

    #[test]
    fn a_failure_names_the_path_but_not_the_value() {
        #[derive(Debug, serde::Deserialize)]
        #[allow(dead_code)]
        struct Inner {
            size: i64,
        }
        let error = decode::<std::collections::BTreeMap<String, Inner>>(
            r#"{"a":{"size":"https://x.example/?Signature=FHCANARY"}}"#,
        )
        .unwrap_err();
        assert_eq!(error.path(), "a.size");
        assert!(!error.to_string().contains("FHCANARY"), "{error}");
        assert!(error.to_string().contains("expected i64"), "{error}");
    }
}
