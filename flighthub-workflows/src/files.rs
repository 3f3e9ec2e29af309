//! Files that are there whole or not at all.

use std::io::Write as _;
use std::path::Path;

use crate::{Error, Result};

/// Writes a file under a temporary name in the same folder, brings it to the disk, and then gives it its name. Only the owner can read it
/// on Unix.
///
/// # Errors
///
/// When the folder cannot be written to. What was there before is then still there.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    write_by(path, bytes, &mut tempfile::Builder::new())
}

/// The same for what people give to others, such as a picture: who can read it is as the system says for new files.
///
/// # Errors
///
/// As [`write`](fn@write).
pub fn write_shared(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // What is masked for new files is masked here too.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    write_by(path, bytes, &mut builder)
}

fn write_by(path: &Path, bytes: &[u8], builder: &mut tempfile::Builder<'_, '_>) -> Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let written = || -> std::io::Result<()> {
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        sync_folder(folder)
    };
    written().map_err(|source| Error::file(path, "cannot be written", source))
}

/// Brings the names in a folder to the disk, where the platform has that.
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { std::fs::File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let error = write(&folder.path().join("none/state.json"), b"x").unwrap_err();
        assert!(error.to_string().contains("cannot be written"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn only_what_is_shared_can_be_read_by_others() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let mode = |name: &str| {
            std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777
        };
        write(&folder.path().join("own"), b"x").unwrap();
        assert_eq!(mode("own"), 0o600);
        write_shared(&folder.path().join("shared"), b"x").unwrap();
        std::fs::write(folder.path().join("usual"), b"x").unwrap();
        assert_eq!(mode("shared"), mode("usual"));
    }
}
