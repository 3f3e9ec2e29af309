//! Sound, unsound and hostile route files.

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;

const MISSION: &str = "<w:missionConfig><w:finishAction>goHome</w:finishAction>\
    <w:takeOffSecurityHeight>25</w:takeOffSecurityHeight>\
    <w:globalTransitionalSpeed>12.5</w:globalTransitionalSpeed>\
    <w:droneInfo><w:droneEnumValue>91</w:droneEnumValue><w:droneSubEnumValue>1</w:droneSubEnumValue></w:droneInfo>\
    <w:payloadInfo><w:payloadEnumValue>81</w:payloadEnumValue></w:payloadInfo></w:missionConfig>";

/// A document of another version and prefix than those of the writer.
fn document(inside: &str) -> String {
    format!(
        "\u{feff}<?xml version=\"1.0\"?><kml xmlns=\"http://www.opengis.net/kml/2.2\" xmlns:w=\"http://www.dji.com/wpmz/1.0.2\">\
         <Document>{MISSION}{inside}</Document></kml>"
    )
}

fn template() -> String {
    document("<Folder><w:templateType>mapping2d</w:templateType></Folder>")
}

fn placemark(index: u32, inside: &str) -> String {
    format!(
        "<Placemark><Point><coordinates>\n -25.3,0.0{index}1 </coordinates></Point><w:index>{index}</w:index>\
         <w:executeHeight>70.5</w:executeHeight>{inside}</Placemark>"
    )
}

fn waylines(inside: &str) -> String {
    document(&format!(
        "<Folder><w:executeHeightMode>WGS84</w:executeHeightMode><w:autoFlightSpeed>7</w:autoFlightSpeed>{inside}</Folder>"
    ))
}

fn two_points() -> String {
    waylines(&(placemark(0, "") + &placemark(1, "")))
}

fn packed(template: &str, waylines: &str) -> Vec<u8> {
    write::pack([(TEMPLATE, template.to_owned()), (WAYLINES, waylines.to_owned())]).unwrap()
}

fn refused(bytes: &[u8]) -> (KmzErrorKind, String) {
    let error = Kmz::read(bytes).unwrap_err();
    (error.kind(), error.to_string())
}

fn route() -> Kmz {
    let mut route = Kmz::new("0-100-1");
    route.lenses = vec![PayloadLensType::Wide, PayloadLensType::Ir];
    route.height_mode = HeightMode::Wgs84;
    route.finish_action = FinishAction::NoAction;
    let point = |north: f64| KmzWaypoint::new(0.02 + north, -25.3, 61.25);
    route.waypoints = vec![
        point(0.0).with_video(VideoAction::Start),
        KmzWaypoint { hover: 2.5, ..point(0.001).with_photo().with_photo().with_speed(3.5) },
        point(0.002).with_video(VideoAction::Stop),
    ];
    route
}

#[test]
fn what_is_written_is_read_again() {
    let bytes = route().to_bytes().unwrap();
    assert_eq!(Kmz::read(&bytes).unwrap(), route());
    assert_eq!(route().to_bytes().unwrap(), bytes, "the same bytes");
    assert_eq!(bytes.get(..2), Some(b"PK".as_slice()));
    for (_, kind) in TEMPLATE_TYPES {
        let route = Kmz { template_type: kind, ..route() };
        assert_eq!(Kmz::read(&route.to_bytes().unwrap()).unwrap(), route);
    }
}

#[test]
fn what_could_not_be_read_is_not_written() {
    let empty = Kmz::new("0-91-1").to_bytes().unwrap_err();
    assert_eq!(empty.kind(), KmzErrorKind::MissingElement);
    let mut odd = route();
    odd.waypoints[1].latitude = f64::NAN;
    assert_eq!(odd.to_bytes().unwrap_err().kind(), KmzErrorKind::BadValue);
    let odd = Kmz { payload: "<81>".to_owned(), ..route() };
    assert_eq!(odd.to_bytes().unwrap_err().kind(), KmzErrorKind::BadValue);
    let odd = Kmz { model: "Mavic".into(), ..route() };
    assert_eq!(odd.to_bytes().unwrap_err().kind(), KmzErrorKind::BadValue);
}

