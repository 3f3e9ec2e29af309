//! Rules about schemas: the forms that the generator knows, the keys of each, and the extensions.

use serde_json::Value;

use super::operation::fits_schema;
use super::{Cx, flag, is_pascal, is_snake, items, members, repeated, said, text, texts};
use crate::names;
use crate::refs::{self, join};

/// Where a schema stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// `components/schemas`.
    Component,
    /// A property; `true` when it may be left out.
    Property(bool),
    /// Items of a list.
    Items,
    /// A path or query parameter.
    Parameter,
    /// A header that the runtime writes by itself: documentation only.
    Header,
}

/// What a schema is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Struct,
    Open,
    List,
    Text,
    TextEnum,
    IntEnum,
    Constant,
    Integer,
    Number,
    Bool,
    Array,
    /// `allOf` with one `$ref`.
    Named,
    /// `allOf` of objects and a union.
    Flattened,
    Union,
}

/// The keys of each form, beside `type` and `description`; those of [`PLACED`] where the place allows them.
const KEYS: &[(Form, &[&str])] = &[
    (
        Form::Struct,
        &[
            "required",
            "properties",
            "additionalProperties",
            "example",
            "x-failed-when",
            "x-lenient",
        ],
    ),
    (
        Form::Open,
        &[
            "additionalProperties",
            "nullable",
            "example",
            "x-views",
            "x-aliases",
        ],
    ),
    (Form::List, &["required", "properties", "nullable"]),
    (
        Form::Text,
        &[
            "format",
            "nullable",
            "default",
            "example",
            "minLength",
            "maxLength",
            "x-sensitive",
            "x-lenient",
            "x-aliases",
            "x-known-values",
        ],
    ),
    (
        Form::TextEnum,
        &[
            "enum",
            "default",
            "example",
            "x-enum-varnames",
            "x-enum-descriptions",
            "x-aliases",
            "x-lenient",
        ],
    ),
    (
        Form::IntEnum,
        &[
            "format",
            "enum",
            "default",
            "example",
            "x-enum-varnames",
            "x-enum-descriptions",
        ],
    ),
    (Form::Constant, &["format", "enum", "example"]),
    (
        Form::Integer,
        &[
            "format",
            "nullable",
            "default",
            "example",
            "minimum",
            "maximum",
            "x-unit",
            "x-lenient",
            "x-aliases",
        ],
    ),
    (
        Form::Number,
        &[
            "format",
            "nullable",
            "default",
            "example",
            "minimum",
            "maximum",
            "x-unit",
            "x-lenient",
            "x-aliases",
        ],
    ),
    (
        Form::Bool,
        &["nullable", "default", "example", "x-lenient", "x-aliases"],
    ),
    (
        Form::Array,
        &[
            "items",
            "minItems",
            "maxItems",
            "uniqueItems",
            "nullable",
            "default",
            "example",
            "x-lenient",
            "x-aliases",
        ],
    ),
    (
        Form::Named,
        &[
            "allOf",
            "nullable",
            "default",
            "example",
            "x-lenient",
            "x-aliases",
        ],
    ),
    (Form::Flattened, &["allOf", "example"]),
    (Form::Union, &["oneOf", "discriminator", "title", "example"]),
];

/// Whether a key has a meaning in a place and on a form.
type Allowed = fn(Place, Form) -> bool;

/// Keys that have a meaning only in some places.
const PLACED: &[(&str, Allowed)] = &[
    ("nullable", |place, _| matches!(place, Place::Property(_))),
    ("default", |place, _| {
        matches!(place, Place::Property(_) | Place::Parameter | Place::Header)
    }),
    ("x-aliases", |place, form| {
        matches!(place, Place::Property(_)) || form == Form::TextEnum
    }),
    ("x-known-values", |place, _| place == Place::Component),
    ("x-views", |place, _| place == Place::Component),
];

const UNITS: &[&str] = &[
    "m",
    "km",
    "m/s",
    "deg",
    "s",
    "ms",
    "h",
    "percent",
    "byte",
    "kilobyte",
    "kilobyte/s",
    "millivolt",
    "milliampere",
    "celsius",
    "pixel",
    "ratio",
    "count",
    "unix-seconds",
    "unix-milliseconds",
];

