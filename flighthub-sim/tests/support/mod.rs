//! What the tests of the world share.
#![allow(dead_code, reason = "every test file uses its part")]

use std::time::Duration;

use flighthub_api::Timestamp;
use flighthub_api::v1::{
    AircraftState, ContinuousSchedule, ContinuousScheduleArgs, DeviceCalibrateRtk, DeviceCalibrateRtkArgs, DeviceState, DockSn,
    OutOfControlAction, RecurringSchedule, RecurringScheduleArgs, RepeatOption, RepeatType, ResumableStatus, RthMode, Service, TaskCreate,
    TaskCreateArgs, TaskSchedule, WaylineId, WaylinePrecisionType,
};
use flighthub_sim::{Caller, Refusal, World};

pub const A1: &str = "7CTXN0000B00A1";
pub const B2: &str = "7CTXN0000B00B2";
pub const C3: &str = "7CTXN0000B00C3";
pub const NORTH: &str = "c2b0a3f4-1f0e-4f6a-8c55-9d3b2e7a6410";
pub const TOWER: &str = "a41d7c60-92e5-4b3f-b7d8-0c6e5f3a2914";
pub const DAY: u64 = 86_400;

pub fn world() -> World {
    World::demo(1)
}

pub fn caller() -> Caller {
    Caller::admin().in_project(World::DEMO_PROJECT)
}

pub const fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

pub fn after(time: Timestamp, number: u64) -> Timestamp {
    time.saturating_add(seconds(number))
}

/// The business code of an outcome; 0 when it is none.
pub fn code<T>(outcome: Result<T, Refusal>) -> i64 {
    outcome.err().map_or(0, |refusal| refusal.code.get())
}

pub fn task(dock: &str, route: &str, schedule: impl Into<TaskSchedule>) -> TaskCreate {
    TaskCreate::new(TaskCreateArgs {
        name: "Test flight".to_owned(),
        wayline_uuid: WaylineId::new(route),
        sn: DockSn::new(dock),
        time_zone: "Europe/Berlin".to_owned(),
        rth_altitude: 80,
        rth_mode: RthMode::Preset,
        wayline_precision_type: WaylinePrecisionType::Rtk,
        out_of_control_action_in_flight: OutOfControlAction::ReturnHome,
        resumable_status: ResumableStatus::Manual,
        schedule: schedule.into(),
    })
}

pub fn immediate(dock: &str, route: &str) -> TaskCreate {
    task(dock, route, TaskSchedule::Immediate)
}

/// Every day at the time of `begin`.
pub fn recurring(begin: Timestamp, end: Timestamp) -> RecurringSchedule {
    RecurringSchedule::new(RecurringScheduleArgs {
        begin_at: begin,
        end_at: end,
        repeat_type: RepeatType::Daily,
        repeat_option: RepeatOption::new(1),
        recurring_task_start_time_list: vec![begin],
    })
}

pub fn continuous_schedule(begin: Timestamp, end: Timestamp, until: Timestamp, battery: i32) -> ContinuousSchedule {
    ContinuousSchedule::new(ContinuousScheduleArgs {
        begin_at: begin,
        end_at: end,
        repeat_type: RepeatType::Daily,
        repeat_option: RepeatOption::new(1),
        continuous_task_periods: vec![vec![begin, until]],
        min_battery_capacity: battery,
    })
}

pub fn continuous(begin: Timestamp, end: Timestamp, until: Timestamp, battery: i32) -> TaskSchedule {
    continuous_schedule(begin, end, until, battery).into()
}

/// The state of the aircraft of the first dock.
pub fn drone_state(world: &mut World) -> AircraftState {
    let snapshot = world.device_state(&caller(), DeviceState::new("1581F0Q8X000U00G00A1")).unwrap();
    snapshot.device_state.unwrap().aircraft()
}

pub fn calibration(dock: &str) -> DeviceCalibrateRtk {
    DeviceCalibrateRtk::new(DeviceCalibrateRtkArgs {
        device_sn: DockSn::new(dock),
        host: "ntrip.example.net".to_owned(),
        port: 8002,
        account: "demo".into(),
        password: "demo".into(),
        mount_point: "RTCM33".to_owned(),
    })
}

pub fn calibrate(world: &mut World, dock: &str) {
    world.device_calibrate_rtk(&caller(), calibration(dock)).unwrap();
}
