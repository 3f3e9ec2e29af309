//! Scenarios: a world and what happens to it, as a TOML file.
//!
//! ```toml
//! [scenario]
//! name = "low-battery"
//! about = "The aircraft's battery is nearly empty ten minutes after the start."
//! seed = 7
//! rate_limit = { requests = 100, per-seconds = 60 }
//!
//! [[deed]]                          # at once
//! do = "connect"
//! sn = "7CTXN0000B00B2"
//!
//! [[script]]                        # later
//! at = "+10m"
//! deed = { do = "battery", drone = "1581F0Q8X000U00G00A1", percent = 12 }
//!
//! [[script]]                        # when something has come to be
//! when = { task = "Morning round", status = "success" }
//! after = "30s"
//! deed = { do = "disconnect", sn = "7CTXN0000B00A1" }
//! ```

use std::fmt;
use std::path::Path;
use std::time::Duration;

use flighthub_api::Timestamp;
use flighthub_api::v1::TaskStatus;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

use crate::faults::Fault;
use crate::limiter::RateLimit;
use crate::sim::Gateway;
use crate::world::World;
use crate::world::deeds::Deed;
use crate::world::deployment::Profile;

/// Latest start of a scenario, and latest step of a script, after the beginning of the demo world: 31 days.
const MOST: Duration = Duration::from_secs(31 * 86_400);

/// The built-in scenarios: name and text.
const BUILT_IN: &[(&str, &str)] = &[
    ("dock-offline", include_str!("../scenarios/dock-offline.toml")),
    ("flaky-network", include_str!("../scenarios/flaky-network.toml")),
    ("hms-texts", include_str!("../scenarios/hms-texts.toml")),
    ("low-battery", include_str!("../scenarios/low-battery.toml")),
    ("missed-window", include_str!("../scenarios/missed-window.toml")),
    ("missing-rights", include_str!("../scenarios/missing-rights.toml")),
    ("private-cloud", include_str!("../scenarios/private-cloud.toml")),
    ("rate-limited", include_str!("../scenarios/rate-limited.toml")),
    ("rth-ceiling", include_str!("../scenarios/rth-ceiling.toml")),
    ("stolen-control", include_str!("../scenarios/stolen-control.toml")),
];

/// What a world is like at the start, and what happens to it.
///
/// ```
/// let scenario = flighthub_sim::Scenario::named("low-battery").unwrap();
/// assert!(scenario.about().contains("battery"));
///
/// let wrong = flighthub_sim::Scenario::read("[scenario]\nspede = 2", "mine.toml").unwrap_err();
/// assert!(wrong.to_string().starts_with("mine.toml:2: "));
/// ```
#[derive(Debug, Clone)]
pub struct Scenario {
    file: File,
    text: String,
    /// Where it came from, for messages.
    place: String,
}

/// A scenario that cannot be read: where, why, and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioError(String);

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ScenarioError {}

#[derive(Debug, Clone)]
struct File {
    scenario: Head,
    world: Base,
    deeds: Vec<Spanned<Start>>,
    script: Vec<Spanned<Step>>,
    faults: Vec<Fault>,
}

/// A file whose deeds and faults have not been looked at, so that what is wrong with one is told with its own line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    scenario: Head,
    #[serde(default)]
    world: Base,
    #[serde(default, rename = "deed")]
    deeds: Vec<Spanned<toml::Table>>,
    #[serde(default)]
    script: Vec<Spanned<Step>>,
    #[serde(default, rename = "fault")]
    faults: Vec<Spanned<toml::Table>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Head {
    name: String,
    about: String,
    seed: Option<u64>,
    speed: Option<f64>,
    strict: Option<bool>,
    profile: Option<Profile>,
    rate_limit: Option<RateLimit>,
    regions: Option<Vec<String>>,
    start: Option<Spanned<Moment>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Base {
    base: BaseName,
}

/// What the world is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum BaseName {
    /// The demo world: projects, devices, routes, a flight of this morning.
    #[default]
    Demo,
    /// The same organization without any of that.
    Empty,
}

