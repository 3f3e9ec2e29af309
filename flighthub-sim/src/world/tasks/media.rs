//! The media of flights: taken in the air, uploaded by the dock one by one, listed.

use std::ops::Range;

use flighthub_api::v1::{
    MediaFile, MediaFileType, MediaUuid, PayloadLensType, ProjectUuid, TaskMedia,
    WaylineTemplateType,
};
use flighthub_api::{Listing, Secret, Timestamp};
use serde::{Deserialize, Serialize};

use super::life::Scene;
use super::{Stage, Task, task_of};
use crate::caller::Caller;
use crate::kmz::VideoAction;
use crate::made::Made;
use crate::refusal::Refusal;
use crate::world::events::{Event, MediaFileUploaded};
use crate::world::flight::Waypoint;
use crate::world::store::Content;
use crate::world::{World, calendar, new_uuid};

/// As many files as the media list shows.
const MEDIA_LIMIT: usize = 10_000;
/// Seconds from the landing to the first upload.
const FIRST_UPLOAD: i64 = 15;
/// Bytes that the dock uploads in a second.
const UPLINK: i64 = 2_500_000;
/// The number before that of the first media folder.
const FIRST_FOLDER: i64 = 4_216;
/// Bytes that files have when nothing else is said: so small that a whole project is downloaded in no time.
const PHOTO: Range<u64> = 80_000..200_000;
const THERMAL: Range<u64> = 40_000..90_000;
const VIDEO: Range<u64> = 800_000..1_300_000;
const OBSERVATIONS: Range<u64> = 60_000..200_000;

/// How media are made and shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    pub(crate) sizes: Sizes,
    /// Whether every list has a row for a directory.
    pub(crate) directory_row: bool,
    /// Whether every list has its first row twice.
    pub(crate) duplicates: bool,
    /// What the list answers instead, and for how many calls; for all when there is no number.
    pub(crate) trouble: Option<(MediaTrouble, Option<u32>)>,
}

/// Bytes of the files of a kind, where they are set.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sizes {
    pub(crate) image: Option<u64>,
    pub(crate) video: Option<u64>,
    pub(crate) ppk: Option<u64>,
}

/// What the media list may answer instead of rows, as seen on real flights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum MediaTrouble {
    /// Code 217028, "the directory does not exist".
    NoDirectory,
    /// Code 219021, "server busy, retry later".
    Busy,
    /// No trouble, but a null list.
    NullList,
}

/// Something that the payload does in the air.
#[derive(Debug, Clone, Copy)]
struct Shot {
    at: Timestamp,
    is_video: bool,
}

#[derive(Debug, Clone)]
pub(super) struct File {
    uuid: MediaUuid,
    name: String,
    pub(super) kind: MediaFileType,
    suffix: &'static str,
    content: Made,
    preview: Option<Made>,
    taken: Timestamp,
    uploaded: Timestamp,
}

/// The media of a flight.
#[derive(Debug, Clone, Default)]
pub(super) struct Media {
    shots: Vec<Shot>,
    is_recording: bool,
    /// 0 until the aircraft has landed with files.
    pub(super) folder: i64,
    pub(super) files: Vec<File>,
    pub(super) uploaded: usize,
    next_at: i64,
}

impl Media {
    /// What the payload does at a waypoint.
    pub(super) fn shoot(&mut self, at: Timestamp, point: &Waypoint) {
        match point.video {
            Some(VideoAction::Start) if !self.is_recording => {
                self.is_recording = true;
                self.shots.push(Shot { at, is_video: true });
            }
            Some(VideoAction::Stop) => self.is_recording = false,
            _ => {}
        }
        self.shots.extend((0..point.photos).map(|_| Shot { at, is_video: false }));
    }
}

impl File {
    fn size(&self) -> i64 {
        i64::try_from(self.content.len()).unwrap_or(i64::MAX)
    }

    /// Where the file itself is in the bucket.
    fn key(&self, project: &ProjectUuid) -> String {
        format!("{}/{}{}", self.folder(project), self.name, self.suffix)
    }

    fn preview_key(&self, project: &ProjectUuid) -> String {
        format!("{}/preview.jpeg", self.folder(project))
    }

