//! The simulator as its users meet it: over HTTP, with nothing but sockets and JSON.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "support/wire.rs"]
mod wire;

use std::io::Read;
use std::net::TcpStream;
use std::time::Duration;

use flighthub_api::ErrorCode;
use flighthub_api::catalog::Catalogue;
use flighthub_api::v1::{AnyOperation, CATALOGUE};
use flighthub_sim::kmz::{Kmz, KmzWaypoint};
use flighthub_sim::{Profile, Sim};
use serde_json::{Value, json};

use wire::{Answer as Reply, DOCK, DRONE, send};

const DOCK_CAMERA: &str = "165-0-7";

/// A simulator with the key and project of its demo world at hand.
struct Lab(Sim);

impl Lab {
    fn new() -> Self {
        // Private: only there are stream converters.
        Self(Sim::builder().seed(7).profile(Profile::Private).start_blocking().unwrap())
    }

    fn strict() -> Self {
        Self(Sim::builder().strict(true).profile(Profile::Private).start_blocking().unwrap())
    }

    fn with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Reply {
        send(self.0.url(), method, path, headers, body)
    }

    /// A call with key and project, below the API's prefix.
    fn call(&self, method: &str, path: &str, body: Option<Value>) -> Reply {
        let headers = [("X-User-Token", self.0.token()), ("X-Project-Uuid", self.0.project())];
        self.with(
            method,
            &format!("/openapi/v0.1{path}"),
            &headers,
            body.map(|body| body.to_string()).as_deref(),
        )
    }

    fn get(&self, path: &str) -> Value {
        self.call("GET", path, None).data()
    }

    fn post(&self, path: &str, body: Value) -> Reply {
        self.call("POST", path, Some(body))
    }

    fn advance(&self, seconds: u64) {
        self.0.advance(Duration::from_secs(seconds));
    }

    /// Flies a task until its photos are uploaded, and answers its folder.
    fn folder_with_photos(&self) -> i64 {
        let wayline = self.get("/wayline")["list"][0]["id"].clone();
        let task = json!({
            "name": "Survey", "wayline_uuid": wayline, "sn": DOCK, "rth_altitude": 60, "rth_mode": "preset",
            "wayline_precision_type": "rtk", "out_of_control_action_in_flight": "return_home", "resumable_status": "manual",
            "task_type": "immediate", "time_zone": "Atlantic/Azores",
        });
        let uuid = self.post("/flight-task", task).data()["task_uuid"].as_str().unwrap().to_owned();
        self.advance(3600);
        let task = self.get(&format!("/flight-task/{uuid}"));
        assert_eq!(task["status"], "success", "{task}");
        task["folder_info"]["folder_id"].as_i64().unwrap()
    }
}

/// Sends each body and expects its code, and the field's name in the message.
#[track_caller]
fn refuses(lab: &Lab, method: &str, path: &str, cases: Vec<(Value, i64, &str)>) {
    for (body, code, named) in cases {
        let reply = lab.call(method, path, Some(body.clone()));
        let message = reply.json()["message"].as_str().unwrap().to_owned();
        assert_eq!((reply.status, reply.code()), (200, code), "{body} got {message}");
        assert!(message.contains(named), "{body}: `{message}` does not name `{named}`");
        assert_eq!(reply.json().get("data"), None, "refusals come without data");
    }
}

/// A copy of an object with one field changed; null takes it away.
fn changed(object: &Value, field: &str, value: Value) -> Value {
    let mut object = object.clone();
    if value.is_null() {
        object.as_object_mut().unwrap().remove(field);
    } else {
        object[field] = value;
    }
    object
}

// ---- keys, projects, paths