#[test]
fn files_of_other_versions_are_read_by_local_names() {
    let route = Kmz::read(&packed(&template(), &two_points())).unwrap();
    assert_eq!(route.template_type, WaylineTemplateType::Mapping2d);
    assert_eq!((route.model.as_str(), route.payload.as_str()), ("0-91-1", "81"));
    assert_eq!((route.take_off_security_height, route.global_transitional_speed), (25.0, 12.5));
    assert_eq!(
        (route.height_mode, &route.lenses[..]),
        (HeightMode::Wgs84, &[PayloadLensType::Wide][..])
    );
    let first = KmzWaypoint::new(0.001, -25.3, 70.5).with_speed(7.0);
    assert_eq!(route.waypoints, [first, KmzWaypoint { latitude: 0.011, ..first }]);
}

#[test]
fn waypoints_are_flown_by_index_with_the_actions_of_their_groups() {
    let group = |range: (u32, u32), actions: &str| {
        format!(
            "<w:actionGroup><w:actionGroupStartIndex>{}</w:actionGroupStartIndex>\
             <w:actionGroupEndIndex>{}</w:actionGroupEndIndex>{actions}</w:actionGroup>",
            range.0, range.1
        )
    };
    let action = |name: &str| {
        format!("<w:action><w:actionActuatorFunc>{name}</w:actionActuatorFunc></w:action>")
    };
    let hover = "<w:action><w:actionActuatorFunc>hover</w:actionActuatorFunc><w:actionActuatorFuncParam>\
        <w:hoverTime>4</w:hoverTime></w:actionActuatorFuncParam></w:action>";
    let first = group((0, 1), &action("takePhoto")) + &group((0, 0), &action("startRecord"));
    let last = group((2, 2), &(action("gimbalRotate") + hover + &action("takePhoto")));
    let fast = "<w:waypointSpeed>11</w:waypointSpeed>";
    let text = waylines(&(placemark(2, &last) + &placemark(0, &first) + &placemark(1, fast)));
    let points = Kmz::read(&packed(&template(), &text)).unwrap().waypoints;
    let seen: Vec<_> =
        points.iter().map(|point| (point.photos, point.video, point.hover, point.speed)).collect();
    assert_eq!(
        seen,
        [(1, Some(VideoAction::Start), 0.0, 7.0), (1, None, 0.0, 11.0), (1, None, 4.0, 7.0)]
    );
}

#[test]
fn unsound_routes_are_refused_with_the_place() {
    use KmzErrorKind::{BadValue, BadXml, MissingElement};
    let good = two_points();
    let edit = |from: &str, to: &str| good.replacen(from, to, 1);
    let without = |element: &str| {
        let (start, end) = (format!("<w:{element}>"), format!("</w:{element}>"));
        let from = good.find(&start).unwrap();
        let to = good.find(&end).unwrap() + end.len();
        format!("{}{}", &good[..from], &good[to..])
    };
    let cases = [
        ("cut off", good[..200].to_owned(), BadXml, "waylines.wpml:1:"),
        ("no mission", without("missionConfig"), MissingElement, "no `missionConfig`"),
        ("no height", without("takeOffSecurityHeight"), MissingElement, "`takeOffSecurityHeight`"),
        (
            "no drone",
            without("droneEnumValue"),
            MissingElement,
            "`droneInfo` has no `droneEnumValue`",
        ),
        ("no payload", without("payloadInfo"), MissingElement, "no `payloadInfo`"),
        ("no mode", without("executeHeightMode"), MissingElement, "`Folder` has no"),
        (
            "no speed",
            without("autoFlightSpeed"),
            MissingElement,
            "`Placemark` has no `waypointSpeed`",
        ),
        (
            "a model by name",
            edit(">91<", ">M3TD<"),
            BadValue,
            "`droneEnumValue` is no whole number",
        ),
        ("another mode", edit("WGS84", "EGM96"), BadValue, "none of relativeToStartPoint, WGS84"),
        ("no number", edit("70.5", "high"), BadValue, "`executeHeight` is no number"),
        ("endless", edit("70.5", "inf"), BadValue, "`executeHeight` is no number"),
        ("standing", edit(">7<", ">0<"), BadValue, "`autoFlightSpeed` is no number of 0.1 to 50"),
        ("latitude first", edit("-25.3,0.0", "0.01,-95."), BadValue, "longitude and latitude"),
        ("one number", edit("-25.3,0.0", "0.0"), BadValue, "longitude and latitude"),
        ("no waypoint", waylines(""), MissingElement, "no `Placemark`"),
        (
            "an M30",
            edit(">91<", ">67<").replace("<w:droneSubEnumValue>1</w:droneSubEnumValue>", ""),
            MissingElement,
            "droneSubEnumValue",
        ),
    ];
    for (what, text, kind, part) in cases {
        let (found, message) = refused(&packed(&template(), &text));
        assert_eq!(found, kind, "{what}: {message}");
        assert!(message.contains(part), "{what}: {message}");
        assert!(message.starts_with("wpmz/waylines.wpml"), "{what}: {message}");
    }
    let (kind, message) = refused(&packed(&document("<Folder/>"), &good));
    assert_eq!(kind, MissingElement);
    assert!(
        message.starts_with("wpmz/template.kml:1:") && message.contains("templateType"),
        "{message}"
    );
}

