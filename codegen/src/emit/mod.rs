//! The products of the generator: one module for each, all of them pure functions of [`Api`].

mod catalog;
mod contract;
mod coverage;
pub(crate) mod docs;
mod error_codes;
mod models;
mod modules;
mod operations;
mod server;
mod sugar;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::format::{Code, rust_file};
use crate::ir::{Api, Field, Lenient, Operation, Output, Tag, Type, TypeDef, TypeKind};
use crate::{Diagnostic, Diagnostics, OutputFile};

/// Folder of the generated part of the client.
const CLIENT: &str = "flighthub-api/src/generated";
/// Folder of the generated contract tests.
const TESTS: &str = "tests/tests/contract/generated";
/// The table of all operations.
const COVERAGE: &str = "docs/coverage.md";

/// The places in which every file belongs to the generator, as far as it carries the notice.
pub const OWNED: [&str; 3] = [CLIENT, TESTS, COVERAGE];

/// All files, in a fixed order.
///
/// # Errors
///
/// When the description holds something that no emitter knows, or when a file came out as no valid Rust.
pub fn emit(api: &Api) -> Result<Vec<OutputFile>, Diagnostics> {
    let types = Types::new(api);
    unsupported(api, &types).or(())?;

    let version = format!("{CLIENT}/{}", api.module);
    let mut sources = vec![
        (format!("{CLIENT}/mod.rs"), modules::generated(api)),
        (format!("{CLIENT}/error_codes.rs"), error_codes::table(api)),
        (format!("{version}/mod.rs"), modules::version(api)),
        (format!("{version}/catalog.rs"), catalog::rust(api)),
        (format!("{version}/server.rs"), server::service(api)),
        (format!("{TESTS}/mod.rs"), contract::module(api)),
    ];
    for tag in &api.tags {
        let name = format!("{}.rs", tag.module);
        sources.push((format!("{version}/{name}"), tag_file(tag, &types)));
        sources.push((format!("{TESTS}/{name}"), contract::tests(api, tag)));
    }
    if types.in_module("common").next().is_some() {
        sources.push((format!("{version}/common.rs"), common_file(&types)));
    }

    let mut problems = Diagnostics::new();
    let mut files = vec![
        OutputFile {
            path: format!("{version}/catalogue.json"),
            text: catalog::json(api),
        },
        OutputFile {
            path: COVERAGE.to_owned(),
            text: coverage::markdown(api),
        },
    ];
    for (path, text) in sources {
        match rust_file(path, &text) {
            Ok(file) => files.push(file),
            Err(problem) => problems.extend(problem),
        }
    }
    problems.or(files)
}

/// A tag: its operations, the methods of the handles, the types that only it uses.
fn tag_file(tag: &Tag, types: &Types) -> String {
    let mut body = Code::new();
    for operation in &tag.operations {
        operations::operation(&mut body, operation, tag, types);
    }
    sugar::groups(&mut body, tag, types);
    let own: Vec<_> = types.in_module(&tag.module).collect();
    own.iter()
        .for_each(|def| models::definition(&mut body, def, types));
    let mut named: Vec<&str> = own.iter().flat_map(|def| names_in(def)).collect();
    for operation in &tag.operations {
        named.extend(
            operation
                .fields
                .iter()
                .filter_map(|field| name_of(&field.ty)),
        );
        match &operation.output {
            Output::Data { type_name, .. } => named.push(type_name),
            Output::Listing { item, .. } => named.push(item),
            Output::Accepted => {}
        }
    }
    file(&format!("{}.", tag.name), &tag.module, &named, &body, types)
}

/// The types that two tags or more use.
fn common_file(types: &Types) -> String {
    let mut body = Code::new();
    let own: Vec<_> = types.in_module("common").collect();
    own.iter()
        .for_each(|def| models::definition(&mut body, def, types));
    let named: Vec<&str> = own.iter().flat_map(|def| names_in(def)).collect();
    let docs = "Types that more than one group of operations uses.";
    file(docs, "common", &named, &body, types)
}

/// Docs and the imports that are needed, then the body.
fn file(docs: &str, module: &str, named: &[&str], body: &Code, types: &Types) -> String {
    let mut code = Code::new();
    code.module_docs(docs);
    code.blank();
    if named
        .iter()
        .any(|name| types.get(name).is_some_and(|def| def.module != module))
    {
        code.line("use super::*;");
    }
    if !body.text().is_empty() {
        code.line("use crate::support::*;");
    }
    let text = format!("{}\n{}", code.text(), body.text());
    format!("{}\n", text.trim_end())
}

/// The named type in a type.
fn name_of(ty: &Type) -> Option<&str> {
    match ty {
        Type::List(item) | Type::Listing { item, .. } => name_of(item),
        Type::Named(name) => Some(name),
        _ => None,
    }
}

