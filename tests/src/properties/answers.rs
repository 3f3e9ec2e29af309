//! Answers: frames, errors, and the data of every operation.

use flighthub_api::v1::AnyOperation;
use flighthub_api::{Error, Retry, RiskLevel, TransportReply, WriteOutcome};
use http::{HeaderMap, HeaderValue};
use serde_json::Value;

use super::{Bytes, Held};
use crate::exchange::{Came, KEY, chosen, exchange};
use crate::mutation::mutate;
use crate::replies::documented;

/// Statuses that have a meaning of their own, and some that have none.
const STATUSES: [u16; 24] = [
    200, 201, 202, 204, 299, 301, 302, 304, 307, 400, 401, 403, 404, 405, 408, 409, 422, 425, 429,
    500, 502, 503, 504, 599,
];

/// A whole answer. Byte 0: the operation; byte 1: the status, mostly 200; the rest: the body.
///
/// It is read, and then it can be written and read again as the same, or it is an orderly error.
pub fn envelope(input: &[u8]) -> Held {
    let mut input = Bytes(input);
    let operation = chosen(input.byte());
    let status = match input.byte() {
        byte @ 0..=23 => STATUSES[usize::from(byte)],
        _ => 200,
    };
    answered(operation, TransportReply::new(status, input.0.to_vec()))
}

/// An answer that is an error in most cases. Byte 0: the operation; byte 1: the status; then a line with the value of `Retry-After`, a line
/// with that of `Content-Type`; the rest: the body.
pub fn error_bodies(input: &[u8]) -> Held {
    let mut input = Bytes(input);
    let operation = chosen(input.byte());
    let status = STATUSES[usize::from(input.byte()) % STATUSES.len()];
    let mut headers = HeaderMap::new();
    for name in ["retry-after", "content-type"] {
        if let Ok(value) = HeaderValue::from_bytes(input.line()) {
            headers.insert(name, value);
        }
    }
    let reply = TransportReply::new(status, input.0.to_vec()).with_headers(headers);
    answered(operation, reply)
}

/// The data of a success. Byte 0: the operation; byte 1: 0 for data as text in the rest; otherwise the rest changes data that is as
/// documented, place by place.
pub fn models(input: &[u8]) -> Held {
    let mut input = Bytes(input);
    let index = usize::from(input.byte());
    let data = match input.byte() {
        0 => input.text(),
        _ => {
            let all = documented();
            let mut data = all[index % all.len()].everything.clone();
            // Places and changes come in threes of bytes; more than some would only be noise.
            for _ in 0..24 {
                if input.is_empty() {
                    break;
                }
                let (place, change) = (input.below(usize::from(u16::MAX)), input.byte());
                mutate(&mut data, place, change);
            }
            data.to_string()
        }
    };
    let operation = chosen(u8::try_from(index).unwrap_or_default());
    let info = operation.info();
    let shown = AnyOperation::read_output(info.id, &data);
    let read = shown.ok_or_else(|| format!("{} is not known by its id", info.id))?;
    let frame = format!(r#"{{"code":0,"message":"","data":{data}}}"#);
    // A body that ends its frame early is another one.
    let is_one = serde_json::from_str::<Value>(&data).is_ok();
    match (read, exchange(operation, TransportReply::new(200, frame.clone()))) {
        (Err(error), Came::Read(_)) if is_one => {
            Err(format!("{}: by id it cannot be read, by type it can: {error}", info.id))
        }
        (Ok(_), Came::Failed(error)) if is_one && info.risk == RiskLevel::Read => {
            Err(format!("{}: by id it is read, by type not: {error}", info.id))
        }
        _ => answered(operation, TransportReply::new(200, frame)),
    }
}

/// What has to hold for any answer.
fn answered(operation: &AnyOperation, reply: TransportReply) -> Held {
    let (info, status) = (operation.info(), reply.status);
    let error = match exchange(operation, reply) {
        Came::Failed(error) => error,
        Came::Read(read) if matches!(status, 200..=299) => return again(operation, &read.data),
        Came::Read(_) => return Err(format!("{}: status {status} counts as a success", info.id)),
    };
    orderly(&error).map_err(|broken| format!("{}, status {status}: {broken}", info.id))?;
    let is_write = info.risk > RiskLevel::Read && info.retry == Retry::Never;
    match error.outcome() {
        None if is_write => {
            Err(format!("{}: the outcome of a write is not said: {error}", info.id))
        }
        Some(_) if !is_write => Err(format!("{}: the outcome of a read is said", info.id)),
        Some(WriteOutcome::Refused)
            if matches!(status, 300..=399 | 500..) && !error.is_rate_limited() =>
        {
            Err(format!("{}: status {status} counts as refused: {error}", info.id))
        }
        _ => Ok(()),
    }
}

/// An error says what it is and what to do, and never shows the key.
fn orderly(error: &Error) -> Held {
    let mut shown = format!("{error}\n{error:?}\n{error:#?}");
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        shown += &format!("\n{inner}\n{inner:?}");
        source = inner.source();
    }
    if shown.contains(KEY) || error.message().is_some_and(|message| message.contains(KEY)) {
        return Err("the key is shown".to_owned());
    }
    if error.to_string().chars().any(|c| c.is_control() && c != '\n') {
        return Err(format!("control characters are shown: {:?}", error.to_string()));
    }
    if error.is_decode() && error.json_path().is_none_or(str::is_empty) {
        return Err(format!("no place is named: {error}"));
    }
    let words = error.help();
    if words.is_empty() { Err(format!("no help: {error}")) } else { Ok(()) }
}

/// What was read can be written, and read again as the same: nothing that was kept is lost on the way.
fn again(operation: &AnyOperation, written: &Value) -> Held {
    let id = operation.info().id;
    let frame = format!(r#"{{"code":0,"message":"","data":{written}}}"#);
    match exchange(operation, TransportReply::new(200, frame)) {
        Came::Read(read) => {
            same(written, &read.data, "data").map_err(|broken| format!("{id}: {broken}"))
        }
        // 1970-01-01T00:00:00Z is a time as text and no time as number.
        Came::Failed(error) if error.to_string().contains("no time") => Ok(()),
        Came::Failed(error) => Err(format!("{id}: not read again: {error}\n{written}")),
    }
}

fn same(first: &Value, second: &Value, path: &str) -> Held {
    match (first, second) {
        (Value::Object(a), Value::Object(b)) => {
            let names = a.keys().chain(b.keys());
            names
                .map(|name| {
                    (name, a.get(name).unwrap_or(&Value::Null), b.get(name).unwrap_or(&Value::Null))
                })
                .try_for_each(|(name, a, b)| same(a, b, &format!("{path}.{name}")))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b).enumerate();
            pairs.into_iter().try_for_each(|(at, (a, b))| same(a, b, &format!("{path}[{at}]")))
        }
        (Value::Number(a), Value::Number(b)) if alike(a.as_f64(), b.as_f64()) => Ok(()),
        // The count 0 is no time.
        (Value::Number(a), Value::Null) if a.as_i64() == Some(0) => Ok(()),
        _ if first == second => Ok(()),
        _ => Err(format!("{path} was {first} and became {second}")),
    }
}

/// The same number, but for its last digits; or a time that counts in milliseconds and is so near 1970 that it was read as seconds.
fn alike(a: Option<f64>, b: Option<f64>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return a == b };
    let near = |a: f64, b: f64| (a - b).abs() <= 1.0e-9 * a.abs().max(b.abs());
    near(a, b) || a.abs() < 1.0e11 && near(a * 1000.0, b)
}