#[test]
fn unknown_paths_are_404_without_a_body_even_without_a_key() {
    let lab = Lab::new();
    for path in [
        "/",
        "/openapi/v0.1/nothing",
        "/openapi/v1.0/project",
        "/manage/api/v1.0/projects",
        "/openapi/v0.1/project/",
        "/__simulator",
    ] {
        let reply = lab.with("GET", path, &[], None);
        assert_eq!((reply.status, reply.body.as_str()), (404, ""), "{path}");
        assert_eq!(
            reply.header("x-flighthub-simulator"),
            Some(env!("CARGO_PKG_VERSION")),
            "{path}"
        );
    }
}

#[test]
fn every_reply_says_that_it_is_simulated_and_repeats_no_secret() {
    let lab = Lab::new();
    for reply in [
        lab.call("GET", "/project", None),
        lab.call("GET", "/model/1", None),
        lab.post("/live-stream/start", json!({})),
        lab.with("GET", "/__sim/clock", &[], None),
        lab.with("GET", "/openapi/v0.1/project", &[("X-User-Token", "my-secret")], None),
    ] {
        assert_eq!(reply.header("x-flighthub-simulator"), Some(env!("CARGO_PKG_VERSION")));
        let all = format!("{reply:?}");
        assert!(!all.contains(lab.0.token()) && !all.contains("my-secret"), "{all}");
    }
}

// ---- leniency and strictness

#[test]
fn every_documented_example_is_understood_and_answered_with_an_envelope() {
    let lab = Lab::strict();
    let catalogue = Catalogue::v1();
    assert_eq!(catalogue.operations.len(), CATALOGUE.len());
    let headers = [("X-User-Token", lab.0.token()), ("X-Project-Uuid", lab.0.project())];
    for entry in &catalogue.operations {
        let arguments = Value::from(entry.example.clone());
        if let Some(key) = arguments["object_key"].as_str() {
            lab.0.with_world(|world| world.put_object(key, route_file()));
        }
        let operation = AnyOperation::from_args(&entry.id, &arguments.to_string()).unwrap();
        let request = operation.to_request().unwrap();
        let body = request.body.as_deref().map(|body| std::str::from_utf8(body).unwrap());
        let reply =
            lab.with(operation.info().method.as_str(), &request.path_and_query(), &headers, body);
        let name = &entry.id;
        assert_eq!(reply.header("x-flighthub-simulator-notes"), None, "{name}");
        assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"), "{name}");
        let json = reply.json();
        assert!(reply.status == 200 && json["message"].is_string(), "{name}: {json}");
        if json["code"] == 0 {
            operation
                .check_output(&json["data"].to_string())
                .unwrap_or_else(|error| panic!("{name}: {error}"));
        } else {
            // Ids of the examples are none of this world's; what they belong to is understood.
            let code = ErrorCode::new(reply.code());
            assert!(code.entry().is_some(), "{name}: {json} is no documented code");
            assert_ne!(code.get(), 200_500, "{name}: {json}");
        }
    }
}

/// A small sound route.
fn route_file() -> Vec<u8> {
    let mut route = Kmz::new("0-91-1");
    let point = |latitude| KmzWaypoint::new(latitude, -25.3, 60.0);
    route.waypoints = vec![point(0.021), point(0.022)];
    route.to_bytes().unwrap()
}

#[test]
fn why_a_route_cannot_be_used_is_in_a_header_and_not_in_the_body() {
    let lab = Lab::new();
    let storage = lab.get("/project/sts-token");
    let key = format!("{}/a/yard.kmz", storage["object_key_prefix"].as_str().unwrap());
    let body = json!({"name": "yard", "object_key": key});
    let note = |content: Option<&[u8]>| {
        if let Some(content) = content {
            lab.0.with_world(|world| world.put_object(&key, content));
        }
        let reply = lab.post("/wayline/finish-upload", body.clone());
        assert_eq!((reply.status, reply.code()), (500, 200_500));
        assert_eq!(reply.json(), json!({"code": 200_500, "message": "server error"}));
        reply.header("x-flighthub-simulator-notes").unwrap().to_owned()
    };
    assert!(note(None).contains("there is no object"));
    assert!(note(Some(b"<kml/>")).contains("is no ZIP archive"));
    lab.0.with_world(|world| world.put_object(&key, route_file()));
    assert_eq!(lab.post("/wayline/finish-upload", body.clone()).data()["name"], "yard");
}

