//! Flights by hand: histories have them, under a type that nobody documents and without a route.

use std::time::Duration;

use flighthub_api::Timestamp;
use flighthub_api::v1::{DockSn, DroneSn, ProjectUuid, TaskStatus, TaskType, TaskUuid};

use super::{Media, Plan, Stage, Task};
use crate::world::World;

/// The longest flight by hand, in minutes.
const LONGEST: u32 = 60;

/// The past of the demo world.
pub(crate) fn populate(world: &mut World) {
    let (dock, drone) = (DockSn::new("7CTXN0000B00A1"), DroneSn::new("1581F0Q8X000U00G00A1"));
    let run_at = world.now();
    let project = ProjectUuid::new(World::DEMO_PROJECT);
    add(world, project, dock, drone, (run_at, run_at.saturating_add(Duration::from_secs(420))));
}

fn add(
    world: &mut World,
    project: ProjectUuid,
    dock: DockSn,
    drone: DroneSn,
    (run_at, completed_at): (Timestamp, Timestamp),
) {
    let uuid = TaskUuid::new(world.new_uuid());
    world.tasks.add(Task {
        uuid,
        project,
        name: "Flight by hand".to_owned(),
        dock,
        landing: None,
        wayline: None,
        kind: TaskType::from("manual"),
        settings: None,
        plan: Plan::Once { latest: None },
        stage: Stage::Ended,
        status: TaskStatus::Success,
        begin_at: run_at,
        end_at: completed_at,
        run_at: Some(run_at),
        completed_at: Some(completed_at),
        waypoints: (0, 0),
        exceptions: Vec::new(),
        drone: Some(drone),
        track_id: None,
        record: None,
        media: Media::default(),
        resumed: None,
        by_person: true,
    });
}

impl World {
    /// Puts a flight by hand into the history of a dock: it has ended just now.
    pub(crate) fn fly_by_hand(&mut self, dock: &DockSn, minutes: u32) -> Result<(), String> {
        if !(1..=LONGEST).contains(&minutes) {
            return Err(format!("`minutes`: has to be 1 to {LONGEST}, not {minutes}"));
        }
        let Some(found) = self.fleet.dock(dock.as_str()) else {
            return Err(format!("`dock`: there is no dock `{dock}`"));
        };
        let project = found.project.clone();
        let Some(aircraft) = self.fleet.aircraft_of_mut(dock.as_str()) else {
            return Err(format!("`dock`: there is no aircraft in `{dock}`"));
        };
        if aircraft.flight.is_some() {
            return Err(format!("`dock`: the aircraft of `{dock}` is flying a task"));
        }
        aircraft.flown.0 += 60.0 * f64::from(minutes);
        aircraft.flown.2 += 1;
        let drone = aircraft.sn.clone();
        let now = self.now();
        let began = now.saturating_sub(Duration::from_secs(60 * u64::from(minutes)));
        add(self, project, dock.clone(), drone, (began, now));
        Ok(())
    }
}
