//! JSON pointers and `$ref`s.

use std::collections::HashSet;

use serde_json::Value;

use crate::shape::{Kind, Node};

/// `key` as one segment of a JSON pointer.
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// `pointer` continued by `key`.
pub fn join(pointer: &str, key: impl std::fmt::Display) -> String {
    let (mut joined, start) = (format!("{pointer}/{key}"), pointer.len() + 1);
    if joined[start..].contains(['~', '/']) {
        let key = escape(&joined[start..]);
        joined.replace_range(start.., &key);
    }
    joined
}

/// The text of `$ref`, when `node` is a reference.
pub fn target(node: &Value) -> Option<&str> {
    node.get("$ref").and_then(Value::as_str)
}

/// Section and name of a local reference: `#/components/schemas/Dock` is `("schemas", "Dock")`.
pub fn component(reference: &str) -> Option<(&str, &str)> {
    reference.strip_prefix("#/components/")?.split_once('/').filter(|(_, name)| !name.contains('/'))
}

/// Name of the schema component that `node` refers to.
pub fn schema_name(node: &Value) -> Option<&str> {
    target(node).and_then(component).filter(|(section, _)| *section == "schemas").map(|(_, name)| name)
}

/// What stands at a local reference.
pub fn lookup<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    let (section, name) = component(reference)?;
    root.get("components")?.get(section)?.get(name)
}

/// `node`, or what it refers to; `None` for a dangling or endless reference.
pub fn resolve<'a>(root: &'a Value, node: &'a Value) -> Option<&'a Value> {
    let mut node = node;
    for _ in 0..16 {
        match target(node) {
            Some(reference) => node = lookup(root, reference)?,
            None => return Some(node),
        }
    }
    None
}

/// Section and name of each schema, parameter and response that no operation reaches.
pub(crate) fn unused<'a>(root: &'a Value, nodes: &[Node<'a>]) -> Vec<(&'a str, &'a str)> {
    let owner = |pointer: &str| -> Option<String> {
        let (section, rest) = pointer.strip_prefix("/components/")?.split_once('/')?;
        Some(format!("{section}/{}", rest.split('/').next().unwrap_or_default()))
    };
    let mut edges = Vec::new();
    for node in nodes {
        let from = owner(&node.pointer);
        let mut to: Vec<_> =
            target(node.value).and_then(component).map(|(section, name)| format!("{section}/{name}")).into_iter().collect();
        let views = node.value.get("x-views").filter(|_| node.kind == Kind::Schema).and_then(Value::as_array);
        to.extend(views.into_iter().flatten().filter_map(|view| Some(format!("schemas/{}", view.get("schema")?.as_str()?))));
        edges.extend(to.into_iter().map(|to| (from.clone(), to)));
    }
    let mut reached = HashSet::new();
    loop {
        let before = reached.len();
        for (from, to) in &edges {
            if from.as_ref().is_none_or(|from| reached.contains(from)) {
                reached.insert(to.clone());
            }
        }
        if reached.len() == before {
            break;
        }
    }
    let sections = ["schemas", "parameters", "responses"].into_iter();
    sections
        .filter_map(|section| Some((section, root.get("components")?.get(section)?.as_object()?)))
        .flat_map(|(section, members)| members.keys().map(move |name| (section, name.as_str())))
        .filter(|(section, name)| !reached.contains(&format!("{section}/{name}")))
        .collect()
}
