//! Live video: which camera, how to play it, and a new address before the old one ends.
//!
//! One call starts a stream and hands out an address for a while; nothing stops it sooner, and without a viewer it ends after five minutes.
//! How to play it depends on the service behind it: see [`Playback`]. The address lets in whoever has it, so it is a secret here.

mod camera;
mod playback;

use std::time::Duration;

use flighthub_api::v1::{self, CameraPosition, StreamQuality};
use flighthub_api::{Access, Permits, Project, Timestamp};
use serde::Serialize;

pub use camera::{Camera, CameraChoice};
pub use playback::Playback;

use crate::fleet::Fleet;
use crate::{Error, ErrorKind, Result, Run};

/// The shortest and the longest that an address may be asked for. No limit is documented; clients use up to two hours, and one refuses more
/// than a day.
const LIFETIMES: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(86_400));

/// The pause after a start that failed, before anything is sent again.
const PAUSE: Duration = Duration::from_secs(30);

/// So many starts in a row may fail before it is given up.
const MOST_FAILURES: u32 = 5;

/// What is to be watched.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LiveSettings {
    /// A dock or an aircraft, by serial number or callsign.
    pub device: String,
    /// Which camera.
    pub camera: CameraChoice,
    /// How long the address is to be valid: a minute to a day.
    pub lifetime: Duration,
    /// Picture quality; without it the service chooses.
    pub quality: Option<StreamQuality>,
    /// Whether the camera of a dock may be turned to the side that is wanted. It then stays there, for all who watch.
    pub may_turn: bool,
}

impl LiveSettings {
    /// A camera of a device, for this long.
    #[must_use]
    pub fn new(device: impl Into<String>, camera: CameraChoice, lifetime: Duration) -> Self {
        Self { device: device.into(), camera, lifetime, quality: None, may_turn: false }
    }

    /// With this picture quality.
    #[must_use]
    pub fn with_quality(mut self, quality: StreamQuality) -> Self {
        self.quality = Some(quality);
        self
    }

    /// Whether the camera of a dock may be turned to the side that is wanted.
    #[must_use]
    pub fn with_turning(mut self, may_turn: bool) -> Self {
        self.may_turn = may_turn;
        self
    }
}

/// A stream that was started.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Live {
    /// The camera that streams.
    #[serde(flatten)]
    pub camera: Camera,
    /// What a player needs.
    pub playback: Playback,
    /// When the address ends.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub expires_at: Timestamp,
}

impl Live {
    /// The same as JSON with the address written out: whoever sees it can watch. Ask the person first.
    #[must_use]
    pub fn exposed(&self) -> serde_json::Value {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(field) = value.get_mut("playback") {
            *field = self.playback.exposed();
        }
        value
    }
}

/// What happens while a stream is kept up.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum LiveEvent {
    /// The stream was started, or started again: players have to take the new address before the old one ends.
    Started {
        /// The stream.
        #[serde(flatten)]
        live: Live,
        /// Whether it is a renewal.
        renewed: bool,
    },
    /// The address could not be renewed; it is tried again.
    Trouble {
        /// Why.
        text: String,
        /// What to do.
        help: String,
        /// Whether the start may have taken effect all the same. Then a stream runs whose address nobody has; it ends by itself.
        outcome_unknown: bool,
        /// Seconds until the next try.
        retry_seconds: u64,
    },
    /// The address has ended before it could be renewed.
    Interrupted,
}

/// Finds the camera that is meant, and says whether it can stream now. Changes nothing.
///
/// # Errors
///
/// [`ErrorKind::NotReady`] when device or camera cannot stream now, [`ErrorKind::NotFound`] and [`ErrorKind::Ambiguous`] for names.
pub async fn find<A: Access + Permits<v1::ProjectDevices>>(
    project: &Project<A>,
    settings: &LiveSettings,
) -> Result<Camera> {
    check(settings)?;
    let fleet = Fleet::load(project).await?;
    camera::find(&fleet, &settings.device, &settings.camera)
}

/// Starts a stream, once, and says how to play it.
///
/// # Errors
///
/// As [`find`]; and as the call: [`ErrorKind::Indeterminate`] when its outcome is unknown. A stream may then run whose address nobody has,
/// which does no harm and ends by itself; starting once more gives an address.
pub async fn start(
    project: &Project,
    settings: &LiveSettings,
    run: &Run<LiveEvent>,
) -> Result<Live> {
    let mut camera = find(project, settings).await?;
    turn(project, settings, &mut camera).await?;
    let live = start_camera(project, settings, camera, run).await.map_err(explained)?;
    run.say(LiveEvent::Started { live: live.clone(), renewed: false });
    Ok(live)
}

/// Starts a stream and renews its address before it ends, for so long, or for ever. Each renewal is one start, sent once. When one fails, the
/// device is looked at before the next, half a minute later.
///
/// # Errors
///
/// As [`start`] for the first one; later when five in a row failed, or one was refused for want of rights.
pub async fn keep(
    project: &Project,
    settings: &LiveSettings,
    time: Option<Duration>,
    run: &Run<LiveEvent>,
) -> Result<Live> {
    let began = run.now();
    let left = |run: &Run<LiveEvent>| {
        time.map(|time| time.saturating_sub(run.now().saturating_duration_since(began)))
    };
    let mut live = start(project, settings, run).await?;
    loop {
        let pause =
            live.expires_at.duration_since(&run.wall()).saturating_sub(lead(settings.lifetime));
        match left(run) {
            Some(left) if left <= pause => {
                run.sleep(left).await;
                return Ok(live);
            }
            _ => run.sleep(pause).await,
        }
        live = renew(project, settings, live, run).await?;
    }
}

