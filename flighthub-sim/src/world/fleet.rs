//! Docks, aircraft and remote controllers.

pub(crate) mod additions;
pub(crate) mod alerts;
mod control;
mod demo;
mod happenings;
mod kinds;
mod operations;
mod rows;

use std::collections::BTreeMap;

use flighthub_api::v1::{
    CameraIndex, CameraPosition, DeviceModel, DeviceSn, DockSn, DroneMode, DroneSn, LensType,
    ProjectUuid, StreamQuality, TaskUuid,
};

use alerts::Alert;
pub(crate) use alerts::hms;
pub(crate) use control::{acquire_control, change_lens, release_control, set_stream_quality};
pub(crate) use demo::populate;
pub(crate) use happenings::tick;
pub(crate) use operations::{calibrate_rtk, change_camera, command, state};
pub(crate) use rows::dock_mode;

use super::World;
use super::flight::{Flight, Pad, Phase, Place};
use crate::caller::Caller;

pub(crate) const DOCK_2: &str = "3-2-0";
pub(crate) const DOCK_3: &str = "3-3-0";
pub(crate) const M3TD: &str = "0-91-1";
pub(crate) const M4TD: &str = "0-100-1";
pub(crate) const M30T: &str = "0-67-1";
pub(crate) const RC_PLUS: &str = "2-119-0";
pub(crate) const RC_PRO: &str = "2-144-0";

/// Percent of the battery that a second in the air takes: about 40 minutes for all of it.
const DRAIN: f64 = 0.04;

/// What any device can be in, apart from what it does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Condition {
    /// Whether it has lost its position: then it reports 0/0.
    pub(crate) no_fix: bool,
    /// Whether its firmware is too old to be told anything.
    pub(crate) old_firmware: bool,
    alerts: Vec<Alert>,
}

/// The storage of a device, in KB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Disk {
    pub(crate) used: f64,
    pub(crate) total: f64,
    /// What stays when everything has been handed on.
    rest: f64,
}

impl Disk {
    pub(crate) const fn new(used: f64, total: f64) -> Self {
        Self { used, total, rest: used }
    }

    /// Whether there is no room for the files of another flight.
    pub(crate) fn is_full(&self) -> bool {
        self.used >= 0.98 * self.total
    }
}

/// How hard it rains.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rainfall {
    /// `no_rain`, as seen live. The spelling of the others is a guess after it.
    #[default]
    NoRain,
    /// `light_rain`.
    LightRain,
    /// `moderate_rain`.
    ModerateRain,
    /// `heavy_rain`.
    HeavyRain,
}

/// What the sensors of a dock feel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weather {
    /// m/s where somebody has set it; else it changes slowly by itself.
    pub(crate) wind: Option<f64>,
    pub(crate) rain: Rainfall,
    /// °C outside.
    pub(crate) temperature: f64,
}

impl Default for Weather {
    fn default() -> Self {
        Self { wind: None, rain: Rainfall::NoRain, temperature: 26.0 }
    }
}

/// A dock.
#[derive(Debug, Clone)]
pub(crate) struct Dock {
    pub(crate) sn: DockSn,
    pub(crate) callsign: String,
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
    pub(crate) disk: Disk,
    pub(crate) weather: Weather,
    pub(crate) condition: Condition,
    calibrated_at: Option<i64>,
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
    pub(crate) callsign: String,
    pub(crate) project: ProjectUuid,
    pub(crate) model: DeviceModel,
    pub(crate) online: bool,
    pub(crate) place: Place,
    pub(crate) condition: Condition,
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
    fn of(caller: &Caller) -> Self {
        let person = caller.person();
        Self { user_id: person.id.to_owned(), name: person.name.to_owned(), kind: "cloud" }
    }

    fn pilot() -> Self {
        Self { user_id: World::PILOT.to_owned(), name: World::PILOT_NAME.to_owned(), kind: "rc" }
    }
}

/// What was last heard of an aircraft that is off now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) place: Place,
    pub(crate) heading: f64,
    /// Percent.
    pub(crate) battery: f64,
}

