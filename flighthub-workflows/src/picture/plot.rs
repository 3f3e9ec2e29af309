//! The picture of a flown track.

use flighthub_api::Timestamp;
use flighthub_kmz::{HeightMode, Kmz};

use super::map::{Map, Vertex, Waypoint};
use super::marks::Mark;
use super::matching::passed;
use super::profile::{Axis, Profile, Step};
use super::ramp::Ramp;
use super::sheet::{Key, Sheet};
use super::ticks::{clock, duration, length, number};
use super::{Picture, Size};
use crate::track::{Point, Track, distance, metres_between, speed};

/// A dock, and where it stands.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Dock {
    /// Its callsign, or what else it is to be called.
    pub name: String,
    /// Latitude and longitude in degrees; without them it is named and not shown.
    pub place: Option<(f64, f64)>,
}

impl Dock {
    /// A dock at a latitude and longitude.
    #[must_use]
    pub fn new(name: impl Into<String>, latitude: f64, longitude: f64) -> Self {
        Self { name: name.into(), place: Some((latitude, longitude)) }
    }

    /// A dock somewhere.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), place: None }
    }

    /// Its place, if it is one.
    pub(super) fn place(&self) -> Option<(f64, f64)> {
        self.place.filter(|(latitude, longitude)| {
            (-90.0..=90.0).contains(latitude) && (-180.0..=180.0).contains(longitude)
        })
    }
}

/// What the colours of a track stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ColorBy {
    /// Heights; the speed where there are none.
    #[default]
    Height,
    /// The speed over ground; heights where the times are missing.
    Speed,
}

/// What the height profile stands over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ProfileOver {
    /// The time since the first point; the distance where times are missing.
    #[default]
    Time,
    /// The distance over ground.
    Distance,
}

/// Metres beyond which a dock does not belong to a flight: it was moved since, or its position is wrong. The map would show nothing else.
const FAR: f64 = 30_000.0;

/// How a track is drawn, and what with.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PlotSettings {
    /// Size of the picture.
    pub size: Size,
    /// What the colours stand for.
    pub color_by: ColorBy,
    /// What the height profile stands over.
    pub profile_over: ProfileOver,
    /// Seconds east of UTC, for the times.
    pub utc_offset_seconds: i32,
    /// The dock that the flight began at. It is left out when it is more than 30 km from the first point.
    pub dock: Option<Dock>,
    /// The planned route, drawn below the track.
    pub route: Option<Kmz>,
}

impl PlotSettings {
    /// 1600 by 1000 pixels, coloured by height, heights over time, times in UTC, only the track.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// Draws a flown track.
#[must_use]
pub fn plot(track: &Track, settings: &PlotSettings) -> Picture {
    let plot = Plot::new(track, settings);
    let mut sheet = Sheet::new(settings.size, plot.profile.is_some());
    sheet.head(&track.name, &plot.facts());
    plot.map().draw(&mut sheet.svg, sheet.map);
    if let Some(profile) = &plot.profile {
        profile.draw(&mut sheet.svg, sheet.profile);
    }
    sheet.legend(plot.ramp.as_ref(), &plot.keys());
    Picture { svg: sheet.foot(&plot.tiles(), &plot.notes()), size: settings.size }
}

struct Plot<'a> {
    track: &'a Track,
    settings: &'a PlotSettings,
    ramp: Option<Ramp>,
    classes: Vec<Option<usize>>,
    profile: Option<Profile>,
}

impl<'a> Plot<'a> {
    fn new(track: &'a Track, settings: &'a PlotSettings) -> Self {
        let (ramp, classes) = coloured(&track.points, settings.color_by);
        let mut plot = Self { track, settings, ramp, classes, profile: None };
        // One point has no profile.
        plot.profile = (track.totals.heights > 0 && track.points.len() > 1).then(|| plot.profile());
        plot
    }

    /// What stands under the title.
    fn facts(&self) -> Vec<String> {
        let dock = self.settings.dock.as_ref().map(|dock| dock.name.clone());
        let aircraft = self.track.drone_sn.as_ref().map(|sn| format!("Aircraft {sn}"));
        let totals = &self.track.totals;
        let times = match (totals.begin, totals.end) {
            (Some(begin), Some(end)) => Some(span(begin, end, self.settings.utc_offset_seconds)),
            _ => None,
        };
        let status = self.track.status.as_ref().map(|status| format!("Task status: {status}"));
        [dock, times, aircraft, status].into_iter().flatten().collect()
    }

    fn dock_place(&self) -> Option<(f64, f64)> {
        self.settings.dock.as_ref().and_then(Dock::place)
    }

    fn is_far(&self, dock: (f64, f64)) -> bool {
        let first = self.track.points.first();
        first.is_some_and(|first| distance((first.latitude, first.longitude), dock) > FAR)
    }

