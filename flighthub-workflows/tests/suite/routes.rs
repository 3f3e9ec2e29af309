//! Routes against the simulator: looked at, put up once, found, downloaded.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use flighthub_api::v1::{ProjectUuid, StorageProvider};
use flighthub_api::{BoxFuture, Clock, Region};
use flighthub_kmz::{Kmz, KmzWaypoint};
use flighthub_sim::{Deed, Effect, Fault, FaultKind, FaultPort, KeyProfile, When};
use flighthub_workflows::routes::{
    self, DownloadSettings, RouteUploadEvent, RouteWitness, UploadSettings, UploadedRoute,
};
use flighthub_workflows::{Error, ErrorKind, Result, Run};

use crate::fetch::quick;
use crate::support::{Bench, ROUTE, bench, sha256};
use crate::upload::options;

const FINISH: &str = "wayline.finish_upload";

/// A sound route of a few waypoints near the docks.
fn sound() -> Vec<u8> {
    let mut route = Kmz::new("0-91-1");
    let point = |number: u32| KmzWaypoint::new(0.021, -25.3 + f64::from(number) * 1e-4, 60.0);
    route.waypoints = (0..4).map(point).collect();
    route.to_bytes().unwrap()
}

/// A folder with a route file, and a place for state.
struct Desk {
    folder: tempfile::TempDir,
    bench: Bench,
}

async fn desk() -> Desk {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("north.kmz"), sound()).unwrap();
    Desk { folder, bench: bench().await }
}

impl Desk {
    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn settings(&self) -> UploadSettings {
        UploadSettings::new(self.file("north.kmz"), self.file("state")).with_storage(options())
    }

    async fn upload(&self) -> Result<UploadedRoute> {
        self.upload_as(&self.settings()).await
    }

    async fn upload_as(&self, settings: &UploadSettings) -> Result<UploadedRoute> {
        let run = Run::quiet().with_clock(self.bench.clock());
        routes::upload(&self.bench.project, settings, &run).await
    }

    /// How often a route was registered, as the service sees it.
    fn registrations(&self) -> usize {
        self.bench.sim.journal().of(FINISH).len()
    }

    /// The routes of the name that the file has.
    async fn made(&self) -> usize {
        let rows = routes::list(&self.bench.project).await.unwrap();
        rows.iter().filter(|row| row.name == "north").count()
    }

    /// Whether an upload is open on disk.
    fn is_open(&self) -> bool {
        std::fs::read_dir(self.file("state"))
            .unwrap()
            .any(|entry| entry.unwrap().path().extension().is_some_and(|kind| kind == "json"))
    }

    fn fail(&self, on: &str, kind: FaultKind, when: When) {
        self.bench.sim.inject(Fault::new(on, kind).when(when)).unwrap();
    }
}

impl Desk {
    /// The list is empty for so many looks; the first one of an upload is for the name.
    fn hide_routes(&self, looks: std::ops::Range<u64>) {
        // A fault does not count what one before it has played.
        for nth in looks.rev() {
            self.fail("wayline.list", FaultKind::quirk("null-list"), When::Nth(nth));
        }
    }
}

fn server_error(effect: Effect) -> FaultKind {
    FaultKind::Refuse { code: 200_500, message: None, http: 500, effect }
}

fn refused(result: Result<UploadedRoute>) -> Error {
    result.map(|route| panic!("{route:?}")).unwrap_err()
}

