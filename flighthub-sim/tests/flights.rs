//! From the route file that is uploaded to the bytes of the photos of its flight.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod support;

use flighthub_api::Secret;
use flighthub_api::v1::{
    DeviceSn, DockSn, DroneSn, FlightTaskSummary, MediaFile, MediaFileType, OutOfControlAction,
    PayloadLensType, ProjectStsToken, ProjectUuid, ResumableStatus, RthMode, Service, TaskCreate,
    TaskGet, TaskList, TaskMedia, TaskStatus, TaskTrack, TaskUuid, Track, WaylineFinishUpload,
    WaylineGet, WaylineId, WaylineList, WaylineTemplateType,
};
use flighthub_sim::kmz::{HeightMode, Kmz, KmzWaypoint, VideoAction};
use flighthub_sim::{Deed, MediaTrouble, Refusal, World};

use support::{
    A1, C3, METRE, NORTH, after, caller, code, drone_state, immediate, seconds, world, yard,
};

const DRONE: &str = "1581F0Q8X000U00G00A1";
/// Height of the first dock over the ellipsoid.
const DOCK: f64 = 12.0;

fn key(world: &mut World, name: &str) -> String {
    let token = world.project_sts_token(&caller(), ProjectStsToken::new()).unwrap();
    format!("{}/0f3c/{name}.kmz", token.object_key_prefix)
}

fn finish(world: &mut World, name: &str, key: &str) -> Result<WaylineId, Refusal> {
    let operation = WaylineFinishUpload::new(name, key);
    world.wayline_finish_upload(&caller(), operation).map(|route| route.uuid)
}

/// Uploads a route and registers it.
fn upload(world: &mut World, name: &str, route: &Kmz) -> WaylineId {
    let key = key(world, name);
    world.put_object(&key, route.to_bytes().unwrap());
    finish(world, name, &key).unwrap()
}

fn create(world: &mut World, route: &str, edit: impl FnOnce(&mut TaskCreate)) -> TaskUuid {
    let mut operation = immediate(A1, route);
    edit(&mut operation);
    world.task_create(&caller(), operation).unwrap().task_uuid
}

fn status(world: &mut World, task: &TaskUuid) -> TaskStatus {
    world.task_get(&caller(), TaskGet::new(task)).unwrap().status
}

fn until(world: &mut World, task: &TaskUuid, wanted: &TaskStatus) {
    for _ in 0..7200 {
        if status(world, task) == *wanted {
            return;
        }
        world.advance(seconds(1));
    }
    panic!("still {} and not {wanted}", status(world, task));
}

fn rows(world: &mut World, sn: &str) -> Vec<FlightTaskSummary> {
    let (begin, end) = (world.now().saturating_sub(seconds(86_400)), after(world.now(), 86_400));
    world.task_list(&caller(), TaskList::new(sn, begin, end)).unwrap().into_vec()
}

fn row(world: &mut World, task: &TaskUuid) -> FlightTaskSummary {
    rows(world, A1).into_iter().find(|row| row.uuid == *task).unwrap()
}

fn track(world: &mut World, task: &TaskUuid) -> Track {
    world.task_track(&caller(), TaskTrack::new(task)).unwrap().track.unwrap()
}

fn media(world: &mut World, task: &TaskUuid) -> Vec<MediaFile> {
    world.task_media(&caller(), TaskMedia::new(task)).unwrap().into_vec()
}

/// Flies a route to its end, and until all media are there.
fn flown(world: &mut World, route: &WaylineId) -> TaskUuid {
    let task = create(world, route.as_str(), |_| ());
    until(world, &task, &TaskStatus::Success);
    world.advance(seconds(900));
    task
}

/// The key of the object behind a signed address.
fn object_key(address: &Secret) -> String {
    let address = address.expose().split('?').next().unwrap();
    address[address.find(World::DEMO_ORGANIZATION).unwrap()..].to_owned()
}

fn bytes(world: &World, address: &Secret) -> Vec<u8> {
    world.read_object(&object_key(address), 0, usize::MAX).unwrap()
}

/// The nearest that a track comes to a place, in metres.
fn nearest(track: &Track, latitude: f64, longitude: f64, height: f64) -> f64 {
    let distance = |north: f64, east: f64, up: f64| north.hypot(east).hypot(up);
    let points = track.points.iter().map(|point| {
        distance(
            (point.latitude - latitude) / METRE,
            (point.longitude - longitude) / METRE,
            point.height.unwrap() - height,
        )
    });
    points.fold(f64::MAX, f64::min)
}

