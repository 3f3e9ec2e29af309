//! The faults that are to come, and how often they came.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;

use super::{Fault, FaultError, FaultId, FaultKind, FaultPort, FaultReport, When};

/// Most faults that are kept, so that a script in a loop does not fill the memory.
const MOST: usize = 1000;

/// All faults that were injected, in order.
#[derive(Debug)]
pub(crate) struct Plan {
    seed: u64,
    /// Faults that were injected since the last clearing.
    injected: u64,
    planned: Vec<Planned>,
    closings: Vec<Closing>,
    armed: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Planned {
    id: FaultId,
    fault: Fault,
    /// One of its own: the faults do not disturb each other's chance.
    rng: Rng,
    matched: u64,
    played: u64,
}

/// A port that is to be closed for a while.
#[derive(Debug)]
struct Closing {
    port: FaultPort,
    region: Option<usize>,
    until: Instant,
    /// Ports that have not closed yet.
    waiting: Vec<(FaultPort, usize)>,
}

/// A fault that is to be played now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Played {
    pub(crate) kind: FaultKind,
    /// For the journal: what is played, and on whose behalf.
    pub(crate) words: String,
}

impl Played {
    pub(crate) fn of_header(kind: FaultKind) -> Self {
        let words = format!("{} (by header)", kind.name());
        Self { kind, words }
    }
}

impl Plan {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            injected: 0,
            planned: Vec::new(),
            closings: Vec::new(),
            armed: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Whether there is anything to play: readable without the lock, for requests in a hurry.
    pub(crate) fn armed(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.armed)
    }

    /// Adds a fault. `ports` are those that are listened on, for a fault that closes them.
    ///
    /// # Errors
    ///
    /// Names what is wrong with it.
    pub(crate) fn inject(
        &mut self,
        fault: Fault,
        ports: &[(FaultPort, usize)],
    ) -> Result<FaultId, FaultError> {
        fault.check()?;
        if self.planned.len() >= MOST {
            return Err(FaultError::new(format!("there are {MOST} faults already; clear some")));
        }
        let known = |id: &FaultId| self.planned.iter().any(|planned| planned.id == *id);
        let number = self.injected + 1;
        let id = match &fault.id {
            Some(id) => id.clone(),
            None => FaultId(format!("fault-{number}")),
        };
        if known(&id) {
            return Err(FaultError::new(format!("`id`: there is a fault `{id}` already")));
        }
        let mut planned = Planned {
            // The number counts, not the name: a fault that is renamed still has the same chance.
            rng: Rng::with_seed(self.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            id: id.clone(),
            fault,
            matched: 0,
            played: 0,
        };
        if let FaultKind::PortClosed { for_ms } = planned.fault.kind {
            let waiting: Vec<_> = ports
                .iter()
                .filter(|(port, region)| planned.fault.is_at(*port, *region))
                .copied()
                .collect();
            if waiting.is_empty() {
                return Err(FaultError::new("`port`: there is no such port to close"));
            }
            self.closings.retain(|closing| closing.until > Instant::now());
            self.closings.push(Closing {
                port: planned.fault.port,
                region: planned.fault.region,
                until: Instant::now() + Duration::from_millis(for_ms),
                waiting,
            });
            (planned.matched, planned.played) = (1, 1);
        }
        self.injected = number;
        self.planned.push(planned);
        self.arm();
        Ok(id)
    }

    /// The fault of a new connection.
    pub(crate) fn connection(&mut self, port: FaultPort, region: usize) -> Option<Played> {
        self.pick(true, port, region, None)
    }

    /// The fault of a request whose head has been read.
    pub(crate) fn request(
        &mut self,
        port: FaultPort,
        region: usize,
        operation: Option<&str>,
    ) -> Option<Played> {
        self.pick(false, port, region, operation)
    }

    fn pick(
        &mut self,
        connection: bool,
        port: FaultPort,
        region: usize,
        operation: Option<&str>,
    ) -> Option<Played> {
        let played = self
            .planned
            .iter_mut()
            .filter(|planned| planned.fault.kind.is_of_connection() == connection)
            .filter(|planned| {
                planned.fault.is_at(port, region) && planned.fault.concerns(operation)
            })
            .find_map(Planned::due);
        self.arm();
        played
    }

    /// Until when a port is to be closed, if it is. The port says so when it has seen it.
    pub(crate) fn closed_until(&self, port: FaultPort, region: usize) -> Option<Instant> {
        let now = Instant::now();
        self.closings
            .iter()
            .filter(|closing| closing.port == port)
            .filter(|closing| closing.region.is_none_or(|wanted| wanted == region))
            .filter(|closing| closing.until > now)
            .map(|closing| closing.until)
            .max()
    }

    /// A port has closed its listener.
    pub(crate) fn has_closed(&mut self, port: FaultPort, region: usize) {
        for closing in &mut self.closings {
            closing.waiting.retain(|waiting| *waiting != (port, region));
        }
    }

    /// Whether every port that is to be closed is.
    pub(crate) fn all_closed(&self) -> bool {
        self.closings.iter().all(|closing| closing.waiting.is_empty())
    }

    /// What came of all faults.
    pub(crate) fn report(&self) -> Vec<FaultReport> {
        self.planned.iter().map(Planned::report).collect()
    }

    /// What came of one.
    pub(crate) fn find(&self, id: &str) -> Option<FaultReport> {
        self.planned.iter().find(|planned| planned.id.as_str() == id).map(Planned::report)
    }

    /// Takes one away; whether there was one. A port that is closed opens again.
    pub(crate) fn remove(&mut self, id: &str) -> bool {
        let before = self.planned.len();
        let closed = |planned: &Planned| matches!(planned.fault.kind, FaultKind::PortClosed { .. });
        if self.planned.iter().any(|planned| planned.id.as_str() == id && closed(planned)) {
            self.closings.clear();
        }
        self.planned.retain(|planned| planned.id.as_str() != id);
        self.arm();
        before != self.planned.len()
    }

    /// Takes all away. Counting begins anew, and so does chance.
    pub(crate) fn clear(&mut self) {
        self.planned.clear();
        self.closings.clear();
        self.injected = 0;
        self.arm();
    }

    fn arm(&self) {
        let live = self.planned.iter().any(Planned::is_live);
        self.armed.store(live, Ordering::Release);
    }
}

