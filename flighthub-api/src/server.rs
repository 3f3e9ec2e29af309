//! The other side of the wire: reading requests as operations and writing their answers, for simulators and gateways.
//!
//! Reading is as lenient as the real gateway seems to be, and tells: what it let pass is in the [`Note`]s.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::catalog::{Catalogue, distance};
use crate::generated::v1::{AnyOperation, CATALOGUE};
use crate::operation::{Arguments, OperationInfo};
use crate::request::placeholder;
use crate::wire;

/// The text of an answer's `data`, with its secrets as they are; nothing when the operation promises nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer(Option<String>);

impl Answer {
    /// The answer of an operation.
    #[must_use]
    pub fn of<T: Serialize>(data: &T) -> Self {
        let text = wire::reveal(|| serde_json::to_string(data)).ok();
        Self(text.filter(|text| text != "null"))
    }

    /// The JSON text of `data`. It may hold secrets.
    #[must_use]
    pub fn data(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(text) => write!(f, "Answer({} bytes)", text.len()),
            None => f.write_str("Answer(none)"),
        }
    }
}

/// A request that was read.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Parsed {
    /// The operation.
    pub operation: AnyOperation,
    /// What was let pass although it is not as documented.
    pub notes: Vec<Note>,
}

/// Something in a request that is not as documented.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Note {
    /// What sort of thing.
    pub kind: NoteKind,
    /// Where: JSON path of the argument.
    pub path: String,
}

/// Sorts of things in a request that are not as documented.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoteKind {
    /// A field that the operation does not have. It was ignored.
    UnknownField,
    /// Another spelling of the named field.
    OtherSpelling {
        /// The canonical name.
        canonical: String,
    },
    /// Null for an absent value.
    Null,
    /// An argument in the query that belongs into the body, or the reverse.
    Misplaced,
    /// A list in the query as repeated keys instead of one comma-joined value.
    RepeatedKey,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            NoteKind::UnknownField => write!(f, "unknown field `{}` ignored", self.path),
            NoteKind::OtherSpelling { canonical } => {
                write!(f, "`{}` read as `{canonical}`", self.path)
            }
            NoteKind::Null => write!(f, "null for absent `{}`", self.path),
            NoteKind::Misplaced => write!(f, "`{}` is misplaced", self.path),
            NoteKind::RepeatedKey => {
                write!(f, "`{}` comes several times instead of comma-joined", self.path)
            }
        }
    }
}

/// Why a request could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unreadable {
    /// No operation has this path.
    NoRoute {
        /// The most similar path template.
        nearest: Option<&'static str>,
    },
    /// The path is there, the method is not.
    WrongMethod {
        /// The methods that the path has.
        allowed: Vec<&'static str>,
    },
    /// The body is no JSON object.
    BadBody {
        /// Why.
        problem: String,
    },
    /// An argument is missing or wrong.
    BadArgument {
        /// The operation.
        operation: &'static OperationInfo,
        /// JSON path of the argument; empty for the whole.
        path: String,
        /// What is wrong.
        problem: String,
    },
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoute { nearest: Some(nearest) } => {
                write!(f, "no such path; the nearest is {nearest}")
            }
            Self::NoRoute { nearest: None } => f.write_str("no such path"),
            Self::WrongMethod { allowed } => write!(f, "the path takes {}", allowed.join(", ")),
            Self::BadBody { problem } => write!(f, "the body is no JSON object: {problem}"),
            Self::BadArgument { path, problem, .. } if path.is_empty() => f.write_str(problem),
            Self::BadArgument { path, problem, .. } => write!(f, "{path}: {problem}"),
        }
    }
}

impl std::error::Error for Unreadable {}

