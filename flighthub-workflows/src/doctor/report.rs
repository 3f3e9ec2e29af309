//! What the doctor writes down.

use flighthub_api::Timestamp;
use serde::Serialize;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Severity {
    /// Good to know.
    Info,
    /// Something will not work, or not for long.
    Warning,
    /// Nothing works until this is put right.
    Error,
}

/// How it is on the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// Key, place and projects are in order, as far as reading can tell.
    Healthy,
    /// It works, with the restrictions that the warnings name.
    Attention,
    /// It does not work.
    Broken,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Its name, which does not change between versions: `wrong-region`, `key-expired`. [`FINDINGS`] lists them all.
    pub name: &'static str,
    /// What it is about: `key`, `clock`, a place such as `eu`, or a project by its name.
    pub about: String,
    /// What was seen.
    pub seen: String,
    /// What to do.
    pub remedy: String,
}

/// The names of all findings, and what each stands for.
pub const FINDINGS: [(&str, &str); 38] = [
    ("key-missing", "there is no key"),
    ("key-with-bearer", "the key was pasted with `Bearer ` before it"),
    ("key-with-header-name", "the key was pasted with the name of its header"),
    ("key-with-quotes", "the key has quotes around it"),
    ("key-with-line-breaks", "there is white space inside the key"),
    ("key-with-odd-characters", "the key has characters that no key has"),
    ("key-old-style", "a key of the former API, 64 hexadecimal digits"),
    ("key-not-a-token", "the key is no JSON Web Token, as those of the public cloud are"),
    ("key-claims-unreadable", "the key does not tell its organization and expiry"),
    ("key-expired", "the key has expired"),
    ("key-expires-soon", "the key expires within 30 days"),
    ("key-refused", "no place that was asked takes the key"),
    ("wrong-region", "another place takes the key, not the configured one"),
    ("address-unusable", "the address cannot be one of the API"),
    ("web-console-address", "the address is that of the web console"),
    ("not-the-api", "a web page or some other text answers instead of the API"),
    ("no-api-at-path", "a server answers 404: the API is not there"),
    ("redirected", "the server sends elsewhere"),
    ("service-error", "the API answers with an error of its own"),
    ("rate-limited", "too many calls"),
    ("host-unknown", "the name of the host cannot be resolved"),
    ("connection-refused", "nobody listens at the address"),
    ("connection-timed-out", "no answer in time"),
    ("connection-broken", "the connection broke"),
    ("certificate-not-trusted", "the certificate of the server is not trusted"),
    ("tls-failed", "no secure connection can be made"),
    ("proxy-failed", "the proxy does not let the connection through"),
    ("clock-skew", "the clock of this machine is wrong"),
    ("no-projects", "the key sees no project"),
    ("projects-left-out", "more projects than were looked at"),
    ("project-unknown", "a project that was asked for is not among those of the key"),
    ("no-rights-in-project", "the key may do nothing in the project"),
    ("rights-look-like-emptiness", "lists are empty because rights are missing"),
    ("missing-rights", "the key may not use a part of the project"),
    ("no-devices", "the project has no devices"),
    ("dock-offline", "a dock is offline"),
    ("devices-perhaps-cut-off", "a list of exactly 1000 devices may have been cut off"),
    ("private-cloud-only", "stream converters exist in private clouds only"),
];

/// What sort of text the key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KeyKind {
    /// There is none.
    Missing,
    /// A JSON Web Token, as it should be.
    Token,
    /// 64 hexadecimal digits, of the former API.
    OldStyle,
    /// Something else.
    Other,
}

/// What is known about the key. It never holds the key itself, nor whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KeyReport {
    /// What sort of text it is.
    pub kind: KeyKind,
    /// UUID of the organization that it says it is for.
    pub organization: Option<String>,
    /// When it says that it expires.
    #[serde(serialize_with = "crate::moment::option::serialize")]
    pub expires_at: Option<Timestamp>,
    /// Whether what follows was found with a text that had to be repaired first.
    pub repaired: bool,
}

/// What a place answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Answer {
    /// The API is there and takes the key.
    AcceptsKey,
    /// The API is there and does not take the key.
    RefusesKey,
    /// The API is there; there was no key to try.
    IsThere,
    /// The API is there and answers with an error that says nothing about the key.
    Error,
    /// Something else answers.
    NotTheApi,
    /// Nobody answers.
    Unreachable,
    /// The address cannot be used, or another place took the key already.
    NotAsked,
}

/// What is known about a place where the API may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlaceReport {
    /// `eu`, `us`, `cn`, or the address.
    pub name: String,
    /// What it answered.
    pub answer: Answer,
    /// By how many seconds its clock is ahead of the one here.
    pub clock_offset_seconds: Option<i64>,
}

/// Whether the key may use a part of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ability {
    /// A call that reads came through.
    Yes,
    /// It was refused for want of rights.
    No,
    /// The answer can mean both.
    Unclear,
    /// The installation does not have it.
    NotHere,
    /// Nothing that only reads would tell.
    NotChecked,
}

/// A part of a project, and whether the key may use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Capability {
    /// `devices`, `state`, `hms`, `routes`, `tasks`, `models`, `converters`, `livestream`, `uploads`, `annotations`, `launch`.
    pub name: &'static str,
    /// Whether.
    pub ability: Ability,
    /// What was seen, or why nothing was tried.
    pub seen: String,
}

/// What is known about a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ProjectReport {
    /// Its UUID.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// Docks in its list.
    pub docks: usize,
    /// How many of them are online.
    pub docks_online: usize,
    /// Aircraft in its list.
    pub aircraft: usize,
    /// How many of them are online, which means: switched on.
    pub aircraft_online: usize,
    /// What the key may do there.
    pub capabilities: Vec<Capability>,
}

/// Everything that the doctor found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// How it is on the whole.
    pub verdict: Verdict,
    /// The same in a sentence.
    pub summary: String,
    /// The key.
    pub key: KeyReport,
    /// The place that takes the key.
    pub place: Option<String>,
    /// All places that came into question.
    pub places: Vec<PlaceReport>,
    /// The projects that were looked at.
    pub projects: Vec<ProjectReport>,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// Calls that were made; a list in several pages is one.
    pub calls: u32,
}

/// A finding, when its parts are at hand.
pub(super) fn finding(
    severity: Severity,
    name: &'static str,
    about: impl Into<String>,
    seen: impl Into<String>,
    remedy: impl Into<String>,
) -> Finding {
    Finding { severity, name, about: about.into(), seen: seen.into(), remedy: remedy.into() }
}
