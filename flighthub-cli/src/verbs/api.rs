//! `flighthub api`: any request, also of what is not described yet.

use flighthub_api::v1::CATALOGUE;
use flighthub_api::{Method, OperationInfo, RiskLevel};
use serde_json::Value;

use crate::confirm::Danger;
use crate::context::Context;
use crate::dry_run;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::operations::input::Input;
use crate::operations::{answer, run, values};

/// Send a request by method and path, also of what this program does not know
///
/// The data of the answer is shown, without the frame around it. GET is taken for a read, unless the operation is known to be
/// something else. Anything else is sent at most once, and needs a confirmation unless the operation is known to be harmless.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flighthub api GET /openapi/v0.1/project --query page=1 --query page_size=100
  flighthub api POST /openapi/v0.1/live-stream/start --json @start.json --dry-run
  flighthub api GET /openapi/v0.1/wayline --project North --jq '.list[].name'")]
pub(crate) struct Args {
    /// HTTP method
    #[arg(value_name = "METHOD", ignore_case = true, value_parser = ["GET", "POST", "PUT", "DELETE"])]
    method: String,
    /// Path, percent-encoded, from the first slash on
    #[arg(value_name = "PATH")]
    path: String,
    /// A parameter of the query; may come several times
    #[arg(long, value_name = "NAME=VALUE")]
    query: Vec<String>,
    /// JSON body: text, @FILE, or - for standard input
    #[arg(long, value_name = "JSON")]
    json: Option<String>,
    /// Show secrets of the answer too, such as signed addresses and credentials
    #[arg(long)]
    show_secrets: bool,
    /// Show the answer as it came, whatever it holds: secrets too
    #[arg(long)]
    as_it_came: bool,
    /// Send no project along
    #[arg(long, conflicts_with = "project")]
    no_project: bool,
}

/// Sends it.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let method = method(&args.method);
    let known = known(method, &args.path);
    let risk = match (known, method) {
        (Some(info), _) => info.risk,
        (None, Method::Get) => RiskLevel::Read,
        (None, _) => RiskLevel::Dangerous,
    };
    let body = body(context, &args, known)?;
    let client = context.raw_client(risk)?;
    if risk == RiskLevel::Dangerous {
        context.confirm(danger(method, &args.path, known, body.as_ref())).await?;
    }
    let mut call = client.raw(method, args.path.as_str());
    for pair in &args.query {
        let (name, value) = pair.split_once('=').ok_or_else(|| {
            Failure::usage(format!("--query: `{pair}` is not NAME=VALUE"), "Such as --query page=1.")
        })?;
        call = call.query(name, value);
    }
    if let Some(body) = &body {
        call = call.json(body);
    }
    if !args.no_project && context.has_project()? {
        call = call.project(context.project_uuid().await?);
    }
    let what = format!("{method} {}", args.path);
    let reply = match risk {
        RiskLevel::Read => call.send().await?,
        _ => context.writing(&what, call.send()).await?,
    };
    context.detail(format!(
        "{what}: HTTP {}, request id {}, {} attempt(s), {:.3} s",
        reply.status(),
        reply.request_id(),
        reply.attempts(),
        reply.elapsed().as_secs_f64()
    ));
    let data = if args.as_it_came {
        reply.decode()?
    } else {
        answer::data(context, known, &reply, args.show_secrets)?
    };
    context.out().value(&data)?;
    if risk > RiskLevel::Read {
        context.note("accepted by FlightHub; that it is done is not said");
    }
    Ok(Exit::Ok)
}

fn method(name: &str) -> Method {
    match name.to_ascii_uppercase().as_str() {
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        _ => Method::Get,
    }
}

/// The operation that method and path belong to. Paths without placeholders come first, as the service reads them.
fn known(method: Method, path: &str) -> Option<&'static OperationInfo> {
    let fitting = CATALOGUE
        .iter()
        .copied()
        .filter(|info| info.method == method && dry_run::placeholders(info.path, path).is_some());
    fitting.min_by_key(|info| info.path.matches('{').count())
}

fn body(
    context: &Context,
    args: &Args,
    known: Option<&'static OperationInfo>,
) -> Result<Option<Value>, Failure> {
    let Some(given) = &args.json else { return Ok(None) };
    let mut input = Input::default();
    if context.args().key_stdin {
        input.is_taken_by("--key-stdin");
    }
    let text = input.text("--json", given)?;
    let body = values::parse("--json", &text)?;
    if text == *given
        && let Some(object) = body.as_object()
        && let Some((_, entry)) = known.and_then(|info| crate::operations::entry(info.id))
    {
        values::refuse_secrets(&crate::operations::fields::of(entry), object)?;
    }
    Ok(Some(body))
}

/// What is dangerous about it: as its operation says, or because nobody knows what it does.
fn danger(
    method: Method,
    path: &str,
    known: Option<&'static OperationInfo>,
    body: Option<&Value>,
) -> Danger {
    let operation = known.and_then(|info| dry_run::operation(info, path, body));
    match operation {
        Some(operation) => run::danger(&operation),
        None => Danger {
            what: format!("{method} {path} may do anything; nobody here knows it"),
            kind: "path",
            id: path.to_owned(),
            name: None,
        },
    }
}
