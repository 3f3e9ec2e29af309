//! What of a device's state is watched, and how two readings differ.

use flighthub_api::v1::DeviceSnapshot;

use super::event::{DeviceKind, Reading, WatchChange};

/// Radius of the earth in metres, as a sphere: enough for thresholds.
const EARTH_RADIUS: f64 = 6_371_008.8;

/// How much has to change before it is said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Thresholds {
    pub(super) metres: f64,
    pub(super) percent: f64,
}

impl Reading {
    /// From the state of a device. `online` is what the device list says.
    pub(super) fn of(kind: DeviceKind, online: bool, snapshot: &DeviceSnapshot) -> Self {
        let mut reading = Self { online, stale: !online, ..Self::default() };
        let Some(state) = &snapshot.device_state else {
            return reading;
        };
        let place = match kind {
            DeviceKind::Dock => {
                let dock = state.dock();
                reading.mode = dock.mode_code.map(|mode| mode.as_str().to_owned());
                if let Some(charge) = dock.drone_charge_state {
                    reading.charge_percent = charge.capacity_percent;
                    reading.charge_state = charge.state;
                }
                reading.drone_in_dock = dock.drone_in_dock.map(|place| place.as_str().to_owned());
                (dock.latitude, dock.longitude, dock.height)
            }
            DeviceKind::Aircraft => {
                let aircraft = state.aircraft();
                reading.mode = aircraft.mode_code.map(|mode| mode.as_str().to_owned());
                reading.stale |= reading.mode.as_deref() == Some("not_connected");
                reading.battery_percent =
                    aircraft.battery.and_then(|battery| battery.capacity_percent);
                (aircraft.latitude, aircraft.longitude, aircraft.height)
            }
            DeviceKind::Controller => {
                let controller = state.controller();
                reading.battery_percent = controller.capacity_percent;
                (controller.latitude, controller.longitude, controller.height)
            }
        };
        // 0, 0 is how the service says that there is no fix.
        if let (Some(latitude), Some(longitude), height) = place
            && !(latitude == 0.0 && longitude == 0.0)
        {
            (reading.latitude, reading.longitude) = (Some(latitude), Some(longitude));
            reading.height = height;
        }
        reading
    }

    fn place(&self) -> Option<(f64, f64)> {
        self.latitude.zip(self.longitude)
    }

    /// Whether something is going on that is worth a closer look.
    pub(super) fn is_busy(&self, kind: DeviceKind) -> bool {
        let quiet: &[&str] = match kind {
            DeviceKind::Dock => &["idle", "to_be_calibrated"],
            DeviceKind::Aircraft => &["standby", "not_connected"],
            DeviceKind::Controller => return false,
        };
        self.online
            && !self.stale
            && self.mode.as_deref().is_some_and(|mode| !quiet.contains(&mode))
    }

    /// What is different in a newer reading. This one, which is what was said, takes over what is said now: so that small steps add up.
    pub(super) fn renew(&mut self, newer: Self, thresholds: Thresholds) -> Vec<WatchChange> {
        let mut changes = Vec::new();
        if newer.online != self.online {
            self.online = newer.online;
            changes.push(if newer.online { WatchChange::Online } else { WatchChange::Offline });
        }
        self.stale = newer.stale;
        if newer.stale {
            // The last that was heard is no news.
            return changes;
        }
        if newer.mode.is_some() && newer.mode != self.mode {
            let from = std::mem::replace(&mut self.mode, newer.mode.clone());
            changes.push(WatchChange::ModeChanged { from, to: newer.mode.clone() });
        }
        if newer.drone_in_dock.is_some() && newer.drone_in_dock != self.drone_in_dock {
            let to = newer.drone_in_dock.clone();
            let from = std::mem::replace(&mut self.drone_in_dock, to.clone());
            changes.push(WatchChange::DroneInDockChanged { from, to });
        }
        self.renew_place(&newer, thresholds.metres, &mut changes);
        if let Some(percent) = newer.battery_percent
            && differs(self.battery_percent, percent, thresholds.percent)
        {
            let from_percent = self.battery_percent.replace(percent);
            changes.push(WatchChange::BatteryChanged { from_percent, percent });
        }
        let charge_differs = newer
            .charge_percent
            .is_some_and(|percent| differs(self.charge_percent, percent, thresholds.percent));
        let state_differs = newer.charge_state.is_some() && newer.charge_state != self.charge_state;
        if charge_differs || state_differs {
            let from_percent = self.charge_percent;
            self.charge_percent = newer.charge_percent.or(from_percent);
            self.charge_state = newer.charge_state.or_else(|| self.charge_state.take());
            changes.push(WatchChange::ChargeChanged {
                from_percent,
                percent: self.charge_percent,
                state: self.charge_state.clone(),
            });
        }
        changes
    }

