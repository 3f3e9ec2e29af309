//! What happens to devices: by themselves, once a second, and by people and the weather.

use flighthub_api::v1::{DeviceSn, DockSn, DroneSn};

use super::alerts::Alert;
use super::{Aircraft, DRAIN, Disk, Holder, State, Weather};
use crate::world::World;
use crate::world::flight::Phase;

/// Percent that a second in the dock gives: about an hour for all of it.
const CHARGE: f64 = 0.03;
/// Seconds after which an aircraft that sleeps is switched off.
const SLEEP_AFTER: i64 = 120;
/// Seconds from the switch to the first sign of an aircraft.
const BOOT: i64 = 6;
/// KB that a second on the route takes of the aircraft's storage.
const RECORDING: f64 = 2_500.0;
/// KB that dock and aircraft hand on in a second.
const TRANSFER: f64 = 20_000.0;

/// Batteries, power, storage and calibration, once a second.
pub(crate) fn tick(world: &mut World) {
    let now = world.now().unix_seconds();
    let World { fleet, tasks, .. } = world;
    let State { docks, aircraft, .. } = fleet;
    for dock in docks.iter_mut().filter(|dock| dock.calibrated_at.is_some_and(|at| at <= now)) {
        dock.calibrated = true;
        dock.calibrated_at = None;
    }
    for aircraft in aircraft {
        if aircraft.wakes_at.is_some_and(|at| at <= now) {
            aircraft.on = true;
            aircraft.wakes_at = None;
            aircraft.idle_since = now;
        }
        let gateway = aircraft.gateway.as_ref().map(DeviceSn::as_str);
        let dock = docks.iter_mut().find(|dock| Some(dock.sn.as_str()) == gateway);
        if let Some(flight) = &aircraft.flight {
            aircraft.battery = (aircraft.battery - DRAIN).max(0.0);
            aircraft.idle_since = now;
            if flight.phase() == Phase::Route {
                aircraft.disk.used = (aircraft.disk.used + RECORDING).min(aircraft.disk.total);
            }
        } else if let Some(dock) = dock.filter(|_| !aircraft.away) {
            if dock.online && aircraft.battery < 100.0 {
                aircraft.battery = (aircraft.battery + CHARGE).min(100.0);
            }
            if aircraft.on {
                hand_on(&mut aircraft.disk, Some(&mut dock.disk));
            }
            if dock.busy.is_some() {
                aircraft.idle_since = now;
            } else if aircraft.sleeps && aircraft.on && now - aircraft.idle_since >= SLEEP_AFTER {
                aircraft.switch_off();
            }
        }
        if aircraft.on {
            aircraft.was_seen();
        }
    }
    // A dock keeps what it has until the last file is uploaded.
    for dock in docks.iter_mut().filter(|dock| dock.disk.used > dock.disk.rest) {
        if dock.online && tasks.waiting_uploads(&dock.sn) == 0 {
            hand_on(&mut dock.disk, None);
        }
    }
}

/// Moves what a second can move, to another storage or away.
fn hand_on(from: &mut Disk, to: Option<&mut Disk>) {
    let room = to.as_ref().map_or(f64::INFINITY, |to| to.total - to.used);
    let moved = (from.used - from.rest).clamp(0.0, TRANSFER).min(room);
    from.used -= moved;
    if let Some(to) = to {
        to.used += moved;
    }
}

impl Aircraft {
    fn switch_off(&mut self) {
        self.was_seen();
        self.on = false;
        self.wakes_at = None;
        self.release();
    }

    fn check_gateway(&self, field: &str) -> Result<(), String> {
        match self.gateway {
            Some(_) => Ok(()),
            None => Err(format!(
                "`{field}`: `{}` has no dock or remote controller that could hear of it",
                self.sn
            )),
        }
    }

    fn release(&mut self) {
        self.cameras.iter_mut().for_each(|camera| camera.holder = None);
    }
}

