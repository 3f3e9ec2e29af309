//! The task that the options describe, and the devices that they mean.

use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;
use flighthub_api::v1::{
    DockSn, OutOfControlAction, ResumableStatus, TaskCreate, TaskCreateArgs, TaskSchedule,
    TimedSchedule, WaylineId,
};
use flighthub_api::{Access, Permits, Project, Timestamp, v1};
use flighthub_workflows::fleet::Fleet;
use flighthub_workflows::mission::{CheckSettings, find_route};

use crate::context::Context;
use crate::failure::Failure;
use crate::when;

/// The task. Nothing of it is guessed.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlanArgs {
    /// Dock by callsign or serial number
    #[arg(long, value_name = "DOCK")]
    dock: String,
    /// Route by name or id
    #[arg(long, value_name = "ROUTE")]
    route: String,
    /// Dock to land at, when it is another one
    #[arg(long, value_name = "DOCK")]
    landing_dock: Option<String>,
    #[command(flatten)]
    start: StartArgs,
    /// Last moment at which it may still start, such as 10m after --at, or a moment
    #[arg(long, value_name = "WHEN", requires = "at", conflicts_with_all = ["now", "schedule"])]
    latest: Option<String>,
    /// Time zone of the plan, such as Europe/Prague; that of --at without it
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// Height of the return flight, metres
    #[arg(long, value_name = "METRES")]
    rth_altitude: i32,
    /// How the height of the return flight is chosen
    #[arg(long, value_name = "MODE", value_parser = PossibleValuesParser::new(["preset", "optimal"]))]
    rth_mode: String,
    /// Positioning that the flight relies on
    #[arg(long, value_name = "TYPE", value_parser = PossibleValuesParser::new(["gps", "rtk"]))]
    precision: String,
    #[command(flatten)]
    limits: LimitArgs,
}

/// When it starts.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
struct StartArgs {
    /// Start at once
    #[arg(long)]
    now: bool,
    /// Start once, at a time with its zone, such as "2026-01-02 03:00 Europe/Prague"
    #[arg(long, value_name = "WHEN")]
    at: Option<String>,
    /// Start by a plan, as JSON with `task_type`: recurring or continuous; `flighthub schema task.create` shows it
    #[arg(long, value_name = "JSON")]
    schedule: Option<String>,
}

/// By which limits it is checked.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits of the checks")]
struct LimitArgs {
    /// Charge below which it is stopped, percent
    #[arg(long, value_name = "PERCENT", default_value_t = 40.0)]
    least_battery: f64,
    /// Wind above which it is stopped, m/s
    #[arg(long, value_name = "SPEED", default_value_t = 12.0)]
    most_wind: f64,
    /// Level of health alerts from which it is stopped
    #[arg(long, value_name = "LEVEL", default_value = "warning", value_parser = PossibleValuesParser::new(["notification", "reminder", "warning"]))]
    alerts_stop_at: String,
}

/// What only a launch asks for.
pub(crate) struct Rest {
    pub(crate) name: String,
    pub(crate) lost_link: OutOfControlAction,
    pub(crate) resume: ResumableStatus,
}

impl PlanArgs {
    /// The task.
    pub(crate) async fn task<A>(
        &self,
        context: &Context,
        project: &Project<A>,
        rest: Rest,
    ) -> Result<TaskCreate, Failure>
    where
        A: Access + Permits<v1::ProjectDevices> + Permits<v1::WaylineList>,
    {
        // What is wrong with the options comes before anything is asked.
        let (schedule, zone) = self.schedule(context)?;
        let (dock, landing) = self.docks(context, project).await?;
        let mut task = TaskCreate::new(TaskCreateArgs {
            name: rest.name,
            wayline_uuid: self.route(project).await?,
            sn: dock,
            time_zone: zone,
            rth_altitude: self.rth_altitude,
            rth_mode: known(&self.rth_mode),
            wayline_precision_type: known(&self.precision),
            out_of_control_action_in_flight: rest.lost_link,
            resumable_status: rest.resume,
            schedule,
        });
        task.landing_dock_sn = landing;
        Ok(task)
    }

