//! Media that are fetched once, whatever happens in between.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use flighthub_api::Timestamp;
use flighthub_api::v1::{DockSn, TaskUuid};
use flighthub_sim::{Deed, Fault, FaultKind, FaultPort, MediaTrouble, When};
use flighthub_workflows::media::{
    Destination, FileState, Layout, MediaKind, MediaState, Selection, SyncEvent, SyncReport,
    SyncSettings, Verify, list, plan, sync,
};
use flighthub_workflows::{ErrorKind, Run};

use crate::fetch::quick;
use crate::support::{Bench, DOCK, bench, flown, flown_as, launched_as, media_of, sha256};

const MANIFEST: &str = "flighthub-media.jsonl";
const LOCK: &str = "flighthub-media.lock";

fn settings(task: &TaskUuid, folder: &Path) -> SyncSettings {
    SyncSettings::new(Selection::tasks([task.clone()]), Destination::folder(folder))
}

fn quiet(bench: &Bench) -> Run<SyncEvent> {
    Run::quiet().with_clock(bench.clock())
}

async fn synced(bench: &Bench, settings: &SyncSettings) -> SyncReport {
    sync(&bench.project.read_only(), &quick().build(), settings, &quiet(bench)).await.unwrap()
}

/// All files below a folder, by their paths, without what the sync keeps for itself.
pub(crate) fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, files);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                match std::fs::read(&path) {
                    Ok(bytes) => drop(files.insert(name, bytes)),
                    // A part that was just moved into its place.
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                    Err(error) => panic!("{name}: {error}"),
                }
            }
        }
    }
    let mut files = BTreeMap::new();
    if folder.exists() {
        walk(folder, folder, &mut files);
    }
    files.remove(MANIFEST);
    files.remove(LOCK);
    files
}

fn storage_requests(bench: &Bench) -> usize {
    bench.sim.journal().to_port("storage").len()
}

#[tokio::test]
async fn all_files_of_a_task_are_fetched_once() {
    let bench = bench().await;
    let task = flown(&bench).await;
    let rows = media_of(&bench, &task).await;
    assert!(rows.len() > 5, "{}", rows.len());
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&task, &folder.path().join("new/media"));
    let report = synced(&bench, &settings).await;
    assert!(report.is_complete, "{report:#?}");
    assert_eq!(report.counts.fetched, rows.len());
    let files = tree(&folder.path().join("new/media"));
    assert_eq!(files.len(), rows.len());
    let short: String = task.as_str().chars().take(8).collect();
    for row in &rows {
        let name = format!("{}{}", row.name.clone().unwrap(), row.suffix.clone().unwrap());
        let bytes = &files[&format!("2026-01-01_Media round_{short}/{name}")];
        assert_eq!(bytes.len() as i64, row.size.unwrap());
        let file =
            report.files.iter().find(|file| file.uuid == row.uuid.as_ref().unwrap().as_str());
        assert_eq!(file.unwrap().sha256.as_ref(), Some(&sha256(bytes)));
    }
    assert_eq!(storage_requests(&bench), rows.len());
    // A second run fetches nothing.
    let report = synced(&bench, &settings).await;
    assert!(report.is_complete);
    assert_eq!((report.counts.present, report.counts.fetched), (rows.len(), 0));
    assert_eq!(storage_requests(&bench), rows.len());
    assert_eq!(tree(&folder.path().join("new/media")), files);
    // Nor does one with hashes.
    let report = synced(&bench, &settings.clone().with_verify(Verify::Hashes)).await;
    assert_eq!((report.counts.present, storage_requests(&bench)), (rows.len(), rows.len()));
    let text = serde_json::to_string(&report).unwrap();
    assert!(!text.contains("X-Amz") && !text.contains("http"), "{text}");
    let manifest = std::fs::read_to_string(folder.path().join("new/media").join(MANIFEST)).unwrap();
    assert!(!manifest.contains("X-Amz") && !manifest.contains("http"), "{manifest}");
}

