//! Checks of the route and of the dock that the flight lands at.

use super::facts::Facts;
use super::{CheckSettings, Seen};

pub(super) fn all(facts: &Facts, settings: &CheckSettings) -> Vec<(&'static str, Seen)> {
    vec![
        ("route-exists", exists(facts)),
        ("route-waypoints", waypoints(facts, settings)),
        ("landing-dock", landing(facts, settings)),
    ]
}

fn exists(facts: &Facts) -> Seen {
    match &facts.route {
        Ok(route) => Seen::ok(format!("the route is `{}`", crate::choose::printable(&route.name))),
        Err(why) if why.is_not_found => Seen::stop(
            "the route is none of the project's routes",
            "List the routes of the project; upload it when it is missing.",
        ),
        Err(why) => {
            Seen::not_checked(format!("the route cannot be read: {}", why.text), "See the reason.")
        }
    }
}

fn waypoints(facts: &Facts, settings: &CheckSettings) -> Seen {
    let in_file = settings.kmz.as_ref().map(|kmz| kmz.waypoints.len());
    let told = facts.route.as_ref().ok().and_then(|route| route.wayline_point_nums);
    let told = told.and_then(|number| usize::try_from(number).ok());
    // A route with one waypoint was refused with 219019, and flew with a second (live).
    match (in_file.or(told), in_file) {
        (Some(number @ 0..2), _) => Seen::stop(
            format!("the route has {number} waypoints; a flight needs two"),
            "Add a waypoint.",
        ),
        (Some(number), Some(_)) => Seen::ok(format!("the route's file has {number} waypoints")),
        (Some(number), None) => Seen::ok(format!("the route has {number} waypoints")),
        (None, _) => Seen::not_checked(
            "the route's details do not tell its waypoints",
            "Download the route and check its file.",
        ),
    }
}

fn landing(facts: &Facts, settings: &CheckSettings) -> Seen {
    const REMEDY: &str = "Name another dock of the project to land at, or none.";
    let Some(landing) = &settings.plan.landing_dock_sn else {
        return Seen::ok("the flight lands where it starts");
    };
    if *landing == settings.plan.sn {
        return Seen::stop("the landing dock is the dock of the start", REMEDY);
    }
    let Ok(fleet) = &facts.fleet else {
        return Seen::not_checked("the devices of the project cannot be listed", REMEDY);
    };
    let dock = fleet.docks().find(|view| view.gateway.sn.as_str() == landing.as_str());
    match dock {
        None if fleet.pairs.was_null() || !fleet.pairs.odd().is_empty() => Seen::not_checked(
            "the landing dock is not among the devices that could be read",
            REMEDY,
        ),
        None => Seen::stop("the landing dock is none of the project's docks", REMEDY),
        Some(view) if !view.gateway.device_online_status => Seen::stop(
            "the landing dock is offline",
            "Check power and network of the landing dock.",
        ),
        Some(view) if view.drone.is_some() => Seen::stop(
            "the landing dock has an aircraft of its own",
            "Choose a dock that is empty.",
        ),
        Some(_) => Seen::ok("the landing dock is online and empty"),
    }
}
