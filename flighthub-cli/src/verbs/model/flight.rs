//! `flighthub model from-flight`.

use std::time::Duration;

use clap::ValueEnum;
use flighthub_api::v1::{
    CoordinateSystem, ModelArea, ModelAreaPoint, ModelFileType, ModelFormat, ReconstructionMode,
    ReconstructionQuality, TaskGet, TaskUuid,
};
use flighthub_workflows::ErrorKind;
use flighthub_workflows::choose::printable;
use flighthub_workflows::reconstruction::{
    FromFlight, FromFlightArgs, ListedModel, ModelEvent, ModelOrder, from_flight, wait_listed,
};
use serde::Serialize;

use super::{plain, states};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub(super) struct FlightArgs {
    /// UUID of the flight's task
    #[arg(value_name = "TASK")]
    task: String,
    /// Name of the model to come. One that no other has: it is recognised by it when an answer is lost
    #[arg(long, value_name = "NAME")]
    name: String,
    /// What to build; once or twice
    #[arg(long = "kind", value_name = "KIND", required = true, value_enum)]
    kinds: Vec<Kind>,
    /// Coordinate system of the output, such as EPSG:32627, the UTM zone of the place
    #[arg(long, value_name = "EPSG:CODE")]
    crs: String,
    /// How much detail
    #[arg(long, value_name = "QUALITY", value_enum)]
    quality: Quality,
    /// How the photos were taken
    #[arg(long, value_name = "MODE", value_enum)]
    mode: Mode,
    /// Share of the mesh faces to keep, above 0 and at most 1; DJI recommends 0.2
    #[arg(long, value_name = "SHARE")]
    simplify: f64,
    /// Formats, with commas: b3dm, osgb, ply, obj, pnts, las, point_ply. b3dm and pnts are made in any case
    #[arg(long = "format", value_name = "FORMAT", required = true, value_delimiter = ',')]
    formats: Vec<String>,
    /// Corner of the area to limit the model to, as LATITUDE,LONGITUDE; three or more, in order
    #[arg(long = "corner", value_name = "PLACE", allow_hyphen_values = true)]
    corners: Vec<String>,
    /// Wait so long until all media of the flight have been uploaded; without it, missing ones are an error
    #[arg(long, value_name = "DURATION", value_parser = crate::when::parse_duration)]
    wait_media: Option<Duration>,
    /// Order the model of what is there, although media are missing
    #[arg(long, conflicts_with = "wait_media")]
    with_missing_media: bool,
    /// Wait so long until the model is in the list of models
    #[arg(long, value_name = "DURATION", value_parser = crate::when::parse_duration)]
    wait: Option<Duration>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// A map
    #[value(name = "2d", alias = "model_2d")]
    TwoD,
    /// A model
    #[value(name = "3d", alias = "model_3d")]
    ThreeD,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Quality {
    /// Most detail
    High,
    /// Middle way
    Medium,
    /// Least detail, fastest
    Low,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    /// Mapping flight over an area
    Normal,
    /// Flight around an object
    Surround,
}

impl FlightArgs {
    fn settings(&self) -> Result<FromFlight, Failure> {
        let mut formats = Vec::new();
        for format in &self.formats {
            let format = ModelFormat::from(format.trim());
            if !format.is_known() {
                return Err(Failure::usage(
                    format!("--format: `{}` is no format", printable(format.as_str())),
                    "There are: b3dm, osgb, ply, obj, pnts, las, point_ply, normal_point_ply.",
                ));
            }
            formats.push(format);
        }
        let mut settings = FromFlight::new(FromFlightArgs {
            task: TaskUuid::new(self.task.trim()),
            name: self.name.clone(),
            kinds: self
                .kinds
                .iter()
                .map(|kind| match kind {
                    Kind::TwoD => ModelFileType::TwoD,
                    Kind::ThreeD => ModelFileType::ThreeD,
                })
                .collect(),
            simplified_factor: self.simplify,
            coordinate_system: CoordinateSystem::new(self.crs.trim().to_uppercase()),
            quality: match self.quality {
                Quality::High => ReconstructionQuality::High,
                Quality::Medium => ReconstructionQuality::Medium,
                Quality::Low => ReconstructionQuality::Low,
            },
            mode: match self.mode {
                Mode::Normal => ReconstructionMode::Normal,
                Mode::Surround => ReconstructionMode::Surround,
            },
            formats,
        });
        settings.media_deadline = self.wait_media;
        settings.with_missing_media = self.with_missing_media;
        if !self.corners.is_empty() {
            let corners = self.corners.iter().map(|corner| place(corner));
            settings.area = Some(ModelArea::new(corners.collect::<Result<_, _>>()?));
        }
        settings.check()?;
        Ok(settings)
    }
}

fn place(text: &str) -> Result<ModelAreaPoint, Failure> {
    let wrong = || {
        Failure::usage(
            format!("--corner: `{}` is no place", printable(text)),
            "Write latitude and longitude in degrees, such as 0.02,-25.3.",
        )
    };
    let (latitude, longitude) = text.split_once(',').ok_or_else(wrong)?;
    let number = |text: &str| text.trim().parse::<f64>().map_err(|_| wrong());
    let (latitude, longitude) = (number(latitude)?, number(longitude)?);
    if (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude) {
        Ok(ModelAreaPoint::new(longitude, latitude))
    } else {
        Err(wrong())
    }
}

/// What is shown: the order, and the model if it was waited for.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    order: ModelOrder,
    /// The model, once it is in the list.
    listed: Option<ListedModel>,
}