#[tokio::test]
async fn a_file_that_was_deleted_comes_again_and_one_that_was_changed_is_reported() {
    let bench = bench().await;
    let task = flown(&bench).await;
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&task, folder.path());
    let first = synced(&bench, &settings).await;
    let whole = tree(folder.path());
    let paths: Vec<&String> = first.files.iter().filter_map(|file| file.path.as_ref()).collect();
    std::fs::remove_file(folder.path().join(paths[0])).unwrap();
    std::fs::write(folder.path().join(paths[1]), b"edited").unwrap();
    let before = storage_requests(&bench);
    let report = synced(&bench, &settings).await;
    assert_eq!((report.counts.fetched, report.counts.changed), (1, 1));
    assert!(!report.is_complete);
    assert_eq!(storage_requests(&bench), before + 1);
    let changed = report.files.iter().find(|file| file.state == FileState::Changed).unwrap();
    assert_eq!(changed.path.as_ref(), Some(paths[1]));
    assert!(changed.problem.as_ref().unwrap().starts_with("it has 6 bytes here"), "{changed:?}");
    assert_eq!(std::fs::read(folder.path().join(paths[1])).unwrap(), b"edited");
    assert_eq!(std::fs::read(folder.path().join(paths[0])).unwrap(), whole[paths[0]]);
    // The same size and other bytes: only hashes tell.
    let mut bytes = whole[paths[1]].clone();
    bytes[0] ^= 1;
    std::fs::write(folder.path().join(paths[1]), &bytes).unwrap();
    assert!(synced(&bench, &settings).await.is_complete);
    let report = synced(&bench, &settings.clone().with_verify(Verify::Hashes)).await;
    assert_eq!(report.counts.changed, 1);
    // Moved away, it comes again.
    std::fs::remove_file(folder.path().join(paths[1])).unwrap();
    assert!(synced(&bench, &settings).await.is_complete);
    assert_eq!(tree(folder.path()), whole);
}

#[tokio::test]
async fn a_plan_changes_nothing() {
    let bench = bench().await;
    let task = flown(&bench).await;
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&task, &folder.path().join("none"));
    let run = quiet(&bench);
    let planned = plan(&bench.project.read_only(), &settings, &run).await.unwrap();
    assert_eq!(planned.counts.planned, planned.files.len());
    assert!(planned.counts.bytes_planned > 1000);
    assert!(!folder.path().join("none").exists());
    assert_eq!(storage_requests(&bench), 0);
    let done = synced(&bench, &settings).await;
    let paths = |report: &SyncReport| -> Vec<_> {
        report.files.iter().map(|file| file.path.clone()).collect()
    };
    assert_eq!(paths(&planned), paths(&done));
    let again = plan(&bench.project.read_only(), &settings, &run).await.unwrap();
    assert_eq!((again.counts.planned, again.counts.present), (0, done.files.len()));
}

#[tokio::test]
async fn tasks_of_docks_are_found_by_time() {
    let bench = bench().await;
    let tasks = [flown_as(&bench, "One").await, flown_as(&bench, "Two").await];
    let from = Timestamp::from_unix_seconds(1_767_254_400 - 3600).unwrap();
    let docks = [DockSn::new(DOCK), DockSn::new("7CTXN0000B00B2")];
    let selection = Selection::docks(docks, from, bench.sim.now());
    let folder = tempfile::tempdir().unwrap();
    let settings = SyncSettings::new(selection.clone(), Destination::folder(folder.path()))
        .with_layout("{dock}/{kind}/{task}/{file}".parse::<Layout>().unwrap())
        .with_kinds([MediaKind::Image]);
    let report = synced(&bench, &settings).await;
    for task in &tasks {
        assert!(report.tasks.iter().any(|it| it.task == *task && it.state == MediaState::Complete));
    }
    let files = tree(folder.path());
    assert_eq!(files.len(), report.counts.fetched);
    assert!(files.keys().all(|path| path.starts_with(&format!("{DOCK}/image/"))), "{files:?}");
    assert!(
        files.keys().any(|path| path.contains("/One/"))
            && files.keys().any(|path| path.contains("/Two/"))
    );
    assert!(report.counts.skipped > 0, "videos");
    let listing = list(&bench.project.read_only(), &selection, &quiet(&bench)).await.unwrap();
    assert_eq!(listing.tasks.len(), report.tasks.len());
    let text = serde_json::to_string(&listing).unwrap();
    assert!(!text.contains("X-Amz") && text.contains("\"kind\":\"video\""), "{text}");
    // Nothing else was ever called.
    let journal = bench.sim.journal();
    journal.of("task.create").times(2);
    assert_eq!(journal.writes().of("task.media").len(), 0);
}

