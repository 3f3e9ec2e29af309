//! What is to be done about a file that the service lists.

use std::sync::Arc;

use super::bring::{Addresses, Job};
use super::layout::Facts;
use super::look::{MediaKind, MediaRow, TaskMediaList};
use super::manifest::{Entry, State};
use super::place::{Book, Here};
use super::report::{FileReport, FileState};
use super::{SyncSettings, Verify};
use crate::{Error, ErrorKind, Result};

/// Paths that are tried when files of others are in the way.
const MOST_TRIES: u32 = 20;

/// What is to be done about a file.
pub(super) enum Decision {
    Settled(FileReport),
    Fetch(Job),
}

/// A file that is not settled yet.
struct Case<'a> {
    book: &'a mut Book,
    settings: &'a SyncSettings,
    list: &'a TaskMediaList,
    row: &'a MediaRow,
}

/// Decides about a file, and notes the path of one that is to be fetched.
///
/// # Errors
///
/// When the target cannot be looked at. That a single file cannot be read is no error, but what becomes of it.
pub(super) async fn decide(
    book: &mut Book,
    settings: &SyncSettings,
    list: &TaskMediaList,
    row: &MediaRow,
    addresses: &Arc<Addresses>,
) -> Result<Decision> {
    let mut case = Case { book, settings, list, row };
    if let Some(settled) = case.without_looking() {
        return Ok(Decision::Settled(settled));
    }
    let entry = case.book.manifest().get(&row.uuid).cloned();
    let path = match entry {
        Some(entry) => match case.known(entry).await? {
            Known::Settled(report) => return Ok(Decision::Settled(*report)),
            Known::FetchTo(path) => path,
            Known::Elsewhere => case.new_path().await?,
        },
        None => case.new_path().await?,
    };
    if row.address.is_none() {
        let problem = "the service names no address for it yet";
        let report = case.report(FileState::Waiting, None).because(problem, "Run it again later.");
        return Ok(Decision::Settled(report));
    }
    let (task, row, addresses) = (list.task.clone(), row.clone(), Arc::clone(addresses));
    Ok(Decision::Fetch(Job { task, row, path, addresses }))
}

/// What is known of a file that the manifest has.
enum Known {
    Settled(Box<FileReport>),
    /// It is not there.
    FetchTo(String),
    /// Something else is at its path.
    Elsewhere,
}

