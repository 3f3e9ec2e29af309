//! House rules: everything that is wrong with a document, at once.

/// Reports a problem unless a condition holds: rule @ spot; condition => message.
macro_rules! rule {
    ($cx:ident, $id:literal @ $at:expr; $fine:expr => $($message:tt)+) => {
        let fine: bool = $fine;
        if !fine {
            $cx.report.add($id, $at, format_args!($($message)+));
        }
    };
}

mod document;
mod example;
mod operation;
mod schema;

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use openapiv3::OpenAPI;
use serde::Deserialize;
use serde_json::Value;
use serde_path_to_error::Segment;

use crate::diag::Diagnostics;
use crate::facts::Facts;
use crate::load::Document;
use crate::refs;
use crate::report::Report;
use crate::shape::{Kind, Node, Under, closest, nodes};

/// Id of every rule, and what to write instead.
#[rustfmt::skip]
pub const RULES: &[(&str, &str)] = &[
    // Reading: see `load`.
    ("yaml-syntax", "mend the YAML; indentation, colons, quotes and brackets are the usual causes"),
    ("yaml-key", "quote the key"),
    ("yaml-ambiguous", "quote texts, write numbers plainly (12, 0.5), and use neither tags nor aliases"),
    ("duplicate-key", "keep one of the two"),
    ("bad-shape", "see what OpenAPI 3.0 says about this place"),
    // Shape: what the generator acts on.
    ("unknown-key", "remove the key, or mend its spelling"),
    ("unsupported", "write it with what the generator supports, or describe it in words"),
    ("unknown-extension", "the list of extensions is closed: see spec/README.md"),
    ("misplaced-extension", "remove it, or move it to where it has a meaning: see spec/README.md"),
    ("empty-value", "write a value, or remove the key"),
    ("ref-dangling", "refer to a component of this document: `#/components/schemas/Name`"),
    ("ref-siblings", "write `allOf: [{$ref: …}]` with the siblings beside it"),
    ("unused-component", "remove it, or refer to it"),
    ("spec-version", "write `openapi: 3.0.3`"),
    ("nullable-reference", "write `nullable: true` on both, the property (with `type: object` and `allOf`) and the component"),
    ("name-collision", "rename one of them; `x-enum-varnames` names the values of an enum"),
    ("name-shape", "write component names in PascalCase"),
    // Tags and operations.
    ("groups", "write `x-groups: {prefix: accessor}`, both in snake_case, each prefix in one tag only"),
    ("op-id-missing", "write `operationId: group.method`"),
    ("op-id-shape", "write `group.method`, both in snake_case"),
    ("op-id-duplicate", "give each operation an id of its own"),
    ("op-id-group", "use a prefix of the tag's `x-groups`, or declare it there"),
    ("tag-count", "name exactly one tag"),
    ("tag-undeclared", "declare the tag in the root's `tags`, or mend its spelling"),
    ("summary", "write one line of at most 72 characters, without a full stop at the end"),
    ("description-missing", "write a `description` in own words"),
    ("docs-link-missing", "write `externalDocs` with the page's `description` (id and date) and `url`"),
    ("order", "write `x-order` with a whole number that no other operation has"),
    ("risk", "write `x-risk: read`, `write` or `dangerous`"),
    ("retry", "write `x-retry: never`, or `safe` on a GET"),
    ("evidence", "write `x-evidence: {path: …, request: …, response: …}` with seed, doc, live, client, other or guess"),
    ("confirm", "write `x-confirm` with the required argument that names what is acted on"),
    ("cost", "write `x-cost` with a sentence that says what is spent"),
    // Parameters, bodies, answers.
    ("header-runtime", "only the shared header parameters exist: `x-runtime: project`, `request-id` or `language`, each once"),
    ("path-param-undeclared", "declare it under `parameters` with `in: path`"),
    ("path-param-unused", "remove it, or write it into the path"),
    ("path-param-optional", "write `required: true`"),
    ("query-array-style", "write `style: form` and `explode: false` on a list, and neither on anything else"),
    ("query-and-body", "use query parameters or a body, not both"),
    ("body-shape", "write `required: true` and a `$ref` to an object component; GET has no body"),
    ("content-type", "write exactly one content type: `application/json`"),
    ("response-missing", "write the answers \"200\", \"4XX\" and \"5XX\""),
    ("response-extra", "write only \"200\", \"4XX\" and \"5XX\""),
    ("envelope", "write `type: object`, `required: [code]`, and the properties `code`, `message` and, when there are, `data`"),
    ("error-schema", "refer to one shared error component with `code` and `message` in all of them"),
    ("example-missing", "write an `example`"),
    ("example-mismatch", "make the example and its schema agree"),
    // Schemas.
    ("bad-type", "write `type: string`, `integer`, `number`, `boolean`, `array` or `object`"),
    ("int-format", "write `format: int32` or `int64` on an integer, `format: double` on a number"),
    ("inline-object", "make it a component and refer to it"),
    ("inline-enum", "make it a component and refer to it; only a required tag or constant of one value may stand inline"),
    ("allof-form", "use `allOf` with one `$ref` (plus siblings), or as a body of object components and one `oneOf` component with a `title`"),
    ("union-tag", "tell the arms apart: a `discriminator` with a `mapping` to each, or a required one-value integer enum in each"),
    ("required-unknown", "declare the property, or remove it from `required`"),
    ("enum-empty", "list the values"),
    ("enum-duplicate", "keep one of the two"),
    ("enum-values", "write only values of the enum's type"),
    ("enum-names", "write `x-enum-varnames`: one name in PascalCase for each value"),
    ("enum-descriptions", "write `x-enum-descriptions`: one text for each value"),
    ("unit-missing", "write `x-unit`"),
    ("unit-unknown", "write one of the units listed in spec/README.md"),
    ("lenient", "see the table of `x-lenient` in spec/README.md"),
    ("sensitive", "write `x-sensitive: true` on plain strings only"),
    ("aliases", "write a list of other names on a property, or a map from other to canonical values on a string enum"),
    ("known-values", "write a list of `{value, name, description}`, the names in PascalCase"),
    ("failed-when", "write `x-failed-when: {property: value}` with a value of the property's string enum"),
    ("views", "write a list of `{name, schema}` with view schemas (`x-lenient: [odd-is-absent]`), and `keys: payload-index` for dynamic keys"),
    // The table of codes.
    ("error-code", "write code, name (SCREAMING_SNAKE), meaning, remedy, kind, write (refused, unknown), retry (true, false) and evidence"),
    ("error-code-duplicate", "list each code and each name once"),
];

