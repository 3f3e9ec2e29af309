//! Tables for people.

use comfy_table::{
    Cell, CellAlignment, ColumnConstraint, ContentArrangement, Row, Table, TableStyle, Width,
};
use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr as _;

use super::cells::{self, Column};
use super::terminal::Terminal;
use super::text;

/// Between columns.
const GAP: u16 = 2;
/// Least that a column is shortened to.
const NARROWEST: usize = 8;
/// Widest column of a stream, and of a table that finds its columns itself.
const WIDEST: usize = 40;

/// A value as a table: rows with the columns, or with those that say most; a single thing as names and values, with its lists below.
pub(super) fn document(value: &Value, columns: Option<&[Column]>, terminal: &Terminal) -> String {
    if let Some(columns) = columns {
        return rows(columns, &cells::rows(value), terminal);
    }
    match value {
        Value::Array(items) if items.is_empty() || cells::is_list(value) => {
            rows(&found(items, terminal), items, terminal)
        }
        Value::Array(items) => items
            .iter()
            .map(|item| text::line(&cells::text(Some(item))).into_owned() + "\n")
            .collect(),
        Value::Object(fields) => thing(fields, terminal),
        plain => text::lines(&cells::text(Some(plain))).into_owned() + "\n",
    }
}

/// Rows under titles; nothing but the titles when there are none.
fn rows(columns: &[Column], rows: &[Value], terminal: &Terminal) -> String {
    let widths: Vec<usize> = columns.iter().map(|column| width(column, rows)).collect();
    let mut table = fresh(terminal);
    table.set_header(one_line(columns.iter().map(|column| column.title.to_string())));
    for row in rows {
        table.add_row(one_line(columns.iter().map(|column| cells::cell(column, row))));
    }
    for (index, (column, width)) in columns.iter().zip(widths).enumerate() {
        let Some(drawn) = table.column_mut(index) else { continue };
        drawn.set_padding((0, GAP));
        let is_number = cells::is_numeric(column, rows);
        // A part of a number is another number.
        drawn.set_constraint(match column.is_whole || is_number {
            true => ColumnConstraint::ContentWidth,
            false => {
                let least = u16::try_from(width.min(NARROWEST)).unwrap_or_default();
                ColumnConstraint::LowerBoundary(Width::Fixed(least + GAP))
            }
        });
        if is_number {
            drawn.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut lines = table.lines();
    let head = lines.next().unwrap_or_default();
    let head = terminal.bold(head.trim_end());
    let rest: String = lines.map(|line| format!("{}\n", line.trim_end())).collect();
    format!("{head}\n{rest}")
}

/// The columns that say most and fit the terminal, two at least.
fn found(items: &[Value], terminal: &Terminal) -> Vec<Column> {
    let mut columns = cells::few(items);
    let Some(most) = terminal.width.map(usize::from) else { return columns };
    let mut used = 0;
    let fit = columns.iter().take_while(|column| {
        used += width(column, items).min(WIDEST) + usize::from(GAP);
        used <= most + usize::from(GAP)
    });
    let fit = fit.count().max(2);
    columns.truncate(fit);
    columns
}

/// How wide a column is when nothing is shortened.
fn width(column: &Column, rows: &[Value]) -> usize {
    let cells = rows.iter().map(|row| text::line(&cells::cell(column, row)).width());
    cells.max().unwrap_or_default().max(column.title.width())
}

/// A thing: its names and values, then its lists, each under its name.
fn thing(fields: &Map<String, Value>, terminal: &Terminal) -> String {
    let mut plain = Vec::new();
    let mut lists = Vec::new();
    sort(fields, "", &mut plain, &mut lists);
    let mut text = names_and_values(&plain, terminal);
    // A list and its count alone need no name.
    let alone =
        lists.len() == 1 && plain.iter().all(|(name, _)| !name.contains('.')) && plain.len() <= 1;
    for (name, items) in &lists {
        if !text.is_empty() {
            text.push('\n');
        }
        if !alone {
            text += &terminal.bold(&text::line(name));
            text.push('\n');
        }
        text += &rows(&found(items, terminal), items, terminal);
    }
    text
}

/// Splits what a thing holds into plain values and lists of things, with the names on the way to them.
fn sort<'a>(
    fields: &'a Map<String, Value>,
    before: &str,
    plain: &mut Vec<(String, &'a Value)>,
    lists: &mut Vec<(String, &'a [Value])>,
) {
    for (name, value) in fields {
        let path = if before.is_empty() { name.clone() } else { format!("{before}.{name}") };
        match value {
            Value::Object(inner) if !inner.is_empty() => sort(inner, &path, plain, lists),
            Value::Array(items) if cells::is_list(value) => lists.push((path, items)),
            _ => plain.push((path, value)),
        }
    }
}

fn names_and_values(fields: &[(String, &Value)], terminal: &Terminal) -> String {
    let width = fields.iter().map(|(name, _)| text::line(name).width()).max().unwrap_or_default();
    let mut written = String::new();
    for (name, value) in fields {
        let name = text::line(name);
        let gap = " ".repeat(width.saturating_sub(name.width()) + usize::from(GAP));
        let value = cells::text(Some(value));
        // One line, however long: here is nothing to align, and everything to copy.
        let line = format!("{}{gap}{}", terminal.bold(&name), text::line(&value));
        written += line.trim_end();
        written.push('\n');
    }
    written
}

fn fresh(terminal: &Terminal) -> Table {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_truncation_indicator("…");
    match terminal.width {
        // The gap after the last column is cut off.
        Some(width) => table
            .set_width(width.saturating_add(GAP))
            .set_content_arrangement(ContentArrangement::Dynamic),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    table
}

/// A row of one line: what does not fit is cut with a mark.
fn one_line(cells: impl Iterator<Item = String>) -> Row {
    // No sign ends a word, so that a cell is cut where the column ends and not at its first blank.
    let mut row: Row = cells
        .map(|cell| Cell::new(text::line(&cell)).set_delimiter('\u{0}'))
        .collect::<Vec<_>>()
        .into();
    row.max_height(1);
    row
}

/// The lines of a stream: what comes later is not known, so that the widths are chosen by the first item.
#[derive(Debug)]
pub(super) struct Lines {
    columns: Vec<(Column, usize)>,
    head: Option<String>,
}

impl Lines {
    pub(super) fn new(columns: &[Column], first: &Value, terminal: &Terminal) -> Self {
        let columns = match columns {
            [] => cells::few(std::slice::from_ref(first)),
            chosen => chosen.to_vec(),
        };
        let wide = |column: Column| {
            let value = cells::cell(&column, first);
            let width = column.title.width().max(text::line(&value).width());
            (column, width.min(WIDEST))
        };
        let columns: Vec<(Column, usize)> = columns.into_iter().map(wide).collect();
        let head =
            Self::join(columns.iter().map(|(column, width)| (column.title.to_string(), *width)));
        Self { columns, head: Some(format!("{}\n", terminal.bold(&head))) }
    }

    pub(super) fn line(&mut self, item: &Value) -> String {
        let head = self.head.take().unwrap_or_default();
        let cells = self.columns.iter().map(|(column, width)| (cells::cell(column, item), *width));
        format!("{head}{}\n", Self::join(cells))
    }

    fn join(cells: impl Iterator<Item = (String, usize)>) -> String {
        let mut line = String::new();
        for (cell, width) in cells {
            let cell = text::line(&cell);
            let gap = width.saturating_sub(cell.width()) + usize::from(GAP);
            line += &cell;
            line += &" ".repeat(gap);
        }
        line.trim_end().to_owned()
    }
}
