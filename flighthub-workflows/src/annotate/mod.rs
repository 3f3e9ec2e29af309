//! Drawing a GeoJSON file onto the map of a project.
//!
//! First a [`plan`]: what would be drawn, and everything that is wrong with the file, with its places. Then [`draw`]: one call for each
//! element. **Nothing deletes an annotation again, and nothing lists them**: no such call exists in this version of the API, only people in
//! the console can. So each request is written down before it leaves, a second run draws what is missing only, and what nobody knows is
//! left to people.

mod ledger;
mod reader;
mod shape;

use std::path::PathBuf;
use std::time::Duration;

use flighthub_api::v1::{AnnotationCreate, ElementColor};
use flighthub_api::{Operation, Project};
use serde::Serialize;
use serde_json::Value;

pub use ledger::ElementState;
pub use shape::{Remark, RemarkSeverity};

use crate::choose::printable;
use crate::{Error, ErrorKind, Result, Run};
use ledger::{Entry, Ledger};

/// How often a call is sent again after a refusal for being too often, which is certain to have had no effect.
const MOST_REFUSALS_FOR_RATE: u32 = 5;

/// How a file is read.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AnnotateSettings {
    /// What elements without a name are called, with a number.
    pub default_name: String,
    /// `#RRGGBB` of elements without a colour.
    pub default_color: String,
    /// Latitude and longitude of where the work is: what lies far away and would be near with both swapped is a mistake.
    pub near: Option<(f64, f64)>,
    /// The most bytes of a file.
    pub most_bytes: usize,
    /// The most elements.
    pub most_elements: usize,
    /// The most positions of all elements together.
    pub most_positions: usize,
}

impl AnnotateSettings {
    /// Elements without a name of their own are called after this.
    #[must_use]
    pub fn new(default_name: impl Into<String>) -> Self {
        Self {
            default_name: default_name.into(),
            default_color: ElementColor::BLUE.to_owned(),
            near: None,
            most_bytes: 16 << 20,
            most_elements: 500,
            most_positions: 50_000,
        }
    }

    /// Elements without a colour get this one: `#RRGGBB`, or one of blue, green, yellow, red, purple, black.
    ///
    /// # Errors
    ///
    /// When it is no colour.
    pub fn with_color(mut self, color: &str) -> Result<Self> {
        self.default_color = reader::hex(color).ok_or_else(|| {
            let text = format!("`{}` is no colour", printable(color));
            let help = "Write #RRGGBB, or blue, green, yellow, red, purple or black.";
            Error::new(ErrorKind::InvalidInput, text, help)
        })?;
        Ok(self)
    }

    /// Where the work is, in degrees.
    #[must_use]
    pub fn with_near(mut self, latitude: f64, longitude: f64) -> Self {
        self.near = Some((latitude, longitude));
        self
    }
}

/// An element to draw.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Element {
    /// Where in the file it stands, as a JSON pointer.
    pub pointer: String,
    /// `point`, `line` or `polygon`.
    pub shape: &'static str,
    /// The call that draws it.
    pub operation: AnnotationCreate,
}

impl Serialize for Element {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut element = serializer.serialize_struct("Element", 3)?;
        element.serialize_field("pointer", &self.pointer)?;
        element.serialize_field("shape", self.shape)?;
        element.serialize_field("name", &self.operation.name)?;
        element.end()
    }
}

/// What would be drawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// The elements, in the order of the file.
    pub elements: Vec<Element>,
    /// What people should know about the file: all of it, not the first only.
    pub remarks: Vec<Remark>,
}

/// A request, as it would be sent.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PlannedRequest {
    /// HTTP method.
    pub method: &'static str,
    /// Path.
    pub path: String,
    /// JSON body.
    pub body: Value,
}

