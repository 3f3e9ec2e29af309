//! `flighthub media`: photos, videos and other files of flights.

use std::collections::HashMap;
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use flighthub_api::{Project, ReadOnly};
use flighthub_workflows::choose::printable;
use flighthub_workflows::fleet::Fleet;
use flighthub_workflows::media::{
    self, Counts, Destination, FileReport, FileState, Layout, MediaKind, MediaState, Selection,
    SyncEvent, SyncReport, SyncSettings, TaskMediaList, Verify,
};
use serde::Serialize;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::out::Column;
use crate::progress::Bar;
use crate::{storage, when};

/// Files that are named in warnings.
const MOST_NAMED: usize = 10;

/// Media: photos, videos and other files of flights, fetched once
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: MediaCommand,
}

#[derive(Debug, Subcommand)]
enum MediaCommand {
    /// Fetch the files of flights to a folder or an S3 storage, those that are not there yet
    ///
    /// It can be run again and again, and be stopped at any time: what is there is not fetched again, and what broke off is continued. What is where
    /// stands in flighthub-media.jsonl at the root of the target. Files of others are never overwritten; one that was changed is reported and left alone;
    /// one that was deleted comes again. Ends with 11 when something is missing, and says what.
    ///
    /// The key of FlightHub is never sent to the storage. Files are fetched from public addresses by https, and from the host of a private
    /// installation; other private addresses have to be allowed.
    ///
    /// An S3 storage as target takes its keys and region from the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL.
    #[command(after_help = "Examples:
  flighthub media sync --since 7d --to ./media
  flighthub media sync --dock \"North dock\" --since 2026-01-01 --until 2026-01-31 --to ./january
  flighthub media sync --task 5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10 --wait 2h --to ./media
  flighthub media sync --since 7d --kind image --layout '{year}/{month}/{task}/{file}' --to ./media
  flighthub media sync --since 1d --to s3://survey-bucket/media --jobs 8
  flighthub media sync --since 7d --to ./media --plan")]
    Sync(SyncArgs),
    /// List the files of flights, without fetching any
    #[command(after_help = "Examples:
  flighthub media list --since 7d
  flighthub media list --task 5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10 -o csv
  flighthub media list --since 30d --jq '[.tasks[].files[].size] | add'")]
    List(SelectionArgs),
}

#[derive(Debug, clap::Args)]
struct SelectionArgs {
    /// Task by its id; again for more
    #[arg(long = "task", value_name = "TASK", conflicts_with_all = ["docks", "since", "until"])]
    tasks: Vec<String>,
    /// Dock by callsign or serial number, whose tasks are meant; again for more. All docks of the project without it
    #[arg(long = "dock", value_name = "DOCK")]
    docks: Vec<String>,
    /// Tasks that were planned from this time on, such as 7d or 2026-01-01
    #[arg(long, value_name = "WHEN", default_value = "7d")]
    since: String,
    /// Tasks that were planned up to this time
    #[arg(long, value_name = "WHEN", default_value = "now")]
    until: String,
}

#[derive(Debug, clap::Args)]
struct SyncArgs {
    #[command(flatten)]
    selection: SelectionArgs,
    /// Folder, or URL such as s3://bucket/media
    #[arg(long, value_name = "DIR|URL")]
    to: String,
    /// Files that are fetched at a time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: u8,
    /// Wait so long for files that docks have not uploaded yet, such as 2h; a flight that is under way counts
    #[arg(long, value_name = "DURATION", value_parser = when::parse_duration)]
    wait: Option<Duration>,
    /// Only files of this kind; again for more
    #[arg(long = "kind", value_name = "KIND")]
    kinds: Vec<Kind>,
    /// How paths of new files are made: {date} {year} {month} {day} {time} {task} {id} {task_id} {dock} {kind} {file}
    #[arg(long, value_name = "TEMPLATE", default_value_t = Layout::default(), value_parser = layout)]
    layout: Layout,
    /// Read the files that are there and compare their hashes, not only their sizes
    #[arg(long)]
    verify: bool,
    /// Say what would be fetched, and change nothing
    #[arg(long, conflicts_with = "wait")]
    plan: bool,
    /// Fetch from private addresses too, other than that of the installation
    #[arg(long)]
    allow_private_addresses: bool,
}

/// A layout, or why it is none, with what to write.
fn layout(text: &str) -> Result<Layout, String> {
    text.parse().map_err(|error: flighthub_workflows::Error| format!("{error}. {}", error.help()))
}

/// Kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Photos
    Image,
    /// Videos
    Video,
    /// Satellite observations
    Ppk,
    /// Everything else
    Other,
}

impl From<Kind> for MediaKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Image => Self::Image,
            Kind::Video => Self::Video,
            Kind::Ppk => Self::Ppk,
            Kind::Other => Self::Other,
        }
    }
}

/// Does it.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    match args.command {
        MediaCommand::Sync(args) => sync(context, args).await,
        MediaCommand::List(args) => list(context, &args).await,
    }
}

