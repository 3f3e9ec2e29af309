//! Sessions in files: what was asked and what was answered, to be played again.
//!
//! A record is NDJSON: a line about the simulator, then a line for every request. Nothing secret is in it. The key of a request is the name
//! of its profile; a secret that the simulator handed out is a reference to where it did; any other is replaced by something of the same
//! shape. So a record can be played again by the same simulator, and then has to come out the same, byte for byte.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flighthub_api::Timestamp;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::caller::KeyProfile;
use crate::clock::Clock;
use crate::journal::{Again, By, Key, Seen, kept_header, kept_reply_header, mask, without_ports};
use crate::limiter::RateLimit;
use crate::reply::Reply;
use crate::scenario::Scenario;
use crate::setup::{self, Setup};
use crate::shell::{self, Role};
use crate::sim::{Shared, State};
use crate::storage::{self, signature};
use crate::world::deployment::Profile;

/// The version of the format.
const VERSION: u32 = 1;
/// Real time after which lines are written out, also when more are coming.
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// The key that a replay sends in place of one that nobody knew.
const STRANGER: &str = "simulated-unknown-key";
/// Most bytes of an upload while a session is recorded: lines have to stay bearable.
pub(crate) const MOST_UPLOAD: u64 = 32 << 20;
/// The right to read what an address is signed for.
const ADDRESS: &str = "address";
/// A port in place of the one that a record does not tell.
const SOME_PORT: &str = ":1";

/// The first line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    format: String,
    version: u32,
    simulator: String,
    seed: u64,
    /// When the worlds began, when that was not the usual time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<String>,
    speed: f64,
    strict: bool,
    regions: Vec<String>,
    profile: Option<Profile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate_limit: Option<RateLimit>,
    /// Where the object storage was reached, without the port of this machine.
    storage: String,
    /// Whether the world was none that the seed makes.
    custom_world: bool,
    scenario: Option<Described>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    place: String,
    text: String,
}

/// Any other line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    at: String,
    port: String,
    region: String,
    key: String,
    /// Which of several keys that nobody knows, from 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    stranger: usize,
    method: String,
    path: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    query: String,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    headers: Map<String, Value>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    body: String,
    /// A body that is no text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    body_hex: String,
    /// By what right the storage was asked: a signed `address`, or the id of credentials. Without, the storage refused the request before
    /// anything changed; its signature cannot be made again, so its reply is taken as it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    reply_headers: Map<String, Value>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    reply: String,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Head {
    fn of(setup: &Setup, speed: f64, storage: &str) -> Self {
        Self {
            format: "flighthub-sim record".to_owned(),
            version: VERSION,
            simulator: env!("CARGO_PKG_VERSION").to_owned(),
            seed: setup.seed,
            start: setup.start.map(|start| start.to_string()),
            speed,
            strict: setup.strict,
            regions: setup.regions.clone(),
            profile: setup.profile,
            rate_limit: setup.rate_limit.clone(),
            storage: without_ports(storage),
            custom_world: setup.world.is_some(),
            scenario: setup.scenario.as_ref().map(|scenario| Described {
                place: scenario.place().to_owned(),
                text: scenario.text().to_owned(),
            }),
        }
    }

    fn setup(&self) -> Result<Setup, String> {
        if self.format != "flighthub-sim record" || self.version != VERSION {
            return Err(format!(
                "this is no record of version {VERSION}: record the session again with this simulator"
            ));
        }
        if self.custom_world {
            return Err("the session ran in a world that a program made, which no record can hold"
                .to_owned());
        }
        let scenario =
            self.scenario.as_ref().map(|scenario| Scenario::read(&scenario.text, &scenario.place));
        let scenario = scenario.transpose().map_err(|error| error.to_string())?;
        setup::check_regions(&self.regions)?;
        let start = self.start.as_ref().map(|text| text.parse::<Timestamp>()).transpose();
        let start = start.map_err(|_| "the start of the record is no time".to_owned())?;
        start.map_or(Ok(()), setup::check_start)?;
        Ok(Setup {
            seed: self.seed,
            start,
            strict: self.strict,
            regions: self.regions.clone(),
            profile: self.profile,
            rate_limit: self.rate_limit.clone(),
            scenario,
            world: None,
        })
    }
}

/// Where lines go.
enum Out {
    /// To a file that gets its name at the end.
    File { part: PathBuf, file: PathBuf, to: BufWriter<File>, flushed: Instant },
    /// Kept for a replay to compare.
    Memory(VecDeque<String>),
}

