//! The operations of device management.

use flighthub_api::v1::{
    CameraIndex, Control, ControlGateway, ControlHolders, ControlType, ControlUser,
    DeviceAcquireControl, DeviceAlerts, DeviceCalibrateRtk, DeviceChangeCamera, DeviceChangeLens,
    DeviceCommand, DeviceHms, DeviceReleaseControl, DeviceSetStreamQuality, DeviceSn,
    DeviceSnapshot, DeviceState, DroneSn, FlightCommand, HmsLevel, HmsPlace, ProjectUuid,
    RtkCalibration, RtkCalibrationStatus, StateProperties, TaskStatus, UserId,
};
use flighthub_api::{Accepted, Listing};

use super::{Aircraft, CALIBRATION, Camera, Device, Dock, Holder, LOW_BATTERY, Rtcm, alert};
use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::world::flight::{Ending, Phase};
use crate::world::{World, telemetry};

/// The device of a project, or why not.
fn in_project<'w>(
    world: &'w World,
    project: &ProjectUuid,
    sn: &str,
) -> Result<Device<'w>, Refusal> {
    match world.fleet.device(sn) {
        Some(device) if device.project() == project => Ok(device),
        Some(_) => Err(Refusal::other_project(sn)),
        None => Err(Refusal::unknown_device(sn)),
    }
}

/// `device.state`.
pub(crate) fn state(
    world: &mut World,
    caller: &Caller,
    operation: DeviceState,
) -> Result<DeviceSnapshot, Refusal> {
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
pub(crate) fn hms(
    world: &mut World,
    caller: &Caller,
    operation: DeviceHms,
) -> Result<Listing<DeviceAlerts>, Refusal> {
    // Without the header the real one answers an empty list.
    let Some(project) = &caller.project else {
        return Ok(Listing::default());
    };
    let project = world.known_project(project)?;
    if !world.fleet.has_devices_in(&project) {
        return Err(Refusal::new(210_060, "Bad Request"));
    }
    let mut rows: Vec<DeviceAlerts> = Vec::new();
    for sn in operation.device_sn_list {
        let Ok(device) = in_project(world, &project, sn.as_str()) else {
            continue;
        };
        if rows.iter().any(|row| row.device_sn == sn) {
            continue;
        }
        let alerts = match device {
            Device::Dock(dock) => dock.alerts.clone(),
            Device::Aircraft(aircraft, _) if aircraft.battery < LOW_BATTERY => {
                let place = if aircraft.flight.is_some() {
                    HmsPlace::InTheSky
                } else {
                    HmsPlace::OnTheGround
                };
                vec![alert(HmsLevel::Warning, "0x16100008", place, 0)]
            }
            Device::Aircraft(..) | Device::Controller(_) => Vec::new(),
        };
        rows.push(DeviceAlerts { device_sn: sn, device_hms: Listing::from(alerts) });
    }
    Ok(rows.into())
}

/// `device.command`: to the aircraft, or to its dock.
pub(crate) fn command(
    world: &mut World,
    caller: &Caller,
    operation: DeviceCommand,
) -> Result<Accepted, Refusal> {
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
    let flight =
        world.fleet.aircraft_mut(aircraft.as_str()).and_then(|aircraft| aircraft.flight.as_mut());
    let Some(flight) = flight else {
        return Err(Refusal::no_control(format!("`{order}`: the aircraft is not in flight")));
    };
    let task = flight.task.clone();
    let landing = world.tasks.landing_dock(&task);
    let landing = landing.and_then(|sn| world.fleet.dock(sn.as_str())).map(Dock::pad);
    let Some(flight) =
        world.fleet.aircraft_mut(aircraft.as_str()).and_then(|aircraft| aircraft.flight.as_mut())
    else {
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
                return Err(Refusal::not_supported(format!(
                    "`{order}`: the task has no other dock to land at"
                )));
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
        order => {
            return Err(Refusal::no_control(format!(
                "`{order}` does not go with what the aircraft is doing"
            )));
        }
    };
    world.tasks.set_flying(&task, status);
    Ok(Accepted::new())
}

/// `device.change_camera`.
pub(crate) fn change_camera(
    world: &mut World,
    caller: &Caller,
    operation: DeviceChangeCamera,
) -> Result<Accepted, Refusal> {
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
        return Err(Refusal::argument(
            "camera_index",
            format!("the dock has no camera `{}`", operation.camera_index),
        ));
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
pub(crate) fn change_lens(
    world: &mut World,
    caller: &Caller,
    operation: DeviceChangeLens,
) -> Result<Accepted, Refusal> {
    reachable(world, caller, "sn", &operation.sn)?;
    let controlled = world.fleet.holds_control(operation.sn.as_str(), &operation.camera_index);
    let aircraft = world.fleet.aircraft_mut(operation.sn.as_str());
    let camera = aircraft.and_then(|aircraft| {
        aircraft.cameras.iter_mut().find(|camera| camera.index == operation.camera_index)
    });
    let Some(camera) = camera else {
        return Err(Refusal::argument(
            "camera_index",
            format!("the aircraft has no camera `{}`", operation.camera_index),
        ));
    };
    if !camera.is_payload || !camera.lenses.contains(&operation.lens_type) {
        return Err(Refusal::argument(
            "lens_type",
            format!("camera `{}` cannot switch to `{}`", camera.index, operation.lens_type),
        ));
    }
    if !controlled {
        return Err(Refusal::no_control(format!(
            "acquire control of payload `{}` first",
            camera.index
        )));
    }
    camera.lens = operation.lens_type;
    Ok(Accepted::new())
}

fn payloads<'a>(
    aircraft: &'a mut Aircraft,
    wanted: &[CameraIndex],
) -> Result<Vec<&'a mut Camera>, Refusal> {
    if wanted.is_empty() {
        return Err(Refusal::argument("payload_index", "is empty"));
    }
    if let Some(index) = wanted.iter().find(|index| {
        !aircraft.cameras.iter().any(|camera| camera.is_payload && camera.index == **index)
    }) {
        return Err(Refusal::argument(
            "payload_index",
            format!("the aircraft has no payload `{index}`"),
        ));
    }
    Ok(aircraft.cameras.iter_mut().filter(|camera| wanted.contains(&camera.index)).collect())
}

