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
    /// Each `TABLE | ROW | COLUMN <= NUMBER` (or `>=`, `==`), or with two figures and `plus` or `minus` between them.
    /// None: nothing of it is measured.
    #[serde(default)]
    pub(crate) bounds: Vec<String>,
    /// What the figures leave open.
    #[serde(default)]
    pub(crate) note: String,
}

/// A figure, or two added up, and the limit to keep.
pub(crate) struct Bound<'a> {
    pub(crate) figure: &'a str,
    /// What is added to the figure, and how often: 1 or -1.
    pub(crate) other: Option<(f64, &'a str)>,
    sign: &'a str,
    limit: f64,
}

impl<'a> Bound<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (sign, at) =
            ["<=", ">=", "=="].iter().find_map(|sign| text.rfind(sign).map(|at| (*sign, at)))?;
        let limit: f64 = text.get(at + sign.len()..)?.trim().parse().ok()?;
        let told = text.get(..at)?.trim();
        let (figure, other) = [(" plus ", 1.0), (" minus ", -1.0)]
            .iter()
            .find_map(|(word, factor)| {
                let (first, second) = told.split_once(word)?;
                is_figure(second).then_some((first, Some((*factor, second))))
            })
            .unwrap_or((told, None));
        is_figure(figure).then_some(Self { figure, other, sign, limit })
    }

    /// What is compared with the limit, with the figures that it comes from.
    fn value(&self, kept: &Kept) -> Option<f64> {
        let number = |name: &str| kept.find(name).and_then(|(_, figure)| figure.number());
        let other = match self.other {
            Some((factor, name)) => factor * number(name)?,
            None => 0.0,
        };
        Some(number(self.figure)? + other)
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

fn is_figure(name: &str) -> bool {
    name.split(" | ").count() == 3
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
    /// The figure as it is, or the sum of two.
    value: Option<String>,
    pub(crate) verdict: Verdict,
}

impl Judged<'_> {
    /// `row, column: 74 (≤ 85)`
    pub(crate) fn shown(&self) -> String {
        let short =
            |name: &str| name.split_once(" | ").map_or(name, |(_, rest)| rest).replace(" | ", ", ");
        let first = short(self.bound.figure);
        let name = match self.bound.other {
            Some((factor, other)) if factor < 0.0 => format!("{first} minus {}", short(other)),
            Some((_, other)) => format!("{first} plus {}", short(other)),
            None => first,
        };
        let value = self.value.as_deref().unwrap_or("not measured");
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
                let number = bound.value(kept);
                let verdict = match number {
                    None => Verdict::NotMeasured,
                    Some(number) if bound.holds(number) => Verdict::Pass,
                    Some(_) => Verdict::Gap,
                };
                let alone = found.map(|(_, figure)| figure.shown());
                let value = match bound.other {
                    None => alone,
                    Some(_) => number.map(|number| format!("{}", (number * 1e3).round() / 1e3)),
                };
                Judged { bound, found, value, verdict }
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
    fn two_figures_are_added_up() {
        let figures = ["a | b | c = 12", "a | d | c = 2.5"];
        let figures = figures
            .iter()
            .filter_map(|told| Figure::read(&format!("figure {told}"))?.ok())
            .collect();
        let run = Run { name: String::new(), date: String::new(), machine: String::new(), figures };
        let kept = Kept { runs: vec![run] };
        for (text, value) in [
            ("a | b | c minus a | d | c <= 9", Some(9.5)),
            ("a | b | c plus a | d | c <= 9", Some(14.5)),
            ("a | b | c plus a | e | c <= 9", None),
        ] {
            assert_eq!(Bound::read(text).and_then(|bound| bound.value(&kept)), value, "{text}");
        }
    }

    #[test]
    fn a_bound_has_a_figure_a_sign_and_a_limit() {
        for (text, number, holds) in [
            ("Calls, 0.6 kB | ours | allocations <= 85", 85.0, true),
            ("Calls, 0.6 kB | ours | allocations <= 85", 85.5, false),
            ("a | b | c >= 20", 19.0, false),
            ("a | b | c == 0", 0.0, true),
            ("a | b | c == 0", 1.0, false),
            ("a | b | c minus a | d | c <= 9", 9.0, true),
        ] {
            assert_eq!(Bound::read(text).map(|bound| bound.holds(number)), Some(holds), "{text}");
        }
        for text in ["a | b <= 1", "a | b | c", "a | b | c <= few"] {
            assert!(Bound::read(text).is_none(), "{text}");
        }
    }
}
