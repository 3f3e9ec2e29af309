//! The lines that a benchmark prints: one per figure, and nothing else on stdout.

/// A table of figures.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a>(pub &'a str);

impl Table<'_> {
    /// Prints a figure without a unit.
    pub fn number(&self, row: &str, column: &str, value: f64) {
        self.line(row, column, &decimal(value));
    }

    /// Prints a figure with its unit.
    pub fn measured(&self, row: &str, column: &str, value: f64, unit: &str) {
        self.line(row, column, &format!("{} {unit}", decimal(value)));
    }

    /// Says why there is no figure.
    pub fn missing(&self, row: &str, column: &str, why: &str) {
        self.line(row, column, &format!("not measured ({why})"));
    }

    #[allow(clippy::print_stdout, reason = "the figures are what the program is for")]
    fn line(&self, row: &str, column: &str, value: &str) {
        println!("figure {} | {row} | {column} = {value}", self.0);
    }
}

/// A number as it is printed: whole when it is large or whole, otherwise with about three digits.
#[must_use]
pub fn decimal(value: f64) -> String {
    let places = match value.abs() {
        _ if value.fract() == 0.0 => 0,
        ..10.0 => 3,
        10.0..100.0 => 2,
        100.0..1000.0 => 1,
        _ => 0,
    };
    format!("{value:.places$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_digits_as_they_are_worth() {
        for (value, text) in [
            (0.0, "0"),
            (62.0, "62"),
            (0.7912, "0.791"),
            (12.345, "12.35"),
            (123.45, "123.5"),
            (89512.4, "89512"),
            (-0.5, "-0.500"),
        ] {
            assert_eq!(decimal(value), text);
        }
    }
}