/// What to write instead of what a rule is about.
pub(crate) fn help(rule: &str) -> &'static str {
    RULES.iter().find(|(id, _)| *id == rule).map_or("", |(_, help)| help)
}

/// What to write instead of the keys of OpenAPI 3.0 that the generator does not act on.
#[rustfmt::skip]
const INSTEAD: &[(&[Kind], &[&str], &str)] = &[
    (&[Kind::Schema], &["anyOf"], "write `oneOf` with a tag in each arm"),
    (&[Kind::Schema], &["pattern"], "describe the form in words; no form of an id can be relied on"),
    (&[Kind::Schema], &["exclusiveMinimum", "exclusiveMaximum"], "write the last allowed value as `minimum` or `maximum`"),
    (&[Kind::Schema], &["readOnly", "writeOnly"], "make two components: one to send, one to read"),
    (&[Kind::PathItem, Kind::Operation], &["servers", "security"], "write it only at the root"),
    (&[Kind::Components], &["requestBodies"], "write the body at the operation, and its schema as a component"),
    (&[Kind::PathItem], &["patch", "head", "options", "trace"], "only GET, POST, PUT and DELETE exist"),
    (&[Kind::PathItem], &["summary", "description"], "write it at the operation"),
    (&[Kind::Parameter], &["content"], "write `schema`"),
    (&[Kind::MediaType], &["encoding"], "only JSON bodies exist"),
    (&[Kind::Parameter, Kind::Components], &["examples"], "write `example`"),
    (&[Kind::Schema], &["not", "multipleOf", "minProperties", "maxProperties", "xml", "deprecated", "externalDocs"], WORDS),
    (&[Kind::Operation], &["callbacks", "deprecated"], WORDS),
    (&[Kind::Parameter], &["allowEmptyValue", "allowReserved", "deprecated"], WORDS),
    (&[Kind::Response, Kind::Components], &["headers", "links", "callbacks"], WORDS),
    (&[Kind::SecurityScheme], &["scheme", "bearerFormat", "flows", "openIdConnectUrl"], WORDS),
    (&[Kind::Example], &["externalValue"], WORDS),
];
const WORDS: &str = "describe it in words";

