//! From GeoJSON text to elements of the map.

use flighthub_api::v1::{
    AnnotationCreate, ElementProperties, ElementResource, LineElement, LineFeature, LineGeometry,
    PointElement, PointFeature, PointGeometry, PolygonElement, PolygonFeature, PolygonGeometry,
};
use serde_json::{Map, Value};

use super::shape::{RemarkSeverity, Remarks, Shape, line, polygon, position};
use super::{AnnotateSettings, Element};
use crate::choose::printable;

/// Most characters of a name: what the client of a later version stays at.
const LONGEST_NAME: usize = 256;

/// Collections in collections deeper than this are a mistake, or malice.
const DEEPEST: usize = 4;

pub(super) struct Reader<'a> {
    settings: &'a AnnotateSettings,
    pub(super) remarks: Remarks,
    pub(super) elements: Vec<Element>,
    /// Positions so far.
    positions: usize,
    is_full: bool,
}

/// The properties of a feature, as far as they are drawn.
#[derive(Clone, Default)]
struct Look {
    name: Option<String>,
    desc: String,
    color: Option<String>,
    clamp: Option<bool>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(settings: &'a AnnotateSettings) -> Self {
        Self {
            settings,
            remarks: Remarks::default(),
            elements: Vec::new(),
            positions: 0,
            is_full: false,
        }
    }

