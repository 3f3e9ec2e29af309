//! `flighthub mission list`: the tasks of docks over a time.

use flighthub_api::v1::{DockSn, ProjectDevices, WaylineList};
use flighthub_api::{Access, Permits, Project};
use flighthub_workflows::choose::printable;
use flighthub_workflows::fleet::Fleet;
use flighthub_workflows::mission::{self, ListEvent, ListSettings, MissionList};

use super::plan::known;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::out::Column;
use crate::when;

/// List flights of docks over any time
///
/// FlightHub answers for one dock and some weeks at a time; this asks for all of them and joins the answers. Exit code 11 when a part could not be read.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flighthub mission list --since 7d
  flighthub mission list --since 2025-11-01 --until 2025-12-31 --dock \"North dock\" --status starting_failure,timeout
  flighthub mission list --since 90d --route north-fence -o csv")]
pub(crate) struct Args {
    /// Planned start from, such as 7d or 2026-01-02
    #[arg(long, value_name = "WHEN", default_value = "7d")]
    since: String,
    /// Planned start up to; a week from now without it
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// Dock by callsign or serial number; again for more. All docks of the project without it
    #[arg(long = "dock", value_name = "DOCK")]
    docks: Vec<String>,
    /// Only flights in this state, such as success; several with commas
    #[arg(long, value_name = "STATUS", value_delimiter = ',')]
    status: Vec<String>,
    /// Only flights of this type: immediate, timed, recurring, continuous, manual; several with commas
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,
    /// Only flights of this route, by name or id
    #[arg(long, value_name = "ROUTE")]
    route: Option<String>,
}

const COLUMNS: [Column; 7] = [
    Column::id("TASK", "uuid"),
    Column::new("NAME", "name"),
    Column::new("STATUS", "status"),
    Column::new("TYPE", "task_type"),
    Column::id("DOCK", "sn"),
    Column::new("PLANNED", "begin_at"),
    Column::new("STARTED", "run_at"),
];

/// Lists them.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let now = context.now()?;
    let from = when::parse_since(&args.since, &now)?;
    let week = std::time::Duration::from_secs(7 * 24 * 3600);
    let to = match &args.until {
        Some(text) => when::parse_until(text, &now)?,
        None => flighthub_api::Timestamp::from(now.timestamp()).saturating_add(week),
    };
    let project = context.read_project().await?;
    let docks = docks(&project, &args.docks).await?;
    if docks.is_empty() {
        context.note("the project has no docks, or the key cannot see them; `flighthub doctor` tells more");
    }
    let mut settings = ListSettings::new(docks, from, to);
    settings.statuses = args.status.iter().map(|word| known(word)).collect();
    settings.types = args.types.iter().map(|word| known(word)).collect();
    settings.route = match &args.route {
        Some(route) => Some(mission::find_route(&project, route).await?.id),
        None => None,
    };
    let bar = context.progress().spinner("listing");
    let (run, events) = context.run_with_events()?;
    let work = mission::list(&project, &run, &settings);
    let list = context
        .follow(events, work, |event| {
            if let ListEvent::Slice { done, total, .. } = event {
                bar.message(&format!("{done} of {total} lists"));
            }
        })
        .await?;
    drop(bar);
    context.out().rows(&COLUMNS, &list.tasks)?;
    Ok(told(context, &list))
}

/// Says what is missing.
fn told(context: &Context, list: &MissionList) -> Exit {
    for failure in &list.failed {
        context.warn(format!(
            "dock {} from {} to {}: {}",
            failure.dock, failure.from, failure.to, failure.reason
        ));
    }
    for odd in &list.odd {
        context.warn(format!("dock {}: a row cannot be read: {}", odd.dock, printable(&odd.problem)));
    }
    if list.is_complete() { Exit::Ok } else { Exit::Partial }
}

async fn docks<A: Access + Permits<ProjectDevices> + Permits<WaylineList>>(
    project: &Project<A>,
    wanted: &[String],
) -> Result<Vec<DockSn>, Failure> {
    let fleet = Fleet::load(project).await?;
    if wanted.is_empty() {
        return Ok(fleet.docks().map(|dock| dock.sn()).collect());
    }
    let mut docks = Vec::new();
    for name in wanted {
        docks.push(fleet.dock(name)?.device.sn());
    }
    Ok(docks)
}
