//! The products of the generator: one module for each, all of them pure functions of [`Api`].

mod catalog;
mod contract;
mod coverage;
pub(crate) mod docs;
mod error_codes;
mod example;
mod models;
mod modules;
mod operations;
mod server;
mod sugar;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt::Debug;
use std::iter;

use proc_macro2::TokenStream;
use quote::quote;

use crate::format::{rust, rust_file};
use crate::ir::{Api, Operation, Output, Tag, Type, TypeDef, TypeKind};
use crate::{Diagnostics, OutputFile};

/// Folder of the generated part of the client.
const CLIENT: &str = "flighthub-api/src/generated";
/// Folder of the generated contract tests.
const TESTS: &str = "tests/tests/contract/generated";
/// The table of all operations.
const COVERAGE: &str = "docs/coverage.md";

/// The places in which every file belongs to the generator, as far as it carries the notice.
pub const OWNED: [&str; 3] = [CLIENT, TESTS, COVERAGE];

/// A file before it is text.
pub struct Draft {
    path: String,
    content: Content,
}

enum Content {
    Text(String),
    Rust { docs: String, body: TokenStream },
}

impl Draft {
    /// The file: Rust is printed as rustfmt would.
    ///
    /// # Errors
    ///
    /// When it is no valid Rust: a mistake of an emitter.
    pub fn print(self) -> Result<OutputFile, Diagnostics> {
        match self.content {
            Content::Text(text) => Ok(OutputFile { path: self.path, text }),
            Content::Rust { docs, body } => rust_file(self.path, &docs, body),
        }
    }
}

/// All files, in a fixed order.
///
/// # Errors
///
/// When a file came out as no valid Rust: a mistake of an emitter.
pub fn emit(api: &Api) -> Result<Vec<OutputFile>, Diagnostics> {
    let mut problems = Diagnostics::default();
    let files = drafts(api).into_iter().map(Draft::print);
    let files = files.filter_map(|file| file.map_err(|problem| problems.extend(problem)).ok());
    let files = files.collect();
    problems.or(files)
}

/// All files before they are printed.
pub fn drafts(api: &Api) -> Vec<Draft> {
    let types = &Types::new(api);
    let version = format!("{CLIENT}/{}", api.module);
    let text = |path, text| Draft { path, content: Content::Text(text) };
    let mut drafts = vec![
        text(format!("{version}/catalogue.json"), catalog::json(api)),
        text(COVERAGE.to_owned(), coverage::markdown(api)),
    ];
    let mut put = |path: String, docs: &str, body: TokenStream| {
        drafts.push(Draft { path, content: Content::Rust { docs: docs.to_owned(), body } });
    };
    let docs = "What is generated from the spec.";
    put(format!("{CLIENT}/mod.rs"), docs, modules::generated(api));
    let docs = "The business codes that the spec knows.";
    put(format!("{CLIENT}/error_codes.rs"), docs, error_codes::table(api));
    let docs = modules::version_docs(api);
    put(format!("{version}/mod.rs"), &docs, modules::version(api));
    let docs = "All operations by id.";
    put(format!("{version}/catalog.rs"), docs, catalog::rust(api));
    let docs = "What a server of this API can be asked.";
    put(format!("{version}/server.rs"), docs, server::service(api));
    let docs =
        "One test for each operation: the request is built as documented, and the reply decodes.";
    put(format!("{TESTS}/mod.rs"), docs, contract::module(api));
    for tag in &api.tags {
        let (name, docs) = (&tag.module, format!("{}.", tag.name));
        let body = module(name, &tag.operations, tag_body(tag, types), types);
        put(format!("{version}/{name}.rs"), &docs, body);
        put(format!("{TESTS}/{name}.rs"), &docs, contract::tests(api, tag));
    }
    if types.in_module("common").next().is_some() {
        let docs = "Types that more than one group of operations uses.";
        let body = module("common", &[], TokenStream::new(), types);
        put(format!("{version}/common.rs"), docs, body);
    }
    drafts
}

