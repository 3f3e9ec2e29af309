//! Who calls, and with what rights.

use flighthub_api::v1::ProjectUuid;
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;
use crate::world::World;

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
    /// Whose key it is, also when its rights were changed.
    owner: KeyProfile,
}

/// What a key is good for. Each profile of the demo world has a key of its own: [`World::demo_key`](crate::World::demo_key).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum KeyProfile {
    /// Everything, in every project that its person has joined: the key of an administrator.
    #[default]
    Admin,
    /// The key of an ordinary member: lists the projects, and gets HTTP 403 with 200403 for everything inside one, as reported from the
    /// field.
    Member,
    /// Without the right to devices: their lists and alerts are null, and everything else about them is HTTP 403 with 200403.
    NoDevices,
    /// Without the right to livestreams: HTTP 403 with 200403 for them and for converters.
    NoLivestream,
    /// Without the right to tasks: HTTP 403 with 200403, but 219021 for the media of a task, as seen live.
    NoTasks,
    /// Of the organization, but in none of its projects: every list is null, the rest is HTTP 403 with 200403.
    Outsider,
    /// Was good once: HTTP 401 with 200401, but for the system status.
    Revoked,
    /// Has passed its `exp`: HTTP 401 with 200401, but for the system status.
    Expired,
    /// 64 hexadecimal digits, of the API before this one: HTTP 401 with 200401, but for the system status.
    OldStyle,
    /// A key that this organization and region does not know: HTTP 401 with 200401, but for the system status.
    Unknown,
}

impl KeyProfile {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Admin,
        Self::Member,
        Self::NoDevices,
        Self::NoLivestream,
        Self::NoTasks,
        Self::Outsider,
        Self::Revoked,
        Self::Expired,
        Self::OldStyle,
        Self::Unknown,
    ];

    /// Its name in deeds and scenarios, such as `no-devices`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
            Self::NoDevices => "no-devices",
            Self::NoLivestream => "no-livestream",
            Self::NoTasks => "no-tasks",
            Self::Outsider => "outsider",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::OldStyle => "old-style",
            Self::Unknown => "unknown",
        }
    }

    /// Who made the key. Ids are beyond 2^53, as real ones are.
    pub(crate) const fn person(self) -> Person {
        let (id, name, account) = match self {
            Self::Admin => (World::OWNER, World::OWNER_NAME, World::OWNER_ACCOUNT),
            Self::Member => ("1700000000000000003", "Member C", "member.c@example.com"),
            Self::NoDevices => ("1700000000000000004", "Planner D", "planner.d@example.com"),
            Self::NoLivestream => ("1700000000000000005", "Surveyor E", "surveyor.e@example.com"),
            Self::NoTasks => ("1700000000000000006", "Observer F", "observer.f@example.com"),
            Self::Outsider => ("1700000000000000007", "Newcomer G", "newcomer.g@example.com"),
            Self::Revoked => ("1700000000000000008", "Former H", "former.h@example.com"),
            Self::Expired => ("1700000000000000009", "Veteran I", "veteran.i@example.com"),
            Self::OldStyle => ("1700000000000000010", "Sync J", "sync.j@example.com"),
            Self::Unknown => ("1700000000000000099", "Stranger Z", "stranger.z@example.net"),
        };
        Person { id, name, account }
    }
}

/// A person of the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) account: &'static str,
}

/// The language of alerts. Messages of refusals are in English whatever is asked.
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
        Self {
            project: None,
            key: KeyProfile::Admin,
            language: Language::default(),
            owner: KeyProfile::Admin,
        }
    }

    /// The same inside a project.
    #[must_use]
    pub fn in_project(mut self, project: impl Into<ProjectUuid>) -> Self {
        self.project = Some(project.into());
        self
    }

    /// The same with another key, and so as another person.
    #[must_use]
    pub const fn with_key(mut self, key: KeyProfile) -> Self {
        self.key = key;
        self.owner = key;
        self
    }

    /// The person whose key it is.
    pub(crate) const fn person(&self) -> Person {
        self.owner.person()
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
