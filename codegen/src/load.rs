//! YAML text to a [`Document`]: values, positions, and the typed OpenAPI tree.

use std::collections::HashMap;

use openapiv3::OpenAPI;
use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, ScanError, YamlData};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Source;
use crate::diag::{Diagnostic, Diagnostics};
use crate::refs::{self, join};
use crate::shape;

/// Marks a key that stood twice, so that the rest can be read on.
const TWIN: char = '\u{E000}';

/// A spec document that could be read.
#[derive(Debug, Clone)]
pub struct Document {
    /// Name to show in messages.
    pub name: String,
    /// The document as it stands in the file, in file order.
    pub value: Value,
    /// The same, typed; empty when `problems` says why.
    pub api: OpenAPI,
    /// What was wrong without making reading impossible. [`lint`](crate::lint::lint) reports these too.
    pub problems: Diagnostics,
    spans: HashMap<String, (usize, usize)>,
}

impl Document {
    /// A problem at a place; when the place is unknown, at the nearest known one around it.
    pub fn problem(
        &self,
        rule: &'static str,
        pointer: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Diagnostic {
        let mut known = pointer;
        let (line, column) = loop {
            match (self.spans.get(known), known.rfind('/')) {
                (Some(&place), _) => break place,
                (None, Some(end)) => known = &known[..end],
                (None, None) => break (1, 1),
            }
        };
        Diagnostic {
            file: self.name.clone(),
            line,
            column,
            rule,
            pointer: pointer.to_owned(),
            message: message.into(),
            help: help.into(),
        }
    }

    /// `node`, or what its `$ref` stands for.
    pub fn resolve<'a>(&'a self, node: &'a Value) -> Option<&'a Value> {
        refs::resolve(&self.value, node)
    }

    /// What stands at a JSON pointer.
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        self.value.pointer(pointer)
    }

    /// A schema component.
    pub fn schema(&self, name: &str) -> Option<&Value> {
        self.value.get("components")?.get("schemas")?.get(name)
    }
}

/// Reads a document.
///
/// # Errors
///
/// When the text is no YAML. All smaller problems are in [`Document::problems`].
pub fn load(source: &Source) -> Result<Document, Diagnostics> {
    let (text, nodes) = mark_twins(&source.text);
    let mut document = Document {
        name: source.name.clone(),
        value: Value::Null,
        api: OpenAPI::default(),
        problems: Diagnostics::new(),
        spans: HashMap::from([(String::new(), (1, 1))]),
    };
    let broken = |line: usize, column: usize, message: String| {
        Diagnostics::from(Diagnostic {
            file: source.name.clone(),
            line,
            column,
            rule: "yaml-syntax",
            pointer: String::new(),
            message,
            help: "mend the YAML; indentation, colons, quotes and brackets are the usual causes"
                .to_owned(),
        })
    };
    let nodes = nodes.map_err(|error| {
        broken(
            error.marker().line(),
            error.marker().col() + 1,
            error.info().to_owned(),
        )
    })?;
    let [node] = nodes.as_slice() else {
        return Err(broken(
            1,
            1,
            format!(
                "{} YAML documents in one file, exactly one is read",
                nodes.len()
            ),
        ));
    };
    let again: serde_yaml::Value = serde_yaml::from_str(&text).map_err(|error| {
        let (line, column) = error
            .location()
            .map_or((1, 1), |place| (place.line(), place.column()));
        broken(
            line,
            column,
            format!("a second YAML reader refuses the text: {error}"),
        )
    })?;

    let mut reader = Reader {
        lines: text.lines().collect(),
        spans: &mut document.spans,
        found: Vec::new(),
    };
    document.value = reader.read(node, "");
    let mut found = reader.found;
    same(&document.value, &again, &mut String::new(), &mut found);
    match OpenAPI::deserialize(&document.value) {
        Ok(api) => {
            document.api = api;
            if let Ok(back) = serde_json::to_value(&document.api) {
                let known = found.len();
                survives(&document.value, &back, &mut String::new(), &mut found);
                found
                    .iter_mut()
                    .skip(known)
                    .for_each(|found| found.3 = suggest(&document.value, &found.1));
            }
        }
        Err(_) => found.extend(misfits(&document.value)),
    }
    for Found(rule, pointer, message, help) in found {
        let mut problem = document.problem(rule, &pointer, message, help);
        problem
            .pointer
            .truncate(problem.pointer.find(TWIN).unwrap_or(problem.pointer.len()));
        document.problems.push(problem);
    }
    Ok(document)
}

