//! Every operation as the description documents it: the request is built as its example shows, and its example replies are read.
//!
//! The tests themselves are generated from the examples; here stands what they all check.

#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests")]
#![allow(clippy::print_stdout, reason = "figures of the proof")]

#[rustfmt::skip]
mod generated;

use std::fmt::Debug;

use flighthub_api::server::Answer;
use flighthub_api::testing::{Scripted, ScriptedTransport};
use flighthub_api::v1::{AnyOperation, CATALOGUE};
use flighthub_api::{Error, ErrorKind, Method, Operation, Project, Sends, blocking};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

const PROJECT: &str = "3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10";

/// An operation's examples.
pub(crate) struct Documented {
    /// Method.
    pub(crate) method: &'static str,
    /// Path, percent-encoded.
    pub(crate) path: &'static str,
    /// Query, percent-encoded, empty for none.
    pub(crate) query: &'static str,
    /// Body.
    pub(crate) body: Option<&'static str>,
    /// All arguments as one JSON object.
    pub(crate) arguments: &'static str,
    /// Names and bodies of replies.
    pub(crate) replies: &'static [(&'static str, &'static str)],
}

/// The request of an operation is built as documented, and its documented replies are read whole.
#[track_caller]
pub(crate) fn check<O>(documented: Documented)
where
    O: Operation + DeserializeOwned + Clone + PartialEq + Debug,
    O::Output: PartialEq + Debug,
    AnyOperation: From<O>,
    Project: Sends<O>,
    blocking::Project: Sends<O>,
{
    let operation: O =
        serde_json::from_str(documented.arguments).expect("the arguments are the operation's");
    let any = AnyOperation::from_args(O::INFO.id, documented.arguments)
        .expect("the arguments are read by id");
    assert_eq!(
        any,
        AnyOperation::from(operation.clone()),
        "by type and by id it is the same operation"
    );

    let request = operation.to_request().expect("the example can be sent");
    assert_eq!(request.method.as_str(), documented.method);
    assert_eq!(request.path, documented.path);
    assert_eq!(request.query.as_deref().unwrap_or_default(), documented.query);
    let body = request.body.as_deref().map(|body| std::str::from_utf8(body).expect("JSON is text"));
    // Compared as text: the order of the keys counts too.
    assert_eq!(body, documented.body.map(minified).as_deref());

    assert!(!documented.replies.is_empty(), "there is an example reply");
    without_async_it_is_the_same(&operation, documented.replies[0].1);
    for (name, reply) in documented.replies {
        let data = &parsed(reply)["data"];
        let output = serde_json::from_value(data.clone()).expect("an example needs no leniency");
        match (O::failure(&output), answer(|project| project.send(&operation), reply)) {
            (None, Ok(read)) => {
                assert_eq!(read, output, "{name}: patient and strict reading agree")
            }
            (Some(reason), Err(error)) => {
                assert_eq!(error.kind(), ErrorKind::Failed, "{name}: {error}");
                assert!(error.to_string().contains(reason), "{name}: {error}");
            }
            (failure, read) => panic!("{name}: {failure:?}, but the client says {read:?}"),
        }
        if let Err(difference) = holds(&written(&output), data, "data") {
            panic!("{name}: {difference}\nread as {output:?}");
        }
        new_keys_do_no_harm::<O>(data);
        a_wrong_value_costs_no_more_than_its_row::<O>(data);
    }
}

/// The blocking client sends the same and reads the same; inside an async runtime it is an error, and nothing is sent.
#[track_caller]
fn without_async_it_is_the_same<O>(operation: &O, reply: &str)
where
    O: Operation,
    O::Output: PartialEq + Debug,
    Project: Sends<O>,
    blocking::Project: Sends<O>,
{
    let asynchronous = {
        let script = ScriptedTransport::new().then(Scripted::json(reply));
        let project = script.client().expect("a client").project(PROJECT);
        (runtime().block_on(project.send(operation).into_future()), script)
    };
    let script = ScriptedTransport::new().then(Scripted::json(reply));
    let client = script.client().expect("a client");
    let project = blocking::Client::from_async(client).expect("a client").project(PROJECT);
    let inside = runtime().block_on(async { project.send(operation) }).map(drop);
    let error = inside.expect_err("a blocking call in a runtime");
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Runtime, O::INFO.id));
    assert!(script.requests().is_empty(), "nothing is sent from there");

    let blocking = project.send(operation);
    match (blocking, asynchronous.0) {
        (Ok(one), Ok(other)) => assert_eq!(one, other),
        (Err(one), Err(other)) => assert_eq!(one.kind(), other.kind()),
        (one, other) => panic!("{one:?}, and with async {other:?}"),
    }
    let sent = |script: &ScriptedTransport| {
        let requests = script.requests();
        assert_eq!(requests.len(), 1);
        let request = &requests[0];
        let body = request.body().map(str::to_owned);
        (request.method, request.path.clone(), request.query.clone(), body)
    };
    assert_eq!(sent(&script), sent(&asynchronous.1));
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime")
}

