//! The table of all operations and of how each fact is known.

use super::word;
use crate::format::NOTICE;
use crate::ir::{Api, Retry, Risk};

const LEGEND: &str = "\
**Scope**: whether the project header is never sent (organization), required (project), or sent when a project is at
hand (either). **Risk**: read changes nothing; write changes something that can be changed again; dangerous can move an
aircraft or dock, take control from a person, or destroy for good. **Retry**: safe operations may be repeated by the
transport, the others leave at most once.

**Evidence**, for path, request and response apart, strongest first:

| Word | The fact comes from |
| --- | --- |
| seed | the documentation's own example |
| live | a logged reply of the real service, or a client that was verified against it |
| doc | a published page of the documentation |
| client | public code of a client |
| other | another generation of the API |
| guess | nobody: it could not be confirmed |
";

/// `coverage.md`
pub(super) fn markdown(api: &Api) -> String {
    let operations = api.tags.iter().flat_map(|tag| tag.operations.iter().map(move |op| (tag, op)));
    let operations: Vec<_> = operations.collect();
    let count = |test: fn(&crate::ir::Operation) -> bool| {
        operations.iter().filter(|(_, operation)| test(operation)).count()
    };
    let mut page = format!("<!-- {NOTICE} -->\n\n# Coverage\n\n");
    page.push_str(&format!(
        "{}: {} operations in {} groups, {} of them read, {} write, {} dangerous; {} may be repeated.\n\n",
        api.title.trim_end_matches('.'),
        operations.len(),
        api.tags.len(),
        count(|op| op.risk == Risk::Read),
        count(|op| op.risk == Risk::Write),
        count(|op| op.risk == Risk::Dangerous),
        count(|op| op.retry == Retry::Safe),
    ));
    page.push_str("| Group | Operation | Request | Type | Risk | Retry | Scope | Evidence: path / request / response |\n");
    page.push_str("| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (tag, operation) in &operations {
        let evidence = &operation.evidence;
        page.push_str(&format!(
            "| {} | `{}` | `{} {}` | `{}` | {} | {} | {} | {} / {} / {} |\n",
            tag.name,
            operation.id,
            operation.method,
            operation.path,
            operation.type_name,
            word(operation.risk),
            word(operation.retry),
            word(operation.scope),
            evidence.path,
            evidence.request,
            evidence.response,
        ));
    }
    page.push_str(&format!("\n{} operations.\n\n{LEGEND}", operations.len()));
    page
}
