//! The tasks whose media are wanted, and what the service lists of them.

use std::collections::HashSet;
use std::sync::Arc;

use flighthub_api::Project;
use flighthub_api::v1::{TaskGet, TaskList, TaskMedia};
use flighthub_api::{Access, Permits};
use serde::Serialize;
use tokio::task::JoinSet;

use super::Selection;
use super::look::{Reads, TaskMediaList, Wanted, look};
use super::report::SyncEvent;
use crate::mission::{self, ListFailure, ListSettings, OddTask};
use crate::{Error, ErrorKind, Result, Run};

/// Lists that are asked for at a time. The client's own limits count as well.
const AT_A_TIME: usize = 4;

/// The media of tasks, as the service lists them.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct MediaListing {
    /// The tasks with their files, the newest planned start first.
    pub tasks: Vec<TaskMediaList>,
    /// Windows of docks whose tasks could not be listed.
    pub unlisted: Vec<ListFailure>,
    /// Rows of tasks that could not be read.
    pub odd_tasks: Vec<OddTask>,
}

/// The tasks that were found.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    pub(super) wanted: Vec<Wanted>,
    pub(super) unlisted: Vec<ListFailure>,
    pub(super) odd: Vec<OddTask>,
}

/// Lists the media of tasks. A task that fails says so and does not cost the others.
///
/// # Errors
///
/// When no task can be listed.
pub async fn list<A>(
    project: &Project<A>,
    selection: &Selection,
    run: &Run<SyncEvent>,
) -> Result<MediaListing>
where
    A: Access + Permits<TaskList> + Permits<TaskMedia> + Permits<TaskGet>,
{
    let Tasks { wanted, unlisted, odd } = tasks(project, selection, run).await?;
    let tasks = read(project, wanted, run).await?;
    Ok(MediaListing { tasks, unlisted, odd_tasks: odd })
}

/// The tasks of a selection, each once.
pub(super) async fn tasks<A>(
    project: &Project<A>,
    selection: &Selection,
    run: &Run<SyncEvent>,
) -> Result<Tasks>
where
    A: Access + Permits<TaskList>,
{
    let tasks = match selection {
        Selection::Tasks(tasks) => {
            let mut seen = HashSet::new();
            let wanted = (tasks.iter().filter(|task| seen.insert((*task).clone())))
                .map(|task| Wanted { task: task.clone(), row: None })
                .collect();
            Tasks { wanted, ..Tasks::default() }
        }
        Selection::Docks { docks, from, to } => {
            if docks.is_empty() {
                let text = "there is no dock to synchronise the media of";
                let help = "`flighthub doctor` says which docks the key can see.";
                return Err(Error::new(ErrorKind::NotFound, text, help));
            }
            let settings = ListSettings::new(docks.iter().cloned(), *from, *to);
            let found = mission::list(project, &run.part(), &settings).await?;
            let wanted = (found.tasks.into_iter())
                .map(|row| Wanted { task: row.uuid.clone(), row: Some(row) })
                .collect();
            Tasks { wanted, unlisted: found.failed, odd: found.odd }
        }
    };
    run.say(SyncEvent::Tasks { tasks: tasks.wanted.len() });
    Ok(tasks)
}

/// What the service lists of tasks, in their order.
pub(super) async fn read<A: Reads>(
    project: &Project<A>,
    wanted: Vec<Wanted>,
    run: &Run<SyncEvent>,
) -> Result<Vec<TaskMediaList>> {
    let mut calls = JoinSet::new();
    let mut left = wanted.into_iter().enumerate();
    let mut lists: Vec<(usize, TaskMediaList)> = Vec::new();
    loop {
        while calls.len() < AT_A_TIME
            && let Some((place, wanted)) = left.next()
        {
            let (project, clock) = (project.clone(), Arc::clone(run.clock()));
            calls.spawn(async move { (place, look(&project, &wanted, clock.as_ref()).await) });
        }
        let Some(done) = calls.join_next().await else { break };
        let (place, list) = done.map_err(|error| {
            Error::new(ErrorKind::State, format!("a listing broke off: {error}"), "Try again.")
        })?;
        run.say(SyncEvent::Listed {
            task: list.task.clone(),
            name: list.name.clone(),
            state: list.state,
            files: list.files.len(),
        });
        lists.push((place, list));
    }
    lists.sort_by_key(|(place, _)| *place);
    Ok(lists.into_iter().map(|(_, list)| list).collect())
}
