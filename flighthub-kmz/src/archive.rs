//! The archive around a route: what may be in it, and the text of its files.

use std::io::{Cursor, Read as _};

use zip::ZipArchive;
use zip::read::ZipFile;

use crate::{Kmz, KmzError, KmzErrorKind, TEMPLATE, WAYLINES};

/// Files in the archive.
pub(super) const MOST_FILES: usize = 2_000;
/// Bytes of all files, by what the archive says of them.
pub(super) const MOST_UNPACKED: u64 = 1 << 30;
/// Bytes of a text, as they come out.
const MOST_TEXT: u64 = 32 << 20;
/// A text that is so many times larger than packed is no route. Long routes come to about forty.
pub(super) const MOST_RATIO: u64 = 200;
/// Texts below this may be packed as well as they like.
pub(super) const SMALL: u64 = 1 << 20;

/// The texts of template and waylines.
pub(super) fn texts(bytes: &[u8]) -> Result<(String, String), KmzError> {
    let error = |kind, problem: String| KmzError::new(kind, "", problem);
    if bytes.len() > Kmz::MOST_BYTES {
        let problem = format!("has {} bytes; at most {}", bytes.len(), Kmz::MOST_BYTES);
        return Err(error(KmzErrorKind::TooLarge, problem));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|source| {
        error(KmzErrorKind::NoArchive, format!("is no ZIP archive that can be read: {source}"))
    })?;
    if archive.len() > MOST_FILES {
        let problem = format!("has {} files; at most {MOST_FILES}", archive.len());
        return Err(error(KmzErrorKind::TooLarge, problem));
    }
    check_files(&mut archive)?;
    Ok((text(&mut archive, TEMPLATE)?, text(&mut archive, WAYLINES)?))
}

pub(super) type Archive<'b> = ZipArchive<Cursor<&'b [u8]>>;

/// Looks at the directory of the archive and unpacks nothing.
fn check_files(archive: &mut Archive<'_>) -> Result<(), KmzError> {
    let mut unpacked = 0_u64;
    for index in 0..archive.len() {
        let file = archive.by_index_raw(index).map_err(|source| {
            let problem = format!("its directory cannot be read: {source}");
            KmzError::new(KmzErrorKind::NoArchive, "", problem)
        })?;
        if leads_out(&file) || file.is_symlink() {
            return Err(KmzError::new(
                KmzErrorKind::UnsafeName,
                printable(file.name()),
                "this name leads out of the archive, or it is a link",
            ));
        }
        unpacked = unpacked.saturating_add(file.size());
    }
    if unpacked > MOST_UNPACKED {
        let problem = format!("unpacks to {unpacked} bytes; at most {MOST_UNPACKED}");
        return Err(KmzError::new(KmzErrorKind::TooLarge, "", problem));
    }
    Ok(())
}

/// Whether a file would leave the folder that the archive is unpacked to, on any platform.
pub(super) fn leads_out(file: &ZipFile<'_, Cursor<&[u8]>>) -> bool {
    let name = file.name();
    file.enclosed_name().is_none() || name.contains(['\\', ':']) || name.starts_with('/')
}

fn text(archive: &mut Archive<'_>, name: &str) -> Result<String, KmzError> {
    match archive.index_for_name(name) {
        Some(index) => unpack(archive, index, name),
        None => Err(missing(archive, name)),
    }
}

/// Reads a text of the archive. What the archive says of its size is not trusted.
pub(super) fn unpack(
    archive: &mut Archive<'_>,
    index: usize,
    name: &str,
) -> Result<String, KmzError> {
    let error = |kind, problem: String| KmzError::new(kind, name, problem);
    let mut file = archive.by_index(index).map_err(|source| {
        error(KmzErrorKind::NoArchive, format!("cannot be unpacked: {source}"))
    })?;
    let packed = file.compressed_size();
    let most = MOST_TEXT.min(SMALL.max(packed.saturating_mul(MOST_RATIO)));
    let mut bytes = Vec::new();
    file.by_ref().take(most + 1).read_to_end(&mut bytes).map_err(|source| {
        error(KmzErrorKind::NoArchive, format!("cannot be unpacked: {source}"))
    })?;
    if bytes.len() as u64 > most {
        let problem = format!("{packed} packed bytes become more than {most}");
        return Err(error(KmzErrorKind::TooLarge, problem));
    }
    String::from_utf8(bytes).map_err(|_| error(KmzErrorKind::BadXml, "is not UTF-8".to_owned()))
}

fn missing(archive: &Archive<'_>, name: &str) -> KmzError {
    let stem = |name: &str| {
        let base = name.rsplit('/').next().unwrap_or(name);
        base.split('.').next().unwrap_or(base).to_ascii_lowercase()
    };
    let similar = archive.file_names().find(|other| stem(other) == stem(name));
    let problem = match similar {
        Some(similar) => format!("is missing; there is `{}` instead", printable(similar)),
        None => "is missing".to_owned(),
    };
    KmzError::new(KmzErrorKind::MissingFile, name, problem)
}

/// A text of other people for an error message: short, and without what steers a terminal.
pub(super) fn printable(text: &str) -> String {
    let mut short = String::new();
    for c in text.chars().take(120) {
        match c {
            '\'' | '"' | '\\' => short.push(c),
            _ => short.extend(c.escape_debug()),
        }
    }
    short
}
