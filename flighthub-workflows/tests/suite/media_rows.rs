//! Media whose rows are odd or hostile.

use std::collections::BTreeSet;

use flighthub_api::{Client, Project, Region};
use flighthub_workflows::Run;
use flighthub_workflows::media::{
    Destination, FileState, MediaKind, Selection, SyncSettings, sync,
};

use crate::fetch::quick;
use crate::media::tree;
use crate::support::DOCK;
use crate::tiny::{Piece, Tiny, bytes, header, reply, stored};

/// A key for servers that look at none.
const ANY_KEY: &str = "eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiJmaDIifQ.c2lnbmF0dXJl";

/// A service and storage in one, with one task that has these rows.
async fn service(rows: serde_json::Value, file: Vec<u8>) -> (Tiny, Project) {
    let tiny = Tiny::start(move |_, head| {
        let host = header(head, "host").unwrap();
        let path = head.split(' ').nth(1).unwrap();
        let json = |data: serde_json::Value| {
            let text = serde_json::json!({"code": 0, "message": "OK", "data": data}).to_string();
            let text = text.replace("STORAGE", &format!("http://{host}/file"));
            let length = text.len().to_string();
            let headers = [("content-type", "application/json"), ("content-length", &*length)];
            reply("200 OK", &headers, text.as_bytes())
        };
        vec![Piece::Bytes(if path.ends_with("/media") {
            json(serde_json::json!({"list": rows}))
        } else if path.starts_with("/file") {
            stored(head, &file, "\"v1\"")
        } else {
            json(serde_json::json!({
                "name": "../../evil\u{202e}", "uuid": "t", "task_type": "immediate", "status": "success",
                "sn": DOCK, "begin_at": "2026-01-01T08:00:00Z",
            }))
        })]
    })
    .await;
    let client = Client::builder(Region::on_premises(&tiny.url), ANY_KEY)
        .no_proxy()
        .no_rate_limit()
        .build()
        .unwrap();
    let project = client.project("3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10");
    (tiny, project)
}