/// Rule, pointer, message, help.
struct Found(&'static str, String, String, String);

/// Gives every key that stands twice in one mapping a name of its own, so that all of them are found in one run.
fn mark_twins(text: &str) -> (String, Result<Vec<MarkedYaml<'static>>, ScanError>) {
    let mut text = text.to_owned();
    let longest = text.len() + 3 * 100;
    loop {
        let error = match MarkedYaml::load_from_str(&text) {
            Ok(nodes) => return (text, Ok(nodes)),
            Err(error) => error,
        };
        let line = text
            .split_inclusive('\n')
            .take(error.marker().line().saturating_sub(1))
            .map(str::len)
            .sum::<usize>();
        let key = text
            .get(line..)
            .unwrap_or_default()
            .char_indices()
            .nth(error.marker().col());
        match key.filter(|(_, first)| {
            text.len() < longest
                && error.info().starts_with("duplicated key")
                && !matches!(first, '{' | '[' | '|' | '>')
        }) {
            Some((column, first)) => text.insert(
                line + column + usize::from(matches!(first, '"' | '\'')),
                TWIN,
            ),
            None => return (text, Err(error)),
        }
    }
}

/// Does something one level deeper, with the pointer continued by `key`.
fn deeper(at: &mut String, key: impl std::fmt::Display, work: impl FnOnce(&mut String)) {
    let length = at.len();
    at.push_str(&join("", key));
    work(at);
    at.truncate(length);
}

/// Turns YAML nodes into JSON values, and notes where each one stands.
struct Reader<'a> {
    lines: Vec<&'a str>,
    spans: &'a mut HashMap<String, (usize, usize)>,
    found: Vec<Found>,
}

