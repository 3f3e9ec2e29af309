//! Holding a request or a reply against the description.

use std::collections::{BTreeMap, BTreeSet};

use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::description::{Checked, Description, Endpoint, Parameter, segments};
use super::document::escaped;
use super::finding::{Extension, Finding, Kind, Side};
use super::shape::{Lenience, Shape};
use crate::reply::Reply;

/// From here on a unix time is one in milliseconds; in seconds it would be the year 5138.
const MILLISECONDS: f64 = 1e11;
/// Headers that begin with `x-` and are nobody's API: of proxies, and of this simulator.
const FOREIGN_HEADERS: [&str; 5] =
    ["x-forwarded-", "x-real-ip", "x-amzn-", "x-flighthub-simulator", "x-requested-with"];

/// A request as it was sent.
#[derive(Clone, Default)]
pub struct Request {
    /// Method in capitals.
    pub method: String,
    /// Path, percent-encoded.
    pub path: String,
    /// Query, percent-encoded, without the question mark.
    pub query: Option<String>,
    /// Headers, names in any case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Option<String>,
}

/// Method and path: the rest may hold secrets.
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Description {
    /// What is not as described in a request: nothing, if all is.
    #[must_use]
    pub fn judge_request(&self, request: &Request) -> Vec<Finding> {
        if let Some(endpoint) = self.route(&request.method, &request.path) {
            return endpoint.judge_request(request);
        }
        let (method, path) = (shown_key(&request.method), shown_path(&request.path));
        vec![Finding {
            operation: String::new(),
            side: Side::Request,
            place: "path".to_owned(),
            problem: format!("no operation is {method} {path}"),
            kind: Kind::Violation,
        }]
    }
}

impl Endpoint {
    /// What is not as described in a request that the path has led here.
    #[must_use]
    pub fn judge_request(&self, request: &Request) -> Vec<Finding> {
        let mut found = Findings::new(self, Side::Request);
        for (name, text) in segments(&self.path, &request.path).unwrap_or_default() {
            match self.parameter("path", name) {
                Some(parameter) => found.parameter(parameter, &[text]),
                None => found.violation(&format!("path/{name}"), "is not described"),
            }
        }
        self.judge_query(request.query.as_deref().unwrap_or_default(), &mut found);
        self.judge_headers(&request.headers, &mut found);
        self.judge_sent_body(request, &mut found);
        found.list
    }

    /// What is not as described in a reply: status, type and body.
    #[must_use]
    pub fn judge_reply(&self, reply: &Reply) -> Vec<Finding> {
        let mut found = Findings::new(self, Side::Reply);
        if let Some(encoding) = reply.header(&CONTENT_ENCODING)
            && encoding != "identity"
        {
            let problem = format!("is {}, so the body was not judged", shown_key(encoding));
            found.add("header/content-encoding", problem, Kind::Undocumented);
            return found.list;
        }
        if reply.body.is_empty() {
            self.judge_status(reply.status, &mut found);
            found.violation("body", "is empty, described as JSON");
            return found.list;
        }
        match reply.header(&CONTENT_TYPE) {
            None => found.violation("header/content-type", "is missing"),
            Some(kind) if is_json(kind) => {}
            Some(kind) => {
                let kind = shown_key(kind.split(';').next().unwrap_or_default().trim());
                found.violation("header/content-type", format!("is {kind}, not application/json"));
            }
        }
        let mut body = reply.body.as_slice();
        if let Some(rest) = body.strip_prefix(b"\xef\xbb\xbf") {
            found.violation("body", "begins with a byte order mark");
            body = rest;
        }
        match serde_json::from_slice(body) {
            Ok(body) => found.list.extend(self.judge_body(reply.status, &body)),
            Err(error) => {
                self.judge_status(reply.status, &mut found);
                found.violation("body", not_json(body, &error));
            }
        }
        found.list
    }

