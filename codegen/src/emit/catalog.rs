//! All operations as data: the list of types, and the catalogue that tools read.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Map, Value, json};

use super::word;
use crate::format::NOTICE;
use crate::ir::{Api, Operation, Tag};

/// `catalog.rs`
pub(super) fn rust(api: &Api) -> TokenStream {
    let operations = api.tags.iter().flat_map(|tag| &tag.operations);
    let operations = operations.map(|operation| {
        let (name, id) = (crate::format::rust(&operation.type_name), &operation.id);
        quote!(#name = #id)
    });
    quote! {
        use super::*;
        use crate::support::*;

        /// Texts and schemas of all operations.
        pub(crate) const CATALOGUE_JSON: &str = include_str!("catalogue.json");

        operations! {
            #(#operations,)*
        }
    }
}

/// `catalogue.json`
pub(super) fn json(api: &Api) -> String {
    let operations = api
        .tags
        .iter()
        .flat_map(|tag| tag.operations.iter().map(|operation| entry(tag, operation)));
    let catalogue = json!({
        "@generated": NOTICE.trim_start_matches("@generated "),
        "operations": operations.collect::<Vec<_>>(),
        "$defs": api.argument_defs,
    });
    format!("{catalogue:#}\n")
}

fn entry(tag: &Tag, operation: &Operation) -> Value {
    let mut entry = Map::new();
    let mut put = |key: &str, value: Value| {
        if !value.is_null() {
            entry.insert(key.to_owned(), value);
        }
    };
    put("id", json!(operation.id));
    put("group", json!(operation.group));
    put("tag", json!(tag.name));
    put("method", json!(operation.method));
    put("path", json!(operation.path));
    put("scope", json!(word(operation.scope)));
    put("risk", json!(word(operation.risk)));
    put("retry", json!(word(operation.retry)));
    put("evidence", json!(operation.evidence));
    put("confirm", json!(operation.confirm));
    put("cost", json!(operation.cost));
    put("summary", json!(operation.summary));
    put("description", json!(operation.docs.trim()));
    put("documentation", json!(operation.external_docs));
    put("arguments", operation.argument_schema.clone());
    put("example", json!(operation.examples.arguments));
    Value::Object(entry)
}
