//! Whether template and waylines are of one route. People see the first and edit it; the aircraft flies the second.

use std::collections::BTreeSet;

use roxmltree::Node;

use super::Report;
use super::mission::{CHOICES, template_id};
use super::rules::{
    BAD_COORDINATES, FAR_FROM_START, SWAPPED_COORDINATES, TEMPLATE_DIFFERS, TEMPLATE_ID,
    VERSIONS_DIFFER, WAYPOINTS_DIFFER,
};
use super::text::{Text, shown};
use super::waypoints::{Place, place, two_numbers};
use crate::read::{child, children, text};

/// Metres that waypoints of template and waylines may be apart: planning tools round.
const SAME: f64 = 1.0;
/// Metres from the start to the first waypoint.
const FAR: f64 = 10_000.0;

/// Looks at both.
pub(super) fn check(template: &Text<'_>, waylines: &Text<'_>, report: &mut Report) {
    let (Some(edited), Some(flown)) = (template.document_node(), waylines.document_node()) else {
        return;
    };
    if let (Some(one), Some(other)) = (template.version(), waylines.version())
        && one != other
    {
        let short = |version: &str| version.chars().take(20).collect::<String>();
        let problem = format!("is of version {:?}, the template of {:?}", short(other), short(one));
        waylines.report(report, VERSIONS_DIFFER, flown, problem);
    }
    missions(edited, waylines, flown, report);
    template_ids(template, edited, waylines, flown, report);
    starts(template, edited, flown, report);
    waypoints(edited, waylines, flown, report);
}

fn missions(edited: Node<'_, '_>, waylines: &Text<'_>, flown: Node<'_, '_>, report: &mut Report) {
    let (Some(edited), Some(flown)) =
        (child(edited, "missionConfig"), child(flown, "missionConfig"))
    else {
        return;
    };
    let simple = CHOICES.iter().map(|(name, _)| vec![*name]);
    let others = [
        vec!["executeRCLostAction"],
        vec!["takeOffSecurityHeight"],
        vec!["globalTransitionalSpeed"],
        vec!["droneInfo", "droneEnumValue"],
        vec!["droneInfo", "droneSubEnumValue"],
        vec!["payloadInfo", "payloadEnumValue"],
    ];
    for path in simple.chain(others) {
        let at = |from| path.iter().try_fold(from, |node, name| child(node, name));
        let (Some(one), Some(other)) = (at(edited), at(flown)) else { continue };
        if !same_value(text(one), text(other)) {
            let problem = format!("is {}, and {} in the template", shown(other), shown(one));
            waylines.report(report, TEMPLATE_DIFFERS, other, problem);
        }
    }
}

/// `20` and `20.0` are the same.
fn same_value(one: &str, other: &str) -> bool {
    one == other
        || one
            .parse::<f64>()
            .ok()
            .zip(other.parse::<f64>().ok())
            .is_some_and(|(one, other)| (one - other).abs() <= 1e-6)
}

/// Every wayline belongs to a template.
fn template_ids(
    template: &Text<'_>,
    edited: Node<'_, '_>,
    waylines: &Text<'_>,
    flown: Node<'_, '_>,
    report: &mut Report,
) {
    let known: BTreeSet<u32> = children(edited, "Folder")
        .filter_map(|folder| template_id(template, folder, report))
        .collect();
    if known.is_empty() {
        return;
    }
    for node in children(flown, "Folder").filter_map(|folder| child(folder, "templateId")) {
        // What is no number was told with the waylines.
        if text(node).parse().is_ok_and(|number: u32| !known.contains(&number)) {
            let problem = format!("the template has no `templateId` {}", shown(node));
            waylines.report(report, TEMPLATE_ID, node, problem);
        }
    }
}

/// The places of the waypoints in the order of their numbers, of all folders.
fn places<'d, 't>(document: Node<'d, 't>) -> Vec<(Node<'d, 't>, Place)> {
    let mut all = Vec::new();
    for folder in children(document, "Folder") {
        let mut own: Vec<(u32, Node<'_, '_>, Place)> = (0_u32..)
            .zip(children(folder, "Placemark"))
            .filter_map(|(at, node)| {
                let index = child(node, "index").and_then(|index| text(index).parse().ok());
                let coordinates = child(child(node, "Point")?, "coordinates")?;
                Some((index.unwrap_or(at), coordinates, place(coordinates)?))
            })
            .collect();
        own.sort_by_key(|(index, ..)| *index);
        all.extend(own.into_iter().map(|(_, node, place)| (node, place)));
    }
    all
}

/// The reference point of the start, latitude first, against the first waypoint.
fn starts(template: &Text<'_>, edited: Node<'_, '_>, flown: Node<'_, '_>, report: &mut Report) {
    let Some(node) = child(edited, "missionConfig").and_then(|node| child(node, "takeOffRefPoint"))
    else {
        return;
    };
    let Some((latitude, longitude)) = two_numbers(text(node)) else {
        let problem = format!("{} is no latitude, longitude and height", shown(node));
        return template.report(report, BAD_COORDINATES, node, problem);
    };
    let start = Place { latitude, longitude };
    let Some((_, first)) = places(flown).into_iter().next() else { return };
    let near = |one: Place, other: Place| one.distance(other) <= FAR;
    // The reference point of a new route is 0,0,0.
    if near(start, first) || (latitude == 0.0 && longitude == 0.0) {
        return;
    }
    if near(start.swapped(), first) || near(start, first.swapped()) {
        let problem = format!(
            "{} lies at the first waypoint when latitude and longitude of one of them change places",
            shown(node)
        );
        return template.report(report, SWAPPED_COORDINATES, node, problem);
    }
    let distance = start.distance(first) / 1000.0;
    let problem = format!("the first waypoint is {distance:.1} km from {}", shown(node));
    template.report(report, FAR_FROM_START, node, problem);
}

/// The waypoints of a waypoint route. Those of mappings are made from an area.
fn waypoints(edited: Node<'_, '_>, waylines: &Text<'_>, flown: Node<'_, '_>, report: &mut Report) {
    let is_waypoint_route = children(edited, "Folder")
        .all(|folder| child(folder, "templateType").map(text) == Some("waypoint"));
    let (planned, own) = (places(edited), places(flown));
    if !is_waypoint_route || planned.is_empty() || own.is_empty() {
        return;
    }
    if planned.len() != own.len() {
        let problem = format!("has {} waypoints, the template {}", own.len(), planned.len());
        return waylines.report(report, WAYPOINTS_DIFFER, flown, problem);
    }
    for ((_, planned), (node, own)) in planned.into_iter().zip(own) {
        let distance = planned.distance(own);
        if distance <= SAME {
            continue;
        }
        if planned.swapped().distance(own) <= SAME {
            let problem =
                format!("{} has the numbers of the template the other way round", shown(node));
            waylines.report(report, SWAPPED_COORDINATES, node, problem);
        } else {
            let problem = format!("{} is {distance:.0} m from the template's", shown(node));
            waylines.report(report, WAYPOINTS_DIFFER, node, problem);
        }
    }
}
