//! What is dangerous is confirmed by naming what it happens to.

use std::io::{self, BufRead, Write};

use flighthub_workflows::choose::printable;

use crate::failure::Failure;

/// Something that can move an aircraft or a dock, take control from a person, or destroys for good.
#[derive(Debug, Clone)]
pub(crate) struct Danger {
    /// What will happen, as a sentence without a full stop: `This makes the aircraft of dock … take off`.
    pub(crate) what: String,
    /// The word for what it happens to: `dock`, `aircraft`, `model`.
    pub(crate) kind: &'static str,
    /// Its serial number or id.
    pub(crate) id: String,
    /// Its callsign or name, if it has one.
    pub(crate) name: Option<String>,
}

/// How many characters of a serial number are enough.
const ENOUGH: usize = 4;

impl Danger {
    /// Whether an answer names it: by its serial number, the last four characters of that, or its callsign.
    pub(crate) fn is_named_by(&self, answer: &str) -> bool {
        let answer = answer.trim();
        let same = |text: &str| !text.is_empty() && text.eq_ignore_ascii_case(answer);
        same(&self.id) || same(last(&self.id)) || self.name.as_deref().is_some_and(same)
    }

    /// What is asked.
    pub(crate) fn question(&self) -> String {
        let id = printable(&self.id);
        let name = self.name.as_deref().filter(|name| !name.is_empty());
        let whom = match name {
            Some(name) => format!("{} {} ({id})", self.kind, printable(name)),
            None => format!("{} {id}", self.kind),
        };
        let ways = match name {
            Some(_) => "its name, its number",
            None => "its number",
        };
        format!(
            "{}: {whom}.\nType {ways} or the last {ENOUGH} characters of that to go on, anything else to stop: ",
            printable_line(&self.what)
        )
    }

    /// What to say where nobody can be asked.
    pub(crate) fn needs_confirmation(&self) -> Failure {
        Failure::usage(
            format!(
                "{}: {} {}. That needs a confirmation, and nobody can be asked here",
                printable_line(&self.what),
                self.kind,
                printable(&self.id)
            ),
            "Give --yes if that is what you want, or run it on a terminal. --dry-run shows the request.",
        )
    }
}

/// A longer text of our own with parts of other people's: on one line, without control characters.
fn printable_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The last characters of an id.
fn last(id: &str) -> &str {
    match id.char_indices().rev().nth(ENOUGH - 1) {
        Some((at, _)) => id.get(at..).unwrap_or(id),
        None => id,
    }
}

/// Asks, and reads one line.
pub(crate) fn ask(
    danger: &Danger,
    input: &mut impl BufRead,
    output: &mut impl Write,
) -> io::Result<bool> {
    output.write_all(danger.question().as_bytes())?;
    output.flush()?;
    let mut answer = String::new();
    input.read_line(&mut answer)?;
    Ok(danger.is_named_by(&answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn danger(name: Option<&str>) -> Danger {
        Danger {
            what: "This makes an aircraft take off".to_owned(),
            kind: "dock",
            id: "7CTXN0000B00A1".to_owned(),
            name: name.map(str::to_owned),
        }
    }

    fn answered(answer: &str) -> bool {
        let mut output = Vec::new();
        ask(&danger(Some("North")), &mut answer.as_bytes(), &mut output).unwrap()
    }

    #[test]
    fn only_an_answer_that_names_it_confirms() {
        for answer in ["7CTXN0000B00A1\n", "00A1\n", " 00a1 \r\n", "north\n", "00A1"] {
            assert!(answered(answer), "{answer:?}");
        }
        for answer in ["", "\n", "y\n", "yes\n", "0A1\n", "7CTX\n", "North gate\n"] {
            assert!(!answered(answer), "{answer:?}");
        }
        assert!(!danger(Some("")).is_named_by(""));
    }

    #[test]
    fn the_question_names_it_and_cannot_be_steered_by_its_name() {
        let question = danger(Some("No\u{1b}[2Jrth")).question();
        assert!(question.contains("dock No\u{fffd}[2Jrth (7CTXN0000B00A1)"), "{question}");
        let question = danger(None).question();
        assert!(question.starts_with("This makes an aircraft take off: dock 7CTXN0000B00A1.\n"));
    }
}
