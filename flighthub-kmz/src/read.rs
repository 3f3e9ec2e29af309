//! Template and waylines, read.

use std::ops::RangeInclusive;

use flighthub_api::v1::{DeviceModelKey, PayloadLensType};
use roxmltree::{Document, Node, ParsingOptions};

use crate::{
    FINISH_ACTIONS, FinishAction, HEIGHT_MODES, HeightMode, Kmz, KmzError, KmzErrorKind,
    KmzWaypoint, TEMPLATE, TEMPLATE_TYPES, VideoAction, WAYLINES, archive,
};

/// Nodes of a text. A route of 65,535 waypoints with some actions each has fewer.
const MOST_NODES: u32 = 3_000_000;
/// As many waypoints as aircraft take.
pub(super) const MOST_WAYPOINTS: usize = 65_535;
/// Metres, seconds and metres a second that a file may name.
pub(super) const HEIGHTS: RangeInclusive<f64> = -1_500.0..=10_000.0;
pub(super) const SECURITY_HEIGHTS: RangeInclusive<f64> = 0.0..=1_500.0;
pub(super) const SPEEDS: RangeInclusive<f64> = 0.1..=50.0;
pub(super) const HOVERS: RangeInclusive<f64> = 0.0..=3_600.0;
/// Photos that one group of actions takes at a waypoint.
const MOST_PHOTOS: u32 = 100;

impl Kmz {
    /// Reads a route file.
    ///
    /// A route with a single waypoint can be read; FlightHub refuses it when a task is created with it.
    ///
    /// # Errors
    ///
    /// Names the first thing that is not sound, and its place.
    pub fn read(bytes: &[u8]) -> Result<Self, KmzError> {
        let (template, waylines) = archive::texts(bytes)?;
        let template = parse(TEMPLATE, &template)?;
        let waylines = parse(WAYLINES, &waylines)?;
        let template = File { name: TEMPLATE, document: &template };
        let waylines = File { name: WAYLINES, document: &waylines };
        read(&template, &waylines)
    }
}

/// Document type declarations, and with them all entities, are refused.
pub(super) fn parse<'t>(name: &str, text: &'t str) -> Result<Document<'t>, KmzError> {
    // A byte order mark is no part of the text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let options =
        ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|source| {
        let at = source.pos();
        let place = format!("{name}:{}:{}", at.row, at.col);
        // It names tags, and those may be as long as the text.
        let source = archive::printable(&source.to_string());
        KmzError::new(KmzErrorKind::BadXml, place, format!("is no sound XML: {source}"))
    })
}

/// One of the two documents.
pub(super) struct File<'d, 't> {
    pub(super) name: &'static str,
    pub(super) document: &'d Document<'t>,
}

/// The first child element with a local name.
pub(super) fn child<'d, 't>(node: Node<'d, 't>, name: &str) -> Option<Node<'d, 't>> {
    children(node, name).next()
}

pub(super) fn children<'d, 't>(
    node: Node<'d, 't>,
    name: &str,
) -> impl Iterator<Item = Node<'d, 't>> {
    node.children().filter(move |child| child.is_element() && child.tag_name().name() == name)
}

pub(super) fn text<'d>(node: Node<'d, '_>) -> &'d str {
    node.text().unwrap_or_default().trim()
}

impl<'d, 't> File<'d, 't> {
    fn place(&self, node: Node<'_, '_>) -> String {
        let at = self.document.text_pos_at(node.range().start);
        format!("{}:{}:{}", self.name, at.row, at.col)
    }

    fn bad(&self, node: Node<'_, '_>, problem: &str) -> KmzError {
        let name = node.tag_name().name();
        KmzError::new(KmzErrorKind::BadValue, self.place(node), format!("`{name}` {problem}"))
    }

    fn missing(&self, parent: Node<'_, '_>, name: &str) -> KmzError {
        let problem = format!("`{}` has no `{name}`", parent.tag_name().name());
        KmzError::new(KmzErrorKind::MissingElement, self.place(parent), problem)
    }

    fn need(&self, parent: Node<'d, 't>, name: &str) -> Result<Node<'d, 't>, KmzError> {
        child(parent, name).ok_or_else(|| self.missing(parent, name))
    }

    fn document_node(&self) -> Result<Node<'d, 't>, KmzError> {
        self.need(self.document.root_element(), "Document")
    }