impl Fault {
    fn is_at(&self, port: FaultPort, region: usize) -> bool {
        self.port == port && self.region.is_none_or(|wanted| wanted == region)
    }

    fn concerns(&self, operation: Option<&str>) -> bool {
        match (self.on.strip_suffix('*'), operation) {
            (Some(""), _) => true,
            (Some(group), Some(operation)) => operation.starts_with(group),
            (None, Some(operation)) => operation == self.on,
            (_, None) => false,
        }
    }
}

impl Planned {
    /// Counts a request that matches, and says whether the fault is played for it.
    fn due(&mut self) -> Option<Played> {
        self.matched += 1;
        let due = match self.fault.when {
            When::Next(requests) => self.matched <= requests,
            When::Nth(request) => self.matched == request,
            When::Every(step) => self.matched.is_multiple_of(step),
            // Drawn also when `times` is used up: what is played does not change what is drawn.
            When::Probability(chance) => self.rng.f64() < chance,
            When::Always => true,
        };
        if !due || self.fault.times.is_some_and(|times| self.played >= times) {
            return None;
        }
        self.played += 1;
        let kind = self.fault.kind.clone();
        let words = format!("{} ({})", kind.name(), self.id);
        Some(Played { kind, words })
    }

    /// Whether it can still be played.
    fn is_live(&self) -> bool {
        let passed = match self.fault.when {
            When::Next(requests) | When::Nth(requests) => self.matched >= requests,
            When::Every(_) | When::Probability(_) | When::Always => false,
        };
        !passed && self.fault.times.is_none_or(|times| self.played < times)
    }

