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
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let written = || -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
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
}
