//! `--sim`: a fresh simulator inside the program, and its time.

use std::sync::Arc;

use flighthub_api::Clock;
use flighthub_sim::{JumpingClock, Scenario, Sim};

use crate::args::GlobalArgs;
use crate::failure::Failure;

/// A simulator of this run, with a folder for what a real run would keep.
#[derive(Debug)]
pub(crate) struct Simulated {
    sim: Arc<Sim>,
    clock: Arc<JumpingClock>,
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
        let sim = Arc::new(sim);
        let clock = Arc::new(JumpingClock::new(&sim));
        Ok(Self { sim, clock })
    }

    /// The simulator.
    pub(crate) fn sim(&self) -> &Sim {
        &self.sim
    }

    /// Its time: it goes on as time does, and whoever waits by it makes it jump.
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::<JumpingClock>::clone(&self.clock)
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
