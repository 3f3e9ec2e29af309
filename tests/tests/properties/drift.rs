//! Model drift: every place of every reply in every wrong form. It is read, or it is an error that names the very place; the other rows of
//! a list are never lost.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use flighthub_api::v1::AnyOperation;
use flighthub_api::{ErrorKind, TransportReply};
use flighthub_tests::exchange::{Came, Read, exchange, operations};
use flighthub_tests::mutation::{Change, changed};
use flighthub_tests::replies::{Documented, Kind, Place, documented};
use serde_json::Value;

use crate::is_full;

/// What became of a reply with one change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// Everything was read.
    Decoded,
    /// The row around the place is kept apart; all others were read.
    RowApart,
    /// An error that names the place.
    Named,
    /// An error that names another place, or none.
    Misnamed,
    /// Rows are gone, or values beside the place.
    Lost,
    /// A value that should be kept was changed.
    Altered,
    /// A panic.
    Panic,
}

fn reply_of(data: &Value) -> TransportReply {
    TransportReply::new(200, format!(r#"{{"code":0,"message":"OK","data":{data}}}"#))
}

fn read_whole(operation: &AnyOperation, data: &Value) -> Read {
    match exchange(operation, reply_of(data)) {
        Came::Read(read) => read,
        Came::Failed(error) => panic!("{}: {error}\n{data}", operation.info().id),
    }
}

/// The lists around a place, outermost first: pointer of the list, index of the row.
fn lists_around(place: &Place) -> Vec<(String, usize)> {
    let names: Vec<_> = place.pointer.split('/').collect();
    let rows = names.iter().enumerate().filter_map(|(at, name)| Some((at, name.parse().ok()?)));
    rows.map(|(at, index)| (names[..at].join("/"), index)).collect()
}

/// Whether the rows beside the place are all there. A row that is kept apart takes the lists in it along.
fn rows_are_kept(place: &Place, whole: &Value, read: &Value, odd: usize) -> bool {
    for (list, index) in lists_around(place) {
        let (Some(Value::Array(before)), Some(Value::Array(after))) =
            (whole.pointer(&list), read.pointer(&list))
        else {
            return false;
        };
        let kept = before
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != index)
            .all(|(_, row)| after.contains(row));
        if !kept {
            return false;
        }
        if after.len() < before.len() {
            return odd > 0;
        }
    }
    true
}

/// Whether the error names the place, or for what is missing the object that lacks it.
fn names(place: &Place, path: &str, change: Change, message: &str) -> bool {
    let own = place.json_path();
    // A list in place of an object is taken for its fields in turn: the error is in the list.
    let within = format!("{}[0]", if own == "." { "" } else { &own });
    if path == own || change == Change::OtherShape && path.starts_with(&within) {
        return true;
    }
    let (around, name) = place.pointer.rsplit_once('/').unwrap_or_default();
    let around = Place { pointer: around.to_owned(), ..place.clone() }.json_path();
    change == Change::Missing && path == around && message.contains(name)
}

fn fate(
    operation: &AnyOperation,
    place: &Place,
    change: Change,
    whole: &Read,
    data: &Value,
) -> Fate {
    let Ok(came) = catch_unwind(AssertUnwindSafe(|| exchange(operation, reply_of(data)))) else {
        return Fate::Panic;
    };
    match came {
        Came::Failed(error) if error.kind() == ErrorKind::Decode => {
            let path = error.json_path().unwrap_or_default();
            if names(place, path, change, &error.to_string()) {
                Fate::Named
            } else {
                Fate::Misnamed
            }
        }
        Came::Failed(_) => Fate::Misnamed,
        Came::Read(read) if !rows_are_kept(place, &whole.data, &read.data, read.odd) => Fate::Lost,
        Came::Read(read) if read.odd > 0 => Fate::RowApart,
        Came::Read(read) => {
            let value = read.data.pointer(&place.pointer);
            let sent = data.pointer(&place.pointer);
            let was = whole.data.pointer(&place.pointer);
            let kept = match change {
                // A value of the next release is kept as it came.
                Change::UnknownValue if place.kind != Kind::TimeText => {
                    value == sent || value.is_none()
                }
                // The same number or text in another form is the same.
                Change::OtherScalar | Change::Decimal if place.kind != Kind::TimeText => {
                    value == was || text_of(value) == text_of(sent) || value.is_none()
                }
                // What is not known is ignored, but in an open object.
                Change::ExtraField => value == was || value == sent,
                _ => true,
            };
            if kept { Fate::Decoded } else { Fate::Altered }
        }
    }
}

fn text_of(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        other => other.map(Value::to_string).unwrap_or_default(),
    }
}

