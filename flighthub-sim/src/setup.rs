//! What a simulator starts from, and returns to when it is reset.

use std::sync::Arc;

use flighthub_api::Timestamp;

use crate::caller::KeyProfile;
use crate::faults::Fault;
use crate::journal::Known;
use crate::limiter::{Limiter, RateLimit};
use crate::scenario::{Scenario, Script};
use crate::sim::Gateway;
use crate::world::World;
use crate::world::deployment::Profile;

/// The region when none is named.
pub(crate) const REGION: &str = "eu";

/// What a simulator starts from.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) seed: u64,
    /// When the worlds begin, when that is not the usual time.
    pub(crate) start: Option<Timestamp>,
    pub(crate) strict: bool,
    /// At least one, no two of one name.
    pub(crate) regions: Vec<String>,
    pub(crate) profile: Option<Profile>,
    /// Wins over that of the scenario.
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) scenario: Option<Scenario>,
    /// The world of the first region, when it is not made from the seed.
    pub(crate) world: Option<Box<World>>,
}

/// What a start made.
pub(crate) struct Made {
    pub(crate) gateways: Vec<Gateway>,
    pub(crate) script: Script,
    pub(crate) faults: Vec<Fault>,
}

impl Setup {
    /// The limit that holds, with nothing counted yet.
    pub(crate) fn limiter(&self) -> Option<Limiter> {
        let said = || self.scenario.as_ref().and_then(Scenario::rate_limit);
        self.rate_limit.as_ref().or_else(said).cloned().map(Into::into)
    }

    /// The worlds at their beginning, with what the scenario does to them at once.
    ///
    /// # Errors
    ///
    /// Says what cannot be done, with the place in the scenario.
    pub(crate) fn make(&self) -> Result<Made, String> {
        let start = self.start.unwrap_or_else(World::epoch);
        let mut gateways: Vec<Gateway> = (self.regions.iter().enumerate())
            .map(|(index, name)| {
                let given = self.world.as_deref().filter(|_| index == 0).cloned();
                let empty = self.scenario.as_ref().is_some_and(Scenario::is_empty);
                let world = given.unwrap_or_else(|| match empty {
                    true => World::empty_at(name, self.seed, start),
                    false => World::demo_at(name, self.seed, start),
                });
                let world = match self.profile {
                    Some(profile) => world.with_profile(profile),
                    None => world,
                };
                Gateway { name: name.clone(), world }
            })
            .collect();
        // What lies before the start is nobody's news.
        for gateway in &mut gateways {
            gateway.world.take_events();
        }
        let script = match &self.scenario {
            Some(scenario) => scenario.begin(&mut gateways)?,
            None => Script::default(),
        };
        let faults = self.scenario.as_ref().map(Scenario::faults).unwrap_or_default();
        Ok(Made { gateways, script, faults })
    }
}

/// All keys of a region by their profiles; a key that nobody knows is none of them.
pub(crate) fn keys(gateway: &Gateway) -> Vec<(KeyProfile, String)> {
    let known = KeyProfile::ALL.into_iter().filter(|profile| *profile != KeyProfile::Unknown);
    known.map(|profile| (profile, gateway.world.key(profile))).collect()
}

/// What the journal has to know of the regions.
pub(crate) fn known(gateways: &[Gateway]) -> Vec<Known> {
    let known = |gateway: &Gateway| Known {
        name: gateway.name.as_str().into(),
        keys: keys(gateway)
            .into_iter()
            .map(|(profile, token)| (token, Arc::from(profile.name())))
            .collect(),
    };
    gateways.iter().map(known).collect()
}

/// # Errors
///
/// Says from when to when worlds can begin: while the simulated keys are good.
pub(crate) fn check_start(start: Timestamp) -> Result<(), String> {
    // The first full year after the first key that is expired, and the last before the others are.
    const FIRST: i64 = 1_767_225_600;
    const LAST: i64 = 2_019_686_400;
    if (FIRST..=LAST).contains(&start.unix_seconds()) {
        return Ok(());
    }
    Err(format!(
        "a world can begin from 2026-01-01T00:00:00Z to 2034-01-01T00:00:00Z, while its keys are good, not at {start}"
    ))
}

/// # Errors
///
/// Says how regions are named.
pub(crate) fn check_regions(regions: &[String]) -> Result<(), String> {
    if regions.is_empty() {
        return Err(format!("there has to be a region, such as `{REGION}`"));
    }
    for (index, name) in regions.iter().enumerate() {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > 32 || !name.chars().all(plain) {
            return Err(format!(
                "`{name}` is no name of a region: use small letters, digits and `-`, such as eu, us, cn"
            ));
        }
        if regions.get(..index).is_some_and(|before| before.contains(name)) {
            return Err(format!("the region `{name}` is there twice"));
        }
    }
    Ok(())
}
