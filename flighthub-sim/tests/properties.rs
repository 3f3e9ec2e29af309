//! What holds whatever is done to a world: random scripts of calls, deeds and time, and invariants after every move.
//!
//! A failing script is shrunk and printed line by line, so that it can be read and repeated:
//!
//! ```text
//! script:
//!   task.create {"name":"Round", …}
//!   advance 60
//!   deed {"do":"disconnect","sn":"7CTXN0000B00A1"}
//! ```
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use flighthub_api::catalog::Catalogue;
use flighthub_api::v1::{AnyOperation, ProjectUuid, dispatch};
use flighthub_sim::{Caller, Deed, Profile, Refusal, World};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

const DOCKS: [&str; 3] = ["7CTXN0000B00A1", "7CTXN0000B00B2", "7CTXN0000B00C3"];
const DRONES: [&str; 3] = ["1581F0Q8X000U00G00A1", "1581F0Q8X000U00G00B2", "1581F0Q8X000U00G00D4"];
const PAYLOADS: [&str; 3] = ["81-0-0", "99-0-0", "53-0-0"];
const CONTROLLER: &str = "9N9XL0000D00C3";
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
const WAYLINES: [&str; 3] = [
    "c2b0a3f4-1f0e-4f6a-8c55-9d3b2e7a6410",
    "6f7a5f1e-30b4-4c0b-9d11-58f2a0c4e7d3",
    "a41d7c60-92e5-4b3f-b7d8-0c6e5f3a2914",
];
/// A status that a task never leaves.
const TERMINAL: [&str; 5] =
    ["success", "terminated", "starting_failure", "timeout", "partially_done"];
/// Images that the organization may have reconstructed.
const QUOTA: i64 = 100_000;

// ---- scripts

/// One thing that happens. Strings such as `$task.2` in arguments stand for what earlier moves made, `$now+60` for a time.
#[derive(Clone)]
enum Move {
    Call(&'static str, Value),
    Deed(Value),
    Advance(u64),
}

impl fmt::Debug for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(id, arguments) => write!(f, "{id} {arguments}"),
            Self::Deed(deed) => write!(f, "deed {deed}"),
            Self::Advance(seconds) => write!(f, "advance {seconds}"),
        }
    }
}

#[derive(Clone)]
struct Script(Vec<Move>);

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("script:")?;
        self.0.iter().try_for_each(|step| write!(f, "\n  {step:?}"))
    }
}

fn any_dock() -> impl Strategy<Value = &'static str> {
    select(&DOCKS[..])
}

fn any_device() -> impl Strategy<Value = &'static str> {
    select([&DOCKS[..], &DRONES[..], &[CONTROLLER]].concat())
}

/// An aircraft with its own payload, mostly.
fn any_payload() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop_oneof![
        5 => (0..3_usize).prop_map(|index| (DRONES[index], PAYLOADS[index])),
        1 => (select(&DRONES[..]), select(&PAYLOADS[..])),
    ]
}

/// `$KIND.0`, the newest, to `$KIND.3`.
fn made(kind: &'static str) -> impl Strategy<Value = String> {
    (0..4_usize).prop_map(move |index| format!("${kind}.{index}"))
}

/// A task without its plan.
fn task(dock: &str, route: &str, height: i32) -> Value {
    json!({
        "name": "Round", "wayline_uuid": route, "sn": dock, "time_zone": "Atlantic/Azores", "rth_altitude": height,
        "rth_mode": "preset", "wayline_precision_type": "rtk", "out_of_control_action_in_flight": "return_home",
        "resumable_status": "manual",
    })
}

fn create_task() -> impl Strategy<Value = Move> {
    let fitting = prop_oneof![
        6 => (0..2_usize).prop_map(|index| (DOCKS[0], WAYLINES[index])),
        3 => Just((DOCKS[1], WAYLINES[2])),
        1 => (any_dock(), select(&WAYLINES[..])),
    ];
    let height = select(vec![60, 110, 400]);
    let landing = prop_oneof![3 => Just(None), 1 => any_dock().prop_map(Some)];
    (fitting, 0..4_usize, height, landing, 0..3_600_u64, 1..5_u64).prop_map(
        |((dock, route), kind, height, landing, after, more)| {
            let mut task = task(dock, route, height);
            let plan = match kind {
                0 => json!({"task_type": "immediate"}),
                1 => json!({"task_type": "timed", "begin_at": format!("$now+{after}"), "latest_begin_at": format!("$now+{}", after * more)}),
                2 => json!({
                    "task_type": "recurring", "begin_at": format!("$now+{after}"), "end_at": format!("$now+{}", 86_400 * more),
                    "repeat_type": "daily", "repeat_option": {"interval": 1},
                    "recurring_task_start_time_list": [format!("$now+{after}"), format!("$now+{}", after + 600 * more)],
                }),
                _ => json!({
                    "task_type": "continuous", "begin_at": format!("$now+{after}"), "end_at": format!("$now+{}", 86_400 * more),
                    "repeat_type": "daily", "repeat_option": {"interval": 1}, "min_battery_capacity": 60,
                    "continuous_task_periods": [[format!("$now+{after}"), format!("$now+{}", after + 1_200 * more)]],
                }),
            };
            let fields = task.as_object_mut().unwrap();
            fields.extend(plan.as_object().unwrap().clone());
            if let Some(landing) = landing {
                fields.insert("landing_dock_sn".to_owned(), landing.into());
            }
            Move::Call("task.create", task)
        },
    )
}

