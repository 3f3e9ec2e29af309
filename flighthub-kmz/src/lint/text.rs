//! A text of a route file: what is wrong with it as XML, and how findings get their places.

use std::ops::RangeInclusive;

use roxmltree::{Document, Node};

use super::archive::Unpacked;
use super::rules::{
    BAD_VALUE, BAD_XML, DOCUMENT_TYPE, ENCODING, KML_NAMESPACE, NOT_KML, WPML_NAMESPACE,
    WPML_VERSION,
};
use super::{FindingPlace, Report, Rule};
use crate::archive::printable;
use crate::read::{self, File, child};

const KML: &str = "http://www.opengis.net/kml/2.2";
/// What all name spaces of WPML begin with; the version follows.
const WPML: &str = "http://www.dji.com/wpmz/";
/// Versions that were seen in the field.
const KNOWN_VERSIONS: [&str; 7] = ["1.0.0", "1.0.1", "1.0.2", "1.0.3", "1.0.4", "1.0.5", "1.0.6"];

/// Template or waylines, parsed.
pub(super) struct Text<'t> {
    pub(super) name: &'static str,
    document: Document<'t>,
}

impl<'t> Text<'t> {
    /// Parses a text that is XML and KML.
    pub(super) fn parse(unpacked: &'t Unpacked, report: &mut Report) -> Option<Self> {
        let Unpacked { name, text } = unpacked;
        check_encoding(name, text, report);
        let document = match read::parse(name, text) {
            Ok(document) => document,
            Err(error) => {
                let place = |at| move || place_at(name, text, at, None);
                match text.find("<!DOCTYPE") {
                    Some(at) => report.add(
                        DOCUMENT_TYPE,
                        place(at),
                        "has a document type declaration".to_owned(),
                    ),
                    None => report.add(
                        BAD_XML,
                        || parsed_place(name, error.place()),
                        error.problem().to_owned(),
                    ),
                }
                return None;
            }
        };
        let own = Self { name, document };
        own.check_kml(report).then_some(own)
    }

    /// Whether it is KML with a `Document`; without one there is nothing more to look at.
    fn check_kml(&self, report: &mut Report) -> bool {
        let root = self.document.root_element();
        let name = root.tag_name();
        let problem = |what: &str| what.to_owned();
        if name.name() != "kml" {
            self.report(report, NOT_KML, root, format!("is `{}` instead of `kml`", name.name()));
        } else if name.namespace() != Some(KML) {
            self.report(
                report,
                KML_NAMESPACE,
                root,
                problem("is not in the name space of KML 2.2"),
            );
        }
        let Some(document) = self.document_node() else {
            self.report(report, NOT_KML, root, problem("has no `Document`"));
            return false;
        };
        if let Some(mission) = child(document, "missionConfig") {
            match self.version() {
                None => {
                    let problem = problem("is not in the name space of WPML");
                    self.report(report, WPML_NAMESPACE, mission, problem);
                }
                Some(version) if !KNOWN_VERSIONS.contains(&version) => {
                    let version: String = version.chars().take(20).collect();
                    let problem = format!("is of version {version:?}");
                    self.report(report, WPML_VERSION, mission, problem);
                }
                Some(_) => {}
            }
        }
        true
    }

    /// The version of WPML.
    pub(super) fn version(&self) -> Option<&str> {
        let mission = child(self.document_node()?, "missionConfig")?;
        mission.tag_name().namespace()?.strip_prefix(WPML)
    }

    pub(super) fn document_node(&self) -> Option<Node<'_, 't>> {
        child(self.document.root_element(), "Document")
    }

    pub(super) fn as_file(&self) -> File<'_, 't> {
        File { name: self.name, document: &self.document }
    }

    /// Tells of an element.
    pub(super) fn report(
        &self,
        report: &mut Report,
        rule: &'static Rule,
        node: Node<'_, '_>,
        problem: String,
    ) {
        let text = self.document.input_text();
        let element = Some(node.tag_name().name());
        report.add(rule, || place_at(self.name, text, node.range().start, element), problem);
    }

    /// A child element; tells that it is missing.
    pub(super) fn need<'d>(
        &self,
        report: &mut Report,
        rule: &'static Rule,
        parent: Node<'d, 't>,
        name: &str,
    ) -> Option<Node<'d, 't>> {
        let found = child(parent, name);
        if found.is_none() {
            self.report(report, rule, parent, format!("has no `{name}`"));
        }
        found
    }

    /// The number in an element; tells when it is none, or out of the range.
    pub(super) fn number(
        &self,
        report: &mut Report,
        node: Node<'_, '_>,
        range: &RangeInclusive<f64>,
    ) -> Option<f64> {
        let number = read::text(node).parse::<f64>().ok().filter(|number| range.contains(number));
        if number.is_none() {
            let problem =
                format!("{} is no number of {} to {}", shown(node), range.start(), range.end());
            self.report(report, BAD_VALUE, node, problem);
        }
        number
    }

    /// The whole number in an element; tells when it is none.
    pub(super) fn whole(&self, report: &mut Report, node: Node<'_, '_>) -> Option<u32> {
        let number = read::text(node).parse().ok();
        if number.is_none() {
            let problem = format!("{} is no whole number", shown(node));
            self.report(report, BAD_VALUE, node, problem);
        }
        number
    }

    /// Tells when the word in an element is none of some.
    pub(super) fn word<'w>(
        &self,
        report: &mut Report,
        node: Node<'_, '_>,
        words: &[&'w str],
    ) -> Option<&'w str> {
        let found = words.iter().find(|word| **word == read::text(node)).copied();
        if found.is_none() {
            let problem = format!("{} is none of {}", shown(node), words.join(", "));
            self.report(report, BAD_VALUE, node, problem);
        }
        found
    }
}

/// The content of an element for a message.
pub(super) fn shown(node: Node<'_, '_>) -> String {
    let text = read::text(node);
    let short = printable(&text.chars().take(40).collect::<String>());
    if text.chars().nth(40).is_some() { format!("`{short}…`") } else { format!("`{short}`") }
}

/// The place of a byte of a text.
fn place_at(name: &str, text: &str, at: usize, element: Option<&str>) -> FindingPlace {
    let before = text.get(..at).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    FindingPlace {
        file: Some(name.to_owned()),
        line: Some(line),
        column: Some(column),
        element: element.map(printable),
    }
}

/// A place as `name:line:column`, as the parser tells it.
fn parsed_place(name: &str, place: &str) -> FindingPlace {
    let mut numbers = place.rsplit(':').map(|part| part.parse().ok());
    let column = numbers.next().flatten();
    let line = numbers.next().flatten();
    FindingPlace { file: Some(name.to_owned()), line, column, element: None }
}

/// FlightHub's own files are UTF-8 and say so.
fn check_encoding(name: &'static str, text: &str, report: &mut Report) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some(declaration) = text.strip_prefix("<?xml").and_then(|rest| rest.split("?>").next())
    else {
        return;
    };
    let declared = declaration.split("encoding").nth(1).unwrap_or_default();
    let declared = declared.trim_start().trim_start_matches('=').trim_start();
    let quote = |c| matches!(c, '"' | '\'');
    let Some(encoding) = declared.strip_prefix(quote).and_then(|rest| rest.split(quote).next())
    else {
        return;
    };
    if !encoding.eq_ignore_ascii_case("utf-8") && !encoding.eq_ignore_ascii_case("us-ascii") {
        let encoding = printable(&encoding.chars().take(20).collect::<String>());
        let problem = format!("says that it is {encoding}, and is UTF-8");
        report.add(ENCODING, || place_at(name, text, 0, None), problem);
    }
}