    fn folder(&self, project: &ProjectUuid) -> String {
        format!("{}/{project}/media/{}", World::DEMO_ORGANIZATION, self.uuid)
    }
}

/// The letter that the name of a photo of a lens ends with.
fn letter(lens: &PayloadLensType) -> &'static str {
    match lens {
        PayloadLensType::Zoom => "Z",
        PayloadLensType::Ir => "T",
        _ => "W",
    }
}

fn is_mapping(kind: &WaylineTemplateType) -> bool {
    use WaylineTemplateType::{Mapping2d, Mapping3d, MappingStrip};
    matches!(kind, Mapping2d | Mapping3d | MappingStrip)
}

impl Scene<'_> {
    /// Makes the files of a landed flight, to be uploaded one by one.
    pub(super) fn collect(&mut self, task: &mut Task) {
        let route = task.wayline.as_ref().and_then(|id| self.routes.find(&task.project, id));
        let Some(route) = route else { return };
        let (lenses, kind) = (&route.kmz.lenses, &route.kmz.template_type);
        let sizes = self.options.media.sizes;
        let zone = task.zone();
        let mut files = Vec::new();
        let mut add = |taken: Timestamp, letter: &str, number: u32| {
            let (kind, suffix, wanted, range) = match letter {
                "V" => (MediaFileType::Video, ".mp4", sizes.video, VIDEO),
                "PPKRAW" => (MediaFileType::Ppk, ".bin", sizes.ppk, OBSERVATIONS),
                "T" => (MediaFileType::Image, ".jpeg", sizes.image, THERMAL),
                _ => (MediaFileType::Image, ".jpeg", sizes.image, PHOTO),
            };
            let (seed, size) = (self.rng.u64(..), self.rng.u64(range));
            let size = wanted.unwrap_or(size);
            let (content, preview) = match kind {
                MediaFileType::Video => {
                    (Made::video(number, seed, size), Some(Made::preview(number, seed)))
                }
                MediaFileType::Ppk => (Made::observations(seed, size), None),
                _ => (Made::photo(number, seed, size), Some(Made::preview(number, seed))),
            };
            files.push(File {
                uuid: MediaUuid::new(new_uuid(self.rng)),
                name: format!("DJI_{}_{number:04}_{letter}", calendar::digits(taken, &zone)),
                kind,
                suffix,
                content,
                preview,
                taken,
                uploaded: taken,
            });
        };
        let shots = std::mem::take(&mut task.media.shots);
        for (number, shot) in (1..).zip(&shots) {
            if shot.is_video {
                add(shot.at, "V", number);
            } else {
                lenses.iter().for_each(|lens| add(shot.at, letter(lens), number));
            }
        }
        if let (true, Some(first)) = (is_mapping(kind), shots.first()) {
            let last = u32::try_from(shots.len()).unwrap_or(u32::MAX);
            add(first.at, "PPKRAW", last.saturating_add(1));
        }
        if !files.is_empty() {
            *self.folders += 1;
            task.media.folder = FIRST_FOLDER + *self.folders;
        }
        task.media.files = files;
        task.media.next_at = self.now.unix_seconds() + FIRST_UPLOAD;
    }

    /// Uploads the next file when it is time: into the bucket, and then into the list.
    pub(super) fn upload(&mut self, task: &mut Task) {
        let now = self.now.unix_seconds();
        let is_online =
            || self.fleet.dock(task.lands_at().as_str()).is_some_and(|dock| dock.online);
        if task.media.uploaded >= task.media.files.len() || now < task.media.next_at || !is_online()
        {
            return;
        }
        let uploaded = task.media.uploaded;
        if let Some(file) = task.media.files.get_mut(uploaded) {
            let mut put = |key: &str, made: &Made| {
                self.store.put(key, Content::Made(made.clone()), made.etag(), self.now);
            };
            put(&file.key(&task.project), &file.content);
            if let Some(preview) = &file.preview {
                put(&file.preview_key(&task.project), preview);
            }
            file.uploaded = self.now;
            task.media.uploaded += 1;
            self.events.push(Event::MediaFileUploaded(MediaFileUploaded {
                organization_id: World::DEMO_ORGANIZATION.to_owned(),
                project_id: task.project.to_string(),
                file_id: file.uuid.to_string(),
                file_name: file.name.clone(),
                file_type: file.kind.to_string(),
                file_size: file.size(),
                device_sn: task.drone.as_ref().map(ToString::to_string).unwrap_or_default(),
                flight_id: task.uuid.to_string(),
            }));
        }
        let next = task.media.files.get(uploaded + 1).map_or(0, File::size);
        task.media.next_at = now + (next / UPLINK).max(1);
    }
}

