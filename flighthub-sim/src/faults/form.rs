//! Faults as text: read, and checked for sense.

use std::str::FromStr;

use flighthub_api::v1::CATALOGUE;
use serde_json::{Map, Value};

use super::{Effect, Fault, FaultError, FaultKind, FaultPort, Phase, When};

/// Longest pause that a fault may ask for: an hour.
const LONGEST_MS: u64 = 3_600_000;
/// Options that are text, whatever they look like.
const TEXTS: [&str; 4] = ["message", "location", "name", "retry-after"];
const FIELDS: [&str; 6] = ["id", "on", "port", "region", "when", "times"];

impl TryFrom<Map<String, Value>> for Fault {
    type Error = FaultError;

    fn try_from(fields: Map<String, Value>) -> Result<Self, FaultError> {
        let (own, kind): (Map<_, _>, Map<_, _>) =
            fields.into_iter().partition(|(name, _)| FIELDS.contains(&name.as_str()));
        let mut fault = Self::new("*", kind_of(kind)?);
        for (name, value) in own {
            let read = match name.as_str() {
                "id" => read(value).map(|id| fault.id = id),
                "on" => read(value).map(|on| fault.on = on),
                "port" => read(value).map(|port| fault.port = port),
                "region" => read(value).map(|region| fault.region = region),
                "when" => read(value).map(|when| fault.when = when),
                _ => read(value).map(|times| fault.times = times),
            };
            read.map_err(|problem| FaultError::new(format!("`{name}`: {problem}")))?;
        }
        fault.check()?;
        Ok(fault)
    }
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

/// A kind out of the fields that are not the fault's own.
fn kind_of(fields: Map<String, Value>) -> Result<FaultKind, FaultError> {
    let name = match fields.get("kind") {
        Some(Value::String(name)) => name.clone(),
        Some(_) => {
            return Err(FaultError::new("`kind`: has to be the name of a kind, such as \"reset\""));
        }
        None => {
            return Err(FaultError::new("`kind` is missing, such as \"kind\": \"reset\""));
        }
    };
    if !FaultKind::NAMES.contains(&name.as_str()) {
        let hint = nearest(&name, FaultKind::NAMES.iter().copied());
        return Err(FaultError::new(format!(
            "`kind`: there is no `{name}`; the nearest is `{hint}`, all are {}",
            FaultKind::NAMES.join(", ")
        )));
    }
    read(Value::Object(fields)).map_err(|problem| FaultError::new(format!("`{name}`: {problem}")))
}

impl FromStr for FaultKind {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let mut fields = Map::new();
        fields.insert("kind".to_owned(), name.into());
        for part in parts.filter(|part| !part.is_empty()) {
            let (option, value) = part.split_once('=').ok_or_else(|| {
                FaultError::new(format!(
                    "`{part}`: options are `option=value`, such as `at=reply-head`"
                ))
            })?;
            let (option, value) = (option.trim(), value.trim());
            let value = match value.parse::<i64>() {
                Ok(number) if !TEXTS.contains(&option) => number.into(),
                _ => value.into(),
            };
            if fields.insert(option.to_owned(), value).is_some() {
                return Err(FaultError::new(format!("`{option}` is given twice")));
            }
        }
        let kind = kind_of(fields)?;
        kind.check()?;
        Ok(kind)
    }
}

impl TryFrom<Value> for Phase {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        const PHASES: [(&str, Phase); 5] = [
            ("request-head", Phase::RequestHead),
            ("request-body", Phase::RequestBody),
            ("request", Phase::Request),
            ("reply-head", Phase::ReplyHead),
            ("reply-body", Phase::ReplyBody),
        ];
        let named = |text: &str| PHASES.iter().find(|(name, _)| *name == text).map(|(_, at)| *at);
        match &value {
            Value::String(text) => named(text),
            Value::Number(bytes) => bytes.as_u64().map(Self::Bytes),
            _ => None,
        }
        .ok_or_else(|| {
            let names = PHASES.map(|(name, _)| name).join(", ");
            format!("`at` is one of {names}, or a number of bytes of the reply, not {value}")
        })
    }
}

impl From<Phase> for Value {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::RequestHead => "request-head".into(),
            Phase::RequestBody => "request-body".into(),
            Phase::Request => "request".into(),
            Phase::ReplyHead => "reply-head".into(),
            Phase::ReplyBody => "reply-body".into(),
            Phase::Bytes(bytes) => bytes.into(),
        }
    }
}