/// Whose media are meant.
async fn selection(
    context: &Context,
    project: &Project<ReadOnly>,
    args: &SelectionArgs,
) -> Result<Selection, Failure> {
    if !args.tasks.is_empty() {
        return Ok(Selection::tasks(args.tasks.iter().map(|task| task.trim())));
    }
    let now = context.now()?;
    let from = when::parse_since(&args.since, &now)
        .map_err(|error| Failure::from(error).during("--since"))?;
    let to = when::parse_until(&args.until, &now)
        .map_err(|error| Failure::from(error).during("--until"))?;
    let fleet = Fleet::load(project).await?;
    let mut docks = Vec::new();
    for name in &args.docks {
        docks.push(fleet.dock(name)?.device.sn());
    }
    if args.docks.is_empty() {
        docks.extend(fleet.docks().map(|dock| dock.sn()));
    }
    Ok(Selection::docks(docks, from, to))
}

async fn sync(context: &Context, args: SyncArgs) -> Result<Exit, Failure> {
    let destination = Destination::parse(&args.to, &storage::upload_options(context)?)?;
    let fetcher = storage::fetcher(context, args.allow_private_addresses)?;
    let project = context.read_project().await?;
    let selection = selection(context, &project, &args.selection).await?;
    let mut settings = SyncSettings::new(selection, destination)
        .with_layout(args.layout)
        .with_jobs(usize::from(args.jobs))
        .with_kinds(args.kinds.into_iter().map(Into::into));
    settings.wait = args.wait;
    if args.verify {
        settings = settings.with_verify(Verify::Hashes);
    }
    let (run, events) = context.run_with_events()?;
    let mut bars = Bars::new(context);
    let report = if args.plan {
        let work = media::plan(&project, &settings, &run);
        context.follow(events, work, |event| bars.hear(event)).await?
    } else {
        let work = media::sync(&project, &fetcher, &settings, &run);
        context.follow(events, work, |event| bars.hear(event)).await?
    };
    drop(bars);
    show(context, &report)?;
    Ok(if report.is_complete { Exit::Ok } else { Exit::Partial })
}

/// What is shown while it runs.
struct Bars<'a> {
    context: &'a Context,
    all: Bar,
    files: HashMap<String, Bar>,
    done: u64,
    total: u64,
}

impl<'a> Bars<'a> {
    fn new(context: &'a Context) -> Self {
        let all = context.progress().items("files", 0);
        Self { context, all, files: HashMap::new(), done: 0, total: 0 }
    }

    fn hear(&mut self, event: SyncEvent) {
        match event {
            SyncEvent::Tasks { tasks } => self.context.detail(format!("{tasks} tasks")),
            SyncEvent::Planned { files, .. } => {
                self.total += files as u64;
                self.all.total(self.total);
            }
            SyncEvent::Started { uuid, path, size } => {
                let name = path.rsplit('/').next().unwrap_or(&path);
                self.files.insert(uuid, self.context.progress().bytes(name, size));
            }
            SyncEvent::Progress { uuid, bytes, total } => {
                if let Some(bar) = self.files.get(&uuid) {
                    if let Some(total) = total {
                        bar.total(total);
                    }
                    bar.at(bytes);
                }
            }
            SyncEvent::Retrying { uuid, problem, .. } => {
                self.context.detail(format!("{}: {problem}; trying again", printable(&uuid)));
            }
            SyncEvent::Refreshed { task } => {
                self.context.detail(format!("{}: fresh addresses", printable(task.as_str())));
            }
            SyncEvent::File { file } if self.files.remove(&file.uuid).is_some() => {
                self.done += 1;
                self.all.at(self.done);
            }
            SyncEvent::Waiting { tasks, expected, uploaded, pause_ms, left_ms } => {
                self.context.note(format!(
                    "waiting for {tasks} {}: {uploaded} of {expected} files uploaded; looking again in {} s, at most {} s more",
                    if tasks == 1 { "task" } else { "tasks" },
                    pause_ms.div_ceil(1000),
                    left_ms.div_ceil(1000),
                ));
            }
            _ => {}
        }
    }
}

const FILES: [Column; 5] = [
    Column::new("STATE", "state"),
    Column::id("PATH", "path"),
    Column::new("KIND", "kind"),
    Column::new("BYTES", "size"),
    Column::new("WHY", "problem"),
];

