//! Motion: places, and an aircraft on its way along a route and home again.

use std::collections::VecDeque;

use flighthub_api::Timestamp;
use flighthub_api::v1::{DockSn, TaskUuid};

const METRES_PER_DEGREE: f64 = 111_320.0;
const CLIMB: f64 = 5.0;
const DESCENT: f64 = 3.0;
const RETURN: f64 = 10.0;
/// Height over the dock that is reached before the way to the first waypoint.
const SECURITY_HEIGHT: f64 = 20.0;
/// Nearer than this, a return is a landing.
const AT_HOME: f64 = 10.0;
/// A point of the track every so many seconds.
const TRACK_EVERY: u32 = 2;

/// A place: degrees in WGS 84, metres over the ellipsoid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
    pub(crate) height: f64,
}

impl Place {
    /// The place so many metres further north, east and up.
    pub(crate) fn offset(self, north: f64, east: f64, up: f64) -> Self {
        Self {
            latitude: self.latitude + north / METRES_PER_DEGREE,
            longitude: self.longitude
                + east / (METRES_PER_DEGREE * self.latitude.to_radians().cos()),
            height: self.height + up,
        }
    }

    pub(crate) fn at_height(self, height: f64) -> Self {
        Self { height, ..self }
    }

    /// Metres north, east and up to another place.
    fn vector_to(self, other: Self) -> (f64, f64, f64) {
        let north = (other.latitude - self.latitude) * METRES_PER_DEGREE;
        let east = (other.longitude - self.longitude)
            * METRES_PER_DEGREE
            * self.latitude.to_radians().cos();
        (north, east, other.height - self.height)
    }

    pub(crate) fn ground_distance_to(self, other: Self) -> f64 {
        let (north, east, _) = self.vector_to(other);
        north.hypot(east)
    }

    pub(crate) fn distance_to(self, other: Self) -> f64 {
        let (north, east, up) = self.vector_to(other);
        north.hypot(east).hypot(up)
    }
}

/// The direction of a movement, from true north, -180 to 180.
fn heading(north: f64, east: f64) -> f64 {
    east.atan2(north).to_degrees()
}

/// Where a flight begins or ends.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pad {
    pub(crate) dock: DockSn,
    pub(crate) place: Place,
}

/// A point of a route.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Waypoint {
    pub(crate) place: Place,
    /// Speed on the way there, metres a second.
    pub(crate) speed: f64,
    /// Whether photos are taken there.
    pub(crate) photo: bool,
}

/// A point of the recorded track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fix {
    pub(crate) at: Timestamp,
    pub(crate) place: Place,
}

/// What a stretch of the way is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    TakeOff,
    ToWaypoint(usize),
    Return,
    Landing,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Leg {
    to: Place,
    speed: f64,
    stage: Stage,
}

/// What an aircraft in the air is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    TakeOff,
    Route,
    /// Hovering until it is told what to do.
    Holding,
    Returning,
    Landing,
}

/// Why a flight goes home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The route is done.
    Complete,
    /// Somebody called it home.
    Ordered,
    /// The battery has to be spared.
    LowBattery,
}

/// What happened within a second of flight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Event {
    Waypoint(usize),
    Landed,
}

/// A flight from take-off to landing.
#[derive(Debug, Clone)]
pub(crate) struct Flight {
    pub(crate) task: TaskUuid,
    pub(crate) began: Timestamp,
    /// Where it began.
    pub(crate) origin: Pad,
    /// Where it is going to land.
    pub(crate) home: Pad,
    pub(crate) place: Place,
    pub(crate) heading: f64,
    pub(crate) horizontal_speed: f64,
    pub(crate) vertical_speed: f64,
    pub(crate) distance: f64,
    pub(crate) track: Vec<Fix>,
    pub(crate) ending: Ending,
    route: Vec<Waypoint>,
    /// How many waypoints are done.
    done: usize,
    return_height: f64,
    legs: VecDeque<Leg>,
    holding: bool,
    seconds: u32,
}

impl Flight {
    /// Takes off. `home` is where the flight ends: the dock it starts from, or another.
    pub(crate) fn begin(
        task: TaskUuid,
        began: Timestamp,
        origin: Pad,
        home: Pad,
        route: Vec<Waypoint>,
        return_altitude: f64,
    ) -> Self {
        let dock = origin.place;
        let mut flight = Self {
            task,
            began,
            return_height: dock.height.max(home.place.height) + return_altitude,
            origin,
            home,
            place: dock,
            heading: 0.0,
            horizontal_speed: 0.0,
            vertical_speed: 0.0,
            distance: 0.0,
            track: vec![Fix { at: began, place: dock }],
            ending: Ending::Complete,
            route,
            done: 0,
            legs: VecDeque::new(),
            holding: false,
            seconds: 0,
        };
        let first = flight.route.first().map_or(dock.height, |first| first.place.height);
        let height = (dock.height + SECURITY_HEIGHT).max(first);
        flight.legs.push_back(Leg {
            to: dock.at_height(height),
            speed: CLIMB,
            stage: Stage::TakeOff,
        });
        flight.go_on();
        flight
    }

    /// Adds the rest of the route and the way home to the legs.
    fn go_on(&mut self) {
        let rest = self.route.iter().enumerate().skip(self.done);
        self.legs.extend(rest.map(|(index, point)| Leg {
            to: point.place,
            speed: point.speed,
            stage: Stage::ToWaypoint(index),
        }));
        let from = self.legs.back().map_or(self.place, |leg| leg.to);
        self.legs.extend(way_home(from, self.home.place, self.return_height));
    }

