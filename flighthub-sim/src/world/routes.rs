//! Flight routes.

use flighthub_api::v1::{
    DeviceModelKey, PayloadInformation, PayloadLensType, ProjectUuid, RegisteredWayline, Wayline,
    WaylineDetail, WaylineFinishUpload, WaylineGet, WaylineId, WaylineList, WaylineTemplateType,
};
use flighthub_api::{List, Listing, Timestamp};

use super::events::{Event, WaylineFileUploaded};
use super::flight::{Place, Waypoint, length};
use super::{World, fleet, projects};
use crate::caller::Caller;
use crate::refusal::Refusal;

/// A route of a project.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Route {
    pub(crate) id: WaylineId,
    pub(crate) project: ProjectUuid,
    pub(crate) name: String,
    pub(crate) model: DeviceModelKey,
    pub(crate) waypoints: Vec<Waypoint>,
    /// Whether a video is recorded from the first waypoint to the last.
    pub(crate) video: bool,
    /// Whether satellite observations are recorded (mapping).
    pub(crate) ppk: bool,
    kind: WaylineTemplateType,
    payload: &'static str,
    size: i64,
    updated: Timestamp,
    object_key: String,
}

impl Route {
    fn payload_information(&self) -> List<PayloadInformation> {
        List::from(vec![PayloadInformation {
            domain: Some("1".to_owned()),
            r#type: Some(self.payload.to_owned()),
            lens_type: Some(PayloadLensType::Wide),
        }])
    }

    fn row(&self) -> Wayline {
        Wayline {
            id: self.id.clone(),
            name: self.name.clone(),
            size: Some(self.size),
            template_types: vec![self.kind.clone()].into(),
            update_time: Some(self.updated),
            device_model_key: Some(self.model.clone()),
            payload_information: self.payload_information(),
        }
    }
}

/// The routes of all projects.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    routes: Vec<Route>,
}

impl State {
    pub(crate) fn find(&self, project: &ProjectUuid, id: &WaylineId) -> Option<&Route> {
        self.routes.iter().find(|route| route.project == *project && route.id == *id)
    }
}

/// The payload that goes with an aircraft model.
fn payload_of(model: &DeviceModelKey) -> &'static str {
    match model.as_str() {
        fleet::M4TD => "99",
        fleet::M30T => "53",
        _ => "81",
    }
}

/// The demo routes, around the docks of the demo project.
pub(crate) fn populate(world: &mut World) {
    let project = ProjectUuid::new(World::DEMO_PROJECT);
    let north = projects::CENTRE;
    let updated = world.now();
    let place = |north_metres: f64, east: f64, up: f64| north.offset(north_metres, east, up);
    // Round a rectangle of 260 by 340 metres, a photo at every point.
    let corners = [
        (60.0, 0.0),
        (60.0, 90.0),
        (60.0, 180.0),
        (60.0, 260.0),
        (150.0, 260.0),
        (240.0, 260.0),
        (320.0, 260.0),
        (400.0, 260.0),
    ];
    let back = [(400.0, 160.0), (400.0, 60.0), (280.0, 0.0), (160.0, 0.0)];
    let fence = corners.iter().chain(&back).map(|(north, east)| Waypoint {
        place: place(*north, *east, 60.0),
        speed: 8.0,
        photo: true,
    });
    // Six lanes of 220 metres, 40 metres apart, photos at both ends and in the middle.
    let lanes = (0..6).flat_map(|lane| {
        let east = 60.0 + 40.0 * f64::from(lane);
        let mut ends = [-40.0, -150.0, -260.0];
        if lane % 2 == 1 {
            ends.reverse();
        }
        ends.map(|north| Waypoint { place: place(north, east, 80.0), speed: 10.0, photo: true })
    });
    // Round a point, in rising circles.
    let circle = (0..8).map(|step| {
        let angle = f64::from(step) * 45.0_f64.to_radians();
        let (north, east) = (640.0 + 60.0 * angle.cos(), 1100.0 + 60.0 * angle.sin());
        Waypoint {
            place: place(north, east, 40.0 + 4.0 * f64::from(step)),
            speed: 5.0,
            photo: step % 2 == 0,
        }
    });
    let routes = [
        (
            "c2b0a3f4-1f0e-4f6a-8c55-9d3b2e7a6410",
            "north-fence",
            WaylineTemplateType::Waypoint,
            fleet::M3TD,
            fence.collect::<Vec<_>>(),
        ),
        (
            "6f7a5f1e-30b4-4c0b-9d11-58f2a0c4e7d3",
            "south-basin-map",
            WaylineTemplateType::Mapping2d,
            fleet::M3TD,
            lanes.collect(),
        ),
        (
            "a41d7c60-92e5-4b3f-b7d8-0c6e5f3a2914",
            "tower-circle",
            WaylineTemplateType::Waypoint,
            fleet::M4TD,
            circle.collect(),
        ),
    ];
    for (id, name, kind, model, waypoints) in routes {
        let model = DeviceModelKey::new(model);
        world.routes.routes.push(Route {
            id: WaylineId::new(id),
            project: project.clone(),
            name: name.to_owned(),
            payload: payload_of(&model),
            model,
            video: kind == WaylineTemplateType::Waypoint,
            ppk: kind == WaylineTemplateType::Mapping2d,
            kind,
            size: size_of(&waypoints),
            waypoints,
            updated,
            object_key: format!(
                "{}/{}/wayline/{id}/{name}.kmz",
                World::DEMO_ORGANIZATION,
                World::DEMO_PROJECT
            ),
        });
    }
}

