//! `flighthub mission launch`: once, after the checks and a confirmation.

use std::time::Duration;

use clap::builder::PossibleValuesParser;
use flighthub_api::v1::{TaskCreate, TaskSchedule};
use flighthub_api::{Project, RiskLevel};
use flighthub_workflows::choose::printable;
use flighthub_workflows::mission::{
    self, CheckReport, IntentId, Launch, LaunchEvent, Launched, Outcome, Patience,
};
use serde_json::Value;

use super::plan::{PlanArgs, Rest, known};
use super::{check, folder, wait};
use crate::confirm::Danger;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Launch a flight, once
///
/// Checks first, asks for a confirmation that names the dock, writes the launch down, and sends it one time. A marker is added to the name. When the
/// answer is lost, the task is looked up, and never sent again: exit code 8 when it stays unknown, and `mission pending --look` looks again. As long
/// as a launch of the dock is open, no other one is sent.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flighthub mission launch --name \"Night round\" --dock \"North dock\" --route north-fence --now --rth-altitude 60 --rth-mode preset \\
      --precision rtk --lost-link return_home --resume manual --time-zone Europe/Prague --wait --deadline 45m
  flighthub mission launch --id alarm-17 --name \"Alarm 17\" --dock 7CTXN0000B00A1 --route east-gate --now --rth-altitude 60 --rth-mode preset \\
      --precision gps --lost-link return_home --resume manual --time-zone Europe/Prague --yes
  flighthub mission launch … --dry-run")]
pub(crate) struct Args {
    /// Name of the task, at most 38 characters; a marker is added
    #[arg(long, value_name = "NAME")]
    name: String,
    #[command(flatten)]
    plan: PlanArgs,
    /// What the aircraft does when it loses its link
    #[arg(long, value_name = "ACTION", value_parser = PossibleValuesParser::new(["return_home", "continue_task"]))]
    lost_link: String,
    /// Who takes up a flight that was broken off: FlightHub by itself, or a person
    #[arg(long, value_name = "WHO", value_parser = PossibleValuesParser::new(["auto", "manual"]))]
    resume: String,
    /// Id of your own, such as an alarm's number: it is launched once however often it is asked for
    #[arg(long, value_name = "ID")]
    id: Option<IntentId>,
    /// Check that shall not hold the launch back; again for more
    #[arg(long = "override", value_name = "CHECK", value_parser = PossibleValuesParser::new(mission::NAMES))]
    overrides: Vec<String>,
    /// How long to look for the task when the answer is lost
    #[arg(long, value_name = "DURATION", default_value = "3m", value_parser = crate::when::parse_duration)]
    patience: Duration,
    /// Wait for the end of the flight
    #[arg(long, requires = "deadline")]
    wait: bool,
    /// When to stop waiting, such as 45m from now; the flight goes on all the same
    #[arg(long, value_name = "DURATION", requires = "wait", value_parser = crate::when::parse_duration)]
    deadline: Option<Duration>,
    /// Wait for the media too
    #[arg(long, requires = "wait")]
    media: bool,
}

/// Launches.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    context.permit(RiskLevel::Dangerous)?;
    let project = context.project().await?;
    let rest = Rest {
        name: args.name.clone(),
        lost_link: known(&args.lost_link),
        resume: known(&args.resume),
    };
    let task = args.plan.task(context, &project, rest).await?;
    if context.is_dry_run() {
        return show_request(context, &project, task).await;
    }
    let settings = args.plan.settings(context, &task)?;
    let mut launch = Launch::new(task)
        .overriding(args.overrides.iter().cloned())
        .with_patience(Patience::of(args.patience));
    launch.id = args.id.clone();
    if let Some(earlier) = unfinished(context, &project, &launch).await? {
        return ended(context, &args, &project, earlier).await;
    }
    let checked = mission::check(&project, &context.run::<()>()?, &settings).await?;
    check::tell(context, &checked);
    refuse(&checked, &args.overrides)?;
    context.confirm(danger(&checked, &launch.task)).await?;
    let launched = send(context, &project, &launch, &checked).await?;
    ended(context, &args, &project, launched).await
}

/// A dry run ends with the request; the marker of a real launch is another one.
async fn show_request(
    context: &Context,
    project: &Project,
    mut task: TaskCreate,
) -> Result<Exit, Failure> {
    context.note("the checks are left out, and the marker at the end of the name differs each time");
    task.name = mission::marked_name(&task.name);
    project.send(&task).await?;
    Ok(Exit::Ok)
}

/// Before anybody is asked. The launch itself looks again.
fn refuse(checked: &CheckReport, overrides: &[String]) -> Result<(), Failure> {
    let holding: Vec<_> = checked
        .blocking()
        .filter(|check| !overrides.iter().any(|name| name == check.name))
        .collect();
    let Some(first) = holding.first() else { return Ok(()) };
    let names: Vec<&str> = holding.iter().map(|check| check.name).collect();
    let options: Vec<String> = names.iter().map(|name| format!("--override {name}")).collect();
    let remedy = first.remedy.unwrap_or("See the reasons above.");
    Err(Failure::new(
        Exit::Refused,
        format!("held back by {}: {}; nothing was sent", names.join(", "), first.reason),
        format!("{remedy} Who knows better adds {}.", options.join(" ")),
    ))
}

