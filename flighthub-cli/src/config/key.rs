//! Where the organization key is.

use std::path::PathBuf;

use flighthub_api::{Region, Secret, Token};

use super::{ConfigError, Surroundings, keyring, surroundings};

/// Where the organization key is. It is read when a command needs it.
#[derive(Debug, Clone)]
pub(crate) enum KeyPlace {
    /// Standard input.
    Stdin,
    /// A file, and who named it.
    File(PathBuf, String),
    /// The environment.
    Environment(Secret),
    /// The profile itself, with the place in the file.
    Profile(Secret, String),
    /// The simulator inside the program.
    #[cfg_attr(not(feature = "sim"), allow(dead_code, reason = "only a simulator has it"))]
    Simulator(Secret),
    /// The keyring of the system, under the name of a profile.
    Keyring(String),
}

impl KeyPlace {
    /// Where it is, for people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Stdin => "--key-stdin".to_owned(),
            Self::File(path, source) => format!("{source}: {}", path.display()),
            Self::Environment(_) => "FLIGHTHUB_TOKEN".to_owned(),
            Self::Profile(_, place) => place.clone(),
            Self::Simulator(_) => "the simulator".to_owned(),
            Self::Keyring(profile) => format!("keyring of the system, profile {profile}"),
        }
    }

    /// The text that is meant to be a key, unchecked.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or others could read it too.
    pub(super) fn text(&self, around: &Surroundings) -> Result<Secret, ConfigError> {
        Ok(match self {
            Self::Stdin => around.stdin()?,
            Self::File(path, _) => surroundings::read_key(path)?,
            Self::Environment(text) | Self::Profile(text, _) | Self::Simulator(text) => {
                text.clone()
            }
            Self::Keyring(profile) => keyring::read(profile)?,
        })
    }

    /// Reads the key.
    ///
    /// # Errors
    ///
    /// When it cannot be read, others could read it too, or it is no key.
    pub(super) fn read(
        &self,
        region: Option<&Region>,
        around: &Surroundings,
    ) -> Result<Token, ConfigError> {
        let text = self.text(around)?;
        check(&text, region).map_err(|problem| {
            ConfigError::new(
                format!("{}: {problem}", self.describe()),
                "Keys are made in FlightHub 2 under Organization Settings, FlightHub Sync (or OpenAPI).",
            )
        })
    }
}

/// Private installations and simulators hand out keys of other forms than DJI's cloud.
pub(super) fn check(text: &Secret, region: Option<&Region>) -> Result<Token, String> {
    let trimmed = text.expose().trim();
    let is_old = trimmed.len() == 64 && trimmed.bytes().all(|byte| byte.is_ascii_hexdigit());
    let token = match region {
        Some(Region::OnPremises(_)) if !is_old => Token::opaque(trimmed),
        _ => Token::new(trimmed),
    };
    token.map_err(|error| error.to_string())
}
