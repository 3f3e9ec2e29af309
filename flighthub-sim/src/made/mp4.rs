//! Short MP4 videos of JPEG pictures.

use super::jpeg;
use super::scene::{HEIGHT, WIDTH};

/// Pictures of a video, one a second.
const FRAMES: usize = 6;
/// Units of time in a second.
const SCALE: u32 = 1_000;
/// Bytes of the head of the box of free space, whose size has 64 bits.
const FREE: u64 = 16;
/// Neither turned nor scaled.
const MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// A file up to the free space, which reaches to the end of the file at `len`.
pub(super) fn head(number: u32, seed: u64, len: u64) -> Vec<u8> {
    let frames: Vec<_> = (0..FRAMES).map(|step| jpeg::frame(number, seed, step)).collect();
    let sizes: Vec<u32> =
        frames.iter().map(|frame| u32::try_from(frame.len()).unwrap_or(u32::MAX)).collect();
    let mut bytes = boxed(b"ftyp", &[b"isom", &[0, 0, 2, 0], b"isomiso2mp41"]);
    // The place of the pictures has to be told before it is known: telling it takes the same space whatever it is.
    let before = bytes.len() + movie(&sizes, 0).len() + 8;
    bytes.extend(movie(&sizes, u32::try_from(before).unwrap_or(u32::MAX)));
    let pictures: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
    bytes.extend(boxed(b"mdat", &pictures));
    let free = len.saturating_sub(bytes.len() as u64).max(FREE);
    bytes.extend([0, 0, 0, 1]);
    bytes.extend(b"free");
    bytes.extend(free.to_be_bytes());
    bytes
}

/// A box: its size, its name, its content.
fn boxed(name: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let size = u32::try_from(content.len() + 8).unwrap_or(u32::MAX);
    [size.to_be_bytes().as_slice(), name, &content].concat()
}

/// Numbers of 32 bits in a row.
fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

fn movie(sizes: &[u32], at: u32) -> Vec<u8> {
    let frames = u32::try_from(sizes.len()).unwrap_or(u32::MAX);
    let duration = frames * SCALE;
    let header = boxed(
        b"mvhd",
        &[
            // Version, times of making and changing, scale, duration, normal speed, full volume, reserved.
            &words(&[0, 0, 0, SCALE, duration, 0x1_0000, 0x0100_0000, 0, 0]),
            &words(&MATRIX),
            // Reserved, and the number of the next track.
            &words(&[0, 0, 0, 0, 0, 0, 2]),
        ],
    );
    boxed(b"moov", &[&header, &track(sizes, at, frames, duration)])
}

fn track(sizes: &[u32], at: u32, frames: u32, duration: u32) -> Vec<u8> {
    let side = |blocks: usize| u32::try_from(8 * blocks).unwrap_or(u32::MAX);
    let header = boxed(
        b"tkhd",
        &[
            // In use, made, changed, number of the track, reserved, duration, reserved, layer, volume.
            &words(&[3, 0, 0, 1, 0, duration, 0, 0, 0, 0]),
            &words(&MATRIX),
            &words(&[side(WIDTH) << 16, side(HEIGHT) << 16]),
        ],
    );
    // The language is undetermined.
    let media = boxed(b"mdhd", &[&words(&[0, 0, 0, SCALE, duration, 0x55c4_0000])]);
    let handler = boxed(b"hdlr", &[&words(&[0, 0]), b"vide", &[0; 12], b"flighthub-sim\0"]);
    let data =
        boxed(b"dinf", &[&boxed(b"dref", &[&words(&[0, 1]), &boxed(b"url ", &[&words(&[1])])])]);
    let video = boxed(b"vmhd", &[&words(&[1, 0, 0])]);
    let information = boxed(b"minf", &[&video, &data, &samples(sizes, at, frames)]);
    boxed(b"trak", &[&header, &boxed(b"mdia", &[&media, &handler, &information])])
}

