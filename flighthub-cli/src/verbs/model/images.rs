//! `flighthub model from-images`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use flighthub_api::v1::OpenmodelObtainToken;
use flighthub_workflows::ErrorKind;
use flighthub_workflows::choose::printable;
use flighthub_workflows::reconstruction::{
    FromImages, ImageSet, Job, JobKind, Jobs, ReconstructionEvent as Event, Selection, from_images,
    progress_of, scan_images,
};

use super::{NO_LINK, UntilArg, exit_of, plain, states};
use crate::confirm::Danger;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Bar;
use crate::storage;

#[derive(Debug, clap::Args)]
pub(super) struct ImagesArgs {
    /// Folder with the images
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// What to build and how: 2d, 3d, 3dgs or lidar, =, and its parameters in JSON or @FILE; {} leaves them to FlightHub. Once for each
    #[arg(long = "job", value_name = "KIND=JSON", required = true)]
    jobs: Vec<String>,
    /// Say what would be uploaded, and connect to nothing
    #[arg(long)]
    check: bool,
    /// Look into the folders of the folder too
    #[arg(long)]
    recursive: bool,
    /// Endings of the images, with commas
    #[arg(long, value_name = "ENDINGS", value_delimiter = ',', default_value = "jpg,jpeg,tif,tiff,png")]
    extensions: Vec<String>,
    /// Take every file, as LiDAR data wants it
    #[arg(long, conflicts_with = "extensions")]
    all_files: bool,
    /// Name for the set of images
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// File that keeps how far it is; one for this folder and project without it
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Images that are uploaded at a time
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u8).range(1..=32))]
    parallel: u8,
    /// Have FlightHub delete the uploaded images when the jobs have ended
    #[arg(long)]
    delete_uploaded: bool,
    /// How long FlightHub may take to import the images
    #[arg(long, value_name = "DURATION", default_value = "30m", value_parser = crate::when::parse_duration)]
    import_within: Duration,
    /// Wait so long for the jobs; without it they are started only
    #[arg(long, value_name = "DURATION", value_parser = crate::when::parse_duration)]
    wait: Option<Duration>,
    /// Until when
    #[arg(long, value_enum, default_value = "archive", requires = "wait")]
    until: UntilArg,
    /// Start the jobs although an earlier start ended without an answer. Look in FlightHub first: they must not be running
    #[arg(long)]
    start_again: bool,
}

impl ImagesArgs {
    fn settings(&self, state: PathBuf) -> Result<FromImages, Failure> {
        let jobs = self.jobs.iter().map(|job| parse_job(job)).collect::<Result<Vec<_>, _>>()?;
        let mut settings = FromImages::new(&self.folder, Jobs::new(jobs)?, state);
        settings.selection = self.selection();
        settings.resource_name.clone_from(&self.name);
        settings.delete_uploaded_when_finished = self.delete_uploaded;
        settings.parallel_uploads = usize::from(self.parallel);
        settings.import_deadline = self.import_within;
        settings.wait = self.wait;
        settings.until = self.until.into();
        settings.start_again_after_unknown = self.start_again;
        Ok(settings)
    }

    fn selection(&self) -> Selection {
        let extensions: &[String] = if self.all_files { &[] } else { &self.extensions };
        let selection = Selection::new().with_extensions(extensions);
        if self.recursive { selection.recursive() } else { selection }
    }
}

fn parse_job(text: &str) -> Result<Job, Failure> {
    let Some((kind, parameters)) = text.split_once('=') else {
        return Err(Failure::usage(
            format!("--job: `{}` does not say how", printable(text)),
            "Write the kind, =, and the parameters: --job '2d={}' leaves them to FlightHub, --job 3d=@parameters.json reads them from a file.",
        ));
    };
    let kind: JobKind = kind.parse()?;
    let Some(file) = parameters.strip_prefix('@') else {
        return Ok(Job::parse(kind, parameters)?);
    };
    let text = std::fs::read_to_string(file).map_err(|error| {
        let help = "Name a file with the parameters as a JSON object.";
        Failure::usage(format!("--job: {}: {error}", printable(file)), help)
    })?;
    Ok(Job::parse(kind, &text)?)
}

/// The usual state of a folder's images: by where the folder is, so that it is found again from everywhere.
pub(super) fn usual_state(
    context: &Context,
    project: &str,
    folder: &Path,
) -> Result<PathBuf, Failure> {
    let whole = std::fs::canonicalize(folder).map_err(|error| {
        let help = "Name the folder with the images.";
        Failure::usage(format!("{}: {error}", folder.display()), help)
    })?;
    let name = whole.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = plain(&format!("{} {}", name.unwrap_or_default(), whole.display()));
    Ok(states(context, project)?.join(format!("images-{name}.json")))
}

