//! Open Modeling: image resources and the reconstructions on them.

use std::time::Duration;

use flighthub_api::v1::{
    CloudName, ModelUuid, OpenmodelDelete, OpenmodelDeleteResource, OpenmodelGet,
    OpenmodelGetResource, OpenmodelObtainToken, OpenmodelRunning, OpenmodelStart, OpenmodelStop,
    OpenmodelUploadCallback, Reconstruction, ReconstructionKind, ReconstructionStatus, Resource,
    ResourceStatus, ResourceUuid, StartedModel, StartedModels, StorageProvider, UploadGrant,
    UploadReceipt, UploadedFile, ZipStatus,
};
use flighthub_api::{Accepted, List, Listing, Object, Secret, Timestamp};

use super::events::{Event, ModelPostReconstruction, ModelProgress};
use super::{World, store};
use crate::caller::Caller;
use crate::made::Made;
use crate::refusal::Refusal;

/// Images that the organization may still have reconstructed, at the start.
const QUOTA: u64 = 100_000;
/// How long upload credentials last.
const GRANT: Duration = Duration::from_secs(3600);
/// From the last report to the import.
const IMPORT: Duration = Duration::from_secs(5);
/// From the order to the deletion.
const DELETION: Duration = Duration::from_secs(10);
/// Waiting for computing resources.
const QUEUE: Duration = Duration::from_secs(20);
/// Packing the archive.
const PACKING: Duration = Duration::from_secs(30);
/// Most files of one report.
const MOST_FILES: usize = 100;

/// The resources and jobs of the organization.
#[derive(Debug, Clone)]
pub(crate) struct State {
    quota: u64,
    resources: Vec<Source>,
    jobs: Vec<Job>,
    /// The code with which the next reconstruction fails.
    next_failure: Option<i32>,
    /// Whether the next packing fails.
    next_packing_fails: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            quota: QUOTA,
            resources: Vec::new(),
            jobs: Vec::new(),
            next_failure: None,
            next_packing_fails: false,
        }
    }
}

/// An image resource.
#[derive(Debug, Clone)]
struct Source {
    uuid: ResourceUuid,
    callback_param: Secret,
    expires_at: Timestamp,
    files: Vec<File>,
    stage: Stage,
}

#[derive(Debug, Clone)]
struct File {
    name: String,
    size: i64,
}

/// Where a resource stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Allocated; nothing reported yet, or still being imported until then.
    Importing(Option<Timestamp>),
    Imported,
    /// Its images went after the jobs that wanted it so.
    Drained,
    Deleting(Timestamp),
    Deleted,
}

impl Source {
    fn size(&self) -> i64 {
        self.files.iter().map(|file| file.size).sum()
    }
}

/// A reconstruction.
#[derive(Debug, Clone)]
struct Job {
    uuid: ModelUuid,
    resource: ResourceUuid,
    kind: ReconstructionKind,
    images: u64,
    /// Whether the quota sufficed for it.
    paid: bool,
    drain: bool,
    status: ReconstructionStatus,
    progress: i32,
    zip: ZipStatus,
    zip_progress: i32,
    /// 0 is none.
    error_code: i32,
    /// Since when it is in this status.
    since: Timestamp,
}

impl Job {
    fn work(&self) -> Duration {
        let seconds = match self.kind {
            ReconstructionKind::TwoD => 60 + self.images,
            ReconstructionKind::GaussianSplatting => 180 + 3 * self.images,
            _ => 120 + 2 * self.images,
        };
        Duration::from_secs(seconds)
    }

    fn is_running(&self) -> bool {
        matches!(
            self.status,
            ReconstructionStatus::WaitingForResources | ReconstructionStatus::Running
        )
    }

    fn enter(&mut self, status: ReconstructionStatus, now: Timestamp) {
        self.status = status;
        self.since = now;
    }