/// What the client makes of a reply.
#[track_caller]
fn answer<T, F>(send: impl FnOnce(Project) -> F, reply: &str) -> Result<T, Error>
where
    F: IntoFuture<Output = Result<T, Error>>,
{
    let script = ScriptedTransport::new().then(Scripted::json(reply));
    let client = script.client().expect("a client");
    let sent = send(client.project(PROJECT)).into_future();
    runtime().block_on(sent)
}

/// `data` as the client reads it, with all its patience.
#[track_caller]
fn read<O: Operation>(data: &Value) -> Result<O::Output, Error> {
    let reply = json!({"code": 0, "message": "", "data": data}).to_string();
    let raw = answer(|project| project.raw(Method::Get, "/openapi/v0.1/anything").send(), &reply);
    raw.expect("the envelope is read").decode()
}

/// A reply written as the simulator would.
#[track_caller]
fn written<T: Serialize>(output: &T) -> Value {
    Answer::of(output).data().map_or(Value::Null, parsed)
}

/// Keys that nobody knows yet may come in any object.
#[track_caller]
fn new_keys_do_no_harm<O: Operation<Output: Debug>>(data: &Value) {
    fn with_new_keys(value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(with_new_keys).collect(),
            Value::Object(members) => {
                let members =
                    members.iter().map(|(key, value)| (key.clone(), with_new_keys(value)));
                members.chain([("a_new_key".to_owned(), json!({"list": [{}]}))]).collect()
            }
            other => other.clone(),
        }
    }
    let output = read::<O>(&with_new_keys(data)).unwrap_or_else(|error| panic!("{error}"));
    holds(&written(&output), data, "data").unwrap_or_else(|lost| panic!("{lost}\n{output:?}"));
}

/// Each value in turn becomes one that nobody expects. It is either kept, or its row is put aside with the path of the value, or, where
/// it is in no list, the error has its path.
#[track_caller]
fn a_wrong_value_costs_no_more_than_its_row<O: Operation<Output: Debug>>(data: &Value) {
    for path in leaves(data) {
        for wrong in [json!("a future value"), json!({"a future": ["value"]})] {
            let mut data = data.clone();
            *data.pointer_mut(&pointer(&path)).expect("the leaf") = wrong.clone();
            match read::<O>(&data) {
                Ok(output) => {
                    let (written, shown) = (written(&output), format!("{output:?}"));
                    let kept = holds(&written, &data, "data").is_ok();
                    let aside = rows(&path).any(|row| {
                        let (list, rest) = path.split_at(row);
                        holds(&written, &without(&data, list), "data").is_ok()
                            && shown.contains(&format!("at `{}`: ", json_path(rest)))
                    });
                    assert!(kept || aside, "{wrong} at {}: {shown}", json_path(&path));
                }
                Err(error) => {
                    assert_eq!(
                        error.json_path(),
                        Some(json_path(&path).as_str()),
                        "{wrong}: {error}"
                    );
                }
            }
        }
    }
}

/// The paths of all values that are neither objects nor lists. A null does not tell what could stand there.
fn leaves(value: &Value) -> Vec<Vec<String>> {
    let below = |key: String, value: &Value| {
        leaves(value)
            .into_iter()
            .map(move |path| [vec![key.clone()], path].concat())
            .collect::<Vec<_>>()
    };
    match value {
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(at, item)| below(format!("[{at}]"), item)).collect()
        }
        Value::Object(members) => {
            members.iter().flat_map(|(key, value)| below(key.clone(), value)).collect()
        }
        Value::Null => Vec::new(),
        _ => vec![Vec::new()],
    }
}