impl Fault {
    /// Whether it can be.
    ///
    /// # Errors
    ///
    /// Names the field and the remedy.
    pub(crate) fn check(&self) -> Result<(), FaultError> {
        let wrong = |text: String| Err(FaultError::new(text));
        self.kind.check()?;
        check_target(&self.on)?;
        match self.when {
            When::Next(0) | When::Nth(0) | When::Every(0) => {
                return wrong("`when`: requests are counted from 1".to_owned());
            }
            When::Probability(chance) if !(0.0..=1.0).contains(&chance) => {
                return wrong(format!("`when`: a probability is 0 to 1, not {chance}"));
            }
            _ => {}
        }
        if self.times == Some(0) {
            return wrong("`times`: has to be 1 or more; leave it out for no limit".to_owned());
        }
        if self.id.as_ref().is_some_and(|id| id.as_str().is_empty() || id.as_str().contains('/')) {
            return wrong("`id`: has to be a name without `/`".to_owned());
        }
        let name = self.kind.name();
        if self.kind.is_of_connection() && self.on != "*" {
            return wrong(format!(
                "`on`: `{name}` happens before a request is read, so it cannot be on `{}`; leave `on` out",
                self.on
            ));
        }
        if matches!(self.kind, FaultKind::PortClosed { .. }) && self.when != When::default() {
            return wrong(format!("`when`: `{name}` begins when it is injected; leave `when` out"));
        }
        if self.port == FaultPort::Storage && self.on != "*" {
            return wrong(format!(
                "`on`: the storage has no operations such as `{}`; leave `on` out",
                self.on
            ));
        }
        if self.port == FaultPort::Storage && matches!(self.kind, FaultKind::Quirk { .. }) {
            return wrong("`kind`: quirks are replies of the API, not of the storage".to_owned());
        }
        Ok(())
    }
}

impl FaultKind {
    /// Whether it can be.
    ///
    /// # Errors
    ///
    /// Names the field and the remedy.
    pub(crate) fn check(&self) -> Result<(), FaultError> {
        let name = self.name();
        let wrong = |problem: &str| Err(FaultError::new(format!("`{name}`: {problem}")));
        match self {
            Self::Reset { at, effect: Effect::After }
            | Self::Close { at, effect: Effect::After }
            | Self::Silence { at, effect: Effect::After, .. }
                if at.is_early() =>
            {
                wrong(
                    "`effect`: a request that is not read cannot be carried out; take `at` request, reply-head or reply-body",
                )
            }
            Self::Dribble { bytes: 0, .. } => wrong("`bytes`: has to be 1 or more"),
            Self::WrongLength { by: 0, .. } => wrong("`by`: 0 is the right length"),
            Self::CloseOnReuse { then: super::End::Silence } => {
                wrong("`then`: has to be close or reset")
            }
            Self::Redirect { status, .. } if ![301, 302, 303, 307, 308].contains(status) => {
                wrong("`status`: has to be 301, 302, 303, 307 or 308")
            }
            Self::Redirect { location: Some(location), .. }
                if http::HeaderValue::from_str(location).is_err() =>
            {
                wrong("`location`: cannot stand in a header")
            }
            Self::HttpError { retry_after: Some(text), .. }
                if http::HeaderValue::from_str(text).is_err() =>
            {
                wrong("`retry-after`: cannot stand in a header")
            }
            Self::HttpError { status, .. } if !(400..=599).contains(status) => {
                wrong("`status`: has to be 400 to 599")
            }
            Self::Refuse { code: 0, .. } | Self::CodeOnly { code: 0, .. } => {
                wrong("`code`: 0 is success")
            }
            Self::Refuse { http, .. } if !(200..=599).contains(http) => {
                wrong("`http`: has to be 200 to 599")
            }
            Self::PortClosed { for_ms: ms }
            | Self::ConnectionSilence { for_ms: Some(ms) }
            | Self::Silence { for_ms: Some(ms), .. }
            | Self::Dribble { every_ms: ms, .. }
            | Self::Delay { ms, .. }
                if *ms > LONGEST_MS =>
            {
                wrong("an hour, 3600000 ms, is the longest pause")
            }
            Self::Quirk { name } => crate::shell::quirk::check(name).map_err(FaultError::new),
            _ => Ok(()),
        }
    }
}

fn check_target(on: &str) -> Result<(), FaultError> {
    let ids = || CATALOGUE.iter().map(|info| info.id);
    if on == "*" {
        return Ok(());
    }
    if let Some(group) = on.strip_suffix(".*") {
        let groups = || ids().filter_map(|id| id.split('.').next());
        if groups().any(|known| known == group) {
            return Ok(());
        }
        return Err(FaultError::new(format!(
            "`on`: there is no group `{on}`; the nearest is `{}.*`",
            nearest(group, groups())
        )));
    }
    if ids().any(|id| id == on) {
        return Ok(());
    }
    Err(FaultError::new(format!(
        "`on`: there is no operation `{on}`; the nearest is `{}`",
        nearest(on, ids())
    )))
}

/// The name that takes the fewest changes of letters. Only the beginning of a long name is compared.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> &'n str {
    let end = name.char_indices().nth(64).map_or(name.len(), |(at, _)| at);
    let name = name.get(..end).unwrap_or(name);
    known.min_by_key(|other| changes(name, other)).unwrap_or_default()
}

/// How many letters have to be put in, taken out or replaced.
fn changes(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut next = vec![line + 1];
        let mut left = line + 1;
        for (pair, wanted) in row.windows(2).zip(&other) {
            if let [diagonal, above] = pair {
                left = (above + 1).min(left + 1).min(diagonal + usize::from(letter != *wanted));
            }
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
