//! `flighthub annotate`: a GeoJSON file on the map of the project.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use flighthub_workflows::annotate::{
    AnnotateEvent, AnnotateSettings, DrawSettings, Plan, RemarkSeverity, WhenUnknown, draw, plan,
};
use flighthub_workflows::choose::printable;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::out::Column;

/// Draw a GeoJSON file onto the map of the project
///
/// Takes a geometry, a feature or a collection with points, lines and polygons; geometries of several parts become several elements. Rings are
/// closed and turned as RFC 7946 wants it. Names, descriptions and colours come from the properties `name`, `description` and `color` (also `title`,
/// `desc`, `stroke`, `fill`, `marker-color`). All mistakes in a file are named at once, with their places, and then nothing is drawn.
///
/// Nothing deletes an annotation again but people in the console, and no call lists them. So what was drawn is remembered in a ledger: the same
/// file again draws only what is missing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flighthub annotate fence.geojson --check
  flighthub annotate fence.geojson --dry-run
  flighthub annotate fence.geojson --color red --near 0.02,-25.3
  flighthub annotate fence.geojson --if-unknown taken")]
pub(crate) struct Args {
    /// The file, or - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Say what would be drawn and what is wrong with the file, and draw nothing
    #[arg(long)]
    check: bool,
    /// What elements without a name are called, with a number; the name of the file without it
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Colour of elements without one: #RRGGBB, or blue, green, yellow, red, purple, black
    #[arg(long, value_name = "COLOUR", default_value = "blue")]
    color: String,
    /// Where the work is, as LATITUDE,LONGITUDE: finds coordinates that were swapped
    #[arg(long, value_name = "PLACE", allow_hyphen_values = true)]
    near: Option<String>,
    /// File that remembers what was drawn; one for this file and project without it
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// What to do about elements of which an earlier run left unknown whether they are on the map. Look there first
    #[arg(long, value_name = "WHAT", value_enum, default_value = "stop")]
    if_unknown: IfUnknown,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum IfUnknown {
    /// Draw nothing and say which they are
    Stop,
    /// They are on the map
    Taken,
    /// They are not on the map: draw them
    Again,
}

const ELEMENTS: [Column; 3] =
    [Column::new("SHAPE", "shape"), Column::new("NAME", "name"), Column::new("PLACE IN THE FILE", "pointer")];

/// Draws it.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let plan = read(&args)?;
    report(context, &plan);
    if args.check {
        if context.out().is_table() {
            context.out().rows(&ELEMENTS, &plan.elements)?;
        } else {
            context.out().value(&plan)?;
        }
        return Ok(if plan.is_sound() { Exit::Ok } else { Exit::Usage });
    }
    if !plan.is_sound() {
        return Err(Failure::usage(
            "the file cannot be drawn, see above",
            "Correct it. Nothing was drawn.",
        ));
    }
    if context.is_dry_run() {
        context.client()?;
        context.out().value(&plan.requests()?)?;
        return Ok(Exit::Ok);
    }
    let project = context.project().await?;
    let ledger = match &args.ledger {
        Some(path) => path.clone(),
        None => usual_ledger(context, project.uuid(), &args.file)?,
    };
    context.detail(format!("ledger: {}", ledger.display()));
    context.note(format!(
        "{} elements; nothing deletes them again but people in FlightHub 2",
        plan.elements.len()
    ));
    let unknown = match args.if_unknown {
        IfUnknown::Stop => WhenUnknown::Stop,
        IfUnknown::Taken => WhenUnknown::TakeAsDrawn,
        IfUnknown::Again => WhenUnknown::DrawAgain,
    };
    let settings = DrawSettings::new(ledger).with_unknown(unknown);
    let (run, events) = context.run_with_events()?;
    let bar = context.progress().items("drawing", plan.elements.len() as u64);
    let drawing = context.writing("drawing onto the map", draw(&project, &plan, &settings, &run));
    let drawn = context
        .follow(events, drawing, |event| match event {
            AnnotateEvent::Drawn { done, .. } | AnnotateEvent::Skipped { done, .. } => {
                bar.at(done as u64);
            }
            AnnotateEvent::Refused { name, text } => context.warn(format!("`{name}`: {text}")),
            AnnotateEvent::Waiting { seconds } => {
                context.note(format!("too many calls; waiting {seconds} s"));
            }
            _ => {}
        })
        .await
        .map_err(|error| {
            let asked = error.kind() == flighthub_workflows::ErrorKind::Indeterminate;
            let failure = Failure::from(error);
            if asked { failure.with_help(IF_UNKNOWN) } else { failure }
        })?;
    context.out().value(&drawn)?;
    Ok(match (drawn.refused.is_empty(), drawn.drawn + drawn.skipped) {
        (true, _) => Exit::Ok,
        (false, 0) => Exit::Refused,
        (false, _) => Exit::Partial,
    })
}

