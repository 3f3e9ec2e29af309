//! Days, zones and rules of repetition.

use flighthub_api::v1::{RepeatOption, RepeatType};

pub(crate) const DAY: i64 = 86_400;

/// A plan with a rule of repetition, in seconds of local time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    pub(crate) kind: RepeatType,
    pub(crate) option: RepeatOption,
    /// Start and end of the plan, unix seconds.
    pub(crate) begin: i64,
    pub(crate) end: i64,
    /// Seconds east of Greenwich.
    pub(crate) offset: i64,
}

impl Rule {
    fn day_of(&self, second: i64) -> i64 {
        (second + self.offset).div_euclid(DAY)
    }

    /// Whether two moments are on the same local day.
    pub(crate) fn same_day(&self, one: i64, other: i64) -> bool {
        self.day_of(one) == self.day_of(other)
    }

    /// Whether the plan flies on a local day, given by its number since 1970.
    fn has_day(&self, day: i64) -> bool {
        let first = self.day_of(self.begin);
        let interval = i64::from(self.option.interval.max(1));
        let has = |list: &[i32], number: i64| list.iter().any(|item| i64::from(*item) == number);
        let (year, month, date) = civil(day);
        let (first_year, first_month, _) = civil(first);
        let months = (year - first_year) * 12 + month - first_month;
        match &self.kind {
            _ if day < first => false,
            RepeatType::Daily => (day - first) % interval == 0,
            RepeatType::Weekly => {
                let weeks = week(day) - week(first);
                weeks % interval == 0 && has(&self.option.days_of_week, weekday(day))
            }
            RepeatType::AbsoluteMonthly => months % interval == 0 && has(&self.option.days_of_month, date),
            RepeatType::RelativeMonthly => {
                let week = (date - 1) / 7 + 1;
                months % interval == 0 && has(&self.option.week_of_month, week) && has(&self.option.days_of_week, weekday(day))
            }
            _ => day == first,
        }
    }

    /// The first moment after `after` at which one of the times of the first day comes round on a day of the plan.
    pub(crate) fn next(&self, times: &[i64], after: i64) -> Option<i64> {
        let first = self.day_of(self.begin);
        let last = self.day_of(self.end);
        let mut times = times.to_vec();
        times.sort_unstable();
        (self.day_of(after).max(first)..=last)
            .filter(|day| self.has_day(*day))
            .flat_map(|day| times.iter().map(move |time| time + (day - first) * DAY))
            .find(|time| *time > after && *time >= self.begin && *time <= self.end)
    }

    /// Whether a moment is in one of the periods of the first day, moved to a day of the plan.
    pub(crate) fn is_within(&self, periods: &[(i64, i64)], now: i64) -> bool {
        let day = self.day_of(now);
        let moved = (day - self.day_of(self.begin)) * DAY;
        now >= self.begin
            && now <= self.end
            && self.has_day(day)
            && periods.iter().any(|(begin, end)| (begin + moved..end + moved).contains(&now))
    }
}

/// Number of the week, which begins on Sunday.
fn week(day: i64) -> i64 {
    (day + 4).div_euclid(7)
}

/// 0 is Sunday. 1970 began on a Thursday.
fn weekday(day: i64) -> i64 {
    (day + 4).rem_euclid(7)
}

/// Year, month and day of the month of a day since 1970, in the Gregorian calendar.
pub(crate) fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let date = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, date)
}

