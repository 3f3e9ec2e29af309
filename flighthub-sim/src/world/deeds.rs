//! What people, pilots and the weather do to a world, in one vocabulary for Rust, scenario files and `/__sim/deeds`.

use flighthub_api::v1::{DeviceSn, DroneSn};
use serde::{Deserialize, Serialize};

use super::World;

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
        }
        Ok(())
    }
}
