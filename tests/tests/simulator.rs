//! The client against the simulator, over HTTP on the loopback device. What goes over the wire is judged by the YAML.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flighthub_api::v1::*;
use flighthub_api::{
    Accepted, Client, ErrorCode, ErrorKind, Project, Region, Timestamp, WriteOutcome, blocking,
};
use flighthub_sim::contract::Request;
use flighthub_sim::kmz::{Kmz, KmzWaypoint};
use flighthub_sim::{Profile, Sim, World};
use flighthub_tests::{description, endpoint, violations};
use serde_json::Value;

const DOCK: &str = "7CTXN0000B00A1";
const DRONE: &str = "1581F0Q8X000U00G00A1";
const DOCK_CAMERA: &str = "165-0-7";
const DRONE_CAMERA: &str = "81-0-0";

/// One request with its reply, as they went over the wire.
#[derive(Debug)]
struct Exchange {
    request: Request,
    status: u16,
    reply: String,
}

/// A port that hands everything on to a simulator and keeps a copy.
struct Tap {
    url: String,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

impl Tap {
    fn before(sim: &Sim) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let target = sim.url().strip_prefix("http://").unwrap().to_owned();
        let exchanges = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&exchanges);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (target, kept) = (target.clone(), Arc::clone(&kept));
                std::thread::spawn(move || hand_on(stream.unwrap(), &target, &kept));
            }
        });
        Self { url, exchanges }
    }

    fn client(&self, sim: &Sim) -> Client {
        Client::builder(Region::on_premises(&self.url), sim.token())
            .no_rate_limit()
            .no_proxy()
            .build()
            .unwrap()
    }

    fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.exchanges.lock().unwrap())
    }
}

/// Hands one request on, each on a connection of its own, so that the end of the reply is the end of the connection.
fn hand_on(mut client: TcpStream, target: &str, kept: &Mutex<Vec<Exchange>>) {
    let Some((head, body)) = message(&mut client) else { return };
    let mut lines = head.lines();
    let mut first = lines.next().unwrap().split(' ');
    let (method, url) = (first.next().unwrap(), first.next().unwrap());
    let (path, query) =
        url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query.to_owned())));
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query,
        headers: headers.collect(),
        body: (!body.is_empty()).then(|| body.clone()),
    };

    let mut server = TcpStream::connect(target).unwrap();
    write!(server, "{head}\r\nConnection: close\r\n\r\n{body}").unwrap();
    let mut reply = String::new();
    server.read_to_string(&mut reply).unwrap();
    let (reply_head, reply_body) = reply.split_once("\r\n\r\n").unwrap();
    let status = reply_head.split(' ').nth(1).unwrap().parse().unwrap();
    kept.lock().unwrap().push(Exchange { request, status, reply: reply_body.to_owned() });
    client.write_all(reply.as_bytes()).unwrap();
    let _ = client.shutdown(Shutdown::Write);
}

/// Head and body of the request; nothing when the client only looked whether somebody is there.
fn message(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned)
            });
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Some((head.to_owned(), body.to_owned()));
            }
        }
        match stream.read(&mut buffer).unwrap() {
            0 => return None,
            count => bytes.extend(&buffer[..count]),
        }
    }
}

fn direct(sim: &Sim) -> Client {
    Client::builder(Region::on_premises(sim.url()), sim.token())
        .no_rate_limit()
        .no_proxy()
        .build()
        .unwrap()
}

fn task(wayline: &WaylineId, schedule: TaskSchedule) -> TaskCreateArgs {
    TaskCreateArgs {
        name: "North fence".to_owned(),
        wayline_uuid: wayline.clone(),
        sn: DOCK.into(),
        time_zone: "Atlantic/Cape_Verde".to_owned(),
        rth_altitude: 60,
        rth_mode: RthMode::Preset,
        wayline_precision_type: WaylinePrecisionType::Rtk,
        out_of_control_action_in_flight: OutOfControlAction::ReturnHome,
        resumable_status: ResumableStatus::Manual,
        schedule,
    }
}

/// Waits in virtual time until a task is in a state.
async fn until(sim: &Sim, project: &Project, uuid: &TaskUuid, status: TaskStatus) -> FlightTask {
    for _ in 0..720 {
        let task = project.tasks().get(uuid.clone()).await.unwrap();
        if task.status == status {
            return task;
        }
        sim.advance(Duration::from_secs(5));
    }
    panic!("the task is not {status} within an hour");
}

