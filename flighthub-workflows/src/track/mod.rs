//! The flown track of a task: cleaned, measured, and written for maps, navigation software and spreadsheets.
//!
//! ```
//! use flighthub_workflows::track::{Format, Track};
//!
//! let reply: flighthub_api::v1::FlightTrack = serde_json::from_str(
//!     r#"{"name":"North fence","track":{"points":[
//!         {"timestamp":1741068021000,"latitude":0.02,"longitude":-25.3,"height":31.5},
//!         {"timestamp":1741068023,"latitude":0.0201,"longitude":-25.3,"height":null}]}}"#,
//! )?;
//! let track = Track::new(&reply);
//! assert_eq!(track.totals.points, 2);
//! assert_eq!(track.totals.duration_s, Some(2.0));
//! let mut gpx = Vec::new();
//! track.write(Format::Gpx, &mut gpx)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod csv;
mod format;
mod geodesy;
mod geojson;
mod gpx;
mod kml;
mod text;
mod totals;

use flighthub_api::v1::{
    DroneSn, FlightTrack, TaskStatus, TaskTrack, TaskUuid, TrackId, TrackPoint, WaylineId,
};
use flighthub_api::{Access, List, Permits, Project, Timestamp};
use serde::Serialize;

pub use format::Format;
#[cfg(feature = "picture")]
pub(crate) use geodesy::{degrees_east, distance, metres_a_degree};
#[cfg(feature = "picture")]
pub(crate) use text::xml_escaped;
pub use totals::Totals;
#[cfg(feature = "picture")]
pub(crate) use totals::{metres_between, speed};

use crate::Result;

/// Degrees around 0, 0 that a receiver without a fix reports; no dock stands there.
const NO_FIX: f64 = 1e-6;
/// Metres over or under the ellipsoid beyond which a height is none.
const MOST_HEIGHT: f64 = 30_000.0;
/// Times before the year 2000 are those of a clock that was never set.
const FIRST_SECOND: i64 = 946_684_800;
/// A pause of more than so many usual intervals, and of more than so many seconds, is a gap.
const GAP_INTERVALS: f64 = 5.0;
const GAP_SECONDS: f64 = 12.0;

/// A flown track: what could be used of the points that FlightHub sent, in the order of time.
///
/// Coordinates fit WGS 84. Heights fit an absolute height; nobody has confirmed their datum, so that they are not heights above ground.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Track {
    /// Name of the task.
    pub name: String,
    /// State of the task, if the gateway told it.
    pub status: Option<TaskStatus>,
    /// Route of the task.
    pub wayline_uuid: Option<WaylineId>,
    /// Identifier of the track.
    pub track_id: Option<TrackId>,
    /// Serial number of the aircraft.
    pub drone_sn: Option<DroneSn>,
    /// What the points add up to, and what FlightHub says.
    pub totals: Totals,
    /// Points that were left out, and why.
    pub dropped: Dropped,
    /// The points.
    pub points: Vec<Point>,
}

/// Where the aircraft was at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Point {
    /// When; none where the clock of the aircraft was not set.
    #[serde(serialize_with = "text::rfc3339")]
    pub time: Option<Timestamp>,
    /// Degrees.
    pub latitude: f64,
    /// Degrees, -180 to 180.
    pub longitude: f64,
    /// Metres, probably over the ellipsoid.
    pub height: Option<f64>,
    /// Whether points are missing right before this one: there was no fix, or a pause.
    pub after_gap: bool,
}

/// Points that were left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Dropped {
    /// At latitude 0, longitude 0: the receiver had no fix.
    pub no_fix: usize,
    /// Coordinates that are not on Earth, or no numbers.
    pub impossible: usize,
    /// The same moment and place as the point before.
    pub duplicate: usize,
    /// Rows that could not be read at all.
    pub unreadable: usize,
}

impl Dropped {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> usize {
        self.no_fix + self.impossible + self.duplicate + self.unreadable
    }
}

impl Track {
    /// Asks for the track of a task.
    ///
    /// # Errors
    ///
    /// As `task.track`: code 219017 before the take-off, 219039 when the task never flew. A flight that is on has its points so far.
    pub async fn fetch<A: Access + Permits<TaskTrack>>(
        project: &Project<A>,
        task: impl Into<TaskUuid>,
    ) -> Result<Self> {
        let reply = project.send(&TaskTrack::new(task)).await?;
        Ok(Self::new(&reply))
    }

    /// What can be used of an answer.
    #[must_use]
    pub fn new(reply: &FlightTrack) -> Self {
        let mut dropped = Dropped::default();
        let points = match &reply.track {
            Some(track) => clean(raw(&track.points), &mut dropped),
            None => Vec::new(),
        };
        let track = reply.track.as_ref();
        let said = totals::Said {
            distance: track.and_then(|track| track.flight_distance),
            duration: track.and_then(|track| track.flight_duration),
        };
        Self {
            name: reply.name.clone(),
            status: reply.status.clone(),
            wayline_uuid: reply.wayline_uuid.clone(),
            track_id: track.and_then(|track| track.track_id.clone()),
            drone_sn: track.and_then(|track| track.drone_sn.clone()),
            totals: Totals::of(&points, said),
            dropped,
            points,
        }
    }

