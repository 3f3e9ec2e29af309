//! Motion: an aircraft on its way along a route and home again.

mod place;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use flighthub_api::Timestamp;
use flighthub_api::v1::{DockSn, TaskUuid};

pub(crate) use place::Place;
use place::heading;

use crate::kmz::VideoAction;

const CLIMB: f64 = 5.0;
const DESCENT: f64 = 3.0;
const RETURN: f64 = 10.0;
/// Seconds that a photo takes, and the start or end of a video.
const SHOT: f64 = 2.0;
/// Nearer than this, a return is a landing.
const AT_HOME: f64 = 10.0;
/// A point of the track every so many seconds.
const TRACK_EVERY: u32 = 2;

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
    /// How often photos are taken there.
    pub(crate) photos: u32,
    pub(crate) video: Option<VideoAction>,
    /// Seconds of hovering beside that.
    pub(crate) hover: f64,
}

impl Waypoint {
    /// Seconds from the arrival to the way on.
    fn stay(&self) -> f64 {
        let shots = self.photos + u32::from(self.video.is_some());
        self.hover + SHOT * f64::from(shots)
    }
}

/// The way of a route through the air.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Course {
    pub(crate) waypoints: Vec<Waypoint>,
    /// Metres over the dock that are reached before the way to the first waypoint.
    pub(crate) security_height: f64,
    /// Speed on the way to the first waypoint, metres a second.
    pub(crate) transit_speed: f64,
}

/// Where a route was broken off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BreakPoint {
    /// How many waypoints were done.
    pub(crate) done: usize,
    pub(crate) place: Place,
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
    ToBreakPoint,
    ToWaypoint(usize),
    Return,
    Landing,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Leg {
    to: Place,
    speed: f64,
    stage: Stage,
    /// Seconds that are spent at its end.
    stay: f64,
}

impl Leg {
    const fn new(to: Place, speed: f64, stage: Stage) -> Self {
        Self { to, speed, stage, stay: 0.0 }
    }
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
    /// The link to the dock is gone.
    LinkLost,
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
    /// Metres along the track.
    pub(crate) distance: f64,
    pub(crate) track: Vec<Fix>,
    pub(crate) ending: Ending,
    /// Where the route was left for want of battery or link.
    pub(crate) break_point: Option<BreakPoint>,
    course: Course,
    /// How many waypoints are done.
    done: usize,
    return_height: f64,
    legs: VecDeque<Leg>,
    holding: bool,
    /// Seconds that are still spent at a waypoint.
    staying: f64,
    seconds: u32,
}

impl Flight {
    /// Takes off. `home` is where the flight ends: the dock it starts from, or another. It returns `return_altitude` metres over the higher of the
    /// two, or at the height it happens to have. From a break point on it flies what is left of the course.
    pub(crate) fn begin(
        task: TaskUuid,
        began: Timestamp,
        origin: Pad,
        home: Pad,
        course: Course,
        return_altitude: Option<f64>,
        resumed: Option<BreakPoint>,
    ) -> Self {
        let dock = origin.place;
        let security = dock.height + course.security_height;
        let ground = dock.height.max(home.place.height);
        let mut flight = Self {
            task,
            began,
            return_height: return_altitude.map_or(security, |altitude| ground + altitude),
            origin,
            home,
            place: dock,
            heading: 0.0,
            horizontal_speed: 0.0,
            vertical_speed: 0.0,
            distance: 0.0,
            track: vec![Fix { at: began, place: dock }],
            ending: Ending::Complete,
            break_point: None,
            course,
            done: resumed.map_or(0, |point| point.done),
            legs: VecDeque::new(),
            holding: false,
            staying: 0.0,
            seconds: 0,
        };
        let next = flight.course.waypoints.get(flight.done).map(|point| point.place);
        let first = resumed.map(|point| point.place).or(next);
        let height = first.map_or(security, |first| security.max(first.height));
        flight.legs.push_back(Leg::new(dock.at_height(height), CLIMB, Stage::TakeOff));
        if let Some(point) = resumed {
            let speed = flight.course.transit_speed;
            flight.legs.push_back(Leg::new(point.place, speed, Stage::ToBreakPoint));
        }
        flight.go_on();
        flight
    }

    /// Adds the rest of the route and the way home to the legs.
    fn go_on(&mut self) {
        let transit = self.course.transit_speed;
        let rest = self.course.waypoints.iter().enumerate().skip(self.done);
        self.legs.extend(rest.map(|(index, point)| Leg {
            to: point.place,
            speed: if index == 0 { transit } else { point.speed },
            stage: Stage::ToWaypoint(index),
            stay: point.stay(),
        }));
        let from = self.legs.back().map_or(self.place, |leg| leg.to);
        self.legs.extend(way_home(from, self.home.place, self.return_height));
    }

    pub(crate) fn waypoint(&self, index: usize) -> Option<&Waypoint> {
        self.course.waypoints.get(index)
    }

    pub(crate) fn seconds_in_air(&self) -> f64 {
        f64::from(self.seconds)
    }

    pub(crate) fn waypoints_done(&self) -> usize {
        self.done
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.legs.front().map(|leg| leg.stage) {
            _ if self.holding => Phase::Holding,
            _ if self.staying > 0.0 => Phase::Route,
            Some(Stage::TakeOff) => Phase::TakeOff,
            Some(Stage::ToBreakPoint | Stage::ToWaypoint(_)) => Phase::Route,
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
        if self.done < self.course.waypoints.len() {
            self.ending = ending;
            if matches!(ending, Ending::LowBattery | Ending::LinkLost) {
                self.break_point = Some(BreakPoint { done: self.done, place: self.place });
            }
        }
        self.holding = false;
        self.staying = 0.0;
        self.legs = way_home(self.place, self.home.place, self.return_height).into();
    }

    /// Breaks off a return and hovers; going on then means what is left of the route.
    pub(crate) fn cancel_return(&mut self) {
        self.ending = Ending::Complete;
        self.break_point = None;
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
            if self.staying > 0.0 {
                let stay = self.staying.min(left);
                self.staying -= stay;
                left -= stay;
                continue;
            }
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
                self.staying = leg.stay;
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
        self.seconds += 1;
        if self.seconds.is_multiple_of(TRACK_EVERY) || self.legs.is_empty() {
            let last = self.track.last().map_or(self.place, |fix| fix.place);
            self.distance += last.distance_to(self.place);
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
            legs.push(Leg::new(from.at_height(height), CLIMB, Stage::Return));
        }
        legs.push(Leg::new(home.at_height(height), RETURN, Stage::Return));
    }
    legs.push(Leg::new(home, DESCENT, Stage::Landing));
    legs
}

/// About how many seconds a flight along a course takes.
pub(crate) fn estimate(dock: Place, landing: Place, course: &Course, return_altitude: f64) -> u32 {
    let first = course.waypoints.first().map_or(dock, |first| first.place);
    let height = first.height.max(dock.height + course.security_height);
    let mut seconds = (height - dock.height) / CLIMB;
    let mut place = dock.at_height(height);
    for (index, point) in course.waypoints.iter().enumerate() {
        let speed = if index == 0 { course.transit_speed } else { point.speed };
        seconds += place.distance_to(point.place) / speed + point.stay();
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
