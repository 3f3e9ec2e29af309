//! Checks of the dock, its surroundings and its alerts.

use flighthub_api::v1::{
    DockState, GatewayMode, GatewayModeName, HmsLevel, MaintainRecord, WaylinePrecisionType,
};

use super::facts::{Facts, Read};
use super::{CheckSettings, Seen};
use crate::choose::printable;

const LOOK: &str = "Look at the dock in the web console.";

/// Makes a verdict of the dock's state.
type Judge = fn(&DockState, &CheckSettings) -> Seen;

pub(super) fn all(facts: &Facts, settings: &CheckSettings) -> Vec<(&'static str, Seen)> {
    let mut seen = vec![("dock-online", online(facts)), ("dock-mode", mode(facts))];
    let with_state: [(&'static str, Judge); 8] = [
        ("dock-emergency-stop", emergency_stop),
        ("dock-cover", cover),
        ("dock-position", position),
        ("dock-rtk", rtk),
        ("dock-maintenance", maintenance),
        ("dock-storage", storage),
        ("weather-wind", wind),
        ("weather-rain", rain),
    ];
    for (name, judge) in with_state {
        seen.push((name, of_state(&facts.dock, |state| judge(state, settings))));
    }
    seen.push(("alerts", alerts(facts, settings)));
    seen
}

fn of_state(state: &Read<DockState>, judge: impl FnOnce(&DockState) -> Seen) -> Seen {
    match state {
        Ok(state) => judge(state),
        Err(why) => {
            Seen::not_checked(format!("the dock's state cannot be read: {}", why.text), LOOK)
        }
    }
}

fn online(facts: &Facts) -> Seen {
    const REMEDY: &str = "Check power and network of the dock.";
    if facts.dock.as_ref().is_err_and(|why| why.is_offline) {
        return Seen::stop("the dock is offline", REMEDY);
    }
    let fleet = match &facts.fleet {
        Ok(fleet) => fleet,
        Err(why) => {
            let reason = format!("the devices of the project cannot be listed: {}", why.text);
            return Seen::not_checked(reason, "See the reason.");
        }
    };
    match facts.pair() {
        Some(pair) if pair.gateway.device_online_status => Seen::ok("the dock is online"),
        Some(_) => Seen::stop("the dock is offline", REMEDY),
        None if fleet.pairs.was_null() => Seen::not_checked(
            "the list of devices is null: either the project has none, or the key lacks the right to see them",
            "Check that the person who made the key is a member of the project and that the key includes Device Management.",
        ),
        None if !fleet.pairs.odd().is_empty() => Seen::not_checked(
            "the dock is not among the devices that could be read; some rows could not",
            "Look at the devices of the project.",
        ),
        None => Seen::stop(
            "the dock is none of the project's docks",
            "Check serial number and project: a task takes the dock's serial number, not the aircraft's.",
        ),
    }
}

fn mode(facts: &Facts) -> Seen {
    const REMEDY: &str = "Wait until the dock is idle, or end what it is doing.";
    if let Ok(DockState { mode_code: Some(mode), .. }) = &facts.dock {
        return match mode {
            GatewayModeName::Idle => Seen::ok("the dock is idle"),
            GatewayModeName::Unknown(mode) => unknown("mode", mode.as_str()),
            mode => Seen::stop(format!("the dock is in mode {}", mode.as_str()), REMEDY),
        };
    }
    // In lists the mode of a dock without a link is 0, as if it were idle.
    let pair = facts.pair().filter(|pair| pair.gateway.device_online_status);
    match pair.and_then(|pair| pair.gateway.mode_code) {
        Some(GatewayMode::Idle) => Seen::ok("the dock is idle"),
        Some(GatewayMode::Unknown(mode)) => {
            Seen::not_checked(format!("the dock's mode {mode:?} is not known"), LOOK)
        }
        Some(mode) => Seen::stop(format!("the dock is in mode {mode:?}"), REMEDY),
        None => Seen::not_checked("the dock's mode is not known", LOOK),
    }
}

/// Words for off and on; older installations write numbers or booleans.
fn is_on(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "0" | "close" | "closed" | "off" | "disable" | "disabled" | "false" | "no" => Some(false),
        "1" | "open" | "on" | "enable" | "enabled" | "true" | "yes" | "pressed" => Some(true),
        _ => None,
    }
}

fn unknown(what: &str, word: &str) -> Seen {
    Seen::not_checked(
        format!("the dock's {what} is `{}`, which is not known", printable(word)),
        LOOK,
    )
}

fn emergency_stop(state: &DockState, _: &CheckSettings) -> Seen {
    let Some(word) = &state.emergency_stop_state else {
        return Seen::absent("emergency_stop_state");
    };
    match is_on(word) {
        Some(false) => Seen::ok("the emergency stop is not pressed"),
        Some(true) => Seen::stop(
            "the emergency stop of the dock is pressed",
            "Find out on site why it was pressed before releasing it.",
        ),
        None => unknown("emergency stop", word),
    }
}

fn cover(state: &DockState, _: &CheckSettings) -> Seen {
    let Some(word) = &state.cover_state else { return Seen::absent("cover_state") };
    // Numbers of the Cloud API: 0 closed, 1 open, 2 half open, 3 abnormal.
    match word.to_ascii_lowercase().as_str() {
        "0" | "close" | "closed" => Seen::ok("the cover is closed"),
        "1" | "open" | "opened" => Seen::warning(
            "the cover of the dock is open",
            "Make sure that nobody is working at the dock.",
        ),
        "2" | "half_open" | "half-open" | "3" | "abnormal" => Seen::stop(
            format!("the cover of the dock is in state {}", printable(word)),
            "Look at the cover on site or through the dock's camera.",
        ),
        _ => unknown("cover", word),
    }
}