impl Plan {
    /// Whether it can be drawn.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.remarks.iter().all(|remark| remark.severity < RemarkSeverity::Error)
    }

    /// The requests that drawing would send, for a dry run. Nothing is sent.
    ///
    /// # Errors
    ///
    /// When an element cannot be written as a request.
    pub fn requests(&self) -> Result<Vec<PlannedRequest>> {
        let broken = |error: &dyn std::fmt::Display| {
            Error::new(ErrorKind::InvalidInput, error.to_string(), "Correct the file.")
        };
        self.elements
            .iter()
            .map(|element| {
                let parts = element.operation.to_request().map_err(|error| broken(&error))?;
                let body = parts.body.as_deref().unwrap_or(b"null");
                let body = serde_json::from_slice(body).map_err(|error| broken(&error))?;
                Ok(PlannedRequest {
                    method: parts.method.as_str(),
                    path: parts.path_and_query(),
                    body,
                })
            })
            .collect()
    }

    /// An error that names what is wrong, if anything is.
    fn check(&self) -> Result<()> {
        let errors: Vec<String> = self
            .remarks
            .iter()
            .filter(|remark| remark.severity == RemarkSeverity::Error)
            .map(|remark| match remark.pointer.as_str() {
                "" => remark.text.clone(),
                pointer => format!("{pointer}: {}", remark.text),
            })
            .collect();
        if errors.is_empty() {
            return Ok(());
        }
        let text = format!("the file cannot be drawn: {}", errors.join("; "));
        Err(Error::new(ErrorKind::InvalidInput, text, "Correct the file. Nothing was drawn."))
    }
}

/// Reads GeoJSON: a geometry, a feature or a collection. Geometries of several parts become several elements. Rings are closed and turned as
/// RFC 7946 wants it. Whatever is wrong is among the [`Plan::remarks`].
#[must_use]
pub fn plan(geojson: &str, settings: &AnnotateSettings) -> Plan {
    let mut reader = reader::Reader::new(settings);
    reader.read(geojson);
    Plan { elements: reader.elements, remarks: reader.remarks.0 }
}

/// What to do about elements of which an earlier run left unknown whether they are on the map. People have to look there: no call tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum WhenUnknown {
    /// Stop before anything is drawn.
    #[default]
    Stop,
    /// They are there.
    TakeAsDrawn,
    /// They are not there: draw them.
    DrawAgain,
}

/// How a plan is drawn.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DrawSettings {
    /// The file that remembers what was drawn. It belongs to one file and one project.
    pub ledger: PathBuf,
    /// What to do about elements of which nobody knows.
    pub when_unknown: WhenUnknown,
}

impl DrawSettings {
    /// With this ledger; what is unknown stops.
    #[must_use]
    pub fn new(ledger: impl Into<PathBuf>) -> Self {
        Self { ledger: ledger.into(), when_unknown: WhenUnknown::Stop }
    }

    /// What to do about elements of which nobody knows.
    #[must_use]
    pub fn with_unknown(mut self, when_unknown: WhenUnknown) -> Self {
        self.when_unknown = when_unknown;
        self
    }
}

/// What happens while a plan is drawn.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AnnotateEvent {
    /// An element is on the map.
    Drawn {
        /// Its name.
        name: String,
        /// Its id, if the service gave one.
        id: Option<String>,
        /// How many of the plan are done.
        done: usize,
        /// How many the plan has.
        of: usize,
    },
    /// An earlier run has drawn it.
    Skipped {
        /// Its name.
        name: String,
        /// How many of the plan are done.
        done: usize,
        /// How many the plan has.
        of: usize,
    },
    /// The service refused it.
    Refused {
        /// Its name.
        name: String,
        /// Why.
        text: String,
    },
    /// The service asks for patience.
    Waiting {
        /// Seconds.
        seconds: u64,
    },
}

/// An element that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RefusedElement {
    /// Where in the file it stands.
    pub pointer: String,
    /// Its name.
    pub name: String,
    /// Why.
    pub text: String,
}

/// What was drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Drawn {
    /// Elements that this run drew.
    pub drawn: usize,
    /// Elements that were drawn before.
    pub skipped: usize,
    /// Elements that the service refused. A later run tries them again.
    pub refused: Vec<RefusedElement>,
}

