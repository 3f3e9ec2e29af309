//! Tracks of odd points, and their files read back by other parsers.

use proptest::prelude::*;
use roxmltree::{Document, Node};
use serde_json::{Value, json};

use super::*;

fn track(points: Value) -> Track {
    let reply = json!({
        "name": "North <fence> & \"gate\"\u{1b}[31m",
        "status": "success",
        "wayline_uuid": "c2b0a3f4-1f0e-4f6a-8c55-9d3b2e7a6410",
        "track": {
            "track_id": "8f9f2a60-2b0d-4c37-9a0e-7c1d5e4b3a21",
            "drone_sn": "1581F0Q8X000U00G00A1",
            "flight_distance": 152,
            "flight_duration": 97,
            "points": points,
        },
    });
    Track::new(&serde_json::from_str(&reply.to_string()).unwrap())
}

fn point(timestamp: i64, latitude: f64, longitude: f64, height: impl Into<Value>) -> Value {
    json!({"timestamp": timestamp, "latitude": latitude, "longitude": longitude, "height": height.into()})
}

/// Four points: seconds and milliseconds mixed, out of order, without a height, without a fix, twice the same.
fn odd() -> Track {
    track(json!([
        point(1_741_068_023_500, 0.0201, -25.3, 33.25),
        point(1_741_068_021, 0.02, -25.3, 31.5),
        point(1_741_068_023_500, 0.0201, -25.3, 33.25),
        point(1_741_068_026, 0.0, 0.0, 0.0),
        point(1_741_068_028, 0.0202, -25.3, Value::Null),
        point(1_741_068_030, 0.0202, -25.2999, 30.0),
        point(1_741_068_031, 91.0, -25.3, 30.0),
    ]))
}

fn text(track: &Track, format: Format) -> String {
    let mut bytes = Vec::new();
    track.write(format, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn odd_points_are_sorted_dropped_and_counted() {
    let track = odd();
    let dropped = Dropped { no_fix: 1, impossible: 1, duplicate: 1, unreadable: 0 };
    assert_eq!(track.dropped, dropped);
    assert_eq!(track.dropped.total(), 3);
    let gaps: Vec<bool> = track.points.iter().map(|point| point.after_gap).collect();
    assert_eq!(gaps, [false, false, true, false]);
    let totals = track.totals;
    assert_eq!((totals.points, totals.heights), (4, 3));
    assert_eq!(totals.duration_s, Some(9.0));
    assert_eq!((totals.lowest_m, totals.highest_m), (Some(30.0), Some(33.25)));
    assert_eq!(totals.climb_m, Some(1.75));
    // Two times 0.0001° north, once 0.0001° east.
    assert!((totals.distance_m - 33.247).abs() < 0.01, "{}", totals.distance_m);
    // The fastest stretch is the last one; the one over the gap does not count.
    assert!((totals.top_speed_m_s.unwrap() - 11.132 / 2.0).abs() < 0.01);
    assert_eq!((totals.reported_distance_m, totals.reported_duration_s), (Some(152.0), Some(97)));
}

#[test]
fn a_track_that_is_still_growing_has_no_reported_sums() {
    let reply =
        json!({"name": "x", "track": {"flight_distance": 0, "flight_duration": 0, "points": null}});
    let track = Track::new(&serde_json::from_str(&reply.to_string()).unwrap());
    assert_eq!(track.totals, Totals::default());
    let reply = json!({"name": "x", "track": null});
    assert_eq!(Track::new(&serde_json::from_str(&reply.to_string()).unwrap()).points, []);
}

#[test]
fn times_of_a_clock_that_was_never_set_are_none() {
    let track = track(json!([
        point(1_741_068_021, 0.02, -25.3, 30.0),
        point(1_000_000, 0.0201, -25.3, 30.0),
        point(1_741_068_025, 0.0202, -25.3, 30.0),
    ]));
    let times: Vec<bool> = track.points.iter().map(|point| point.time.is_some()).collect();
    assert_eq!(times, [true, false, true]);
    assert_eq!(track.totals.duration_s, Some(4.0));
    // KML plays only what has times everywhere.
    assert!(text(&track, Format::Kml).contains("<LineString>"));
}

#[test]
fn a_long_pause_is_a_gap() {
    let seconds = [0, 2, 4, 6, 30, 32];
    let points = seconds
        .map(|second| point(1_741_068_021 + second, 0.02 + second as f64 * 1e-5, -25.3, 30.0));
    let gaps: Vec<bool> = track(json!(points)).points.iter().map(|point| point.after_gap).collect();
    assert_eq!(gaps, [false, false, false, false, true, false]);
}

#[test]
fn csv_is_a_table_of_numbers() {
    let expected = "\
time_utc,elapsed_s,latitude_deg,longitude_deg,height_m,distance_m,speed_m_s,after_gap\r\n\
2025-03-04T06:00:21Z,0,0.02,-25.3,31.5,0,,false\r\n\
2025-03-04T06:00:23.5Z,2.5,0.0201,-25.3,33.25,11.057,4.423,false\r\n\
2025-03-04T06:00:28Z,7,0.0202,-25.3,,22.115,,true\r\n\
2025-03-04T06:00:30Z,9,0.0202,-25.2999,30,33.247,5.566,false\r\n";
    assert_eq!(text(&odd(), Format::Csv), expected);
}

#[test]
fn gpx_is_the_same_on_every_machine() {
    insta::assert_snapshot!(text(&odd(), Format::Gpx));
}

#[test]
fn kml_is_the_same_on_every_machine() {
    insta::assert_snapshot!(text(&odd(), Format::Kml));
}

#[test]
fn geojson_is_the_same_on_every_machine() {
    let json: Value = serde_json::from_str(&text(&odd(), Format::GeoJson)).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&json).unwrap());
}

