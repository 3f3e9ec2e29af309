//! Rules about the root: version, descriptions, groups, names of types, the table of codes.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::operation::Operation;
use super::{Cx, is_snake, items, members, repeated, said, shown, text};
use crate::names;
use crate::refs::join;
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
    let version = text(cx.root, "openapi");
    rule!(cx, "spec-version" @ "/openapi";
        version.starts_with("3.0.") => "this is OpenAPI {version}");
    let ids: Vec<_> =
        operations.iter().map(|operation| text(operation.value, "operationId")).collect();
    let taken = ids.iter().map(|id| (names::pascal(id), *id)).collect();
    for node in nodes {
        described(cx, node);
        if let Some(name) = node.at.strip_prefix("/components/schemas/") {
            type_name(cx, &node.at, name, &taken);
        }
    }
    groups(cx, &ids);
    error_codes(cx);
}

fn described(cx: &mut Cx<'_>, Node { kind, at, value }: &Node<'_>) {
    use Kind::{Info, SecurityScheme, Server, ServerVariable, Tag};
    let wanted = matches!(kind, Info | Server | ServerVariable | Tag | SecurityScheme);
    rule!(cx, "description-missing" @ at;
        !wanted || said(value, "description") => "{} has no description", kind.label());
    let key = (text(value, "type"), text(value, "in")) == ("apiKey", "header");
    rule!(cx, "unsupported" @ at;
        *kind != SecurityScheme || key => "only an API key in a header is supported");
}

/// Schema components share a module with the structs of operations and with what these need.
fn type_name(cx: &mut Cx<'_>, at: &str, name: &str, taken: &HashMap<String, &str>) {
    if name.contains('/') {
        return;
    }
    rule!(cx, "name-shape" @ at; names::pascal(name) == name => "`{name}` is not in PascalCase");
    rule!(cx, "name-collision" @ at;
        !names::is_taken(name) => "generated files need the name `{name}`");
    if let Some(id) = taken.get(name) {
        rule!(cx, "name-collision" @ at; false => "`{id}` becomes `{name}` too");
    }
}

/// `x-groups`: each prefix and each accessor once, each prefix used.
fn groups(cx: &mut Cx<'_>, ids: &[&str]) {
    let used: HashSet<_> = ids.iter().filter_map(|id| id.split('.').next()).collect();
    let (mut tags, mut prefixes, mut accessors) = (Vec::new(), Vec::new(), Vec::new());
    for (index, tag) in items(cx.root, "tags").iter().enumerate() {
        let at = format!("/tags/{index}");
        rule!(cx, "groups" @ at;
            members(tag, "x-groups").next().is_some() => "the tag has no groups");
        for (prefix, accessor) in members(tag, "x-groups") {
            let at = join(&format!("{at}/x-groups"), prefix);
            let accessor = accessor.as_str().unwrap_or_default();
            rule!(cx, "groups" @ at;
                is_snake(prefix) && is_snake(accessor) => "`{prefix}: {accessor}` is not in snake_case");
            rule!(cx, "groups" @ at;
                used.contains(prefix) => "no operation id begins with `{prefix}.`");
            prefixes.push((prefix, at.clone()));
            accessors.push((accessor, at));
        }
        tags.push((text(tag, "name"), at));
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
    rule!(cx, "error-code" @ "/x-error-codes"; listed => "the table of codes is no list");
    let (mut codes, mut names) = (Vec::new(), Vec::new());
    for (index, row) in items(cx.root, "x-error-codes").iter().enumerate() {
        let at = format!("/x-error-codes/{index}");
        let name = text(row, "name");
        let fits = [
            ("code", row.get("code").is_some_and(Value::is_i64)),
            (
                "name",
                !name.is_empty() && is_snake(&name.to_lowercase()) && name == name.to_uppercase(),
            ),
            ("meaning", said(row, "meaning")),
            ("remedy", said(row, "remedy")),
            ("kind", KINDS.contains(&text(row, "kind"))),
            ("write", ["refused", "unknown"].contains(&text(row, "write"))),
            ("retry", row.get("retry").is_some_and(Value::is_boolean)),
            ("evidence", EVIDENCE.contains(&text(row, "evidence"))),
        ];
        for (key, fits) in fits {
            rule!(cx, "error-code" @ join(&at, key); fits => "`{key}` is {}", shown(row, key));
        }
        for (key, _) in row.as_object().into_iter().flatten() {
            let known = fits.iter().any(|(name, _)| name == key);
            rule!(cx, "error-code" @ join(&at, key); known => "a row has no `{key}`");
        }
        codes.push((row.get("code"), format!("{at}/code")));
        names.push((row.get("name"), format!("{at}/name")));
    }
    for (value, at) in repeated(codes).into_iter().chain(repeated(names)) {
        let value = value.unwrap_or(&Value::Null);
        rule!(cx, "error-code-duplicate" @ at; value.is_null() => "{value} stands twice");
    }
}
