//! One entry of the journal.

use std::fmt;
use std::sync::Arc;

use flighthub_api::Timestamp;
use flighthub_api::v1::CATALOGUE;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Key, mask};

/// The texts of an entry, in their order.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Path,
    Query,
    Headers,
    Body,
    ReplyHeaders,
    Reply,
}

impl Part {
    pub(super) const COUNT: usize = 6;
}

/// What is kept of a request. Its text may hold secrets: it has no `Debug`, and every way out masks.
pub(super) struct Kept {
    pub(super) number: u64,
    pub(super) at: Timestamp,
    pub(super) port: &'static str,
    pub(super) region: Arc<str>,
    pub(super) key: Key,
    pub(super) method: Method,
    pub(super) operation: Option<&'static str>,
    pub(super) notes: Box<[String]>,
    pub(super) fault: Option<Box<str>>,
    pub(super) bytes: u64,
    pub(super) status: Option<u16>,
    pub(super) reply_bytes: u64,
    /// Whether all of the body and of the reply is kept.
    pub(super) is_whole: (bool, bool),
    pub(super) text: Box<[u8]>,
    pub(super) ends: [u32; Part::COUNT],
}

impl Kept {
    pub(super) fn bytes_in_memory(&self) -> usize {
        let notes: usize = self.notes.iter().map(|note| note.len() + size_of::<String>()).sum();
        let fault = self.fault.as_ref().map_or(0, |fault| fault.len());
        size_of::<Self>() + self.text.len() + notes + fault
    }

    fn part(&self, part: Part) -> &[u8] {
        let index = part as usize;
        let end = |index: usize| self.ends.get(index).map_or(0, |end| *end as usize);
        let begin = index.checked_sub(1).map_or(0, end);
        self.text.get(begin..end(index)).unwrap_or_default()
    }
}

/// A request and its reply, or something that the simulator did by itself. Secrets are masked in everything that it shows.
#[derive(Clone)]
pub struct Entry(Arc<Kept>);

impl Entry {
    pub(super) fn new(kept: Kept) -> Self {
        Self(Arc::new(kept))
    }

    pub(super) fn bytes_in_memory(&self) -> usize {
        self.0.bytes_in_memory()
    }

