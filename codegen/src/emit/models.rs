//! Named types: structs, open enums, ids, unions and open objects.

use super::docs::{first_sentence, link, sentence, with_notes};
use super::{Types, join};
use crate::format::{Code, quoted};
use crate::ir::{
    Arm, Field, KnownValue, Lenient, TagValue, TimeForm, Type, TypeDef, TypeKind, Variant, View,
};

/// By which law a struct is read and written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Law {
    /// Arguments: closed, nothing is read leniently.
    Request,
    /// Answers: open, absent lists are empty.
    Response,
    /// Both: as answers, but absent lists are not sent.
    Shared,
    /// A part of an open object: every field stands alone.
    View,
}

/// A field as Rust has it.
#[derive(Default)]
struct Shape {
    ty: String,
    /// Arguments of `serde`: how it is called, what absence means, who reads and writes it.
    naming: Vec<String>,
    presence: Vec<String>,
    codec: Vec<String>,
}

/// A definition with everything that belongs to it.
pub(super) fn definition(code: &mut Code, def: &TypeDef, types: &Types) {
    let name = &def.name;
    let lenient = |is: bool| if is { ", int_or_string" } else { "" };
    code.blank();
    code.docs(&with_notes(&sentence(&def.docs), &def.notes));
    match &def.kind {
        TypeKind::Struct {
            fields,
            constants,
            view,
        } => {
            model(code, def, fields, constants.first(), *view, types);
        }
        TypeKind::TextEnum { variants, aliases } => text_enum(code, name, variants, aliases),
        TypeKind::IntEnum { variants } => int_enum(code, name, variants),
        TypeKind::Text {
            int_or_string,
            widens_to,
            known,
        } => {
            text(
                code,
                name,
                lenient(*int_or_string),
                widens_to.as_deref(),
                known,
            );
        }
        TypeKind::Integer { int_or_string } => {
            code.line("#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]");
            code.line(format!("pub struct {name}(i64);"));
            code.line(format!("integer_id!({name}{});", lenient(*int_or_string)));
        }
        TypeKind::Union { tag, arms } => union(code, def, tag, arms),
        TypeKind::OpenObject { views } => open_object(code, name, views),
    }
}

/// A struct of a request, an answer, or both.
fn model(
    code: &mut Code,
    def: &TypeDef,
    fields: &[Field],
    constant: Option<&(String, String)>,
    view: bool,
    types: &Types,
) {
    let law = match (def.in_request, def.in_response) {
        _ if view => Law::View,
        (true, true) => Law::Shared,
        (true, false) => Law::Request,
        (false, _) => Law::Response,
    };
    let is_made = matches!(law, Law::Request | Law::Shared);
    let empty = fields.iter().all(|field| !field.required);
    let default = if law == Law::View || is_made && empty {
        "Default, "
    } else {
        ""
    };
    let read = if law == Law::Request {
        ""
    } else {
        ", Deserialize"
    };
    code.line(format!(
        "#[derive(Debug, Clone, {default}PartialEq, Serialize{read})]"
    ));
    if let Some((tag, value)) = constant {
        code.line(format!(
            "#[serde(tag = {}, rename = {})]",
            quoted(tag),
            quoted(value)
        ));
    }
    if law == Law::Request {
        catalog_reads(
            code,
            constant.is_none() && !fields.iter().any(|field| field.flatten),
        );
        code.line("#[non_exhaustive]");
    } else {
        code.line("#[cfg_attr(not(feature = \"server\"), non_exhaustive)]");
    }
    body(code, &def.name, fields, law, types);
    if is_made {
        constructor(code, &def.name, fields, law, types);
    }
}

/// `Deserialize` of what only callers make: wanted by tools, paid for by nobody else.
pub(super) fn catalog_reads(code: &mut Code, closed: bool) {
    let closed = if closed {
        ", serde(deny_unknown_fields)"
    } else {
        ""
    };
    code.line(format!(
        "#[cfg_attr(feature = \"catalog\", derive(Deserialize){closed})]"
    ));
}

