//! Annotations from GeoJSON against the simulator.

use flighthub_api::v1::ElementResource;
use flighthub_sim::{Deed, FaultKind, KeyProfile};
use flighthub_workflows::annotate::{
    AnnotateEvent, AnnotateSettings, DrawSettings, Plan, RemarkSeverity, WhenUnknown, draw, plan,
};
use flighthub_workflows::{ErrorKind, Run};
use serde_json::{Value, json};

use crate::support::{Bench, bench};

fn read(geojson: &Value) -> Plan {
    plan(&geojson.to_string(), &AnnotateSettings::new("site"))
}

/// A fence, a path of two parts and two posts.
fn site() -> Value {
    json!({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"name": "Fence", "description": "two metres high", "stroke": "#f00"}, "geometry": {
            "type": "Polygon", "coordinates": [[[-25.30, 0.02], [-25.30, 0.03], [-25.29, 0.03], [-25.29, 0.02]]]}},
        {"type": "Feature", "properties": {"name": "Path", "color": "green"}, "geometry": {
            "type": "MultiLineString", "coordinates": [[[-25.30, 0.02, 5], [-25.29, 0.02, 5]], [[-25.28, 0.02], [-25.27, 0.02]]]}},
        {"type": "Feature", "properties": null, "geometry": {
            "type": "GeometryCollection", "geometries": [
                {"type": "Point", "coordinates": [-25.3, 0.02]},
                {"type": "MultiPoint", "coordinates": [[-25.31, 0.02, 7.5]]}]}}]})
}

fn drawn_names(bench: &Bench) -> Vec<String> {
    bench.sim.with_world(|world| {
        world.annotations().iter().map(|annotation| annotation.name.clone()).collect()
    })
}

#[test]
fn a_file_becomes_elements() {
    let plan = read(&site());
    assert!(plan.is_sound(), "{:?}", plan.remarks);
    let rows: Vec<String> = plan
        .elements
        .iter()
        .map(|element| format!("{} {} {}", element.pointer, element.shape, element.operation.name))
        .collect();
    assert_eq!(
        rows,
        [
            "/features/0/geometry/coordinates polygon Fence",
            "/features/1/geometry/coordinates/0 line Path (1 of 2)",
            "/features/1/geometry/coordinates/1 line Path (2 of 2)",
            "/features/2/geometry/geometries/0/coordinates point site 4",
            "/features/2/geometry/geometries/1/coordinates/0 point site 5",
        ]
    );
    let requests = plan.requests().unwrap();
    assert_eq!(
        (requests[0].method, requests[0].path.as_str()),
        ("POST", "/openapi/v0.1/map/element")
    );
    assert_eq!(
        requests[0].body,
        json!({
            "name": "Fence",
            "desc": "two metres high",
            "resource": {"type": 2, "content": {
                "type": "Feature",
                "properties": {"color": "#FF0000"},
                "geometry": {"type": "Polygon", "coordinates": [[
                    [-25.29, 0.02], [-25.29, 0.03], [-25.30, 0.03], [-25.30, 0.02], [-25.29, 0.02]]]},
            }},
        })
    );
    assert_eq!(requests[1].body["resource"]["content"]["properties"]["color"], "#19BE6B");
    let notes: Vec<&str> = plan.remarks.iter().map(|remark| remark.pointer.as_str()).collect();
    assert_eq!(notes, ["/features/0/geometry/coordinates/0"; 2], "closed and turned");
}

#[test]
fn all_mistakes_are_named_with_their_places() {
    let plan = read(&json!({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"color": "pinkish"}, "geometry": {"type": "Point", "coordinates": [0, 91]}},
        {"type": "Feature", "properties": {}, "geometry": {"type": "LineString", "coordinates": [[0, 0], [0, 200], ["1", 1]]}},
        {"type": "Thing"},
        {"type": "Feature", "properties": 7, "geometry": null},
        {"type": "Feature", "properties": {"name": ["x"]}, "geometry": {"type": "Circle", "coordinates": []}},
        {"type": "Feature", "properties": null, "geometry": null}]}));
    assert!(!plan.is_sound());
    let errors: Vec<&str> = plan
        .remarks
        .iter()
        .filter(|remark| remark.severity == RemarkSeverity::Error)
        .map(|remark| remark.pointer.as_str())
        .collect();
    assert_eq!(
        errors,
        [
            "/features/0/properties/color",
            "/features/0/geometry/coordinates",
            "/features/1/geometry/coordinates/1",
            "/features/1/geometry/coordinates/2",
            "/features/2/type",
            "/features/3/properties",
            "/features/4/properties/name",
            "/features/4/geometry/type",
        ]
    );
}