    /// Its number, counted from 1.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.0.number
    }

    /// The virtual time.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.0.at
    }

    /// Which port was asked: `api`, `storage`, `console`; or `script` and `events` for what the simulator did by itself.
    #[must_use]
    pub fn port(&self) -> &str {
        self.0.port
    }

    /// The region that was asked.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.0.region
    }

    /// The profile of the key, `(masked)` for a key that the region does not know, `none` without a key.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.key.to_string()
    }

    /// The HTTP method.
    #[must_use]
    pub fn method(&self) -> &str {
        self.0.method.as_str()
    }

    /// The path, percent-encoded as it came.
    #[must_use]
    pub fn path(&self) -> String {
        mask::text(&self.lossy(Part::Path))
    }

    /// The query, percent-encoded as it came and without `?`; empty when there is none.
    #[must_use]
    pub fn query(&self) -> String {
        mask::query(&self.lossy(Part::Query), self.0.port == "storage")
    }

    /// The value of a header of the request, whatever the case of its name. Only some headers are kept; those with secrets are `(masked)`.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let headers = self.headers(Part::Headers);
        let found = headers.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    /// The body of the request as text. Uploads are not kept, long bodies are cut.
    #[must_use]
    pub fn body(&self) -> String {
        mask::body(self.0.part(Part::Body), self.0.operation)
    }

    /// The body of the request, when it is whole and JSON.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.body()).ok()
    }

    /// Bytes of the body of the request, also when it is not kept.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.bytes
    }

    /// The id of the operation, such as `task.create`.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// Whether the operation changes something. For ports other than the API the method says so.
    #[must_use]
    pub fn is_write(&self) -> bool {
        let info = CATALOGUE.iter().find(|info| Some(info.id) == self.0.operation);
        match info {
            Some(info) => info.risk != flighthub_api::RiskLevel::Read,
            None => !matches!(self.0.method, Method::GET | Method::HEAD | Method::OPTIONS),
        }
    }

    /// What was not as documented, or why it was refused, for people.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.0.notes
    }

    /// The fault or quirk that was played, in words.
    #[must_use]
    pub fn fault(&self) -> Option<&str> {
        self.0.fault.as_deref()
    }

    /// The HTTP status of the reply; nothing when there was none.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The business code of the reply, also when it came as text; nothing when it has none.
    #[must_use]
    pub fn code(&self) -> Option<i64> {
        #[derive(Deserialize)]
        struct Coded {
            code: Value,
        }
        if self.0.port != "api" {
            return None;
        }
        let reply = self.0.part(Part::Reply);
        let code = match serde_json::from_slice::<Coded>(reply) {
            Ok(Coded { code }) => code,
            // Cut: the code comes first.
            Err(_) => {
                let text = String::from_utf8_lossy(reply);
                let rest = text.strip_prefix(r#"{"code":"#)?.to_owned();
                serde_json::from_str(rest.get(..rest.find([',', '}'])?)?).ok()?
            }
        };
        code.as_i64().or_else(|| code.as_str()?.parse().ok())
    }

    /// The body of the reply as text. Long ones are cut.
    #[must_use]
    pub fn reply(&self) -> String {
        mask::body(self.0.part(Part::Reply), self.0.operation)
    }

    /// Whether body and reply are whole.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.0.is_whole == (true, true)
    }

    fn lossy(&self, part: Part) -> String {
        String::from_utf8_lossy(self.0.part(part)).into_owned()
    }

    fn headers(&self, part: Part) -> Vec<(String, String)> {
        let text = self.lossy(part);
        let pairs = text.lines().filter_map(|line| line.split_once(": "));
        pairs.map(|(name, value)| (name.to_owned(), mask::text(value))).collect()
    }

    /// Path and query.
    fn target(&self) -> String {
        let query = self.query();
        if query.is_empty() { self.path() } else { format!("{}?{query}", self.path()) }
    }

    /// The entry for programs.
    pub(crate) fn to_json(&self) -> Value {
        let object = |headers: Vec<(String, String)>| -> Map<String, Value> {
            headers.into_iter().map(|(name, value)| (name, Value::String(value))).collect()
        };
        json!({
            "number": self.number(),
            "at": self.at().to_string(),
            "port": self.port(),
            "region": self.region(),
            "operation": self.operation(),
            "method": self.method(),
            "path": self.path(),
            "query": self.query(),
            "key": self.key(),
            "headers": object(self.headers(Part::Headers)),
            "body": self.body(),
            "bytes": self.bytes(),
            "body_is_cut": !self.0.is_whole.0,
            "notes": self.notes(),
            "fault": self.fault(),
            "status": self.status(),
            "code": self.code(),
            "reply_headers": object(self.headers(Part::ReplyHeaders)),
            "reply": self.reply(),
            "reply_bytes": self.0.reply_bytes,
            "reply_is_cut": !self.0.is_whole.1,
        })
    }

    /// All of it as text.
    pub(super) fn full_text(&self) -> String {
        let mut text = format!("{self}\n");
        for (name, value) in self.headers(Part::Headers) {
            text += &format!("  > {name}: {value}\n");
        }
        let cut = |whole: bool| if whole { "" } else { " (cut)" };
        if self.0.bytes > 0 {
            let body = if self.0.part(Part::Body).is_empty() {
                "(not kept)".to_owned()
            } else {
                self.body()
            };
            text += &format!("  > {} bytes: {body}{}\n", self.0.bytes, cut(self.0.is_whole.0));
        }
        for (name, value) in self.headers(Part::ReplyHeaders) {
            text += &format!("  < {name}: {value}\n");
        }
        if self.0.reply_bytes > 0 {
            text += &format!("  < {}{}\n", self.reply(), cut(self.0.is_whole.1));
        }
        text
    }
}

/// One line.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Kept { number, at, port, region, key, .. } = &*self.0;
        write!(f, "#{number} {at} {region} {port} {} {}", self.method(), self.target())?;
        if let Some(operation) = self.0.operation {
            write!(f, " ({operation})")?;
        }
        if *port == "api" {
            write!(f, " key {key}")?;
        }
        match self.0.status {
            Some(status) => write!(f, " -> {status}")?,
            None if matches!(*port, "script" | "events") => {}
            None => f.write_str(" -> no reply")?,
        }
        if let Some(code) = self.code() {
            write!(f, " code {code}")?;
        }
        if let Some(fault) = &self.0.fault {
            write!(f, " [fault: {fault}]")?;
        }
        for note in &self.0.notes {
            write!(f, " [{note}]")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({self})")
    }
}

impl Serialize for Entry {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}
