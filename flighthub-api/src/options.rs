//! What can differ from call to call.

use std::time::Duration;

/// Language of the messages in answers. Codes are the same in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Language {
    /// English. The service's own default is Chinese.
    #[default]
    English,
    /// Chinese.
    Chinese,
}

impl Language {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }
}

/// What one call does differently. What is not set is as the client has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) language: Option<Language>,
    pub(crate) request_id: Option<String>,
}

impl CallOptions {
    /// Nothing different.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How long the whole call may take, with all attempts and all waiting.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long one attempt may take.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = Some(timeout);
        self
    }

    /// Language of the messages in the answer.
    #[must_use]
    pub fn language(mut self, language: Language) -> Self {
        self.language = Some(language);
        self
    }

    /// Request id to send instead of a fresh UUID. All attempts of the call then carry it.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// These options, with the gaps filled from others.
    pub(crate) fn or(self, others: &Self) -> Self {
        Self {
            timeout: self.timeout.or(others.timeout),
            attempt_timeout: self.attempt_timeout.or(others.attempt_timeout),
            language: self.language.or(others.language),
            request_id: self.request_id.or_else(|| others.request_id.clone()),
        }
    }
}
