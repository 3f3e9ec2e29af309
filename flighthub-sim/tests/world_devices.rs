//! Devices: lists, states, alerts, cameras, control and calibration.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod support;

use flighthub_api::server::Answer;
use flighthub_api::v1::{
    CameraPosition, ControlHolders, DeviceAcquireControl, DeviceChangeCamera, DeviceChangeLens,
    DeviceClass, DeviceCommand, DeviceHms, DeviceReleaseControl, DeviceSetStreamQuality, DeviceSn,
    DeviceState, DockState, DroneMode, DroneSn, FlightCommand, GatewayMode, LensType,
    LivestreamStart, ProjectDevices, ProjectDevicesOfOrganization, RtkCalibrationStatus, Service,
    StreamQuality,
};
use flighthub_sim::{Caller, Deed, KeyProfile, LiveVendor, World};
use serde_json::Value;

use support::{A1, B2, C3, NORTH, caller, code, immediate, seconds, world};

const DRONE: &str = "1581F0Q8X000U00G00A1";
const SLEEPER: &str = "1581F0Q8X000U00G00B2";
const CONTROLLER: &str = "9N9XL0000D00C3";

fn json<T: serde::Serialize>(data: &T) -> Value {
    serde_json::from_str(Answer::of(data).data().unwrap()).unwrap()
}

fn state(world: &mut World, sn: &str) -> Value {
    json(&world.device_state(&caller(), DeviceState::new(sn)).unwrap())["device_state"].clone()
}

fn dock_state(world: &mut World, sn: &str) -> DockState {
    world.device_state(&caller(), DeviceState::new(sn)).unwrap().device_state.unwrap().dock()
}

fn acquire(world: &mut World, payload: &str) -> i64 {
    code(world.device_acquire_control(&caller(), DeviceAcquireControl::new(DRONE, [payload])))
}

fn lens(world: &mut World, lens: LensType) -> i64 {
    code(world.device_change_lens(&caller(), DeviceChangeLens::new(DRONE, "81-0-0", lens)))
}

#[test]
fn the_project_lists_docks_and_controllers_with_their_aircraft() {
    let mut world = world();
    let pairs = world.project_devices(&caller(), ProjectDevices::new()).unwrap();
    assert_eq!(pairs.len(), 4);
    let (dock, drone) = (pairs[0].gateway.as_ref().unwrap(), pairs[0].drone.as_ref().unwrap());
    assert_eq!((dock.sn.as_str(), dock.mode_code), (A1, Some(GatewayMode::Idle)));
    assert_eq!((drone.sn.as_str(), drone.mode_code), (DRONE, Some(DroneMode::Standby)));
    assert_eq!(drone.camera_list.len(), 2);
    // An aircraft that is off has no cameras: null, as the real list has it.
    let row = json(&pairs[1].drone);
    assert_eq!(
        (&row["device_online_status"], &row["mode_code"], &row["camera_list"]),
        (&false.into(), &14.into(), &Value::Null)
    );
    assert_eq!(pairs[2].drone, None);
    assert_eq!(pairs[2].gateway.as_ref().unwrap().mode_code, Some(GatewayMode::ToBeCalibrated));
    let controller = pairs[3].gateway.as_ref().unwrap();
    assert_eq!(
        (controller.device_model.class.clone(), controller.mode_code),
        (DeviceClass::RemoteController, None)
    );

    // The organization's list leaves out what is flown by hand, and needs no project.
    let docks = world
        .project_devices_of_organization(&Caller::admin(), ProjectDevicesOfOrganization::new())
        .unwrap();
    assert_eq!(docks.len(), 3);
    let none = world
        .project_devices(&Caller::admin().in_project(World::EMPTY_PROJECT), ProjectDevices::new())
        .unwrap();
    assert_eq!(json(&none), serde_json::json!({"list": null}));
    assert_eq!(code(world.project_devices(&Caller::admin(), ProjectDevices::new())), 200_610);
}