/// Last words of the names of physical quantities.
const PHYSICAL: &[&str] = &[
    "altitude",
    "angle",
    "capacity",
    "distance",
    "duration",
    "elevation",
    "heading",
    "height",
    "humidity",
    "latitude",
    "length",
    "longitude",
    "pitch",
    "progress",
    "radius",
    "roll",
    "size",
    "speed",
    "temperature",
    "time",
    "timestamp",
    "voltage",
    "yaw",
];

/// All schema components, and all schemas within envelopes.
pub(super) fn check(cx: &mut Cx<'_>) {
    let components = cx.root.get("components").unwrap_or(&Value::Null);
    let unions = members(components, "schemas").flat_map(|(_, schema)| items(schema, "oneOf"));
    cx.arms = unions.filter_map(refs::schema_name).collect();
    for (name, schema) in members(components, "schemas") {
        let at = join("/components/schemas", name);
        cx.described(schema, &at, &format!("the component `{name}`"));
        check_inline(cx, &at, schema, Place::Component, name);
    }
    for (path, item) in members(cx.root, "paths") {
        for method in ["get", "post", "put", "delete"] {
            let at = format!(
                "{}/{method}/responses/200/content/application~1json/schema",
                join("/paths", path)
            );
            let data = cx
                .root
                .pointer(&format!("{at}/properties/data"))
                .filter(|data| item.get(method).is_some() && is_list_form(data));
            if let Some(data) = data {
                check_inline(
                    cx,
                    &format!("{at}/properties/data"),
                    data,
                    Place::Property(true),
                    "data",
                );
            }
        }
    }
}

/// Whether a schema is an object with or without declared keys: what a body or `data` can be.
pub(super) fn has_fields(schema: &Value) -> bool {
    text(schema, "type") == "object"
        || schema.get("oneOf").is_some()
        || items(schema, "allOf").len() > 1
}

/// `{list: […]}`, written inline.
pub(super) fn is_list_form(schema: &Value) -> bool {
    text(schema, "type") == "object"
        && members(schema, "properties")
            .map(|(name, _)| name)
            .eq(["list"])
}

/// Checks a schema and everything inline in it.
pub(super) fn check_inline(cx: &mut Cx<'_>, at: &str, schema: &Value, place: Place, name: &str) {
    if refs::target(schema).is_some() || !schema.is_object() {
        let component = place == Place::Component && schema.is_object();
        return cx.expect(
            !component,
            "unsupported",
            at,
            "a component cannot be only a `$ref`",
        );
    }
    let Some(form) = form(cx, at, schema, place) else {
        return;
    };
    keys(cx, at, schema, place, form);
    if place == Place::Header {
        return;
    }
    match form {
        Form::Struct | Form::List => fields(cx, at, schema, form),
        Form::Array => match schema.get("items") {
            Some(inner) => check_inline(cx, &join(at, "items"), inner, Place::Items, name),
            None => cx.report_with("unsupported", at, "a list of nothing", "write `items`"),
        },
        Form::TextEnum | Form::IntEnum => values(cx, at, schema, form),
        Form::Union => union(cx, at, schema),
        Form::Integer | Form::Number => format(cx, at, schema, form, name),
        Form::Text if !matches!(text(schema, "format"), "" | "date-time" | "uri") => {
            let message = format!(
                "texts of format `{}` are not supported",
                text(schema, "format")
            );
            cx.report_with(
                "unsupported",
                &join(at, "format"),
                message,
                "write `format: date-time`, or describe the form in words",
            );
        }
        _ => {}
    }
    extensions(cx, at, schema, place, form, name);
    for key in ["default", "example"] {
        fits_schema(cx, schema, schema.get(key), &join(at, key));
    }
}

