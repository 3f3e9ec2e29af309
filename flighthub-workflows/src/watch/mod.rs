//! Watching docks and aircraft: first how they are, then what changes.
//!
//! The API has no push in this version: a watcher polls the device list (who is online), the states and the health alerts, quickly while
//! something flies and slowly while nothing does, and says only what changed. It survives trouble: it says so once, slows down, and says
//! when the trouble is over.

mod alerts;
mod event;
mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use flighthub_api::v1::{self, DeviceAlerts, DeviceSn, DeviceSnapshot};
use flighthub_api::{Access, Permits, Project, Timestamp};
use serde::Serialize;
use tokio::task::JoinSet;

pub use event::{About, Alert, Device, DeviceKind, EndReason, Reading, WatchChange, WatchEvent};

use crate::choose::{Named, choose, printable};
use crate::fleet::Fleet;
use crate::{Error, Result, Run};
use alerts::Alerts;
use reading::Thresholds;

/// The most devices that one call asks the alerts of: what a client in public use stays at. No limit is documented.
const MOST_IN_ONE_CALL: usize = 100;

/// How many states are asked for at a time.
const AT_A_TIME: usize = 8;

/// The longest pause while the device list cannot be read.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// So many refusals of the key in a row mean that it is over.
const REFUSALS_UNTIL_END: u32 = 3;

/// How a project is watched.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WatchSettings {
    /// Serial numbers or callsigns. A dock stands for its aircraft too. Empty for all devices of the project, new ones included.
    pub devices: Vec<String>,
    /// Pause between two looks while an aircraft is in the air or a dock is at work.
    pub fast: Duration,
    /// Pause between two looks otherwise.
    pub slow: Duration,
    /// Calls a second, on average, that the watcher keeps below: with many devices the pauses grow.
    pub calls_per_second: f64,
    /// Metres that a device has to move before it is said.
    pub metres: f64,
    /// Percent that a battery has to change before it is said.
    pub percent: f64,
    /// How long an alert has to be away before it counts as gone. One that comes back sooner is not said again.
    pub alert_window: Duration,
    /// End after this time.
    pub for_at_most: Option<Duration>,
    /// End after so many changes.
    pub changes_at_most: Option<u64>,
    /// Say the snapshots only.
    pub once: bool,
}

impl WatchSettings {
    /// All devices of the project, for ever.
    #[must_use]
    pub fn new() -> Self {
        Self {
            devices: Vec::new(),
            fast: Duration::from_secs(3),
            slow: Duration::from_secs(15),
            calls_per_second: 2.0,
            metres: 10.0,
            percent: 5.0,
            alert_window: Duration::from_secs(60),
            for_at_most: None,
            changes_at_most: None,
            once: false,
        }
    }

    /// Only these devices.
    #[must_use]
    pub fn with_devices(mut self, devices: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.devices = devices.into_iter().map(Into::into).collect();
        self
    }

    /// No longer than this.
    #[must_use]
    pub fn with_limit(mut self, time: Duration) -> Self {
        self.for_at_most = Some(time);
        self
    }
}

impl Default for WatchSettings {
    fn default() -> Self {
        Self::new()
    }
}

/// What a watch was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WatchEnd {
    /// Why it ended.
    pub reason: EndReason,
    /// How often it looked.
    pub looks: u64,
    /// How many changes it said after the snapshots.
    pub changes: u64,
}

/// Watches devices of a project until the settings say that it is enough, or for ever. What it sees are the events of the run. Dropping the
/// future ends it.
///
/// # Errors
///
/// When a device that was asked for is not there, and when the key is refused: at the beginning at once, later three times in a row.
pub async fn watch<A>(
    project: &Project<A>,
    settings: &WatchSettings,
    run: &Run<WatchEvent>,
) -> Result<WatchEnd>
where
    A: Access + Permits<v1::ProjectDevices> + Permits<v1::DeviceState> + Permits<v1::DeviceHms>,
{
    let mut watcher = Watcher {
        project,
        settings,
        run,
        wanted: None,
        known: BTreeMap::new(),
        alerts: Alerts::default(),
        troubles: BTreeMap::new(),
        slower: 1,
        ready: false,
        changes: 0,
        calls: 0,
    };
    let started = run.now();
    let mut looks = 0;
    let mut refusals = 0;
    let reason = loop {
        let begun = run.now();
        watcher.calls = 0;
        let pause = match watcher.look().await {
            Ok(()) => {
                (looks, refusals) = (looks + 1, 0);
                watcher.pause()
            }
            Err(Failed::ForGood(error)) => return Err(error),
            Err(Failed::ForNow(error)) => {
                refusals = if error.is_auth() { refusals + 1 } else { 0 };
                let is_over = if looks == 0 { 1 } else { REFUSALS_UNTIL_END };
                if refusals >= is_over {
                    return Err(Error::from(error).during("watching ends, the key is refused"));
                }
                watcher.list_trouble(&error)
            }
        };
        if let Some(reason) = watcher.is_enough() {
            break reason;
        }
        let pause = pause.saturating_sub(since(begun, run.now()));
        match settings.for_at_most.map(|limit| limit.saturating_sub(since(started, run.now()))) {
            Some(left) if left <= pause => {
                run.sleep(left).await;
                break EndReason::Time;
            }
            _ => run.sleep(pause).await,
        }
    };
    watcher.say(None, WatchChange::Ended { reason });
    Ok(WatchEnd { reason, looks, changes: watcher.changes })
}

