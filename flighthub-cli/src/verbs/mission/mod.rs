//! `flighthub mission`: check, launch once, wait, report, list.

mod check;
mod launch;
mod list;
mod pending;
mod plan;
mod report;
mod wait;

use std::path::PathBuf;

use clap::Subcommand;
use flighthub_api::v1::TaskUuid;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Fly: check, launch once, wait for the end, report, list
///
/// "Accepted" never means "flown": a launch is accepted, `wait` follows it to its end. A launch is written down before it is sent, and never sent a
/// second time: when the answer is lost, it is looked up.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flighthub mission check --dock \"North dock\" --route north-fence --now --rth-altitude 60 --rth-mode preset --precision rtk --time-zone Europe/Prague
  flighthub mission launch --name \"Night round\" --dock \"North dock\" --route north-fence --now --rth-altitude 60 --rth-mode preset \\
      --precision rtk --lost-link return_home --resume manual --time-zone Europe/Prague --wait --deadline 45m
  flighthub mission wait 5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10 --deadline 45m
  flighthub mission report 5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10
  flighthub mission list --since 7d
  flighthub mission pending --look")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Check(check::Args),
    Launch(Box<launch::Args>),
    Wait(wait::Args),
    Report(report::Args),
    List(list::Args),
    Pending(pending::Args),
    Settle(pending::SettleArgs),
}

/// Does it.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    match args.command {
        What::Check(args) => check::run(context, args).await,
        What::Launch(args) => launch::run(context, *args).await,
        What::Wait(args) => wait::run(context, args).await,
        What::Report(args) => report::run(context, args).await,
        What::List(args) => list::run(context, args).await,
        What::Pending(args) => pending::run(context, args).await,
        What::Settle(args) => pending::settle(context, args).await,
    }
}

/// Where launches are written down.
fn folder(context: &Context) -> Result<PathBuf, Failure> {
    Ok(context.state_dir()?.join("missions"))
}

/// The UUID of a task, as it was given.
fn task_uuid(text: &str) -> Result<TaskUuid, Failure> {
    let text = text.trim();
    if text.is_empty() || text.contains(['/', '?', '#']) || text.chars().any(char::is_whitespace) {
        return Err(Failure::usage(
            format!("`{}` is no UUID of a task", flighthub_workflows::choose::printable(text)),
            "`flighthub mission list` names them.",
        ));
    }
    Ok(TaskUuid::new(text))
}
