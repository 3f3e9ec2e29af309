//! The doctor, against keys, regions and addresses of every sort.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use flighthub_api::{BoxFuture, Clock, Region, Secret, TokioClock};
use flighthub_sim::{Deed, FaultKind, KeyProfile, Profile, Scenario, Sim, World};
use flighthub_workflows::Run;
use flighthub_workflows::doctor::{
    Ability, Answer, Doctor, DoctorEvent, FINDINGS, KeyKind, Report, Severity, Verdict, examine,
};

use crate::support::DOCK;

/// A doctor who knows the simulator as the configured place.
fn doctor(sim: &Sim, key: &str) -> Doctor {
    Doctor::new(Secret::new(key))
        .with_configured(Region::on_premises(sim.url()))
        .with_setup(|builder| builder.no_proxy().no_rate_limit())
}

async fn report(doctor: &Doctor) -> Report {
    let report = examine(doctor, &Run::quiet()).await;
    let text = serde_json::to_string(&report).unwrap();
    let key = doctor.key.expose();
    assert!(key.len() < 10 || !text.contains(key), "the key is shown");
    assert!(!text.contains("simulated-"), "a part of the key is shown: {text}");
    assert!(!text.contains("@example"), "it is shown whose key it is: {text}");
    for found in &report.findings {
        assert!(FINDINGS.iter().any(|(name, _)| *name == found.name), "{}", found.name);
        assert!(!found.seen.is_empty() && !found.remedy.is_empty(), "{found:?}");
    }
    report
}

fn names(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|found| found.name).collect()
}

fn ability(report: &Report, project: &str, name: &str) -> Ability {
    let project = report.projects.iter().find(|row| row.uuid == project).unwrap();
    project.capabilities.iter().find(|row| row.name == name).unwrap().ability
}

#[tokio::test]
async fn a_good_key_is_found_good_with_few_calls() {
    let sim = Sim::start().await.unwrap();
    let doctor = doctor(&sim, sim.token()).with_projects([sim.project()]);
    let (run, mut events) = Run::<DoctorEvent>::with_events();
    let report = examine(&doctor, &run).await;
    assert_eq!(report.key.kind, KeyKind::Token);
    assert_eq!(report.key.organization.as_deref(), Some(World::DEMO_ORGANIZATION));
    assert_eq!(report.place.as_deref(), Some(sim.url()));
    let project = &report.projects[0];
    assert_eq!((project.docks, project.aircraft), (3, 3), "{project:?}");
    for name in ["devices", "state", "hms", "routes", "tasks", "models"] {
        assert_eq!(ability(&report, sim.project(), name), Ability::Yes, "{name}");
    }
    assert_eq!(ability(&report, sim.project(), "livestream"), Ability::NotChecked);
    assert_eq!(ability(&report, sim.project(), "converters"), Ability::NotHere);
    assert!(names(&report).contains(&"private-cloud-only"));
    assert!(report.findings.iter().all(|found| found.severity < Severity::Error), "{report:?}");
    assert_ne!(report.verdict, Verdict::Broken);
    // One for the place, six for the project, one for the converters; and the journal agrees: it has one more, because five
    // projects may be a full page of the service.
    assert_eq!(report.calls, 8);
    assert_eq!(sim.journal().entries().len(), 9);
    assert!(matches!(events.try_next(), Some(DoctorEvent::AskingPlace { .. })));
}

#[tokio::test]
async fn rights_that_are_missing_do_not_pass_for_emptiness() {
    let scenario = Scenario::named("missing-rights").unwrap();
    let sim = Sim::builder().scenario(scenario).start().await.unwrap();
    let report = report(&doctor(&sim, sim.token()).with_projects([sim.project()])).await;
    assert_eq!(names(&report)[0], "rights-look-like-emptiness", "{report:?}");
    assert_eq!(report.verdict, Verdict::Broken);
    for name in ["devices", "state", "hms"] {
        assert_eq!(ability(&report, sim.project(), name), Ability::No, "{name}");
    }
    assert_eq!(ability(&report, sim.project(), "routes"), Ability::Yes);
}

#[tokio::test]
async fn a_project_without_devices_is_not_taken_for_one_without_rights() {
    let sim = Sim::start().await.unwrap();
    let empty = Deed::AddProject {
        uuid: Some("11111111-2222-4333-8444-555555555555".into()),
        name: "Reef survey".into(),
        latitude: 0.31,
        longitude: -25.1,
        ceiling: 120,
        joined: true,
    };
    sim.apply(&empty).unwrap();
    let report = report(&doctor(&sim, sim.token()).with_projects(["reef survey"])).await;
    assert!(names(&report).contains(&"no-devices"), "{report:?}");
    assert!(!names(&report).contains(&"rights-look-like-emptiness"));
    let uuid = report.projects[0].uuid.clone();
    assert_eq!(ability(&report, &uuid, "devices"), Ability::Yes);
    assert_eq!(report.verdict, Verdict::Attention);
}