/// `pub struct Name { … }`
pub(super) fn body(code: &mut Code, name: &str, fields: &[Field], law: Law, types: &Types) {
    if fields.is_empty() {
        return code.line(format!("pub struct {name} {{}}"));
    }
    code.open(format!("pub struct {name} {{"));
    for field in fields {
        let mut docs = with_notes(&field.docs, &field.notes);
        if docs.is_empty() {
            docs = format!("`{}` on the wire.", field.wire);
        }
        code.docs(&sentence(&docs));
        let Shape {
            ty,
            naming,
            presence,
            codec,
        } = shape(field, law, types);
        code.attributes("serde", &[naming, presence, codec]);
        code.line(format!("pub {}: {ty},", field.name));
    }
    code.close("}");
}

fn shape(field: &Field, law: Law, types: &Types) -> Shape {
    let plain = rust_type(&field.ty, law, types);
    if field.flatten {
        return Shape {
            ty: plain,
            codec: vec!["flatten".to_owned()],
            ..Shape::default()
        };
    }
    let mut naming = Vec::new();
    if field.wire != field.name.trim_start_matches("r#") {
        naming.push(format!("rename = {}", quoted(&field.wire)));
    }
    if law != Law::Request {
        naming.extend(
            field
                .aliases
                .iter()
                .map(|alias| format!("alias = {}", quoted(alias))),
        );
    }

    let list = matches!(field.ty, Type::List(_) | Type::Listing { .. });
    let optional = is_optional(field, law);
    let skipped = match plain.split('<').next() {
        _ if !list => Some("Option::is_none"),
        _ if law == Law::Response || law == Law::Shared && field.required => None,
        Some("Vec") => Some("Vec::is_empty"),
        Some("List") => Some("List::was_null"),
        _ => None,
    };
    let mut presence = Vec::new();
    if (list || optional) && (law != Law::Request || !field.required) {
        presence.push("default".to_owned());
        presence.extend(skipped.map(|test| format!("skip_serializing_if = {}", quoted(test))));
    }
    let codec = decoder(field, law, &plain).into_iter().collect();
    let ty = if optional {
        format!("Option<{plain}>")
    } else {
        plain
    };
    Shape {
        ty,
        naming,
        presence,
        codec,
    }
}

/// What reads (and writes) a field other than its own type does.
fn decoder(field: &Field, law: Law, plain: &str) -> Option<String> {
    let is = |lenient| field.lenient.contains(&lenient);
    if let Some(form) = time_form(&field.ty) {
        let name = match (form, is(Lenient::SecondsOrMilliseconds)) {
            (TimeForm::Rfc3339, _) => "rfc3339",
            (TimeForm::UnixSeconds, false) => "unix_seconds",
            (TimeForm::UnixSeconds, true) => "unix_seconds_or_millis",
            (TimeForm::UnixMillis, false) => "unix_millis",
            (TimeForm::UnixMillis, true) => "unix_millis_or_seconds",
        };
        return Some(format!("with = \"wire::{name}\""));
    }
    let name = match (&field.ty, law) {
        (_, Law::Request) => return None,
        (_, Law::View) => "tolerant",
        (Type::List(_), _) if is(Lenient::ArrayOrObject) => "one_or_many",
        (Type::List(_), _) if plain.starts_with("Vec<") => "null_is_empty",
        (Type::List(_) | Type::Listing { .. }, _) => return None,
        _ if is(Lenient::OddIsAbsent) && is_optional(field, law) => "tolerant",
        (Type::Bool, _) if is(Lenient::BoolOrInt) => "bool_or_int",
        (Type::String | Type::I32 | Type::I64 | Type::F64, _) if is(Lenient::IntOrString) => {
            "int_or_string"
        }
        _ if is(Lenient::EmptyStringIsAbsent) && is_optional(field, law) => "empty_is_absent",
        _ => return None,
    };
    Some(format!("deserialize_with = \"wire::{name}\""))
}

fn time_form(ty: &Type) -> Option<TimeForm> {
    match ty {
        Type::Time(form) => Some(*form),
        Type::List(item) => time_form(item),
        _ => None,
    }
}

