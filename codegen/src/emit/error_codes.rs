//! The table of business codes.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::docs::sentence;
use super::variant;
use crate::format::{docs, rust};
use crate::ir::{Api, ErrorCode};

/// `error_codes.rs`
pub(super) fn table(api: &Api) -> TokenStream {
    let constants = api.error_codes.iter().map(|entry| {
        let docs = docs(&sentence(&entry.meaning));
        let (name, code) = (rust(&entry.name), Literal::i64_unsuffixed(entry.code));
        quote!(#docs pub const #name: Self = Self::new(#code);)
    });
    let constants = if api.error_codes.is_empty() {
        quote!(
            use crate::code::CodeEntry;
        )
    } else {
        quote! {
            use crate::code::{CodeEntry, CodeKind, ErrorCode, WriteEffect};
            use crate::operation::Evidence;

            impl ErrorCode {
                #(#constants)*
            }
        }
    };
    let rows = api.error_codes.iter().map(row);
    quote! {
        #constants

        /// All codes of the table, sorted by code.
        pub(crate) static TABLE: &[CodeEntry] = &[#(#rows),*];
    }
}

fn row(entry: &ErrorCode) -> TokenStream {
    let ErrorCode { name, retry, .. } = entry;
    let code = Literal::i64_unsuffixed(entry.code);
    let (meaning, remedy) = (entry.meaning.trim(), entry.remedy.trim());
    let (kind, evidence) = (variant(&entry.kind), variant(&entry.evidence));
    let effect = rust(if entry.refused { "Refused" } else { "Unknown" });
    quote! {
        CodeEntry {
            code: #code,
            name: #name,
            meaning: #meaning,
            remedy: #remedy,
            kind: CodeKind::#kind,
            write: WriteEffect::#effect,
            retry: #retry,
            evidence: Evidence::#evidence,
        }
    }
}
