//! What a world tells whoever wants to know: the callbacks that FlightHub 2 posts when its console is set up to.
//!
//! The documentation of V1.0 has none of this. Types and fields are those of an integration demo on the device maker's side, as far as they
//! are known; see [`Event`].

use std::collections::VecDeque;

use serde::Serialize;

use super::World;

/// Events that wait to be taken; the oldest go first when nobody takes them.
const MOST: usize = 1_000;

/// Something that FlightHub 2 posts, in the shape that it posts it: `{"type": …, "data": …}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// A file of a flight has been uploaded.
    MediaFileUploaded(MediaFileUploaded),
    /// A route has been uploaded and accepted.
    WaylineFileUploaded(WaylineFileUploaded),
    /// An aircraft has broken off its return.
    DeviceExitReturnHome(DeviceExitReturnHome),
    /// A reconstruction got further.
    ModelReconstructionPercentChange(ModelProgress),
    /// The packing of a reconstruction got further.
    ModelZipChange(ModelProgress),
    /// A reconstruction has become a model.
    ModelPostReconstruction(ModelPostReconstruction),
    /// Annotations have changed.
    MapGeoElementsUpdate(MapGeoElementsUpdate),
}

/// Data of [`Event::MediaFileUploaded`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MediaFileUploaded {
    /// UUID of the organization.
    pub organization_id: String,
    /// UUID of the project.
    pub project_id: String,
    /// UUID of the file.
    pub file_id: String,
    /// Its name.
    pub file_name: String,
    /// Its type, as in the list of media.
    pub file_type: String,
    /// Bytes.
    pub file_size: i64,
    /// Serial number of the aircraft.
    pub device_sn: String,
    /// UUID of the task.
    pub flight_id: String,
}

/// Data of [`Event::WaylineFileUploaded`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WaylineFileUploaded {
    /// Id of the route.
    pub id: String,
    /// Its name.
    pub name: String,
    /// 5 for a route.
    #[serde(rename = "type")]
    pub kind: i32,
    /// 0 for a main file.
    pub sub_file_type: i32,
    /// Key of the object.
    pub object_key: String,
}

/// Data of [`Event::DeviceExitReturnHome`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeviceExitReturnHome {
    /// Serial number of the aircraft.
    pub sn: String,
    /// 0 somebody broke it off (a guess: what orders are told with is not known), 2 could not begin, 3 surrounded by obstacles, 4 flight restriction, 5 obstacle too close, 6 no GPS, 7 and 8 no position.
    pub reason: i32,
}

impl DeviceExitReturnHome {
    /// The reason of a return that an order broke off.
    pub(crate) const BROKEN_OFF: i32 = 0;
}

/// Data of [`Event::ModelReconstructionPercentChange`] and [`Event::ModelZipChange`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ModelProgress {
    /// UUID of the resource.
    pub resource_uuid: String,
    /// UUID of the reconstruction.
    pub model_uuid: String,
    /// Its status, numbered as in the API.
    pub model_status: i64,
    /// Percent.
    pub reconstruction_progress: i32,
    /// Status of the packing, numbered as in the API.
    pub zip_status: i64,
    /// Percent.
    pub zip_progress: i32,
    /// Key of the archive, empty until it is ready.
    pub zip_file_key: String,
}

/// Data of [`Event::ModelPostReconstruction`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ModelPostReconstruction {
    /// UUID of the reconstruction.
    pub id: String,
    /// Its name.
    pub name: String,
    /// 8 for a two-dimensional model, 9 for a three-dimensional one.
    #[serde(rename = "type")]
    pub kind: i32,
    /// Key of the archive.
    pub object_key: String,
}

/// Data of [`Event::MapGeoElementsUpdate`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MapGeoElementsUpdate {
    /// UUID of the annotation.
    pub sync_id: String,
    /// `create`: a guess.
    pub sync_type: String,
    /// Annotations that changed.
    pub count: u32,
    /// `geojson`: a guess.
    pub format: String,
    /// Their geometries, such as `Point`.
    pub geometry_types: Vec<String>,
    /// Empty: the simulator makes no file of the annotations.
    pub download_url: String,
}

/// What waits to be taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    waiting: VecDeque<Event>,
}

impl State {
    pub(crate) fn push(&mut self, event: Event) {
        if self.waiting.len() == MOST {
            self.waiting.pop_front();
        }
        self.waiting.push_back(event);
    }
}

impl World {
    /// Takes what has happened since the last time, oldest first. No more than the last 1,000 wait.
    pub fn take_events(&mut self) -> Vec<Event> {
        self.events.waiting.drain(..).collect()
    }
}
