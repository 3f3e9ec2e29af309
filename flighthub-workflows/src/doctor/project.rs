//! What a project holds, and what the key may do there.

use std::time::Duration;

use flighthub_api::v1::{self, DevicePair, DeviceSn};
use flighthub_api::{List, Project, ReadOnly, Timestamp};

use super::brief;
use super::report::{Ability, Capability, Finding, ProjectReport, Severity, finding};
use crate::choose::printable;
use crate::fleet::Fleet;

/// A serial number that no device has: asking for its state tells rights from emptiness.
const NOBODY: &str = "00000000000000";

/// The documented limit of a device list, which has no pages.
const MOST_DEVICES: usize = 1000;

/// What is known after a project was looked at.
pub(super) struct Seen {
    pub(super) report: ProjectReport,
    pub(super) findings: Vec<Finding>,
    pub(super) calls: u32,
}

/// How a call that only reads ended.
enum Probe {
    Passed,
    Forbidden(String),
    NotHere,
    /// Something that says nothing about rights.
    Other(String),
}

impl Probe {
    fn of<T>(result: Result<T, flighthub_api::Error>) -> Self {
        match result {
            Ok(_) => Self::Passed,
            Err(error) if error.is_permission() || error.is_auth() => {
                Self::Forbidden(brief(&error))
            }
            Err(error) if error.is_not_deployed() => Self::NotHere,
            // A refusal for another reason comes after the rights were looked at.
            Err(error)
                if error.code().is_some()
                    && error.http_status().is_none_or(|status| status < 500) =>
            {
                Self::Passed
            }
            Err(error) => Self::Other(brief(&error)),
        }
    }

    fn capability(self, name: &'static str, call: &str) -> Capability {
        let (ability, seen) = match self {
            Self::Passed => (Ability::Yes, format!("`{call}` came through")),
            Self::Forbidden(error) => (Ability::No, error),
            Self::NotHere => (Ability::NotHere, format!("`{call}` is not deployed here")),
            Self::Other(error) => (Ability::Unclear, error),
        };
        Capability { name, ability, seen }
    }
}

/// Looks at a project with calls that only read.
pub(super) async fn look(project: &Project<ReadOnly>, row: &v1::Project, now: Timestamp) -> Seen {
    let mut seen = Seen {
        report: ProjectReport {
            uuid: row.uuid.to_string(),
            name: printable(&row.name),
            docks: 0,
            docks_online: 0,
            aircraft: 0,
            aircraft_online: 0,
            capabilities: Vec::new(),
        },
        findings: Vec::new(),
        calls: 1,
    };
    match project.send(&v1::ProjectDevices::new()).await {
        Ok(listing) => seen.with_devices(project, listing.list, now).await,
        Err(error) => seen.without_devices(project, &error).await,
    }
    for (name, why) in [
        ("livestream", "only starting a stream would tell, and that is a write"),
        ("uploads", "only asking for upload credentials would tell, and they give access"),
        ("annotations", "nothing deletes an annotation again"),
        ("launch", "only a launch would tell"),
    ] {
        let seen_ = why.to_owned();
        seen.report.capabilities.push(Capability {
            name,
            ability: Ability::NotChecked,
            seen: seen_,
        });
    }
    seen
}

impl Seen {
    fn add(
        &mut self,
        severity: Severity,
        name: &'static str,
        seen: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.findings.push(finding(severity, name, self.report.name.clone(), seen, remedy));
    }

