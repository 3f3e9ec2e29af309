//! The waylines: height modes, speeds, waypoints, actions.

use std::collections::BTreeSet;

use roxmltree::Node;

use super::mission::{check_speed, template_id};
use super::rules::{
    ABSURD_DISTANCE, ACTION_RANGE, BAD_COORDINATES, FAR_APART, HEIGHT_MODE, HIGH_HEIGHT, INDEX_GAP,
    INDEX_MISSING, INDEX_ORDER, INDEX_TWICE, LONG_ROUTE, LOW_HEIGHT, MISSING_ELEMENT, NO_WAYPOINT,
    NULL_ISLAND, ODD_HEIGHT, ONE_WAYPOINT, SAME_PLACE, SHORT_WAYLINE, TOO_MANY_WAYPOINTS,
    TURN_DAMPING,
};
use super::text::{Text, shown};
use super::{FindingPlace, Report};
use crate::read::{HEIGHTS, HOVERS, MOST_WAYPOINTS, child, children, text};
use crate::{HEIGHT_MODES, HeightMode};

const LOWEST: f64 = 2.0;
const HIGHEST_USUAL: f64 = 120.0;
const HIGHEST: f64 = 1_500.0;
/// Metres between neighbours.
const SAME: f64 = 0.1;
const FAR: f64 = 10_000.0;
const ABSURD: f64 = 100_000.0;
/// Metres of all waylines.
const LONG: f64 = 40_000.0;

/// A waypoint, as far as its element could be read.
#[derive(Clone, Copy)]
struct Waypoint<'d, 't> {
    node: Node<'d, 't>,
    index: u32,
    place: Option<Place>,
    height: Option<f64>,
    damping: f64,
}

/// A place on earth in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) latitude: f64,
    pub(super) longitude: f64,
}

impl Place {
    /// The same with the numbers the other way round.
    pub(super) const fn swapped(self) -> Self {
        Self { latitude: self.longitude, longitude: self.latitude }
    }

    /// Metres to another place, along the surface of a sphere.
    pub(super) fn distance(self, other: Self) -> f64 {
        const RADIUS: f64 = 6_371_008.8;
        let north = (other.latitude - self.latitude).to_radians();
        let east = (other.longitude - self.longitude).to_radians();
        let cosines = self.latitude.to_radians().cos() * other.latitude.to_radians().cos();
        let root = (north / 2.0).sin().powi(2) + cosines * (east / 2.0).sin().powi(2);
        2.0 * RADIUS * root.sqrt().min(1.0).asin()
    }
}

/// The numbers before the first two commas.
pub(super) fn two_numbers(text: &str) -> Option<(f64, f64)> {
    let mut parts = text.split(',').map(|part| part.trim().parse::<f64>().ok());
    Some((parts.next()??, parts.next()??))
}

/// The place of a waypoint: longitude first. `None` when it is none on earth.
pub(super) fn place(coordinates: Node<'_, '_>) -> Option<Place> {
    let (longitude, latitude) = two_numbers(text(coordinates))?;
    let on_earth = (-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude);
    on_earth.then_some(Place { latitude, longitude })
}

/// Looks at all waylines.
pub(super) fn check(file: &Text<'_>, report: &mut Report) {
    let Some(document) = file.document_node() else { return };
    let Some(first) = file.need(report, MISSING_ELEMENT, document, "Folder") else { return };
    let mut mode = None;
    let mut counts = Vec::new();
    let mut length = 0.0;
    for folder in children(document, "Folder") {
        let own = height_mode(file, folder, &mut mode, report);
        template_id(file, folder, report);
        if let Some(speed) = child(folder, "autoFlightSpeed") {
            check_speed(file, speed, report);
        }
        let waypoints = waypoints(file, folder, own, report);
        length += check_stretches(file, &waypoints, report);
        counts.push((folder, waypoints.len()));
    }
    check_counts(file, first, &counts, report);
    if length > LONG {
        let problem = format!("the waylines are {:.1} km long", length / 1000.0);
        report.add(LONG_ROUTE, || FindingPlace::of_file(file.name), problem);
    }
}

fn height_mode<'d, 't>(
    file: &Text<'t>,
    folder: Node<'d, 't>,
    mode: &mut Option<HeightMode>,
    report: &mut Report,
) -> Option<HeightMode> {
    let node = file.need(report, MISSING_ELEMENT, folder, "executeHeightMode")?;
    let word = file.word(report, node, &HEIGHT_MODES.map(|(word, _)| word))?;
    let own = HEIGHT_MODES.iter().find(|(known, _)| *known == word).map(|(_, mode)| *mode)?;
    if mode.is_some_and(|mode| mode != own) {
        let problem = format!("{} is another one than that of the wayline before", shown(node));
        file.report(report, HEIGHT_MODE, node, problem);
    }
    *mode = Some(own);
    Some(own)
}