/// The form, or a problem when there is none.
fn form(cx: &mut Cx<'_>, at: &str, schema: &Value, place: Place) -> Option<Form> {
    let (all, component) = (items(schema, "allOf"), place == Place::Component);
    let one_value = items(schema, "enum").len() == 1 && matches!(place, Place::Property(_));
    let enumerated = schema.get("enum").is_some();
    if schema.get("oneOf").is_some() {
        cx.expect(component, "inline-object", at, "`oneOf` stands inline");
        return component.then_some(Form::Union);
    }
    if schema.get("allOf").is_some() {
        return all_of(cx, at, all, component);
    }
    let form = match text(schema, "type") {
        "object" if schema.get("properties").is_none() => {
            let open = flag(schema, "additionalProperties");
            let help = "write `properties`, or `additionalProperties: true` for open keys";
            if !open {
                cx.report_with("unsupported", at, "an object that declares no keys", help);
            }
            return open.then_some(Form::Open);
        }
        "object" if component => Form::Struct,
        "object" if is_list_form(schema) && matches!(place, Place::Property(_)) => Form::List,
        "object" => {
            cx.report(
                "inline-object",
                at,
                "an object with properties stands inline",
            );
            return None;
        }
        "string" | "integer" if enumerated && one_value => Form::Constant,
        "string" | "integer" if enumerated && !component && place != Place::Header => {
            cx.report("inline-enum", at, "an enum stands inline");
            return None;
        }
        "string" if enumerated => Form::TextEnum,
        "integer" if enumerated => Form::IntEnum,
        "string" => Form::Text,
        "integer" => Form::Integer,
        "number" => Form::Number,
        "boolean" => Form::Bool,
        "array" => Form::Array,
        _ if schema.get("anyOf").or(schema.get("not")).is_some() => return None,
        "" => {
            cx.report("bad-type", at, "the schema has no type");
            return None;
        }
        other => {
            cx.report(
                "bad-type",
                &join(at, "type"),
                format!("there is no type `{other}`"),
            );
            return None;
        }
    };
    if component && matches!(form, Form::Bool | Form::Number | Form::Array) {
        cx.report_with(
            "unsupported",
            at,
            format!("a component of type {}", text(schema, "type")),
            "write it where it is used",
        );
        return None;
    }
    Some(form)
}

fn all_of(cx: &mut Cx<'_>, at: &str, all: &[Value], component: bool) -> Option<Form> {
    let parts: Option<Vec<_>> = all
        .iter()
        .map(|part| refs::resolve(cx.root, part).filter(|_| refs::target(part).is_some()))
        .collect();
    let wrong = match parts.as_deref() {
        None => "`allOf` holds something else than references to components",
        Some([]) => "`allOf` is empty",
        Some([target]) if component => match (text(target, "type"), target.get("enum")) {
            ("string", None) => return Some(Form::Named),
            _ => "an alias of something else than a text",
        },
        Some([_]) => return Some(Form::Named),
        Some(_) if !component => "`allOf` of several parts stands inline",
        Some([structs @ .., union]) => {
            let open = |part: &&Value| {
                part.get("properties").is_some() && part.get("additionalProperties").is_none()
            };
            let arms = items(union, "oneOf")
                .iter()
                .filter_map(|arm| refs::resolve(cx.root, arm));
            let closed = arms
                .filter(|arm| arm.get("additionalProperties").is_some())
                .count()
                > 0;
            match union.get("oneOf") {
                Some(_) if !said(union, "title") => {
                    "the `oneOf` part has no `title`, which names its field"
                }
                Some(_) if closed || !structs.iter().all(open) => {
                    "a part with `additionalProperties` refuses the keys of the others"
                }
                Some(_) => return Some(Form::Flattened),
                None => "the last part is no `oneOf` component",
            }
        }
    };
    cx.report("allof-form", at, wrong);
    None
}

