//! The map: graticule, planned route, coloured line, waypoints, signs, scale bar and north arrow.

use super::marks::{self, Mark, PLAN};
use super::ramp::colour;
use super::space::{Corner, Space};
use super::svg::{Anchor, GREY, INK, PAPER, Path, Style, Svg};
use super::ticks::{Ticks, degrees, length, round_down, round_up};
use super::view::{Place, View, wrapped};
use super::{Rect, Xy};

/// Paper between what is shown and the border of the panel.
const MARGIN: f64 = 52.0;
/// Nearer than this, points of a line are one.
const NEAR: f64 = 0.7;
/// Most waypoints that get a number, and most where they are crowded.
const MOST_NUMBERS: usize = 40;
const MOST_NUMBERS_IN_A_CROWD: usize = 12;
/// Size of a waypoint.
const LARGE: f64 = 5.0;
/// Arrows keep so far from waypoints and signs.
const CLEAR: f64 = 20.0;
/// Signs nearer than this share one place.
const TOGETHER: f64 = 26.0;

const LABEL: Style = Style::new(15.0).bold().with_halo();
const NUMBER: Style = Style::new(13.5).with_halo();
const TICK: Style = Style::new(13.5).grey();

/// A point of the coloured line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vertex {
    pub(super) place: Place,
    /// Colour of the way there.
    pub(super) class: Option<usize>,
    pub(super) after_gap: bool,
}

/// A waypoint.
#[derive(Debug, Clone)]
pub(super) struct Waypoint {
    pub(super) place: Place,
    /// What is done there.
    pub(super) actions: Vec<Mark>,
}

/// What a map shows.
#[derive(Debug, Default)]
pub(super) struct Map {
    pub(super) line: Vec<Vertex>,
    pub(super) waypoints: Vec<Waypoint>,
    /// Whether the waypoints are joined by a dashed line.
    pub(super) has_plan: bool,
    pub(super) marks: Vec<(Mark, Place)>,
}

impl Map {
    /// Answers whether there was too little room to tell what is done at the waypoints.
    pub(super) fn draw(&self, svg: &mut Svg, panel: Rect) -> bool {
        svg.rect(panel, r##"fill="#f8f9fa""##);
        let line = self.line.iter().map(|vertex| vertex.place);
        let waypoints = self.waypoints.iter().map(|waypoint| waypoint.place);
        let marks = self.marks.iter().map(|(_, place)| *place);
        let view = View::of(line.chain(waypoints).chain(marks), panel, MARGIN);
        let border = r##"fill="none" stroke="#aab2bb" stroke-width="1.2""##;
        let Some(view) = view else {
            let middle = (panel.x + panel.w / 2.0, panel.y + panel.h / 2.0);
            let style = Style::new(18.0).grey().anchored(Anchor::Middle);
            svg.text(middle, style, "There is no position to show.");
            svg.rect(panel, border);
            return false;
        };
        graticule(svg, panel, &view);
        svg.rect(panel, border);
        let mut drawing = Drawing { svg, view, space: Space::new(inset(panel, 4.0)) };
        drawing.ink(self);
        drawing.plates();
        if self.has_plan {
            drawing.plan(&self.waypoints);
        }
        drawing.line(self);
        drawing.waypoints_and_marks(self)
    }
}

fn inset(rect: Rect, by: f64) -> Rect {
    Rect::new(rect.x + by, rect.y + by, rect.w - 2.0 * by, rect.h - 2.0 * by)
}

/// Lines of latitude and longitude, with their degrees at the left and below.
fn graticule(svg: &mut Svg, panel: Rect, view: &View) {
    let look = r##"stroke="#e1e5e9" stroke-width="1""##;
    let (north, east) = view.paper_a_degree();
    let (low, high) = (view.place((panel.x, panel.bottom())), view.place((panel.right(), panel.y)));
    let rows = Ticks::round(low.0, high.0, round_up(72.0 / north));
    for latitude in rows.values.iter().copied().filter(|latitude| latitude.abs() <= 90.0) {
        let y = view.paper((latitude, low.1)).1;
        svg.line((panel.x, y), (panel.right(), y), look);
        let text = degrees(latitude, rows.decimals(), ("N", "S"));
        svg.text((panel.x - 9.0, y + 4.8), TICK.anchored(Anchor::End), &text);
    }
    let columns = columns(low.1, high.1, east);
    let middle = f64::midpoint(low.1, high.1);
    for longitude in &columns.values {
        let x = view.paper((low.0, middle)).0 + (longitude - middle) * east;
        svg.line((x, panel.y), (x, panel.bottom()), look);
        let text = degrees(wrapped(*longitude), columns.decimals(), ("E", "W"));
        let half = TICK.width(&text) / 2.0;
        // The first and the last stay over the panel.
        if x - half > panel.x - 10.0 && x + half < panel.right() + 10.0 {
            svg.text((x, panel.bottom() + 19.0), TICK.anchored(Anchor::Middle), &text);
        }
    }
}

/// So far apart that their labels do not meet.
fn columns(low: f64, high: f64, east: f64) -> Ticks {
    let mut least = 100.0 / east;
    for _ in 0..4 {
        let ticks = Ticks::round(low, high, least);
        let widest = TICK.width(&degrees(-179.0, ticks.decimals(), ("E", "W")));
        if ticks.step * east >= widest + 28.0 {
            return ticks;
        }
        least = ticks.step * 1.5;
    }
    Ticks::round(low, high, least)
}

/// A map in the making.
struct Drawing<'s> {
    svg: &'s mut Svg,
    view: View,
    space: Space,
}

