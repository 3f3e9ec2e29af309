//! `flighthub live`: live video.

use std::sync::Arc;
use std::time::Duration;

use clap::Subcommand;
use flighthub_api::v1::LivestreamStart;
use flighthub_workflows::Run;
use flighthub_workflows::livestream::{
    CameraChoice, Live, LiveEvent, LiveSettings, find, keep, start,
};

use super::watch::RealPace;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::out::Column;

/// Live video: start a stream, and say how to play it
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: LiveCommand,
}

#[derive(Debug, Subcommand)]
enum LiveCommand {
    /// Start a stream and show what a player needs
    ///
    /// The address lets in whoever has it, so it is shown only with --show-url. How to play it depends on the service behind it (`service`): `whep`
    /// and `hls` play in browsers and players, `volc` and `agora` by the vendor's SDK. Nothing stops a stream; it ends with its address, and after
    /// five minutes without a viewer.
    #[command(after_help = "Examples:
  flighthub live start --dock \"North dock\"
  flighthub live start --dock 7CTXN0000B00A1 --camera thermal --valid 2h --show-url
  flighthub live start --dock 7CTXN0000B00A1 --camera outdoor --turn --show-url
  flighthub live start --dock 1581F0Q8X000U00G00A1 --camera 81-0-0 --dry-run")]
    Start(StartArgs),
    /// Start a stream and renew its address before it ends
    ///
    /// Each new address is one line of output; a player has to take it before the old one ends. Renewals that fail are tried again, and said.
    #[command(after_help = "Examples:
  flighthub live keep --dock \"North dock\" --for 8h --show-url -o ndjson
  flighthub live keep --dock 7CTXN0000B00A1 --camera wide --valid 30m --show-url")]
    Keep {
        #[command(flatten)]
        start: StartArgs,
        /// End after this time; without it, when interrupted
        #[arg(long = "for", value_name = "DURATION", value_parser = crate::when::parse_duration)]
        time: Option<Duration>,
    },
    /// Say which camera would stream, and start nothing
    #[command(after_help = "Examples:
  flighthub live camera --dock \"North dock\" --camera zoom")]
    Camera(CameraArgs),
}

#[derive(Debug, clap::Args)]
struct CameraArgs {
    /// Dock or aircraft by callsign or serial number. A dock stands for its aircraft too
    #[arg(short, long, visible_alias = "device", value_name = "DEVICE")]
    dock: String,
    /// auto, wide, zoom, thermal, fpv, dock, indoor, outdoor, or an index such as 81-0-0. auto is the payload of an aircraft that is on, else
    /// the dock's own camera
    #[arg(short, long, value_name = "CAMERA", default_value = "auto")]
    camera: String,
}

#[derive(Debug, clap::Args)]
struct StartArgs {
    #[command(flatten)]
    camera: CameraArgs,
    /// How long the address is to be valid: a minute to a day
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = crate::when::parse_duration)]
    valid: Duration,
    /// Picture quality: adaptive, smooth or ultra_high_definition
    #[arg(long, value_name = "QUALITY")]
    quality: Option<String>,
    /// Turn the camera of the dock to the side that is wanted. It stays there, for all who watch
    #[arg(long)]
    turn: bool,
    /// Show the address or token. Whoever sees it can watch
    #[arg(long)]
    show_url: bool,
}

impl CameraArgs {
    fn settings(&self, valid: Duration) -> Result<LiveSettings, Failure> {
        Ok(LiveSettings::new(&self.dock, self.camera.parse()?, valid))
    }
}

impl StartArgs {
    fn settings(&self) -> Result<LiveSettings, Failure> {
        let mut settings = self.camera.settings(self.valid)?.with_turning(self.turn);
        settings.quality = self.quality.as_deref().map(Into::into);
        Ok(settings)
    }
}

/// Does it.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    match args.command {
        LiveCommand::Camera(args) => {
            let project = context.read_project().await?;
            let settings = args.settings(Duration::from_secs(3600))?;
            let camera = find(&project, &settings).await?;
            context.out().value(&camera)?;
        }
        LiveCommand::Start(args) => start_one(context, &args).await?,
        LiveCommand::Keep { start, time } => keep_up(context, &start, time).await?,
    }
    Ok(Exit::Ok)
}

async fn start_one(context: &Context, args: &StartArgs) -> Result<(), Failure> {
    let settings = args.settings()?;
    let project = context.project().await?;
    if let (true, CameraChoice::Index(index)) = (context.is_dry_run(), &settings.camera) {
        // Nothing can be looked up without a socket: with serial number and index there is no need to.
        let seconds = i32::try_from(settings.lifetime.as_secs()).unwrap_or(i32::MAX);
        let mut call = LivestreamStart::new(&settings.device, index, seconds);
        call.quality_type.clone_from(&settings.quality);
        project.send(&call).await?;
        return Ok(());
    }
    let run = context.run()?;
    let live = context.writing("the start of a stream", start(&project, &settings, &run)).await?;
    explain(context, args, &live);
    if args.show_url {
        context.out().value(&live.exposed())?;
    } else {
        context.out().value(&live)?;
    }
    Ok(())
}

/// What people should know besides.
fn explain(context: &Context, args: &StartArgs, live: &Live) {
    if let Some(wanted) = &live.camera.wanted {
        let shows = live.camera.shows.as_deref().unwrap_or("something else");
        context.warn(match wanted.as_str() {
            "indoor" | "outdoor" => {
                format!("the camera looks {shows} now; --turn turns it to {wanted}")
            }
            _ => format!(
                "the camera shows {shows} now; who controls the payload changes that to {wanted} (`flighthub device change-lens`)"
            ),
        });
    }
    context.note(live.playback.how());
    if !args.show_url {
        context.note("the address is not shown: whoever has it can watch; --show-url shows it");
    }
}

async fn keep_up(context: &Context, args: &StartArgs, time: Option<Duration>) -> Result<(), Failure> {
    let settings = args.settings()?;
    let project = context.project().await?;
    let (run, mut events) = Run::<LiveEvent>::with_events();
    let clock = context.clock()?;
    let run = run.with_clock(if time.is_some() { clock } else { Arc::new(RealPace(clock)) });
    let mut keeping = std::pin::pin!(keep(&project, &settings, time, &run));
    let end = loop {
        tokio::select! {
            biased;
            Some(event) = events.next() => show(context, args, &event)?,
            end = &mut keeping => break end,
        }
        if context.out().is_closed() {
            return Ok(());
        }
    };
    while let Some(event) = events.try_next() {
        show(context, args, &event)?;
    }
    end?;
    Ok(())
}

const COLUMNS: [Column; 5] = [
    Column::new("EVENT", "event"),
    Column::id("DEVICE", "sn"),
    Column::new("CAMERA", "camera_index"),
    Column::new("SERVICE", "playback.service"),
    Column::new("EXPIRES", "expires_at"),
];

fn show(context: &Context, args: &StartArgs, event: &LiveEvent) -> Result<(), Failure> {
    let mut value = serde_json::to_value(event)
        .map_err(|error| Failure::unexpected(format!("an event cannot be written: {error}")))?;
    match event {
        LiveEvent::Started { live, renewed } => {
            if !renewed {
                explain(context, args, live);
            }
            if let (true, Some(playback)) = (args.show_url, value.get_mut("playback")) {
                *playback = live.playback.exposed();
            }
        }
        LiveEvent::Trouble { text, .. } => context.warn(text),
        LiveEvent::Interrupted => context.warn("the address has ended before it was renewed"),
        _ => {}
    }
    Ok(context.out().stream_item(&COLUMNS, &value)?)
}
