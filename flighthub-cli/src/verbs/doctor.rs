//! `flighthub doctor`: who am I, where, and why is it empty.

use std::fmt::Write as _;

use flighthub_api::Secret;
use flighthub_workflows::doctor::{
    Ability, Answer, Doctor, DoctorEvent, Report, Severity, Verdict, examine,
};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Find out what is wrong with key, address, projects and rights
///
/// Looks at the key before it is sent, finds the region that takes it, and asks each project what the key may do there: with calls that only
/// read. Wrong region, wrong host, expired keys, missing rights that look like empty lists, a wrong clock, proxy, certificate and DNS trouble are
/// told apart, each with what to do. The key itself is never shown.
///
/// Ends with 0 when everything works, perhaps with warnings, and with 6 when something does not.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flighthub doctor
  flighthub doctor --region eu --key-file key.txt
  flighthub doctor --project \"Harbour\" -o json --jq '.findings[].name'
  flighthub doctor --url http://192.0.2.7:30812
  flighthub doctor --sim")]
pub(crate) struct Args {
    /// The most projects to look at
    #[arg(long, value_name = "N", default_value_t = 20)]
    most_projects: usize,
}

/// Finds it out.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let key = settings.raw_key()?.unwrap_or_else(|| Secret::new(""));
    let mut doctor = Doctor::new(key).with_projects(settings.project.clone());
    if let Ok(region) = settings.region() {
        doctor = doctor.with_configured(region);
    }
    doctor.most_projects = args.most_projects;
    let doctor = doctor.with_setup(context.set_up()?);
    let (run, events) = context.run_with_events()?;
    let spinner = context.progress().spinner("looking");
    let report = context
        .follow(events, examine(&doctor, &run), |event| match event {
            DoctorEvent::AskingPlace { place } => spinner.message(&format!("asking {place}")),
            DoctorEvent::LookingAtProject { project, done, of } => {
                spinner.message(&format!("project {} of {of}: {project}", done + 1));
            }
            _ => {}
        })
        .await;
    drop(spinner);
    if context.out().is_table() {
        context.out().text(text(&report).trim_end())?;
    } else {
        context.out().value(&report)?;
    }
    Ok(if report.verdict == Verdict::Broken { Exit::Refused } else { Exit::Ok })
}

/// The report for people.
fn text(report: &Report) -> String {
    let mut text = String::new();
    let verdict = match report.verdict {
        Verdict::Healthy => "healthy",
        Verdict::Attention => "works, with restrictions",
        _ => "broken",
    };
    // Writing into a string cannot fail.
    let _ = writeln!(text, "{verdict}: {}\n", report.summary);
    let _ = writeln!(text, "KEY      {}", key(report));
    for place in &report.places {
        let answer = match place.answer {
            Answer::AcceptsKey => "takes the key",
            Answer::RefusesKey => "does not take the key",
            Answer::IsThere => "is there",
            Answer::Error => "answers with an error",
            Answer::NotTheApi => "is not the API",
            Answer::Unreachable => "cannot be reached",
            _ => "not asked",
        };
        let _ = writeln!(text, "PLACE    {}: {answer}", place.name);
    }
    for project in &report.projects {
        let _ = writeln!(
            text,
            "PROJECT  {} ({}): {} docks, {} online; {} aircraft, {} on",
            project.name,
            project.uuid,
            project.docks,
            project.docks_online,
            project.aircraft,
            project.aircraft_online
        );
        for (ability, word) in [
            (Ability::Yes, "may use"),
            (Ability::No, "may not use"),
            (Ability::Unclear, "unclear"),
            (Ability::NotHere, "not here"),
            (Ability::NotChecked, "not checked"),
        ] {
            let names: Vec<&str> = project
                .capabilities
                .iter()
                .filter(|capability| capability.ability == ability)
                .map(|capability| capability.name)
                .collect();
            if !names.is_empty() {
                let _ = writeln!(text, "         {word}: {}", names.join(", "));
            }
        }
    }
    for finding in &report.findings {
        let severity = match finding.severity {
            Severity::Error => "ERROR   ",
            Severity::Warning => "WARNING ",
            _ => "NOTE    ",
        };
        let _ = writeln!(text, "\n{severity} {} [{}]", finding.name, finding.about);
        let _ = writeln!(text, "         {}", finding.seen);
        let _ = writeln!(text, "         next: {}", finding.remedy);
    }
    text
}

fn key(report: &Report) -> String {
    let kind = match report.key.kind {
        flighthub_workflows::doctor::KeyKind::Token => "a token",
        flighthub_workflows::doctor::KeyKind::OldStyle => "of the former API",
        flighthub_workflows::doctor::KeyKind::Missing => "none",
        _ => "of another form",
    };
    let mut text = kind.to_owned();
    if let Some(organization) = &report.key.organization {
        text += &format!(", organization {organization}");
    }
    if let Some(end) = report.key.expires_at {
        text += &format!(", expires {end}");
    }
    text
}
