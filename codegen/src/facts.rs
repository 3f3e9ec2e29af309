//! What is read off a value of the document.

use serde_json::Value;

/// Short ways to what stands under a key; what is missing, or of another type, is empty.
pub(crate) trait Facts {
    /// What stands under `key`, an empty value when nothing does.
    fn under(&self, key: &str) -> &Value;

    /// Whether anything stands under `key`.
    fn has(&self, key: &str) -> bool;

    /// The one value that an enum fixes.
    fn constant(&self) -> Option<&Value> {
        match self.items("enum") {
            [value] => Some(value),
            _ => None,
        }
    }

    /// Text under `key`.
    fn text(&self, key: &str) -> &str {
        self.under(key).as_str().unwrap_or_default()
    }

    /// A text for readers, without the line break that block scalars end with.
    fn docs(&self, key: &str) -> String {
        self.text(key).trim().to_owned()
    }

    /// Whether a text that is not blank stands under `key`.
    fn said(&self, key: &str) -> bool {
        !self.text(key).trim().is_empty()
    }

    /// Whether the flag is set.
    fn flag(&self, key: &str) -> bool {
        self.under(key) == &Value::Bool(true)
    }

    /// The list under `key`.
    fn items(&self, key: &str) -> &[Value] {
        self.under(key).as_array().map_or(&[], Vec::as_slice)
    }

    /// Whether a list with entries stands under `key`.
    fn listed(&self, key: &str) -> bool {
        !self.items(key).is_empty()
    }

    /// The texts of the list under `key`.
    fn texts(&self, key: &str) -> Vec<&str> {
        self.items(key).iter().filter_map(Value::as_str).collect()
    }

    /// Whether the list under `key` has this text.
    fn lists(&self, key: &str, text: &str) -> bool {
        self.items(key).iter().any(|value| value == text)
    }

    /// The members of the object under `key`.
    fn members(&self, key: &str) -> impl Iterator<Item = (&str, &Value)> {
        let members = self.under(key).as_object().into_iter().flatten();
        members.map(|(name, value)| (name.as_str(), value))
    }

    /// The property `name` of an object schema.
    fn property(&self, name: &str) -> Option<&Value> {
        self.under("properties").get(name)
    }

    /// What stands under `key`, for messages.
    fn shown(&self, key: &str) -> String {
        if self.has(key) { self.under(key).to_string() } else { "missing".to_owned() }
    }
}

impl Facts for Value {
    fn under(&self, key: &str) -> &Value {
        self.get(key).unwrap_or(&Value::Null)
    }

    fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }
}
