//! Figures: what tests and benchmarks measured, as they print it and as `docs/proof/figures.json` keeps it.
//!
//! A program reports a figure by a line `figure TABLE | ROW | COLUMN = VALUE [UNIT]` on its standard output.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::tree::{Problem, replace};

/// Where the figures are kept, seen from the workspace.
pub(crate) const KEPT: &str = "docs/proof/figures.json";
/// How a line begins that holds a figure.
const MARK: &str = "figure ";
/// How a value begins that could not be had.
const ABSENT: &str = "not measured";

/// One measured number, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Figure {
    pub(crate) table: String,
    pub(crate) row: String,
    pub(crate) column: String,
    /// A decimal number, or `not measured (why)`.
    pub(crate) value: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) unit: String,
}

impl Figure {
    /// The figure in a line of output; nothing when the line is none, an explanation when it is a broken one.
    pub(crate) fn read(line: &str) -> Option<Result<Self, String>> {
        let told = line.trim().strip_prefix(MARK)?;
        Some(Self::parse(told).ok_or_else(|| {
            format!(
                "`{line}` is no figure; it has to read `figure TABLE | ROW | COLUMN = VALUE [UNIT]`"
            )
        }))
    }

    fn parse(told: &str) -> Option<Self> {
        let (name, value) = told.split_once(" = ")?;
        let [table, row, column] = name.split(" | ").map(str::trim).collect::<Vec<_>>()[..] else {
            return None;
        };
        let value = value.trim();
        let (value, unit) = if value.starts_with(ABSENT) {
            (value, "")
        } else {
            value.split_once(' ').unwrap_or((value, ""))
        };
        if [table, row, column].contains(&"") || !is_number_or_absent(value) {
            return None;
        }
        Some(Self {
            table: table.to_owned(),
            row: row.to_owned(),
            column: column.to_owned(),
            value: value.to_owned(),
            unit: unit.trim().to_owned(),
        })
    }

    /// `TABLE | ROW | COLUMN`
    pub(crate) fn name(&self) -> String {
        format!("{} | {} | {}", self.table, self.row, self.column)
    }

    /// The number, if one was measured.
    pub(crate) fn number(&self) -> Option<f64> {
        self.value.parse().ok()
    }

    /// Value and unit, for people: thousands apart.
    pub(crate) fn shown(&self) -> String {
        let value = match self.number() {
            Some(number) if decimals(&self.value) > 3 => grouped(&format!("{number:.3}")),
            Some(_) => grouped(&self.value),
            None => self.value.clone(),
        };
        if self.unit.is_empty() { value } else { format!("{value} {}", self.unit) }
    }
}

fn is_number_or_absent(value: &str) -> bool {
    value.starts_with(ABSENT) || value.parse::<f64>().is_ok_and(f64::is_finite)
}

fn decimals(number: &str) -> usize {
    number.split_once('.').map_or(0, |(_, decimals)| decimals.len())
}

/// A decimal number with a space between thousands.
fn grouped(number: &str) -> String {
    let whole = number.find('.').unwrap_or(number.len());
    let mut shown = String::new();
    for (index, character) in number.char_indices() {
        let left = whole.saturating_sub(index);
        let follows_digit = shown.ends_with(|last: char| last.is_ascii_digit());
        if index < whole && follows_digit && left.is_multiple_of(3) && whole > 4 {
            shown.push(' ');
        }
        shown.push(character);
    }
    shown
}

/// All that one command measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    /// Its name in `docs/proof/goals.yaml`.
    pub(crate) name: String,
    /// The day, as in `2026-01-31`.
    pub(crate) date: String,
    /// Cores, memory, system and compiler.
    pub(crate) machine: String,
    pub(crate) figures: Vec<Figure>,
}

/// Everything that is kept.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    pub(crate) runs: Vec<Run>,
}

impl Kept {
    /// What the file holds; nothing when there is none yet.
    pub(crate) fn load(root: &Path) -> Result<Self, Problem> {
        let path = root.join(KEPT);
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(&path)
            .map_err(|error| Problem(format!("cannot read {KEPT}: {error}")))?;
        serde_json::from_str(&text).map_err(|error| {
            Problem(format!("{KEPT} is damaged: {error}; take it from the last commit again"))
        })
    }

