//! The simulator as its users meet it: over HTTP, with nothing but sockets and JSON.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use flighthub_api::ErrorCode;
use flighthub_api::catalog::Catalogue;
use flighthub_api::v1::{AnyOperation, CATALOGUE, DeviceSn};
use flighthub_sim::kmz::{Kmz, KmzWaypoint};
use flighthub_sim::{Profile, Sim, World};
use serde_json::{Value, json};

const DOCK: &str = "7CTXN0000B00A1";
const DRONE: &str = "1581F0Q8X000U00G00A1";
const DOCK_CAMERA: &str = "165-0-7";
const DRONE_CAMERA: &str = "81-0-0";
const SLEEPING_DRONE: &str = "1581F0Q8X000U00G00B2";
const SPARE_DOCK: &str = "7CTXN0000B00C3";

/// A reply as it came.
#[derive(Debug)]
struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    fn code(&self) -> i64 {
        self.json()["code"].as_i64().unwrap()
    }

    /// `data` of a success.
    fn data(&self) -> Value {
        let json = self.json();
        assert_eq!((self.status, &json["code"]), (200, &json!(0)), "{}", self.body);
        json["data"].clone()
    }
}

/// One request on a connection of its own.
fn send(
    url: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Reply {
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    if let Some(body) = body {
        text += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    }
    stream.write_all(format!("{text}\r\n{}", body.unwrap_or_default()).as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    Reply { status, headers, body: body.to_owned() }
}

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

    fn disconnect(&self, sn: &str) {
        self.0.with_world(|world| world.disconnect(&DeviceSn::new(sn)));
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
fn a_missing_key_is_a_business_code_inside_200() {
    let lab = Lab::new();
    for headers in [&[][..], &[("X-User-Token", "")], &[("X-User-Token", "  ")]] {
        for path in ["/openapi/v0.1/project", "/openapi/v0.1/system_status", "/openapi/v0.1/device"]
        {
            let reply = lab.with("GET", path, headers, None);
            assert_eq!(reply.status, 200);
            assert_eq!(
                reply.json(),
                json!({"code": 200401, "message": "X-User-Token not found or empty"}),
                "{path}"
            );
        }
    }
}

#[test]
fn a_wrong_key_is_401_but_the_system_status_takes_it() {
    let lab = Lab::new();
    let bearer = format!("Bearer {}", lab.0.token());
    for key in ["nonsense", bearer.as_str()] {
        let headers = [("X-User-Token", key), ("X-Project-Uuid", lab.0.project())];
        let reply = lab.with("GET", "/openapi/v0.1/project", &headers, None);
        assert_eq!((reply.status, reply.code()), (401, 200401));
        let reply = lab.with("GET", "/openapi/v0.1/system_status", &headers, None);
        assert_eq!((reply.status, reply.json()), (200, json!({"code": 0, "message": ""})));
    }
}

#[test]
fn header_names_have_no_case() {
    let lab = Lab::new();
    let reply = lab.with("GET", "/openapi/v0.1/project", &[("x-USER-token", lab.0.token())], None);
    assert!(!reply.data()["list"].as_array().unwrap().is_empty());
}

#[test]
fn a_missing_project_is_answered_as_by_the_real_one() {
    let lab = Lab::new();
    let key = [("X-User-Token", lab.0.token())];
    let body = json!({"sn": DOCK, "camera_index": DOCK_CAMERA, "video_expire": 300}).to_string();
    for (method, path, body) in [
        ("GET", format!("/device/{DOCK}/state"), None),
        ("POST", "/live-stream/start".to_owned(), Some(body.as_str())),
    ] {
        let reply = lab.with(method, &format!("/openapi/v0.1{path}"), &key, body);
        assert_eq!(
            (reply.status, reply.json()),
            (403, json!({"code": 200403, "message": "Forbidden"})),
            "{path}"
        );
    }
    let alerts =
        lab.with("GET", &format!("/openapi/v0.1/device/hms?device_sn_list={DOCK}"), &key, None);
    assert_eq!(alerts.data(), json!({"list": null}));
    for path in
        ["/project/device", "/project/sts-token", "/wayline", "/model", "/live-stream/converter"]
    {
        let reply = lab.with("GET", &format!("/openapi/v0.1{path}"), &key, None);
        assert_eq!((reply.status, reply.code()), (200, 200610), "{path}");
        assert!(reply.json()["message"].as_str().unwrap().contains("X-Project-Uuid"), "{path}");
    }
    // These belong to the organization.
    for path in ["/open_model/models/running", "/project", "/device"] {
        lab.with("GET", &format!("/openapi/v0.1{path}"), &key, None).data();
    }
}

#[test]
fn an_unknown_project_is_210104() {
    let lab = Lab::new();
    let headers = [
        ("X-User-Token", lab.0.token()),
        ("X-Project-Uuid", "00000000-0000-4000-8000-000000000000"),
    ];
    for path in ["/project/device", "/wayline", "/model", "/live-stream/converter"] {
        let reply = lab.with("GET", &format!("/openapi/v0.1{path}"), &headers, None);
        assert_eq!((reply.status, reply.code()), (200, 210104), "{path}");
    }
    let body = json!({"sn": DOCK, "camera_index": DOCK_CAMERA, "video_expire": 300}).to_string();
    // As reported from the field: a livestream ends in a server error.
    let reply = lab.with("POST", "/openapi/v0.1/live-stream/start", &headers, Some(&body));
    assert_eq!((reply.status, reply.code()), (500, 200500));
}

#[test]
fn empty_lists_are_null() {
    let lab = Lab::new();
    let headers = [("X-User-Token", lab.0.token()), ("X-Project-Uuid", World::EMPTY_PROJECT)];
    for path in ["/project/device", "/model", "/live-stream/converter"] {
        assert_eq!(
            lab.with("GET", &format!("/openapi/v0.1{path}"), &headers, None).data(),
            json!({"list": null}),
            "{path}"
        );
    }
    assert_eq!(lab.get("/open_model/models/running"), json!({"list": null}));
}

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
fn a_wrong_method_is_405_and_says_which_are_right() {
    let reply = Lab::new().call("PATCH", "/device/control", None);
    assert_eq!(
        (reply.status, reply.header("allow"), reply.body.as_str()),
        (405, Some("POST, DELETE"), "")
    );
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

#[test]
fn a_body_that_is_no_json_object_is_200101() {
    let lab = Lab::new();
    let headers = [("X-User-Token", lab.0.token()), ("X-Project-Uuid", lab.0.project())];
    for body in ["", "[]", "{", "null", "\"x\""] {
        let reply = lab.with("POST", "/openapi/v0.1/live-stream/start", &headers, Some(body));
        assert_eq!((reply.status, reply.code()), (200, 200101), "{body}");
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
fn undocumented_requests_pass_with_a_note_and_are_refused_when_strict() {
    let body = json!({"sn": DOCK, "camera_index": DOCK_CAMERA, "video_expire": 300, "video_quality": "smooth", "colour": 1});
    let reply = Lab::new().post("/live-stream/start", body.clone());
    reply.data();
    let notes = reply.header("x-flighthub-simulator-notes").unwrap();
    assert!(
        notes.contains("`video_quality` read as `quality_type`")
            && notes.contains("unknown field `colour`"),
        "{notes}"
    );

    let lab = Lab::strict();
    refuses(
        &lab,
        "POST",
        "/live-stream/start",
        vec![(changed(&body, "colour", json!(null)), 200101, "video_quality")],
    );
    let documented = json!({"sn": DOCK, "camera_index": DOCK_CAMERA, "video_expire": 300, "quality_type": "smooth"});
    let reply = lab.post("/live-stream/start", documented);
    reply.data();
    assert_eq!(reply.header("x-flighthub-simulator-notes"), None);
    assert_eq!(
        lab.0.with_world(|world| world.livestreams().len()),
        1,
        "the refused call had no effect"
    );
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

/// The notes of a reply, empty without any.
fn notes(reply: &Reply) -> &str {
    reply.header("x-flighthub-simulator-notes").unwrap_or_default()
}

#[test]
fn a_task_list_in_milliseconds_or_without_a_window_is_empty_and_no_error() {
    let lab = Lab::new();
    let (begin, end) = (1_767_200_000_u64, 1_767_300_000_u64);
    let list =
        |window: &str| lab.call("GET", &format!("/flight-task/list?sn={DOCK}{window}"), None);
    let reply = list(&format!("&begin_at={begin}&end_at={end}"));
    assert!(!reply.data()["list"].as_array().unwrap().is_empty());
    assert_eq!(notes(&reply), "");

    for (window, named) in [
        (format!("&begin_at={begin}000&end_at={end}000"), "`begin_at` is in milliseconds"),
        (format!("&begin_at={begin}"), "`end_at` is missing"),
        ("&begin_at=&end_at=".to_owned(), "`begin_at` is missing"),
        (String::new(), "`begin_at` is missing"),
    ] {
        let reply = list(&window);
        assert_eq!(reply.data(), json!({"list": null}), "{window}");
        assert!(notes(&reply).contains(named), "{window}: {}", notes(&reply));
    }
    // The rest is checked as ever.
    for query in ["?begin_at=1767200000000&end_at=1767300000000", "?sn=x&begin_at=soon&end_at=2"] {
        let reply = lab.call("GET", &format!("/flight-task/list{query}"), None);
        assert_eq!((reply.status, reply.code()), (200, 200101), "{query}");
    }
    let strict = Lab::strict();
    let path = format!("/flight-task/list?sn={DOCK}&begin_at={begin}000&end_at={end}");
    let reply = strict.call("GET", &path, None);
    assert_eq!(reply.code(), 200101);
    assert!(reply.json()["message"].as_str().unwrap().contains("`begin_at`"));
}

#[test]
fn fields_of_other_plans_pass_with_a_note_but_no_wrong_times() {
    let lab = Lab::new();
    let wayline = lab.get("/wayline")["list"][0]["id"].clone();
    let task = json!({
        "name": "Survey", "wayline_uuid": wayline, "sn": DOCK, "rth_altitude": 60, "rth_mode": "preset",
        "wayline_precision_type": "rtk", "out_of_control_action_in_flight": "return_home", "resumable_status": "manual",
        "task_type": "immediate", "time_zone": "Atlantic/Azores", "repeat_type": "nonrepeating", "min_battery_capacity": 60,
        "begin_at": null, "end_at": null,
    });
    let reply = lab.post("/flight-task", task.clone());
    assert!(reply.data()["task_uuid"].is_string());
    for field in ["repeat_type", "min_battery_capacity", "begin_at", "end_at"] {
        assert!(notes(&reply).contains(&format!("`{field}` does not belong")), "{}", notes(&reply));
    }

    let begin = lab.0.now().unix_seconds() + 600;
    let timed = changed(&task, "task_type", json!("timed"));
    refuses(
        &lab,
        "POST",
        "/flight-task",
        vec![
            (changed(&task, "begin_at", json!(begin)), 200101, "`begin_at`: must be left out"),
            (changed(&task, "latest_begin_at", json!(begin)), 200101, "`latest_begin_at`"),
            (
                changed(&timed, "begin_at", json!(begin * 1000)),
                200101,
                "`begin_at`: is in milliseconds",
            ),
            (changed(&timed, "begin_at", json!(begin - 700)), 200101, "`begin_at`: is in the past"),
            (timed.clone(), 200101, "`begin_at`"),
        ],
    );
    let strict = Lab::strict();
    refuses(&strict, "POST", "/flight-task", vec![(task, 200101, "`end_at`")]);
}

#[test]
fn what_is_not_there_is_empty_where_the_real_one_sends_it_empty() {
    let lab = Lab::new();
    let body = json!({"drone_sn": DRONE, "payload_index": [DRONE_CAMERA]});
    let data = lab.call("DELETE", "/device/control", Some(body)).data();
    for control in data["controls"].as_array().unwrap() {
        assert_eq!(control["gateway"], json!({"sn": ""}));
        assert_eq!(control["user"], json!({"call_sign": "", "user_id": "", "type": ""}));
    }
    let path = format!("/flight-task/list?sn={DOCK}&begin_at=1767200000&end_at=1767300000");
    let rows = lab.get(&path);
    let by_hand =
        rows["list"].as_array().unwrap().iter().find(|row| row["task_type"] == "manual").unwrap();
    assert_eq!((&by_hand["wayline_uuid"], &by_hand["landing_dock_sn"]), (&json!(""), &json!("")));
}

// ---- livestreams

#[test]
fn a_livestream_hands_out_a_query_string_and_ends() {
    let lab = Lab::new();
    let body = json!({"sn": DRONE, "camera_index": DRONE_CAMERA, "video_expire": 120, "quality_type": "smooth"});
    let data = lab.post("/live-stream/start", body.clone()).data();
    assert_eq!(data["url_type"], "volc");
    assert_eq!(data["expire_ts"].as_i64().unwrap(), lab.0.now().unix_seconds() + 120);
    let url = data["url"].as_str().unwrap();
    let keys: Vec<_> = url.split('&').map(|pair| pair.split_once('=').unwrap().0).collect();
    assert_eq!(keys, ["app_id", "expire_time", "room_id", "token", "user_id"], "{url}");
    assert!(url.contains(&format!("room_id={DRONE}_{DRONE_CAMERA}&token=")), "{url}");

    let streams = |lab: &Lab| lab.0.with_world(|world| world.livestreams().len());
    assert_eq!(streams(&lab), 1);
    assert_ne!(
        lab.post("/live-stream/start", body).data()["url"],
        data["url"],
        "every viewer gets an own address"
    );
    assert_eq!(streams(&lab), 1, "of the same stream");
    lab.advance(121);
    assert_eq!(streams(&lab), 0, "it ends with its address");
    lab.post(
        "/live-stream/start",
        json!({"sn": DOCK, "camera_index": DOCK_CAMERA, "video_expire": 7200}),
    )
    .data();
    lab.advance(301);
    assert_eq!(streams(&lab), 0, "and after five minutes without a viewer");
}

#[test]
fn a_livestream_is_refused_by_camera() {
    let good = json!({"sn": DOCK, "camera_index": DOCK_CAMERA, "video_expire": 300, "quality_type": "adaptive"});
    let of = |sn: &str, camera: &str| {
        changed(&changed(&good, "sn", json!(sn)), "camera_index", json!(camera))
    };
    let cases = vec![
        (of(SPARE_DOCK, DOCK_CAMERA), 212015, SPARE_DOCK),
        (of(SLEEPING_DRONE, "99-0-0"), 213003, SLEEPING_DRONE),
        (of(DOCK, DRONE_CAMERA), 213014, DRONE_CAMERA),
        (of(DRONE, DOCK_CAMERA), 213014, DOCK_CAMERA),
        (of("7CTXN0000B0000", DOCK_CAMERA), 210900, "7CTXN0000B0000"),
        (changed(&good, "video_expire", json!(0)), 200101, "video_expire"),
        (changed(&good, "video_expire", json!(null)), 200101, "video_expire"),
        (changed(&good, "sn", json!(null)), 200101, "sn"),
        (changed(&good, "quality_type", json!("best")), 200101, "quality_type"),
    ];
    let lab = Lab::new();
    lab.disconnect(SPARE_DOCK);
    refuses(&lab, "POST", "/live-stream/start", cases);
}

#[test]
fn a_livestream_ends_with_the_link_of_its_device() {
    let lab = Lab::new();
    lab.post(
        "/live-stream/start",
        json!({"sn": DOCK, "camera_index": DOCK_CAMERA, "video_expire": 300}),
    )
    .data();
    lab.advance(5);
    assert_eq!(lab.0.with_world(|world| world.livestreams().len()), 1);
    lab.disconnect(DOCK);
    lab.advance(5);
    assert_eq!(lab.0.with_world(|world| world.livestreams().len()), 0);
}

// ---- converters

fn rtmp(name: &str, url: &str) -> Value {
    json!({"converter_name": name, "sn": DOCK, "camera_index": DOCK_CAMERA, "schema": "rtmp", "schema_option": {"url": url}})
}

fn gb28181(name: &str) -> Value {
    let option = json!({
        "server_id": "34020000002000000001", "server_ip": "192.0.2.10", "server_port": "5060", "device_password": "sample",
        "local_port": "7060", "device_id": "34020000001310000001", "local_channel": "34020000001320000001",
    });
    json!({"converter_name": name, "sn": DOCK, "camera_index": DOCK_CAMERA, "schema": "gb28181", "schema_option": option})
}

#[test]
fn a_converter_is_created_idle_runs_when_switched_on_and_can_be_deleted() {
    let lab = Lab::new();
    let data = lab
        .post("/live-stream/converter", rtmp("Gate", "rtmp://media.example.net/live/gate"))
        .data();
    let id = data["converter_id"].as_str().unwrap();
    assert!(
        id.len() == 32 && id.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase()),
        "{id}"
    );
    let row = |lab: &Lab| lab.get("/live-stream/converter")["list"][0].clone();
    let path = format!("/live-stream/converter/{id}");
    assert_eq!(
        row(&lab),
        json!({
            "converter_id": id, "converter_name": "Gate", "sn": DOCK, "camera_index": DOCK_CAMERA, "schema": "rtmp",
            "schema_option": {"url": "rtmp://media.example.net/live/gate"}, "auto_push_stream": false, "device_online_status": true,
            "device_callsign": "North dock", "state": "initialized", "code": 0,
        })
    );

    let on = lab.call("PUT", &path, Some(json!({"auto_push_stream": true})));
    assert_eq!(on.json(), json!({"code": 0, "message": ""}), "a write without data leaves it out");
    assert_eq!(
        (&row(&lab)["auto_push_stream"], &row(&lab)["state"]),
        (&json!(true), &json!("initialized"))
    );
    lab.advance(5);
    assert_eq!(row(&lab)["state"], "running");
    lab.call("PUT", &path, Some(json!({"auto_push_stream": false}))).data();
    assert_eq!(
        (&row(&lab)["auto_push_stream"], &row(&lab)["state"]),
        (&json!(false), &json!("initialized"))
    );

    lab.call("DELETE", &path, None).data();
    assert_eq!(lab.get("/live-stream/converter"), json!({"list": null}));
    assert_eq!(lab.call("DELETE", &path, None).code(), 212056);
    assert_eq!(lab.call("PUT", &path, Some(json!({"auto_push_stream": true}))).code(), 212056);
}

#[test]
fn a_converter_that_cannot_pull_or_push_fails_with_a_code() {
    let lab = Lab::new();
    lab.disconnect(SPARE_DOCK);
    let offline =
        changed(&rtmp("Offline", "rtmp://media.example.net/live/off"), "sn", json!(SPARE_DOCK));
    for body in [rtmp("Refused", "rtmp://nobody.invalid/live"), offline] {
        let id = lab.post("/live-stream/converter", body).data()["converter_id"].clone();
        let path = format!("/live-stream/converter/{}", id.as_str().unwrap());
        lab.call("PUT", &path, Some(json!({"auto_push_stream": true}))).data();
    }
    let states = |lab: &Lab| {
        lab.advance(15);
        let list = lab.get("/live-stream/converter");
        let states = list["list"].as_array().unwrap().iter();
        states
            .map(|row| (row["state"].as_str().unwrap().to_owned(), row["code"].as_i64().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(states(&lab), [("failed".to_owned(), 212061), ("failed".to_owned(), 212058)]);
    lab.0.with_world(|world| world.connect(&DeviceSn::new(SPARE_DOCK)));
    assert_eq!(states(&lab), [("failed".to_owned(), 212061), ("running".to_owned(), 0)]);
    lab.disconnect(SPARE_DOCK);
    assert_eq!(states(&lab)[1], ("failed".to_owned(), 212058));
}

#[test]
fn converters_are_refused_when_wrong_double_or_too_many() {
    let lab = Lab::new();
    let good = rtmp("Gate", "rtmp://media.example.net/live/gate");
    lab.post("/live-stream/converter", good.clone()).data();
    lab.post("/live-stream/converter", gb28181("Yard")).data();
    let mut bad_port = gb28181("Yard 2");
    bad_port["schema_option"]["server_port"] = json!("0");
    let cases = vec![
        (rtmp("Gate", "rtmp://media.example.net/live/other"), 213055, "Gate"),
        (rtmp("Other", "rtmp://media.example.net/live/gate"), 213054, DOCK_CAMERA),
        (rtmp("", "rtmp://media.example.net/live/x"), 200101, "converter_name"),
        (rtmp("Web", "https://media.example.net/live"), 200101, "schema_option.url"),
        (rtmp("Web", "rtmp:///live"), 200101, "schema_option.url"),
        (bad_port, 200101, "server_port"),
        (changed(&good, "schema", json!("rtsp")), 200101, "schema"),
        (changed(&good, "schema_option", json!(null)), 200101, "schema_option"),
        (
            changed(&rtmp("New", "rtmp://media.example.net/1"), "camera_index", json!("1-2-3")),
            213014,
            "1-2-3",
        ),
        (
            changed(&rtmp("New", "rtmp://media.example.net/1"), "sn", json!("nobody")),
            210900,
            "nobody",
        ),
    ];
    refuses(&lab, "POST", "/live-stream/converter", cases);
    for number in 2..20 {
        lab.post(
            "/live-stream/converter",
            rtmp(&format!("N{number}"), &format!("rtmp://media.example.net/live/{number}")),
        )
        .data();
    }
    refuses(
        &lab,
        "POST",
        "/live-stream/converter",
        vec![(rtmp("N20", "rtmp://media.example.net/live/20"), 233317, "20")],
    );
    refuses(
        &lab,
        "PUT",
        "/live-stream/converter/0000",
        vec![(json!({}), 200101, "auto_push_stream")],
    );
}

// ---- annotations

fn element(kind: i64, geometry: &str, coordinates: Value) -> Value {
    let content = json!({
        "type": "Feature", "properties": {"color": "#2D8CF0", "clampToGround": true},
        "geometry": {"type": geometry, "coordinates": coordinates},
    });
    json!({"name": "Mark", "desc": "", "resource": {"type": kind, "content": content}})
}

#[test]
fn annotations_of_all_three_shapes_are_kept() {
    let lab = Lab::new();
    let shapes = [
        element(0, "Point", json!([-25.3, 0.02])),
        element(0, "Point", json!([-25.3, 0.02, 12.5])),
        element(1, "LineString", json!([[-25.3, 0.02], [-25.29, 0.03]])),
        element(
            2,
            "Polygon",
            json!([[[-25.3, 0.02], [-25.29, 0.02], [-25.29, 0.03], [-25.3, 0.02]]]),
        ),
        // Open, as in a published sample.
        element(2, "Polygon", json!([[[-25.3, 0.02], [-25.29, 0.02], [-25.29, 0.03]]])),
    ];
    for shape in &shapes {
        let id = lab.post("/map/element", shape.clone()).data()["id"].as_str().unwrap().to_owned();
        let last = lab.0.with_world(|world| world.annotations().last().cloned()).unwrap();
        assert_eq!(
            (last.id.as_str(), last.project.as_str(), last.name.as_str()),
            (id.as_str(), World::DEMO_PROJECT, "Mark")
        );
        assert_eq!(
            serde_json::to_value(&last.resource).unwrap()["content"]["geometry"],
            shape["resource"]["content"]["geometry"]
        );
    }
    assert_eq!(lab.0.with_world(|world| world.annotations().len()), shapes.len());
}

#[test]
fn annotations_have_to_be_what_they_say() {
    let lab = Lab::new();
    let cases = vec![
        (element(0, "LineString", json!([[1, 2], [3, 4]])), 200101, "resource"),
        (element(2, "Point", json!([1, 2])), 200101, "resource"),
        (element(3, "Point", json!([1, 2])), 200101, "resource"),
        (element(0, "Point", json!([1])), 200101, "coordinates"),
        (element(0, "Point", json!([0.02, -95.3])), 200101, "coordinates"),
        (element(1, "LineString", json!([[1, 2]])), 200101, "coordinates"),
        (element(2, "Polygon", json!([[[1, 2], [3, 4], [1, 2]]])), 200101, "coordinates"),
        (element(2, "Polygon", json!([])), 200101, "coordinates"),
        (changed(&element(0, "Point", json!([1, 2])), "name", json!("")), 200101, "name"),
        (changed(&element(0, "Point", json!([1, 2])), "desc", json!(null)), 200101, "desc"),
        (changed(&element(0, "Point", json!([1, 2])), "resource", json!(null)), 200101, "resource"),
    ];
    refuses(&lab, "POST", "/map/element", cases);
    assert_eq!(lab.0.with_world(|world| world.annotations().len()), 0);
}

// ---- models

fn model(folder: i64) -> Value {
    json!({
        "name": "Pier", "reconstruction_type": ["model_2d", "model_3d"], "simplified_factor": 0.2, "task_folder_id": folder, "wkt": "EPSG:32726",
        "quality_level": "medium", "reconstruction_mode": "normal", "generate_model_formats": ["b3dm", "pnts"],
    })
}

#[test]
fn models_are_listed_and_read_with_signed_links() {
    let lab = Lab::new();
    let list = lab.get("/model");
    let first = &list["list"][0];
    assert_eq!(
        (&first["file_type"], first["create_at"].to_string().len()),
        (&json!("model_2d"), 13),
        "milliseconds"
    );
    let detail = lab.get(&format!("/model/{}", first["id"]));
    for link in ["url", "preview_url"] {
        assert!(detail[link].as_str().unwrap().contains("X-Amz-Signature="), "{detail}");
    }
    assert!(first.as_object().unwrap().iter().all(|(key, value)| detail[key] == *value));
    assert_eq!(lab.call("GET", "/model/1", None).code(), 200404);
    assert_eq!(lab.call("GET", "/model/x", None).code(), 200101);
}

#[test]
fn a_model_built_from_a_flight_turns_up_later_under_the_promised_id() {
    let lab = Lab::new();
    let folder = lab.folder_with_photos();
    let before = lab.get("/model")["list"].as_array().unwrap().len();
    let quota = lab.0.with_world(|world| world.modeling_quota());
    let id = lab.post("/model/create", model(folder)).data()["id"].as_i64().unwrap();
    assert!(lab.0.with_world(|world| world.modeling_quota()) < quota);
    assert_eq!(
        lab.get("/model")["list"].as_array().unwrap().len(),
        before,
        "nothing shows while it is built"
    );
    lab.advance(1800);
    let list = lab.get("/model");
    let names: Vec<_> = list["list"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["id"].as_i64() >= Some(id))
        .map(|row| &row["name"])
        .collect();
    assert_eq!(names, ["Pier 2D", "Pier 3D"]);
    assert_eq!(lab.get(&format!("/model/{id}"))["file_type"], "model_2d");
}

#[test]
fn models_are_refused_when_wrong() {
    let lab = Lab::new();
    let good = model(1);
    let mut cases = vec![(good.clone(), 217028, "1")];
    let wrong = [
        ("name", json!("")),
        ("name", json!(null)),
        ("reconstruction_type", json!([])),
        ("reconstruction_type", json!(["2d"])),
        ("reconstruction_type", json!(["model_2d", "model_2d"])),
        ("simplified_factor", json!(0)),
        ("simplified_factor", json!(1.5)),
        ("task_folder_id", json!(null)),
        ("wkt", json!("WGS84")),
        ("quality_level", json!("best")),
        ("reconstruction_mode", json!("orbit")),
        ("generate_model_formats", json!([])),
        ("generate_model_formats", json!(["mesh"])),
        ("predefine_area", json!({"polygon_points": [{"longitude": 1, "latitude": 2}]})),
    ];
    cases.extend(
        wrong.into_iter().map(|(field, value)| (changed(&good, field, value), 200101, field)),
    );
    refuses(&lab, "POST", "/model/create", cases);
}

// ---- open modeling

/// Allocates a resource, reports so many images and waits for the import.
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
        let files: Vec<_> = names.iter().map(|n| json!({"name": format!("{n:05}.JPG"), "etag": "5d41402abc4b2a76b9719d911017c592"})).collect();
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
fn an_upload_grant_has_every_field_and_only_simulated_secrets() {
    let lab = Lab::new();
    let grant = lab.call("POST", "/open_model/stores/obtain_token", None).data();
    for (field, value) in grant.as_object().unwrap() {
        assert!(value.as_str() != Some(""), "{field}");
    }
    assert_eq!(
        grant["expire_time"].as_i64().unwrap(),
        lab.0.now().unix_seconds() + 3600,
        "a point in time, not a lifetime"
    );
    for secret in ["secret_access_key", "session_token"] {
        assert!(grant[secret].as_str().unwrap().starts_with("simulated-"));
    }
}

#[test]
fn a_reconstruction_waits_runs_is_packed_and_ends() {
    let lab = Lab::new();
    let quota = lab.0.with_world(|world| world.modeling_quota());
    let uuid = resource(&lab, 120);
    let source = lab.get(&format!("/open_model/resource/{uuid}"));
    assert_eq!(
        (&source["status"], source["file_names"].as_array().unwrap().len()),
        (&json!(1), 120)
    );
    assert!(source["resource_size"].as_i64().unwrap() > 0);

    let started = lab
        .post(
            "/open_model/models/reconstruction/start",
            json!({"resource_uuid": uuid, "parameter_2d": "{}", "parameter_3dgs": "{}"}),
        )
        .data();
    let kinds: Vec<_> = started.as_object().unwrap().keys().collect();
    assert_eq!(kinds, ["model_2d", "model_3dgs"], "what was not asked for is absent");
    assert_eq!(
        (&started["model_2d"]["status"], &started["model_2d"]["sub_error_code"]),
        (&json!(12), &json!(0))
    );
    assert_eq!(lab.0.with_world(|world| world.modeling_quota()), quota - 240);
    assert_eq!(lab.get("/open_model/models/running")["list"].as_array().unwrap().len(), 2);

    let path = format!("/open_model/models/{}", started["model_2d"]["uuid"].as_str().unwrap());
    let mut seen = Vec::new();
    for _ in 0..60 {
        let row = lab.get(&path);
        let stage = (row["model_status"].as_i64().unwrap(), row["zip_status"].as_i64().unwrap());
        if seen.last() != Some(&stage) {
            seen.push(stage);
        }
        lab.advance(5);
    }
    assert_eq!(seen, [(12, 0), (14, 0), (15, 1), (9, 2)]);
    let done = lab.get(&path);
    assert_eq!(
        (&done["reconstruction_progress"], &done["zip_progress"], &done["model_type"]),
        (&json!(100), &json!(100), &json!(1))
    );
    assert!(
        done["zip_file_key"].as_str().unwrap().ends_with(".zip")
            && done["model_size"].as_i64().unwrap() > 0
    );
    assert_eq!(
        lab.get("/open_model/models/running")["list"].as_array().unwrap().len(),
        1,
        "the longer one still runs"
    );
    lab.call("DELETE", &path, None).data();
    assert_eq!(lab.call("GET", &path, None).code(), 200404);
}

#[test]
fn stopping_or_deleting_a_running_job_refunds_its_images() {
    let lab = Lab::new();
    let uuid = resource(&lab, 10);
    let quota = || lab.0.with_world(|world| world.modeling_quota());
    let full = quota();
    let start = || {
        lab.post(
            "/open_model/models/reconstruction/start",
            json!({"resource_uuid": uuid, "parameter_3d": "{}"}),
        )
        .data()["model_3d"]["uuid"]
            .as_str()
            .unwrap()
            .to_owned()
    };

    let job = start();
    lab.advance(60);
    assert!(
        lab.get(&format!("/open_model/models/{job}"))["reconstruction_progress"].as_i64().unwrap()
            > 0
    );
    lab.call("POST", &format!("/open_model/models/{job}/reconstruction/stop"), None).data();
    assert_eq!(lab.get(&format!("/open_model/models/{job}"))["model_status"], 16);
    assert_eq!(quota(), full);
    let again = lab.call("POST", &format!("/open_model/models/{job}/reconstruction/stop"), None);
    assert_eq!((again.code(), quota()), (200101, full), "it is refunded once");

    let job = start();
    assert_eq!(quota(), full - 10);
    lab.call("DELETE", &format!("/open_model/models/{job}"), None).data();
    assert_eq!(quota(), full);
    assert_eq!(lab.get("/open_model/models/running"), json!({"list": null}));
}

#[test]
fn a_resource_is_emptied_on_order_or_after_its_jobs() {
    let lab = Lab::new();
    let status = |uuid: &str| lab.get(&format!("/open_model/resource/{uuid}"))["status"].clone();
    let kept = resource(&lab, 5);
    let drained = resource(&lab, 5);
    let order =
        json!({"resource_uuid": drained, "parameter_2d": "{}", "delete_resource_if_finish": true});
    lab.post("/open_model/models/reconstruction/start", order).data();
    assert_eq!(status(&drained), 1);
    lab.advance(600);
    assert_eq!(status(&drained), 0);
    assert_eq!(status(&kept), 1);

    let running = lab
        .post(
            "/open_model/models/reconstruction/start",
            json!({"resource_uuid": kept, "parameter_2d": "{}"}),
        )
        .data()["model_2d"]["uuid"]
        .clone();
    lab.call("DELETE", &format!("/open_model/resource/{kept}"), None).data();
    assert_eq!(status(&kept), 2);
    assert_eq!(
        lab.get(&format!("/open_model/models/{}", running.as_str().unwrap()))["model_status"],
        8,
        "its job lost its images"
    );
    lab.advance(20);
    assert_eq!(status(&kept), 3);
    refuses(
        &lab,
        "POST",
        "/open_model/models/reconstruction/start",
        vec![(json!({"resource_uuid": kept, "parameter_2d": "{}"}), 200101, "resource_uuid")],
    );
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
    let good = json!({"resource_uuid": uuid, "callback_param": grant["callback_param"], "files": [file("a.JPG", "e")]});
    let many: Vec<_> = (0..101).map(|n| file(&n.to_string(), "e")).collect();
    let cases = vec![
        (changed(&good, "files", json!([])), 200101, "files"),
        (changed(&good, "files", json!(many)), 200101, "files"),
        (changed(&good, "files", json!([file("x/a.JPG", "e")])), 200101, "files[0].name"),
        (changed(&good, "files", json!([file("a", "e"), file("a", "e")])), 200101, "files[1].name"),
        (changed(&good, "files", json!([file("a", "\"e\"")])), 200101, "files[0].etag"),
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
    assert_eq!(clock(), json!({"now": "2026-01-01T08:00:00Z", "speed": 0.0}));
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
    let lab = Lab(Sim::builder().seed(seed).start_blocking().unwrap());
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

// ---- the binary

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_flighthub-sim"))
}

#[test]
fn the_binary_prints_where_it_listens_and_with_what_key() {
    use std::io::{BufRead, BufReader};
    let mut process = Process(
        binary()
            .args(["--listen", "127.0.0.1:0", "--seed=3", "--speed", "60"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut lines = BufReader::new(process.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let url = lines.next().unwrap().strip_prefix("listening on ").unwrap().to_owned();
    let token = lines.next().unwrap().strip_prefix("FLIGHTHUB_TOKEN=").unwrap().to_owned();
    let project = lines.next().unwrap().strip_prefix("FLIGHTHUB_PROJECT=").unwrap().to_owned();
    let parts: Vec<_> = token.split('.').collect();
    assert!(
        parts.len() == 3 && parts[0].starts_with("eyJ") && parts[2].starts_with("simulated-"),
        "{token}"
    );
    let headers = [("X-User-Token", token.as_str()), ("X-Project-Uuid", project.as_str())];
    let devices = send(&url, "GET", "/openapi/v0.1/project/device", &headers, None).data();
    assert_eq!(devices["list"][0]["gateway"]["sn"], DOCK);
}

#[test]
fn the_binary_explains_wrong_arguments_with_code_2() {
    for (arguments, named) in [
        (&["--speed", "fast"][..], "--speed"),
        (&["--speed", "-1"], "--speed"),
        (&["--seed"], "--seed"),
        (&["--seed", "x"], "--seed"),
        (&["--listen"], "--listen"),
        (&["--port", "1"], "--port"),
    ] {
        let output = binary().args(arguments).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(named) && text.contains("--help"), "{text}");
        assert!(output.stdout.is_empty());
    }
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let output =
        binary().args(["--listen", &busy.local_addr().unwrap().to_string()]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("Choose another --listen"));
}

#[test]
fn the_binary_says_what_it_is() {
    let help = binary().arg("--help").output().unwrap();
    assert!(help.status.success() && String::from_utf8(help.stdout).unwrap().contains("--strict"));
    let version = binary().arg("--version").output().unwrap();
    assert_eq!(
        String::from_utf8(version.stdout).unwrap(),
        concat!("flighthub-sim ", env!("CARGO_PKG_VERSION"), "\n")
    );
}
