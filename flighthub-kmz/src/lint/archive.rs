//! What is wrong with the archive.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use zip::read::ZipFile;
use zip::{CompressionMethod, ZipArchive};

use super::rules::{
    BOMB, BYTES_BEFORE, CASE_ONLY, COMPRESSION, DUPLICATE_NAME, ENCRYPTED, FOREIGN_FILE, LINK,
    MISSING_FILE, NO_ARCHIVE, NOT_UTF8, ODD_RATIO, TOO_LARGE, UNSAFE_NAME, WRONG_FOLDER,
    WRONG_NAME,
};
use super::{FindingPlace, Report, Rule};
use crate::archive::{
    Archive, MOST_FILES, MOST_RATIO, MOST_UNPACKED, SMALL, leads_out, printable, unpack,
};
use crate::{Kmz, KmzErrorKind, TEMPLATE, WAYLINES};

/// Signature of an entry in the directory of an archive, and the length of its fixed part.
const ENTRY: &[u8] = b"PK\x01\x02";
const ENTRY_LENGTH: usize = 46;

/// A text of the archive with the name that it has to have.
pub(super) struct Unpacked {
    pub(super) name: &'static str,
    pub(super) text: String,
}

/// Looks at the archive. Template and waylines, as far as they could be unpacked.
pub(super) fn look(bytes: &[u8], report: &mut Report) -> (Option<Unpacked>, Option<Unpacked>) {
    let mut whole = |rule, problem| report.add(rule, FindingPlace::default, problem);
    if bytes.len() > Kmz::MOST_BYTES {
        whole(TOO_LARGE, format!("has {} bytes; at most {}", bytes.len(), Kmz::MOST_BYTES));
        return (None, None);
    }
    let mut archive = match ZipArchive::new(Cursor::new(bytes)) {
        Ok(archive) => archive,
        Err(source) => {
            whole(NO_ARCHIVE, format!("is no ZIP archive that can be read: {source}"));
            return (None, None);
        }
    };
    if archive.offset() > 0 {
        whole(BYTES_BEFORE, format!("{} bytes stand before the archive", archive.offset()));
    }
    let names = directory(bytes, &archive);
    if names.len().max(archive.len()) > MOST_FILES {
        let files = names.len().max(archive.len());
        let problem = format!("has {files} files; at most {MOST_FILES}");
        report.add(TOO_LARGE, FindingPlace::default, problem);
        return (None, None);
    }
    check_names(&names, report);
    check_files(&mut archive, report);
    (text(&mut archive, TEMPLATE, report), text(&mut archive, WAYLINES, report))
}

/// The names in the directory of the archive, each as often as it stands there. The library keeps the last of several.
fn directory(bytes: &[u8], archive: &Archive<'_>) -> Vec<String> {
    let mut names = Vec::new();
    let start = usize::try_from(archive.central_directory_start()).unwrap_or(usize::MAX);
    let mut rest = bytes.get(start..).unwrap_or_default();
    let length = |entry: &[u8], at: usize| {
        let two = entry.get(at..at + 2).and_then(|two| <[u8; 2]>::try_from(two).ok());
        two.map_or(0, |two| usize::from(u16::from_le_bytes(two)))
    };
    while rest.starts_with(ENTRY) {
        let name = length(rest, 28);
        let end = ENTRY_LENGTH + name + length(rest, 30) + length(rest, 32);
        let (Some(own), Some(next)) =
            (rest.get(ENTRY_LENGTH..ENTRY_LENGTH + name), rest.get(end..))
        else {
            break;
        };
        names.push(String::from_utf8_lossy(own).into_owned());
        rest = next;
    }
    names
}

/// Names that are there twice.
fn check_names(names: &[String], report: &mut Report) {
    let mut seen = BTreeSet::new();
    let mut folded: BTreeMap<String, &str> = BTreeMap::new();
    for name in names {
        if !seen.insert(name.as_str()) {
            report.add(
                DUPLICATE_NAME,
                || FindingPlace::of_file(name),
                "stands in the archive twice".to_owned(),
            );
            continue;
        }
        if let Some(other) = folded.insert(name.to_lowercase(), name) {
            let problem = format!("differs from `{}` in capitals only", printable(other));
            report.add(CASE_ONLY, || FindingPlace::of_file(name), problem);
        }
    }
}

