//! Pictures, looked at by programs: that they are the same everywhere, that nothing is cut, and that they can be rendered.

use flighthub_kmz::{KmzWaypoint, VideoAction};
use resvg::tiny_skia::Pixmap;
use roxmltree::Document;
use serde_json::{Value, json};

use super::font::{self, Weight};
use super::*;
use crate::track::Track;

const HOME: (f64, f64) = (0.0207, -25.3012);

fn track(name: &str, points: &[Value]) -> Track {
    let reply = json!({
        "name": name,
        "status": "success",
        "track": {"drone_sn": "1581F0Q8X000U00G00A1", "flight_distance": 431, "flight_duration": 64, "points": points},
    });
    Track::new(&serde_json::from_str(&reply.to_string()).unwrap())
}

/// A point every two seconds, so many metres from home.
fn point(index: usize, east: f64, north: f64, height: Option<f64>) -> Value {
    let (latitude, longitude) = place(HOME, east, north);
    json!({
        "timestamp": 1_741_068_021 + 2 * index as i64,
        "latitude": latitude,
        "longitude": longitude,
        "height": height,
    })
}

fn place(from: (f64, f64), east: f64, north: f64) -> (f64, f64) {
    let longitude = from.1 + east / (111_320.0 * from.0.to_radians().cos());
    (from.0 + north / 110_574.0, (longitude + 180.0).rem_euclid(360.0) - 180.0)
}

/// Up, round a square of a side, and down again.
fn square(side: f64) -> Vec<Value> {
    let mut places = vec![(0.0, 0.0, 10.0), (0.0, 0.0, 40.0)];
    for step in 0..=8 {
        let way = side * f64::from(step) / 2.0;
        let (east, north) = match way {
            w if w <= side => (w, 0.0),
            w if w <= 2.0 * side => (side, w - side),
            w if w <= 3.0 * side => (3.0 * side - w, side),
            w => (0.0, 4.0 * side - w),
        };
        places.push((east, north, 40.0 + way / 20.0));
    }
    places.push((0.0, 0.0, 10.0));
    let point = |(index, (east, north, height)): (usize, &(f64, f64, f64))| {
        point(index, *east, *north, Some(*height))
    };
    places.iter().enumerate().map(point).collect()
}

fn route(from: (f64, f64), side: f64) -> Kmz {
    let corners = [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side)];
    let mut route = Kmz::new("0-91-1");
    for (index, (east, north)) in corners.into_iter().enumerate() {
        let (latitude, longitude) = place(from, east, north);
        let mut waypoint = KmzWaypoint::new(latitude, longitude, 40.0 + 5.0 * index as f64);
        match index {
            0 => waypoint = waypoint.with_photo().with_video(VideoAction::Start),
            2 => waypoint.hover = 8.0,
            3 => waypoint = waypoint.with_video(VideoAction::Stop),
            _ => {}
        }
        route.waypoints.push(waypoint);
    }
    route
}

/// Lanes of waypoints with photos.
fn survey(count: usize) -> Kmz {
    let mut route = Kmz::new("0-91-1");
    for index in 0..count {
        let (lane, step) = (index / 25, index % 25);
        let step = if lane % 2 == 0 { step } else { 24 - step };
        let (latitude, longitude) = place(HOME, lane as f64 * 30.0, step as f64 * 34.0);
        route.waypoints.push(KmzWaypoint::new(latitude, longitude, 80.0).with_photo());
    }
    route
}

fn settings() -> PlotSettings {
    let mut settings = PlotSettings::new();
    settings.dock = Some(Dock::new("North gate", HOME.0, HOME.1));
    settings.route = Some(route(HOME, 100.0));
    settings.utc_offset_seconds = -3600;
    settings
}

#[test]
fn a_plot_is_the_same_on_every_machine() {
    let picture = plot(&track("North fence", &square(100.0)), &settings());
    insta::assert_snapshot!(picture.svg());
}