/// Does it.
pub(super) async fn run(context: &Context, args: ImagesArgs) -> Result<Exit, Failure> {
    if args.check || context.is_dry_run() {
        return look(context, &args).await;
    }
    // What is wrong with the settings is said before anything is asked.
    args.settings(PathBuf::new())?;
    let project = context.project().await?;
    let state = match &args.state {
        Some(file) => file.clone(),
        None => usual_state(context, project.uuid(), &args.folder)?,
    };
    let mut settings = args.settings(state.clone())?;
    settings.upload = storage::upload_options(context)?;
    context.detail(format!("state: {}", state.display()));
    confirm_second_start(context, &args, &state).await?;

    let (run, events) = context.run_with_events()?;
    let mut bar = context.progress().spinner("looking through the folder");
    let work = from_images(&project, &settings, &run);
    let done = context.follow(events, work, |event| hear(context, &mut bar, event)).await;
    drop(bar);
    let done = done.map_err(|error| {
        let (kind, failure) = (error.kind(), Failure::from(error));
        match kind {
            ErrorKind::Indeterminate => failure.with_help(UNKNOWN),
            ErrorKind::Storage | ErrorKind::Api | ErrorKind::Deadline => {
                failure.with_help("The same command again goes on where this one ended.")
            }
            _ => failure,
        }
    })?;
    context.out().value(&done)?;
    match &done.outcomes {
        None => {
            let models: Vec<&str> = done.models.iter().map(|model| model.as_str()).collect();
            context.note(format!(
                "started, not yet built. `flighthub model wait {} --for 8h` waits for them",
                models.join(" ")
            ));
            Ok(Exit::Ok)
        }
        Some(jobs) => {
            if jobs.iter().any(|job| job.archive_key.is_some()) {
                context.note(NO_LINK);
            }
            Ok(exit_of(jobs))
        }
    }
}

const UNKNOWN: &str = "The same command again looks once more. If nothing is there, neither in `flighthub model status` nor in the console, and the start \
                       is what is unknown, --start-again starts the jobs; it spends the quota twice if they had been started.";

/// A second start can spend the quota twice.
async fn confirm_second_start(
    context: &Context,
    args: &ImagesArgs,
    state: &Path,
) -> Result<(), Failure> {
    if !args.start_again || !state.exists() {
        return Ok(());
    }
    let earlier = progress_of(state)?;
    if !earlier.is_started || !earlier.models.is_empty() {
        return Ok(());
    }
    context
        .confirm(Danger {
            what: "This starts the jobs once more, and spends the image quota twice if they had been started".to_owned(),
            kind: "image resource",
            id: earlier.resource_uuid.unwrap_or_default(),
            name: None,
        })
        .await
}

/// Says what would be done.
async fn look(context: &Context, args: &ImagesArgs) -> Result<Exit, Failure> {
    let settings = args.settings(PathBuf::new())?;
    let set: ImageSet = scan_images(&args.folder, &settings.selection)?;
    let images = set.images.len() as u64;
    settings.jobs.check_files(images)?;
    let kinds: Vec<&str> = settings.jobs.kinds().map(JobKind::as_str).collect();
    context.note(format!(
        "{images} images, {} bytes, in {} reports; then jobs: {}, which spend a quota of {} images",
        set.bytes(),
        images.div_ceil(100),
        kinds.join(", "),
        images * kinds.len() as u64
    ));
    if context.is_dry_run() && !args.check {
        let project = context.project().await?;
        context.dry_run().is_looking_up("where the images go", "--check");
        project.send(&OpenmodelObtainToken::new()).await?;
        return Ok(Exit::Ok);
    }
    context.out().value(&set)?;
    Ok(Exit::Ok)
}

/// Shows what happens.
pub(super) fn hear(context: &Context, bar: &mut Bar, event: Event) {
    match event {
        Event::Scanned { images, bytes } => {
            *bar = context.progress().bytes(&format!("uploading {images} images"), Some(bytes));
        }
        Event::Resumed { uploaded, reported, is_started } => context.note(if is_started {
            "going on: the jobs were started before, or may have been".to_owned()
        } else {
            format!("going on: {uploaded} images are up, {reported} of them reported")
        }),
        Event::BeginsAnew { left_behind } => context.warn(format!(
            "the right to upload has ended: everything is uploaded again. `flighthub openmodel delete-resource {}` takes away what is up",
            printable(&left_behind)
        )),
        Event::Uploaded { bytes_done, .. } => bar.at(bytes_done),
        Event::Importing { listed, images, .. } => {
            *bar = context.progress().spinner(&format!("importing: {listed} of {images} images"));
        }
        Event::Starting { kinds } => {
            context.note(format!("starting {}: this spends the image quota", kinds.join(", ")));
        }
        Event::Reconciling { call, reason } => {
            context.warn(format!("{call}: the answer is missing ({reason}); looking what became of it"));
        }
        Event::Progress { model_uuid, kind, state, progress, .. } => {
            let kind = kind.unwrap_or_else(|| printable(&model_uuid));
            bar.message(&format!("{kind}: {state:?} {} %", progress.unwrap_or(0)));
        }
        Event::Trouble { reason } => context.warn(reason),
        _ => {}
    }
}
