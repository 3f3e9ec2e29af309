//! What an answer shows: all of it but its secrets, unless they are asked for.

use std::collections::BTreeSet;

use flighthub_api::v1::AnyOperation;
use flighthub_api::{OperationInfo, RawReply};
use flighthub_workflows::choose::printable;
use serde_json::Value;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// What stands for a secret.
const MASK: &str = "***";

/// Names of fields that hold secrets wherever they stand, also where an answer is not as described.
pub(crate) const SECRETS: [&str; 12] = [
    "access_key_secret",
    "account",
    "callback_param",
    "device_password",
    "download_url",
    "original_url",
    "password",
    "preview_url",
    "secret_access_key",
    "security_token",
    "session_token",
    "url",
];

/// The data of an answer, without its secrets unless they are wanted.
///
/// # Errors
///
/// When it is not what the operation promises.
pub(crate) fn data(
    context: &Context,
    info: Option<&OperationInfo>,
    reply: &RawReply,
    shows_secrets: bool,
) -> Result<Value, Failure> {
    let mut data: Value = reply.decode()?;
    let described = match info.and_then(|info| AnyOperation::read_output(info.id, reply.data())) {
        Some(Ok(described)) => described,
        Some(Err(error)) => {
            let id = info.map_or("", |info| info.id);
            let (place, problem) = (printable(error.path()), printable(error.message()));
            return Err(Failure::new(
                Exit::Unexpected,
                format!("{id}: the answer is not as promised at `{place}`: {problem}"),
                "Report it to the project; `flighthub api` with --as-it-came shows the answer meanwhile.",
            ));
        }
        None => Value::Null,
    };
    if shows_secrets {
        return Ok(data);
    }
    let mut names: BTreeSet<String> = SECRETS.into_iter().map(str::to_owned).collect();
    collect(&described, &mut names);
    if mask(&mut data, &names) {
        context.note(
            "secrets are masked: what opens without a key or is one; --show-secrets shows them",
        );
    }
    Ok(data)
}

/// The names of the fields that the description masks.
fn collect(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if field == MASK {
                    names.insert(name.clone());
                }
                collect(field, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        _ => {}
    }
}

/// Masks the fields of these names; says whether there was any.
fn mask(value: &mut Value, names: &BTreeSet<String>) -> bool {
    let mut any = false;
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(text) if names.contains(name) && !text.is_empty() => {
                        MASK.clone_into(text);
                        any = true;
                    }
                    _ => any |= mask(field, names),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                any |= mask(item, names);
            }
        }
        _ => {}
    }
    any
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_a_secret_is_masked_wherever_it_stands() {
        let names: BTreeSet<String> = SECRETS.into_iter().map(str::to_owned).collect();
        let mut value = json!({"list": [{"uuid": "u", "original_url": "https://a/b?sig=FHCANARY"},
            {"original_url": 7}, {"uuid": [], "new": {"password": "FHCANARY"}}]});
        assert!(mask(&mut value, &names));
        assert_eq!(
            value,
            json!({"list": [{"uuid": "u", "original_url": "***"}, {"original_url": 7},
                {"uuid": [], "new": {"password": "***"}}]})
        );
        assert!(!mask(&mut json!({"url": "", "name": "x"}), &names));
    }

    #[test]
    fn what_the_description_masks_is_a_secret_too() {
        let text = r#"{"id": "c2b0", "name": "n", "download_url": "https://a/b?sig=FHCANARY"}"#;
        let described = AnyOperation::read_output("wayline.get", text).unwrap().unwrap();
        let mut names = BTreeSet::new();
        collect(&described, &mut names);
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["download_url"]);
        assert!(AnyOperation::read_output("wayline.nothing", text).is_none());
    }

    /// So that a new secret of the API cannot be forgotten here.
    #[test]
    fn every_secret_of_the_description_is_listed() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/flighthub-v1.yaml");
        let text = std::fs::read_to_string(path).unwrap();
        let spec: Value = serde_yaml::from_str(&text).unwrap();
        let mut found = BTreeSet::new();
        sensitive(&spec, &spec["components"]["schemas"], &mut found);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), SECRETS);
    }

    /// The names of the properties that are sensitive, or of a sensitive type.
    fn sensitive(node: &Value, schemas: &Value, found: &mut BTreeSet<String>) {
        match node {
            Value::Object(fields) => {
                let properties = fields.get("properties").and_then(Value::as_object);
                for (name, property) in properties.into_iter().flatten() {
                    let text = property.to_string();
                    let named = text.split("#/components/schemas/").skip(1);
                    let types = named.filter_map(|rest| rest.split('"').next());
                    let is = |schema: &Value| schema["x-sensitive"] == true;
                    let direct = property["$ref"].is_string() || property["allOf"].is_array();
                    if is(property) || direct && types.into_iter().any(|name| is(&schemas[name])) {
                        found.insert(name.clone());
                    }
                }
                fields.values().for_each(|inner| sensitive(inner, schemas, found));
            }
            Value::Array(items) => items.iter().for_each(|item| sensitive(item, schemas, found)),
            _ => {}
        }
    }
}
