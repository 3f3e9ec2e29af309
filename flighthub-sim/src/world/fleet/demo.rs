//! The devices of the demo world.

use flighthub_api::v1::{
    CameraIndex, CameraPosition, DeviceClass, DeviceDomain, DeviceModel, DeviceModelKey, DeviceSn,
    DockSn, DroneSn, HmsLevel, HmsPlace, LensType, ProjectUuid,
};

use super::{Aircraft, Camera, Controller, DOCK_2, DOCK_3, Dock, M3TD, M4TD, M30T, RC_PLUS, alert};
use crate::world::{World, projects};

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
    let places = [
        projects::CENTRE,
        projects::CENTRE.offset(640.0, 1_020.0, 3.0),
        projects::CENTRE.offset(-420.0, -600.0, -2.0),
    ];
    world.fleet.docks = vec![
        dock("7CTXN0000B00A1", "North dock", DOCK_2, "DJI Dock 2", places[0], true),
        dock("7CTXN0000B00B2", "East dock", DOCK_3, "DJI Dock 3", places[1], true),
        dock("7CTXN0000B00C3", "Spare dock", DOCK_2, "DJI Dock 2", places[2], false),
    ];
    world.fleet.docks[0].alerts =
        vec![alert(HmsLevel::Reminder, "0x161000A4", HmsPlace::OnTheGround, 1)];
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
    let aircraft = |sn: &str,
                    callsign,
                    key,
                    name,
                    gateway: &str,
                    place,
                    fpv: &str,
                    payload: &str,
                    on: bool,
                    flown| Aircraft {
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
        aircraft(
            "1581F0Q8X000U00G00A1",
            "Kestrel 1",
            M3TD,
            "M3TD",
            "7CTXN0000B00A1",
            places[0],
            "176-0-0",
            "81-0-0",
            true,
            flown,
        ),
        aircraft(
            "1581F0Q8X000U00G00B2",
            "Petrel 2",
            M4TD,
            "M4TD",
            "7CTXN0000B00B2",
            places[1],
            "176-0-0",
            "99-0-0",
            false,
            (9_120.0, 60_210.0, 12),
        ),
        aircraft(
            "1581F0Q8X000U00G00D4",
            "",
            M30T,
            "M30T",
            "9N9XL0000D00C3",
            field,
            "39-0-7",
            "53-0-0",
            true,
            (120_400.0, 802_700.0, 211),
        ),
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