#[tokio::test]
async fn each_profile_of_keys_gets_its_own_finding() {
    let sim = Sim::start().await.unwrap();
    for (profile, expected, verdict) in [
        (KeyProfile::Member, "no-rights-in-project", Verdict::Broken),
        (KeyProfile::NoDevices, "rights-look-like-emptiness", Verdict::Broken),
        (KeyProfile::NoTasks, "missing-rights", Verdict::Attention),
        (KeyProfile::Outsider, "no-projects", Verdict::Broken),
        (KeyProfile::Revoked, "key-refused", Verdict::Broken),
        (KeyProfile::Expired, "key-refused", Verdict::Broken),
        (KeyProfile::Unknown, "key-refused", Verdict::Broken),
        (KeyProfile::OldStyle, "key-old-style", Verdict::Broken),
    ] {
        let doctor = doctor(&sim, &World::demo_key(profile)).with_projects([sim.project()]);
        let report = report(&doctor).await;
        assert!(names(&report).contains(&expected), "{profile:?}: {report:?}");
        assert_eq!(report.verdict, verdict, "{profile:?}: {:?}", report.findings);
    }
    // Nothing that only reads tells whether a key may stream.
    let doctor = doctor(&sim, &World::demo_key(KeyProfile::NoLivestream));
    let report = report(&doctor.with_projects([sim.project()])).await;
    assert_eq!(ability(&report, sim.project(), "livestream"), Ability::NotChecked);
}

#[tokio::test]
async fn an_expired_key_is_named_before_it_is_sent() {
    let sim = Sim::start().await.unwrap();
    let report = report(&doctor(&sim, &World::demo_key(KeyProfile::Expired))).await;
    assert_eq!(names(&report), ["key-expired", "key-refused"]);
    assert!(report.key.expires_at.is_some());
    assert_eq!(report.calls, 1);
}

#[tokio::test]
async fn the_region_that_takes_the_key_is_found() {
    let sim = Sim::builder().regions(["eu", "us", "cn"]).start().await.unwrap();
    let region = |name: &str| Region::on_premises(&sim.region(name).unwrap().url);
    let us = sim.region("us").unwrap();
    let doctor = Doctor::new(Secret::new(&us.token))
        .with_candidates([region("eu"), region("us"), region("cn")])
        .with_projects([&us.project])
        .with_setup(|builder| builder.no_proxy().no_rate_limit());
    let found = report(&doctor).await;
    let answers: Vec<Answer> = found.places.iter().map(|place| place.answer).collect();
    assert_eq!(answers, [Answer::RefusesKey, Answer::AcceptsKey, Answer::NotAsked]);
    assert_eq!(found.place.as_deref(), Some(us.url.as_str()));
    assert!(!names(&found).contains(&"wrong-region"), "nothing was configured");

    let doctor = doctor.with_configured(region("cn")).with_candidates([region("us")]);
    let found = report(&doctor).await;
    assert_eq!(names(&found)[0], "wrong-region", "{found:?}");
    assert_eq!(found.verdict, Verdict::Broken);
    assert_eq!(found.projects.len(), 1, "the rest is examined where the key is good");
}

#[tokio::test]
async fn what_is_not_the_api_is_recognised() {
    let sim = Sim::builder().console(true).start().await.unwrap();
    let setup = |doctor: Doctor| doctor.with_setup(|builder| builder.no_proxy());
    let at = |url: &str| {
        setup(Doctor::new(Secret::new(sim.token())).with_configured(Region::on_premises(url)))
    };
    for (url, expected, answer) in [
        (sim.console_url().unwrap().to_owned(), "not-the-api", Answer::NotTheApi),
        (format!("{}/fh2", sim.url()), "no-api-at-path", Answer::NotTheApi),
        ("https://fh.dji.com".to_owned(), "web-console-address", Answer::NotAsked),
        ("http://192.0.2.7:30812".to_owned(), "address-unusable", Answer::NotAsked),
        ("http://127.0.0.1:1".to_owned(), "connection-refused", Answer::Unreachable),
        (sim.url().replace("http:", "https:"), "tls-failed", Answer::Unreachable),
    ] {
        let report = report(&at(&url)).await;
        assert_eq!(names(&report), [expected], "{url}: {report:?}");
        assert_eq!(report.places[0].answer, answer, "{url}");
        assert_eq!(report.verdict, Verdict::Broken);
    }
}

