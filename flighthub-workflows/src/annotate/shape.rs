//! Shapes of GeoJSON and what is wrong with them.
//!
//! A reader of our own instead of a library, because a library stops at the first mistake and does not say where it stands; here people get
//! all of them at once, each with its JSON pointer.

use serde::Serialize;
use serde_json::Value;

/// Degrees within which two positions are one.
const SAME: f64 = 1e-9;

/// Rings with more corners are not searched for crossings: the search compares all pairs of sides.
const MOST_CORNERS_FOR_CROSSINGS: usize = 2_000;

/// Something about a file that people should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Remark {
    /// How bad it is.
    pub severity: RemarkSeverity,
    /// Where, as a JSON pointer: `/features/3/geometry/coordinates/0`. Empty for the whole file.
    pub pointer: String,
    /// What.
    pub text: String,
}

/// How bad a remark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RemarkSeverity {
    /// It was put right, or left out.
    Note,
    /// It is drawn as it is, and may not be what was meant.
    Warning,
    /// Nothing is drawn while this is so.
    Error,
}

/// Collects remarks.
#[derive(Debug, Default)]
pub(super) struct Remarks(pub(super) Vec<Remark>);

impl Remarks {
    pub(super) fn add(&mut self, severity: RemarkSeverity, pointer: &str, text: impl Into<String>) {
        self.0.push(Remark { severity, pointer: pointer.to_owned(), text: text.into() });
    }

    pub(super) fn error(&mut self, pointer: &str, text: impl Into<String>) {
        self.add(RemarkSeverity::Error, pointer, text);
    }

    fn note(&mut self, pointer: &str, text: impl Into<String>) {
        self.add(RemarkSeverity::Note, pointer, text);
    }

    fn warn(&mut self, pointer: &str, text: impl Into<String>) {
        self.add(RemarkSeverity::Warning, pointer, text);
    }
}

/// Longitude, latitude and perhaps height.
pub(super) type Position = Vec<f64>;

/// A shape that the service can draw.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Point(Position),
    Line(Vec<Position>),
    Polygon(Vec<Vec<Position>>),
}

impl Shape {
    /// All its positions.
    pub(super) fn positions(&self) -> Vec<&Position> {
        match self {
            Self::Point(position) => vec![position],
            Self::Line(line) => line.iter().collect(),
            Self::Polygon(rings) => rings.iter().flatten().collect(),
        }
    }

    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Point(_) => "point",
            Self::Line(_) => "line",
            Self::Polygon(_) => "polygon",
        }
    }
}

/// A position, if it is one.
pub(super) fn position(value: &Value, pointer: &str, remarks: &mut Remarks) -> Option<Position> {
    let Some(items) = value.as_array() else {
        remarks.error(
            pointer,
            "is no position: a position is [longitude, latitude] or [longitude, latitude, height]",
        );
        return None;
    };
    let numbers: Option<Vec<f64>> =
        items.iter().map(|item| item.as_f64().filter(|number| number.is_finite())).collect();
    let Some(mut numbers) = numbers else {
        remarks.error(pointer, "holds something other than numbers");
        return None;
    };
    if numbers.len() < 2 {
        remarks.error(pointer, "has fewer than two numbers: longitude and latitude");
        return None;
    }
    if numbers.len() > 3 {
        remarks.note(pointer, "has more than three numbers; those after the height are left out");
        numbers.truncate(3);
    }
    let (longitude, latitude) = (numbers[0], numbers[1]);
    if (-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude) {
        return Some(numbers);
    }
    let is_swapped = (-90.0..=90.0).contains(&longitude) && (-180.0..=180.0).contains(&latitude);
    let hint = if is_swapped { "; it looks as if latitude stood first" } else { "" };
    remarks.error(
        pointer,
        format!("[{longitude}, {latitude}] is outside of the earth: longitude comes first (-180 to 180), then latitude (-90 to 90){hint}"),
    );
    None
}

