//! Alerts of the health management system, and their texts.

use flighthub_api::Listing;
use flighthub_api::v1::{DeviceAlerts, DeviceHms, HmsAlert, HmsLevel, HmsModule, HmsPlace};
use serde::{Deserialize, Serialize};

use super::operations::in_project;
use super::{Aircraft, Device};
use crate::caller::{Caller, Language};
use crate::refusal::Refusal;
use crate::world::World;

/// Percent below which an alert stands.
const LOW_BATTERY: f64 = 30.0;

/// A text in both languages of FlightHub 2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

impl Text {
    /// A text in English and Chinese.
    #[must_use]
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }
}

/// An alert that stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Alert {
    pub(crate) level: HmsLevel,
    pub(crate) module: HmsModule,
    pub(crate) place: Option<HmsPlace>,
    pub(crate) imminent: bool,
    pub(crate) code: String,
    /// None as the public cloud has been seen: `message` is there and empty.
    pub(crate) text: Option<Text>,
}

impl Alert {
    fn row(&self, language: Language) -> HmsAlert {
        let message = self.text.as_ref().map(|text| match language {
            Language::Chinese => text.zh.clone(),
            Language::English => text.en.clone(),
        });
        let args =
            [("component_index".to_owned(), 0.into()), ("sensor_index".to_owned(), 1.into())];
        HmsAlert {
            level: self.level.clone(),
            module: self.module.clone(),
            in_the_key: self.place.clone(),
            imminent: Some(self.imminent),
            code: self.code.clone(),
            message: Some(message.unwrap_or_default()),
            args: Some(args.into_iter().collect()),
        }
    }

    /// The one that stands while a battery is low.
    fn low_battery(aircraft: &Aircraft) -> Self {
        let place = match aircraft.flight {
            Some(_) => HmsPlace::InTheSky,
            None => HmsPlace::OnTheGround,
        };
        Self {
            level: HmsLevel::Warning,
            module: HmsModule::Hms,
            place: Some(place),
            imminent: false,
            code: "0x16100008".to_owned(),
            text: None,
        }
    }
}

/// `device.hms`.
pub(crate) fn hms(
    world: &mut World,
    caller: &Caller,
    operation: DeviceHms,
) -> Result<Listing<DeviceAlerts>, Refusal> {
    // Without the header the real one answers an empty list.
    let Some(project) = &caller.project else {
        return Ok(Listing::default());
    };
    let project = world.known_project(project)?;
    if !world.fleet.has_devices_in(&project) {
        // As seen live.
        return Err(Refusal::new(210_060, "Bad Request"));
    }
    let mut rows: Vec<DeviceAlerts> = Vec::new();
    for sn in operation.device_sn_list {
        let Ok(device) = in_project(world, &project, sn.as_str()) else {
            continue;
        };
        if rows.iter().any(|row| row.device_sn == sn) {
            continue;
        }
        let raised = device.condition().alerts.iter().map(|alert| alert.row(caller.language));
        let low = match device {
            Device::Aircraft(aircraft, _) if aircraft.battery < LOW_BATTERY => {
                Some(Alert::low_battery(aircraft).row(caller.language))
            }
            _ => None,
        };
        let alerts: Vec<_> = raised.chain(low).collect();
        rows.push(DeviceAlerts { device_sn: sn, device_hms: Listing::from(alerts) });
    }
    Ok(rows.into())
}
