//! A launch: written down first, sent once, and looked up when the answer is lost.

use std::path::{Path, PathBuf};
use std::time::Duration;

use flighthub_api::v1::{TaskCreate, TaskUuid};
use flighthub_api::{Project, Timestamp};
use serde::Serialize;

use super::check::{CheckReport, NAMES, Verdict};
use super::intent::{DockLock, Intent, IntentId, State, pending, read, unreadable};
use super::reconcile::{Looked, Patience, look_up};
use crate::choose::printable;
use crate::{Error, ErrorKind, Result, Run};

/// Most characters of a task's name without the marker. No limit of V1.0 is published; a user interface of the service takes 3 to 50 in all.
pub const MOST_NAME: usize = 38;
/// What markers begin with, so that people recognise them in the console.
const MARKER: &str = "fh-";
/// Random characters of a marker: 40 bits.
const MARKER_LENGTH: usize = 8;
/// Digits and letters that are not taken for each other.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A launch as it is wanted.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Launch {
    /// The task. A marker is added to its name, so that it can be found again when the answer is lost; the name has at most
    /// [`MOST_NAME`] characters.
    pub task: TaskCreate,
    /// The id of the intent. One of the caller's choice, such as the number of an alarm, makes the launch happen once however often it is
    /// asked for; without it every call is another launch.
    pub id: Option<IntentId>,
    /// Names of checks that do not hold this launch back.
    pub overrides: Vec<String>,
    /// How long the task is looked for when the answer is lost.
    pub patience: Patience,
    /// How old the checks may be.
    pub checks_last: Duration,
}

impl Launch {
    /// A launch of a task; nothing is overridden, checks last for a quarter of an hour.
    #[must_use]
    pub const fn new(task: TaskCreate) -> Self {
        Self {
            task,
            id: None,
            overrides: Vec::new(),
            patience: Patience::DEFAULT,
            checks_last: Duration::from_secs(15 * 60),
        }
    }

    /// The same with an id of the caller's choice.
    #[must_use]
    pub fn with_id(mut self, id: IntentId) -> Self {
        self.id = Some(id);
        self
    }

    /// The same, not held back by some checks.
    #[must_use]
    pub fn overriding<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.overrides.extend(names.into_iter().map(Into::into));
        self
    }

    /// The same with another patience.
    #[must_use]
    pub const fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }
}

/// What a launch came to. No outcome says that anything has flown.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// FlightHub accepted the task; it has not flown yet.
    Accepted {
        /// The task.
        task_uuid: TaskUuid,
    },
    /// The answer was lost, and the task was found: it was accepted, and has not necessarily flown yet.
    Found {
        /// The task.
        task_uuid: TaskUuid,
    },
    /// FlightHub refused, or nothing left: there is no task.
    Refused {
        /// Why.
        reason: String,
    },
    /// The answer was lost, and the task was not found so far. There may be one. It is never sent again.
    Unknown {
        /// What happened to the answer.
        reason: String,
    },
    /// A person settled the launch by hand.
    Settled {
        /// What the person said.
        note: String,
    },
}

impl Outcome {
    /// The task, when there is one.
    #[must_use]
    pub const fn task(&self) -> Option<&TaskUuid> {
        match self {
            Self::Accepted { task_uuid } | Self::Found { task_uuid } => Some(task_uuid),
            _ => None,
        }
    }
}

impl From<&State> for Outcome {
    fn from(state: &State) -> Self {
        match state {
            State::Accepted { task_uuid } => Self::Accepted { task_uuid: task_uuid.clone() },
            State::Found { task_uuid } => Self::Found { task_uuid: task_uuid.clone() },
            State::Refused { error } => Self::Refused { reason: error.clone() },
            State::Settled { note } => Self::Settled { note: note.clone() },
            open => Self::Unknown { reason: open.why().to_owned() },
        }
    }
}

