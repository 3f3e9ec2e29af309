//! The life of a task: waiting, flight, landing and upload, second by second.

use std::collections::BTreeSet;

use flighthub_api::Timestamp;
use flighthub_api::v1::{MediaFileType, MediaUuid, TaskStatus, TaskUuid, TrackId, WaylineId};

use super::{File, Plan, Record, Stage, State, Task};
use crate::world::flight::{self, Ending, Event, Flight, Phase};
use crate::world::{World, calendar, fleet, new_uuid, projects, routes};

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
/// The number before that of the first media folder.
const FIRST_FOLDER: i64 = 4_216;

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
    let State { tasks: all, active, folders, by_uuid } = tasks;
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
    let mut scene = Scene { now, rng, fleet, routes, projects, folders, children: Vec::new() };
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
        let (from, to) = (
            self.fleet.dock(task.dock.as_str())?.place,
            self.fleet.dock(task.lands_at().as_str())?.place,
        );
        let altitude = f64::from(task.settings.as_ref()?.rth_altitude);
        Some(std::time::Duration::from_secs(u64::from(flight::estimate(
            from,
            to,
            &route.waypoints,
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
        if dock.disk.is_full() || aircraft.disk.is_full() {
            return lasting("the storage is full");
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
        let pads =
            self.fleet.dock(task.dock.as_str()).filter(|dock| dock.online).map(fleet::Dock::pad);
        let pads = pads.zip(self.fleet.dock(task.lands_at().as_str()).map(fleet::Dock::pad));
        let aircraft =
            self.fleet.aircraft_of_mut(task.dock.as_str()).filter(|aircraft| aircraft.on);
        let (Some(route), Some((origin, home)), Some(aircraft)) = (route, pads, aircraft) else {
            task.fail(
                TaskStatus::StartingFailure,
                self.now,
                219_035,
                "the aircraft could not be made ready",
            );
            self.release(task);
            return;
        };
        let altitude =
            f64::from(task.settings.as_ref().map_or(0, |settings| settings.rth_altitude));
        aircraft.flight = Some(Flight::begin(
            task.uuid.clone(),
            self.now,
            origin,
            home,
            route.waypoints.clone(),
            altitude,
        ));
        task.track_id = Some(TrackId::new(new_uuid(self.rng)));
        task.run_at = Some(self.now);
        task.status = TaskStatus::Executing;
        task.stage = Stage::Flying;
    }

    fn fly(&mut self, task: &mut Task) {
        let aircraft = self.fleet.aircraft.iter_mut();
        let aircraft = aircraft.into_iter().find(|aircraft| {
            aircraft.flight.as_ref().is_some_and(|flight| flight.task == task.uuid)
        });
        let Some(aircraft) = aircraft else { return };
        let is_low = aircraft.battery <= aircraft.return_battery();
        let Some(flight) = &mut aircraft.flight else {
            return;
        };
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
                Event::Waypoint(index)
                    if route
                        .and_then(|route| route.waypoints.get(index))
                        .is_some_and(|point| point.photo) =>
                {
                    task.media.shots.push(self.now);
                }
                Event::Waypoint(_) => {}
                Event::Landed => {
                    let Some(flight) = aircraft.flight.take() else {
                        return;
                    };
                    let duration = flight
                        .track
                        .last()
                        .map_or(0, |fix| fix.at.unix_seconds() - flight.began.unix_seconds());
                    task.status = match flight.ending {
                        Ending::Complete => TaskStatus::Success,
                        Ending::Ordered => TaskStatus::Terminated,
                        Ending::LowBattery => TaskStatus::PartiallyDone,
                    };
                    let seconds = duration as f64;
                    aircraft.flown = (
                        aircraft.flown.0 + seconds,
                        aircraft.flown.1 + flight.distance,
                        aircraft.flown.2 + 1,
                    );
                    aircraft.gateway = Some(flight.home.dock.into());
                    task.completed_at = Some(self.now);
                    task.stage = Stage::Stowing { until: self.now.unix_seconds() + STOWING };
                    task.record =
                        Some(Record { distance: flight.distance, duration, points: flight.track });
                    let (video, ppk) =
                        route.map_or((false, false), |route| (route.video, route.ppk));
                    self.collect(task, video, ppk);
                    return;
                }
            }
        }
    }

    /// Makes the files of a landed flight, to be uploaded one by one.
    fn collect(&mut self, task: &mut Task, video: bool, ppk: bool) {
        let zone = task.zone();
        let mut files = Vec::new();
        let mut add = |rng: &mut fastrand::Rng,
                       taken: Timestamp,
                       letter: &str,
                       kind,
                       suffix,
                       sizes: std::ops::Range<i64>,
                       number: usize| {
            files.push(File {
                uuid: MediaUuid::new(new_uuid(rng)),
                name: format!("DJI_{}_{number:04}_{letter}", calendar::digits(taken, &zone)),
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
            add(
                self.rng,
                *first,
                "V",
                MediaFileType::Video,
                ".mp4",
                30_000_000..60_000_000,
                number,
            );
        }
        for taken in &shots {
            number += 1;
            add(self.rng, *taken, "W", MediaFileType::Image, ".jpeg", 3_600_000..8_400_000, number);
            if !ppk {
                add(
                    self.rng,
                    *taken,
                    "T",
                    MediaFileType::Image,
                    ".jpeg",
                    900_000..1_400_000,
                    number,
                );
            }
        }
        if let (true, Some(first)) = (ppk, shots.first()) {
            number += 1;
            add(
                self.rng,
                *first,
                "PPKRAW",
                MediaFileType::Ppk,
                ".bin",
                2_000_000..4_000_000,
                number,
            );
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
        let is_online =
            || self.fleet.dock(task.lands_at().as_str()).is_some_and(|dock| dock.online);
        if task.media.uploaded >= task.media.files.len() || now < task.media.next_at || !is_online()
        {
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
