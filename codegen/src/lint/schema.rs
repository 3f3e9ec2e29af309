//! Rules about schemas: the forms that the generator knows, the keys of each, and the extensions.

use serde_json::Value;

use super::operation::fits_schema;
use super::{Cx, is_pascal, is_snake, repeated};
use crate::facts::Facts;
use crate::names::{pascal, screaming, snake};
use crate::refs::{resolve, target};
use crate::shape::Kind;

/// Where a schema stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// `components/schemas`.
    Component,
    /// A property that may be left out.
    Optional,
    /// A property that is always there.
    Required,
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

/// The keys of each form: its name, the keys in any place, and those of [`PROPERTY`] and [`COMPONENT`].
#[rustfmt::skip]
const FORMS: &[(Form, &str, &[&str])] = &[
    (Form::Struct, "an object", &["required", "properties", "additionalProperties", "nullable", "example", "x-failed-when", "x-lenient"]),
    (Form::Open, "an open object", &["additionalProperties", "nullable", "example", "x-views", "x-aliases"]),
    (Form::List, "a list object", &["required", "properties", "nullable"]),
    (Form::Text, "a text", &["format", "nullable", "default", "example", "minLength", "maxLength", "x-sensitive", "x-lenient",
        "x-aliases", "x-known-values"]),
    (Form::TextEnum, "an enum", &["enum", "default", "example", "x-enum-varnames", "x-enum-descriptions", "x-aliases", "x-lenient"]),
    (Form::IntEnum, "an enum", &["format", "enum", "default", "example", "x-enum-varnames", "x-enum-descriptions"]),
    (Form::Constant, "a constant", &["format", "enum", "example"]),
    (Form::Integer, "an integer", &["format", "nullable", "default", "example", "minimum", "maximum", "x-unit", "x-lenient", "x-aliases"]),
    (Form::Number, "a number", &["format", "nullable", "default", "example", "minimum", "maximum", "x-unit", "x-lenient", "x-aliases"]),
    (Form::Bool, "a boolean", &["nullable", "default", "example", "x-lenient", "x-aliases"]),
    (Form::Array, "a list", &["items", "minItems", "maxItems", "uniqueItems", "nullable", "default", "example", "x-lenient", "x-aliases"]),
    (Form::Named, "a reference", &["allOf", "nullable", "default", "example", "x-lenient", "x-aliases"]),
    (Form::Flattened, "a joined object", &["allOf", "example"]),
    (Form::Union, "a union", &["oneOf", "discriminator", "title", "example"]),
];

/// Keys that only properties have (and `default` parameters, and `x-aliases` enums of texts).
const PROPERTY: [&str; 3] = ["nullable", "default", "x-aliases"];

/// Keys that only components have.
const COMPONENT: [&str; 2] = ["x-known-values", "x-views"];

#[rustfmt::skip]
const UNITS: &[&str] = &[
    "m", "km", "m/s", "deg", "s", "ms", "h", "percent", "byte", "kilobyte", "kilobyte/s", "millivolt", "milliampere",
    "celsius", "pixel", "count", "ratio", "unix-seconds", "unix-milliseconds",
];

/// Last words of the names of physical quantities.
#[rustfmt::skip]
const PHYSICAL: &[&str] = &[
    "altitude", "angle", "capacity", "distance", "duration", "elevation", "heading", "height", "humidity", "latitude",
    "length", "longitude", "pitch", "progress", "radius", "roll", "size", "speed", "temperature", "time", "timestamp",
    "voltage", "yaw",
];

/// All schema components. Parameters and answers bring their schemas themselves.
pub(super) fn check(cx: &mut Cx<'_>) {
    for (name, schema) in cx.root.under("components").members("schemas") {
        rule!(cx, "description-missing" @ schema;
            schema.said("description") => "`{name}` has no description");
        rule!(cx, "unsupported" @ schema;
            target(schema).is_none() => "a component cannot be only a `$ref`");
        check_inline(cx, schema, Place::Component, name);
    }
}

/// Whether a schema is an object with or without declared keys: what a body or `data` can be.
pub(super) fn has_fields(schema: &Value) -> bool {
    schema.text("type") == "object" || schema.has("oneOf") || schema.items("allOf").len() > 1
}

/// `{list: […]}`, written inline.
pub(super) fn is_list_form(schema: &Value) -> bool {
    schema.text("type") == "object"
        && schema.members("properties").map(|(name, _)| name).eq(["list"])
}