    /// The same for a body alone.
    #[must_use]
    pub fn judge_body(&self, status: u16, body: &Value) -> Vec<Finding> {
        let mut found = Findings::new(self, Side::Reply);
        let code = match body.get("code") {
            Some(Value::String(text)) => text.parse().ok(),
            code => code.and_then(Value::as_i64),
        };
        if let Some(code) = code.filter(|code| !self.knows_code(*code)) {
            let problem = format!("{code} is none of the listed business codes");
            found.add("body/code", problem, Kind::Undocumented);
        }
        // Refusals come inside HTTP 200 too, and then without the data that a success promises.
        let refused = status == 200 && code.is_some_and(|code| code != 0);
        let described = if refused { self.reply(400) } else { None }.or_else(|| self.reply(status));
        match described {
            Some(described) => {
                found.checked("body", &described.check, body);
                let shape = described.check.shape(&self.document);
                found.drift(&shape, body, "body", refused || status != 200);
            }
            None => self.judge_status(status, &mut found),
        }
        found.list
    }

    /// What is wrong with the description's own examples of parameters.
    #[must_use]
    pub fn judge_examples(&self) -> Vec<Finding> {
        let mut found = Findings::new(self, Side::Request);
        for parameter in &self.parameters {
            if let Some(example) = &parameter.example {
                let place = format!("{}/{}", parameter.place, parameter.name);
                found.checked(&place, &parameter.check, example);
            }
        }
        found.list
    }

    fn judge_status(&self, status: u16, found: &mut Findings<'_>) {
        if self.reply(status).is_none() {
            found.violation("status", format!("HTTP {status} is not described"));
        }
    }

    fn judge_query(&self, query: &str, found: &mut Findings<'_>) {
        let mut given: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            given.entry(decoded(name).unwrap_or_else(|| name.to_owned())).or_default().push(value);
        }
        for parameter in self.parameters.iter().filter(|one| one.place == "query") {
            if parameter.required && !given.contains_key(&parameter.name) {
                found.violation(&format!("query/{}", parameter.name), "is missing");
            }
        }
        for (name, values) in given {
            match self.parameter("query", &name) {
                Some(parameter) => found.parameter(parameter, &values),
                None => {
                    found.violation(&format!("query/{}", shown_key(&name)), "is not described");
                }
            }
        }
    }

    /// Headers of the API's own are described or wrong; those of HTTP itself are not OpenAPI's business.
    fn judge_headers(&self, headers: &[(String, String)], found: &mut Findings<'_>) {
        let given = |name: &str| headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        let declared = self.parameters.iter().filter(|one| one.place == "header");
        let needed = declared.filter(|one| one.required).map(|one| &one.name).chain(&self.keys);
        for name in needed.filter(|name| !given(name)) {
            found.violation(&format!("header/{name}"), "is missing");
        }
        for (name, value) in headers {
            let lower = name.to_ascii_lowercase();
            if !lower.starts_with("x-") || FOREIGN_HEADERS.iter().any(|one| lower.starts_with(one))
            {
                continue;
            }
            let mut own = self.parameters.iter().filter(|one| one.place == "header");
            match own.find(|one| one.name.eq_ignore_ascii_case(name)) {
                Some(one) => {
                    let value = Value::String(value.clone());
                    found.checked(&format!("header/{}", one.name), &one.check, &value);
                }
                None if self.keys.iter().any(|key| key.eq_ignore_ascii_case(name)) => {}
                None => {
                    found.violation(&format!("header/{}", shown_key(&lower)), "is not described");
                }
            }
        }
    }

    fn judge_sent_body(&self, request: &Request, found: &mut Findings<'_>) {
        match (&self.body, &request.body) {
            (None, None) => {}
            (None, Some(_)) => found.violation("body", "a body is not described"),
            (Some(body), None) if body.required => found.violation("body", "the body is missing"),
            (Some(_), None) => {}
            (Some(body), Some(text)) => match serde_json::from_str(text) {
                Ok(value) => found.checked("body", &body.check, &value),
                Err(error) => found.violation("body", not_json(text.as_bytes(), &error)),
            },
        }
        let mut headers = request.headers.iter();
        let kind = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        match kind {
            _ if request.body.is_none() => {}
            None => found.violation("header/content-type", "is missing"),
            Some((_, kind)) if is_json(kind) => {}
            Some(_) => found.violation("header/content-type", "is not application/json"),
        }
    }

    fn parameter(&self, place: &str, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|one| one.place == place && one.name == name)
    }
}