#[tokio::test]
async fn rows_of_folders_and_rows_that_come_twice_are_no_files() {
    let bench = bench().await;
    bench.sim.apply(&Deed::MediaDirectoryRow { shown: true }).unwrap();
    bench.sim.apply(&Deed::MediaDuplicates { shown: true }).unwrap();
    let task = flown(&bench).await;
    let rows = media_of(&bench, &task).await;
    let folder = tempfile::tempdir().unwrap();
    let report = synced(&bench, &settings(&task, folder.path())).await;
    assert!(report.is_complete);
    assert_eq!((report.counts.fetched, report.counts.skipped), (rows.len() - 2, 1));
    let skipped = report.files.iter().find(|file| file.kind == MediaKind::Directory).unwrap();
    assert!(skipped.problem.as_ref().unwrap().contains("`Remote-Control` is a folder"));
    assert_eq!(tree(folder.path()).len(), rows.len() - 2);
}

#[tokio::test]
async fn what_a_list_answers_instead_of_rows_is_told_apart() {
    let bench = bench().await;
    let task = flown(&bench).await;
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&task, folder.path());
    let trouble = |trouble, calls| {
        bench.sim.apply(&Deed::MediaTrouble { trouble: Some(trouble), calls }).unwrap();
    };
    // Busy for a while: asked again.
    trouble(MediaTrouble::Busy, Some(2));
    let report = synced(&bench, &settings).await;
    assert!(report.is_complete && report.counts.fetched > 0);
    // Busy for good: said so, after a bounded number of calls.
    trouble(MediaTrouble::Busy, None);
    let before = bench.sim.journal().of("task.media").len();
    let report = synced(&bench, &settings).await;
    assert_eq!(report.tasks[0].state, MediaState::NotReady);
    assert!(!report.is_complete && report.tasks[0].help.is_some());
    assert_eq!(bench.sim.journal().of("task.media").len() - before, 4);
    // There are files, for all that the task says: not listed yet.
    for (kind, state) in [
        (MediaTrouble::NullList, MediaState::Uploading),
        (MediaTrouble::NoDirectory, MediaState::Uploading),
    ] {
        trouble(kind, None);
        let report = synced(&bench, &settings).await;
        assert_eq!((report.tasks[0].state, report.is_complete), (state, false));
    }
    // A flight by hand leaves none.
    bench.sim.apply(&Deed::MediaTrouble { trouble: None, calls: None }).unwrap();
    bench.sim.apply(&Deed::ManualFlight { dock: DockSn::new(DOCK), minutes: 5 }).unwrap();
    bench.sim.advance(Duration::from_secs(60));
    let from = bench.sim.now().saturating_sub(Duration::from_secs(7200));
    let selection = Selection::docks([DockSn::new(DOCK)], from, bench.sim.now());
    let listing = list(&bench.project.read_only(), &selection, &quiet(&bench)).await.unwrap();
    assert!(listing.tasks.iter().any(|task| task.state == MediaState::NoFiles), "{listing:#?}");
    // No such task, and one that fails does not cost the other.
    let none = TaskUuid::new("00000000-0000-4000-8000-000000000000");
    let both =
        SyncSettings::new(Selection::tasks([none, task]), Destination::folder(folder.path()));
    let report = synced(&bench, &both).await;
    assert_eq!(report.tasks[0].state, MediaState::Failed);
    assert_eq!(report.tasks[1].state, MediaState::Complete);
    assert!(!report.is_complete && report.counts.present > 0);
}

