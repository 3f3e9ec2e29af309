//! YAML text to a [`Document`]: values, positions, and the typed OpenAPI tree.

use std::collections::HashMap;
use std::fmt::Display;

use openapiv3::OpenAPI;
use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, ScanError, YamlData};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Source;
use crate::diag::{Diagnostic, Diagnostics};
use crate::lint::RULES;
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
    /// What was wrong without making reading impossible; [`lint`](crate::lint::lint) repeats it.
    pub problems: Diagnostics,
    /// What is left of `value` after a round trip through `api`.
    known: Value,
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
            pointer: pointer.split(TWIN).next().unwrap_or_default().to_owned(),
            message: message.into(),
            help: help.into(),
        }
    }

    /// A problem with the help of its rule.
    pub(crate) fn fault(&self, rule: &'static str, at: &str, message: impl Display) -> Diagnostic {
        let help = RULES.iter().find(|(id, _)| *id == rule);
        self.problem(rule, at, message.to_string(), help.map_or("", |(_, help)| help))
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

    /// Whether OpenAPI knows the key at this place.
    pub(crate) fn knows(&self, at: &str) -> bool {
        self.known.pointer(at).is_some()
    }

    fn note(&mut self, rule: &'static str, at: &str, message: impl Display) {
        let problem = self.fault(rule, at, message);
        self.problems.push(problem);
    }

    /// Turns a YAML node into a value, and notes where each part stands.
    fn read(&mut self, lines: &[&str], node: &MarkedYaml<'_>, at: &str) -> Value {
        match &node.data {
            YamlData::Mapping(mapping) => {
                let mut members = Map::new();
                for (key, value) in mapping {
                    self.member(lines, &mut members, key, value, at);
                }
                Value::Object(members)
            }
            YamlData::Sequence(items) => {
                let mut list = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    let at = join(at, index);
                    self.spans.insert(at.clone(), place(item));
                    list.push(self.read(lines, item, &at));
                }
                Value::Array(list)
            }
            YamlData::Value(scalar) => {
                let raw = raw(lines, node);
                let value = scalar_value(scalar);
                if !reads_alike(&raw, scalar) {
                    let message = format!("YAML readers do not agree on what {raw} is");
                    self.note("yaml-ambiguous", at, message);
                }
                value
            }
            _ => {
                self.note("yaml-ambiguous", at, "a YAML tag or an unreadable value stands here");
                Value::Null
            }
        }
    }

    fn member(
        &mut self,
        lines: &[&str],
        members: &mut Map<String, Value>,
        key: &MarkedYaml<'_>,
        value: &MarkedYaml<'_>,
        at: &str,
    ) {
        let raw = raw(lines, key);
        let name = match &key.data {
            YamlData::Value(Scalar::String(text)) => text.replace(TWIN, ""),
            _ => raw.clone(),
        };
        let mut at = join(at, &name);
        if members.contains_key(&name)
            && let Some((first, _)) = self.spans.get(&at)
        {
            let message = format!("the key `{name}` already stands on line {first}");
            at = format!("{at}{TWIN}{}", place(key).0);
            self.spans.insert(at.clone(), place(key));
            return self.note("duplicate-key", &at, message);
        }
        self.spans.insert(at.clone(), place(key));
        match &key.data {
            YamlData::Value(scalar @ Scalar::String(_)) if reads_alike(&raw, scalar) => {}
            _ => {
                self.note("yaml-key", &at, format!("the key {raw} is no text in every YAML reader"))
            }
        }
        // An anchor and its alias are one value here, but not for a reader of the file.
        if lines.get(place(value).0 - 1).and_then(|line| line.chars().nth(place(value).1 - 1))
            == Some('*')
            && !matches!(&value.data, YamlData::Value(Scalar::String(text)) if text.starts_with('*'))
        {
            self.note("yaml-ambiguous", &at, "an alias stands here");
        }
        let value = self.read(lines, value, &at);
        members.insert(name, value);
    }
}

/// Reads a document.
///
/// # Errors
///
/// When the text is no YAML. All smaller problems are in [`Document::problems`].
pub fn load(source: &Source) -> Result<Document, Diagnostics> {
    let mut document = Document {
        name: source.name.clone(),
        value: Value::Null,
        api: OpenAPI::default(),
        problems: Diagnostics::new(),
        known: Value::Null,
        spans: HashMap::from([(String::new(), (1, 1))]),
    };
    let broken = |line: usize, column: usize, message: String| {
        let problem = document.fault("yaml-syntax", "", message);
        Diagnostics::from(Diagnostic { line, column, ..problem })
    };
    let (text, nodes) = mark_twins(&source.text);
    let nodes = nodes.map_err(|error| {
        broken(error.marker().line(), error.marker().col() + 1, error.info().to_owned())
    })?;
    let [node] = nodes.as_slice() else {
        return Err(broken(1, 1, format!("{} YAML documents stand in one file", nodes.len())));
    };
    let again = read_again(&text).map_err(|(place, error)| {
        let (line, column) = place.map_or((1, 1), |place| (place.line(), place.column()));
        broken(line, column, format!("a second YAML reader says: {error}"))
    })?;
    document.value = document.read(&text.lines().collect::<Vec<_>>(), node, "");
    let mut differences = Vec::new();
    differing(&document.value, &again, "", &mut differences);
    for at in differences {
        if !document.problems.iter().any(|problem| problem.pointer == at) {
            document.note("yaml-ambiguous", &at, "two YAML readers see different values here");
        }
    }
    match OpenAPI::deserialize(&document.value) {
        Ok(api) => {
            document.known = serde_json::to_value(&api).unwrap_or_default();
            document.api = api;
        }
        Err(_) => {
            for (at, message) in misfits(&document.value) {
                document.note("bad-shape", &at, message);
            }
        }
    }
    Ok(document)
}

