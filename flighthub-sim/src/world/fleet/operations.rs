//! The operations of device management: state, orders, the dock's camera, calibration.

use flighthub_api::Accepted;
use flighthub_api::v1::{
    DeviceCalibrateRtk, DeviceChangeCamera, DeviceCommand, DeviceSnapshot, DeviceState,
    FlightCommand, ProjectUuid, RtkCalibration, RtkCalibrationStatus, StateProperties, TaskStatus,
};

use super::{Device, Dock, Rtcm};
use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::world::events::{DeviceExitReturnHome, Event};
use crate::world::flight::{Ending, Phase};
use crate::world::{World, telemetry};

/// Seconds that a calibration takes.
const CALIBRATION: i64 = 30;

/// The device of a project, or why not.
pub(super) fn in_project<'w>(
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

/// The device of a project that can be told something now, or why not.
pub(super) fn tellable<'w>(
    world: &'w World,
    project: &ProjectUuid,
    sn: &str,
) -> Result<Device<'w>, Refusal> {
    let device = in_project(world, project, sn)?;
    if !device.is_online() {
        return Err(Refusal::offline(sn));
    }
    if device.condition().old_firmware {
        return Err(Refusal::old_firmware(sn));
    }
    Ok(device)
}

/// `device.state`. Of an aircraft that is off it is the last that was heard; of one whose gateway has no link it is refused.
pub(crate) fn state(
    world: &mut World,
    caller: &Caller,
    operation: DeviceState,
) -> Result<DeviceSnapshot, Refusal> {
    let project = world.known_project(caller.project_or_forbidden()?)?;
    let device = in_project(world, &project, operation.device_sn.as_str())?;
    let alone = matches!(device, Device::Aircraft(aircraft, _) if aircraft.gateway.is_none());
    if !device.gateway_is_online() && !alone {
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
    if device.condition().old_firmware {
        return Err(Refusal::old_firmware(sn));
    }
    let aircraft = match device {
        Device::Aircraft(aircraft, _) => Some(aircraft),
        Device::Dock(_) | Device::Controller(_) => world.fleet.aircraft_of(sn),
    };
    let Some(aircraft) = aircraft else {
        return Err(Refusal::not_supported(format!("`{sn}` has no aircraft")));
    };
    // On the ground it is switched off, and then what is wrong is that it does not fly.
    if !aircraft.on && aircraft.flight.is_some() {
        return Err(Refusal::offline(&aircraft.sn));
    }
    let aircraft = aircraft.sn.clone();
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
    let status = match &order {
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
    if order == FlightCommand::CancelReturnHome {
        let sn = aircraft.to_string();
        world.events.push(Event::DeviceExitReturnHome(DeviceExitReturnHome {
            sn,
            reason: DeviceExitReturnHome::BROKEN_OFF,
        }));
    }
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
    tellable(world, &project, sn)?;
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
    tellable(world, &project, sn)?;
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