#[test]
fn states_have_the_real_shapes_and_differ() {
    let mut world = world();
    let drone = state(&mut world, DRONE);
    assert_eq!(
        (&drone["mode_code"], &drone["rth_mode"], &drone["wind_direction"]),
        (&"standby".into(), &1.into(), &"0".into())
    );
    assert_eq!(drone["distance_limit_status"], Value::Null);
    assert_eq!(drone["81-0-0"]["payload_index"], "81-0-0");
    let dock = state(&mut world, A1);
    assert_eq!(
        (&dock["mode_code"], &dock["drone_in_dock"], &dock["rainfall"]),
        (&"idle".into(), &"inside".into(), &"no_rain".into())
    );
    assert_eq!(dock["sub_device"]["device_online_status"], "power_on");
    assert_eq!(state(&mut world, C3)["sub_device"], Value::Null);
    let controller = state(&mut world, CONTROLLER);
    assert_eq!((controller.get("mode_code"), &controller["capacity_percent"]), (None, &83.into()));
    // The last that was known of an aircraft that is off.
    let sleeper = state(&mut world, SLEEPER);
    assert_eq!((&sleeper["mode_code"], sleeper.get("99-0-0")), (&"not_connected".into(), None));

    world.task_create(&caller(), immediate(A1, NORTH)).unwrap();
    world.advance(seconds(60));
    let dock = state(&mut world, A1);
    assert_eq!(
        (&dock["mode_code"], &dock["drone_in_dock"], &dock["flighttask_step_code"]),
        (&"in_operation".into(), &"outside".into(), &"in_flight".into())
    );
}

#[test]
fn every_key_of_a_state_is_readable_through_its_view() {
    let mut world = world();
    let snapshot =
        world.device_state(&caller(), DeviceState::new(DRONE)).unwrap().device_state.unwrap();
    let aircraft = snapshot.aircraft();
    assert_eq!(aircraft.battery.unwrap().capacity_percent, Some(100.0));
    assert_eq!(aircraft.cameras.len(), 1);
    assert_eq!(snapshot.payloads().len(), 1);
    let dock = dock_state(&mut world, A1);
    assert_eq!((dock.humidity, dock.home_position_is_valid), (Some(61.0), Some(true)));
    assert_eq!(dock.live_capacity.unwrap().device_list.len(), 2);
}

#[test]
fn states_are_refused() {
    let mut world = world();
    let refused = world.device_state(&Caller::admin(), DeviceState::new(A1)).unwrap_err();
    assert_eq!(
        (refused.http, refused.code.get(), refused.message.as_str()),
        (403, 200_403, "Forbidden")
    );
    let empty = Caller::admin().in_project(World::EMPTY_PROJECT);
    assert_eq!(code(world.device_state(&empty, DeviceState::new(A1))), 219_014);
    assert_eq!(
        code(world.device_state(&Caller::admin().in_project("nowhere"), DeviceState::new(A1))),
        210_104
    );
    assert_eq!(code(world.device_state(&caller(), DeviceState::new("7CTXN0000B0999"))), 210_900);
    world.disconnect(&DeviceSn::new(A1));
    assert_eq!(code(world.device_state(&caller(), DeviceState::new(A1))), 212_015);
    assert_eq!(code(world.device_state(&caller(), DeviceState::new(DRONE))), 212_015);
}

#[test]
fn alerts_come_and_go() {
    let mut world = world();
    let ask = || DeviceHms::new([A1, DRONE, A1, "7CTXN0000B0999"]);
    let rows = world.device_hms(&caller(), ask()).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!((rows[0].device_hms.len(), rows[0].device_hms[0].message.as_deref()), (1, Some("")));
    assert_eq!(json(&rows)["list"][1]["device_hms"]["list"], Value::Null);
    world.set_battery(&DroneSn::new(DRONE), 20);
    assert_eq!(world.device_hms(&caller(), ask()).unwrap()[1].device_hms.len(), 1);
    world.advance(seconds(600));
    assert_eq!(world.device_hms(&caller(), ask()).unwrap()[1].device_hms.len(), 0);

    assert_eq!(
        json(&world.device_hms(&Caller::admin(), ask()).unwrap()),
        serde_json::json!({"list": null})
    );
    assert_eq!(
        code(world.device_hms(&Caller::admin().in_project(World::EMPTY_PROJECT), ask())),
        210_060
    );
}

