//! Rules about the root: version, tags, groups, servers, components' names, the table of codes.

use std::collections::HashSet;

use serde_json::Value;

use super::{Cx, is_snake, items, members, repeated, said, text};
use crate::names;
use crate::refs::join;
use crate::shape::{Kind, Node};

/// How a fact can be known.
pub(super) const EVIDENCE: &[&str] = &["seed", "doc", "live", "client", "other", "guess"];

const KINDS: &[&str] = &[
    "argument",
    "authentication",
    "permission",
    "not-found",
    "not-ready",
    "state",
    "device",
    "conflict",
    "quota",
    "rate-limit",
    "server",
    "transient",
];

/// All rules of this file.
pub(super) fn check<'a>(cx: &mut Cx<'a>, nodes: &[Node<'a>]) {
    version(cx);
    descriptions(cx, nodes);
    groups(cx);
    component_names(cx, nodes);
    error_codes(cx);
}

fn version(cx: &mut Cx<'_>) {
    let version = text(cx.root, "openapi");
    cx.expect(
        version.starts_with("3.0."),
        "spec-version",
        "/openapi",
        format!("this is OpenAPI {version}, not 3.0"),
    );
}

fn descriptions<'a>(cx: &mut Cx<'a>, nodes: &[Node<'a>]) {
    for Node {
        kind,
        pointer,
        value,
    } in nodes
    {
        if matches!(
            kind,
            Kind::Info | Kind::Server | Kind::ServerVariable | Kind::Tag | Kind::SecurityScheme
        ) {
            cx.described(value, pointer, &format!("the {}", kind.label()));
        }
        if *kind == Kind::SecurityScheme
            && (text(value, "type"), text(value, "in")) != ("apiKey", "header")
        {
            cx.report_with(
                "unsupported",
                pointer,
                "only API keys in a header are supported",
                "write `type: apiKey` and `in: header`",
            );
        }
    }
}

/// `x-groups`: each prefix and each accessor once, each prefix used.
fn groups(cx: &mut Cx<'_>) {
    let tags = || {
        items(cx.root, "tags")
            .iter()
            .enumerate()
            .map(|(index, tag)| (format!("/tags/{index}"), tag))
    };
    let mut found = Vec::new();
    for (at, tag) in tags() {
        found
            .extend(members(tag, "x-groups").map(|(prefix, accessor)| {
                (prefix, accessor, join(&join(&at, "x-groups"), prefix))
            }));
    }
    let without: Vec<_> = tags()
        .filter(|(_, tag)| members(tag, "x-groups").next().is_none())
        .collect();
    for (at, tag) in without {
        cx.report(
            "groups",
            &at,
            format!("the tag `{}` has no groups", text(tag, "name")),
        );
    }
    for (name, at) in repeated(
        items(cx.root, "tags")
            .iter()
            .enumerate()
            .map(|(index, tag)| (text(tag, "name"), format!("/tags/{index}"))),
    ) {
        cx.report(
            "name-collision",
            &at,
            format!("there are two tags `{name}`"),
        );
    }
    let ids: HashSet<_> = operations(cx.root)
        .map(|operation| {
            text(operation, "operationId")
                .split('.')
                .next()
                .unwrap_or_default()
        })
        .collect();
    for (prefix, accessor, at) in &found {
        let shaped = is_snake(prefix) && accessor.as_str().is_some_and(is_snake);
        cx.expect(
            shaped,
            "groups",
            at,
            format!("`{prefix}: {accessor}` is not in snake_case"),
        );
        cx.expect(
            ids.contains(prefix),
            "groups",
            at,
            format!("no operation id begins with `{prefix}.`"),
        );
    }
    let accessors = found
        .iter()
        .map(|(_, accessor, at)| (accessor.as_str().unwrap_or_default(), at.clone()));
    for (name, at) in repeated(found.iter().map(|(prefix, _, at)| (*prefix, at.clone())))
        .into_iter()
        .chain(repeated(accessors))
    {
        cx.report("groups", &at, format!("`{name}` stands in two groups"));
    }
}

fn operations(root: &Value) -> impl Iterator<Item = &Value> {
    members(root, "paths").flat_map(|(_, item)| {
        ["get", "post", "put", "delete"]
            .into_iter()
            .filter_map(|method| item.get(method))
    })
}

/// Types of one module: schema components and the structs of operations.
fn component_names<'a>(cx: &mut Cx<'a>, nodes: &[Node<'a>]) {
    let structs: Vec<_> = operations(cx.root)
        .map(|operation| text(operation, "operationId"))
        .map(|id| (names::pascal(id), id))
        .collect();
    for Node { pointer, .. } in nodes.iter().filter(|node| node.kind == Kind::Schema) {
        let Some(name) = pointer
            .strip_prefix("/components/schemas/")
            .filter(|name| !name.contains('/'))
        else {
            continue;
        };
        cx.expect(
            names::pascal(name) == name,
            "name-shape",
            pointer,
            format!("`{name}` is not in PascalCase: {}", names::pascal(name)),
        );
        cx.expect(
            !names::is_taken(name),
            "name-collision",
            pointer,
            format!("generated files need the name `{name}` for something else"),
        );
        for (_, id) in structs.iter().filter(|(made, _)| made == name) {
            cx.report(
                "name-collision",
                pointer,
                format!("the operation `{id}` becomes the type `{name}` too"),
            );
        }
    }
}

fn error_codes(cx: &mut Cx<'_>) {
    let rows = items(cx.root, "x-error-codes");
    let listed = cx.root.get("x-error-codes").is_none_or(Value::is_array);
    cx.expect(
        listed,
        "error-code",
        "/x-error-codes",
        "the table of codes is no list",
    );
    for (index, row) in rows.iter().enumerate() {
        let at = format!("/x-error-codes/{index}");
        let name = text(row, "name");
        let checks = [
            ("code", row.get("code").is_some_and(Value::is_i64)),
            ("name", is_screaming(name)),
            ("meaning", said(row, "meaning")),
            ("remedy", said(row, "remedy")),
            ("kind", KINDS.contains(&text(row, "kind"))),
            ("write", matches!(text(row, "write"), "refused" | "unknown")),
            ("retry", row.get("retry").is_some_and(Value::is_boolean)),
            ("evidence", EVIDENCE.contains(&text(row, "evidence"))),
        ];
        for (key, _) in checks.iter().filter(|(_, fine)| !fine) {
            let found = row.get(key).map_or("missing".to_owned(), |value| {
                format!("{value}, which is not allowed")
            });
            cx.report("error-code", &join(&at, key), format!("`{key}` is {found}"));
        }
        for key in row
            .as_object()
            .into_iter()
            .flat_map(|row| row.keys())
            .filter(|key| !checks.iter().any(|(name, _)| name == key))
        {
            cx.report(
                "error-code",
                &join(&at, key),
                format!("a row has no `{key}`"),
            );
        }
    }
    let keyed = |key: &'static str| {
        rows.iter()
            .enumerate()
            .map(move |(index, row)| (row.get(key), format!("/x-error-codes/{index}/{key}")))
    };
    let codes = repeated(keyed("code").filter_map(|(code, at)| Some((code?.as_i64()?, at))));
    let names = repeated(keyed("name").filter_map(|(name, at)| Some((name?.as_str()?, at))));
    for (code, at) in codes {
        cx.report(
            "error-code-duplicate",
            &at,
            format!("the code {code} stands twice"),
        );
    }
    for (name, at) in names {
        cx.report(
            "error-code-duplicate",
            &at,
            format!("the name {name} stands twice"),
        );
    }
}

fn is_screaming(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}