fn danger(checked: &CheckReport, task: &TaskCreate) -> Danger {
    let aircraft = match (&checked.aircraft_name, &checked.aircraft) {
        (Some(name), Some(sn)) => format!("aircraft {} ({sn})", printable(name)),
        (None, Some(sn)) => format!("aircraft {sn}"),
        _ => "the aircraft".to_owned(),
    };
    let route = checked.route_name.as_deref().unwrap_or(checked.route.as_str());
    let when = match &task.schedule {
        TaskSchedule::Immediate => "now, without anybody standing by".to_owned(),
        TaskSchedule::Timed(timed) => format!("at {}, without anybody standing by", timed.begin_at),
        _ => "again and again by its plan, without anybody standing by".to_owned(),
    };
    Danger {
        what: format!("This makes {aircraft} take off and fly route {} {when}", printable(route)),
        kind: "dock",
        id: checked.dock.as_str().to_owned(),
        name: checked.dock_name.clone(),
    }
}

/// What an earlier run of the same launch came to, before anything is checked and asked.
async fn unfinished(
    context: &Context,
    project: &Project,
    launch: &Launch,
) -> Result<Option<Launched>, Failure> {
    let folder = folder(context)?;
    let (run, events) = context.run_with_events()?;
    let work = mission::unfinished(project, &run, &folder, launch);
    Ok(context.follow(events, work, |event| tell(context, &event)).await?)
}

async fn send(
    context: &Context,
    project: &Project,
    launch: &Launch,
    checked: &CheckReport,
) -> Result<Launched, Failure> {
    let folder = folder(context)?;
    let (run, events) = context.run_with_events()?;
    let work = mission::launch(project, &run, &folder, launch, checked);
    let work = context.follow(events, work, |event| tell(context, &event));
    Ok(context.writing("the launch", work).await?)
}

/// Says what happens.
pub(crate) fn tell(context: &Context, event: &LaunchEvent) {
    match event {
        LaunchEvent::Overridden { checks } => {
            context.note(format!("overridden: {}", checks.join(", ")));
        }
        LaunchEvent::Earlier { id } => {
            context.note(format!("launch {id} is still open; looking it up before anything is sent"));
        }
        LaunchEvent::Sending { id, name } => {
            context.detail(format!("launch {id}: sending {}", printable(name)));
        }
        LaunchEvent::Unknown { reason } => {
            context.warn(format!("the answer is lost: {reason} Looking for the task; it is not sent again."));
        }
        LaunchEvent::NotFoundYet { problem, pause_ms } => {
            let why = problem.as_deref().unwrap_or("not in the list so far");
            context.note(format!("{why}; looking again in {:.0} s", *pause_ms as f64 / 1000.0));
        }
        _ => {}
    }
}

async fn ended(
    context: &Context,
    args: &Args,
    project: &Project,
    launched: Launched,
) -> Result<Exit, Failure> {
    let mut value = serde_json::to_value(&launched)
        .map_err(|error| Failure::unexpected(format!("the outcome cannot be shown: {error}")))?;
    if let Some(problem) = &launched.not_written {
        context.warn(format!("the outcome is not on disk: {problem}"));
    }
    let Some(task) = launched.outcome.task() else {
        context.out().value(&value)?;
        return failed(launched);
    };
    let sent = if launched.was_sent { "" } else { " by an earlier launch; nothing was sent" };
    context.note(format!("accepted{sent}, not yet flown: task {task}"));
    let (true, Some(deadline)) = (args.wait, args.deadline) else {
        context.out().value(&value)?;
        return Ok(Exit::Ok);
    };
    let waited = wait::follow(context, project, task, deadline, args.media).await;
    let waited = match waited {
        Ok(waited) => waited,
        Err(failure) => {
            // That it was launched is worth more than that the waiting failed.
            context.out().value(&value)?;
            return Err(failure);
        }
    };
    if let Some(fields) = value.as_object_mut() {
        fields.insert("wait".to_owned(), serde_json::to_value(&waited).unwrap_or(Value::Null));
    }
    context.out().value(&value)?;
    wait::exit(context, &waited)
}

/// How the program ends when there is no task, or nobody knows.
pub(crate) fn failed(launched: Launched) -> Result<Exit, Failure> {
    match (launched.outcome, launched.error) {
        (Outcome::Refused { .. }, Some(error)) => Err(Failure::from(error)),
        (Outcome::Refused { reason }, None) => {
            Err(Failure::new(Exit::Refused, reason, "Launch it under another id."))
        }
        (Outcome::Unknown { reason }, _) => Err(Failure::new(
            Exit::OutcomeUnknown,
            format!("nobody knows whether launch {} was accepted: {reason}", launched.id),
            format!(
                "Look with `flighthub mission pending --look`, and for the name `{}` in the web console. When there is no task, \
                 `flighthub mission settle {} --note …` ends the matter. Do not launch it another way before.",
                printable(&launched.name),
                launched.id
            ),
        )),
        (Outcome::Settled { note }, _) => Err(Failure::new(
            Exit::Refused,
            format!("launch {} was settled by hand: {}", launched.id, printable(&note)),
            "Launch it under another id.",
        )),
        _ => Ok(Exit::Ok),
    }
}