/// A row of positions, without those that repeat the one before.
fn row(value: &Value, pointer: &str, remarks: &mut Remarks) -> Option<Vec<Position>> {
    let Some(items) = value.as_array() else {
        remarks.error(pointer, "is no list of positions");
        return None;
    };
    // All of them are looked at, so that all mistakes are found.
    let read: Vec<Option<Position>> = items
        .iter()
        .enumerate()
        .map(|(index, item)| position(item, &format!("{pointer}/{index}"), remarks))
        .collect();
    let mut positions: Vec<Position> = read.into_iter().collect::<Option<_>>()?;
    let before = positions.len();
    positions.dedup_by(|one, other| is_same(one, other));
    if positions.len() < before {
        let text = format!(
            "{} positions that repeat the one before are left out",
            before - positions.len()
        );
        remarks.note(pointer, text);
    }
    if positions.iter().any(|position| position.len() == 2)
        && positions.iter().any(|position| position.len() == 3)
    {
        remarks.warn(pointer, "some positions have a height and others have none");
    }
    let is_torn = |pair: &[Position]| match pair {
        [one, other] => (one[0] - other[0]).abs() > 180.0,
        _ => false,
    };
    if positions.windows(2).any(is_torn) {
        remarks.error(pointer, "crosses the 180th meridian; split it there, as RFC 7946 says");
        return None;
    }
    Some(positions)
}

fn is_same(one: &Position, other: &Position) -> bool {
    (one[0] - other[0]).abs() < SAME
        && (one[1] - other[1]).abs() < SAME
        && one.get(2).zip(other.get(2)).is_none_or(|(one, other)| (one - other).abs() < 1e-3)
}

/// A line.
pub(super) fn line(value: &Value, pointer: &str, remarks: &mut Remarks) -> Option<Vec<Position>> {
    let positions = row(value, pointer, remarks)?;
    if positions.len() < 2 {
        remarks.error(pointer, "has fewer than two different positions; a line needs two");
        return None;
    }
    Some(positions)
}

/// The rings of a polygon: closed, the outer one against the clock and holes with it.
pub(super) fn polygon(
    value: &Value,
    pointer: &str,
    remarks: &mut Remarks,
) -> Option<Vec<Vec<Position>>> {
    let Some(items) = value.as_array() else {
        remarks.error(pointer, "is no list of rings");
        return None;
    };
    if items.is_empty() {
        remarks.error(pointer, "has no ring");
        return None;
    }
    let rings: Vec<Option<Vec<Position>>> = items
        .iter()
        .enumerate()
        .map(|(index, item)| ring(item, &format!("{pointer}/{index}"), index > 0, remarks))
        .collect();
    let rings: Vec<Vec<Position>> = rings.into_iter().collect::<Option<_>>()?;
    if rings.len() > 1 {
        remarks.warn(pointer, "has holes; whether FlightHub 2 shows them is not known");
    }
    Some(rings)
}

fn ring(
    value: &Value,
    pointer: &str,
    is_hole: bool,
    remarks: &mut Remarks,
) -> Option<Vec<Position>> {
    let mut corners = row(value, pointer, remarks)?;
    let is_closed = corners.len() > 1
        && corners.first().zip(corners.last()).is_some_and(|(first, last)| is_same(first, last));
    if is_closed {
        corners.pop();
    } else {
        remarks.note(pointer, "is not closed; its first position is put at its end too");
    }
    if corners.len() < 3 {
        remarks.error(pointer, "has fewer than three different corners");
        return None;
    }
    if let Some(crossing) = crossing(&corners) {
        remarks.error(pointer, crossing);
        return None;
    }
    let area = signed_area(&corners);
    if area.abs() < 1e-14 {
        remarks.error(pointer, "has no area: its corners lie on a line");
        return None;
    }
    // RFC 7946: outer rings against the clock, holes with it.
    if (area > 0.0) == is_hole {
        corners.reverse();
        remarks.note(pointer, "runs the wrong way round; it is turned");
    }
    corners.extend(corners.first().cloned());
    Some(corners)
}

/// Twice the area in square degrees, positive against the clock. Measured from the first corner, so that small rings keep their digits.
fn signed_area(corners: &[Position]) -> f64 {
    let Some(origin) = corners.first() else {
        return 0.0;
    };
    let shifted = |position: &Position| (position[0] - origin[0], position[1] - origin[1]);
    corners
        .iter()
        .zip(corners.iter().cycle().skip(1))
        .map(|(one, other)| {
            let ((x, y), (next_x, next_y)) = (shifted(one), shifted(other));
            x * next_y - next_x * y
        })
        .sum()
}

/// Where a ring crosses or touches itself.
fn crossing(corners: &[Position]) -> Option<String> {
    let count = corners.len();
    if count > MOST_CORNERS_FOR_CROSSINGS {
        return None;
    }
    let side = |index: usize| Some((corners.get(index)?, corners.get((index + 1) % count)?));
    for one in 0..count {
        for other in one + 1..count {
            let (a, b) = side(one)?;
            let (c, d) = side(other)?;
            // Neighbours share a corner.
            let neighbours = other == one + 1 || (one == 0 && other + 1 == count);
            if neighbours {
                if folds_back(a, b, c, d) {
                    return Some(format!(
                        "folds back on itself between its corners {one} and {}",
                        (other + 1) % count
                    ));
                }
            } else if meet(a, b, c, d) {
                return Some(format!(
                    "crosses or touches itself: the side after corner {one} meets the side after corner {other}"
                ));
            }
        }
    }
    None
}