/// The operation behind a method and a path. Static segments win over placeholders.
///
/// # Errors
///
/// When there is none.
pub fn route(method: &str, path: &str) -> Result<&'static OperationInfo, Unreadable> {
    let matching = CATALOGUE.iter().copied().filter(|info| arguments_of(info.path, path).is_some());
    let matching: Vec<_> = matching.collect();
    // `/flight-task/list` is also a `/flight-task/{task_uuid}`: only the templates with the fewest placeholders count.
    let fewest = matching.iter().map(|info| info.path.matches('{').count()).min();
    let best: Vec<_> = matching
        .into_iter()
        .filter(|info| Some(info.path.matches('{').count()) == fewest)
        .collect();
    if let Some(info) = best.iter().find(|info| info.method.as_str() == method) {
        return Ok(info);
    }
    if best.is_empty() {
        let most = path.len() / 3;
        // A path of another length is as far away at least: so comparing takes no longer however long a path is sent.
        let like = CATALOGUE.iter().filter(|info| info.path.len().abs_diff(path.len()) <= most);
        let nearest = like.map(|info| (distance(path, info.path), info.path)).min();
        return Err(Unreadable::NoRoute {
            nearest: nearest.filter(|(steps, _)| *steps <= most).map(|(_, path)| path),
        });
    }
    Err(Unreadable::WrongMethod { allowed: best.iter().map(|info| info.method.as_str()).collect() })
}

/// The path arguments, when the path is one of the template's.
fn arguments_of<'t>(template: &'t str, path: &str) -> Option<Vec<(&'t str, String)>> {
    // Most templates are ruled out by how they begin, and every request is held against all of them.
    if !path.starts_with(template.split('{').next().unwrap_or(template)) {
        return None;
    }
    let mut arguments = Vec::new();
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(arguments),
            (Some(wanted), Some(given)) => match placeholder(wanted) {
                Some((_, name, _)) if !given.is_empty() => arguments.push((name, decode(given))),
                None if wanted == given => {}
                _ => return None,
            },
            _ => return None,
        }
    }
}

fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn decode_query(text: &str) -> String {
    decode(&text.replace('+', " "))
}

/// Reads a request as an operation.
///
/// # Errors
///
/// When no operation is meant, or an argument is missing or wrong.
pub fn read_request(
    method: &str,
    path: &str,
    query: &str,
    body: &[u8],
) -> Result<Parsed, Unreadable> {
    let info = route(method, path)?;
    let bad = |path: &str, problem: String| Unreadable::BadArgument {
        operation: info,
        path: path.to_owned(),
        problem,
    };
    let catalogue = Catalogue::v1();
    let Some(entry) = catalogue.get(info.id) else {
        return Err(bad("", "the catalogue has no schema of this operation".to_owned()));
    };
    let mut tidy = Tidy { catalogue, notes: Vec::new() };
    let fields = tidy.fields(&entry.arguments, None);

    let mut arguments = Map::new();
    for (name, text) in arguments_of(info.path, path).unwrap_or_default() {
        let value =
            tidy.scalar(fields.get(name).copied(), &text).map_err(|problem| bad(name, problem))?;
        arguments.insert(name.to_owned(), value);
    }
    let body = match body {
        [] => Map::new(),
        _ => match serde_json::from_slice(body) {
            Ok(Value::Object(object)) => object,
            Ok(_) => {
                return Err(Unreadable::BadBody { problem: "it is another JSON value".to_owned() });
            }
            Err(error) => return Err(Unreadable::BadBody { problem: error.to_string() }),
        },
    };
    let misplaced_body = info.arguments == Arguments::Query && !body.is_empty();
    for (key, value) in body {
        if misplaced_body {
            tidy.note(NoteKind::Misplaced, key.clone());
        }
        arguments.entry(key).or_insert(value);
    }
    let mut seen = BTreeSet::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, text) = pair.split_once('=').unwrap_or((pair, ""));
        let key = decode_query(key);
        if info.arguments == Arguments::Body {
            tidy.note(NoteKind::Misplaced, key.clone());
        }
        let field = fields.get(key.as_str()).copied();
        if field.is_some_and(|field| is_list(catalogue, field)) {
            if !seen.insert(key.clone()) {
                tidy.note(NoteKind::RepeatedKey, key.clone());
            }
            let items = field.and_then(|field| catalogue.resolve(field).get("items"));
            let list = arguments.entry(key.clone()).or_insert_with(|| Value::Array(Vec::new()));
            for part in text.split(',').filter(|part| !part.is_empty()) {
                let value = tidy
                    .scalar(items, &decode_query(part))
                    .map_err(|problem| bad(&key, problem))?;
                if let Value::Array(list) = list {
                    list.push(value);
                }
            }
        } else {
            let value =
                tidy.scalar(field, &decode_query(text)).map_err(|problem| bad(&key, problem))?;
            arguments.insert(key, value);
        }
    }

    tidy.object(&entry.arguments, &mut arguments, "")
        .map_err(|(path, problem)| bad(&path, problem))?;
    let text = Value::Object(arguments).to_string();
    let operation = AnyOperation::from_args(info.id, &text)
        .map_err(|error| bad(error.path(), error.problem().to_owned()))?;
    Ok(Parsed { operation, notes: tidy.notes })
}