/// Writes a session down.
pub(crate) struct Recorder {
    out: Out,
    /// What went wrong with the file; nothing is written after it.
    failed: Option<io::Error>,
    secrets: Secrets,
    /// Keys that nobody knows, by their digests, and as the how manyth they came.
    strangers: BTreeMap<[u8; 32], usize>,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("failed", &self.failed).finish_non_exhaustive()
    }
}

impl Recorder {
    /// # Errors
    ///
    /// When the file cannot be written.
    pub(crate) fn to_file(
        file: PathBuf,
        setup: &Setup,
        speed: f64,
        storage: &str,
    ) -> io::Result<Self> {
        let mut part = file.clone().into_os_string();
        part.push(".part");
        let part = PathBuf::from(part);
        let to = File::create(&part).map_err(|error| {
            io::Error::new(error.kind(), format!("the record {}: {error}", part.display()))
        })?;
        let out = Out::File { part, file, to: BufWriter::new(to), flushed: Instant::now() };
        Ok(Self::new(out, setup, speed, storage))
    }

    fn in_memory(setup: &Setup, speed: f64, storage: &str) -> Self {
        Self::new(Out::Memory(VecDeque::new()), setup, speed, storage)
    }

    fn new(out: Out, setup: &Setup, speed: f64, storage: &str) -> Self {
        let secrets = Secrets::default();
        let mut recorder = Self { out, failed: None, secrets, strangers: BTreeMap::new() };
        recorder.write(shell::to_text(&Head::of(setup, speed, storage)));
        recorder
    }

    /// A request to any port.
    pub(crate) fn request(&mut self, at: Timestamp, region: &str, key: &Key, seen: &Seen<'_>) {
        let operation = seen.operation;
        let mut line = self.asked(at, seen.port, region, key, seen.head, seen.body, operation);
        line.notes = seen.notes.iter().map(|note| mask::text(note)).collect();
        line.fault = seen.fault.map(Into::into);
        if *key == Key::Unknown
            && let Some(token) = seen.head.headers.get("x-user-token")
        {
            let next = self.strangers.len();
            let digest = signature::sha256(token.as_bytes());
            line.stranger = *self.strangers.entry(digest).or_insert(next);
        }
        if let Some(again) = seen.again {
            self.stored(&mut line, seen.head, again);
        }
        self.answered(&mut line, seen.reply, operation);
        self.write(shell::to_text(&line));
    }

    /// What else is known of a request to the storage.
    fn stored(&mut self, line: &mut Line, head: &Parts, again: &Again) {
        // How it was sent, and not what.
        for name in ["content-encoding", "expect", "transfer-encoding"] {
            line.headers.remove(name);
        }
        let host = head.headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
        let host = without_ports(host.unwrap_or_default());
        line.headers.insert("host".to_owned(), Value::String(host));
        line.query.clone_from(&again.query);
        line.body_hex = signature::hex(&again.body);
        line.by = match &again.by {
            By::Address => ADDRESS.to_owned(),
            By::Grant(id) => id.clone(),
        };
    }

