//! `flighthub route`: routes, from a file on disk to a row in the project and back.

use std::fmt::Write as _;
#[cfg(feature = "picture")]
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use flighthub_api::v1::{Wayline, WaylineFinishUpload};
use flighthub_workflows::choose::printable;
use flighthub_workflows::routes::{
    self, DownloadSettings, LintReport, RouteUploadEvent, UploadSettings,
};
use serde::Serialize;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::out::Column;
use crate::storage;

/// Routes: check a KMZ file, put it up once, find, download and draw routes
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: RouteCommand,
}

#[derive(Debug, Subcommand)]
enum RouteCommand {
    /// Say everything that is wrong with route files
    ///
    /// FlightHub does not: it answers a file that it cannot use with "server error", and a route with one waypoint when it is to be flown. Needs no
    /// account. Ends with 2 when a file has errors (with --deny-warnings, warnings too).
    #[command(after_help = "Examples:
  flighthub route lint north.kmz
  flighthub route lint *.kmz --deny-warnings
  flighthub route lint north.kmz --jq '.[].findings[] | .rule'
  flighthub route lint --rules")]
    Lint(LintArgs),
    /// Make a route of a KMZ file
    ///
    /// The file is checked first; with errors it never leaves. Then it is uploaded, registered once, and looked for in the list. When the answer is
    /// lost or the program is killed, run the same again: the route is looked up, and only made when there is none. Nothing deletes or replaces a
    /// route but people in the console.
    #[command(after_help = "Examples:
  flighthub route upload north.kmz
  flighthub route upload export.kmz --name \"North fence\"
  flighthub route upload north.kmz --deny-warnings --jq -r .id
  flighthub route upload north.kmz --dry-run")]
    Upload(UploadArgs),
    /// Download the file of a route
    #[command(after_help = "Examples:
  flighthub route download north-fence
  flighthub route download \"North fence\" --to fence.kmz --replace")]
    Download(DownloadArgs),
    /// List the routes of the project
    #[command(after_help = "Examples:
  flighthub route list
  flighthub route list --name fence --jq -r '.[].id'")]
    List {
        /// Only those with this in their name, whatever the capitals
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
    },
    /// Draw a route: map and heights, as SVG or PNG
    #[cfg(feature = "picture")]
    #[command(after_help = "Examples:
  flighthub route draw north.kmz --to north.svg
  flighthub route draw north-fence --to north.png --size 1600x1000")]
    Draw(DrawArgs),
}

#[derive(Debug, clap::Args)]
struct LintArgs {
    /// Route files (.kmz)
    #[arg(value_name = "FILE", required_unless_present = "rules")]
    files: Vec<PathBuf>,
    /// Warnings count as errors
    #[arg(long)]
    deny_warnings: bool,
    /// List what is looked for
    #[arg(long, conflicts_with = "files")]
    rules: bool,
}

#[derive(Debug, clap::Args)]
struct UploadArgs {
    /// Route file (.kmz)
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Name of the route; that of the file without it
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Warnings keep the file from being uploaded, as errors do
    #[arg(long)]
    deny_warnings: bool,
    /// How long the list is asked for the new route
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = crate::when::parse_duration)]
    confirm_within: Duration,
    /// Go on although an earlier upload under this name ended without an answer. Look in FlightHub first: there must be no such route
    #[arg(long)]
    forget_earlier: bool,
}

#[derive(Debug, clap::Args)]
struct DownloadArgs {
    /// Route by id or name
    #[arg(value_name = "ROUTE")]
    route: String,
    /// File, or a folder that exists: then the file has the route's name
    #[arg(long, value_name = "PATH", default_value = ".")]
    to: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    replace: bool,
    /// Fetch from private addresses too, other than that of the installation
    #[arg(long)]
    allow_private_addresses: bool,
}

