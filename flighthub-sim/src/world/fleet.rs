//! Docks, aircraft and remote controllers.

mod demo;
mod operations;

use std::collections::BTreeMap;

use flighthub_api::List;
use flighthub_api::v1::{
    CameraIndex, CameraPosition, DeviceModel, DevicePair, DeviceSn, DockSn, Drone, DroneCamera,
    DroneMode, DroneSn, Gateway, GatewayCamera, GatewayMode, HmsAlert, HmsLevel, HmsModule,
    HmsPlace, Lens, LensType, ProjectUuid, StreamQuality, TaskUuid,
};

pub(crate) use demo::populate;
pub(crate) use operations::{
    acquire_control, calibrate_rtk, change_camera, change_lens, command, hms, release_control,
    set_stream_quality, state,
};

use super::World;
use super::flight::{Flight, Pad, Phase, Place};

pub(crate) const DOCK_2: &str = "3-2-0";
pub(crate) const DOCK_3: &str = "3-3-0";
pub(crate) const M3TD: &str = "0-91-1";
pub(crate) const M4TD: &str = "0-100-1";
pub(crate) const M30T: &str = "0-67-1";
pub(crate) const RC_PLUS: &str = "2-119-0";

/// Percent of the battery that a second in the air takes: about 40 minutes for all of it.
const DRAIN: f64 = 0.04;
/// Percent that a second in the dock gives: about an hour for all of it.
const CHARGE: f64 = 0.03;
/// Seconds after which an aircraft that sleeps is switched off.
const SLEEP_AFTER: i64 = 120;
/// Seconds that a calibration takes.
const CALIBRATION: i64 = 30;
/// Percent below which an alert stands.
const LOW_BATTERY: f64 = 30.0;

/// A dock.
#[derive(Debug, Clone)]
pub(crate) struct Dock {
    pub(crate) sn: DockSn,
    pub(crate) callsign: &'static str,
    pub(crate) project: ProjectUuid,
    pub(crate) model: DeviceModel,
    pub(crate) online: bool,
    pub(crate) place: Place,
    pub(crate) camera: CameraIndex,
    pub(crate) position: CameraPosition,
    pub(crate) calibrated: bool,
    pub(crate) rtcm: Option<Rtcm>,
    /// The task that occupies it.
    pub(crate) busy: Option<TaskUuid>,
    pub(crate) jobs: i64,
    calibrated_at: Option<i64>,
    alerts: Vec<HmsAlert>,
}

/// The source of correction data of a dock, without its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rtcm {
    pub(crate) host: String,
    pub(crate) port: i32,
    pub(crate) mount_point: String,
}

impl Dock {
    pub(crate) fn pad(&self) -> Pad {
        Pad { dock: self.sn.clone(), place: self.place }
    }
}

/// A remote controller.
#[derive(Debug, Clone)]
pub(crate) struct Controller {
    pub(crate) sn: DeviceSn,
    pub(crate) callsign: &'static str,
    pub(crate) project: ProjectUuid,
    pub(crate) model: DeviceModel,
    pub(crate) online: bool,
    pub(crate) place: Place,
}

/// A camera of an aircraft.
#[derive(Debug, Clone)]
pub(crate) struct Camera {
    pub(crate) index: CameraIndex,
    pub(crate) lens: LensType,
    pub(crate) lenses: Vec<LensType>,
    /// Who controls it. Nobody can control the FPV camera, which is no payload.
    holder: Option<Holder>,
    pub(crate) is_payload: bool,
}

/// Somebody who controls a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Holder {
    user_id: String,
    name: String,
    kind: &'static str,
}

impl Holder {
    fn owner() -> Self {
        Self { user_id: World::OWNER.to_owned(), name: World::OWNER_NAME.to_owned(), kind: "cloud" }
    }

    fn pilot() -> Self {
        Self { user_id: World::PILOT.to_owned(), name: World::PILOT_NAME.to_owned(), kind: "rc" }
    }
}

/// An aircraft.
#[derive(Debug, Clone)]
pub(crate) struct Aircraft {
    pub(crate) sn: DroneSn,
    pub(crate) callsign: &'static str,
    pub(crate) project: ProjectUuid,
    pub(crate) model: DeviceModel,
    /// The dock or remote controller that it belongs to now.
    pub(crate) gateway: DeviceSn,
    pub(crate) on: bool,
    /// Percent.
    pub(crate) battery: f64,
    pub(crate) place: Place,
    pub(crate) heading: f64,
    pub(crate) flight: Option<Flight>,
    pub(crate) cameras: Vec<Camera>,
    /// Seconds, metres and number of all flights.
    pub(crate) flown: (f64, f64, i64),
    /// Whether it is switched off between flights.
    sleeps: bool,
    wakes_at: Option<i64>,
    idle_since: i64,
}

