//! Does a value fit its schema? The subset of schemas that the generator supports, and stricter in one point: an undeclared key is a
//! mismatch.

use serde_json::{Map, Value};

use super::{flag, items, members, text, texts};
use crate::refs::{join, lookup, target};

/// What does not fit: place and message.
pub(super) fn mismatches(
    root: &Value,
    schema: &Value,
    value: &Value,
    at: &str,
) -> Vec<(String, String)> {
    let mut checker = Checker {
        root,
        open: false,
        found: Vec::new(),
    };
    checker.check(schema, value, at);
    checker.found
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
    views: &'a [Value],
}

impl<'a> Checker<'a> {
    fn expect(&mut self, fine: bool, at: &str, message: impl FnOnce() -> String) {
        if !fine {
            self.found.push((at.to_owned(), message()));
        }
    }

    fn check(&mut self, schema: &'a Value, value: &Value, at: &str) {
        let (mut schema, mut nullable) = (schema, false);
        for _ in 0..16 {
            nullable |= flag(schema, "nullable");
            schema = match (target(schema), items(schema, "allOf")) {
                (Some(reference), _) => match lookup(self.root, reference) {
                    Some(found) => found,
                    None => return,
                },
                (None, [one]) => one,
                _ => break,
            };
        }
        if value.is_null() {
            return self.expect(nullable, at, || {
                "null stands here, but the schema is not nullable".to_owned()
            });
        }
        let values = items(schema, "enum");
        self.expect(values.is_empty() || values.contains(value), at, || {
            format!("{value} is not one of {}", Value::from(values))
        });
        match (value, text(schema, "type")) {
            (Value::Object(object), "object" | "") => self.object(schema, object, at),
            (Value::Array(list), "array") => self.array(schema, list, at),
            (Value::String(string), "string") => self.string(schema, string, at),
            (Value::Number(number), "integer") if number.is_i64() => {
                self.number(schema, number.as_f64().unwrap_or_default(), at)
            }
            (Value::Number(number), "number") => {
                self.number(schema, number.as_f64().unwrap_or_default(), at)
            }
            (Value::Bool(_), "boolean") => {}
            (_, wanted) => self.expect(false, at, || {
                format!(
                    "{value} is no {}",
                    if wanted.is_empty() { "object" } else { wanted }
                )
            }),
        }
    }

    fn string(&mut self, schema: &Value, string: &str, at: &str) {
        let length = string.chars().count() as u64;
        let limit = |key| schema.get(key).and_then(Value::as_u64);
        self.expect(
            limit("minLength").is_none_or(|least| length >= least),
            at,
            || "the text is shorter than `minLength`".to_owned(),
        );
        self.expect(
            limit("maxLength").is_none_or(|most| length <= most),
            at,
            || "the text is longer than `maxLength`".to_owned(),
        );
        let fits = text(schema, "format") != "date-time" || is_date_time(string);
        self.expect(fits, at, || {
            format!("\"{string}\" is no RFC 3339 time with offset")
        });
    }

    fn number(&mut self, schema: &Value, number: f64, at: &str) {
        let limit = |key| schema.get(key).and_then(Value::as_f64);
        self.expect(
            limit("minimum").is_none_or(|least| number >= least),
            at,
            || format!("{number} is less than `minimum`"),
        );
        self.expect(
            limit("maximum").is_none_or(|most| number <= most),
            at,
            || format!("{number} is more than `maximum`"),
        );
        let fits = text(schema, "format") != "int32"
            || (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number);
        self.expect(fits, at, || format!("{number} is too large for int32"));
    }

    fn array(&mut self, schema: &'a Value, list: &[Value], at: &str) {
        let limit = |key| schema.get(key).and_then(Value::as_u64);
        let length = list.len() as u64;
        self.expect(
            limit("minItems").is_none_or(|least| length >= least),
            at,
            || "the list is shorter than `minItems`".to_owned(),
        );
        self.expect(
            limit("maxItems").is_none_or(|most| length <= most),
            at,
            || "the list is longer than `maxItems`".to_owned(),
        );
        let unique = !flag(schema, "uniqueItems")
            || list
                .iter()
                .enumerate()
                .all(|(index, item)| !list[..index].contains(item));
        self.expect(unique, at, || {
            "a value stands twice, against `uniqueItems`".to_owned()
        });
        if let Some(schema) = schema.get("items") {
            list.iter()
                .enumerate()
                .for_each(|(index, item)| self.check(schema, item, &join(at, index)));
        }
    }

    fn object(&mut self, schema: &'a Value, object: &Map<String, Value>, at: &str) {
        let mut together = Together::default();
        if let Err(message) = gather(self.root, schema, object, &mut together) {
            return self.expect(false, at, || message);
        }
        for name in together
            .required
            .iter()
            .filter(|name| !object.contains_key(**name))
        {
            self.expect(false, at, || {
                format!("the required key `{name}` is missing")
            });
        }
        for (key, value) in object {
            let at = join(at, key);
            match together.properties.iter().find(|(name, _)| name == key) {
                Some((_, schema)) => self.check(schema, value, &at),
                None => self.expect(together.open || self.open, &at, || {
                    format!("the schema does not declare `{key}`")
                }),
            }
        }
        self.views(together.views, object, at);
    }