/// A launch and what it came to.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Launched {
    /// The id of the intent.
    pub id: IntentId,
    /// Name of the task, with the marker.
    pub name: String,
    /// The file of the intent.
    pub file: PathBuf,
    /// Whether this call sent the request. Otherwise an earlier one had, and this one looked up what came of it.
    pub was_sent: bool,
    /// What it came to.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Why the outcome is not on disk. The launch itself is as `outcome` says; a later look finds it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_written: Option<String>,
    /// The error of the request, when there was one.
    #[serde(skip)]
    pub error: Option<Error>,
}

/// What happens in a launch.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum LaunchEvent {
    /// Checks that would have held it back are overridden.
    Overridden {
        /// Their names.
        checks: Vec<&'static str>,
    },
    /// An earlier launch from this dock is open; it is looked up before anything else.
    Earlier {
        /// Its id.
        id: IntentId,
    },
    /// The intent is on disk; the request leaves now.
    Sending {
        /// The id of the intent.
        id: IntentId,
        /// Name of the task.
        name: String,
    },
    /// The answer was lost.
    Unknown {
        /// What happened to it.
        reason: String,
    },
    /// The task is looked for.
    Looking {
        /// Which look it is, from 1.
        look: u32,
    },
    /// A look failed, or did not find it.
    NotFoundYet {
        /// Why the list could not be read, when that is so.
        problem: Option<String>,
        /// Milliseconds until the next look.
        pause_ms: u64,
    },
    /// What became of it.
    Ended {
        /// The outcome.
        #[serde(flatten)]
        outcome: Outcome,
    },
}

/// Launches a task, once.
///
/// The intent stands in `folder` before the request leaves, and its file is made by one launch only: whatever is killed, cut off or started
/// twice, one intent sends one request. While an earlier launch from the same dock is open, that one is looked up and nothing is sent: for the
/// same flight its outcome is the answer, for another it is an error.
///
/// # Errors
///
/// [`ErrorKind::NotReady`] when a check holds it back, or an earlier launch had to be looked up first; [`ErrorKind::InvalidInput`] when the checks
/// are of another task or too old; [`ErrorKind::State`] when another launch from the dock is under way or a file cannot be read;
/// [`ErrorKind::Indeterminate`] when an earlier launch from the dock stays open. None of them has sent anything. Once the request has left,
/// every end is an [`Outcome`].
pub async fn launch(
    project: &Project,
    run: &Run<LaunchEvent>,
    folder: &Path,
    launch: &Launch,
    checked: &CheckReport,
) -> Result<Launched> {
    fits(launch, checked, project.uuid())?;
    let _lock = DockLock::take(folder, project.uuid(), &launch.task.sn)?;
    if let Some(earlier) = earlier(project, run, folder, launch).await? {
        return Ok(earlier);
    }
    let overridden = admit(launch, checked, run.wall())?;
    if !overridden.is_empty() {
        run.say(LaunchEvent::Overridden { checks: overridden });
    }
    let mut intent = write_down(project.uuid(), folder, launch, run.wall())?;
    let mut task = launch.task.clone();
    task.name.clone_from(&intent.name);
    run.say(LaunchEvent::Sending { id: intent.id.clone(), name: intent.name.clone() });
    let (state, error) = match project.send(&task).await {
        Ok(created) => (State::Accepted { task_uuid: created.task_uuid }, None),
        Err(error) => {
            let text = without_advice(&error);
            let state = if error.is_refused() {
                State::Refused { error: text }
            } else {
                State::Unknown { error: text }
            };
            (state, Some(Error::from(error)))
        }
    };
    let is_open = !state.is_resolved();
    let mut written = intent.enter(folder, run.wall(), state);
    if is_open {
        run.say(LaunchEvent::Unknown { reason: intent.state().why().to_owned() });
        let looked = look_up(project, run, &intent, &launch.patience).await;
        written = enter_looked(&mut intent, folder, run, looked);
    }
    Ok(ended(run, folder, &intent, true, error, written))
}

