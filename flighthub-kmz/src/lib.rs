//! Route files: reading what somebody uploads, and writing small valid ones.
//!
//! A KMZ is a ZIP archive with `wpmz/template.kml`, the route as it is edited, and `wpmz/waylines.wpml`, the route as the aircraft flies it.
//! What counts for a flight is read from the second; the first tells the kind of the route. Elements are found by their local names, so that every
//! version of the WPML name space will do.
//!
//! ```
//! use flighthub_kmz::{Kmz, KmzWaypoint};
//!
//! let mut route = Kmz::new("0-91-1");
//! route.waypoints = vec![
//!     KmzWaypoint::new(0.021, -25.3, 60.0).with_photo(),
//!     KmzWaypoint::new(0.021, -25.299, 60.0).with_photo(),
//! ];
//! let bytes = route.to_bytes()?;
//! assert_eq!(Kmz::read(&bytes)?, route);
//! # Ok::<(), flighthub_kmz::KmzError>(())
//! ```

mod archive;
mod lint;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::fmt;

use flighthub_api::v1::{DeviceModelKey, PayloadLensType, WaylineTemplateType};

pub use lint::{Finding, FindingPlace, RULES, Rule, Severity, lint};

/// Where the route as it is edited stands in the archive.
pub(crate) const TEMPLATE: &str = "wpmz/template.kml";
/// Where the route as it is flown stands in the archive.
pub(crate) const WAYLINES: &str = "wpmz/waylines.wpml";

/// The content of a route file, as far as a flight needs it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Kmz {
    /// The kind of the route (`wpml:templateType`).
    pub template_type: WaylineTemplateType,
    /// The aircraft that it is planned for, as `0-<droneEnumValue>-<droneSubEnumValue>`.
    pub model: DeviceModelKey,
    /// The payload that it is planned for (`wpml:payloadEnumValue`), such as `81`.
    pub payload: String,
    /// The lenses that take photos (`wpml:imageFormat`); wide where the file does not say.
    pub lenses: Vec<PayloadLensType>,
    /// Metres over the start that are reached before the way to the first waypoint.
    pub take_off_security_height: f64,
    /// Speed on the way to the first waypoint, metres a second.
    pub global_transitional_speed: f64,
    /// What comes after the last waypoint. Flights of a dock end at a dock whatever this says.
    pub finish_action: FinishAction,
    /// What the heights of the waypoints count from.
    pub height_mode: HeightMode,
    /// The waypoints in the order in which they are flown, of all waylines of the file.
    pub waypoints: Vec<KmzWaypoint>,
}

impl Kmz {
    /// Bytes that a route file may have. Those with terrain data have some ten million.
    pub const MOST_BYTES: usize = 256 << 20;

    /// A waypoint route for an aircraft model, without waypoints: heights over the start, 20 m of security height, 10 m/s to the first waypoint.
    #[must_use]
    pub fn new(model: impl Into<DeviceModelKey>) -> Self {
        let model = model.into();
        Self {
            template_type: WaylineTemplateType::Waypoint,
            payload: payload_of(&model).to_owned(),
            model,
            lenses: vec![PayloadLensType::Wide],
            take_off_security_height: 20.0,
            global_transitional_speed: 10.0,
            finish_action: FinishAction::GoHome,
            height_mode: HeightMode::RelativeToStartPoint,
            waypoints: Vec::new(),
        }
    }
}

/// The payload that goes with an aircraft model.
fn payload_of(model: &DeviceModelKey) -> &'static str {
    match model.as_str() {
        "0-60-0" | "0-89-0" => "42",
        "0-67-0" => "52",
        "0-67-1" => "53",
        "0-77-0" => "66",
        "0-77-1" => "67",
        "0-91-0" => "80",
        "0-99-0" => "88",
        "0-99-1" => "89",
        "0-100-0" => "98",
        "0-100-1" => "99",
        _ => "81",
    }
}

/// A waypoint of a route file.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct KmzWaypoint {
    /// Degrees in WGS 84.
    pub latitude: f64,
    /// Degrees in WGS 84.
    pub longitude: f64,
    /// Metres, counted from where the file's [`HeightMode`] says (`wpml:executeHeight`).
    pub height: f64,
    /// Speed on the way there, metres a second (`wpml:waypointSpeed`, or the `wpml:autoFlightSpeed` of the wayline).
    pub speed: f64,
    /// How often photos are taken there, with each of the file's lenses.
    pub photos: u32,
    /// Whether a video begins or ends there.
    pub video: Option<VideoAction>,
    /// Seconds that the aircraft hovers there on top of the time that its photos and videos take.
    pub hover: f64,
}

