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
        let moment = text.parse::<jiff::Timestamp>().map_err(|_| ParseTimestampError(()))?;
        let offset = jiff::fmt::temporal::Pieces::parse(text)
            .ok()
            .and_then(|pieces| pieces.to_numeric_offset())
            .unwrap_or(jiff::tz::Offset::UTC);
        Ok(Self { moment, offset })
    }
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
