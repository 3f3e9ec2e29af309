//! `flighthub schema`: what operations take, as JSON.

use flighthub_api::catalog::Catalogue;
use flighthub_api::v1;
use serde_json::{Value, json};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Show operations and their arguments as JSON.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Id of one operation, such as task.get; all without it.
    #[arg(value_name = "OPERATION")]
    operation: Option<String>,
}

/// Shows it.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let entries: Vec<Value> = Catalogue::v1()
        .operations
        .iter()
        .filter(|entry| args.operation.as_deref().is_none_or(|id| id == entry.id))
        .map(|entry| json!({"id": entry.id, "summary": entry.summary, "arguments": entry.arguments}))
        .collect();
    if entries.is_empty() {
        let id = args.operation.unwrap_or_default();
        let error = v1::AnyOperation::from_args(&id, "{}").err();
        return Err(error.map_or_else(|| Failure::unexpected("no operations"), Failure::from));
    }
    context.out().value(&entries)?;
    Ok(Exit::Ok)
}
