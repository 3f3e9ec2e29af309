//! What has to hold for any input from outside, one function for each sort of input.
//!
//! The functions are the bodies of the fuzz targets (`fuzz/` at the root) and of the tests with made-up input (`tests/tests/properties`):
//! both run the very same checks. An input is bytes; what they mean is said at each target.

mod answers;
mod files;
mod requests;
mod texts;

pub use answers::{envelope, error_bodies, models};
pub use files::{geojson, kmz, spec};
pub use requests::{path, requests};
pub use texts::{addresses, key, times};

/// What a check says: nothing, or what does not hold.
pub type Held = Result<(), String>;

/// A sort of input, and what has to hold for it.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Name of the fuzz target and of its folder of seeds.
    pub name: &'static str,
    /// The check.
    pub check: fn(&[u8]) -> Held,
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "envelope", check: envelope },
    Target { name: "error_bodies", check: error_bodies },
    Target { name: "models", check: models },
    Target { name: "key", check: key },
    Target { name: "path", check: path },
    Target { name: "requests", check: requests },
    Target { name: "kmz", check: kmz },
    Target { name: "spec", check: spec },
    Target { name: "times", check: times },
    Target { name: "geojson", check: geojson },
    Target { name: "addresses", check: addresses },
];

/// Runs a check as a fuzzer wants it.
///
/// # Panics
///
/// When something does not hold.
pub fn hold(check: fn(&[u8]) -> Held, input: &[u8]) {
    if let Err(broken) = check(input) {
        panic!("{broken}");
    }
}

/// Takes an input apart from its beginning.
struct Bytes<'i>(&'i [u8]);

impl<'i> Bytes<'i> {
    /// The next byte, 0 after the end.
    fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    /// A number below a limit, from two bytes.
    fn below(&mut self, limit: usize) -> usize {
        let number = usize::from(self.byte()) << 8 | usize::from(self.byte());
        number % limit.max(1)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is left up to a line end, which is taken too.
    fn line(&mut self) -> &'i [u8] {
        let end = self.0.iter().position(|byte| *byte == b'\n').unwrap_or(self.0.len());
        let line = &self.0[..end];
        self.0 = self.0.get(end + 1..).unwrap_or_default();
        line
    }

    /// All that is left, as text.
    fn text(&self) -> String {
        String::from_utf8_lossy(self.0).into_owned()
    }
}
