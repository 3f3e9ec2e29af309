//! `flighthub completions`: scripts for the shells.

use crate::complete::{self, Shell};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Write the completion script of a shell
///
/// The script asks the program while you type, and so completes live values too: projects, docks, routes, tasks, with the key of the
/// profile. With --static it holds every command and option itself.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  bash        flighthub completions bash > ~/.local/share/bash-completion/completions/flighthub
  zsh         flighthub completions zsh > \"${fpath[1]}/_flighthub\"
  fish        flighthub completions fish > ~/.config/fish/completions/flighthub.fish
  PowerShell  flighthub completions powershell >> $PROFILE
  elvish      flighthub completions elvish >> ~/.config/elvish/rc.elv
  nushell     flighthub completions nushell | save flighthub.nu    (then `source flighthub.nu` in config.nu)")]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
    /// A script that never starts the program, without live values
    #[arg(long = "static")]
    is_static: bool,
}

/// Writes it.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let script = if args.is_static {
        complete::static_script(args.shell, crate::app::command())
    } else {
        let script = complete::script(args.shell);
        script.map_err(|error| Failure::unexpected(format!("the script cannot be made: {error}")))?
    };
    context.out().text(script.trim_end())?;
    Ok(Exit::Ok)
}
