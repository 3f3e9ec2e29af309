//! Schemas to types: named types in the order of their first use, fields, unions.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::Value;

use super::notes::notes;
use crate::facts::Facts;
use crate::ir::{
    Arm, FailedWhen, Field, Lenient, Output, Place, Tag, TagValue, TimeForm, Type, TypeDef,
    TypeKind, Variant, View,
};
use crate::load::Document;
use crate::names;
use crate::refs::{self, join};
use crate::report::Report;

const LONE_ARM: &str = "an arm of a union on its own: copy it under another name, without the tag";

/// The fields of an object, and its texts that are always the same.
#[derive(Debug, Default)]
pub(super) struct Members {
    pub(super) fields: Vec<Field>,
    pub(super) constants: Vec<(String, String)>,
}

/// The named types that were met so far.
pub(super) struct Types<'a> {
    pub(super) document: &'a Document,
    report: Report<'a>,
    defs: Vec<TypeDef>,
    /// Component to position in `defs`.
    index: HashMap<&'a str, usize>,
    /// Arms of unions and the tag that they lose in Rust.
    arms: HashMap<&'a str, &'a str>,
}

impl<'a> Types<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        Self {
            document,
            report: Report::new(document),
            defs: Vec::new(),
            index: HashMap::new(),
            arms: HashMap::new(),
        }
    }

    /// Notes what is not supported; behind a colon, what to write instead.
    pub(super) fn refuse(&mut self, node: &Value, what: &str) {
        let (what, help) = what.split_once(": ").unwrap_or((what, ""));
        self.report.advise("unsupported", node, format_args!("{what} is not supported"), help);
    }

    /// The JSON media type of a request body or response.
    pub(super) fn json(&self, content: &'a Value) -> Option<&'a Value> {
        self.document.resolve(content).get("content")?.get("application/json")
    }

    /// What the `data` of an envelope is.
    pub(super) fn output(&mut self, reply: &'a Value) -> Output {
        let Some(data) = reply.under("schema").property("data") else {
            return Output::Accepted;
        };
        let (item, bare) = match self.ty(data) {
            Type::Named(type_name) => {
                let failed_when = self.failed_when(data, &type_name);
                return Output::Data { type_name, failed_when };
            }
            Type::Listing { item, bare } => (*item, bare),
            other => (other, false),
        };
        if !matches!(item, Type::Named(_)) {
            self.refuse(data, "a list of unnamed items as `data`: make them a component");
        }
        Output::Listing { item: item.named().unwrap_or_default().to_owned(), bare }
    }

    fn failed_when(&mut self, data: &'a Value, type_name: &str) -> Option<FailedWhen> {
        let component = self.document.resolve(reference(data)?);
        let (property, value) = component.members("x-failed-when").next()?;
        let found = self.find_failure(type_name, property, value.as_str()?);
        if found.is_none() {
            self.refuse(value, "this x-failed-when: name a property that is a text enum");
        }
        found
    }

    /// A type that was met; components have the names of their types.
    fn kind(&self, name: &str) -> Option<&TypeKind> {
        let index = *self.index.get(name)?;
        self.defs.get(index).map(|def| &def.kind)
    }

    fn find_failure(&self, type_name: &str, property: &str, value: &str) -> Option<FailedWhen> {
        let TypeKind::Struct { fields, .. } = self.kind(type_name)? else {
            return None;
        };
        let field = fields.iter().find(|field| field.wire == property)?;
        let enum_type = field.ty.named()?;
        let TypeKind::TextEnum { variants, .. } = self.kind(enum_type)? else {
            return None;
        };
        let variant = variants.iter().find(|variant| variant.value == value)?;
        Some(FailedWhen {
            field: field.name.clone(),
            enum_type: enum_type.to_owned(),
            variant: variant.name.clone(),
            value: value.to_owned(),
        })
    }

    pub(super) fn parameter(&mut self, parameter: &'a Value, place: Place) -> Field {
        let (wire, schema) = (parameter.text("name"), parameter.under("schema"));
        let mut field = self.field(wire, schema, parameter.flag("required"), place);
        if parameter.said("description") {
            field.docs = parameter.docs("description");
        }
        field.aliases.extend(aliases(parameter));
        field
    }

    /// All fields of an object, or of an `allOf` of objects and one union; `tag` is that of an arm,
    /// which is no field.
    pub(super) fn members(
        &mut self,
        schema: &'a Value,
        place: Place,
        tag: Option<&str>,
    ) -> Members {
        let mut members = Members::default();
        for part in schema.items("allOf") {
            match self.document.resolve(part) {
                union if union.has("oneOf") => {
                    members.fields.push(self.flattened(part, union, place));
                }
                object => self.own_members(object, place, tag, &mut members),
            }
        }
        self.own_members(schema, place, tag, &mut members);
        members
    }

    fn own_members(
        &mut self,
        schema: &'a Value,
        place: Place,
        tag: Option<&str>,
        members: &mut Members,
    ) {
        if !schema.has("properties") && !schema.has("allOf") {
            self.refuse(schema, "this schema here: write an object with properties");
        }
        for (wire, property) in schema.members("properties") {
            let required = schema.lists("required", wire);
            match property.constant() {
                _ if tag == Some(wire) => {}
                Some(Value::String(value)) if required => {
                    members.constants.push((wire.to_owned(), value.clone()));
                }
                Some(_) => self.refuse(property, "a constant that is no required text"),
                None => members.fields.push(self.field(wire, property, required, place)),
            }
        }
    }

    /// A union whose properties stand beside those of the object around it.
    fn flattened(&mut self, part: &'a Value, union: &'a Value, place: Place) -> Field {
        let field = self.field(union.text("title"), part, true, place);
        Field { notes: Vec::new(), flatten: true, ..field }
    }

    fn field(&mut self, wire: &str, schema: &'a Value, required: bool, place: Place) -> Field {
        let mut field = Field {
            name: names::snake(wire),
            wire: wire.to_owned(),
            docs: schema.docs("description"),
            notes: notes(schema),
            ty: self.ty(schema),
            required,
            nullable: schema.flag("nullable"),
            place,
            lenient: lenient(schema).collect(),
            aliases: aliases(schema).collect(),
            flatten: false,
        };
        if let Some(reference) = reference(schema) {
            let behind = self.document.resolve(reference);
            if field.docs.is_empty() {
                field.docs = behind.docs("description");
            }
            // A named type says the rest itself.
            if !matches!(field.ty, Type::Named(_)) {
                field.notes.extend(notes(behind));
                field.lenient.extend(lenient(behind));
            }
        }
        field
    }

    /// The type of a value.
    fn ty(&mut self, schema: &'a Value) -> Type {
        if let Some(reference) = reference(schema) {
            let ty = self.component(reference);
            let secret = schema.flag("x-sensitive") && matches!(ty, Type::Named(_) | Type::String);
            return if secret { Type::Secret } else { ty };
        }
        match schema.text("type") {
            "array" => self.list(schema),
            "object" => self.inline_object(schema),
            _ => scalar(schema),
        }
    }

    fn list(&mut self, schema: &'a Value) -> Type {
        let items = schema.under("items");
        if items.has("x-lenient") {
            self.refuse(items, "x-lenient on items: make the items a component that has it");
        }
        let item = self.ty(items);
        if item == Type::Secret {
            self.refuse(items, "a list of secrets: wrap the secret in an object component");
        }
        Type::List(Box::new(item))
    }

    /// `{list: [...]}`, or an object of open keys.
    fn inline_object(&mut self, schema: &'a Value) -> Type {
        let Some(list) = schema.property("list") else {
            return Type::OpenObject;
        };
        let bare = list.lists("x-lenient", "array-or-object");
        match self.ty(list) {
            Type::List(item) => Type::Listing { item, bare },
            other => {
                self.refuse(list, "something else than a list here: make it a component");
                other
            }
        }
    }

    /// The type of a component; a named one is added on its first use.
    fn component(&mut self, reference: &'a Value) -> Type {
        let schema = self.document.resolve(reference);
        let component = refs::schema_name(reference).unwrap_or_default();
        if self.arms.contains_key(component) {
            self.refuse(reference, LONE_ARM);
            return Type::Named(names::pascal(component));
        }
        let values = schema.has("enum");
        let plain = !schema.has("x-sensitive") && !schema.has("format");
        let named = match schema.text("type") {
            "string" => values || plain,
            "integer" => values || !schema.has("x-unit"),
            "object" => true,
            _ => schema.has("oneOf") || schema.has("allOf"),
        };
        if named { self.add(component, schema, None) } else { scalar(schema) }
    }

    /// Adds a named type: first its place in the order, then what it consists of.
    fn add(&mut self, component: &'a str, schema: &'a Value, tag: Option<&'a str>) -> Type {
        let name = names::pascal(component);
        if self.index.contains_key(component) {
            return Type::Named(name);
        }
        let index = self.defs.len();
        self.index.insert(component, index);
        self.defs.push(TypeDef {
            name: name.clone(),
            docs: schema.docs("description"),
            notes: notes(schema),
            kind: TypeKind::OpenObject { views: Vec::new() },
            in_request: false,
            in_response: false,
            module: String::new(),
            at: join("/components/schemas", component),
        });
        let int_or_string = schema.lists("x-lenient", "int-or-string");
        let kind = match schema.text("type") {
            "string" if schema.has("enum") => text_enum(schema),
            "integer" if schema.has("enum") => {
                TypeKind::IntEnum { variants: variants(schema, Value::as_i64) }
            }
            "integer" => TypeKind::Integer { int_or_string },
            "string" => TypeKind::Text { int_or_string, widens_to: None, known: known(schema) },
            "object" if schema.flag("additionalProperties") => self.open_object(schema),
            _ if schema.has("oneOf") => self.union(schema),
            _ => match reference(schema) {
                Some(wider) => self.narrowed(schema, wider),
                None => self.object(schema, tag),
            },
        };
        if let Some(def) = self.defs.get_mut(index) {
            def.kind = kind;
        }
        Type::Named(name)
    }

    fn object(&mut self, schema: &'a Value, tag: Option<&str>) -> TypeKind {
        let Members { fields, constants } = self.members(schema, Place::Member, tag);
        if constants.len() > 1 {
            self.refuse(schema, "more than one constant: keep one, describe the other as a text");
        }
        TypeKind::Struct { fields, constants, view: schema.lists("x-lenient", "odd-is-absent") }
    }

    /// A component that is another text id with a meaning of its own.
    fn narrowed(&mut self, schema: &'a Value, wider: &'a Value) -> TypeKind {
        let target = self.component(wider).named().map(str::to_owned);
        let inherited = match target.as_ref().and_then(|name| self.kind(name)) {
            Some(TypeKind::Text { int_or_string, .. }) => *int_or_string,
            _ => {
                self.refuse(
                    schema,
                    "an alias of something else than a text id: refer to it itself",
                );
                false
            }
        };
        TypeKind::Text { int_or_string: inherited, widens_to: target, known: known(schema) }
    }

    fn open_object(&mut self, schema: &'a Value) -> TypeKind {
        let mut views = Vec::new();
        for row in schema.items("x-views") {
            let component = row.text("schema");
            let Some(view) = self.document.schema(component) else {
                continue;
            };
            self.add(component, view, None);
            views.push(View {
                name: names::snake(row.text("name")),
                type_name: names::pascal(component),
                keyed: row.has("keys"),
                docs: view.docs("description"),
            });
        }
        TypeKind::OpenObject { views }
    }

    fn union(&mut self, schema: &'a Value) -> TypeKind {
        let references = schema.items("oneOf").iter();
        let components: Vec<_> = references
            .filter_map(|arm| Some((refs::schema_name(arm)?, self.document.resolve(arm))))
            .collect();
        let tag = match schema.get("discriminator") {
            Some(discriminator) => discriminator.text("propertyName"),
            None => shared_constant(&components).unwrap_or_default(),
        };
        let stems = stems(components.iter().map(|(component, _)| *component));
        let mut arms = Vec::new();
        for ((component, arm), stem) in components.iter().zip(stems) {
            let constant = arm.property(tag).and_then(Facts::constant);
            let (tag_value, name) = match constant.map(|value| (value.as_str(), value.as_i64())) {
                Some((Some(text), _)) => (TagValue::Text(text.to_owned()), names::pascal(text)),
                Some((_, Some(number))) => (TagValue::Int(number), stem),
                _ => continue,
            };
            let type_name = self.arm(component, arm, tag);
            arms.push(Arm { name, tag: tag_value, type_name, docs: arm.docs("description") });
        }
        let pairs = arms.iter().map(|arm| (arm.name.as_str(), ""));
        if !names::collisions(pairs).is_empty() {
            self.refuse(schema, "a union whose arms get the same name: rename a component");
        }
        TypeKind::Union { tag: tag.to_owned(), arms }
    }

    /// The struct of an arm without its tag; none when nothing is left.
    fn arm(&mut self, component: &'a str, arm: &'a Value, tag: &'a str) -> Option<String> {
        let before = self.arms.insert(component, tag);
        if before.is_some_and(|before| before != tag)
            || (before.is_none() && self.index.contains_key(component))
        {
            self.refuse(arm, LONE_ARM);
        }
        if arm.members("properties").count() < 2 && !arm.has("allOf") {
            return None;
        }
        self.add(component, arm, Some(tag)).named().map(str::to_owned)
    }

    /// All types with direction and module, and what was wrong.
    pub(super) fn finish(self, tags: &[Tag]) -> (Vec<TypeDef>, Report<'a>) {
        let Self { mut defs, index, report, .. } = self;
        let position = |name: &str| index.get(name).copied();
        let parts = |def: &TypeDef| def.parts().into_iter().filter_map(position).collect();
        let parts: Vec<Vec<usize>> = defs.iter().map(parts).collect();
        for tag in tags {
            for operation in &tag.operations {
                let arguments = operation.fields.iter().filter_map(|field| field.ty.named());
                let answer = operation.output.named();
                for at in reached(arguments.filter_map(position).collect(), &parts) {
                    defs[at].in_request = true;
                    settle(&mut defs[at], tag);
                }
                for at in reached(answer.and_then(position).into_iter().collect(), &parts) {
                    defs[at].in_response = true;
                    settle(&mut defs[at], tag);
                }
            }
        }
        // What only a report of a problem has reached.
        defs.retain(|def| !def.module.is_empty());
        (defs, report)
    }
}