/// All problems of a document, those of reading it too.
pub fn lint(document: &Document) -> Diagnostics {
    let root = &document.value;
    let nodes = nodes(Kind::Root, root);
    let unions = nodes.iter().flat_map(|node| node.value.items("oneOf"));
    let arms = unions.filter_map(refs::schema_name).collect();
    let mut tags: HashMap<_, Vec<_>> = HashMap::new();
    for tag in root.items("tags") {
        tags.entry(tag.text("name")).or_default().push(tag);
    }
    let mut cx = Cx { document, root, report: Report::new(document), arms, tags };
    cx.report.problems.extend(document.problems.clone());
    for node in &nodes {
        match refs::target(node.value) {
            Some(target) => reference(&mut cx, node, target),
            None => keys(&mut cx, node),
        }
    }
    for component in refs::unused(root) {
        rule!(cx, "unused-component" @ component; false => "no operation needs this component");
    }
    let operations = operation::check(&mut cx, &nodes);
    document::check(&mut cx, &nodes, &operations);
    schema::check(&mut cx);
    if cx.report.problems.is_empty() && OpenAPI::deserialize(root).is_err() {
        second_opinion(&mut cx);
    }
    cx.report.problems
}

/// Why and where OpenAPI's own types do not take a document that every rule takes.
fn second_opinion(cx: &mut Cx<'_>) {
    let read: Result<OpenAPI, _> = serde_path_to_error::deserialize(cx.root);
    let Err(error) = read else { return };
    let place = error.path().iter().fold(cx.root, |value, segment| {
        let inner = match segment {
            Segment::Map { key } => value.get(key),
            Segment::Seq { index } => value.get(index),
            Segment::Enum { .. } | Segment::Unknown => None,
        };
        inner.unwrap_or(value)
    });
    let error = error.inner();
    rule!(cx, "bad-shape" @ place; false => "the types of OpenAPI do not take it: {error}");
}

/// What every rule sees.
struct Cx<'a> {
    document: &'a Document,
    root: &'a Value,
    report: Report<'a>,
    /// Schema components that are arms of a union.
    arms: HashSet<&'a str>,
    /// Tags by name.
    tags: HashMap<&'a str, Vec<&'a Value>>,
}

impl<'a> Cx<'a> {
    /// Reports names that are equal after casing, or empty.
    fn distinct<'n>(&mut self, at: &Value, names: impl IntoIterator<Item = (String, &'n str)>) {
        let names: Vec<_> = names.into_iter().collect();
        for (_, wire) in names.iter().filter(|(name, _)| name.is_empty()) {
            rule!(self, "name-collision" @ (at, *wire); false => "`{wire}` gives no Rust name");
        }
        let pairs = names.iter().map(|(name, wire)| (name.as_str(), *wire));
        let pairs = pairs.filter(|(name, _)| !name.is_empty());
        for (name, first, again) in crate::names::collisions(pairs) {
            rule!(self, "name-collision" @ (at, again);
                false => "`{first}` and `{again}` both become `{name}`");
        }
    }

    /// The schema that `node` is or stands for: through `$ref` and `allOf` with one entry.
    fn behind(&self, mut node: &'a Value) -> &'a Value {
        for _ in 0..16 {
            node = self.document.resolve(node);
            match node.items("allOf") {
                [one] => node = one,
                _ => break,
            }
        }
        node
    }
}