const IF_UNKNOWN: &str = "No call lists annotations: look at the map in FlightHub 2. Then run it again with --if-unknown taken (they are \
                          there) or --if-unknown again (they are not).";

/// Reads the file.
fn read(args: &Args) -> Result<Plan, Failure> {
    let cannot = |error: std::io::Error| {
        let help = "Give a GeoJSON file, or - for standard input.";
        Failure::usage(format!("{}: {error}", args.file.display()), help)
    };
    let stem = args.file.file_stem().map(|stem| printable(&stem.to_string_lossy()));
    let name = args.name.clone().or(stem.filter(|stem| stem != "-")).unwrap_or_else(|| "annotation".to_owned());
    let mut settings = AnnotateSettings::new(name).with_color(&args.color)?;
    if let Some(place) = &args.near {
        let (latitude, longitude) = parse_place(place)?;
        settings = settings.with_near(latitude, longitude);
    }
    let mut bytes = Vec::new();
    // One byte more than is allowed is enough to see that it is too long.
    let most = settings.most_bytes as u64 + 1;
    if args.file.as_os_str() == "-" {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(cannot)?;
    } else {
        let file = std::fs::File::open(&args.file).map_err(cannot)?;
        file.take(most).read_to_end(&mut bytes).map_err(cannot)?;
    }
    Ok(plan(&String::from_utf8_lossy(&bytes), &settings))
}

fn parse_place(text: &str) -> Result<(f64, f64), Failure> {
    let wrong = || {
        Failure::usage(
            format!("--near: `{}` is no place", printable(text)),
            "Write latitude and longitude in degrees, such as 0.02,-25.3.",
        )
    };
    let (latitude, longitude) = text.split_once(',').ok_or_else(wrong)?;
    let number = |text: &str| text.trim().parse::<f64>().map_err(|_| wrong());
    let (latitude, longitude) = (number(latitude)?, number(longitude)?);
    if (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude) {
        Ok((latitude, longitude))
    } else {
        Err(wrong())
    }
}

/// Says what is to be said about the file.
fn report(context: &Context, plan: &Plan) {
    for remark in &plan.remarks {
        let text = match remark.pointer.as_str() {
            "" => remark.text.clone(),
            pointer => format!("{pointer}: {}", remark.text),
        };
        match remark.severity {
            RemarkSeverity::Error => crate::context::say(&format!("error: {text}")),
            RemarkSeverity::Warning => context.warn(text),
            _ => context.note(text),
        }
    }
}

/// The ledger of a file in a project: what is in the file counts, so that its folder does not matter.
fn usual_ledger(context: &Context, project: &str, file: &Path) -> Result<PathBuf, Failure> {
    let plain = |text: &str| -> String {
        text.chars()
            .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' })
            .take(80)
            .collect()
    };
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = context.state_dir()?.join("annotations").join(plain(project));
    std::fs::create_dir_all(&folder).map_err(|error| {
        Failure::unexpected(format!("{}: cannot be made: {error}", folder.display()))
    })?;
    Ok(folder.join(format!("{}.json", plain(&stem))))
}
