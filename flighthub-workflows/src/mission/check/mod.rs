//! Whether a flight can start: everything that can be asked before a launch, as checks with names.
//!
//! A check says ok only about what was seen. A field that is missing, a word that is not known, a call that failed are "not checked", never ok.

mod aircraft;
mod dock;
mod facts;
mod plan;
mod route;

use flighthub_api::v1::{
    DeviceHms, DeviceModelKey, DeviceState, DockSn, DroneSn, HmsLevel, ProjectDevices, TaskCreate,
    TaskList, WaylineGet, WaylineId,
};
use flighthub_api::{Access, Permits, Project, Timestamp};
use flighthub_kmz::Kmz;
use serde::Serialize;
use std::time::Duration;

use crate::moment;
use crate::{Result, Run};
use facts::Facts;

/// The names of all checks, in the order of a report.
pub const NAMES: [&str; 27] = [
    "dock-online",
    "dock-mode",
    "dock-emergency-stop",
    "dock-cover",
    "dock-position",
    "dock-rtk",
    "dock-maintenance",
    "dock-storage",
    "weather-wind",
    "weather-rain",
    "alerts",
    "aircraft-paired",
    "aircraft-in-dock",
    "aircraft-idle",
    "aircraft-battery",
    "aircraft-storage",
    "aircraft-model",
    "aircraft-payload",
    "dock-free",
    "planned-tasks",
    "route-exists",
    "route-waypoints",
    "landing-dock",
    "rth-altitude",
    "rth-mode",
    "schedule-time",
    "time-zone",
];

/// Checks that a launch does not do without: they stop it also when they could not be made. Those about the present state of dock and aircraft
/// count only when the flight is to start soon.
pub const ESSENTIAL: [&str; 7] = [
    "dock-online",
    "dock-mode",
    "aircraft-in-dock",
    "aircraft-battery",
    "dock-free",
    "route-exists",
    "time-zone",
];

/// Checks about what is so now and may be otherwise at a later start.
const PRESENT: [&str; 13] = [
    "dock-online",
    "dock-mode",
    "dock-emergency-stop",
    "dock-cover",
    "dock-rtk",
    "weather-wind",
    "weather-rain",
    "alerts",
    "aircraft-in-dock",
    "aircraft-idle",
    "aircraft-battery",
    "aircraft-storage",
    "dock-free",
];

/// What a check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing speaks against the flight.
    Ok,
    /// It could not be found out.
    NotChecked,
    /// It may go well; look at it.
    Warning,
    /// The flight should not start.
    Stop,
}

/// One check with its verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// Its name, one of [`NAMES`].
    pub name: &'static str,
    /// What it says.
    pub verdict: Verdict,
    /// What was seen, or why nothing was.
    pub reason: String,
    /// What to do about it; missing where all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<&'static str>,
    /// Whether a launch refuses because of it, unless it is overridden by name.
    pub is_blocking: bool,
}

/// What a check saw, before the report is made of it.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    verdict: Verdict,
    reason: String,
    remedy: Option<&'static str>,
}

impl Seen {
    fn ok(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Ok, reason: reason.into(), remedy: None }
    }

    fn stop(reason: impl Into<String>, remedy: &'static str) -> Self {
        Self { verdict: Verdict::Stop, reason: reason.into(), remedy: Some(remedy) }
    }

    fn warning(reason: impl Into<String>, remedy: &'static str) -> Self {
        Self { verdict: Verdict::Warning, reason: reason.into(), remedy: Some(remedy) }
    }

    fn not_checked(reason: impl Into<String>, remedy: &'static str) -> Self {
        Self { verdict: Verdict::NotChecked, reason: reason.into(), remedy: Some(remedy) }
    }

    /// What the state of the dock would have said.
    fn absent(field: &str) -> Self {
        Self::not_checked(
            format!("the dock's state does not have `{field}`"),
            "Look at the dock in the web console.",
        )
    }
}

