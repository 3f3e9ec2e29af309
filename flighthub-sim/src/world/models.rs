//! Models on the project map, and the jobs that build them.

use std::time::Duration;

use flighthub_api::v1::{
    CreatedModel, MapModel, MapModelDetail, ModelAreaPoint, ModelCreate, ModelFileType, ModelGet,
    ModelId, ModelList, ProjectUuid, ReconstructionQuality,
};
use flighthub_api::{Listing, Timestamp};

use super::{World, store};
use crate::caller::Caller;
use crate::made::Made;
use crate::refusal::Refusal;

/// The id of the first model. Seven digits have been seen.
const FIRST_ID: i64 = 4_127_701;

/// The models, and those to come.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    models: Vec<Record>,
    jobs: Vec<Job>,
    made: i64,
}

#[derive(Debug, Clone)]
struct Record {
    project: ProjectUuid,
    id: ModelId,
    name: String,
    file_type: ModelFileType,
    size: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A model that is being built. Only its turning up in the list tells that it is done.
#[derive(Debug, Clone)]
struct Job {
    model: Record,
    done_at: Timestamp,
}

impl Record {
    fn archive(&self) -> String {
        format!("models/{}.zip", self.id)
    }

    fn preview(&self) -> String {
        format!("models/{}/preview.jpeg", self.id)
    }

