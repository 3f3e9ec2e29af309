//! The order in which the text of `data` is read: strict first, everything else only after a failure.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use super::lenient::other_kinds;
use crate::generated::v1::ALIASES;

/// Values of another kind that are put right in one text. More is not drift, but another answer.
const MOST_OTHER_KINDS: usize = 32;

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
/// are settled, numbers and texts are taken for one another, odd rows are put aside, and what then still fails is reported
/// with its path.
pub(crate) fn decode<T: DeserializeOwned>(text: &str) -> Result<T, DecodeError> {
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(value);
    }
    let settled = settle_spellings::<T>(text);
    let text = settled.as_deref().unwrap_or(text);
    super::salvaging(|| patiently(text))
}

/// Reads one row of a list while rows are salvaged, each with its own spellings settled.
pub(crate) fn row<T: DeserializeOwned>(text: &str) -> Result<T, DecodeError> {
    from_text(text).or_else(|_| {
        let settled = settle_spellings::<T>(text);
        patiently(settled.as_deref().unwrap_or(text))
    })
}

/// Reads a value from its text, with the path of the first bad value.
pub(crate) fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, DecodeError> {
    read(text).map_err(|(_, error)| error)
}

/// As [`from_text`], with the path in its parts too.
fn read<T: DeserializeOwned>(text: &str) -> Result<T, (Option<Path>, DecodeError)> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = shown(error.path());
        let message = without_values(&error.inner().to_string());
        (Some(error.path().clone()), DecodeError { path, message })
    })?;
    deserializer.end().map_err(|error| {
        (None, DecodeError { path: ".".to_owned(), message: error.to_string() })
    })?;
    Ok(value)
}

/// A path as it is shown. Keys that are no names were made up by whoever answered, and may say anything, even the key of the
/// call.
fn shown(path: &Path) -> String {
    const LONGEST: usize = 64;
    let is_name = |key: &str| {
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$');
        (1..=LONGEST).contains(&key.len()) && key.bytes().all(sound)
    };
    let mut text = String::new();
    for segment in path.iter() {
        let name = match segment {
            Segment::Seq { index } => {
                text += &format!("[{index}]");
                continue;
            }
            Segment::Map { key } if is_name(key) => key,
            Segment::Enum { variant } if is_name(variant) => variant,
            Segment::Map { .. } | Segment::Enum { .. } => "\u{2026}",
            Segment::Unknown => "?",
        };
        if !text.is_empty() {
            text.push('.');
        }
        text += name;
    }
    if text.is_empty() { ".".to_owned() } else { text }
}

/// Reads a value in which numbers stand as texts, texts as numbers, or empty texts for nothing. Only values over which reading
/// stumbles are taken for their other kind, one after the other.
fn patiently<T: DeserializeOwned>(text: &str) -> Result<T, DecodeError> {
    let (mut place, mut problem) = match read(text) {
        Ok(value) => return Ok(value),
        Err((Some(place), problem)) => (place, problem),
        Err((None, problem)) => return Err(problem),
    };
    let Ok(mut whole) = serde_json::from_str::<Value>(text) else { return Err(problem) };
    'places: for _ in 0..MOST_OTHER_KINDS {
        let Some(found) = at(&mut whole, &place) else { break };
        for other in other_kinds(found) {
            match at(&mut whole, &place) {
                Some(value) => *value = other,
                None => break 'places,
            }
            match read(&whole.to_string()) {
                Ok(value) => return Ok(value),
                // The value stands; another one does not.
                Err((Some(next), other)) if other.path != problem.path => {
                    (place, problem) = (next, other);
                    continue 'places;
                }
                Err(_) => {}
            }
        }
        break;
    }
    Err(problem)
}

/// The value at a path.
fn at<'v>(whole: &'v mut Value, path: &Path) -> Option<&'v mut Value> {
    path.iter().try_fold(whole, |value, segment| match segment {
        Segment::Seq { index } => value.get_mut(*index),
        Segment::Map { key } => value.get_mut(key.as_str()),
        Segment::Enum { .. } | Segment::Unknown => None,
    })
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
        let text = r#"[{"task_uuid":[7]},{"uuid":"other","task_uuid":"right"},{"task_uuid":"c"}]"#;
        let rows = decode::<List<CreatedTask>>(text).unwrap();
        let ids: Vec<&str> = rows.iter().map(|task| task.task_uuid.as_str()).collect();
        assert_eq!((ids, rows.odd().len()), (vec!["right", "c"], 1));
        let text = r#"[{"uuid":"other","task_uuid":"right"},{"task_uuid":null},{"task_uuid":"c"}]"#;
        let rows = decode::<List<CreatedTask>>(text).unwrap();
        assert_eq!((rows.len(), rows.odd()[0].index()), (2, 1));
    }

    #[test]
    fn numbers_and_texts_are_taken_for_one_another_where_reading_stumbles() {
        #[derive(Debug, PartialEq, serde::Deserialize)]
        struct Row {
            id: String,
            size: i64,
            ratio: Option<f64>,
            is_on: bool,
        }
        let row = |id: &str, ratio| Row { id: id.to_owned(), size: 7, ratio, is_on: true };
        for (text, read) in [
            (r#"{"id":12,"size":"7","ratio":"1.5","is_on":"true"}"#, row("12", Some(1.5))),
            (r#"{"id":12,"size":7.0,"ratio":"","is_on":1}"#, row("12", None)),
            (r#"{"id":"a","size":" 7.0 ","is_on":true}"#, row("a", None)),
        ] {
            assert_eq!(decode::<Row>(text).unwrap(), read, "{text}");
        }
        for (text, path) in [
            (r#"{"id":"a","size":"x","is_on":true}"#, "size"),
            (r#"{"id":1e300,"size":7,"is_on":true}"#, "id"),
            (r#"{"id":5,"size":7,"is_on":2}"#, "is_on"),
            (r#"{"id":"a","size":"","is_on":true}"#, "size"),
            (r#"{"id":{},"size":7,"is_on":true}"#, "id"),
        ] {
            assert_eq!(decode::<Row>(text).unwrap_err().path(), path, "{text}");
        }
    }

    #[test]
    fn keys_that_are_no_names_are_not_shown() {
        for (text, path) in [
            (r#"{"a":{"b-1":"x"}}"#, "a.b-1"),
            (r#"{"":{"b":"x"}}"#, "\u{2026}.b"),
            (r#"{"FHCANARY.x.y":{"b":"x"}}"#, "\u{2026}.b"),
            (r#"{"a":"#, "a"),
            ("[", "."),
        ] {
            use std::collections::BTreeMap;
            let error = decode::<BTreeMap<String, BTreeMap<String, i64>>>(text).unwrap_err();
            assert_eq!(error.path(), path, "{text}");
        }
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
