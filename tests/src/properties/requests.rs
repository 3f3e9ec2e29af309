//! Requests: made of any arguments, and read from anything.

use std::collections::BTreeSet;

use flighthub_api::catalog::Catalogue;
use flighthub_api::server::{Parsed, read_request, route};
use flighthub_api::v1::{AnyOperation, CATALOGUE};
use flighthub_api::{Arguments, RequestParts};
use serde_json::Value;
use url::Url;

use super::{Bytes, Held};
use crate::exchange::chosen;

/// What divides the texts in the input of [`path`].
const DIVIDER: char = '\u{1e}';

/// Arguments of any text. Byte 0: the operation; the rest: texts, divided by U+001E, for the text arguments of its example in turn.
///
/// The request addresses the operation and nothing else, or is refused with the name of the argument.
pub fn path(input: &[u8]) -> Held {
    let mut input = Bytes(input);
    let info = chosen(input.byte()).info();
    let text = input.text();
    let mut texts = text.split(DIVIDER).cycle();
    let entry = Catalogue::v1().get(info.id).ok_or("the catalogue lacks an operation")?;
    let mut arguments = entry.example.clone();
    for value in arguments.values_mut() {
        let slots = match value {
            Value::Array(items) => items.iter_mut().collect(),
            other => vec![other],
        };
        for slot in slots.into_iter().filter(|slot| slot.is_string()) {
            *slot = texts.next().unwrap_or_default().into();
        }
    }
    let arguments = Value::Object(arguments).to_string();
    // Times and closed sets do not take any text.
    let Ok(operation) = AnyOperation::from_args(info.id, &arguments) else { return Ok(()) };
    match operation.to_request() {
        Err(error) if error.argument().is_empty() => Err(format!("names no argument: {error}")),
        Err(_) => Ok(()),
        Ok(request) => {
            addressed(&operation, &request)?;
            is_read_as(&operation, &request)
        }
    }
}

/// The request goes to the path of its operation, whoever reads its URL.
fn addressed(operation: &AnyOperation, request: &RequestParts) -> Held {
    let template = operation.info().path;
    let given: Vec<_> = request.path.split('/').collect();
    let wanted: Vec<_> = template.split('/').collect();
    let stays = given.len() == wanted.len()
        && wanted.iter().zip(&given).all(|(wanted, given)| {
            if wanted.starts_with('{') {
                !matches!(*given, "" | "." | "..")
            } else {
                wanted == given
            }
        });
    if !stays {
        return Err(format!("{template} became {}", request.path));
    }
    let target = request.path_and_query();
    let url = Url::parse(&format!("https://fh.example{target}"))
        .map_err(|error| format!("{target}: {error}"))?;
    if url.path() != request.path
        || url.query() != request.query.as_deref()
        || url.fragment().is_some()
    {
        return Err(format!("{target} is understood as {url}"));
    }
    let uri: Result<http::Uri, _> = target.parse();
    match uri {
        Ok(uri) if uri.path() == request.path && uri.query() == request.query.as_deref() => Ok(()),
        other => Err(format!("{target} is understood as {other:?}")),
    }
}

/// Whether an argument is the word by which a neighbour is told apart: then the request is the neighbour's.
fn is_neighbour(operation: &AnyOperation, request: &RequestParts) -> bool {
    static_words().any(|word| request.path.split('/').any(|segment| segment == word))
        && route(request.method.as_str(), &request.path).map(|info| info.id)
            != Ok(operation.info().id)
}

fn static_words() -> impl Iterator<Item = &'static str> {
    let words: BTreeSet<_> = CATALOGUE.iter().flat_map(|info| info.path.split('/')).collect();
    words.into_iter().filter(|word| !word.is_empty() && !word.starts_with('{'))
}

fn is_read_as(operation: &AnyOperation, request: &RequestParts) -> Held {
    if is_neighbour(operation, request) {
        return Ok(());
    }
    let query = request.query.as_deref().unwrap_or_default();
    let body = request.body.as_deref().unwrap_or_default();
    match read_request(request.method.as_str(), &request.path, query, body) {
        Ok(Parsed { operation: read, notes, .. }) if read == *operation && notes.is_empty() => {
            Ok(())
        }
        Ok(parsed) => Err(format!("{} is read as {parsed:?}", request.path_and_query())),
        // Simulator and gateway know only the values of today, which the client does not hold against anyone.
        Err(error) if is_of_tomorrow(&error.to_string()) => Ok(()),
        Err(error) => Err(format!("{} is not read: {error}", request.path_and_query())),
    }
}

/// Whether a value is refused because it is none of today's, or against a rule that the client leaves to the service.
fn is_of_tomorrow(problem: &str) -> bool {
    ["is not known", "is not one of", "has an element twice"]
        .iter()
        .any(|words| problem.contains(words))
}

/// A request as it comes. A line `METHOD path?query`; the rest: the body.
///
/// What is read as an operation can be sent by the client, and is then read as the same without a remark.
pub fn requests(input: &[u8]) -> Held {
    let mut input = Bytes(input);
    let line = String::from_utf8_lossy(input.line()).into_owned();
    let (method, target) = line.split_once(' ').unwrap_or(("GET", &line));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let operation = match read_request(method, path, query, input.0) {
        Ok(parsed) => {
            let words: Vec<_> = parsed.notes.iter().map(ToString::to_string).collect();
            if words.iter().any(String::is_empty) {
                return Err("a note says nothing".to_owned());
            }
            parsed.operation
        }
        Err(error) if error.to_string().is_empty() => {
            return Err("an error says nothing".to_owned());
        }
        Err(_) => return Ok(()),
    };
    match operation.to_request() {
        // What came in a body where a query belongs may be no text for a URL.
        Err(_) if operation.info().arguments == Arguments::Query => Ok(()),
        // A path may say more than the client would.
        Err(error)
            if path.contains('%') || path.contains("/.") || path.contains(char::is_control) =>
        {
            drop_error(error.argument())
        }
        Err(error) => Err(format!("{line} is read and cannot be sent: {error}")),
        Ok(request) => {
            addressed(&operation, &request)?;
            is_read_as(&operation, &request)
        }
    }
}

fn drop_error(argument: &str) -> Held {
    if argument.is_empty() { Err("an error names no argument".to_owned()) } else { Ok(()) }
}
