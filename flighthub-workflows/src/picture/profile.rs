//! The heights over time or distance.

use super::map::apart;
use super::marks::{self, PLAN};
use super::ramp::{colour, range};
use super::svg::{Anchor, INK, Path, Style, Svg};
use super::ticks::{Ticks, clock, number};
use super::{Rect, Xy};

/// Metres from the lowest to the highest that are shown at least; less is noise.
const LEAST_METRES: f64 = 10.0;
const TICK: Style = Style::new(13.5).grey();
const TITLE: Style = Style::new(13.5);

/// What the heights stand over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    /// Seconds since the first point.
    Time,
    /// Metres since the first point.
    Distance,
}

/// A point of the flown line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) along: f64,
    pub(super) height: Option<f64>,
    pub(super) class: Option<usize>,
    pub(super) after_gap: bool,
}

/// What a profile shows.
#[derive(Debug)]
pub(super) struct Profile {
    pub(super) axis: Axis,
    pub(super) along_title: String,
    pub(super) height_title: String,
    pub(super) steps: Vec<Step>,
    /// Planned heights at the waypoints.
    pub(super) plan: Vec<(f64, f64)>,
    /// A height that is marked from side to side.
    pub(super) level: Option<f64>,
    /// Whether the line itself is the plan: its waypoints are marked.
    pub(super) has_waypoints: bool,
}

