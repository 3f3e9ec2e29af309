//! A value of the document together with its place, and the facts that are read off it.

use serde_json::Value;

use crate::refs::join;

/// A value of the document and its JSON pointer.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    pub(super) value: &'a Value,
    pub(super) at: String,
}

impl<'a> Node<'a> {
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let at = join(&self.at, key);
        self.value.get(key).map(|value| Node { value, at })
    }

    pub(super) fn text(&self, key: &str) -> &'a str {
        self.value.get(key).and_then(Value::as_str).unwrap_or("")
    }

    /// A text for readers, without the line break that block scalars end with.
    pub(super) fn docs(&self, key: &str) -> String {
        self.text(key).trim().to_owned()
    }

    pub(super) fn optional_text(&self, key: &str) -> Option<String> {
        Some(self.docs(key)).filter(|text| !text.is_empty())
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.value.get(key) == Some(&Value::Bool(true))
    }

    pub(super) fn integer(&self, key: &str) -> Option<i64> {
        self.value.get(key).and_then(Value::as_i64)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some()
    }

    fn list(&self, key: &str) -> &'a [Value] {
        let list = self.value.get(key).and_then(Value::as_array);
        list.map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn items(&self, key: &str) -> Vec<Self> {
        let base = join(&self.at, key);
        let at = |index| join(&base, index);
        let items = self.list(key).iter().enumerate();
        items.map(|(index, value)| Node { value, at: at(index) }).collect()
    }

    pub(super) fn entries(&self, key: &str) -> Vec<(&'a str, Self)> {
        let base = join(&self.at, key);
        let node = |value, name| Node { value, at: join(&base, name) };
        let map = self.value.get(key).and_then(Value::as_object);
        let entries = map.into_iter().flatten();
        entries.map(|(name, value)| (name.as_str(), node(value, name))).collect()
    }

    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        let texts = self.list(key).iter().filter_map(Value::as_str);
        texts.map(|text| text.trim().to_owned()).collect()
    }

    pub(super) fn lists(&self, key: &str, text: &str) -> bool {
        self.list(key).iter().any(|value| value == text)
    }

    /// The value that an enum with exactly one entry fixes.
    pub(super) fn constant(&self) -> Option<&'a Value> {
        match self.value.get("enum")?.as_array()?.as_slice() {
            [value] => Some(value),
            _ => None,
        }
    }

    /// The one reference that this schema stands for: its own `$ref`, or an `allOf` of exactly one
    /// (so that the reference can have a description beside it).
    pub(super) fn reference(&self) -> Option<Self> {
        match self.items("allOf").as_slice() {
            _ if self.has("$ref") => Some(self.clone()),
            [only] if only.has("$ref") => Some(only.clone()),
            _ => None,
        }
    }

    /// Facts for the docs: unit, range, default, as sentences.
    pub(super) fn notes(&self) -> Vec<String> {
        let each = innermost(self.value);
        let subject = if self.has("items") { "Each" } else { "Range" };
        let unit = match each.get("x-unit").and_then(Value::as_str) {
            Some("unix-seconds") => Some("Unix seconds on the wire.".to_owned()),
            Some("unix-milliseconds") => Some("Unix milliseconds on the wire.".to_owned()),
            Some("count") | None => None,
            Some(unit) => Some(format!("Unit: {}.", unit_words(unit))),
        };
        let text_time = each.get("format").is_some_and(|format| format == "date-time");
        let default = self.value.get("default").map(|default| match default {
            Value::String(text) => format!("Default: `{text}`."),
            other => format!("Default: {other}."),
        });
        let facts = [
            unit,
            text_time.then(|| "RFC 3339 on the wire.".to_owned()),
            span(each, "minimum", "maximum").map(|range| format!("{subject}: {range}.")),
            span(self.value, "minLength", "maxLength").map(|n| format!("Length: {n} characters.")),
            span(self.value, "minItems", "maxItems").map(|n| format!("Entries: {n}.")),
            self.flag("uniqueItems").then(|| "No entry twice.".to_owned()),
            default,
        ];
        facts.into_iter().flatten().collect()
    }
}

/// The items of the innermost array, or the schema itself.
fn innermost(schema: &Value) -> &Value {
    schema.get("items").map_or(schema, innermost)
}

fn span(schema: &Value, least: &str, most: &str) -> Option<String> {
    match (schema.get(least), schema.get(most)) {
        (Some(least), Some(most)) if least == most => Some(format!("exactly {least}")),
        (Some(least), Some(most)) => Some(format!("{least} to {most}")),
        (Some(least), None) => Some(format!("at least {least}")),
        (None, Some(most)) => Some(format!("at most {most}")),
        (None, None) => None,
    }
}

fn unit_words(unit: &str) -> &str {
    match unit {
        "m" => "metres",
        "km" => "kilometres",
        "m/s" => "metres per second",
        "deg" => "degrees",
        "s" => "seconds",
        "ms" => "milliseconds",
        "h" => "hours",
        "percent" => "percent",
        "byte" => "bytes",
        "kilobyte" => "kilobytes",
        "kilobyte/s" => "kilobytes per second",
        "millivolt" => "millivolts",
        "milliampere" => "milliamperes",
        "celsius" => "degrees Celsius",
        "pixel" => "pixels",
        "ratio" => "share of the whole, 0 to 1",
        other => other,
    }
}
