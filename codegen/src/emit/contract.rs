//! One test for each operation, from the examples of the spec: built as documented, and the reply decodes.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use crate::format::{raw, rust};
use crate::ir::{Api, Operation, Place, Tag};

/// `mod.rs` of the generated tests.
pub(super) fn module(api: &Api) -> TokenStream {
    let mut modules: Vec<_> = api.tags.iter().map(|tag| &tag.module).collect();
    modules.sort_unstable();
    let modules = modules.into_iter().map(|module| rust(module));
    quote!(#(mod #modules;)*)
}

/// The tests of a tag.
pub(super) fn tests(api: &Api, tag: &Tag) -> TokenStream {
    if tag.operations.is_empty() {
        return TokenStream::new();
    }
    let module = rust(&api.module);
    let tests = tag.operations.iter().map(test);
    quote! {
        use flighthub_api::#module::*;
        use crate::{Documented, check};

        #(#tests)*
    }
}

fn test(operation: &Operation) -> TokenStream {
    let (name, ty) = (rust(&operation.function_name()), rust(&operation.type_name));
    let (method, path, query) = (&operation.method, path(operation), query(operation));
    let body = match &operation.examples.body {
        Some(body) => {
            let body = json(body, 12);
            quote!(Some(#body))
        }
        None => quote!(None),
    };
    let arguments = json(&Value::Object(operation.examples.arguments.clone()), 8);
    let replies = operation.examples.replies.iter().map(|(name, reply)| {
        let reply = json(reply, 16);
        quote!((#name, #reply))
    });
    // `check` stands apart, because prettyplease breaks a turbofish before a long argument.
    quote! {
        #[test]
        fn #name() {
            let documented = Documented {
                method: #method,
                path: #path,
                query: #query,
                body: #body,
                arguments: #arguments,
                replies: &[#(#replies),*],
            };
            check::<#ty>(documented);
        }
    }
}

/// JSON in several lines as a raw string, indented like the code around it.
fn json(value: &Value, indent: usize) -> TokenStream {
    raw(&format!("{value:#}").replace('\n', &format!("\n{:indent$}", "")))
}

/// The path with the examples of its arguments.
fn path(operation: &Operation) -> String {
    let mut path = operation.path.clone();
    for field in operation.fields.iter().filter(|field| field.place == Place::Path) {
        if let Some(value) = operation.examples.arguments.get(&field.wire) {
            path = path.replace(&format!("{{{}}}", field.wire), &encoded(value));
        }
    }
    path
}

/// The query arguments that have an example, in documented order.
fn query(operation: &Operation) -> String {
    let fields = operation.fields.iter().filter(|field| field.place == Place::Query);
    let pair = |key: &str, value: &Value| format!("{}={}", encode(key), encoded(value));
    let pairs = fields.filter_map(|field| {
        Some(pair(&field.wire, operation.examples.arguments.get(&field.wire)?))
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
        assert_eq!(encoded(&json!(["a b", "ü,", 3, true])), "a%20b,%C3%BC%2C,3,true");
    }
}
