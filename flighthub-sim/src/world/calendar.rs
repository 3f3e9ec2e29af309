//! Time zones, local days and rules of repetition.

use std::iter;

use flighthub_api::Timestamp;
use flighthub_api::v1::{RepeatOption, RepeatType};
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::refusal::Refusal;

/// A plan with a rule of repetition. Its days are those of its zone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    pub(crate) kind: RepeatType,
    pub(crate) option: RepeatOption,
    /// Start and end of the plan.
    pub(crate) begin: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) zone: TimeZone,
}

impl Rule {
    fn day_of(&self, moment: Timestamp) -> Date {
        clock(moment, &self.zone).date()
    }

    /// Whether two moments are on the same local day.
    pub(crate) fn same_day(&self, one: Timestamp, other: Timestamp) -> bool {
        self.day_of(one) == self.day_of(other)
    }

    /// Whether the plan flies on a local day, given its first.
    fn has_day(&self, first: Date, day: Date) -> bool {
        let interval = self.option.interval.max(1);
        let has = |list: &[i32], number: i8| list.contains(&i32::from(number));
        let weekday = day.weekday().to_sunday_zero_offset();
        let months = i32::from(day.year() - first.year()) * 12 + i32::from(day.month())
            - i32::from(first.month());
        match &self.kind {
            _ if day < first => false,
            RepeatType::Daily => days_between(first, day) % interval == 0,
            RepeatType::Weekly => {
                let weeks = || days_between(sunday(first), sunday(day)) / 7;
                has(&self.option.days_of_week, weekday) && weeks() % interval == 0
            }
            RepeatType::AbsoluteMonthly => {
                months % interval == 0 && has(&self.option.days_of_month, day.day())
            }
            RepeatType::RelativeMonthly => {
                months % interval == 0
                    && has(&self.option.week_of_month, (day.day() - 1) / 7 + 1)
                    && has(&self.option.days_of_week, weekday)
            }
            _ => day == first,
        }
    }

    /// When a moment of the first day comes round on another day: at the same time by the local clock.
    ///
    /// A time that the clocks skip on that day is as much later as they are put forward, and of a time that comes twice it
    /// is the first. `None` after the year 9999.
    fn on(&self, day: Date, moment: Timestamp) -> Option<Timestamp> {
        let first = self.day_of(self.begin);
        if day == first {
            return Some(moment);
        }
        let local = clock(moment, &self.zone);
        // The end of a period may be the midnight after its day.
        let date = day.checked_add(local.date() - first).ok()?;
        let moment = self.zone.to_timestamp(date.to_datetime(local.time()));
        moment.ok().map(Timestamp::from)
    }

    /// The days of the plan from the one before a moment: a skipped time may come round on the day after its own.
    fn days_around(&self, moment: Timestamp) -> impl Iterator<Item = Date> {
        let first = self.day_of(self.begin);
        let start = self.day_of(moment).saturating_sub(1.day()).max(first);
        iter::successors(Some(start), |day| day.tomorrow().ok())
            .filter(move |day| self.has_day(first, *day))
    }

    /// The first moment after `after` at which one of the times of the first day comes round on a day of the plan.
    pub(crate) fn next(&self, times: &[Timestamp], after: Timestamp) -> Option<Timestamp> {
        let last = self.day_of(self.end);
        let first_on = |day| {
            let times = times.iter().filter_map(|time| self.on(day, *time));
            times.filter(|time| *time > after && (self.begin..=self.end).contains(time)).min()
        };
        self.days_around(after)
            .take_while(|day| *day <= last)
            .filter_map(first_on)
            // A skipped time may come after one of the next day.
            .take(2)
            .min()
    }

    /// Whether a moment is in one of the periods of the first day, moved to a day of the plan.
    pub(crate) fn is_within(&self, periods: &[(Timestamp, Timestamp)], now: Timestamp) -> bool {
        let today = self.day_of(now);
        let is_within = |day| {
            periods.iter().any(|(begin, end)| {
                let period = self.on(day, *begin).zip(self.on(day, *end));
                period.is_some_and(|(begin, end)| (begin..end).contains(&now))
            })
        };
        (self.begin..=self.end).contains(&now)
            && self.days_around(now).take_while(|day| *day <= today).any(is_within)
    }
}

