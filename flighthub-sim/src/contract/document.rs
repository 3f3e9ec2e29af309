//! Walking an OpenAPI document so that every complaint names its place.

use std::fmt;

use serde_json::{Map, Value};

/// Why a document is no description to judge by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescriptionError {
    place: String,
    problem: String,
}

impl DescriptionError {
    pub(crate) fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { place: place.into(), problem: problem.into() }
    }

    /// JSON pointer of the place in the document. Empty: the whole of it.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl fmt::Display for DescriptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.place.is_empty() { "its root" } else { &self.place };
        write!(f, "the description cannot be used, at {place}: {}", self.problem)
    }
}

impl std::error::Error for DescriptionError {}

/// A value of the document and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node<'d> {
    root: &'d Value,
    value: &'d Value,
    place: String,
}

impl<'d> Node<'d> {
    pub(crate) const fn root(root: &'d Value) -> Self {
        Self { root, value: root, place: String::new() }
    }

    pub(crate) const fn value(&self) -> &'d Value {
        self.value
    }

    pub(crate) const fn document(&self) -> &'d Value {
        self.root
    }

    pub(crate) fn wrong(&self, problem: impl Into<String>) -> DescriptionError {
        DescriptionError::new(self.place.clone(), problem)
    }

    fn below(&self, key: impl fmt::Display, value: &'d Value) -> Self {
        Self { root: self.root, value, place: format!("{}/{key}", self.place) }
    }

    /// A member, if the value is an object that has it.
    pub(crate) fn member(&self, key: &str) -> Option<Self> {
        self.value.get(key).map(|value| self.below(escaped(key), value))
    }

    pub(crate) fn needed(&self, key: &str) -> Result<Self, DescriptionError> {
        self.member(key).ok_or_else(|| self.wrong(format!("`{key}` is missing")))
    }

    pub(crate) fn is_true(&self, key: &str) -> bool {
        self.value.get(key) == Some(&Value::Bool(true))
    }

    pub(crate) fn text(&self) -> Result<&'d str, DescriptionError> {
        self.value.as_str().ok_or_else(|| self.wrong("a text is wanted"))
    }

    pub(crate) fn object(&self) -> Result<&'d Map<String, Value>, DescriptionError> {
        self.value.as_object().ok_or_else(|| self.wrong("an object is wanted"))
    }

    pub(crate) fn members(&self) -> Result<Vec<(&'d str, Self)>, DescriptionError> {
        let members = self.object()?.iter();
        Ok(members.map(|(key, value)| (key.as_str(), self.below(escaped(key), value))).collect())
    }

    pub(crate) fn items(&self) -> Result<Vec<Self>, DescriptionError> {
        let items = self.value.as_array().ok_or_else(|| self.wrong("a list is wanted"))?;
        Ok(items.iter().enumerate().map(|(index, item)| self.below(index, item)).collect())
    }

    /// The items of a member that may be missing.
    pub(crate) fn items_of(&self, key: &str) -> Result<Vec<Self>, DescriptionError> {
        self.member(key).map_or_else(|| Ok(Vec::new()), |list| list.items())
    }

    /// What a `$ref` leads to, itself if it is none.
    pub(crate) fn resolved(&self) -> Result<Self, DescriptionError> {
        let mut node = self.clone();
        // A chain longer than this is a ring.
        for _ in 0..32 {
            let Some(reference) = node.member("$ref") else { return Ok(node) };
            let text = reference.text()?;
            let pointer = text.strip_prefix('#').unwrap_or(text);
            let target = self.root.pointer(pointer);
            let target = target.ok_or_else(|| reference.wrong(format!("{text} leads nowhere")))?;
            node = Self { root: self.root, value: target, place: pointer.to_owned() };
        }
        Err(self.wrong("the references run in a ring"))
    }
}

/// A key as one part of a JSON pointer.
pub(crate) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
