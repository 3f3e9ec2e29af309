//! What goes out comes in: every operation, with arguments as strange as its schema allows, is read back from its request as the same
//! operation, or is refused before anything is sent.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use flighthub_api::catalog::{Catalogue, Entry};
use flighthub_api::server::{Parsed, read_request, route};
use flighthub_api::v1::{AnyOperation, OpenmodelGet, TaskGet};
use flighthub_api::{Operation, RequestParts};
use flighthub_tests::arguments;
use serde_json::{Map, Value};

/// Runs a check on many arguments of every operation.
fn for_all(
    check: impl Fn(&'static Entry, AnyOperation, &Map<String, Value>) -> Result<(), String>,
) {
    let catalogue = Catalogue::v1();
    assert!(catalogue.operations.len() >= 42);
    for entry in &catalogue.operations {
        arguments::for_all(128, entry, |arguments| {
            let operation = AnyOperation::from_args(&entry.id, &text(&arguments));
            check(entry, operation.map_err(|error| error.to_string())?, &arguments)
        });
    }
}

fn text(arguments: &Map<String, Value>) -> String {
    Value::Object(arguments.clone()).to_string()
}

fn received(request: &RequestParts) -> Result<Parsed, String> {
    let query = request.query.as_deref().unwrap_or_default();
    let body = request.body.as_deref().unwrap_or_default();
    read_request(request.method.as_str(), &request.path, query, body)
        .map_err(|error| format!("{error}: {}", request.path_and_query()))
}

/// Whether a URL could carry these arguments: path arguments need to be visible text, elements of lists in a query too.
fn fits_into_a_url(entry: &Entry, arguments: &Map<String, Value>) -> bool {
    let place =
        |name: &str| entry.arguments["properties"][name]["x-place"].as_str().unwrap_or_default();
    arguments.iter().all(|(name, value)| match (place(name), value) {
        ("path", Value::String(text)) => {
            let walks = |text: &str| text.split(['/', '\\']).any(|part| matches!(part, "." | ".."));
            !text.is_empty()
                && !walks(text)
                && !walks(&text.replace("%2e", "."))
                && !text.chars().any(char::is_control)
        }
        ("query", Value::Array(items)) => {
            let required = entry.arguments["required"]
                .as_array()
                .unwrap()
                .contains(&Value::from(name.as_str()));
            let sound = |item: &Value| {
                item.as_str().is_some_and(|text| !text.is_empty() && !text.contains(','))
            };
            items.iter().all(sound) && !(required && items.is_empty())
        }
        _ => true,
    })
}

#[test]
fn every_request_is_read_as_the_operation_that_it_came_from() {
    for_all(|entry, operation, arguments| {
        let request = match (operation.to_request(), fits_into_a_url(entry, arguments)) {
            (Ok(request), true) => request,
            (Err(error), false) => {
                let names = arguments.keys().any(|name| name == error.argument());
                return if names && !error.problem().is_empty() {
                    Ok(())
                } else {
                    Err(format!("names no argument: {error}"))
                };
            }
            (Ok(request), false) => {
                return Err(format!("sent although it cannot be: {}", request.path_and_query()));
            }
            (Err(error), true) => return Err(format!("refused although it can be sent: {error}")),
        };
        let Parsed { operation: read, notes, .. } = received(&request)?;
        if read != operation {
            return Err(format!("read as {read:?} from {}", request.path_and_query()));
        }
        if notes.is_empty() { Ok(()) } else { Err(format!("noted {notes:?}")) }
    });
}

#[test]
fn arguments_survive_being_an_operation() {
    for_all(|entry, operation, arguments| {
        let written = operation.arguments();
        same(&written, &Value::Object(arguments.clone()))?;
        if is_masked(&written) {
            return Ok(());
        }
        let again = AnyOperation::from_args(&entry.id, &written.to_string())
            .map_err(|error| error.to_string())?;
        if again == operation { Ok(()) } else { Err(format!("{again:?}")) }
    });
}

/// Whether there is a secret in it, which stays behind.
fn is_masked(value: &Value) -> bool {
    match value {
        Value::String(text) => text == "***",
        Value::Array(items) => items.iter().any(is_masked),
        Value::Object(members) => members.values().any(is_masked),
        _ => false,
    }
}

/// The arguments that are masked.
const SECRETS: [&str; 5] = ["account", "password", "url", "device_password", "callback_param"];

/// Whether nothing was lost, added or changed. Secrets are masked, empty optional lists left out, and 1 is 1.0.
fn same(written: &Value, given: &Value) -> Result<(), String> {
    match (written, given) {
        (Value::Object(written), Value::Object(given)) => {
            if let Some(key) = written.keys().find(|key| !given.contains_key(*key)) {
                return Err(format!("{key} was added"));
            }
            given.iter().try_for_each(|(key, given)| match written.get(key) {
                Some(written) if SECRETS.contains(&key.as_str()) => {
                    if written == "***" {
                        Ok(())
                    } else {
                        Err(format!("{key} is shown"))
                    }
                }
                Some(written) => same(written, given).map_err(|error| format!("{key}: {error}")),
                None if given.as_array().is_some_and(Vec::is_empty) => Ok(()),
                None => Err(format!("{key} was lost")),
            })
        }
        (Value::Array(written), Value::Array(given)) if written.len() == given.len() => {
            written.iter().zip(given).try_for_each(|(written, given)| same(written, given))
        }
        (Value::Number(written), Value::Number(given)) if written.as_f64() == given.as_f64() => {
            Ok(())
        }
        _ if written == given => Ok(()),
        _ => Err(format!("{given} became {written}")),
    }
}

/// Arguments that are always the same, or never reach a field, would make the tests above worthless.
#[test]
fn the_arguments_reach_every_field_and_every_value() {
    fn collect(value: &Value, path: &str, seen: &mut BTreeSet<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| collect(item, path, seen)),
            Value::Object(members) => members.iter().for_each(|(key, value)| {
                seen.insert(key.clone());
                collect(value, &format!("{path}.{key}"), seen);
            }),
            other => {
                seen.insert(format!("{path}={other}"));
            }
        }
    }
    let (sent, refused) = (Cell::new(0), Cell::new(0));
    let seen = RefCell::new(BTreeSet::new());
    for_all(|_, operation, arguments| {
        let count = if operation.to_request().is_ok() { &sent } else { &refused };
        count.set(count.get() + 1);
        collect(&Value::Object(arguments.clone()), "", &mut seen.borrow_mut());
        Ok(())
    });
    assert!(
        sent.get() > 3000 && refused.get() > 300,
        "{} sent, {} refused",
        sent.get(),
        refused.get()
    );
    let seen = seen.into_inner();
    let catalogue = serde_json::to_value(&Catalogue::v1().definitions).unwrap();
    let arguments: Value =
        Catalogue::v1().operations.iter().map(|entry| entry.arguments.clone()).collect();
    for (name, schema) in properties(&catalogue).into_iter().chain(properties(&arguments)) {
        assert!(seen.contains(&name), "{name} is reached");
        let known = Catalogue::v1().resolve(&schema)["enum"].as_array().cloned();
        for value in known.into_iter().flatten() {
            let ending = format!(".{name}={value}");
            assert!(seen.iter().any(|one| one.ends_with(&ending)), "{ending} is reached");
        }
    }
}