/// What is checked, and by which limits.
///
/// The limits are no facts of the API, which tells none: they are what installations in use go by, and can all be changed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CheckSettings {
    /// The task as it would be launched.
    pub plan: TaskCreate,
    /// Greatest return height of the project, metres. No call tells it; without it the return height is not checked. A task above it is
    /// accepted and then does not start, with a message that does not speak of height (seen live).
    pub ceiling: Option<i32>,
    /// The route's file, when the caller has downloaded it: then its waypoints are counted for certain.
    pub kmz: Option<Kmz>,
    /// Charge below which the flight is stopped, percent. 40 is what a security portal in daily use goes by.
    pub least_battery: f64,
    /// Share of a storage above which there is a warning, percent. 95 likewise. A full storage of the dock keeps nothing on the ground (seen live).
    pub most_storage: f64,
    /// Wind above which there is a warning, m/s. 8 is DJI's published limit for landing at a Dock 2.
    pub brisk_wind: f64,
    /// Wind above which the flight is stopped, m/s. 12 is DJI's published limit of the docks' aircraft.
    pub most_wind: f64,
    /// Level from which an alert of the health management stops the flight.
    pub alerts_stop_at: HmsLevel,
    /// Planned tasks of the dock that start so close to this one collide with it.
    pub spacing: Duration,
}

impl CheckSettings {
    /// The task as it would be launched, with the usual limits.
    #[must_use]
    pub const fn new(plan: TaskCreate) -> Self {
        Self {
            plan,
            ceiling: None,
            kmz: None,
            least_battery: 40.0,
            most_storage: 95.0,
            brisk_wind: 8.0,
            most_wind: 12.0,
            alerts_stop_at: HmsLevel::Warning,
            spacing: Duration::from_secs(30 * 60),
        }
    }

    /// The same with the project's greatest return height, in metres.
    #[must_use]
    pub const fn with_ceiling(mut self, metres: i32) -> Self {
        self.ceiling = Some(metres);
        self
    }

    /// The same with the file of the route.
    #[must_use]
    pub fn with_kmz(mut self, kmz: Kmz) -> Self {
        self.kmz = Some(kmz);
        self
    }
}

/// What all checks say.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CheckReport {
    /// When the world was looked at.
    #[serde(with = "moment")]
    pub checked_at: Timestamp,
    /// Project of the dock.
    pub project: String,
    /// The dock.
    pub dock: DockSn,
    /// The dock's callsign, when it has one.
    pub dock_name: Option<String>,
    /// The aircraft that belongs to the dock.
    pub aircraft: Option<DroneSn>,
    /// The aircraft's callsign, when it has one.
    pub aircraft_name: Option<String>,
    /// Model of the aircraft.
    pub aircraft_model: Option<DeviceModelKey>,
    /// The route.
    pub route: WaylineId,
    /// The route's name.
    pub route_name: Option<String>,
    /// Whether the flight starts within half an hour, so that the present state counts.
    pub starts_soon: bool,
    /// Whether nothing stops a launch.
    pub is_ready: bool,
    /// All checks, in the order of [`NAMES`].
    pub checks: Vec<Check>,
    #[serde(skip)]
    pub(super) plan: TaskCreate,
}

impl CheckReport {
    /// The checks that a launch refuses because of.
    pub fn blocking(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.is_blocking)
    }

    /// A check by its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.name == name)
    }

    /// The gravest verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::NotChecked)
    }
}

