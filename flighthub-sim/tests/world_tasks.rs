//! The life of flight tasks.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod support;

use std::time::Duration;

use flighthub_api::Timestamp;
use flighthub_api::v1::{
    AircraftState, ContinuousSchedule, DeviceCommand, DeviceModelKey, DeviceSn, DockSn, DroneSn,
    FlightCommand, FlightTask, FlightTaskSummary, MediaFileType, ProjectUuid, RecurringSchedule,
    RepeatOption, RepeatType, ResumableStatus, Service, TaskCreate, TaskGet, TaskList, TaskMedia,
    TaskSchedule, TaskSetStatus, TaskStatus, TaskStatusChange, TaskTrack, TaskType, TaskUuid,
    TimedSchedule,
};
use flighthub_sim::{Caller, Deed, World};

use support::{
    A1, B2, C3, DAY, NORTH, TOWER, after, caller, code, drone_state, immediate, seconds, task,
    world,
};

fn create(world: &mut World, operation: TaskCreate) -> TaskUuid {
    world.task_create(&caller(), operation).unwrap().task_uuid
}

fn get(world: &mut World, task: &TaskUuid) -> FlightTask {
    world.task_get(&caller(), TaskGet::new(task)).unwrap()
}

fn status(world: &mut World, task: &TaskUuid) -> TaskStatus {
    get(world, task).status
}

fn list(world: &mut World, sn: &str) -> Vec<FlightTaskSummary> {
    let (begin, end) = (
        world.now().saturating_sub(seconds(40 * DAY)),
        world.now().saturating_add(seconds(400 * DAY)),
    );
    world.task_list(&caller(), TaskList::new(sn, begin, end)).unwrap().into_vec()
}

fn row(world: &mut World, task: &TaskUuid) -> FlightTaskSummary {
    let rows = [A1, B2, C3].iter().flat_map(|dock| list(world, dock)).collect::<Vec<_>>();
    rows.into_iter().find(|row| row.uuid == *task).unwrap()
}

fn command(world: &mut World, sn: &str, command: FlightCommand) -> i64 {
    code(world.device_command(&caller(), DeviceCommand::new(sn, command)))
}

/// Lets time pass in seconds until a task has a status; answers after how many.
fn until(world: &mut World, task: &TaskUuid, wanted: &TaskStatus) -> u64 {
    for passed in 0..7200 {
        if status(world, task) == *wanted {
            return passed;
        }
        world.advance(seconds(1));
    }
    panic!("still {} and not {wanted}", status(world, task));
}

#[test]
fn an_immediate_task_waits_flies_and_succeeds() {
    let mut world = world();
    let task = create(&mut world, immediate(A1, NORTH));
    assert_eq!(status(&mut world, &task), TaskStatus::Waiting);
    assert_eq!(row(&mut world, &task).run_at, None);

    let waited = until(&mut world, &task, &TaskStatus::Executing);
    assert!((18..=24).contains(&waited), "took off after {waited} s");
    let mut index = 0;
    while status(&mut world, &task) == TaskStatus::Executing {
        let row = row(&mut world, &task);
        assert!(row.current_waypoint_index.unwrap() >= index);
        assert_eq!(row.total_waypoints, Some(12));
        index = row.current_waypoint_index.unwrap();
        world.advance(seconds(5));
    }
    assert_eq!(status(&mut world, &task), TaskStatus::Success);
    let row = row(&mut world, &task);
    assert_eq!(row.current_waypoint_index, Some(12));
    let took = row.completed_at.unwrap().duration_since(&row.run_at.unwrap());
    assert!((Duration::from_secs(180)..Duration::from_secs(420)).contains(&took), "{took:?}");

    // What has ended stays as it ended.
    world.advance(seconds(3600));
    assert_eq!(status(&mut world, &task), TaskStatus::Success);
}