#[test]
fn a_note_fits_into_a_header_whatever_the_field_is_called() {
    let lab = Lab::new();
    let reply = lab.post(
        "/live-stream/start",
        json!({"sn": DOCK, "camera_index": DOCK_CAMERA, "video_expire": 300, "Größe\r\nx: y": 1}),
    );
    reply.data();
    assert!(reply.header("x-flighthub-simulator-notes").unwrap().contains("\\u{f6}"));
    assert_eq!(reply.header("x"), None);
}

// ---- converters

fn rtmp(name: &str, url: &str) -> Value {
    json!({"converter_name": name, "sn": DOCK, "camera_index": DOCK_CAMERA, "schema": "rtmp", "schema_option": {"url": url}})
}

#[test]
fn the_organization_has_twenty_converters_at_most() {
    let lab = Lab::new();
    for number in 0..20 {
        let url = format!("rtmp://media.example.net/live/{number}");
        lab.post("/live-stream/converter", rtmp(&format!("N{number}"), &url)).data();
    }
    let more = rtmp("N20", "rtmp://media.example.net/live/20");
    refuses(&lab, "POST", "/live-stream/converter", vec![(more, 233317, "20")]);
}

// ---- annotations

fn element(kind: i64, geometry: &str, coordinates: Value) -> Value {
    let content = json!({
        "type": "Feature", "properties": {"color": "#2D8CF0", "clampToGround": true},
        "geometry": {"type": geometry, "coordinates": coordinates},
    });
    json!({"name": "Mark", "desc": "", "resource": {"type": kind, "content": content}})
}

// ---- models

fn model(folder: i64) -> Value {
    json!({
        "name": "Pier", "reconstruction_type": ["model_2d", "model_3d"], "simplified_factor": 0.2, "task_folder_id": folder, "wkt": "EPSG:32726",
        "quality_level": "medium", "reconstruction_mode": "normal", "generate_model_formats": ["b3dm", "pnts"],
    })
}

// ---- open modeling

/// Puts an image where a grant says, and gives its row of a report.
fn uploaded(lab: &Lab, grant: &Value, name: &str) -> Value {
    let key = grant["store_path"].as_str().unwrap().replace("{fileName}", name);
    json!({"name": name, "etag": lab.0.with_world(|world| world.put_object(&key, *b"hello"))})
}

/// Allocates a resource, uploads and reports so many images and waits for the import.
fn resource(lab: &Lab, images: usize) -> String {
    let grant = lab.call("POST", "/open_model/stores/obtain_token", None).data();
    let uuid = grant["store_path"]
        .as_str()
        .unwrap()
        .strip_suffix("/{fileName}")
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    let names: Vec<_> = (0..images).collect();
    for names in names.chunks(100) {
        let files: Vec<_> =
            names.iter().map(|n| uploaded(lab, &grant, &format!("{n:05}.JPG"))).collect();
        let report = json!({"resource_uuid": uuid, "callback_param": grant["callback_param"], "files": files});
        let receipt = lab.post("/open_model/stores/upload_callback", report).data();
        assert_eq!(
            (&receipt["resource_uuid"], &receipt["upload_count"]),
            (&json!(uuid), &json!(names.len()))
        );
    }
    lab.advance(10);
    uuid
}