/// What a second YAML reader sees. Values with tags take the way through its own values, which knows them.
fn read_again(text: &str) -> Result<Value, (Option<serde_yaml::Location>, String)> {
    if let Ok(value) = serde_yaml::from_str(text) {
        return Ok(value);
    }
    serde_yaml::from_str::<serde_yaml::Value>(text)
        .map_err(|error| (error.location(), error.to_string()))
        .and_then(|value| serde_json::to_value(value).map_err(|error| (None, error.to_string())))
}

/// Reads the text, giving every key that stands twice in one mapping a name of its own, so that
/// all of them are found in one run.
fn mark_twins(text: &str) -> (String, Result<Vec<MarkedYaml<'static>>, ScanError>) {
    let mut text = text.to_owned();
    let longest = text.len() + 100 * TWIN.len_utf8();
    loop {
        let error = match MarkedYaml::load_from_str(&text) {
            Ok(nodes) => return (text, Ok(nodes)),
            Err(error) => error,
        };
        let above = text.split_inclusive('\n').take(error.marker().line().saturating_sub(1));
        let line: usize = above.map(str::len).sum();
        let twin = error.info().starts_with("duplicated key") && text.len() < longest;
        match text[line..].char_indices().nth(error.marker().col()) {
            Some((column, first)) if twin && !matches!(first, '{' | '[' | '|' | '>') => {
                text.insert(line + column + usize::from(matches!(first, '"' | '\'')), TWIN);
            }
            _ => return (text, Err(error)),
        }
    }
}

fn place(node: &MarkedYaml<'_>) -> (usize, usize) {
    (node.span.start.line().max(1), node.span.start.col() + 1)
}

/// The text of a scalar as it stands in the file, as far as it is on one line.
fn raw(lines: &[&str], node: &MarkedYaml<'_>) -> String {
    let (start, end) = (node.span.start, node.span.end);
    let line = lines.get(start.line().saturating_sub(1)).copied().unwrap_or_default();
    let one_line = start.line() == end.line();
    let length = if one_line { end.col().saturating_sub(start.col()) } else { usize::MAX };
    let raw = line.chars().skip(start.col()).take(length).filter(|c| *c != TWIN);
    raw.collect::<String>().trim_end().to_owned()
}

fn scalar_value(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(flag) => (*flag).into(),
        Scalar::Integer(number) => (*number).into(),
        Scalar::FloatingPoint(number) => number.into_inner().into(),
        Scalar::String(text) => text.replace(TWIN, "").into(),
    }
}

/// Whether readers of YAML 1.1 and 1.2 see the same value: no `yes`, no `012`, no plain date.
fn reads_alike(raw: &str, scalar: &Scalar<'_>) -> bool {
    match scalar {
        Scalar::Null => matches!(raw, "null" | "~") || !raw.starts_with(['n', 'N']),
        Scalar::Boolean(flag) => raw == flag.to_string(),
        Scalar::Integer(number) => raw == number.to_string(),
        Scalar::FloatingPoint(number) => {
            let unsigned = |(_, power): (_, &str)| !power.starts_with(['+', '-']);
            let odd = raw.split_once(['e', 'E']).is_some_and(unsigned);
            number.is_finite() && !odd && raw.contains('.') && !raw.starts_with('.')
        }
        // What differs from the text is quoted, or goes over several lines.
        Scalar::String(text) if raw != text.replace(TWIN, "") => true,
        Scalar::String(_) => {
            let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            let number = raw.trim_start_matches(['+', '-']);
            let words = ["y", "n", "yes", "no", "on", "off", "=", "<<"];
            let date = raw.get(..10).is_some_and(|day| {
                day.split('-').map(str::len).eq([4, 2, 2]) && day.split('-').all(digits)
            });
            let base_60 = number.contains(':')
                && number.split(':').all(|part| digits(&part.replacen('.', "", 1)));
            let grouped = number.contains('_') && digits(&number.replace(['_', '.'], ""));
            let word = words.iter().any(|word| raw.eq_ignore_ascii_case(word));
            !(word || date || base_60 || (grouped && !number.starts_with('_')))
        }
    }
}

/// Places where two values differ.
fn differing(one: &Value, two: &Value, at: &str, found: &mut Vec<String>) {
    match (one, two) {
        _ if one == two => {}
        (Value::Object(one), Value::Object(two)) => {
            for (key, value) in one {
                differing(value, two.get(key).unwrap_or(value), &join(at, key), found);
            }
        }
        (Value::Array(one), Value::Array(two)) if one.len() == two.len() => {
            for (index, (one, two)) in one.iter().zip(two).enumerate() {
                differing(one, two, &join(at, index), found);
            }
        }
        _ => found.push(at.to_owned()),
    }
}

/// The smallest nodes that OpenAPI does not accept.
fn misfits(root: &Value) -> Vec<(String, String)> {
    let mut bad = Vec::new();
    for node in shape::nodes(root).into_iter().filter(|node| refs::target(node.value).is_none()) {
        bad.extend(node.kind.misfit(node.value).map(|error| (error, node)));
    }
    let within =
        |at: &str, inner: &str| inner.strip_prefix(at).is_some_and(|rest| rest.starts_with('/'));
    let mut found = Vec::new();
    for (error, node) in &bad {
        if !bad.iter().any(|(_, other)| within(&node.at, &other.at)) {
            found.push((node.at.clone(), format!("{} cannot be read: {error}", node.kind.label())));
        }
    }
    found
}
