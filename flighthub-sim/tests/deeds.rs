//! What happens to a world beside the calls of the API: every deed with what it changes, and every wrong one with what it is told.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod support;

use std::collections::BTreeSet;

use flighthub_api::server::Answer;
use flighthub_api::v1::{
    ConverterCreate, ConverterList, ConverterSet, DeviceAcquireControl, DeviceHms,
    DeviceReleaseControl, DeviceSetStreamQuality, DeviceState, LivestreamStart, ModelUuid,
    OpenmodelGet, OpenmodelObtainToken, OpenmodelStart, OpenmodelUploadCallback, ProjectDevices,
    ProjectList, ResourceUuid, RtmpOption, RtmpTarget, Service, StreamQuality, TaskGet, TaskList,
    TaskMedia, TaskStatus, UploadedFile, WaylineList,
};
use flighthub_sim::{Caller, Deed, KeyProfile, Profile, Refusal, World};
use serde_json::{Value, json};

use support::{A1, C3, NORTH, caller, immediate, seconds};

const DRONE: &str = "1581F0Q8X000U00G00A1";
const SLEEPER: &str = "1581F0Q8X000U00G00B2";
const CONTROLLER: &str = "9N9XL0000D00C3";
const DEMO: &str = World::DEMO_PROJECT;
const SPARE: &str = World::EMPTY_PROJECT;

/// Something read from a world.
type Look = fn(&mut World) -> Value;

/// `data` of an answer, or `{"refused": code}`.
fn data<T: serde::Serialize>(outcome: Result<T, Refusal>) -> Value {
    match outcome {
        Ok(data) => Answer::of(&data).data().map_or(Value::Null, |text| text.parse().unwrap()),
        Err(refusal) => json!({"refused": refusal.code.get()}),
    }
}

fn apply(world: &mut World, deed: &Value) -> Result<(), String> {
    world.apply(&serde_json::from_value(deed.clone()).unwrap_or_else(|e| panic!("{e}: {deed}")))
}

fn state(world: &mut World, sn: &str) -> Value {
    let reply = data(world.device_state(&caller(), DeviceState::new(sn)));
    reply.get("device_state").cloned().unwrap_or(reply)
}

fn devices(world: &mut World, project: &str) -> Value {
    let caller = Caller::admin().in_project(project);
    data(world.project_devices(&caller, ProjectDevices::new()))["list"].clone()
}

fn pairs(world: &mut World, project: &str) -> Value {
    let sn = |device: &Value| device.get("sn").cloned().unwrap_or_default();
    let rows = devices(world, project);
    let rows = rows.as_array().cloned().unwrap_or_default();
    let gateway = |row: &Value| row.get("gateway").map_or(json!("no key"), sn);
    rows.iter().map(|row| json!([gateway(row), sn(&row["drone"])])).collect()
}

/// Who holds a payload, and who does after somebody else has asked for it.
fn holders(world: &mut World) -> Value {
    const FIELD_DRONE: &str = "1581F0Q8X000U00G00D4";
    // Releasing what one does not hold changes nothing, and shows who does.
    let release = DeviceReleaseControl::new(FIELD_DRONE, ["53-0-0"]);
    let before = data(world.device_release_control(&caller(), release))["controls"][1].clone();
    let other = caller().with_key(KeyProfile::NoTasks);
    let acquire = DeviceAcquireControl::new(FIELD_DRONE, ["53-0-0"]);
    let after = data(world.device_acquire_control(&other, acquire))["controls"][1].clone();
    json!([before["user"]["call_sign"], before["user"]["type"], after["user"]["call_sign"]])
}

fn alerts(world: &mut World, sn: &str) -> Value {
    data(world.device_hms(&caller(), DeviceHms::new([sn])))["list"][0]["device_hms"]["list"].clone()
}

fn live(world: &mut World) -> Value {
    data(world.livestream_start(&caller(), LivestreamStart::new(A1, "165-0-7", 600)))
}

