//! Arguments of any operation, made from the JSON Schema that the catalogue has of them.

use flighthub_api::catalog::{Catalogue, Entry};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::{Map, Value, json};

/// The last second of which a [`Timestamp`](flighthub_api::Timestamp) can be made.
const LAST_SECOND: i64 = 253_402_207_200;

/// Texts that are easily mistaken for something else on their way through URLs and JSON.
const NASTY: &[&str] = &[
    "",
    " ",
    ".",
    "..",
    "...",
    "/",
    "a/b",
    "../../x",
    "a\\b",
    "a,b",
    ",",
    "%",
    "%2e%2e",
    "%2F",
    "a+b",
    "a b",
    "a&b=c",
    "a;b",
    "?x#y",
    "null",
    "true",
    "0",
    "-1",
    "***",
    "\"",
    "{}",
    "[1]",
    "\n",
    "a\r\nb",
    "\t",
    "\0",
    "\u{1b}[0m",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "ä",
    "a\u{308}",
    "日本",
    "\u{1f681}",
    "\u{202e}x",
    "\u{feff}",
    "\u{2028}",
    "\u{10ffff}",
];

/// Makes arguments of an operation as one JSON object.
///
/// They are as the schema says, and as strange as it allows. Unknown values of open enums are left out: the simulator's side refuses
/// them.
pub fn of(
    catalogue: &'static Catalogue,
    entry: &'static Entry,
) -> BoxedStrategy<Map<String, Value>> {
    Maker(catalogue).object(&entry.arguments)
}

/// Runs a check on so many arguments of an operation, the same in every run. `PROPTEST_CASES` asks for more.
///
/// # Panics
///
/// With the smallest arguments that fail, and why.
pub fn for_all(
    cases: u32,
    entry: &'static Entry,
    check: impl Fn(Map<String, Value>) -> Result<(), String>,
) {
    let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|wanted| wanted.parse().ok());
    let cases = wanted.unwrap_or(cases);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let outcome = TestRunner::new_with_rng(config, rng)
        .run(&of(Catalogue::v1(), entry), |arguments| {
            check(arguments).map_err(TestCaseError::fail)
        });
    outcome.unwrap_or_else(|failure| panic!("{}: {failure}", entry.id));
}

struct Maker(&'static Catalogue);

impl Maker {
    fn object(&self, schema: &'static Value) -> BoxedStrategy<Map<String, Value>> {
        let schema = self.0.resolve(schema);
        let required = list(schema, "required");
        let own = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let own: Vec<_> = own
            .map(|(name, schema)| {
                let value = self.value(schema);
                let value = if required.iter().any(|one| one == name) {
                    value.prop_map(Some).boxed()
                } else {
                    option::of(value).boxed()
                };
                value.prop_map(move |value| value.map(|value| (name.clone(), value)))
            })
            .collect();
        let mut parts: Vec<_> =
            vec![own.prop_map(|fields| fields.into_iter().flatten().collect()).boxed()];
        parts.extend(list(schema, "allOf").iter().map(|part| self.object(part)));
        let arms: Vec<_> = list(schema, "oneOf").iter().map(|arm| self.object(arm)).collect();
        if !arms.is_empty() {
            parts.push(Union::new(arms).boxed());
        }
        parts.prop_map(|parts| parts.into_iter().flatten().collect()).boxed()
    }

    fn value(&self, schema: &'static Value) -> BoxedStrategy<Value> {
        let schema = self.0.resolve(schema);
        let known = list(schema, "enum");
        if !known.is_empty() {
            return select(known).boxed();
        }
        let limit = |key: &str, otherwise: i64| {
            schema.get(key).and_then(Value::as_i64).unwrap_or(otherwise)
        };
        match schema.get("type").and_then(Value::as_str) {
            Some("boolean") => any::<bool>().prop_map(Value::from).boxed(),
            Some("integer") => {
                let (least, most) = match (
                    schema.get("x-unit").and_then(Value::as_str),
                    schema.get("format").and_then(Value::as_str),
                ) {
                    // 0 is read as no time.
                    (Some("unix-seconds"), _) => (1, LAST_SECOND),
                    (_, Some("int32")) => (i32::MIN.into(), i32::MAX.into()),
                    _ => (i64::MIN, i64::MAX),
                };
                (limit("minimum", least)..=limit("maximum", most)).prop_map(Value::from).boxed()
            }
            Some("number") => number().prop_map(Value::from).boxed(),
            Some("string") => {
                let most = usize::try_from(limit("maxLength", 200)).unwrap_or(200);
                text()
                    .prop_map(move |text| text.chars().take(most).collect::<String>().into())
                    .boxed()
            }
            Some("array") => {
                let least = usize::try_from(limit("minItems", 0)).unwrap_or_default();
                let most =
                    usize::try_from(limit("maxItems", 5)).unwrap_or(5).clamp(least, least + 4);
                let unique = schema.get("uniqueItems") == Some(&json!(true));
                vec(self.value(&schema["items"]), least..=most)
                    .prop_map(move |items| {
                        if unique { without_doubles(items) } else { items }.into()
                    })
                    .boxed()
            }
            Some("object") if schema.get("properties").is_some() => {
                self.object(schema).prop_map(Value::Object).boxed()
            }
            Some("object") => vec((text(), text().prop_map(Value::from)), 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect()))
                .boxed(),
            None if schema.get("oneOf").is_some() || schema.get("allOf").is_some() => {
                self.object(schema).prop_map(Value::Object).boxed()
            }
            other => panic!("the type {other:?} is not known here: {schema}"),
        }
    }
}

/// Numbers of every size that JSON can say.
fn number() -> impl Strategy<Value = f64> {
    use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    prop_oneof![-1.0e4..1.0e4, POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO]
}

/// Texts: plain ones, any characters at all, and such as are easily mistaken for something else.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => "[A-Za-z0-9][A-Za-z0-9 _-]{0,19}",
        1 => vec(any::<char>(), 0..6).prop_map(|chars| chars.into_iter().collect()),
        2 => select(NASTY).prop_map(str::to_owned),
    ]
}

fn without_doubles(items: Vec<Value>) -> Vec<Value> {
    let mut kept = Vec::new();
    for item in items {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    kept
}

fn list(schema: &'static Value, key: &str) -> &'static [Value] {
    schema.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