#[test]
fn the_flight_follows_the_route_that_was_uploaded() {
    for (mode, base) in [(HeightMode::RelativeToStartPoint, DOCK), (HeightMode::Wgs84, 0.0)] {
        let mut world = world();
        let mut file = yard();
        file.height_mode = mode;
        let route = upload(&mut world, "yard", &file);
        let task = flown(&mut world, &route);
        let track = track(&mut world, &task);
        for point in &file.waypoints {
            let way = nearest(&track, point.latitude, point.longitude, base + point.height);
            // It stays there for its photo, longer than the track leaves out.
            assert!(way < 0.5, "{mode:?}: {way}");
        }
        let row = row(&mut world, &task);
        assert_eq!((row.current_waypoint_index, row.total_waypoints), (Some(3), Some(3)));
    }
}

#[test]
fn the_track_adds_up_and_keeps_the_speeds_of_the_route() {
    let mut world = world();
    let mut file = yard();
    file.waypoints[2].speed = 3.0;
    file.global_transitional_speed = 14.0;
    let route = upload(&mut world, "slow", &file);
    let task = create(&mut world, route.as_str(), |_| ());
    until(&mut world, &task, &TaskStatus::Executing);
    let (mut fastest, mut on_last) = (0.0_f64, Vec::new());
    while status(&mut world, &task) == TaskStatus::Executing {
        let state = drone_state(&mut world);
        let speed = state.horizontal_speed.unwrap();
        fastest = fastest.max(speed);
        let is_route = state.mode_code.unwrap().as_str() == "wayline_flight";
        if is_route && row(&mut world, &task).current_waypoint_index == Some(2) && speed > 0.1 {
            on_last.push(speed);
        }
        world.advance(seconds(1));
    }
    assert!((13.0..=14.1).contains(&fastest), "{fastest}");
    assert!(on_last.len() > 30 && on_last.iter().all(|speed| *speed <= 3.05), "{on_last:?}");

    let track = track(&mut world, &task);
    let metres = |pair: &[flighthub_api::v1::TrackPoint]| {
        let (one, other) = (&pair[0], &pair[1]);
        let north = (one.latitude - other.latitude) / METRE;
        let east = (one.longitude - other.longitude) / METRE;
        north.hypot(east).hypot(one.height.unwrap() - other.height.unwrap())
    };
    let sum: f64 = track.points.windows(2).map(metres).sum();
    let distance = track.flight_distance.unwrap();
    assert!((sum - distance).abs() < 0.01 * distance, "{sum} {distance}");
    let first = track.points.first().unwrap().timestamp;
    let took = track.points.last().unwrap().timestamp.duration_since(&first).as_secs();
    assert_eq!(track.flight_duration, i64::try_from(took).ok());
    for pair in track.points.windows(2) {
        assert!(metres(pair) <= 2.0 * 14.0 + 0.5, "{pair:?}");
        assert!(pair[1].timestamp.duration_since(&pair[0].timestamp).as_secs() <= 2);
    }
}