/// What happened, without the next step: the launch knows a better one.
fn without_advice(error: &flighthub_api::Error) -> String {
    let text = error.to_string();
    let advice = format!(" Next: {}", error.help());
    text.strip_suffix(&advice).map(str::to_owned).unwrap_or(text)
}

/// Enters what looking brought. A look that could not be made changes nothing.
fn enter_looked<E>(intent: &mut Intent, folder: &Path, run: &Run<E>, looked: Looked) -> Result<()> {
    match looked.into_state(intent) {
        Some(state) => intent.enter(folder, run.wall(), state),
        None => Ok(()),
    }
}

fn ended(
    run: &Run<LaunchEvent>,
    folder: &Path,
    intent: &Intent,
    was_sent: bool,
    error: Option<Error>,
    written: Result<()>,
) -> Launched {
    let outcome = Outcome::from(intent.state());
    run.say(LaunchEvent::Ended { outcome: outcome.clone() });
    Launched {
        id: intent.id.clone(),
        name: intent.name.clone(),
        file: folder.join(format!("{}.json", intent.id)),
        was_sent,
        outcome,
        not_written: written.err().map(|error| error.to_string()),
        error,
    }
}

/// What an earlier launch came to, if it is the same as this one or in its way: looked up, so that nobody has to check and confirm for nothing.
/// `None` when nothing is open; [`launch`] looks again.
///
/// # Errors
///
/// As [`launch`].
pub async fn unfinished(
    project: &Project,
    run: &Run<LaunchEvent>,
    folder: &Path,
    launch: &Launch,
) -> Result<Option<Launched>> {
    let _lock = DockLock::take(folder, project.uuid(), &launch.task.sn)?;
    earlier(project, run, folder, launch).await
}

fn invalid(text: String, help: &str) -> Result<()> {
    Err(Error::new(ErrorKind::InvalidInput, text, help))
}

/// Whether what is wanted can be, and the checks are about it.
fn fits(launch: &Launch, checked: &CheckReport, project: &str) -> Result<()> {
    if let Some(name) = launch.overrides.iter().find(|name| !NAMES.contains(&name.as_str())) {
        return invalid(
            format!("`{}` is no check", printable(name)),
            &format!("The checks are: {}.", NAMES.join(", ")),
        );
    }
    let name = launch.task.name.trim();
    let length = name.chars().count();
    if length == 0 || length > MOST_NAME || name.chars().any(char::is_control) {
        return invalid(
            format!("the name of the task has {length} characters"),
            &format!(
                "Use 1 to {MOST_NAME} printable ones: a marker of {} is added, and 50 in all are known to be taken.",
                MARKER.len() + MARKER_LENGTH + 1
            ),
        );
    }
    let mut same_task = launch.task.clone();
    same_task.name.clone_from(&checked.plan.name);
    if checked.plan != same_task || checked.project != project {
        return invalid(
            "the checks were made for another task".to_owned(),
            "Check the task that is going to be launched.",
        );
    }
    Ok(())
}

/// Whether the checks let it go ahead; answers those that it overrides.
fn admit(launch: &Launch, checked: &CheckReport, now: Timestamp) -> Result<Vec<&'static str>> {
    let age = now.duration_since(&checked.checked_at);
    if age > launch.checks_last {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            format!("the checks are {} s old", age.as_secs()),
            "Check again: what they saw may have changed.",
        ));
    }
    let (overridden, holding): (Vec<_>, Vec<_>) = checked
        .blocking()
        .partition(|check| launch.overrides.iter().any(|name| name == check.name));
    if holding.is_empty() {
        return Ok(overridden.iter().map(|check| check.name).collect());
    }
    let reasons: Vec<String> = holding
        .iter()
        .map(|check| {
            let not = if check.verdict == Verdict::NotChecked { "not checked: " } else { "" };
            format!("{} ({not}{})", check.name, check.reason)
        })
        .collect();
    let remedy = holding.iter().find_map(|check| check.remedy).unwrap_or("See the reasons.");
    Err(Error::new(
        ErrorKind::NotReady,
        format!("{} of the checks hold the launch back: {}", holding.len(), reasons.join("; ")),
        format!("{remedy} Who knows better overrides checks by their names."),
    ))
}

