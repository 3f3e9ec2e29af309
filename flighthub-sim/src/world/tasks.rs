//! Flight tasks: plans, flights, tracks and media.

use std::collections::{BTreeMap, BTreeSet};

use flighthub_api::v1::{
    CreatedTask, DockSn, DroneSn, FlightTask, FlightTaskSummary, FlightTrack, FolderInfo, MediaFile, MediaFileType, MediaFolderId,
    MediaUploadStatus, MediaUuid, OutOfControlAction, ProjectUuid, RepeatOption, RepeatType, ResumableStatus, RthMode, TaskCreate, TaskException,
    TaskGet, TaskList, TaskMedia, TaskOperation, TaskSchedule, TaskSetStatus, TaskStatus, TaskStatusChange, TaskTrack, TaskType, TaskUuid, Track,
    TrackId, TrackPoint, WaylineId,
};
use flighthub_api::{Accepted, List, Listing, Timestamp};

use super::calendar::{self, Rule};
use super::flight::{self, Ending, Event, Fix, Flight, Phase};
use super::{World, fleet, new_uuid, projects, routes};
use crate::caller::Caller;
use crate::refusal::Refusal;

/// Percent of the battery that a start needs.
const START_BATTERY: f64 = 30.0;
/// Seconds that a task without a window may start late.
const GRACE: i64 = 5;
/// Seconds until a sleeping aircraft is awake.
const WAKING: i64 = 6;
/// Seconds that the dock is busy after a landing.
const STOWING: i64 = 15;
/// Seconds from the landing to the first upload.
const FIRST_UPLOAD: i64 = 15;
/// Bytes that the dock uploads in a second.
const UPLINK: i64 = 2_500_000;
/// A continuous plan looks every so many seconds whether it can fly.
const LOOK_EVERY: i64 = 10;
/// As many files as the media list shows.
const MEDIA_LIMIT: usize = 10_000;

/// When a task flies.
#[derive(Debug, Clone)]
enum Plan {
    /// Once. With `latest` the start may be late.
    Once { latest: Option<i64> },
    /// At certain times of the day; every flight is a task of its own.
    Recurring { rule: Rule, times: Vec<i64>, next: Option<i64> },
    /// Over and over within periods; every flight is a task of its own.
    Continuous { rule: Rule, periods: Vec<(i64, i64)>, min_battery: i32, child: Option<TaskUuid> },
}

/// How far a task has come, beyond what its status says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    /// The dock opens and the aircraft is made ready.
    Preparing { takeoff_at: i64 },
    Flying,
    /// The dock closes.
    Stowing { until: i64 },
    Ended,
}

/// How a task flies.
#[derive(Debug, Clone)]
struct Settings {
    rth_altitude: i32,
    rth_mode: RthMode,
    out_of_control: OutOfControlAction,
    resumable: ResumableStatus,
    /// Seconds east of Greenwich.
    offset: i64,
}

/// A finished flight.
#[derive(Debug, Clone)]
struct Record {
    distance: f64,
    duration: i64,
    points: Vec<Fix>,
}

#[derive(Debug, Clone)]
struct File {
    uuid: MediaUuid,
    name: String,
    kind: MediaFileType,
    suffix: &'static str,
    size: i64,
    taken: Timestamp,
    uploaded: Timestamp,
}