/// Orders it.
pub(super) async fn run(context: &Context, args: FlightArgs) -> Result<Exit, Failure> {
    let mut settings = args.settings()?;
    let project = context.project().await?;
    if context.is_dry_run() {
        let instead = "the folder's number to `flighthub model create`";
        context.dry_run().is_looking_up("the media folder of the flight", instead);
        project.send(&TaskGet::new(settings.args.task.clone())).await?;
        return Ok(Exit::Ok);
    }
    let name = format!("flight-{}.json", plain(&format!("{} {}", args.task, args.name)));
    let state = states(context, project.uuid())?.join(name);
    context.detail(format!("state: {}", state.display()));
    settings.state = Some(state);

    let (run, events) = context.run_with_events()?;
    let bar = context.progress().spinner("ordering a model");
    let ordering = async {
        let order = from_flight(&project, &settings, &run).await?;
        let listed = match args.wait {
            Some(deadline) => {
                Some(wait_listed(&project, &order.awaited(), deadline, &run).await?)
            }
            None => None,
        };
        Ok::<_, flighthub_workflows::Error>(Shown { order, listed })
    };
    let shown = context.follow(events, ordering, |event| hear(context, &bar, &event)).await;
    drop(bar);
    let shown = shown.map_err(|error| {
        let is_unknown = error.kind() == ErrorKind::Indeterminate;
        let failure = Failure::from(error);
        if is_unknown { failure.with_help(unknown(&args)) } else { failure }
    })?;
    context.out().value(&shown)?;
    if shown.listed.is_none() {
        context.note(format!(
            "accepted; not yet built, and a failure would not be told. `flighthub model wait {} --for 6h` waits until it is listed",
            shown.order.model_id
        ));
    }
    Ok(Exit::Ok)
}

fn unknown(args: &FlightArgs) -> String {
    format!(
        "Orders show nowhere until the model is built: `flighthub model wait --name {:?} --for 6h`. The same command again looks for it and does \
         not order it twice.",
        printable(&args.name)
    )
}

/// Shows what happens.
pub(super) fn hear(context: &Context, bar: &crate::progress::Bar, event: &ModelEvent) {
    match event {
        ModelEvent::WaitingForMedia { uploaded, expected, .. } => {
            let count = |count: &Option<i32>| count.map_or("?".to_owned(), |n| n.to_string());
            let text = format!("{} of {} media uploaded", count(uploaded), count(expected));
            bar.message(&text);
            context.note(format!("waiting for the media of the flight: {text}"));
        }
        ModelEvent::OrderedBefore { .. } => {
            context.note("ordered before; it is not ordered again");
        }
        ModelEvent::NotListed { .. } => bar.message("waiting until the model is listed"),
        ModelEvent::Trouble { reason } => context.warn(reason),
        _ => {}
    }
}