#[test]
fn what_is_no_geojson_of_this_earth_is_refused() {
    for (text, says) in [
        ("", "no JSON"),
        ("[]", "has to be an object"),
        ("{}", "no type of GeoJSON"),
        (r#"{"type":"FeatureCollection"}"#, "no list of features"),
        (r#"{"type":"FeatureCollection","features":[]}"#, "nothing to draw"),
        (
            r#"{"type":"Point","coordinates":[500000,5000000],"crs":{"properties":{"name":"EPSG:32633"}}}"#,
            "EPSG:32633",
        ),
    ] {
        let plan = plan(text, &AnnotateSettings::new("site"));
        assert!(!plan.is_sound(), "{text}");
        assert!(plan.remarks.iter().any(|remark| remark.text.contains(says)), "{text}: {plan:?}");
    }
    let mut small = AnnotateSettings::new("site");
    small.most_elements = 3;
    let full = plan(&site().to_string(), &small);
    assert!(!full.is_sound() && full.elements.len() == 3, "{full:?}");
    small.most_bytes = 10;
    assert!(!plan(&site().to_string(), &small).is_sound());
    let deep = "[".repeat(100_000);
    assert!(!plan(&deep, &AnnotateSettings::new("site")).is_sound(), "and no stack overflow");
}

#[test]
fn swapped_coordinates_are_noticed_by_where_the_work_is() {
    let near = AnnotateSettings::new("site").with_near(0.02, -25.3);
    let swapped = json!({"type": "Point", "coordinates": [0.02, -25.3]}).to_string();
    assert!(plan(&swapped, &AnnotateSettings::new("site")).is_sound(), "possible in itself");
    let found = plan(&swapped, &near);
    assert!(found.remarks.iter().any(|remark| remark.text.contains("swapped")), "{found:?}");
    assert!(plan(&site().to_string(), &near).is_sound());
}

#[tokio::test]
async fn a_plan_is_drawn_once_however_often_it_is_run() {
    let bench = bench().await;
    let folder = tempfile::tempdir().unwrap();
    let settings = DrawSettings::new(folder.path().join("site.ledger.json"));
    let plan = read(&site());
    let (run, mut events) = Run::<AnnotateEvent>::with_events();
    let first = draw(&bench.project, &plan, &settings, &run).await.unwrap();
    assert_eq!((first.drawn, first.skipped, first.refused.len()), (5, 0, 0));
    assert!(matches!(
        events.try_next(),
        Some(AnnotateEvent::Drawn { id: Some(_), done: 1, of: 5, .. })
    ));
    let ring = bench.sim.with_world(|world| match &world.annotations()[0].resource {
        ElementResource::Polygon(polygon) => polygon.content.geometry.coordinates[0].clone(),
        other => panic!("{other:?}"),
    });
    assert_eq!(ring.first(), ring.last());
    let again = draw(&bench.project, &plan, &settings, &Run::quiet()).await.unwrap();
    assert_eq!((again.drawn, again.skipped), (0, 5));

    // One more of the same is one more; another order is none.
    let mut more = site();
    let features = more["features"].as_array_mut().unwrap();
    features.reverse();
    features.push(features[2].clone());
    let more = read(&more);
    // Elements without a name are called after their place in the file.
    let third = draw(&bench.project, &more, &settings, &Run::quiet()).await.unwrap();
    assert_eq!(third.drawn, 3, "two posts under new names, and a second fence");
    bench.sim.journal().of("annotation.create").times(8);
}

#[tokio::test]
async fn an_unsound_plan_draws_nothing() {
    let bench = bench().await;
    let folder = tempfile::tempdir().unwrap();
    let settings = DrawSettings::new(folder.path().join("ledger.json"));
    let plan = read(&json!({"type": "Point", "coordinates": [0, 91]}));
    let error = draw(&bench.project, &plan, &settings, &Run::quiet()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("/coordinates"), "{error}");
    bench.sim.journal().none("annotation.create");
}

#[tokio::test]
async fn an_unknown_outcome_stops_until_people_have_looked() {
    let bench = bench().await;
    let folder = tempfile::tempdir().unwrap();
    let settings = DrawSettings::new(folder.path().join("ledger.json"));
    let plan = read(&site());
    let lost = serde_json::from_value(json!({
        "on": "annotation.create", "when": {"nth": 2}, "kind": "reset", "effect": "after"
    }));
    bench.sim.inject(lost.unwrap()).unwrap();
    let error = draw(&bench.project, &plan, &settings, &Run::quiet()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Indeterminate);
    assert!(error.to_string().contains("Path (1 of 2)"), "{error}");
    assert!(error.help().contains("No call lists annotations"), "{}", error.help());
    bench.sim.journal().of("annotation.create").times(2);

    // A second run sends nothing by itself, a third one what it is told to.
    let error = draw(&bench.project, &plan, &settings, &Run::quiet()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Indeterminate);
    bench.sim.journal().of("annotation.create").times(2);
    let settings = settings.with_unknown(WhenUnknown::TakeAsDrawn);
    let drawn = draw(&bench.project, &plan, &settings, &Run::quiet()).await.unwrap();
    assert_eq!((drawn.drawn, drawn.skipped), (3, 2));
    assert_eq!(
        drawn_names(&bench),
        ["Fence", "Path (1 of 2)", "Path (2 of 2)", "site 4", "site 5"]
    );
}

#[tokio::test]
async fn a_run_that_is_killed_before_the_answer_leaves_a_trace() {
    let bench = bench().await;
    let folder = tempfile::tempdir().unwrap();
    let settings = DrawSettings::new(folder.path().join("ledger.json"));
    let plan = read(&site());
    bench.sim.fail_next("annotation.create", FaultKind::silence()).unwrap();
    let (project, doomed, doomed_settings) =
        (bench.project.clone(), plan.clone(), settings.clone());
    let running = tokio::spawn(async move {
        draw(&project, &doomed, &doomed_settings, &Run::quiet()).await.map(|_| ())
    });
    while bench.sim.journal().of("annotation.create").is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    running.abort();
    assert!(running.await.is_err());
    let error = draw(&bench.project, &plan, &settings, &Run::quiet()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Indeterminate);
    assert!(error.to_string().contains("Fence"), "{error}");
    let settings = settings.with_unknown(WhenUnknown::DrawAgain);
    let drawn = draw(&bench.project, &plan, &settings, &Run::quiet()).await.unwrap();
    assert_eq!((drawn.drawn, drawn.skipped), (5, 0));
    assert_eq!(drawn_names(&bench).len(), 5);
}

#[tokio::test]
async fn a_refused_element_does_not_stop_the_others_but_missing_rights_do() {
    let bench = bench().await;
    let folder = tempfile::tempdir().unwrap();
    let settings = DrawSettings::new(folder.path().join("ledger.json"));
    let plan = read(&site());
    bench.sim.fail_next("annotation.create", FaultKind::refuse(200_101)).unwrap();
    let drawn = draw(&bench.project, &plan, &settings, &Run::quiet()).await.unwrap();
    assert_eq!((drawn.drawn, drawn.refused.len()), (4, 1));
    assert_eq!(drawn.refused[0].pointer, "/features/0/geometry/coordinates");
    let drawn = draw(&bench.project, &plan, &settings, &Run::quiet()).await.unwrap();
    assert_eq!((drawn.drawn, drawn.skipped), (1, 4));

    let rights = Deed::Rights { key: KeyProfile::Admin, r#become: KeyProfile::Member };
    bench.sim.apply(&rights).unwrap();
    let other = DrawSettings::new(folder.path().join("other.json"));
    let before = bench.sim.journal().of("annotation.create").len();
    let error = draw(&bench.project, &plan, &other, &Run::quiet()).await.unwrap_err();
    assert!(error.api().unwrap().is_permission(), "{error}");
    bench.sim.journal().of("annotation.create").times(before + 1);
}

#[tokio::test]
async fn a_call_that_comes_too_often_waits_and_is_sent_again() {
    let bench = bench().await;
    let folder = tempfile::tempdir().unwrap();
    let settings = DrawSettings::new(folder.path().join("ledger.json"));
    bench.sim.fail_next("annotation.create", FaultKind::refuse(210_429)).unwrap();
    let (run, mut events) = Run::<AnnotateEvent>::with_events();
    let run = run.with_clock(bench.clock());
    let drawn = draw(&bench.project, &read(&site()), &settings, &run).await.unwrap();
    assert_eq!((drawn.drawn, drawn.refused.len()), (5, 0));
    assert!(matches!(events.try_next(), Some(AnnotateEvent::Waiting { seconds: 5 })));
    assert_eq!(drawn_names(&bench).len(), 5, "a refusal for being too often had no effect");
}