/// What an earlier launch came to, when it stands in the way of this one or is the same.
async fn earlier(
    project: &Project,
    run: &Run<LaunchEvent>,
    folder: &Path,
    launch: &Launch,
) -> Result<Option<Launched>> {
    let own = launch.id.as_ref().map(|id| read(folder, id)).transpose()?.flatten();
    if let Some(own) = &own {
        if !own.asks_for(project.uuid(), &launch.task)? {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!("launch {} was another flight", own.id),
                "Use another id for another flight.",
            ));
        }
        if own.state().is_resolved() {
            return Ok(Some(ended(run, folder, own, false, None, Ok(()))));
        }
    }
    let found = pending(folder)?;
    if let Some((path, problem)) = found.unreadable.first() {
        return Err(unreadable(path, problem));
    }
    let in_the_way =
        |intent: &Intent| intent.project == project.uuid() && intent.dock == launch.task.sn;
    let mut blocking = None;
    for mut intent in found.open.into_iter().filter(in_the_way) {
        run.say(LaunchEvent::Earlier { id: intent.id.clone() });
        let looked = look_up(project, run, &intent, &launch.patience).await;
        let written = enter_looked(&mut intent, folder, run, looked);
        let is_own = own.as_ref().is_some_and(|own| own.id == intent.id);
        let is_same =
            is_own || launch.id.is_none() && intent.asks_for(project.uuid(), &launch.task)?;
        if is_same {
            return Ok(Some(ended(run, folder, &intent, false, None, written)));
        }
        blocking.get_or_insert(intent);
    }
    match blocking {
        None => Ok(None),
        Some(intent) => Err(in_the_way_of(&intent)),
    }
}

fn in_the_way_of(intent: &Intent) -> Error {
    match intent.state().task() {
        Some(task) => Error::new(
            ErrorKind::NotReady,
            format!(
                "the earlier launch {} from this dock turned out to be accepted as task {task}; nothing was sent",
                intent.id
            ),
            "Look at that task, check again, and launch again when it should still be.",
        ),
        None => Error::new(
            ErrorKind::Indeterminate,
            format!(
                "the earlier launch {} from this dock is still open ({}); nothing was sent",
                intent.id,
                intent.state().why()
            ),
            "Look for its name in the web console. Reconcile it later, or settle it when you know that there is no task.",
        ),
    }
}

/// Puts the intent on disk.
fn write_down(project: &str, folder: &Path, launch: &Launch, now: Timestamp) -> Result<Intent> {
    let (name, marker) = marked(&launch.task.name);
    let id = launch.id.clone().unwrap_or_else(|| IntentId::fresh(now, &marker));
    let mut task = launch.task.clone();
    task.name = name;
    let intent = Intent::new(id, marker, project, &task, now)?;
    if intent.write_first(folder)? {
        return Ok(intent);
    }
    Err(Error::new(
        ErrorKind::State,
        format!("launch {} has been begun by somebody else just now; nothing was sent", intent.id),
        "Look at its outcome.",
    ))
}

/// A name as a launch would send it: with a fresh marker, which no other launch has.
#[must_use]
pub fn marked_name(name: &str) -> String {
    marked(name).0
}

fn marked(name: &str) -> (String, String) {
    let marker = fresh_marker();
    (format!("{} {marker}", name.trim()), marker)
}

fn fresh_marker() -> String {
    let letter =
        || ALPHABET.get(fastrand::usize(..ALPHABET.len())).copied().map_or('0', char::from);
    MARKER.chars().chain(std::iter::repeat_with(letter).take(MARKER_LENGTH)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_short_readable_and_differ() {
        let (one, other) = (fresh_marker(), fresh_marker());
        assert_eq!(one.len(), 11);
        assert!(one.starts_with("fh-") && one != other);
        assert!(MOST_NAME + 1 + one.len() <= 50);
    }
}
