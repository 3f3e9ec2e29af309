//! The alerts that stand, without duplicates and without those that flicker.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use flighthub_api::Timestamp;
use flighthub_api::v1::{DeviceAlerts, HmsAlert, HmsLevel};

use super::event::{Alert, WatchChange};
use crate::choose::printable;

impl Alert {
    fn of(alert: &HmsAlert) -> Self {
        Self {
            code: printable(&alert.code),
            level: alert.level.as_str().to_owned(),
            module: alert.module.as_str().to_owned(),
            text: printable(alert.message.as_deref().unwrap_or_default().trim()),
            imminent: alert.imminent.unwrap_or(false),
        }
    }

    fn weight(&self) -> u8 {
        match HmsLevel::from(self.level.as_str()) {
            HmsLevel::Notification => 0,
            HmsLevel::Reminder => 1,
            // Better too serious than too little for one that is not known.
            _ => 2,
        }
    }
}

/// An alert that was said.
#[derive(Debug)]
struct Standing {
    alert: Alert,
    since: Timestamp,
    /// Since when it has not been seen.
    absent: Option<Timestamp>,
}

/// The alerts that were said and not cleared, by serial number and code.
#[derive(Debug, Default)]
pub(super) struct Alerts(BTreeMap<(String, String), Standing>);

impl Alerts {
    /// Those of a device.
    pub(super) fn of(&self, sn: &str) -> Vec<Alert> {
        self.0
            .iter()
            .filter(|((owner, _), standing)| owner == sn && standing.absent.is_none())
            .map(|(_, standing)| standing.alert.clone())
            .collect()
    }

    pub(super) fn forget(&mut self, sn: &str) {
        self.0.retain(|(owner, _), _| owner != sn);
    }

    /// What changed, by serial number, when these are the alerts of the devices that were `asked` for. One that was away for less than the
    /// `window` never was away.
    pub(super) fn renew(
        &mut self,
        asked: &BTreeSet<String>,
        rows: &[DeviceAlerts],
        now: Timestamp,
        window: Duration,
    ) -> Vec<(String, WatchChange)> {
        let mut changes = Vec::new();
        let mut present = BTreeSet::new();
        for row in rows.iter().filter(|row| asked.contains(row.device_sn.as_str())) {
            for alert in row.device_hms.iter().map(Alert::of) {
                let key = (row.device_sn.to_string(), alert.code.clone());
                // The same alert may come twice.
                if !present.insert(key.clone()) {
                    continue;
                }
                if self.note(&key, &alert, now) {
                    changes.push((key.0, WatchChange::AlertRaised { alert }));
                }
            }
        }
        self.0.retain(|key, standing| {
            if present.contains(key) || !asked.contains(&key.0) {
                return true;
            }
            let absent = *standing.absent.get_or_insert(now);
            if now.duration_since(&absent) < window {
                return true;
            }
            changes.push((
                key.0.clone(),
                WatchChange::AlertCleared {
                    alert: standing.alert.clone(),
                    lasted_seconds: absent.duration_since(&standing.since).as_secs(),
                },
            ));
            false
        });
        changes
    }

    /// Takes note of an alert that stands. Answers whether that is news.
    fn note(&mut self, key: &(String, String), alert: &Alert, now: Timestamp) -> bool {
        match self.0.get_mut(key) {
            None => {
                let standing = Standing { alert: alert.clone(), since: now, absent: None };
                self.0.insert(key.clone(), standing);
                true
            }
            Some(standing) => {
                standing.absent = None;
                let is_worse = alert.weight() > standing.alert.weight();
                if is_worse {
                    standing.alert = alert.clone();
                }
                is_worse
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(1_700_000_000 + seconds).unwrap()
    }

    fn rows(alerts: &[(&str, &str)]) -> Vec<DeviceAlerts> {
        let list: Vec<_> = alerts
            .iter()
            .map(|(code, level)| serde_json::json!({"code": code, "level": level, "module": "hms", "message": ""}))
            .collect();
        serde_json::from_value(
            serde_json::json!([{"device_sn": "D", "device_hms": {"list": list}}]),
        )
        .unwrap()
    }

    fn words(changes: Vec<(String, WatchChange)>) -> Vec<String> {
        changes
            .into_iter()
            .map(|(_, change)| match change {
                WatchChange::AlertRaised { alert } => format!("+{} {}", alert.code, alert.level),
                WatchChange::AlertCleared { alert, lasted_seconds } => {
                    format!("-{} {lasted_seconds}", alert.code)
                }
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn alerts_come_and_go_once() {
        let mut alerts = Alerts::default();
        let asked = BTreeSet::from(["D".to_owned()]);
        let window = Duration::from_secs(60);
        let twice = rows(&[("0x1", "reminder"), ("0x1", "reminder")]);
        for (second, rows, expected) in [
            (0, twice.clone(), vec!["+0x1 reminder"]),
            (10, twice.clone(), vec![]),
            (20, rows(&[]), vec![]),
            // It was away for less than the window.
            (70, twice.clone(), vec![]),
            (80, rows(&[("0x1", "warning")]), vec!["+0x1 warning"]),
            (90, twice.clone(), vec![]),
            (100, rows(&[]), vec![]),
            (159, rows(&[]), vec![]),
            (160, rows(&[]), vec!["-0x1 100"]),
            (170, rows(&[]), vec![]),
            (180, twice, vec!["+0x1 reminder"]),
        ] {
            let changes = words(alerts.renew(&asked, &rows, at(second), window));
            assert_eq!(changes, expected, "{second}");
        }
        // Who was not asked has cleared nothing.
        assert!(alerts.renew(&BTreeSet::new(), &[], at(9999), window).is_empty());
        assert_eq!(alerts.of("D").len(), 1);
    }
}