    /// Not even the device list came: either the whole project is closed, or the service has trouble.
    async fn without_devices(&mut self, project: &Project<ReadOnly>, error: &flighthub_api::Error) {
        let forbidden = error.is_permission() || error.is_auth();
        let ability = if forbidden { Ability::No } else { Ability::Unclear };
        self.report.capabilities.push(Capability { name: "devices", ability, seen: brief(error) });
        // One more call tells whether it is the devices alone.
        self.calls += 1;
        let routes = Probe::of(project.send(&v1::WaylineList::new()).await);
        let closed = forbidden && matches!(routes, Probe::Forbidden(_));
        self.report.capabilities.push(routes.capability("routes", "wayline.list"));
        if closed {
            let text = "the key may do nothing in the project: device list and routes are refused with HTTP 403";
            self.add(Severity::Error, "no-rights-in-project", text, JOIN);
        } else if forbidden {
            self.add(Severity::Error, "missing-rights", brief(error), MODULES);
        } else {
            self.add(Severity::Warning, "service-error", brief(error), "Try again later.");
        }
        for name in ["state", "hms", "tasks", "models"] {
            let seen = "not tried after the device list was refused".to_owned();
            self.report.capabilities.push(Capability { name, ability: Ability::NotChecked, seen });
        }
    }

    async fn with_devices(
        &mut self,
        project: &Project<ReadOnly>,
        pairs: List<DevicePair>,
        now: Timestamp,
    ) {
        let null = pairs.was_null();
        let count: usize = pairs.len();
        let fleet = Fleet { pairs };
        self.count(&fleet);
        let known = asked_device(&fleet);
        let sn = known.clone().map_or_else(|| DeviceSn::new(NOBODY), |(sn, _)| sn);
        let begin = now.saturating_sub(Duration::from_secs(86_400));
        let state = v1::DeviceState::new(&sn);
        let hms = v1::DeviceHms::new([&sn]);
        let tasks = v1::TaskList::new(&sn, begin, now);
        let (wayline, model) = (v1::WaylineList::new(), v1::ModelList::new());
        self.calls += 5;
        let (state, hms, routes, tasks, models) = tokio::join!(
            project.send(&state),
            project.send(&hms),
            project.send(&wayline),
            project.send(&tasks),
            project.send(&model),
        );
        let no_device_for_certain = hms
            .as_ref()
            .is_err_and(|error| error.code().is_some_and(|code| code.get() == NO_DEVICES_HERE));
        let no_alerts = hms.as_ref().is_ok_and(|listing| listing.is_empty());
        let state = Probe::of(state);
        let hidden = null && matches!(state, Probe::Forbidden(_)) && !no_device_for_certain;

        self.devices_row(count, hidden, null && !no_device_for_certain);
        self.state_row(state, known.as_ref().is_some_and(|(_, online)| *online), known.is_some());
        let mut alerts = Probe::of(hms).capability("hms", "device.hms");
        if no_alerts {
            alerts.ability = if hidden { Ability::No } else { Ability::Unclear };
            alerts.seen = "an empty list: no alerts, or no rights to see them".to_owned();
        }
        self.report.capabilities.push(alerts);
        for (name, call, probe) in [
            ("routes", "wayline.list", Probe::of(routes)),
            ("tasks", "task.list", Probe::of(tasks)),
            ("models", "model.list", Probe::of(models)),
        ] {
            let capability = probe.capability(name, call);
            if capability.ability == Ability::No {
                let text = format!("`{call}` is refused: {}", capability.seen);
                self.add(Severity::Warning, "missing-rights", text, MODULES);
            }
            self.report.capabilities.push(capability);
        }
        if hidden {
            let text = "the list of devices is null, as if there were none, and the state of a device is refused with HTTP 403: the \
                        rights to see devices are missing";
            self.add(Severity::Error, "rights-look-like-emptiness", text, JOIN);
        } else if count == 0 {
            let text = if no_device_for_certain {
                "the project has no devices (device.hms says so, code 210060)"
            } else {
                "the list of devices is empty, and nothing speaks for missing rights"
            };
            let remedy =
                "Bind docks to the project in FlightHub 2, or choose the project that has them.";
            self.add(Severity::Warning, "no-devices", text, remedy);
        }
        if count >= MOST_DEVICES {
            let text = format!(
                "the list has {count} rows; 1000 is its documented limit, and it has no pages"
            );
            self.add(
                Severity::Warning,
                "devices-perhaps-cut-off",
                text,
                "Spread the devices over several projects.",
            );
        }
    }

