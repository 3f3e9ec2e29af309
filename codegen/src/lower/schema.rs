//! JSON Schemas (2020-12) of arguments, for the catalogue.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::node::Node;
use crate::ir::{Field, Place, TypeDef};
use crate::load::Document;
use crate::refs;

/// What only the decoder, the emitter or the documentation needs.
const DROPPED: &[&str] = &[
    "discriminator",
    "example",
    "nullable",
    "title",
    "x-enum-varnames",
    "x-failed-when",
    "x-lenient",
    "x-views",
];

/// Writes argument schemas and remembers which components they refer to.
pub(super) struct Defs<'a> {
    document: &'a Document,
    /// In the order in which they were met.
    wanted: Vec<&'a str>,
    met: HashSet<&'a str>,
}

impl<'a> Defs<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        Self { document, wanted: Vec::new(), met: HashSet::new() }
    }

    /// All arguments of an operation as one closed object.
    pub(super) fn arguments(
        &mut self,
        fields: &[Field],
        parameters: &[Node<'a>],
        body: Option<&Node<'a>>,
    ) -> Value {
        let mut object = Arguments::default();
        for field in fields {
            let place = match field.place {
                Place::Path => "path",
                Place::Query => "query",
                Place::Body | Place::Member => continue,
            };
            let Some(parameter) = parameters
                .iter()
                .find(|node| node.text("name") == field.wire && node.text("in") == place)
            else {
                continue;
            };
            let mut schema = self.convert(parameter.value.get("schema").unwrap_or(&Value::Null));
            schema.insert("description".to_owned(), parameter.docs("description").into());
            schema.extend(
                parameter
                    .value
                    .get("x-aliases")
                    .map(|aliases| ("x-aliases".to_owned(), aliases.clone())),
            );
            object.add(&field.wire, schema, place, field.required);
        }
        if let Some(body) = body {
            self.body(body.value, &mut object);
        }
        let closed =
            if object.unions.is_empty() { "additionalProperties" } else { "unevaluatedProperties" };
        let mut schema = Map::new();
        schema.insert("type".to_owned(), "object".into());
        schema.insert("properties".to_owned(), object.properties.into());
        schema.insert("required".to_owned(), object.required.into());
        if !object.unions.is_empty() {
            schema.insert("allOf".to_owned(), object.unions.into());
        }
        schema.insert(closed.to_owned(), false.into());
        schema.into()
    }

    fn body(&mut self, schema: &'a Value, object: &mut Arguments) {
        let Some(target) = self.document.resolve(schema) else {
            return;
        };
        for part in target.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            match self.document.resolve(part) {
                Some(union) if union.get("oneOf").is_some() => {
                    object.unions.push(self.convert(part).into());
                }
                Some(common) => self.properties(common, object),
                None => {}
            }
        }
        self.properties(target, object);
    }

    fn properties(&mut self, schema: &'a Value, object: &mut Arguments) {
        let required = schema.get("required").and_then(Value::as_array);
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, property) in properties.into_iter().flatten() {
            let required = required.is_some_and(|required| required.iter().any(|key| key == name));
            object.add(name, self.convert(property), "body", required);
        }
    }

    fn convert(&mut self, schema: &'a Value) -> Map<String, Value> {
        let mut converted = Map::new();
        let nullable = schema.get("nullable").is_some_and(|nullable| nullable == true);
        for (key, value) in schema.as_object().into_iter().flatten() {
            let (key, value) = match (key.as_str(), value) {
                (key, _) if DROPPED.contains(&key) => continue,
                ("$ref", Value::String(_)) => ("$ref", self.reference(schema)),
                ("allOf", Value::Array(parts)) if parts.len() == 1 => {
                    match parts.first().map(|only| self.reference(only)) {
                        Some(reference) if nullable => {
                            ("anyOf", json!([{ "$ref": reference }, { "type": "null" }]))
                        }
                        Some(reference) => ("$ref", reference),
                        None => continue,
                    }
                }
                ("allOf" | "oneOf", Value::Array(parts)) => {
                    (key.as_str(), parts.iter().map(|part| self.convert(part)).collect())
                }
                ("items", items) => ("items", self.convert(items).into()),
                ("properties", Value::Object(members)) => {
                    let members: Map<_, _> = members
                        .iter()
                        .map(|(name, member)| (name.clone(), self.convert(member).into()))
                        .collect();
                    ("properties", members.into())
                }
                ("type", kind) if nullable => ("type", json!([kind, "null"])),
                ("enum", Value::Array(values)) if nullable => {
                    ("enum", values.iter().cloned().chain([Value::Null]).collect())
                }
                ("description", Value::String(text)) => ("description", text.trim().into()),
                (key, value) => (key, value.clone()),
            };
            converted.insert(key.to_owned(), value);
        }
        converted
    }

    fn reference(&mut self, schema: &'a Value) -> Value {
        let name = refs::schema_name(schema).unwrap_or_default();
        if self.met.insert(name) {
            self.wanted.push(name);
        }
        format!("#/$defs/{name}").into()
    }

    /// The schemas of all components that were referred to, and of those that they refer to.
    pub(super) fn finish(mut self, types: &[TypeDef]) -> Map<String, Value> {
        let document = self.document;
        let arms = flattened_arms(document);
        let sent = types.iter().filter(|def| def.in_request && !def.in_response);
        let sent: HashSet<_> = sent.map(|def| def.at.as_str()).collect();
        let mut defs = Map::new();
        let mut next = 0;
        while let Some(&name) = self.wanted.get(next) {
            next += 1;
            let Some(component) = document.schema(name) else {
                continue;
            };
            let mut schema = self.convert(component);
            let at = refs::join("/components/schemas", name);
            if sent.contains(at.as_str())
                && component.get("properties").is_some()
                && !arms.contains(name)
            {
                schema.entry("additionalProperties").or_insert(false.into());
            }
            defs.insert(name.to_owned(), schema.into());
        }
        defs
    }
}

#[derive(Default)]
struct Arguments {
    properties: Map<String, Value>,
    required: Vec<Value>,
    unions: Vec<Value>,
}

impl Arguments {
    fn add(&mut self, name: &str, mut schema: Map<String, Value>, place: &str, required: bool) {
        schema.insert("x-place".to_owned(), place.into());
        self.properties.insert(name.to_owned(), schema.into());
        if required {
            self.required.push(name.into());
        }
    }
}

/// Components that stand beside other properties (arms of a union in an `allOf`), so that they cannot be closed on their own.
fn flattened_arms(document: &Document) -> HashSet<&str> {
    let components =
        document.at("/components/schemas").and_then(Value::as_object).into_iter().flatten();
    components
        .filter_map(|(_, schema)| schema.get("allOf")?.as_array().filter(|parts| parts.len() > 1))
        .flatten()
        .filter_map(|part| document.resolve(part)?.get("oneOf")?.as_array())
        .flatten()
        .filter_map(refs::schema_name)
        .collect()
}
