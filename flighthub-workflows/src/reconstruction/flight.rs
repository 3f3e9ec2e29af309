//! A model from the media folder of a flight.

use std::path::PathBuf;
use std::time::Duration;

use flighthub_api::Project;
use flighthub_api::v1::{
    CoordinateSystem, FlightTask, MediaFolderId, ModelArea, ModelCreate, ModelCreateArgs,
    ModelFileType, ModelFormat, ModelId, ModelList, ReconstructionMode, ReconstructionQuality,
    TaskGet, TaskStatus, TaskUuid,
};
use serde::{Deserialize, Serialize};

use super::events::ModelEvent as Event;
use super::following::is_passing;
use super::listed::Awaited;
use super::state::{self, Lock};
use crate::{Error, ErrorKind, Result, Run};

const KIND: &str = "model_from_flight";
/// Between two looks at the media of a flight, at first and at most. They take from minutes to hours.
const FIRST_PAUSE: Duration = Duration::from_secs(15);
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// What is needed to order a model of a flight. None of it has a default: quota is spent on it.
#[derive(Debug, Clone, PartialEq)]
pub struct FromFlightArgs {
    /// The flight task.
    pub task: TaskUuid,
    /// Name of the model to come. Make it one that no other model has: it is what the model is recognised by when an answer is lost.
    pub name: String,
    /// Map, 3D model, or both.
    pub kinds: Vec<ModelFileType>,
    /// Share of the mesh faces to keep, above 0 and at most 1. DJI recommends 0.2.
    pub simplified_factor: f64,
    /// Coordinate system of the output, such as `EPSG:32632`.
    pub coordinate_system: CoordinateSystem,
    /// How much detail.
    pub quality: ReconstructionQuality,
    /// How the photos were taken.
    pub mode: ReconstructionMode,
    /// File formats.
    pub formats: Vec<ModelFormat>,
}

/// How a model of a flight is ordered.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FromFlight {
    /// What.
    pub args: FromFlightArgs,
    /// The area to limit it to.
    pub area: Option<ModelArea>,
    /// For how long the media of the flight are waited for; without it the order is refused while some are missing.
    pub media_deadline: Option<Duration>,
    /// Orders the model although media are missing, or the service does not say whether any are.
    pub with_missing_media: bool,
    /// Where the order is written down before it leaves, so that it is never given twice. Without it that is up to the caller.
    pub state: Option<PathBuf>,
}

impl FromFlight {
    /// This model, of all media of the flight, which have to be there already.
    #[must_use]
    pub const fn new(args: FromFlightArgs) -> Self {
        Self { args, area: None, media_deadline: None, with_missing_media: false, state: None }
    }

    /// Refuses what cannot be ordered, before anything is asked.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`], with what is wrong.
    pub fn check(&self) -> Result<()> {
        let args = &self.args;
        let refuse = |text: &str, help: &str| Err(Error::new(ErrorKind::InvalidInput, text, help));
        if args.name.trim().is_empty() || args.name.chars().count() > 200 {
            return refuse("the name of the model has to have 1 to 200 characters", "Name it.");
        }
        if !(args.simplified_factor > 0.0 && args.simplified_factor <= 1.0) {
            return refuse(
                "the share of faces to keep is not above 0 and at most 1",
                "0.2 is recommended.",
            );
        }
        if args.kinds.is_empty() || has_twice(&args.kinds) {
            return refuse(
                "what to build is not said, or twice",
                "Name `model_2d`, `model_3d` or both, once each.",
            );
        }
        if args.formats.is_empty() || has_twice(&args.formats) {
            return refuse(
                "the formats are not said, or one is there twice",
                "Name at least one, such as `las`, once each.",
            );
        }
        let code = args.coordinate_system.as_str().strip_prefix("EPSG:").unwrap_or_default();
        if code.is_empty() || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return refuse(
                "the coordinate system is not of the form EPSG:32632",
                "Take the UTM zone of the place.",
            );
        }
        if self.area.as_ref().is_some_and(|area| area.polygon_points.len() < 3) {
            return refuse("the area has fewer than 3 corners", "Give its corners in order.");
        }
        Ok(())
    }
}

fn has_twice<T: PartialEq>(items: &[T]) -> bool {
    items.iter().enumerate().any(|(index, item)| items.iter().skip(index + 1).any(|o| o == item))
}

/// An order that was accepted. **It is not a model yet, and nothing tells whether there will be one**: wait until it is listed.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ModelOrder {
    /// Id under which the model is going to be listed. With two kinds, the second may come under another id.
    pub model_id: i64,
    /// Name of the model to come.
    pub name: String,
    /// The flight task.
    pub task: TaskUuid,
    /// The media folder that it is built from.
    pub folder_id: i64,
    /// Whether an earlier run had ordered it.
    pub was_ordered_before: bool,
}