/// Keys that mean nothing on this form or in this place.
fn keys(cx: &mut Cx<'_>, at: &str, schema: &Value, place: Place, form: Form) {
    let known = KEYS
        .iter()
        .find(|(known, _)| *known == form)
        .map_or(&[][..], |(_, keys)| keys);
    for (key, _) in schema.as_object().into_iter().flatten() {
        let at = join(at, key);
        let placed = PLACED
            .iter()
            .find(|(name, _)| name == key)
            .is_none_or(|(_, allowed)| allowed(place, form));
        if matches!(key.as_str(), "type" | "description")
            || (known.contains(&key.as_str()) && placed)
        {
            continue;
        }
        if crate::shape::Kind::Schema.under(key).is_some() {
            let message = format!("`{key}` has no effect on {} here", described(form));
            let rule = if key.starts_with("x-") {
                "misplaced-extension"
            } else {
                "unsupported"
            };
            cx.report_with(
                rule,
                &at,
                message,
                "remove it, or move it to where it has one (see spec/README.md)",
            );
        }
    }
}

fn described(form: Form) -> &'static str {
    match form {
        Form::Struct => "an object",
        Form::Open => "an open object",
        Form::List => "a list object",
        Form::Text => "a text",
        Form::TextEnum | Form::IntEnum => "an enum",
        Form::Constant => "a constant",
        Form::Integer => "an integer",
        Form::Number => "a number",
        Form::Bool => "a boolean",
        Form::Array => "a list",
        Form::Named => "a reference",
        Form::Flattened => "a joined object",
        Form::Union => "a union",
    }
}

/// Properties of an object: names, descriptions, requiredness, other spellings.
fn fields(cx: &mut Cx<'_>, at: &str, schema: &Value, form: Form) {
    let (required, owner) = (
        texts(schema, "required"),
        at.strip_prefix("/components/schemas/").unwrap_or_default(),
    );
    let open = schema
        .get("additionalProperties")
        .is_some_and(|value| *value != Value::Bool(false));
    if open {
        let help = "write either `properties` or `additionalProperties: true`";
        cx.report_with(
            "unsupported",
            &join(at, "additionalProperties"),
            "declared and open keys in one object",
            help,
        );
    }
    for name in required
        .iter()
        .filter(|name| !members(schema, "properties").any(|(property, _)| property == **name))
    {
        cx.report(
            "required-unknown",
            &join(at, "required"),
            format!("there is no property `{name}`"),
        );
    }
    for (name, property) in members(schema, "properties") {
        let at = join(&join(at, "properties"), name);
        let needed = required.contains(&name);
        if form == Form::Struct && refs::target(property).is_none() {
            cx.described(property, &at, &format!("the property `{name}`"));
        }
        let constant = items(property, "enum").len() == 1;
        let tag = cx.arms.contains(owner);
        let fits = !constant || (needed && (tag || text(property, "type") == "string"));
        cx.expect(
            fits,
            "inline-enum",
            &at,
            "a value that is always the same must be a required text, or the tag of a union's arm",
        );
        check_inline(cx, &at, property, Place::Property(!needed), name);
    }
    let wires: Vec<_> = members(schema, "properties")
        .map(|(name, _)| name)
        .collect();
    let fields: Vec<_> = wires.iter().map(|name| names::snake(name)).collect();
    cx.collisions(
        &join(at, "properties"),
        "the properties",
        fields.iter().map(String::as_str).zip(wires.iter().copied()),
    );
    for (wire, field) in wires.iter().zip(&fields) {
        cx.expect(
            !field.is_empty(),
            "name-collision",
            &join(&join(at, "properties"), wire),
            format!("`{wire}` gives no Rust name"),
        );
    }
    let aliases = members(schema, "properties").flat_map(|(name, property)| {
        let at = join(&join(&join(at, "properties"), name), "x-aliases");
        texts(property, "x-aliases")
            .into_iter()
            .map(move |alias| (alias, at.clone()))
    });
    for (alias, at) in repeated(
        wires
            .iter()
            .map(|wire| (*wire, String::new()))
            .chain(aliases),
    ) {
        cx.report(
            "aliases",
            &at,
            format!("`{alias}` is a property, or another property's alias"),
        );
    }
}

