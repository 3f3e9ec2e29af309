//! Made-up input: seeds that were changed at random, through the same checks as the fuzz targets.

use flighthub_tests::properties::{Held, TARGETS, Target};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use crate::{is_full, seeds};

/// What replaces or joins parts of a seed.
const WORDS: &[&str] = &[
    "",
    "null",
    "true",
    "0",
    "-1",
    "1e999",
    "\"\"",
    "\"7\"",
    "[]",
    "{}",
    "[null]",
    ",",
    "\\u0000",
    "\u{feff}",
    "..",
    "/",
    "%2e%2e",
    "%00",
    "\\",
    "?",
    "#",
    "&",
    "=",
    "\n",
    "\r\n",
    "\u{1e}",
    "\0",
    "\u{1b}[0m",
    "\u{202e}",
    "9999999999999999999",
    "<",
    "</",
    "<!DOCTYPE",
    "&#0;",
    "&amp;",
    "]]>",
    "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "+24:00",
    "http://",
    "[::1]",
    "0x7f.1",
    "127.0.0.1",
    "@",
    "  ",
    "- ",
    ": ",
    "'",
    "$ref",
    "list",
    "data",
    "code",
];

fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).unwrap()
}

/// Changes of a seed: kind, place, length, word, byte.
type Edit = (u8, u32, u8, &'static str, u8);

fn edited(mut bytes: Vec<u8>, edits: &[Edit]) -> Vec<u8> {
    for (kind, place, length, word, byte) in edits {
        let at = *place as usize % (bytes.len() + 1);
        let end = (at + usize::from(*length)).min(bytes.len());
        match kind {
            0 => drop(bytes.splice(at..at, word.bytes())),
            1 => drop(bytes.splice(at..end, word.bytes())),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let part = bytes[at..end].to_vec();
                drop(bytes.splice(end..end, part));
            }
            4 if at < bytes.len() => bytes[at] = *byte,
            // The heads of most inputs choose the operation and the sort.
            _ => {
                if let Some(head) = bytes.get_mut(usize::from(*length) % 2) {
                    *head = *byte;
                }
            }
        }
    }
    bytes
}

fn from_seeds(target: &Target) -> BoxedStrategy<Vec<u8>> {
    let seeds = seeds::committed(target.name);
    assert!(!seeds.is_empty(), "{} has seeds", target.name);
    let seeds: Vec<_> = seeds.into_iter().map(|(_, bytes)| bytes).collect();
    let edit = (0..6_u8, any::<u32>(), 0..40_u8, select(WORDS), any::<u8>());
    let edits = vec(edit, 0..6);
    prop_oneof![
        6 => (select(seeds), edits).prop_map(|(seed, edits)| edited(seed, &edits)),
        1 => vec(any::<u8>(), 0..80),
    ]
    .boxed()
}

/// Runs a check on so many inputs, the same in every run.
fn for_all(check: fn(&[u8]) -> Held, cases: u32, inputs: impl Strategy<Value = Vec<u8>>) -> u32 {
    let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|wanted| wanted.parse().ok());
    let cases = wanted.unwrap_or(cases);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, rng)
        .run(&inputs, |input| check(&input).map_err(TestCaseError::fail))
        .unwrap_or_else(|failure| panic!("{failure}"));
    cases
}

macro_rules! changed_seeds {
    ($($name:ident: $few:literal, $many:literal;)*) => {$(
        #[test]
        fn $name() {
            let target = target(stringify!($name));
            let cases = for_all(target.check, if is_full() { $many } else { $few }, from_seeds(target));
            println!("figure Properties | {} | cases = {cases}", stringify!($name));
        }
    )*};
}

changed_seeds! {
    envelope: 2_000, 300_000;
    error_bodies: 2_000, 300_000;
    models: 300, 100_000;
    key: 1_000, 100_000;
    requests: 1_000, 300_000;
    kmz: 500, 30_000;
    spec: 100, 3_000;
    times: 1_000, 1_000_000;
    geojson: 300, 100_000;
    addresses: 1_000, 1_000_000;
}

/// Any texts as arguments of any operation: none leaves its segment of the path or its value of the query.
#[test]
fn path() {
    let texts = vec(flighthub_tests::arguments::text(), 1..5);
    let inputs = (any::<u8>(), texts).prop_map(|(operation, texts)| {
        let mut input = vec![operation];
        input.extend(texts.join("\u{1e}").into_bytes());
        input
    });
    let cases = for_all(target("path").check, if is_full() { 1_000_000 } else { 2_000 }, inputs);
    println!("figure Properties | path | cases = {cases}");
}

/// Data as documented, wrong in a few places at once.
#[test]
fn models_place_by_place() {
    let inputs = (any::<u8>(), vec(any::<u8>(), 3..30)).prop_map(|(operation, mut places)| {
        places.splice(0..0, [operation, 1]);
        places
    });
    let cases = for_all(target("models").check, if is_full() { 300_000 } else { 300 }, inputs);
    println!("figure Properties | models, place by place | cases = {cases}");
}

/// A check that holds for everything would be worthless: each of these breaks one of the rules.
#[test]
fn what_does_not_hold_is_noticed() {
    let always = |_: &[u8]| Err("no".to_owned());
    let refused = std::panic::catch_unwind(|| for_all(always, 1, Just(Vec::new())));
    assert!(refused.is_err());
    let hook = std::panic::catch_unwind(|| flighthub_tests::properties::hold(always, b"x"));
    assert!(hook.is_err());
}
