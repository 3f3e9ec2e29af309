//! Completions: scripts for the shells, and the answers to what these scripts ask.
//!
//! The usual scripts are short and ask the program itself, so that they complete live values too: projects, docks, routes, tasks. They
//! set [`VARIABLE`] to the name of the shell and pass the words after `--`. The static scripts hold every command and option and never
//! start the program.

mod live;
mod nushell;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::sync::Arc;

use clap::{Arg, Command, ValueEnum};
use clap_complete::CompletionCandidate;
use clap_complete::engine::ArgValueCompleter;
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};

use live::Kind;
use nushell::Nushell;

/// The variable by which a script asks: the name of the shell.
pub(crate) const VARIABLE: &str = "FLIGHTHUB_COMPLETE";
/// The program, as people type it.
const PROGRAM: &str = "flighthub";

/// The shells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
    #[value(name = "powershell", alias = "pwsh")]
    Pwsh,
    Elvish,
    #[value(alias = "nu")]
    Nushell,
}

impl Shell {
    fn adapter(self) -> &'static dyn EnvCompleter {
        match self {
            Self::Bash => &Bash,
            Self::Zsh => &Zsh,
            Self::Fish => &Fish,
            Self::Pwsh => &Powershell,
            Self::Elvish => &Elvish,
            Self::Nushell => &Nushell,
        }
    }
}

/// The script of a shell that asks the program.
///
/// # Errors
///
/// Never, while there is memory.
pub(crate) fn script(shell: Shell) -> io::Result<String> {
    let mut script = Vec::new();
    shell.adapter().write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script)?;
    Ok(String::from_utf8_lossy(&script).trim_start().to_owned())
}

/// The script of a shell that holds everything itself, without live values.
pub(crate) fn static_script(shell: Shell, mut command: Command) -> String {
    use clap_complete::shells;
    let mut script = Vec::new();
    let to = &mut script;
    match shell {
        Shell::Bash => clap_complete::generate(shells::Bash, &mut command, PROGRAM, to),
        Shell::Zsh => clap_complete::generate(shells::Zsh, &mut command, PROGRAM, to),
        Shell::Fish => clap_complete::generate(shells::Fish, &mut command, PROGRAM, to),
        Shell::Pwsh => clap_complete::generate(shells::PowerShell, &mut command, PROGRAM, to),
        Shell::Elvish => clap_complete::generate(shells::Elvish, &mut command, PROGRAM, to),
        Shell::Nushell => {
            clap_complete::generate(clap_complete_nushell::Nushell, &mut command, PROGRAM, to);
        }
    }
    String::from_utf8_lossy(&script).into_owned()
}

/// Answers a script, when one asks: `true` when that was all. `args` are those of the program, its own name first.
///
/// Whatever goes wrong, a person who types is not disturbed: there is no answer then.
pub(crate) fn answer(args: &[OsString], command: impl Fn() -> Command + Copy) -> bool {
    let Some(name) = std::env::var_os(VARIABLE).filter(|name| !name.is_empty()) else {
        return false;
    };
    let shell = name.to_str().and_then(|name| Shell::from_str(name, true).ok());
    let words = args.iter().skip_while(|arg| *arg != "--").skip(1).cloned().collect::<Vec<_>>();
    if let Some(shell) = shell.filter(|_| !words.is_empty()) {
        let mut to = Vec::new();
        let mut command = with_live_values(command(), command, &words);
        let folder = std::env::current_dir().ok();
        let done = shell.adapter().write_complete(&mut command, words, folder.as_deref(), &mut to);
        if done.is_ok() {
            // Nobody is there to be told.
            let _ = io::stdout().write_all(&to);
        }
    }
    true
}

/// The command with completers on all arguments that name something of FlightHub.
fn with_live_values(
    mut command: Command,
    fresh: impl Fn() -> Command + Copy,
    words: &[OsString],
) -> Command {
    // Commands that are made when they are needed are needed now.
    command.build();
    let asked =
        Arc::new(live::Asked { words: words.to_vec(), command: fresh().ignore_errors(true) });
    attach(command, &asked)
}

fn attach(command: Command, asked: &Arc<live::Asked>) -> Command {
    let mut command = command.mut_args(|arg| match kind_of(&arg) {
        Some(kind) => {
            let asked = Arc::clone(asked);
            // The API takes ids alone.
            let id = arg.get_id().as_str();
            let names = !id.starts_with("field.") && !id.starts_with("positional.");
            arg.add(ArgValueCompleter::new(move |current: &std::ffi::OsStr| {
                candidates(&asked.values(kind), &current.to_string_lossy(), names)
            }))
        }
        None => arg,
    });
    for inner in command.get_subcommands_mut() {
        *inner = attach(std::mem::take(inner), asked);
    }
    command
}