    pub(super) fn read(&mut self, text: &str) {
        if text.len() > self.settings.most_bytes {
            let words = format!(
                "the file has {} bytes, and {} are allowed",
                text.len(),
                self.settings.most_bytes
            );
            return self.remarks.error("", words);
        }
        let value: Value = match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
            Ok(value) => value,
            Err(error) => return self.remarks.error("", format!("is no JSON: {error}")),
        };
        let Some(object) = value.as_object() else {
            return self.remarks.error("", "is no GeoJSON: it has to be an object");
        };
        self.check_system(object);
        match object.get("type").and_then(Value::as_str) {
            Some("FeatureCollection") => match object.get("features").and_then(Value::as_array) {
                Some(features) => {
                    for (index, feature) in features.iter().enumerate() {
                        self.feature(feature, &format!("/features/{index}"));
                    }
                }
                None => self.remarks.error("/features", "is no list of features"),
            },
            Some("Feature") => self.feature(&value, ""),
            _ => self.geometry(&value, "", &Look::default(), 0),
        }
        if self.elements.is_empty() && self.remarks.0.is_empty() {
            self.remarks.error("", "there is nothing to draw");
        }
    }

    /// GeoJSON is WGS 84. The old member `crs` could say something else.
    fn check_system(&mut self, object: &Map<String, Value>) {
        let Some(system) = object.get("crs").filter(|system| !system.is_null()) else {
            return;
        };
        let name = system.pointer("/properties/name").and_then(Value::as_str).unwrap_or("unknown");
        let is_ours = ["CRS84", "EPSG::4326", "EPSG:4326", "OGC:1.3:CRS84"]
            .iter()
            .any(|ours| name.ends_with(ours));
        if !is_ours {
            let text = format!(
                "the coordinates are in `{}`; convert them to WGS 84 first",
                printable(name)
            );
            self.remarks.error("/crs", text);
        }
    }

    fn feature(&mut self, feature: &Value, pointer: &str) {
        if feature.get("type").and_then(Value::as_str) != Some("Feature") {
            return self.remarks.error(&format!("{pointer}/type"), "is not `Feature`");
        }
        let look = match feature.get("properties") {
            None | Some(Value::Null) => Look::default(),
            Some(Value::Object(properties)) => {
                self.look(properties, &format!("{pointer}/properties"))
            }
            Some(_) => {
                return self.remarks.error(&format!("{pointer}/properties"), "is no object");
            }
        };
        match feature.get("geometry") {
            None | Some(Value::Null) => {
                let text = "the feature has no geometry; it is left out";
                self.remarks.add(RemarkSeverity::Warning, &format!("{pointer}/geometry"), text);
            }
            Some(geometry) => self.geometry(geometry, &format!("{pointer}/geometry"), &look, 0),
        }
    }

    /// The properties that are drawn, under the names that people and programs use for them.
    fn look(&mut self, properties: &Map<String, Value>, pointer: &str) -> Look {
        let mut text = |names: &[&str]| {
            let (key, value) =
                names.iter().find_map(|name| Some((*name, properties.get(*name)?)))?;
            match value {
                Value::String(text) => Some((key.to_owned(), text.trim().to_owned())),
                Value::Number(number) => Some((key.to_owned(), number.to_string())),
                Value::Null => None,
                _ => {
                    self.remarks.error(&format!("{pointer}/{key}"), "is no text");
                    None
                }
            }
        };
        let name = text(&["name", "Name", "title"]);
        let desc = text(&["desc", "description", "Description"]);
        let color = text(&["color", "colour", "stroke", "fill", "marker-color"]);
        let clamp = match properties.get("clampToGround") {
            None | Some(Value::Null) => None,
            Some(Value::Bool(clamp)) => Some(*clamp),
            Some(_) => {
                self.remarks
                    .error(&format!("{pointer}/clampToGround"), "is neither true nor false");
                None
            }
        };
        let color = color.and_then(|(key, color)| {
            let known = hex(&color);
            if known.is_none() {
                let words = format!(
                    "`{}` is no colour; write #RRGGBB, or blue, green, yellow, red, purple or black",
                    printable(&color)
                );
                self.remarks.error(&format!("{pointer}/{key}"), words);
            }
            known
        });
        let name = name.filter(|(_, name)| !name.is_empty()).map(|(key, name)| {
            if name.chars().count() <= LONGEST_NAME {
                return name;
            }
            let words = format!("is longer than {LONGEST_NAME} characters and is cut");
            self.remarks.add(RemarkSeverity::Warning, &format!("{pointer}/{key}"), words);
            name.chars().take(LONGEST_NAME).collect()
        });
        Look { name, desc: desc.map(|(_, desc)| desc).unwrap_or_default(), color, clamp }
    }

    fn geometry(&mut self, geometry: &Value, pointer: &str, look: &Look, depth: usize) {
        let kind = geometry.get("type").and_then(Value::as_str).unwrap_or_default();
        if kind == "GeometryCollection" {
            return self.collection(geometry, pointer, look, depth);
        }
        let at = format!("{pointer}/coordinates");
        let none = Value::Null;
        let coordinates = geometry.get("coordinates").unwrap_or(&none);
        let single = kind.strip_prefix("Multi").unwrap_or(kind);
        if !matches!(single, "Point" | "LineString" | "Polygon") {
            let words = format!("`{}` is no type of GeoJSON that can be drawn", printable(kind));
            return self.remarks.error(&format!("{pointer}/type"), words);
        }
        if kind == single {
            return self.shape(single, coordinates, &at, look, None);
        }
        let Some(parts) = coordinates.as_array() else {
            return self.remarks.error(&at, "is no list");
        };
        if parts.is_empty() {
            self.remarks.add(RemarkSeverity::Warning, &at, "is empty; there is nothing to draw");
        }
        for (index, part) in parts.iter().enumerate() {
            self.shape(
                single,
                part,
                &format!("{at}/{index}"),
                look,
                Some((index + 1, parts.len())),
            );
        }
    }

    fn collection(&mut self, geometry: &Value, pointer: &str, look: &Look, depth: usize) {
        let at = format!("{pointer}/geometries");
        if depth >= DEEPEST {
            return self.remarks.error(pointer, "collections are nested too deeply");
        }
        match geometry.get("geometries").and_then(Value::as_array) {
            Some(members) => {
                for (index, member) in members.iter().enumerate() {
                    self.geometry(member, &format!("{at}/{index}"), look, depth + 1);
                }
            }
            None => self.remarks.error(&at, "is no list of geometries"),
        }
    }

    /// One shape, which becomes one element. `part` is its place in a geometry of several.
    fn shape(
        &mut self,
        kind: &str,
        coordinates: &Value,
        pointer: &str,
        look: &Look,
        part: Option<(usize, usize)>,
    ) {
        let remarks = &mut self.remarks;
        let shape = match kind {
            "Point" => position(coordinates, pointer, remarks).map(Shape::Point),
            "LineString" => line(coordinates, pointer, remarks).map(Shape::Line),
            _ => polygon(coordinates, pointer, remarks).map(Shape::Polygon),
        };
        let Some(shape) = shape else {
            return;
        };
        self.positions += shape.positions().len();
        let settings = self.settings;
        if self.elements.len() >= settings.most_elements || self.positions > settings.most_positions
        {
            if !self.is_full {
                let words = format!(
                    "the file has more than {} elements or {} positions; split it",
                    settings.most_elements, settings.most_positions
                );
                self.remarks.error(pointer, words);
            }
            self.is_full = true;
            return;
        }
        self.check_place(&shape, pointer);
        let base = look
            .name
            .clone()
            .unwrap_or_else(|| format!("{} {}", settings.default_name, self.elements.len() + 1));
        let name = match part {
            Some((index, of)) if of > 1 && look.name.is_some() => {
                format!("{base} ({index} of {of})")
            }
            _ => base,
        };
        let word = shape.word();
        let operation =
            AnnotationCreate::new(name, look.desc.clone(), resource(shape, look, settings));
        self.elements.push(Element { pointer: pointer.to_owned(), shape: word, operation });
    }

    /// Latitude and longitude that were swapped are often both possible. Where the work is tells.
    fn check_place(&mut self, shape: &Shape, pointer: &str) {
        let Some((latitude, longitude)) = self.settings.near else {
            return;
        };
        let Some(first) = shape.positions().first().copied().cloned() else {
            return;
        };
        let far = |lon: f64, lat: f64| (lon - longitude).hypot(lat - latitude);
        let (here, swapped) = (far(first[0], first[1]), far(first[1], first[0]));
        if here > 5.0 && swapped < 1.0 {
            let words = format!(
                "lies {here:.0} degrees from the middle of the project, and would lie in it with latitude and longitude swapped; longitude \
                 comes first"
            );
            self.remarks.error(pointer, words);
        }
    }
}

