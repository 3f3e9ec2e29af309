//! The docks, controllers and aircraft of a project, and which of them is meant.

use flighthub_api::v1::{DeviceClass, DevicePair, DockSn, Drone, DroneSn, Gateway};
use flighthub_api::{Access, List, Permits, Project, v1};

use crate::choose::{Named, choose};
use crate::{Error, ErrorKind, Result};

/// The devices of a project.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Fleet {
    /// Gateways with their aircraft, as the service lists them.
    pub pairs: List<DevicePair>,
}

/// A dock with the aircraft that it has now, if any.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct DockView<'a> {
    /// The dock.
    pub gateway: &'a Gateway,
    /// The aircraft that belongs to it.
    pub drone: Option<&'a Drone>,
}

/// What was found for a name.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Found<T> {
    /// It.
    pub device: T,
    /// Whether the other half of the pair was named: an aircraft where a dock is needed, or the other way round.
    pub by_partner: bool,
}

impl Named for DockView<'_> {
    fn id(&self) -> &str {
        self.gateway.sn.as_str()
    }

    fn name(&self) -> &str {
        self.gateway.callsign.as_deref().unwrap_or_default()
    }
}

impl Named for &Drone {
    fn id(&self) -> &str {
        self.sn.as_str()
    }

    fn name(&self) -> &str {
        self.callsign.as_deref().unwrap_or_default()
    }
}

impl DockView<'_> {
    /// Its serial number as that of a dock.
    #[must_use]
    pub fn sn(&self) -> DockSn {
        DockSn::new(self.gateway.sn.as_str())
    }
}

impl Fleet {
    /// Asks for the devices of a project.
    ///
    /// # Errors
    ///
    /// As `project.devices`.
    pub async fn load<A: Access + Permits<v1::ProjectDevices>>(
        project: &Project<A>,
    ) -> Result<Self> {
        let listing = project.send(&v1::ProjectDevices::new()).await?;
        Ok(Self { pairs: listing.list })
    }

    /// The docks.
    pub fn docks(&self) -> impl Iterator<Item = DockView<'_>> {
        self.pairs.iter().filter_map(|pair| {
            let gateway = pair.gateway.as_ref()?;
            (gateway.device_model.class == DeviceClass::Dock)
                .then_some(DockView { gateway, drone: pair.drone.as_ref() })
        })
    }

    /// The aircraft.
    pub fn drones(&self) -> impl Iterator<Item = &Drone> {
        self.pairs.iter().filter_map(|pair| pair.drone.as_ref())
    }

    /// The dock of a serial number or callsign; its own, or those of the aircraft in it.
    ///
    /// # Errors
    ///
    /// When there is none, or several.
    pub fn dock(&self, wanted: &str) -> Result<Found<DockView<'_>>> {
        let docks: Vec<DockView<'_>> = self.docks().collect();
        let error = match choose("dock", wanted, &docks) {
            Ok(dock) => return Ok(Found { device: *dock, by_partner: false }),
            Err(error) => error,
        };
        if error.kind() == ErrorKind::NotFound
            && let Some(drone) = self.named_exactly(wanted)
        {
            let home = docks.iter().find(|dock| dock.drone.is_some_and(|own| own.sn == drone.sn));
            return match home {
                Some(dock) => Ok(Found { device: *dock, by_partner: true }),
                None => Err(Error::new(
                    ErrorKind::NotFound,
                    format!("`{wanted}` is an aircraft that no dock of the project has"),
                    "Give the serial number or callsign of a dock.",
                )),
            };
        }
        Err(error)
    }

    /// The aircraft of a serial number or callsign; its own, or those of the dock that it is in.
    ///
    /// # Errors
    ///
    /// When there is none, or several.
    pub fn drone(&self, wanted: &str) -> Result<Found<&Drone>> {
        let drones: Vec<&Drone> = self.drones().collect();
        let error = match choose("aircraft", wanted, &drones) {
            Ok(drone) => return Ok(Found { device: drone, by_partner: false }),
            Err(error) => error,
        };
        if error.kind() == ErrorKind::NotFound
            && let Ok(dock) = self.dock(wanted)
            && !dock.by_partner
        {
            return dock
                .device
                .drone
                .map(|drone| Found { device: drone, by_partner: true })
                .ok_or_else(|| {
                    Error::new(
                        ErrorKind::NotFound,
                        format!("dock `{wanted}` has no aircraft now"),
                        "Wait until the aircraft is back, or name another.",
                    )
                });
        }
        Err(error)
    }

    fn named_exactly(&self, wanted: &str) -> Option<&Drone> {
        self.drones().find(|drone| {
            drone.sn.as_str().eq_ignore_ascii_case(wanted)
                || drone.callsign.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(wanted))
        })
    }

    /// The serial number of the aircraft of a dock, for what takes that one.
    #[must_use]
    pub fn drone_of(&self, dock: &DockSn) -> Option<&DroneSn> {
        self.docks()
            .find(|view| view.gateway.sn.as_str() == dock.as_str())
            .and_then(|view| view.drone)
            .map(|drone| &drone.sn)
    }
}