/// Whether the field is an `Option`.
fn is_optional(field: &Field, law: Law) -> bool {
    let list = matches!(field.ty, Type::List(_) | Type::Listing { .. });
    !list && !field.flatten && (law == Law::View || !field.required || field.nullable)
}

fn rust_type(ty: &Type, law: Law, types: &Types) -> String {
    match ty {
        Type::Bool => "bool".to_owned(),
        Type::I32 => "i32".to_owned(),
        Type::I64 => "i64".to_owned(),
        Type::F64 => "f64".to_owned(),
        Type::String => "String".to_owned(),
        Type::Secret => "Secret".to_owned(),
        Type::Time(_) => "Timestamp".to_owned(),
        Type::OpenObject => "Object".to_owned(),
        Type::List(item) => {
            let salvaged = matches!(law, Law::Response | Law::Shared) && types.is_row(item);
            let list = if salvaged { "List" } else { "Vec" };
            format!("{list}<{}>", rust_type(item, law, types))
        }
        Type::Listing { item, .. } => format!("Listing<{}>", rust_type(item, law, types)),
        Type::Named(name) => name.clone(),
    }
}

/// `new` with the required arguments; with more than four, a struct that names them.
pub(super) fn constructor(code: &mut Code, name: &str, fields: &[Field], law: Law, types: &Types) {
    let required: Vec<_> = fields.iter().filter(|field| field.required).collect();
    let by_name = takes_struct(fields);
    if by_name {
        code.blank();
        code.docs(&format!(
            "The required arguments of {}, by name.",
            link(name)
        ));
        code.line("#[derive(Debug, Clone, PartialEq)]");
        code.open(format!("pub struct {name}Args {{"));
        for field in &required {
            code.docs(&first_sentence(&field.docs));
            code.line(format!(
                "pub {}: {},",
                field.name,
                shape(field, law, types).ty
            ));
        }
        code.close("}");
    }

    code.blank();
    code.open(format!("impl {name} {{"));
    code.docs(match fields.len() - required.len() {
        _ if fields.is_empty() => "The call, which takes no arguments.",
        0 => "With all arguments.",
        _ if required.is_empty() => "Without any of the optional arguments.",
        _ => "With the required arguments.",
    });
    code.open(format!(
        "pub fn new({}) -> Self {{",
        parameters(name, fields, law, types)
    ));
    if required.is_empty() {
        code.line("Self::default()");
    } else {
        let values = fields
            .iter()
            .map(|field| initial(field, by_name, law, types));
        code.line(format!("Self {{ {} }}", join(values)));
    }
    code.close("}");
    code.close("}");
}

/// Whether `new` takes its arguments by name.
pub(super) fn takes_struct(fields: &[Field]) -> bool {
    fields.iter().filter(|field| field.required).count() > 4
}

/// Parameters of `new`.
pub(super) fn parameters(name: &str, fields: &[Field], law: Law, types: &Types) -> String {
    if takes_struct(fields) {
        return format!("arguments: {name}Args");
    }
    let required = fields.iter().filter(|field| field.required);
    join(required.map(|field| format!("{}: {}", field.name, given(field, law, types).0)))
}

/// What a caller gives to `new` as it is called there.
pub(super) fn arguments(fields: &[Field]) -> String {
    if takes_struct(fields) {
        return "arguments".to_owned();
    }
    join(
        fields
            .iter()
            .filter(|field| field.required)
            .map(|field| field.name.clone()),
    )
}

/// Type of a parameter, and the calls that turn it into the field.
fn given(field: &Field, law: Law, types: &Types) -> (String, &'static str) {
    let ty = shape(field, law, types).ty;
    match &field.ty {
        Type::List(item) if types.is_convertible(item) => {
            let item = rust_type(item, law, types);
            let items = format!("impl IntoIterator<Item = impl Into<{item}>>");
            (items, ".into_iter().map(Into::into).collect()")
        }
        _ if ty.starts_with("List<") => (ty.replacen("List", "Vec", 1), ".into()"),
        _ if types.is_convertible(&field.ty) && !is_optional(field, law) => {
            (format!("impl Into<{ty}>"), ".into()")
        }
        _ => (ty, ""),
    }
}

