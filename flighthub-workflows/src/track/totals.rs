//! What the points of a track add up to.

use flighthub_api::Timestamp;
use serde::Serialize;

use super::geodesy::distance;
use super::{Point, seconds_between, text};

/// Rises and falls below so many metres are the noise of the height.
const NOISE: f64 = 1.0;

/// What the points of a track add up to, and what FlightHub says of the flight.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Totals {
    /// Points.
    pub points: usize,
    /// Points that have a height.
    pub heights: usize,
    /// Time of the first point that has one.
    #[serde(serialize_with = "text::rfc3339")]
    pub begin: Option<Timestamp>,
    /// Time of the last point that has one.
    #[serde(serialize_with = "text::rfc3339")]
    pub end: Option<Timestamp>,
    /// Seconds between the two.
    pub duration_s: Option<f64>,
    /// Metres over ground from point to point, straight over gaps.
    pub distance_m: f64,
    /// Lowest height, metres.
    pub lowest_m: Option<f64>,
    /// Greatest height, metres.
    pub highest_m: Option<f64>,
    /// Sum of all rises, metres. Those below a metre are noise and not counted.
    pub climb_m: Option<f64>,
    /// Greatest speed over ground from one point to the next, metres a second. Gaps do not count.
    pub top_speed_m_s: Option<f64>,
    /// Length of the flight as FlightHub tells it, metres. While the aircraft flies it is 0, which is none.
    pub reported_distance_m: Option<f64>,
    /// Duration of the flight as FlightHub tells it, seconds. While the aircraft flies it is 0, which is none.
    pub reported_duration_s: Option<i64>,
}

/// What FlightHub says of the flight.
pub(super) struct Said {
    pub(super) distance: Option<f64>,
    pub(super) duration: Option<i64>,
}

impl Totals {
    pub(super) fn of(points: &[Point], said: Said) -> Self {
        let mut totals = Self {
            points: points.len(),
            reported_distance_m: said.distance.filter(|metres| metres.is_finite() && *metres > 0.0),
            reported_duration_s: said.duration.filter(|seconds| *seconds > 0),
            begin: points.iter().find_map(|point| point.time),
            end: points.iter().rev().find_map(|point| point.time),
            ..Self::default()
        };
        if let (Some(begin), Some(end)) = (totals.begin, totals.end) {
            totals.duration_s = Some(end.duration_since(&begin).as_secs_f64());
        }
        for pair in points.windows(2) {
            let [one, two] = pair else { continue };
            totals.distance_m += metres_between(one, two);
            if let Some(speed) = speed(one, two) {
                totals.top_speed_m_s =
                    Some(totals.top_speed_m_s.map_or(speed, |top| top.max(speed)));
            }
        }
        totals.add_heights(points);
        totals.distance_m = text::metres(totals.distance_m);
        totals.climb_m = totals.climb_m.map(text::metres);
        totals.top_speed_m_s = totals.top_speed_m_s.map(text::metres);
        totals
    }

    fn add_heights(&mut self, points: &[Point]) {
        let mut level = None;
        for height in points.iter().filter_map(|point| point.height) {
            self.heights += 1;
            self.lowest_m = Some(self.lowest_m.map_or(height, |lowest| lowest.min(height)));
            self.highest_m = Some(self.highest_m.map_or(height, |highest| highest.max(height)));
            let from: f64 = *level.get_or_insert(height);
            let climb = self.climb_m.get_or_insert(0.0);
            if (height - from).abs() >= NOISE {
                *climb += (height - from).max(0.0);
                level = Some(height);
            }
        }
    }
}

/// Metres over ground.
pub(crate) fn metres_between(one: &Point, two: &Point) -> f64 {
    distance((one.latitude, one.longitude), (two.latitude, two.longitude))
}

/// Metres a second over ground on the way from one point to the next; none over gaps and where no time passes.
pub(crate) fn speed(one: &Point, two: &Point) -> Option<f64> {
    let seconds = seconds_between(one, two).filter(|seconds| *seconds > 0.0)?;
    (!two.after_gap).then(|| metres_between(one, two) / seconds)
}