#[test]
fn a_dock_camera_turns() {
    let mut world = world();
    let turn = |sn: &str, camera: &str, position: CameraPosition| {
        DeviceChangeCamera::new(sn, camera, position)
    };
    world.device_change_camera(&caller(), turn(A1, "165-0-7", CameraPosition::Outdoor)).unwrap();
    let pairs = world.project_devices(&caller(), ProjectDevices::new()).unwrap();
    assert_eq!(
        pairs[0].gateway.as_ref().unwrap().camera_list[0].camera_position,
        Some(CameraPosition::Outdoor)
    );
    for (refused, operation) in [
        (200_101, turn(A1, "81-0-0", CameraPosition::Outdoor)),
        (200_101, turn(A1, "165-0-7", "upside_down".into())),
        (200_101, turn(DRONE, "165-0-7", CameraPosition::Outdoor)),
        (210_900, turn("nothing", "165-0-7", CameraPosition::Outdoor)),
    ] {
        assert_eq!(
            code(world.device_change_camera(&caller(), operation.clone())),
            refused,
            "{operation:?}"
        );
    }
}

#[test]
fn a_lens_needs_control_and_a_pilot_can_take_it_away() {
    let mut world = world();
    assert_eq!(lens(&mut world, LensType::Zoom), 228_402);
    let holders = world
        .device_acquire_control(&caller(), DeviceAcquireControl::new(DRONE, ["81-0-0"]))
        .unwrap();
    // All controls, not only those that were asked for.
    assert_eq!(holders.controls.len(), 2);
    assert_eq!(holders.controls[1].user.as_ref().unwrap().call_sign.as_deref(), Some("Operator A"));
    assert_eq!(holders.controls[0].user.as_ref().unwrap().call_sign.as_deref(), Some(""));
    assert_eq!(lens(&mut world, LensType::Zoom), 0);
    let pairs = world.project_devices(&caller(), ProjectDevices::new()).unwrap();
    assert_eq!(
        pairs[0].drone.as_ref().unwrap().camera_list[1].lens_list[0].lens_type,
        LensType::Zoom
    );

    world.pilot_takes_control(&DroneSn::new(DRONE));
    assert_eq!(lens(&mut world, LensType::Wide), 228_402);
    // Releasing what a pilot holds changes nothing.
    let holders = world
        .device_release_control(&caller(), DeviceReleaseControl::new(DRONE, ["81-0-0"]))
        .unwrap();
    assert_eq!(holders.controls[1].user.as_ref().unwrap().call_sign.as_deref(), Some("Pilot B"));
    assert_eq!(acquire(&mut world, "81-0-0"), 0);
    assert_eq!(lens(&mut world, LensType::Ir), 0);
    let holders = world
        .device_release_control(&caller(), DeviceReleaseControl::new(DRONE, ["81-0-0"]))
        .unwrap();
    assert_eq!(holders.controls[1].user.as_ref().unwrap().call_sign.as_deref(), Some(""));
    assert_eq!(lens(&mut world, LensType::Wide), 228_402);
}

