//! Moments and durations as people write them.

use std::fmt;
use std::time::Duration;

use flighthub_api::Timestamp;
use jiff::Zoned;
use jiff::tz::TimeZone;

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
pub(crate) fn parse_since(text: &str, now: &Zoned) -> Result<Timestamp, WhenError> {
    match parse_duration(text) {
        Ok(ago) => Ok(Timestamp::from(now.timestamp()).saturating_sub(ago)),
        Err(_) => text.parse().map_err(|_| WhenError(format!("`{text}` is no moment"))),
    }
}

/// The end of a span of time, as [`parse_since`] its beginning: of a day when it is a day.
pub(crate) fn parse_until(text: &str, now: &Zoned) -> Result<Timestamp, WhenError> {
    parse_since(text, now)
}

/// A moment for a flight: date, time and zone.
pub(crate) fn parse_at(text: &str, now: &Zoned) -> Result<At, WhenError> {
    Ok(At { moment: parse_since(text, now)?, zone: "UTC".to_owned() })
}

/// A duration: `45m`, `90s`, `2h`, `7d`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, WhenError> {
    let wrong = || WhenError(format!("`{text}` is no duration"));
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(wrong)
}
