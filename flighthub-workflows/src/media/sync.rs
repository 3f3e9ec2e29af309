//! The run: read, decide, fetch, wait, and again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use flighthub_api::v1::{TaskGet, TaskList, TaskMedia, TaskUuid};
use flighthub_api::{Access, Permits, Project};
use tokio::task::JoinSet;

use super::bring::{Addresses, Job, Shared, bring};
use super::decide::{Decision, decide};
use super::find::{Tasks, read, tasks};
use super::look::{MediaState, Reads, TaskMediaList, Wanted};
use super::manifest::{Entry, State};
use super::place::Book;
use super::report::{Counts, FileReport, FileState, SyncEvent, SyncReport, TaskReport};
use super::{Selection, SyncSettings};
use crate::fetch::{FetchError, FetchErrorKind, Fetched, Fetcher};
use crate::{Error, ErrorKind, Result, Run};

/// Pauses between two looks at files that docks have not uploaded yet: short while some come, longer and longer while none does.
const SHORTEST_PAUSE: Duration = Duration::from_secs(15);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Says what [`sync`] would do, and changes nothing.
///
/// # Errors
///
/// When no task can be listed, or the target or its manifest cannot be read.
pub async fn plan<A>(
    project: &Project<A>,
    settings: &SyncSettings,
    run: &Run<SyncEvent>,
) -> Result<SyncReport>
where
    A: Access + Permits<TaskList> + Permits<TaskMedia> + Permits<TaskGet>,
{
    let mut state = Progress::new(settings, Book::peek(&settings.destination).await?);
    let found = tasks(project, &settings.selection, run).await?;
    let lists = read(project, found.wanted.clone(), run).await?;
    for job in state.decide(lists, run).await? {
        state.settle(planned(&job), run);
    }
    Ok(state.report(found))
}

/// Fetches the media of tasks to a folder or storage, those that are not there yet. Files that fail do not cost the others: the report says what
/// became of each. Dropping the future ends it; the next run continues.
///
/// # Errors
///
/// When no task can be listed; when the target or its manifest cannot be read or written, or another run is writing there.
pub async fn sync<A>(
    project: &Project<A>,
    fetcher: &Fetcher,
    settings: &SyncSettings,
    run: &Run<SyncEvent>,
) -> Result<SyncReport>
where
    A: Access + Permits<TaskList> + Permits<TaskMedia> + Permits<TaskGet>,
{
    let deadline = settings.wait.map(|wait| run.now() + wait);
    let mut state = Progress::new(settings, Book::open(&settings.destination).await?);
    let found = tasks(project, &settings.selection, run).await?;
    let shared = Arc::new(Shared {
        project: project.clone(),
        fetcher: fetcher.clone(),
        destination: settings.destination.clone(),
        run: run.clone(),
    });
    let (mut open, mut pause) = (found.wanted.clone(), SHORTEST_PAUSE);
    loop {
        let before = state.settled();
        let lists = read(project, open, run).await?;
        let jobs = state.decide(lists, run).await?;
        state.book.flush().await?;
        state.fetch(&shared, jobs).await?;
        state.book.save().await?;
        open = state.open(&found);
        let left = deadline.map_or(Duration::ZERO, |end| end.saturating_duration_since(run.now()));
        if open.is_empty() || left.is_zero() || state.stopped.is_some() {
            return Ok(state.report(found));
        }
        let has_come = state.settled() > before;
        pause = if has_come { SHORTEST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
        state.wait(&open, pause.min(left), left, run).await;
    }
}

/// How far a run is.
struct Progress<'a> {
    settings: &'a SyncSettings,
    book: Book,
    lists: HashMap<TaskUuid, TaskMediaList>,
    /// By the id of the file.
    files: HashMap<String, FileReport>,
    stopped: Option<FetchError>,
}

impl<'a> Progress<'a> {
    fn new(settings: &'a SyncSettings, book: Book) -> Self {
        let (lists, files) = (HashMap::new(), HashMap::new());
        Self { settings, book, lists, files, stopped: None }
    }

