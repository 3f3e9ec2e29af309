//! The devices of the demo world.

use flighthub_api::v1::{DeviceSn, HmsLevel, HmsModule, HmsPlace, ProjectUuid};

use super::additions::Newcomer;
use super::alerts::Alert;
use super::{DOCK_2, DOCK_3, M3TD, M4TD, M30T, RC_PLUS, RC_PRO, State};
use crate::world::flight::Place;
use crate::world::{World, projects};

/// Three docks, two of them with an aircraft, and a pilot with a remote controller in the demo project; a remote controller with its
/// aircraft in a second project, and an aircraft without a gateway in a third.
pub(crate) fn populate(world: &mut World) {
    let added = add(&mut world.fleet);
    debug_assert!(added.is_ok(), "{added:?}");
}

fn add(fleet: &mut State) -> Result<(), String> {
    let new = |project: &str, sn, callsign, model, place: Place| Newcomer {
        sn,
        callsign: Some(callsign),
        model,
        project: ProjectUuid::new(project),
        place,
    };
    let demo = World::DEMO_PROJECT;
    let (a1, b2, c3) = ("7CTXN0000B00A1", "7CTXN0000B00B2", "7CTXN0000B00C3");
    let east = projects::CENTRE.offset(640.0, 1_020.0, 3.0);
    let spare = projects::CENTRE.offset(-420.0, -600.0, -2.0);
    fleet.add_dock(&new(demo, a1, "North dock", DOCK_2, projects::CENTRE))?;
    fleet.add_dock(&new(demo, b2, "East dock", DOCK_3, east))?;
    fleet.add_dock(&new(demo, c3, "Spare dock", DOCK_2, spare))?;
    if let Some(dock) = fleet.dock_mut(c3) {
        dock.calibrated = false;
    }
    if let Some(condition) = fleet.condition_mut(a1) {
        condition.alerts.push(Alert {
            level: HmsLevel::Reminder,
            module: HmsModule::Hms,
            place: Some(HmsPlace::OnTheGround),
            imminent: false,
            code: "0x161000A4".to_owned(),
            text: None,
        });
    }
    let controller = "9N9XL0000D00C3";
    let field = projects::CENTRE.offset(1_300.0, -1_100.0, 0.0);
    fleet.add_controller(&new(demo, controller, "Field controller", RC_PLUS, field))?;

    let drones = [
        (new(demo, "1581F0Q8X000U00G00A1", "Kestrel 1", M3TD, projects::CENTRE), a1),
        (new(demo, "1581F0Q8X000U00G00B2", "Petrel 2", M4TD, east), b2),
        (new(demo, "1581F0Q8X000U00G00D4", "", M30T, field), controller),
    ];
    let flown = [(48_210.0, 301_455.0, 63), (9_120.0, 60_210.0, 12), (120_400.0, 802_700.0, 211)];
    for ((drone, gateway), flown) in drones.iter().zip(flown) {
        fleet.add_aircraft(drone, Some(&DeviceSn::new(*gateway)))?;
        if let Some(aircraft) = fleet.aircraft_mut(drone.sn) {
            aircraft.flown = flown;
        }
    }
    // One that is switched off between its flights.
    if let Some(sleeper) = fleet.aircraft_mut("1581F0Q8X000U00G00B2") {
        sleeper.on = false;
        sleeper.sleeps = true;
    }

    let lagoon = projects::LAGOON;
    let controller = "9N9XL0000D00E5";
    fleet.add_controller(&new(
        World::CONTROLLER_PROJECT,
        controller,
        "Lagoon controller",
        RC_PRO,
        lagoon,
    ))?;
    let tern = new(World::CONTROLLER_PROJECT, "1581F0Q8X000U00G00E5", "Tern 5", "0-77-1", lagoon);
    fleet.add_aircraft(&tern, Some(&DeviceSn::new(controller)))?;
    let shoal = projects::SHOAL;
    let gull = new(World::DRONE_PROJECT, "1581F0Q8X000U00G00F6", "Gull 6", M30T, shoal);
    fleet.add_aircraft(&gull, None)
}
