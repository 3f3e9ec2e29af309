//! Points in time.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::time::{Duration, SystemTime};

/// A point in time, whatever form it has on the wire.
///
/// It is printed as RFC 3339 with the offset that it came with, UTC otherwise. Two timestamps are equal when they are the
/// same moment, whatever their offsets.
#[derive(Clone, Copy)]
pub struct Timestamp {
    moment: jiff::Timestamp,
    offset: jiff::tz::Offset,
}

impl Timestamp {
    const fn utc(moment: jiff::Timestamp) -> Self {
        Self { moment, offset: jiff::tz::Offset::UTC }
    }

    /// The present moment, from the system's clock.
    #[must_use]
    pub fn now() -> Self {
        Self::utc(jiff::Timestamp::now())
    }

    /// From seconds since 1970. `None` outside the years -9999 to 9999.
    #[must_use]
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        jiff::Timestamp::from_second(seconds).ok().map(Self::utc)
    }

    /// From milliseconds since 1970. `None` outside the years -9999 to 9999.
    #[must_use]
    pub fn from_unix_millis(millis: i64) -> Option<Self> {
        jiff::Timestamp::from_millisecond(millis).ok().map(Self::utc)
    }

    /// From microseconds since 1970. `None` outside the years -9999 to 9999.
    #[must_use]
    pub fn from_unix_micros(micros: i64) -> Option<Self> {
        jiff::Timestamp::from_microsecond(micros).ok().map(Self::utc)
    }

    /// Whole seconds since 1970, rounded towards the past.
    #[must_use]
    pub fn unix_seconds(&self) -> i64 {
        let nanoseconds = self.moment.as_nanosecond();
        i64::try_from(nanoseconds.div_euclid(1_000_000_000)).unwrap_or(self.moment.as_second())
    }

    /// Whole milliseconds since 1970.
    #[must_use]
    pub fn unix_millis(&self) -> i64 {
        self.moment.as_millisecond()
    }

    /// Seconds east of Greenwich that the time was written with.
    #[must_use]
    pub const fn offset_seconds(&self) -> i32 {
        self.offset.seconds()
    }

    /// The same moment, printed with an offset of so many seconds east of Greenwich. `None` beyond 25:59:59.
    #[must_use]
    pub fn with_offset_seconds(self, seconds: i32) -> Option<Self> {
        jiff::tz::Offset::from_seconds(seconds).ok().map(|offset| Self { offset, ..self })
    }

    /// The moment so much later; the last representable moment when that is too late.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        let moment = self.moment.checked_add(duration).unwrap_or(jiff::Timestamp::MAX);
        Self { moment, ..self }
    }

    /// The moment so much earlier; the first representable moment when that is too early.
    #[must_use]
    pub fn saturating_sub(self, duration: Duration) -> Self {
        let moment = self.moment.checked_sub(duration).unwrap_or(jiff::Timestamp::MIN);
        Self { moment, ..self }
    }

    /// How long after an earlier moment this is; zero when it is not later.
    #[must_use]
    pub fn duration_since(&self, earlier: &Self) -> Duration {
        Duration::try_from(self.moment.duration_since(earlier.moment)).unwrap_or_default()
    }
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Self) -> bool {
        self.moment == other.moment
    }
}

impl Eq for Timestamp {}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.moment.cmp(&other.moment)
    }
}

impl Hash for Timestamp {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.moment.hash(state);
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.offset == jiff::tz::Offset::UTC {
            write!(f, "{}", self.moment)
        } else {
            // RFC 3339 has offsets of whole minutes: with seconds in it, what is written would be another moment.
            let minutes = jiff::tz::Offset::from_seconds(self.offset.seconds() / 60 * 60);
            let offset = minutes.unwrap_or(jiff::tz::Offset::UTC);
            write!(f, "{}", self.moment.display_with_offset(offset))
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A text is no point in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseTimestampError(());

impl fmt::Display for ParseTimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a point in time; write date, time and offset, such as 2026-01-02T03:04:05Z or 2026-01-02T03:04:05+01:00")
    }
}

impl std::error::Error for ParseTimestampError {}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    /// Reads RFC 3339. The offset is needed: a time without one is no point in time.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(plain) = plain_rfc3339(text.as_bytes()) {
            return Ok(plain);
        }
        let moment = text.parse::<jiff::Timestamp>().map_err(|_| ParseTimestampError(()))?;
        let offset = jiff::fmt::temporal::Pieces::parse(text)
            .ok()
            .and_then(|pieces| pieces.to_numeric_offset())
            .unwrap_or(jiff::tz::Offset::UTC);
        Ok(Self { moment, offset })
    }
}

