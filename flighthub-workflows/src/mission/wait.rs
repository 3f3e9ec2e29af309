//! Following a task to its end.

use std::time::{Duration, Instant};

use flighthub_api::v1::{
    DeviceSn, DeviceState, DockSn, DroneInDock, FlightTask, FlightTaskSummary, MediaUploadStatus,
    TaskGet, TaskList, TaskStatus, TaskUuid,
};
use flighthub_api::{Access, CallOptions, Permits, Project, Timestamp};
use serde::Serialize;

use super::pace::Pace;
use crate::moment;
use crate::run::within;
use crate::{Error, ErrorKind, Result, Run};

/// Reads in a row that may say that there is no such task, or that it may not be seen. The list lags behind a launch, and devices without a link
/// are answered with 403 too.
const MOST_DENIALS: u32 = 6;
/// Where the row of a task is looked for, around its planned start.
const AROUND: Duration = Duration::from_secs(3600);

/// How a task is waited for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WaitSettings {
    /// When to give up. The flight goes on without this.
    pub deadline: Timestamp,
    /// Shortest pause between two reads. One gateway is said to allow one read of a task in ten seconds; others took more.
    pub fastest: Duration,
    /// Longest pause while nothing changes.
    pub slowest: Duration,
    /// Whether to wait for the upload of the media as well, once the flight has ended.
    pub media: bool,
}

impl WaitSettings {
    /// Until a deadline, with pauses from 5 to 60 seconds.
    #[must_use]
    pub const fn until(deadline: Timestamp) -> Self {
        Self {
            deadline,
            fastest: Duration::from_secs(5),
            slowest: Duration::from_secs(60),
            media: false,
        }
    }

    /// The same, waiting for the media too.
    #[must_use]
    pub const fn with_media(mut self) -> Self {
        self.media = true;
        self
    }
}

/// What happens in a wait.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum WaitEvent {
    /// The status is seen for the first time, or has changed.
    Status {
        /// What it was.
        before: Option<TaskStatus>,
        /// What it is.
        status: TaskStatus,
        /// Whether this version knows it. An unknown one is not taken for an end.
        is_known: bool,
    },
    /// The flight has come further on its route.
    Waypoint {
        /// Waypoints that are done.
        done: i32,
        /// Waypoints of the route.
        total: Option<i32>,
    },
    /// Files of the flight have been made or uploaded.
    Media {
        /// Files that the flight has made.
        expected: Option<i32>,
        /// Files that have been uploaded.
        uploaded: Option<i32>,
    },
    /// A read failed. The wait goes on.
    ReadFailed {
        /// Why.
        problem: String,
        /// Milliseconds until the next.
        pause_ms: u64,
    },
}

/// How a wait ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "end", rename_all = "snake_case")]
#[non_exhaustive]
pub enum End {
    /// The route was flown to its end.
    Succeeded,
    /// The route was flown in part. Another task may take it up again.
    PartiallyDone,
    /// The flight did not start, was broken off, or missed its time.
    Failed {
        /// Its status.
        status: TaskStatus,
    },
    /// The task was switched off before its start; nothing happens until somebody restores it.
    Suspended,
    /// The deadline passed first. Nothing was stopped by that.
    DeadlinePassed {
        /// The last status that was read; none when no read came through.
        last_status: Option<TaskStatus>,
        /// Whether it still flies, as far as is known.
        flying: Flying,
    },
}

/// Whether a task flies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flying {
    /// It is being carried out.
    Yes,
    /// It has not started.
    NotYet,
    /// It cannot be told.
    Unknown,
}

/// Where the aircraft is at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aircraft {
    /// In the dock of the start.
    InDock,
    /// Not in the dock of the start.
    OutsideDock,
    /// The dock does not tell.
    Unknown,
}

/// How far the upload of the media came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaEnd {
    /// All files have been uploaded.
    Complete,
    /// Files are missing.
    Incomplete,
    /// It cannot be told.
    Unknown,
}

/// What a wait brought.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Waited {
    /// The task.
    pub task_uuid: TaskUuid,
    /// Its name, when a read came through.
    pub name: Option<String>,
    /// Its dock, when a read came through.
    pub dock: Option<DockSn>,
    /// How the wait ended.
    #[serde(flatten)]
    pub end: End,
    /// Where the aircraft is now. After a flight that was broken off it may still be on its way home.
    pub aircraft: Aircraft,
    /// How far the media came, when they were waited for.
    pub media: Option<MediaEnd>,
    /// When the wait ended.
    #[serde(with = "moment")]
    pub ended_at: Timestamp,
    /// Reads that brought something.
    pub reads: u32,
    /// Reads that failed.
    pub failed_reads: u32,
}