    /// An open object must fit one of its views, and each dynamic key the view for such keys.
    fn views(&mut self, views: &'a [Value], object: &Map<String, Value>, at: &str) {
        let try_view = |view: &'a Value, value: &Value, at: &str| {
            let mut checker = Checker {
                root: self.root,
                open: true,
                found: Vec::new(),
            };
            let schema = self
                .root
                .get("components")
                .and_then(|c| c.get("schemas"))
                .and_then(|s| s.get(text(view, "schema")));
            schema
                .into_iter()
                .for_each(|schema| checker.check(schema, value, at));
            checker.found
        };
        let (keyed, whole): (Vec<_>, Vec<_>) =
            views.iter().partition(|view| view.get("keys").is_some());
        let value = Value::Object(object.clone());
        let mut found = whole
            .into_iter()
            .map(|view| try_view(view, &value, at))
            .min_by_key(Vec::len)
            .unwrap_or_default();
        for (key, value) in object.iter().filter(|(key, _)| {
            key.split('-')
                .filter(|part| part.parse::<u32>().is_ok())
                .count()
                == 3
        }) {
            found.extend(
                keyed
                    .iter()
                    .flat_map(|view| try_view(view, value, &join(at, key))),
            );
        }
        self.found.extend(found);
    }
}

/// Joins the properties of an object schema, of all parts of its `allOf` and of the arm of its `oneOf` that the value's tag names.
fn gather<'a>(
    root: &'a Value,
    schema: &'a Value,
    object: &Map<String, Value>,
    together: &mut Together<'a>,
) -> Result<(), String> {
    let Some(schema) = crate::refs::resolve(root, schema) else {
        return Ok(());
    };
    items(schema, "allOf")
        .iter()
        .try_for_each(|part| gather(root, part, object, together))?;
    let arms = items(schema, "oneOf");
    if !arms.is_empty() {
        let fits = |arm: &&'a Value| {
            let arm = crate::refs::resolve(root, arm).unwrap_or(&Value::Null);
            members(arm, "properties").all(|(name, property)| match items(property, "enum") {
                [tag] => object.get(name) == Some(tag),
                _ => true,
            })
        };
        let arm = arms
            .iter()
            .find(fits)
            .ok_or("the tag names no arm of `oneOf`")?;
        gather(root, arm, object, together)?;
    }
    together.properties.extend(members(schema, "properties"));
    together.required.extend(texts(schema, "required"));
    together.open |= flag(schema, "additionalProperties");
    if schema.get("x-views").is_some() {
        together.views = items(schema, "x-views");
    }
    Ok(())
}

/// `2024-10-29T16:51:47.818707+08:00`, `…Z`.
fn is_date_time(text: &str) -> bool {
    let shape: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { '9' } else { c })
        .collect();
    let Some(rest) = shape.strip_prefix("9999-99-99T99:99:99") else {
        return false;
    };
    let offset = rest
        .strip_prefix('.')
        .map_or(rest, |fraction| fraction.trim_start_matches('9'));
    matches!(offset, "Z" | "+99:99" | "-99:99")
        && !rest.starts_with(".+")
        && !rest.starts_with(".-")
        && !rest.starts_with(".Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_fits_or_the_place_is_named() {
        let root = json!({"components": {"schemas": {
            "Common": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "maxLength": 4}}},
            "Now": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string", "enum": ["now"]}}},
            "Later": {"type": "object", "required": ["kind", "at"], "properties": {
                "kind": {"type": "string", "enum": ["later"]}, "at": {"type": "string", "format": "date-time"}}},
            "When": {"oneOf": [{"$ref": "#/components/schemas/Now"}, {"$ref": "#/components/schemas/Later"}]},
            "Body": {"allOf": [{"$ref": "#/components/schemas/Common"}, {"$ref": "#/components/schemas/When"}]},
            "Named": {"nullable": true, "allOf": [{"$ref": "#/components/schemas/Common"}]},
        }}});
        let table = [
            ("Body", json!({"name": "a", "kind": "now"}), ""),
            (
                "Body",
                json!({"name": "a", "kind": "later", "at": "2024-10-29T16:51:47.818707+08:00"}),
                "",
            ),
            (
                "Body",
                json!({"name": "a", "kind": "later", "at": "2024-10-29 16:51"}),
                "/at",
            ),
            (
                "Body",
                json!({"name": "a", "kind": "now", "at": "2024-10-29T16:51:47Z"}),
                "/at",
            ),
            ("Body", json!({"name": "a", "kind": "never"}), ""),
            ("Body", json!({"name": "abcde", "kind": "now"}), "/name"),
            ("Named", json!(null), ""),
            ("Common", json!({"name": null}), "/name"),
        ];
        for (name, value, at) in table {
            let found = mismatches(
                &root,
                &json!({"$ref": format!("#/components/schemas/{name}")}),
                &value,
                "",
            );
            let fits = found.is_empty();
            assert_eq!(found.first().map_or("", |(at, _)| at), at, || {
                "{name}: {value}: {found:?}".to_owned()
            });
            assert_eq!(
                fits,
                at.is_empty() && value["kind"] != "never",
                "{name}: {value}"
            );
        }
    }
}
