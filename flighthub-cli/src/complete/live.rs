//! Live values: what FlightHub has, asked for with the key of the profile while somebody types.
//!
//! A short deadline, a cache of a minute, and silence when anything fails: completion never disturbs.

use std::collections::hash_map::DefaultHasher;
use std::ffi::OsString;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::{Command, FromArgMatches as _};
use flighthub_api::v1::{ProjectList, TaskList, WaylineList};
use flighthub_api::{Client, Project, ReadOnly, RetryPolicy, Timestamp};
use flighthub_workflows::choose::choose;
use flighthub_workflows::fleet::Fleet;
use serde::{Deserialize, Serialize};

use crate::args::GlobalArgs;
use crate::config::{self, File, Settings, Surroundings, permissions};

/// How long somebody who types waits.
const DEADLINE: Duration = Duration::from_millis(1_500);
/// How long an answer is good.
const FRESH: Duration = Duration::from_secs(60);
/// How far back tasks are looked for.
const DAYS: Duration = Duration::from_secs(7 * 86_400);
/// Docks whose tasks are looked for.
const MOST_DOCKS: usize = 8;

/// What an argument names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Profiles,
    Projects,
    Docks,
    Devices,
    Routes,
    Tasks,
    Scenarios,
}

/// Something that can be named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Value {
    pub(super) id: String,
    pub(super) name: String,
}

impl Value {
    fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { id: id.into(), name: name.into() }
    }
}

/// The line that is being typed.
pub(super) struct Asked {
    pub(super) words: Vec<OsString>,
    /// Reads as much of the line as makes sense.
    pub(super) command: Command,
}

impl Asked {
    /// What there is of a kind; nothing when it cannot be had at once.
    pub(super) fn values(&self, kind: Kind) -> Vec<Value> {
        let globals = self.globals();
        match kind {
            Kind::Profiles => profiles(&globals).unwrap_or_default(),
            Kind::Scenarios => scenarios(),
            // It has a world of its own, which is not there yet; and standard input belongs to the line.
            _ if globals.is_simulated() || globals.key_stdin => Vec::new(),
            _ => asked(kind, &globals).unwrap_or_default(),
        }
    }

    /// The global options so far. The word that is begun is none yet.
    fn globals(&self) -> GlobalArgs {
        let words = self.words.split_last().map(|(_, words)| words.to_vec()).unwrap_or_default();
        let matches = self.command.clone().try_get_matches_from(words);
        matches
            .ok()
            .and_then(|matches| GlobalArgs::from_arg_matches(&matches).ok())
            .unwrap_or_default()
    }
}

fn profiles(globals: &GlobalArgs) -> Option<Vec<Value>> {
    let file = File::open(globals.config.as_deref(), &Surroundings::of_process()).ok()?;
    let value = |(name, profile): (&String, &config::Profile)| {
        Value::new(name, profile.text("region").or_else(|| profile.text("url")).unwrap_or_default())
    };
    Some(file.profiles.iter().map(value).collect())
}

#[cfg(feature = "sim")]
fn scenarios() -> Vec<Value> {
    let known = flighthub_sim::Scenario::names().filter_map(flighthub_sim::Scenario::named);
    known.map(|scenario| Value::new(scenario.name(), scenario.about())).collect()
}

#[cfg(not(feature = "sim"))]
fn scenarios() -> Vec<Value> {
    Vec::new()
}

