//! `flighthub model wait` and `status`.

use std::path::PathBuf;
use std::time::Duration;

use flighthub_api::v1::{ModelId, ModelUuid};
use flighthub_workflows::choose::printable;
use flighthub_workflows::reconstruction::{
    Awaited, model_states, progress_of, running_models, wait_listed, wait_models,
};

use super::images::usual_state;
use super::{JOBS, NO_LINK, UntilArg, exit_of};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::out::Column;

#[derive(Debug, clap::Args)]
pub(super) struct WaitArgs {
    /// Ids: a number of `model from-flight`, or UUIDs of `model from-images`
    #[arg(value_name = "ID", required_unless_present_any = ["name", "folder", "state"])]
    ids: Vec<String>,
    /// Wait for a model of a flight by its name, when the answer to the order was lost
    #[arg(long, value_name = "NAME", conflicts_with_all = ["ids", "folder", "state"])]
    name: Option<String>,
    #[command(flatten)]
    earlier: Earlier,
    /// How long to wait at most
    #[arg(long = "for", value_name = "DURATION", value_parser = crate::when::parse_duration)]
    deadline: Duration,
    /// Until when, for jobs of open modeling
    #[arg(long, value_enum, default_value = "archive")]
    until: UntilArg,
}

#[derive(Debug, clap::Args)]
pub(super) struct StatusArgs {
    /// UUIDs of jobs
    #[arg(value_name = "UUID")]
    ids: Vec<String>,
    #[command(flatten)]
    earlier: Earlier,
}

/// An earlier `model from-images`.
#[derive(Debug, clap::Args)]
struct Earlier {
    /// The jobs of `model from-images` of this folder
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["ids", "state"])]
    folder: Option<PathBuf>,
    /// The jobs of `model from-images` with this state
    #[arg(long, value_name = "FILE", conflicts_with = "ids")]
    state: Option<PathBuf>,
}

impl Earlier {
    /// Its jobs, if one is meant.
    fn jobs(&self, context: &Context, project: &str) -> Result<Option<Vec<ModelUuid>>, Failure> {
        let file = match (&self.state, &self.folder) {
            (Some(file), _) => file.clone(),
            (None, Some(folder)) => usual_state(context, project, folder)?,
            (None, None) => return Ok(None),
        };
        let earlier = progress_of(&file)?;
        if earlier.models.is_empty() {
            return Err(Failure::new(
                Exit::NotFound,
                format!(
                    "no jobs are known yet: {} of {} images are up, {} reported",
                    earlier.uploaded, earlier.images, earlier.reported
                ),
                "Run the same `flighthub model from-images` again; it goes on where it was.",
            ));
        }
        Ok(Some(earlier.models))
    }
}

/// Models of flights have numbers, jobs of open modeling UUIDs.
fn sort(ids: &[String]) -> Result<(Vec<i64>, Vec<ModelUuid>), Failure> {
    let (mut numbers, mut uuids) = (Vec::new(), Vec::new());
    for id in ids {
        let id = id.trim();
        match id.parse::<i64>() {
            Ok(number) => numbers.push(number),
            Err(_) if id.contains('-') => uuids.push(ModelUuid::new(id)),
            Err(_) => {
                let help = "Ids are numbers (models of flights) or UUIDs (jobs of open modeling).";
                return Err(Failure::usage(format!("`{}` is no id of a model", printable(id)), help));
            }
        }
    }
    if !numbers.is_empty() && !uuids.is_empty() {
        let help = "Wait for them one after the other.";
        return Err(Failure::usage("models of flights and jobs cannot be mixed", help));
    }
    Ok((numbers, uuids))
}

const LISTED: [Column; 4] = [
    Column::id("ID", "model_id"),
    Column::new("NAME", "name"),
    Column::new("KIND", "kind"),
    Column::new("BYTES", "size_bytes"),
];

/// Waits.
pub(super) async fn wait(context: &Context, args: WaitArgs) -> Result<Exit, Failure> {
    let (numbers, mut uuids) = sort(&args.ids)?;
    let project = context.read_project().await?;
    if let Some(jobs) = args.earlier.jobs(context, project.uuid())? {
        uuids = jobs;
    }
    if uuids.is_empty() {
        let ids = numbers.into_iter().map(|id| Awaited::id(ModelId::new(id)));
        let all: Vec<Awaited> = ids.chain(args.name.map(Awaited::name)).collect();
        let (run, events) = context.run_with_events()?;
        let begun = run.clock().now();
        let bar = context.progress().spinner("waiting until the model is listed");
        let work = async {
            let mut listed = Vec::new();
            for awaited in &all {
                let waited = run.clock().now().saturating_duration_since(begun);
                let left = args.deadline.saturating_sub(waited);
                listed.push(wait_listed(&project, awaited, left, &run).await?);
            }
            Ok::<_, flighthub_workflows::Error>(listed)
        };
        let listed =
            context.follow(events, work, |event| super::flight::hear(context, &bar, &event)).await;
        drop(bar);
        context.out().rows(&LISTED, listed?)?;
        context.note("`flighthub model get ID` has the link to the packed model");
        return Ok(Exit::Ok);
    }
    let (run, events) = context.run_with_events()?;
    let mut bar = context.progress().spinner("waiting for the jobs");
    let work = wait_models(&project, &uuids, args.until.into(), args.deadline, &run);
    let jobs =
        context.follow(events, work, |event| super::images::hear(context, &mut bar, event)).await;
    drop(bar);
    let jobs = jobs?;
    context.out().rows(&JOBS, &jobs)?;
    if jobs.iter().any(|job| job.archive_key.is_some()) {
        context.note(NO_LINK);
    }
    Ok(exit_of(&jobs))
}

/// Says where they stand.
pub(super) async fn status(context: &Context, args: StatusArgs) -> Result<Exit, Failure> {
    let (numbers, mut uuids) = sort(&args.ids)?;
    if !numbers.is_empty() {
        let help = "`flighthub model list` shows the models of flights that are built; nothing tells how far the others are.";
        return Err(Failure::usage("models of flights have no status", help));
    }
    let project = context.read_project().await?;
    if let Some(jobs) = args.earlier.jobs(context, project.uuid())? {
        uuids = jobs;
    }
    let jobs = if uuids.is_empty() {
        running_models(&project).await?
    } else {
        model_states(&project, &uuids).await?
    };
    context.out().rows(&JOBS, &jobs)?;
    Ok(Exit::Ok)
}
