//! Reconstruction from local images, from the folder to the model.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use flighthub_api::Project;
use flighthub_api::v1::ModelUuid;
use serde::Serialize;

use super::events::ReconstructionEvent as Event;
use super::filling::Filling;
use super::following::{JobOutcome, Until, wait_models};
use super::images::{ImageSet, Selection, scan_images};
use super::jobs::Jobs;
use super::starting;
use super::state::{ImagesState, Lock, Stage};
use crate::upload::UploadOptions;
use crate::{Error, ErrorKind, Result, Run};

/// What is reconstructed from local images, and how.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FromImages {
    /// The folder with the images.
    pub folder: PathBuf,
    /// Which of its files.
    pub selection: Selection,
    /// What to build. Starting it spends the image quota of the organization, once for every job and image.
    pub jobs: Jobs,
    /// Where is kept how far it is. The same file carries a run on that was broken off, whatever broke it. It holds the right to upload while
    /// that is needed, so only its owner can read it.
    pub state: PathBuf,
    /// A name for the set of images.
    pub resource_name: Option<String>,
    /// Whether the uploaded images are deleted by the service when all jobs have ended. The local ones are never touched.
    pub delete_uploaded_when_finished: bool,
    /// Images that are uploaded at a time.
    pub parallel_uploads: usize,
    /// How the storage is reached.
    pub upload: UploadOptions,
    /// For how long the service may import the images after the last one was reported.
    pub import_deadline: Duration,
    /// For how long the jobs are waited for; without it they are started and not waited for.
    pub wait: Option<Duration>,
    /// Until when.
    pub until: Until,
    /// Starts the jobs although an earlier start had an unknown outcome. Only after having looked in the console: it can spend the quota twice.
    pub start_again_after_unknown: bool,
}

impl FromImages {
    /// These jobs on the images of this folder, with the state in this file: four uploads at a time, half an hour for the import, not waiting
    /// for the jobs, deleting nothing.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, jobs: Jobs, state: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            selection: Selection::new(),
            jobs,
            state: state.into(),
            resource_name: None,
            delete_uploaded_when_finished: false,
            parallel_uploads: 4,
            upload: UploadOptions::new(),
            import_deadline: Duration::from_secs(1800),
            wait: None,
            until: Until::default(),
            start_again_after_unknown: false,
        }
    }
}

/// What a reconstruction from local images has come to.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Reconstructed {
    /// The resource with the images.
    pub resource_uuid: String,
    /// Images in it.
    pub images: u64,
    /// Their bytes together.
    pub bytes: u64,
    /// The jobs, and the models to come.
    pub models: Vec<ModelUuid>,
    /// Where the jobs stand, when they were waited for. Jobs that failed are listed too.
    pub outcomes: Option<Vec<JobOutcome>>,
    /// The file with the state.
    pub state: PathBuf,
}

/// Uploads the images of a folder by open modeling, starts the jobs on them, and waits for them if asked to.
///
/// It can be broken off at any time, by dropping it or by ending the process, and carried on with the same state: what is uploaded stays
/// uploaded, reports are not repeated, and **the jobs are started at most once**. When the answer to the start is lost, the jobs are looked for
/// among those that are running; when they cannot be found there the outcome is unknown, and stays so until somebody has looked.
///
/// An image goes up in one piece, below the [bound](UploadOptions::multipart_above) of the options.
///
/// # Errors
///
/// - [`ErrorKind::InvalidInput`]: the folder or the settings; nothing has been sent then.
/// - [`ErrorKind::State`]: the state is of other images, jobs or of another project, or another run is at work with it.
/// - [`ErrorKind::Storage`]: the storage fails, or its credentials ended before all was uploaded.
/// - [`ErrorKind::Indeterminate`]: a report or the start may or may not have arrived.
/// - [`ErrorKind::Deadline`]: the import or the jobs take longer. Run it again, or [`wait_models`].
/// - Refusals of the calls.
pub async fn from_images(
    project: &Project,
    settings: &FromImages,
    run: &Run<Event>,
) -> Result<Reconstructed> {
    let _lock = Lock::of(&settings.state)?;
    let mut state = begin(project, settings, run).await?;
    if state.start.is_none() && state.models.is_empty() {
        Filling::new(project, settings, run).fill(&mut state).await?;
    }
    starting::start(project, settings, &mut state, run).await?;
    run.say(Event::Started { models: state.models.iter().map(ToString::to_string).collect() });
    let outcomes = match settings.wait {
        Some(deadline) => {
            Some(wait_models(project, &state.models, settings.until, deadline, run).await?)
        }
        None => None,
    };
    Ok(Reconstructed {
        resource_uuid: state.resource.as_ref().map(ToString::to_string).unwrap_or_default(),
        images: state.images.len() as u64,
        bytes: state.images.iter().map(|image| image.size).sum(),
        models: state.models,
        outcomes,
        state: settings.state.clone(),
    })
}

