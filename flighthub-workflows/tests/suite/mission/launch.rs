//! One launch is one task, whatever becomes of the answer.

use std::time::Duration;

use flighthub_api::Timestamp;
use flighthub_api::v1::{
    RecurringSchedule, RecurringScheduleArgs, RepeatOption, RepeatType, TaskGet, TaskStatus,
};
use flighthub_sim::{Fault, FaultKind, When};
use flighthub_workflows::mission::{
    self, IntentId, Launch, LaunchEvent, Outcome, Patience, pending, reconcile, settle,
};
use flighthub_workflows::{ErrorKind, Run};
use serde_json::json;

use super::{Field, field, impatient, plan, scenario, timed};
use crate::support::DRONE;

pub(crate) fn recurring(first: Timestamp, end: Timestamp) -> RecurringSchedule {
    RecurringSchedule::new(RecurringScheduleArgs {
        begin_at: first,
        end_at: end,
        repeat_type: RepeatType::Daily,
        repeat_option: RepeatOption::new(1),
        recurring_task_start_time_list: vec![first],
    })
}

#[tokio::test]
async fn an_accepted_launch_is_on_disk_and_not_flown() {
    let field = field().await;
    let (run, mut events) = Run::<LaunchEvent>::with_events();
    let run = run.with_clock(field.bench.clock());
    let wanted = Launch::new(plan());
    let checked = field.check(&wanted.task).await;
    let launched = mission::launch(&field.project, &run, field.folder.path(), &wanted, &checked)
        .await
        .unwrap();
    drop(run);
    let Outcome::Accepted { task_uuid } = &launched.outcome else { panic!("{launched:?}") };
    assert!(launched.was_sent && launched.not_written.is_none() && launched.file.exists());
    assert!(launched.name.starts_with("Night round fh-") && launched.name.len() == 23);
    assert_eq!(field.states(), ["sending", "accepted"]);
    field
        .sim()
        .journal()
        .of("task.create")
        .times(1)
        .with_body("name", launched.name.as_str())
        .times(1);
    let task = field.project.send(&TaskGet::new(task_uuid)).await.unwrap();
    assert_eq!((task.status, task.name), (TaskStatus::Waiting, launched.name.clone()));
    assert!(matches!(events.next().await, Some(LaunchEvent::Sending { .. })));
    let end = events.next().await;
    assert!(
        matches!(end, Some(LaunchEvent::Ended { outcome: Outcome::Accepted { .. } })),
        "{end:?}"
    );
    // What programs read.
    let json = serde_json::to_value(&launched).unwrap();
    assert_eq!(json["outcome"], "accepted");
    assert_eq!(json["task_uuid"], task_uuid.as_str());
}

#[tokio::test]
async fn a_refused_launch_leaves_no_task_and_another_may_follow() {
    let field = field().await;
    field.sim().fail_next("task.create", FaultKind::refuse(219_019)).unwrap();
    let launched = field.launch(&Launch::new(plan())).await.unwrap();
    let Outcome::Refused { reason } = &launched.outcome else { panic!("{launched:?}") };
    assert!(reason.contains("219019"), "{reason}");
    assert_eq!(field.states(), ["sending", "refused"]);
    assert!(launched.error.is_some());
    assert!(pending(field.folder.path()).unwrap().open.is_empty());
    let again = field.launch(&Launch::new(plan())).await.unwrap();
    assert!(matches!(again.outcome, Outcome::Accepted { .. }));
}

#[tokio::test]
async fn an_unreachable_service_is_a_refusal_because_nothing_left() {
    let field = field().await;
    let checked = field.check(&plan()).await;
    field.sim().inject(Fault::new("*", FaultKind::PortClosed { for_ms: 60_000 })).unwrap();
    let wanted = Launch::new(plan());
    let launched =
        mission::launch(&field.project, &field.run(), field.folder.path(), &wanted, &checked)
            .await
            .unwrap();
    assert!(matches!(launched.outcome, Outcome::Refused { .. }), "{launched:?}");
    field.sim().journal().none("task.create");
}