#[test]
fn the_state_follows_the_flight() {
    let mut world = world();
    let before: AircraftState = drone_state(&mut world);
    assert_eq!(before.mode_code.unwrap().as_str(), "standby");
    let task = create(&mut world, immediate(A1, NORTH));
    until(&mut world, &task, &TaskStatus::Executing);
    let mut modes = Vec::new();
    let (mut top, mut farthest) = (0.0_f64, 0.0_f64);
    while status(&mut world, &task) == TaskStatus::Executing {
        let state = drone_state(&mut world);
        let mode = state.mode_code.unwrap().as_str().to_owned();
        if modes.last() != Some(&mode) {
            modes.push(mode);
        }
        top = top.max(state.elevation.unwrap());
        farthest = farthest.max(state.home_distance.unwrap());
        assert!(state.horizontal_speed.unwrap() < 15.0);
        world.advance(seconds(1));
    }
    assert_eq!(
        modes,
        ["automatic_takeoff", "wayline_flight", "auto_returning_to_home", "automatic_landing"]
    );
    assert!((60.0..=100.0).contains(&top), "{top}");
    assert!((300.0..700.0).contains(&farthest), "{farthest}");
    let after = drone_state(&mut world);
    assert!(
        after.battery.unwrap().capacity_percent.unwrap()
            < before.battery.unwrap().capacity_percent.unwrap()
    );
    assert_eq!((after.latitude, after.longitude), (before.latitude, before.longitude));
}

#[test]
fn the_track_grows_and_adds_up() {
    let mut world = world();
    let task = create(&mut world, immediate(A1, NORTH));
    assert_eq!(code(world.task_track(&caller(), TaskTrack::new(&task))), 219_017);
    until(&mut world, &task, &TaskStatus::Executing);
    world.advance(seconds(60));
    let track = world.task_track(&caller(), TaskTrack::new(&task)).unwrap().track.unwrap();
    assert_eq!((track.flight_distance, track.flight_duration), (Some(0.0), Some(0)));
    assert_eq!(track.points.len(), 31);
    until(&mut world, &task, &TaskStatus::Success);
    let row = row(&mut world, &task);
    let track = world.task_track(&caller(), TaskTrack::new(&task)).unwrap();
    assert_eq!(track.status, Some(TaskStatus::Success));
    let track = track.track.unwrap();
    let took = row.completed_at.unwrap().duration_since(&row.run_at.unwrap()).as_secs();
    assert_eq!(track.flight_duration, i64::try_from(took).ok());
    assert!(
        (1_200.0..2_600.0).contains(&track.flight_distance.unwrap()),
        "{:?}",
        track.flight_distance
    );
    assert_eq!(track.points.first().unwrap().timestamp, row.run_at.unwrap());
    assert_eq!(track.points.last().unwrap().timestamp, row.completed_at.unwrap());
    assert_eq!(track.drone_sn.unwrap().as_str(), "1581F0Q8X000U00G00A1");
}

#[test]
fn media_appear_one_by_one_after_the_landing() {
    let mut world = world();
    let task = create(&mut world, immediate(A1, NORTH));
    until(&mut world, &task, &TaskStatus::Executing);
    assert!(world.task_media(&caller(), TaskMedia::new(&task)).unwrap().is_empty());
    assert_eq!(get(&mut world, &task).folder_info, None);
    until(&mut world, &task, &TaskStatus::Success);
    assert_eq!(row(&mut world, &task).media_upload_status.unwrap().as_str(), "to_upload");

    let mut counts = Vec::new();
    loop {
        let folder = get(&mut world, &task).folder_info.unwrap();
        let rows = world.task_media(&caller(), TaskMedia::new(&task)).unwrap().len();
        assert_eq!(folder.uploaded_file_count, i32::try_from(rows).ok());
        if counts.last() != Some(&rows) {
            counts.push(rows);
        }
        if folder.uploaded_file_count == folder.expected_file_count {
            break;
        }
        world.advance(seconds(1));
    }
    // Twelve photos with two lenses each, and a video.
    assert_eq!(counts, (0..=25).collect::<Vec<_>>());
    assert_eq!(row(&mut world, &task).media_upload_status.unwrap().as_str(), "upload_finished");
    assert_ne!(row(&mut world, &task).folder_id.unwrap().get(), 0);
    let files = world.task_media(&caller(), TaskMedia::new(&task)).unwrap();
    assert_eq!(files.iter().filter(|file| file.file_type == MediaFileType::Video).count(), 1);
    let image = &files[1];
    assert!(image.original_url.as_ref().unwrap().expose().contains("X-Amz-Signature="));
    assert!(image.name.as_ref().unwrap().starts_with("DJI_2026010109"), "{:?}", image.name);
}