/// The media of a flight.
#[derive(Debug, Clone, Default)]
struct Media {
    /// When and where in the route a photo was taken.
    shots: Vec<Timestamp>,
    /// 0 until the aircraft has landed with files.
    folder: i64,
    files: Vec<File>,
    uploaded: usize,
    next_at: i64,
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
        let task = self.tasks.iter().find(|task| folder != 0 && task.media.folder == folder && task.project == *project)?;
        Some(Folder {
            task_name: task.name.clone(),
            images: task.uploads().iter().filter(|file| file.kind == MediaFileType::Image).count(),
            complete: task.media.uploaded == task.media.files.len(),
        })
    }

    /// Files that a dock has still to upload.
    pub(crate) fn waiting_uploads(&self, dock: &DockSn) -> usize {
        let tasks = self.active.iter().filter_map(|index| self.tasks.get(*index)).filter(|task| task.lands_at() == dock);
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

    fn summary(&self) -> FlightTaskSummary {
        let settings = self.settings.as_ref();
        let operation = || TaskOperation { operator_account: Some(World::OWNER_ACCOUNT.to_owned()), operator_name: None, operation_type: None };
        let upload = match (self.media.uploaded, self.media.files.len()) {
            _ if self.completed_at.is_none() => MediaUploadStatus::TO_UPLOAD,
            (uploaded, all) if uploaded == all => MediaUploadStatus::UPLOAD_FINISHED,
            (0, _) => MediaUploadStatus::TO_UPLOAD,
            _ => MediaUploadStatus::UPLOADING,
        };
        let list = |items: usize| i32::try_from(items).ok();
        FlightTaskSummary {
            uuid: self.uuid.clone(),
            name: self.name.clone(),
            task_type: self.kind.clone(),
            status: self.status.clone(),
            sn: self.dock.clone(),
            landing_dock_sn: self.landing.clone(),
            wayline_uuid: self.wayline.clone(),
            begin_at: Some(self.begin_at),
            end_at: Some(self.end_at),
            run_at: self.run_at,
            completed_at: self.completed_at,
            folder_id: Some(MediaFolderId::new(self.media.folder)),
            current_waypoint_index: list(self.waypoints.0),
            total_waypoints: list(self.waypoints.1),
            media_upload_status: Some(MediaUploadStatus::new(upload)),
            resumable_status: settings.map(|settings| settings.resumable.clone()),
            is_break_point_resume: Some(false),
            operations: if self.by_person { List::from(vec![operation()]) } else { List::null() },
            exceptions: if self.exceptions.is_empty() { List::null() } else { List::from(self.exceptions.clone()) },
        }
    }

    fn detail(&self) -> FlightTask {
        let offset = self.settings.as_ref().map_or(0, |settings| settings.offset);
        let local = |time: Timestamp| i32::try_from(offset).ok().and_then(|offset| time.with_offset_seconds(offset)).unwrap_or(time);
        let files = |count: usize| i32::try_from(count).ok();
        let settings = self.settings.as_ref();
        let rule = match &self.plan {
            Plan::Recurring { rule, .. } | Plan::Continuous { rule, .. } => Some(rule),
            Plan::Once { .. } => None,
        };
        let second = |second: &i64| Timestamp::from_unix_seconds(*second);
        let times = match &self.plan {
            Plan::Recurring { times, .. } => times.iter().filter_map(second).collect(),
            _ => Vec::new(),
        };
        let (periods, min_battery) = match &self.plan {
            Plan::Continuous { periods, min_battery, .. } => {
                (periods.iter().map(|(begin, end)| [begin, end].into_iter().filter_map(second).collect()).collect(), *min_battery)
            }
            _ => (Vec::new(), 0),
        };
        FlightTask {
            name: self.name.clone(),
            uuid: self.uuid.clone(),
            task_type: self.kind.clone(),
            status: self.status.clone(),
            sn: self.dock.clone(),
            wayline_uuid: self.wayline.clone(),
            begin_at: Some(local(self.begin_at)),
            end_at: Some(local(self.end_at)),
            out_of_control_action_in_flight: settings.map(|settings| settings.out_of_control.clone()),
            rth_altitude: settings.map(|settings| settings.rth_altitude),
            rth_mode: settings.map(|settings| settings.rth_mode.clone()),
            resumable_status: settings.map(|settings| settings.resumable.clone()),
            folder_info: (self.media.folder != 0).then(|| FolderInfo {
                folder_id: MediaFolderId::new(self.media.folder),
                expected_file_count: files(self.media.files.len()),
                uploaded_file_count: files(self.media.uploaded),
            }),
            repeat_type: Some(rule.map_or(RepeatType::Nonrepeating, |rule| rule.kind.clone())),
            interval: Some(rule.map_or(0, |rule| rule.option.interval)),
            days_of_week: rule.map(|rule| rule.option.days_of_week.clone()).unwrap_or_default(),
            days_of_month: rule.map(|rule| rule.option.days_of_month.clone()).unwrap_or_default(),
            // A single number here, a list when the task is created.
            week_of_month: Some(rule.and_then(|rule| rule.option.week_of_month.first().copied()).unwrap_or(0)),
            recurring_task_start_time_list: times,
            continuous_task_periods: periods,
            min_battery_capacity: Some(min_battery),
        }
    }
}

