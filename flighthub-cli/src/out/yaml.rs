//! YAML that YAML 1.1 and 1.2 read the same, and that shows no terminal anything but text.
//!
//! A text is plain only when nobody could read it as anything else; every other text stands in the quotes of JSON, which YAML reads too.

use serde_json::Value;

use super::json;

/// A document, without `---`.
pub(super) fn document(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value, 0);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Writes a value at the place where the line has come to; blocks are indented by `depth`.
fn write_value(to: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                indent(to, index, depth);
                to.push_str("- ");
                write_value(to, item, depth + 1);
                end_line(to);
            }
        }
        Value::Object(fields) if !fields.is_empty() => {
            for (index, (name, field)) in fields.iter().enumerate() {
                indent(to, index, depth);
                to.push_str(&scalar(name));
                to.push(':');
                if is_block(field) {
                    to.push('\n');
                    to.push_str(&"  ".repeat(depth + 1));
                    write_value(to, field, depth + 1);
                } else {
                    to.push(' ');
                    write_value(to, field, depth + 1);
                }
                end_line(to);
            }
        }
        Value::Array(_) => to.push_str("[]"),
        Value::Object(_) => to.push_str("{}"),
        Value::String(text) => to.push_str(&scalar(text)),
        Value::Number(number) => to.push_str(&self::number(&number.to_string())),
        plain => to.push_str(&plain.to_string()),
    }
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => false,
    }
}

/// The first entry of a block follows what stands in the line already.
fn indent(to: &mut String, index: usize, depth: usize) {
    if index > 0 {
        to.push_str(&"  ".repeat(depth));
    }
}

fn end_line(to: &mut String) {
    if !to.ends_with('\n') {
        to.push('\n');
    }
}

/// YAML 1.1 knows no number with an exponent but without a dot.
fn number(text: &str) -> String {
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let dot = if digits.contains('.') { "" } else { ".0" };
            let sign = if exponent.starts_with(['-', '+']) { "" } else { "+" };
            format!("{digits}{dot}e{sign}{exponent}")
        }
        None => text.to_owned(),
    }
}

fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { json::quoted(text) }
}

/// Whether a text is a text to every reader of YAML without quotes.
fn is_plain(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let mild = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ' ');
    begins
        && text.chars().all(mild)
        && !text.ends_with(' ')
        && !["y", "n", "yes", "no", "on", "off", "true", "false", "null", "inf", "nan", "e"]
            .contains(&text.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_reader_gets_the_same_value() {
        let value = json!({
            "name": "North gate", "yes": "no", "empty": "", "number": "0123", "date": "2026-01-02",
            "time": "12:30:45", "colon": "a: b", "hash": "a #b", "dash": "- a", "star": "*a", "tag": "!x",
            "lines": "a\n---\nb: c\n", "escape": "\u{1b}[2J\u{9b}\u{202e}\u{85}", "quote": "'\"\\",
            "list": [1, -2.5, 1e300, 1.5e-9, true, null, [], {}, [[1, 2], {"a": [{"b": 1, "c": [2]}]}]],
            "~": {"on": {"deep": [{"x": "null", "y": ["a b", "NaN", ".inf", "0x10", "1e3", "="]}]}},
        });
        let text = document(&value);
        assert_eq!(serde_yaml::from_str::<Value>(&text).unwrap(), value, "{text}");
        assert!(!text.contains(|c| super::super::text::is_unsafe(c) && c != '\n'), "{text:?}");
        assert_eq!(text.matches("\n---").count(), 0);
        for value in
            [json!([]), json!({}), json!("x"), json!(null), json!([[]]), json!([{"a": 1, "b": 2}])]
        {
            assert_eq!(serde_yaml::from_str::<Value>(&document(&value)).unwrap(), value);
        }
    }

    #[test]
    fn it_looks_as_people_write_it() {
        let value =
            json!({"list": [{"name": "A", "tags": ["x", "2"], "place": {"latitude": 0.02}}]});
        assert_eq!(
            document(&value),
            "list:\n  - name: A\n    tags:\n      - x\n      - \"2\"\n    place:\n      latitude: 0.02\n"
        );
    }
}
