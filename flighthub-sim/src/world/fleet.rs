//! Docks, aircraft and remote controllers.

use std::collections::BTreeMap;

use flighthub_api::v1::{
    CameraIndex, CameraPosition, Control, ControlGateway, ControlHolders, ControlType, ControlUser, DeviceAcquireControl, DeviceAlerts,
    DeviceCalibrateRtk, DeviceChangeCamera, DeviceChangeLens, DeviceClass, DeviceCommand, DeviceDomain, DeviceHms, DeviceModel, DeviceModelKey,
    DevicePair, DeviceReleaseControl, DeviceSetStreamQuality, DeviceSn, DeviceSnapshot, DeviceState, DockSn, Drone, DroneCamera, DroneMode, DroneSn,
    FlightCommand, Gateway, GatewayCamera, GatewayMode, HmsAlert, HmsLevel, HmsModule, HmsPlace, Lens, LensType, ProjectUuid, RtkCalibration,
    RtkCalibrationStatus, StateProperties, StreamQuality, TaskStatus, TaskUuid, UserId,
};
use flighthub_api::{Accepted, List, Listing};

use super::flight::{Ending, Flight, Pad, Phase, Place};
use super::{World, projects, telemetry};
use crate::caller::Caller;
use crate::refusal::Refusal;

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
            Self::Aircraft(aircraft, _) => aircraft.cameras.iter().map(|camera| camera.index.clone()).collect(),
            Self::Controller(_) => Vec::new(),
        }
    }
}

impl State {
    /// The device with a serial number.
    pub(crate) fn device(&self, sn: &str) -> Option<Device<'_>> {
        let dock = || self.dock(sn).map(Device::Dock);
        let aircraft = || self.aircraft.iter().find(|aircraft| aircraft.sn.as_str() == sn).map(|found| Device::Aircraft(found, self));
        let controller = || self.controllers.iter().find(|controller| controller.sn.as_str() == sn).map(Device::Controller);
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
        self.aircraft.iter().filter_map(|aircraft| aircraft.flight.as_ref()).find(|flight| flight.task == *task)
    }

    fn gateway_is_online(&self, sn: &DeviceSn) -> bool {
        let dock = self.docks.iter().find(|dock| dock.sn.as_str() == sn.as_str()).map(|dock| dock.online);
        let controller = || self.controllers.iter().find(|controller| controller.sn == *sn).map(|controller| controller.online);
        dock.or_else(controller).unwrap_or(false)
    }

    /// Whether the owner of the key controls a payload.
    pub(crate) fn holds_control(&self, sn: &str, camera: &CameraIndex) -> bool {
        let aircraft = self.aircraft.iter().find(|aircraft| aircraft.sn.as_str() == sn);
        let camera = aircraft.and_then(|aircraft| aircraft.cameras.iter().find(|found| found.index == *camera));
        camera.is_some_and(|camera| camera.holder.as_ref().is_some_and(|holder| holder.user_id == World::OWNER))
    }

    pub(crate) fn quality(&self, sn: &str, camera: &CameraIndex) -> Option<StreamQuality> {
        self.qualities.get(&(DeviceSn::new(sn), camera.clone())).cloned()
    }

    pub(crate) fn set_quality(&mut self, sn: &str, camera: &CameraIndex, quality: StreamQuality) {
        self.qualities.insert((DeviceSn::new(sn), camera.clone()), quality);
    }

    /// The device list: docks with their aircraft, and on wish remote controllers with theirs.
    pub(crate) fn pairs(&self, project: impl Fn(&ProjectUuid) -> bool, with_controllers: bool) -> Vec<DevicePair> {
        let drone = |gateway: &str, online| self.aircraft_of(gateway).map(|aircraft| drone_row(aircraft, online));
        let docks = self.docks.iter().filter(|dock| project(&dock.project));
        let docks = docks.map(|dock| DevicePair { gateway: Some(dock_row(dock)), drone: drone(dock.sn.as_str(), dock.online) });
        let controllers = self.controllers.iter().filter(|controller| with_controllers && project(&controller.project));
        let controllers = controllers.map(|controller| DevicePair {
            gateway: Some(controller_row(controller)),
            drone: drone(controller.sn.as_str(), controller.online),
        });
        docks.chain(controllers).collect()
    }

    fn has_devices_in(&self, project: &ProjectUuid) -> bool {
        self.docks.iter().any(|dock| dock.project == *project) || self.controllers.iter().any(|controller| controller.project == *project)
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
                available_camera_positions: vec![CameraPosition::Indoor, CameraPosition::Outdoor],
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
        lens_list: List::from(vec![Lens { lens_type: camera.lens.clone(), available_lens_types: camera.lenses.clone() }]),
    };
    Drone {
        sn: aircraft.sn.clone(),
        callsign: Some(aircraft.callsign.to_owned()),
        device_model: Some(aircraft.model.clone()),
        device_online_status: online,
        mode_code: Some(if online { aircraft.mode() } else { DroneMode::NotConnected }),
        camera_list: if online { aircraft.cameras.iter().map(camera).collect() } else { List::null() },
    }
}

