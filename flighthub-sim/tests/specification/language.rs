//! The language of the case files, read without mercy: a word that it does not know is an error with file and line.
//!
//! A file is a list of cases. Lines that begin with spaces go on with the line before; `#` alone begins a remark.
//!
//! ```text
//! ## A suspended task does not start
//! of task.set_status effect doc
//! given timed
//! PUT /flight-task/$task/status {"status": "suspended"}
//! => ok
//! advance 700
//! GET /flight-task/$task
//! => ok {"status": "suspended"}
//! ```
//!
//! | line | meaning |
//! |---|---|
//! | `## RULE` | begins a case: the rule that it shows |
//! | `of OPERATION KIND EVIDENCE` | what the rule is about; KIND is `effect` or `refusal`; EVIDENCE see [`Evidence`] |
//! | `given SETTING` or `given STEP` | `strict`, `private` or `public` (cloud), or the name of a step of `steps.txt` |
//! | `METHOD PATH [using TEMPLATE] [JSON]` | a call below `/openapi/v0.1` with key and project; with a template the JSON changes some of its fields |
//! | `METHOD root PATH [JSON]` | a call of another path |
//! | `METHOD PATH raw TEXT` | a call with a body that need not be JSON |
//! | `header NAME: VALUE` | of the call above; `-` leaves it out |
//! | `=> ok [PATTERN]` | code 0 in HTTP 200, and what `data` looks like (see `pattern.rs`) |
//! | `=> ok without data` | the same, and the key `data` is not there |
//! | `=> refused CODE [HTTP STATUS]` | a business code, in HTTP 200 unless said, without data |
//! | `=> empty STATUS` | no body |
//! | `=> plain STATUS [PATTERN]` | JSON without an envelope |
//! | `says TEXT` | the message contains it |
//! | `notes TEXT` | the reply notes this; a reply whose notes are not expected is wrong |
//! | `reply-header NAME: TEXT` | a header of the reply contains it |
//! | `save NAME PATH` | keeps a value of `data` as `$NAME` |
//! | `advance SECONDS` | lets virtual time pass |
//! | `deed JSON` | lets something happen to the world |
//! | `world PROBE PATTERN` | what only the simulator can tell: `annotations`, `livestreams`, `members`, `quota` |
//! | `upload FILE to KEY` | puts an object into the storage: `route`, `one-point` (a route) or `hello` (5 bytes) |

use std::collections::BTreeMap;

use serde_json::Value;

/// Where a rule is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// Seen at a real gateway.
    Live,
    /// Documented by the vendor.
    Doc,
    /// Relied on by public clients.
    Client,
    /// Not known: what seemed plausible.
    Plausible,
    /// The simulator's own.
    Simulator,
}

impl Evidence {
    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "live" => Self::Live,
            "doc" => Self::Doc,
            "client" => Self::Client,
            "plausible" => Self::Plausible,
            "simulator" => Self::Simulator,
            _ => return None,
        })
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Doc => "doc",
            Self::Client => "client",
            Self::Plausible => "plausible",
            Self::Simulator => "simulator",
        }
    }
}

/// Whether a rule is about doing or about saying no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Effect,
    Refusal,
}

/// A rule and the steps that show it.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) rule: String,
    /// An operation id, or `gateway`.
    pub(crate) operation: String,
    pub(crate) kind: Kind,
    pub(crate) evidence: Evidence,
    pub(crate) strict: bool,
    pub(crate) private: bool,
    pub(crate) steps: Vec<Step>,
    pub(crate) place: String,
}

/// A step and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) place: String,
    /// Whether it is the case's own, and not from a named step.
    pub(crate) own: bool,
    pub(crate) action: Action,
}

#[derive(Debug, Clone)]
pub(crate) enum Action {
    Call(Call),
    Advance(String),
    Deed(String),
    World { probe: String, pattern: String },
    Upload { file: String, key: String },
}

#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Body,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) expect: Expect,
    pub(crate) says: Vec<String>,
    pub(crate) notes: Vec<String>,
    pub(crate) reply_headers: Vec<(String, String)>,
    pub(crate) saves: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
pub(crate) enum Body {
    None,
    Raw(String),
    Json(String),
    /// A template with some fields changed.
    Changed {
        template: String,
        changes: String,
    },
}

#[derive(Debug, Clone)]
pub(crate) enum Expect {
    /// Not said yet.
    Nothing,
    Ok(Option<String>),
    WithoutData,
    Refused {
        code: i64,
        status: u16,
    },
    Empty(u16),
    Plain(u16, Option<String>),
}

/// Steps and bodies with a name, for all cases.
#[derive(Debug, Default)]
pub(crate) struct Library {
    steps: BTreeMap<String, Vec<Step>>,
    templates: BTreeMap<String, String>,
}

/// A line with all that goes on with it.
struct Line {
    place: String,
    text: String,
}

