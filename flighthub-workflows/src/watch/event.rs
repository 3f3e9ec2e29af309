//! What a watcher says.

use flighthub_api::Timestamp;
use serde::Serialize;

/// Something that a watcher says: when, about which device, and what.
///
/// As JSON it is one flat object: `{"at": …, "sn": …, "kind": "dock", "callsign": …, "event": "mode_changed", "from": …, "to": …}`. Words
/// about no single device have no `sn`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WatchEvent {
    /// When it was noticed. The service does not say when it happened.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub at: Timestamp,
    /// The device, if it is about one.
    #[serde(flatten)]
    pub device: Option<Device>,
    /// What happened.
    #[serde(flatten)]
    pub change: WatchChange,
}

/// A device, as events name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Device {
    /// Serial number.
    pub sn: String,
    /// What sort of device it is.
    pub kind: DeviceKind,
    /// Name that people gave, perhaps empty.
    pub callsign: String,
}

/// What sort of device it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeviceKind {
    /// A dock.
    Dock,
    /// An aircraft.
    Aircraft,
    /// A remote controller, or a gateway of a class that this version does not know.
    Controller,
}

/// What a device reports, as far as it is watched. What is not known is null.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Reading {
    /// Whether the device list says that it is online. An aircraft in its dock is usually off, hence offline.
    pub online: bool,
    /// Whether the rest is the last that was heard of a device that is not connected now.
    pub stale: bool,
    /// What it is doing, in the words of the device state: `idle`, `wayline_flight`.
    pub mode: Option<String>,
    /// Degrees, WGS 84. Null without a fix, which the service reports as 0, 0.
    pub latitude: Option<f64>,
    /// Degrees, WGS 84.
    pub longitude: Option<f64>,
    /// Metres over the ellipsoid.
    pub height: Option<f64>,
    /// Percent: the battery of an aircraft or a controller.
    pub battery_percent: Option<f64>,
    /// Percent: the battery of the aircraft that is in the dock.
    pub charge_percent: Option<f64>,
    /// What the dock does with that battery: `charging`, `idle`.
    pub charge_state: Option<String>,
    /// Where the aircraft of a dock is: `inside`, `outside`.
    pub drone_in_dock: Option<String>,
}

/// An alert of the health management system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Alert {
    /// Its code in hexadecimal: `0x161000A4`. DJI publishes the texts as hms.json.
    pub code: String,
    /// `notification`, `reminder`, `warning`.
    pub level: String,
    /// Which part of the system raised it: `hms`, `flight_task`, `device_management`, `media`.
    pub module: String,
    /// Its text; empty in all replies of the public cloud that were seen.
    pub text: String,
    /// Whether it passes by itself.
    pub imminent: bool,
}

/// What was being done when something went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum About {
    /// The list of devices, and with it everything.
    Devices,
    /// The state of a device.
    State,
    /// The alerts.
    Alerts,
}

/// Why a watcher ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EndReason {
    /// Only the snapshot was wanted.
    Once,
    /// The time was over.
    Time,
    /// As many changes were said as wanted.
    Changes,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum WatchChange {
    /// How a device is when the watch begins, or when it is new.
    Snapshot {
        /// What it reports.
        #[serde(flatten)]
        reading: Reading,
        /// The alerts that stand.
        alerts: Vec<Alert>,
    },
    /// All snapshots are said. From now on there are changes only.
    Ready {
        /// How many devices are watched.
        devices: usize,
    },
    /// It came online.
    Online,
    /// It went offline. What was said of it last is old news from now on.
    Offline,
    /// It is no longer in the project's list.
    Gone,
    /// It does something else.
    ModeChanged {
        /// What it did.
        from: Option<String>,
        /// What it does.
        to: Option<String>,
    },
    /// It is elsewhere than was said last, by more than the threshold.
    Moved {
        /// Degrees, WGS 84.
        latitude: f64,
        /// Degrees, WGS 84.
        longitude: f64,
        /// Metres over the ellipsoid.
        height: Option<f64>,
        /// Metres from the place that was said last, over ground and in height.
        metres: f64,
    },
    /// It reports 0, 0: it does not know where it is.
    FixLost,
    /// It knows again where it is.
    FixFound {
        /// Degrees, WGS 84.
        latitude: f64,
        /// Degrees, WGS 84.
        longitude: f64,
        /// Metres over the ellipsoid.
        height: Option<f64>,
    },
    /// The battery of an aircraft or controller has another charge than was said last, by the threshold or more.
    BatteryChanged {
        /// Percent, as said last.
        from_percent: Option<f64>,
        /// Percent.
        percent: f64,
    },
    /// The dock charges the aircraft in it, or stopped to, or the charge is another by the threshold or more.
    ChargeChanged {
        /// Percent, as said last.
        from_percent: Option<f64>,
        /// Percent.
        percent: Option<f64>,
        /// `charging`, `idle`.
        state: Option<String>,
    },
    /// The aircraft left its dock, or is back.
    DroneInDockChanged {
        /// Where it was.
        from: Option<String>,
        /// Where it is.
        to: Option<String>,
    },
    /// An alert appeared, or became more serious.
    AlertRaised {
        /// The alert.
        #[serde(flatten)]
        alert: Alert,
    },
    /// An alert is gone, and was for a while.
    AlertCleared {
        /// The alert.
        #[serde(flatten)]
        alert: Alert,
        /// Seconds that it stood, as far as was seen.
        lasted_seconds: u64,
    },
    /// Something cannot be read. It is said once, and asked again.
    Trouble {
        /// What.
        about: About,
        /// Why.
        text: String,
        /// What to do.
        help: String,
        /// Seconds until it is asked again.
        retry_seconds: u64,
    },
    /// It can be read again.
    Recovered {
        /// What.
        about: About,
        /// How often it could not be read.
        failures: u32,
        /// Seconds since the trouble began.
        lasted_seconds: u64,
    },
    /// The watch is over.
    Ended {
        /// Why.
        reason: EndReason,
    },
}
