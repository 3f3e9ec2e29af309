//! YAML text to a [`Document`]: values, and where they stand.

use std::fmt::Display;
use std::iter;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, StrInput};
use serde_json::{Map, Value};

use crate::Source;
use crate::diag::{Diagnostic, Diagnostics};
use crate::lint::help;
use crate::refs::{self, extend};

/// Line and column, from 1.
pub(crate) type Place = (usize, usize);

/// A spec document that could be read.
#[derive(Debug)]
pub struct Document {
    /// Name to show in messages.
    pub name: String,
    /// The document as it stands in the file, in file order.
    pub value: Value,
    /// What was wrong without making reading impossible; [`lint`](crate::lint::lint) repeats it.
    pub problems: Diagnostics,
    /// Where the value and everything in it stands: parents first, in file order. A member stands where its key does.
    pub(crate) places: Vec<Place>,
}

impl Document {
    /// `node`, or what its `$ref` stands for.
    pub(crate) fn resolve<'a>(&'a self, node: &'a Value) -> &'a Value {
        refs::resolve(&self.value, node).unwrap_or(node)
    }

    /// A schema component.
    pub(crate) fn schema(&self, name: &str) -> Option<&Value> {
        self.value.get("components")?.get("schemas")?.get(name)
    }
}

/// Reads a document.
///
/// # Errors
///
/// When the text is no YAML. All smaller problems are in [`Document::problems`].
pub fn load(source: &Source) -> Result<Document, Diagnostics> {
    let again = read_again(&source.text);
    let document = Document {
        name: source.name.clone(),
        value: Value::Null,
        problems: Diagnostics::default(),
        places: Vec::new(),
    };
    let mut reader = Reader {
        events: Parser::new_from_str(&source.text),
        document,
        doubts: Diagnostics::default(),
        pointer: String::new(),
    };
    let read = reader.document(again.as_ref().unwrap_or(&Value::Null));
    let Reader { mut document, doubts, .. } = reader;
    let broken = match (read, again) {
        (Err(error), _) => {
            let marker = error.marker();
            ((marker.line(), marker.col() + 1), error.info().to_owned())
        }
        (Ok(1), Ok(_)) => {
            // Of two equal keys the readers take different ones.
            if document.problems.iter().all(|problem| problem.rule != "duplicate-key") {
                document.problems.extend(doubts);
            }
            return Ok(document);
        }
        (Ok(1), Err((place, error))) => {
            let place = place.map_or((1, 1), |place| (place.line(), place.column()));
            (place, format!("a second YAML reader says: {error}"))
        }
        (Ok(count), _) => ((1, 1), format!("{count} YAML documents stand in one file")),
    };
    let (place, message) = broken;
    Err(problem(&document.name, "yaml-syntax", place, "", message).into())
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

/// A problem of a rule.
pub(crate) fn problem(
    file: &str,
    rule: &'static str,
    (line, column): Place,
    pointer: &str,
    message: impl Display,
) -> Diagnostic {
    let (file, pointer) = (file.to_owned(), pointer.to_owned());
    let (message, help) = (message.to_string(), help(rule).to_owned());
    Diagnostic { file, line, column, rule, pointer, message, help }
}

/// Makes a document of what a YAML parser tells.
struct Reader<'t> {
    events: Parser<'t, StrInput<'t>>,
    document: Document,
    /// Where another reader sees something else.
    doubts: Diagnostics,
    /// Of the value that is being read.
    pointer: String,
}

impl<'t> Reader<'t> {
    /// Reads the first document, and tells how many there are.
    fn document(&mut self, again: &Value) -> Result<usize, ScanError> {
        let mut count = 0;
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(count),
                (Event::DocumentStart(_), _) => {
                    count += 1;
                    if count == 1 {
                        let (event, _) = self.next()?;
                        self.document.value = self.value(event, (1, 1), Some(again))?;
                    }
                }
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Place), ScanError> {
        let Some(event) = self.events.next() else {
            return Ok((Event::StreamEnd, (1, 1)));
        };
        let (event, span) = event?;
        Ok((event, (span.start.line().max(1), span.start.col() + 1)))
    }

    fn note(&mut self, rule: &'static str, place: Place, message: impl Display) {
        let problem = problem(&self.document.name, rule, place, &self.pointer, message);
        self.document.problems.push(problem);
    }

