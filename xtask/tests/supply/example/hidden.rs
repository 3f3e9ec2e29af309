//! Reached by another way only.

/// Shown at the root.
#[derive(Debug)]
#[non_exhaustive]
pub struct Shown<T> {
    /// A field.
    pub field: Vec<T>,
    secret: u8,
}

impl<T: Clone> Shown<T> {
    /// Makes one.
    #[must_use]
    pub fn new(first: impl Into<T>, second: &'static str) -> Result<Self, std::fmt::Error> {
        todo(first, second)
    }

    fn quiet(&self) {}
}

impl<T> std::fmt::Display for Shown<T> {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

/// Not shown, though it is called `pub`.
pub struct Kept;

impl Kept {
    /// Not shown either.
    pub fn call(&self) {}
}

pub mod inner {
    /// Shown by another name.
    pub enum Deep {
        /// With a value.
        One(u8),
        Undocumented,
        /// With fields.
        Two {
            /// A field.
            a: String,
        },
    }
}
