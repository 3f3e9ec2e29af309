//! One test for each operation, from the examples of the spec: built as documented, and the reply decodes.

use serde_json::Value;

use super::function_name;
use crate::format::{Code, quoted, raw};
use crate::ir::{Api, Operation, Place, Tag};

/// `mod.rs` of the generated tests.
pub(super) fn module(api: &Api) -> String {
    let mut code = Code::new();
    code.module_docs(
        "One test for each operation: the request is built as documented, and the reply decodes.",
    );
    code.blank();
    let mut modules: Vec<_> = api.tags.iter().map(|tag| &tag.module).collect();
    modules.sort_unstable();
    modules
        .iter()
        .for_each(|module| code.line(format!("mod {module};")));
    code.text().to_owned()
}

/// The tests of a tag.
pub(super) fn tests(api: &Api, tag: &Tag) -> String {
    let mut code = Code::new();
    code.module_docs(&format!("{}.", tag.name));
    code.blank();
    if tag.operations.is_empty() {
        return code.text().trim_end().to_owned() + "\n";
    }
    code.line(format!("use flighthub_api::{}::*;", api.module));
    code.blank();
    code.line("use crate::{Documented, check};");
    tag.operations
        .iter()
        .for_each(|operation| test(&mut code, operation));
    code.text().to_owned()
}

fn test(code: &mut Code, operation: &Operation) {
    code.blank();
    code.line("#[test]");
    code.open(format!("fn {}() {{", function_name(operation)));
    code.open(format!("check::<{}>(Documented {{", operation.type_name));
    code.line(format!("method: {},", quoted(&operation.method)));
    code.line(format!("path: {},", quoted(&path(operation))));
    code.line(format!("query: {},", quoted(&query(operation))));
    match &operation.examples.body {
        None => code.line("body: None,"),
        Some(body) => {
            code.open("body: Some(");
            json(code, "", body);
            code.close("),");
        }
    }
    json(
        code,
        "arguments: ",
        &Value::Object(operation.examples.arguments.clone()),
    );
    match operation.examples.replies.as_slice() {
        [] => code.line("replies: &[],"),
        // rustfmt lets a lone tuple share its lines with the brackets around it.
        [reply] => named_json(code, "replies: &[(", reply, ")],"),
        replies => {
            code.open("replies: &[");
            replies
                .iter()
                .for_each(|reply| named_json(code, "(", reply, "),"));
            code.close("],");
        }
    }
    code.close("});");
    code.close("}");
}

fn named_json(code: &mut Code, before: &str, (name, value): &(String, Value), after: &str) {
    code.open(before);
    code.line(format!("{},", quoted(name)));
    json(code, "", value);
    code.close(after);
}

/// JSON in several lines as a raw string, indented like the code around it.
fn json(code: &mut Code, before: &str, value: &Value) {
    let text = raw(&format!("{value:#}"));
    let lines: Vec<_> = text.lines().collect();
    match lines.as_slice() {
        [first, inner @ .., last] => {
            code.verbatim(&format!("{before}{first}"));
            inner.iter().for_each(|line| code.verbatim(line));
            code.verbatim(&format!("{last},"));
        }
        _ => code.verbatim(&format!("{before}{text},")),
    }
}

/// The path with the examples of its arguments.
fn path(operation: &Operation) -> String {
    let mut path = operation.path.clone();
    for field in operation
        .fields
        .iter()
        .filter(|field| field.place == Place::Path)
    {
        if let Some(value) = operation.examples.arguments.get(&field.wire) {
            path = path.replace(&format!("{{{}}}", field.wire), &encoded(value));
        }
    }
    path
}

/// The query arguments that have an example, in documented order.
fn query(operation: &Operation) -> String {
    let fields = operation
        .fields
        .iter()
        .filter(|field| field.place == Place::Query);
    let pair = |key: &str, value: &Value| format!("{}={}", encode(key), encoded(value));
    let pairs = fields.filter_map(|field| {
        Some(pair(
            &field.wire,
            operation.examples.arguments.get(&field.wire)?,
        ))
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// A scalar, or a list of scalars joined with commas.
fn encoded(value: &Value) -> String {
    match value {
        Value::String(text) => encode(text),
        Value::Array(items) => items.iter().map(encoded).collect::<Vec<_>>().join(","),
        other => encode(&other.to_string()),
    }
}

/// Percent-encodes everything but unreserved characters.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::encoded;

    #[test]
    fn queries_are_encoded_and_lists_joined_with_commas() {
        assert_eq!(
            encoded(&json!(["a b", "ü,", 3, true])),
            "a%20b,%C3%BC%2C,3,true"
        );
    }
}