/// The demo devices: three docks, two of them with an aircraft, and a pilot with a remote controller.
pub(crate) fn populate(world: &mut World) {
    let project = ProjectUuid::new(World::DEMO_PROJECT);
    let dock = |sn: &str, callsign, key, name, place, calibrated| Dock {
        sn: DockSn::new(sn),
        callsign,
        project: project.clone(),
        model: model(key, name, DeviceClass::Dock),
        online: true,
        place,
        camera: CameraIndex::new("165-0-7"),
        position: CameraPosition::Indoor,
        calibrated,
        rtcm: None,
        busy: None,
        jobs: 0,
        calibrated_at: None,
        alerts: Vec::new(),
    };
    let places = [projects::CENTRE, projects::CENTRE.offset(640.0, 1_020.0, 3.0), projects::CENTRE.offset(-420.0, -600.0, -2.0)];
    world.fleet.docks = vec![
        dock("7CTXN0000B00A1", "North dock", DOCK_2, "DJI Dock 2", places[0], true),
        dock("7CTXN0000B00B2", "East dock", DOCK_3, "DJI Dock 3", places[1], true),
        dock("7CTXN0000B00C3", "Spare dock", DOCK_2, "DJI Dock 2", places[2], false),
    ];
    world.fleet.docks[0].alerts = vec![alert(HmsLevel::Reminder, "0x161000A4", HmsPlace::OnTheGround, 1)];
    let field = projects::CENTRE.offset(1_300.0, -1_100.0, 0.0);
    world.fleet.controllers = vec![Controller {
        sn: DeviceSn::new("9N9XL0000D00C3"),
        callsign: "Field controller",
        project: project.clone(),
        model: model(RC_PLUS, "DJI RC Plus", DeviceClass::RemoteController),
        online: true,
        place: field,
    }];
    let camera = |index: &str, lenses: &[LensType]| Camera {
        index: CameraIndex::new(index),
        lens: lenses.first().cloned().unwrap_or(LensType::Normal),
        lenses: lenses.to_vec(),
        holder: None,
        is_payload: lenses.len() > 1,
    };
    let lenses = [LensType::Wide, LensType::Zoom, LensType::Ir];
    let aircraft = |sn: &str, callsign, key, name, gateway: &str, place, fpv: &str, payload: &str, on: bool, flown| Aircraft {
        sn: DroneSn::new(sn),
        callsign,
        project: project.clone(),
        model: model(key, name, DeviceClass::Drone),
        gateway: DeviceSn::new(gateway),
        on,
        battery: 100.0,
        place,
        heading: 0.0,
        flight: None,
        cameras: vec![camera(fpv, &[LensType::Normal]), camera(payload, &lenses)],
        flown,
        sleeps: !on,
        wakes_at: None,
        idle_since: 0,
    };
    let flown = (48_210.0, 301_455.0, 63);
    world.fleet.aircraft = vec![
        aircraft("1581F0Q8X000U00G00A1", "Kestrel 1", M3TD, "M3TD", "7CTXN0000B00A1", places[0], "176-0-0", "81-0-0", true, flown),
        aircraft("1581F0Q8X000U00G00B2", "Petrel 2", M4TD, "M4TD", "7CTXN0000B00B2", places[1], "176-0-0", "99-0-0", false, (9_120.0, 60_210.0, 12)),
        aircraft("1581F0Q8X000U00G00D4", "", M30T, "M30T", "9N9XL0000D00C3", field, "39-0-7", "53-0-0", true, (120_400.0, 802_700.0, 211)),
    ];
}

