//! What the tests of the world share.
#![allow(dead_code, reason = "every test file uses its part")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use flighthub_api::Timestamp;
use flighthub_api::v1::{
    AircraftState, ContinuousSchedule, ContinuousScheduleArgs, DeviceCalibrateRtk,
    DeviceCalibrateRtkArgs, DeviceState, DockSn, OutOfControlAction, RecurringSchedule,
    RecurringScheduleArgs, RepeatOption, RepeatType, ResumableStatus, RthMode, Service, TaskCreate,
    TaskCreateArgs, TaskSchedule, WaylineId, WaylinePrecisionType,
};
use flighthub_sim::kmz::{Kmz, KmzWaypoint};
use flighthub_sim::{Caller, Refusal, World};

pub(crate) const A1: &str = "7CTXN0000B00A1";
pub(crate) const B2: &str = "7CTXN0000B00B2";
pub(crate) const C3: &str = "7CTXN0000B00C3";
pub(crate) const NORTH: &str = "c2b0a3f4-1f0e-4f6a-8c55-9d3b2e7a6410";
pub(crate) const TOWER: &str = "a41d7c60-92e5-4b3f-b7d8-0c6e5f3a2914";
pub(crate) const DAY: u64 = 86_400;

pub(crate) fn world() -> World {
    World::demo(1)
}

pub(crate) fn caller() -> Caller {
    Caller::admin().in_project(World::DEMO_PROJECT)
}

pub(crate) const fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

pub(crate) fn after(time: Timestamp, number: u64) -> Timestamp {
    time.saturating_add(seconds(number))
}

/// The business code of an outcome; 0 when it is none.
pub(crate) fn code<T>(outcome: Result<T, Refusal>) -> i64 {
    outcome.err().map_or(0, |refusal| refusal.code.get())
}

pub(crate) fn task(dock: &str, route: &str, schedule: impl Into<TaskSchedule>) -> TaskCreate {
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

pub(crate) fn immediate(dock: &str, route: &str) -> TaskCreate {
    task(dock, route, TaskSchedule::Immediate)
}

/// Every day at the time of `begin`.
pub(crate) fn recurring(begin: Timestamp, end: Timestamp) -> RecurringSchedule {
    RecurringSchedule::new(RecurringScheduleArgs {
        begin_at: begin,
        end_at: end,
        repeat_type: RepeatType::Daily,
        repeat_option: RepeatOption::new(1),
        recurring_task_start_time_list: vec![begin],
    })
}

pub(crate) fn continuous_schedule(
    begin: Timestamp,
    end: Timestamp,
    until: Timestamp,
    battery: i32,
) -> ContinuousSchedule {
    ContinuousSchedule::new(ContinuousScheduleArgs {
        begin_at: begin,
        end_at: end,
        repeat_type: RepeatType::Daily,
        repeat_option: RepeatOption::new(1),
        continuous_task_periods: vec![vec![begin, until]],
        min_battery_capacity: battery,
    })
}

pub(crate) fn continuous(
    begin: Timestamp,
    end: Timestamp,
    until: Timestamp,
    battery: i32,
) -> TaskSchedule {
    continuous_schedule(begin, end, until, battery).into()
}

/// The state of the aircraft of the first dock.
pub(crate) fn drone_state(world: &mut World) -> AircraftState {
    let snapshot = world.device_state(&caller(), DeviceState::new("1581F0Q8X000U00G00A1")).unwrap();
    snapshot.device_state.unwrap().aircraft()
}

pub(crate) fn calibration(dock: &str) -> DeviceCalibrateRtk {
    DeviceCalibrateRtk::new(DeviceCalibrateRtkArgs {
        device_sn: DockSn::new(dock),
        host: "ntrip.example.net".to_owned(),
        port: 8002,
        account: "demo".into(),
        password: "demo".into(),
        mount_point: "RTCM33".to_owned(),
    })
}

pub(crate) fn calibrate(world: &mut World, dock: &str) {
    world.device_calibrate_rtk(&caller(), calibration(dock)).unwrap();
}

/// Status and body of a request on a connection of its own.
pub(crate) fn get(url: &str, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let mut text = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    headers.iter().for_each(|(name, value)| text += &format!("{name}: {value}\r\n"));
    stream.write_all(format!("{text}\r\n").as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// Degrees of a metre.
pub(crate) const METRE: f64 = 1.0 / 111_320.0;

/// A route of three points, 100 metres apart, near the first dock.
pub(crate) fn yard() -> Kmz {
    let point = |north: f64| KmzWaypoint::new(0.02 + north * METRE, -25.3, 50.0).with_photo();
    let mut route = Kmz::new("0-91-1");
    route.waypoints = vec![point(50.0), point(150.0), point(250.0)];
    route
}
