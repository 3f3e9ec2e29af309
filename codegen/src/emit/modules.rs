//! The two `mod.rs` of the generated code.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::sentence;
use crate::format::rust;
use crate::ir::{Api, TypeKind};

/// `generated/mod.rs`: the versions, and the table of codes that they share.
pub(super) fn generated(api: &Api) -> TokenStream {
    let module = rust(&api.module);
    quote! {
        pub(crate) mod error_codes;
        pub mod #module;
    }
}

/// `generated/<version>/mod.rs`: everything of one version of the API under one roof.
pub(super) fn version(api: &Api) -> TokenStream {
    let mut modules: Vec<_> = api.tags.iter().map(|tag| (tag.module.as_str(), None)).collect();
    modules.extend(
        ["catalog", "server"].map(|module| (module, Some(quote!(#[cfg(feature = #module)])))),
    );
    if api.types.iter().any(|def| def.module == "common") {
        modules.push(("common", None));
    }
    modules.sort_unstable_by_key(|(module, _)| *module);
    let features: Vec<_> = modules.iter().map(|(_, feature)| feature).collect();
    let modules: Vec<_> = modules.iter().map(|(module, _)| rust(module)).collect();
    let aliases = aliases(api).into_iter().map(|(other, known)| quote!((#other, #known)));
    let groups = api.tags.iter().flat_map(|tag| &tag.groups).map(|group| {
        let (accessor, ty) = (rust(&group.accessor), rust(&group.type_name));
        quote!(#accessor: #ty)
    });
    quote! {
        use crate::support::groups;

        #(#features mod #modules;)*
        #(#features pub use #modules::*;)*

        /// Other spellings that fields of answers are read from: the other one, the canonical one.
        pub(crate) const ALIASES: &[(&str, &str)] = &[#(#aliases),*];

        groups! {
            #(#groups,)*
        }
    }
}

/// Title, servers, and how to begin.
pub(super) fn version_docs(api: &Api) -> String {
    let title = api.title.trim_end_matches('.');
    let mut docs = format!("{title}.\n\nThe service answers at:\n\n");
    for server in &api.servers {
        docs.push_str(&format!("- `{}`: {}\n", server.url, sentence(&server.docs)));
    }
    docs
}

/// Aliases of the fields of answers, each pair once, in the order of the spec.
fn aliases(api: &Api) -> Vec<(&str, &str)> {
    let fields = api.types.iter().filter(|def| def.in_response).flat_map(|def| match &def.kind {
        TypeKind::Struct { fields, .. } => fields.as_slice(),
        _ => &[],
    });
    let pairs = fields.flat_map(|field| {
        field.aliases.iter().map(move |alias| (alias.as_str(), field.wire.as_str()))
    });
    let mut seen = HashSet::new();
    pairs.filter(|pair| seen.insert(*pair)).collect()
}
