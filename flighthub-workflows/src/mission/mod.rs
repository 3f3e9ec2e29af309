//! Flights: whether one can start, starting it once, following it to its end, and what it was.
//!
//! The steps are functions of their own. [`check`] asks what can be asked before a launch. [`launch`] writes down what it is about to do, sends
//! one request, and never a second: when the answer is lost it looks the task up ([`reconcile`]). "Accepted" is not "flown": [`wait`] follows the
//! task to its end, [`report`] says what was flown, [`list`] finds the tasks of many docks and long times.

mod check;
mod intent;
mod launch;
mod list;
mod pace;
mod reconcile;
mod report;
mod route;
mod wait;

pub use check::{Check, CheckReport, CheckSettings, ESSENTIAL, NAMES, Verdict, check};
pub use intent::{Intent, IntentId, Pending, State, StateChange, pending, settle};
pub use launch::{
    Launch, LaunchEvent, Launched, MOST_NAME, Outcome, launch, marked_name, unfinished,
};
pub use list::{ListEvent, ListFailure, ListSettings, MissionList, OddTask, list};
pub use reconcile::{Patience, Reconciled, reconcile};
pub use report::{
    MediaCount, MissionReport, OperationNote, Source, Times, TroubleNote, Waypoints, report,
};
pub use route::find_route;
pub use wait::{Aircraft, End, Flying, MediaEnd, WaitEvent, WaitSettings, Waited, wait};
