//! Places, and the ways between them.

const METRES_PER_DEGREE: f64 = 111_320.0;

/// A place: degrees in WGS 84, metres over the ellipsoid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
    pub(crate) height: f64,
}

impl Place {
    /// The place so many metres further north, east and up.
    pub(crate) fn offset(self, north: f64, east: f64, up: f64) -> Self {
        Self {
            latitude: self.latitude + north / METRES_PER_DEGREE,
            longitude: self.longitude
                + east / (METRES_PER_DEGREE * self.latitude.to_radians().cos()),
            height: self.height + up,
        }
    }

    pub(crate) fn at_height(self, height: f64) -> Self {
        Self { height, ..self }
    }

    /// Metres north, east and up to another place.
    pub(super) fn vector_to(self, other: Self) -> (f64, f64, f64) {
        let north = (other.latitude - self.latitude) * METRES_PER_DEGREE;
        let east = (other.longitude - self.longitude)
            * METRES_PER_DEGREE
            * self.latitude.to_radians().cos();
        (north, east, other.height - self.height)
    }

    pub(crate) fn ground_distance_to(self, other: Self) -> f64 {
        let (north, east, _) = self.vector_to(other);
        north.hypot(east)
    }

    pub(crate) fn distance_to(self, other: Self) -> f64 {
        let (north, east, up) = self.vector_to(other);
        north.hypot(east).hypot(up)
    }
}

/// The direction of a movement, from true north, -180 to 180.
pub(super) fn heading(north: f64, east: f64) -> f64 {
    east.atan2(north).to_degrees()
}
