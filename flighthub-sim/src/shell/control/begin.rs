//! Beginnings and happenings: reset, scenarios, deeds.

use std::net::{Ipv4Addr, SocketAddr};

use http::Request;
use serde::Deserialize;
use serde_json::json;

use super::{Asked, Outcome, Peer, Problem, plain, record};
use crate::clock::Clock;
use crate::reply::Reply;
use crate::scenario::Scenario;
use crate::setup::Setup;
use crate::shell::to_text;
use crate::sim::State;
use crate::world::deeds::Deed;

fn begun(state: &State) -> Reply {
    plain(
        200,
        &json!({
            "now": state.now().to_string(),
            "seed": state.setup.seed,
            "scenario": state.setup.scenario.as_ref().map(Scenario::name),
        }),
    )
}

/// Begins anew with another setup, or leaves everything as it is.
fn begin(state: &mut State, setup: Setup) -> Outcome {
    let before = std::mem::replace(&mut state.setup, setup);
    match state.reset() {
        Ok(()) => Ok(begun(state)),
        Err(problem) => {
            state.setup = before;
            Err(Problem::new(400, problem))
        }
    }
}

pub(super) fn reset(state: &mut State, asked: &Asked<'_>) -> Outcome {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Reset {
        seed: Option<u64>,
    }
    let Reset { seed } = asked.json(r#"{} or {"seed": 7}"#)?;
    let mut setup = state.setup.clone();
    if seed.is_some() && setup.world.is_some() {
        return Err(Problem::new(
            400,
            "the world was given by a program and has a seed of its own: leave `seed` out",
        ));
    }
    setup.seed = seed.unwrap_or(setup.seed);
    begin(state, setup)
}

pub(super) fn scenario(state: &mut State, asked: &Asked<'_>) -> Outcome {
    let scenario = match asked.query("name") {
        Some(name) => Scenario::named(name).ok_or_else(|| {
            let known: Vec<_> = Scenario::names().collect();
            Problem::new(
                404,
                format!("there is no scenario `{name}`, there are {}", known.join(", ")),
            )
        })?,
        None => {
            let text = std::str::from_utf8(asked.body)
                .map_err(|_| Problem::new(400, "the scenario is no UTF-8 text"))?;
            if text.trim().is_empty() {
                return Err(Problem::new(
                    400,
                    "send a scenario as TOML in the body, or say ?name= of a built-in one",
                ));
            }
            Scenario::read(text, "scenario")
                .map_err(|error| Problem::new(400, error.to_string()))?
        }
    };
    let running: Vec<_> = state.gateways.iter().map(|gateway| gateway.name.clone()).collect();
    let missing = scenario.regions().into_iter().flatten().find(|name| !running.contains(name));
    if let Some(name) = missing {
        return Err(Problem::new(
            400,
            format!(
                "the scenario needs the region `{name}`: start the simulator with --region {name}"
            ),
        ));
    }
    let speed = scenario.speed();
    let setup = Setup {
        seed: scenario.seed().unwrap_or(state.setup.seed),
        strict: scenario.strict().unwrap_or(state.setup.strict),
        profile: scenario.profile().or(state.setup.profile),
        scenario: Some(scenario),
        ..state.setup.clone()
    };
    let reply = begin(state, setup)?;
    if let Some(speed) = speed {
        Clock::check(speed).map_err(|problem| Problem::new(400, problem))?;
        state.clock.set_speed(speed);
    }
    Ok(reply)
}

pub(super) fn scenarios() -> Reply {
    let known = Scenario::names().filter_map(Scenario::named);
    let known = known.map(|scenario| {
        json!({"name": scenario.name(), "about": scenario.about(), "text": scenario.text()})
    });
    plain(200, &json!({"scenarios": known.collect::<Vec<_>>()}))
}

/// All of them or none.
pub(super) fn deeds(state: &mut State, asked: &Asked<'_>) -> Outcome {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Shape {
        Many(Vec<serde_json::Value>),
        One(serde_json::Value),
    }
    const EXAMPLE: &str = r#"a deed such as {"do": "battery", "drone": "1581F0Q8X000U00G00A1", "percent": 20}, or a list of deeds"#;
    let values = match asked.json(EXAMPLE)? {
        Shape::Many(values) => values,
        Shape::One(value) => vec![value],
    };
    let mut deeds = Vec::new();
    for (index, value) in values.into_iter().enumerate() {
        let deed: Deed = serde_json::from_value(value).map_err(|error| {
            Problem::new(400, format!("deed {}: send {EXAMPLE}: {error}", index + 1))
        })?;
        deeds.push(deed);
    }
    let Some(gateway) = state.gateways.get_mut(asked.region) else {
        return Err(Problem::new(404, "there is no such region"));
    };
    let mut world = gateway.world.clone();
    for (index, deed) in deeds.iter().enumerate() {
        world.apply(deed).map_err(|problem| {
            Problem::new(409, format!("deed {}: {problem}; none of them was done", index + 1))
        })?;
    }
    gateway.world = world;
    Ok(plain(200, &json!({"now": state.now().to_string(), "done": deeds.len()})))
}

/// Lets something happen, as a request would, so that a record knows of it.
///
/// # Errors
///
/// Says what is wrong with the deed; then nothing has happened.
pub(crate) fn deed(state: &mut State, region: usize, deed: &Deed) -> Result<(), String> {
    let gateway = state.gateways.get_mut(region).ok_or("there is no such region")?;
    gateway.world.apply(deed)?;
    let peer = Peer(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let request = Request::post("/__sim/deeds").extension(peer).body(());
    if let Ok(request) = request {
        let (head, ()) = request.into_parts();
        let now = state.now();
        let reply = plain(200, &json!({"now": now.to_string(), "done": 1}));
        record(state, now, region, &head, to_text(deed).as_bytes(), &reply);
    }
    Ok(())
}
