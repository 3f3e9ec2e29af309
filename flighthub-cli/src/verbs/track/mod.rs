//! `flighthub track`: where an aircraft flew, for maps and reports.

#[cfg(feature = "picture")]
mod canvas;
#[cfg(feature = "picture")]
mod drawing;
mod export;
mod plot;

use clap::Subcommand;
use flighthub_api::v1::TaskUuid;
use flighthub_workflows::track::Track;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// The flown track of a task: as a file for maps and spreadsheets, or as a picture
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flighthub track export 5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10 -O flight.gpx
  flighthub track plot 5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10 -O flight.png --route")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Export(export::Args),
    Plot(plot::Args),
}

/// Exports or plots it.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    match args.command {
        Command::Export(args) => export::run(context, args).await,
        #[cfg(feature = "picture")]
        Command::Plot(args) => drawing::run(context, args).await,
        #[cfg(not(feature = "picture"))]
        Command::Plot(_) => Err(Failure::usage(
            "this build of flighthub makes no pictures",
            "Install it with them: cargo install flighthub-cli --features picture.",
        )),
    }
}

/// The track of a task, which has points. What was left out of it is said.
async fn fetch(context: &Context, task: &str) -> Result<Track, Failure> {
    let project = context.read_project().await?;
    let track = Track::fetch(&project, TaskUuid::new(task)).await?;
    let dropped = track.dropped;
    if dropped.total() > 0 {
        context.note(format!(
            "points left out: {} without a fix, {} at impossible coordinates, {} twice the same, {} unreadable",
            dropped.no_fix, dropped.impossible, dropped.duplicate, dropped.unreadable
        ));
    }
    if track.points.is_empty() {
        return Err(Failure::new(
            Exit::NotFound,
            "the track has no points",
            "Right after the take-off there is none yet: try again. `flighthub task get` tells the state of the task.",
        ));
    }
    Ok(track)
}