#[test]
fn the_route_is_shown_as_its_file_is() {
    let mut world = world();
    let mut file = yard();
    file.template_type = WaylineTemplateType::Mapping3d;
    file.payload = "98".to_owned();
    file.lenses = vec![PayloadLensType::Zoom, PayloadLensType::Ir];
    let route = upload(&mut world, "blocks", &file);
    let detail = world.wayline_get(&caller(), WaylineGet::new(&route)).unwrap();
    assert_eq!(detail.template_types[..], [WaylineTemplateType::Mapping3d]);
    assert_eq!(detail.device_model_key.unwrap().as_str(), "0-91-1");
    let payloads: Vec<_> = detail
        .payload_information
        .iter()
        .map(|row| (row.r#type.clone().unwrap(), row.lens_type.clone().unwrap()))
        .collect();
    let payload = |lens| ("98".to_owned(), lens);
    assert_eq!(payloads, [payload(PayloadLensType::Zoom), payload(PayloadLensType::Ir)]);
    assert_eq!((detail.distance, detail.wayline_point_nums), (Some(200.0), Some(3)));
    let download = bytes(&world, &detail.download_url.unwrap());
    assert_eq!(download, file.to_bytes().unwrap(), "the very object");
    assert_eq!(detail.size, i64::try_from(download.len()).ok());

    // The demo routes are files as well.
    let detail = world.wayline_get(&caller(), WaylineGet::new(NORTH)).unwrap();
    let download = Kmz::read(&bytes(&world, &detail.download_url.unwrap())).unwrap();
    assert_eq!(download.waypoints.len(), 12);
}

#[test]
fn a_name_may_come_twice_and_one_waypoint_shows_only_when_it_shall_fly() {
    let mut world = world();
    let (one, other) = (upload(&mut world, "yard", &yard()), upload(&mut world, "yard", &yard()));
    assert_ne!(one, other);
    let mut file = yard();
    file.waypoints.truncate(1);
    let short = upload(&mut world, "short", &file);
    let list = world.wayline_list(&caller(), WaylineList::new()).unwrap();
    let names: Vec<_> = list.iter().map(|row| row.name.as_str()).skip(3).collect();
    assert_eq!(names, ["yard", "yard", "short"]);
    let task = immediate(A1, short.as_str());
    assert_eq!(code(world.task_create(&caller(), task)), 219_019);
    let mut file = yard();
    file.model = "0-67-1".into();
    let other_model = upload(&mut world, "for-an-m30t", &file);
    let refusal = world.task_create(&caller(), immediate(A1, other_model.as_str())).unwrap_err();
    assert_eq!(refusal.code.get(), 219_019);
    assert!(refusal.message.contains("0-67-1") && refusal.message.contains("0-91-1"), "{refusal}");
}

#[test]
fn files_that_are_not_sound_are_a_server_error_that_only_the_note_explains() {
    let mut world = world();
    let good = yard().to_bytes().unwrap();
    let cases: [(&str, Option<Vec<u8>>, &str); 4] = [
        ("missing", None, "there is no object"),
        ("cut", Some(good[..good.len() / 2].to_vec()), "is no ZIP archive"),
        ("text", Some(b"<kml/>".to_vec()), "is no ZIP archive"),
        ("empty", Some(Vec::new()), "is no ZIP archive"),
    ];
    for (name, content, why) in cases {
        let key = key(&mut world, name);
        if let Some(content) = content {
            world.put_object(&key, content);
        }
        let refusal = finish(&mut world, name, &key).unwrap_err();
        assert_eq!((refusal.http, refusal.code.get()), (500, 200_500), "{name}");
        assert_eq!(refusal.message, "server error", "{name}");
        assert!(refusal.note.as_ref().unwrap().contains(why), "{name}: {:?}", refusal.note);
    }
    assert_eq!(world.wayline_list(&caller(), WaylineList::new()).unwrap().len(), 3);
    // Put right under the same key, it is taken.
    let key = key(&mut world, "missing");
    world.put_object(&key, good);
    assert!(finish(&mut world, "missing", &key).is_ok());
}

#[test]
fn every_row_is_a_file_of_its_size() {
    let mut world = world();
    let mut file = yard();
    file.template_type = WaylineTemplateType::Mapping2d;
    file.lenses = vec![PayloadLensType::Wide, PayloadLensType::Ir];
    file.waypoints[0] = file.waypoints[0].with_video(VideoAction::Start).with_photo();
    file.waypoints[1] = file.waypoints[1].with_video(VideoAction::Stop);
    let route = upload(&mut world, "yard", &file);
    let task = flown(&mut world, &route);
    let files = media(&mut world, &task);
    let endings: Vec<_> = files
        .iter()
        .map(|file| {
            let name = file.name.as_ref().unwrap();
            let number = name.splitn(3, '_').nth(2).unwrap();
            format!("{number}{}", file.suffix.as_ref().unwrap())
        })
        .collect();
    // A video, two photos at the first waypoint, one at the others, with two lenses each, and the observations.
    assert_eq!(
        endings,
        [
            "0001_V.mp4",
            "0002_W.jpeg",
            "0002_T.jpeg",
            "0003_W.jpeg",
            "0003_T.jpeg",
            "0004_W.jpeg",
            "0004_T.jpeg",
            "0005_W.jpeg",
            "0005_T.jpeg",
            "0006_PPKRAW.bin"
        ]
    );
    let mut seen = std::collections::BTreeSet::new();
    for file in &files {
        let address = file.original_url.as_ref().unwrap();
        let content = bytes(&world, address);
        assert_eq!(file.size, i64::try_from(content.len()).ok(), "{file:?}");
        assert_eq!(
            world.object(&object_key(address)).map(|(_, size)| size),
            Some(content.len() as u64)
        );
        assert!(content.len() < 1_500_000, "{file:?}");
        match file.file_type {
            MediaFileType::Image => {
                assert_eq!(
                    (&content[..4], &content[6..10]),
                    (&[0xff, 0xd8, 0xff, 0xe0][..], &b"JFIF"[..])
                );
                assert_eq!(content[content.len() - 2..], [0xff, 0xd9]);
            }
            MediaFileType::Video => assert_eq!(content[4..12], *b"ftypisom"),
            _ => assert_eq!(content[..3], [0xd3, 0, 250]),
        }
        if let Some(preview) = &file.preview_url {
            let preview = bytes(&world, preview);
            assert_eq!((preview.len(), &preview[..2]), (16_384, &[0xff, 0xd8][..]));
        }
        assert!(seen.insert(content), "no file is there twice");
    }
}

#[test]
fn files_may_be_huge_and_still_cost_nothing() {
    const HUGE: u64 = 5 << 30;
    let mut world = world();
    let sizes = |image, video| Deed::MediaSizes { image, video, ppk: None };
    for (wrong, field) in [
        (sizes(Some(10), None), "`image`"),
        (sizes(None, Some(100)), "`video`"),
        (sizes(Some(u64::MAX), None), "`image`"),
    ] {
        assert!(world.apply(&wrong).unwrap_err().starts_with(field));
    }
    world.apply(&sizes(Some(70_000), Some(HUGE))).unwrap();
    let task = create(&mut world, NORTH, |_| ());
    until(&mut world, &task, &TaskStatus::Success);
    world.advance(seconds(4_000));
    let files = media(&mut world, &task);
    assert_eq!(files.len(), 25);
    assert!(files[1..].iter().all(|file| file.size == Some(70_000)));
    let video = object_key(files[0].original_url.as_ref().unwrap());
    assert_eq!(
        (files[0].size, world.object(&video).map(|(_, size)| size)),
        (i64::try_from(HUGE).ok(), Some(HUGE))
    );
    let part = world.read_object(&video, HUGE - 10, 100).unwrap();
    assert_eq!(part.len(), 10);
    let around = world.read_object(&video, HUGE - 20, 20).unwrap();
    assert_eq!(around[10..], part);
    assert!(world.read_object("nothing", 0, 1).is_none());
}

#[test]
fn media_lists_have_the_oddities_of_real_ones() {
    let mut world = world();
    let route = upload(&mut world, "yard", &yard());
    let task = flown(&mut world, &route);
    assert_eq!(media(&mut world, &task).len(), 3);
    world.apply(&Deed::MediaDirectoryRow { shown: true }).unwrap();
    world.apply(&Deed::MediaDuplicates { shown: true }).unwrap();
    let files = media(&mut world, &task);
    assert_eq!(files.len(), 5);
    assert_eq!(files[0].uuid, files[3].uuid);
    let directory = &files[4];
    assert_eq!(directory.name.as_deref(), Some("Remote-Control"));
    assert_eq!((&directory.file_type, directory.size), (&MediaFileType::Unsupported, Some(0)));
    let address = directory.original_url.as_ref().unwrap().expose();
    assert!(address.ends_with('/') && address.matches('/').count() == 3, "{address}");
    assert_eq!(
        world
            .task_get(&caller(), TaskGet::new(&task))
            .unwrap()
            .folder_info
            .unwrap()
            .expected_file_count,
        Some(3)
    );

    let trouble = |trouble, calls| Deed::MediaTrouble { trouble, calls };
    let answer = |world: &mut World| code(world.task_media(&caller(), TaskMedia::new(&task)));
    world.apply(&trouble(Some(MediaTrouble::Busy), Some(2))).unwrap();
    let answers: Vec<_> = (0..4).map(|_| answer(&mut world)).collect();
    assert_eq!(answers, [219_021, 219_021, 0, 0]);
    world.apply(&trouble(Some(MediaTrouble::NoDirectory), None)).unwrap();
    assert!((0..10).all(|_| answer(&mut world) == 217_028));
    world.apply(&trouble(Some(MediaTrouble::NullList), None)).unwrap();
    assert!(world.task_media(&caller(), TaskMedia::new(&task)).unwrap().is_empty());
    world.apply(&trouble(None, None)).unwrap();
    assert_eq!(media(&mut world, &task).len(), 5);
    let text = r#"{"do":"media-trouble","trouble":"busy","calls":1}"#;
    assert_eq!(
        serde_json::from_str::<Deed>(text).unwrap(),
        trouble(Some(MediaTrouble::Busy), Some(1))
    );
}

#[test]
fn a_flight_that_the_battery_broke_off_is_gone_on_with() {
    let mut world = world();
    let task = create(&mut world, NORTH, |task| task.resumable_status = ResumableStatus::Auto);
    until(&mut world, &task, &TaskStatus::Executing);
    world.advance(seconds(100));
    let before = drone_state(&mut world);
    world.apply(&Deed::Battery { drone: DroneSn::new(DRONE), percent: 12 }).unwrap();
    until(&mut world, &task, &TaskStatus::PartiallyDone);
    let parent = row(&mut world, &task);
    let done = parent.current_waypoint_index.unwrap();
    assert!((1..12).contains(&done), "{done}");

    world.advance(seconds(30));
    let children: Vec<_> = rows(&mut world, A1)
        .into_iter()
        .filter(|row| row.is_break_point_resume == Some(true))
        .collect();
    let [child] = children.as_slice() else { panic!("{children:?}") };
    // The battery is still empty.
    assert_eq!((&child.status, child.current_waypoint_index), (&TaskStatus::Waiting, Some(done)));
    assert_eq!((&child.name, &child.wayline_uuid), (&parent.name, &parent.wayline_uuid));
    until(&mut world, &child.uuid, &TaskStatus::Executing);
    let battery = drone_state(&mut world).battery.unwrap().capacity_percent.unwrap();
    assert!(battery >= 79.0, "{battery}");
    until(&mut world, &child.uuid, &TaskStatus::Success);
    let ended = row(&mut world, &child.uuid);
    assert_eq!((ended.current_waypoint_index, ended.total_waypoints), (Some(12), Some(12)));
    let track = track(&mut world, &child.uuid);
    let (latitude, longitude) = (before.latitude.unwrap(), before.longitude.unwrap());
    let way = nearest(&track, latitude, longitude, before.height.unwrap());
    assert!(way < 12.0, "begins where the other ended: {way}");
    world.advance(seconds(900));
    let (first, second) = (media(&mut world, &task).len(), media(&mut world, &child.uuid).len());
    // Every photo once; the video was broken off with the flight.
    assert_eq!(first + second, 25);
    assert_eq!(status(&mut world, &task), TaskStatus::PartiallyDone);
}

#[test]
fn nothing_goes_on_by_itself_when_that_is_up_to_people_or_somebody_called_it_home() {
    use flighthub_api::v1::{DeviceCommand, FlightCommand};
    for resumable in [ResumableStatus::Manual, ResumableStatus::Auto] {
        let mut world = world();
        let is_manual = resumable == ResumableStatus::Manual;
        let task = create(&mut world, NORTH, |task| task.resumable_status = resumable);
        until(&mut world, &task, &TaskStatus::Executing);
        world.advance(seconds(60));
        let wanted = if is_manual {
            world.set_battery(&DroneSn::new(DRONE), 17);
            TaskStatus::PartiallyDone
        } else {
            let order = DeviceCommand::new(DRONE, FlightCommand::ReturnHome);
            world.device_command(&caller(), order).unwrap();
            TaskStatus::Terminated
        };
        until(&mut world, &task, &wanted);
        world.advance(seconds(60));
        let rows = rows(&mut world, A1);
        assert!(rows.iter().all(|row| row.is_break_point_resume == Some(false)), "{rows:?}");
    }
}

#[test]
fn without_its_link_an_aircraft_does_what_the_task_says() {
    use OutOfControlAction::{ContinueTask, ReturnHome};
    for (action, wanted) in
        [(ReturnHome, TaskStatus::PartiallyDone), (ContinueTask, TaskStatus::Success)]
    {
        let mut world = world();
        let task = create(&mut world, NORTH, |task| task.out_of_control_action_in_flight = action);
        until(&mut world, &task, &TaskStatus::Executing);
        world.advance(seconds(60));
        world.apply(&Deed::Disconnect { sn: DeviceSn::new(A1) }).unwrap();
        until(&mut world, &task, &wanted);
        assert!(media(&mut world, &task).is_empty(), "nothing is uploaded without a link");
        world.apply(&Deed::Connect { sn: DeviceSn::new(A1) }).unwrap();
        world.advance(seconds(120));
        assert!(!media(&mut world, &task).is_empty());
    }
}

#[test]
fn an_optimal_return_is_lower_than_a_preset_one() {
    let top = |mode| {
        let mut world = world();
        let task = create(&mut world, NORTH, |task| {
            (task.rth_mode, task.rth_altitude) = (mode, 110);
        });
        until(&mut world, &task, &TaskStatus::Success);
        let heights =
            track(&mut world, &task).points.into_iter().map(|point| point.height.unwrap());
        heights.fold(0.0, f64::max)
    };
    let (preset, optimal) = (top(RthMode::Preset), top(RthMode::Optimal));
    assert!((DOCK + 100.0..=DOCK + 110.0).contains(&preset), "{preset}");
    assert!((optimal - DOCK - 60.0).abs() < 0.2, "{optimal}");
}

#[test]
fn more_statuses_than_eight_are_shown_on_demand() {
    let seen = |shown| {
        let mut world = world();
        world.apply(&Deed::ExtraStatuses { shown }).unwrap();
        let task = create(&mut world, NORTH, |_| ());
        let mut seen = Vec::new();
        for _ in 0..40 {
            let status = status(&mut world, &task).as_str().to_owned();
            if seen.last() != Some(&status) {
                seen.push(status);
            }
            world.advance(seconds(1));
        }
        seen
    };
    assert_eq!(seen(false), ["waiting", "executing"]);
    assert_eq!(seen(true), ["waiting", "preparing", "queue_for_takeoff", "executing"]);
}

#[test]
fn without_a_drone_in_the_dock_nothing_starts() {
    let mut world = world();
    support::calibrate(&mut world, C3);
    world.advance(seconds(31));
    let operation = immediate(C3, NORTH);
    let task = world.task_create(&caller(), operation).unwrap().task_uuid;
    until(&mut world, &task, &TaskStatus::StartingFailure);
    let row = rows(&mut world, C3).into_iter().find(|row| row.uuid == task).unwrap();
    let message = row.exceptions[0].message.as_deref();
    assert_eq!(message, Some("there is no aircraft in the dock"));
}

#[test]
fn flights_by_hand_are_in_the_history() {
    let mut world = world();
    let before = rows(&mut world, A1).len();
    let deed = |dock: &str, minutes| Deed::ManualFlight { dock: DockSn::new(dock), minutes };
    world.apply(&deed(A1, 9)).unwrap();
    let rows = rows(&mut world, A1);
    assert_eq!(rows.len(), before + 1);
    let flight = rows.iter().find(|row| row.completed_at == Some(world.now())).unwrap();
    assert_eq!((flight.task_type.as_str(), &flight.status), ("manual", &TaskStatus::Success));
    assert_eq!(flight.wayline_uuid, Some(WaylineId::new("")));
    assert_eq!(code(world.task_media(&caller(), TaskMedia::new(&flight.uuid))), 217_028);
    assert_eq!(code(world.task_track(&caller(), TaskTrack::new(&flight.uuid))), 219_039);
    for (wrong, why) in [
        (deed(A1, 0), "1 to 60"),
        (deed("7CTX", 5), "no dock"),
        (deed(C3, 5), "`dock`: there is no aircraft"),
    ] {
        assert!(world.apply(&wrong).unwrap_err().contains(why));
    }
}

#[test]
fn routes_can_be_added_without_an_upload() {
    let mut world = world();
    let project = ProjectUuid::new(World::DEMO_PROJECT);
    let route = world.add_kmz(&project, "yard", &yard()).unwrap();
    let task = flown(&mut world, &route);
    assert_eq!(media(&mut world, &task).len(), 3);
    let nothing = world.add_route(&project, "nothing", &"0-91-1".into(), &[]);
    assert!(nothing.is_err());
    let far = KmzWaypoint::new(120.0, 0.0, 50.0);
    let mut route = yard();
    route.waypoints.push(far);
    assert!(world.add_kmz(&project, "far", &route).is_err());
    assert_eq!(world.wayline_list(&caller(), WaylineList::new()).unwrap().len(), 4);
}
