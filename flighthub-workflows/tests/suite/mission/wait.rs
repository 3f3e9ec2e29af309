//! Following a task to its end.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use flighthub_api::Project;
use flighthub_api::v1::{
    DeviceCommand, FlightCommand, TaskGet, TaskSchedule, TaskSetStatus, TaskStatus,
    TaskStatusChange, TaskUuid, TimedSchedule,
};
use flighthub_sim::{Fault, FaultKind, RateLimit, Sim, When};
use flighthub_workflows::mission::{
    self, Aircraft, End, Flying, Launch, MediaEnd, WaitEvent, WaitSettings, Waited,
};
use flighthub_workflows::{ErrorKind, Run};
use serde_json::json;

use super::{Field, field, field_of, plan, scenario, timed};
use crate::support::{DOCK, DRONE};

async fn waited(field: &Field, task: &TaskUuid, seconds: u64) -> (Waited, Vec<WaitEvent>) {
    waited_by(field, &field.project, task, seconds).await
}

async fn waited_by(
    field: &Field,
    project: &Project,
    task: &TaskUuid,
    seconds: u64,
) -> (Waited, Vec<WaitEvent>) {
    let (run, mut events) = Run::with_events();
    let run = run.with_clock(field.bench.clock());
    let settings = WaitSettings::until(field.after(seconds));
    let waited = mission::wait(&project.read_only(), &run, task, &settings).await.unwrap();
    drop(run);
    let mut told = Vec::new();
    while let Some(event) = events.next().await {
        told.push(event);
    }
    (waited, told)
}

fn statuses(events: &[WaitEvent]) -> Vec<String> {
    let status = |event: &WaitEvent| match event {
        WaitEvent::Status { status, .. } => Some(status.as_str().to_owned()),
        _ => None,
    };
    events.iter().filter_map(status).collect()
}

#[tokio::test]
async fn a_flight_is_followed_to_its_success() {
    let field = field().await;
    let task = field.started(plan()).await;
    let (waited, events) = waited(&field, &task, 45 * 60).await;
    assert_eq!(waited.end, End::Succeeded, "{events:?}");
    assert_eq!(waited.aircraft, Aircraft::InDock);
    assert_eq!(statuses(&events), ["waiting", "executing", "success"]);
    let points: Vec<i32> = events
        .iter()
        .filter_map(|event| match event {
            WaitEvent::Waypoint { done, .. } => Some(*done),
            _ => None,
        })
        .collect();
    assert!(points.len() > 1 && points.is_sorted(), "{points:?}");
    assert!(waited.reads > 5 && waited.reads < 60, "{}", waited.reads);
    assert_eq!(serde_json::to_value(&waited).unwrap()["end"], "succeeded");
    // Reading only.
    field.sim().journal().writes().times(1);
}

#[tokio::test]
async fn media_are_waited_for_when_asked() {
    let field = field().await;
    let task = field.started(plan()).await;
    let settings = WaitSettings::until(field.after(45 * 60)).with_media();
    let (run, mut events) = Run::with_events();
    let run = run.with_clock(field.bench.clock());
    let waited = mission::wait(&field.project, &run, &task, &settings).await.unwrap();
    drop(run);
    assert_eq!((waited.end, waited.media), (End::Succeeded, Some(MediaEnd::Complete)));
    let mut last = None;
    while let Some(event) = events.next().await {
        if let WaitEvent::Media { expected, uploaded } = event {
            last = Some((expected, uploaded));
        }
    }
    let (expected, uploaded) = last.unwrap();
    assert_eq!(expected, uploaded);

    // With a deadline in between the flight is over and the files are not there.
    let task = field.started(plan()).await;
    while field.project.send(&TaskGet::new(&task)).await.unwrap().status != TaskStatus::Success {
        field.sim().advance(Duration::from_secs(1));
    }
    let settings = WaitSettings::until(field.after(1)).with_media();
    let waited = mission::wait(&field.project, &field.run(), &task, &settings).await.unwrap();
    assert_eq!((waited.end, waited.media), (End::Succeeded, Some(MediaEnd::Incomplete)));
}

#[tokio::test]
async fn a_deadline_in_the_air_says_so() {
    let field = field().await;
    let task = field.started(plan()).await;
    let (short, _) = waited(&field, &task, 90).await;
    let End::DeadlinePassed { last_status, flying } = &short.end else { panic!("{short:?}") };
    assert_eq!((last_status.as_ref(), *flying), (Some(&TaskStatus::Executing), Flying::Yes));
    assert_eq!(short.aircraft, Aircraft::OutsideDock);
    // The UUID alone is enough to go on.
    let (rest, _) = waited(&field, &task, 3600).await;
    assert_eq!(rest.end, End::Succeeded);
}

