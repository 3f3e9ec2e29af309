//! Colours that stand for numbers, for eyes of every kind.

use super::ticks::Ticks;

/// Viridis in steps of a tenth, from blue to green: even in lightness, and told apart without red and green. The yellow end is left out: it
/// would not show on paper, and flights spend most of their time near the top.
const VIRIDIS: [(f64, f64, f64); 9] = [
    (68.0, 1.0, 84.0),
    (72.0, 36.0, 117.0),
    (65.0, 68.0, 135.0),
    (53.0, 95.0, 141.0),
    (42.0, 120.0, 142.0),
    (33.0, 145.0, 140.0),
    (34.0, 168.0, 132.0),
    (68.0, 191.0, 112.0),
    (122.0, 209.0, 81.0),
];
/// Colours that are told apart.
const CLASSES: usize = 32;
/// What has no number.
pub(super) const UNKNOWN: &str = "#7b8794";

/// Numbers and their colours.
#[derive(Debug, Clone)]
pub(super) struct Ramp {
    pub(super) title: String,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Ramp {
    /// Over all numbers, but over at least so much. `None` without numbers.
    pub(super) fn over(
        title: impl Into<String>,
        values: impl Iterator<Item = f64>,
        least: f64,
    ) -> Option<Self> {
        let (low, high) = range(values)?;
        let more = ((least - (high - low)) / 2.0).max(0.0);
        Some(Self { title: title.into(), low: low - more, high: high + more })
    }

    /// The class of a number, 0 to 31.
    pub(super) fn class(&self, value: f64) -> usize {
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        // Neither end of the range has a class of its own half size.
        ((share * CLASSES as f64) as usize).min(CLASSES - 1)
    }

    /// Round numbers for a bar of a length.
    pub(super) fn ticks(&self, length: f64) -> Ticks {
        Ticks::round(self.low, self.high, (self.high - self.low) * 32.0 / length)
    }

    /// Where a number is, 0 to 1.
    pub(super) fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

/// The least and the greatest.
pub(super) fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|value| value.is_finite()).fold(None, |range, value| match range {
        None => Some((value, value)),
        Some((low, high)) => Some((value.min(low), value.max(high))),
    })
}

/// The colour of a class; grey for none.
pub(super) fn colour(class: Option<usize>) -> String {
    match class {
        Some(class) => viridis(class as f64 / (CLASSES - 1) as f64),
        None => UNKNOWN.to_owned(),
    }
}

/// Where a gradient has a colour of its own.
pub(super) const STOPS: [f64; 9] = [0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0];

/// The colour at a part of the whole, 0 to 1.
pub(super) fn viridis(share: f64) -> String {
    let place = share.clamp(0.0, 1.0) * (VIRIDIS.len() - 1) as f64;
    let at = |index: f64| VIRIDIS.get(index as usize).copied().unwrap_or((122.0, 209.0, 81.0));
    let (low, high, rest) = (at(place.floor()), at(place.ceil()), place.fract());
    let mixed = |one: f64, two: f64| (one + (two - one) * rest).round() as u8;
    format!("#{:02x}{:02x}{:02x}", mixed(low.0, high.0), mixed(low.1, high.1), mixed(low.2, high.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_colours_from_end_to_end() {
        let ramp = Ramp::over("Height", [30.0, 60.0, f64::NAN].into_iter(), 10.0).unwrap();
        assert_eq!((ramp.low, ramp.high), (30.0, 60.0));
        assert_eq!((ramp.class(30.0), ramp.class(60.0), ramp.class(45.0)), (0, 31, 16));
        assert_eq!(colour(Some(0)), "#440154");
        assert_eq!(colour(Some(31)), "#7ad151");
        assert_eq!(colour(None), UNKNOWN);
        let flat = Ramp::over("Height", [30.0].into_iter(), 10.0).unwrap();
        assert_eq!((flat.low, flat.high), (25.0, 35.0));
        assert!(Ramp::over("Height", std::iter::empty(), 1.0).is_none());
    }
}
