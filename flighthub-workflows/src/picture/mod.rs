//! Pictures of tracks and routes, as one puts them in a report: a map, the heights, and what they add up to.
//!
//! They are made without a network, a basemap, or anything of the system: [`plot`] and [`draw`] write an SVG, the same bytes on every machine,
//! and [`Picture::png`] renders it with the font that is carried along. Latin, Greek and Cyrillic names are shown in any case. A PNG shows boxes
//! for other scripts, unless [`Picture::png_with_fonts`] gets a font that has them; SVG files keep the text, so that viewers show it by their own
//! fonts.

mod draw;
mod font;
mod map;
mod marks;
mod matching;
mod plot;
mod profile;
mod ramp;
mod sheet;
mod space;
mod svg;
#[cfg(test)]
mod tests;
mod ticks;
mod view;

use std::fmt;
use std::str::FromStr;

pub use flighthub_kmz::{Kmz, KmzError};
use resvg::{tiny_skia, usvg};

pub use draw::{DrawSettings, draw};
pub use plot::{ColorBy, Dock, PlotSettings, ProfileOver, plot};

use crate::{Error, ErrorKind, Result};

/// A finished picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    svg: String,
    size: Size,
}

impl Picture {
    /// The picture as an SVG file: texts are texts, in Noto Sans where the viewer has it.
    #[must_use]
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// Its size.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// The picture as a PNG file.
    ///
    /// # Errors
    ///
    /// When there is not enough memory for it.
    pub fn png(&self) -> Result<Vec<u8>> {
        self.png_with_fonts(&[])
    }

    /// The same with the bytes of more font files (TrueType, OpenType, or collections of them) for letters that Noto Sans lacks.
    ///
    /// # Errors
    ///
    /// When there is not enough memory for it.
    pub fn png_with_fonts(&self, fonts: &[Vec<u8>]) -> Result<Vec<u8>> {
        let options = usvg::Options {
            font_family: font::FAMILY.to_owned(),
            fontdb: font::database(fonts),
            ..usvg::Options::default()
        };
        let tree = usvg::Tree::from_str(&self.svg, &options).map_err(unrendered)?;
        let Size { width, height } = self.size;
        let mut pixels = tiny_skia::Pixmap::new(width, height)
            .ok_or_else(|| unrendered("there is not enough memory"))?;
        resvg::render(&tree, tiny_skia::Transform::identity(), &mut pixels.as_mut());
        pixels.encode_png().map_err(unrendered)
    }
}

fn unrendered(why: impl fmt::Display) -> Error {
    Error::new(
        ErrorKind::InvalidInput,
        format!("the picture cannot be rendered: {why}"),
        "Take a smaller size, or SVG, which needs no rendering.",
    )
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture").field("size", &self.size).finish_non_exhaustive()
    }
}

/// Width and height of a picture in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    width: u32,
    height: u32,
}

impl Size {
    /// A size of 640 by 480 to 8000 by 8000 pixels.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] outside that.
    pub fn new(width: u32, height: u32) -> Result<Self> {
        if (640..=8000).contains(&width) && (480..=8000).contains(&height) {
            return Ok(Self { width, height });
        }
        Err(Error::new(
            ErrorKind::InvalidInput,
            format!("{width}x{height} is no size for a picture"),
            "Sizes are 640x480 to 8000x8000 pixels, such as 1600x1000.",
        ))
    }

    /// Pixels from side to side.
    #[must_use]
    pub const fn width(self) -> u32 {
        self.width
    }

    /// Pixels from top to bottom.
    #[must_use]
    pub const fn height(self) -> u32 {
        self.height
    }
}

impl Default for Size {
    fn default() -> Self {
        Self { width: 1600, height: 1000 }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl FromStr for Size {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once(['x', 'X', '×']);
        let numbers =
            parts.and_then(|(w, h)| Some((w.trim().parse().ok()?, h.trim().parse().ok()?)));
        let Some((width, height)) = numbers else {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!("`{}` is no size for a picture", crate::choose::printable(text)),
                "Write width and height in pixels, such as 1600x1000.",
            ));
        };
        Self::new(width, height)
    }
}

/// A place on the paper.
type Xy = (f64, f64);

/// A part of the paper.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rect {
    x: f64,
    y: f64,
    w: f64,
    h: f64,
}

impl Rect {
    const fn new(x: f64, y: f64, w: f64, h: f64) -> Self {
        Self { x, y, w, h }
    }

    fn right(self) -> f64 {
        self.x + self.w
    }

    fn bottom(self) -> f64 {
        self.y + self.h
    }

    /// A square around a place.
    fn around(at: Xy, half: f64) -> Self {
        Self::new(at.0 - half, at.1 - half, 2.0 * half, 2.0 * half)
    }

    fn meets(self, other: Self) -> bool {
        self.x < other.right()
            && other.x < self.right()
            && self.y < other.bottom()
            && other.y < self.bottom()
    }

    fn holds(self, other: Self) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && other.right() <= self.right()
            && other.bottom() <= self.bottom()
    }

    /// Another one, moved as little as need be to lie inside.
    fn shifted_inside(self, other: Self) -> Self {
        let x = other.x.min(self.right() - other.w).max(self.x);
        let y = other.y.min(self.bottom() - other.h).max(self.y);
        Self { x, y, ..other }
    }
}
