//! JSON that is exact, and shows no terminal anything but text.

use std::fmt::Write as _;

use serde_json::Value;

use super::text::is_unsafe;

/// A document over several lines, as jq writes it.
pub(super) fn pretty(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value, Some(0));
    text.push('\n');
    text
}

/// A document in one line.
pub(super) fn line(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value, None);
    text.push('\n');
    text
}

/// A text in quotes. What could steer a terminal is escaped, so that the value is the same and the screen is safe.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    write_text(&mut quoted, text);
    quoted
}

fn write_value(to: &mut String, value: &Value, depth: Option<usize>) {
    match value {
        Value::String(text) => write_text(to, text),
        Value::Array(items) if items.is_empty() => to.push_str("[]"),
        Value::Object(fields) if fields.is_empty() => to.push_str("{}"),
        Value::Array(items) => {
            to.push('[');
            for (index, item) in items.iter().enumerate() {
                begin(to, index, depth);
                write_value(to, item, depth.map(|depth| depth + 1));
            }
            end(to, depth);
            to.push(']');
        }
        Value::Object(fields) => {
            to.push('{');
            for (index, (name, field)) in fields.iter().enumerate() {
                begin(to, index, depth);
                write_text(to, name);
                to.push_str(if depth.is_some() { ": " } else { ":" });
                write_value(to, field, depth.map(|depth| depth + 1));
            }
            end(to, depth);
            to.push('}');
        }
        // Null, booleans and numbers are what they show.
        plain => to.push_str(&plain.to_string()),
    }
}

fn begin(to: &mut String, index: usize, depth: Option<usize>) {
    if index > 0 {
        to.push(',');
    }
    if let Some(depth) = depth {
        to.push('\n');
        to.push_str(&"  ".repeat(depth + 1));
    }
}

fn end(to: &mut String, depth: Option<usize>) {
    if let Some(depth) = depth {
        to.push('\n');
        to.push_str(&"  ".repeat(depth));
    }
}

fn write_text(to: &mut String, text: &str) {
    to.push('"');
    for c in text.chars() {
        match c {
            '"' => to.push_str("\\\""),
            '\\' => to.push_str("\\\\"),
            '\n' => to.push_str("\\n"),
            '\r' => to.push_str("\\r"),
            '\t' => to.push_str("\\t"),
            c if is_unsafe(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing into a String cannot fail.
                    let _ = write!(to, "\\u{unit:04x}");
                }
            }
            c => to.push(c),
        }
    }
    to.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_the_same() {
        let value: Value = serde_json::from_str(
            r#"{"a":[1,-2.5,1e300,18446744073709551615,true,null,{}],"":"","\u001b[31m":"\u009b\u202e\u007f\ud83d\ude81 \"\\\n\r\t\udb40\udc41"}"#,
        )
        .unwrap();
        for text in [pretty(&value), line(&value)] {
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
            assert!(!text.contains(|c: char| is_unsafe(c) && c != '\n'), "{text:?}");
        }
        assert_eq!(line(&value).matches('\n').count(), 1);
        assert_eq!(
            pretty(&serde_json::json!({"a": [1, {}], "b": []})),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}\n"
        );
    }
}