#[test]
fn a_sleeping_aircraft_is_woken_and_falls_asleep_again() {
    let mut world = world();
    let is_on = |world: &mut World| {
        world.project_devices(&caller(), Default::default()).unwrap()[1].drone.clone().unwrap()
    };
    assert!(!is_on(&mut world).device_online_status);
    assert!(is_on(&mut world).camera_list.is_empty());
    let task = create(&mut world, immediate(B2, TOWER));
    world.advance(seconds(10));
    assert!(is_on(&mut world).device_online_status);
    assert_eq!(is_on(&mut world).camera_list.len(), 2);
    until(&mut world, &task, &TaskStatus::Success);
    world.advance(seconds(300));
    assert!(!is_on(&mut world).device_online_status);
}

#[test]
fn a_flight_can_be_paused_resumed_called_home_and_sent_on() {
    let mut world = world();
    assert_eq!(command(&mut world, A1, FlightCommand::ReturnHome), 228_402);
    let task = create(&mut world, immediate(A1, NORTH));
    until(&mut world, &task, &TaskStatus::Executing);
    world.advance(seconds(30));
    assert_eq!(command(&mut world, A1, FlightCommand::ResumeTask), 228_402);
    assert_eq!(command(&mut world, A1, FlightCommand::CancelReturnHome), 228_402);
    // To the dock or to the aircraft: both are taken.
    assert_eq!(command(&mut world, A1, FlightCommand::PauseTask), 0);
    assert_eq!(status(&mut world, &task), TaskStatus::Paused);
    let place = drone_state(&mut world);
    world.advance(seconds(60));
    assert_eq!(drone_state(&mut world).latitude, place.latitude);
    assert_eq!(command(&mut world, "1581F0Q8X000U00G00A1", FlightCommand::ResumeTask), 0);
    assert_eq!(status(&mut world, &task), TaskStatus::Executing);
    assert_eq!(command(&mut world, A1, FlightCommand::ReturnHome), 0);
    world.advance(seconds(2));
    assert_eq!(drone_state(&mut world).mode_code.unwrap().as_str(), "auto_returning_to_home");
    assert_eq!(command(&mut world, A1, FlightCommand::ReturnHome), 228_402);
    assert_eq!(command(&mut world, A1, FlightCommand::CancelReturnHome), 0);
    assert_eq!(status(&mut world, &task), TaskStatus::Paused);
    assert_eq!(command(&mut world, A1, FlightCommand::ResumeTask), 0);
    until(&mut world, &task, &TaskStatus::Success);
}

#[test]
fn a_flight_that_is_called_home_is_terminated() {
    let mut world = world();
    let task = create(&mut world, immediate(A1, NORTH));
    until(&mut world, &task, &TaskStatus::Executing);
    world.advance(seconds(40));
    assert_eq!(command(&mut world, A1, FlightCommand::ReturnToDesignatedDock), 228_406);
    assert_eq!(command(&mut world, A1, FlightCommand::from("flight_setup_abort")), 228_406);
    assert_eq!(command(&mut world, A1, FlightCommand::ReturnHome), 0);
    until(&mut world, &task, &TaskStatus::Terminated);
    assert!(row(&mut world, &task).current_waypoint_index < Some(12));
}

#[test]
fn a_low_battery_brings_the_aircraft_home() {
    let mut world = world();
    let task = create(&mut world, immediate(A1, NORTH));
    until(&mut world, &task, &TaskStatus::Executing);
    world.advance(seconds(40));
    world.set_battery(&DroneSn::new("1581F0Q8X000U00G00A1"), 17);
    until(&mut world, &task, &TaskStatus::PartiallyDone);
    assert_eq!(row(&mut world, &task).exceptions.len(), 1);
}

#[test]
fn an_aircraft_can_land_at_another_dock() {
    let mut world = world();
    let mut operation = immediate(A1, NORTH);
    operation.landing_dock_sn = Some(DockSn::new(C3));
    let task = create(&mut world, operation.clone());
    // The spare dock has not been calibrated yet.
    until(&mut world, &task, &TaskStatus::StartingFailure);
    support::calibrate(&mut world, C3);
    world.advance(seconds(31));
    let task = create(&mut world, operation);
    until(&mut world, &task, &TaskStatus::Executing);
    world.advance(seconds(60));
    assert_eq!(command(&mut world, A1, FlightCommand::ReturnToDesignatedDock), 0);
    until(&mut world, &task, &TaskStatus::Terminated);
    let pairs = world.project_devices(&caller(), Default::default()).unwrap();
    assert_eq!(pairs[0].drone, None);
    assert_eq!(pairs[2].drone.as_ref().unwrap().sn.as_str(), "1581F0Q8X000U00G00A1");
}

