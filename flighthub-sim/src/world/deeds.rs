//! What people, pilots and the weather do to a world, in one vocabulary for Rust, scenario files and `/__sim/deeds`.

use flighthub_api::v1::{DeviceSn, DockSn, DroneSn};
use serde::{Deserialize, Serialize};

use super::World;
use super::tasks::{MediaTrouble, Sizes};

/// Something that happens to a world and is no call of the API.
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
    /// Sets the charge of an aircraft's battery.
    Battery {
        /// The aircraft.
        drone: DroneSn,
        /// 0 to 100.
        percent: u8,
    },
    /// Cuts the link of a dock or remote controller, or switches an aircraft off.
    Disconnect {
        /// The device.
        sn: DeviceSn,
    },
    /// Brings back the link of a dock or remote controller, or switches an aircraft on.
    Connect {
        /// The device.
        sn: DeviceSn,
    },
    /// A pilot at a remote controller takes all payloads of an aircraft.
    PilotTakesControl {
        /// The aircraft.
        drone: DroneSn,
    },
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

impl World {
    /// Lets something happen.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the deed; then nothing has happened.
    pub fn apply(&mut self, deed: &Deed) -> Result<(), String> {
        match deed {
            Deed::Battery { drone, percent } => self.set_battery(drone, *percent),
            Deed::Disconnect { sn } => self.disconnect(sn),
            Deed::Connect { sn } => self.connect(sn),
            Deed::PilotTakesControl { drone } => self.pilot_takes_control(drone),
            Deed::ManualFlight { dock, minutes } => self.fly_by_hand(dock, *minutes)?,
            Deed::ExtraStatuses { shown } => self.tasks.options.extra_statuses = *shown,
            Deed::MediaSizes { image, video, ppk } => {
                self.set_media_sizes(Sizes { image: *image, video: *video, ppk: *ppk })?;
            }
            Deed::MediaDirectoryRow { shown } => self.tasks.options.media.directory_row = *shown,
            Deed::MediaDuplicates { shown } => self.tasks.options.media.duplicates = *shown,
            Deed::MediaTrouble { trouble, calls } => {
                self.tasks.options.media.trouble = trouble.map(|trouble| (trouble, *calls));
            }
        }
        Ok(())
    }
}