    fn size(&self) -> i64 {
        match self.status {
            ReconstructionStatus::Succeeded | ReconstructionStatus::MappingSucceeded => {
                let size = self.images.saturating_mul(14_680_064);
                i64::try_from(size.min(Made::MOST_ARCHIVE)).unwrap_or(i64::MAX)
            }
            _ => 0,
        }
    }

    fn row(&self) -> Reconstruction {
        let packed = self.zip == ZipStatus::Finished;
        Reconstruction {
            resource_uuid: Some(self.resource.clone()),
            model_uuid: self.uuid.clone(),
            model_type: Some(self.kind),
            model_status: Some(self.status),
            model_size: Some(self.size()),
            reconstruction_progress: Some(self.progress),
            error_code: Some(self.error_code),
            zip_status: Some(self.zip),
            zip_progress: Some(self.zip_progress),
            // Empty until it is ready, not absent.
            zip_file_key: Some(if packed { archive_of(&self.uuid) } else { String::new() }),
        }
    }
}

/// Where the archive of a reconstruction is kept.
fn archive_of(uuid: &ModelUuid) -> String {
    format!("fh/organizations/{}/open_reconstruction/models/{uuid}.zip", World::DEMO_ORGANIZATION)
}

impl Job {
    /// The progress as it is posted.
    fn told(&self) -> ModelProgress {
        let row = self.row();
        ModelProgress {
            resource_uuid: self.resource.to_string(),
            model_uuid: self.uuid.to_string(),
            model_status: self.status.as_i64(),
            reconstruction_progress: self.progress,
            zip_status: self.zip.as_i64(),
            zip_progress: self.zip_progress,
            zip_file_key: row.zip_file_key.unwrap_or_default(),
        }
    }
}

/// Share of a duration that has passed, in percent.
fn percent(passed: Duration, whole: Duration) -> i32 {
    let percent = passed.as_millis() * 100 / whole.as_millis().max(1);
    i32::try_from(percent.min(100)).unwrap_or(100)
}

impl World {
    /// Images that may still be reconstructed. Starting takes one per image and job, stopping gives them back.
    #[must_use]
    pub const fn modeling_quota(&self) -> u64 {
        self.modeling.quota
    }
}

impl State {
    pub(crate) fn set_quota(&mut self, images: u64) {
        self.quota = images;
    }

    pub(crate) fn fail_next(&mut self, error_code: i32) {
        self.next_failure = Some(error_code);
    }

    pub(crate) fn fail_next_packing(&mut self) {
        self.next_packing_fails = true;
    }

    /// Takes images from the quota.
    pub(crate) fn spend(&mut self, images: u64) -> Result<(), QuotaExhausted> {
        self.quota = self.quota.checked_sub(images).ok_or(QuotaExhausted)?;
        Ok(())
    }

    fn source(&mut self, uuid: &ResourceUuid) -> Result<&mut Source, Refusal> {
        self.resources
            .iter_mut()
            .find(|source| source.uuid == *uuid)
            .ok_or_else(|| Refusal::not_found("resource", uuid))
    }

    fn job(&mut self, uuid: &ModelUuid) -> Result<&mut Job, Refusal> {
        self.jobs
            .iter_mut()
            .find(|job| job.uuid == *uuid)
            .ok_or_else(|| Refusal::not_found("model", uuid))
    }

    /// Gives back what a running job took and ends it.
    fn cancel(&mut self, uuid: &ModelUuid, now: Timestamp) -> Result<(), Refusal> {
        let job = self.job(uuid)?;
        let refund = if job.paid { job.images } else { 0 };
        job.enter(ReconstructionStatus::Cancelled, now);
        self.quota += refund;
        Ok(())
    }
}

/// The quota does not suffice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QuotaExhausted;

