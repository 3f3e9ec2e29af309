//! A world behind HTTP.

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use flighthub_api::Timestamp;
use tokio::sync::{Notify, watch};

use crate::caller::KeyProfile;
use crate::clock::Clock;
use crate::faults::{Arrival, Fault, FaultPort, Plan};
use crate::journal::{self, Happening, Journal, Ring};
use crate::limiter::{Limiter, RateLimit};
use crate::record::Recorder;
use crate::scenario::{Action, Scenario, Script, What};
use crate::setup::{self, Setup};
use crate::shell::{self, Port, Role};
use crate::world::World;
use crate::world::deeds::Deed;
use crate::world::deployment::Profile;

/// Most deeds of a script that failed and are kept to be read.
const MOST_PROBLEMS: usize = 100;
/// Longest real time that a request waits for virtual time to pass by itself. When that is not enough for the speed, the clock runs slower.
const MOST_CATCHING_UP: Duration = Duration::from_millis(100);
/// Virtual time that passes before the real time is looked at again.
const PART: Duration = Duration::from_secs(60);

/// A simulated FlightHub 2 that serves HTTP on a port of its own until it is dropped.
///
/// ```
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let sim = flighthub_sim::Sim::start().await?;
/// assert!(sim.url().starts_with("http://127.0.0.1:"));
/// let before = sim.now();
/// sim.advance(Duration::from_secs(60));
/// assert_eq!(sim.now().duration_since(&before), Duration::from_secs(60));
/// sim.journal().writes().times(0);
/// # Ok(())
/// # }
/// ```
///
/// Its clock stands still unless [`advance`](Self::advance)d or built with a [`speed`](SimBuilder::speed): so a test repeats itself exactly.
/// It runs on a thread of its own, and so serves blocking and single-threaded callers too.
#[derive(Debug)]
pub struct Sim {
    regions: Vec<RegionView>,
    storage_url: String,
    console: Option<String>,
    pub(crate) shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// Where a region is reached, and with what.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegionView {
    /// Its name, such as `eu`.
    pub name: String,
    /// Its base URL, such as `http://127.0.0.1:40123`.
    pub url: String,
    /// The key that it accepts, and no other region does. It opens nothing else: its signature begins with `simulated-`.
    pub token: String,
    /// UUID of the project with the devices.
    pub project: String,
}

impl std::fmt::Debug for RegionView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, url, project, .. } = self;
        f.debug_struct("RegionView")
            .field("name", name)
            .field("url", url)
            .field("project", project)
            .finish_non_exhaustive()
    }
}

impl Sim {
    /// The demo world, on any free port of this machine.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// A simulator with other settings.
    #[must_use]
    pub fn builder() -> SimBuilder {
        SimBuilder::default()
    }

    /// Its base URL, such as `http://127.0.0.1:40123`. With several regions it is that of the first.
    #[must_use]
    pub fn url(&self) -> &str {
        self.regions.first().map_or("", |region| &region.url)
    }

    /// The URL of the web console, when it was [built with one](SimBuilder::console): a page of HTML for whatever is asked, as
    /// `https://fh.dji.com` answers to integrators who take it for the API.
    #[must_use]
    pub fn console_url(&self) -> Option<&str> {
        self.console.as_deref()
    }

    /// The base URL of its object storage, on a port of its own: where the grants send uploads and signed addresses lead.
    #[must_use]
    pub fn storage_url(&self) -> &str {
        &self.storage_url
    }

    /// The key that it accepts. It opens nothing else: its signature begins with `simulated-`.
    #[must_use]
    pub fn token(&self) -> &str {
        self.regions.first().map_or("", |region| &region.token)
    }

    /// UUID of the project with the devices.
    #[must_use]
    pub fn project(&self) -> &str {
        World::DEMO_PROJECT
    }

    /// A region by its name.
    #[must_use]
    pub fn region(&self, name: &str) -> Option<&RegionView> {
        self.regions.iter().find(|region| region.name == name)
    }

    /// All regions, in the order in which they were named.
    #[must_use]
    pub fn regions(&self) -> &[RegionView] {
        &self.regions
    }

