//! `flighthub track`.

use std::time::Duration;

use flighthub_sim::Sim;
use serde_json::{Value, json};

use crate::support::{DOCK, DRONE, Program, ROUTE};

/// Creates a task that flies at once.
fn launch(program: &Program) -> String {
    let task = json!({
        "name": "North fence, <first> round",
        "wayline_uuid": ROUTE,
        "sn": DOCK,
        "time_zone": "Atlantic/Cape_Verde",
        "rth_altitude": 60,
        "rth_mode": "preset",
        "wayline_precision_type": "rtk",
        "out_of_control_action_in_flight": "return_home",
        "resumable_status": "manual",
        "task_type": "immediate",
    });
    let ended = program.run(&["call", "task.create", "--json", &task.to_string(), "--yes"]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    ended.json()["task_uuid"].as_str().unwrap().to_owned()
}

/// A simulator, and a task that was flown in it.
async fn flown() -> (Sim, Program, String) {
    let sim = Sim::start().await.unwrap();
    let program = Program::of(&sim);
    let task = launch(&program);
    sim.advance(Duration::from_secs(3600));
    (sim, program, task)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_track_is_exported_in_the_format_of_the_file() {
    let (_sim, program, task) = flown().await;
    let begins = [
        ("flight.geojson", "{\"type\":\"FeatureCollection\""),
        ("flight.kml", "<?xml"),
        ("flight.gpx", "<?xml"),
        ("flight.csv", "time_utc,elapsed_s,"),
    ];
    for (name, begin) in begins {
        let ended = program.run(&["track", "export", &task, "-O", name]);
        assert_eq!(ended.exit, 0, "{ended:?}");
        let written = ended.json();
        assert_eq!((&written["file"], &written["points_left_out"]), (&json!(name), &json!(0)));
        assert!(written["points"].as_u64().unwrap() > 20, "{written}");
        let text = std::fs::read_to_string(program.home.path().join(name)).unwrap();
        assert!(text.starts_with(begin), "{name}: {text:.80}");
    }
    let ended = program.run(&["track", "export", &task, "-O", "flight.shp"]);
    assert_eq!(ended.exit, 2, "{ended:?}");
    assert!(ended.err.contains(".geojson, .kml, .gpx or .csv"), "{}", ended.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_file_the_track_goes_to_standard_output() {
    let (_sim, program, task) = flown().await;
    let geojson = program.run(&["track", "export", &task, "--read-only"]).json();
    let properties = &geojson["features"][0]["properties"];
    assert_eq!(properties["name"], "North fence, <first> round");
    assert_eq!(properties["drone_sn"], DRONE);
    let points = geojson["features"][0]["geometry"]["coordinates"].as_array().unwrap().len();
    let csv = program.run(&["track", "export", &task, "--format", "csv", "-O", "-"]);
    assert_eq!(csv.out.lines().count(), points + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_take_off_there_is_no_track() {
    let sim = Sim::start().await.unwrap();
    let program = Program::of(&sim);
    let task = launch(&program);
    let ended = program.run(&["track", "export", &task, "-O", "flight.gpx", "-o", "json"]);
    assert_eq!(ended.exit, 6, "{ended:?}");
    let error: Value = serde_json::from_str(ended.err.lines().last().unwrap()).unwrap();
    assert_eq!(error["error"]["code"], 219_017);
    assert!(!program.home.path().join("flight.gpx").exists());
    let ended = program.run(&["track", "export", "nothing", "-O", "flight.gpx"]);
    assert_eq!(ended.exit, 5, "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_the_request() {
    let program = Program::new();
    let ended = program.run(&["--sim", "-n", "track", "plot", "some-task", "-O", "flight.png"]);
    if cfg!(feature = "picture") {
        assert_eq!(ended.exit, 0, "{ended:?}");
        assert!(ended.out.contains("/flight-task/some-task/track"), "{}", ended.out);
    } else {
        assert_eq!(ended.exit, 2, "{ended:?}");
        assert!(ended.err.contains("--features picture"), "{}", ended.err);
    }
}

#[cfg(feature = "picture")]
#[tokio::test(flavor = "multi_thread")]
async fn a_plot_shows_track_route_and_dock() {
    let (_sim, program, task) = flown().await;
    let zone = ["--zone", "Atlantic/Cape_Verde"];
    let plot = ["track", "plot", &task, "--route", "-O", "flight.svg"];
    let ended = program.run(&[&plot[..], &zone].concat());
    assert_eq!(ended.exit, 0, "{ended:?}");
    assert_eq!(ended.json()["format"], "svg");
    let svg = std::fs::read_to_string(program.home.path().join("flight.svg")).unwrap();
    for text in ["North fence, &lt;first&gt; round", "Planned", "Dock, start", DRONE, "(UTC−01:00)"]
    {
        assert!(svg.contains(text), "{text}");
    }

    let png =
        ["track", "plot", &task, "--size", "640x480", "--color-by", "speed", "-O", "flight.png"];
    let ended = program.run(&png);
    assert_eq!((ended.exit, &ended.json()["width"]), (0, &json!(640)), "{ended:?}");
    let bytes = std::fs::read(program.home.path().join("flight.png")).unwrap();
    assert_eq!(bytes.get(..8).unwrap(), b"\x89PNG\r\n\x1a\n");

    // The same from a file.
    let download = program.run(&["call", "wayline.get", &format!("wayline_id={ROUTE}")]);
    assert_eq!(download.exit, 0, "{download:?}");
    let mut route = flighthub_sim::kmz::Kmz::new("0-91-1");
    route.waypoints = vec![
        flighthub_sim::kmz::KmzWaypoint::new(0.021, -25.3, 60.0),
        flighthub_sim::kmz::KmzWaypoint::new(0.022, -25.3, 60.0),
    ];
    std::fs::write(program.home.path().join("fence.kmz"), route.to_bytes().unwrap()).unwrap();
    let plot = [
        "track",
        "plot",
        &task,
        "--no-dock",
        "--route-file",
        "fence.kmz",
        "-O",
        "flight.svg",
        "--replace",
    ];
    assert_eq!(program.run(&plot).exit, 0);
    let svg = std::fs::read_to_string(program.home.path().join("flight.svg")).unwrap();
    assert!(svg.contains("Planned") && !svg.contains("Dock, start"));
}

#[cfg(feature = "picture")]
#[test]
fn what_is_wrong_with_a_plot_is_said_before_anything_is_asked() {
    let program = Program::new();
    let broken = program.file("broken.kmz", "no archive");
    let wrong: [(&[&str], &str); 6] = [
        (&["-O", "flight.jpg"], ".png or .svg"),
        (&["-O", "flight.png", "--size", "10x10"], "640x480 to 8000x8000"),
        (&["-O", "flight.png", "--zone", "Mars/Olympus"], "Europe/Prague"),
        (&["-O", "flight.png", "--font", "none.ttf"], "none.ttf"),
        (&["-O", "flight.png", "--route-file", "none.kmz"], "none.kmz"),
        (&["-O", "flight.png", "--route-file", &broken], "flighthub route lint"),
    ];
    for (args, expected) in wrong {
        let ended = program.run(&[&["track", "plot", "some-task"], args].concat());
        assert_eq!(ended.exit, 2, "{args:?}: {ended:?}");
        assert!(ended.err.contains(expected), "{args:?}: {}", ended.err);
    }
}