impl Profile {
    pub(super) fn draw(&self, svg: &mut Svg, panel: Rect) {
        svg.rect(panel, r##"fill="#f8f9fa""##);
        let Some(scale) = Scale::of(self, panel) else { return };
        scale.axes(self, svg);
        self.area(svg, &scale);
        if let Some(level) = self.level {
            let y = scale.at((0.0, level)).1;
            let look = format!(r#"stroke="{INK}" stroke-width="1.4" stroke-dasharray="2 4""#);
            svg.line((panel.x, y), (panel.right(), y), &look);
        }
        self.planned(svg, &scale);
        self.flown(svg, &scale);
        svg.rect(panel, r##"fill="none" stroke="#aab2bb" stroke-width="1.2""##);
    }

    /// Stretches with heights, on paper.
    fn stretches(&self, scale: &Scale) -> Vec<Vec<(Xy, Option<usize>)>> {
        let mut stretches = vec![Vec::new()];
        for step in &self.steps {
            let Some(height) = step.height else {
                stretches.push(Vec::new());
                continue;
            };
            if step.after_gap {
                stretches.push(Vec::new());
            }
            let at = scale.at((step.along, height));
            if let Some(stretch) = stretches.last_mut() {
                let is_near = stretch.last().is_some_and(|(last, _)| apart(*last, at) < 0.5);
                if !is_near {
                    stretch.push((at, step.class));
                }
            }
        }
        stretches.retain(|stretch| !stretch.is_empty());
        stretches
    }

    fn area(&self, svg: &mut Svg, scale: &Scale) {
        let ground = scale.panel.bottom();
        for stretch in self.stretches(scale) {
            let (Some((first, _)), Some((last, _))) = (stretch.first(), stretch.last()) else {
                continue;
            };
            let top = stretch.iter().map(|(at, _)| *at);
            let ends = [(last.0, ground), (first.0, ground)];
            let path = Path::closed(top.chain(ends));
            svg.path(&path, r##"fill="#2a788e" fill-opacity="0.10""##);
        }
    }

    fn flown(&self, svg: &mut Svg, scale: &Scale) {
        for stretch in self.stretches(scale) {
            if let [(only, class)] = stretch.as_slice() {
                svg.circle(*only, 3.0, &format!(r#"fill="{}""#, colour(*class)));
            }
            let mut before: Option<Xy> = None;
            for run in stretch.chunk_by(|one, two| one.1 == two.1) {
                let path = Path::through(before.into_iter().chain(run.iter().map(|(at, _)| *at)));
                let class = run.first().and_then(|(_, class)| *class);
                let look = format!(
                    r#"fill="none" stroke="{}" stroke-width="3" stroke-linejoin="round" stroke-linecap="round""#,
                    colour(class)
                );
                svg.path(&path, &look);
                before = run.last().map(|(at, _)| *at);
            }
        }
        // Where they are many they would hide the line.
        if self.has_waypoints && scale.panel.w >= 20.0 * self.plan.len() as f64 {
            for point in &self.plan {
                marks::waypoint(svg, scale.at(*point), 4.0);
            }
        }
    }

    fn planned(&self, svg: &mut Svg, scale: &Scale) {
        if self.has_waypoints {
            return;
        }
        let path = Path::through(self.plan.iter().map(|point| scale.at(*point)));
        let look =
            format!(r#"fill="none" stroke="{PLAN}" stroke-width="1.8" stroke-dasharray="8 5""#);
        svg.path(&path, &look);
    }
}

/// How numbers lie on the panel.
struct Scale {
    panel: Rect,
    end: f64,
    low: f64,
    high: f64,
    rows: Ticks,
}

impl Scale {
    fn of(profile: &Profile, panel: Rect) -> Option<Self> {
        let heights = profile.steps.iter().filter_map(|step| step.height);
        let planned = profile.plan.iter().map(|(_, height)| *height);
        // A level counts from the start, which then belongs into the picture.
        let levels = profile.level.into_iter().flat_map(|level| [0.0, level]);
        let (low, high) = range(heights.chain(planned).chain(levels))?;
        let more = ((LEAST_METRES - (high - low)) / 2.0).max(0.0);
        let (low, high) = (low - more, high + more);
        let step = Ticks::round(low, high, (high - low) * 40.0 / panel.h).step;
        // The line does not run along the upper border.
        let top = high + (high - low) * 0.04;
        let (low, high) = ((low / step).floor() * step, (top / step).ceil() * step);
        let ends = profile.steps.iter().map(|step| step.along);
        let (_, end) = range(ends.chain(profile.plan.iter().map(|(along, _)| *along)))?;
        Some(Self { panel, end: end.max(1.0), low, high, rows: Ticks::round(low, high, step) })
    }

    fn at(&self, point: (f64, f64)) -> Xy {
        let x = self.panel.x + self.panel.w * point.0 / self.end;
        let y = self.panel.bottom() - self.panel.h * (point.1 - self.low) / (self.high - self.low);
        (x, y)
    }

    fn axes(&self, profile: &Profile, svg: &mut Svg) {
        let look = r##"stroke="#e1e5e9" stroke-width="1""##;
        let panel = self.panel;
        for height in &self.rows.values {
            let y = self.at((0.0, *height)).1;
            svg.line((panel.x, y), (panel.right(), y), look);
            let text = number(*height, self.rows.decimals());
            svg.text((panel.x - 9.0, y + 4.8), TICK.anchored(Anchor::End), &text);
        }
        let least = self.end * 84.0 / panel.w;
        let (columns, unit) = match profile.axis {
            Axis::Time => (Ticks::clock(0.0, self.end, least), 1.0),
            Axis::Distance if self.end >= 5000.0 => (Ticks::round(0.0, self.end, least), 1000.0),
            Axis::Distance => (Ticks::round(0.0, self.end, least), 1.0),
        };
        for along in &columns.values {
            let x = self.at((*along, self.low)).0;
            svg.line((x, panel.y), (x, panel.bottom()), look);
            let text = match profile.axis {
                Axis::Time => clock(*along, self.end >= 3600.0),
                Axis::Distance => number(along / unit, super::ticks::decimals(columns.step / unit)),
            };
            let style = TICK.anchored(Anchor::Middle);
            svg.text((x, panel.bottom() + 19.0), style, &text);
        }
        let unit = match profile.axis {
            Axis::Time if self.end >= 3600.0 => "h:min:s",
            Axis::Time => "min:s",
            Axis::Distance if unit > 1.0 => "km",
            Axis::Distance => "m",
        };
        let title = format!("{}, {unit}", profile.along_title);
        let at = (panel.x + panel.w / 2.0, panel.bottom() + 40.0);
        svg.text(at, TITLE.anchored(Anchor::Middle), &title);
        let at = (panel.x - 64.0, panel.y + panel.h / 2.0);
        svg.turned_text(at, TITLE.anchored(Anchor::Middle), &profile.height_title, true);
    }
}