#[test]
fn control_and_lenses_are_refused() {
    let mut world = world();
    assert_eq!(acquire(&mut world, "99-0-0"), 200_101);
    assert_eq!(acquire(&mut world, "176-0-0"), 200_101, "the FPV camera is no payload");
    assert_eq!(
        code(world.device_acquire_control(&caller(), DeviceAcquireControl::new(DRONE, [""; 0]))),
        200_101
    );
    assert_eq!(
        code(
            world.device_acquire_control(&caller(), DeviceAcquireControl::new(SLEEPER, ["99-0-0"]))
        ),
        212_015
    );
    assert_eq!(
        code(world.device_acquire_control(&caller(), DeviceAcquireControl::new(A1, ["165-0-7"]))),
        200_101
    );
    acquire(&mut world, "81-0-0");
    assert_eq!(lens(&mut world, LensType::Normal), 200_101);
    assert_eq!(
        code(
            world.device_change_lens(
                &caller(),
                DeviceChangeLens::new(DRONE, "99-0-0", LensType::Zoom)
            )
        ),
        200_101
    );
    assert_eq!(
        code(world.device_change_lens(
            &Caller::admin(),
            DeviceChangeLens::new(DRONE, "81-0-0", LensType::Zoom)
        )),
        200_610
    );
}

#[test]
fn stream_quality_of_a_payload_needs_control() {
    let mut world = world();
    let set =
        |sn: &str, camera: &str| DeviceSetStreamQuality::new(sn, camera, StreamQuality::Smooth);
    assert_eq!(code(world.device_set_stream_quality(&caller(), set(A1, "165-0-7"))), 0);
    assert_eq!(code(world.device_set_stream_quality(&caller(), set(DRONE, "81-0-0"))), 228_402);
    acquire(&mut world, "81-0-0");
    assert_eq!(code(world.device_set_stream_quality(&caller(), set(DRONE, "81-0-0"))), 0);
    assert_eq!(code(world.device_set_stream_quality(&caller(), set(DRONE, "99-0-0"))), 213_014);
    assert_eq!(code(world.device_set_stream_quality(&caller(), set(SLEEPER, "99-0-0"))), 212_015);
}

#[test]
fn a_calibration_moves_the_reference_of_the_dock() {
    let mut world = world();
    assert_eq!(dock_state(&mut world, C3).home_position_is_valid, Some(false));
    let reply = world.device_calibrate_rtk(&caller(), support::calibration(C3)).unwrap();
    assert_eq!(reply.status, RtkCalibrationStatus::Ok);
    assert_eq!(dock_state(&mut world, C3).rtcm_info.unwrap().port.as_deref(), Some("8002"));
    world.advance(seconds(31));
    assert_eq!(dock_state(&mut world, C3).home_position_is_valid, Some(true));
    let text = Answer::of(&world.device_state(&caller(), DeviceState::new(C3)).unwrap());
    assert!(!text.data().unwrap().contains("demo"), "the account stays out of the state");

    // Code 0 and failed all the same.
    let mut unreachable = support::calibration(C3);
    unreachable.host = "ntrip.invalid".to_owned();
    assert_eq!(
        world.device_calibrate_rtk(&caller(), unreachable).unwrap().status,
        RtkCalibrationStatus::Failure
    );
    world.task_create(&caller(), immediate(A1, NORTH)).unwrap();
    world.advance(seconds(60));
    assert_eq!(
        world.device_calibrate_rtk(&caller(), support::calibration(A1)).unwrap().status,
        RtkCalibrationStatus::Failure
    );

    let mut port = support::calibration(C3);
    port.port = 0;
    assert_eq!(code(world.device_calibrate_rtk(&caller(), port)), 200_101);
    assert_eq!(code(world.device_calibrate_rtk(&caller(), support::calibration(DRONE))), 200_101);
    world.disconnect(&DeviceSn::new(B2));
    assert_eq!(code(world.device_calibrate_rtk(&caller(), support::calibration(B2))), 212_015);
}