/// `task.media`.
pub(crate) fn list(
    world: &mut World,
    caller: &Caller,
    operation: TaskMedia,
) -> Result<Listing<MediaFile>, Refusal> {
    let task = task_of(world, caller, &operation.task_uuid)?;
    let is_missing = task.stage == Stage::Ended && task.media.folder == 0 && !task.is_plan();
    let no_directory = || Refusal::new(217_028, "media directory does not exist");
    let trouble = world.tasks.options.media.next_trouble();
    match trouble {
        Some(MediaTrouble::NoDirectory) => return Err(no_directory()),
        Some(MediaTrouble::Busy) => {
            return Err(Refusal::new(219_021, "server busy, retry later"));
        }
        Some(MediaTrouble::NullList) => return Ok(Listing::default()),
        None if is_missing => return Err(no_directory()),
        None => {}
    }
    let task = task_of(world, caller, &operation.task_uuid)?;
    let row = |file: &File| MediaFile {
        uuid: Some(file.uuid.clone()),
        name: Some(file.name.clone()),
        file_type: file.kind.clone(),
        suffix: Some(file.suffix.to_owned()),
        size: Some(file.size()),
        preview_url: file
            .preview
            .as_ref()
            .map(|_| world.signed_url(&file.preview_key(&task.project))),
        original_url: Some(world.signed_url(&file.key(&task.project))),
        create_at: Some(file.taken),
        update_at: Some(file.uploaded),
    };
    let rules = &world.tasks.options.media;
    let mut rows: Vec<_> = task.uploads().iter().map(row).collect();
    if rules.duplicates {
        rows.extend(rows.first().cloned());
    }
    if rules.directory_row && task.media.folder != 0 {
        rows.push(directory(world, task));
    }
    rows.truncate(MEDIA_LIMIT);
    Ok(rows.into_iter().collect())
}

/// A row that stands for a directory, with nothing behind its address, as real lists have them.
fn directory(world: &World, task: &Task) -> MediaFile {
    let address = world.signed_url("");
    let (scheme, rest) = address.expose().split_once("://").unwrap_or(("https", ""));
    let host = rest.split('/').next().unwrap_or_default();
    // As the same folder always has the same row.
    let uuid = format!("00000000-0000-4000-8000-{:012x}", task.media.folder);
    MediaFile {
        uuid: Some(MediaUuid::new(uuid)),
        name: Some("Remote-Control".to_owned()),
        file_type: MediaFileType::Unsupported,
        suffix: Some(String::new()),
        size: Some(0),
        preview_url: Some(Secret::new(String::new())),
        original_url: Some(Secret::new(format!("{scheme}://{host}/"))),
        create_at: task.completed_at,
        update_at: task.completed_at,
    }
}

impl Rules {
    /// The trouble of this call, counted.
    fn next_trouble(&mut self) -> Option<MediaTrouble> {
        let (trouble, calls) = self.trouble.as_mut()?;
        let trouble = *trouble;
        match calls {
            Some(0) => {
                self.trouble = None;
                return None;
            }
            Some(left) => *left -= 1,
            None => {}
        }
        Some(trouble)
    }
}

impl World {
    /// Sets the sizes of the files that flights bring from now on.
    pub(crate) fn set_media_sizes(&mut self, sizes: Sizes) -> Result<(), String> {
        /// A tebibyte.
        const MOST: u64 = 1 << 40;
        for (field, wanted, least) in [
            ("image", sizes.image, Made::LEAST_PHOTO),
            ("video", sizes.video, Made::LEAST_VIDEO),
            ("ppk", sizes.ppk, 0),
        ] {
            if let Some(size) = wanted.filter(|size| !(least..=MOST).contains(size)) {
                return Err(format!("`{field}`: has to be {least} to {MOST} bytes, not {size}"));
            }
        }
        self.tasks.options.media.sizes = sizes;
        Ok(())
    }
}
