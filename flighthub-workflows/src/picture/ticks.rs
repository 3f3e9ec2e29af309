//! Round numbers for axes and bars, and how they are written.

/// Ticks of an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ticks {
    pub(super) step: f64,
    pub(super) values: Vec<f64>,
}

impl Ticks {
    fn by(step: f64, low: f64, high: f64) -> Self {
        // Room for the last bit, so that an end that is a tick counts.
        let slack = step * 1e-6;
        let first = ((low - slack) / step).ceil();
        let last = ((high + slack) / step).floor();
        let count = (last - first).clamp(-1.0, 1_000.0) as i32;
        let values = (0..=count).map(|tick| (first + f64::from(tick)) * step + 0.0).collect();
        Self { step, values }
    }

    /// Steps of 1, 2 or 5 and some zeros, no smaller than `least`.
    pub(super) fn round(low: f64, high: f64, least: f64) -> Self {
        Self::by(round_up(least), low, high)
    }

    /// Steps that clocks have, in seconds, no smaller than `least`.
    pub(super) fn clock(low: f64, high: f64, least: f64) -> Self {
        const STEPS: [f64; 17] = [
            1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0,
            7200.0, 10_800.0, 21_600.0, 43_200.0,
        ];
        let step = STEPS.into_iter().find(|step| *step >= least);
        Self::by(step.unwrap_or_else(|| round_up(least / 86_400.0) * 86_400.0), low, high)
    }

    /// Digits behind the point that the steps need.
    pub(super) fn decimals(&self) -> usize {
        decimals(self.step)
    }
}

pub(super) fn decimals(step: f64) -> usize {
    (0..12)
        .find(|digits| {
            let scaled = step * 10_f64.powi(*digits);
            (scaled - scaled.round()).abs() < 1e-6 * scaled.abs().max(1.0)
        })
        .map_or(12, |digits| digits as usize)
}

/// The next number up of 1, 2 or 5 and some zeros.
pub(super) fn round_up(least: f64) -> f64 {
    if !(least.is_finite() && least > 0.0) {
        return 1.0;
    }
    let mut power = 0_i32;
    while 10_f64.powi(power) > least {
        power -= 1;
    }
    while 10_f64.powi(power + 1) <= least {
        power += 1;
    }
    let digit =
        [1.0, 2.0, 5.0].into_iter().find(|digit| scaled(*digit, power) >= least * (1.0 - 1e-9));
    scaled(digit.unwrap_or(10.0), power)
}

/// Divides where the power is negative: 5/100 is 0.05, 5 · 0.01 may not be.
fn scaled(digit: f64, power: i32) -> f64 {
    if power < 0 { digit / 10_f64.powi(-power) } else { digit * 10_f64.powi(power) }
}

/// The next number down of 1, 2 or 5 and some zeros.
pub(super) fn round_down(most: f64) -> f64 {
    let up = round_up(most);
    if up <= most {
        return up;
    }
    [2.0, 2.5]
        .into_iter()
        .map(|by| up / by)
        .find(|down| round_up(*down) <= *down * (1.0 + 1e-9))
        .unwrap_or(up / 2.0)
}

/// A number with a true minus sign.
pub(super) fn number(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let is_zero = text.chars().all(|c| matches!(c, '0' | '.'));
    if value < 0.0 && !is_zero { format!("−{text}") } else { text }
}

/// Metres, or kilometres where they are many.
pub(super) fn length(metres: f64) -> String {
    match metres.abs() {
        m if m < 9.95 => format!("{} m", number(metres, 1)),
        m if m < 999.5 => format!("{} m", number(metres, 0)),
        m if m < 99_995.0 => format!("{} km", number(metres / 1000.0, 2)),
        _ => format!("{} km", number(metres / 1000.0, 0)),
    }
}

/// Hours, minutes and seconds in words.
pub(super) fn duration(seconds: f64) -> String {
    let seconds = seconds.round() as i64;
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// Minutes and seconds as clocks show them; with hours where they are asked for, or needed.
pub(super) fn clock(seconds: f64, with_hours: bool) -> String {
    let seconds = seconds.round() as i64;
    let (hours, minutes, rest) = (seconds / 3600, seconds % 3600 / 60, seconds % 60);
    if with_hours || hours > 0 {
        format!("{hours}:{minutes:02}:{rest:02}")
    } else {
        format!("{minutes}:{rest:02}")
    }
}

/// Degrees with the letter of the half of the Earth.
pub(super) fn degrees(value: f64, decimals: usize, letters: (&str, &str)) -> String {
    let text = format!("{:.decimals$}°", value.abs());
    if text.chars().all(|c| !c.is_ascii_digit() || c == '0') || value.abs() >= 180.0 {
        return text;
    }
    let (positive, negative) = letters;
    format!("{text} {}", if value > 0.0 { positive } else { negative })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        let table =
            [(0.3, 0.5), (0.5, 0.5), (1.0, 1.0), (1.1, 2.0), (51.0, 100.0), (0.00007, 0.0001)];
        for (least, step) in table {
            assert_eq!(round_up(least), step, "{least}");
        }
        for (most, step) in [(0.3, 0.2), (5.0, 5.0), (99.0, 50.0), (130.0, 100.0), (1.9, 1.0)] {
            assert!((round_down(most) - step).abs() < 1e-9, "{most}: {}", round_down(most));
        }
        assert_eq!(round_up(f64::NAN), 1.0);
    }

    #[test]
    fn ticks_are_inside_and_include_the_ends() {
        assert_eq!(Ticks::round(0.0, 1.0, 0.2).values.len(), 6);
        assert_eq!(Ticks::round(-3.0, 11.0, 4.0).values, [0.0, 5.0, 10.0]);
        assert_eq!(Ticks::clock(0.0, 100.0, 25.0).values, [0.0, 30.0, 60.0, 90.0]);
        assert_eq!(Ticks::clock(0.0, 86_400.0 * 3.0, 50_000.0).step, 86_400.0);
        assert_eq!(Ticks::round(0.021, 0.0212, 0.00004).decimals(), 5);
        assert_eq!(Ticks::round(3.0, 2.0, 1.0).values, [] as [f64; 0]);
    }

    #[test]
    fn texts() {
        assert_eq!(number(-0.04, 1), "0.0");
        assert_eq!(number(-12.34, 1), "−12.3");
        assert_eq!(
            (length(3.21), length(152.4), length(2840.0)),
            ("3.2 m".into(), "152 m".into(), "2.84 km".into())
        );
        assert_eq!(
            (duration(59.6), duration(823.0), duration(3725.0)),
            ("1 min 00 s".into(), "13 min 43 s".into(), "1 h 02 min".into())
        );
        assert_eq!((clock(75.0, false), clock(3725.0, false)), ("1:15".into(), "1:02:05".into()));
        assert_eq!(degrees(-25.3, 2, ("E", "W")), "25.30° W");
        assert_eq!(degrees(-0.0001, 2, ("N", "S")), "0.00°");
    }
}
