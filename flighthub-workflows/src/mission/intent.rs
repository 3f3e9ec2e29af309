//! What is going to be launched, on disk before it is asked for.
//!
//! A folder has one JSON file for each intent, `ID.json`, and one lock file for each dock. A file is made once and never taken over by another
//! launch: that is what makes a launch happen at most once. Killing the process at any moment leaves a file that says how far it can have come.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flighthub_api::Timestamp;
use flighthub_api::v1::{DockSn, TaskCreate, TaskSchedule, TaskType, TaskUuid, WaylineId};
use serde::{Deserialize, Serialize};

use crate::moment;
use crate::{Error, ErrorKind, Result, Run, files};

/// The form of the files.
const VERSION: u32 = 1;
/// Most characters of an id that a caller gives.
const MOST_ID: usize = 64;
/// Largest file that is read as an intent.
const MOST_BYTES: u64 = 1 << 20;

/// Name of an intent: its file's name, and what the same launch has in common when it is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct IntentId(String);

impl IntentId {
    /// An id of the caller's choice, such as the number of an alarm: 1 to 64 letters, digits, dots, hyphens and underscores, not beginning
    /// with a dot.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn new(id: impl Into<String>) -> Result<Self> {
        let id = id.into();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let is_good =
            !id.is_empty() && id.len() <= MOST_ID && !id.starts_with('.') && id.bytes().all(fits);
        // Devices of Windows, which open instead of a file.
        if is_good && !is_reserved(&id) {
            return Ok(Self(id));
        }
        Err(Error::new(
            ErrorKind::InvalidInput,
            format!(
                "`{}` is no id of a launch: it has 1 to {MOST_ID} letters, digits, dots, hyphens and underscores, and no dot at its beginning",
                crate::choose::printable(&id)
            ),
            "Give another id.",
        ))
    }

    /// An id of its own: the time, and chance.
    pub(super) fn fresh(now: Timestamp, marker: &str) -> Self {
        let time = now.unix_seconds();
        let time = Timestamp::from_unix_seconds(time).unwrap_or(now).to_string();
        let time: String = time.chars().filter(char::is_ascii_alphanumeric).collect();
        Self(format!("{time}-{marker}"))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_reserved(id: &str) -> bool {
    let stem = id.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let numbered = |word: &str| {
        stem.strip_prefix(word).is_some_and(|rest| matches!(rest.as_bytes(), [b'0'..=b'9']))
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
}

impl TryFrom<String> for IntentId {
    type Error = Error;

    fn try_from(id: String) -> Result<Self> {
        Self::new(id)
    }
}

impl std::fmt::Display for IntentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for IntentId {
    type Err = Error;

    fn from_str(id: &str) -> Result<Self> {
        Self::new(id)
    }
}

/// How far a launch has come, as far as is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// The request was about to leave, or has left. Without a living process behind it nobody knows whether there is a task.
    Sending,
    /// FlightHub accepted the task. It has not flown by that.
    Accepted {
        /// The task.
        task_uuid: TaskUuid,
    },
    /// FlightHub refused, or nothing left: there is no task.
    Refused {
        /// Why.
        error: String,
    },
    /// The answer was lost. There may be a task.
    Unknown {
        /// What happened to the answer.
        error: String,
    },
    /// The task was looked for and is not in the list so far. There may still be one.
    NotFound {
        /// What happened to the answer.
        error: String,
        /// When the list was last read whole.
        #[serde(with = "moment")]
        looked_at: Timestamp,
    },
    /// The answer was lost, and the task was found in the list.
    Found {
        /// The task.
        task_uuid: TaskUuid,
    },
    /// A person looked into it and says that it is over.
    Settled {
        /// What the person says.
        note: String,
    },
}

impl State {
    /// Whether nothing is open any more.
    #[must_use]
    pub const fn is_resolved(&self) -> bool {
        !matches!(self, Self::Sending | Self::Unknown { .. } | Self::NotFound { .. })
    }

    /// The task, when there is one.
    #[must_use]
    pub const fn task(&self) -> Option<&TaskUuid> {
        match self {
            Self::Accepted { task_uuid } | Self::Found { task_uuid } => Some(task_uuid),
            _ => None,
        }
    }

    /// What became of the answer.
    pub(super) fn why(&self) -> &str {
        match self {
            Self::Refused { error } | Self::Unknown { error } | Self::NotFound { error, .. } => {
                error
            }
            Self::Sending => "the program ended before the answer came",
            _ => "",
        }
    }
}

/// A state with its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StateChange {
    /// Since when.
    #[serde(with = "moment")]
    pub at: Timestamp,
    /// The state.
    #[serde(flatten)]
    pub state: State,
}

