//! `proof` and `bench`: runs the commands that measure, keeps their figures and writes `docs/proof.md`.

use std::collections::BTreeSet;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::figures::{Figure, Kept, Run};
use crate::goals::{GOALS, Goal, Goals, Measure, Verdict};
use crate::tree::{Problem, replace};

/// The page, seen from the workspace.
const PAGE: &str = "docs/proof.md";

/// Which commands are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    All,
    Benchmarks,
}

/// Runs the named commands (all for none). What fails keeps its former figures, and the others still run.
pub(crate) fn measure(
    root: &Path,
    names: &[&str],
    which: Which,
    out: &mut dyn Write,
) -> Result<u8, Problem> {
    let goals = Goals::load(root)?;
    let mut kept = Kept::load(root)?;
    let mut failed = Vec::new();
    for command in goals.commands(names, which == Which::Benchmarks)? {
        writeln!(out, "── {}: {}", command.name, command.run)?;
        match figures_of(root, command) {
            Ok(mut figures) => {
                if !command.benchmark {
                    // Tests run in any order.
                    figures.sort_by(|a, b| (&a.table, &a.row).cmp(&(&b.table, &b.row)));
                }
                let run = Run {
                    name: command.name.clone(),
                    date: today(),
                    machine: machine(root),
                    figures,
                };
                write!(out, "{}", tables(&run))?;
                kept.put(run);
                kept.save(root)?;
            }
            Err(problem) => {
                eprintln!("{problem}");
                failed.push(command.name.as_str());
            }
        }
    }
    page(&goals, &kept, root)?;
    writeln!(out, "{}", summary(&goals, &kept))?;
    if failed.is_empty() {
        return Ok(0);
    }
    writeln!(out, "── failed, with their former figures kept: {}", failed.join(", "))?;
    Ok(1)
}

/// `proof --write`
pub(crate) fn write(root: &Path, out: &mut dyn Write) -> Result<u8, Problem> {
    let (goals, kept) = (Goals::load(root)?, Kept::load(root)?);
    page(&goals, &kept, root)?;
    writeln!(out, "{}", summary(&goals, &kept))?;
    Ok(0)
}

fn page(goals: &Goals, kept: &Kept, root: &Path) -> Result<(), Problem> {
    replace(&root.join(PAGE), &rendered(goals, kept))
}

/// Runs a command and collects the figures that it prints.
fn figures_of(root: &Path, measure: &Measure) -> Result<Vec<Figure>, Problem> {
    let failed = |what: String| Problem(format!("{}: {what}: `{}`", measure.name, measure.run));
    let mut words = measure.run.split_whitespace().peekable();
    let mut variables = Vec::new();
    while let Some(variable) = words.next_if(|word| word.contains('=')) {
        variables.extend(variable.split_once('='));
    }
    let program = words.next().ok_or_else(|| failed("the command is empty".to_owned()))?;
    let cargo = env::var_os("CARGO").filter(|_| program == "cargo");
    let mut command = Command::new(cargo.unwrap_or_else(|| program.into()));
    command.args(words).envs(variables).current_dir(root).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| {
        failed(format!("cannot start {program}: {error}; see that it is installed"))
    })?;
    let mut figures: Vec<Figure> = Vec::new();
    for line in child.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines()) {
        let line = line.map_err(|error| failed(format!("its output cannot be read: {error}")))?;
        if let Some(figure) = Figure::read(&line) {
            let figure = figure.map_err(failed)?;
            if figures.iter().any(|known| known.name() == figure.name()) {
                return Err(failed(format!("it gave `{}` twice", figure.name())));
            }
            figures.push(figure);
        }
    }
    let status = child.wait().map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        return Err(failed(format!("it ended with {status}, so that its figures do not count")));
    }
    if figures.is_empty() {
        return Err(failed("it printed no figure".to_owned()));
    }
    Ok(figures)
}

fn today() -> String {
    jiff::Zoned::now().date().to_string()
}

