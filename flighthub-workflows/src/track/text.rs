//! Numbers, times and names of others in files.

use std::fmt::{self, Write as _};

use flighthub_api::Timestamp;
use serde::Serializer;

/// A time for JSON; null for none.
pub(crate) fn rfc3339<S: Serializer>(
    time: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(&utc(*time)),
        None => serializer.serialize_none(),
    }
}

/// The same moment, to be printed with a Z.
pub(crate) fn utc(time: Timestamp) -> Timestamp {
    time.with_offset_seconds(0).unwrap_or(time)
}

/// Degrees to a millimetre, never with an exponent.
pub(crate) fn degrees(degrees: f64) -> f64 {
    rounded(degrees, 1e8)
}

/// Metres, and what is made of them, to a millimetre, never with an exponent.
pub(crate) fn metres(metres: f64) -> f64 {
    rounded(metres, 1e3)
}

/// Adding zero turns -0 into 0.
fn rounded(number: f64, by: f64) -> f64 {
    (number * by).round() / by + 0.0
}

/// A text for the content and the attributes of XML elements. What XML cannot hold becomes U+FFFD.
pub(crate) fn xml_escaped(text: &str) -> Escaped<'_> {
    Escaped(text)
}

pub(crate) struct Escaped<'t>(&'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&apos;")?,
                // Line breaks and tabs of attributes would else be read as spaces.
                '\t' => f.write_str("&#9;")?,
                '\n' => f.write_str("&#10;")?,
                '\r' => f.write_str("&#13;")?,
                '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
                    f.write_char('\u{fffd}')?;
                }
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}