    /// Writes the file: one line a figure, so that a change of one is a diff of one.
    pub(crate) fn save(&self, root: &Path) -> Result<(), Problem> {
        let lines = |values: &[Figure]| -> Result<String, serde_json::Error> {
            let lines: Result<Vec<_>, _> = values.iter().map(serde_json::to_string).collect();
            Ok(lines?.join(",\n"))
        };
        let mut runs = Vec::new();
        for run in &self.runs {
            let figures = lines(&run.figures).map_err(|error| Problem(error.to_string()))?;
            let quoted = |text: &str| serde_json::Value::from(text).to_string();
            runs.push(format!(
                "{{\"name\":{},\"date\":{},\"machine\":{},\"figures\":[\n{figures}\n]}}",
                quoted(&run.name),
                quoted(&run.date),
                quoted(&run.machine),
            ));
        }
        replace(&root.join(KEPT), &format!("{{\"runs\":[\n{}\n]}}\n", runs.join(",\n")))
    }

    /// Puts a run in the place of the former one of that name.
    pub(crate) fn put(&mut self, run: Run) {
        match self.runs.iter_mut().find(|kept| kept.name == run.name) {
            Some(kept) => *kept = run,
            None => self.runs.push(run),
        }
    }

    /// The figure of a name, with the run that it comes from.
    pub(crate) fn find(&self, name: &str) -> Option<(&Run, &Figure)> {
        self.runs.iter().find_map(|run| {
            let figure = run.figures.iter().find(|figure| figure.name() == name)?;
            Some((run, figure))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(line: &str) -> Figure {
        match Figure::read(line) {
            Some(Ok(figure)) => figure,
            other => unreachable!("{line}: {other:?}"),
        }
    }

    #[test]
    fn a_figure_is_read_from_its_line() {
        let read = figure("figure Calls, 0.6 kB | flighthub-api | allocations = 74 a call");
        assert_eq!(read.name(), "Calls, 0.6 kB | flighthub-api | allocations");
        assert_eq!((read.number(), read.unit.as_str()), (Some(74.0), "a call"));
        let absent = figure("figure Calls | ours | instructions = not measured (no valgrind)");
        assert_eq!(figure("figure a | b | c = 0.123456 s").shown(), "0.123 s");
        assert_eq!(absent.number(), None);
        assert_eq!(absent.shown(), "not measured (no valgrind)");
        assert!(Figure::read("figures are nice").is_none());
    }

    #[test]
    fn a_broken_figure_is_told() {
        for line in [
            "figure a | b = 1",
            "figure a | b | c 1",
            "figure a | b | c = many",
            "figure a |  | c = 1",
        ] {
            assert!(matches!(Figure::read(line), Some(Err(_))), "{line}");
        }
    }

    #[test]
    fn numbers_are_shown_in_groups() {
        for (number, shown) in [
            ("1234567", "1 234 567"),
            ("1234", "1234"),
            ("-12345.678", "-12 345.678"),
            ("0.5", "0.5"),
        ] {
            assert_eq!(grouped(number), shown);
        }
    }

    #[test]
    fn what_is_kept_is_read_again_the_same() -> Result<(), Problem> {
        let root = std::env::temp_dir().join(format!("flighthub-figures-{}", std::process::id()));
        let mut kept = Kept::load(&root)?;
        let run = |value: &str| Run {
            name: "calls".to_owned(),
            date: "2026-01-31".to_owned(),
            machine: "a \"small\" one".to_owned(),
            figures: vec![figure(&format!("figure a | b | c = {value} d"))],
        };
        kept.put(run("1"));
        kept.put(run("2"));
        kept.save(&root)?;
        let again = Kept::load(&root)?;
        let _ = fs::remove_dir_all(&root);
        assert_eq!(again.runs.len(), 1);
        let found =
            again.find("a | b | c").map(|(run, figure)| (run.machine.clone(), figure.number()));
        assert_eq!(found, Some(("a \"small\" one".to_owned(), Some(2.0))));
        Ok(())
    }
}
