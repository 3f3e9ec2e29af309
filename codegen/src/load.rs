//! YAML text to a [`Document`]: values, and where they stand.

use std::fmt::Display;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, StrInput};
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
    let document = Document {
        name: source.name.clone(),
        value: Value::Null,
        problems: Diagnostics::default(),
        places: Vec::new(),
    };
    let mut reader = Reader {
        events: Parser::new_from_str(&source.text),
        document,
        pointer: String::new(),
        depth: 0,
    };
    let (place, message) = match reader.document() {
        Ok(1) => return Ok(reader.document),
        Ok(count) => ((1, 1), format!("{count} YAML documents stand in one file")),
        Err(error) => {
            let marker = error.marker();
            ((marker.line(), marker.col() + 1), error.info().to_owned())
        }
    };
    let (rule, at) = ("yaml-syntax", (source.name.as_str(), place, String::new()));
    Err(Diagnostic::new(rule, at, message, help(rule)).into())
}

/// Makes a document of what a YAML parser tells.
struct Reader<'t> {
    events: Parser<'t, StrInput<'t>>,
    document: Document,
    /// Of the value that is being read.
    pointer: String,
    /// How many values that value stands in.
    depth: usize,
}

/// How deep values may be nested, so that walking through them stays within the stack.
const DEEPEST: usize = 100;

impl<'t> Reader<'t> {
    /// Reads the first document, and tells how many there are.
    fn document(&mut self) -> Result<usize, ScanError> {
        let mut count = 0;
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(count),
                (Event::DocumentStart(_), _) => {
                    count += 1;
                    if count == 1 {
                        let (event, _) = self.next()?;
                        self.document.value = self.value(event, (1, 1))?;
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
        let at = (self.document.name.as_str(), place, self.pointer.clone());
        self.document.problems.push(Diagnostic::new(rule, at, message, help(rule)));
    }

    /// The value that begins with an event.
    fn value(&mut self, event: Event<'t>, place: Place) -> Result<Value, ScanError> {
        if self.depth > DEEPEST {
            let marker = Marker::new(0, place.0, place.1 - 1);
            return Err(ScanError::new_str(marker, "values are nested too deeply"));
        }
        self.depth += 1;
        self.document.places.push(place);
        let value = match event {
            Event::MappingStart(_, None) => self.mapping()?,
            Event::SequenceStart(_, None) => self.sequence()?,
            Event::Scalar(text, style, _, None) => {
                let (value, sure) = scalar(&text, style);
                if !sure {
                    let message = format!("YAML readers do not agree on what {text} is");
                    self.note("yaml-ambiguous", place, message);
                }
                value
            }
            // What it stands for is left out: aliases of aliases can stand for more than there is memory.
            Event::Alias(_) => {
                self.note("yaml-ambiguous", place, "an alias stands here");
                Value::Null
            }
            tagged => {
                self.note("yaml-ambiguous", place, "a YAML tag or an unreadable value stands here");
                self.skip(tagged)?;
                Value::Null
            }
        };
        self.depth -= 1;
        Ok(value)
    }

    fn sequence(&mut self) -> Result<Value, ScanError> {
        let mut items = Vec::new();
        loop {
            let (event, place) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(items.into());
            }
            let outer = self.enter(items.len());
            items.push(self.value(event, place)?);
            self.pointer.truncate(outer);
        }
    }

    fn mapping(&mut self) -> Result<Value, ScanError> {
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
                let value = self.value(event, place)?;
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

/// The value of a scalar, and whether readers of YAML 1.1 and 1.2 agree on it: no `yes`, no `012`, no plain date.
fn scalar(text: &str, style: ScalarStyle) -> (Value, bool) {
    if style != ScalarStyle::Plain {
        return (text.into(), true);
    }
    if let Ok(number) = text.parse::<i64>() {
        return (number.into(), number.to_string() == text);
    }
    let decimal = text.starts_with(|first: char| first.is_ascii_digit() || first == '-');
    if decimal && let Ok(number) = text.parse::<f64>() {
        return (number.into(), text.contains('.') && !text.contains(['e', 'E']));
    }
    match text {
        "" | "~" | "null" => (Value::Null, true),
        "true" | "false" => ((text == "true").into(), true),
        _ => (text.into(), !has_other_meaning(text)),
    }
}

/// Whether some reader of YAML takes a plain text for something else.
fn has_other_meaning(text: &str) -> bool {
    const WORDS: &[&str] =
        &["y", "n", "yes", "no", "on", "off", "true", "false", "null", "=", "<<"];
    let date = text.get(..10).is_some_and(|day| {
        day.split('-').map(str::len).eq([4, 2, 2]) && day.split('-').all(are_digits)
    });
    let unsigned = text.trim_start_matches(['+', '-']);
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
        || [".inf", ".nan"].iter().any(|word| unsigned.eq_ignore_ascii_case(word))
        || text.starts_with(['|', '>', '@', '`', '%'])
        || date
        || unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.')
            && is_odd_number(&unsigned.replace('_', ""))
}

/// To base 60 (1:30), with an odd point (.5), with a power (1e5), to another base (0x1F).
fn is_odd_number(text: &str) -> bool {
    let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let other_base = ["0x", "0o", "0b"].iter().any(|base| {
        let rest = text.strip_prefix(base);
        rest.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()))
    });
    let mut parts = mantissa.split(':');
    other_base
        || parts.all(|part| are_digits(&part.replacen('.', "", 1)))
            && are_digits(power.trim_start_matches(['+', '-']))
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_what_every_reader_takes_them_for() {
        for (text, value) in [
            ("12", Value::from(12)),
            ("-3", (-3).into()),
            ("0.5", 0.5.into()),
            ("true", true.into()),
            ("~", Value::Null),
            ("3.0.3", "3.0.3".into()),
            ("81-0-0", "81-0-0".into()),
            ("2d", "2d".into()),
        ] {
            assert_eq!(scalar(text, ScalarStyle::Plain), (value, true), "{text}");
            assert_eq!(scalar(text, ScalarStyle::DoubleQuoted), (text.into(), true), "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_where_it_becomes_too_deep() {
        let source = Source { name: "deep.yaml".to_owned(), text: "- ".repeat(100_000) };
        let problems = load(&source).unwrap_err().to_string();
        assert!(problems.starts_with("deep.yaml:1:203: error[yaml-syntax]"), "{problems}");
    }

    #[test]
    fn aliases_of_aliases_cost_nothing() {
        let mut text = "a0: &a0 [x, x]\n".to_owned();
        for level in 1..200 {
            let below = level - 1;
            text += &format!("a{level}: &a{level} [*a{below}, *a{below}]\n");
        }
        let document = load(&Source { name: "bomb.yaml".to_owned(), text }).unwrap();
        assert_eq!(document.problems.len(), 199 * 2);
        assert_eq!(document.places.len(), 1 + 200 * 3);
    }

    #[test]
    fn what_readers_take_for_different_things_is_seen() {
        let texts = "yes No on OFF y N True NULL 012 +1 0x1F 0o17 0b101 1_000 12:30 190:20:30.15 .5 1e5 1.5e3 +1e-5 \
             .inf -.INF .NaN 2024-10-29 = << | > 99999999999999999999";
        for text in texts.split_whitespace() {
            assert!(!scalar(text, ScalarStyle::Plain).1, "{text}");
        }
    }
}