/// Follows a task until it has ended or the deadline has passed. The UUID alone is enough, so a wait can be taken up again after a crash.
///
/// Statuses that this version does not know are reported and not taken for an end. Failed reads are reported and tried again until the deadline.
///
/// # Errors
///
/// When the key is refused, or the task is not there or not to be seen for several reads in a row. The flight goes on all the same.
pub async fn wait<A>(
    project: &Project<A>,
    run: &Run<WaitEvent>,
    task: &TaskUuid,
    settings: &WaitSettings,
) -> Result<Waited>
where
    A: Access + Permits<TaskGet> + Permits<TaskList> + Permits<DeviceState>,
{
    let left = settings.deadline.duration_since(&run.wall());
    let mut waiting = Waiting {
        project,
        run,
        task,
        began: run.now(),
        longest: left,
        pace: Pace::new(settings.fastest, settings.slowest),
        seen: Seen::default(),
        reads: 0,
        failed: 0,
        denials: 0,
    };
    let end = waiting.follow().await?;
    let media = match end {
        End::Succeeded | End::PartiallyDone | End::Failed { .. } if settings.media => {
            Some(waiting.follow_media().await?)
        }
        _ => None,
    };
    let aircraft = waiting.aircraft().await;
    let end = match end {
        // An unknown status says nothing; an aircraft outside its dock does.
        End::DeadlinePassed { last_status, flying: Flying::Unknown }
            if aircraft == Aircraft::OutsideDock =>
        {
            End::DeadlinePassed { last_status, flying: Flying::Yes }
        }
        end => end,
    };
    Ok(Waited {
        task_uuid: task.clone(),
        name: waiting.seen.detail.as_ref().map(|detail| detail.name.clone()),
        dock: waiting.seen.detail.as_ref().map(|detail| detail.sn.clone()),
        end,
        aircraft,
        media,
        ended_at: run.wall(),
        reads: waiting.reads,
        failed_reads: waiting.failed,
    })
}

/// What was seen last.
#[derive(Debug, Default)]
struct Seen {
    detail: Option<FlightTask>,
    row: Option<FlightTaskSummary>,
}

struct Waiting<'a, A: Access> {
    project: &'a Project<A>,
    run: &'a Run<WaitEvent>,
    task: &'a TaskUuid,
    began: Instant,
    longest: Duration,
    pace: Pace,
    seen: Seen,
    reads: u32,
    failed: u32,
    denials: u32,
}