    /// The virtual time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.state().now()
    }

    /// Lets virtual time pass, at once. Every virtual second is gone through: a month takes a while.
    pub fn advance(&self, duration: Duration) {
        self.shared.state().advance(duration);
    }

    /// Lets virtual time pass until something is so, looking once a virtual second, but no longer than a limit. Answers whether it came to be.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # use std::time::Duration;
    /// let sim = flighthub_sim::Sim::start().await?;
    /// let later = sim.now().saturating_add(Duration::from_secs(90));
    /// assert!(sim.advance_until(|world| world.now() >= later, Duration::from_secs(3600)));
    /// assert_eq!(sim.now(), later);
    /// # Ok(())
    /// # }
    /// ```
    #[allow(clippy::must_use_candidate, reason = "some only want the time to pass")]
    pub fn advance_until(&self, mut reached: impl FnMut(&World) -> bool, limit: Duration) -> bool {
        self.shared.state().advance_until(0, limit, &mut reached)
    }

    /// Stops the clock of a simulator with a speed. It can still be [`advance`](Self::advance)d.
    pub fn pause(&self) {
        self.shared.state().clock.pause(true);
    }

    /// Lets the clock run again.
    pub fn resume(&self) {
        self.shared.state().clock.pause(false);
    }

    /// Reads or changes the world of the first region while no request is served.
    ///
    /// A [record](SimBuilder::record) does not know of it; [`apply`](Self::apply) is written down.
    pub fn with_world<T>(&self, run: impl FnOnce(&mut World) -> T) -> T {
        let mut state = self.shared.state();
        run(&mut state.gateways[0].world)
    }

    /// Lets something happen in the first region.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the deed; then nothing has happened.
    pub fn apply(&self, deed: &Deed) -> Result<(), String> {
        shell::deed(&mut self.shared.state(), 0, deed)
    }

    /// What was asked so far, with assertions for tests. Secrets are masked.
    #[must_use]
    pub fn journal(&self) -> Journal {
        self.shared.state().journal.snapshot()
    }

    /// Forgets what was asked so far.
    pub fn clear_journal(&self) {
        self.shared.state().journal.clear();
    }

    /// Returns to the beginning: the worlds of the seed and the scenario, an empty journal.
    pub fn reset(&self) {
        let mut state = self.shared.state();
        // It was made once before from the same.
        let _ = state.reset();
    }

    /// Serves until the process ends.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            // The thread ends when this is dropped, or never.
            let _ = thread.join();
        }
    }

    /// Stops, and completes the record when there is one.
    ///
    /// # Errors
    ///
    /// When the record could not be written.
    pub fn stop(mut self) -> io::Result<()> {
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        match self.shared.state().journal.recorder.take() {
            Some(recorder) => recorder.finish(),
            None => Ok(()),
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

/// How a simulator is set up.
#[derive(Debug, Clone)]
pub struct SimBuilder {
    seed: Option<u64>,
    start: Option<Timestamp>,
    speed: Option<f64>,
    strict: Option<bool>,
    listen: String,
    storage_listen: Option<String>,
    storage_url: Option<String>,
    regions: Option<Vec<String>>,
    world: Option<Box<World>>,
    scenario: Option<Scenario>,
    profile: Option<Profile>,
    console: bool,
    rate_limit: Option<RateLimit>,
    journal_capacity: usize,
    record: Option<PathBuf>,
    control_open: bool,
    paused: bool,
    #[cfg(feature = "events")]
    events: Option<crate::events::EventTarget>,
}

impl Default for SimBuilder {
    fn default() -> Self {
        Self {
            seed: None,
            start: None,
            speed: None,
            strict: None,
            listen: "127.0.0.1:0".to_owned(),
            storage_listen: None,
            storage_url: None,
            regions: None,
            world: None,
            scenario: None,
            profile: None,
            console: false,
            rate_limit: None,
            journal_capacity: journal::CAPACITY,
            record: None,
            control_open: false,
            paused: false,
            #[cfg(feature = "events")]
            events: None,
        }
    }
}

impl SimBuilder {
    /// The seed of everything that looks like chance; that of the scenario or 1 by default. The same seed and the same calls give the same
    /// answers.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// When the worlds begin, in whole seconds; 2026-01-01T08:00:00Z by default. Everything that happened before lies as long before it, and
    /// the same seed, calls and start give the same answers. The keys and their dates stay what they are, so it is a time from 2026 to 2033.
    ///
    /// ```
    /// # use flighthub_sim::Sim;
    /// let start: flighthub_api::Timestamp = "2026-06-01T08:00:00Z".parse().unwrap();
    /// let sim = Sim::builder().starts_at(start).start_blocking().unwrap();
    /// assert_eq!(sim.now(), start);
    /// ```
    #[must_use]
    pub const fn starts_at(mut self, start: Timestamp) -> Self {
        self.start = Some(start);
        self
    }

    /// Virtual seconds that pass in a real one; that of the scenario or 0 by default. With 0 only [`Sim::advance`] moves the clock. Where a
    /// machine cannot keep up with the speed the clock runs slower; requests do not wait for it.
    #[must_use]
    pub const fn speed(mut self, speed: f64) -> Self {
        self.speed = Some(speed);
        self
    }

    /// Starts with the clock [paused](Sim::pause).
    #[must_use]
    pub const fn paused(mut self, paused: bool) -> Self {
        self.paused = paused;
        self
    }

    /// Whether requests that are not as documented are refused instead of noted. Off by default, as the real one seems to be.
    #[must_use]
    pub const fn strict(mut self, strict: bool) -> Self {
        self.strict = Some(strict);
        self
    }

    /// Where to listen, `127.0.0.1:0` by default. Port 0 is any free one. Further regions listen on the ports after it.
    #[must_use]
    pub fn listen(mut self, address: impl Into<String>) -> Self {
        self.listen = address.into();
        self
    }

    /// Where the object storage listens: any free port at the address of [`listen`](Self::listen) by default.
    #[must_use]
    pub fn storage_listen(mut self, address: impl Into<String>) -> Self {
        self.storage_listen = Some(address.into());
        self
    }

    /// The URL under which clients reach the object storage, when it is another than that of the port: behind a container's mapping, or
    /// a host name such as `http://oss-cn-hangzhou.localhost:9000`.
    #[must_use]
    pub fn storage_url(mut self, url: impl Into<String>) -> Self {
        self.storage_url = Some(url.into());
        self
    }

    /// The regions, each a gateway on a port of its own with a world and a key of its own; `eu` alone by default.
    #[must_use]
    pub fn regions<R: Into<String>>(mut self, names: impl IntoIterator<Item = R>) -> Self {
        self.regions = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Another world than the demo in the first region. The seed is then the world's own.
    #[must_use]
    pub fn world(mut self, world: World) -> Self {
        self.world = Some(Box::new(world));
        self
    }

    /// What happens to the worlds, at once and later. What is set here wins over what the scenario says.
    #[must_use]
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.scenario = Some(scenario);
        self
    }

    /// How many requests the journal keeps, 10,000 by default. It never keeps more than 32 MiB, nor more than 16 KiB of a body.
    #[must_use]
    pub const fn journal_capacity(mut self, entries: usize) -> Self {
        self.journal_capacity = entries;
        self
    }

    /// Writes the session to a file that [`replay`](crate::replay) plays again. Secrets are masked. It is written to `FILE.part` first and
    /// gets its name when the simulator ends.
    #[must_use]
    pub fn record(mut self, file: impl Into<PathBuf>) -> Self {
        self.record = Some(file.into());
        self
    }

    /// Whether `/__sim/` answers other machines and pages in browsers too. Off by default: whoever listens on more than this machine does
    /// not mean to let anybody change the world, nor does whoever has a browser open.
    #[must_use]
    pub const fn control_open(mut self, open: bool) -> Self {
        self.control_open = open;
        self
    }

    /// Posts what happens to a URL, as FlightHub 2 does when the console is told to.
    #[cfg(feature = "events")]
    #[must_use]
    pub fn events_to(mut self, target: crate::events::EventTarget) -> Self {
        self.events = Some(target);
        self
    }

    /// What kind of installation it is: that of the world by default, and the demo world is of the public cloud.
    #[must_use]
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Whether there is a web console, at a port of its own on this machine. Off by default.
    #[must_use]
    pub const fn console(mut self, console: bool) -> Self {
        self.console = console;
        self
    }

    /// How often a key may call. By default there is no limit.
    #[must_use]
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limit = Some(limit);
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened on, or a setting is wrong.
    pub async fn start(self) -> io::Result<Sim> {
        self.start_blocking()
    }

    /// Starts it from a program without async.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_blocking(self) -> io::Result<Sim> {
        let scenario = self.scenario.as_ref();
        let named = scenario.and_then(Scenario::regions).map(<[String]>::to_vec);
        let setup = Setup {
            seed: self.seed.or(scenario.and_then(Scenario::seed)).unwrap_or(1),
            start: self.start,
            strict: self.strict.or(scenario.and_then(Scenario::strict)).unwrap_or(false),
            regions: self.regions.or(named).unwrap_or_else(|| vec![setup::REGION.to_owned()]),
            profile: self.profile.or(scenario.and_then(Scenario::profile)),
            rate_limit: self.rate_limit,
            scenario: self.scenario.clone(),
            world: self.world,
        };
        setup::check_regions(&setup.regions).map_err(wrong)?;
        if let Some(start) = setup.start {
            setup::check_start(start).map_err(wrong)?;
            if setup.world.is_some() {
                return Err(wrong(
                    "a world that a program made has a time of its own: leave `starts_at` out"
                        .to_owned(),
                ));
            }
        }
        if let Some(Err(problem)) = setup.rate_limit.as_ref().map(RateLimit::check) {
            return Err(wrong(format!("the rate limit: {problem}")));
        }
        let speed = self.speed.or(scenario.and_then(Scenario::speed)).unwrap_or(0.0);
        Clock::check(speed).map_err(wrong)?;
        let listeners = listeners(&self.listen, setup.regions.len())?;
        let address = match listeners.first() {
            Some(first) => first.local_addr()?.ip(),
            None => std::net::Ipv4Addr::LOCALHOST.into(),
        };

        let (elsewhere_port, elsewhere) = port("127.0.0.1:0", Role::Elsewhere)?;
        let storage_listen = match self.storage_listen {
            Some(listen) => listen,
            None => SocketAddr::new(address, 0).to_string(),
        };
        let (storage_port, storage_url) = port(&storage_listen, Role::Storage)?;
        let storage_url = match self.storage_url {
            Some(url) => origin(&url).map_err(wrong)?,
            None => storage_url,
        };
        let recorder = match self.record {
            Some(file) => Some(Recorder::to_file(file, &setup, speed, &storage_url)?),
            None => None,
        };
        let (mut state, faults) = State::new(setup, self.journal_capacity).map_err(wrong)?;
        state.journal.recorder = recorder;
        state.clock = Clock::new(speed);
        state.clock.pause(self.paused);
        state.control_open = self.control_open;

        let (mut regions, mut ports) = (Vec::new(), Vec::new());
        for (index, listener) in listeners.into_iter().enumerate() {
            let Some(gateway) = state.gateways.get(index) else { break };
            regions.push(RegionView {
                name: gateway.name.clone(),
                url: url(listener.local_addr()?),
                token: gateway.world.key(KeyProfile::Admin),
                project: World::DEMO_PROJECT.to_owned(),
            });
            ports.push(Port { listener, role: Role::Gateway(index) });
        }
        state.keep_storage_at(&storage_url);
        ports.push(storage_port);
        ports.push(elsewhere_port);
        state.elsewhere.url = elsewhere;
        let mut console = None;
        if self.console {
            let (console_port, url) = port("127.0.0.1:0", Role::Console)?;
            ports.push(console_port);
            console = Some(url);
        }
        state.roles = ports.iter().map(|port| port.role).collect();
        state.arm(faults).map_err(wrong)?;
        let shared = Arc::new(Shared::new(state));

        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = watch::channel(false);
        let serving = Arc::clone(&shared);
        #[cfg(feature = "events")]
        let poster = self.events.map(|target| crate::events::post(Arc::clone(&shared), target));
        let serve = async move {
            #[cfg(feature = "events")]
            if let Some(poster) = poster {
                tokio::spawn(poster);
            }
            shell::serve(serving, ports, stopped).await;
        };
        let thread = std::thread::Builder::new().name("flighthub-sim".to_owned()).spawn(
            // Dropping the runtime afterwards ends the connections that are still open.
            move || runtime.block_on(serve),
        )?;
        Ok(Sim { regions, storage_url, console, shared, stop, thread: Some(thread) })
    }
}

fn wrong(problem: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, problem)
}

