//! What the service says of the media of a task.

use std::collections::HashSet;
use std::time::Duration;

use flighthub_api::v1::{
    FlightTask, FlightTaskSummary, MediaFile, MediaFileType, MediaUploadStatus, TaskGet, TaskMedia,
    TaskStatus, TaskUuid,
};
use flighthub_api::{Access, Clock, ErrorCode, List, Permits, Project, Secret, Timestamp};
use serde::Serialize;

use crate::file_name;

/// Rows that a list has at most. There are no pages.
const MOST_ROWS: usize = 10_000;
/// Pauses between attempts while a list is not ready.
const PAUSES: [Duration; 3] =
    [Duration::from_secs(3), Duration::from_secs(10), Duration::from_secs(30)];

/// How it stands with the media of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MediaState {
    /// All files of the flight are listed.
    Complete,
    /// The dock still uploads files.
    Uploading,
    /// The flight has not ended.
    Flying,
    /// The flight has not begun, or it is a plan whose single flights are tasks of their own.
    NotStarted,
    /// The flight left no files.
    NoFiles,
    /// The list was null and nothing says that there should be files: there are none, or the key lacks the right to see them.
    Null,
    /// The service says that the list is not ready (code 219021). That is also its answer when it fails, and to keys that may not see it.
    NotReady,
    /// The list could not be read for another reason.
    Failed,
}

impl MediaState {
    /// Whether waiting may bring more files.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Uploading | Self::Flying | Self::NotReady)
    }
}

/// Kind of a media file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MediaKind {
    /// A photo.
    Image,
    /// A video.
    Video,
    /// Satellite observations for later positioning.
    Ppk,
    /// Another file.
    Other,
    /// A folder: what is in it is not listed, and it cannot be fetched.
    Directory,
}

impl MediaKind {
    /// As in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Ppk => "ppk",
            Self::Other => "other",
            Self::Directory => "directory",
        }
    }
}

/// A media file as it is listed.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct MediaRow {
    /// Its id; made of its task and name when the service names none.
    pub uuid: String,
    /// Name and ending, made safe for every file system.
    pub name: String,
    /// Its kind.
    pub kind: MediaKind,
    /// Its size in bytes, if the service names one.
    pub size: Option<u64>,
    /// When it was made.
    #[serde(with = "crate::moment::option")]
    pub created_at: Option<Timestamp>,
    /// Its signed address, while the service names one.
    #[serde(skip)]
    pub(super) address: Option<Secret>,
}

/// The media of a task, as far as the service tells.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct TaskMediaList {
    /// Id of the task.
    pub task: TaskUuid,
    /// Name of the task.
    pub name: Option<String>,
    /// Its dock.
    pub dock: Option<String>,
    /// Its planned start.
    #[serde(with = "crate::moment::option")]
    pub begin_at: Option<Timestamp>,
    /// Status of the task.
    pub status: Option<TaskStatus>,
    /// How it stands.
    pub state: MediaState,
    /// Files that the flight has made, if the service says so.
    pub expected: Option<u32>,
    /// Files of it that have been uploaded, if the service says so.
    pub uploaded: Option<u32>,
    /// The files, each once.
    pub files: Vec<MediaRow>,
    /// Rows that could not be read.
    pub odd: usize,
    /// Whether the list was as long as lists can be, so that there may be more.
    pub may_be_cut: bool,
    /// Why the state is what it is, where that needs words.
    pub problem: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
}

/// A task whose media are wanted, with what is known of it.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) task: TaskUuid,
    pub(super) row: Option<FlightTaskSummary>,
}

/// The calls that are needed.
pub(super) trait Reads: Access + Permits<TaskMedia> + Permits<TaskGet> {}
impl<A: Access + Permits<TaskMedia> + Permits<TaskGet>> Reads for A {}

