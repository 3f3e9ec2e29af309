//! One call of an operation, from its arguments to its answer.

use clap::ArgMatches;
use flighthub_api::catalog::Entry;
use flighthub_api::v1::{self, AnyOperation};
use flighthub_api::{OperationInfo, RawReply, RiskLevel, ScopeKind};
use flighthub_workflows::choose::printable;
use flighthub_workflows::fleet::Fleet;
use serde_json::{Map, Value, json};

use super::values::Reader;
use super::{answer, command_name, fields, flags};
use crate::confirm::Danger;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::operations::input::Input;

/// Does what the command of an operation says.
pub(crate) async fn run(
    context: &Context,
    info: &'static OperationInfo,
    matches: &ArgMatches,
) -> Result<Exit, Failure> {
    let Some((info, entry)) = super::entry(info.id) else {
        return Err(Failure::unexpected(format!("the catalogue lacks {}", info.id)));
    };
    if flags::is_set(matches, flags::EXAMPLE) {
        return show_example(context, entry);
    }
    let fields = fields::of(entry);
    let command = format!("{} {}", info.group(), command_name(info));
    let mut reader = reader(context, info, &command)?;
    let arguments = reader.read_matches(&fields, matches)?;
    reader.check_complete(entry, &fields, &arguments)?;
    send(context, info, arguments, flags::is_set(matches, flags::SHOW_SECRETS)).await
}

/// Reads values for a call.
pub(crate) fn reader<'a>(
    context: &Context,
    info: &OperationInfo,
    command: &'a str,
) -> Result<Reader<'a>, Failure> {
    let mut input = Input::default();
    if context.args().key_stdin {
        input.is_taken_by("--key-stdin");
    }
    Ok(Reader { command, risk: info.risk, now: context.now()?, input })
}

/// Shows the documentation's example.
pub(crate) fn show_example(context: &Context, entry: &Entry) -> Result<Exit, Failure> {
    context.out().value(&entry.example)?;
    Ok(Exit::Ok)
}

/// Sends a call with these arguments and shows its answer.
pub(crate) async fn send(
    context: &Context,
    info: &'static OperationInfo,
    arguments: Map<String, Value>,
    shows_secrets: bool,
) -> Result<Exit, Failure> {
    let operation =
        AnyOperation::from_args(info.id, &Value::Object(arguments).to_string()).map_err(named)?;
    context.permit(info.risk)?;
    if info.risk == RiskLevel::Dangerous {
        let danger = danger(&operation);
        let danger = if context.will_ask() { looked_up(context, danger).await } else { danger };
        context.confirm(danger).await?;
    }
    let reply = match info.risk {
        RiskLevel::Read => exchange(context, info, &operation).await?,
        _ => context.writing(info.id, exchange(context, info, &operation)).await?,
    };
    show(context, info, &reply, shows_secrets)
}

/// An error of the arguments, with the flag in it.
fn named(error: flighthub_api::ArgumentError) -> Failure {
    let known = super::entry(error.operation()).map(|(_, entry)| fields::of(entry));
    let field = known.into_iter().flatten().find(|field| field.name() == error.path());
    match field {
        Some(field) => Failure::from(error).during(format!("--{}", field.flag())),
        None => Failure::from(error),
    }
}

/// Sends it with or without a project, as the operation wants.
async fn exchange(
    context: &Context,
    info: &OperationInfo,
    operation: &AnyOperation,
) -> Result<RawReply, Failure> {
    let wants_project = match info.scope {
        ScopeKind::Organization => false,
        ScopeKind::Project => true,
        ScopeKind::Either => context.has_project()?,
    };
    let is_read = info.risk == RiskLevel::Read;
    let reply = match (wants_project, is_read) {
        (true, true) => context.read_project().await?.send_any(operation).await,
        (true, false) => context.project().await?.send_any(operation).await,
        (false, true) => context.read_client()?.send_any(operation).await,
        (false, false) => context.client()?.send_any(operation).await,
    };
    Ok(reply?)
}

