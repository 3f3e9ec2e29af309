//! Does a value fit its schema? The subset of schemas that the generator supports, and stricter in
//! one point: an undeclared key is a mismatch.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::facts::Facts;
use crate::refs::resolve;

/// What does not fit: where it stands, and message.
pub(super) fn mismatches<'v>(
    root: &Value,
    schema: &Value,
    value: &'v Value,
) -> Vec<(&'v Value, String)> {
    let mut checker = Checker { root, views: 0, found: Vec::new() };
    checker.check(schema, value);
    checker.found
}

/// Notes a mismatch unless a condition holds: place; condition => message.
macro_rules! fit {
    ($self:ident @ $at:expr; $fine:expr => $($message:tt)+) => {
        let fine: bool = $fine;
        if !fine {
            $self.found.push(($at, format!($($message)+)));
        }
    };
}

/// Views within views that are looked at.
const MOST_VIEWS: usize = 4;

struct Checker<'a, 'v> {
    root: &'a Value,
    /// How many views this is inside of. Undeclared keys are fine there; a view that leads to itself ends somewhere.
    views: usize,
    found: Vec<(&'v Value, String)>,
}

/// What the schemas of one object say together.
#[derive(Default)]
struct Together<'a> {
    properties: Vec<(&'a str, &'a Value)>,
    required: Vec<&'a str>,
    open: bool,
    /// The schemas so far, by address: one that is a part of itself counts once.
    parts: HashSet<*const Value>,
}

impl<'a, 'v> Checker<'a, 'v> {
    fn check(&mut self, mut schema: &'a Value, value: &'v Value) {
        let mut nullable = false;
        for _ in 0..16 {
            nullable |= schema.flag("nullable");
            let Some(found) = resolve(self.root, schema) else {
                return;
            };
            nullable |= found.flag("nullable");
            schema = found;
            match found.items("allOf") {
                [one] => schema = one,
                _ => break,
            }
        }
        if value.is_null() {
            fit!(self @ value; nullable => "null stands here, but the schema is not nullable");
            return;
        }
        let values = schema.items("enum");
        fit!(self @ value;
            values.is_empty() || values.contains(value) =>
            "{value} is not one of {}", Value::from(values));
        let number = |key| schema.get(key).and_then(Value::as_f64);
        let within = |size: f64, least, most| {
            number(least).is_none_or(|least| size >= least)
                && number(most).is_none_or(|most| size <= most)
        };
        match (value, schema.text("type")) {
            (Value::Object(object), "object" | "") => self.object(schema, value, object),
            (Value::Array(list), "array") => {
                fit!(self @ value;
                    within(list.len() as f64, "minItems", "maxItems") =>
                    "the list is too short or too long");
                let twice =
                    list.iter().enumerate().any(|(index, item)| list[..index].contains(item));
                fit!(self @ value;
                    !twice || !schema.flag("uniqueItems") =>
                    "a value stands twice, against `uniqueItems`");
                for item in list {
                    self.check(schema.under("items"), item);
                }
            }
            (Value::String(text), "string") => {
                let length = text.chars().count() as f64;
                fit!(self @ value;
                    within(length, "minLength", "maxLength") =>
                    "the text is too short or too long");
                let time = schema.text("format") != "date-time";
                fit!(self @ value;
                    time || is_date_time(text) => "{value} is no RFC 3339 time with offset");
            }
            (Value::Number(found), "integer" | "number")
                if found.is_i64() || schema.text("type") == "number" =>
            {
                let size = found.as_f64().unwrap_or_default();
                fit!(self @ value;
                    within(size, "minimum", "maximum") =>
                    "{value} is less than `minimum` or more than `maximum`");
                let small = schema.text("format") != "int32"
                    || found.as_i64().is_some_and(|n| i32::try_from(n).is_ok());
                fit!(self @ value; small => "{value} is too large for int32");
            }
            (Value::Bool(_), "boolean") => {}
            (_, wanted) => {
                fit!(self @ value;
                    false => "{value} is no {}", if wanted.is_empty() { "object" } else { wanted });
            }
        }
    }

    fn object(&mut self, schema: &'a Value, value: &'v Value, object: &'v Map<String, Value>) {
        let mut together = Together::default();
        let arm = gather(self.root, schema, object, &mut together);
        fit!(self @ value; arm.is_some() => "the tag names no arm of `oneOf`");
        for name in &together.required {
            fit!(self @ value; object.contains_key(*name) => "the required key `{name}` is missing");
        }
        for (key, member) in object {
            match together.properties.iter().find(|(name, _)| name == key) {
                Some((_, schema)) => self.check(schema, member),
                None => {
                    let open = together.open || self.views > 0 || arm.is_none();
                    fit!(self @ member; open => "the schema does not declare `{key}`");
                }
            }
        }
        if self.views < MOST_VIEWS {
            self.views(schema.items("x-views"), value, object);
        }
    }

    /// An open object must fit one of its views, and each dynamic key the view for such keys.
    fn views(&mut self, views: &'a [Value], value: &'v Value, object: &'v Map<String, Value>) {
        let try_view = |view: &'a Value, value: &'v Value| {
            let mut checker = Checker { root: self.root, views: self.views + 1, found: Vec::new() };
            let schemas = self.root.under("components").under("schemas");
            checker.check(schemas.under(view.text("schema")), value);
            checker.found
        };
        let (keyed, whole): (Vec<_>, Vec<_>) = views.iter().partition(|view| view.has("keys"));
        let tried = whole.into_iter().map(|view| try_view(view, value));
        let mut found = tried.min_by_key(Vec::len).unwrap_or_default();
        for (key, member) in object {
            if key.split('-').map(str::parse::<u32>).filter(Result::is_ok).count() == 3 {
                found.extend(keyed.iter().flat_map(|view| try_view(view, member)));
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
    let Some(schema) = resolve(root, schema).filter(|part| together.parts.insert(*part)) else {
        return Some(());
    };
    together.properties.extend(schema.members("properties"));
    together.required.extend(schema.texts("required"));
    together.open |= schema.flag("additionalProperties");
    schema.items("allOf").iter().try_for_each(|part| gather(root, part, object, together))?;
    if !schema.has("oneOf") {
        return Some(());
    }
    let fits = |arm: &&Value| {
        let tags =
            arm.members("properties").filter(|(_, property)| property.items("enum").len() == 1);
        tags.into_iter().all(|(name, tag)| object.get(name) == tag.items("enum").first())
    };
    let arm = schema.items("oneOf").iter().filter_map(|arm| resolve(root, arm)).find(fits)?;
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
            "Again": {"allOf": [reference("Again"), reference("Common")]},
            "Either": {"oneOf": [reference("Either")]},
            "Open": {"type": "object", "additionalProperties": true, "x-views": [{"schema": "Open"}]},
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
            ("Again", json!({"name": "a"}), None),
            ("Either", json!({}), None),
            ("Open", json!({"a": 1}), None),
            ("Named", json!(null), None),
            ("Common", json!({"name": null}), Some("/name")),
        ];
        for (name, value, wanted) in table {
            let schema = reference(name);
            let found = mismatches(&root, &schema, &value).into_iter().next();
            let wanted = wanted.map(|at| value.pointer(at).unwrap());
            assert_eq!(found.map(|(at, _)| at), wanted, "{name}: {value}");
        }
    }
}