/// A deed at once; in the first region unless another is named.
#[derive(Debug, Clone, Deserialize)]
struct Start {
    region: Option<String>,
    #[serde(flatten)]
    deed: Deed,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    at: Option<Moment>,
    when: Option<When>,
    after: Option<Span>,
    region: Option<String>,
    deed: Option<Deed>,
    fault: Option<Box<Fault>>,
}

/// Something that comes to be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct When {
    /// Name or UUID of a task.
    task: String,
    status: TaskStatus,
}

/// A time, or a time after the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
enum Moment {
    After(Duration),
    At(Timestamp),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Span(Duration);

/// A time as text, or in TOML's own notation.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Toml(toml::value::Datetime),
}

impl TryFrom<Written> for Moment {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let text = match written {
            Written::Text(text) => text,
            Written::Toml(time) => time.to_string(),
        };
        match text.strip_prefix('+') {
            Some(span) => span_of(span).map(Self::After),
            None => text.parse().map(Self::At).map_err(|_| {
                format!(
                    "`{text}` is no time: write `+10m` for ten minutes after the start, or date, time and offset such as 2026-01-01T09:00:00Z"
                )
            }),
        }
    }
}

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        span_of(&text).map(Self)
    }
}

/// `1h30m`, `90s`, `2d`.
pub(crate) fn span_of(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no span of time: write such as 90s, 10m, 1h30m, 2d");
    let mut seconds = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let number: u64 = rest.get(..end).unwrap_or_default().parse().map_err(|_| wrong())?;
        let unit = match rest.as_bytes().get(end) {
            Some(b's') => 1,
            Some(b'm') => 60,
            Some(b'h') => 3_600,
            Some(b'd') => 86_400,
            _ => return Err(wrong()),
        };
        seconds = number
            .checked_mul(unit)
            .and_then(|more| seconds.checked_add(more))
            .ok_or_else(wrong)?;
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    if text.is_empty() { Err(wrong()) } else { Ok(Duration::from_secs(seconds)) }
}

impl Scenario {
    /// Reads a scenario. The place, such as the name of its file, is for messages.
    ///
    /// # Errors
    ///
    /// With the line, and what is allowed there.
    pub fn read(text: &str, place: &str) -> Result<Self, ScenarioError> {
        let at = |offset: usize, problem: &str| {
            let before = text.as_bytes().get(..offset).unwrap_or_default();
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            ScenarioError(format!("{place}:{line}: {problem}"))
        };
        let form: Form = toml::from_str(text)
            .map_err(|error| at(error.span().map_or(0, |span| span.start), error.message()))?;
        let Form { scenario, world, deeds, script, faults } = form;
        let file = File {
            scenario,
            world,
            deeds: each(deeds, &at)?,
            script,
            faults: each(faults, &at)?.into_iter().map(Spanned::into_inner).collect(),
        };
        if let Some(speed) = file.scenario.speed {
            crate::clock::Clock::check(speed).map_err(|problem| at(0, &problem))?;
        }
        for step in &file.script {
            check_step(step.get_ref()).map_err(|problem| at(step.span().start, &problem))?;
        }
        Ok(Self { file, text: text.to_owned(), place: place.to_owned() })
    }

    /// Reads a scenario from a file.
    ///
    /// # Errors
    ///
    /// When there is no such file, or as [`read`](Self::read).
    pub fn open(file: impl AsRef<Path>) -> Result<Self, ScenarioError> {
        let file = file.as_ref();
        let text = std::fs::read_to_string(file)
            .map_err(|error| ScenarioError(format!("{}: {error}", file.display())))?;
        Self::read(&text, &file.display().to_string())
    }

