//! A file becomes a route: once.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use flighthub_api::Project;
use flighthub_api::v1::{WaylineFinishUpload, WaylineId};
use flighthub_kmz::Finding;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::intent::{Intent, Place};
use super::lint::{LintReport, lint, read_file};
use super::list::list;
use super::lookup::{look_up, wait_for};
use super::name::{check_name, name_of_file};
use crate::choose::printable;
use crate::fetch::hex;
use crate::upload::{Bucket, UploadEvent, UploadOptions};
use crate::{Error, ErrorKind, Result, Run};

/// A registration that nobody confirmed, and whose route is not in the list after this time, made none. How long it takes at most is not
/// documented; routes were seen within seconds.
const SETTLED: Duration = Duration::from_secs(60 * 60);

/// What is uploaded, and how.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct UploadSettings {
    /// The route file.
    pub file: PathBuf,
    /// Name of the route; that of the file without `.kmz` where none is given.
    pub name: Option<String>,
    /// Folder for what has to outlive the program. It is made if it is not there.
    pub state: PathBuf,
    /// How the storage is reached.
    pub storage: UploadOptions,
    /// For how long the list is asked for the new route.
    pub confirm_within: Duration,
    /// Whether warnings keep the file from being uploaded, as errors do.
    pub deny_warnings: bool,
    /// Whether to go on although an earlier upload under this name may have made a route, and it is not in the list: for people who have looked.
    pub forget_earlier: bool,
}

impl UploadSettings {
    /// A file under its own name, confirmed within a minute; `state` is a folder that stays.
    #[must_use]
    pub fn new(file: impl Into<PathBuf>, state: impl Into<PathBuf>) -> Self {
        Self {
            file: file.into(),
            name: None,
            state: state.into(),
            storage: UploadOptions::new(),
            confirm_within: Duration::from_secs(60),
            deny_warnings: false,
            forget_earlier: false,
        }
    }

    /// The same under another name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The same with another way to the storage.
    #[must_use]
    pub fn with_storage(mut self, storage: UploadOptions) -> Self {
        self.storage = storage;
        self
    }

    /// The same with another patience for the list.
    #[must_use]
    pub const fn with_confirm_within(mut self, patience: Duration) -> Self {
        self.confirm_within = patience;
        self
    }
}

/// What happens while a route is uploaded.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RouteUploadEvent {
    /// The file was looked at, and may be uploaded.
    Linted {
        /// How many warnings there are.
        warnings: usize,
        /// How many hints.
        hints: usize,
    },
    /// An earlier upload under this name was not confirmed. It is looked up first.
    EarlierUpload {
        /// Seconds since then.
        age_seconds: u64,
    },
    /// The earlier upload made no route: an hour has passed, and there is none.
    EarlierSettled,
    /// Bytes are on their way to the storage.
    Sending {
        /// Bytes that have gone out.
        bytes: u64,
        /// Bytes in all.
        size: u64,
    },
    /// The storage or the line failed, and the same is sent again.
    Retrying {
        /// The attempt that comes, from 2.
        attempt: u32,
        /// Why the last one failed.
        reason: String,
    },
    /// The file is in the storage. It is no route yet.
    Stored {
        /// Key of the object.
        object_key: String,
    },
    /// The route is being registered. From here on there may be one.
    Registering {
        /// Its name.
        name: String,
    },
    /// Nobody knows whether there is a route now; it is looked up. It is not registered again.
    OutcomeUnknown {
        /// What happened to the answer.
        problem: String,
    },
    /// There is a route.
    Registered {
        /// Its id.
        id: WaylineId,
    },
    /// It is not in the list yet.
    Waiting {
        /// Seconds until the waiting ends.
        seconds_left: u64,
    },
    /// The list could not be read; it is asked for again.
    ListFailed {
        /// Why.
        problem: String,
    },
}

/// How it is known that a route is of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RouteWitness {
    /// The service said so when it registered the route.
    Reply,
    /// The answer was lost; the address of the route's file names the object that was uploaded.
    ObjectKey,
    /// The answer was lost; it is the only new route of that name and size.
    NameAndSize,
}

/// A route that was uploaded.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct UploadedRoute {
    /// Its id: what tasks call `wayline_uuid`.
    pub id: WaylineId,
    /// Its name.
    pub name: String,
    /// Bytes of the file.
    pub size: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Key of the object in the storage.
    pub object_key: String,
    /// How it is known that this is the route.
    pub known_by: RouteWitness,
    /// Whether it was seen in the list. Otherwise it is registered, and the list did not show it in time.
    pub listed: bool,
    /// Whether an earlier run had registered it, and this one only found it.
    pub earlier: bool,
    /// What is not quite right with the file: warnings and hints.
    pub findings: Vec<Finding>,
}

