//! `flighthub man`: manual pages.

use std::path::PathBuf;

use clap::ValueHint;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::man;

/// Write manual pages: of one command, or of all into a folder
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flighthub man | man -l -
  flighthub man mission launch | man -l -
  flighthub man --dir ~/.local/share/man/man1")]
pub(crate) struct Args {
    /// The command, such as `mission launch`; the program itself without one
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    command: Vec<String>,
    /// Folder for the pages of all commands
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    dir: Option<PathBuf>,
}

/// Writes them.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let program = crate::app::command();
    let Some(folder) = &args.dir else {
        let page = man::page(&program, &args.command).map_err(|error| {
            Failure::usage(error.to_string(), "`flighthub --help` lists the commands.")
        })?;
        context.out().text(String::from_utf8_lossy(&page).trim_end())?;
        return Ok(Exit::Ok);
    };
    let written = man::write_all(&program, folder).map_err(|error| {
        Failure::unexpected(format!("{}: the pages cannot be written: {error}", folder.display()))
    })?;
    context.note(format!("{} pages in {}", written.len(), folder.display()));
    Ok(Exit::Ok)
}
