//! How fast and how much at once: limits that all clones of a client share.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

/// How many calls may start in a second, and how many at once after a pause.
///
/// The service publishes no limit. The default, 4 a second with bursts of 4, is what integrators run without being
/// turned away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateLimit {
    interval: Duration,
    burst: u32,
}

impl RateLimit {
    /// So many calls a second on average, and so many at once after a pause. Both are at least a little more than none:
    /// 0.001 a second, a burst of 1.
    #[must_use]
    pub fn new(per_second: f64, burst: u32) -> Self {
        let per_second = if per_second.is_finite() { per_second.max(0.001) } else { 1.0e9 };
        Self { interval: Duration::from_secs_f64(1.0 / per_second), burst: burst.max(1) }
    }
}

impl Default for RateLimit {
    fn default() -> Self {
        Self::new(4.0, 4)
    }
}

/// The limits of a client at work.
pub(crate) struct Limits {
    rate: Option<RateLimit>,
    /// When the next call would start if calls came evenly.
    next: Mutex<Option<Instant>>,
    slots: Option<Semaphore>,
}

impl Limits {
    pub(crate) fn new(rate: Option<RateLimit>, concurrency: Option<usize>) -> Self {
        let slots = concurrency.map(|count| Semaphore::new(count.clamp(1, Semaphore::MAX_PERMITS)));
        Self { rate, next: Mutex::new(None), slots }
    }

    /// One of the places for calls under way, if one is free now.
    pub(crate) fn try_slot(&self) -> Option<Option<SemaphorePermit<'_>>> {
        match &self.slots {
            Some(slots) => slots.try_acquire().ok().map(Some),
            None => Some(None),
        }
    }

    /// One of the places for calls under way.
    pub(crate) async fn slot(&self) -> Option<SemaphorePermit<'_>> {
        match &self.slots {
            // The semaphore is never closed, so that an error cannot come; without a permit the call goes on all the same.
            Some(slots) => slots.acquire().await.ok(),
            None => None,
        }
    }

    /// How long to wait before the next start. `None` when it would be longer than `patience`; then no start is taken.
    pub(crate) fn reserve(&self, now: Instant, patience: Option<Duration>) -> Option<Duration> {
        let Some(rate) = self.rate else {
            return Some(Duration::ZERO);
        };
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let even = next.map_or(now, |next| next.max(now));
        let allowance = rate.interval.saturating_mul(rate.burst - 1);
        let wait = even.saturating_duration_since(now).saturating_sub(allowance);
        if patience.is_some_and(|patience| wait > patience) {
            return None;
        }
        *next = even.checked_add(rate.interval);
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_goes_at_once_and_then_it_is_even() {
        let limits = Limits::new(Some(RateLimit::new(4.0, 3)), None);
        let start = Instant::now();
        let waits: Vec<u128> = (0..5)
            .filter_map(|_| limits.reserve(start, None))
            .map(|wait| wait.as_millis())
            .collect();
        assert_eq!(waits, [0, 0, 0, 250, 500]);
        assert_eq!(
            limits.reserve(start, Some(Duration::from_millis(700))),
            None,
            "too long: no start is taken"
        );
        assert_eq!(
            limits.reserve(start, Some(Duration::from_millis(750))),
            Some(Duration::from_millis(750))
        );
        let later = start + Duration::from_secs(60);
        assert_eq!(limits.reserve(later, None), Some(Duration::ZERO));
    }

    #[test]
    fn odd_limits_are_bent_straight() {
        for rate in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1.0e300] {
            let limits = Limits::new(Some(RateLimit::new(rate, 0)), Some(0));
            assert_eq!(limits.reserve(Instant::now(), None), Some(Duration::ZERO), "{rate}");
        }
    }
}
