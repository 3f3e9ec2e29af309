//! Tracks as a table (RFC 4180).

use std::io::{Result, Write};

use super::text::{degrees, metres, utc};
use super::totals::{metres_between, speed};
use super::{Point, Track};

const HEADER: &str =
    "time_utc,elapsed_s,latitude_deg,longitude_deg,height_m,distance_m,speed_m_s,after_gap";

pub(super) fn write(track: &Track, out: &mut dyn Write) -> Result<()> {
    write!(out, "{HEADER}\r\n")?;
    let mut before: Option<&Point> = None;
    let mut travelled = 0.0;
    for point in &track.points {
        travelled += before.map_or(0.0, |before| metres_between(before, point));
        let speed = before.and_then(|before| speed(before, point));
        write_row(track, point, travelled, speed, out)?;
        before = Some(point);
    }
    Ok(())
}

/// Cells without a value are empty. No cell holds a text of others, so that none can be a formula.
fn write_row(
    track: &Track,
    point: &Point,
    travelled: f64,
    speed: Option<f64>,
    out: &mut dyn Write,
) -> Result<()> {
    if let Some(time) = point.time {
        write!(out, "{}", utc(time))?;
    }
    out.write_all(b",")?;
    if let (Some(begin), Some(time)) = (track.totals.begin, point.time) {
        write!(out, "{}", metres(time.duration_since(&begin).as_secs_f64()))?;
    }
    write!(out, ",{},{},", degrees(point.latitude), degrees(point.longitude))?;
    if let Some(height) = point.height {
        write!(out, "{}", metres(height))?;
    }
    write!(out, ",{},", metres(travelled))?;
    if let Some(speed) = speed {
        write!(out, "{}", metres(speed))?;
    }
    write!(out, ",{}\r\n", point.after_gap)
}
