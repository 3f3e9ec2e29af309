//! Which camera people mean.

use std::fmt;
use std::str::FromStr;

use flighthub_api::v1::{CameraIndex, CameraPosition, DeviceSn, Drone, LensType};
use serde::Serialize;

use crate::choose::{choose, printable};
use crate::fleet::{DockView, Fleet};
use crate::{Error, ErrorKind, Result};

/// Which camera is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CameraChoice {
    /// The payload of the aircraft when that is on, else the camera of the dock.
    Auto,
    /// A camera of the aircraft with the wide lens.
    Wide,
    /// A camera of the aircraft with the zoom lens.
    Zoom,
    /// A camera of the aircraft with the infrared lens.
    Thermal,
    /// The camera of the aircraft with no lens to choose: what the pilot sees by.
    Fpv,
    /// The camera of the dock, wherever it looks.
    Dock,
    /// The camera of the dock, inside.
    DockIndoor,
    /// The camera of the dock, outside.
    DockOutdoor,
    /// A camera by its index, such as `81-0-0`.
    Index(CameraIndex),
}

impl FromStr for CameraChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let low = text.trim().to_ascii_lowercase();
        Ok(match low.as_str() {
            "auto" => Self::Auto,
            "wide" => Self::Wide,
            "zoom" => Self::Zoom,
            "thermal" | "ir" | "infrared" => Self::Thermal,
            "fpv" => Self::Fpv,
            "dock" => Self::Dock,
            "indoor" | "dock-indoor" => Self::DockIndoor,
            "outdoor" | "dock-outdoor" => Self::DockOutdoor,
            _ if is_index(&low) => Self::Index(CameraIndex::new(low)),
            _ => {
                let text = format!("there is no camera `{}`", printable(text));
                return Err(Error::new(ErrorKind::InvalidInput, text, NAMES));
            }
        })
    }
}

const NAMES: &str = "A camera is auto, wide, zoom, thermal, fpv, dock, indoor, outdoor, or an index such as 81-0-0.";

impl fmt::Display for CameraChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Wide => "wide",
            Self::Zoom => "zoom",
            Self::Thermal => "thermal",
            Self::Fpv => "fpv",
            Self::Dock => "dock",
            Self::DockIndoor => "indoor",
            Self::DockOutdoor => "outdoor",
            Self::Index(index) => index.as_str(),
        })
    }
}

fn is_index(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_number =
        |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(is_number)
}

/// The camera that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Camera {
    /// Serial number of the device that has it.
    pub sn: DeviceSn,
    /// Its index.
    pub camera_index: CameraIndex,
    /// What it shows now: the lens, or where the dock's camera looks.
    pub shows: Option<String>,
    /// What it was to show, when that is something else. The lens of an aircraft is changed by who controls the payload
    /// (`device.change_lens`), the side of a dock's camera by anybody (`device.change_camera`).
    pub wanted: Option<String>,
}

/// The camera of the device that was named: its own, or those of the other half of the pair.
pub(super) fn find(fleet: &Fleet, name: &str, choice: &CameraChoice) -> Result<Camera> {
    let (dock, drone) = pair(fleet, name)?;
    match choice {
        CameraChoice::Dock => dock_camera(dock, name, None),
        CameraChoice::DockIndoor => dock_camera(dock, name, Some(&CameraPosition::Indoor)),
        CameraChoice::DockOutdoor => dock_camera(dock, name, Some(&CameraPosition::Outdoor)),
        CameraChoice::Index(index) => by_index(dock, drone, name, index),
        CameraChoice::Auto => {
            let is_on = drone
                .is_some_and(|drone| drone.device_online_status && !drone.camera_list.is_empty());
            match (dock, drone) {
                (Some(_), _) if !is_on => dock_camera(dock, name, None),
                _ => drone_camera(drone, name, choice),
            }
        }
        _ => drone_camera(drone, name, choice),
    }
}

/// The dock and the aircraft that a name stands for. A dock stands for its aircraft; an aircraft stands for itself.
fn pair<'a>(fleet: &'a Fleet, name: &str) -> Result<(Option<DockView<'a>>, Option<&'a Drone>)> {
    let docks: Vec<DockView<'a>> = fleet.docks().collect();
    match choose("dock", name, &docks) {
        Ok(dock) => return Ok((Some(*dock), dock.drone)),
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Err(_) => {}
    }
    let drones: Vec<&Drone> = fleet.drones().collect();
    match choose("aircraft", name, &drones) {
        Ok(drone) => Ok((None, Some(*drone))),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        // The error with the docks as candidates.
        Err(_) => fleet.dock(name).map(|found| (Some(found.device), found.device.drone)),
    }
}

fn not_ready(text: String, help: &str) -> Error {
    Error::new(ErrorKind::NotReady, text, help)
}

