//! From local images to a resource that the service has imported.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use flighthub_api::Project;
use flighthub_api::v1::{
    OpenmodelGetResource, OpenmodelObtainToken, OpenmodelUploadCallback, ResourceStatus,
    ResourceUuid, UploadedFile,
};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::events::ReconstructionEvent as Event;
use super::following::is_passing;
use super::images::Image;
use super::open::FromImages;
use super::state::{Grant, ImagesState, InStorage, Stage};
use crate::upload::{Bucket, StorageAccess, Stored, UploadEvent, is_expired, resource_of};
use crate::{Error, ErrorKind, Result, Run};

/// Most files of one report, as documented.
const MOST_REPORTED: usize = 100;
/// What may have to be uploaded again after a kill: the images of so long. Sending one again is harmless, it is the same object.
const SAVED_EVERY: Duration = Duration::from_secs(1);
/// For how long a report whose answer was lost is looked for, and how often.
const LOOK_FOR: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// After so long, what the service does not know of was not reported.
const SETTLED_AFTER_MS: i64 = 10 * 60 * 1000;

/// Brings images into a resource.
pub(super) struct Filling<'a> {
    project: &'a Project,
    settings: &'a FromImages,
    run: &'a Run<Event>,
}

impl<'a> Filling<'a> {
    pub(super) const fn new(
        project: &'a Project,
        settings: &'a FromImages,
        run: &'a Run<Event>,
    ) -> Self {
        Self { project, settings, run }
    }

    /// Until all images are imported.
    pub(super) async fn fill(&self, state: &mut ImagesState) -> Result<()> {
        if let Some(resource) = state.resource.clone() {
            self.reconcile_reports(state, &resource).await?;
        }
        let mut is_kept = state.grant.is_some();
        while !state.is_reported() {
            let (resource, grant) = self.granted(state).await?;
            match self.upload_and_report(state, &resource, &grant).await {
                Err(error) if is_kept && self.has_ended(&grant, &error) => {
                    is_kept = false;
                    self.run.say(Event::BeginsAnew { left_behind: resource.to_string() });
                    state.forget_resource();
                    self.save(state)?;
                }
                done => done?,
            }
        }
        self.imported(state).await
    }

    async fn upload_and_report(
        &self,
        state: &mut ImagesState,
        resource: &ResourceUuid,
        grant: &Grant,
    ) -> Result<()> {
        self.upload(state, grant).await?;
        self.report(state, resource, grant).await?;
        state.grant = None;
        self.save(state)
    }

    /// Whether something failed because the right to upload of an earlier run has ended. The storage says so; the service refuses a report in
    /// words that are not known, so there the date decides.
    fn has_ended(&self, grant: &Grant, error: &Error) -> bool {
        let is_refused = error.api().is_some_and(flighthub_api::Error::is_refused);
        is_expired(error) || (is_refused && grant.has_ended(self.run.wall()))
    }

    fn save(&self, state: &ImagesState) -> Result<()> {
        state.save(&self.settings.state)
    }

    /// The resource and the right to fill it: those of the earlier run if there are any.
    async fn granted(&self, state: &mut ImagesState) -> Result<(ResourceUuid, Grant)> {
        if let (Some(resource), Some(grant)) = (&state.resource, &state.grant) {
            return Ok((resource.clone(), grant.clone()));
        }
        let reply = self.project.send(&OpenmodelObtainToken::new()).await?;
        let (resource, grant) = (resource_of(&reply)?, Grant::of(&reply));
        self.run.say(Event::Granted {
            resource_uuid: resource.to_string(),
            expires_at: reply.expire_time.map(|time| time.to_string()),
        });
        state.resource = Some(resource.clone());
        state.grant = Some(grant.clone());
        self.save(state)?;
        Ok((resource, grant))
    }

    /// Uploads what is not in the storage yet, a few at a time. The first failure ends it; what is up by then is written down.
    async fn upload(&self, state: &mut ImagesState, grant: &Grant) -> Result<()> {
        let bucket = self.bucket(grant)?;
        let waiting: Vec<Image> = state
            .images
            .iter()
            .filter(|image| !state.in_storage.contains_key(&image.name))
            .cloned()
            .collect();
        let mut waiting = waiting.into_iter();
        let mut under_way: JoinSet<Result<(String, Stored)>> = JoinSet::new();
        let mut saving = Saving {
            filling: self,
            bytes_done: state.in_storage.values().map(|image| image.size).sum(),
            bytes: state.images.iter().map(|image| image.size).sum(),
            state,
            saved_at: Instant::now(),
            is_new: false,
        };
        loop {
            while under_way.len() < self.settings.parallel_uploads.max(1) {
                let Some(image) = waiting.next() else { break };
                let bucket = bucket.clone();
                under_way.spawn(async move { upload_one(&bucket, image).await });
            }
            let Some(ended) = under_way.join_next().await else { break };
            let (name, stored) = ended.map_err(|_| cut_off())??;
            let etag = stored.etag.ok_or_else(|| no_etag(&name))?;
            let image = InStorage { etag, size: stored.size, stage: Stage::Uploaded };
            saving.add(name, image)?;
        }
        saving.write()
    }