fn model(key: &str, name: &str, class: DeviceClass) -> DeviceModel {
    let mut parts = key.split('-');
    let mut part = || parts.next().unwrap_or_default();
    DeviceModel {
        key: DeviceModelKey::new(key),
        domain: DeviceDomain::from(part()),
        r#type: part().to_owned(),
        sub_type: part().to_owned(),
        name: Some(name.to_owned()),
        class,
    }
}

/// An alert as the public cloud sends it: without a text.
fn alert(level: HmsLevel, code: &str, place: HmsPlace, sensor: i64) -> HmsAlert {
    let args = [("component_index".to_owned(), 0.into()), ("sensor_index".to_owned(), sensor.into())];
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

/// The device of a project, or why not.
fn in_project<'w>(world: &'w World, project: &ProjectUuid, sn: &str) -> Result<Device<'w>, Refusal> {
    match world.fleet.device(sn) {
        Some(device) if device.project() == project => Ok(device),
        Some(_) => Err(Refusal::other_project(sn)),
        None => Err(Refusal::unknown_device(sn)),
    }
}

/// `device.state`.
pub(crate) fn state(world: &mut World, caller: &Caller, operation: DeviceState) -> Result<DeviceSnapshot, Refusal> {
    let project = world.known_project(caller.project_or_forbidden()?)?;
    let device = in_project(world, &project, operation.device_sn.as_str())?;
    if !device.gateway_is_online() {
        return Err(Refusal::offline(operation.device_sn));
    }
    let properties = match device {
        Device::Dock(dock) => telemetry::dock(world, dock),
        Device::Aircraft(aircraft, _) => telemetry::aircraft(world, aircraft),
        Device::Controller(controller) => telemetry::controller(controller),
    };
    Ok(DeviceSnapshot {
        device_sn: Some(device.sn()),
        device_model: Some(device.model().clone()),
        device_state: Some(StateProperties::from(properties)),
    })
}

/// `device.hms`.
pub(crate) fn hms(world: &mut World, caller: &Caller, operation: DeviceHms) -> Result<Listing<DeviceAlerts>, Refusal> {
    // Without the header the real one answers an empty list.
    let Some(project) = &caller.project else { return Ok(Listing::default()) };
    let project = world.known_project(project)?;
    if !world.fleet.has_devices_in(&project) {
        return Err(Refusal::new(210_060, "Bad Request"));
    }
    let mut rows: Vec<DeviceAlerts> = Vec::new();
    for sn in operation.device_sn_list {
        let Ok(device) = in_project(world, &project, sn.as_str()) else { continue };
        if rows.iter().any(|row| row.device_sn == sn) {
            continue;
        }
        let alerts = match device {
            Device::Dock(dock) => dock.alerts.clone(),
            Device::Aircraft(aircraft, _) if aircraft.battery < LOW_BATTERY => {
                let place = if aircraft.flight.is_some() { HmsPlace::InTheSky } else { HmsPlace::OnTheGround };
                vec![alert(HmsLevel::Warning, "0x16100008", place, 0)]
            }
            Device::Aircraft(..) | Device::Controller(_) => Vec::new(),
        };
        rows.push(DeviceAlerts { device_sn: sn, device_hms: Listing::from(alerts) });
    }
    Ok(rows.into())
}

