//! Who am I, where, and why is it empty: everything about key, place, projects and rights that calls which only read can tell.
//!
//! Wrong region looks like a bad key, missing rights look like empty lists, the web console answers every call with a page. The doctor
//! tells these apart and says what to do. It never fails: whatever goes wrong is a [`Finding`]. The key itself appears nowhere in what it
//! says.

mod key;
mod place;
mod project;
mod report;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use flighthub_api::{Client, ClientBuilder, List, Region, RetryPolicy, Secret, Token, v1};
use serde::Serialize;

pub use report::{
    Ability, Answer, Capability, FINDINGS, Finding, KeyKind, KeyReport, PlaceReport, ProjectReport,
    Report, Severity, Verdict,
};

use crate::Run;
use crate::choose::choose;
use report::finding;

/// A clock that is further off than this makes signatures and plans go wrong before long.
const TOLERATED_SKEW_SECONDS: i64 = 120;

type Setup = Arc<dyn Fn(ClientBuilder) -> ClientBuilder + Send + Sync>;

/// What the doctor is asked to look at.
#[derive(Clone)]
#[non_exhaustive]
pub struct Doctor {
    /// The key as it was given, with whatever was pasted along.
    pub key: Secret,
    /// The place that is configured, if one is.
    pub configured: Option<Region>,
    /// Other places that the key may belong to. They are asked one after the other, until one takes the key. A key of a private
    /// installation is nobody else's business: with such a place configured, there are none unless they are given.
    pub candidates: Vec<Region>,
    /// Only these projects, by UUID or name. Empty for all.
    pub projects: Vec<String>,
    /// The most projects to look at: six calls each.
    pub most_projects: usize,
    setup: Setup,
}

impl Doctor {
    /// Looks for a key in the three regions of the public cloud.
    #[must_use]
    pub fn new(key: Secret) -> Self {
        Self {
            key,
            configured: None,
            candidates: vec![Region::Europe, Region::UnitedStates, Region::China],
            projects: Vec::new(),
            most_projects: 20,
            setup: Arc::new(|builder| builder),
        }
    }

    /// The place that is configured: it is asked first, and that another one takes the key is a finding.
    #[must_use]
    pub fn with_configured(mut self, region: Region) -> Self {
        if matches!(region, Region::OnPremises(_)) {
            self.candidates.clear();
        } else {
            self.candidates.retain(|other| *other != region);
        }
        self.configured = Some(region);
        self
    }

    /// Other places instead of the three regions.
    #[must_use]
    pub fn with_candidates(mut self, candidates: impl IntoIterator<Item = Region>) -> Self {
        self.candidates = candidates.into_iter().collect();
        self
    }

    /// Only these projects, by UUID or name.
    #[must_use]
    pub fn with_projects(mut self, projects: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.projects = projects.into_iter().map(Into::into).collect();
        self
    }

    /// How the clients are set up: proxy, certificates, plain http.
    #[must_use]
    pub fn with_setup(
        mut self,
        setup: impl Fn(ClientBuilder) -> ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.setup = Arc::new(setup);
        self
    }

    fn places(&self) -> Vec<Region> {
        self.configured.iter().chain(&self.candidates).cloned().collect()
    }

    fn client(&self, region: &Region, token: &Token) -> Result<Client, flighthub_api::Error> {
        let builder = Client::builder(region.clone(), Ok::<_, flighthub_api::Error>(token.clone()))
            .retry(RetryPolicy::default().attempts(2))
            .attempt_timeout(Duration::from_secs(15))
            .timeout(Duration::from_secs(40));
        (self.setup)(builder).build()
    }
}

impl fmt::Debug for Doctor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doctor")
            .field("configured", &self.configured)
            .field("candidates", &self.candidates)
            .field("projects", &self.projects)
            .finish_non_exhaustive()
    }
}

/// What the doctor is doing.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum DoctorEvent {
    /// A place is asked.
    AskingPlace {
        /// Which.
        place: String,
    },
    /// A place has answered, or has not.
    PlaceAnswered {
        /// Which.
        place: String,
        /// What.
        answer: Answer,
    },
    /// A project is looked at.
    LookingAtProject {
        /// Its name.
        project: String,
        /// How many were looked at before.
        done: usize,
        /// How many there are to look at.
        of: usize,
    },
}