    /// Files about which nothing more will change in this run.
    fn settled(&self) -> usize {
        self.files.values().filter(|file| file.state != FileState::Waiting).count()
    }

    fn settle(&mut self, report: FileReport, run: &Run<SyncEvent>) {
        run.say(SyncEvent::File { file: report.clone() });
        self.files.insert(report.uuid.clone(), report);
    }

    /// What is to be fetched of what the service lists, in its order; the rest is settled.
    async fn decide(
        &mut self,
        lists: Vec<TaskMediaList>,
        run: &Run<SyncEvent>,
    ) -> Result<Vec<Job>> {
        let (mut jobs, mut queued) = (Vec::new(), HashSet::new());
        for list in lists {
            let addresses = Addresses::of(&list);
            for row in &list.files {
                let is_settled =
                    self.files.get(&row.uuid).is_some_and(|file| file.state != FileState::Waiting);
                // The same file may be listed by two tasks.
                if is_settled || !queued.insert(row.uuid.clone()) {
                    continue;
                }
                match decide(&mut self.book, self.settings, &list, row, &addresses).await? {
                    Decision::Settled(report) => self.settle(report, run),
                    Decision::Fetch(job) => jobs.push(job),
                }
            }
            self.lists.insert(list.task.clone(), list);
        }
        let counts = self.counts();
        run.say(SyncEvent::Planned {
            files: jobs.len(),
            bytes: jobs
                .iter()
                .fold(0_u64, |sum, job: &Job| sum.saturating_add(job.row.size.unwrap_or(0))),
            present: counts.present,
        });
        Ok(jobs)
    }

    /// Fetches files, several at a time.
    async fn fetch<A: Reads>(&mut self, shared: &Arc<Shared<A>>, jobs: Vec<Job>) -> Result<()> {
        // Dropping the set, when this future is dropped, ends them all.
        let mut under_way = JoinSet::new();
        let mut left = jobs.into_iter();
        loop {
            while under_way.len() < self.settings.jobs.max(1)
                && self.stopped.is_none()
                && let Some(job) = left.next()
            {
                let shared = Arc::clone(shared);
                under_way.spawn(async move {
                    let outcome = bring(&shared, &job).await;
                    (job, outcome)
                });
            }
            let Some(joined) = under_way.join_next().await else { break };
            let (job, outcome) = joined.map_err(|error| {
                let text = format!("a transfer broke off: {error}");
                Error::new(ErrorKind::State, text, "Run it again: it continues.")
            })?;
            match outcome {
                Ok(fetched) => self.fetched(&job, fetched, &shared.run).await?,
                Err(error) => self.failed(&job, error, &shared.run),
            }
        }
        for job in left {
            let report = planned(&job).because("the run stopped before", "Run it again.");
            self.settle(FileReport { state: FileState::Failed, ..report }, &shared.run);
        }
        Ok(())
    }

    async fn fetched(&mut self, job: &Job, fetched: Fetched, run: &Run<SyncEvent>) -> Result<()> {
        let Fetched { size, sha256, etag, resumed_from, .. } = fetched;
        self.book.note(Entry {
            uuid: job.row.uuid.clone(),
            task: job.task.as_str().to_owned(),
            path: job.path.clone(),
            state: State::Done,
            size: Some(size),
            sha256: Some(sha256.clone()),
            etag,
            created_at: job.row.created_at.map(|time| time.to_string()),
            fetched_at: Some(run.wall().to_string()),
        })?;
        self.book.flush().await?;
        let report = FileReport {
            state: FileState::Fetched,
            size: Some(size),
            sha256: Some(sha256),
            resumed_from,
            ..planned(job)
        };
        self.settle(report, run);
        Ok(())
    }

    fn failed(&mut self, job: &Job, error: FetchError, run: &Run<SyncEvent>) {
        let state = match error.kind() {
            FetchErrorKind::Gone => FileState::Gone,
            FetchErrorKind::NotYet => FileState::Waiting,
            _ => FileState::Failed,
        };
        let report = planned(job).because(error.to_string(), error.help());
        self.settle(FileReport { state, ..report }, run);
        // It would be the same with every other file.
        if matches!(error.kind(), FetchErrorKind::NoSpace | FetchErrorKind::Setup) {
            self.stopped.get_or_insert(error);
        }
    }

