//! Writes SVG.

use std::fmt::{self, Write as _};

use super::font::{self, Weight};
use super::{Rect, Size, Xy};
use crate::track::xml_escaped;

/// Ink of texts, of lesser texts, and of paper.
pub(super) const INK: &str = "#1c2530";
pub(super) const GREY: &str = "#5d6875";
pub(super) const PAPER: &str = "#ffffff";

/// A number with at most two decimals, the same on every machine.
pub(super) fn n(number: f64) -> Number {
    Number(if number.is_finite() { (number * 100.0).round() / 100.0 + 0.0 } else { 0.0 })
}

pub(super) struct Number(f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What side of a text its place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) size: f64,
    pub(super) weight: Weight,
    pub(super) ink: &'static str,
    pub(super) anchor: Anchor,
    /// A border of paper around the letters, for texts over lines.
    pub(super) halo: bool,
}

impl Style {
    pub(super) const fn new(size: f64) -> Self {
        let (weight, ink, anchor) = (Weight::Regular, INK, Anchor::Start);
        Self { size, weight, ink, anchor, halo: false }
    }

    pub(super) const fn bold(self) -> Self {
        Self { weight: Weight::Bold, ..self }
    }

    pub(super) const fn grey(self) -> Self {
        Self { ink: GREY, ..self }
    }

    pub(super) const fn anchored(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    pub(super) const fn with_halo(self) -> Self {
        Self { halo: true, ..self }
    }

    pub(super) fn width(self, text: &str) -> f64 {
        font::width(text, self.size, self.weight)
    }

    pub(super) fn shortened(self, text: &str, most: f64) -> String {
        font::shortened(text, self.size, self.weight, most)
    }
}

/// An SVG file in the making.
pub(super) struct Svg(String);

impl Svg {
    /// Paper of a size in pixels; all lengths are then of the inner one.
    pub(super) fn new(size: Size, inner: Xy) -> Self {
        let mut svg = Self(String::new());
        svg.put(format_args!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}" viewBox="0 0 {} {}" font-family="{}, 'DejaVu Sans', sans-serif">"#,
            size.width(),
            size.height(),
            n(inner.0),
            n(inner.1),
            font::FAMILY,
        ));
        svg.rect(Rect::new(0.0, 0.0, inner.0, inner.1), r##"fill="#ffffff""##);
        svg
    }

    /// Writing into memory does not fail.
    fn put(&mut self, element: fmt::Arguments<'_>) {
        let _ = self.0.write_fmt(element);
        self.0.push('\n');
    }

    /// A title for those who do not see the picture.
    pub(super) fn title(&mut self, title: &str) {
        self.put(format_args!("<title>{}</title>", xml_escaped(title)));
    }

    /// Colours from the bottom to the top, evenly.
    pub(super) fn gradient(&mut self, name: &str, colours: &[String]) {
        self.put(format_args!(r#"<linearGradient id="{name}" x1="0" y1="1" x2="0" y2="0">"#));
        let last = colours.len().saturating_sub(1).max(1) as f64;
        for (index, colour) in colours.iter().enumerate() {
            let offset = (index as f64 / last * 10_000.0).round() / 10_000.0;
            self.put(format_args!(r#"<stop offset="{offset}" stop-color="{colour}"/>"#));
        }
        self.put(format_args!("</linearGradient>"));
    }

    pub(super) fn rect(&mut self, rect: Rect, look: &str) {
        let Rect { x, y, w, h } = rect;
        self.put(format_args!(
            r#"<rect x="{}" y="{}" width="{}" height="{}" {look}/>"#,
            n(x),
            n(y),
            n(w),
            n(h)
        ));
    }

    pub(super) fn line(&mut self, from: Xy, to: Xy, look: &str) {
        self.put(format_args!(
            r#"<line x1="{}" y1="{}" x2="{}" y2="{}" {look}/>"#,
            n(from.0),
            n(from.1),
            n(to.0),
            n(to.1)
        ));
    }

    pub(super) fn circle(&mut self, at: Xy, radius: f64, look: &str) {
        self.put(format_args!(
            r#"<circle cx="{}" cy="{}" r="{}" {look}/>"#,
            n(at.0),
            n(at.1),
            n(radius)
        ));
    }

    pub(super) fn path(&mut self, path: &Path, look: &str) {
        if !path.0.is_empty() {
            self.put(format_args!(r#"<path d="{}" {look}/>"#, path.0.trim_end()));
        }
    }

    /// A text whose baseline is at a place.
    pub(super) fn text(&mut self, at: Xy, style: Style, text: &str) {
        self.turned_text(at, style, text, false);
    }

    /// The same, upwards where `up` is true.
    pub(super) fn turned_text(&mut self, at: Xy, style: Style, text: &str, up: bool) {
        if text.is_empty() {
            return;
        }
        let anchor = match style.anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let weight = match style.weight {
            Weight::Regular => "",
            Weight::Bold => r#" font-weight="600""#,
        };
        debug_assert_eq!(Weight::Bold.number(), 600);
        let halo = if style.halo {
            r##" stroke="#ffffff" stroke-width="3.5" stroke-linejoin="round" paint-order="stroke""##
        } else {
            ""
        };
        let (x, y) = (n(at.0), n(at.1));
        let turn = if up { format!(r#" transform="rotate(-90 {x} {y})""#) } else { String::new() };
        self.put(format_args!(
            r#"<text x="{x}" y="{y}" font-size="{}" fill="{}"{anchor}{weight}{halo}{turn}>{}</text>"#,
            n(style.size),
            style.ink,
            xml_escaped(text)
        ));
    }

    pub(super) fn finish(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }
}

/// The way of a pen.
#[derive(Debug, Default, Clone)]
pub(super) struct Path(String);

impl Path {
    pub(super) fn to(&mut self, at: Xy) {
        let pen = if self.0.is_empty() { 'M' } else { 'L' };
        let _ = write!(self.0, "{pen}{} {} ", n(at.0), n(at.1));
    }

    pub(super) fn jump(&mut self, at: Xy) {
        let _ = write!(self.0, "M{} {} ", n(at.0), n(at.1));
    }

    pub(super) fn close(&mut self) {
        self.0.push_str("Z ");
    }

    /// Straight from one place to the next.
    pub(super) fn through(places: impl IntoIterator<Item = Xy>) -> Self {
        let mut path = Self::default();
        places.into_iter().for_each(|place| path.to(place));
        path
    }

    pub(super) fn closed(places: impl IntoIterator<Item = Xy>) -> Self {
        let mut path = Self::through(places);
        path.close();
        path
    }
}
