//! The state of an aircraft: the 49 keys of the one real payload that was logged, and its payloads under their camera index.

use flighthub_api::Object;
use flighthub_api::v1::DroneMode;
use serde_json::{Value, json};

use super::{
    live_status, maintenance, merged, percent, position, rounded, storage, topology, whole, wind,
};
use crate::world::World;
use crate::world::fleet::{Aircraft, Camera, Seen};
use crate::world::flight::{Flight, Phase};

/// The name of a mode in the state of an aircraft.
fn drone_mode(mode: &DroneMode) -> &'static str {
    match mode {
        DroneMode::Standby => "standby",
        DroneMode::ManualFlight => "manual_flight",
        DroneMode::AutomaticTakeoff => "automatic_takeoff",
        DroneMode::WaylineFlight => "wayline_flight",
        DroneMode::AutoReturningToHome => "auto_returning_to_home",
        DroneMode::AutomaticLanding => "automatic_landing",
        _ => "not_connected",
    }
}

/// The state of an aircraft. Of one that is off it is the last that was heard, and of one that never was heard of nearly nothing.
pub(in crate::world) fn aircraft(world: &World, aircraft: &Aircraft) -> Object {
    let seen = match (aircraft.on, aircraft.seen) {
        (false, Some(seen)) => seen,
        (false, None) => return unheard(aircraft),
        (true, _) => {
            Seen { place: aircraft.place, heading: aircraft.heading, battery: aircraft.battery }
        }
    };
    let flight = aircraft.flight.as_ref();
    let dock = aircraft.gateway.as_ref().and_then(|gateway| world.fleet.dock(gateway.as_str()));
    let home = flight.map(|flight| flight.home.place).or(dock.map(|dock| dock.place));
    let ground = flight.map(|flight| flight.origin.place).or(home).unwrap_or(seen.place);
    let capacity = percent(seen.battery);
    let has_fix = aircraft.on && !aircraft.condition.no_fix;
    let motion = json!({
        "mode_code": drone_mode(&aircraft.mode()),
        "mode_code_reason": "no_meaning",
        "gear": "p",
        "elevation": rounded(seen.place.height - ground.height, 1),
        "attitude_head": rounded(seen.heading, 1),
        "attitude_pitch": flight.map_or(0.0, |flight| rounded(-0.6 * flight.horizontal_speed, 1)),
        "attitude_roll": 0.0,
        "horizontal_speed": flight.map_or(0.0, |flight| rounded(flight.horizontal_speed, 1)),
        "vertical_speed": flight.map_or(0.0, |flight| rounded(flight.vertical_speed, 1)),
        "wind_speed": flight.map_or(0.0, |_| wind(world, dock)),
        "wind_direction": if flight.is_some() { "7" } else { "0" },
        "home_latitude": home.map(|home| rounded(home.latitude, 7)),
        "home_longitude": home.map(|home| rounded(home.longitude, 7)),
        "home_distance": flight.map_or(0.0, |flight| rounded(flight.home_distance(), 1)),
        "track_id": flight.map_or("", |flight| flight.task.as_str()),
    });
    let limits = json!({
        "height_limit": 120,
        "is_near_area_limit": "not_reaching_the_geo_zone",
        "is_near_height_limit": "not_reaching_the_height_limit",
        // An integer among words, as logged.
        "rth_mode": 1,
        "current_rth_mode": "preset_altitude",
        "commander_flight_mode": "preset_height_flight",
        "commander_flight_height": 60,
        "commander_mode_lost_action": "exit_flight_mission",
        "control_source": if flight.is_some() { "A" } else { "" },
        "best_link_gateway": aircraft.gateway,
        "obstacle_avoidance": {"horizon": "enable", "upside": "enable", "downside": "enable"},
        "night_lights_state": "close",
        "distance_limit_status": null,
    });
    let supplies = json!({
        "battery": {
            "capacity_percent": capacity,
            "landing_power": 10,
            "return_home_power": percent(aircraft.return_battery()),
            "remain_flight_time": whole((seen.battery - 10.0).max(0.0) * 25.0),
            "batteries": [{
                "sn": format!("8SIM{}", aircraft.sn.as_str().chars().rev().take(10).collect::<String>()),
                "index": "left_battery",
                "voltage": 20_000 + 50 * capacity,
                "temperature": if flight.is_some() { 36.5 } else { 27.0 },
                "capacity_percent": capacity,
                "loop_times": aircraft.flown.2,
                "firmware_version": "37.02.00.11",
                "high_voltage_storage_days": 3,
            }],
        },
        "low_battery_warning_threshold": 20,
        "serious_low_battery_warning_threshold": 10,
        "storage": storage(&aircraft.disk),
        "position_state": {
            "quality": if has_fix { "gear_5" } else { "gear_0" },
            "is_fixed": if flight.is_some() && has_fix { "successful" } else { "not_started" },
            "gps_number": if has_fix { 27 } else { 0 },
            "rtk_number": if has_fix { 31 } else { 0 },
        },
    });
    let identity = json!({
        "compatible_status": "no_consistency_upgrade_required",
        "firmware_upgrade_status": "not_upgraded",
        "firmware_version": "16.01.00.24",
        "flysafe_database_version": "1.0.1.42",
        "activation_time": world.long_ago(1_741_000_000),
        "total_flight_time": rounded(aircraft.flown.0, 1),
        "total_flight_distance": rounded(aircraft.flown.1, 1),
        "total_flight_sorties": aircraft.flown.2,
        "offline_map_enable": true,
        "dongle_infos": [],
        "maintain_status": maintenance(),
        "wireless_link_topo": topology(aircraft.gateway.as_ref(), Some(aircraft)),
        "camera_watermark_settings": {
            "global_enable": "disable",
            "gps_enable": "disable",
            "datetime_enable": "disable",
            "drone_sn_enable": "disable",
            "drone_type_enable": "disable",
            "user_custom_string_enable": "disable",
            "user_custom_string": "",
            "layout": "65535",
        },
        "cameras": aircraft.cameras.iter().filter(|camera| camera.is_payload).map(|found| camera(found, flight)).collect::<Vec<_>>(),
        "live_status": live_status(world, &aircraft.sn.clone().into()),
    });
    let place = position(seen.place, &aircraft.condition);
    let mut object = merged([place, motion, limits, supplies, identity]);
    // A payload reports only while the aircraft is on.
    for camera in aircraft.cameras.iter().filter(|camera| camera.is_payload && aircraft.on) {
        object.insert(
            camera.index.as_str().to_owned(),
            payload(camera, aircraft.heading, flight.is_some()),
        );
    }
    object
}