/// The named types in a definition.
fn names_in(def: &TypeDef) -> Vec<&str> {
    match &def.kind {
        TypeKind::Struct { fields, .. } => fields.iter().filter_map(|f| name_of(&f.ty)).collect(),
        TypeKind::Union { arms, .. } => {
            arms.iter().filter_map(|a| a.type_name.as_deref()).collect()
        }
        TypeKind::OpenObject { views } => {
            views.iter().map(|view| view.type_name.as_str()).collect()
        }
        TypeKind::Text { widens_to, .. } => widens_to.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The named types of an API by name.
struct Types<'a> {
    all: &'a [TypeDef],
    by_name: HashMap<&'a str, &'a TypeDef>,
}

impl<'a> Types<'a> {
    fn new(api: &'a Api) -> Self {
        let by_name = api
            .types
            .iter()
            .map(|def| (def.name.as_str(), def))
            .collect();
        Self {
            all: &api.types,
            by_name,
        }
    }

    fn get(&self, name: &str) -> Option<&'a TypeDef> {
        self.by_name.get(name).copied()
    }

    fn in_module(&self, module: &str) -> impl Iterator<Item = &'a TypeDef> {
        self.all.iter().filter(move |def| def.module == module)
    }

    /// Whether a list of it is salvaged row by row.
    fn is_row(&self, ty: &Type) -> bool {
        let Type::Named(name) = ty else { return false };
        let kind = self.get(name).map(|def| &def.kind);
        matches!(
            kind,
            Some(TypeKind::Struct { .. } | TypeKind::Union { .. } | TypeKind::OpenObject { .. })
        )
    }

    /// Whether callers may give anything that turns into it.
    fn is_convertible(&self, ty: &Type) -> bool {
        match ty {
            Type::String | Type::Secret => true,
            Type::Named(name) => {
                let kind = self.get(name).map(|def| &def.kind);
                matches!(kind, Some(TypeKind::Text { .. } | TypeKind::Integer { .. }))
            }
            _ => false,
        }
    }
}

/// What the description can say and no emitter can write: an error, never left out in silence.
fn unsupported(api: &Api, types: &Types) -> Diagnostics {
    let mut problems = Diagnostics::new();
    let mut check = |at: &str, bad: bool, name: &str, what: &str, help: &str| {
        problems.extend(bad.then(|| Diagnostic {
            file: "spec".to_owned(),
            line: 1,
            column: 1,
            rule: "unsupported",
            pointer: at.to_owned(),
            message: format!("`{name}` {what}"),
            help: help.to_owned(),
        }));
    };
    let mut fields: Vec<(&str, &Field)> = Vec::new();
    for def in types.all {
        if let TypeKind::Struct {
            fields: own,
            constants,
            ..
        } = &def.kind
        {
            let help = "leave one of them";
            check(
                &def.at,
                constants.len() > 1,
                &def.name,
                "has two constant properties",
                help,
            );
            fields.extend(own.iter().map(|field| (def.at.as_str(), field)));
        }
    }
    for operation in api.tags.iter().flat_map(|tag| &tag.operations) {
        fields.extend(
            operation
                .fields
                .iter()
                .map(|field| (operation.at.as_str(), field)),
        );
    }
    for (
        at,
        Field {
            name,
            ty,
            lenient,
            flatten,
            required,
            ..
        },
    ) in fields
    {
        let item = if let Type::List(item) = ty {
            Some(&**item)
        } else {
            None
        };
        let loose = lenient.contains(&Lenient::IntOrString);
        let loose = loose && item.is_some_and(|item| !matches!(item, Type::Named(_)));
        let help = "make the item a component with `x-lenient`";
        check(at, loose, name, "is a list whose items are lenient", help);
        let help = "put each secret into an object of its own";
        check(
            at,
            item == Some(&Type::Secret),
            name,
            "is a list of secrets",
            help,
        );
        let help = "give the union an arm for the case that is left out";
        check(
            at,
            *flatten && !required,
            name,
            "is a union that may be absent",
            help,
        );
    }
    problems
}

/// `task.create` as a function name.
fn function_name(operation: &Operation) -> String {
    operation.id.replace('.', "_")
}

/// The Rust type of a reply's `data`.
fn output_type(output: &Output) -> String {
    match output {
        Output::Accepted => "Accepted".to_owned(),
        Output::Data { type_name, .. } => type_name.clone(),
        Output::Listing { item, .. } => format!("Listing<{item}>"),
    }
}

/// `not-ready` as a variant name.
fn variant(word: &str) -> String {
    crate::names::pascal(word)
}

/// Texts with commas between them.
fn join(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join(", ")
}
