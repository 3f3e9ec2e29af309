//! What a flight was: joined from the task, its row in the list, its track and its files.

use std::collections::BTreeMap;
use std::time::Duration;

use flighthub_api::v1::{
    DeviceSn, DockSn, FlightTask, FlightTaskSummary, TaskException, TaskGet, TaskList, TaskMedia,
    TaskOperation, TaskStatus, TaskTrack, TaskType, TaskUuid, Track, TrackPoint, WaylineId,
};
use flighthub_api::{Access, ErrorCode, Permits, Project, Timestamp};
use serde::Serialize;

use crate::Result;
use crate::moment;

/// Where the row of a task is looked for, around its planned start.
const AROUND: Duration = Duration::from_secs(24 * 3600);
/// Radius of the Earth, metres.
const EARTH: f64 = 6_371_008.8;

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// The task list.
    List,
    /// What the track says in sum.
    Track,
    /// Computed from the points of the track.
    Points,
    /// Computed from the actual times of the list.
    ListTimes,
}

/// A start and an end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Times {
    /// The start.
    #[serde(with = "moment::option")]
    pub begin_at: Option<Timestamp>,
    /// The end.
    #[serde(with = "moment::option")]
    pub end_at: Option<Timestamp>,
}

/// How far a flight came on its route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Waypoints {
    /// Waypoints that were done.
    pub done: i32,
    /// Waypoints of the route.
    pub total: Option<i32>,
}

/// The files of a flight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MediaCount {
    /// Files that the flight made.
    pub expected: Option<i32>,
    /// Files that have been uploaded.
    pub uploaded: Option<i32>,
    /// Files that are listed now, without the rows that stand for folders.
    pub listed: Option<usize>,
    /// What the list says about the upload.
    pub upload_status: Option<String>,
    /// Number of the folder, which reconstructions ask for.
    pub folder_id: Option<i64>,
}

/// What somebody did with a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OperationNote {
    /// Account of the person.
    pub account: Option<String>,
    /// What the person did.
    pub action: Option<String>,
}

/// What went wrong with a task.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TroubleNote {
    /// The code.
    pub code: Option<i64>,
    /// What the code means, where it is one of the API's.
    pub meaning: Option<&'static str>,
    /// What to do about it, where it is one of the API's.
    pub remedy: Option<&'static str>,
    /// What the service says.
    pub message: Option<String>,
    /// When it happened.
    #[serde(with = "moment::option")]
    pub happened_at: Option<Timestamp>,
    /// Serial number of the device.
    pub sn: Option<String>,
}

/// What a flight was. What is missing is null, and `missing` says why.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct MissionReport {
    /// The task.
    pub task_uuid: TaskUuid,
    /// Its name.
    pub name: String,
    /// How its start was planned.
    pub task_type: TaskType,
    /// Its status.
    pub status: TaskStatus,
    /// The dock of the start.
    pub dock: DockSn,
    /// The dock of the landing, when the list has the task; the dock of the start where it names no other.
    pub landing_dock: Option<DockSn>,
    /// The route; null for a flight by hand.
    pub route: Option<WaylineId>,
    /// The aircraft, which the track names.
    pub aircraft: Option<String>,
    /// Return height that was planned, metres.
    pub rth_altitude_m: Option<i32>,
    /// The planned times.
    pub planned: Times,
    /// The actual times: those of the list, else those of the first and last point of the track.
    pub actual: Option<Times>,
    /// Where the actual times come from.
    pub actual_source: Option<Source>,
    /// Length of the flight, seconds.
    pub duration_s: Option<i64>,
    /// Where the duration comes from.
    pub duration_source: Option<Source>,
    /// Distance that was flown, metres.
    pub distance_m: Option<f64>,
    /// Where the distance comes from.
    pub distance_source: Option<Source>,
    /// The highest point, metres as the track gives them: they fit a height over the ellipsoid, which nobody has confirmed. It is no height above
    /// ground.
    pub highest_point_m: Option<f64>,
    /// Points of the track.
    pub track_points: Option<usize>,
    /// How far it came on its route.
    pub waypoints: Option<Waypoints>,
    /// Its files.
    pub media: Option<MediaCount>,
    /// What people did with it.
    pub operations: Vec<OperationNote>,
    /// What went wrong.
    pub exceptions: Vec<TroubleNote>,
    /// Why fields are null: the field, and the reason.
    pub missing: BTreeMap<&'static str, String>,
}