fn values(cx: &mut Cx<'_>, at: &str, schema: &Value, form: Form) {
    let values = items(schema, "enum");
    cx.expect(
        !values.is_empty(),
        "enum-empty",
        &join(at, "enum"),
        "the enum has no values",
    );
    let spelt: Vec<_> = values
        .iter()
        .map(|value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        })
        .collect();
    for (index, value) in values.iter().enumerate() {
        let at = join(&join(at, "enum"), index);
        let typed = if form == Form::TextEnum {
            value.is_string()
        } else {
            value.is_i64()
        };
        cx.expect(
            typed,
            "enum-values",
            &at,
            format!("{value} is no {}", text(schema, "type")),
        );
        cx.expect(
            !values[..index].contains(value),
            "enum-duplicate",
            &at,
            format!("{value} stands twice"),
        );
    }
    let names = texts(schema, "x-enum-varnames");
    let given = schema.get("x-enum-varnames").is_some();
    cx.expect(
        given || form == Form::TextEnum,
        "enum-names",
        at,
        "the values of an integer enum have no names",
    );
    cx.expect(
        !given || names.len() == values.len(),
        "enum-names",
        &join(at, "x-enum-varnames"),
        format!("{} names for {} values", names.len(), values.len()),
    );
    for name in names.iter().filter(|name| !is_pascal(name)) {
        cx.report(
            "enum-names",
            &join(at, "x-enum-varnames"),
            format!("`{name}` is not in PascalCase"),
        );
    }
    let docs = texts(schema, "x-enum-descriptions");
    let complete = docs.len() == values.len() && docs.iter().all(|text| !text.trim().is_empty());
    cx.expect(
        complete,
        "enum-descriptions",
        at,
        format!("{} descriptions for {} values", docs.len(), values.len()),
    );
    let variants: Vec<_> = if given {
        names.iter().map(|name| (*name).to_owned()).collect()
    } else {
        spelt.iter().map(|value| names::pascal(value)).collect()
    };
    let pairs = variants
        .iter()
        .map(String::as_str)
        .zip(spelt.iter().map(String::as_str));
    cx.collisions(
        &join(at, "enum"),
        "the values",
        pairs.clone().filter(|(name, _)| !name.is_empty()),
    );
    for (name, value) in pairs {
        let message = format!("`{value}` gives no usable name: write `x-enum-varnames`");
        cx.expect(
            !matches!(name, "" | "Unknown" | "Self_"),
            "name-collision",
            &join(at, "enum"),
            message,
        );
    }
}

fn union(cx: &mut Cx<'_>, at: &str, schema: &Value) {
    let arms: Option<Vec<_>> = items(schema, "oneOf")
        .iter()
        .map(|arm| Some((refs::target(arm)?, refs::resolve(cx.root, arm)?)))
        .collect();
    let Some(arms) =
        arms.filter(|arms| arms.iter().all(|(_, arm)| arm.get("properties").is_some()))
    else {
        return cx.report(
            "union-tag",
            at,
            "the arms are not all references to object components",
        );
    };
    let tag_of = |arm: &Value, tag: &str, kind: &str| {
        let property = arm
            .get("properties")?
            .get(tag)
            .filter(|property| text(property, "type") == kind)?;
        let [value] = items(property, "enum") else {
            return None;
        };
        texts(arm, "required").contains(&tag).then(|| value.clone())
    };
    let distinct = |tags: &[Option<Value>]| {
        tags.iter()
            .enumerate()
            .all(|(index, tag)| tag.is_some() && !tags[..index].contains(tag))
    };
    if let Some(discriminator) = schema.get("discriminator") {
        let tag = text(discriminator, "propertyName");
        let mapped = arms.iter().all(|(target, arm)| {
            let Some(Value::String(value)) = tag_of(arm, tag, "string") else {
                return false;
            };
            members(discriminator, "mapping")
                .any(|(key, mapped)| key == value && mapped.as_str() == Some(target))
        });
        let complete = mapped && members(discriminator, "mapping").count() == arms.len();
        cx.expect(
            complete,
            "union-tag",
            &join(at, "discriminator"),
            format!("`mapping` and the one-value enums of `{tag}` in the arms do not agree"),
        );
    } else {
        let candidates = arms
            .first()
            .into_iter()
            .flat_map(|(_, arm)| members(arm, "properties"))
            .map(|(name, _)| name);
        let tagged = |tag: &str| {
            distinct(
                &arms
                    .iter()
                    .map(|(_, arm)| tag_of(arm, tag, "integer"))
                    .collect::<Vec<_>>(),
            )
        };
        let found = candidates.filter(|tag| tagged(tag)).count();
        cx.expect(
            found == 1,
            "union-tag",
            at,
            format!("the arms have {found} tags in common that tell them apart"),
        );
    }
}

