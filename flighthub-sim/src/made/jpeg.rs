//! Baseline JPEG pictures of plain blocks.
//!
//! Every block of 8 by 8 pixels has one colour, so that a block is its mean alone and the codes for details come down to one: "no more".

use super::scene::{HEIGHT, Scene, WIDTH};

/// The start of the picture and the JFIF segment.
pub(super) const HEAD: &[u8] =
    &[0xff, 0xd8, 0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 2, 0, 0, 1, 0, 1, 0, 0];
/// How many codes of 1 to 16 bits there are for the means of blocks, and what they stand for: the number of bits of a difference.
const MEAN_CODES: [u8; 16] = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
const MEAN_BITS: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
/// Bytes of a comment with its marker, and with all that its length can say.
const COMMENT: u64 = 65_537;

/// A byte of the comments that fill the space between head and picture. What is too short for a comment is filled with what may stand before any
/// marker.
pub(super) fn comment(seed: u64, space: u64, at: u64) -> u8 {
    let within = at % COMMENT;
    let size = (space - (at - within)).min(COMMENT);
    // The length counts itself and not the marker.
    let [.., high, low] = size.saturating_sub(2).to_be_bytes();
    match within {
        _ if size < 4 => 0xff,
        0 => 0xff,
        1 => 0xfe,
        2 => high,
        3 => low,
        _ => super::filler(seed, at),
    }
}

/// A whole picture: a frame of a video.
pub(super) fn frame(number: u32, seed: u64, step: usize) -> Vec<u8> {
    let mut bytes = HEAD.to_vec();
    bytes.extend(picture(number, seed, step));
    bytes
}

/// All of a picture that comes after the head.
pub(super) fn picture(number: u32, seed: u64, step: usize) -> Vec<u8> {
    let mut bytes = tables();
    let scene = Scene::new(number, seed, step);
    let mut bits = Bits::default();
    let mut last = [128_u8; 3];
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let colour = scene.colour(x, y);
            for (mean, last) in colour.iter().zip(&mut last) {
                bits.block(i16::from(*mean) - i16::from(*last));
                *last = *mean;
            }
        }
    }
    bytes.extend(bits.end());
    bytes.extend([0xff, 0xd9]);
    bytes
}

