//! A crate in small, for the list of public items.

mod hidden;
pub mod open;

#[cfg(feature = "more")]
pub mod more {
    /// A constant.
    pub const LIMIT: usize = 3;
}

pub use hidden::{Shown, inner::Deep as Renamed};
pub use open::*;
pub use other_crate::Thing;

macro_rules! id {
    ($name:ident) => {
        impl $name {
            pub fn as_str(&self) -> &str {
                self.private()
            }

            fn private(&self) -> &str {
                ""
            }
        }

        impl From<&str> for $name {
            fn from(_: &str) -> Self {
                Self
            }
        }
    };
}

/// A name.
pub struct Name;

id!(Name);

pub(crate) fn unseen() {}

#[cfg(test)]
mod tests {
    pub fn unseen_too() {}
}