/// What an argument names, by its own name or that of its value.
fn kind_of(arg: &Arg) -> Option<Kind> {
    if !arg.get_possible_values().is_empty() || !arg.get_action().takes_values() {
        return None;
    }
    let id = arg.get_id().as_str();
    let id = id.rsplit('.').next().unwrap_or(id).to_lowercase().replace('-', "_");
    let value = arg.get_value_names().and_then(<[_]>::first).map(|name| name.to_lowercase());
    let named = |name: &str| {
        Some(match name {
            "profile" => Kind::Profiles,
            "project" | "project_uuid" => Kind::Projects,
            "dock" | "docks" | "dock_sn" | "gateway_sn" | "landing_dock_sn" => Kind::Docks,
            "sn" | "device" | "devices" | "device_sn" | "aircraft" | "drone_sn" | "sn_list" => {
                Kind::Devices
            }
            "route" | "wayline" | "wayline_id" | "wayline_uuid" => Kind::Routes,
            "task" | "tasks" | "task_uuid" | "flight_task_uuid" => Kind::Tasks,
            "scenario" | "sim_scenario" => Kind::Scenarios,
            _ => return None,
        })
    };
    named(&id).or_else(|| value.and_then(|value| named(&value)))
}

/// What fits a word that was begun: by its id or by its name. Where names are understood, a name is offered.
///
/// The shell puts what it gets into the line as it is, so that only words of harmless characters are offered: a project that somebody
/// called `x; rm -rf ~` is offered by its id.
fn candidates(values: &[live::Value], current: &str, names: bool) -> Vec<CompletionCandidate> {
    let low = current.to_lowercase();
    let mut found = Vec::new();
    for value in values {
        let by_name = !value.name.is_empty() && value.name.to_lowercase().starts_with(&low);
        let by_id = value.id.to_lowercase().starts_with(&low);
        if names && by_name && is_harmless(&value.name) {
            found.push(candidate(&value.name, &value.id));
        } else if (by_name || by_id) && is_harmless(&value.id) {
            found.push(candidate(&value.id, &value.name));
        }
    }
    found
}

fn candidate(word: &str, help: &str) -> CompletionCandidate {
    let help = crate::out::text::line(help).into_owned();
    CompletionCandidate::new(word).help(Some(help).filter(|help| !help.is_empty()).map(Into::into))
}

fn is_harmless(word: &str) -> bool {
    !word.is_empty()
        && !word.starts_with('-')
        && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(id: &str, name: &str) -> live::Value {
        live::Value { id: id.to_owned(), name: name.to_owned() }
    }

    fn words(values: &[live::Value], current: &str) -> Vec<String> {
        let words = candidates(values, current, true);
        words.iter().map(|word| word.get_value().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn no_name_becomes_a_command_of_the_shell() {
        let values = [
            value("A-1", "x; rm -rf ~"),
            value("A-2", "$(reboot)"),
            value("A-3", "north-dock"),
            value("A-4 `id`", "evil id"),
            value("--yes", "evil option"),
            value("A-5", "Tower \u{1b}[31m"),
        ];
        assert_eq!(words(&values, ""), ["A-1", "A-2", "north-dock", "A-5"]);
        assert_eq!(words(&values, "a-"), ["A-1", "A-2", "A-3", "A-5"]);
        assert_eq!(candidates(&values, "nor", false)[0].get_value(), "A-3");
        assert_eq!(words(&values, "x;"), ["A-1"]);
        assert_eq!(words(&values, "Nor"), ["north-dock"]);
        assert_eq!(words(&values, "tow"), ["A-5"]);
        assert!(words(&values, "zz").is_empty());
        let shown = candidates(&values, "tow", true)[0].get_help().unwrap().to_string();
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
    }

    #[test]
    fn arguments_are_known_by_their_names() {
        for (arg, kind) in [
            (Arg::new("field.wayline_uuid").long("wayline-uuid"), Some(Kind::Routes)),
            (Arg::new("positional.task_uuid"), Some(Kind::Tasks)),
            (Arg::new("what").value_name("DOCK"), Some(Kind::Docks)),
            (Arg::new("field.sn").long("sn"), Some(Kind::Devices)),
            (Arg::new("project").long("project"), Some(Kind::Projects)),
            (Arg::new("field.name").long("name"), None),
            (Arg::new("task").long("task").action(clap::ArgAction::SetTrue), None),
        ] {
            assert_eq!(kind_of(&arg), kind, "{arg:?}");
        }
    }

    #[test]
    fn every_shell_has_both_scripts() {
        for shell in Shell::value_variants() {
            let script = script(*shell).unwrap();
            assert!(
                script.contains(VARIABLE) && script.contains("flighthub"),
                "{shell:?}: {script}"
            );
            let command = Command::new("flighthub").subcommand(Command::new("doctor"));
            assert!(static_script(*shell, command).contains("doctor"), "{shell:?}");
        }
    }
}
