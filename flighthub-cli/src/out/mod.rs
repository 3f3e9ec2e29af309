//! What goes to standard output, in the format that is wanted.
//!
//! Everything is JSON first: a value is serialised, filtered by the jq program if there is one, and then written in the format. Secrets are
//! masked where they are serialised, so no format can show one.
//!
//! | format    | one value                          | rows                      | a stream                     |
//! |-----------|------------------------------------|---------------------------|------------------------------|
//! | `table`   | names and values, lists below them | columns that were chosen  | a line each                  |
//! | `json`    | one indented document              | one array                 | one document a line          |
//! | `ndjson`  | one document in a line             | one document a line       | one document a line          |
//! | `yaml`    | one document                       | one sequence              | one document each, after ---  |
//! | `csv`     | the rows that it holds, else one   | all that rows hold        | a line each, all that the first holds |
//! | `geojson` | a collection of what has a place   | a collection              | one feature a line           |
//!
//! Texts of the service reach a terminal without anything that could steer it, see [`text`].

mod cells;
mod csv;
mod error;
mod geojson;
mod jq;
mod json;
mod sink;
mod table;
mod terminal;
pub(crate) mod text;
mod yaml;

use std::sync::Mutex;

use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;

pub(crate) use cells::Column;
pub(crate) use error::OutError;
#[cfg(test)]
pub(crate) use sink::Captured;
use sink::Sink;
pub(crate) use terminal::Terminal;

/// Formats of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Columns for people
    Table,
    /// One JSON document
    Json,
    /// JSON documents, one a line
    Ndjson,
    /// YAML
    Yaml,
    /// Comma-separated values with a line of names
    Csv,
    /// GeoJSON of what has a place
    Geojson,
}

/// Standard output in the format that is wanted.
///
/// A reader that went away (`| head`) is no error: what would be written then is dropped, and [`Out::is_closed`] says so to whatever has
/// no end of its own. A job that is under way goes on.
#[derive(Debug)]
pub(crate) struct Out {
    format: Format,
    filter: Option<jq::Filter>,
    raw: bool,
    terminal: Terminal,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    sink: Sink,
    /// What the lines of a stream look like, once there was one.
    stream: Option<Stream>,
}

#[derive(Debug)]
enum Stream {
    Table(table::Lines),
    Csv(Vec<Column>),
}

impl Out {
    /// Standard output. Without a format it is a table on a terminal, and JSON in a pipe or with a filter.
    ///
    /// # Errors
    ///
    /// When the filter is no jq program; the error says where.
    pub(crate) fn new(
        format: Option<Format>,
        jq: Option<&str>,
        terminal: Terminal,
    ) -> Result<Self, OutError> {
        Self::with_sink(format, jq, terminal, Sink::stdout())
    }

    /// An output into memory, for tests.
    ///
    /// # Errors
    ///
    /// When the filter is no jq program.
    #[cfg(test)]
    pub(crate) fn captured(
        format: Option<Format>,
        jq: Option<&str>,
        terminal: Terminal,
    ) -> Result<(Self, Captured), OutError> {
        let captured = Captured::default();
        let out = Self::with_sink(format, jq, terminal, Sink::to(captured.clone()))?;
        Ok((out, captured))
    }

    fn with_sink(
        format: Option<Format>,
        jq: Option<&str>,
        terminal: Terminal,
        sink: Sink,
    ) -> Result<Self, OutError> {
        let filter = jq.map(jq::Filter::new).transpose()?;
        let usual =
            if terminal.is_terminal && filter.is_none() { Format::Table } else { Format::Json };
        Ok(Self {
            format: format.unwrap_or(usual),
            filter,
            raw: false,
            terminal,
            state: Mutex::new(State { sink, stream: None }),
        })
    }

    /// The same, but JSON texts at the top are written as they are, without quotes, as `jq -r` does.
    #[must_use]
    pub(crate) fn raw(mut self, raw: bool) -> Self {
        self.raw = raw;
        self
    }

    /// The format.
    pub(crate) const fn format(&self) -> Format {
        self.format
    }

    /// Whether people read it as a table: the place for remarks that programs do not want.
    pub(crate) fn is_table(&self) -> bool {
        self.format == Format::Table
    }

