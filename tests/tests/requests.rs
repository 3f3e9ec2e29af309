//! How requests are read on the other side: what is let pass is noted and loses nothing, what makes no sense is named.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use flighthub_api::server::{Note, NoteKind, Parsed, Unreadable, read_request, route};
use flighthub_api::v1::*;
use serde_json::{Value, json};

const PREFIX: &str = "/openapi/v0.1";

/// A request below the API's prefix; its query behind a question mark.
fn read(method: &str, target: &str, body: Option<Value>) -> Result<Parsed, Unreadable> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    read_request(method, &format!("{PREFIX}{path}"), query, body.as_bytes())
}

/// What is read, and the notes as they are printed.
#[track_caller]
fn noted(method: &str, target: &str, body: Option<Value>) -> (AnyOperation, Vec<String>) {
    let Parsed { operation, notes, .. } = read(method, target, body).unwrap();
    (operation, notes.iter().map(Note::to_string).collect())
}

/// The argument that is wrong and what is said about it.
#[track_caller]
fn wrong(method: &str, target: &str, body: Option<Value>) -> (String, String) {
    match read(method, target, body.clone()).unwrap_err() {
        Unreadable::BadArgument { path, problem, .. } => (path, problem),
        other => panic!("{target} {body:?}: {other:?}"),
    }
}

fn task(more: Value) -> Value {
    let mut task = json!({
        "name": "North fence", "wayline_uuid": "w", "sn": "7CTXN0000B00A1", "time_zone": "Europe/Berlin", "rth_altitude": 60,
        "rth_mode": "preset", "wayline_precision_type": "gps", "out_of_control_action_in_flight": "return_home", "resumable_status": "manual",
    });
    task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    task
}

/// A copy of an object without one of its fields.
fn without(object: &Value, field: &str) -> Value {
    let mut object = object.clone();
    object.as_object_mut().unwrap().shift_remove(field).unwrap();
    object
}

#[test]
fn a_documented_request_has_no_notes() {
    let (operation, notes) =
        noted("POST", "/flight-task", Some(task(json!({"task_type": "immediate"}))));
    assert_eq!(notes, [""; 0]);
    assert_eq!(operation.info().id, "task.create");
}

#[test]
fn other_spellings_are_noted_and_read() {
    let (operation, notes) =
        noted("POST", "/device/1581F/command", Some(json!({"command": "return_home"})));
    assert_eq!(operation, DeviceCommand::new("1581F", FlightCommand::ReturnHome).into());
    assert_eq!(notes, ["`command` read as `device_command`"]);

    let quality = |body| noted("PUT", "/device/stream/quality", Some(body));
    let expected = DeviceSetStreamQuality::new("s", "165-0-7", StreamQuality::Smooth);
    let (operation, notes) =
        quality(json!({"sn": "s", "camera_index": "165-0-7", "quality": "smooth"}));
    assert_eq!(operation, expected.clone().into());
    assert_eq!(notes, ["`quality` read as `quality_type`"]);
    let both = json!({"sn": "s", "camera_index": "165-0-7", "quality": "adaptive", "quality_type": "smooth"});
    let (operation, notes) = quality(both);
    assert_eq!(operation, expected.into(), "the canonical spelling wins");
    assert_eq!(notes, ["`quality` read as `quality_type`"]);

    let body =
        json!({"sn": "s", "camera_index": "c", "video_expire": 60, "video_quality": "smooth"});
    let (operation, notes) = noted("POST", "/live-stream/start", Some(body));
    assert_eq!(operation.arguments()["quality_type"], "smooth");
    assert_eq!(notes, ["`video_quality` read as `quality_type`"]);
}

#[test]
fn a_spelling_that_is_no_other_spelling_is_no_argument() {
    let body = json!({"sn": "1581F", "payload_index": ["81-0-0"]});
    assert_eq!(wrong("POST", "/device/control", Some(body)).0, "drone_sn");
}

#[test]
fn unknown_fields_are_noted_wherever_they_stand() {
    let body = json!({"add_users": [{"user_id": "1", "role": "project-member", "nick": "x"}], "notify": true});
    let (operation, notes) = noted("PUT", "/project/member", Some(body));
    assert_eq!(
        operation,
        ProjectAddMembers::new(vec![ProjectMember::new("1", ProjectRole::Member)]).into()
    );
    assert_eq!(
        notes,
        ["unknown field `add_users[0].nick` ignored", "unknown field `notify` ignored"]
    );

    let (_, notes) =
        noted("POST", "/flight-task", Some(task(json!({"task_type": "immediate", "priority": 1}))));
    assert_eq!(notes, ["unknown field `priority` ignored"]);
    let (operation, notes) = noted("GET", "/project?page=2&limit=10", None);
    assert_eq!(
        (operation.arguments(), notes),
        (json!({"page": 2}), vec!["unknown field `limit` ignored".to_owned()])
    );
}