impl<A> Waiting<'_, A>
where
    A: Access + Permits<TaskGet> + Permits<TaskList> + Permits<DeviceState>,
{
    fn left(&self) -> Duration {
        let passed = self.run.now().saturating_duration_since(self.began);
        self.longest.saturating_sub(passed)
    }

    fn options(&self) -> CallOptions {
        within(self.left())
    }

    /// Reads until the task has ended. The last read is at the deadline.
    async fn follow(&mut self) -> Result<End> {
        loop {
            let is_last = self.left().is_zero();
            let pause = match self.look().await {
                Ok(has_changed) => {
                    if let Some(end) = self.status().and_then(end_of) {
                        return Ok(end);
                    }
                    let begin_at = self.seen.detail.as_ref().and_then(|detail| detail.begin_at);
                    let now = self.run.wall();
                    let status = self.status().cloned().unwrap_or(TaskStatus::Waiting);
                    self.pace.after_read(&status, begin_at, now, has_changed)
                }
                Err(error) => self.forgive(error)?,
            };
            if is_last {
                let last_status = self.status().cloned();
                let flying = flying(last_status.as_ref());
                return Ok(End::DeadlinePassed { last_status, flying });
            }
            self.run.sleep(pause.min(self.left())).await;
        }
    }

    fn status(&self) -> Option<&TaskStatus> {
        self.seen.detail.as_ref().map(|detail| &detail.status)
    }

    /// Reads the task, and its row while it flies; tells what has changed.
    async fn look(&mut self) -> Result<bool, flighthub_api::Error> {
        let calling = self.project.call_with(&TaskGet::new(self.task), &self.options());
        let detail = calling.await?.into_output();
        (self.reads, self.denials) = (self.reads + 1, 0);
        let before = self.status().cloned();
        let mut has_changed = before.as_ref() != Some(&detail.status);
        if has_changed {
            let (status, is_known) = (detail.status.clone(), detail.status.is_known());
            self.run.say(WaitEvent::Status { before, status, is_known });
        }
        has_changed |= self.tell_media(&detail);
        let begin_at = detail.begin_at;
        let sn = DeviceSn::new(detail.sn.as_str());
        let in_flight = flying(Some(&detail.status)) == Flying::Yes;
        self.seen.detail = Some(detail);
        if let (true, Some(begin_at)) = (in_flight, begin_at) {
            // How far it is on its route stands in the list only. Without it the wait goes on.
            if let Ok(Some(row)) = self.row(&sn, begin_at).await {
                has_changed |= self.tell_waypoint(&row);
                self.seen.row = Some(row);
            }
        }
        Ok(has_changed)
    }

    async fn row(
        &self,
        sn: &DeviceSn,
        begin_at: Timestamp,
    ) -> Result<Option<FlightTaskSummary>, flighthub_api::Error> {
        let (from, to) = (begin_at.saturating_sub(AROUND), begin_at.saturating_add(AROUND));
        let list = TaskList::new(sn, from, to);
        let listing = self.project.call_with(&list, &self.options()).await?.into_output();
        Ok(listing.into_iter().find(|row| row.uuid == *self.task))
    }

    fn tell_waypoint(&self, row: &FlightTaskSummary) -> bool {
        let before = self.seen.row.as_ref().and_then(|row| row.current_waypoint_index);
        match row.current_waypoint_index {
            Some(done) if before != Some(done) => {
                self.run.say(WaitEvent::Waypoint { done, total: row.total_waypoints });
                true
            }
            _ => false,
        }
    }

    fn tell_media(&self, detail: &FlightTask) -> bool {
        let counts = |detail: &FlightTask| {
            let folder = detail.folder_info.as_ref()?;
            Some((folder.expected_file_count, folder.uploaded_file_count))
        };
        let before = self.seen.detail.as_ref().and_then(counts);
        match counts(detail) {
            Some((expected, uploaded)) if before != Some((expected, uploaded)) => {
                self.run.say(WaitEvent::Media { expected, uploaded });
                true
            }
            _ => false,
        }
    }

    /// A pause for a failure that may pass; an error for one that will not.
    fn forgive(&mut self, error: flighthub_api::Error) -> Result<Duration> {
        self.failed += 1;
        if error.is_not_found() || error.is_permission() {
            self.denials += 1;
        }
        let is_final = error.is_auth()
            || error.is_invalid_argument()
            || error.is_not_deployed()
            || self.denials >= MOST_DENIALS;
        if is_final {
            let kind = if error.is_not_found() { ErrorKind::NotFound } else { ErrorKind::Api };
            let help =
                format!("{} Waiting can be taken up again by the task's UUID.", error.help());
            let text =
                format!("task {} cannot be followed, and goes on without that: {error}", self.task);
            return Err(Error::new(kind, text, help).with_source(error));
        }
        let pause = self.pace.after_failure(error.retry_after());
        self.run.say(WaitEvent::ReadFailed {
            problem: error.to_string(),
            pause_ms: u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
        });
        Ok(pause)
    }

    /// Waits for the files of a flight that has ended.
    async fn follow_media(&mut self) -> Result<MediaEnd> {
        loop {
            let state = self.media_state().await;
            if state == MediaEnd::Complete || self.left().is_zero() {
                return Ok(state);
            }
            let pause = self.pace.after_read(&TaskStatus::Success, None, self.run.wall(), false);
            self.run.sleep(pause.min(self.left())).await;
            if let Err(error) = self.look().await {
                let pause = self.forgive(error)?;
                self.run.sleep(pause.min(self.left())).await;
            }
        }
    }

    /// From the counters of the folder and, where those are missing, from the row.
    async fn media_state(&mut self) -> MediaEnd {
        let Some(detail) = &self.seen.detail else { return MediaEnd::Unknown };
        if let Some(folder) = &detail.folder_info
            && let (Some(expected), Some(uploaded)) =
                (folder.expected_file_count, folder.uploaded_file_count)
            && expected > 0
        {
            return if uploaded >= expected { MediaEnd::Complete } else { MediaEnd::Incomplete };
        }
        let Some(begin_at) = detail.begin_at else { return MediaEnd::Unknown };
        let sn = DeviceSn::new(detail.sn.as_str());
        let row = self.row(&sn, begin_at).await.ok().flatten();
        match row.and_then(|row| row.media_upload_status).as_ref().map(AsRef::as_ref) {
            Some(MediaUploadStatus::UPLOAD_FINISHED) => MediaEnd::Complete,
            Some(MediaUploadStatus::TO_UPLOAD | MediaUploadStatus::UPLOADING) => {
                MediaEnd::Incomplete
            }
            _ => MediaEnd::Unknown,
        }
    }

    /// Asks the dock whether its aircraft is in it.
    async fn aircraft(&self) -> Aircraft {
        let Some(detail) = &self.seen.detail else { return Aircraft::Unknown };
        let state = DeviceState::new(DeviceSn::new(detail.sn.as_str()));
        let Ok(reply) = self.project.call_with(&state, &self.options()).await else {
            return Aircraft::Unknown;
        };
        let state = reply.into_output().device_state;
        match state.and_then(|state| state.dock().drone_in_dock) {
            Some(DroneInDock::Inside) => Aircraft::InDock,
            Some(DroneInDock::Outside) => Aircraft::OutsideDock,
            _ => Aircraft::Unknown,
        }
    }
}

/// The end that a status means, if it means one.
fn end_of(status: &TaskStatus) -> Option<End> {
    match status {
        TaskStatus::Success => Some(End::Succeeded),
        TaskStatus::PartiallyDone => Some(End::PartiallyDone),
        TaskStatus::StartingFailure | TaskStatus::Terminated | TaskStatus::Timeout => {
            Some(End::Failed { status: status.clone() })
        }
        TaskStatus::Suspended => Some(End::Suspended),
        _ => None,
    }
}

const fn flying(status: Option<&TaskStatus>) -> Flying {
    match status {
        Some(TaskStatus::Executing | TaskStatus::Paused) => Flying::Yes,
        Some(
            TaskStatus::Waiting
            | TaskStatus::Suspended
            | TaskStatus::Preparing
            | TaskStatus::QueueForTakeoff,
        ) => Flying::NotYet,
        _ => Flying::Unknown,
    }
}
