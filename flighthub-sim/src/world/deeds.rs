//! What people, pilots and the weather do to a world, in one vocabulary for Rust, scenario files and `/__sim/deeds`.

use flighthub_api::v1::{
    DeviceModelKey, DeviceSn, DockSn, DroneSn, HmsLevel, HmsModule, HmsPlace, ProjectUuid,
};
use serde::{Deserialize, Serialize};

use super::World;
use super::converters::Target;
use super::deployment::{LiveVendor, Profile, Storage};
use super::fleet::Rainfall;
use super::fleet::additions::Newcomer;
use super::fleet::alerts::{Alert, Text};
use super::projects::NewProject;
use super::tasks::{MediaTrouble, Sizes};
use crate::caller::KeyProfile;

/// Most points of a route that a deed adds.
const MOST_POINTS: usize = 1_000;

/// Something that happens to a world and is no call of the API.
///
/// As JSON and TOML its name is in `do`, and the rest are its fields:
///
/// ```
/// use flighthub_sim::{Deed, World};
///
/// let mut world = World::demo(1);
/// let deed: Deed = serde_json::from_str(r#"{"do":"battery","drone":"1581F0Q8X000U00G00A1","percent":20}"#)?;
/// world.apply(&deed)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Deed {
    // ---- devices
    /// Sets the charge of an aircraft's battery: `{"do":"battery","drone":"1581F0Q8X000U00G00A1","percent":20}`. From there it drains and
    /// charges on.
    Battery {
        /// The aircraft.
        drone: DroneSn,
        /// 0 to 100.
        percent: u8,
    },
    /// Switches an aircraft on: `{"do":"power-on","drone":"1581F0Q8X000U00G00B2"}`. Some seconds later it is there, with its cameras.
    PowerOn {
        /// The aircraft.
        drone: DroneSn,
    },
    /// Switches an aircraft off that is not in the air: `{"do":"power-off","drone":"1581F0Q8X000U00G00A1"}`.
    PowerOff {
        /// The aircraft.
        drone: DroneSn,
    },
    /// Cuts the link of a dock or remote controller, or switches an aircraft off, also in the air:
    /// `{"do":"disconnect","sn":"7CTXN0000B00A1"}`.
    Disconnect {
        /// The device.
        sn: DeviceSn,
    },
    /// Brings back the link of a dock or remote controller, or switches an aircraft on, at once: `{"do":"connect","sn":"7CTXN0000B00A1"}`.
    Connect {
        /// The device.
        sn: DeviceSn,
    },
    /// A pilot at a remote controller takes all payloads of an aircraft: `{"do":"pilot-takes-control","drone":"1581F0Q8X000U00G00A1"}`.
    PilotTakesControl {
        /// The aircraft.
        drone: DroneSn,
    },
    /// Whoever controls payloads of an aircraft loses them: `{"do":"control-expires","drone":"1581F0Q8X000U00G00A1"}`.
    ControlExpires {
        /// The aircraft.
        drone: DroneSn,
    },
    /// Somebody takes an aircraft out of its dock: `{"do":"drone-out","drone":"1581F0Q8X000U00G00A1"}`. It does not charge there, and no
    /// task can start.
    DroneOut {
        /// The aircraft.
        drone: DroneSn,
    },
    /// Somebody puts an aircraft back into its dock: `{"do":"drone-in","drone":"1581F0Q8X000U00G00A1"}`.
    DroneIn {
        /// The aircraft.
        drone: DroneSn,
    },
    /// Sets how full the storage of a dock or aircraft is: `{"do":"storage-used","sn":"7CTXN0000B00A1","percent":97}`. It stays so until
    /// the next such deed; what flights add comes on top and goes again.
    StorageUsed {
        /// The dock or aircraft.
        sn: DeviceSn,
        /// 0 to 100.
        percent: u8,
    },
    /// Changes the weather: `{"do":"weather","wind_speed":11.5,"rainfall":"heavy_rain","temperature":-4}`. What is left out stays.
    Weather {
        /// The dock that feels it; all of them without.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dock: Option<DockSn>,
        /// m/s, 0 to 60. From then on it does not change by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wind_speed: Option<f64>,
        /// `no_rain`, `light_rain`, `moderate_rain` or `heavy_rain`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rainfall: Option<Rainfall>,
        /// °C outside, -60 to 60.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        temperature: Option<f64>,
    },
    /// An alert comes up, in place of an earlier one of the same code: `{"do":"alert-raised","sn":"7CTXN0000B00A1","level":"warning",
    /// "code":"0x16100083","text":{"en":"Dock cover does not close","zh":"舱盖无法关闭"}}`.
    AlertRaised {
        /// The device.
        sn: DeviceSn,
        /// `notification`, `reminder` or `warning`. Other words pass, as future ones would.
        level: HmsLevel,
        /// `hms` by default.
        #[serde(default = "hms")]
        module: HmsModule,
        /// Such as `0x161000A4`.
        code: String,
        /// `on_the_ground` or `in_the_sky`; the key is missing without.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        in_the_key: Option<HmsPlace>,
        /// Whether it passes by itself. No by default.
        #[serde(default)]
        imminent: bool,
        /// Its text by language. Without one the message is empty, as it was in every alert of the public cloud that was seen.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Text>,
    },
    /// An alert is over, or all of a device: `{"do":"alert-cleared","sn":"7CTXN0000B00A1","code":"0x161000A4"}`. That of a low battery
    /// follows the battery and cannot be cleared.
    AlertCleared {
        /// The device.
        sn: DeviceSn,
        /// Which; all without.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    },
    /// A device loses its position and reports 0/0: `{"do":"no-fix","sn":"1581F0Q8X000U00G00A1"}`.
    NoFix {
        /// The device.
        sn: DeviceSn,
    },
    /// A device has its position again: `{"do":"fix","sn":"1581F0Q8X000U00G00A1"}`.
    Fix {
        /// The device.
        sn: DeviceSn,
    },
    /// The firmware of a device is too old: `{"do":"old-firmware","sn":"7CTXN0000B00A1"}`. What it is told is refused with 200700.
    OldFirmware {
        /// The device.
        sn: DeviceSn,
    },
    /// The firmware of a device is up to date: `{"do":"new-firmware","sn":"7CTXN0000B00A1"}`.
    NewFirmware {
        /// The device.
        sn: DeviceSn,
    },

    // ---- the organization
    /// A new project: `{"do":"add-project","name":"Reef survey","latitude":0.31,"longitude":-25.1}`.
    AddProject {
        /// Its UUID; one is made without.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uuid: Option<ProjectUuid>,
        /// Its name.
        name: String,
        /// Degrees, the middle of its work.
        latitude: f64,
        /// Degrees, the middle of its work.
        longitude: f64,
        /// Metres over the dock that no task may return above. 120 by default.
        #[serde(default = "ceiling")]
        ceiling: i32,
        /// Whether the people of the keys have joined it. Yes by default; else it is closed to them.
        #[serde(default = "yes")]
        joined: bool,
    },
    /// A new dock, online and calibrated: `{"do":"add-dock","sn":"7CTXN0000B00D4","project":"3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10"}`.
    AddDock {
        /// Its serial number: letters and digits.
        sn: DockSn,
        /// Its project.
        project: ProjectUuid,
        /// Its name for people; empty by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        callsign: Option<String>,
        /// Key of its model, `3-2-0` (DJI Dock 2) by default.
        #[serde(default = "dock_2")]
        model: DeviceModelKey,
        /// Where it stands; the middle of the project without.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<Spot>,
    },
    /// A new remote controller, online: `{"do":"add-controller","sn":"9N9XL0000D00D4","project":"3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10"}`.
    AddController {
        /// Its serial number: letters and digits.
        sn: DeviceSn,
        /// Its project.
        project: ProjectUuid,
        /// Its name for people; empty by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        callsign: Option<String>,
        /// Key of its model, `2-119-0` (DJI RC Plus) by default.
        #[serde(default = "rc_plus")]
        model: DeviceModelKey,
        /// Where its pilot stands; the middle of the project without.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<Spot>,
    },
    /// A new aircraft, with a full battery: `{"do":"add-aircraft","sn":"1581F0Q8X000U00G00C3","gateway":"7CTXN0000B00C3"}`. With a gateway
    /// it is on; without one it was never heard of.
    AddAircraft {
        /// Its serial number: letters and digits.
        sn: DroneSn,
        /// Its dock or remote controller, which must not have another one. Without it `project` is needed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gateway: Option<DeviceSn>,
        /// Its project, if it has no gateway.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<ProjectUuid>,
        /// Its name for people; empty by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        callsign: Option<String>,
        /// Key of its model, `0-91-1` (M3TD) by default.
        #[serde(default = "m3td")]
        model: DeviceModelKey,
    },
    /// A new route without an upload: `{"do":"add-route","project":"3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10","name":"one-point",
    /// "points":[[0.021,-25.299,72.0]]}`. A single point makes one that FlightHub refuses to fly (219019).
    AddRoute {
        /// Its project.
        project: ProjectUuid,
        /// Its name.
        name: String,
        /// Key of the aircraft model that it is for, `0-91-1` (M3TD) by default.
        #[serde(default = "m3td")]
        model: DeviceModelKey,
        /// Latitude and longitude in degrees, height over the ellipsoid in metres.
        points: Vec<(f64, f64, f64)>,
    },
    /// Moves a device to another project, a dock or remote controller together with its aircraft:
    /// `{"do":"move-device","sn":"7CTXN0000B00C3","project":"6c8d7f1a-0b35-4f0e-8c1d-2e9a4b6f7c31"}`.
    MoveDevice {
        /// The device.
        sn: DeviceSn,
        /// Where to.
        project: ProjectUuid,
    },
    /// Sets the greatest height of return in a project: `{"do":"ceiling","project":"3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10","metres":60}`.
    Ceiling {
        /// The project.
        project: ProjectUuid,
        /// Metres over the dock, 20 to 1500.
        metres: i32,
    },
    /// Changes what the key of a profile may do: `{"do":"rights","key":"admin","become":"revoked"}`. The same profile twice gives back what
    /// it was made with.
    Rights {
        /// Whose key.
        key: KeyProfile,
        /// The rights of which profile it has from now on.
        r#become: KeyProfile,
    },

    // ---- the installation
    /// Public or private cloud: `{"do":"profile","profile":"private"}`.
    Profile {
        /// Which.
        profile: Profile,
    },
    /// Whose object storage upload credentials are for: `{"do":"storage-provider","provider":"ali"}`.
    StorageProvider {
        /// Which.
        provider: Storage,
    },
    /// Who carries livestreams from now on: `{"do":"live-vendor","vendor":"srs"}`.
    LiveVendor {
        /// Which.
        vendor: LiveVendor,
    },
    /// What becomes of the streams that converters push to a host: `{"do":"converter-target","host":"media.example.net","outcome":"refuses"}`.
    ConverterTarget {
        /// The host of the target, without port.
        host: String,
        /// What it does.
        outcome: Target,
    },

    // ---- models
    /// Sets the images that may still be reconstructed: `{"do":"modeling-quota","images":3}`.
    ModelingQuota {
        /// How many.
        images: u64,
    },
    /// The next reconstruction that computes fails, with a code of its own: `{"do":"reconstruction-fails","error_code":4021}`. The real
    /// codes are not known.
    ReconstructionFails {
        /// What `error_code` shows; not 0.
        error_code: i32,
    },
    /// The next archive that is packed fails: `{"do":"packing-fails"}`.
    PackingFails,

    // ---- flights and their media
    /// Puts a flight by hand into the history of a dock, of the undocumented type `manual` and without a route. It has ended just now.
    ManualFlight {
        /// The dock.
        dock: DockSn,
        /// How long it took, 1 to 60.
        minutes: u32,
    },
    /// Shows the statuses `preparing` and `queue_for_takeoff`, which are none of V1.0's eight, or hides them again.
    ExtraStatuses {
        /// Whether tasks have them from now on.
        shown: bool,
    },
    /// Sets how many bytes the files have that flights bring from now on; those of a kind that is left out are small and of various sizes.
    MediaSizes {
        /// Bytes of a photo.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        image: Option<u64>,
        /// Bytes of a video.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        video: Option<u64>,
        /// Bytes of the observations of a mapping flight.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ppk: Option<u64>,
    },
    /// Puts a row for a directory into the media of every flight that has a folder: kind `unsupported`, size 0, nothing behind its address.
    MediaDirectoryRow {
        /// Whether lists have it from now on.
        shown: bool,
    },
    /// Puts the first row of every list of media into it once more.
    MediaDuplicates {
        /// Whether lists have it from now on.
        shown: bool,
    },
    /// Answers the next calls of `task.media` with trouble; without any, ends the trouble.
    MediaTrouble {
        /// What is answered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trouble: Option<MediaTrouble>,
        /// How many calls; all when it is left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        calls: Option<u32>,
    },
}

