//! The arguments of an operation, flat: what its schema says about each value that can be given.

use flighthub_api::catalog::{Catalogue, Entry};
use serde_json::{Map, Value};

/// How deep objects are taken apart; deeper ones are given as JSON.
const DEEPEST: usize = 3;

/// One value that can be given.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    /// Names on the way to it, one for most: `repeat_option`, `interval`.
    pub(crate) path: Vec<String>,
    /// What it can be.
    pub(crate) kind: Kind,
    /// Whether it stands in the path of the URL.
    pub(crate) in_url: bool,
    /// Whether the call always needs it.
    pub(crate) is_required: bool,
    /// Whether it must not be seen: it does not go on a command line.
    pub(crate) is_secret: bool,
    /// What it is, from the description of the API.
    pub(crate) description: String,
    /// Unit of a number, if it has one that has to be said.
    pub(crate) unit: Option<String>,
    /// The kinds of calls that have it, when not all do: `timed`, `recurring`.
    pub(crate) variants: Vec<String>,
}

/// What a value can be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// Any text.
    Text,
    /// One of these, each with what it means.
    Choice(Vec<(String, String)>),
    /// A whole number in a range.
    Integer(i64, i64),
    /// Seconds since 1970; people write dates.
    Moment,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// Several of a kind.
    List(Box<Self>),
    /// Anything else.
    Json,
}

impl Field {
    /// Its flag without the dashes in front: `repeat-option.interval`.
    pub(crate) fn flag(&self) -> String {
        let flag = self.path.join(".").replace('_', "-");
        // What must not be seen is read from a file.
        if self.is_secret { format!("{flag}-file") } else { flag }
    }

    /// Its name with dots: `repeat_option.interval`.
    pub(crate) fn name(&self) -> String {
        self.path.join(".")
    }
}

/// The fields of an operation, in the order of its schema.
pub(crate) fn of(entry: &Entry) -> Vec<Field> {
    let catalogue = Catalogue::v1();
    let mut fields = Vec::new();
    walk(catalogue, &entry.arguments, &[], true, None, &mut fields);
    fields
}

fn walk(
    catalogue: &Catalogue,
    schema: &Value,
    prefix: &[String],
    is_required: bool,
    variant: Option<&str>,
    fields: &mut Vec<Field>,
) {
    let required = names(schema.get("required"));
    for (name, property) in
        schema.get("properties").and_then(Value::as_object).into_iter().flatten()
    {
        let property = merged(catalogue, property);
        let path: Vec<String> = prefix.iter().chain([name]).cloned().collect();
        let needed = is_required && required.contains(&name.as_str());
        let is_object = property.get("properties").is_some_and(Value::is_object);
        if is_object && !property.contains_key("oneOf") && path.len() < DEEPEST {
            let property = Value::Object(property);
            walk(catalogue, &property, &path, needed, variant, fields);
        } else {
            add(catalogue, path, &property, needed && variant.is_none(), variant, fields);
        }
    }
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        walk(catalogue, catalogue.resolve(part), prefix, is_required, variant, fields);
    }
    let branches = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let branches: Vec<&Value> = branches.map(|branch| catalogue.resolve(branch)).collect();
    for branch in &branches {
        let marker = marker(branch).map(|(_, value)| value);
        walk(catalogue, branch, prefix, is_required, marker, fields);
    }
    settle(&branches, prefix, fields);
    // What tells the kinds of calls apart is described by all of them together.
    if let Some((name, _)) = branches.first().and_then(|branch| marker(branch))
        && let Some(text) = schema.get("description").and_then(Value::as_str)
        && let Some(field) = fields.iter_mut().find(|field| {
            field.path.split_last().is_some_and(|(last, rest)| last == name && rest == prefix)
        })
    {
        text.clone_into(&mut field.description);
    }
}

/// What all kinds of calls have is nothing special to any of them.
fn settle(branches: &[&Value], prefix: &[String], fields: &mut [Field]) {
    for field in fields.iter_mut().filter(|field| field.path.starts_with(prefix)) {
        if !branches.is_empty() && field.variants.len() == branches.len() {
            field.variants.clear();
            let name = field.path.get(prefix.len()..).and_then(<[String]>::first);
            field.is_required = branches.iter().all(|branch| {
                name.is_some_and(|name| names(branch.get("required")).contains(&name.as_str()))
            });
        }
    }
}

/// The property that tells which of several kinds a call is, and its value there.
pub(crate) fn marker(branch: &Value) -> Option<(&str, &str)> {
    let properties = branch.get("properties")?.as_object()?;
    properties.iter().find_map(|(name, property)| {
        match property.get("enum")?.as_array()?.as_slice() {
            [only] => Some((name.as_str(), only.as_str()?)),
            _ => None,
        }
    })
}