/// A reference stands alone, and leads to a component of its kind.
fn reference(cx: &mut Cx<'_>, node: &Node<'_>, target: &str) {
    let section = match node.kind {
        Kind::Schema => "schemas",
        Kind::Parameter => "parameters",
        Kind::Response => "responses",
        _ => "",
    };
    let fits = refs::component(target).is_some_and(|(found, _)| found == section);
    rule!(cx, "ref-dangling" @ (node.value, "$ref");
        fits && refs::resolve(cx.root, node.value).is_some() => "no such component: {target}");
    rule!(cx, "ref-siblings" @ node.value;
        node.value.as_object().is_none_or(|object| object.len() == 1) => "readers ignore what stands beside `$ref`");
}

/// Keys that nothing acts on, extensions in the wrong place, values left out.
fn keys(cx: &mut Cx<'_>, node: &Node<'_>) {
    rule!(cx, "bad-shape" @ node.value;
        node.value.is_object() => "{} is no object", node.kind.label());
    for key in node.kind.needed() {
        rule!(cx, "bad-shape" @ node.value;
            node.value.has(key) || !node.value.is_object() => "{} has no `{key}`", node.kind.label());
    }
    for (key, child) in node.value.as_object().into_iter().flatten() {
        let Some(under) = node.kind.under(key) else {
            key_without_effect(cx, node, key);
            continue;
        };
        let misfit = under.misfit(child).filter(|_| !child.is_null());
        rule!(cx, "bad-shape" @ child;
            misfit.is_none() => "`{key}` is no {}", misfit.unwrap_or_default());
        rule!(cx, "empty-value" @ child;
            !child.is_null() || matches!(key.as_str(), "example" | "value") => "`{key}` has no value");
        if matches!(under, Under::Map(_)) && key != "properties" {
            for (name, member) in node.value.members(key) {
                rule!(cx, "unknown-extension" @ member;
                    !name.starts_with("x-") => "`{name}` has no meaning here");
            }
        }
    }
}

fn key_without_effect(cx: &mut Cx<'_>, Node { kind, value, .. }: &Node<'_>, key: &str) {
    let at = (*value, key);
    let message = format!("`{key}` has no effect on {}", kind.label());
    let extensible = Kind::EXTENSIBLE.iter();
    let places: Vec<_> = extensible.filter(|kind| kind.under(key).is_some()).collect();
    let known =
        |(kinds, keys, _): &&(&[Kind], &[&str], _)| kinds.contains(kind) && keys.contains(&key);
    if let Some((.., help)) = INSTEAD.iter().find(known) {
        return cx.report.advise("unsupported", at, message, help);
    }
    let (rule, kinds) = match key.starts_with("x-") {
        false => ("unknown-key", std::slice::from_ref(kind)),
        true if places.is_empty() => ("unknown-extension", &Kind::EXTENSIBLE[..]),
        true => {
            let places: Vec<_> = places.iter().map(|kind| kind.label()).collect();
            let help = format!("move it to {}", places.join(" or "));
            return cx.report.advise("misplaced-extension", at, message, &help);
        }
    };
    let message = format!("{} has no key `{key}`", kind.label());
    let names = kinds.iter().flat_map(|kind| kind.keys());
    match closest(key, names.map(|(name, _)| *name)) {
        Some(name) => cx.report.advise(rule, at, message, &format!("did you mean `{name}`?")),
        None => cx.report.add(rule, at, message),
    }
}

fn is_snake(name: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.bytes().all(letter)
}

fn is_pascal(name: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphanumeric();
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.bytes().all(letter)
}

/// What has come before, with its later spots.
fn repeated<K: Eq + Hash + Clone, S>(found: impl IntoIterator<Item = (K, S)>) -> Vec<(K, S)> {
    let mut seen = HashSet::new();
    found.into_iter().filter(|(key, _)| !seen.insert(key.clone())).collect()
}