/// Asks for the media of a task. A list that is not ready is asked for again a few times.
pub(super) async fn look<A: Reads>(
    project: &Project<A>,
    wanted: &Wanted,
    clock: &dyn Clock,
) -> TaskMediaList {
    let mut pauses = PAUSES.iter();
    loop {
        let list = look_once(project, wanted).await;
        match pauses.next() {
            Some(pause) if list.state == MediaState::NotReady => clock.sleep(*pause).await,
            _ => return list,
        }
    }
}

/// Asks once.
pub(super) async fn look_once<A: Reads>(project: &Project<A>, wanted: &Wanted) -> TaskMediaList {
    // The row says how far the upload was when the tasks were listed; finished stays finished.
    let is_settled = wanted.row.as_ref().is_some_and(|row| {
        has_ended(&row.status)
            && row
                .media_upload_status
                .as_ref()
                .is_some_and(|status| status.as_str() == MediaUploadStatus::UPLOAD_FINISHED)
    });
    let detail = if is_settled {
        None
    } else {
        // Before the list: what it counts as uploaded is then in the list.
        Some(project.send(&TaskGet::new(wanted.task.clone())).await)
    };
    let media = project.send(&TaskMedia::new(wanted.task.clone())).await;
    let (detail, trouble) = match detail {
        Some(Ok(detail)) => (Some(detail), None),
        Some(Err(error)) => (None, Some(error)),
        None => (None, None),
    };
    let mut list = begun(wanted, detail.as_ref());
    match media {
        Ok(listing) => list.take(listing.list, is_settled),
        Err(error) => list.refuse(&error),
    }
    // Of two refusals the task's own says more: that of the list is the same for tasks that do not exist and for keys without the right.
    if let Some(error) = trouble
        && (list.problem.is_none() || list.state == MediaState::NotReady)
    {
        if error.is_not_found() || error.is_permission() {
            list.state = MediaState::Failed;
        }
        list.problem = Some(error.to_string());
        list.help = Some(error.help().to_owned());
    }
    list
}

/// What is known of the task itself.
fn begun(wanted: &Wanted, detail: Option<&FlightTask>) -> TaskMediaList {
    let row = wanted.row.as_ref();
    let folder = detail.and_then(|detail| detail.folder_info.as_ref());
    let count = |count: Option<i32>| count.and_then(|count| u32::try_from(count).ok());
    TaskMediaList {
        task: wanted.task.clone(),
        name: detail.map(|it| it.name.clone()).or_else(|| row.map(|it| it.name.clone())),
        dock: (detail.map(|it| it.sn.as_str()).or_else(|| row.map(|it| it.sn.as_str())))
            .map(str::to_owned),
        begin_at: detail.and_then(|it| it.begin_at).or_else(|| row.and_then(|it| it.begin_at)),
        status: (detail.map(|it| it.status.clone())).or_else(|| row.map(|it| it.status.clone())),
        state: MediaState::Failed,
        expected: count(folder.and_then(|folder| folder.expected_file_count)),
        uploaded: count(folder.and_then(|folder| folder.uploaded_file_count)),
        files: Vec::new(),
        odd: 0,
        may_be_cut: false,
        problem: None,
        help: None,
    }
}

impl TaskMediaList {
    /// Whether the flight has ended, as far as anybody says.
    fn has_ended(&self) -> bool {
        self.status.as_ref().is_none_or(has_ended)
    }

    /// The state of a task that has not ended.
    fn unended(&self) -> MediaState {
        use TaskStatus::{Preparing, QueueForTakeoff, Suspended, Waiting};
        match &self.status {
            Some(Waiting | Suspended | Preparing | QueueForTakeoff) => MediaState::NotStarted,
            _ => MediaState::Flying,
        }
    }

