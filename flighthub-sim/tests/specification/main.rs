//! FlightHub 2 as a specification: rules in `cases/*.txt`, each shown by calls over HTTP to a simulator of its own.
//!
//! The language of the files is described in `language.rs`, the patterns of replies in `pattern.rs`. A failing case prints its rule, the
//! calls up to the failure, and the JSON path that differs; all failing cases of a file are reported at once.
//! `docs/behaviour.md` is made from the cases and held against them by a test.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]
#![allow(clippy::print_stdout, reason = "figures of the proof")]

mod http;
mod language;
mod page;
mod pattern;
mod run;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use flighthub_api::v1::CATALOGUE;
use flighthub_api::{ErrorCode, server};
use flighthub_sim::Sim;
use language::{Action, Case, Expect, Kind, Library};

/// The files of cases, with the tags of the documentation that they are about.
const FILES: [(&str, &str, &str); 11] = [
    ("gateway", "The gateway", include_str!("cases/gateway.txt")),
    ("system", "System Service", include_str!("cases/system.txt")),
    ("projects", "Organize Projects", include_str!("cases/projects.txt")),
    ("devices", "Device Management", include_str!("cases/devices.txt")),
    ("livestream", "Livestream", include_str!("cases/livestream.txt")),
    ("converters", "Stream converters", include_str!("cases/converters.txt")),
    ("tasks", "Task Management", include_str!("cases/tasks.txt")),
    ("routes", "Flight Route Management", include_str!("cases/routes.txt")),
    ("models", "Model Management", include_str!("cases/models.txt")),
    ("annotations", "Annotation Management", include_str!("cases/annotations.txt")),
    ("open_modeling", "Open Modeling", include_str!("cases/open_modeling.txt")),
];

fn library() -> Library {
    Library::read("steps.txt", include_str!("cases/steps.txt"))
        .unwrap_or_else(|error| panic!("{error}"))
}

fn cases_of(name: &str) -> Vec<Case> {
    let (_, _, text) = FILES.iter().find(|(file, ..)| *file == name).unwrap();
    language::cases(&format!("{name}.txt"), text, &library())
        .unwrap_or_else(|error| panic!("{error}"))
}

fn all_cases() -> Vec<Case> {
    FILES.iter().flat_map(|(name, ..)| cases_of(name)).collect()
}

/// Plays the cases of a file, several at a time.
fn check(name: &str) {
    let (cases, library) = (cases_of(name), library());
    let next = AtomicUsize::new(0);
    let failures: Vec<String> = std::thread::scope(|scope| {
        let work = || {
            let mut failures = Vec::new();
            while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                failures.extend(run::play(case, &library).err());
            }
            failures
        };
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(
        failures.is_empty(),
        "{} of {} cases fail:\n\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n\n")
    );
}

macro_rules! files {
    ($($name:ident),* $(,)?) => {$(
        #[test]
        fn $name() {
            check(stringify!($name));
        }
    )*};
}

files!(
    gateway,
    system,
    projects,
    devices,
    livestream,
    converters,
    tasks,
    routes,
    models,
    annotations,
    open_modeling,
);

/// Whether a case shows what it says: a call of its own to the operation, accepted or refused.
fn shows(case: &Case) -> bool {
    case.steps.iter().filter(|step| step.own).any(|step| {
        let Action::Call(call) = &step.action else {
            return false;
        };
        let path = call.path.split('?').next().unwrap_or_default();
        let is_meant = case.operation == "gateway"
            || server::route(&call.method, path).is_ok_and(|info| info.id == case.operation);
        let as_said = match case.kind {
            Kind::Effect => {
                matches!(call.expect, Expect::Ok(_) | Expect::WithoutData | Expect::Plain(200, _))
            }
            Kind::Refusal => matches!(
                call.expect,
                Expect::Refused { .. } | Expect::Empty(_) | Expect::Plain(400.., _)
            ),
        };
        is_meant && as_said
    })
}

