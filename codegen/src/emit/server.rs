//! The other side: a trait with one method for each operation, and what calls it.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::link;
use super::output_type;
use crate::format::{docs, rust};
use crate::ir::Api;

/// `server.rs`
pub(super) fn service(api: &Api) -> TokenStream {
    let operations = || api.tags.iter().flat_map(|tag| &tag.operations);
    let methods = operations().map(|operation| {
        let summary = operation.summary.trim_end_matches('.');
        let docs = docs(&format!("{summary}: {}.", link(&operation.type_name)));
        let (name, ty) = (rust(&operation.function_name()), rust(&operation.type_name));
        let output = output_type(&operation.output);
        quote! {
            #docs
            fn #name(&mut self, context: &Self::Context, operation: #ty) -> Result<#output, Self::Refusal>;
        }
    });
    let arms = operations().map(|operation| {
        let (name, ty) = (rust(&operation.function_name()), rust(&operation.type_name));
        quote!(AnyOperation::#ty(op) => answer(service.#name(context, *op)))
    });
    let trait_docs = docs(
        "What a server can be asked: one method for each operation, so that none is forgotten. Each of them fails when \
         the server refuses.",
    );
    quote! {
        use super::*;
        use crate::support::*;

        #trait_docs
        pub trait Service {
            /// Who asks, and how.
            type Context;
            /// Why not.
            type Refusal;
            #(#methods)*
        }

        /// Hands an operation to its method and writes the answer as the text of `data`.
        ///
        /// # Errors
        ///
        /// When the server refuses.
        pub fn dispatch<S: Service + ?Sized>(
            service: &mut S,
            context: &S::Context,
            operation: AnyOperation,
        ) -> Result<Answer, S::Refusal> {
            match operation {
                #(#arms,)*
            }
        }

        fn answer<T: Serialize, R>(data: Result<T, R>) -> Result<Answer, R> {
            data.map(|data| Answer::of(&data))
        }
    }
}