#[test]
fn the_demo_has_every_topology() {
    let mut world = world();
    let rows = |world: &mut World, project: &str| {
        let caller = Caller::admin().in_project(project);
        json(&world.project_devices(&caller, ProjectDevices::new()).unwrap())["list"].clone()
    };
    // A dock without an aircraft has a null, a remote controller no mode.
    let demo = rows(&mut world, World::DEMO_PROJECT);
    assert_eq!((demo[2]["gateway"]["sn"].clone(), &demo[2]["drone"]), (C3.into(), &Value::Null));
    let lagoon = rows(&mut world, World::CONTROLLER_PROJECT);
    let gateway = &lagoon[0]["gateway"];
    assert_eq!(
        (lagoon.as_array().unwrap().len(), &gateway["device_model"]["class"]),
        (1, &"rc".into())
    );
    assert_eq!(gateway.get("mode_code"), None);
    assert_eq!(lagoon[0]["drone"]["mode_code"], 0);
    // An aircraft alone has no gateway at all, not even null.
    let shoal = rows(&mut world, World::DRONE_PROJECT);
    assert_eq!(shoal[0].get("gateway"), None);
    let drone = &shoal[0]["drone"];
    assert_eq!(
        (&drone["device_online_status"], &drone["mode_code"], &drone["camera_list"]),
        (&false.into(), &14.into(), &Value::Null)
    );
    assert_eq!(rows(&mut world, World::EMPTY_PROJECT), Value::Null);
    // What has no dock is not in the list of the organization.
    let docks = world
        .project_devices_of_organization(&Caller::admin(), ProjectDevicesOfOrganization::new())
        .unwrap();
    assert!(docks.iter().all(|pair| {
        pair.gateway.as_ref().is_some_and(|gateway| gateway.device_model.class == DeviceClass::Dock)
    }));
}

#[test]
fn an_aircraft_alone_reports_zeros_and_takes_no_orders() {
    const GULL: &str = "1581F0Q8X000U00G00F6";
    let mut world = world();
    let caller = Caller::admin().in_project(World::DRONE_PROJECT);
    let reply = json(&world.device_state(&caller, DeviceState::new(GULL)).unwrap());
    let state = &reply["device_state"];
    assert_eq!(
        (&state["mode_code"], &state["latitude"], &state["battery"]),
        (&"not_connected".into(), &0.into(), &Value::Null)
    );
    let acquire = DeviceAcquireControl::new(GULL, ["53-0-0"]);
    assert_eq!(code(world.device_acquire_control(&caller, acquire)), 212_015);
    // A project with nothing but an aircraft has devices: no 210060.
    let rows = world.device_hms(&caller, DeviceHms::new([GULL])).unwrap();
    assert_eq!(json(&rows)["list"][0]["device_hms"]["list"], Value::Null);
}

#[test]
fn the_state_of_an_aircraft_that_is_off_is_the_last_that_was_heard() {
    let mut world = world();
    world.set_battery(&DroneSn::new(DRONE), 50);
    world.disconnect(&DeviceSn::new(DRONE));
    let off = state(&mut world, DRONE);
    world.advance(seconds(600));
    let later = state(&mut world, DRONE);
    assert_eq!(
        (&off["mode_code"], &off["battery"]["capacity_percent"]),
        (&"not_connected".into(), &50.into())
    );
    assert_eq!(later, off, "nothing is heard while it is off");
    // The dock knows better what it charges.
    let charge = state(&mut world, A1)["drone_charge_state"]["capacity_percent"].clone();
    assert!(charge.as_i64().unwrap() > 60, "{charge}");
    world.connect(&DeviceSn::new(DRONE));
    assert_eq!(state(&mut world, DRONE)["battery"]["capacity_percent"], charge);
}

#[test]
fn cameras_come_with_the_power_and_go_with_it() {
    let mut world = world();
    let cameras = |world: &mut World| {
        let pairs = world.project_devices(&caller(), ProjectDevices::new()).unwrap();
        json(&pairs[1].drone)["camera_list"].as_array().map(Vec::len)
    };
    assert_eq!(cameras(&mut world), None);
    world.apply(&Deed::PowerOn { drone: SLEEPER.into() }).unwrap();
    assert_eq!(cameras(&mut world), None, "it takes some seconds");
    world.advance(seconds(10));
    assert_eq!(cameras(&mut world), Some(2));
    // It is one that goes to sleep between its flights.
    world.advance(seconds(180));
    assert_eq!(cameras(&mut world), None);
}

