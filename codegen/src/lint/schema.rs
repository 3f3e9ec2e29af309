//! Rules about schemas: the forms that the generator knows, the keys of each, and the extensions.

use serde_json::Value;

use super::operation::fits_schema;
use super::{
    Cx, flag, is_pascal, is_snake, items, listed, member, members, repeated, said, shown, text,
    texts,
};
use crate::names::{pascal, screaming, snake};
use crate::refs::{join, resolve, target};
use crate::shape::{Kind, Node};

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

/// All schema components, and the lists in answers. Parameters bring their schemas themselves.
pub(super) fn check(cx: &mut Cx<'_>, nodes: &[Node<'_>]) {
    for Node { kind, at, value } in nodes {
        let name = at.rsplit('/').next().unwrap_or_default();
        if *kind == Kind::Schema && at.strip_prefix("/components/schemas/") == Some(name) {
            rule!(cx, "description-missing" @ at;
                said(value, "description") => "`{name}` has no description");
            rule!(cx, "unsupported" @ at;
                target(value).is_none() => "a component cannot be only a `$ref`");
            check_inline(cx, at, value, Place::Component, name);
        } else if at.ends_with("/200/content/application~1json/schema/properties/data")
            && is_list_form(value)
        {
            check_inline(cx, at, value, Place::Optional, name);
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
        && members(schema, "properties").map(|(name, _)| name).eq(["list"])
}

/// Checks a schema and everything inline in it.
pub(super) fn check_inline(cx: &mut Cx<'_>, at: &str, schema: &Value, place: Place, name: &str) {
    if target(schema).is_some() || !schema.is_object() {
        return;
    }
    let form = match form(cx, schema, place) {
        Ok(form) => form,
        Err((rule, message)) => return cx.report(rule, at, message),
    };
    keys(cx, at, schema, place, form);
    match form {
        _ if place == Place::Header => return,
        Form::Struct | Form::List => fields(cx, at, schema),
        Form::Array => {
            rule!(cx, "unsupported" @ at;
                schema.get("items").is_some() => "a list without `items`");
            let items = schema.get("items").unwrap_or(&Value::Null);
            check_inline(cx, &join(at, "items"), items, Place::Items, name);
        }
        Form::TextEnum | Form::IntEnum => values(cx, at, schema, form),
        Form::Union => union(cx, at, schema),
        Form::Integer | Form::Number => number(cx, at, schema, form, name),
        Form::Text => {
            let format = text(schema, "format");
            rule!(cx, "unsupported" @ join(at, "format");
                ["", "date-time", "uri"].contains(&format) => "texts have no format `{format}`, only `date-time`");
        }
        _ => {}
    }
    lenient(cx, at, schema, place, form);
    extensions(cx, at, schema, form);
    for key in ["default", "example"] {
        fits_schema(cx, schema, schema.get(key), &join(at, key));
    }
}

/// The form, or the rule that says that there is none.
fn form(cx: &Cx<'_>, schema: &Value, place: Place) -> Result<Form, (&'static str, String)> {
    let component = place == Place::Component;
    let property = matches!(place, Place::Required | Place::Optional);
    let values = schema.get("enum").and_then(Value::as_array).map(Vec::len);
    let no = |rule, message: &str| Err((rule, message.to_owned()));
    if schema.get("oneOf").is_some() {
        return if component {
            Ok(Form::Union)
        } else {
            no("inline-object", "`oneOf` stands inline")
        };
    }
    if schema.get("allOf").is_some() {
        let form = all_of(cx, items(schema, "allOf"), component);
        return form.or_else(|message| no("allof-form", message));
    }
    let form = match (text(schema, "type"), values) {
        ("object", _) if schema.get("properties").is_none() => {
            let open = flag(schema, "additionalProperties");
            return if open {
                Ok(Form::Open)
            } else {
                no(
                    "unsupported",
                    "an object with neither `properties` nor `additionalProperties: true`",
                )
            };
        }
        ("object", _) if component => Form::Struct,
        ("object", _) if is_list_form(schema) && property => Form::List,
        ("object", _) => return no("inline-object", "an object with properties stands inline"),
        ("string" | "integer", Some(1)) if property => Form::Constant,
        ("string" | "integer", Some(_)) if !component && place != Place::Header => {
            return no("inline-enum", "an enum stands inline");
        }
        ("string", Some(_)) => Form::TextEnum,
        ("integer", Some(_)) => Form::IntEnum,
        ("string", None) => Form::Text,
        ("integer", None) => Form::Integer,
        ("number" | "boolean" | "array", _) if component => {
            return no(
                "unsupported",
                "only objects, texts, integers and unions are components, this stands inline",
            );
        }
        ("number", _) => Form::Number,
        ("boolean", _) => Form::Bool,
        ("array", _) => Form::Array,
        _ if schema.get("anyOf").or(schema.get("not")).is_some() => {
            return no("unsupported", "this is no type, no `oneOf` and no `allOf`");
        }
        _ => return Err(("bad-type", format!("the type is {}", shown(schema, "type")))),
    };
    Ok(form)
}

fn all_of(cx: &Cx<'_>, parts: &[Value], component: bool) -> Result<Form, &'static str> {
    let found = parts.iter().filter(|part| target(part).is_some());
    let found: Vec<_> = found.filter_map(|part| resolve(cx.root, part)).collect();
    match found.as_slice() {
        [] => Err("`allOf` holds no reference"),
        _ if found.len() < parts.len() => Err("`allOf` holds something else than references"),
        [target] if component && (text(target, "type"), target.get("enum")) != ("string", None) => {
            Err("this renames something else than a text")
        }
        [_] => Ok(Form::Named),
        _ if !component => Err("`allOf` of several parts stands inline"),
        [objects @ .., union] => {
            let closed = |part: &&&Value| part.get("additionalProperties").is_some();
            let arms: Vec<_> =
                items(union, "oneOf").iter().filter_map(|arm| resolve(cx.root, arm)).collect();
            let plain = objects.iter().all(|part| part.get("properties").is_some());
            match () {
                () if arms.is_empty() || !plain => {
                    Err("the parts are not objects and a last `oneOf`")
                }
                () if !said(union, "title") => {
                    Err("the `oneOf` part has no `title`, which names its field")
                }
                () if objects.iter().chain(&arms).any(|part| closed(&part)) => {
                    Err("a part with `additionalProperties` refuses the keys of the others")
                }
                () => Ok(Form::Flattened),
            }
        }
    }
}

/// Keys that mean nothing on this form or in this place.
fn keys(cx: &mut Cx<'_>, at: &str, schema: &Value, place: Place, form: Form) {
    let (mut label, mut known) = ("", &[][..]);
    for (_, of_form, keys) in FORMS.iter().filter(|(known, ..)| *known == form) {
        (label, known) = (*of_form, *keys);
    }
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
        let elsewhere = Kind::Schema.under(key).is_some();
        rule!(cx, "misplaced-extension" @ join(at, key);
            fine || !elsewhere || !key.starts_with("x-") => "`{key}` has no effect on {label} here");
        rule!(cx, "unsupported" @ join(at, key);
            fine || !elsewhere || key.starts_with("x-") => "`{key}` has no effect on {label} here");
    }
}

/// Properties of an object: names, descriptions, requiredness, other spellings.
fn fields(cx: &mut Cx<'_>, at: &str, schema: &Value) {
    let (required, inner) = (texts(schema, "required"), join(at, "properties"));
    let arm = at.rsplit('/').next().is_some_and(|name| cx.arms.contains(name));
    let open = schema.get("additionalProperties").is_some_and(|value| value != false);
    rule!(cx, "unsupported" @ join(at, "additionalProperties");
        !open => "declared keys beside open ones");
    for name in &required {
        let there = member(schema, "properties", name).is_some();
        rule!(cx, "required-unknown" @ join(at, "required");
            there => "there is no property `{name}`");
    }
    let mut spellings = Vec::new();
    for (name, property) in members(schema, "properties") {
        let (at, needed) = (join(&inner, name), required.contains(&name));
        let described =
            target(property).is_some() || is_list_form(schema) || said(property, "description");
        rule!(cx, "description-missing" @ at;
            described => "the property `{name}` has no description");
        let constant = items(property, "enum").len() == 1;
        let fits = needed && (arm || text(property, "type") == "string");
        rule!(cx, "inline-enum" @ at;
            !constant || fits => "a constant must be a required text, or the tag of a union's arm");
        let place = if needed { Place::Required } else { Place::Optional };
        check_inline(cx, &at, property, place, name);
        nullable_reference(cx, &at, property);
        spellings.push((name, at.clone()));
    }
    cx.distinct(&inner, spellings.iter().map(|(name, _)| (snake(name), *name)));
    for (name, property) in members(schema, "properties") {
        let at = format!("{}/x-aliases", join(&inner, name));
        spellings.extend(texts(property, "x-aliases").into_iter().map(|alias| (alias, at.clone())));
    }
    for (alias, at) in repeated(spellings) {
        rule!(cx, "aliases" @ at; false => "`{alias}` is a property, or another property's alias");
    }
}

/// A reference may be null exactly where the object that it refers to may be: in OpenAPI 3.0 a `nullable` beside `allOf`
/// does not widen what the reference allows, so strict tools refuse the null.
fn nullable_reference(cx: &mut Cx<'_>, at: &str, property: &Value) {
    let only = items(property, "allOf").first();
    let Some(reference) = target(property).or_else(|| only.and_then(target)) else {
        return;
    };
    let found = resolve(cx.root, only.unwrap_or(property));
    if found.is_none_or(|found| text(found, "type") != "object") {
        return;
    }
    let (here, there) =
        (flag(property, "nullable"), found.is_some_and(|found| flag(found, "nullable")));
    rule!(cx, "nullable-reference" @ at;
        here == there => "nullable here and at `{reference}` disagree");
}

fn values(cx: &mut Cx<'_>, at: &str, schema: &Value, form: Form) {
    let (values, list) = (items(schema, "enum"), join(at, "enum"));
    rule!(cx, "enum-empty" @ list; !values.is_empty() => "the enum has no values");
    for (index, value) in values.iter().enumerate() {
        let at = join(&list, index);
        let typed = if form == Form::TextEnum { value.is_string() } else { value.is_i64() };
        rule!(cx, "enum-values" @ at; typed => "{value} is no {}", text(schema, "type"));
        rule!(cx, "enum-duplicate" @ at;
            !values[..index].contains(value) => "{value} stands twice");
    }
    let (named, names) =
        (schema.get("x-enum-varnames").is_some(), texts(schema, "x-enum-varnames"));
    let complete = names.len() == values.len() && names.iter().all(|name| is_pascal(name));
    rule!(cx, "enum-names" @ at; if named { complete } else { form == Form::TextEnum } =>
        "{} values have the names [{}]", values.len(), names.join(", "));
    let docs = texts(schema, "x-enum-descriptions");
    let complete = docs.len() == values.len() && docs.iter().all(|text| !text.trim().is_empty());
    rule!(cx, "enum-descriptions" @ at;
        complete => "{} descriptions for {} values", docs.len(), values.len());
    let wires = texts(schema, "enum");
    let variants: Vec<_> = match named {
        true => names.iter().map(|name| (pascal(name), *name)).collect(),
        false => wires.iter().map(|wire| (pascal(wire), *wire)).collect(),
    };
    let taken = variants.iter().any(|(name, _)| name == "Unknown");
    rule!(cx, "name-collision" @ list; !taken => "the name `Unknown` stands for unknown values");
    cx.distinct(&list, variants);
}

fn union(cx: &mut Cx<'_>, at: &str, schema: &Value) {
    let arms = items(schema, "oneOf").iter();
    let arms: Vec<_> =
        arms.filter_map(|arm| Some((target(arm)?, resolve(cx.root, arm)?))).collect();
    let objects = arms.iter().filter(|(_, arm)| arm.get("properties").is_some()).count();
    rule!(cx, "union-tag" @ at;
        objects == items(schema, "oneOf").len() => "the arms are not all object components");
    let tag_of = |arm: &Value, tag: &str, kind: &str| {
        let [value] = items(member(arm, "properties", tag)?, "enum") else {
            return None;
        };
        let typed = if kind == "string" { value.is_string() } else { value.is_i64() };
        (typed && texts(arm, "required").contains(&tag)).then(|| value.clone())
    };
    if let Some(discriminator) = schema.get("discriminator") {
        let tag = text(discriminator, "propertyName");
        let mapped = |(target, arm): &(&str, &Value)| match tag_of(arm, tag, "string") {
            Some(Value::String(value)) => {
                member(discriminator, "mapping", &value).is_some_and(|to| to == target)
            }
            _ => false,
        };
        let complete =
            arms.iter().all(mapped) && members(discriminator, "mapping").count() == arms.len();
        rule!(cx, "union-tag" @ at;
            complete => "`mapping` and the one-value enums of `{tag}` in the arms do not agree");
        return;
    }
    let candidates = arms.first().into_iter().flat_map(|(_, arm)| members(arm, "properties"));
    let tells_apart = |(tag, _): &(&str, &Value)| {
        let tags: Vec<_> = arms.iter().map(|(_, arm)| tag_of(arm, tag, "integer")).collect();
        tags.iter().enumerate().all(|(index, tag)| tag.is_some() && !tags[..index].contains(tag))
    };
    let tags = candidates.filter(tells_apart).count();
    rule!(cx, "union-tag" @ at;
        tags == 1 => "the arms have {tags} integer tags in common that tell them apart");
}

/// `format` and `x-unit` of numbers.
fn number(cx: &mut Cx<'_>, at: &str, schema: &Value, form: Form, name: &str) {
    let (format, unit) = (text(schema, "format"), text(schema, "x-unit"));
    let known = if form == Form::Integer { ["int32", "int64"] } else { ["double", "float"] };
    rule!(cx, "int-format" @ at; known.contains(&format) => "the format is `{format}`");
    rule!(cx, "int-format" @ at;
        !unit.starts_with("unix-") || format == "int64" => "a point in time needs an int64");
    rule!(cx, "unit-unknown" @ join(at, "x-unit");
        schema.get("x-unit").is_none() || UNITS.contains(&unit) => "there is no unit `{unit}`");
    // Pages are counted.
    let physical = name.rsplit('_').next().is_some_and(|word| PHYSICAL.contains(&word));
    let counted = name.starts_with("page_");
    rule!(cx, "unit-missing" @ at;
        counted || !physical || schema.get("x-unit").is_some() => "`{name}` has no unit");
}

fn lenient(cx: &mut Cx<'_>, at: &str, schema: &Value, place: Place, form: Form) {
    let at = join(at, "x-lenient");
    rule!(cx, "lenient" @ at;
        schema.get("x-lenient").is_none() || listed(schema, "x-lenient") => "this is no list");
    let behind = text(cx.behind(schema), "type");
    for (index, name) in texts(schema, "x-lenient").into_iter().enumerate() {
        let (fits, wanted) = match name {
            "int-or-string" => {
                (["string", "integer", "number"].contains(&behind), "a text or a number")
            }
            "null-list" => {
                (form == Form::Array && flag(schema, "nullable"), "a list with `nullable: true`")
            }
            "array-or-object" => (form == Form::Array, "a list"),
            "seconds-or-milliseconds" => {
                (text(schema, "x-unit").starts_with("unix-"), "a point in time with `x-unit`")
            }
            "empty-string-is-absent" => (place == Place::Optional, "an optional property"),
            "bool-or-int" => (form == Form::Bool, "a boolean"),
            "odd-is-absent" => (
                form == Form::Struct && !listed(schema, "required"),
                "an object that requires nothing",
            ),
            _ => (false, "nothing: there is no such leniency"),
        };
        rule!(cx, "lenient" @ join(&at, index); fits => "`{name}` belongs on {wanted}");
    }
}

/// `x-sensitive`, `x-aliases`, `x-known-values`, `x-failed-when`, `x-views`.
fn extensions(cx: &mut Cx<'_>, at: &str, schema: &Value, form: Form) {
    let has = |key: &str| schema.get(key).is_some();
    let plain = flag(schema, "x-sensitive") && !has("format") && !has("x-known-values");
    rule!(cx, "sensitive" @ join(at, "x-sensitive");
        !has("x-sensitive") || plain => "this cannot be a secret");

    if form == Form::TextEnum && has("x-aliases") {
        let values = texts(schema, "enum");
        rule!(cx, "aliases" @ join(at, "x-aliases");
            members(schema, "x-aliases").count() > 0 => "this is no map");
        for (other, canonical) in members(schema, "x-aliases") {
            let known = canonical.as_str().is_some_and(|canonical| values.contains(&canonical));
            rule!(cx, "aliases" @ join(&join(at, "x-aliases"), other);
                known && !values.contains(&other) => "`{other}: {canonical}` is not other: canonical");
        }
    } else {
        alias_list(cx, at, schema);
    }

    let place = join(at, "x-known-values");
    let (mut seen, mut names) = (Vec::new(), Vec::new());
    rule!(cx, "known-values" @ place;
        !has("x-known-values") || listed(schema, "x-known-values") => "this is no list");
    for (index, row) in items(schema, "x-known-values").iter().enumerate() {
        let (at, name) = (join(&place, index), text(row, "name"));
        let whole = said(row, "value")
            && said(row, "description")
            && row.as_object().is_some_and(|row| row.len() == 3);
        rule!(cx, "known-values" @ at;
            whole && is_pascal(name) => "this is not {{value, name, description}}");
        seen.push((text(row, "value"), at));
        names.push((screaming(name), name));
    }
    cx.distinct(&place, names);
    for (value, at) in repeated(seen) {
        rule!(cx, "known-values" @ at; false => "the value {value} stands twice");
    }

    let failed = members(schema, "x-failed-when").filter(|(name, value)| {
        let values = member(schema, "properties", name).map(|property| cx.behind(property));
        values.is_some_and(|values| value.is_string() && items(values, "enum").contains(value))
    });
    let fits = failed.count() == 1 && members(schema, "x-failed-when").count() == 1;
    rule!(cx, "failed-when" @ join(at, "x-failed-when");
        !has("x-failed-when") || fits => "this is no value of a property's string enum");

    let place = join(at, "x-views");
    rule!(cx, "views" @ place; !has("x-views") || listed(schema, "x-views") => "this is no list");
    for (index, view) in items(schema, "x-views").iter().enumerate() {
        let target = cx.document.schema(text(view, "schema")).unwrap_or(&Value::Null);
        let tolerant =
            texts(target, "x-lenient").contains(&"odd-is-absent") && is_snake(text(view, "name"));
        let mut keys = view.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
        let known = keys.all(|key| ["name", "schema", "keys"].contains(&key));
        let keyed = view.get("keys").is_none_or(|keys| keys == "payload-index");
        rule!(cx, "views" @ join(&place, index); tolerant && known && keyed => "this is no view");
    }
}

/// Other names of a property or a parameter.
pub(super) fn alias_list(cx: &mut Cx<'_>, at: &str, node: &Value) {
    let fits = listed(node, "x-aliases") && items(node, "x-aliases").iter().all(Value::is_string);
    rule!(cx, "aliases" @ join(at, "x-aliases");
        node.get("x-aliases").is_none() || fits => "this is no list of names");
}
