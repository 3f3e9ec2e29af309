//! New devices, and devices that move to another project.

use flighthub_api::v1::{
    CameraIndex, CameraPosition, DeviceClass, DeviceModel, DeviceSn, DockSn, DroneSn, ProjectUuid,
};

use super::happenings::nothing;
use super::{Aircraft, Condition, Controller, Disk, Dock, State, Weather, kinds};
use crate::world::flight::Place;

/// KB that a dock can store.
const DOCK_DISK: Disk = Disk::new(43_000_000.0, 100_000_000.0);
/// KB that an aircraft can store.
const DRONE_DISK: Disk = Disk::new(1_048_576.0, 60_600_000.0);

/// What is said of a new device.
pub(in crate::world) struct Newcomer<'d> {
    pub(in crate::world) sn: &'d str,
    pub(in crate::world) callsign: Option<&'d str>,
    pub(in crate::world) model: &'d str,
    pub(in crate::world) project: ProjectUuid,
    pub(in crate::world) place: Place,
}

impl Newcomer<'_> {
    fn callsign(&self) -> String {
        self.callsign.unwrap_or_default().to_owned()
    }

    fn model(&self, class: &DeviceClass) -> Result<DeviceModel, String> {
        kinds::model(self.model, class)
    }
}

impl State {
    /// That a serial number is one, and free.
    fn check_new(&self, sn: &str) -> Result<(), String> {
        if sn.is_empty() || !sn.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(format!("`sn`: `{sn}` is no serial number: letters and digits only"));
        }
        if self.device(sn).is_some() {
            return Err(format!("`sn`: there is a device `{sn}` already"));
        }
        Ok(())
    }

    pub(in crate::world) fn add_dock(&mut self, new: &Newcomer<'_>) -> Result<(), String> {
        self.check_new(new.sn)?;
        self.docks.push(Dock {
            sn: DockSn::new(new.sn),
            callsign: new.callsign(),
            project: new.project.clone(),
            model: new.model(&DeviceClass::Dock)?,
            online: true,
            place: new.place,
            camera: CameraIndex::new("165-0-7"),
            position: CameraPosition::Indoor,
            calibrated: true,
            rtcm: None,
            busy: None,
            jobs: 0,
            disk: DOCK_DISK,
            weather: Weather::default(),
            condition: Condition::default(),
            calibrated_at: None,
        });
        Ok(())
    }

    pub(in crate::world) fn add_controller(&mut self, new: &Newcomer<'_>) -> Result<(), String> {
        self.check_new(new.sn)?;
        self.controllers.push(Controller {
            sn: DeviceSn::new(new.sn),
            callsign: new.callsign(),
            project: new.project.clone(),
            model: new.model(&DeviceClass::RemoteController)?,
            online: true,
            place: new.place,
            condition: Condition::default(),
        });
        Ok(())
    }

    /// Adds an aircraft: switched on with a gateway, and never heard of without one.
    pub(in crate::world) fn add_aircraft(
        &mut self,
        new: &Newcomer<'_>,
        gateway: Option<&DeviceSn>,
    ) -> Result<(), String> {
        self.check_new(new.sn)?;
        if let Some(gateway) = gateway
            && let Some(other) = self.aircraft_of(gateway.as_str())
        {
            return Err(format!("`gateway`: `{gateway}` has the aircraft `{}` already", other.sn));
        }
        let model = new.model(&DeviceClass::Drone)?;
        let mut aircraft = Aircraft {
            sn: DroneSn::new(new.sn),
            callsign: new.callsign(),
            project: new.project.clone(),
            cameras: kinds::cameras(&model),
            model,
            gateway: gateway.cloned(),
            away: false,
            on: gateway.is_some(),
            battery: 100.0,
            place: new.place,
            heading: 0.0,
            flight: None,
            flown: (0.0, 0.0, 0),
            disk: DRONE_DISK,
            condition: Condition::default(),
            seen: None,
            sleeps: false,
            wakes_at: None,
            idle_since: 0,
        };
        if aircraft.on {
            aircraft.was_seen();
        }
        self.aircraft.push(aircraft);
        Ok(())
    }

    /// The project and place of a gateway.
    pub(in crate::world) fn gateway(&self, sn: &DeviceSn) -> Result<(ProjectUuid, Place), String> {
        let dock = self.dock(sn.as_str()).map(|dock| (dock.project.clone(), dock.place));
        let controller = || {
            let mut controllers = self.controllers.iter();
            controllers
                .find(|controller| controller.sn == *sn)
                .map(|controller| (controller.project.clone(), controller.place))
        };
        dock.or_else(controller).ok_or_else(|| {
            let docks = self.docks.iter().map(|dock| dock.sn.as_str());
            let controllers = self.controllers.iter().map(|controller| controller.sn.as_str());
            nothing("gateway", "dock or remote controller", sn.as_str(), docks.chain(controllers))
        })
    }

    /// Moves a device to another project, a gateway together with its aircraft.
    pub(in crate::world) fn relocate(
        &mut self,
        sn: &DeviceSn,
        project: &ProjectUuid,
    ) -> Result<(), String> {
        let sn = sn.as_str();
        if self.device(sn).is_none() {
            return Err(nothing("sn", "device", sn, self.all().into_iter()));
        }
        let own = |aircraft: &&mut Aircraft| aircraft.sn.as_str() == sn;
        if let Some(aircraft) = self.aircraft.iter_mut().find(own) {
            if let Some(gateway) = &aircraft.gateway {
                return Err(format!("`sn`: `{sn}` goes with its gateway; move `{gateway}`"));
            }
            aircraft.project = project.clone();
            return Ok(());
        }
        if self.dock(sn).is_some_and(|dock| dock.busy.is_some()) {
            return Err(format!("`sn`: `{sn}` is carrying out a task"));
        }
        if let Some(dock) = self.dock_mut(sn) {
            dock.project = project.clone();
        }
        let controllers = self.controllers.iter_mut();
        controllers
            .filter(|controller| controller.sn.as_str() == sn)
            .for_each(|controller| controller.project = project.clone());
        if let Some(aircraft) = self.aircraft_of_mut(sn) {
            aircraft.project = project.clone();
        }
        Ok(())
    }
}