#[test]
fn what_cannot_start_fails_with_a_reason() {
    // Nothing here is refused when the task is created.
    type Prepare = fn(&mut World, &mut TaskCreate);
    let cases: [(&str, Prepare); 3] = [
        ("the mission could not be prepared", |_, operation| operation.rth_altitude = 200),
        ("the battery of the aircraft is too low", |world, _| {
            world.set_battery(&DroneSn::new("1581F0Q8X000U00G00A1"), 20)
        }),
        ("the dock is carrying out another task", |world, _| {
            drop(create(world, immediate(A1, NORTH)))
        }),
    ];
    for (reason, prepare) in cases {
        let mut world = world();
        let mut operation = immediate(A1, NORTH);
        prepare(&mut world, &mut operation);
        let task = create(&mut world, operation);
        world.advance(seconds(30));
        let row = row(&mut world, &task);
        assert_eq!(
            (row.status, row.exceptions[0].message.as_deref()),
            (TaskStatus::StartingFailure, Some(reason))
        );
        assert_eq!(code(world.task_track(&caller(), TaskTrack::new(&task))), 219_039, "{reason}");
        assert_eq!(code(world.task_media(&caller(), TaskMedia::new(&task))), 217_028, "{reason}");
    }
}

#[test]
fn a_task_is_refused_for_documented_reasons() {
    let mut world = world();
    let now = world.now();
    let short = world.add_route(
        &ProjectUuid::new(World::DEMO_PROJECT),
        "single",
        &DeviceModelKey::new("0-91-1"),
        &[(0.021, -25.3, 60.0)],
    );
    let short = short.unwrap();
    let past = TimedSchedule::new(now.saturating_sub(seconds(60)));
    let mut late = TimedSchedule::new(after(now, 600));
    late.latest_begin_at = Some(after(now, 500));
    let with = |edit: &dyn Fn(&mut TaskCreate)| {
        let mut operation = immediate(A1, NORTH);
        edit(&mut operation);
        operation
    };
    let cases: Vec<(&str, i64, TaskCreate)> = vec![
        ("an empty name", 200_101, with(&|task| task.name = " ".to_owned())),
        ("no IANA zone", 200_101, with(&|task| task.time_zone = "CET+1".to_owned())),
        ("no altitude", 200_101, with(&|task| task.rth_altitude = 0)),
        ("another generation's word", 200_101, with(&|task| task.rth_mode = "intelligent".into())),
        (
            "an unknown route",
            219_001,
            with(&|task| task.wayline_uuid = "5b1f0c5e-0000-4a77-9a53-3f0e6c1b7a10".into()),
        ),
        ("a route with one waypoint", 219_019, with(&|task| task.wayline_uuid = short.clone())),
        ("a route for another model", 219_019, with(&|task| task.wayline_uuid = TOWER.into())),
        (
            "the aircraft's serial number",
            200_101,
            with(&|task| task.sn = "1581F0Q8X000U00G00A1".into()),
        ),
        ("an unknown dock", 210_900, with(&|task| task.sn = "7CTXN0000B0999".into())),
        ("the same dock to land at", 200_101, with(&|task| task.landing_dock_sn = Some(A1.into()))),
        ("a start in the past", 200_101, with(&|task| task.schedule = past.clone().into())),
        (
            "a window that ends before it begins",
            200_101,
            with(&|task| task.schedule = late.clone().into()),
        ),
    ];
    for (what, expected, operation) in cases {
        assert_eq!(code(world.task_create(&caller(), operation)), expected, "{what}");
    }
    let empty = Caller::admin().in_project(World::EMPTY_PROJECT);
    assert_eq!(code(world.task_create(&empty, immediate(A1, NORTH))), 219_001);
    assert_eq!(code(world.task_create(&Caller::admin(), immediate(A1, NORTH))), 200_610);
    assert_eq!(
        code(world.task_create(&Caller::admin().in_project("nowhere"), immediate(A1, NORTH))),
        210_104
    );
    world.disconnect(&DeviceSn::new(A1));
    assert_eq!(code(world.task_create(&caller(), immediate(A1, NORTH))), 212_015);
}

#[test]
fn a_timed_task_waits_for_its_time() {
    let mut world = world();
    let begin = after(world.now(), 600);
    let timed = create(&mut world, task(A1, NORTH, TimedSchedule::new(begin)));
    world.advance(seconds(590));
    assert_eq!(status(&mut world, &timed), TaskStatus::Waiting);
    until(&mut world, &timed, &TaskStatus::Executing);
    let run_at = row(&mut world, &timed).run_at.unwrap();
    assert!((18..=22).contains(&run_at.duration_since(&begin).as_secs()));
}