    fn map(&self) -> Map {
        let vertex = |(point, class): (&Point, &Option<usize>)| Vertex {
            place: (point.latitude, point.longitude),
            class: *class,
            after_gap: point.after_gap,
        };
        let mut marks: Vec<(Mark, (f64, f64))> = Vec::new();
        let dock = self.dock_place().filter(|dock| !self.is_far(*dock));
        marks.extend(dock.map(|place| (Mark::Dock, place)));
        let place = |point: &Point| (point.latitude, point.longitude);
        marks.extend(self.track.points.first().map(|point| (Mark::Start, place(point))));
        if self.track.points.len() > 1 {
            marks.extend(self.track.points.last().map(|point| (Mark::End, place(point))));
        }
        Map {
            line: self.track.points.iter().zip(&self.classes).map(vertex).collect(),
            waypoints: self.waypoints(),
            has_plan: true,
            marks,
        }
    }

    fn waypoints(&self) -> Vec<Waypoint> {
        let waypoints = self.settings.route.iter().flat_map(|route| &route.waypoints);
        let waypoint = |place| Waypoint { place, actions: Vec::new() };
        waypoints.map(|point| waypoint((point.latitude, point.longitude))).collect()
    }

    fn profile(&self) -> Profile {
        let points = &self.track.points;
        let is_timed = points.iter().all(|point| point.time.is_some());
        let by_time = is_timed && self.settings.profile_over == ProfileOver::Time;
        let along = if by_time { seconds(points) } else { metres(points) };
        let step = |((point, class), along): ((&Point, &Option<usize>), &f64)| Step {
            along: *along,
            height: point.height,
            class: *class,
            after_gap: point.after_gap,
        };
        Profile {
            axis: if by_time { Axis::Time } else { Axis::Distance },
            along_title: if by_time { "Time since start" } else { "Distance over ground" }
                .to_owned(),
            height_title: "Height (absolute), m".to_owned(),
            steps: points.iter().zip(&self.classes).zip(&along).map(step).collect(),
            plan: self.planned_heights(&along),
            level: None,
            has_waypoints: false,
        }
    }

    /// Planned heights where the waypoints were passed, in the heights of the track.
    fn planned_heights(&self, along: &[f64]) -> Vec<(f64, f64)> {
        let Some(route) = &self.settings.route else { return Vec::new() };
        let start = self.track.points.iter().find_map(|point| point.height);
        let zero = match (route.height_mode, start) {
            (HeightMode::RelativeToStartPoint, Some(start)) => start,
            (HeightMode::Wgs84, _) => 0.0,
            _ => return Vec::new(),
        };
        let places: Vec<(f64, f64)> =
            route.waypoints.iter().map(|point| (point.latitude, point.longitude)).collect();
        let passed = passed(&self.track.points, &places);
        let heights = route.waypoints.iter().map(|point| zero + point.height);
        let at = |(index, height): (Option<usize>, f64)| Some((*along.get(index?)?, height));
        passed.into_iter().zip(heights).filter_map(at).collect()
    }

    fn keys(&self) -> Vec<Key> {
        let mut keys = Vec::new();
        if self.track.points.len() > 1 {
            keys.push(Key::Line("Flown"));
        }
        if self.track.points.iter().any(|point| point.after_gap) {
            keys.push(Key::Gap);
        }
        if self.settings.route.as_ref().is_some_and(|route| !route.waypoints.is_empty()) {
            keys.extend([Key::Plan("Planned"), Key::Waypoint]);
        }
        keys
    }

    fn tiles(&self) -> Vec<(String, String)> {
        let totals = &self.track.totals;
        let mut tiles = vec![("Over ground".to_owned(), length(totals.distance_m))];
        let mut tile = |label: &str, value: Option<String>| {
            tiles.extend(value.map(|value| (label.to_owned(), value)));
        };
        tile("Duration", totals.duration_s.map(duration));
        let heights = totals.lowest_m.zip(totals.highest_m);
        tile("Heights", heights.map(|(low, high)| span_of(low, high)));
        tile("Climb", totals.climb_m.map(|climb| format!("{} m", number(climb, 0))));
        tile("Top speed", totals.top_speed_m_s.map(|speed| format!("{} m/s", number(speed, 1))));
        tile("Points", Some(totals.points.to_string()));
        let said = match (totals.reported_distance_m, totals.reported_duration_s) {
            (Some(metres), Some(seconds)) => {
                Some(format!("{} in {}", length(metres), clock(seconds as f64, false)))
            }
            (Some(metres), None) => Some(length(metres)),
            (None, Some(seconds)) => Some(duration(seconds as f64)),
            (None, None) => None,
        };
        tile("FlightHub says", said);
        tiles
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.track.points.is_empty() {
            notes.push("The track has no points.".to_owned());
        } else if self.track.totals.heights == 0 {
            notes.push("The track has no heights.".to_owned());
        } else {
            notes.push(
                "Heights are absolute; FlightHub does not say what they count from.".to_owned(),
            );
        }
        if self.profile.as_ref().is_some_and(|profile| !profile.plan.is_empty())
            && self.settings.route.as_ref().is_some_and(is_relative)
        {
            notes.push("Planned heights count from the first height of the track.".to_owned());
        }
        if self.dock_place().is_some_and(|dock| self.is_far(dock)) {
            notes.push("The dock is far away and not shown.".to_owned());
        }
        let dropped = self.track.dropped;
        let kinds = [
            (dropped.no_fix, "without a fix"),
            (dropped.impossible, "at impossible coordinates"),
            (dropped.duplicate, "that came twice"),
            (dropped.unreadable, "unreadable"),
        ];
        let kinds = kinds.iter().filter(|(count, _)| *count > 0);
        let left_out: Vec<String> = kinds.map(|(count, what)| format!("{count} {what}")).collect();
        if !left_out.is_empty() {
            notes.push(format!("Points left out: {}.", left_out.join(", ")));
        }
        notes
    }
}