fn holders(aircraft: &Aircraft) -> ControlHolders {
    let control = |kind, payload_index, holder: Option<&Holder>| Control {
        r#type: kind,
        payload_index,
        // As at the real one the fields are there, and empty where nobody holds it.
        gateway: Some(ControlGateway {
            sn: Some(holder.map_or_else(|| DeviceSn::new(""), |_| aircraft.gateway.clone())),
        }),
        user: Some(ControlUser {
            call_sign: Some(holder.map(|holder| holder.name.clone()).unwrap_or_default()),
            user_id: Some(UserId::new(
                holder.map(|holder| holder.user_id.clone()).unwrap_or_default(),
            )),
            r#type: Some(holder.map_or("", |holder| holder.kind).to_owned()),
        }),
    };
    let payloads = aircraft.cameras.iter().filter(|camera| camera.is_payload);
    let payloads = payloads.map(|camera| {
        control(ControlType::Payload, Some(camera.index.clone()), camera.holder.as_ref())
    });
    ControlHolders {
        drone_sn: aircraft.sn.clone(),
        controls: std::iter::once(control(ControlType::Flight, None, None))
            .chain(payloads)
            .collect(),
    }
}

/// `device.acquire_control`: takes it also from whoever has it.
pub(crate) fn acquire_control(
    world: &mut World,
    caller: &Caller,
    operation: DeviceAcquireControl,
) -> Result<ControlHolders, Refusal> {
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
pub(crate) fn release_control(
    world: &mut World,
    caller: &Caller,
    operation: DeviceReleaseControl,
) -> Result<ControlHolders, Refusal> {
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
pub(crate) fn set_stream_quality(
    world: &mut World,
    caller: &Caller,
    operation: DeviceSetStreamQuality,
) -> Result<Accepted, Refusal> {
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
        return Err(Refusal::argument(
            "quality_type",
            format!("there is no quality `{}`", operation.quality_type),
        ));
    }
    let payload = match device {
        Device::Aircraft(aircraft, _) => aircraft
            .cameras
            .iter()
            .any(|camera| camera.is_payload && camera.index == operation.camera_index),
        Device::Dock(_) | Device::Controller(_) => false,
    };
    if payload && !world.fleet.holds_control(sn, &operation.camera_index) {
        return Err(Refusal::no_control(format!(
            "acquire control of payload `{}` first",
            operation.camera_index
        )));
    }
    world.fleet.set_quality(sn, &operation.camera_index, operation.quality_type);
    Ok(Accepted::new())
}

/// `device.calibrate_rtk`. A host below `.invalid` cannot be reached; an aircraft that is away leaves the dock without its reference.
pub(crate) fn calibrate_rtk(
    world: &mut World,
    caller: &Caller,
    operation: DeviceCalibrateRtk,
) -> Result<RtkCalibration, Refusal> {
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
    let Some(dock) = world.fleet.dock_mut(sn) else {
        return Err(Refusal::unknown_device(sn));
    };
    if dock.busy.is_some() || operation.host.ends_with(".invalid") {
        return Ok(RtkCalibration { bid, status: RtkCalibrationStatus::Failure });
    }
    dock.rtcm = Some(Rtcm {
        host: operation.host,
        port: operation.port,
        mount_point: operation.mount_point,
    });
    dock.calibrated = false;
    dock.calibrated_at = Some(now + CALIBRATION);
    Ok(RtkCalibration { bid, status: RtkCalibrationStatus::Ok })
}
