//! What goes to standard output.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};

use clap::ValueEnum;
use serde::Serialize;

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

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// What stands over it.
    pub(crate) title: Cow<'static, str>,
    /// Names on the way to its value in a row, with dots between them: `device.sn`.
    pub(crate) path: Cow<'static, str>,
    /// Whether its values are never shortened.
    pub(crate) is_whole: bool,
}

impl Column {
    /// A column that a narrow terminal shortens.
    pub(crate) const fn new(title: &'static str, path: &'static str) -> Self {
        Self { title: Cow::Borrowed(title), path: Cow::Borrowed(path), is_whole: false }
    }

    /// A column of ids: serial numbers, UUIDs. They are never shortened.
    pub(crate) const fn id(title: &'static str, path: &'static str) -> Self {
        Self { title: Cow::Borrowed(title), path: Cow::Borrowed(path), is_whole: true }
    }
}

/// What standard output (or standard error) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terminal {
    /// Whether it is one.
    pub(crate) is_terminal: bool,
    /// Columns that it has.
    pub(crate) width: Option<u16>,
    /// Whether it shows colours, and nobody minds.
    pub(crate) color: bool,
}

impl Terminal {
    /// Standard output.
    pub(crate) fn stdout(no_color: bool) -> Self {
        Self { is_terminal: io::stdout().is_terminal(), width: None, color: !no_color }
    }

    /// Standard error.
    pub(crate) fn stderr(no_color: bool) -> Self {
        Self { is_terminal: io::stderr().is_terminal(), width: None, color: !no_color }
    }
}

/// Standard output in the format that is wanted.
#[derive(Debug)]
pub(crate) struct Out {
    format: Format,
}

/// Why nothing could be written.
#[derive(Debug)]
pub(crate) struct OutError(String);

impl OutError {
    /// Whether the command line is what has to change.
    pub(crate) const fn is_usage(&self) -> bool {
        false
    }

    /// What to do next.
    pub(crate) const fn help(&self) -> &'static str {
        "Check where the output goes."
    }
}

impl fmt::Display for OutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Out {
    /// Standard output. Without a format it is a table on a terminal, and JSON in a pipe.
    pub(crate) fn new(
        format: Option<Format>,
        jq: Option<&str>,
        terminal: Terminal,
    ) -> Result<Self, OutError> {
        let _ = jq;
        let usual = if terminal.is_terminal { Format::Table } else { Format::Json };
        Ok(Self { format: format.unwrap_or(usual) })
    }

    /// The format.
    pub(crate) const fn format(&self) -> Format {
        self.format
    }

    /// Whether people read it as a table: the place for remarks that programs do not want.
    pub(crate) fn is_table(&self) -> bool {
        self.format == Format::Table
    }

    /// Writes a value.
    pub(crate) fn value(&self, value: &impl Serialize) -> Result<(), OutError> {
        let text =
            serde_json::to_string_pretty(value).map_err(|error| OutError(error.to_string()))?;
        self.text(&text)
    }

    /// Writes rows. A table shows the columns; every other format has all that the rows hold.
    pub(crate) fn rows<T: Serialize>(
        &self,
        columns: &[Column],
        rows: impl IntoIterator<Item = T>,
    ) -> Result<(), OutError> {
        let _ = columns;
        let rows: Vec<T> = rows.into_iter().collect();
        self.value(&rows)
    }

    /// Writes one item of a stream at once. The columns are those of a table; without any, the first item says them.
    pub(crate) fn stream_item(
        &self,
        columns: &[Column],
        item: &impl Serialize,
    ) -> Result<(), OutError> {
        let _ = columns;
        self.text(&serde_json::to_string(item).map_err(|error| OutError(error.to_string()))?)
    }

    /// Writes a text for people as it is, and a line break.
    pub(crate) fn text(&self, text: &str) -> Result<(), OutError> {
        let mut out = io::stdout().lock();
        let written = writeln!(out, "{text}").and_then(|()| out.flush());
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(OutError(error.to_string()))
            }
            _ => Ok(()),
        }
    }
}