fn lines(file: &str, text: &str) -> Result<Vec<Line>, String> {
    let mut lines: Vec<Line> = Vec::new();
    for (number, text) in (1..).zip(text.lines()) {
        let place = format!("{file}:{number}");
        if text.trim().is_empty() || text == "#" || text.starts_with("# ") {
            continue;
        }
        if text.starts_with(' ') {
            let last = lines.last_mut().ok_or(format!("{place}: nothing to go on with"))?;
            last.text.push('\n');
            last.text.push_str(text.trim_end());
        } else {
            lines.push(Line { place, text: text.trim_end().to_owned() });
        }
    }
    Ok(lines)
}

/// The first word and the rest.
fn word(text: &str) -> (&str, &str) {
    text.split_once(char::is_whitespace).map_or((text, ""), |(first, rest)| (first, rest.trim()))
}

impl Library {
    /// Reads `step NAME` and `template NAME JSON`.
    pub(crate) fn read(file: &str, text: &str) -> Result<Self, String> {
        let mut library = Self::default();
        let mut open: Option<String> = None;
        for line in lines(file, text)? {
            let (first, rest) = word(&line.text);
            let place = &line.place;
            match first {
                "step" => {
                    if library.steps.insert(rest.to_owned(), Vec::new()).is_some() {
                        return Err(format!("{place}: there are two steps `{rest}`"));
                    }
                    open = Some(rest.to_owned());
                }
                "template" => {
                    let (name, json) = word(rest);
                    if library.templates.insert(name.to_owned(), json.to_owned()).is_some() {
                        return Err(format!("{place}: there are two templates `{name}`"));
                    }
                }
                "given" => {
                    let name = open.as_ref().ok_or(format!("{place}: stands in no step"))?;
                    let earlier = library.step(rest).ok_or(format!("{place}: no step `{rest}`"))?;
                    library.steps.entry(name.clone()).or_default().extend(earlier);
                }
                _ => {
                    let name = open.as_ref().ok_or(format!("{place}: stands in no step"))?;
                    let steps = library.steps.entry(name.clone()).or_default();
                    read_step(steps, &line, false)?;
                }
            }
        }
        Ok(library)
    }

    fn step(&self, name: &str) -> Option<Vec<Step>> {
        self.steps.get(name).cloned()
    }

    pub(crate) fn template(&self, name: &str) -> Option<&str> {
        self.templates.get(name).map(String::as_str)
    }

    pub(crate) fn steps(&self) -> impl Iterator<Item = &str> {
        self.steps.keys().map(String::as_str)
    }

    pub(crate) fn templates(&self) -> impl Iterator<Item = &str> {
        self.templates.keys().map(String::as_str)
    }
}

/// Reads the cases of a file.
pub(crate) fn cases(file: &str, text: &str, library: &Library) -> Result<Vec<Case>, String> {
    let mut cases: Vec<Case> = Vec::new();
    for line in lines(file, text)? {
        let (first, rest) = word(&line.text);
        let place = &line.place;
        if first == "##" {
            cases.push(Case {
                rule: rest.split_whitespace().collect::<Vec<_>>().join(" "),
                operation: String::new(),
                kind: Kind::Effect,
                evidence: Evidence::Plausible,
                strict: false,
                private: false,
                steps: Vec::new(),
                place: place.clone(),
            });
            continue;
        }
        let case = cases.last_mut().ok_or(format!("{place}: stands before the first `## RULE`"))?;
        match first {
            "of" => {
                let words: Vec<_> = rest.split_whitespace().collect();
                let [operation, kind, evidence] = words.as_slice() else {
                    return Err(format!("{place}: `of OPERATION KIND EVIDENCE` is wanted"));
                };
                case.operation = (*operation).to_owned();
                case.kind = match *kind {
                    "effect" => Kind::Effect,
                    "refusal" => Kind::Refusal,
                    other => return Err(format!("{place}: `{other}` is no kind")),
                };
                case.evidence = Evidence::read(evidence)
                    .ok_or(format!("{place}: `{evidence}` is no evidence"))?;
            }
            "given" => match rest {
                "strict" => case.strict = true,
                "private" => case.private = true,
                step => {
                    let steps = library.step(step).ok_or(format!("{place}: no step `{step}`"))?;
                    case.steps.extend(steps);
                }
            },
            _ => read_step(&mut case.steps, &line, true)?,
        }
    }
    Ok(cases)
}

