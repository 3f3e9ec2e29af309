//! `missionConfig` and the folders of template and waylines.
//!
//! Values and ranges are those of DJI's description of WPML (Cloud API documentation), those of newer aircraft from files in the field.

use roxmltree::Node;

use super::rules::{
    BAD_VALUE, DRONE_VARIANT, FINISH_ACTION, MISSING_ELEMENT, NO_DOCK_DRONE, PAYLOAD_MISMATCH,
    SECURITY_HEIGHT, SPEED, TEMPLATE_INCOMPLETE, UNKNOWN_DRONE, UNKNOWN_PAYLOAD,
};
use super::text::{Text, shown};
use super::{Report, Rule};
use crate::TEMPLATE_TYPES;
use crate::read::{SECURITY_HEIGHTS, SPEEDS, child, children, text};

/// Metres a second that the format allows to the first waypoint.
const USUAL_SPEED: f64 = 15.0;
/// Metres that the format allows at least.
const LOWEST_SECURITY: f64 = 2.0;

/// Elements of `missionConfig` with one of some words.
pub(super) const CHOICES: [(&str, &[&str]); 3] = [
    ("flyToWaylineMode", &["safely", "pointToPoint"]),
    ("finishAction", &["goHome", "noAction", "autoLand", "gotoFirstWaypoint"]),
    ("exitOnRCLost", &["goContinue", "executeLostAction"]),
];
pub(super) const LOST_ACTIONS: &[&str] = &["goBack", "landing", "hover"];

/// An aircraft type, and the camera that it always has.
struct Model {
    kind: u32,
    variant: u32,
    name: &'static str,
    camera: Option<u32>,
    of_dock: bool,
}

const fn model(kind: u32, variant: u32, name: &'static str, camera: u32, of_dock: bool) -> Model {
    // None of the cameras is 0.
    let camera = if camera == 0 { None } else { Some(camera) };
    Model { kind, variant, name, camera, of_dock }
}

const MODELS: [Model; 15] = [
    model(60, 0, "M300 RTK", 0, false),
    model(67, 0, "M30", 52, true),
    model(67, 1, "M30T", 53, true),
    model(77, 0, "M3E", 66, false),
    model(77, 1, "M3T", 67, false),
    model(77, 2, "M3M", 68, false),
    model(77, 3, "M3TA", 129, false),
    model(89, 0, "M350 RTK", 0, false),
    model(91, 0, "M3D", 80, true),
    model(91, 1, "M3TD", 81, true),
    model(99, 0, "M4E", 88, false),
    model(99, 1, "M4T", 89, false),
    model(100, 0, "M4D", 98, true),
    model(100, 1, "M4TD", 99, true),
    model(103, 0, "M400", 0, false),
];

/// Payloads that are mounted on the larger aircraft: H20, H20T, P1, H20N, H30, H30T, L1, L2, and what is made with the payload kit.
const MOUNTED: [u32; 10] = [42, 43, 50, 61, 82, 83, 90_742, 90_743, 65_534, 65_535];

/// The template: what it is one of, and what it needs to be edited.
pub(super) fn template(text: &Text<'_>, report: &mut Report) {
    let Some(document) = text.document_node() else { return };
    if let Some(mission) = text.need(report, MISSING_ELEMENT, document, "missionConfig") {
        check_mission(text, mission, TEMPLATE_INCOMPLETE, report);
    }
    let Some(first) = text.need(report, MISSING_ELEMENT, document, "Folder") else { return };
    let words: Vec<&str> = TEMPLATE_TYPES.iter().map(|(word, _)| *word).collect();
    for folder in children(document, "Folder") {
        match child(folder, "templateType") {
            Some(kind) => {
                text.word(report, kind, &words);
            }
            None if folder == first => {
                text.need(report, MISSING_ELEMENT, folder, "templateType");
            }
            None => {
                text.need(report, TEMPLATE_INCOMPLETE, folder, "templateType");
            }
        }
    }
}

/// The mission of the waylines, by which the aircraft flies.
pub(super) fn waylines(text: &Text<'_>, report: &mut Report) {
    let Some(document) = text.document_node() else { return };
    if let Some(mission) = text.need(report, MISSING_ELEMENT, document, "missionConfig") {
        check_mission(text, mission, MISSING_ELEMENT, report);
    }
}

