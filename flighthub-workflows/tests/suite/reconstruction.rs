//! Models from flights and from local images, with everything that can go wrong on the way.

use std::path::{Path, PathBuf};
use std::time::Duration;

use flighthub_api::v1::{
    CoordinateSystem, ModelFileType, ModelFormat, ModelGet, ReconstructionMode,
    ReconstructionQuality, StorageProvider, TaskUuid,
};
use flighthub_sim::{Deed, Fault, FaultKind, FaultPort, When};
use flighthub_workflows::reconstruction::{
    Awaited, FromFlight, FromFlightArgs, FromImages, Job, JobKind, JobState, Jobs, ModelEvent,
    Reconstructed, ReconstructionEvent, Until, from_flight, from_images, model_states, progress_of,
    wait_listed, wait_models,
};
use flighthub_workflows::{ErrorKind, Result, Run};

use crate::support::{Bench, bench, flown, launched_as};
use crate::upload::options;

const HOUR: Duration = Duration::from_secs(3600);

/// A folder with so many small images, and a place for states.
struct Desk {
    folder: tempfile::TempDir,
    states: tempfile::TempDir,
}

impl Desk {
    fn with(images: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for number in 1..=images {
            let mut bytes = b"\xff\xd8\xff\xe0".to_vec();
            bytes.resize(1_000 + number, (number % 251) as u8);
            std::fs::write(folder.path().join(format!("DJI_{number:04}.JPG")), bytes).unwrap();
        }
        Self { folder, states: tempfile::tempdir().unwrap() }
    }

    fn state(&self) -> PathBuf {
        self.states.path().join("state.json")
    }

    fn settings(&self, kinds: &[JobKind]) -> FromImages {
        let jobs = kinds.iter().map(|kind| Job::parse(*kind, "{}").unwrap());
        let mut settings =
            FromImages::new(self.folder.path(), Jobs::new(jobs).unwrap(), self.state());
        settings.upload = options();
        settings
    }
}

fn run<E>(bench: &Bench) -> Run<E> {
    Run::quiet().with_clock(bench.clock())
}

/// A run like that of a new process: another client, nothing but the disk in common.
async fn again(bench: &Bench, settings: &FromImages) -> Result<Reconstructed> {
    let project = crate::support::client_of(&bench.sim).project(bench.sim.project());
    from_images(&project, settings, &run(bench)).await
}

fn uploads(bench: &Bench) -> usize {
    let journal = bench.sim.journal().to_port("storage");
    journal.entries().iter().filter(|entry| entry.method() == "PUT").count()
}