#[test]
fn storage_fills_in_flight_and_empties_through_the_dock() {
    let mut world = world();
    let used = |world: &mut World, sn: &str| state(world, sn)["storage"]["used"].as_i64().unwrap();
    let (drone, dock) = (used(&mut world, DRONE), used(&mut world, A1));
    world.task_create(&caller(), immediate(A1, NORTH)).unwrap();
    world.advance(seconds(120));
    assert!(used(&mut world, DRONE) > drone + 50_000);
    assert_eq!(used(&mut world, A1), dock);
    world.advance(seconds(7_200));
    assert_eq!((used(&mut world, DRONE), used(&mut world, A1)), (drone, dock));
}

#[test]
fn control_has_one_holder_and_goes_from_person_to_person() {
    let mut world = world();
    let other = caller().with_key(KeyProfile::NoTasks);
    let holder = |holders: ControlHolders| json(&holders)["controls"][1]["user"].clone();
    let acquire = || DeviceAcquireControl::new(DRONE, ["81-0-0"]);
    let release = || DeviceReleaseControl::new(DRONE, ["81-0-0"]);
    let first = holder(world.device_acquire_control(&caller(), acquire()).unwrap());
    assert_eq!(
        (&first["call_sign"], &first["user_id"], &first["type"]),
        (&"Operator A".into(), &"1700000000000000001".into(), &"cloud".into())
    );
    // Twice changes nothing.
    assert_eq!(holder(world.device_acquire_control(&caller(), acquire()).unwrap()), first);
    let second = holder(world.device_acquire_control(&other, acquire()).unwrap());
    assert_eq!(second["call_sign"], "Observer F");
    let refused = world
        .device_change_lens(&caller(), DeviceChangeLens::new(DRONE, "81-0-0", LensType::Zoom))
        .unwrap_err();
    assert_eq!(refused.code.get(), 228_402);
    assert!(refused.message.contains("Observer F"), "{refused}");
    let zoom = DeviceChangeLens::new(DRONE, "81-0-0", LensType::Zoom);
    assert!(world.device_change_lens(&other, zoom).is_ok());
    // Only the holder's release frees it, and a second one is no error.
    assert_eq!(holder(world.device_release_control(&caller(), release()).unwrap()), second);
    for _ in 0..2 {
        let free = holder(world.device_release_control(&other, release()).unwrap());
        assert_eq!(
            (&free["call_sign"], &free["user_id"], &free["type"]),
            (&"".into(), &"".into(), &"".into())
        );
    }
    // It goes with the power.
    world.device_acquire_control(&caller(), acquire()).unwrap();
    world.apply(&Deed::PowerOff { drone: DRONE.into() }).unwrap();
    world.connect(&DeviceSn::new(DRONE));
    let holders = world.device_release_control(&other, release()).unwrap();
    assert_eq!(holder(holders)["call_sign"], "");
}

#[test]
fn old_firmware_takes_no_orders_but_reports() {
    let mut world = world();
    for sn in [A1, DRONE] {
        world.apply(&Deed::OldFirmware { sn: sn.into() }).unwrap();
    }
    let turn = DeviceChangeCamera::new(A1, "165-0-7", CameraPosition::Outdoor);
    let command = |sn: &str| DeviceCommand::new(sn, FlightCommand::ReturnHome);
    for refused in [
        code(world.device_change_camera(&caller(), turn)),
        code(world.device_calibrate_rtk(&caller(), support::calibration(A1))),
        code(world.device_command(&caller(), command(A1))),
        code(world.device_command(&caller(), command(DRONE))),
        acquire(&mut world, "81-0-0"),
        lens(&mut world, LensType::Zoom),
        code(world.livestream_start(&caller(), LivestreamStart::new(DRONE, "81-0-0", 60))),
    ] {
        assert_eq!(refused, 200_700);
    }
    assert_eq!(state(&mut world, DRONE)["mode_code"], "standby");
}

