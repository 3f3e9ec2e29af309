//! The worlds in short, for people and scripts.

use flighthub_api::v1::{ProjectList, Service};
use serde_json::{Map, Value, json};

use super::plain;
use crate::caller::Caller;
use crate::reply::Reply;
use crate::setup;
use crate::sim::{Gateway, State};

/// Tasks that are listed a region, the latest ones.
const MOST_TASKS: usize = 200;

pub(super) fn summary(state: &mut State) -> Reply {
    let regions: Map<String, Value> =
        state.gateways.iter_mut().map(|gateway| (gateway.name.clone(), region(gateway))).collect();
    plain(
        200,
        &json!({
            "now": state.now().to_string(),
            "seed": state.setup.seed,
            "regions": regions,
            "script": {"to_come": state.script.len(), "problems": state.problems},
        }),
    )
}

fn region(gateway: &mut Gateway) -> Value {
    let mut all = ProjectList::new();
    all.page_size = Some(100);
    let projects = gateway.world.project_list(&Caller::admin(), all);
    let projects: Vec<_> = projects.map(|list| list.to_vec()).unwrap_or_default();
    let world = &gateway.world;
    // They open nothing but this simulator, and its documentation prints them.
    let keys: Map<String, Value> = setup::keys(gateway)
        .into_iter()
        .map(|(profile, key)| (profile.name().to_owned(), Value::String(key)))
        .collect();
    let docks = world.fleet.docks.iter().map(|dock| {
        json!({
            "sn": dock.sn, "kind": "dock", "callsign": dock.callsign, "project": dock.project,
            "online": dock.online, "task": dock.busy,
        })
    });
    let controllers = world.fleet.controllers.iter().map(|controller| {
        json!({
            "sn": controller.sn, "kind": "remote controller", "callsign": controller.callsign,
            "project": controller.project, "online": controller.online,
        })
    });
    let aircraft = world.fleet.aircraft.iter().map(|aircraft| {
        json!({
            "sn": aircraft.sn, "kind": "aircraft", "callsign": aircraft.callsign,
            "project": aircraft.project, "gateway": aircraft.gateway, "on": aircraft.on,
            "mode": format!("{:?}", aircraft.mode()), "battery": aircraft.battery.round(),
        })
    });
    let tasks: Vec<_> = world.tasks.progress().collect();
    let skipped = tasks.len().saturating_sub(MOST_TASKS);
    let shown = tasks.iter().skip(skipped).map(|task| {
        json!({
            "uuid": task.uuid, "name": task.name, "project": task.project, "dock": task.dock,
            "type": task.kind, "status": task.status, "begin_at": task.begin_at.to_string(),
        })
    });
    json!({
        "keys": keys,
        "projects": projects,
        "devices": docks.chain(controllers).chain(aircraft).collect::<Vec<_>>(),
        "tasks": shown.collect::<Vec<_>>(),
        "tasks_not_listed": skipped,
    })
}