/// An aircraft.
#[derive(Debug, Clone)]
pub(crate) struct Aircraft {
    pub(crate) sn: DroneSn,
    pub(crate) callsign: String,
    pub(crate) project: ProjectUuid,
    pub(crate) model: DeviceModel,
    /// The dock or remote controller that it belongs to now.
    pub(crate) gateway: Option<DeviceSn>,
    /// Whether somebody has taken it out of its dock.
    pub(crate) away: bool,
    pub(crate) on: bool,
    /// Percent.
    pub(crate) battery: f64,
    pub(crate) place: Place,
    pub(crate) heading: f64,
    pub(crate) flight: Option<Flight>,
    pub(crate) cameras: Vec<Camera>,
    /// Seconds, metres and number of all flights.
    pub(crate) flown: (f64, f64, i64),
    pub(crate) disk: Disk,
    pub(crate) condition: Condition,
    /// None before it was heard of for the first time.
    pub(crate) seen: Option<Seen>,
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

    pub(crate) fn belongs_to(&self, gateway: &str) -> bool {
        self.gateway.as_ref().is_some_and(|own| own.as_str() == gateway)
    }

    fn was_seen(&mut self) {
        self.seen = Some(Seen { place: self.place, heading: self.heading, battery: self.battery });
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
            Self::Dock(dock) => &dock.callsign,
            Self::Aircraft(aircraft, _) => &aircraft.callsign,
            Self::Controller(controller) => &controller.callsign,
        }
    }

    pub(crate) fn project(&self) -> &ProjectUuid {
        match self {
            Self::Dock(dock) => &dock.project,
            Self::Aircraft(aircraft, _) => &aircraft.project,
            Self::Controller(controller) => &controller.project,
        }
    }

    pub(crate) fn condition(&self) -> &Condition {
        match self {
            Self::Dock(dock) => &dock.condition,
            Self::Aircraft(aircraft, _) => &aircraft.condition,
            Self::Controller(controller) => &controller.condition,
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
            Self::Aircraft(aircraft, fleet) => {
                aircraft.gateway.as_ref().is_some_and(|gateway| fleet.gateway_is_online(gateway))
            }
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

    pub(crate) fn condition_mut(&mut self, sn: &str) -> Option<&mut Condition> {
        let Self { docks, aircraft, controllers, .. } = self;
        let dock = docks.iter_mut().find(|dock| dock.sn.as_str() == sn);
        let aircraft = aircraft.iter_mut().find(|aircraft| aircraft.sn.as_str() == sn);
        let controller = controllers.iter_mut().find(|controller| controller.sn.as_str() == sn);
        dock.map(|dock| &mut dock.condition)
            .or_else(|| aircraft.map(|aircraft| &mut aircraft.condition))
            .or_else(|| controller.map(|controller| &mut controller.condition))
    }

    /// The serial numbers of all devices.
    pub(crate) fn all(&self) -> Vec<&str> {
        let docks = self.docks.iter().map(|dock| dock.sn.as_str());
        let controllers = self.controllers.iter().map(|controller| controller.sn.as_str());
        let aircraft = self.aircraft.iter().map(|aircraft| aircraft.sn.as_str());
        docks.chain(controllers).chain(aircraft).collect()
    }

    fn aircraft_mut(&mut self, sn: &str) -> Option<&mut Aircraft> {
        self.aircraft.iter_mut().find(|aircraft| aircraft.sn.as_str() == sn)
    }

    /// The aircraft that belongs to a gateway, in the air or not.
    pub(crate) fn aircraft_of(&self, gateway: &str) -> Option<&Aircraft> {
        self.aircraft.iter().find(|aircraft| aircraft.belongs_to(gateway))
    }

    pub(crate) fn aircraft_of_mut(&mut self, gateway: &str) -> Option<&mut Aircraft> {
        self.aircraft.iter_mut().find(|aircraft| aircraft.belongs_to(gateway))
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

    pub(crate) fn quality(&self, sn: &str, camera: &CameraIndex) -> Option<StreamQuality> {
        self.qualities.get(&(DeviceSn::new(sn), camera.clone())).cloned()
    }

    pub(crate) fn set_quality(&mut self, sn: &str, camera: &CameraIndex, quality: StreamQuality) {
        self.qualities.insert((DeviceSn::new(sn), camera.clone()), quality);
    }

    fn has_devices_in(&self, project: &ProjectUuid) -> bool {
        self.docks.iter().any(|dock| dock.project == *project)
            || self.controllers.iter().any(|controller| controller.project == *project)
            || self.aircraft.iter().any(|aircraft| aircraft.project == *project)
    }
}
