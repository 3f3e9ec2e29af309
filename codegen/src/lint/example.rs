//! Does a value fit its schema? The subset of schemas that the generator supports, and stricter in
//! one point: an undeclared key is a mismatch.

use serde_json::{Map, Value};

use super::{flag, items, members, text, texts};
use crate::refs::{join, resolve};

/// What does not fit: place and message.
pub(super) fn mismatches(
    root: &Value,
    schema: &Value,
    value: &Value,
    at: &str,
) -> Vec<(String, String)> {
    let mut checker = Checker { root, open: false, found: Vec::new() };
    checker.check(schema, value, at);
    checker.found
}

/// Notes a mismatch unless a condition holds: place; condition => message.
macro_rules! fit {
    ($self:ident @ $at:expr; $fine:expr => $($message:tt)+) => {
        let fine: bool = $fine;
        if !fine {
            $self.found.push(($at.to_owned(), format!($($message)+)));
        }
    };
}

struct Checker<'a> {
    root: &'a Value,
    /// Undeclared keys are fine (views of open objects).
    open: bool,
    found: Vec<(String, String)>,
}

/// What the schemas of one object say together.
#[derive(Default)]
struct Together<'a> {
    properties: Vec<(&'a str, &'a Value)>,
    required: Vec<&'a str>,
    open: bool,
}

impl<'a> Checker<'a> {
    fn check(&mut self, mut schema: &'a Value, value: &Value, at: &str) {
        let mut nullable = false;
        for _ in 0..16 {
            nullable |= flag(schema, "nullable");
            let Some(found) = resolve(self.root, schema) else {
                return;
            };
            nullable |= flag(found, "nullable");
            schema = found;
            match items(found, "allOf") {
                [one] => schema = one,
                _ => break,
            }
        }
        if value.is_null() {
            fit!(self @ at; nullable => "null stands here, but the schema is not nullable");
            return;
        }
        let values = items(schema, "enum");
        fit!(self @ at;
            values.is_empty() || values.contains(value) =>
            "{value} is not one of {}", Value::from(values));
        let number = |key| schema.get(key).and_then(Value::as_f64);
        let within = |size: f64, least, most| {
            number(least).is_none_or(|least| size >= least)
                && number(most).is_none_or(|most| size <= most)
        };
        match (value, text(schema, "type")) {
            (Value::Object(object), "object" | "") => self.object(schema, object, at),
            (Value::Array(list), "array") => {
                fit!(self @ at;
                    within(list.len() as f64, "minItems", "maxItems") =>
                    "the list is too short or too long");
                let twice =
                    list.iter().enumerate().any(|(index, item)| list[..index].contains(item));
                fit!(self @ at;
                    !twice || !flag(schema, "uniqueItems") =>
                    "a value stands twice, against `uniqueItems`");
                for (index, item) in list.iter().enumerate() {
                    self.check(schema.get("items").unwrap_or(&Value::Null), item, &join(at, index));
                }
            }
            (Value::String(text), "string") => {
                let length = text.chars().count() as f64;
                fit!(self @ at;
                    within(length, "minLength", "maxLength") =>
                    "the text is too short or too long");
                let time = schema.get("format").is_none_or(|format| format != "date-time");
                fit!(self @ at;
                    time || is_date_time(text) => "{value} is no RFC 3339 time with offset");
            }
            (Value::Number(found), "integer" | "number")
                if found.is_i64() || text(schema, "type") == "number" =>
            {
                let size = found.as_f64().unwrap_or_default();
                fit!(self @ at;
                    within(size, "minimum", "maximum") =>
                    "{value} is less than `minimum` or more than `maximum`");
                let small = text(schema, "format") != "int32"
                    || found.as_i64().is_some_and(|n| i32::try_from(n).is_ok());
                fit!(self @ at; small => "{value} is too large for int32");
            }
            (Value::Bool(_), "boolean") => {}
            (_, wanted) => {
                fit!(self @ at;
                    false => "{value} is no {}", if wanted.is_empty() { "object" } else { wanted });
            }
        }
    }

    fn object(&mut self, schema: &'a Value, object: &Map<String, Value>, at: &str) {
        let mut together = Together::default();
        let arm = gather(self.root, schema, object, &mut together);
        fit!(self @ at; arm.is_some() => "the tag names no arm of `oneOf`");
        for name in &together.required {
            fit!(self @ at; object.contains_key(*name) => "the required key `{name}` is missing");
        }
        for (key, value) in object {
            let at = join(at, key);
            match together.properties.iter().find(|(name, _)| name == key) {
                Some((_, schema)) => self.check(schema, value, &at),
                None => {
                    let open = together.open || self.open || arm.is_none();
                    fit!(self @ at; open => "the schema does not declare `{key}`");
                }
            }
        }
        self.views(items(schema, "x-views"), object, at);
    }