#[tokio::test]
async fn a_run_waits_for_late_uploads_in_virtual_time() {
    let bench = bench().await;
    let task = launched_as(&bench, "Late").await;
    let folder = tempfile::tempdir().unwrap();
    let (run, mut events) = Run::with_events();
    let run = run.with_clock(bench.clock());
    let settings = settings(&task, folder.path());
    // Without patience: nothing is there yet, and that is said.
    let report = synced(&bench, &settings).await;
    assert!(matches!(report.tasks[0].state, MediaState::NotStarted | MediaState::Flying));
    // Too little patience.
    let short = settings.clone().with_wait(Duration::from_secs(120));
    let began = bench.sim.now();
    let report = synced(&bench, &short).await;
    assert!(!report.is_complete);
    assert!(bench.sim.now().duration_since(&began) <= Duration::from_secs(125));
    // Enough.
    let settings = settings.with_wait(Duration::from_secs(7200));
    let project = bench.project.read_only();
    let report = sync(&project, &quick().build(), &settings, &run).await.unwrap();
    assert!(report.is_complete, "{report:#?}");
    assert_eq!(report.tasks[0].state, MediaState::Complete);
    assert_eq!(tree(folder.path()).len(), media_of(&bench, &task).await.len());
    drop(run);
    let mut waits = 0;
    while let Some(event) = events.next().await {
        if let SyncEvent::Waiting { tasks, pause_ms, left_ms, .. } = event {
            assert!(tasks == 1 && pause_ms <= left_ms && pause_ms <= 300_000);
            waits += 1;
        }
    }
    assert!((2..20).contains(&waits), "{waits}");
}

#[tokio::test]
async fn addresses_that_expire_on_the_way_are_renewed() {
    let bench = bench().await;
    let task = flown(&bench).await;
    let folder = tempfile::tempdir().unwrap();
    let (run, mut events) = Run::with_events();
    let settings = settings(&task, folder.path()).with_jobs(3);
    let (project, fetcher) = (bench.project.read_only(), quick().build());
    let syncing = sync(&project, &fetcher, &settings, &run);
    let sim = Arc::clone(&bench.sim);
    let ageing = async {
        let mut settled = 0;
        while let Some(event) = events.next().await {
            if matches!(event, SyncEvent::File { .. }) {
                settled += 1;
                // An hour passes every few files.
                if settled % 4 == 1 {
                    sim.advance(Duration::from_secs(3700));
                }
            }
        }
    };
    let report = tokio::select! {
        biased;
        () = ageing => panic!("the events ended first"),
        report = syncing => report.unwrap(),
    };
    assert!(report.is_complete, "{report:#?}");
    drop(run);
    let journal = bench.sim.journal();
    journal.of("task.media").at_least(3);
    assert!(journal.to_port("storage").with_status(403).len() >= 2);
    let whole = tree(folder.path());
    assert_eq!(whole.len(), report.counts.fetched);
    // An address that never becomes good is given up.
    let fault = Fault::new("*", FaultKind::http_error(403)).port(FaultPort::Storage);
    bench.sim.inject(fault.when(When::Always)).unwrap();
    let other = tempfile::tempdir().unwrap();
    let report = synced(&bench, &self::settings(&task, other.path())).await;
    assert_eq!(report.counts.failed, report.files.len());
    assert!(report.files[0].problem.as_ref().unwrap().contains("HTTP 403"));
    assert_eq!(tree(other.path()).values().filter(|bytes| !bytes.is_empty()).count(), 0);
}

