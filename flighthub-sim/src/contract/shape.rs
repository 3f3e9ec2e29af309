//! What the description says of one value: all schemas that apply to it, read together.

use serde_json::Value;

/// Deeper than any `allOf` or `$ref` of a sound document. A ring ends here.
const DEEPEST: usize = 32;

/// The schemas of one place of a document, with references followed and `allOf` and `oneOf` laid side by side.
#[derive(Debug, Clone)]
pub(crate) struct Shape<'d> {
    root: &'d Value,
    schemas: Vec<&'d Value>,
}

/// A value of `x-lenient`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lenience {
    IntOrString,
    NullList,
    SecondsOrMilliseconds,
    ArrayOrObject,
    EmptyStringIsAbsent,
    BoolOrInt,
}

impl Lenience {
    const fn text(self) -> &'static str {
        match self {
            Self::IntOrString => "int-or-string",
            Self::NullList => "null-list",
            Self::SecondsOrMilliseconds => "seconds-or-milliseconds",
            Self::ArrayOrObject => "array-or-object",
            Self::EmptyStringIsAbsent => "empty-string-is-absent",
            Self::BoolOrInt => "bool-or-int",
        }
    }
}

impl<'d> Shape<'d> {
    pub(crate) fn new(root: &'d Value, schema: &'d Value) -> Self {
        let mut shape = Self { root, schemas: Vec::new() };
        shape.add(schema, DEEPEST);
        shape
    }

    fn add(&mut self, schema: &'d Value, deepest: usize) {
        if deepest == 0 {
            return;
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = self.root.pointer(reference.trim_start_matches('#'));
            target.into_iter().for_each(|target| self.add(target, deepest - 1));
            return;
        }
        self.schemas.push(schema);
        for key in ["allOf", "oneOf", "anyOf"] {
            list(schema, key).for_each(|part| self.add(part, deepest - 1));
        }
    }

    /// The same for a value that is there: of the arms of a union only those whose tag it has.
    pub(crate) fn narrowed(mut self, value: &Value) -> Self {
        self.schemas.retain(|schema| {
            let properties = schema.get("properties").and_then(Value::as_object);
            properties.into_iter().flatten().all(|(name, property)| {
                let tag = property.get("enum").and_then(Value::as_array);
                match (tag.map(Vec::as_slice), value.get(name)) {
                    (Some([tag]), Some(given)) => tag == given,
                    _ => true,
                }
            })
        });
        self
    }

    fn values(&self, key: &'static str) -> impl Iterator<Item = &'d Value> {
        self.schemas.iter().filter_map(move |schema| schema.get(key))
    }

    fn lists(&self, key: &'static str) -> impl Iterator<Item = &'d Value> {
        self.values(key).filter_map(Value::as_array).flatten()
    }

    /// The described fields.
    pub(crate) fn properties(&self) -> impl Iterator<Item = (&'d str, Self)> {
        let root = self.root;
        let maps = self.values("properties").filter_map(Value::as_object);
        maps.flatten().map(move |(name, schema)| (name.as_str(), Self::new(root, schema)))
    }

    pub(crate) fn property(&self, name: &str) -> Option<Self> {
        let mut found = Self { root: self.root, schemas: Vec::new() };
        let maps = self.values("properties").filter_map(Value::as_object);
        maps.filter_map(|map| map.get(name)).for_each(|schema| found.add(schema, DEEPEST));
        (!found.schemas.is_empty()).then_some(found)
    }

    /// The field that a name is another spelling of.
    pub(crate) fn alias(&self, name: &str) -> Option<(&'d str, Self)> {
        self.properties().find(|(_, shape)| shape.aliases().any(|alias| alias == name))
    }

    /// Other spellings of this field.
    pub(crate) fn aliases(&self) -> impl Iterator<Item = &'d str> {
        self.lists("x-aliases").filter_map(Value::as_str)
    }

    /// The value that another value stands for, as in `{"0": indoor}`.
    pub(crate) fn stands_for(&self, value: &Value) -> Option<&'d str> {
        let key = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        self.values("x-aliases").find_map(|map| map.get(&key)).and_then(Value::as_str)
    }

