//! Flight tasks: what is known of them, and the operations on them.

mod flying;
mod hand;
mod life;
mod media;
mod schedule;
mod track;
mod views;

use std::collections::{BTreeMap, BTreeSet};

use flighthub_api::v1::{
    CreatedTask, DockSn, DroneSn, FlightTask, FlightTaskSummary, MediaFileType, OutOfControlAction,
    ProjectUuid, ResumableStatus, RthMode, TaskCreate, TaskException, TaskGet, TaskList,
    TaskSetStatus, TaskStatus, TaskStatusChange, TaskType, TaskUuid, TrackId, WaylineId,
};
use flighthub_api::{Accepted, Listing, Timestamp};
use jiff::tz::TimeZone;

pub(crate) use hand::populate;
pub(crate) use life::tick;
pub use media::MediaTrouble;
pub(crate) use media::Sizes;
pub(crate) use media::list as media;
pub(crate) use track::track;

use media::{File, Media};
use track::Record;

use super::calendar::{self, Rule};
use super::flight::{self, BreakPoint};
use super::{World, fleet};
use crate::caller::Caller;
use crate::refusal::Refusal;

/// When a task flies.
#[derive(Debug, Clone)]
enum Plan {
    /// Once. With `latest` the start may be late.
    Once { latest: Option<i64> },
    /// At certain times of the day; every flight is a task of its own.
    Recurring { rule: Rule, times: Vec<Timestamp>, next: Option<Timestamp> },
    /// Over and over within periods; every flight is a task of its own.
    Continuous {
        rule: Rule,
        periods: Vec<(Timestamp, Timestamp)>,
        min_battery: i32,
        child: Option<TaskUuid>,
    },
}

/// How far a task has come, beyond what its status says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    /// The dock opens and the aircraft is made ready.
    Preparing {
        takeoff_at: i64,
    },
    Flying,
    /// The dock closes.
    Stowing {
        until: i64,
    },
    Ended,
}

/// How a task flies.
#[derive(Debug, Clone)]
struct Settings {
    rth_altitude: i32,
    rth_mode: RthMode,
    out_of_control: OutOfControlAction,
    resumable: ResumableStatus,
    zone: TimeZone,
}

#[derive(Debug, Clone)]
struct Task {
    uuid: TaskUuid,
    project: ProjectUuid,
    name: String,
    dock: DockSn,
    landing: Option<DockSn>,
    wayline: Option<WaylineId>,
    kind: TaskType,
    settings: Option<Settings>,
    plan: Plan,
    stage: Stage,
    status: TaskStatus,
    begin_at: Timestamp,
    end_at: Timestamp,
    run_at: Option<Timestamp>,
    completed_at: Option<Timestamp>,
    waypoints: (usize, usize),
    exceptions: Vec<TaskException>,
    drone: Option<DroneSn>,
    track_id: Option<TrackId>,
    record: Option<Record>,
    media: Media,
    /// Where another task broke off that this one goes on with.
    resumed: Option<BreakPoint>,
    /// Whether a person created it, and not a plan.
    by_person: bool,
}

/// What others may know of the media of a flight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folder {
    pub(crate) task_name: String,
    /// Images that have been uploaded.
    pub(crate) images: usize,
    /// Whether nothing is still to be uploaded.
    pub(crate) complete: bool,
}

/// All tasks.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    tasks: Vec<Task>,
    by_uuid: BTreeMap<String, usize>,
    /// Those that something can still happen to.
    active: BTreeSet<usize>,
    folders: i64,
    pub(crate) options: Options,
}

/// How tasks show themselves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// Whether `preparing` and `queue_for_takeoff` are shown, which are none of V1.0's eight.
    pub(crate) extra_statuses: bool,
    pub(crate) media: media::Rules,
}

impl State {
    fn add(&mut self, task: Task) {
        let index = self.tasks.len();
        self.by_uuid.insert(task.uuid.as_str().to_owned(), index);
        self.active.insert(index);
        self.tasks.push(task);
    }

    fn find(&self, uuid: &TaskUuid) -> Option<&Task> {
        self.by_uuid.get(uuid.as_str()).and_then(|index| self.tasks.get(*index))
    }

    fn find_mut(&mut self, uuid: &TaskUuid) -> Option<&mut Task> {
        self.by_uuid.get(uuid.as_str()).and_then(|index| self.tasks.get_mut(*index))
    }

    /// The dock that a task lands at, when it is another than it starts from.
    pub(crate) fn landing_dock(&self, uuid: &TaskUuid) -> Option<&DockSn> {
        self.find(uuid).and_then(|task| task.landing.as_ref())
    }

    /// What a task in the air is doing after an order.
    pub(crate) fn set_flying(&mut self, uuid: &TaskUuid, status: TaskStatus) {
        if let Some(task) = self.find_mut(uuid).filter(|task| task.stage == Stage::Flying) {
            task.status = status;
        }
    }