impl ModelOrder {
    /// What to wait for.
    #[must_use]
    pub fn awaited(&self) -> Awaited {
        Awaited::id(ModelId::new(self.model_id))
    }
}

/// What is on disk before the order leaves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Ordered {
    project: String,
    task: TaskUuid,
    name: String,
    folder_id: i64,
    /// When, in milliseconds since 1970.
    at_ms: i64,
    /// The models of that name that were listed before.
    known: Vec<i64>,
    model_id: Option<i64>,
}

/// Orders a model of the media of a flight. It is ordered at most once.
///
/// # Errors
///
/// - [`ErrorKind::InvalidInput`]: the settings.
/// - [`ErrorKind::NotReady`]: the flight has no media folder, or media are missing and are not waited for.
/// - [`ErrorKind::Deadline`]: media are still missing then.
/// - [`ErrorKind::Indeterminate`]: the answer was lost. The order may have been accepted; only a model of that name in the list tells, and
///   only once it is built ([`wait_listed`](super::wait_listed) with [`Awaited::name`]). With a state, the same order is not given again.
/// - [`ErrorKind::State`]: the state is of another order.
/// - Refusals of the calls.
pub async fn from_flight(
    project: &Project,
    settings: &FromFlight,
    run: &Run<Event>,
) -> Result<ModelOrder> {
    settings.check()?;
    let _lock = settings.state.as_deref().map(Lock::of).transpose()?;
    if let Some(earlier) = earlier(project, settings)? {
        run.say(Event::OrderedBefore { model_id: earlier.model_id });
        return match earlier.model_id {
            Some(_) => order_of(earlier, true),
            None => look_for(project, settings, earlier).await,
        };
    }
    let folder_id = media(project, settings, run).await?;
    let mut ordered = Ordered {
        project: project.uuid().to_owned(),
        task: settings.args.task.clone(),
        name: settings.args.name.clone(),
        folder_id: folder_id.get(),
        at_ms: run.wall().unix_millis(),
        known: listed_as(project, &settings.args.name).await?,
        model_id: None,
    };
    save(settings, &ordered)?;
    run.say(Event::Ordering { name: ordered.name.clone(), folder_id: ordered.folder_id });
    match project.send(&call(settings, folder_id)).await {
        Ok(created) => {
            ordered.model_id = Some(created.id.get());
            save(settings, &ordered)?;
            run.say(Event::Accepted { model_id: created.id.get() });
            order_of(ordered, false)
        }
        Err(error) if error.is_indeterminate() => Err(unknown(&ordered).with_source(error)),
        Err(error) => {
            // It certainly had no effect.
            if let Some(path) = &settings.state {
                std::fs::remove_file(path)
                    .map_err(|source| Error::file(path, "cannot be removed", source))?;
            }
            Err(error.into())
        }
    }
}

fn call(settings: &FromFlight, folder_id: MediaFolderId) -> ModelCreate {
    let args = settings.args.clone();
    let mut call = ModelCreate::new(ModelCreateArgs {
        name: args.name,
        reconstruction_type: args.kinds,
        simplified_factor: args.simplified_factor,
        task_folder_id: folder_id,
        wkt: args.coordinate_system,
        quality_level: args.quality,
        reconstruction_mode: args.mode,
        generate_model_formats: args.formats,
    });
    call.predefine_area.clone_from(&settings.area);
    call
}

/// The order of an earlier run, if it is the same.
fn earlier(project: &Project, settings: &FromFlight) -> Result<Option<Ordered>> {
    let Some(path) = &settings.state else { return Ok(None) };
    let Some(earlier) = state::load::<Ordered>(path, KIND)? else { return Ok(None) };
    let args = &settings.args;
    if earlier.project == project.uuid() && earlier.task == args.task && earlier.name == args.name {
        return Ok(Some(earlier));
    }
    let text =
        format!("{}: the earlier order was of another flight, name or project", path.display());
    let help = "Say the same as before to carry it on, or name another file for the state.";
    Err(Error::new(ErrorKind::State, text, help))
}

fn save(settings: &FromFlight, ordered: &Ordered) -> Result<()> {
    match &settings.state {
        Some(path) => state::save(path, KIND, ordered),
        None => Ok(()),
    }
}

fn order_of(ordered: Ordered, was_ordered_before: bool) -> Result<ModelOrder> {
    let Some(model_id) = ordered.model_id else { return Err(unknown(&ordered)) };
    let Ordered { name, task, folder_id, .. } = ordered;
    Ok(ModelOrder { model_id, name, task, folder_id, was_ordered_before })
}

/// The order whose answer was lost: a model of its name that was not there before is it.
async fn look_for(
    project: &Project,
    settings: &FromFlight,
    mut ordered: Ordered,
) -> Result<ModelOrder> {
    let listed = listed_as(project, &ordered.name).await?;
    let new: Vec<i64> = listed.into_iter().filter(|id| !ordered.known.contains(id)).collect();
    match new.as_slice() {
        [] => Err(unknown(&ordered)),
        [id, ..] => {
            ordered.model_id = Some(*id);
            save(settings, &ordered)?;
            order_of(ordered, true)
        }
    }
}

