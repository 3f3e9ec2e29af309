//! Names of routes, and of their files.

use std::path::Path;

use crate::choose::printable;
use crate::file_name::{UNNAMED, part};
use crate::{Error, ErrorKind, Result};

/// Bytes that names have at most. FlightHub's own limit is not known.
const MOST_BYTES: usize = 200;
/// What DJI's other programs do not take in the name of a route either.
const UNFIT: [char; 9] = ['<', '>', ':', '"', '/', '\\', '|', '?', '*'];

/// Whether a text can be the name of a route.
///
/// # Errors
///
/// When it is empty, too long, ends in `.kmz`, or has characters that do not belong into names.
pub fn check_name(name: &str) -> Result<()> {
    let problem = if name.trim().is_empty() {
        "is empty".to_owned()
    } else if name != name.trim() {
        "has spaces around it".to_owned()
    } else if name.len() > MOST_BYTES {
        format!("has {} bytes; at most {MOST_BYTES}", name.len())
    } else if name.to_ascii_lowercase().ends_with(".kmz") {
        "ends in .kmz, which is for files".to_owned()
    } else if let Some(unfit) = name.chars().find(|c| UNFIT.contains(c)) {
        format!("has `{unfit}` in it")
    } else if name.chars().any(|c| printable(c.encode_utf8(&mut [0; 4])) == "\u{fffd}") {
        "has control characters, or such that do not show".to_owned()
    } else {
        return Ok(());
    };
    let text = format!("the name `{}` for the route {problem}", printable(name));
    let help = "Give another name: letters, digits, spaces and hyphens are safe.";
    Err(Error::new(ErrorKind::InvalidInput, text, help))
}

/// The name that a file gives its route: its own without `.kmz`.
///
/// # Errors
///
/// When that is no name for a route.
pub fn name_of_file(path: &Path) -> Result<String> {
    let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let at = file.len().saturating_sub(4);
    let name = match file.get(at..) {
        Some(ending) if ending.eq_ignore_ascii_case(".kmz") => file.get(..at).unwrap_or(file),
        _ => file,
    };
    check_name(name)?;
    Ok(name.to_owned())
}

/// A file name for a route: its name, without what a path or a file system could take amiss. The id where nothing is left.
pub(super) fn file_name(name: &str, id: &str) -> String {
    let own = name.strip_suffix(".kmz").unwrap_or(name);
    let own = [own, id].map(part).into_iter().find(|own| own != UNNAMED);
    format!("{}.kmz", own.as_deref().unwrap_or("route"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_refused_with_the_reason() {
        for good in ["north", "North fence 2", "Über-Zaun", "航线 1", "a.b_c"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for (bad, reason) in [
            ("", "is empty"),
            (" north", "spaces around"),
            ("north.KMZ", "ends in .kmz"),
            ("a/b", "has `/`"),
            ("a\u{202e}b", "do not show"),
            ("a\nb", "do not show"),
            (&"x".repeat(201), "has 201 bytes"),
        ] {
            let error = check_name(bad).unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
        assert_eq!(name_of_file("/x/north-fence.kmz".as_ref()).unwrap(), "north-fence");
        assert_eq!(name_of_file("North.KMZ".as_ref()).unwrap(), "North");
        assert_eq!(name_of_file("é.kmz".as_ref()).unwrap(), "é");
        assert!(name_of_file(".kmz".as_ref()).is_err());
    }

    #[test]
    fn names_of_the_service_stay_in_their_folder_on_every_platform() {
        for (name, expected) in [
            ("north fence", "north fence.kmz"),
            ("north.kmz", "north.kmz"),
            ("../../etc/passwd", "_._.._etc_passwd.kmz"),
            ("..\\..\\x", "_._.._x.kmz"),
            ("C:\\x", "C__x.kmz"),
            ("..", "id-7.kmz"),
            ("", "id-7.kmz"),
            ("con", "_con.kmz"),
            ("COM1.tar", "_COM1.tar.kmz"),
            ("a\u{202e}b\0", "a_b_.kmz"),
            ("end. . ", "end. _.kmz"),
        ] {
            assert_eq!(file_name(name, "id-7"), expected, "{name:?}");
        }
        assert!(file_name(&"ü".repeat(300), "x").len() <= 210);
        assert_eq!(file_name("..", "../.."), "route.kmz");
    }
}
