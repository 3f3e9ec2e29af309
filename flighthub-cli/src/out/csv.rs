//! Comma-separated values, by RFC 4180.
//!
//! It has no escapes, so that signs which steer a terminal become visible ones: files are shown with `cat` too. Line breaks stay, in quotes,
//! except on a terminal, where one could fake a row. JSON and YAML have the text as it is.

use std::borrow::Cow;

use serde_json::Value;

use super::cells::{self, Column};
use super::terminal::Terminal;
use super::text;

/// All rows that a value holds, with a line of names.
pub(super) fn document(value: &Value, terminal: &Terminal) -> String {
    let rows = cells::rows(value);
    let columns = cells::all(&rows);
    let mut text = head(&columns, terminal);
    for row in rows.iter() {
        text += &line(&columns, row, terminal);
    }
    text
}

/// The line of names.
pub(super) fn head(columns: &[Column], terminal: &Terminal) -> String {
    record(columns.iter().map(|column| field(&shown(&column.path, terminal), false)))
}

/// A row.
pub(super) fn line(columns: &[Column], row: &Value, terminal: &Terminal) -> String {
    record(columns.iter().map(|column| {
        let value = if row.is_object() { column.value(row) } else { Some(row) };
        field(&shown(&cells::cell(column, row), terminal), value.is_some_and(Value::is_number))
    }))
}

fn shown<'a>(text: &'a str, terminal: &Terminal) -> Cow<'a, str> {
    if terminal.is_terminal { text::line(text) } else { text::breaks(text) }
}

fn record(fields: impl Iterator<Item = String>) -> String {
    let mut text = fields.collect::<Vec<_>>().join(",");
    if !text.is_empty() {
        text += "\r\n";
    }
    text
}

/// A field in quotes where it needs them. A text that a spreadsheet would take for a formula gets an apostrophe in front; numbers, also as
/// text, stay numbers.
fn field(text: &str, is_number: bool) -> String {
    let is_number = is_number || is_plain_number(text);
    let guard = if !is_number && is_formula(text) { "'" } else { "" };
    if text.contains([',', '"', '\n', '\r']) || text.starts_with(' ') || text.ends_with(' ') {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{guard}{text}")
    }
}

/// What spreadsheets take for a formula: by its first sign, and full-width forms of it. White space in front does not help.
fn is_formula(text: &str) -> bool {
    text.starts_with(['\t', '\r', '\n'])
        || text
            .trim_start()
            .starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
}

/// `-12.5`, `+3e-4`: harmless, and of use as a number.
fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '-' | '+'))
        && text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn spreadsheets_find_no_formula() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            (
                "=HYPERLINK(\"http://a.example\",\"x\")",
                "\"'=HYPERLINK(\"\"http://a.example\"\",\"\"x\"\")\"",
            ),
            ("+SUM(A1)", "'+SUM(A1)"),
            ("-2+3", "'-2+3"),
            ("@cmd", "'@cmd"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            (" =1", "\"' =1\""),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("-12.5", "-12.5"),
            ("+3e-4", "+3e-4"),
            ("-", "'-"),
            ("-infinity", "'-infinity"),
            ("a=b", "a=b"),
        ] {
            assert_eq!(field(text, false), written, "{text:?}");
        }
    }

    #[test]
    fn a_list_is_its_rows_with_all_that_they_hold() {
        let value = json!({"total": 2, "list": [
            {"name": "a, b", "place": {"latitude": -0.02, "longitude": 25}},
            {"name": "line\nbreak", "tags": ["x", "y"], "more": [{"z": 1}]},
        ]});
        assert_eq!(
            document(&value, &Terminal::NONE),
            "name,place.latitude,place.longitude,tags,more\r\n\
             \"a, b\",-0.02,25,,\r\n\
             \"line\nbreak\",,,\"x, y\",\"[{\"\"z\"\":1}]\"\r\n"
        );
        let document = |value| super::document(&value, &Terminal::NONE);
        assert_eq!(document(json!({"list": []})), "");
        assert_eq!(document(json!({"a": 1, "b": null})), "a,b\r\n1,\r\n");
        assert_eq!(document(json!([1, "=x"])), "value\r\n1\r\n'=x\r\n");
    }
}