/// The URL of a storage, which is signed with and therefore has no path.
fn origin(url: &str) -> Result<String, String> {
    let origin = url.trim_end_matches('/');
    let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.:[]_".contains(c);
    match host {
        Some(host) if !host.is_empty() && host.chars().all(plain) => Ok(origin.to_owned()),
        _ => Err(format!(
            "the storage URL is scheme, host and port only, such as http://storage.localhost:9000, not `{url}`"
        )),
    }
}

/// A listener for every region, on ports that follow each other unless any is wanted.
fn listeners(address: &str, number: usize) -> io::Result<Vec<TcpListener>> {
    let first = TcpListener::bind(address)?;
    let begin = first.local_addr()?;
    let any = address.rsplit_once(':').is_some_and(|(_, port)| port == "0");
    let mut listeners = vec![first];
    for index in 1..number {
        let mut next = begin;
        let port = u16::try_from(index).ok().and_then(|index| begin.port().checked_add(index));
        next.set_port(match port {
            Some(port) if !any => port,
            _ => 0,
        });
        listeners.push(TcpListener::bind(next).map_err(|error| {
            io::Error::new(error.kind(), format!("{next}, for the region after: {error}"))
        })?);
    }
    for listener in &listeners {
        listener.set_nonblocking(true)?;
    }
    Ok(listeners)
}

