//! The options that every command has.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};

use crate::out::Format;

/// The options that every command has. They may stand before or after the command's own.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// Profile of the configuration file to use
    #[arg(long, global = true, value_name = "NAME", hide_short_help = true)]
    pub(crate) profile: Option<String>,
    /// Region that the key was made in: cn, us or eu
    #[arg(
        long,
        global = true,
        value_name = "REGION",
        conflicts_with = "url",
        hide_short_help = true
    )]
    pub(crate) region: Option<String>,
    /// Address of a private installation, such as https://flighthub.example.com
    #[arg(long, global = true, value_name = "URL", hide_short_help = true)]
    pub(crate) url: Option<String>,
    /// Project by its name or UUID
    #[arg(short = 'p', long, global = true, value_name = "PROJECT")]
    pub(crate) project: Option<String>,
    /// File that holds the organization key and nothing else
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        conflicts_with = "key_stdin",
        hide_short_help = true
    )]
    pub(crate) key_file: Option<PathBuf>,
    /// Read the organization key from standard input
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) key_stdin: bool,
    /// Format of the output: a table on a terminal and JSON in a pipe, unless told otherwise
    #[arg(short, long, global = true, value_name = "FORMAT", value_enum)]
    pub(crate) output: Option<Format>,
    /// Filter the output with a jq program
    #[arg(long, global = true, value_name = "PROGRAM", hide_short_help = true)]
    pub(crate) jq: Option<String>,
    /// Confirm what is dangerous, for scripts
    #[arg(short, long, global = true)]
    pub(crate) yes: bool,
    /// Never ask anything
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) no_input: bool,
    /// Show the request instead of sending it. Nothing is connected to
    #[arg(short = 'n', long, global = true)]
    pub(crate) dry_run: bool,
    /// Refuse everything that is not a read
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) read_only: bool,
    /// Say nothing on standard error but errors
    #[arg(short, long, global = true, hide_short_help = true)]
    pub(crate) quiet: bool,
    /// Say more on standard error; twice for even more
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet", hide_short_help = true)]
    pub(crate) verbose: u8,
    /// How long a call may take, with all attempts, such as 90s
    #[arg(long, global = true, value_name = "DURATION", value_parser = crate::when::parse_duration, hide_short_help = true)]
    pub(crate) timeout: Option<Duration>,
    /// Run against a fresh simulator inside the program: no account, no network, no aircraft
    #[cfg(feature = "sim")]
    #[arg(long, global = true)]
    pub(crate) sim: bool,
    /// Seed of the simulator
    #[cfg(feature = "sim")]
    #[arg(long, global = true, value_name = "N", requires = "sim", hide_short_help = true)]
    pub(crate) sim_seed: Option<u64>,
    /// What happens in the simulator: the name of a scenario, or a file
    #[cfg(feature = "sim")]
    #[arg(long, global = true, value_name = "NAME", requires = "sim", hide_short_help = true)]
    pub(crate) sim_scenario: Option<String>,
    /// No colours
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) no_color: bool,
    /// Refused, with the ways in which a key can be given
    #[arg(long = "key", alias = "token", alias = "api-key", global = true, hide = true, num_args = 0..=1)]
    pub(crate) key_in_the_open: Option<Option<String>>,
}

impl GlobalArgs {
    /// Whether the command runs against a simulator of its own.
    pub(crate) const fn is_simulated(&self) -> bool {
        #[cfg(feature = "sim")]
        return self.sim;
        #[cfg(not(feature = "sim"))]
        return false;
    }
}
