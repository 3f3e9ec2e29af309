//! Rows and what stands in their cells.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// Most columns that are found by themselves in a table.
const MOST_FOUND: usize = 7;

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// What stands over it.
    pub(crate) title: Cow<'static, str>,
    /// Names on the way to its value in a row, with dots between them: `device.sn`. Places in a list are numbers.
    pub(crate) path: Cow<'static, str>,
    /// Whether its values are never shortened, however narrow the terminal is.
    pub(crate) is_whole: bool,
}

impl Column {
    /// A column that a narrow terminal shortens, with `…` at the cut.
    pub(crate) const fn new(title: &'static str, path: &'static str) -> Self {
        Self { title: Cow::Borrowed(title), path: Cow::Borrowed(path), is_whole: false }
    }

    /// A column of ids: serial numbers, UUIDs. They are never shortened.
    pub(crate) const fn id(title: &'static str, path: &'static str) -> Self {
        Self { title: Cow::Borrowed(title), path: Cow::Borrowed(path), is_whole: true }
    }

    /// A column by its path alone.
    pub(crate) fn of(path: impl Into<String>) -> Self {
        let path = path.into();
        let title = path.replace(['_', '.'], " ").to_uppercase();
        Self { is_whole: names_an_id(&path), title: title.into(), path: path.into() }
    }

    /// The value in a row.
    pub(super) fn value<'a>(&self, row: &'a Value) -> Option<&'a Value> {
        // A key that holds dots itself comes first.
        if let Some(value) = row.get(self.path.as_ref()) {
            return Some(value);
        }
        let mut value = row;
        for name in self.path.split(['.', '/']).filter(|name| !name.is_empty()) {
            value = match value {
                Value::Object(fields) => fields.get(name)?,
                Value::Array(items) => items.get(name.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(value)
    }
}

/// Whether a key names something that has to stay whole to be of use.
fn names_an_id(path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap_or(path);
    let is = |word: &str| name == word || name.ends_with(&format!("_{word}"));
    ["id", "uuid", "sn", "key", "serial_number"].into_iter().any(is)
}

/// The rows that a value holds: itself when it is an array of objects, its one field with such (as lists of the API have it), or itself
/// as one row.
pub(super) fn rows(value: &Value) -> Cow<'_, [Value]> {
    match value {
        Value::Array(items) => Cow::Borrowed(items),
        Value::Object(fields) => {
            let mut lists = fields.values().filter(|field| is_list(field));
            match (lists.next(), lists.next()) {
                (Some(Value::Array(items)), None) => Cow::Borrowed(items),
                // `{"list": []}` has no rows, rather than one.
                _ => match fields.get("list") {
                    Some(Value::Array(items)) if items.is_empty() => Cow::Borrowed(items),
                    _ => Cow::Borrowed(std::slice::from_ref(value)),
                },
            }
        }
        other => Cow::Borrowed(std::slice::from_ref(other)),
    }
}

/// Whether a value is a list of things with names.
pub(super) fn is_list(value: &Value) -> bool {
    value.as_array().is_some_and(|items| !items.is_empty() && items.iter().all(Value::is_object))
}

/// Columns for all that the rows hold, in the order in which it comes.
pub(super) fn all(rows: &[Value]) -> Vec<Column> {
    let mut seen = std::collections::HashSet::new();
    let mut columns = Vec::new();
    let mut add = |path: String| {
        if seen.insert(path.clone()) {
            columns.push(Column::of(path));
        }
    };
    for row in rows {
        match row {
            Value::Object(fields) => each(fields, "", &mut add),
            _ => add("value".to_owned()),
        }
    }
    columns
}

fn each(fields: &Map<String, Value>, before: &str, add: &mut impl FnMut(String)) {
    for (name, value) in fields {
        let path = if before.is_empty() { name.clone() } else { format!("{before}.{name}") };
        match value {
            Value::Object(inner) if !inner.is_empty() => each(inner, &path, add),
            _ => add(path),
        }
    }
}

/// Columns for a table when nobody chose any: the name, its own id, what is said about it, and ids of other things last.
pub(super) fn few(rows: &[Value]) -> Vec<Column> {
    let filled = |column: &Column| {
        rows.iter().filter_map(|row| column.value(row)).any(|value| {
            !matches!(value, Value::Null | Value::Array(_) | Value::Object(_)) && value != ""
        })
    };
    let rank = |column: &Column| {
        let name = column.path.rsplit('.').next().unwrap_or_default();
        let depth = column.path.matches('.').count();
        let kind = match name {
            "name" | "callsign" | "nickname" => 0,
            "id" | "uuid" | "sn" => 1,
            _ if column.is_whole => 3,
            _ => 2,
        };
        (depth, kind)
    };
    let mut columns: Vec<Column> = all(rows).into_iter().filter(filled).collect();
    columns.sort_by_key(rank);
    columns.truncate(MOST_FOUND);
    columns
}

/// The text of a cell, as the service wrote it; lists of plain values are joined.
pub(super) fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items))
            if items.iter().all(|item| !item.is_array() && !item.is_object()) =>
        {
            items.iter().map(|item| text(Some(item))).collect::<Vec<_>>().join(", ")
        }
        Some(other) => other.to_string(),
    }
}

/// The text of the cell of a column.
pub(super) fn cell(column: &Column, row: &Value) -> String {
    match row {
        Value::Object(_) | Value::Array(_) => text(column.value(row)),
        plain => text(Some(plain)),
    }
}

/// Whether every value of a column is a number, so that it stands at the right.
pub(super) fn is_numeric(column: &Column, rows: &[Value]) -> bool {
    let mut values =
        rows.iter().filter_map(|row| column.value(row)).filter(|v| !v.is_null()).peekable();
    values.peek().is_some() && values.all(Value::is_number)
}
