//! The picture of a planned route.

use flighthub_kmz::{FinishAction, HeightMode, Kmz, KmzWaypoint, VideoAction};

use super::map::{Map, Vertex, Waypoint};
use super::marks::Mark;
use super::plot::{Dock, span_of};
use super::profile::{Axis, Profile, Step};
use super::ramp::{Ramp, range};
use super::sheet::{Key, Sheet};
use super::ticks::{length, number};
use super::{Picture, Size};
use crate::track::distance;

/// How a route is drawn, and what with.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct DrawSettings {
    /// Size of the picture.
    pub size: Size,
    /// A dock that the route is to be flown from.
    pub dock: Option<Dock>,
}

impl DrawSettings {
    /// 1600 by 1000 pixels, only the route.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// Draws a route: its waypoints, their heights, and what is done at them.
#[must_use]
pub fn draw(name: &str, route: &Kmz, settings: &DrawSettings) -> Picture {
    let draw = Draw::new(route, settings);
    // One waypoint has no profile.
    let has_profile = route.waypoints.len() > 1;
    let mut sheet = Sheet::new(settings.size, has_profile);
    sheet.head(name, &draw.facts());
    let is_crowded = draw.map().draw(&mut sheet.svg, sheet.map);
    if has_profile {
        draw.profile().draw(&mut sheet.svg, sheet.profile);
    }
    sheet.legend(draw.ramp.as_ref(), &draw.keys(is_crowded));
    Picture { svg: sheet.foot(&draw.tiles(), &draw.notes()), size: settings.size }
}

struct Draw<'a> {
    route: &'a Kmz,
    settings: &'a DrawSettings,
    ramp: Option<Ramp>,
    /// Metres over ground from the first waypoint.
    along: Vec<f64>,
}

fn place(waypoint: &KmzWaypoint) -> (f64, f64) {
    (waypoint.latitude, waypoint.longitude)
}

impl<'a> Draw<'a> {
    fn new(route: &'a Kmz, settings: &'a DrawSettings) -> Self {
        let heights = route.waypoints.iter().map(|waypoint| waypoint.height);
        let ramp = Ramp::over(heading(route.height_mode), heights, 10.0);
        let mut before: Option<&KmzWaypoint> = None;
        let mut travelled = 0.0;
        let along = route.waypoints.iter().map(|waypoint| {
            travelled += before.map_or(0.0, |before| distance(place(before), place(waypoint)));
            before = Some(waypoint);
            travelled
        });
        let along = along.collect();
        Self { route, settings, ramp, along }
    }

    fn facts(&self) -> Vec<String> {
        let count = self.route.waypoints.len();
        let waypoints =
            if count == 1 { "1 waypoint".to_owned() } else { format!("{count} waypoints") };
        let dock = self.settings.dock.as_ref().map(|dock| format!("From {}", dock.name));
        let mut facts = vec![
            format!("Planned route ({})", self.route.template_type),
            waypoints,
            format!("Aircraft model {}, payload {}", self.route.model, self.route.payload),
        ];
        facts.extend(dock);
        facts
    }

    fn class(&self, one: &KmzWaypoint, two: &KmzWaypoint) -> Option<usize> {
        self.ramp.as_ref().map(|ramp| ramp.class(f64::midpoint(one.height, two.height)))
    }

    /// The colour of the way to each waypoint.
    fn classes(&self) -> Vec<Option<usize>> {
        let points = &self.route.waypoints;
        let before = points.first().into_iter().chain(points);
        before.zip(points).map(|(one, two)| self.class(one, two)).collect()
    }

    fn map(&self) -> Map {
        let points = &self.route.waypoints;
        let vertex = |(waypoint, class): (&KmzWaypoint, Option<usize>)| Vertex {
            place: place(waypoint),
            class,
            after_gap: false,
        };
        let dock = self.settings.dock.as_ref().and_then(Dock::place);
        Map {
            line: points.iter().zip(self.classes()).map(vertex).collect(),
            waypoints: points
                .iter()
                .map(|waypoint| Waypoint { place: place(waypoint), actions: actions(waypoint) })
                .collect(),
            has_plan: false,
            marks: dock.map(|place| (Mark::Dock, place)).into_iter().collect(),
        }
    }

