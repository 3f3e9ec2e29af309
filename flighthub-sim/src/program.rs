//! The command line of the simulator: the program `flighthub-sim`, and whatever else runs it under another name.
//!
//! It reads the arguments, serves until a signal ends it, and answers with an exit code: 0 done, 1 it failed or a replay came out
//! differently, 2 wrong arguments, 3 drift with `--fail-on-drift`.

mod arguments;

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

#[cfg(feature = "contract")]
use arguments::Watching;
use arguments::{HELP, Settings, Wanted};

use crate::{Replayed, Sim};

/// Runs the program: `name` is what people typed to start it, and the arguments are those after it.
///
/// It returns when it is done, or when a signal ended it.
#[must_use]
pub fn run(name: &str, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Result<Vec<String>, OsString> =
        arguments.into_iter().map(OsString::into_string).collect();
    let wanted = arguments
        .map_err(|argument| format!("`{}` is no Unicode text", argument.display()))
        .and_then(|arguments| arguments::read(arguments.into_iter()));
    let program = Program { name };
    match wanted {
        Ok(Wanted::Serve(settings)) => program.serve(*settings),
        Ok(Wanted::Replay(file)) => program.replay(&file),
        #[cfg(feature = "contract")]
        Ok(Wanted::Proxy(watching)) => program.watch(*watching),
        Ok(Wanted::Help) => print(&HELP.replace("{name}", name)),
        Ok(Wanted::Print(text)) => print(&text),
        Err(problem) => program.refuse(&problem),
    }
}

/// The program by the name that it was started with.
struct Program<'a> {
    name: &'a str,
}

impl Program<'_> {
    fn serve(&self, settings: Settings) -> ExitCode {
        let Settings { builder, listen } = settings;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let served = runtime.and_then(|runtime| {
            runtime.block_on(async {
                // Before anybody can know the port, so that every end is a clean one.
                let mut signals = Signals::new()?;
                let sim = builder.start_blocking()?;
                // Without a reader of these lines somebody may still know the port.
                let _ = say(&lines(&sim));
                signals.wait().await;
                sim.stop()
            })
        });
        match served {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => self.refuse(&error),
            Err(error) => {
                let hint = match error.kind() {
                    io::ErrorKind::AddrInUse
                    | io::ErrorKind::AddrNotAvailable
                    | io::ErrorKind::PermissionDenied => {
                        format!(
                            " (listening on {listen}). Choose another --listen or --storage-listen; port 0 is any free one."
                        )
                    }
                    _ => String::new(),
                };
                self.fail(&format_args!("{error}{hint}"))
            }
        }
    }

    fn replay(&self, file: &Path) -> ExitCode {
        match crate::replay(file) {
            Ok(Replayed::Same { requests }) => {
                let _ = say(&format!("the same: {requests} requests\n"));
                ExitCode::SUCCESS
            }
            Ok(Replayed::Different { line, recorded, now }) => {
                let place = file.display();
                let _ = say(&format!("{place}:{line}: different\n- {recorded}\n+ {now}\n"));
                ExitCode::FAILURE
            }
            Err(error) => self.fail(&format_args!("{}: {error}", file.display())),
        }
    }

    #[cfg(feature = "contract")]
    fn watch(&self, watching: Watching) -> ExitCode {
        let Watching { builder, fail_on_drift } = watching;
        match crate::contract::run(builder, &mut io::stdout()) {
            Ok(outcome) => ExitCode::from(outcome.exit_code(fail_on_drift)),
            Err(error) if error.is_setting() => self.refuse(&error),
            Err(error) => self.fail(&error),
        }
    }

    /// Wrong arguments or settings.
    fn refuse(&self, problem: &dyn fmt::Display) -> ExitCode {
        let name = self.name;
        complain(&format!("{name}: {problem}\nTry `{name} --help`.\n"));
        ExitCode::from(2)
    }

    fn fail(&self, problem: &dyn fmt::Display) -> ExitCode {
        complain(&format!("{}: {problem}\n", self.name));
        ExitCode::FAILURE
    }
}

fn print(text: &str) -> ExitCode {
    if say(text).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What the first lines say.
fn lines(sim: &Sim) -> String {
    let mut text = format!(
        "listening on {}\nFLIGHTHUB_TOKEN={}\nFLIGHTHUB_PROJECT={}\n",
        sim.url(),
        sim.token(),
        sim.project()
    );
    for region in sim.regions().iter().skip(1) {
        let name = region.name.to_ascii_uppercase().replace('-', "_");
        text += &format!("FLIGHTHUB_URL_{name}={}\n", region.url);
        text += &format!("FLIGHTHUB_TOKEN_{name}={}\n", region.token);
    }
    if let Some(console) = sim.console_url() {
        text += &format!("FLIGHTHUB_CONSOLE={console}\n");
    }
    text
}

/// The signals that end it.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    #[cfg(not(unix))]
    fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(unix)]
    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    #[cfg(not(unix))]
    async fn wait(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn complain(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}