/// An aircraft that was never heard of: zeros instead of a position, null instead of a battery.
fn unheard(aircraft: &Aircraft) -> Object {
    merged([json!({
        "mode_code": "not_connected",
        "mode_code_reason": "no_meaning",
        "latitude": 0,
        "longitude": 0,
        "height": 0,
        "elevation": 0,
        "horizontal_speed": 0,
        "vertical_speed": 0,
        "wind_speed": 0,
        "wind_direction": "0",
        "battery": null,
        "storage": null,
        "position_state": null,
        "best_link_gateway": "",
        "control_source": "",
        "track_id": "",
        "total_flight_sorties": aircraft.flown.2,
        "cameras": [],
        "dongle_infos": [],
    })])
}

fn camera(camera: &Camera, flight: Option<&Flight>) -> Value {
    let on_route = flight.is_some_and(|flight| flight.phase() == Phase::Route);
    merged([
        json!({
            "payload_index": camera.index,
            "camera_mode": "capturing",
            "photo_state": "idle",
            "recording_state": if on_route { "recording" } else { "idle" },
            "record_time": 0,
            "remain_photo_num": 5120,
            "remain_record_duration": 9600,
            "current_lens": camera.lens.as_str(),
            "zoom_factor": 2,
            "ir_zoom_factor": 2,
            "screen_split_enable": false,
            "photo_storage_settings": ["ir", "vision"],
        }),
        json!({
            "zoom_focus_mode": "afc",
            "zoom_focus_state": "idle",
            "zoom_focus_value": 2400,
            "zoom_max_focus_value": 4095,
            "zoom_min_focus_value": 0,
            "zoom_calibrate_nearest_focus_value": 12,
            "zoom_calibrate_farthest_focus_value": 3910,
            // Numbers as texts, as logged.
            "wide_exposure_mode": "auto",
            "wide_exposure_value": "0",
            "wide_iso": "100",
            "wide_shutter_speed": "1/500",
            "zoom_exposure_mode": "auto",
            "zoom_exposure_value": "0",
            "zoom_iso": "200",
            "zoom_shutter_speed": "1/800",
        }),
        json!({
            "ir_metering_mode": "metering_off",
            "ir_metering_point": {"x": 0.5, "y": 0.5, "temperature": 0},
            "ir_metering_area": {
                "x": 0.4, "y": 0.4, "width": 0.2, "height": 0.2, "aver_temperature": 0,
                "max_temperature_point": {"x": 0.5, "y": 0.5, "temperature": 0},
                "min_temperature_point": {"x": 0.5, "y": 0.5, "temperature": 0},
            },
            "liveview_world_region": {"left": 0.43, "top": 0.43, "right": 0.56, "bottom": 0.56},
        }),
    ])
    .into()
}

fn payload(camera: &Camera, heading: f64, in_flight: bool) -> Value {
    json!({
        "payload_index": camera.index,
        "gimbal_pitch": if in_flight { -45.0 } else { 0.0 },
        "gimbal_roll": 0,
        "gimbal_yaw": rounded(heading, 1),
        "zoom_factor": 2,
        "measure_target_error_state": null,
        "thermal_gain_mode": "automatic",
    })
}
