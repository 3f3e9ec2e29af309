//! Faults of a running simulator, in Rust.

use std::time::{Duration, Instant};

use super::{Arrival, Fault, FaultError, FaultId, FaultKind, FaultReport};
use crate::limiter::RateLimit;
use crate::sim::{Shared, Sim};

/// How long a port may take to close: it is done within a millisecond or so.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

impl Sim {
    /// Adds a fault. It counts from now on.
    ///
    /// ```
    /// use flighthub_sim::{Fault, FaultKind, Sim, When};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sim = Sim::start().await?;
    /// let fault = Fault::new("task.*", FaultKind::reset()).when(When::Probability(0.1));
    /// let id = sim.inject(fault)?;
    /// assert_eq!(id.as_str(), "fault-1");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A [`FaultKind::PortClosed`] has closed its port when this returns.
    ///
    /// # Errors
    ///
    /// When such a fault cannot be: the text names the field and the remedy.
    pub fn inject(&self, fault: Fault) -> Result<FaultId, FaultError> {
        let id = self.shared.inject(fault)?;
        let begun = Instant::now();
        while !self.shared.state().faults.all_closed() && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(id)
    }

    /// Plays a fault for the next request of an operation (`task.create`), group (`task.*`), or any (`*`).
    ///
    /// ```
    /// use flighthub_api::{Client, Region};
    /// use flighthub_sim::{FaultKind, Sim};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sim = Sim::start().await?;
    /// let client = Client::builder(Region::on_premises(sim.url()), sim.token()).build()?;
    /// sim.fail_next("project.list", FaultKind::refuse(200403))?;
    /// let error = client.projects().list().await.unwrap_err();
    /// assert!(error.is_permission());
    /// assert_eq!(sim.faults()[0].played, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`inject`](Self::inject).
    pub fn fail_next(&self, on: impl Into<String>, kind: FaultKind) -> Result<FaultId, FaultError> {
        self.inject(Fault::new(on, kind))
    }

    /// All faults, in the order in which they were injected, with how often they matched and were played.
    #[must_use]
    pub fn faults(&self) -> Vec<FaultReport> {
        self.shared.state().faults.report()
    }

    /// Takes all faults away. Ports that are closed open again.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use flighthub_sim::{FaultKind, Sim};
    /// # let sim = Sim::start().await?;
    /// sim.fail_next("*", FaultKind::reset())?;
    /// sim.clear_faults();
    /// assert!(sim.faults().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn clear_faults(&self) {
        self.shared.state().faults.clear();
        self.shared.doors.notify_waiters();
    }

    /// The other origin to which [`FaultKind::Redirect`] sends callers, such as `http://127.0.0.1:40124`.
    #[must_use]
    pub fn elsewhere_url(&self) -> String {
        self.shared.state().elsewhere.url.clone()
    }

    /// Who arrived at [`elsewhere_url`](Self::elsewhere_url), in order; the last thousand.
    #[must_use]
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.shared.state().elsewhere.arrivals.iter().cloned().collect()
    }

    /// Limits how often a key may call from now on, or no longer. A limit of no requests lets none pass.
    ///
    /// A [reset](Self::reset) brings back that of the builder or scenario. A [record](crate::SimBuilder::record) does not know of it.
    pub fn set_rate_limit(&self, limit: Option<RateLimit>) {
        self.shared.state().limiter = limit.map(Into::into);
    }
}

impl Shared {
    /// Adds a fault and tells the ports. It may take them a moment to close.
    pub(crate) fn inject(&self, fault: Fault) -> Result<FaultId, FaultError> {
        let mut state = self.state();
        let ports = state.listened_on();
        let id = state.faults.inject(fault, &ports)?;
        drop(state);
        self.doors.notify_waiters();
        Ok(id)
    }
}