/// A field with its value in `new`.
fn initial(field: &Field, by_name: bool, law: Law, types: &Types) -> String {
    let name = &field.name;
    if !field.required {
        let value = match shape(field, law, types).ty.split('<').next() {
            Some("Vec") => "Vec::new()",
            Some("List") => "List::default()",
            Some("Listing") => "Listing::default()",
            _ => "None",
        };
        return format!("{name}: {value}");
    }
    match given(field, law, types).1 {
        _ if by_name => format!("{name}: arguments.{name}"),
        "" => name.clone(),
        calls => format!("{name}: {name}{calls}"),
    }
}

/// Variants of an open enum, with the one for the values that are not known.
fn variants<T>(code: &mut Code, name: &str, variants: &[Variant<T>], unknown: &str) {
    code.line("#[non_exhaustive]");
    code.open(format!("pub enum {name} {{"));
    for variant in variants {
        code.docs(&sentence(&variant.docs));
        code.line(format!("{},", variant.name));
    }
    code.docs("A value that this version does not know, kept as it came.");
    code.line(format!("Unknown({unknown}),"));
    code.close("}");
    code.blank();
}

fn text_enum(
    code: &mut Code,
    name: &str,
    values: &[Variant<String>],
    aliases: &[(String, String)],
) {
    code.line("#[derive(Debug, Clone, PartialEq, Eq, Hash)]");
    variants(code, name, values, "UnknownText");
    code.open(format!("impl TextEnum for {name} {{"));
    code.line(format!("const NAME: &'static str = {};", quoted(name)));
    let known = join(
        values
            .iter()
            .map(|v| format!("({}, Self::{})", quoted(&v.value), v.name)),
    );
    code.line(format!(
        "const KNOWN: &'static [(&'static str, Self)] = &[{known}];"
    ));
    if !aliases.is_empty() {
        let aliases = join(
            aliases
                .iter()
                .map(|(other, known)| format!("({}, {})", quoted(other), quoted(known))),
        );
        code.line(format!(
            "const ALIASES: &'static [(&'static str, &'static str)] = &[{aliases}];"
        ));
    }
    unknown(code, "UnknownText", "Option<&UnknownText>", "value");
    code.line(format!("text_enum!({name});"));
}

fn int_enum(code: &mut Code, name: &str, values: &[Variant<i64>]) {
    code.line("#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]");
    variants(code, name, values, "UnknownInt");
    code.open(format!("impl IntEnum for {name} {{"));
    code.line(format!("const NAME: &'static str = {};", quoted(name)));
    let known = join(
        values
            .iter()
            .map(|v| format!("({}, {}, Self::{})", v.value, quoted(&v.name), v.name)),
    );
    code.line(format!(
        "const KNOWN: &'static [(i64, &'static str, Self)] = &[{known}];"
    ));
    unknown(code, "UnknownInt", "Option<UnknownInt>", "*value");
    code.line(format!("int_enum!({name});"));
}

/// The two functions of an open enum that know its variant for unknown values.
fn unknown(code: &mut Code, ty: &str, output: &str, value: &str) {
    code.blank();
    code.open(format!("fn unknown(value: {ty}) -> Self {{"));
    code.line("Self::Unknown(value)");
    code.close("}");
    code.blank();
    code.open(format!("fn as_unknown(&self) -> {output} {{"));
    code.open("match self {");
    code.line(format!("Self::Unknown(value) => Some({value}),"));
    code.line("_ => None,");
    code.close_all();
}

fn text(code: &mut Code, name: &str, lenient: &str, widens_to: Option<&str>, known: &[KnownValue]) {
    code.line("#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]");
    code.line(format!("pub struct {name}(String);"));
    code.line(format!("text_id!({name}{lenient});"));
    if let Some(wider) = widens_to {
        conversion(code, "value", name, wider, "Self::new(value.0)");
    }
    if !known.is_empty() {
        code.blank();
        code.open(format!("impl {name} {{"));
        for KnownValue { name, value, docs } in known {
            code.docs(&sentence(docs));
            code.line(format!(
                "pub const {name}: &'static str = {};",
                quoted(value)
            ));
        }
        code.close("}");
    }
}

