//! Launches a stored route once, and tells how it ended. **With a real key this flies a real aircraft.**
//!
//! ```sh
//! FLIGHTHUB_REGION=http://127.0.0.1:30812 FLIGHTHUB_TOKEN=… FLIGHTHUB_PROJECT=… \
//!   cargo run -p flighthub-api --example launch -- DOCK_SERIAL_NUMBER ROUTE_ID
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it finds")]

use std::env;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use flighthub_api::v1::{
    OutOfControlAction, ResumableStatus, RthMode, TaskCreate, TaskCreateArgs, TaskSchedule,
    TaskStatus, WaylinePrecisionType,
};
use flighthub_api::{Client, Error, Project, Region, Timestamp};

/// A wait needs an end: whoever runs docks unattended decides when to stop hoping.
const PATIENCE: Duration = Duration::from_secs(45 * 60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Error> {
    let region: Region = env::var("FLIGHTHUB_REGION").unwrap_or_else(|_| "eu".into()).parse()?;
    let key = env::var("FLIGHTHUB_TOKEN").unwrap_or_default();
    let project = env::var("FLIGHTHUB_PROJECT").unwrap_or_default();
    let (Some(dock), Some(route)) = (env::args().nth(1), env::args().nth(2)) else {
        eprintln!("usage: launch DOCK_SERIAL_NUMBER ROUTE_ID");
        return Ok(ExitCode::from(2));
    };
    let project = Client::new(region, key)?.project(project);

    // A unique name finds the task again should the answer get lost.
    let launch = TaskCreate::new(TaskCreateArgs {
        name: format!("Example {}", Timestamp::now()),
        wayline_uuid: route.into(),
        sn: dock.into(),
        time_zone: "Europe/Berlin".into(),
        rth_altitude: 60,
        rth_mode: RthMode::Preset,
        wayline_precision_type: WaylinePrecisionType::Rtk,
        out_of_control_action_in_flight: OutOfControlAction::ReturnHome,
        resumable_status: ResumableStatus::Manual,
        schedule: TaskSchedule::Immediate,
    });
    let task = match project.send(&launch).await {
        Ok(created) => created.task_uuid,
        Err(error) if error.is_indeterminate() => {
            eprintln!("{error}");
            match find(&project, &launch).await? {
                Some(uuid) => uuid,
                None => {
                    eprintln!(
                        "no task of that name is there yet: look again before you launch again"
                    );
                    return Ok(ExitCode::FAILURE);
                }
            }
        }
        Err(error) => return Err(error),
    };
    println!("accepted, not yet flown: {task}");

    let begun = Instant::now();
    loop {
        let status = project.tasks().get(&task).await?.status;
        println!("{:>5} s  {status}", begun.elapsed().as_secs());
        match status {
            TaskStatus::Success => return Ok(ExitCode::SUCCESS),
            TaskStatus::StartingFailure | TaskStatus::Terminated | TaskStatus::Timeout => {
                return Ok(ExitCode::FAILURE);
            }
            _ if begun.elapsed() > PATIENCE => {
                eprintln!("the deadline has passed and the task has not ended");
                return Ok(ExitCode::FAILURE);
            }
            _ => tokio::time::sleep(Duration::from_secs(5)).await,
        }
    }
}

/// The task that a lost answer was about.
async fn find(
    project: &Project,
    launch: &TaskCreate,
) -> Result<Option<flighthub_api::v1::TaskUuid>, Error> {
    let now = Timestamp::now();
    let hour = Duration::from_secs(3600);
    let window = flighthub_api::v1::TaskList::new(
        launch.sn.clone(),
        now.saturating_sub(hour),
        now.saturating_add(hour),
    );
    let tasks = project.send(&window).await?;
    Ok(tasks.iter().find(|task| task.name == launch.name).map(|task| task.uuid.clone()))
}
