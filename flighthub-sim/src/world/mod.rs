//! The simulated world: everything that FlightHub 2 knows, on a virtual clock.

pub(crate) mod annotations;
pub(crate) mod calendar;
pub(crate) mod converters;
pub(crate) mod deeds;
pub(crate) mod deployment;
pub(crate) mod events;
pub(crate) mod fleet;
pub(crate) mod flight;
pub(crate) mod keys;
pub(crate) mod live;
pub(crate) mod modeling;
pub(crate) mod models;
pub(crate) mod projects;
pub(crate) mod routes;
pub(crate) mod store;
pub(crate) mod tasks;
pub(crate) mod telemetry;

use std::time::Duration;

use flighthub_api::Timestamp;
use flighthub_api::v1::{
    DockSn, OutOfControlAction, ProjectUuid, ResumableStatus, RthMode, TaskCreate, TaskCreateArgs,
    TaskSchedule, WaylineId, WaylinePrecisionType,
};

use crate::caller::Caller;
use crate::refusal::Refusal;

/// A simulated FlightHub 2: an organization with projects, docks, aircraft, routes, tasks and models, on a clock of its own.
///
/// It is pure: no sockets, no threads, no real time. Two worlds with the same seed that are asked the same at the same virtual times
/// answer the same. What moves by itself moves once per whole virtual second, so that it does not matter in which portions the time
/// advances.
///
/// ```
/// use std::time::Duration;
///
/// use flighthub_api::v1::{ProjectDevices, Service};
/// use flighthub_sim::{Caller, World};
///
/// let mut world = World::demo(1);
/// let caller = Caller::admin().in_project(World::DEMO_PROJECT);
/// let devices = world.project_devices(&caller, ProjectDevices::new())?;
/// assert_eq!(devices.len(), 4);
/// world.advance(Duration::from_secs(60));
/// # Ok::<(), flighthub_sim::Refusal>(())
/// ```
#[derive(Debug, Clone)]
pub struct World {
    now: Timestamp,
    /// The next whole second at which things move.
    next_tick: i64,
    /// How many seconds after the usual time it began: its past lies as much later.
    later: i64,
    rng: fastrand::Rng,
    pub(crate) keys: keys::State,
    pub(crate) deployment: deployment::State,
    pub(crate) projects: projects::State,
    pub(crate) fleet: fleet::State,
    pub(crate) routes: routes::State,
    pub(crate) tasks: tasks::State,
    pub(crate) live: live::State,
    pub(crate) converters: converters::State,
    pub(crate) annotations: annotations::State,
    pub(crate) models: models::State,
    pub(crate) modeling: modeling::State,
    pub(crate) store: store::State,
    pub(crate) events: events::State,
}

impl World {
    /// The project of the demo world that has devices and routes.
    pub const DEMO_PROJECT: &'static str = "3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10";
    /// The project of the demo world that has nothing.
    pub const EMPTY_PROJECT: &'static str = "6c8d7f1a-0b35-4f0e-8c1d-2e9a4b6f7c31";
    /// The project of the demo world that has a remote controller with its aircraft, and no dock.
    pub const CONTROLLER_PROJECT: &'static str = "b7e4d2c9-5f18-4a63-9d0b-71c8e3a5f642";
    /// The project of the demo world that has an aircraft without a gateway.
    pub const DRONE_PROJECT: &'static str = "d15f9a3e-82b7-4c06-a4e1-3f6b0d9c7285";
    /// The project of the demo world that the people of its keys have not joined: everything in it is forbidden.
    pub const CLOSED_PROJECT: &'static str = "f02c6b8d-4e91-47a5-b3d7-9a1e5c0f8b36";
    /// The organization of the demo world.
    pub const DEMO_ORGANIZATION: &'static str = "9a4c1f60-52d7-4f7b-8b3e-6a1d2c3b4e5f";

    /// The person whom the demo key belongs to.
    pub(crate) const OWNER: &'static str = "1700000000000000001";
    pub(crate) const OWNER_NAME: &'static str = "Operator A";
    pub(crate) const OWNER_ACCOUNT: &'static str = "operator.a@example.com";
    /// A person at a remote controller.
    pub(crate) const PILOT: &'static str = "1700000000000000002";
    pub(crate) const PILOT_NAME: &'static str = "Pilot B";

    pub(crate) const STORAGE: &'static str = "https://objects.flighthub-sim.example.com";
    pub(crate) const STORAGE_REGION: &'static str = "eu-central-1";
    pub(crate) const BUCKET: &'static str = "flighthub-sim";

    /// 2026-01-01T08:00:00Z, when the demo world is handed over.
    const EPOCH: i64 = 1_767_254_400;
    /// Seconds that the demo world has lived before.
    const PAST: i64 = 7_200;

