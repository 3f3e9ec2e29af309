//! From what was given on the command line to the arguments of an operation.

use clap::ArgMatches;
use flighthub_api::RiskLevel;
use flighthub_api::catalog::Entry;
use jiff::Zoned;
use serde_json::{Map, Number, Value};

use super::fields::{self, Field, Kind};
use super::flags::{self, JSON};
use super::input::Input;
use crate::failure::Failure;
use crate::when;

/// What values are read with.
pub(crate) struct Reader<'a> {
    /// The operation as people call it: `task create`.
    pub(crate) command: &'a str,
    /// What the call may do: a flight needs dates without any doubt.
    pub(crate) risk: RiskLevel,
    /// The time that dates are reckoned from.
    pub(crate) now: Zoned,
    /// Files and standard input.
    pub(crate) input: Input,
}

impl Reader<'_> {
    /// The arguments of a call from its flags, positional arguments and `--json`.
    pub(crate) fn read_matches(
        &mut self,
        fields: &[Field],
        matches: &ArgMatches,
    ) -> Result<Map<String, Value>, Failure> {
        let mut arguments = match given(matches, JSON) {
            Some(text) => self.json_arguments(fields, &text)?,
            None => Map::new(),
        };
        for field in fields {
            if let Some(value) = self.read_flags(field, matches)? {
                set(&mut arguments, &field.path, value)?;
            }
        }
        Ok(arguments)
    }

    /// The arguments of `--json`.
    pub(crate) fn json_arguments(
        &mut self,
        fields: &[Field],
        given: &str,
    ) -> Result<Map<String, Value>, Failure> {
        let text = self.input.text("--json", given)?;
        let Value::Object(arguments) = parse("--json", &text)? else {
            return Err(Failure::usage(
                "--json: it has to be one JSON object",
                format!("`flighthub {} --example` shows one.", self.command),
            ));
        };
        if text == given {
            refuse_secrets(fields, &arguments)?;
        }
        Ok(arguments)
    }

    fn read_flags(
        &mut self,
        field: &Field,
        matches: &ArgMatches,
    ) -> Result<Option<Value>, Failure> {
        let flag = flags::flag_id(field);
        let id = if field.in_url && !matches.contains_id(&flag) {
            flags::positional_id(field)
        } else {
            flag
        };
        let option = format!("--{}", field.flag());
        let value = match &field.kind {
            Kind::Boolean => matches.get_one::<bool>(&id).map(|value| Value::Bool(*value)),
            Kind::Integer(..) => matches.get_one::<i64>(&id).map(|value| Value::from(*value)),
            Kind::List(kind) => {
                let Some(all) = all_given(matches, &id, kind) else { return Ok(None) };
                let values: Result<Vec<Value>, Failure> =
                    all.iter().map(|text| self.read(&option, kind, field, text)).collect();
                Some(Value::Array(values?))
            }
            kind => match given(matches, &id) {
                Some(text) if field.is_secret => Some(Value::String(self.secret(&option, &text)?)),
                Some(text) => Some(self.read(&option, kind, field, &text)?),
                None => None,
            },
        };
        Ok(value)
    }

    /// A secret from a file, without the line break at its end.
    fn secret(&mut self, option: &str, path: &str) -> Result<String, Failure> {
        let text = self.input.file(option, path)?;
        Ok(text.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// A value from its text.
    pub(crate) fn read(
        &mut self,
        option: &str,
        kind: &Kind,
        field: &Field,
        text: &str,
    ) -> Result<Value, Failure> {
        let wrong = |what: String| Failure::usage(format!("{option}: {what}"), "");
        match kind {
            Kind::Text => Ok(Value::String(text.to_owned())),
            Kind::Choice(choices) => {
                if choices.iter().any(|(choice, _)| choice == text) {
                    return Ok(Value::String(text.to_owned()));
                }
                let all: Vec<&str> = choices.iter().map(|(choice, _)| choice.as_str()).collect();
                Err(wrong(format!("`{text}` is none of {}", all.join(", "))))
            }
            Kind::Integer(least, most) => match text.parse::<i64>() {
                Ok(value) if (*least..=*most).contains(&value) => Ok(value.into()),
                Ok(_) => Err(wrong(format!("{text} is not between {least} and {most}"))),
                Err(_) => Err(wrong(format!("`{text}` is no whole number"))),
            },
            Kind::Number => match serde_json::from_str::<Number>(text) {
                Ok(number) => Ok(Value::Number(number)),
                Err(_) => Err(wrong(format!("`{text}` is no number"))),
            },
            Kind::Boolean => match text {
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                _ => Err(wrong(format!("`{text}` is neither true nor false"))),
            },
            Kind::Moment => self.moment(option, field, text),
            Kind::Json | Kind::List(_) => {
                let text = self.input.text(option, text)?;
                parse(option, &text)
            }
        }
    }

    /// Seconds since 1970. A window of a read may be given as people do; a flight has date, time and zone.
    fn moment(&self, option: &str, field: &Field, text: &str) -> Result<Value, Failure> {
        if let Ok(seconds) = text.parse::<i64>() {
            return Ok(seconds.into());
        }
        let is_end = field.path.last().is_some_and(|name| name.starts_with("end"));
        let moment = match self.risk {
            RiskLevel::Read if is_end => when::parse_until(text, &self.now),
            RiskLevel::Read => when::parse_since(text, &self.now),
            _ => when::parse_at(text, &self.now).map(|at| at.moment),
        };
        match moment {
            Ok(moment) => Ok(moment.unix_seconds().into()),
            Err(error) => Err(Failure::usage(format!("{option}: {error}"), "")),
        }
    }

    /// Says what the call lacks, if anything.
    pub(crate) fn check_complete(
        &self,
        entry: &Entry,
        fields: &[Field],
        arguments: &Map<String, Value>,
    ) -> Result<(), Failure> {
        let lacks = fields::missing(entry, arguments);
        if lacks.is_empty() {
            return Ok(());
        }
        let flags: Vec<String> = lacks
            .iter()
            .map(|name| match fields.iter().find(|field| field.name() == *name) {
                Some(field) if field.in_url => field.name().to_uppercase(),
                Some(field) => format!("--{}", field.flag()),
                // A part of something that is given as JSON.
                None => format!("`{name}` in the JSON"),
            })
            .collect();
        let help = if entry.example.is_empty() {
            format!("`flighthub {} --help` tells more.", self.command)
        } else {
            format!(
                "`flighthub {0} --help` tells more, `flighthub {0} --example` shows arguments for --json.",
                self.command
            )
        };
        Err(Failure::usage(format!("`{}` lacks {}", self.command, flags.join(", ")), help))
    }
}

/// Puts a value where its path leads.
pub(crate) fn set(
    arguments: &mut Map<String, Value>,
    path: &[String],
    value: Value,
) -> Result<(), Failure> {
    match path {
        [] => {}
        [name] => {
            arguments.insert(name.clone(), value);
        }
        [name, rest @ ..] => {
            let within = arguments.entry(name).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(within) = within else {
                return Err(Failure::usage(
                    format!("`{name}` in the JSON is no object, but a flag adds to it"),
                    "Give it in one way only.",
                ));
            };
            set(within, rest, value)?;
        }
    }
    Ok(())
}

/// A secret in the text of `--json` can be read by every program of this machine.
pub(crate) fn refuse_secrets(
    fields: &[Field],
    arguments: &Map<String, Value>,
) -> Result<(), Failure> {
    let holds = |field: &&Field| {
        let mut at = Some(arguments);
        let mut value = None;
        for name in &field.path {
            value = at.and_then(|at| at.get(name));
            at = value.and_then(Value::as_object);
        }
        value.is_some()
    };
    match fields.iter().filter(|field| field.is_secret).find(holds) {
        None => Ok(()),
        Some(field) => Err(Failure::usage(
            format!(
                "`{}` is a secret and does not belong on the command line: other programs and the shell's history can \
                 read it there",
                field.name()
            ),
            format!(
                "Give it by --{} FILE, or all arguments by --json @FILE or --json -.",
                field.flag()
            ),
        )),
    }
}

/// A JSON text; the error says where it is wrong, and does not repeat it.
pub(crate) fn parse(option: &str, text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|error| {
        Failure::usage(
            format!("{option}: this is no JSON: {error}"),
            "Text, @FILE, or - for standard input.",
        )
    })
}

/// The text of an option, if it was given.
fn given(matches: &ArgMatches, id: &str) -> Option<String> {
    matches.try_get_one::<String>(id).ok().flatten().cloned()
}

/// The texts of an option that takes several.
fn all_given(matches: &ArgMatches, id: &str, kind: &Kind) -> Option<Vec<String>> {
    match kind {
        Kind::Integer(..) => {
            let all = matches.try_get_many::<i64>(id).ok().flatten()?;
            Some(all.map(ToString::to_string).collect())
        }
        Kind::Boolean => {
            let all = matches.try_get_many::<bool>(id).ok().flatten()?;
            Some(all.map(ToString::to_string).collect())
        }
        _ => Some(matches.try_get_many::<String>(id).ok().flatten()?.cloned().collect()),
    }
}
