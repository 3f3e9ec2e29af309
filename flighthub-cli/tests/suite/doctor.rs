//! `flighthub doctor`.

use flighthub_sim::{KeyProfile, Sim, World};
use serde_json::{Value, json};

use crate::support::{Ended, Program};

fn names(ended: &Ended) -> Vec<String> {
    let report = ended.json();
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|found| found["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_simulator_is_in_order() {
    let ended = Program::new().run(&["doctor", "--sim", "-o", "json"]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    let report = ended.json();
    assert_eq!(report["key"]["kind"], "token");
    assert_eq!(report["projects"][0]["docks"], 3);
    assert_eq!(report["calls"], 8);
    assert!(ended.err.contains("simulated"), "{}", ended.err);

    let ended = Program::new().run(&["doctor", "--sim", "-o", "table"]);
    for words in ["takes the key", "may use: devices, state", "not checked: livestream", "next:"] {
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_no_good_are_told_apart() {
    let sim = Sim::start().await.unwrap();
    for (profile, expected) in [
        (KeyProfile::NoDevices, "rights-look-like-emptiness"),
        (KeyProfile::Revoked, "key-refused"),
        (KeyProfile::Expired, "key-expired"),
        (KeyProfile::OldStyle, "key-old-style"),
    ] {
        let key = World::demo_key(profile);
        let program = Program::of(&sim).with("FLIGHTHUB_TOKEN", &key);
        let ended = program.run(&["doctor"]);
        assert_eq!(ended.exit, 6, "{profile:?}: {ended:?}");
        assert!(names(&ended).contains(&expected.to_owned()), "{profile:?}: {ended:?}");
        let shown = format!("{}{}", ended.out, ended.err);
        assert!(
            !shown.contains(&key) && !shown.contains("simulated-"),
            "the key is shown: {shown}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_pasted_badly_is_named_and_the_rest_examined() {
    let sim = Sim::start().await.unwrap();
    let pasted = format!("\"Bearer {}\"", sim.token());
    let ended = Program::of(&sim).with("FLIGHTHUB_TOKEN", &pasted).run(&["doctor"]);
    assert_eq!(ended.exit, 6, "{ended:?}");
    assert_eq!(names(&ended)[0], "key-with-bearer");
    assert_eq!(ended.json()["places"][0]["answer"], "accepts_key");

    let ended = Program::of(&sim).with("FLIGHTHUB_TOKEN", " ").run(&["doctor"]);
    assert_eq!(names(&ended), ["key-missing"], "{ended:?}");
    let program = Program::new().with("FLIGHTHUB_URL", sim.url());
    assert_eq!(names(&program.run(&["doctor"])), ["key-missing"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_leads_elsewhere_is_named() {
    let sim = Sim::builder().console(true).start().await.unwrap();
    let console = sim.console_url().unwrap();
    let ended = Program::of(&sim).run(&["doctor", "--url", console]);
    assert_eq!((ended.exit, names(&ended)), (6, vec!["not-the-api".to_owned()]));
    let ended = Program::of(&sim).run(&["doctor", "--url", "http://127.0.0.1:1"]);
    assert_eq!((ended.exit, names(&ended)), (6, vec!["connection-refused".to_owned()]));
    // What the settings refuse never comes that far.
    let ended = Program::of(&sim).run(&["doctor", "--url", "https://fh.dji.com"]);
    assert_eq!(ended.exit, 3, "{ended:?}");
    assert!(ended.err.contains("web console"), "{}", ended.err);
}

#[tokio::test]
async fn findings_can_be_filtered() {
    let program = Program::new();
    let ended = program.run(&["doctor", "--sim", "--jq", "[.findings[].severity] | unique"]);
    assert_eq!(ended.exit, 0, "{ended:?}");
    let severities: Value = ended.json();
    assert!(!severities.as_array().unwrap().contains(&json!("error")), "{severities}");
}
