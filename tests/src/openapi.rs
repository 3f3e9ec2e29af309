//! An OpenAPI 3.0 document, and whether requests and replies are as it says.

use std::collections::BTreeMap;
use std::path::Path;

use jsonschema::{Draft, Validator};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

/// A document, ready to judge by.
pub struct Description {
    root: Value,
    endpoints: Vec<Endpoint>,
}

/// An operation of the document.
pub struct Endpoint {
    /// `operationId`.
    pub id: String,
    /// Method in capitals.
    pub method: String,
    /// Path template.
    pub path: String,
    parameters: Vec<Parameter>,
    body: Option<Body>,
    replies: BTreeMap<String, Reply>,
    /// Headers that a security scheme asks for.
    keys: Vec<String>,
}

struct Parameter {
    name: String,
    place: String,
    required: bool,
    explode: bool,
    /// The types that its text, or one element of its text, may have.
    types: Vec<String>,
    is_list: bool,
    schema: Validator,
    example: Option<Value>,
}

struct Body {
    required: bool,
    schema: Validator,
    examples: Vec<(String, Value)>,
}

struct Reply {
    schema: Validator,
    examples: Vec<(String, Value)>,
}

/// A request as it was sent.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Method in capitals.
    pub method: String,
    /// Path, percent-encoded.
    pub path: String,
    /// Query, percent-encoded, without the question mark.
    pub query: Option<String>,
    /// Headers, names in any case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Option<String>,
}

/// What a header parameter is to an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// It has to be there.
    Required,
    /// It may be there.
    Optional,
    /// It is not described.
    Absent,
}

impl Description {
    /// The description of V1.0.
    #[must_use]
    pub fn v1() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/flighthub-v1.yaml");
        Self::read(&std::fs::read_to_string(path).expect("the description can be read"))
    }

    /// Reads a document. A document that it does not understand whole is none: it panics.
    #[must_use]
    pub fn read(yaml: &str) -> Self {
        let root: Value = serde_yaml::from_str(yaml).expect("the document is YAML");
        let schemes = &root["components"]["securitySchemes"];
        let mut endpoints = Vec::new();
        for (path, item) in object(&root["paths"]) {
            for (method, operation) in object(item).iter().filter(|(key, _)| *key != "parameters") {
                let security = operation.get("security").unwrap_or(&root["security"]);
                let keys = list(security).iter().flat_map(|one| object(one).keys());
                let keys = keys.map(|name| text(&schemes[name]["name"])).collect();
                let shared = list(&item["parameters"]).iter();
                let parameters = shared.chain(list(&operation["parameters"]));
                endpoints.push(Endpoint {
                    id: text(&operation["operationId"]),
                    method: method.to_uppercase(),
                    path: path.clone(),
                    parameters: parameters.map(|one| Parameter::read(&root, one)).collect(),
                    body: operation.get("requestBody").map(|body| Body::read(&root, body)),
                    replies: object(&operation["responses"])
                        .iter()
                        .map(|(status, reply)| (status.clone(), Reply::read(&root, reply)))
                        .collect(),
                    keys,
                });
            }
        }
        Self { root, endpoints }
    }

    /// The operations, in the order of the document.
    #[must_use]
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// The operation of an id.
    #[must_use]
    pub fn get(&self, id: &str) -> &Endpoint {
        let found = self.endpoints.iter().find(|endpoint| endpoint.id == id);
        found.unwrap_or_else(|| panic!("the document has no {id}"))
    }

    /// The `$ref`s that lead nowhere.
    #[must_use]
    pub fn dangling(&self) -> Vec<String> {
        fn walk(root: &Value, value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Array(items) => items.iter().for_each(|item| walk(root, item, found)),
                Value::Object(members) => {
                    if let Some(Value::String(reference)) = members.get("$ref") {
                        let target = reference.strip_prefix('#').and_then(|to| root.pointer(to));
                        if target.is_none() {
                            found.push(reference.clone());
                        }
                    }
                    members.values().for_each(|member| walk(root, member, found));
                }
                _ => {}
            }
        }
        let mut found = Vec::new();
        walk(&self.root, &self.root, &mut found);
        found
    }

    /// What is wrong with a request: nothing, if it is as the document says.
    #[must_use]
    pub fn violations(&self, request: &Request) -> Vec<String> {
        let Some(endpoint) = self.route(&request.method, &request.path) else {
            return vec![format!("no operation is {} {}", request.method, request.path)];
        };
        endpoint.violations(request)
    }

    /// The operation that a method and a path mean. Concrete paths are matched before templated ones.
    #[must_use]
    pub fn route(&self, method: &str, path: &str) -> Option<&Endpoint> {
        let matching = self.endpoints.iter().filter(|one| segments(&one.path, path).is_some());
        let fewest = matching.clone().map(|one| one.path.matches('{').count()).min()?;
        let mut best = matching.filter(|one| one.path.matches('{').count() == fewest);
        best.find(|one| one.method == method)
    }
}

