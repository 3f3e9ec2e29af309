//! Seconds that other programs spend on processors.

use std::fs;
use std::process::Command;

use super::output;
use crate::tree::Problem;

/// Why there is no figure on other systems.
pub(super) const WHY: &str =
    "the processor time of other programs is read from /proc, which only Linux has";
/// Linux tells these times in hundredths of a second, on every architecture.
const TICKS: f64 = 100.0;

/// Runs a command and says how many seconds it and everything below it spent, user and system together; nothing where the
/// system does not tell.
pub(super) fn seconds(command: &mut Command) -> Result<Option<f64>, Problem> {
    let before = children();
    output(command)?;
    Ok(before.zip(children()).map(|(before, after)| (after - before) / TICKS))
}

/// Ticks of all children that have ended, and of theirs.
fn children() -> Option<f64> {
    told(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// The name of the program stands in brackets, and may hold anything; the times are the 14th and 15th words behind it.
fn told(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(13).map_while(|word| word.parse::<f64>().ok());
    Some(times.next()? + times.next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_children_are_read_behind_the_name() {
        let stat = "1 (a ) b) S 1 2 3 4 5 6 7 8 9 10 11 12 130 170 20 0";
        assert_eq!(told(stat), Some(300.0));
        assert_eq!(told("1 (a) S 1 2"), None);
    }
}
