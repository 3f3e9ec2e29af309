//! `docs/behaviour.md`, made from the cases.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use flighthub_api::catalog::Catalogue;
use flighthub_api::v1::CATALOGUE;

use crate::language::{Action, Case, Expect, Kind};

const HEAD: &str = "\
# How FlightHub 2 behaves, rule by rule

<!-- Made from tests/specification/cases by the test `specification`. Do not edit; UPDATE_BEHAVIOUR=1 writes it anew. -->

Every line is a rule that a test shows over HTTP against the simulator. Where a rule comes from:

| word | meaning |
|---|---|
| live | seen at a real gateway |
| doc | documented by the vendor |
| client | relied on by clients in public use |
| plausible | not known: the simulator does what seems most likely |
| simulator | the simulator's own: notes, `--strict`, the mark of its replies |

A code stands alone where it comes inside HTTP 200. A refusal has no `data`.
";

/// The page: for every operation, what it does and what it refuses.
pub(crate) fn write(files: &[(&str, Vec<Case>)]) -> String {
    let mut page = HEAD.to_owned();
    let all = || files.iter().flat_map(|(_, cases)| cases);
    let _ = writeln!(page, "\n{} rules, {} operations.", all().count(), CATALOGUE.len());
    for (title, cases) in files {
        let _ = writeln!(page, "\n## {title}");
        let mut operations: Vec<_> = CATALOGUE.iter().map(|info| info.id).collect();
        operations.insert(0, "gateway");
        for operation in operations {
            let own: Vec<_> = cases.iter().filter(|case| case.operation == operation).collect();
            if own.is_empty() {
                continue;
            }
            if let Some(info) = CATALOGUE.iter().find(|info| info.id == operation) {
                let summary = Catalogue::v1().get(operation).map_or("", |entry| &entry.summary);
                let _ = writeln!(
                    page,
                    "\n### `{operation}`\n\n`{} {}`: {summary}.",
                    info.method.as_str(),
                    info.path
                );
            }
            let _ = writeln!(page, "\n| rule | refused with | known from |\n|---|---|---|");
            for kind in [Kind::Effect, Kind::Refusal] {
                for case in own.iter().filter(|case| case.kind == kind) {
                    let (rule, from) = (&case.rule, case.evidence.word());
                    let _ = writeln!(page, "| {rule} | {} | {from} |", refusals(case));
                }
            }
        }
    }
    page
}

/// Holds the page in the folder against the cases, or writes it when `UPDATE_BEHAVIOUR` is set.
pub(crate) fn compare(page: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/behaviour.md");
    if std::env::var_os("UPDATE_BEHAVIOUR").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, page).unwrap();
        return;
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    let differs = page.lines().zip(there.lines()).find(|(new, old)| new != old);
    assert!(
        there == page,
        "docs/behaviour.md is not in step with the cases, first at {differs:?}.\n\
         Write it with: UPDATE_BEHAVIOUR=1 cargo test -p flighthub-sim --test specification the_page"
    );
}

/// The codes with which a refusal comes.
fn refusals(case: &Case) -> String {
    let mut codes = Vec::new();
    for step in case.steps.iter().filter(|step| step.own && case.kind == Kind::Refusal) {
        let Action::Call(call) = &step.action else {
            continue;
        };
        let code = match &call.expect {
            Expect::Refused { code, status: 200 } => code.to_string(),
            Expect::Refused { code, status } => format!("{code} in HTTP {status}"),
            Expect::Empty(status) => format!("HTTP {status}, empty"),
            Expect::Plain(status @ 400.., _) => format!("HTTP {status}"),
            _ => continue,
        };
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes.join(", ")
}