    /// A built-in scenario.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let (name, text) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
        Self::read(text, name).ok()
    }

    /// The names of the built-in scenarios.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        if self.file.scenario.name.is_empty() { &self.place } else { &self.file.scenario.name }
    }

    /// What it shows, in a sentence or two.
    #[must_use]
    pub fn about(&self) -> &str {
        &self.file.scenario.about
    }

    /// The text that it was read from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it says how fast the clock runs.
    #[must_use]
    pub fn has_speed(&self) -> bool {
        self.file.scenario.speed.is_some()
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    pub(crate) fn seed(&self) -> Option<u64> {
        self.file.scenario.seed
    }

    pub(crate) fn speed(&self) -> Option<f64> {
        self.file.scenario.speed
    }

    pub(crate) fn strict(&self) -> Option<bool> {
        self.file.scenario.strict
    }

    pub(crate) fn profile(&self) -> Option<Profile> {
        self.file.scenario.profile
    }

    pub(crate) fn rate_limit(&self) -> Option<&RateLimit> {
        self.file.scenario.rate_limit.as_ref()
    }

    /// Whether the worlds begin empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.file.world.base == BaseName::Empty
    }

    /// The faults that are there from the beginning.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        self.file.faults.clone()
    }

    pub(crate) fn regions(&self) -> Option<&[String]> {
        self.file.scenario.regions.as_deref()
    }

    /// Brings new worlds to where the scenario begins, and answers what is still to come.
    ///
    /// # Errors
    ///
    /// Names the line of what cannot be done.
    pub(crate) fn begin(&self, gateways: &mut [Gateway]) -> Result<Script, String> {
        let line = |offset: usize| {
            let before = self.text.as_bytes().get(..offset).unwrap_or_default();
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            format!("{}:{line}", self.place)
        };
        let region = |name: Option<&String>, gateways: &[Gateway], offset: usize| match name {
            None => Ok(0),
            Some(name) => {
                gateways.iter().position(|gateway| gateway.name == *name).ok_or_else(|| {
                    let known: Vec<_> =
                        gateways.iter().map(|gateway| gateway.name.as_str()).collect();
                    format!(
                        "{}: there is no region `{name}`; this simulator has {}",
                        line(offset),
                        known.join(", ")
                    )
                })
            }
        };
        let Some(begin) = gateways.first().map(|gateway| gateway.world.now()) else {
            return Ok(Script::default());
        };
        if let Some(start) = &self.file.scenario.start {
            let place = line(start.span().start);
            let span = match start.get_ref() {
                Moment::After(span) => *span,
                Moment::At(time) if *time >= begin => time.duration_since(&begin),
                Moment::At(_) => {
                    return Err(format!("{place}: the world begins at {begin}, `start` is before"));
                }
            };
            if span > MOST {
                return Err(format!("{place}: `start` is more than 31 days after {begin}"));
            }
            gateways.iter_mut().for_each(|gateway| gateway.world.advance(span));
        }
        for start in &self.file.deeds {
            let offset = start.span().start;
            let index = region(start.get_ref().region.as_ref(), gateways, offset)?;
            if let Some(gateway) = gateways.get_mut(index) {
                gateway
                    .world
                    .apply(&start.get_ref().deed)
                    .map_err(|problem| format!("{}: {problem}", line(offset)))?;
            }
        }
        let now = gateways.first().map_or(begin, |gateway| gateway.world.now());
        let mut steps = Vec::new();
        for step in &self.file.script {
            let offset = step.span().start;
            let Step { at, when, after, region: name, deed, fault } = step.get_ref();
            let what = match (deed, fault) {
                (Some(deed), _) => What::Deed(deed.clone()),
                (None, Some(fault)) => What::Fault(fault.clone()),
                (None, None) => continue,
            };
            let after = after.map_or(Duration::ZERO, |Span(after)| after);
            let due = match (at, when) {
                (Some(Moment::After(span)), _) => Due::At(now.saturating_add(*span)),
                (Some(Moment::At(time)), _) => Due::At(*time),
                (None, Some(when)) => Due::When(when.clone(), after),
                (None, None) => continue,
            };
            steps.push(Pending {
                due,
                action: Action {
                    region: region(name.as_ref(), gateways, offset)?,
                    what,
                    place: line(offset),
                },
            });
        }
        Ok(Script { steps })
    }
}

/// Reads tables one by one.
fn each<T: DeserializeOwned>(
    tables: Vec<Spanned<toml::Table>>,
    at: &dyn Fn(usize, &str) -> ScenarioError,
) -> Result<Vec<Spanned<T>>, ScenarioError> {
    let one = |table: Spanned<toml::Table>| {
        let span = table.span();
        let value = table.into_inner().try_into::<T>();
        let value = value.map_err(|error| at(span.start, error.message()))?;
        Ok(Spanned::new(span, value))
    };
    tables.into_iter().map(one).collect()
}