    fn number(&self, node: Node<'_, '_>, range: &RangeInclusive<f64>) -> Result<f64, KmzError> {
        let number = text(node).parse::<f64>().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| {
            let problem = format!("is no number of {} to {}", range.start(), range.end());
            self.bad(node, &problem)
        })
    }

    fn whole(&self, node: Node<'_, '_>) -> Result<u32, KmzError> {
        text(node).parse().map_err(|_| self.bad(node, "is no whole number"))
    }

    fn word<T: Clone>(&self, node: Node<'_, '_>, words: &[(&str, T)]) -> Result<T, KmzError> {
        let found = words.iter().find(|(word, _)| *word == text(node));
        found.map(|(_, value)| value.clone()).ok_or_else(|| {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            self.bad(node, &format!("is none of {}", words.join(", ")))
        })
    }
}

pub(super) fn read(template: &File<'_, '_>, waylines: &File<'_, '_>) -> Result<Kmz, KmzError> {
    let edited = template.document_node()?;
    template.need(edited, "missionConfig")?;
    let edited = template.need(edited, "Folder")?;
    let kind = template.need(edited, "templateType")?;
    let template_type = template.word(kind, &TEMPLATE_TYPES)?;

    let flown = waylines.document_node()?;
    let mission = waylines.need(flown, "missionConfig")?;
    let number = |name, range| waylines.number(waylines.need(mission, name)?, range);
    let finish_action = match child(mission, "finishAction") {
        Some(node) => waylines.word(node, &FINISH_ACTIONS)?,
        None => FinishAction::GoHome,
    };
    let payload = waylines.need(mission, "payloadInfo")?;
    let payload = waylines.whole(waylines.need(payload, "payloadEnumValue")?)?;
    let (height_mode, waypoints) = read_waylines(waylines, flown)?;
    Ok(Kmz {
        template_type,
        model: model(waylines, mission)?,
        payload: payload.to_string(),
        lenses: lenses(edited),
        take_off_security_height: number("takeOffSecurityHeight", &SECURITY_HEIGHTS)?,
        global_transitional_speed: number("globalTransitionalSpeed", &SPEEDS)?,
        finish_action,
        height_mode,
        waypoints,
    })
}

fn model(file: &File<'_, '_>, mission: Node<'_, '_>) -> Result<DeviceModelKey, KmzError> {
    /// The one type that does not go without a subtype.
    const M30: u32 = 67;
    let drone = file.need(mission, "droneInfo")?;
    let kind = file.whole(file.need(drone, "droneEnumValue")?)?;
    let sub = match child(drone, "droneSubEnumValue") {
        Some(node) => file.whole(node)?,
        None if kind == M30 => return Err(file.missing(drone, "droneSubEnumValue")),
        None => 0,
    };
    Ok(DeviceModelKey::new(format!("0-{kind}-{sub}")))
}

/// The lenses of the template's payload.
fn lenses(folder: Node<'_, '_>) -> Vec<PayloadLensType> {
    let format = child(folder, "payloadParam").and_then(|node| child(node, "imageFormat"));
    let words = format.map(text).unwrap_or_default().split(',').map(str::trim);
    let mut lenses: Vec<_> =
        words.map(PayloadLensType::from).filter(PayloadLensType::is_known).collect();
    lenses.dedup();
    if lenses.is_empty() { vec![PayloadLensType::Wide] } else { lenses }
}

/// The waypoints of all waylines, one wayline after the other.
fn read_waylines(
    file: &File<'_, '_>,
    flown: Node<'_, '_>,
) -> Result<(HeightMode, Vec<KmzWaypoint>), KmzError> {
    let mut mode = None;
    let mut waypoints = Vec::new();
    for folder in children(flown, "Folder") {
        let node = file.need(folder, "executeHeightMode")?;
        let own = file.word(node, &HEIGHT_MODES)?;
        if mode.is_some_and(|mode| mode != own) {
            return Err(file.bad(node, "is another one than that of the wayline before"));
        }
        mode = Some(own);
        waypoints.extend(read_wayline(file, folder)?);
        if waypoints.len() > MOST_WAYPOINTS {
            return Err(file.bad(folder, "has more than 65535 waypoints"));
        }
    }
    match mode {
        None => Err(file.missing(flown, "Folder")),
        Some(_) if waypoints.is_empty() => {
            Err(KmzError::new(KmzErrorKind::MissingElement, file.name, "has no `Placemark`"))
        }
        Some(mode) => Ok((mode, waypoints)),
    }
}

