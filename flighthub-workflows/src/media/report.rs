//! What a sync says while it runs and when it has ended.

use flighthub_api::Timestamp;
use flighthub_api::v1::TaskUuid;
use serde::Serialize;

use super::look::{MediaKind, MediaState, TaskMediaList};
use crate::mission::{ListFailure, OddTask};

/// What happens in a sync.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum SyncEvent {
    /// The tasks are known.
    Tasks {
        /// How many there are.
        tasks: usize,
    },
    /// The files of a task are known.
    Listed {
        /// Id of the task.
        task: TaskUuid,
        /// Its name.
        name: Option<String>,
        /// How it stands.
        state: MediaState,
        /// Files that are listed.
        files: usize,
    },
    /// What is going to be fetched is known. While waiting, this comes again for files that have come.
    Planned {
        /// Files to fetch.
        files: usize,
        /// Their bytes, as far as the service names them.
        bytes: u64,
        /// Files that are there.
        present: usize,
    },
    /// A file is being fetched.
    Started {
        /// Id of the file.
        uuid: String,
        /// Where to, below the target.
        path: String,
        /// Its bytes, if the service names them.
        size: Option<u64>,
    },
    /// Bytes of a file are here.
    Progress {
        /// Id of the file.
        uuid: String,
        /// Bytes that are here.
        bytes: u64,
        /// Bytes of the whole file, if anybody says.
        total: Option<u64>,
    },
    /// A transfer broke off and is going to be continued.
    Retrying {
        /// Id of the file.
        uuid: String,
        /// What went wrong.
        problem: String,
        /// Milliseconds until then.
        pause_ms: u64,
    },
    /// An address had expired; the service was asked for fresh ones.
    Refreshed {
        /// Id of the task.
        task: TaskUuid,
    },
    /// It is settled what became of a file.
    File {
        /// The file.
        #[serde(flatten)]
        file: FileReport,
    },
    /// Files have not been uploaded by their docks yet; they are looked for again.
    Waiting {
        /// Tasks whose files are not complete.
        tasks: usize,
        /// Files that they have made, as far as the service says.
        expected: u64,
        /// Files of these that have been uploaded.
        uploaded: u64,
        /// Milliseconds until the next look.
        pause_ms: u64,
        /// Milliseconds until the deadline.
        left_ms: u64,
    },
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FileState {
    /// It would be fetched.
    Planned,
    /// It was fetched.
    Fetched,
    /// It was there.
    Present,
    /// It is there, but it is not what was fetched: somebody changed it, or the service has another now. It was left alone.
    Changed,
    /// It was not wanted, or it is a folder.
    Skipped,
    /// The service lists it, but it cannot be fetched yet.
    Waiting,
    /// The service lists it, and its storage no longer has it.
    Gone,
    /// It could not be fetched.
    Failed,
}

/// A file and what became of it.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct FileReport {
    /// Its id.
    pub uuid: String,
    /// Id of its task.
    pub task: TaskUuid,
    /// Its kind.
    pub kind: MediaKind,
    /// Where it is or would be, below the target; none when it has no place.
    pub path: Option<String>,
    /// Its bytes, if they are known.
    pub size: Option<u64>,
    /// What became of it.
    pub state: FileState,
    /// Bytes of it that were there from an earlier run.
    #[serde(skip_serializing_if = "is_zero")]
    pub resumed_from: u64,
    /// SHA-256 of its bytes in hexadecimal, when it was fetched or known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Why, where that needs words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(bytes: &u64) -> bool {
    *bytes == 0
}

/// A task and how it stands with its media.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct TaskReport {
    /// Id of the task.
    pub task: TaskUuid,
    /// Its name.
    pub name: Option<String>,
    /// Its dock.
    pub dock: Option<String>,
    /// Its planned start.
    #[serde(with = "crate::moment::option")]
    pub begin_at: Option<Timestamp>,
    /// How it stands.
    pub state: MediaState,
    /// Files that the flight has made, if the service says so.
    pub expected: Option<u32>,
    /// Files of it that have been uploaded, if the service says so.
    pub uploaded: Option<u32>,
    /// Files that are listed.
    pub listed: usize,
    /// Rows that could not be read.
    pub odd: usize,
    /// Whether the list was as long as lists can be (10,000 rows), so that there may be more.
    pub may_be_cut: bool,
    /// Why the state is what it is, where that needs words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl From<&TaskMediaList> for TaskReport {
    fn from(list: &TaskMediaList) -> Self {
        Self {
            task: list.task.clone(),
            name: list.name.clone(),
            dock: list.dock.clone(),
            begin_at: list.begin_at,
            state: list.state,
            expected: list.expected,
            uploaded: list.uploaded,
            listed: list.files.len(),
            odd: list.odd,
            may_be_cut: list.may_be_cut,
            problem: list.problem.clone(),
            help: list.help.clone(),
        }
    }
}

/// How many files came to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// Would be fetched.
    pub planned: usize,
    /// Were fetched.
    pub fetched: usize,
    /// Were there.
    pub present: usize,
    /// Are there, but other than they were.
    pub changed: usize,
    /// Were not wanted, or are folders.
    pub skipped: usize,
    /// Cannot be fetched yet.
    pub waiting: usize,
    /// Are gone.
    pub gone: usize,
    /// Failed.
    pub failed: usize,
    /// Bytes that were fetched by this run.
    pub bytes_fetched: u64,
    /// Bytes that would be fetched, as far as the service names them.
    pub bytes_planned: u64,
}

/// What a sync came to. A part is a result: each file and task says for itself.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SyncReport {
    /// Where the files are.
    pub target: String,
    /// Whether everything that was asked for is there, or would be, now and unchanged.
    pub is_complete: bool,
    /// How many files came to what.
    pub counts: Counts,
    /// The files, by task and path.
    pub files: Vec<FileReport>,
    /// The tasks, the newest planned start first.
    pub tasks: Vec<TaskReport>,
    /// Windows of docks whose tasks could not be listed: their media are missing.
    pub unlisted: Vec<ListFailure>,
    /// Rows of tasks that could not be read: their media are missing.
    pub odd_tasks: Vec<OddTask>,
    /// What made the run stop before its end, such as a full disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Counts {
    pub(super) fn of(files: &[FileReport]) -> Self {
        let mut counts = Self::default();
        for file in files {
            let size = file.size.unwrap_or(0);
            let count = match file.state {
                FileState::Planned => {
                    counts.bytes_planned = counts.bytes_planned.saturating_add(size);
                    &mut counts.planned
                }
                FileState::Fetched => {
                    let new = size.saturating_sub(file.resumed_from);
                    counts.bytes_fetched = counts.bytes_fetched.saturating_add(new);
                    &mut counts.fetched
                }
                FileState::Present => &mut counts.present,
                FileState::Changed => &mut counts.changed,
                FileState::Skipped => &mut counts.skipped,
                FileState::Waiting => &mut counts.waiting,
                FileState::Gone => &mut counts.gone,
                FileState::Failed => &mut counts.failed,
            };
            *count += 1;
        }
        counts
    }

    /// Whether nothing is missing.
    pub(super) const fn is_complete(&self) -> bool {
        self.changed == 0 && self.waiting == 0 && self.gone == 0 && self.failed == 0
    }
}