/// `device.command`: to the aircraft, or to its dock.
pub(crate) fn command(world: &mut World, caller: &Caller, operation: DeviceCommand) -> Result<Accepted, Refusal> {
    let project = world.project_of(caller)?;
    let sn = operation.device_sn.as_str();
    let device = in_project(world, &project, sn)?;
    if !device.gateway_is_online() {
        return Err(Refusal::offline(sn));
    }
    let aircraft = match device {
        Device::Aircraft(aircraft, _) => Some(aircraft),
        Device::Dock(_) | Device::Controller(_) => world.fleet.aircraft_of(sn),
    };
    let Some(aircraft) = aircraft.map(|aircraft| aircraft.sn.clone()) else {
        return Err(Refusal::not_supported(format!("`{sn}` has no aircraft")));
    };
    let order = operation.device_command;
    if !order.is_known() {
        return Err(Refusal::not_supported(format!("there is no order `{order}`")));
    }
    let flight = world.fleet.aircraft_mut(aircraft.as_str()).and_then(|aircraft| aircraft.flight.as_mut());
    let Some(flight) = flight else {
        return Err(Refusal::no_control(format!("`{order}`: the aircraft is not in flight")));
    };
    let task = flight.task.clone();
    let landing = world.tasks.landing_dock(&task);
    let landing = landing.and_then(|sn| world.fleet.dock(sn.as_str())).map(Dock::pad);
    let Some(flight) = world.fleet.aircraft_mut(aircraft.as_str()).and_then(|aircraft| aircraft.flight.as_mut()) else {
        return Err(Refusal::no_control(format!("`{order}`: the aircraft is not in flight")));
    };
    let phase = flight.phase();
    let status = match order {
        FlightCommand::ReturnHome if !matches!(phase, Phase::Returning | Phase::Landing) => {
            flight.return_to(flight.origin.clone(), Ending::Ordered);
            TaskStatus::Executing
        }
        FlightCommand::ReturnToDesignatedDock if !matches!(phase, Phase::Landing) => {
            let Some(landing) = landing else {
                return Err(Refusal::not_supported(format!("`{order}`: the task has no other dock to land at")));
            };
            flight.return_to(landing, Ending::Ordered);
            TaskStatus::Executing
        }
        FlightCommand::CancelReturnHome if phase == Phase::Returning => {
            flight.cancel_return();
            TaskStatus::Paused
        }
        FlightCommand::PauseTask if phase == Phase::Route => {
            flight.hold();
            TaskStatus::Paused
        }
        FlightCommand::ResumeTask if phase == Phase::Holding => {
            flight.resume();
            TaskStatus::Executing
        }
        order => return Err(Refusal::no_control(format!("`{order}` does not go with what the aircraft is doing"))),
    };
    world.tasks.set_flying(&task, status);
    Ok(Accepted::new())
}

/// `device.change_camera`.
pub(crate) fn change_camera(world: &mut World, caller: &Caller, operation: DeviceChangeCamera) -> Result<Accepted, Refusal> {
    let project = world.project_of(caller)?;
    let sn = operation.sn.as_str();
    let device = in_project(world, &project, sn)?;
    if !device.is_dock() {
        return Err(Refusal::argument("sn", "is not the serial number of a dock"));
    }
    if !device.is_online() {
        return Err(Refusal::offline(sn));
    }
    if !device.camera_indices().contains(&operation.camera_index) {
        return Err(Refusal::argument("camera_index", format!("the dock has no camera `{}`", operation.camera_index)));
    }
    if !operation.camera_position.is_known() {
        return Err(Refusal::argument("camera_position", "is not one of `indoor` and `outdoor`"));
    }
    if let Some(dock) = world.fleet.dock_mut(sn) {
        dock.position = operation.camera_position;
    }
    Ok(Accepted::new())
}

