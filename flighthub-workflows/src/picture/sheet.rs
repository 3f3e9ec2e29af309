//! The paper of a report: title, panels, the legend beside them, and what it all adds up to.

use super::marks::{self, Mark, PLAN};
use super::ramp::{self, Ramp};
use super::svg::{GREY, INK, Style, Svg};
use super::ticks::number;
use super::{Rect, Size, Xy};

const BORDER: f64 = 36.0;
/// Room for the degrees and metres left of the panels.
const AXIS: f64 = 84.0;
const SIDE: f64 = 196.0;
/// Paper that the texts are made for; other sizes are the same, larger or smaller.
const WIDTH: f64 = 1600.0;
const HEIGHT: f64 = 1000.0;
/// Smaller than so, texts are hard to read: less is shown instead.
const LEAST_SCALE: f64 = 0.7;

const TITLE: Style = Style::new(30.0).bold();
const SUBTITLE: Style = Style::new(16.5).grey();
const KEY: Style = Style::new(14.5);
const LABEL: Style = Style::new(13.5).grey();
const VALUE: Style = Style::new(20.0).bold();
const NOTE: Style = Style::new(12.5).grey();
/// Paper between two sums.
const LEAST_GAP: f64 = 18.0;
const MOST_GAP: f64 = 170.0;

/// A page in the making.
pub(super) struct Sheet {
    pub(super) svg: Svg,
    pub(super) map: Rect,
    pub(super) profile: Rect,
    side: Rect,
    inner: Xy,
}