/// The findings of one half of an exchange, and the words for them.
struct Findings<'e> {
    endpoint: &'e Endpoint,
    side: Side,
    list: Vec<Finding>,
}

impl<'e> Findings<'e> {
    const fn new(endpoint: &'e Endpoint, side: Side) -> Self {
        Self { endpoint, side, list: Vec::new() }
    }

    fn add(&mut self, place: &str, problem: impl Into<String>, kind: Kind) {
        self.list.push(Finding {
            operation: self.endpoint.id.clone(),
            side: self.side,
            place: place.to_owned(),
            problem: problem.into(),
            kind,
        });
    }

    fn violation(&mut self, place: &str, problem: impl Into<String>) {
        self.add(place, problem, Kind::Violation);
    }

    /// A parameter as it stands in the URL, percent-encoded, once for each time that it stands there.
    fn parameter(&mut self, parameter: &Parameter, given: &[&str]) {
        let place = format!("{}/{}", parameter.place, parameter.name);
        if given.len() > 1 && !(parameter.explode && parameter.is_list) {
            return self.violation(&place, format!("comes {} times", given.len()));
        }
        let parts: Vec<&str> = if parameter.is_list && !parameter.explode {
            given.iter().flat_map(|text| text.split(',')).collect()
        } else {
            given.to_vec()
        };
        let mut values = Vec::new();
        for part in parts {
            match decoded(part) {
                Some(text) => values.push(scalar(&parameter.types, &text)),
                None => return self.violation(&place, "is not UTF-8 when percent-decoded"),
            }
        }
        if parameter.is_list {
            self.checked(&place, &parameter.check, &Value::Array(values));
        } else if let Some(value) = values.first() {
            self.checked(&place, &parameter.check, value);
        }
    }

    /// What the schema says of a value.
    fn checked(&mut self, place: &str, check: &Checked, value: &Value) {
        let endpoint = self.endpoint;
        let shape = check.shape(&endpoint.document);
        for error in check.validator.iter_errors(value) {
            self.error(place, &shape, value, &error);
        }
    }

    fn error(&mut self, base: &str, shape: &Shape<'_>, whole: &Value, error: &ValidationError<'_>) {
        let pointer = error.instance_path().to_string();
        let place = format!("{base}{}", shown_place(&pointer));
        let value: &Value = error.instance();
        let here = shape.at(&pointer, whole);
        match error.kind() {
            ValidationErrorKind::OneOfNotValid { context } => {
                // Only the arm that the value comes nearest to says something of use.
                match context.iter().min_by_key(|arm| distance(arm)) {
                    Some(arm) if !arm.is_empty() => {
                        arm.iter().for_each(|error| self.error(base, shape, whole, error));
                    }
                    _ => self.violation(&place, "fits none of the described forms"),
                }
            }
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                let below = here.as_ref().and_then(|shape| shape.property(name));
                let aliased = below
                    .is_some_and(|shape| shape.aliases().any(|alias| value.get(alias).is_some()));
                let kind = if aliased { Kind::Known(Extension::Aliases) } else { Kind::Violation };
                self.add(&format!("{place}/{}", escaped(name)), "is missing", kind);
            }
            ValidationErrorKind::UnevaluatedProperties { unexpected }
            | ValidationErrorKind::AdditionalProperties { unexpected } => {
                for name in unexpected {
                    self.unexpected(&place, here.as_ref(), name);
                }
            }
            kind => {
                let (problem, kind) = match &here {
                    // Whoever sent a request knows its values; a reply's new names are what the report is for.
                    Some(shape) if self.side == Side::Request && is_enum(kind) => {
                        let problem = "is none of the described values".to_owned();
                        (problem, lenience(kind, shape, value))
                    }
                    Some(shape) => {
                        let problem = words(kind, shape, value);
                        (problem, lenience(kind, shape, value))
                    }
                    None => (format!("is against `{}`", kind.keyword()), Kind::Violation),
                };
                self.add(&place, problem, kind);
            }
        }
    }

    /// A field of a request that is not described there.
    fn unexpected(&mut self, place: &str, here: Option<&Shape<'_>>, name: &str) {
        // A part of the object that fails leaves its described fields unexplained too.
        if here.is_some_and(|shape| shape.property(name).is_some()) {
            return;
        }
        let place = format!("{place}/{}", escaped(&shown_key(name)));
        match here.and_then(|shape| shape.alias(name)) {
            Some((canonical, _)) => self.add(
                &place,
                format!("is another spelling of `{canonical}`"),
                Kind::Known(Extension::Aliases),
            ),
            None => self.violation(&place, "is not described"),
        }
    }

    /// What a reply has beside the described. `closed` is no part of it: a refusal's data is nobody's.
    fn drift(&mut self, shape: &Shape<'_>, body: &Value, base: &str, refused: bool) {
        let mut drift = Drift { seen: BTreeSet::new(), findings: self };
        match body {
            Value::Object(members) if refused => {
                for name in members.keys().filter(|name| *name != "data") {
                    if shape.property(name).is_none() {
                        drift.unknown(&format!("{base}/{}", shown_part(name)), "is not described");
                    }
                }
            }
            Value::Object(members) => {
                // An operation without a result answers without `data`, with null or with `{}`.
                let void = |value: &Value| value.is_null() || value == &Value::Object(Map::new());
                let promised = shape.property("data").is_some();
                let seen = members
                    .iter()
                    .filter(|(name, value)| promised || name.as_str() != "data" || !void(value));
                for (name, value) in seen {
                    let place = format!("{base}/{}", shown_part(name));
                    drift.member(shape, &[], (name, value), &place, false);
                }
            }
            _ => {}
        }
    }
}

