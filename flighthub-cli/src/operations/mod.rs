//! `flighthub GROUP OPERATION`: every operation of the API as a command, made from the catalogue when it is needed.

pub(crate) mod answer;
pub(crate) mod fields;
mod flags;
pub(crate) mod input;
pub(crate) mod run;
pub(crate) mod text;
pub(crate) mod values;

use clap::Command;
use flighthub_api::OperationInfo;
use flighthub_api::catalog::{Catalogue, Entry};
use flighthub_api::v1::CATALOGUE;

/// The groups of operations, in the order of the documentation.
pub(crate) fn groups() -> Vec<&'static str> {
    let mut groups: Vec<&'static str> = Vec::new();
    for info in CATALOGUE {
        if !groups.contains(&info.group()) {
            groups.push(info.group());
        }
    }
    groups
}

/// The operations of a group.
pub(crate) fn of_group(group: &str) -> impl Iterator<Item = &'static OperationInfo> {
    CATALOGUE.iter().copied().filter(move |info| info.group() == group)
}

/// The operation behind the command of a group.
pub(crate) fn find(group: &str, command: &str) -> Option<&'static OperationInfo> {
    of_group(group).find(|info| command_name(info) == command)
}

/// An operation and what the catalogue says about it.
pub(crate) fn entry(id: &str) -> Option<(&'static OperationInfo, &'static Entry)> {
    let info = CATALOGUE.iter().copied().find(|info| info.id == id)?;
    Some((info, Catalogue::v1().get(id)?))
}

/// The name of an operation's command in its group: `set-status`.
pub(crate) fn command_name(info: &OperationInfo) -> String {
    info.id.split_once('.').map_or(info.id, |(_, name)| name).replace('_', "-")
}

/// What a group is, in one line.
pub(crate) fn about(group: &str) -> String {
    let names: Vec<String> = of_group(group).map(command_name).collect();
    let tag = of_group(group).next().map_or("", |info| info.tag);
    format!("{tag}: {}", names.join(", "))
}

/// The command of a group. Its operations are added when they are needed.
pub(crate) fn group(name: &'static str) -> Command {
    Command::new(name)
        .about(about(name))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .defer(with_operations)
}

/// Adds the operations of the group that the command is named after.
fn with_operations(command: Command) -> Command {
    let group = command.get_name().to_owned();
    let taken: Vec<String> =
        command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    let operations = of_group(&group).filter(|info| !taken.contains(&command_name(info)));
    let commands: Vec<Command> = operations.filter_map(operation).collect();
    command.subcommands(commands)
}

/// The command of an operation.
fn operation(info: &'static OperationInfo) -> Option<Command> {
    let entry = Catalogue::v1().get(info.id)?;
    let fields = fields::of(entry);
    Some(
        Command::new(command_name(info))
            .about(info.summary)
            .long_about(text::long(info, entry))
            .args(flags::of(&fields, !entry.example.is_empty())),
    )
}