/// A launch as it stands on disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Intent {
    version: u32,
    /// Its id.
    pub id: IntentId,
    /// The part of the task's name that only this launch has.
    pub marker: String,
    /// Name of the task, with the marker.
    pub name: String,
    /// Project of the task.
    pub project: String,
    /// Dock that it starts from.
    pub dock: DockSn,
    /// Route that it flies.
    pub route: WaylineId,
    /// How the start is planned.
    pub task_type: TaskType,
    /// First planned start; missing for a start at once.
    #[serde(default, with = "moment::option", skip_serializing_if = "Option::is_none")]
    pub begin_at: Option<Timestamp>,
    /// End of the plan, or of the time in which it may start; missing when it has none.
    #[serde(default, with = "moment::option", skip_serializing_if = "Option::is_none")]
    pub end_at: Option<Timestamp>,
    /// When this was written, by the clock of this machine. The request left after it.
    #[serde(with = "moment")]
    pub written_at: Timestamp,
    /// The request, as it was sent.
    pub request: serde_json::Value,
    /// Its states; the last one counts.
    pub states: Vec<StateChange>,
}

impl Intent {
    /// An intent that is about to be sent.
    pub(super) fn new(
        id: IntentId,
        marker: String,
        project: &str,
        request: &TaskCreate,
        now: Timestamp,
    ) -> Result<Self> {
        let (task_type, begin_at, end_at) = match &request.schedule {
            TaskSchedule::Timed(timed) => {
                (TaskType::Timed, Some(timed.begin_at), timed.latest_begin_at)
            }
            TaskSchedule::Recurring(plan) => {
                (TaskType::Recurring, Some(plan.begin_at), Some(plan.end_at))
            }
            TaskSchedule::Continuous(plan) => {
                (TaskType::Continuous, Some(plan.begin_at), Some(plan.end_at))
            }
            _ => (TaskType::Immediate, None, None),
        };
        Ok(Self {
            version: VERSION,
            id,
            marker,
            name: request.name.clone(),
            project: project.to_owned(),
            dock: request.sn.clone(),
            route: request.wayline_uuid.clone(),
            task_type,
            begin_at,
            end_at,
            written_at: now,
            request: as_json(request)?,
            states: vec![StateChange { at: now, state: State::Sending }],
        })
    }

    /// Its present state.
    #[must_use]
    pub fn state(&self) -> &State {
        self.states.last().map_or(&State::Sending, |change| &change.state)
    }

    /// Whether another request asks for the same flight: everything but the name.
    pub(super) fn asks_for(&self, project: &str, request: &TaskCreate) -> Result<bool> {
        let mut ours = self.request.clone();
        let mut theirs = as_json(request)?;
        for request in [&mut ours, &mut theirs] {
            if let Some(fields) = request.as_object_mut() {
                fields.remove("name");
            }
        }
        Ok(self.project == project && ours == theirs)
    }

    /// Enters a state and writes it down. Being in it already is not written again.
    pub(super) fn enter(&mut self, folder: &Path, now: Timestamp, state: State) -> Result<()> {
        if *self.state() == state {
            return Ok(());
        }
        // Looking for it again and again is one state, so that the file stays small.
        let looking = |state: &State| matches!(state, State::NotFound { .. });
        if looking(&state) && looking(self.state()) {
            self.states.pop();
        }
        self.states.push(StateChange { at: now, state });
        files::write(&path_of(folder, &self.id), &self.to_bytes()?)
    }