fn calls(bench: &Bench, operation: &str) -> usize {
    bench.sim.journal().of(operation).entries().len()
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

// ---- from local images

#[tokio::test]
async fn a_folder_becomes_models_at_every_provider() {
    for provider in [StorageProvider::Aws, StorageProvider::Minio, StorageProvider::Ali] {
        let bench = bench().await;
        bench.sim.with_world(|world| world.set_storage_provider(provider.clone()));
        let desk = Desk::with(12);
        let quota = bench.sim.with_world(|world| world.modeling_quota());
        let mut settings = desk.settings(&[JobKind::ThreeD, JobKind::TwoD]);
        settings.wait = Some(2 * HOUR);
        settings.resource_name = Some("Breakwater".to_owned());
        let (run, mut events) = Run::with_events();
        let run = run.with_clock(bench.clock());
        let done = from_images(&bench.project, &settings, &run).await.unwrap();
        assert_eq!((done.images, done.bytes), (12, 12 * 1_000 + 78), "{provider}");
        let outcomes = done.outcomes.unwrap();
        let kinds: Vec<_> = outcomes.iter().map(|job| job.kind.unwrap()).collect();
        assert_eq!(kinds, [JobKind::TwoD, JobKind::ThreeD]);
        for job in &outcomes {
            assert_eq!((job.state, job.progress), (JobState::Packed, Some(100)));
            assert!(job.archive_key.as_deref().unwrap().ends_with(".zip"));
            assert!(job.size_bytes.unwrap() > 0);
        }
        assert_eq!(quota - bench.sim.with_world(|world| world.modeling_quota()), 24);
        assert_eq!(uploads(&bench), 12);
        bench.sim.journal().to_port("storage").times(12);
        bench.sim.journal().with_notes().times(0);
        assert!(bench.sim.journal().of("openmodel.delete_resource").entries().is_empty());

        drop(run);
        let mut told = Vec::new();
        while let Some(event) = events.next().await {
            told.push(serde_json::to_value(event).unwrap()["event"].as_str().unwrap().to_owned());
        }
        told.dedup();
        let expected =
            ["scanned", "granted", "uploaded", "reported", "importing", "starting", "started"];
        assert_eq!(told[..7], expected, "{told:?}");
        assert_eq!(told.last().unwrap(), "ended");
    }
}

#[tokio::test]
async fn reports_have_at_most_a_hundred_files() {
    let bench = bench().await;
    let desk = Desk::with(203);
    let settings = desk.settings(&[JobKind::TwoD]);
    let done = from_images(&bench.project, &settings, &run(&bench)).await.unwrap();
    assert_eq!((done.images, done.models.len()), (203, 1));
    let sizes: Vec<usize> = bench
        .sim
        .journal()
        .of("openmodel.upload_callback")
        .entries()
        .iter()
        .map(|entry| entry.reply().matches(".JPG").count())
        .collect();
    assert_eq!(sizes, [100, 100, 3]);
}

#[tokio::test]
async fn what_cannot_be_built_costs_nothing() {
    let bench = bench().await;
    let desk = Desk::with(4);
    let error = from_images(&bench.project, &desk.settings(&[JobKind::TwoD]), &run(&bench))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("takes 5 to 20000 files, there are 4"), "{error}");
    let desk = Desk::with(5);
    std::fs::write(desk.folder.path().join("DJI_0009.JPG"), "").unwrap();
    let error = from_images(&bench.project, &desk.settings(&[JobKind::TwoD]), &run(&bench))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("DJI_0009.JPG: is empty"), "{error}");
    assert!(bench.sim.journal().is_empty(), "nothing was asked");
}

#[tokio::test]
async fn a_lost_answer_to_the_start_is_looked_up_and_the_start_not_repeated() {
    for kind in [FaultKind::reset(), FaultKind::close(), FaultKind::http_error(502)] {
        let bench = bench().await;
        let desk = Desk::with(6);
        bench.sim.fail_next("openmodel.start", kind.after_effect()).unwrap();
        let settings = desk.settings(&[JobKind::TwoD, JobKind::Lidar]);
        let done = from_images(&bench.project, &settings, &run(&bench)).await.unwrap();
        assert_eq!(calls(&bench, "openmodel.start"), 1);
        let states = model_states(&bench.project, &done.models).await.unwrap();
        let kinds: Vec<_> = states.iter().map(|job| job.kind.unwrap()).collect();
        assert_eq!(kinds, [JobKind::TwoD, JobKind::Lidar]);
        assert_eq!(again(&bench, &settings).await.unwrap().models, done.models);
        assert_eq!(calls(&bench, "openmodel.start"), 1);
    }
}

#[tokio::test]
async fn a_start_of_which_nothing_is_known_stays_unknown_until_somebody_has_looked() {
    let bench = bench().await;
    let desk = Desk::with(6);
    bench.sim.fail_next("openmodel.start", FaultKind::reset()).unwrap();
    let mut settings = desk.settings(&[JobKind::TwoD]);
    let error = from_images(&bench.project, &settings, &run(&bench)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Indeterminate, "{error}");
    assert!(error.api().unwrap().is_indeterminate());
    let error = again(&bench, &settings).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Indeterminate, "{error}");
    assert!(error.help().contains("allow another start"), "{}", error.help());
    assert_eq!(calls(&bench, "openmodel.start"), 1);
    let before = progress_of(&desk.state()).unwrap();
    assert!(before.is_started && before.models.is_empty());

    settings.start_again_after_unknown = true;
    assert_eq!(again(&bench, &settings).await.unwrap().models.len(), 1);
    assert_eq!(calls(&bench, "openmodel.start"), 2);
    assert_eq!(uploads(&bench), 6, "nothing is uploaded again");
}

