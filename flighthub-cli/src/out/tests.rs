use serde_json::json;

use super::*;

const WIDE: Terminal = Terminal { is_terminal: true, width: Some(80), color: false };

const COLUMNS: [Column; 4] = [
    Column::id("SERIAL NUMBER", "sn"),
    Column::new("NAME", "name"),
    Column::new("HEIGHT", "place.height"),
    Column::new("TAGS", "tags"),
];

fn docks() -> Vec<Value> {
    vec![
        json!({"sn": "7CTXN0000B00A1", "name": "North gate", "online": true, "tags": ["rain", "night"],
               "place": {"latitude": 0.02, "longitude": -25.3, "height": 12.5}}),
        json!({"sn": "7CTXN0000B00A2", "name": "=cmd|'/c calc'!A1\u{1b}[31m\nok", "online": false, "tags": [],
               "place": {"latitude": 0.021, "longitude": -25.31, "height": 8}}),
        json!({"sn": "7CTXN0000B00A3", "name": null, "place": {"latitude": 0, "longitude": 0, "height": null}}),
    ]
}

fn written(format: Format, write: impl FnOnce(&Out) -> Result<(), OutError>) -> String {
    filtered(Some(format), None, Terminal::NONE, write).unwrap()
}

fn filtered(
    format: Option<Format>,
    jq: Option<&str>,
    terminal: Terminal,
    write: impl FnOnce(&Out) -> Result<(), OutError>,
) -> Result<String, OutError> {
    let (out, captured) = Out::captured(format, jq, terminal)?;
    write(&out)?;
    Ok(captured.take())
}

fn rows(out: &Out) -> Result<(), OutError> {
    out.rows(&COLUMNS, docks())
}

#[test]
fn rows_as_a_table() {
    insta::assert_snapshot!(written(Format::Table, rows));
}

#[test]
fn rows_as_json() {
    insta::assert_snapshot!(
        written(Format::Json, |out| out.rows(&COLUMNS, docks().into_iter().take(1)))
    );
}

#[test]
fn rows_as_ndjson() {
    insta::assert_snapshot!(written(Format::Ndjson, rows));
}

#[test]
fn rows_as_yaml() {
    insta::assert_snapshot!(written(Format::Yaml, rows));
}

#[test]
fn rows_as_csv() {
    insta::assert_snapshot!(written(Format::Csv, rows).replace('\r', "␍"));
}

#[test]
fn rows_as_geojson() {
    let text = written(Format::Geojson, |out| {
        out.rows(&COLUMNS, docks().into_iter().skip(2).chain(docks().into_iter().take(1)))
    });
    insta::assert_snapshot!(text);
}

#[test]
fn a_thing_as_a_table() {
    let thing = json!({
        "uuid": "3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10", "name": "Atlantic\u{202e} test",
        "when": {"begin": "2026-01-01T08:00:00Z", "end": null}, "tags": ["a", "b"],
        "devices": docks(), "empty": [], "flights": [{"name": "Morning round", "distance_m": 1394.5}],
    });
    insta::assert_snapshot!(written(Format::Table, |out| out.value(&thing)));
}

#[test]
fn a_list_of_the_api_is_its_rows() {
    let list = json!({"list": [{"name": "A", "id": "1"}], "total": 1});
    insta::assert_snapshot!(written(Format::Table, |out| out.value(&list)));
}

#[test]
fn a_narrow_terminal_shortens_names_with_a_mark_and_never_serial_numbers_or_numbers() {
    for width in [20, 30, 45, 60, 200] {
        let terminal = Terminal { width: Some(width), ..WIDE };
        let text = filtered(None, None, terminal, rows).unwrap();
        for whole in ["7CTXN0000B00A1", "7CTXN0000B00A2", "7CTXN0000B00A3", "12.5", "HEIGHT"] {
            assert!(text.contains(whole), "{width}: {text}");
        }
        assert_eq!(text.lines().count(), 4, "{width}: {text}");
        let longest = text.lines().map(unicode_width::UnicodeWidthStr::width).max().unwrap();
        assert!(longest <= usize::from(width).max(42), "{width}: {longest}\n{text}");
        assert_eq!(text.contains('…'), width <= 60, "{width}: {text}");
    }
}