impl Case<'_> {
    fn report(&self, state: FileState, path: Option<String>) -> FileReport {
        FileReport {
            uuid: self.row.uuid.clone(),
            task: self.list.task.clone(),
            kind: self.row.kind,
            path,
            size: self.row.size,
            state,
            resumed_from: 0,
            sha256: None,
            problem: None,
            help: None,
        }
    }

    /// What is settled whatever is in the target.
    fn without_looking(&self) -> Option<FileReport> {
        let kinds = &self.settings.kinds;
        if self.row.kind == MediaKind::Directory {
            let problem = format!("`{}` is a folder; what is in it is not listed", self.row.name);
            let help = "Fetch what is in it with the web page of FlightHub 2.";
            return Some(self.report(FileState::Skipped, None).because(problem, help));
        }
        if !kinds.is_empty() && !kinds.contains(&self.row.kind) {
            return Some(self.report(FileState::Skipped, None));
        }
        None
    }

    /// Compares a file that the manifest has with what is there.
    async fn known(&mut self, entry: Entry) -> Result<Known> {
        let here = self.book.look(&self.settings.destination, &entry.path).await?;
        match (entry.state, here) {
            (_, Here::Nothing) => Ok(Known::FetchTo(entry.path)),
            (State::Done, Here::File(size)) => self.compare(entry, size).await.map(Known::settled),
            (State::Done, Here::Other) => {
                let problem = "there is something else than a file in its place";
                Ok(Known::settled(self.changed(entry, problem.to_owned())))
            }
            (State::Planned, Here::File(size)) if self.row.size.is_none_or(|own| own == size) => {
                self.adopt(entry, size).await
            }
            (State::Planned, _) => Ok(Known::Elsewhere),
        }
    }

    /// Compares a file that was fetched with what is there of it.
    async fn compare(&self, entry: Entry, size: u64) -> Result<FileReport> {
        if entry.size != Some(size) {
            let own = entry.size.unwrap_or(0);
            let problem = format!("it has {size} bytes here, and had {own} when it was fetched");
            return Ok(self.changed(entry, problem));
        }
        if let Some(listed) = self.row.size.filter(|listed| *listed != size) {
            let problem = format!("the service has one of {listed} bytes now, and here are {size}");
            return Ok(self.changed(entry, problem));
        }
        if self.settings.verify == Verify::Hashes
            && let Some(known) = &entry.sha256
            && *known != self.settings.destination.hash(&entry.path).await?
        {
            let problem = "its bytes are not those that were fetched".to_owned();
            return Ok(self.changed(entry, problem));
        }
        let mut report = self.report(FileState::Present, Some(entry.path));
        (report.size, report.sha256) = (Some(size), entry.sha256);
        Ok(report)
    }

    fn changed(&self, entry: Entry, problem: String) -> FileReport {
        let help = "It was left alone. To have it fetched again, delete it or move it away.";
        let mut report = self.report(FileState::Changed, Some(entry.path));
        report.sha256 = entry.sha256;
        report.because(problem, help)
    }

    /// A file that a run had fetched when it ended, before it could note that.
    async fn adopt(&mut self, mut entry: Entry, size: u64) -> Result<Known> {
        if self.settings.destination.has_part(&entry.path) {
            return Ok(Known::Elsewhere);
        }
        let sha256 = self.settings.destination.hash(&entry.path).await?;
        let mut report = self.report(FileState::Present, Some(entry.path.clone()));
        (report.size, report.sha256) = (Some(size), Some(sha256.clone()));
        entry.state = State::Done;
        (entry.size, entry.sha256) = (Some(size), Some(sha256));
        self.book.note(entry)?;
        Ok(Known::settled(report))
    }

    /// Gives a file a path where nothing is, and notes it before the first byte is fetched.
    async fn new_path(&mut self) -> Result<String> {
        let wanted = self.settings.layout.path(&Facts {
            start: self.list.begin_at.or(self.row.created_at),
            task: self.list.name.as_deref().unwrap_or("unnamed"),
            task_id: self.list.task.as_str(),
            dock: self.list.dock.as_deref().unwrap_or("unknown"),
            kind: self.row.kind.as_str(),
            file: &self.row.name,
        });
        for number in 0..MOST_TRIES {
            let path = self.book.manifest().free_path(&wanted, &self.row.uuid, number);
            let Some(path) = path else { break };
            let destination = &self.settings.destination;
            let here = self.book.look(destination, &path).await?;
            if here != Here::Nothing || destination.has_part(&path) {
                continue;
            }
            self.book.note(Entry {
                uuid: self.row.uuid.clone(),
                task: self.list.task.as_str().to_owned(),
                path: path.clone(),
                state: State::Planned,
                size: self.row.size,
                sha256: None,
                etag: None,
                created_at: self.row.created_at.map(|time| time.to_string()),
                fetched_at: None,
            })?;
            return Ok(path);
        }
        let text = format!("there is no free name for `{wanted}`");
        Err(Error::new(ErrorKind::File, text, "Move away what is in the way."))
    }
}

impl Known {
    fn settled(report: FileReport) -> Self {
        Self::Settled(Box::new(report))
    }
}

impl FileReport {
    /// The same with a reason and a remedy.
    pub(super) fn because(mut self, problem: impl Into<String>, help: impl Into<String>) -> Self {
        self.problem = Some(problem.into());
        self.help = Some(help.into());
        self
    }
}
