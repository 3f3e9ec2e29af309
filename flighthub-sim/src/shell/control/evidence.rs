//! The journal over HTTP.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Asked, Outcome, Problem, plain};
use crate::journal::filter::Filter;
use crate::reply::Reply;
use crate::shell::to_text;
use crate::sim::State;

/// Entries that are listed when nothing is said, and that a failed expectation shows.
const LIMIT: usize = 1_000;
const SHOWN: usize = 40;

pub(super) fn list(state: &State, asked: &Asked<'_>) -> Outcome {
    let mut filter = Filter::default();
    let (mut limit, mut lines) = (LIMIT, false);
    for (name, value) in &asked.query {
        let number = || {
            value.parse::<u64>().map_err(|_| {
                Problem::new(400, format!("`{name}` takes a whole number, not `{value}`"))
            })
        };
        let text = Some(value.clone());
        match name.as_str() {
            "operation" => filter.operation = text,
            "port" => filter.port = text,
            "region" => filter.region = text,
            "method" => filter.method = text,
            "path" => filter.path = text,
            "key" => filter.key = text,
            "status" => filter.status = Some(u16::try_from(number()?).unwrap_or(u16::MAX)),
            "code" => filter.code = Some(i64::try_from(number()?).unwrap_or(i64::MAX)),
            "since" => filter.since = Some(number()?),
            "limit" => limit = usize::try_from(number()?).unwrap_or(usize::MAX),
            "format" if value == "ndjson" || value == "json" => lines = value == "ndjson",
            "format" => {
                return Err(Problem::new(
                    400,
                    format!("`format` is json or ndjson, not `{value}`"),
                ));
            }
            _ => {
                return Err(Problem::new(
                    400,
                    format!(
                        "there is no `{name}`: use operation, port, region, method, path, key, status, code, since, limit, format"
                    ),
                ));
            }
        }
    }
    filter.check().map_err(|problem| Problem::new(400, problem))?;
    let all = state.journal.snapshot();
    let matching = all.filtered(&filter, "");
    let shown: Vec<Value> =
        matching.entries().iter().take(limit).map(|entry| entry.to_json()).collect();
    // After a full page the next one begins behind its last entry; otherwise behind everything there is.
    let cut = shown.len() < matching.len();
    let next = if cut { shown.last().and_then(|last| last.get("number")?.as_u64()) } else { None };
    let next = next.unwrap_or_else(|| all.last_number().max(filter.since.unwrap_or_default()));
    if lines {
        let text: String = shown.iter().map(|entry| to_text(entry) + "\n").collect();
        let kind = http::HeaderValue::from_static("application/x-ndjson");
        let mut reply = Reply::empty(200).with(http::header::CONTENT_TYPE, kind);
        reply.body = text.into();
        return Ok(reply);
    }
    Ok(plain(
        200,
        &json!({
            "entries": shown,
            "matching": matching.len(),
            "next_since": next,
            "no_longer_kept": all.gone(),
        }),
    ))
}

pub(super) fn clear(state: &mut State) -> Reply {
    state.journal.clear();
    plain(200, &json!({"entries": []}))
}

pub(super) fn expect(state: &State, asked: &Asked<'_>) -> Outcome {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Expect {
        operation: Option<String>,
        times: Option<usize>,
        at_least: Option<usize>,
        at_most: Option<usize>,
        #[serde(default, rename = "where")]
        conditions: Filter,
    }
    const EXAMPLE: &str = r#"{"operation": "task.create", "times": 1, "where": {"status": 200}}"#;
    let Expect { operation, times, at_least, at_most, mut conditions } = asked.json(EXAMPLE)?;
    let (least, most) = match (times, at_least, at_most) {
        (Some(times), None, None) => (Some(times), Some(times)),
        (None, least, most) if least.is_some() || most.is_some() => (least, most),
        _ => {
            return Err(Problem::new(
                400,
                format!("say `times`, or `at_least` and `at_most`, such as {EXAMPLE}"),
            ));
        }
    };
    if operation.is_some() {
        conditions.operation = operation;
    }
    conditions.check().map_err(|problem| Problem::new(400, problem))?;
    let words = conditions.operation.clone().unwrap_or_else(|| "chosen entries".to_owned());
    let matching = state.journal.snapshot().filtered(&conditions, words);
    match matching.expect(least, most) {
        Ok(()) => Ok(plain(200, &json!({"count": matching.len()}))),
        Err(complaint) => {
            let skipped = matching.len().saturating_sub(SHOWN);
            let entries = matching.entries().iter().skip(skipped).map(|entry| entry.to_json());
            Err(Problem::new(409, complaint)
                .with("count", json!(matching.len()))
                .with("entries", entries.collect()))
        }
    }
}
