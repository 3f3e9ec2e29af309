//! The rows of device lists.

use flighthub_api::List;
use flighthub_api::v1::{
    CameraPosition, DevicePair, Drone, DroneCamera, DroneMode, Gateway, GatewayCamera, GatewayMode,
    Lens, ProjectUuid,
};

use super::{Aircraft, Camera, Controller, Dock, State};

impl State {
    /// The device list: docks with their aircraft, and on wish what is flown by hand: remote controllers with theirs, and aircraft alone.
    pub(crate) fn pairs(
        &self,
        project: impl Fn(&ProjectUuid) -> bool,
        with_hand_flown: bool,
    ) -> Vec<DevicePair> {
        let drone = |gateway: &str, online| {
            self.aircraft_of(gateway).map(|aircraft| drone_row(aircraft, online))
        };
        // A pair without a gateway has no such key at all.
        let alone = self
            .aircraft
            .iter()
            .filter(|aircraft| aircraft.gateway.is_none() && project(&aircraft.project))
            .map(|aircraft| DevicePair { gateway: None, drone: Some(drone_row(aircraft, false)) });
        let docks = self.docks.iter().filter(|dock| project(&dock.project));
        let docks = docks.map(|dock| DevicePair {
            gateway: Some(dock_row(dock)),
            drone: drone(dock.sn.as_str(), dock.online),
        });
        let controllers = self.controllers.iter().filter(|controller| project(&controller.project));
        let controllers = controllers.map(|controller| DevicePair {
            gateway: Some(controller_row(controller)),
            drone: drone(controller.sn.as_str(), controller.online),
        });
        let by_hand = controllers.chain(alone).filter(|_| with_hand_flown);
        docks.chain(by_hand).collect()
    }
}

fn dock_row(dock: &Dock) -> Gateway {
    Gateway {
        sn: dock.sn.clone().into(),
        callsign: Some(dock.callsign.clone()),
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
        callsign: Some(controller.callsign.clone()),
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
        callsign: Some(aircraft.callsign.clone()),
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
