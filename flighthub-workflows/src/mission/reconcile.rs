//! What became of a launch whose answer was lost: looked up, never sent again.

use std::cmp::Reverse;
use std::path::Path;
use std::time::Duration;

use flighthub_api::v1::{DeviceSn, FlightTaskSummary, TaskList, TaskStatus, TaskType, TaskUuid};
use flighthub_api::{Access, List, Permits, Project, Timestamp};
use serde::Serialize;

use super::intent::{DockLock, Intent, IntentId, State, read_known};
use super::launch::{LaunchEvent, Outcome};
use crate::{Result, Run};

/// How wrong the clocks of this machine and the service may be to each other, including a time zone that was mistaken for UTC.
const TOLERANCE: Duration = Duration::from_secs(25 * 3600);
/// How much of a plan that repeats is looked through: its own row is of its first day.
const PLAN: Duration = Duration::from_secs(30 * 24 * 3600);
/// How far a clock may be wrong for the last look.
const YEAR: Duration = Duration::from_secs(366 * 24 * 3600);
/// The longest window that is known to be accepted.
const LONGEST_WINDOW: Duration = Duration::from_secs(90 * 24 * 3600);
/// A task of the same route that began so close to the request may be the one, without its name.
const ALIKE: Duration = Duration::from_secs(10 * 60);

/// How long a task is looked for. The list may lag: 0 to 80 seconds between acceptance and sight were reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Patience {
    /// From the first look to the last.
    pub longest: Duration,
    /// Pause after the first look; it doubles.
    pub first_pause: Duration,
    /// Longest pause.
    pub longest_pause: Duration,
}

impl Patience {
    /// Three minutes, with pauses from 2 to 30 seconds.
    pub const DEFAULT: Self = Self {
        longest: Duration::from_secs(180),
        first_pause: Duration::from_secs(2),
        longest_pause: Duration::from_secs(30),
    };

    /// One look.
    pub const ONE_LOOK: Self = Self { longest: Duration::ZERO, ..Self::DEFAULT };