#[test]
fn orders_go_to_the_aircraft_or_its_dock_and_only_where_they_fit() {
    let mut world = world();
    let order = |world: &mut World, sn: &str, order: FlightCommand| {
        code(world.device_command(&caller(), DeviceCommand::new(sn, order)))
    };
    for (expected, sn, what) in [
        (228_402, A1, FlightCommand::ReturnHome),
        (228_402, DRONE, FlightCommand::PauseTask),
        (228_406, C3, FlightCommand::ReturnHome),
        (228_406, A1, FlightCommand::from("look_around")),
        (210_900, "nothing", FlightCommand::ReturnHome),
        (219_014, "1581F0Q8X000U00G00F6", FlightCommand::ReturnHome),
    ] {
        assert_eq!(order(&mut world, sn, what.clone()), expected, "{sn} {what}");
    }
    world.task_create(&caller(), immediate(A1, NORTH)).unwrap();
    world.advance(seconds(60));
    for (expected, sn, what) in [
        (228_402, A1, FlightCommand::CancelReturnHome),
        (228_402, DRONE, FlightCommand::ResumeTask),
        (0, DRONE, FlightCommand::PauseTask),
        (0, A1, FlightCommand::ResumeTask),
        (228_406, A1, FlightCommand::ReturnToDesignatedDock),
        (0, A1, FlightCommand::ReturnHome),
        (228_402, A1, FlightCommand::ReturnHome),
        (0, DRONE, FlightCommand::CancelReturnHome),
    ] {
        assert_eq!(order(&mut world, sn, what.clone()), expected, "{sn} {what}");
        let told: Vec<_> = world.take_events().iter().map(json).collect();
        let broken_off = serde_json::json!(
            {"type": "device_exit_return_home", "data": {"sn": DRONE, "reason": 0}}
        );
        let is_told = expected == 0 && what == FlightCommand::CancelReturnHome;
        assert_eq!(told.contains(&broken_off), is_told, "{told:?}");
        world.advance(seconds(2));
    }
}

