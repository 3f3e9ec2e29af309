//! Every operation from the command line: what `--dry-run` shows is what is sent.

use flighthub_api::OperationInfo;
use flighthub_api::catalog::Catalogue;
use flighthub_api::v1::{AnyOperation, CATALOGUE};
use serde_json::{Map, Value, json};

use crate::support::{Bench, DOCK, DRONE, finish_with, flight};

/// How each operation ends with the arguments of its example in the demo world of a private installation: most ids of the examples are not
/// there, and an aircraft that is not in the air takes no orders. The next test has them all succeed that need no upload.
const ENDS: [(&str, i32); 42] = [
    ("system.status", 0),
    ("project.list", 0),
    ("project.devices_of_organization", 0),
    ("project.devices", 0),
    ("project.sts_token", 0),
    ("project.add_members", 0),
    ("device.state", 6),
    ("device.hms", 0),
    ("device.command", 6),
    ("device.change_camera", 0),
    ("device.change_lens", 6),
    ("device.acquire_control", 0),
    ("device.release_control", 0),
    ("device.set_stream_quality", 6),
    ("device.calibrate_rtk", 0),
    ("livestream.start", 0),
    ("converter.create", 0),
    ("converter.list", 0),
    ("converter.set", 5),
    ("converter.delete", 5),
    ("task.create", 0),
    ("task.set_status", 8),
    ("task.list", 0),
    ("task.media", 5),
    ("task.track", 5),
    ("task.get", 5),
    ("wayline.finish_upload", 8),
    ("wayline.list", 0),
    ("wayline.get", 0),
    ("model.list", 0),
    ("model.get", 0),
    ("model.create", 5),
    ("annotation.create", 0),
    ("openmodel.obtain_token", 0),
    ("openmodel.upload_callback", 5),
    ("openmodel.get_resource", 5),
    ("openmodel.delete_resource", 5),
    ("openmodel.start", 5),
    ("openmodel.stop", 5),
    ("openmodel.running", 0),
    ("openmodel.get", 5),
    ("openmodel.delete", 5),
];

fn bench() -> Bench {
    let builder = flighthub_sim::Sim::builder().profile(flighthub_sim::Profile::Private);
    Bench::of(builder.start_blocking().unwrap())
}

/// The command line of an operation with these arguments, every one by its flag.
fn command_line(
    bench: &Bench,
    info: &OperationInfo,
    arguments: &Map<String, Value>,
) -> Vec<String> {
    let (group, name) = info.id.split_once('.').unwrap();
    let mut words = vec![group.to_owned(), name.replace('_', "-")];
    // Secrets are what the operation does not show.
    let text = Value::Object(arguments.clone()).to_string();
    let shown = AnyOperation::from_args(info.id, &text).unwrap().arguments();
    for (name, value) in arguments {
        if info.path.contains(&format!("{{{name}}}")) {
            words.push(plain(value));
        } else {
            add_flags(bench, name, value, &shown[name.as_str()], &mut words);
        }
    }
    words
}

fn add_flags(bench: &Bench, name: &str, value: &Value, shown: &Value, words: &mut Vec<String>) {
    let flag = name.replace('_', "-");
    match value {
        // A point of the map is given as a whole.
        Value::Object(fields) if name != "resource" => {
            for (inner, value) in fields {
                add_flags(bench, &format!("{name}.{inner}"), value, &shown[inner.as_str()], words);
            }
        }
        _ if shown == "***" && value != "***" => {
            let path = bench.file(&format!("{flag}.txt"), &format!("{}\n", plain(value)));
            words.extend([format!("--{flag}-file"), path]);
        }
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            let items: Vec<String> = items.iter().map(plain).collect();
            words.extend([format!("--{flag}"), items.join(",")]);
        }
        _ => words.extend([format!("--{flag}"), plain(value)]),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What is masked in one must be there in the other, whatever it is.
#[track_caller]
fn assert_same(id: &str, shown: &Value, sent: &Value) {
    match (shown, sent) {
        (Value::Object(shown), Value::Object(sent)) => {
            let names = |map: &Map<String, Value>| map.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(shown), names(sent), "{id}");
            for (name, value) in shown {
                assert_same(id, value, &sent[name]);
            }
        }
        (Value::String(mask), Value::String(_)) if mask == "***" => {}
        _ => assert_eq!(shown, sent, "{id}"),
    }
}

