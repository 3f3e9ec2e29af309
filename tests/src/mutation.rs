//! Changes of JSON values, place by place.

use serde_json::{Map, Value, json};

/// How a value can differ from what is documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// It is not there.
    Missing,
    /// Null.
    Null,
    /// A number as text, a text as number.
    OtherScalar,
    /// A whole number with a decimal point, such as `7.0`.
    Decimal,
    /// Yes or no as 1 or 0, anything else as true.
    Truth,
    /// A value that is none of the known ones.
    UnknownValue,
    /// A field more.
    ExtraField,
    /// An object for a list, a list for an object, an object for anything else.
    OtherShape,
    /// The empty text.
    EmptyText,
    /// A number beyond every integer.
    Huge,
}

impl Change {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Missing,
        Self::Null,
        Self::OtherScalar,
        Self::Decimal,
        Self::Truth,
        Self::UnknownValue,
        Self::ExtraField,
        Self::OtherShape,
        Self::EmptyText,
        Self::Huge,
    ];

    /// In words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Null => "null",
            Self::OtherScalar => "number as text, text as number",
            Self::Decimal => "whole number with a decimal point",
            Self::Truth => "yes and no as 1 and 0, others as true",
            Self::UnknownValue => "unknown value of an enum",
            Self::ExtraField => "extra field",
            Self::OtherShape => "object for list, list for object",
            Self::EmptyText => "empty text",
            Self::Huge => "huge number",
        }
    }

    /// The value as this change makes it. `None` when there is nothing to change, or nothing left of it.
    #[must_use]
    pub fn of(self, value: &Value) -> Option<Value> {
        Some(match (self, value) {
            (Self::Missing, _) => return None,
            (Self::Null, _) => Value::Null,
            (Self::OtherScalar, Value::Number(number)) => number.to_string().into(),
            (Self::OtherScalar, Value::String(text)) => {
                text.parse::<serde_json::Number>().map_or(json!(4711), Value::Number)
            }
            (Self::Decimal, Value::Number(number)) if number.is_i64() => {
                json!(number.as_f64().unwrap_or_default())
            }
            (Self::Truth, Value::Bool(yes)) => i64::from(*yes).into(),
            (Self::Truth, _) => Value::Bool(true),
            (Self::UnknownValue, Value::String(_)) => "value-of-the-next-release".into(),
            (Self::UnknownValue, Value::Number(number)) if number.is_i64() => 987_654.into(),
            (Self::ExtraField, Value::Object(object)) => {
                let mut object = object.clone();
                object.insert("field_of_the_next_release".to_owned(), json!({"a": [1, null]}));
                object.into()
            }
            (Self::OtherShape, Value::Array(items)) => {
                items.first().filter(|first| first.is_object()).cloned().unwrap_or(json!({"a": 1}))
            }
            (Self::OtherShape, Value::Object(_)) => json!([value]),
            (Self::OtherShape, _) => json!({"value": value}),
            (Self::EmptyText, _) => "".into(),
            (Self::Huge, _) => json!(1.0e300),
            (Self::OtherScalar | Self::Decimal | Self::UnknownValue | Self::ExtraField, _) => {
                return None;
            }
        })
    }
}

/// Makes a change at a place, which is counted through the whole value.
pub fn mutate(data: &mut Value, place: usize, change: u8) {
    let count = count(data);
    let change = Change::ALL[usize::from(change) % Change::ALL.len()];
    let mut left = place % count;
    visit(data, &mut left, &mut |value| match change.of(value) {
        Some(changed) => *value = changed,
        None if change == Change::Missing => *value = Value::Null,
        None => {}
    });
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

fn visit(value: &mut Value, left: &mut usize, change: &mut dyn FnMut(&mut Value)) -> bool {
    if *left == 0 {
        change(value);
        return true;
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| visit(item, left, change)),
        Value::Object(members) => members.values_mut().any(|item| visit(item, left, change)),
        _ => false,
    }
}

/// The value with a change at a JSON pointer. `None` when the change has no meaning there.
#[must_use]
pub fn changed(data: &Value, pointer: &str, change: Change) -> Option<Value> {
    let mut copy = data.clone();
    if change == Change::Missing {
        let (around, name) = pointer.rsplit_once('/')?;
        let object: &mut Map<_, _> = copy.pointer_mut(around)?.as_object_mut()?;
        object.shift_remove(&name.replace("~1", "/").replace("~0", "~"))?;
        return Some(copy);
    }
    let place = copy.pointer_mut(pointer)?;
    *place = change.of(place)?;
    Some(copy)
}