fn asked(kind: Kind, globals: &GlobalArgs) -> Option<Vec<Value>> {
    let settings = config::resolve(&globals.flags()).ok()?;
    let cache = cache_file(kind, &settings)?;
    if let Some(values) = cached(&cache) {
        return Some(values);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let asking = async { tokio::time::timeout(DEADLINE, ask(kind, &settings)).await.ok()? };
    let values = runtime.block_on(asking);
    runtime.shutdown_background();
    let values = values?;
    // What cannot be kept is asked for again.
    let _ = keep(&cache, &values);
    Some(values)
}

async fn ask(kind: Kind, settings: &Settings) -> Option<Vec<Value>> {
    let client = client(settings)?;
    if kind == Kind::Projects {
        let projects = client.send(&ProjectList::new()).await.ok()?;
        return Some(projects.iter().map(|row| Value::new(row.uuid.as_str(), &row.name)).collect());
    }
    let project = project(&client, settings).await?;
    if kind == Kind::Routes {
        let routes = project.send(&WaylineList::new()).await.ok()?;
        return Some(routes.iter().map(|row| Value::new(row.id.as_str(), &row.name)).collect());
    }
    let fleet = Fleet::load(&project).await.ok()?;
    let docks = fleet.docks().map(|dock| {
        let name = dock.gateway.callsign.clone().unwrap_or_default();
        Value::new(dock.gateway.sn.as_str(), name)
    });
    let docks: Vec<Value> = docks.collect();
    Some(match kind {
        Kind::Tasks => tasks(&project, &docks).await?,
        Kind::Docks => docks,
        _ => {
            let drones = fleet.drones().map(|drone| {
                Value::new(drone.sn.as_str(), drone.callsign.clone().unwrap_or_default())
            });
            docks.into_iter().chain(drones).collect()
        }
    })
}

/// The tasks of the last days, the latest first.
async fn tasks(project: &Project<ReadOnly>, docks: &[Value]) -> Option<Vec<Value>> {
    let now = Timestamp::now();
    let mut found = Vec::new();
    for dock in docks.iter().take(MOST_DOCKS) {
        let until = now.saturating_add(DAYS);
        let list = TaskList::new(dock.id.as_str(), now.saturating_sub(DAYS), until);
        let tasks = project.send(&list).await.ok()?;
        found.extend(tasks.iter().map(|task| {
            let begin = task.begin_at.map(|begin| begin.unix_seconds()).unwrap_or_default();
            (begin, Value::new(task.uuid.as_str(), &task.name))
        }));
    }
    found.sort_by_key(|(begin, _)| std::cmp::Reverse(*begin));
    Some(found.into_iter().map(|(_, task)| task).collect())
}

fn client(settings: &Settings) -> Option<Client<ReadOnly>> {
    let mut builder = Client::builder(settings.region().ok()?, settings.token().ok()?)
        .timeout(DEADLINE)
        .attempt_timeout(DEADLINE)
        .connect_timeout(DEADLINE)
        .retry(RetryPolicy::never())
        .language(settings.language);
    if settings.allow_http {
        builder = builder.allow_plain_http();
    }
    for certificate in &settings.certificates {
        builder = builder.certificate_authority(certificate.clone());
    }
    if let Some(proxy) = &settings.proxy {
        builder = builder.proxy(proxy);
    }
    if let Some(host) = &settings.host_header {
        builder = builder.host_header(host);
    }
    Some(builder.build().ok()?.read_only())
}

/// The project that is meant: the one that was named, or the only one.
async fn project(client: &Client<ReadOnly>, settings: &Settings) -> Option<Project<ReadOnly>> {
    if let Some(uuid) = settings.project.as_ref().filter(|wanted| is_uuid(wanted)) {
        return Some(client.project(uuid));
    }
    let projects = client.all_projects().await.ok()?;
    let chosen = match (&settings.project, &projects[..]) {
        (Some(wanted), all) => choose("project", wanted, all).ok()?,
        (None, [only]) => only,
        (None, _) => return None,
    };
    Some(client.project(chosen.uuid.as_str()))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Where answers of this kind, place, key and project are kept. The name tells none of them.
fn cache_file(kind: Kind, settings: &Settings) -> Option<PathBuf> {
    let mut hasher = DefaultHasher::new();
    kind.hash(&mut hasher);
    settings.region().ok()?.url().hash(&mut hasher);
    settings.project.hash(&mut hasher);
    settings.profile.hash(&mut hasher);
    settings.key.as_ref().map(config::KeyPlace::describe).hash(&mut hasher);
    let name = format!("{:016x}.json", hasher.finish());
    Some(settings.state_dir.join("completion").join(name))
}

fn cached(file: &Path) -> Option<Vec<Value>> {
    let age = SystemTime::now().duration_since(file.metadata().ok()?.modified().ok()?).ok()?;
    if age > FRESH {
        return None;
    }
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

fn keep(file: &Path, values: &[Value]) -> Option<()> {
    permissions::private_folder(file.parent()?).ok()?;
    flighthub_workflows::files::write(file, &serde_json::to_vec(values).ok()?).ok()
}