/// Ways in which the answer to a launch that was carried out is lost.
fn lost() -> Vec<FaultKind> {
    vec![
        FaultKind::reset().after_effect(),
        FaultKind::close().after_effect(),
        FaultKind::silence().after_effect(),
        FaultKind::http_error(502).after_effect(),
        FaultKind::http_error(504).after_effect(),
        FaultKind::refuse(200_500).after_effect(),
        FaultKind::refuse(219_022).after_effect(),
        FaultKind::code_only(299_999).after_effect(),
        FaultKind::html().after_effect(),
        FaultKind::garbage().after_effect(),
        FaultKind::truncated_json(),
        FaultKind::redirect(302).after_effect(),
    ]
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_and_nothing_is_sent_again() {
    for kind in lost() {
        let field = field().await;
        field.sim().fail_next("task.create", kind.clone()).unwrap();
        let launched = field.launch(&Launch::new(plan())).await.unwrap();
        let Outcome::Found { task_uuid } = &launched.outcome else {
            panic!("{kind:?}: {launched:?}")
        };
        field.sim().journal().of("task.create").times(1);
        assert_eq!(field.states(), ["sending", "unknown", "found"], "{kind:?}");
        let task = field.project.send(&TaskGet::new(task_uuid)).await.unwrap();
        assert_eq!(task.name, launched.name);
        // The same again is another flight: nothing is open.
        assert!(pending(field.folder.path()).unwrap().open.is_empty());
    }
}

#[tokio::test]
async fn a_launch_that_never_arrived_stays_open_until_a_person_says_otherwise() {
    let field = field().await;
    field.sim().fail_next("task.create", FaultKind::reset()).unwrap();
    let wanted = impatient(plan());
    let first = field.launch(&wanted).await.unwrap();
    assert!(matches!(first.outcome, Outcome::Unknown { .. }), "{first:?}");
    assert_eq!(field.states(), ["sending", "unknown", "not_found"]);

    // The same flight: looked up, not sent.
    let again = field.launch(&wanted).await.unwrap();
    assert!(matches!(again.outcome, Outcome::Unknown { .. }) && !again.was_sent);
    assert_eq!(again.id, first.id);
    // Another flight of the dock: not sent either.
    let mut other = plan();
    other.rth_altitude = 80;
    let error = field.launch(&impatient(other)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Indeterminate, "{error}");
    // Looking again and again does not let the file grow.
    assert_eq!(field.states(), ["sending", "unknown", "not_found"]);
    field.sim().journal().of("task.create").times(1);

    let open = pending(field.folder.path()).unwrap().open;
    assert_eq!(open.len(), 1);
    let run = field.run::<LaunchEvent>();
    let settled = settle(field.folder.path(), &run, &first.id, "not in the console").unwrap();
    assert!(settled.state().is_resolved());
    assert_eq!(
        settle(field.folder.path(), &run, &first.id, "again").unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
    let after = field.launch(&wanted).await.unwrap();
    assert!(matches!(after.outcome, Outcome::Accepted { .. }));
}

#[tokio::test]
async fn a_list_that_lags_or_fails_is_asked_again() {
    for kind in [
        FaultKind::quirk("null-list"),
        FaultKind::http_error(503),
        FaultKind::reset(),
        FaultKind::refuse(210_429),
    ] {
        let field = field().await;
        let wanted = Launch::new(plan());
        let checked = field.check(&plan()).await;
        field.sim().fail_next("task.create", FaultKind::reset().after_effect()).unwrap();
        field.sim().inject(Fault::new("task.list", kind.clone()).when(When::Next(3))).unwrap();
        let before = field.sim().now();
        let launched =
            mission::launch(&field.project, &field.run(), field.folder.path(), &wanted, &checked)
                .await
                .unwrap();
        assert!(matches!(launched.outcome, Outcome::Found { .. }), "{kind:?}: {launched:?}");
        // Pauses of 2, 4 and 8 seconds.
        let passed = field.sim().now().duration_since(&before);
        assert_eq!(passed, Duration::from_secs(14), "{kind:?}");
        field.sim().journal().of("task.create").times(1);
    }
}

#[tokio::test]
async fn patience_ends_and_a_later_look_finds_it() {
    let field = field().await;
    let checked = field.check(&plan()).await;
    field.sim().fail_next("task.create", FaultKind::reset().after_effect()).unwrap();
    let null = Fault::new("task.list", FaultKind::quirk("null-list")).when(When::Always);
    let null = field.sim().inject(null).unwrap();
    let before = field.sim().now();
    let wanted = Launch::new(plan());
    let launched =
        mission::launch(&field.project, &field.run(), field.folder.path(), &wanted, &checked)
            .await
            .unwrap();
    assert!(matches!(launched.outcome, Outcome::Unknown { .. }), "{launched:?}");
    assert_eq!(field.sim().now().duration_since(&before), Duration::from_secs(180));
    drop(null);
    field.sim().clear_faults();
    let run = field.run::<LaunchEvent>();
    let found =
        reconcile(&field.project, &run, field.folder.path(), &launched.id, &Patience::ONE_LOOK)
            .await
            .unwrap();
    assert!(matches!(found.outcome, Outcome::Found { .. }), "{found:?}");
    // By now it flies.
    assert_eq!(found.status, Some(TaskStatus::Executing));
    assert_eq!(found.looks, 1);
    field.sim().journal().of("task.create").times(1);
}

#[tokio::test]
async fn plans_of_the_future_are_found_where_they_are_planned() {
    let field = field().await;
    let mut plans = vec![timed(field.after(40 * 24 * 3600))];
    let mut daily = plan();
    daily.schedule = recurring(field.after(3600), field.after(60 * 24 * 3600)).into();
    plans.push(daily);
    for plan in plans {
        field.sim().fail_next("task.create", FaultKind::reset().after_effect()).unwrap();
        let launched = field.launch(&Launch::new(plan)).await.unwrap();
        assert!(matches!(launched.outcome, Outcome::Found { .. }), "{launched:?}");
    }
}

#[tokio::test]
async fn a_plan_is_told_from_its_flights() {
    let field = field().await;
    let mut daily = plan();
    daily.schedule = recurring(field.after(3600), field.after(60 * 24 * 3600)).into();
    let checked = field.check(&daily).await;
    field.sim().fail_next("task.create", FaultKind::reset().after_effect()).unwrap();
    let fault = Fault::new("task.list", FaultKind::http_error(500)).when(When::Next(1));
    field.sim().inject(fault).unwrap();
    let wanted = impatient(daily);
    let launched =
        mission::launch(&field.project, &field.run(), field.folder.path(), &wanted, &checked)
            .await
            .unwrap();
    // The list could not be read, so nothing is said about the task.
    assert_eq!(field.states(), ["sending", "unknown"]);
    field.sim().advance(Duration::from_secs(3 * 24 * 3600));
    let run = field.run();
    let found =
        reconcile(&field.project, &run, field.folder.path(), &launched.id, &Patience::ONE_LOOK)
            .await
            .unwrap();
    assert_eq!(found.others.len(), 3, "{found:?}");
    let task = found.outcome.task().unwrap();
    let detail = field.project.send(&TaskGet::new(task)).await.unwrap();
    assert_eq!(detail.recurring_task_start_time_list.len(), 1);
    assert!(!found.others.contains(task));
}

#[tokio::test]
async fn checks_hold_a_launch_back_unless_they_are_named() {
    let field = field().await;
    field.deed(json!({"do": "battery", "drone": DRONE, "percent": 35}));
    let error = field.launch(&Launch::new(plan())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotReady);
    assert!(error.to_string().contains("aircraft-battery"), "{error}");
    let other = Launch::new(plan()).overriding(["weather-wind"]);
    assert_eq!(field.launch(&other).await.unwrap_err().kind(), ErrorKind::NotReady);
    let unknown = Launch::new(plan()).overriding(["battery"]);
    assert_eq!(field.launch(&unknown).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert!(pending(field.folder.path()).unwrap().open.is_empty());
    field.sim().journal().none("task.create");
    let named = Launch::new(plan()).overriding(["aircraft-battery"]);
    assert!(matches!(field.launch(&named).await.unwrap().outcome, Outcome::Accepted { .. }));
}

#[tokio::test]
async fn checks_of_another_task_or_of_yesterday_are_none() {
    let field = field().await;
    let checked = field.check(&plan()).await;
    let mut higher = plan();
    higher.rth_altitude = 100;
    let launch = async |launch: &Launch| {
        mission::launch(&field.project, &field.run(), field.folder.path(), launch, &checked).await
    };
    assert_eq!(launch(&Launch::new(higher)).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    for name in ["", "  ", &"x".repeat(39), "a\u{1b}[31m"] {
        let mut named = plan();
        named.name = name.into();
        let error = launch(&Launch::new(named)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name:?}");
    }
    field.sim().advance(Duration::from_secs(16 * 60));
    assert_eq!(launch(&Launch::new(plan())).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    field.sim().journal().none("task.create");
    // A name of the greatest length is taken.
    let mut named = plan();
    named.name = "ü".repeat(38);
    assert!(matches!(
        field.launch(&Launch::new(named)).await.unwrap().outcome,
        Outcome::Accepted { .. }
    ));
}

fn with_id(id: &str) -> Launch {
    impatient(plan()).with_id(IntentId::new(id).unwrap())
}

#[tokio::test]
async fn an_id_is_launched_once_however_often_it_is_asked_for() {
    let field = field().await;
    let first = field.launch(&with_id("alarm-17")).await.unwrap();
    let again = field.launch(&with_id("alarm-17")).await.unwrap();
    assert_eq!(first.outcome, again.outcome);
    assert!(first.was_sent && !again.was_sent);
    field.sim().journal().of("task.create").times(1);
    let mut other = with_id("alarm-17");
    other.task.rth_altitude = 61;
    let error = field.launch(&other).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

pub(crate) async fn raw_launch(
    field: &Field,
    checked: &mission::CheckReport,
    wanted: &Launch,
) -> flighthub_workflows::Result<mission::Launched> {
    mission::launch(&field.project, &field.run(), field.folder.path(), wanted, checked).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_launches_at_the_same_time_are_one() {
    for _ in 0..10 {
        let field = field().await;
        let checked = field.check(&plan()).await;
        let wanted = with_id("twice");
        let (one, two) = tokio::join!(
            raw_launch(&field, &checked, &wanted),
            raw_launch(&field, &checked, &wanted)
        );
        field.sim().journal().of("task.create").times(1);
        let sent =
            [&one, &two].iter().filter(|end| end.as_ref().is_ok_and(|end| end.was_sent)).count();
        assert_eq!(sent, 1, "{one:?} {two:?}");
        for end in [one, two] {
            match end {
                Ok(end) => assert!(end.outcome.task().is_some(), "{end:?}"),
                Err(error) => assert_eq!(error.kind(), ErrorKind::State, "{error}"),
            }
        }
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_stops_every_launch() {
    let field = field().await;
    std::fs::write(field.folder.path().join("x.json"), b"{}").unwrap();
    let error = field.launch(&Launch::new(plan())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::State);
    assert!(error.to_string().contains("x.json"), "{error}");
    field.sim().journal().none("task.create");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_stops_a_launch_before_it_is_sent() {
    let field = field().await;
    let checked = field.check(&plan()).await;
    let file = field.folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let wanted = Launch::new(plan());
    let error =
        mission::launch(&field.project, &field.run(), &file, &wanted, &checked).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File);
    field.sim().journal().none("task.create");
}

#[tokio::test]
async fn no_secret_is_written_down() {
    let field = field().await;
    field.launch(&Launch::new(plan())).await.unwrap();
    for file in std::fs::read_dir(field.folder.path()).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains(field.sim().token()));
    }
}

#[tokio::test]
async fn an_earlier_launch_of_another_flight_that_turns_out_well_asks_for_another_look() {
    let field = field().await;
    let checked = field.check(&plan()).await;
    field.sim().fail_next("task.create", FaultKind::reset().after_effect()).unwrap();
    field.sim().fail_next("task.list", FaultKind::http_error(503)).unwrap();
    let first = raw_launch(&field, &checked, &impatient(plan())).await.unwrap();
    assert!(matches!(first.outcome, Outcome::Unknown { .. }));
    let mut other = plan();
    other.rth_altitude = 80;
    let error = field.launch(&impatient(other)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotReady, "{error}");
    assert!(pending(field.folder.path()).unwrap().open.is_empty());
    field.sim().journal().of("task.create").times(1);
}

#[tokio::test]
async fn a_flaky_network_launches_once() {
    let field = scenario("flaky-network").await;
    // Each third request is lost after it was carried out: try until the checks come through, then look until it is known.
    let mut outcome = None;
    for _ in 0..20 {
        match field.launch_patiently(&with_id("flaky")).await {
            Ok(launched) if launched.outcome.task().is_some() => {
                outcome = Some(launched.outcome);
                break;
            }
            Ok(launched) => assert!(matches!(launched.outcome, Outcome::Unknown { .. })),
            Err(error) => assert_eq!(error.kind(), ErrorKind::NotReady, "{error}"),
        }
    }
    assert!(outcome.is_some());
    field.sim().journal().of("task.create").times(1);
}

#[tokio::test]
async fn a_launch_that_flies_already_is_found_before_the_checks_say_no() {
    let field = field().await;
    let checked = field.check(&plan()).await;
    field.sim().fail_next("task.create", FaultKind::reset().after_effect()).unwrap();
    field.sim().fail_next("task.list", FaultKind::http_error(503)).unwrap();
    let first = raw_launch(&field, &checked, &impatient(plan())).await.unwrap();
    assert!(matches!(first.outcome, Outcome::Unknown { .. }));
    field.sim().advance(Duration::from_secs(60));
    let checked = field.check(&plan()).await;
    assert!(!checked.is_ready);
    let wanted = impatient(plan());
    let run = field.run();
    let found = mission::unfinished(&field.project, &run, field.folder.path(), &wanted).await;
    let found = found.unwrap().unwrap();
    assert!(matches!(found.outcome, Outcome::Found { .. }) && !found.was_sent, "{found:?}");
    // By now nothing is open, and the checks count.
    let error = raw_launch(&field, &checked, &wanted).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotReady);
    field.sim().journal().of("task.create").times(1);
}

#[tokio::test]
async fn another_dock_is_not_held_up() {
    let field = field().await;
    field.sim().fail_next("task.create", FaultKind::reset()).unwrap();
    field.launch(&impatient(plan())).await.unwrap();
    let mut east = plan();
    east.sn = "7CTXN0000B00B2".into();
    let route = mission::find_route(&field.project, "south-basin-map").await.unwrap();
    east.wayline_uuid = route.id;
    let wanted = Launch::new(east).overriding(["aircraft-model"]);
    let launched = field.launch(&wanted).await.unwrap();
    assert!(launched.was_sent, "{launched:?}");
}

/// A clock that is wrong by months.
struct Wrong(std::sync::Arc<flighthub_sim::JumpingClock>, Duration);

impl flighthub_api::Clock for Wrong {
    fn now(&self) -> std::time::Instant {
        self.0.now()
    }

    fn wall(&self) -> std::time::SystemTime {
        self.0.wall() + self.1
    }

    fn sleep(&self, duration: Duration) -> flighthub_api::BoxFuture<'static, ()> {
        self.0.sleep(duration)
    }
}

#[tokio::test]
async fn a_clock_that_is_wrong_hides_no_task() {
    for days in [0, 2, 100, 300] {
        let field = field().await;
        let clock = Wrong(field.bench.clock(), Duration::from_secs(days * 24 * 3600));
        let run = Run::<LaunchEvent>::quiet().with_clock(std::sync::Arc::new(clock));
        let settings = mission::CheckSettings::new(plan());
        let checked = mission::check(&field.project, &run, &settings).await.unwrap();
        field.sim().fail_next("task.create", FaultKind::reset().after_effect()).unwrap();
        let wanted = impatient(plan());
        let launched =
            mission::launch(&field.project, &run, field.folder.path(), &wanted, &checked)
                .await
                .unwrap();
        assert!(matches!(launched.outcome, Outcome::Found { .. }), "{days}: {launched:?}");
        field.sim().journal().of("task.create").times(1);
    }
}
