//! Rounds of work side by side, and what they cost.

use std::time::{Duration, Instant};

use crate::processes::processor_time;
use crate::{Result, statistics};

/// Somebody who works, and what the work cost in each round.
pub struct Lane<'a> {
    name: &'static str,
    before: Box<dyn FnMut() + 'a>,
    work: Box<dyn FnMut() -> Result<()> + 'a>,
    /// Microseconds of each round.
    costs: Vec<f64>,
}

impl std::fmt::Debug for Lane<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lane").field("name", &self.name).field("costs", &self.costs).finish()
    }
}

impl<'a> Lane<'a> {
    /// Somebody with work of which each round does the same amount.
    pub fn new(name: &'static str, work: impl FnMut() -> Result<()> + 'a) -> Self {
        Self { name, before: Box::new(|| ()), work: Box::new(work), costs: Vec::new() }
    }

    /// The same, with something done before each round that does not count.
    #[must_use]
    pub fn prepared(mut self, before: impl FnMut() + 'a) -> Self {
        self.before = Box::new(before);
        self
    }

    /// Its row in the tables.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Microseconds of a round.
    #[must_use]
    pub fn cost(&self) -> Option<f64> {
        statistics::median(&self.costs)
    }

    /// What a round costs as a multiple of another's.
    #[must_use]
    pub fn ratio(&self, other: &Self) -> Option<f64> {
        statistics::ratio(&self.costs, &other.costs)
    }
}

/// Lets everybody work in turns, so many rounds, each round beginning with another one. The first round warms up and does not count.
///
/// # Errors
///
/// When the work of one fails.
pub fn side_by_side(lanes: &mut [Lane<'_>], rounds: usize) -> Result<()> {
    for round in 0..=rounds {
        let count = lanes.len();
        for turn in 0..count {
            let Some(lane) = lanes.get_mut((turn + round) % count) else { continue };
            (lane.before)();
            let watch = Watch::start();
            (lane.work)()?;
            if round > 0 {
                lane.costs.push(watch.taken().as_secs_f64() * 1.0e6);
            }
        }
    }
    Ok(())
}

/// Takes processor time, which other programs on the machine do not change much; where the system does not tell it, the time on the clock.
struct Watch {
    processor: Option<Duration>,
    clock: Instant,
}

impl Watch {
    fn start() -> Self {
        Self { processor: processor_time(), clock: Instant::now() }
    }

    fn taken(&self) -> Duration {
        match (self.processor, processor_time()) {
            (Some(before), Some(after)) => after.saturating_sub(before),
            _ => self.clock.elapsed(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn everybody_works_in_every_round_and_the_first_does_not_count() {
        let order = RefCell::new(String::new());
        let mut lanes = ["a", "b", "c"].map(|name| {
            let order = &order;
            Lane::new(name, move || {
                order.borrow_mut().push_str(name);
                Ok(())
            })
        });
        side_by_side(&mut lanes, 2).unwrap();
        assert_eq!(lanes.each_ref().map(|lane| lane.costs.len()), [2, 2, 2]);
        drop(lanes);
        assert_eq!(order.into_inner(), "abcbcacab");
    }

    #[test]
    fn failing_work_ends_it() {
        assert!(side_by_side(&mut [Lane::new("a", || Err("no".into()))], 1).is_err());
    }
}