/// Looks at everything, with calls that only read, and no more of them than needed: one for each place until one takes the key, one for the
/// installation, and six for each project.
pub async fn examine(doctor: &Doctor, run: &Run<DoctorEvent>) -> Report {
    let places = doctor.places();
    let opaque =
        !places.is_empty() && places.iter().all(|region| matches!(region, Region::OnPremises(_)));
    let looked = key::look(doctor.key.expose(), run.wall(), opaque);
    let mut report = Report {
        verdict: Verdict::Healthy,
        summary: String::new(),
        key: looked.report,
        place: None,
        places: Vec::new(),
        projects: Vec::new(),
        findings: looked.findings,
        calls: 0,
    };
    if let Some((client, projects)) = ask_places(doctor, looked.token, run, &mut report).await {
        look_at_projects(doctor, &client, &projects, run, &mut report).await;
    }
    conclude(&mut report);
    report
}

/// Asks the places one after the other until one takes the key.
async fn ask_places(
    doctor: &Doctor,
    token: Option<Token>,
    run: &Run<DoctorEvent>,
    report: &mut Report,
) -> Option<(Client, List<v1::Project>)> {
    let has_key = token.is_some();
    // Whether the API is there can be told with any text for a key.
    let token = token.or_else(|| Token::opaque("no-key").ok())?;
    let mut open = None;
    for (index, region) in doctor.places().iter().enumerate() {
        let is_configured = index == 0 && doctor.configured.is_some();
        // Without a key there is nothing to look for elsewhere.
        let is_needless =
            open.is_some() || !has_key && doctor.configured.is_some() && !is_configured;
        if is_needless {
            report.places.push(PlaceReport {
                name: place::name(region),
                answer: Answer::NotAsked,
                clock_offset_seconds: None,
            });
            continue;
        }
        run.say(DoctorEvent::AskingPlace { place: place::name(region) });
        let asked = match doctor.client(region, &token) {
            Ok(client) => {
                report.calls += 1;
                place::ask(region, client, has_key).await
            }
            Err(error) => place::unusable(region, &error),
        };
        run.say(DoctorEvent::PlaceAnswered {
            place: asked.report.name.clone(),
            answer: asked.report.answer,
        });
        report.findings.extend(asked.finding);
        if asked.open.is_some() {
            report.place = Some(asked.report.name.clone());
        }
        open = open.or(asked.open);
        report.places.push(asked.report);
    }
    judge_places(doctor, has_key, report);
    open
}

/// What an error says, without its general advice: a finding has a remedy of its own.
fn brief(error: &flighthub_api::Error) -> String {
    let text = error.to_string();
    text.split(" Next: ").next().unwrap_or_default().to_owned()
}

/// What the answers of all places mean together.
fn judge_places(doctor: &Doctor, has_key: bool, report: &mut Report) {
    let refused: Vec<String> = report
        .places
        .iter()
        .filter(|place| place.answer == Answer::RefusesKey)
        .map(|place| place.name.clone())
        .collect();
    let configured = doctor.configured.as_ref().map(place::name);
    let is_there = report.places.iter().any(|place| {
        matches!(place.answer, Answer::AcceptsKey | Answer::RefusesKey | Answer::IsThere)
    });
    // What a mere candidate lacks matters only while no place was found.
    for found in &mut report.findings {
        let is_candidate = configured.as_ref() != Some(&found.about)
            && report.places.iter().any(|place| place.name == found.about);
        if is_candidate && is_there {
            found.severity =
                if report.place.is_some() { Severity::Info } else { Severity::Warning };
        }
    }
    if let (Some(place), Some(configured)) = (&report.place, &configured)
        && place != configured
    {
        let seen =
            format!("`{configured}` is configured and does not take the key; `{place}` does");
        let remedy =
            format!("Configure `{place}`. A key is valid in the region that it was made in only.");
        report.findings.push(finding(Severity::Error, "wrong-region", configured, seen, remedy));
    } else if report.place.is_none() && has_key && !refused.is_empty() {
        let seen = format!("refused by {}", refused.join(", "));
        let remedy = if report.findings.iter().any(|found| found.name == "key-expired") {
            "It has expired: make a new one."
        } else {
            "It may have been revoked, copied in part, or be of another region or a private installation. Keys end with the membership of \
             the person who made them. Look in FlightHub 2 under Organization Settings, FlightHub Sync (or OpenAPI)."
        };
        report.findings.push(finding(Severity::Error, "key-refused", "key", seen, remedy));
    }
    let offset = report.places.iter().find_map(|place| place.clock_offset_seconds);
    if let Some(offset) = offset.filter(|offset| offset.abs() > TOLERATED_SKEW_SECONDS) {
        let (seconds, way) = (offset.abs(), if offset > 0 { "behind" } else { "ahead" });
        let seen = format!("the clock of this machine is {seconds} s {way} of the service's");
        let remedy = "Let the machine set its clock by the network (NTP). Uploads are signed by the clock and are refused, plans start at \
                      other times than meant, and expiry is judged wrongly.";
        report.findings.push(finding(Severity::Warning, "clock-skew", "clock", seen, remedy));
    }
}

