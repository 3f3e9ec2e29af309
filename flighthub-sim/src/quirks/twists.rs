//! Changes of a reply that follow from its description: which texts are names of a set, which fields may be missing, what is a time.

use serde_json::{Value, json};

use crate::contract::{Description, Shape};

/// From here on a unix time is one in milliseconds.
const MILLISECONDS: f64 = 1e11;

/// What is done to each described value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Twist {
    /// A value that nobody knows for each of a set of names or numbers.
    UnknownValues,
    /// Null for what may be missing.
    NullOptional,
    /// Null for single values that have to be there.
    NullRequired,
    /// Numbers as text.
    NumbersAsText,
    /// Text of digits as numbers.
    TextAsNumbers,
    /// Seconds for milliseconds and the reverse.
    OtherTimeUnit,
    /// `4.0` for `4`.
    FloatsForIntegers,
    /// Unix seconds for texts such as `2026-01-01T08:00:00Z`.
    EpochForIso,
    /// An empty text for ids and times that may be missing.
    EmptyTexts,
    /// 0 and 1 for false and true.
    FlagsAsNumbers,
}

/// Where a value stands.
#[derive(Clone, Copy)]
struct Place<'p> {
    name: &'p str,
    required: bool,
}

/// Twists the data of an operation. False: there was nothing to twist.
pub(super) fn apply(twist: Twist, operation: &str, data: &mut Value) -> bool {
    let Ok(description) = Description::v1() else { return false };
    let Some(endpoint) = description.get(operation) else { return false };
    let Some(reply) = endpoint.reply(200) else { return false };
    let shape = reply.check.shape(&endpoint.document);
    let Some(shape) = shape.property("data") else { return false };
    visit(twist, &shape, data, Place { name: "data", required: true })
}

fn visit(twist: Twist, shape: &Shape<'_>, value: &mut Value, place: Place<'_>) -> bool {
    if twisted(twist, shape, value, place) {
        return true;
    }
    match value {
        Value::Array(items) => {
            let Some(element) = shape.element() else { return false };
            let place = Place { required: true, ..place };
            items.iter_mut().fold(false, |any, item| any | visit(twist, &element, item, place))
        }
        Value::Object(members) => {
            let views = shape.views();
            members.iter_mut().fold(false, |any, (name, member)| {
                let seen = views.iter().find_map(|(view, _)| view.property(name));
                let Some(below) = shape.property(name).or(seen) else { return any };
                let place = Place { name, required: shape.requires(name) };
                any | visit(twist, &below, member, place)
            })
        }
        _ => false,
    }
}

fn twisted(twist: Twist, shape: &Shape<'_>, value: &mut Value, place: Place<'_>) -> bool {
    let other = match twist {
        Twist::UnknownValues if shape.enumerated().len() > 1 => match value {
            Value::String(_) => Some(json!("unheard_of")),
            Value::Number(_) => Some(json!(4095)),
            _ => None,
        },
        Twist::NullOptional if !place.required && !value.is_null() => Some(Value::Null),
        Twist::NullRequired if place.required && !is_container(value) && !value.is_null() => {
            Some(Value::Null)
        }
        Twist::NumbersAsText => value.as_number().map(|number| json!(number.to_string())),
        Twist::TextAsNumbers => {
            value.as_str().and_then(|text| text.parse::<i64>().ok()).map(Value::from)
        }
        Twist::OtherTimeUnit if is_unix(shape) => {
            value.as_f64().filter(|time| *time > 0.0).map(|time| {
                let other = if time < MILLISECONDS { time * 1000.0 } else { time / 1000.0 };
                json!(other as i64)
            })
        }
        Twist::FloatsForIntegers if shape.has_type("integer") => {
            value.as_i64().filter(|number| number.abs() < 1 << 52).map(|n| json!(n as f64))
        }
        Twist::EpochForIso if shape.format() == Some("date-time") => {
            let time = value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
            time.map(|time| json!(time.as_second()))
        }
        Twist::EmptyTexts
            if !place.required && value.is_string() && is_id_or_time(shape, place) =>
        {
            Some(json!("")).filter(|empty| empty != value)
        }
        Twist::FlagsAsNumbers => value.as_bool().map(|flag| json!(u8::from(flag))),
        _ => None,
    };
    match other {
        Some(other) => {
            *value = other;
            true
        }
        None => false,
    }
}

const fn is_container(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}

fn is_unix(shape: &Shape<'_>) -> bool {
    matches!(shape.unit(), Some("unix-seconds" | "unix-milliseconds"))
}

fn is_id_or_time(shape: &Shape<'_>, place: Place<'_>) -> bool {
    shape.format() == Some("date-time")
        || place.name.ends_with("uuid")
        || place.name.ends_with("_id")
        || place.name == "sn"
        || place.name.ends_with("_sn")
}
