//! The tasks of many docks over a long time: the service answers for one dock and one window at a time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use flighthub_api::v1::{
    DeviceSn, DockSn, FlightTaskSummary, TaskList, TaskStatus, TaskType, WaylineId,
};
use flighthub_api::{Access, List, Permits, Project, Timestamp};
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::moment;
use crate::{Error, ErrorKind, Result, Run};

/// Most windows that one call asks for: 200 docks for five years, or so.
const MOST_SLICES: usize = 12_000;

/// Which tasks are wanted.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ListSettings {
    /// The docks. The list takes one serial number at a time.
    pub docks: Vec<DockSn>,
    /// Planned start, from. Whole seconds on the wire.
    pub from: Timestamp,
    /// Planned start, up to. It may lie in the future.
    pub to: Timestamp,
    /// Length of the windows. The list has no pages, and how many rows it answers at most is not known; 30 days is the shortest window that is
    /// known to be accepted from real use (30 to 90), so it is what keeps answers smallest and calls proven.
    pub slice: Duration,
    /// Calls at the same time. The client's own limits count as well.
    pub concurrency: usize,
    /// Only tasks in one of these states; all when empty.
    pub statuses: Vec<TaskStatus>,
    /// Only tasks of one of these types; all when empty.
    pub types: Vec<TaskType>,
    /// Only tasks of this route.
    pub route: Option<WaylineId>,
}

impl ListSettings {
    /// All tasks of docks between two times.
    #[must_use]
    pub fn new(docks: impl IntoIterator<Item = DockSn>, from: Timestamp, to: Timestamp) -> Self {
        Self {
            docks: docks.into_iter().collect(),
            from,
            to,
            slice: Duration::from_secs(30 * 24 * 3600),
            concurrency: 4,
            statuses: Vec::new(),
            types: Vec::new(),
            route: None,
        }
    }

    /// Filters are applied here: how the service reads several statuses is not proven, and a filter that hides too much would not be noticed.
    fn wants(&self, row: &FlightTaskSummary) -> bool {
        (self.statuses.is_empty() || self.statuses.contains(&row.status))
            && (self.types.is_empty() || self.types.contains(&row.task_type))
            && self.route.as_ref().is_none_or(|route| row.wayline_uuid.as_ref() == Some(route))
    }
}

/// What happens in a listing.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ListEvent {
    /// A window of a dock has been read.
    Slice {
        /// The dock.
        dock: DockSn,
        /// Tasks in it.
        tasks: usize,
        /// Windows that are done.
        done: usize,
        /// Windows in all.
        total: usize,
    },
    /// A window of a dock could not be read.
    Failed {
        /// The window and the reason.
        #[serde(flatten)]
        failure: ListFailure,
    },
}

/// A window that could not be read.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ListFailure {
    /// The dock.
    pub dock: DockSn,
    /// Start of the window.
    #[serde(with = "moment")]
    pub from: Timestamp,
    /// End of the window.
    #[serde(with = "moment")]
    pub to: Timestamp,
    /// Why.
    pub reason: String,
}

/// A row that could not be read as a task.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct OddTask {
    /// The dock that it was listed for.
    pub dock: DockSn,
    /// Why it could not be read.
    pub problem: String,
    /// The row as it came.
    pub row: serde_json::Value,
}

/// Tasks of many docks.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct MissionList {
    /// The tasks, the newest planned start first, each once.
    pub tasks: Vec<FlightTaskSummary>,
    /// Rows that could not be read. Filters do not count for them.
    pub odd: Vec<OddTask>,
    /// Windows that could not be read: what lies in them is missing.
    pub failed: Vec<ListFailure>,
    /// Docks whose lists were null in every window: they have no tasks there, or the key lacks the right to see them.
    pub null_docks: Vec<DockSn>,
}

impl MissionList {
    /// Whether everything could be read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.odd.is_empty()
    }
}

type Answer =
    (DockSn, (Timestamp, Timestamp), Result<List<FlightTaskSummary>, flighthub_api::Error>);

/// Lists the tasks of docks over any time. A dock or window that fails is reported and does not cost the others.
///
/// # Errors
///
/// When the times are the wrong way round or there is too much to ask for; when every window fails, as the first.
pub async fn list<A: Access + Permits<TaskList>>(
    project: &Project<A>,
    run: &Run<ListEvent>,
    settings: &ListSettings,
) -> Result<MissionList> {
    let slices = slices(settings)?;
    let total = slices.len();
    let permits = Arc::new(Semaphore::new(settings.concurrency.max(1)));
    let mut calls: JoinSet<Answer> = JoinSet::new();
    for (dock, window) in slices {
        let (project, permits) = (project.clone(), Arc::clone(&permits));
        calls.spawn(async move {
            // Never closed; without a permit there is only less of a limit.
            let _permit = permits.acquire_owned().await;
            let call = TaskList::new(DeviceSn::new(dock.as_str()), window.0, window.1);
            let answer = project.send(&call).await;
            (dock, window, answer.map(|listing| listing.list))
        });
    }
    let mut merged = Merged::default();
    let mut done = 0;
    while let Some(joined) = calls.join_next().await {
        let (dock, window, answer) = joined.map_err(|error| {
            Error::new(ErrorKind::State, format!("a listing broke off: {error}"), "Try again.")
        })?;
        done += 1;
        match answer {
            Ok(list) => {
                run.say(ListEvent::Slice { dock: dock.clone(), tasks: list.len(), done, total });
                merged.add(&dock, list, settings);
            }
            Err(error) => {
                let reason = error.to_string();
                let failure = ListFailure { dock, from: window.0, to: window.1, reason };
                run.say(ListEvent::Failed { failure: failure.clone() });
                merged.failed.push((failure, error));
            }
        }
    }
    merged.finish(total)
}

