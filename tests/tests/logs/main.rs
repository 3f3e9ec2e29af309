//! What is logged while everything secret is used: by us, and by what is below us. Logging is at its most talkative.
//!
//! A program of its own: other tests beside this one would tell `tracing` that nobody listens.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "../attacks/plan.rs"]
mod plan;

use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use flighthub_api::v1::{
    DeviceCalibrateRtk, DeviceCalibrateRtkArgs, ProjectStsToken, TaskMedia, TaskUuid,
};
use flighthub_api::{Client, Clock, Method, Project, Region};
use flighthub_kmz::{Kmz, KmzWaypoint};
use flighthub_sim::{JumpingClock, Sim};
use flighthub_workflows::Run;
use flighthub_workflows::fetch::Fetcher;
use flighthub_workflows::media::{self, Destination, Selection, SyncSettings};
use flighthub_workflows::mission::{self, CheckSettings, Launch, LaunchEvent};
use flighthub_workflows::routes::{self, UploadSettings};
use flighthub_workflows::upload::{Bucket, StorageProxy, UploadOptions};
use log::{LevelFilter, Log, Metadata, Record};

use plan::{figure, launch};

/// The records of all libraries that log by `log`, of all threads.
#[derive(Default)]
struct Records(Mutex<String>);

impl Log for Records {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let mut text = self.0.lock().unwrap();
        writeln!(text, "{} {}: {}", record.level(), record.target(), record.args()).unwrap();
    }

    fn flush(&self) {}
}

fn records() -> &'static Records {
    static RECORDS: OnceLock<Records> = OnceLock::new();
    let records = RECORDS.get_or_init(Records::default);
    let _ = log::set_logger(records);
    log::set_max_level(LevelFilter::Trace);
    records
}

/// What is traced on this thread.
#[derive(Clone, Default)]
struct Traces(Arc<Mutex<Vec<u8>>>);

impl io::Write for Traces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The secrets of a session, by what they are.
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn know(&mut self, what: &'static str, secret: &str) {
        assert!(secret.len() >= 8, "{what} is too short to be searched for: {secret}");
        self.0.push((what, secret.to_owned()));
    }

    /// The parameters of a signed address that let somebody in.
    fn know_address(&mut self, address: &str) {
        let (_, query) = address.split_once('?').unwrap();
        let mut found = 0;
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            if ["X-Amz-Signature", "X-Amz-Security-Token", "Signature", "token"].contains(&name) {
                self.know("part of a signed address", value);
                found += 1;
            }
        }
        assert!(found > 0, "{address}");
    }

    /// Panics with the line of the first one that is found.
    fn hits(&self, text: &str) -> usize {
        for (what, secret) in &self.0 {
            let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            let numbers: String = secret.bytes().map(|byte| format!("{byte}, ")).collect();
            for form in [secret.as_str(), &hex, numbers.trim_end_matches(", ")] {
                if let Some(line) = text.lines().find(|line| line.contains(form)) {
                    panic!("{what} is there: {line}");
                }
            }
        }
        0
    }
}

/// A whole mission: checked, launched, its media fetched; then a route and a file put up. All secrets that were used.
async fn mission(sim: &Arc<Sim>, folder: &std::path::Path) -> Secrets {
    let clock = Arc::new(JumpingClock::new(sim));
    let client = Client::builder(Region::on_premises(sim.url()), sim.token())
        .no_proxy()
        .no_rate_limit()
        .build()
        .unwrap();
    let project = client.project(sim.project());
    let mut secrets = Secrets(Vec::new());
    secrets.know("the key", sim.token());
    secrets.know("the signature of the key", sim.token().rsplit('.').next().unwrap());

    let plan = launch();
    let settings = CheckSettings::new(plan.clone()).with_ceiling(120);
    let run = Run::<()>::quiet().with_clock(Arc::clone(&clock) as Arc<dyn Clock>);
    let checked = mission::check(&project, &run, &settings).await.unwrap();
    let run = Run::<LaunchEvent>::quiet().with_clock(Arc::clone(&clock) as Arc<dyn Clock>);
    let launched =
        mission::launch(&project, &run, folder, &Launch::new(plan), &checked).await.unwrap();
    let task = launched.outcome.task().unwrap().clone();
    sim.advance(Duration::from_secs(3600));
    fetched(&project, &clock, &task, folder, &mut secrets).await;
    uploaded(&project, &clock, folder, &mut secrets).await;

    secrets.know("an account", "FHCANARY-account");
    secrets.know("a password", "FHCANARY-password");
    let rtk = DeviceCalibrateRtk::new(DeviceCalibrateRtkArgs {
        device_sn: "7CTXN0000B00C3".into(),
        host: "ntrip.example.net".into(),
        port: 8002,
        account: "FHCANARY-account".into(),
        password: "FHCANARY-password".into(),
        mount_point: "M".into(),
    });
    let _ = project.send(&rtk).await;
    // What fails is logged too.
    sim.fail_next("task.media", flighthub_sim::FaultKind::reset()).unwrap();
    let _ = project.send(&TaskMedia::new(task)).await;
    let _ = client.raw(Method::Get, "/openapi/v0.1/nothing").send().await;
    secrets
}