fn is_relative(route: &Kmz) -> bool {
    route.height_mode == HeightMode::RelativeToStartPoint
}

/// From the lowest to the highest, in metres.
pub(super) fn span_of(low: f64, high: f64) -> String {
    if number(low, 0) == number(high, 0) {
        return format!("{} m", number(low, 1));
    }
    format!("{} to {} m", number(low, 0), number(high, 0))
}

/// Seconds since the first point.
fn seconds(points: &[Point]) -> Vec<f64> {
    let Some(begin) = points.first().and_then(|point| point.time) else { return Vec::new() };
    let since =
        |point: &Point| point.time.map_or(0.0, |time| time.duration_since(&begin).as_secs_f64());
    points.iter().map(since).collect()
}

/// Metres over ground since the first point.
fn metres(points: &[Point]) -> Vec<f64> {
    let mut before: Option<&Point> = None;
    let mut travelled = 0.0;
    let along = |point| {
        travelled += before.map_or(0.0, |before| metres_between(before, point));
        before = Some(point);
        travelled
    };
    points.iter().map(along).collect()
}

/// The colour of the way to each point.
fn coloured(points: &[Point], by: ColorBy) -> (Option<Ramp>, Vec<Option<usize>>) {
    let heights = || {
        ways(points, |one, two| {
            let (one, two) = (one.height.or(two.height)?, two.height.or(one.height)?);
            Some(f64::midpoint(one, two))
        })
    };
    let speeds = || ways(points, speed);
    let height_ramp = || {
        let values = points.iter().filter_map(|point| point.height);
        Ramp::over("Height, m", values, 10.0).map(|ramp| (ramp, heights()))
    };
    let speed_ramp = || {
        let speeds = speeds();
        let ramp = Ramp::over("Speed, m/s", speeds.iter().copied().flatten().chain([0.0]), 2.0);
        let has_speeds = speeds.iter().any(Option::is_some);
        ramp.filter(|_| has_speeds).map(|ramp| (Ramp { low: ramp.low.max(0.0), ..ramp }, speeds))
    };
    let found = match by {
        ColorBy::Height => height_ramp().or_else(speed_ramp),
        ColorBy::Speed => speed_ramp().or_else(height_ramp),
    };
    match found {
        Some((ramp, values)) => {
            let classes = values.iter().map(|value| value.map(|value| ramp.class(value)));
            let classes = classes.collect();
            (Some(ramp), classes)
        }
        None => (None, vec![None; points.len()]),
    }
}

/// A number for the way to each point; the first has that of the second.
fn ways(points: &[Point], value: impl Fn(&Point, &Point) -> Option<f64>) -> Vec<Option<f64>> {
    let ways = points.windows(2).map(|pair| match pair {
        [one, two] => value(one, two),
        _ => None,
    });
    let mut values: Vec<Option<f64>> = ways.collect();
    values.insert(0, values.first().copied().flatten());
    values.truncate(points.len());
    values
}

/// Day and times of a flight, with the offset that they are in.
fn span(begin: Timestamp, end: Timestamp, offset: i32) -> String {
    let (begin, end) = (local(begin, offset), local(end, offset));
    let (day, from) = parts(&begin);
    let (last_day, to) = parts(&end);
    let hours = offset / 3600;
    let minutes = offset % 3600 / 60;
    let zone = match offset {
        0 => "UTC".to_owned(),
        1.. => format!("UTC+{hours:02}:{minutes:02}"),
        _ => format!("UTC−{:02}:{:02}", -hours, -minutes),
    };
    if day == last_day {
        format!("{day}, {from} to {to} ({zone})")
    } else {
        format!("{day}, {from} to {last_day}, {to} ({zone})")
    }
}

fn local(time: Timestamp, offset: i32) -> String {
    time.with_offset_seconds(offset).unwrap_or(time).to_string()
}

/// Date and time of RFC 3339, to the second.
fn parts(time: &str) -> (&str, &str) {
    let (day, rest) = time.split_once('T').unwrap_or((time, ""));
    (day, rest.get(..8).unwrap_or(rest))
}