#[test]
fn an_address_has_the_form_of_its_vendor() {
    type Case = (LiveVendor, Option<&'static str>, fn(&str) -> bool);
    let cases: [Case; 5] = [
        (LiveVendor::Volc, Some("volc"), |url| {
            url.starts_with("app_id=") && url.contains("&room_id=1581F0Q8X000U00G00A1_81-0-0&")
        }),
        (LiveVendor::Srs, Some("srs"), |url| {
            url.starts_with("http://") && url.contains(":30806/") && url.contains("/whep/?")
        }),
        (LiveVendor::Agora, Some("agora"), |url| {
            let text: Value = serde_json::from_str(url).unwrap();
            text["channel_name"].is_string() && text["uid"].is_string()
        }),
        (LiveVendor::Unknown, Some("quantum"), |url| url.starts_with("quantum:")),
        (LiveVendor::None, None, |url| url.contains("whep")),
    ];
    for (vendor, url_type, fits) in cases {
        let mut world = world();
        world.apply(&Deed::LiveVendor { vendor }).unwrap();
        let start = LivestreamStart::new(DRONE, "81-0-0", 600);
        let reply = json(&world.livestream_start(&caller(), start).unwrap());
        assert_eq!(reply.get("url_type").and_then(Value::as_str), url_type, "{vendor:?}");
        assert!(fits(reply["url"].as_str().unwrap()), "{vendor:?}: {reply}");
        assert_eq!(reply["expire_ts"], world.now().unix_seconds() + 600);
    }
}

#[test]
fn a_stream_ends_after_five_minutes_without_a_viewer_or_when_it_expires() {
    for (lifetime, lasts, over) in [(7_200, 299, 300), (60, 59, 60)] {
        let mut world = world();
        let start = LivestreamStart::new(A1, "165-0-7", lifetime);
        world.livestream_start(&caller(), start).unwrap();
        world.advance(seconds(lasts));
        assert_eq!(state(&mut world, A1)["live_status"].as_array().unwrap().len(), 1);
        world.advance(seconds(over - lasts));
        assert!(world.livestreams().is_empty());
    }
}

#[test]
fn livestreams_are_refused() {
    let mut world = world();
    let refused = |world: &mut World, caller: &Caller, sn: &str, camera: &str, lifetime: i32| {
        let start = LivestreamStart::new(sn, camera, lifetime);
        let refusal = world.livestream_start(caller, start).unwrap_err();
        (refusal.http, refusal.code.get())
    };
    world.disconnect(&DeviceSn::new(B2));
    let cases = [
        (caller(), SLEEPER, "99-0-0", 60, (200, 213_003)),
        (caller(), B2, "165-0-7", 60, (200, 212_015)),
        (caller(), DRONE, "99-0-0", 60, (200, 213_014)),
        (caller(), CONTROLLER, "165-0-7", 60, (200, 213_014)),
        (caller(), "nothing", "165-0-7", 60, (200, 210_900)),
        (caller(), "9N9XL0000D00E5", "165-0-7", 60, (200, 219_014)),
        (caller(), A1, "165-0-7", 0, (200, 200_101)),
        (Caller::admin(), A1, "165-0-7", 60, (403, 200_403)),
        (Caller::admin().in_project("nowhere"), A1, "165-0-7", 60, (500, 200_500)),
    ];
    for (caller, sn, camera, lifetime, expected) in cases {
        assert_eq!(refused(&mut world, &caller, sn, camera, lifetime), expected, "{sn} {camera}");
    }
    assert!(world.livestreams().is_empty());
}

#[test]
fn states_have_all_keys_that_are_known_of_real_ones() {
    let known = [
        (
            DRONE,
            // The payload of a Matrice 4TD that was logged.
            "mode_code mode_code_reason gear latitude longitude height elevation attitude_head attitude_pitch attitude_roll \
             horizontal_speed vertical_speed wind_speed wind_direction home_latitude home_longitude home_distance height_limit \
             is_near_area_limit is_near_height_limit rth_mode current_rth_mode commander_flight_mode commander_flight_height \
             commander_mode_lost_action control_source best_link_gateway track_id battery storage position_state maintain_status \
             obstacle_avoidance night_lights_state compatible_status firmware_upgrade_status firmware_version \
             flysafe_database_version activation_time total_flight_time total_flight_distance total_flight_sorties \
             low_battery_warning_threshold serious_low_battery_warning_threshold offline_map_enable dongle_infos \
             wireless_link_topo camera_watermark_settings cameras",
        ),
        (
            A1,
            "mode_code latitude longitude height heading temperature environment_temperature humidity wind_speed rainfall \
             home_position_is_valid silent_mode battery_store_mode air_transfer_enable user_experience_improvement acc_time \
             activation_time first_power_on job_number backup_battery drone_battery_maintenance_info drone_charge_state \
             position_state network_state wireless_link wireless_link_topo live_capacity live_status rtcm_info air_conditioner \
             alternate_land_point dongle_infos maintain_status media_file_detail storage working_current working_voltage \
             emergency_stop_state alarm_state supplement_light_state cover_state drone_in_dock sub_device flighttask_step_code \
             firmware_version firmware_upgrade_status compatible_status",
        ),
        (
            CONTROLLER,
            "capacity_percent latitude longitude height country firmware_version dongle_infos live_status wireless_link",
        ),
    ];
    let mut world = world();
    for (sn, keys) in known {
        let state = state(&mut world, sn);
        let missing: Vec<_> =
            keys.split_whitespace().filter(|key| state.get(key).is_none()).collect();
        assert!(missing.is_empty(), "{sn}: {missing:?}");
    }
    let camera = state(&mut world, DRONE)["cameras"][0].clone();
    assert_eq!(
        (&camera["wide_iso"], &camera["zoom_shutter_speed"], &camera["zoom_focus_value"]),
        (&"100".into(), &"1/800".into(), &2400.into())
    );
}