#[test]
fn a_window_lets_a_task_wait_and_its_end_times_it_out() {
    let mut world = world();
    world.disconnect(&DeviceSn::new(A1));
    let window = |world: &World| {
        let mut timed = TimedSchedule::new(after(world.now(), 60));
        timed.latest_begin_at = Some(after(world.now(), 360));
        timed
    };
    let patient = window(&world);
    let patient = create(&mut world, task(A1, NORTH, patient));
    let sudden = TimedSchedule::new(after(world.now(), 60));
    let sudden = create(&mut world, task(A1, NORTH, sudden));
    world.advance(seconds(120));
    assert_eq!(status(&mut world, &patient), TaskStatus::Waiting);
    assert_eq!(status(&mut world, &sudden), TaskStatus::StartingFailure);
    world.connect(&DeviceSn::new(A1));
    until(&mut world, &patient, &TaskStatus::Executing);

    let mut world = support::world();
    world.disconnect(&DeviceSn::new(A1));
    let missed = window(&world);
    let missed = create(&mut world, task(A1, NORTH, missed));
    world.advance(seconds(400));
    assert_eq!(status(&mut world, &missed), TaskStatus::Timeout);
}

#[test]
fn a_planned_task_can_be_suspended_and_restored() {
    let mut world = world();
    let set = |world: &mut World, task: &TaskUuid, status: TaskStatusChange| {
        code(world.task_set_status(&caller(), TaskSetStatus::new(task, status)))
    };
    let begin = after(world.now(), 600);
    let timed = create(&mut world, task(A1, NORTH, TimedSchedule::new(begin)));
    assert_eq!(set(&mut world, &timed, TaskStatusChange::Suspended), 0);
    assert_eq!(status(&mut world, &timed), TaskStatus::Suspended);
    assert_eq!(set(&mut world, &timed, TaskStatusChange::Restored), 0);
    assert_eq!(status(&mut world, &timed), TaskStatus::Waiting);
    assert_eq!(set(&mut world, &timed, TaskStatusChange::Suspended), 0);
    world.advance(seconds(700));
    assert_eq!(status(&mut world, &timed), TaskStatus::Suspended);
    // Its time is over when it is armed again.
    assert_eq!(set(&mut world, &timed, TaskStatusChange::Restored), 0);
    world.advance(seconds(5));
    assert_eq!(status(&mut world, &timed), TaskStatus::Timeout);
    assert_eq!(set(&mut world, &timed, TaskStatusChange::Restored), 228_406);

    let now = create(&mut world, immediate(A1, NORTH));
    assert_eq!(set(&mut world, &now, TaskStatusChange::Suspended), 228_406);
    assert_eq!(set(&mut world, &TaskUuid::new("none"), TaskStatusChange::Suspended), 219_021);
}

fn daily(world: &World, edit: impl FnOnce(&mut RecurringSchedule)) -> TaskSchedule {
    let begin = after(world.now(), 600);
    let mut schedule = support::recurring(begin, after(begin, 10 * DAY));
    edit(&mut schedule);
    schedule.into()
}

#[test]
fn a_recurring_task_flies_as_tasks_of_its_own() {
    let mut world = world();
    let before = list(&mut world, A1).len();
    let schedule = daily(&world, |schedule| {
        schedule.repeat_option.interval = 2;
        schedule.recurring_task_start_time_list.push(after(schedule.begin_at, 3600));
    });
    let plan = create(&mut world, task(A1, NORTH, schedule));
    assert_eq!(list(&mut world, A1).len(), before + 1);
    world.advance(seconds(5 * DAY));
    let children: Vec<_> = list(&mut world, A1)
        .into_iter()
        .filter(|row| row.task_type == TaskType::Recurring && row.uuid != plan)
        .collect();
    // Days 0, 2 and 4, twice each.
    assert_eq!(children.len(), 6);
    assert!(
        children
            .iter()
            .all(|child| child.status == TaskStatus::Success && child.completed_at.is_some())
    );
    assert_eq!(status(&mut world, &plan), TaskStatus::Waiting);
    let detail = get(&mut world, &plan);
    assert_eq!((detail.interval, detail.recurring_task_start_time_list.len()), (Some(2), 2));
    world
        .task_set_status(&caller(), TaskSetStatus::new(&plan, TaskStatusChange::Suspended))
        .unwrap();
    world.advance(seconds(3 * DAY));
    assert_eq!(list(&mut world, A1).len(), before + 7);
    world
        .task_set_status(&caller(), TaskSetStatus::new(&plan, TaskStatusChange::Restored))
        .unwrap();
    world.advance(seconds(3 * DAY));
    assert_eq!(status(&mut world, &plan), TaskStatus::Success);
    assert_eq!(list(&mut world, A1).len(), before + 10);
}

