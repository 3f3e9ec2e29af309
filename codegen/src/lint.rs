//! House rules: everything that is wrong with a document, at once.

mod document;
mod example;
mod operation;
mod schema;

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use crate::diag::Diagnostics;
use crate::load::Document;
use crate::refs::{self, join};
use crate::shape::{Kind, Node, nodes};

/// Id of every rule, and what to write instead.
#[rustfmt::skip]
pub const RULES: &[(&str, &str)] = &[
    // Reading: see `load`.
    ("yaml-syntax", "mend the YAML; indentation, colons, quotes and brackets are the usual causes"),
    ("yaml-key", "quote the key"),
    ("yaml-ambiguous", "quote the text"),
    ("duplicate-key", "keep one of the two"),
    ("bad-shape", "see what OpenAPI 3.0 says about this place"),
    ("unknown-key", "remove the key, or mend its spelling"),
    // Shape: what the generator acts on.
    ("unsupported", "see the list of supported keys in spec/README.md"),
    ("unknown-extension", "the list of extensions is closed: see spec/README.md"),
    ("misplaced-extension", "move it to where it has a meaning"),
    ("empty-value", "write a value, or remove the key"),
    ("ref-dangling", "refer to a component of this document: `#/components/schemas/Name`"),
    ("ref-siblings", "write `allOf: [{$ref: …}]` with the siblings beside it"),
    ("unused-component", "remove it, or refer to it"),
    ("spec-version", "write `openapi: 3.0.3`"),
    ("name-collision", "rename one of the two"),
    ("name-shape", "write component names in PascalCase"),
    // Tags and operations.
    ("groups", "write `x-groups: {prefix: accessor}`, both in snake_case, each prefix in one tag only"),
    ("op-id-missing", "write `operationId: group.method`"),
    ("op-id-shape", "write `group.method`, both in snake_case"),
    ("op-id-duplicate", "give each operation an id of its own"),
    ("op-id-group", "use a prefix of the tag's `x-groups`, or declare it there"),
    ("tag-count", "name exactly one tag"),
    ("tag-undeclared", "declare the tag in the root's `tags`, or mend its spelling"),
    ("summary", "write one line of at most 72 characters, without a full stop at the end"),
    ("description-missing", "write a `description` in own words"),
    ("docs-link-missing", "write `externalDocs` with the page's `description` (id and date) and `url`"),
    ("order", "write `x-order` with a whole number that no other operation has"),
    ("risk", "write `x-risk: read`, `write` or `dangerous`"),
    ("retry", "write `x-retry: never`, or `safe` on a GET that only reads"),
    ("evidence", "write `x-evidence: {path: …, request: …, response: …}` with seed, doc, live, client, other or guess"),
    ("confirm", "write `x-confirm` with the required argument that names what is acted on"),
    ("cost", "write `x-cost` with a sentence that says what is spent"),
    // Parameters, bodies, answers.
    ("header-runtime", "only the shared header parameters exist: `x-runtime: project`, `request-id` or `language`, each once"),
    ("path-param-undeclared", "declare it under `parameters` with `in: path`"),
    ("path-param-unused", "remove it, or write it into the path"),
    ("path-param-optional", "write `required: true`"),
    ("query-array-style", "write `style: form` and `explode: false`"),
    ("query-and-body", "use query parameters or a body, not both"),
    ("body-shape", "write `required: true` and a `$ref` to an object component; GET has no body"),
    ("content-type", "write exactly one content type: `application/json`"),
    ("response-missing", "write the answers \"200\", \"4XX\" and \"5XX\""),
    ("response-extra", "write only \"200\", \"4XX\" and \"5XX\""),
    ("envelope", "write `type: object`, `required: [code]`, and the properties `code`, `message` and, when there are, `data`"),
    ("error-schema", "refer to one shared error component with `code` and `message` in all of them"),
    ("example-missing", "write an `example`"),
    ("example-mismatch", "make the example and its schema agree"),
    // Schemas.
    ("bad-type", "write `type: string`, `integer`, `number`, `boolean`, `array` or `object`"),
    ("int-format", "write `format: int32` or `int64` on an integer, `format: double` on a number"),
    ("inline-object", "make it a component and refer to it"),
    ("inline-enum", "make it a component and refer to it; only a required tag or constant of one value may stand inline"),
    ("allof-form", "use `allOf` with one `$ref` (plus siblings), or as a body of object components and one `oneOf` component with a `title`"),
    ("union-tag", "tell the arms apart: a `discriminator` with a `mapping` to each, or a required one-value integer enum in each"),
    ("required-unknown", "declare the property, or remove it from `required`"),
    ("enum-empty", "list the values"),
    ("enum-duplicate", "keep one of the two"),
    ("enum-values", "write only values of the enum's type"),
    ("enum-names", "write `x-enum-varnames`: one name in PascalCase for each value"),
    ("enum-descriptions", "write `x-enum-descriptions`: one text for each value"),
    ("unit-missing", "write `x-unit`"),
    ("unit-unknown", "write m, km, m/s, deg, s, ms, h, percent, byte, kilobyte, kilobyte/s, millivolt, milliampere, celsius, pixel, count, unix-seconds or unix-milliseconds"),
    ("lenient", "see the table of `x-lenient` in spec/README.md"),
    ("sensitive", "write `x-sensitive: true` on plain strings only"),
    ("aliases", "write a list of other names on a property, or a map from other to canonical values on a string enum"),
    ("known-values", "write a list of `{value, name, description}`, the names in PascalCase"),
    ("failed-when", "write `x-failed-when: {property: value}` with a value of the property's string enum"),
    ("views", "write a list of `{name, schema}` with view schemas (`x-lenient: [odd-is-absent]`), and `keys: payload-index` for dynamic keys"),
    // The table of codes.
    ("error-code", "write code, name (SCREAMING_SNAKE), meaning, remedy, kind, write (refused, unknown), retry (true, false) and evidence"),
    ("error-code-duplicate", "list each code and each name once"),
];