    fn bucket(&self, grant: &Grant) -> Result<Bucket> {
        let access = StorageAccess::of_grant(&grant.wire()?)?;
        let bucket = Bucket::new(access, Arc::clone(self.run.clock()), &self.settings.upload)?;
        let run = self.run.clone();
        Ok(bucket.with_events(move |event| {
            if let UploadEvent::Retrying { key, reason, .. } = event {
                let name = key.rsplit('/').next().unwrap_or_default();
                run.say(Event::Trouble { reason: format!("{name}: {reason}") });
            }
        }))
    }

    /// Tells the service of what is in the storage, in reports of at most a hundred. Each is written down before it leaves.
    async fn report(
        &self,
        state: &mut ImagesState,
        resource: &ResourceUuid,
        grant: &Grant,
    ) -> Result<()> {
        loop {
            let batch: Vec<UploadedFile> = state
                .in_storage
                .iter()
                .filter(|(_, image)| image.stage == Stage::Uploaded)
                .take(MOST_REPORTED)
                .map(|(name, image)| UploadedFile::new(name.as_str(), image.etag.as_str()))
                .collect();
            if batch.is_empty() {
                return Ok(());
            }
            let names: Vec<String> = batch.iter().map(|file| file.name.clone()).collect();
            self.mark(state, &names, Stage::Reporting)?;
            let mut call = OpenmodelUploadCallback::new(
                resource.clone(),
                grant.callback_param().clone(),
                batch,
            );
            call.resource_name.clone_from(&self.settings.resource_name);
            match self.project.send(&call).await {
                Ok(_) => self.mark(state, &names, Stage::Reported)?,
                Err(error) if error.is_indeterminate() => {
                    self.run.say(Event::Reconciling {
                        call: error.operation().to_owned(),
                        reason: error.to_string(),
                    });
                    self.look_for(state, resource, &names, Some(error)).await?;
                }
                Err(error) => {
                    self.mark(state, &names, Stage::Uploaded)?;
                    return Err(Error::from(error)
                        .during("the images are uploaded, and their report was refused"));
                }
            }
            self.run.say(Event::Reported {
                done: state.count(Stage::Reported),
                images: state.images.len() as u64,
            });
        }
    }

    /// What an earlier run was about to report: the service says which it knows.
    async fn reconcile_reports(
        &self,
        state: &mut ImagesState,
        resource: &ResourceUuid,
    ) -> Result<()> {
        let open: Vec<String> = state
            .in_storage
            .iter()
            .filter(|(_, image)| image.stage == Stage::Reporting)
            .map(|(name, _)| name.clone())
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        self.run.say(Event::Reconciling {
            call: "openmodel.upload_callback".to_owned(),
            reason: "the earlier run ended before the answer".to_owned(),
        });
        self.look_for(state, resource, &open, None).await
    }

    /// Looks whether the service knows of images, for a while.
    ///
    /// A report names what lies in the storage, so one that the service knows nothing of after a long time may be made anew; before that the
    /// outcome is unknown.
    async fn look_for(
        &self,
        state: &mut ImagesState,
        resource: &ResourceUuid,
        names: &[String],
        lost: Option<flighthub_api::Error>,
    ) -> Result<()> {
        let begun = self.run.now();
        loop {
            let known = self.known(resource).await?;
            let arrived: Vec<String> =
                names.iter().filter(|name| known.contains(*name)).cloned().collect();
            // A report is taken whole or not at all, but nothing depends on it here.
            if !arrived.is_empty() {
                self.mark(state, &arrived, Stage::Reported)?;
            }
            if arrived.len() == names.len() {
                return Ok(());
            }
            if self.run.now().saturating_duration_since(begun) >= LOOK_FOR {
                break;
            }
            self.run.sleep(LOOK_EVERY).await;
        }
        let now = self.run.wall().unix_millis();
        let is_settled =
            state.reporting_since_ms.is_some_and(|since| now - since >= SETTLED_AFTER_MS);
        if is_settled {
            let missing: Vec<String> = names
                .iter()
                .filter(|name| {
                    state.in_storage.get(*name).is_some_and(|image| image.stage == Stage::Reporting)
                })
                .cloned()
                .collect();
            return self.mark(state, &missing, Stage::Uploaded);
        }
        let text = format!(
            "it is not known whether a report of {} images has arrived; the resource {resource} does not list them",
            names.len()
        );
        let help = "Run it again with the same state in ten minutes: it looks first, and reports what is still unknown to the service.";
        let error = Error::new(ErrorKind::Indeterminate, text, help);
        Err(match lost {
            Some(lost) => error.with_source(lost),
            None => error,
        })
    }

