//! `flighthub mission wait`: a task to its end.

use std::time::Duration;

use flighthub_api::v1::{DeviceState, TaskGet, TaskList, TaskUuid};
use flighthub_api::{Access, Permits, Project};
use flighthub_workflows::mission::{
    self, Aircraft, End, Flying, MediaEnd, WaitEvent, WaitSettings, Waited,
};

use super::plan::deadline;
use super::task_uuid;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Wait for the end of a flight
///
/// The UUID of the task is all it takes, so it can be interrupted and begun again. Exit code 0 when the route was flown to its end, 9 when the deadline
/// passed first (the aircraft may still be flying), 10 when the flight ended otherwise, 11 when media are missing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flighthub mission wait 5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10 --deadline 45m
  flighthub mission wait 5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10 --deadline 3h --media --jq .end")]
pub(crate) struct Args {
    /// UUID of the task
    #[arg(value_name = "TASK")]
    task: String,
    /// When to stop waiting, such as 45m from now; the flight goes on all the same
    #[arg(long, value_name = "DURATION", value_parser = crate::when::parse_duration)]
    deadline: Duration,
    /// Wait for the media too
    #[arg(long)]
    media: bool,
}

/// Waits.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let task = task_uuid(&args.task)?;
    let project = context.read_project().await?;
    let waited = follow(context, &project, &task, args.deadline, args.media).await?;
    context.out().value(&waited)?;
    exit(context, &waited)
}

/// Waits, and says what happens on standard error.
pub(crate) async fn follow<A>(
    context: &Context,
    project: &Project<A>,
    task: &TaskUuid,
    after: Duration,
    media: bool,
) -> Result<Waited, Failure>
where
    A: Access + Permits<TaskGet> + Permits<TaskList> + Permits<DeviceState>,
{
    let mut settings = WaitSettings::until(deadline(context, after)?);
    settings.media = media;
    let bar = context.progress().spinner("waiting");
    let (run, events) = context.run_with_events()?;
    let work = mission::wait(project, &run, task, &settings);
    let waited = context
        .follow(events, work, |event| match event {
            WaitEvent::Status { status, is_known, .. } => {
                let word = flighthub_workflows::choose::printable(status.as_str());
                let unknown = if is_known { "" } else { ", which is not known here" };
                bar.message(&word);
                context.note(format!("status {word}{unknown}"));
            }
            WaitEvent::Waypoint { done, total } => {
                let total = total.map_or_else(String::new, |total| format!(" of {total}"));
                bar.message(&format!("waypoint {done}{total}"));
                context.detail(format!("waypoint {done}{total}"));
            }
            WaitEvent::Media { expected, uploaded } => {
                let number = |number: Option<i32>| number.map_or("?".to_owned(), |n| n.to_string());
                bar.message(&format!("media {} of {}", number(uploaded), number(expected)));
            }
            WaitEvent::ReadFailed { problem, pause_ms } => {
                context.detail(format!(
                    "{problem} Asking again in {:.0} s.",
                    pause_ms as f64 / 1000.0
                ));
            }
            _ => {}
        })
        .await?;
    Ok(waited)
}

/// How the program ends, with a sentence for people.
pub(crate) fn exit(context: &Context, waited: &Waited) -> Result<Exit, Failure> {
    let place = match waited.aircraft {
        Aircraft::InDock => "the aircraft is in its dock",
        Aircraft::OutsideDock => "the aircraft is not in its dock",
        _ => "where the aircraft is, is not known",
    };
    let exit = match &waited.end {
        End::Succeeded => {
            context.note(format!("flown to its end; {place}"));
            Exit::Ok
        }
        End::PartiallyDone => {
            context.warn(format!("flown in part only; {place}"));
            Exit::EndedBadly
        }
        End::Failed { status } => {
            let word = status.as_str();
            context.warn(format!("ended as {word}; {place}; `flighthub mission report` may say why"));
            Exit::EndedBadly
        }
        End::Suspended => {
            context.warn("the task is suspended: it does not start until somebody restores it");
            Exit::EndedBadly
        }
        End::DeadlinePassed { last_status, flying } => {
            let status = last_status.as_ref().map_or("unknown", |status| status.as_str());
            let flying = match flying {
                Flying::Yes => "it is still flying",
                Flying::NotYet => "it has not started",
                _ => "whether it flies is not known",
            };
            context.warn(format!(
                "the deadline has passed (status {status}): {flying}; nothing was stopped by that; {place}"
            ));
            Exit::Deadline
        }
        _ => Exit::Unexpected,
    };
    match waited.media {
        Some(media) if exit == Exit::Ok && media != MediaEnd::Complete => {
            context.warn("not all media have been uploaded");
            Ok(Exit::Partial)
        }
        _ => Ok(exit),
    }
}
