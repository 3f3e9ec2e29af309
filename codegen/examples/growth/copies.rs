//! A larger description made from a given one: everything once more for each copy, under names of its own.

use flighthub_codegen::Source;

/// Distance of `x-order` from copy to copy.
const ORDER: usize = 1_000_000;

/// The description with all tags, operations and schemas `times` times. What headers and error answers need stays shared, as
/// it would in a larger description.
pub(crate) fn of(source: &Source, times: usize) -> Source {
    let mut text = String::with_capacity(source.text.len() * times);
    for (name, section) in sections(&source.text, 0) {
        match name {
            "tags" | "paths" => {
                let (head, body) = section.split_at(first_line(section));
                text.push_str(head);
                for copy in 0..times {
                    text.push_str(&renamed(body, copy, &shared(&source.text)));
                }
            }
            "components" => components(&mut text, section, times, &shared(&source.text)),
            _ => text.push_str(section),
        }
    }
    Source { name: source.name.clone(), text }
}

/// Components: the schemas are copied, the rest is shared.
fn components(text: &mut String, section: &str, times: usize, shared: &[String]) {
    let (head, body) = section.split_at(first_line(section));
    text.push_str(head);
    for (name, part) in sections(body, 2) {
        if name != "schemas" {
            text.push_str(part);
            continue;
        }
        let (head, schemas) = part.split_at(first_line(part));
        text.push_str(head);
        for copy in 0..times {
            for (name, schema) in sections(schemas, 4) {
                if copy == 0 || !shared.iter().any(|known| known == name) {
                    text.push_str(&renamed(schema, copy, shared));
                }
            }
        }
    }
}

/// The parts of a YAML mapping whose keys stand at a column: name and lines of each. What stands above the first key belongs
/// to a part without a name.
fn sections(text: &str, column: usize) -> Vec<(&str, &str)> {
    let (mut parts, mut name, mut start, mut at) = (Vec::new(), "", 0, 0);
    for line in text.split_inclusive('\n') {
        let key = line.get(column..).filter(|_| line[..column].trim().is_empty());
        let key = key.filter(|key| key.starts_with(|first: char| first.is_ascii_alphabetic()));
        if let Some((key, _)) = key.and_then(|key| key.split_once(':')) {
            parts.push((name, &text[start..at]));
            (name, start) = (key, at);
        }
        at += line.len();
    }
    parts.push((name, &text[start..]));
    parts
}

fn first_line(text: &str) -> usize {
    text.find('\n').map_or(text.len(), |end| end + 1)
}

/// The schemas that headers and error answers need.
fn shared(text: &str) -> Vec<String> {
    let components = sections(text, 0).into_iter().find(|(name, _)| *name == "components");
    let parts = components.map(|(_, section)| sections(section, 2)).unwrap_or_default();
    let schemas = parts.iter().find(|(name, _)| *name == "schemas");
    let schemas = schemas.map(|(_, section)| sections(section, 4)).unwrap_or_default();
    let outside = parts.iter().filter(|(name, _)| *name != "schemas");
    let mut found: Vec<String> = Vec::new();
    let mut texts: Vec<&str> = outside.map(|(_, text)| *text).collect();
    while let Some(text) = texts.pop() {
        for name in references(text) {
            if !found.iter().any(|known| known == name) {
                found.push(name.to_owned());
                texts.extend(
                    schemas.iter().filter(|(known, _)| *known == name).map(|(_, text)| *text),
                );
            }
        }
    }
    found
}

const REFERENCE: &str = "#/components/schemas/";

fn references(text: &str) -> impl Iterator<Item = &str> {
    text.split(REFERENCE).skip(1).map(|rest| rest.split('"').next().unwrap_or_default())
}

/// The lines under the names of a copy; the first keeps its own.
fn renamed(text: &str, copy: usize, shared: &[String]) -> String {
    if copy == 0 {
        return text.to_owned();
    }
    text.split_inclusive('\n').map(|line| line_of(line, copy, shared)).collect()
}

fn line_of(line: &str, copy: usize, shared: &[String]) -> String {
    let indent = line.len() - line.trim_start().len();
    let (start, rest) = line.split_at(indent);
    let key = |key: &str| rest.strip_prefix(key);
    let named = |text: &str| text.trim_end().to_owned();
    if let Some(tag) = key("- name: ").filter(|_| indent == 2) {
        return format!("{start}- name: {} {copy}\n", named(tag));
    }
    if let Some(groups) = key("x-groups: {").filter(|_| indent == 4) {
        let pairs = groups.trim_end().trim_end_matches('}').split(", ");
        let pairs = pairs.filter_map(|pair| pair.split_once(": "));
        let pairs = pairs.map(|(prefix, accessor)| format!("{prefix}_{copy}: {accessor}_{copy}"));
        return format!("{start}x-groups: {{{}}}\n", pairs.collect::<Vec<_>>().join(", "));
    }
    if let Some(path) = key("/").filter(|_| indent == 2) {
        return format!("{start}/copy{copy}/{path}");
    }
    if let Some((group, method)) =
        key("operationId: ").filter(|_| indent == 6).and_then(|id| id.split_once('.'))
    {
        return format!("{start}operationId: {group}_{copy}.{method}");
    }
    if let Some(tag) = key("tags: [").filter(|_| indent == 6) {
        return format!("{start}tags: [{} {copy}]\n", named(tag).trim_end_matches(']'));
    }
    if let Some(order) = key("x-order: ").filter(|_| indent == 6) {
        let order: usize = order.trim().parse().unwrap_or_default();
        return format!("{start}x-order: {}\n", copy * ORDER + order);
    }
    if let Some(name) = rest
        .trim_end()
        .strip_suffix(':')
        .filter(|name| indent == 4 && name.starts_with(|first: char| first.is_ascii_uppercase()))
    {
        return format!("{start}{name}Copy{copy}:\n");
    }
    if let Some((head, schema)) =
        rest.split_once(", schema: ").filter(|_| key("- {name: ").is_some())
    {
        let end = schema.find([',', '}']).unwrap_or(schema.len());
        let (name, tail) = schema.split_at(end);
        return format!("{start}{head}, schema: {name}Copy{copy}{tail}");
    }
    let mut parts = line.split(REFERENCE);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, tail) = part.split_at(part.find('"').unwrap_or(part.len()));
        text.push_str(REFERENCE);
        text.push_str(name);
        if !shared.iter().any(|known| known == name) {
            text.push_str(&format!("Copy{copy}"));
        }
        text.push_str(tail);
    }
    text
}
