//! One unsound file for every rule, and many damaged ones.

mod archives;

use std::collections::BTreeSet;

use proptest::prelude::*;

use archives::{odd_archives, stored};

use super::*;
use crate::{Kmz, KmzWaypoint, TEMPLATE, WAYLINES, archive, write};

/// The texts of a sound route, and what else is packed with them.
#[derive(Clone)]
struct Files {
    template: String,
    waylines: String,
    others: Vec<(&'static str, String)>,
}

impl Files {
    fn sound() -> Self {
        let (template, waylines) = archive::texts(&route().to_bytes().unwrap()).unwrap();
        Self { template, waylines, others: Vec::new() }
    }

    fn pack(&self) -> Vec<u8> {
        let own = [(TEMPLATE, self.template.clone()), (WAYLINES, self.waylines.clone())];
        write::pack(own.into_iter().chain(self.others.iter().cloned())).unwrap()
    }

    /// The first of a text in the waylines, replaced.
    fn edit(mut self, from: &str, to: &str) -> Self {
        assert!(self.waylines.contains(from), "{from}");
        self.waylines = self.waylines.replacen(from, to, 1);
        self
    }

    /// The first of a text in the template, replaced.
    fn edit_template(mut self, from: &str, to: &str) -> Self {
        assert!(self.template.contains(from), "{from}");
        self.template = self.template.replacen(from, to, 1);
        self
    }

    /// The first of a text in both.
    fn edit_both(self, from: &str, to: &str) -> Self {
        self.edit(from, to).edit_template(from, to)
    }