/// The module of a tag, or the common one when other tags use the type too.
fn settle(def: &mut TypeDef, tag: &Tag) {
    if def.module.is_empty() {
        def.module.clone_from(&tag.module);
    } else if def.module != tag.module {
        "common".clone_into(&mut def.module);
    }
}

/// Everything that `queue` consists of.
fn reached(mut queue: Vec<usize>, parts: &[Vec<usize>]) -> HashSet<usize> {
    let mut seen = HashSet::new();
    while let Some(at) = queue.pop() {
        if seen.insert(at) {
            queue.extend(&parts[at]);
        }
    }
    seen
}

/// The one reference that a schema stands for: its own `$ref`, or an `allOf` of exactly one (so that the reference can have a
/// description beside it).
fn reference(schema: &Value) -> Option<&Value> {
    match schema.items("allOf") {
        _ if schema.has("$ref") => Some(schema),
        [only] if only.has("$ref") => Some(only),
        _ => None,
    }
}

fn scalar(schema: &Value) -> Type {
    match (schema.text("type"), schema.text("format"), schema.text("x-unit")) {
        ("boolean", ..) => Type::Bool,
        ("number", ..) => Type::F64,
        ("integer", _, "unix-seconds") => Type::Time(TimeForm::UnixSeconds),
        ("integer", _, "unix-milliseconds") => Type::Time(TimeForm::UnixMillis),
        ("integer", "int32", _) => Type::I32,
        ("integer", ..) => Type::I64,
        (_, "date-time", _) => Type::Time(TimeForm::Rfc3339),
        _ if schema.flag("x-sensitive") => Type::Secret,
        _ => Type::String,
    }
}

