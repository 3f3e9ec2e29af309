//! What all tests of workflows need.

use std::sync::Arc;
use std::time::Duration;

use flighthub_api::v1::{
    DockSn, MediaFile, OutOfControlAction, ResumableStatus, RthMode, TaskCreate, TaskCreateArgs,
    TaskMedia, TaskSchedule, TaskUuid, WaylineId, WaylinePrecisionType,
};
use flighthub_api::{Client, Project, Region};
use flighthub_sim::{JumpingClock, Sim};

/// Docks, aircraft and routes of the demo world.
pub(crate) const DOCK: &str = "7CTXN0000B00A1";
pub(crate) const DRONE: &str = "1581F0Q8X000U00G00A1";
pub(crate) const ROUTE: &str = "c2b0a3f4-1f0e-4f6a-8c55-9d3b2e7a6410";

/// A simulator and a client of it.
pub(crate) struct Bench {
    pub(crate) sim: Arc<Sim>,
    pub(crate) client: Client,
    pub(crate) project: Project,
}

/// A fresh demo world.
pub(crate) async fn bench() -> Bench {
    bench_of(Sim::start().await.unwrap())
}

pub(crate) fn bench_of(sim: Sim) -> Bench {
    let client = client_of(&sim);
    let project = client.project(sim.project());
    Bench { sim: Arc::new(sim), client, project }
}

pub(crate) fn client_of(sim: &Sim) -> Client {
    Client::builder(Region::on_premises(sim.url()), sim.token())
        .no_proxy()
        .no_rate_limit()
        .build()
        .unwrap()
}

impl Bench {
    /// A clock whose waiting advances the simulated time and is over at once.
    pub(crate) fn clock(&self) -> Arc<JumpingClock> {
        Arc::new(JumpingClock::new(&self.sim))
    }
}

/// A flight that has ended and whose files have all been uploaded.
pub(crate) async fn flown(bench: &Bench) -> TaskUuid {
    flown_as(bench, "Media round").await
}

/// The same with a name.
pub(crate) async fn flown_as(bench: &Bench, name: &str) -> TaskUuid {
    let task = launched_as(bench, name).await;
    bench.sim.advance(Duration::from_secs(3600));
    task
}

/// A flight that has just been accepted.
pub(crate) async fn launched_as(bench: &Bench, name: &str) -> TaskUuid {
    let task = TaskCreate::new(TaskCreateArgs {
        name: name.to_owned(),
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
    let created = bench.project.send(&task).await.unwrap();
    created.task_uuid.clone()
}

/// The media that are listed for a task.
pub(crate) async fn media_of(bench: &Bench, task: &TaskUuid) -> Vec<MediaFile> {
    bench.project.send(&TaskMedia::new(task.clone())).await.unwrap().into_vec()
}

/// SHA-256 in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;

    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