#[tokio::test]
async fn trouble_of_the_service_is_not_blamed_on_the_key() {
    let sim = Sim::start().await.unwrap();
    for (fault, expected) in [
        (FaultKind::http_error(503), "service-error"),
        (FaultKind::refuse(210_429), "rate-limited"),
        (FaultKind::redirect(302), "redirected"),
        (FaultKind::html(), "not-the-api"),
        (FaultKind::reset(), "connection-broken"),
    ] {
        // As often as it is tried.
        sim.fail_next("project.list", fault.clone()).unwrap();
        sim.fail_next("project.list", fault).unwrap();
        let report = report(&doctor(&sim, sim.token())).await;
        assert_eq!(names(&report), [expected]);
        sim.clear_faults();
    }
}

#[tokio::test]
async fn a_proxy_in_the_way_and_a_server_that_is_silent_are_told_apart() {
    let sim = Sim::start().await.unwrap();
    // Nothing gets beyond this machine: one proxy is not there, the other one is none.
    for proxy in ["http://127.0.0.1:1".to_owned(), sim.url().to_owned()] {
        let doctor = Doctor::new(Secret::new(sim.token()))
            .with_configured(Region::Europe)
            .with_candidates([])
            .with_setup(move |builder| builder.proxy(&proxy));
        let report = report(&doctor).await;
        assert_eq!(names(&report), ["proxy-failed"], "{report:?}");
    }
    let silence = serde_json::from_value(serde_json::json!({"kind": "silence", "when": "always"}));
    sim.inject(silence.unwrap()).unwrap();
    let doctor = doctor(&sim, sim.token())
        .with_setup(|builder| builder.no_proxy().attempt_timeout(Duration::from_millis(200)));
    assert_eq!(names(&report(&doctor).await), ["connection-timed-out"]);
}

#[tokio::test]
async fn without_a_key_the_place_is_examined_all_the_same() {
    let sim = Sim::start().await.unwrap();
    let report = report(&doctor(&sim, " ")).await;
    assert_eq!(names(&report), ["key-missing"]);
    assert_eq!(report.places[0].answer, Answer::IsThere);
    assert_eq!(report.key.kind, KeyKind::Missing);
}

#[tokio::test]
async fn a_key_with_what_was_pasted_along_is_repaired_and_used() {
    let sim = Sim::start().await.unwrap();
    let pasted = format!("\"Bearer {}\"\n", sim.token());
    let report = report(&doctor(&sim, &pasted).with_projects([sim.project()])).await;
    assert!(names(&report).starts_with(&["key-with-bearer"]), "{report:?}");
    assert!(names(&report).contains(&"key-with-quotes"));
    assert!(report.key.repaired);
    assert_eq!(report.places[0].answer, Answer::AcceptsKey);
}

#[tokio::test]
async fn offline_docks_and_unknown_projects_are_named() {
    let sim = Sim::start().await.unwrap();
    sim.apply(&Deed::Disconnect { sn: DOCK.into() }).unwrap();
    let doctor = doctor(&sim, sim.token()).with_projects([sim.project(), "nowhere"]);
    let report = report(&doctor).await;
    let offline = report.findings.iter().find(|found| found.name == "dock-offline").unwrap();
    assert!(offline.seen.contains(DOCK), "{offline:?}");
    assert_eq!(names(&report)[0], "project-unknown");
    assert_eq!(ability(&report, sim.project(), "state"), Ability::Yes, "by one that is online");
}

#[tokio::test]
async fn a_private_installation_forwards_streams() {
    let sim = Sim::builder().profile(Profile::Private).start().await.unwrap();
    let report = report(&doctor(&sim, sim.token()).with_projects([sim.project()])).await;
    assert!(!names(&report).contains(&"private-cloud-only"), "{report:?}");
    assert_eq!(ability(&report, sim.project(), "converters"), Ability::Yes);
}

/// The real clock, five minutes ahead.
struct Ahead;

impl Clock for Ahead {
    fn now(&self) -> Instant {
        TokioClock.now()
    }

    fn wall(&self) -> SystemTime {
        TokioClock.wall() + Duration::from_secs(300)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        TokioClock.sleep(duration)
    }
}

#[tokio::test]
async fn a_wrong_clock_is_noticed() {
    let sim = Sim::start().await.unwrap();
    let doctor = doctor(&sim, sim.token()).with_projects([sim.project()]);
    let right = report(&doctor).await;
    assert!(!names(&right).contains(&"clock-skew"), "{right:?}");
    let doctor = doctor.with_setup(|builder| builder.no_proxy().clock(Ahead));
    let wrong = examine(&doctor, &Run::quiet().with_clock(Arc::new(Ahead))).await;
    let found = wrong.findings.iter().find(|found| found.name == "clock-skew").unwrap();
    assert!(found.seen.contains("ahead of"), "{found:?}");
    let offset = wrong.places[0].clock_offset_seconds.unwrap();
    assert!((-305..=-295).contains(&offset), "{offset}");
}