/// Reads the form that the service writes, `2026-01-02T03:04:05[.123456](Z|+01:00)`, with less work than a reader of all forms
/// has: lists have four of them in a row. `None` leaves the text to that reader.
fn plain_rfc3339(text: &[u8]) -> Option<Timestamp> {
    let (clock, rest) = text.split_first_chunk::<19>()?;
    let separated = (clock[4], clock[7], clock[10], clock[13], clock[16]);
    if separated != (b'-', b'-', b'T', b':', b':') {
        return None;
    }
    let year = digits(&clock[..4])?;
    let (month, day) = (digits(&clock[5..7])?, digits(&clock[8..10])?);
    let (hour, minute) = (digits(&clock[11..13])?, digits(&clock[14..16])?);
    let second = digits(&clock[17..])?;
    if year == 0 || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (nanoseconds, rest) = fraction(rest)?;
    let offset = offset_seconds(rest)?;
    let days = days_since_1970(year, month, day)?;
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset;
    let moment = jiff::Timestamp::new(seconds, i32::try_from(nanoseconds).ok()?).ok()?;
    let offset = jiff::tz::Offset::from_seconds(i32::try_from(offset).ok()?).ok()?;
    Some(Timestamp { moment, offset })
}

/// A number of nothing but digits, few enough not to overflow.
fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
    })
}

/// Nanoseconds of a fraction of one to nine digits, 0 of none, and what follows.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some(rest) = text.strip_prefix(b".") else { return Some((0, text)) };
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (fraction, rest) = rest.split_at_checked(count)?;
    let missing = u32::try_from(count).ok().filter(|count| (1..=9).contains(count))?;
    Some((digits(fraction)? * 10_i64.pow(9 - missing), rest))
}