    fn to_bytes(&self) -> Result<Vec<u8>> {
        serde_json::to_vec_pretty(self).map_err(|error| {
            Error::new(
                ErrorKind::State,
                format!("launch {}: cannot be written down: {error}", self.id),
                "Report this to the project.",
            )
        })
    }

    /// Makes the file. `false` when there is one of that id: then nothing has changed.
    pub(super) fn write_first(&self, folder: &Path) -> Result<bool> {
        let path = path_of(folder, &self.id);
        let bytes = self.to_bytes()?;
        let written = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(&bytes)?;
            file.as_file().sync_all()?;
            file.persist_noclobber(&path).map_err(|error| error.error)?;
            files::sync_folder(folder)
        };
        match written() {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(Error::file(&path, "cannot be written", error)),
        }
    }
}

fn as_json(request: &TaskCreate) -> Result<serde_json::Value> {
    serde_json::to_value(request).map_err(|error| {
        Error::new(
            ErrorKind::InvalidInput,
            format!("the task cannot be written down: {error}"),
            "Correct the arguments of the task.",
        )
    })
}

fn path_of(folder: &Path, id: &IntentId) -> PathBuf {
    folder.join(format!("{id}.json"))
}

/// The intents of a folder that are not over.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Pending {
    /// Those of which nobody knows whether there is a task, the oldest first.
    pub open: Vec<Intent>,
    /// Files that cannot be read as intents, each with the reason. What they were about may be in the air.
    pub unreadable: Vec<(PathBuf, String)>,
}

/// The launches of a folder of which nobody knows whether they had an effect. [`reconcile`](super::reconcile) looks them up.
///
/// # Errors
///
/// When the folder cannot be read. A folder that is not there has none.
pub fn pending(folder: &Path) -> Result<Pending> {
    let mut found = Pending::default();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(Error::file(folder, "cannot be read", error)),
    };
    for entry in entries {
        let path = entry.map_err(|error| Error::file(folder, "cannot be read", error))?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        match read_file(&path) {
            Ok(intent) if intent.state().is_resolved() => {}
            Ok(intent) => found.open.push(intent),
            Err(problem) => found.unreadable.push((path, problem)),
        }
    }
    found.open.sort_by(|a, b| (a.written_at, a.id.as_str()).cmp(&(b.written_at, b.id.as_str())));
    found.unreadable.sort();
    Ok(found)
}

fn read_file(path: &Path) -> std::result::Result<Intent, String> {
    let read = || -> io::Result<Vec<u8>> {
        let length = std::fs::metadata(path)?.len();
        if length > MOST_BYTES {
            return Err(io::Error::other(format!("it has {length} bytes, which no launch has")));
        }
        std::fs::read(path)
    };
    let bytes = read().map_err(|error| error.to_string())?;
    let intent: Intent = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    if intent.version != VERSION {
        return Err(format!("its version is {}, this program knows {VERSION}", intent.version));
    }
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    if stem != Some(intent.id.as_str()) {
        return Err(format!("it is about launch {}, not what its name says", intent.id));
    }
    if intent.states.is_empty() {
        return Err("it has no state".to_owned());
    }
    Ok(intent)
}

/// The intent of an id, if there is one.
pub(super) fn read(folder: &Path, id: &IntentId) -> Result<Option<Intent>> {
    let path = path_of(folder, id);
    if !path.exists() {
        return Ok(None);
    }
    read_file(&path).map(Some).map_err(|problem| unreadable(&path, &problem))
}

/// As [`read`], where there has to be one.
pub(super) fn read_known(folder: &Path, id: &IntentId) -> Result<Intent> {
    read(folder, id)?.ok_or_else(|| {
        Error::new(
            ErrorKind::NotFound,
            format!("there is no launch `{id}` in {}", folder.display()),
            "`pending` lists the launches that are open.",
        )
    })
}

pub(super) fn unreadable(path: &Path, problem: &str) -> Error {
    Error::new(
        ErrorKind::State,
        format!("{}: is no readable launch: {problem}", path.display()),
        "Find out in the web console whether its task exists, then move the file away.",
    )
}