    /// The media folder of a flight.
    pub(crate) fn folder(&self, project: &ProjectUuid, folder: i64) -> Option<Folder> {
        let task = self
            .tasks
            .iter()
            .find(|task| folder != 0 && task.media.folder == folder && task.project == *project)?;
        Some(Folder {
            task_name: task.name.clone(),
            images: task.uploads().iter().filter(|file| file.kind == MediaFileType::Image).count(),
            complete: task.media.uploaded == task.media.files.len(),
        })
    }

    /// Files that a dock has still to upload.
    pub(crate) fn waiting_uploads(&self, dock: &DockSn) -> usize {
        let tasks = self
            .active
            .iter()
            .filter_map(|index| self.tasks.get(*index))
            .filter(|task| task.lands_at() == dock);
        tasks.map(|task| task.media.files.len() - task.media.uploaded).sum()
    }
}

impl Task {
    fn uploads(&self) -> &[File] {
        self.media.files.get(..self.media.uploaded).unwrap_or_default()
    }

    fn lands_at(&self) -> &DockSn {
        self.landing.as_ref().unwrap_or(&self.dock)
    }

    /// That of a flight by hand is UTC.
    fn zone(&self) -> TimeZone {
        let settings = self.settings.as_ref();
        settings.map_or(TimeZone::UTC, |settings| settings.zone.clone())
    }

    /// A flight that follows from this task: the same in all that was asked for, and nothing done yet.
    fn child(&self, uuid: TaskUuid, begin_at: Timestamp, end_at: Timestamp) -> Self {
        Self {
            uuid,
            plan: Plan::Once { latest: None },
            stage: Stage::Waiting,
            status: TaskStatus::Waiting,
            begin_at,
            end_at,
            run_at: None,
            completed_at: None,
            waypoints: (0, self.waypoints.1),
            exceptions: Vec::new(),
            drone: None,
            track_id: None,
            record: None,
            media: Media::default(),
            resumed: None,
            by_person: false,
            ..self.clone()
        }
    }

    fn is_plan(&self) -> bool {
        !matches!(self.plan, Plan::Once { .. })
    }

    fn end(&mut self, status: TaskStatus) {
        self.status = status;
        self.stage = Stage::Ended;
    }

    fn fail(&mut self, status: TaskStatus, now: Timestamp, code: i64, message: &str) {
        self.end(status);
        self.completed_at = Some(now);
        self.note(now, code, message);
    }

    fn note(&mut self, now: Timestamp, code: i64, message: &str) {
        self.exceptions.push(TaskException {
            code: Some(code),
            message: Some(message.to_owned()),
            happen_at: Some(now),
            sn: Some(self.dock.clone().into()),
        });
    }
}

/// `task.create`.
pub(crate) fn create(
    world: &mut World,
    caller: &Caller,
    operation: TaskCreate,
) -> Result<CreatedTask, Refusal> {
    let project = world.project_of(caller)?;
    if operation.name.trim().is_empty() {
        return Err(Refusal::argument("name", "is empty"));
    }
    let zone = calendar::zone(&operation.time_zone)?;
    if operation.rth_altitude < 1 {
        return Err(Refusal::argument("rth_altitude", "must be 1 or more"));
    }
    for (field, is_known) in [
        ("rth_mode", operation.rth_mode.is_known()),
        ("wayline_precision_type", operation.wayline_precision_type.is_known()),
        ("out_of_control_action_in_flight", operation.out_of_control_action_in_flight.is_known()),
        ("resumable_status", operation.resumable_status.is_known()),
    ] {
        if !is_known {
            return Err(Refusal::argument(field, "is none of the documented values"));
        }
    }
    let (kind, plan, begin_at, planned_end) =
        schedule::read(world.now(), &zone, operation.schedule)?;

    let id = &operation.wayline_uuid;
    let Some(route) = world.routes.find(&project, id) else {
        return Err(Refusal::new(219_001, format!("the route `{id}` does not exist")));
    };
    let dock = dock_of(world, &project, "sn", &operation.sn)?;
    let landing = match &operation.landing_dock_sn {
        Some(landing) if *landing == operation.sn => {
            return Err(Refusal::argument("landing_dock_sn", "is the same as `sn`; leave it out"));
        }
        Some(landing) => Some(dock_of(world, &project, "landing_dock_sn", landing)?),
        None => None,
    };
    let invalid = |why: String| {
        Err(Refusal::new(219_019, format!("the route failed the legality check: {why}")))
    };
    if route.kmz.waypoints.len() < 2 {
        return invalid("it has less than two waypoints".to_owned());
    }
    if let Some(aircraft) = world.fleet.aircraft_of(operation.sn.as_str())
        && aircraft.model.key != route.kmz.model
    {
        return invalid(format!(
            "it was planned for the model {}, the aircraft is a {}",
            route.kmz.model, aircraft.model.key
        ));
    }
    if kind == TaskType::Immediate && !dock.online {
        return Err(Refusal::offline(&operation.sn));
    }
    let estimate = flight::estimate(
        dock.place,
        landing.unwrap_or(dock).place,
        &route.course(dock.place),
        f64::from(operation.rth_altitude),
    );
    let end_at = planned_end.unwrap_or_else(|| {
        begin_at.saturating_add(std::time::Duration::from_secs(u64::from(estimate)))
    });
    let waypoints = (0, route.kmz.waypoints.len());
    let uuid = TaskUuid::new(world.new_uuid());
    world.tasks.add(Task {
        uuid: uuid.clone(),
        project,
        name: operation.name,
        dock: operation.sn,
        landing: operation.landing_dock_sn,
        wayline: Some(operation.wayline_uuid),
        kind,
        settings: Some(Settings {
            rth_altitude: operation.rth_altitude,
            rth_mode: operation.rth_mode,
            out_of_control: operation.out_of_control_action_in_flight,
            resumable: operation.resumable_status,
            zone,
        }),
        plan,
        stage: Stage::Waiting,
        status: TaskStatus::Waiting,
        begin_at,
        end_at,
        run_at: None,
        completed_at: None,
        waypoints,
        exceptions: Vec::new(),
        drone: None,
        track_id: None,
        record: None,
        media: Media::default(),
        resumed: None,
        by_person: true,
    });
    Ok(CreatedTask { task_uuid: uuid })
}