#[test]
fn a_line_over_the_antimeridian_is_cut() {
    let track = track(json!([
        point(1_741_068_020, 10.0, 179.9998, 100.0),
        point(1_741_068_024, 10.0004, -179.9998, 104.0),
        point(1_741_068_026, 10.0004, -179.9997, 104.0),
    ]));
    assert!((track.totals.distance_m - 73.26).abs() < 0.1, "{}", track.totals.distance_m);
    let json: Value = serde_json::from_str(&text(&track, Format::GeoJson)).unwrap();
    let geometry = json.pointer("/features/0/geometry").unwrap();
    assert_eq!(
        geometry,
        &json!({"type": "MultiLineString", "coordinates": [
            [[179.9998, 10, 100], [180, 10.0002, 102]],
            [[-180, 10.0002, 102], [-179.9998, 10.0004, 104], [-179.9997, 10.0004, 104]],
        ]})
    );
    assert_eq!(
        json.pointer("/features/0/properties/coordTimes").unwrap(),
        &json!([
            ["2025-03-04T06:00:20Z", "2025-03-04T06:00:22Z"],
            ["2025-03-04T06:00:22Z", "2025-03-04T06:00:24Z", "2025-03-04T06:00:26Z"],
        ])
    );
}

#[test]
fn one_point_and_none() {
    let one = track(json!([point(1_741_068_020, 0.02, 180.0, 100.0)]));
    let json: Value = serde_json::from_str(&text(&one, Format::GeoJson)).unwrap();
    let geometry = json.pointer("/features/0/geometry").unwrap();
    assert_eq!(geometry, &json!({"type": "Point", "coordinates": [180, 0.02, 100]}));
    // Longitudes of GPX end below 180.
    assert!(text(&one, Format::Gpx).contains(r#"lon="-180""#));
    assert!(text(&one, Format::Kml).contains("<coordinates>180,0.02,100</coordinates>"));
    let none = track(Value::Null);
    let json: Value = serde_json::from_str(&text(&none, Format::GeoJson)).unwrap();
    assert_eq!(json.pointer("/features/0/geometry"), Some(&Value::Null));
    assert!(!text(&none, Format::Gpx).contains("trkseg"));
    assert_eq!(text(&none, Format::Csv).lines().count(), 1);
}

#[test]
fn without_any_height_nothing_is_at_sea_level() {
    let track = track(json!([
        {"timestamp": 1_741_068_020, "latitude": 0.02, "longitude": -25.3},
        {"timestamp": 1_741_068_022, "latitude": 0.0201, "longitude": -25.3},
    ]));
    assert_eq!((track.totals.lowest_m, track.totals.climb_m), (None, None));
    let kml = text(&track, Format::Kml);
    assert!(kml.contains("<altitudeMode>clampToGround</altitudeMode>"), "{kml}");
    assert!(kml.contains("<gx:coord>-25.3 0.02</gx:coord>"), "{kml}");
    assert!(!text(&track, Format::Gpx).contains("<ele>"));
    assert!(text(&track, Format::GeoJson).contains("[[-25.3,0.02],[-25.3,0.0201]]"));
}

#[test]
fn formats_are_known_by_name_and_by_extension() {
    for format in Format::ALL {
        assert_eq!(format.as_str().parse::<Format>().unwrap(), format);
        let path = format!("flight.{}", format.as_str().to_uppercase());
        assert_eq!(Format::of_path(path.as_ref()), Some(format));
    }
    assert_eq!(Format::of_path("flight.json".as_ref()), Some(Format::GeoJson));
    assert_eq!(Format::of_path("flight".as_ref()), None);
    let error = "shp".parse::<Format>().unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::InvalidInput);
}

fn elements<'d, 't>(
    document: &'d Document<'t>,
    name: &'static str,
) -> impl Iterator<Item = Node<'d, 't>> {
    document.descendants().filter(move |node| node.tag_name().name() == name)
}

/// What the GPX schema asks of a track point and of the order of elements.
fn assert_gpx(text: &str, points: usize) {
    let document = Document::parse(text).unwrap();
    let root = document.root_element();
    assert_eq!(root.tag_name().namespace(), Some("http://www.topografix.com/GPX/1/1"));
    assert_eq!(root.attribute("version"), Some("1.1"));
    let mut found = 0;
    for point in elements(&document, "trkpt") {
        found += 1;
        let number = |name| point.attribute(name).unwrap().parse::<f64>().unwrap();
        assert!((-90.0..=90.0).contains(&number("lat")));
        assert!((-180.0..180.0).contains(&number("lon")));
        let inner: Vec<_> =
            point.children().filter(Node::is_element).map(|node| node.tag_name().name()).collect();
        assert!(matches!(inner.as_slice(), [] | ["ele"] | ["time"] | ["ele", "time"]), "{inner:?}");
    }
    assert_eq!(found, points);
}

fn assert_kml(text: &str, points: usize) {
    let document = Document::parse(text).unwrap();
    for track in elements(&document, "Track") {
        let count =
            |name: &str| track.children().filter(|node| node.tag_name().name() == name).count();
        assert_eq!(count("when"), count("coord"));
    }
    let coords = elements(&document, "coord").count();
    let listed: usize = elements(&document, "coordinates")
        .map(|node| node.text().unwrap_or_default().split_whitespace().count())
        .sum();
    assert_eq!(coords + listed, points);
}

fn assert_geojson(text: &str, points: usize) {
    let json: Value = serde_json::from_str(text).unwrap();
    let feature = json.pointer("/features/0").unwrap();
    let geometry = feature.get("geometry").unwrap();
    let times = feature.pointer("/properties/coordTimes").unwrap();
    let positions = |list: &Value| list.as_array().unwrap().len();
    match geometry.get("type").and_then(Value::as_str) {
        None => assert_eq!(points, 0),
        Some("Point") => assert_eq!(points, 1),
        Some("LineString") => {
            assert_eq!(positions(&geometry["coordinates"]), points);
            assert_eq!(positions(times), points);
        }
        Some("MultiLineString") => {
            let parts = geometry["coordinates"].as_array().unwrap();
            let total: usize = parts.iter().map(positions).sum();
            assert_eq!(total, points + 2 * (parts.len() - 1));
            for (part, times) in parts.iter().zip(times.as_array().unwrap()) {
                assert!(positions(part) >= 2);
                assert_eq!(positions(part), positions(times));
                let longitudes: Vec<f64> =
                    part.as_array().unwrap().iter().map(|at| at[0].as_f64().unwrap()).collect();
                assert!(longitudes.windows(2).all(|pair| (pair[0] - pair[1]).abs() <= 180.0));
            }
        }
        other => panic!("{other:?}"),
    }
}

fn assert_csv(text: &str, points: usize) {
    let rows: Vec<&str> = text.split_terminator("\r\n").collect();
    assert_eq!(rows.len(), points + 1);
    for row in rows.iter().skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        assert_eq!(cells.len(), 8, "{row}");
        for cell in cells.iter().skip(1).take(6).filter(|cell| !cell.is_empty()) {
            assert!(cell.parse::<f64>().unwrap().is_finite() && !cell.contains('e'), "{row}");
        }
    }
}

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -180.0..=180.0_f64,
        2 => prop_oneof![Just(180.0), Just(-180.0), Just(179.999), Just(-179.999)],
        1 => Just(0.0),
        1 => any::<f64>().prop_filter("JSON has no others", |number| number.is_finite()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_comes_all_formats_are_sound(
        rows in prop::collection::vec(
            (prop_oneof![0_i64..4_000_000_000, 0_i64..4_000_000_000_000],
             prop_oneof![4 => -90.0..=90.0_f64, 1 => any_number()],
             any_number(),
             prop::option::of(any_number())),
            0..40),
        name in any::<String>(),
    ) {
        let sent = rows.len();
        let points: Vec<Value> = rows
            .into_iter()
            .map(|(time, latitude, longitude, height)| point(time, latitude, longitude, height))
            .collect();
        let mut track = track(json!(points));
        track.name = name;
        prop_assert_eq!(track.points.len() + track.dropped.total(), sent);
        prop_assert!(track.totals.distance_m.is_finite());
        let points = track.points.len();
        assert_gpx(&text(&track, Format::Gpx), points);
        assert_kml(&text(&track, Format::Kml), points);
        assert_geojson(&text(&track, Format::GeoJson), points);
        assert_csv(&text(&track, Format::Csv), points);
    }
}

#[test]
fn a_hundred_thousand_points_are_written_one_by_one() {
    /// Counts what is written and the largest piece.
    struct Pieces(usize, usize);
    impl std::io::Write for Pieces {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            self.1 = self.1.max(bytes.len());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let points: Vec<Value> = (0..100_000)
        .map(|n| point(1_741_068_021_000 + n * 2000, 0.02 + n as f64 * 1e-7, -25.3, 30.0))
        .collect();
    let track = track(json!(points));
    for format in Format::ALL {
        let mut pieces = Pieces(0, 0);
        track.write(format, &mut pieces).unwrap();
        assert!(pieces.0 > 3_000_000 && pieces.1 < 2_000, "{format}: {} {}", pieces.0, pieces.1);
    }
}