fn read_wayline(file: &File<'_, '_>, folder: Node<'_, '_>) -> Result<Vec<KmzWaypoint>, KmzError> {
    let speed = match child(folder, "autoFlightSpeed") {
        Some(node) => Some(file.number(node, &SPEEDS)?),
        None => None,
    };
    let mut points = Vec::new();
    let mut groups = Vec::new();
    for (place, placemark) in (0_u32..).zip(children(folder, "Placemark")) {
        let index = match child(placemark, "index") {
            Some(node) => file.whole(node)?,
            None => place,
        };
        points.push((index, waypoint(file, placemark, speed)?));
        for group in children(placemark, "actionGroup") {
            groups.push(Group::read(file, group, index)?);
        }
    }
    points.sort_by_key(|(index, _)| *index);
    for group in groups {
        let at = points.partition_point(|(index, _)| *index < group.first);
        let own = points.get_mut(at..).unwrap_or_default().iter_mut();
        own.take_while(|(index, _)| *index <= group.last)
            .for_each(|(_, point)| group.add_to(point));
    }
    Ok(points.into_iter().map(|(_, point)| point).collect())
}

fn waypoint(
    file: &File<'_, '_>,
    placemark: Node<'_, '_>,
    speed: Option<f64>,
) -> Result<KmzWaypoint, KmzError> {
    let coordinates = file.need(file.need(placemark, "Point")?, "coordinates")?;
    let mut parts = text(coordinates).split(',').map(|part| part.trim().parse::<f64>().ok());
    let mut degrees =
        |most: f64| parts.next().flatten().filter(|degrees| (-most..=most).contains(degrees));
    let (Some(longitude), Some(latitude)) = (degrees(180.0), degrees(90.0)) else {
        return Err(file.bad(coordinates, "is no longitude and latitude in degrees"));
    };
    let height = file.number(file.need(placemark, "executeHeight")?, &HEIGHTS)?;
    let speed = match (child(placemark, "waypointSpeed"), speed) {
        (Some(node), _) => file.number(node, &SPEEDS)?,
        (None, Some(speed)) => speed,
        (None, None) => return Err(file.missing(placemark, "waypointSpeed")),
    };
    Ok(KmzWaypoint { speed, ..KmzWaypoint::new(latitude, longitude, height) })
}

/// The actions of a stretch of waypoints.
struct Group {
    first: u32,
    last: u32,
    photos: u32,
    video: Option<VideoAction>,
    hover: f64,
}

impl Group {
    /// Photos that are taken at intervals become one at every waypoint of the stretch.
    fn read(file: &File<'_, '_>, group: Node<'_, '_>, index: u32) -> Result<Self, KmzError> {
        let whole = |name| child(group, name).map(|node| file.whole(node)).transpose();
        let first = whole("actionGroupStartIndex")?.unwrap_or(index);
        let last = whole("actionGroupEndIndex")?.unwrap_or(first);
        let mut own = Self { first, last, photos: 0, video: None, hover: 0.0 };
        for action in children(group, "action") {
            match text(file.need(action, "actionActuatorFunc")?) {
                "takePhoto" | "orientedShoot" | "panoShot" => {
                    own.photos = (own.photos + 1).min(MOST_PHOTOS);
                }
                "startRecord" => own.video = Some(VideoAction::Start),
                "stopRecord" => own.video = Some(VideoAction::Stop),
                "hover" => {
                    let time = child(action, "actionActuatorFuncParam")
                        .and_then(|parameters| child(parameters, "hoverTime"));
                    if let Some(time) = time {
                        own.hover += file.number(time, &HOVERS)?;
                    }
                }
                // Gimbal, zoom, focus and the like show in no reply.
                _ => {}
            }
        }
        Ok(own)
    }

    fn add_to(&self, point: &mut KmzWaypoint) {
        point.photos = (point.photos + self.photos).min(MOST_PHOTOS);
        point.video = self.video.or(point.video);
        point.hover = (point.hover + self.hover).min(*HOVERS.end());
    }
}