#[test]
fn a_continuous_task_flies_again_and_again() {
    let mut world = world();
    let begin = after(world.now(), 600);
    let schedule = support::continuous(begin, after(begin, DAY), after(begin, 7200), 80);
    let plan = create(&mut world, task(A1, NORTH, schedule));
    world.advance(seconds(3 * 3600));
    let children: Vec<_> = list(&mut world, A1)
        .into_iter()
        .filter(|row| row.task_type == TaskType::Continuous && row.uuid != plan)
        .collect();
    assert!((6..=24).contains(&children.len()), "{}", children.len());
    assert!(children.iter().all(|child| child.status == TaskStatus::Success));
    // One after the other.
    for pair in children.windows(2) {
        assert!(pair[0].begin_at.unwrap() > pair[1].completed_at.unwrap());
    }
    assert!(children[0].begin_at.unwrap() < after(begin, 7200));
}

#[test]
fn plans_are_checked() {
    let mut world = world();
    let now = world.now();
    let begin = after(now, 600);
    let cases: Vec<(&str, TaskSchedule)> = vec![
        (
            "an end before the beginning",
            daily(&world, |schedule| schedule.end_at = schedule.begin_at),
        ),
        (
            "no start times",
            daily(&world, |schedule| schedule.recurring_task_start_time_list.clear()),
        ),
        (
            "a start time twice",
            daily(&world, |schedule| schedule.recurring_task_start_time_list = vec![begin, begin]),
        ),
        (
            "a start time of another day",
            daily(&world, |schedule| {
                schedule.recurring_task_start_time_list = vec![after(begin, DAY)]
            }),
        ),
        (
            "an interval of nothing",
            daily(&world, |schedule| schedule.repeat_option = RepeatOption::new(0)),
        ),
        (
            "a week without days",
            daily(&world, |schedule| schedule.repeat_type = RepeatType::Weekly),
        ),
        (
            "an eighth day",
            daily(&world, |schedule| {
                schedule.repeat_type = RepeatType::Weekly;
                schedule.repeat_option.days_of_week = vec![7];
            }),
        ),
        (
            "a period that runs backwards",
            support::continuous(after(begin, 60), after(begin, DAY), begin, 60),
        ),
        (
            "a battery that need not be charged",
            support::continuous(begin, after(begin, DAY), after(begin, 600), 30),
        ),
    ];
    for (what, schedule) in cases {
        assert_eq!(
            code(world.task_create(&caller(), task(A1, NORTH, schedule))),
            200_101,
            "{what}"
        );
    }
}

#[test]
fn the_list_filters() {
    let mut world = world();
    let now = world.now();
    // This morning's flight, and one by hand of an undocumented type.
    let rows = list(&mut world, A1);
    assert_eq!(
        rows.iter().map(|row| row.task_type.as_str()).collect::<Vec<_>>(),
        ["immediate", "manual"]
    );
    assert_eq!(rows[1].wayline_uuid, Some("".into()), "empty, as in real histories");
    let begin = after(now, 600);
    let timed = create(&mut world, task(A1, NORTH, TimedSchedule::new(begin)));
    let mut count = |edit: &dyn Fn(&mut TaskList)| {
        let mut operation = TaskList::new(A1, now.saturating_sub(seconds(DAY)), after(now, DAY));
        edit(&mut operation);
        world.task_list(&caller(), operation).unwrap().len()
    };
    assert_eq!(count(&|_| ()), 3);
    assert_eq!(count(&|list| list.sn = B2.into()), 0);
    assert_eq!(count(&|list| list.sn = "1581F0Q8X000U00G00A1".into()), 2);
    assert_eq!(count(&|list| list.name = Some("morning".to_owned())), 1);
    assert_eq!(count(&|list| list.task_type = Some(TaskType::Timed)), 1);
    assert_eq!(count(&|list| list.status = vec![TaskStatus::Waiting, TaskStatus::Executing]), 1);
    assert_eq!(count(&|list| list.end_at = now), 2);
    // Milliseconds for seconds yield nothing, and no error.
    let far = Timestamp::from_unix_seconds(100_000_000_000).unwrap();
    assert_eq!(count(&|list| (list.begin_at, list.end_at) = (far, far)), 0);
    let empty = Caller::admin().in_project(World::EMPTY_PROJECT);
    assert_eq!(code(world.task_get(&empty, TaskGet::new(&timed))), 219_021);
}

