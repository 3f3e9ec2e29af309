//! A world behind HTTP.

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use flighthub_api::Timestamp;
use tokio::sync::{Notify, watch};

use crate::caller::KeyProfile;
use crate::faults::{Arrival, FaultPort, Plan};
use crate::journal::Journal;
use crate::limiter::{Limiter, RateLimit};
use crate::shell::{self, Port, Role};
use crate::world::World;
use crate::world::deployment::Profile;

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
/// # Ok(())
/// # }
/// ```
///
/// Its clock stands still unless [`advance`](Self::advance)d or built with a [`speed`](SimBuilder::speed): so a test repeats itself exactly.
/// It runs on a thread of its own, and so serves blocking and single-threaded callers too.
#[derive(Debug)]
pub struct Sim {
    url: String,
    storage_url: String,
    token: String,
    console: Option<String>,
    pub(crate) shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
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

    /// Its base URL, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
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
        &self.token
    }

    /// UUID of the project with the devices.
    #[must_use]
    pub fn project(&self) -> &str {
        World::DEMO_PROJECT
    }

    /// The virtual time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.with_world(|world| world.now())
    }

    /// Lets virtual time pass, at once.
    pub fn advance(&self, duration: Duration) {
        self.shared.state().advance(duration);
    }

    /// Reads or changes the world while no request is served.
    pub fn with_world<T>(&self, run: impl FnOnce(&mut World) -> T) -> T {
        let mut state = self.shared.state();
        run(&mut state.gateways[0].world)
    }

    /// Serves until the process ends.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            // The thread ends when this is dropped, or never.
            let _ = thread.join();
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// How a simulator is set up.
#[derive(Debug, Clone)]
pub struct SimBuilder {
    seed: u64,
    speed: f64,
    strict: bool,
    listen: String,
    storage_listen: Option<String>,
    storage_url: Option<String>,
    world: Option<World>,
    profile: Option<Profile>,
    console: bool,
    rate_limit: Option<RateLimit>,
}

impl Default for SimBuilder {
    fn default() -> Self {
        Self {
            seed: 1,
            speed: 0.0,
            strict: false,
            listen: "127.0.0.1:0".to_owned(),
            storage_listen: None,
            storage_url: None,
            world: None,
            profile: None,
            console: false,
            rate_limit: None,
        }
    }
}

impl SimBuilder {
    /// The seed of everything that looks like chance, 1 by default. The same seed and the same calls give the same answers.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Virtual seconds that pass in a real one, 0 by default. With 0 only [`Sim::advance`] moves the clock.
    #[must_use]
    pub const fn speed(mut self, speed: f64) -> Self {
        self.speed = speed;
        self
    }

    /// Whether requests that are not as documented are refused instead of noted. Off by default, as the real one seems to be.
    #[must_use]
    pub const fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Where to listen, `127.0.0.1:0` by default. Port 0 is any free one.
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

    /// Another world than the demo. The seed is then the world's own.
    #[must_use]
    pub fn world(mut self, world: World) -> Self {
        self.world = Some(world);
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
    /// When the address cannot be listened on, or the speed or rate limit is none.
    pub async fn start(self) -> io::Result<Sim> {
        self.start_blocking()
    }

    /// Starts it from a program without async.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_blocking(self) -> io::Result<Sim> {
        if !self.speed.is_finite() || self.speed < 0.0 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the speed has to be 0 or more",
            ));
        }
        if let Some(Err(problem)) = self.rate_limit.as_ref().map(RateLimit::check) {
            let problem = format!("the rate limit: {problem}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        let (gateway_port, url) = port(&self.listen, Role::Gateway(0))?;
        let (elsewhere_port, elsewhere) = port("127.0.0.1:0", Role::Elsewhere)?;
        let storage_listen = match self.storage_listen {
            Some(listen) => listen,
            None => SocketAddr::new(gateway_port.listener.local_addr()?.ip(), 0).to_string(),
        };
        let (storage_port, storage_url) = port(&storage_listen, Role::Storage)?;
        let storage_url =
            self.storage_url.map_or(storage_url, |url| url.trim_end_matches('/').to_owned());
        let mut ports = vec![gateway_port, storage_port, elsewhere_port];
        let mut console = None;
        if self.console {
            let (console_port, url) = port("127.0.0.1:0", Role::Console)?;
            ports.push(console_port);
            console = Some(url);
        }
        let seed = self.seed;
        let mut world = self.world.unwrap_or_else(|| World::demo(seed));
        if let Some(profile) = self.profile {
            world = world.with_profile(profile);
        }
        world.set_storage_endpoint(&storage_url);
        let token = world.key(KeyProfile::Admin);
        let gateway = Gateway { world };
        let faults = Plan::new(seed);
        let shared = Arc::new(Shared {
            armed: faults.armed(),
            doors: Notify::new(),
            state: Mutex::new(State {
                gateways: vec![gateway],
                clock: Clock { started: Instant::now(), speed: self.speed, passed: Duration::ZERO },
                journal: Journal::default(),
                strict: self.strict,
                roles: ports.iter().map(|port| port.role).collect(),
                faults,
                limiter: self.rate_limit.map(Into::into),
                elsewhere: Elsewhere { url: elsewhere, arrivals: VecDeque::new() },
            }),
        });

        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = watch::channel(false);
        let serving = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("flighthub-sim".to_owned()).spawn(
            // Dropping the runtime afterwards ends the connections that are still open.
            move || runtime.block_on(shell::serve(serving, ports, stopped)),
        )?;
        Ok(Sim { url, storage_url, token, console, shared, stop, thread: Some(thread) })
    }
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
    /// Whether there may be a fault to play. Without a lock, because almost always there is none.
    pub(crate) fn is_armed(&self) -> bool {
        self.armed.load(Ordering::Acquire)
    }

    /// Everything at this moment: the time that passed since the last look is applied first.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let due = state.clock.due();
        if !due.is_zero() {
            state.advance(due);
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
    pub(crate) journal: Journal,
    pub(crate) strict: bool,
    /// What answers on the ports.
    pub(crate) roles: Vec<Role>,
    pub(crate) faults: Plan,
    pub(crate) limiter: Option<Limiter>,
    pub(crate) elsewhere: Elsewhere,
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
    /// The ports that faults can be played on.
    pub(crate) fn listened_on(&self) -> Vec<(FaultPort, usize)> {
        self.roles.iter().filter_map(|role| role.place()).collect()
    }

    /// The virtual time, the same in all regions.
    pub(crate) fn now(&self) -> Timestamp {
        self.gateways.first().map_or_else(Timestamp::now, |gateway| gateway.world.now())
    }

    pub(crate) fn advance(&mut self, duration: Duration) {
        self.gateways.iter_mut().for_each(|gateway| gateway.world.advance(duration));
    }
}

/// A region.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) world: World,
}

/// Turns real time into virtual time.
#[derive(Debug)]
pub(crate) struct Clock {
    started: Instant,
    speed: f64,
    /// Virtual time that has been applied.
    passed: Duration,
}

impl Clock {
    pub(crate) const fn speed(&self) -> f64 {
        self.speed
    }

    /// Virtual time that passed since the last call.
    fn due(&mut self) -> Duration {
        let passed = Duration::try_from_secs_f64(self.started.elapsed().as_secs_f64() * self.speed)
            .unwrap_or(self.passed);
        let due = passed.saturating_sub(self.passed);
        self.passed = passed.max(self.passed);
        due
    }
}
