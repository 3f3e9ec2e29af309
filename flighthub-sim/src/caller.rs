//! Who calls, and with what rights.

use flighthub_api::v1::ProjectUuid;

use crate::refusal::Refusal;

/// Who calls: the context of every operation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caller {
    /// The project of the header `X-Project-Uuid`, as sent; it may be none that exists.
    pub project: Option<ProjectUuid>,
    /// What the key is good for.
    pub key: KeyProfile,
    /// The language that was asked for by `X-Language`.
    pub language: Language,
}

/// What a key is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum KeyProfile {
    /// Everything: the key of an administrator who is a member of every project.
    #[default]
    Admin,
    /// Nothing: a key that this organization and region does not know. Only the system status accepts it.
    Unknown,
}

/// The language of messages. The simulator words its own in English whatever is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Language {
    /// Chinese, the default of the real gateway everywhere.
    #[default]
    Chinese,
    /// English.
    English,
}

/// The header that names the project.
pub const PROJECT_HEADER: &str = "X-Project-Uuid";

impl Caller {
    /// An administrator outside of any project.
    #[must_use]
    pub fn admin() -> Self {
        Self { project: None, key: KeyProfile::Admin, language: Language::default() }
    }

    /// The same inside a project.
    #[must_use]
    pub fn in_project(mut self, project: impl Into<ProjectUuid>) -> Self {
        self.project = Some(project.into());
        self
    }

    /// The same with another key.
    #[must_use]
    pub const fn with_key(mut self, key: KeyProfile) -> Self {
        self.key = key;
        self
    }

    /// The same, asking for another language.
    #[must_use]
    pub const fn with_language(mut self, language: Language) -> Self {
        self.language = language;
        self
    }

    /// The project of the header. Whether there is such a project is for the world to say.
    ///
    /// # Errors
    ///
    /// 200610, naming the header, when it is missing: what the real gateway answers for a missing context parameter.
    pub fn project(&self) -> Result<&ProjectUuid, Refusal> {
        self.project
            .as_ref()
            .ok_or_else(|| Refusal::context(PROJECT_HEADER, "the header is missing"))
    }

    /// The project of the header, for the operations that the real gateway guards by module (device state, live start).
    ///
    /// # Errors
    ///
    /// 200403 with HTTP 403 when it is missing.
    pub fn project_or_forbidden(&self) -> Result<&ProjectUuid, Refusal> {
        self.project.as_ref().ok_or_else(Refusal::forbidden)
    }
}
