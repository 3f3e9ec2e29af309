//! The start of the jobs, at most once.

use std::time::Duration;

use flighthub_api::Project;
use flighthub_api::v1::{ModelUuid, OpenmodelRunning, ResourceUuid, StartedModels};

use super::events::ReconstructionEvent as Event;
use super::following::is_passing;
use super::jobs::JobKind;
use super::open::FromImages;
use super::state::{ImagesState, Intent};
use crate::{Error, ErrorKind, Result, Run};

/// For how long jobs whose start has no answer are looked for, and how often.
const LOOK_FOR: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Starts the jobs, unless they were, and learns their ids.
pub(super) async fn start(
    project: &Project,
    settings: &FromImages,
    state: &mut ImagesState,
    run: &Run<Event>,
) -> Result<()> {
    if !state.models.is_empty() {
        return Ok(());
    }
    let Some(resource) = state.resource.clone() else {
        let text = "the state names no resource to start jobs on";
        return Err(Error::new(ErrorKind::State, text, "Name another file for the state."));
    };
    if state.start.is_some() {
        let reason = "the earlier run ended before the answer to the start".to_owned();
        let call = "openmodel.start".to_owned();
        run.say(Event::Reconciling { call, reason });
        match found(project, &resource, state.jobs.kinds().count(), run).await? {
            models if !models.is_empty() => return adopt(settings, state, models),
            _ if !settings.start_again_after_unknown => return Err(unknown(&resource, None)),
            _ => {}
        }
    }
    run.say(Event::Starting { kinds: state.jobs.kinds().map(|kind| kind.to_string()).collect() });
    state.start = Some(Intent { at_ms: run.wall().unix_millis() });
    state.save(&settings.state)?;
    let call = state.jobs.start(&resource, state.delete_images);
    match project.send(&call).await {
        Ok(started) => adopt(settings, state, of_answer(&started)),
        Err(error) if error.is_indeterminate() => {
            run.say(Event::Reconciling {
                call: error.operation().to_owned(),
                reason: error.to_string(),
            });
            let models = found(project, &resource, state.jobs.kinds().count(), run).await?;
            if models.is_empty() {
                return Err(unknown(&resource, Some(error)));
            }
            adopt(settings, state, models)
        }
        Err(error) => {
            // It certainly had no effect: the next run may start them.
            state.start = None;
            state.save(&settings.state)?;
            Err(error.into())
        }
    }
}

/// The ids of an answer, in the order of the kinds.
fn of_answer(started: &StartedModels) -> Vec<ModelUuid> {
    [&started.model_2d, &started.model_3d, &started.model_3dgs, &started.model_lidar]
        .into_iter()
        .flatten()
        .map(|model| model.uuid.clone())
        .collect()
}

fn adopt(settings: &FromImages, state: &mut ImagesState, models: Vec<ModelUuid>) -> Result<()> {
    if models.is_empty() {
        let text = "the service accepted the start and named no job";
        let help = "Look in the console what is running. Nothing is started again with this state.";
        return Err(Error::new(ErrorKind::Indeterminate, text, help));
    }
    state.models = models;
    state.save(&settings.state)
}

/// The jobs that run on a resource. Nobody else knows of it, so they are those of our start.
async fn found(
    project: &Project,
    resource: &ResourceUuid,
    wanted: usize,
    run: &Run<Event>,
) -> Result<Vec<ModelUuid>> {
    let begun = run.now();
    let mut seen = Vec::new();
    loop {
        match project.send(&OpenmodelRunning::new()).await {
            Ok(listing) => {
                let own = listing
                    .list
                    .iter()
                    .filter(|row| row.resource_uuid.as_ref().is_some_and(|own| own == resource));
                let mut rows: Vec<_> = own
                    .map(|row| (row.model_type.and_then(JobKind::of_wire), row.model_uuid.clone()))
                    .collect();
                rows.sort();
                seen = rows.into_iter().map(|(_, model)| model).collect();
            }
            Err(error) if is_passing(&error) => {
                run.say(Event::Trouble { reason: error.to_string() });
            }
            Err(error) => return Err(error.into()),
        }
        let is_late = run.now().saturating_duration_since(begun) >= LOOK_FOR;
        if seen.len() >= wanted || is_late {
            return Ok(seen);
        }
        run.sleep(LOOK_EVERY).await;
    }
}

fn unknown(resource: &ResourceUuid, lost: Option<flighthub_api::Error>) -> Error {
    let text = format!(
        "it is not known whether the jobs on the resource {resource} have been started: none of them is running"
    );
    let help = "They are not started again, because that could spend the quota twice. Look in the console. Run it again with the same state to \
                look once more; if nothing was started, allow another start.";
    let error = Error::new(ErrorKind::Indeterminate, text, help);
    match lost {
        Some(lost) => error.with_source(lost),
        None => error,
    }
}
