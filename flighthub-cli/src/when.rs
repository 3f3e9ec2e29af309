//! Moments and durations as people write them.
//!
//! | what                         | means                                                              |
//! |------------------------------|--------------------------------------------------------------------|
//! | `7d`, `2h30m`, `1w`          | so long before now                                                 |
//! | `now`, `today`, `yesterday`  | now; the beginning of the day in the zone of this computer         |
//! | `2026-01-02`                 | the beginning of the day in the zone of this computer              |
//! | `2026-01-02 03:00`           | that time in the zone of this computer (not for `--at`)            |
//! | `2026-01-02 03:00 Europe/Prague` | that time in the zone                                          |
//! | `2026-01-02T03:00:00Z`       | RFC 3339, with `Z` or an offset                                    |
//!
//! A time that the clocks skip or have twice, because summer time begins or ends, is an error with what to write instead: a flight an hour
//! off is worse than a question.

use std::fmt;
use std::time::Duration;

use flighthub_api::Timestamp;
use jiff::civil;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Span, SpanRelativeTo, Zoned};

/// The moment of a clock, in the zone of this computer.
pub(crate) fn local(moment: Timestamp) -> Zoned {
    jiff::Timestamp::from(moment).to_zoned(TimeZone::system())
}

/// Why a text is no moment or duration: with what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WhenError(String);

impl fmt::Display for WhenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WhenError {}

/// A moment with the zone that its clock showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct At {
    /// The moment.
    pub(crate) moment: Timestamp,
    /// The name of the zone, by IANA: `Europe/Prague`.
    pub(crate) zone: String,
}

/// The beginning of a span of time: of a day when it is a day.
///
/// # Errors
///
/// When it is none of the forms that this module lists.
pub(crate) fn parse_since(text: &str, now: &Zoned) -> Result<Timestamp, WhenError> {
    moment(text, now, Edge::Begin)
}

/// The end of a span of time, as [`parse_since`] its beginning: of a day when it is a day, so that the day belongs to the span.
///
/// # Errors
///
/// As [`parse_since`].
pub(crate) fn parse_until(text: &str, now: &Zoned) -> Result<Timestamp, WhenError> {
    moment(text, now, Edge::End)
}

/// A moment for a flight: date, time and zone. Nothing is guessed: a missing zone is an error, and so is a date alone.
///
/// # Errors
///
/// With what to write instead.
pub(crate) fn parse_at(text: &str, now: &Zoned) -> Result<At, WhenError> {
    let text = text.trim();
    let named = now.time_zone().iana_name().unwrap_or("Europe/Prague");
    let (clock, zone) = split_zone(text)?;
    let Some(zone) = zone else {
        if let Some(clock) = clock.strip_suffix(['Z', 'z'])
            && let Ok(at) = clock.parse::<civil::DateTime>()
        {
            return in_zone(at, &TimeZone::UTC, "UTC", text);
        }
        if clock.parse::<jiff::Timestamp>().is_ok() {
            return Err(WhenError(format!(
                "`{text}` has an offset but no time zone, and a schedule needs one: add its name, as in `{clock}[{named}]`"
            )));
        }
        if date_time(clock).is_some() {
            return Err(WhenError(format!(
                "`{text}` has no time zone: add its name, as in `{clock} {named}`"
            )));
        }
        return Err(no_date_time(text));
    };
    let tz = time_zone(zone)?;
    if let Ok(moment) = clock.parse::<jiff::Timestamp>() {
        // With an offset of its own, which has to be that of the zone then.
        let whole = format!("{clock}[{zone}]");
        if clock.ends_with(['Z', 'z']) || whole.parse::<Zoned>().is_ok() {
            return Ok(At { moment: moment.into(), zone: name_of(&tz, zone) });
        }
        let shown = moment.to_zoned(tz).strftime("%Y-%m-%d %H:%M:%S %:z").to_string();
        return Err(WhenError(format!(
            "`{text}` contradicts itself: at that moment it is {shown} in {zone}; write either the offset or the zone's own time"
        )));
    }
    let at = date_time(clock).ok_or_else(|| no_date_time(text))?;
    let name = name_of(&tz, zone);
    in_zone(at, &tz, &name, text)
}