impl Reader<'_> {
    fn read(&mut self, node: &MarkedYaml<'_>, at: &str) -> Value {
        let raw = if matches!(node.data, YamlData::Mapping(_) | YamlData::Sequence(_)) {
            String::new()
        } else {
            self.raw(node)
        };
        let first = self
            .lines
            .get(node.span.start.line().saturating_sub(1))
            .and_then(|line| line.chars().nth(node.span.start.col()));
        if first == Some('*')
            && !matches!(&node.data, YamlData::Value(Scalar::String(text)) if text.starts_with('*'))
        {
            self.note(
                "yaml-ambiguous",
                at,
                "an alias stands here",
                "write the value out, or use `$ref`",
            );
        }
        match &node.data {
            YamlData::Mapping(mapping) => {
                let mut members = Map::new();
                for (key, value) in mapping {
                    let name = match &key.data {
                        YamlData::Value(Scalar::String(text)) => text.replace(TWIN, ""),
                        _ => {
                            let raw = self.raw(key);
                            self.note(
                                "yaml-key",
                                &join(at, &raw),
                                format!("the key {raw} is not a text"),
                                format!("quote it: \"{raw}\""),
                            );
                            raw
                        }
                    };
                    let pointer = join(at, &name);
                    let place = (key.span.start.line(), key.span.start.col() + 1);
                    if members.contains_key(&name) {
                        let first = self.spans.get(&pointer).map_or(0, |place| place.0);
                        let twin = format!("{pointer}{TWIN}{}", place.0);
                        self.note(
                            "duplicate-key",
                            &twin,
                            format!("the key `{name}` already stands on line {first}"),
                            "keep one of the two",
                        );
                        self.spans.insert(twin, place);
                        continue;
                    }
                    let plain = matches!(&key.data, YamlData::Value(Scalar::String(_)))
                        .then(|| self.raw(key));
                    self.spans.insert(pointer.clone(), place);
                    if plain.is_some_and(|raw| raw == name && reads_otherwise(&raw)) {
                        self.note(
                            "yaml-key",
                            &pointer,
                            format!("YAML 1.1 reads the key {name} differently"),
                            format!("quote it: \"{name}\""),
                        );
                    }
                    let value = self.read(value, &pointer);
                    members.insert(name, value);
                }
                Value::Object(members)
            }
            YamlData::Sequence(items) => {
                let read = |(index, item): (usize, &MarkedYaml<'_>)| {
                    let pointer = join(at, index);
                    self.spans.insert(
                        pointer.clone(),
                        (item.span.start.line(), item.span.start.col() + 1),
                    );
                    self.read(item, &pointer)
                };
                Value::Array(items.iter().enumerate().map(read).collect())
            }
            YamlData::Value(scalar) => {
                let (value, clear) = match scalar {
                    Scalar::Null => (
                        Value::Null,
                        matches!(&*raw, "null" | "~") || !raw.starts_with(['n', 'N']),
                    ),
                    Scalar::Boolean(flag) => ((*flag).into(), raw == flag.to_string()),
                    Scalar::Integer(number) => ((*number).into(), raw == number.to_string()),
                    Scalar::FloatingPoint(number) => {
                        let exponent = raw.split_once(['e', 'E']);
                        let plain = exponent.is_none_or(|(_, power)| power.starts_with(['+', '-']))
                            && raw.contains('.')
                            && !raw.starts_with('.');
                        (
                            Value::from(number.into_inner()),
                            plain && number.is_finite(),
                        )
                    }
                    Scalar::String(text) => {
                        ((**text).into(), raw != **text || !reads_otherwise(&raw))
                    }
                };
                if !clear {
                    self.note(
                        "yaml-ambiguous",
                        at,
                        format!("YAML readers do not agree on what {raw} is"),
                        "quote a text; write numbers plainly: 12, 0.5",
                    );
                }
                value
            }
            _ => {
                self.note(
                    "yaml-ambiguous",
                    at,
                    "a YAML tag stands here, or a value that no reader understands",
                    "write a plain value",
                );
                Value::Null
            }
        }
    }

    /// The text of a scalar as it stands in the file, as far as it is on one line.
    fn raw(&self, node: &MarkedYaml<'_>) -> String {
        let (start, end) = (node.span.start, node.span.end);
        let line = self
            .lines
            .get(start.line().saturating_sub(1))
            .copied()
            .unwrap_or_default();
        let length = if start.line() == end.line() {
            end.col().saturating_sub(start.col())
        } else {
            usize::MAX
        };
        line.chars()
            .skip(start.col())
            .take(length)
            .filter(|c| *c != TWIN)
            .collect::<String>()
            .trim_end()
            .to_owned()
    }

    fn note(
        &mut self,
        rule: &'static str,
        at: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.found
            .push(Found(rule, at.to_owned(), message.into(), help.into()));
    }
}

/// Whether YAML 1.1 takes a plain text for a truth value, a date, a number of base 60 or one with underscores.
fn reads_otherwise(plain: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = plain.trim_start_matches(['+', '-']);
    let word = matches!(
        &*plain.to_ascii_lowercase(),
        "y" | "n" | "yes" | "no" | "on" | "off" | "=" | "<<"
    );
    let date = plain
        .split('-')
        .take(3)
        .map(|part| part.len())
        .eq([4, 2, 2])
        || plain.get(..10).is_some_and(|day| {
            day.split('-').map(str::len).eq([4, 2, 2]) && day.split('-').all(digits)
        });
    let base60 = unsigned.contains(':')
        && unsigned
            .split(':')
            .all(|part| digits(part.split('.').next().unwrap_or_default()));
    let underscores = unsigned.contains('_')
        && unsigned.starts_with(|c: char| c.is_ascii_digit())
        && digits(&unsigned.replace(['_', '.'], ""));
    word || (date && plain.starts_with(|c: char| c.is_ascii_digit())) || base60 || underscores
}

