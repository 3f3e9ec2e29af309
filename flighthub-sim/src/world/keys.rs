//! The keys of a world, and what each of them may do.
//!
//! Rights are data: an operation belongs to a [`Module`], and a [`KeyProfile`] says what it gets from that module. Nothing else in the
//! world asks for rights.

use std::collections::BTreeMap;

use flighthub_api::v1::CATALOGUE;
use flighthub_api::{ScopeKind, Secret, Timestamp};

use super::World;
use crate::caller::{Caller, KeyProfile, Language};
use crate::refusal::Refusal;

/// `data` of a list that is refused without saying so: the real gateway answers null instead of rows.
pub(crate) const EMPTY_LIST: &str = r#"{"list":null}"#;

/// What becomes of a request whose key is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Permit {
    /// It is carried out.
    Granted,
    /// It succeeds with `"list": null`, whatever there is: so the real gateway treats lists that the key has no right to.
    EmptyList,
}

/// What the console grants or withholds together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Module {
    System,
    /// The list of projects.
    Projects,
    /// The list of the organization's docks.
    OrganizationDevices,
    /// Uploads and members of a project.
    ProjectAdministration,
    /// The list of a project's devices, and their alerts: lists, which stay empty rather than being refused.
    DeviceLists,
    Devices,
    Livestreams,
    Tasks,
    Routes,
    Models,
    Annotations,
    OpenModeling,
}

/// Which module an operation belongs to, by the beginning of its id; the first line that fits counts.
const MODULES: [(&str, Module); 14] = [
    ("system.", Module::System),
    ("project.list", Module::Projects),
    ("project.devices_of_organization", Module::OrganizationDevices),
    ("project.devices", Module::DeviceLists),
    ("project.", Module::ProjectAdministration),
    ("device.hms", Module::DeviceLists),
    ("device.", Module::Devices),
    ("livestream.", Module::Livestreams),
    ("converter.", Module::Livestreams),
    ("task.", Module::Tasks),
    ("wayline.", Module::Routes),
    ("model.", Module::Models),
    ("annotation.", Module::Annotations),
    ("openmodel.", Module::OpenModeling),
];

fn module(operation: &str) -> Module {
    MODULES
        .iter()
        .find(|(prefix, _)| operation.starts_with(prefix))
        .map_or(Module::ProjectAdministration, |(_, module)| *module)
}

fn scope(operation: &str) -> ScopeKind {
    CATALOGUE.iter().find(|info| info.id == operation).map_or(ScopeKind::Project, |info| info.scope)
}

/// What a profile gets from an operation, its project aside.
pub(crate) fn permit(profile: KeyProfile, operation: &str) -> Result<Permit, Refusal> {
    use KeyProfile as Key;
    let module = module(operation);
    match (profile, module) {
        // The system status does not look at the key, as it seems at the real gateway.
        (_, Module::System) | (Key::Admin, _) => Ok(Permit::Granted),
        (Key::Unknown | Key::Revoked | Key::Expired | Key::OldStyle, _) => {
            Err(Refusal::wrong_key())
        }

        (Key::Member | Key::Outsider, Module::OrganizationDevices) => Ok(Permit::EmptyList),
        (Key::Outsider, Module::Projects | Module::DeviceLists) => Ok(Permit::EmptyList),
        (Key::Outsider, _) => Err(Refusal::forbidden()),
        (Key::Member, _) if scope(operation) == ScopeKind::Project => Err(Refusal::forbidden()),
        (Key::Member, _) => Ok(Permit::Granted),

        (Key::NoDevices, Module::OrganizationDevices | Module::DeviceLists) => {
            Ok(Permit::EmptyList)
        }
        (Key::NoDevices, Module::Devices) => Err(Refusal::forbidden()),
        (Key::NoLivestream, Module::Livestreams) => Err(Refusal::forbidden()),
        // As seen live: media of a task "are not there" for a key without the right to tasks.
        (Key::NoTasks, Module::Tasks) if operation == "task.media" => {
            Err(Refusal::new(219_021, "record not found"))
        }
        (Key::NoTasks, Module::Tasks) => Err(Refusal::forbidden()),
        (Key::NoDevices | Key::NoLivestream | Key::NoTasks, _) => Ok(Permit::Granted),
    }
}

