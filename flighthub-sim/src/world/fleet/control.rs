//! Who controls the payloads of an aircraft, and what needs control: lenses and stream quality.

use flighthub_api::Accepted;
use flighthub_api::v1::{
    CameraIndex, Control, ControlGateway, ControlHolders, ControlType, ControlUser,
    DeviceAcquireControl, DeviceChangeLens, DeviceReleaseControl, DeviceSetStreamQuality, DeviceSn,
    DroneSn, UserId,
};

use super::operations::{in_project, tellable};
use super::{Aircraft, Camera, Device, Holder};
use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::world::World;

impl Camera {
    fn check_control(&self, caller: &Caller) -> Result<(), Refusal> {
        let person = caller.person();
        match &self.holder {
            Some(holder) if holder.user_id == person.id => Ok(()),
            Some(holder) => Err(Refusal::no_control(format!(
                "payload `{}` is controlled by {}; acquire control first",
                self.index, holder.name
            ))),
            None => Err(Refusal::no_control(format!(
                "acquire control of payload `{}` first",
                self.index
            ))),
        }
    }
}

/// An aircraft of the project that can be reached now.
fn reachable(world: &World, caller: &Caller, field: &str, sn: &DroneSn) -> Result<(), Refusal> {
    let project = world.project_of(caller)?;
    let device = in_project(world, &project, sn.as_str())?;
    if !device.is_aircraft() {
        return Err(Refusal::argument(field, "is not the serial number of an aircraft"));
    }
    tellable(world, &project, sn.as_str()).map(|_| ())
}

/// `device.change_lens`.
pub(crate) fn change_lens(
    world: &mut World,
    caller: &Caller,
    operation: DeviceChangeLens,
) -> Result<Accepted, Refusal> {
    reachable(world, caller, "sn", &operation.sn)?;
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
    camera.check_control(caller)?;
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
            sn: Some(
                holder.and_then(|_| aircraft.gateway.clone()).unwrap_or_else(|| DeviceSn::new("")),
            ),
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

/// `device.acquire_control`: takes it also from whoever has it, there is no other way and no `force`.
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
        camera.holder = Some(Holder::of(caller));
    }
    Ok(holders(aircraft))
}

/// `device.release_control`: what nobody holds can be released too, and what somebody else holds stays with them.
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
        camera.holder.take_if(|holder| *holder == Holder::of(caller));
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
    let device = tellable(world, &project, sn)?;
    if !device.camera_indices().contains(&operation.camera_index) {
        return Err(Refusal::unknown_camera(sn, operation.camera_index));
    }
    if !operation.quality_type.is_known() {
        return Err(Refusal::argument(
            "quality_type",
            format!("there is no quality `{}`", operation.quality_type),
        ));
    }
    if let Device::Aircraft(aircraft, _) = device {
        let mut payloads = aircraft.cameras.iter().filter(|camera| camera.is_payload);
        if let Some(camera) = payloads.find(|camera| camera.index == operation.camera_index) {
            camera.check_control(caller)?;
        }
    }
    world.fleet.set_quality(sn, &operation.camera_index, operation.quality_type);
    Ok(Accepted::new())
}