fn dock_of<'w>(
    world: &'w World,
    project: &ProjectUuid,
    field: &str,
    sn: &DockSn,
) -> Result<&'w fleet::Dock, Refusal> {
    match world.fleet.device(sn.as_str()) {
        Some(device) if device.project() != project => Err(Refusal::other_project(sn)),
        Some(fleet::Device::Dock(dock)) => Ok(dock),
        Some(_) => Err(Refusal::argument(field, "is not the serial number of a dock")),
        None => Err(Refusal::unknown_device(sn)),
    }
}

/// The task of a project, or why not.
fn task_of<'w>(world: &'w World, caller: &Caller, uuid: &TaskUuid) -> Result<&'w Task, Refusal> {
    let project = world.project_of(caller)?;
    let task = world.tasks.find(uuid).filter(|task| task.project == project);
    task.ok_or_else(|| Refusal::no_record("task", uuid))
}

/// `task.set_status`.
pub(crate) fn set_status(
    world: &mut World,
    caller: &Caller,
    operation: TaskSetStatus,
) -> Result<Accepted, Refusal> {
    let uuid = &operation.task_uuid;
    task_of(world, caller, uuid)?;
    let Some(task) = world.tasks.find_mut(uuid) else {
        return Err(Refusal::no_record("task", uuid));
    };
    if !matches!(task.kind, TaskType::Timed | TaskType::Recurring | TaskType::Continuous) {
        return Err(Refusal::not_supported(format!(
            "a task of type `{}` cannot be suspended or restored",
            task.kind
        )));
    }
    if !operation.status.is_known() {
        return Err(Refusal::argument("status", "is none of `suspended` and `restored`"));
    }
    if task.stage != Stage::Waiting {
        return Err(Refusal::not_supported(format!(
            "the task has started already, it is `{}`",
            task.status
        )));
    }
    task.status = if operation.status == TaskStatusChange::Suspended {
        TaskStatus::Suspended
    } else {
        TaskStatus::Waiting
    };
    Ok(Accepted::new())
}

/// `task.list`.
pub(crate) fn list(
    world: &mut World,
    caller: &Caller,
    operation: TaskList,
) -> Result<Listing<FlightTaskSummary>, Refusal> {
    let project = world.project_of(caller)?;
    let name = operation.name.unwrap_or_default().to_lowercase();
    let is_wanted = |task: &&Task| {
        let sn = operation.sn.as_str();
        let last = if task.is_plan() { task.end_at } else { task.begin_at };
        task.project == project
            && (task.dock.as_str() == sn
                || task.drone.as_ref().is_some_and(|drone| drone.as_str() == sn))
            && last >= operation.begin_at
            && task.begin_at <= operation.end_at
            && task.name.to_lowercase().contains(&name)
            && operation.task_type.as_ref().is_none_or(|kind| *kind == task.kind)
            && (operation.status.is_empty() || operation.status.contains(&task.status))
    };
    let mut tasks: Vec<_> = world.tasks.tasks.iter().rev().filter(is_wanted).collect();
    tasks.sort_by_key(|task| std::cmp::Reverse(task.begin_at));
    Ok(tasks.into_iter().map(Task::summary).collect())
}

/// `task.get`.
pub(crate) fn get(
    world: &mut World,
    caller: &Caller,
    operation: TaskGet,
) -> Result<FlightTask, Refusal> {
    task_of(world, caller, &operation.task_uuid).map(Task::detail)
}
