//! Dates and durations as people write them.

use std::time::Duration;

use flighthub_api::Timestamp;

/// A moment: `2026-01-02 03:00 Europe/Prague`, RFC 3339, or seconds since 1970.
pub(crate) fn parse_at(text: &str) -> Result<Timestamp, String> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_unix_seconds(seconds).ok_or_else(|| "out of range".to_owned());
    }
    text.parse::<Timestamp>().map_err(|error| error.to_string())
}

/// A moment in the past: as [`parse_at`], or how long ago, such as `7d`.
pub(crate) fn parse_since(text: &str) -> Result<Timestamp, String> {
    match parse_duration(text) {
        Ok(ago) => {
            let millis = i64::try_from(ago.as_millis()).map_err(|error| error.to_string())?;
            Timestamp::from_unix_millis(Timestamp::now().unix_millis().saturating_sub(millis))
                .ok_or_else(|| "out of range".to_owned())
        }
        Err(_) => parse_at(text),
    }
}

/// A duration: `45m`, `90s`, `2h`, `7d`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().map_err(|_| "a duration is such as 45m".to_owned())?;
    let seconds = match unit {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err("a duration is such as 45m".to_owned()),
    };
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(|| "too long".to_owned())
}