/// Shows an answer.
pub(crate) fn show(
    context: &Context,
    info: &OperationInfo,
    reply: &RawReply,
    shows_secrets: bool,
) -> Result<Exit, Failure> {
    context.detail(format!(
        "{}: HTTP {}, request id {}, {} attempt(s), {:.3} s",
        info.id,
        reply.status(),
        reply.request_id(),
        reply.attempts(),
        reply.elapsed().as_secs_f64()
    ));
    let data = answer::data(context, Some(info), reply, shows_secrets)?;
    let is_empty = data.is_null() || data.as_object().is_some_and(Map::is_empty);
    if is_empty && info.risk > RiskLevel::Read {
        // What is true: nothing more is known.
        context.out().value(
            &json!({"operation": info.id, "accepted": true, "request_id": reply.request_id()}),
        )?;
    } else {
        context.out().value(&data)?;
    }
    if info.risk > RiskLevel::Read {
        context.note(accepted(info, &data));
    }
    Ok(Exit::Ok)
}

/// What an accepted write means.
fn accepted(info: &OperationInfo, data: &Value) -> String {
    let uuid = data.get("task_uuid").and_then(Value::as_str);
    match (info.id, uuid) {
        ("task.create", Some(uuid)) => {
            let uuid = printable(uuid);
            format!(
                "accepted; not yet flown. `flighthub mission wait {uuid}` follows the flight to its end"
            )
        }
        ("device.command", _) => {
            "accepted; not yet done. Whether the aircraft obeys shows in `flighthub device state`"
                .to_owned()
        }
        _ => "accepted by FlightHub; that it is done is not said".to_owned(),
    }
}

/// What is dangerous about a call, and to whom.
pub(crate) fn danger(operation: &AnyOperation) -> Danger {
    let info = operation.info();
    let arguments = operation.arguments();
    let name = info.confirm.unwrap_or_default();
    let text = |name: &str| arguments.get(name).and_then(Value::as_str).map(str::to_owned);
    let id = text(name).unwrap_or_else(|| info.id.to_owned());
    let mut what = format!("{} ({})", info.summary, info.id);
    if let Some(order) = text("device_command").or_else(|| text("status")) {
        what = format!("{what}: {order}");
    }
    Danger { what, kind: kind(info.id, name), id, name: None }
}

/// The word for what an argument names.
fn kind(id: &str, name: &str) -> &'static str {
    let entry = super::entry(id).map(|(_, entry)| entry);
    let property = entry.and_then(|entry| entry.arguments.get("properties")?.get(name));
    match property.and_then(|property| property.get("$ref")).and_then(Value::as_str) {
        Some("#/$defs/DockSn") => "dock",
        Some("#/$defs/DroneSn") => "aircraft",
        Some("#/$defs/DeviceSn") => "device",
        Some("#/$defs/TaskUuid") => "task",
        Some("#/$defs/ResourceUuid") => "image resource",
        Some("#/$defs/ModelUuid") => "model",
        _ => "operation",
    }
}

/// The same with callsign and dock, where they can be looked up.
pub(crate) async fn looked_up(context: &Context, danger: Danger) -> Danger {
    match danger.kind {
        "device" | "dock" | "aircraft" => of_device(context, danger).await,
        "task" => of_task(context, danger).await,
        _ => danger,
    }
}

/// The dock of a task is what people know it by.
async fn of_task(context: &Context, danger: Danger) -> Danger {
    let Ok(project) = context.read_project().await else { return danger };
    let Ok(task) = project.send(&v1::TaskGet::new(danger.id.as_str())).await else { return danger };
    let sn = task.sn.as_str();
    if sn.is_empty() {
        return danger;
    }
    let what = format!("{}, task {} ({})", danger.what, printable(&task.name), danger.id);
    of_device(context, Danger { what, kind: "dock", id: sn.to_owned(), name: None }).await
}

/// Whether it is a dock or an aircraft, and its callsign.
async fn of_device(context: &Context, mut danger: Danger) -> Danger {
    let Ok(project) = context.read_project().await else { return danger };
    let Ok(fleet) = Fleet::load(&project).await else { return danger };
    let dock = fleet.docks().find(|dock| dock.gateway.sn.as_str() == danger.id);
    let drone = fleet.drones().find(|drone| drone.sn.as_str() == danger.id);
    if let Some(dock) = dock {
        danger.kind = "dock";
        danger.name.clone_from(&dock.gateway.callsign);
    } else if let Some(drone) = drone {
        danger.kind = "aircraft";
        danger.name.clone_from(&drone.callsign);
    }
    danger
}