    async fn known(&self, resource: &ResourceUuid) -> Result<BTreeSet<String>> {
        match self.project.send(&OpenmodelGetResource::new(resource.clone())).await {
            Ok(reply) => Ok(reply.file_names.iter().cloned().collect()),
            Err(error) if is_passing(&error) || error.is_not_found() => {
                self.run.say(Event::Trouble { reason: error.to_string() });
                Ok(BTreeSet::new())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn mark(&self, state: &mut ImagesState, names: &[String], stage: Stage) -> Result<()> {
        for name in names {
            if let Some(image) = state.in_storage.get_mut(name) {
                image.stage = stage;
            }
        }
        state.reporting_since_ms = match stage {
            Stage::Reporting => Some(self.run.wall().unix_millis()),
            _ if state.count(Stage::Reporting) == 0 => None,
            _ => state.reporting_since_ms,
        };
        self.save(state)
    }

    /// Waits until the service has imported all images.
    async fn imported(&self, state: &ImagesState) -> Result<()> {
        let Some(resource) = &state.resource else {
            let text = "the state names no resource although all images are reported";
            return Err(Error::new(ErrorKind::State, text, "Name another file for the state."));
        };
        let images = state.images.len() as u64;
        let begun = self.run.now();
        let mut said = None;
        loop {
            let reply = self.project.send(&OpenmodelGetResource::new(resource.clone())).await;
            let seen = match reply {
                Ok(reply) => {
                    let known: BTreeSet<&str> =
                        reply.file_names.iter().map(String::as_str).collect();
                    let listed = state.images.iter().filter(|image| known.contains(&*image.name));
                    Some((reply.status, listed.count() as u64))
                }
                Err(error) if is_passing(&error) => {
                    self.run.say(Event::Trouble { reason: error.to_string() });
                    None
                }
                Err(error) => return Err(Error::from(error).during(format!("resource {resource}"))),
            };
            match seen {
                Some((Some(ResourceStatus::Imported), listed)) if listed == images => return Ok(()),
                Some((Some(ResourceStatus::WaitingForDeletion | ResourceStatus::Deleted), _)) => {
                    let text = format!("the resource {resource} is being deleted");
                    let help =
                        "Somebody has deleted it. Begin anew, with another file for the state.";
                    return Err(Error::new(ErrorKind::State, text, help));
                }
                Some((status, listed)) if said != seen => {
                    said = seen;
                    let status = status.map(|status| status.as_i64());
                    self.run.say(Event::Importing { status, listed, images });
                }
                _ => {}
            }
            if self.run.now().saturating_duration_since(begun) >= self.settings.import_deadline {
                let (status, listed) = said.unwrap_or((None, 0));
                let text = format!(
                    "after {} s the resource {resource} is not imported: status {}, {listed} of {images} images",
                    self.settings.import_deadline.as_secs(),
                    status
                        .map_or_else(|| "unknown".to_owned(), |status| status.as_i64().to_string()),
                );
                let help =
                    "Run it again with the same state to go on waiting; nothing is uploaded again.";
                return Err(Error::new(ErrorKind::Deadline, text, help));
            }
            self.run.sleep(LOOK_EVERY).await;
        }
    }
}

/// One image. Its size has to be what it was when the folder was looked through.
async fn upload_one(bucket: &Bucket, image: Image) -> Result<(String, Stored)> {
    let key = bucket.key(&image.name)?;
    let stored = bucket.put_file(&key, &image.path).await?;
    if stored.size != image.size {
        let text =
            format!("{}: it changed since the folder was looked through", image.path.display());
        let help = "Run it again when nobody writes into the folder any more, with another file for the state.";
        return Err(Error::new(ErrorKind::File, text, help));
    }
    Ok((image.name, stored))
}

fn no_etag(name: &str) -> Error {
    let text =
        format!("`{name}`: the storage answered without an entity tag, which the report needs");
    let help = "Something between here and the storage may take it away: a proxy, for instance.";
    Error::new(ErrorKind::Storage, text, help)
}

fn cut_off() -> Error {
    let help = "Run it again with the same state.";
    Error::new(ErrorKind::Storage, "an upload was cut off in this program", help)
}

/// Writes the state now and then while images arrive, and once more when the upload ends, however it ends.
struct Saving<'f, 'a> {
    filling: &'f Filling<'a>,
    state: &'f mut ImagesState,
    bytes_done: u64,
    bytes: u64,
    saved_at: Instant,
    is_new: bool,
}

impl Saving<'_, '_> {
    fn add(&mut self, name: String, image: InStorage) -> Result<()> {
        self.bytes_done += image.size;
        self.state.in_storage.insert(name.clone(), image);
        self.is_new = true;
        self.filling.run.say(Event::Uploaded {
            name,
            done: self.state.in_storage.len() as u64,
            images: self.state.images.len() as u64,
            bytes_done: self.bytes_done,
            bytes: self.bytes,
        });
        if self.saved_at.elapsed() >= SAVED_EVERY { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<()> {
        if self.is_new {
            self.filling.save(self.state)?;
            self.is_new = false;
            self.saved_at = Instant::now();
        }
        Ok(())
    }
}

impl Drop for Saving<'_, '_> {
    fn drop(&mut self) {
        // What cannot be written is uploaded again.
        let _ = self.write();
    }
}