/// `task.create`.
pub(crate) fn create(world: &mut World, caller: &Caller, operation: TaskCreate) -> Result<CreatedTask, Refusal> {
    let project = world.project_of(caller)?;
    if operation.name.trim().is_empty() {
        return Err(Refusal::argument("name", "is empty"));
    }
    if !calendar::is_zone(&operation.time_zone) {
        return Err(Refusal::argument("time_zone", "is no IANA name such as Europe/Berlin"));
    }
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
    let offset = calendar::offset_of(&operation.time_zone);
    let (kind, plan, begin_at, planned_end) = read_schedule(world.now(), offset, operation.schedule)?;

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
    let invalid = |why: String| Err(Refusal::new(219_019, format!("the route failed the legality check: {why}")));
    if route.waypoints.len() < 2 {
        return invalid("it has less than two waypoints".to_owned());
    }
    if let Some(aircraft) = world.fleet.aircraft_of(operation.sn.as_str()) {
        if aircraft.model.key != route.model {
            return invalid(format!("it was planned for the model {}, the aircraft is a {}", route.model, aircraft.model.key));
        }
    }
    if kind == TaskType::Immediate && !dock.online {
        return Err(Refusal::offline(&operation.sn));
    }
    let estimate = flight::estimate(dock.place, landing.unwrap_or(dock).place, &route.waypoints, f64::from(operation.rth_altitude));
    let end_at = planned_end.unwrap_or_else(|| begin_at.saturating_add(std::time::Duration::from_secs(u64::from(estimate))));
    let waypoints = (0, route.waypoints.len());
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
            offset,
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
        by_person: true,
    });
    Ok(CreatedTask { task_uuid: uuid })
}

fn dock_of<'w>(world: &'w World, project: &ProjectUuid, field: &str, sn: &DockSn) -> Result<&'w fleet::Dock, Refusal> {
    match world.fleet.device(sn.as_str()) {
        Some(device) if device.project() != project => Err(Refusal::other_project(sn)),
        Some(fleet::Device::Dock(dock)) => Ok(dock),
        Some(_) => Err(Refusal::argument(field, "is not the serial number of a dock")),
        None => Err(Refusal::unknown_device(sn)),
    }
}

type Schedule = (TaskType, Plan, Timestamp, Option<Timestamp>);

fn read_schedule(now: Timestamp, offset: i64, schedule: TaskSchedule) -> Result<Schedule, Refusal> {
    let past = |begin_at: Timestamp| {
        let is_past = begin_at.unix_seconds() < now.unix_seconds();
        if is_past { Err(Refusal::argument("begin_at", "is in the past")) } else { Ok(()) }
    };
    let rule = |kind: RepeatType, option: RepeatOption, begin: Timestamp, end: Timestamp| {
        if end <= begin {
            return Err(Refusal::argument("end_at", "is not after `begin_at`"));
        }
        check_rule(&kind, &option)?;
        Ok(Rule { kind, option, begin: begin.unix_seconds(), end: end.unix_seconds(), offset })
    };
    match schedule {
        TaskSchedule::Immediate => Ok((TaskType::Immediate, Plan::Once { latest: None }, now, None)),
        TaskSchedule::Timed(timed) => {
            past(timed.begin_at)?;
            if timed.latest_begin_at.is_some_and(|latest| latest < timed.begin_at) {
                return Err(Refusal::argument("latest_begin_at", "is before `begin_at`"));
            }
            let latest = timed.latest_begin_at.map(|latest| latest.unix_seconds());
            Ok((TaskType::Timed, Plan::Once { latest }, timed.begin_at, None))
        }
        TaskSchedule::Recurring(recurring) => {
            past(recurring.begin_at)?;
            let rule = rule(recurring.repeat_type, recurring.repeat_option, recurring.begin_at, recurring.end_at)?;
            let times: Vec<_> = recurring.recurring_task_start_time_list.iter().map(Timestamp::unix_seconds).collect();
            let field = "recurring_task_start_time_list";
            if times.is_empty() || times.len() > 48 {
                return Err(Refusal::argument(field, "must have 1 to 48 times"));
            }
            if times.iter().collect::<BTreeSet<_>>().len() < times.len() {
                return Err(Refusal::argument(field, "has a time twice"));
            }
            if !times.iter().all(|time| rule.same_day(*time, rule.begin)) {
                return Err(Refusal::argument(field, "has a time that is not on the day of `begin_at`"));
            }
            let next = rule.next(&times, now.unix_seconds() - 1);
            Ok((TaskType::Recurring, Plan::Recurring { rule, times, next }, recurring.begin_at, Some(recurring.end_at)))
        }
        TaskSchedule::Continuous(continuous) => {
            past(continuous.begin_at)?;
            let rule = rule(continuous.repeat_type, continuous.repeat_option, continuous.begin_at, continuous.end_at)?;
            let field = "continuous_task_periods";
            if continuous.continuous_task_periods.is_empty() || continuous.continuous_task_periods.len() > 48 {
                return Err(Refusal::argument(field, "must have 1 to 48 periods"));
            }
            let mut periods = Vec::new();
            for period in &continuous.continuous_task_periods {
                match period.as_slice() {
                    [begin, end] if begin < end => periods.push((begin.unix_seconds(), end.unix_seconds())),
                    _ => return Err(Refusal::argument(field, "has a period that is no pair of start and later end")),
                }
            }
            if !periods.iter().all(|(begin, end)| rule.same_day(*begin, rule.begin) && rule.same_day(*end - 1, rule.begin)) {
                return Err(Refusal::argument(field, "has a period that is not on the day of `begin_at`"));
            }
            let min_battery = continuous.min_battery_capacity;
            if !(50..=100).contains(&min_battery) {
                return Err(Refusal::argument("min_battery_capacity", "must be 50 to 100"));
            }
            let plan = Plan::Continuous { rule, periods, min_battery, child: None };
            Ok((TaskType::Continuous, plan, continuous.begin_at, Some(continuous.end_at)))
        }
        _ => Err(Refusal::argument("task_type", "is none of the documented values")),
    }
}

