//! `flighthub mission report`: what a flight was.

use flighthub_workflows::mission;

use super::task_uuid;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Tell what a flight was: times, distance, highest point, waypoints, media, troubles
///
/// Joined from the task, the list and the track. What is missing is null, and `missing` says why.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flighthub mission report 5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10
  flighthub mission report 5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10 --jq '.distance_m, .duration_s'")]
pub(crate) struct Args {
    /// UUID of the task
    #[arg(value_name = "TASK")]
    task: String,
}

/// Tells it.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let task = task_uuid(&args.task)?;
    let project = context.read_project().await?;
    let report = mission::report(&project, &task).await?;
    context.out().value(&report)?;
    Ok(Exit::Ok)
}