/// On which side of a line through two positions a third one lies.
fn turn(a: &Position, b: &Position, c: &Position) -> f64 {
    let cross = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    if cross.abs() < 1e-18 { 0.0 } else { cross }
}

fn is_between(a: &Position, b: &Position, c: &Position) -> bool {
    let within = |axis: usize| {
        c[axis] >= a[axis].min(b[axis]) - SAME && c[axis] <= a[axis].max(b[axis]) + SAME
    };
    within(0) && within(1)
}

/// Whether two sides have a position in common.
fn meet(a: &Position, b: &Position, c: &Position, d: &Position) -> bool {
    let (first, second) = (turn(a, b, c), turn(a, b, d));
    let (third, fourth) = (turn(c, d, a), turn(c, d, b));
    if first * second < 0.0 && third * fourth < 0.0 {
        return true;
    }
    first == 0.0 && is_between(a, b, c)
        || second == 0.0 && is_between(a, b, d)
        || third == 0.0 && is_between(c, d, a)
        || fourth == 0.0 && is_between(c, d, b)
}

/// Whether two sides that share a corner lie on each other.
fn folds_back(a: &Position, b: &Position, c: &Position, d: &Position) -> bool {
    let shared = if is_same(b, c) { (a, b, d) } else { (b, a, c) };
    let (before, corner, after) = shared;
    let along = (before[0] - corner[0]) * (after[0] - corner[0])
        + (before[1] - corner[1]) * (after[1] - corner[1]);
    turn(before, corner, after) == 0.0 && along > 0.0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(value: &Value) -> (Option<Vec<Vec<Position>>>, Vec<String>) {
        let mut remarks = Remarks::default();
        let rings = polygon(value, "", &mut remarks);
        (
            rings,
            remarks
                .0
                .into_iter()
                .map(|remark| format!("{} {}", remark.pointer, remark.text))
                .collect(),
        )
    }

    #[test]
    fn rings_are_closed_and_turned() {
        let (rings, remarks) = of(&json!([[[0, 0], [0, 1], [1, 1], [1, 0]]]));
        assert_eq!(rings.unwrap()[0], [[1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0], [1.0, 0.0]]);
        assert_eq!(remarks.len(), 2, "{remarks:?}");
        let closed = json!([[[0, 0], [1, 0], [1, 1], [0, 0]]]);
        assert_eq!(
            of(&closed),
            (
                Some(vec![vec![vec![0.0, 0.0], vec![1.0, 0.0], vec![1.0, 1.0], vec![0.0, 0.0]]]),
                vec![]
            )
        );
    }

    #[test]
    fn a_small_ring_far_from_the_origin_keeps_its_direction() {
        let (x, y) = (-25.3, 0.02);
        let d = 1e-6;
        let (rings, remarks) =
            of(&json!([[[x, y], [x + d, y], [x + d, y + d], [x, y + d], [x, y]]]));
        assert!(rings.is_some() && remarks.is_empty(), "{remarks:?}");
    }

    #[test]
    fn what_no_polygon_can_be_is_refused() {
        for (value, says) in [
            (json!([[[0, 0], [1, 1], [1, 0], [0, 1]]]), "crosses or touches"),
            (json!([[[0, 0], [2, 0], [2, 2], [1, 0], [0, 2]]]), "crosses or touches"),
            (json!([[[0, 0], [2, 0], [1, 0], [1, 1]]]), "folds back"),
            (json!([[[0, 0], [1, 1]]]), "fewer than three"),
            (json!([[[0, 0], [0, 0], [1, 1], [0, 0]]]), "fewer than three"),
            (json!([[[0, 0], [1, 1], [2, 2]]]), "folds back"),
            (json!([[[179, 0], [-179, 0], [-179, 1]]]), "180th"),
            (json!([]), "no ring"),
            (json!([[0, 0]]), "is no position"),
            (json!([[["0", 0], [1, 0], [1, 1]]]), "other than numbers"),
            (json!([[[50, 170], [51, 170], [51, 171]]]), "latitude stood first"),
        ] {
            let (rings, remarks) = of(&value);
            assert!(rings.is_none(), "{value}");
            assert!(remarks.iter().any(|remark| remark.contains(says)), "{value}: {remarks:?}");
        }
    }
}