fn add(
    catalogue: &Catalogue,
    path: Vec<String>,
    property: &Map<String, Value>,
    is_required: bool,
    variant: Option<&str>,
    fields: &mut Vec<Field>,
) {
    let kind = kind(catalogue, property);
    let known = fields.iter_mut().find(|field| field.path == path);
    if let Some(known) = known {
        known.variants.extend(variant.map(str::to_owned));
        if let (Kind::Choice(choices), Kind::Choice(more)) = (&mut known.kind, kind) {
            for choice in more {
                if !choices.contains(&choice) {
                    choices.push(choice);
                }
            }
        }
        return;
    }
    let text = |name: &str| property.get(name).and_then(Value::as_str);
    fields.push(Field {
        path,
        in_url: text("x-place") == Some("path"),
        is_required,
        is_secret: property.get("x-sensitive") == Some(&Value::Bool(true)),
        description: described(property),
        unit: text("x-unit").map(str::to_owned),
        variants: variant.map(str::to_owned).into_iter().collect(),
        kind,
    });
}

fn kind(catalogue: &Catalogue, property: &Map<String, Value>) -> Kind {
    let is = |name: &str| property.get("type").and_then(Value::as_str) == Some(name);
    if let Some(values) = property.get("enum").and_then(Value::as_array)
        && is("string")
    {
        return Kind::Choice(choices(values, property.get("x-enum-descriptions"), property));
    }
    if is("integer") {
        if property.get("x-unit").and_then(Value::as_str) == Some("unix-seconds") {
            return Kind::Moment;
        }
        let widest = match property.get("format").and_then(Value::as_str) {
            Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
            _ => (i64::MIN, i64::MAX),
        };
        let limit = |name: &str, usual| property.get(name).and_then(Value::as_i64).unwrap_or(usual);
        return Kind::Integer(limit("minimum", widest.0), limit("maximum", widest.1));
    }
    if is("array") {
        let items = property.get("items").map(|items| merged(catalogue, items));
        return match items.map(|items| kind(catalogue, &items)) {
            Some(Kind::Json | Kind::List(_)) | None => Kind::Json,
            Some(scalar) => Kind::List(Box::new(scalar)),
        };
    }
    match () {
        () if is("string") => Kind::Text,
        () if is("number") => Kind::Number,
        () if is("boolean") => Kind::Boolean,
        () => Kind::Json,
    }
}

fn choices(
    values: &[Value],
    descriptions: Option<&Value>,
    property: &Map<String, Value>,
) -> Vec<(String, String)> {
    let alone = property.get("description").and_then(Value::as_str).unwrap_or_default();
    let text = |at: usize| {
        let described = descriptions.and_then(|all| all.get(at)).and_then(Value::as_str);
        described.unwrap_or(if values.len() == 1 { alone } else { "" }).to_owned()
    };
    values
        .iter()
        .enumerate()
        .filter_map(|(at, value)| Some((value.as_str()?.to_owned(), text(at))))
        .collect()
}

/// What a property is, and the values of an open set that are known.
fn described(property: &Map<String, Value>) -> String {
    let text = property.get("description").and_then(Value::as_str).unwrap_or_default();
    let known = property.get("x-known-values").and_then(Value::as_array);
    let values: Vec<&str> = known
        .into_iter()
        .flatten()
        .filter_map(|known| known.get("value").and_then(Value::as_str))
        .collect();
    if values.is_empty() {
        text.to_owned()
    } else {
        format!("{text} Known values: {}.", values.join(", "))
    }
}

/// A property together with the definition that it refers to; what it says itself comes first.
fn merged(catalogue: &Catalogue, property: &Value) -> Map<String, Value> {
    let mut whole = catalogue.resolve(property).as_object().cloned().unwrap_or_default();
    for (name, value) in property.as_object().into_iter().flatten() {
        if name != "$ref" {
            whole.insert(name.clone(), value.clone());
        }
    }
    whole
}

fn names(required: Option<&Value>) -> Vec<&str> {
    required.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The names of what the call lacks, with dots.
pub(crate) fn missing(entry: &Entry, arguments: &Map<String, Value>) -> Vec<String> {
    let mut lacks = Vec::new();
    lacking(Catalogue::v1(), &entry.arguments, arguments, "", &mut lacks);
    lacks
}

fn lacking(
    catalogue: &Catalogue,
    schema: &Value,
    value: &Map<String, Value>,
    prefix: &str,
    lacks: &mut Vec<String>,
) {
    let add = |name: &str, lacks: &mut Vec<String>| {
        let name = format!("{prefix}{name}");
        if !lacks.contains(&name) {
            lacks.push(name);
        }
    };
    for (name, property) in
        schema.get("properties").and_then(Value::as_object).into_iter().flatten()
    {
        let property = Value::Object(merged(catalogue, property));
        let empty = Map::new();
        let within = match value.get(name) {
            Some(Value::Object(within)) => within,
            Some(_) => continue,
            None if !names(schema.get("required")).contains(&name.as_str()) => continue,
            None if property.get("properties").is_some() => &empty,
            None => {
                add(name, lacks);
                continue;
            }
        };
        lacking(catalogue, &property, within, &format!("{prefix}{name}."), lacks);
    }
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        lacking(catalogue, catalogue.resolve(part), value, prefix, lacks);
    }
    let branches = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    for branch in branches.map(|branch| catalogue.resolve(branch)) {
        let Some((name, marks)) = marker(branch) else { continue };
        match value.get(name) {
            None => add(name, lacks),
            Some(given) if given == marks => lacking(catalogue, branch, value, prefix, lacks),
            Some(_) => {}
        }
    }
}