#[tokio::test]
async fn a_refused_start_may_be_sent_again() {
    let bench = bench().await;
    let desk = Desk::with(6);
    bench.sim.fail_next("openmodel.start", FaultKind::refuse(200_403)).unwrap();
    let settings = desk.settings(&[JobKind::TwoD]);
    let error = from_images(&bench.project, &settings, &run(&bench)).await.unwrap_err();
    assert!(error.api().unwrap().is_permission());
    assert_eq!(again(&bench, &settings).await.unwrap().models.len(), 1);
    assert_eq!((calls(&bench, "openmodel.start"), uploads(&bench)), (2, 6));
}

#[tokio::test]
async fn a_lost_answer_to_a_report_is_looked_up_and_the_report_not_repeated() {
    let bench = bench().await;
    let desk = Desk::with(120);
    bench.sim.fail_next("openmodel.upload_callback", FaultKind::reset().after_effect()).unwrap();
    let settings = desk.settings(&[JobKind::TwoD]);
    from_images(&bench.project, &settings, &run(&bench)).await.unwrap();
    assert_eq!(calls(&bench, "openmodel.upload_callback"), 2);
}

#[tokio::test]
async fn a_report_of_which_nothing_is_known_is_made_anew_only_when_that_is_certain() {
    let bench = bench().await;
    let desk = Desk::with(6);
    bench.sim.fail_next("openmodel.upload_callback", FaultKind::reset()).unwrap();
    let settings = desk.settings(&[JobKind::TwoD]);
    let error = from_images(&bench.project, &settings, &run(&bench)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Indeterminate, "{error}");
    let error = again(&bench, &settings).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Indeterminate, "too early: {error}");
    assert_eq!(calls(&bench, "openmodel.upload_callback"), 1);
    bench.sim.advance(Duration::from_secs(600));
    again(&bench, &settings).await.unwrap();
    assert_eq!((calls(&bench, "openmodel.upload_callback"), uploads(&bench)), (2, 6));
}

#[tokio::test]
async fn a_dropped_upload_goes_on_where_it_was() {
    let bench = bench().await;
    let desk = Desk::with(40);
    // The storage falls silent in the middle.
    let silence = Fault::new("*", FaultKind::silence()).port(FaultPort::Storage);
    bench.sim.inject(silence.when(When::Every(16)).times(4)).unwrap();
    let mut settings = desk.settings(&[JobKind::TwoD]);
    settings.parallel_uploads = 1;
    let run = run(&bench);
    let first = from_images(&bench.project, &settings, &run);
    assert!(tokio::time::timeout(Duration::from_secs(5), first).await.is_err(), "it hangs");
    let before = progress_of(&desk.state()).unwrap();
    assert_eq!((before.uploaded, before.reported, before.is_started), (15, 0, false));
    bench.sim.clear_faults();
    bench.sim.clear_journal();
    again(&bench, &settings).await.unwrap();
    assert_eq!(uploads(&bench), 25, "what was up is not uploaded again");
    assert_eq!(calls(&bench, "openmodel.obtain_token"), 0, "the resource is the same");
}

#[tokio::test]
async fn every_step_can_be_the_last_of_a_run() {
    // What the run is killed at: the future is dropped while the request hangs.
    for (operation, effect) in [
        ("openmodel.obtain_token", false),
        ("openmodel.upload_callback", true),
        ("openmodel.get_resource", false),
        ("openmodel.start", true),
    ] {
        let bench = bench().await;
        let desk = Desk::with(6);
        let silence = match effect {
            true => FaultKind::silence().after_effect(),
            false => FaultKind::silence(),
        };
        bench.sim.fail_next(operation, silence).unwrap();
        let settings = desk.settings(&[JobKind::TwoD]);
        let run = run(&bench);
        let killed = from_images(&bench.project, &settings, &run);
        assert!(tokio::time::timeout(Duration::from_secs(2), killed).await.is_err(), "{operation}");
        let done = again(&bench, &settings).await.unwrap();
        assert_eq!(done.models.len(), 1, "{operation}");
        assert_eq!(uploads(&bench), 6, "{operation}");
        let expected = usize::from(operation == "openmodel.obtain_token") + 1;
        assert_eq!(calls(&bench, "openmodel.obtain_token"), expected, "{operation}");
        assert_eq!(calls(&bench, "openmodel.upload_callback"), 1, "{operation}");
        assert_eq!(calls(&bench, "openmodel.start"), 1, "{operation}");
    }
}