/// The keys of a world.
#[derive(Debug, Clone)]
pub(crate) struct State {
    region: String,
    keys: Vec<Key>,
    /// Profiles whose rights were changed since.
    changed: BTreeMap<KeyProfile, KeyProfile>,
}

#[derive(Debug, Clone)]
struct Key {
    token: Secret,
    profile: KeyProfile,
    expires_at: i64,
}

impl State {
    pub(crate) fn new(region: &str) -> Self {
        let key = |profile: &KeyProfile| Key {
            token: Secret::new(token(region, *profile)),
            profile: *profile,
            expires_at: lifetime(*profile).1,
        };
        // Unknown keys and keys of the old style are none of ours.
        let known = KeyProfile::ALL
            .iter()
            .filter(|profile| !matches!(profile, KeyProfile::Unknown | KeyProfile::OldStyle));
        Self { region: region.to_owned(), keys: known.map(key).collect(), changed: BTreeMap::new() }
    }

    /// Whose key it is, and what that person may do with it now.
    fn find(&self, token: &str, now: Timestamp) -> (KeyProfile, KeyProfile) {
        let Some(key) = self.keys.iter().find(|key| key.token.expose() == token) else {
            let is_old = token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit());
            let profile = if is_old { KeyProfile::OldStyle } else { KeyProfile::Unknown };
            return (profile, profile);
        };
        if key.expires_at <= now.unix_seconds() {
            return (key.profile, KeyProfile::Expired);
        }
        (key.profile, self.changed.get(&key.profile).copied().unwrap_or(key.profile))
    }

    pub(crate) fn change(&mut self, key: KeyProfile, rights: KeyProfile) {
        if key == rights {
            self.changed.remove(&key);
        } else {
            self.changed.insert(key, rights);
        }
    }
}

impl World {
    /// The region of [`demo`](Self::demo).
    pub const DEMO_REGION: &'static str = "eu";

    /// The region whose keys this world accepts.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.keys.region
    }

    /// The key of a profile in the demo world: fixed, in the form of a real one, with a signature that says that it is none.
    ///
    /// ```
    /// use flighthub_sim::{KeyProfile, World};
    ///
    /// let world = World::demo(1);
    /// assert_eq!(world.profile_of(&World::demo_key(KeyProfile::Revoked)), KeyProfile::Revoked);
    /// assert_eq!(World::demo_key(KeyProfile::Admin), World::demo_token());
    /// ```
    #[must_use]
    pub fn demo_key(profile: KeyProfile) -> String {
        token(Self::DEMO_REGION, profile)
    }

    /// The key of a profile in this world. Worlds of other regions do not know it.
    #[must_use]
    pub fn key(&self, profile: KeyProfile) -> String {
        token(self.region(), profile)
    }

    /// What a key is good for here and now.
    #[must_use]
    pub fn profile_of(&self, token: &str) -> KeyProfile {
        self.keys.find(token, self.now()).1
    }

    /// Lets a request in, or not: the one place that looks at keys and rights. `token` and `project` are the headers as they came.
    ///
    /// # Errors
    ///
    /// In the order in which the real gateway seems to look: a bare HTTP 404 where the deployment does not have the operation; 200401
    /// inside HTTP 200 without a key; 200401 with HTTP 401 for a key that is not good; what [`permit`](Self::permit) says.
    pub fn admit(
        &self,
        operation: &str,
        token: Option<&str>,
        project: Option<&str>,
        language: Language,
    ) -> Result<(Caller, Permit), Refusal> {
        self.deployed(operation)?;
        let token = token.ok_or_else(Refusal::no_key)?;
        let (owner, rights) = self.keys.find(token, self.now());
        let mut caller = Caller::admin().with_key(owner).with_language(language);
        caller.key = rights;
        caller.project = project.map(Into::into);
        let permit = self.permit(&caller, operation)?;
        Ok((caller, permit))
    }

    /// Whether a caller may do something: by the module of the operation, and by the project of the header. An unknown operation counts
    /// as one of a project's administration.
    ///
    /// The methods of [`Service`](flighthub_api::v1::Service) do not ask this; whoever calls them directly is let through.
    ///
    /// ```
    /// use flighthub_sim::{Caller, KeyProfile, Permit, World};
    ///
    /// let world = World::demo(1);
    /// let caller = Caller::admin().in_project(World::DEMO_PROJECT).with_key(KeyProfile::NoDevices);
    /// assert_eq!(world.permit(&caller, "project.devices"), Ok(Permit::EmptyList));
    /// assert_eq!(world.permit(&caller, "device.state").unwrap_err().http, 403);
    /// ```
    ///
    /// # Errors
    ///
    /// 200401 with HTTP 401 for a key that is not good, 200403 with HTTP 403 where the module or the project is closed to its person,
    /// 219021 for the media of a task without the right to tasks.
    pub fn permit(&self, caller: &Caller, operation: &str) -> Result<Permit, Refusal> {
        let permit = permit(caller.key, operation)?;
        let closed =
            caller.project.as_ref().is_some_and(|project| self.projects.is_closed(project));
        if closed && permit == Permit::Granted && scope(operation) != ScopeKind::Organization {
            return Err(Refusal::forbidden());
        }
        Ok(permit)
    }
}