impl Endpoint {
    /// The operation's own examples as arguments: those of its parameters, with each of its body. Without a body it is one.
    #[must_use]
    pub fn requests(&self) -> Vec<(String, Map<String, Value>)> {
        let arguments = self.parameters.iter().filter(|one| one.place != "header");
        let arguments: Map<_, _> =
            arguments.filter_map(|one| Some((one.name.clone(), one.example.clone()?))).collect();
        let Some(body) = &self.body else {
            return vec![("example".to_owned(), arguments)];
        };
        let with =
            |body: &Value| arguments.clone().into_iter().chain(object(body).clone()).collect();
        body.examples.iter().map(|(name, body)| (name.clone(), with(body))).collect()
    }

    /// Examples of its replies: status as in the document, name, body.
    pub fn replies(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        self.replies.iter().flat_map(|(status, reply)| {
            let examples = reply.examples.iter();
            examples.map(move |(name, body)| (status.as_str(), name.as_str(), body))
        })
    }

    /// What a header is to it.
    #[must_use]
    pub fn header(&self, name: &str) -> Declared {
        let mut headers = self.parameters.iter().filter(|one| one.place == "header");
        match headers.find(|one| one.name.eq_ignore_ascii_case(name)) {
            Some(Parameter { required: true, .. }) => Declared::Required,
            Some(_) => Declared::Optional,
            None if self.keys.iter().any(|key| key.eq_ignore_ascii_case(name)) => {
                Declared::Required
            }
            None => Declared::Absent,
        }
    }

    /// What is wrong with examples of parameters.
    #[must_use]
    pub fn wrong_examples(&self) -> Vec<String> {
        let examples = self.parameters.iter().filter_map(|one| Some((one, one.example.as_ref()?)));
        examples.flat_map(|(one, value)| problems(&one.schema, value, &one.name)).collect()
    }

    /// What is wrong with a reply.
    #[must_use]
    pub fn reply_violations(&self, status: u16, body: &Value) -> Vec<String> {
        let (exact, range) = (status.to_string(), format!("{}XX", status / 100));
        match self.replies.get(&exact).or_else(|| self.replies.get(&range)) {
            Some(reply) => problems(&reply.schema, body, "reply"),
            None => vec![format!("{} does not describe status {status}", self.id)],
        }
    }

