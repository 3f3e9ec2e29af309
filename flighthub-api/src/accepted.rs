//! The answer that promises nothing.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// FlightHub took the request. That is all that is known: accepted is not done.
///
/// Confirm the effect by reading, for example the status of the task or the state of the device.
/// It decodes from an absent `data`, from null and from `{}` alike, since all three occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Accepted {}

impl Accepted {
    /// The answer itself.
    #[must_use]
    pub const fn new() -> Self {
        Self {}
    }
}

impl Serialize for Accepted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for Accepted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self {})
    }
}

#[cfg(test)]
mod tests {
    use super::Accepted;

    #[test]
    fn every_void_form_is_accepted() {
        for text in ["null", "{}", "[]", r#"{"id":""}"#] {
            assert_eq!(serde_json::from_str::<Accepted>(text).unwrap(), Accepted::new(), "{text}");
        }
    }
}
