//! Livestreams.

use std::time::Duration;

use flighthub_api::v1::{
    CameraIndex, DeviceSn, LivePlayback, LivestreamStart, ProjectUuid, StreamQuality, UrlType,
};
use flighthub_api::{Secret, Timestamp};
use serde_json::json;

use super::World;
use super::deployment::LiveVendor;
use crate::caller::Caller;
use crate::refusal::Refusal;

/// A stream without a viewer ends after so long. Nobody can watch a simulated one, so every stream ends by then.
const WITHOUT_VIEWER: Duration = Duration::from_secs(300);

/// The streams that run.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    streams: Vec<Livestream>,
}

/// A livestream that runs.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Livestream {
    /// The project that it was started in.
    pub project: ProjectUuid,
    /// Whose camera streams.
    pub sn: DeviceSn,
    /// Which camera streams.
    pub camera_index: CameraIndex,
    /// How well.
    pub quality: StreamQuality,
    /// When it was (last) started.
    pub started_at: Timestamp,
    /// When the last address that was handed out ends.
    pub expires_at: Timestamp,
}

impl World {
    /// The livestreams that run now.
    #[must_use]
    pub fn livestreams(&self) -> &[Livestream] {
        &self.live.streams
    }
}

pub(crate) fn tick(world: &mut World) {
    let now = world.now();
    let World { live: State { streams }, fleet, .. } = world;
    streams.retain_mut(|stream| {
        let sn = stream.sn.as_str();
        // `device.set_stream_quality` also changes a stream that runs.
        stream.quality =
            fleet.quality(sn, &stream.camera_index).unwrap_or_else(|| stream.quality.clone());
        // A camera that loses its link or its power streams no more.
        let online = fleet.device(sn).is_some_and(|device| device.is_online());
        online && now < stream.expires_at && now.duration_since(&stream.started_at) < WITHOUT_VIEWER
    });
}

pub(crate) fn start(
    world: &mut World,
    caller: &Caller,
    operation: LivestreamStart,
) -> Result<LivePlayback, Refusal> {
    let project = caller.project_or_forbidden()?;
    // A project that is none ends in a server error here, unlike elsewhere.
    let project =
        world.known_project(project).map_err(|_| Refusal::server("internal server error"))?;
    let LivestreamStart { sn, camera_index, video_expire, quality_type, .. } = operation;
    let Ok(lifetime @ 1..) = u64::try_from(video_expire) else {
        return Err(Refusal::argument("video_expire", "has to be above 0 seconds"));
    };
    if let Some(odd) = quality_type.as_ref().filter(|quality| !quality.is_known()) {
        return Err(Refusal::argument("quality_type", format!("there is no quality `{odd}`")));
    }
    streaming_camera(world, &project, &sn, &camera_index)?;
    let device = world.fleet.device(sn.as_str()).ok_or_else(|| Refusal::unknown_device(&sn))?;
    if device.condition().old_firmware {
        return Err(Refusal::old_firmware(&sn));
    }
    if !device.is_online() {
        return Err(if device.is_dock() {
            Refusal::offline(&sn)
        } else {
            Refusal::new(
                213_003,
                format!("streaming gateway not found: device `{sn}` is off or has no link"),
            )
        });
    }

    let now = world.now();
    let expires_at = now.saturating_add(Duration::from_secs(lifetime));
    // Without a quality the bandwidth decides; the real default is not known.
    let quality = quality_type.unwrap_or(StreamQuality::Adaptive);
    world.fleet.set_quality(sn.as_str(), &camera_index, quality.clone());
    let (url, url_type) = address(world, caller, &sn, &camera_index, expires_at);
    let State { streams } = &mut world.live;
    streams.retain(|stream| (&stream.sn, &stream.camera_index) != (&sn, &camera_index));
    streams.push(Livestream { project, sn, camera_index, quality, started_at: now, expires_at });
    Ok(LivePlayback { url, url_type, expire_ts: Some(expires_at) })
}

/// That the device is the project's and has the camera.
pub(crate) fn streaming_camera(
    world: &World,
    project: &ProjectUuid,
    sn: &DeviceSn,
    camera: &CameraIndex,
) -> Result<(), Refusal> {
    let device = world.fleet.device(sn.as_str()).ok_or_else(|| Refusal::unknown_device(sn))?;
    if device.project() != project {
        return Err(Refusal::other_project(sn));
    }
    if !device.camera_indices().contains(camera) {
        return Err(Refusal::unknown_camera(sn, camera));
    }
    Ok(())
}

/// What a player needs, in the form of the vendor.
fn address(
    world: &mut World,
    caller: &Caller,
    sn: &DeviceSn,
    camera: &CameraIndex,
    expires_at: Timestamp,
) -> (Secret, Option<UrlType>) {
    let random: String = (0..48).map(|_| world.rng().alphanumeric()).collect();
    let token = format!("simulated{random}");
    let room = format!("{sn}_{camera}");
    let user = format!("window_{}_{}", caller.person().id, world.now().unix_millis());
    let until = expires_at.unix_seconds();
    // WHEP over plain HTTP at a server of one's own.
    let whep = || {
        format!(
            "http://live.flighthub-sim.example.com:30806/rtc/v1/whep/?app=live&stream={room}&token={token}"
        )
    };
    let (text, kind) = match world.deployment.vendor {
        // A bare query string, not a URL.
        LiveVendor::Volc => (
            format!(
                "app_id=51a1a7ed51a1a7ed51a1a7ed&expire_time={until}&room_id={room}&token={token}%3D%3D&user_id={user}"
            ),
            Some(UrlType::VOLC),
        ),
        LiveVendor::Srs => (whep(), Some(UrlType::SRS)),
        LiveVendor::Agora => (
            json!({
                "app_id": "51a1a7ed51a1a7ed51a1a7ed51a1a7ed",
                "channel_name": room,
                "token": token,
                "uid": user,
                "expire_ts": until,
            })
            .to_string(),
            Some(UrlType::AGORA),
        ),
        LiveVendor::Unknown => (format!("quantum:{room}#{token}"), Some("quantum")),
        LiveVendor::None => (whep(), None),
    };
    (Secret::new(text), kind.map(UrlType::new))
}
