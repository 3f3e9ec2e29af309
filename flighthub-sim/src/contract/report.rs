//! What the contract mode has found, counted.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use serde::Serialize;

use super::finding::Finding;

/// Most different findings that are kept; a flood of new places is one finding itself.
const MOST: usize = 10_000;

/// Everything that was found, each thing once with how often.
///
/// Rows of a list count as one place (`body/data/list/*/status`). There are no values, addresses, keys or bodies in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Calls that were handed on and answered.
    pub exchanges: u64,
    /// How many of them were of which operation. The empty id counts those of none.
    pub operations: BTreeMap<String, u64>,
    /// What was not as described, in the order of operations and places.
    pub findings: Vec<Counted>,
    /// Calls that got no answer.
    pub failures: Vec<Failure>,
    /// Findings that were no longer kept apart.
    pub dropped: u64,
}

/// A finding and how often it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// What was found, with `*` for the rows of lists.
    #[serde(flatten)]
    pub finding: Finding,
    /// In how many calls.
    pub count: u64,
}

/// Calls that got no answer, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Failure {
    /// Id of the operation. Empty: of none.
    pub operation: String,
    /// Why there was no answer.
    pub failure: String,
    /// What to do about it.
    pub remedy: &'static str,
    /// How many calls.
    pub count: u64,
}

impl Report {
    /// The findings that the description does not know of.
    pub fn drift(&self) -> impl Iterator<Item = &Counted> {
        self.findings.iter().filter(|one| one.finding.is_drift())
    }

    /// The report as lines of JSON, one for each finding and each kind of failure.
    #[must_use]
    pub fn to_ndjson(&self) -> String {
        let findings = self.findings.iter().map(serde_json::to_string);
        let failures = self.failures.iter().map(serde_json::to_string);
        findings.chain(failures).filter_map(Result::ok).map(|line| line + "\n").collect()
    }

    /// Writes [`to_ndjson`](Self::to_ndjson) into a file: whole, or not at all.
    ///
    /// # Errors
    ///
    /// When the file or its neighbour of the same name with `.part` cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        fs::write(&part, self.to_ndjson())?;
        fs::rename(&part, path)
    }
}

/// For people: figures, then drift, then what is known anyway, then failures.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let drift = self.drift().count();
        let known = self.findings.len() - drift;
        writeln!(
            f,
            "{} calls of {} operations: {drift} findings that the description does not know, {known} that it knows",
            self.exchanges,
            self.operations.keys().filter(|id| !id.is_empty()).count(),
        )?;
        let known = self.findings.iter().filter(|one| !one.finding.is_drift());
        for Counted { finding, count } in self.drift().chain(known) {
            writeln!(f, "  {count:>6} x  {finding}")?;
        }
        if self.dropped > 0 {
            writeln!(f, "  {:>6} more, of too many kinds to list", self.dropped)?;
        }
        for Failure { operation, failure, remedy, count } in &self.failures {
            let operation = if operation.is_empty() { "(no operation)" } else { operation };
            writeln!(f, "  {count:>6} x  {operation} got no answer: {failure}. {remedy}")?;
        }
        Ok(())
    }
}

/// The report while it grows.
#[derive(Debug, Default)]
pub(super) struct Tally {
    exchanges: u64,
    operations: BTreeMap<String, u64>,
    findings: BTreeMap<Finding, u64>,
    failures: BTreeMap<(String, String, &'static str), u64>,
    dropped: u64,
}

impl Tally {
    /// Counts one exchange. True: something in it is new.
    pub(super) fn exchange(&mut self, operation: &str, found: Vec<Finding>) -> bool {
        self.exchanges += 1;
        *self.operations.entry(operation.to_owned()).or_default() += 1;
        let before = self.findings.len();
        // Many rows with the same finding are one.
        let found: std::collections::BTreeSet<_> = found
            .into_iter()
            .map(|finding| Finding { place: finding.pattern(), ..finding })
            .collect();
        for finding in found {
            if self.findings.len() < MOST || self.findings.contains_key(&finding) {
                *self.findings.entry(finding).or_default() += 1;
            } else {
                self.dropped += 1;
            }
        }
        self.findings.len() > before
    }

    /// Counts a call without an answer. True: it is the first of its kind.
    pub(super) fn failure(&mut self, operation: &str, failure: &str, remedy: &'static str) -> bool {
        let key = (operation.to_owned(), failure.to_owned(), remedy);
        if self.failures.len() >= MOST && !self.failures.contains_key(&key) {
            self.dropped += 1;
            return false;
        }
        let count = self.failures.entry(key).or_default();
        *count += 1;
        *count == 1
    }

    pub(super) fn report(&self) -> Report {
        let findings = self.findings.iter();
        let failures = self.failures.iter();
        Report {
            exchanges: self.exchanges,
            operations: self.operations.clone(),
            findings: findings
                .map(|(finding, count)| Counted { finding: finding.clone(), count: *count })
                .collect(),
            failures: failures
                .map(|((operation, failure, remedy), count)| Failure {
                    operation: operation.clone(),
                    failure: failure.clone(),
                    remedy,
                    count: *count,
                })
                .collect(),
            dropped: self.dropped,
        }
    }
}