#[test]
fn archives_without_the_two_files_are_refused() {
    assert_eq!(refused(b"").0, KmzErrorKind::NoArchive);
    assert_eq!(refused(b"<kml></kml>").0, KmzErrorKind::NoArchive);
    let good = packed(&template(), &two_points());
    assert_eq!(refused(&good[..good.len() - 30]).0, KmzErrorKind::NoArchive);
    // As in the field: the wrong ending, and no folder.
    for name in ["wpmz/waylines.kml", "waylines.wpml"] {
        let bytes = write::pack([(TEMPLATE, template()), (name, two_points())]).unwrap();
        let (kind, message) = refused(&bytes);
        assert_eq!(kind, KmzErrorKind::MissingFile);
        assert_eq!(message, format!("wpmz/waylines.wpml: is missing; there is `{name}` instead"));
    }
    let bytes = write::pack([(WAYLINES, two_points())]).unwrap();
    assert_eq!(
        refused(&bytes),
        (KmzErrorKind::MissingFile, "wpmz/template.kml: is missing".to_owned())
    );
}

#[test]
fn names_that_lead_out_are_refused() {
    for name in ["../evil", "wpmz/../../evil", "/etc/passwd", "C:\\evil", "wpmz\\..\\..\\evil"] {
        let bytes = write::pack([
            (TEMPLATE, template()),
            (WAYLINES, two_points()),
            (name, "evil".to_owned()),
        ]);
        let (kind, message) = refused(&bytes.unwrap());
        assert_eq!(kind, KmzErrorKind::UnsafeName, "{name}: {message}");
    }
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.add_symlink(TEMPLATE, "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let bytes = archive.finish().unwrap().into_inner();
    assert_eq!(refused(&bytes).0, KmzErrorKind::UnsafeName);
}

#[test]
fn bombs_are_refused_before_they_unpack() {
    let zeros = format!("{}{}", template(), " ".repeat(3 << 20));
    let (kind, message) = refused(&packed(&zeros, &two_points()));
    assert_eq!(kind, KmzErrorKind::TooLarge, "{message}");
    // A header that lies about the size does not help.
    let mut bytes = packed(&zeros, &two_points());
    let size = u32::try_from(zeros.len()).unwrap().to_le_bytes();
    let places: Vec<_> =
        bytes.windows(4).enumerate().filter(|(_, four)| *four == size).map(|(at, _)| at).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + 4].copy_from_slice(&1000_u32.to_le_bytes());
    }
    assert!(Kmz::read(&bytes).is_err());
    let many = (0..2_001).map(|number| format!("wpmz/res/{number}")).collect::<Vec<_>>();
    let bytes = write::pack(many.iter().map(|name| (name.as_str(), String::new()))).unwrap();
    assert_eq!(refused(&bytes).0, KmzErrorKind::TooLarge);
}

#[test]
fn entities_are_refused_and_depth_is_harmless() {
    let entity = "<!DOCTYPE kml [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>";
    let text = template().replace("<kml", &format!("{entity}<kml"));
    let (kind, message) = refused(&packed(&text, &two_points()));
    assert_eq!(kind, KmzErrorKind::BadXml, "{message}");
    assert!(!message.contains("root"), "{message}");
    let deep = "<a>".repeat(100_000) + &"</a>".repeat(100_000);
    let text = template().replace("<Folder>", &format!("{deep}<Folder>"));
    assert!(Kmz::read(&packed(&text, &two_points())).is_ok(), "depth costs no stack");
}

#[test]
fn damaged_files_are_refused() {
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, text) in [(TEMPLATE, template()), (WAYLINES, two_points())] {
        archive.start_file(name, stored).unwrap();
        std::io::Write::write_all(&mut archive, text.as_bytes()).unwrap();
    }
    let mut bytes = archive.finish().unwrap().into_inner();
    assert!(Kmz::read(&bytes).is_ok(), "stored without compression is fine");
    // A byte of a text that is not what its checksum says.
    let at = bytes.windows(5).position(|five| five == b"70.5<").unwrap();
    bytes[at] = b'9';
    assert_eq!(refused(&bytes).0, KmzErrorKind::NoArchive);
}