    fn renew_place(&mut self, newer: &Self, threshold: f64, changes: &mut Vec<WatchChange>) {
        match (self.place(), newer.place()) {
            (None, Some((latitude, longitude))) => {
                changes.push(WatchChange::FixFound { latitude, longitude, height: newer.height });
            }
            (Some(_), None) => changes.push(WatchChange::FixLost),
            (Some(old), Some(new)) => {
                let up = self.height.zip(newer.height).map_or(0.0, |(old, new)| new - old);
                let metres = distance(old, new).hypot(up);
                if metres < threshold {
                    return;
                }
                changes.push(WatchChange::Moved {
                    latitude: new.0,
                    longitude: new.1,
                    height: newer.height,
                    metres: (metres * 10.0).round() / 10.0,
                });
            }
            (None, None) => return,
        }
        (self.latitude, self.longitude) = (newer.latitude, newer.longitude);
        self.height = newer.height;
    }
}

fn differs(old: Option<f64>, new: f64, by: f64) -> bool {
    old.is_none_or(|old| (new - old).abs() >= by)
}

/// Metres over ground between two places in degrees (haversine).
fn distance(from: (f64, f64), to: (f64, f64)) -> f64 {
    let (latitude, other) = (from.0.to_radians(), to.0.to_radians());
    let half = |angle: f64| (angle / 2.0).sin().powi(2);
    let across = half((to.1 - from.1).to_radians());
    let chord = half(other - latitude) + latitude.cos() * other.cos() * across;
    2.0 * EARTH_RADIUS * chord.clamp(0.0, 1.0).sqrt().asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    const THRESHOLDS: Thresholds = Thresholds { metres: 10.0, percent: 5.0 };

    fn reading(latitude: f64, battery: f64) -> Reading {
        Reading {
            online: true,
            mode: Some("standby".to_owned()),
            latitude: Some(latitude),
            longitude: Some(-25.3),
            height: Some(60.0),
            battery_percent: Some(battery),
            ..Reading::default()
        }
    }

    #[test]
    fn noise_is_no_change_but_small_steps_add_up() {
        let mut said = reading(0.02, 80.0);
        assert!(said.renew(reading(0.020_05, 78.0), THRESHOLDS).is_empty());
        let changes = said.renew(reading(0.020_1, 75.0), THRESHOLDS);
        assert_eq!(changes.len(), 2, "{changes:?}");
        assert!(
            matches!(changes.first(), Some(WatchChange::Moved { metres, .. }) if (11.0..11.3).contains(metres))
        );
        let battery = WatchChange::BatteryChanged { from_percent: Some(80.0), percent: 75.0 };
        assert_eq!(changes.last(), Some(&battery));
        assert!(said.renew(reading(0.020_1, 75.0), THRESHOLDS).is_empty());
    }

    #[test]
    fn height_counts_as_movement() {
        let mut said = reading(0.02, 80.0);
        let higher = Reading { height: Some(75.0), ..reading(0.02, 80.0) };
        assert!(matches!(said.renew(higher, THRESHOLDS).as_slice(), [WatchChange::Moved { .. }]));
    }

    #[test]
    fn old_news_of_a_device_that_is_offline_is_no_change() {
        let mut said = reading(0.02, 80.0);
        let mut off = reading(0.5, 10.0);
        (off.online, off.stale) = (false, true);
        assert_eq!(said.renew(off.clone(), THRESHOLDS), [WatchChange::Offline]);
        assert!(said.renew(off, THRESHOLDS).is_empty());
        assert_eq!(said.renew(reading(0.02, 80.0), THRESHOLDS), [WatchChange::Online]);
    }

    #[test]
    fn a_lost_fix_is_said_once_and_never_a_place() {
        let mut said = reading(0.02, 80.0);
        let lost = Reading { latitude: None, longitude: None, height: None, ..reading(0.0, 80.0) };
        assert_eq!(said.renew(lost.clone(), THRESHOLDS), [WatchChange::FixLost]);
        assert!(said.renew(lost, THRESHOLDS).is_empty());
        let changes = said.renew(reading(0.02, 80.0), THRESHOLDS);
        assert!(matches!(changes.as_slice(), [WatchChange::FixFound { .. }]), "{changes:?}");
    }
}
