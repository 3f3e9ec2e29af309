//! What the document says: an example reply of every operation, and the names of what is secret.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde_json::Value;

fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        serde_yaml::from_str(include_str!("../../../spec/flighthub-v1.yaml")).unwrap()
    })
}

/// The replies that the document has as examples of an operation's success, whole.
pub(crate) fn replies(id: &str) -> Vec<Value> {
    let items = document()["paths"].as_object().unwrap().values();
    let mut operations = items.flat_map(|item| item.as_object().unwrap().values());
    let operation = operations.find(|operation| operation["operationId"] == id).unwrap();
    let content = &operation["responses"]["200"]["content"]["application/json"];
    let several = content["examples"].as_object().into_iter().flat_map(|all| all.values());
    let values: Vec<Value> = several.map(|example| example["value"].clone()).collect();
    let single = content.get("example").cloned();
    values.into_iter().chain(single).collect()
}

/// Names of the properties that are marked as secret.
pub(crate) fn secrets() -> &'static BTreeSet<String> {
    static NAMES: OnceLock<BTreeSet<String>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut names = BTreeSet::new();
        collect(document(), &mut names);
        names
    })
}

fn collect(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in
                members.get("properties").and_then(Value::as_object).into_iter().flatten()
            {
                let reference = member["$ref"].as_str().and_then(|to| to.strip_prefix('#'));
                let schema = reference.and_then(|to| document().pointer(to)).unwrap_or(member);
                if schema["x-sensitive"] == true {
                    names.insert(name.clone());
                }
            }
            members.values().for_each(|member| collect(member, names));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        _ => {}
    }
}

/// Puts a text in place of every secret; how many there were.
pub(crate) fn plant(value: &mut Value, canary: &str) -> usize {
    match value {
        Value::Object(members) => members
            .iter_mut()
            .map(|(name, member)| match member {
                Value::String(text) if secrets().contains(name) => {
                    *text = canary.to_owned();
                    1
                }
                member => plant(member, canary),
            })
            .sum(),
        Value::Array(items) => items.iter_mut().map(|item| plant(item, canary)).sum(),
        _ => 0,
    }
}
