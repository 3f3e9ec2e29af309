//! The keyring of the operating system, for those who ask for it: the Keychain of macOS, the Credential Manager of Windows, and on Linux
//! the keyring of the kernel, which needs no library and no service, and forgets when the machine restarts.
//!
//! Nothing else is tried when it fails: a key never ends up in a file that nobody asked for.

use flighthub_api::Secret;

use super::ConfigError;

/// The key of a profile.
///
/// # Errors
///
/// When the program has no keyring, or the keyring has no such key. Nothing else is tried instead.
pub(crate) fn read(profile: &str) -> Result<Secret, ConfigError> {
    platform::read(profile)
}

/// Keeps the key of a profile.
///
/// # Errors
///
/// When the program has no keyring, or it refuses.
pub(crate) fn write(profile: &str, key: &Secret) -> Result<(), ConfigError> {
    platform::write(profile, key)
}

/// Forgets the key of a profile. One that is not there is forgotten already.
///
/// # Errors
///
/// When the program has no keyring, or it refuses.
pub(crate) fn forget(profile: &str) -> Result<(), ConfigError> {
    platform::forget(profile)
}

#[cfg(feature = "keyring")]
mod platform {
    use std::sync::Arc;

    use flighthub_api::Secret;
    use keyring_core::{CredentialStore, Entry, Error};

    use crate::config::ConfigError;

    const SERVICE: &str = "flighthub-cli";

    pub(super) fn read(profile: &str) -> Result<Secret, ConfigError> {
        let key = entry(profile).and_then(|entry| entry.get_password());
        key.map(Secret::new).map_err(|error| explained(profile, &error))
    }

    pub(super) fn write(profile: &str, key: &Secret) -> Result<(), ConfigError> {
        let kept = entry(profile).and_then(|entry| entry.set_password(key.expose()));
        kept.map_err(|error| explained(profile, &error))
    }

    pub(super) fn forget(profile: &str) -> Result<(), ConfigError> {
        match entry(profile).and_then(|entry| entry.delete_credential()) {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(explained(profile, &error)),
        }
    }

    fn entry(profile: &str) -> Result<Entry, Error> {
        store()?.build(SERVICE, profile, None)
    }

    #[cfg(target_os = "linux")]
    fn store() -> Result<Arc<CredentialStore>, Error> {
        Ok(linux_keyutils_keyring_store::Store::new()?)
    }

    #[cfg(target_os = "macos")]
    fn store() -> Result<Arc<CredentialStore>, Error> {
        Ok(apple_native_keyring_store::keychain::Store::new()?)
    }

    #[cfg(windows)]
    fn store() -> Result<Arc<CredentialStore>, Error> {
        Ok(windows_native_keyring_store::Store::new()?)
    }

    #[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
    fn store() -> Result<Arc<CredentialStore>, Error> {
        Err(Error::NoDefaultStore)
    }

    /// No error of a keyring is repeated as a whole: some hold what they could not read.
    fn explained(profile: &str, error: &Error) -> ConfigError {
        let problem = match error {
            Error::NoEntry => "has no key for it",
            Error::NoStorageAccess(_) => "is locked",
            Error::TooLong(..) => "does not take a key of this length",
            Error::NoDefaultStore => "is not known on this system",
            _ => "refused",
        };
        let forgets = match error {
            Error::NoEntry if cfg!(target_os = "linux") => {
                " (that of the Linux kernel forgets when the machine restarts)"
            }
            _ => "",
        };
        ConfigError::new(
            format!(
                "profile {profile} keeps its key in the keyring of the system, which {problem}{forgets}"
            ),
            format!(
                "Put it there: flighthub config set key --keyring --profile {profile} < FILE. Nothing else was tried."
            ),
        )
    }
}

#[cfg(not(feature = "keyring"))]
mod platform {
    use flighthub_api::Secret;

    use crate::config::ConfigError;

    pub(super) fn read(profile: &str) -> Result<Secret, ConfigError> {
        Err(unavailable(profile))
    }

    pub(super) fn write(profile: &str, _: &Secret) -> Result<(), ConfigError> {
        Err(unavailable(profile))
    }

    pub(super) fn forget(profile: &str) -> Result<(), ConfigError> {
        Err(unavailable(profile))
    }

    fn unavailable(profile: &str) -> ConfigError {
        ConfigError::new(
            format!(
                "profile {profile} is to keep its key in the keyring of the system, and this program was built without"
            ),
            "Build it with `--features keyring`, or use key_file, FLIGHTHUB_TOKEN or --key-stdin. Nothing else was tried.",
        )
    }
}