    fn with(mut self, name: &'static str, text: &str) -> Self {
        self.others.push((name, text.to_owned()));
        self
    }
}

/// Three waypoints 111 m apart.
fn route() -> Kmz {
    let mut route = Kmz::new("0-91-1");
    route.waypoints = (0..3)
        .map(|step| KmzWaypoint::new(0.021 + 0.001 * f64::from(step), -25.3, 60.0).with_photo())
        .collect();
    route
}

fn sound() -> Files {
    Files::sound()
}

fn told(bytes: &[u8]) -> Vec<String> {
    lint(bytes).iter().map(ToString::to_string).collect()
}

#[test]
fn a_sound_route_has_no_findings() {
    assert_eq!(told(&sound().pack()), [""; 0]);
    for model in ["0-67-0", "0-67-1", "0-91-0", "0-100-0", "0-100-1"] {
        let route = Kmz { waypoints: route().waypoints, ..Kmz::new(model) };
        assert_eq!(told(&route.to_bytes().unwrap()), [""; 0], "{model}");
    }
}

/// Every rule with a file that breaks it and no other, and what is told.
fn cases() -> Vec<(Files, &'static str)> {
    const LINE: &str = "wpmz/waylines.wpml";
    assert_eq!(LINE, WAYLINES);
    let first_index = "<wpml:index>0</wpml:index>";
    let second_index = "<wpml:index>1</wpml:index>";
    vec![
        (
            sound().with("wpmz/../../x", ""),
            "error[unsafe-name]: wpmz/../../x: this name leads out of the archive",
        ),
        (
            sound().with("C:\\x", ""),
            "error[unsafe-name]: C:\\x: this name leads out of the archive",
        ),
        (sound().with(".DS_Store", ""), "hint[foreign-file]: .DS_Store: is no part of a route"),
        (
            sound().with("wpmz/res/a", "").with("wpmz/res/A", ""),
            "warning[case-only]: wpmz/res/A: differs from `wpmz/res/a` in capitals only",
        ),
        (
            Files { template: format!("{}{}", sound().template, " ".repeat(2 << 20)), ..sound() },
            "error[bomb]: wpmz/template.kml: ",
        ),
        (
            sound().with("wpmz/res/dsm.tif", &"0".repeat(3 << 20)),
            "warning[odd-ratio]: wpmz/res/dsm.tif: ",
        ),
        (
            sound().edit("encoding=\"UTF-8\"", "encoding='GB2312'"),
            "warning[encoding]: wpmz/waylines.wpml:1:1: says that it is GB2312, and is UTF-8",
        ),
        (
            sound().edit("<kml", "<!DOCTYPE kml [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><kml"),
            "error[document-type]: wpmz/waylines.wpml:2:1: has a document type declaration",
        ),
        (
            sound().edit("</wpml:finishAction>", "</wpml:finish>"),
            "error[bad-xml]: wpmz/waylines.wpml:6:30: is no sound XML: expected 'wpml:finishAction' tag, not 'wpml:finish' at 6:30",
        ),
        (
            sound().edit("<Document>", "<Folder>").edit("</Document>", "</Folder>"),
            "error[not-kml]: wpmz/waylines.wpml:2:1 <kml>: has no `Document`",
        ),
        (
            sound().edit("opengis.net/kml/2.2", "opengis.net/kml/2.3"),
            "warning[kml-namespace]: wpmz/waylines.wpml:2:1 <kml>: is not in the name space of KML 2.2",
        ),
        (
            sound().edit("http://www.dji.com/wpmz/1.0.6", "urn:wpml"),
            "warning[wpml-namespace]: wpmz/waylines.wpml:4:3 <missionConfig>: is not in the name space of WPML",
        ),
        (
            sound().edit("/1.0.6", "/1.0.2"),
            "warning[versions-differ]: wpmz/waylines.wpml:3:1 <Document>: is of version \"1.0.2\", the template of \"1.0.6\"",
        ),
        (
            sound().edit("    <wpml:exitOnRCLost>goContinue</wpml:exitOnRCLost>\n", ""),
            "error[missing-element]: wpmz/waylines.wpml:4:3 <missionConfig>: has no `exitOnRCLost`",
        ),
        (
            sound().edit_both("goContinue", "executeLostAction").edit_template(
                "<wpml:takeOff",
                "<wpml:executeRCLostAction>hover</wpml:executeRCLostAction><wpml:takeOff",
            ),
            "error[missing-element]: wpmz/waylines.wpml:4:3 <missionConfig>: says `executeLostAction`, and no `executeRCLostAction` says which",
        ),
        (
            sound().edit_template("    <wpml:exitOnRCLost>goContinue</wpml:exitOnRCLost>\n", ""),
            "warning[template-incomplete]: wpmz/template.kml:7:3 <missionConfig>: has no `exitOnRCLost`",
        ),
        (
            sound().edit_both("safely", "fast"),
            "error[bad-value]: wpmz/template.kml:8:5 <flyToWaylineMode>: `fast` is none of safely, pointToPoint",
        ),
        (
            sound().edit("<wpml:executeHeight>60", "<wpml:executeHeight>high\u{1b}"),
            // No XML allows an escape character.
            "error[bad-xml]: wpmz/waylines.wpml:20:31: is no sound XML: a non-XML character '\\u{1b}' found at 20:31",
        ),
        (
            sound().edit("<wpml:executeHeight>60", "<wpml:executeHeight>NaN"),
            "error[bad-value]: wpmz/waylines.wpml:20:7 <executeHeight>: `NaN` is no number of -1500 to 10000",
        ),
        (
            sound().edit_both("<wpml:takeOffSecurityHeight>20", "<wpml:takeOffSecurityHeight>1.5"),
            "warning[security-height]: wpmz/template.kml:11:5 <takeOffSecurityHeight>: `1.5` m is low",
        ),
        (
            sound().edit("<wpml:waypointSpeed>8", "<wpml:waypointSpeed>18"),
            "warning[speed]: wpmz/waylines.wpml:21:7 <waypointSpeed>: `18` m/s is fast",
        ),
        (
            sound().edit_both("Value>91<", "Value>92<"),
            "warning[unknown-drone]: wpmz/template.kml:13:21 <droneEnumValue>: no aircraft of type 92 is known",
        ),
        (
            sound()
                .edit_both("<wpml:droneSubEnumValue>1</wpml:droneSubEnumValue>", "")
                .edit_both("Value>81<", "Value>80<"),
            "warning[drone-variant]: wpmz/template.kml:13:5 <droneInfo>: has no `droneSubEnumValue`, and type 91 has variants",
        ),
        (
            sound().edit_both("Value>91<", "Value>67<").edit_both("Value>81<", "Value>53<").edit(
                "<wpml:droneSubEnumValue>1</wpml:droneSubEnumValue>",
                "",
            ),
            "error[missing-element]: wpmz/waylines.wpml:10:5 <droneInfo>: has no `droneSubEnumValue`",
        ),
        (
            sound().edit_both("Value>91<", "Value>77<").edit_both("Value>81<", "Value>67<"),
            "hint[no-dock-drone]: wpmz/template.kml:13:5 <droneInfo>: the M3T flies from no dock",
        ),
        (
            sound().edit_both("Value>91<", "Value>92<").edit_both("Value>81<", "Value>7<"),
            "hint[unknown-payload]: wpmz/template.kml:14:23 <payloadEnumValue>: payload 7 is not known",
        ),
        (
            sound().edit_both("Value>81<", "Value>99<"),
            "warning[payload-mismatch]: wpmz/template.kml:14:23 <payloadEnumValue>: payload 99 is not the camera 81 of the M3TD",
        ),
        (
            sound().edit_both("goHome", "noAction"),
            "hint[finish-action]: wpmz/template.kml:9:5 <finishAction>: is `noAction`",
        ),
        (
            sound().edit(
                "  </Folder>\n",
                "  </Folder>\n<Folder><wpml:executeHeightMode>WGS84</wpml:executeHeightMode></Folder>\n",
            ),
            "error[height-mode]: wpmz/waylines.wpml:84:9 <executeHeightMode>: `WGS84` is another one than that of the wayline before",
        ),
        (
            Files { waylines: keep_waypoints(&sound().waylines, 0), ..sound() },
            "error[no-waypoint]: wpmz/waylines.wpml:13:3 <Folder>: has no `Placemark`",
        ),
        (
            Files { waylines: keep_waypoints(&sound().waylines, 1), ..sound() },
            "error[one-waypoint]: wpmz/waylines.wpml:13:3 <Folder>: has a single waypoint",
        ),
        (
            sound().edit(
                "  </Folder>\n",
                "  </Folder>\n<Folder><wpml:executeHeightMode>relativeToStartPoint</wpml:executeHeightMode></Folder>\n",
            ),
            "warning[short-wayline]: wpmz/waylines.wpml:84:1 <Folder>: this wayline has 0 waypoints",
        ),
        (
            sound().edit(&format!("      {first_index}\n"), ""),
            "warning[index-missing]: wpmz/waylines.wpml:17:5 <Placemark>: has no `index`",
        ),
        (
            sound().edit(second_index, first_index),
            "error[index-twice]: wpmz/waylines.wpml:41:7 <index>: there are two waypoints 0",
        ),
        (
            sound().edit("<wpml:index>2</wpml:index>", "<wpml:index>7</wpml:index>"),
            "error[index-gap]: wpmz/waylines.wpml:63:7 <index>: waypoint 7 comes where 2 is expected",
        ),
        (
            sound()
                .edit(first_index, "<wpml:index>one</wpml:index>")
                .edit(second_index, first_index)
                .edit(">one<", ">1<"),
            "hint[index-order]: wpmz/waylines.wpml:13:3 <Folder>: the waypoints do not stand in the order of their numbers",
        ),
        (
            sound().edit("-25.3,0.021", "0.021;-25.3"),
            "error[bad-coordinates]: wpmz/waylines.wpml:18:14 <coordinates>: `0.021;-25.3` is no longitude and latitude",
        ),
        (
            sound().edit("-25.3,0.021", "48.1,171.5"),
            "error[bad-coordinates]: wpmz/waylines.wpml:18:14 <coordinates>: `48.1,171.5` is no longitude and latitude; latitude seems to stand first",
        ),
        (
            sound()
                .edit("-25.3,0.021", "0.021,-25.3")
                .edit("-25.3,0.022", "0.022,-25.3")
                .edit("-25.3,0.023", "0.023,-25.3"),
            "error[swapped-coordinates]: wpmz/waylines.wpml:18:14 <coordinates>: `0.021,-25.3` has the numbers of the template the other way round",
        ),
        (
            sound().edit("-25.3,0.021", "0,0"),
            "error[null-island]: wpmz/waylines.wpml:18:14 <coordinates>: `0,0` is where nothing is",
        ),
        (
            sound().edit("<wpml:executeHeight>60", "<wpml:executeHeight>-3"),
            "warning[low-height]: wpmz/waylines.wpml:20:7 <executeHeight>: is -3 m over the start",
        ),
        (
            sound().edit("<wpml:executeHeight>60", "<wpml:executeHeight>150"),
            "hint[high-height]: wpmz/waylines.wpml:20:7 <executeHeight>: is 150 m over the start",
        ),
        (
            sound().edit("<wpml:executeHeight>60", "<wpml:executeHeight>1800"),
            "warning[odd-height]: wpmz/waylines.wpml:20:7 <executeHeight>: is 1800 m over the start",
        ),
        (
            sound().edit("-25.3,0.022", "-25.3,0.021").edit_template("-25.3,0.022", "-25.3,0.021"),
            "warning[same-place]: wpmz/waylines.wpml:39:5 <Placemark>: from waypoint 0 to waypoint 1 it is less than 0.1 m",
        ),
        (
            sound().edit_both("-25.3,0.023", "-25.3,0.223"),
            "warning[far-apart]: wpmz/waylines.wpml:61:5 <Placemark>: it is 22.4 km from waypoint 1 to waypoint 2",
        ),
        (
            sound().edit_both("-25.3,0.023", "-25.3,10.023"),
            "error[absurd-distance]: wpmz/waylines.wpml:61:5 <Placemark>: it is 1112.1 km from waypoint 1 to waypoint 2",
        ),
        (
            sound().edit(
                "<wpml:executeHeight>60</wpml:executeHeight>\n      <wpml:waypointSpeed>8</wpml:waypointSpeed>\n      <wpml:actionGroup>\n        <wpml:actionGroupId>1",
                "<wpml:executeHeight>60</wpml:executeHeight><wpml:waypointTurnParam>\
                 <wpml:waypointTurnMode>coordinateTurn</wpml:waypointTurnMode>\
                 <wpml:waypointTurnDampingDist>112</wpml:waypointTurnDampingDist></wpml:waypointTurnParam>\
                 <wpml:waypointSpeed>8</wpml:waypointSpeed><wpml:actionGroup><wpml:actionGroupId>1",
            ),
            "warning[turn-damping]: wpmz/waylines.wpml:39:5 <Placemark>: turns of 112.0 m on the 111.2 m from waypoint 0 to waypoint 1",
        ),
        (
            sound().edit("EndIndex>2<", "EndIndex>3<"),
            "warning[action-range]: wpmz/waylines.wpml:66:7 <actionGroup>: is for the waypoints 2 to 3",
        ),
        (
            sound().edit("<wpml:globalTransitionalSpeed>10", "<wpml:globalTransitionalSpeed>12"),
            "warning[template-differs]: wpmz/waylines.wpml:9:5 <globalTransitionalSpeed>: is `12`, and `10` in the template",
        ),
        (
            sound().edit("templateId>0<", "templateId>4<"),
            "warning[template-id]: wpmz/waylines.wpml:14:5 <templateId>: the template has no `templateId` `4`",
        ),
        (
            sound().edit("-25.3,0.023", "-25.3,0.024"),
            "warning[waypoints-differ]: wpmz/waylines.wpml:62:14 <coordinates>: `-25.3,0.024` is 111 m from the template's",
        ),
        (
            sound().edit_template("<wpml:droneInfo>", "<wpml:takeOffRefPoint>0.5,-25.3,9</wpml:takeOffRefPoint><wpml:droneInfo>"),
            "warning[far-from-start]: wpmz/template.kml:13:5 <takeOffRefPoint>: the first waypoint is 53.3 km from `0.5,-25.3,9`",
        ),
        (
            sound().edit_template("<wpml:droneInfo>", "<wpml:takeOffRefPoint>-25.3,0.02,9</wpml:takeOffRefPoint><wpml:droneInfo>"),
            "error[swapped-coordinates]: wpmz/template.kml:13:5 <takeOffRefPoint>: `-25.3,0.02,9` lies at the first waypoint when latitude and longitude of one of them change places",
        ),
    ]
}

/// The text with so many waypoints.
fn keep_waypoints(text: &str, count: usize) -> String {
    let parts: Vec<&str> = text.split("    <Placemark>").collect();
    let (head, tail) = (&parts[..=count], "  </Folder>\n</Document>\n</kml>\n");
    let mut kept = head.join("    <Placemark>");
    if count == 0 || parts.len() > count + 1 {
        kept += tail;
    }
    kept
}

#[test]
fn every_rule_finds_its_file_and_says_where() {
    let packed = cases().into_iter().map(|(files, expected)| (files.pack(), expected));
    let mut missed = Vec::new();
    let mut rules = BTreeSet::new();
    for (bytes, expected) in packed.chain(odd_archives()) {
        let findings = assert_consistent(&bytes);
        let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
        if !told.iter().any(|line| line.starts_with(expected)) {
            missed.push(format!("{expected}\n    instead: {told:#?}"));
        }
        rules.extend(findings.into_iter().map(|finding| finding.rule));
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    let without: Vec<&str> =
        RULES.iter().map(|rule| rule.name).filter(|name| !rules.contains(name)).collect();
    assert_eq!(without, ["unreadable"], "rules that no file of the tests breaks");
}

#[test]
fn everything_is_told_at_once_and_errors_first() {
    let files = sound()
        .edit("<wpml:waypointSpeed>8", "<wpml:waypointSpeed>fast")
        .edit("-25.3,0.021", "0,0")
        .edit_both("goHome", "autoLand");
    let rules: Vec<_> = lint(&files.pack()).into_iter().map(|finding| finding.rule).collect();
    assert_eq!(
        rules,
        ["bad-value", "null-island", "waypoints-differ", "finish-action", "finish-action"]
    );
}

#[test]
fn a_thousand_findings_of_a_rule_are_ten_and_a_number() {
    let text = keep_waypoints(&sound().waylines, 0);
    let row = "<Placemark><wpml:index>0</wpml:index></Placemark>\n".repeat(1_000);
    let waylines = text.replace("  </Folder>\n", &format!("{row}  </Folder>\n"));
    let findings = lint(&Files { waylines, ..sound() }.pack());
    let twice: Vec<_> = findings.iter().filter(|one| one.rule == "index-twice").collect();
    assert_eq!(twice.len(), MOST_OF_A_RULE);
    assert_eq!(twice.iter().map(|one| one.more).sum::<usize>(), 999 - MOST_OF_A_RULE);
    assert!(twice[9].to_string().ends_with("there are two waypoints 0 (989 more like this)"));
}

#[test]
fn a_finding_is_told_as_json() {
    let findings = lint(&sound().edit("-25.3,0.021", "0,0").pack());
    let json = serde_json::to_value(&findings[0]).unwrap();
    let expected = serde_json::json!({
        "severity": "error",
        "rule": "null-island",
        "place": {"file": "wpmz/waylines.wpml", "line": 18, "column": 14, "element": "coordinates"},
        "problem": "`0,0` is where nothing is",
        "remedy": "Put in the place that was meant.",
        "more": 0,
    });
    assert_eq!(json, expected);
}

#[test]
fn names_of_rules_are_kebab_case_and_unique() {
    let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), RULES.len());
    assert!(
        names
            .iter()
            .all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c == '8'))
    );
}