    pub(crate) fn requires(&self, name: &str) -> bool {
        self.lists("required").any(|one| one == name)
    }

    /// Whether a field is described in words alone: a secret that the types leave out on purpose.
    pub(crate) fn tells_of(&self, name: &str) -> bool {
        let quoted = format!("`{name}`");
        let texts = self.values("description").filter_map(Value::as_str);
        texts.into_iter().any(|text| text.contains(&quoted))
    }

    /// Whether undescribed fields are part of the description.
    pub(crate) fn is_open_map(&self) -> bool {
        self.values("additionalProperties").any(|more| more != &Value::Bool(false))
    }

    pub(crate) fn element(&self) -> Option<Self> {
        let schema = self.values("items").next()?;
        Some(Self::new(self.root, schema))
    }

    /// Typed readings of an open map: the schema, and whether it is of each key like `81-0-0` instead of the map.
    pub(crate) fn views(&self) -> Vec<(Self, bool)> {
        let schemas = self.root.pointer("/components/schemas");
        self.lists("x-views")
            .filter_map(|view| {
                let schema = schemas?.get(view.get("schema")?.as_str()?)?;
                Some((Self::new(self.root, schema), view.get("keys").is_some()))
            })
            .collect()
    }

    /// The type names, the closest first.
    pub(crate) fn types(&self) -> Vec<&'d str> {
        let mut found = Vec::new();
        for name in self.values("type").filter_map(Value::as_str) {
            if !found.contains(&name) {
                found.push(name);
            }
        }
        found
    }

    pub(crate) fn has_type(&self, name: &str) -> bool {
        self.values("type").any(|one| one == name)
    }

    pub(crate) fn enumerated(&self) -> Vec<&'d Value> {
        self.lists("enum").collect()
    }

    pub(crate) fn known_values(&self) -> Vec<&'d str> {
        let entries = self.lists("x-known-values");
        entries.filter_map(|entry| entry.get("value")).filter_map(Value::as_str).collect()
    }

    pub(crate) fn is_sensitive(&self) -> bool {
        self.values("x-sensitive").any(|one| one == &Value::Bool(true))
    }

    pub(crate) fn unit(&self) -> Option<&'d str> {
        self.values("x-unit").find_map(Value::as_str)
    }

    pub(crate) fn format(&self) -> Option<&'d str> {
        self.values("format").find_map(Value::as_str)
    }

    pub(crate) fn lets(&self, lenience: Lenience) -> bool {
        self.lists("x-lenient").any(|one| one == lenience.text())
    }

    /// The shape at a place of a value, as far as the description goes.
    pub(crate) fn at(&self, pointer: &str, value: &Value) -> Option<Self> {
        let (mut shape, mut value) = (self.clone().narrowed(value), value);
        for part in pointer.split('/').skip(1) {
            let key = part.replace("~1", "/").replace("~0", "~");
            (shape, value) = match value {
                Value::Array(items) => (shape.element()?, items.get(key.parse::<usize>().ok()?)?),
                Value::Object(members) => {
                    let below = shape.property(&key).or_else(|| Some(shape.alias(&key)?.1));
                    (below.or_else(|| shape.more())?, members.get(&key)?)
                }
                _ => return None,
            };
            shape = shape.narrowed(value);
        }
        Some(shape)
    }

    fn more(&self) -> Option<Self> {
        let schema = self.values("additionalProperties").find(|more| more.is_object())?;
        Some(Self::new(self.root, schema))
    }
}

fn list<'d>(schema: &'d Value, key: &str) -> impl Iterator<Item = &'d Value> {
    schema.get(key).and_then(Value::as_array).into_iter().flatten()
}
