//! Archives that ordinary programs do not make.

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Files, keep_waypoints, sound};
use crate::{TEMPLATE, WAYLINES, write};

/// Files that ordinary programs do not make.
pub(super) fn odd_archives() -> Vec<(Vec<u8>, &'static str)> {
    let pack = |files: &[(&str, &str)]| {
        write::pack(files.iter().map(|(name, text)| (*name, (*text).to_owned()))).unwrap()
    };
    let Files { template, waylines, .. } = sound();
    let good = sound().pack();
    let many: Vec<String> = (0..2_001).map(|number| format!("wpmz/res/{number}")).collect();
    vec![
        (b"<kml/>".to_vec(), "error[no-archive]: the archive: is no ZIP archive"),
        (
            write::pack(many.iter().map(|name| (name.as_str(), String::new()))).unwrap(),
            "error[too-large]: the archive: has 2001 files; at most 2000",
        ),
        (linked(), "error[link]: wpmz/template.kml: is a link"),
        (
            patched(&good, |entry, _| entry[6] |= 1, |entry| entry[8] |= 1),
            "error[encrypted]: wpmz/template.kml: needs a password",
        ),
        (
            patched(&good, |entry, _| entry[8] = 12, |entry| entry[10] = 12),
            "error[compression]: wpmz/template.kml: is packed with ",
        ),
        (
            replace_all(
                &pack(&[(TEMPLATE, &template), (WAYLINES, &waylines), ("wpmz/waylines.wpmX", "")]),
                b"wpmz/waylines.wpmX",
                b"wpmz/waylines.wpml",
            ),
            "error[duplicate-name]: wpmz/waylines.wpml: stands in the archive twice",
        ),
        (
            [b"#!/bin/sh\n", good.as_slice()].concat(),
            "warning[bytes-before-archive]: the archive: 10 bytes stand before the archive",
        ),
        (
            pack(&[
                ("north/wpmz/template.kml", &template),
                ("north/wpmz/waylines.wpml", &waylines),
            ]),
            "error[wrong-folder]: wpmz/template.kml: is missing; there is `north/wpmz/template.kml` instead",
        ),
        (
            pack(&[(TEMPLATE, &template), ("wpmz/waylines.kml", &waylines)]),
            "error[wrong-name]: wpmz/waylines.wpml: is missing; there is `wpmz/waylines.kml` instead",
        ),
        (pack(&[(WAYLINES, &waylines)]), "error[missing-file]: wpmz/template.kml: is missing"),
        (
            replace_all(&stored(&sound()), b"flighthub-sim", b"flighthub-\xff\xfe\xfd"),
            // The checksum is wrong too, and counts first.
            "error[no-archive]: wpmz/template.kml: cannot be unpacked",
        ),
        (latin(), "error[not-utf8]: wpmz/template.kml: is not UTF-8"),
        (overlapping(&good), "error[bomb]: the archive: several files share the same packed bytes"),
        (
            sound().edit_both("/1.0.6", "/9.0.0").pack(),
            "hint[wpml-version]: wpmz/template.kml:7:3 <missionConfig>: is of version \"9.0.0\"",
        ),
        (
            long_route(65_536, 1e-6),
            "error[too-many-waypoints]: wpmz/waylines.wpml:13:3 <Folder>: has 65536 waypoints; at most 65535",
        ),
        (
            long_route(600, 0.001),
            "warning[long-route]: wpmz/waylines.wpml: the waylines are 66.6 km long",
        ),
    ]
}

fn linked() -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.add_symlink(TEMPLATE, "/etc/passwd", SimpleFileOptions::default()).unwrap();
    archive.finish().unwrap().into_inner()
}

/// Without compression, so that texts stand in the bytes.
pub(super) fn stored(files: &Files) -> Vec<u8> {
    let own = [(TEMPLATE, files.template.as_bytes()), (WAYLINES, files.waylines.as_bytes())];
    stored_bytes(&own)
}

fn latin() -> Vec<u8> {
    let Files { template, waylines, .. } = sound();
    let template = replace_all(template.as_bytes(), b"flighthub-sim", b"S\xe3o Tom\xe9");
    stored_bytes(&[(TEMPLATE, &template), (WAYLINES, waylines.as_bytes())])
}

fn stored_bytes(files: &[(&str, &[u8])]) -> Vec<u8> {
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive.start_file(*name, options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// The first entry's two headers, changed: the one before its bytes, and the one in the directory.
fn patched(
    bytes: &[u8],
    local: impl FnOnce(&mut [u8], usize),
    central: impl FnOnce(&mut [u8]),
) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    local(&mut bytes, 0);
    let at = bytes.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    central(&mut bytes[at..]);
    bytes
}

/// The second entry points to the bytes of the first.
fn overlapping(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let entries: Vec<usize> =
        (0..bytes.len() - 4).filter(|at| bytes[*at..].starts_with(b"PK\x01\x02")).collect();
    bytes[entries[1] + 42..entries[1] + 46].copy_from_slice(&0_u32.to_le_bytes());
    bytes
}

fn replace_all(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(from) {
            out.extend_from_slice(to);
            rest = after;
        } else {
            out.push(*first);
            rest = after;
        }
    }
    out
}

/// Waypoints on a line to the north, so many degrees apart.
fn long_route(count: u32, step: f64) -> Vec<u8> {
    let mut text = String::new();
    for index in 0..count {
        text += &format!(
            "<Placemark><Point><coordinates>-25.3,{}</coordinates></Point><wpml:index>{index}</wpml:index>\
             <wpml:executeHeight>60</wpml:executeHeight><wpml:waypointSpeed>8</wpml:waypointSpeed></Placemark>\n",
            0.02 + step * f64::from(index)
        );
    }
    let empty = keep_waypoints(&sound().waylines, 0);
    let waylines = empty.replace("  </Folder>\n", &format!("{text}  </Folder>\n"));
    stored(&Files { waylines, ..sound() })
}
