//! Tracks as GeoJSON (RFC 7946).

use std::io::{Result, Write};

use flighthub_api::Timestamp;
use flighthub_api::v1::{DroneSn, TaskStatus, TrackId, WaylineId};
use serde::Serialize;

use super::geodesy::degrees_east;
use super::text::{degrees, metres, utc};
use super::{Dropped, Point, Totals, Track};

/// What is written beside the line.
#[derive(Serialize)]
struct Properties<'t> {
    name: &'t str,
    status: Option<&'t TaskStatus>,
    drone_sn: Option<&'t DroneSn>,
    wayline_uuid: Option<&'t WaylineId>,
    track_id: Option<&'t TrackId>,
    height_datum: &'static str,
    #[serde(flatten)]
    totals: &'t Totals,
    dropped: &'t Dropped,
}

/// A position of the line; also one that a cut puts in.
#[derive(Clone, Copy)]
struct Position {
    longitude: f64,
    latitude: f64,
    height: Option<f64>,
    time: Option<Timestamp>,
}

pub(super) fn write(track: &Track, out: &mut dyn Write) -> Result<()> {
    out.write_all(br#"{"type":"FeatureCollection","features":[{"type":"Feature","geometry":"#)?;
    let parts = cut(&track.points);
    match parts.as_slice() {
        [] => out.write_all(b"null")?,
        [part] => {
            let kind = if part.len() == 1 { "Point" } else { "LineString" };
            write!(out, r#"{{"type":"{kind}","coordinates":"#)?;
            write_part(part, out, write_position)?;
            out.write_all(b"}")?;
        }
        parts => {
            out.write_all(br#"{"type":"MultiLineString","coordinates":"#)?;
            write_parts(parts, out, write_position)?;
            out.write_all(b"}")?;
        }
    }
    out.write_all(br#","properties":"#)?;
    write_properties(track, &parts, out)?;
    out.write_all(b"}]}\n")
}

fn write_properties(track: &Track, parts: &[Vec<Position>], out: &mut dyn Write) -> Result<()> {
    let properties = Properties {
        name: &track.name,
        status: track.status.as_ref(),
        drone_sn: track.drone_sn.as_ref(),
        wayline_uuid: track.wayline_uuid.as_ref(),
        track_id: track.track_id.as_ref(),
        height_datum: "absolute, not confirmed",
        totals: &track.totals,
        dropped: &track.dropped,
    };
    let mut json = serde_json::to_vec(&properties)?;
    json.pop();
    out.write_all(&json)?;
    out.write_all(br#","coordTimes":"#)?;
    match parts {
        [] => out.write_all(b"null")?,
        [part] => write_part(part, out, write_time)?,
        parts => write_parts(parts, out, write_time)?,
    }
    out.write_all(b"}")
}

type Writer = fn(&Position, &mut dyn Write) -> Result<()>;

fn write_parts(parts: &[Vec<Position>], out: &mut dyn Write, writer: Writer) -> Result<()> {
    for (index, part) in parts.iter().enumerate() {
        out.write_all(if index == 0 { b"[" } else { b"," })?;
        write_part(part, out, writer)?;
    }
    out.write_all(b"]")
}

/// A list; the only element bare, as points are written.
fn write_part(part: &[Position], out: &mut dyn Write, writer: Writer) -> Result<()> {
    if let [only] = part {
        return writer(only, out);
    }
    for (index, position) in part.iter().enumerate() {
        out.write_all(if index == 0 { b"[" } else { b"," })?;
        writer(position, out)?;
    }
    out.write_all(b"]")
}

fn write_position(position: &Position, out: &mut dyn Write) -> Result<()> {
    write!(out, "[{},{}", degrees(position.longitude), degrees(position.latitude))?;
    match position.height {
        Some(height) => write!(out, ",{}]", metres(height)),
        None => out.write_all(b"]"),
    }
}

fn write_time(position: &Position, out: &mut dyn Write) -> Result<()> {
    match position.time {
        Some(time) => write!(out, r#""{}""#, utc(time)),
        None => out.write_all(b"null"),
    }
}

/// The line in parts that do not cross the antimeridian (section 3.1.9). Where it does, both sides get a position on it.
fn cut(points: &[Point]) -> Vec<Vec<Position>> {
    let mut parts = Vec::new();
    let mut part: Vec<Position> = Vec::new();
    let mut before: Option<Position> = None;
    for point in points {
        let here = Position {
            longitude: point.longitude,
            latitude: point.latitude,
            height: point.height,
            time: point.time,
        };
        if let Some(before) = before.filter(|before| crosses(before, &here)) {
            let (end, start) = border(&before, &here);
            part.push(end);
            parts.push(std::mem::take(&mut part));
            part.push(start);
        }
        part.push(here);
        before = Some(here);
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

fn crosses(one: &Position, two: &Position) -> bool {
    (two.longitude - one.longitude).abs() > 180.0
}

/// The positions at the end of one part and the start of the next.
fn border(one: &Position, two: &Position) -> (Position, Position) {
    let side = if one.longitude < 0.0 { -180.0 } else { 180.0 };
    let whole = degrees_east(one.longitude, two.longitude);
    let share = if whole == 0.0 { 0.0 } else { (side - one.longitude) / whole };
    let share = share.clamp(0.0, 1.0);
    let between = |one: f64, two: f64| one + (two - one) * share;
    let time = match (one.time, two.time) {
        (Some(from), Some(to)) => {
            Some(from.saturating_add(to.duration_since(&from).mul_f64(share)))
        }
        _ => None,
    };
    let end = Position {
        longitude: side,
        latitude: between(one.latitude, two.latitude),
        height: one.height.zip(two.height).map(|(one, two)| between(one, two)),
        time: time.and_then(whole_milliseconds),
    };
    (end, Position { longitude: -side, ..end })
}

fn whole_milliseconds(time: Timestamp) -> Option<Timestamp> {
    Timestamp::from_unix_millis(time.unix_millis())
}
