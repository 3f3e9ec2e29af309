//! The two `mod.rs` of the generated code.

use super::docs::sentence;
use crate::format::{Code, quoted};
use crate::ir::{Api, TypeKind};

/// `generated/mod.rs`: the versions, and the table of codes that they share.
pub(super) fn generated(api: &Api) -> String {
    let mut code = Code::new();
    code.module_docs("What is generated from the spec.");
    code.blank();
    code.line("pub(crate) mod error_codes;");
    code.line(format!("pub mod {};", api.module));
    code.text().to_owned()
}

/// `generated/<version>/mod.rs`: everything of one version of the API under one roof.
pub(super) fn version(api: &Api) -> String {
    let mut code = Code::new();
    code.module_docs(&module_docs(api));
    code.blank();
    code.line("use crate::support::groups;");
    code.blank();
    let mut modules: Vec<_> = api
        .tags
        .iter()
        .map(|tag| (tag.module.as_str(), ""))
        .collect();
    modules.extend([("catalog", "catalog"), ("server", "server")]);
    modules.extend(
        api.types
            .iter()
            .any(|def| def.module == "common")
            .then_some(("common", "")),
    );
    modules.sort_unstable();
    for keyword in ["mod {};", "pub use {}::*;"] {
        for (module, feature) in &modules {
            if !feature.is_empty() {
                code.line(format!("#[cfg(feature = {})]", quoted(feature)));
            }
            code.line(keyword.replace("{}", module));
        }
        code.blank();
    }

    code.line("/// Other spellings that fields of answers are read from: the other one, the canonical one.");
    let aliases = aliases(api).join(", ");
    code.line(format!(
        "pub(crate) const ALIASES: &[(&str, &str)] = &[{aliases}];"
    ));
    code.blank();
    code.open("groups! {");
    for group in api.tags.iter().flat_map(|tag| &tag.groups) {
        code.line(format!("{}: {},", group.accessor, group.type_name));
    }
    code.close("}");
    code.text().to_owned()
}

/// Title, servers, and how to begin.
fn module_docs(api: &Api) -> String {
    let mut docs = format!(
        "{}.\n\nThe service answers at:\n\n",
        api.title.trim_end_matches('.')
    );
    for server in &api.servers {
        docs.push_str(&format!("- `{}`: {}\n", server.url, sentence(&server.docs)));
    }
    docs
}

/// Aliases of the fields of answers, each pair once, in the order of the spec.
fn aliases(api: &Api) -> Vec<String> {
    let mut pairs = Vec::new();
    for def in api.types.iter().filter(|def| def.in_response) {
        let TypeKind::Struct { fields, .. } = &def.kind else {
            continue;
        };
        for field in fields {
            for alias in &field.aliases {
                let pair = format!("({}, {})", quoted(alias), quoted(&field.wire));
                if !pairs.contains(&pair) {
                    pairs.push(pair);
                }
            }
        }
    }
    pairs
}
