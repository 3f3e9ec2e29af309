//! The whole command line, and one run of it.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgMatches, Args as _, ColorChoice, Command, FromArgMatches as _};

use crate::args::GlobalArgs;
use crate::complete;
use crate::context::{Context, say};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::help;
use crate::operations;
use crate::out::Format;
use crate::signals::Signals;
use crate::verbs;

/// How long what is under way may take to end after a signal.
const PATIENCE: Duration = Duration::from_millis(70);

/// The whole command line.
pub(crate) fn command() -> Command {
    let command = GlobalArgs::augment_args(Command::new("flighthub"))
        .version(env!("CARGO_PKG_VERSION"))
        .about("FlightHub 2 on the command line: flights, routes, media, tracks, live video")
        .long_about(help::ABOUT)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .help_template(help::template())
        .after_help(help::EXAMPLES)
        .after_long_help(help::more());
    let groups = operations::groups();
    let verbs = verbs::ALL.iter().filter(|verb| !groups.contains(&verb.name));
    command
        .subcommands(verbs.map(|verb| verb.command()))
        .subcommands(groups.iter().map(|name| group(name)))
}

/// The command of a group: its operations, and the verbs of the same name.
fn group(name: &'static str) -> Command {
    let group = operations::group(name);
    match verbs::find(name) {
        // The verb's texts are those of both.
        Some(verb) => (verb.augment)(group),
        None => group,
    }
}

/// Runs the program with its arguments, its own name first.
pub(crate) fn run(args: Vec<OsString>) -> ExitCode {
    if is_version(&args) {
        let text = concat!("flighthub ", env!("CARGO_PKG_VERSION"), "\n");
        // Nobody is there to be told that nobody reads it.
        let _ = std::io::stdout().write_all(text.as_bytes());
        return ExitCode::SUCCESS;
    }
    if complete::answer(&args, command) {
        return ExitCode::SUCCESS;
    }
    #[cfg(feature = "sim")]
    if args.get(1).is_some_and(|name| name == "sim") {
        // A program of its own, with options of its own.
        return flighthub_sim::program::run("flighthub sim", args.into_iter().skip(2));
    }
    ExitCode::from(understand(args).code())
}

fn understand(args: Vec<OsString>) -> Exit {
    let plain = args.iter().any(|arg| arg == "--no-color");
    let command = command().color(if plain { ColorChoice::Never } else { ColorChoice::Auto });
    match command.try_get_matches_from(args) {
        Ok(matches) => start(&matches),
        Err(error) => {
            let _ = error.print();
            if error.use_stderr() { Exit::Usage } else { Exit::Ok }
        }
    }
}

/// Whether only the version is asked for, which needs nothing of all this.
fn is_version(args: &[OsString]) -> bool {
    matches!(args, [_, only] if only == "--version" || only == "-V")
}

fn start(matches: &ArgMatches) -> Exit {
    let globals = match GlobalArgs::from_arg_matches(matches) {
        Ok(globals) => globals,
        Err(error) => {
            let _ = error.print();
            return Exit::Usage;
        }
    };
    let format = globals.output;
    let ended = begin(matches, globals);
    ended.unwrap_or_else(|failure| {
        tell(&failure, format);
        failure.exit()
    })
}

fn begin(matches: &ArgMatches, globals: GlobalArgs) -> Result<Exit, Failure> {
    if globals.key_in_the_open.is_some() {
        return Err(Failure::usage(
            "a key does not belong on the command line: other programs and the shell's history can read it there",
            "Give it by --key-file FILE, --key-stdin, the environment (FLIGHTHUB_TOKEN) or a profile (`flighthub config`). \
             If that was your real key, make a new one.",
        ));
    }
    let context = Context::new(globals)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::unexpected(format!("the program cannot start: {error}")))?;
    let result = runtime.block_on(to_the_end(&context, matches));
    // A thread that waits for the terminal, or for a disk, holds nobody up.
    runtime.shutdown_background();
    result
}

/// Does what was asked, unless a signal or the request of a dry run comes first.
async fn to_the_end(context: &Context, matches: &ArgMatches) -> Result<Exit, Failure> {
    let mut signals = Signals::new().map_err(|error| {
        Failure::unexpected(format!("the program cannot listen for signals: {error}"))
    })?;
    let (come, mut signal) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        signals.wait().await;
        let _ = come.send(());
        tokio::time::sleep(PATIENCE).await;
        // Whatever keeps the program busy cannot keep it alive: what has to outlive it is on the disk already.
        say("error: interrupted");
        std::process::exit(i32::from(Exit::Interrupted.code()));
    });
    tokio::select! {
        biased;
        Ok(()) = &mut signal => Err(interrupted(context)),
        result = dispatch(context, matches) => result,
        () = context.dry_run().request() => show_requests(context),
    }
}

async fn dispatch(context: &Context, matches: &ArgMatches) -> Result<Exit, Failure> {
    let Some((name, matches)) = matches.subcommand() else {
        return Err(Failure::usage("no command was given", "`flighthub --help` lists them."));
    };
    if let Some((command, within)) = matches.subcommand()
        && !is_of_verb(name, command)
        && let Some(info) = operations::find(name, command)
    {
        return operations::run::run(context, info, within).await;
    }
    match verbs::find(name) {
        Some(verb) => (verb.run)(context, matches).await,
        None => Err(Failure::unexpected(format!("`{name}` has no meaning"))),
    }
}

/// Whether a command of a group is the verb's, not an operation.
fn is_of_verb(group: &str, command: &str) -> bool {
    verbs::find(group).is_some_and(|verb| verb.command().find_subcommand(command).is_some())
}

fn interrupted(context: &Context) -> Failure {
    match context.under_way() {
        Some(what) => Failure::new(
            Exit::Interrupted,
            format!("interrupted while {what} was on its way; whether it was done is unknown"),
            "Look at the state first, and repeat it only when that shows no effect.",
        ),
        None => Failure::new(Exit::Interrupted, "interrupted", ""),
    }
}

/// Shows the requests that a dry run would have sent.
fn show_requests(context: &Context) -> Result<Exit, Failure> {
    let requests = context.dry_run().take();
    for request in &requests {
        match context.out().format() {
            Format::Table => context.out().text(&request.text())?,
            _ => context.out().value(request)?,
        }
    }
    context.note(context.dry_run().remark());
    Ok(Exit::Ok)
}

/// Tells why it failed, on standard error.
fn tell(failure: &Failure, format: Option<Format>) {
    let text = match format {
        Some(Format::Json | Format::Ndjson) => failure.json().to_string(),
        _ => failure.text(),
    };
    say(&text);
}