/// Says what a flight was, also of one that is still in the air.
///
/// # Errors
///
/// As `task.get`. The other parts may fail; then they are missing, with the reason.
pub async fn report<A>(project: &Project<A>, task: &TaskUuid) -> Result<MissionReport>
where
    A: Access + Permits<TaskGet> + Permits<TaskList> + Permits<TaskTrack> + Permits<TaskMedia>,
{
    let detail = project.send(&TaskGet::new(task)).await?;
    let row = row_of(project, &detail).await;
    let track = match project.send(&TaskTrack::new(task)).await {
        Ok(flight) => flight.track.ok_or_else(|| "the track is null".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    let listed = match project.send(&TaskMedia::new(task)).await {
        Ok(listing) => Ok(count(&listing.list)),
        Err(error) => Err(error.to_string()),
    };
    Ok(Parts { detail, row, track, listed }.join())
}

async fn row_of<A: Access + Permits<TaskList>>(
    project: &Project<A>,
    detail: &FlightTask,
) -> std::result::Result<FlightTaskSummary, String> {
    let Some(begin) = detail.begin_at else {
        return Err("the task has no planned start to look for it by".to_owned());
    };
    let sn = DeviceSn::new(detail.sn.as_str());
    let (from, to) = (begin.saturating_sub(AROUND), begin.saturating_add(AROUND));
    let listing = project.send(&TaskList::new(sn, from, to)).await.map_err(|e| e.to_string())?;
    let odd = listing.odd().len();
    let row = listing.into_iter().find(|row| row.uuid == detail.uuid);
    row.ok_or_else(|| match odd {
        0 => "the task is not in the list of its dock".to_owned(),
        odd => {
            format!("the task is not in the list of its dock, of which {odd} rows cannot be read")
        }
    })
}

/// Files without the rows that stand for folders, each once.
fn count(list: &[flighthub_api::v1::MediaFile]) -> usize {
    use flighthub_api::v1::MediaFileType;
    let mut seen = std::collections::BTreeSet::new();
    let is_file = |file: &&flighthub_api::v1::MediaFile| {
        !(file.file_type == MediaFileType::Unsupported && file.size.unwrap_or(0) == 0)
    };
    list.iter()
        .filter(is_file)
        .enumerate()
        .filter(|(place, file)| match &file.uuid {
            Some(uuid) => seen.insert(uuid.as_str().to_owned()),
            None => seen.insert(format!("row {place}")),
        })
        .count()
}

type Part<T> = std::result::Result<T, String>;

struct Parts {
    detail: FlightTask,
    row: Part<FlightTaskSummary>,
    track: Part<Track>,
    listed: Part<usize>,
}

impl Parts {
    fn join(self) -> MissionReport {
        let mut missing = BTreeMap::new();
        let Self { detail, row, track, listed } = self;
        if let Err(why) = &row {
            for field in ["waypoints", "landing_dock", "operations", "exceptions"] {
                missing.insert(field, why.clone());
            }
        }
        if let Err(why) = &track {
            for field in ["track_points", "aircraft"] {
                missing.insert(field, why.clone());
            }
        }
        if let Err(why) = &listed {
            missing.insert("media.listed", why.clone());
        }
        let (row, track) = (row.as_ref(), track.as_ref());
        let mut note = |field: &'static str, is_missing: bool, why: &str| {
            if is_missing {
                missing.insert(field, why.to_owned());
            }
        };
        let actual = actual(row.ok(), track.ok());
        note(
            "actual",
            actual.is_none(),
            &why_not(&row, &track, "it has not started, or nobody knows when"),
        );
        let duration = duration(row.ok(), track.ok());
        note(
            "duration_s",
            duration.is_none(),
            &why_not(&track, &row, "it has not ended, or nobody knows when"),
        );
        let distance = track.ok().and_then(distance);
        note("distance_m", distance.is_none(), &why_of(&track, "the track has no points"));
        let highest = track.ok().and_then(highest);
        note(
            "highest_point_m",
            highest.is_none(),
            &why_of(&track, "no point of the track has a height"),
        );
        note("route", detail.wayline_uuid.is_none(), "the task has none, as flights by hand");
        let folder = detail.folder_info.as_ref();
        note("media.expected", folder.is_none(), "the flight has no media folder yet");
        let media = MediaCount {
            expected: folder.and_then(|folder| folder.expected_file_count),
            uploaded: folder.and_then(|folder| folder.uploaded_file_count),
            listed: listed.ok(),
            upload_status: row
                .ok()
                .and_then(|row| row.media_upload_status.as_ref())
                .map(ToString::to_string),
            folder_id: folder
                .map(|folder| folder.folder_id.get())
                .or_else(|| row.ok()?.folder_id.map(|id| id.get()))
                .filter(|id| *id != 0),
        };
        MissionReport {
            task_uuid: detail.uuid,
            name: detail.name,
            task_type: detail.task_type,
            status: detail.status,
            landing_dock: row.ok().map(|row| row.landing_dock_sn.clone().unwrap_or(row.sn.clone())),
            dock: detail.sn,
            route: detail.wayline_uuid,
            aircraft: track.ok().and_then(|track| track.drone_sn.as_ref()).map(ToString::to_string),
            rth_altitude_m: detail.rth_altitude,
            planned: Times { begin_at: detail.begin_at, end_at: detail.end_at },
            actual: actual.map(|(times, _)| times),
            actual_source: actual.map(|(_, source)| source),
            duration_s: duration.map(|(seconds, _)| seconds),
            duration_source: duration.map(|(_, source)| source),
            distance_m: distance.map(|(metres, _)| metres),
            distance_source: distance.map(|(_, source)| source),
            highest_point_m: highest,
            track_points: track.ok().map(|track| track.points.len()),
            waypoints: row.ok().and_then(|row| {
                let done = row.current_waypoint_index?;
                Some(Waypoints { done, total: row.total_waypoints })
            }),
            media: Some(media),
            operations: row
                .ok()
                .map(|row| row.operations.iter().map(operation).collect())
                .unwrap_or_default(),
            exceptions: row
                .ok()
                .map(|row| row.exceptions.iter().map(exception).collect())
                .unwrap_or_default(),
            missing,
        }
    }
}

fn why_of<T>(part: &std::result::Result<&T, &String>, otherwise: &str) -> String {
    match part {
        Ok(_) => otherwise.to_owned(),
        Err(why) => (*why).clone(),
    }
}

/// The reason of the first part that is missing, else what it means that both are there.
fn why_not<T, U>(
    first: &std::result::Result<&T, &String>,
    second: &std::result::Result<&U, &String>,
    otherwise: &str,
) -> String {
    match (first, second) {
        (Err(why), _) | (_, Err(why)) => (*why).clone(),
        _ => otherwise.to_owned(),
    }
}

fn actual(row: Option<&FlightTaskSummary>, track: Option<&Track>) -> Option<(Times, Source)> {
    if let Some(row) = row.filter(|row| row.run_at.is_some()) {
        return Some((Times { begin_at: row.run_at, end_at: row.completed_at }, Source::List));
    }
    let points = &track?.points;
    let (first, last) = (points.first()?, points.last()?);
    let times = Times { begin_at: Some(first.timestamp), end_at: Some(last.timestamp) };
    Some((times, Source::Points))
}

fn duration(row: Option<&FlightTaskSummary>, track: Option<&Track>) -> Option<(i64, Source)> {
    // 0 while it flies.
    let told = track.and_then(|track| track.flight_duration).filter(|seconds| *seconds > 0);
    if let Some(seconds) = told {
        return Some((seconds, Source::Track));
    }
    let seconds =
        |from: Timestamp, to: Timestamp| i64::try_from(to.duration_since(&from).as_secs()).ok();
    if let Some((begin, end)) = row.and_then(|row| Some((row.run_at?, row.completed_at?))) {
        return Some((seconds(begin, end)?, Source::ListTimes));
    }
    let points = &track?.points;
    Some((seconds(points.first()?.timestamp, points.last()?.timestamp)?, Source::Points))
}

/// A point without a fix is at 0, 0.
fn has_fix(point: &&TrackPoint) -> bool {
    let is_number = point.latitude.is_finite() && point.longitude.is_finite();
    is_number && !(point.latitude == 0.0 && point.longitude == 0.0)
}

fn distance(track: &Track) -> Option<(f64, Source)> {
    // 0 while it flies.
    let told = track.flight_distance.filter(|metres| metres.is_finite() && *metres > 0.0);
    if let Some(metres) = told {
        return Some((metres, Source::Track));
    }
    let points: Vec<&TrackPoint> = track.points.iter().filter(has_fix).collect();
    if points.is_empty() {
        return None;
    }
    let legs = points.iter().zip(points.iter().skip(1));
    let metres: f64 = legs.map(|(from, to)| over_ground(from, to)).sum();
    Some(((metres * 10.0).round() / 10.0, Source::Points))
}

/// Metres between two points along the surface (haversine).
fn over_ground(from: &TrackPoint, to: &TrackPoint) -> f64 {
    let (a, b) = (from.latitude.to_radians(), to.latitude.to_radians());
    let half_north = ((b - a) / 2.0).sin();
    let half_east = ((to.longitude - from.longitude).to_radians() / 2.0).sin();
    let chord = half_north * half_north + a.cos() * b.cos() * half_east * half_east;
    2.0 * EARTH * chord.sqrt().min(1.0).asin()
}

fn highest(track: &Track) -> Option<f64> {
    let heights = track.points.iter().filter_map(|point| point.height);
    heights.filter(|height| height.is_finite()).max_by(f64::total_cmp)
}

fn operation(operation: &TaskOperation) -> OperationNote {
    OperationNote {
        account: operation.operator_account.clone().or_else(|| operation.operator_name.clone()),
        action: operation.operation_type.map(|kind| format!("{kind:?}").to_lowercase()),
    }
}

fn exception(exception: &TaskException) -> TroubleNote {
    let code = exception.code.map(ErrorCode::new);
    TroubleNote {
        code: exception.code,
        meaning: code.and_then(ErrorCode::meaning),
        remedy: code.and_then(ErrorCode::remedy).filter(|remedy| !remedy.is_empty()),
        message: exception.message.clone().filter(|message| !message.is_empty()),
        happened_at: exception.happen_at,
        sn: exception.sn.as_ref().map(ToString::to_string),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_degree_of_latitude_is_a_sixtieth_of_sixty_miles() {
        let point = |latitude: f64| -> TrackPoint {
            serde_json::from_value(serde_json::json!({
                "timestamp": 1_767_254_400_000_i64, "latitude": latitude, "longitude": -25.3,
            }))
            .unwrap()
        };
        let metres = over_ground(&point(0.0), &point(1.0));
        assert!((metres - 111_195.0).abs() < 1.0, "{metres}");
    }
}