    /// A world to try things in: an organization with five projects, of which one is empty, one has a remote controller only, one has an
    /// aircraft without a gateway, and one is closed to the keys; three docks, two of them with an aircraft, three routes, and a flight of
    /// this morning with its media. It is 2026-01-01T08:00:00Z.
    #[must_use]
    pub fn demo(seed: u64) -> Self {
        Self::demo_in(Self::DEMO_REGION, seed)
    }

    /// The same in another region, such as `cn` or `us`: the same content under the same ids, but with [keys](Self::key) of its own. A key
    /// of another region is unknown here. Letters and digits make the name.
    ///
    /// ```
    /// use flighthub_sim::{KeyProfile, World};
    ///
    /// let (eu, us) = (World::demo(1), World::demo_in("us", 1));
    /// assert_eq!(us.profile_of(&us.key(KeyProfile::Admin)), KeyProfile::Admin);
    /// assert_eq!(us.profile_of(&eu.key(KeyProfile::Admin)), KeyProfile::Unknown);
    /// ```
    #[must_use]
    pub fn demo_in(region: &str, seed: u64) -> Self {
        Self::demo_at(region, seed, Self::epoch())
    }

    /// The same at another time: everything that happened before lies as long before it.
    pub(crate) fn demo_at(region: &str, seed: u64, start: Timestamp) -> Self {
        let mut world = Self::begin(region, seed, start);
        projects::populate(&mut world);
        fleet::populate(&mut world);
        routes::populate(&mut world);
        tasks::populate(&mut world);
        world.advance(Duration::from_secs(1_200));
        world.fly_this_morning();
        world.advance(Duration::from_secs(Self::PAST.unsigned_abs() - 1_200));
        models::populate(&mut world);
        store::populate(&mut world);
        world
    }

    /// An organization with nothing in it but its keys, at the same time as the demo world. [Deeds](crate::Deed) fill it.
    #[must_use]
    pub fn empty_in(region: &str, seed: u64) -> Self {
        Self::empty_at(region, seed, Self::epoch())
    }

    pub(crate) fn empty_at(region: &str, seed: u64, start: Timestamp) -> Self {
        let mut world = Self::begin(region, seed, start);
        world.advance(Duration::from_secs(Self::PAST.unsigned_abs()));
        store::populate(&mut world);
        world
    }

    /// When worlds begin unless somebody says so.
    pub(crate) fn epoch() -> Timestamp {
        Timestamp::from_unix_seconds(Self::EPOCH).unwrap_or_else(Timestamp::now)
    }

    fn begin(region: &str, seed: u64, start: Timestamp) -> Self {
        // In UTC and whole seconds, in which the world lives.
        let later = start.unix_seconds() - Self::EPOCH;
        let begin = Self::EPOCH - Self::PAST + later;
        // Regions share their object storage, which tells them apart by their credentials.
        let seed = if region == Self::DEMO_REGION { seed } else { seed ^ mixed(region) };
        Self {
            now: Timestamp::from_unix_seconds(begin).unwrap_or_else(Timestamp::now),
            next_tick: begin + 1,
            later,
            rng: fastrand::Rng::with_seed(seed),
            keys: keys::State::new(region),
            deployment: deployment::State::default(),
            projects: projects::State::default(),
            fleet: fleet::State::default(),
            routes: routes::State::default(),
            tasks: tasks::State::default(),
            live: live::State::default(),
            converters: converters::State::default(),
            annotations: annotations::State::default(),
            models: models::State::default(),
            modeling: modeling::State::default(),
            store: store::State::default(),
            events: events::State::default(),
        }
    }

    /// The first flight in the history of the demo world.
    fn fly_this_morning(&mut self) {
        let caller = Caller::admin().in_project(Self::DEMO_PROJECT);
        let task = TaskCreate::new(TaskCreateArgs {
            name: "Morning round".to_owned(),
            wayline_uuid: WaylineId::new("c2b0a3f4-1f0e-4f6a-8c55-9d3b2e7a6410"),
            sn: DockSn::new("7CTXN0000B00A1"),
            time_zone: "Atlantic/Cape_Verde".to_owned(),
            rth_altitude: 80,
            rth_mode: RthMode::Preset,
            wayline_precision_type: WaylinePrecisionType::Rtk,
            out_of_control_action_in_flight: OutOfControlAction::ReturnHome,
            resumable_status: ResumableStatus::Manual,
            schedule: TaskSchedule::Immediate,
        });
        let created = tasks::create(self, &caller, task);
        debug_assert!(created.is_ok(), "{created:?}");
    }

