//! The models of devices that a world can have.

use flighthub_api::v1::{
    CameraIndex, DeviceClass, DeviceDomain, DeviceModel, DeviceModelKey, LensType,
};

use super::Camera;

/// A model: key, name, what it is, and the cameras of an aircraft (FPV and payload, with `ir` or without).
struct Kind {
    key: &'static str,
    name: &'static str,
    cameras: Option<(&'static str, &'static str, bool)>,
}

const fn plain(key: &'static str, name: &'static str) -> Kind {
    Kind { key, name, cameras: None }
}

const fn flying(
    key: &'static str,
    name: &'static str,
    fpv: &'static str,
    payload: &'static str,
    infrared: bool,
) -> Kind {
    Kind { key, name, cameras: Some((fpv, payload, infrared)) }
}

/// The first number of a key says what it is: 0 an aircraft, 2 a remote controller, 3 a dock.
const KINDS: [Kind; 15] = [
    plain("3-1-0", "DJI Dock"),
    plain("3-2-0", "DJI Dock 2"),
    plain("3-3-0", "DJI Dock 3"),
    plain("2-119-0", "DJI RC Plus"),
    plain("2-144-0", "DJI RC Pro"),
    plain("2-174-0", "DJI RC Plus 2"),
    flying("0-67-0", "M30", "39-0-7", "52-0-0", false),
    flying("0-67-1", "M30T", "39-0-7", "53-0-0", true),
    flying("0-89-0", "M350 RTK", "39-0-7", "83-0-0", true),
    flying("0-77-1", "M3T", "176-0-0", "67-0-0", true),
    flying("0-91-0", "M3D", "176-0-0", "80-0-0", false),
    flying("0-91-1", "M3TD", "176-0-0", "81-0-0", true),
    flying("0-99-1", "M4T", "176-0-0", "89-0-0", true),
    flying("0-100-0", "M4D", "176-0-0", "98-0-0", false),
    flying("0-100-1", "M4TD", "176-0-0", "99-0-0", true),
];

/// The model of a key, if there is one of that class.
pub(super) fn model(key: &str, class: &DeviceClass) -> Result<DeviceModel, String> {
    let domain = match class {
        DeviceClass::Dock => "3-",
        DeviceClass::RemoteController => "2-",
        _ => "0-",
    };
    let mut kinds = KINDS.iter().filter(|kind| kind.key.starts_with(domain));
    let Some(kind) = kinds.clone().find(|kind| kind.key == key) else {
        let known: Vec<_> =
            kinds.by_ref().map(|kind| format!("{} ({})", kind.key, kind.name)).collect();
        return Err(format!("`model`: there is no `{key}`; there are {}", known.join(", ")));
    };
    let mut parts = kind.key.split('-');
    let mut part = || parts.next().unwrap_or_default();
    Ok(DeviceModel {
        key: DeviceModelKey::new(kind.key),
        domain: DeviceDomain::from(part()),
        r#type: part().to_owned(),
        sub_type: part().to_owned(),
        name: Some(kind.name.to_owned()),
        class: class.clone(),
    })
}

/// The cameras of an aircraft: the pilot's view first, then the payload.
pub(super) fn cameras(model: &DeviceModel) -> Vec<Camera> {
    let kind = KINDS.iter().find(|kind| kind.key == model.key.as_str());
    let Some((fpv, payload, infrared)) = kind.and_then(|kind| kind.cameras) else {
        return Vec::new();
    };
    let camera = |index: &str, lenses: Vec<LensType>| Camera {
        index: CameraIndex::new(index),
        lens: lenses.first().cloned().unwrap_or(LensType::Normal),
        is_payload: lenses.len() > 1,
        lenses,
        holder: None,
    };
    let mut lenses = vec![LensType::Wide, LensType::Zoom];
    lenses.extend(infrared.then_some(LensType::Ir));
    vec![camera(fpv, vec![LensType::Normal]), camera(payload, lenses)]
}
