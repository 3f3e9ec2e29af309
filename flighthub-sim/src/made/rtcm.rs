//! Observations as the aircraft records them for post-processing: a file of RTCM 3 frames, with nothing sensible in them.

/// Bytes of a frame: head, content, checksum.
const FRAME: u64 = 256;
const HEAD: usize = 3;
const CONTENT: usize = 250;
/// What comes before the content of a frame: the mark, and the length in ten bits.
const START: [u8; HEAD] = [0xd3, 0, CONTENT as u8];
/// A message number of a manufacturer's own, 4095, in twelve bits.
const MESSAGE: [u8; 2] = [0xff, 0xf0];

/// The byte at a place. What is left at the end for no whole frame is zero.
pub(super) fn byte(seed: u64, len: u64, at: u64) -> u8 {
    let (first, within) = (at - at % FRAME, (at % FRAME) as usize);
    if first + FRAME > len {
        return 0;
    }
    match within.checked_sub(HEAD + CONTENT) {
        None => content(seed, first, within),
        Some(place) => {
            let bytes = (0..HEAD + CONTENT).map(|within| content(seed, first, within));
            let [_, sum @ ..] = checksum(bytes).to_be_bytes();
            sum.get(place).copied().unwrap_or(0)
        }
    }
}

fn content(seed: u64, first: u64, within: usize) -> u8 {
    let fixed = START.iter().chain(&MESSAGE).nth(within).copied();
    fixed.unwrap_or_else(|| super::filler(seed, first + within as u64))
}

/// CRC-24Q.
fn checksum(bytes: impl Iterator<Item = u8>) -> u32 {
    const POLYNOMIAL: u32 = 0x0186_4cfb;
    bytes.fold(0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(byte) << 16, |sum, _| {
            let shifted = sum << 1;
            if shifted & 0x0100_0000 == 0 { shifted } else { shifted ^ POLYNOMIAL }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_of_the_standard() {
        assert_eq!(checksum(b"123456789".iter().copied()), 0x00cd_e703);
    }

    #[test]
    fn every_frame_is_whole_and_checks() {
        let file: Vec<u8> = (0..2_000).map(|at| byte(3, 2_000, at)).collect();
        let (frames, rest) = file.as_chunks::<256>();
        for frame in frames {
            assert_eq!(frame[..5], [0xd3, 0, 250, 0xff, 0xf0]);
            let sum = checksum(frame[..253].iter().copied()).to_be_bytes();
            assert_eq!(frame[253..], sum[1..]);
        }
        assert!(!rest.is_empty() && rest.iter().all(|byte| *byte == 0));
    }
}
