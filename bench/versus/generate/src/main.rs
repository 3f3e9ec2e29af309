//! Runs Progenitor on a description, writes what comes out, and prints figures of it.
//!
//! `versus-generate SPEC FOLDER`: the description is taken as it is. Should Progenitor leave out an operation, the figure of the
//! operations says so.

use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs};

use openapiv3::OpenAPI;
use progenitor_impl::{GenerationSettings, Generator, InterfaceStyle};
use syn::{ImplItem, Item};

/// How often each style is generated; the median counts.
const ROUNDS: usize = 7;

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [spec, folder] = arguments.as_slice() else {
        eprintln!("usage: versus-generate SPEC FOLDER");
        return ExitCode::from(2);
    };
    for name in ["builder", "positional"] {
        if let Err(error) = measure(name, spec, folder) {
            eprintln!("error: Progenitor's {name} style of {spec}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn measure(name: &str, spec: &str, folder: &str) -> Result<(), Failure> {
    let mut taken = Vec::new();
    let mut text = String::new();
    for _ in 0..ROUNDS {
        let clock = Clock::new();
        text = generated(name, spec)?;
        taken.push(clock.lap());
    }
    taken.sort_unstable();
    let millis = taken[ROUNDS / 2].as_secs_f64() * 1000.0;
    let row = format!("Client beside Progenitor | Progenitor, {name}");
    println!("figure {row} | generating = {millis:.2} ms");
    println!("figure {row} | generated lines = {} lines", text.lines().count());
    println!("figure {row} | operations = {} operations", operations(&text)?);
    fs::write(format!("{folder}/{name}.rs"), text)?;
    Ok(())
}

/// From the file of the description to the text of the client, as for `cargo progenitor`.
fn generated(style: &str, spec: &str) -> Result<String, Failure> {
    let api: OpenAPI = serde_yaml::from_str(&fs::read_to_string(spec)?)?;
    let mut settings = GenerationSettings::default();
    settings.with_interface(match style {
        "builder" => InterfaceStyle::Builder,
        _ => InterfaceStyle::Positional,
    });
    let tokens = Generator::new(&settings).generate_tokens(&api)?;
    Ok(prettyplease::unparse(&syn::parse2(tokens)?))
}

/// Calls of the client: the methods of `Client` that lead to an answer or to a builder.
fn operations(text: &str) -> Result<usize, Failure> {
    let mut count = 0;
    for item in syn::parse_file(text)?.items {
        match item {
            Item::Mod(builders) if builders.ident == "builder" => {
                let items = builders.content.map(|(_, items)| items).unwrap_or_default();
                let builders = items.iter().filter(|item| matches!(item, Item::Struct(_))).count();
                return Ok(builders);
            }
            Item::Impl(block) => {
                let calls = block.items.iter().filter(
                    |item| matches!(item, ImplItem::Fn(call) if call.sig.asyncness.is_some()),
                );
                if block.trait_.is_none() {
                    count += calls.count();
                }
            }
            _ => {}
        }
    }
    Ok(count)
}

/// Time of this thread on a processor, where the system tells; elsewhere time on the wall.
struct Clock {
    since: Instant,
    used: Option<u64>,
}

impl Clock {
    fn new() -> Self {
        let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
        let used = told.and_then(|told| told.split(' ').next()?.parse().ok());
        Self { since: Instant::now(), used }
    }

    fn lap(&self) -> Duration {
        let now = Self::new();
        match (self.used, now.used) {
            (Some(before), Some(after)) => Duration::from_nanos(after.saturating_sub(before)),
            _ => now.since - self.since,
        }
    }
}