    /// Heights over the way. Colours are those of the heights themselves, so that a climb has all of them.
    fn profile(&self) -> Profile {
        let waypoints = self.route.waypoints.iter().zip(&self.along);
        let step = |((waypoint, along), class): ((&KmzWaypoint, &f64), Option<usize>)| Step {
            along: *along,
            height: Some(waypoint.height),
            class,
            after_gap: false,
        };
        Profile {
            axis: Axis::Distance,
            along_title: "Distance over ground from the first waypoint".to_owned(),
            height_title: heading(self.route.height_mode).to_owned(),
            plan: waypoints.clone().map(|(waypoint, along)| (*along, waypoint.height)).collect(),
            steps: waypoints.zip(self.classes()).map(step).collect(),
            level: self.level(),
            has_waypoints: true,
        }
    }

    /// The take-off security height, where the heights count from the start as it does.
    fn level(&self) -> Option<f64> {
        (self.route.height_mode == HeightMode::RelativeToStartPoint)
            .then_some(self.route.take_off_security_height)
    }

    /// On a crowded map only photos are told, by the filling of the waypoints.
    fn keys(&self, is_crowded: bool) -> Vec<Key> {
        let has_line = self.route.waypoints.len() > 1;
        let mut keys = vec![Key::Waypoint];
        if has_line {
            keys.insert(0, Key::Line("Route"));
        }
        let mut used: Vec<Mark> = self.route.waypoints.iter().flat_map(actions).collect();
        used.sort_unstable();
        used.dedup();
        if !is_crowded {
            keys.extend(used.into_iter().map(Key::Mark));
        } else if used.contains(&Mark::Photo) {
            keys.push(Key::Photo);
        }
        if has_line && self.level().is_some() {
            keys.push(Key::Level("Security height"));
        }
        keys
    }

    fn tiles(&self) -> Vec<(String, String)> {
        let points = &self.route.waypoints;
        let mut tiles = vec![(
            "Over ground".to_owned(),
            length(self.along.last().copied().unwrap_or_default()),
        )];
        let mut tile = |label: &str, value: String| tiles.push((label.to_owned(), value));
        if let Some((low, high)) = range(points.iter().map(|waypoint| waypoint.height)) {
            tile("Heights", span_of(low, high));
        }
        let security = number(self.route.take_off_security_height, 0);
        tile("Security height", format!("{security} m"));
        if let Some((low, high)) = range(points.iter().map(|waypoint| waypoint.speed)) {
            let (low, high) = (number(low, 1), number(high, 1));
            let speed = if low == high { low } else { format!("{low} to {high}") };
            tile("Speed", format!("{speed} m/s"));
        }
        let photos: u64 = points.iter().map(|waypoint| u64::from(waypoint.photos)).sum();
        tile("Photos", photos.to_string());
        let hover: f64 = points.iter().map(|waypoint| waypoint.hover).sum();
        if hover > 0.0 {
            tile("Hovering", super::ticks::duration(hover));
        }
        tile("At the end", finish(self.route.finish_action).to_owned());
        tiles
    }

    fn notes(&self) -> Vec<String> {
        let from = match self.route.height_mode {
            HeightMode::RelativeToStartPoint => "Heights count from the place of the start.",
            HeightMode::Wgs84 => "Heights count from the ellipsoid of WGS 84.",
            HeightMode::RealTimeFollowSurface => "Heights count from the ground below.",
            _ => "What heights count from is not known.",
        };
        vec![from.to_owned()]
    }
}

fn heading(mode: HeightMode) -> &'static str {
    match mode {
        HeightMode::RelativeToStartPoint => "Height over start, m",
        HeightMode::Wgs84 => "Height (WGS 84), m",
        HeightMode::RealTimeFollowSurface => "Height over ground, m",
        _ => "Height, m",
    }
}

fn finish(action: FinishAction) -> &'static str {
    match action {
        FinishAction::GoHome => "return home",
        FinishAction::AutoLand => "land",
        FinishAction::NoAction => "hover",
        FinishAction::GotoFirstWaypoint => "go to waypoint 1",
        _ => "another action",
    }
}

fn actions(waypoint: &KmzWaypoint) -> Vec<Mark> {
    let mut marks = Vec::new();
    if waypoint.photos > 0 {
        marks.push(Mark::Photo);
    }
    match waypoint.video {
        Some(VideoAction::Start) => marks.push(Mark::VideoStart),
        Some(VideoAction::Stop) => marks.push(Mark::VideoStop),
        None => {}
    }
    if waypoint.hover > 0.0 {
        marks.push(Mark::Hover);
    }
    marks
}
