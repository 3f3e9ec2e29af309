//! Replies of every operation, made from the document: its examples, and one that has everything its schema knows.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

/// What the document says about the reply of one operation.
#[derive(Debug, Clone)]
pub struct Documented {
    /// Id of the operation.
    pub id: String,
    /// Bodies of the examples of its success.
    pub examples: Vec<Value>,
    /// The `data` with everything that the schema knows, two rows in every list. Null when there is none.
    pub everything: Value,
    /// The places in it.
    pub places: Vec<Place>,
}

/// A place in the data of a reply.
#[derive(Debug, Clone)]
pub struct Place {
    /// JSON pointer into the data; empty for the whole.
    pub pointer: String,
    /// Whether the object around it has to have it.
    pub required: bool,
    /// What stands there.
    pub kind: Kind,
    /// How far the document lets the place differ (`x-lenient`).
    pub lenient: Vec<String>,
    /// Whether it is in an open object, where anything may stand.
    pub open: bool,
    /// Whether it is a whole list, or the row of one.
    pub row: bool,
}

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An object.
    Object,
    /// A list.
    List,
    /// A text of any sort.
    Text,
    /// One of a set of texts.
    TextEnum,
    /// A time as text.
    TimeText,
    /// A time as number.
    TimeNumber,
    /// A whole number.
    Integer,
    /// One of a set of numbers.
    IntegerEnum,
    /// A number.
    Number,
    /// Yes or no.
    Truth,
}

/// The replies of all operations, in the order of the document.
///
/// # Panics
///
/// When the document cannot be read.
pub fn documented() -> &'static [Documented] {
    static ALL: OnceLock<Vec<Documented>> = OnceLock::new();
    ALL.get_or_init(|| {
        let text = include_str!("../../spec/flighthub-v1.yaml");
        let root: Value = serde_yaml::from_str(text).expect("the document is YAML");
        let paths = root["paths"].as_object().expect("it has paths");
        let items = paths.values().filter_map(Value::as_object).flatten();
        let operations = items.filter(|(method, _)| *method != "parameters");
        let mut all: Vec<_> = operations.map(|(_, one)| (one["x-order"].as_i64(), one)).collect();
        all.sort_by_key(|(order, _)| *order);
        all.into_iter().map(|(_, operation)| Maker { root: &root }.documented(operation)).collect()
    })
}

struct Maker<'d> {
    root: &'d Value,
}

impl<'d> Maker<'d> {
    fn documented(&self, operation: &'d Value) -> Documented {
        let reply = self.resolve(&operation["responses"]["200"]);
        let content = &reply["content"]["application/json"];
        let named = content["examples"].as_object().into_iter().flatten();
        let mut examples: Vec<_> =
            named.map(|(_, one)| self.resolve(one)["value"].clone()).collect();
        examples.extend(content.get("example").cloned());
        let schema = &self.resolve(&content["schema"])["properties"]["data"];
        let mut places = Vec::new();
        let everything = if schema.is_null() {
            Value::Null
        } else {
            self.value(schema, Place::new(String::new(), false), &mut places)
        };
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        Documented { id, examples, everything, places }
    }

