//! The goals: what is promised, which figures have to hold for it, and the commands that measure them.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::figures::{Figure, Kept, Run};
use crate::tree::Problem;

/// Where the goals stand, seen from the workspace.
pub(crate) const GOALS: &str = "docs/proof/goals.yaml";

/// The file of goals.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Goals {
    pub(crate) commands: Vec<Measure>,
    pub(crate) goals: Vec<Goal>,
}

/// A command that prints figures.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Measure {
    /// One word.
    pub(crate) name: String,
    /// As typed in the workspace; `NAME=value` in front sets a variable.
    pub(crate) run: String,
    /// What it measures, and what its tables need to be understood.
    pub(crate) about: String,
    /// Whether `cargo xtask bench` runs it.
    #[serde(default)]
    pub(crate) benchmark: bool,
}

/// A row of the table of goals.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Goal {
    pub(crate) row: u32,
    pub(crate) goal: String,
    /// The best that was seen elsewhere, with its source.
    pub(crate) anchor: String,
    pub(crate) target: String,
    /// Each `TABLE | ROW | COLUMN <= NUMBER` (or `>=`, `==`). None: nothing of it is measured.
    #[serde(default)]
    pub(crate) bounds: Vec<String>,
    /// What the figures leave open.
    #[serde(default)]
    pub(crate) note: String,
}

/// A figure and the limit it has to keep.
pub(crate) struct Bound<'a> {
    pub(crate) figure: &'a str,
    sign: &'a str,
    pub(crate) limit: f64,
}

impl<'a> Bound<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (sign, at) =
            ["<=", ">=", "=="].iter().find_map(|sign| text.rfind(sign).map(|at| (*sign, at)))?;
        let limit: f64 = text.get(at + sign.len()..)?.trim().parse().ok()?;
        let figure = text.get(..at)?.trim();
        (figure.split(" | ").count() == 3).then_some(Self { figure, sign, limit })
    }

    fn holds(&self, number: f64) -> bool {
        match self.sign {
            "<=" => number <= self.limit,
            ">=" => number >= self.limit,
            // Counts; what is written the same is the same.
            _ => (number - self.limit).abs() < 1e-9,
        }
    }

    /// The limit as people read it.
    fn shown(&self) -> String {
        let sign = match self.sign {
            "<=" => "≤",
            ">=" => "≥",
            _ => "=",
        };
        format!("{sign} {}", self.limit)
    }
}

/// How a goal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Every bound holds.
    Pass,
    /// A bound does not hold, or nothing is there to be measured.
    Gap,
    /// A figure is missing.
    NotMeasured,
}

impl Verdict {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Gap => "**gap**",
            Self::NotMeasured => "not measured",
        }
    }
}

/// One bound of a goal, judged by the kept figures.
pub(crate) struct Judged<'a> {
    pub(crate) bound: Bound<'a>,
    pub(crate) found: Option<(&'a Run, &'a Figure)>,
    pub(crate) verdict: Verdict,
}

impl Judged<'_> {
    /// `row, column: 74 (≤ 85)`
    pub(crate) fn shown(&self) -> String {
        let name = self.bound.figure.split_once(" | ").map_or(self.bound.figure, |(_, rest)| rest);
        let name = name.replace(" | ", ", ");
        let value =
            self.found.map_or_else(|| "not measured".to_owned(), |(_, figure)| figure.shown());
        let missed = if self.verdict == Verdict::Gap { " ✗" } else { "" };
        format!("{name}: {value} ({}){missed}", self.bound.shown())
    }
}

impl Goals {
    /// Reads the file; every mistake in it is named.
    pub(crate) fn load(root: &Path) -> Result<Self, Problem> {
        let text = fs::read_to_string(root.join(GOALS))
            .map_err(|error| Problem(format!("cannot read {GOALS}: {error}")))?;
        let goals: Self =
            serde_yaml::from_str(&text).map_err(|error| Problem(format!("{GOALS}: {error}")))?;
        let wrong = goals.goals.iter().find_map(|goal| {
            let bound = goal.bounds.iter().find(|bound| Bound::read(bound).is_none())?;
            Some((goal.row, bound))
        });
        match wrong {
            None => Ok(goals),
            Some((row, bound)) => Err(Problem(format!(
                "{GOALS}: goal {row}: `{bound}` is no bound; it has to read `TABLE | ROW | COLUMN <= NUMBER`"
            ))),
        }
    }

    /// The commands of these names, in the file's order; all for none.
    pub(crate) fn commands(
        &self,
        names: &[&str],
        benchmarks: bool,
    ) -> Result<Vec<&Measure>, Problem> {
        let offered = || self.commands.iter().filter(|command| command.benchmark || !benchmarks);
        if let Some(unknown) =
            names.iter().find(|name| !offered().any(|known| known.name == **name))
        {
            let known: Vec<_> = offered().map(|known| known.name.as_str()).collect();
            return Err(Problem(format!(
                "`{unknown}` measures nothing; there is {}",
                known.join(", ")
            )));
        }
        let wanted =
            |command: &&Measure| names.is_empty() || names.contains(&command.name.as_str());
        Ok(offered().filter(wanted).collect())
    }
}

impl Goal {
    /// Its bounds, judged.
    pub(crate) fn judged<'a>(&'a self, kept: &'a Kept) -> Vec<Judged<'a>> {
        let bounds = self.bounds.iter().filter_map(|text| Bound::read(text));
        bounds
            .map(|bound| {
                let found = kept.find(bound.figure);
                let verdict = match found.and_then(|(_, figure)| figure.number()) {
                    None => Verdict::NotMeasured,
                    Some(number) if bound.holds(number) => Verdict::Pass,
                    Some(_) => Verdict::Gap,
                };
                Judged { bound, found, verdict }
            })
            .collect()
    }

    /// How it stands by its bounds.
    pub(crate) fn verdict(judged: &[Judged<'_>]) -> Verdict {
        let any = |wanted: Verdict| judged.iter().any(|bound| bound.verdict == wanted);
        if judged.is_empty() || any(Verdict::Gap) {
            Verdict::Gap
        } else if any(Verdict::NotMeasured) {
            Verdict::NotMeasured
        } else {
            Verdict::Pass
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_has_a_figure_a_sign_and_a_limit() {
        for (text, number, holds) in [
            ("Calls, 0.6 kB | ours | allocations <= 85", 85.0, true),
            ("Calls, 0.6 kB | ours | allocations <= 85", 85.5, false),
            ("a | b | c >= 20", 19.0, false),
            ("a | b | c == 0", 0.0, true),
            ("a | b | c == 0", 1.0, false),
        ] {
            assert_eq!(Bound::read(text).map(|bound| bound.holds(number)), Some(holds), "{text}");
        }
        for text in ["a | b <= 1", "a | b | c", "a | b | c <= few"] {
            assert!(Bound::read(text).is_none(), "{text}");
        }
    }
}