/// Status and exception of a flight that should start now.
fn start(world: &mut World) -> Value {
    let task = world.task_create(&caller(), immediate(A1, NORTH)).unwrap().task_uuid;
    world.advance(seconds(60));
    let task = world.task_get(&caller(), TaskGet::new(task)).unwrap();
    json!(task.status == TaskStatus::Executing)
}

/// Reconstructs eight images and answers the row after so many seconds.
fn reconstruct(world: &mut World, after: u64) -> Value {
    let token = world.openmodel_obtain_token(&caller(), OpenmodelObtainToken::new()).unwrap();
    let resource = token.store_path.rsplit('/').nth(1).unwrap().to_owned();
    let files = (0..8).map(|number| {
        let name = format!("{number}.jpg");
        let key = token.store_path.replace("{fileName}", &name);
        let etag = world.put_object(&key, name.as_bytes());
        UploadedFile::new(name, etag)
    });
    let files: Vec<_> = files.collect();
    let callback =
        OpenmodelUploadCallback::new(ResourceUuid::new(&resource), token.callback_param, files);
    world.openmodel_upload_callback(&caller(), callback).unwrap();
    world.advance(seconds(10));
    let mut order = OpenmodelStart::new(ResourceUuid::new(&resource));
    order.parameter_2d = Some("{}".to_owned());
    let started = data(world.openmodel_start(&caller(), order));
    let model = started["model_2d"]["uuid"].as_str().unwrap();
    world.advance(seconds(after));
    data(world.openmodel_get(&caller(), OpenmodelGet::new(ModelUuid::new(model))))
}

/// The tasks of the first dock in the hours around now.
fn tasks(world: &mut World) -> Value {
    let (now, hours) = (world.now(), seconds(6 * 3_600));
    let window = (now.saturating_sub(hours), now.saturating_add(hours));
    data(world.task_list(&caller(), TaskList::new(A1, window.0, window.1)))["list"].clone()
}

/// The media of the flight of this morning.
fn media(world: &mut World) -> Value {
    let task = tasks(world)[0]["uuid"].as_str().unwrap().to_owned();
    data(world.task_media(&caller(), TaskMedia::new(task)))
}

/// How many files of this morning's flight there are, rows of the kind `unsupported`, and different files.
fn rows(world: &mut World) -> Value {
    let list = media(world)["list"].as_array().cloned().unwrap();
    let unsupported = list.iter().filter(|row| row["file_type"] == "unsupported").count();
    let uuids: BTreeSet<_> = list.iter().map(|row| row["uuid"].to_string()).collect();
    json!([list.len(), unsupported, uuids.len()])
}

/// State and code of a converter that has been switched on for a while.
fn converter(world: &mut World) -> Value {
    let target = RtmpTarget::new(RtmpOption::new("rtmp://media.example.net/live/x"));
    let made = world
        .converter_create(&caller(), ConverterCreate::new("Gate", A1, "165-0-7", target.into()));
    if let Ok(made) = made {
        world.converter_set(&caller(), ConverterSet::new(made.converter_id, true)).unwrap();
    }
    world.advance(seconds(5));
    let row = data(world.converter_list(&caller(), ConverterList::new()))["list"][0].clone();
    json!([row["state"], row["code"]])
}

/// A deed, what is looked at, and what is seen before and after it.
struct Case(Value, Look, Value, Value);