/// A port and the URL under which this machine reaches it.
fn port(address: &str, role: Role) -> io::Result<(Port, String)> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let url = url(listener.local_addr()?);
    Ok((Port { listener, role }, url))
}

/// The URL under which this machine reaches an address; the unspecified address is reached over loopback.
fn url(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => format!("http://127.0.0.1:{}", v4.port()),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => format!("http://[::1]:{}", v6.port()),
        _ => format!("http://{address}"),
    }
}

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Whether there may be a fault to play.
    armed: Arc<AtomicBool>,
    /// Told when a fault wants a port closed, or open again.
    pub(crate) doors: Notify,
    state: Mutex<State>,
}

impl Shared {
    pub(crate) fn new(state: State) -> Self {
        Self { armed: state.faults.armed(), doors: Notify::new(), state: Mutex::new(state) }
    }

    /// Whether there may be a fault to play. Without a lock, because almost always there is none.
    pub(crate) fn is_armed(&self) -> bool {
        self.armed.load(Ordering::Acquire)
    }

    /// Everything at this moment: the time that passed since the last look is applied first.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut due = state.clock.due();
        let begin = Instant::now();
        while !due.is_zero() {
            if begin.elapsed() > MOST_CATCHING_UP {
                // What is left never passes: making up for it would take longer and longer.
                state.clock.restart();
                break;
            }
            let part = due.min(PART);
            state.advance(part);
            due = due.saturating_sub(part);
        }
        state
    }
}