#[test]
fn every_operation_is_a_command_and_sends_what_its_dry_run_shows() {
    assert_eq!(CATALOGUE.len(), ENDS.len());
    let mut wrong = Vec::new();
    for (info, (id, code)) in CATALOGUE.iter().zip(ENDS) {
        assert_eq!(info.id, id);
        let bench = bench();
        let example = &Catalogue::v1().get(info.id).unwrap().example;
        let words = command_line(&bench, info, example);

        let dry = bench.run(words.iter().map(String::as_str).chain(["--dry-run"])).exits(0);
        bench.sim.journal().writes().times(0);
        assert!(bench.sim.journal().is_empty(), "{id}: a dry run asked something");
        let shown = dry.json();
        let operation = AnyOperation::from_args(id, &json!(example).to_string()).unwrap();
        let preview = operation.preview().unwrap();
        assert_eq!(shown["method"], preview.method.as_str(), "{id}");
        assert_eq!(
            shown["url"],
            format!("{}{}", bench.sim.url(), preview.path_and_query()),
            "{id}"
        );
        let body = preview.body.map_or(Value::Null, |body| serde_json::from_slice(&body).unwrap());
        assert_eq!(shown.get("body").unwrap_or(&Value::Null), &body, "{id}");

        let ran = bench.run(words.iter().map(String::as_str).chain(["--yes"]));
        if ran.exit != code {
            wrong.push(format!("(\"{id}\", {}) {}", ran.exit, ran.err));
        }
        let journal = bench.sim.journal().of(id);
        journal.times(1);
        let sent = &journal.entries()[0];
        let target = match sent.query() {
            query if query.is_empty() => sent.path(),
            query => format!("{}?{query}", sent.path()),
        };
        assert_eq!(shown["method"], sent.method(), "{id}");
        assert_eq!(shown["url"], format!("{}{target}", bench.sim.url()), "{id}");
        assert_same(id, &body, &sent.json().unwrap_or_default());
        for name in ["x-project-uuid", "x-language", "accept", "content-type", "user-agent"] {
            assert_eq!(
                shown["headers"].get(name).and_then(Value::as_str).map(str::to_owned),
                sent.header(name),
                "{id}: {name}"
            );
        }
        assert_eq!(shown["headers"]["x-user-token"], "***", "{id}");
    }
    println!("figure Command line | operations as commands | count = {}", ENDS.len() - wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_session_of_single_operations() {
    let bench = bench();
    let ok = |words: &[&str]| bench.run(words).exits(0).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();

    // Payload and camera of an aircraft.
    let camera = ["--sn", DRONE, "--camera-index", "81-0-0"];
    let control = ["--drone-sn", DRONE, "--payload-index", "81-0-0"];
    ok(&[&["device", "acquire-control", "--yes"], &control[..]].concat());
    ok(&[&["device", "change-lens", "--lens-type", "zoom"], &camera[..]].concat());
    ok(&[&["livestream", "start", "--video-expire", "3600"], &camera[..]].concat());
    ok(&[&["device", "set-stream-quality", "--quality-type", "smooth"], &camera[..]].concat());
    ok(&[&["device", "release-control"], &control[..]].concat());
    assert_eq!(ok(&["device", "state", DRONE])["device_sn"], DRONE);

    // A converter from its beginning to its end.
    let url = bench.file("url", "rtmp://media.example.net/live/gate");
    let target = ["--schema", "rtmp", "--schema-option.url-file", &url];
    let source = ["--converter-name", "Gate", "--sn", DOCK, "--camera-index", "165-0-7"];
    let made = ok(&[&["converter", "create"], &source[..], &target[..]].concat());
    let id = text(&made["converter_id"]);
    ok(&["converter", "set", &id, "--auto-push-stream", "true"]);
    assert_eq!(ok(&["converter", "list"])["list"].as_array().unwrap().len(), 1);
    ok(&["converter", "delete", &id]);

    // A flight that is called home, and one that never starts.
    let uuid = text(&ok(&["task", "create", "--yes", "--json", &flight("A")])["task_uuid"]);
    bench.sim.advance(std::time::Duration::from_secs(90));
    ok(&["device", "command", DRONE, "--device-command", "return_home", "--yes"]);
    bench.sim.advance(std::time::Duration::from_secs(600));
    let window = ["--begin-at", "2026-01-01", "--end-at", "2026-01-02"];
    let rows = ok(&[&["task", "list", "--sn", DOCK, "--name", "A"], &window[..]].concat());
    assert_eq!(rows["list"][0]["uuid"], uuid.as_str());
    assert_eq!(ok(&["task", "get", &uuid])["name"], "A");
    assert!(ok(&["task", "track", &uuid])["track"]["points"].as_array().unwrap().len() > 10);
    ok(&["task", "media", "--task-uuid", &uuid]);
    let later = flight("B").replace("immediate", "timed");
    let at = ["--begin-at", "2026-01-02 12:00 Atlantic/Azores", "--yes"];
    let words = [&["task", "create", "--json", &later], &at[..]].concat();
    let uuid = text(&ok(&words)["task_uuid"]);
    ok(&["task", "set-status", &uuid, "--status", "suspended", "--yes"]);
    assert_eq!(ok(&["task", "get", &uuid])["status"], "suspended");

    // A model from this morning's flight.
    let example = json!(Catalogue::v1().get("model.create").unwrap().example).to_string();
    ok(&["model", "create", "--json", &example, "--task-folder-id", "4217"]);
}

#[test]
fn arguments_come_by_json_by_standard_input_and_by_call_as_well() {
    let bench = bench();
    for info in CATALOGUE {
        let example = &Catalogue::v1().get(info.id).unwrap().example;
        let (group, name) = info.id.split_once('.').unwrap();
        let name = name.replace('_', "-");
        let whole = json!(example).to_string();
        let file = bench.file("arguments.json", &whole);
        let by_flags = {
            let words = command_line(&bench, info, example);
            request(bench.run(words.iter().map(String::as_str).chain(["-n"])).exits(0).json())
        };
        if !example.is_empty() {
            let shown = bench.run([group, &name, "--example"]).exits(0).json();
            assert_eq!(shown, json!(example), "{}", info.id);
            let from_file = format!("@{}", file);
            let ran = bench.run([group, &name, "--json", &from_file, "-n"]).exits(0);
            assert_eq!(request(ran.json()), by_flags, "{}", info.id);
            let mut command = bench.command();
            let ran = finish_with(command.args([group, &name, "--json", "-", "-n"]), &whole);
            assert_eq!(request(ran.exits(0).json()), by_flags, "{}", info.id);
        }
        let from_file = format!("@{}", file);
        let ran = bench.run(["call", info.id, "--json", &from_file, "-n"]).exits(0);
        assert_eq!(request(ran.json()), by_flags, "{}", info.id);
    }
    assert!(bench.sim.journal().is_empty());
}

/// A request without its own id.
fn request(mut shown: Value) -> Value {
    shown["headers"].as_object_mut().unwrap().remove("x-request-id").unwrap();
    shown
}

#[test]
fn call_reads_names_and_values_by_the_schema() {
    let bench = bench();
    let body = |words: &[&str]| {
        let all = ["call"].iter().chain(words).chain(&["-n"]);
        bench.run(all).exits(0).json()["body"].clone()
    };
    assert_eq!(
        body(&["converter.set", "converter-id=0A1B", "auto_push_stream=true"]),
        json!({"auto_push_stream": true})
    );
    assert_eq!(
        body(&["device.acquire_control", "drone_sn=X", "payload_index=81-0-0,80-0-0"]),
        json!({"drone_sn": "X", "payload_index": ["81-0-0", "80-0-0"]})
    );
    assert_eq!(
        body(&["device.acquire_control", "drone_sn=X", "payload_index=[\"81-0-0\"]"]),
        json!({"drone_sn": "X", "payload_index": ["81-0-0"]})
    );
    for (words, says) in [
        (["call", "converter.set", "auto_push_stream=maybe"], "neither true nor false"),
        (["call", "converter.set", "converter_id"], "is no argument of a call"),
        (["call", "converter.set", "id=1"], "converter.set has no argument `id`"),
        (["call", "converter.get", "id=1"], "the nearest is `converter.set`"),
        (["call", "task.list", "begin_at=tomorrowish"], "begin_at"),
    ] {
        bench.run(words).exits(2).says(says);
    }
}

#[test]
fn what_a_call_lacks_is_named_by_its_flags() {
    let bench = bench();
    bench.run(["task", "get"]).exits(2).says("`task get` lacks TASK_UUID");
    bench
        .run(["converter", "create", "--converter-name", "x", "--schema", "rtmp"])
        .exits(2)
        .says("lacks --sn, --camera-index, --schema-option.url-file");
    bench
        .run(["converter", "create", "--converter-name", "x", "--schema", "gb28181"])
        .exits(2)
        .says("--schema-option.server-ip")
        .says("--schema-option.device-password-file");
    let mut timed: Value = serde_json::from_str(&flight("x")).unwrap();
    timed["task_type"] = "timed".into();
    bench
        .run(["task", "create", "--json", &timed.to_string()])
        .exits(2)
        .says("`task create` lacks --begin-at");
    timed["begin_at"] = 1.into();
    timed["end_at"] = 2.into();
    let ran = bench.run(["task", "create", "--json", &timed.to_string(), "--yes"]).exits(2);
    assert!(ran.err.contains("end_at"), "{ran:#?}");
    assert!(bench.sim.journal().is_empty());
}

#[test]
fn flags_win_over_json_and_add_to_its_objects() {
    let bench = bench();
    let json = flight("from JSON");
    let ran = bench.run(["task", "create", "--json", &json, "--name", "from a flag", "-n"]);
    assert_eq!(ran.exits(0).json()["body"]["name"], "from a flag");
    let repeat = ["--repeat-option.interval", "2", "--repeat-option.days-of-week", "1,5"];
    let plan = [
        "--task-type",
        "recurring",
        "--repeat-type",
        "weekly",
        "--begin-at",
        "2026-03-02 06:00 Europe/Prague",
    ];
    let rest = ["--end-at", "1780000000", "--recurring-task-start-time-list", "1772427600", "-n"];
    let words =
        ["task", "create", "--json", &json].into_iter().chain(repeat).chain(plan).chain(rest);
    let body = bench.run(words).exits(0).json()["body"].clone();
    assert_eq!(body["repeat_option"], json!({"interval": 2, "days_of_week": [1, 5]}));
    // 06:00 in Prague is 05:00 UTC in winter.
    assert_eq!(body["begin_at"], 1_772_427_600);
    assert_eq!(body["recurring_task_start_time_list"], json!([1_772_427_600]));
}

#[test]
fn a_window_is_given_as_people_do_and_a_start_without_a_zone_is_refused() {
    let bench = bench();
    let words =
        ["task", "list", "--sn", "X", "--begin-at", "2026-01-01", "--end-at", "2026-01-01", "-n"];
    let url = bench.run(words).exits(0).json()["url"].as_str().unwrap().to_owned();
    assert!(url.contains("begin_at=1767225600") && url.contains("end_at=1767311999"), "{url}");
    let json = flight("x").replace("immediate", "timed");
    bench
        .run(["task", "create", "--json", &json, "--begin-at", "2026-03-02 06:00", "-n"])
        .exits(2)
        .says("no time zone");
}

#[test]
fn api_sends_what_it_is_told() {
    let bench = bench();
    let rows = bench.run(["api", "GET", "/openapi/v0.1/wayline"]).exits(0).json();
    assert_eq!(rows["list"].as_array().unwrap().len(), 3);
    let ran = bench.run([
        "api",
        "get",
        "/openapi/v0.1/project",
        "--query",
        "page=1",
        "--query",
        "q=a b",
        "-n",
    ]);
    let shown = ran.exits(0).json();
    assert_eq!(shown["url"], format!("{}/openapi/v0.1/project?page=1&q=a%20b", bench.sim.url()));
    assert_eq!(shown["headers"]["x-project-uuid"], bench.sim.project());
    let ran = bench.run(["api", "GET", "/openapi/v0.1/project", "--no-project", "-n"]).exits(0);
    assert_eq!(ran.json()["headers"].get("x-project-uuid"), None);
    for (words, says) in [
        (["api", "GET", "project"], "must begin with a slash"),
        (["api", "GET", "/openapi/v0.1/../admin"], "segment"),
        (["api", "PATCH", "/openapi/v0.1/project"], "PATCH"),
    ] {
        bench.run(words).exits(2).says(says);
    }
}

#[test]
fn the_schema_of_an_operation_is_whole() {
    let bench = bench();
    let all = finish_with(bench.bare().arg("schema"), "").exits(0).json();
    assert_eq!(all["operations"].as_array().unwrap().len(), 42);
    let one = finish_with(bench.bare().args(["schema", "task.create"]), "").exits(0).json();
    assert_eq!(one["operations"][0]["command"], "task create");
    assert_eq!(one["operations"][0]["risk"], "dangerous");
    // Every definition that is referred to is there, and no other.
    let text = one.to_string();
    let defs = one["$defs"].as_object().unwrap();
    for name in defs.keys() {
        assert!(text.contains(&format!("#/$defs/{name}\"")), "{name}");
    }
    assert!(text.matches("#/$defs/").count() >= defs.len());
    assert!(defs.contains_key("RepeatOption") && !defs.contains_key("ModelFormat"));
    finish_with(bench.bare().args(["schema", "task.crate"]), "").exits(2).says("`task.create`");
}