    /// The virtual time.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Lets time pass, and everything that happens in it.
    pub fn advance(&mut self, duration: Duration) {
        let target = self.now.saturating_add(duration);
        while self.next_tick <= target.unix_seconds() {
            let Some(second) = Timestamp::from_unix_seconds(self.next_tick) else {
                break;
            };
            self.now = second;
            self.next_tick += 1;
            tasks::tick(self);
            fleet::tick(self);
            live::tick(self);
            converters::tick(self);
            models::tick(self);
            modeling::tick(self);
        }
        self.now = target;
    }

    /// A date in the past of the usual demo world (Unix seconds), as this world has it.
    pub(crate) const fn long_ago(&self, usual: i64) -> i64 {
        usual.saturating_add(self.later)
    }

    pub(crate) fn rng(&mut self) -> &mut fastrand::Rng {
        &mut self.rng
    }

    pub(crate) fn new_uuid(&mut self) -> String {
        new_uuid(&mut self.rng)
    }

    /// The administrator's key of the demo world. It has the form of a real one, and its signature says that it is none.
    #[must_use]
    pub fn demo_token() -> String {
        Self::demo_key(crate::KeyProfile::Admin)
    }

    /// The project of the header.
    ///
    /// # Errors
    ///
    /// 200610 when the header is missing, 210104 when there is no such project.
    pub(crate) fn project_of(&self, caller: &Caller) -> Result<ProjectUuid, Refusal> {
        self.known_project(caller.project()?)
    }

    /// # Errors
    ///
    /// 210104 when there is no such project.
    pub(crate) fn known_project(&self, uuid: &ProjectUuid) -> Result<ProjectUuid, Refusal> {
        if self.projects.has(uuid) { Ok(uuid.clone()) } else { Err(Refusal::unknown_project(uuid)) }
    }
}

/// A number for a text.
fn mixed(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A UUID of version 4.
fn new_uuid(rng: &mut fastrand::Rng) -> String {
    let random = (rng.u128(..) & !(0xf << 76) & !(0b11 << 62)) | (0x4 << 76) | (0b10 << 62);
    let hex = format!("{random:032x}");
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_of_version_4() {
        let mut rng = fastrand::Rng::with_seed(3);
        for _ in 0..50 {
            let uuid = new_uuid(&mut rng);
            let bytes = uuid.as_bytes();
            assert_eq!(bytes.len(), 36);
            assert_eq!(bytes[14], b'4', "{uuid}");
            assert!(b"89ab".contains(&bytes[19]), "{uuid}");
        }
    }

    #[test]
    fn time_does_not_depend_on_its_portions() {
        let (mut one, mut other) = (World::demo(1), World::demo(1));
        one.advance(Duration::from_millis(2_750));
        (0..11).for_each(|_| other.advance(Duration::from_millis(250)));
        assert_eq!(one.now(), other.now());
        assert_eq!(one.next_tick, other.next_tick);
        assert_eq!(World::demo(1).now().to_string(), "2026-01-01T08:00:00Z");
    }

    #[test]
    fn a_world_that_begins_later_is_the_same_with_all_its_past_later() {
        use flighthub_api::v1::{DeviceState, ProjectList, Service, TaskList};

        let later: i64 = 200 * 86_400 + 3;
        let start = World::epoch().saturating_add(Duration::from_secs(later.unsigned_abs()));
        let (mut usual, mut other) = (World::demo(3), World::demo_at("eu", 3, start));
        let caller = Caller::admin().in_project(World::DEMO_PROJECT);
        let mut seen = Vec::new();
        for world in [&mut usual, &mut other] {
            assert_eq!(world.key(crate::KeyProfile::Admin), World::demo_token());
            world.advance(Duration::from_secs(90));
            let now = world.now().unix_seconds();
            let ago = |time: Option<Timestamp>| time.map(|time| now - time.unix_seconds());
            let projects = world.project_list(&caller, ProjectList::new()).unwrap();
            let projects: Vec<_> =
                projects.iter().map(|row| (ago(row.created_at), ago(row.updated_at))).collect();
            let day = Duration::from_secs(86_400);
            let list =
                TaskList::new("7CTXN0000B00A1", world.now().saturating_sub(day), world.now());
            let tasks = world.task_list(&caller, list).unwrap();
            let tasks: Vec<_> = tasks
                .iter()
                .map(|task| (task.uuid.clone(), ago(task.begin_at), ago(task.completed_at)))
                .collect();
            let state = world.device_state(&caller, DeviceState::new("7CTXN0000B00A1")).unwrap();
            let state = serde_json::to_value(&state).unwrap();
            let activated = state["device_state"]["activation_time"].as_i64().unwrap();
            assert!(!tasks.is_empty());
            seen.push((now - activated, projects, tasks));
        }
        assert_eq!(seen[0], seen[1]);
        assert_eq!(other.now().unix_seconds() - usual.now().unix_seconds(), later);
    }
}
