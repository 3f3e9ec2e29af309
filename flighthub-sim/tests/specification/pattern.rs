//! What a JSON value has to look like.
//!
//! An object has at least the fields of the pattern, a list has exactly its items. Strings in angle brackets stand for more:
//!
//! | pattern | matches |
//! |---|---|
//! | `"<any>"` | anything that is there |
//! | `"<empty>"` | null or a list without items |
//! | `"<absent>"` | a field that is not there |
//! | `"<string>"`, `"<number>"`, `"<int>"`, `"<bool>"` | any of its kind; a string has one character at least |
//! | `"<uuid>"` | a UUID in lower case |
//! | `"<time>"` | a time as in RFC 3339 |
//! | `"<ms>"` | a unix time in milliseconds |
//! | `"<link>"` | an `http` address that is signed |
//! | `"<secret>"` | a string of 8 characters or more |
//! | `"<len 3>"` | a string, list or object of that length |
//! | `"<at least 3>"`, `"<at most 3>"`, `"<above 3>"`, `"<below 3>"` | a number |
//! | `"<contains x>"`, `"<begins x>"`, `"<ends x>"` | a string |
//! | `"<not x>"` | any other string |
//! | `["<some>", p]` | a list with an item like p |
//! | `["<each>", p]` | a list of one item or more, all like p |
//! | `["<none>", p]` | a list (or null) without an item like p |

use serde_json::Value;

/// Where and how a value differs from a pattern.
pub(crate) fn differs(pattern: &Value, value: Option<&Value>, path: &str) -> Option<String> {
    let shown = || value.map_or("nothing".to_owned(), shorten);
    let differs_here = || Some(format!("{path}: wanted {}, got {}", shorten(pattern), shown()));
    let Some(value) = value else {
        return if pattern == "<absent>" { None } else { differs_here() };
    };
    match (pattern, value) {
        (Value::Object(wanted), Value::Object(given)) => wanted
            .iter()
            .find_map(|(name, wanted)| differs(wanted, given.get(name), &format!("{path}.{name}"))),
        (Value::Array(wanted), given) => match wanted.as_slice() {
            [Value::String(how), item] if is_quantifier(how) => {
                let given = given.as_array().map_or(&[][..], Vec::as_slice);
                let like = |value: &&Value| differs(item, Some(value), path).is_none();
                match how.as_str() {
                    "<some>" if given.iter().any(|value| like(&value)) => None,
                    "<none>" if !given.iter().any(|value| like(&value)) => None,
                    "<each>" if !given.is_empty() => (0..).zip(given).find_map(|(index, value)| {
                        differs(item, Some(value), &format!("{path}[{index}]"))
                    }),
                    _ => differs_here(),
                }
            }
            wanted => match given.as_array() {
                Some(given) if given.len() == wanted.len() => {
                    (0..).zip(wanted.iter().zip(given)).find_map(|(index, (wanted, given))| {
                        differs(wanted, Some(given), &format!("{path}[{index}]"))
                    })
                }
                _ => differs_here(),
            },
        },
        (Value::String(matcher), value) if matcher.starts_with('<') && matcher.ends_with('>') => {
            let matches = matcher.get(1..matcher.len() - 1).map(|matcher| matches(matcher, value));
            if matches == Some(true) { None } else { differs_here() }
        }
        (Value::Number(wanted), Value::Number(given)) if wanted.as_f64() == given.as_f64() => None,
        (pattern, value) if pattern == value => None,
        _ => differs_here(),
    }
}

fn is_quantifier(text: &str) -> bool {
    matches!(text, "<some>" | "<each>" | "<none>")
}

fn matches(matcher: &str, value: &Value) -> bool {
    let (first, rest) = matcher.split_once(' ').unwrap_or((matcher, ""));
    let text = value.as_str().unwrap_or_default();
    let number = value.as_f64().unwrap_or(f64::NAN);
    let limit = || {
        let limit = rest.rsplit(' ').next().unwrap_or_default();
        limit.parse::<f64>().unwrap_or_else(|_| panic!("`<{matcher}>` has no number"))
    };
    match (first, rest) {
        ("any", "") => true,
        ("absent", "") => false,
        ("empty", "") => value.is_null() || value.as_array().is_some_and(Vec::is_empty),
        ("string", "") => !text.is_empty(),
        ("number", "") => value.is_number(),
        ("int", "") => value.is_i64(),
        ("bool", "") => value.is_boolean(),
        ("uuid", "") => is_uuid(text),
        ("time", "") => is_time(text),
        ("ms", "") => (1e12..1e13).contains(&number) && value.is_i64(),
        ("link", "") => {
            text.starts_with("http") && text.contains('?') && text.contains("ignature=")
        }
        ("secret", "") => text.len() >= 8,
        ("len", _) => length(value) == Some(limit()),
        ("at", rest) if rest.starts_with("least ") => number >= limit(),
        ("at", rest) if rest.starts_with("most ") => number <= limit(),
        ("above", _) => number > limit(),
        ("below", _) => number < limit(),
        ("contains", part) => text.contains(part),
        ("begins", part) => text.starts_with(part),
        ("ends", part) => text.ends_with(part),
        ("not", other) => value.is_string() && text != other,
        _ => panic!("there is no matcher `<{matcher}>`"),
    }
}

fn length(value: &Value) -> Option<f64> {
    Some(match value {
        Value::String(text) => text.chars().count() as f64,
        Value::Array(items) => items.len() as f64,
        Value::Object(fields) => fields.len() as f64,
        _ => return None,
    })
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        })
}

fn is_time(text: &str) -> bool {
    !text.is_empty() && text.parse::<flighthub_api::Timestamp>().is_ok()
}

/// A value for a message: not more than a screenful.
pub(crate) fn shorten(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(600) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text,
    }
}
