//! JSON Schemas (2020-12) of arguments, for the catalogue.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::facts::Facts;
use crate::ir::TypeDef;
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
    pub(super) fn arguments(&mut self, parameters: &[&'a Value], body: Option<&'a Value>) -> Value {
        let mut object = Arguments::default();
        for parameter in parameters {
            let (name, place) = (parameter.text("name"), parameter.text("in"));
            if place == "header" {
                continue;
            }
            let mut schema = self.convert(parameter.under("schema"));
            schema.insert("description".to_owned(), parameter.docs("description").into());
            if let Some(aliases) = parameter.get("x-aliases") {
                schema.insert("x-aliases".to_owned(), aliases.clone());
            }
            object.add(name, schema, place, parameter.flag("required"));
        }
        if let Some(body) = body {
            self.body(self.document.resolve(body), &mut object);
        }
        let Arguments { properties, required, unions } = object;
        let mut schema = json!({"type": "object", "properties": properties, "required": required});
        if unions.is_empty() {
            schema["additionalProperties"] = false.into();
        } else {
            schema["allOf"] = unions.into();
            schema["unevaluatedProperties"] = false.into();
        }
        schema
    }

    fn body(&mut self, schema: &'a Value, object: &mut Arguments) {
        for part in schema.items("allOf") {
            match self.document.resolve(part) {
                union if union.has("oneOf") => object.unions.push(self.convert(part).into()),
                common => self.properties(common, object),
            }
        }
        self.properties(schema, object);
    }

    fn properties(&mut self, schema: &'a Value, object: &mut Arguments) {
        for (name, property) in schema.members("properties") {
            object.add(name, self.convert(property), "body", schema.lists("required", name));
        }
    }

    fn convert(&mut self, schema: &'a Value) -> Map<String, Value> {
        let mut converted = Map::new();
        let nullable = schema.flag("nullable");
        for (key, value) in schema.as_object().into_iter().flatten() {
            let (key, value) = match (key.as_str(), value) {
                (key, _) if DROPPED.contains(&key) => continue,
                ("$ref", Value::String(_)) => ("$ref", self.reference(schema)),
                ("allOf", Value::Array(parts)) if parts.len() == 1 => {
                    match self.reference(&parts[0]) {
                        reference if nullable => {
                            ("anyOf", json!([{ "$ref": reference }, { "type": "null" }]))
                        }
                        reference => ("$ref", reference),
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
            if sent.contains(at.as_str()) && component.has("properties") && !arms.contains(name) {
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
    let components = document.value.under("components").members("schemas");
    let parts = components.map(|(_, schema)| schema.items("allOf")).filter(|parts| parts.len() > 1);
    let unions = parts.flatten().map(|part| document.resolve(part));
    unions.flat_map(|union| union.items("oneOf")).filter_map(refs::schema_name).collect()
}
