//! When and after which pause a call is tried again.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// How often and after which pauses a call is tried again.
///
/// It concerns reads, whose repetition is harmless, and calls whose connection was never established. A write whose bytes
/// may have left is never repeated, whatever the policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    pub(crate) attempts: u32,
    pub(crate) first_pause: Duration,
    pub(crate) longest_pause: Duration,
    pub(crate) longest_hint: Duration,
}

impl Default for RetryPolicy {
    /// Three attempts; pauses up to 100 ms, doubling up to 10 s; hints of the server up to 30 s.
    fn default() -> Self {
        Self {
            attempts: 3,
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(10),
            longest_hint: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// Never try again, not even when no connection could be established.
    #[must_use]
    pub fn never() -> Self {
        Self { attempts: 1, ..Self::default() }
    }

    /// How many attempts there are in all, at least one.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// The first pause at most; each further one is up to twice as long. The pause itself is drawn between nothing and that.
    #[must_use]
    pub fn first_pause(mut self, pause: Duration) -> Self {
        self.first_pause = pause;
        self
    }

    /// No pause is longer, unless the server asks for it.
    #[must_use]
    pub fn longest_pause(mut self, pause: Duration) -> Self {
        self.longest_pause = pause;
        self
    }

    /// A longer pause asked for by the server (`Retry-After`) is not waited for: the error comes back with it.
    #[must_use]
    pub fn longest_hint(mut self, pause: Duration) -> Self {
        self.longest_hint = pause;
        self
    }

    /// The pause after so many attempts, drawn with `chance` between 0 and 1.
    pub(crate) fn pause(&self, attempts: u32, chance: f64) -> Duration {
        let doublings = attempts.saturating_sub(1).min(31);
        let longest = self.first_pause.saturating_mul(1 << doublings).min(self.longest_pause);
        longest.mul_f64(chance.clamp(0.0, 1.0))
    }
}

/// The pause that a `Retry-After` header asks for: seconds or an HTTP date.
pub(crate) fn retry_after(value: &str, wall: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = http_date(value)?;
    let now = jiff::Timestamp::try_from(wall).ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// A date as HTTP headers have it.
pub(crate) fn http_date(value: &str) -> Option<jiff::Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value.trim()).ok()
}

const FULL: u32 = 500;
const COST: u32 = 5;
const COST_AFTER_TIMEOUT: u32 = 10;

/// What all clones of a client may spend on repetitions, so that a failing service is not knocked over.
pub(crate) struct Budget(Mutex<u32>);

impl Budget {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(FULL))
    }

    /// Takes what a repetition costs. `None` when there is not enough.
    pub(crate) fn spend(&self, after_timeout: bool) -> Option<u32> {
        let cost = if after_timeout { COST_AFTER_TIMEOUT } else { COST };
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.checked_sub(cost)?;
        Some(cost)
    }

    /// Gives back after a success: what its last repetition cost, or a little.
    pub(crate) fn refill(&self, spent: Option<u32>) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *left = (*left + spent.unwrap_or(1)).min(FULL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let policy = RetryPolicy::default();
        let longest: Vec<u128> = [1, 2, 3, 7, 8, 40]
            .iter()
            .map(|attempts| policy.pause(*attempts, 1.0).as_millis())
            .collect();
        assert_eq!(longest, [100, 200, 400, 6_400, 10_000, 10_000]);
        assert_eq!(policy.pause(3, 0.5), Duration::from_millis(200));
        assert_eq!(policy.pause(3, 0.0), Duration::ZERO);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let seconds = |value| retry_after(value, wall).map(|pause| pause.as_secs());
        assert_eq!(seconds("3"), Some(3));
        assert_eq!(seconds(" 120 "), Some(120));
        assert_eq!(seconds("0"), Some(0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:47 GMT"), Some(10));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:27 GMT"), Some(0), "a date in the past");
        assert_eq!(seconds("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(seconds("99999999999999999999"), Some(u64::MAX));
        for garbage in ["-1", "", "soon", "1.5", "+3", "06 Nov"] {
            assert_eq!(seconds(garbage), None, "{garbage}");
        }
    }

    #[test]
    fn the_budget_runs_dry_and_fills_up() {
        let budget = Budget::new();
        assert_eq!((0..200).filter_map(|_| budget.spend(false)).count(), 100);
        assert_eq!(budget.spend(true), None);
        budget.refill(Some(10));
        assert_eq!(budget.spend(true), Some(10));
        for _ in 0..1000 {
            budget.refill(None);
        }
        assert_eq!((0..200).filter_map(|_| budget.spend(true)).count(), 50);
    }
}