/// The walk over a reply for what no schema refuses.
struct Drift<'f, 'e> {
    /// Places that were named already, all rows of a list alike.
    seen: BTreeSet<String>,
    findings: &'f mut Findings<'e>,
}

impl Drift<'_, '_> {
    fn unknown(&mut self, place: &str, problem: &str) {
        self.add(place, problem, Kind::Undocumented);
    }

    fn add(&mut self, place: &str, problem: impl Into<String>, kind: Kind) {
        let problem = problem.into();
        let before = self.findings.list.len();
        self.findings.add(place, problem, kind);
        let key = self.findings.list.last().map(|one| format!("{} {}", one.pattern(), one.problem));
        if key.is_some_and(|key| !self.seen.insert(key)) {
            self.findings.list.truncate(before);
        }
    }

    /// `unchecked`: within a view of an open map, where no schema has been applied.
    fn walk(&mut self, shape: &Shape<'_>, value: &Value, place: &str, unchecked: bool) {
        if unchecked && let Some((problem, kind)) = odd(shape, value) {
            return self.add(place, problem, kind);
        }
        match value {
            Value::Object(members) => {
                let views = shape.views();
                for (name, member) in members {
                    let below = format!("{place}/{}", shown_part(name));
                    self.member(shape, &views, (name, member), &below, unchecked);
                }
            }
            Value::Array(items) => {
                if let Some(element) = shape.element() {
                    for (index, item) in items.iter().enumerate() {
                        self.walk(&element, item, &format!("{place}/{index}"), unchecked);
                    }
                }
            }
            _ => self.scalar(shape, value, place),
        }
    }