/// Looks at the directory of the archive and unpacks nothing.
fn check_files(archive: &mut Archive<'_>, report: &mut Report) {
    let mut unpacked = 0_u64;
    for index in 0..archive.len() {
        match archive.by_index_raw(index) {
            Ok(file) => {
                check_file(&file, report);
                unpacked = unpacked.saturating_add(file.size());
            }
            Err(source) => {
                let problem = format!("its directory cannot be read: {source}");
                report.add(NO_ARCHIVE, FindingPlace::default, problem);
            }
        }
    }
    if unpacked > MOST_UNPACKED {
        let problem = format!("unpacks to {unpacked} bytes; at most {MOST_UNPACKED}");
        report.add(TOO_LARGE, FindingPlace::default, problem);
    }
    if matches!(archive.has_overlapping_files(), Ok(true)) {
        let problem = "several files share the same packed bytes".to_owned();
        report.add(BOMB, FindingPlace::default, problem);
    }
}

fn check_file(file: &ZipFile<'_, Cursor<&[u8]>>, report: &mut Report) {
    let name = file.name();
    let mut found = |rule: &'static Rule, problem: String| {
        report.add(rule, || FindingPlace::of_file(name), problem)
    };
    if file.is_symlink() {
        found(LINK, "is a link".to_owned());
    } else if leads_out(file) {
        found(UNSAFE_NAME, "this name leads out of the archive".to_owned());
    } else if !belongs(name) {
        found(FOREIGN_FILE, "is no part of a route".to_owned());
    }
    if file.encrypted() {
        found(ENCRYPTED, "needs a password".to_owned());
    }
    let is_text = matches!(name, TEMPLATE | WAYLINES);
    let known = [CompressionMethod::Stored, CompressionMethod::Deflated];
    if is_text && !known.contains(&file.compression()) {
        found(COMPRESSION, format!("is packed with {}", file.compression()));
    }
    // Whether a text is one shows when it is unpacked.
    let most = file.compressed_size().saturating_mul(MOST_RATIO).max(SMALL);
    if !is_text && file.size() > most {
        let problem = format!("{} packed bytes become {}", file.compressed_size(), file.size());
        found(ODD_RATIO, problem);
    }
}

/// Whether a name is one that a route has. Those of template and waylines in other places are told of with what is missing.
fn belongs(name: &str) -> bool {
    name == "wpmz/"
        || name == "wpmz/res"
        || name.starts_with("wpmz/res/")
        || [TEMPLATE, WAYLINES].iter().any(|wanted| stem(wanted) == stem(name))
        || (name.ends_with('/') && name.ends_with("wpmz/"))
}

/// The last part of a name without its endings, in small letters.
fn stem(name: &str) -> String {
    let base = base(name);
    base.split('.').next().unwrap_or(base).to_ascii_lowercase()
}

fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Unpacks template or waylines, or says why not.
fn text(archive: &mut Archive<'_>, name: &'static str, report: &mut Report) -> Option<Unpacked> {
    let Some(index) = archive.index_for_name(name) else {
        missing(archive, name, report);
        return None;
    };
    if archive.by_index_raw(index).is_ok_and(|file| file.encrypted() || file.is_symlink()) {
        return None;
    }
    let error = match unpack(archive, index, name) {
        Ok(text) => return Some(Unpacked { name, text }),
        Err(error) => error,
    };
    let rule = match error.kind() {
        KmzErrorKind::TooLarge => BOMB,
        KmzErrorKind::BadXml => NOT_UTF8,
        _ => NO_ARCHIVE,
    };
    report.add(rule, || FindingPlace::of_file(name), error.problem().to_owned());
    None
}

/// What stands there instead of template or waylines.
fn missing(archive: &Archive<'_>, name: &'static str, report: &mut Report) {
    let similar = archive.file_names().find(|other| stem(other) == stem(name));
    let Some(similar) = similar else {
        return report.add(MISSING_FILE, || FindingPlace::of_file(name), "is missing".to_owned());
    };
    let rule = if base(similar) == base(name) { WRONG_FOLDER } else { WRONG_NAME };
    let problem = format!("is missing; there is `{}` instead", printable(similar));
    report.add(rule, || FindingPlace::of_file(name), problem);
}
