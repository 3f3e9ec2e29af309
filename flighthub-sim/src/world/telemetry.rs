//! What devices report about themselves: the open map behind `device.state`.
//!
//! The shapes follow the one logged reply of V1.0 (an M4TD), replies of V2.0 and the Cloud API: enumerations are words, some numbers are
//! texts, payloads stand under their camera index, and what is not known is null.

mod aircraft;
mod dock;

use flighthub_api::Object;
use flighthub_api::v1::{DeviceSn, StreamQuality};
use serde_json::{Value, json};

use super::World;
use super::fleet::{Aircraft, Condition, Controller, Disk, Dock};
use super::flight::Place;
use super::live::Livestream;
pub(super) use aircraft::aircraft;
pub(super) use dock::dock;

/// Puts sections of an object together.
fn merged(sections: impl IntoIterator<Item = Value>) -> Object {
    let mut object = Object::new();
    for section in sections {
        if let Value::Object(section) = section {
            object.extend(section);
        }
    }
    object
}

fn rounded(value: f64, digits: i32) -> f64 {
    let by = 10_f64.powi(digits);
    (value * by).round() / by
}

/// Percent as the wire has them.
fn percent(value: f64) -> i64 {
    value.clamp(0.0, 100.0).ceil() as i64
}

fn whole(value: f64) -> i64 {
    value.round() as i64
}

/// Wind at a dock in m/s. Unless somebody has set it, it changes slowly and is the same for every seed.
fn wind(world: &World, dock: Option<&Dock>) -> f64 {
    if let Some(wind) = dock.and_then(|dock| dock.weather.wind) {
        return rounded(wind, 1);
    }
    let hours = world.now().unix_seconds().rem_euclid(86_400) as f64 / 3600.0;
    rounded(4.0 + 2.0 * (hours * 0.7).sin(), 1)
}

fn maintenance() -> Value {
    json!({"maintain_status_array": [{
        "state": "no_maintenance",
        "last_maintain_type": "no_maintenance",
        "last_maintain_time": 0,
        "last_maintain_flight_time": 0,
        "last_maintain_flight_sorties": 0,
    }]})
}

/// Who talks to whom by radio.
fn topology(gateway: Option<&DeviceSn>, aircraft: Option<&Aircraft>) -> Value {
    let leaf = |aircraft: &Aircraft| json!({"sn": aircraft.sn, "sdr_id": 100_000_002, "control_source_index": 1});
    json!({
        // Nobody's secret: zeros.
        "secret_code": vec![0; 28],
        "center_node": {"sn": gateway, "sdr_id": 100_000_001},
        "leaf_nodes": aircraft.map(leaf).into_iter().collect::<Vec<_>>(),
    })
}

/// A position as it is reported: zeros without a fix, and never null.
fn position(place: Place, condition: &Condition) -> Value {
    if condition.no_fix {
        return json!({"latitude": 0, "longitude": 0, "height": 0});
    }
    json!({
        "latitude": rounded(place.latitude, 7),
        "longitude": rounded(place.longitude, 7),
        "height": rounded(place.height, 2),
    })
}

fn storage(disk: &Disk) -> Value {
    json!({"used": whole(disk.used), "total": whole(disk.total)})
}

/// The running streams of a device.
fn live_status(world: &World, sn: &DeviceSn) -> Value {
    let streams = world.livestreams().iter().filter(|stream| stream.sn == *sn);
    let row = |stream: &Livestream| {
        let quality = world
            .fleet
            .quality(sn.as_str(), &stream.camera_index)
            .unwrap_or(StreamQuality::Adaptive);
        json!({
            "video_id": format!("{sn}/{}/normal-0", stream.camera_index),
            "video_type": "normal",
            "video_quality": quality.as_str(),
            "status": "living",
            "error_status": "0",
        })
    };
    Value::Array(streams.map(row).collect())
}

/// The state of a remote controller. It has no mode.
pub(super) fn controller(controller: &Controller) -> Object {
    let rest = json!({
        "capacity_percent": 83,
        "country": null,
        "firmware_version": "02.01.00.07",
        "dongle_infos": [],
        "live_status": [],
        "wireless_link": {"sdr_link_state": "1", "sdr_quality": "5"},
    });
    merged([position(controller.place, &controller.condition), rest])
}