/// Says that a launch is over, after a person has looked into it: there is no task, or it is dealt with. Nothing is sent.
///
/// # Errors
///
/// When there is no such launch, it is over already, or a process is busy with the dock.
pub fn settle<E>(folder: &Path, run: &Run<E>, id: &IntentId, note: &str) -> Result<Intent> {
    let dock = read_known(folder, id)?;
    let _lock = DockLock::take(folder, &dock.project, &dock.dock)?;
    let mut intent = read_known(folder, id)?;
    if intent.state().is_resolved() {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            format!("launch {id} is over already"),
            "There is nothing to settle.",
        ));
    }
    intent.enter(folder, run.wall(), State::Settled { note: note.to_owned() })?;
    Ok(intent)
}

/// Keeps other processes, and other tasks of this one, from launching from a dock. The system lets go of it when the process dies.
#[derive(Debug)]
pub(super) struct DockLock {
    _file: File,
}

impl DockLock {
    pub(super) fn take(folder: &Path, project: &str, dock: &DockSn) -> Result<Self> {
        std::fs::create_dir_all(folder)
            .map_err(|error| Error::file(folder, "cannot be made", error))?;
        let path = folder.join(format!("{}.{}.lock", file_name(project), file_name(dock.as_str())));
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| Error::file(&path, "cannot be opened", error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::new(
                ErrorKind::State,
                format!("another launch from dock {dock} is under way on this machine"),
                "Wait until it has ended, then look at its outcome.",
            )),
            Err(TryLockError::Error(error)) => Err(Error::file(&path, "cannot be locked", error)),
        }
    }
}

/// A text as a part of a file name. Two texts that differ in more than capitals have different ones.
fn file_name(text: &str) -> String {
    let mut name = String::new();
    for byte in text.bytes().take(MOST_ID) {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' => name.push(char::from(byte)),
            b'A'..=b'Z' => name.push(char::from(byte.to_ascii_lowercase())),
            _ => name.push_str(&format!("_{byte:02x}")),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_names_of_files_everywhere() {
        for good in ["a", "alarm-17", "2026.01_x", &"x".repeat(64)] {
            assert_eq!(IntentId::new(good).unwrap().as_str(), good);
        }
        for bad in
            ["", ".hidden", "a/b", "..", "a\\b", "ü", "a b", "nul", "COM1.x", &"x".repeat(65)]
        {
            assert_eq!(IntentId::new(bad).unwrap_err().kind(), ErrorKind::InvalidInput, "{bad}");
        }
    }

    #[test]
    fn a_fresh_id_is_an_id() {
        let now = "2026-01-01T08:00:00.25Z".parse().unwrap();
        let id = IntentId::fresh(now, "fh-k7f3q9w2");
        assert_eq!(id.as_str(), "20260101T080000Z-fh-k7f3q9w2");
        assert_eq!(IntentId::new(id.as_str()).unwrap(), id);
    }

    #[test]
    fn a_dock_is_locked_once_and_freed_with_its_lock() {
        let folder = tempfile::tempdir().unwrap();
        let dock = DockSn::new("7CTXN0000B00A1");
        let first = DockLock::take(folder.path(), "p", &dock).unwrap();
        let second = DockLock::take(folder.path(), "p", &dock).unwrap_err();
        assert_eq!(second.kind(), ErrorKind::State);
        DockLock::take(folder.path(), "p", &DockSn::new("7CTXN0000B00B2")).unwrap();
        drop(first);
        DockLock::take(folder.path(), "p", &dock).unwrap();
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("half.json"), b"{\"version\":1").unwrap();
        std::fs::write(folder.path().join(".tmp123"), b"x").unwrap();
        let pending = pending(folder.path()).unwrap();
        assert!(pending.open.is_empty());
        assert_eq!(pending.unreadable.len(), 1);
        assert!(super::pending(&folder.path().join("none")).unwrap().unreadable.is_empty());
    }
}
