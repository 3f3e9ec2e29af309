//! Files that nobody has to keep: their bytes follow from their seed.

/// A file whose bytes are made when they are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Made {
    seed: u64,
    len: u64,
}

impl Made {
    /// Bytes without a form.
    pub(crate) const fn other(seed: u64, len: u64) -> Self {
        Self { seed, len }
    }

    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    /// At most `most` bytes from an offset on; fewer only at the end.
    pub(crate) fn read(&self, offset: u64, most: usize) -> Vec<u8> {
        let end = self.len.min(offset.saturating_add(most as u64));
        (offset..end).map(|at| filler(self.seed, at)).collect()
    }
}

/// The byte at a place of a file: the same whatever is read around it.
fn filler(seed: u64, at: u64) -> u8 {
    let mixed = (seed ^ at).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).to_be_bytes()[0]
}
