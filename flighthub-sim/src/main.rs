//! `flighthub-sim`: a simulated FlightHub 2 for people and for programs in any language.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use flighthub_sim::{Profile, Replayed, Scenario, Sim, SimBuilder};

const HELP: &str = "\
A simulated DJI FlightHub 2, to develop and test against. Nothing here is real, and nothing reaches DJI.

Usage: flighthub-sim [serve] [ARGUMENTS]   serve it until Ctrl-C
       flighthub-sim replay FILE           play a record again and compare
       flighthub-sim scenarios             list the built-in scenarios

  --listen ADDRESS    where to listen; port 0 is any free one (default 127.0.0.1:0)
  --seed N            seed of everything that looks like chance (default 1)
  --speed N           virtual seconds in a real one; 0 stands still (default 1)
  --paused            start with the clock paused
  --strict            refuse requests that are not as documented, instead of naming them in a reply header
  --region NAME       a region with a port, a world and a key of its own; may come several times (default eu)
  --profile NAME      public (DJI's cloud, the default) or private (with stream converters)
  --console           a port that answers with the page of the web console, printed as FLIGHTHUB_CONSOLE
  --scenario FILE     what happens to the world: a TOML file, or the name of a built-in scenario
  --journal N         how many requests the journal keeps (default 10000)
  --record FILE       write the session to a file for `replay`; it is FILE.part until the end
  --control-open      let other machines and pages in browsers use /__sim/ too, not only programs of this machine
  --events-to URL     post what happens there, signed; needs --events-secret-file
  --events-secret-file FILE
                      the token that the signatures are keyed with
  --events-allow-http
                      let events go over plain http to other machines
  --list-scenarios    as `flighthub-sim scenarios`
  --help              print this
  --version           print the version

Prints these lines, then one of FLIGHTHUB_URL_NAME and FLIGHTHUB_TOKEN_NAME for every further region:

  listening on http://127.0.0.1:PORT
  FLIGHTHUB_TOKEN=...
  FLIGHTHUB_PROJECT=...

Every reply carries `x-flighthub-simulator`. GET /__sim/ lists what controls it: clock, journal, deeds, scenarios.
Exit codes: 0 done, 1 it failed or a replay came out differently, 2 wrong arguments.
";

/// What the arguments want.
enum Wanted {
    Serve(Box<Settings>),
    Replay(PathBuf),
    Print(String),
}

/// How to serve.
struct Settings {
    builder: SimBuilder,
    listen: String,
}

fn main() -> ExitCode {
    match read(std::env::args().skip(1)) {
        Ok(Wanted::Serve(settings)) => serve(*settings),
        Ok(Wanted::Replay(file)) => replay(file),
        Ok(Wanted::Print(text)) if say(&text).is_ok() => ExitCode::SUCCESS,
        Ok(Wanted::Print(_)) => ExitCode::FAILURE,
        Err(problem) => {
            complain(&format!("flighthub-sim: {problem}\nTry `flighthub-sim --help`.\n"));
            ExitCode::from(2)
        }
    }
}

fn serve(settings: Settings) -> ExitCode {
    let Settings { builder, listen } = settings;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served = runtime.and_then(|runtime| {
        runtime.block_on(async {
            // Before anybody can know the port, so that every end is a clean one.
            let mut signals = Signals::new()?;
            let sim = builder.start_blocking()?;
            // Without a reader of these lines somebody may still know the port.
            let _ = say(&lines(&sim));
            signals.wait().await;
            sim.stop()
        })
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            complain(&format!("flighthub-sim: {error}\nTry `flighthub-sim --help`.\n"));
            ExitCode::from(2)
        }
        Err(error) => {
            let hint = match error.kind() {
                io::ErrorKind::AddrInUse
                | io::ErrorKind::AddrNotAvailable
                | io::ErrorKind::PermissionDenied => {
                    format!(
                        " (listening on {listen}). Choose another --listen; port 0 is any free one."
                    )
                }
                _ => String::new(),
            };
            complain(&format!("flighthub-sim: {error}{hint}\n"));
            ExitCode::FAILURE
        }
    }
}

/// What the first lines say.
fn lines(sim: &Sim) -> String {
    let mut text = format!(
        "listening on {}\nFLIGHTHUB_TOKEN={}\nFLIGHTHUB_PROJECT={}\n",
        sim.url(),
        sim.token(),
        sim.project()
    );
    for region in sim.regions().iter().skip(1) {
        let name = region.name.to_ascii_uppercase().replace('-', "_");
        text += &format!("FLIGHTHUB_URL_{name}={}\n", region.url);
        text += &format!("FLIGHTHUB_TOKEN_{name}={}\n", region.token);
    }
    if let Some(console) = sim.console_url() {
        text += &format!("FLIGHTHUB_CONSOLE={console}\n");
    }
    text
}

/// The signals that end it.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    #[cfg(not(unix))]
    fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(unix)]
    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    #[cfg(not(unix))]
    async fn wait(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

fn replay(file: PathBuf) -> ExitCode {
    match flighthub_sim::replay(&file) {
        Ok(Replayed::Same { requests }) => {
            let _ = say(&format!("the same: {requests} requests\n"));
            ExitCode::SUCCESS
        }
        Ok(Replayed::Different { line, recorded, now }) => {
            let place = file.display();
            let _ = say(&format!("{place}:{line}: different\n- {recorded}\n+ {now}\n"));
            ExitCode::FAILURE
        }
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            complain(&format!("flighthub-sim: {}: {error}\n", file.display()));
            ExitCode::FAILURE
        }
    }
}

fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn complain(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// The values that follow arguments.
struct Values<I> {
    arguments: I,
}

impl<I: Iterator<Item = String>> Values<I> {
    fn text(&mut self, argument: &str, what: &str) -> Result<String, String> {
        self.arguments.next().ok_or_else(|| format!("{argument} needs {what} after it"))
    }

    fn number(&mut self, argument: &str) -> Result<u64, String> {
        let text = self.text(argument, "a whole number")?;
        text.parse().map_err(|_| format!("{argument} takes a whole number such as 1, not `{text}`"))
    }
}

fn read(arguments: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let arguments = arguments.flat_map(|argument| match argument.split_once('=') {
        Some((name, value)) if name.starts_with("--") => vec![name.to_owned(), value.to_owned()],
        _ => vec![argument],
    });
    let mut values = Values { arguments: arguments.peekable() };
    match values.arguments.peek().map(String::as_str) {
        Some("replay") => {
            values.arguments.next();
            let file = values.text("replay", "the file of a record")?;
            return match values.arguments.next() {
                None if file == "--help" => Ok(Wanted::Print(HELP.to_owned())),
                None => Ok(Wanted::Replay(file.into())),
                Some(more) => Err(format!("replay takes one file; what is `{more}`?")),
            };
        }
        Some("scenarios") => return Ok(Wanted::Print(scenarios())),
        Some("serve") => {
            values.arguments.next();
        }
        _ => {}
    }
    serving(values)
}

fn serving(mut values: Values<impl Iterator<Item = String>>) -> Result<Wanted, String> {
    let mut builder = Sim::builder();
    let mut listen = "127.0.0.1:0".to_owned();
    let mut regions: Vec<String> = Vec::new();
    let mut speed = None;
    let mut scenario = None;
    let mut events = Events::default();
    while let Some(argument) = values.arguments.next() {
        let argument = argument.as_str();
        match argument {
            "--listen" => listen = values.text(argument, "an address such as 127.0.0.1:8080")?,
            "--seed" => builder = builder.seed(values.number(argument)?),
            "--speed" => {
                let text = values.text(argument, "a number")?;
                let number = text.parse().ok().filter(|speed| (0.0..=1e6).contains(speed));
                speed = Some(number.ok_or_else(|| {
                    format!("--speed takes a number from 0 to 1000000 such as 60, not `{text}`")
                })?);
            }
            "--paused" => builder = builder.paused(true),
            "--profile" => {
                let name = values.text(argument, "public or private")?;
                let profile = [("public", Profile::Public), ("private", Profile::Private)];
                let found = profile.into_iter().find(|(known, _)| *known == name);
                let (_, profile) = found
                    .ok_or_else(|| format!("--profile takes public or private, not `{name}`"))?;
                builder = builder.profile(profile);
            }
            "--console" => builder = builder.console(true),
            "--strict" => builder = builder.strict(true),
            "--region" => regions.push(values.text(argument, "a name such as eu")?),
            "--scenario" => {
                let name = values.text(argument, "a file, or the name of a built-in scenario")?;
                scenario = Some(scenario_of(&name)?);
            }
            "--journal" => {
                let number = values.number(argument)?;
                builder = builder.journal_capacity(usize::try_from(number).unwrap_or(usize::MAX));
            }
            "--record" => builder = builder.record(values.text(argument, "a file")?),
            "--control-open" => builder = builder.control_open(true),
            "--events-to" => events.url = Some(values.text(argument, "a URL")?),
            "--events-secret-file" => events.secret = Some(values.text(argument, "a file")?),
            "--events-allow-http" => events.allow_http = true,
            "--list-scenarios" => return Ok(Wanted::Print(scenarios())),
            "--help" | "-h" => return Ok(Wanted::Print(HELP.to_owned())),
            "--version" | "-V" => {
                return Ok(Wanted::Print(
                    concat!("flighthub-sim ", env!("CARGO_PKG_VERSION"), "\n").to_owned(),
                ));
            }
            _ => return Err(format!("there is no argument `{argument}`")),
        }
    }
    if !regions.is_empty() {
        builder = builder.regions(regions);
    }
    if speed.is_some() || scenario.as_ref().is_none_or(|scenario| !scenario.has_speed()) {
        builder = builder.speed(speed.unwrap_or(1.0));
    }
    if let Some(scenario) = scenario {
        builder = builder.scenario(scenario);
    }
    builder = events.apply(builder)?.listen(listen.clone());
    Ok(Wanted::Serve(Box::new(Settings { builder, listen })))
}

/// A name that could be a file is one.
fn scenario_of(name: &str) -> Result<Scenario, String> {
    let is_file = name.contains(['/', '\\', '.']);
    if !is_file {
        return Scenario::named(name).ok_or_else(|| {
            let known: Vec<_> = Scenario::names().collect();
            format!(
                "there is no built-in scenario `{name}`, there are {}; a file has a `.` or `/` in its name",
                known.join(", ")
            )
        });
    }
    Scenario::open(name).map_err(|error| error.to_string())
}

fn scenarios() -> String {
    let known = Scenario::names().filter_map(Scenario::named);
    known.map(|scenario| format!("{}\n    {}\n", scenario.name(), scenario.about())).collect()
}

/// Where events go.
#[derive(Default)]
struct Events {
    url: Option<String>,
    secret: Option<String>,
    allow_http: bool,
}

impl Events {
    #[cfg(feature = "events")]
    fn apply(self, builder: SimBuilder) -> Result<SimBuilder, String> {
        use flighthub_sim::EventTarget;
        match (self.url, self.secret) {
            (None, None) if !self.allow_http => Ok(builder),
            (Some(url), Some(file)) => {
                let secret = std::fs::read_to_string(&file)
                    .map_err(|error| format!("--events-secret-file {file}: {error}"))?;
                let secret = secret.trim();
                if secret.is_empty() {
                    return Err(format!("--events-secret-file {file}: the file is empty"));
                }
                let target = match self.allow_http {
                    true => EventTarget::over_plain_http(&url, secret),
                    false => EventTarget::new(&url, secret),
                };
                let target = target.map_err(|error| {
                    format!("--events-to: {error}; --events-allow-http allows plain http")
                })?;
                Ok(builder.events_to(target))
            }
            _ => Err("--events-to URL and --events-secret-file FILE go together".to_owned()),
        }
    }

    #[cfg(not(feature = "events"))]
    fn apply(self, builder: SimBuilder) -> Result<SimBuilder, String> {
        match (self.url, self.secret, self.allow_http) {
            (None, None, false) => Ok(builder),
            _ => Err("this simulator was built without the feature `events`".to_owned()),
        }
    }
}