/// Quantization, size, codes and the start of the scan.
fn tables() -> Vec<u8> {
    let mut bytes = vec![0xff, 0xdb, 0, 67, 0];
    // The mean of a block comes as eight times itself.
    bytes.extend([8; 64]);
    let side = |blocks: usize| (u16::try_from(8 * blocks).unwrap_or(u16::MAX)).to_be_bytes();
    bytes.extend([0xff, 0xc0, 0, 17, 8]);
    bytes.extend(side(HEIGHT));
    bytes.extend(side(WIDTH));
    bytes.extend([3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]);
    bytes.extend([0xff, 0xc4, 0, 31, 0x00]);
    bytes.extend(MEAN_CODES);
    bytes.extend(MEAN_BITS);
    // One code of one bit: the end of the block.
    bytes.extend([0xff, 0xc4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend([0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
    bytes
}

/// Code and length for every number of bits: the codes count up from the shortest.
const CODES: [(u32, u32); 12] = {
    let mut codes = [(0, 0); 12];
    let (mut code, mut symbol, mut length) = (0, 0, 0);
    while length < MEAN_CODES.len() {
        let mut left = MEAN_CODES[length];
        while left > 0 {
            codes[symbol] = (code, length as u32 + 1);
            (code, symbol, left) = (code + 1, symbol + 1, left - 1);
        }
        code <<= 1;
        length += 1;
    }
    codes
};

fn mean_code(size: u32) -> (u32, u32) {
    CODES.get(size as usize).copied().unwrap_or_default()
}

/// The scan, bit by bit.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits {
    fn put(&mut self, code: u32, length: u32) {
        self.held = (self.held << length) | code;
        self.count += length;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.held >> self.count) as u8;
            self.bytes.push(byte);
            if byte == 0xff {
                self.bytes.push(0);
            }
        }
        self.held &= (1 << self.count) - 1;
    }

    /// A plain block, by the difference of its mean to that of the block before.
    fn block(&mut self, difference: i16) {
        let size = 16 - difference.unsigned_abs().leading_zeros();
        let (code, length) = mean_code(size);
        self.put(code, length);
        // Of a negative number the bits that one less has.
        let value = i32::from(difference) - i32::from(difference < 0);
        self.put(value as u32 & ((1 << size) - 1), size);
        self.put(0, 1);
    }

    /// Fills the last byte with ones.
    fn end(mut self) -> Vec<u8> {
        let rest = (8 - self.count % 8) % 8;
        self.put((1 << rest) - 1, rest);
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made::Made;

    /// The segments of a file: marker and content, the scan as one.
    fn segments(bytes: &[u8]) -> Vec<(u8, &[u8])> {
        assert_eq!(bytes[..2], [0xff, 0xd8]);
        let (mut at, mut found) = (2, Vec::new());
        loop {
            assert_eq!(bytes[at], 0xff, "at {at}");
            while bytes[at + 1] == 0xff {
                at += 1;
            }
            let marker = bytes[at + 1];
            if marker == 0xd9 {
                assert_eq!(at + 2, bytes.len(), "nothing comes after the end");
                return found;
            }
            let length = usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
            let mut end = at + 2 + length;
            if marker == 0xda {
                while bytes[end] != 0xff || bytes[end + 1] == 0 {
                    end += 1;
                }
            }
            found.push((marker, &bytes[at + 4..end]));
            at = end;
        }
    }

    /// Decodes the means of all blocks again, with tables as the file has them.
    fn decoded(scan: &[u8]) -> Vec<[i32; 3]> {
        let data: Vec<u8> = scan[10..]
            .iter()
            .scan(0, |last, byte| Some((std::mem::replace(last, *byte), *byte)))
            .filter(|pair| *pair != (0xff, 0))
            .map(|(_, byte)| byte)
            .collect();
        let mut bits = data.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
        let mut blocks = Vec::new();
        let mut means = [128; 3];
        for _ in 0..WIDTH * HEIGHT {
            for mean in &mut means {
                let (mut code, mut length) = (0, 0);
                let size = loop {
                    code = code << 1 | u32::from(bits.next().unwrap());
                    length += 1;
                    if let Some(size) = (0..12).find(|size| mean_code(*size) == (code, length)) {
                        break size;
                    }
                    assert!(length < 16);
                };
                let value =
                    (0..size).fold(0, |value, _| value << 1 | i32::from(bits.next().unwrap()));
                *mean += if size > 0 && value < 1 << (size - 1) {
                    value - (1 << size) + 1
                } else {
                    value
                };
                assert_eq!(bits.next(), Some(0), "the end of the block");
            }
            blocks.push(means);
        }
        assert!(bits.all(|bit| bit == 1), "only ones fill the last byte");
        blocks
    }

    #[test]
    fn a_photo_has_the_segments_of_a_baseline_picture() {
        let kinds =
            |bytes: &[u8]| -> Vec<u8> { segments(bytes).iter().map(|(kind, _)| *kind).collect() };
        let plain = frame(31, 5, 0);
        assert_eq!(kinds(&plain), [0xe0, 0xdb, 0xc0, 0xc4, 0xc4, 0xda]);
        for more in [0, 1, 2, 3, 4, 5, 65_536, 65_537, 65_538, 65_540, 65_541, 140_000] {
            // At first a whole comment and a little more.
            let len = plain.len() as u64 + COMMENT + more;
            let bytes = Made::photo(31, 5, len).read(0, usize::MAX);
            assert_eq!(bytes.len() as u64, len);
            let kinds = kinds(&bytes).into_iter();
            let without: Vec<u8> = kinds.filter(|kind| *kind != 0xfe).collect();
            assert_eq!(without, [0xe0, 0xdb, 0xc0, 0xc4, 0xc4, 0xda], "{more}");
        }
        assert!(!segments(&Made::preview(31, 5).read(0, usize::MAX)).is_empty());
    }

    #[test]
    fn the_scan_holds_the_scene() {
        for (number, seed) in [(1, 1), (2_025, 77), (9_999, u64::MAX)] {
            let bytes = frame(number, seed, 0);
            let (_, scan) = *segments(&bytes).last().unwrap();
            let scene = Scene::new(number, seed, 0);
            for (index, block) in decoded(scan).into_iter().enumerate() {
                let colour = scene.colour(index % WIDTH, index / WIDTH);
                assert_eq!(block, colour.map(i32::from), "block {index}");
            }
        }
    }
}
