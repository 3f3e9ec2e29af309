//! When a flight passed its planned waypoints.

use crate::track::{Point, distance};

/// Metres within which a waypoint was passed: between two points of a track an aircraft flies some thirty.
const PASSED: f64 = 40.0;
/// Metres that the distance may grow again on the way to the nearest point.
const SLACK: f64 = 5.0;

/// For each waypoint, in their order, the index of the point where it was passed; `None` where it was not.
pub(super) fn passed(points: &[Point], waypoints: &[(f64, f64)]) -> Vec<Option<usize>> {
    let mut from = 0;
    let pass = |waypoint: &(f64, f64)| {
        let found = nearest(points.get(from..).unwrap_or_default(), *waypoint).map(|at| from + at);
        from = found.unwrap_or(from);
        found
    };
    waypoints.iter().map(pass).collect()
}

/// The nearest point of the first approach.
fn nearest(points: &[Point], waypoint: (f64, f64)) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (index, point) in points.iter().enumerate() {
        let metres = distance((point.latitude, point.longitude), waypoint);
        match best {
            None if metres <= PASSED => best = Some((index, metres)),
            Some((_, least)) if metres < least => best = Some((index, metres)),
            Some((_, least)) if metres > least + SLACK => break,
            _ => {}
        }
    }
    best.map(|(index, _)| index)
}