    fn violations(&self, request: &Request) -> Vec<String> {
        let mut found = Vec::new();
        for (name, text) in segments(&self.path, &request.path).unwrap_or_default() {
            match self.parameter("path", name) {
                Some(parameter) => found.extend(parameter.violations(&[text])),
                None => found.push(format!("the placeholder {name} is not described")),
            }
        }
        found.extend(self.query_violations(request.query.as_deref().unwrap_or_default()));
        found.extend(self.header_violations(&request.headers));
        match (&self.body, &request.body) {
            (None, None) => {}
            (None, Some(_)) => found.push("a body is not described".to_owned()),
            (Some(body), None) if body.required => found.push("the body is missing".to_owned()),
            (Some(_), None) => {}
            (Some(body), Some(text)) => match serde_json::from_str(text) {
                Ok(value) => found.extend(problems(&body.schema, &value, "body")),
                Err(error) => found.push(format!("the body is no JSON: {error}")),
            },
        }
        if request.body.is_some() {
            let kind = request.headers.iter().find(|(name, _)| name == "content-type");
            if kind.is_none_or(|(_, kind)| kind != "application/json") {
                found.push(format!("the body's type is {kind:?}"));
            }
        }
        found
    }

    fn query_violations(&self, query: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut given: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            given.entry(decoded(name)).or_default().push(value);
        }
        let declared = self.parameters.iter().filter(|one| one.place == "query");
        let missing = declared.filter(|one| one.required && !given.contains_key(&one.name));
        found.extend(missing.map(|one| format!("the query lacks {}", one.name)));
        for (name, values) in given {
            match self.parameter("query", &name) {
                Some(parameter) => found.extend(parameter.violations(&values)),
                None => found.push(format!("the query key {name} is not described")),
            }
        }
        found
    }

    /// Headers of the API's own are described or wrong; those of HTTP itself are not OpenAPI's business.
    fn header_violations(&self, headers: &[(String, String)]) -> Vec<String> {
        let mut found = Vec::new();
        let given = |name: &str| headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        let declared = self.parameters.iter().filter(|one| one.place == "header");
        let needed = declared.filter(|one| one.required).map(|one| &one.name).chain(&self.keys);
        found.extend(
            needed.filter(|name| !given(name)).map(|name| format!("the header {name} is missing")),
        );
        for (name, value) in
            headers.iter().filter(|(name, _)| name.to_lowercase().starts_with("x-"))
        {
            let is_key = self.keys.iter().any(|key| key.eq_ignore_ascii_case(name));
            match self
                .parameters
                .iter()
                .find(|one| one.place == "header" && one.name.eq_ignore_ascii_case(name))
            {
                Some(parameter) => found.extend(parameter.check(&Value::String(value.clone()))),
                None if is_key => {}
                None => found.push(format!("the header {name} is not described")),
            }
        }
        found
    }

    fn parameter(&self, place: &str, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|one| one.place == place && one.name == name)
    }
}

impl Parameter {
    fn read(root: &Value, value: &Value) -> Self {
        let value = resolved(root, value);
        let place = text(&value["in"]);
        let style = value.get("style").map(text);
        let expected = if place == "query" { "form" } else { "simple" };
        assert!(
            style.as_deref().unwrap_or(expected) == expected,
            "style {style:?} is not known here"
        );
        let (types, items) = types(root, &value["schema"]);
        assert!(!types.contains(&"object".to_owned()), "objects in URLs are not known here");
        Self {
            name: text(&value["name"]),
            required: value["required"] == true,
            explode: value.get("explode").map_or(place == "query", |explode| explode == true),
            is_list: types.contains(&"array".to_owned()),
            types: items.unwrap_or(types),
            schema: validator(root, &value["schema"], Openness::Closed),
            example: value.get("example").cloned(),
            place,
        }
    }

    /// What is wrong with it as it stands in the URL, percent-encoded, once for each time that it stands there.
    fn violations(&self, given: &[&str]) -> Vec<String> {
        if given.len() > 1 && !(self.explode && self.is_list) {
            return vec![format!("{} comes {} times", self.name, given.len())];
        }
        if !self.is_list {
            return self.check(&scalar(&self.types, &decoded(given[0])));
        }
        let parts: Vec<&str> =
            if self.explode { given.to_vec() } else { given[0].split(',').collect() };
        self.check(&parts.iter().map(|part| scalar(&self.types, &decoded(part))).collect())
    }

    fn check(&self, value: &Value) -> Vec<String> {
        problems(&self.schema, value, &self.name)
    }
}