#[tokio::test]
async fn names_of_the_service_lead_nowhere_and_do_not_collide() {
    let file = bytes(9, 5000);
    let names = [
        "../../../etc/passwd",
        "..",
        ".",
        "",
        "/etc/passwd",
        "C:\\Windows\\system32\\x",
        "\\\\host\\share\\x",
        "CON",
        "con",
        "Nul",
        "COM1",
        "a\u{0}b",
        "a\nb",
        "\u{1b}[31mred",
        "photo\u{202e}gpj.exe",
        "É",
        "E\u{301}",
        "é",
        "ﬁ",
        "fi",
        "FI",
        "x.",
        "x ",
        "x",
        "X",
        "-rf",
        ".hidden",
        "~",
        "a.part",
        "a.part.json",
        "flighthub-media.jsonl",
        "flighthub-media.lock",
        "Flighthub-Media.JSONL",
        "%2e%2e%2f",
        "a:b",
        "*?<>|\"",
    ];
    let mut rows: Vec<serde_json::Value> = Vec::new();
    for (number, name) in
        names.iter().copied().chain([&*"n".repeat(5000), &*"ž".repeat(300)]).enumerate()
    {
        rows.push(serde_json::json!({
            "uuid": format!("{number:08}-0000"), "name": name, "suffix": ".jpeg", "file_type": "image",
            "size": 5000, "original_url": "STORAGE?sig=secret",
        }));
        // The same without an ending and an id.
        rows.push(serde_json::json!({
            "name": name, "suffix": "", "file_type": "image", "size": 5000, "original_url": "STORAGE",
        }));
    }
    // Ids that would lead somewhere, and a row that is none.
    rows.push(serde_json::json!({
        "uuid": "../../x", "name": "x", "suffix": "/../../y", "file_type": "weird", "size": 5000,
        "original_url": "STORAGE",
    }));
    rows.push(serde_json::json!("what"));
    let wanted = rows.len() - 1;
    for layout in ["{date}_{task}_{id}/{file}", "{file}", "{task}/{file}"] {
        let (_tiny, project) = service(rows.clone().into(), file.clone()).await;
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("a/b/target");
        let settings = SyncSettings::new(Selection::tasks(["t"]), Destination::folder(&folder))
            .with_layout(layout.parse().unwrap());
        let report = sync(&project, &quick().build(), &settings, &Run::quiet()).await.unwrap();
        let failed: Vec<_> =
            report.files.iter().filter(|file| file.state != FileState::Fetched).collect();
        // Rows without an id whose names become the same are one file, for all that can be told.
        assert!(failed.is_empty(), "{layout}: {failed:#?}");
        assert!(!report.is_complete, "a row could not be read");
        assert_eq!(report.tasks[0].odd, 1);
        assert!(report.files.len() > names.len() && report.files.len() <= wanted);
        let files = tree(&folder);
        assert_eq!(files.len(), report.files.len(), "{layout}");
        assert!(files.values().all(|bytes| *bytes == file));
        // All of it is within the target.
        assert_eq!(tree(outer.path()).len(), files.len() + 2);
        // No two are the same where capitals do not count, and all are harmless on Windows.
        let low: BTreeSet<String> = files.keys().map(|path| path.to_lowercase()).collect();
        assert_eq!(low.len(), files.len());
        for path in files.keys() {
            for part in path.split('/') {
                let stem = part.split('.').next().unwrap().to_lowercase();
                assert!(!["con", "nul", "com1"].contains(&stem.as_str()), "{path}");
                assert!(
                    !part.ends_with(['.', ' ']) && !part.starts_with(['.', '-', '~']),
                    "{path}"
                );
                assert!(!part.contains(['\\', ':', '*', '?', '<', '>', '|', '"']), "{path}");
                assert!(part.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{path:?}");
                assert!(part.len() <= 130, "{path}");
            }
        }
        // And nothing is fetched again.
        let again = sync(&project, &quick().build(), &settings, &Run::quiet()).await.unwrap();
        assert_eq!(again.counts.present, report.files.len());
        assert_eq!(tree(&folder), files);
    }
}

#[tokio::test]
async fn files_without_a_size_or_an_address_are_handled() {
    let file = bytes(10, 5000);
    let rows = serde_json::json!([
        {"uuid": "1", "name": "a", "suffix": ".jpeg", "file_type": "image", "original_url": "STORAGE"},
        {"uuid": "2", "name": "b", "suffix": ".jpeg", "file_type": "image", "size": 0, "original_url": "STORAGE"},
        {"uuid": "3", "name": "c", "suffix": ".jpeg", "file_type": "image", "size": 5000, "original_url": ""},
        {"uuid": "4", "name": "d", "suffix": ".jpeg", "file_type": "image", "size": 4999, "original_url": "STORAGE"},
        {"uuid": "5", "name": "e", "suffix": ".DAT", "file_type": "unsupported", "size": 5000, "original_url": "STORAGE"},
        {"uuid": "6", "name": "f", "suffix": ".jpeg", "file_type": "image", "size": 5000, "original_url": "ftp://x/y"},
    ]);
    let (_tiny, project) = service(rows, file.clone()).await;
    let folder = tempfile::tempdir().unwrap();
    let settings = SyncSettings::new(Selection::tasks(["t"]), Destination::folder(folder.path()));
    let report = sync(&project, &quick().build(), &settings, &Run::quiet()).await.unwrap();
    let state = |uuid: &str| {
        let file = report.files.iter().find(|file| file.uuid == uuid).unwrap();
        (file.state, file.kind)
    };
    assert_eq!(state("1"), (FileState::Fetched, MediaKind::Image));
    assert_eq!(state("2"), (FileState::Fetched, MediaKind::Image));
    assert_eq!(state("3"), (FileState::Waiting, MediaKind::Image));
    assert_eq!(state("4"), (FileState::Failed, MediaKind::Image));
    assert_eq!(state("5"), (FileState::Fetched, MediaKind::Other));
    assert_eq!(state("6"), (FileState::Failed, MediaKind::Image));
    assert!(!report.is_complete);
    let again = sync(&project, &quick().build(), &settings, &Run::quiet()).await.unwrap();
    assert_eq!((again.counts.present, again.counts.waiting, again.counts.failed), (3, 1, 2));
}
