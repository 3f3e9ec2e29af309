//! Flight routes. What is known of one comes from its file in the bucket, those of the demo world included.

use flighthub_api::v1::{
    DeviceModelKey, PayloadInformation, PayloadLensType, ProjectUuid, RegisteredWayline, Wayline,
    WaylineDetail, WaylineFinishUpload, WaylineGet, WaylineId, WaylineList, WaylineTemplateType,
};
use flighthub_api::{List, Listing, Timestamp};

use super::events::{Event, WaylineFileUploaded};
use super::flight::{Course, Place, Waypoint, length};
use super::{World, fleet, projects};
use crate::caller::Caller;
use crate::kmz::{HeightMode, Kmz, KmzError, KmzWaypoint, VideoAction};
use crate::refusal::Refusal;

/// A route of a project.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Route {
    pub(crate) id: WaylineId,
    pub(crate) project: ProjectUuid,
    pub(crate) name: String,
    pub(crate) kmz: Kmz,
    size: i64,
    updated: Timestamp,
    object_key: String,
}

impl Route {
    /// The way through the air, for a flight that begins at a place.
    pub(crate) fn course(&self, start: Place) -> Course {
        let base = match self.kmz.height_mode {
            HeightMode::Wgs84 => 0.0,
            // The simulated ground is as high as the start everywhere.
            _ => start.height,
        };
        let waypoint = |point: &KmzWaypoint| Waypoint {
            place: Place {
                latitude: point.latitude,
                longitude: point.longitude,
                height: base + point.height,
            },
            speed: point.speed,
            photos: point.photos,
            video: point.video,
            hover: point.hover,
        };
        Course {
            waypoints: self.kmz.waypoints.iter().map(waypoint).collect(),
            security_height: self.kmz.take_off_security_height,
            transit_speed: self.kmz.global_transitional_speed,
        }
    }

    /// Metres along the waypoints.
    fn distance(&self) -> f64 {
        length(&self.course(projects::CENTRE).waypoints)
    }

    fn payload_information(&self) -> List<PayloadInformation> {
        let row = |lens: &PayloadLensType| PayloadInformation {
            domain: Some("1".to_owned()),
            r#type: Some(self.kmz.payload.clone()),
            lens_type: Some(lens.clone()),
        };
        self.kmz.lenses.iter().map(row).collect()
    }