#[tokio::test]
async fn a_deadline_before_the_start_says_so() {
    let field = field().await;
    let task = field.started(timed(field.after(7200))).await;
    let (end, events) = waited(&field, &task, 600).await;
    let passed =
        End::DeadlinePassed { last_status: Some(TaskStatus::Waiting), flying: Flying::NotYet };
    assert_eq!((end.end, end.aircraft), (passed, Aircraft::InDock), "{events:?}");
    assert!(end.reads <= 5, "nothing changes, so little is asked: {}", end.reads);
    // A deadline that has passed already is one look.
    let (now, _) = waited(&field, &task, 0).await;
    assert_eq!(now.reads, 1);
}

#[tokio::test]
async fn the_start_of_a_timed_task_is_not_slept_through() {
    let field = field().await;
    let begin = field.after(7200);
    let task = field.started(timed(begin)).await;
    let (end, events) = waited(&field, &task, 3 * 3600).await;
    assert_eq!(end.end, End::Succeeded, "{events:?}");
    assert!(end.reads < 80, "{}", end.reads);
}

async fn ends_as(field: &Field, task: &TaskUuid, status: TaskStatus) {
    let (end, events) = waited(field, task, 2 * 3600).await;
    assert_eq!(end.end, End::Failed { status }, "{events:?}");
}

#[tokio::test]
async fn bad_ends_are_told_by_their_status() {
    // Above the ceiling: accepted, and not started.
    let ceiling = scenario("rth-ceiling").await;
    let task = ceiling.started(plan()).await;
    ends_as(&ceiling, &task, TaskStatus::StartingFailure).await;

    let low = scenario("low-battery").await;
    let launch = Launch::new(plan()).overriding(["aircraft-battery", "alerts"]);
    let task = low.launch(&launch).await.unwrap().outcome.task().unwrap().clone();
    ends_as(&low, &task, TaskStatus::StartingFailure).await;

    let missed = scenario("missed-window").await;
    let mut window = TimedSchedule::new(missed.after(120));
    window.latest_begin_at = Some(missed.after(600));
    let mut late = plan();
    late.schedule = TaskSchedule::Timed(window);
    let task = missed.started(late).await;
    ends_as(&missed, &task, TaskStatus::Timeout).await;
}

#[tokio::test]
async fn a_flight_that_is_called_home_ends_as_terminated() {
    let field = field().await;
    let task = field.started(plan()).await;
    field.sim().advance(Duration::from_secs(90));
    field.project.send(&DeviceCommand::new(DRONE, FlightCommand::ReturnHome)).await.unwrap();
    let (end, _) = waited(&field, &task, 3600).await;
    assert_eq!(end.end, End::Failed { status: TaskStatus::Terminated });
    assert_eq!(end.aircraft, Aircraft::InDock);
}

#[tokio::test]
async fn a_battery_that_runs_low_in_flight_ends_it_in_part() {
    let field = field().await;
    let task = field.started(plan()).await;
    field.sim().advance(Duration::from_secs(60));
    field.deed(json!({"do": "battery", "drone": DRONE, "percent": 16}));
    let (end, _) = waited(&field, &task, 3600).await;
    assert_eq!(end.end, End::PartiallyDone);
}

#[tokio::test]
async fn a_suspended_task_is_not_waited_for() {
    let field = field().await;
    let task = field.started(timed(field.after(7200))).await;
    let suspend = TaskSetStatus::new(&task, TaskStatusChange::Suspended);
    field.project.send(&suspend).await.unwrap();
    assert_eq!(waited(&field, &task, 3600).await.0.end, End::Suspended);
}

#[tokio::test]
async fn statuses_beyond_the_documented_ones_are_followed() {
    let field = field().await;
    field.deed(json!({"do": "extra-statuses", "shown": true}));
    let task = field.started(plan()).await;
    let (end, events) = waited(&field, &task, 3600).await;
    assert_eq!(end.end, End::Succeeded);
    let statuses = statuses(&events);
    assert!(statuses.contains(&"preparing".to_owned()), "{statuses:?}");
}