    /// How it is checked.
    pub(crate) fn settings(
        &self,
        context: &Context,
        task: &TaskCreate,
    ) -> Result<CheckSettings, Failure> {
        let mut settings = CheckSettings::new(task.clone());
        let ceiling = context.settings()?.rth_ceiling.filter(|metres| metres.is_finite());
        // A ceiling of 60.5 m allows 60.
        #[allow(clippy::cast_possible_truncation, reason = "a height beyond i32 is none")]
        let ceiling = ceiling.map(|metres| metres.floor() as i32);
        settings.ceiling = ceiling;
        settings.least_battery = self.limits.least_battery;
        settings.most_wind = self.limits.most_wind;
        settings.brisk_wind = settings.brisk_wind.min(self.limits.most_wind);
        settings.alerts_stop_at = known(&self.limits.alerts_stop_at);
        Ok(settings)
    }

    async fn docks<A: Access + Permits<v1::ProjectDevices>>(
        &self,
        context: &Context,
        project: &Project<A>,
    ) -> Result<(DockSn, Option<DockSn>), Failure> {
        let wanted = [Some(&self.dock), self.landing_dock.as_ref()];
        if context.is_dry_run() && wanted.iter().flatten().all(|name| is_serial(name)) {
            let landing = self.landing_dock.as_deref().map(DockSn::new);
            return Ok((DockSn::new(self.dock.as_str()), landing));
        }
        let fleet = Fleet::load(project).await?;
        let landing = self.landing_dock.as_deref().map(|name| dock_of(context, &fleet, name));
        Ok((dock_of(context, &fleet, &self.dock)?, landing.transpose()?))
    }

    async fn route<A: Access + Permits<v1::WaylineList>>(
        &self,
        project: &Project<A>,
    ) -> Result<WaylineId, Failure> {
        if is_uuid(&self.route) {
            return Ok(WaylineId::new(self.route.as_str()));
        }
        Ok(find_route(project, &self.route).await?.id)
    }

    fn schedule(&self, context: &Context) -> Result<(TaskSchedule, String), Failure> {
        let zone = || {
            self.time_zone.clone().ok_or_else(|| {
                Failure::usage(
                    "it is not said in which time zone the plan stands",
                    "Give --time-zone, such as Europe/Prague. FlightHub asks for one even when the flight starts at once.",
                )
            })
        };
        if let Some(text) = &self.start.schedule {
            let schedule: TaskSchedule = serde_json::from_str(text).map_err(|error| {
                Failure::usage(
                    format!("--schedule: {error}"),
                    "`flighthub schema task.create` shows the fields.",
                )
            })?;
            return Ok((schedule, zone()?));
        }
        let Some(at) = &self.start.at else { return Ok((TaskSchedule::Immediate, zone()?)) };
        let now = context.now()?;
        let at = when::parse_at(at, &now)?;
        let mut timed = TimedSchedule::new(at.moment);
        timed.latest_begin_at =
            self.latest.as_deref().map(|text| latest(text, at.moment, &now)).transpose()?;
        Ok((TaskSchedule::Timed(timed), self.time_zone.clone().unwrap_or(at.zone)))
    }
}

/// The end of the time in which it may start: so long after the start, or a moment.
fn latest(text: &str, begin: Timestamp, now: &jiff::Zoned) -> Result<Timestamp, Failure> {
    match when::parse_duration(text) {
        Ok(after) => Ok(begin.saturating_add(after)),
        Err(_) => Ok(when::parse_at(text, now)?.moment),
    }
}

fn dock_of(context: &Context, fleet: &Fleet, wanted: &str) -> Result<DockSn, Failure> {
    let found = fleet.dock(wanted)?;
    let sn = found.device.sn();
    if found.by_partner {
        context.note(format!("{wanted} is an aircraft: its dock {sn} is meant"));
    }
    Ok(sn)
}

/// A value of which the option allows the known ones only.
pub(crate) fn known<T: std::str::FromStr<Err = std::convert::Infallible>>(word: &str) -> T {
    match word.parse() {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

/// Whether it can be a serial number, so that a dry run has nothing to look up.
fn is_serial(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    text.len() == 14 && text.bytes().all(is_part)
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        })
}

/// A moment so long from now.
pub(crate) fn deadline(context: &Context, after: Duration) -> Result<Timestamp, Failure> {
    Ok(Timestamp::from(context.now()?.timestamp()).saturating_add(after))
}
