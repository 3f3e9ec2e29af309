//! Changes of a reply that need no description.

use serde_json::{Map, Value, json};

/// From here on a unix time is one in milliseconds.
const MILLISECONDS: f64 = 1e11;

fn list(data: &mut Value) -> Option<&mut Vec<Value>> {
    data.get_mut("list").and_then(Value::as_array_mut)
}

pub(super) fn code_as_text(envelope: &mut Map<String, Value>) -> bool {
    envelope.insert("code".to_owned(), json!("0"));
    true
}

pub(super) fn without_data(envelope: &mut Map<String, Value>) -> bool {
    envelope.remove("data").is_some()
}

pub(super) fn data_null(envelope: &mut Map<String, Value>) -> bool {
    envelope.insert("data".to_owned(), Value::Null);
    true
}

pub(super) fn data_empty(envelope: &mut Map<String, Value>) -> bool {
    envelope.insert("data".to_owned(), json!({}));
    true
}

pub(super) fn null_list(data: &mut Value) -> bool {
    data.get_mut("list").map(|list| *list = Value::Null).is_some()
}

pub(super) fn empty_list(data: &mut Value) -> bool {
    data.get_mut("list").map(|list| *list = json!([])).is_some()
}

pub(super) fn bare_list(data: &mut Value) -> bool {
    let Some(list) = data.get_mut("list").map(Value::take) else { return false };
    *data = list;
    true
}

/// A number and an empty object among the rows.
pub(super) fn odd_rows(data: &mut Value) -> bool {
    let Some(rows) = list(data) else { return false };
    rows.insert(rows.len().min(1), json!(7));
    rows.push(json!([]));
    true
}

pub(super) fn doubled_rows(data: &mut Value) -> bool {
    let Some(rows) = list(data).filter(|rows| !rows.is_empty()) else { return false };
    *rows = rows.drain(..).flat_map(|row| [row.clone(), row]).collect();
    true
}

/// A field that nobody knows in each object, however deep.
pub(super) fn extra_fields(value: &mut Value) -> bool {
    match value {
        Value::Array(items) => {
            items.iter_mut().map(extra_fields).fold(false, |any, changed| any | changed)
        }
        Value::Object(members) => {
            members.values_mut().for_each(|member| {
                extra_fields(member);
            });
            members.insert("unheard_of".to_owned(), json!({"deep": [1, {}]}));
            true
        }
        _ => false,
    }
}

/// A task's schedule as the gateway fills it: nulls and zeros for what the kind of schedule lacks.
pub(super) fn task_of_zeros(data: &mut Value) -> bool {
    let Some(task) = data.as_object_mut() else { return false };
    for (name, value) in [
        ("end_at", json!("")),
        ("interval", json!(0)),
        ("days_of_week", Value::Null),
        ("days_of_month", Value::Null),
        ("week_of_month", json!(0)),
        ("recurring_task_start_time_list", Value::Null),
        ("continuous_task_periods", Value::Null),
    ] {
        task.insert(name.to_owned(), value);
    }
    true
}

pub(super) fn without_folder(data: &mut Value) -> bool {
    data.as_object_mut().is_some_and(|task| task.remove("folder_info").is_some())
}

pub(super) fn numeric_states(data: &mut Value) -> bool {
    let Some(rows) = list(data) else { return false };
    for row in rows.iter_mut().filter_map(Value::as_object_mut) {
        row.insert("status".to_owned(), json!(5));
        row.insert("task_type".to_owned(), json!(2));
    }
    !rows.is_empty()
}

fn points(data: &mut Value) -> Option<&mut Vec<Value>> {
    data.get_mut("track")?.get_mut("points")?.as_array_mut()
}

fn timed(data: &mut Value, change: impl Fn(f64) -> Value) -> bool {
    let Some(points) = points(data).filter(|points| !points.is_empty()) else { return false };
    for stamp in points.iter_mut().filter_map(|point| point.get_mut("timestamp")) {
        if let Some(number) = stamp.as_f64() {
            *stamp = change(number);
        }
    }
    true
}

pub(super) fn track_in_seconds(data: &mut Value) -> bool {
    let seconds = |time: f64| if time < MILLISECONDS { time } else { time / 1000.0 };
    timed(data, |time| json!(seconds(time) as i64))
}

pub(super) fn track_in_milliseconds(data: &mut Value) -> bool {
    let millis = |time: f64| if time < MILLISECONDS { time * 1000.0 } else { time };
    timed(data, |time| json!(millis(time) as i64))
}

pub(super) fn track_without_height(data: &mut Value) -> bool {
    let Some(points) = points(data).filter(|points| !points.is_empty()) else { return false };
    for point in points.iter_mut().filter_map(Value::as_object_mut) {
        point.remove("height");
    }
    if let Some(track) = data.get_mut("track").and_then(Value::as_object_mut) {
        track.insert("flight_distance".to_owned(), json!(152));
    }
    true
}

pub(super) fn track_without_points(data: &mut Value) -> bool {
    let Some(track) = data.get_mut("track").and_then(Value::as_object_mut) else { return false };
    track.insert("points".to_owned(), Value::Null);
    true
}

/// Half of it, never at the end of a value.
pub(super) fn truncated(mut body: Vec<u8>) -> Vec<u8> {
    body.truncate((body.len() / 2).max(1));
    body
}

pub(super) fn with_byte_order_mark(body: Vec<u8>) -> Vec<u8> {
    [b"\xef\xbb\xbf".as_slice(), &body].concat()
}
