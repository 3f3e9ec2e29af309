//! What can be seen in photos and videos: sky, sea, a dock, the sun, and the number of the file.

/// Width and height in blocks of 8 by 8 pixels.
pub(super) const WIDTH: usize = 80;
pub(super) const HEIGHT: usize = 60;

/// Brightness and the two differences of colour, as they stand in a JPEG.
pub(super) type Colour = [u8; 3];

const SEA: [Colour; 3] = [[70, 160, 100], [78, 158, 102], [64, 162, 99]];
const SUN: Colour = [225, 60, 155];
const DOCK: Colour = [190, 128, 128];
const DOCK_MARK: Colour = [60, 120, 190];
const INK: Colour = [250, 128, 128];
const SHADE: Colour = [40, 128, 128];

/// Rows of bits, five a row, of the ten digits.
const DIGITS: [[u8; 7]; 10] = [
    [14, 17, 19, 21, 25, 17, 14],
    [4, 12, 4, 4, 4, 4, 14],
    [14, 17, 1, 2, 4, 8, 31],
    [31, 2, 4, 2, 1, 17, 14],
    [2, 6, 10, 18, 31, 2, 2],
    [31, 16, 30, 1, 1, 17, 14],
    [6, 8, 16, 30, 17, 17, 14],
    [31, 1, 2, 4, 8, 8, 8],
    [14, 17, 17, 14, 17, 17, 14],
    [14, 17, 17, 15, 1, 2, 12],
];
/// Where the number stands, its digits twice as large as in the table, and how many there are.
const NUMBER: (usize, usize) = (4, 42);
const PLACES: usize = 4;
const DIGIT_WIDTH: usize = 12;

/// A scene, of a video the one at a step of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene {
    number: u32,
    horizon: usize,
    sun: (usize, usize),
    dock: usize,
    seed: u64,
}

impl Scene {
    pub(super) fn new(number: u32, seed: u64, step: usize) -> Self {
        let random =
            |salt: u64, most: usize| usize::from(super::filler(seed, u64::MAX - salt)) * most / 256;
        Self {
            number,
            horizon: 22 + random(1, 12),
            sun: ((random(2, WIDTH) + 3 * step) % WIDTH, 6 + random(3, 8)),
            dock: (10 + random(4, 50) + 2 * step) % (WIDTH - 10),
            seed: seed.wrapping_add(step as u64),
        }
    }

    /// The colour of a block.
    pub(super) fn colour(&self, x: usize, y: usize) -> Colour {
        if let Some(colour) = self.number_at(x, y) {
            return colour;
        }
        let (sun_x, sun_y) = self.sun;
        let (dx, dy) = (x.abs_diff(sun_x), y.abs_diff(sun_y));
        let (dock_x, dock_y) = (x.wrapping_sub(self.dock), y.wrapping_sub(self.horizon + 1));
        match () {
            () if dock_x < 10 && dock_y < 6 => {
                let is_mark = (3..7).contains(&dock_x) && (2..4).contains(&dock_y);
                if is_mark { DOCK_MARK } else { DOCK }
            }
            () if dx * dx + dy * dy < 16 => SUN,
            () if y < self.horizon => {
                let light = u8::try_from(120 + 2 * y).unwrap_or(u8::MAX);
                [light, 160, 108]
            }
            () => {
                let wave = super::filler(self.seed, (y * WIDTH + x / 3) as u64);
                SEA.get(usize::from(wave % 3)).copied().unwrap_or(SHADE)
            }
        }
    }

    /// White digits on a dark plate.
    fn number_at(&self, x: usize, y: usize) -> Option<Colour> {
        let (left, top) = NUMBER;
        let (x, y) = (x.checked_sub(left - 2)?, y.checked_sub(top - 2)?);
        if x >= PLACES * DIGIT_WIDTH + 2 || y >= 18 {
            return None;
        }
        Some(self.ink_at(x, y).unwrap_or(SHADE))
    }

    fn ink_at(&self, x: usize, y: usize) -> Option<Colour> {
        let (x, row) = (x.checked_sub(2)?, y.checked_sub(2)? / 2);
        let (place, column) = (x / DIGIT_WIDTH, x % DIGIT_WIDTH / 2);
        let power = 10_u32.checked_pow(u32::try_from(PLACES.checked_sub(place + 1)?).ok()?)?;
        let digit = usize::try_from(self.number / power % 10).ok()?;
        let bits = DIGITS.get(digit)?.get(row)?;
        let bit = 4_usize.checked_sub(column)?;
        (bits >> bit & 1 == 1).then_some(INK)
    }
}
