//! Schemas to types: named types in the order of their first use, fields, unions.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::node::Node;
use crate::diag::Diagnostics;
use crate::ir::{
    Arm, FailedWhen, Field, KnownValue, Lenient, Output, Place, Tag, TagValue, TimeForm, Type,
    TypeDef, TypeKind, Variant, View,
};
use crate::load::Document;
use crate::names;
use crate::refs;

const TAGLESS: &str =
    "a union that no property tells apart: give each arm a required property with one value";
const LONE_ARM: &str = "an arm of a union on its own: copy it under another name, without the tag";

/// The fields of an object, and its texts that are always the same.
#[derive(Debug, Default)]
pub(super) struct Members {
    pub(super) fields: Vec<Field>,
    pub(super) constants: Vec<(String, String)>,
}

/// The named types that were met so far.
pub(super) struct Types<'a> {
    document: &'a Document,
    problems: Diagnostics,
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
            problems: Diagnostics::new(),
            defs: Vec::new(),
            index: HashMap::new(),
            arms: HashMap::new(),
        }
    }

    /// Notes what is not supported; behind a colon, what to write instead.
    pub(super) fn refuse(&mut self, node: &Node<'a>, what: &str) {
        let (what, help) = what.split_once(": ").unwrap_or((what, ""));
        let message = format!("{what} is not supported");
        self.problems.push(self.document.problem("unsupported", &node.at, message, help));
    }

    /// `node`, or what its `$ref` stands for.
    pub(super) fn resolve(&mut self, node: &Node<'a>) -> Option<Node<'a>> {
        let Some(target) = refs::target(node.value) else {
            return Some(node.clone());
        };
        let Some(value) = self.document.resolve(node.value) else {
            self.refuse(node, "a reference to nothing: mend it");
            return None;
        };
        Some(Node { value, at: target.trim_start_matches('#').to_owned() })
    }

    /// The JSON media type of a request body or response.
    pub(super) fn json(&mut self, content: &Node<'a>) -> Option<Node<'a>> {
        self.resolve(content)?.get("content")?.get("application/json")
    }

    /// What the `data` of an envelope is.
    pub(super) fn output(&mut self, reply: &Node<'a>) -> Output {
        let properties = reply.get("schema").and_then(|envelope| envelope.get("properties"));
        let Some(data) = properties.and_then(|properties| properties.get("data")) else {
            return Output::Accepted;
        };
        match self.ty(&data) {
            Some(Type::Named(type_name)) => {
                let failed_when = self.failed_when(&data, &type_name);
                return Output::Data { type_name, failed_when };
            }
            Some(Type::Listing { item, bare }) => match *item {
                Type::Named(item) => return Output::Listing { item, bare },
                _ => self.refuse(&data, "a list of unnamed items as `data`: make them a component"),
            },
            Some(_) => self.refuse(&data, "this as `data`: use a component, or the list form"),
            None => {}
        }
        Output::Accepted
    }

    fn failed_when(&mut self, data: &Node<'a>, type_name: &str) -> Option<FailedWhen> {
        let component = self.resolve(&data.reference()?)?;
        let (property, value) = component.entries("x-failed-when").into_iter().next()?;
        let found = self.find_failure(type_name, property, value.value.as_str()?);
        if found.is_none() {
            self.refuse(&value, "this x-failed-when: name a property that is a text enum");
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
        let enum_type = named(&field.ty)?;
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

    pub(super) fn parameter(&mut self, parameter: &Node<'a>, place: Place) -> Option<Field> {
        let (wire, required) = (parameter.text("name"), parameter.flag("required"));
        let mut field = self.field(wire, &parameter.get("schema")?, required, place)?;
        field.docs = parameter.optional_text("description").unwrap_or(field.docs);
        field.aliases.extend(parameter.texts("x-aliases"));
        Some(field)
    }

    /// All fields of an object, or of an `allOf` of objects and one union; `tag` is that of an arm,
    /// which is no field.
    pub(super) fn members(
        &mut self,
        schema: &Node<'a>,
        place: Place,
        tag: Option<&str>,
    ) -> Members {
        let mut members = Members::default();
        for part in schema.items("allOf") {
            match self.resolve(&part) {
                Some(union) if union.has("oneOf") => {
                    members.fields.extend(self.flattened(&part, &union, place));
                }
                Some(object) => self.own_members(&object, place, tag, &mut members),
                None => {}
            }
        }
        self.own_members(schema, place, tag, &mut members);
        members
    }

    fn own_members(
        &mut self,
        schema: &Node<'a>,
        place: Place,
        tag: Option<&str>,
        members: &mut Members,
    ) {
        if !schema.has("properties") && !schema.has("allOf") {
            self.refuse(schema, "this schema here: write an object with properties");
        }
        for (wire, property) in schema.entries("properties") {
            let required = schema.lists("required", wire);
            match property.constant() {
                _ if tag == Some(wire) => {}
                Some(Value::String(value)) if required => {
                    members.constants.push((wire.to_owned(), value.clone()));
                }
                Some(_) => self.refuse(&property, "a constant that is no required text"),
                None => members.fields.extend(self.field(wire, &property, required, place)),
            }
        }
    }

    /// A union whose properties stand beside those of the object around it.
    fn flattened(&mut self, part: &Node<'a>, union: &Node<'a>, place: Place) -> Option<Field> {
        let title = union.text("title");
        Some(Field {
            name: names::snake(title),
            wire: title.to_owned(),
            docs: union.docs("description"),
            notes: Vec::new(),
            ty: self.ty(part)?,
            required: true,
            nullable: false,
            place,
            lenient: Vec::new(),
            aliases: Vec::new(),
            flatten: true,
        })
    }

    fn field(
        &mut self,
        wire: &str,
        schema: &Node<'a>,
        required: bool,
        place: Place,
    ) -> Option<Field> {
        let ty = self.ty(schema)?;
        let behind = schema.reference().and_then(|reference| self.resolve(&reference));
        let mut field = Field {
            name: names::snake(wire),
            wire: wire.to_owned(),
            docs: schema.docs("description"),
            notes: schema.notes(),
            ty,
            required,
            nullable: schema.flag("nullable"),
            place,
            lenient: lenient(schema).collect(),
            aliases: schema.texts("x-aliases"),
            flatten: false,
        };
        if let Some(behind) = behind {
            if field.docs.is_empty() {
                field.docs = behind.docs("description");
            }
            // A named type says the rest itself.
            if !matches!(field.ty, Type::Named(_)) {
                field.notes.extend(behind.notes());
                field.lenient.extend(lenient(&behind));
            }
        }
        Some(field)
    }

    /// The type of a value; `None` after a problem.
    fn ty(&mut self, schema: &Node<'a>) -> Option<Type> {
        if let Some(reference) = schema.reference() {
            let ty = self.component(&reference)?;
            let secret = schema.flag("x-sensitive") && matches!(ty, Type::Named(_) | Type::String);
            return Some(if secret { Type::Secret } else { ty });
        }
        match schema.text("type") {
            "array" => self.list(schema),
            "object" => self.inline_object(schema),
            _ => self.scalar(schema),
        }
    }

    fn scalar(&mut self, schema: &Node<'a>) -> Option<Type> {
        match (schema.text("type"), schema.text("format"), schema.text("x-unit")) {
            ("boolean", ..) => Some(Type::Bool),
            ("number", ..) => Some(Type::F64),
            ("integer", _, "unix-seconds") => Some(Type::Time(TimeForm::UnixSeconds)),
            ("integer", _, "unix-milliseconds") => Some(Type::Time(TimeForm::UnixMillis)),
            ("integer", "int32", _) => Some(Type::I32),
            ("integer", ..) => Some(Type::I64),
            ("string", "date-time", _) => Some(Type::Time(TimeForm::Rfc3339)),
            ("string", ..) if schema.flag("x-sensitive") => Some(Type::Secret),
            ("string", ..) => Some(Type::String),
            _ => {
                self.refuse(schema, "this schema: write a type, a $ref, or an allOf with one $ref");
                None
            }
        }
    }

    fn list(&mut self, schema: &Node<'a>) -> Option<Type> {
        let items = schema.get("items")?;
        if items.has("x-lenient") {
            self.refuse(&items, "x-lenient on items: make the items a component that has it");
        }
        let item = self.ty(&items)?;
        if item == Type::Secret {
            self.refuse(&items, "a list of secrets: wrap the secret in an object component");
        }
        Some(Type::List(Box::new(item)))
    }

    /// `{list: [...]}`, or an object of open keys.
    fn inline_object(&mut self, schema: &Node<'a>) -> Option<Type> {
        match schema.entries("properties").as_slice() {
            [] if schema.flag("additionalProperties") => return Some(Type::OpenObject),
            [("list", list)] if list.text("type") == "array" => {
                let bare = list.lists("x-lenient", "array-or-object");
                let Type::List(item) = self.ty(list)? else {
                    return None;
                };
                return Some(Type::Listing { item, bare });
            }
            _ => {
                self.refuse(schema, "an inline object: make it a component, so that it has a name")
            }
        }
        None
    }

    /// The type of a component; a named one is added on its first use.
    fn component(&mut self, reference: &Node<'a>) -> Option<Type> {
        let schema = self.resolve(reference)?;
        let component = refs::schema_name(reference.value)?;
        if self.arms.contains_key(component) {
            self.refuse(reference, LONE_ARM);
            return None;
        }
        let values = schema.has("enum");
        let plain = !schema.has("x-sensitive") && !schema.has("format");
        let named = match schema.text("type") {
            "string" => values || plain,
            "integer" => values || !schema.has("x-unit"),
            "object" => true,
            _ => schema.has("oneOf") || schema.has("allOf"),
        };
        if named { Some(self.add(component, &schema, None)) } else { self.scalar(&schema) }
    }

    /// Adds a named type: first its place in the order, then what it consists of.
    fn add(&mut self, component: &'a str, schema: &Node<'a>, tag: Option<&'a str>) -> Type {
        let name = names::pascal(component);
        if self.index.contains_key(component) {
            return Type::Named(name);
        }
        let index = self.defs.len();
        self.index.insert(component, index);
        self.defs.push(TypeDef {
            name: name.clone(),
            docs: schema.docs("description"),
            notes: schema.notes(),
            kind: TypeKind::OpenObject { views: Vec::new() },
            in_request: false,
            in_response: false,
            module: String::new(),
            at: schema.at.clone(),
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
            _ => match schema.reference() {
                Some(wider) => self.narrowed(schema, &wider),
                None => self.object(schema, tag),
            },
        };
        if let Some(def) = self.defs.get_mut(index) {
            def.kind = kind;
        }
        Type::Named(name)
    }

    fn object(&mut self, schema: &Node<'a>, tag: Option<&str>) -> TypeKind {
        let Members { fields, constants } = self.members(schema, Place::Member, tag);
        if constants.len() > 1 {
            self.refuse(schema, "more than one constant: keep one, describe the other as a text");
        }
        TypeKind::Struct { fields, constants, view: schema.lists("x-lenient", "odd-is-absent") }
    }

    /// A component that is another text id with a meaning of its own.
    fn narrowed(&mut self, schema: &Node<'a>, wider: &Node<'a>) -> TypeKind {
        let target = self.component(wider).as_ref().and_then(named).map(str::to_owned);
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

    fn open_object(&mut self, schema: &Node<'a>) -> TypeKind {
        let mut views = Vec::new();
        for row in schema.items("x-views") {
            let component = row.text("schema");
            let at = refs::join("/components/schemas", component);
            let Some(value) = self.document.schema(component) else {
                self.refuse(&row, "a view of nothing: mend the name of the schema");
                continue;
            };
            let view = Node { value, at };
            let _named = self.add(component, &view, None);
            views.push(View {
                name: names::snake(row.text("name")),
                type_name: names::pascal(component),
                keyed: row.has("keys"),
                docs: view.docs("description"),
            });
        }
        TypeKind::OpenObject { views }
    }

    fn union(&mut self, schema: &Node<'a>) -> TypeKind {
        let mut components = Vec::new();
        for reference in schema.items("oneOf") {
            if let (Some(name), Some(arm)) =
                (refs::schema_name(reference.value), self.resolve(&reference))
            {
                components.push((name, arm));
            }
        }
        let declared = schema.get("discriminator").map(|node| node.text("propertyName"));
        let Some(tag) = declared.or_else(|| shared_constant(&components)) else {
            self.refuse(schema, TAGLESS);
            return TypeKind::Union { tag: String::new(), arms: Vec::new() };
        };
        let stems = stems(components.iter().map(|(component, _)| *component));
        let mut arms = Vec::new();
        for ((component, arm), stem) in components.iter().zip(stems) {
            let property = arm.get("properties").and_then(|properties| properties.get(tag));
            let (tag_value, name) = match property.as_ref().and_then(Node::constant) {
                Some(Value::String(text)) => (TagValue::Text(text.clone()), names::pascal(text)),
                Some(Value::Number(number)) => {
                    (TagValue::Int(number.as_i64().unwrap_or_default()), stem)
                }
                _ => {
                    self.refuse(arm, TAGLESS);
                    continue;
                }
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
    fn arm(&mut self, component: &'a str, arm: &Node<'a>, tag: &'a str) -> Option<String> {
        let before = self.arms.insert(component, tag);
        if before.is_some_and(|before| before != tag)
            || (before.is_none() && self.index.contains_key(component))
        {
            self.refuse(arm, LONE_ARM);
        }
        if arm.entries("properties").len() < 2 && !arm.has("allOf") {
            return None;
        }
        named(&self.add(component, arm, Some(tag))).map(str::to_owned)
    }

    /// All types with direction and module, and what was wrong.
    pub(super) fn finish(mut self, tags: &[Tag]) -> (Vec<TypeDef>, Diagnostics) {
        let names = self.defs.iter().enumerate().map(|(at, def)| (def.name.clone(), at));
        let positions: HashMap<String, usize> = names.collect();
        let position = |name: &str| positions.get(name).copied();
        let parts: Vec<Vec<usize>> =
            self.defs.iter().map(|def| parts(def).filter_map(position).collect()).collect();
        for tag in tags {
            for operation in &tag.operations {
                let arguments = operation.fields.iter().filter_map(|field| named(&field.ty));
                let answer = match &operation.output {
                    Output::Data { type_name, .. } => Some(type_name.as_str()),
                    Output::Listing { item, .. } => Some(item.as_str()),
                    Output::Accepted => None,
                };
                for at in reached(arguments.filter_map(position).collect(), &parts) {
                    self.defs[at].in_request = true;
                    settle(&mut self.defs[at], tag);
                }
                for at in reached(answer.and_then(position).into_iter().collect(), &parts) {
                    self.defs[at].in_response = true;
                    settle(&mut self.defs[at], tag);
                }
            }
        }
        // What only a report of a problem has reached.
        self.defs.retain(|def| !def.module.is_empty());
        (self.defs, self.problems)
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

/// The named type that a value of this type is or contains.
fn named(ty: &Type) -> Option<&str> {
    match ty {
        Type::Named(name) => Some(name),
        Type::List(item) | Type::Listing { item, .. } => named(item),
        _ => None,
    }
}

/// The named types that a definition mentions.
fn parts(def: &TypeDef) -> impl Iterator<Item = &str> {
    let mut parts = Vec::new();
    match &def.kind {
        TypeKind::Struct { fields, .. } => {
            parts.extend(fields.iter().filter_map(|field| named(&field.ty)));
        }
        TypeKind::Text { widens_to, .. } => parts.extend(widens_to.as_deref()),
        TypeKind::Union { arms, .. } => {
            parts.extend(arms.iter().filter_map(|arm| arm.type_name.as_deref()));
        }
        TypeKind::OpenObject { views } => {
            parts.extend(views.iter().map(|view| view.type_name.as_str()));
        }
        TypeKind::TextEnum { .. } | TypeKind::IntEnum { .. } | TypeKind::Integer { .. } => {}
    }
    parts.into_iter()
}

fn text_enum(schema: &Node<'_>) -> TypeKind {
    let aliases = schema.entries("x-aliases").into_iter();
    TypeKind::TextEnum {
        variants: variants(schema, |value| value.as_str().map(str::to_owned)),
        aliases: aliases
            .filter_map(|(other, value)| Some((other.to_owned(), value.value.as_str()?.to_owned())))
            .collect(),
    }
}

fn variants<T: ToString>(schema: &Node<'_>, read: impl Fn(&Value) -> Option<T>) -> Vec<Variant<T>> {
    let (names, docs) = (schema.texts("x-enum-varnames"), schema.texts("x-enum-descriptions"));
    let values = schema.items("enum").into_iter().filter_map(|node| read(node.value));
    values
        .enumerate()
        .map(|(at, value)| Variant {
            name: names::pascal(names.get(at).unwrap_or(&value.to_string())),
            docs: docs.get(at).cloned().unwrap_or_default(),
            value,
        })
        .collect()
}

fn known(schema: &Node<'_>) -> Vec<KnownValue> {
    let rows = schema.items("x-known-values").into_iter();
    rows.map(|row| KnownValue {
        name: names::screaming(row.text("name")),
        value: row.text("value").to_owned(),
        docs: row.docs("description"),
    })
    .collect()
}

fn lenient(schema: &Node<'_>) -> impl Iterator<Item = Lenient> {
    schema.texts("x-lenient").into_iter().filter_map(|word| match word.as_str() {
        "int-or-string" => Some(Lenient::IntOrString),
        "null-list" => Some(Lenient::NullList),
        "seconds-or-milliseconds" => Some(Lenient::SecondsOrMilliseconds),
        "array-or-object" => Some(Lenient::ArrayOrObject),
        "empty-string-is-absent" => Some(Lenient::EmptyStringIsAbsent),
        "bool-or-int" => Some(Lenient::BoolOrInt),
        "odd-is-absent" => Some(Lenient::OddIsAbsent),
        _ => None,
    })
}

/// The property that is required and constant in every arm.
fn shared_constant<'a>(arms: &[(&'a str, Node<'a>)]) -> Option<&'a str> {
    let fixes = |arm: &Node<'a>, name: &str| {
        let property = arm.get("properties").and_then(|properties| properties.get(name));
        arm.lists("required", name) && property.is_some_and(|node| node.constant().is_some())
    };
    let (_, first) = arms.first()?;
    let mut names = first.entries("properties").into_iter().map(|(name, _)| name);
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