/// `impl From<A> for B`
fn conversion(code: &mut Code, name: &str, from: &str, to: &str, value: &str) {
    code.blank();
    code.open(format!("impl From<{from}> for {to} {{"));
    code.open(format!("fn from({name}: {from}) -> Self {{"));
    code.line(value);
    code.close_all();
}

fn open_object(code: &mut Code, name: &str, views: &[View]) {
    code.line("#[derive(Debug, Clone, Default, PartialEq)]");
    code.line(format!("pub struct {name}(Object);"));
    code.verbatim(&format!("open_object!({name} {{"));
    let list = |keyed| {
        let views = views.iter().filter(move |view| view.keyed == keyed);
        join(views.map(|view| format!("{}: {}", view.name, view.type_name)))
    };
    code.verbatim(format!("    {}; {}", list(false), list(true)).trim_end());
    code.verbatim("});");
}

/// A union told apart by a tag. Reading is strict by the arms, each of which refuses fields of the others.
fn union(code: &mut Code, def: &TypeDef, tag: &str, arms: &[Arm]) {
    let (name, tag) = (&def.name, quoted(tag));
    code.line("#[derive(Debug, Clone, PartialEq)]");
    code.line("#[non_exhaustive]");
    code.open(format!("pub enum {name} {{"));
    for arm in arms {
        code.docs(&sentence(&arm.docs));
        let data = arm
            .type_name
            .as_ref()
            .map(|ty| format!("({ty})"))
            .unwrap_or_default();
        code.line(format!("{}{data},", arm.name));
    }
    code.close("}");

    code.blank();
    code.open(format!("impl Serialize for {name} {{"));
    code.open("fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {");
    code.open("match self {");
    for arm in arms {
        let pattern = if arm.type_name.is_some() { "(arm)" } else { "" };
        let data = if arm.type_name.is_some() {
            "arm"
        } else {
            "&wire::Nothing {}"
        };
        let value = match &arm.tag {
            TagValue::Text(text) => quoted(text),
            TagValue::Int(number) => format!("&{number}"),
        };
        let call = format!("wire::tagged(serializer, {tag}, {value}, {data})");
        code.line(format!("Self::{}{pattern} => {call},", arm.name));
    }
    code.close_all();

    code.blank();
    if !def.in_response {
        code.line("#[cfg(feature = \"catalog\")]");
    }
    code.open(format!("impl<'de> Deserialize<'de> for {name} {{"));
    code.open("fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {");
    code.line(format!(
        "let union = wire::Untagged::read(deserializer, {}, {tag})?;",
        quoted(name)
    ));
    let texts = arms.iter().all(|arm| matches!(arm.tag, TagValue::Text(_)));
    code.open(if texts {
        "match union.text() {"
    } else {
        "match union.integer() {"
    });
    for arm in arms {
        let tag = match &arm.tag {
            TagValue::Text(text) => quoted(text),
            TagValue::Int(number) => number.to_string(),
        };
        let value = match arm.type_name {
            Some(_) => format!("union.arm().map(Self::{})", arm.name),
            None => format!(
                "union.arm::<wire::Nothing, _>().map(|_| Self::{})",
                arm.name
            ),
        };
        code.line(format!("Some({tag}) => {value},"));
    }
    let known = arms.iter().map(|arm| match &arm.tag {
        TagValue::Text(text) => quoted(text),
        TagValue::Int(number) => quoted(&number.to_string()),
    });
    code.line(format!("_ => Err(union.unknown(&[{}])),", join(known)));
    code.close_all();

    for arm in arms {
        if let Some(data) = &arm.type_name {
            conversion(code, "arm", data, name, &format!("Self::{}(arm)", arm.name));
        }
    }
}
