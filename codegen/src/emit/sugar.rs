//! The methods of the handles: one struct for each group, one method for each operation.

use super::Types;
use super::docs::link;
use super::models::{Law, arguments, parameters};
use crate::format::Code;
use crate::ir::{Group, Operation, Scope, Tag};

/// All groups of a tag.
pub(super) fn groups(code: &mut Code, tag: &Tag, types: &Types) {
    let mut docs = tag.docs.trim();
    for group in &tag.groups {
        let of_group = |operation: &&Operation| operation.group == group.prefix;
        let operations: Vec<_> = tag.operations.iter().filter(of_group).collect();
        let handle = if operations
            .iter()
            .any(|operation| operation.scope == Scope::Project)
        {
            "client.project(…)"
        } else {
            "client"
        };
        let Group {
            accessor,
            type_name,
            ..
        } = group;
        code.blank();
        // What the documentation says about the whole tag stands once, where a reader of the docs finds it.
        code.docs(&format!("{}: `{handle}.{accessor}()`.\n\n{docs}", tag.name));
        docs = "";
        code.line("#[derive(Debug, Clone)]");
        code.line(format!("pub struct {type_name}<H>(pub(crate) H);"));
        code.blank();
        code.open(format!("impl<H: Handle> {type_name}<H> {{"));
        for operation in operations {
            method(code, operation, types);
        }
        code.close("}");
    }
}

fn method(code: &mut Code, operation: &Operation, types: &Types) {
    let Operation {
        type_name: name,
        method_name,
        fields,
        summary,
        ..
    } = operation;
    code.blank();
    code.docs(&format!(
        "{}: see {}.",
        summary.trim_end_matches('.'),
        link(name)
    ));
    let parameters = parameters(name, fields, Law::Request, types);
    let comma = if parameters.is_empty() { "" } else { ", " };
    code.line(format!(
        "pub fn {method_name}(&self{comma}{parameters}) -> Call<H, {name}>"
    ));
    code.line("where");
    code.line(format!("    H: Sends<{name}>,"));
    code.open("{");
    code.line(format!(
        "Call::new(&self.0, {name}::new({}))",
        arguments(fields)
    ));
    code.close("}");
}
