//! From the schemas of OpenAPI 3.0 to JSON Schema 2020-12.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

use super::document::{DescriptionError, Node};

/// Deeper than any `allOf` or `$ref` of a sound document.
const DEEPEST: usize = 32;

/// Whether an object may have keys that are not described.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Openness {
    /// As in replies: what the server adds is to be ignored.
    Open,
    /// As in requests: what is not described is not sent.
    Closed,
}

/// Makes the validators of a document, each once.
pub(crate) struct Validators<'d> {
    root: Node<'d>,
    components: BTreeMap<(Openness, String), Part>,
    made: BTreeMap<(Openness, String), Arc<Validator>>,
}

/// A converted schema and the components that it refers to.
struct Part {
    schema: Value,
    refers: BTreeSet<String>,
}

impl<'d> Validators<'d> {
    pub(crate) fn new(root: &Node<'d>) -> Result<Self, DescriptionError> {
        let mut components = BTreeMap::new();
        let schemas = root.member("components").and_then(|node| node.member("schemas"));
        for (name, schema) in schemas.map_or_else(|| Ok(Vec::new()), |node| node.members())? {
            check_ends(&schema, DEEPEST)?;
            for openness in [Openness::Open, Openness::Closed] {
                let mut converter = Converter { openness, refers: BTreeSet::new() };
                let converted = converter.part(&schema)?;
                let part = Part { schema: converted, refers: converter.refers };
                components.insert((openness, name.to_owned()), part);
            }
        }
        Ok(Self { root: root.clone(), components, made: BTreeMap::new() })
    }

    pub(crate) const fn root(&self) -> &Node<'d> {
        &self.root
    }

    pub(crate) fn of(
        &mut self,
        schema: &Node<'_>,
        openness: Openness,
    ) -> Result<Arc<Validator>, DescriptionError> {
        let key = (openness, schema.value().to_string());
        if let Some(made) = self.made.get(&key) {
            return Ok(Arc::clone(made));
        }
        let mut converter = Converter { openness, refers: BTreeSet::new() };
        let mut whole = converter.whole(schema)?;
        whole["$defs"] = self.definitions(schema, openness, converter.refers)?;
        let options =
            jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
        let made =
            options.build(&whole).map_err(|error| schema.wrong(format!("no schema: {error}")))?;
        let made = Arc::new(made);
        self.made.insert(key, Arc::clone(&made));
        Ok(made)
    }

    /// The components that are needed, with those that they need.
    fn definitions(
        &self,
        schema: &Node<'_>,
        openness: Openness,
        mut wanted: BTreeSet<String>,
    ) -> Result<Value, DescriptionError> {
        let mut found = Map::new();
        while let Some(name) = wanted.pop_first() {
            if found.contains_key(&name) {
                continue;
            }
            let part = self.components.get(&(openness, name.clone()));
            let part = part.ok_or_else(|| {
                schema.wrong(format!("#/components/schemas/{name} leads nowhere"))
            })?;
            found.insert(name, part.schema.clone());
            wanted.extend(part.refers.iter().cloned());
        }
        Ok(Value::Object(found))
    }
}

struct Converter {
    openness: Openness,
    refers: BTreeSet<String>,
}

impl Converter {
    /// A schema that describes a value all by itself, and so all keys of an object.
    fn whole(&mut self, schema: &Node<'_>) -> Result<Value, DescriptionError> {
        let result = self.part(schema)?;
        if self.openness == Openness::Closed && is_closed(schema)? {
            return Ok(json!({"allOf": [result], "unevaluatedProperties": false}));
        }
        Ok(result)
    }