/// All properties of all schemas in a value.
fn properties(value: &Value) -> Vec<(String, Value)> {
    match value {
        Value::Array(items) => items.iter().flat_map(properties).collect(),
        Value::Object(members) => {
            let own = members.get("properties").and_then(Value::as_object).into_iter().flatten();
            let own = own
                .filter(|(_, schema)| schema.is_object())
                .map(|(name, schema)| (name.clone(), schema.clone()));
            own.chain(members.values().flat_map(properties)).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn secrets_go_into_the_body_and_nowhere_else() {
    let gb28181 = r#"{"converter_name":"n","sn":"s","camera_index":"c","schema":"gb28181","schema_option":{"server_id":"i","server_ip":"a","server_port":"1","device_password":"FHCANARY","local_port":"2","device_id":"d","local_channel":"l"}}"#;
    let rtmp = r#"{"converter_name":"n","sn":"s","camera_index":"c","schema":"rtmp","schema_option":{"url":"rtmp://h/FHCANARY"}}"#;
    let rtk = r#"{"device_sn":"s","host":"h","port":1,"account":"FHCANARY","password":"FHCANARY","mount_point":"m"}"#;
    let callback =
        r#"{"resource_uuid":"r","callback_param":"FHCANARY","files":[{"name":"n","etag":"e"}]}"#;
    for (id, arguments) in [
        ("converter.create", gb28181),
        ("converter.create", rtmp),
        ("device.calibrate_rtk", rtk),
        ("openmodel.upload_callback", callback),
    ] {
        let operation = AnyOperation::from_args(id, arguments).unwrap();
        let request = operation.to_request().unwrap();
        let preview = operation.preview().unwrap();
        let body = |request: &RequestParts| {
            String::from_utf8(request.body.as_ref().unwrap().to_vec()).unwrap()
        };
        assert!(body(&request).contains("FHCANARY"), "{id}");
        for shown in [
            operation.arguments().to_string(),
            format!("{operation:?}"),
            format!("{request:?}"),
            request.path_and_query(),
            body(&preview),
        ] {
            assert!(!shown.contains("FHCANARY"), "{id}: {shown}");
        }
        assert_eq!(received(&request).unwrap().operation, operation, "{id}: secrets arrive");
    }
}

#[test]
fn a_path_argument_stays_in_its_segment_or_does_not_leave() {
    for refused in [
        "", ".", "..", "../list", "a/../b", "a/.", "%2e%2e", "..%2F", "\\..\\", "a\n", "\t", "\0",
        "\u{7f}", "\u{85}", "\u{9f}",
    ] {
        let error = TaskGet::new(refused).to_request().unwrap_err();
        assert_eq!(error.argument(), "task_uuid", "{refused:?}");
    }
    for sent in [
        "...",
        "..list",
        "%2f",
        "a/media",
        "?x",
        "#x",
        "a;b",
        "a b",
        "+",
        "ä日\u{1f681}",
        "\u{202e}",
        "\u{feff}",
        "\u{2028}",
        "\\a\\",
    ] {
        let request = TaskGet::new(sent).to_request().unwrap();
        let segments = "/openapi/v0.1/flight-task/x".matches('/').count();
        assert_eq!(request.path.matches('/').count(), segments, "{sent:?}");
        assert_eq!(received(&request).unwrap().operation, TaskGet::new(sent).into(), "{sent:?}");
    }
}

/// The one way in which an argument can mean something else: it is the word by which a neighbour is told apart. Ids are no such words.
#[test]
fn the_word_of_a_neighbour_addresses_the_neighbour() {
    for (operation, neighbour) in [
        (AnyOperation::from(TaskGet::new("list")), "task.list"),
        (AnyOperation::from(OpenmodelGet::new("running")), "openmodel.running"),
    ] {
        let request = operation.to_request().unwrap();
        assert_eq!(route("GET", &request.path).map(|info| info.id), Ok(neighbour));
    }
}