/// Makes a route of a file: looks at it, uploads it to the project's storage, registers it, and sees it in the list.
///
/// The service can neither delete nor change a route, so it is registered at most once. What is about to be registered is on disk first; when
/// the answer is lost, or the program is killed and run again, the route is looked up instead.
///
/// # Errors
///
/// - [`ErrorKind::InvalidInput`]: the file has errors, the name cannot be one, or another route has it. Nothing has left.
/// - [`ErrorKind::Storage`]: the upload failed. There is no route.
/// - [`ErrorKind::Indeterminate`]: the answer to the registration was lost, or it was `200500`, and no route has appeared in time. There may
///   still be one; run it again later, and it is looked up first.
/// - [`ErrorKind::State`]: another process uploads under the same name, or what an earlier one left cannot be read.
pub async fn upload(
    project: &Project,
    settings: &UploadSettings,
    run: &Run<RouteUploadEvent>,
) -> Result<UploadedRoute> {
    let name = match &settings.name {
        Some(name) => {
            check_name(name)?;
            name.clone()
        }
        None => name_of_file(&settings.file)
            .map_err(|error| error.with_help("Give the route a name of its own (--name)."))?,
    };
    let (bytes, report) = looked_at(settings).await?;
    run.say(RouteUploadEvent::Linted { warnings: report.warnings, hints: report.hints });
    let job = Job {
        project,
        settings,
        run,
        place: Place::take(&settings.state, project.uuid(), &name)?,
        name,
        sha256: hex(&Sha256::digest(&bytes)),
        findings: report.findings,
    };
    if let Some(earlier) = job.place.read()?
        && let Some(route) = job.settle(earlier).await?
    {
        return Ok(route);
    }
    job.begin(bytes).await
}

/// The bytes of the file, if they may be uploaded.
async fn looked_at(settings: &UploadSettings) -> Result<(Vec<u8>, LintReport)> {
    let path = settings.file.display();
    let bytes = read_file(&settings.file).await?;
    // A large route takes a second.
    let looked = tokio::task::spawn_blocking(move || {
        let report = lint(&bytes);
        (bytes, report)
    });
    let (bytes, report) = looked.await.map_err(|error| {
        let text = format!("{path}: the check broke off: {error}");
        Error::new(ErrorKind::InvalidInput, text, "Report this to the project, with the file.")
    })?;
    if let Some(refusal) = report.refusal() {
        return Err(refusal.during(path));
    }
    if settings.deny_warnings
        && let Some(warning) = report.findings.first().filter(|_| report.warnings > 0)
    {
        let text = format!("{path}: the route file has {} warnings; {warning}", report.warnings);
        return Err(Error::new(ErrorKind::InvalidInput, text, warning.remedy));
    }
    Ok((bytes, report))
}

/// An upload under way.
struct Job<'a> {
    project: &'a Project,
    settings: &'a UploadSettings,
    run: &'a Run<RouteUploadEvent>,
    place: Place,
    name: String,
    sha256: String,
    findings: Vec<Finding>,
}