    /// An open object must fit one of its views, and each dynamic key the view for such keys.
    fn views(&mut self, views: &'a [Value], object: &Map<String, Value>, at: &str) {
        let try_view = |view: &'a Value, value: &Value, at: &str| {
            let mut checker = Checker { root: self.root, open: true, found: Vec::new() };
            let schemas =
                self.root.get("components").and_then(|components| components.get("schemas"));
            if let Some(schema) = schemas.and_then(|schemas| schemas.get(text(view, "schema"))) {
                checker.check(schema, value, at);
            }
            checker.found
        };
        let (keyed, whole): (Vec<_>, Vec<_>) =
            views.iter().partition(|view| view.get("keys").is_some());
        let value = Value::Object(object.clone());
        let tried = whole.into_iter().map(|view| try_view(view, &value, at));
        let mut found = tried.min_by_key(Vec::len).unwrap_or_default();
        for (key, value) in object {
            if key.split('-').map(str::parse::<u32>).filter(Result::is_ok).count() == 3 {
                found.extend(keyed.iter().flat_map(|view| try_view(view, value, &join(at, key))));
            }
        }
        self.found.extend(found);
    }
}

/// Joins the properties of an object schema, of all parts of its `allOf` and of the arm of its
/// `oneOf` that the value's tag names; `None` when it names none.
fn gather<'a>(
    root: &'a Value,
    schema: &'a Value,
    object: &Map<String, Value>,
    together: &mut Together<'a>,
) -> Option<()> {
    let Some(schema) = resolve(root, schema) else {
        return Some(());
    };
    together.properties.extend(members(schema, "properties"));
    together.required.extend(texts(schema, "required"));
    together.open |= flag(schema, "additionalProperties");
    items(schema, "allOf").iter().try_for_each(|part| gather(root, part, object, together))?;
    if schema.get("oneOf").is_none() {
        return Some(());
    }
    let fits = |arm: &&Value| {
        let tags =
            members(arm, "properties").filter(|(_, property)| items(property, "enum").len() == 1);
        tags.into_iter().all(|(name, tag)| object.get(name) == items(tag, "enum").first())
    };
    let arm = items(schema, "oneOf").iter().filter_map(|arm| resolve(root, arm)).find(fits)?;
    gather(root, arm, object, together)
}

/// `2024-10-29T16:51:47.818707+08:00`, `…Z`.
fn is_date_time(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    let Some(rest) = shape.strip_prefix("9999-99-99T99:99:99") else {
        return false;
    };
    let offset = match rest.strip_prefix(".9") {
        Some(fraction) => fraction.trim_start_matches('9'),
        None => rest,
    };
    matches!(offset, "Z" | "+99:99" | "-99:99")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_fits_or_the_place_is_named() {
        let tagged = |tag: &str| json!({"type": "string", "enum": [tag]});
        let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let time = json!({"type": "string", "format": "date-time"});
        let name = json!({"type": "string", "maxLength": 4});
        let root = json!({"components": {"schemas": {
            "Common": {"type": "object", "required": ["name"], "properties": {"name": name}},
            "Now": {"type": "object", "required": ["kind"], "properties": {"kind": tagged("now")}},
            "Later": {"type": "object", "required": ["kind", "at"],
                "properties": {"kind": tagged("later"), "at": time}},
            "When": {"oneOf": [reference("Now"), reference("Later")]},
            "Body": {"allOf": [reference("Common"), reference("When")]},
            "Named": {"nullable": true, "allOf": [reference("Common")]},
        }}});
        let table = [
            ("Body", json!({"name": "a", "kind": "now"}), None),
            (
                "Body",
                json!({"name": "a", "kind": "later", "at": "2024-10-29T16:51:47.81+08:00"}),
                None,
            ),
            ("Body", json!({"name": "a", "kind": "later", "at": "2024-10-29 16:51"}), Some("/at")),
            (
                "Body",
                json!({"name": "a", "kind": "now", "at": "2024-10-29T16:51:47Z"}),
                Some("/at"),
            ),
            ("Body", json!({"name": "a", "kind": "never"}), Some("")),
            ("Body", json!({"name": "abcde", "kind": "now"}), Some("/name")),
            ("Named", json!(null), None),
            ("Common", json!({"name": null}), Some("/name")),
        ];
        for (name, value, wanted) in table {
            let found = mismatches(&root, &reference(name), &value, "");
            assert_eq!(found.first().map(|(at, _)| at.as_str()), wanted, "{name}: {value}");
        }
    }
}