async fn fetched(
    project: &Project,
    clock: &Arc<JumpingClock>,
    task: &TaskUuid,
    folder: &std::path::Path,
    secrets: &mut Secrets,
) {
    let rows = project.send(&TaskMedia::new(task.clone())).await.unwrap();
    assert!(rows.len() > 3, "{}", rows.len());
    for row in rows.iter() {
        secrets.know_address(row.original_url.as_ref().unwrap().expose());
    }
    let fetcher = Fetcher::builder().no_proxy().allow_private_addresses(true).build();
    let settings = SyncSettings::new(
        Selection::tasks([task.clone()]),
        Destination::folder(folder.join("media")),
    );
    let run = Run::quiet().with_clock(Arc::clone(clock) as Arc<dyn Clock>);
    let report = media::sync(&project.read_only(), &fetcher, &settings, &run).await.unwrap();
    assert!(report.is_complete && report.counts.fetched == rows.len(), "{report:#?}");
}

async fn uploaded(
    project: &Project,
    clock: &Arc<JumpingClock>,
    folder: &std::path::Path,
    secrets: &mut Secrets,
) {
    let options =
        UploadOptions::new().with_proxy(StorageProxy::Direct).with_parts(6 << 20, 5 << 20);
    let mut route = Kmz::new("0-91-1");
    let point = |number: u32| KmzWaypoint::new(0.021, -25.3 + f64::from(number) * 1e-4, 60.0);
    route.waypoints = (0..4).map(point).collect();
    std::fs::write(folder.join("north.kmz"), route.to_bytes().unwrap()).unwrap();
    let settings = UploadSettings::new(folder.join("north.kmz"), folder.join("state"))
        .with_storage(options.clone());
    let run = Run::quiet().with_clock(Arc::clone(clock) as Arc<dyn Clock>);
    routes::upload(project, &settings, &run).await.unwrap();

    // The simulator grants the same as long as the grant is good.
    let grant = project.send(&ProjectStsToken::new()).await.unwrap();
    secrets.know("the secret of a grant", grant.credentials.access_key_secret.expose());
    secrets.know("the token of a grant", grant.credentials.security_token.expose());
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    let bucket = Bucket::of_project(project, clock, &options).await.unwrap();
    let key = bucket.key("large.tif").unwrap();
    bucket.put(&key, vec![7; 11 << 20]).await.unwrap();
}

#[test]
fn attack_13_no_log_of_any_library_has_a_secret() {
    let records = records();
    let sim = Arc::new(Sim::builder().start_blocking().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let traces = Traces::default();
    let writer = traces.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let secrets = tracing::subscriber::with_default(subscriber, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(mission(&sim, folder.path()))
    });
    let traced = String::from_utf8(traces.0.lock().unwrap().clone()).unwrap();
    let logged = records.0.lock().unwrap().clone();
    // It did log: us, and those below us.
    assert!(traced.contains("task.create") && traced.contains("project.sts_token"), "{traced}");
    let below = ["reqwest", "hyper_util", "object_store"]
        .iter()
        .filter(|name| traced.contains(**name) || logged.contains(**name))
        .count();
    assert!(below >= 2, "{logged}");
    let hits = secrets.hits(&traced) + secrets.hits(&logged);
    figure("secrets of a mission searched for in logs", "count", secrets.0.len());
    figure(
        "lines of TRACE logs looked through",
        "count",
        traced.lines().count() + logged.lines().count(),
    );
    figure("secrets found in TRACE logs", "count", hits);
    assert_eq!(hits, 0);
    files_have_none(&secrets, folder.path());
}

/// Nothing that was written to the disk has one either.
fn files_have_none(secrets: &Secrets, folder: &std::path::Path) {
    let (mut files, mut hits) = (0, 0);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                hits += secrets.hits(&path.display().to_string());
                hits += secrets.hits(&String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
                files += 1;
            }
        }
    }
    assert!(files > 5, "{files}");
    figure("files written by workflows and looked through", "count", files);
    figure("secrets found in files written by workflows", "count", hits);
}

#[test]
fn a_secret_in_a_log_is_found() {
    let secrets = Secrets(vec![("it", "FHCANARY-found".to_owned())]);
    assert!(std::panic::catch_unwind(|| secrets.hits("a\nb FHCANARY-found c\n")).is_err());
    assert_eq!(secrets.hits("a\nb FHCANARY-lost c\n"), 0);
}