/// Checks a schema and everything inline in it.
pub(super) fn check_inline(cx: &mut Cx<'_>, schema: &Value, place: Place, name: &str) {
    if target(schema).is_some() || !schema.is_object() {
        return;
    }
    let form = match form(cx, schema, place) {
        Ok(form) => form,
        Err((rule, message)) => return cx.report.add(rule, schema, message),
    };
    keys(cx, schema, place, form);
    match form {
        _ if place == Place::Header => return,
        Form::Struct | Form::List => fields(cx, schema, name),
        Form::Array => {
            rule!(cx, "unsupported" @ schema;
                schema.has("items") => "a list without `items`");
            check_inline(cx, schema.under("items"), Place::Items, name);
        }
        Form::TextEnum | Form::IntEnum => values(cx, schema, form),
        Form::Union => union(cx, schema),
        Form::Integer | Form::Number => number(cx, schema, form, name),
        Form::Text => {
            let format = schema.text("format");
            rule!(cx, "unsupported" @ (schema, "format");
                ["", "date-time", "uri"].contains(&format) => "texts have no format `{format}`, only `date-time`");
        }
        _ => {}
    }
    lenient(cx, schema, place, form);
    extensions(cx, schema, form);
    for key in ["default", "example"] {
        fits_schema(cx, schema, schema.get(key));
    }
}

/// The form, or the rule that says that there is none.
fn form(cx: &Cx<'_>, schema: &Value, place: Place) -> Result<Form, (&'static str, String)> {
    let component = place == Place::Component;
    let property = matches!(place, Place::Required | Place::Optional);
    let values = schema.get("enum").and_then(Value::as_array).map(Vec::len);
    let (rule, message) = match (schema.text("type"), values) {
        _ if schema.has("oneOf") && component => return Ok(Form::Union),
        _ if schema.has("oneOf") => ("inline-object", "`oneOf` stands inline"),
        _ if schema.has("allOf") => match all_of(cx, schema.items("allOf"), component) {
            Ok(form) => return Ok(form),
            Err(message) => ("allof-form", message),
        },
        ("object", _) if schema.has("properties") => match place {
            Place::Component => return Ok(Form::Struct),
            _ if is_list_form(schema) && property => return Ok(Form::List),
            _ => ("inline-object", "an object with properties stands inline"),
        },
        ("object", _) if schema.flag("additionalProperties") => return Ok(Form::Open),
        ("object", _) => {
            ("unsupported", "an object with neither `properties` nor `additionalProperties: true`")
        }
        ("string" | "integer", Some(1)) if property => return Ok(Form::Constant),
        ("string" | "integer", Some(_)) if !component && place != Place::Header => {
            ("inline-enum", "an enum stands inline")
        }
        ("string", Some(_)) => return Ok(Form::TextEnum),
        ("integer", Some(_)) => return Ok(Form::IntEnum),
        ("string", None) => return Ok(Form::Text),
        ("integer", None) => return Ok(Form::Integer),
        ("number" | "boolean" | "array", _) if component => (
            "unsupported",
            "only objects, texts, integers and unions are components, this stands inline",
        ),
        ("number", _) => return Ok(Form::Number),
        ("boolean", _) => return Ok(Form::Bool),
        ("array", _) => return Ok(Form::Array),
        _ if schema.has("anyOf") || schema.has("not") => {
            ("unsupported", "this is no type, no `oneOf` and no `allOf`")
        }
        _ => return Err(("bad-type", format!("the type is {}", schema.shown("type")))),
    };
    Err((rule, message.to_owned()))
}