fn aliases(node: &Value) -> impl Iterator<Item = String> {
    node.texts("x-aliases").into_iter().map(str::to_owned)
}

fn text_enum(schema: &Value) -> TypeKind {
    let aliases = schema.members("x-aliases");
    TypeKind::TextEnum {
        variants: variants(schema, |value| value.as_str().map(str::to_owned)),
        aliases: aliases
            .filter_map(|(other, value)| Some((other.to_owned(), value.as_str()?.to_owned())))
            .collect(),
    }
}

fn variants<T: ToString>(schema: &Value, read: impl Fn(&Value) -> Option<T>) -> Vec<Variant<T>> {
    let (names, docs) = (schema.texts("x-enum-varnames"), schema.texts("x-enum-descriptions"));
    let values = schema.items("enum").iter().filter_map(read);
    values
        .enumerate()
        .map(|(at, value)| Variant {
            name: names
                .get(at)
                .map_or_else(|| names::pascal(&value.to_string()), |name| names::pascal(name)),
            docs: docs.get(at).map_or("", |text| text.trim()).to_owned(),
            value,
        })
        .collect()
}

fn known(schema: &Value) -> Vec<Variant<String>> {
    let rows = schema.items("x-known-values").iter();
    rows.map(|row| Variant {
        name: names::screaming(row.text("name")),
        value: row.text("value").to_owned(),
        docs: row.docs("description"),
    })
    .collect()
}