impl Aircraft {
    pub(crate) fn mode(&self) -> DroneMode {
        match self.flight.as_ref().map(Flight::phase) {
            _ if !self.on => DroneMode::NotConnected,
            Some(Phase::TakeOff) => DroneMode::AutomaticTakeoff,
            Some(Phase::Route) => DroneMode::WaylineFlight,
            Some(Phase::Holding) => DroneMode::ManualFlight,
            Some(Phase::Returning) => DroneMode::AutoReturningToHome,
            Some(Phase::Landing) => DroneMode::AutomaticLanding,
            None => DroneMode::Standby,
        }
    }

    /// Percent at which it goes home by itself.
    pub(crate) fn return_battery(&self) -> f64 {
        let way = self.flight.as_ref().map_or(0.0, Flight::home_distance);
        15.0 + way / 10.0 * DRAIN
    }

    pub(crate) fn wake_at(&mut self, second: i64) {
        if !self.on {
            self.wakes_at = Some(second);
        }
    }
}

/// All devices of the organization.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) docks: Vec<Dock>,
    pub(crate) aircraft: Vec<Aircraft>,
    pub(crate) controllers: Vec<Controller>,
    qualities: BTreeMap<(DeviceSn, CameraIndex), StreamQuality>,
}

/// Any device.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Device<'w> {
    Dock(&'w Dock),
    Aircraft(&'w Aircraft, &'w State),
    Controller(&'w Controller),
}

impl Device<'_> {
    pub(crate) fn sn(&self) -> DeviceSn {
        match self {
            Self::Dock(dock) => dock.sn.clone().into(),
            Self::Aircraft(aircraft, _) => aircraft.sn.clone().into(),
            Self::Controller(controller) => controller.sn.clone(),
        }
    }

    pub(crate) fn callsign(&self) -> &str {
        match self {
            Self::Dock(dock) => dock.callsign,
            Self::Aircraft(aircraft, _) => aircraft.callsign,
            Self::Controller(controller) => controller.callsign,
        }
    }

    pub(crate) fn project(&self) -> &ProjectUuid {
        match self {
            Self::Dock(dock) => &dock.project,
            Self::Aircraft(aircraft, _) => &aircraft.project,
            Self::Controller(controller) => &controller.project,
        }
    }

    pub(crate) fn model(&self) -> &DeviceModel {
        match self {
            Self::Dock(dock) => &dock.model,
            Self::Aircraft(aircraft, _) => &aircraft.model,
            Self::Controller(controller) => &controller.model,
        }
    }

    /// Whether the device itself can be reached: an aircraft is on, and so is its gateway.
    pub(crate) fn is_online(&self) -> bool {
        match self {
            Self::Aircraft(aircraft, _) => aircraft.on && self.gateway_is_online(),
            Self::Dock(_) | Self::Controller(_) => self.gateway_is_online(),
        }
    }

    /// Whether the way to the device is there: the dock or remote controller, which may be the device itself.
    pub(crate) fn gateway_is_online(&self) -> bool {
        match self {
            Self::Dock(dock) => dock.online,
            Self::Aircraft(aircraft, fleet) => fleet.gateway_is_online(&aircraft.gateway),
            Self::Controller(controller) => controller.online,
        }
    }

    pub(crate) const fn is_dock(&self) -> bool {
        matches!(self, Self::Dock(_))
    }

    pub(crate) const fn is_aircraft(&self) -> bool {
        matches!(self, Self::Aircraft(..))
    }

    /// The cameras that it has, also while it is off.
    pub(crate) fn camera_indices(&self) -> Vec<CameraIndex> {
        match self {
            Self::Dock(dock) => vec![dock.camera.clone()],
            Self::Aircraft(aircraft, _) => {
                aircraft.cameras.iter().map(|camera| camera.index.clone()).collect()
            }
            Self::Controller(_) => Vec::new(),
        }
    }
}