    /// Whether the reader went away: what has no end of its own then ends.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().sink.is_closed()
    }

    /// Writes a value.
    ///
    /// # Errors
    ///
    /// When it cannot be written, the filter fails on it, or GeoJSON is wanted of what has no place.
    pub(crate) fn value(&self, value: &impl Serialize) -> Result<(), OutError> {
        let value = serde_json::to_value(value).map_err(OutError::serialise)?;
        match &self.filter {
            Some(filter) => self.filtered(filter, &value),
            None => self.write(&self.document(&value, None)?),
        }
    }

    /// Writes rows. A table shows the columns; every other format has all that the rows hold.
    ///
    /// # Errors
    ///
    /// As [`Out::value`].
    pub(crate) fn rows<T: Serialize>(
        &self,
        columns: &[Column],
        rows: impl IntoIterator<Item = T>,
    ) -> Result<(), OutError> {
        let rows: Result<Vec<Value>, _> = rows.into_iter().map(serde_json::to_value).collect();
        let rows = Value::Array(rows.map_err(OutError::serialise)?);
        match &self.filter {
            Some(filter) => self.filtered(filter, &rows),
            None => self.write(&self.document(&rows, Some(columns))?),
        }
    }

    /// Writes one item of a stream at once. The columns are those of a table; without any, the first item says them.
    ///
    /// # Errors
    ///
    /// As [`Out::value`].
    pub(crate) fn stream_item(
        &self,
        columns: &[Column],
        item: &impl Serialize,
    ) -> Result<(), OutError> {
        let item = serde_json::to_value(item).map_err(OutError::serialise)?;
        let Some(filter) = &self.filter else {
            return self.stream_value(columns, &item);
        };
        for result in filter.run(&item)? {
            self.stream_value(&[], &result)?;
        }
        Ok(())
    }

    /// Writes a text for people as it is, and a line break: a page of help, a script, a list of names.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(crate) fn text(&self, text: &str) -> Result<(), OutError> {
        self.write(&format!("{text}\n"))
    }

    /// The results of the filter, each as a document of its own.
    fn filtered(&self, filter: &jq::Filter, value: &Value) -> Result<(), OutError> {
        let results = filter.run(value)?;
        let text = match self.format {
            // These need to know all rows.
            Format::Table | Format::Csv | Format::Geojson
                if results.iter().all(Value::is_object) =>
            {
                self.document(&Value::Array(results), None)?
            }
            _ => {
                let mut text = String::new();
                for (index, result) in results.iter().enumerate() {
                    if self.format == Format::Yaml && index > 0 {
                        text += "---\n";
                    }
                    text += &self.document(result, None)?;
                }
                text
            }
        };
        self.write(&text)
    }

    fn document(&self, value: &Value, columns: Option<&[Column]>) -> Result<String, OutError> {
        if let (true, Value::String(text)) = (self.raw, value) {
            return Ok(format!("{}\n", self.plain(text)));
        }
        Ok(match self.format {
            Format::Table => table::document(value, columns, &self.terminal),
            Format::Json => json::pretty(value),
            Format::Ndjson => match value {
                Value::Array(items) => items.iter().map(json::line).collect(),
                other => json::line(other),
            },
            Format::Yaml => yaml::document(value),
            Format::Csv => csv::document(value, &self.terminal),
            Format::Geojson => json::pretty(&geojson::document(value)?),
        })
    }

    fn stream_value(&self, columns: &[Column], item: &Value) -> Result<(), OutError> {
        if let (true, Value::String(text)) = (self.raw, item) {
            return self.write(&format!("{}\n", self.plain(text)));
        }
        let mut state = self.lock();
        let State { sink, stream } = &mut *state;
        let text = match self.format {
            Format::Json | Format::Ndjson => json::line(item),
            Format::Yaml => format!("---\n{}", yaml::document(item)),
            Format::Geojson => json::line(&geojson::feature(item)),
            Format::Table => {
                let fresh = || Stream::Table(table::Lines::new(columns, item, &self.terminal));
                match stream.get_or_insert_with(fresh) {
                    Stream::Table(lines) => lines.line(item),
                    Stream::Csv(_) => String::new(),
                }
            }
            Format::Csv => {
                let mut text = String::new();
                let fresh = || {
                    let columns = cells::all(std::slice::from_ref(item));
                    text = csv::head(&columns, &self.terminal);
                    Stream::Csv(columns)
                };
                if let Stream::Csv(columns) = stream.get_or_insert_with(fresh) {
                    let line = csv::line(columns, item, &self.terminal);
                    text += &line;
                }
                text
            }
        };
        sink.write(&text)
    }

    /// A text of the service without quotes: what could steer a terminal is replaced there, and kept for programs.
    fn plain<'a>(&self, text: &'a str) -> std::borrow::Cow<'a, str> {
        if self.terminal.is_terminal { text::lines(text) } else { text.into() }
    }

    fn write(&self, text: &str) -> Result<(), OutError> {
        self.lock().sink.write(text)
    }

    /// A panic of another writer leaves nothing half done that matters here.
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
