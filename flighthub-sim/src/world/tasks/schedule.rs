//! Plans as they come in, checked.

use std::collections::BTreeSet;
use std::time::Duration;

use flighthub_api::Timestamp;
use flighthub_api::v1::{RepeatOption, RepeatType, TaskSchedule, TaskType};
use jiff::tz::TimeZone;

use super::{Plan, Rule};
use crate::refusal::Refusal;

const SECOND: Duration = Duration::from_secs(1);

/// Type, plan, planned start and, if the plan says, its end.
type Schedule = (TaskType, Plan, Timestamp, Option<Timestamp>);

/// The plan of a new task.
pub(super) fn read(
    now: Timestamp,
    zone: &TimeZone,
    schedule: TaskSchedule,
) -> Result<Schedule, Refusal> {
    let past = |begin_at: Timestamp| {
        let is_past = begin_at.unix_seconds() < now.unix_seconds();
        if is_past { Err(Refusal::argument("begin_at", "is in the past")) } else { Ok(()) }
    };
    let rule = |kind: RepeatType, option: RepeatOption, begin: Timestamp, end: Timestamp| {
        if end <= begin {
            return Err(Refusal::argument("end_at", "is not after `begin_at`"));
        }
        check_rule(&kind, &option)?;
        Ok(Rule { kind, option, begin, end, zone: zone.clone() })
    };
    match schedule {
        TaskSchedule::Immediate => {
            Ok((TaskType::Immediate, Plan::Once { latest: None }, now, None))
        }
        TaskSchedule::Timed(timed) => {
            past(timed.begin_at)?;
            if timed.latest_begin_at.is_some_and(|latest| latest < timed.begin_at) {
                return Err(Refusal::argument("latest_begin_at", "is before `begin_at`"));
            }
            let latest = timed.latest_begin_at.map(|latest| latest.unix_seconds());
            Ok((TaskType::Timed, Plan::Once { latest }, timed.begin_at, None))
        }
        TaskSchedule::Recurring(recurring) => {
            past(recurring.begin_at)?;
            let rule = rule(
                recurring.repeat_type,
                recurring.repeat_option,
                recurring.begin_at,
                recurring.end_at,
            )?;
            let times = recurring.recurring_task_start_time_list;
            let field = "recurring_task_start_time_list";
            if times.is_empty() || times.len() > 48 {
                return Err(Refusal::argument(field, "must have 1 to 48 times"));
            }
            if times.iter().collect::<BTreeSet<_>>().len() < times.len() {
                return Err(Refusal::argument(field, "has a time twice"));
            }
            if !times.iter().all(|time| rule.same_day(*time, rule.begin)) {
                return Err(Refusal::argument(
                    field,
                    "has a time that is not on the day of `begin_at`",
                ));
            }
            let next = rule.next(&times, now.saturating_sub(SECOND));
            Ok((
                TaskType::Recurring,
                Plan::Recurring { rule, times, next },
                recurring.begin_at,
                Some(recurring.end_at),
            ))
        }
        TaskSchedule::Continuous(continuous) => {
            past(continuous.begin_at)?;
            let rule = rule(
                continuous.repeat_type,
                continuous.repeat_option,
                continuous.begin_at,
                continuous.end_at,
            )?;
            let field = "continuous_task_periods";
            if continuous.continuous_task_periods.is_empty()
                || continuous.continuous_task_periods.len() > 48
            {
                return Err(Refusal::argument(field, "must have 1 to 48 periods"));
            }
            let mut periods = Vec::new();
            for period in &continuous.continuous_task_periods {
                match period.as_slice() {
                    [begin, end] if begin < end => periods.push((*begin, *end)),
                    _ => {
                        return Err(Refusal::argument(
                            field,
                            "has a period that is no pair of start and later end",
                        ));
                    }
                }
            }
            if !periods.iter().all(|(begin, end)| {
                rule.same_day(*begin, rule.begin)
                    && rule.same_day(end.saturating_sub(SECOND), rule.begin)
            }) {
                return Err(Refusal::argument(
                    field,
                    "has a period that is not on the day of `begin_at`",
                ));
            }
            let min_battery = continuous.min_battery_capacity;
            if !(50..=100).contains(&min_battery) {
                return Err(Refusal::argument("min_battery_capacity", "must be 50 to 100"));
            }
            let plan = Plan::Continuous { rule, periods, min_battery, child: None };
            Ok((TaskType::Continuous, plan, continuous.begin_at, Some(continuous.end_at)))
        }
        _ => Err(Refusal::argument("task_type", "is none of the documented values")),
    }
}

fn check_rule(kind: &RepeatType, option: &RepeatOption) -> Result<(), Refusal> {
    let need = |field: &str, list: &[i32], range: std::ops::RangeInclusive<i32>| {
        let field = format!("repeat_option.{field}");
        match () {
            () if list.is_empty() => Err(Refusal::argument(&field, "is needed for this rule")),
            () if !list.iter().all(|item| range.contains(item)) => {
                Err(Refusal::argument(&field, "has a number out of range"))
            }
            () => Ok(()),
        }
    };
    if option.interval < 1 {
        return Err(Refusal::argument("repeat_option.interval", "must be 1 or more"));
    }
    match kind {
        RepeatType::Nonrepeating | RepeatType::Daily => Ok(()),
        RepeatType::Weekly => need("days_of_week", &option.days_of_week, 0..=6),
        RepeatType::AbsoluteMonthly => need("days_of_month", &option.days_of_month, 1..=31),
        RepeatType::RelativeMonthly => {
            need("days_of_week", &option.days_of_week, 0..=6)?;
            need("week_of_month", &option.week_of_month, 1..=5)
        }
        _ => Err(Refusal::argument("repeat_type", "is none of the documented values")),
    }
}
