//! The font of the pictures: Noto Sans, carried along, so that no font of the system is needed.
//!
//! It has the Latin, Greek and Cyrillic scripts. Other scripts stay in the text of an SVG, where the viewer shows them by fonts of its own; a
//! PNG shows a box for each of their letters, unless a font that has them is given.

use std::sync::Arc;

use resvg::usvg::fontdb::Database;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider as _};

/// Its name, as SVG files give it.
pub(super) const FAMILY: &str = "Noto Sans";
const REGULAR: &[u8] = include_bytes!("../../assets/noto-sans/NotoSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../assets/noto-sans/NotoSans-SemiBold.ttf");

/// How strong letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

impl Weight {
    pub(super) const fn number(self) -> u16 {
        match self {
            Self::Regular => 400,
            Self::Bold => 600,
        }
    }

    const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => REGULAR,
            Self::Bold => BOLD,
        }
    }
}

/// Both faces, and those that are given.
pub(super) fn database(more: &[Vec<u8>]) -> Arc<Database> {
    let mut database = Database::new();
    database.load_font_data(REGULAR.to_vec());
    database.load_font_data(BOLD.to_vec());
    for font in more {
        database.load_font_data(font.clone());
    }
    database.set_sans_serif_family(FAMILY);
    database.set_serif_family(FAMILY);
    Arc::new(database)
}

/// Width of a text. A letter that the font lacks is taken for a square, as wide as any.
pub(super) fn width(text: &str, size: f64, weight: Weight) -> f64 {
    let Ok(font) = FontRef::new(weight.bytes()) else { return size * text.chars().count() as f64 };
    let letters = font.charmap();
    let metrics = font.glyph_metrics(Size::new(size as f32), LocationRef::default());
    let advance = |c| letters.map(c).and_then(|glyph| metrics.advance_width(glyph));
    text.chars().map(|c| advance(c).map_or(size, f64::from)).sum()
}

/// A text that is no wider than it may be: what is too much gives way to an ellipsis.
pub(super) fn shortened(text: &str, size: f64, weight: Weight, most: f64) -> String {
    // Control characters and line breaks have no place in a line of a picture.
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = text.trim();
    if width(text, size, weight) <= most {
        return text.to_owned();
    }
    let room = most - width("…", size, weight);
    let mut taken = 0.0;
    let kept = text.chars().take_while(|c| {
        taken += width(c.encode_utf8(&mut [0; 4]), size, weight);
        taken <= room
    });
    let kept: String = kept.collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_grow_with_the_text_and_long_texts_are_cut() {
        let one = width("m", 16.0, Weight::Regular);
        assert!((width("mm", 16.0, Weight::Regular) - 2.0 * one).abs() < 0.01);
        assert!(width("m", 16.0, Weight::Bold) > one);
        assert_eq!(width("北", 16.0, Weight::Regular), 16.0);
        assert_eq!(shortened("North\nfence", 16.0, Weight::Regular, 200.0), "North fence");
        let cut = shortened("North fence, first round of the night", 16.0, Weight::Regular, 120.0);
        assert!(cut.ends_with('…') && width(&cut, 16.0, Weight::Regular) <= 120.0, "{cut}");
    }
}