    fn row(&self) -> Wayline {
        Wayline {
            id: self.id.clone(),
            name: self.name.clone(),
            size: Some(self.size),
            template_types: vec![self.kmz.template_type.clone()].into(),
            update_time: Some(self.updated),
            device_model_key: Some(self.kmz.model.clone()),
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

/// The demo routes, around the docks of the demo project.
pub(crate) fn populate(world: &mut World) {
    let project = ProjectUuid::new(World::DEMO_PROJECT);
    let routes = [
        ("c2b0a3f4-1f0e-4f6a-8c55-9d3b2e7a6410", "north-fence", north_fence()),
        ("6f7a5f1e-30b4-4c0b-9d11-58f2a0c4e7d3", "south-basin-map", south_basin_map()),
        ("a41d7c60-92e5-4b3f-b7d8-0c6e5f3a2914", "tower-circle", tower_circle()),
    ];
    for (id, name, route) in routes {
        let key = format!("{}/{id}/{name}.kmz", key_prefix(&project));
        let added = add(world, &project, WaylineId::new(id), name, &route, key);
        debug_assert!(added.is_ok(), "{added:?}");
    }
}

/// A waypoint so many metres north and east of the first dock, at a height of the file.
fn near_dock(north: f64, east: f64, height: f64) -> KmzWaypoint {
    let place = projects::CENTRE.offset(north, east, 0.0);
    // As precise as planning tools write them: about a centimetre.
    let degrees = |value: f64| (value * 1e7).round() / 1e7;
    KmzWaypoint::new(degrees(place.latitude), degrees(place.longitude), height)
}

/// Round a rectangle of 260 by 340 metres, a photo at every point and a video of it all.
fn north_fence() -> Kmz {
    let corners = [
        (60.0, 0.0),
        (60.0, 90.0),
        (60.0, 180.0),
        (60.0, 260.0),
        (150.0, 260.0),
        (240.0, 260.0),
        (320.0, 260.0),
        (400.0, 260.0),
        (400.0, 160.0),
        (400.0, 60.0),
        (280.0, 0.0),
        (160.0, 0.0),
    ];
    let mut route = Kmz::new(fleet::M3TD);
    route.lenses = vec![PayloadLensType::Wide, PayloadLensType::Ir];
    route.waypoints =
        corners.map(|(north, east)| near_dock(north, east, 60.0).with_photo()).to_vec();
    with_video(route)
}

/// Six lanes of 220 metres, 40 metres apart, photos at both ends and in the middle.
fn south_basin_map() -> Kmz {
    let lanes = (0..6).flat_map(|lane| {
        let east = 60.0 + 40.0 * f64::from(lane);
        let mut ends = [-40.0, -150.0, -260.0];
        if lane % 2 == 1 {
            ends.reverse();
        }
        ends.map(|north| near_dock(north, east, 80.0).with_speed(10.0).with_photo())
    });
    let mut route = Kmz::new(fleet::M3TD);
    route.template_type = WaylineTemplateType::Mapping2d;
    route.waypoints = lanes.collect();
    route
}

/// Round a point near the second dock, in rising circles over the ellipsoid.
fn tower_circle() -> Kmz {
    let circle = (0..8).map(|step| {
        let angle = f64::from(step) * 45.0_f64.to_radians();
        let (north, east) = (640.0 + 60.0 * angle.cos(), 1100.0 + 60.0 * angle.sin());
        let height = projects::CENTRE.height + 40.0 + 4.0 * f64::from(step);
        let point = near_dock(north, east, height).with_speed(5.0);
        if step % 2 == 0 { point.with_photo() } else { point }
    });
    let mut route = Kmz::new(fleet::M4TD);
    route.lenses = vec![PayloadLensType::Wide, PayloadLensType::Ir];
    route.height_mode = HeightMode::Wgs84;
    route.waypoints = circle.collect();
    with_video(route)
}

/// The route with a video from its first waypoint to its last.
fn with_video(mut route: Kmz) -> Kmz {
    if let [first, .., last] = route.waypoints.as_mut_slice() {
        first.video = Some(VideoAction::Start);
        last.video = Some(VideoAction::Stop);
    }
    route
}

/// Where the object keys of a project begin.
pub(crate) fn key_prefix(project: &ProjectUuid) -> String {
    format!("{}/{project}/wayline", World::DEMO_ORGANIZATION)
}

/// `wayline.finish_upload`. The real one answers no more than "server error" for an object that it cannot use; why, says the note.
pub(crate) fn finish_upload(
    world: &mut World,
    caller: &Caller,
    operation: WaylineFinishUpload,
) -> Result<RegisteredWayline, Refusal> {
    let project = world.project_of(caller)?;
    let WaylineFinishUpload { name, object_key: key, .. } = operation;
    if name.trim().is_empty() {
        return Err(Refusal::argument("name", "is empty"));
    }
    let useless = |why: String| Err(Refusal::server("server error").with_note(why));
    let prefix = key_prefix(&project);
    let rest = key.strip_prefix(&prefix).and_then(|rest| rest.strip_prefix('/'));
    if rest.and_then(|rest| rest.strip_suffix(".kmz")).is_none_or(str::is_empty) {
        return useless(format!(
            "`object_key` does not begin with the `object_key_prefix` of project.sts_token or does not end with .kmz: `{key}`"
        ));
    }
    let id = WaylineId::new(world.new_uuid());
    if let Err(why) = register(world, &project, id.clone(), &name, key.clone()) {
        return useless(why);
    }
    world.events.push(Event::WaylineFileUploaded(WaylineFileUploaded {
        id: id.to_string(),
        name: name.clone(),
        kind: 5,
        sub_file_type: 0,
        object_key: key,
    }));
    Ok(RegisteredWayline { name, uuid: id })
}

/// Makes a route of an object of the bucket, or says why it is none.
fn register(
    world: &mut World,
    project: &ProjectUuid,
    id: WaylineId,
    name: &str,
    object_key: String,
) -> Result<(), String> {
    let Some(object) = world.store.get(&object_key) else {
        return Err(format!("there is no object `{object_key}`: upload it first"));
    };
    let len = object.content.len();
    let most = usize::try_from(len).ok().filter(|len| *len <= Kmz::MOST_BYTES);
    let Some(most) = most else {
        return Err(format!("the object has {len} bytes; a route has {} at most", Kmz::MOST_BYTES));
    };
    let kmz = Kmz::read(&object.content.read(0, most)).map_err(|error| error.to_string())?;
    let updated = world.now();
    let size = i64::try_from(len).unwrap_or(i64::MAX);
    let project = project.clone();
    let name = name.to_owned();
    world.routes.routes.push(Route { id, project, name, kmz, size, updated, object_key });
    Ok(())
}

/// Writes a route file into the bucket and makes a route of it.
fn add(
    world: &mut World,
    project: &ProjectUuid,
    id: WaylineId,
    name: &str,
    route: &Kmz,
    object_key: String,
) -> Result<(), KmzError> {
    world.put_object(&object_key, route.to_bytes()?);
    let registered = register(world, project, id, name, object_key);
    debug_assert!(registered.is_ok(), "{registered:?}");
    Ok(())
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
        distance: Some((route.distance() * 10.0).round() / 10.0),
        wayline_point_nums: i32::try_from(route.kmz.waypoints.len()).ok(),
    })
}

impl World {
    /// Puts a route into a project: its file into the bucket, and then as an upload would.
    ///
    /// # Errors
    ///
    /// When the route could not be read again, for instance because it has no waypoint.
    pub fn add_kmz(
        &mut self,
        project: &ProjectUuid,
        name: &str,
        route: &Kmz,
    ) -> Result<WaylineId, KmzError> {
        let id = WaylineId::new(self.new_uuid());
        let key = format!("{}/{id}/{name}.kmz", key_prefix(project));
        add(self, project, id.clone(), name, route, key)?;
        Ok(id)
    }

    /// Puts a waypoint route into a project: its points as latitude, longitude (degrees) and height over the ellipsoid (metres), with a photo at
    /// each. A route with a single point is what FlightHub refuses to fly.
    ///
    /// # Errors
    ///
    /// When there is no point, or one that is none on earth.
    pub fn add_route(
        &mut self,
        project: &ProjectUuid,
        name: &str,
        model: &DeviceModelKey,
        points: &[(f64, f64, f64)],
    ) -> Result<WaylineId, KmzError> {
        let mut route = Kmz::new(model.clone());
        route.height_mode = HeightMode::Wgs84;
        let waypoint = |(latitude, longitude, height): &(f64, f64, f64)| {
            KmzWaypoint::new(*latitude, *longitude, *height).with_photo()
        };
        route.waypoints = points.iter().map(waypoint).collect();
        self.add_kmz(project, name, &route)
    }
}