#[test]
fn a_route_is_the_same_on_every_machine() {
    let mut settings = DrawSettings::new();
    settings.dock = Some(Dock::new("North gate", HOME.0, HOME.1));
    insta::assert_snapshot!(draw("north-fence", &route(HOME, 100.0), &settings).svg());
}

/// All kinds of flights and routes.
fn pictures(size: Size) -> Vec<(String, Picture)> {
    let mut settings = settings();
    settings.size = size;
    let mut alone = PlotSettings::new();
    alone.size = size;
    let mut by_speed = settings.clone();
    (by_speed.color_by, by_speed.profile_over) = (ColorBy::Speed, ProfileOver::Distance);
    let mut crowded = settings.clone();
    crowded.route = Some(survey(500));
    let mut drawing = DrawSettings::new();
    drawing.size = size;
    let flat: Vec<Value> = (0..30).map(|n| point(n, 9.0 * n as f64, 0.0, None)).collect();
    let hover: Vec<Value> = (0..30).map(|n| point(n, 0.0, 0.0, Some(20.0 + n as f64))).collect();
    let mut lost = square(100.0);
    for point in lost.iter_mut().skip(4).take(2) {
        (point["latitude"], point["longitude"]) = (json!(0), json!(0));
    }
    let moved = |from: (f64, f64)| {
        let place = |n: usize| place(from, 40.0 * n as f64, 25.0 * n as f64);
        let points = (0..20).map(|n| {
            json!({"timestamp": 1_741_068_021 + 2 * n, "latitude": place(n).0, "longitude": place(n).1, "height": -12.5})
        });
        track("Elsewhere", &points.collect::<Vec<_>>())
    };
    let long = "A name as long as nobody gives to a task, ".repeat(12);
    let plots = [
        ("usual", plot(&track("North fence", &square(100.0)), &settings)),
        ("by speed", plot(&track("North fence", &square(100.0)), &by_speed)),
        ("crowded", plot(&track("Survey", &square(300.0)), &crowded)),
        ("one point", plot(&track("One", &[point(0, 0.0, 0.0, Some(3.0))]), &alone)),
        ("no point", plot(&track("None", &[]), &alone)),
        ("no heights", plot(&track("Flat", &flat), &settings)),
        ("hover", plot(&track("Hover", &hover), &settings)),
        ("gap", plot(&track("Lost", &lost), &settings)),
        ("antimeridian", plot(&moved((-16.8, 179.998)), &alone)),
        ("far north", plot(&moved((89.99, 10.0)), &alone)),
        ("pole", plot(&moved((-90.0, 0.0)), &alone)),
        ("long name", plot(&track(&long, &square(100.0)), &settings)),
        ("far away", plot(&track("Far", &square(2_000_000.0)), &settings)),
    ];
    let draws = [
        ("route", draw("north-fence", &route(HOME, 100.0), &drawing)),
        ("survey", draw("survey", &survey(500), &drawing)),
        ("one waypoint", draw("one", &survey(1), &drawing)),
        ("no waypoint", draw("none", &survey(0), &drawing)),
    ];
    plots.into_iter().chain(draws).map(|(name, picture)| (name.to_owned(), picture)).collect()
}

/// The box that a text takes.
fn box_of(node: roxmltree::Node<'_, '_>) -> Rect {
    let number = |name: &str| node.attribute(name).unwrap().parse::<f64>().unwrap();
    let (x, y, size) = (number("x"), number("y"), number("font-size"));
    let weight =
        if node.attribute("font-weight").is_some() { Weight::Bold } else { Weight::Regular };
    let width = font::width(node.text().unwrap(), size, weight);
    if node.attribute("transform").is_some() {
        return Rect::new(x - size * 0.8, y - width / 2.0, size, width);
    }
    let left = match node.attribute("text-anchor") {
        Some("middle") => x - width / 2.0,
        Some("end") => x - width,
        _ => x,
    };
    Rect::new(left, y - 0.75 * size, width, 0.95 * size)
}