/// What the figures were taken on, in a few words.
fn machine(root: &Path) -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let told = |path: &str, key: &str| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default().to_owned();
        line.split_once(':').map_or_else(String::new, |(_, value)| value.trim().to_owned())
    };
    let kilobytes: Option<u64> =
        told("/proc/meminfo", "MemTotal").split(' ').next().and_then(|number| number.parse().ok());
    let memory = kilobytes.map(|kilobytes| format!("{} GiB", (kilobytes + (1 << 19)) >> 20));
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let compiler = Command::new(compiler).arg("--version").current_dir(root).output().ok();
    let compiler = compiler.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let compiler = compiler
        .map(|text| text.split(" (").next().unwrap_or_default().to_owned())
        .filter(|text| !text.is_empty());
    let parts = [
        Some(format!("{cores} cores")),
        Some(told("/proc/cpuinfo", "model name")).filter(|model| !model.is_empty()),
        memory,
        Some(format!("{} {}", env::consts::OS, env::consts::ARCH)),
        compiler,
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// How many goals hold.
fn summary(goals: &Goals, kept: &Kept) -> String {
    let verdicts: Vec<_> =
        goals.goals.iter().map(|goal| Goal::verdict(&goal.judged(kept))).collect();
    let count = |wanted| verdicts.iter().filter(|verdict| **verdict == wanted).count();
    format!(
        "{} goals: {} pass, {} with a gap, {} not measured",
        verdicts.len(),
        count(Verdict::Pass),
        count(Verdict::Gap),
        count(Verdict::NotMeasured)
    )
}

/// The whole page.
fn rendered(goals: &Goals, kept: &Kept) -> String {
    let mut page = format!(
        "<!-- Written by `cargo xtask proof` from {GOALS} and the figures beside it. Do not edit. -->\n\n# Proof\n\n\
         What is promised, what the best elsewhere reach, and what we reach, each figure with the command that gives it.\n\
         `cargo xtask proof` measures everything anew and writes this page; `cargo xtask proof NAME…` only what is named \
         (the names stand in the column \"measured by\"); `cargo xtask bench` only the benchmarks. Counts are exact; times are \
         ratios of one run, because absolute ones differ from machine to machine.\n\n{}.\n\n## Goals\n\n\
         | # | goal | best elsewhere | target | ours | measured by | verdict |\n|--:|---|---|---|---|---|---|\n",
        summary(goals, kept)
    );
    for goal in &goals.goals {
        page.push_str(&goal_row(goal, kept));
    }
    page.push_str("\n## Figures\n");
    for command in &goals.commands {
        let _ = write!(
            page,
            "\n### {}\n\n{}\n\n    {}\n",
            command.name,
            command.about.trim(),
            command.run
        );
        match kept.runs.iter().find(|run| run.name == command.name) {
            None => page.push_str("\nNot run yet.\n"),
            Some(run) => {
                let _ = write!(page, "\n{}; {}.\n{}", run.date, run.machine, tables(run));
            }
        }
    }
    page
}

fn goal_row(goal: &Goal, kept: &Kept) -> String {
    let judged = goal.judged(kept);
    let mut ours: Vec<_> = judged.iter().map(|bound| cell(&bound.shown())).collect();
    if !goal.note.is_empty() {
        ours.push(format!("*{}*", cell(goal.note.trim())));
    }
    let runs: BTreeSet<_> =
        judged.iter().filter_map(|bound| bound.found).map(|(run, _)| run.name.as_str()).collect();
    let runs: Vec<_> = runs.iter().map(|name| format!("[{name}](#{name})")).collect();
    format!(
        "| {} | {} | {} | {} | {} | {} | {} |\n",
        goal.row,
        cell(&goal.goal),
        cell(&goal.anchor),
        cell(&goal.target),
        ours.join("<br>"),
        runs.join(", "),
        Goal::verdict(&judged).word()
    )
}

/// A text that stays within its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// The tables of a run, each with its rows and columns in the order in which they were printed.
fn tables(run: &Run) -> String {
    let mut text = String::new();
    for table in distinct(run.figures.iter().map(|figure| figure.table.as_str())) {
        let of_table = || run.figures.iter().filter(move |figure| figure.table == table);
        let rows = distinct(of_table().map(|figure| figure.row.as_str()));
        let columns = distinct(of_table().map(|figure| figure.column.as_str()));
        let heads: Vec<_> = columns.iter().map(|column| cell(column)).collect();
        let _ = write!(
            text,
            "\n| {} | {} |\n|---{}|\n",
            cell(table),
            heads.join(" | "),
            "|--:".repeat(heads.len())
        );
        for row in rows {
            let cells: Vec<_> = columns
                .iter()
                .map(|column| {
                    let figure =
                        of_table().find(|figure| figure.row == row && figure.column == *column);
                    figure.map(|figure| cell(&figure.shown())).unwrap_or_default()
                })
                .collect();
            let _ = writeln!(text, "| {} | {} |", cell(row), cells.join(" | "));
        }
    }
    text
}

/// Each text once, in order of appearance.
fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut known = Vec::new();
    for text in texts {
        if !known.contains(&text) {
            known.push(text);
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chores;

    #[test]
    fn the_page_is_what_goals_and_figures_say() -> Result<(), Problem> {
        let root = chores::root();
        let page = rendered(&Goals::load(&root)?, &Kept::load(&root)?);
        let committed =
            fs::read_to_string(root.join(PAGE)).unwrap_or_default().replace("\r\n", "\n");
        assert!(page == committed, "{PAGE} is not up to date; run `cargo xtask proof --write`");
        Ok(())
    }

    #[test]
    fn every_goal_points_at_figures_that_were_measured() -> Result<(), Problem> {
        let root = chores::root();
        let (goals, kept) = (Goals::load(&root)?, Kept::load(&root)?);
        // As long as a command was not run, its figures are not known.
        if goals.commands.iter().any(|known| kept.runs.iter().all(|run| run.name != known.name)) {
            return Ok(());
        }
        let mut dangling = Vec::new();
        for goal in &goals.goals {
            for bound in goal.judged(&kept).iter().filter(|bound| bound.found.is_none()) {
                dangling.push(format!("goal {}: {}", goal.row, bound.bound.figure));
            }
        }
        assert!(dangling.is_empty(), "no command gave these figures: {dangling:#?}");
        Ok(())
    }

    #[test]
    fn tables_have_their_rows_and_columns_once() {
        let figures = [
            "t | a | x = 1",
            "t | a | y = 2 ms",
            "t | b | y = not measured (why)",
            "u | a | x = 4",
        ]
        .iter()
        .filter_map(|told| Figure::read(&format!("figure {told}"))?.ok())
        .collect();
        let run = Run { name: String::new(), date: String::new(), machine: String::new(), figures };
        assert_eq!(
            tables(&run),
            "\n| t | x | y |\n|---|--:|--:|\n| a | 1 | 2 ms |\n| b |  | not measured (why) |\n\n| u | x |\n|---|--:|\n| a | 4 |\n"
        );
    }
}