/// `20260101080000` of a moment, in a zone.
pub(crate) fn digits(second: i64, offset: i64) -> String {
    let local = second + offset;
    let (year, month, date) = civil(local.div_euclid(DAY));
    let rest = local.rem_euclid(DAY);
    format!("{year:04}{month:02}{date:02}{:02}{:02}{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

/// Whether a text looks like the name of a zone, such as `Europe/Berlin`.
pub(crate) fn is_zone(name: &str) -> bool {
    let letters = |part: &str| {
        part.starts_with(|letter: char| letter.is_ascii_uppercase())
            && part.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-+".contains(letter))
    };
    name == "UTC" || (name.contains('/') && name.split('/').all(letters))
}

/// Seconds east of Greenwich of a zone: its standard time. The simulator has no data about summer times, and zones that are not
/// listed here count as UTC.
pub(crate) fn offset_of(zone: &str) -> i64 {
    let hours = match zone {
        "Europe/London" | "Europe/Lisbon" | "Europe/Dublin" | "Atlantic/Reykjavik" | "Atlantic/Azores" => 0.0,
        "Atlantic/Cape_Verde" => -1.0,
        "Europe/Athens" | "Europe/Helsinki" | "Europe/Kyiv" | "Europe/Bucharest" | "Europe/Sofia" | "Africa/Cairo" | "Africa/Johannesburg" => 2.0,
        "Europe/Moscow" | "Europe/Istanbul" | "Asia/Riyadh" => 3.0,
        "Asia/Dubai" => 4.0,
        "Asia/Kolkata" => 5.5,
        "Asia/Bangkok" | "Asia/Jakarta" | "Asia/Ho_Chi_Minh" => 7.0,
        "Asia/Shanghai" | "Asia/Chongqing" | "Asia/Hong_Kong" | "Asia/Singapore" | "Asia/Taipei" | "Australia/Perth" => 8.0,
        "Asia/Tokyo" | "Asia/Seoul" => 9.0,
        "Australia/Sydney" | "Australia/Melbourne" | "Australia/Brisbane" => 10.0,
        "Pacific/Auckland" => 12.0,
        "America/Sao_Paulo" | "America/Argentina/Cordoba" | "America/Argentina/Buenos_Aires" => -3.0,
        "America/Santiago" | "America/Halifax" => -4.0,
        "America/New_York" | "America/Toronto" | "America/Bogota" | "America/Lima" => -5.0,
        "America/Chicago" | "America/Mexico_City" => -6.0,
        "America/Denver" | "America/Phoenix" => -7.0,
        "America/Los_Angeles" => -8.0,
        _ if zone.starts_with("Europe/") => 1.0,
        _ => 0.0,
    };
    #[expect(clippy::cast_possible_truncation)]
    let seconds = (hours * 3600.0) as i64;
    seconds
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-01T08:00:00Z, a Thursday.
    const BEGIN: i64 = 1_767_254_400;

    fn rule(kind: RepeatType, edit: impl FnOnce(&mut RepeatOption)) -> Rule {
        let mut option = RepeatOption::new(1);
        edit(&mut option);
        Rule { kind, option, begin: BEGIN, end: BEGIN + 100 * DAY, offset: 0 }
    }

    fn days(rule: &Rule, count: usize) -> Vec<i64> {
        let mut after = BEGIN - 1;
        (0..count)
            .map_while(|_| {
                after = rule.next(&[BEGIN], after)?;
                Some((after - BEGIN) / DAY)
            })
            .collect()
    }

    #[test]
    fn the_calendar_is_right() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(20_454), (2026, 1, 1));
        assert_eq!(civil(19_782), (2024, 2, 29));
        assert_eq!(digits(BEGIN, 3600), "20260101090000");
        assert_eq!(weekday(BEGIN / DAY), 4);
    }

    #[test]
    fn plans_repeat_by_their_rule() {
        assert_eq!(days(&rule(RepeatType::Nonrepeating, |_| ()), 5), [0]);
        assert_eq!(days(&rule(RepeatType::Daily, |option| option.interval = 2), 3), [0, 2, 4]);
        // Mondays and Thursdays.
        assert_eq!(days(&rule(RepeatType::Weekly, |option| option.days_of_week = vec![1, 4]), 4), [0, 4, 7, 11]);
        assert_eq!(days(&rule(RepeatType::AbsoluteMonthly, |option| option.days_of_month = vec![1, 15]), 3), [0, 14, 31]);
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
        let times = [BEGIN + 3600, BEGIN];
        assert_eq!(rule.next(&times, BEGIN), Some(BEGIN + 3600));
        assert_eq!(rule.next(&times, BEGIN + 3600), Some(BEGIN + DAY));
        assert_eq!(rule.next(&times, BEGIN + 100 * DAY), None);
    }

    #[test]
    fn periods_come_round_on_days_of_the_plan() {
        let rule = rule(RepeatType::Daily, |option| option.interval = 2);
        let periods = [(BEGIN, BEGIN + 7200)];
        assert!(rule.is_within(&periods, BEGIN + 7199));
        assert!(!rule.is_within(&periods, BEGIN + 7200));
        assert!(!rule.is_within(&periods, BEGIN + DAY));
        assert!(rule.is_within(&periods, BEGIN + 2 * DAY));
    }

    #[test]
    fn zones_have_names() {
        for name in ["UTC", "Europe/Berlin", "America/Argentina/Cordoba", "Etc/GMT+3"] {
            assert!(is_zone(name), "{name}");
        }
        for name in ["", "Berlin", "+01:00", "europe/berlin", "Europe/", "CET/"] {
            assert!(!is_zone(name), "{name}");
        }
        assert_eq!(offset_of("Asia/Shanghai"), 8 * 3600);
    }
}