#[tokio::test]
async fn credentials_that_ended_mean_a_new_resource() {
    let bench = bench().await;
    let desk = Desk::with(8);
    let fault = Fault::new("*", FaultKind::http_error(403)).port(FaultPort::Storage);
    bench.sim.inject(fault.when(When::Nth(5))).unwrap();
    let mut settings = desk.settings(&[JobKind::TwoD]);
    settings.parallel_uploads = 1;
    let error = from_images(&bench.project, &settings, &run(&bench)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
    let first = progress_of(&desk.state()).unwrap();
    assert_eq!(first.uploaded, 4);
    bench.sim.advance(2 * HOUR);
    let (told, mut events) = Run::with_events();
    let told = told.with_clock(bench.clock());
    let done = from_images(&bench.project, &settings, &told).await.unwrap();
    assert_ne!(Some(&done.resource_uuid), first.resource_uuid.as_ref());
    assert_eq!(uploads(&bench), 5 + 1 + 8, "the storage says that they ended");
    let mut left = None;
    while let Some(event) = events.try_next() {
        if let ReconstructionEvent::BeginsAnew { left_behind } = event {
            left = Some(left_behind);
        }
    }
    assert_eq!(left, first.resource_uuid);
}

#[tokio::test]
async fn images_that_were_never_reported_go_into_a_new_resource_in_the_end() {
    let bench = bench().await;
    let desk = Desk::with(6);
    let refusal = FaultKind::refuse(200_403);
    bench.sim.fail_next("openmodel.upload_callback", refusal.clone()).unwrap();
    let settings = desk.settings(&[JobKind::TwoD]);
    from_images(&bench.project, &settings, &run(&bench)).await.unwrap_err();
    bench.sim.fail_next("openmodel.upload_callback", refusal).unwrap();
    again(&bench, &settings).await.unwrap_err();
    assert_eq!(calls(&bench, "openmodel.obtain_token"), 1, "it has not ended yet");
    bench.sim.advance(2 * HOUR);
    again(&bench, &settings).await.unwrap();
    assert_eq!((calls(&bench, "openmodel.obtain_token"), uploads(&bench)), (2, 12));
}

#[tokio::test]
async fn a_state_is_for_one_job_and_one_run() {
    let bench = bench().await;
    let desk = Desk::with(6);
    let fault = Fault::new("*", FaultKind::http_error(403)).port(FaultPort::Storage);
    bench.sim.inject(fault.when(When::Always)).unwrap();
    let settings = desk.settings(&[JobKind::TwoD]);
    from_images(&bench.project, &settings, &run(&bench)).await.unwrap_err();
    let refused = async |settings: &FromImages, says: &str| {
        let error = again(&bench, settings).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::State, "{error}");
        assert!(error.to_string().contains(says), "{error}");
    };
    refused(&desk.settings(&[JobKind::ThreeD]), "other jobs").await;
    let other = bench.client.project("6c8d7f1a-0b35-4f0e-8c1d-2e9a4b6f7c31");
    let error = from_images(&other, &settings, &run(&bench)).await.unwrap_err();
    assert!(error.to_string().contains("another project"), "{error}");

    let held = std::fs::File::open(desk.states.path().join("state.json.lock")).unwrap();
    held.lock().unwrap();
    refused(&settings, "another run is at work").await;
    drop(held);

    std::fs::write(desk.folder.path().join("DJI_0001.JPG"), b"\xff\xd8\xff other").unwrap();
    refused(&settings, "have changed since").await;
    for (content, says) in [
        ("{", "is no state"),
        (r#"{"version":1,"kind":"other","state":{}}"#, "another sort of job"),
        (r#"{"version":9,"kind":"reconstruction_from_images","state":{}}"#, "another version"),
        (r#"{"version":1,"kind":"reconstruction_from_images","state":{}}"#, "is damaged"),
    ] {
        std::fs::write(desk.state(), content).unwrap();
        refused(&settings, says).await;
    }
}

#[tokio::test]
async fn the_right_to_upload_is_kept_no_longer_than_needed() {
    let bench = bench().await;
    let desk = Desk::with(6);
    bench.sim.fail_next("openmodel.upload_callback", FaultKind::refuse(200_403)).unwrap();
    let settings = desk.settings(&[JobKind::TwoD]);
    let error = from_images(&bench.project, &settings, &run(&bench)).await.unwrap_err();
    let state = text(&desk.state());
    assert!(state.contains("session_token"));
    let parsed: serde_json::Value = serde_json::from_str(&state).unwrap();
    let grant = &parsed["state"]["grant"];
    let secrets = ["secret_access_key", "session_token", "callback_param"]
        .map(|name| grant[name].as_str().unwrap().to_owned());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(desk.state()).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "only for its owner");
    }
    let shown = format!("{error} {error:?} {:?}", progress_of(&desk.state()).unwrap());
    again(&bench, &settings).await.unwrap();
    let after = text(&desk.state());
    for secret in &secrets {
        assert!(secret.len() > 10 && !after.contains(secret) && !shown.contains(secret));
    }
}

#[tokio::test]
async fn jobs_that_fail_are_an_outcome() {
    for (deed, expected) in [
        (r#"{"do": "reconstruction-fails", "error_code": 4021}"#, JobState::Failed),
        (r#"{"do": "packing-fails"}"#, JobState::PackingFailed),
        (r#"{"do": "modeling-quota", "images": 3}"#, JobState::NoResources),
    ] {
        let bench = bench().await;
        bench.sim.apply(&serde_json::from_str::<Deed>(deed).unwrap()).unwrap();
        let desk = Desk::with(6);
        let mut settings = desk.settings(&[JobKind::TwoD]);
        settings.wait = Some(HOUR);
        let done = from_images(&bench.project, &settings, &run(&bench)).await.unwrap();
        let outcome = &done.outcomes.unwrap()[0];
        assert_eq!(outcome.state, expected);
        assert_eq!(outcome.archive_key, None);
        assert_eq!(outcome.error_code, (expected == JobState::Failed).then_some(4021));
        assert_eq!(outcome.state.has_model(), expected == JobState::PackingFailed);
    }
}

#[tokio::test]
async fn waiting_has_an_end_survives_trouble_and_can_be_taken_up_again() {
    let bench = bench().await;
    let desk = Desk::with(6);
    let settings = desk.settings(&[JobKind::ThreeD]);
    let models = from_images(&bench.project, &settings, &run(&bench)).await.unwrap().models;
    let project = bench.project.read_only();
    let wait = async |until, seconds| {
        let deadline = Duration::from_secs(seconds);
        wait_models(&project, &models, until, deadline, &run(&bench)).await
    };
    let error = wait(Until::Archive, 60).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert!(error.to_string().contains("Running at"), "{error}");

    let limited = FaultKind::refuse(210_429);
    bench.sim.inject(Fault::new("openmodel.get", limited).when(When::Next(8))).unwrap();
    let built = wait(Until::Model, 3600).await.unwrap();
    assert_eq!(built[0].state, JobState::Built);
    assert_eq!(wait(Until::Archive, 3600).await.unwrap()[0].state, JobState::Packed);
    let error =
        wait_models(&project, &["no-such-model".into()], Until::Archive, HOUR, &run(&bench))
            .await
            .unwrap_err();
    assert!(error.api().unwrap().is_not_found(), "{error}");
}

// ---- from a flight

fn order(task: &TaskUuid, name: &str) -> FromFlight {
    FromFlight::new(FromFlightArgs {
        task: task.clone(),
        name: name.to_owned(),
        kinds: vec![ModelFileType::TwoD],
        simplified_factor: 0.2,
        coordinate_system: CoordinateSystem::new("EPSG:32627"),
        quality: ReconstructionQuality::Medium,
        mode: ReconstructionMode::Normal,
        formats: vec![ModelFormat::Las],
    })
}

#[tokio::test]
async fn a_flight_becomes_a_model_that_turns_up_in_the_list() {
    let bench = bench().await;
    let task = flown(&bench).await;
    let (told, mut events) = Run::with_events();
    let told = told.with_clock(bench.clock());
    let ordered = from_flight(&bench.project, &order(&task, "Reef"), &told).await.unwrap();
    assert!(!ordered.was_ordered_before && ordered.folder_id > 0);
    let project = bench.project.read_only();
    let listed = wait_listed(&project, &ordered.awaited(), HOUR, &told).await.unwrap();
    assert_eq!((listed.model_id, listed.name.as_str()), (ordered.model_id, "Reef"));
    let detail = project.send(&ModelGet::new(listed.model_id)).await.unwrap();
    assert!(detail.url.is_some());
    drop(told);
    let mut names = Vec::new();
    while let Some(event) = events.next().await {
        names.push(serde_json::to_value(event).unwrap()["event"].as_str().unwrap().to_owned());
    }
    names.dedup();
    assert_eq!(names, ["media_complete", "ordering", "accepted", "not_listed", "listed"]);
}

#[tokio::test]
async fn media_that_are_missing_are_refused_or_waited_for() {
    let bench = bench().await;
    let task = launched_as(&bench, "Reef round").await;
    let mut settings = order(&task, "Reef");
    let error = from_flight(&bench.project, &settings, &run(&bench)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotReady, "{error}");
    assert!(error.to_string().contains("has not ended yet"), "{error}");
    settings.media_deadline = Some(Duration::from_secs(30));
    let error = from_flight(&bench.project, &settings, &run(&bench)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline, "{error}");
    bench.sim.journal().none("model.create");
    settings.media_deadline = Some(4 * HOUR);
    let (told, mut events) = Run::with_events();
    let told = told.with_clock(bench.clock());
    from_flight(&bench.project, &settings, &told).await.unwrap();
    assert!(matches!(events.next().await, Some(ModelEvent::WaitingForMedia { .. })));
    assert_eq!(calls(&bench, "model.create"), 1);
}

#[tokio::test]
async fn a_lost_answer_to_an_order_is_never_sent_again() {
    let bench = bench().await;
    let task = flown(&bench).await;
    let states = tempfile::tempdir().unwrap();
    let mut settings = order(&task, "Reef");
    settings.state = Some(states.path().join("order.json"));
    bench.sim.fail_next("model.create", FaultKind::reset().after_effect()).unwrap();
    let error = from_flight(&bench.project, &settings, &run(&bench)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Indeterminate, "{error}");
    assert!(error.help().contains("do not order it again"), "{}", error.help());
    let error = from_flight(&bench.project, &settings, &run(&bench)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Indeterminate, "nothing is known yet");

    let listed =
        wait_listed(&bench.project, &Awaited::name("Reef"), HOUR, &run(&bench)).await.unwrap();
    let found = from_flight(&bench.project, &settings, &run(&bench)).await.unwrap();
    assert_eq!((found.model_id, found.was_ordered_before), (listed.model_id, true));
    assert_eq!(calls(&bench, "model.create"), 1);

    settings.args.name = "Another".to_owned();
    let error = from_flight(&bench.project, &settings, &run(&bench)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::State, "{error}");
}

#[tokio::test]
async fn a_model_that_never_comes_is_said_as_it_is() {
    let bench = bench().await;
    let task = flown(&bench).await;
    let empty = r#"{"do": "modeling-quota", "images": 0}"#;
    bench.sim.apply(&serde_json::from_str::<Deed>(empty).unwrap()).unwrap();
    let ordered = from_flight(&bench.project, &order(&task, "Reef"), &run(&bench)).await.unwrap();
    let error =
        wait_listed(&bench.project, &ordered.awaited(), 2 * HOUR, &run(&bench)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert!(error.help().contains("does not tell which"), "{}", error.help());
    assert!(calls(&bench, "model.list") < 100, "it asks less and less often");
}

#[tokio::test]
async fn an_order_is_checked_before_anything_is_asked() {
    let bench = bench().await;
    let task = TaskUuid::new("5b1f0c5e-0000-4000-8000-000000000000");
    type Spoil = fn(&mut FromFlight);
    let cases: [(&str, Spoil); 6] = [
        ("name", |order| order.args.name.clear()),
        ("share of faces", |order| order.args.simplified_factor = 0.0),
        ("share of faces", |order| order.args.simplified_factor = f64::NAN),
        ("formats", |order| order.args.formats.push(ModelFormat::Las)),
        ("what to build", |order| order.args.kinds.clear()),
        ("coordinate system", |order| {
            order.args.coordinate_system = CoordinateSystem::new("WGS 84");
        }),
    ];
    for (says, spoil) in cases {
        let mut settings = order(&task, "Reef");
        spoil(&mut settings);
        let error = from_flight(&bench.project, &settings, &run(&bench)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(says), "{error}");
    }
    assert!(bench.sim.journal().is_empty());
}