/// The state of an earlier run, if it is of the same, else a new one.
async fn begin(project: &Project, settings: &FromImages, run: &Run<Event>) -> Result<ImagesState> {
    let earlier = ImagesState::load(&settings.state)?;
    if let Some(state) = earlier.as_ref().filter(|state| state.start.is_some()) {
        // The images have done their duty, and may be gone.
        check_same(project, settings, state, None)?;
        return Ok(resumed(state.clone(), run));
    }
    let (folder, selection) = (settings.folder.clone(), settings.selection.clone());
    let scan = tokio::task::spawn_blocking(move || scan_images(&folder, &selection)).await;
    let set = scan.map_err(|_| {
        Error::new(ErrorKind::File, "the folder could not be looked through", "Try again.")
    })??;
    settings.jobs.check_files(set.images.len() as u64)?;
    check_name(settings)?;
    run.say(Event::Scanned { images: set.images.len() as u64, bytes: set.bytes() });
    match earlier {
        Some(state) => {
            check_same(project, settings, &state, Some(&set))?;
            Ok(resumed(state, run))
        }
        None => {
            let state = ImagesState {
                project: project.uuid().to_owned(),
                jobs: settings.jobs.clone(),
                delete_images: settings.delete_uploaded_when_finished,
                images: set.images,
                resource: None,
                grant: None,
                in_storage: BTreeMap::new(),
                reporting_since_ms: None,
                start: None,
                models: Vec::new(),
            };
            state.save(&settings.state)?;
            Ok(state)
        }
    }
}

fn resumed(state: ImagesState, run: &Run<Event>) -> ImagesState {
    run.say(Event::Resumed {
        uploaded: state.in_storage.len() as u64,
        reported: state.count(Stage::Reported),
        is_started: state.start.is_some() || !state.models.is_empty(),
    });
    state
}

/// Refuses to carry on with something else than was begun.
fn check_same(
    project: &Project,
    settings: &FromImages,
    state: &ImagesState,
    set: Option<&ImageSet>,
) -> Result<()> {
    let differs = if state.project != project.uuid() {
        "another project"
    } else if state.jobs != settings.jobs {
        "other jobs"
    } else if state.delete_images != settings.delete_uploaded_when_finished {
        "another word about deleting the uploaded images"
    } else if set.is_some_and(|set| set.images != state.images) {
        "other images, or images that have changed since"
    } else {
        return Ok(());
    };
    let text = format!("{}: the earlier run was for {differs}", settings.state.display());
    let help =
        "Say the same as before to carry it on, or name another file for the state to begin anew.";
    Err(Error::new(ErrorKind::State, text, help))
}

fn check_name(settings: &FromImages) -> Result<()> {
    const MOST: usize = 255;
    match &settings.resource_name {
        Some(name) if name.trim().is_empty() || name.chars().count() > MOST => {
            let text = format!("the name of the images has to have 1 to {MOST} characters");
            Err(Error::new(ErrorKind::InvalidInput, text, "Give another name, or none."))
        }
        _ => Ok(()),
    }
}
