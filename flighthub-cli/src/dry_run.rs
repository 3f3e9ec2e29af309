//! `--dry-run`: the exact request, and no socket.

use std::sync::{Arc, Mutex, PoisonError};

use flighthub_api::v1::{AnyOperation, CATALOGUE};
use flighthub_api::{
    BoxFuture, Method, OperationInfo, Transport, TransportError, TransportReply, TransportRequest,
};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::Notify;

use crate::operations::answer::SECRETS;

/// What stands for a secret.
const MASK: &str = "***";

/// A request that was not sent, without its secrets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Request {
    /// HTTP method.
    pub(crate) method: &'static str,
    /// Absolute URL.
    pub(crate) url: String,
    /// Headers; the key is masked.
    pub(crate) headers: Map<String, Value>,
    /// JSON body; secrets are masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Value>,
}

impl Request {
    fn of(request: &TransportRequest) -> Self {
        let headers = request.headers.iter().map(|(name, value)| {
            let text = if value.is_sensitive() {
                MASK.to_owned()
            } else {
                String::from_utf8_lossy(value.as_bytes()).into_owned()
            };
            (name.as_str().to_owned(), Value::String(text))
        });
        let body = request.body.as_deref().map(|body| masked(request.method, &request.url, body));
        Self {
            method: request.method.as_str(),
            url: request.url.clone(),
            headers: headers.collect(),
            body,
        }
    }

    /// As it would stand on the wire.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{} {}\n", self.method, self.url);
        for (name, value) in &self.headers {
            text += &format!("{name}: {}\n", value.as_str().unwrap_or_default());
        }
        if let Some(body) = &self.body {
            text += &format!("\n{body:#}\n");
        }
        text
    }
}

/// Keeps the requests that a client would have sent. None of its calls ever ends: the program ends instead.
#[derive(Debug, Clone, Default)]
pub(crate) struct DryRun(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    requests: Mutex<Vec<Request>>,
    /// What is being looked up, and how to do without.
    looking_up: Mutex<Option<String>>,
    came: Notify,
}

impl DryRun {
    /// Ends when there is a request.
    pub(crate) async fn request(&self) {
        self.0.came.notified().await;
    }

    /// Says what the next request looks up, and what to give instead.
    pub(crate) fn is_looking_up(&self, what: &str, instead: &str) {
        let text = format!(
            "this looks up {what}, and what follows depends on its answer; give {instead} to see the rest"
        );
        *self.0.looking_up.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }

    /// What to say beside the requests.
    pub(crate) fn remark(&self) -> String {
        let text = self.0.looking_up.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match text {
            Some(text) => format!("dry run: nothing was sent; {text}"),
            None => "dry run: nothing was sent".to_owned(),
        }
    }

    /// The requests so far.
    pub(crate) fn take(&self) -> Vec<Request> {
        std::mem::take(&mut self.0.requests.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Transport for DryRun {
    fn send(
        &self,
        request: TransportRequest,
    ) -> BoxFuture<'_, Result<TransportReply, TransportError>> {
        let request = Request::of(&request);
        self.0.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        self.0.came.notify_one();
        Box::pin(std::future::pending())
    }
}

/// A body without its secrets: as the operation that it belongs to masks it.
fn masked(method: Method, url: &str, body: &[u8]) -> Value {
    let Ok(mut body) = serde_json::from_slice::<Value>(body) else {
        return Value::String(format!("{} bytes", body.len()));
    };
    match preview(method, url, &body) {
        Some(preview) => preview,
        None => {
            // Nobody knows what such a request holds, but the names of secrets are known.
            mask_by_name(&mut body);
            body
        }
    }
}

/// The body as the operation behind method and path shows it.
fn preview(method: Method, url: &str, body: &Value) -> Option<Value> {
    let path = url.split_once("://")?.1;
    let path = path.get(path.find("/openapi/")?..)?.split('?').next()?;
    CATALOGUE.iter().filter(|info| info.method == method).find_map(|info| {
        let parts = operation(info, path, Some(body))?.preview().ok()?;
        serde_json::from_slice(parts.body.as_deref()?).ok()
    })
}

/// The operation that a path and a body make.
pub(crate) fn operation(
    info: &OperationInfo,
    path: &str,
    body: Option<&Value>,
) -> Option<AnyOperation> {
    let mut arguments = placeholders(info.path, path)?;
    if let Some(body) = body {
        arguments.extend(body.as_object()?.clone());
    }
    AnyOperation::from_args(info.id, &Value::Object(arguments).to_string()).ok()
}

/// The placeholders of a template in a path that fits it.
pub(crate) fn placeholders(template: &str, path: &str) -> Option<Map<String, Value>> {
    let mut values = Map::new();
    let (mut names, mut segments) = (template.split('/'), path.split('/'));
    loop {
        match (names.next(), segments.next()) {
            (None, None) => return Some(values),
            (Some(name), Some(segment)) => {
                match name.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                    // What it is in the path does not matter: only the body is shown.
                    Some(name) => {
                        values.insert(name.to_owned(), Value::String(segment.to_owned()));
                    }
                    None if name == segment => {}
                    None => return None,
                }
            }
            _ => return None,
        }
    }
}

/// Further names that are likely to hold secrets, in requests that nobody knows.
const LIKELY: [&str; 4] = ["access_key_id", "key", "secret", "token"];

/// Whether a field of this name holds a secret.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRETS.contains(&name.as_str()) || LIKELY.contains(&name.as_str())
}

fn mask_by_name(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if is_secret(name) && field.is_string() {
                    *field = Value::String(MASK.to_owned());
                } else {
                    mask_by_name(field);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask_by_name),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(method: Method, url: &str, body: &Value) -> Value {
        masked(method, url, body.to_string().as_bytes())
    }

    #[test]
    fn secrets_of_a_known_operation_are_masked_by_its_description() {
        let url = "https://a.example/prefix/openapi/v0.1/device/7CTXN0000B00A1/rtk";
        let body = json!({"host": "ntrip.example.net", "port": 1, "account": "FHCANARY", "password": "FHCANARY", "mount_point": "m"});
        let shown = shown(Method::Post, url, &body).to_string();
        assert!(!shown.contains("FHCANARY") && shown.contains("ntrip.example.net"), "{shown}");
    }

    #[test]
    fn secrets_of_an_unknown_request_are_masked_by_their_names() {
        let body = json!({"list": [{"Password": "FHCANARY", "name": "x"}], "url": "FHCANARY"});
        assert_eq!(
            shown(Method::Post, "https://a.example/openapi/v9/x", &body),
            json!({"list": [{"Password": "***", "name": "x"}], "url": "***"})
        );
    }

    #[test]
    fn a_path_gives_the_values_of_its_template() {
        assert_eq!(placeholders("/a/{id}/b", "/a/7/b"), json!({"id": "7"}).as_object().cloned());
        assert_eq!(placeholders("/a/{id}/b", "/a/7/c"), None);
        assert_eq!(placeholders("/a/{id}", "/a/7/b"), None);
    }
}