/// Whether the change says something at such a place.
fn applies(change: Change, place: &Place) -> bool {
    let is_scalar = !matches!(place.kind, Kind::Object | Kind::List);
    match change {
        Change::Missing => !place.row && !place.pointer.is_empty(),
        Change::OtherScalar => is_scalar && place.kind != Kind::Truth,
        Change::Decimal => {
            matches!(place.kind, Kind::Integer | Kind::IntegerEnum | Kind::TimeNumber)
        }
        Change::UnknownValue => matches!(place.kind, Kind::TextEnum | Kind::IntegerEnum),
        Change::ExtraField => place.kind == Kind::Object,
        Change::Null | Change::Truth | Change::OtherShape | Change::EmptyText | Change::Huge => {
            true
        }
    }
}

fn every(mut look: impl FnMut(&Documented, &Place, Change, Fate)) {
    for (operation, reply) in operations().iter().zip(documented()) {
        assert_eq!(operation.info().id, reply.id);
        let whole = read_whole(operation, &reply.everything);
        assert_eq!(whole.odd, 0, "{}: everything that the schema knows is read", reply.id);
        for place in reply.places.iter().filter(|place| !is_repeated(place)) {
            for change in Change::ALL.into_iter().filter(|change| applies(*change, place)) {
                let Some(data) = changed(&reply.everything, &place.pointer, change) else {
                    panic!("{} {} {change:?}", reply.id, place.pointer);
                };
                look(reply, place, change, fate(operation, place, change, &whole, &data));
            }
        }
    }
}

/// Both rows of a list are alike, so the second one matters only in a long run.
fn is_repeated(place: &Place) -> bool {
    !is_full() && lists_around(place).iter().any(|(_, index)| *index > 0)
}

/// Whether nothing was promised but that such a change is survived whole: what the description requires cannot be made up when it is not
/// there, and a row that is null is none.
fn has_to_be_read(change: Change, place: &Place) -> bool {
    match change {
        Change::Missing => !place.required,
        Change::Null => !place.required && !place.row && !place.pointer.is_empty(),
        Change::OtherScalar | Change::Decimal | Change::UnknownValue | Change::ExtraField => true,
        Change::Truth => place.kind == Kind::Truth,
        Change::OtherShape | Change::EmptyText | Change::Huge => false,
    }
}

#[test]
fn every_wrong_place_is_read_or_named() {
    let mut counts: BTreeMap<(Change, Fate), usize> = BTreeMap::new();
    let mut absent = 0;
    let mut wrong = String::new();
    every(|reply, place, change, fate| {
        *counts.entry((change, fate)).or_default() += 1;
        absent += usize::from(fate != Fate::Decoded && !has_to_be_read(change, place));
        let is_wrong = matches!(fate, Fate::Misnamed | Fate::Lost | Fate::Altered | Fate::Panic)
            || has_to_be_read(change, place) && fate != Fate::Decoded;
        if is_wrong {
            let _ = writeln!(
                wrong,
                "{} {} {change:?} {:?}: {fate:?}",
                reply.id, place.pointer, place.kind
            );
        }
    });
    print(&counts);
    assert!(wrong.is_empty(), "{wrong}");
    assert!(absent > 100, "some changes are such that nothing can be read: {absent}");
}