#[tokio::test]
async fn every_provider_takes_a_route_which_is_then_listed() {
    for provider in [StorageProvider::Aws, StorageProvider::Minio, StorageProvider::Ali] {
        let desk = desk().await;
        desk.bench.sim.with_world(|world| world.set_storage_provider(provider.clone()));
        let (run, mut events) = Run::with_events();
        let run = run.with_clock(desk.bench.clock());
        let route = routes::upload(&desk.bench.project, &desk.settings(), &run).await.unwrap();
        assert_eq!((route.name.as_str(), route.listed, route.earlier), ("north", true, false));
        assert_eq!(route.known_by, RouteWitness::Reply);
        assert_eq!((route.size, route.sha256.as_str()), (sound().len() as u64, &*sha256(&sound())));
        assert!(route.object_key.ends_with("/north.kmz"), "{}", route.object_key);
        let row = routes::find(&desk.bench.project, "north").await.unwrap();
        assert_eq!(row.id, route.id);
        assert!(!desk.is_open());

        let journal = desk.bench.sim.journal();
        journal.of(FINISH).times(1);
        journal.to_port("storage").times(1);
        journal.to_port("storage").with_notes().times(0);
        drop(run);
        let mut told = Vec::new();
        while let Some(event) = events.next().await {
            told.push(serde_json::to_value(&event).unwrap()["event"].as_str().unwrap().to_owned());
            let text = format!("{event:?}");
            assert!(!text.contains(desk.bench.sim.token()), "{text}");
        }
        told.dedup();
        assert_eq!(
            told,
            ["linted", "sending", "stored", "registering", "registered"],
            "{provider}"
        );

        let settings = DownloadSettings::new(route.id.as_str(), desk.file("back.kmz"));
        let run = Run::quiet().with_clock(desk.bench.clock());
        let fetcher = quick().build();
        let back = routes::download(&desk.bench.project, &settings, &fetcher, &run).await;
        assert_eq!(back.unwrap().sha256, route.sha256);
        assert_eq!(std::fs::read(desk.file("back.kmz")).unwrap(), sound());
    }
}

#[tokio::test]
async fn a_private_installation_takes_a_route() {
    let desk = desk().await;
    for deed in [
        r#"{"do": "profile", "profile": "private"}"#,
        r#"{"do": "storage-provider", "provider": "minio"}"#,
    ] {
        let deed: Deed = serde_json::from_str(deed).unwrap();
        desk.bench.sim.apply(&deed).unwrap();
    }
    let route = desk.upload().await.unwrap();
    assert!(route.listed);
    assert_eq!(desk.registrations(), 1);
}

#[tokio::test]
async fn files_and_names_with_errors_never_leave() {
    let desk = desk().await;
    let mut single = Kmz::new("0-91-1");
    single.waypoints = vec![KmzWaypoint::new(0.021, -25.3, 60.0)];
    std::fs::write(desk.file("single.kmz"), single.to_bytes().unwrap()).unwrap();
    std::fs::write(desk.file("text.kmz"), "<kml/>").unwrap();
    std::fs::write(desk.file("a:b.kmz"), sound()).unwrap();
    let cases = [
        (
            "single.kmz",
            "single.kmz: the route file has an error; error[one-waypoint]: wpmz/waylines.wpml:",
        ),
        (
            "text.kmz",
            "text.kmz: the route file has an error; error[no-archive]: the archive: is no ZIP",
        ),
        ("a:b.kmz", "the name `a:b` for the route has `:` in it"),
    ];
    for (file, expected) in cases {
        let settings = UploadSettings::new(desk.file(file), desk.file("state"));
        let error = refused(desk.upload_as(&settings).await);
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{file}");
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!error.help().is_empty());
    }
    let missing = UploadSettings::new(desk.file("none.kmz"), desk.file("state"));
    assert_eq!(refused(desk.upload_as(&missing).await).kind(), ErrorKind::File);
    assert_eq!(
        refused(desk.upload_as(&desk.settings().with_name("x.kmz")).await).kind(),
        ErrorKind::InvalidInput
    );
    assert!(desk.bench.sim.journal().is_empty(), "not even a read has left");
}

#[tokio::test]
async fn warnings_are_told_and_stop_only_those_who_say_so() {
    let desk = desk().await;
    let mut far = Kmz::new("0-91-1");
    far.waypoints =
        vec![KmzWaypoint::new(0.021, -25.3, 60.0), KmzWaypoint::new(0.021, -25.1, 60.0)];
    std::fs::write(desk.file("north.kmz"), far.to_bytes().unwrap()).unwrap();
    let mut strict = desk.settings();
    strict.deny_warnings = true;
    let error = refused(desk.upload_as(&strict).await);
    assert!(error.to_string().contains("1 warnings; warning[far-apart]"), "{error}");
    assert_eq!(desk.registrations(), 0);
    let route = desk.upload().await.unwrap();
    assert_eq!(route.findings[0].rule, "far-apart");
}