    /// Looks for so long.
    #[must_use]
    pub const fn of(longest: Duration) -> Self {
        Self { longest, ..Self::DEFAULT }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What looking for a launch's task brought.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Reconciled {
    /// The launch as it stands on disk now.
    pub intent: Intent,
    /// What is known of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Status of the task, when it was found just now.
    pub status: Option<TaskStatus>,
    /// Other tasks with the marker: the flights of a plan that repeats, or a flight that was taken up again.
    pub others: Vec<TaskUuid>,
    /// Tasks without the marker, of the same dock and route, from about the same time. Look at them: a service that changes names would make it
    /// one of these.
    pub alike: Vec<TaskUuid>,
    /// How many times the list was read whole.
    pub looks: u32,
    /// Why the list could not be read the last time, when that is so.
    pub problem: Option<String>,
}

/// Looks for the task of a launch that is open, and writes down what it finds. It never sends the launch.
///
/// A launch that is over already is answered from its file.
///
/// # Errors
///
/// When there is no such launch, its file cannot be read or written, or a process is busy with its dock.
pub async fn reconcile<A: Access + Permits<TaskList>>(
    project: &Project<A>,
    run: &Run<LaunchEvent>,
    folder: &Path,
    id: &IntentId,
    patience: &Patience,
) -> Result<Reconciled> {
    let first = read_known(folder, id)?;
    if first.project != project.uuid() {
        return Err(crate::Error::new(
            crate::ErrorKind::InvalidInput,
            format!("launch {id} belongs to project {}", first.project),
            "Use that project.",
        ));
    }
    let _lock = DockLock::take(folder, &first.project, &first.dock)?;
    // It may have been resolved before the lock was had.
    let mut intent = read_known(folder, id)?;
    let looked = if intent.state().is_resolved() {
        Looked::default()
    } else {
        let looked = look_up(project, run, &intent, patience).await;
        if let Some(state) = looked.clone().into_state(&intent) {
            intent.enter(folder, run.wall(), state)?;
        }
        looked
    };
    let outcome = Outcome::from(intent.state());
    run.say(LaunchEvent::Ended { outcome: outcome.clone() });
    Ok(Reconciled {
        outcome,
        status: looked.status,
        others: looked.others,
        alike: looked.alike,
        looks: looked.looks,
        problem: looked.problem,
        intent,
    })
}

/// What looking brought.
#[derive(Debug, Clone, Default)]
pub(super) struct Looked {
    found: Option<TaskUuid>,
    status: Option<TaskStatus>,
    others: Vec<TaskUuid>,
    alike: Vec<TaskUuid>,
    looks: u32,
    looked_at: Option<Timestamp>,
    problem: Option<String>,
}

impl Looked {
    /// The state of the launch after that; `None` when nothing was learned.
    pub(super) fn into_state(self, intent: &Intent) -> Option<State> {
        match (self.found, self.looked_at) {
            (Some(task_uuid), _) => Some(State::Found { task_uuid }),
            (None, Some(looked_at)) => {
                Some(State::NotFound { error: intent.state().why().to_owned(), looked_at })
            }
            (None, None) => None,
        }
    }
}

/// Looks for the task of a launch until it is found or patience ends.
pub(super) async fn look_up<A: Access + Permits<TaskList>>(
    project: &Project<A>,
    run: &Run<LaunchEvent>,
    intent: &Intent,
    patience: &Patience,
) -> Looked {
    let began = run.now();
    let mut looked = Looked::default();
    let mut pause = patience.first_pause;
    let mut look = 0;
    loop {
        look += 1;
        run.say(LaunchEvent::Looking { look });
        let hint = look_once(project, run, intent, &mut looked).await;
        let left = patience.longest.saturating_sub(run.now().saturating_duration_since(began));
        if looked.found.is_some() {
            return looked;
        }
        if left.is_zero() {
            if looked.looked_at.is_some() {
                look_far(project, intent, &mut looked).await;
            }
            return looked;
        }
        let wanted = pause.max(hint.unwrap_or_default()).min(left);
        // At least something, so that it ends whatever the settings are.
        let wanted = wanted.max(Duration::from_millis(100));
        let pause_ms = u64::try_from(wanted.as_millis()).unwrap_or(u64::MAX);
        run.say(LaunchEvent::NotFoundYet { problem: looked.problem.clone(), pause_ms });
        run.sleep(wanted).await;
        pause = (pause * 2).min(patience.longest_pause);
    }
}

/// Reads the list once, in all windows; answers how long the service asks to wait.
async fn look_once<A: Access + Permits<TaskList>>(
    project: &Project<A>,
    run: &Run<LaunchEvent>,
    intent: &Intent,
    looked: &mut Looked,
) -> Option<Duration> {
    let sn = DeviceSn::new(intent.dock.as_str());
    for (from, to) in windows(intent, run.wall()) {
        // Not filtered by name: whether and how that works is not documented, and what it hides would pass for absent.
        match project.send(&TaskList::new(&sn, from, to)).await {
            Ok(listing) => sift(&listing.list, intent, looked),
            Err(error) => {
                looked.problem = Some(error.to_string());
                return error.retry_after();
            }
        }
        if looked.found.is_some() {
            break;
        }
    }
    looked.looks += 1;
    looked.looked_at = Some(run.wall());
    looked.problem = None;
    None
}

/// Before it is said that the task is not there: a clock of this machine that is wrong by months would look in the wrong place.
async fn look_far<A: Access + Permits<TaskList>>(
    project: &Project<A>,
    intent: &Intent,
    looked: &mut Looked,
) {
    let sn = DeviceSn::new(intent.dock.as_str());
    let end = intent.written_at.saturating_add(YEAR);
    let mut from = intent.written_at.saturating_sub(YEAR);
    while from < end {
        let to = from.saturating_add(LONGEST_WINDOW);
        match project.send(&TaskList::new(&sn, from, to)).await {
            Ok(listing) => sift(&listing.list, intent, looked),
            Err(error) => {
                looked.problem = Some(error.to_string());
                return;
            }
        }
        if looked.found.is_some() {
            return;
        }
        from = to;
    }
}

/// The times in which the task can be planned: around the request, and around the start that was asked for.
fn windows(intent: &Intent, now: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let around = |from: Timestamp, to: Timestamp| {
        (from.saturating_sub(TOLERANCE), to.saturating_add(TOLERANCE))
    };
    let request = around(
        intent.written_at.min(now),
        intent.written_at.max(now).min(intent.written_at.saturating_add(PLAN)),
    );
    let Some(begin) = intent.begin_at else { return vec![request] };
    let last = begin.saturating_add(PLAN);
    let plan = around(begin, intent.end_at.unwrap_or(begin).clamp(begin, last));
    if request.0 <= plan.0 && plan.1 <= request.1 {
        return vec![request];
    }
    vec![plan, request]
}

/// Takes what fits from the rows.
fn sift(list: &List<FlightTaskSummary>, intent: &Intent, looked: &mut Looked) {
    let mut ours: Vec<&FlightTaskSummary> = Vec::new();
    for row in list {
        if row.name.contains(&intent.marker) {
            ours.push(row);
        } else if is_alike(row, intent) && !looked.alike.contains(&row.uuid) {
            looked.alike.push(row.uuid.clone());
        }
    }
    // The plan itself before its flights, the first flight before one that takes it up again.
    ours.sort_by_key(|row| {
        let is_other_place = !fits(row, intent);
        let is_other_type = row.task_type != intent.task_type;
        let is_rest = row.is_break_point_resume.unwrap_or(false);
        // A plan begins with its first flight and ends later.
        (is_other_place, is_other_type, is_rest, row.begin_at, Reverse(row.end_at))
    });
    let mut ours = ours.into_iter();
    if let Some(first) = ours.next().filter(|first| fits(first, intent)) {
        looked.found = Some(first.uuid.clone());
        looked.status = Some(first.status.clone());
        looked.others.extend(ours.map(|row| row.uuid.clone()));
        return;
    }
    // A row that cannot be read may still be the one.
    let odd = list.odd().iter().filter(|odd| odd.json().contains(&intent.marker));
    looked.found = odd.filter_map(|odd| uuid_of(odd.json())).next();
}

/// Whether dock and route are those of the launch. Nobody else has the marker, but then somebody who copied the task's name has.
fn fits(row: &FlightTaskSummary, intent: &Intent) -> bool {
    let same_dock = row.sn.as_str().is_empty() || row.sn == intent.dock;
    let same_route = row.wayline_uuid.as_ref().is_none_or(|route| *route == intent.route);
    same_dock && same_route
}

fn is_alike(row: &FlightTaskSummary, intent: &Intent) -> bool {
    let wanted = intent.begin_at.unwrap_or(intent.written_at);
    let is_close = row.begin_at.is_some_and(|begin| {
        begin.duration_since(&wanted).max(wanted.duration_since(&begin)) <= ALIKE
    });
    let is_by_hand = matches!(row.task_type, TaskType::Unknown(_));
    is_close
        && !is_by_hand
        && row.sn == intent.dock
        && row.wayline_uuid.as_ref() == Some(&intent.route)
}

fn uuid_of(json: &str) -> Option<TaskUuid> {
    let row: serde_json::Value = serde_json::from_str(json).ok()?;
    let uuid = row.get("uuid")?.as_str()?;
    (!uuid.is_empty()).then(|| TaskUuid::new(uuid))
}
