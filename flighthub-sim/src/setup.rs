//! What a simulator starts from, and returns to when it is reset.

use std::sync::Arc;

use crate::caller::KeyProfile;
use crate::journal::Known;
use crate::scenario::{Scenario, Script};
use crate::sim::Gateway;
use crate::world::World;

/// The region when none is named.
pub(crate) const REGION: &str = "eu";

/// What a simulator starts from.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) seed: u64,
    pub(crate) strict: bool,
    /// At least one, no two of one name.
    pub(crate) regions: Vec<String>,
    pub(crate) scenario: Option<Scenario>,
    /// The world of the first region, when it is not made from the seed.
    pub(crate) world: Option<Box<World>>,
}

/// What a start made.
pub(crate) struct Made {
    pub(crate) gateways: Vec<Gateway>,
    pub(crate) script: Script,
}

impl Setup {
    /// The worlds at their beginning, with what the scenario does to them at once.
    ///
    /// # Errors
    ///
    /// Says what cannot be done, with the place in the scenario.
    pub(crate) fn make(&self) -> Result<Made, String> {
        let mut gateways: Vec<Gateway> = (self.regions.iter().enumerate())
            .map(|(index, name)| {
                let given = self.world.as_deref().filter(|_| index == 0).cloned();
                Gateway {
                    name: name.clone(),
                    token: token_in(name, index),
                    world: given.unwrap_or_else(|| world_in(name, self.seed)),
                }
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
        Ok(Made { gateways, script })
    }
}

/// The demo world of a region.
fn world_in(_region: &str, seed: u64) -> World {
    World::demo(seed)
}

/// The key that only this region knows. The first region has the documented one.
fn token_in(region: &str, index: usize) -> String {
    let token = World::demo_token();
    match (index, token.rsplit_once('.')) {
        (1.., Some((claims, _))) => format!("{claims}.simulated-key-of-region-{region}"),
        _ => token,
    }
}

/// The name of a profile, as in scenario files and journals.
pub(crate) const fn profile_name(profile: KeyProfile) -> &'static str {
    match profile {
        KeyProfile::Admin => "admin",
        KeyProfile::Unknown => "unknown",
    }
}

/// All keys of a region by their profiles.
pub(crate) fn keys(gateway: &Gateway) -> Vec<(KeyProfile, String)> {
    vec![(KeyProfile::Admin, gateway.token.clone())]
}

/// What the journal has to know of the regions.
pub(crate) fn known(gateways: &[Gateway]) -> Vec<Known> {
    let known = |gateway: &Gateway| Known {
        name: gateway.name.as_str().into(),
        keys: keys(gateway)
            .into_iter()
            .map(|(profile, token)| (token, Arc::from(profile_name(profile))))
            .collect(),
    };
    gateways.iter().map(known).collect()
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
