//! `flighthub route`.

use std::time::Duration;

use flighthub_api::v1::ProjectUuid;
use flighthub_sim::kmz::{Kmz, KmzWaypoint};
use flighthub_sim::{FaultKind, Sim};
use serde_json::{Value, json};

use crate::support::Program;

const FINISH: &str = "wayline.finish_upload";

/// A route to the east, so many waypoints and degrees.
fn route(count: u32, step: f64) -> Vec<u8> {
    let mut route = Kmz::new("0-91-1");
    route.waypoints = (0..count)
        .map(|number| KmzWaypoint::new(0.021, -25.3 + f64::from(number) * step, 60.0))
        .collect();
    route.to_bytes().unwrap()
}

fn with_file(program: &Program, name: &str, bytes: &[u8]) -> String {
    let path = program.home.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

/// How many routes of a name there are.
fn made(program: &Program, name: &str) -> usize {
    let ended = program.run(&["route", "list", "--name", name]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    let json = ended.json();
    json.as_array().unwrap().iter().filter(|row| row["name"] == name).count()
}

#[test]
fn files_are_looked_at_without_an_account() {
    let program = Program::new();
    let good = with_file(&program, "good.kmz", &route(4, 1e-4));
    let single = with_file(&program, "single.kmz", &route(1, 1e-4));
    let far = with_file(&program, "far.kmz", &route(2, 0.2));

    let ended = program.run(&["route", "lint", &good]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    let report = &ended.json()[0];
    assert_eq!((&report["errors"], &report["findings"]), (&json!(0), &json!([])));
    assert_eq!(report["route"]["device_model_key"], "0-91-1");

    let ended = program.run(&["route", "lint", &good, &single, &far, "-o", "table"]);
    assert_eq!(ended.exit, 2, "{ended:?}");
    let expected = "good.kmz: sound; 4 waypoints, 0.03 km, aircraft 0-91-1, payload 81\n";
    assert!(ended.out.contains(expected), "{}", ended.out);
    assert!(
        ended.out.contains(
            "error[one-waypoint]: wpmz/waylines.wpml:13:3 <Folder>: has a single waypoint\n  next: Add a second waypoint.\n"
        ),
        "{}",
        ended.out
    );
    assert!(
        ended.out.contains("far.kmz: 0 errors, 1 warning, 0 hints; 2 waypoints"),
        "{}",
        ended.out
    );

    assert_eq!(program.run(&["route", "lint", &far]).exit, 0);
    assert_eq!(program.run(&["route", "lint", &far, "--deny-warnings"]).exit, 2);
    let ended = program.run(&["route", "lint", &single, "--jq", ".[].findings[].rule"]);
    assert_eq!(ended.out, "\"one-waypoint\"\n");
    assert_eq!(program.run(&["route", "lint", "none.kmz"]).exit, 1);
    assert_eq!(program.run(&["route", "lint"]).exit, 2);
    let rules = program.run(&["route", "lint", "--rules"]);
    assert!(rules.json().as_array().unwrap().len() > 50, "{rules:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_goes_up_and_comes_back() {
    let sim = Sim::start().await.unwrap();
    let program = Program::of(&sim);
    let bytes = route(4, 1e-4);
    let file = with_file(&program, "north.kmz", &bytes);
    let ended = program.run(&["route", "upload", &file]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    let up = ended.json();
    assert_eq!(
        (&up["name"], &up["listed"], &up["known_by"]),
        (&json!("north"), &json!(true), &json!("reply"))
    );
    sim.journal().of(FINISH).times(1);

    let ended = program.run(&["route", "upload", &file]);
    assert_eq!(ended.exit, 2, "{ended:?}");
    assert!(ended.err.contains("there is a route `north` already"), "{}", ended.err);
    assert!(ended.err.contains("next: Give the new route another name (--name)"), "{}", ended.err);
    sim.journal().of(FINISH).times(1);

    let ended = program.run(&["route", "list", "-o", "table"]);
    let row = ended.out.lines().find(|line| line.starts_with("north ")).unwrap();
    assert!(row.contains(up["id"].as_str().unwrap()) && row.contains("0-91-1"), "{row}");

    std::fs::remove_file(&file).unwrap();
    let ended = program.run(&["route", "download", "north"]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    assert_eq!(std::fs::read(&file).unwrap(), bytes, "in the working folder, under its name");
    let ended = program.run(&["route", "download", "north"]);
    assert_eq!(ended.exit, 1, "{ended:?}");
    assert!(ended.err.contains("north.kmz"), "{}", ended.err);
    assert_eq!(program.run(&["route", "download", "north", "--replace"]).exit, 0);
    assert_eq!(program.run(&["route", "download", "west"]).exit, 5);
    let everything =
        format!("{:?}", program.run(&["route", "download", "north", "--to", "x.kmz", "-vv"]));
    assert!(!everything.contains("X-Amz") && !everything.contains(sim.token()), "{everything}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_never_leaves() {
    let sim = Sim::start().await.unwrap();
    let program = Program::of(&sim);
    let single = with_file(&program, "single.kmz", &route(1, 1e-4));
    let ended = program.run(&["route", "upload", &single]);
    assert_eq!(ended.exit, 2, "{ended:?}");
    assert!(ended.err.contains("error[one-waypoint]"), "{}", ended.err);
    let far = with_file(&program, "far.kmz", &route(2, 0.2));
    assert_eq!(program.run(&["route", "upload", &far, "--deny-warnings"]).exit, 2);
    assert_eq!(program.run(&["route", "upload", &far, "--read-only"]).exit, 2);
    assert_eq!(program.run(&["route", "upload", &far, "--name", "a/b"]).exit, 2);
    assert!(sim.journal().is_empty());
    let ended = program.run(&["route", "upload", &far]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    assert!(ended.err.contains("warning[far-apart]"), "{}", ended.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_8_and_never_sent_again() {
    let sim = Sim::start().await.unwrap();
    let program = Program::of(&sim);
    let file = with_file(&program, "north.kmz", &route(4, 1e-4));
    sim.fail_next(FINISH, FaultKind::reset()).unwrap();
    let upload = ["route", "upload", &file, "--confirm-within", "1s"];
    let ended = program.run(&upload);
    assert_eq!(ended.exit, 8, "{ended:?}");
    assert!(ended.err.contains("whether there is a route now is not known"), "{}", ended.err);
    let ended = program.run(&upload);
    assert_eq!(ended.exit, 8, "{ended:?}");
    assert!(ended.err.contains("--forget-earlier"), "{}", ended.err);
    sim.journal().of(FINISH).times(1);
    let ended = program.run(&[&upload[..], &["--forget-earlier"]].concat());
    assert_eq!(ended.exit, 0, "{ended:?}");
    sim.journal().of(FINISH).times(2);
    assert_eq!(made(&program, "north"), 1);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_upload_makes_no_second_route() {
    let sim = Sim::start().await.unwrap();
    let program = Program::of(&sim);
    let file = with_file(&program, "north.kmz", &route(4, 1e-4));
    sim.fail_next(FINISH, FaultKind::silence().after_effect()).unwrap();
    let upload = ["route", "upload", file.as_str()];
    let mut child = program.command(&upload).spawn().unwrap();
    while sim.journal().of(FINISH).is_empty() {
        assert!(child.try_wait().unwrap().is_none());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // SIGKILL: nothing of it runs any more.
    child.kill().unwrap();
    child.wait().unwrap();
    let ended = program.run(&upload);
    assert_eq!(ended.exit, 0, "{ended:?}");
    let route = ended.json();
    assert_eq!((&route["earlier"], &route["known_by"]), (&json!(true), &json!("object_key")));
    sim.journal().of(FINISH).times(1);
    assert_eq!(made(&program, "north"), 1);
}

#[test]
fn the_request_is_shown_without_a_socket() {
    let program = Program::new();
    let file = with_file(&program, "north.kmz", &route(4, 1e-4));
    let ended = program.run(&["route", "upload", &file, "--sim", "--dry-run", "-o", "json"]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    assert!(ended.out.contains("/openapi/v0.1/wayline/finish-upload"), "{ended:?}");
    assert!(ended.out.contains("\"north\""), "{ended:?}");
    let single = with_file(&program, "single.kmz", &route(1, 1e-4));
    assert_eq!(program.run(&["route", "upload", &single, "--sim", "--dry-run"]).exit, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_the_service_cannot_steer_a_terminal_or_leave_the_folder() {
    let sim = Sim::start().await.unwrap();
    let program = Program::of(&sim);
    let project = ProjectUuid::new(sim.project());
    let kmz = Kmz::read(&route(3, 1e-4)).unwrap();
    let id = sim
        .with_world(|world| world.add_kmz(&project, "..\\x\u{1b}[31m", &kmz).unwrap().to_string());
    let ended = program.run(&["route", "list", "-o", "table"]);
    assert!(!ended.out.contains('\u{1b}'), "{:?}", ended.out);
    let ended = program.run(&["route", "download", &id]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    let path = ended.json()["path"].as_str().map(str::to_owned).unwrap();
    assert_eq!(path, "./_._x_[31m.kmz");
    assert!(program.home.path().join(path).is_file());
}

#[cfg(feature = "picture")]
#[tokio::test(flavor = "multi_thread")]
async fn a_route_is_drawn_from_a_file_and_from_the_project() {
    let sim = Sim::start().await.unwrap();
    let program = Program::of(&sim);
    let file = with_file(&program, "north.kmz", &route(5, 1e-3));
    let ended = program.run(&["route", "draw", &file, "--to", "north.svg"]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    assert_eq!(ended.json()["waypoints"], 5);
    let svg = std::fs::read_to_string(program.home.path().join("north.svg")).unwrap();
    assert!(svg.contains("<svg") && svg.contains("north") && svg.contains("5 waypoints"));
    assert!(sim.journal().is_empty(), "a file needs no service");
    assert_eq!(program.run(&["route", "draw", &file, "--to", "north.svg"]).exit, 2);
    assert_eq!(program.run(&["route", "draw", &file, "--to", "north.txt"]).exit, 2);
    assert_eq!(program.run(&["route", "draw", "none.kmz", "--to", "none.svg"]).exit, 2);

    let ended =
        program.run(&["route", "draw", "north-fence", "--to", "fence.png", "--size", "800x600"]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    assert_eq!(
        ended.json(),
        json!({"name": "north-fence", "path": "fence.png", "waypoints": 12, "size": "800x600"})
    );
    let png = std::fs::read(program.home.path().join("fence.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
    let broken = with_file(&program, "broken.kmz", b"<kml/>");
    let ended = program.run(&["route", "draw", &broken, "--to", "broken.svg"]);
    assert_eq!(ended.exit, 2, "{ended:?}");
    assert!(ended.err.contains("route lint"), "{}", ended.err);
}

#[test]
fn everything_can_be_tried_without_an_account() {
    let program = Program::new();
    let file = with_file(&program, "north.kmz", &route(4, 1e-4));
    let ended = program.run(&["route", "upload", &file, "--sim"]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    let ended = program.run(&["route", "download", "north-fence", "--sim"]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    let lint = program.run(&["route", "lint", "north-fence.kmz"]);
    assert_eq!(lint.json()[0]["findings"], Value::Array(Vec::new()));
}
