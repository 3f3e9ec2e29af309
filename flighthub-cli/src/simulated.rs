//! `--sim`: a fresh simulator inside the program, and its time.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use flighthub_api::{BoxFuture, Clock, Timestamp};
use flighthub_sim::{Scenario, Sim};

use crate::args::GlobalArgs;
use crate::failure::Failure;

/// A simulator of this run, with a folder for what a real run would keep.
#[derive(Debug)]
pub(crate) struct Simulated {
    sim: Arc<Sim>,
    began: Instant,
    start: Timestamp,
}

impl Simulated {
    /// Starts it, as the options say.
    pub(crate) fn start(args: &GlobalArgs) -> Result<Self, Failure> {
        let mut builder = Sim::builder().speed(1.0);
        if let Some(seed) = args.sim_seed {
            builder = builder.seed(seed);
        }
        if let Some(name) = &args.sim_scenario {
            builder = builder.scenario(scenario(name)?);
        }
        let sim = builder.start_blocking().map_err(|error| {
            Failure::unexpected(format!("the simulator cannot be started: {error}"))
        })?;
        let start = sim.now();
        Ok(Self { sim: Arc::new(sim), began: Instant::now(), start })
    }

    /// The simulator.
    pub(crate) fn sim(&self) -> &Sim {
        &self.sim
    }

    /// Its time: it goes on as time does, and whoever waits by it makes it jump.
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(JumpingClock { sim: Arc::clone(&self.sim), began: self.began, start: self.start })
    }
}

fn scenario(name: &str) -> Result<Scenario, Failure> {
    if let Some(scenario) = Scenario::named(name) {
        return Ok(scenario);
    }
    Scenario::open(name).map_err(|error| {
        let names: Vec<&str> = Scenario::names().collect();
        Failure::usage(
            format!("--sim-scenario: {error}"),
            format!("Built-in scenarios are {}; a file is TOML.", names.join(", ")),
        )
    })
}

/// The clock of a simulator: whoever sleeps advances it.
struct JumpingClock {
    sim: Arc<Sim>,
    began: Instant,
    start: Timestamp,
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
