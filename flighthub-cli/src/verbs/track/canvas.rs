//! A picture becomes a file.

use std::path::{Path, PathBuf};

use flighthub_workflows::files;
use flighthub_workflows::picture::{Kmz, Picture, Size};
use serde::Serialize;

use super::export::check_free;
use super::plot::Args;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Where a picture goes, checked before anything is asked of the service.
#[derive(Debug)]
pub(super) struct Canvas {
    file: PathBuf,
    kind: Kind,
    pub(super) size: Size,
    fonts: Vec<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Png,
    Svg,
}

/// What was written.
#[derive(Serialize)]
struct Written<'a> {
    file: &'a Path,
    format: Kind,
    width: u32,
    height: u32,
    bytes: usize,
}

impl Canvas {
    /// As the options say.
    pub(super) fn new(args: &Args) -> Result<Self, Failure> {
        let font = |path: &PathBuf| {
            std::fs::read(path).map_err(|error| {
                let text = format!("{}: {error}", path.display());
                Failure::usage(text, "Give the file of a font (.ttf, .otf, .ttc).")
            })
        };
        let kind = kind(&args.to)?;
        check_free(&args.to, args.replace)?;
        Ok(Self {
            kind,
            file: args.to.clone(),
            size: args.size.parse()?,
            fonts: args.font.iter().map(font).collect::<Result<_, _>>()?,
        })
    }

    /// Renders a picture, writes the file and says so.
    pub(super) fn save(&self, context: &Context, picture: &Picture) -> Result<Exit, Failure> {
        let bytes = match self.kind {
            Kind::Svg => picture.svg().as_bytes().to_vec(),
            Kind::Png => picture.png_with_fonts(&self.fonts)?,
        };
        files::write_shared(&self.file, &bytes)?;
        context.out().value(&Written {
            file: &self.file,
            format: self.kind,
            width: self.size.width(),
            height: self.size.height(),
            bytes: bytes.len(),
        })?;
        Ok(Exit::Ok)
    }
}

fn kind(path: &Path) -> Result<Kind, Failure> {
    let extension = path.extension().map(|text| text.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        Some("png") => Ok(Kind::Png),
        Some("svg") => Ok(Kind::Svg),
        _ => Err(Failure::usage(
            format!("{}: what kind of picture is that to be?", path.display()),
            "Let the name of the file end in .png or .svg.",
        )),
    }
}

/// Reads a route file.
pub(super) fn read_route(name: &str, bytes: &[u8]) -> Result<Kmz, Failure> {
    Kmz::read(bytes).map_err(|error| {
        let name = flighthub_workflows::choose::printable(name);
        let help = "`flighthub route lint FILE` names everything that is wrong with it.";
        Failure::usage(format!("{name}: {error}"), help)
    })
}
