//! The images of a local folder.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::choose::printable;
use crate::{Error, ErrorKind, Result};

/// What images end in, when nothing else is said.
const EXTENSIONS: [&str; 5] = ["jpg", "jpeg", "tif", "tiff", "png"];
/// Folders in folders, at most.
const MOST_DEPTH: usize = 16;
/// Files that are looked at, at most: more than any job takes.
const MOST_FILES: usize = 200_000;
/// Longest name, in bytes: that of most file systems.
const LONGEST_NAME: usize = 255;

/// Which files of a folder are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Selection {
    /// What their names end in, in lower case and without the dot. Empty takes every file, which a LiDAR job wants.
    pub extensions: Vec<String>,
    /// Whether folders in the folder are looked into.
    pub is_recursive: bool,
}

impl Selection {
    /// JPEG, TIFF and PNG, in the folder itself.
    #[must_use]
    pub fn new() -> Self {
        Self { extensions: EXTENSIONS.map(str::to_owned).to_vec(), is_recursive: false }
    }

    /// The same with folders in the folder.
    #[must_use]
    pub const fn recursive(mut self) -> Self {
        self.is_recursive = true;
        self
    }

    /// The same with other endings; none takes every file.
    #[must_use]
    pub fn with_extensions<E: AsRef<str>>(
        mut self,
        extensions: impl IntoIterator<Item = E>,
    ) -> Self {
        self.extensions = extensions
            .into_iter()
            .map(|extension| extension.as_ref().trim_start_matches('.').to_lowercase())
            .collect();
        self
    }

    fn takes(&self, name: &str) -> bool {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
        self.extensions.is_empty()
            || extension.is_some_and(|extension| self.extensions.contains(&extension))
    }
}

impl Default for Selection {
    fn default() -> Self {
        Self::new()
    }
}

/// An image on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Image {
    /// Its name, and that of its object. No two images of a set have the same.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// When it was last changed, in milliseconds since 1970; absent where the file system does not say.
    pub changed_ms: Option<u64>,
}

/// The images of a folder, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ImageSet {
    /// They, in the order of their names.
    pub images: Vec<Image>,
    /// Files that were passed over: other endings, hidden ones.
    pub skipped: u64,
}

impl ImageSet {
    /// Their bytes together.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.images.iter().map(|image| image.size).sum()
    }
}

/// Looks for the images of a folder, and at the beginning of each. Blocks while it reads.
///
/// # Errors
///
/// [`ErrorKind::File`] when something cannot be read. [`ErrorKind::InvalidInput`] when there are none, when two have the same name (they become
/// one object; capitals make no difference), when one is empty or does not begin as its ending says, or has a name that an object cannot have.
pub fn scan_images(folder: &Path, selection: &Selection) -> Result<ImageSet> {
    let mut found = Found::default();
    walk(folder, selection, 0, &mut found)?;
    let Found { mut images, skipped } = found;
    images.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.path.cmp(&b.path)));
    if images.is_empty() {
        let endings = selection.extensions.join(", ");
        let text = format!("{}: there are no images ({endings})", folder.display());
        let help =
            "Name the folder that holds them; folders in it are looked into only when asked for.";
        return Err(Error::new(ErrorKind::InvalidInput, text, help));
    }
    refuse_same_names(&images)?;
    for image in &images {
        check_beginning(image)?;
    }
    Ok(ImageSet { images, skipped })
}

#[derive(Default)]
struct Found {
    images: Vec<Image>,
    skipped: u64,
}

fn walk(folder: &Path, selection: &Selection, depth: usize, found: &mut Found) -> Result<()> {
    let unreadable = |source| Error::file(folder, "cannot be read", source);
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        let kind = entry.file_type().map_err(|e| Error::file(&path, "cannot be read", e))?;
        let name = entry.file_name();
        // Such as the `._DJI_0001.JPG` that macOS leaves on cards.
        let is_hidden = name.as_encoded_bytes().starts_with(b".");
        if kind.is_dir() {
            if selection.is_recursive && !is_hidden {
                if depth >= MOST_DEPTH {
                    let text = format!("{}: folders are too deep", path.display());
                    let help = "Name a folder further down.";
                    return Err(Error::new(ErrorKind::InvalidInput, text, help));
                }
                walk(&path, selection, depth + 1, found)?;
            }
            continue;
        }
        let text = name.to_str();
        if is_hidden || !text.is_none_or(|text| selection.takes(text)) {
            found.skipped += 1;
            continue;
        }
        let name = checked_name(&path, text)?;
        // Follows a link to a file; one to a folder is none.
        let meta = fs::metadata(&path).map_err(|e| Error::file(&path, "cannot be read", e))?;
        if !meta.is_file() {
            found.skipped += 1;
            continue;
        }
        if found.images.len() >= MOST_FILES {
            let text = format!("{}: there are more than {MOST_FILES} images", folder.display());
            let help = "No job takes that many; name a smaller folder.";
            return Err(Error::new(ErrorKind::InvalidInput, text, help));
        }
        let changed = meta.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let changed_ms = changed.and_then(|since| u64::try_from(since.as_millis()).ok());
        found.images.push(Image { name: name.to_owned(), path, size: meta.len(), changed_ms });
    }
    Ok(())
}

