//! The clock.

use std::time::Duration;

use flighthub_api::Timestamp;
use flighthub_api::v1::TaskStatus;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Asked, Outcome, Problem, plain};
use crate::clock::Clock;
use crate::reply::Reply;
use crate::sim::{Gateway, State};
use crate::world::World;

/// Most virtual seconds of one advance: 31 days. It is one step, and other requests wait for it: without optimization some ten seconds when
/// nothing is planned, half a minute with 1,500 flights a day.
const MOST_SECONDS: f64 = 31.0 * 86_400.0;
/// Virtual seconds after which waiting ends when nothing is said: a day.
const LIMIT_SECONDS: f64 = 86_400.0;

fn about(state: &State) -> Value {
    json!({
        "now": state.now().to_string(),
        "speed": state.clock.speed(),
        "paused": state.clock.is_paused(),
    })
}

pub(super) fn clock(state: &State) -> Reply {
    plain(200, &about(state))
}

fn span(name: &str, seconds: f64) -> Result<Duration, Problem> {
    if (0.0..=MOST_SECONDS).contains(&seconds) {
        return Ok(Duration::from_secs_f64(seconds));
    }
    Err(Problem::new(400, format!("`{name}` has to be 0 to {MOST_SECONDS}")))
}

pub(super) fn advance(state: &mut State, asked: &Asked<'_>) -> Outcome {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Advance {
        seconds: f64,
    }
    let Advance { seconds } = asked.json(r#"{"seconds": 60}"#)?;
    state.advance(span("seconds", seconds)?);
    Ok(clock(state))
}

pub(super) fn pause(state: &mut State, pause: bool) -> Reply {
    state.clock.pause(pause);
    clock(state)
}

pub(super) fn speed(state: &mut State, asked: &Asked<'_>) -> Outcome {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Speed {
        speed: f64,
    }
    let Speed { speed } = asked.json(r#"{"speed": 60}"#)?;
    Clock::check(speed).map_err(|problem| Problem::new(400, problem))?;
    state.clock.set_speed(speed);
    Ok(clock(state))
}

pub(super) fn until(state: &mut State, asked: &Asked<'_>) -> Outcome {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Until {
        time: Option<String>,
        task: Option<String>,
        status: Option<TaskStatus>,
        limit_seconds: Option<f64>,
    }
    const EXAMPLES: &str =
        r#"{"time": "2026-01-01T09:00:00Z"} or {"task": "name or UUID", "status": "success"}"#;
    let Until { time, task, status, limit_seconds } = asked.json(EXAMPLES)?;
    let limit = span("limit_seconds", limit_seconds.unwrap_or(LIMIT_SECONDS))?;
    match (time, task, status) {
        (Some(time), None, None) => {
            let time: Timestamp =
                time.parse().map_err(|error| Problem::new(400, format!("`time`: {error}")))?;
            let span = time.duration_since(&state.now());
            if span > limit {
                return Err(Problem::new(
                    400,
                    format!(
                        "{time} is more than {} virtual seconds away: say `limit_seconds`",
                        limit.as_secs()
                    ),
                ));
            }
            state.advance(span);
            Ok(clock(state))
        }
        (None, Some(task), status) => until_task(state, asked.region, &task, status, limit),
        _ => Err(Problem::new(400, format!("send {EXAMPLES}"))),
    }
}

fn until_task(
    state: &mut State,
    region: usize,
    task: &str,
    wanted: Option<TaskStatus>,
    limit: Duration,
) -> Outcome {
    let found = |world: &World| world.tasks.named(task).map(|task| task.status.clone());
    let task_of = |gateway: &Gateway| found(&gateway.world);
    if state.gateways.get(region).and_then(task_of).is_none() {
        return Err(Problem::new(
            404,
            format!("there is no task `{task}`; GET /__sim/world lists them"),
        ));
    }
    if wanted.as_ref().is_some_and(|wanted| !wanted.is_known()) {
        return Err(Problem::new(
            400,
            "`status` is a status of tasks, such as waiting, executing, success; without it the end is waited for",
        ));
    }
    let reached = state.advance_until(region, limit, &mut |world| {
        found(world).is_some_and(|status| match &wanted {
            Some(wanted) => status == *wanted,
            None => has_ended(&status),
        })
    });
    let status = state.gateways.get(region).and_then(task_of);
    let status = json!(status);
    if !reached {
        let error = format!("after {} virtual seconds the task is still {status}", limit.as_secs());
        return Err(Problem::new(409, error)
            .with("now", json!(state.now().to_string()))
            .with("status", status));
    }
    Ok(plain(200, &json!({"now": state.now().to_string(), "task": task, "status": status})))
}

/// Whether nothing comes after a status.
fn has_ended(status: &TaskStatus) -> bool {
    matches!(
        status,
        TaskStatus::StartingFailure
            | TaskStatus::Terminated
            | TaskStatus::Success
            | TaskStatus::Timeout
            | TaskStatus::PartiallyDone
    )
}
