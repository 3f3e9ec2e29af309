//! Jobs on their way, from their ids.

use std::time::Duration;

use flighthub_api::v1::{
    ModelUuid, OpenmodelGet, OpenmodelRunning, Reconstruction, ReconstructionStatus, ZipStatus,
};
use flighthub_api::{Access, Permits, Project};
use serde::Serialize;

use super::events::ReconstructionEvent;
use super::jobs::JobKind;
use crate::run::within;
use crate::{Error, ErrorKind, Result, Run};

/// Between two looks at a job, at first and at most: reconstructions take from minutes to hours.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// For how long a job that was started may not be known yet.
const UNKNOWN_FOR: Duration = Duration::from_secs(120);

/// Until when a job is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Until {
    /// Until its model is built.
    Model,
    /// Until the archive of its model is packed too, or its packing has failed.
    #[default]
    Archive,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum JobState {
    /// Waits for computers.
    Queued,
    /// Is being computed.
    Running,
    /// The model is built; its archive is not packed yet.
    Built,
    /// The model is built and its archive packed.
    Packed,
    /// The model is built, but its archive could not be packed.
    PackingFailed,
    /// Failed.
    Failed,
    /// No computers could be had for it: it has failed. A used-up quota shows like this.
    NoResources,
    /// Was cancelled.
    Cancelled,
    /// A status that this version does not know.
    Unknown,
}

impl JobState {
    fn of(row: &Reconstruction) -> Self {
        use ReconstructionStatus as S;
        match (row.model_status, row.zip_status) {
            (Some(S::Failed), _) => Self::Failed,
            (Some(S::ResourceRequestFailed), _) => Self::NoResources,
            (Some(S::Cancelled), _) => Self::Cancelled,
            (Some(S::WaitingForResources), _) => Self::Queued,
            (Some(S::Running), _) => Self::Running,
            // Which of the two statuses comes last is not known, so the archive's own word counts.
            (Some(S::Succeeded | S::MappingSucceeded), Some(ZipStatus::Finished)) => Self::Packed,
            (Some(S::Succeeded | S::MappingSucceeded), Some(ZipStatus::Failed)) => {
                Self::PackingFailed
            }
            (Some(S::Succeeded | S::MappingSucceeded), _) => Self::Built,
            _ => Self::Unknown,
        }
    }

    /// Whether there is a model.
    #[must_use]
    pub const fn has_model(self) -> bool {
        matches!(self, Self::Built | Self::Packed | Self::PackingFailed)
    }

    /// Whether there never will be one.
    #[must_use]
    pub const fn is_lost(self) -> bool {
        matches!(self, Self::Failed | Self::NoResources | Self::Cancelled)
    }

    fn is_enough(self, until: Until) -> bool {
        match until {
            Until::Model => self.has_model() || self.is_lost(),
            Until::Archive => (self.has_model() && self != Self::Built) || self.is_lost(),
        }
    }
}

/// A job as it was last seen.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct JobOutcome {
    /// Its id, and that of its model.
    pub model_uuid: String,
    /// What it builds; absent when the service does not say.
    pub kind: Option<JobKind>,
    /// Where it stands.
    pub state: JobState,
    /// The status as the service says it.
    pub status: Option<i64>,
    /// Percent of the reconstruction.
    pub progress: Option<i32>,
    /// The service's reason for a failure; what the numbers mean is not published. Absent when there is none.
    pub error_code: Option<i32>,
    /// Size of the model in bytes, when it is built.
    pub size_bytes: Option<i64>,
    /// The images that it was built from.
    pub resource_uuid: Option<String>,
    /// Key of the packed archive in the service's storage. **No call of this version turns it into a link.**
    pub archive_key: Option<String>,
}

impl JobOutcome {
    fn of(row: &Reconstruction) -> Self {
        Self {
            model_uuid: row.model_uuid.to_string(),
            kind: row.model_type.and_then(JobKind::of_wire),
            state: JobState::of(row),
            status: row.model_status.map(|status| status.as_i64()),
            progress: row.reconstruction_progress,
            error_code: row.error_code.filter(|code| *code != 0),
            size_bytes: row.model_size.filter(|size| *size > 0),
            resource_uuid: row.resource_uuid.as_ref().map(ToString::to_string),
            archive_key: row.zip_file_key.clone().filter(|key| !key.is_empty()),
        }
    }
}

/// Where jobs stand now.
///
/// # Errors
///
/// As `openmodel.get`.
pub async fn model_states<A: Access + Permits<OpenmodelGet>>(
    project: &Project<A>,
    models: &[ModelUuid],
) -> Result<Vec<JobOutcome>> {
    let mut all = Vec::with_capacity(models.len());
    for model in models {
        let row = project.send(&OpenmodelGet::new(model.clone())).await;
        all.push(JobOutcome::of(&row.map_err(|error| of_model(model, error))?));
    }
    Ok(all)
}