/// A duration of more than nothing, up to 366 days.
///
/// # Errors
///
/// With examples.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, WhenError> {
    const MOST: Duration = Duration::from_secs(366 * 86_400);
    let wrong = |why: &str| {
        WhenError(format!(
            "`{text}` is no duration{why}: write a number with its unit, such as 45m, 90s, 2h30m or 7d"
        ))
    };
    let duration =
        span(text).ok_or_else(|| wrong(if is_number(text) { " without a unit" } else { "" }))?;
    let duration = Duration::try_from(duration).map_err(|_| wrong(", it is less than nothing"))?;
    if duration.is_zero() {
        return Err(wrong(", it is nothing"));
    }
    if duration > MOST {
        return Err(WhenError(format!("`{text}` is too long: at most 366d")));
    }
    Ok(duration)
}

/// Which end of a day is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    Begin,
    End,
}

fn moment(text: &str, now: &Zoned, edge: Edge) -> Result<Timestamp, WhenError> {
    let text = text.trim();
    let wrong = || {
        let day = now.strftime("%Y-%m-%d");
        WhenError(format!(
            "`{text}` is no moment: write how long ago (7d, 2h30m), a day ({day}, yesterday), a time with its zone ({day} 03:00 Europe/Prague), or RFC 3339 ({day}T03:00:00Z)"
        ))
    };
    let today = now.date();
    let day = match text.to_ascii_lowercase().as_str() {
        "" => return Err(wrong()),
        "now" => return Ok(now.timestamp().into()),
        "today" => Some(today),
        "yesterday" => Some(today.yesterday().map_err(|_| wrong())?),
        _ => text.parse::<civil::Date>().ok().filter(|_| text.len() == "2026-01-02".len()),
    };
    if let Some(day) = day {
        return bound(day, now.time_zone(), edge).ok_or_else(wrong);
    }
    if let Some(ago) = span(text.strip_suffix("ago").unwrap_or(text).trim_end()) {
        let ago = ago.abs();
        return now.timestamp().checked_sub(ago).map(Timestamp::from).map_err(|_| wrong());
    }
    if is_number(text) {
        return Err(WhenError(format!(
            "`{text}` has no unit: write {text}d for days or {text}h for hours before now"
        )));
    }
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Ok(moment.into());
    }
    let (clock, zone) = split_zone(text)?;
    if zone.is_some() {
        if let Ok(day) = clock.parse::<civil::Date>()
            && clock.len() == "2026-01-02".len()
        {
            return bound(day, &time_zone(zone.unwrap_or_default())?, edge).ok_or_else(wrong);
        }
        return Ok(parse_at(text, now)?.moment);
    }
    let at = date_time(clock).ok_or_else(wrong)?;
    let zone = now.time_zone();
    let name = zone.iana_name().unwrap_or("the zone of this computer");
    Ok(in_zone(at, zone, name, text)?.moment)
}

/// The first moment of a day, or the last millisecond before the next.
fn bound(day: civil::Date, zone: &TimeZone, edge: Edge) -> Option<Timestamp> {
    let day = if edge == Edge::End { day.tomorrow().ok()? } else { day };
    let begin = day.to_zoned(zone.clone()).ok()?.timestamp();
    let moment = match edge {
        Edge::Begin => begin,
        Edge::End => begin.checked_sub(SignedDuration::from_millis(1)).ok()?,
    };
    Some(moment.into())
}

/// A clock's time and the name of a zone behind it, after a blank or in brackets.
fn split_zone(text: &str) -> Result<(&str, Option<&str>), WhenError> {
    if let Some(inner) = text.strip_suffix(']') {
        let (clock, zone) = inner
            .split_once('[')
            .ok_or_else(|| WhenError(format!("`{text}` has a `]` without its `[`")))?;
        return Ok((clock.trim_end(), Some(zone)));
    }
    match text.rsplit_once(' ') {
        // Behind a date only: `3 months` names no zone.
        Some((clock, zone))
            if clock.contains('-') && zone.starts_with(|c: char| c.is_ascii_alphabetic()) =>
        {
            Ok((clock.trim_end(), Some(zone)))
        }
        _ => Ok((text, None)),
    }
}

