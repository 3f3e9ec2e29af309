//! `flighthub mission pending` and `settle`: launches of which nobody knows what became of them.

use std::time::Duration;

use flighthub_workflows::mission::{self, IntentId, Intent, Outcome, Patience, Reconciled};
use serde_json::{Value, json};

use super::{folder, launch};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::out::Column;

/// List launches whose answer was lost, and look them up
///
/// Without --look nothing is asked: it shows what is on disk. With it, each is looked for in the task list; none is ever sent again. Exit code 8 while
/// one stays open.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flighthub mission pending
  flighthub mission pending --look --patience 10m")]
pub(crate) struct Args {
    /// Look for their tasks
    #[arg(long)]
    look: bool,
    /// How long to look for each
    #[arg(long, value_name = "DURATION", default_value = "30s", requires = "look", value_parser = crate::when::parse_duration)]
    patience: Duration,
}

/// End a launch by hand, after having looked in the web console
///
/// Nothing is sent. Afterwards the dock can be launched from again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flighthub mission settle 20260101T080000Z-fh-k7f3q9w2 --note \"no such task in the console\"")]
pub(crate) struct SettleArgs {
    /// Id of the launch
    #[arg(value_name = "ID")]
    id: IntentId,
    /// What was found
    #[arg(long, value_name = "TEXT")]
    note: String,
}

const COLUMNS: [Column; 6] = [
    Column::id("ID", "id"),
    Column::new("STATE", "state"),
    Column::id("TASK", "task_uuid"),
    Column::new("NAME", "name"),
    Column::id("DOCK", "dock"),
    Column::new("WRITTEN", "written_at"),
];

/// Lists them.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let folder = folder(context)?;
    let pending = mission::pending(&folder)?;
    for (path, problem) in &pending.unreadable {
        context.warn(format!("{}: {problem}", path.display()));
    }
    let mut rows = Vec::new();
    let mut open = pending.unreadable.len();
    for intent in &pending.open {
        let (row, is_open) = if args.look {
            let found = look(context, intent, args.patience).await?;
            (row(&found.intent, Some(&found)), matches!(found.outcome, Outcome::Unknown { .. }))
        } else {
            (row(intent, None), true)
        };
        rows.push(row);
        open += usize::from(is_open);
    }
    context.out().rows(&COLUMNS, rows)?;
    if open == 0 {
        context.note("no launch is open");
        return Ok(Exit::Ok);
    }
    context.note(format!("{open} open; nothing is launched from their docks until they are known"));
    Ok(Exit::OutcomeUnknown)
}

async fn look(
    context: &Context,
    intent: &Intent,
    patience: Duration,
) -> Result<Reconciled, Failure> {
    // The launch may belong to another project than the profile's.
    let project = context.read_client()?.project(&intent.project);
    let folder = folder(context)?;
    let (run, events) = context.run_with_events()?;
    let patience = Patience::of(patience);
    let work = mission::reconcile(&project, &run, &folder, &intent.id, &patience);
    Ok(context.follow(events, work, |event| launch::tell(context, &event)).await?)
}

/// A launch in short, for programs as well.
fn row(intent: &Intent, found: Option<&Reconciled>) -> Value {
    let state = serde_json::to_value(intent.state()).unwrap_or_default();
    json!({
        "id": intent.id,
        "state": state.get("state"),
        "task_uuid": intent.state().task(),
        "name": intent.name,
        "project": intent.project,
        "dock": intent.dock,
        "route": intent.route,
        "written_at": intent.written_at.to_string(),
        "error": state.get("error"),
        "status": found.and_then(|found| found.status.as_ref()),
        "alike": found.map(|found| &found.alike),
        "problem": found.and_then(|found| found.problem.as_ref()),
    })
}

/// Ends one by hand.
pub(crate) async fn settle(context: &Context, args: SettleArgs) -> Result<Exit, Failure> {
    if args.note.trim().is_empty() {
        return Err(Failure::usage("--note is empty", "Say what was found in the web console."));
    }
    let folder = folder(context)?;
    let run = context.run::<()>()?;
    let intent = mission::settle(&folder, &run, &args.id, args.note.trim())?;
    context.out().value(&row(&intent, None))?;
    context.note(format!("launch {} is settled; nothing was sent", intent.id));
    Ok(Exit::Ok)
}