fn show(context: &Context, report: &SyncReport) -> Result<(), Failure> {
    let is_plain = |file: &&FileReport| {
        matches!(file.state, FileState::Present)
            || (file.state == FileState::Skipped && file.problem.is_none())
    };
    if context.out().is_table() {
        // What was there is told by its number.
        let mut rows = report.files.iter().filter(|file| !is_plain(file)).peekable();
        if rows.peek().is_some() {
            context.out().rows(&FILES, rows)?;
        }
    } else {
        context.out().value(report)?;
        let problems = report.files.iter().filter(|file| !is_plain(file));
        let problems = problems.filter_map(|file| Some((file, file.problem.as_ref()?)));
        for (file, problem) in problems.take(MOST_NAMED) {
            let name = file.path.as_ref().unwrap_or(&file.uuid);
            context.note(format!("{}: {problem}", printable(name)));
        }
    }
    for task in &report.tasks {
        let name = printable(task.name.as_deref().unwrap_or_else(|| task.task.as_str()));
        if let Some(text) = trouble(task.state, task.expected, task.uploaded) {
            let problem = task.problem.as_ref().map(|it| format!(": {it}")).unwrap_or_default();
            context.warn(format!("{name}: {text}{problem}"));
        }
        if task.odd > 0 {
            context.warn(format!("{name}: {} rows could not be read", task.odd));
        }
        if task.may_be_cut {
            context.warn(format!("{name}: the list ends after 10,000 files; there may be more"));
        }
    }
    for window in &report.unlisted {
        context.warn(format!("tasks of dock {}: {}", window.dock.as_str(), window.reason));
    }
    if !report.odd_tasks.is_empty() {
        context.warn(format!("{} tasks could not be read", report.odd_tasks.len()));
    }
    if let Some(stopped) = &report.stopped {
        context.warn(format!("stopped: {stopped}"));
    }
    context.note(summary(&report.counts, &report.target));
    if let Some(help) = &report.help {
        context.note(format!("next: {help}"));
    }
    Ok(())
}

/// What people should know about a task whose files are not all there.
fn trouble(state: MediaState, expected: Option<u32>, uploaded: Option<u32>) -> Option<String> {
    Some(match state {
        MediaState::Uploading => format!(
            "the dock has uploaded {} of {} files; --wait waits for the rest",
            uploaded.unwrap_or(0),
            expected.unwrap_or(0)
        ),
        MediaState::Flying => "the flight has not ended; --wait waits for its files".to_owned(),
        MediaState::NotReady => "the list of files is not ready".to_owned(),
        MediaState::Failed => "the list of files could not be read".to_owned(),
        _ => return None,
    })
}

/// The counts that are not zero.
fn summary(counts: &Counts, target: &str) -> String {
    let mut words = Vec::new();
    let mut add = |count: usize, text: String| {
        if count > 0 {
            words.push(format!("{count} {text}"));
        }
    };
    add(counts.planned, format!("to fetch ({})", size(counts.bytes_planned)));
    add(counts.fetched, format!("fetched ({})", size(counts.bytes_fetched)));
    add(counts.present, "there already".to_owned());
    add(counts.changed, "changed and left alone".to_owned());
    add(counts.skipped, "skipped".to_owned());
    add(counts.waiting, "not ready".to_owned());
    add(counts.gone, "gone".to_owned());
    add(counts.failed, "failed".to_owned());
    if words.is_empty() {
        words.push("no files".to_owned());
    }
    format!("{}: {}", printable(target), words.join(", "))
}

/// Bytes for people.
fn size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}

/// A file in a list.
#[derive(Debug, Serialize)]
struct Row<'a> {
    task: &'a str,
    task_name: Option<&'a str>,
    uuid: &'a str,
    name: &'a str,
    kind: MediaKind,
    size: Option<u64>,
    created_at: Option<String>,
}

const LIST: [Column; 6] = [
    Column::new("TASK", "task_name"),
    Column::id("TASK ID", "task"),
    Column::new("FILE", "name"),
    Column::new("KIND", "kind"),
    Column::new("BYTES", "size"),
    Column::new("MADE", "created_at"),
];

async fn list(context: &Context, args: &SelectionArgs) -> Result<Exit, Failure> {
    let project = context.read_project().await?;
    let selection = selection(context, &project, args).await?;
    let run = context.run()?;
    let bar = context.progress().spinner("listing");
    let listing = media::list(&project, &selection, &run).await?;
    drop(bar);
    if matches!(context.out().format(), crate::out::Format::Table | crate::out::Format::Csv) {
        context.out().rows(&LIST, listing.tasks.iter().flat_map(rows))?;
    } else {
        context.out().value(&listing)?;
    }
    let mut exit = Exit::Ok;
    for task in &listing.tasks {
        let name = printable(task.name.as_deref().unwrap_or_else(|| task.task.as_str()));
        if let Some(text) = trouble(task.state, task.expected, task.uploaded) {
            let problem = task.problem.as_ref().map(|it| format!(": {it}")).unwrap_or_default();
            context.warn(format!("{name}: {text}{problem}"));
        }
        if task.odd > 0 || matches!(task.state, MediaState::NotReady | MediaState::Failed) {
            exit = Exit::Partial;
        }
    }
    for window in &listing.unlisted {
        context.warn(format!("tasks of dock {}: {}", window.dock.as_str(), window.reason));
        exit = Exit::Partial;
    }
    if !listing.odd_tasks.is_empty() {
        context.warn(format!("{} tasks could not be read", listing.odd_tasks.len()));
        exit = Exit::Partial;
    }
    Ok(exit)
}

fn rows(task: &TaskMediaList) -> impl Iterator<Item = Row<'_>> {
    task.files.iter().map(|file| Row {
        task: task.task.as_str(),
        task_name: task.name.as_deref(),
        uuid: &file.uuid,
        name: &file.name,
        kind: file.kind,
        size: file.size,
        created_at: file.created_at.map(|time| time.to_string()),
    })
}
