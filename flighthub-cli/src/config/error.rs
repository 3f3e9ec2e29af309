//! Why there are no settings.

use std::fmt;

/// Why there are no settings: what is wrong and where, and what to do. It holds no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigError {
    /// What is wrong, and where.
    pub(crate) text: String,
    /// What to do.
    pub(crate) help: String,
}

impl ConfigError {
    pub(crate) fn new(text: impl Into<String>, help: impl Into<String>) -> Self {
        Self { text: text.into(), help: help.into() }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for ConfigError {}
