//! `flighthub model`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flighthub_api::v1::{
    DockSn, OutOfControlAction, ResumableStatus, RthMode, TaskCreate, TaskCreateArgs, TaskSchedule,
    WaylineId, WaylinePrecisionType,
};
use flighthub_api::{Client, Region};
use flighthub_sim::{Fault, FaultKind, FaultPort, Sim, When};

use crate::support::{DOCK, Program, ROUTE};

/// A folder with so many images in the program's home.
fn images(program: &Program, name: &str, count: usize) -> PathBuf {
    let folder = program.home.path().join(name);
    std::fs::create_dir(&folder).unwrap();
    for number in 1..=count {
        let mut bytes = b"\xff\xd8\xff\xe0".to_vec();
        bytes.resize(1_000, (number % 251) as u8);
        std::fs::write(folder.join(format!("DJI_{number:04}.JPG")), bytes).unwrap();
    }
    folder
}

/// A flight that has ended.
async fn flown(sim: &Sim) -> String {
    let region = Region::on_premises(sim.url());
    let client = Client::builder(region, sim.token()).no_proxy().build().unwrap();
    let task = TaskCreate::new(TaskCreateArgs {
        name: "Reef round".to_owned(),
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
    let created = client.project(sim.project()).send(&task).await.unwrap();
    sim.advance(Duration::from_secs(3600));
    created.task_uuid.to_string()
}

const ORDER: [&str; 12] = [
    "--name",
    "Reef",
    "--kind",
    "2d",
    "--crs",
    "epsg:32627",
    "--quality",
    "medium",
    "--mode",
    "normal",
    "--simplify",
    "0.2",
];

fn order<'a>(task: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["model", "from-flight", task, "--format", "las,obj"][..], &ORDER, more].concat()
}

#[test]
fn a_folder_becomes_a_map_and_a_model() {
    let program = Program::new();
    images(&program, "photos", 12);
    let parameters = program.file("p.json", r#"{"parameter": {"quality_level": 2}}"#);
    let three = format!("3d=@{parameters}");
    let args = ["model", "from-images", "photos", "--job", "2d={}", "--job", &three];
    let ended = program.run(&[&args[..], &["--sim", "--wait", "2h"]].concat());
    assert_eq!(ended.exit, 0, "{ended:?}");
    let done = ended.json();
    assert_eq!((&done["images"], &done["bytes"]), (&12.into(), &12_000.into()));
    let states: Vec<_> = done["outcomes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| (job["kind"].as_str().unwrap(), job["state"].as_str().unwrap()))
        .collect();
    assert_eq!(states, [("2d", "packed"), ("3d", "packed")]);
    assert!(ended.err.contains("spends the image quota"), "{}", ended.err);
    assert!(ended.err.contains("no call of FlightHub turns the key"), "{}", ended.err);
    assert!(!format!("{}{}", ended.out, ended.err).contains("session_token"), "{ended:?}");
}

#[test]
fn what_would_be_uploaded_is_shown_without_an_account() {
    let program = Program::new();
    images(&program, "photos", 6);
    let args = ["model", "from-images", "photos", "--job", "2d={}", "--check"];
    let ended = program.run(&args);
    assert_eq!(ended.exit, 0, "{ended:?}");
    assert_eq!(ended.json()["images"].as_array().unwrap().len(), 6);
    assert!(ended.err.contains("6 images, 6000 bytes, in 1 reports"), "{}", ended.err);
    assert!(!program.home.path().join(".local").exists(), "nothing is kept");

    std::fs::write(program.home.path().join("photos/DJI_0002.JPG"), "").unwrap();
    let ended = program.run(&args);
    assert_eq!(ended.exit, 2, "{ended:?}");
    assert!(ended.err.contains("DJI_0002.JPG: is empty"), "{}", ended.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_and_a_read_only_key_send_nothing() {
    let sim = Sim::start().await.unwrap();
    let program = Program::of(&sim);
    images(&program, "photos", 6);
    let args = ["model", "from-images", "photos", "--job", "2d={}"];
    let ended = program.run(&[&args[..], &["--dry-run"]].concat());
    assert_eq!(ended.exit, 0, "{ended:?}");
    assert!(ended.out.contains("/open_model/stores/obtain_token"), "{}", ended.out);
    let ended = program.run(&[&args[..], &["--read-only"]].concat());
    assert_eq!(ended.exit, 2, "{ended:?}");
    assert!(sim.journal().is_empty());
}

#[test]
fn what_is_not_said_is_asked_for() {
    let program = Program::new();
    images(&program, "photos", 4);
    let from = ["model", "from-images", "photos"];
    for (more, says) in [
        (&["--job", "2d"][..], "does not say how"),
        (&["--job", "4d={}"], "There are: 2d, 3d, 3dgs, lidar"),
        (&["--job", "2d=[]"], "no JSON object"),
        (&["--job", "2d={}", "--job", "2d={}"], "there twice"),
        (&["--job", "2d={}", "--check"], "takes 5 to 20000 files, there are 4"),
        (&["--job", "2d=@none.json"], "none.json"),
        (&[], "--job"),
    ] {
        let ended = program.run(&[&from[..], more].concat());
        assert_eq!(ended.exit, 2, "{more:?}: {ended:?}");
        assert!(ended.err.contains(says), "{more:?}: {}", ended.err);
    }
    for (args, says) in [
        (order("t", &["--corner", "91,0"]), "--corner: `91,0` is no place"),
        (order("t", &["--corner", "0,0", "--corner", "0,1"]), "fewer than 3 corners"),
        (order("t", &["--format", "stl"]), "`stl` is no format"),
        (vec!["model", "wait", "abc", "--for", "1h"], "no id of a model"),
        (vec!["model", "wait", "4127701"], "--for"),
        (vec!["model", "status", "4127701"], "have no status"),
    ] {
        let ended = program.run(&args);
        assert_eq!(ended.exit, 2, "{args:?}: {ended:?}");
        assert!(ended.err.contains(says), "{args:?}: {}", ended.err);
    }
}

#[test]
fn jobs_that_fail_end_badly_or_in_part() {
    for (deed, jobs, exit, state) in [
        (r#"do = "modeling-quota", images = 0"#, 1, 10, "no_resources"),
        (r#"do = "modeling-quota", images = 8"#, 2, 11, "no_resources"),
        (r#"do = "packing-fails""#, 1, 11, "packing_failed"),
    ] {
        let program = Program::new();
        images(&program, "photos", 6);
        let file = program.file(
            "scenario.toml",
            &format!("[scenario]\nname = \"x\"\n[[deed]]\n{}\n", deed.replace(", ", "\n")),
        );
        let mut args = vec!["model", "from-images", "photos", "--wait", "2h", "--sim"];
        args.extend(["--sim-scenario", &file, "--job", "2d={}"]);
        if jobs > 1 {
            args.extend(["--job", "3d={}"]);
        }
        let ended = program.run(&args);
        assert_eq!(ended.exit, exit, "{deed}: {ended:?}");
        assert!(ended.out.contains(&format!("\"{state}\"")), "{deed}: {}", ended.out);
    }
}

/// Waits until something is so.
fn until(mut reached: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !reached() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never came to be");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn puts(sim: &Sim) -> usize {
    let journal = sim.journal().to_port("storage");
    journal.entries().iter().filter(|entry| entry.method() == "PUT").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_upload_goes_on_where_it_was() {
    let sim = Sim::builder().speed(20.0).start().await.unwrap();
    let program = Program::of(&sim);
    let folder = images(&program, "photos", 20);
    // The twelfth image never gets an answer; by then the state of the others is on the disk.
    let late = Fault::new("*", FaultKind::delay(1_100)).port(FaultPort::Storage);
    sim.inject(late.when(When::Nth(10))).unwrap();
    let silence = Fault::new("*", FaultKind::silence()).port(FaultPort::Storage);
    sim.inject(silence.when(When::Nth(12))).unwrap();
    let args = ["model", "from-images", "photos", "--job", "2d={}", "--parallel", "1"];
    let mut child = program.command(&args).spawn().unwrap();
    until(|| sim.faults().get(1).is_some_and(|report| report.played == 1));
    child.kill().unwrap();
    child.wait().unwrap();
    sim.clear_faults();
    let before = puts(&sim);
    let ended = program.run(&args);
    assert_eq!(ended.exit, 0, "{ended:?}");
    assert!(ended.err.contains("going on: 1"), "{}", ended.err);
    assert!(puts(&sim) - before <= 11, "{before} of {}", puts(&sim));
    sim.journal().of("openmodel.obtain_token").times(1);
    sim.journal().of("openmodel.start").times(1);
    let model = ended.json()["models"][0].as_str().unwrap().to_owned();

    // Once more: nothing is started again, also when the images are gone.
    std::fs::remove_file(folder.join("DJI_0001.JPG")).unwrap();
    let ended = program.run(&args);
    assert_eq!((ended.exit, &ended.json()["models"][0]), (0, &model.as_str().into()), "{ended:?}");
    sim.journal().of("openmodel.start").times(1);

    let ended = program.run(&["model", "status", "--folder", "photos"]);
    assert_eq!((ended.exit, &ended.json()[0]["model_uuid"]), (0, &model.as_str().into()));
    sim.advance(Duration::from_secs(3600));
    let ended = program.run(&["model", "wait", &model, "--for", "10s"]);
    assert_eq!((ended.exit, &ended.json()[0]["state"]), (0, &"packed".into()), "{ended:?}");
    let ended = program.run(&["model", "status"]);
    assert_eq!((ended.exit, ended.out.trim()), (0, "[]"), "none is running");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_may_have_happened_is_8_and_a_second_one_needs_a_word() {
    let sim = Sim::builder().speed(600.0).start().await.unwrap();
    let program = Program::of(&sim);
    images(&program, "photos", 6);
    let state = path_text(&program.home.path().join("state.json"));
    // As it is after a kill in the moment of the start: nobody knows, and nothing is running.
    let args = ["model", "from-images", "photos", "--job", "2d={}", "--state", &state];
    assert_eq!(program.run(&args).exit, 0);
    let text = std::fs::read_to_string(&state).unwrap();
    let mut kept: serde_json::Value = serde_json::from_str(&text).unwrap();
    kept["state"]["models"] = serde_json::json!([]);
    std::fs::write(&state, kept.to_string()).unwrap();
    let again = [&args[..], &["--start-again"]].concat();
    let ended = program.run(&again);
    assert_eq!(ended.exit, 2, "{ended:?}");
    assert!(ended.err.contains("spends the image quota twice"), "{}", ended.err);
    sim.journal().of("openmodel.start").times(1);
}

fn path_text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flight_becomes_a_model_in_the_list() {
    let sim = Sim::start().await.unwrap();
    let task = flown(&sim).await;
    let program = Program::of(&sim);
    let ended = program.run(&order(&task, &[]));
    assert_eq!(ended.exit, 0, "{ended:?}");
    let ordered = ended.json();
    assert_eq!((&ordered["name"], &ordered["listed"]), (&"Reef".into(), &serde_json::Value::Null));
    assert!(ended.err.contains("accepted; not yet built"), "{}", ended.err);
    let id = ordered["model_id"].to_string();
    let ended = program.run(&["model", "wait", &id, "--for", "1s"]);
    assert_eq!(ended.exit, 9, "{ended:?}");
    assert!(ended.err.contains("does not tell which"), "{}", ended.err);

    let ended = program.run(&order(&task, &[]));
    assert_eq!((ended.exit, &ended.json()["was_ordered_before"]), (0, &true.into()));
    sim.journal().of("model.create").times(1);

    sim.advance(Duration::from_secs(3600));
    let ended = program.run(&["model", "wait", &id, "--for", "1s"]);
    assert_eq!((ended.exit, &ended.json()[0]["name"]), (0, &"Reef".into()), "{ended:?}");
    let ended = program.run(&["model", "get", "--model-id", &id]);
    assert_eq!(ended.exit, 0, "the operations of the group are there: {ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_order_is_8_and_found_by_its_name() {
    let sim = Sim::start().await.unwrap();
    let task = flown(&sim).await;
    let program = Program::of(&sim);
    sim.fail_next("model.create", FaultKind::reset().after_effect()).unwrap();
    let ended = program.run(&order(&task, &[]));
    assert_eq!(ended.exit, 8, "{ended:?}");
    assert!(ended.err.contains("model wait --name \"Reef\""), "{}", ended.err);
    sim.advance(Duration::from_secs(3600));
    let ended = program.run(&["model", "wait", "--name", "Reef", "--for", "1s"]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    let listed = ended.json()[0]["model_id"].clone();
    let ended = program.run(&order(&task, &[]));
    assert_eq!((ended.exit, &ended.json()["model_id"]), (0, &listed), "{ended:?}");
    sim.journal().of("model.create").times(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flight_without_media_is_refused() {
    let sim = Sim::start().await.unwrap();
    let program = Program::of(&sim);
    let none = "5b1f0c5e-0000-4000-8000-000000000000";
    let ended = program.run(&order(none, &[]));
    assert_eq!(ended.exit, 5, "{ended:?}");
    sim.journal().none("model.create");
}