fn position(state: &DockState, _: &CheckSettings) -> Seen {
    match state.home_position_is_valid {
        Some(true) => Seen::ok("the dock's home position is valid"),
        Some(false) => Seen::stop(
            "the dock's home position is not valid, so the aircraft does not know where to return",
            "Calibrate the dock (`device.calibrate_rtk`).",
        ),
        None => Seen::absent("home_position_is_valid"),
    }
}

fn rtk(state: &DockState, settings: &CheckSettings) -> Seen {
    if settings.plan.wayline_precision_type == WaylinePrecisionType::Gps {
        return Seen::ok("the flight does not rely on RTK");
    }
    let fixed = state.position_state.as_ref().and_then(|position| position.is_fixed.as_deref());
    match fixed {
        Some("successful" | "2") => Seen::ok("the dock has an RTK fix"),
        Some(word) => Seen::warning(
            format!("the flight relies on RTK, and the dock's fix is `{}`", printable(word)),
            "Wait for the fix, or fly with `gps` precision when the route allows it.",
        ),
        None => Seen::absent("position_state.is_fixed"),
    }
}

fn maintenance(state: &DockState, _: &CheckSettings) -> Seen {
    let records: &[MaintainRecord] =
        state.maintain_status.as_ref().map_or(&[], |status| &status.maintain_status_array);
    let words: Vec<&str> = records.iter().filter_map(|record| record.state.as_deref()).collect();
    if words.is_empty() {
        return Seen::absent("maintain_status");
    }
    match words.iter().find(|word| !matches!(**word, "no_maintenance" | "0")) {
        None => Seen::ok("no maintenance is due"),
        Some(word) => Seen::warning(
            format!("maintenance of the dock: {}", printable(word)),
            "Have the maintenance done, or make sure that it can wait.",
        ),
    }
}

fn storage(state: &DockState, settings: &CheckSettings) -> Seen {
    super::aircraft::storage_of(state.storage.as_ref(), settings.most_storage, "dock")
}

fn wind(state: &DockState, settings: &CheckSettings) -> Seen {
    const REMEDY: &str = "Wait until the wind has calmed down.";
    match state.wind_speed.filter(|speed| speed.is_finite() && *speed >= 0.0) {
        None => Seen::absent("wind_speed"),
        Some(speed) if speed > settings.most_wind => Seen::stop(
            format!("the wind at the dock is {speed} m/s, more than {}", settings.most_wind),
            REMEDY,
        ),
        Some(speed) if speed > settings.brisk_wind => Seen::warning(
            format!("the wind at the dock is {speed} m/s, more than {}", settings.brisk_wind),
            REMEDY,
        ),
        Some(speed) => Seen::ok(format!("the wind at the dock is {speed} m/s")),
    }
}

fn rain(state: &DockState, _: &CheckSettings) -> Seen {
    let Some(word) = &state.rainfall else { return Seen::absent("rainfall") };
    // Numbers of the Cloud API: 0 none, 1 light, 2 moderate, 3 heavy.
    match word.to_ascii_lowercase().as_str() {
        "0" | "no_rain" | "none" | "no" => Seen::ok("there is no rain at the dock"),
        "1" | "light" | "light_rain" => {
            Seen::warning("there is light rain at the dock", "Wait for dry weather.")
        }
        "2" | "moderate" | "moderate_rain" | "3" | "heavy" | "heavy_rain" => Seen::stop(
            format!("there is rain at the dock ({})", printable(word)),
            "Wait for dry weather.",
        ),
        _ => unknown("rainfall", word),
    }
}

fn alerts(facts: &Facts, settings: &CheckSettings) -> Seen {
    const REMEDY: &str = "Look the code up in DJI's list of health messages, and resolve it.";
    let list = match &facts.alerts {
        Ok(list) => list,
        Err(why) => {
            return Seen::not_checked(format!("the alerts cannot be read: {}", why.text), LOOK);
        }
    };
    let mut worst: Option<u8> = None;
    let mut words: Vec<String> = Vec::new();
    for (sn, alert) in &list.rows {
        let rank = rank(&alert.level);
        worst = worst.max(Some(rank));
        if rank > 0 {
            let word = format!("{} {} of {sn}", alert.level.as_str(), printable(&alert.code));
            // The same alert comes twice at times.
            if !words.contains(&word) {
                words.push(word);
            }
        }
    }
    let reason = words.join(", ");
    match worst {
        Some(rank) if rank >= self::rank(&settings.alerts_stop_at).max(1) => {
            Seen::stop(reason, REMEDY)
        }
        Some(1..) => Seen::warning(reason, REMEDY),
        _ if list.odd > 0 => Seen::not_checked(
            format!("{} alerts could not be read", list.odd),
            "Look at the alerts in the web console.",
        ),
        Some(_) => Seen::ok("there are only notifications"),
        None if list.was_null && facts.pair().is_none() => Seen::not_checked(
            "the list of alerts is null, and the dock is not in the list of devices either",
            "Check that the key includes Device Management.",
        ),
        None => Seen::ok("there are no alerts"),
    }
}

/// Unknown levels are taken for reminders: worth a look, and no reason to stop.
const fn rank(level: &HmsLevel) -> u8 {
    match level {
        HmsLevel::Notification => 0,
        HmsLevel::Warning => 2,
        _ => 1,
    }
}
