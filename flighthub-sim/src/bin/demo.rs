//! The demo mission: the generated client flies a simulated drone over loopback HTTP.
//!
//! `cargo xtask demo` runs it. It is a program of its own, and no example, so that building it needs none of what only tests need.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use flighthub_api::v1::{
    DevicePair, DockSn, FlightTaskSummary, FlightTrack, Gateway, MediaFile, OutOfControlAction,
    ResumableStatus, RthMode, TaskCreateArgs, TaskSchedule, TaskStatus, TaskUuid, Wayline,
    WaylinePrecisionType,
};
use flighthub_api::{Client, Project, Region, Timestamp};
use flighthub_sim::Sim;

/// Virtual seconds in a real one.
const SPEED: f64 = 60.0;
/// Between two looks at the task.
const LOOK: Duration = Duration::from_millis(100);
/// The demo takes some ten seconds; when it takes this long something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

type Done<T = ()> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Done {
    let begun = Instant::now();
    let sim = Sim::builder().seed(1).speed(SPEED).start().await?;
    say(&format!(
        "A simulated FlightHub 2 at {}, {SPEED} times as fast as a real one. Nothing here is real.",
        sim.url()
    ))?;
    let client =
        Client::builder(Region::on_premises(sim.url()), sim.token()).no_rate_limit().build()?;

    say("\nProjects")?;
    let projects = client.projects().list().await?;
    for project in &projects {
        say(&format!("  {:24} {}", project.name, project.uuid))?;
    }
    let project = client.project(sim.project());

    say("\nDocks")?;
    let pairs = project.projects().devices().await?;
    for pair in &pairs {
        if let Some(dock) = dock_of(pair) {
            say(&format!("  {}", describe(dock, pair)))?;
        }
    }
    say("\nRoutes")?;
    let routes = project.waylines().list().await?;
    for route in &routes {
        let templates: Vec<_> = route.template_types.iter().map(ToString::to_string).collect();
        let model = route.device_model_key.as_ref().map(ToString::to_string).unwrap_or_default();
        say(&format!("  {:24} {:12} for {model}", route.name, templates.join(", ")))?;
    }

    let (dock, route) = mission(&pairs, &routes)
        .ok_or("no dock is online with a powered aircraft and a route for its model")?;
    let dock_sn = DockSn::new(dock.sn.as_str());
    let created = project
        .tasks()
        .create(TaskCreateArgs {
            name: "Demo mission".to_owned(),
            wayline_uuid: route.id.clone(),
            sn: dock_sn.clone(),
            time_zone: "Atlantic/Cape_Verde".to_owned(),
            rth_altitude: 60,
            rth_mode: RthMode::Preset,
            wayline_precision_type: WaylinePrecisionType::Rtk,
            out_of_control_action_in_flight: OutOfControlAction::ReturnHome,
            resumable_status: ResumableStatus::Manual,
            schedule: TaskSchedule::Immediate,
        })
        .await?;
    say(&format!("\nFlying {} from {}", route.name, name(dock)))?;
    let (task, life) = follow(&project, &dock_sn, &created.task_uuid, sim.now()).await?;
    let media = wait_for_media(&project, &created.task_uuid).await?;
    let track = project.tasks().track(created.task_uuid.clone()).await?;

    say("\nSummary")?;
    let docks = pairs.iter().filter(|pair| dock_of(pair).is_some()).count();
    say(&format!(
        "  world    {} projects, {docks} docks, {} routes",
        projects.len(),
        routes.len()
    ))?;
    say(&format!("  flight   {} from {}", route.name, name(dock)))?;
    let life: Vec<_> =
        life.iter().map(|(status, spent)| format!("{status} {}", minutes(*spent))).collect();
    say(&format!("  task     {} ({})", task.name, task.uuid))?;
    say(&format!("  life     {} -> {}", life.join(" -> "), task.status))?;
    say(&format!("  track    {}", measure(&track)))?;
    say(&format!("  media    {} files", media.len()))?;
    for file in &media {
        let size = file.size.map(|bytes| format!("{:.1} MB", megabytes(bytes))).unwrap_or_default();
        say(&format!(
            "           {:32} {:12} {size:>9}",
            file.name.as_deref().unwrap_or("?"),
            file.file_type.to_string()
        ))?;
    }
    say(&format!("  took     {:.1} s", begun.elapsed().as_secs_f64()))?;
    Ok(())
}

/// The device of a pair that aircraft live in.
fn dock_of(pair: &DevicePair) -> Option<&Gateway> {
    pair.gateway.as_ref().filter(|gateway| gateway.device_model.class.as_str() == "airport")
}

fn name(dock: &Gateway) -> &str {
    dock.callsign.as_deref().filter(|name| !name.is_empty()).unwrap_or(dock.sn.as_str())
}

fn describe(dock: &Gateway, pair: &DevicePair) -> String {
    let link = |online: bool, off: &'static str| if online { "online" } else { off };
    let model = dock.device_model.name.as_deref().unwrap_or_default();
    let mut text = format!(
        "{:16} {:12} {model:12} {:8}",
        dock.sn.as_str(),
        name(dock),
        link(dock.device_online_status, "offline")
    );
    if let Some(drone) = &pair.drone {
        let model = drone
            .device_model
            .as_ref()
            .and_then(|model| model.name.as_deref())
            .unwrap_or("aircraft");
        let _ = write!(
            text,
            " with {model} {}, {}",
            drone.callsign.as_deref().unwrap_or_default(),
            link(drone.device_online_status, "off")
        );
    }
    text
}