/// `missing` is the rule for what is not there: the template does without, the waylines do not.
fn check_mission(
    text: &Text<'_>,
    mission: Node<'_, '_>,
    missing: &'static Rule,
    report: &mut Report,
) {
    for (name, words) in CHOICES {
        let Some(node) = text.need(report, missing, mission, name) else { continue };
        let word = text.word(report, node, words);
        if name == "finishAction" && word.is_some_and(|word| word != "goHome") {
            text.report(report, FINISH_ACTION, node, format!("is {}", shown(node)));
        }
    }
    lost_action(text, mission, missing, report);
    if let Some(node) = text.need(report, missing, mission, "takeOffSecurityHeight")
        && let Some(height) = text.number(report, node, &SECURITY_HEIGHTS)
        && height < LOWEST_SECURITY
    {
        text.report(report, SECURITY_HEIGHT, node, format!("{} m is low", shown(node)));
    }
    if let Some(node) = text.need(report, missing, mission, "globalTransitionalSpeed") {
        check_speed(text, node, report);
    }
    let drone = text.need(report, missing, mission, "droneInfo");
    let model = drone.and_then(|node| check_drone(text, node, missing, report));
    let Some(_) = text.need(report, missing, mission, "payloadInfo") else { return };
    for payload in children(mission, "payloadInfo") {
        check_payload(text, payload, model, missing, report);
    }
}

/// What the aircraft does when it loses its link, if it is to do something.
fn lost_action(
    file: &Text<'_>,
    mission: Node<'_, '_>,
    missing: &'static Rule,
    report: &mut Report,
) {
    match child(mission, "executeRCLostAction") {
        Some(node) => {
            file.word(report, node, LOST_ACTIONS);
        }
        None if child(mission, "exitOnRCLost").map(text) == Some("executeLostAction") => {
            let problem = "says `executeLostAction`, and no `executeRCLostAction` says which";
            file.report(report, missing, mission, problem.to_owned());
        }
        None => {}
    }
}

/// A speed in metres a second.
pub(super) fn check_speed(text: &Text<'_>, node: Node<'_, '_>, report: &mut Report) {
    if let Some(speed) = text.number(report, node, &SPEEDS)
        && speed > USUAL_SPEED
    {
        text.report(report, SPEED, node, format!("{} m/s is fast", shown(node)));
    }
}

/// The aircraft, if it is known.
fn check_drone(
    text: &Text<'_>,
    drone: Node<'_, '_>,
    missing: &'static Rule,
    report: &mut Report,
) -> Option<&'static Model> {
    /// The one type that does not go without a variant.
    const M30: u32 = 67;
    let kind = text.need(report, missing, drone, "droneEnumValue")?;
    let number = text.whole(report, kind)?;
    let variants = MODELS.iter().filter(|model| model.kind == number).count();
    if variants == 0 {
        let problem = format!("no aircraft of type {number} is known");
        text.report(report, UNKNOWN_DRONE, kind, problem);
    }
    let variant = match child(drone, "droneSubEnumValue") {
        Some(node) => {
            let variant = text.whole(report, node)?;
            if variants > 0 && find_model(number, variant).is_none() {
                let problem = format!("type {number} has no variant {variant} that is known");
                text.report(report, UNKNOWN_DRONE, node, problem);
            }
            variant
        }
        None if number == M30 => {
            text.need(report, missing, drone, "droneSubEnumValue")?;
            return None;
        }
        None => {
            if variants > 1 {
                let problem = format!("has no `droneSubEnumValue`, and type {number} has variants");
                text.report(report, DRONE_VARIANT, drone, problem);
            }
            0
        }
    };
    let model = find_model(number, variant)?;
    if !model.of_dock {
        let problem = format!("the {} flies from no dock", model.name);
        text.report(report, NO_DOCK_DRONE, drone, problem);
    }
    Some(model)
}

fn find_model(kind: u32, variant: u32) -> Option<&'static Model> {
    MODELS.iter().find(|model| (model.kind, model.variant) == (kind, variant))
}

fn check_payload(
    text: &Text<'_>,
    payload: Node<'_, '_>,
    model: Option<&Model>,
    missing: &'static Rule,
    report: &mut Report,
) {
    if let Some(position) = text.need(report, missing, payload, "payloadPositionIndex") {
        text.whole(report, position);
    }
    let Some(node) = text.need(report, missing, payload, "payloadEnumValue") else { return };
    let Some(number) = text.whole(report, node) else { return };
    let carrier = MODELS.iter().find(|model| model.camera == Some(number));
    let is_mounted = MOUNTED.contains(&number);
    let problem = match (model.map(|model| (model, model.camera)), carrier) {
        (Some((model, Some(own))), _) if own != number => {
            format!("payload {number} is not the camera {own} of the {}", model.name)
        }
        (Some((model, None)), Some(carrier)) => {
            format!(
                "payload {number} is the camera of the {}, not of the {}",
                carrier.name, model.name
            )
        }
        (_, None) if !is_mounted => {
            let problem = format!("payload {number} is not known");
            return text.report(report, UNKNOWN_PAYLOAD, node, problem);
        }
        _ => return,
    };
    text.report(report, PAYLOAD_MISMATCH, node, problem);
}

/// The numbers that tie waylines to templates.
pub(super) fn template_id(
    text: &Text<'_>,
    folder: Node<'_, '_>,
    report: &mut Report,
) -> Option<u32> {
    let node = child(folder, "templateId")?;
    let number = text.whole(report, node)?;
    if number > 65_535 {
        text.report(report, BAD_VALUE, node, format!("{} is more than 65535", shown(node)));
    }
    Some(number)
}
