//! `flighthub annotate`.

use flighthub_sim::{FaultKind, Sim};
use serde_json::json;

use crate::support::Program;

const FENCE: &str = r#"{"type":"FeatureCollection","features":[
  {"type":"Feature","properties":{"name":"Fence"},"geometry":{"type":"Polygon","coordinates":[[[-25.3,0.02],[-25.29,0.02],[-25.29,0.03],[-25.3,0.03]]]}},
  {"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[-25.3,0.02]}}]}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_drawn_once_however_often_it_is_run() {
    let sim = Sim::start().await.unwrap();
    let program = Program::of(&sim);
    let file = program.file("fence.geojson", FENCE);
    let ended = program.run(&["annotate", &file]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    assert_eq!(ended.json(), json!({"drawn": 2, "skipped": 0, "refused": []}));
    assert!(ended.err.contains("nothing deletes them again"), "{}", ended.err);
    let ended = program.run(&["annotate", &file]);
    assert_eq!(ended.json(), json!({"drawn": 0, "skipped": 2, "refused": []}));
    let names = sim.with_world(|world| {
        world.annotations().iter().map(|one| one.name.clone()).collect::<Vec<_>>()
    });
    assert_eq!(names, ["Fence", "fence 2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_8_until_people_have_looked() {
    let sim = Sim::start().await.unwrap();
    let program = Program::of(&sim);
    let file = program.file("fence.geojson", FENCE);
    sim.fail_next("annotation.create", FaultKind::reset().after_effect()).unwrap();
    let ended = program.run(&["annotate", &file]);
    assert_eq!(ended.exit, 8, "{ended:?}");
    assert!(ended.err.contains("--if-unknown taken"), "{}", ended.err);
    assert_eq!(program.run(&["annotate", &file]).exit, 8);
    sim.journal().of("annotation.create").times(1);
    let ended = program.run(&["annotate", &file, "--if-unknown", "taken"]);
    assert_eq!((ended.exit, &ended.json()["drawn"]), (0, &json!(1)), "{ended:?}");
    sim.journal().of("annotation.create").times(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_of_some_elements_are_a_part() {
    let sim = Sim::start().await.unwrap();
    let program = Program::of(&sim);
    let file = program.file("fence.geojson", FENCE);
    sim.fail_next("annotation.create", FaultKind::refuse(200_101)).unwrap();
    let ended = program.run(&["annotate", &file]);
    assert_eq!(ended.exit, 11, "{ended:?}");
    assert_eq!(ended.json()["refused"][0]["name"], "Fence");
}

#[test]
fn all_mistakes_are_named_and_nothing_is_connected_to() {
    let program = Program::new();
    let wrong = r#"{"type":"LineString","coordinates":[[0,95],[0,0],["x",0]]}"#;
    let file = program.file("wrong.geojson", wrong);
    let ended = program.run(&["annotate", &file]);
    assert_eq!(ended.exit, 2, "{ended:?}");
    assert!(
        ended.err.contains("/coordinates/0:") && ended.err.contains("/coordinates/2:"),
        "{}",
        ended.err
    );
    let ended = program.run(&["annotate", &file, "--check", "-o", "json"]);
    assert_eq!(ended.exit, 2, "{ended:?}");
    assert_eq!(ended.json()["remarks"].as_array().unwrap().len(), 2);
    assert_eq!(program.run(&["annotate", "none.geojson", "--check"]).exit, 2);
}

#[test]
fn a_plan_and_its_requests_are_shown_without_an_account() {
    let program = Program::new();
    let file = program.file("fence.geojson", FENCE);
    let ended = program.run(&["annotate", &file, "--check", "-o", "json"]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    assert_eq!(ended.json()["elements"][1]["name"], "fence 2");
    let ended =
        program.run_with_input(&["annotate", "-", "--sim", "--dry-run", "--color", "red"], FENCE);
    assert_eq!(ended.exit, 0, "{ended:?}");
    let requests = ended.json();
    assert_eq!(requests[0]["path"], "/openapi/v0.1/map/element");
    assert_eq!(requests[1]["body"]["resource"]["content"]["properties"]["color"], "#E23C39");
    let near = program.run(&["annotate", &file, "--check", "--near", "-25.3,0.02"]);
    assert_eq!(near.exit, 2, "swapped: {near:?}");
}
