//! `flighthub-sim`: a simulated FlightHub 2 for people and for programs in any language.

use std::io::{self, Write};
use std::process::ExitCode;

use flighthub_sim::Sim;

const HELP: &str = "\
A simulated DJI FlightHub 2, to develop and test against. Nothing here is real, and nothing reaches DJI.

Usage: flighthub-sim [--listen ADDRESS] [--seed N] [--speed N] [--strict]

  --listen ADDRESS  where to listen; port 0 is any free one (default 127.0.0.1:0)
  --seed N          seed of everything that looks like chance (default 1)
  --speed N         virtual seconds in a real one; 0 stands still (default 1)
  --strict          refuse requests that are not as documented, instead of naming them in a reply header
  --help            print this
  --version         print the version

Prints three lines and then serves until it is stopped:

  listening on http://127.0.0.1:PORT
  FLIGHTHUB_TOKEN=...
  FLIGHTHUB_PROJECT=...

Every reply carries `x-flighthub-simulator`. The clock: GET /__sim/clock, and POST /__sim/advance {\"seconds\": 60}.
";

struct Settings {
    listen: String,
    seed: u64,
    speed: f64,
    strict: bool,
}

enum Wanted {
    Serve(Settings),
    Print(String),
}

fn main() -> ExitCode {
    let settings = match read(std::env::args().skip(1)) {
        Ok(Wanted::Serve(settings)) => settings,
        Ok(Wanted::Print(text)) => {
            return if say(&text).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
        Err(problem) => {
            complain(&format!("flighthub-sim: {problem}\nTry `flighthub-sim --help`.\n"));
            return ExitCode::from(2);
        }
    };
    let Settings { listen, seed, speed, strict } = settings;
    match Sim::builder()
        .listen(listen.clone())
        .seed(seed)
        .speed(speed)
        .strict(strict)
        .start_blocking()
    {
        Ok(sim) => {
            let lines = format!(
                "listening on {}\nFLIGHTHUB_TOKEN={}\nFLIGHTHUB_PROJECT={}\n",
                sim.url(),
                sim.token(),
                sim.project()
            );
            // Without a reader of these lines somebody may still know the port.
            let _ = say(&lines);
            sim.wait();
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&format!(
                "flighthub-sim: cannot listen on {listen}: {error}. Choose another --listen; port 0 is any free one.\n"
            ));
            ExitCode::FAILURE
        }
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

fn read(arguments: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let mut settings =
        Settings { listen: "127.0.0.1:0".to_owned(), seed: 1, speed: 1.0, strict: false };
    let mut arguments = arguments.flat_map(|argument| match argument.split_once('=') {
        Some((name, value)) if name.starts_with("--") => vec![name.to_owned(), value.to_owned()],
        _ => vec![argument],
    });
    while let Some(argument) = arguments.next() {
        let mut value = |what: &str| {
            arguments.next().ok_or_else(|| format!("{argument} needs {what} after it"))
        };
        match argument.as_str() {
            "--listen" => settings.listen = value("an address such as 127.0.0.1:8080")?,
            "--seed" => {
                let text = value("a whole number")?;
                settings.seed = text
                    .parse()
                    .map_err(|_| format!("--seed takes a whole number such as 1, not `{text}`"))?;
            }
            "--speed" => {
                let text = value("a number")?;
                let speed = text.parse().ok().filter(|speed| (0.0..=1e6).contains(speed));
                settings.speed = speed.ok_or_else(|| {
                    format!("--speed takes a number from 0 to 1000000 such as 60, not `{text}`")
                })?;
            }
            "--strict" => settings.strict = true,
            "--help" | "-h" => return Ok(Wanted::Print(HELP.to_owned())),
            "--version" | "-V" => {
                return Ok(Wanted::Print(
                    concat!("flighthub-sim ", env!("CARGO_PKG_VERSION"), "\n").to_owned(),
                ));
            }
            _ => return Err(format!("there is no argument `{argument}`")),
        }
    }
    Ok(Wanted::Serve(settings))
}