fn cases() -> Vec<Case> {
    let drone = |deed: &str| json!({"do": deed, "drone": DRONE});
    let dock = |deed: &str| json!({"do": deed, "sn": A1});
    let warning = json!({
        "do": "alert-raised", "sn": A1, "level": "warning", "code": "0x16100083", "in_the_key": "on_the_ground",
        "text": {"en": "Cover does not close", "zh": "舱盖无法关闭"},
    });
    vec![
        Case(
            json!({"do": "manual-flight", "dock": A1, "minutes": 5}),
            |world| {
                let rows = tasks(world);
                let rows = rows.as_array().unwrap().iter();
                let by_hand = rows.filter(|row| row["task_type"] == "manual");
                by_hand.map(|row| json!([row["wayline_uuid"], row["status"]])).collect()
            },
            json!([["", "success"]]),
            json!([["", "success"], ["", "success"]]),
        ),
        Case(
            json!({"do": "extra-statuses", "shown": true}),
            |world| {
                let task = world.task_create(&caller(), immediate(A1, NORTH)).unwrap().task_uuid;
                world.advance(seconds(3));
                data(world.task_get(&caller(), TaskGet::new(task)))["status"].clone()
            },
            json!("waiting"),
            json!("preparing"),
        ),
        Case(
            json!({"do": "media-sizes", "image": 100_000}),
            |world| {
                let task = world.task_create(&caller(), immediate(A1, NORTH)).unwrap().task_uuid;
                world.advance(seconds(1_200));
                let list = data(world.task_media(&caller(), TaskMedia::new(task)))["list"].clone();
                let mut images =
                    list.as_array().unwrap().iter().filter(|row| row["file_type"] == "image");
                json!(images.all(|row| row["size"] == 100_000))
            },
            json!(false),
            json!(true),
        ),
        Case(
            json!({"do": "media-directory-row", "shown": true}),
            rows,
            json!([25, 0, 25]),
            json!([26, 1, 26]),
        ),
        Case(
            json!({"do": "media-duplicates", "shown": true}),
            rows,
            json!([25, 0, 25]),
            json!([26, 0, 25]),
        ),
        Case(
            json!({"do": "media-trouble", "trouble": "no-directory", "calls": 1}),
            |world| {
                let list = |world: &mut World| media(world)["refused"].clone();
                json!([list(world), list(world)])
            },
            json!([null, null]),
            json!([217_028, null]),
        ),
        Case(
            json!({"do": "battery", "drone": DRONE, "percent": 20}),
            |world| state(world, DRONE)["battery"]["capacity_percent"].clone(),
            json!(100),
            json!(20),
        ),
        // Some seconds after the switch the cameras are there.
        Case(
            json!({"do": "power-on", "drone": SLEEPER}),
            |world| {
                world.advance(seconds(7));
                devices(world, DEMO)[1]["drone"]["camera_list"][1]["camera_index"].clone()
            },
            Value::Null,
            json!("99-0-0"),
        ),
        Case(
            drone("power-off"),
            |world| {
                let row = devices(world, DEMO)[0]["drone"].clone();
                json!([
                    row["mode_code"],
                    row["camera_list"].is_null(),
                    state(world, DRONE)["mode_code"]
                ])
            },
            json!([0, false, "standby"]),
            json!([14, true, "not_connected"]),
        ),
        Case(
            dock("disconnect"),
            |world| {
                json!([
                    state(world, A1)["refused"],
                    devices(world, DEMO)[0]["gateway"]["device_online_status"]
                ])
            },
            json!([null, true]),
            json!([212_015, false]),
        ),
        Case(
            json!({"do": "connect", "sn": SLEEPER}),
            |world| state(world, SLEEPER)["mode_code"].clone(),
            json!("not_connected"),
            json!("standby"),
        ),
        Case(
            json!({"do": "pilot-takes-control", "drone": "1581F0Q8X000U00G00D4"}),
            holders,
            json!(["", "", "Observer F"]),
            json!(["Pilot B", "rc", "Observer F"]),
        ),
        Case(
            drone("control-expires"),
            |world| {
                let set = DeviceSetStreamQuality::new(DRONE, "81-0-0", StreamQuality::Smooth);
                data(world.device_set_stream_quality(&caller(), set))
            },
            Value::Null,
            json!({"refused": 228_402}),
        ),
        Case(
            drone("drone-out"),
            |world| {
                let dock = state(world, A1);
                json!([dock["drone_in_dock"], dock["drone_charge_state"].is_null(), start(world)])
            },
            json!(["inside", false, true]),
            json!(["outside", true, false]),
        ),
        Case(
            drone("drone-in"),
            |world| state(world, A1)["drone_in_dock"].clone(),
            json!("outside"),
            json!("inside"),
        ),
        Case(
            json!({"do": "storage-used", "sn": A1, "percent": 99}),
            |world| json!([state(world, A1)["storage"]["used"], start(world)]),
            json!([43_000_000, true]),
            json!([99_000_000, true]),
        ),
        // A full aircraft stays on the ground.
        Case(
            json!({"do": "storage-used", "sn": DRONE, "percent": 99}),
            start,
            json!(true),
            json!(false),
        ),
        Case(
            json!({"do": "weather", "wind_speed": 11.54, "rainfall": "heavy_rain", "temperature": -4}),
            |world| {
                let dock = state(world, A1);
                json!([
                    dock["rainfall"],
                    dock["environment_temperature"],
                    dock["wind_speed"] == 11.5
                ])
            },
            json!(["no_rain", 26.0, false]),
            json!(["heavy_rain", -4.0, true]),
        ),
        Case(
            json!({"do": "weather", "dock": C3, "rainfall": "light_rain"}),
            |world| json!([state(world, A1)["rainfall"], state(world, C3)["rainfall"]]),
            json!(["no_rain", "no_rain"]),
            json!(["no_rain", "light_rain"]),
        ),
        // Without a text the message is empty; with one it follows X-Language.
        Case(
            warning,
            |world| {
                use flighthub_sim::Language::{Chinese, English};
                [Chinese, English]
                    .map(|language| {
                        let caller = caller().with_language(language);
                        let rows = data(world.device_hms(&caller, DeviceHms::new([A1])));
                        let rows = rows["list"][0]["device_hms"]["list"].clone();
                        let row = |row: &Value| json!([row["code"], row["level"], row["message"]]);
                        rows.as_array().unwrap().iter().map(row).collect::<Value>()
                    })
                    .into_iter()
                    .collect()
            },
            json!([[["0x161000A4", "reminder", ""]], [["0x161000A4", "reminder", ""]]]),
            json!([
                [["0x161000A4", "reminder", ""], ["0x16100083", "warning", "舱盖无法关闭"]],
                [["0x161000A4", "reminder", ""], ["0x16100083", "warning", "Cover does not close"]],
            ]),
        ),
        Case(
            json!({"do": "alert-cleared", "sn": A1, "code": "0x161000A4"}),
            |world| alerts(world, A1).is_null().into(),
            json!(false),
            json!(true),
        ),
        Case(
            json!({"do": "no-fix", "sn": DRONE}),
            |world| {
                let state = state(world, DRONE);
                let zero =
                    state["latitude"] == 0 && state["longitude"] == 0 && state["height"] == 0;
                json!([zero, state["position_state"]["gps_number"]])
            },
            json!([false, 27]),
            json!([true, 0]),
        ),
        Case(
            json!({"do": "fix", "sn": CONTROLLER}),
            |world| (state(world, CONTROLLER)["latitude"] == 0).into(),
            json!(true),
            json!(false),
        ),
        Case(
            dock("old-firmware"),
            |world| live(world)["refused"].clone(),
            Value::Null,
            json!(200_700),
        ),
        Case(
            dock("new-firmware"),
            |world| live(world)["refused"].clone(),
            json!(200_700),
            Value::Null,
        ),
        Case(
            json!({"do": "add-project", "uuid": "11111111-2222-4333-8444-555555555555", "name": "Reef survey", "latitude": 0.31,
                "longitude": -25.1}),
            |world| {
                let rows = data(world.project_list(&caller(), ProjectList::new()));
                let row = &rows["list"][5];
                json!([
                    row["name"],
                    row["uuid"],
                    row["project_work_center_point"]["latitude"],
                    row["created_at"]
                ])
            },
            json!([null, null, null, null]),
            json!(["Reef survey", "11111111-2222-4333-8444-555555555555", 0.31, 1_767_254_400]),
        ),
        Case(
            json!({"do": "add-dock", "sn": "7CTXN0000B00D4", "project": SPARE, "model": "3-3-0"}),
            |world| pairs(world, SPARE),
            json!([]),
            json!([["7CTXN0000B00D4", null]]),
        ),
        Case(
            json!({"do": "add-controller", "sn": "9N9XL0000D00D4", "project": SPARE,
                "place": {"latitude": 0.1, "longitude": -25.0}}),
            |world| {
                let caller = Caller::admin().in_project(SPARE);
                let reply = data(world.device_state(&caller, DeviceState::new("9N9XL0000D00D4")));
                json!([pairs(world, SPARE), reply["device_state"]["latitude"]])
            },
            json!([[], null]),
            json!([[["9N9XL0000D00D4", null]], 0.1]),
        ),
        Case(
            json!({"do": "add-aircraft", "sn": "1581F0Q8X000U00G00C3", "gateway": C3}),
            |world| pairs(world, DEMO)[2].clone(),
            json!([C3, null]),
            json!([C3, "1581F0Q8X000U00G00C3"]),
        ),
        // Without a gateway there is no such key, and nothing was ever heard of it.
        Case(
            json!({"do": "add-aircraft", "sn": "1581F0Q8X000U00G00Z9", "project": DEMO, "model": "0-67-1"}),
            |world| {
                let state = state(world, "1581F0Q8X000U00G00Z9");
                json!([
                    pairs(world, DEMO)[4],
                    state["latitude"],
                    state["battery"],
                    state["mode_code"]
                ])
            },
            json!([null, null, null, null]),
            json!([["no key", "1581F0Q8X000U00G00Z9"], 0, null, "not_connected"]),
        ),
        Case(
            json!({"do": "add-route", "project": SPARE, "name": "line", "points": [[0.02, -25.3, 60], [0.021, -25.3, 60]]}),
            |world| {
                let caller = Caller::admin().in_project(SPARE);
                data(world.wayline_list(&caller, WaylineList::new()))["list"][0]["name"].clone()
            },
            Value::Null,
            json!("line"),
        ),
        Case(
            json!({"do": "move-device", "sn": A1, "project": SPARE}),
            |world| {
                json!([
                    pairs(world, SPARE),
                    state(world, A1)["refused"],
                    state(world, DRONE)["refused"]
                ])
            },
            json!([[], null, null]),
            json!([[[A1, DRONE]], 219_014, 219_014]),
        ),
        // Accepted, and then not flown, under a message that does not speak of the height.
        Case(
            json!({"do": "ceiling", "project": DEMO, "metres": 60}),
            start,
            json!(true),
            json!(false),
        ),
        Case(
            json!({"do": "rights", "key": "admin", "become": "revoked"}),
            |world| world.profile_of(&World::demo_token()).name().into(),
            json!("admin"),
            json!("revoked"),
        ),
        Case(
            json!({"do": "profile", "profile": "public"}),
            |world| world.converter_list(&caller(), ConverterList::new()).is_ok().into(),
            json!(true),
            json!(false),
        ),
        Case(
            json!({"do": "storage-provider", "provider": "ali"}),
            |world| world.storage_provider().to_string().into(),
            json!("aws"),
            json!("ali"),
        ),
        Case(
            json!({"do": "live-vendor", "vendor": "srs"}),
            |world| live(world)["url_type"].clone(),
            json!("volc"),
            json!("srs"),
        ),
        Case(
            json!({"do": "converter-target", "host": "media.example.net", "outcome": "times-out"}),
            converter,
            json!(["running", 0]),
            json!(["failed", 212_062]),
        ),
        Case(
            json!({"do": "modeling-quota", "images": 3}),
            |world| {
                let row = reconstruct(world, 25);
                json!([world.modeling_quota() <= 3, row["model_status"]])
            },
            json!([false, 14]),
            json!([true, 13]),
        ),
        Case(
            json!({"do": "reconstruction-fails", "error_code": 4021}),
            |world| {
                let row = reconstruct(world, 200);
                json!([row["model_status"], row["error_code"], row["zip_status"]])
            },
            json!([9, 0, 2]),
            json!([8, 4021, 0]),
        ),
        Case(
            json!({"do": "packing-fails"}),
            |world| {
                let row = reconstruct(world, 200);
                json!([row["model_status"], row["zip_status"], row["zip_file_key"] == ""])
            },
            json!([9, 2, false]),
            json!([15, 3, true]),
        ),
    ]
}