#[cfg(feature = "picture")]
#[derive(Debug, clap::Args)]
struct DrawArgs {
    /// Route file (.kmz), or a route of the project by id or name
    #[arg(value_name = "FILE|ROUTE")]
    route: String,
    /// Picture to write; its ending says which: .svg or .png
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Width and height in pixels
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "1600x1000")]
    size: String,
    /// Replace a file that is there
    #[arg(long)]
    replace: bool,
    /// Fetch from private addresses too, other than that of the installation
    #[arg(long)]
    allow_private_addresses: bool,
}

/// Does it.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    match args.command {
        RouteCommand::Lint(args) if args.rules => {
            let columns = [
                Column::id("RULE", "name"),
                Column::new("SEVERITY", "severity"),
                Column::new("WHAT IT FINDS", "about"),
                Column::new("REMEDY", "remedy"),
            ];
            context.out().rows(&columns, routes::RULES)?;
            Ok(Exit::Ok)
        }
        RouteCommand::Lint(args) => lint(context, &args).await,
        RouteCommand::Upload(args) => upload(context, args).await,
        RouteCommand::Download(args) => download(context, args).await,
        RouteCommand::List { name } => list(context, name.as_deref()).await,
        #[cfg(feature = "picture")]
        RouteCommand::Draw(args) => draw(context, args).await,
    }
}

/// What was found in a file.
#[derive(Debug, Serialize)]
struct FileReport {
    file: PathBuf,
    #[serde(flatten)]
    report: LintReport,
}

async fn lint(context: &Context, args: &LintArgs) -> Result<Exit, Failure> {
    let mut reports = Vec::new();
    for file in &args.files {
        let report = routes::lint_file(file).await?;
        reports.push(FileReport { file: file.clone(), report });
    }
    let bad = |one: &FileReport| {
        one.report.errors > 0 || (args.deny_warnings && one.report.warnings > 0)
    };
    let exit = if reports.iter().any(bad) { Exit::Usage } else { Exit::Ok };
    if context.out().is_table() {
        let told: Vec<String> = reports.iter().map(for_people).collect();
        context.out().text(told.join("\n").trim_end())?;
    } else {
        context.out().rows(&[], &reports)?;
    }
    Ok(exit)
}

/// A finding is two lines, a file one more.
fn for_people(one: &FileReport) -> String {
    let FileReport { file, report } = one;
    let file = printable(&file.display().to_string());
    let mut text = String::new();
    for finding in &report.findings {
        let _ = writeln!(text, "{finding}\n  next: {}", finding.remedy);
    }
    let _ = write!(text, "{file}: {}", counts(report));
    if let Some(route) = &report.route {
        let _ = write!(
            text,
            "; {} waypoints, {:.2} km, aircraft {}, payload {}",
            route.waypoints,
            route.length_m / 1000.0,
            route.device_model_key,
            route.payload
        );
    }
    text.push('\n');
    text
}

fn counts(report: &LintReport) -> String {
    let count = |number: usize, word: &str| match number {
        1 => format!("1 {word}"),
        _ => format!("{number} {word}s"),
    };
    match (report.errors, report.warnings, report.hints) {
        (0, 0, 0) => "sound".to_owned(),
        (errors, warnings, hints) => format!(
            "{}, {}, {}",
            count(errors, "error"),
            count(warnings, "warning"),
            count(hints, "hint")
        ),
    }
}