/// Everything that changes, under one lock: so what happens has one order.
#[derive(Debug)]
pub(crate) struct State {
    /// One a region, the first is that of [`Sim::url`].
    pub(crate) gateways: Vec<Gateway>,
    pub(crate) clock: Clock,
    pub(crate) journal: Ring,
    pub(crate) strict: bool,
    /// What answers on the ports.
    pub(crate) roles: Vec<Role>,
    pub(crate) faults: Plan,
    pub(crate) limiter: Option<Limiter>,
    pub(crate) elsewhere: Elsewhere,
    /// Where the object storage is reached.
    pub(crate) storage: String,
    /// What the worlds were made from.
    pub(crate) setup: Setup,
    /// What is still to happen by itself.
    pub(crate) script: Script,
    /// What of the script could not be done.
    pub(crate) problems: Vec<String>,
    /// Whether other machines may use `/__sim/`.
    pub(crate) control_open: bool,
}

/// The other origin that redirects lead to.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    pub(crate) url: String,
    pub(crate) arrivals: VecDeque<Arrival>,
}

impl Elsewhere {
    /// Somebody followed a redirect.
    pub(crate) fn arrive(&mut self, arrival: Arrival) {
        if self.arrivals.len() >= 1000 {
            self.arrivals.pop_front();
        }
        self.arrivals.push_back(arrival);
    }
}

impl State {
    /// The worlds at their beginning, with a clock that stands still, and the faults that are to be [armed](Self::arm) once the ports are
    /// known.
    ///
    /// # Errors
    ///
    /// As [`Setup::make`].
    pub(crate) fn new(setup: Setup, capacity: usize) -> Result<(Self, Vec<Fault>), String> {
        let made = setup.make()?;
        let state = Self {
            journal: Ring::new(capacity, setup::known(&made.gateways)),
            gateways: made.gateways,
            clock: Clock::new(0.0),
            strict: setup.strict,
            roles: Vec::new(),
            faults: Plan::new(setup.seed),
            limiter: setup.limiter(),
            elsewhere: Elsewhere { url: String::new(), arrivals: VecDeque::new() },
            storage: String::new(),
            setup,
            script: made.script,
            problems: Vec::new(),
            control_open: false,
        };
        Ok((state, made.faults))
    }