/// How long before its end an address is renewed.
fn lead(lifetime: Duration) -> Duration {
    (lifetime / 4).min(Duration::from_secs(120))
}

/// Starts again until it works, with pauses.
async fn renew(
    project: &Project,
    settings: &LiveSettings,
    old: Live,
    run: &Run<LiveEvent>,
) -> Result<Live> {
    let mut failures = 0;
    let mut interrupted = false;
    loop {
        let error = match renewed(project, settings, run).await {
            Ok(live) => {
                run.say(LiveEvent::Started { live: live.clone(), renewed: true });
                return Ok(live);
            }
            Err(error) => error,
        };
        failures += 1;
        let hopeless = error.api().is_some_and(|api| api.is_auth() || api.is_permission());
        if failures >= MOST_FAILURES || hopeless {
            return Err(error.during("the address could not be renewed"));
        }
        let hint = error.api().and_then(flighthub_api::Error::retry_after).unwrap_or_default();
        let pause = PAUSE.max(hint);
        run.say(LiveEvent::Trouble {
            text: error.to_string(),
            help: error.help().to_owned(),
            outcome_unknown: error.kind() == ErrorKind::Indeterminate,
            retry_seconds: pause.as_secs(),
        });
        run.sleep(pause).await;
        if !interrupted && old.expires_at <= run.wall() {
            interrupted = true;
            run.say(LiveEvent::Interrupted);
        }
    }
}

/// One renewal: looks first whether the camera can stream, so that nothing is sent to a device that is off.
async fn renewed(project: &Project, settings: &LiveSettings, run: &Run<LiveEvent>) -> Result<Live> {
    let camera = find(project, settings).await?;
    start_camera(project, settings, camera, run).await.map_err(explained)
}

fn check(settings: &LiveSettings) -> Result<()> {
    let (shortest, longest) = LIFETIMES;
    if settings.lifetime < shortest || settings.lifetime > longest {
        let text = format!("an address cannot be valid for {} s", settings.lifetime.as_secs());
        return Err(Error::new(ErrorKind::InvalidInput, text, "Choose a minute to a day."));
    }
    if let Some(quality) = settings.quality.as_ref().filter(|quality| !quality.is_known()) {
        let text =
            format!("there is no picture quality `{}`", crate::choose::printable(quality.as_str()));
        let help = "Choose adaptive, smooth or ultra_high_definition.";
        return Err(Error::new(ErrorKind::InvalidInput, text, help));
    }
    Ok(())
}

/// Turns the camera of a dock to the side that is wanted, if that is allowed.
async fn turn(project: &Project, settings: &LiveSettings, camera: &mut Camera) -> Result<()> {
    let side = match settings.camera {
        CameraChoice::DockIndoor => CameraPosition::Indoor,
        CameraChoice::DockOutdoor => CameraPosition::Outdoor,
        _ => return Ok(()),
    };
    if !settings.may_turn || camera.wanted.is_none() {
        return Ok(());
    }
    let call = v1::DeviceChangeCamera::new(camera.sn.as_str(), &camera.camera_index, side.clone());
    project.send(&call).await.map_err(|error| {
        Error::from(error).during("the dock's camera was not turned, and no stream was started")
    })?;
    camera.shows = Some(side.to_string());
    camera.wanted = None;
    Ok(())
}

async fn start_camera(
    project: &Project,
    settings: &LiveSettings,
    camera: Camera,
    run: &Run<LiveEvent>,
) -> Result<Live> {
    let seconds = i32::try_from(settings.lifetime.as_secs()).unwrap_or(i32::MAX);
    let mut call = v1::LivestreamStart::new(&camera.sn, &camera.camera_index, seconds);
    call.quality_type.clone_from(&settings.quality);
    let requested = run.wall().saturating_add(settings.lifetime);
    let answer = project.send(&call).await?;
    let expires_at = playback::expiry(&answer, requested, run.wall());
    let kind = answer.url_type.as_ref().map(v1::UrlType::as_str);
    let playback = Playback::read(&answer.url, kind);
    Ok(Live { camera, playback, expires_at })
}

/// Streaming gateway not found: what an aircraft that is off causes.
const NO_GATEWAY: i64 = 213_003;
const CANNOT_STREAM: i64 = 213_014;

/// The error with what it means for a stream.
fn explained(error: Error) -> Error {
    let Some(api) = error.api() else {
        return error;
    };
    let code = api.code().map(flighthub_api::ErrorCode::get);
    if error.kind() == ErrorKind::Indeterminate {
        return error.with_help(
            "A stream may run whose address nobody has; it does no harm and ends by itself. Start again for an address.",
        );
    }
    if api.is_permission() {
        return error.with_help(
            "Either the key lacks the module Livestream, or the person who made it the right in the project: see FlightHub 2, Organization \
             Settings, FlightHub Sync (or OpenAPI).",
        );
    }
    if api.is_offline() || code == Some(NO_GATEWAY) {
        return error.with_help("The device is off or lost its link: look at it with `watch`, and try again when it is online.");
    }
    if code == Some(CANNOT_STREAM) {
        return error.with_help("This camera cannot stream: choose another one of the device.");
    }
    error
}
