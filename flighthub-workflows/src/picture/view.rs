//! From degrees to the paper: metres north and east around the middle, equally long in both directions.

use super::{Rect, Xy};
use crate::track::{degrees_east, metres_a_degree};

/// A place on Earth: latitude and longitude in degrees.
pub(super) type Place = (f64, f64);

/// Metres that a map shows at least from side to side.
const LEAST_METRES: f64 = 20.0;

/// How a map lies on the paper.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    middle: Place,
    metres_north: f64,
    metres_east: f64,
    /// Paper a metre.
    pub(super) scale: f64,
    centre: Xy,
}

impl View {
    /// Shows all places inside a panel, with a margin. `None` without places.
    pub(super) fn of(
        places: impl Iterator<Item = Place>,
        panel: Rect,
        margin: f64,
    ) -> Option<Self> {
        let mut bounds: Option<Bounds> = None;
        for place in places {
            bounds.get_or_insert_with(|| Bounds::at(place)).add(place);
        }
        let bounds = bounds?;
        let latitude = f64::midpoint(bounds.south, bounds.north);
        let longitude = bounds.from + f64::midpoint(bounds.west, bounds.east);
        let (north, east) = metres_a_degree(latitude);
        // A millimetre a degree more or less does not show, but the last bits of sines differ from machine to machine.
        let rounded = |metres: f64| (metres * 1000.0).round() / 1000.0;
        let (metres_north, metres_east) = (rounded(north), rounded(east).max(1.0));
        let high = ((bounds.north - bounds.south) * metres_north).max(LEAST_METRES);
        let wide = ((bounds.east - bounds.west) * metres_east).max(LEAST_METRES);
        let room = ((panel.w - 2.0 * margin).max(10.0), (panel.h - 2.0 * margin).max(10.0));
        Some(Self {
            middle: (latitude, longitude),
            metres_north,
            metres_east,
            scale: (room.0 / wide).min(room.1 / high),
            centre: (panel.x + panel.w / 2.0, panel.y + panel.h / 2.0),
        })
    }

    pub(super) fn paper(&self, place: Place) -> Xy {
        let north = (place.0 - self.middle.0) * self.metres_north;
        let east = degrees_east(self.middle.1, place.1) * self.metres_east;
        (self.centre.0 + east * self.scale, self.centre.1 - north * self.scale)
    }

    /// The place at a point of the paper; longitudes may be beyond 180 degrees.
    pub(super) fn place(&self, at: Xy) -> Place {
        let north = (self.centre.1 - at.1) / self.scale / self.metres_north;
        let east = (at.0 - self.centre.0) / self.scale / self.metres_east;
        (self.middle.0 + north, self.middle.1 + east)
    }

    /// Paper a degree north and a degree east.
    pub(super) fn paper_a_degree(&self) -> Xy {
        (self.metres_north * self.scale, self.metres_east * self.scale)
    }
}

/// Degrees, those of longitude counted from the first place.
struct Bounds {
    from: f64,
    south: f64,
    north: f64,
    west: f64,
    east: f64,
}

impl Bounds {
    fn at(place: Place) -> Self {
        Self { from: place.1, south: place.0, north: place.0, west: 0.0, east: 0.0 }
    }

    fn add(&mut self, place: Place) {
        let east = degrees_east(self.from, place.1);
        self.south = self.south.min(place.0);
        self.north = self.north.max(place.0);
        self.west = self.west.min(east);
        self.east = self.east.max(east);
    }
}

/// A longitude of -180 to 180.
pub(super) fn wrapped(longitude: f64) -> f64 {
    let wrapped = (longitude + 180.0).rem_euclid(360.0) - 180.0;
    if wrapped == -180.0 { 180.0 } else { wrapped }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PANEL: Rect = Rect::new(0.0, 0.0, 400.0, 200.0);

    #[test]
    fn a_metre_is_as_long_north_as_east() {
        let view = View::of([(60.0, 10.0), (60.001, 10.002)].into_iter(), PANEL, 20.0).unwrap();
        let (x, y) = view.paper((60.0, 10.0));
        let (right, top) = view.paper((60.001, 10.002));
        assert!(right <= 380.01 && top >= 19.99 && x >= 19.99 && y <= 180.01);
        let metres = ((right - x) / view.scale, (y - top) / view.scale);
        assert!((metres.0 - 111.6).abs() < 0.5 && (metres.1 - 111.4).abs() < 0.5, "{metres:?}");
        let back = view.place((right, top));
        assert!((back.0 - 60.001).abs() < 1e-9 && (back.1 - 10.002).abs() < 1e-9);
    }

    #[test]
    fn the_antimeridian_is_no_border() {
        let view = View::of([(0.0, 179.999), (0.0, -179.999)].into_iter(), PANEL, 20.0).unwrap();
        assert!((view.paper((0.0, 180.0)).0 - 200.0).abs() < 0.01);
        assert_eq!(wrapped(180.5), -179.5);
        assert_eq!(wrapped(-180.0), 180.0);
    }

    #[test]
    fn one_place_is_in_the_middle() {
        let view = View::of([(5.0, 6.0)].into_iter(), PANEL, 20.0).unwrap();
        assert_eq!(view.paper((5.0, 6.0)), (200.0, 100.0));
        assert!((view.scale - 8.0).abs() < 0.01);
        assert!(View::of(std::iter::empty(), PANEL, 20.0).is_none());
    }
}