    /// A request to `/__sim/` that changed something.
    pub(crate) fn control(
        &mut self,
        at: Timestamp,
        region: &str,
        head: &Parts,
        body: &[u8],
        reply: &Reply,
    ) {
        let mut line = self.asked(at, "control", region, &Key::None, head, Some(body), None);
        line.headers.clear();
        self.answered(&mut line, Some(reply), None);
        self.write(shell::to_text(&line));
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of a line")]
    fn asked(
        &mut self,
        at: Timestamp,
        port: &str,
        region: &str,
        key: &Key,
        head: &Parts,
        body: Option<&[u8]>,
        operation: Option<&'static str>,
    ) -> Line {
        let secrets = &mut self.secrets;
        let mut headers = Map::new();
        for (name, value) in &head.headers {
            // The host is where the simulator happens to listen.
            if name != http::header::HOST && kept_header(name.as_str()) == Some(true) {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                headers.insert(name.as_str().to_owned(), Value::String(mask::text(&value)));
            }
        }
        let body = body.unwrap_or_default();
        let (text, hex) = match std::str::from_utf8(body) {
            Ok(_) => (
                mask::body_with(body, operation, &mut |secret| secrets.sent(secret)),
                String::new(),
            ),
            Err(_) => {
                let text = String::from_utf8_lossy(body);
                let masked = mask::body_with(body, operation, &mut |secret| secrets.sent(secret));
                // Whatever it was, a secret does not go into a file; without one the bytes are kept.
                if masked == text {
                    (String::new(), signature::hex(body))
                } else {
                    (masked, String::new())
                }
            }
        };
        Line {
            at: at.to_string(),
            port: port.to_owned(),
            region: region.to_owned(),
            key: key.to_string(),
            stranger: 0,
            method: head.method.to_string(),
            path: mask::text_with(head.uri.path(), &mut |secret| secrets.sent(secret)),
            query: mask::text_with(head.uri.query().unwrap_or_default(), &mut |secret| {
                secrets.sent(secret)
            }),
            headers,
            body: text,
            body_hex: hex,
            by: String::new(),
            operation: operation.map(Into::into),
            notes: Vec::new(),
            fault: None,
            status: None,
            reply_headers: Map::new(),
            reply: String::new(),
        }
    }

    fn answered(&mut self, line: &mut Line, reply: Option<&Reply>, operation: Option<&str>) {
        let Some(reply) = reply else { return };
        let secrets = &mut self.secrets;
        line.status = Some(reply.status);
        for (name, value) in &reply.headers {
            if kept_reply_header(name.as_str()) {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                let value = without_ports(&mask::text(&value));
                line.reply_headers.insert(name.as_str().to_owned(), Value::String(value));
            }
        }
        let shown = mask::body_with(&reply.body, operation, &mut |secret| {
            secrets.issued(secret);
            mask::MASK.to_owned()
        });
        line.reply = without_ports(&shown);
    }

    fn write(&mut self, mut line: String) {
        if self.failed.is_some() {
            return;
        }
        line.push('\n');
        let outcome = match &mut self.out {
            Out::Memory(lines) => {
                lines.push_back(line);
                Ok(())
            }
            Out::File { to, flushed, .. } => {
                let due = flushed.elapsed() >= FLUSH_EVERY;
                to.write_all(line.as_bytes()).and_then(|()| {
                    if due {
                        *flushed = Instant::now();
                        return to.flush();
                    }
                    Ok(())
                })
            }
        };
        self.failed = outcome.err();
    }

    /// The oldest line that a replay has not taken.
    fn take(&mut self) -> Option<String> {
        match &mut self.out {
            Out::Memory(lines) => lines.pop_front(),
            Out::File { .. } => None,
        }
    }

    /// Gives the file its name.
    ///
    /// # Errors
    ///
    /// When anything could not be written; what could stays in the file of the other name.
    pub(crate) fn finish(self) -> io::Result<()> {
        let Out::File { part, file, mut to, .. } = self.out else { return Ok(()) };
        let outcome = match self.failed {
            Some(error) => Err(error),
            None => to.flush().and_then(|()| std::fs::rename(&part, &file)),
        };
        outcome.map_err(|error| {
            let text = format!("the record {}: {error}", file.display());
            io::Error::new(error.kind(), text)
        })
    }
}

/// What stands in a record in place of secrets.
#[derive(Default)]
struct Secrets {
    /// What the simulator handed out, and as the how manyth.
    numbers: BTreeMap<String, usize>,
    /// The same in order.
    order: Vec<String>,
    /// What stands for the secrets of clients.
    stand_ins: BTreeMap<String, String>,
    used: BTreeSet<String>,
}

impl Secrets {
    /// Addresses are not remembered: there are many, they expire, and nobody sends them back.
    fn issued(&mut self, secret: &str) {
        if secret.contains("://") || self.numbers.contains_key(secret) {
            return;
        }
        self.numbers.insert(secret.to_owned(), self.order.len());
        self.order.push(secret.to_owned());
    }

    /// What stands for a secret that a client sent.
    fn sent(&mut self, secret: &str) -> String {
        if let Some(known) = self.stand_ins.get(secret) {
            return known.clone();
        }
        if let Some(number) = self.numbers.get(secret) {
            return reference(*number);
        }
        let plain = shape(secret);
        let mut stand_in = plain.clone();
        // Two secrets of one shape stay two.
        let mut turn = 0_usize;
        while self.used.contains(&stand_in) && turn < 10_000 {
            turn += 1;
            stand_in = numbered(&plain, turn);
        }
        self.used.insert(stand_in.clone());
        self.stand_ins.insert(secret.to_owned(), stand_in.clone());
        stand_in
    }

    /// Puts what the simulator hands out now in the place of references.
    fn resolve(&self, text: &str) -> String {
        let mut text = text.to_owned();
        while let Some(begin) = text.find("{issued ") {
            let Some(end) = text.get(begin..).and_then(|rest| rest.find('}')) else { break };
            let number = text.get(begin + 8..begin + end).and_then(|text| text.parse().ok());
            let number: Option<usize> = number;
            let Some(secret) = number.and_then(|number| self.order.get(number)) else { break };
            let quoted = shell::to_text(secret);
            let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
            text.replace_range(begin..=begin + end, inner);
        }
        text
    }
}

fn reference(number: usize) -> String {
    format!("{{issued {number}}}")
}

/// The secret with other letters and digits. The scheme of a URL stays.
fn shape(secret: &str) -> String {
    let (scheme, rest) = match secret.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), secret),
    };
    let other = |c: char| match c {
        '0'..='9' => '0',
        _ if c.is_alphanumeric() => 'x',
        _ => c,
    };
    scheme + &rest.chars().map(other).collect::<String>()
}