fn order() -> impl Strategy<Value = Move> {
    let orders = [
        "return_home",
        "return_home_cancel",
        "return_specific_home",
        "flighttask_pause",
        "flighttask_recovery",
    ];
    let receiver = prop_oneof![4 => select(vec![DOCKS[0], DRONES[0]]), 1 => any_device()];
    (receiver, select(orders.to_vec())).prop_map(|(sn, order)| {
        Move::Call("device.command", json!({"device_sn": sn, "device_command": order}))
    })
}

fn set_status() -> impl Strategy<Value = Move> {
    (made("task"), select(vec!["suspended", "restored"])).prop_map(|(task, status)| {
        Move::Call("task.set_status", json!({"task_uuid": task, "status": status}))
    })
}

fn advance() -> impl Strategy<Value = Move> {
    select(vec![1_u64, 7, 30, 60, 300, 900, 3_600]).prop_map(Move::Advance)
}

fn flying() -> impl Strategy<Value = Move> {
    let calibrate = (any_dock(), select(vec!["ntrip.example.net", "caster.invalid"]));
    let calibrate = calibrate.prop_map(|(dock, host)| {
        let source = json!({
            "device_sn": dock, "host": host, "port": 8002, "account": "demo", "password": "rtk-password-of-the-test",
            "mount_point": "M",
        });
        Move::Call("device.calibrate_rtk", source)
    });
    prop_oneof![4 => create_task(), 2 => order(), 1 => set_status(), 1 => calibrate]
}

fn cameras() -> impl Strategy<Value = Move> {
    prop_oneof![
        any_payload().prop_map(|(drone, payload)| Move::Call(
            "device.acquire_control",
            json!({"drone_sn": drone, "payload_index": [payload]})
        )),
        any_payload().prop_map(|(drone, payload)| Move::Call(
            "device.release_control",
            json!({"drone_sn": drone, "payload_index": [payload]})
        )),
        (any_payload(), select(vec!["wide", "zoom", "ir"])).prop_map(|((drone, payload), lens)| Move::Call(
            "device.change_lens",
            json!({"sn": drone, "camera_index": payload, "lens_type": lens})
        )),
        any_payload().prop_map(|(drone, payload)| Move::Call(
            "device.set_stream_quality",
            json!({"sn": drone, "camera_index": payload, "quality_type": "smooth"})
        )),
        any_dock().prop_map(|dock| Move::Call(
            "device.change_camera",
            json!({"sn": dock, "camera_index": "165-0-7", "camera_position": "outdoor"})
        )),
        (any_dock(), 1..900_u64).prop_map(|(dock, seconds)| Move::Call(
            "livestream.start",
            json!({"sn": dock, "camera_index": "165-0-7", "video_expire": seconds})
        )),
        (any_payload(), 1..900_u64).prop_map(|((drone, payload), seconds)| Move::Call(
            "livestream.start",
            json!({"sn": drone, "camera_index": payload, "video_expire": seconds})
        )),
        (any_dock(), 0..3_u8).prop_map(|(dock, number)| Move::Call(
            "converter.create",
            json!({"converter_name": format!("C{number}"), "sn": dock, "camera_index": "165-0-7", "schema": "rtmp",
                "schema_option": {"url": format!("rtmp://media.example.net/live/{number}")}})
        )),
        (made("converter"), any::<bool>()).prop_map(|(id, on)| Move::Call(
            "converter.set",
            json!({"converter_id": id, "auto_push_stream": on})
        )),
        made("converter").prop_map(|id| Move::Call("converter.delete", json!({"converter_id": id}))),
    ]
}

/// A report of so many images.
fn report(resource: String, callback: String, images: usize) -> Move {
    let etag = "5d41402abc4b2a76b9719d911017c592";
    let file = |number: usize| json!({"name": format!("{number:03}.JPG"), "etag": etag});
    let files: Vec<_> = (0..images).map(file).collect();
    let report = json!({"resource_uuid": resource, "callback_param": callback, "files": files});
    Move::Call("openmodel.upload_callback", report)
}

fn start() -> impl Strategy<Value = Move> {
    (made("resource"), 1..8_u8, any::<bool>()).prop_map(|(resource, kinds, drain)| {
        let mut order = json!({"resource_uuid": resource, "delete_resource_if_finish": drain});
        let fields = [(1, "parameter_2d"), (2, "parameter_3d"), (4, "parameter_3dgs")];
        for (_, field) in fields.into_iter().filter(|(bit, _)| kinds & bit != 0) {
            order[field] = "{}".into();
        }
        Move::Call("openmodel.start", order)
    })
}

