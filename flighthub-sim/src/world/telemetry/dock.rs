//! The state of a dock.

use flighthub_api::Object;
use flighthub_api::v1::GatewayMode;
use serde_json::{Value, json};

use super::{
    live_status, maintenance, merged, percent, position, rounded, storage, topology, wind,
};
use crate::world::World;
use crate::world::fleet::{Dock, Rainfall, dock_mode};

fn gateway_mode(mode: &GatewayMode) -> &'static str {
    match mode {
        GatewayMode::InOperation => "in_operation",
        GatewayMode::ToBeCalibrated => "to_be_calibrated",
        _ => "idle",
    }
}

/// An object with a field more. `json!` would copy what is put into it, level by level.
fn with(mut object: Value, field: &str, value: Value) -> Value {
    if let Value::Object(fields) = &mut object {
        fields.insert(field.to_owned(), value);
    }
    object
}

const fn rainfall(rain: Rainfall) -> &'static str {
    match rain {
        Rainfall::NoRain => "no_rain",
        Rainfall::LightRain => "light_rain",
        Rainfall::ModerateRain => "moderate_rain",
        Rainfall::HeavyRain => "heavy_rain",
    }
}

/// The state of a dock.
pub(in crate::world) fn dock(world: &World, dock: &Dock) -> Object {
    let aircraft = world.fleet.aircraft_of(dock.sn.as_str());
    let inside = aircraft.is_some_and(|aircraft| aircraft.flight.is_none() && !aircraft.away);
    let step = match (&dock.busy, aircraft.and_then(|aircraft| aircraft.flight.as_ref())) {
        (None, _) => "idle",
        (Some(_), Some(_)) => "in_flight",
        (Some(_), None) => "preparing",
    };
    let open = dock.busy.is_some();
    let weather = json!({
        "mode_code": gateway_mode(&dock_mode(dock)),
        "heading": 12.5,
        "temperature": 24.5,
        "environment_temperature": rounded(dock.weather.temperature, 1),
        "humidity": if dock.weather.rain == Rainfall::NoRain { 61 } else { 96 },
        "wind_speed": wind(world, Some(dock)),
        "rainfall": rainfall(dock.weather.rain),
        "home_position_is_valid": dock.calibrated,
        "alternate_land_point": {
            "latitude": rounded(dock.place.latitude, 5),
            "longitude": rounded(dock.place.longitude, 5),
            "height": rounded(dock.place.height, 1),
            "safe_land_height": 20,
            "is_configured": true,
        },
    });
    let work = json!({
        "drone_in_dock": if inside { "inside" } else { "outside" },
        "sub_device": aircraft.map(|aircraft| json!({
            "device_sn": aircraft.sn,
            "device_model_key": aircraft.model.key,
            "device_online_status": if aircraft.on { "power_on" } else { "power_off" },
            "device_paired": "1",
        })),
        "drone_charge_state": aircraft.filter(|_| inside).map(|aircraft| json!({
            "capacity_percent": percent(aircraft.battery),
            "state": if aircraft.battery < 100.0 { "charging" } else { "idle" },
        })),
        "drone_battery_maintenance_info": null,
        "flighttask_step_code": step,
        "job_number": dock.jobs,
        "cover_state": if open { "open" } else { "closed" },
        "supplement_light_state": "close",
        "emergency_stop_state": "close",
        "alarm_state": "close",
        "media_file_detail": {"remain_upload": world.tasks.waiting_uploads(&dock.sn)},
        "storage": storage(&dock.disk),
        "live_status": live_status(world, &dock.sn.clone().into()),
    });
    let cameras = [
        (dock.sn.as_str(), vec![dock.camera.as_str()]),
        aircraft.filter(|aircraft| aircraft.on).map_or(("", Vec::new()), |aircraft| {
            (
                aircraft.sn.as_str(),
                aircraft.cameras.iter().map(|camera| camera.index.as_str()).collect(),
            )
        }),
    ];
    let capacity: Vec<_> = cameras
        .iter()
        .filter(|(_, cameras)| !cameras.is_empty())
        .map(|(sn, cameras)| {
            let camera = |index: &&str| {
                json!({
                    "camera_index": index,
                    "available_video_number": 1,
                    "coexist_video_number_max": 1,
                    "video_list": [{"video_index": "normal-0", "video_type": "normal", "switchable_video_types": ["normal"]}],
                })
            };
            let device = json!({
                "sn": sn,
                "available_video_number": cameras.len(),
                "coexist_video_number_max": 1,
            });
            with(device, "camera_list", Value::Array(cameras.iter().map(camera).collect()))
        })
        .collect();
    let live_capacity =
        json!({"available_video_number": capacity.len(), "coexist_video_number_max": 2});
    let live_capacity = with(live_capacity, "device_list", Value::Array(capacity));
    let links = json!({
        "position_state": {
            "is_calibration": dock.calibrated,
            "is_fixed": if dock.calibrated { "successful" } else { "not_started" },
            "quality": if dock.condition.no_fix { "gear_0" } else { "gear_5" },
            "gps_number": if dock.condition.no_fix { 0 } else { 21 },
            "rtk_number": if dock.condition.no_fix { 0 } else { 34 },
        },
        "rtcm_info": dock.rtcm.as_ref().map(|rtcm| json!({
            "host": rtcm.host,
            // Text here, an integer in the call that sets it.
            "port": rtcm.port.to_string(),
            "mount_point": rtcm.mount_point,
            "rtcm_device_type": "dock",
            "source_type": "custom",
        })),
        "network_state": {"type": "2", "quality": "5", "rate": 512.4},
        "wireless_link": {"dongle_number": 0, "4g_link_state": "0", "4g_quality": "0", "sdr_link_state": "1", "sdr_quality": "5"},
    });
    let links = with(links, "live_capacity", live_capacity);
    let identity = json!({
        "acc_time": 8_640_000,
        "activation_time": world.long_ago(1_736_000_000),
        "first_power_on": world.long_ago(1_735_999_000) * 1_000,
        "silent_mode": "non_silent_mode",
        "battery_store_mode": "schedule_mode",
        "air_transfer_enable": false,
        "user_experience_improvement": "agreed",
        "maintain_status": maintenance(),
        "wireless_link_topo": topology(Some(&dock.sn.clone().into()), aircraft),
        "backup_battery": {"switch": "enable", "voltage": 13_600, "temperature": 24.0},
        "air_conditioner": {"air_conditioner_state": "idle", "switch_time": 0},
        "working_voltage": 48_000,
        "working_current": if open { 5200 } else { 1100 },
        "firmware_version": "10.11.12.13",
        "firmware_upgrade_status": "not_upgraded",
        "compatible_status": "no_consistency_upgrade_required",
        "dongle_infos": [],
    });
    merged([position(dock.place, &dock.condition), weather, work, links, identity])
}