fn print(counts: &BTreeMap<(Change, Fate), usize>) {
    let places =
        documented().iter().flat_map(|reply| &reply.places).filter(|place| !is_repeated(place));
    let sum = |pick: &dyn Fn(Change, Fate) -> bool| -> usize {
        counts
            .iter()
            .filter(|((change, fate), _)| pick(*change, *fate))
            .map(|(_, count)| count)
            .sum()
    };
    println!("figure Model drift | places | count = {}", places.count());
    println!("figure Model drift | changes tried | count = {}", sum(&|_, _| true));
    for change in Change::ALL {
        let name = change.name();
        for (fate, words) in [
            (Fate::Decoded, "read whole"),
            (Fate::RowApart, "row kept apart"),
            (Fate::Named, "error with its path"),
        ] {
            println!(
                "figure Model drift | {name} | {words} = {}",
                sum(&|c, f| c == change && f == fate)
            );
        }
    }
    println!("figure Model drift | all | lost rows = {}", sum(&|_, fate| fate == Fate::Lost));
    println!(
        "figure Model drift | all | changed values = {}",
        sum(&|_, fate| fate == Fate::Altered)
    );
    println!(
        "figure Model drift | all | errors with another path = {}",
        sum(&|_, fate| fate == Fate::Misnamed)
    );
    println!("figure Model drift | all | panics = {}", sum(&|_, fate| fate == Fate::Panic));
}

/// The walk would prove nothing if it did not reach every operation that answers something, and every kind of value.
#[test]
fn the_places_are_those_of_the_description() {
    let silent = documented().iter().filter(|reply| reply.places.is_empty()).count();
    assert!(
        documented().len() == 42 && silent < 20,
        "{silent} of {} have no data",
        documented().len()
    );
    for reply in documented() {
        for place in &reply.places {
            assert!(
                reply.everything.pointer(&place.pointer).is_some(),
                "{} {}",
                reply.id,
                place.pointer
            );
        }
        // What an example has, everything has.
        for example in &reply.examples {
            lacks(&example["data"], &reply.everything, &reply.id);
        }
    }
    let mut kinds: Vec<_> =
        documented().iter().flat_map(|reply| &reply.places).map(|place| place.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), 10, "{kinds:?}");
}

fn lacks(example: &Value, everything: &Value, path: &str) {
    match (example, everything) {
        (Value::Object(example), Value::Object(everything)) => {
            for (name, value) in example {
                match everything.get(name) {
                    Some(other) => lacks(value, other, &format!("{path}.{name}")),
                    // Open objects: of one nothing is described, of the other what many devices have in common.
                    None => {
                        let is_open =
                            everything.contains_key("any") || path.contains(".device_state");
                        assert!(is_open, "{path}.{name} is not described");
                    }
                }
            }
        }
        (Value::Array(rows), Value::Array(everything)) => {
            rows.iter().for_each(|row| lacks(row, &everything[0], path));
        }
        _ => {}
    }
}

/// Rows that go missing, and values that change unseen, are noticed.
#[test]
fn a_lost_row_is_noticed() {
    let reply = documented().iter().find(|reply| reply.id == "task.list").unwrap();
    let place = reply.places.iter().find(|place| place.pointer == "/list/0/name").unwrap();
    let whole = &reply.everything;
    assert!(rows_are_kept(place, whole, whole, 0));
    let mut less = whole.clone();
    less["list"].as_array_mut().unwrap().remove(1);
    assert!(!rows_are_kept(place, whole, &less, 1), "the row beside it is gone");
    let mut apart = whole.clone();
    apart["list"].as_array_mut().unwrap().remove(0);
    assert!(rows_are_kept(place, whole, &apart, 1), "its own row is kept apart");
    assert!(!rows_are_kept(place, whole, &apart, 0), "its own row is gone");
    assert!(names(place, "list[0].name", Change::Null, ""));
    assert!(!names(place, "list[1].name", Change::Null, ""));
}