/// All problems of a document, those of reading it too.
pub fn lint(document: &Document) -> Diagnostics {
    let mut cx = Cx {
        document,
        root: &document.value,
        problems: document.problems.clone(),
        arms: HashSet::new(),
    };
    let nodes = nodes(cx.root);
    shape(&mut cx, &nodes);
    document::check(&mut cx, &nodes);
    schema::check(&mut cx);
    operation::check(&mut cx, &nodes);
    cx.problems
}

/// What every rule sees.
struct Cx<'a> {
    document: &'a Document,
    root: &'a Value,
    problems: Diagnostics,
    /// Schema components that are arms of a union.
    arms: HashSet<&'a str>,
}

impl<'a> Cx<'a> {
    /// Notes a problem; what to write instead is said by [`RULES`].
    fn report(&mut self, rule: &'static str, at: &str, message: impl Into<String>) {
        let help = RULES
            .iter()
            .find(|(id, _)| *id == rule)
            .map_or("", |(_, help)| help);
        self.report_with(rule, at, message, help);
    }

    fn report_with(
        &mut self,
        rule: &'static str,
        at: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.problems
            .push(self.document.problem(rule, at, message, help));
    }

    /// Notes a problem when `fine` is false.
    fn expect(&mut self, fine: bool, rule: &'static str, at: &str, message: impl Into<String>) {
        if !fine {
            self.report(rule, at, message);
        }
    }

    /// A text that says something must stand under `key`.
    fn described(&mut self, node: &Value, at: &str, what: &str) {
        self.expect(
            said(node, "description"),
            "description-missing",
            at,
            format!("{what} has no description"),
        );
    }

    /// Reports names that are equal after casing.
    fn collisions<'n>(
        &mut self,
        at: &str,
        what: &str,
        names: impl IntoIterator<Item = (&'n str, &'n str)>,
    ) {
        for (name, first, again) in crate::names::collisions(names) {
            self.report(
                "name-collision",
                &join(at, again),
                format!("{what} `{first}` and `{again}` both become `{name}`"),
            );
        }
    }

    /// The object that `node` is or stands for: through `$ref` and through `allOf` with one entry.
    fn behind(&self, node: &'a Value) -> &'a Value {
        let mut node = node;
        for _ in 0..16 {
            node = match refs::resolve(self.root, node) {
                Some(found) => found,
                None => return node,
            };
            match items(node, "allOf") {
                [one] => node = one,
                _ => break,
            }
        }
        node
    }
}

/// Text under `key`.
fn text<'a>(node: &'a Value, key: &str) -> &'a str {
    node.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a text that is not blank stands under `key`.
fn said(node: &Value, key: &str) -> bool {
    !text(node, key).trim().is_empty()
}

/// The list under `key`, or an empty one.
fn items<'a>(node: &'a Value, key: &str) -> &'a [Value] {
    node.get(key)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// The members of the object under `key`.
fn members<'a>(node: &'a Value, key: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    node.get(key)
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::iter)
        .map(|(name, value)| (name.as_str(), value))
}

/// The texts of the list under `key`.
fn texts<'a>(node: &'a Value, key: &str) -> Vec<&'a str> {
    items(node, key).iter().filter_map(Value::as_str).collect()
}

/// Whether the node's flag is set.
fn flag(node: &Value, key: &str) -> bool {
    node.get(key) == Some(&Value::Bool(true))
}