#[test]
fn null_stands_for_an_absent_value() {
    let body = json!({"task_type": "timed", "begin_at": 1_770_000_000, "latest_begin_at": null, "landing_dock_sn": null});
    let (operation, notes) = noted("POST", "/flight-task", Some(task(body)));
    assert_eq!(
        operation.arguments(),
        task(json!({"task_type": "timed", "begin_at": 1_770_000_000}))
    );
    assert_eq!(notes, ["null for absent `latest_begin_at`", "null for absent `landing_dock_sn`"]);
    assert_eq!(
        wrong("POST", "/flight-task", Some(task(json!({"task_type": "immediate", "name": null}))))
            .0,
        "name"
    );
}

#[test]
fn misplaced_arguments_are_noted_and_read() {
    let (operation, notes) = noted("PUT", "/live-stream/converter/c1?auto_push_stream=true", None);
    assert_eq!(operation, ConverterSet::new("c1", true).into());
    assert_eq!(notes, ["`auto_push_stream` is misplaced"]);
    let (operation, notes) = noted("GET", "/project", Some(json!({"page": 3})));
    assert_eq!(
        (operation.arguments(), notes),
        (json!({"page": 3}), vec!["`page` is misplaced".to_owned()])
    );
}

#[test]
fn repeated_keys_are_noted_and_joined() {
    for (query, list, count) in [
        ("device_sn_list=a,b", vec!["a", "b"], 0),
        ("device_sn_list=a&device_sn_list=b", vec!["a", "b"], 1),
        ("device_sn_list=a,b&device_sn_list=c", vec!["a", "b", "c"], 1),
        ("device_sn_list=a%20b", vec!["a b"], 0),
    ] {
        let Parsed { operation, notes, .. } =
            read("GET", &format!("/device/hms?{query}"), None).unwrap();
        assert_eq!(operation, DeviceHms::new(list).into(), "{query}");
        assert_eq!(notes.len(), count, "{query}");
        for note in notes {
            assert_eq!((note.kind, note.path.as_str()), (NoteKind::RepeatedKey, "device_sn_list"));
        }
    }
}

#[test]
fn a_query_is_read_as_browsers_write_it_too() {
    let (operation, notes) = noted(
        "GET",
        "/flight-task/list?sn=a+b&name=%C3%BC%26&begin_at=1770000000&end_at=1770000001",
        None,
    );
    assert_eq!(
        operation.arguments(),
        json!({"sn": "a b", "name": "ü&", "begin_at": 1_770_000_000, "end_at": 1_770_000_001})
    );
    assert_eq!(notes, [""; 0]);
}

#[test]
fn combinations_that_do_not_go_together_name_the_field() {
    let daily = json!({"interval": 1});
    for (more, named) in [
        (json!({"task_type": "immediate", "begin_at": 1_770_000_000}), "begin_at"),
        (json!({"task_type": "immediate", "min_battery_capacity": 60}), "min_battery_capacity"),
        (
            json!({"task_type": "timed", "begin_at": 1_770_000_000, "end_at": 1_770_000_001}),
            "end_at",
        ),
        (
            json!({"task_type": "timed", "begin_at": 1_770_000_000, "repeat_type": "daily"}),
            "repeat_type",
        ),
        (
            json!({"task_type": "recurring", "begin_at": 1, "end_at": 2, "repeat_type": "daily", "repeat_option": daily, "recurring_task_start_time_list": [1], "continuous_task_periods": [[1, 2]]}),
            "continuous_task_periods",
        ),
    ] {
        let (path, problem) = wrong("POST", "/flight-task", Some(task(more.clone())));
        assert!(
            format!("{path}: {problem}").contains(&format!("`{named}`")) || path == named,
            "{more}: {path}: {problem}"
        );
        assert!(
            problem.contains("task_type") || path == named,
            "{more}: it depends on the type: {problem}"
        );
    }
}

#[test]
fn missing_fields_are_named() {
    let whole = task(json!({"task_type": "timed", "begin_at": 1_770_000_000}));
    for field in [
        "name",
        "wayline_uuid",
        "sn",
        "time_zone",
        "rth_altitude",
        "rth_mode",
        "wayline_precision_type",
        "out_of_control_action_in_flight",
        "resumable_status",
        "begin_at",
    ] {
        let (path, problem) = wrong("POST", "/flight-task", Some(without(&whole, field)));
        assert_eq!((path.as_str(), problem.as_str()), (field, "is missing"));
    }
    let (path, problem) = wrong("POST", "/flight-task", Some(without(&whole, "task_type")));
    assert!(path == "task_type" || problem.contains("task_type"), "{path}: {problem}");
    assert_eq!(wrong("POST", "/flight-task", None).1, "is missing");
    assert_eq!(wrong("GET", "/flight-task/list?sn=s&begin_at=1", None).0, "end_at");
    let member =
        json!({"add_users": [{"user_id": "1", "role": "project-member"}, {"user_id": "2"}]});
    assert_eq!(wrong("PUT", "/project/member", Some(member)).0, "add_users[1].role");
    let rtmp = json!({"converter_name": "n", "sn": "s", "camera_index": "c", "schema": "rtmp", "schema_option": {}});
    assert_eq!(wrong("POST", "/live-stream/converter", Some(rtmp)).0, "schema_option.url");
}