async fn upload(context: &Context, args: UploadArgs) -> Result<Exit, Failure> {
    if context.is_dry_run() {
        return dry_upload(context, &args).await;
    }
    let project = context.project().await?;
    let state = context.state_dir()?.join("routes");
    let mut settings = UploadSettings::new(args.file, state)
        .with_storage(storage::upload_options(context)?)
        .with_confirm_within(args.confirm_within);
    settings.name = args.name;
    settings.deny_warnings = args.deny_warnings;
    settings.forget_earlier = args.forget_earlier;
    let (run, events) = context.run_with_events()?;
    let bar = context.progress().bytes("uploading", None);
    let work = context.writing(
        "the upload of a route (the same command again looks it up)",
        routes::upload(&project, &settings, &run),
    );
    let route = context
        .follow(events, work, |event| match event {
            RouteUploadEvent::Sending { bytes, size } => {
                bar.total(size);
                bar.at(bytes);
            }
            RouteUploadEvent::Retrying { reason, .. } => {
                context.note(format!("{reason}; it is sent again"));
            }
            RouteUploadEvent::EarlierUpload { age_seconds } => context.note(format!(
                "an upload under this name was not confirmed {age_seconds} s ago; looking for its route"
            )),
            RouteUploadEvent::OutcomeUnknown { problem } => {
                context.warn(format!("whether there is a route now is not known ({problem}); looking for it"));
            }
            RouteUploadEvent::ListFailed { problem } => context.warn(problem),
            RouteUploadEvent::Registering { .. } => bar.message("registering"),
            RouteUploadEvent::Waiting { .. } => bar.message("waiting for it in the list"),
            _ => {}
        })
        .await?;
    drop(bar);
    for finding in &route.findings {
        context.warn(finding.to_string());
    }
    context.out().value(&route)?;
    if route.listed {
        return Ok(Exit::Ok);
    }
    context.warn("the route is registered, but the list does not show it yet; run the same again to look");
    Ok(Exit::Partial)
}

/// The request that makes the route. Its key has a random part, and the one before it comes from the service.
async fn dry_upload(context: &Context, args: &UploadArgs) -> Result<Exit, Failure> {
    let report = routes::lint_file(&args.file).await?;
    if let Some(refusal) = report.refusal() {
        return Err(refusal.during(args.file.display()).into());
    }
    let name = match &args.name {
        Some(name) => {
            routes::check_name(name)?;
            name.clone()
        }
        None => routes::name_of_file(&args.file)?,
    };
    let key = "OBJECT_KEY_PREFIX/RANDOM/FILE.kmz";
    context.project().await?.send(&WaylineFinishUpload::new(name, key)).await?;
    Ok(Exit::Ok)
}

async fn download(context: &Context, args: DownloadArgs) -> Result<Exit, Failure> {
    let project = context.read_project().await?;
    let mut settings = DownloadSettings::new(args.route, args.to);
    if args.replace {
        settings = settings.replacing();
    }
    let fetcher = storage::fetcher(context, args.allow_private_addresses)?;
    let run = context.run()?;
    let _bar = context.progress().spinner("downloading");
    let route = routes::download(&project, &settings, &fetcher, &run).await?;
    let report = routes::lint_file(&route.path).await?;
    if !report.is_sound() {
        context.warn(format!(
            "{}: {}; `flighthub route lint` says which",
            printable(&route.path.display().to_string()),
            counts(&report)
        ));
    }
    context.out().value(&route)?;
    Ok(Exit::Ok)
}

/// A route in the list.
#[derive(Debug, Serialize)]
struct Row {
    id: String,
    name: String,
    /// Kinds of template, joined by commas.
    template_types: String,
    device_model_key: Option<String>,
    /// Types of payloads, joined by commas.
    payloads: String,
    size: Option<i64>,
    update_time: Option<String>,
}