/// Kind, times, sizes and place of the pictures.
fn samples(sizes: &[u32], at: u32, frames: u32) -> Vec<u8> {
    let sides: Vec<u8> = [WIDTH, HEIGHT]
        .iter()
        .flat_map(|blocks| u16::try_from(8 * blocks).unwrap_or(u16::MAX).to_be_bytes())
        .collect();
    let entry = boxed(
        b"mp4v",
        &[
            // Reserved, and the one place where the data is.
            &[0, 0, 0, 0, 0, 0, 0, 1],
            &[0; 16],
            &sides,
            // 72 dots an inch in both directions, reserved, one picture a sample.
            &words(&[0x48_0000, 0x48_0000, 0]),
            &[0, 1],
            &[0; 32],
            // 24 bits a pixel.
            &[0, 24, 0xff, 0xff],
            &stream(),
        ],
    );
    let kinds = boxed(b"stsd", &[&words(&[0, 1]), &entry]);
    let times = boxed(b"stts", &[&words(&[0, 1, frames, SCALE])]);
    let chunks = boxed(b"stsc", &[&words(&[0, 1, 1, frames, 1])]);
    let lengths = boxed(b"stsz", &[&words(&[0, 0, frames]), &words(sizes)]);
    let places = boxed(b"stco", &[&words(&[0, 1, at])]);
    boxed(b"stbl", &[&kinds, &times, &chunks, &lengths, &places])
}

/// What says that the pictures are JPEG (object type 0x6c of a visual stream).
fn stream() -> Vec<u8> {
    let decoder = [4, 13, 0x6c, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let layer = [6, 1, 2];
    let size = u8::try_from(3 + decoder.len() + layer.len()).unwrap_or(u8::MAX);
    boxed(b"esds", &[&words(&[0]), &[3, size, 0, 1, 0], &decoder, &layer])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made::Made;

    /// Name and content of the boxes in a row.
    fn boxes(mut bytes: &[u8]) -> Vec<(String, &[u8])> {
        let mut found = Vec::new();
        while !bytes.is_empty() {
            let size = u32::from_be_bytes(*bytes.first_chunk().unwrap()) as usize;
            let name = String::from_utf8(bytes[4..8].to_vec()).unwrap();
            let (head, size) = match size {
                1 => (16, u64::from_be_bytes(bytes[8..16].try_into().unwrap()) as usize),
                size => (8, size),
            };
            found.push((name, &bytes[head..size]));
            bytes = &bytes[size..];
        }
        found
    }

    fn inside<'b>(bytes: &'b [u8], path: &[&str]) -> &'b [u8] {
        path.iter().fold(bytes, |bytes, name| {
            boxes(bytes).into_iter().find(|(found, _)| found == name).unwrap().1
        })
    }

    #[test]
    fn a_video_has_its_boxes_to_the_last_byte() {
        for len in [0, 150_000, 1_000_001] {
            let video = Made::video(3, 8, len);
            let bytes = video.read(0, usize::MAX);
            let names: Vec<_> = boxes(&bytes).into_iter().map(|(name, _)| name).collect();
            assert_eq!(names, ["ftyp", "moov", "mdat", "free"]);
            assert_eq!(bytes.len() as u64, video.len());
            assert!(video.len() >= len);
        }
    }

    #[test]
    fn every_picture_is_where_the_index_says() {
        let bytes = Made::video(3, 8, 200_000).read(0, usize::MAX);
        let table = inside(&bytes, &["moov", "trak", "mdia", "minf", "stbl"]);
        let numbers = |name: &str| -> Vec<usize> {
            let (words, _) = inside(table, &[name]).as_chunks::<4>();
            words.iter().map(|word| u32::from_be_bytes(*word) as usize).collect()
        };
        let (sizes, places) = (numbers("stsz"), numbers("stco"));
        assert_eq!((sizes[2], places[1]), (FRAMES, 1));
        let mut at = places[2];
        for (step, size) in sizes[3..].iter().enumerate() {
            assert_eq!(bytes[at..at + size], jpeg::frame(3, 8, step));
            at += size;
        }
    }
}
