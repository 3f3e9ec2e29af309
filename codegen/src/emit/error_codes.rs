//! The table of business codes.

use super::docs::sentence;
use super::{join, variant};
use crate::format::{Code, quoted};
use crate::ir::{Api, ErrorCode};

/// `error_codes.rs`
pub(super) fn table(api: &Api) -> String {
    let mut code = Code::new();
    code.module_docs("The business codes that the spec knows.");
    code.blank();
    let used = if api.error_codes.is_empty() {
        "CodeEntry"
    } else {
        "{CodeEntry, CodeKind, ErrorCode, WriteEffect}"
    };
    code.line(format!("use crate::code::{used};"));
    if !api.error_codes.is_empty() {
        code.line("use crate::operation::Evidence;");
        code.blank();
        code.open("impl ErrorCode {");
        for entry in &api.error_codes {
            code.docs(&sentence(&entry.meaning));
            code.line(format!(
                "pub const {}: Self = Self::new({});",
                entry.name, entry.code
            ));
        }
        code.close("}");
    }
    code.blank();
    code.docs("All codes of the table, sorted by code.");
    let rows = join(api.error_codes.iter().map(row));
    code.line(format!(
        "pub(crate) static TABLE: &[CodeEntry] = &[{rows}];"
    ));
    code.text().to_owned()
}

fn row(entry: &ErrorCode) -> String {
    let effect = if entry.refused { "Refused" } else { "Unknown" };
    let fields = [
        format!("code: {}", entry.code),
        format!("name: {}", quoted(&entry.name)),
        format!("meaning: {}", quoted(entry.meaning.trim())),
        format!("remedy: {}", quoted(entry.remedy.trim())),
        format!("kind: CodeKind::{}", variant(&entry.kind)),
        format!("write: WriteEffect::{effect}"),
        format!("retry: {}", entry.retry),
        format!("evidence: Evidence::{}", variant(&entry.evidence)),
    ];
    format!("CodeEntry {{ {} }}", fields.join(", "))
}