fn since(earlier: Instant, now: Instant) -> Duration {
    now.saturating_duration_since(earlier)
}

/// Why a look failed.
enum Failed {
    ForNow(flighthub_api::Error),
    ForGood(Error),
}

/// Trouble that was said and is not over.
struct Ongoing {
    failures: u32,
    since: Timestamp,
}

/// A device and what was said of it last.
struct Known {
    device: Device,
    /// `None` while its state was never read.
    said: Option<Reading>,
    /// Whether its snapshot was said.
    introduced: bool,
}

struct Watcher<'a, A> {
    project: &'a Project<A>,
    settings: &'a WatchSettings,
    run: &'a Run<WatchEvent>,
    /// Serial numbers of those that were chosen. `None` for all, or before the first look.
    wanted: Option<BTreeSet<String>>,
    known: BTreeMap<String, Known>,
    alerts: Alerts,
    troubles: BTreeMap<(About, String), Ongoing>,
    /// By how much the pauses are stretched after a rate limit.
    slower: u32,
    ready: bool,
    changes: u64,
    calls: u32,
}

/// A row of the device list.
struct Row {
    device: Device,
    online: bool,
}

impl Named for Row {
    fn id(&self) -> &str {
        &self.device.sn
    }

    fn name(&self) -> &str {
        &self.device.callsign
    }
}