/// That a deed names something that is not there.
pub(super) fn nothing<'a>(
    field: &str,
    what: &str,
    wrong: &str,
    known: impl Iterator<Item = &'a str>,
) -> String {
    let known: Vec<_> = known.collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    format!("`{field}`: there is no {what} `{wrong}`; there are {known}")
}

impl State {
    fn the_drone(&mut self, sn: &DroneSn) -> Result<&mut Aircraft, String> {
        match self.aircraft.iter().position(|aircraft| aircraft.sn == *sn) {
            Some(index) => Ok(&mut self.aircraft[index]),
            None => Err(nothing(
                "drone",
                "aircraft",
                sn.as_str(),
                self.aircraft.iter().map(|aircraft| aircraft.sn.as_str()),
            )),
        }
    }

    fn check_device(&self, sn: &DeviceSn) -> Result<(), String> {
        match self.device(sn.as_str()) {
            Some(_) => Ok(()),
            None => Err(nothing("sn", "device", sn.as_str(), self.all().into_iter())),
        }
    }

    pub(in crate::world) fn charge(&mut self, drone: &DroneSn, percent: u8) -> Result<(), String> {
        if percent > 100 {
            return Err(format!("`percent`: {percent} is more than 100"));
        }
        self.the_drone(drone)?.battery = f64::from(percent);
        Ok(())
    }

    pub(in crate::world) fn connect(
        &mut self,
        sn: &DeviceSn,
        connected: bool,
        now: i64,
    ) -> Result<(), String> {
        self.check_device(sn)?;
        if let Some(aircraft) = self.aircraft_mut(sn.as_str()) {
            aircraft.check_gateway("sn")?;
        }
        if let Some(dock) = self.dock_mut(sn.as_str()) {
            dock.online = connected;
        }
        for controller in self.controllers.iter_mut().filter(|controller| controller.sn == *sn) {
            controller.online = connected;
        }
        if let Some(aircraft) = self.aircraft_mut(sn.as_str()) {
            if aircraft.on && !connected {
                aircraft.switch_off();
            }
            aircraft.on = connected;
            aircraft.idle_since = now;
        }
        Ok(())
    }

    pub(in crate::world) fn power(
        &mut self,
        drone: &DroneSn,
        on: bool,
        now: i64,
    ) -> Result<(), String> {
        let aircraft = self.the_drone(drone)?;
        aircraft.check_gateway("drone")?;
        match (on, &aircraft.flight) {
            (false, Some(_)) => Err(format!("`drone`: `{drone}` is in the air; let it land first")),
            (false, None) => {
                aircraft.switch_off();
                Ok(())
            }
            (true, _) => {
                aircraft.wake_at(now + BOOT);
                Ok(())
            }
        }
    }

    /// A pilot takes all payloads, or with `false` whoever has them loses them.
    pub(in crate::world) fn control(&mut self, drone: &DroneSn, pilot: bool) -> Result<(), String> {
        let aircraft = self.the_drone(drone)?;
        let payloads = aircraft.cameras.iter_mut().filter(|camera| camera.is_payload);
        payloads.for_each(|camera| camera.holder = pilot.then(Holder::pilot));
        Ok(())
    }

    pub(in crate::world) fn take_out(&mut self, drone: &DroneSn, away: bool) -> Result<(), String> {
        let gateway = self.the_drone(drone)?.gateway.clone();
        let dock = gateway.and_then(|gateway| self.dock(gateway.as_str()));
        let Some(dock) = dock else {
            return Err(format!("`drone`: `{drone}` belongs to no dock"));
        };
        if let Some(task) = &dock.busy {
            return Err(format!(
                "`drone`: `{drone}` is about to fly, in the air or landing: task `{task}`"
            ));
        }
        let place = dock.place;
        let aircraft = self.the_drone(drone)?;
        aircraft.away = away;
        aircraft.place = if away { place.offset(4.0, 3.0, 0.0) } else { place };
        Ok(())
    }

