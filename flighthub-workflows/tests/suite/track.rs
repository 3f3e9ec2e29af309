//! Tracks of simulated flights, also of those that gateways tell oddly.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use flighthub_api::v1::{
    DockSn, FlightTrack, OutOfControlAction, ResumableStatus, RthMode, TaskCreateArgs,
    TaskSchedule, TaskUuid, WaylineId, WaylinePrecisionType,
};
use flighthub_workflows::track::{Format, Track};
use serde_json::Value;

use crate::support::{Bench, DOCK, DRONE, ROUTE, bench};

async fn launch(bench: &Bench) -> TaskUuid {
    let task = TaskCreateArgs {
        name: "North fence, first round".to_owned(),
        wayline_uuid: WaylineId::new(ROUTE),
        sn: DockSn::new(DOCK),
        time_zone: "Atlantic/Cape_Verde".to_owned(),
        rth_altitude: 60,
        rth_mode: RthMode::Preset,
        wayline_precision_type: WaylinePrecisionType::Rtk,
        out_of_control_action_in_flight: OutOfControlAction::ReturnHome,
        resumable_status: ResumableStatus::Manual,
        schedule: TaskSchedule::Immediate,
    };
    bench.project.tasks().create(task).await.unwrap().task_uuid
}

fn text(track: &Track, format: Format) -> String {
    let mut bytes = Vec::new();
    track.write(format, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_flight_is_exported_in_every_format() {
    let bench = bench().await;
    let task = launch(&bench).await;
    let early = Track::fetch(&bench.project, task.clone()).await.unwrap_err();
    assert_eq!(early.api().and_then(flighthub_api::Error::code), Some(219_017.into()), "{early}");
    bench.sim.advance(Duration::from_secs(3600));
    let track = Track::fetch(&bench.project, task).await.unwrap();
    assert_eq!(track.name, "North fence, first round");
    assert_eq!(track.drone_sn.as_ref().unwrap().as_str(), DRONE);
    assert_eq!(track.dropped.total(), 0);
    let totals = track.totals;
    assert!(totals.points > 20 && totals.heights == totals.points, "{totals:?}");
    // What is measured over ground is what FlightHub says, but for the corners between two points.
    let said = totals.reported_distance_m.unwrap();
    assert!(totals.distance_m > 0.8 * said && totals.distance_m < 1.2 * said, "{totals:?}");
    let seconds = totals.reported_duration_s.unwrap() as f64;
    assert!((totals.duration_s.unwrap() - seconds).abs() <= 4.0, "{totals:?}");
    assert!(totals.climb_m.unwrap() >= totals.highest_m.unwrap() - totals.lowest_m.unwrap() - 1.0);

    let json: Value = serde_json::from_str(&text(&track, Format::GeoJson)).unwrap();
    let line = json.pointer("/features/0/geometry/coordinates").and_then(Value::as_array).unwrap();
    assert_eq!(line.len(), totals.points);
    let gpx = text(&track, Format::Gpx);
    assert_eq!(gpx.matches("<trkpt").count(), totals.points);
    assert_eq!(gpx.matches("<trkseg>").count(), 1);
    assert_eq!(text(&track, Format::Kml).matches("<when>").count(), totals.points);
    assert_eq!(text(&track, Format::Csv).lines().count(), totals.points + 1);
}

/// The reply to `task.track` with a quirk, asked for as curl would.
fn quirky(bench: &Bench, task: &TaskUuid, quirk: &str) -> FlightTrack {
    let address = bench.sim.url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET /openapi/v0.1/flight-task/{task}/track HTTP/1.1\r\nhost: {address}\r\nx-user-token: {}\r\n\
         x-project-uuid: {}\r\nx-flighthub-simulator-quirk: {quirk}\r\nconnection: close\r\n\r\n",
        bench.sim.token(),
        bench.sim.project(),
    )
    .unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let body = reply.split_once("\r\n\r\n").unwrap().1;
    let json = body.get(body.find('{').unwrap()..=body.rfind('}').unwrap()).unwrap();
    let whole: Value = serde_json::from_str(json).unwrap();
    serde_json::from_str(&whole["data"].to_string()).unwrap()
}

#[tokio::test]
async fn seconds_and_milliseconds_are_the_same_flight() {
    let bench = bench().await;
    let task = launch(&bench).await;
    bench.sim.advance(Duration::from_secs(3600));
    let seconds = Track::new(&quirky(&bench, &task, "track-seconds"));
    let millis = Track::new(&quirky(&bench, &task, "track-milliseconds"));
    let begin = |track: &Track| track.totals.begin.unwrap().unix_seconds();
    assert_eq!(begin(&seconds), begin(&millis));
    assert_eq!(seconds.points.len(), millis.points.len());
    assert!((seconds.totals.duration_s.unwrap() - millis.totals.duration_s.unwrap()).abs() <= 1.0);
}

#[tokio::test]
async fn heights_and_points_may_be_missing() {
    let bench = bench().await;
    let task = launch(&bench).await;
    bench.sim.advance(Duration::from_secs(3600));
    let flat = Track::new(&quirky(&bench, &task, "track-without-height"));
    assert!(flat.totals.points > 20);
    assert_eq!((flat.totals.heights, flat.totals.climb_m), (0, None));
    assert_eq!(flat.totals.reported_distance_m, Some(152.0));
    assert!(!text(&flat, Format::Gpx).contains("<ele>"));
    assert!(text(&flat, Format::Kml).contains("clampToGround"));
    let none = Track::new(&quirky(&bench, &task, "track-without-points"));
    assert_eq!(none.points, []);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_a_gap_and_counted() {
    use flighthub_api::testing::{Scripted, ScriptedTransport};
    let reply = r#"{"code":0,"message":"","data":{"name":"x","track":{"points":[
        {"timestamp":1741068021,"latitude":0.02,"longitude":-25.3},
        {"timestamp":1741068023,"latitude":null,"longitude":null},
        {"timestamp":1741068025,"latitude":0.0201,"longitude":-25.3}]}}}"#;
    let script = ScriptedTransport::new().then(Scripted::json(reply));
    let project = script.client().unwrap().project("3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10");
    let track = Track::fetch(&project, "0f6d1c9a-53b7-4a3e-9b31-6d2b8c40e7f2").await.unwrap();
    assert_eq!((track.points.len(), track.dropped.unreadable), (2, 1));
    assert!(track.points[1].after_gap);
}
