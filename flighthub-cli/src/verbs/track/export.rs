//! `flighthub track export`.

use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use flighthub_workflows::files;
use flighthub_workflows::track::{Format, Track};
use serde::Serialize;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Write the track as GeoJSON, KML, GPX or CSV
///
/// Points come in the order of time. Those without a fix are left out and counted; lengths are measured on the ellipsoid of WGS 84. Heights are
/// absolute; FlightHub does not say what they count from, so they are no heights above ground. While the aircraft flies, the track is what there
/// is so far.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flighthub track export 5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10 -O flight.gpx
  flighthub track export 5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10 --format kml > flight.kml
  flighthub track export 5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10 --format csv | head")]
pub(super) struct Args {
    /// UUID of the task
    #[arg(value_name = "TASK")]
    task: String,
    /// Format; without it that of the file's name, else GeoJSON
    #[arg(short, long, value_name = "FORMAT", value_enum)]
    format: Option<ExportFormat>,
    /// File to write; standard output without it, or with -
    #[arg(short = 'O', long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long)]
    replace: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ExportFormat {
    /// GeoJSON (RFC 7946)
    Geojson,
    /// KML with times, for Google Earth
    Kml,
    /// GPX 1.1
    Gpx,
    /// A table: time, place, height, distance and speed
    Csv,
}

impl From<ExportFormat> for Format {
    fn from(format: ExportFormat) -> Self {
        match format {
            ExportFormat::Geojson => Self::GeoJson,
            ExportFormat::Kml => Self::Kml,
            ExportFormat::Gpx => Self::Gpx,
            ExportFormat::Csv => Self::Csv,
        }
    }
}

/// What was written.
#[derive(Serialize)]
struct Written<'a> {
    file: &'a Path,
    format: Format,
    points: usize,
    points_left_out: usize,
    distance_m: f64,
    duration_s: Option<f64>,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let file = args.to.as_deref().filter(|path| *path != Path::new("-"));
    let format = format(args.format, file)?;
    if let Some(file) = file {
        check_free(file, args.replace)?;
    }
    let track = super::fetch(context, &args.task).await?;
    let Some(file) = file else {
        to_stdout(&track, format)?;
        return Ok(Exit::Ok);
    };
    let mut bytes = Vec::new();
    track.write(format, &mut bytes).map_err(|error| Failure::unexpected(error.to_string()))?;
    files::write_shared(file, &bytes)?;
    context.out().value(&Written {
        file,
        format,
        points: track.totals.points,
        points_left_out: track.dropped.total(),
        distance_m: track.totals.distance_m,
        duration_s: track.totals.duration_s,
    })?;
    Ok(Exit::Ok)
}

/// Whether a file may be written.
pub(super) fn check_free(file: &Path, replace: bool) -> Result<(), Failure> {
    if replace || !file.exists() {
        return Ok(());
    }
    let text = format!("{}: exists already", file.display());
    Err(Failure::usage(text, "Give another file, or --replace."))
}

/// What was asked for, else what the name of the file says.
fn format(asked: Option<ExportFormat>, file: Option<&Path>) -> Result<Format, Failure> {
    match (asked, file) {
        (Some(format), _) => Ok(format.into()),
        (None, None) => Ok(Format::GeoJson),
        (None, Some(file)) => Format::of_path(file).ok_or_else(|| {
            Failure::usage(
                format!("{}: the name does not tell the format", file.display()),
                "Let it end in .geojson, .kml, .gpx or .csv, or give --format.",
            )
        }),
    }
}

/// A reader that goes away early, such as `head`, is no failure.
fn to_stdout(track: &Track, format: Format) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    match track.write(format, &mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::unexpected(format!("standard output cannot be written to: {error}")))
        }
        _ => Ok(()),
    }
}