/// The lengths of the beginnings of a path that lead to the element of a list, the longest first.
fn rows(path: &[String]) -> impl Iterator<Item = usize> {
    (1..=path.len()).rev().filter(|length| path[length - 1].starts_with('['))
}

fn pointer(path: &[String]) -> String {
    path.iter().map(|key| format!("/{}", key.trim_matches(['[', ']']))).collect()
}

fn json_path(path: &[String]) -> String {
    let path: String = path
        .iter()
        .map(|key| if key.starts_with('[') { key.clone() } else { format!(".{key}") })
        .collect();
    if path.is_empty() { ".".to_owned() } else { path.trim_start_matches('.').to_owned() }
}

/// The same without one element of a list.
fn without(data: &Value, path: &[String]) -> Value {
    let mut data = data.clone();
    let (at, list) = path.split_last().expect("a path of an element");
    let list = data.pointer_mut(&pointer(list)).and_then(Value::as_array_mut).expect("the list");
    list.remove(at.trim_matches(['[', ']']).parse().expect("an index"));
    data
}

/// Whether a value that was read and written again holds everything of the value before.
fn holds(written: &Value, before: &Value, path: &str) -> Result<(), String> {
    match (written, before) {
        // Absent and null mean the same.
        (Value::Null, Value::Null) => Ok(()),
        // What promises nothing is read from anything and written as nothing.
        (Value::Null, Value::Object(members)) if members.is_empty() && path == "data" => Ok(()),
        // Where nothing is written as an empty text, it is read as nothing (`empty-string-is-absent`).
        (Value::Null, Value::String(text)) if text.is_empty() => Ok(()),
        // Lists of scalars do not tell null from empty; lists of objects do (`List::was_null`).
        (Value::Array(items), Value::Null) if items.is_empty() => Ok(()),
        (Value::Object(written), Value::Object(before)) => {
            before.iter().try_for_each(|(key, value)| {
                let written = written.get(key).unwrap_or(&Value::Null);
                holds(written, value, &format!("{path}.{key}"))
            })
        }
        (Value::Array(written), Value::Array(before)) if written.len() == before.len() => {
            let pairs = written.iter().zip(before).enumerate();
            pairs.into_iter().try_for_each(|(index, (written, before))| {
                holds(written, before, &format!("{path}[{index}]"))
            })
        }
        // 426 and 426.0 are the same number.
        (Value::Number(written), Value::Number(before)) if written.as_f64() == before.as_f64() => {
            Ok(())
        }
        _ if written == before => Ok(()),
        _ => Err(format!("{path} was {before} and became {written}")),
    }
}

#[track_caller]
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn minified(text: &str) -> String {
    parsed(text).to_string()
}

#[test]
fn every_operation_has_its_contract() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract/generated");
    let files =
        std::fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file").path());
    let text: String = files.map(|file| std::fs::read_to_string(file).expect("text")).collect();
    let checks = text.matches("    check::<").count();
    let tests = text.matches("#[test]").count();
    assert_eq!((checks, tests), (CATALOGUE.len(), CATALOGUE.len()));
    // Each of them sends by the blocking client too.
    println!("figure Async and blocking | operations the same in both | count = {checks}");
    println!("figure Async and blocking | operations | count = {}", CATALOGUE.len());
}

#[test]
fn a_lost_or_changed_value_is_noticed() {
    let before = parsed(r#"{"a":1,"b":[{"c":"x"}],"d":null}"#);
    for written in [
        r#"{"b":[{"c":"x"}]}"#,
        r#"{"a":2,"b":[{"c":"x"}]}"#,
        r#"{"a":1,"b":[]}"#,
        r#"{"a":1,"b":[{"c":"***"}]}"#,
        r#"{"a":"1","b":[{"c":"x"}]}"#,
    ] {
        assert!(holds(&parsed(written), &before, "data").is_err(), "{written}");
    }
    assert!(holds(&parsed(r#"{"a":1.0,"b":[{"c":"x"}],"more":1}"#), &before, "data").is_ok());
    assert!(holds(&Value::Null, &Value::Object(Map::new()), "data").is_ok());
}