/// The table in the README is that of the code.
#[test]
fn the_readme_lists_the_rules() {
    let readme = include_str!("../../README.md");
    for rule in RULES {
        let row = format!("| `{}` | {} | {} |", rule.name, rule.severity.as_str(), rule.about);
        assert!(readme.contains(&row), "README.md has to say: {row}");
    }
    let rows = readme.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, RULES.len(), "README.md has rows for rules that are none");
}

/// What has no errors can be read; what cannot be read has errors. And findings are few, whatever the file.
fn assert_consistent(bytes: &[u8]) -> Vec<Finding> {
    let findings = lint(bytes);
    let has_errors = findings.iter().any(|finding| finding.severity == Severity::Error);
    match Kmz::read(bytes) {
        Ok(_) => {}
        Err(error) => assert!(has_errors, "{error} without a finding: {findings:#?}"),
    }
    assert!(findings.len() <= RULES.len() * MOST_OF_A_RULE);
    for finding in &findings {
        let length = finding.to_string().len() + finding.remedy.len();
        assert!(length < 4_000, "{length} bytes: {finding}");
        assert!(!finding.remedy.is_empty() && !finding.problem.is_empty(), "{finding}");
        assert!(!finding.to_string().contains(char::is_control), "{finding:?}");
    }
    findings
}