/// An aircraft of the project that can be reached now.
fn reachable(world: &World, caller: &Caller, field: &str, sn: &DroneSn) -> Result<(), Refusal> {
    let project = world.project_of(caller)?;
    let device = in_project(world, &project, sn.as_str())?;
    if !device.is_aircraft() {
        return Err(Refusal::argument(field, "is not the serial number of an aircraft"));
    }
    if !device.is_online() {
        return Err(Refusal::offline(sn));
    }
    Ok(())
}

/// `device.change_lens`.
pub(crate) fn change_lens(world: &mut World, caller: &Caller, operation: DeviceChangeLens) -> Result<Accepted, Refusal> {
    reachable(world, caller, "sn", &operation.sn)?;
    let controlled = world.fleet.holds_control(operation.sn.as_str(), &operation.camera_index);
    let aircraft = world.fleet.aircraft_mut(operation.sn.as_str());
    let camera = aircraft.and_then(|aircraft| aircraft.cameras.iter_mut().find(|camera| camera.index == operation.camera_index));
    let Some(camera) = camera else {
        return Err(Refusal::argument("camera_index", format!("the aircraft has no camera `{}`", operation.camera_index)));
    };
    if !camera.is_payload || !camera.lenses.contains(&operation.lens_type) {
        return Err(Refusal::argument("lens_type", format!("camera `{}` cannot switch to `{}`", camera.index, operation.lens_type)));
    }
    if !controlled {
        return Err(Refusal::no_control(format!("acquire control of payload `{}` first", camera.index)));
    }
    camera.lens = operation.lens_type;
    Ok(Accepted::new())
}

fn payloads<'a>(aircraft: &'a mut Aircraft, wanted: &[CameraIndex]) -> Result<Vec<&'a mut Camera>, Refusal> {
    if wanted.is_empty() {
        return Err(Refusal::argument("payload_index", "is empty"));
    }
    if let Some(index) = wanted.iter().find(|index| !aircraft.cameras.iter().any(|camera| camera.is_payload && camera.index == **index)) {
        return Err(Refusal::argument("payload_index", format!("the aircraft has no payload `{index}`")));
    }
    Ok(aircraft.cameras.iter_mut().filter(|camera| wanted.contains(&camera.index)).collect())
}

fn holders(aircraft: &Aircraft) -> ControlHolders {
    let control = |kind, payload_index, holder: Option<&Holder>| Control {
        r#type: kind,
        payload_index,
        gateway: Some(ControlGateway { sn: holder.map(|_| aircraft.gateway.clone()) }),
        user: Some(ControlUser {
            call_sign: holder.map(|holder| holder.name.clone()),
            user_id: holder.map(|holder| UserId::new(holder.user_id.clone())),
            r#type: holder.map(|holder| holder.kind.to_owned()),
        }),
    };
    let payloads = aircraft.cameras.iter().filter(|camera| camera.is_payload);
    let payloads = payloads.map(|camera| control(ControlType::Payload, Some(camera.index.clone()), camera.holder.as_ref()));
    ControlHolders {
        drone_sn: aircraft.sn.clone(),
        controls: std::iter::once(control(ControlType::Flight, None, None)).chain(payloads).collect(),
    }
}

/// `device.acquire_control`: takes it also from whoever has it.
pub(crate) fn acquire_control(world: &mut World, caller: &Caller, operation: DeviceAcquireControl) -> Result<ControlHolders, Refusal> {
    reachable(world, caller, "drone_sn", &operation.drone_sn)?;
    let Some(aircraft) = world.fleet.aircraft_mut(operation.drone_sn.as_str()) else {
        return Err(Refusal::unknown_device(operation.drone_sn));
    };
    for camera in payloads(aircraft, &operation.payload_index)? {
        camera.holder = Some(Holder::owner());
    }
    Ok(holders(aircraft))
}

