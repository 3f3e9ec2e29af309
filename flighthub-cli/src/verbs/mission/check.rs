//! `flighthub mission check`: whether a flight can start.

use flighthub_api::v1::{OutOfControlAction, ResumableStatus};
use flighthub_workflows::mission::{self, Check, CheckReport, Verdict};

use super::plan::{PlanArgs, Rest};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::out::Column;

/// Check whether a flight can start; nothing is launched
///
/// Each check has a name and says ok, warning, stop or not checked. What could not be found out is never ok. Exit code 6 when something stops a
/// launch; `launch --override NAME` goes ahead all the same.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flighthub mission check --dock \"North dock\" --route north-fence --now --rth-altitude 60 --rth-mode preset --precision rtk --time-zone Europe/Prague
  flighthub mission check --dock 7CTXN0000B00A1 --route north-fence --at \"2026-01-02 03:00 Europe/Prague\" --rth-altitude 60 --rth-mode preset \\
      --precision gps --rth-ceiling 120 --jq '.checks[] | select(.verdict != \"ok\")'")]
pub(crate) struct Args {
    #[command(flatten)]
    plan: PlanArgs,
}

const COLUMNS: [Column; 4] = [
    Column::new("CHECK", "name"),
    Column::new("VERDICT", "verdict"),
    Column::new("REASON", "reason"),
    Column::new("REMEDY", "remedy"),
];

/// Checks.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let project = context.read_project().await?;
    // What is left out here has no influence on any check.
    let rest = Rest {
        name: "check".to_owned(),
        lost_link: OutOfControlAction::ReturnHome,
        resume: ResumableStatus::Manual,
    };
    let task = args.plan.task(context, &project, rest).await?;
    let settings = args.plan.settings(context, &task)?;
    let report = mission::check(&project, &context.run::<()>()?, &settings).await?;
    show(context, &report)?;
    if report.is_ready {
        context.note("nothing stops a launch");
        return Ok(Exit::Ok);
    }
    context.note(format!("a launch would be held back by {}", blocking(&report)));
    Ok(Exit::Refused)
}

fn show(context: &Context, report: &CheckReport) -> Result<(), Failure> {
    if context.out().is_table() {
        return Ok(context.out().rows(&COLUMNS, &report.checks)?);
    }
    Ok(context.out().value(report)?)
}

/// Names of the checks that hold a launch back.
fn blocking(report: &CheckReport) -> String {
    let names: Vec<&str> = report.blocking().map(|check| check.name).collect();
    names.join(", ")
}

/// Says on standard error what is not in order.
pub(crate) fn tell(context: &Context, report: &CheckReport) {
    let worth = |check: &&Check| match check.verdict {
        Verdict::Ok => false,
        Verdict::NotChecked => check.is_blocking,
        _ => true,
    };
    for check in report.checks.iter().filter(worth) {
        let word = match check.verdict {
            Verdict::Stop => "stop",
            Verdict::NotChecked => "not checked",
            _ => "warning",
        };
        context.note(format!("{word}: {}: {}", check.name, check.reason));
    }
}