#[tokio::test]
async fn a_name_that_is_taken_is_told_before_anything_is_sent() {
    let desk = desk().await;
    let error = refused(desk.upload_as(&desk.settings().with_name("north-fence")).await);
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.to_string(), format!("there is a route `north-fence` already ({ROUTE})"));
    assert!(error.help().contains("--name"), "{}", error.help());
    desk.upload().await.unwrap();
    refused(desk.upload().await);
    assert_eq!((desk.registrations(), desk.made().await), (1, 1));
}

#[tokio::test]
async fn a_registration_whose_answer_is_lost_is_found_and_not_repeated() {
    for kind in [
        FaultKind::reset().after_effect(),
        FaultKind::close().after_effect(),
        FaultKind::http_error(502).after_effect(),
        FaultKind::garbage().after_effect(),
        FaultKind::wrong_length(10),
        server_error(Effect::After),
    ] {
        let desk = desk().await;
        let what = format!("{kind:?}");
        desk.fail(FINISH, kind, When::Next(1));
        let route = desk.upload().await.unwrap();
        assert_eq!(route.known_by, RouteWitness::ObjectKey, "{what}");
        assert!(route.listed && !route.earlier);
        assert_eq!((desk.registrations(), desk.made().await), (1, 1), "{what}");
        assert!(!desk.is_open());
    }
}

#[tokio::test]
async fn a_route_that_appears_late_is_waited_for() {
    let desk = desk().await;
    desk.hide_routes(2..5);
    desk.fail(FINISH, FaultKind::reset().after_effect(), When::Next(1));
    assert_eq!(desk.upload().await.unwrap().known_by, RouteWitness::ObjectKey);
    assert_eq!((desk.registrations(), desk.made().await), (1, 1));

    let desk = self::desk().await;
    desk.hide_routes(2..5);
    assert!(desk.upload().await.unwrap().listed);

    let desk = self::desk().await;
    desk.hide_routes(2..5);
    let impatient = desk.settings().with_confirm_within(Duration::ZERO);
    let first = desk.upload_as(&impatient).await.unwrap();
    assert!(!first.listed && !first.earlier && desk.is_open());
    let again = desk.upload_as(&impatient).await.unwrap();
    assert!(
        !again.listed && again.earlier && desk.is_open(),
        "it is registered, and still not listed"
    );
    let seen = desk.upload().await.unwrap();
    assert!(seen.listed && seen.earlier && !desk.is_open());
    assert_eq!((&again.id, &seen.id), (&first.id, &first.id));
    assert_eq!((desk.registrations(), desk.made().await), (1, 1));
}

#[tokio::test]
async fn a_server_error_is_never_answered_by_sending_again() {
    let desk = desk().await;
    desk.fail(FINISH, server_error(Effect::Before), When::Next(1));
    let error = refused(desk.upload().await);
    assert_eq!(error.kind(), ErrorKind::Indeterminate);
    assert!(error.to_string().contains("no route `north` has appeared within 60 s"), "{error}");
    assert!(error.help().contains("200500"), "{}", error.help());
    assert!(error.api().is_some_and(|error| error.code().is_some()));
    assert!(desk.is_open());

    let error = refused(desk.upload().await);
    assert_eq!(error.kind(), ErrorKind::Indeterminate);
    assert!(error.to_string().contains("an earlier upload of `north` ended"), "{error}");
    assert_eq!(desk.registrations(), 1, "it was looked up, not sent again");

    // After an hour there is none, for certain.
    desk.bench.sim.advance(Duration::from_secs(3600));
    let route = desk.upload().await.unwrap();
    assert!(route.listed && !route.earlier);
    assert_eq!((desk.registrations(), desk.made().await), (2, 1));
}

