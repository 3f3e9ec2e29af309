//! What is given as text, `@FILE`, or `-` for standard input.

use std::io::Read as _;
use std::path::Path;

use crate::exit::Exit;
use crate::failure::Failure;

/// Most bytes that are read.
const MOST: u64 = 16 << 20;

/// Where a text comes from. Standard input can be read once.
#[derive(Debug, Default)]
pub(crate) struct Input {
    read_by: Option<String>,
}

impl Input {
    /// The text behind the value of an option: the value itself, or what is in the file or in standard input.
    pub(crate) fn text(&mut self, option: &str, value: &str) -> Result<String, Failure> {
        match value.strip_prefix('@') {
            Some(path) => self.file(option, path),
            None if value == "-" => self.standard(option),
            None => Ok(value.to_owned()),
        }
    }

    /// The text of a file; `-` is standard input.
    pub(crate) fn file(&mut self, option: &str, path: &str) -> Result<String, Failure> {
        if path == "-" {
            return self.standard(option);
        }
        let file = std::fs::File::open(Path::new(path)).map_err(|error| {
            Failure::usage(format!("{option}: {path}: {error}"), "Check the name of the file.")
        })?;
        read(option, file)
    }

    fn standard(&mut self, option: &str) -> Result<String, Failure> {
        if let Some(other) = &self.read_by {
            return Err(Failure::usage(
                format!("{option} and {other} both want to read standard input"),
                "Give one of them as a file.",
            ));
        }
        self.read_by = Some(option.to_owned());
        read(option, std::io::stdin().lock())
    }

    /// Notes that standard input is taken already.
    pub(crate) fn is_taken_by(&mut self, option: &str) {
        self.read_by = Some(option.to_owned());
    }
}

fn read(option: &str, from: impl std::io::Read) -> Result<String, Failure> {
    let mut text = String::new();
    let read = from.take(MOST + 1).read_to_string(&mut text).map_err(|error| {
        Failure::new(Exit::Usage, format!("{option}: {error}"), "It has to be a text in UTF-8.")
    })?;
    if read as u64 > MOST {
        return Err(Failure::usage(
            format!("{option}: more than {} MiB", MOST >> 20),
            "Nothing that large can be sent.",
        ));
    }
    Ok(text)
}