async fn look_at_projects(
    doctor: &Doctor,
    client: &Client,
    projects: &List<v1::Project>,
    run: &Run<DoctorEvent>,
    report: &mut Report,
) {
    let wanted = wanted_projects(doctor, projects, report);
    let of = wanted.len();
    let mut converters: Option<Capability> = None;
    for (done, row) in wanted.into_iter().enumerate() {
        let name = crate::choose::printable(&row.name);
        run.say(DoctorEvent::LookingAtProject { project: name, done, of });
        let project = client.project(&row.uuid).read_only();
        let mut seen = project::look(&project, row, run.wall()).await;
        if converters.is_none() {
            report.calls += 1;
            converters = project::converters(&project).await;
        }
        seen.report.capabilities.extend(converters.clone());
        report.calls += seen.calls;
        report.findings.append(&mut seen.findings);
        report.projects.push(seen.report);
    }
    let here = converters.is_none_or(|converters| converters.ability != Ability::NotHere);
    if let (false, Some(place)) = (here, &report.place) {
        let seen = "converter.list answers 404: this installation forwards no streams";
        let remedy = "Nothing is wrong: converters exist in private clouds only. Play streams with `live start`.";
        report.findings.push(finding(Severity::Info, "private-cloud-only", place, seen, remedy));
    }
}

/// The projects to look at; which of those that were asked for are missing is found.
fn wanted_projects<'a>(
    doctor: &Doctor,
    projects: &'a List<v1::Project>,
    report: &mut Report,
) -> Vec<&'a v1::Project> {
    if projects.is_empty() {
        let seen = "the key is good, and its list of projects is empty";
        let remedy = "In FlightHub 2, make the person who made the key a member of the projects that are to be seen.";
        report.findings.push(finding(Severity::Error, "no-projects", "key", seen, remedy));
    }
    let mut wanted = Vec::new();
    for name in &doctor.projects {
        match choose("project", name, projects) {
            Ok(project) => wanted.push(project),
            Err(error) => report.findings.push(finding(
                Severity::Error,
                "project-unknown",
                crate::choose::printable(name),
                error.to_string(),
                error.help(),
            )),
        }
    }
    if doctor.projects.is_empty() {
        wanted.extend(projects.iter());
    }
    if wanted.len() > doctor.most_projects {
        let seen = format!(
            "{} projects, of which the first {} are looked at",
            wanted.len(),
            doctor.most_projects
        );
        let remedy = "Name the projects that matter.";
        report.findings.push(finding(Severity::Info, "projects-left-out", "key", seen, remedy));
        wanted.truncate(doctor.most_projects);
    }
    wanted
}

/// The verdict, the summary, and the findings in order.
fn conclude(report: &mut Report) {
    // Stable: findings of one severity stay in the order in which they were made.
    report.findings.sort_by_key(|found| std::cmp::Reverse(found.severity));
    let count =
        |severity| report.findings.iter().filter(|found| found.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    report.verdict = match (errors, warnings) {
        (0, 0) if report.place.is_some() => Verdict::Healthy,
        (0, _) if report.place.is_some() => Verdict::Attention,
        _ => Verdict::Broken,
    };
    let docks: usize = report.projects.iter().map(|project| project.docks).sum();
    let online: usize = report.projects.iter().map(|project| project.docks_online).sum();
    let plural =
        |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let place = match &report.place {
        Some(place) => format!(
            "`{place}` takes the key; {} in {}, {online} online",
            plural(docks, "dock"),
            plural(report.projects.len(), "project")
        ),
        None => "no place takes the key".to_owned(),
    };
    report.summary =
        format!("{place}; {}, {}", plural(errors, "error"), plural(warnings, "warning"));
}