fn time_zone(name: &str) -> Result<TimeZone, WhenError> {
    if name.eq_ignore_ascii_case("utc") || name == "Z" {
        return Ok(TimeZone::UTC);
    }
    let is_abbreviation = !name.contains('/') && name.len() <= 5;
    if is_abbreviation {
        return Err(WhenError(format!(
            "`{name}` names no one time zone (CST alone is four): write it as area and place, such as Europe/Prague, or UTC"
        )));
    }
    TimeZone::get(name).map_err(|_| {
        WhenError(format!(
            "there is no time zone `{name}`: names are those of the IANA database, such as Europe/Prague, America/New_York, UTC"
        ))
    })
}

/// The name as the database spells it.
fn name_of(zone: &TimeZone, typed: &str) -> String {
    zone.iana_name().unwrap_or(typed).to_owned()
}

fn date_time(clock: &str) -> Option<civil::DateTime> {
    // A date alone would be read as midnight.
    if !clock.contains(':') {
        return None;
    }
    clock.parse().ok()
}

fn in_zone(at: civil::DateTime, zone: &TimeZone, name: &str, text: &str) -> Result<At, WhenError> {
    let ambiguous = zone.to_ambiguous_zoned(at);
    let day = at.date();
    let moment = match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => {
            let unique = ambiguous.unambiguous();
            unique.map_err(|_| WhenError(format!("`{text}` is out of range")))?.timestamp()
        }
        AmbiguousOffset::Gap { before, after } => {
            return Err(WhenError(format!(
                "`{text}` does not exist: on {day} the clocks in {name} skip from UTC{before} to UTC{after} there; write a time before or after"
            )));
        }
        AmbiguousOffset::Fold { before, after } => {
            return Err(WhenError(format!(
                "`{text}` comes twice: on {day} the clocks in {name} go back from UTC{before} to UTC{after}; say which with the offset, as in `{at}{before}[{name}]` or `{at}{after}[{name}]`"
            )));
        }
    };
    Ok(At { moment: moment.into(), zone: name.to_owned() })
}