fn days_between(one: Date, other: Date) -> i32 {
    (other - one).get_days()
}

/// The day on which the week of a day begins.
fn sunday(day: Date) -> Date {
    day.saturating_sub(day.weekday().to_sunday_zero_offset().days())
}

/// What the clocks of a zone show.
fn clock(moment: Timestamp, zone: &TimeZone) -> DateTime {
    zone.to_datetime(moment.into())
}

/// `20260101080000` of a moment, in a zone.
pub(crate) fn digits(moment: Timestamp, zone: &TimeZone) -> String {
    clock(moment, zone).strftime("%Y%m%d%H%M%S").to_string()
}

/// The same moment, written with the offset that a zone has then.
pub(crate) fn local(moment: Timestamp, zone: &TimeZone) -> Timestamp {
    let offset = zone.to_offset(moment.into());
    moment.with_offset_seconds(offset.seconds()).unwrap_or(moment)
}

/// The zone of a task by its IANA name, from the database inside the program: the same on every machine.
///
/// # Errors
///
/// 200101 when the database has no such name, or writes it otherwise.
pub(crate) fn zone(name: &str) -> Result<TimeZone, Refusal> {
    let refusal = |problem| Refusal::argument("time_zone", problem);
    let zone = TimeZoneDatabase::bundled().get(name).ok().filter(|zone| !zone.is_unknown());
    let zone = zone.ok_or_else(|| {
        refusal(format!(
            "`{name}` is no time zone of the IANA database; use a name such as Europe/Berlin, or UTC"
        ))
    })?;
    match zone.iana_name() {
        // The database overlooks upper and lower case; others do not.
        Some(known) if known != name => Err(refusal(format!("`{name}` is written `{known}`"))),
        _ => Ok(zone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;
    const BERLIN: &str = "Europe/Berlin";

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A Thursday.
    fn begin() -> Timestamp {
        moment("2026-01-01T08:00:00Z")
    }

    fn later(time: Timestamp, seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(time.unix_seconds() + seconds).unwrap()
    }

    fn rule_from(begin: Timestamp, name: &str, kind: RepeatType) -> Rule {
        Rule {
            kind,
            option: RepeatOption::new(1),
            begin,
            end: later(begin, 100 * DAY),
            zone: zone(name).unwrap(),
        }
    }

    fn rule(kind: RepeatType, edit: impl FnOnce(&mut RepeatOption)) -> Rule {
        let mut rule = rule_from(begin(), "UTC", kind);
        edit(&mut rule.option);
        rule
    }

    fn days(rule: &Rule, count: usize) -> Vec<i64> {
        let mut after = later(begin(), -1);
        (0..count)
            .map_while(|_| {
                after = rule.next(&[begin()], after)?;
                Some((after.unix_seconds() - begin().unix_seconds()) / DAY)
            })
            .collect()
    }

    /// What a daily plan makes of the times of its first day, the first of which it begins with.
    fn flights(zone: &str, times: &[&str], count: usize) -> Vec<String> {
        let times: Vec<_> = times.iter().map(|time| moment(time)).collect();
        let rule = rule_from(times[0], zone, RepeatType::Daily);
        let first = rule.next(&times, later(rule.begin, -1));
        iter::successors(first, |last| rule.next(&times, *last))
            .take(count)
            .map(|time| local(time, &rule.zone).to_string())
            .collect()
    }

    #[test]
    fn plans_repeat_by_their_rule() {
        assert_eq!(days(&rule(RepeatType::Nonrepeating, |_| ()), 5), [0]);
        assert_eq!(days(&rule(RepeatType::Daily, |option| option.interval = 2), 3), [0, 2, 4]);
        // Mondays and Thursdays.
        let twice = |interval| {
            rule(RepeatType::Weekly, move |option| {
                option.interval = interval;
                option.days_of_week = vec![1, 4];
            })
        };
        assert_eq!(days(&twice(1), 4), [0, 4, 7, 11]);
        assert_eq!(days(&twice(2), 4), [0, 11, 14, 25]);
        assert_eq!(
            days(
                &rule(RepeatType::AbsoluteMonthly, |option| option.days_of_month = vec![1, 15]),
                3
            ),
            [0, 14, 31]
        );
        // Months without such a day are skipped.
        let last = rule(RepeatType::AbsoluteMonthly, |option| option.days_of_month = vec![31]);
        assert_eq!(days(&last, 3), [30, 89]);
        // The second Thursday of the month.
        let second = rule(RepeatType::RelativeMonthly, |option| {
            option.days_of_week = vec![4];
            option.week_of_month = vec![2];
        });
        assert_eq!(days(&second, 2), [7, 42]);
    }

    #[test]
    fn several_times_a_day_come_in_order() {
        let rule = rule(RepeatType::Daily, |_| ());
        let begin = begin();
        let times = [later(begin, 3600), begin];
        assert_eq!(rule.next(&times, begin), Some(later(begin, 3600)));
        assert_eq!(rule.next(&times, later(begin, 3600)), Some(later(begin, DAY)));
        assert_eq!(rule.next(&times, later(begin, 100 * DAY)), None);
    }

    #[test]
    fn periods_come_round_on_days_of_the_plan() {
        let rule = rule(RepeatType::Daily, |option| option.interval = 2);
        let begin = begin();
        let periods = [(begin, later(begin, 7200))];
        assert!(rule.is_within(&periods, later(begin, 7199)));
        assert!(!rule.is_within(&periods, later(begin, 7200)));
        assert!(!rule.is_within(&periods, later(begin, DAY)));
        assert!(rule.is_within(&periods, later(begin, 2 * DAY)));
    }

    #[test]
    fn plans_keep_their_local_time_when_the_clocks_change() {
        assert_eq!(
            flights(BERLIN, &["2026-03-28T03:00:00+01:00"], 3),
            ["2026-03-28T03:00:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T03:00:00+02:00",]
        );
        assert_eq!(
            flights(BERLIN, &["2026-10-24T03:00:00+02:00"], 2),
            ["2026-10-24T03:00:00+02:00", "2026-10-25T03:00:00+01:00"]
        );
        // Weeks are counted in days of the zone, too: Sundays at 00:30, which are Saturdays in UTC.
        let mut sundays =
            rule_from(moment("2026-03-22T00:30:00+01:00"), BERLIN, RepeatType::Weekly);
        sundays.option.days_of_week = vec![0];
        let times = [sundays.begin];
        let second = sundays.next(&times, sundays.begin).unwrap();
        assert_eq!(second, moment("2026-03-29T00:30:00+01:00"));
        assert_eq!(sundays.next(&times, second), Some(moment("2026-04-05T00:30:00+02:00")));
    }

    #[test]
    fn a_skipped_time_is_later_and_a_repeated_one_comes_once() {
        assert_eq!(
            flights(BERLIN, &["2026-03-28T02:30:00+01:00"], 3),
            ["2026-03-28T02:30:00+01:00", "2026-03-29T03:30:00+02:00", "2026-03-30T02:30:00+02:00",]
        );
        assert_eq!(
            flights(BERLIN, &["2026-10-24T02:30:00+02:00"], 3),
            ["2026-10-24T02:30:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00",]
        );
        // On the first day a moment is the one that was asked for.
        assert_eq!(
            flights(BERLIN, &["2026-10-25T02:30:00+01:00"], 2),
            ["2026-10-25T02:30:00+01:00", "2026-10-26T02:30:00+01:00"]
        );
    }

    #[test]
    fn no_time_is_lost_behind_a_skipped_one() {
        assert_eq!(
            flights(BERLIN, &["2026-03-28T02:45:00+01:00", "2026-03-28T03:30:00+01:00"], 4)[2..],
            ["2026-03-29T03:30:00+02:00", "2026-03-29T03:45:00+02:00"]
        );
        // Here the hour before midnight is skipped, so that its times come round among those of the next day.
        assert_eq!(
            flights(
                "America/Nuuk",
                &[
                    "2026-03-27T00:15:00-02:00",
                    "2026-03-27T23:00:00-02:00",
                    "2026-03-27T23:30:00-02:00",
                ],
                8
            )[3..],
            [
                "2026-03-28T00:15:00-02:00",
                "2026-03-29T00:00:00-01:00",
                "2026-03-29T00:15:00-01:00",
                "2026-03-29T00:30:00-01:00",
                "2026-03-29T23:00:00-01:00",
            ]
        );
    }

    #[test]
    fn periods_keep_their_local_time_when_the_clocks_change() {
        let (evening, midnight) =
            (moment("2026-03-28T20:00:00+01:00"), moment("2026-03-29T00:00:00+01:00"));
        let rule = rule_from(evening, BERLIN, RepeatType::Daily);
        let is_within = |text| rule.is_within(&[(evening, midnight)], moment(text));
        assert!(is_within("2026-03-28T23:59:59+01:00"));
        assert!(!is_within("2026-03-29T00:00:00+01:00"));
        assert!(!is_within("2026-03-29T19:59:59+02:00"));
        assert!(is_within("2026-03-29T20:00:00+02:00"));
        assert!(is_within("2026-03-29T23:59:59+02:00"));
        assert!(!is_within("2026-03-30T00:00:00+02:00"));
    }

    #[test]
    fn days_are_those_of_the_zone() {
        let rule = rule_from(begin(), BERLIN, RepeatType::Daily);
        let same = |one, other| rule.same_day(moment(one), moment(other));
        assert!(same("2026-06-01T22:30:00Z", "2026-06-02T21:59:59Z"));
        assert!(!same("2026-06-01T22:30:00Z", "2026-06-02T22:00:00Z"));
        assert!(!same("2026-01-01T22:30:00Z", "2026-01-01T23:00:00Z"));
    }

    #[test]
    fn moments_are_written_by_the_clocks_of_the_zone() {
        for (name, time, clock) in [
            ("UTC", "2026-01-01T08:00:00Z", "20260101080000"),
            (BERLIN, "2026-01-01T09:00:00+01:00", "20260101090000"),
            ("Asia/Kathmandu", "2026-01-01T13:45:00+05:45", "20260101134500"),
        ] {
            let zone = zone(name).unwrap();
            assert_eq!(local(begin(), &zone).to_string(), time);
            assert_eq!(digits(begin(), &zone), clock);
        }
        assert_eq!(
            digits(moment("2026-07-01T08:00:00.999Z"), &zone(BERLIN).unwrap()),
            "20260701100000"
        );
    }

    #[test]
    fn zones_have_names() {
        for name in ["UTC", BERLIN, "America/Argentina/Cordoba", "Atlantic/Cape_Verde", "Etc/GMT+3"]
        {
            assert_eq!(zone(name).unwrap().iana_name(), Some(name));
        }
        for name in [
            "",
            "Berlin",
            "+01:00",
            "CET+1",
            "CET-1CEST,M3.5.0,M10.5.0/3",
            "Europe/",
            "Europe/Atlantis",
            "Etc/Unknown",
            "../../etc/localtime",
        ] {
            let refusal = zone(name).unwrap_err();
            assert_eq!(refusal.code.get(), 200_101, "{name}");
            assert_eq!(
                refusal.message,
                format!(
                    "invalid parameter `time_zone`: `{name}` is no time zone of the IANA database; \
                     use a name such as Europe/Berlin, or UTC"
                )
            );
        }
        assert_eq!(
            zone("europe/berlin").unwrap_err().message,
            "invalid parameter `time_zone`: `europe/berlin` is written `Europe/Berlin`"
        );
        assert!(zone("utc").is_err());
    }
}