/// A dock that can start now, and a route for its aircraft.
fn mission<'a>(
    pairs: &'a [DevicePair],
    routes: &'a [Wayline],
) -> Option<(&'a Gateway, &'a Wayline)> {
    pairs.iter().find_map(|pair| {
        let dock = dock_of(pair).filter(|dock| dock.device_online_status)?;
        let drone = pair.drone.as_ref().filter(|drone| drone.device_online_status)?;
        let model = &drone.device_model.as_ref()?.key;
        let route = routes.iter().find(|route| route.device_model_key.as_ref() == Some(model))?;
        Some((dock, route))
    })
}

type Life = Vec<(TaskStatus, Duration)>;

/// Looks at the task until it has ended; answers it and how long (virtually) it was in which state.
async fn follow(
    project: &Project,
    dock: &DockSn,
    uuid: &TaskUuid,
    since: Timestamp,
) -> Done<(FlightTaskSummary, Life)> {
    let begun = Instant::now();
    let mut progress = Progress::new();
    let mut life: Life = Vec::new();
    let mut entered = begun;
    let hour = Duration::from_secs(3600);
    loop {
        let rows = project
            .tasks()
            .list(dock.clone(), since.saturating_sub(hour), since.saturating_add(hour))
            .await?;
        let task =
            rows.into_iter().find(|task| task.uuid == *uuid).ok_or("the new task is not listed")?;
        let spent = entered.elapsed().mul_f64(SPEED);
        match life.last_mut() {
            Some((status, time)) if *status == task.status => *time = spent,
            _ => {
                entered = Instant::now();
                life.push((task.status.clone(), Duration::ZERO));
            }
        }
        progress.show(&task, begun.elapsed().mul_f64(SPEED))?;
        match task.status {
            TaskStatus::Waiting
            | TaskStatus::Preparing
            | TaskStatus::QueueForTakeoff
            | TaskStatus::Executing
            | TaskStatus::Paused => {}
            _ => {
                progress.end()?;
                life.pop();
                return Ok((task, life));
            }
        }
        if begun.elapsed() > PATIENCE {
            return Err("the task does not end".into());
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The files of a task, once all have been uploaded.
async fn wait_for_media(project: &Project, uuid: &TaskUuid) -> Done<Vec<MediaFile>> {
    let begun = Instant::now();
    let mut shown = None;
    loop {
        let folder = project.tasks().get(uuid.clone()).await?.folder_info;
        if let Some((Some(expected), Some(uploaded))) =
            folder.map(|folder| (folder.expected_file_count, folder.uploaded_file_count))
        {
            if shown != Some(uploaded) && (uploaded % 5 == 0 || uploaded == expected) {
                say(&format!("  uploaded {uploaded} of {expected} media files"))?;
                shown = Some(uploaded);
            }
            if uploaded >= expected {
                return Ok(project.tasks().media(uuid.clone()).await?.into_vec());
            }
        }
        if begun.elapsed() > PATIENCE {
            return Err("the media files do not arrive".into());
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// One line that changes on a terminal; plain lines, and only what is new, elsewhere.
struct Progress {
    terminal: bool,
    last: Option<(TaskStatus, Option<i32>)>,
}

impl Progress {
    fn new() -> Self {
        Self { terminal: io::stdout().is_terminal(), last: None }
    }

    fn show(&mut self, task: &FlightTaskSummary, elapsed: Duration) -> Done {
        let now = Some((task.status.clone(), task.current_waypoint_index));
        if !self.terminal && self.last == now {
            return Ok(());
        }
        self.last = now;
        let (at, of) = (
            task.current_waypoint_index.unwrap_or(0).max(0),
            task.total_waypoints.unwrap_or(0).max(0),
        );
        let mut line = format!("  {}  {:10}", minutes(elapsed), task.status.to_string());
        if of > 0 {
            let width = 24;
            let done = usize::try_from(at * width / of).unwrap_or(0);
            let _ = write!(line, " [{:.<24}] waypoint {at} of {of}", "#".repeat(done));
        }
        if self.terminal {
            write!(io::stdout(), "\r\x1b[2K{line}")?;
            io::stdout().flush()?;
            return Ok(());
        }
        say(&line)
    }

    fn end(&self) -> Done {
        if self.terminal { say("") } else { Ok(()) }
    }
}

fn measure(flown: &FlightTrack) -> String {
    let Some(track) = &flown.track else {
        return "none".to_owned();
    };
    let duration = track
        .flight_duration
        .and_then(|seconds| u64::try_from(seconds).ok())
        .map(Duration::from_secs);
    let length = track
        .flight_distance
        .map_or_else(|| "of unknown length".to_owned(), |metres| format!("{metres:.0} m"));
    let highest =
        track.points.iter().filter_map(|point| point.height).fold(f64::NEG_INFINITY, f64::max);
    format!(
        "{length} in {}, {} points, up to {highest:.0} m high",
        minutes(duration.unwrap_or_default()),
        track.points.len()
    )
}

fn megabytes(bytes: i64) -> f64 {
    bytes as f64 / 1e6
}

fn minutes(duration: Duration) -> String {
    format!("{:02}:{:02}", duration.as_secs() / 60, duration.as_secs() % 60)
}

fn say(line: &str) -> Done {
    writeln!(io::stdout(), "{line}")?;
    Ok(())
}