/// The shape with a number in its last letters and digits.
fn numbered(shape: &str, mut number: usize) -> String {
    let mut chars: Vec<char> = shape.chars().collect();
    let begin = shape.find("://").map_or(0, |at| at + 3);
    for place in chars.iter_mut().skip(begin).rev() {
        let digits = match place {
            'x' => "abcdefghijklmnopqrstuvwyz",
            '0' => "0123456789",
            _ => continue,
        };
        *place = digits.chars().nth(number % digits.len()).unwrap_or('x');
        number /= digits.len();
        if number == 0 {
            break;
        }
    }
    chars.into_iter().collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(pair).collect()
}

/// What a replay came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replayed {
    /// Everything came out the same.
    Same {
        /// Requests that were played.
        requests: usize,
    },
    /// Something came out differently; nothing after it was played.
    Different {
        /// The line of the file, counted from 1.
        line: usize,
        /// What the file says.
        recorded: String,
        /// What came out now.
        now: String,
    },
}

/// Why a record could not be played.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReplayError {
    /// The file cannot be read.
    Io(io::Error),
    /// It is no record, or not one of this version.
    Format {
        /// The line of the file, counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::Format { line, problem } => write!(f, "line {line}: {problem}"),
        }
    }
}

impl std::error::Error for ReplayError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Format { .. } => None,
        }
    }
}

/// Plays a [record](crate::SimBuilder::record) again, in this process and without sockets: the same world, the same requests at the same
/// virtual times. Every line has to come out the same, byte for byte. It stops at the first that does not.
///
/// # Errors
///
/// When the file cannot be read, or is no record of this version.
pub fn replay(file: impl AsRef<Path>) -> Result<Replayed, ReplayError> {
    let text = std::fs::read_to_string(file).map_err(ReplayError::Io)?;
    let wrong = |line: usize, problem: String| ReplayError::Format { line, problem };
    let mut lines = text.split_inclusive('\n').enumerate().map(|(index, line)| (index + 1, line));
    let (_, first) = lines.next().ok_or_else(|| wrong(1, "the file is empty".to_owned()))?;
    let head: Head = serde_json::from_str(first).map_err(|error| wrong(1, error.to_string()))?;
    let setup = head.setup().map_err(|problem| wrong(1, problem))?;
    let storage = with_port(&head.storage);
    let recorder = Recorder::in_memory(&setup, head.speed, &storage);
    let (mut state, faults) = State::new(setup, 0).map_err(|problem| wrong(1, problem))?;
    state.roles = (0..state.gateways.len()).map(Role::Gateway).chain([Role::Storage]).collect();
    state.keep_storage_at(&storage);
    state.arm(faults).map_err(|problem| wrong(1, problem))?;
    state.clock = Clock::held(head.speed);
    state.journal.recorder = Some(recorder);
    let shared = Arc::new(Shared::new(state));

    let take = || shared.state().journal.recorder.as_mut().and_then(Recorder::take);
    let mut requests = 0;
    let mut made = take();
    let mut recorded = Some((1, first));
    while let Some((number, line)) = recorded {
        let now = made.unwrap_or_default();
        if now != line {
            let (recorded, now) = (line.trim_end().to_owned(), now.trim_end().to_owned());
            return Ok(Replayed::Different { line: number, recorded, now });
        }
        recorded = lines.next();
        let Some((number, line)) = recorded else { break };
        let text = line;
        let line: Line =
            serde_json::from_str(line).map_err(|error| wrong(number, error.to_string()))?;
        play(&shared, &line, text).map_err(|problem| wrong(number, problem))?;
        requests += 1;
        made = take();
    }
    Ok(Replayed::Same { requests })
}

/// An address of a record with a port in it.
fn with_port(text: &str) -> String {
    text.replace(":PORT", SOME_PORT)
}

