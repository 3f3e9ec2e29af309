//! `flighthub track plot`.

use std::path::Path;

use flighthub_api::v1::{DeviceState, TaskGet, WaylineId};
use flighthub_api::{Project, ReadOnly, Timestamp};
use flighthub_workflows::choose::printable;
use flighthub_workflows::fleet::Fleet;
use flighthub_workflows::picture::{self, Dock, Kmz, PlotSettings, ProfileOver, plot};
use flighthub_workflows::routes::{DownloadSettings, download};
use flighthub_workflows::track::Track;
use jiff::tz::TimeZone;

use super::canvas::{Canvas, read_route};
use super::plot::{Args, ColorBy, Over};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::storage;

pub(super) async fn run(
    context: &Context,
    args: Args,
) -> Result<Exit, Failure> {
    let canvas = Canvas::new(&args)?;
    let zone = zone(args.zone.as_deref())?;
    let mut settings = PlotSettings::new();
    settings.size = canvas.size;
    settings.route = args.route_file.as_deref().map(route_of_file).transpose()?;
    settings.color_by = match args.color_by {
        ColorBy::Height => picture::ColorBy::Height,
        ColorBy::Speed => picture::ColorBy::Speed,
    };
    settings.profile_over = match args.over {
        Over::Time => ProfileOver::Time,
        Over::Distance => ProfileOver::Distance,
    };
    let track = super::fetch(context, &args.task).await?;
    settings.utc_offset_seconds =
        track.totals.begin.map_or(0, |begin| offset(begin, &zone));
    let project = context.read_project().await?;
    if !args.no_dock {
        settings.dock = dock(context, &project, &args.task).await;
    }
    if args.route {
        settings.route = Some(route_of_task(context, &project, &track, args.allow_private_addresses).await?);
    }
    canvas.save(context, &plot(&track, &settings))
}

fn zone(name: Option<&str>) -> Result<TimeZone, Failure> {
    let Some(name) = name else { return Ok(TimeZone::system()) };
    TimeZone::get(name).map_err(|_| {
        Failure::usage(
            format!("`{}` is no time zone", printable(name)),
            "Write it by its IANA name, such as Europe/Prague, or UTC.",
        )
    })
}

/// Seconds east of UTC at a moment.
fn offset(at: Timestamp, zone: &TimeZone) -> i32 {
    zone.to_offset(at.into()).seconds()
}

fn route_of_file(path: &Path) -> Result<Kmz, Failure> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| {
        Failure::usage(format!("{name}: {error}"), "Give a route file (.kmz).")
    })?;
    read_route(&name, &bytes)
}

async fn route_of_task(
    context: &Context,
    project: &Project<ReadOnly>,
    track: &Track,
    allow_private: bool,
) -> Result<Kmz, Failure> {
    let Some(route) = &track.wayline_uuid else {
        return Err(Failure::new(
            Exit::NotFound,
            "the task names no route, as flights by hand do",
            "Leave out --route, or give a file with --route-file.",
        ));
    };
    let folder = tempfile::tempdir().map_err(|error| {
        Failure::unexpected(format!("no temporary folder can be made: {error}"))
    })?;
    let file = folder.path().join("route.kmz");
    read_downloaded(context, project, route, &file, allow_private).await.map_err(|failure| {
        failure.during(format_args!("the route {}", printable(route.as_str())))
    })
}

async fn read_downloaded(
    context: &Context,
    project: &Project<ReadOnly>,
    route: &WaylineId,
    file: &Path,
    allow_private: bool,
) -> Result<Kmz, Failure> {
    let settings = DownloadSettings::new(route.as_str(), file);
    let fetcher = storage::fetcher(context, allow_private)?;
    let route = download(project, &settings, &fetcher, &context.run()?).await?;
    let bytes = std::fs::read(&route.path)
        .map_err(|error| Failure::unexpected(format!("it cannot be read: {error}")))?;
    read_route(&route.name, &bytes)
}

/// The dock of a task: its name, and its place where its state tells it. The picture can do without.
async fn dock(context: &Context, project: &Project<ReadOnly>, task: &str) -> Option<Dock> {
    match find_dock(project, task).await {
        Ok(dock) => Some(dock),
        Err(error) => {
            context.note(format!("the dock is not shown: {error}"));
            None
        }
    }
}

async fn find_dock(
    project: &Project<ReadOnly>,
    task: &str,
) -> flighthub_workflows::Result<Dock> {
    let task = project.send(&TaskGet::new(task)).await?;
    let fleet = Fleet::load(project).await?;
    let found = fleet.dock(task.sn.as_str());
    let name = found.ok().and_then(|found| found.device.gateway.callsign.clone());
    let name = name.filter(|name| !name.trim().is_empty());
    let name = name.unwrap_or_else(|| format!("Dock {}", task.sn));
    let snapshot = project.send(&DeviceState::new(task.sn.as_str())).await?;
    let state = snapshot.device_state.unwrap_or_default().dock();
    let place = state.latitude.zip(state.longitude);
    Ok(match place.filter(|place| *place != (0.0, 0.0)) {
        Some((latitude, longitude)) => Dock::new(name, latitude, longitude),
        None => Dock::named(name),
    })
}
