//! What each key gets from each operation: a table to read, and the same keys over HTTP.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod support;

use std::fmt::Write as _;

use flighthub_api::v1::CATALOGUE;
use flighthub_sim::{Caller, KeyProfile, Language, Permit, Profile, Sim, World};

use support::world;

/// What becomes of an operation: `+` it is carried out, `0` its list is null, else HTTP status and code.
fn verdict(world: &World, key: KeyProfile, operation: &str, project: Option<&str>) -> String {
    match world.admit(operation, Some(&world.key(key)), project, Language::English) {
        Ok((_, Permit::Granted)) => "+".to_owned(),
        Ok((_, Permit::EmptyList)) => "0".to_owned(),
        Ok(other) => panic!("{other:?}"),
        Err(refusal) => format!("{} {}", refusal.http, refusal.code.get()),
    }
}

const FORBIDDEN: &str = "403 200403";
const WRONG_KEY: &str = "401 200401";

/// Keys with rights of their own, in the order of the columns.
const KEYS: [KeyProfile; 6] = [
    KeyProfile::Admin,
    KeyProfile::Member,
    KeyProfile::NoDevices,
    KeyProfile::NoLivestream,
    KeyProfile::NoTasks,
    KeyProfile::Outsider,
];

#[test]
fn every_key_gets_what_its_modules_allow() {
    let private = world().with_profile(Profile::Private);
    // `-` is HTTP 403 with 200403.
    let rights = [
        //                    admin member no-devices no-livestream no-tasks outsider
        ("system.", ["+", "+", "+", "+", "+", "+"]),
        ("project.list", ["+", "+", "+", "+", "+", "0"]),
        ("project.devices_of_organization", ["+", "0", "0", "+", "+", "0"]),
        ("project.devices", ["+", "-", "0", "+", "+", "0"]),
        ("project.sts_token", ["+", "-", "+", "+", "+", "-"]),
        ("project.add_members", ["+", "-", "+", "+", "+", "-"]),
        ("device.hms", ["+", "-", "0", "+", "+", "0"]),
        ("device.", ["+", "-", "-", "+", "+", "-"]),
        ("livestream.", ["+", "-", "+", "-", "+", "-"]),
        ("converter.", ["+", "-", "+", "-", "+", "-"]),
        ("task.media", ["+", "-", "+", "+", "200 219021", "-"]),
        ("task.", ["+", "-", "+", "+", "-", "-"]),
        ("wayline.", ["+", "-", "+", "+", "+", "-"]),
        ("model.", ["+", "-", "+", "+", "+", "-"]),
        ("annotation.", ["+", "-", "+", "+", "+", "-"]),
        // Of the organization, not of a project.
        ("openmodel.", ["+", "+", "+", "+", "+", "-"]),
    ];
    let mut wrong = String::new();
    for info in CATALOGUE {
        let row = rights.iter().find(|(prefix, _)| info.id.starts_with(prefix));
        let (_, row) = row.unwrap_or_else(|| panic!("{} is in no row", info.id));
        for (key, expected) in KEYS.iter().zip(row) {
            let expected = if *expected == "-" { FORBIDDEN } else { expected };
            let found = verdict(&private, *key, info.id, Some(World::DEMO_PROJECT));
            if found != expected {
                let _ = writeln!(wrong, "{key:?} {}: {found} instead of {expected}", info.id);
            }
        }
        for key in
            [KeyProfile::Revoked, KeyProfile::Expired, KeyProfile::OldStyle, KeyProfile::Unknown]
        {
            let expected = if info.id == "system.status" { "+" } else { WRONG_KEY };
            let found = verdict(&private, key, info.id, Some(World::DEMO_PROJECT));
            assert_eq!(found, expected, "{key:?} {}", info.id);
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn without_a_key_there_is_200401_inside_http_200() {
    let refused =
        world().admit("project.list", None, None, Language::Chinese).map(|_| ()).unwrap_err();
    assert_eq!((refused.http, refused.code.get()), (200, 200_401));
}

#[test]
fn the_public_cloud_has_no_converters_not_even_for_a_wrong_key() {
    for operation in ["converter.create", "converter.list", "converter.set", "converter.delete"] {
        for key in [Some(World::demo_token()), Some("wrong".to_owned()), None] {
            let refused = world()
                .admit(operation, key.as_deref(), Some(World::DEMO_PROJECT), Language::English)
                .map(|_| ())
                .unwrap_err();
            assert_eq!((refused.http, refused.has_body()), (404, false), "{operation}");
        }
    }
    assert_eq!(verdict(&world(), KeyProfile::Admin, "livestream.start", None), "+");
}

#[test]
fn a_key_is_good_in_its_region_only() {
    let (eu, us) = (World::demo_in("eu", 1), World::demo_in("us", 1));
    for key in KEYS {
        assert_ne!(eu.key(key), us.key(key));
        assert_eq!((eu.profile_of(&eu.key(key)), us.profile_of(&us.key(key))), (key, key));
        assert_eq!(us.profile_of(&eu.key(key)), KeyProfile::Unknown);
        let refused = us
            .admit("project.list", Some(&eu.key(key)), None, Language::English)
            .map(|_| ())
            .unwrap_err();
        assert_eq!((refused.http, refused.code.get()), (401, 200_401));
    }
    assert_eq!(eu.key(KeyProfile::Admin), World::demo_token());
    assert_eq!((eu.region(), us.region()), ("eu", "us"));
}

#[test]
fn keys_have_the_form_of_real_ones_and_claim_to_be_simulated() {
    let mut all: Vec<_> = KeyProfile::ALL.map(World::demo_key).to_vec();
    for key in &all {
        let parts: Vec<_> = key.split('.').collect();
        match parts.as_slice() {
            [header, claims, signature] => {
                assert!(header.starts_with("eyJ") && claims.starts_with("eyJ"), "{key}");
                assert!(signature.starts_with("simulated-"), "{key}");
                assert!(flighthub_api::Token::new(key).is_ok());
            }
            [old] => assert!(old.len() == 64 && old.chars().all(|c| c.is_ascii_hexdigit())),
            _ => panic!("{key}"),
        }
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), KeyProfile::ALL.len());
    assert_eq!(world().profile_of(&"AB".repeat(32)), KeyProfile::OldStyle);
}

#[test]
fn callers_are_the_people_of_their_keys() {
    let world = world();
    let key = world.key(KeyProfile::NoTasks);
    let (caller, _) = world
        .admit("device.state", Some(&key), Some(World::DEMO_PROJECT), Language::English)
        .unwrap();
    let expected = Caller::admin()
        .in_project(World::DEMO_PROJECT)
        .with_key(KeyProfile::NoTasks)
        .with_language(Language::English);
    assert_eq!(caller, expected);
}

#[test]
fn the_same_over_http() {
    let sim = Sim::builder().start_blocking().unwrap();
    let get = |key: KeyProfile, path: &str| {
        let key = World::demo_key(key);
        let headers = [("X-User-Token", key.as_str()), ("X-Project-Uuid", sim.project())];
        support::get(sim.url(), &format!("/openapi/v0.1{path}"), &headers)
    };
    let forbidden = (403, r#"{"code":200403,"message":"Forbidden"}"#.to_owned());
    let empty = (200, r#"{"code":0,"message":"","data":{"list":null}}"#.to_owned());
    assert_eq!(get(KeyProfile::Member, "/project/device"), forbidden);
    assert_eq!(get(KeyProfile::NoDevices, "/device"), empty);
    assert_eq!(get(KeyProfile::NoDevices, "/device/hms?device_sn_list=x"), empty);
    assert_eq!(get(KeyProfile::NoDevices, "/device/7CTXN0000B00A1/state"), forbidden);
    assert_eq!(get(KeyProfile::Outsider, "/project"), empty);
    let (status, body) = get(KeyProfile::NoTasks, "/flight-task/x/media");
    assert!(status == 200 && body.starts_with(r#"{"code":219021,"#), "{body}");
    for key in [KeyProfile::Revoked, KeyProfile::Expired, KeyProfile::OldStyle, KeyProfile::Unknown]
    {
        let (status, body) = get(key, "/project");
        assert!(status == 401 && body.starts_with(r#"{"code":200401,"#), "{body}");
        assert_eq!(get(key, "/system_status"), (200, r#"{"code":0,"message":""}"#.to_owned()));
    }
    assert_eq!(get(KeyProfile::Admin, "/live-stream/converter"), (404, String::new()));
}

#[test]
fn the_document_has_every_key_to_paste() {
    let document = include_str!("../docs/keys.md");
    for profile in KeyProfile::ALL {
        let line = format!("## {}\n\n```text\n{}\n```\n", profile.name(), World::demo_key(profile));
        assert!(document.contains(&line), "docs/keys.md has to have\n\n{line}");
    }
}
