//! Signs on maps: start, end, dock, waypoints, and what is done at them.

use super::svg::{INK, PAPER, Path, Svg};
use super::{Rect, Xy};

/// A sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    Dock,
    Start,
    End,
    Photo,
    VideoStart,
    VideoStop,
    Hover,
}

/// Ink of planned routes.
pub(super) const PLAN: &str = "#46525f";

impl Mark {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Dock => "Dock",
            Self::Start => "Start",
            Self::End => "End",
            Self::Photo => "Photo",
            Self::VideoStart => "Video begins",
            Self::VideoStop => "Video ends",
            Self::Hover => "Hover",
        }
    }

    pub(super) fn draw(self, svg: &mut Svg, at: Xy) {
        match self {
            Self::Dock => dock(svg, at),
            Self::Start => {
                svg.circle(at, 9.5, &disc());
                let (x, y) = at;
                svg.path(
                    &Path::closed([(x - 2.8, y - 4.6), (x + 5.0, y), (x - 2.8, y + 4.6)]),
                    r##"fill="#ffffff""##,
                );
            }
            Self::End => {
                svg.circle(at, 9.5, &disc());
                svg.rect(Rect::around(at, 3.6), r##"fill="#ffffff""##);
            }
            Self::Photo => {
                camera(svg, at);
            }
            Self::VideoStart => {
                svg.circle(at, 6.5, &outline());
                svg.circle(at, 3.2, &format!(r#"fill="{INK}""#));
            }
            Self::VideoStop => {
                svg.circle(at, 6.5, &outline());
                svg.rect(Rect::around(at, 2.6), &format!(r#"fill="{INK}""#));
            }
            Self::Hover => {
                svg.circle(at, 6.5, &outline());
                let hands = Path::through([(at.0, at.1 - 4.2), at, (at.0 + 3.0, at.1 + 1.8)]);
                svg.path(&hands, &format!(r#"fill="none" stroke="{INK}" stroke-width="1.5""#));
            }
        }
    }
}

fn disc() -> String {
    format!(r#"fill="{INK}" stroke="{PAPER}" stroke-width="2""#)
}

fn outline() -> String {
    format!(r#"fill="{PAPER}" stroke="{INK}" stroke-width="1.5""#)
}

/// A landing pad.
fn dock(svg: &mut Svg, at: Xy) {
    let (x, y) = at;
    svg.rect(Rect::around(at, 12.5), &format!(r#"rx="5" fill="{PAPER}""#));
    svg.rect(
        Rect::around(at, 10.5),
        &format!(r#"rx="3.5" fill="{PAPER}" stroke="{INK}" stroke-width="2.4""#),
    );
    let mut letter = Path::default();
    for side in [-3.6, 3.6] {
        letter.jump((x + side, y - 5.2));
        letter.to((x + side, y + 5.2));
    }
    letter.jump((x - 3.6, y));
    letter.to((x + 3.6, y));
    svg.path(&letter, &format!(r#"fill="none" stroke="{INK}" stroke-width="2.2""#));
}

fn camera(svg: &mut Svg, at: Xy) {
    let (x, y) = at;
    let body = Path::closed([
        (x - 7.0, y - 3.6),
        (x - 3.4, y - 3.6),
        (x - 2.2, y - 5.8),
        (x + 2.2, y - 5.8),
        (x + 3.4, y - 3.6),
        (x + 7.0, y - 3.6),
        (x + 7.0, y + 5.4),
        (x - 7.0, y + 5.4),
    ]);
    svg.path(
        &body,
        &format!(r#"fill="{INK}" stroke="{PAPER}" stroke-width="1.2" stroke-linejoin="round""#),
    );
    svg.circle((x, y + 0.7), 2.5, &format!(r#"fill="{PAPER}""#));
}

/// A waypoint.
pub(super) fn waypoint(svg: &mut Svg, at: Xy, radius: f64) {
    svg.circle(at, radius, &format!(r#"fill="{PAPER}" stroke="{PLAN}" stroke-width="1.8""#));
}

/// A waypoint where there is little room.
pub(super) fn dot(svg: &mut Svg, at: Xy) {
    svg.circle(at, 1.9, &format!(r#"fill="{PLAN}""#));
}

/// A triangle that points from one place to another.
pub(super) fn arrow(svg: &mut Svg, from: Xy, to: Xy) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = (dx * dx + dy * dy).sqrt();
    if length < 1e-6 {
        return;
    }
    let (dx, dy) = (dx / length, dy / length);
    let middle = (f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1));
    let at = |along: f64, across: f64| {
        (middle.0 + dx * along - dy * across, middle.1 + dy * along + dx * across)
    };
    svg.path(
        &Path::closed([at(8.0, 0.0), at(-6.0, 6.0), at(-3.0, 0.0), at(-6.0, -6.0)]),
        &format!(r#"fill="{INK}" stroke="{PAPER}" stroke-width="1.2" stroke-linejoin="round""#),
    );
}
