//! Flights, second by second.

use super::*;

const DOCK: Place = Place { latitude: 0.02, longitude: -25.3, height: 12.0 };

fn second(number: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_767_254_400 + number).unwrap()
}

fn square() -> Course {
    let corner = |north, east| Waypoint {
        place: DOCK.offset(north, east, 60.0),
        speed: 8.0,
        photos: 1,
        video: None,
        hover: 0.0,
    };
    let waypoints = vec![corner(100.0, 0.0), corner(100.0, 100.0), corner(0.0, 100.0)];
    Course { waypoints, security_height: 20.0, transit_speed: 10.0 }
}

fn begin_with(course: Course, altitude: Option<f64>, resumed: Option<BreakPoint>) -> Flight {
    let task = TaskUuid::new("t");
    Flight::begin(task, second(0), pad(), pad(), course, altitude, resumed)
}

fn begin() -> Flight {
    begin_with(square(), Some(80.0), None)
}

fn pad() -> Pad {
    Pad { dock: DockSn::new("d"), place: DOCK }
}

/// Flies to the end, or for so long; answers the events with the second they came in.
fn fly(flight: &mut Flight, from: i64, seconds: i64) -> Vec<(i64, Event)> {
    let mut events = Vec::new();
    for number in from + 1..=from + seconds {
        for event in flight.second(second(number)) {
            events.push((number, event));
            if event == Event::Landed {
                return events;
            }
        }
    }
    events
}

#[test]
fn offsets_are_metres() {
    let there = DOCK.offset(30.0, 40.0, 0.0);
    assert!((DOCK.ground_distance_to(there) - 50.0).abs() < 1e-6);
    assert!((heading(0.0, 1.0) - 90.0).abs() < 1e-9);
}

#[test]
fn a_flight_passes_every_waypoint_and_lands_at_home() {
    let mut flight = begin();
    let events: Vec<_> = fly(&mut flight, 0, 1000).into_iter().map(|(_, event)| event).collect();
    assert_eq!(events, [Event::Waypoint(0), Event::Waypoint(1), Event::Waypoint(2), Event::Landed]);
    assert_eq!((flight.place, flight.ending, flight.waypoints_done()), (DOCK, Ending::Complete, 3));
}

#[test]
fn the_track_has_a_point_every_two_seconds_and_its_length_is_the_distance() {
    let mut flight = begin();
    fly(&mut flight, 0, 1000);
    let steps: Vec<_> = flight
        .track
        .windows(2)
        .map(|pair| pair[1].at.unix_seconds() - pair[0].at.unix_seconds())
        .collect();
    assert!(steps[..steps.len() - 1].iter().all(|step| *step == 2), "{steps:?}");
    let length: f64 =
        flight.track.windows(2).map(|pair| pair[0].place.distance_to(pair[1].place)).sum();
    assert!((flight.distance - length).abs() / length < 0.01, "{} {length}", flight.distance);
    // The track cuts the corners a little: three sides, up and down.
    let route = 300.0 + 2.0 * 80.0 + 100.0;
    assert!((route * 0.97..=route).contains(&length), "{length}");
}

#[test]
fn the_aircraft_keeps_to_the_speeds_and_stays_of_the_route() {
    let mut course = square();
    course.waypoints[1].speed = 4.0;
    course.waypoints[1].photos = 3;
    course.waypoints[1].hover = 7.5;
    let mut flight = begin_with(course, Some(80.0), None);
    let events = fly(&mut flight, 0, 1000);
    let at: Vec<i64> = events.iter().map(|(second, _)| *second).collect();
    // 12 s up and 10 s over; a photo and 25 s; three photos, the hover and 12.5 s.
    assert_eq!(at[..3], [22, 49, 75]);
    let mut flight = begin();
    let mut fastest = 0.0_f64;
    while flight.second(second(1)).iter().all(|event| *event != Event::Landed) {
        fastest = fastest.max(flight.horizontal_speed);
        assert!((-DESCENT - 1e-6..=CLIMB + 1e-6).contains(&flight.vertical_speed));
    }
    assert!((9.0..=10.0 + 1e-6).contains(&fastest), "{fastest}");
}

#[test]
fn an_optimal_return_stays_at_the_height_of_the_route() {
    let top = |altitude| {
        let mut flight = begin_with(square(), altitude, None);
        fly(&mut flight, 0, 1000);
        flight.track.iter().map(|fix| fix.place.height - DOCK.height).fold(0.0, f64::max)
    };
    assert!((top(Some(80.0)) - 80.0).abs() < 2.0 * CLIMB);
    assert!((top(None) - 60.0).abs() < 1e-6);
}

#[test]
fn a_flight_goes_on_from_where_another_was_broken_off() {
    let mut flight = begin();
    fly(&mut flight, 0, 30);
    let place = flight.place;
    flight.return_to(pad(), Ending::LowBattery);
    fly(&mut flight, 30, 1000);
    let point = flight.break_point.unwrap();
    assert_eq!((point, flight.ending), (BreakPoint { done: 1, place }, Ending::LowBattery));
    let mut next = begin_with(square(), Some(80.0), Some(point));
    assert_eq!(next.waypoints_done(), 1);
    let events: Vec<_> = fly(&mut next, 0, 1000).into_iter().map(|(_, event)| event).collect();
    assert_eq!(events, [Event::Waypoint(1), Event::Waypoint(2), Event::Landed]);
    let nearest = next.track.iter().map(|fix| fix.place.distance_to(place));
    assert!(nearest.fold(f64::MAX, f64::min) < 20.0);
}

#[test]
fn a_flight_can_be_held_called_home_and_sent_on() {
    let mut flight = begin();
    fly(&mut flight, 0, 30);
    flight.hold();
    let place = flight.place;
    assert!(fly(&mut flight, 30, 60).is_empty());
    assert_eq!((flight.place, flight.phase()), (place, Phase::Holding));
    flight.return_to(pad(), Ending::Ordered);
    fly(&mut flight, 90, 3);
    assert_eq!(flight.phase(), Phase::Returning);
    flight.cancel_return();
    assert_eq!(flight.phase(), Phase::Holding);
    flight.resume();
    let events = fly(&mut flight, 93, 1000);
    assert!(events.iter().any(|(_, event)| *event == Event::Waypoint(2)), "{events:?}");
    assert_eq!(flight.ending, Ending::Complete);
}

#[test]
fn an_ordered_return_leaves_the_rest_of_the_route() {
    let mut flight = begin();
    fly(&mut flight, 0, 35);
    flight.return_to(pad(), Ending::Ordered);
    fly(&mut flight, 35, 1000);
    assert_eq!((flight.ending, flight.place), (Ending::Ordered, DOCK));
    assert!(flight.waypoints_done() < 3);
}

#[test]
fn the_estimate_is_near_the_flight() {
    let mut flight = begin();
    let (landed, _) = fly(&mut flight, 0, 1000).pop().unwrap();
    let estimate = i64::from(estimate(DOCK, DOCK, &square(), 80.0));
    assert!((landed - estimate).abs() < 20, "{landed} {estimate}");
}
