//! `flighthub call`: any operation by its id.

use flighthub_api::v1::AnyOperation;
use serde_json::Map;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::operations::fields::{self, Field, Kind};
use crate::operations::values::{self, Reader};
use crate::operations::{self, run};

/// Call an operation by its id, such as task.get
///
/// The same as `flighthub GROUP OPERATION`, in a form that is easy to make by programs. `flighthub schema` lists the operations and their
/// arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flighthub call task.get task_uuid=5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10
  flighthub call device.hms device_sn_list=7CTXN0000B00A1,1581F0Q8X000U00G00A1
  flighthub call task.create --example > task.json
  flighthub call task.create --json @task.json rth_altitude=80 --dry-run")]
pub(crate) struct Args {
    /// Id of the operation
    #[arg(value_name = "OPERATION")]
    operation: String,
    /// Arguments: NAME=VALUE, NAME=@FILE, NAME=- for standard input; names as in the schema, with dots within objects
    #[arg(value_name = "NAME=VALUE")]
    values: Vec<String>,
    /// Arguments as one JSON object: text, @FILE, or - for standard input
    #[arg(long, value_name = "JSON")]
    json: Option<String>,
    /// Show secrets of the answer too, such as signed addresses and credentials
    #[arg(long)]
    show_secrets: bool,
    /// Show the arguments of the documentation's example, and send nothing
    #[arg(long)]
    example: bool,
}

/// Calls it.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let Some((info, entry)) = operations::entry(&args.operation) else {
        return Err(unknown(&args.operation));
    };
    if args.example {
        return run::show_example(context, entry);
    }
    let fields = fields::of(entry);
    let command = format!("call {}", info.id);
    let mut reader = run::reader(context, info, &command)?;
    let mut arguments = match &args.json {
        Some(json) => reader.json_arguments(&fields, json)?,
        None => Map::new(),
    };
    for pair in &args.values {
        let (field, text) = pair_of(&fields, pair, info.id)?;
        let value = value(&mut reader, field, text)?;
        values::set(&mut arguments, &field.path, value)?;
    }
    reader.check_complete(entry, &fields, &arguments)?;
    run::send(context, info, arguments, args.show_secrets).await
}

/// What to say about an id that is none.
pub(crate) fn unknown(id: &str) -> Failure {
    match AnyOperation::from_args(id, "{}") {
        Err(error) => Failure::usage(error.to_string(), "`flighthub schema` lists the operations."),
        Ok(operation) => Failure::unexpected(format!("the catalogue lacks {}", operation.info().id)),
    }
}

/// The field that a pair names, and the text after the sign.
fn pair_of<'f, 'p>(
    fields: &'f [Field],
    pair: &'p str,
    id: &str,
) -> Result<(&'f Field, &'p str), Failure> {
    let Some((name, text)) = pair.split_once('=') else {
        return Err(Failure::usage(
            format!("`{pair}` is no argument of a call"),
            "Arguments are NAME=VALUE, such as task_uuid=5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10.",
        ));
    };
    let wanted = name.replace('-', "_");
    match fields.iter().find(|field| field.name() == wanted) {
        Some(field) => Ok((field, text)),
        None => {
            let known: Vec<String> = fields.iter().map(Field::name).collect();
            let help = if known.is_empty() {
                "It takes no arguments.".to_owned()
            } else {
                format!("There are: {}.", known.join(", "))
            };
            Err(Failure::usage(format!("{id} has no argument `{name}`"), help))
        }
    }
}

fn value(
    reader: &mut Reader<'_>,
    field: &Field,
    text: &str,
) -> Result<serde_json::Value, Failure> {
    let name = field.name();
    if field.is_secret && !text.starts_with('@') && text != "-" {
        return Err(Failure::usage(
            format!(
                "`{name}` is a secret and does not belong on the command line: other programs and the shell's history \
                 can read it there"
            ),
            format!("Give it as {name}=@FILE or {name}=-."),
        ));
    }
    let text = reader.input.text(&name, text)?;
    let text = text.trim_end_matches(['\r', '\n']);
    match &field.kind {
        Kind::List(kind) if !text.trim_start().starts_with('[') => text
            .split(',')
            .map(|item| reader.read(&name, kind, field, item.trim()))
            .collect::<Result<Vec<_>, _>>()
            .map(Into::into),
        Kind::List(_) | Kind::Json => values::parse(&name, text),
        kind => reader.read(&name, kind, field, text),
    }
}
