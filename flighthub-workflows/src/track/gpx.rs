//! Tracks as GPX 1.1.

use std::io::{Result, Write};

use super::text::{degrees, metres, utc, xml_escaped};
use super::{Point, Track};

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="flighthub" xmlns="http://www.topografix.com/GPX/1/1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.topografix.com/GPX/1/1 http://www.topografix.com/GPX/1/1/gpx.xsd">
"#;

/// The order of the elements is that of the schema.
pub(super) fn write(track: &Track, out: &mut dyn Write) -> Result<()> {
    let name = xml_escaped(&track.name);
    write!(out, "{HEAD}  <metadata>\n    <name>{name}</name>\n")?;
    if let Some(begin) = track.totals.begin {
        writeln!(out, "    <time>{}</time>", utc(begin))?;
    }
    write!(out, "  </metadata>\n  <trk>\n    <name>{name}</name>\n")?;
    if let Some(status) = &track.status {
        writeln!(out, "    <cmt>status: {}</cmt>", xml_escaped(status.as_str()))?;
    }
    writeln!(out, "    <desc>{}</desc>", xml_escaped(&super::kml::description(track)))?;
    if let Some(drone) = &track.drone_sn {
        writeln!(out, "    <src>{}</src>", xml_escaped(drone.as_str()))?;
    }
    writeln!(out, "    <type>Flight</type>")?;
    for stretch in track.stretches() {
        writeln!(out, "    <trkseg>")?;
        stretch.iter().try_for_each(|point| write_point(point, out))?;
        writeln!(out, "    </trkseg>")?;
    }
    write!(out, "  </trk>\n</gpx>\n")
}

fn write_point(point: &Point, out: &mut dyn Write) -> Result<()> {
    // The schema has longitudes below 180 only.
    let longitude = degrees(point.longitude);
    let longitude = if longitude < 180.0 { longitude } else { -180.0 };
    write!(out, r#"      <trkpt lat="{}" lon="{longitude}">"#, degrees(point.latitude))?;
    if let Some(height) = point.height {
        write!(out, "<ele>{}</ele>", metres(height))?;
    }
    if let Some(time) = point.time {
        write!(out, "<time>{}</time>", utc(time))?;
    }
    writeln!(out, "</trkpt>")
}