/// A plausible size of the file.
fn size_of(waypoints: &[Waypoint]) -> i64 {
    2400 + 210 * i64::try_from(waypoints.len()).unwrap_or(0)
}

/// Where the object keys of a project begin.
pub(crate) fn key_prefix(project: &ProjectUuid) -> String {
    format!("{}/{project}/wayline", World::DEMO_ORGANIZATION)
}

/// `wayline.finish_upload`. The object itself is not looked at: the route gets waypoints of its own.
pub(crate) fn finish_upload(
    world: &mut World,
    caller: &Caller,
    operation: WaylineFinishUpload,
) -> Result<RegisteredWayline, Refusal> {
    let project = world.project_of(caller)?;
    if operation.name.trim().is_empty() {
        return Err(Refusal::argument("name", "is empty"));
    }
    // The real one answers no more than this for an object that it cannot use.
    let key = &operation.object_key;
    let name = key.strip_prefix(&key_prefix(&project)).and_then(|rest| rest.strip_prefix('/'));
    if name.and_then(|name| name.strip_suffix(".kmz")).is_none_or(str::is_empty) {
        return Err(Refusal::server("server error"));
    }
    let (north, east) = (world.rng().f64() * 200.0 - 100.0, world.rng().f64() * 200.0 - 100.0);
    let middle = projects::CENTRE.offset(150.0 + north, east, 0.0);
    let corners =
        [(0.0, 0.0), (80.0, 40.0), (160.0, 0.0), (160.0, 120.0), (80.0, 160.0), (0.0, 120.0)];
    let waypoints = corners
        .map(|(north, east)| Waypoint {
            place: middle.offset(north, east, 70.0),
            speed: 8.0,
            photo: true,
        })
        .to_vec();
    let id = world.register_route(
        &project,
        &operation.name,
        &DeviceModelKey::new(fleet::M3TD),
        waypoints,
        &operation.object_key,
    );
    world.events.push(Event::WaylineFileUploaded(WaylineFileUploaded {
        id: id.to_string(),
        name: operation.name.clone(),
        kind: 5,
        sub_file_type: 0,
        object_key: operation.object_key,
    }));
    Ok(RegisteredWayline { name: operation.name, uuid: id })
}

/// `wayline.list`.
pub(crate) fn list(
    world: &mut World,
    caller: &Caller,
    _: WaylineList,
) -> Result<Listing<Wayline>, Refusal> {
    let project = world.project_of(caller)?;
    Ok(world
        .routes
        .routes
        .iter()
        .filter(|route| route.project == project)
        .map(Route::row)
        .collect())
}

/// `wayline.get`.
pub(crate) fn get(
    world: &mut World,
    caller: &Caller,
    operation: WaylineGet,
) -> Result<WaylineDetail, Refusal> {
    let project = world.project_of(caller)?;
    let id = &operation.wayline_id;
    let Some(route) = world.routes.find(&project, id) else {
        return Err(Refusal::new(219_001, format!("the route `{id}` does not exist")));
    };
    let row = route.row();
    Ok(WaylineDetail {
        id: row.id,
        name: row.name,
        size: row.size,
        template_types: row.template_types,
        update_time: row.update_time,
        device_model_key: row.device_model_key,
        payload_information: row.payload_information,
        download_url: Some(world.signed_url(&route.object_key)),
        distance: Some((length(&route.waypoints) * 10.0).round() / 10.0),
        wayline_point_nums: i32::try_from(route.waypoints.len()).ok(),
    })
}

impl World {
    fn register_route(
        &mut self,
        project: &ProjectUuid,
        name: &str,
        model: &DeviceModelKey,
        waypoints: Vec<Waypoint>,
        object_key: &str,
    ) -> WaylineId {
        let id = WaylineId::new(self.new_uuid());
        self.routes.routes.push(Route {
            id: id.clone(),
            project: project.clone(),
            name: name.to_owned(),
            model: model.clone(),
            video: false,
            ppk: false,
            kind: WaylineTemplateType::Waypoint,
            payload: payload_of(model),
            size: size_of(&waypoints),
            waypoints,
            updated: self.now(),
            object_key: object_key.to_owned(),
        });
        id
    }

    /// Puts a route into a project without an upload: its points as latitude, longitude (degrees) and height over the ellipsoid
    /// (metres). A route with a single point is what FlightHub refuses to fly.
    pub fn add_route(
        &mut self,
        project: &ProjectUuid,
        name: &str,
        model: &DeviceModelKey,
        points: &[(f64, f64, f64)],
    ) -> WaylineId {
        let waypoint = |(latitude, longitude, height): &(f64, f64, f64)| Waypoint {
            place: Place { latitude: *latitude, longitude: *longitude, height: *height },
            speed: 8.0,
            photo: true,
        };
        let key = format!("{}/{name}.kmz", key_prefix(project));
        self.register_route(project, name, model, points.iter().map(waypoint).collect(), &key)
    }
}
