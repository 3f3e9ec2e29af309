//! Missions against the simulator, in virtual time.

mod check;
mod kills;
mod launch;
mod list;
mod report;
mod wait;

use std::time::Duration;

use flighthub_api::v1::{
    OutOfControlAction, ResumableStatus, RthMode, TaskCreate, TaskCreateArgs, TaskSchedule,
    TimedSchedule, WaylinePrecisionType,
};
use flighthub_api::{
    BoxFuture, Client, ClientBuilder, Method, Project, Region, RetryPolicy, Timestamp, Transport,
    TransportError, TransportReply, TransportRequest,
};
use flighthub_sim::{Deed, Scenario, Sim};
use flighthub_workflows::Run;
use flighthub_workflows::mission::{
    self, CheckReport, CheckSettings, Launch, LaunchEvent, Launched, Patience,
};
use tempfile::TempDir;

use crate::support::{Bench, DOCK, ROUTE, bench_of};

/// A world, a client that does not repeat reads by itself, and a folder for intents.
pub(crate) struct Field {
    pub(crate) bench: Bench,
    pub(crate) project: Project,
    pub(crate) folder: TempDir,
}

pub(crate) async fn field() -> Field {
    field_of(Sim::start().await.unwrap())
}

pub(crate) async fn scenario(name: &str) -> Field {
    let scenario = Scenario::named(name).unwrap();
    field_of(Sim::builder().scenario(scenario).start().await.unwrap())
}

fn client_of(sim: &Sim) -> ClientBuilder {
    Client::builder(Region::on_premises(sim.url()), sim.token())
        .no_proxy()
        .no_rate_limit()
        .timeout(Duration::from_secs(2))
}

pub(crate) fn field_of(sim: Sim) -> Field {
    let client = client_of(&sim).retry(RetryPolicy::never()).build().unwrap();
    let project = client.project(sim.project());
    Field { bench: bench_of(sim), project, folder: tempfile::tempdir().unwrap() }
}

impl Field {
    pub(crate) fn sim(&self) -> &Sim {
        &self.bench.sim
    }

    pub(crate) fn run<E>(&self) -> Run<E> {
        Run::quiet().with_clock(self.bench.clock())
    }

    pub(crate) fn deed(&self, json: serde_json::Value) {
        let deed: Deed = serde_json::from_value(json).unwrap();
        self.sim().apply(&deed).unwrap();
    }

    pub(crate) fn after(&self, seconds: u64) -> Timestamp {
        self.sim().now().saturating_add(Duration::from_secs(seconds))
    }

    pub(crate) async fn check(&self, plan: &TaskCreate) -> CheckReport {
        let settings = CheckSettings::new(plan.clone()).with_ceiling(120);
        mission::check(&self.project, &self.run::<()>(), &settings).await.unwrap()
    }

    /// Checks and launches.
    pub(crate) async fn launch(&self, launch: &Launch) -> flighthub_workflows::Result<Launched> {
        let checked = self.check(&launch.task).await;
        let run = self.run::<LaunchEvent>();
        mission::launch(&self.project, &run, self.folder.path(), launch, &checked).await
    }

    /// Checks and launches by a client that repeats its reads.
    pub(crate) async fn launch_patiently(
        &self,
        launch: &Launch,
    ) -> flighthub_workflows::Result<Launched> {
        let pause = Duration::from_millis(1);
        let retry = RetryPolicy::default().first_pause(pause).longest_pause(pause);
        let client = client_of(self.sim()).retry(retry).build().unwrap();
        let project = client.project(self.sim().project());
        let settings = CheckSettings::new(launch.task.clone()).with_ceiling(120);
        let checked = mission::check(&project, &self.run::<()>(), &settings).await?;
        let run = self.run::<LaunchEvent>();
        mission::launch(&project, &run, self.folder.path(), launch, &checked).await
    }

    /// The project by a client whose answers are edited, by the path of the call and the text of the answer.
    pub(crate) fn edited(
        &self,
        edit: impl Fn(&str, String) -> String + Send + Sync + 'static,
    ) -> Project {
        let transport = Edited { http: reqwest::Client::new(), edit: Box::new(edit) };
        let client = client_of(self.sim()).retry(RetryPolicy::never()).transport(transport);
        client.build().unwrap().project(self.sim().project())
    }

    /// Launches a plan that is accepted.
    pub(crate) async fn started(&self, plan: TaskCreate) -> flighthub_api::v1::TaskUuid {
        let launched = self.launch(&Launch::new(plan)).await.unwrap();
        launched.outcome.task().unwrap_or_else(|| panic!("{launched:?}")).clone()
    }

    /// What the file of the only intent says.
    pub(crate) fn states(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        let mut paths = files.map(|file| file.unwrap().path());
        let path = paths.find(|path| path.extension().is_some_and(|end| end == "json")).unwrap();
        let intent: serde_json::Value =
            serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let states = intent["states"].as_array().unwrap();
        states.iter().map(|state| state["state"].as_str().unwrap().to_owned()).collect()
    }
}

pub(crate) fn plan() -> TaskCreate {
    TaskCreate::new(TaskCreateArgs {
        name: "Night round".into(),
        wayline_uuid: ROUTE.into(),
        sn: DOCK.into(),
        time_zone: "Atlantic/Azores".into(),
        rth_altitude: 60,
        rth_mode: RthMode::Preset,
        wayline_precision_type: WaylinePrecisionType::Rtk,
        out_of_control_action_in_flight: OutOfControlAction::ReturnHome,
        resumable_status: ResumableStatus::Manual,
        schedule: TaskSchedule::Immediate,
    })
}

pub(crate) fn timed(begin_at: Timestamp) -> TaskCreate {
    let mut plan = plan();
    plan.schedule = TimedSchedule::new(begin_at).into();
    plan
}

/// A launch whose task is looked for only once when its answer is lost.
pub(crate) fn impatient(plan: TaskCreate) -> Launch {
    Launch::new(plan).with_patience(Patience::ONE_LOOK)
}

type Edit = Box<dyn Fn(&str, String) -> String + Send + Sync>;

/// Reads only, and edits what is answered.
struct Edited {
    http: reqwest::Client,
    edit: Edit,
}

impl Transport for Edited {
    fn send(
        &self,
        request: TransportRequest,
    ) -> BoxFuture<'_, Result<TransportReply, TransportError>> {
        Box::pin(async move {
            assert_eq!(request.method, Method::Get);
            let path = request.url_without_query().to_owned();
            let call = self.http.get(&request.url).headers(request.headers);
            let reply = call.send().await.unwrap();
            let status = reply.status().as_u16();
            let body = reply.text().await.unwrap();
            Ok(TransportReply::new(status, (self.edit)(&path, body)))
        })
    }
}