#[test]
fn values_that_are_none_of_theirs_are_named() {
    for (body, named) in [
        (task(json!({"task_type": "immediate", "rth_mode": "fixed"})), "rth_mode"),
        (task(json!({"task_type": "immediate", "rth_altitude": "high"})), "rth_altitude"),
        (task(json!({"task_type": "immediate", "sn": 7})), "sn"),
    ] {
        assert_eq!(wrong("POST", "/flight-task", Some(body.clone())).0, named, "{body}");
    }
    let (path, problem) = wrong("POST", "/flight-task", Some(task(json!({"task_type": "hourly"}))));
    assert!(
        format!("{path} {problem}").contains("task_type") && problem.contains("immediate"),
        "{path}: {problem}"
    );
    let resource = |resource: Value| json!({"name": "n", "desc": "", "resource": resource});
    let (path, problem) =
        wrong("POST", "/map/element", Some(resource(json!({"type": 3, "content": {}}))));
    assert!(path == "resource" && problem.contains('3'), "{path}: {problem}");
    for (query, named) in [("page=x", "page"), ("page=0", "page"), ("sort_type=up", "sort_type")] {
        assert_eq!(wrong("GET", &format!("/project?{query}"), None).0, named, "{query}");
    }
    assert_eq!(
        wrong("PUT", "/live-stream/converter/c?auto_push_stream=maybe", None).0,
        "auto_push_stream"
    );
    assert_eq!(wrong("GET", "/model/seven", None).0, "model_id");
    let rtk =
        json!({"host": "h", "port": 70_000, "account": "a", "password": "p", "mount_point": "m"});
    assert_eq!(wrong("POST", "/device/s/rtk", Some(rtk)).0, "port");
}

#[test]
fn the_body_is_a_json_object() {
    for body in ["[]", "7", "null", "{", "\"x\"", "\u{1}"] {
        let read = read_request("POST", "/openapi/v0.1/flight-task", "", body.as_bytes());
        assert!(matches!(read, Err(Unreadable::BadBody { .. })), "{body}: {read:?}");
    }
    assert!(matches!(
        read_request("POST", "/openapi/v0.1/flight-task", "", b"\xff"),
        Err(Unreadable::BadBody { .. })
    ));
}

#[test]
fn static_path_segments_win() {
    for (method, path, id) in [
        ("GET", "/flight-task/list", "task.list"),
        ("GET", "/flight-task/listing", "task.get"),
        ("GET", "/flight-task/list/media", "task.media"),
        ("GET", "/open_model/models/running", "openmodel.running"),
        ("GET", "/open_model/models/other", "openmodel.get"),
        ("GET", "/device/hms", "device.hms"),
        ("GET", "/device/hms/state", "device.state"),
        ("POST", "/device/control", "device.acquire_control"),
        ("POST", "/device/control/command", "device.command"),
        ("POST", "/model/create", "model.create"),
        ("POST", "/open_model/models/reconstruction/start", "openmodel.start"),
        ("POST", "/open_model/models/reconstruction/reconstruction/stop", "openmodel.stop"),
    ] {
        assert_eq!(
            route(method, &format!("{PREFIX}{path}")).map(|info| info.id),
            Ok(id),
            "{method} {path}"
        );
    }
}

#[test]
fn what_is_nowhere_is_told_apart_from_what_has_another_method() {
    let routed = |method: &str, path: &str| route(method, &format!("{PREFIX}{path}"));
    assert_eq!(
        routed("DELETE", "/flight-task/list"),
        Err(Unreadable::WrongMethod { allowed: vec!["GET"] }),
        "the static segment wins here too"
    );
    assert_eq!(
        routed("PUT", "/device/control"),
        Err(Unreadable::WrongMethod { allowed: vec!["POST", "DELETE"] })
    );
    assert_eq!(
        routed("GET", "/flight-task"),
        Err(Unreadable::WrongMethod { allowed: vec!["POST"] })
    );
    for path in [
        "/flight-tasks",
        "/flight-task/",
        "/flight-task//media",
        "/flight-task/a/media/",
        "/Flight-Task/list",
    ] {
        assert!(matches!(routed("GET", path), Err(Unreadable::NoRoute { .. })), "{path}");
    }
    assert_eq!(
        routed("GET", "/flight-tsk/list"),
        Err(Unreadable::NoRoute { nearest: Some("/openapi/v0.1/flight-task/list") })
    );
    assert_eq!(route("GET", "/"), Err(Unreadable::NoRoute { nearest: None }));
    assert!(matches!(route("GET", "/openapi/v0.1"), Err(Unreadable::NoRoute { .. })));
}