impl KmzWaypoint {
    /// A waypoint that is passed at 8 m/s and without any action.
    #[must_use]
    pub const fn new(latitude: f64, longitude: f64, height: f64) -> Self {
        Self { latitude, longitude, height, speed: 8.0, photos: 0, video: None, hover: 0.0 }
    }

    /// The same with a photo more.
    #[must_use]
    pub const fn with_photo(mut self) -> Self {
        self.photos += 1;
        self
    }

    /// The same with another speed, in metres a second.
    #[must_use]
    pub const fn with_speed(mut self, speed: f64) -> Self {
        self.speed = speed;
        self
    }

    /// The same with a video that begins or ends there.
    #[must_use]
    pub const fn with_video(mut self, action: VideoAction) -> Self {
        self.video = Some(action);
        self
    }
}

/// What happens to the video at a waypoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VideoAction {
    /// A video begins.
    Start,
    /// The video ends.
    Stop,
}

/// What the heights of waypoints count from (`wpml:executeHeightMode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeightMode {
    /// The place of the start.
    RelativeToStartPoint,
    /// The ellipsoid of WGS 84.
    Wgs84,
    /// The ground below.
    RealTimeFollowSurface,
}

/// What comes after the last waypoint (`wpml:finishAction`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FinishAction {
    /// `goHome`
    GoHome,
    /// `autoLand`
    AutoLand,
    /// `noAction`
    NoAction,
    /// `gotoFirstWaypoint`
    GotoFirstWaypoint,
}

/// The names of the values in the files.
const HEIGHT_MODES: [(&str, HeightMode); 3] = [
    ("relativeToStartPoint", HeightMode::RelativeToStartPoint),
    ("WGS84", HeightMode::Wgs84),
    ("realTimeFollowSurface", HeightMode::RealTimeFollowSurface),
];
const FINISH_ACTIONS: [(&str, FinishAction); 4] = [
    ("goHome", FinishAction::GoHome),
    ("autoLand", FinishAction::AutoLand),
    ("noAction", FinishAction::NoAction),
    ("gotoFirstWaypoint", FinishAction::GotoFirstWaypoint),
];
/// The files write the kinds of routes otherwise than the API.
const TEMPLATE_TYPES: [(&str, WaylineTemplateType); 7] = [
    ("waypoint", WaylineTemplateType::Waypoint),
    ("mapping2d", WaylineTemplateType::Mapping2d),
    ("mapping3d", WaylineTemplateType::Mapping3d),
    ("mappingStrip", WaylineTemplateType::MappingStrip),
    ("facade", WaylineTemplateType::Facade),
    ("solid", WaylineTemplateType::Solid),
    ("mappingGobject", WaylineTemplateType::MappingGobject),
];

/// What kind of thing is wrong with a route file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KmzErrorKind {
    /// It is no readable ZIP archive.
    NoArchive,
    /// It, or what it unpacks to, is larger than any route.
    TooLarge,
    /// A file in it has a name that leads out of the archive, or is a link.
    UnsafeName,
    /// A file is missing in it.
    MissingFile,
    /// A file is no well-formed XML, or has a document type declaration.
    BadXml,
    /// An element is missing.
    MissingElement,
    /// An element has a value that is none.
    BadValue,
}

/// Why a route file is not sound, and where.
///
/// The real FlightHub tells nothing of this: it answers HTTP 500 with code 200500.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KmzError {
    kind: KmzErrorKind,
    place: String,
    problem: String,
}

impl KmzError {
    fn new(kind: KmzErrorKind, place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { kind, place: place.into(), problem: problem.into() }
    }

    /// What is wrong, without the place.
    pub(crate) fn problem(&self) -> &str {
        &self.problem
    }

    /// What kind of thing is wrong.
    #[must_use]
    pub const fn kind(&self) -> KmzErrorKind {
        self.kind
    }

    /// The file inside the archive with line and column, where they are known; empty for the archive itself.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl fmt::Display for KmzError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.place.is_empty() { "the route file" } else { &self.place };
        write!(f, "{place}: {}", self.problem)
    }
}

impl std::error::Error for KmzError {}
