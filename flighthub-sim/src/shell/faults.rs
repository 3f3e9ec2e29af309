//! Faults over HTTP: `/__sim/faults`, and who followed a redirect: `/__sim/elsewhere`.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::to_text;
use crate::faults::{Arrival, Fault, FaultError, FaultReport};
use crate::reply::Reply;
use crate::sim::Shared;

#[derive(Serialize)]
struct Problem {
    error: String,
}

#[derive(Serialize)]
struct Faults {
    faults: Vec<FaultReport>,
}

#[derive(Serialize)]
struct Arrivals {
    url: String,
    arrivals: Vec<Arrival>,
}

/// `GET`, `POST` and `DELETE` of `faults`, `GET` and `DELETE` of `faults/ID`, `GET` of `elsewhere`.
pub(super) fn answer(shared: &Shared, method: &str, path: &str, body: &[u8]) -> Reply {
    let id = path.strip_prefix("faults/").filter(|id| !id.is_empty());
    match (method, path, id) {
        ("GET", "elsewhere", _) => {
            let state = shared.state();
            let arrivals = state.elsewhere.arrivals.iter().cloned().collect();
            Reply::json(200, to_text(&Arrivals { url: state.elsewhere.url.clone(), arrivals }))
        }
        (_, "elsewhere", _) => wrong(405, "use GET /__sim/elsewhere"),
        ("GET", _, None) => all(shared),
        ("GET", _, Some(id)) => {
            let report = shared.state().faults.find(id);
            report.map_or_else(|| unknown(id), |report| Reply::json(200, to_text(&report)))
        }
        ("POST", _, None) => match read(body).and_then(|fault| shared.inject(fault)) {
            Ok(id) => {
                let report = shared.state().faults.find(id.as_str());
                Reply::json(201, report.map_or_else(|| "{}".to_owned(), |report| to_text(&report)))
            }
            Err(error) => wrong(400, error),
        },
        ("DELETE", _, None) => {
            shared.state().faults.clear();
            shared.doors.notify_waiters();
            all(shared)
        }
        ("DELETE", _, Some(id)) => {
            if !shared.state().faults.remove(id) {
                return unknown(id);
            }
            shared.doors.notify_waiters();
            all(shared)
        }
        _ => wrong(405, "use GET, POST or DELETE /__sim/faults, or GET or DELETE /__sim/faults/ID"),
    }
}

fn all(shared: &Shared) -> Reply {
    Reply::json(200, to_text(&Faults { faults: shared.state().faults.report() }))
}

fn read(body: &[u8]) -> Result<Fault, FaultError> {
    serde_json::from_slice(body).map_err(|error| {
        FaultError::new(format!(
            "send such as {{\"on\": \"task.create\", \"kind\": \"silence\", \"effect\": \"after\"}}: {error}"
        ))
    })
}

fn unknown(id: &str) -> Reply {
    wrong(404, format_args!("there is no fault `{id}`; GET /__sim/faults lists them"))
}

fn wrong(status: u16, error: impl ToString) -> Reply {
    Reply::json(status, to_text(&Problem { error: error.to_string() }))
}

/// Waits until the ports that are to be closed are, so that whoever asked for it finds them closed.
pub(super) async fn settled(shared: &Shared) {
    let begun = Instant::now();
    while !shared.state().faults.all_closed() && begun.elapsed() < crate::faults::PATIENCE {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