fn build() -> impl Strategy<Value = Move> {
    let kinds = select(vec![vec!["model_2d"], vec!["model_3d"], vec!["model_2d", "model_3d"]]);
    (made("folder"), kinds).prop_map(|(folder, kinds)| {
        let order = json!({
            "name": "Pier", "reconstruction_type": kinds, "simplified_factor": 0.2, "task_folder_id": folder,
            "wkt": "EPSG:32726", "quality_level": "low", "reconstruction_mode": "normal",
            "generate_model_formats": ["b3dm"],
        });
        Move::Call("model.create", order)
    })
}

fn modeling() -> impl Strategy<Value = Move> {
    let on = |id: &'static str, field: &'static str| {
        move |uuid: String| Move::Call(id, Map::from_iter([(field.to_owned(), uuid.into())]).into())
    };
    prop_oneof![
        2 => Just(Move::Call("openmodel.obtain_token", json!({}))),
        3 => (0..4_usize, 4..20_usize).prop_map(|(index, images)| {
            report(format!("$resource.{index}"), format!("$callback.{index}"), images)
        }),
        4 => start(),
        2 => made("job").prop_map(on("openmodel.stop", "model_uuid")),
        2 => made("job").prop_map(on("openmodel.delete", "model_uuid")),
        1 => made("resource").prop_map(on("openmodel.delete_resource", "resource_uuid")),
        1 => build(),
        1 => Just(Move::Call("project.sts_token", json!({}))),
    ]
}

fn deeds() -> impl Strategy<Value = Move> {
    let deed = |name: &'static str| {
        select(&DRONES[..]).prop_map(move |drone| Move::Deed(json!({"do": name, "drone": drone})))
    };
    let link = (any_device(), select(vec!["connect", "disconnect"]));
    let battery = (select(&DRONES[..]), select(vec![100_u8, 60, 25, 12, 0]));
    prop_oneof![
        4 => link.prop_map(|(sn, what)| Move::Deed(json!({"do": what, "sn": sn}))),
        4 => battery.prop_map(|(drone, percent)| {
            Move::Deed(json!({"do": "battery", "drone": drone, "percent": percent}))
        }),
        3 => deed("pilot-takes-control"),
        1 => deed("control-expires"),
        1 => deed("power-on"),
        1 => deed("power-off"),
        1 => deed("drone-out"),
        1 => deed("drone-in"),
        1 => any_device().prop_map(|sn| Move::Deed(json!({"do": "no-fix", "sn": sn}))),
        1 => Just(Move::Deed(json!({"do": "reconstruction-fails", "error_code": 4021}))),
        1 => Just(Move::Deed(json!({"do": "packing-fails"}))),
        1 => (10_u64..60).prop_map(|images| Move::Deed(json!({"do": "modeling-quota", "images": images}))),
    ]
}

/// A documented example with one of its values made odd.
fn odd_call() -> impl Strategy<Value = Move> {
    let odd = vec![
        Value::Null,
        json!(-1),
        json!(0),
        json!(1e18),
        json!(u64::MAX),
        json!(""),
        json!("\u{0}\u{7f}ß"),
        json!("x".repeat(300)),
        json!([]),
        json!([[[]]]),
        json!({}),
        json!(true),
    ];
    let entries: Vec<_> = Catalogue::v1()
        .operations
        .iter()
        .filter(|entry| !entry.example.is_empty())
        .map(|entry| (entry.id.as_str(), Value::from(entry.example.clone())))
        .collect();
    (select(entries), any::<proptest::sample::Index>(), select(odd)).prop_map(
        |((id, mut example), index, odd)| {
            let places = pointers(&example, String::new());
            if let Some(value) = example.pointer_mut(index.get(&places).as_str()) {
                *value = odd;
            }
            Move::Call(id, example)
        },
    )
}

