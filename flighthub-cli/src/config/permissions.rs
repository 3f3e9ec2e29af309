//! Who else can read a file.

use std::path::Path;

use super::ConfigError;

/// Makes a folder that only its owner can enter, with those above it.
///
/// # Errors
///
/// When it cannot be made.
pub(crate) fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Refuses a file that others can read or write. On Windows the folder of the user protects it.
///
/// # Errors
///
/// With the command that puts it right.
pub(crate) fn check_file(path: &Path, file: &std::fs::File) -> Result<(), ConfigError> {
    let found = file.metadata().map_err(|error| {
        ConfigError::new(format!("{}: {error}", path.display()), "Check that it is there.")
    })?;
    if found.is_dir() {
        return Err(ConfigError::new(
            format!("{} is a folder", path.display()),
            "Give the path of a file.",
        ));
    }
    check(path, &found, "600")
}

/// Refuses a folder that others can enter or write to.
///
/// # Errors
///
/// With the command that puts it right.
pub(crate) fn check_folder(path: &Path) -> Result<(), ConfigError> {
    let found = std::fs::metadata(path).map_err(|error| {
        ConfigError::new(format!("{}: {error}", path.display()), "Check that it is there.")
    })?;
    check(path, &found, "700")
}

#[cfg(unix)]
fn check(path: &Path, found: &std::fs::Metadata, wanted: &str) -> Result<(), ConfigError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = found.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(ConfigError::new(
        format!("{path} is open to others on this machine (its mode is {mode:03o})"),
        format!("Type: chmod {wanted} '{path}'"),
    ))
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
fn check(_: &Path, _: &std::fs::Metadata, _: &str) -> Result<(), ConfigError> {
    Ok(())
}