#[test]
fn without_quota_a_job_gets_no_resources() {
    let lab = Lab::new();
    let uuid = resource(&lab, 20_000);
    let order = json!({"resource_uuid": uuid, "parameter_2d": "{}"});
    for _ in 0..5 {
        lab.post("/open_model/models/reconstruction/start", order.clone()).data();
    }
    assert_eq!(lab.0.with_world(|world| world.modeling_quota()), 0);
    let job = lab.post("/open_model/models/reconstruction/start", order).data()["model_2d"]["uuid"]
        .as_str()
        .unwrap()
        .to_owned();
    lab.advance(30);
    assert_eq!(lab.get(&format!("/open_model/models/{job}"))["model_status"], 13);
}

#[test]
fn reports_and_starts_are_refused_when_wrong() {
    let lab = Lab::new();
    let grant = lab.call("POST", "/open_model/stores/obtain_token", None).data();
    let uuid = grant["store_path"].as_str().unwrap().split('/').nth_back(1).unwrap().to_owned();
    let file = |name: &str, etag: &str| json!({"name": name, "etag": etag});
    let row = uploaded(&lab, &grant, "a.JPG");
    let good =
        json!({"resource_uuid": uuid, "callback_param": grant["callback_param"], "files": [row]});
    let many: Vec<_> = (0..101).map(|n| file(&n.to_string(), "e")).collect();
    let cases = vec![
        (changed(&good, "files", json!([])), 200101, "files"),
        (changed(&good, "files", json!(many)), 200101, "files"),
        (changed(&good, "files", json!([file("x/a.JPG", "e")])), 200101, "files[0].name"),
        (changed(&good, "files", json!([file("a", "e"), file("a", "e")])), 200101, "files[1].name"),
        (changed(&good, "files", json!([file("a", "\"e\"")])), 200101, "files[0].etag"),
        (changed(&good, "files", json!([row, file("b.JPG", "e")])), 200101, "files[1].name"),
        (changed(&good, "files", json!([file("a.JPG", "e")])), 200101, "files[0].etag"),
        (changed(&good, "callback_param", json!("other")), 200101, "callback_param"),
        (changed(&good, "resource_uuid", json!("nobody")), 200404, "nobody"),
        (changed(&good, "resource_name", json!("n".repeat(256))), 200101, "resource_name"),
    ];
    refuses(&lab, "POST", "/open_model/stores/upload_callback", cases);
    lab.advance(3601);
    refuses(
        &lab,
        "POST",
        "/open_model/stores/upload_callback",
        vec![(good, 200101, "callback_param")],
    );

    let few = resource(&lab, 9);
    let start = |field: &str, text: &str| json!({"resource_uuid": few, field: text});
    let cases = vec![
        (json!({"resource_uuid": few}), 200101, "parameter_2d"),
        (start("parameter_2d", "[]"), 200101, "parameter_2d"),
        (start("parameter_lidar", "quality"), 200101, "parameter_lidar"),
        (start("parameter_3dgs", "{}"), 200101, "parameter_3dgs"),
        (json!({"resource_uuid": uuid, "parameter_2d": "{}"}), 200101, "resource_uuid"),
        (json!({"resource_uuid": "nobody", "parameter_2d": "{}"}), 200404, "nobody"),
    ];
    refuses(&lab, "POST", "/open_model/models/reconstruction/start", cases);
    for (method, path) in [
        ("GET", "/open_model/resource/nobody"),
        ("DELETE", "/open_model/resource/nobody"),
        ("GET", "/open_model/models/nobody"),
        ("DELETE", "/open_model/models/nobody"),
        ("POST", "/open_model/models/nobody/reconstruction/stop"),
    ] {
        assert_eq!(lab.call(method, path, None).code(), 200404, "{method} {path}");
    }
}

// ---- the simulator itself