/// The name becomes the last part of an object's key.
fn checked_name<'n>(path: &Path, name: Option<&'n str>) -> Result<&'n str> {
    let is_odd = |name: &str| {
        name.contains(['/', '\\'])
            || name.chars().any(char::is_control)
            || name.len() > LONGEST_NAME
    };
    match name {
        Some(name) if !is_odd(name) => Ok(name),
        _ => {
            let text =
                format!("{}: no object can have this name", printable(&path.to_string_lossy()));
            let help = "Rename it: UTF-8, no backslashes or control characters, at most 255 bytes.";
            Err(Error::new(ErrorKind::InvalidInput, text, help))
        }
    }
}

fn refuse_same_names(images: &[Image]) -> Result<()> {
    let mut seen: HashMap<String, &Path> = HashMap::with_capacity(images.len());
    for image in images {
        if let Some(first) = seen.insert(image.name.to_lowercase(), &image.path) {
            let text =
                format!("{} and {} have the same name", first.display(), image.path.display());
            let help = "Folders do not count, each image becomes an object of its name: rename one of them.";
            return Err(Error::new(ErrorKind::InvalidInput, text, help));
        }
    }
    Ok(())
}

/// A file that was not copied whole, or is something else, is found before anything is uploaded or spent.
fn check_beginning(image: &Image) -> Result<()> {
    let wanted: &[&[u8]] =
        match image.name.rsplit_once('.').map(|(_, end)| end.to_lowercase()).as_deref() {
            Some("jpg" | "jpeg") => &[b"\xff\xd8\xff"],
            Some("tif" | "tiff") => &[b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"],
            Some("png") => &[b"\x89PNG"],
            _ => &[b""],
        };
    let mut begin = Vec::with_capacity(4);
    let read = File::open(&image.path).and_then(|file| file.take(4).read_to_end(&mut begin));
    read.map_err(|source| Error::file(&image.path, "cannot be read", source))?;
    let problem = if image.size == 0 {
        "is empty"
    } else if !wanted.iter().any(|magic| begin.starts_with(magic)) {
        "does not begin like a file with its ending"
    } else {
        return Ok(());
    };
    let text = format!("{}: {problem}", image.path.display());
    Err(Error::new(ErrorKind::InvalidInput, text, "Copy it again from the card, or take it away."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        folder
    }

    fn names(set: &ImageSet) -> Vec<&str> {
        set.images.iter().map(|image| image.name.as_str()).collect()
    }

    #[test]
    fn images_are_found_by_their_endings() {
        let folder = folder(&[
            ("b.JPG", b"\xff\xd8\xff\xe0..."),
            ("a.tiff", b"II*\0"),
            ("._b.JPG", b"\xff\xd8\xff"),
            ("notes.txt", b"x"),
            ("more/c.png", b"\x89PNG"),
            (".trash/d.png", b"\x89PNG"),
        ]);
        let set = scan_images(folder.path(), &Selection::new()).unwrap();
        assert_eq!((names(&set), set.skipped, set.bytes()), (vec!["a.tiff", "b.JPG"], 2, 11));
        let set = scan_images(folder.path(), &Selection::new().recursive()).unwrap();
        assert_eq!(names(&set), ["a.tiff", "b.JPG", "c.png"]);
        let set = scan_images(folder.path(), &Selection::new().with_extensions([".TXT"])).unwrap();
        assert_eq!(names(&set), ["notes.txt"]);
        let all = Selection::new().with_extensions([""; 0]);
        assert_eq!(names(&scan_images(folder.path(), &all).unwrap()).len(), 3);
    }

    #[test]
    fn what_would_waste_an_upload_is_refused() {
        type Files = &'static [(&'static str, &'static [u8])];
        let cases: [(Files, &str); 5] = [
            (&[("a.txt", b"x")], "there are no images"),
            (&[("1/a.jpg", b"\xff\xd8\xff"), ("2/A.jpg", b"\xff\xd8\xff")], "have the same name"),
            (&[("a.jpg", b"")], "a.jpg: is empty"),
            (&[("a.jpg", b"<html>")], "a.jpg: does not begin like"),
            (&[("a.tif", b"\xff\xd8\xff")], "a.tif: does not begin like"),
        ];
        for (files, says) in cases {
            let folder = folder(files);
            let error = scan_images(folder.path(), &Selection::new().recursive()).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
        let error = scan_images(Path::new("/nowhere at all"), &Selection::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::File);
    }

    #[cfg(unix)]
    #[test]
    fn links_to_folders_are_not_followed() {
        let folder = folder(&[("a.jpg", b"\xff\xd8\xff"), ("sub/b.jpg", b"\xff\xd8\xff")]);
        std::os::unix::fs::symlink(folder.path(), folder.path().join("sub/loop")).unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("loop.jpg")).unwrap();
        let set = scan_images(folder.path(), &Selection::new().recursive()).unwrap();
        assert_eq!(names(&set), ["a.jpg", "b.jpg"]);
    }
}
