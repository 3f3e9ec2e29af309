//! What the attacks share.

use std::fmt::Display;

use flighthub_api::v1::{
    DockSn, OutOfControlAction, ResumableStatus, RthMode, TaskCreate, TaskCreateArgs, TaskSchedule,
    WaylineId, WaylinePrecisionType,
};

/// A figure of the proof.
#[allow(clippy::print_stdout, reason = "figures of the proof")]
pub(crate) fn figure(row: &str, column: &str, value: impl Display) {
    println!("figure Attacks | {row} | {column} = {value}");
}

/// A write that must not happen twice.
pub(crate) fn launch() -> TaskCreate {
    TaskCreate::new(TaskCreateArgs {
        name: "Attack".to_owned(),
        wayline_uuid: WaylineId::new("c2b0a3f4-1f0e-4f6a-8c55-9d3b2e7a6410"),
        sn: DockSn::new("7CTXN0000B00A1"),
        time_zone: "Atlantic/Azores".to_owned(),
        rth_altitude: 60,
        rth_mode: RthMode::Preset,
        wayline_precision_type: WaylinePrecisionType::Rtk,
        out_of_control_action_in_flight: OutOfControlAction::ReturnHome,
        resumable_status: ResumableStatus::Manual,
        schedule: TaskSchedule::Immediate,
    })
}
