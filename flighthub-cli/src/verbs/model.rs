//! `flighthub model`: models and maps from photos, beside the operations of the group.

mod flight;
mod images;
mod look;

use clap::{Subcommand, ValueEnum};
use flighthub_workflows::reconstruction::{JobOutcome, JobState, Until};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::out::Column;

/// Models and maps from photos: of a flight, or of a local folder
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: ModelCommand,
}

#[derive(Debug, Subcommand)]
enum ModelCommand {
    /// Order a model of the photos of a flight
    ///
    /// Spends reconstruction quota of the organization, so everything about the model is said. The order goes out once; when its answer is lost, the
    /// same command looks for the model instead of ordering it again. FlightHub tells neither how far such a model is nor that it failed: all that
    /// --wait can wait for is that it turns up in the list.
    #[command(after_help = "Examples:
  flighthub model from-flight 5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10 --name \"Reef, January\" --kind 2d --kind 3d \\
      --crs EPSG:32627 --quality medium --mode normal --simplify 0.2 --format las
  flighthub model from-flight TASK --name Reef --kind 2d --crs EPSG:32627 --quality high --mode normal --simplify 0.2 \\
      --format las --wait-media 4h --wait 6h")]
    FromFlight(flight::FlightArgs),
    /// Upload the images of a folder and have models built from them
    ///
    /// Open modeling: the images are uploaded and reported, and jobs are started on them, at most once. Starting spends the image quota of the
    /// organization, for every job and image. Broken off by whatever, the same command goes on where it was. Nothing is deleted unless asked for,
    /// and local images never. No call of FlightHub turns the key of a finished archive into a link.
    #[command(after_help = "Examples:
  flighthub model from-images DCIM/100MEDIA --job '2d={}' --check
  flighthub model from-images DCIM/100MEDIA --job 3d=@parameters.json --wait 8h
  flighthub model from-images survey --recursive --job '2d={}' --job '3d={}' --name \"Breakwater\"
  flighthub model from-images scan --all-files --job 'lidar={}' --dry-run")]
    FromImages(images::ImagesArgs),
    /// Wait for models, by their ids
    ///
    /// Numbers are models of flights: they are waited for in the list of models. UUIDs are jobs of open modeling: they tell their status.
    #[command(after_help = "Examples:
  flighthub model wait 4127703 --for 6h
  flighthub model wait --name \"Reef, January\" --for 6h
  flighthub model wait 0b9c7c52-5a0e-4d2c-9b1b-6f1f3d2a7e10 --for 8h --until model
  flighthub model wait --folder DCIM/100MEDIA --for 8h")]
    Wait(look::WaitArgs),
    /// Say where jobs of open modeling stand; all that are not done, without ids
    #[command(after_help = "Examples:
  flighthub model status
  flighthub model status 0b9c7c52-5a0e-4d2c-9b1b-6f1f3d2a7e10 --jq '.[].progress'
  flighthub model status --folder DCIM/100MEDIA")]
    Status(look::StatusArgs),
}

/// Until when a job is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum UntilArg {
    /// Until the model is built
    Model,
    /// Until its archive is packed too
    Archive,
}

impl From<UntilArg> for Until {
    fn from(until: UntilArg) -> Self {
        match until {
            UntilArg::Model => Self::Model,
            UntilArg::Archive => Self::Archive,
        }
    }
}

/// Does it.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    match args.command {
        ModelCommand::FromFlight(args) => flight::run(context, args).await,
        ModelCommand::FromImages(args) => images::run(context, args).await,
        ModelCommand::Wait(args) => look::wait(context, args).await,
        ModelCommand::Status(args) => look::status(context, args).await,
    }
}

/// What a table shows of jobs.
const JOBS: [Column; 6] = [
    Column::id("MODEL", "model_uuid"),
    Column::new("KIND", "kind"),
    Column::new("STATE", "state"),
    Column::new("PERCENT", "progress"),
    Column::new("BYTES", "size_bytes"),
    Column::new("ERROR", "error_code"),
];

/// Said beside every finished archive.
const NO_LINK: &str =
    "no call of FlightHub turns the key of an archive into a link: fetch it in the console";

/// How a command ends whose jobs have: well, in part, or not at all.
fn exit_of(jobs: &[JobOutcome]) -> Exit {
    let lost = jobs.iter().filter(|job| job.state.is_lost()).count();
    let lacks_archive = jobs.iter().any(|job| job.state == JobState::PackingFailed);
    if lost > 0 && lost == jobs.len() {
        Exit::EndedBadly
    } else if lost > 0 || lacks_archive {
        Exit::Partial
    } else {
        Exit::Ok
    }
}

/// A part of a file name: letters and digits of it.
fn plain(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' })
        .take(60)
        .collect();
    // So that two names do not meet in one file.
    let sum = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{plain}-{sum:016x}")
}

/// The folder for the states of a project's models.
fn states(context: &Context, project: &str) -> Result<std::path::PathBuf, Failure> {
    let folder = context.state_dir()?.join("models").join(plain(project));
    if !context.is_dry_run() {
        std::fs::create_dir_all(&folder).map_err(|error| {
            Failure::unexpected(format!("{}: cannot be made: {error}", folder.display()))
        })?;
    }
    Ok(folder)
}