#[test]
fn the_clock_stands_still_until_it_is_advanced() {
    let lab = Lab::new();
    let clock = || lab.with("GET", "/__sim/clock", &[], None).json();
    assert_eq!(clock(), json!({"now": "2026-01-01T08:00:00Z", "speed": 0.0, "paused": false}));
    let reply = lab.with("POST", "/__sim/advance", &[], Some(r#"{"seconds": 90.5}"#));
    assert_eq!((reply.status, &reply.json()["now"]), (200, &json!("2026-01-01T08:01:30.5Z")));
    assert_eq!(clock()["now"], "2026-01-01T08:01:30.5Z");
    for body in
        ["", "{}", r#"{"seconds": -1}"#, r#"{"seconds": 1e99}"#, r#"{"seconds": 1, "speed": 2}"#]
    {
        assert_eq!(lab.with("POST", "/__sim/advance", &[], Some(body)).status, 400, "{body}");
    }
    assert_eq!(lab.with("GET", "/__sim/advance", &[], None).status, 405);
    assert_eq!(lab.with("GET", "/__sim/other", &[], None).status, 404);
    assert_eq!(clock()["now"], "2026-01-01T08:01:30.5Z");
}

#[test]
fn with_a_speed_the_clock_runs() {
    let sim = Sim::builder().speed(1000.0).start_blocking().unwrap();
    let before = sim.now();
    std::thread::sleep(Duration::from_millis(50));
    assert!(sim.now().duration_since(&before) >= Duration::from_secs(50));
    for speed in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(Sim::builder().speed(speed).start_blocking().is_err());
    }
}

/// Everything that a client can see, with every sort of id and secret in it.
fn script(seed: u64) -> Vec<String> {
    // The port of the storage is another every time.
    let storage = "http://objects.example.com";
    let lab = Lab(Sim::builder().seed(seed).storage_url(storage).start_blocking().unwrap());
    let mut seen = Vec::new();
    let mut note = |reply: Reply| seen.push(format!("{} {}", reply.status, reply.body));
    let folder = lab.folder_with_photos();
    note(lab.post("/model/create", model(folder)));
    note(lab.post("/live-stream/converter", rtmp("Gate", "rtmp://media.example.net/live/gate")));
    note(lab.post(
        "/live-stream/start",
        json!({"sn": DOCK, "camera_index": DOCK_CAMERA, "video_expire": 300}),
    ));
    note(lab.post("/map/element", element(0, "Point", json!([-25.3, 0.02]))));
    let uuid = resource(&lab, 12);
    note(lab.post(
        "/open_model/models/reconstruction/start",
        json!({"resource_uuid": uuid, "parameter_3d": "{}"}),
    ));
    lab.advance(1234);
    for path in [
        "/project",
        "/device",
        "/project/device",
        "/project/sts-token",
        "/wayline",
        "/model",
        "/live-stream/converter",
        "/open_model/models/running",
    ] {
        note(lab.call("GET", path, None));
    }
    for sn in [DOCK, DRONE] {
        note(lab.call("GET", &format!("/device/{sn}/state"), None));
    }
    note(lab.call("POST", "/open_model/stores/obtain_token", None));
    seen
}

#[test]
fn the_same_seed_and_calls_give_the_same_answers() {
    let first = script(11);
    assert_eq!(first, script(11));
    let other = script(12);
    assert_eq!(first.len(), other.len());
    assert_ne!(first, other);
}

#[test]
fn a_dropped_simulator_leaves_its_port() {
    let sim = Sim::builder().start_blocking().unwrap();
    let host = sim.url().strip_prefix("http://").unwrap().to_owned();
    let idle = TcpStream::connect(&host).unwrap();
    drop(sim);
    assert!(TcpStream::connect(&host).is_err());
    let mut rest = Vec::new();
    let _ = (&idle).read_to_end(&mut rest);
    assert!(rest.is_empty());
}

#[tokio::test]
async fn many_clients_at_once_are_served() {
    let sim = Sim::start().await.unwrap();
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let (url, token) = (sim.url().to_owned(), sim.token().to_owned());
            std::thread::spawn(move || {
                for _ in 0..20 {
                    send(&url, "GET", "/openapi/v0.1/project", &[("X-User-Token", &token)], None)
                        .data();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}