/// Checks whether a task could start. It only reads.
///
/// A call that fails costs the checks that need it, which are then not checked; it is no error. So the report also comes when the key lacks
/// rights, and says so.
///
/// # Errors
///
/// None that the world causes: only when the key is refused altogether.
pub async fn check<A, E>(
    project: &Project<A>,
    run: &Run<E>,
    settings: &CheckSettings,
) -> Result<CheckReport>
where
    A: Access
        + Permits<ProjectDevices>
        + Permits<DeviceState>
        + Permits<DeviceHms>
        + Permits<TaskList>
        + Permits<WaylineGet>,
{
    let now = run.wall();
    let facts = Facts::gather(project, settings, now).await?;
    let starts_soon = plan::starts_soon(&settings.plan.schedule, now);
    let mut seen = Vec::new();
    seen.extend(dock::all(&facts, settings));
    seen.extend(aircraft::all(&facts, settings));
    seen.extend(route::all(&facts, settings));
    seen.extend(plan::all(&facts, settings, now));
    let checks: Vec<Check> = NAMES
        .into_iter()
        .filter_map(|name| {
            let place = seen.iter().position(|(known, _)| *known == name)?;
            Some(judged(name, seen.swap_remove(place).1, starts_soon))
        })
        .collect();
    let pair = facts.pair();
    let drone = pair.and_then(|pair| pair.drone);
    Ok(CheckReport {
        checked_at: now,
        project: project.uuid().to_owned(),
        dock: settings.plan.sn.clone(),
        dock_name: pair
            .and_then(|pair| pair.gateway.callsign.clone())
            .filter(|name| !name.is_empty()),
        aircraft: drone.map(|drone| drone.sn.clone()),
        aircraft_name: drone
            .and_then(|drone| drone.callsign.clone())
            .filter(|name| !name.is_empty()),
        aircraft_model: drone.and_then(|drone| Some(drone.device_model.as_ref()?.key.clone())),
        route: settings.plan.wayline_uuid.clone(),
        route_name: facts.route.as_ref().ok().map(|route| route.name.clone()),
        starts_soon,
        is_ready: checks.iter().all(|check| !check.is_blocking),
        checks,
        plan: settings.plan.clone(),
    })
}

fn judged(name: &'static str, seen: Seen, starts_soon: bool) -> Check {
    let Seen { mut verdict, mut reason, remedy } = seen;
    let is_of_now = PRESENT.contains(&name);
    if is_of_now && !starts_soon && verdict == Verdict::Stop {
        // It may be another thing by then, so it does not stop a plan.
        verdict = Verdict::Warning;
        reason.push_str(" (so it is now; the start is later)");
    }
    let is_needed = ESSENTIAL.contains(&name) && (starts_soon || !is_of_now);
    let is_blocking = match verdict {
        Verdict::Stop => true,
        Verdict::NotChecked => is_needed,
        Verdict::Ok | Verdict::Warning => false,
    };
    Check { name, verdict, reason, remedy, is_blocking }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn essential_and_present_checks_are_checks() {
        assert!(ESSENTIAL.iter().chain(&PRESENT).all(|name| NAMES.contains(name)));
        let kebab = |name: &&str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        assert!(NAMES.iter().all(kebab));
    }

    #[test]
    fn what_is_not_known_stops_only_where_it_is_essential() {
        let seen = |verdict| Seen { verdict, reason: "it is".to_owned(), remedy: None };
        for (name, verdict, soon, shown, blocking) in [
            ("dock-online", Verdict::Ok, true, Verdict::Ok, false),
            ("dock-online", Verdict::NotChecked, true, Verdict::NotChecked, true),
            ("dock-online", Verdict::NotChecked, false, Verdict::NotChecked, false),
            ("dock-online", Verdict::Stop, false, Verdict::Warning, false),
            ("weather-rain", Verdict::NotChecked, true, Verdict::NotChecked, false),
            ("weather-rain", Verdict::Stop, true, Verdict::Stop, true),
            ("route-exists", Verdict::NotChecked, false, Verdict::NotChecked, true),
            ("route-exists", Verdict::Stop, false, Verdict::Stop, true),
        ] {
            let check = judged(name, seen(verdict), soon);
            assert_eq!((check.verdict, check.is_blocking), (shown, blocking), "{name} {verdict:?}");
        }
    }
}
