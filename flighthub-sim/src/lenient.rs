//! What the real gateway lets pass and the description of the API does not: requests are brought into the documented form, with a remark.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::refusal::Refusal;

/// From here on a unix time is taken for milliseconds; in seconds it would be the year 5138.
const MILLISECONDS: f64 = 1e11;
/// Where a window given in milliseconds lies for this world: after everything. The year 3000.
const FAR_AWAY: i64 = 32_503_680_000;

/// Something undocumented in a request.
#[derive(Debug)]
pub(crate) struct Remark {
    /// The argument.
    pub(crate) path: String,
    /// What is wrong with it and what was done about it.
    pub(crate) text: String,
}

/// The query of `task.list` as its reader takes it. Milliseconds, or no window, are no error at the real one: nothing lies in such a
/// window.
pub(crate) fn window(query: &str) -> (String, Vec<Remark>) {
    let mut remarks = Vec::new();
    let mut pairs: Vec<String> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let is_time = key == "begin_at" || key == "end_at";
        if is_time && value.parse().is_ok_and(|time: f64| time >= MILLISECONDS) {
            remarks.push(Remark {
                path: key.to_owned(),
                text: format!("`{key}` is in milliseconds, read as seconds in the far future"),
            });
            pairs.push(format!("{key}={FAR_AWAY}"));
        } else if !(is_time && value.is_empty()) {
            pairs.push(pair.to_owned());
        }
    }
    let missing = ["begin_at", "end_at"]
        .into_iter()
        .filter(|key| !pairs.iter().any(|pair| pair.split('=').next() == Some(key)))
        .collect::<Vec<_>>();
    if !missing.is_empty() {
        for key in &missing {
            remarks.push(Remark {
                path: (*key).to_owned(),
                text: format!("`{key}` is missing, so nothing is in the window"),
            });
        }
        pairs.retain(|pair| !matches!(pair.split('=').next(), Some("begin_at" | "end_at")));
        pairs.extend(["begin_at", "end_at"].map(|key| format!("{key}={FAR_AWAY}")));
    }
    (pairs.join("&"), remarks)
}

/// A body and what was changed in it.
type Planned<'b> = (Cow<'b, [u8]>, Vec<Remark>);

/// The body of `task.create` as its reader takes it: clients send fields of other plans along, such as `repeat_type` `nonrepeating`.
///
/// # Errors
///
/// Names the time that may not stand there, or that is in milliseconds.
pub(crate) fn plan(body: &[u8]) -> Result<Planned<'_>, Refusal> {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice::<Value>(body) else {
        return Ok((body.into(), Vec::new()));
    };
    let Some(kind) = fields.get("task_type").and_then(Value::as_str).map(str::to_owned) else {
        return Ok((body.into(), Vec::new()));
    };
    let foreign: &[&str] = match kind.as_str() {
        "immediate" | "timed" => &[
            "end_at",
            "repeat_type",
            "repeat_option",
            "recurring_task_start_time_list",
            "continuous_task_periods",
            "min_battery_capacity",
        ],
        "recurring" => &["latest_begin_at", "continuous_task_periods", "min_battery_capacity"],
        "continuous" => &["latest_begin_at", "recurring_task_start_time_list"],
        _ => return Ok((body.into(), Vec::new())),
    };
    let mut remarks = Vec::new();
    let mut drop = |fields: &mut Map<String, Value>, name: &str| {
        if fields.remove(name).is_some() {
            remarks.push(Remark {
                path: name.to_owned(),
                text: format!("`{name}` does not belong to a task of type `{kind}`, ignored"),
            });
        }
    };
    for name in foreign {
        drop(&mut fields, name);
    }
    for name in ["begin_at", "latest_begin_at"] {
        match fields.get(name) {
            Some(Value::Null) if kind == "immediate" => drop(&mut fields, name),
            Some(_) if kind == "immediate" => {
                return Err(Refusal::argument(name, "must be left out for an immediate task"));
            }
            _ => {}
        }
    }
    for name in ["begin_at", "end_at", "latest_begin_at"] {
        if fields.get(name).and_then(Value::as_f64).is_some_and(|time| time >= MILLISECONDS) {
            return Err(Refusal::argument(name, "is in milliseconds, unix seconds are wanted"));
        }
    }
    if remarks.is_empty() {
        return Ok((body.into(), remarks));
    }
    Ok((Value::Object(fields).to_string().into_bytes().into(), remarks))
}
