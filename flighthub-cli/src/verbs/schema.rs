//! `flighthub schema`: what operations take and do, as JSON.

use flighthub_api::catalog::{Catalogue, Entry};
use flighthub_api::{OperationInfo, RiskLevel, ScopeKind};
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::operations;
use crate::verbs::call;

/// Show operations and their arguments as JSON, for programs
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flighthub schema --jq '.operations[].id'
  flighthub schema task.create")]
pub(crate) struct Args {
    /// Id of one operation, such as task.get; all without it
    #[arg(value_name = "OPERATION")]
    operation: Option<String>,
}

/// Shows it.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let catalogue = Catalogue::v1();
    let operations: Vec<Value> = match &args.operation {
        Some(id) => match operations::entry(id) {
            Some((info, entry)) => vec![described(info, entry)],
            None => return Err(call::unknown(id)),
        },
        None => catalogue
            .operations
            .iter()
            .filter_map(|entry| operations::entry(&entry.id))
            .map(|(info, entry)| described(info, entry))
            .collect(),
    };
    let mut definitions = Map::new();
    for operation in &operations {
        add_definitions(catalogue, operation, &mut definitions);
    }
    context.out().value(&json!({ "operations": operations, "$defs": definitions }))?;
    Ok(Exit::Ok)
}

fn described(info: &OperationInfo, entry: &Entry) -> Value {
    json!({
        "id": info.id,
        "command": format!("{} {}", info.group(), operations::command_name(info)),
        "summary": info.summary,
        "description": entry.description,
        "documentation": entry.documentation.as_ref().map(|page| &page.url),
        "method": info.method.as_str(),
        "path": info.path,
        "risk": match info.risk {
            RiskLevel::Read => "read",
            RiskLevel::Write => "write",
            RiskLevel::Dangerous => "dangerous",
        },
        "project": match info.scope {
            ScopeKind::Organization => "never",
            ScopeKind::Project => "required",
            ScopeKind::Either => "optional",
        },
        "confirm": info.confirm,
        "cost": info.cost,
        "arguments": entry.arguments,
        "example": entry.example,
    })
}

/// Adds the definitions that a schema refers to, and those that these refer to.
fn add_definitions(catalogue: &Catalogue, schema: &Value, definitions: &mut Map<String, Value>) {
    match schema {
        Value::Object(fields) => {
            let reference = fields.get("$ref").and_then(Value::as_str);
            if let Some(name) = reference.and_then(|text| text.strip_prefix("#/$defs/"))
                && !definitions.contains_key(name)
                && let Some(definition) = catalogue.definitions.get(name)
            {
                definitions.insert(name.to_owned(), definition.clone());
                add_definitions(catalogue, definition, definitions);
            }
            fields.values().for_each(|value| add_definitions(catalogue, value, definitions));
        }
        Value::Array(items) => {
            items.iter().for_each(|item| add_definitions(catalogue, item, definitions));
        }
        _ => {}
    }
}
