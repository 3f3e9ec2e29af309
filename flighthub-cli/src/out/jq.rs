//! Filters in the language of jq.

use std::fmt::Write as _;

use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data, unwrap_valr};
use jaq_json::{Val, read};
use serde_json::Value;

use super::{OutError, text};

type Data = data::JustLut<Val>;

/// A filter in the language of jq.
pub(super) struct Filter(jaq_core::Filter<Data>);

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it, and where.
    pub(super) fn new(code: &str) -> Result<Self, OutError> {
        let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let funs = jaq_core::funs::<Data>().chain(jaq_std::funs()).chain(jaq_json::funs());
        // The environment holds the key.
        let funs = funs.filter(|(name, ..)| *name != "env");
        let arena = Arena::default();
        let loaded = Loader::new(defs).load(&arena, File { code, path: () });
        let modules = loaded.map_err(|errors| OutError::Filter(unreadable(code, errors)))?;
        let compiled = Compiler::default().with_funs(funs).compile(modules);
        compiled.map(Self).map_err(|errors| OutError::Filter(unknown(code, errors)))
    }

    /// All results for a value.
    ///
    /// # Errors
    ///
    /// When the filter fails on it, or ends in what JSON does not have.
    pub(super) fn run(&self, value: &Value) -> Result<Vec<Value>, OutError> {
        let input = read::parse_single(value.to_string().as_bytes())
            .map_err(|error| OutError::Filtering(error.to_string()))?;
        let context = Ctx::<Data>::new(&self.0.lut, Vars::new([]));
        let mut results = Vec::new();
        for result in self.0.id.run((context, input)) {
            // `halt` ends here too: it is an end of the results, not of the program.
            let result = match result {
                Err(end) => match end.get_halt() {
                    Ok(_) => break,
                    Err(other) => unwrap_valr(Err(other)),
                },
                whole => unwrap_valr(whole),
            };
            let result = result.map_err(|error| {
                OutError::Filtering(text::line(&error.to_string()).into_owned())
            })?;
            results.push(read_back(&result)?);
        }
        Ok(results)
    }
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Filter").finish_non_exhaustive()
    }
}

/// jq has values that JSON has not: bytes, and numbers without an end.
fn read_back(result: &Val) -> Result<Value, OutError> {
    serde_json::from_str(&result.to_string())
        .map_err(|_| OutError::Filtering(format!("`{result}` is a result that JSON cannot say")))
}

fn unreadable(code: &str, errors: load::Errors<&str, ()>) -> String {
    let mut problems = Vec::new();
    for (_, error) in errors {
        match error {
            load::Error::Io(errors) => {
                problems.extend(errors);
            }
            load::Error::Lex(errors) => problems.extend(
                errors
                    .into_iter()
                    .map(|(expected, part)| (part, format!("expected {}", expected.as_str()))),
            ),
            load::Error::Parse(errors) => {
                problems.extend(
                    errors
                        .into_iter()
                        .map(|(expected, part)| (part, format!("expected {}", expected.as_str()))),
                );
            }
        }
    }
    located(code, &problems)
}

fn unknown(code: &str, errors: jaq_core::compile::Errors<&str, ()>) -> String {
    let problems: Vec<_> = errors
        .into_iter()
        .flat_map(|(_, errors)| errors)
        .map(|(part, what)| {
            let arity = match what {
                jaq_core::compile::Undefined::Filter(arity) if arity > 0 => format!("/{arity}"),
                _ => String::new(),
            };
            (part, format!("there is no {} {part}{arity}", what.as_str()))
        })
        .collect();
    located(code, &problems)
}

/// The first problem with the line that it stands in, and a mark under its place.
fn located(code: &str, problems: &[(&str, String)]) -> String {
    let Some((part, problem)) = problems.first() else {
        return "the filter cannot be read".to_owned();
    };
    let at = load::span(code, part).start.min(code.len());
    let before = code.get(..at).unwrap_or(code);
    let begin = before.rfind('\n').map_or(0, |index| index + 1);
    let row = before.matches('\n').count() + 1;
    let head = code.get(begin..at).unwrap_or_default();
    let line = code.get(begin..).unwrap_or_default().lines().next().unwrap_or_default();
    let column = head.chars().count() + 1;
    let place = if code.contains('\n') { format!("line {row}, ") } else { String::new() };
    let mut said = format!("{place}character {column}: {problem}");
    let width = unicode_width::UnicodeWidthStr::width(head);
    // Writing into a String cannot fail.
    let _ = write!(said, "\n  {}\n  {}^", text::line(line), " ".repeat(width));
    said
}