#[test]
fn planned_times_have_the_zone_of_the_task() {
    let mut world = world();
    let mut operation = immediate(A1, NORTH);
    operation.time_zone = "Asia/Shanghai".to_owned();
    let task = create(&mut world, operation);
    assert_eq!(get(&mut world, &task).begin_at.unwrap().to_string(), "2026-01-01T16:00:00+08:00");
    assert_eq!(row(&mut world, &task).begin_at.unwrap().to_string(), "2026-01-01T08:00:00Z");

    let moment = |text: &str| text.parse::<Timestamp>().unwrap();
    let begin = moment("2026-03-28T03:00:00+01:00");
    let schedule = support::recurring(begin, moment("2026-04-28T03:00:00+02:00"));
    let plan = create(&mut world, support::task(A1, NORTH, schedule));
    let detail = get(&mut world, &plan);
    assert_eq!(detail.begin_at.unwrap().to_string(), "2026-03-28T03:00:00+01:00");
    assert_eq!(detail.end_at.unwrap().to_string(), "2026-04-28T03:00:00+02:00");
}

#[test]
fn the_first_day_of_a_plan_is_one_of_its_zone() {
    let mut world = world();
    let moment = |text: &str| text.parse::<Timestamp>().unwrap();
    // In summer, from half past midnight in Berlin.
    let begin = moment("2026-06-02T00:30:00+02:00");
    let mut accepts = |time: &str, zone: &str| {
        let mut schedule = support::recurring(begin, after(begin, 10 * DAY));
        schedule.recurring_task_start_time_list.push(moment(time));
        let mut operation = task(A1, NORTH, schedule);
        operation.time_zone = zone.to_owned();
        code(world.task_create(&caller(), operation)) == 0
    };
    assert!(accepts("2026-06-02T23:30:00+02:00", "Europe/Berlin"));
    assert!(!accepts("2026-06-03T00:00:00+02:00", "Europe/Berlin"));
    assert!(!accepts("2026-06-02T23:30:00+02:00", "UTC"));
}

#[test]
fn an_unknown_zone_is_no_utc() {
    let mut world = world();
    let mut operation = immediate(A1, NORTH);
    operation.time_zone = "Europe/Atlantis".to_owned();
    let refusal = world.task_create(&caller(), operation).unwrap_err();
    assert_eq!((refusal.http, refusal.code.get()), (200, 200_101));
    assert!(
        refusal.message.contains("`time_zone`") && refusal.message.contains("Europe/Berlin"),
        "{refusal}"
    );
}

/// A script that touches most things, as one text.
fn script(seed: u64, step: Duration) -> String {
    let mut world = World::demo(seed);
    let mut text = String::new();
    let flown = create(&mut world, immediate(A1, NORTH));
    let schedule = daily(&world, |_| ());
    create(&mut world, task(B2, TOWER, schedule));
    let mut passed = Duration::ZERO;
    while passed < seconds(1200) {
        world.advance(step);
        passed += step;
    }
    text += &format!("{:?}", get(&mut world, &flown));
    text += &format!("{:?}", world.task_track(&caller(), TaskTrack::new(&flown)));
    text += &format!(
        "{:?}",
        world
            .task_media(&caller(), TaskMedia::new(&flown))
            .unwrap()
            .iter()
            .map(|file| file.original_url.as_ref().unwrap().expose().to_owned())
            .collect::<Vec<_>>()
    );
    text += &format!("{:?}{:?}", list(&mut world, A1), list(&mut world, B2));
    text += &format!("{:?}", drone_state(&mut world));
    text
}

#[test]
fn the_same_seed_gives_the_same_world_in_whatever_steps_time_passes() {
    let first = script(7, seconds(1200));
    assert_eq!(first, script(7, seconds(1200)));
    assert_eq!(first, script(7, seconds(1)));
    assert_eq!(first, script(7, Duration::from_millis(250)));
    assert_ne!(first, script(8, seconds(1200)));
}

