//! Checks of the aircraft, and whether it fits the route.

use flighthub_api::v1::{DroneInDock, DroneMode, DroneModeName, StorageUsage};

use super::facts::Facts;
use super::{CheckSettings, Seen};
use crate::choose::printable;

const LOOK: &str = "Look at the aircraft in the web console.";

pub(super) fn all(facts: &Facts, settings: &CheckSettings) -> Vec<(&'static str, Seen)> {
    vec![
        ("aircraft-paired", paired(facts)),
        ("aircraft-in-dock", in_dock(facts)),
        ("aircraft-idle", idle(facts)),
        ("aircraft-battery", battery(facts, settings)),
        ("aircraft-storage", storage(facts, settings)),
        ("aircraft-model", model(facts)),
        ("aircraft-payload", payload(facts)),
    ]
}

fn paired(facts: &Facts) -> Seen {
    if let Some(drone) = facts.pair().and_then(|pair| pair.drone) {
        return Seen::ok(format!("aircraft {} belongs to the dock", drone.sn));
    }
    let in_state = facts.dock.as_ref().ok().and_then(|dock| dock.sub_device.as_ref());
    match (in_state.and_then(|device| device.device_sn.as_ref()), facts.pair()) {
        (Some(sn), _) => Seen::ok(format!("aircraft {sn} belongs to the dock")),
        (None, Some(_)) => Seen::stop(
            "the dock has no aircraft",
            "Pair an aircraft with the dock, or switch it on once.",
        ),
        (None, None) => Seen::not_checked("the dock is not in the list of devices", LOOK),
    }
}

fn in_dock(facts: &Facts) -> Seen {
    match facts.dock.as_ref().map(|dock| dock.drone_in_dock.as_ref()) {
        Ok(Some(DroneInDock::Inside)) => Seen::ok("the aircraft is in the dock"),
        Ok(Some(DroneInDock::Outside)) => Seen::stop(
            "the aircraft is not in the dock",
            "Wait until it is back, or put it in on site.",
        ),
        Ok(Some(DroneInDock::Unknown(word))) => Seen::not_checked(
            format!("`drone_in_dock` is `{}`, which is not known", printable(word.as_str())),
            LOOK,
        ),
        Ok(_) => Seen::absent("drone_in_dock"),
        Err(why) => {
            Seen::not_checked(format!("the dock's state cannot be read: {}", why.text), LOOK)
        }
    }
}

/// An aircraft that is off does nothing; its last state may still say otherwise.
fn idle(facts: &Facts) -> Seen {
    let Some(drone) = facts.pair().and_then(|pair| pair.drone) else {
        return Seen::not_checked("the aircraft is not in the list of devices", LOOK);
    };
    if !drone.device_online_status {
        return Seen::ok("the aircraft is switched off or not connected; the task wakes it");
    }
    let busy = |mode: &str| {
        Seen::stop(format!("the aircraft is in mode {mode}"), "Wait until it is back in its dock.")
    };
    match drone.mode_code {
        Some(DroneMode::Standby) => Seen::ok("the aircraft stands by"),
        Some(DroneMode::NotConnected) => {
            Seen::ok("the aircraft is not connected; the task wakes it")
        }
        Some(DroneMode::Unknown(mode)) => {
            Seen::not_checked(format!("the aircraft's mode {mode:?} is not known"), LOOK)
        }
        Some(mode) => busy(&format!("{mode:?}")),
        None => match facts.aircraft.as_ref().map(|state| state.mode_code.as_ref()) {
            Ok(Some(DroneModeName::Standby)) => Seen::ok("the aircraft stands by"),
            Ok(Some(DroneModeName::Unknown(mode))) => Seen::not_checked(
                format!("the aircraft's mode `{}` is not known", printable(mode.as_str())),
                LOOK,
            ),
            Ok(Some(mode)) => busy(mode.as_str()),
            _ => Seen::not_checked("the aircraft's mode is not known", LOOK),
        },
    }
}

fn percent(value: Option<f64>) -> Option<f64> {
    // 32767 stands for "not available" (Cloud API).
    value.filter(|percent| (0.0..=100.0).contains(percent))
}