fn dock_camera(
    dock: Option<DockView<'_>>,
    name: &str,
    position: Option<&CameraPosition>,
) -> Result<Camera> {
    let name = printable(name);
    let Some(DockView { gateway, .. }) = dock else {
        let text = format!("`{name}` is an aircraft, and the camera of a dock is wanted");
        return Err(Error::new(ErrorKind::InvalidInput, text, "Name the dock."));
    };
    if !gateway.device_online_status {
        let text = format!("dock `{name}` is offline, so its camera cannot stream");
        return Err(not_ready(
            text,
            "Check the dock's power and link; `watch` tells when it is back.",
        ));
    }
    let Some(camera) = gateway.camera_list.first() else {
        let text = format!("dock `{name}` is online, but its list of cameras is empty");
        return Err(not_ready(
            text,
            "Wait some seconds after the dock came online, then try again.",
        ));
    };
    let shown = camera.camera_position.as_ref();
    let other = position.filter(|position| shown.is_some_and(|shown| shown != *position));
    let possible = |position: &CameraPosition| camera.available_camera_positions.contains(position);
    if let Some(other) = other.filter(|other| !possible(other)) {
        let text = format!("the camera of dock `{name}` cannot look {other}");
        return Err(Error::new(ErrorKind::InvalidInput, text, "Choose `dock`."));
    }
    Ok(Camera {
        sn: gateway.sn.clone(),
        camera_index: camera.camera_index.clone(),
        shows: shown.map(ToString::to_string),
        wanted: other.map(ToString::to_string),
    })
}

/// The cameras of an aircraft are known only while it is on.
fn cameras_of<'a>(drone: Option<&'a Drone>, name: &str) -> Result<&'a Drone> {
    let name = printable(name);
    let Some(drone) = drone else {
        let text = format!("dock `{name}` has no aircraft now");
        return Err(not_ready(
            text,
            "Choose `dock` for the dock's own camera, or wait until the aircraft is back.",
        ));
    };
    if !drone.device_online_status || drone.camera_list.is_empty() {
        let state = if drone.device_online_status {
            "is on, but has not told its cameras yet"
        } else {
            "is off"
        };
        let text = format!(
            "aircraft {} of `{name}` {state}: its cameras are known only while it is on",
            drone.sn
        );
        return Err(not_ready(
            text,
            "Switch it on in FlightHub 2 (remote debugging), or wait for a task to start; `dock` shows the dock's own camera meanwhile.",
        ));
    }
    Ok(drone)
}

fn drone_camera(drone: Option<&Drone>, name: &str, choice: &CameraChoice) -> Result<Camera> {
    let drone = cameras_of(drone, name)?;
    let lens = match choice {
        CameraChoice::Wide => Some(LensType::Wide),
        CameraChoice::Zoom => Some(LensType::Zoom),
        CameraChoice::Thermal => Some(LensType::Ir),
        _ => None,
    };
    let has = |lenses: &flighthub_api::List<flighthub_api::v1::Lens>, wanted: &LensType| {
        lenses
            .iter()
            .any(|lens| lens.lens_type == *wanted || lens.available_lens_types.contains(wanted))
    };
    // A payload has lenses to choose from; the camera that the pilot sees by has `normal` alone.
    let is_payload = |lenses: &flighthub_api::List<flighthub_api::v1::Lens>| {
        [LensType::Wide, LensType::Zoom, LensType::Ir].iter().any(|lens| has(lenses, lens))
    };
    let found = drone.camera_list.iter().find(|camera| match (choice, &lens) {
        (_, Some(lens)) => has(&camera.lens_list, lens),
        (CameraChoice::Fpv, None) => !is_payload(&camera.lens_list),
        _ => is_payload(&camera.lens_list),
    });
    // An aircraft whose cameras have no lenses to choose still has cameras.
    let found =
        found.or_else(|| drone.camera_list.first().filter(|_| *choice == CameraChoice::Auto));
    let Some(camera) = found else {
        let indices: Vec<&str> =
            drone.camera_list.iter().map(|camera| camera.camera_index.as_str()).collect();
        let text = format!("aircraft {} has no camera `{choice}`", drone.sn);
        let help = format!("It has: {}.", indices.join(", "));
        return Err(Error::new(ErrorKind::NotFound, text, help));
    };
    let shown = camera.lens_list.first().map(|lens| &lens.lens_type);
    Ok(Camera {
        sn: drone.sn.clone().into(),
        camera_index: camera.camera_index.clone(),
        shows: shown.map(ToString::to_string),
        wanted: lens
            .filter(|lens| shown.is_some_and(|shown| shown != lens))
            .map(|lens| lens.to_string()),
    })
}

fn by_index(
    dock: Option<DockView<'_>>,
    drone: Option<&Drone>,
    name: &str,
    index: &CameraIndex,
) -> Result<Camera> {
    let in_dock = dock
        .filter(|dock| dock.gateway.camera_list.iter().any(|camera| camera.camera_index == *index));
    if in_dock.is_some() {
        return dock_camera(dock, name, None);
    }
    let drone = cameras_of(drone, name)?;
    match drone.camera_list.iter().find(|camera| camera.camera_index == *index) {
        Some(camera) => Ok(Camera {
            sn: drone.sn.clone().into(),
            camera_index: index.clone(),
            shows: camera.lens_list.first().map(|lens| lens.lens_type.to_string()),
            wanted: None,
        }),
        None => {
            let indices: Vec<&str> =
                drone.camera_list.iter().map(|camera| camera.camera_index.as_str()).collect();
            let text = format!(
                "neither `{}` nor aircraft {} has a camera `{index}`",
                printable(name),
                drone.sn
            );
            let help = format!("The aircraft has: {}.", indices.join(", "));
            Err(Error::new(ErrorKind::NotFound, text, help))
        }
    }
}