impl Job<'_> {
    /// What became of an earlier upload under this name; `None` when it made no route.
    async fn settle(&self, earlier: Intent) -> Result<Option<UploadedRoute>> {
        let age = earlier.age_seconds(self.run.wall());
        self.run.say(RouteUploadEvent::EarlierUpload { age_seconds: age });
        let found = look_up(self.project, &earlier, self.settings.confirm_within, self.run).await?;
        if let Some((id, known_by)) = found {
            self.run.say(RouteUploadEvent::Registered { id: id.clone() });
            self.place.clear()?;
            if earlier.sha256 != self.sha256 {
                return Err(taken(&self.name, &id).during("an earlier upload has ended well"));
            }
            return Ok(Some(self.done(
                earlier,
                id,
                known_by,
                Ended { listed: true, earlier: true },
            )));
        }
        if let Some(id) = &earlier.route {
            // It was registered, and is still not listed.
            if earlier.sha256 != self.sha256 {
                return Err(taken(&self.name, id));
            }
            let id = id.clone();
            let ended = Ended { listed: false, earlier: true };
            return Ok(Some(self.done(earlier, id, RouteWitness::Reply, ended)));
        }
        if age < SETTLED.as_secs() && !self.settings.forget_earlier {
            let minutes = (SETTLED.as_secs() - age).div_ceil(60);
            let text = format!(
                "an earlier upload of `{}` ended {age} s ago without an answer, and its route is not in the list",
                printable(&self.name)
            );
            let help = format!(
                "Nothing was sent now. Run it again later: in {minutes} min it counts as never made. Or look in FlightHub; if the route is not there, \
                 say that the earlier upload is to be forgotten (--forget-earlier)."
            );
            return Err(Error::new(ErrorKind::Indeterminate, text, help));
        }
        self.run.say(RouteUploadEvent::EarlierSettled);
        self.place.clear()?;
        Ok(None)
    }

    /// Uploads and registers.
    async fn begin(&self, bytes: Vec<u8>) -> Result<UploadedRoute> {
        let rows = list(self.project).await?;
        if let Some(row) = rows.iter().find(|row| row.name == self.name) {
            return Err(taken(&self.name, &row.id));
        }
        let size = bytes.len() as u64;
        let bucket =
            Bucket::of_project(self.project, Arc::clone(self.run.clock()), &self.settings.storage)
                .await?;
        let hears = self.run.clone();
        let bucket = bucket.with_events(move |event| tell(&hears, event));
        let key = bucket.key(&format!("{}/{}.kmz", fresh_id(), plain(&self.name)))?;
        let stored = bucket.put(&key, bytes).await?;
        let mut intent =
            Intent::new(self.project.uuid(), &self.name, &stored.key, size, &self.sha256);
        intent.written_at_ms = self.run.wall().unix_millis();
        intent.known = rows.into_iter().map(|row| row.id).collect();
        // From here on a killed process leaves its intent behind.
        self.place.write(&intent)?;
        self.run.say(RouteUploadEvent::Registering { name: self.name.clone() });
        let operation = WaylineFinishUpload::new(self.name.as_str(), stored.key.as_str());
        match self.project.send(&operation).await {
            Ok(registered) => self.confirm(intent, registered.uuid).await,
            Err(error) if error.is_indeterminate() => self.reconcile(intent, error).await,
            Err(error) => {
                self.place.clear()?;
                Err(Error::from(error).during("the file is uploaded, but no route was made"))
            }
        }
    }

    /// Waits for the row of a route that is registered.
    async fn confirm(&self, mut intent: Intent, id: WaylineId) -> Result<UploadedRoute> {
        self.run.say(RouteUploadEvent::Registered { id: id.clone() });
        intent.route = Some(id.clone());
        self.place.write(&intent)?;
        let listed = wait_for(self.project, &id, self.settings.confirm_within, self.run).await?;
        if listed {
            self.place.clear()?;
        }
        Ok(self.done(intent, id, RouteWitness::Reply, Ended { listed, earlier: false }))
    }

    /// Looks for the route instead of registering again.
    async fn reconcile(
        &self,
        intent: Intent,
        error: flighthub_api::Error,
    ) -> Result<UploadedRoute> {
        self.run.say(RouteUploadEvent::OutcomeUnknown { problem: error.to_string() });
        let looked = look_up(self.project, &intent, self.settings.confirm_within, self.run).await;
        let help = "It is not sent again. FlightHub answers a file that it cannot read with 200500 too; if the file was exported by hand, export it anew. \
                    Run the same again later: the route is looked up first, and only made when there is none.";
        let problem = match looked {
            Ok(Some((id, known_by))) => {
                self.run.say(RouteUploadEvent::Registered { id: id.clone() });
                self.place.clear()?;
                let ended = Ended { listed: true, earlier: false };
                return Ok(self.done(intent, id, known_by, ended));
            }
            Ok(None) => format!(
                "no route `{}` has appeared within {} s",
                printable(&self.name),
                self.settings.confirm_within.as_secs()
            ),
            Err(looked) => format!("the route cannot be looked up: {looked}"),
        };
        let text = format!("whether there is a route now is not known: {error}; {problem}");
        Err(Error::new(ErrorKind::Indeterminate, text, help).with_source(error))
    }

    fn done(
        &self,
        intent: Intent,
        id: WaylineId,
        known_by: RouteWitness,
        ended: Ended,
    ) -> UploadedRoute {
        UploadedRoute {
            id,
            name: intent.name,
            size: intent.size,
            sha256: intent.sha256,
            object_key: intent.object_key,
            known_by,
            listed: ended.listed,
            earlier: ended.earlier,
            findings: self.findings.clone(),
        }
    }
}

/// How an upload ended.
struct Ended {
    listed: bool,
    earlier: bool,
}

fn taken(name: &str, id: &WaylineId) -> Error {
    let text = format!("there is a route `{}` already ({id})", printable(name));
    let help = "Give the new route another name (--name). The API cannot replace or delete routes; the web console can.";
    Error::new(ErrorKind::InvalidInput, text, help)
}

fn tell(run: &Run<RouteUploadEvent>, event: UploadEvent) {
    let event = match event {
        UploadEvent::Sent { bytes, size, .. } => RouteUploadEvent::Sending { bytes, size },
        UploadEvent::Retrying { attempt, reason, .. } => {
            RouteUploadEvent::Retrying { attempt, reason }
        }
        UploadEvent::Stored(stored) => RouteUploadEvent::Stored { object_key: stored.key },
        _ => return,
    };
    run.say(event);
}

/// 32 random hexadecimal digits, by which an object is found again.
fn fresh_id() -> String {
    format!("{:032x}", fastrand::u128(..))
}

/// A name for an object: storages and the tools on the way differ in what else they take.
fn plain(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' })
        .take(60)
        .collect();
    match plain.trim_matches('-') {
        "" => "route".to_owned(),
        plain => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_objects_are_plain() {
        assert_eq!(plain("North fence_2"), "North-fence-2");
        assert_eq!(plain("航线"), "route");
        assert_eq!(plain(&"x".repeat(100)).len(), 60);
        assert_eq!(fresh_id().len(), 32);
        assert_ne!(fresh_id(), fresh_id());
    }
}
