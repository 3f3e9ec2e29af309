//! Small valid route files, the same bytes for the same route.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::{
    FINISH_ACTIONS, HEIGHT_MODES, Kmz, KmzError, KmzErrorKind, KmzWaypoint, TEMPLATE,
    TEMPLATE_TYPES, VideoAction, WAYLINES,
};

const HEAD: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8"?>"#,
    "\n",
    r#"<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:wpml="http://www.dji.com/wpmz/1.0.6">"#,
    "\n<Document>\n",
);
const TAIL: &str = "</Document>\n</kml>\n";
/// When the template claims to have been made, in milliseconds: always the same.
const MADE_AT: &str = "1767225600000";

impl Kmz {
    /// Writes the route file: the same bytes for the same route, with fixed times in the archive.
    ///
    /// # Errors
    ///
    /// When the route would not be read again, for instance without a waypoint or with a latitude of 100 degrees.
    pub fn to_bytes(&self) -> Result<Vec<u8>, KmzError> {
        let packed = pack([(TEMPLATE, self.template()), (WAYLINES, self.waylines())]);
        let bytes = packed.map_err(|source| {
            KmzError::new(KmzErrorKind::NoArchive, "", format!("cannot be packed: {source}"))
        })?;
        Self::read(&bytes)?;
        Ok(bytes)
    }

    fn mission(&self) -> String {
        let mut model = self.model.as_str().split('-').skip(1);
        let mut part = || model.next().unwrap_or_default();
        let finish = word(&FINISH_ACTIONS, &self.finish_action);
        let mut text = String::new();
        let mut line = |level, name, value: &str| element(&mut text, level, name, value);
        line(2, "flyToWaylineMode", "safely");
        line(2, "finishAction", finish);
        line(2, "exitOnRCLost", "goContinue");
        line(2, "takeOffSecurityHeight", &self.take_off_security_height.to_string());
        line(2, "globalTransitionalSpeed", &self.global_transitional_speed.to_string());
        let _ = writeln!(
            text,
            "    <wpml:droneInfo><wpml:droneEnumValue>{}</wpml:droneEnumValue>\
             <wpml:droneSubEnumValue>{}</wpml:droneSubEnumValue></wpml:droneInfo>\n    \
             <wpml:payloadInfo><wpml:payloadEnumValue>{}</wpml:payloadEnumValue>\
             <wpml:payloadPositionIndex>0</wpml:payloadPositionIndex></wpml:payloadInfo>",
            escaped(part()),
            escaped(part()),
            escaped(&self.payload),
        );
        format!("  <wpml:missionConfig>\n{text}  </wpml:missionConfig>\n")
    }

    fn template(&self) -> String {
        let mut text = String::from(HEAD);
        element(&mut text, 1, "author", "flighthub-sim");
        element(&mut text, 1, "createTime", MADE_AT);
        element(&mut text, 1, "updateTime", MADE_AT);
        text += &self.mission();
        text += "  <Folder>\n";
        element(&mut text, 2, "templateType", word(&TEMPLATE_TYPES, &self.template_type));
        element(&mut text, 2, "templateId", "0");
        text += "    <wpml:waylineCoordinateSysParam>\n";
        element(&mut text, 3, "coordinateMode", "WGS84");
        element(&mut text, 3, "heightMode", word(&HEIGHT_MODES, &self.height_mode));
        text += "    </wpml:waylineCoordinateSysParam>\n";
        let lenses: Vec<_> = self.lenses.iter().map(|lens| lens.as_str()).collect();
        text += "    <wpml:payloadParam>\n";
        element(&mut text, 3, "payloadPositionIndex", "0");
        element(&mut text, 3, "imageFormat", &lenses.join(","));
        text += "    </wpml:payloadParam>\n";
        for (index, point) in self.waypoints.iter().enumerate() {
            text += "    <Placemark>\n";
            coordinates(&mut text, point);
            element(&mut text, 3, "index", &index.to_string());
            element(&mut text, 3, "height", &point.height.to_string());
            text += "    </Placemark>\n";
        }
        text + "  </Folder>\n" + TAIL
    }

    fn waylines(&self) -> String {
        let mut text = String::from(HEAD);
        text += &self.mission();
        text += "  <Folder>\n";
        element(&mut text, 2, "templateId", "0");
        element(&mut text, 2, "executeHeightMode", word(&HEIGHT_MODES, &self.height_mode));
        element(&mut text, 2, "waylineId", "0");
        for (index, point) in self.waypoints.iter().enumerate() {
            text += "    <Placemark>\n";
            coordinates(&mut text, point);
            element(&mut text, 3, "index", &index.to_string());
            element(&mut text, 3, "executeHeight", &point.height.to_string());
            element(&mut text, 3, "waypointSpeed", &point.speed.to_string());
            actions(&mut text, index, point);
            text += "    </Placemark>\n";
        }
        text + "  </Folder>\n" + TAIL
    }
}

/// The actions at a waypoint.
fn actions(text: &mut String, index: usize, point: &KmzWaypoint) {
    let mut list: Vec<(&str, f64)> = Vec::new();
    if point.video == Some(VideoAction::Start) {
        list.push(("startRecord", 0.0));
    }
    list.extend((0..point.photos).map(|_| ("takePhoto", 0.0)));
    if point.hover > 0.0 {
        list.push(("hover", point.hover));
    }
    if point.video == Some(VideoAction::Stop) {
        list.push(("stopRecord", 0.0));
    }
    if list.is_empty() {
        return;
    }
    *text += "      <wpml:actionGroup>\n";
    let index = index.to_string();
    for name in ["actionGroupId", "actionGroupStartIndex", "actionGroupEndIndex"] {
        element(text, 4, name, &index);
    }
    element(text, 4, "actionGroupMode", "sequence");
    *text += "        <wpml:actionTrigger>\n";
    element(text, 5, "actionTriggerType", "reachPoint");
    *text += "        </wpml:actionTrigger>\n";
    for (id, (name, time)) in list.into_iter().enumerate() {
        *text += "        <wpml:action>\n";
        element(text, 5, "actionId", &id.to_string());
        element(text, 5, "actionActuatorFunc", name);
        *text += "          <wpml:actionActuatorFuncParam>\n";
        if time > 0.0 {
            element(text, 6, "hoverTime", &time.to_string());
        } else {
            element(text, 6, "payloadPositionIndex", "0");
        }
        *text += "          </wpml:actionActuatorFuncParam>\n        </wpml:action>\n";
    }
    *text += "      </wpml:actionGroup>\n";
}

fn coordinates(text: &mut String, point: &KmzWaypoint) {
    let KmzWaypoint { latitude, longitude, .. } = point;
    // Longitude first.
    let _ =
        writeln!(text, "      <Point><coordinates>{longitude},{latitude}</coordinates></Point>");
}

/// The name of a value. What has none gets a word that is refused when it is read.
fn word<'n, T: PartialEq>(words: &[(&'n str, T)], value: &T) -> &'n str {
    words.iter().find(|(_, known)| known == value).map_or("unknown", |(word, _)| word)
}

fn element(text: &mut String, level: usize, name: &str, value: &str) {
    let indent = 2 * level;
    let value = escaped(value);
    let _ = writeln!(text, "{:indent$}<wpml:{name}>{value}</wpml:{name}>", "");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// An archive without anything of the machine or the time.
pub(super) fn pack<'t>(
    files: impl IntoIterator<Item = (&'t str, String)>,
) -> zip::result::ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        archive.start_file(name, options)?;
        archive.write_all(text.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}
