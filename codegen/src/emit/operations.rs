//! Request types: one struct for each operation, with the facts that the runtime needs.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::sentence;
use super::models::{Law, Model};
use super::{Types, example, output_type, variant, word};
use crate::format::{docs, rust};
use crate::ir::{Arguments, FailedWhen, Operation, Output, Retry, Risk, Scope, Tag, TypeKind};

/// The request type as a struct.
pub(super) fn request<'a>(operation: &'a Operation, types: &'a Types) -> Model<'a> {
    Model { name: &operation.type_name, fields: &operation.fields, law: Law::Request, types }
}

/// The request type with everything that belongs to it.
pub(super) fn operation(operation: &Operation, tag: &Tag, types: &Types) -> TokenStream {
    let example = example::block(operation, tag, types).unwrap_or_default();
    let docs = docs(&format!("{}\n{example}", text(operation)));
    let request = request(operation, types).definition(None);
    let name = rust(&operation.type_name);
    let output = output_type(&operation.output);
    let (scope, risk) = (variant(&word(operation.scope)), variant(&word(operation.risk)));
    let method = rust(&operation.method.to_lowercase());
    let (id, tag, path) = (&operation.id, &tag.name, &operation.path);
    let facts = facts(operation);
    let failure = match &operation.output {
        Output::Data { type_name, failed_when: Some(failed) } => {
            Some(failure(type_name, failed, types))
        }
        _ => None,
    };
    quote! {
        #docs
        #request
        impl Operation for #name {
            type Output = #output;
            type Scope = scope::#scope;
            type Risk = risk::#risk;
            const INFO: &'static OperationInfo = &OperationInfo::#method(#id, #tag, #path) #facts;
            #failure
        }
    }
}

/// Summary, description, place and evidence, documentation page, and what may come of it.
fn text(operation: &Operation) -> String {
    let risk = word(operation.risk);
    let evidence = &operation.evidence;
    let mut docs = sentence(&operation.summary);
    if !operation.docs.trim().is_empty() {
        docs.push_str(&format!("\n\n{}", sentence(&operation.docs)));
    }
    docs.push_str(&format!(
        "\n\n`{} {}` · {risk} · evidence: path {}, request {}, response {}.\n",
        operation.method, operation.path, evidence.path, evidence.request, evidence.response
    ));
    if let Some(page) = &operation.external_docs {
        let about = page.description.trim_end_matches('.');
        docs.push_str(&format!("\n{about}: <{}>.\n", page.url));
    }
    if operation.risk == Risk::Dangerous {
        docs.push_str("\n**Dangerous**: it can move an aircraft or dock, take control from a person, or destroy data for good. It is never sent twice.\n");
    }
    if let Some(cost) = &operation.cost {
        docs.push_str(&format!("\n{}\n", sentence(cost)));
    }
    docs
}

/// The calls that say what differs from a read of the organization that is not repeated.
fn facts(operation: &Operation) -> TokenStream {
    let summary = &operation.summary;
    let evidence = &operation.evidence;
    let evidence =
        [&evidence.path, &evidence.request, &evidence.response].map(|word| variant(word));
    let said = [
        (operation.arguments == Arguments::Body, quote!(.body())),
        (operation.scope == Scope::Project, quote!(.project())),
        (operation.scope == Scope::Either, quote!(.either())),
        (operation.risk == Risk::Write, quote!(.write())),
        (operation.risk == Risk::Dangerous, quote!(.dangerous())),
        (operation.retry == Retry::Safe, quote!(.safe_to_retry())),
    ];
    let said = said.iter().filter(|(when, _)| *when).map(|(_, call)| call);
    let confirm = operation.confirm.iter();
    let cost = operation.cost.iter().map(|cost| cost.trim());
    quote! {
        .summary(#summary)
        #(#said)*
        .evidence(#(Evidence::#evidence),*)
        #(.confirm(#confirm))*
        #(.cost(#cost))*
    }
}

/// Code 0 can still be a failure.
fn failure(output: &str, failed: &FailedWhen, types: &Types) -> TokenStream {
    let found = match types.get(output).map(|def| &def.kind) {
        Some(TypeKind::Struct { fields, .. }) => fields.iter().find(|f| f.name == failed.field),
        _ => None,
    };
    let (enum_type, variant) = (rust(&failed.enum_type), rust(&failed.variant));
    let mut failing = quote!(#enum_type::#variant);
    if found.is_some_and(|field| !field.required || field.nullable) {
        failing = quote!(Some(#failing));
    }
    let wire = found.map_or(&failed.field, |field| &field.wire);
    let reason = format!("{wire} is `{}`", failed.value);
    let (output, field) = (rust(output), rust(&failed.field));
    quote! {
        fn failure(output: &#output) -> Option<&'static str> {
            (output.#field == #failing).then_some(#reason)
        }
    }
}
