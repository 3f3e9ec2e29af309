//! The simulator's time for clients and workflows.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use flighthub_api::{BoxFuture, Clock, Timestamp};

use crate::sim::Sim;

/// The clock of a simulator as a client's clock: whoever waits by it makes the simulated time jump, and the wait is over at once.
pub struct JumpingClock {
    sim: Arc<Sim>,
    began: Instant,
    start: Timestamp,
}

impl JumpingClock {
    /// The clock of this simulator, beginning with its present time.
    #[must_use]
    pub fn new(sim: &Arc<Sim>) -> Self {
        Self { sim: Arc::clone(sim), began: Instant::now(), start: sim.now() }
    }
}

impl Clock for JumpingClock {
    fn now(&self) -> Instant {
        self.began + self.sim.now().duration_since(&self.start)
    }

    fn wall(&self) -> SystemTime {
        let millis = u64::try_from(self.sim.now().unix_millis()).unwrap_or_default();
        SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let sim = Arc::clone(&self.sim);
        Box::pin(async move {
            sim.advance(duration);
            tokio::task::yield_now().await;
        })
    }
}

impl fmt::Debug for JumpingClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JumpingClock").field("now", &self.sim.now()).finish_non_exhaustive()
    }
}