fn resource(shape: Shape, look: &Look, settings: &AnnotateSettings) -> ElementResource {
    let mut properties = ElementProperties::new();
    let color = look.color.clone().unwrap_or_else(|| settings.default_color.clone());
    properties.color = Some(color.into());
    properties.clamp_to_ground = look.clamp;
    match shape {
        Shape::Point(position) => {
            let feature = PointFeature::new(properties, PointGeometry::new(position));
            ElementResource::Point(PointElement::new(feature))
        }
        Shape::Line(positions) => {
            let feature = LineFeature::new(properties, LineGeometry::new(positions));
            ElementResource::Line(LineElement::new(feature))
        }
        Shape::Polygon(rings) => {
            let feature = PolygonFeature::new(properties, PolygonGeometry::new(rings));
            ElementResource::Polygon(PolygonElement::new(feature))
        }
    }
}

/// A colour as the service writes it.
pub(super) fn hex(text: &str) -> Option<String> {
    use flighthub_api::v1::ElementColor;
    let low = text.trim().to_ascii_lowercase();
    let named = match low.as_str() {
        "blue" => ElementColor::BLUE,
        "green" => ElementColor::GREEN,
        "yellow" => ElementColor::YELLOW,
        "red" => ElementColor::RED,
        "purple" => ElementColor::PURPLE,
        "black" => ElementColor::BLACK,
        _ => "",
    };
    if !named.is_empty() {
        return Some(named.to_owned());
    }
    let digits = low.strip_prefix('#').unwrap_or(&low);
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    match digits.len() {
        6 => Some(format!("#{}", digits.to_ascii_uppercase())),
        3 => Some(format!(
            "#{}",
            digits.chars().flat_map(|c| [c, c]).collect::<String>().to_ascii_uppercase()
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_written_as_the_service_does() {
        for (text, expected) in [
            ("red", Some("#E23C39")),
            ("#abc", Some("#AABBCC")),
            ("2d8cf0", Some("#2D8CF0")),
            ("#2D8CF0", Some("#2D8CF0")),
            ("#12345", None),
            ("chartreuse", None),
            ("", None),
        ] {
            assert_eq!(hex(text).as_deref(), expected, "{text}");
        }
    }
}