/// A line of the legend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Line(&'static str),
    Gap,
    Plan(&'static str),
    Waypoint,
    Photo,
    Level(&'static str),
    Mark(Mark),
}

impl Sheet {
    pub(super) fn new(size: Size, has_profile: bool) -> Self {
        let (width, height) = (f64::from(size.width()), f64::from(size.height()));
        let scale = (width / WIDTH).min(height / HEIGHT).max(LEAST_SCALE);
        let inner = (width / scale, height / scale);
        let left = BORDER + AXIS;
        let wide = inner.0 - left - SIDE - 24.0 - BORDER;
        let (top, bottom) = (BORDER + 76.0, inner.1 - BORDER - 92.0);
        let high = bottom - top;
        let profile = if has_profile { (high * 0.29).clamp(90.0, 300.0) } else { 0.0 };
        let gap = if has_profile { 44.0 + 46.0 } else { 26.0 };
        let map = Rect::new(left, top, wide, high - profile - gap);
        Self {
            svg: Svg::new(size, inner),
            map,
            profile: Rect::new(left, map.bottom() + 44.0, inner.0 - left - BORDER, profile),
            side: Rect::new(map.right() + 24.0, top, SIDE, high),
            inner,
        }
    }

    fn whole_width(&self) -> f64 {
        self.inner.0 - 2.0 * BORDER
    }

    /// The title, and what is known beside it.
    pub(super) fn head(&mut self, title: &str, facts: &[String]) {
        let width = self.whole_width();
        let facts: Vec<&str> =
            facts.iter().map(String::as_str).filter(|fact| !fact.is_empty()).collect();
        self.svg.title(title);
        self.svg.text((BORDER, BORDER + 24.0), TITLE, &TITLE.shortened(title, width));
        let facts = SUBTITLE.shortened(&facts.join("  ·  "), width);
        self.svg.text((BORDER, BORDER + 53.0), SUBTITLE, &facts);
    }

    /// The colours and the signs, from top to bottom.
    pub(super) fn legend(&mut self, ramp: Option<&Ramp>, keys: &[Key]) {
        let mut y = self.side.y;
        if let Some(ramp) = ramp {
            let room = self.map.h - 34.0 - 27.0 * keys.len() as f64;
            let length = room.clamp(70.0, 230.0);
            self.bar(ramp, length);
            y += length + 44.0;
        }
        for key in keys {
            self.key(*key, (self.side.x, y + 12.0));
            y += 27.0;
        }
    }

    fn bar(&mut self, ramp: &Ramp, length: f64) {
        let Rect { x, y, .. } = self.side;
        self.svg.text((x, y + 12.0), KEY.bold(), &ramp.title);
        let bar = Rect::new(x, y + 24.0, 22.0, length - 12.0);
        self.svg.gradient("colours", &ramp::STOPS.map(ramp::viridis));
        self.svg.rect(bar, r#"fill="url(#colours)""#);
        let ticks = ramp.ticks(bar.h);
        for value in &ticks.values {
            let y = bar.bottom() - bar.h * ramp.share(*value);
            self.svg.line(
                (bar.right(), y),
                (bar.right() + 6.0, y),
                &format!(r#"stroke="{INK}" stroke-width="1.2""#),
            );
            let text = number(*value, ticks.decimals());
            self.svg.text((bar.right() + 11.0, y + 4.8), Style::new(13.5), &text);
        }
    }

    fn key(&mut self, key: Key, at: Xy) {
        let (x, y) = at;
        let sign = (x + 15.0, y);
        let (from, to) = ((x, y), (x + 30.0, y));
        let svg = &mut self.svg;
        let word = match key {
            Key::Line(word) => {
                svg.line(
                    from,
                    to,
                    r##"stroke="#2a788e" stroke-width="4.2" stroke-linecap="round""##,
                );
                word
            }
            Key::Gap => {
                let look = format!(
                    r#"stroke="{GREY}" stroke-width="2.4" stroke-linecap="round" stroke-dasharray="1 6""#
                );
                svg.line(from, to, &look);
                "No position known"
            }
            Key::Plan(word) => {
                let look = format!(r#"stroke="{PLAN}" stroke-width="1.8" stroke-dasharray="8 5""#);
                svg.line(from, to, &look);
                word
            }
            Key::Waypoint => {
                marks::waypoint(svg, sign, 5.0);
                "Waypoint"
            }
            Key::Photo => {
                marks::dot(svg, sign);
                "Waypoint with photo"
            }
            Key::Level(word) => {
                let look = format!(r#"stroke="{INK}" stroke-width="1.4" stroke-dasharray="2 4""#);
                svg.line(from, to, &look);
                word
            }
            Key::Mark(mark) => {
                mark.draw(svg, sign);
                mark.word()
            }
        };
        svg.text((x + 42.0, y + 5.0), KEY, &KEY.shortened(word, SIDE - 42.0));
    }

    /// What it adds up to, side by side, and a line of remarks.
    pub(super) fn foot(mut self, tiles: &[(String, String)], notes: &[String]) -> String {
        let top = self.inner.1 - BORDER - 74.0;
        let width = self.whole_width();
        let look = r##"stroke="#d5dade" stroke-width="1.2""##;
        self.svg.line((BORDER, top), (BORDER + width, top), look);
        let widths: Vec<f64> =
            tiles.iter().map(|(label, value)| LABEL.width(label).max(VALUE.width(value))).collect();
        let total: f64 = widths.iter().sum();
        let gaps = tiles.len().saturating_sub(1).max(1) as f64;
        // Where they need more room than there is, letters are smaller.
        let scale = ((width - LEAST_GAP * gaps) / total.max(1.0)).min(1.0);
        let gap = ((width - total * scale) / gaps).min(MOST_GAP);
        let sized = |style: Style| Style { size: style.size * scale, ..style };
        let mut x = BORDER;
        for ((label, value), own) in tiles.iter().zip(&widths) {
            self.svg.text((x, top + 22.0), sized(LABEL), label);
            self.svg.text((x, top + 47.0), sized(VALUE), value);
            x += own * scale + gap;
        }
        let notes = NOTE.shortened(&notes.join("  "), width);
        self.svg.text((BORDER, self.inner.1 - BORDER + 4.0), NOTE, &notes);
        self.svg.finish()
    }
}
