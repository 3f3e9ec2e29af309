//! How paths are made: a template with places for what is known of a file.

use flighthub_api::Timestamp;

use crate::choose::printable;
use crate::file_name;
use crate::{Error, ErrorKind, Result};

/// How the path of a file is made, below the target.
///
/// Folders are separated by `/`. In braces stand `date` (`2026-01-31`), `year`, `month`, `day` and `time` (`153000`) of the planned start in UTC,
/// `task` (its name), `id` (the first eight characters of its id), `task_id`, `dock`, `kind` (`image`, `video`, `ppk`, …), and `file` (name
/// and ending), which has to be the end. Files that would get the same path on some file system get a part of their id into their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    text: String,
    parts: Vec<Vec<Piece>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field(Field),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Date,
    Year,
    Month,
    Day,
    Time,
    Task,
    Id,
    TaskId,
    Dock,
    Kind,
    File,
}

/// What is known of a file for its path.
pub(super) struct Facts<'a> {
    pub(super) start: Option<Timestamp>,
    pub(super) task: &'a str,
    pub(super) task_id: &'a str,
    pub(super) dock: &'a str,
    pub(super) kind: &'a str,
    /// Name and ending, safe already.
    pub(super) file: &'a str,
}

const FIELDS: [(&str, Field); 11] = [
    ("date", Field::Date),
    ("year", Field::Year),
    ("month", Field::Month),
    ("day", Field::Day),
    ("time", Field::Time),
    ("task", Field::Task),
    ("id", Field::Id),
    ("task_id", Field::TaskId),
    ("dock", Field::Dock),
    ("kind", Field::Kind),
    ("file", Field::File),
];

impl Default for Layout {
    /// A folder for each task: `{date}_{task}_{id}/{file}`.
    fn default() -> Self {
        use Field::{Date, File, Id, Task};
        let text = |text: &str| Piece::Text(text.to_owned());
        let folder =
            vec![Piece::Field(Date), text("_"), Piece::Field(Task), text("_"), Piece::Field(Id)];
        Self {
            text: "{date}_{task}_{id}/{file}".to_owned(),
            parts: vec![folder, vec![Piece::Field(File)]],
        }
    }
}

impl std::fmt::Display for Layout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::str::FromStr for Layout {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let odd = |what: &str| {
            let names: Vec<String> = FIELDS.iter().map(|(name, _)| format!("{{{name}}}")).collect();
            Error::new(
                ErrorKind::InvalidInput,
                format!("the layout `{}` {what}", printable(text)),
                format!("Write it as {{date}}/{{task}}/{{file}}; there are {}.", names.join(" ")),
            )
        };
        if text.starts_with('/') || text.contains('\\') {
            return Err(odd("has to be a path below the target, with `/` between folders"));
        }
        let parts = text
            .split('/')
            .map(|part| {
                let pieces = pieces(part).map_err(odd)?;
                match part {
                    "" | "." | ".." => Err(odd("has a folder without a name")),
                    _ => Ok(pieces),
                }
            })
            .collect::<Result<Vec<_>>>()?;
        let files: usize =
            parts.iter().flatten().filter(|piece| **piece == Piece::Field(Field::File)).count();
        let ends = parts.last().and_then(|part| part.last()) == Some(&Piece::Field(Field::File));
        if files != 1 || !ends {
            return Err(odd("has to end with {file}, and have it once"));
        }
        Ok(Self { text: text.to_owned(), parts })
    }
}