impl Drawing<'_> {
    /// Remembers where lines will be, so that labels stand beside them.
    fn ink(&mut self, map: &Map) {
        let mut before: Option<Xy> = None;
        for vertex in &map.line {
            let here = self.view.paper(vertex.place);
            self.space.ink(before.unwrap_or(here), here);
            before = Some(here);
        }
        let mut before: Option<Xy> = None;
        for waypoint in &map.waypoints {
            let here = self.view.paper(waypoint.place);
            self.space.ink(before.filter(|_| map.has_plan).unwrap_or(here), here);
            before = Some(here);
        }
    }

    /// Scale bar and north arrow, on plates in the corners.
    fn plates(&mut self) {
        let plate = r##"rx="4" fill="#ffffff" fill-opacity="0.88""##;
        let metres = round_down(170.0 / self.view.scale);
        let bar = metres * self.view.scale;
        let words = length_words(metres);
        let width = bar.max(Style::new(14.0).width(&words)) + 28.0;
        let rect = self.space.corner(
            (width, 46.0),
            8.0,
            &[Corner::BottomLeft, Corner::BottomRight, Corner::TopLeft],
        );
        self.svg.rect(rect, plate);
        let (x, y) = (rect.x + (rect.w - bar) / 2.0, rect.bottom() - 13.0);
        let mut path = Path::through([(x, y - 7.0), (x, y), (x + bar, y), (x + bar, y - 7.0)]);
        path.jump((x + bar / 2.0, y - 4.0));
        path.to((x + bar / 2.0, y));
        self.svg.path(&path, &format!(r#"fill="none" stroke="{INK}" stroke-width="2""#));
        let style = Style::new(14.0).anchored(Anchor::Middle);
        self.svg.text((rect.x + rect.w / 2.0, y - 13.0), style, &words);

        let rect = self.space.corner(
            (36.0, 62.0),
            8.0,
            &[Corner::TopRight, Corner::TopLeft, Corner::BottomRight],
        );
        self.svg.rect(rect, plate);
        let (x, y) = (rect.x + rect.w / 2.0, rect.y + 26.0);
        let at = |dx: f64, dy: f64| (x + dx, y + dy);
        let left = Path::closed([at(0.0, 0.0), at(-9.5, 28.0), at(0.0, 21.0)]);
        let right = Path::closed([at(0.0, 0.0), at(9.5, 28.0), at(0.0, 21.0)]);
        let outline = format!(r#"stroke="{INK}" stroke-width="1.4" stroke-linejoin="round""#);
        self.svg.path(&left, &format!(r#"fill="{INK}" {outline}"#));
        self.svg.path(&right, &format!(r#"fill="{PAPER}" {outline}"#));
        let style = Style::new(15.0).bold().anchored(Anchor::Middle);
        self.svg.text((x, rect.y + 19.0), style, "N");
    }

    /// The planned route, dashed.
    fn plan(&mut self, waypoints: &[Waypoint]) {
        let places = waypoints.iter().map(|waypoint| self.view.paper(waypoint.place));
        let path = Path::through(thinned(places));
        let look = format!(
            r#"fill="none" stroke="{PLAN}" stroke-width="1.8" stroke-dasharray="8 5" stroke-linejoin="round""#
        );
        self.svg.path(&path, &look);
    }

    /// The coloured line: gaps dashed, paper under it, then colour by colour, then arrows.
    fn line(&mut self, map: &Map) {
        let points = self.simplified(&map.line);
        let mut gaps = Path::default();
        for pair in points.windows(2) {
            if let [one, two] = pair
                && two.after_gap
            {
                gaps.jump(one.at);
                gaps.to(two.at);
            }
        }
        let look = |ink: &str, width: f64| {
            format!(
                r#"fill="none" stroke="{ink}" stroke-width="{width}" stroke-linejoin="round" stroke-linecap="round""#
            )
        };
        self.svg.path(&gaps, &format!(r#"{} stroke-dasharray="1 6""#, look(GREY, 2.4)));
        self.svg.path(&joined(&points), &look(PAPER, 7.5));
        for run in runs(&points) {
            let path = Path::through(run.iter().map(|point| point.at));
            let class = run.get(1).and_then(|point| point.class);
            self.svg.path(&path, &look(&colour(class), 4.2));
        }
        self.arrows(&points, &self.obstacles(map));
    }

    fn simplified(&self, line: &[Vertex]) -> Vec<Drawn> {
        let mut points: Vec<Drawn> = Vec::new();
        let last = line.len().saturating_sub(1);
        for (index, vertex) in line.iter().enumerate() {
            let at = self.view.paper(vertex.place);
            let is_near = points.last().is_some_and(|before| apart(before.at, at) < NEAR);
            if !is_near || vertex.after_gap || index == last {
                points.push(Drawn { at, class: vertex.class, after_gap: vertex.after_gap });
            }
        }
        points
    }

    /// What arrows would hide.
    fn obstacles(&self, map: &Map) -> Vec<Xy> {
        let places: Vec<Xy> =
            map.waypoints.iter().map(|waypoint| self.view.paper(waypoint.place)).collect();
        let places = if is_crowded(&places) { Vec::new() } else { places };
        let marks = map.marks.iter().map(|(_, place)| self.view.paper(*place));
        places.into_iter().chain(marks).collect()
    }

    /// Which way it goes, now and then.
    fn arrows(&mut self, points: &[Drawn], obstacles: &[Xy]) {
        let ways = |pair: &[Drawn]| match pair {
            [one, two] if !two.after_gap => apart(one.at, two.at),
            _ => 0.0,
        };
        let total: f64 = points.windows(2).map(ways).sum();
        let every = (total / 14.0).max(150.0);
        let mut travelled = every / 2.0;
        for pair in points.windows(2) {
            let [one, two] = pair else { continue };
            travelled += ways(pair);
            let middle = (f64::midpoint(one.at.0, two.at.0), f64::midpoint(one.at.1, two.at.1));
            let is_clear = || obstacles.iter().all(|other| apart(*other, middle) >= CLEAR);
            if travelled >= every && ways(pair) > 0.0 && is_clear() {
                marks::arrow(self.svg, one.at, two.at);
                travelled = 0.0;
            }
        }
    }

    fn waypoints_and_marks(&mut self, map: &Map) -> bool {
        let groups = self.groups(&map.marks);
        let places: Vec<Xy> =
            map.waypoints.iter().map(|waypoint| self.view.paper(waypoint.place)).collect();
        let is_crowded = is_crowded(&places);
        for (waypoint, at) in map.waypoints.iter().zip(&places) {
            if !is_crowded {
                marks::waypoint(self.svg, *at, LARGE);
                self.space.take(Rect::around(*at, LARGE + 1.0));
            } else if map.has_plan || waypoint.actions.contains(&Mark::Photo) {
                marks::dot(self.svg, *at);
            }
        }
        for (marks, at) in &groups {
            self.space
                .take(Rect::around(*at, if marks.contains(&Mark::Dock) { 13.0 } else { 11.0 }));
        }
        for (marks, at) in &groups {
            self.group(marks, *at);
        }
        self.numbers(&places, is_crowded);
        if !is_crowded {
            self.actions(&map.waypoints, &places);
        }
        is_crowded
    }

    /// Signs that are at about the same place.
    fn groups(&self, marks: &[(Mark, Place)]) -> Vec<(Vec<Mark>, Xy)> {
        let mut groups: Vec<(Vec<Mark>, Xy)> = Vec::new();
        for (mark, place) in marks {
            let at = self.view.paper(*place);
            match groups.iter_mut().find(|(_, other)| apart(*other, at) < TOGETHER) {
                Some((marks, _)) => marks.push(*mark),
                None => groups.push((vec![*mark], at)),
            }
        }
        groups
    }

    fn group(&mut self, marks: &[Mark], at: Xy) {
        let Some(first) = marks.first() else { return };
        first.draw(self.svg, at);
        let mut words = first.word().to_owned();
        for mark in marks.iter().skip(1) {
            words.push_str(", ");
            words.push_str(&mark.word().to_lowercase());
        }
        let size = (LABEL.width(&words) + 4.0, 19.0);
        let rect = self.space.beside_anyway(at, size, 15.0);
        self.svg.text((rect.x + 2.0, rect.y + 14.6), LABEL, &words);
    }

    /// Numbers beside the waypoints: all, or as many as there is room for.
    fn numbers(&mut self, places: &[Xy], is_crowded: bool) {
        let last = places.len().saturating_sub(1);
        let most = if is_crowded { MOST_NUMBERS_IN_A_CROWD } else { MOST_NUMBERS };
        let every = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]
            .into_iter()
            .find(|every| places.len() / every <= most)
            .unwrap_or(10_000);
        let is_wanted =
            |index: &usize| *index == 0 || *index == last || (index + 1).is_multiple_of(every);
        let mut order: Vec<usize> = (0..places.len()).filter(is_wanted).collect();
        // The ends come first, so that they find room.
        order.sort_by_key(|index| !(*index == 0 || *index == last));
        if is_crowded {
            for at in order.iter().filter_map(|index| places.get(*index)) {
                marks::waypoint(self.svg, *at, LARGE);
                self.space.take(Rect::around(*at, LARGE + 1.0));
            }
        }
        for index in order {
            let Some(at) = places.get(index) else { continue };
            let text = (index + 1).to_string();
            let size = (NUMBER.width(&text) + 3.0, 15.0);
            let Some(rect) = self.space.beside(*at, size, LARGE + 4.0) else { continue };
            self.svg.text((rect.x + 1.5, rect.y + 12.0), NUMBER, &text);
        }
    }

    /// What is done at waypoints, side by side.
    fn actions(&mut self, waypoints: &[Waypoint], places: &[Xy]) {
        for (waypoint, at) in waypoints.iter().zip(places) {
            if waypoint.actions.is_empty() {
                continue;
            }
            let width = 17.0 * waypoint.actions.len() as f64;
            let Some(rect) = self.space.beside(*at, (width, 17.0), 8.0) else { continue };
            for (index, mark) in waypoint.actions.iter().enumerate() {
                mark.draw(self.svg, (rect.x + 8.5 + 17.0 * index as f64, rect.y + 8.5));
            }
        }
    }
}

/// A point of the line on paper.
#[derive(Debug, Clone, Copy)]
struct Drawn {
    at: Xy,
    class: Option<usize>,
    after_gap: bool,
}

/// All stretches without gaps in one path.
fn joined(points: &[Drawn]) -> Path {
    let mut path = Path::default();
    for stretch in points.chunk_by(|_, next| !next.after_gap) {
        for (index, point) in stretch.iter().enumerate() {
            if index == 0 { path.jump(point.at) } else { path.to(point.at) }
        }
    }
    path
}

/// Stretches of one colour; each begins where the one before ends.
fn runs(points: &[Drawn]) -> Vec<Vec<Drawn>> {
    let mut runs: Vec<Vec<Drawn>> = Vec::new();
    for pair in points.windows(2) {
        let [one, two] = pair else { continue };
        if two.after_gap {
            runs.push(Vec::new());
            continue;
        }
        match runs.last_mut().filter(|run| run.last().is_some_and(|last| last.class == two.class)) {
            Some(run) => run.push(*two),
            None => runs.push(vec![*one, *two]),
        }
    }
    runs.retain(|run| run.len() > 1);
    runs
}

fn thinned(places: impl Iterator<Item = Xy>) -> Vec<Xy> {
    let mut kept: Vec<Xy> = Vec::new();
    for place in places {
        if kept.last().is_none_or(|last| apart(*last, place) >= NEAR) {
            kept.push(place);
        }
    }
    kept
}

pub(super) fn apart(one: Xy, two: Xy) -> f64 {
    let (dx, dy) = (two.0 - one.0, two.1 - one.1);
    (dx * dx + dy * dy).sqrt()
}

/// Whether waypoints are too near to each other for large circles.
fn is_crowded(places: &[Xy]) -> bool {
    let mut gaps: Vec<f64> = places
        .windows(2)
        .filter_map(|pair| match pair {
            [one, two] => Some(apart(*one, *two)),
            _ => None,
        })
        .collect();
    gaps.sort_by(f64::total_cmp);
    places.len() > 150 || gaps.get(gaps.len() / 2).is_some_and(|usual| *usual < 16.0)
}

/// A round length.
fn length_words(metres: f64) -> String {
    if metres < 1.0 || (metres < 9.95 && metres.fract() > 0.0) {
        return length(metres);
    }
    if metres < 1000.0 { format!("{metres:.0} m") } else { format!("{:.0} km", metres / 1000.0) }
}