fn check_counts(
    file: &Text<'_>,
    first: Node<'_, '_>,
    counts: &[(Node<'_, '_>, usize)],
    report: &mut Report,
) {
    match counts.iter().map(|(_, count)| count).sum() {
        0 => file.report(report, NO_WAYPOINT, first, "has no `Placemark`".to_owned()),
        1 => file.report(report, ONE_WAYPOINT, first, "has a single waypoint".to_owned()),
        MOST_WAYPOINTS.. => {
            let all: usize = counts.iter().map(|(_, count)| count).sum();
            if all > MOST_WAYPOINTS {
                let problem = format!("has {all} waypoints; at most {MOST_WAYPOINTS}");
                file.report(report, TOO_MANY_WAYPOINTS, first, problem);
            }
        }
        _ => {
            for (folder, count) in counts.iter().filter(|(_, count)| *count < 2) {
                let problem = format!("this wayline has {count} waypoints");
                file.report(report, SHORT_WAYLINE, *folder, problem);
            }
        }
    }
}

/// The waypoints of a wayline in the order of their numbers.
fn waypoints<'d, 't>(
    file: &Text<'t>,
    folder: Node<'d, 't>,
    mode: Option<HeightMode>,
    report: &mut Report,
) -> Vec<Waypoint<'d, 't>> {
    let has_speed = child(folder, "autoFlightSpeed").is_some();
    let mut waypoints = Vec::new();
    for (at, node) in (0_u32..).zip(children(folder, "Placemark")) {
        let index = match child(node, "index") {
            Some(index) => file.whole(report, index).unwrap_or(at),
            None => {
                file.need(report, INDEX_MISSING, node, "index");
                at
            }
        };
        match child(node, "waypointSpeed") {
            Some(speed) => check_speed(file, speed, report),
            None if has_speed => {}
            None => {
                file.need(report, MISSING_ELEMENT, node, "waypointSpeed");
            }
        }
        let place = check_place(file, node, report);
        let height = check_height(file, node, mode, report);
        waypoints.push(Waypoint { node, index, place, height, damping: damping(node) });
    }
    if !waypoints.is_sorted_by_key(|waypoint| waypoint.index) {
        let problem = "the waypoints do not stand in the order of their numbers".to_owned();
        file.report(report, INDEX_ORDER, folder, problem);
        waypoints.sort_by_key(|waypoint| waypoint.index);
    }
    check_indexes(file, &waypoints, report);
    let known: BTreeSet<u32> = waypoints.iter().map(|waypoint| waypoint.index).collect();
    for waypoint in &waypoints {
        for group in children(waypoint.node, "actionGroup") {
            check_actions(file, group, waypoint.index, &known, report);
        }
    }
    waypoints
}

fn check_indexes(file: &Text<'_>, waypoints: &[Waypoint<'_, '_>], report: &mut Report) {
    let mut before: Option<u32> = None;
    for waypoint in waypoints {
        let expected = before.map_or(Some(0), |before| before.checked_add(1));
        let own = waypoint.index;
        let node = child(waypoint.node, "index").unwrap_or(waypoint.node);
        if before == Some(own) {
            file.report(report, INDEX_TWICE, node, format!("there are two waypoints {own}"));
        } else if expected != Some(own) {
            let expected = expected.unwrap_or(u32::MAX);
            let problem = format!("waypoint {own} comes where {expected} is expected");
            file.report(report, INDEX_GAP, node, problem);
        }
        before = Some(own);
    }
}

fn check_place(file: &Text<'_>, node: Node<'_, '_>, report: &mut Report) -> Option<Place> {
    let point = file.need(report, MISSING_ELEMENT, node, "Point")?;
    let coordinates = file.need(report, MISSING_ELEMENT, point, "coordinates")?;
    let Some(place) = place(coordinates) else {
        let swapped = two_numbers(text(coordinates)).is_some_and(|(first, second)| {
            first.abs() <= 90.0 && (90.0..=180.0).contains(&second.abs())
        });
        let hint = if swapped { "; latitude seems to stand first" } else { "" };
        let problem = format!("{} is no longitude and latitude{hint}", shown(coordinates));
        file.report(report, BAD_COORDINATES, coordinates, problem);
        return None;
    };
    if place.latitude.abs() < 1e-6 && place.longitude.abs() < 1e-6 {
        let problem = format!("{} is where nothing is", shown(coordinates));
        file.report(report, NULL_ISLAND, coordinates, problem);
        return None;
    }
    Some(place)
}