    fn count(&mut self, fleet: &Fleet) {
        let mut offline = Vec::new();
        for dock in fleet.docks() {
            self.report.docks += 1;
            if dock.gateway.device_online_status {
                self.report.docks_online += 1;
            } else {
                let name = dock.gateway.callsign.as_deref().unwrap_or_default();
                offline.push(printable(format!("{name} ({})", dock.gateway.sn).trim_start()));
            }
        }
        for drone in fleet.drones() {
            self.report.aircraft += 1;
            self.report.aircraft_online += usize::from(drone.device_online_status);
        }
        if !offline.is_empty() {
            let text = format!("offline: {}", offline.join(", "));
            let remedy = "Check the dock's power and its link to the internet. What concerns it is answered with old news or 212015 meanwhile.";
            self.add(Severity::Warning, "dock-offline", text, remedy);
        }
    }

    fn devices_row(&mut self, count: usize, hidden: bool, unclear: bool) {
        let (ability, seen) = match (count, hidden, unclear) {
            (_, true, _) => (Ability::No, "null, and the state of a device is refused".to_owned()),
            (0, _, true) => {
                (Ability::Unclear, "null, which can mean no devices or no rights".to_owned())
            }
            (rows, ..) => (Ability::Yes, format!("a list of {rows}")),
        };
        self.report.capabilities.push(Capability { name: "devices", ability, seen });
    }

    fn state_row(&mut self, probe: Probe, online: bool, known: bool) {
        let mut row = probe.capability("state", "device.state");
        if row.ability == Ability::No && known {
            if online {
                let text = format!("the state of a device that is online is refused: {}", row.seen);
                self.add(Severity::Error, "missing-rights", text, MODULES);
            } else {
                row.ability = Ability::Unclear;
                row.seen = format!(
                    "refused, but no device is online, and those that are offline are known to be refused too: {}",
                    row.seen
                );
            }
        }
        self.report.capabilities.push(row);
    }
}

/// `device.hms` in a project without devices, as seen live.
const NO_DEVICES_HERE: i64 = 210_060;

const JOIN: &str = "In FlightHub 2, make the person who made the key a member of the project with the rights of an administrator, or use a \
                    key that an administrator of the project made. Keys die with the membership of their maker.";

const MODULES: &str = "In FlightHub 2, under Organization Settings, FlightHub Sync (or OpenAPI), give the key this module, and check that \
                       the person who made it has the right in the project.";

/// The device whose state is asked for, and whether it is online: a dock that is, else a gateway that is, else any.
fn asked_device(fleet: &Fleet) -> Option<(DeviceSn, bool)> {
    let online_dock = fleet.docks().find(|dock| dock.gateway.device_online_status);
    if let Some(dock) = online_dock {
        return Some((dock.gateway.sn.clone(), true));
    }
    let gateways = fleet.pairs.iter().filter_map(|pair| pair.gateway.as_ref());
    let mut gateways: Vec<_> =
        gateways.map(|gateway| (gateway.sn.clone(), gateway.device_online_status)).collect();
    gateways.sort_by_key(|(_, online)| !online);
    gateways.into_iter().next().or_else(|| {
        fleet.drones().next().map(|drone| (drone.sn.clone().into(), drone.device_online_status))
    })
}

/// Whether the installation forwards streams, which only private clouds do. `None` when this project cannot tell.
pub(super) async fn converters(project: &Project<ReadOnly>) -> Option<Capability> {
    let probe = Probe::of(project.send(&v1::ConverterList::new()).await);
    match probe {
        Probe::Forbidden(_) | Probe::Other(_) => None,
        probe => Some(probe.capability("converters", "converter.list")),
    }
}