/// `format` and `x-unit` of numbers.
fn format(cx: &mut Cx<'_>, at: &str, schema: &Value, form: Form, name: &str) {
    let (format, unit) = (
        text(schema, "format"),
        schema
            .get("x-unit")
            .map(|unit| unit.as_str().unwrap_or_default()),
    );
    let known: &[&str] = if form == Form::Integer {
        &["int32", "int64"]
    } else {
        &["double", "float"]
    };
    cx.expect(
        known.contains(&format),
        "int-format",
        at,
        format!(
            "the format is {}",
            if format.is_empty() { "missing" } else { format }
        ),
    );
    let share = schema.get("minimum").and_then(Value::as_f64) == Some(0.0)
        && schema.get("maximum").and_then(Value::as_f64) == Some(1.0);
    // Pages are counted, and a share from 0 to 1 has no unit.
    let physical = name
        .rsplit('_')
        .next()
        .is_some_and(|word| PHYSICAL.contains(&word))
        && !name.starts_with("page_")
        && !share;
    match unit {
        None => cx.expect(
            !physical,
            "unit-missing",
            at,
            format!("`{name}` has no unit"),
        ),
        Some(unit) => {
            cx.expect(
                UNITS.contains(&unit),
                "unit-unknown",
                &join(at, "x-unit"),
                format!("there is no unit `{unit}`"),
            );
            let time = !unit.starts_with("unix-") || (form == Form::Integer && format == "int64");
            cx.expect(
                time,
                "int-format",
                at,
                "a point in time must be `type: integer` with `format: int64`",
            );
        }
    }
}

fn extensions(cx: &mut Cx<'_>, at: &str, schema: &Value, place: Place, form: Form, name: &str) {
    let key = |key: &str| join(at, key);
    if let Some(list) = schema.get("x-lenient") {
        lenient(cx, &key("x-lenient"), list, schema, place, form);
    }
    if let Some(value) = schema.get("x-sensitive") {
        let plain = text(schema, "format").is_empty() && schema.get("x-known-values").is_none();
        cx.expect(
            *value == Value::Bool(true) && plain,
            "sensitive",
            &key("x-sensitive"),
            "this cannot be a secret",
        );
    }
    match schema.get("x-aliases") {
        Some(aliases) if form == Form::TextEnum => {
            let values = texts(schema, "enum");
            cx.expect(
                aliases.as_object().is_some_and(|map| !map.is_empty()),
                "aliases",
                &key("x-aliases"),
                "the aliases of an enum are no map",
            );
            for (other, canonical) in members(schema, "x-aliases") {
                let fits = canonical
                    .as_str()
                    .is_some_and(|canonical| values.contains(&canonical))
                    && !values.contains(&other);
                cx.expect(
                    fits,
                    "aliases",
                    &join(&key("x-aliases"), other),
                    format!("`{other}: {canonical}` is not other: canonical"),
                );
            }
        }
        Some(aliases) => alias_list(cx, &key("x-aliases"), aliases, name),
        None => {}
    }
    known_values(cx, &key("x-known-values"), schema);
    if schema.get("x-failed-when").is_some() {
        let mut pairs = members(schema, "x-failed-when");
        let fits = match (pairs.next(), pairs.next()) {
            (Some((property, value)), None) => schema
                .get("properties")
                .and_then(|properties| properties.get(property))
                .is_some_and(|property| {
                    let values = cx.behind(property);
                    text(values, "type") == "string" && items(values, "enum").contains(value)
                }),
            _ => false,
        };
        cx.expect(
            fits,
            "failed-when",
            &key("x-failed-when"),
            "this is no value of a property's string enum",
        );
    }
    if let Some(views) = schema.get("x-views") {
        cx.expect(
            views.as_array().is_some_and(|list| !list.is_empty()),
            "views",
            &key("x-views"),
            "the views are no list",
        );
    }
    for (index, view) in items(schema, "x-views").iter().enumerate() {
        let target = cx.document.schema(text(view, "schema"));
        let tolerant =
            target.is_some_and(|target| texts(target, "x-lenient").contains(&"odd-is-absent"));
        let known = view.as_object().is_some_and(|view| {
            view.keys()
                .all(|key| matches!(key.as_str(), "name" | "schema" | "keys"))
        });
        let keyed = view.get("keys").is_none_or(|keys| keys == "payload-index");
        let fits = tolerant && known && keyed && is_snake(text(view, "name"));
        cx.expect(
            fits,
            "views",
            &join(&key("x-views"), index),
            format!("`{}` is no view", text(view, "name")),
        );
    }
}

