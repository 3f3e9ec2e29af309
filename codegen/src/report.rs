//! Problems with their places. A place is told by the value that stands there: problems are rare, so pointers are made for
//! them only.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fmt::Display;
use std::ptr;

use serde_json::Value;

use crate::diag::{Diagnostic, Diagnostics};
use crate::lint::help;
use crate::load::{Document, Place};
use crate::refs::join;

/// A value of the document, or what stands (or is missing) under a key of it.
#[derive(Clone, Copy)]
pub(crate) struct Spot<'v>(&'v Value, &'v str);

impl<'v> From<&'v Value> for Spot<'v> {
    fn from(value: &'v Value) -> Self {
        Self(value, "")
    }
}

impl<'v> From<(&'v Value, &'v str)> for Spot<'v> {
    fn from((value, key): (&'v Value, &'v str)) -> Self {
        Self(value, key)
    }
}

/// Pointer and place of each value, by its address.
type Index = HashMap<*const Value, (String, Place)>;

/// The problems of a document.
pub(crate) struct Report<'a> {
    document: &'a Document,
    pub(crate) problems: Diagnostics,
    index: OnceCell<Index>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(document: &'a Document) -> Self {
        Self { document, problems: Diagnostics::default(), index: OnceCell::new() }
    }

    /// Notes a problem with the help of its rule.
    pub(crate) fn add<'v>(
        &mut self,
        rule: &'static str,
        at: impl Into<Spot<'v>>,
        message: impl Display,
    ) {
        self.advise(rule, at, message, help(rule));
    }

    /// Notes a problem with a help of its own.
    pub(crate) fn advise<'v>(
        &mut self,
        rule: &'static str,
        at: impl Into<Spot<'v>>,
        message: impl Display,
        help: &str,
    ) {
        let (pointer, place) = self.find(at.into());
        let at = (self.document.name.as_str(), place, pointer);
        self.problems.push(Diagnostic::new(rule, at, message, help));
    }

    /// What stands at a JSON pointer.
    pub(crate) fn value(&self, pointer: &str) -> &'a Value {
        self.document.value.pointer(pointer).unwrap_or(&self.document.value)
    }

    /// Pointer and place; what is missing has the place of the value that it is missing in.
    fn find(&self, Spot(value, key): Spot<'_>) -> (String, Place) {
        let index = self.index.get_or_init(|| {
            let mut index = Index::new();
            let mut places = self.document.places.iter().copied();
            enter(&mut index, &mut places, &self.document.value, String::new());
            index
        });
        let place = |value| index.get(&ptr::from_ref(value)).cloned();
        let (pointer, outer) = place(value).unwrap_or_else(|| (String::new(), (1, 1)));
        if key.is_empty() {
            return (pointer, outer);
        }
        let inner = value.get(key).and_then(place).map_or(outer, |(_, inner)| inner);
        (join(&pointer, key), inner)
    }
}

fn enter(
    index: &mut Index,
    places: &mut impl Iterator<Item = Place>,
    value: &Value,
    pointer: String,
) {
    let place = places.next().unwrap_or((1, 1));
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                enter(index, places, member, join(&pointer, name));
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                enter(index, places, item, join(&pointer, at));
            }
        }
        _ => {}
    }
    index.insert(value, (pointer, place));
}
