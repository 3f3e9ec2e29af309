//! Distances on the ellipsoid of WGS 84.

/// Half the long axis of the ellipsoid, metres.
const AXIS: f64 = 6_378_137.0;
/// The square of its eccentricity.
const ECCENTRICITY_2: f64 = 6.694_379_990_14e-3;
/// Mean radius of the Earth, metres.
const RADIUS: f64 = 6_371_008.8;
/// Degrees up to which the ellipsoid is taken for flat: some twenty kilometres.
const NEAR: f64 = 0.2;

/// Metres a degree north and a degree east, at a latitude.
pub(crate) fn metres_a_degree(latitude: f64) -> (f64, f64) {
    let (sin, cos) = latitude.to_radians().sin_cos();
    let root = (1.0 - ECCENTRICITY_2 * sin * sin).sqrt();
    let along = AXIS * (1.0 - ECCENTRICITY_2) / (root * root * root);
    let across = AXIS / root * cos;
    (along.to_radians(), across.to_radians())
}

/// Degrees of longitude from one to another, the short way: -180 to 180.
pub(crate) fn degrees_east(from: f64, to: f64) -> f64 {
    let degrees = (to - from).rem_euclid(360.0);
    if degrees > 180.0 { degrees - 360.0 } else { degrees }
}

/// Metres over ground between two places (latitude, longitude). To a millionth over the distances between points of a track; beyond twenty
/// kilometres on the sphere, to half a percent.
pub(crate) fn distance(one: (f64, f64), two: (f64, f64)) -> f64 {
    let north = two.0 - one.0;
    let east = degrees_east(one.1, two.1);
    let middle = f64::midpoint(one.0, two.0);
    let (metres_north, metres_east) = metres_a_degree(middle);
    if north.abs() < NEAR && (east * metres_east).abs() < NEAR * metres_north {
        return (north * metres_north).hypot(east * metres_east);
    }
    let half = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
    let across = one.0.to_radians().cos() * two.0.to_radians().cos();
    let a = half(north) + across * half(east);
    2.0 * RADIUS * a.clamp(0.0, 1.0).sqrt().asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_distances() {
        // A minute of latitude at 45° is the old nautical mile.
        let mile = distance((45.0, 7.0), (45.0 + 1.0 / 60.0, 7.0));
        assert!((mile - 1852.2).abs() < 0.1, "{mile}");
        // A second of longitude on the equator.
        let second = distance((0.0, 0.0), (0.0, 1.0 / 3600.0));
        assert!((second - 30.922).abs() < 0.001, "{second}");
        // Over the antimeridian the short way.
        let over = distance((0.0, 179.9995), (0.0, -179.9995));
        assert!((over - 111.319).abs() < 0.001, "{over}");
        // From pole to pole.
        let half = distance((90.0, 0.0), (-90.0, 0.0));
        assert!((half - 20_015_114.0).abs() < 10.0, "{half}");
        assert_eq!(distance((12.0, 34.0), (12.0, 34.0)), 0.0);
    }

    #[test]
    fn near_and_far_meet() {
        for latitude in [0.0, 35.0, 60.0, 85.0] {
            let near = distance((latitude, 10.0), (latitude + 0.199_999, 10.0));
            let far = distance((latitude, 10.0), (latitude + 0.200_001, 10.0));
            assert!((near - far).abs() / far < 0.006, "{near} {far}");
        }
    }
}