#[tokio::test]
async fn people_who_have_looked_can_say_that_there_is_no_route() {
    let desk = desk().await;
    desk.fail(FINISH, FaultKind::reset(), When::Next(1));
    assert_eq!(refused(desk.upload().await).kind(), ErrorKind::Indeterminate);
    let mut settings = desk.settings();
    settings.forget_earlier = true;
    assert!(desk.upload_as(&settings).await.unwrap().listed);
    assert_eq!((desk.registrations(), desk.made().await), (2, 1));

    // If there is one after all, it is found all the same.
    let desk = self::desk().await;
    desk.fail(FINISH, FaultKind::reset().after_effect(), When::Next(1));
    desk.hide_routes(2..6);
    let mut settings = desk.settings().with_confirm_within(Duration::from_secs(5));
    assert_eq!(refused(desk.upload_as(&settings).await).kind(), ErrorKind::Indeterminate);
    settings.forget_earlier = true;
    settings.confirm_within = Duration::from_secs(60);
    let route = desk.upload_as(&settings).await.unwrap();
    assert!(route.earlier && route.known_by == RouteWitness::ObjectKey);
    assert_eq!((desk.registrations(), desk.made().await), (1, 1));
}

/// Uploads until the service has the registration, and is then gone.
async fn broken_off(desk: &Desk) {
    let (project, settings) = (desk.bench.project.clone(), desk.settings());
    let run = Run::quiet().with_clock(desk.bench.clock());
    let work = tokio::spawn(async move { routes::upload(&project, &settings, &run).await });
    while desk.registrations() == 0 {
        assert!(!work.is_finished());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    work.abort();
    assert!(work.await.unwrap_err().is_cancelled());
    assert!(desk.is_open());
}

#[tokio::test]
async fn an_upload_that_was_broken_off_makes_no_second_route() {
    let desk = desk().await;
    desk.fail(FINISH, FaultKind::silence().after_effect(), When::Next(1));
    broken_off(&desk).await;
    let route = desk.upload().await.unwrap();
    assert!(route.earlier && route.listed);
    assert_eq!(route.known_by, RouteWitness::ObjectKey);
    assert_eq!((desk.registrations(), desk.made().await), (1, 1));
    assert!(!desk.is_open());

    // The registration never took place: nobody can know that before some time has passed.
    let desk = self::desk().await;
    desk.fail(FINISH, FaultKind::silence(), When::Next(1));
    broken_off(&desk).await;
    assert_eq!(refused(desk.upload().await).kind(), ErrorKind::Indeterminate);
    desk.bench.sim.advance(Duration::from_secs(3600));
    assert!(desk.upload().await.unwrap().listed);
    assert_eq!((desk.registrations(), desk.made().await), (2, 1));
}

#[tokio::test]
async fn another_file_under_the_name_of_an_open_upload_is_not_taken_for_it() {
    let desk = desk().await;
    desk.fail(FINISH, FaultKind::silence().after_effect(), When::Next(1));
    broken_off(&desk).await;
    let mut other = Kmz::new("0-100-1");
    other.waypoints =
        vec![KmzWaypoint::new(0.021, -25.3, 60.0), KmzWaypoint::new(0.022, -25.3, 60.0)];
    std::fs::write(desk.file("north.kmz"), other.to_bytes().unwrap()).unwrap();
    let error = refused(desk.upload().await);
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(
        error.to_string().starts_with("an earlier upload has ended well: there is a route `north`"),
        "{error}"
    );
    assert_eq!((desk.registrations(), desk.made().await), (1, 1));
}

#[tokio::test]
async fn of_two_uploads_at_once_one_makes_the_route() {
    let desk = desk().await;
    let settings = desk.settings();
    let (one, other) = tokio::join!(desk.upload_as(&settings), desk.upload_as(&settings));
    let refusals: Vec<_> = [one, other].into_iter().filter_map(std::result::Result::err).collect();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    let kind = refusals[0].kind();
    assert!(matches!(kind, ErrorKind::State | ErrorKind::InvalidInput), "{refusals:?}");
    assert_eq!((desk.registrations(), desk.made().await), (1, 1));
}

#[tokio::test]
async fn a_refusal_leaves_nothing_open() {
    let desk = desk().await;
    desk.fail(
        FINISH,
        FaultKind::Refuse { code: 200_403, message: None, http: 403, effect: Effect::Before },
        When::Next(1),
    );
    let error = refused(desk.upload().await);
    assert_eq!(error.kind(), ErrorKind::Api);
    assert!(
        error.api().unwrap().is_permission() && error.to_string().contains("no route was made")
    );
    assert!(!desk.is_open());
    assert!(desk.upload().await.unwrap().listed);

    let desk = self::desk().await;
    let key = desk.bench.sim.with_world(|world| world.key(KeyProfile::Member));
    let client = flighthub_api::Client::builder(Region::on_premises(desk.bench.sim.url()), key)
        .no_proxy()
        .no_rate_limit()
        .build()
        .unwrap();
    let project = client.project(desk.bench.sim.project());
    let error = routes::upload(&project, &desk.settings(), &Run::quiet()).await;
    assert!(refused(error).api().unwrap().is_permission());
    assert_eq!(desk.registrations(), 0);
}

/// A clock whose first sleep lasts longer than the credentials.
struct Overslept(Arc<dyn Clock>);

impl Clock for Overslept {
    fn now(&self) -> Instant {
        self.0.now()
    }

    fn wall(&self) -> SystemTime {
        self.0.wall()
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        self.0.sleep(Duration::from_secs(901))
    }
}

#[tokio::test]
async fn credentials_that_end_on_the_way_are_renewed() {
    let desk = desk().await;
    let storage = Fault::new("*", FaultKind::http_error(503)).port(FaultPort::Storage);
    desk.bench.sim.inject(storage).unwrap();
    let run = Run::quiet().with_clock(Arc::new(Overslept(desk.bench.clock())));
    let route = routes::upload(&desk.bench.project, &desk.settings(), &run).await.unwrap();
    assert!(route.listed);
    desk.bench.sim.journal().of("project.sts_token").times(2);
    assert_eq!(desk.registrations(), 1);
}

#[tokio::test]
async fn a_storage_that_refuses_leaves_no_route_and_nothing_open() {
    let desk = desk().await;
    let storage =
        Fault::new("*", FaultKind::http_error(503)).port(FaultPort::Storage).when(When::Always);
    desk.bench.sim.inject(storage).unwrap();
    let error = refused(desk.upload().await);
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert_eq!(desk.registrations(), 0);
    assert!(!desk.is_open());
}

#[tokio::test]
async fn routes_are_found_by_id_and_name() {
    let bench = bench().await;
    let project = bench.client.read_only().project(bench.sim.project());
    let names: Vec<String> =
        routes::list(&project).await.unwrap().into_iter().map(|row| row.name).collect();
    assert_eq!(names, ["north-fence", "south-basin-map", "tower-circle"]);
    for wanted in [ROUTE, "north-fence", "NORTH-FENCE", "fence"] {
        assert_eq!(routes::find(&project, wanted).await.unwrap().id.as_str(), ROUTE, "{wanted}");
    }
    let error = routes::find(&project, "west").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    add(&bench, "north-fence");
    let error = routes::find(&project, "north-fence").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
    assert!(error.to_string().contains(ROUTE), "{error}");
    bench.sim.inject(Fault::new("wayline.list", FaultKind::quirk("routes-of-all-kinds"))).unwrap();
    assert!(!routes::list(&project).await.unwrap().is_empty());
}

/// A route more, under any name.
fn add(bench: &Bench, name: &str) -> String {
    let project = ProjectUuid::new(bench.sim.project());
    let route = Kmz::read(&sound()).unwrap();
    bench.sim.with_world(|world| world.add_kmz(&project, name, &route).unwrap().to_string())
}

async fn download(
    bench: &Bench,
    settings: &DownloadSettings,
) -> Result<flighthub_workflows::routes::DownloadedRoute> {
    let run = Run::quiet().with_clock(bench.clock());
    routes::download(&bench.project, settings, &quick().build(), &run).await
}

#[tokio::test]
async fn a_download_leaves_files_alone_and_stays_in_its_folder() {
    let bench = bench().await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("route.kmz");
    std::fs::write(&target, "mine").unwrap();
    let settings = DownloadSettings::new("north-fence", &target);
    let error = download(&bench, &settings).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File);
    assert!(error.to_string().contains("route `north-fence`"), "{error}");
    assert_eq!(std::fs::read(&target).unwrap(), b"mine");
    let route = download(&bench, &settings.replacing()).await.unwrap();
    let bytes = std::fs::read(&target).unwrap();
    assert_eq!((route.size, route.sha256.as_str()), (bytes.len() as u64, &*sha256(&bytes)));
    assert_eq!(Kmz::read(&bytes).unwrap().waypoints.len(), 12);
    assert!(routes::lint(&bytes).is_sound());

    let id = add(&bench, "COM1");
    let route = download(&bench, &DownloadSettings::new(&id, folder.path())).await.unwrap();
    assert_eq!(route.path, folder.path().join("_COM1.kmz"));
    let id = add(&bench, "..\\a:b?");
    let route = download(&bench, &DownloadSettings::new(&id, folder.path())).await.unwrap();
    assert_eq!(route.path, folder.path().join("_._a_b_.kmz"));
    let names = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(names, 3, "no leftovers");
    bench.sim.journal().to_port("storage").with_notes().times(0);
}

