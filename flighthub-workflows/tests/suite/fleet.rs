//! Docks and aircraft by serial number and callsign.

use flighthub_workflows::ErrorKind;
use flighthub_workflows::fleet::Fleet;

use crate::support::{DOCK, DRONE, bench};

#[tokio::test]
async fn a_dock_is_found_by_its_own_names_and_by_those_of_its_aircraft() {
    let bench = bench().await;
    let fleet = Fleet::load(&bench.project).await.unwrap();
    let callsign = fleet.dock(DOCK).unwrap().device.gateway.callsign.clone().unwrap();
    let by_name = fleet.dock(&callsign).unwrap();
    assert_eq!(by_name.device.gateway.sn.as_str(), DOCK);
    assert!(!by_name.by_partner);
    let by_drone = fleet.dock(DRONE).unwrap();
    assert_eq!(by_drone.device.gateway.sn.as_str(), DOCK);
    assert!(by_drone.by_partner);
    let drone = fleet.drone(DOCK).unwrap();
    assert_eq!(drone.device.sn.as_str(), DRONE);
    assert!(drone.by_partner);
    assert_eq!(fleet.dock("nowhere").unwrap_err().kind(), ErrorKind::NotFound);
}