    /// A schema that others may stand beside, as in `allOf`.
    fn part(&mut self, schema: &Node<'_>) -> Result<Value, DescriptionError> {
        if let Some(reference) = schema.member("$ref") {
            let text = reference.text()?;
            let name = text.strip_prefix("#/components/schemas/");
            let name = name.ok_or_else(|| reference.wrong("only schemas of components"))?;
            self.refers.insert(name.to_owned());
            return Ok(json!({ "$ref": format!("#/$defs/{name}") }));
        }
        let mut result = Map::new();
        for (key, value) in schema.members()? {
            match key {
                "type" | "enum" | "required" | "minimum" | "maximum" | "minLength"
                | "maxLength" | "minItems" | "maxItems" | "uniqueItems" | "pattern" => {
                    result.insert(key.to_owned(), value.value().clone());
                }
                "properties" => {
                    let mut members = Map::new();
                    for (name, member) in value.members()? {
                        members.insert(name.to_owned(), self.whole(&member)?);
                    }
                    result.insert(key.to_owned(), Value::Object(members));
                }
                "items" => {
                    result.insert(key.to_owned(), self.whole(&value)?);
                }
                "additionalProperties" => {
                    let more = if value.value().is_boolean() {
                        value.value().clone()
                    } else {
                        self.whole(&value)?
                    };
                    result.insert(key.to_owned(), more);
                }
                "allOf" | "oneOf" | "anyOf" => {
                    let mut parts = Vec::new();
                    for part in value.items()? {
                        parts.push(self.part(&part)?);
                    }
                    result.insert(key.to_owned(), Value::Array(parts));
                }
                "format" => format_limits(&value, &mut result)?,
                "discriminator" => check_discriminator(schema, &value)?,
                "nullable" | "description" | "title" | "default" | "example" => {}
                other if other.starts_with("x-") => {}
                other => {
                    return Err(value.wrong(format!("the keyword {other} is not known here")));
                }
            }
        }
        if schema.is_true("nullable") {
            // Literally as 3.0.3 has it: it widens the type beside it, and no part of an `allOf`.
            let kind = result.get("type").cloned();
            let kind = kind.ok_or_else(|| schema.wrong("`nullable` is void without `type`"))?;
            result.insert("type".to_owned(), json!([kind, "null"]));
        }
        Ok(Value::Object(result))
    }
}

fn format_limits(
    format: &Node<'_>,
    result: &mut Map<String, Value>,
) -> Result<(), DescriptionError> {
    // A limit of the schema's own is narrower than one of its format.
    let mut limits = |least: i64, most: i64| {
        result.entry("minimum").or_insert_with(|| least.into());
        result.entry("maximum").or_insert_with(|| most.into());
    };
    match format.text()? {
        "int32" => limits(i32::MIN.into(), i32::MAX.into()),
        "int64" => limits(i64::MIN, i64::MAX),
        "date-time" => {
            result.insert("format".to_owned(), json!("date-time"));
        }
        "double" => {}
        other => return Err(format.wrong(format!("the format {other} is not known here"))),
    }
    Ok(())
}

/// A discriminator adds nothing to `oneOf` when each arm requires its own tag, and this makes sure of it.
fn check_discriminator(
    schema: &Node<'_>,
    discriminator: &Node<'_>,
) -> Result<(), DescriptionError> {
    let tag = discriminator.needed("propertyName")?.text()?;
    let arms = schema.items_of("oneOf")?;
    for (value, target) in discriminator.needed("mapping")?.members()? {
        let name = target.text()?;
        let is_arm = |arm: &Node<'_>| arm.value().get("$ref").and_then(Value::as_str) == Some(name);
        let arm = arms.iter().find(|arm| is_arm(arm));
        let arm = arm.ok_or_else(|| target.wrong("this is no arm of `oneOf`"))?.resolved()?;
        let said = arm.value().pointer(&format!("/properties/{tag}/enum"));
        if said != Some(&json!([value])) {
            return Err(arm.wrong(format!("`{tag}` does not say {value} alone")));
        }
        if !arm.items_of("required")?.iter().any(|one| one.value() == tag) {
            return Err(arm.wrong(format!("`{tag}` is not required")));
        }
    }
    Ok(())
}

/// Makes sure that what describes one value comes to an end: a schema that is a part of itself describes nothing.
fn check_ends(schema: &Node<'_>, deepest: usize) -> Result<(), DescriptionError> {
    if deepest == 0 {
        return Err(schema.wrong("the references run in a ring"));
    }
    let schema = schema.resolved()?;
    for key in ["allOf", "oneOf", "anyOf"] {
        for part in schema.items_of(key)? {
            check_ends(&part, deepest - 1)?;
        }
    }
    Ok(())
}

/// Whether a schema describes an object and does not leave its keys open.
fn is_closed(schema: &Node<'_>) -> Result<bool, DescriptionError> {
    let schema = schema.resolved()?;
    let value = schema.value();
    let is_object = value.get("type") == Some(&json!("object"));
    if is_object && value.get("additionalProperties").is_none() && value.get("properties").is_some()
    {
        return Ok(true);
    }
    for key in ["allOf", "oneOf"] {
        for part in schema.items_of(key)? {
            if is_closed(&part)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