/// The jobs of the organization that are not done, whoever started them.
///
/// # Errors
///
/// As `openmodel.running`.
pub async fn running_models<A: Access + Permits<OpenmodelRunning>>(
    project: &Project<A>,
) -> Result<Vec<JobOutcome>> {
    let listing = project.send(&OpenmodelRunning::new()).await?;
    Ok(listing.list.iter().map(JobOutcome::of).collect())
}

/// Waits for jobs, from their ids: nothing else is needed, so a wait that was broken off can be taken up again.
///
/// A question that finds no answer is asked again until the deadline. The outcome has one entry per job; look at its
/// [`state`](JobOutcome::state), because jobs that failed are an outcome, not an error.
///
/// # Errors
///
/// [`ErrorKind::Deadline`] when a job is not done then, and refusals of `openmodel.get`.
pub async fn wait_models<A: Access + Permits<OpenmodelGet>>(
    project: &Project<A>,
    models: &[ModelUuid],
    until: Until,
    deadline: Duration,
    run: &Run<ReconstructionEvent>,
) -> Result<Vec<JobOutcome>> {
    let begun = run.now();
    let mut last: Vec<Option<JobOutcome>> = vec![None; models.len()];
    let mut pause = FIRST_PAUSE;
    loop {
        let waited = run.now().saturating_duration_since(begun);
        let mut has_moved = false;
        for (model, before) in models.iter().zip(&mut last) {
            if before.as_ref().is_some_and(|job| job.state.is_enough(until)) {
                continue;
            }
            let left = deadline.saturating_sub(run.now().saturating_duration_since(begun));
            let Some(job) = look(project, model, waited, left, run).await? else { continue };
            if before.as_ref() != Some(&job) {
                has_moved = true;
                tell(&job, until, run);
                *before = Some(job);
            }
        }
        let done: Option<Vec<JobOutcome>> =
            last.iter().map(|job| job.clone().filter(|job| job.state.is_enough(until))).collect();
        if let Some(done) = done {
            return Ok(done);
        }
        let waited = run.now().saturating_duration_since(begun);
        if waited >= deadline {
            return Err(late(models, &last, until, deadline));
        }
        pause = if has_moved { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
        run.sleep(pause.min(deadline.saturating_sub(waited)).max(Duration::from_millis(1))).await;
    }
}

/// A job, or nothing when that is to be asked again.
async fn look<A: Access + Permits<OpenmodelGet>>(
    project: &Project<A>,
    model: &ModelUuid,
    waited: Duration,
    left: Duration,
    run: &Run<ReconstructionEvent>,
) -> Result<Option<JobOutcome>> {
    match project.call_with(&OpenmodelGet::new(model.clone()), &within(left)).await {
        Ok(row) => Ok(Some(JobOutcome::of(row.output()))),
        Err(error) if is_passing(&error) || (error.is_not_found() && waited < UNKNOWN_FOR) => {
            run.say(ReconstructionEvent::Trouble { reason: error.to_string() });
            Ok(None)
        }
        Err(error) => Err(of_model(model, error)),
    }
}

/// Whether a question may find its answer later.
pub(super) fn is_passing(error: &flighthub_api::Error) -> bool {
    let is_server =
        error.code().is_none() && error.http_status().is_some_and(|status| status >= 500);
    error.is_connection() || error.is_timeout() || error.is_rate_limited() || is_server
}

fn tell(job: &JobOutcome, until: Until, run: &Run<ReconstructionEvent>) {
    run.say(if job.state.is_enough(until) {
        ReconstructionEvent::Ended(job.clone())
    } else {
        ReconstructionEvent::Progress {
            model_uuid: job.model_uuid.clone(),
            kind: job.kind.map(|kind| kind.to_string()),
            state: job.state,
            progress: job.progress,
            zip_progress: None,
        }
    });
}

fn of_model(model: &ModelUuid, error: flighthub_api::Error) -> Error {
    Error::from(error).during(format!("model {model}"))
}

fn late(
    models: &[ModelUuid],
    last: &[Option<JobOutcome>],
    until: Until,
    deadline: Duration,
) -> Error {
    let open: Vec<String> = models
        .iter()
        .zip(last)
        .filter(|(_, job)| !job.as_ref().is_some_and(|job| job.state.is_enough(until)))
        .map(|(model, job)| match job {
            Some(job) => format!("{model} is {:?} at {} %", job.state, job.progress.unwrap_or(0)),
            None => format!("{model} has not answered"),
        })
        .collect();
    let text = format!("after {} s not all jobs are done: {}", deadline.as_secs(), open.join(", "));
    let help = "They go on without being waited for. Wait again with the same ids.";
    Error::new(ErrorKind::Deadline, text, help)
}
