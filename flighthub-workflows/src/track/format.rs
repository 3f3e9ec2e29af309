//! The formats that a track is written in.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::{Error, ErrorKind};

/// A format for tracks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Format {
    /// A `FeatureCollection` of RFC 7946 with the line and all totals as its properties; times are in `coordTimes`. Positions have three
    /// numbers where the height is known, else two. A line over the antimeridian is cut in two.
    GeoJson,
    /// KML 2.2 with a `gx:Track`, so that Google Earth can play the flight; a line where times are missing. Heights are written as
    /// `absolute`; without heights the line lies on the ground.
    Kml,
    /// GPX 1.1: a track with a segment for each stretch without a gap.
    Gpx,
    /// A table of RFC 4180, a row a point, units in the header. It holds numbers and times only, nothing that a spreadsheet could run.
    Csv,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 4] = [Self::GeoJson, Self::Kml, Self::Gpx, Self::Csv];

    /// Its name, which is also the extension of its files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GeoJson => "geojson",
            Self::Kml => "kml",
            Self::Gpx => "gpx",
            Self::Csv => "csv",
        }
    }

    /// The format of a file, by its extension.
    #[must_use]
    pub fn of_path(path: &std::path::Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        if extension == "json" { Some(Self::GeoJson) } else { extension.parse().ok() }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|format| format.as_str().eq_ignore_ascii_case(text));
        found.ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidInput,
                format!("`{}` is no format of tracks", crate::choose::printable(text)),
                "There are geojson, kml, gpx and csv.",
            )
        })
    }
}