    fn take(&mut self, list: List<MediaFile>, is_settled: bool) {
        let was_null = list.was_null();
        self.odd = list.odd().len();
        self.may_be_cut = list.len() + self.odd >= MOST_ROWS;
        let mut seen = HashSet::new();
        self.files = (list.into_iter().map(|file| row(&self.task, file)))
            .filter(|row| seen.insert(row.uuid.clone()))
            .collect();
        let listed = self.files.iter().filter(|row| row.kind != MediaKind::Directory).count();
        let expected = self.expected.unwrap_or(0);
        self.state = if !self.has_ended() {
            self.unended()
        } else if !is_settled && expected > self.uploaded.unwrap_or(0) {
            MediaState::Uploading
        } else if listed > 0 {
            MediaState::Complete
        } else if expected > 0 {
            // They have been uploaded, and are not listed yet.
            MediaState::Uploading
        } else if was_null && !self.files.iter().any(|row| row.kind == MediaKind::Directory) {
            MediaState::Null
        } else {
            MediaState::NoFiles
        };
        if self.state == MediaState::Null {
            self.problem = Some("the list of files is null".to_owned());
            let help = "There are none, or the key may not see them: `flighthub doctor` tells.";
            self.help = Some(help.to_owned());
        }
    }

    fn refuse(&mut self, error: &flighthub_api::Error) {
        self.state = match error.code() {
            Some(ErrorCode::MEDIA_DIRECTORY_NOT_FOUND) if !self.has_ended() => self.unended(),
            Some(ErrorCode::MEDIA_DIRECTORY_NOT_FOUND) if self.expected.unwrap_or(0) > 0 => {
                MediaState::Uploading
            }
            Some(ErrorCode::MEDIA_DIRECTORY_NOT_FOUND) => MediaState::NoFiles,
            Some(ErrorCode::RECORD_NOT_FOUND) => MediaState::NotReady,
            _ => MediaState::Failed,
        };
        if matches!(self.state, MediaState::NotReady | MediaState::Failed) {
            self.problem = Some(error.to_string());
            self.help = Some(error.help().to_owned());
        }
    }
}

/// Whether a task has come to its end.
fn has_ended(status: &TaskStatus) -> bool {
    use TaskStatus::{PartiallyDone, StartingFailure, Success, Terminated, Timeout};
    matches!(status, StartingFailure | Terminated | Success | Timeout | PartiallyDone)
}

fn row(task: &TaskUuid, file: MediaFile) -> MediaRow {
    let (title, suffix) = (file.name.unwrap_or_default(), file.suffix.unwrap_or_default());
    let size = file.size.and_then(|size| u64::try_from(size).ok());
    let address = file.original_url;
    let leads_nowhere = address.as_ref().is_none_or(leads_nowhere);
    let kind = match file.file_type {
        MediaFileType::Image => MediaKind::Image,
        MediaFileType::Video => MediaKind::Video,
        MediaFileType::Ppk => MediaKind::Ppk,
        MediaFileType::Unsupported if leads_nowhere => MediaKind::Directory,
        _ if leads_nowhere && size.unwrap_or(0) == 0 && suffix.is_empty() => MediaKind::Directory,
        _ => MediaKind::Other,
    };
    let name = file_name::file(&title, &suffix);
    let uuid = file.uuid.as_ref().map(|uuid| uuid.as_str().trim()).filter(|uuid| !uuid.is_empty());
    let uuid = uuid.map_or_else(|| format!("{}/{name}", task.as_str()), str::to_owned);
    // An empty file is listed without its size, for all that is known.
    let size = size.filter(|size| *size > 0);
    MediaRow {
        uuid,
        name,
        kind,
        size,
        created_at: file.create_at,
        address: address.filter(|_| !leads_nowhere),
    }
}

/// The id and address of a row, for those who only want a fresh address.
pub(super) fn address_of(task: &TaskUuid, file: MediaFile) -> Option<(String, Secret)> {
    let row = row(task, file);
    Some((row.uuid, row.address?))
}

/// Rows of folders have an address without a path.
fn leads_nowhere(address: &Secret) -> bool {
    match reqwest::Url::parse(address.expose().trim()) {
        Ok(url) => matches!(url.path(), "" | "/"),
        Err(_) => matches!(address.expose().trim(), "" | "/"),
    }
}