/// A line that is a step, or that says more about the call before.
fn read_step(steps: &mut Vec<Step>, line: &Line, own: bool) -> Result<(), String> {
    let Line { place, text } = line;
    let (first, rest) = word(text);
    let wrong = |problem: &str| format!("{place}: {problem}: {text}");
    let action = match first {
        "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "HEAD" | "OPTIONS" => {
            Action::Call(read_call(first, rest).map_err(|problem| wrong(&problem))?)
        }
        "advance" => Action::Advance(rest.to_owned()),
        "deed" => Action::Deed(rest.to_owned()),
        "world" => {
            let (probe, pattern) = word(rest);
            Action::World { probe: probe.to_owned(), pattern: pattern.to_owned() }
        }
        "upload" => {
            let (file, key) = rest.split_once(" to ").ok_or(wrong("`upload FILE to KEY`"))?;
            Action::Upload { file: file.trim().to_owned(), key: key.trim().to_owned() }
        }
        _ => {
            let last = steps.last_mut().map(|step| &mut step.action);
            let Some(Action::Call(call)) = last else {
                return Err(wrong("unknown word, or there is no call above it"));
            };
            let pair = || {
                let (name, value) = rest.split_once(':').ok_or(wrong("`NAME: VALUE`"))?;
                Ok::<_, String>((name.trim().to_owned(), value.trim().to_owned()))
            };
            match first {
                "header" => call.headers.push(pair()?),
                "reply-header" => call.reply_headers.push(pair()?),
                "says" => call.says.push(rest.to_owned()),
                "notes" => call.notes.push(rest.to_owned()),
                "save" => {
                    let (name, path) = word(rest);
                    call.saves.push((name.to_owned(), path.to_owned()));
                }
                "=>" => {
                    if !matches!(call.expect, Expect::Nothing) {
                        return Err(wrong("the call has an expectation already"));
                    }
                    call.expect = read_expect(rest).ok_or(wrong("no such expectation"))?;
                }
                _ => return Err(wrong("unknown word")),
            }
            return Ok(());
        }
    };
    steps.push(Step { place: place.clone(), own, action });
    Ok(())
}

fn read_call(method: &str, rest: &str) -> Result<Call, String> {
    let (path, rest) = match word(rest) {
        ("root", rest) => {
            let (path, rest) = word(rest);
            (path.to_owned(), rest)
        }
        (path, rest) => (format!("/openapi/v0.1{path}"), rest),
    };
    if !path.starts_with('/') {
        return Err("no path".to_owned());
    }
    let body = match word(rest) {
        ("", _) => Body::None,
        ("raw", text) => Body::Raw(text.to_owned()),
        ("using", rest) => {
            let (template, changes) = word(rest);
            let changes = if changes.is_empty() { "{}" } else { changes };
            Body::Changed { template: template.to_owned(), changes: changes.to_owned() }
        }
        _ if rest.starts_with('{') || rest.starts_with('[') => Body::Json(rest.to_owned()),
        _ => return Err("a body is JSON, `using TEMPLATE` or `raw TEXT`".to_owned()),
    };
    Ok(Call {
        method: method.to_owned(),
        path,
        body,
        headers: Vec::new(),
        expect: Expect::Nothing,
        says: Vec::new(),
        notes: Vec::new(),
        reply_headers: Vec::new(),
        saves: Vec::new(),
    })
}

fn read_expect(rest: &str) -> Option<Expect> {
    let pattern = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Some(match word(rest) {
        ("ok", "without data") => Expect::WithoutData,
        ("ok", rest) => Expect::Ok(pattern(rest)),
        ("refused", rest) => {
            let (code, status) = match rest.split_once(" HTTP ") {
                Some((code, status)) => (code, status.parse().ok()?),
                None => (rest, 200),
            };
            Expect::Refused { code: code.parse().ok()?, status }
        }
        ("empty", status) => Expect::Empty(status.parse().ok()?),
        ("plain", rest) => {
            let (status, rest) = word(rest);
            Expect::Plain(status.parse().ok()?, pattern(rest))
        }
        _ => return None,
    })
}

/// Puts values in the place of `$name`, and times in the place of `$now`, `$now+60`, `$now-60` (unix seconds) and `$now_ms`.
///
/// # Errors
///
/// Names what has no value.
pub(crate) fn fill(
    text: &str,
    values: &BTreeMap<String, Value>,
    now: i64,
) -> Result<String, String> {
    let mut parts = text.split('$');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end =
            part.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(part.len());
        let (name, mut rest) = part.split_at(end);
        if name == "now_ms" {
            filled += &(now * 1000).to_string();
        } else if name == "now" {
            let mut time = now;
            if rest.starts_with(['+', '-']) {
                let digits = rest[1..].find(|c: char| !c.is_ascii_digit());
                let (offset, after) = rest.split_at(digits.map_or(rest.len(), |digits| digits + 1));
                time += offset.parse::<i64>().map_err(|error| format!("`{offset}`: {error}"))?;
                rest = after;
            }
            filled += &time.to_string();
        } else {
            match values.get(name) {
                Some(Value::String(value)) => filled += value,
                Some(value) => filled += &value.to_string(),
                None => return Err(format!("nothing is saved as `${name}`")),
            }
        }
        filled += rest;
    }
    Ok(filled)
}