impl State {
    /// The device with a serial number.
    pub(crate) fn device(&self, sn: &str) -> Option<Device<'_>> {
        let dock = || self.dock(sn).map(Device::Dock);
        let aircraft = || {
            self.aircraft
                .iter()
                .find(|aircraft| aircraft.sn.as_str() == sn)
                .map(|found| Device::Aircraft(found, self))
        };
        let controller = || {
            self.controllers
                .iter()
                .find(|controller| controller.sn.as_str() == sn)
                .map(Device::Controller)
        };
        dock().or_else(aircraft).or_else(controller)
    }

    pub(crate) fn dock(&self, sn: &str) -> Option<&Dock> {
        self.docks.iter().find(|dock| dock.sn.as_str() == sn)
    }

    pub(crate) fn dock_mut(&mut self, sn: &str) -> Option<&mut Dock> {
        self.docks.iter_mut().find(|dock| dock.sn.as_str() == sn)
    }

    fn aircraft_mut(&mut self, sn: &str) -> Option<&mut Aircraft> {
        self.aircraft.iter_mut().find(|aircraft| aircraft.sn.as_str() == sn)
    }

    /// The aircraft that belongs to a gateway, in the air or not.
    pub(crate) fn aircraft_of(&self, gateway: &str) -> Option<&Aircraft> {
        self.aircraft.iter().find(|aircraft| aircraft.gateway.as_str() == gateway)
    }

    pub(crate) fn aircraft_of_mut(&mut self, gateway: &str) -> Option<&mut Aircraft> {
        self.aircraft.iter_mut().find(|aircraft| aircraft.gateway.as_str() == gateway)
    }

    /// The flight of a task.
    pub(crate) fn flight_of(&self, task: &TaskUuid) -> Option<&Flight> {
        self.aircraft
            .iter()
            .filter_map(|aircraft| aircraft.flight.as_ref())
            .find(|flight| flight.task == *task)
    }

    fn gateway_is_online(&self, sn: &DeviceSn) -> bool {
        let dock =
            self.docks.iter().find(|dock| dock.sn.as_str() == sn.as_str()).map(|dock| dock.online);
        let controller = || {
            self.controllers
                .iter()
                .find(|controller| controller.sn == *sn)
                .map(|controller| controller.online)
        };
        dock.or_else(controller).unwrap_or(false)
    }

    /// Whether the owner of the key controls a payload.
    pub(crate) fn holds_control(&self, sn: &str, camera: &CameraIndex) -> bool {
        let aircraft = self.aircraft.iter().find(|aircraft| aircraft.sn.as_str() == sn);
        let camera = aircraft
            .and_then(|aircraft| aircraft.cameras.iter().find(|found| found.index == *camera));
        camera.is_some_and(|camera| {
            camera.holder.as_ref().is_some_and(|holder| holder.user_id == World::OWNER)
        })
    }

    pub(crate) fn quality(&self, sn: &str, camera: &CameraIndex) -> Option<StreamQuality> {
        self.qualities.get(&(DeviceSn::new(sn), camera.clone())).cloned()
    }

    pub(crate) fn set_quality(&mut self, sn: &str, camera: &CameraIndex, quality: StreamQuality) {
        self.qualities.insert((DeviceSn::new(sn), camera.clone()), quality);
    }

    /// The device list: docks with their aircraft, and on wish remote controllers with theirs.
    pub(crate) fn pairs(
        &self,
        project: impl Fn(&ProjectUuid) -> bool,
        with_controllers: bool,
    ) -> Vec<DevicePair> {
        let drone = |gateway: &str, online| {
            self.aircraft_of(gateway).map(|aircraft| drone_row(aircraft, online))
        };
        let docks = self.docks.iter().filter(|dock| project(&dock.project));
        let docks = docks.map(|dock| DevicePair {
            gateway: Some(dock_row(dock)),
            drone: drone(dock.sn.as_str(), dock.online),
        });
        let controllers = self
            .controllers
            .iter()
            .filter(|controller| with_controllers && project(&controller.project));
        let controllers = controllers.map(|controller| DevicePair {
            gateway: Some(controller_row(controller)),
            drone: drone(controller.sn.as_str(), controller.online),
        });
        docks.chain(controllers).collect()
    }

    fn has_devices_in(&self, project: &ProjectUuid) -> bool {
        self.docks.iter().any(|dock| dock.project == *project)
            || self.controllers.iter().any(|controller| controller.project == *project)
    }
}

fn dock_row(dock: &Dock) -> Gateway {
    Gateway {
        sn: dock.sn.clone().into(),
        callsign: Some(dock.callsign.to_owned()),
        device_model: dock.model.clone(),
        device_online_status: dock.online,
        mode_code: Some(dock_mode(dock)),
        camera_list: if dock.online {
            List::from(vec![GatewayCamera {
                camera_index: dock.camera.clone(),
                camera_position: Some(dock.position.clone()),
                available_camera_positions: vec![CameraPosition::Indoor, CameraPosition::Outdoor]
                    .into(),
            }])
        } else {
            List::null()
        },
    }
}

/// What a dock is doing. Idle while it is offline, as the real lists say it.
pub(crate) fn dock_mode(dock: &Dock) -> GatewayMode {
    match () {
        () if !dock.online => GatewayMode::Idle,
        () if dock.busy.is_some() => GatewayMode::InOperation,
        () if !dock.calibrated => GatewayMode::ToBeCalibrated,
        () => GatewayMode::Idle,
    }
}