#[test]
fn a_table_that_finds_its_columns_takes_those_that_fit() {
    let tasks: Vec<Value> = (0..2)
        .map(|index| {
            json!({"wayline_uuid": "c2b0a3f4-1f0e-4f6a-8c55-9d3b2e7a6410", "uuid": format!("3d58bb03-f31a-4686-8763-de764d6fe1b{index}"),
                   "name": "Morning round", "status": "success", "sn": "7CTXN0000B00A1", "media": 25})
        })
        .collect();
    let seen = |width| {
        let terminal = Terminal { width: Some(width), ..WIDE };
        let text = filtered(None, None, terminal, |out| out.value(&tasks)).unwrap();
        text.lines()
            .next()
            .unwrap()
            .split("  ")
            .filter(|word| !word.is_empty())
            .map(str::trim)
            .collect::<Vec<_>>()
            .join(", ")
    };
    assert_eq!(seen(40), "NAME, UUID");
    assert_eq!(seen(80), "NAME, UUID, SN, STATUS");
    assert_eq!(seen(90), "NAME, UUID, SN, STATUS, MEDIA");
    assert_eq!(seen(130), "NAME, UUID, SN, STATUS, MEDIA, WAYLINE UUID");
}

#[test]
fn nothing_on_a_terminal_is_steered_by_the_service() {
    let evil = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}x\r\nDone. Exit 0\u{2028}\u{200b}";
    let value = json!({evil: evil, "list": [{"name": evil, evil: 1}], "plain": [evil]});
    let safe = |text: &str| !text.contains(|c: char| text::is_unsafe(c) && c != '\n' && c != '\r');
    for format in Format::value_variants() {
        if *format == Format::Geojson {
            continue;
        }
        let text = filtered(Some(*format), None, WIDE, |out| {
            out.value(&value)?;
            out.stream_item(&[], &value)
        });
        let text = text.unwrap();
        assert!(safe(&text), "{format:?}: {text:?}");
        assert!(!text.lines().any(|line| line.starts_with("Done.")), "{format:?}: {text:?}");
    }
    let raw = filtered(Some(Format::Json), Some(".plain[0]"), WIDE, |out| out.value(&value));
    assert!(safe(&raw.unwrap()));
    let (out, captured) = Out::captured(None, Some(".plain[0]"), WIDE).unwrap();
    out.raw(true).value(&value).unwrap();
    assert!(safe(&captured.take()));
    // Programs get it as it is.
    let (out, captured) = Out::captured(None, Some(".plain[0]"), Terminal::NONE).unwrap();
    out.raw(true).value(&value).unwrap();
    assert_eq!(captured.take(), format!("{evil}\n"));
}

#[test]
fn json_is_exact() {
    let value =
        json!({"big": 18_446_744_073_709_551_615_u64, "small": -2.5e-9, "text": "\u{1b}\u{9b}ü🚁"});
    for format in [Format::Json, Format::Ndjson] {
        let text = written(format, |out| out.value(&value));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        assert!(text.contains("\\u001b\\u009bü🚁"), "{text}");
    }
}

#[test]
fn a_table_is_for_terminals_and_json_for_pipes_and_filters() {
    let value = json!({"a": 1});
    let seen = |terminal, jq| filtered(None, jq, terminal, |out| out.value(&value)).unwrap();
    assert_eq!(seen(WIDE, None), "a  1\n");
    assert_eq!(seen(Terminal::NONE, None), "{\n  \"a\": 1\n}\n");
    assert_eq!(seen(WIDE, Some(".")), "{\n  \"a\": 1\n}\n");
    let color = Terminal { color: true, ..WIDE };
    assert_eq!(seen(color, None), "\u{1b}[1ma\u{1b}[0m  1\n");
}