impl<A> Watcher<'_, A>
where
    A: Access + Permits<v1::ProjectDevices> + Permits<v1::DeviceState> + Permits<v1::DeviceHms>,
{
    /// One look at everything.
    async fn look(&mut self) -> std::result::Result<(), Failed> {
        self.calls += 1;
        let listing =
            self.project.send(&v1::ProjectDevices::new()).await.map_err(Failed::ForNow)?;
        let fleet = Fleet { pairs: listing.list };
        let watched: Vec<Row> = {
            let rows = rows(&fleet);
            if self.wanted.is_none() && !self.settings.devices.is_empty() {
                self.wanted = Some(self.choose(&rows, &fleet).map_err(Failed::ForGood)?);
            }
            let is_wanted = |row: &Row| {
                self.wanted.as_ref().is_none_or(|wanted| wanted.contains(&row.device.sn))
            };
            rows.into_iter().filter(is_wanted).collect()
        };
        if watched.is_empty() && fleet.pairs.was_null() && !self.known.is_empty() {
            // Null can mean that rights were taken away. Devices do not vanish all at once.
            let text =
                "the list of devices is null: the rights are gone, or all devices were moved";
            self.trouble(
                About::Devices,
                None,
                text,
                "Run `doctor` for this project.",
                self.settings.slow,
            );
            return Ok(());
        }
        self.over(About::Devices, None);
        self.part_with_others(&watched);
        let asked: BTreeSet<String> = watched.iter().map(|row| row.device.sn.clone()).collect();
        let states = self.states(&watched).await;
        let alerts = self.read_alerts(&asked).await;
        let changes = match alerts {
            Some(rows) => {
                self.alerts.renew(&asked, &rows, self.run.wall(), self.settings.alert_window)
            }
            None => Vec::new(),
        };
        for row in watched {
            let state = states.get(&row.device.sn);
            self.tell(row, state);
        }
        // A snapshot has the alerts in it.
        for (sn, change) in changes {
            if let Some(known) = self.known.get(&sn).filter(|known| known.introduced) {
                let device = known.device.clone();
                self.say(Some(device), change);
            }
        }
        self.introduce();
        Ok(())
    }

    /// The serial numbers that are meant. A dock stands for its aircraft too.
    fn choose(&self, rows: &[Row], fleet: &Fleet) -> Result<BTreeSet<String>> {
        let mut wanted = BTreeSet::new();
        for name in &self.settings.devices {
            let sn = choose("device", name, rows)?.device.sn.clone();
            let partner = fleet.pairs.iter().find_map(|pair| {
                let gateway = pair.gateway.as_ref()?;
                (gateway.sn.as_str() == sn).then_some(pair.drone.as_ref()?)
            });
            wanted.extend(partner.map(|drone| drone.sn.to_string()));
            wanted.insert(sn);
        }
        Ok(wanted)
    }

    fn part_with_others(&mut self, watched: &[Row]) {
        let here: BTreeSet<&str> = watched.iter().map(|row| row.device.sn.as_str()).collect();
        let gone: Vec<String> =
            self.known.keys().filter(|sn| !here.contains(sn.as_str())).cloned().collect();
        for sn in gone {
            self.alerts.forget(&sn);
            self.troubles.retain(|(_, about), _| *about != sn);
            if let Some(known) = self.known.remove(&sn) {
                self.say(Some(known.device), WatchChange::Gone);
            }
        }
    }

    /// The states of those that are online, and of the others when they are new.
    async fn states(
        &mut self,
        watched: &[Row],
    ) -> BTreeMap<String, std::result::Result<DeviceSnapshot, flighthub_api::Error>> {
        let asked: Vec<&Row> = watched
            .iter()
            .filter(|row| row.online || !self.known.contains_key(&row.device.sn))
            .collect();
        let mut states = BTreeMap::new();
        for some in asked.chunks(AT_A_TIME) {
            let mut calls = JoinSet::new();
            for row in some {
                let sn = row.device.sn.clone();
                let call = self.project.send(&v1::DeviceState::new(DeviceSn::new(&sn)));
                calls.spawn(async move { (sn, call.await) });
                self.calls += 1;
            }
            while let Some(done) = calls.join_next().await {
                states.extend(done.ok());
            }
        }
        states
    }

    /// The alerts of all, or nothing when one call failed: half of them would look as if the others were cleared.
    async fn read_alerts(&mut self, asked: &BTreeSet<String>) -> Option<Vec<DeviceAlerts>> {
        let sns: Vec<DeviceSn> = asked.iter().map(DeviceSn::new).collect();
        let mut rows = Vec::new();
        for some in sns.chunks(MOST_IN_ONE_CALL) {
            self.calls += 1;
            match self.project.send(&v1::DeviceHms::new(some)).await {
                Ok(listing) => rows.extend(listing.into_vec()),
                Err(error) => {
                    self.call_trouble(About::Alerts, None, &error);
                    return None;
                }
            }
        }
        self.over(About::Alerts, None);
        Some(rows)
    }

    /// Says what changed about a device.
    fn tell(
        &mut self,
        row: Row,
        state: Option<&std::result::Result<DeviceSnapshot, flighthub_api::Error>>,
    ) {
        let (kind, sn) = (row.device.kind, row.device.sn.clone());
        // A device that is not connected answers that it is offline, which is no trouble.
        let unread = Reading { online: row.online, stale: true, ..Reading::default() };
        let newer = match state {
            Some(Ok(snapshot)) => {
                self.over(About::State, Some(&row.device));
                Reading::of(kind, row.online, snapshot)
            }
            Some(Err(error)) if !error.is_offline() && row.online => {
                self.call_trouble(About::State, Some(&row.device), error);
                unread
            }
            _ => unread,
        };
        let thresholds =
            Thresholds { metres: self.settings.metres, percent: self.settings.percent };
        let known = self.known.entry(sn).or_insert_with(|| Known {
            device: row.device.clone(),
            said: None,
            introduced: false,
        });
        known.device = row.device.clone();
        let changes = match &mut known.said {
            Some(said) => said.renew(newer, thresholds),
            None => {
                known.said = Some(newer);
                Vec::new()
            }
        };
        for change in changes {
            self.say(Some(row.device.clone()), change);
        }
    }

    /// Says the snapshots of those that are new.
    fn introduce(&mut self) {
        let mut snapshots = Vec::new();
        for known in self.known.values_mut().filter(|known| !known.introduced) {
            known.introduced = true;
            let change = WatchChange::Snapshot {
                reading: known.said.clone().unwrap_or_default(),
                alerts: self.alerts.of(&known.device.sn),
            };
            snapshots.push((known.device.clone(), change));
        }
        for (device, change) in snapshots {
            self.say(Some(device), change);
        }
        if !self.ready {
            self.say(None, WatchChange::Ready { devices: self.known.len() });
            self.ready = true;
        }
    }

    fn say(&mut self, device: Option<Device>, change: WatchChange) {
        if self.ready && !matches!(change, WatchChange::Ended { .. }) {
            self.changes += 1;
        }
        self.run.say(WatchEvent { at: self.run.wall(), device, change });
    }

    fn is_enough(&self) -> Option<EndReason> {
        let settings = self.settings;
        if settings.once && self.ready {
            return Some(EndReason::Once);
        }
        settings.changes_at_most.filter(|most| self.changes >= *most).map(|_| EndReason::Changes)
    }

    /// How long to wait for the next look: as long as activity allows, and the rate needs.
    fn pause(&mut self) -> Duration {
        let busy = self
            .known
            .values()
            .any(|known| known.said.as_ref().is_some_and(|said| said.is_busy(known.device.kind)));
        let wanted = if busy { self.settings.fast } else { self.settings.slow };
        let rate = self.settings.calls_per_second.clamp(0.01, 1000.0);
        let needed = Duration::from_secs_f64(f64::from(self.calls) / rate);
        let pause = wanted.max(needed).saturating_mul(self.slower);
        self.slower = (self.slower / 2).max(1);
        jittered(pause)
    }

    /// The device list cannot be read. Answers how long to wait.
    fn list_trouble(&mut self, error: &flighthub_api::Error) -> Duration {
        let failures =
            self.troubles.get(&(About::Devices, String::new())).map_or(0, |one| one.failures);
        let pause = Duration::from_secs(5).saturating_mul(1 << failures.min(6)).min(LONGEST_PAUSE);
        let pause = jittered(pause).max(error.retry_after().unwrap_or_default());
        let text = error.to_string();
        self.trouble(About::Devices, None, &text, error.help(), pause);
        pause
    }

    /// Something else cannot be read; the next look tries again.
    fn call_trouble(
        &mut self,
        about: About,
        device: Option<&Device>,
        error: &flighthub_api::Error,
    ) {
        if error.is_rate_limited() {
            self.slower = (self.slower * 4).min(16);
        }
        let pause = self.settings.slow.max(error.retry_after().unwrap_or_default());
        self.trouble(about, device, &error.to_string(), error.help(), pause);
    }

    /// Says trouble, when it is new.
    fn trouble(
        &mut self,
        about: About,
        device: Option<&Device>,
        text: &str,
        help: &str,
        pause: Duration,
    ) {
        let sn = device.map(|device| device.sn.clone()).unwrap_or_default();
        let ongoing = self
            .troubles
            .entry((about, sn))
            .or_insert_with(|| Ongoing { failures: 0, since: self.run.wall() });
        ongoing.failures = ongoing.failures.saturating_add(1);
        if ongoing.failures == 1 {
            let change = WatchChange::Trouble {
                about,
                text: brief(text),
                help: help.to_owned(),
                retry_seconds: pause.as_secs(),
            };
            self.say(device.cloned(), change);
        }
    }

    /// Says that trouble is over, when there was any.
    fn over(&mut self, about: About, device: Option<&Device>) {
        let sn = device.map(|device| device.sn.clone()).unwrap_or_default();
        if let Some(Ongoing { failures, since }) = self.troubles.remove(&(about, sn)) {
            let lasted_seconds = self.run.wall().duration_since(&since).as_secs();
            self.say(device.cloned(), WatchChange::Recovered { about, failures, lasted_seconds });
        }
    }
}