/// The models of a name, or of the two names that a map and a model of one order may get.
async fn listed_as(project: &Project, name: &str) -> Result<Vec<i64>> {
    let listing = project.send(&ModelList::new()).await?;
    let rows = listing.list.iter().filter(|row| super::listed::is_named(&row.name, name));
    Ok(rows.map(|row| row.id.get()).collect())
}

fn unknown(ordered: &Ordered) -> Error {
    let text = format!(
        "it is not known whether the model `{}` has been ordered: the answer was lost",
        crate::choose::printable(&ordered.name)
    );
    let help = "Orders show nowhere until the model is built. Wait for a model of that name in the list, for hours; do not order it again before, it \
                could spend the quota twice.";
    Error::new(ErrorKind::Indeterminate, text, help)
}

/// The media folder of the flight, with all its files.
async fn media(
    project: &Project,
    settings: &FromFlight,
    run: &Run<Event>,
) -> Result<MediaFolderId> {
    let task = &settings.args.task;
    let begun = run.now();
    let mut pause = FIRST_PAUSE;
    let mut said = None;
    loop {
        match project.send(&TaskGet::new(task.clone())).await {
            Ok(found) => {
                let media = Media::of(&found);
                if let Some((folder, files)) = media.ready(settings.with_missing_media) {
                    run.say(Event::MediaComplete { folder_id: folder.get(), files });
                    return Ok(folder);
                }
                if settings.media_deadline.is_none() || media.is_hopeless {
                    return Err(media.not_ready(task));
                }
                if said != Some(media) {
                    let Media { uploaded, expected, .. } = media;
                    let task = task.to_string();
                    run.say(Event::WaitingForMedia { task, uploaded, expected });
                    pause = FIRST_PAUSE;
                    said = Some(media);
                }
            }
            Err(error) if is_passing(&error) && settings.media_deadline.is_some() => {
                run.say(Event::Trouble { reason: error.to_string() });
            }
            Err(error) => return Err(Error::from(error).during(format!("task {task}"))),
        }
        let waited = run.now().saturating_duration_since(begun);
        let deadline = settings.media_deadline.unwrap_or_default();
        if waited >= deadline {
            let text =
                format!("after {} s not all media of task {task} are there", deadline.as_secs());
            let help = "Wait longer, look after the dock's connection, or order the model of what is there.";
            return Err(Error::new(ErrorKind::Deadline, text, help));
        }
        run.sleep(pause.min(deadline.saturating_sub(waited)).max(Duration::from_millis(1))).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// What is known of the media of a flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Media {
    folder: Option<MediaFolderId>,
    uploaded: Option<i32>,
    expected: Option<i32>,
    /// Whether the flight may still take photos.
    is_open: bool,
    /// Whether there never will be any.
    is_hopeless: bool,
}

impl Media {
    fn of(task: &FlightTask) -> Self {
        let info = task.folder_info.as_ref();
        let expected = info.and_then(|info| info.expected_file_count);
        Self {
            folder: info.map(|info| info.folder_id),
            uploaded: info.and_then(|info| info.uploaded_file_count),
            expected,
            is_open: matches!(
                task.status,
                TaskStatus::Waiting
                    | TaskStatus::Executing
                    | TaskStatus::Paused
                    | TaskStatus::Suspended
            ),
            is_hopeless: matches!(task.status, TaskStatus::StartingFailure | TaskStatus::Timeout),
        }
    }

    /// The folder, and how many files are in it, when there is nothing left to wait for.
    fn ready(self, with_missing: bool) -> Option<(MediaFolderId, i32)> {
        let folder = self.folder?;
        let is_complete = match (self.uploaded, self.expected) {
            (Some(uploaded), Some(expected)) => expected > 0 && uploaded >= expected,
            _ => false,
        };
        let is_enough = is_complete && !self.is_open;
        (is_enough || with_missing).then_some((folder, self.uploaded.unwrap_or_default()))
    }

    fn not_ready(self, task: &TaskUuid) -> Error {
        let what = match self {
            Self { is_hopeless: true, .. } => "was never flown, so it has no media".to_owned(),
            Self { is_open: true, .. } => "has not ended yet".to_owned(),
            Self { folder: None, .. } => "has no media folder".to_owned(),
            Self { uploaded: Some(uploaded), expected: Some(expected), .. } => {
                format!("has {uploaded} of {expected} media uploaded")
            }
            _ => "does not tell how many of its media are uploaded".to_owned(),
        };
        let text = format!("task {task} {what}");
        let help = "Wait for the media (a deadline says how long), or order the model of what is there, which then lacks the others.";
        Error::new(ErrorKind::NotReady, text, help)
    }
}
