//! Manual pages, made from the help of the commands.

use std::io;
use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::Man;

/// The page of a command in the language of man. `path` are the words behind the program: `["mission", "launch"]`; none is the program.
///
/// # Errors
///
/// When there is no such command, with kind [`io::ErrorKind::NotFound`].
pub(crate) fn page(program: &Command, path: &[String]) -> io::Result<Vec<u8>> {
    let mut command = program.clone();
    command.build();
    let mut found = &command;
    for word in path {
        found = found.find_subcommand(word).ok_or_else(|| {
            let problem = format!("there is no command `{}`", path.join(" "));
            io::Error::new(io::ErrorKind::NotFound, problem)
        })?;
    }
    render(found)
}

/// Writes the pages of all commands into a folder: `flighthub.1`, `flighthub-mission.1`, `flighthub-mission-launch.1`.
///
/// # Errors
///
/// When the folder cannot be made or written to.
pub(crate) fn write_all(program: &Command, folder: &Path) -> io::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder)?;
    let mut command = program.clone();
    // So that every command knows those above it, and the flags that it has from them.
    command.build();
    let mut written = Vec::new();
    write_tree(&command, folder, &mut written)?;
    Ok(written)
}

fn write_tree(command: &Command, folder: &Path, written: &mut Vec<PathBuf>) -> io::Result<()> {
    let path = folder.join(Man::new(command.clone()).get_filename());
    std::fs::write(&path, render(command)?)?;
    written.push(path);
    let shown = |command: &&Command| !command.is_hide_set() && command.get_name() != "help";
    for inner in command.get_subcommands().filter(shown) {
        write_tree(inner, folder, written)?;
    }
    Ok(())
}

/// A page. The options that every command has stand on the page of the program alone.
fn render(command: &Command) -> io::Result<Vec<u8>> {
    let is_program = !command.get_bin_name().is_some_and(|name| name.contains(' '));
    let command = match is_program {
        true => command.clone(),
        false => command.clone().mut_args(|arg| {
            let is_global = arg.is_global_set();
            if is_global { arg.hide(true) } else { arg }
        }),
    };
    let mut page = Vec::new();
    Man::new(command).manual("FlightHub 2 on the command line").render(&mut page)?;
    if !is_program {
        page.extend_from_slice(
            b".SH \"SEE ALSO\"\nflighthub(1), for the options that every command has\n",
        );
    }
    Ok(page)
}
