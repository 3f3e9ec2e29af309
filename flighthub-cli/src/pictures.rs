//! Pictures of tracks and routes: the options that their commands share, and the files.

use std::path::PathBuf;

use clap::Args;

#[cfg(feature = "picture")]
pub(crate) use made::{Canvas, draw_route};

/// The options of every picture.
#[derive(Debug, Args)]
pub(crate) struct PictureArgs {
    /// File to write, ending in .png or .svg; one that is there is replaced
    #[arg(short = 'O', long = "out", value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Width and height in pixels
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "1600x1000")]
    pub(crate) size: String,
    /// File of a font with letters that the picture's own font (Latin, Greek, Cyrillic) lacks, for PNG; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) font: Vec<PathBuf>,
}

/// What a program without pictures answers.
#[cfg(not(feature = "picture"))]
pub(crate) fn left_out() -> crate::failure::Failure {
    crate::failure::Failure::usage(
        "this build of flighthub makes no pictures",
        "Install it with them: cargo install flighthub-cli --features picture.",
    )
}

#[cfg(feature = "picture")]
mod made {
    use std::path::{Path, PathBuf};

    use flighthub_workflows::files;
    use flighthub_workflows::picture::{Dock, DrawSettings, Kmz, Picture, Size, draw};
    use serde::Serialize;

    use super::PictureArgs;
    use crate::context::Context;
    use crate::exit::Exit;
    use crate::failure::Failure;

    /// Where a picture goes, checked before anything is asked of the service.
    #[derive(Debug)]
    pub(crate) struct Canvas {
        file: PathBuf,
        kind: Kind,
        pub(crate) size: Size,
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
        pub(crate) fn new(args: &PictureArgs) -> Result<Self, Failure> {
            let font = |path: &PathBuf| {
                std::fs::read(path).map_err(|error| {
                    let text = format!("{}: {error}", path.display());
                    Failure::usage(text, "Give the file of a font (.ttf, .otf, .ttc).")
                })
            };
            Ok(Self {
                kind: kind(&args.out)?,
                file: args.out.clone(),
                size: args.size.parse()?,
                fonts: args.font.iter().map(font).collect::<Result<_, _>>()?,
            })
        }

        /// Renders a picture, writes the file and says so.
        pub(crate) fn save(&self, context: &Context, picture: &Picture) -> Result<Exit, Failure> {
            let bytes = match self.kind {
                Kind::Svg => picture.svg().as_bytes().to_vec(),
                Kind::Png => picture.png_with_fonts(&self.fonts)?,
            };
            files::write(&self.file, &bytes)?;
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

    /// Draws the bytes of a route file.
    pub(crate) fn draw_route(
        context: &Context,
        name: &str,
        bytes: &[u8],
        dock: Option<Dock>,
        args: &PictureArgs,
    ) -> Result<Exit, Failure> {
        let canvas = Canvas::new(args)?;
        let route = read_route(name, bytes)?;
        let mut settings = DrawSettings::new();
        settings.size = canvas.size;
        settings.dock = dock;
        canvas.save(context, &draw(name, &route, &settings))
    }

    /// Reads a route file.
    pub(crate) fn read_route(name: &str, bytes: &[u8]) -> Result<Kmz, Failure> {
        Kmz::read(bytes).map_err(|error| {
            let name = flighthub_workflows::choose::printable(name);
            let help = "`flighthub route lint FILE` names everything that is wrong with it.";
            Failure::usage(format!("{name}: {error}"), help)
        })
    }
}

#[cfg(feature = "picture")]
pub(crate) use made::read_route;