fn lenient(schema: &Value) -> impl Iterator<Item = Lenient> {
    schema.items("x-lenient").iter().filter_map(|word| Lenient::deserialize(word).ok())
}

/// The property that is required and constant in every arm.
fn shared_constant<'a>(arms: &[(&str, &'a Value)]) -> Option<&'a str> {
    let fixes = |arm: &Value, name: &str| {
        arm.lists("required", name) && arm.property(name).and_then(Facts::constant).is_some()
    };
    let (_, first) = arms.first()?;
    let mut names = first.members("properties").map(|(name, _)| name);
    names.find(|name| arms.iter().all(|(_, arm)| fixes(arm, name)))
}

/// What tells component names apart: `PointElement`, `LineElement` → `Point`, `Line`.
fn stems<'n>(components: impl Iterator<Item = &'n str>) -> Vec<String> {
    let words: Vec<Vec<String>> = components
        .map(|name| names::snake(name).rsplit('_').map(names::pascal).collect())
        .collect();
    let shortest = words.iter().map(Vec::len).min().unwrap_or_default();
    let same = |back: &usize| words.iter().all(|other| other.get(*back) == words[0].get(*back));
    let common = if words.len() > 1 { (0..shortest - 1).take_while(same).count() } else { 0 };
    words.iter().map(|words| words[common..].iter().rev().map(String::as_str).collect()).collect()
}
