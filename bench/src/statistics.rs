//! What stands for many measurements.

/// The middle of some values, the mean of both middles when their number is even. `None` of nothing.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some((sorted.get(middle - 1)? + upper) / 2.0)
}

/// The median of the ratios of what was measured side by side, round by round: what slows one round down slows down both.
#[must_use]
pub fn ratio(values: &[f64], others: &[f64]) -> Option<f64> {
    let ratios: Vec<f64> =
        values.iter().zip(others).filter(|(_, other)| **other > 0.0).map(|(a, b)| a / b).collect();
    median(&ratios)
}

/// What one unit of work costs, from the costs of few and of many: what is done once drops out.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts far below 2^52")]
pub fn per_unit(few: (u64, u64), many: (u64, u64)) -> Option<f64> {
    let units = many.0.checked_sub(few.0).filter(|units| *units > 0)?;
    Some((many.1 as f64 - few.1 as f64) / units as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_in_the_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 100.0]), Some(3.0));
    }

    #[test]
    fn a_ratio_is_taken_round_by_round() {
        // A round that was slow for both changes nothing.
        assert_eq!(ratio(&[2.0, 40.0, 2.0], &[1.0, 20.0, 1.0]), Some(2.0));
        assert_eq!(ratio(&[1.0], &[0.0]), None);
    }

    #[test]
    fn what_is_done_once_drops_out() {
        assert_eq!(per_unit((100, 1_000_000 + 100 * 7), (600, 1_000_000 + 600 * 7)), Some(7.0));
        assert_eq!(per_unit((100, 1), (100, 2)), None);
    }
}