/// Where the values of a JSON document are.
fn pointers(value: &Value, path: String) -> Vec<String> {
    let inner = |key: &str, value: &Value| pointers(value, format!("{path}/{key}"));
    let mut all: Vec<String> = match value {
        Value::Object(fields) => fields.iter().flat_map(|(key, value)| inner(key, value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(at, value)| inner(&at.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    if !path.is_empty() {
        all.push(path);
    }
    all
}

fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        4 => advance(),
        4 => flying(),
        3 => modeling(),
        2 => cameras(),
        2 => deeds(),
        2 => odd_call(),
    ]
}

/// A flight that gets into the air, and what may come between.
fn flight_scene() -> impl Strategy<Value = Vec<Move>> {
    let between = prop_oneof![
        3 => order(),
        1 => deeds(),
        1 => cameras(),
        2 => select(vec![1_u64, 7, 30]).prop_map(Move::Advance),
    ];
    let between = prop::collection::vec(between, 0..5);
    (0..3_usize, select(vec![30_u64, 60, 120]), between, select(vec![10_u64, 300, 900])).prop_map(
        |(route, before, between, after)| {
            let dock = if route == 2 { DOCKS[1] } else { DOCKS[0] };
            let mut task = task(dock, WAYLINES[route], 60);
            task["task_type"] = "immediate".into();
            let mut scene = vec![Move::Call("task.create", task), Move::Advance(before)];
            scene.extend(between);
            scene.push(Move::Advance(after));
            scene
        },
    )
}

/// Control of a payload, used and given back.
fn control_scene() -> impl Strategy<Value = Vec<Move>> {
    let what = (0..3_usize, select(vec!["zoom", "ir"]), prop::option::of(deeds()));
    what.prop_map(|(index, lens, deed)| {
        let (drone, payload) = (DRONES[index], PAYLOADS[index]);
        let control = json!({"drone_sn": drone, "payload_index": [payload]});
        let mut scene = vec![Move::Call("device.acquire_control", control.clone())];
        scene.extend(deed);
        let lens = json!({"sn": drone, "camera_index": payload, "lens_type": lens});
        scene.push(Move::Call("device.change_lens", lens));
        scene.push(Move::Call("device.release_control", control));
        scene
    })
}

/// A plan that is suspended and restored.
fn plan_scene() -> impl Strategy<Value = Vec<Move>> {
    let then = prop::collection::vec(prop_oneof![set_status(), advance()], 0..4);
    (create_task(), then).prop_map(|(plan, then)| std::iter::once(plan).chain(then).collect())
}

/// Images that are uploaded, built, and perhaps stopped.
fn modeling_scene() -> impl Strategy<Value = Vec<Move>> {
    let end = |id| Move::Call(id, json!({"model_uuid": "$job.0"}));
    let end = select(vec!["openmodel.stop", "openmodel.delete"]).prop_map(end);
    let then = prop_oneof![2 => end, 2 => modeling(), 1 => advance()];
    let then = prop::collection::vec(then, 0..4);
    (5..20_usize, start(), then).prop_map(|(images, start, then)| {
        let mut scene = vec![
            Move::Call("openmodel.obtain_token", json!({})),
            report("$resource.0".to_owned(), "$callback.0".to_owned(), images),
            Move::Advance(10),
            start,
        ];
        scene.extend(then);
        scene
    })
}

/// A model of the images of a flight.
fn model_scene() -> impl Strategy<Value = Vec<Move>> {
    (flight_scene(), build()).prop_map(|(mut scene, build)| {
        scene.extend([Move::Advance(600), build, Move::Advance(300)]);
        scene
    })
}

fn any_script() -> impl Strategy<Value = Script> {
    let scene = prop_oneof![
        4 => flight_scene(),
        2 => plan_scene(),
        2 => control_scene(),
        2 => modeling_scene(),
        1 => model_scene(),
        6 => prop::collection::vec(any_move(), 1..4),
    ];
    prop::collection::vec(scene, 1..6).prop_map(|scenes| Script(scenes.concat()))
}

// ---- playing them

/// What earlier moves made, by kind.
type Made = BTreeMap<&'static str, Vec<Value>>;

struct Player {
    world: World,
    caller: Caller,
    made: Made,
    /// Secrets that were handed in or out.
    secrets: BTreeSet<String>,
    /// Aircraft and payload that the owner of the key may control.
    mine: BTreeSet<(String, String)>,
    /// What the quota has to be.
    quota: i64,
    /// Images of a job that still cost.
    images: BTreeMap<String, i64>,
    answers: Vec<Result<Value, String>>,
    /// Whether answers are read with the client's types.
    checked: bool,
}

/// The worlds begin alike.
fn demo() -> World {
    static DEMO: std::sync::OnceLock<World> = std::sync::OnceLock::new();
    DEMO.get_or_init(|| World::demo(5).with_profile(Profile::Private)).clone()
}

impl Player {
    fn new() -> Self {
        Self {
            world: demo(),
            caller: Caller::admin().in_project(World::DEMO_PROJECT),
            made: Made::new(),
            secrets: BTreeSet::new(),
            mine: BTreeSet::new(),
            quota: QUOTA,
            images: BTreeMap::new(),
            answers: Vec::new(),
            checked: true,
        }
    }

    /// The value behind `$task.2` or `$now+60`; anything else is itself.
    fn resolve(&self, value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.resolve(item)).collect(),
            Value::Object(fields) => Value::Object(
                fields.iter().map(|(key, value)| (key.clone(), self.resolve(value))).collect(),
            ),
            Value::String(text) if text.starts_with("$now+") => {
                let after: i64 = text[5..].parse().unwrap();
                (self.world.now().unix_seconds() + after).into()
            }
            Value::String(text) if text.starts_with('$') => {
                let (kind, index) = text[1..].split_once('.').unwrap();
                let known = self.made.get(kind).map_or(&[][..], Vec::as_slice);
                let index: usize = index.parse().unwrap();
                let nothing = if kind == "folder" { json!(1) } else { json!(NOBODY) };
                known.iter().nth_back(index % known.len().max(1)).cloned().unwrap_or(nothing)
            }
            other => other.clone(),
        }
    }

    fn call(&mut self, id: &str, arguments: &Value) -> Option<Result<Value, Refusal>> {
        let operation = AnyOperation::from_args(id, &arguments.to_string()).ok()?;
        let checked = self.checked;
        let answer = dispatch(&mut self.world, &self.caller, operation.clone());
        Some(answer.map(|answer| {
            let text = answer.data().unwrap_or("null");
            if let (true, Err(error)) = (checked, operation.check_output(text)) {
                panic!("{id}: the client cannot read {text}: {error}");
            }
            serde_json::from_str(text).unwrap()
        }))
    }

    /// Plays a move; time passes in portions of so many seconds. Whether the world took it.
    fn play(&mut self, step: &Move, portion: u64) -> bool {
        if matches!(step, Move::Call("model.create", _)) {
            self.find_folders();
        }
        match step {
            Move::Advance(seconds) => {
                let mut left = *seconds;
                while left > 0 {
                    let now = left.min(portion);
                    self.world.advance(Duration::from_secs(now));
                    left -= now;
                }
            }
            Move::Deed(deed) => {
                let meant = serde_json::from_value::<Deed>(deed.clone()).unwrap();
                if self.world.apply(&meant).is_err() {
                    return false;
                }
                match deed["do"].as_str().unwrap() {
                    "pilot-takes-control" | "control-expires" => {
                        let drone = deed["drone"].as_str().unwrap();
                        self.mine.retain(|(mine, _)| mine != drone);
                    }
                    "modeling-quota" => self.quota = deed["images"].as_i64().unwrap(),
                    _ => {}
                }
            }
            Move::Call(id, arguments) => {
                let arguments = self.resolve(arguments);
                let running = self.is_running(&arguments);
                if *id == "openmodel.upload_callback" {
                    self.upload(&arguments);
                }
                let Some(outcome) = self.call(id, &arguments) else {
                    return false;
                };
                match &outcome {
                    Ok(data) => self.accepted(id, &arguments, data, running),
                    Err(refusal) => {
                        let Refusal { http, code, message, .. } = refusal;
                        assert!(code.entry().is_some(), "{id}: {code} is no documented code");
                        assert!([200, 400, 401, 403, 404, 500].contains(http), "{id}: HTTP {http}");
                        assert!(!message.is_empty(), "{id}: a refusal without a word");
                    }
                }
                let accepted = outcome.is_ok();
                self.answers.push(outcome.map_err(|refusal| refusal.to_string()));
                return accepted;
            }
        }
        true
    }

    /// Puts the images of a report where the grant wants them. Their entity tag is that of five bytes.
    fn upload(&mut self, report: &Value) {
        let (organization, resource) = (World::DEMO_ORGANIZATION, report["resource_uuid"].as_str());
        for file in report["files"].as_array().into_iter().flatten() {
            if let (Some(resource), Some(name)) = (resource, file["name"].as_str()) {
                let folder =
                    format!("fh/organizations/{organization}/open_reconstruction/tmp/{resource}");
                self.world.put_object(&format!("{folder}/{name}"), *b"hello");
            }
        }
    }

    /// Whether the job of the arguments runs.
    fn is_running(&mut self, arguments: &Value) -> bool {
        let Some(uuid) = arguments["model_uuid"].as_str() else {
            return false;
        };
        let running = self.call("openmodel.running", &json!({})).unwrap().unwrap();
        running["list"]
            .as_array()
            .is_some_and(|list| list.iter().any(|row| row["model_uuid"] == uuid))
    }

    /// Remembers what a success made, and what has to follow from it.
    fn accepted(&mut self, id: &str, arguments: &Value, data: &Value, was_running: bool) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut remember = |kind: &'static str, value: Value| {
            self.made.entry(kind).or_default().push(value);
        };
        match id {
            "task.create" => remember("task", data["task_uuid"].clone()),
            "converter.create" => remember("converter", data["converter_id"].clone()),
            "openmodel.obtain_token" => {
                let path = text(&data["store_path"]);
                remember("resource", path.rsplit('/').nth(1).unwrap().into());
                remember("callback", data["callback_param"].clone());
                for secret in ["secret_access_key", "session_token"] {
                    self.secrets.insert(text(&data[secret]));
                }
            }
            "project.sts_token" => {
                for secret in ["access_key_secret", "security_token"] {
                    self.secrets.insert(text(&data["credentials"][secret]));
                }
            }
            "livestream.start" => {
                let url = text(&data["url"]);
                let token = url.split('&').find_map(|pair| pair.strip_prefix("token="));
                self.secrets.insert(token.unwrap_or(&url).to_owned());
            }
            "device.calibrate_rtk" => {
                self.secrets.insert(text(&arguments["password"]));
            }
            "device.acquire_control" | "device.release_control" => {
                self.controls(id, arguments, data)
            }
            "device.change_lens" => {
                let control = (text(&arguments["sn"]), text(&arguments["camera_index"]));
                assert!(
                    self.mine.contains(&control),
                    "a lens changed without control: {arguments}"
                );
            }
            "openmodel.start" => {
                let uuid = arguments["resource_uuid"].clone();
                let resource = self
                    .call("openmodel.get_resource", &json!({"resource_uuid": uuid}))
                    .unwrap()
                    .unwrap();
                let images = resource["file_names"].as_array().map_or(0, Vec::len) as i64;
                for job in data.as_object().unwrap().values() {
                    self.made.entry("job").or_default().push(job["uuid"].clone());
                    // Without enough quota a job is accepted, costs nothing and comes to nothing.
                    let cost = if images <= self.quota { images } else { 0 };
                    self.images.insert(text(&job["uuid"]), cost);
                    self.quota -= cost;
                }
            }
            "openmodel.stop" => self.quota += self.images[&text(&arguments["model_uuid"])],
            "openmodel.delete" if was_running => {
                self.quota += self.images[&text(&arguments["model_uuid"])];
            }
            "model.create" => {
                let images = self.images_of(&arguments["task_folder_id"]);
                let kinds = arguments["reconstruction_type"].as_array().map_or(0, Vec::len) as i64;
                (0..kinds)
                    .for_each(|_| self.quota -= if images <= self.quota { images } else { 0 });
            }
            _ => {}
        }
    }

    /// Every payload stands once in the answer, and the one that was asked for is held by who has to hold it.
    fn controls(&mut self, id: &str, arguments: &Value, data: &Value) {
        let drone = arguments["drone_sn"].as_str().unwrap().to_owned();
        let mut seen = BTreeSet::new();
        for control in data["controls"].as_array().unwrap() {
            let payload = control["payload_index"].as_str().unwrap_or("flight").to_owned();
            assert!(seen.insert(payload.clone()), "two holders: {data}");
            let key = (drone.clone(), payload.clone());
            let asked = arguments["payload_index"].as_array().unwrap().contains(&json!(payload));
            if asked && id == "device.acquire_control" {
                assert_eq!(control["user"]["type"], "cloud", "{data}");
                self.mine.insert(key);
            } else if asked {
                assert_ne!(control["user"]["type"], "cloud", "{data}");
                self.mine.remove(&key);
            }
        }
    }

    /// The media folders of the tasks that the script made.
    fn find_folders(&mut self) {
        let (mut folders, mut flown) = (Vec::new(), Vec::new());
        for task in self.made.get("task").cloned().unwrap_or_default() {
            let detail = self.call("task.get", &json!({"task_uuid": task})).unwrap().unwrap();
            if let Some(folder) = detail["folder_info"].get("folder_id") {
                folders.push(folder.clone());
                flown.push(json!({"uuid": task, "folder": folder}));
            }
        }
        self.made.insert("folder", folders);
        self.made.insert("flown", flown);
    }

    /// Images that were uploaded to a folder.
    fn images_of(&mut self, folder: &Value) -> i64 {
        let tasks = self.made.get("flown").cloned().unwrap_or_default();
        let task =
            tasks.iter().find(|task| task["folder"] == *folder).map(|task| task["uuid"].clone());
        let media = self.call("task.media", &json!({"task_uuid": task})).unwrap().unwrap();
        let images = media["list"].as_array().unwrap().iter();
        images.filter(|file| file["file_type"] == "image").count() as i64
    }

    /// Everything that can be read.
    ///
    /// Whether the client can read all of it is checked on wish: that takes its time.
    fn look(&mut self, checked: bool) -> Look {
        self.checked = checked;
        let look = self.look_around();
        self.checked = true;
        look
    }

    fn look_around(&mut self) -> Look {
        let mut look = Look(BTreeMap::new());
        let wide = json!({"begin_at": 1, "end_at": 4_000_000_000_i64});
        let all: Vec<_> = [&DOCKS[..], &DRONES[..], &[CONTROLLER]].concat();
        for id in [
            "system.status",
            "project.list",
            "project.devices_of_organization",
            "project.devices",
            "wayline.list",
            "model.list",
            "converter.list",
            "openmodel.running",
        ] {
            look.note(self, id, json!({}), "");
        }
        look.note(self, "device.hms", json!({"device_sn_list": all}), "");
        for sn in all {
            look.note(self, "device.state", json!({"device_sn": sn}), sn);
        }
        let mut tasks = BTreeSet::new();
        for dock in DOCKS {
            let mut window = wide.clone();
            window["sn"] = dock.into();
            let list = look.note(self, "task.list", window, dock);
            tasks.extend(
                list["list"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|row| row["uuid"].as_str().unwrap().to_owned()),
            );
        }
        for task in tasks {
            for id in ["task.get", "task.media", "task.track"] {
                look.note(self, id, json!({"task_uuid": task}), &task);
            }
        }
        for (kind, id, argument) in [
            ("job", "openmodel.get", "model_uuid"),
            ("resource", "openmodel.get_resource", "resource_uuid"),
        ] {
            for uuid in self.made.get(kind).cloned().unwrap_or_default() {
                look.note(
                    self,
                    id,
                    Map::from_iter([(argument.to_owned(), uuid.clone())]).into(),
                    uuid.as_str().unwrap(),
                );
            }
        }
        for route in WAYLINES {
            look.note(self, "wayline.get", json!({"wayline_id": route}), route);
        }
        let project = ProjectUuid::new(World::DEMO_PROJECT);
        let own = json!({
            "now": self.world.now().unix_millis(), "quota": self.world.modeling_quota(), "annotations": self.world.annotations().len(),
            "streams": self.world.livestreams().len(), "members": self.world.members(&project),
        });
        look.0.insert("world".to_owned(), own);
        look
    }
}

