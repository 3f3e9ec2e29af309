//! What the arguments of the simulator's program say.

use std::path::PathBuf;

use flighthub_api::Timestamp;

use crate::{FaultKind, KeyProfile, Profile, RateLimit, Scenario, Sim, SimBuilder, World};

/// The help, where `{name}` is the name of the program.
pub(super) const HELP: &str = "\
A simulated DJI FlightHub 2, to develop and test against. Nothing here is real, and nothing reaches DJI.

Usage: {name} [serve] [ARGUMENTS]   serve it until Ctrl-C
       {name} replay FILE           play a record again and compare
       {name} proxy --to URL        hand calls on to a real base URL and report what is not as described
       {name} scenarios             list the built-in scenarios
       {name} keys [--region NAME]  list the simulated keys by what they are good for
       {name} quirks                list how replies can differ, for the header x-flighthub-simulator-quirk
       {name} faults                list what can go wrong, for `kind` of a [[fault]] or POST /__sim/faults

  --listen ADDRESS    where to listen; port 0 is any free one (default 127.0.0.1:0)
  --seed N            seed of everything that looks like chance (default 1)
  --start TIME        when the world begins: a time such as 2026-06-01T08:00:00Z, or `now` (default 2026-01-01T08:00:00Z)
  --speed N           virtual seconds in a real one; 0 stands still (default 1)
  --paused            start with the clock paused
  --strict            refuse requests that are not as documented, instead of naming them in a reply header
  --region NAME       a region with a port, a world and a key of its own; may come several times (default eu)
  --profile NAME      public (DJI's cloud, the default) or private (with stream converters)
  --console           a port that answers with the page of the web console, printed as FLIGHTHUB_CONSOLE
  --storage-listen ADDRESS
                      where the object storage listens (default: any free port at the address of --listen)
  --storage-url URL   where clients reach the object storage, when that is elsewhere: behind a mapping of ports
  --rate-limit N/SECONDS
                      calls that a key has in so many virtual seconds, such as 10/1 (default: no limit)
  --scenario FILE     what happens to the world: a TOML file, or the name of a built-in scenario
  --journal N         how many requests the journal keeps (default 10000)
  --record FILE       write the session to a file for `replay`; it is FILE.part until the end
  --control-open      let other machines and pages in browsers use /__sim/ too, not only programs of this machine
  --events-to URL     post what happens there, signed; needs --events-secret-file
  --events-secret-file FILE
                      the token that the signatures are keyed with
  --events-allow-http
                      let events go over plain http to other machines
  --list-scenarios    as `{name} scenarios`
  --help              print this
  --version           print the version

Prints these lines, then one of FLIGHTHUB_URL_NAME and FLIGHTHUB_TOKEN_NAME for every further region:

  listening on http://127.0.0.1:PORT
  FLIGHTHUB_TOKEN=...
  FLIGHTHUB_PROJECT=...

With `proxy`, which changes nothing and keeps no key, address or body:

  --to URL            the base URL, such as https://es-flight-api-eu.djigate.com
  --listen ADDRESS    where to listen; port 0 is any free one (default 127.0.0.1:0)
  --report FILE       write the findings there, one JSON object a line
  --allow-http        let keys go over plain http to other machines
  --ca FILE           trust the certificate authority (PEM) of this file too
  --fail-on-drift     end with 3 when something was found that the description does not know

Every reply carries `x-flighthub-simulator`. GET /__sim/ lists what controls it: clock, journal, deeds, scenarios.
Exit codes: 0 done, 1 it failed or a replay came out differently, 2 wrong arguments, 3 drift with --fail-on-drift.
";

/// What the arguments want.
pub(super) enum Wanted {
    Serve(Box<Settings>),
    Replay(PathBuf),
    #[cfg(feature = "contract")]
    Proxy(Box<Watching>),
    Help,
    Print(String),
}

/// How to serve.
pub(super) struct Settings {
    pub(super) builder: SimBuilder,
    /// The addresses, for people.
    pub(super) listen: String,
}

/// How to watch a real one.
#[cfg(feature = "contract")]
pub(super) struct Watching {
    pub(super) builder: crate::contract::ProxyBuilder,
    pub(super) fail_on_drift: bool,
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

/// Reads the arguments, or says what is wrong with them.
pub(super) fn read(arguments: impl Iterator<Item = String>) -> Result<Wanted, String> {
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
                None if file == "--help" => Ok(Wanted::Help),
                None => Ok(Wanted::Replay(file.into())),
                Some(more) => Err(format!("replay takes one file; what is `{more}`?")),
            };
        }
        Some(list @ ("scenarios" | "quirks" | "faults")) => {
            let text = match list {
                "scenarios" => scenarios(),
                "quirks" => quirks(),
                _ => faults(),
            };
            return match values.arguments.nth(1).as_deref() {
                None => Ok(Wanted::Print(text)),
                Some("--help" | "-h") => Ok(Wanted::Help),
                Some(more) => Err(format!("this only lists; what is `{more}`? Leave it out")),
            };
        }
        Some("keys") => {
            values.arguments.next();
            return listing_keys(values);
        }
        Some("proxy") => {
            values.arguments.next();
            return watching(values);
        }
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
    let mut places = String::new();
    let mut regions: Vec<String> = Vec::new();
    let mut speed = None;
    let mut scenario = None;
    let mut events = Events::default();
    while let Some(argument) = values.arguments.next() {
        let argument = argument.as_str();
        match argument {
            "--listen" => listen = values.text(argument, "an address such as 127.0.0.1:8080")?,
            "--seed" => builder = builder.seed(values.number(argument)?),
            "--start" => {
                let text = values.text(argument, "a time such as 2026-06-01T08:00:00Z, or now")?;
                builder = builder.starts_at(start(&text)?);
            }
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
            "--storage-listen" => {
                let address = values.text(argument, "an address such as 127.0.0.1:9000")?;
                places = format!(", and on {address} for the storage");
                builder = builder.storage_listen(address);
            }
            "--storage-url" => {
                let url = values.text(argument, "a URL such as http://127.0.0.1:9000")?;
                builder = builder.storage_url(url);
            }
            "--rate-limit" => {
                let text = values.text(argument, "calls and seconds such as 10/1")?;
                builder = builder.rate_limit(limit(&text)?);
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
            "--help" | "-h" => return Ok(Wanted::Help),
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
    Ok(Wanted::Serve(Box::new(Settings { builder, listen: listen + &places })))
}

/// `now`, or a time with its offset.
fn start(text: &str) -> Result<Timestamp, String> {
    if text == "now" {
        return Ok(Timestamp::now());
    }
    text.parse().map_err(|_| {
        format!("--start takes `now` or date, time and offset such as 2026-06-01T08:00:00Z, not `{text}`")
    })
}

/// `10/1`: calls and virtual seconds.
fn limit(text: &str) -> Result<RateLimit, String> {
    let wrong = || {
        format!(
            "--rate-limit takes calls and virtual seconds, both more than 0, such as 10/1, not `{text}`"
        )
    };
    let (calls, seconds) = text.split_once('/').ok_or_else(wrong)?;
    let calls = calls.parse().ok().filter(|calls| *calls > 0).ok_or_else(wrong)?;
    let seconds = seconds.parse().ok();
    let seconds = seconds.filter(|seconds: &f64| seconds.is_finite() && *seconds > 0.0);
    Ok(RateLimit::new(calls, seconds.ok_or_else(wrong)?))
}

#[cfg(feature = "contract")]
fn watching(mut values: Values<impl Iterator<Item = String>>) -> Result<Wanted, String> {
    let (mut to, mut listen, mut report, mut authority) = (None, None, None, None);
    let (mut allow_http, mut fail_on_drift) = (false, false);
    while let Some(argument) = values.arguments.next() {
        let argument = argument.as_str();
        match argument {
            "--to" => to = Some(values.text(argument, "the base URL")?),
            "--listen" => {
                listen = Some(values.text(argument, "an address such as 127.0.0.1:8080")?);
            }
            "--report" => report = Some(values.text(argument, "a file")?),
            "--allow-http" => allow_http = true,
            "--ca" => authority = Some(values.text(argument, "a file with a certificate (PEM)")?),
            "--fail-on-drift" => fail_on_drift = true,
            "--help" | "-h" => return Ok(Wanted::Help),
            _ => return Err(format!("proxy has no argument `{argument}`")),
        }
    }
    let to = to.ok_or("proxy needs --to with the base URL of a FlightHub 2")?;
    let mut builder = crate::contract::Proxy::before(to);
    if let Some(listen) = listen {
        builder = builder.listen(listen);
    }
    if let Some(report) = report {
        builder = builder.report_to(report);
    }
    if let Some(file) = authority {
        let pem = std::fs::read(&file).map_err(|error| format!("--ca {file}: {error}"))?;
        builder = builder.certificate_authority(pem);
    }
    if allow_http {
        builder = builder.allow_http();
    }
    Ok(Wanted::Proxy(Box::new(Watching { builder, fail_on_drift })))
}

#[cfg(not(feature = "contract"))]
fn watching(_: Values<impl Iterator<Item = String>>) -> Result<Wanted, String> {
    Err("this simulator was built without the contract mode: the program `flighthub-sim` has it (cargo install flighthub-sim)".to_owned())
}

fn listing_keys(mut values: Values<impl Iterator<Item = String>>) -> Result<Wanted, String> {
    let mut region = None;
    while let Some(argument) = values.arguments.next() {
        match argument.as_str() {
            "--region" => region = Some(values.text("--region", "a name such as eu")?),
            "--help" | "-h" => return Ok(Wanted::Help),
            _ => return Err(format!("keys has no argument `{argument}`, only --region NAME")),
        }
    }
    let world = region.map(|region| World::demo_in(&region, 1));
    let key = |profile| match &world {
        Some(world) => world.key(profile),
        None => World::demo_key(profile),
    };
    let one = |profile: KeyProfile| format!("{:<15}{}\n", profile.name(), key(profile));
    Ok(Wanted::Print(KeyProfile::ALL.into_iter().map(one).collect()))
}

/// One line each.
fn quirks() -> String {
    let line = |quirk: &crate::quirks::Quirk| format!("{:<32}{}\n", quirk.name, quirk.about);
    crate::quirks::QUIRKS.iter().map(line).collect()
}

/// One line each.
fn faults() -> String {
    let line = |name: &&str| format!("{name:<20}{}\n", FaultKind::about(name).unwrap_or_default());
    FaultKind::NAMES.iter().map(line).collect()
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
        use crate::EventTarget;
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