/// A place of the simulated world.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spot {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Metres over the ellipsoid; that of the project's middle by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<f64>,
}

fn yes() -> bool {
    true
}

fn ceiling() -> i32 {
    120
}

fn hms() -> HmsModule {
    HmsModule::Hms
}

fn dock_2() -> DeviceModelKey {
    DeviceModelKey::new(super::fleet::DOCK_2)
}

fn rc_plus() -> DeviceModelKey {
    DeviceModelKey::new(super::fleet::RC_PLUS)
}

fn m3td() -> DeviceModelKey {
    DeviceModelKey::new(super::fleet::M3TD)
}

/// A number of a deed that is left out or within bounds.
fn within(field: &str, value: Option<f64>, least: f64, most: f64) -> Result<(), String> {
    match value {
        Some(value) if !(least..=most).contains(&value) => {
            Err(format!("`{field}`: {value} is not between {least} and {most}"))
        }
        _ => Ok(()),
    }
}

impl World {
    /// Lets something happen.
    ///
    /// ```
    /// use flighthub_sim::{Deed, World};
    ///
    /// let mut world = World::demo(1);
    /// let problem = world.apply(&Deed::PowerOff { drone: "1581F0000000000000ZZ".into() }).unwrap_err();
    /// assert!(problem.starts_with("`drone`: there is no aircraft `1581F0000000000000ZZ`; there are 1581F0"));
    /// ```
    ///
    /// # Errors
    ///
    /// Names the field of the deed that is wrong, and what there is instead; then nothing has happened.
    pub fn apply(&mut self, deed: &Deed) -> Result<(), String> {
        let now = self.now().unix_seconds();
        match deed {
            Deed::Battery { drone, percent } => self.fleet.charge(drone, *percent),
            Deed::PowerOn { drone } => self.fleet.power(drone, true, now),
            Deed::PowerOff { drone } => self.fleet.power(drone, false, now),
            Deed::Disconnect { sn } => self.fleet.connect(sn, false, now),
            Deed::Connect { sn } => self.fleet.connect(sn, true, now),
            Deed::PilotTakesControl { drone } => self.fleet.control(drone, true),
            Deed::ControlExpires { drone } => self.fleet.control(drone, false),
            Deed::DroneOut { drone } => self.fleet.take_out(drone, true),
            Deed::DroneIn { drone } => self.fleet.take_out(drone, false),
            Deed::StorageUsed { sn, percent } => self.fleet.fill(sn, *percent),
            Deed::Weather { dock, wind_speed, rainfall, temperature } => {
                within("wind_speed", *wind_speed, 0.0, 60.0)?;
                within("temperature", *temperature, -60.0, 60.0)?;
                self.fleet.weather(dock.as_ref(), |weather| {
                    weather.wind = wind_speed.or(weather.wind);
                    weather.rain = rainfall.unwrap_or(weather.rain);
                    weather.temperature = temperature.unwrap_or(weather.temperature);
                })
            }
            Deed::AlertRaised { sn, level, module, code, in_the_key, imminent, text } => {
                let alert = Alert {
                    level: level.clone(),
                    module: module.clone(),
                    place: in_the_key.clone(),
                    imminent: *imminent,
                    code: code.clone(),
                    text: text.clone(),
                };
                self.fleet.raise(sn, alert)
            }
            Deed::AlertCleared { sn, code } => self.fleet.clear(sn, code.as_deref()),
            Deed::NoFix { sn } => self.fleet.fix(sn, false),
            Deed::Fix { sn } => self.fleet.fix(sn, true),
            Deed::OldFirmware { sn } => self.fleet.firmware(sn, true),
            Deed::NewFirmware { sn } => self.fleet.firmware(sn, false),
            Deed::AddProject { uuid, name, latitude, longitude, ceiling, joined } => {
                let World { projects, rng, now, .. } = self;
                let centre = (*latitude, *longitude);
                let new = NewProject { uuid: uuid.as_ref(), name, centre, joined: *joined };
                projects.add(&new, *ceiling, *now, rng)
            }
            Deed::AddDock { sn, project, callsign, model, place } => {
                let new =
                    self.newcomer(sn.as_str(), callsign.as_deref(), model, project, *place)?;
                self.fleet.add_dock(&new)
            }
            Deed::AddController { sn, project, callsign, model, place } => {
                let new =
                    self.newcomer(sn.as_str(), callsign.as_deref(), model, project, *place)?;
                self.fleet.add_controller(&new)
            }
            Deed::AddAircraft { sn, gateway, project, callsign, model } => {
                let (project, place) = match (gateway, project) {
                    (Some(gateway), given) => {
                        let (own, place) = self.fleet.gateway(gateway)?;
                        if given.as_ref().is_some_and(|given| *given != own) {
                            return Err(format!(
                                "`project`: the gateway `{gateway}` is in `{own}`"
                            ));
                        }
                        (own, place)
                    }
                    (None, Some(project)) => (project.clone(), self.projects.centre(project)?),
                    (None, None) => {
                        return Err("`project`: is needed without a `gateway`".to_owned());
                    }
                };
                let new = Newcomer {
                    sn: sn.as_str(),
                    callsign: callsign.as_deref(),
                    model: model.as_str(),
                    project,
                    place,
                };
                self.fleet.add_aircraft(&new, gateway.as_ref())
            }
            Deed::AddRoute { project, name, model, points } => {
                self.projects.centre(project)?;
                if name.trim().is_empty() || points.is_empty() {
                    return Err("`name` and `points`: must not be empty".to_owned());
                }
                if points.len() > MOST_POINTS {
                    return Err(format!(
                        "`points`: {} are more than {MOST_POINTS}; upload a longer route as a KMZ",
                        points.len()
                    ));
                }
                for (latitude, longitude, height) in points {
                    within("points", Some(*latitude), -85.0, 85.0)?;
                    within("points", Some(*longitude), -180.0, 180.0)?;
                    within("points", Some(*height), -500.0, 9_000.0)?;
                }
                let added = self.add_route(project, name, model, points);
                added.map(|_| ()).map_err(|problem| format!("`points`: {problem}"))
            }
            Deed::MoveDevice { sn, project } => {
                self.projects.centre(project)?;
                self.fleet.relocate(sn, project)
            }
            Deed::Ceiling { project, metres } => self.projects.set_ceiling(project, *metres),
            Deed::Rights { key, r#become } => {
                if matches!(key, KeyProfile::Unknown | KeyProfile::OldStyle) {
                    return Err(format!("`key`: {} is no key of this world", key.name()));
                }
                self.keys.change(*key, *r#become);
                Ok(())
            }
            Deed::Profile { profile } => {
                self.deployment.profile = *profile;
                Ok(())
            }
            Deed::StorageProvider { provider } => {
                self.set_storage_provider((*provider).into());
                Ok(())
            }
            Deed::LiveVendor { vendor } => {
                self.deployment.vendor = *vendor;
                Ok(())
            }
            Deed::ConverterTarget { host, outcome } => self.converters.set_target(host, *outcome),
            Deed::ModelingQuota { images } => {
                self.modeling.set_quota(*images);
                Ok(())
            }
            Deed::ReconstructionFails { error_code: 0 } => {
                Err("`error_code`: 0 means none; take another number".to_owned())
            }
            Deed::ReconstructionFails { error_code } => {
                self.modeling.fail_next(*error_code);
                Ok(())
            }
            Deed::PackingFails => {
                self.modeling.fail_next_packing();
                Ok(())
            }
            Deed::ManualFlight { dock, minutes } => self.fly_by_hand(dock, *minutes),
            Deed::ExtraStatuses { shown } => {
                self.tasks.options.extra_statuses = *shown;
                Ok(())
            }
            Deed::MediaSizes { image, video, ppk } => {
                self.set_media_sizes(Sizes { image: *image, video: *video, ppk: *ppk })
            }
            Deed::MediaDirectoryRow { shown } => {
                self.tasks.options.media.directory_row = *shown;
                Ok(())
            }
            Deed::MediaDuplicates { shown } => {
                self.tasks.options.media.duplicates = *shown;
                Ok(())
            }
            Deed::MediaTrouble { trouble, calls } => {
                self.tasks.options.media.trouble = trouble.map(|trouble| (trouble, *calls));
                Ok(())
            }
        }
    }

    fn newcomer<'d>(
        &self,
        sn: &'d str,
        callsign: Option<&'d str>,
        model: &'d DeviceModelKey,
        project: &ProjectUuid,
        spot: Option<Spot>,
    ) -> Result<Newcomer<'d>, String> {
        let mut place = self.projects.centre(project)?;
        if let Some(spot) = spot {
            within("place.latitude", Some(spot.latitude), -85.0, 85.0)?;
            within("place.longitude", Some(spot.longitude), -180.0, 180.0)?;
            within("place.height", spot.height, -500.0, 9_000.0)?;
            (place.latitude, place.longitude) = (spot.latitude, spot.longitude);
            place.height = spot.height.unwrap_or(place.height);
        }
        let project = project.clone();
        Ok(Newcomer { sn, callsign, model: model.as_str(), project, place })
    }
}
