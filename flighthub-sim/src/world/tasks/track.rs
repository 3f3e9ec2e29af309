//! What is left of a flight: its track.

use flighthub_api::v1::{FlightTrack, TaskTrack, Track, TrackPoint};

use super::{Stage, task_of};
use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::world::World;
use crate::world::flight::Fix;

/// A finished flight.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) distance: f64,
    pub(super) duration: i64,
    pub(super) points: Vec<Fix>,
}

/// `task.track`.
pub(crate) fn track(
    world: &mut World,
    caller: &Caller,
    operation: TaskTrack,
) -> Result<FlightTrack, Refusal> {
    let task = task_of(world, caller, &operation.task_uuid)?;
    let flying = world.fleet.flight_of(&task.uuid);
    let (points, distance, duration) = match (&task.record, flying) {
        (Some(record), _) => (&record.points, record.distance, record.duration),
        (None, Some(flight)) => (&flight.track, 0.0, 0),
        (None, None) if task.stage == Stage::Ended => {
            return Err(Refusal::new(219_039, "there is no flight record of this sortie"));
        }
        (None, None) => {
            return Err(Refusal::new(219_017, "the track does not exist yet, try again later"));
        }
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