impl Body {
    fn read(root: &Value, value: &Value) -> Self {
        let content = &value["content"]["application/json"];
        Self {
            required: value["required"] == true,
            schema: validator(root, &content["schema"], Openness::Closed),
            examples: examples(content),
        }
    }
}

impl Reply {
    fn read(root: &Value, value: &Value) -> Self {
        let content = &resolved(root, value)["content"]["application/json"];
        let schema = validator(root, &content["schema"], Openness::Open);
        Self { schema, examples: examples(content) }
    }
}

fn examples(content: &Value) -> Vec<(String, Value)> {
    let single = content.get("example").map(|value| ("example".to_owned(), value.clone()));
    let named = content.get("examples").map(object).into_iter().flatten();
    single
        .into_iter()
        .chain(named.map(|(name, one)| (name.clone(), one["value"].clone())))
        .collect()
}

/// The texts at the placeholders, still encoded, when the path is one of the template's.
fn segments<'t, 'p>(template: &'t str, path: &'p str) -> Option<Vec<(&'t str, &'p str)>> {
    let (template, path): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    if template.len() != path.len() {
        return None;
    }
    let mut found = Vec::new();
    for (wanted, given) in template.into_iter().zip(path) {
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if !given.is_empty() => found.push((name, given)),
            None if wanted == given => {}
            _ => return None,
        }
    }
    Some(found)
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().expect("what is percent-encoded is UTF-8").into_owned()
}

/// A text of a URL as one of the types that it may have; what it cannot be stays text, and the schema then refuses it.
fn scalar(types: &[String], text: &str) -> Value {
    let literal = !types.iter().any(|one| one == "string");
    let value =
        serde_json::from_str(text).ok().filter(|value: &Value| literal && !value.is_string());
    value.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// The types of a schema, and those of its elements when it is a list.
fn types(root: &Value, schema: &Value) -> (Vec<String>, Option<Vec<String>>) {
    let schema = resolved(root, schema);
    let mut found: Vec<String> = schema.get("type").map(text).into_iter().collect();
    let mut items = schema.get("items").map(|items| types(root, items).0);
    for part in list(&schema["allOf"]) {
        let (more, inner) = types(root, part);
        found.extend(more);
        items = items.or(inner);
    }
    (found, items)
}

/// Whether an object may have keys that are not described.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Openness {
    /// As in replies: what the server adds is to be ignored.
    Open,
    /// As in requests: what is not described is not sent.
    Closed,
}

fn validator(root: &Value, schema: &Value, openness: Openness) -> Validator {
    let converter = Converter { root, openness };
    let components = object(&root["components"]["schemas"]).iter();
    let defs: Map<_, _> =
        components.map(|(name, schema)| (name.clone(), converter.part(schema))).collect();
    let mut whole = converter.whole(schema);
    whole["$defs"] = Value::Object(defs);
    let options =
        jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
    options.build(&whole).unwrap_or_else(|error| panic!("{schema} is no schema: {error}"))
}

/// From OpenAPI 3.0 to JSON Schema 2020-12.
struct Converter<'r> {
    root: &'r Value,
    openness: Openness,
}

