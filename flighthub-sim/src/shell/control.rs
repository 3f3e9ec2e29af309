//! The simulator's own endpoints below `/__sim/`. They answer plain JSON without an envelope, so that nobody takes them for the API.

use std::time::Duration;

use http::request::Parts;
use serde::{Deserialize, Serialize};

use super::to_text;
use crate::reply::Reply;
use crate::sim::Shared;

/// Most virtual seconds of one advance: 31 days.
const MOST_SECONDS: f64 = 31.0 * 86_400.0;

#[derive(Serialize)]
struct ClockReply {
    now: String,
    speed: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: f64,
}

#[derive(Serialize)]
struct ControlError {
    error: String,
}

/// One of them.
pub(super) fn answer(shared: &Shared, head: &Parts, path: &str, body: &[u8]) -> Reply {
    let wrong = |status: u16, error: String| Reply::json(status, to_text(&ControlError { error }));
    match (head.method.as_str(), path) {
        (method, path) if path == "elsewhere" || path.split('/').next() == Some("faults") => {
            return super::faults::answer(shared, method, path, body);
        }
        ("GET", "clock") => {}
        ("POST", "advance") => {
            let seconds = match serde_json::from_slice::<Advance>(body) {
                Ok(Advance { seconds }) if (0.0..=MOST_SECONDS).contains(&seconds) => seconds,
                Ok(_) => {
                    return wrong(400, format!("`seconds` has to be 0 to {MOST_SECONDS}"));
                }
                Err(error) => {
                    return wrong(400, format!("send {{\"seconds\": 60}}: {error}"));
                }
            };
            shared.state().advance(Duration::from_secs_f64(seconds));
        }
        (_, "clock" | "advance") => {
            return wrong(405, "use GET /__sim/clock or POST /__sim/advance".to_owned());
        }
        _ => {
            return wrong(404, "there are GET /__sim/clock and POST /__sim/advance".to_owned());
        }
    }
    let state = shared.state();
    Reply::json(
        200,
        to_text(&ClockReply { now: state.now().to_string(), speed: state.clock.speed() }),
    )
}
