//! Whether a route has been made of a file whose registration nobody confirmed.

use std::time::Duration;

use flighthub_api::Project;
use flighthub_api::v1::{Wayline, WaylineGet, WaylineId};

use super::intent::Intent;
use super::list::list;
use super::upload::{RouteUploadEvent, RouteWitness};
use crate::choose::printable;
use crate::{Error, ErrorKind, Result, Run};

/// Between two looks: the first pause, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// New routes whose details are asked for in one look.
const MOST_DETAILS: usize = 20;

/// Looks for the route of an intent until it is there or the time is over: by the key of its object where the address of the file shows it, else
/// as the only new route of that name and size.
pub(super) async fn look_up(
    project: &Project,
    intent: &Intent,
    within: Duration,
    run: &Run<RouteUploadEvent>,
) -> Result<Option<(WaylineId, RouteWitness)>> {
    let end = run.now() + within;
    let mut pause = FIRST_PAUSE;
    loop {
        match look(project, intent).await {
            Ok(Some(found)) => return Ok(Some(found)),
            Ok(None) => {}
            // Whatever broke the registration may still be there. It is over when the time is.
            Err(error) if is_passing(&error) && run.now() < end => {
                run.say(RouteUploadEvent::ListFailed { problem: error.to_string() });
            }
            Err(error) => return Err(error),
        }
        let left = end.saturating_duration_since(run.now());
        if left.is_zero() {
            return Ok(None);
        }
        run.say(RouteUploadEvent::Waiting { seconds_left: left.as_secs() });
        run.sleep(pause.min(left)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Waits until a route of an id is in the list. Whether it is, in time.
pub(super) async fn wait_for(
    project: &Project,
    id: &WaylineId,
    within: Duration,
    run: &Run<RouteUploadEvent>,
) -> Result<bool> {
    let end = run.now() + within;
    let mut pause = FIRST_PAUSE;
    loop {
        match list(project).await {
            Ok(rows) if rows.iter().any(|row| row.id == *id) => return Ok(true),
            Ok(_) => {}
            // The route is registered; only its row is missing.
            Err(error) => run.say(RouteUploadEvent::ListFailed { problem: error.to_string() }),
        }
        let left = end.saturating_duration_since(run.now());
        if left.is_zero() {
            return Ok(false);
        }
        run.say(RouteUploadEvent::Waiting { seconds_left: left.as_secs() });
        run.sleep(pause.min(left)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn is_passing(error: &Error) -> bool {
    error.api().is_some_and(|error| !error.is_auth() && !error.is_permission())
}

async fn look(project: &Project, intent: &Intent) -> Result<Option<(WaylineId, RouteWitness)>> {
    let rows = list(project).await?;
    if let Some(id) = &intent.route {
        let is_listed = rows.iter().any(|row| row.id == *id);
        return Ok(is_listed.then(|| (id.clone(), RouteWitness::Reply)));
    }
    let mut fresh: Vec<Wayline> =
        rows.into_iter().filter(|row| !intent.known.contains(&row.id)).collect();
    // Those of the name first: then the others need not be asked for.
    fresh.sort_by_key(|row| row.name != intent.name);
    for row in fresh.iter().take(MOST_DETAILS) {
        if is_of_object(project, row, intent).await? {
            return Ok(Some((row.id.clone(), RouteWitness::ObjectKey)));
        }
    }
    let size = i64::try_from(intent.size).ok();
    let fits = |row: &&Wayline| row.name == intent.name && (row.size.is_none() || row.size == size);
    let fitting: Vec<&Wayline> = fresh.iter().filter(fits).collect();
    match fitting.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some((one.id.clone(), RouteWitness::NameAndSize))),
        several => {
            let ids: Vec<&str> = several.iter().map(|row| row.id.as_str()).collect();
            let text = format!(
                "{} new routes are called `{}`, and nothing says which is of this upload: {}",
                several.len(),
                printable(&intent.name),
                ids.join(", ")
            );
            let help = "Somebody else uploads under the same name. Look at them in FlightHub; use the id of the right one.";
            Err(Error::new(ErrorKind::Ambiguous, text, help))
        }
    }
}

/// Whether the address of a route's file names the object that was uploaded. Its key has a random part.
async fn is_of_object(project: &Project, row: &Wayline, intent: &Intent) -> Result<bool> {
    let detail = match project.send(&WaylineGet::new(row.id.clone())).await {
        Ok(detail) => detail,
        // It was in the list a moment ago: that is not ours to judge.
        Err(error) if error.is_not_found() => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let folder = intent.object_key.rsplit('/').nth(1).filter(|folder| folder.len() >= 32);
    Ok(detail.download_url.zip(folder).is_some_and(|(url, folder)| url.expose().contains(folder)))
}