#[tokio::test]
async fn an_address_that_has_expired_is_asked_for_again() {
    let bench = bench().await;
    let folder = tempfile::tempdir().unwrap();
    let gone = Fault::new("*", FaultKind::http_error(403)).port(FaultPort::Storage);
    bench.sim.inject(gone).unwrap();
    let settings = DownloadSettings::new("north-fence", folder.path().join("a.kmz"));
    download(&bench, &settings).await.unwrap();
    bench.sim.journal().of("wayline.get").times(2);

    let gone = Fault::new("*", FaultKind::http_error(403)).port(FaultPort::Storage);
    bench.sim.inject(gone.when(When::Always)).unwrap();
    let settings = DownloadSettings::new("north-fence", folder.path().join("b.kmz"));
    let error = download(&bench, &settings).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    bench.sim.journal().of("wayline.get").times(5);
    assert!(!error.to_string().contains("http://"), "{error}");
}

#[tokio::test]
async fn addresses_in_private_networks_are_refused_unless_they_are_allowed() {
    let bench = bench().await;
    let folder = tempfile::tempdir().unwrap();
    let settings = DownloadSettings::new("north-fence", folder.path());
    let fetcher = flighthub_workflows::fetch::Fetcher::builder().no_proxy().build();
    let error = routes::download(&bench.project, &settings, &fetcher, &Run::quiet()).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Address);
    bench.sim.journal().to_port("storage").times(0);
}

#[tokio::test]
async fn a_file_is_looked_at_without_a_service() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("north.kmz");
    std::fs::write(&path, sound()).unwrap();
    let report = routes::lint_file(&path).await.unwrap();
    assert!(report.is_sound() && report.findings.is_empty() && report.refusal().is_none());
    let route = report.route.unwrap();
    assert_eq!((route.device_model_key.as_str(), route.waypoints), ("0-91-1", 4));
    assert!((route.length_m - 33.4).abs() < 0.1, "{}", route.length_m);
    let error = routes::lint_file(folder.path()).await.unwrap_err();
    assert!(error.to_string().ends_with("is a folder"), "{error}");
    let error = routes::lint_file(Path::new("/none/none.kmz")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File);
    let large = folder.path().join("large.kmz");
    std::fs::File::create(&large).unwrap().set_len((256 << 20) + 5).unwrap();
    let report = routes::lint_file(&large).await.unwrap();
    assert_eq!(report.findings[0].rule, "too-large");
    // Told to somebody else, an event has its name.
    let event = RouteUploadEvent::Waiting { seconds_left: 3 };
    assert_eq!(serde_json::to_string(&event).unwrap(), r#"{"event":"waiting","seconds_left":3}"#);
}