#[test]
fn no_text_is_cut_and_none_lies_on_another() {
    for size in ["1600x1000", "640x480", "1000x1400", "3000x900"] {
        for (name, picture) in pictures(size.parse().unwrap()) {
            let document = Document::parse(picture.svg()).unwrap();
            let root = document.root_element();
            let edges: Vec<f64> = root
                .attribute("viewBox")
                .unwrap()
                .split(' ')
                .map(|number| number.parse().unwrap())
                .collect();
            let page = Rect::new(0.0, 0.0, edges[2], edges[3]);
            let texts: Vec<_> =
                document.descendants().filter(|node| node.has_tag_name("text")).collect();
            for (index, text) in texts.iter().enumerate() {
                let own = box_of(*text);
                assert!(page.holds(own), "{name} {size}: {:?} is cut: {own:?}", text.text());
                for other in texts.iter().skip(index + 1) {
                    let both = (text.text(), other.text());
                    assert!(!own.meets(box_of(*other)), "{name} {size}: {both:?} meet");
                }
            }
        }
    }
}

#[test]
fn all_numbers_are_numbers() {
    for (name, picture) in pictures(Size::default()) {
        assert!(!picture.svg().contains("NaN") && !picture.svg().contains("inf"), "{name}");
    }
}

#[test]
fn pngs_are_of_the_size_and_show_the_track() {
    let size: Size = "800x600".parse().unwrap();
    let mut settings = settings();
    settings.size = size;
    let picture = plot(&track("North fence", &square(100.0)), &settings);
    let png = picture.png().unwrap();
    let pixels = Pixmap::decode_png(&png).unwrap();
    assert_eq!((pixels.width(), pixels.height()), (800, 600));
    let count = |red: u8, green: u8, blue: u8| {
        let is_it = |p: &&resvg::tiny_skia::PremultipliedColorU8| {
            (p.red(), p.green(), p.blue(), p.alpha()) == (red, green, blue, 255)
        };
        pixels.pixels().iter().filter(is_it).count()
    };
    assert_eq!(pixels.pixel(0, 0).map(|p| (p.red(), p.alpha())), Some((255, 255)));
    // Paper, ink of the title, and the panel.
    assert!(count(255, 255, 255) > 100_000);
    assert!(count(0x1c, 0x25, 0x30) > 500);
    assert!(count(0xf8, 0xf9, 0xfa) > 50_000);
    assert_eq!(picture.png().unwrap(), png);
}

#[test]
fn names_of_any_script_are_kept_and_do_not_break_the_picture() {
    let names =
        ["北门巡逻", "Периметр", "περίπολος", "بوابة", "🚁 ok", "a\u{0}b\u{202e}c</text>&", ""];
    for name in names {
        let picture = plot(&track(name, &square(50.0)), &settings());
        let document = Document::parse(picture.svg()).unwrap();
        let title = document.descendants().find(|node| node.has_tag_name("title")).unwrap();
        let kept = title.text().unwrap_or_default();
        assert_eq!(kept.replace('\u{fffd}', ""), name.replace('\u{0}', ""), "{name:?}");
    }
    let mut settings = settings();
    settings.size = "640x480".parse().unwrap();
    assert!(plot(&track("北门巡逻 🚁", &square(50.0)), &settings).png().is_ok());
}

#[test]
fn sizes_have_limits() {
    assert_eq!("1600 x 1000".parse::<Size>().unwrap(), Size::default());
    assert_eq!(Size::default().to_string(), "1600x1000");
    for wrong in ["", "1600", "1600x", "10x10", "9000x100", "axb", "-5x700"] {
        assert_eq!(wrong.parse::<Size>().unwrap_err().kind(), ErrorKind::InvalidInput, "{wrong}");
    }
}