/// A route file for the aircraft of the first dock.
fn route_file() -> Vec<u8> {
    let mut route = Kmz::new("0-91-1");
    let corners = [(0.0205, -25.3), (0.0215, -25.3), (0.0215, -25.299), (0.0205, -25.299)];
    let point = |(latitude, longitude)| KmzWaypoint::new(latitude, longitude, 60.0).with_photo();
    route.waypoints = corners.map(point).to_vec();
    route.to_bytes().unwrap()
}

/// A working day that needs every operation. The simulator is strict: it refuses what is not as documented.
#[tokio::test]
async fn all_42_operations_go_over_the_wire_as_documented() {
    // Only a private installation has the stream converters.
    let sim = Sim::builder().seed(5).strict(true).profile(Profile::Private).start().await.unwrap();
    let tap = Tap::before(&sim);
    let client = tap.client(&sim);
    let project = client.project(sim.project());

    // The organization and its people.
    assert_eq!(client.system().status().await.unwrap(), Accepted::new());
    let projects = client.projects().list().with(|list| list.page_size = Some(10)).await.unwrap();
    assert_eq!(
        projects.iter().map(|project| project.uuid.as_str()).collect::<Vec<_>>(),
        [
            World::DEMO_PROJECT,
            World::EMPTY_PROJECT,
            World::CONTROLLER_PROJECT,
            World::DRONE_PROJECT,
            World::CLOSED_PROJECT,
        ]
    );
    let docks = client.projects().devices_of_organization().await.unwrap();
    let pairs = project.projects().devices().await.unwrap();
    assert!(docks.len() < pairs.len(), "the organization lists docks only");
    project
        .projects()
        .add_members(vec![ProjectMember::new("1800000000000000001", ProjectRole::Member)])
        .await
        .unwrap();

    // A route.
    let storage = project.projects().sts_token().await.unwrap();
    let key = format!("{}/9f0c6a52/north.kmz", storage.object_key_prefix);
    sim.with_world(|world| world.put_object(&key, route_file()));
    let route = project.waylines().finish_upload("North", key).await.unwrap();
    assert!(project.waylines().list().await.unwrap().iter().any(|row| row.id == route.uuid));
    let detail = project.waylines().get(route.uuid.clone()).await.unwrap();
    assert!(detail.download_url.unwrap().expose().starts_with(sim.storage_url()));

    // Devices, cameras and streams.
    let state = project.devices().state(DOCK).await.unwrap();
    assert_eq!(state.device_state.unwrap().dock().mode_code, Some(GatewayModeName::Idle));
    assert_eq!(project.devices().hms([DOCK, DRONE]).await.unwrap().odd(), []);
    project.devices().change_camera(DOCK, DOCK_CAMERA, CameraPosition::Outdoor).await.unwrap();
    let playback = project
        .livestream()
        .start(DRONE, DRONE_CAMERA, 600)
        .with(|start| start.quality_type = Some(StreamQuality::Smooth))
        .await
        .unwrap();
    assert!(!playback.url.is_empty());
    let holders = project.devices().acquire_control(DRONE, [DRONE_CAMERA]).await.unwrap();
    assert_eq!(holders.drone_sn, DroneSn::new(DRONE));
    project.devices().change_lens(DRONE, DRONE_CAMERA, LensType::Zoom).await.unwrap();
    project
        .devices()
        .set_stream_quality(DRONE, DRONE_CAMERA, StreamQuality::Adaptive)
        .await
        .unwrap();
    project.devices().release_control(DRONE, [DRONE_CAMERA]).await.unwrap();
    let target = RtmpTarget::new(RtmpOption::new("rtmp://media.example.net/live/north"));
    let converter = project
        .converters()
        .create("North", DOCK, DOCK_CAMERA, target.into())
        .await
        .unwrap()
        .converter_id;
    project.converters().set(converter.clone(), true).await.unwrap();
    assert_eq!(project.converters().list().await.unwrap()[0].auto_push_stream, Some(true));
    project.converters().delete(converter).await.unwrap();

    // A flight, and one that is put off.
    let created =
        project.tasks().create(task(&route.uuid, TaskSchedule::Immediate)).await.unwrap().task_uuid;
    until(&sim, &project, &created, TaskStatus::Executing).await;
    sim.advance(Duration::from_secs(60));
    project.devices().command(DRONE, FlightCommand::PauseTask).await.unwrap();
    project.devices().command(DRONE, FlightCommand::ResumeTask).await.unwrap();
    until(&sim, &project, &created, TaskStatus::Success).await;
    sim.advance(Duration::from_secs(1800));
    let day = Duration::from_secs(86_400);
    let now = sim.now();
    let rows = project
        .tasks()
        .list(DOCK, now.saturating_sub(day), now.saturating_add(day))
        .with(|list| {
            list.status = vec![TaskStatus::Success, TaskStatus::Waiting];
            // The demo world's history also has a flight by hand, whose type `manual` is real and not documented.
            list.name = Some("North".to_owned());
        })
        .await
        .unwrap();
    assert_eq!(rows.iter().map(|row| &row.uuid).collect::<Vec<_>>(), [&created]);
    assert!(!project.tasks().media(created.clone()).await.unwrap().is_empty());
    assert!(project.tasks().track(created.clone()).await.unwrap().track.is_some());
    let folder = project.tasks().get(created).await.unwrap().folder_info.unwrap().folder_id;
    let later = TimedSchedule::new(sim.now().saturating_add(day));
    let later = project.tasks().create(task(&route.uuid, later.into())).await.unwrap().task_uuid;
    project.tasks().set_status(later.clone(), TaskStatusChange::Suspended).await.unwrap();
    assert_eq!(project.tasks().get(later).await.unwrap().status, TaskStatus::Suspended);
    let source = DeviceCalibrateRtkArgs {
        device_sn: DOCK.into(),
        host: "ntrip.example.net".into(),
        port: 2101,
        account: "a".into(),
        password: "p".into(),
        mount_point: "RTCM32".into(),
    };
    project.devices().calibrate_rtk(source).await.unwrap();

    // What becomes of the pictures.
    let point: AnnotationCreate =
        serde_json::from_value(Value::Object(example("annotation.create"))).unwrap();
    project.annotations().create(point.name, point.desc, point.resource).await.unwrap();
    let model = ModelCreateArgs {
        name: "Pier".to_owned(),
        reconstruction_type: vec![ModelFileType::TwoD],
        simplified_factor: 0.5,
        task_folder_id: folder,
        wkt: CoordinateSystem::new(CoordinateSystem::WGS_84),
        quality_level: ReconstructionQuality::Low,
        reconstruction_mode: ReconstructionMode::Normal,
        generate_model_formats: vec![ModelFormat::B3dm, ModelFormat::Pnts],
    };
    let model = project.models().create(model).await.unwrap().id;
    sim.advance(Duration::from_secs(3600));
    assert!(project.models().list().await.unwrap().iter().any(|row| row.id == model));
    assert!(project.models().get(model).await.unwrap().url.is_some());

    // Open modeling, with and without a project.
    let grant = client.modeling().obtain_token().await.unwrap();
    let resource = ResourceUuid::new(
        grant.store_path.trim_end_matches("/{fileName}").rsplit('/').next().unwrap(),
    );
    let upload = |number: i32| {
        let name = format!("{number}.jpg");
        let key = grant.store_path.replace("{fileName}", &name);
        UploadedFile::new(name, sim.with_world(|world| world.put_object(&key, *b"hello")))
    };
    let files = (0..8).map(upload).collect();
    project
        .modeling()
        .upload_callback(resource.clone(), grant.callback_param, files)
        .await
        .unwrap();
    sim.advance(Duration::from_secs(60));
    assert_eq!(client.modeling().get_resource(resource.clone()).await.unwrap().file_names.len(), 8);
    let start = |start: &mut OpenmodelStart| {
        (start.parameter_2d, start.parameter_3d) = (Some("{}".to_owned()), Some("{}".to_owned()))
    };
    let started = client.modeling().start(resource.clone()).with(start).await.unwrap();
    let (first, second) = (started.model_2d.unwrap().uuid, started.model_3d.unwrap().uuid);
    assert_eq!(client.modeling().running().await.unwrap().len(), 2);
    project.modeling().stop(first.clone()).await.unwrap();
    assert_eq!(
        client.modeling().get(first).await.unwrap().model_status,
        Some(ReconstructionStatus::Cancelled)
    );
    client.modeling().delete(second).await.unwrap();
    client.modeling().delete_resource(resource).await.unwrap();

    let description = description();
    let exchanges = tap.take();
    let mut seen = BTreeSet::new();
    for Exchange { request, status, reply } in &exchanges {
        assert_eq!(violations(&description.judge_request(request)), [""; 0], "{request:?}");
        let endpoint = description.route(&request.method, &request.path).unwrap();
        let body: Value = serde_json::from_str(reply).unwrap();
        assert_eq!((*status, &body["code"]), (200, &Value::from(0)), "{}: {reply}", endpoint.id);
        assert_eq!(
            violations(&endpoint.judge_body(*status, &body)),
            [""; 0],
            "{}: {reply}",
            endpoint.id
        );
        seen.insert(endpoint.id.as_str());
    }
    assert!(seen.len() >= 42, "the story above calls all of V1.0: {seen:?}");

    // Operations that the story does not know yet are asked with their documented example.
    for info in CATALOGUE.iter().filter(|info| !seen.contains(info.id)) {
        let arguments = Value::Object(example(info.id)).to_string();
        let _ = project.send_any(&AnyOperation::from_args(info.id, &arguments).unwrap()).await;
        let exchanges = tap.take();
        assert_eq!(exchanges.len(), 1, "{}", info.id);
        let Exchange { request, status, reply } = &exchanges[0];
        assert_eq!(violations(&description.judge_request(request)), [""; 0], "{request:?}");
        let endpoint = description.route(&request.method, &request.path).unwrap();
        let body: Value = serde_json::from_str(reply).unwrap();
        assert_eq!(
            violations(&endpoint.judge_body(*status, &body)),
            [""; 0],
            "{}: {reply}",
            endpoint.id
        );
    }
}