/// An error's text without its advice, which stands beside it.
fn brief(text: &str) -> String {
    text.split(" Next: ").next().unwrap_or_default().to_owned()
}

/// A pause that is up to a tenth shorter or longer, so that many watchers do not ask at the same moments.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.9 + 0.2 * fastrand::f64())
}

/// All devices of a list.
fn rows(fleet: &Fleet) -> Vec<Row> {
    let mut rows = Vec::new();
    for pair in &fleet.pairs {
        if let Some(gateway) = &pair.gateway {
            let kind = match gateway.device_model.class {
                v1::DeviceClass::Dock => DeviceKind::Dock,
                _ => DeviceKind::Controller,
            };
            rows.push(Row {
                device: device(gateway.sn.as_str(), kind, gateway.callsign.as_deref()),
                online: gateway.device_online_status,
            });
        }
        if let Some(drone) = &pair.drone {
            rows.push(Row {
                device: device(drone.sn.as_str(), DeviceKind::Aircraft, drone.callsign.as_deref()),
                online: drone.device_online_status,
            });
        }
    }
    rows
}

fn device(sn: &str, kind: DeviceKind, callsign: Option<&str>) -> Device {
    Device { sn: sn.to_owned(), kind, callsign: printable(callsign.unwrap_or_default()) }
}