/// Other names of a property or a parameter.
pub(super) fn alias_list(cx: &mut Cx<'_>, at: &str, aliases: &Value, name: &str) {
    let fits = aliases
        .as_array()
        .is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_string));
    cx.expect(
        fits,
        "aliases",
        at,
        format!("the aliases of `{name}` are no list of names"),
    );
}

fn known_values(cx: &mut Cx<'_>, at: &str, schema: &Value) {
    let Some(list) = schema.get("x-known-values") else {
        return;
    };
    cx.expect(
        list.as_array().is_some_and(|list| !list.is_empty()),
        "known-values",
        at,
        "the known values are no list",
    );
    let rows = items(schema, "x-known-values");
    for (index, row) in rows.iter().enumerate() {
        let fits = said(row, "value")
            && said(row, "description")
            && is_pascal(text(row, "name"))
            && row.as_object().is_some_and(|row| row.len() == 3);
        cx.expect(
            fits,
            "known-values",
            &join(at, index),
            "a known value is not {value, name, description}",
        );
    }
    for (value, at) in repeated(
        rows.iter()
            .enumerate()
            .map(|(index, row)| (text(row, "value"), join(at, index))),
    ) {
        cx.report(
            "known-values",
            &at,
            format!("the value {value} stands twice"),
        );
    }
    let constants: Vec<_> = rows
        .iter()
        .map(|row| names::screaming(text(row, "name")))
        .collect();
    cx.collisions(
        at,
        "the known values",
        constants
            .iter()
            .map(String::as_str)
            .zip(rows.iter().map(|row| text(row, "name"))),
    );
}

fn lenient(cx: &mut Cx<'_>, at: &str, list: &Value, schema: &Value, place: Place, form: Form) {
    cx.expect(
        list.as_array().is_some_and(|list| !list.is_empty()),
        "lenient",
        at,
        "`x-lenient` is no list",
    );
    let target = cx.behind(schema);
    for (index, entry) in items(schema, "x-lenient").iter().enumerate() {
        let name = entry.as_str().unwrap_or_default();
        let (fits, wanted) = match name {
            "int-or-string" => (
                matches!(text(target, "type"), "string" | "integer" | "number"),
                "a text or a number",
            ),
            "null-list" => (
                form == Form::Array && flag(schema, "nullable"),
                "a list with `nullable: true`",
            ),
            "array-or-object" => (form == Form::Array, "a list"),
            "seconds-or-milliseconds" => (
                text(schema, "x-unit").starts_with("unix-"),
                "a point in time with `x-unit`",
            ),
            "empty-string-is-absent" => (place == Place::Property(true), "an optional property"),
            "bool-or-int" => (form == Form::Bool, "a boolean"),
            "odd-is-absent" => (
                form == Form::Struct && schema.get("required").is_none(),
                "an object component without required properties",
            ),
            _ => (false, "nothing: there is no such leniency"),
        };
        cx.expect(
            fits && (form != Form::Struct || name == "odd-is-absent"),
            "lenient",
            &join(at, index),
            format!("`{name}` belongs on {wanted}"),
        );
    }
}
