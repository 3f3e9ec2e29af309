//! Tracks as KML 2.2, with the `gx` extension for times.

use std::io::{Result, Write};

use super::text::{degrees, metres, utc, xml_escaped};
use super::{Point, Track};

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">
<Document>
"#;
const STYLE: &str = r#"<Style id="track"><IconStyle><scale>0.8</scale></IconStyle><LineStyle><color>ff8c3a21</color><width>4</width></LineStyle><PolyStyle><color>408c3a21</color></PolyStyle></Style>
"#;

pub(super) fn write(track: &Track, out: &mut dyn Write) -> Result<()> {
    let name = xml_escaped(&track.name);
    write!(out, "{HEAD}<name>{name}</name>\n{STYLE}<Placemark>\n<name>{name}</name>\n")?;
    writeln!(out, "<description>{}</description>", xml_escaped(&description(track)))?;
    writeln!(out, "<styleUrl>#track</styleUrl>")?;
    write_data(track, out)?;
    let heights = heights(track);
    let mode = if track.has_heights() { "absolute" } else { "clampToGround" };
    let is_timed = track.points.iter().all(|point| point.time.is_some());
    match track.points.as_slice() {
        [] => {}
        [only] => {
            write!(out, "<Point><altitudeMode>{mode}</altitudeMode><coordinates>")?;
            write_coordinates(only, heights.first().copied(), ',', out)?;
            writeln!(out, "</coordinates></Point>")?;
        }
        _ if is_timed => write_tracks(track, &heights, mode, out)?,
        _ => write_line(track, &heights, mode, out)?,
    }
    write!(out, "</Placemark>\n</Document>\n</kml>\n")
}

/// Facts and how heights are meant. Google Earth reads it as HTML: no text of others stands in it.
pub(super) fn description(track: &Track) -> String {
    let mut facts = Vec::new();
    facts.push(format!("over ground: {:.0} m", track.totals.distance_m));
    if let Some(seconds) = track.totals.duration_s {
        facts.push(format!("duration: {seconds:.0} s"));
    }
    if let (Some(lowest), Some(highest)) = (track.totals.lowest_m, track.totals.highest_m) {
        facts.push(format!(
            "heights: {lowest:.1} to {highest:.1} m (absolute; the datum is not confirmed)"
        ));
    }
    facts.join("; ")
}

fn write_data(track: &Track, out: &mut dyn Write) -> Result<()> {
    let totals = &track.totals;
    let missing = totals.points - totals.heights;
    let data = [
        ("status", track.status.as_ref().map(ToString::to_string)),
        ("drone_sn", track.drone_sn.as_ref().map(ToString::to_string)),
        ("wayline_uuid", track.wayline_uuid.as_ref().map(ToString::to_string)),
        ("track_id", track.track_id.as_ref().map(ToString::to_string)),
        ("points", Some(totals.points.to_string())),
        ("points_dropped", Some(track.dropped.total().to_string())),
        ("distance_m", Some(metres(totals.distance_m).to_string())),
        ("duration_s", totals.duration_s.map(|seconds| seconds.to_string())),
        ("reported_distance_m", totals.reported_distance_m.map(|distance| distance.to_string())),
        ("reported_duration_s", totals.reported_duration_s.map(|seconds| seconds.to_string())),
        ("heights_interpolated", (track.has_heights() && missing > 0).then(|| missing.to_string())),
    ];
    writeln!(out, "<ExtendedData>")?;
    for (name, value) in data {
        if let Some(value) = value {
            writeln!(out, r#"<Data name="{name}"><value>{}</value></Data>"#, xml_escaped(&value))?;
        }
    }
    writeln!(out, "</ExtendedData>")
}

/// A height for every point, or none at all. A point without a height would be drawn at sea level: those between two heights get one
/// between them, the others the next one.
fn heights(track: &Track) -> Vec<f64> {
    if !track.has_heights() {
        return Vec::new();
    }
    let mut heights: Vec<f64> = Vec::with_capacity(track.points.len());
    let mut waiting = 0_u32;
    for height in track.points.iter().map(|point| point.height) {
        let Some(height) = height else {
            waiting += 1;
            continue;
        };
        let from = heights.last().copied().unwrap_or(height);
        let steps = f64::from(waiting + 1);
        heights.extend((1..=waiting).map(|step| from + (height - from) * f64::from(step) / steps));
        heights.push(height);
        waiting = 0;
    }
    let last = heights.last().copied().unwrap_or_default();
    heights.resize(track.points.len(), last);
    heights
}

fn write_tracks(track: &Track, heights: &[f64], mode: &str, out: &mut dyn Write) -> Result<()> {
    let stretches = track.stretches().count();
    if stretches > 1 {
        writeln!(out, "<gx:MultiTrack><gx:interpolate>0</gx:interpolate>")?;
    }
    let mut heights = heights.iter().copied();
    for stretch in track.stretches() {
        writeln!(out, "<gx:Track><altitudeMode>{mode}</altitudeMode>")?;
        for time in stretch.iter().filter_map(|point| point.time) {
            writeln!(out, "<when>{}</when>", utc(time))?;
        }
        for point in stretch {
            out.write_all(b"<gx:coord>")?;
            write_coordinates(point, heights.next(), ' ', out)?;
            out.write_all(b"</gx:coord>\n")?;
        }
        writeln!(out, "</gx:Track>")?;
    }
    if stretches > 1 {
        writeln!(out, "</gx:MultiTrack>")?;
    }
    Ok(())
}

fn write_line(track: &Track, heights: &[f64], mode: &str, out: &mut dyn Write) -> Result<()> {
    write!(
        out,
        "<LineString><tessellate>1</tessellate><altitudeMode>{mode}</altitudeMode><coordinates>"
    )?;
    let mut heights = heights.iter().copied();
    for point in &track.points {
        out.write_all(b"\n")?;
        write_coordinates(point, heights.next(), ',', out)?;
    }
    writeln!(out, "\n</coordinates></LineString>")
}

fn write_coordinates(
    point: &Point,
    height: Option<f64>,
    between: char,
    out: &mut dyn Write,
) -> Result<()> {
    write!(out, "{}{between}{}", degrees(point.longitude), degrees(point.latitude))?;
    match height {
        Some(height) => write!(out, "{between}{}", metres(height)),
        None => Ok(()),
    }
}