/// What all read operations answer, by operation and argument.
#[derive(Debug, PartialEq)]
struct Look(BTreeMap<String, Value>);

impl Look {
    fn note(&mut self, player: &mut Player, id: &str, arguments: Value, key: &str) -> Value {
        let answer = player.call(id, &arguments).unwrap_or_else(|| panic!("{id} {arguments}"));
        let answer = answer.unwrap_or_else(|refusal| json!({"refused": refusal.to_string()}));
        self.0.insert(format!("{id} {key}").trim().to_owned(), answer.clone());
        answer
    }

    fn get(&self, key: &str) -> &Value {
        self.0.get(key).unwrap_or(&Value::Null)
    }

    /// The answers of an operation, by its argument.
    fn of<'l>(&'l self, id: &'l str) -> impl Iterator<Item = (&'l str, &'l Value)> {
        self.0.iter().filter_map(move |(key, value)| {
            key.strip_prefix(id)?.strip_prefix(' ').map(|argument| (argument, value))
        })
    }

    /// The first difference to another.
    fn difference(&self, other: &Self) -> Option<String> {
        let differing = self.0.iter().find(|(key, value)| other.0.get(*key) != Some(value));
        differing.map(|(key, value)| format!("{key}:\n  {value}\n  {}", other.get(key)))
    }
}