/// Sends a request again. `text` is its line.
fn play(shared: &Arc<Shared>, line: &Line, text: &str) -> Result<(), String> {
    if let Some(fault) = &line.fault {
        return Err(format!("the request met a fault ({fault}), which is played on sockets only"));
    }
    let at: Timestamp = line.at.parse().map_err(|_| format!("`{}` is no time", line.at))?;
    let (head, region, body, again) = {
        let mut state = shared.state();
        let now = state.now();
        if at < now {
            return Err(format!("{at} lies before {now}: lines have to be in the order of time"));
        }
        state.advance(at.duration_since(&now));
        let region = state.gateways.iter().position(|gateway| gateway.name == line.region);
        let region = region.ok_or_else(|| format!("there is no region `{}`", line.region))?;
        let resolve = |text: &str| match &state.journal.recorder {
            Some(recorder) => recorder.secrets.resolve(text),
            None => text.to_owned(),
        };
        if line.port == "storage" && line.by.is_empty() {
            storage::next_number(&mut state);
            if let Some(recorder) = &mut state.journal.recorder {
                recorder.write(text.trim_end().to_owned());
            }
            return Ok(());
        }
        let by = match line.by.as_str() {
            ADDRESS => By::Address,
            by => By::Grant(by.to_owned()),
        };
        let body = match line.body_hex.as_str() {
            "" => resolve(&line.body).into_bytes(),
            hex => from_hex(hex).ok_or("`body_hex` is no hexadecimal text")?,
        };
        let query = resolve(&line.query);
        let path = resolve(&line.path);
        // That of the storage has yet to be signed.
        let target = match line.port.as_str() {
            "storage" => path,
            _ if query.is_empty() => path,
            _ => format!("{path}?{query}"),
        };
        let mut request = Request::builder()
            .method(Method::from_bytes(line.method.as_bytes()).map_err(|error| error.to_string())?)
            .uri(target);
        let key =
            match line.key.as_str() {
                "none" => None,
                name => {
                    let keys = state.gateways.get(region).map(setup::keys).unwrap_or_default();
                    let of = |(profile, _): &(KeyProfile, String)| profile.name() == name;
                    Some(keys.into_iter().find(of).map_or_else(
                        || format!("{STRANGER}-{}", line.stranger),
                        |(_, token)| token,
                    ))
                }
            };
        if let Some(key) = key {
            request = request.header("x-user-token", key);
        }
        for (name, value) in &line.headers {
            let name: HeaderName = name.parse().map_err(|_| format!("`{name}` is no header"))?;
            let value = value.as_str().unwrap_or_default();
            let value = match name == http::header::HOST {
                true => HeaderValue::from_str(&with_port(value)),
                false => HeaderValue::from_str(value),
            };
            request = request.header(name, value.map_err(|error| error.to_string())?);
        }
        let (head, ()) = request.body(()).map_err(|error| error.to_string())?.into_parts();
        (head, region, body, Again { by, query, body: Vec::new() })
    };
    if line.port == "storage" {
        let again = Again { body, ..again };
        return storage::again(shared, region, head, again, line.notes.clone());
    }
    shell::again(shared, &line.port, region, head, &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_keep_their_shape_and_stay_apart() {
        let mut secrets = Secrets::default();
        assert_eq!(secrets.sent("rtmp://h.example/live/k-77"), "rtmp://x.xxxxxxx/xxxx/x-00");
        assert_eq!(secrets.sent("rtmp://h.example/live/k-78"), "rtmp://x.xxxxxxx/xxxx/x-01");
        assert_eq!(secrets.sent("rtmp://h.example/live/k-77"), "rtmp://x.xxxxxxx/xxxx/x-00");
        assert_eq!(secrets.sent("pässword"), "xxxxxxxx");
        // What stands for them stands for itself.
        let mut again = Secrets::default();
        for stand_in in ["rtmp://x.xxxxxxx/xxxx/x-00", "rtmp://x.xxxxxxx/xxxx/x-01", "xxxxxxxx"] {
            assert_eq!(again.sent(stand_in), stand_in);
        }
    }

    #[test]
    fn what_was_handed_out_is_referred_to() {
        let mut secrets = Secrets::default();
        secrets.issued("other");
        secrets.issued("a\"b");
        secrets.issued("https://h/x?sig=1");
        assert_eq!(secrets.sent("a\"b"), "{issued 1}");
        assert_eq!(
            secrets.resolve(r#"{"p":"{issued 1}","q":"{issued 9}"}"#),
            r#"{"p":"a\"b","q":"{issued 9}"}"#
        );
        assert_eq!(secrets.sent("https://h/x?sig=1"), "https://x/x?xxx=0");
    }

    #[test]
    fn bytes_survive_as_hexadecimal_text() {
        assert_eq!(signature::hex(&[0, 255, 16]), "00ff10");
        assert_eq!(from_hex("00ff10"), Some(vec![0, 255, 16]));
        assert_eq!(from_hex("0"), None);
        assert_eq!(from_hex("zz"), None);
    }
}