    pub(crate) fn waypoints_done(&self) -> usize {
        self.done
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.legs.front().map(|leg| leg.stage) {
            _ if self.holding => Phase::Holding,
            Some(Stage::TakeOff) => Phase::TakeOff,
            Some(Stage::ToWaypoint(_)) => Phase::Route,
            Some(Stage::Return) => Phase::Returning,
            Some(Stage::Landing) | None => Phase::Landing,
        }
    }

    /// Hovers in place.
    pub(crate) fn hold(&mut self) {
        self.holding = true;
    }

    /// Goes on with what it hovered in.
    pub(crate) fn resume(&mut self) {
        self.holding = false;
    }

    /// Goes home, or to another dock, whatever is left of the route.
    pub(crate) fn return_to(&mut self, home: Pad, ending: Ending) {
        self.home = home;
        if self.done < self.route.len() {
            self.ending = ending;
        }
        self.holding = false;
        self.legs = way_home(self.place, self.home.place, self.return_height).into();
    }

    /// Breaks off a return and hovers; going on then means what is left of the route.
    pub(crate) fn cancel_return(&mut self) {
        self.ending = Ending::Complete;
        self.legs.clear();
        self.go_on();
        self.holding = true;
    }

    /// Metres of the way home.
    pub(crate) fn home_distance(&self) -> f64 {
        self.place.ground_distance_to(self.home.place)
    }

    /// Moves for one second, which ends at `now`.
    pub(crate) fn second(&mut self, now: Timestamp) -> Vec<Event> {
        let before = self.place;
        let mut events = Vec::new();
        let mut left = if self.holding { 0.0 } else { 1.0 };
        while left > 0.0 {
            let Some(leg) = self.legs.front().copied() else {
                break;
            };
            let way = self.place.distance_to(leg.to);
            let reach = leg.speed * left;
            if way > reach {
                let part = reach / way;
                let (north, east, up) = self.place.vector_to(leg.to);
                self.place = self.place.offset(north * part, east * part, up * part);
                left = 0.0;
            } else {
                self.place = leg.to;
                left -= way / leg.speed;
                self.legs.pop_front();
                if let Stage::ToWaypoint(index) = leg.stage {
                    self.done = index + 1;
                    events.push(Event::Waypoint(index));
                }
                if self.legs.is_empty() {
                    events.push(Event::Landed);
                }
            }
        }
        let (north, east, up) = before.vector_to(self.place);
        self.horizontal_speed = north.hypot(east);
        self.vertical_speed = up;
        if self.horizontal_speed > 0.5 {
            self.heading = heading(north, east);
        }
        self.distance += self.horizontal_speed.hypot(up);
        self.seconds += 1;
        if self.seconds.is_multiple_of(TRACK_EVERY) || self.legs.is_empty() {
            self.track.push(Fix { at: now, place: self.place });
        }
        events
    }
}

/// Up to the height of return, over to the landing place, down.
fn way_home(from: Place, home: Place, height: f64) -> Vec<Leg> {
    let mut legs = Vec::new();
    if from.ground_distance_to(home) > AT_HOME {
        let height = height.max(from.height);
        if height > from.height {
            legs.push(Leg { to: from.at_height(height), speed: CLIMB, stage: Stage::Return });
        }
        legs.push(Leg { to: home.at_height(height), speed: RETURN, stage: Stage::Return });
    }
    legs.push(Leg { to: home, speed: DESCENT, stage: Stage::Landing });
    legs
}

/// About how many seconds a flight along a route takes.
pub(crate) fn estimate(
    dock: Place,
    landing: Place,
    route: &[Waypoint],
    return_altitude: f64,
) -> u32 {
    let mut place = dock;
    let mut seconds = 0.0;
    for point in route {
        seconds += place.distance_to(point.place) / point.speed;
        place = point.place;
    }
    let height = dock.height + return_altitude;
    for leg in way_home(place, landing, height) {
        seconds += place.distance_to(leg.to) / leg.speed;
        place = leg.to;
    }
    // Finite, positive and far below the limit of the type.
    seconds.min(86_400.0) as u32
}

/// Metres along the waypoints.
pub(crate) fn length(route: &[Waypoint]) -> f64 {
    route.windows(2).map(|pair| pair[0].place.distance_to(pair[1].place)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCK: Place = Place { latitude: 0.02, longitude: -25.3, height: 12.0 };

    fn second(number: i64) -> Timestamp {
        Timestamp::from_unix_seconds(1_767_254_400 + number).unwrap()
    }

    fn square() -> Vec<Waypoint> {
        let corner = |north, east| Waypoint {
            place: DOCK.offset(north, east, 60.0),
            speed: 8.0,
            photo: true,
        };
        vec![corner(100.0, 0.0), corner(100.0, 100.0), corner(0.0, 100.0)]
    }

    fn begin() -> Flight {
        Flight::begin(TaskUuid::new("t"), second(0), pad(), pad(), square(), 80.0)
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
        let events: Vec<_> =
            fly(&mut flight, 0, 1000).into_iter().map(|(_, event)| event).collect();
        assert_eq!(
            events,
            [Event::Waypoint(0), Event::Waypoint(1), Event::Waypoint(2), Event::Landed]
        );
        assert_eq!(
            (flight.place, flight.ending, flight.waypoints_done()),
            (DOCK, Ending::Complete, 3)
        );
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
        assert!((flight.distance - length).abs() / length < 0.05, "{} {length}", flight.distance);
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
}