#[test]
fn every_case_shows_what_it_says() {
    let cases = all_cases();
    let mut rules = BTreeSet::new();
    for case in &cases {
        let Case { place, rule, operation, .. } = case;
        assert!(rules.insert(rule.to_lowercase()), "{place}: this rule stands twice: {rule}");
        assert!(rule.len() <= 160 && !rule.contains('|'), "{place}: a rule is one short sentence");
        let known = CATALOGUE.iter().any(|info| info.id == operation);
        assert!(known || operation == "gateway", "{place}: there is no operation `{operation}`");
        assert!(shows(case), "{place}: no call of the case shows it: {rule}");
    }
    println!("figure Simulator | black-box specifications | count = {}", cases.len());
    assert!(cases.len() >= 180, "{} cases", cases.len());
}

#[test]
fn every_operation_has_an_effect_and_a_refusal() {
    let cases = all_cases();
    for info in CATALOGUE {
        for kind in [Kind::Effect, Kind::Refusal] {
            assert!(
                cases.iter().any(|case| case.operation == info.id && case.kind == kind),
                "{}: no case of kind {kind:?}",
                info.id
            );
        }
    }
    println!(
        "figure Simulator | operations with an effect and a refusal | count = {}",
        CATALOGUE.len()
    );
}

/// Of itself the simulator gives the codes whose meaning is known; by a fault it gives every one.
#[test]
fn every_known_code_can_be_met() {
    let table = ErrorCode::table();
    let sim = Sim::builder().strict(false).start_blocking().unwrap();
    for entry in table {
        let code = entry.code;
        let headers = [("x-flighthub-simulator-fault".to_owned(), format!("refuse;code={code}"))];
        let path = "/openapi/v0.1/system_status";
        let reply = http::send(sim.url(), "GET", path, &headers, None).unwrap();
        assert_eq!(reply.json().unwrap()["code"], code);
    }
    println!("figure Simulator | known error codes that can be met | count = {}", table.len());
    println!("figure Simulator | known error codes | count = {}", table.len());

    let cases = all_cases();
    let calls = cases.iter().flat_map(|case| &case.steps).filter_map(|step| match &step.action {
        Action::Call(call) => Some(call),
        _ => None,
    });
    let refusals = calls.filter_map(|call| match call.expect {
        Expect::Refused { code, .. } => Some(code),
        _ => None,
    });
    let met: BTreeSet<i64> = refusals.collect();
    println!("figure Simulator | error codes that it gives of itself | count = {}", met.len());
    assert!(met.len() >= 20, "{met:?}");
    for code in met.iter().filter(|code| **code >= 200_000) {
        assert!(table.iter().any(|entry| entry.code == *code), "{code} is in no table");
    }
}

#[test]
fn every_named_step_and_body_is_used() {
    let text: String = FILES.iter().map(|(.., text)| *text).collect();
    let steps = include_str!("cases/steps.txt");
    let library = library();
    for step in library.steps() {
        let given = format!("given {step}\n");
        assert!(text.contains(&given) || steps.contains(&given), "the step `{step}` is not used");
    }
    for template in library.templates() {
        let using = format!("using {template}");
        assert!(text.contains(&using) || steps.contains(&using), "`{template}` is not used");
    }
}

#[test]
fn the_language_is_read_without_mercy() {
    let read = |text: &str| language::cases("x", text, &library()).err().unwrap_or_default();
    for (text, problem) in [
        ("GET /project", "x:1: stands before"),
        ("## A\nof project.list", "x:2: `of OPERATION"),
        ("## A\nof project.list perhaps live", "x:2: `perhaps` is no kind"),
        ("## A\nof project.list effect sure", "x:2: `sure` is no evidence"),
        ("## A\ngiven nothing", "x:2: no step `nothing`"),
        ("## A\nFETCH /project", "x:2: unknown word"),
        ("## A\nGET /project\n=> fine", "x:3: no such expectation"),
        ("## A\nGET /project\n=> ok\n=> ok", "x:4: the call has an expectation already"),
        ("## A\nPOST /project body", "x:2: a body is"),
    ] {
        assert!(read(text).starts_with(problem), "{text:?}: {}", read(text));
    }
}

#[test]
fn the_page_is_in_step_with_the_cases() {
    let files: Vec<_> = FILES.iter().map(|(name, title, _)| (*title, cases_of(name))).collect();
    page::compare(&page::write(&files));
}