    fn report(&self) -> FaultReport {
        FaultReport {
            id: self.id.clone(),
            matched: self.matched,
            played: self.played,
            fault: self.fault.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(seed: u64, faults: Vec<Fault>) -> Plan {
        let mut plan = Plan::new(seed);
        for fault in faults {
            assert_eq!(plan.inject(fault, &[]).map(|_| ()), Ok(()));
        }
        plan
    }

    /// Which of the first so many requests of an operation go wrong.
    fn wrong(plan: &mut Plan, operation: &str, requests: usize) -> Vec<usize> {
        (1..=requests)
            .filter(|_| plan.request(FaultPort::Api, 0, Some(operation)).is_some())
            .collect()
    }

    #[test]
    fn when_counts_matching_requests() {
        for (when, times, expected) in [
            (When::Next(2), None, vec![1, 2]),
            (When::Nth(3), None, vec![3]),
            (When::Every(4), None, vec![4, 8, 12]),
            (When::Every(4), Some(2), vec![4, 8]),
            (When::Always, Some(3), vec![1, 2, 3]),
            (When::Probability(0.0), None, vec![]),
            (When::Probability(1.0), Some(1), vec![1]),
        ] {
            let mut fault = Fault::new("task.*", FaultKind::reset()).when(when);
            fault.times = times;
            let mut plan = plan(1, vec![fault]);
            assert!(wrong(&mut plan, "device.state", 3).is_empty());
            assert!(plan.request(FaultPort::Storage, 0, None).is_none());
            assert!(plan.request(FaultPort::Api, 0, None).is_none(), "no operation at all");
            assert_eq!(wrong(&mut plan, "task.get", 12), expected, "{when:?} {times:?}");
        }
    }

    #[test]
    fn what_cannot_come_any_more_disarms_the_plan() {
        let mut plan = plan(1, vec![Fault::new("task.get", FaultKind::reset()).when(When::Nth(2))]);
        let armed = plan.armed();
        let is_armed = || armed.load(Ordering::Acquire);
        assert!(is_armed());
        assert_eq!(wrong(&mut plan, "task.get", 2), [2]);
        assert!(!is_armed());
        assert!(plan.inject(Fault::new("*", FaultKind::reset()), &[]).is_ok());
        assert!(is_armed());
        plan.clear();
        assert!(!is_armed());
    }

    #[test]
    fn chance_follows_from_the_seed_and_the_matching_requests() {
        let faults = || {
            vec![
                Fault::new("task.get", FaultKind::reset()).when(When::Probability(0.3)),
                Fault::new("task.list", FaultKind::close()).when(When::Probability(0.3)),
            ]
        };
        let mut one = plan(1, faults());
        let alone = wrong(&mut one, "task.get", 200);
        assert!((30..90).contains(&alone.len()), "{}", alone.len());
        let mut other = plan(1, faults());
        let between: Vec<_> = (1..=200)
            .filter(|_| {
                // Requests that do not match, and other faults' chances, change nothing.
                other.request(FaultPort::Api, 0, Some("project.list"));
                other.request(FaultPort::Api, 0, Some("task.list"));
                other.request(FaultPort::Api, 0, Some("task.get")).is_some()
            })
            .collect();
        assert_eq!(alone, between);
        assert_ne!(alone, wrong(&mut plan(2, faults()), "task.get", 200));
    }

    #[test]
    fn the_first_that_is_due_is_played_alone() {
        let mut plan = plan(
            1,
            vec![
                Fault::new("task.get", FaultKind::reset()).when(When::Nth(2)).id("one"),
                Fault::new("*", FaultKind::close()).when(When::Always),
            ],
        );
        let mut names =
            || plan.request(FaultPort::Api, 0, Some("task.get")).map(|played| played.kind.name());
        assert_eq!([names(), names(), names()], [Some("close"), Some("reset"), Some("close")]);
        let counts: Vec<_> = plan
            .report()
            .into_iter()
            .map(|report| (report.id.to_string(), report.matched, report.played))
            .collect();
        assert_eq!(counts, [("one".to_owned(), 3, 1), ("fault-2".to_owned(), 2, 2)]);
        assert!(plan.inject(Fault::new("*", FaultKind::close()).id("one"), &[]).is_err());
        assert!(plan.remove("one") && !plan.remove("one"));
    }
}
