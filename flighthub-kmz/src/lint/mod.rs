//! All that is wrong with a route file, with places and remedies.
//!
//! [`Kmz::read`](crate::Kmz::read) names the first thing that keeps a file from being read. This looks for everything at once, and for what can be read
//! and will still not fly as it was meant.

mod agreement;
mod archive;
mod mission;
mod rules;
#[cfg(test)]
mod tests;
mod text;
mod waypoints;

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

pub use rules::{RULES, Rule, Severity};

use crate::read;
use text::Text;

/// Findings of one rule that are told one by one.
const MOST_OF_A_RULE: usize = 10;

/// Something that is wrong with a route file, or worth knowing about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The name of the rule, in kebab case; it does not change.
    pub rule: &'static str,
    /// Where it is.
    pub place: FindingPlace,
    /// What is wrong there.
    pub problem: String,
    /// What to do about it.
    pub remedy: &'static str,
    /// So many more of the same rule are not told. Only the last finding of a rule has them.
    pub more: usize,
}

/// Where in a route file something is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FindingPlace {
    /// The file in the archive, such as `wpmz/waylines.wpml`; none for the archive itself. Control characters are escaped.
    pub file: Option<String>,
    /// Line in that file, from 1.
    pub line: Option<usize>,
    /// Column in that line, from 1, in characters.
    pub column: Option<usize>,
    /// The XML element, by its local name.
    pub element: Option<String>,
}

impl FindingPlace {
    /// A file of the archive as a whole.
    fn of_file(name: &str) -> Self {
        Self { file: Some(crate::archive::printable(name)), ..Self::default() }
    }
}

impl fmt::Display for FindingPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file.as_deref().unwrap_or("the archive"))?;
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, ":{line}:{column}")?;
        }
        match &self.element {
            Some(element) => write!(f, " <{element}>"),
            None => Ok(()),
        }
    }
}

/// One line, without the remedy.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, rule, place, problem, more, .. } = self;
        write!(f, "{}[{rule}]: {place}: {problem}", severity.as_str())?;
        if *more > 0 { write!(f, " ({more} more like this)") } else { Ok(()) }
    }
}

/// Looks for everything that is wrong with a route file: errors first, then warnings and hints, each in the order of the file.
///
/// A file without errors can be read by [`Kmz::read`](crate::Kmz::read). Work and memory are bounded whatever the bytes are, and nothing is unpacked
/// but the two texts.
///
/// ```
/// use flighthub_kmz::{Kmz, KmzWaypoint, lint};
///
/// let mut route = Kmz::new("0-91-1");
/// route.waypoints = vec![KmzWaypoint::new(0.021, -25.3, 60.0)];
/// let findings = lint(&route.to_bytes()?);
/// assert_eq!(findings[0].rule, "one-waypoint");
/// assert_eq!(findings[0].place.file.as_deref(), Some("wpmz/waylines.wpml"));
/// # Ok::<(), flighthub_kmz::KmzError>(())
/// ```
#[must_use]
pub fn lint(bytes: &[u8]) -> Vec<Finding> {
    let mut report = Report::default();
    let (template, waylines) = archive::look(bytes, &mut report);
    let template = template.as_ref().and_then(|text| Text::parse(text, &mut report));
    let waylines = waylines.as_ref().and_then(|text| Text::parse(text, &mut report));
    if let Some(template) = &template {
        mission::template(template, &mut report);
    }
    if let Some(waylines) = &waylines {
        mission::waylines(waylines, &mut report);
        waypoints::check(waylines, &mut report);
    }
    if let (Some(template), Some(waylines)) = (&template, &waylines) {
        agreement::check(template, waylines, &mut report);
        if !report.has_errors()
            && let Err(error) = read::read(&template.as_file(), &waylines.as_file())
        {
            report.add(rules::UNREADABLE, FindingPlace::default, error.to_string());
        }
    }
    report.finish()
}

/// The findings so far.
#[derive(Debug, Default)]
struct Report {
    findings: Vec<Finding>,
    /// For each rule: how many findings, and where the last stands that was told.
    rules: BTreeMap<&'static str, (usize, usize)>,
}

impl Report {
    /// The place is asked for only when it is told: to find a line costs a walk through the text.
    fn add(&mut self, rule: &'static Rule, place: impl FnOnce() -> FindingPlace, problem: String) {
        let (count, last) = self.rules.entry(rule.name).or_default();
        *count += 1;
        if *count > MOST_OF_A_RULE {
            if let Some(finding) = self.findings.get_mut(*last) {
                finding.more += 1;
            }
            return;
        }
        *last = self.findings.len();
        self.findings.push(Finding {
            severity: rule.severity,
            rule: rule.name,
            place: place(),
            problem,
            remedy: rule.remedy,
            more: 0,
        });
    }

    fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    fn finish(mut self) -> Vec<Finding> {
        self.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        self.findings
    }
}