fn check_rule(kind: &RepeatType, option: &RepeatOption) -> Result<(), Refusal> {
    let need = |field: &str, list: &[i32], range: std::ops::RangeInclusive<i32>| {
        let field = format!("repeat_option.{field}");
        match () {
            () if list.is_empty() => Err(Refusal::argument(&field, "is needed for this rule")),
            () if !list.iter().all(|item| range.contains(item)) => Err(Refusal::argument(&field, "has a number out of range")),
            () => Ok(()),
        }
    };
    if option.interval < 1 {
        return Err(Refusal::argument("repeat_option.interval", "must be 1 or more"));
    }
    match kind {
        RepeatType::Nonrepeating | RepeatType::Daily => Ok(()),
        RepeatType::Weekly => need("days_of_week", &option.days_of_week, 0..=6),
        RepeatType::AbsoluteMonthly => need("days_of_month", &option.days_of_month, 1..=31),
        RepeatType::RelativeMonthly => {
            need("days_of_week", &option.days_of_week, 0..=6)?;
            need("week_of_month", &option.week_of_month, 1..=5)
        }
        _ => Err(Refusal::argument("repeat_type", "is none of the documented values")),
    }
}

/// The task of a project, or why not.
fn task_of<'w>(world: &'w World, caller: &Caller, uuid: &TaskUuid) -> Result<&'w Task, Refusal> {
    let project = world.project_of(caller)?;
    let task = world.tasks.find(uuid).filter(|task| task.project == project);
    task.ok_or_else(|| Refusal::no_record("task", uuid))
}

/// `task.set_status`.
pub(crate) fn set_status(world: &mut World, caller: &Caller, operation: TaskSetStatus) -> Result<Accepted, Refusal> {
    let uuid = &operation.task_uuid;
    task_of(world, caller, uuid)?;
    let Some(task) = world.tasks.find_mut(uuid) else { return Err(Refusal::no_record("task", uuid)) };
    if !matches!(task.kind, TaskType::Timed | TaskType::Recurring | TaskType::Continuous) {
        return Err(Refusal::not_supported(format!("a task of type `{}` cannot be suspended or restored", task.kind)));
    }
    if !operation.status.is_known() {
        return Err(Refusal::argument("status", "is none of `suspended` and `restored`"));
    }
    if task.stage != Stage::Waiting {
        return Err(Refusal::not_supported(format!("the task has started already, it is `{}`", task.status)));
    }
    task.status = if operation.status == TaskStatusChange::Suspended { TaskStatus::Suspended } else { TaskStatus::Waiting };
    Ok(Accepted::new())
}

