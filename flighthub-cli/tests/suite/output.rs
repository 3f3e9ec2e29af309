//! Every format, as programs and people get it.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Bench, finish};

/// The docks and aircraft of the demo world.
const DEVICES: &[&str] = &["project", "devices"];

fn of(bench: &Bench, args: &[&str]) -> String {
    bench.run(DEVICES.iter().chain(args)).exits(0).out
}

#[test]
fn in_a_pipe_it_is_json_and_every_format_has_the_same() {
    let bench = Bench::new();
    let json: Value = serde_json::from_str(&of(&bench, &[])).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&of(&bench, &["-o", "json"])).unwrap(), json);
    let yaml = of(&bench, &["-o", "yaml"]);
    assert_eq!(serde_yaml::from_str::<Value>(&yaml).unwrap(), json);
    let line = of(&bench, &["-o", "ndjson"]);
    assert_eq!(serde_json::from_str::<Value>(line.trim_end()).unwrap(), json);
    assert_eq!(line.lines().count(), 1);
    let csv = of(&bench, &["-o", "csv"]);
    let rows = json["list"].as_array().unwrap().len();
    assert_eq!(csv.matches("\r\n").count(), rows + 1, "{csv}");
    assert!(csv.starts_with("gateway."), "{csv}");
    let table = of(&bench, &["-o", "table"]);
    assert_eq!(table.lines().count(), rows + 1, "{table}");
    assert!(table.contains(crate::support::DOCK) && !table.contains('\u{1b}'), "{table}");
}

#[test]
fn what_has_a_place_is_geojson_and_the_rest_says_so() {
    let bench = Bench::new();
    let state = ["device", "state", crate::support::DOCK, "-o", "geojson"];
    let text = bench.run(state).exits(0).json();
    let place = &text["features"][0]["geometry"]["coordinates"];
    assert_eq!(text["type"], "FeatureCollection");
    assert!(
        place[0].as_f64().unwrap() < -25.0 && place[1].as_f64().unwrap().abs() < 0.1,
        "{place}"
    );
    let none = bench.run(["wayline", "list", "-o", "geojson"]).exits(2);
    assert_eq!(none.out, "");
    none.says("nothing here has a place").says("-o json");
    let text = bench.run(["device", "state", "--help"]).exits(0).out;
    let formats = ["json", "yaml", "ndjson", "csv", "table", "geojson"];
    let offered = formats.iter().filter(|format| text.contains(**format)).count();
    assert_eq!(offered, formats.len(), "{text}");
    println!("figure Command line | formats beside --jq | count = {offered}");
}

#[test]
fn filters_are_built_in() {
    let bench = Bench::new();
    let names = of(&bench, &["--jq", ".list[].gateway.sn", "--raw"]);
    assert!(names.lines().any(|line| line == crate::support::DOCK), "{names}");
    let wrong = bench.run(DEVICES.iter().chain(&["--jq", ".list[] | nmae"])).exits(2);
    wrong.says("character 11: there is no filter nmae").says("^");
    // It is read before anything is sent.
    bench.sim.clear_journal();
    bench.run(DEVICES.iter().chain(&["--jq", ".["])).exits(2);
    assert!(bench.sim.journal().is_empty());
    // The environment holds the key.
    bench.run(DEVICES.iter().chain(&["--jq", "env"])).exits(2).says("no filter env");
    bench.run(DEVICES.iter().chain(&["--raw"])).exits(2).says("--jq");
}

#[test]
fn a_name_from_the_service_steers_nothing() {
    let bench = Bench::new();
    let evil = "\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}gnp\r\nflown: yes =1+1";
    bench.project_named(evil);
    for format in ["table", "json", "ndjson", "yaml", "csv"] {
        let text = bench.run(["project", "list", "-o", format]).exits(0).out;
        let steers = text.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']);
        assert!(!steers, "{format}: {text:?}");
        // A field of CSV keeps its line breaks, in quotes.
        let fakes = text.lines().any(|line| line.starts_with("flown"));
        assert!(!fakes || format == "csv", "{format}: {text:?}");
    }
    let json = bench.run(["project", "list"]).exits(0).json();
    assert!(json["list"].as_array().unwrap().iter().any(|project| project["name"] == evil));
    let csv =
        bench.run(["project", "list", "--jq", ".list[] | {name: (\"=\" + .name)}", "-o", "csv"]);
    assert!(csv.exits(0).out.contains("\"'="));
}

#[test]
fn a_reader_that_goes_away_stops_nothing() {
    let bench = Bench::new();
    let mut command = bench.command();
    command.args(["schema", "-o", "json"]).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(first, "{\n");
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let bench = Bench::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = bench.command();
    let ended = finish(command.args(DEVICES).stdout(full));
    ended.exits(1).says("cannot be written");
}