/// Draws the elements of a plan that are not drawn yet, one after the other, each request once.
///
/// # Errors
///
/// * [`ErrorKind::InvalidInput`]: the plan is not sound. Nothing was drawn.
/// * [`ErrorKind::Indeterminate`]: it is not known whether an element was drawn, now or in an earlier run. Nothing is sent after it.
/// * [`ErrorKind::State`] and [`ErrorKind::File`]: the ledger. Nothing is sent that is not written down.
/// * [`ErrorKind::Api`]: the key may not draw here, or the service cannot be reached.
pub async fn draw(
    project: &Project,
    plan: &Plan,
    settings: &DrawSettings,
    run: &Run<AnnotateEvent>,
) -> Result<Drawn> {
    plan.check()?;
    let mut ledger = Ledger::open(&settings.ledger, project.uuid())?;
    let keys = ledger::keys(plan.elements.iter().map(|element| &element.operation));
    let elements: Vec<(&Element, &String)> = plan.elements.iter().zip(&keys).collect();
    settle(&elements, settings.when_unknown, &mut ledger)?;
    let of = elements.len();
    let mut drawn = Drawn { drawn: 0, skipped: 0, refused: Vec::new() };
    for (element, key) in elements {
        let name = printable(&element.operation.name);
        if ledger.get(key).is_some_and(|entry| entry.state == ElementState::Drawn) {
            drawn.skipped += 1;
            run.say(AnnotateEvent::Skipped { name, done: drawn.drawn + drawn.skipped, of });
            continue;
        }
        match send(project, element, key, &mut ledger, run).await? {
            Ok(id) => {
                drawn.drawn += 1;
                run.say(AnnotateEvent::Drawn { name, id, done: drawn.drawn + drawn.skipped, of });
            }
            Err(text) => {
                run.say(AnnotateEvent::Refused { name: name.clone(), text: text.clone() });
                let pointer = element.pointer.clone();
                drawn.refused.push(RefusedElement { pointer, name, text });
            }
        }
    }
    Ok(drawn)
}

/// Deals with what an earlier run left unknown.
fn settle(
    elements: &[(&Element, &String)],
    when_unknown: WhenUnknown,
    ledger: &mut Ledger,
) -> Result<()> {
    let mut unknown = Vec::new();
    for (element, key) in elements {
        let is_open = ledger
            .get(key)
            .is_some_and(|entry| matches!(entry.state, ElementState::Sent | ElementState::Unknown));
        if is_open {
            unknown.push((*element, *key));
        }
    }
    let state = match when_unknown {
        _ if unknown.is_empty() => return Ok(()),
        WhenUnknown::TakeAsDrawn => ElementState::Drawn,
        WhenUnknown::DrawAgain => ElementState::Refused,
        WhenUnknown::Stop => {
            let names: Vec<String> = unknown
                .iter()
                .map(|(element, _)| {
                    format!("`{}` ({})", printable(&element.operation.name), element.pointer)
                })
                .collect();
            let text = format!(
                "an earlier run left unknown whether these are on the map: {}. Nothing was drawn now",
                names.join(", ")
            );
            return Err(Error::new(ErrorKind::Indeterminate, text, LOOK));
        }
    };
    for (element, key) in unknown {
        ledger.put(key, Entry { name: element.operation.name.clone(), state, id: None })?;
    }
    Ok(())
}

const LOOK: &str = "No call lists annotations: look at the map in FlightHub 2. Then run again and say whether they are there (take as drawn) or \
                    not (draw again).";

/// Sends one element. The outer error ends the run; the inner one is a refusal of this element.
async fn send(
    project: &Project,
    element: &Element,
    key: &str,
    ledger: &mut Ledger,
    run: &Run<AnnotateEvent>,
) -> Result<std::result::Result<Option<String>, String>> {
    let name = &element.operation.name;
    let entry = |state, id| Entry { name: name.clone(), state, id };
    let mut refusals = 0;
    loop {
        // On the disk before the request leaves.
        ledger.put(key, entry(ElementState::Sent, None))?;
        let error = match project.send(&element.operation).await {
            Ok(created) => {
                let id = created.id.map(|id| id.to_string()).filter(|id| !id.is_empty());
                ledger.put(key, entry(ElementState::Drawn, id.clone()))?;
                return Ok(Ok(id));
            }
            Err(error) => error,
        };
        if !error.is_refused() {
            ledger.put(key, entry(ElementState::Unknown, None))?;
            let during =
                format!("whether `{}` ({}) was drawn is unknown", printable(name), element.pointer);
            return Err(Error::from(error).during(during).with_help(LOOK));
        }
        ledger.put(key, entry(ElementState::Refused, None))?;
        if error.is_rate_limited() && refusals < MOST_REFUSALS_FOR_RATE {
            refusals += 1;
            let pause = error.retry_after().unwrap_or_default().max(Duration::from_secs(5));
            run.say(AnnotateEvent::Waiting { seconds: pause.as_secs() });
            run.sleep(pause).await;
            continue;
        }
        // What is wrong with one element is its own; the rest would be refused for the same reason.
        let is_its_own = error.code().is_some()
            && !error.is_auth()
            && !error.is_permission()
            && !error.is_rate_limited()
            && error.http_status().is_none_or(|status| status < 500);
        if !is_its_own {
            let during = format!("drawing ends at `{}` ({})", printable(name), element.pointer);
            return Err(Error::from(error).during(during));
        }
        return Ok(Err(error.to_string()));
    }
}