/// The pieces of a part of a template.
fn pieces(part: &str) -> Result<Vec<Piece>, &'static str> {
    let mut pieces = Vec::new();
    let mut rest = part;
    while let Some((text, after)) = rest.split_once('{') {
        let (field, after) = after.split_once('}').ok_or("has a brace that does not end")?;
        if text.contains('}') {
            return Err("has a brace that does not begin");
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text.to_owned()));
        }
        let field = FIELDS.iter().find(|(name, _)| *name == field);
        let (_, field) = field.ok_or("has a place that nobody knows")?;
        pieces.push(Piece::Field(*field));
        rest = after;
    }
    if rest.contains('}') {
        return Err("has a brace that does not begin");
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

impl Layout {
    /// The path of a file: parts that are safe, separated by `/`.
    pub(super) fn path(&self, facts: &Facts<'_>) -> String {
        let parts: Vec<String> = self
            .parts
            .iter()
            .map(|pieces| {
                let text: String = pieces
                    .iter()
                    .map(|piece| match piece {
                        Piece::Text(text) => text.clone(),
                        Piece::Field(field) => field.of(facts),
                    })
                    .collect();
                file_name::part(&text)
            })
            .collect();
        parts.join("/")
    }
}

impl Field {
    fn of(self, facts: &Facts<'_>) -> String {
        let start = facts.start.and_then(|start| {
            let start = jiff::Timestamp::from_second(start.unix_seconds()).ok()?;
            Some(start.to_zoned(jiff::tz::TimeZone::UTC))
        });
        let of_start = |format: &str| match &start {
            Some(start) => start.strftime(format).to_string(),
            None => "undated".to_owned(),
        };
        match self {
            Self::Date => of_start("%Y-%m-%d"),
            Self::Year => of_start("%Y"),
            Self::Month => of_start("%m"),
            Self::Day => of_start("%d"),
            Self::Time => of_start("%H%M%S"),
            // Room for the rest of the part.
            Self::Task => short(&file_name::part(facts.task), 60),
            Self::Id => short(&file_name::part(facts.task_id), 8),
            Self::TaskId => short(&file_name::part(facts.task_id), 60),
            Self::Dock => short(&file_name::part(facts.dock), 40),
            Self::Kind => short(&file_name::part(facts.kind), 20),
            Self::File => facts.file.to_owned(),
        }
    }
}

fn short(text: &str, most: usize) -> String {
    text.chars()
        .scan(0, |length, c| {
            *length += c.len_utf8();
            (*length <= most).then_some(c)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts<'a>(task: &'a str, file: &'a str) -> Facts<'a> {
        Facts {
            start: Timestamp::from_unix_seconds(1_767_254_400),
            task,
            task_id: "5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10",
            dock: "7CTXN0000B00A1",
            kind: "image",
            file,
        }
    }

    #[test]
    fn paths_follow_the_template_and_stay_below_the_target() {
        let usual = Layout::default();
        assert_eq!(usual, "{date}_{task}_{id}/{file}".parse().unwrap());
        assert_eq!(
            usual.path(&facts("North fence", "DJI_1.jpeg")),
            "2026-01-01_North fence_5b1f0c5e/DJI_1.jpeg"
        );
        assert_eq!(
            usual.path(&facts("../../../etc", "DJI_1.jpeg")),
            "2026-01-01__._.._.._etc_5b1f0c5e/DJI_1.jpeg"
        );
        let layout: Layout = "{year}/{month}/{day}/{dock}-{kind}/{time}_{file}".parse().unwrap();
        assert_eq!(
            layout.path(&facts("x", "a.jpeg")),
            "2026/01/01/7CTXN0000B00A1-image/080000_a.jpeg"
        );
        let layout: Layout = "{task}/{file}".parse().unwrap();
        for task in ["..", "a/b", "CON", "", "\\\\host", "x."] {
            let path = layout.path(&facts(task, "a.jpeg"));
            assert_eq!(path.split('/').count(), 2, "{path}");
            assert!(!path.starts_with("..") && !path.contains('\\'), "{path}");
        }
        let long = "x".repeat(300);
        let path = usual.path(&facts(&long, "a.jpeg"));
        assert!(path.ends_with("x_5b1f0c5e/a.jpeg"), "{path}");
        let undated = Facts { start: None, ..facts("x", "a.jpeg") };
        assert_eq!(usual.path(&undated), "undated_x_5b1f0c5e/a.jpeg");
    }

    #[test]
    fn a_template_that_makes_no_paths_is_refused() {
        for text in [
            "",
            "/",
            "/{file}",
            "{file}/x",
            "{file}{file}",
            "{date}",
            "../{file}",
            "a//{file}",
            "a\\{file}",
            "{what}/{file}",
            "{date/{file}",
            "date}/{file}",
            "./{file}",
            "{file}.jpeg",
        ] {
            let error = text.parse::<Layout>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{text}");
            assert!(error.help().contains("{task_id}"));
        }
    }
}
