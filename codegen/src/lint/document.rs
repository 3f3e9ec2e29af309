//! Rules about the root: version, descriptions, groups, names of types, the table of codes.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::operation::Operation;
use super::{Cx, is_snake, repeated};
use crate::facts::Facts;
use crate::names;
use crate::shape::{Kind, Node};

/// How a fact can be known.
pub(super) const EVIDENCE: [&str; 6] = ["seed", "doc", "live", "client", "other", "guess"];

/// Classification of a business code.
#[rustfmt::skip]
const KINDS: [&str; 12] = [
    "argument", "authentication", "permission", "not-found", "not-ready", "state", "device",
    "conflict", "quota", "rate-limit", "server", "transient",
];

/// All rules of this file.
pub(super) fn check(cx: &mut Cx<'_>, nodes: &[Node<'_>], operations: &[Operation<'_>]) {
    let version = cx.root.text("openapi");
    rule!(cx, "spec-version" @ (cx.root, "openapi");
        version.starts_with("3.0.") => "this is OpenAPI {version}");
    let ids: Vec<_> =
        operations.iter().map(|operation| operation.value.text("operationId")).collect();
    let taken = ids.iter().map(|id| (names::pascal(id), *id)).collect();
    nodes.iter().for_each(|node| described(cx, node));
    for (name, schema) in cx.root.under("components").members("schemas") {
        type_name(cx, schema, name, &taken);
    }
    groups(cx, &ids);
    error_codes(cx);
}

fn described(cx: &mut Cx<'_>, Node { kind, value, .. }: &Node<'_>) {
    use Kind::{Info, SecurityScheme, Server, ServerVariable, Tag};
    let wanted = matches!(kind, Info | Server | ServerVariable | Tag | SecurityScheme);
    rule!(cx, "description-missing" @ *value;
        !wanted || value.said("description") => "{} has no description", kind.label());
    let header = (value.text("type"), value.text("in")) == ("apiKey", "header");
    let key = header && value.said("name");
    rule!(cx, "unsupported" @ *value;
        *kind != SecurityScheme || key => "only an API key in a header is supported");
}

/// Schema components share a module with the structs of operations and with what these need.
fn type_name(cx: &mut Cx<'_>, schema: &Value, name: &str, taken: &HashMap<String, &str>) {
    rule!(cx, "name-shape" @ schema; names::pascal(name) == name => "`{name}` is not in PascalCase");
    rule!(cx, "name-collision" @ schema;
        !names::is_taken(name) => "generated files need the name `{name}`");
    if let Some(id) = taken.get(name) {
        rule!(cx, "name-collision" @ schema; false => "`{id}` becomes `{name}` too");
    }
}

/// `x-groups`: each prefix and each accessor once, each prefix used.
fn groups(cx: &mut Cx<'_>, ids: &[&str]) {
    let used: HashSet<_> = ids.iter().filter_map(|id| id.split('.').next()).collect();
    let (mut tags, mut prefixes, mut accessors) = (Vec::new(), Vec::new(), Vec::new());
    for tag in cx.root.items("tags") {
        rule!(cx, "groups" @ tag;
            tag.members("x-groups").next().is_some() => "the tag has no groups");
        for (prefix, at) in tag.members("x-groups") {
            let accessor = at.as_str().unwrap_or_default();
            rule!(cx, "groups" @ at;
                is_snake(prefix) && is_snake(accessor) => "`{prefix}: {accessor}` is not in snake_case");
            rule!(cx, "groups" @ at;
                used.contains(prefix) => "no operation id begins with `{prefix}.`");
            prefixes.push((prefix, at));
            accessors.push((accessor, at));
        }
        tags.push((tag.text("name"), tag));
    }
    for (name, at) in repeated(prefixes).into_iter().chain(repeated(accessors)) {
        rule!(cx, "groups" @ at; false => "`{name}` stands in two groups");
    }
    for (name, at) in repeated(tags) {
        rule!(cx, "name-collision" @ at; false => "there are two tags `{name}`");
    }
}

fn error_codes(cx: &mut Cx<'_>) {
    let listed = cx.root.get("x-error-codes").is_none_or(Value::is_array);
    rule!(cx, "error-code" @ (cx.root, "x-error-codes");
        listed => "the table of codes is no list");
    let (mut codes, mut names) = (Vec::new(), Vec::new());
    for row in cx.root.items("x-error-codes") {
        let name = row.text("name");
        let fits = [
            ("code", row.get("code").is_some_and(Value::is_i64)),
            (
                "name",
                !name.is_empty() && is_snake(&name.to_lowercase()) && name == name.to_uppercase(),
            ),
            ("meaning", row.said("meaning")),
            ("remedy", row.said("remedy")),
            ("kind", KINDS.contains(&row.text("kind"))),
            ("write", ["refused", "unknown"].contains(&row.text("write"))),
            ("retry", row.get("retry").is_some_and(Value::is_boolean)),
            ("evidence", EVIDENCE.contains(&row.text("evidence"))),
        ];
        for (key, fits) in fits {
            rule!(cx, "error-code" @ (row, key); fits => "`{key}` is {}", row.shown(key));
        }
        for (key, _) in row.as_object().into_iter().flatten() {
            let known = fits.iter().any(|(name, _)| name == key);
            rule!(cx, "error-code" @ (row, key.as_str()); known => "a row has no `{key}`");
        }
        codes.push((row.under("code"), (row, "code")));
        names.push((row.under("name"), (row, "name")));
    }
    for (value, at) in repeated(codes).into_iter().chain(repeated(names)) {
        rule!(cx, "error-code-duplicate" @ at; value.is_null() => "{value} stands twice");
    }
}