/// `task.list`.
pub(crate) fn list(world: &mut World, caller: &Caller, operation: TaskList) -> Result<Listing<FlightTaskSummary>, Refusal> {
    let project = world.project_of(caller)?;
    let name = operation.name.unwrap_or_default().to_lowercase();
    let is_wanted = |task: &&Task| {
        let sn = operation.sn.as_str();
        let last = if task.is_plan() { task.end_at } else { task.begin_at };
        task.project == project
            && (task.dock.as_str() == sn || task.drone.as_ref().is_some_and(|drone| drone.as_str() == sn))
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
pub(crate) fn get(world: &mut World, caller: &Caller, operation: TaskGet) -> Result<FlightTask, Refusal> {
    task_of(world, caller, &operation.task_uuid).map(Task::detail)
}

/// `task.media`.
pub(crate) fn media(world: &mut World, caller: &Caller, operation: TaskMedia) -> Result<Listing<MediaFile>, Refusal> {
    let task = task_of(world, caller, &operation.task_uuid)?;
    if task.stage == Stage::Ended && task.media.folder == 0 && !task.is_plan() {
        return Err(Refusal::new(217_028, "media directory does not exist"));
    }
    let file = |file: &File| {
        let path = |size: &str, suffix: &str| world.signed_url(&format!("media/{}/{size}/{}{suffix}", task.media.folder, file.name));
        let has_preview = file.kind != MediaFileType::Ppk;
        MediaFile {
            uuid: Some(file.uuid.clone()),
            name: Some(file.name.clone()),
            file_type: file.kind.clone(),
            suffix: Some(file.suffix.to_owned()),
            size: Some(file.size),
            preview_url: has_preview.then(|| path("preview", ".jpeg")),
            original_url: Some(path("original", file.suffix)),
            create_at: Some(file.taken),
            update_at: Some(file.uploaded),
        }
    };
    Ok(task.uploads().iter().take(MEDIA_LIMIT).map(file).collect())
}

/// `task.track`.
pub(crate) fn track(world: &mut World, caller: &Caller, operation: TaskTrack) -> Result<FlightTrack, Refusal> {
    let task = task_of(world, caller, &operation.task_uuid)?;
    let flying = world.fleet.flight_of(&task.uuid);
    let (points, distance, duration) = match (&task.record, flying) {
        (Some(record), _) => (&record.points, record.distance, record.duration),
        (None, Some(flight)) => (&flight.track, 0.0, 0),
        (None, None) if task.stage == Stage::Ended => {
            return Err(Refusal::new(219_039, "there is no flight record of this sortie"));
        }
        (None, None) => return Err(Refusal::new(219_017, "the track does not exist yet, try again later")),
    };
    let rounded = |value: f64, by: f64| (value * by).round() / by;
    let point = |fix: &Fix| TrackPoint {
        timestamp: fix.at,
        latitude: rounded(fix.place.latitude, 1e7),
        longitude: rounded(fix.place.longitude, 1e7),
        height: Some(rounded(fix.place.height, 10.0)),
    };
    Ok(FlightTrack {
        name: task.name.clone(),
        wayline_uuid: task.wayline.clone(),
        status: Some(task.status.clone()),
        track: Some(Track {
            track_id: task.track_id.clone(),
            drone_sn: task.drone.clone(),
            flight_distance: Some(rounded(distance, 10.0)),
            flight_duration: Some(duration),
            points: points.iter().map(point).collect(),
        }),
    })
}

/// What the tasks of a second see and change.
struct Scene<'w> {
    now: Timestamp,
    rng: &'w mut fastrand::Rng,
    fleet: &'w mut fleet::State,
    routes: &'w routes::State,
    projects: &'w projects::State,
    folders: &'w mut i64,
    /// Flights that plans begin.
    children: Vec<Task>,
}

/// Why a task cannot start.
struct Obstacle {
    message: &'static str,
    /// Whether it may pass by itself.
    passing: bool,
}

/// Starts, flies, lands and uploads, once a second.
pub(crate) fn tick(world: &mut World) {
    if world.tasks.active.is_empty() {
        return;
    }
    let now = world.now();
    let World { rng, fleet, routes, projects, tasks, .. } = world;
    let State { tasks: all, active, folders, .. } = tasks;
    let mut scene = Scene { now, rng, fleet, routes, projects, folders, children: Vec::new() };
    let ended: BTreeSet<_> = all.iter().filter(|task| task.stage == Stage::Ended).map(|task| task.uuid.clone()).collect();
    active.retain(|index| {
        let Some(task) = all.get_mut(*index) else { return false };
        if let Plan::Continuous { child, .. } = &mut task.plan {
            child.take_if(|child| ended.contains(child));
        }
        scene.tick(task);
        task.stage != Stage::Ended || task.media.uploaded < task.media.files.len()
    });
    let children = scene.children;
    for child in children {
        tasks.add(child);
    }
}

impl Scene<'_> {
    fn tick(&mut self, task: &mut Task) {
        let now = self.now.unix_seconds();
        match task.stage {
            Stage::Waiting if task.is_plan() => self.tick_plan(task),
            Stage::Waiting if task.status == TaskStatus::Waiting && now >= task.begin_at.unix_seconds() => self.start(task),
            Stage::Preparing { takeoff_at } if now >= takeoff_at => self.take_off(task),
            Stage::Flying => self.fly(task),
            Stage::Stowing { until } if now >= until => {
                self.release(task);
                task.stage = Stage::Ended;
            }
            _ => {}
        }
        self.upload(task);
    }

    fn tick_plan(&mut self, task: &mut Task) {
        let now = self.now.unix_seconds();
        let suspended = task.status == TaskStatus::Suspended;
        let is_over = now > task.end_at.unix_seconds();
        let begin = match &mut task.plan {
            Plan::Recurring { rule, times, next } => {
                let due = next.filter(|next| *next <= now);
                if due.is_some() {
                    *next = rule.next(times, now);
                }
                due
            }
            Plan::Continuous { rule, periods, min_battery, child } if now % LOOK_EVERY == 0 && !suspended && child.is_none() => {
                let battery = self.fleet.aircraft_of(task.dock.as_str()).map_or(0.0, |aircraft| aircraft.battery);
                (battery >= f64::from(*min_battery) && rule.is_within(periods, now)).then_some(now)
            }
            _ => None,
        };
        let blocked = matches!(task.plan, Plan::Continuous { .. }) && self.obstacle(task).is_some();
        if let Some(begin) = begin.filter(|_| !suspended && !blocked).and_then(Timestamp::from_unix_seconds) {
            let uuid = TaskUuid::new(new_uuid(self.rng));
            if let Plan::Continuous { child, .. } = &mut task.plan {
                *child = Some(uuid.clone());
            }
            let length = task.wayline.as_ref().and_then(|id| self.length(task, id)).unwrap_or_default();
            self.children.push(Task {
                uuid,
                plan: Plan::Once { latest: None },
                begin_at: begin,
                end_at: begin.saturating_add(length),
                by_person: false,
                exceptions: Vec::new(),
                ..task.clone()
            });
        }
        if is_over && !suspended {
            task.end(TaskStatus::Success);
            task.completed_at = Some(self.now);
        }
    }

    /// About how long a flight takes.
    fn length(&self, task: &Task, id: &WaylineId) -> Option<std::time::Duration> {
        let route = self.routes.find(&task.project, id)?;
        let (from, to) = (self.fleet.dock(task.dock.as_str())?.place, self.fleet.dock(task.lands_at().as_str())?.place);
        let altitude = f64::from(task.settings.as_ref()?.rth_altitude);
        Some(std::time::Duration::from_secs(u64::from(flight::estimate(from, to, &route.waypoints, altitude))))
    }

    fn obstacle(&self, task: &Task) -> Option<Obstacle> {
        let passing = |message| Some(Obstacle { message, passing: true });
        let lasting = |message| Some(Obstacle { message, passing: false });
        let Some(dock) = self.fleet.dock(task.dock.as_str()) else { return lasting("the dock does not exist") };
        let Some(aircraft) = self.fleet.aircraft_of(task.dock.as_str()) else { return lasting("there is no aircraft in the dock") };
        let altitude = task.settings.as_ref().map_or(0, |settings| settings.rth_altitude);
        if !dock.online {
            return passing("the dock is offline");
        }
        if dock.busy.is_some() || aircraft.flight.is_some() {
            return passing("the dock is carrying out another task");
        }
        if !dock.calibrated {
            return lasting("the dock has not been calibrated");
        }
        if aircraft.battery < START_BATTERY {
            return passing("the battery of the aircraft is too low");
        }
        if let Some(landing) = &task.landing {
            let Some(dock) = self.fleet.dock(landing.as_str()) else { return lasting("the landing dock does not exist") };
            if self.fleet.aircraft_of(landing.as_str()).is_some() || dock.busy.is_some() {
                return passing("the landing dock is not free");
            }
            if !dock.online || !dock.calibrated {
                return passing("the landing dock is not ready");
            }
        }
        // As reported from the field: nothing in the message speaks of the height.
        (altitude > self.projects.ceiling(&task.project)).then_some(Obstacle { message: "the mission could not be prepared", passing: false })
    }

    fn start(&mut self, task: &mut Task) {
        let now = self.now.unix_seconds();
        let latest = match task.plan {
            Plan::Once { latest } => latest,
            _ => None,
        };
        let is_late = now > latest.unwrap_or(task.begin_at.unix_seconds() + GRACE);
        match self.obstacle(task) {
            _ if is_late => task.fail(TaskStatus::Timeout, self.now, 219_035, "the time to start has passed"),
            Some(obstacle) if obstacle.passing && latest.is_some() => {}
            Some(obstacle) => task.fail(TaskStatus::StartingFailure, self.now, 219_035, obstacle.message),
            None => {
                let takeoff_at = now + self.rng.i64(18..=22);
                for dock in [Some(&task.dock), task.landing.as_ref()].into_iter().flatten() {
                    if let Some(dock) = self.fleet.dock_mut(dock.as_str()) {
                        dock.busy = Some(task.uuid.clone());
                        dock.jobs += 1;
                    }
                }
                if let Some(aircraft) = self.fleet.aircraft_of_mut(task.dock.as_str()) {
                    aircraft.wake_at(now + WAKING);
                    task.drone = Some(aircraft.sn.clone());
                }
                task.stage = Stage::Preparing { takeoff_at };
            }
        }
    }

    fn release(&mut self, task: &Task) {
        for dock in &mut self.fleet.docks {
            dock.busy.take_if(|busy| *busy == task.uuid);
        }
    }

    fn take_off(&mut self, task: &mut Task) {
        let route = task.wayline.as_ref().and_then(|id| self.routes.find(&task.project, id));
        let pads = self.fleet.dock(task.dock.as_str()).filter(|dock| dock.online).map(fleet::Dock::pad);
        let pads = pads.zip(self.fleet.dock(task.lands_at().as_str()).map(fleet::Dock::pad));
        let aircraft = self.fleet.aircraft_of_mut(task.dock.as_str()).filter(|aircraft| aircraft.on);
        let (Some(route), Some((origin, home)), Some(aircraft)) = (route, pads, aircraft) else {
            task.fail(TaskStatus::StartingFailure, self.now, 219_035, "the aircraft could not be made ready");
            self.release(task);
            return;
        };
        let altitude = f64::from(task.settings.as_ref().map_or(0, |settings| settings.rth_altitude));
        aircraft.flight = Some(Flight::begin(task.uuid.clone(), self.now, origin, home, route.waypoints.clone(), altitude));
        task.track_id = Some(TrackId::new(new_uuid(self.rng)));
        task.run_at = Some(self.now);
        task.status = TaskStatus::Executing;
        task.stage = Stage::Flying;
    }

    fn fly(&mut self, task: &mut Task) {
        let aircraft = self.fleet.aircraft.iter_mut();
        let aircraft = aircraft.into_iter().find(|aircraft| aircraft.flight.as_ref().is_some_and(|flight| flight.task == task.uuid));
        let Some(aircraft) = aircraft else { return };
        let is_low = aircraft.battery <= aircraft.return_battery();
        let Some(flight) = &mut aircraft.flight else { return };
        if is_low && !matches!(flight.phase(), Phase::Returning | Phase::Landing) {
            flight.return_to(flight.home.clone(), Ending::LowBattery);
            task.status = TaskStatus::Executing;
            task.note(self.now, 219_035, "the battery is low, the aircraft returns");
        }
        let events = flight.second(self.now);
        aircraft.place = flight.place;
        aircraft.heading = flight.heading;
        task.waypoints.0 = flight.waypoints_done();
        let route = task.wayline.as_ref().and_then(|id| self.routes.find(&task.project, id));
        for event in events {
            match event {
                Event::Waypoint(index) if route.and_then(|route| route.waypoints.get(index)).is_some_and(|point| point.photo) => {
                    task.media.shots.push(self.now);
                }
                Event::Waypoint(_) => {}
                Event::Landed => {
                    let Some(flight) = aircraft.flight.take() else { return };
                    let duration = flight.track.last().map_or(0, |fix| fix.at.unix_seconds() - flight.began.unix_seconds());
                    task.status = match flight.ending {
                        Ending::Complete => TaskStatus::Success,
                        Ending::Ordered => TaskStatus::Terminated,
                        Ending::LowBattery => TaskStatus::PartiallyDone,
                    };
                    #[expect(clippy::cast_precision_loss)]
                    let seconds = duration as f64;
                    aircraft.flown = (aircraft.flown.0 + seconds, aircraft.flown.1 + flight.distance, aircraft.flown.2 + 1);
                    aircraft.gateway = flight.home.dock.into();
                    task.completed_at = Some(self.now);
                    task.stage = Stage::Stowing { until: self.now.unix_seconds() + STOWING };
                    task.record = Some(Record { distance: flight.distance, duration, points: flight.track });
                    let (video, ppk) = route.map_or((false, false), |route| (route.video, route.ppk));
                    self.collect(task, video, ppk);
                    return;
                }
            }
        }
    }

    /// Makes the files of a landed flight, to be uploaded one by one.
    fn collect(&mut self, task: &mut Task, video: bool, ppk: bool) {
        let offset = task.settings.as_ref().map_or(0, |settings| settings.offset);
        let mut files = Vec::new();
        let mut add = |rng: &mut fastrand::Rng, taken: Timestamp, letter: &str, kind, suffix, sizes: std::ops::Range<i64>, number: usize| {
            files.push(File {
                uuid: MediaUuid::new(new_uuid(rng)),
                name: format!("DJI_{}_{number:04}_{letter}", calendar::digits(taken.unix_seconds(), offset)),
                kind,
                suffix,
                size: rng.i64(sizes),
                taken,
                uploaded: taken,
            });
        };
        let shots = std::mem::take(&mut task.media.shots);
        let mut number = 0;
        if let (true, Some(first)) = (video, shots.first()) {
            number += 1;
            add(self.rng, *first, "V", MediaFileType::Video, ".mp4", 30_000_000..60_000_000, number);
        }
        for taken in &shots {
            number += 1;
            add(self.rng, *taken, "W", MediaFileType::Image, ".jpeg", 3_600_000..8_400_000, number);
            if !ppk {
                add(self.rng, *taken, "T", MediaFileType::Image, ".jpeg", 900_000..1_400_000, number);
            }
        }
        if let (true, Some(first)) = (ppk, shots.first()) {
            number += 1;
            add(self.rng, *first, "PPKRAW", MediaFileType::Ppk, ".bin", 2_000_000..4_000_000, number);
        }
        if !files.is_empty() {
            *self.folders += 1;
            task.media.folder = FIRST_FOLDER + *self.folders;
        }
        task.media.files = files;
        task.media.next_at = self.now.unix_seconds() + FIRST_UPLOAD;
    }

    fn upload(&mut self, task: &mut Task) {
        let now = self.now.unix_seconds();
        let is_online = || self.fleet.dock(task.lands_at().as_str()).is_some_and(|dock| dock.online);
        if task.media.uploaded >= task.media.files.len() || now < task.media.next_at || !is_online() {
            return;
        }
        let uploaded = task.media.uploaded;
        if let Some(file) = task.media.files.get_mut(uploaded) {
            file.uploaded = self.now;
            task.media.uploaded += 1;
        }
        let next = task.media.files.get(uploaded + 1).map_or(0, |file| file.size);
        task.media.next_at = now + (next / UPLINK).max(1);
    }
}

/// The number before that of the first media folder.
const FIRST_FOLDER: i64 = 4_216;

/// The past of the demo world: a flight by hand, as histories have them, under a type that nobody documents.
pub(crate) fn populate(world: &mut World) {
    let run_at = world.now();
    let minutes = |minutes: u64| run_at.saturating_add(std::time::Duration::from_secs(60 * minutes));
    let uuid = TaskUuid::new(world.new_uuid());
    world.tasks.add(Task {
        uuid,
        project: ProjectUuid::new(World::DEMO_PROJECT),
        name: "Flight by hand".to_owned(),
        dock: DockSn::new("7CTXN0000B00A1"),
        landing: None,
        wayline: None,
        kind: TaskType::from("manual"),
        settings: None,
        plan: Plan::Once { latest: None },
        stage: Stage::Ended,
        status: TaskStatus::Success,
        begin_at: run_at,
        end_at: minutes(7),
        run_at: Some(run_at),
        completed_at: Some(minutes(7)),
        waypoints: (0, 0),
        exceptions: Vec::new(),
        drone: Some(DroneSn::new("1581F0Q8X000U00G00A1")),
        track_id: None,
        record: None,
        media: Media::default(),
        by_person: true,
    });
}