/// Pieces that change the meaning of a text, and such that end it.
const PIECES: [&str; 24] = [
    "",
    "0",
    "1",
    "-1",
    "91",
    "NaN",
    "inf",
    "1e308",
    "4294967296",
    "-25.3,0.02",
    "0,0",
    "200,100",
    "<",
    ">",
    "<Folder>",
    "</Folder>",
    "<Placemark>",
    "</Placemark>",
    "<wpml:index>",
    "<!--",
    "-->",
    "<![CDATA[",
    "\u{202e}\u{feff}",
    "goHome",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_looked_at(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        assert_consistent(&bytes);
        assert_consistent(&[b"PK\x05\x06", bytes.as_slice()].concat());
    }

    #[test]
    fn damaged_archives_are_looked_at(
        is_stored in any::<bool>(),
        cut in 0.0..1.3_f64,
        changes in prop::collection::vec((0.0..1.0_f64, any::<u8>()), 0..6),
    ) {
        let mut bytes = if is_stored { stored(&sound()) } else { sound().pack() };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "small")]
        let at = |part: f64, length: usize| (part * length as f64) as usize;
        for (part, byte) in changes {
            let at = at(part, bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(at(cut, bytes.len()));
        assert_consistent(&bytes);
    }

    #[test]
    fn damaged_texts_are_looked_at(
        in_template in any::<bool>(),
        changes in prop::collection::vec((0.0..1.0_f64, prop::sample::select(&PIECES[..])), 1..5),
    ) {
        let mut files = sound();
        for (part, piece) in changes {
            let text = if in_template { &mut files.template } else { &mut files.waylines };
            // Whole contents and tags are replaced, so that most texts stay XML.
            let cuts: Vec<usize> = text.match_indices(['<', '>']).map(|(at, _)| at + 1).collect();
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "small")]
            let at = (part * (cuts.len() - 1) as f64) as usize;
            let end = text[cuts[at]..].find(['<', '>']).map_or(text.len(), |end| cuts[at] + end);
            text.replace_range(cuts[at]..end, piece);
        }
        assert_consistent(&stored(&files));
    }
}