/// Brings a world to where a deed has something to change.
fn ready(deed: &str) -> World {
    let mut world = World::demo(1).with_profile(Profile::Private);
    let before = match deed {
        "drone-in" => json!({"do": "drone-out", "drone": DRONE}),
        "fix" => json!({"do": "no-fix", "sn": CONTROLLER}),
        "new-firmware" => json!({"do": "old-firmware", "sn": A1}),
        _ => Value::Null,
    };
    if deed == "control-expires" {
        let acquire = DeviceAcquireControl::new(DRONE, ["81-0-0"]);
        world.device_acquire_control(&caller(), acquire).unwrap();
    }
    if !before.is_null() {
        apply(&mut world, &before).unwrap();
    }
    world
}

#[test]
fn every_deed_changes_what_it_says() {
    let mut wrong = Vec::new();
    for Case(deed, look, before, after) in cases() {
        let world = ready(deed["do"].as_str().unwrap());
        let seen = look(&mut world.clone());
        if seen != before {
            wrong.push(format!("before {deed}: {seen} instead of {before}"));
        }
        let mut world = world;
        apply(&mut world, &deed).unwrap_or_else(|error| panic!("{error}: {deed}"));
        let seen = look(&mut world);
        if seen != after {
            wrong.push(format!("after {deed}: {seen} instead of {after}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The names of all deeds but those given.
fn names_without(given: impl Iterator<Item = Value>) -> Vec<String> {
    // The names come out of the refusal of a name that there is not.
    let error = serde_json::from_value::<Deed>(json!({"do": "?"})).unwrap_err().to_string();
    let known: BTreeSet<_> = error.split('`').skip(3).step_by(2).map(str::to_owned).collect();
    assert!(known.len() > 30, "{error}");
    let given = given.map(|deed| deed["do"].as_str().unwrap().to_owned()).collect();
    known.difference(&given).cloned().collect()
}

#[test]
fn the_table_has_every_deed() {
    let missing = names_without(cases().into_iter().map(|Case(deed, ..)| deed));
    assert!(missing.is_empty(), "the table of this test needs a row for {missing:?}");
}

#[test]
fn every_deed_of_the_document_can_be_done() {
    let document = include_str!("../docs/deeds.md");
    let deeds: Vec<Value> = document
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    for deed in &deeds {
        apply(&mut World::demo(1), deed).unwrap_or_else(|error| panic!("{error}: {deed}"));
    }
    let missing = names_without(deeds.into_iter());
    assert!(missing.is_empty(), "docs/deeds.md needs a line for {missing:?}");
}

#[test]
fn deeds_are_the_same_after_a_round_trip() {
    for Case(deed, ..) in cases() {
        let read: Deed = serde_json::from_value(deed).unwrap();
        let written = serde_json::to_value(&read).unwrap();
        assert_eq!(serde_json::from_value::<Deed>(written).unwrap(), read);
    }
}

#[test]
fn a_wrong_deed_names_its_field_and_changes_nothing() {
    let nobody = "1581F0000000000000ZZ";
    let cases = [
        (json!({"do": "battery", "drone": nobody, "percent": 5}), "`drone`: there is no aircraft"),
        (json!({"do": "battery", "drone": DRONE, "percent": 101}), "`percent`: 101 is more"),
        (json!({"do": "power-on", "drone": A1}), "there are 1581F0Q8X000U00G00A1, "),
        (json!({"do": "power-off", "drone": nobody}), "`drone`"),
        (
            json!({"do": "power-on", "drone": "1581F0Q8X000U00G00F6"}),
            "has no dock or remote controller",
        ),
        (
            json!({"do": "connect", "sn": "1581F0Q8X000U00G00F6"}),
            "`sn`: `1581F0Q8X000U00G00F6` has",
        ),
        (json!({"do": "disconnect", "sn": nobody}), "`sn`: there is no device"),
        (json!({"do": "connect", "sn": ""}), "`sn`"),
        (json!({"do": "pilot-takes-control", "drone": nobody}), "`drone`"),
        (json!({"do": "control-expires", "drone": nobody}), "`drone`"),
        (json!({"do": "drone-out", "drone": "1581F0Q8X000U00G00D4"}), "belongs to no dock"),
        (json!({"do": "drone-in", "drone": nobody}), "`drone`"),
        (json!({"do": "storage-used", "sn": A1, "percent": 200}), "`percent`"),
        (json!({"do": "storage-used", "sn": CONTROLLER, "percent": 2}), "reports no storage"),
        (json!({"do": "weather", "dock": nobody}), "`dock`: there is no dock"),
        (json!({"do": "weather", "wind_speed": -1}), "`wind_speed`: -1 is not between 0 and 60"),
        (json!({"do": "weather", "temperature": 99}), "`temperature`"),
        (json!({"do": "alert-raised", "sn": A1, "level": "warning", "code": ""}), "`code`"),
        (json!({"do": "alert-raised", "sn": nobody, "level": "warning", "code": "1"}), "`sn`"),
        (json!({"do": "alert-cleared", "sn": A1, "code": "0x1"}), "there are 0x161000A4"),
        (json!({"do": "alert-cleared", "sn": C3, "code": "0x1"}), "there are none"),
        (json!({"do": "no-fix", "sn": nobody}), "`sn`"),
        (json!({"do": "fix", "sn": nobody}), "`sn`"),
        (json!({"do": "old-firmware", "sn": nobody}), "`sn`"),
        (json!({"do": "new-firmware", "sn": nobody}), "`sn`"),
        (json!({"do": "add-project", "name": " ", "latitude": 0, "longitude": 0}), "`name`"),
        (json!({"do": "add-project", "name": "x", "latitude": 90, "longitude": 0}), "`latitude`"),
        (
            json!({"do": "add-project", "name": "x", "latitude": 0, "longitude": 0, "ceiling": 5}),
            "`ceiling`: 5 is not between 20 and 1500 metres",
        ),
        (
            json!({"do": "add-project", "uuid": DEMO, "name": "x", "latitude": 0, "longitude": 0}),
            "`uuid`: there is a project",
        ),
        (json!({"do": "add-dock", "sn": A1, "project": SPARE}), "there is a device"),
        (json!({"do": "add-dock", "sn": "a/b", "project": SPARE}), "letters and digits only"),
        (json!({"do": "add-dock", "sn": "N1", "project": "x"}), "`project`: there is no project"),
        (
            json!({"do": "add-dock", "sn": "N1", "project": SPARE, "model": "0-91-1"}),
            "there are 3-1-0 (DJI Dock)",
        ),
        (
            json!({"do": "add-controller", "sn": "N1", "project": SPARE, "place": {"latitude": 99, "longitude": 0}}),
            "`place.latitude`",
        ),
        (json!({"do": "add-aircraft", "sn": "N1"}), "`project`: is needed without a `gateway`"),
        (json!({"do": "add-aircraft", "sn": "N1", "gateway": A1}), "has the aircraft `1581F0Q8"),
        (json!({"do": "add-aircraft", "sn": "N1", "gateway": "x"}), "`gateway`: there is no"),
        (
            json!({"do": "add-aircraft", "sn": "N1", "gateway": C3, "project": SPARE}),
            "`project`: the gateway",
        ),
        (json!({"do": "add-route", "project": SPARE, "name": "x", "points": []}), "`points`"),
        (
            json!({"do": "add-route", "project": SPARE, "name": "x", "points": [[-25.3, 0.02, 9999]]}),
            "`points`: 9999",
        ),
        (json!({"do": "move-device", "sn": DRONE, "project": SPARE}), "move `7CTXN0000B00A1`"),
        (json!({"do": "move-device", "sn": nobody, "project": SPARE}), "`sn`"),
        (json!({"do": "move-device", "sn": A1, "project": "x"}), "`project`"),
        (json!({"do": "ceiling", "project": DEMO, "metres": 0}), "`metres`"),
        (json!({"do": "rights", "key": "unknown", "become": "admin"}), "`key`"),
        (
            json!({"do": "converter-target", "host": "rtmp://x/", "outcome": "refuses"}),
            "`host`: `rtmp://x/` is no host name",
        ),
        (json!({"do": "reconstruction-fails", "error_code": 0}), "`error_code`"),
    ];
    for (deed, expected) in cases {
        let mut world = World::demo(1);
        let before = format!("{world:?}");
        let problem = apply(&mut world, &deed).unwrap_err();
        assert!(problem.contains(expected), "{deed}: {problem}");
        assert_eq!(format!("{world:?}"), before, "{deed}");
    }
}

#[test]
fn what_is_in_the_air_or_at_work_stays_where_it_is() {
    let mut world = World::demo(1);
    world.task_create(&caller(), immediate(A1, NORTH)).unwrap();
    world.advance(seconds(60));
    for deed in [
        json!({"do": "power-off", "drone": DRONE}),
        json!({"do": "drone-out", "drone": DRONE}),
        json!({"do": "move-device", "sn": A1, "project": SPARE}),
    ] {
        let problem = apply(&mut world, &deed).unwrap_err();
        assert!(problem.contains("in the air") || problem.contains("a task"), "{problem}");
    }
}

#[test]
fn an_unknown_field_or_deed_is_refused() {
    for (deed, expected) in [
        (json!({"do": "battery", "drone": DRONE, "percent": 5, "colour": 1}), "colour"),
        (json!({"do": "fly"}), "unknown variant `fly`"),
        (json!({"do": "weather", "rainfall": "monsoon"}), "monsoon"),
    ] {
        let error = serde_json::from_value::<Deed>(deed).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn an_empty_world_can_be_filled() {
    let mut world = World::empty_in("eu", 1);
    assert_eq!(data(world.project_list(&caller(), ProjectList::new())), json!({"list": null}));
    let project = "11111111-2222-4333-8444-555555555555";
    for deed in [
        json!({"do": "add-project", "uuid": project, "name": "Own", "latitude": 0.02, "longitude": -25.3}),
        json!({"do": "add-dock", "sn": "DOCK1", "project": project}),
        json!({"do": "add-aircraft", "sn": "DRONE1", "gateway": "DOCK1"}),
        json!({"do": "add-route", "project": project, "name": "line",
            "points": [[0.0205, -25.3, 60], [0.021, -25.3, 60], [0.021, -25.299, 60]]}),
    ] {
        apply(&mut world, &deed).unwrap();
    }
    let caller = Caller::admin().in_project(project);
    let route = world.wayline_list(&caller, WaylineList::new()).unwrap()[0].id.clone();
    let task = world.task_create(&caller, immediate("DOCK1", route.as_str())).unwrap().task_uuid;
    world.advance(seconds(600));
    let task = world.task_get(&caller, TaskGet::new(task)).unwrap();
    assert_eq!(task.status, TaskStatus::Success);
}