/// Windows of all docks.
fn slices(settings: &ListSettings) -> Result<Vec<(DockSn, (Timestamp, Timestamp))>> {
    let invalid = |text: &str, help: &str| Err(Error::new(ErrorKind::InvalidInput, text, help));
    if settings.to < settings.from {
        return invalid("the time ends before it begins", "Give the earlier time first.");
    }
    let slice = settings.slice.max(Duration::from_secs(60));
    let mut docks = settings.docks.clone();
    docks.sort();
    docks.dedup();
    let mut slices = Vec::new();
    for dock in docks {
        let mut from = settings.from;
        loop {
            let to = from.saturating_add(slice).min(settings.to);
            slices.push((dock.clone(), (from, to)));
            if to >= settings.to || to <= from {
                break;
            }
            if slices.len() > MOST_SLICES {
                return invalid(
                    "that is too long a time for so many docks",
                    "Ask for less at once.",
                );
            }
            // The ends belong to both; what is in both is taken once.
            from = to;
        }
    }
    Ok(slices)
}

#[derive(Default)]
struct Merged {
    tasks: BTreeMap<String, FlightTaskSummary>,
    odd: BTreeMap<String, OddTask>,
    failed: Vec<(ListFailure, flighthub_api::Error)>,
    /// Whether all lists of a dock were null so far.
    null: BTreeMap<DockSn, bool>,
}

impl Merged {
    fn add(&mut self, dock: &DockSn, list: List<FlightTaskSummary>, settings: &ListSettings) {
        *self.null.entry(dock.clone()).or_insert(true) &= list.was_null();
        for odd in list.odd() {
            let row = serde_json::from_str(odd.json()).unwrap_or_default();
            let odd_task = OddTask { dock: dock.clone(), problem: odd.problem().to_owned(), row };
            self.odd.entry(odd.json().to_owned()).or_insert(odd_task);
        }
        for row in list.into_iter().filter(|row| settings.wants(row)) {
            self.tasks.entry(row.uuid.as_str().to_owned()).or_insert(row);
        }
    }

    fn finish(self, total: usize) -> Result<MissionList> {
        let Self { tasks, odd, mut failed, null } = self;
        if failed.len() == total
            && let Some((failure, error)) = failed.pop()
        {
            let error = Error::from(error);
            return Err(error.during(format!(
                "no list of tasks could be read, such as that of dock {}",
                failure.dock
            )));
        }
        let mut tasks: Vec<FlightTaskSummary> = tasks.into_values().collect();
        tasks.sort_by(|a, b| b.begin_at.cmp(&a.begin_at).then_with(|| a.uuid.cmp(&b.uuid)));
        let mut failed: Vec<ListFailure> = failed.into_iter().map(|(failure, _)| failure).collect();
        failed.sort_by(|a, b| (&a.dock, a.from).cmp(&(&b.dock, b.from)));
        let null_docks = null.into_iter().filter(|(_, null)| *null).map(|(dock, _)| dock).collect();
        Ok(MissionList { tasks, odd: odd.into_values().collect(), failed, null_docks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(days: i64) -> Timestamp {
        Timestamp::from_unix_seconds(1_767_225_600 + days * 86_400).unwrap()
    }

    #[test]
    fn windows_cover_the_time_without_gaps() {
        let docks = ["B", "A", "A"].map(DockSn::new);
        let settings = ListSettings::new(docks, at(0), at(70));
        let slices = slices(&settings).unwrap();
        assert_eq!(slices.len(), 6);
        let windows: Vec<_> = slices.iter().map(|(_, window)| *window).collect();
        assert_eq!(windows[..3], [(at(0), at(30)), (at(30), at(60)), (at(60), at(70))]);
        assert_eq!(slices[0].0.as_str(), "A");
    }

    #[test]
    fn a_moment_is_a_window_and_a_wrong_order_is_none() {
        let moment = ListSettings::new([DockSn::new("A")], at(1), at(1));
        assert_eq!(slices(&moment).unwrap().len(), 1);
        let wrong = ListSettings::new([DockSn::new("A")], at(1), at(0));
        assert_eq!(slices(&wrong).unwrap_err().kind(), ErrorKind::InvalidInput);
        let many = ListSettings {
            slice: Duration::ZERO,
            ..ListSettings::new([DockSn::new("A")], at(0), at(900))
        };
        assert_eq!(slices(&many).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}
