//! Memory and time of fetching media, 64 MiB and 1 GiB, from the simulator's storage into a folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use flighthub_api::Project;
use flighthub_api::v1::{
    DockSn, MediaFile, OutOfControlAction, ResumableStatus, RthMode, TaskCreate, TaskCreateArgs,
    TaskMedia, TaskSchedule, TaskUuid, WaylineId, WaylinePrecisionType,
};
use flighthub_sim::{Deed, Sim};
use flighthub_workflows::Run;
use flighthub_workflows::fetch::Fetcher;
use flighthub_workflows::media::{Destination, Selection, SyncSettings, sync};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
use tokio::task::JoinSet;

use super::throughput::Place;
use crate::Result;
use crate::figures::Table;
use crate::processes::{self, Player, memory};
use crate::statistics::{median, ratio};

const DOCK: &str = "7CTXN0000B00A1";
const ROUTE: &str = "c2b0a3f4-1f0e-4f6a-8c55-9d3b2e7a6410";
const LITTLE: u64 = 64 << 20;
const MUCH: u64 = 1 << 30;
const ROUNDS: usize = 3;
const MIB: f64 = (1 << 20) as f64;

/// Measures it, and prints its figures. Every file is deleted as soon as it is measured.
///
/// # Errors
///
/// When a file cannot be fetched or written.
pub fn run() -> Result<()> {
    let (little, much) = (Storage::start(LITTLE)?, Storage::start(MUCH)?);
    let table = Table("Media");
    let (mut synced, mut plain) = (Taken::default(), Taken::default());
    let mut small = Taken::default();
    for _ in 0..ROUNDS {
        small.add(&little.fetch(SYNC)?);
        plain.add(&much.fetch(PLAIN)?);
        synced.add(&much.fetch(SYNC)?);
    }
    small.report(table, "sync of 64 MiB");
    synced.report(table, "sync of 1 GiB");
    plain.report(table, "plain reqwest with sha256, 1 GiB");
    if let Some(growth) = difference(&synced.peak, &small.peak) {
        table.measured("sync of 1 GiB over 64 MiB", "growth of peak memory", growth, "MiB");
    }
    for (column, ours, other) in [
        ("processor time over plain reqwest with sha256", &synced.processor, &plain.processor),
        ("time over plain reqwest with sha256", &synced.clock, &plain.clock),
    ] {
        if let Some(ratio) = ratio(ours, other) {
            table.number("sync of 1 GiB", column, ratio);
        }
    }
    Ok(())
}

fn difference(values: &[f64], others: &[f64]) -> Option<f64> {
    Some(median(values)? - median(others)?)
}

/// Ways to fetch.
const SYNC: &str = "sync";
const PLAIN: &str = "plain";

/// What one who fetched says of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Account {
    bytes: u64,
    milliseconds: f64,
    processor_milliseconds: f64,
    /// Most memory at once, in bytes.
    peak: Option<u64>,
    /// Most memory at once that stands for no file: heap and stacks.
    peak_heap: Option<u64>,
}

/// What some rounds took.
#[derive(Debug, Default)]
struct Taken {
    rates: Vec<f64>,
    clock: Vec<f64>,
    processor: Vec<f64>,
    peak: Vec<f64>,
    heap: Vec<f64>,
}

impl Taken {
    #[allow(clippy::cast_precision_loss, reason = "bytes far below 2^52")]
    fn add(&mut self, account: &Account) {
        self.rates.push(account.bytes as f64 / MIB / account.milliseconds * 1000.0);
        self.clock.push(account.milliseconds);
        self.processor.push(account.processor_milliseconds);
        self.peak.extend(account.peak.map(|bytes| bytes as f64 / MIB));
        self.heap.extend(account.peak_heap.map(|bytes| bytes as f64 / MIB));
    }

    fn report(&self, table: Table<'_>, row: &str) {
        for (column, values, unit) in [
            ("peak memory", &self.peak, "MiB"),
            ("peak heap and stacks", &self.heap, "MiB"),
            ("processor time", &self.processor, "ms"),
            ("rate", &self.rates, "MiB/s"),
        ] {
            match median(values) {
                Some(value) => table.measured(row, column, value, unit),
                None => table.missing(row, column, "this system has no /proc"),
            }
        }
    }
}

/// A simulator whose storage has a flight's media.
struct Storage {
    _player: Player,
    content: Content,
}

/// What a fetcher has to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Content {
    place: Place,
    task: String,
}

impl Storage {
    fn start(bytes: u64) -> Result<Self> {
        let mut player = Player::start(&["storage", &bytes.to_string()])?;
        let content = serde_json::from_str(&player.line()?)?;
        Ok(Self { _player: player, content })
    }

    fn fetch(&self, way: &str) -> Result<Account> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().to_str().ok_or("the folder for temporary files has no name")?;
        let mut player = Player::start(&["fetcher", way, path])?;
        player.tell(&serde_json::to_string(&self.content)?)?;
        let account = serde_json::from_str(&player.line()?)?;
        folder.close()?;
        Ok(account)
    }
}

/// The role of the storage: bytes of the flight's media.
///
/// # Errors
///
/// When the flight cannot be flown.
#[allow(clippy::print_stdout, reason = "the caller reads it")]
pub fn storage(arguments: &[String]) -> Result<()> {
    let [bytes] = arguments else { return Err("the role takes a number of bytes".into()) };
    let bytes: u64 = bytes.parse()?;
    let sim = Sim::builder().start_blocking()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let place = Place::of(&sim);
    let project = place.client().build()?.project(&place.project);
    // How many files a flight brings is seen from a first one.
    let first = runtime.block_on(fly(&sim, &project))?;
    let files = runtime.block_on(project.send(&TaskMedia::new(first)))?;
    let each = bytes / u64::try_from(files.len())?.max(1);
    sim.apply(&Deed::MediaSizes { image: Some(each), video: Some(each), ppk: Some(each) })?;
    let task = runtime.block_on(fly(&sim, &project))?.into_string();
    println!("{}", serde_json::to_string(&Content { place, task })?);
    processes::until_caller_ends();
    Ok(())
}