/// The operations of a tag and the methods of the handles.
fn tag_body(tag: &Tag, types: &Types) -> TokenStream {
    let operations = tag.operations.iter();
    let operations = operations.map(|operation| operations::operation(operation, tag, types));
    operations.chain([sugar::groups(tag, types)]).collect()
}

/// A module: the imports that it needs, its operations, the types that only it uses.
fn module(name: &str, operations: &[Operation], body: TokenStream, types: &Types) -> TokenStream {
    let mut named: Vec<&str> = types.in_module(name).flat_map(TypeDef::parts).collect();
    for operation in operations {
        named.extend(operation.fields.iter().filter_map(|field| field.ty.named()));
        named.extend(operation.output.named());
    }
    let is_foreign = |type_name: &&str| types.get(type_name).is_some_and(|def| def.module != name);
    let foreign = named.iter().any(is_foreign).then(|| rust("use super::*;"));
    // Joined, not quoted: that would copy all of it.
    let definitions = types.in_module(name).map(|def| models::definition(def, types));
    let body: TokenStream = iter::once(body).chain(definitions).collect();
    let runtime = (!body.is_empty()).then(|| rust("use crate::support::*;"));
    foreign.into_iter().chain(runtime).chain([body]).collect()
}

/// The named types of an API by name.
struct Types<'a> {
    /// Where they are, in the client.
    module: &'a str,
    by_module: HashMap<&'a str, Vec<&'a TypeDef>>,
    by_name: HashMap<&'a str, &'a TypeDef>,
}

impl<'a> Types<'a> {
    fn new(api: &'a Api) -> Self {
        let by_name = api.types.iter().map(|def| (def.name.as_str(), def)).collect();
        let mut by_module: HashMap<_, Vec<_>> = HashMap::new();
        for def in &api.types {
            by_module.entry(def.module.as_str()).or_default().push(def);
        }
        Self { module: &api.module, by_module, by_name }
    }

    fn get(&self, name: &str) -> Option<&'a TypeDef> {
        self.by_name.get(name).copied()
    }

    fn in_module(&self, module: &str) -> impl Iterator<Item = &'a TypeDef> {
        self.by_module.get(module).into_iter().flatten().copied()
    }

    fn kind(&self, ty: &Type) -> Option<&'a TypeKind> {
        match ty {
            Type::Named(name) => self.get(name).map(|def| &def.kind),
            _ => None,
        }
    }

    /// Whether a list of it is salvaged row by row.
    fn is_row(&self, ty: &Type) -> bool {
        use TypeKind::{OpenObject, Struct, Union};
        matches!(self.kind(ty), Some(Struct { .. } | Union { .. } | OpenObject { .. }))
    }

    /// Whether callers may give anything that turns into it.
    fn is_convertible(&self, ty: &Type) -> bool {
        use TypeKind::{Integer, Text};
        matches!(ty, Type::String | Type::Secret)
            || matches!(self.kind(ty), Some(Text { .. } | Integer { .. }))
    }
}

impl Operation {
    /// `task.create` as a function name.
    fn function_name(&self) -> String {
        self.id.replace('.', "_")
    }
}

/// The Rust type of a reply's `data`.
fn output_type(output: &Output) -> TokenStream {
    match output {
        Output::Accepted => quote!(Accepted),
        Output::Data { type_name, .. } => rust(type_name),
        Output::Listing { item, .. } => {
            let item = rust(item);
            quote!(Listing<#item>)
        }
    }
}

/// `not-ready` as a variant name.
fn variant(word: &str) -> TokenStream {
    rust(&crate::names::pascal(word))
}

/// The word for a fact: `Dangerous` → `dangerous`.
fn word(fact: impl Debug) -> String {
    format!("{fact:?}").to_lowercase()
}