fn all_of(cx: &Cx<'_>, parts: &[Value], component: bool) -> Result<Form, &'static str> {
    let found = parts.iter().filter(|part| target(part).is_some());
    let found: Vec<_> = found.filter_map(|part| resolve(cx.root, part)).collect();
    match found.as_slice() {
        [] => Err("`allOf` holds no reference"),
        _ if found.len() < parts.len() => Err("`allOf` holds something else than references"),
        [target] if component && (target.text("type"), target.get("enum")) != ("string", None) => {
            Err("this renames something else than a text")
        }
        [_] => Ok(Form::Named),
        _ if !component => Err("`allOf` of several parts stands inline"),
        [objects @ .., union] => {
            let arms = union.items("oneOf").iter().filter_map(|arm| resolve(cx.root, arm));
            let mut parts = objects.iter().copied().chain(arms);
            let plain = objects.iter().all(|part| part.has("properties"));
            if !union.listed("oneOf") || !plain {
                Err("the parts are not objects and a last `oneOf`")
            } else if !union.said("title") {
                Err("the `oneOf` part has no `title`, which names its field")
            } else if parts.any(|part| part.has("additionalProperties")) {
                Err("a part with `additionalProperties` refuses the keys of the others")
            } else {
                Ok(Form::Flattened)
            }
        }
    }
}

/// Keys that mean nothing on this form or in this place.
fn keys(cx: &mut Cx<'_>, schema: &Value, place: Place, form: Form) {
    let of_form = FORMS.iter().find(|(known, ..)| *known == form);
    let (label, known) = of_form.map_or(("", &[][..]), |(_, label, keys)| (*label, *keys));
    for (key, _) in schema.as_object().into_iter().flatten() {
        let key = key.as_str();
        let placed = match place {
            Place::Optional | Place::Required => !COMPONENT.contains(&key),
            Place::Component => {
                !PROPERTY.contains(&key)
                    || (form == Form::TextEnum && key == "x-aliases")
                    || (matches!(form, Form::Struct | Form::Open) && key == "nullable")
            }
            Place::Parameter | Place::Header if key == "default" => true,
            _ => !PROPERTY.contains(&key) && !COMPONENT.contains(&key),
        };
        let fine = ["type", "description"].contains(&key) || (known.contains(&key) && placed);
        if !fine && Kind::Schema.under(key).is_some() {
            let rule = if key.starts_with("x-") { "misplaced-extension" } else { "unsupported" };
            let message = format_args!("`{key}` has no effect on {label} here");
            cx.report.add(rule, (schema, key), message);
        }
    }
}

/// Properties of an object: names, descriptions, requiredness, other spellings.
fn fields(cx: &mut Cx<'_>, schema: &Value, component: &str) {
    let (required, arm) = (schema.texts("required"), cx.arms.contains(component));
    let open = schema.get("additionalProperties").is_some_and(|value| value != false);
    rule!(cx, "unsupported" @ (schema, "additionalProperties");
        !open => "declared keys beside open ones");
    for name in &required {
        rule!(cx, "required-unknown" @ (schema, "required");
            schema.property(name).is_some() => "there is no property `{name}`");
    }
    for (name, property) in schema.members("properties") {
        let needed = required.contains(&name);
        let described =
            target(property).is_some() || is_list_form(schema) || property.said("description");
        rule!(cx, "description-missing" @ property;
            described => "the property `{name}` has no description");
        let constant = property.constant().is_some();
        let fits = needed && (arm || property.text("type") == "string");
        rule!(cx, "inline-enum" @ property;
            !constant || fits => "a constant must be a required text, or the tag of a union's arm");
        let place = if needed { Place::Required } else { Place::Optional };
        check_inline(cx, property, place, name);
        nullable_reference(cx, property);
    }
    let names = schema.members("properties").map(|(name, _)| (snake(name), name));
    cx.distinct(schema.under("properties"), names);
    let names = schema.members("properties").map(|(name, property)| (name, (property, "")));
    let aliases = schema.members("properties").flat_map(|(_, property)| {
        property.texts("x-aliases").into_iter().map(move |alias| (alias, (property, "x-aliases")))
    });
    for (alias, at) in repeated(names.chain(aliases)) {
        rule!(cx, "aliases" @ at; false => "`{alias}` is a property, or another property's alias");
    }
}

/// A reference may be null exactly where the object that it refers to may be: in OpenAPI 3.0 a `nullable` beside `allOf`
/// does not widen what the reference allows, so strict tools refuse the null.
fn nullable_reference(cx: &mut Cx<'_>, property: &Value) {
    let only = property.items("allOf").first().unwrap_or(property);
    let (Some(reference), Some(found)) = (target(only), resolve(cx.root, only)) else {
        return;
    };
    let agrees = property.flag("nullable") == found.flag("nullable");
    rule!(cx, "nullable-reference" @ property;
        agrees || found.text("type") != "object" => "nullable here and at `{reference}` disagree");
}

fn values(cx: &mut Cx<'_>, schema: &Value, form: Form) {
    let values = schema.items("enum");
    rule!(cx, "enum-empty" @ (schema, "enum"); !values.is_empty() => "the enum has no values");
    for (index, value) in values.iter().enumerate() {
        let typed = if form == Form::TextEnum { value.is_string() } else { value.is_i64() };
        rule!(cx, "enum-values" @ value; typed => "{value} is no {}", schema.text("type"));
        rule!(cx, "enum-duplicate" @ value;
            !values[..index].contains(value) => "{value} stands twice");
    }
    let (named, names) = (schema.has("x-enum-varnames"), schema.texts("x-enum-varnames"));
    let complete = names.len() == values.len() && names.iter().all(|name| is_pascal(name));
    rule!(cx, "enum-names" @ schema; if named { complete } else { form == Form::TextEnum } =>
        "{} values have the names [{}]", values.len(), names.join(", "));
    let docs = schema.texts("x-enum-descriptions");
    let complete = docs.len() == values.len() && docs.iter().all(|text| !text.trim().is_empty());
    rule!(cx, "enum-descriptions" @ schema;
        complete => "{} descriptions for {} values", docs.len(), values.len());
    let wires = schema.texts("enum");
    let variants: Vec<_> = match named {
        true => names.iter().map(|name| (pascal(name), *name)).collect(),
        false => wires.iter().map(|wire| (pascal(wire), *wire)).collect(),
    };
    let taken = variants.iter().any(|(name, _)| name == "Unknown");
    rule!(cx, "name-collision" @ (schema, "enum"); !taken => "the name `Unknown` stands for unknown values");
    cx.distinct(schema.under("enum"), variants);
}

fn union(cx: &mut Cx<'_>, schema: &Value) {
    let arms = schema.items("oneOf").iter();
    let arms: Vec<_> =
        arms.filter_map(|arm| Some((target(arm)?, resolve(cx.root, arm)?))).collect();
    let objects = arms.iter().filter(|(_, arm)| arm.has("properties")).count();
    rule!(cx, "union-tag" @ schema;
        objects == schema.items("oneOf").len() => "the arms are not all object components");
    let tag_of = |arm: &Value, tag: &str, kind: &str| {
        let value = arm.property(tag)?.constant()?;
        let typed = if kind == "string" { value.is_string() } else { value.is_i64() };
        (typed && arm.lists("required", tag)).then(|| value.clone())
    };
    if let Some(discriminator) = schema.get("discriminator") {
        let tag = discriminator.text("propertyName");
        let mapped = |(target, arm): &(&str, &Value)| match tag_of(arm, tag, "string") {
            Some(Value::String(value)) => {
                discriminator.under("mapping").get(&value).is_some_and(|to| to == target)
            }
            _ => false,
        };
        let complete =
            arms.iter().all(mapped) && discriminator.members("mapping").count() == arms.len();
        rule!(cx, "union-tag" @ schema;
            complete => "`mapping` and the one-value enums of `{tag}` in the arms do not agree");
        return;
    }
    let candidates = arms.first().into_iter().flat_map(|(_, arm)| arm.members("properties"));
    let tells_apart = |(tag, _): &(&str, &Value)| {
        let tags: Vec<_> = arms.iter().map(|(_, arm)| tag_of(arm, tag, "integer")).collect();
        tags.iter().enumerate().all(|(index, tag)| tag.is_some() && !tags[..index].contains(tag))
    };
    let tags = candidates.filter(tells_apart).count();
    rule!(cx, "union-tag" @ schema;
        tags == 1 => "the arms have {tags} integer tags in common that tell them apart");
}

/// `format` and `x-unit` of numbers.
fn number(cx: &mut Cx<'_>, schema: &Value, form: Form, name: &str) {
    let (format, unit) = (schema.text("format"), schema.text("x-unit"));
    let known = if form == Form::Integer { ["int32", "int64"] } else { ["double", "float"] };
    rule!(cx, "int-format" @ schema; known.contains(&format) => "the format is `{format}`");
    rule!(cx, "int-format" @ schema;
        !unit.starts_with("unix-") || format == "int64" => "a point in time needs an int64");
    rule!(cx, "unit-unknown" @ (schema, "x-unit");
        !schema.has("x-unit") || UNITS.contains(&unit) => "there is no unit `{unit}`");
    // Pages are counted.
    let physical = name.rsplit('_').next().is_some_and(|word| PHYSICAL.contains(&word));
    let counted = name.starts_with("page_");
    rule!(cx, "unit-missing" @ schema;
        counted || !physical || schema.has("x-unit") => "`{name}` has no unit");
}

fn lenient(cx: &mut Cx<'_>, schema: &Value, place: Place, form: Form) {
    rule!(cx, "lenient" @ (schema, "x-lenient");
        !schema.has("x-lenient") || schema.listed("x-lenient") => "this is no list");
    let behind = cx.behind(schema).text("type");
    for name in schema.items("x-lenient") {
        let word = name.as_str().unwrap_or_default();
        let (fits, wanted) = match word {
            "int-or-string" => {
                (["string", "integer", "number"].contains(&behind), "a text or a number")
            }
            "null-list" => {
                (form == Form::Array && schema.flag("nullable"), "a list with `nullable: true`")
            }
            "array-or-object" => (form == Form::Array, "a list"),
            "seconds-or-milliseconds" => {
                (schema.text("x-unit").starts_with("unix-"), "a point in time with `x-unit`")
            }
            "empty-string-is-absent" => (place == Place::Optional, "an optional property"),
            "bool-or-int" => (form == Form::Bool, "a boolean"),
            "odd-is-absent" => (
                form == Form::Struct && !schema.listed("required"),
                "an object that requires nothing",
            ),
            _ => (false, "nothing: there is no such leniency"),
        };
        rule!(cx, "lenient" @ name; fits => "`{word}` belongs on {wanted}");
    }
}

/// `x-sensitive`, `x-aliases`, `x-known-values`, `x-failed-when`, `x-views`.
fn extensions(cx: &mut Cx<'_>, schema: &Value, form: Form) {
    let has = |key: &str| schema.has(key);
    let plain = schema.flag("x-sensitive") && !has("format") && !has("x-known-values");
    rule!(cx, "sensitive" @ (schema, "x-sensitive");
        !has("x-sensitive") || plain => "this cannot be a secret");

    if form == Form::TextEnum && has("x-aliases") {
        let values = schema.texts("enum");
        rule!(cx, "aliases" @ (schema, "x-aliases");
            schema.members("x-aliases").count() > 0 => "this is no map");
        for (other, canonical) in schema.members("x-aliases") {
            let known = canonical.as_str().is_some_and(|canonical| values.contains(&canonical));
            rule!(cx, "aliases" @ canonical;
                known && !values.contains(&other) => "`{other}: {canonical}` is not other: canonical");
        }
    } else {
        alias_list(cx, schema);
    }

    let rows = schema.items("x-known-values");
    rule!(cx, "known-values" @ (schema, "x-known-values");
        !has("x-known-values") || schema.listed("x-known-values") => "this is no list");
    for row in rows {
        let whole = row.said("value")
            && row.said("description")
            && row.as_object().is_some_and(|row| row.len() == 3);
        rule!(cx, "known-values" @ row;
            whole && is_pascal(row.text("name")) => "this is not {{value, name, description}}");
    }
    let names = rows.iter().map(|row| row.text("name"));
    cx.distinct(schema.under("x-known-values"), names.map(|name| (screaming(name), name)));
    for (value, row) in repeated(rows.iter().map(|row| (row.text("value"), row))) {
        rule!(cx, "known-values" @ row; false => "the value {value} stands twice");
    }

    let failed = schema.members("x-failed-when").filter(|(name, value)| {
        let values = schema.property(name).map(|property| cx.behind(property));
        values.is_some_and(|values| value.is_string() && values.items("enum").contains(value))
    });
    let fits = failed.count() == 1 && schema.members("x-failed-when").count() == 1;
    rule!(cx, "failed-when" @ (schema, "x-failed-when");
        !has("x-failed-when") || fits => "this is no value of a property's string enum");

    rule!(cx, "views" @ (schema, "x-views"); !has("x-views") || schema.listed("x-views") => "this is no list");
    for view in schema.items("x-views") {
        let target = cx.document.schema(view.text("schema")).unwrap_or(&Value::Null);
        let tolerant = target.lists("x-lenient", "odd-is-absent") && is_snake(view.text("name"));
        let mut keys = view.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
        let known = keys.all(|key| ["name", "schema", "keys"].contains(&key));
        let keyed = view.get("keys").is_none_or(|keys| keys == "payload-index");
        rule!(cx, "views" @ view; tolerant && known && keyed => "this is no view");
    }
}

/// Other names of a property or a parameter.
pub(super) fn alias_list(cx: &mut Cx<'_>, node: &Value) {
    let fits = node.listed("x-aliases") && node.items("x-aliases").iter().all(Value::is_string);
    rule!(cx, "aliases" @ (node, "x-aliases");
        !node.has("x-aliases") || fits => "this is no list of names");
}
