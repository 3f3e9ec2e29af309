//! The tasks of many docks.

use std::time::Duration;

use flighthub_api::v1::{DockSn, TaskStatus, TaskType};
use flighthub_sim::{Fault, FaultKind, When};
use flighthub_workflows::mission::{self, ListSettings};
use flighthub_workflows::{ErrorKind, Run};
use serde_json::json;

use super::{Field, field, plan, timed};
use crate::support::DOCK;

const EAST: &str = "7CTXN0000B00B2";

fn wanted(field: &Field, days: u64) -> ListSettings {
    let day = Duration::from_secs(24 * 3600);
    let from = field.sim().now().saturating_sub(day * u32::try_from(days).unwrap());
    ListSettings::new([DockSn::new(DOCK), DockSn::new(EAST)], from, field.after(24 * 3600))
}

async fn history(field: &Field) {
    field.started(timed(field.after(7200))).await;
    field.started(plan()).await;
    field.sim().advance(Duration::from_secs(1800));
    field.deed(json!({"do": "manual-flight", "dock": EAST, "minutes": 5}));
}

#[tokio::test]
async fn docks_and_windows_are_merged_and_sorted() {
    let field = field().await;
    history(&field).await;
    let list =
        mission::list(&field.project.read_only(), &field.run(), &wanted(&field, 69)).await.unwrap();
    assert!(list.is_complete() && list.failed.is_empty());
    let begins: Vec<_> = list.tasks.iter().map(|task| task.begin_at).collect();
    assert!(begins.is_sorted_by(|a, b| a >= b), "{begins:?}");
    assert!(list.tasks.iter().any(|task| task.sn.as_str() == EAST));
    let mut uuids: Vec<_> = list.tasks.iter().map(|task| task.uuid.as_str()).collect();
    let all = uuids.len();
    uuids.sort_unstable();
    uuids.dedup();
    assert_eq!(uuids.len(), all);
    assert!(all >= 3, "{all}");
}

#[tokio::test]
async fn a_long_time_is_cut_into_windows() {
    let field = field().await;
    let before = field.sim().journal().last_number();
    mission::list(&field.project, &field.run(), &wanted(&field, 69)).await.unwrap();
    let calls = field.sim().journal().of("task.list").since(before);
    calls.times(6);
    // Whole seconds, not milliseconds.
    assert!(calls.entries().iter().all(|entry| entry.query().contains("begin_at=17")), "{calls:?}");
}

#[tokio::test]
async fn filters_count() {
    let field = field().await;
    history(&field).await;
    let list = async |change: fn(&mut ListSettings)| {
        let mut settings = wanted(&field, 5);
        change(&mut settings);
        mission::list(&field.project, &field.run(), &settings).await.unwrap().tasks
    };
    let waiting = list(|settings| settings.statuses = vec![TaskStatus::Waiting]).await;
    assert_eq!(waiting.len(), 1);
    let timed = list(|settings| settings.types = vec![TaskType::Timed]).await;
    assert_eq!(timed.len(), 1);
    let by_hand = list(|settings| settings.types = vec!["manual".parse().unwrap()]).await;
    assert!(by_hand.iter().all(|task| task.wayline_uuid.is_none()) && !by_hand.is_empty());
    let of_route = list(|settings| settings.route = Some(crate::support::ROUTE.into())).await;
    assert!(of_route.len() >= 2 && of_route.iter().all(|task| task.wayline_uuid.is_some()));
}

#[tokio::test]
async fn a_dock_that_fails_does_not_cost_the_rest() {
    let field = field().await;
    history(&field).await;
    let mut settings = wanted(&field, 1);
    settings.concurrency = 1;
    field.sim().fail_next("task.list", FaultKind::http_error(500)).unwrap();
    let list = mission::list(&field.project, &field.run(), &settings).await.unwrap();
    assert_eq!(list.failed.len(), 1);
    assert!(!list.is_complete() && !list.tasks.is_empty());
    assert!(list.failed[0].reason.contains("500"), "{:?}", list.failed);
    // When nothing can be read, it is an error.
    let fault = Fault::new("task.list", FaultKind::http_error(500)).when(When::Always);
    field.sim().inject(fault).unwrap();
    let error = mission::list(&field.project, &field.run(), &settings).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
}

#[tokio::test]
async fn odd_rows_are_kept_and_doubled_ones_are_one() {
    let field = field().await;
    history(&field).await;
    let plain = mission::list(&field.project, &field.run(), &wanted(&field, 1)).await.unwrap();
    for (quirk, odd) in [("doubled-rows", false), ("odd-rows", true)] {
        let fault = Fault::new("task.list", FaultKind::quirk(quirk)).when(When::Next(2));
        field.sim().inject(fault).unwrap();
        let list = mission::list(&field.project, &field.run(), &wanted(&field, 1)).await.unwrap();
        assert_eq!(list.tasks.len(), plain.tasks.len(), "{quirk}");
        assert_eq!(!list.odd.is_empty(), odd, "{quirk}");
    }
}

#[tokio::test]
async fn docks_without_tasks_are_named_because_rights_look_the_same() {
    let field = field().await;
    let spare = DockSn::new("7CTXN0000B00C3");
    let settings = ListSettings::new([spare.clone()], field.sim().now(), field.after(60));
    let (run, mut events) = Run::with_events();
    let list = mission::list(&field.project, &run, &settings).await.unwrap();
    drop(run);
    assert_eq!(list.null_docks, [spare]);
    assert!(events.next().await.is_some());
    assert!(events.next().await.is_none());
}