    /// The tasks that may bring more files.
    fn open(&self, found: &Tasks) -> Vec<Wanted> {
        let is_named = matches!(self.settings.selection, Selection::Tasks(_));
        let is_open = |wanted: &&Wanted| {
            let Some(list) = self.lists.get(&wanted.task) else { return true };
            let is_ahead = list.state == MediaState::NotStarted && is_named;
            list.state.is_open()
                || is_ahead
                || (list.files.iter().filter_map(|row| self.files.get(&row.uuid)))
                    .any(|file| file.state == FileState::Waiting)
        };
        // The rows of the tasks are as old as the listing; what is said anew counts.
        (found.wanted.iter().filter(is_open))
            .map(|wanted| Wanted { task: wanted.task.clone(), row: None })
            .collect()
    }

    async fn wait(&self, open: &[Wanted], pause: Duration, left: Duration, run: &Run<SyncEvent>) {
        let lists = || open.iter().filter_map(|wanted| self.lists.get(&wanted.task));
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        run.say(SyncEvent::Waiting {
            tasks: open.len(),
            expected: lists().map(|list| u64::from(list.expected.unwrap_or(0))).sum(),
            uploaded: lists().map(|list| u64::from(list.uploaded.unwrap_or(0))).sum(),
            pause_ms: millis(pause),
            left_ms: millis(left),
        });
        run.sleep(pause).await;
    }

    fn counts(&self) -> Counts {
        let files: Vec<FileReport> = self.files.values().cloned().collect();
        Counts::of(&files)
    }

    fn report(mut self, found: Tasks) -> SyncReport {
        let lists: Vec<&TaskMediaList> =
            found.wanted.iter().filter_map(|wanted| self.lists.get(&wanted.task)).collect();
        let mut files: Vec<FileReport> = (lists.iter())
            .flat_map(|list| &list.files)
            .filter_map(|row| self.files.remove(&row.uuid))
            .collect();
        let place: HashMap<&TaskUuid, usize> =
            lists.iter().enumerate().map(|(place, list)| (&list.task, place)).collect();
        files.sort_by(|one, other| {
            (place.get(&one.task), &one.path, &one.uuid).cmp(&(
                place.get(&other.task),
                &other.path,
                &other.uuid,
            ))
        });
        let counts = Counts::of(&files);
        let tasks: Vec<TaskReport> = lists.iter().map(|list| TaskReport::from(*list)).collect();
        let is_whole = tasks.iter().all(TaskReport::is_whole);
        let is_complete = counts.is_complete()
            && is_whole
            && found.unlisted.is_empty()
            && found.odd.is_empty()
            && self.stopped.is_none();
        let help = match &self.stopped {
            Some(error) => Some(error.help().to_owned()),
            None if is_complete => None,
            None => Some(
                "Run it again: it fetches what is missing, and nothing twice. What became of each \
                 file and task says the rest."
                    .to_owned(),
            ),
        };
        SyncReport {
            target: self.settings.destination.to_string(),
            is_complete,
            counts,
            files,
            tasks,
            unlisted: found.unlisted,
            odd_tasks: found.odd,
            stopped: self.stopped.map(|error| error.to_string()),
            help,
        }
    }
}

impl TaskReport {
    /// Whether the list of its files is all there will be.
    fn is_whole(&self) -> bool {
        let is_settled = matches!(
            self.state,
            MediaState::Complete | MediaState::NoFiles | MediaState::Null | MediaState::NotStarted
        );
        is_settled && self.odd == 0 && !self.may_be_cut
    }
}

/// A file that is going to be fetched.
fn planned(job: &Job) -> FileReport {
    FileReport {
        uuid: job.row.uuid.clone(),
        task: job.task.clone(),
        kind: job.row.kind,
        path: Some(job.path.clone()),
        size: job.row.size,
        state: FileState::Planned,
        resumed_from: 0,
        sha256: None,
        problem: None,
        help: None,
    }
}
