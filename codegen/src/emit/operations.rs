//! Request types: one struct for each operation, with the facts that the runtime needs.

use super::docs::sentence;
use super::models::{Law, body, catalog_reads, constructor};
use super::{Types, output_type, variant};
use crate::format::{Code, quoted};
use crate::ir::{Arguments, FailedWhen, Operation, Output, Retry, Risk, Scope, Tag, TypeKind};

/// The request type with everything that belongs to it.
pub(super) fn operation(code: &mut Code, operation: &Operation, tag: &Tag, types: &Types) {
    let Operation {
        type_name: name,
        fields,
        ..
    } = operation;
    code.blank();
    code.docs(&docs(operation));
    let default = if fields.iter().any(|field| field.required) {
        ""
    } else {
        "Default, "
    };
    code.line(format!(
        "#[derive(Debug, Clone, {default}PartialEq, Serialize)]"
    ));
    catalog_reads(code, !fields.iter().any(|field| field.flatten));
    code.line("#[non_exhaustive]");
    body(code, name, fields, Law::Request, types);
    constructor(code, name, fields, Law::Request, types);

    code.blank();
    code.open(format!("impl Operation for {name} {{"));
    code.line(format!("type Output = {};", output_type(&operation.output)));
    code.line(format!("type Scope = scope::{:?};", operation.scope));
    code.line(format!("type Risk = risk::{:?};", operation.risk));
    let method = operation.method.to_lowercase();
    let place = [&operation.id, &tag.name, &operation.path]
        .map(|text| quoted(text))
        .join(", ");
    let info = format!("&OperationInfo::{method}({place}){}", facts(operation));
    code.line(format!("const INFO: &'static OperationInfo = {info};"));
    if let Output::Data {
        type_name,
        failed_when: Some(failed),
    } = &operation.output
    {
        failure(code, type_name, failed, types);
    }
    code.close("}");
}

/// Summary, description, place and evidence, documentation page, and what may come of it.
fn docs(operation: &Operation) -> String {
    let risk = risk(operation.risk);
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
        docs.push_str(&format!(
            "\n{}: <{}>.\n",
            page.description.trim_end_matches('.'),
            page.url
        ));
    }
    if operation.risk == Risk::Dangerous {
        docs.push_str("\n**Dangerous**: it can move an aircraft or dock, take control from a person, or destroy data for good. It is never sent twice.\n");
    }
    if let Some(cost) = &operation.cost {
        docs.push_str(&format!("\n{}\n", sentence(cost)));
    }
    docs
}

/// The word for a risk.
pub(super) fn risk(risk: Risk) -> &'static str {
    match risk {
        Risk::Read => "read",
        Risk::Write => "write",
        Risk::Dangerous => "dangerous",
    }
}

/// The calls that say what differs from a read of the organization that is not repeated.
fn facts(operation: &Operation) -> String {
    let evidence = [
        &operation.evidence.path,
        &operation.evidence.request,
        &operation.evidence.response,
    ];
    let evidence: Vec<_> = evidence
        .iter()
        .map(|word| format!("Evidence::{}", variant(word)))
        .collect();
    let said = |call: &str, when: bool| when.then(|| format!(".{call}()"));
    [
        Some(format!(".summary({})", quoted(&operation.summary))),
        said("body", operation.arguments == Arguments::Body),
        said("project", operation.scope == Scope::Project),
        said("either", operation.scope == Scope::Either),
        said("write", operation.risk == Risk::Write),
        said("dangerous", operation.risk == Risk::Dangerous),
        said("safe_to_retry", operation.retry == Retry::Safe),
        Some(format!(".evidence({})", evidence.join(", "))),
        operation
            .confirm
            .as_ref()
            .map(|argument| format!(".confirm({})", quoted(argument))),
        operation
            .cost
            .as_ref()
            .map(|cost| format!(".cost({})", quoted(cost.trim()))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Code 0 can still be a failure.
fn failure(code: &mut Code, output: &str, failed: &FailedWhen, types: &Types) {
    let FailedWhen {
        field,
        enum_type,
        variant,
        value,
    } = failed;
    let found = match types.get(output).map(|def| &def.kind) {
        Some(TypeKind::Struct { fields, .. }) => fields.iter().find(|f| f.name == *field),
        _ => None,
    };
    let mut failing = format!("{enum_type}::{variant}");
    if found.is_some_and(|field| !field.required || field.nullable) {
        failing = format!("Some({failing})");
    }
    let reason = quoted(&format!(
        "{} is `{value}`",
        found.map_or(field, |field| &field.wire)
    ));
    code.blank();
    code.open(format!(
        "fn failure(output: &{output}) -> Option<&'static str> {{"
    ));
    code.line(format!("(output.{field} == {failing}).then_some({reason})"));
    code.close("}");
}