pub(crate) fn tick(world: &mut World) {
    let now = world.now();
    let State { resources, jobs, next_failure, next_packing_fails, .. } = &mut world.modeling;
    for source in resources.iter_mut() {
        match source.stage {
            Stage::Importing(Some(done_at)) if done_at <= now => source.stage = Stage::Imported,
            Stage::Deleting(done_at) if done_at <= now => {
                source.stage = Stage::Deleted;
                source.files.clear();
            }
            _ => {}
        }
    }
    for job in jobs.iter_mut() {
        let before = (job.status, job.progress, job.zip, job.zip_progress);
        step(job, now);
        // What a deed has announced happens half-way.
        if job.status == ReconstructionStatus::Running
            && job.progress >= 50
            && let Some(error_code) = next_failure.take()
        {
            job.error_code = error_code;
            job.enter(ReconstructionStatus::Failed, now);
        }
        if job.zip == ZipStatus::Running
            && job.zip_progress >= 50
            && std::mem::take(next_packing_fails)
        {
            job.zip = ZipStatus::Failed;
        }
        let after = (job.status, job.progress, job.zip, job.zip_progress);
        let told = &mut world.events;
        if (before.0, before.1) != (after.0, after.1) {
            told.push(Event::ModelReconstructionPercentChange(job.told()));
        }
        if (before.2, before.3) != (after.2, after.3) {
            told.push(Event::ModelZipChange(job.told()));
        }
        if before.2 != after.2 && after.2 == ZipStatus::Finished {
            let size = job.size().unsigned_abs();
            let number = u32::try_from(job.images % 10_000).unwrap_or_default();
            world.store.put_made(
                &archive_of(&job.uuid),
                Made::archive(number, size, size),
                size,
                now,
            );
            told.push(Event::ModelPostReconstruction(ModelPostReconstruction {
                id: job.uuid.to_string(),
                name: job.uuid.to_string(),
                kind: if job.kind == ReconstructionKind::TwoD { 8 } else { 9 },
                object_key: job.told().zip_file_key,
            }));
        }
    }
    for source in resources.iter_mut().filter(|source| source.stage == Stage::Imported) {
        let mut own = jobs.iter().filter(|job| job.resource == source.uuid).peekable();
        if own.peek().is_some() && own.clone().any(|job| job.drain) && !own.any(Job::is_running) {
            source.stage = Stage::Drained;
            source.files.clear();
        }
    }
}

/// 12 waits, 14 computes, 15 is computed while the archive is packed, 9 is packed. Which of 15 and 9 comes last at the real one is a guess.
fn step(job: &mut Job, now: Timestamp) {
    let passed = now.duration_since(&job.since);
    match job.status {
        // Without quota there are no computing resources: the real reason codes are not known.
        ReconstructionStatus::WaitingForResources if passed >= QUEUE && !job.paid => {
            job.enter(ReconstructionStatus::ResourceRequestFailed, now)
        }
        ReconstructionStatus::WaitingForResources if passed >= QUEUE => {
            job.enter(ReconstructionStatus::Running, now)
        }
        ReconstructionStatus::Running if passed >= job.work() => {
            job.progress = 100;
            job.zip = ZipStatus::Running;
            job.enter(ReconstructionStatus::Succeeded, now);
        }
        ReconstructionStatus::Running => job.progress = percent(passed, job.work()),
        // The model is there all the same; only its archive is not.
        ReconstructionStatus::Succeeded if job.zip == ZipStatus::Failed => {}
        ReconstructionStatus::Succeeded if passed >= PACKING => {
            job.zip = ZipStatus::Finished;
            job.zip_progress = 100;
            job.enter(ReconstructionStatus::MappingSucceeded, now);
        }
        ReconstructionStatus::Succeeded => job.zip_progress = percent(passed, PACKING),
        _ => {}
    }
}