    /// Adds faults.
    ///
    /// # Errors
    ///
    /// Names what is wrong with the first that cannot be.
    pub(crate) fn arm(&mut self, faults: Vec<Fault>) -> Result<(), String> {
        let ports = self.listened_on();
        for fault in faults {
            self.faults.inject(fault, &ports).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// The ports that faults can be played on.
    pub(crate) fn listened_on(&self) -> Vec<(FaultPort, usize)> {
        self.roles.iter().filter_map(|role| role.place()).collect()
    }

    /// The virtual time, the same in all regions.
    pub(crate) fn now(&self) -> Timestamp {
        self.gateways.first().map_or_else(Timestamp::now, |gateway| gateway.world.now())
    }

    /// Lets time pass in all regions, and the script happen in it.
    pub(crate) fn advance(&mut self, duration: Duration) {
        let target = self.now().saturating_add(duration);
        while !self.script.is_done() {
            let now = self.now();
            let next = self.script.next_look(now).filter(|next| *next <= target);
            let Some(next) = next else { break };
            self.pass(next.duration_since(&now));
            for action in self.script.due(&self.gateways) {
                self.act(&action);
            }
        }
        self.pass(target.duration_since(&self.now()));
    }

    fn pass(&mut self, duration: Duration) {
        self.gateways.iter_mut().for_each(|gateway| gateway.world.advance(duration));
    }

    /// Lets time pass until something is so in a region, looking at every whole second, or until the limit. Answers whether it is so.
    pub(crate) fn advance_until(
        &mut self,
        region: usize,
        limit: Duration,
        reached: &mut dyn FnMut(&World) -> bool,
    ) -> bool {
        let end = self.now().saturating_add(limit);
        loop {
            let Some(gateway) = self.gateways.get(region) else { return false };
            if reached(&gateway.world) {
                return true;
            }
            let now = self.now();
            if now >= end {
                return false;
            }
            let second = Timestamp::from_unix_seconds(now.unix_seconds() + 1).unwrap_or(end);
            self.advance(second.min(end).duration_since(&now));
        }
    }

    fn act(&mut self, action: &Action) {
        let outcome = match (&action.what, self.gateways.get_mut(action.region)) {
            (What::Deed(deed), Some(gateway)) => gateway.world.apply(deed),
            (What::Fault(fault), Some(_)) => self.arm(vec![(**fault).clone()]),
            (_, None) => Err("no such region".to_owned()),
        };
        let notes = outcome.err().map(|problem| format!("{}: {problem}", action.place));
        if let Some(problem) = notes.as_ref().filter(|_| self.problems.len() < MOST_PROBLEMS) {
            self.problems.push(problem.clone());
        }
        let body = match &action.what {
            What::Deed(deed) => shell::to_text(deed),
            What::Fault(fault) => shell::to_text(fault),
        };
        let now = self.now();
        self.journal.note(
            now,
            Happening {
                port: "script",
                region: action.region,
                method: if matches!(action.what, What::Deed(_)) { "DEED" } else { "FAULT" },
                path: &action.place,
                body: body.as_bytes(),
                notes: notes.into_iter().collect(),
                status: None,
            },
        );
    }

    /// Tells the worlds where their object storage is reached.
    pub(crate) fn keep_storage_at(&mut self, url: &str) {
        url.clone_into(&mut self.storage);
        for gateway in self.gateways.iter_mut().filter(|_| !url.is_empty()) {
            gateway.world.set_storage_endpoint(url);
        }
    }

    /// Returns to the beginning.
    ///
    /// # Errors
    ///
    /// As [`Setup::make`]; then nothing has changed.
    pub(crate) fn reset(&mut self) -> Result<(), String> {
        let made = self.setup.make()?;
        self.journal.know(setup::known(&made.gateways));
        self.journal.clear();
        self.gateways = made.gateways;
        let storage = std::mem::take(&mut self.storage);
        self.keep_storage_at(&storage);
        self.script = made.script;
        self.strict = self.setup.strict;
        self.limiter = self.setup.limiter();
        self.problems.clear();
        self.clock.restart();
        self.faults.begin_anew(self.setup.seed);
        self.elsewhere.arrivals.clear();
        self.arm(made.faults)
    }
}

/// A region.
pub(crate) struct Gateway {
    pub(crate) name: String,
    pub(crate) world: World,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("name", &self.name).finish_non_exhaustive()
    }
}
