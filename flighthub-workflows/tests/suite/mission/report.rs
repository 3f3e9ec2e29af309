//! What a flight was.

use std::time::Duration;

use flighthub_api::v1::{TaskStatus, TaskUuid};
use flighthub_sim::FaultKind;
use flighthub_workflows::mission::{self, End, Source, WaitSettings};

use super::{Field, field, plan, scenario};
use crate::support::{DOCK, DRONE};

async fn flown(field: &Field) -> TaskUuid {
    let task = field.started(plan()).await;
    let settings = WaitSettings::until(field.after(2 * 3600)).with_media();
    let waited = mission::wait(&field.project, &field.run(), &task, &settings).await.unwrap();
    assert_eq!(waited.end, End::Succeeded);
    task
}

#[tokio::test]
async fn a_flight_is_told_whole() {
    let field = field().await;
    let task = flown(&field).await;
    let report = mission::report(&field.project.read_only(), &task).await.unwrap();
    assert!(report.missing.is_empty(), "{:?}", report.missing);
    assert_eq!(report.status, TaskStatus::Success);
    assert_eq!(
        (report.dock.as_str(), report.landing_dock.as_ref().unwrap().as_str()),
        (DOCK, DOCK)
    );
    assert_eq!(report.aircraft.as_deref(), Some(DRONE));
    let actual = report.actual.unwrap();
    assert!(actual.begin_at < actual.end_at && actual.begin_at > report.planned.begin_at);
    assert_eq!(report.actual_source, Some(Source::List));
    let distance = report.distance_m.unwrap();
    assert!((1000.0..2000.0).contains(&distance), "{distance}");
    assert_eq!(report.distance_source, Some(Source::Track));
    assert!((100..400).contains(&report.duration_s.unwrap()));
    assert!(report.highest_point_m.unwrap() > 50.0);
    let waypoints = report.waypoints.unwrap();
    assert_eq!(Some(waypoints.done), waypoints.total);
    let media = report.media.as_ref().unwrap();
    assert!(media.expected > Some(0) && media.expected == media.uploaded);
    assert_eq!(media.listed, usize::try_from(media.expected.unwrap()).ok());
    assert_eq!(media.upload_status.as_deref(), Some("upload_finished"));
    assert!(media.folder_id.is_some());
    assert_eq!(report.operations.len(), 1);
    let json = serde_json::to_value(&report).unwrap();
    assert!(json["actual"]["begin_at"].as_str().unwrap().ends_with('Z'), "{json}");
    assert_eq!(json["distance_source"], "track");
    field.sim().journal().writes().times(1);
}

#[tokio::test]
async fn a_flight_that_did_not_start_has_reasons_for_what_is_missing() {
    let field = scenario("rth-ceiling").await;
    let task = field.started(plan()).await;
    field.sim().advance(Duration::from_secs(120));
    let report = mission::report(&field.project, &task).await.unwrap();
    assert_eq!(report.status, TaskStatus::StartingFailure);
    assert!(report.distance_m.is_none() && report.highest_point_m.is_none());
    for field in ["distance_m", "highest_point_m", "track_points", "actual", "media.expected"] {
        assert!(report.missing.contains_key(field), "{field}: {:?}", report.missing);
    }
    assert!(report.missing["distance_m"].contains("219039"), "{:?}", report.missing);
    let trouble = &report.exceptions[0];
    assert_eq!(trouble.code, Some(219_035));
    assert!(
        trouble.meaning.is_some() && trouble.message.is_some() && trouble.happened_at.is_some()
    );
}

#[tokio::test]
async fn in_the_air_the_distance_is_computed_and_said_to_be() {
    let field = field().await;
    let task = field.started(plan()).await;
    field.sim().advance(Duration::from_secs(120));
    let report = mission::report(&field.project, &task).await.unwrap();
    assert_eq!(report.status, TaskStatus::Executing);
    assert_eq!(report.distance_source, Some(Source::Points));
    assert!(report.distance_m.unwrap() > 100.0);
    assert_eq!(report.duration_source, Some(Source::Points));
    assert_eq!(report.actual.unwrap().end_at, None);
}

#[tokio::test]
async fn computed_and_told_distances_agree() {
    let field = field().await;
    let task = flown(&field).await;
    let told = mission::report(&field.project, &task).await.unwrap();
    let track = field.project.send(&flighthub_api::v1::TaskTrack::new(&task)).await.unwrap();
    let points = track.track.unwrap().points;
    let flat: f64 = points
        .windows(2)
        .map(|pair| {
            let north = (pair[1].latitude - pair[0].latitude) * 111_195.0;
            let east = (pair[1].longitude - pair[0].longitude) * 111_195.0;
            north.hypot(east)
        })
        .sum();
    let distance = told.distance_m.unwrap();
    assert!((flat - distance).abs() < distance * 0.1, "{flat} {distance}");
}

#[tokio::test]
async fn a_track_without_heights_has_no_highest_point() {
    let field = field().await;
    let task = flown(&field).await;
    field.sim().fail_next("task.track", FaultKind::quirk("track-without-height")).unwrap();
    let report = mission::report(&field.project, &task).await.unwrap();
    assert_eq!(report.highest_point_m, None);
    assert!(report.missing["highest_point_m"].contains("height"));
    assert!(report.distance_m.is_some());
}

#[tokio::test]
async fn each_part_may_fail_and_the_rest_is_told() {
    let field = field().await;
    let task = flown(&field).await;
    for (operation, lost) in [
        ("task.list", &["waypoints", "operations", "exceptions", "landing_dock"][..]),
        ("task.track", &["distance_m", "highest_point_m", "track_points", "aircraft"]),
        ("task.media", &["media.listed"]),
    ] {
        field.sim().fail_next(operation, FaultKind::http_error(500)).unwrap();
        let report = mission::report(&field.project, &task).await.unwrap();
        let missing: Vec<&str> = report.missing.keys().copied().collect();
        let mut lost = lost.to_vec();
        lost.sort_unstable();
        assert_eq!(missing, lost, "{operation}");
        assert!(report.duration_s.is_some() && report.actual.is_some(), "{operation}");
    }
    field.sim().fail_next("task.get", FaultKind::refuse(219_021)).unwrap();
    assert!(mission::report(&field.project, &task).await.is_err());
}