    /// Writes it in a format, point by point.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn write(&self, format: Format, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        match format {
            Format::GeoJson => geojson::write(self, out),
            Format::Kml => kml::write(self, out),
            Format::Gpx => gpx::write(self, out),
            Format::Csv => csv::write(self, out),
        }
    }

    /// The stretches without a gap.
    fn stretches(&self) -> impl Iterator<Item = &[Point]> {
        self.points.chunk_by(|_, next| !next.after_gap)
    }

    /// Whether some points have a height.
    fn has_heights(&self) -> bool {
        self.totals.heights > 0
    }
}

/// A row as it came: nothing where it could not be read.
type Raw = Option<TrackPoint>;

/// All rows in the order in which they came.
fn raw(points: &List<TrackPoint>) -> Vec<Raw> {
    let mut readable = points.iter();
    let mut odd = points.odd().iter().map(flighthub_api::Odd::index).peekable();
    let rows = points.len() + points.odd().len();
    let row = |index| match odd.next_if_eq(&index) {
        Some(_) => None,
        None => readable.next().cloned(),
    };
    (0..rows).map(row).collect()
}

fn has_time(point: &TrackPoint) -> bool {
    point.timestamp.unix_seconds() >= FIRST_SECOND
}

impl Dropped {
    /// What can be used of a row; counts it when that is nothing.
    fn sift(&mut self, row: Raw) -> Option<Point> {
        let Some(row) = row else {
            self.unreadable += 1;
            return None;
        };
        let on_earth =
            (-90.0..=90.0).contains(&row.latitude) && (-180.0..=180.0).contains(&row.longitude);
        if !on_earth {
            self.impossible += 1;
            return None;
        }
        if row.latitude.abs() < NO_FIX && row.longitude.abs() < NO_FIX {
            self.no_fix += 1;
            return None;
        }
        Some(Point {
            time: has_time(&row).then_some(row.timestamp),
            latitude: row.latitude,
            longitude: row.longitude,
            height: row.height.filter(|height| height.abs() <= MOST_HEIGHT),
            after_gap: false,
        })
    }
}

/// Sorts by time and leaves out what is no position.
fn clean(rows: Vec<Raw>, dropped: &mut Dropped) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::with_capacity(rows.len());
    let mut lost = false;
    for row in sorted(rows) {
        let Some(mut point) = dropped.sift(row) else {
            lost = true;
            continue;
        };
        point.after_gap = lost && !points.is_empty();
        lost = false;
        if points.last().is_some_and(|last| is_same(last, &point)) {
            dropped.duplicate += 1;
        } else {
            points.push(point);
        }
    }
    mark_pauses(&mut points);
    points
}

fn is_same(one: &Point, other: &Point) -> bool {
    one.time == other.time
        && one.latitude == other.latitude
        && one.longitude == other.longitude
        && (one.height == other.height || other.height.is_none())
}

/// Rows without a time stay behind the one that they came after.
fn sorted(rows: Vec<Raw>) -> impl Iterator<Item = Raw> {
    let mut last = i64::MIN;
    let mut keyed: Vec<(i64, Raw)> = rows
        .into_iter()
        .map(|row| {
            if let Some(point) = row.as_ref().filter(|point| has_time(point)) {
                last = point.timestamp.unix_millis();
            }
            (last, row)
        })
        .collect();
    keyed.sort_by_key(|(time, _)| *time);
    keyed.into_iter().map(|(_, row)| row)
}

/// Marks where the aircraft was not heard of for much longer than usual.
fn mark_pauses(points: &mut [Point]) {
    let seconds = |pair: &[Point]| match pair {
        [one, two] => seconds_between(one, two),
        _ => None,
    };
    let mut intervals: Vec<f64> = points.windows(2).filter_map(seconds).collect();
    intervals.sort_by(f64::total_cmp);
    let usual = intervals.get(intervals.len() / 2).copied().unwrap_or_default();
    let most = (usual * GAP_INTERVALS).max(GAP_SECONDS);
    let mut before: Option<Point> = None;
    for point in points {
        let pause = before.and_then(|before| seconds_between(&before, point));
        point.after_gap |= pause.is_some_and(|pause| pause > most);
        before = Some(*point);
    }
}

/// Seconds from one point to a later one, where both have a time.
pub(crate) fn seconds_between(one: &Point, two: &Point) -> Option<f64> {
    Some(two.time?.duration_since(&one.time?).as_secs_f64())
}

#[cfg(test)]
mod tests;
