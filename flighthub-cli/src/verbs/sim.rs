//! `flighthub sim`: the simulator as a program, for other programs to talk to.

use std::ffi::OsString;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Run the simulator as a server, for other programs to talk to
///
/// `flighthub sim --help` has its options. It begins with what comes right after `flighthub`: the global options do not count here.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true, after_help = "Examples:
  flighthub sim --listen 127.0.0.1:8300 --speed 60
  flighthub sim scenarios")]
pub(crate) struct Args {
    /// Arguments of the simulator
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<OsString>,
}

/// It has run before this is reached, unless something stood in front of its name.
pub(crate) async fn run(_context: &Context, args: Args) -> Result<Exit, Failure> {
    let arguments: Vec<_> = args.arguments.iter().map(|text| text.to_string_lossy()).collect();
    Err(Failure::usage(
        "options before `sim` have no meaning to it",
        format!("Type: flighthub sim {}", arguments.join(" ")),
    ))
}