/// Begin and end of a key, Unix seconds. Real keys last ten years.
fn lifetime(profile: KeyProfile) -> (i64, i64) {
    const TEN_YEARS: i64 = 315_532_800;
    let begins = match profile {
        // Over a month before the demo world begins.
        KeyProfile::Expired => 1_764_547_200 - TEN_YEARS,
        _ => 1_735_689_600,
    };
    (begins, begins + TEN_YEARS)
}

/// A key in the form of a real one: a JSON web token without anything secret in it.
fn token(region: &str, profile: KeyProfile) -> String {
    if profile == KeyProfile::OldStyle {
        return "51a1a7ed".repeat(8);
    }
    let header = r#"{"alg":"HS512","crit":["typ","alg","kid"],"kid":"0d9e7c41-5a62-4b38-9f10-2c7b8a6d5e43","typ":"JWT"}"#;
    let (begins, expires) = lifetime(profile);
    let organization = match profile {
        KeyProfile::Unknown => "11d7a8e0-6c0b-4f57-8a3e-5b1c9d2e4f60",
        _ => World::DEMO_ORGANIZATION,
    };
    let person = profile.person();
    let claims = format!(
        r#"{{"account":"{}","exp":{expires},"nbf":{begins},"organization_uuid":"{organization}","project_uuid":"","sub":"fh2","user_id":"{}"}}"#,
        person.account, person.id,
    );
    let name = profile.name();
    let signature = match (region, profile) {
        (World::DEMO_REGION, KeyProfile::Admin) => "simulated-key-of-the-demo-world".to_owned(),
        (World::DEMO_REGION, _) => format!("simulated-{name}-key-of-the-demo-world"),
        _ => {
            let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
            let region: String = region.chars().map(letter).collect();
            format!("simulated-{name}-key-of-region-{region}")
        }
    };
    format!("{}.{}.{signature}", base64url(header.as_bytes()), base64url(claims.as_bytes()))
}

fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0_usize, |bits, index| {
            (bits << 8) | usize::from(chunk.get(index).copied().unwrap_or(0))
        });
        let letters =
            (0..=chunk.len()).map(|index| char::from(LETTERS[(bits >> (18 - 6 * index)) & 63]));
        text.extend(letters);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_for_urls_and_without_padding() {
        for (text, coded) in
            [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg")]
        {
            assert_eq!(base64url(text.as_bytes()), coded);
        }
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn every_operation_has_a_module_of_its_own() {
        for info in CATALOGUE {
            let prefix = MODULES.iter().find(|(prefix, _)| info.id.starts_with(prefix));
            assert!(prefix.is_some(), "{}", info.id);
        }
    }

    #[test]
    fn keys_end_with_their_exp() {
        let state = State::new("eu");
        let at = |seconds| Timestamp::from_unix_seconds(seconds).unwrap();
        let admin = token("eu", KeyProfile::Admin);
        assert_eq!(state.find(&admin, at(2_051_222_399)).1, KeyProfile::Admin);
        assert_eq!(state.find(&admin, at(2_051_222_400)).1, KeyProfile::Expired);
        let expired = token("eu", KeyProfile::Expired);
        assert_eq!(state.find(&expired, at(1_767_254_400)).1, KeyProfile::Expired);
        assert_eq!(state.find(&expired, at(1_764_547_199)).1, KeyProfile::Expired);
    }

    #[test]
    fn keys_stay_out_of_debug_output() {
        let text = format!("{:?}", State::new("eu"));
        assert!(!text.contains("simulated-"), "{text}");
    }
}
