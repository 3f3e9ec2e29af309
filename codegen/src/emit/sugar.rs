//! The methods of the handles: one struct for each group, one method for each operation.

use proc_macro2::TokenStream;
use quote::quote;

use super::Types;
use super::docs::link;
use super::operations::request;
use crate::format::{docs, rust};
use crate::ir::{Operation, Scope, Tag};

/// All groups of a tag.
pub(super) fn groups(tag: &Tag, types: &Types) -> TokenStream {
    // What the documentation says about the whole tag stands once, where a reader of the docs finds it.
    let mut about = tag.docs.trim();
    let groups = tag.groups.iter().map(|group| {
        let operations = || tag.operations.iter().filter(|op| op.group == group.prefix);
        let handle = if operations().any(|operation| operation.scope == Scope::Project) {
            "client.project(…)"
        } else {
            "client"
        };
        let about = std::mem::take(&mut about);
        let docs = docs(&format!("{}: `{handle}.{}()`.\n\n{about}", tag.name, group.accessor));
        let name = rust(&group.type_name);
        let methods = operations().map(|operation| method(operation, types));
        quote! {
            #docs
            #[derive(Debug, Clone)]
            pub struct #name<H>(pub(crate) H);
            impl<H: Handle> #name<H> {
                #(#methods)*
            }
        }
    });
    groups.collect()
}

fn method(operation: &Operation, types: &Types) -> TokenStream {
    let summary = operation.summary.trim_end_matches('.');
    let docs = docs(&format!("{summary}: see {}.", link(&operation.type_name)));
    let (name, ty) = (rust(&operation.method_name), rust(&operation.type_name));
    let request = request(operation, types);
    let (parameters, arguments) = (request.parameters(), request.arguments());
    quote! {
        #docs
        pub fn #name(&self, #parameters) -> Call<H, #ty>
        where
            H: Sends<#ty>,
        {
            Call::new(&self.0, #ty::new(#arguments))
        }
    }
}
