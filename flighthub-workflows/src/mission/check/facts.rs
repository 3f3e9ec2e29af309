//! What the checks look at: a handful of reads, each of which may fail without costing the others.

use flighthub_api::v1::{
    AircraftState, DeviceHms, DeviceSn, DeviceState, DockState, FlightTaskSummary, HmsAlert,
    ProjectDevices, TaskList, WaylineDetail, WaylineGet,
};
use flighthub_api::{Access, Permits, Project, Timestamp};

use super::{CheckSettings, plan};
use crate::Result;
use crate::fleet::{DockView, Fleet};

/// What a read brought, or why it brought nothing.
pub(super) type Read<T> = std::result::Result<T, Why>;

/// Why a read brought nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Why {
    pub(super) text: String,
    /// The service says that the device has no link.
    pub(super) is_offline: bool,
    /// The service says that there is no such thing.
    pub(super) is_not_found: bool,
}

impl Why {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned(), is_offline: false, is_not_found: false }
    }
}

/// A list, and what of it could not be read.
#[derive(Debug, Clone)]
pub(super) struct Rows<T> {
    pub(super) rows: Vec<T>,
    pub(super) odd: usize,
    pub(super) was_null: bool,
}

/// What the checks look at.
#[derive(Debug)]
pub(super) struct Facts {
    dock_sn: String,
    pub(super) fleet: Read<Fleet>,
    pub(super) dock: Read<DockState>,
    pub(super) aircraft: Read<AircraftState>,
    pub(super) alerts: Read<Rows<(DeviceSn, HmsAlert)>>,
    pub(super) tasks: Read<Rows<FlightTaskSummary>>,
    pub(super) route: Read<WaylineDetail>,
}

/// A failed read as a reason; a key that is refused altogether ends the checks.
fn read<T>(answer: std::result::Result<T, flighthub_api::Error>) -> Result<Read<T>> {
    match answer {
        Ok(value) => Ok(Ok(value)),
        Err(error) if error.is_auth() => Err(error.into()),
        Err(error) => Ok(Err(Why {
            is_offline: error.is_offline(),
            is_not_found: error.is_not_found(),
            text: error.to_string(),
        })),
    }
}

impl Facts {
    /// The reads one after the other, as a rate limit of about one a second wants it.
    pub(super) async fn gather<A>(
        project: &Project<A>,
        settings: &CheckSettings,
        now: Timestamp,
    ) -> Result<Self>
    where
        A: Access
            + Permits<ProjectDevices>
            + Permits<DeviceState>
            + Permits<DeviceHms>
            + Permits<TaskList>
            + Permits<WaylineGet>,
    {
        let plan = &settings.plan;
        let fleet = read(project.send(&ProjectDevices::new()).await)?
            .map(|listing| Fleet { pairs: listing.list });
        let state = read(project.send(&DeviceState::new(DeviceSn::new(plan.sn.as_str()))).await)?;
        let dock = state.and_then(|snapshot| {
            let properties = snapshot.device_state.ok_or_else(|| Why::new("the state is empty"))?;
            Ok(properties.dock())
        });
        let drone = fleet.as_ref().ok().and_then(|fleet| fleet.drone_of(&plan.sn)).cloned();
        let aircraft = match &drone {
            None => Err(Why::new("which aircraft belongs to the dock is not known")),
            Some(sn) => {
                let state = project.send(&DeviceState::new(DeviceSn::new(sn.as_str()))).await;
                read(state)?.and_then(|snapshot| {
                    let state = snapshot.device_state.ok_or_else(|| Why::new("its state is empty"));
                    state.map(|state| state.aircraft())
                })
            }
        };
        let devices = std::iter::once(DeviceSn::new(plan.sn.as_str()))
            .chain(drone.map(|sn| DeviceSn::new(sn.as_str())));
        let alerts = read(project.send(&DeviceHms::new(devices)).await)?.map(|listing| {
            let was_null = listing.was_null();
            let mut odd = listing.odd().len();
            let mut rows = Vec::new();
            for device in listing {
                odd += device.device_hms.odd().len();
                let sn = device.device_sn;
                rows.extend(device.device_hms.into_iter().map(|alert| (sn.clone(), alert)));
            }
            Rows { rows, odd, was_null }
        });
        let (from, to) = plan::window(&plan.schedule, now, settings.spacing);
        let tasks = project.send(&TaskList::new(DeviceSn::new(plan.sn.as_str()), from, to)).await;
        let tasks = read(tasks)?.map(|listing| {
            let (odd, was_null) = (listing.odd().len(), listing.was_null());
            Rows { rows: listing.into_vec(), odd, was_null }
        });
        let route = read(project.send(&WaylineGet::new(&plan.wayline_uuid)).await)?;
        Ok(Self {
            dock_sn: plan.sn.as_str().to_owned(),
            fleet,
            dock,
            aircraft,
            alerts,
            tasks,
            route,
        })
    }

    /// The dock with its aircraft, when the list of devices has it.
    pub(super) fn pair(&self) -> Option<DockView<'_>> {
        let fleet = self.fleet.as_ref().ok()?;
        fleet.docks().find(|view| view.gateway.sn.as_str() == self.dock_sn)
    }
}