fn no_date_time(text: &str) -> WhenError {
    WhenError(format!(
        "`{text}` is no date with time and zone: write it such as `2026-01-02 03:00 Europe/Prague`"
    ))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A length of time; a day is 24 hours, a week seven of them. Months and years have no fixed length and are none.
fn span(text: &str) -> Option<SignedDuration> {
    let begins = text.starts_with(|c: char| c.is_ascii_digit());
    // `P1D` and the like are for programs; `1m` is a minute, and jiff has no month by that letter.
    if !begins {
        return None;
    }
    let span: Span = text.parse().ok()?;
    if span.get_months() != 0 || span.get_years() != 0 {
        return None;
    }
    span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Thursday, in Prague.
    fn now() -> Zoned {
        "2026-07-02T10:30:00+02:00[Europe/Prague]".parse().unwrap()
    }

    fn utc(moment: Timestamp) -> String {
        moment.with_offset_seconds(0).unwrap().to_string()
    }

    #[test]
    fn the_past_is_written_as_people_write_it() {
        for (text, since, until) in [
            ("now", "2026-07-02T08:30:00Z", "2026-07-02T08:30:00Z"),
            ("7d", "2026-06-25T08:30:00Z", "2026-06-25T08:30:00Z"),
            ("2h30m", "2026-07-02T06:00:00Z", "2026-07-02T06:00:00Z"),
            ("90s ago", "2026-07-02T08:28:30Z", "2026-07-02T08:28:30Z"),
            ("1w", "2026-06-25T08:30:00Z", "2026-06-25T08:30:00Z"),
            ("today", "2026-07-01T22:00:00Z", "2026-07-02T21:59:59.999Z"),
            ("Yesterday", "2026-06-30T22:00:00Z", "2026-07-01T21:59:59.999Z"),
            ("2026-01-02", "2026-01-01T23:00:00Z", "2026-01-02T22:59:59.999Z"),
            ("2026-01-02 UTC", "2026-01-02T00:00:00Z", "2026-01-02T23:59:59.999Z"),
            ("2026-01-02 03:00", "2026-01-02T02:00:00Z", "2026-01-02T02:00:00Z"),
            ("2026-01-02 03:00 America/New_York", "2026-01-02T08:00:00Z", "2026-01-02T08:00:00Z"),
            ("2026-01-02T03:00:00.5+05:30", "2026-01-01T21:30:00.5Z", "2026-01-01T21:30:00.5Z"),
            (" 2026-01-02T03:00:00Z ", "2026-01-02T03:00:00Z", "2026-01-02T03:00:00Z"),
        ] {
            assert_eq!(parse_since(text, &now()).map(utc).as_deref(), Ok(since), "{text}");
            assert_eq!(parse_until(text, &now()).map(utc).as_deref(), Ok(until), "{text}");
        }
    }

    #[test]
    fn a_day_is_as_long_as_it_is() {
        // The clocks go back on this one.
        let begin = parse_since("2026-10-25", &now()).unwrap();
        let end = parse_until("2026-10-25", &now()).unwrap();
        assert_eq!(end.unix_seconds() - begin.unix_seconds(), 25 * 3_600 - 1);
    }

    #[test]
    fn what_is_no_moment_is_told_with_examples() {
        for (text, says) in [
            ("", "2026-07-02T03:00:00Z"),
            ("soon", "yesterday"),
            ("7", "7d for days"),
            ("3 months", "no moment"),
            ("2026-13-01", "no moment"),
            ("2026-01-02 25:00", "no moment"),
            ("2026-01-02 03:00 CST", "names no one time zone"),
            ("2026-01-02 03:00 Europe/Prag", "there is no time zone"),
            ("2026-01-02 03:00 Europe/Prague]", "without its `[`"),
        ] {
            let error = parse_since(text, &now()).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn a_flight_has_date_time_and_zone() {
        for (text, moment, zone) in [
            ("2026-01-02 03:00 Europe/Prague", "2026-01-02T02:00:00Z", "Europe/Prague"),
            ("2026-01-02T03:00:00[europe/prague]", "2026-01-02T02:00:00Z", "Europe/Prague"),
            ("2026-07-02 03:00:30 UTC", "2026-07-02T03:00:30Z", "UTC"),
            ("2026-07-02T03:00:00Z", "2026-07-02T03:00:00Z", "UTC"),
            ("2026-07-02T03:00:00Z[Asia/Kathmandu]", "2026-07-02T03:00:00Z", "Asia/Kathmandu"),
            ("2026-10-25T02:30:00+02:00[Europe/Prague]", "2026-10-25T00:30:00Z", "Europe/Prague"),
            ("2026-10-25T02:30:00+01:00[Europe/Prague]", "2026-10-25T01:30:00Z", "Europe/Prague"),
        ] {
            let at = parse_at(text, &now()).unwrap();
            assert_eq!((utc(at.moment).as_str(), at.zone.as_str()), (moment, zone), "{text}");
        }
    }

    #[test]
    fn nothing_about_a_flight_is_guessed() {
        for (text, says) in [
            ("2026-01-02 03:00", "add its name, as in `2026-01-02 03:00 Europe/Prague`"),
            ("2026-01-02T03:00:00+01:00", "`2026-01-02T03:00:00+01:00[Europe/Prague]`"),
            ("2026-01-02 Europe/Prague", "no date with time and zone"),
            ("tomorrow", "no date with time and zone"),
            ("2h", "no date with time and zone"),
            ("2026-01-02 03:00 CET", "names no one time zone"),
            ("2026-07-02T03:00:00+01:00[Europe/Prague]", "contradicts itself"),
            // The clocks skip from 2 to 3 there.
            ("2026-03-29 02:30 Europe/Prague", "does not exist: on 2026-03-29"),
            // And have this hour twice.
            ("2026-10-25 02:30 Europe/Prague", "`2026-10-25T02:30:00+02[Europe/Prague]`"),
        ] {
            let error = parse_at(text, &now()).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_proposed_for_an_hour_that_comes_twice_is_understood() {
        for text in
            ["2026-10-25T02:30:00+02[Europe/Prague]", "2026-10-25T02:30:00+01[Europe/Prague]"]
        {
            assert!(parse_at(text, &now()).is_ok(), "{text}");
        }
    }

    #[test]
    fn durations_have_units() {
        for (text, seconds) in [
            ("45m", 2_700),
            ("90s", 90),
            ("2h30m", 9_000),
            ("7d", 604_800),
            ("1 hour", 3_600),
            ("1w", 604_800),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for (text, says) in [
            ("45", "without a unit"),
            ("0s", "it is nothing"),
            ("-5m", "no duration"),
            ("", "such as 45m"),
            ("fast", "such as 45m"),
            ("367d", "at most 366d"),
            ("1mo", "no duration"),
            ("1y", "no duration"),
        ] {
            let error = parse_duration(text).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
