//! The journal at a moment, with assertions for tests.

use std::fmt;

use serde_json::Value;

use super::Entry;
use super::filter::{Filter, known_operation};

/// Most entries that a failing assertion prints.
const MOST_PRINTED: usize = 40;

/// What was asked of a simulator up to a moment: all of it, or the part that was chosen.
///
/// Choosing answers another journal; asserting panics with the entries in question and answers the journal again.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let sim = flighthub_sim::Sim::start().await?;
/// // ... the code under test ...
/// let journal = sim.journal();
/// journal.none("task.create");
/// journal.to_port("storage").times(0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Journal {
    entries: Vec<Entry>,
    /// What was chosen, in words.
    chosen: Vec<String>,
    /// Entries that came before and are no longer kept.
    gone: u64,
}

impl Journal {
    pub(super) fn new(entries: Vec<Entry>, gone: u64) -> Self {
        Self { entries, chosen: Vec::new(), gone }
    }

    /// The entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Their number.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Older entries that were written and are no longer kept; see [`SimBuilder::journal_capacity`](crate::SimBuilder::journal_capacity).
    #[must_use]
    pub fn gone(&self) -> u64 {
        self.gone
    }

    /// The number of the last entry, to be used with [`since`](Self::since); 0 when there is none.
    #[must_use]
    pub fn last_number(&self) -> u64 {
        self.entries.last().map_or(self.gone, Entry::number)
    }

    pub(crate) fn filtered(&self, filter: &Filter, words: impl Into<String>) -> Self {
        let entries = self.entries.iter().filter(|entry| filter.matches(entry));
        let entries = entries.cloned().collect();
        let mut chosen = self.chosen.clone();
        chosen.push(words.into());
        Self { entries, chosen, gone: self.gone }
    }

    /// The calls of an operation.
    ///
    /// # Panics
    ///
    /// When there is no such operation: an assertion on a misspelt one would mean nothing.
    #[must_use]
    #[track_caller]
    pub fn of(&self, operation: &str) -> Self {
        known(operation);
        let filter = Filter { operation: Some(operation.to_owned()), ..Filter::default() };
        self.filtered(&filter, operation)
    }

    /// What was to change something.
    #[must_use]
    pub fn writes(&self) -> Self {
        self.filtered(&Filter { write: Some(true), ..Filter::default() }, "writes")
    }

    /// What a port was asked: `api`, `storage`, `console`; or what the simulator did by itself: `script`, `events`.
    #[must_use]
    pub fn to_port(&self, port: &str) -> Self {
        let filter = Filter { port: Some(port.to_owned()), ..Filter::default() };
        self.filtered(&filter, format!("to port {port}"))
    }