// ---- what has to hold

fn rows(value: &Value) -> &[Value] {
    value["list"].as_array().map_or(&[], Vec::as_slice)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(0.0)
}

fn percent(value: &Value, what: &str) {
    assert!(value.is_null() || (0.0..=100.0).contains(&number(value)), "{what}: {value} percent");
}

/// That one list goes on where the other was.
fn goes_on(before: &[Value], after: &[Value], same: impl Fn(&Value) -> Value, what: &str) {
    assert!(before.len() <= after.len(), "{what}: shrank from {} to {}", before.len(), after.len());
    for (before, after) in before.iter().zip(after) {
        assert_eq!(same(before), same(after), "{what}: the past changed");
    }
}

fn counters(look: &Look) {
    for dock in DOCKS {
        for row in rows(look.get(&format!("task.list {dock}"))) {
            let (done, all) = (&row["current_waypoint_index"], &row["total_waypoints"]);
            assert!(
                (0.0..=number(all)).contains(&number(done)),
                "{done} of {all} waypoints: {row}"
            );
        }
    }
    for (task, detail) in look.of("task.get") {
        let folder = &detail["folder_info"];
        let (uploaded, expected) = (&folder["uploaded_file_count"], &folder["expected_file_count"]);
        assert!((0.0..=number(expected)).contains(&number(uploaded)), "{task}: {folder}");
    }
    for (sn, state) in look.of("device.state") {
        let state = &state["device_state"];
        percent(&state["battery"]["capacity_percent"], sn);
        percent(&state["drone_charge_state"]["capacity_percent"], sn);
        percent(&state["capacity_percent"], sn);
    }
    for (job, row) in look.of("openmodel.get") {
        percent(&row["reconstruction_progress"], job);
        percent(&row["zip_progress"], job);
    }
}