    fn resolve(&self, schema: &'d Value) -> &'d Value {
        match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let target = reference.strip_prefix('#').and_then(|to| self.root.pointer(to));
                self.resolve(target.expect("the reference leads somewhere"))
            }
            None => schema,
        }
    }

    /// The schema itself and all that it consists of.
    fn parts(&self, schema: &'d Value) -> Vec<&'d Value> {
        let schema = self.resolve(schema);
        let mut parts = vec![schema];
        for part in list(schema, "allOf") {
            parts.extend(self.parts(part));
        }
        parts
    }

    /// A value with everything, and the places in it.
    fn value(&self, schema: &'d Value, place: Place, places: &mut Vec<Place>) -> Value {
        let parts = self.parts(schema);
        let find = |key: &str| parts.iter().find_map(|part| part.get(key));
        let lenient = parts.iter().flat_map(|part| list(part, "x-lenient"));
        let lenient = lenient.filter_map(Value::as_str).map(str::to_owned).collect();
        let mut place = Place { lenient, ..place };
        let known = find("enum").and_then(Value::as_array).and_then(|known| known.first());
        let unit = find("x-unit").and_then(Value::as_str).unwrap_or_default();
        let (kind, value) = match find("type").and_then(Value::as_str) {
            Some("array") => {
                place.kind = Kind::List;
                places.push(place.clone());
                let items = find("items").expect("a list has items");
                let rows = (0..2).map(|index| {
                    let row = Place { row: true, ..place.within(&index.to_string(), false) };
                    self.value(items, row, places)
                });
                return Value::Array(rows.collect());
            }
            Some("object") | None => return self.object(schema, &parts, place, places),
            Some("boolean") => (Kind::Truth, json!(true)),
            Some("integer") if unit == "unix-seconds" => (Kind::TimeNumber, json!(1_793_487_600)),
            Some("integer") if unit == "unix-milliseconds" => {
                (Kind::TimeNumber, json!(1_793_487_600_123_i64))
            }
            Some("integer") if known.is_some() => {
                (Kind::IntegerEnum, known.cloned().unwrap_or_default())
            }
            Some("integer") => (Kind::Integer, json!(7)),
            Some("number") => (Kind::Number, json!(7.25)),
            Some("string") if find("format") == Some(&json!("date-time")) => {
                (Kind::TimeText, json!("2026-11-20T09:00:00Z"))
            }
            Some("string") if known.is_some() => {
                (Kind::TextEnum, known.cloned().unwrap_or_default())
            }
            Some("string") => (Kind::Text, json!(format!("text-{}", places.len()))),
            Some(other) => panic!("the type {other} is not known here"),
        };
        places.push(Place { kind, ..place });
        value
    }

    fn object(
        &self,
        schema: &'d Value,
        parts: &[&'d Value],
        place: Place,
        places: &mut Vec<Place>,
    ) -> Value {
        places.push(place.clone());
        let mut object = Map::new();
        let required: Vec<_> = parts
            .iter()
            .flat_map(|part| list(part, "required"))
            .filter_map(Value::as_str)
            .collect();
        for part in parts {
            for (name, property) in part["properties"].as_object().into_iter().flatten() {
                let inside = place.within(name, required.contains(&name.as_str()));
                object.insert(name.clone(), self.value(property, inside, places));
            }
            // The typed readings of an open object: everything that they know may stand there.
            for view in list(part, "x-views") {
                let keyed = view.get("keys").is_some();
                let open = Place { open: true, ..place.clone() };
                let schema = &self.root["components"]["schemas"]
                    [view["schema"].as_str().unwrap_or_default()];
                let (key, inside) = ("81-0-0", open.within("81-0-0", false));
                let around = if keyed { inside } else { open };
                let before = places.len();
                let value = self.value(schema, around, places);
                match value {
                    value if keyed => drop(object.insert(key.to_owned(), value)),
                    Value::Object(fields) => {
                        // The object itself is there once already.
                        places.remove(before);
                        for (name, value) in fields {
                            object.entry(name).or_insert(value);
                        }
                    }
                    _ => {}
                }
            }
        }
        if object.is_empty() && !self.resolve(schema)["additionalProperties"].is_null() {
            object.insert("any".to_owned(), json!("thing"));
        }
        // Two views may know the same key.
        let mut seen = std::collections::BTreeSet::new();
        places.retain(|place| seen.insert(place.pointer.clone()));
        Value::Object(object)
    }
}

impl Place {
    fn new(pointer: String, required: bool) -> Self {
        Self { pointer, required, kind: Kind::Object, lenient: Vec::new(), open: false, row: false }
    }

    fn within(&self, name: &str, required: bool) -> Self {
        let name = name.replace('~', "~0").replace('/', "~1");
        Self { open: self.open, ..Self::new(format!("{}/{name}", self.pointer), required) }
    }

    /// The place as the client names it in an error.
    #[must_use]
    pub fn json_path(&self) -> String {
        let mut path = String::new();
        for name in self.pointer.split('/').skip(1) {
            match name.parse::<usize>() {
                Ok(index) => path += &format!("[{index}]"),
                Err(_) if path.is_empty() => name.clone_into(&mut path),
                Err(_) => path += &format!(".{name}"),
            }
        }
        if path.is_empty() { ".".to_owned() } else { path }
    }
}

fn list<'d>(schema: &'d Value, key: &str) -> &'d [Value] {
    schema.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
