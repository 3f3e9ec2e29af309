//! Real time into virtual time.

use std::time::{Duration, Instant};

/// Turns the real time that passes into virtual time.
#[derive(Debug)]
pub(crate) struct Clock {
    /// Since when the speed is what it is.
    since: Instant,
    /// Virtual time since then that has been applied.
    applied: Duration,
    speed: f64,
    is_paused: bool,
    /// Whether real time does not count at all, as in a replay.
    is_held: bool,
}

impl Clock {
    /// Highest speed.
    pub(crate) const MOST: f64 = 1e6;

    pub(crate) fn new(speed: f64) -> Self {
        Self {
            since: Instant::now(),
            applied: Duration::ZERO,
            speed,
            is_paused: false,
            is_held: false,
        }
    }

    /// A clock that says it had that speed, and stands still.
    pub(crate) fn held(speed: f64) -> Self {
        Self { is_held: true, ..Self::new(speed) }
    }

    /// # Errors
    ///
    /// Says what a speed is.
    pub(crate) fn check(speed: f64) -> Result<(), String> {
        if (0.0..=Self::MOST).contains(&speed) {
            return Ok(());
        }
        Err(format!("a speed is a number from 0 (stands still) to {}, not {speed}", Self::MOST))
    }

    pub(crate) const fn speed(&self) -> f64 {
        self.speed
    }

    pub(crate) const fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// What was due before has to be applied first.
    pub(crate) fn set_speed(&mut self, speed: f64) {
        self.speed = speed;
        self.restart();
    }

    /// What was due before has to be applied first.
    pub(crate) fn pause(&mut self, pause: bool) {
        self.is_paused = pause;
        self.restart();
    }

    /// Counts from now on.
    pub(crate) fn restart(&mut self) {
        self.since = Instant::now();
        self.applied = Duration::ZERO;
    }

    /// Virtual time that passed since the last call.
    pub(crate) fn due(&mut self) -> Duration {
        if self.is_held || self.is_paused || self.speed == 0.0 {
            return Duration::ZERO;
        }
        let passed = Duration::try_from_secs_f64(self.since.elapsed().as_secs_f64() * self.speed)
            .unwrap_or(self.applied);
        let due = passed.saturating_sub(self.applied);
        self.applied = passed.max(self.applied);
        due
    }
}