impl Row {
    fn of(route: &Wayline) -> Self {
        let kinds: Vec<&str> = route.template_types.iter().map(|kind| kind.as_str()).collect();
        let mut payloads: Vec<&str> =
            route.payload_information.iter().filter_map(|one| one.r#type.as_deref()).collect();
        payloads.sort_unstable();
        payloads.dedup();
        Self {
            id: route.id.as_str().to_owned(),
            name: route.name.clone(),
            template_types: kinds.join(","),
            device_model_key: route.device_model_key.as_ref().map(|key| key.as_str().to_owned()),
            payloads: payloads.join(","),
            size: route.size,
            update_time: route.update_time.map(|time| time.to_string()),
        }
    }
}

const ROUTES: [Column; 7] = [
    Column::new("NAME", "name"),
    Column::id("ID", "id"),
    Column::new("KIND", "template_types"),
    Column::new("AIRCRAFT", "device_model_key"),
    Column::new("PAYLOAD", "payloads"),
    Column::new("BYTES", "size"),
    Column::new("UPDATED", "update_time"),
];

async fn list(context: &Context, name: Option<&str>) -> Result<Exit, Failure> {
    let project = context.read_project().await?;
    let wanted = name.unwrap_or_default().to_lowercase();
    let rows = routes::list(&project).await?;
    let fitting = rows.iter().filter(|row| row.name.to_lowercase().contains(&wanted)).map(Row::of);
    context.out().rows(&ROUTES, fitting)?;
    Ok(Exit::Ok)
}

/// A picture that was drawn.
#[cfg(feature = "picture")]
#[derive(Debug, Serialize)]
struct Drawn {
    name: String,
    path: PathBuf,
    waypoints: usize,
    size: String,
}

#[cfg(feature = "picture")]
async fn draw(context: &Context, args: DrawArgs) -> Result<Exit, Failure> {
    use flighthub_workflows::picture;

    let ending = args.to.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let is_png = match ending.to_ascii_lowercase().as_str() {
        "png" => true,
        "svg" => false,
        _ => {
            let text = format!("--to: `{}` is no picture", printable(&args.to.display().to_string()));
            return Err(Failure::usage(text, "Give a file that ends in .svg or .png."));
        }
    };
    if !args.replace && args.to.exists() {
        let text = format!("{}: exists already", printable(&args.to.display().to_string()));
        return Err(Failure::usage(text, "Give another file, or --replace."));
    }
    let mut settings = picture::DrawSettings::new();
    settings.size = args.size.parse()?;
    let (name, bytes) = route_of(context, &args).await?;
    let route = flighthub_workflows::routes::Kmz::read(&bytes).map_err(|error| {
        Failure::usage(error.to_string(), "`flighthub route lint` says everything that is wrong.")
    })?;
    let picture = picture::draw(&name, &route, &settings);
    let written = if is_png { picture.png()? } else { picture.svg().as_bytes().to_vec() };
    flighthub_workflows::files::write_shared(&args.to, &written)?;
    let drawn = Drawn {
        name,
        path: args.to,
        waypoints: route.waypoints.len(),
        size: picture.size().to_string(),
    };
    context.out().value(&drawn)?;
    Ok(Exit::Ok)
}

/// The file of a route: one on disk, else one of the project.
#[cfg(feature = "picture")]
async fn route_of(context: &Context, args: &DrawArgs) -> Result<(String, Vec<u8>), Failure> {
    let unreadable = |path: &Path, error: std::io::Error| {
        Failure::usage(
            format!("{}: {error}", printable(&path.display().to_string())),
            "Give a route file that can be read.",
        )
    };
    let path = Path::new(&args.route);
    if path.is_file() {
        let length = std::fs::metadata(path).map_err(|error| unreadable(path, error))?.len();
        if length > flighthub_workflows::routes::Kmz::MOST_BYTES as u64 {
            let text = format!("{}: is larger than any route", printable(&args.route));
            return Err(Failure::usage(text, "Give a route file (.kmz)."));
        }
        let bytes = std::fs::read(path).map_err(|error| unreadable(path, error))?;
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        return Ok((name.unwrap_or_default(), bytes));
    }
    if ["kmz", "KMZ"].iter().any(|ending| path.extension().is_some_and(|own| own == *ending)) {
        let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
        return Err(unreadable(path, missing));
    }
    let project = context.read_project().await?;
    let folder = tempfile::tempdir().map_err(|error| {
        Failure::unexpected(format!("no temporary folder can be made: {error}"))
    })?;
    let target = folder.path().join("route.kmz");
    let settings = DownloadSettings::new(&args.route, &target);
    let fetcher = storage::fetcher(context, args.allow_private_addresses)?;
    let route = routes::download(&project, &settings, &fetcher, &context.run()?).await?;
    let bytes = std::fs::read(&target).map_err(|error| unreadable(&target, error))?;
    Ok((route.name, bytes))
}
