//! Checks of the task itself: heights, times, and what else the dock has to do.

use std::time::Duration;

use flighthub_api::Timestamp;
use flighthub_api::v1::{FlightTaskSummary, RthMode, TaskSchedule, TaskStatus, TaskType};
use jiff::tz::TimeZone;

use super::facts::Facts;
use super::{CheckSettings, Seen};
use crate::choose::printable;

/// A start within this time counts as one of now.
const SOON: Duration = Duration::from_secs(30 * 60);
/// How far back tasks may have begun that still fly.
const LONGEST_FLIGHT: Duration = Duration::from_secs(6 * 3600);
/// How much of a plan that repeats is compared with other tasks.
const FIRST_DAY: Duration = Duration::from_secs(24 * 3600);
/// Heights that the internal API allows for the return, metres.
const USUAL_HEIGHTS: std::ops::RangeInclusive<i32> = 15..=1500;

pub(super) fn all(
    facts: &Facts,
    settings: &CheckSettings,
    now: Timestamp,
) -> Vec<(&'static str, Seen)> {
    vec![
        ("dock-free", free(facts)),
        ("planned-tasks", planned(facts, settings, now)),
        ("rth-altitude", altitude(settings)),
        ("rth-mode", rth_mode(settings)),
        ("schedule-time", times(&settings.plan.schedule, now)),
        ("time-zone", zone(&settings.plan.time_zone)),
    ]
}

/// The first and the last moment at which the first flight of a plan may start.
fn start(schedule: &TaskSchedule, now: Timestamp) -> (Timestamp, Timestamp) {
    match schedule {
        TaskSchedule::Timed(timed) => {
            (timed.begin_at, timed.latest_begin_at.unwrap_or(timed.begin_at))
        }
        TaskSchedule::Recurring(plan) => {
            let first = plan.recurring_task_start_time_list.iter().min().copied();
            let first = first.unwrap_or(plan.begin_at);
            (first, first)
        }
        TaskSchedule::Continuous(plan) => {
            let first =
                plan.continuous_task_periods.iter().filter_map(|period| period.first()).min();
            let first = first.copied().unwrap_or(plan.begin_at);
            (first, first)
        }
        _ => (now, now),
    }
}

pub(super) fn starts_soon(schedule: &TaskSchedule, now: Timestamp) -> bool {
    start(schedule, now).0 <= now.saturating_add(SOON)
}

/// The time in which the dock's other tasks matter.
pub(super) fn window(
    schedule: &TaskSchedule,
    now: Timestamp,
    spacing: Duration,
) -> (Timestamp, Timestamp) {
    let (first, last) = start(schedule, now);
    let last = match schedule {
        TaskSchedule::Recurring(_) | TaskSchedule::Continuous(_) => last.saturating_add(FIRST_DAY),
        _ => last,
    };
    let from = first.min(now).saturating_sub(LONGEST_FLIGHT);
    (from, last.max(now).saturating_add(spacing))
}

/// The times in which flights of this plan may start, of the first day when it repeats.
fn starts(schedule: &TaskSchedule, now: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    match schedule {
        TaskSchedule::Recurring(plan) => {
            plan.recurring_task_start_time_list.iter().map(|time| (*time, *time)).collect()
        }
        TaskSchedule::Continuous(plan) => plan
            .continuous_task_periods
            .iter()
            .filter_map(|period| Some((*period.first()?, *period.last()?)))
            .collect(),
        other => vec![start(other, now)],
    }
}

fn free(facts: &Facts) -> Seen {
    let tasks = match &facts.tasks {
        Ok(tasks) => tasks,
        Err(why) => {
            let reason = format!("the tasks of the dock cannot be listed: {}", why.text);
            return Seen::not_checked(reason, "See the reason.");
        }
    };
    let flies = |task: &&FlightTaskSummary| {
        use TaskStatus::{Executing, Paused, Preparing, QueueForTakeoff};
        matches!(task.status, Executing | Paused | Preparing | QueueForTakeoff)
    };
    if let Some(task) = tasks.rows.iter().find(flies) {
        return Seen::stop(
            format!("the dock is busy with task {} ({})", named(task), task.status.as_str()),
            "Wait until it has ended.",
        );
    }
    if tasks.odd > 0 {
        let reason = format!("{} tasks of the dock could not be read", tasks.odd);
        return Seen::not_checked(reason, "Look at the dock's tasks in the web console.");
    }
    if let Some(task) = tasks.rows.iter().find(|task| !task.status.is_known()) {
        return Seen::not_checked(
            format!(
                "task {} has the status `{}`, which is not known",
                named(task),
                task.status.as_str()
            ),
            "Look at the dock's tasks in the web console.",
        );
    }
    Seen::ok("the dock carries out no other task")
}

fn named(task: &FlightTaskSummary) -> String {
    format!("`{}` ({})", printable(&task.name), task.uuid)
}