/// A flight whose media are all on the storage.
async fn fly(sim: &Sim, project: &Project) -> Result<TaskUuid> {
    let task = TaskCreate::new(TaskCreateArgs {
        name: "Media round".to_owned(),
        wayline_uuid: WaylineId::new(ROUTE),
        sn: DockSn::new(DOCK),
        time_zone: "Atlantic/Azores".to_owned(),
        rth_altitude: 60,
        rth_mode: RthMode::Preset,
        wayline_precision_type: WaylinePrecisionType::Rtk,
        out_of_control_action_in_flight: OutOfControlAction::ReturnHome,
        resumable_status: ResumableStatus::Manual,
        schedule: TaskSchedule::Immediate,
    });
    let created = project.send(&task).await?;
    sim.advance(Duration::from_secs(2 * 3600));
    Ok(created.task_uuid.clone())
}

/// The role of one who fetches: the way, and the folder.
///
/// # Errors
///
/// When a file cannot be fetched or written.
#[allow(clippy::print_stdout, reason = "the caller reads it")]
pub fn fetcher(arguments: &[String]) -> Result<()> {
    let [way, folder] = arguments else { return Err("the role takes way and folder".into()) };
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let Content { place, task } = serde_json::from_str(&line)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let project = place.client().build()?.project(&place.project);
    let (folder, task) = (PathBuf::from(folder), TaskUuid::new(task));
    let heap = HeapWatch::start()?;
    let began = Instant::now();
    let before = processes::processor_time().unwrap_or_default();
    let bytes = match way.as_str() {
        SYNC => runtime.block_on(by_sync(&project, task, &folder))?,
        _ => runtime.block_on(by_reqwest(&project, task, folder))?,
    };
    let taken = processes::processor_time().unwrap_or_default().saturating_sub(before);
    let account = Account {
        bytes,
        milliseconds: began.elapsed().as_secs_f64() * 1000.0,
        processor_milliseconds: taken.as_secs_f64() * 1000.0,
        peak: memory("self", "VmHWM:"),
        peak_heap: heap.stop(),
    };
    println!("{}", serde_json::to_string(&account)?);
    Ok(())
}

/// As the workflows do it.
async fn by_sync(project: &Project, task: TaskUuid, folder: &Path) -> Result<u64> {
    let fetcher = Fetcher::builder().no_proxy().allow_private_addresses(true).build();
    let settings = SyncSettings::new(Selection::tasks([task]), Destination::folder(folder));
    let report = sync(&project.read_only(), &fetcher, &settings, &Run::quiet()).await?;
    if report.is_complete {
        Ok(report.counts.bytes_fetched)
    } else {
        Err(format!("not all files came: {:?}", report.counts).into())
    }
}

/// The same files by reqwest as it comes, four at a time, hashed and written, and brought to the disk at the end of each.
async fn by_reqwest(project: &Project, task: TaskUuid, folder: PathBuf) -> Result<u64> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let files = project.send(&TaskMedia::new(task)).await?;
    let (mut jobs, mut bytes) = (JoinSet::new(), 0);
    for (number, file) in files.into_iter().enumerate() {
        if jobs.len() == 4 {
            bytes += jobs.join_next().await.ok_or("no job")???;
        }
        jobs.spawn(download(client.clone(), file, folder.join(number.to_string())));
    }
    while let Some(done) = jobs.join_next().await {
        bytes += done??;
    }
    Ok(bytes)
}

async fn download(client: reqwest::Client, file: MediaFile, path: PathBuf) -> Result<u64> {
    let url = file.original_url.ok_or("a file has no address")?;
    let mut response = client.get(url.expose()).send().await?.error_for_status()?;
    let (mut target, mut hasher) = (tokio::fs::File::create(path).await?, Sha256::new());
    let mut length = 0;
    while let Some(chunk) = response.chunk().await? {
        target.write_all(&chunk).await?;
        hasher.update(&chunk);
        length += chunk.len() as u64;
    }
    std::hint::black_box(hasher.finalize());
    target.flush().await?;
    target.sync_data().await?;
    Ok(length)
}

/// Looks again and again how much memory stands for no file.
struct HeapWatch {
    going: Arc<AtomicBool>,
    thread: JoinHandle<Option<u64>>,
}

impl HeapWatch {
    fn start() -> Result<Self> {
        let going = Arc::new(AtomicBool::new(true));
        let watching = Arc::clone(&going);
        let thread = std::thread::Builder::new().name("heap".to_owned()).spawn(move || {
            let mut peak = None;
            while watching.load(Ordering::Relaxed) {
                peak = peak.max(memory("self", "RssAnon:"));
                std::thread::sleep(Duration::from_millis(5));
            }
            peak
        })?;
        Ok(Self { going, thread })
    }

    fn stop(self) -> Option<u64> {
        self.going.store(false, Ordering::Relaxed);
        self.thread.join().ok()?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_mebibytes_in_a_second() {
        let mut taken = Taken::default();
        taken.add(&Account { bytes: 32 << 20, milliseconds: 500.0, ..Account::default() });
        assert_eq!(taken.rates, [64.0]);
        assert_eq!(difference(&[70.0, 71.0, 69.0], &[60.0]), Some(10.0));
    }
}