fn battery(facts: &Facts, settings: &CheckSettings) -> Seen {
    let dock = facts.dock.as_ref().ok();
    let charging =
        dock.and_then(|dock| percent(dock.drone_charge_state.as_ref()?.capacity_percent));
    let packs = dock.and_then(|dock| {
        let packs = &dock.drone_battery_maintenance_info.as_ref()?.batteries;
        packs.iter().filter_map(|pack| percent(pack.capacity_percent)).min_by(f64::total_cmp)
    });
    // What the aircraft said last is of now only while it is online.
    let is_online =
        facts.pair().and_then(|pair| pair.drone).is_some_and(|drone| drone.device_online_status);
    let own = facts.aircraft.as_ref().ok().filter(|_| is_online);
    let own = own.and_then(|state| percent(state.battery.as_ref()?.capacity_percent));
    let least = settings.least_battery;
    match charging.or(packs).or(own) {
        Some(charge) if charge < least => Seen::stop(
            format!("the battery has {charge} %, less than {least} %"),
            "Wait until it is charged.",
        ),
        Some(charge) => Seen::ok(format!("the battery has {charge} %")),
        None => {
            Seen::not_checked("neither dock nor aircraft tells the charge of the battery", LOOK)
        }
    }
}

pub(super) fn storage_of(usage: Option<&StorageUsage>, most: f64, whose: &str) -> Seen {
    let share = usage.and_then(|usage| Some((usage.used?, usage.total?)));
    let Some((used, total)) = share.filter(|(used, total)| *used >= 0.0 && *total > 0.0) else {
        return Seen::not_checked(format!("the storage of the {whose} is not known"), LOOK);
    };
    let percent = (used / total * 1000.0).round() / 10.0;
    if percent > most {
        return Seen::warning(
            format!("the storage of the {whose} is full to {percent} %"),
            "Make room, or files of the flight may be lost.",
        );
    }
    Seen::ok(format!("the storage of the {whose} is full to {percent} %"))
}

fn storage(facts: &Facts, settings: &CheckSettings) -> Seen {
    match &facts.aircraft {
        Ok(state) => storage_of(state.storage.as_ref(), settings.most_storage, "aircraft"),
        Err(why) => {
            Seen::not_checked(format!("the aircraft's state cannot be read: {}", why.text), LOOK)
        }
    }
}

fn model(facts: &Facts) -> Seen {
    const REMEDY: &str = "Plan the route for this aircraft, or choose another dock.";
    let drone = facts.pair().and_then(|pair| pair.drone);
    let in_list = drone.and_then(|drone| Some(drone.device_model.as_ref()?.key.as_str()));
    let dock = facts.dock.as_ref().ok();
    let in_state = dock.and_then(|dock| {
        dock.sub_device.as_ref()?.device_model_key.as_ref().map(AsRef::<str>::as_ref)
    });
    let of_route = facts.route.as_ref().ok().and_then(|route| route.device_model_key.as_ref());
    match (of_route, in_list.or(in_state)) {
        (Some(route), Some(aircraft)) if route.as_str() == aircraft => {
            Seen::ok(format!("route and aircraft are of model {aircraft}"))
        }
        (Some(route), Some(aircraft)) => {
            let reason =
                format!("the route is planned for model {route}, the aircraft is {aircraft}");
            Seen::stop(reason, REMEDY)
        }
        (None, _) => Seen::not_checked("for which model the route is planned is not known", REMEDY),
        (_, None) => Seen::not_checked("the model of the aircraft is not known", LOOK),
    }
}

fn payload(facts: &Facts) -> Seen {
    let route = facts.route.as_ref().ok();
    let mut wanted: Vec<&str> = route
        .into_iter()
        .flat_map(|route| &route.payload_information)
        .filter_map(|payload| payload.r#type.as_deref())
        .collect();
    // One for each lens.
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.is_empty() {
        return Seen::not_checked("for which payload the route is planned is not known", LOOK);
    }
    let cameras = facts.pair().and_then(|pair| pair.drone).map(|drone| &drone.camera_list);
    let Some(cameras) = cameras.filter(|cameras| !cameras.is_empty()) else {
        // Filled only once the aircraft has been switched on.
        return Seen::not_checked("the aircraft's cameras are not known while it is off", LOOK);
    };
    // The index of a camera begins with the type of the payload: 81-0-0.
    let has = |wanted: &&&str| {
        let type_of = |index: &str| index.split('-').next() == Some(**wanted);
        cameras.iter().any(|camera| type_of(camera.camera_index.as_str()))
    };
    let missing: Vec<&str> = wanted.iter().filter(|wanted| !has(wanted)).copied().collect();
    if missing.is_empty() {
        return Seen::ok(format!("the aircraft has payload {}", wanted.join(", ")));
    }
    Seen::stop(
        format!(
            "the route is planned for payload {}, which the aircraft does not show",
            printable(&missing.join(", "))
        ),
        "Plan the route for this aircraft's payload.",
    )
}
