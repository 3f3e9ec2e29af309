//! What devices report about themselves: the open map behind `device.state`.
//!
//! The shapes follow the one logged reply of V1.0 (an M4TD), replies of V2.0 and the Cloud API: enumerations are words, some numbers are
//! texts, payloads stand under their camera index, and what is not known is null.

use flighthub_api::Object;
use flighthub_api::v1::{DeviceSn, DroneMode, GatewayMode, StreamQuality};
use serde_json::{Value, json};

use super::World;
use super::fleet::{
    Aircraft, Camera, Condition, Controller, Disk, Dock, Rainfall, Seen, dock_mode,
};
use super::flight::{Flight, Phase, Place};

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

fn gateway_mode(mode: &GatewayMode) -> &'static str {
    match mode {
        GatewayMode::InOperation => "in_operation",
        GatewayMode::ToBeCalibrated => "to_be_calibrated",
        _ => "idle",
    }
}

const fn rainfall(rain: Rainfall) -> &'static str {
    match rain {
        Rainfall::NoRain => "no_rain",
        Rainfall::LightRain => "light_rain",
        Rainfall::ModerateRain => "moderate_rain",
        Rainfall::HeavyRain => "heavy_rain",
    }
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
    let row = |stream: &super::live::Livestream| {
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

/// The state of an aircraft. Of one that is off it is the last that was heard, and of one that never was heard of nearly nothing.
pub(super) fn aircraft(world: &World, aircraft: &Aircraft) -> Object {
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
        "activation_time": 1_741_000_000,
        "total_flight_time": rounded(aircraft.flown.0, 1),
        "total_flight_distance": rounded(aircraft.flown.1, 1),
        "total_flight_sorties": aircraft.flown.2,
        "offline_map_enable": true,
        "dongle_infos": [],
        "maintain_status": {"maintain_status_array": [{
            "state": "no_maintenance",
            "last_maintain_type": "no_maintenance",
            "last_maintain_time": 0,
            "last_maintain_flight_time": 0,
            "last_maintain_flight_sorties": 0,
        }]},
        "wireless_link_topo": {
            "secret_code": vec![0; 28],
            "center_node": {"sn": aircraft.gateway, "sdr_id": 100_000_001},
            "leaf_nodes": [{"sn": aircraft.sn, "sdr_id": 100_000_002, "control_source_index": 1}],
        },
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
            "wide_exposure_mode": "auto",
            "wide_exposure_value": "0",
            "wide_iso": "100",
            "wide_shutter_speed": "1/500",
            "ir_metering_mode": "metering_off",
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

/// The state of a dock.
pub(super) fn dock(world: &World, dock: &Dock) -> Object {
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
            json!({
                "sn": sn,
                "available_video_number": cameras.len(),
                "coexist_video_number_max": 1,
                "camera_list": cameras.iter().map(camera).collect::<Vec<_>>(),
            })
        })
        .collect();
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
        "live_capacity": {
            "available_video_number": capacity.len(),
            "coexist_video_number_max": 2,
            "device_list": capacity,
        },
    });
    let identity = json!({
        "acc_time": 8_640_000,
        "activation_time": 1_736_000_000,
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