/// `openmodel.obtain_token`: room for a resource, and credentials to fill it.
pub(crate) fn obtain_token(
    world: &mut World,
    _caller: &Caller,
    _operation: OpenmodelObtainToken,
) -> Result<UploadGrant, Refusal> {
    let uuid = ResourceUuid::new(world.new_uuid());
    let callback_param = (0..40).map(|_| world.rng().alphanumeric()).collect::<String>();
    let callback_param = Secret::new(callback_param);
    let folder = folder_of(&uuid);
    let keys = world.issue(&folder, GRANT);
    let store = &world.store;
    let cloud_name = match store.provider() {
        StorageProvider::Ali => CloudName::new(CloudName::ALI_OSS),
        // What private clouds say is not known.
        _ => CloudName::new(CloudName::AWS_S3),
    };
    // The documented form of OSS has the name of its product in front.
    let region = match (store.provider(), store.region()) {
        (StorageProvider::Ali, _) => "oss-cn-hangzhou".to_owned(),
        (_, region) => region.to_owned(),
    };
    let grant = UploadGrant {
        cloud_name: Some(cloud_name),
        access_key_id: keys.id,
        secret_access_key: keys.secret,
        session_token: keys.token,
        region: Some(region),
        cloud_bucket_name: World::BUCKET.to_owned(),
        callback_param: callback_param.clone(),
        store_path: format!("{folder}/{{fileName}}"),
        expire_time: Some(keys.expires_at),
        end_point: store.endpoint().to_owned(),
    };
    world.modeling.resources.push(Source {
        uuid,
        callback_param,
        expires_at: keys.expires_at,
        files: Vec::new(),
        stage: Stage::Importing(None),
    });
    Ok(grant)
}

/// Where the images of a resource are uploaded to.
fn folder_of(uuid: &ResourceUuid) -> String {
    format!("fh/organizations/{}/open_reconstruction/tmp/{uuid}", World::DEMO_ORGANIZATION)
}

/// `openmodel.upload_callback`: the files have to be in the storage, below the prefix of the grant and under these entity tags.
pub(crate) fn upload_callback(
    world: &mut World,
    _caller: &Caller,
    operation: OpenmodelUploadCallback,
) -> Result<UploadReceipt, Refusal> {
    let now = world.now();
    let OpenmodelUploadCallback { resource_uuid, resource_name, callback_param, files, .. } =
        operation;
    check_files(&files)?;
    if resource_name.is_some_and(|name| name.chars().count() > 255) {
        return Err(Refusal::argument("resource_name", "is longer than 255 characters"));
    }
    let source = world.modeling.source(&resource_uuid)?;
    if callback_param.expose() != source.callback_param.expose() {
        return Err(Refusal::argument(
            "callback_param",
            "is not the one that came with this resource",
        ));
    }
    if source.expires_at <= now {
        return Err(Refusal::argument(
            "callback_param",
            "has expired with its grant; obtain a new one, which means a new resource",
        ));
    }
    if !matches!(source.stage, Stage::Importing(_) | Stage::Imported) {
        return Err(Refusal::argument("resource_uuid", "has been deleted"));
    }
    let sizes = uploaded(&world.store, &folder_of(&resource_uuid), &files)?;
    let names: Vec<String> = files.into_iter().map(|file| file.name).collect();
    for (name, size) in names.iter().zip(sizes) {
        // A file that is reported again has been uploaded again.
        source.files.retain(|file| file.name != *name);
        source.files.push(File { name: name.clone(), size });
    }
    source.stage = Stage::Importing(Some(now.saturating_add(IMPORT)));
    let upload_count = i32::try_from(names.len()).ok();
    Ok(UploadReceipt {
        resource_uuid: Some(resource_uuid),
        upload_count,
        file_name_list: names.into(),
    })
}

