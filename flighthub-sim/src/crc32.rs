//! CRC-32, the checksum of ZIP and gzip, also of runs that nobody wants to write out.

/// The polynomial, its highest power in the lowest bit.
const POLYNOMIAL: u32 = 0xedb8_8320;

/// The checksum of bytes.
pub(crate) fn of(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |state, byte| step(state, *byte))
}

/// The checksum of one byte over and over. A byte changes the state by a fixed affine map over bits, so that many are a power of it.
pub(crate) fn of_run(byte: u8, times: u64) -> u32 {
    let offset = step(0, byte);
    let columns = std::array::from_fn(|bit| step(1 << bit, byte) ^ offset);
    let mut power = Map { columns, offset };
    let mut state = u32::MAX;
    let mut left = times;
    while left > 0 {
        if left & 1 == 1 {
            state = power.of(state);
        }
        power = power.twice();
        left >>= 1;
    }
    !state
}

fn step(state: u32, byte: u8) -> u32 {
    let mut state = state ^ u32::from(byte);
    for _ in 0..8 {
        state = state >> 1 ^ if state & 1 == 1 { POLYNOMIAL } else { 0 };
    }
    state
}

/// An affine map over bits: where every bit goes, and what is added.
struct Map {
    columns: [u32; 32],
    offset: u32,
}

impl Map {
    fn linear(&self, state: u32) -> u32 {
        self.columns
            .iter()
            .enumerate()
            .filter(|(bit, _)| state >> bit & 1 == 1)
            .fold(0, |sum, (_, column)| sum ^ column)
    }

    fn of(&self, state: u32) -> u32 {
        self.linear(state) ^ self.offset
    }

    fn twice(&self) -> Self {
        Self {
            columns: self.columns.map(|column| self.linear(column)),
            offset: self.of(self.offset),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_standard() {
        assert_eq!(of(b"123456789"), 0xcbf4_3926);
        assert_eq!(of(b""), 0);
        for times in [0, 1, 2, 3, 255, 4096, 10_007] {
            let bytes = vec![0x20; usize::try_from(times).unwrap_or_default()];
            assert_eq!(of_run(0x20, times), of(&bytes), "{times}");
        }
    }
}
