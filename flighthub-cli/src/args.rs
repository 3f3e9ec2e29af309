//! The options that every command has.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};

use crate::config::Flags;
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
    /// File with the profiles, instead of the usual one
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub(crate) config: Option<PathBuf>,
    /// Language of the messages of FlightHub: en or zh
    #[arg(long, global = true, value_name = "LANGUAGE", hide_short_help = true)]
    pub(crate) language: Option<String>,
    /// Further certificate authorities of a private installation, as PEM
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub(crate) ca_file: Option<PathBuf>,
    /// Proxy to go through
    #[arg(long, global = true, value_name = "URL", hide_short_help = true)]
    pub(crate) proxy: Option<String>,
    /// Host header of a private installation behind address translation
    #[arg(long, global = true, value_name = "HOST", hide_short_help = true)]
    pub(crate) host_header: Option<String>,
    /// Allow plain http to a private installation; the key then crosses the network readable
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) allow_http: bool,
    /// Highest return height that is allowed there, in metres; no call tells it
    #[arg(long, global = true, value_name = "METRES", hide_short_help = true)]
    pub(crate) rth_ceiling: Option<f64>,
    /// Folder for what has to outlive the program, such as launches under way
    #[arg(long, global = true, value_name = "FOLDER", hide_short_help = true)]
    pub(crate) state_dir: Option<PathBuf>,
    /// Format of the output: a table on a terminal and JSON in a pipe, unless told otherwise
    #[arg(
        short,
        long,
        global = true,
        env = "FLIGHTHUB_OUTPUT",
        hide_env = true,
        value_name = "FORMAT",
        value_enum
    )]
    pub(crate) output: Option<Format>,
    /// Filter the output with a jq program
    #[arg(long, global = true, value_name = "PROGRAM", hide_short_help = true)]
    pub(crate) jq: Option<String>,
    /// Write texts that --jq finds as they are, without quotes
    #[arg(long, global = true, requires = "jq", hide_short_help = true)]
    pub(crate) raw: bool,
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
    /// What they say about settings.
    pub(crate) fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            profile: self.profile.clone(),
            region: self.region.clone(),
            url: self.url.clone(),
            key_stdin: self.key_stdin,
            key_file: self.key_file.clone(),
            project: self.project.clone(),
            language: self.language.clone(),
            ca_file: self.ca_file.clone(),
            proxy: self.proxy.clone(),
            host_header: self.host_header.clone(),
            read_only: self.read_only,
            rth_ceiling_m: self.rth_ceiling,
            allow_http: self.allow_http,
            state_dir: self.state_dir.clone(),
        }
    }

    /// Whether the command runs against a simulator of its own.
    pub(crate) const fn is_simulated(&self) -> bool {
        #[cfg(feature = "sim")]
        return self.sim;
        #[cfg(not(feature = "sim"))]
        return false;
    }
}
