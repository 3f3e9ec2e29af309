//! Files: routes, descriptions, drawings.

use std::io::{Cursor, Write};

use flighthub_codegen::Source;
use flighthub_kmz::Kmz;
use flighthub_workflows::annotate::{AnnotateSettings, plan};
use zip::write::SimpleFileOptions;

use super::{Bytes, Held};

/// What divides the two files in the input of [`kmz`].
const DIVIDER: &str = "\u{1e}";

/// A small description that is sound.
const MINIMAL: &str = include_str!("../../tests/fixtures/good/minimal.yaml");

/// A route file. Byte 0: 0 for an archive in the rest; otherwise the rest is `template.kml` and, after U+001E, `waylines.wpml`.
///
/// What is read can be written and read again as the same; findings name a rule, and no file counts as sound that cannot be read.
pub fn kmz(input: &[u8]) -> Held {
    let mut input = Bytes(input);
    let packed = input.byte() != 0;
    let archive = if packed { pack(&input.text())? } else { input.0.to_vec() };
    for finding in flighthub_kmz::lint(&archive) {
        if finding.to_string().is_empty() || format!("{finding:?}").is_empty() {
            return Err("a finding says nothing".to_owned());
        }
    }
    let Ok(route) = Kmz::read(&archive) else { return Ok(()) };
    // A route that no writer would make, such as one with heights beyond all numbers, is refused.
    let Ok(written) = route.to_bytes() else { return Ok(()) };
    let again =
        Kmz::read(&written).map_err(|error| format!("what was written is not read: {error}"))?;
    if again.waypoints.len() == route.waypoints.len() && again.model == route.model {
        Ok(())
    } else {
        Err(format!("{route:?} became {again:?}"))
    }
}

/// Two files as an archive.
pub(crate) fn pack(texts: &str) -> Result<Vec<u8>, String> {
    let (template, waylines) = texts.split_once(DIVIDER).unwrap_or((texts, texts));
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in [("wpmz/template.kml", template), ("wpmz/waylines.wpml", waylines)] {
        let options =
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        archive.start_file(name, options).map_err(|error| error.to_string())?;
        archive.write_all(text.as_bytes()).map_err(|error| error.to_string())?;
    }
    Ok(archive.finish().map_err(|error| error.to_string())?.into_inner())
}

/// A description for the generator. Byte 0: 0 for YAML in the rest; otherwise the rest changes lines of a small one.
///
/// Files are made, or problems are named with their places.
pub fn spec(input: &[u8]) -> Held {
    let mut input = Bytes(input);
    let text = match input.byte() {
        0 => input.text(),
        _ => rearranged(&mut input),
    };
    let source = Source { name: "spec/flighthub-v1.yaml".to_owned(), text };
    match flighthub_codegen::generate(&[source]) {
        Ok(files) if files.is_empty() => Err("nothing is made of it".to_owned()),
        Ok(_) => Ok(()),
        Err(problems) if problems.is_empty() => Err("it is refused without a reason".to_owned()),
        Err(problems) => {
            let nowhere = problems
                .iter()
                .find(|one| one.line == 0 || one.rule.is_empty() || one.message.is_empty());
            nowhere.map_or(Ok(()), |one| Err(format!("a problem without a place: {one:?}")))
        }
    }
}

/// The small description with lines dropped, doubled, moved, indented, or with values of others.
fn rearranged(input: &mut Bytes<'_>) -> String {
    let mut lines: Vec<String> = MINIMAL.lines().map(str::to_owned).collect();
    for _ in 0..16 {
        if input.is_empty() || lines.is_empty() {
            break;
        }
        let (kind, at, other) = (input.byte(), input.below(lines.len()), input.below(lines.len()));
        let line = lines[at].clone();
        let value = |line: &str| line.split_once(": ").map(|(_, value)| value.to_owned());
        match kind % 8 {
            0 => drop(lines.remove(at)),
            1 => lines.insert(other, line),
            2 => lines.swap(at, other),
            3 => lines[at] = format!("  {line}"),
            4 => lines[at] = line.strip_prefix("  ").unwrap_or(&line).to_owned(),
            5 => {
                if let (Some((key, _)), Some(value)) = (line.split_once(": "), value(&lines[other]))
                {
                    lines[at] = format!("{key}: {value}");
                }
            }
            6 => {
                if let Some((key, _)) = line.split_once(": ") {
                    let odd = [
                        "",
                        "null",
                        "[]",
                        "{}",
                        "-1",
                        "1e999",
                        "yes",
                        "'",
                        "*a",
                        "&a x",
                        "!!binary x",
                        "\u{feff}",
                    ];
                    lines[at] = format!("{key}: {}", odd[other % odd.len()]);
                }
            }
            _ => {
                let name: String =
                    lines[other].trim().split(':').next().unwrap_or_default().to_owned();
                lines[at] =
                    line.replacen(line.trim().split(':').next().unwrap_or_default(), &name, 1);
            }
        }
    }
    lines.join("\n")
}

/// GeoJSON for the map.
///
/// What is sound can be sent; what is not says why.
pub fn geojson(input: &[u8]) -> Held {
    let text = String::from_utf8_lossy(input).into_owned();
    let plan = plan(&text, &AnnotateSettings::new("Fuzz").with_near(0.02, -25.3));
    let requests = plan.requests();
    match (plan.is_sound(), &requests) {
        (true, Err(error)) => Err(format!("it is sound and cannot be sent: {error}")),
        (true, Ok(requests)) if requests.is_empty() && plan.remarks.is_empty() => {
            Err("it is sound and nothing is drawn".to_owned())
        }
        (false, _) if plan.remarks.iter().any(|remark| remark.text.is_empty()) => {
            Err("a remark says nothing".to_owned())
        }
        _ => Ok(()),
    }
}