fn check_step(step: &Step) -> Result<(), String> {
    if step.deed.is_some() == step.fault.is_some() {
        return Err("a step has either `deed` or `fault`".to_owned());
    }
    match (step.at, &step.when, step.after) {
        (Some(_), Some(_), _) => Err("a step has either `at` or `when`, not both".to_owned()),
        (None, None, _) => Err(
            "a step needs `at`, such as \"+10m\", or `when`, such as { task = \"Morning round\", status = \"success\" }"
                .to_owned(),
        ),
        (Some(_), None, Some(_)) => {
            Err("`after` goes with `when`; put the time into `at`".to_owned())
        }
        (Some(Moment::After(span)), None, None) if span > MOST => {
            Err("`at` is more than 31 days after the start".to_owned())
        }
        (None, Some(When { status, .. }), _) if !status.is_known() => {
            Err(format!("`{status}` is no status of tasks; write such as waiting, executing, success"))
        }
        _ => Ok(()),
    }
}

/// What is still to happen by itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    steps: Vec<Pending>,
}

#[derive(Debug, Clone)]
struct Pending {
    due: Due,
    action: Action,
}

#[derive(Debug, Clone)]
enum Due {
    At(Timestamp),
    /// So long after something has come to be.
    When(When, Duration),
}

/// What happens.
#[derive(Debug, Clone)]
pub(crate) enum What {
    /// In the world.
    Deed(Deed),
    /// On the wire.
    Fault(Box<Fault>),
}

/// Something that happens.
#[derive(Debug, Clone)]
pub(crate) struct Action {
    /// The region's place in the list of regions.
    pub(crate) region: usize,
    pub(crate) what: What,
    /// File and line.
    pub(crate) place: String,
}

impl Script {
    pub(crate) fn is_done(&self) -> bool {
        self.steps.is_empty()
    }

    /// Steps that are still to come.
    pub(crate) fn len(&self) -> usize {
        self.steps.len()
    }

    /// When to look next: at the next time that is named, or at the next second while something is waited for.
    pub(crate) fn next_look(&self, now: Timestamp) -> Option<Timestamp> {
        let next_second = Timestamp::from_unix_seconds(now.unix_seconds() + 1);
        let times = self.steps.iter().filter_map(|step| match step.due {
            Due::At(time) => Some(time.max(now)),
            Due::When(..) => next_second,
        });
        times.min()
    }

    /// Takes what is due, in the order of the file.
    pub(crate) fn due(&mut self, gateways: &[Gateway]) -> Vec<Action> {
        let Some(now) = gateways.first().map(|gateway| gateway.world.now()) else {
            return Vec::new();
        };
        for step in &mut self.steps {
            if let Due::When(when, after) = &step.due {
                let world = gateways.get(step.action.region).map(|gateway| &gateway.world);
                if world.is_some_and(|world| has_come(world, when)) {
                    step.due = Due::At(now.saturating_add(*after));
                }
            }
        }
        let is_due = |step: &Pending| matches!(step.due, Due::At(time) if time <= now);
        let (due, rest) = std::mem::take(&mut self.steps).into_iter().partition(is_due);
        self.steps = rest;
        let due: Vec<Pending> = due;
        due.into_iter().map(|step| step.action).collect()
    }
}

/// Whether a task of that name, the latest one, has that status.
fn has_come(world: &World, when: &When) -> bool {
    let task = world.tasks.named(&when.task);
    task.is_some_and(|task| *task.status == when.status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time_have_units() {
        for (text, seconds) in
            [("90s", 90), ("10m", 600), ("1h30m", 5_400), ("2d", 172_800), ("0s", 0)]
        {
            assert_eq!(span_of(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "10", "m", "1.5h", "10 m", "99999999999999999999d", "9999999999999999999h"]
        {
            assert!(span_of(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_built_in_scenario_is_sound() {
        for (name, text) in BUILT_IN {
            let scenario = Scenario::read(text, name).unwrap();
            assert_eq!(scenario.name(), *name);
            assert!(!scenario.about().is_empty(), "{name}");
        }
    }
}
