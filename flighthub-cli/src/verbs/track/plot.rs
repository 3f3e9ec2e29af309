//! The options of `flighthub track plot`.

use std::path::PathBuf;

use clap::ValueEnum;

/// Draw the track: a map, the heights, and what they add up to
///
/// The picture needs no network beyond FlightHub and nothing of this computer: no map is under it, and its font is a part of the program. The dock
/// of the task is shown where its state tells its place.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flighthub track plot 5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10 -O flight.png
  flighthub track plot 5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10 -O flight.svg --color-by speed
  flighthub track plot 5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10 -O flight.png --route-file fence.kmz")]
pub(super) struct Args {
    /// UUID of the task
    #[arg(value_name = "TASK")]
    pub(super) task: String,
    /// Picture to write; its ending says which: .png or .svg
    #[arg(short = 'O', long, value_name = "FILE")]
    pub(super) to: PathBuf,
    /// Width and height in pixels
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "1600x1000")]
    pub(super) size: String,
    /// Replace a file that is there
    #[arg(long)]
    pub(super) replace: bool,
    /// Font file with letters that the picture's own font (Latin, Greek, Cyrillic) lacks, for PNG; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(super) font: Vec<PathBuf>,
    /// Draw the planned route below the track: that of the task, which is downloaded
    #[arg(long, conflicts_with = "route_file")]
    pub(super) route: bool,
    /// Draw a planned route below the track: that of a file (.kmz)
    #[arg(long, value_name = "FILE")]
    pub(super) route_file: Option<PathBuf>,
    /// What the colours stand for
    #[arg(long, value_name = "WHAT", value_enum, default_value = "height")]
    pub(super) color_by: ColorBy,
    /// What the heights stand over
    #[arg(long, value_name = "WHAT", value_enum, default_value = "time")]
    pub(super) over: Over,
    /// Time zone of the times, such as Europe/Prague; that of this computer without it
    #[arg(long, value_name = "ZONE")]
    pub(super) zone: Option<String>,
    /// Do not ask for the dock of the task, and do not show it
    #[arg(long)]
    pub(super) no_dock: bool,
    /// With --route: fetch from private addresses too, other than that of the installation
    #[arg(long, requires = "route")]
    pub(super) allow_private_addresses: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ColorBy {
    /// Height
    Height,
    /// Speed over ground
    Speed,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Over {
    /// Time since the start
    Time,
    /// Distance over ground
    Distance,
}