impl Converter<'_> {
    /// A schema that describes a value all by itself, and so all keys of an object.
    fn whole(&self, schema: &Value) -> Value {
        let mut result = self.part(schema);
        if self.openness == Openness::Closed && self.is_closed(schema) {
            result = json!({"allOf": [result], "unevaluatedProperties": false});
        }
        result
    }

    /// A schema that others may stand beside, as in `allOf`.
    fn part(&self, schema: &Value) -> Value {
        if let Some(reference) = schema.get("$ref") {
            let name = text(reference).replace("#/components/schemas/", "#/$defs/");
            return json!({ "$ref": name });
        }
        let mut result = Map::new();
        for (key, value) in object(schema) {
            match key.as_str() {
                "type" | "enum" | "required" | "minimum" | "maximum" | "minLength"
                | "maxLength" | "minItems" | "maxItems" | "uniqueItems" | "pattern" => {
                    result.insert(key.clone(), value.clone());
                }
                "properties" => {
                    let members = object(value).iter();
                    let members: Map<_, _> =
                        members.map(|(name, one)| (name.clone(), self.whole(one))).collect();
                    result.insert(key.clone(), Value::Object(members));
                }
                "items" => {
                    result.insert(key.clone(), self.whole(value));
                }
                "additionalProperties" => {
                    let value = if value.is_boolean() { value.clone() } else { self.whole(value) };
                    result.insert(key.clone(), value);
                }
                "allOf" | "oneOf" | "anyOf" => {
                    let parts = list(value).iter().map(|one| self.part(one)).collect();
                    result.entry(key.clone()).or_insert(parts);
                }
                "format" => match text(value).as_str() {
                    "int32" => merge(
                        &mut result,
                        &[("minimum", json!(i32::MIN)), ("maximum", json!(i32::MAX))],
                    ),
                    "int64" => merge(
                        &mut result,
                        &[("minimum", json!(i64::MIN)), ("maximum", json!(i64::MAX))],
                    ),
                    "date-time" => merge(&mut result, &[("format", json!("date-time"))]),
                    "double" => {}
                    other => panic!("the format {other} is not known here"),
                },
                "discriminator" => self.check_discriminator(schema, value),
                "nullable" | "description" | "title" | "default" | "example" => {}
                other if other.starts_with("x-") => {}
                other => panic!("the keyword {other} is not known here: {schema}"),
            }
        }
        if schema["nullable"] == true {
            // Literally as 3.0.3 has it: it widens the type beside it, and no part of an `allOf`.
            assert!(schema.get("type").is_some(), "`nullable` is void without `type`: {schema}");
            result["type"] = json!([schema["type"], "null"]);
        }
        Value::Object(result)
    }

    fn check_discriminator(&self, schema: &Value, discriminator: &Value) {
        let tag = text(&discriminator["propertyName"]);
        let arms: Vec<_> = list(&schema["oneOf"]).iter().map(|arm| text(&arm["$ref"])).collect();
        for (value, target) in object(&discriminator["mapping"]) {
            assert!(arms.contains(&text(target)), "{target} is an arm");
            let arm =
                self.root.pointer(text(target).trim_start_matches('#')).expect("the arm is there");
            assert_eq!(arm["properties"][&tag]["enum"], json!([value]), "{target} says its tag");
            assert!(list(&arm["required"]).contains(&json!(tag)), "{target} has its tag");
        }
    }

    /// Whether a schema describes an object and does not leave its keys open.
    fn is_closed(&self, schema: &Value) -> bool {
        let schema = resolved(self.root, schema);
        let parts = ["allOf", "oneOf"].iter().flat_map(|key| list(&schema[key]));
        let is_object = schema["type"] == "object" && schema.get("additionalProperties").is_none();
        is_object && schema.get("properties").is_some()
            || parts.into_iter().any(|part| self.is_closed(part))
    }
}

/// Adds what is not there yet: a limit of the schema's own is narrower than one of its format.
fn merge(into: &mut Map<String, Value>, more: &[(&str, Value)]) {
    for (key, value) in more {
        into.entry(*key).or_insert_with(|| value.clone());
    }
}

fn problems(schema: &Validator, value: &Value, what: &str) -> Vec<String> {
    let errors = schema.iter_errors(value);
    errors.map(|error| format!("{what}{}: {error}", error.instance_path())).collect()
}

fn resolved<'r>(root: &'r Value, value: &'r Value) -> &'r Value {
    match value.get("$ref") {
        Some(reference) => {
            let target = root.pointer(text(reference).trim_start_matches('#'));
            resolved(root, target.unwrap_or_else(|| panic!("{reference} leads nowhere")))
        }
        None => value,
    }
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap_or_else(|| panic!("{value} is no object"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