/// The sizes of files that were really uploaded into a folder.
fn uploaded(
    store: &store::State,
    folder: &str,
    files: &[UploadedFile],
) -> Result<Vec<i64>, Refusal> {
    let size = |(index, file): (usize, &UploadedFile)| {
        let object = store.get(&format!("{folder}/{}", file.name)).ok_or_else(|| {
            let problem = format!("`{}` has not been uploaded to `{folder}`", file.name);
            Refusal::argument(&format!("files[{index}].name"), problem)
        })?;
        if !object.etag.eq_ignore_ascii_case(&file.etag) {
            let problem = format!("is not that of `{}` in the storage", file.name);
            return Err(Refusal::argument(&format!("files[{index}].etag"), problem));
        }
        Ok(i64::try_from(object.content.len()).unwrap_or(i64::MAX))
    };
    files.iter().enumerate().map(size).collect()
}

fn check_files(files: &[UploadedFile]) -> Result<(), Refusal> {
    if files.is_empty() || files.len() > MOST_FILES {
        return Err(Refusal::argument(
            "files",
            format!("takes 1 to {MOST_FILES} files a report, got {}", files.len()),
        ));
    }
    for (index, file) in files.iter().enumerate() {
        let at = |field: &str| format!("files[{index}].{field}");
        if file.name.is_empty() || file.name.contains(['/', '\\']) {
            return Err(Refusal::argument(&at("name"), "is no plain file name"));
        }
        if files[..index].iter().any(|other| other.name == file.name) {
            return Err(Refusal::argument(&at("name"), format!("`{}` comes twice", file.name)));
        }
        if file.etag.is_empty() || file.etag.contains('"') {
            return Err(Refusal::argument(
                &at("etag"),
                "is no entity tag without its quotation marks",
            ));
        }
    }
    Ok(())
}

pub(crate) fn get_resource(
    world: &mut World,
    _caller: &Caller,
    operation: OpenmodelGetResource,
) -> Result<Resource, Refusal> {
    let source = world.modeling.source(&operation.resource_uuid)?;
    let status = match source.stage {
        // The documentation knows 1 to 3; a real record of an emptied resource shows 0, and something has to come before 1.
        Stage::Importing(_) | Stage::Drained => ResourceStatus::from(0),
        Stage::Imported => ResourceStatus::Imported,
        Stage::Deleting(_) => ResourceStatus::WaitingForDeletion,
        Stage::Deleted => ResourceStatus::Deleted,
    };
    Ok(Resource {
        resource_uuid: source.uuid.clone(),
        status: Some(status),
        resource_size: Some(source.size()),
        // Null when it is empty, as seen live.
        file_names: match source.files.as_slice() {
            [] => List::null(),
            files => files.iter().map(|file| file.name.clone()).collect(),
        },
    })
}

/// Jobs that still read the resource fail. What happens to them at the real one is not known.
pub(crate) fn delete_resource(
    world: &mut World,
    _caller: &Caller,
    operation: OpenmodelDeleteResource,
) -> Result<Accepted, Refusal> {
    let now = world.now();
    let source = world.modeling.source(&operation.resource_uuid)?;
    if !matches!(source.stage, Stage::Deleting(_) | Stage::Deleted) {
        source.stage = Stage::Deleting(now.saturating_add(DELETION));
    }
    for job in world
        .modeling
        .jobs
        .iter_mut()
        .filter(|job| job.resource == operation.resource_uuid && job.is_running())
    {
        job.enter(ReconstructionStatus::Failed, now);
    }
    Ok(Accepted::new())
}