#[tokio::test]
async fn an_unknown_status_is_reported_and_is_no_end() {
    let field = field().await;
    let task = field.started(plan()).await;
    field.sim().advance(Duration::from_secs(60));
    let times = AtomicU32::new(3);
    let odd = move |path: &str, body: String| {
        let is_detail = !path.ends_with("/list") && body.contains("executing");
        if !is_detail || times.load(Ordering::SeqCst) == 0 {
            return body;
        }
        times.fetch_sub(1, Ordering::SeqCst);
        body.replace("\"executing\"", "\"hovering_for_tea\"")
    };
    let (end, events) = waited_by(&field, &field.edited(odd), &task, 3600).await;
    assert_eq!(end.end, End::Succeeded);
    let unknown = |event: &&WaitEvent| matches!(event, WaitEvent::Status { is_known: false, .. });
    assert_eq!(events.iter().filter(unknown).count(), 1, "{events:?}");

    // With nothing but unknown statuses the deadline ends it, and the dock tells where the aircraft is.
    field.sim().advance(Duration::from_secs(3600));
    let task = field.started(plan()).await;
    field.sim().advance(Duration::from_secs(60));
    let odd = |_: &str, body: String| body.replace("\"executing\"", "\"hovering_for_tea\"");
    let (end, _) = waited_by(&field, &field.edited(odd), &task, 60).await;
    let End::DeadlinePassed { last_status: Some(status), flying } = end.end else {
        panic!("{end:?}")
    };
    assert!(!status.is_known());
    assert_eq!((flying, end.aircraft), (Flying::Yes, Aircraft::OutsideDock));
}

#[tokio::test]
async fn reads_that_fail_are_survived() {
    for kind in [
        FaultKind::http_error(503),
        FaultKind::reset(),
        FaultKind::truncated_json(),
        FaultKind::refuse(219_021),
        FaultKind::refuse(200_500),
        FaultKind::html(),
    ] {
        let field = field().await;
        let task = field.started(plan()).await;
        field.sim().inject(Fault::new("task.get", kind.clone()).when(When::Next(4))).unwrap();
        let (end, events) = waited(&field, &task, 3600).await;
        assert_eq!((end.end, end.failed_reads), (End::Succeeded, 4), "{kind:?}");
        let failed = |event: &&WaitEvent| matches!(event, WaitEvent::ReadFailed { .. });
        assert_eq!(events.iter().filter(failed).count(), 4);
    }
}

#[tokio::test]
async fn without_any_answer_the_deadline_ends_it() {
    let field = field().await;
    let task = field.started(plan()).await;
    let fault = Fault::new("*", FaultKind::http_error(503)).when(When::Always);
    field.sim().inject(fault).unwrap();
    let (end, _) = waited(&field, &task, 300).await;
    let passed = End::DeadlinePassed { last_status: None, flying: Flying::Unknown };
    assert_eq!((end.end, end.aircraft, end.reads), (passed, Aircraft::Unknown, 0));
}

#[tokio::test]
async fn what_will_not_pass_is_an_error() {
    let field = field().await;
    let settings = WaitSettings::until(field.after(3600));
    let nothing = TaskUuid::new("00000000-0000-4000-8000-000000000000");
    let error = mission::wait(&field.project, &field.run(), &nothing, &settings).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    field.sim().journal().of("task.get").times(6);

    let task = field.started(plan()).await;
    field.deed(json!({"do": "rights", "key": "admin", "become": "revoked"}));
    let error = mission::wait(&field.project, &field.run(), &task, &settings).await.unwrap_err();
    assert!(error.api().unwrap().is_auth());
    assert!(error.to_string().contains("goes on"), "{error}");
}

#[tokio::test]
async fn a_rate_limit_is_respected() {
    let field = field().await;
    let task = field.started(plan()).await;
    field.sim().set_rate_limit(Some(RateLimit::new(5, 60.0)));
    let (end, events) = waited(&field, &task, 3600).await;
    assert_eq!(end.end, End::Succeeded, "{events:?}");
    assert!(end.failed_reads < 30, "{}", end.failed_reads);
    assert!(end.failed_reads > 0);
}

#[tokio::test]
async fn a_dock_that_loses_its_link_does_not_end_the_wait() {
    let sim = Sim::builder().seed(3).start().await.unwrap();
    let field = field_of(sim);
    let task = field.started(plan()).await;
    field.sim().advance(Duration::from_secs(60));
    field.deed(json!({"do": "disconnect", "sn": DOCK}));
    let (end, _) = waited(&field, &task, 3600).await;
    assert_eq!(end.aircraft, Aircraft::Unknown);
    assert!(matches!(end.end, End::Succeeded | End::PartiallyDone | End::Failed { .. }), "{end:?}");
}

#[tokio::test]
async fn a_wait_sees_the_flaky_network_through() {
    let field = scenario("flaky-network").await;
    let mut task = None;
    for _ in 0..20 {
        let wanted = Launch::new(plan()).with_id(mission::IntentId::new("flaky").unwrap());
        if let Ok(launched) = field.launch_patiently(&wanted).await {
            task = launched.outcome.task().cloned();
            if task.is_some() {
                break;
            }
        }
    }
    let (end, _) = waited(&field, &task.unwrap(), 3600).await;
    assert_eq!(end.end, End::Succeeded);
    assert!(end.failed_reads > 0);
    field.sim().journal().of("task.create").times(1);
}
