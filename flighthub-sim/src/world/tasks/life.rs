//! The life of a task up to its flight, second by second.

use std::collections::BTreeSet;

use flighthub_api::Timestamp;
use flighthub_api::v1::{TaskStatus, TaskUuid, WaylineId};

use super::{Options, Plan, Stage, State, Task};
use crate::world::{World, events, fleet, flight, new_uuid, projects, routes, store};

/// Percent of the battery that a start needs.
const START_BATTERY: f64 = 30.0;
/// Seconds that a task without a window may start late.
const GRACE: i64 = 5;
/// Seconds until a sleeping aircraft is awake.
const WAKING: i64 = 6;
/// Seconds before the take-off in which a task is said to queue, where that status is shown.
const QUEUE: i64 = 5;
/// Percent of the battery that a flight needs to go on with another.
const RESUME_BATTERY: f64 = 80.0;
/// A continuous plan looks every so many seconds whether it can fly.
const LOOK_EVERY: i64 = 10;
/// What the tasks of a second see and change.
pub(super) struct Scene<'w> {
    pub(super) now: Timestamp,
    pub(super) rng: &'w mut fastrand::Rng,
    pub(super) fleet: &'w mut fleet::State,
    pub(super) routes: &'w routes::State,
    pub(super) projects: &'w projects::State,
    pub(super) store: &'w mut store::State,
    pub(super) options: &'w Options,
    pub(super) folders: &'w mut i64,
    pub(super) events: &'w mut events::State,
    /// Flights that plans and broken-off flights begin.
    pub(super) children: Vec<Task>,
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
    let World { rng, fleet, routes, projects, tasks, store, events, .. } = world;
    let State { tasks: all, active, folders, by_uuid, options } = tasks;
    // Of the flights of continuous plans, those that are over.
    let mut over = BTreeSet::new();
    for task in active.iter().filter_map(|index| all.get(*index)) {
        if let Plan::Continuous { child: Some(child), .. } = &task.plan {
            let flight = by_uuid.get(child.as_str()).and_then(|index| all.get(*index));
            if flight.is_some_and(|flight| flight.stage == Stage::Ended) {
                over.insert(child.clone());
            }
        }
    }
    let mut scene = Scene {
        now,
        rng,
        fleet,
        routes,
        projects,
        store,
        options,
        folders,
        events,
        children: Vec::new(),
    };
    active.retain(|index| {
        let Some(task) = all.get_mut(*index) else {
            return false;
        };
        if let Plan::Continuous { child, .. } = &mut task.plan {
            child.take_if(|child| over.contains(child));
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
            Stage::Waiting
                if task.status == TaskStatus::Waiting && now >= task.begin_at.unix_seconds() =>
            {
                self.start(task)
            }
            Stage::Preparing { takeoff_at } if now >= takeoff_at => self.take_off(task),
            Stage::Preparing { takeoff_at } if self.options.extra_statuses => {
                let is_queued = now >= takeoff_at - QUEUE;
                task.status =
                    if is_queued { TaskStatus::QueueForTakeoff } else { TaskStatus::Preparing };
            }
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
        let suspended = task.status == TaskStatus::Suspended;
        let is_over = self.now.unix_seconds() > task.end_at.unix_seconds();
        let begin = match &mut task.plan {
            Plan::Recurring { rule, times, next } => {
                let due = next.filter(|next| *next <= self.now);
                if due.is_some() {
                    *next = rule.next(times, self.now);
                }
                due
            }
            Plan::Continuous { rule, periods, min_battery, child }
                if self.now.unix_seconds() % LOOK_EVERY == 0 && !suspended && child.is_none() =>
            {
                let battery = self
                    .fleet
                    .aircraft_of(task.dock.as_str())
                    .map_or(0.0, |aircraft| aircraft.battery);
                (battery >= f64::from(*min_battery) && rule.is_within(periods, self.now))
                    .then_some(self.now)
            }
            _ => None,
        };
        let blocked = matches!(task.plan, Plan::Continuous { .. }) && self.obstacle(task).is_some();
        if let Some(begin) = begin.filter(|_| !suspended && !blocked) {
            let uuid = TaskUuid::new(new_uuid(self.rng));
            if let Plan::Continuous { child, .. } = &mut task.plan {
                *child = Some(uuid.clone());
            }
            let length =
                task.wayline.as_ref().and_then(|id| self.length(task, id)).unwrap_or_default();
            self.children.push(task.child(uuid, begin, begin.saturating_add(length)));
        }
        if is_over && !suspended {
            task.end(TaskStatus::Success);
            task.completed_at = Some(self.now);
        }
    }

    /// About how long a flight takes.
    pub(super) fn length(&self, task: &Task, id: &WaylineId) -> Option<std::time::Duration> {
        let route = self.routes.find(&task.project, id)?;
        let (from, to) = (
            self.fleet.dock(task.dock.as_str())?.place,
            self.fleet.dock(task.lands_at().as_str())?.place,
        );
        let altitude = f64::from(task.settings.as_ref()?.rth_altitude);
        Some(std::time::Duration::from_secs(u64::from(flight::estimate(
            from,
            to,
            &route.course(from),
            altitude,
        ))))
    }

    fn obstacle(&self, task: &Task) -> Option<Obstacle> {
        let passing = |message| Some(Obstacle { message, passing: true });
        let lasting = |message| Some(Obstacle { message, passing: false });
        let Some(dock) = self.fleet.dock(task.dock.as_str()) else {
            return lasting("the dock does not exist");
        };
        let Some(aircraft) = self.fleet.aircraft_of(task.dock.as_str()) else {
            return lasting("there is no aircraft in the dock");
        };
        let altitude = task.settings.as_ref().map_or(0, |settings| settings.rth_altitude);
        if !dock.online {
            return passing("the dock is offline");
        }
        if aircraft.away {
            return lasting("the aircraft is not in the dock");
        }
        // That of the dock may be full: seen live, it keeps nothing on the ground.
        if aircraft.disk.is_full() {
            return lasting("the storage of the aircraft is full");
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
        if task.resumed.is_some() && aircraft.battery < RESUME_BATTERY {
            return passing("the battery of the aircraft is being charged");
        }
        if let Some(landing) = &task.landing {
            let Some(dock) = self.fleet.dock(landing.as_str()) else {
                return lasting("the landing dock does not exist");
            };
            if self.fleet.aircraft_of(landing.as_str()).is_some() || dock.busy.is_some() {
                return passing("the landing dock is not free");
            }
            if !dock.online || !dock.calibrated {
                return passing("the landing dock is not ready");
            }
        }
        // As reported from the field: nothing in the message speaks of the height.
        (altitude > self.projects.ceiling(&task.project))
            .then_some(Obstacle { message: "the mission could not be prepared", passing: false })
    }

    fn start(&mut self, task: &mut Task) {
        let now = self.now.unix_seconds();
        let latest = match task.plan {
            Plan::Once { latest } => latest,
            _ => None,
        };
        let is_late = now > latest.unwrap_or(task.begin_at.unix_seconds() + GRACE);
        match self.obstacle(task) {
            _ if is_late => {
                task.fail(TaskStatus::Timeout, self.now, 219_035, "the time to start has passed")
            }
            Some(obstacle) if obstacle.passing && latest.is_some() => {}
            Some(obstacle) => {
                task.fail(TaskStatus::StartingFailure, self.now, 219_035, obstacle.message)
            }
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
                if self.options.extra_statuses {
                    task.status = TaskStatus::Preparing;
                }
            }
        }
    }

    pub(super) fn release(&mut self, task: &Task) {
        for dock in &mut self.fleet.docks {
            dock.busy.take_if(|busy| *busy == task.uuid);
        }
    }
}