#[tokio::test]
async fn wherever_a_run_is_dropped_the_next_one_continues() {
    let bench = bench().await;
    bench
        .sim
        .apply(&Deed::MediaSizes { image: Some(60_000), video: Some(9 << 20), ppk: None })
        .unwrap();
    let task = flown(&bench).await;
    let reference = tempfile::tempdir().unwrap();
    let patient = quick().idle_timeout(Duration::from_secs(20)).build();
    let (all, run) = (settings(&task, reference.path()), quiet(&bench));
    assert!(sync(&bench.project, &patient, &all, &run).await.unwrap().is_complete);
    let whole = tree(reference.path());
    let folder = tempfile::tempdir().unwrap();
    let wanted = settings(&task, folder.path()).with_jobs(3);
    let mut rng = fastrand::Rng::with_seed(5);
    let (mut runs, mut dropped) = (0, 0);
    let last = loop {
        runs += 1;
        // Faults of all sorts on the way as well.
        for kind in [
            FaultKind::close()
                .at(flighthub_sim::Phase::Bytes(rng.u64(300..4_000_000)))
                .after_effect(),
            FaultKind::http_error(503),
            FaultKind::reset().at(flighthub_sim::Phase::ReplyBody).after_effect(),
        ] {
            let fault = Fault::new("*", kind).port(FaultPort::Storage);
            bench.sim.inject(fault.when(When::Nth(rng.u64(1..9)))).unwrap();
        }
        let (run, mut events) = Run::with_events();
        let run = run.with_clock(bench.clock());
        let (project, fetcher) = (bench.project.read_only(), patient.clone());
        let after = rng.usize(1..40);
        let counted = async {
            for _ in 0..after {
                if events.next().await.is_none() {
                    std::future::pending::<()>().await;
                }
            }
        };
        let done = tokio::select! {
            biased;
            () = counted => None,
            report = sync(&project, &fetcher, &wanted, &run) => Some(report.unwrap()),
        };
        bench.sim.clear_faults();
        // What is there under its own name is whole, always.
        for (path, bytes) in tree(folder.path()) {
            if !path.ends_with(".part") && !path.ends_with(".json") && !path.ends_with(".new") {
                assert_eq!(sha256(&bytes), sha256(&whole[&path]), "{path} after {runs} runs");
            }
        }
        match done {
            Some(report) if report.is_complete => break report,
            _ => dropped += 1,
        }
        assert!(runs < 200, "it does not come to an end");
    };
    assert!(dropped >= 2, "{dropped} of {runs}");
    assert_eq!(tree(folder.path()), whole);
    assert_eq!(last.counts.present + last.counts.fetched, whole.len());
    let manifest = std::fs::read_to_string(folder.path().join(MANIFEST)).unwrap();
    let mut paths = BTreeMap::new();
    for line in manifest.lines().skip(1) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        paths.insert(line["uuid"].as_str().unwrap().to_owned(), line["path"].clone());
    }
    assert_eq!(paths.len(), whole.len());
    assert_eq!(
        paths.values().map(|path| path.as_str().unwrap()).collect::<BTreeSet<_>>().len(),
        whole.len()
    );
}

#[tokio::test]
async fn a_manifest_that_lost_its_end_loses_nothing() {
    let bench = bench().await;
    let task = flown(&bench).await;
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&task, folder.path());
    synced(&bench, &settings).await;
    let whole = tree(folder.path());
    let before = storage_requests(&bench);
    // Only the lines from before the fetching are left, and one is cut.
    let path = folder.path().join(MANIFEST);
    let text = std::fs::read_to_string(&path).unwrap();
    let planned: Vec<&str> = text.lines().take(whole.len() + 1).collect();
    assert!(planned.iter().skip(1).all(|line| line.contains("\"planned\"")));
    std::fs::write(&path, format!("{}\n{{\"uuid\":", planned.join("\n"))).unwrap();
    let report = synced(&bench, &settings).await;
    assert!(report.is_complete);
    assert_eq!((report.counts.present, storage_requests(&bench)), (whole.len(), before));
    assert_eq!(tree(folder.path()), whole);
    assert!(report.files.iter().all(|file| file.sha256.is_some()));
}

#[tokio::test]
async fn files_of_others_are_left_alone() {
    let bench = bench().await;
    let task = flown(&bench).await;
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&task, folder.path());
    let run = quiet(&bench);
    let planned = plan(&bench.project, &settings, &run).await.unwrap();
    let path = |at: usize| folder.path().join(planned.files[at].path.as_ref().unwrap());
    std::fs::create_dir_all(path(0).parent().unwrap()).unwrap();
    std::fs::write(path(0), b"mine").unwrap();
    std::fs::write(path(1).with_extension("jpeg.part"), b"mine too").unwrap();
    std::fs::create_dir(path(2)).unwrap();
    let report = synced(&bench, &settings).await;
    assert!(report.is_complete, "{report:#?}");
    assert_eq!(std::fs::read(path(0)).unwrap(), b"mine");
    assert_eq!(std::fs::read(path(1).with_extension("jpeg.part")).unwrap(), b"mine too");
    let beside: Vec<_> = (report.files.iter())
        .filter(|file| !planned.files.iter().any(|other| other.path == file.path))
        .collect();
    assert_eq!(beside.len(), 3);
    for file in beside {
        let short = file.uuid.split('-').next().unwrap();
        assert!(file.path.as_ref().unwrap().contains(&format!("_{short}.")), "{file:?}");
    }
    // And they stay where they are.
    let again = synced(&bench, &settings).await;
    assert_eq!(again.counts.present, report.files.len());
}