    pub(in crate::world) fn fill(&mut self, sn: &DeviceSn, percent: u8) -> Result<(), String> {
        if percent > 100 {
            return Err(format!("`percent`: {percent} is more than 100"));
        }
        self.check_device(sn)?;
        let dock = self.docks.iter_mut().find(|dock| dock.sn.as_str() == sn.as_str());
        let aircraft =
            self.aircraft.iter_mut().find(|aircraft| aircraft.sn.as_str() == sn.as_str());
        let disk = dock.map(|dock| &mut dock.disk).or(aircraft.map(|aircraft| &mut aircraft.disk));
        let Some(disk) = disk else {
            return Err(format!("`sn`: the remote controller `{sn}` reports no storage"));
        };
        *disk = Disk::new((disk.total * f64::from(percent) / 100.0).round(), disk.total);
        Ok(())
    }

    pub(in crate::world) fn weather(
        &mut self,
        dock: Option<&DockSn>,
        change: impl Fn(&mut Weather),
    ) -> Result<(), String> {
        if let Some(sn) = dock
            && self.dock(sn.as_str()).is_none()
        {
            let known = self.docks.iter().map(|dock| dock.sn.as_str());
            return Err(nothing("dock", "dock", sn.as_str(), known));
        }
        let here = self.docks.iter_mut().filter(|found| dock.is_none_or(|sn| found.sn == *sn));
        here.for_each(|dock| change(&mut dock.weather));
        Ok(())
    }

    pub(in crate::world) fn raise(&mut self, sn: &DeviceSn, alert: Alert) -> Result<(), String> {
        if alert.code.is_empty() {
            return Err("`code`: is empty; alerts have codes such as 0x161000A4".to_owned());
        }
        self.check_device(sn)?;
        if let Some(condition) = self.condition_mut(sn.as_str()) {
            condition.alerts.retain(|other| other.code != alert.code);
            condition.alerts.push(alert);
        }
        Ok(())
    }

    /// Clears one alert, or all of a device.
    pub(in crate::world) fn clear(
        &mut self,
        sn: &DeviceSn,
        code: Option<&str>,
    ) -> Result<(), String> {
        self.check_device(sn)?;
        let Some(condition) = self.condition_mut(sn.as_str()) else {
            return Ok(());
        };
        if let Some(code) = code
            && !condition.alerts.iter().any(|alert| alert.code == code)
        {
            let known = condition.alerts.iter().map(|alert| alert.code.as_str());
            return Err(nothing("code", "alert", code, known));
        }
        condition.alerts.retain(|alert| code.is_some_and(|code| alert.code != code));
        Ok(())
    }

    pub(in crate::world) fn fix(&mut self, sn: &DeviceSn, fix: bool) -> Result<(), String> {
        self.check_device(sn)?;
        if let Some(condition) = self.condition_mut(sn.as_str()) {
            condition.no_fix = !fix;
        }
        Ok(())
    }

    pub(in crate::world) fn firmware(&mut self, sn: &DeviceSn, old: bool) -> Result<(), String> {
        self.check_device(sn)?;
        if let Some(condition) = self.condition_mut(sn.as_str()) {
            condition.old_firmware = old;
        }
        Ok(())
    }
}

/// The most frequent deeds as methods, for tests. What they name and is not there, they leave alone.
impl World {
    /// Sets the charge of an aircraft's battery, in percent. Does nothing when there is no such aircraft.
    pub fn set_battery(&mut self, drone: &DroneSn, percent: u8) {
        let _ = self.fleet.charge(drone, percent.min(100));
    }

    /// Cuts the link of a dock or remote controller, or switches an aircraft off.
    pub fn disconnect(&mut self, sn: &DeviceSn) {
        let now = self.now().unix_seconds();
        let _ = self.fleet.connect(sn, false, now);
    }

    /// Brings back the link of a dock or remote controller, or switches an aircraft on.
    pub fn connect(&mut self, sn: &DeviceSn) {
        let now = self.now().unix_seconds();
        let _ = self.fleet.connect(sn, true, now);
    }

    /// A pilot at a remote controller takes all payloads of an aircraft.
    pub fn pilot_takes_control(&mut self, drone: &DroneSn) {
        let _ = self.fleet.control(drone, true);
    }
}