#[test]
fn filters_are_those_of_jq() {
    let seen = |format, jq: &str| filtered(format, Some(jq), Terminal::NONE, rows).unwrap();
    assert_eq!(
        seen(None, ".[].sn"),
        "\"7CTXN0000B00A1\"\n\"7CTXN0000B00A2\"\n\"7CTXN0000B00A3\"\n"
    );
    assert_eq!(seen(None, "map(select(.online)) | length"), "1\n");
    assert_eq!(
        seen(Some(Format::Ndjson), ".[0] | {sn, tags}"),
        "{\"sn\":\"7CTXN0000B00A1\",\"tags\":[\"rain\",\"night\"]}\n"
    );
    assert_eq!(
        seen(Some(Format::Csv), ".[] | {sn}"),
        "sn\r\n7CTXN0000B00A1\r\n7CTXN0000B00A2\r\n7CTXN0000B00A3\r\n"
    );
    assert_eq!(seen(Some(Format::Yaml), ".[0].tags, 1"), "- rain\n- night\n---\n1\n");
    assert_eq!(seen(None, "empty"), "");
    assert_eq!(seen(None, "1, halt, 2"), "1\n");
    let (out, captured) = Out::captured(None, Some(".[].name // empty"), Terminal::NONE).unwrap();
    rows(&out.raw(true)).unwrap();
    assert!(captured.take().starts_with("North gate\n=cmd"));
}

#[test]
fn a_filter_that_cannot_be_read_is_told_with_its_place() {
    for (jq, says) in [
        (".[", "character 3: expected closing bracket"),
        (".[] | nmae", "character 7: there is no filter nmae"),
        ("map(.sn", "character 8: expected closing parenthesis"),
        (".a |\n foo(1)", "line 2, character 2: there is no filter foo/1"),
        ("$x", "character 1: there is no variable $x"),
        ("", "expected term"),
        // The environment holds the key.
        ("env", "there is no filter env"),
        ("$ENV", "there is no variable $ENV"),
    ] {
        let error = filtered(None, Some(jq), Terminal::NONE, rows).unwrap_err();
        assert!(error.is_usage());
        assert!(error.to_string().contains(says), "{jq}: {error}");
    }
    let error = filtered(None, Some(".[] | .sn.x"), Terminal::NONE, rows).unwrap_err();
    assert!(matches!(error, OutError::Filtering(_)), "{error}");
    let error = filtered(None, Some("nan"), Terminal::NONE, rows).unwrap_err();
    assert!(error.to_string().contains("JSON"), "{error}");
}

#[test]
fn a_stream_is_a_line_each() {
    let items = [
        json!({"event": "state", "sn": "A", "height": 1.5, "latitude": 1, "longitude": 2}),
        json!({"event": "a longer word than before", "sn": "B"}),
    ];
    let seen = |format| {
        written(format, |out| items.iter().try_for_each(|item| out.stream_item(&[], item)))
    };
    insta::assert_snapshot!(seen(Format::Table));
    insta::assert_snapshot!(seen(Format::Json));
    insta::assert_snapshot!(seen(Format::Csv).replace('\r', "␍"));
    insta::assert_snapshot!(seen(Format::Yaml));
    insta::assert_snapshot!(seen(Format::Geojson));
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    struct Gone;
    impl std::io::Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let out = Out::with_sink(None, None, Terminal::NONE, Sink::to(Gone)).unwrap();
    assert!(!out.is_closed());
    rows(&out).unwrap();
    assert!(out.is_closed());
    rows(&out).unwrap();
    let out = Out::with_sink(None, None, Terminal::NONE, Sink::to(Full)).unwrap();
    assert!(matches!(rows(&out), Err(OutError::Write(_))));
}

#[test]
fn secrets_stay_masked_in_every_format() {
    #[derive(Serialize)]
    struct Grant {
        id: u8,
        latitude: f64,
        longitude: f64,
        token: flighthub_api::Secret,
    }
    let grant = Grant {
        id: 1,
        latitude: 1.0,
        longitude: 2.0,
        token: flighthub_api::Secret::new("FHCANARY"),
    };
    for format in Format::value_variants() {
        let text = written(*format, |out| {
            out.value(&grant)?;
            out.rows(&[Column::new("TOKEN", "token")], [&grant])?;
            out.stream_item(&[], &grant)
        });
        assert!(!text.contains("FHCANARY") && text.contains("***"), "{format:?}: {text}");
    }
}