    /// Puts its files into the storage.
    fn keep(&self, store: &mut store::State) {
        let (seed, size) = (self.id.get().unsigned_abs(), self.size.unsigned_abs());
        // What can be seen in the pictures: four digits.
        let number = u32::try_from(seed % 10_000).unwrap_or_default();
        let (archive, preview) = (Made::archive(number, seed, size), Made::preview(number, seed));
        store.put_made(&self.archive(), archive, seed, self.updated_at);
        store.put_made(&self.preview(), preview, seed, self.updated_at);
    }
}

impl State {
    fn next_id(&mut self) -> ModelId {
        self.made += 1;
        ModelId::new(FIRST_ID + self.made - 1)
    }
}

pub(crate) fn populate(world: &mut World) {
    let now = world.now();
    let project = ProjectUuid::new(World::DEMO_PROJECT);
    let kinds = [
        ("Breakwater 2D", ModelFileType::TwoD, 218_103_808),
        ("Breakwater 3D", ModelFileType::ThreeD, 1_503_238_553),
    ];
    for (index, (name, file_type, size)) in (0..).zip(kinds) {
        let model = Record {
            project: project.clone(),
            id: world.models.next_id(),
            name: name.to_owned(),
            file_type,
            size,
            created_at: now.saturating_sub(Duration::from_secs(9 * 86_400 - index)),
            updated_at: now.saturating_sub(Duration::from_secs(9 * 86_400 - 3_600 - 3_321 * index)),
        };
        model.keep(&mut world.store);
        world.models.models.push(model);
    }
}

pub(crate) fn tick(world: &mut World) {
    if world.models.jobs.is_empty() {
        return;
    }
    let now = world.now();
    let State { models, jobs, .. } = &mut world.models;
    let done = jobs.extract_if(.., |job| job.done_at <= now).map(|job| job.model);
    models.extend(done.inspect(|model| model.keep(&mut world.store)));
    models.sort_by_key(|model| model.id);
}

pub(crate) fn list(
    world: &mut World,
    caller: &Caller,
    _operation: ModelList,
) -> Result<Listing<MapModel>, Refusal> {
    let project = world.project_of(caller)?;
    let own = world.models.models.iter().filter(|model| model.project == project);
    Ok(own
        .map(|model| MapModel {
            id: model.id,
            name: model.name.clone(),
            file_type: Some(model.file_type.clone()),
            show_on_map: Some(true),
            size: Some(model.size),
            create_at: Some(model.created_at),
            update_at: Some(model.updated_at),
        })
        .collect())
}

pub(crate) fn get(
    world: &mut World,
    caller: &Caller,
    operation: ModelGet,
) -> Result<MapModelDetail, Refusal> {
    let project = world.project_of(caller)?;
    let mut own = world.models.models.iter().filter(|model| model.project == project);
    let model = own
        .find(|model| model.id == operation.model_id)
        .ok_or_else(|| Refusal::not_found("model", operation.model_id))?;
    Ok(MapModelDetail {
        id: model.id,
        name: model.name.clone(),
        user_name: Some(World::OWNER_NAME.to_owned()),
        file_type: Some(model.file_type.clone()),
        show_on_map: Some(true),
        size: Some(model.size),
        url: Some(world.signed_url(&model.archive())),
        preview_url: Some(world.signed_url(&model.preview())),
        create_at: Some(model.created_at),
        update_at: Some(model.updated_at),
    })
}

/// Starts a job. It takes the images' share of the organization's quota; without enough of it the job is accepted all the same and the model
/// never turns up: the real API has no failure signal here either.
///
/// With two types there are two models, under the id of the answer and the next one. That is a guess: what the real one does is not known.
pub(crate) fn create(
    world: &mut World,
    caller: &Caller,
    operation: ModelCreate,
) -> Result<CreatedModel, Refusal> {
    let project = world.project_of(caller)?;
    check(&operation)?;
    let folder_id = operation.task_folder_id.get();
    let folder = world.tasks.folder(&project, folder_id);
    let folder = folder.ok_or_else(|| {
        Refusal::new(217_028, format!("media directory `{folder_id}` does not exist"))
    })?;
    if folder.images == 0 {
        return Err(Refusal::argument(
            "task_folder_id",
            "no image has been uploaded to this folder",
        ));
    }

    let images = folder.images as u64;
    let now = world.now();
    let mut first = None;
    for file_type in &operation.reconstruction_type {
        let id = world.models.next_id();
        first.get_or_insert(id);
        let name = match (operation.reconstruction_type.len(), file_type) {
            (2.., ModelFileType::TwoD) => format!("{} 2D", operation.name),
            (2.., ModelFileType::ThreeD) => format!("{} 3D", operation.name),
            _ => operation.name.clone(),
        };
        let weight = match operation.quality_level {
            ReconstructionQuality::High => 4,
            ReconstructionQuality::Low => 1,
            _ => 2,
        };
        if world.modeling.spend(images).is_err() {
            continue;
        }
        let done_at = now.saturating_add(Duration::from_secs(120 + images * weight));
        let formats = operation.generate_model_formats.len() as u64;
        let size = images.saturating_mul(weight * (formats + 1)).saturating_mul(2_097_152);
        let size = i64::try_from(size.min(Made::MOST_ARCHIVE)).unwrap_or(i64::MAX);
        let model = Record {
            project: project.clone(),
            id,
            name,
            file_type: file_type.clone(),
            size,
            created_at: now,
            updated_at: done_at,
        };
        world.models.jobs.push(Job { model, done_at });
    }
    first
        .map(|id| CreatedModel { id })
        .ok_or_else(|| Refusal::argument("reconstruction_type", "names nothing to build"))
}

fn check(operation: &ModelCreate) -> Result<(), Refusal> {
    if operation.name.trim().is_empty() {
        return Err(Refusal::argument("name", "is empty"));
    }
    if !(operation.simplified_factor > 0.0 && operation.simplified_factor <= 1.0) {
        return Err(Refusal::argument("simplified_factor", "has to be above 0 and at most 1"));
    }
    let code = operation.wkt.as_str().strip_prefix("EPSG:");
    if !code.is_some_and(|code| !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return Err(Refusal::argument("wkt", "is no coordinate system of the form EPSG:4326"));
    }
    if let Some(odd) = operation.reconstruction_type.iter().find(|kind| !kind.is_known()) {
        return Err(Refusal::argument(
            "reconstruction_type",
            format!("`{odd}` is neither model_2d nor model_3d"),
        ));
    }
    if let Some(odd) = operation.generate_model_formats.iter().find(|format| !format.is_known()) {
        return Err(Refusal::argument(
            "generate_model_formats",
            format!("`{odd}` is no known format"),
        ));
    }
    if operation.generate_model_formats.is_empty() {
        return Err(Refusal::argument("generate_model_formats", "is empty"));
    }
    let corners = operation.predefine_area.as_ref().map(|area| &area.polygon_points);
    if corners.is_some_and(|corners| corners.len() < 3) {
        return Err(Refusal::argument("predefine_area.polygon_points", "has less than 3 points"));
    }
    let off_the_map = |point: &ModelAreaPoint| {
        !(-180.0..=180.0).contains(&point.longitude) || !(-90.0..=90.0).contains(&point.latitude)
    };
    if corners.is_some_and(|corners| corners.iter().any(off_the_map)) {
        return Err(Refusal::argument(
            "predefine_area.polygon_points",
            "has a point that is not on the map",
        ));
    }
    Ok(())
}