/// Whoever flies does so for a task that is under way, and a dock has one flight at most.
fn flights(look: &Look) {
    let mut flying = BTreeMap::new();
    for dock in DOCKS {
        for row in rows(look.get(&format!("task.list {dock}"))) {
            if matches!(row["status"].as_str(), Some("executing" | "paused")) {
                *flying.entry(dock).or_insert(0) += 1;
                assert!(!row["run_at"].is_null(), "it flies and never took off: {row}");
            }
        }
    }
    assert!(flying.values().all(|flights| *flights == 1), "{flying:?}");
    let in_the_air = DRONES.iter().filter(|drone| {
        let mode = &look.get(&format!("device.state {drone}"))["device_state"]["mode_code"];
        !matches!(mode.as_str(), None | Some("standby" | "not_connected"))
    });
    assert!(in_the_air.count() <= flying.len(), "an aircraft flies without a task");
}

/// What never goes back.
fn history(before: &Look, after: &Look) {
    assert!(number(&after.get("world")["now"]) >= number(&before.get("world")["now"]));
    for dock in DOCKS {
        let key = format!("task.list {dock}");
        for row in rows(before.get(&key)) {
            let same = rows(after.get(&key)).iter().find(|other| other["uuid"] == row["uuid"]);
            let same = same.unwrap_or_else(|| panic!("a task is gone: {row}"));
            let status = row["status"].as_str().unwrap();
            assert!(!TERMINAL.contains(&status) || same["status"] == status, "{row} became {same}");
            assert!(
                number(&same["current_waypoint_index"]) >= number(&row["current_waypoint_index"])
            );
            for time in ["run_at", "completed_at"] {
                assert!(
                    row[time].as_str().is_none_or(|set| set.is_empty() || same[time] == set),
                    "{row} became {same}"
                );
            }
        }
    }
    for (task, media) in before.of("task.media") {
        let after = after.get(&format!("task.media {task}"));
        goes_on(rows(media), rows(after), |file| file["uuid"].clone(), task);
    }
    for (task, track) in before.of("task.track") {
        let after = after.get(&format!("task.track {task}"));
        let points =
            |track: &Value| track["track"]["points"].as_array().cloned().unwrap_or_default();
        goes_on(&points(track), &points(after), Value::clone, task);
        let times: Vec<_> = points(after).iter().map(|point| number(&point["timestamp"])).collect();
        assert!(times.is_sorted_by(|one, next| one < next), "{task}: {times:?}");
        let distance = |track: &Value| number(&track["track"]["flight_distance"]);
        assert!(distance(track) <= distance(after), "{task}: the distance shrank");
    }
}

