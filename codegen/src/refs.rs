//! JSON pointers and `$ref`s.

use std::collections::HashSet;
use std::fmt::{Display, Write as _};

use serde_json::Value;

use crate::shape::Node;

/// `pointer` continued by `key`.
pub fn join(pointer: &str, key: impl Display) -> String {
    let mut joined = pointer.to_owned();
    extend(&mut joined, key);
    joined
}

/// Continues `pointer` by `key`.
pub(crate) fn extend(pointer: &mut String, key: impl Display) {
    let start = pointer.len() + 1;
    // Writing to a text cannot fail.
    let _ = write!(pointer, "/{key}");
    if pointer[start..].contains(['~', '/']) {
        let key = pointer[start..].replace('~', "~0").replace('/', "~1");
        pointer.replace_range(start.., &key);
    }
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
    let (section, name) = target(node).and_then(component)?;
    (section == "schemas").then_some(name)
}

/// What stands at a local reference.
pub fn lookup<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    let (section, name) = component(reference)?;
    root.get("components")?.get(section)?.get(name)
}

/// `node`, or what it refers to; `None` for a dangling or endless reference.
pub fn resolve<'a>(root: &'a Value, mut node: &'a Value) -> Option<&'a Value> {
    for _ in 0..16 {
        match target(node) {
            Some(reference) => node = lookup(root, reference)?,
            None => return Some(node),
        }
    }
    None
}

/// Places of the schemas, parameters and answers that no operation reaches.
pub(crate) fn unused(nodes: &[Node<'_>]) -> Vec<String> {
    let owner = |at: &str| {
        let end = at.match_indices('/').nth(3).map_or(at.len(), |(end, _)| end);
        at.starts_with("/components/").then(|| at[..end].to_owned())
    };
    let mut edges = Vec::new();
    for node in nodes {
        let own = target(node.value).and_then(|target| target.strip_prefix('#')).map(str::to_owned);
        let views = node.value.get("x-views").and_then(Value::as_array).into_iter().flatten();
        let views = views.filter_map(|view| view.get("schema")?.as_str());
        let views = views.map(|view| join("/components/schemas", view));
        edges.extend(own.into_iter().chain(views).map(|to| (owner(&node.at), to)));
    }
    let mut reached = HashSet::new();
    let mut grown = true;
    while grown {
        grown = false;
        for (from, to) in &edges {
            if from.as_ref().is_none_or(|from| reached.contains(from)) {
                grown |= reached.insert(to.clone());
            }
        }
    }
    let sections = ["/components/schemas/", "/components/parameters/", "/components/responses/"];
    let component = |at: &String| sections.iter().any(|section| at.starts_with(section));
    let unreached = |at: &String| owner(at).as_ref() == Some(at) && !reached.contains(at);
    nodes.iter().map(|node| node.at.clone()).filter(component).filter(unreached).collect()
}