#[test]
fn the_continuous_schedule_is_kept() {
    let mut world = world();
    let begin = after(world.now(), 600);
    let plan: ContinuousSchedule =
        support::continuous_schedule(begin, after(begin, DAY), after(begin, 7200), 80);
    let plan = create(&mut world, task(A1, NORTH, plan));
    let detail = get(&mut world, &plan);
    assert_eq!((detail.min_battery_capacity, detail.continuous_task_periods.len()), (Some(80), 1));
}

fn is_terminal(status: &TaskStatus) -> bool {
    use TaskStatus::{PartiallyDone, StartingFailure, Success, Terminated, Timeout};
    matches!(status, Success | Terminated | Timeout | StartingFailure | PartiallyDone)
}

/// Whatever is asked, in whatever order: terminal states stay, counters stay within their totals, one dock flies one task.
#[test]
fn random_orders_break_no_rule() {
    for seed in 0..12 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut world = World::demo(seed);
        world.apply(&Deed::ExtraStatuses { shown: seed % 2 == 1 }).unwrap();
        let mut last: std::collections::BTreeMap<String, FlightTaskSummary> = Default::default();
        for _ in 0..150 {
            let tasks: Vec<_> = last.keys().cloned().collect();
            match rng.u8(0..12) {
                0 => {
                    let mut operation = immediate(A1, NORTH);
                    operation.resumable_status = ResumableStatus::Auto;
                    drop(world.task_create(&caller(), operation));
                }
                1 => drop(world.task_create(&caller(), immediate(B2, TOWER))),
                2 => {
                    let mut timed = TimedSchedule::new(after(world.now(), rng.u64(0..600)));
                    timed.latest_begin_at =
                        rng.bool().then(|| after(timed.begin_at, rng.u64(0..900)));
                    drop(world.task_create(&caller(), task(A1, NORTH, timed)));
                }
                3 => {
                    let orders = [
                        "return_home",
                        "return_home_cancel",
                        "return_specific_home",
                        "flighttask_pause",
                        "flighttask_recovery",
                    ];
                    let order = FlightCommand::from(orders[rng.usize(0..orders.len())]);
                    drop(world.device_command(&caller(), DeviceCommand::new(A1, order)));
                }
                4 => {
                    if let Some(uuid) = tasks.get(rng.usize(0..tasks.len().max(1))) {
                        let change = if rng.bool() {
                            TaskStatusChange::Suspended
                        } else {
                            TaskStatusChange::Restored
                        };
                        drop(
                            world.task_set_status(
                                &caller(),
                                TaskSetStatus::new(uuid.as_str(), change),
                            ),
                        );
                    }
                }
                5 => world.set_battery(&DroneSn::new("1581F0Q8X000U00G00A1"), rng.u8(10..=100)),
                6 => world.disconnect(&DeviceSn::new(A1)),
                7 => world.connect(&DeviceSn::new(A1)),
                _ => world.advance(seconds(rng.u64(1..120))),
            }
            let rows: Vec<_> = [A1, B2].iter().flat_map(|dock| list(&mut world, dock)).collect();
            for dock in [A1, B2] {
                let flying = |row: &&FlightTaskSummary| {
                    matches!(row.status, TaskStatus::Executing | TaskStatus::Paused)
                };
                assert!(
                    rows.iter().filter(|row| row.sn.as_str() == dock).filter(flying).count() <= 1,
                    "{seed}: {dock}"
                );
            }
            for row in rows {
                assert!(row.current_waypoint_index <= row.total_waypoints, "{seed}: {row:?}");
                assert_eq!(row.completed_at.is_some(), is_terminal(&row.status), "{seed}: {row:?}");
                if matches!(row.status, TaskStatus::Executing | TaskStatus::Paused) {
                    assert!(row.run_at.is_some(), "{seed}: {row:?}");
                }
                let files = get(&mut world, &row.uuid).folder_info;
                assert!(
                    files
                        .is_none_or(|files| files.uploaded_file_count <= files.expected_file_count),
                    "{seed}: {row:?}"
                );
                if let Some(before) = last.insert(row.uuid.as_str().to_owned(), row.clone()) {
                    assert!(
                        !is_terminal(&before.status) || before.status == row.status,
                        "{seed}: {before:?} {row:?}"
                    );
                    assert!(
                        before.run_at.is_none() || before.run_at == row.run_at,
                        "{seed}: {row:?}"
                    );
                }
            }
        }
    }
}
