//! The other side: a trait with one method for each operation, and what calls it.

use super::docs::link;
use super::{function_name, output_type};
use crate::format::Code;
use crate::ir::{Api, Operation};

/// `server.rs`
pub(super) fn service(api: &Api) -> String {
    let mut code = Code::new();
    code.module_docs("What a server of this API can be asked.");
    code.blank();
    code.line("use super::*;");
    code.line("use crate::support::*;");
    code.blank();
    code.docs(
        "What a server can be asked: one method for each operation, so that none is forgotten. Each of them fails when \
         the server refuses.",
    );
    code.open("pub trait Service {");
    code.docs("Who asks, and how.");
    code.line("type Context;");
    code.docs("Why not.");
    code.line("type Refusal;");
    let operations: Vec<_> = api.tags.iter().flat_map(|tag| &tag.operations).collect();
    for operation in &operations {
        let Operation {
            type_name: name,
            summary,
            ..
        } = operation;
        let (function, output) = (function_name(operation), output_type(&operation.output));
        code.blank();
        code.docs(&format!(
            "{}: {}.",
            summary.trim_end_matches('.'),
            link(name)
        ));
        let parameters = format!("&mut self, context: &Self::Context, operation: {name}");
        code.line(format!(
            "fn {function}({parameters}) -> Result<{output}, Self::Refusal>;"
        ));
    }
    code.close("}");

    code.blank();
    code.docs(
        "Hands an operation to its method and writes the answer as the text of `data`.\n\n# Errors\n\n\
         When the server refuses.",
    );
    let parameters = "service: &mut S, context: &S::Context, operation: AnyOperation";
    code.open(format!(
        "pub fn dispatch<S: Service + ?Sized>({parameters}) -> Result<Answer, S::Refusal> {{"
    ));
    code.open("match operation {");
    for operation in &operations {
        let Operation {
            type_name: name, ..
        } = operation;
        let call = format!("service.{}(context, *op)", function_name(operation));
        code.line(format!("AnyOperation::{name}(op) => answer({call}),"));
    }
    code.close_all();

    code.blank();
    code.line("fn answer<T: Serialize, R>(data: Result<T, R>) -> Result<Answer, R> {");
    code.line("    data.map(|data| Answer::of(&data))");
    code.line("}");
    code.text().to_owned()
}