    /// The value that begins with an event; `again` is what the other reader sees there.
    fn value(
        &mut self,
        event: Event<'t>,
        place: Place,
        again: Option<&Value>,
    ) -> Result<Value, ScanError> {
        self.document.places.push(place);
        let (value, sure) = match event {
            Event::MappingStart(_, None) => (self.mapping(again)?, true),
            Event::SequenceStart(_, None) => (self.sequence(again)?, true),
            Event::Scalar(text, style, _, None) => {
                let (value, sure) = scalar(&text, style);
                if !sure {
                    let message = format!("YAML readers do not agree on what {text} is");
                    self.note("yaml-ambiguous", place, message);
                }
                (value, sure)
            }
            Event::Alias(_) => {
                self.note("yaml-ambiguous", place, "an alias stands here");
                let value = again.cloned().unwrap_or_default();
                self.document.places.extend(iter::repeat_n(place, size(&value) - 1));
                return Ok(value);
            }
            tagged => {
                self.note("yaml-ambiguous", place, "a YAML tag or an unreadable value stands here");
                self.skip(tagged)?;
                return Ok(Value::Null);
            }
        };
        if sure && again.is_some_and(|again| !alike(&value, again)) {
            let message = "two YAML readers see different values here";
            let (file, rule) = (&self.document.name, "yaml-ambiguous");
            self.doubts.push(problem(file, rule, place, &self.pointer, message));
        }
        Ok(value)
    }

    fn sequence(&mut self, again: Option<&Value>) -> Result<Value, ScanError> {
        let mut items = Vec::new();
        loop {
            let (event, place) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(items.into());
            }
            let again = again.and_then(|again| again.get(items.len()));
            let outer = self.enter(items.len());
            items.push(self.value(event, place, again)?);
            self.pointer.truncate(outer);
        }
    }

    fn mapping(&mut self, again: Option<&Value>) -> Result<Value, ScanError> {
        let (mut members, mut lines) = (Map::new(), Vec::new());
        loop {
            let (event, place) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(members.into());
            }
            let (name, sure) = self.key(event)?;
            let outer = self.enter(&name);
            let (event, _) = self.next()?;
            if members.contains_key(&name) {
                let first = members.keys().zip(&lines).find(|(known, _)| **known == name);
                let line = first.map_or(place.0, |(_, line)| *line);
                let message = format!("the key `{name}` already stands on line {line}");
                self.note("duplicate-key", place, message);
                self.skip(event)?;
            } else {
                if !sure {
                    let message = format!("the key {name} is no text in every YAML reader");
                    self.note("yaml-key", place, message);
                }
                let value = self.value(event, place, again.and_then(|again| again.get(&name)))?;
                lines.push(place.0);
                members.insert(name, value);
            }
            self.pointer.truncate(outer);
        }
    }

    /// The name in a key, and whether it is a text for every reader.
    fn key(&mut self, event: Event<'t>) -> Result<(String, bool), ScanError> {
        if let Event::Scalar(text, style, _, None) = event {
            let (value, sure) = scalar(&text, style);
            return Ok((text.into_owned(), sure && value.is_string()));
        }
        self.skip(event)?;
        Ok(("?".to_owned(), false))
    }

    /// Leaves out the value that begins with an event.
    fn skip(&mut self, mut event: Event<'t>) -> Result<(), ScanError> {
        let mut depth = 0;
        loop {
            match event {
                Event::MappingStart(..) | Event::SequenceStart(..) => depth += 1,
                Event::MappingEnd | Event::SequenceEnd => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(());
            }
            (event, _) = self.next()?;
        }
    }

    /// Continues the pointer; it has to be cut again where it ended.
    fn enter(&mut self, key: impl Display) -> usize {
        let outer = self.pointer.len();
        extend(&mut self.pointer, key);
        outer
    }
}

/// How many values there are in a value, itself included.
fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

/// Whether two readers saw the same here; what stands inside of lists and objects is looked at there.
fn alike(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::Object(_), Value::Object(_)) => true,
        (Value::Array(one), Value::Array(two)) => one.len() == two.len(),
        _ => one == two,
    }
}

/// The value of a scalar, and whether readers of YAML 1.1 and 1.2 agree on it: no `yes`, no `012`, no plain date.
fn scalar(text: &str, style: ScalarStyle) -> (Value, bool) {
    if style != ScalarStyle::Plain {
        return (text.into(), true);
    }
    if let Ok(number) = text.parse::<i64>() {
        return (number.into(), number.to_string() == text);
    }
    let decimal = text.starts_with(|first: char| first.is_ascii_digit() || first == '-');
    match text {
        "" | "~" | "null" => (Value::Null, true),
        "true" | "false" => ((text == "true").into(), true),
        _ if decimal && let Ok(number) = text.parse::<f64>() => {
            (number.into(), text.contains('.') && !text.contains(['e', 'E']))
        }
        _ => (text.into(), !has_other_meaning(text)),
    }
}

/// Whether some reader of YAML takes a plain text for something else.
fn has_other_meaning(text: &str) -> bool {
    const WORDS: &[&str] =
        &["y", "n", "yes", "no", "on", "off", "true", "false", "null", "=", "<<"];
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let date = text.get(..10).is_some_and(|day| {
        day.split('-').map(str::len).eq([4, 2, 2]) && day.split('-').all(digits)
    });
    // Grouped (1_000), to base 60 (1:30), with an odd point (.5).
    let number = text.trim_start_matches(['+', '-']).replace('_', "");
    let number = number.split(':').all(|part| digits(&part.replacen('.', "", 1)));
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
        || date
        || number && !text.starts_with('_')
}
