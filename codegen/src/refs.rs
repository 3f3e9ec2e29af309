//! JSON pointers and `$ref`s.

use std::collections::HashSet;
use std::fmt::{Display, Write as _};

use serde_json::Value;

use crate::facts::Facts;
use crate::shape::{Kind, nodes};

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
    if pointer[start..].bytes().any(|byte| matches!(byte, b'~' | b'/')) {
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

/// The schemas, parameters and answers that no operation reaches.
pub(crate) fn unused(root: &Value) -> Vec<&Value> {
    const SECTIONS: [(&str, Kind); 3] =
        [("schemas", Kind::Schema), ("parameters", Kind::Parameter), ("responses", Kind::Response)];
    let components = root.under("components");
    let mut queue: Vec<_> = root.members("paths").map(|(_, path)| (Kind::PathItem, path)).collect();
    let mut reached = HashSet::new();
    while let Some((kind, value)) = queue.pop() {
        for node in nodes(kind, value) {
            let views = node.value.items("x-views").iter();
            let views = views.map(|view| ("schemas", view.text("schema")));
            for (section, name) in target(node.value).and_then(component).into_iter().chain(views) {
                let kind = SECTIONS.iter().find(|(known, _)| *known == section);
                if let (Some((_, kind)), Some(found), true) =
                    (kind, components.under(section).get(name), reached.insert((section, name)))
                {
                    queue.push((*kind, found));
                }
            }
        }
    }
    let all = SECTIONS.iter().flat_map(|(section, _)| {
        components.members(section).map(move |(name, value)| ((*section, name), value))
    });
    all.filter(|(id, _)| !reached.contains(id)).map(|(_, value)| value).collect()
}