fn check_height(
    file: &Text<'_>,
    node: Node<'_, '_>,
    mode: Option<HeightMode>,
    report: &mut Report,
) -> Option<f64> {
    let element = file.need(report, MISSING_ELEMENT, node, "executeHeight")?;
    let height = file.number(report, element, &HEIGHTS)?;
    let over = match mode? {
        HeightMode::RelativeToStartPoint => "the start",
        HeightMode::RealTimeFollowSurface => "the ground",
        // Where the ground is under it, the file does not say.
        HeightMode::Wgs84 => return Some(height),
    };
    let rule = match height {
        _ if height < LOWEST => LOW_HEIGHT,
        _ if height > HIGHEST => ODD_HEIGHT,
        _ if height > HIGHEST_USUAL => HIGH_HEIGHT,
        _ => return Some(height),
    };
    file.report(report, rule, element, format!("is {height} m over {over}"));
    Some(height)
}

/// Metres before a waypoint at which its turn begins; 0 where it does not.
fn damping(node: Node<'_, '_>) -> f64 {
    let Some(turn) = child(node, "waypointTurnParam") else { return 0.0 };
    let is_straight = child(node, "useStraightLine").map(text) == Some("1");
    let begins_early = match child(turn, "waypointTurnMode").map(text) {
        Some("coordinateTurn") => true,
        Some("toPointAndPassWithContinuityCurvature") => is_straight,
        _ => false,
    };
    let distance = child(turn, "waypointTurnDampingDist").and_then(|node| text(node).parse().ok());
    distance.filter(|distance: &f64| begins_early && distance.is_finite()).unwrap_or_default()
}

/// From each waypoint to the next. Metres of all.
fn check_stretches(file: &Text<'_>, waypoints: &[Waypoint<'_, '_>], report: &mut Report) -> f64 {
    let mut length = 0.0;
    let last = waypoints.len().saturating_sub(2);
    for (at, pair) in waypoints.windows(2).enumerate() {
        let [from, to] = pair else { continue };
        let (Some(start), Some(end)) = (from.place, to.place) else { continue };
        let flat = start.distance(end);
        let climb = from.height.zip(to.height).map_or(0.0, |(from, to)| to - from);
        let distance = flat.hypot(climb);
        length += distance;
        let between = format!("from waypoint {} to waypoint {}", from.index, to.index);
        if flat > FAR {
            let rule = if flat > ABSURD { ABSURD_DISTANCE } else { FAR_APART };
            let problem = format!("it is {:.1} km {between}", flat / 1000.0);
            file.report(report, rule, to.node, problem);
        } else if distance < SAME {
            let problem = format!("{between} it is less than {SAME} m");
            file.report(report, SAME_PLACE, to.node, problem);
        }
        // The first and the last waypoint of a wayline have no turn.
        let turns =
            if at == 0 { 0.0 } else { from.damping } + if at == last { 0.0 } else { to.damping };
        if turns > 0.0 && turns >= distance {
            let problem = format!("turns of {turns:.1} m on the {distance:.1} m {between}");
            file.report(report, TURN_DAMPING, to.node, problem);
        }
    }
    length
}

/// The actions of a stretch of waypoints.
fn check_actions(
    file: &Text<'_>,
    group: Node<'_, '_>,
    own: u32,
    known: &BTreeSet<u32>,
    report: &mut Report,
) {
    let whole = |name: &str, report: &mut Report| {
        child(group, name).and_then(|node| file.whole(report, node))
    };
    let first = whole("actionGroupStartIndex", report).unwrap_or(own);
    let last = whole("actionGroupEndIndex", report).unwrap_or(first);
    if first > last || !known.contains(&first) || !known.contains(&last) {
        let problem = format!("is for the waypoints {first} to {last}");
        file.report(report, ACTION_RANGE, group, problem);
    }
    for action in children(group, "action") {
        let Some(kind) = file.need(report, MISSING_ELEMENT, action, "actionActuatorFunc") else {
            continue;
        };
        let time = (text(kind) == "hover")
            .then(|| child(action, "actionActuatorFuncParam"))
            .flatten()
            .and_then(|parameters| child(parameters, "hoverTime"));
        if let Some(time) = time {
            file.number(report, time, &HOVERS);
        }
    }
}