fn example(id: &str) -> serde_json::Map<String, Value> {
    endpoint(id).requests().remove(0).1
}

#[tokio::test]
async fn a_mission_from_dock_to_media() {
    let sim = Sim::start().await.unwrap();
    let project = direct(&sim).project(sim.project());
    let pairs = project.projects().devices().await.unwrap();
    let pair = pairs
        .iter()
        .find(|pair| pair.gateway.as_ref().is_some_and(|dock| dock.sn.as_str() == DOCK))
        .unwrap();
    let model = pair.drone.as_ref().unwrap().device_model.as_ref().unwrap().key.clone();
    let routes = project.waylines().list().await.unwrap();
    let route =
        routes.iter().find(|route| route.device_model_key.as_ref() == Some(&model)).unwrap();

    let began = sim.now();
    let uuid =
        project.tasks().create(task(&route.id, TaskSchedule::Immediate)).await.unwrap().task_uuid;
    let error = project.tasks().track(uuid.clone()).await.unwrap_err();
    assert!(error.is_not_ready(), "{error}");
    let mut life = Vec::new();
    for _ in 0..1200 {
        let rows = project
            .tasks()
            .list(DOCK, began, began.saturating_add(Duration::from_secs(7200)))
            .await
            .unwrap();
        let row = rows.iter().find(|row| row.uuid == uuid).unwrap();
        if life.last() != Some(&row.status) {
            life.push(row.status.clone());
        }
        if matches!(
            row.status,
            TaskStatus::Success
                | TaskStatus::Terminated
                | TaskStatus::StartingFailure
                | TaskStatus::Timeout
        ) {
            break;
        }
        sim.advance(Duration::from_secs(3));
    }
    assert_eq!(life, [TaskStatus::Waiting, TaskStatus::Executing, TaskStatus::Success]);

    let ended = project.tasks().get(uuid.clone()).await.unwrap();
    assert_eq!(
        (ended.task_type, ended.status, ended.sn.as_str()),
        (TaskType::Immediate, TaskStatus::Success, DOCK)
    );
    let track = project.tasks().track(uuid.clone()).await.unwrap().track.unwrap();
    assert!(
        track.points.len() > 10 && track.flight_distance.unwrap() > 100.0,
        "{} points",
        track.points.len()
    );
    assert!(
        track.points.windows(2).all(|pair| pair[0].timestamp < pair[1].timestamp),
        "in the order of time"
    );
    assert!(
        track.points.iter().all(|point| point.timestamp >= began && point.timestamp <= sim.now())
    );

    sim.advance(Duration::from_secs(3600));
    let media = project.tasks().media(uuid.clone()).await.unwrap();
    let folder = project.tasks().get(uuid).await.unwrap().folder_info.unwrap();
    assert_eq!(folder.expected_file_count, folder.uploaded_file_count);
    let images = media.iter().filter(|file| file.file_type == MediaFileType::Image);
    assert!(images.count() > 10);
    assert!(media.iter().all(|file| file.file_type.is_known() && file.uuid.is_some()));
    assert_eq!(Some(i32::try_from(media.len()).unwrap()), folder.uploaded_file_count);
}