    /// What a region was asked.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        let filter = Filter { region: Some(region.to_owned()), ..Filter::default() };
        self.filtered(&filter, format!("in region {region}"))
    }

    /// What came with a header of that value. Only some headers are kept, and none with secrets.
    #[must_use]
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let headers = [(name.to_owned(), value.to_owned())].into();
        self.filtered(&Filter { headers, ..Filter::default() }, format!("with {name}: {value}"))
    }

    /// What came with the key of a profile, such as `admin`.
    #[must_use]
    pub fn with_key(&self, profile: &str) -> Self {
        let filter = Filter { key: Some(profile.to_owned()), ..Filter::default() };
        self.filtered(&filter, format!("with key {profile}"))
    }

    /// What had a value in its JSON body, by its place such as `name` or `add_users.0.role`.
    #[must_use]
    pub fn with_body(&self, place: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let words = format!("with {place} = {value} in the body");
        let body = [(place.to_owned(), value)].into();
        self.filtered(&Filter { body, ..Filter::default() }, words)
    }

    /// What was answered with an HTTP status.
    #[must_use]
    pub fn with_status(&self, status: u16) -> Self {
        let filter = Filter { status: Some(status), ..Filter::default() };
        self.filtered(&filter, format!("with status {status}"))
    }

    /// What was answered with a business code.
    #[must_use]
    pub fn with_code(&self, code: i64) -> Self {
        self.filtered(
            &Filter { code: Some(code), ..Filter::default() },
            format!("with code {code}"),
        )
    }

    /// What met a fault.
    #[must_use]
    pub fn with_fault(&self) -> Self {
        self.filtered(&Filter { fault: Some(true), ..Filter::default() }, "with a fault")
    }

    /// What was not as documented, or refused for a reason beyond its code.
    #[must_use]
    pub fn with_notes(&self) -> Self {
        self.filtered(&Filter { note: Some(String::new()), ..Filter::default() }, "with notes")
    }

    /// What came after an entry.
    #[must_use]
    pub fn since(&self, number: u64) -> Self {
        let filter = Filter { since: Some(number), ..Filter::default() };
        let mut journal = self.filtered(&filter, format!("after #{number}"));
        journal.gone = journal.gone.saturating_sub(number);
        journal
    }

    /// Asserts a number of entries.
    ///
    /// # Panics
    ///
    /// When there are more or fewer, or when older entries are no longer kept.
    #[track_caller]
    #[allow(clippy::must_use_candidate, reason = "most assertions end here")]
    pub fn times(&self, number: usize) -> &Self {
        self.require(self.expect(Some(number), Some(number)))
    }

    /// Asserts at least a number of entries.
    ///
    /// # Panics
    ///
    /// When there are fewer.
    #[track_caller]
    #[allow(clippy::must_use_candidate, reason = "most assertions end here")]
    pub fn at_least(&self, number: usize) -> &Self {
        self.require(self.expect(Some(number), None))
    }

    /// Asserts at most a number of entries.
    ///
    /// # Panics
    ///
    /// When there are more, or when older entries are no longer kept.
    #[track_caller]
    #[allow(clippy::must_use_candidate, reason = "most assertions end here")]
    pub fn at_most(&self, number: usize) -> &Self {
        self.require(self.expect(None, Some(number)))
    }

    /// Asserts that an operation was not called.
    ///
    /// # Panics
    ///
    /// When it was, when there is no such operation, or when older entries are no longer kept.
    #[track_caller]
    #[allow(clippy::must_use_candidate, reason = "most assertions end here")]
    pub fn none(&self, operation: &str) -> &Self {
        let calls = self.of(operation);
        self.require(calls.expect(None, Some(0)))
    }

    /// Asserts that operations were called in this order; others may lie between them.
    ///
    /// # Panics
    ///
    /// When they were not, or when there is no such operation.
    #[track_caller]
    #[allow(clippy::must_use_candidate, reason = "most assertions end here")]
    pub fn in_order<'o>(&self, operations: impl IntoIterator<Item = &'o str>) -> &Self {
        let mut entries = self.entries.iter();
        let mut after = "the beginning".to_owned();
        for operation in operations {
            known(operation);
            match entries.find(|entry| entry.operation() == Some(operation)) {
                Some(entry) => after = format!("#{} ({operation})", entry.number()),
                None => {
                    let problem = format!("expected {operation} after {after}, and there is none");
                    self.require(Err(self.complaint(&problem)));
                }
            }
        }
        self
    }

    /// Compares the number of entries with what is wanted.
    pub(crate) fn expect(
        &self,
        at_least: Option<usize>,
        at_most: Option<usize>,
    ) -> Result<(), String> {
        let count = self.entries.len();
        let wanted = match (at_least, at_most) {
            (Some(least), Some(most)) if least == most => format!("exactly {least}"),
            (Some(least), Some(most)) => format!("{least} to {most}"),
            (Some(least), None) => format!("at least {least}"),
            (None, Some(0)) => "none".to_owned(),
            (None, Some(most)) => format!("at most {most}"),
            (None, None) => return Ok(()),
        };
        let few = at_least.is_some_and(|least| count < least);
        let many = at_most.is_some_and(|most| count > most);
        if few || many {
            return Err(self.complaint(&format!("expected {wanted}, found {count}")));
        }
        if at_most.is_some() && self.gone > 0 {
            return Err(self.complaint(&format!(
                "expected {wanted}, but {} older entries are no longer kept, so nobody can tell; raise the capacity of the journal",
                self.gone
            )));
        }
        Ok(())
    }

    fn complaint(&self, problem: &str) -> String {
        let chosen =
            if self.chosen.is_empty() { "all entries".to_owned() } else { self.chosen.join(", ") };
        let mut text = format!("journal ({chosen}): {problem}");
        if self.entries.is_empty() {
            text += "\n  (no entries)";
        }
        let skipped = self.entries.len().saturating_sub(MOST_PRINTED);
        if skipped > 0 {
            text += &format!("\n  ({skipped} before)");
        }
        for entry in self.entries.iter().skip(skipped) {
            text += &format!("\n  {entry}");
        }
        text
    }

    #[track_caller]
    #[allow(clippy::panic, reason = "this is what an assertion does")]
    fn require(&self, outcome: Result<(), String>) -> &Self {
        if let Err(complaint) = outcome {
            panic!("{complaint}");
        }
        self
    }

    /// All of it as text that is the same whenever the same seed was asked the same at the same virtual times: ports and request ids are
    /// normalised, and there is no wall time in it. Posted events are left out: their place among the requests is a matter of real time.
    #[must_use]
    pub fn normalised(&self) -> String {
        let mut ids: Vec<String> = Vec::new();
        let mut text = String::new();
        for entry in self.entries.iter().filter(|entry| entry.port() != "events") {
            let mut one = without_ports(&entry.full_text());
            if let Some(id) = entry.header("x-request-id").filter(|id| !id.is_empty()) {
                let index = ids.iter().position(|known| *known == id).unwrap_or_else(|| {
                    ids.push(id.clone());
                    ids.len() - 1
                });
                one = one.replace(&id, &format!("REQUEST-{}", index + 1));
            }
            text += &one;
        }
        text
    }
}

#[track_caller]
#[allow(clippy::panic, reason = "an assertion on an operation that does not exist means nothing")]
fn known(operation: &str) {
    if let Err(problem) = known_operation(operation) {
        panic!("{problem}");
    }
}

/// One line an entry.
impl fmt::Display for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entries.iter().try_for_each(|entry| writeln!(f, "{entry}"))
    }
}

/// Every port of this machine as `PORT`.
pub(crate) fn without_ports(text: &str) -> String {
    const HOSTS: [&str; 3] = ["127.0.0.1:", "localhost:", "[::1]:"];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let found = HOSTS.iter().filter_map(|host| Some(rest.find(host)? + host.len())).min();
        let Some(at) = found else {
            out.push_str(rest);
            return out;
        };
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
        if rest.len() < after.len() {
            out.push_str("PORT");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_normalised() {
        assert_eq!(
            without_ports("a http://127.0.0.1:4012/x localhost:1 [::1]:99, 127.0.0.1: 10.0.0.1:80"),
            "a http://127.0.0.1:PORT/x localhost:PORT [::1]:PORT, 127.0.0.1: 10.0.0.1:80"
        );
    }
}
