//! What goes to standard output.

use std::io::{self, IsTerminal as _, Write as _};

use clap::ValueEnum;
use serde::Serialize;

/// Formats of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Columns for people.
    Table,
    /// One JSON document.
    Json,
    /// One JSON document a line.
    Ndjson,
    /// YAML.
    Yaml,
    /// Comma-separated values.
    Csv,
    /// GeoJSON, of what has a place.
    Geojson,
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    /// What stands over it.
    pub(crate) title: &'static str,
    /// JSON pointer of its value in a row.
    pub(crate) path: &'static str,
}

impl Column {
    /// A column.
    pub(crate) const fn new(title: &'static str, path: &'static str) -> Self {
        Self { title, path }
    }
}

/// Standard output in the format that is wanted.
#[derive(Debug)]
pub(crate) struct Out {
    format: Format,
}

/// Why something could not be written.
pub(crate) type OutError = io::Error;

impl Out {
    /// An output.
    pub(crate) fn new(format: Option<Format>, jq: Option<&str>) -> Result<Self, OutError> {
        let _ = jq;
        let usual = if io::stdout().is_terminal() { Format::Table } else { Format::Json };
        Ok(Self { format: format.unwrap_or(usual) })
    }

    /// The format.
    pub(crate) const fn format(&self) -> Format {
        self.format
    }

    /// Writes a value.
    pub(crate) fn value(&self, value: &impl Serialize) -> Result<(), OutError> {
        let text = serde_json::to_string_pretty(value)?;
        self.text(&text)
    }

    /// Writes rows.
    pub(crate) fn rows<T: Serialize>(
        &self,
        columns: &[Column],
        rows: impl IntoIterator<Item = T>,
    ) -> Result<(), OutError> {
        let _ = columns;
        let rows: Vec<T> = rows.into_iter().collect();
        self.value(&rows)
    }

    /// Writes one item of a stream, at once.
    pub(crate) fn stream_item(&self, item: &impl Serialize) -> Result<(), OutError> {
        self.text(&serde_json::to_string(item)?)
    }

    /// Writes a text and a line break, in whatever format.
    pub(crate) fn text(&self, text: &str) -> Result<(), OutError> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.write_all(b"\n")?;
        out.flush()
    }
}
