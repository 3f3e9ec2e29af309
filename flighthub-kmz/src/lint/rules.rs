//! What is looked for in a route file.

use serde::Serialize;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Hint,
    /// Probably not what was meant.
    Warning,
    /// FlightHub or the aircraft will not take the file, or it is not safe to open.
    Error,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hint => "hint",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Rule {
    /// Its name, in kebab case; it does not change.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it finds.
    pub about: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

macro_rules! rules {
    ($($id:ident $severity:ident $name:literal $about:literal $remedy:literal)*) => {
        $(pub(super) const $id: &Rule = &Rule {
            name: $name,
            severity: Severity::$severity,
            about: $about,
            remedy: $remedy,
        };)*

        /// All that [`lint`](crate::lint()) looks for, in the order in which it does.
        pub const RULES: &[&Rule] = &[$($id),*];
    };
}

rules! {
    // The archive.
    NO_ARCHIVE Error "no-archive"
        "It is no ZIP archive, or it is damaged."
        "Export the route again; a .kmz is a ZIP archive with the folder `wpmz` in it."
    TOO_LARGE Error "too-large"
        "More than 256 MiB, 2,000 files, or 1 GiB unpacked."
        "Leave out what the route does not need, such as terrain that lies elsewhere."
    BOMB Error "bomb"
        "Template or waylines are more than 200 times larger than packed, or several files share the same bytes."
        "Do not open the file; ask whoever made it. Routes pack to about a fortieth."
    ODD_RATIO Warning "odd-ratio"
        "Another file in the archive is more than 200 times larger than packed."
        "Look at what it is before unpacking it anywhere."
    UNSAFE_NAME Error "unsafe-name"
        "A name that leads out of the archive: `..`, an absolute path, a drive, a backslash."
        "Do not unpack the file. Pack it again with names such as `wpmz/template.kml`."
    LINK Error "link"
        "A link instead of a file."
        "Pack the file itself instead of a link to it."
    ENCRYPTED Error "encrypted"
        "A file that needs a password."
        "Pack it again without a password."
    COMPRESSION Error "compression"
        "Template or waylines are packed in another way than FlightHub can be expected to unpack."
        "Pack it again with Deflate, as every ZIP program does by default."
    DUPLICATE_NAME Error "duplicate-name"
        "Two files of the same name: programs differ in which of them they take."
        "Pack it again with one of them."
    CASE_ONLY Warning "case-only"
        "Two names that differ in capitals only: on Windows and macOS one replaces the other."
        "Rename one of them."
    BYTES_BEFORE Warning "bytes-before-archive"
        "Other bytes before the archive, as in self-extracting programs."
        "Pack the folder `wpmz` again with an ordinary ZIP program."
    WRONG_FOLDER Error "wrong-folder"
        "Template or waylines stand in another folder than `wpmz`."
        "Pack the folder `wpmz` itself: neither its content alone nor the folder above it."
    WRONG_NAME Error "wrong-name"
        "Template or waylines under another name, such as `waylines.kml`."
        "Rename it: `wpmz/template.kml` and `wpmz/waylines.wpml`, in small letters."
    MISSING_FILE Error "missing-file"
        "Template or waylines are not there."
        "Export the route again. FlightHub wants `wpmz/template.kml` and `wpmz/waylines.wpml`."
    FOREIGN_FILE Hint "foreign-file"
        "A file that does not belong to a route."
        "Leave it out: besides the two files there is `wpmz/res/`."
    // The texts.
    NOT_UTF8 Error "not-utf8"
        "A text that is not UTF-8."
        "Save it as UTF-8."
    ENCODING Warning "encoding"
        "A text that names another encoding than UTF-8."
        "Write `encoding=\"UTF-8\"`, and save it so."
    DOCUMENT_TYPE Error "document-type"
        "A document type declaration, which could read files and addresses of whoever opens it."
        "Remove `<!DOCTYPE …>` and the entities that it declares."
    BAD_XML Error "bad-xml"
        "No well-formed XML."
        "Correct it at that place."
    NOT_KML Error "not-kml"
        "Another document than KML with a `Document` in it."
        "Write `<kml><Document>…</Document></kml>`."
    KML_NAMESPACE Warning "kml-namespace"
        "Another name space than that of KML 2.2."
        "Write `xmlns=\"http://www.opengis.net/kml/2.2\"`."
    WPML_NAMESPACE Warning "wpml-namespace"
        "DJI's elements without DJI's name space."
        "Write `xmlns:wpml=\"http://www.dji.com/wpmz/1.0.6\"` and `wpml:` before their names."
    WPML_VERSION Hint "wpml-version"
        "A version of WPML that is not known here."
        "Nothing, if FlightHub takes it."
    VERSIONS_DIFFER Warning "versions-differ"
        "Template and waylines of different versions of WPML."
        "Export both with the same program."
    // The mission.
    MISSING_ELEMENT Error "missing-element"
        "Something is missing that every route needs."
        "Add the element."
    TEMPLATE_INCOMPLETE Warning "template-incomplete"
        "Something is missing in the template that the waylines have to have."
        "Add the element to the template too, so that the route can be edited."
    BAD_VALUE Error "bad-value"
        "A value that is none."
        "Correct it; the text says what is expected."
    SECURITY_HEIGHT Warning "security-height"
        "A take-off security height below 2 m."
        "Take a height that clears everything around the dock; 20 m is usual."
    SPEED Warning "speed"
        "More than 15 m/s, which most aircraft do not reach on a route."
        "Take at most what the aircraft can do; 15 m/s is what the format allows to the first waypoint."
    UNKNOWN_DRONE Warning "unknown-drone"
        "An aircraft type that is not known here."
        "Check `droneEnumValue` and `droneSubEnumValue`: 91 and 1 are the M3TD, 100 and 1 the M4TD."
    DRONE_VARIANT Warning "drone-variant"
        "An aircraft type of several variants, and nothing says which."
        "Add `droneSubEnumValue`; without it the first variant is meant."
    NO_DOCK_DRONE Hint "no-dock-drone"
        "An aircraft that flies from no dock."
        "Nothing, if the route is for a remote controller."
    UNKNOWN_PAYLOAD Hint "unknown-payload"
        "A payload that is not known here."
        "Check `payloadEnumValue`."
    PAYLOAD_MISMATCH Warning "payload-mismatch"
        "A camera that this aircraft does not carry."
        "Make `droneInfo` and `payloadInfo` those of one aircraft."
    FINISH_ACTION Hint "finish-action"
        "Another end than going home."
        "Flights of a dock end at a dock whatever this says; with a remote controller it counts."
    // The waypoints.
    HEIGHT_MODE Error "height-mode"
        "Waylines that count their heights from different things."
        "Use one `executeHeightMode` in a file."
    NO_WAYPOINT Error "no-waypoint"
        "No waypoint at all."
        "Add waypoints (`Placemark`) to the waylines, not only to the template."
    ONE_WAYPOINT Error "one-waypoint"
        "A single waypoint: FlightHub takes the file, and refuses every task with it (219019)."
        "Add a second waypoint."
    TOO_MANY_WAYPOINTS Error "too-many-waypoints"
        "More than 65,535 waypoints."
        "Divide the route."
    SHORT_WAYLINE Warning "short-wayline"
        "One wayline of several has fewer than two waypoints."
        "Remove the wayline, or add waypoints to it."
    INDEX_MISSING Warning "index-missing"
        "A waypoint without number."
        "Number the waypoints of a wayline 0, 1, 2 and so on (`index`)."
    INDEX_TWICE Error "index-twice"
        "Two waypoints of a wayline with the same number."
        "Number the waypoints of a wayline 0, 1, 2 and so on (`index`)."
    INDEX_GAP Error "index-gap"
        "Waypoints that are not numbered from 0 without gaps."
        "Number the waypoints of a wayline 0, 1, 2 and so on (`index`)."
    INDEX_ORDER Hint "index-order"
        "Waypoints that do not stand in the order of their numbers, in which they are flown."
        "Sort them, so that programs that read them as they stand see the same route."
    BAD_COORDINATES Error "bad-coordinates"
        "No longitude and latitude in degrees."
        "Write longitude first, then latitude, with a comma between: `-25.3,0.021`."
    SWAPPED_COORDINATES Error "swapped-coordinates"
        "Latitude and longitude seem to have changed places."
        "Write longitude first in `coordinates`, and latitude first in `takeOffRefPoint`."
    NULL_ISLAND Error "null-island"
        "A waypoint at 0 degrees north, 0 degrees east, which is what missing values become."
        "Put in the place that was meant."
    LOW_HEIGHT Warning "low-height"
        "A waypoint less than 2 m over the start or the ground."
        "Check the height, and what `executeHeightMode` counts it from."
    HIGH_HEIGHT Hint "high-height"
        "A waypoint more than 120 m over the start or the ground, which many countries do not allow."
        "Check that the flight may go so high, and that the project's ceiling lets it."
    ODD_HEIGHT Warning "odd-height"
        "A waypoint more than 1,500 m over the start: probably a height over the ellipsoid."
        "Check what `executeHeightMode` counts heights from."
    SAME_PLACE Warning "same-place"
        "Two waypoints one after the other in the same place."
        "Remove one of them, and let the other have the actions of both."
    FAR_APART Warning "far-apart"
        "More than 10 km between neighbours, which is as far as aircraft of docks go."
        "Check the coordinates."
    ABSURD_DISTANCE Error "absurd-distance"
        "More than 100 km between neighbours."
        "Correct the coordinates."
    LONG_ROUTE Warning "long-route"
        "More than 40 km in all, which is more than a battery lasts."
        "Divide the route, or see that the task may be resumed."
    TURN_DAMPING Warning "turn-damping"
        "Turns that begin earlier than the stretch between two waypoints is long."
        "Make the sum of both `waypointTurnDampingDist` less than the stretch."
    ACTION_RANGE Warning "action-range"
        "Actions for waypoints that are not there."
        "Correct `actionGroupStartIndex` and `actionGroupEndIndex`."
    // The template against the waylines.
    TEMPLATE_DIFFERS Warning "template-differs"
        "Template and waylines say different things: people see the one, the aircraft flies the other."
        "Make the waylines again from the template."
    TEMPLATE_ID Warning "template-id"
        "A wayline of a template that is not there."
        "Use the `templateId` of a template in `wpmz/template.kml`."
    WAYPOINTS_DIFFER Warning "waypoints-differ"
        "A waypoint route whose template has other waypoints than its waylines."
        "Make the waylines again from the template."
    FAR_FROM_START Warning "far-from-start"
        "The first waypoint is more than 10 km from the place that the template starts from."
        "Check the waypoints and `takeOffRefPoint`."
    // What the rules above do not explain.
    UNREADABLE Error "unreadable"
        "The file cannot be read for a reason that has no rule of its own."
        "Correct it at that place."
}
