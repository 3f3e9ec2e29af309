//! From the arguments of an operation to flags.

use clap::builder::{PossibleValue, PossibleValuesParser, ValueParser};
use clap::{Arg, ArgAction, ArgMatches, ValueHint, value_parser};

use super::fields::{Field, Kind};

/// Id of the flag that takes all arguments as JSON.
pub(crate) const JSON: &str = "operation.json";
/// Id of the flag that shows the documentation's example.
pub(crate) const EXAMPLE: &str = "operation.example";

/// Id of the flag that shows secrets of the answer.
pub(crate) const SHOW_SECRETS: &str = "operation.show-secrets";

/// Whether one of these flags was given.
pub(crate) fn is_set(matches: &ArgMatches, id: &str) -> bool {
    matches.try_get_one::<bool>(id).ok().flatten() == Some(&true)
}

/// Id of the flag of a field.
pub(crate) fn flag_id(field: &Field) -> String {
    format!("field.{}", field.name())
}

/// Id of the positional argument of a field.
pub(crate) fn positional_id(field: &Field) -> String {
    format!("positional.{}", field.name())
}

/// The arguments of a command for these fields.
pub(crate) fn of(fields: &[Field], has_example: bool) -> Vec<Arg> {
    let mut args: Vec<Arg> = Vec::new();
    for field in fields.iter().filter(|field| field.in_url) {
        args.push(
            Arg::new(positional_id(field))
                .value_name(field.name().to_uppercase())
                .help(short(field))
                .long_help(long(field))
                .value_parser(parser(&field.kind)),
        );
    }
    args.extend(fields.iter().map(flag));
    if !fields.is_empty() {
        args.push(
            Arg::new(JSON)
                .long("json")
                .value_name("JSON")
                .help("Arguments as one JSON object: text, @FILE, or - for standard input")
                .long_help(
                    "Arguments as one JSON object: text, @FILE, or - for standard input. Flags add to it and win over it.",
                ),
        );
    }
    if has_example {
        args.push(Arg::new(EXAMPLE).long("example").action(ArgAction::SetTrue).help(
            "Show the arguments of the documentation's example, fit for --json, and send nothing",
        ));
    }
    args.push(
        Arg::new(SHOW_SECRETS)
            .long("show-secrets")
            .action(ArgAction::SetTrue)
            .hide_short_help(true)
            .help("Show secrets of the answer too, such as signed addresses and credentials"),
    );
    args
}

fn flag(field: &Field) -> Arg {
    let arg = Arg::new(flag_id(field)).long(field.flag()).help(short(field)).long_help(long(field));
    if field.in_url {
        // The same as the positional argument: for scripts that want names.
        return arg
            .value_name(field.name().to_uppercase())
            .value_parser(parser(&field.kind))
            .conflicts_with(positional_id(field))
            .hide_short_help(true);
    }
    if field.is_secret {
        return arg.value_name("FILE").value_hint(ValueHint::FilePath);
    }
    let arg = arg.value_name(value_name(field)).value_parser(parser(&field.kind));
    match &field.kind {
        Kind::List(_) => arg.value_delimiter(',').action(ArgAction::Append),
        Kind::Integer(..) | Kind::Number => arg.allow_negative_numbers(true),
        _ => arg,
    }
}

/// What a value may look like. Moments and JSON are read later, when it is known what the time is.
fn parser(kind: &Kind) -> ValueParser {
    match kind {
        Kind::Choice(choices) => {
            PossibleValuesParser::new(choices.iter().map(|(value, meaning)| {
                let value = PossibleValue::new(value.clone());
                match one_line(meaning) {
                    text if text.is_empty() => value,
                    text => value.help(text),
                }
            }))
            .into()
        }
        Kind::Integer(least, most) => value_parser!(i64).range(*least..=*most).into(),
        Kind::Boolean => value_parser!(bool),
        Kind::List(kind) => parser(kind),
        Kind::Text | Kind::Moment | Kind::Number | Kind::Json => ValueParser::string(),
    }
}

fn value_name(field: &Field) -> String {
    match &field.kind {
        Kind::Moment => "TIME".to_owned(),
        Kind::Json => "JSON".to_owned(),
        Kind::Integer(..) => "N".to_owned(),
        Kind::Number => "NUMBER".to_owned(),
        _ => field.path.last().map(|name| name.to_uppercase()).unwrap_or_default(),
    }
}

/// The first sentence of what a field is.
fn short(field: &Field) -> String {
    let text = one_line(&field.description);
    let first = match text.find(". ") {
        Some(end) => text.get(..end).unwrap_or(&text).to_owned(),
        None => text.trim_end_matches('.').to_owned(),
    };
    format!("{first}{}", remarks(field))
}

fn long(field: &Field) -> String {
    format!("{}{}", super::text::paragraphs(&field.description), remarks(field))
}

/// What has to be known beside the description.
fn remarks(field: &Field) -> String {
    let mut remarks = Vec::new();
    if field.is_required {
        remarks.push("required".to_owned());
    }
    if !field.variants.is_empty() {
        remarks.push(format!("{} only", field.variants.join(" and ")));
    }
    match field.unit.as_deref() {
        Some("unix-seconds") => {
            remarks.push("a date with its time zone, or seconds since 1970".to_owned());
        }
        Some("count") | None => {}
        Some(unit) => remarks.push(format!("in {unit}")),
    }
    if field.is_secret {
        remarks.push("a secret: read from a file, - for standard input".to_owned());
    }
    if field.kind == Kind::Json {
        remarks.push("JSON text, or @FILE".to_owned());
    }
    if remarks.is_empty() { String::new() } else { format!(" [{}]", remarks.join("; ")) }
}

/// A text without its line breaks.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