pub(crate) fn start(
    world: &mut World,
    _caller: &Caller,
    operation: OpenmodelStart,
) -> Result<StartedModels, Refusal> {
    let now = world.now();
    let OpenmodelStart {
        resource_uuid,
        parameter_2d,
        parameter_3d,
        parameter_3dgs,
        parameter_lidar,
        delete_resource_if_finish,
        ..
    } = operation;
    let source = world.modeling.source(&resource_uuid)?;
    if source.stage != Stage::Imported {
        return Err(Refusal::argument("resource_uuid", "is not imported: its status has to be 1"));
    }
    let images = source.files.len();
    let orders = [
        ("parameter_2d", parameter_2d, ReconstructionKind::TwoD, 5..=20_000),
        ("parameter_3d", parameter_3d, ReconstructionKind::ThreeD, 5..=20_000),
        ("parameter_3dgs", parameter_3dgs, ReconstructionKind::GaussianSplatting, 10..=4_000),
        ("parameter_lidar", parameter_lidar, ReconstructionKind::Lidar, 5..=20_000),
    ];
    // Everything is checked before anything is started.
    for (field, parameters, _, range) in &orders {
        let Some(parameters) = parameters else {
            continue;
        };
        if let Err(error) = serde_json::from_str::<Object>(parameters) {
            return Err(Refusal::argument(field, format!("is no JSON object: {error}")));
        }
        if !range.contains(&images) {
            return Err(Refusal::argument(
                field,
                format!(
                    "takes {} to {} images, the resource has {images}",
                    range.start(),
                    range.end()
                ),
            ));
        }
    }
    if orders.iter().all(|(_, parameters, ..)| parameters.is_none()) {
        return Err(Refusal::argument(
            "parameter_2d",
            "one of parameter_2d, parameter_3d, parameter_3dgs and parameter_lidar is needed",
        ));
    }

    let images = images as u64;
    let mut started =
        StartedModels { model_2d: None, model_3d: None, model_3dgs: None, model_lidar: None };
    for (_, _, kind, _) in orders.into_iter().filter(|(_, parameters, ..)| parameters.is_some()) {
        let uuid = ModelUuid::new(world.new_uuid());
        let model = StartedModel {
            uuid: uuid.clone(),
            status: Some(ReconstructionStatus::WaitingForResources),
            sub_error_code: Some(0),
        };
        match kind {
            ReconstructionKind::TwoD => started.model_2d = Some(model),
            ReconstructionKind::ThreeD => started.model_3d = Some(model),
            ReconstructionKind::GaussianSplatting => started.model_3dgs = Some(model),
            _ => started.model_lidar = Some(model),
        }
        let paid = world.modeling.spend(images).is_ok();
        world.modeling.jobs.push(Job {
            uuid,
            resource: resource_uuid.clone(),
            kind,
            images,
            paid,
            drain: delete_resource_if_finish.unwrap_or(false),
            status: ReconstructionStatus::WaitingForResources,
            progress: 0,
            zip: ZipStatus::NotStarted,
            zip_progress: 0,
            error_code: 0,
            since: now,
        });
    }
    Ok(started)
}

pub(crate) fn stop(
    world: &mut World,
    _caller: &Caller,
    operation: OpenmodelStop,
) -> Result<Accepted, Refusal> {
    let now = world.now();
    if !world.modeling.job(&operation.model_uuid)?.is_running() {
        return Err(Refusal::argument("model_uuid", "is not running"));
    }
    world.modeling.cancel(&operation.model_uuid, now)?;
    Ok(Accepted::new())
}

pub(crate) fn running(
    world: &mut World,
    _caller: &Caller,
    _operation: OpenmodelRunning,
) -> Result<Listing<Reconstruction>, Refusal> {
    Ok(world.modeling.jobs.iter().filter(|job| job.is_running()).map(Job::row).collect())
}

pub(crate) fn get(
    world: &mut World,
    _caller: &Caller,
    operation: OpenmodelGet,
) -> Result<Reconstruction, Refusal> {
    world.modeling.job(&operation.model_uuid).map(|job| job.row())
}

pub(crate) fn delete(
    world: &mut World,
    _caller: &Caller,
    operation: OpenmodelDelete,
) -> Result<Accepted, Refusal> {
    let now = world.now();
    if world.modeling.job(&operation.model_uuid)?.is_running() {
        world.modeling.cancel(&operation.model_uuid, now)?;
    }
    world.modeling.jobs.retain(|job| job.uuid != operation.model_uuid);
    world.store.remove(&archive_of(&operation.model_uuid));
    Ok(Accepted::new())
}