fn secrets(look: &Look, secrets: &BTreeSet<String>) {
    let text = json!(look.0).to_string();
    for secret in secrets.iter().filter(|secret| secret.len() >= 8) {
        assert!(!text.contains(secret.as_str()), "a secret can be read: {secret}");
    }
}

/// Few scripts by default, so that the tests take seconds; `PROPTEST_CASES` asks for more.
fn config(cases: u32) -> ProptestConfig {
    let more = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig {
        cases: more.unwrap_or(cases),
        failure_persistence: None,
        max_shrink_iters: 300,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(12))]

    #[test]
    fn whatever_happens_the_world_stays_sound(script in any_script()) {
        let mut player = Player::new();
        let mut before = player.look(true);
        for step in &script.0 {
            let taken = player.play(step, u64::MAX);
            let after = player.look(false);
            if !taken {
                prop_assert_eq!(before.difference(&after), None, "refused, but not without effect: {:?}", step);
            }
            counters(&after);
            flights(&after);
            history(&before, &after);
            secrets(&after, &player.secrets);
            assert_eq!(after.get("world")["quota"], player.quota, "after {step:?}");
            before = after;
        }
        let again = player.look(true);
        prop_assert_eq!(before.difference(&again), None, "reading changes the world");
    }

    #[test]
    fn the_portions_in_which_time_passes_do_not_matter(script in any_script(), portion in 1_u64..90) {
        let (mut one, mut other) = (Player::new(), Player::new());
        for step in &script.0 {
            one.play(step, u64::MAX);
            other.play(step, portion);
        }
        prop_assert_eq!(one.look(false).difference(&other.look(false)), None);
        prop_assert_eq!(one.answers, other.answers);
    }
}

#[test]
fn scripts_reach_what_they_are_about() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut accepted, mut seen) = (BTreeMap::new(), BTreeSet::new());
    for _ in 0..80 {
        let script = any_script().new_tree(&mut runner).unwrap().current();
        let mut player = Player::new();
        for step in &script.0 {
            let answers = player.answers.len();
            player.play(step, u64::MAX);
            if let (Move::Call(id, _), Some(Ok(_))) = (step, player.answers.get(answers)) {
                *accepted.entry(*id).or_insert(0) += 1;
            }
            for dock in DOCKS {
                let window = json!({"sn": dock, "begin_at": 1, "end_at": 4_000_000_000_i64});
                let list = player.call("task.list", &window).unwrap().unwrap();
                let statuses = rows(&list).iter().map(|row| row["status"].as_str().unwrap());
                seen.extend(statuses.map(str::to_owned));
            }
        }
    }
    for id in [
        "task.create",
        "task.set_status",
        "device.command",
        "device.calibrate_rtk",
        "device.acquire_control",
        "device.change_lens",
        "livestream.start",
        "openmodel.start",
        "openmodel.stop",
        "model.create",
    ] {
        assert!(accepted.contains_key(id), "{id} is never accepted: {accepted:?}");
    }
    for status in ["waiting", "executing", "success", "starting_failure", "suspended", "terminated"]
    {
        assert!(seen.contains(status), "no task is ever `{status}`: {seen:?}");
    }
}
