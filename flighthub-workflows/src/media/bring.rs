//! One file on its way: fetched, with fresh addresses when its own has expired.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use flighthub_api::v1::{TaskMedia, TaskUuid};
use flighthub_api::{Clock, ErrorCode, Project, Secret};
use tokio::sync::Mutex;

use super::look::{MediaRow, Reads, TaskMediaList, address_of};
use super::place::Destination;
use super::report::SyncEvent;
use crate::Run;
use crate::fetch::{Expected, FetchError, FetchErrorKind, FetchEvent, Fetched, Fetcher};

/// How often the service is asked for a fresh address of one file.
const MOST_REFRESHES: u32 = 3;
/// Pauses while a list is not ready.
const PAUSES: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(10)];

/// The addresses of the files of a task. They expire together and are refreshed together.
#[derive(Debug)]
pub(super) struct Addresses {
    task: TaskUuid,
    state: Mutex<Fresh>,
}

#[derive(Debug)]
struct Fresh {
    /// How often they were refreshed.
    number: u32,
    by_file: HashMap<String, Secret>,
}

impl Addresses {
    pub(super) fn of(list: &TaskMediaList) -> Arc<Self> {
        let by_file = (list.files.iter())
            .filter_map(|row| Some((row.uuid.clone(), row.address.clone()?)))
            .collect();
        let state = Mutex::new(Fresh { number: 0, by_file });
        Arc::new(Self { task: list.task.clone(), state })
    }

    /// The address of a file, and how fresh it is.
    async fn get(&self, uuid: &str) -> (u32, Option<Secret>) {
        let state = self.state.lock().await;
        (state.number, state.by_file.get(uuid).cloned())
    }

    /// Asks for fresh ones, unless somebody else has done so since. Whoever comes meanwhile waits for it.
    async fn refresh<A: Reads>(
        &self,
        seen: u32,
        project: &Project<A>,
        clock: &dyn Clock,
        run: &Run<SyncEvent>,
    ) -> Result<(), FetchError> {
        let mut state = self.state.lock().await;
        if state.number != seen {
            return Ok(());
        }
        let mut pauses = PAUSES.iter();
        let rows = loop {
            let error = match project.send(&TaskMedia::new(self.task.clone())).await {
                Ok(rows) => break rows,
                Err(error) => error,
            };
            match pauses.next() {
                Some(pause) if error.code() == Some(ErrorCode::RECORD_NOT_FOUND) => {
                    clock.sleep(*pause).await;
                }
                _ => {
                    return Err(FetchError::new(
                        FetchErrorKind::Expired,
                        format!(
                            "the address has expired, and asking for a fresh one failed: {error}"
                        ),
                        error.help(),
                    ));
                }
            }
        };
        state.by_file = rows.into_iter().filter_map(|row| address_of(&self.task, row)).collect();
        state.number = state.number.wrapping_add(1);
        run.say(SyncEvent::Refreshed { task: self.task.clone() });
        Ok(())
    }
}

/// What all files of a run share.
pub(super) struct Shared<A> {
    pub(super) project: Project<A>,
    pub(super) fetcher: Fetcher,
    pub(super) destination: Destination,
    pub(super) run: Run<SyncEvent>,
}

/// A file that is to be fetched.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) task: TaskUuid,
    pub(super) row: MediaRow,
    /// Below the target.
    pub(super) path: String,
    pub(super) addresses: Arc<Addresses>,
}

/// Fetches a file.
pub(super) async fn bring<A: Reads>(shared: &Shared<A>, job: &Job) -> Result<Fetched, FetchError> {
    let Shared { project, fetcher, destination, run } = shared;
    let clock = run.clock().as_ref();
    let uuid = &job.row.uuid;
    run.say(SyncEvent::Started { uuid: uuid.clone(), path: job.path.clone(), size: job.row.size });
    let tell = |event| match event {
        FetchEvent::Receiving { bytes, total } => {
            run.say(SyncEvent::Progress { uuid: uuid.clone(), bytes, total });
        }
        FetchEvent::Retrying { problem, pause_ms } => {
            run.say(SyncEvent::Retrying { uuid: uuid.clone(), problem, pause_ms });
        }
    };
    let mut expected = Expected::new().identity(uuid.as_str());
    expected.size = job.row.size;
    let mut refreshes = 0;
    loop {
        let (number, address) = job.addresses.get(uuid).await;
        let Some(address) = address else {
            return Err(FetchError::new(
                FetchErrorKind::Gone,
                "the service no longer lists it",
                "Nothing: it was deleted in FlightHub 2, or moved.",
            ));
        };
        let error =
            match destination.fetch(fetcher, &address, &job.path, &expected, clock, &tell).await {
                Ok(fetched) => return Ok(fetched),
                Err(error) => error,
            };
        if error.kind() != FetchErrorKind::Expired || refreshes == MOST_REFRESHES {
            return Err(error);
        }
        refreshes += 1;
        job.addresses.refresh(number, project, clock, run).await?;
    }
}
