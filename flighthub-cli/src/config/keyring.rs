//! The keyring of the operating system, for those who ask for it.

use flighthub_api::Secret;

use super::ConfigError;

/// The key of a profile.
///
/// # Errors
///
/// When the program has no keyring, or the keyring has no such key. Nothing else is tried instead.
pub(super) fn read(profile: &str) -> Result<Secret, ConfigError> {
    Err(unavailable(profile))
}

fn unavailable(profile: &str) -> ConfigError {
    ConfigError::new(
        format!(
            "profile {profile} keeps its key in the keyring of the system, and this program was built without"
        ),
        "Build it with `--features keyring`, or use key_file, FLIGHTHUB_TOKEN or --key-stdin.",
    )
}