#[tokio::test]
async fn errors_arrive_as_what_they_are() {
    let sim = Sim::start().await.unwrap();
    let client = direct(&sim);
    let project = client.project(sim.project());
    let unknown = project.tasks().get("no-such-task").await.unwrap_err();
    assert_eq!(
        (unknown.kind(), unknown.code(), unknown.outcome()),
        (ErrorKind::Code, Some(ErrorCode::RECORD_NOT_FOUND), None)
    );
    let refused =
        project.devices().command("no-such-device", FlightCommand::ReturnHome).await.unwrap_err();
    assert_eq!(refused.outcome(), Some(WriteOutcome::Refused), "{refused}");
    let elsewhere =
        client.project("00000000-0000-4000-8000-000000000000").waylines().list().await.unwrap_err();
    assert_eq!(elsewhere.kind(), ErrorKind::Code, "{elsewhere}");
    let wrong_key =
        Client::builder(Region::on_premises(sim.url()), flighthub_api::Token::opaque("wrong"))
            .no_proxy()
            .build()
            .unwrap();
    let wrong_key = wrong_key.projects().list().await.unwrap_err();
    assert!(wrong_key.is_auth() && wrong_key.http_status() == Some(401), "{wrong_key}");
}

#[test]
fn the_blocking_client_gets_the_same_answers() {
    let sim = Sim::builder().start_blocking().unwrap();
    let blocking = blocking::Client::from_async(direct(&sim)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = direct(&sim);
    let (project, blocking_project) =
        (client.project(sim.project()), blocking.project(sim.project()));

    assert_eq!(
        blocking.projects().list().send().unwrap(),
        runtime.block_on(client.send(&ProjectList::new())).unwrap()
    );
    assert_eq!(blocking.all_projects().unwrap(), runtime.block_on(client.all_projects()).unwrap());
    assert_eq!(
        blocking_project.send(&ProjectDevices::new()).unwrap(),
        runtime.block_on(project.send(&ProjectDevices::new())).unwrap()
    );
    let state = DeviceState::new(DOCK);
    assert_eq!(
        blocking_project.devices().state(DOCK).send().unwrap(),
        runtime.block_on(project.send(&state)).unwrap()
    );
    let reply = blocking_project.waylines().list().reply().unwrap();
    assert_eq!((reply.status(), reply.attempts()), (200, 1));
    let (one, other) = (
        blocking_project.tasks().get("x").send().unwrap_err(),
        runtime.block_on(project.tasks().get("x").into_future()).unwrap_err(),
    );
    assert_eq!(
        (one.kind(), one.code(), one.operation()),
        (other.kind(), other.code(), other.operation())
    );
    let route = &reply.output()[0];
    let created =
        blocking_project.tasks().create(task(&route.id, TaskSchedule::Immediate)).send().unwrap();
    assert_eq!(
        runtime
            .block_on(project.tasks().get(created.task_uuid.clone()).into_future())
            .unwrap()
            .uuid,
        created.task_uuid,
        "one world for both"
    );
}

/// That writes do not even compile there, the documentation of `Sends` shows; this is about operations known at run time only.
#[tokio::test]
async fn a_read_only_handle_reads_and_sends_nothing_else() {
    let sim = Sim::start().await.unwrap();
    let tap = Tap::before(&sim);
    let client = tap.client(&sim);
    let project = client.read_only().project(sim.project());
    assert!(!project.waylines().list().await.unwrap().is_empty());
    assert_eq!(tap.take().len(), 1);

    let (mut reads, mut refused) = (0, 0);
    for info in CATALOGUE {
        let (_, arguments) = endpoint(info.id).requests().remove(0);
        let operation =
            AnyOperation::from_args(info.id, &Value::Object(arguments).to_string()).unwrap();
        let answer = project.send_any(&operation).await;
        if info.risk == flighthub_api::RiskLevel::Read {
            assert_eq!(tap.take().len(), 1, "{}", info.id);
            reads += 1;
        } else {
            let error = answer.unwrap_err();
            assert_eq!((error.kind(), error.operation()), (ErrorKind::ReadOnly, info.id));
            assert!(tap.take().is_empty(), "{} was sent", info.id);
            refused += 1;
        }
    }
    assert!(reads >= 18 && refused >= 24, "{reads} {refused}");
}

#[tokio::test]
async fn the_world_tells_its_own_time() {
    let sim = Sim::start().await.unwrap();
    let project = direct(&sim).project(sim.project());
    let streams = project.livestream().start(DRONE, DRONE_CAMERA, 120).await.unwrap();
    assert_eq!(streams.expire_ts, Timestamp::from_unix_seconds(sim.now().unix_seconds() + 120));
}