fn controller_row(controller: &Controller) -> Gateway {
    Gateway {
        sn: controller.sn.clone(),
        callsign: Some(controller.callsign.to_owned()),
        device_model: controller.model.clone(),
        device_online_status: controller.online,
        mode_code: None,
        camera_list: List::null(),
    }
}

fn drone_row(aircraft: &Aircraft, gateway_is_online: bool) -> Drone {
    let online = aircraft.on && gateway_is_online;
    let camera = |camera: &Camera| DroneCamera {
        camera_index: camera.index.clone(),
        lens_list: List::from(vec![Lens {
            lens_type: camera.lens.clone(),
            available_lens_types: camera.lenses.clone().into(),
        }]),
    };
    Drone {
        sn: aircraft.sn.clone(),
        callsign: Some(aircraft.callsign.to_owned()),
        device_model: Some(aircraft.model.clone()),
        device_online_status: online,
        mode_code: Some(if online { aircraft.mode() } else { DroneMode::NotConnected }),
        camera_list: if online {
            aircraft.cameras.iter().map(camera).collect()
        } else {
            List::null()
        },
    }
}

/// An alert as the public cloud sends it: without a text.
fn alert(level: HmsLevel, code: &str, place: HmsPlace, sensor: i64) -> HmsAlert {
    let args =
        [("component_index".to_owned(), 0.into()), ("sensor_index".to_owned(), sensor.into())];
    HmsAlert {
        level,
        module: HmsModule::Hms,
        in_the_key: Some(place),
        imminent: Some(false),
        code: code.to_owned(),
        message: Some(String::new()),
        args: Some(args.into_iter().collect()),
    }
}

/// Batteries, power and calibration, once a second.
pub(crate) fn tick(world: &mut World) {
    let now = world.now().unix_seconds();
    let State { docks, aircraft, .. } = &mut world.fleet;
    for dock in docks.iter_mut().filter(|dock| dock.calibrated_at.is_some_and(|at| at <= now)) {
        dock.calibrated = true;
        dock.calibrated_at = None;
    }
    for aircraft in aircraft {
        if aircraft.wakes_at.is_some_and(|at| at <= now) {
            aircraft.on = true;
            aircraft.wakes_at = None;
            aircraft.idle_since = now;
        }
        let dock = docks.iter().find(|dock| dock.sn.as_str() == aircraft.gateway.as_str());
        if aircraft.flight.is_some() {
            aircraft.battery = (aircraft.battery - DRAIN).max(0.0);
            aircraft.idle_since = now;
        } else if let Some(dock) = dock {
            if dock.online && aircraft.battery < 100.0 {
                aircraft.battery = (aircraft.battery + CHARGE).min(100.0);
            }
            if dock.busy.is_some() {
                aircraft.idle_since = now;
            } else if aircraft.sleeps && aircraft.on && now - aircraft.idle_since >= SLEEP_AFTER {
                aircraft.on = false;
                aircraft.cameras.iter_mut().for_each(|camera| camera.holder = None);
            }
        }
    }
}

/// What people and the weather do to devices, for tests and demonstrations.
impl World {
    /// Sets the charge of an aircraft's battery, in percent. Does nothing when there is no such aircraft.
    pub fn set_battery(&mut self, drone: &DroneSn, percent: u8) {
        if let Some(aircraft) = self.fleet.aircraft_mut(drone.as_str()) {
            aircraft.battery = f64::from(percent.min(100));
        }
    }

    /// Cuts the link of a dock or remote controller, or switches an aircraft off.
    pub fn disconnect(&mut self, sn: &DeviceSn) {
        self.set_connected(sn, false);
    }

    /// Brings back the link of a dock or remote controller, or switches an aircraft on.
    pub fn connect(&mut self, sn: &DeviceSn) {
        self.set_connected(sn, true);
    }

    fn set_connected(&mut self, sn: &DeviceSn, connected: bool) {
        let now = self.now().unix_seconds();
        if let Some(dock) = self.fleet.dock_mut(sn.as_str()) {
            dock.online = connected;
        }
        if let Some(controller) =
            self.fleet.controllers.iter_mut().find(|controller| controller.sn == *sn)
        {
            controller.online = connected;
        }
        if let Some(aircraft) = self.fleet.aircraft_mut(sn.as_str()) {
            aircraft.on = connected;
            aircraft.idle_since = now;
        }
    }

    /// A pilot at a remote controller takes all payloads of an aircraft.
    pub fn pilot_takes_control(&mut self, drone: &DroneSn) {
        if let Some(aircraft) = self.fleet.aircraft_mut(drone.as_str()) {
            let payloads = aircraft.cameras.iter_mut().filter(|camera| camera.is_payload);
            payloads.for_each(|camera| camera.holder = Some(Holder::pilot()));
        }
    }
}