/// Notes every place where the second reader sees another value.
fn same(one: &Value, two: &serde_yaml::Value, at: &mut String, found: &mut Vec<Found>) {
    use serde_yaml::Value as Yaml;
    let equal = match (one, two) {
        (Value::Object(_), Yaml::Mapping(_)) | (Value::Null, Yaml::Null) => true,
        (Value::Array(one), Yaml::Sequence(two)) => one.len() == two.len(),
        (Value::Bool(one), Yaml::Bool(two)) => one == two,
        (Value::Number(one), Yaml::Number(two)) => {
            one.as_i64() == two.as_i64() && one.as_f64() == two.as_f64()
        }
        (Value::String(one), Yaml::String(two)) => *one == two.replace(TWIN, ""),
        _ => false,
    };
    if !equal && !found.iter().any(|known| known.1 == *at) {
        let message = format!(
            "two YAML readers see {one} and {}",
            serde_json::to_string(two).unwrap_or_default()
        );
        found.push(Found(
            "yaml-ambiguous",
            at.clone(),
            message,
            "quote the text".to_owned(),
        ));
    }
    match (one, two) {
        (Value::Object(one), Yaml::Mapping(two)) => {
            for (key, value) in two {
                if let Some((key, known)) = key.as_str().and_then(|key| Some((key, one.get(key)?)))
                {
                    deeper(at, key, |at| same(known, value, at, found));
                }
            }
        }
        (Value::Array(one), Yaml::Sequence(two)) => {
            one.iter()
                .zip(two)
                .enumerate()
                .for_each(|(index, (one, two))| deeper(at, index, |at| same(one, two, at, found)));
        }
        _ => {}
    }
}

/// Notes every key that the typed tree has lost: OpenAPI does not know it there.
fn survives(source: &Value, back: &Value, at: &mut String, found: &mut Vec<Found>) {
    match (source, back) {
        (Value::Object(source), Value::Object(back)) => {
            for (key, value) in source {
                let empty = match value {
                    Value::Null | Value::Bool(false) => true,
                    Value::Array(items) => items.is_empty(),
                    Value::Object(members) => members.is_empty(),
                    _ => false,
                };
                match back.get(key) {
                    Some(back) => deeper(at, key, |at| survives(value, back, at, found)),
                    None if empty => {}
                    None => found.push(Found(
                        "unknown-key",
                        join(at, key),
                        format!("OpenAPI 3.0 has no key `{key}` here"),
                        String::new(),
                    )),
                }
            }
        }
        (Value::Array(source), Value::Array(back)) => {
            source
                .iter()
                .zip(back)
                .enumerate()
                .for_each(|(index, (one, two))| {
                    deeper(at, index, |at| survives(one, two, at, found))
                });
        }
        _ => {}
    }
}

/// What the writer of an unknown key may have meant.
fn suggest(root: &Value, pointer: &str) -> String {
    let (parent, key) = pointer.rsplit_once('/').unwrap_or_default();
    let Some(node) = shape::nodes(root)
        .into_iter()
        .find(|node| node.pointer == parent)
    else {
        return "remove it, or mend its spelling".to_owned();
    };
    let names: Vec<_> = node.kind.keys().iter().map(|(name, _)| *name).collect();
    match shape::closest(key, names.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("{} may have: {}", node.kind.a(), names.join(", ")),
    }
}

/// The smallest nodes that OpenAPI does not accept.
fn misfits(root: &Value) -> Vec<Found> {
    let bad: Vec<_> = shape::nodes(root)
        .into_iter()
        .filter(|node| refs::target(node.value).is_none())
        .filter_map(|node| Some((node.kind.misfit(node.value)?, node)))
        .collect();
    let smallest = |at: &str| {
        !bad.iter().any(|(_, other)| {
            other.pointer.len() > at.len() && other.pointer.starts_with(&format!("{at}/"))
        })
    };
    let found = |(error, node): &(String, shape::Node<'_>)| {
        let help = format!("see what OpenAPI 3.0 says about {}", node.kind.a());
        Found(
            "bad-shape",
            node.pointer.clone(),
            format!("this {} cannot be read: {error}", node.kind.label()),
            help,
        )
    };
    bad.iter()
        .filter(|(_, node)| smallest(&node.pointer))
        .map(found)
        .collect()
}