fn is_list(catalogue: &Catalogue, schema: &Value) -> bool {
    types(catalogue.resolve(schema)).contains(&"array")
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

type Wrong = (String, String);

/// Brings a request into its documented form, as far as the schema tells, and notes what it did.
struct Tidy<'c> {
    catalogue: &'c Catalogue,
    notes: Vec<Note>,
}

impl<'c> Tidy<'c> {
    fn note(&mut self, kind: NoteKind, path: String) {
        self.notes.push(Note { kind, path });
    }

    /// The fields of an object schema: its own, those of `allOf`, and those of the union arm that the given object names.
    fn fields(
        &self,
        schema: &'c Value,
        object: Option<&Map<String, Value>>,
    ) -> std::collections::BTreeMap<&'c str, &'c Value> {
        let schema = self.catalogue.resolve(schema);
        let mut fields = std::collections::BTreeMap::new();
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            fields.extend(properties.iter().map(|(name, schema)| (name.as_str(), schema)));
        }
        for part in parts(schema, "allOf") {
            fields.extend(self.fields(part, object));
        }
        let arms = parts(schema, "oneOf").into_iter();
        let chosen = arms.filter(|arm| object.is_none_or(|object| self.is_arm(arm, object)));
        // With no arm named its fields are left as they are: the typed reading says which tags there are.
        for arm in chosen {
            fields.extend(self.fields(arm, object));
        }
        fields
    }

    /// Whether every one-value enum of an arm is what the object has there.
    fn is_arm(&self, arm: &'c Value, object: &Map<String, Value>) -> bool {
        let arm = self.catalogue.resolve(arm);
        let properties = arm.get("properties").and_then(Value::as_object);
        properties.into_iter().flatten().all(|(name, schema)| {
            let only = parts(self.catalogue.resolve(schema), "enum");
            only.len() != 1 || object.get(name) == Some(only[0])
        })
    }

    fn required(&self, schema: &'c Value, object: &Map<String, Value>) -> Vec<&'c str> {
        let schema = self.catalogue.resolve(schema);
        let mut required: Vec<_> =
            parts(schema, "required").into_iter().filter_map(Value::as_str).collect();
        for part in parts(schema, "allOf") {
            required.extend(self.required(part, object));
        }
        for arm in parts(schema, "oneOf").into_iter().filter(|arm| self.is_arm(arm, object)) {
            required.extend(self.required(arm, object));
        }
        required
    }

    /// The names that fields of other arms have: they are not unknown, they do not go together.
    fn is_of_some_arm(&self, schema: &'c Value, name: &str) -> bool {
        self.fields(schema, None).contains_key(name)
    }

    fn object(
        &mut self,
        schema: &'c Value,
        object: &mut Map<String, Value>,
        path: &str,
    ) -> Result<(), Wrong> {
        let at =
            |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        self.spellings(&self.fields(schema, None), object, &at);
        let fields = self.fields(schema, Some(object));
        let required = self.required(schema, object);
        for name in object.keys().cloned().collect::<Vec<_>>() {
            let Some(field) = fields.get(name.as_str()).copied() else {
                if !self.is_of_some_arm(schema, &name) {
                    object.shift_remove(&name);
                    self.note(NoteKind::UnknownField, at(&name));
                }
                continue;
            };
            let nullable = types(self.catalogue.resolve(field)).contains(&"null");
            if object.get(&name).is_some_and(Value::is_null)
                && !nullable
                && !required.contains(&name.as_str())
            {
                object.shift_remove(&name);
                self.note(NoteKind::Null, at(&name));
                continue;
            }
            if let Some(value) = object.get_mut(&name) {
                self.value(field, value, &at(&name))?;
            }
        }
        match required.iter().find(|name| object.get(**name).is_none_or(Value::is_null)) {
            Some(name) => Err((at(name), "is missing".to_owned())),
            None => Ok(()),
        }
    }

    /// Moves values under their canonical names; the canonical one wins.
    fn spellings(
        &mut self,
        fields: &std::collections::BTreeMap<&'c str, &'c Value>,
        object: &mut Map<String, Value>,
        at: &dyn Fn(&str) -> String,
    ) {
        for (canonical, field) in fields {
            for other in parts(field, "x-aliases").into_iter().filter_map(Value::as_str) {
                if fields.contains_key(other) {
                    continue;
                }
                if let Some(value) = object.shift_remove(other) {
                    self.note(
                        NoteKind::OtherSpelling { canonical: (*canonical).to_owned() },
                        at(other),
                    );
                    object.entry((*canonical).to_owned()).or_insert(value);
                }
            }
        }
    }

    fn value(&mut self, schema: &'c Value, value: &mut Value, path: &str) -> Result<(), Wrong> {
        let resolved = self.catalogue.resolve(schema);
        // A property with its own text wraps the type in `allOf`.
        let inner: Vec<_> = parts(resolved, "allOf");
        if let [one] = inner.as_slice() {
            if resolved.get("properties").is_none() {
                return self.value(one, value, path);
            }
        }
        check(resolved, value).map_err(|problem| (path.to_owned(), problem))?;
        match value {
            Value::Object(object) if !self.fields(resolved, None).is_empty() => {
                self.object(resolved, object, path)
            }
            Value::Array(items) => match resolved.get("items") {
                Some(schema) => items.iter_mut().enumerate().try_for_each(|(index, item)| {
                    self.value(schema, item, &format!("{path}[{index}]"))
                }),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// A value from the URL as the schema wants it.
    fn scalar(&self, schema: Option<&'c Value>, text: &str) -> Result<Value, String> {
        let Some(schema) = schema else { return Ok(Value::String(text.to_owned())) };
        let mut resolved = self.catalogue.resolve(schema);
        while let Some(inner) = parts(resolved, "allOf").first() {
            resolved = self.catalogue.resolve(inner);
        }
        let types = types(resolved);
        if types.contains(&"integer") || types.contains(&"number") {
            let number =
                text.parse::<serde_json::Number>().map_err(|_| "is no number".to_owned())?;
            return Ok(Value::Number(number));
        }
        match text {
            "true" | "false" if types.contains(&"boolean") => Ok(Value::Bool(text == "true")),
            _ if types.contains(&"boolean") => Err("is neither true nor false".to_owned()),
            _ => Ok(Value::String(text.to_owned())),
        }
    }
}

/// The elements of a list in a schema.
fn parts<'v>(schema: &'v Value, key: &str) -> Vec<&'v Value> {
    schema.get(key).and_then(Value::as_array).map(|list| list.iter().collect()).unwrap_or_default()
}

/// What a schema says about one value, without looking inside.
fn check(schema: &Value, value: &Value) -> Result<(), String> {
    let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
    let known = parts(schema, "enum");
    if !known.is_empty() && !known.contains(&value) {
        let known: Vec<_> = known
            .iter()
            .map(|known| known.as_str().map_or_else(|| known.to_string(), str::to_owned))
            .collect();
        return Err(format!("is not one of {}", known.join(", ")));
    }
    #[allow(clippy::cast_precision_loss)]
    let (size, least, most, what) = match value {
        Value::Number(number) => (number.as_f64(), "minimum", "maximum", ""),
        Value::String(text) => {
            (Some(text.chars().count() as f64), "minLength", "maxLength", " characters")
        }
        Value::Array(items) => (Some(items.len() as f64), "minItems", "maxItems", " elements"),
        _ => return Ok(()),
    };
    let Some(size) = size else { return Ok(()) };
    if let Some(least) = limit(least).filter(|least| size < *least) {
        return Err(format!("is less than {least}{what}"));
    }
    if let Some(most) = limit(most).filter(|most| size > *most) {
        return Err(format!("is more than {most}{what}"));
    }
    match value {
        Value::Array(items) if schema.get("uniqueItems") == Some(&Value::Bool(true)) => {
            let double =
                items.iter().enumerate().any(|(index, item)| items[..index].contains(item));
            if double { Err("has an element twice".to_owned()) } else { Ok(()) }
        }
        _ => Ok(()),
    }
}