fn planned(facts: &Facts, settings: &CheckSettings, now: Timestamp) -> Seen {
    let Ok(tasks) = &facts.tasks else {
        return Seen::not_checked("the tasks of the dock cannot be listed", "See `dock-free`.");
    };
    let ours = starts(&settings.plan.schedule, now);
    let close = |begin: Timestamp, end: Timestamp| {
        ours.iter().any(|(first, last)| {
            begin <= last.saturating_add(settings.spacing)
                && first.saturating_sub(settings.spacing) <= end
        })
    };
    let collides = |task: &&FlightTaskSummary| {
        let waits = matches!(task.status, TaskStatus::Waiting);
        let repeats = matches!(task.task_type, TaskType::Recurring | TaskType::Continuous);
        task.begin_at.is_some_and(|begin| {
            // Of a plan the list tells only its first and last day, not when it flies on them.
            let end = if repeats { task.end_at.unwrap_or(begin) } else { begin };
            waits && close(begin, end)
        })
    };
    let others: Vec<String> = tasks.rows.iter().filter(collides).map(named).collect();
    if others.is_empty() {
        return Seen::ok("no other task of the dock is planned for that time");
    }
    Seen::warning(
        format!("planned for about the same time: {}", others.join(", ")),
        "Suspend the other task, or choose another time.",
    )
}

fn altitude(settings: &CheckSettings) -> Seen {
    let height = settings.plan.rth_altitude;
    match settings.ceiling {
        _ if height < 1 => {
            Seen::stop("the return height is not above the ground", "Give it in metres.")
        }
        Some(ceiling) if height > ceiling => Seen::stop(
            format!(
                "the return height of {height} m is above the project's ceiling of {ceiling} m"
            ),
            "Lower it: a higher one is accepted, and then the flight does not start.",
        ),
        _ if !USUAL_HEIGHTS.contains(&height) => Seen::warning(
            format!("a return height of {height} m is unusual"),
            "Check the height; 15 to 1500 m are known to be allowed.",
        ),
        Some(ceiling) => Seen::ok(format!(
            "the return height of {height} m is within the ceiling of {ceiling} m"
        )),
        None => Seen::not_checked(
            "the project's ceiling is not given, and no call tells it",
            "Give the ceiling: above it a flight does not start, with an error that does not speak of height.",
        ),
    }
}

fn rth_mode(settings: &CheckSettings) -> Seen {
    match &settings.plan.rth_mode {
        RthMode::Preset => Seen::ok("the aircraft returns at the given height"),
        RthMode::Optimal => Seen::ok("the aircraft chooses the height of its return itself"),
        mode => Seen::stop(
            format!("`{}` is no way to return", printable(mode.as_str())),
            "Use `preset` or `optimal`.",
        ),
    }
}

fn times(schedule: &TaskSchedule, now: Timestamp) -> Seen {
    const REMEDY: &str = "Choose a start in the future.";
    let late =
        |what: &str, time: Timestamp| Seen::stop(format!("{what} ({time}) is in the past"), REMEDY);
    match schedule {
        TaskSchedule::Immediate => Seen::ok("the flight starts at once"),
        TaskSchedule::Timed(timed) if timed.begin_at <= now => late("the start", timed.begin_at),
        TaskSchedule::Timed(timed)
            if timed.latest_begin_at.is_some_and(|latest| latest <= timed.begin_at) =>
        {
            Seen::stop("the time in which it may start ends before it begins", REMEDY)
        }
        TaskSchedule::Timed(timed) => Seen::ok(format!("the flight starts at {}", timed.begin_at)),
        TaskSchedule::Recurring(plan) if plan.begin_at <= now => {
            late("the start of the plan", plan.begin_at)
        }
        TaskSchedule::Recurring(plan) if plan.end_at <= plan.begin_at => {
            Seen::stop("the plan ends before it begins", REMEDY)
        }
        TaskSchedule::Recurring(plan) => Seen::ok(format!("the plan begins at {}", plan.begin_at)),
        TaskSchedule::Continuous(plan) if plan.begin_at <= now => {
            late("the start of the plan", plan.begin_at)
        }
        TaskSchedule::Continuous(plan) if plan.end_at <= plan.begin_at => {
            Seen::stop("the plan ends before it begins", REMEDY)
        }
        TaskSchedule::Continuous(plan) => Seen::ok(format!("the plan begins at {}", plan.begin_at)),
        _ => Seen::not_checked("the schedule is of a kind that this version does not know", REMEDY),
    }
}

fn zone(name: &str) -> Seen {
    const REMEDY: &str = "Use a name of the IANA list, such as Europe/Prague.";
    if jiff::tz::db().is_definitively_empty() {
        return Seen::not_checked("this machine has no list of time zones", REMEDY);
    }
    match TimeZone::get(name) {
        // Known here in any spelling, but perhaps not at the service.
        Ok(zone) if zone.iana_name() == Some(name) => Seen::ok(format!("the time zone is {name}")),
        Ok(zone) => Seen::warning(
            format!(
                "the time zone {} is spelled {}",
                printable(name),
                zone.iana_name().unwrap_or("otherwise")
            ),
            REMEDY,
        ),
        Err(_) => Seen::stop(format!("there is no time zone `{}`", printable(name)), REMEDY),
    }
}