/// `device.release_control`. What somebody else holds stays with them.
pub(crate) fn release_control(world: &mut World, caller: &Caller, operation: DeviceReleaseControl) -> Result<ControlHolders, Refusal> {
    reachable(world, caller, "drone_sn", &operation.drone_sn)?;
    let Some(aircraft) = world.fleet.aircraft_mut(operation.drone_sn.as_str()) else {
        return Err(Refusal::unknown_device(operation.drone_sn));
    };
    for camera in payloads(aircraft, &operation.payload_index)? {
        camera.holder.take_if(|holder| *holder == Holder::owner());
    }
    Ok(holders(aircraft))
}

/// `device.set_stream_quality`.
pub(crate) fn set_stream_quality(world: &mut World, caller: &Caller, operation: DeviceSetStreamQuality) -> Result<Accepted, Refusal> {
    let project = world.project_of(caller)?;
    let sn = operation.sn.as_str();
    let device = in_project(world, &project, sn)?;
    if !device.is_online() {
        return Err(Refusal::offline(sn));
    }
    if !device.camera_indices().contains(&operation.camera_index) {
        return Err(Refusal::unknown_camera(sn, operation.camera_index));
    }
    if !operation.quality_type.is_known() {
        return Err(Refusal::argument("quality_type", format!("there is no quality `{}`", operation.quality_type)));
    }
    let payload = match device {
        Device::Aircraft(aircraft, _) => aircraft.cameras.iter().any(|camera| camera.is_payload && camera.index == operation.camera_index),
        Device::Dock(_) | Device::Controller(_) => false,
    };
    if payload && !world.fleet.holds_control(sn, &operation.camera_index) {
        return Err(Refusal::no_control(format!("acquire control of payload `{}` first", operation.camera_index)));
    }
    world.fleet.set_quality(sn, &operation.camera_index, operation.quality_type);
    Ok(Accepted::new())
}

/// `device.calibrate_rtk`. A host below `.invalid` cannot be reached; an aircraft that is away leaves the dock without its reference.
pub(crate) fn calibrate_rtk(world: &mut World, caller: &Caller, operation: DeviceCalibrateRtk) -> Result<RtkCalibration, Refusal> {
    let project = world.project_of(caller)?;
    let sn = operation.device_sn.as_str();
    let device = in_project(world, &project, sn)?;
    if !device.is_dock() {
        return Err(Refusal::argument("device_sn", "is not the serial number of a dock"));
    }
    if !(1..=65_535).contains(&operation.port) {
        return Err(Refusal::argument("port", "is not between 1 and 65535"));
    }
    for (field, is_empty) in [
        ("host", operation.host.trim().is_empty()),
        ("account", operation.account.is_empty()),
        ("password", operation.password.is_empty()),
        ("mount_point", operation.mount_point.trim().is_empty()),
    ] {
        if is_empty {
            return Err(Refusal::argument(field, "is empty"));
        }
    }
    if !device.is_online() {
        return Err(Refusal::offline(sn));
    }
    let bid = Some(world.new_uuid());
    let now = world.now().unix_seconds();
    let Some(dock) = world.fleet.dock_mut(sn) else { return Err(Refusal::unknown_device(sn)) };
    if dock.busy.is_some() || operation.host.ends_with(".invalid") {
        return Ok(RtkCalibration { bid, status: RtkCalibrationStatus::Failure });
    }
    dock.rtcm = Some(Rtcm { host: operation.host, port: operation.port, mount_point: operation.mount_point });
    dock.calibrated = false;
    dock.calibrated_at = Some(now + CALIBRATION);
    Ok(RtkCalibration { bid, status: RtkCalibrationStatus::Ok })
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
        if let Some(controller) = self.fleet.controllers.iter_mut().find(|controller| controller.sn == *sn) {
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