fn is_snake(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn is_pascal(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// What to write instead of OpenAPI that the generator does not act on.
const INSTEAD: &[(&str, &str)] = &[
    ("anyOf", "write `oneOf` with a tag in each arm"),
    ("not", "describe the rule in words"),
    (
        "pattern",
        "describe the form in words; no form of an id can be relied on",
    ),
    ("multipleOf", "describe the rule in words"),
    (
        "exclusiveMinimum",
        "write the smallest allowed value as `minimum`",
    ),
    (
        "exclusiveMaximum",
        "write the largest allowed value as `maximum`",
    ),
    ("deprecated", "say so in the description"),
    ("readOnly", "make two components: one to send, one to read"),
    ("writeOnly", "make two components: one to send, one to read"),
    ("callbacks", "describe them in words"),
    ("links", "describe them in words"),
    ("headers", "describe the headers of an answer in words"),
    ("servers", "write servers only at the root"),
    ("security", "write security only at the root"),
    (
        "requestBodies",
        "write the body at the operation, and its schema as a component",
    ),
    ("patch", "only GET, POST, PUT and DELETE exist"),
    ("head", "only GET, POST, PUT and DELETE exist"),
    ("options", "only GET, POST, PUT and DELETE exist"),
    ("trace", "only GET, POST, PUT and DELETE exist"),
    ("summary", "write it at the operation"),
    ("description", "write it at the operation"),
    ("content", "write `schema`"),
    ("encoding", "only JSON bodies exist"),
    ("examples", "write `example`"),
];

/// Keys that nothing acts on, extensions in the wrong place, values left out, references that lead nowhere.
fn shape<'a>(cx: &mut Cx<'a>, nodes: &[Node<'a>]) {
    for Node {
        kind,
        pointer,
        value,
    } in nodes
    {
        let Some(object) = value.as_object() else {
            continue;
        };
        if let Some(target) = refs::target(value) {
            let section = match kind {
                Kind::Schema => "schemas",
                Kind::Parameter => "parameters",
                Kind::Response => "responses",
                _ => "",
            };
            let fits = refs::component(target).is_some_and(|(found, _)| found == section)
                && refs::resolve(cx.root, value).is_some();
            cx.expect(
                fits,
                "ref-dangling",
                &join(pointer, "$ref"),
                format!("no {} stands at {target}", kind.label()),
            );
            if object.len() > 1 {
                cx.problems.retain(|problem| {
                    problem.rule != "unknown-key"
                        || !problem.pointer.starts_with(&format!("{pointer}/"))
                });
                cx.report(
                    "ref-siblings",
                    pointer,
                    "other keys stand beside `$ref`, where every reader ignores them",
                );
            }
            continue;
        }
        for (key, child) in object {
            let at = join(pointer, key);
            let Some(under) = kind.under(key) else {
                let places: Vec<_> = Kind::EXTENSIBLE
                    .iter()
                    .filter(|kind| kind.under(key).is_some())
                    .map(|kind| kind.a())
                    .collect();
                if !key.starts_with("x-") {
                    if !cx
                        .problems
                        .iter()
                        .any(|problem| problem.rule == "unknown-key" && problem.pointer == at)
                    {
                        let help = INSTEAD
                            .iter()
                            .find(|(name, _)| name == key)
                            .map_or("remove it, or describe it in words", |(_, help)| help);
                        cx.report_with(
                            "unsupported",
                            &at,
                            format!("`{key}` on {} is not supported", kind.a()),
                            help,
                        );
                    }
                } else if places.is_empty() {
                    let all = Kind::EXTENSIBLE
                        .iter()
                        .flat_map(|kind| kind.keys())
                        .map(|(name, _)| *name);
                    let message = format!("there is no extension `{key}`");
                    match crate::shape::closest(key, all.filter(|name| name.starts_with("x-"))) {
                        Some(name) => cx.report_with(
                            "unknown-extension",
                            &at,
                            message,
                            format!("did you mean `{name}`?"),
                        ),
                        None => cx.report("unknown-extension", &at, message),
                    }
                } else {
                    let message = format!("`{key}` has no meaning on {}", kind.a());
                    cx.report_with(
                        "misplaced-extension",
                        &at,
                        message,
                        format!("move it to {}", places.join(" or ")),
                    );
                }
                continue;
            };
            let may_be_null = matches!(key.as_str(), "example" | "value");
            cx.expect(
                !child.is_null() || may_be_null,
                "empty-value",
                &at,
                format!("`{key}` has no value"),
            );
            if let (crate::shape::Under::Map(_), true) = (under, key != "properties") {
                for name in child
                    .as_object()
                    .into_iter()
                    .flat_map(Map::keys)
                    .filter(|name| name.starts_with("x-"))
                {
                    cx.report(
                        "unknown-extension",
                        &join(&at, name),
                        format!("`{name}` has no meaning here"),
                    );
                }
            }
        }
    }
    for (section, name) in refs::unused(cx.root, nodes) {
        let at = join(&join("/components", section), name);
        cx.report(
            "unused-component",
            &at,
            format!("nothing that an operation needs refers to {section} `{name}`"),
        );
    }
}

/// Every place where two of `found` have the same key.
fn repeated<'n, K: Ord + Copy + 'n>(
    found: impl IntoIterator<Item = (K, String)>,
) -> Vec<(K, String)> {
    let mut seen = BTreeMap::new();
    found
        .into_iter()
        .filter(|(key, at)| seen.insert(*key, at.clone()).is_some())
        .collect()
}
