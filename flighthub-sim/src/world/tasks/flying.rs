//! The life of a task from its take-off to its landing, second by second.

use std::time::Duration;

use flighthub_api::v1::{
    OutOfControlAction, ResumableStatus, RthMode, TaskStatus, TaskType, TaskUuid, TrackId,
};

use super::life::Scene;
use super::{Plan, Record, Stage, Task};
use crate::world::flight::{BreakPoint, Ending, Event, Flight, Phase};
use crate::world::{fleet, new_uuid};

/// Seconds that the dock is busy after a landing.
const STOWING: i64 = 15;
/// Hours that a broken-off flight has to be gone on with.
const RESUME_WITHIN: i64 = 4;

impl Scene<'_> {
    pub(super) fn take_off(&mut self, task: &mut Task) {
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
        let preset =
            task.settings.as_ref().filter(|settings| settings.rth_mode != RthMode::Optimal);
        let course = route.course(origin.place);
        aircraft.flight = Some(Flight::begin(
            task.uuid.clone(),
            self.now,
            origin,
            home,
            course,
            preset.map(|settings| f64::from(settings.rth_altitude)),
            task.resumed,
        ));
        task.track_id = Some(TrackId::new(new_uuid(self.rng)));
        task.run_at = Some(self.now);
        task.status = TaskStatus::Executing;
        task.stage = Stage::Flying;
    }

    pub(super) fn fly(&mut self, task: &mut Task) {
        let aircraft = self.fleet.aircraft.iter_mut().find(|aircraft| {
            aircraft.flight.as_ref().is_some_and(|flight| flight.task == task.uuid)
        });
        let Some(aircraft) = aircraft else { return };
        let is_low = aircraft.battery <= aircraft.return_battery();
        let docks = &self.fleet.docks;
        let is_linked = docks.iter().any(|dock| {
            dock.online
                && aircraft.gateway.as_ref().is_some_and(|sn| sn.as_str() == dock.sn.as_str())
        });
        let Some(flight) = &mut aircraft.flight else {
            return;
        };
        let turns_back = match flight.phase() {
            Phase::Returning | Phase::Landing => None,
            _ if is_low => Some((Ending::LowBattery, "the battery is low, the aircraft returns")),
            _ if !is_linked && task.returns_without_link() => {
                Some((Ending::LinkLost, "the link to the dock is lost, the aircraft returns"))
            }
            _ => None,
        };
        if let Some((ending, why)) = turns_back {
            flight.return_to(flight.home.clone(), ending);
            task.status = TaskStatus::Executing;
            task.note(self.now, 219_035, why);
        }
        let events = flight.second(self.now);
        aircraft.place = flight.place;
        aircraft.heading = flight.heading;
        task.waypoints.0 = flight.waypoints_done();
        let landed = events.contains(&Event::Landed).then(|| aircraft.flight.take()).flatten();
        if let Some(flight) = &landed {
            aircraft.gateway = Some(flight.home.dock.clone().into());
            aircraft.flown.0 += flight.seconds_in_air();
            aircraft.flown.1 += flight.distance;
            aircraft.flown.2 += 1;
        }
        let flying = aircraft.flight.as_ref().or(landed.as_ref());
        for event in events {
            if let Event::Waypoint(index) = event
                && let Some(point) = flying.and_then(|flight| flight.waypoint(index))
            {
                task.media.shoot(self.now, point);
            }
        }
        if let Some(flight) = landed {
            self.land(task, flight);
        }
    }

    fn land(&mut self, task: &mut Task, flight: Flight) {
        task.status = match flight.ending {
            Ending::Complete => TaskStatus::Success,
            Ending::Ordered => TaskStatus::Terminated,
            Ending::LowBattery | Ending::LinkLost => TaskStatus::PartiallyDone,
        };
        task.completed_at = Some(self.now);
        task.stage = Stage::Stowing { until: self.now.unix_seconds() + STOWING };
        let break_point = flight.break_point;
        task.record = Some(Record {
            distance: flight.distance,
            duration: self.now.unix_seconds() - flight.began.unix_seconds(),
            points: flight.track,
        });
        self.collect(task);
        if let Some(point) = break_point.filter(|_| task.status == TaskStatus::PartiallyDone) {
            self.resume(task, point);
        }
    }

    /// A flight with automatic resumption that the battery or the link broke off is gone on with by a task of its own, once the battery is charged.
    ///
    /// That such children exist, and are marked with `is_break_point_resume`, is documented; when and how they start is a guess. Tasks that land
    /// at another dock have none, and continuous plans fly again anyway.
    fn resume(&mut self, task: &Task, point: BreakPoint) {
        let is_automatic = task
            .settings
            .as_ref()
            .is_some_and(|settings| settings.resumable == ResumableStatus::Auto);
        if !is_automatic || task.landing.is_some() || task.kind == TaskType::Continuous {
            return;
        }
        let uuid = TaskUuid::new(new_uuid(self.rng));
        let length = task.wayline.as_ref().and_then(|id| self.length(task, id));
        let end = self.now.saturating_add(length.unwrap_or(Duration::ZERO));
        let latest = self.now.unix_seconds() + RESUME_WITHIN * 3_600;
        let child = task.child(uuid, self.now, end);
        self.children.push(Task {
            plan: Plan::Once { latest: Some(latest) },
            waypoints: (point.done, child.waypoints.1),
            resumed: Some(point),
            ..child
        });
    }
}

impl Task {
    fn returns_without_link(&self) -> bool {
        let action = self.settings.as_ref().map(|settings| &settings.out_of_control);
        action == Some(&OutOfControlAction::ReturnHome)
    }
}