    fn member(
        &mut self,
        shape: &Shape<'_>,
        views: &[(Shape<'_>, bool)],
        (name, member): (&str, &Value),
        place: &str,
        unchecked: bool,
    ) {
        if let Some(below) = shape.property(name) {
            return self.walk(&below, member, place, unchecked);
        }
        if let Some((canonical, below)) = shape.alias(name) {
            let problem = format!("is another spelling of `{canonical}`");
            self.add(place, problem, Kind::Known(Extension::Aliases));
            return self.walk(&below, member, place, true);
        }
        if !views.is_empty() {
            return self.viewed(views, (name, member), place);
        }
        if !shape.is_open_map() && !shape.types().is_empty() && !shape.tells_of(name) {
            self.unknown(place, "is not described");
        }
    }

    /// A key of an open map that has typed views: it has to be as one of them says.
    fn viewed(&mut self, views: &[(Shape<'_>, bool)], (name, member): (&str, &Value), place: &str) {
        let payload = is_payload_index(name);
        let readings: Vec<Shape<'_>> = views
            .iter()
            .filter(|(_, by_key)| *by_key == payload)
            .filter_map(|(view, _)| if payload { Some(view.clone()) } else { view.property(name) })
            .collect();
        let fitting = readings.iter().find(|reading| odd(reading, member).is_none());
        match fitting.or_else(|| readings.first()) {
            Some(reading) => self.walk(reading, member, place, true),
            None => self.unknown(place, "is not described"),
        }
    }

    fn scalar(&mut self, shape: &Shape<'_>, value: &Value, place: &str) {
        if let Some(text) = value.as_str() {
            let known = shape.known_values();
            if !known.is_empty() && !text.is_empty() && !known.contains(&text) {
                let problem = match shown(shape, value) {
                    Some(text) => format!("is {text}, which is none of the known values"),
                    None => "is none of the known values".to_owned(),
                };
                self.add(place, problem, Kind::Known(Extension::KnownValues));
            }
        }
        if let (Some(number), Some(unit)) = (value.as_f64(), shape.unit()) {
            let other = match unit {
                "unix-seconds" if number >= MILLISECONDS => "milliseconds, described in seconds",
                "unix-milliseconds" if number > 0.0 && number < MILLISECONDS => {
                    "seconds, described in milliseconds"
                }
                _ => return,
            };
            let known = shape.lets(Lenience::SecondsOrMilliseconds);
            let kind = if known { Kind::Known(Extension::Lenient) } else { Kind::Violation };
            self.add(place, format!("is in {other}"), kind);
        }
    }
}

/// How far an arm of a union is from the value: one whose tag differs is farthest.
fn distance(arm: &[ValidationError<'_>]) -> (usize, usize) {
    let tags = arm.iter().filter(|error| match error.kind() {
        ValidationErrorKind::Enum { options } => {
            options.as_array().is_some_and(|options| options.len() == 1)
        }
        _ => false,
    });
    (tags.count(), arm.len())
}

/// Type and set of values where no schema has been applied: an open map contradicts nothing. Null stands for absent there.
fn odd(shape: &Shape<'_>, value: &Value) -> Option<(String, Kind)> {
    let types = shape.types();
    if value.is_null() || types.is_empty() {
        return None;
    }
    let fits = types.iter().any(|name| match *name {
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => type_name(value) == other,
    });
    let kind = known(shape, value).map_or(Kind::Undocumented, Kind::Known);
    if !fits {
        let problem = format!("is {}, described as {}", type_of(value), types.join(" or "));
        return Some((problem, kind));
    }
    let values = shape.enumerated();
    if !values.is_empty() && !values.contains(&value) {
        return Some((not_among(shape, value), kind));
    }
    None
}

const fn is_enum(kind: &ValidationErrorKind) -> bool {
    matches!(kind, ValidationErrorKind::Enum { .. })
}

/// The problem in words, without the value unless it is harmless.
fn words(kind: &ValidationErrorKind, shape: &Shape<'_>, value: &Value) -> String {
    match kind {
        ValidationErrorKind::Type { .. } => {
            format!("is {}, described as {}", type_of(value), shape.types().join(" or "))
        }
        ValidationErrorKind::Enum { .. } => not_among(shape, value),
        ValidationErrorKind::Format { format } => format!("is not of the format {format}"),
        ValidationErrorKind::Minimum { limit } => format!("is less than {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("is more than {limit}"),
        ValidationErrorKind::MinItems { limit } => format!("has fewer than {limit} elements"),
        ValidationErrorKind::MaxItems { limit } => format!("has more than {limit} elements"),
        ValidationErrorKind::MinLength { limit } => format!("is shorter than {limit} characters"),
        ValidationErrorKind::MaxLength { limit } => format!("is longer than {limit} characters"),
        other => format!("is against `{}`", other.keyword()),
    }
}

fn not_among(shape: &Shape<'_>, value: &Value) -> String {
    shown(shape, value).map_or_else(
        || "is none of the described values".to_owned(),
        |text| format!("is {text}, which is none of the described values"),
    )
}

/// Whether an extension knows of this deviation.
fn lenience(kind: &ValidationErrorKind, shape: &Shape<'_>, value: &Value) -> Kind {
    match kind {
        ValidationErrorKind::Type { .. }
        | ValidationErrorKind::Enum { .. }
        | ValidationErrorKind::Format { .. }
        | ValidationErrorKind::MinLength { .. } => {
            known(shape, value).map_or(Kind::Violation, Kind::Known)
        }
        _ => Kind::Violation,
    }
}

fn known(shape: &Shape<'_>, value: &Value) -> Option<Extension> {
    if shape.stands_for(value).is_some() {
        return Some(Extension::Aliases);
    }
    let has = |name: &str| shape.has_type(name);
    let numeric = || has("integer") || has("number");
    let lenient = match value {
        Value::Null => shape.lets(Lenience::NullList),
        Value::String(text) if text.is_empty() && shape.lets(Lenience::EmptyStringIsAbsent) => true,
        Value::String(text) => {
            shape.lets(Lenience::IntOrString) && numeric() && text.parse::<f64>().is_ok()
        }
        Value::Number(number) => {
            let is_bool = matches!(number.as_i64(), Some(0 | 1)) && has("boolean");
            let is_time = shape.format() == Some("date-time") || shape.unit().is_some();
            shape.lets(Lenience::IntOrString) && has("string")
                || shape.lets(Lenience::BoolOrInt) && is_bool
                || shape.lets(Lenience::SecondsOrMilliseconds) && is_time
        }
        Value::Object(_) => shape.lets(Lenience::ArrayOrObject),
        // The bare list in place of the object around it.
        Value::Array(_) => {
            shape.property("list").is_some_and(|list| list.lets(Lenience::ArrayOrObject))
        }
        Value::Bool(_) => false,
    };
    lenient.then_some(Extension::Lenient)
}

/// A value that may be shown: a short name or number of a place that is not sensitive. Text that could be a key, a link or a token is not.
fn shown(shape: &Shape<'_>, value: &Value) -> Option<String> {
    if shape.is_sensitive() {
        return None;
    }
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null => Some("null".to_owned()),
        Value::String(text) if text.is_empty() => Some("empty".to_owned()),
        Value::String(text) => {
            let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-. ".contains(&b));
            (plain && text.len() <= 40 && !text.starts_with("eyJ")).then(|| format!("`{text}`"))
        }
        _ => None,
    }
}

/// A name from outside, such as that of a field: kept when it looks like one.
fn shown_key(name: &str) -> String {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.:$@/+ []".contains(&b));
    if plain && name.len() <= 64 && !name.starts_with("eyJ") {
        name.to_owned()
    } else {
        format!("({} characters)", name.chars().count())
    }
}

fn shown_part(name: &str) -> String {
    escaped(&shown_key(name))
}

fn shown_place(pointer: &str) -> String {
    pointer.split('/').map(shown_key).collect::<Vec<_>>().join("/")
}

/// A path that is none of the API's: parts that are no plain words could be ids or keys.
fn shown_path(path: &str) -> String {
    let is_word = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase() || b"_-".contains(&b));
    let is_version = |part: &str| {
        let digits = part.strip_prefix('v').filter(|digits| digits.len() <= 4);
        digits.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
    };
    let shown = |part: &str| part.len() <= 32 && (is_word(part) || is_version(part));
    let parts = path.split('/').take(12).map(|part| if shown(part) { part } else { "*" });
    parts.collect::<Vec<_>>().join("/")
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number",
        Value::Number(_) => "an integer",
        Value::String(text) if text.is_empty() => "an empty string",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

const fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A key like `81-0-0`.
fn is_payload_index(name: &str) -> bool {
    name.split('-').count() == 3
        && name.split('-').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

fn is_json(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

fn not_json(body: &[u8], error: &serde_json::Error) -> String {
    let start = body.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or_default();
    match body.get(start) {
        Some(b'<') => "is a web page, described as JSON".to_owned(),
        _ if error.is_eof() => "the body is no JSON: it ends too early".to_owned(),
        _ => format!("the body is no JSON at line {} column {}", error.line(), error.column()),
    }
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// A text of a URL as one of the types that it may have; what it cannot be stays text, and the schema then refuses it.
fn scalar(types: &[String], text: &str) -> Value {
    let literal = !types.iter().any(|one| one == "string");
    let value =
        serde_json::from_str(text).ok().filter(|value: &Value| literal && !value.is_string());
    value.unwrap_or_else(|| Value::String(text.to_owned()))
}
