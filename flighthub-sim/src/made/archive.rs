//! ZIP archives of a few files that are stored as they are: a word on where they come from, a picture, and zeros up to the size that is wanted.

use super::jpeg;
use crate::crc32;

/// What anybody who unpacks it ought to know.
const NOTE: &[u8] =
    b"Made by flighthub-sim: no reconstruction. The picture can be looked at, the model is empty.\n";
/// Everything in it is from then: the first day of 2026, at midnight, in the way of DOS.
const DATE: u16 = 46 << 9 | 1 << 5 | 1;
/// The version of the format that is needed to read it: 1.0.
const VERSION: u16 = 10;

/// A file of the archive, without its content.
struct Entry {
    name: &'static str,
    crc: u32,
    size: u32,
    /// Where its header begins.
    at: u32,
}

/// All of an archive of a size in bytes but its zeros: what comes before and after them.
pub(super) fn around(number: u32, seed: u64, len: u64) -> (Vec<u8>, Vec<u8>) {
    let picture = jpeg::frame(number, seed, 0);
    let mut head = Vec::new();
    let mut entries = Vec::new();
    for (name, content) in [("simulated.txt", NOTE), ("preview.jpeg", &picture)] {
        let at = length(head.len());
        let entry = Entry { name, crc: crc32::of(content), size: length(content.len()), at };
        head.extend(entry.header());
        head.extend(content);
        entries.push(entry);
    }
    let mut last = Entry { name: "model.bin", crc: 0, size: 0, at: length(head.len()) };
    let before = head.len() + last.header().len();
    // The directory is as long whatever the numbers in it are.
    let after = directory(&entries, &last, 0).len();
    let zeros = len.saturating_sub((before + after) as u64);
    last.size = u32::try_from(zeros).unwrap_or(u32::MAX);
    last.crc = crc32::of_run(0, u64::from(last.size));
    head.extend(last.header());
    let directory_at = length(before).saturating_add(last.size);
    let tail = directory(&entries, &last, directory_at);
    (head, tail)
}

impl Entry {
    /// What stands before the content.
    fn header(&self) -> Vec<u8> {
        let mut bytes = b"PK\x03\x04".to_vec();
        bytes.extend(self.facts());
        bytes.extend(self.name.as_bytes());
        bytes
    }

    /// What header and directory say alike: version, flags, method, time, date, checksum, size twice, and the lengths of name and extra field.
    fn facts(&self) -> Vec<u8> {
        let mut bytes = [VERSION, 0, 0, 0, DATE].map(u16::to_le_bytes).concat();
        bytes.extend([self.crc, self.size, self.size].map(u32::to_le_bytes).concat());
        let name = u16::try_from(self.name.len()).unwrap_or(u16::MAX);
        bytes.extend([name, 0].map(u16::to_le_bytes).concat());
        bytes
    }
}

/// The list of the files and the end of the archive.
fn directory(entries: &[Entry], last: &Entry, at: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut count = 0_u16;
    for entry in entries.iter().chain([last]) {
        count += 1;
        bytes.extend(b"PK\x01\x02");
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(entry.facts());
        // Length of the comment, number of the disk, attributes of two kinds.
        bytes.extend([0; 10]);
        bytes.extend(entry.at.to_le_bytes());
        bytes.extend(entry.name.as_bytes());
    }
    let size = length(bytes.len());
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count, count].map(u16::to_le_bytes).concat());
    bytes.extend([size, at].map(u32::to_le_bytes).concat());
    // No comment.
    bytes.extend([0; 2]);
    bytes
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use zip::ZipArchive;

    use super::super::Made;

    #[test]
    fn an_independent_reader_finds_the_files_sound() {
        for len in [Made::LEAST_ARCHIVE, 200_001] {
            let bytes = Made::archive(17, 4, len).read(0, usize::MAX);
            assert_eq!(bytes.len() as u64, len);
            let mut archive = ZipArchive::new(Cursor::new(&bytes)).unwrap();
            let mut total = 0;
            for (index, name) in ["simulated.txt", "preview.jpeg", "model.bin"].iter().enumerate() {
                let mut file = archive.by_index(index).unwrap();
                assert_eq!(file.name(), *name);
                let mut content = Vec::new();
                // The reader compares the checksum at the end.
                total += file.read_to_end(&mut content).unwrap();
                assert!(index != 1 || content.starts_with(&[0xff, 0xd8, 0xff]));
            }
            assert!(total as u64 > len - 1000, "{total}");
        }
    }

    #[test]
    fn the_largest_archive_has_its_directory_where_it_says() {
        let made = Made::archive(1, 1, u64::MAX);
        assert_eq!(made.len(), Made::MOST_ARCHIVE);
        let tail = made.read(made.len() - 22, 22);
        assert_eq!(tail[..4], *b"PK\x05\x06");
        let number =
            |at: usize| u64::from(u32::from_le_bytes(tail[at..at + 4].try_into().unwrap()));
        assert_eq!(number(12) + number(16) + 22, made.len());
        assert_eq!(made.read(number(16), 4), *b"PK\x01\x02");
    }
}
