//! How often a task is read: often where something is about to change, seldom while nothing does.

use std::time::Duration;

use flighthub_api::Timestamp;
use flighthub_api::v1::TaskStatus;

/// Longest pause before a start that is far away: somebody may suspend or move it.
const BEFORE_START: Duration = Duration::from_secs(5 * 60);
/// Longest pause of a task that is about to fly, or flies.
const IN_FLIGHT: Duration = Duration::from_secs(20);
/// How long after the planned start a waiting task is expected to begin at any moment.
const DUE: Duration = Duration::from_secs(90);

/// The pauses of a wait.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    fastest: Duration,
    slowest: Duration,
    current: Duration,
}

impl Pace {
    pub(super) fn new(fastest: Duration, slowest: Duration) -> Self {
        // Less than a tenth of a second would be no pause.
        let fastest = fastest.max(Duration::from_millis(100));
        Self { fastest, slowest: slowest.max(fastest), current: fastest }
    }

    /// The pause after a read that brought `status`.
    pub(super) fn after_read(
        &mut self,
        status: &TaskStatus,
        begin_at: Option<Timestamp>,
        now: Timestamp,
        has_changed: bool,
    ) -> Duration {
        self.current =
            if has_changed { self.fastest } else { (self.current * 3 / 2).max(self.fastest) };
        let until = begin_at.map(|begin| begin.duration_since(&now)).unwrap_or_default();
        let longest = match status {
            TaskStatus::Waiting if !until.is_zero() => {
                // Just before the start, so that the next read is there when it happens.
                let before = until.saturating_sub(self.fastest).max(self.fastest);
                self.current = before;
                BEFORE_START
            }
            TaskStatus::Waiting if is_due(begin_at, now) => IN_FLIGHT,
            TaskStatus::Executing
            | TaskStatus::Paused
            | TaskStatus::Preparing
            | TaskStatus::QueueForTakeoff => IN_FLIGHT,
            _ => self.slowest,
        };
        // The settings win over what is usual here.
        self.current = self.current.min(longest.max(self.fastest)).min(self.slowest.max(longest));
        self.jittered(self.current)
    }

    /// The pause after a read that failed; the service may ask for more.
    pub(super) fn after_failure(&mut self, hint: Option<Duration>) -> Duration {
        self.current = (self.current * 2).clamp(self.fastest, self.slowest);
        self.jittered(self.current).max(hint.unwrap_or_default())
    }

    /// A tenth more or less, so that many waits do not ask in step.
    fn jittered(&self, pause: Duration) -> Duration {
        pause.mul_f64(0.9 + 0.2 * fastrand::f64())
    }
}

fn is_due(begin_at: Option<Timestamp>, now: Timestamp) -> bool {
    begin_at.is_none_or(|begin| now.duration_since(&begin) <= DUE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(1_767_254_400 + seconds).unwrap()
    }

    fn seconds(pause: Duration) -> std::ops::RangeInclusive<f64> {
        let wanted = pause.as_secs_f64();
        wanted * 0.9..=wanted * 1.1
    }

    #[test]
    fn it_slows_down_while_nothing_changes_and_speeds_up_when_something_does() {
        let mut pace = Pace::new(Duration::from_secs(5), Duration::from_secs(60));
        let flying = TaskStatus::Executing;
        let first = pace.after_read(&flying, None, at(0), true);
        assert!(seconds(Duration::from_secs(5)).contains(&first.as_secs_f64()), "{first:?}");
        for _ in 0..10 {
            pace.after_read(&flying, None, at(0), false);
        }
        let slow = pace.after_read(&flying, None, at(0), false);
        assert!(seconds(IN_FLIGHT).contains(&slow.as_secs_f64()), "{slow:?}");
        for _ in 0..10 {
            pace.after_read(&TaskStatus::Suspended, None, at(0), false);
        }
        let slowest = pace.after_read(&TaskStatus::Suspended, None, at(0), false);
        assert!(seconds(Duration::from_secs(60)).contains(&slowest.as_secs_f64()), "{slowest:?}");
        let again = pace.after_read(&flying, None, at(0), true);
        assert!(again < Duration::from_secs(6), "{again:?}");
    }

    #[test]
    fn a_start_is_met_and_not_slept_through() {
        let mut pace = Pace::new(Duration::from_secs(5), Duration::from_secs(60));
        let pause = pace.after_read(&TaskStatus::Waiting, Some(at(3600)), at(0), false);
        assert!(seconds(BEFORE_START).contains(&pause.as_secs_f64()), "{pause:?}");
        let pause = pace.after_read(&TaskStatus::Waiting, Some(at(100)), at(0), false);
        assert!(seconds(Duration::from_secs(95)).contains(&pause.as_secs_f64()), "{pause:?}");
    }

    #[test]
    fn the_service_is_given_the_time_that_it_asks_for() {
        let mut pace = Pace::new(Duration::from_secs(5), Duration::from_secs(60));
        let hint = Duration::from_secs(90);
        assert!(pace.after_failure(Some(hint)) >= hint);
        for _ in 0..10 {
            pace.after_failure(None);
        }
        assert!(pace.after_failure(None) <= Duration::from_secs(66));
    }
}
