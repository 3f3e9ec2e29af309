//! The help of the program as a whole.

use crate::exit::Exit;
use crate::{operations, verbs};

/// What it is.
pub(crate) const ABOUT: &str = "\
FlightHub 2 on the command line: flights, routes, media, tracks, live video.

Data goes to standard output (a table on a terminal, JSON in a pipe), everything else to standard error. \
What is dangerous asks first, on a terminal, and needs --yes in scripts. Every command can be tried without an account: --sim runs it \
against a fresh simulator.";

/// A few lines to begin with.
pub(crate) const EXAMPLES: &str = "\
Examples:
  flighthub doctor --sim
  flighthub mission list --since 7d
  flighthub device state 7CTXN0000B00A1
  flighthub task create --example > task.json
  flighthub task create --json @task.json --dry-run";

/// The order of the help: verbs and groups of operations apart.
pub(crate) fn template() -> String {
    let mut text = "{before-help}{about-with-newline}\n{usage-heading} {usage}\n".to_owned();
    let groups = operations::groups();
    let verbs = verbs::ALL.iter().map(|verb| {
        let about = verb.command().get_about().map(ToString::to_string).unwrap_or_default();
        (verb.name, about)
    });
    text += &section("Commands", verbs);
    text += &section(
        "Operations of the API, one call each",
        groups.iter().map(|name| (*name, operations::about(name))),
    );
    text + "\n\u{1b}[1;4mOptions:\u{1b}[0m\n{options}{after-help}"
}

fn section<'a>(title: &str, lines: impl Iterator<Item = (&'a str, String)>) -> String {
    const WIDTH: usize = 13;
    let mut text = format!("\n\u{1b}[1;4m{title}:\u{1b}[0m\n");
    for (name, about) in lines {
        text += &format!(
            "  \u{1b}[1m{name}\u{1b}[0m{:1$}{about}\n",
            "",
            WIDTH - name.len().min(WIDTH - 1)
        );
    }
    text
}

/// What the long help adds.
pub(crate) fn more() -> String {
    let mut text = format!("{EXAMPLES}\n\nExit codes:\n");
    for exit in Exit::ALL {
        text += &format!("  {:>3}  {}\n", exit.code(), exit.meaning());
    }
    text
}