#[tokio::test]
async fn two_runs_do_not_write_to_one_target() {
    let bench = bench().await;
    let task = flown(&bench).await;
    let folder = tempfile::tempdir().unwrap();
    let held = std::fs::File::create(folder.path().join(LOCK)).unwrap();
    held.try_lock().unwrap();
    let settings = settings(&task, folder.path());
    let run = quiet(&bench);
    let error = sync(&bench.project, &quick().build(), &settings, &run).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::State);
    assert!(error.to_string().contains("another run"), "{error}");
    drop(held);
    std::fs::write(folder.path().join(MANIFEST), "not\nours\n").unwrap();
    let error = sync(&bench.project, &quick().build(), &settings, &run).await.unwrap_err();
    assert!(error.to_string().contains("it is no manifest of media"), "{error}");
    assert_eq!(std::fs::read(folder.path().join(MANIFEST)).unwrap(), b"not\nours\n");
    let file = folder.path().join("file");
    std::fs::write(&file, b"x").unwrap();
    let settings = self::settings(&task, &file);
    let error = sync(&bench.project, &quick().build(), &settings, &run).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File, "{error}");
}

#[tokio::test]
async fn private_addresses_are_refused_for_every_file() {
    let bench = bench().await;
    let task = flown(&bench).await;
    let folder = tempfile::tempdir().unwrap();
    let fetcher = flighthub_workflows::fetch::Fetcher::builder().no_proxy().build();
    let settings = settings(&task, folder.path());
    let report = sync(&bench.project, &fetcher, &settings, &quiet(&bench)).await.unwrap();
    assert_eq!(report.counts.failed, report.files.len());
    let file = &report.files[0];
    assert!(file.problem.as_ref().unwrap().contains("the connection would not be secured"));
    assert!(file.help.as_ref().unwrap().contains("--allow-private-addresses"));
    assert_eq!(storage_requests(&bench), 0);
    assert!(tree(folder.path()).is_empty());
}

#[cfg(feature = "upload")]
#[tokio::test]
async fn a_storage_gets_each_file_once() {
    use flighthub_workflows::upload::{UploadOptions, open_target};

    let bench = bench().await;
    let task = flown(&bench).await;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("file://{}", folder.path().display());
    let target = open_target(&url, [], &UploadOptions::new()).unwrap();
    let settings = SyncSettings::new(Selection::tasks([task.clone()]), Destination::store(target));
    let report = synced(&bench, &settings).await;
    assert!(report.is_complete, "{report:#?}");
    let whole = tree(folder.path());
    assert_eq!(whole.len(), report.counts.fetched);
    let reference = tempfile::tempdir().unwrap();
    synced(&bench, &self::settings(&task, reference.path())).await;
    assert_eq!(whole, tree(reference.path()));
    let before = storage_requests(&bench);
    let again = synced(&bench, &settings.clone().with_verify(Verify::Hashes)).await;
    assert_eq!((again.counts.present, storage_requests(&bench)), (whole.len(), before));
    // Without its manifest nothing is overwritten, and without a file it comes again.
    let path = report.files[0].path.clone().unwrap();
    std::fs::remove_file(folder.path().join(&path)).unwrap();
    let third = synced(&bench, &settings).await;
    assert_eq!((third.counts.present, third.counts.fetched), (whole.len() - 1, 1));
    assert_eq!(tree(folder.path()), whole);
}

#[tokio::test]
async fn the_target_is_a_folder_or_a_url() {
    let parse = |text: &str| {
        #[cfg(feature = "upload")]
        return Destination::parse(text, &flighthub_workflows::upload::UploadOptions::new());
        #[cfg(not(feature = "upload"))]
        return Destination::parse(text);
    };
    assert_eq!(parse("some/folder").unwrap().to_string(), "some/folder");
    assert_eq!(parse("file:///srv/media").unwrap().to_string(), "/srv/media");
    for text in ["", "  ", "ftp://x/y", "file://host/x?y", "file:relative"] {
        assert_eq!(parse(text).unwrap_err().kind(), ErrorKind::InvalidInput, "{text}");
    }
}