/// Seconds of `Z`, `+01:00` or `-05:30`. `-00:00`, which means that nobody knows, is left to others.
fn offset_seconds(text: &[u8]) -> Option<i64> {
    match text {
        b"Z" => Some(0),
        [sign @ (b'+' | b'-'), hours @ .., b':', tens, ones] if hours.len() == 2 => {
            let (hours, minutes) = (digits(hours)?, digits(&[*tens, *ones])?);
            let seconds = hours * 3600 + minutes * 60;
            let is_sound = hours <= 23 && minutes <= 59;
            match sign {
                _ if !is_sound => None,
                b'+' => Some(seconds),
                _ => (seconds > 0).then_some(-seconds),
            }
        }
        _ => None,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. `None` when there is no such date.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if !(1..=longest).contains(&day) {
        return None;
    }
    // A year that begins in March has its leap day at the end, and its months follow 153 days in five.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    // From 0000-03-01 to 1970-01-01.
    Some(year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468)
}

impl TryFrom<SystemTime> for Timestamp {
    type Error = ParseTimestampError;

    fn try_from(time: SystemTime) -> Result<Self, Self::Error> {
        jiff::Timestamp::try_from(time).map(Self::utc).map_err(|_| ParseTimestampError(()))
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        time.moment.into()
    }
}

#[cfg(feature = "jiff")]
impl From<jiff::Timestamp> for Timestamp {
    fn from(moment: jiff::Timestamp) -> Self {
        Self::utc(moment)
    }
}

#[cfg(feature = "jiff")]
impl From<Timestamp> for jiff::Timestamp {
    fn from(time: Timestamp) -> Self {
        time.moment
    }
}

#[cfg(feature = "chrono")]
impl<Tz: chrono::TimeZone> TryFrom<chrono::DateTime<Tz>> for Timestamp {
    type Error = ParseTimestampError;

    fn try_from(time: chrono::DateTime<Tz>) -> Result<Self, Self::Error> {
        Self::from_unix_micros(time.timestamp_micros()).ok_or(ParseTimestampError(()))
    }
}

#[cfg(feature = "chrono")]
impl TryFrom<Timestamp> for chrono::DateTime<chrono::Utc> {
    type Error = ParseTimestampError;

    fn try_from(time: Timestamp) -> Result<Self, Self::Error> {
        Self::from_timestamp_micros(time.moment.as_microsecond()).ok_or(ParseTimestampError(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_is_kept_and_does_not_count() {
        let shanghai: Timestamp = "2024-10-29T16:51:47.818707+08:00".parse().unwrap();
        let utc: Timestamp = "2024-10-29T08:51:47.818707Z".parse().unwrap();
        assert_eq!(shanghai, utc);
        assert_eq!(shanghai.to_string(), "2024-10-29T16:51:47.818707+08:00");
        assert_eq!(utc.to_string(), "2024-10-29T08:51:47.818707Z");
        assert_eq!(shanghai.offset_seconds(), 8 * 3600);
    }

    /// What a reader of all forms makes of it.
    fn by_jiff(text: &str) -> Option<(jiff::Timestamp, i32)> {
        let moment = text.parse::<jiff::Timestamp>().ok()?;
        let offset = jiff::fmt::temporal::Pieces::parse(text).ok()?.to_numeric_offset();
        Some((moment, offset.unwrap_or(jiff::tz::Offset::UTC).seconds()))
    }

    #[test]
    fn the_short_way_reads_what_the_long_way_reads() {
        let mut random = fastrand::Rng::with_seed(7);
        let (mut short, mut invalid) = (0, 0);
        for _ in 0..50_000 {
            let mut pick = |most: u32| random.u32(0..=most);
            let year = pick(2) * 1000 + pick(999);
            let day = format!("{year:04}-{:02}-{:02}", pick(13), pick(32));
            let clock = format!("{:02}:{:02}:{:02}", pick(24), pick(60), pick(60));
            let fraction = match pick(3) {
                0 => String::new(),
                1 => ".".to_owned(),
                2 => format!(".{:06}", pick(999_999)),
                _ => format!(".{}", pick(u32::MAX)),
            };
            let offset = match pick(4) {
                0 => String::new(),
                1 | 2 => "Z".to_owned(),
                3 => format!("+{:02}:{:02}", pick(24), pick(60)),
                _ => format!("-{:02}:{:02}", pick(2), pick(60)),
            };
            let text = format!("{day}T{clock}{fraction}{offset}");
            let long = by_jiff(&text);
            if let Some(read) = plain_rfc3339(text.as_bytes()) {
                assert_eq!(Some((read.moment, read.offset_seconds())), long, "{text}");
                short += 1;
            }
            let whole = text.parse::<Timestamp>().ok();
            assert_eq!(whole.map(|whole| (whole.moment, whole.offset_seconds())), long, "{text}");
            invalid += u32::from(long.is_none());
        }
        assert!(short > 10_000 && invalid > 10_000, "{short} the short way, {invalid} invalid");
    }

    #[test]
    fn every_day_of_800_years_has_its_number() {
        let mut day = jiff::civil::date(1699, 12, 31);
        for number in days_since_1970(1699, 12, 31).unwrap().. {
            let (year, month) = (i64::from(day.year()), i64::from(day.month()));
            assert_eq!(days_since_1970(year, month, i64::from(day.day())), Some(number), "{day}");
            if year == 2500 {
                break;
            }
            day = day.tomorrow().unwrap();
        }
        assert_eq!(days_since_1970(1970, 1, 1), Some(0));
        for (year, month, day) in [
            (1900, 2, 29),
            (2026, 2, 29),
            (2024, 2, 30),
            (2026, 13, 1),
            (2026, 0, 1),
            (2026, 4, 31),
            (2026, 1, 0),
        ] {
            assert_eq!(days_since_1970(year, month, day), None, "{year}-{month}-{day}");
        }
    }

    #[test]
    fn moments_before_1970_round_towards_the_past() {
        assert_eq!(Timestamp::from_unix_millis(-1).unwrap().unix_seconds(), -1);
        assert_eq!(Timestamp::from_unix_micros(-1).unwrap().unix_seconds(), -1);
        assert_eq!(Timestamp::from_unix_millis(-1000).unwrap().unix_seconds(), -1);
    }

    #[test]
    fn durations_saturate() {
        let now = Timestamp::from_unix_seconds(100).unwrap();
        assert_eq!(now.duration_since(&now.saturating_add(Duration::from_secs(5))), Duration::ZERO);
        assert_eq!(
            now.saturating_add(Duration::from_secs(5)).duration_since(&now),
            Duration::from_secs(5)
        );
        assert!(now.saturating_add(Duration::MAX) > now);
    }
}
