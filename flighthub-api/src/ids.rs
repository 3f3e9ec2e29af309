//! What the generated ids and open enums have in common.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Visitor};
use serde::{Deserializer, Serializer};

/// A text that is none of an enum's known values. It cannot be made by hand, so that a known value never hides in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnknownText(Box<str>);

impl UnknownText {
    /// The value as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A number that is none of an enum's known values. It cannot be made by hand, so that a known value never hides in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnknownInt(i64);

impl UnknownInt {
    /// The value as it came.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// An open enum of texts.
pub(crate) trait TextEnum: Sized + Clone + PartialEq + 'static {
    const NAME: &'static str;
    const KNOWN: &'static [(&'static str, Self)];
    const ALIASES: &'static [(&'static str, &'static str)] = &[];

    fn unknown(value: UnknownText) -> Self;
    fn as_unknown(&self) -> Option<&UnknownText>;

    fn from_wire(text: &str) -> Self {
        let canonical = Self::ALIASES
            .iter()
            .find(|(other, _)| *other == text)
            .map_or(text, |(_, canonical)| canonical);
        Self::KNOWN
            .iter()
            .find(|(known, _)| *known == canonical)
            .map_or_else(|| Self::unknown(UnknownText(text.into())), |(_, value)| value.clone())
    }

    fn to_wire(&self) -> &str {
        match self.as_unknown() {
            Some(unknown) => unknown.as_str(),
            None => {
                Self::KNOWN.iter().find(|(_, value)| value == self).map_or("", |(known, _)| known)
            }
        }
    }
}

/// An open enum of integers.
pub(crate) trait IntEnum: Sized + Clone + PartialEq + 'static {
    const NAME: &'static str;
    const KNOWN: &'static [(i64, &'static str, Self)];

    fn unknown(value: UnknownInt) -> Self;
    fn as_unknown(&self) -> Option<UnknownInt>;

    fn from_wire(number: i64) -> Self {
        Self::KNOWN
            .iter()
            .find(|(known, ..)| *known == number)
            .map_or_else(|| Self::unknown(UnknownInt(number)), |(.., value)| value.clone())
    }

    fn to_wire(&self) -> i64 {
        match self.as_unknown() {
            Some(unknown) => unknown.get(),
            None => {
                Self::KNOWN.iter().find(|(.., value)| value == self).map_or(0, |(known, ..)| *known)
            }
        }
    }

    fn name(&self) -> Option<&'static str> {
        Self::KNOWN.iter().find(|(.., value)| value == self).map(|(_, name, _)| *name)
    }
}

/// Reads a text; numbers too when told so, as the text of the number.
pub(crate) fn read_text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    what: &'static str,
    numbers: bool,
    make: fn(&str) -> T,
) -> Result<T, D::Error> {
    struct TextVisitor<T> {
        what: &'static str,
        numbers: bool,
        make: fn(&str) -> T,
    }

    impl<T> TextVisitor<T> {
        fn number<E: de::Error>(self, text: &str, unexpected: de::Unexpected<'_>) -> Result<T, E> {
            if self.numbers {
                Ok((self.make)(text))
            } else {
                Err(E::invalid_type(unexpected, &self))
            }
        }
    }

    impl<T> Visitor<'_> for TextVisitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a text ({})", self.what)
        }

        fn visit_str<E: de::Error>(self, value: &str) -> Result<T, E> {
            Ok((self.make)(value))
        }

        fn visit_bool<E: de::Error>(self, value: bool) -> Result<T, E> {
            self.number(if value { "true" } else { "false" }, de::Unexpected::Bool(value))
        }

        fn visit_i64<E: de::Error>(self, value: i64) -> Result<T, E> {
            self.number(&value.to_string(), de::Unexpected::Signed(value))
        }

        fn visit_u64<E: de::Error>(self, value: u64) -> Result<T, E> {
            self.number(&value.to_string(), de::Unexpected::Unsigned(value))
        }

        fn visit_f64<E: de::Error>(self, value: f64) -> Result<T, E> {
            self.number(&value.to_string(), de::Unexpected::Float(value))
        }
    }

    deserializer.deserialize_any(TextVisitor { what, numbers, make })
}

/// Reads a whole number; texts of digits too when told so.
pub(crate) fn read_integer<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    what: &'static str,
    texts: bool,
    make: fn(i64) -> T,
) -> Result<T, D::Error> {
    struct IntegerVisitor<T> {
        what: &'static str,
        texts: bool,
        make: fn(i64) -> T,
        marker: PhantomData<T>,
    }

    impl<T> Visitor<'_> for IntegerVisitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a whole number ({})", self.what)
        }

        fn visit_i64<E: de::Error>(self, value: i64) -> Result<T, E> {
            Ok((self.make)(value))
        }

        fn visit_u64<E: de::Error>(self, value: u64) -> Result<T, E> {
            match i64::try_from(value) {
                Ok(value) => Ok((self.make)(value)),
                Err(_) => Err(E::invalid_value(de::Unexpected::Unsigned(value), &self)),
            }
        }

        fn visit_f64<E: de::Error>(self, value: f64) -> Result<T, E> {
            match crate::wire::whole_number(value) {
                Some(value) => Ok((self.make)(value)),
                None => Err(E::invalid_value(de::Unexpected::Float(value), &self)),
            }
        }

        fn visit_str<E: de::Error>(self, value: &str) -> Result<T, E> {
            match value.trim().parse() {
                Ok(number) if self.texts => Ok((self.make)(number)),
                _ => Err(E::invalid_value(de::Unexpected::Str(value), &self)),
            }
        }
    }

    deserializer.deserialize_any(IntegerVisitor { what, texts, make, marker: PhantomData })
}

/// Writes an open enum of texts.
pub(crate) fn write_text<S: Serializer>(serializer: S, text: &str) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

/// A text newtype.
macro_rules! text_id {
    ($name:ident) => {
        $crate::ids::text_id!($name, false, "");
    };
    ($name:ident, int_or_string) => {
        $crate::ids::text_id!($name, true, "");
    };
    ($name:ident, $numbers:literal, $unused:literal) => {
        impl $name {
            /// Takes the text as it is.
            pub fn new(value: impl Into<String>) -> Self {
                Self(value.into())
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text.
            #[must_use]
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                Self(value.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                Self(value)
            }
        }

        impl From<&String> for $name {
            fn from(value: &String) -> Self {
                Self(value.clone())
            }
        }

        impl From<&$name> for $name {
            fn from(value: &$name) -> Self {
                value.clone()
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(value: &str) -> Result<Self, Self::Err> {
                Ok(Self(value.to_owned()))
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let id =
                    $crate::ids::read_text(deserializer, stringify!($name), $numbers, |text| {
                        Self(text.to_owned())
                    })?;
                if id.0.is_empty() && $crate::wire::is_promised() {
                    return Err(serde::de::Error::custom("the id is empty"));
                }
                Ok(id)
            }
        }
    };
}
pub(crate) use text_id;

/// An integer newtype.
macro_rules! integer_id {
    ($name:ident) => {
        $crate::ids::integer_id!($name, false, "");
    };
    ($name:ident, int_or_string) => {
        $crate::ids::integer_id!($name, true, "");
    };
    ($name:ident, $texts:literal, $unused:literal) => {
        impl $name {
            /// Takes the number as it is.
            #[must_use]
            pub const fn new(value: i64) -> Self {
                Self(value)
            }

            /// The number.
            #[must_use]
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        impl From<i64> for $name {
            fn from(value: i64) -> Self {
                Self(value)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(value: &str) -> Result<Self, Self::Err> {
                value.parse().map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_i64(self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::ids::read_integer(deserializer, stringify!($name), $texts, Self)
            }
        }
    };
}
pub(crate) use integer_id;

/// The surface of an open enum of texts.
macro_rules! text_enum {
    ($name:ident) => {
        impl $name {
            /// The value as it stands on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                $crate::ids::TextEnum::to_wire(self)
            }

            /// Whether this version knows the value.
            #[must_use]
            pub fn is_known(&self) -> bool {
                $crate::ids::TextEnum::as_unknown(self).is_none()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                $crate::ids::TextEnum::from_wire(value)
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                $crate::ids::TextEnum::from_wire(&value)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(value: &str) -> Result<Self, Self::Err> {
                Ok($crate::ids::TextEnum::from_wire(value))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::ids::write_text(serializer, self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::ids::read_text(
                    deserializer,
                    <Self as $crate::ids::TextEnum>::NAME,
                    true,
                    |text| $crate::ids::TextEnum::from_wire(text),
                )
            }
        }
    };
}
pub(crate) use text_enum;

/// The surface of an open enum of integers.
macro_rules! int_enum {
    ($name:ident) => {
        impl $name {
            /// The value as it stands on the wire.
            #[must_use]
            pub fn as_i64(&self) -> i64 {
                $crate::ids::IntEnum::to_wire(self)
            }

            /// Whether this version knows the value.
            #[must_use]
            pub fn is_known(&self) -> bool {
                $crate::ids::IntEnum::as_unknown(self).is_none()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match $crate::ids::IntEnum::name(self) {
                    Some(name) => f.write_str(name),
                    None => write!(f, "{}", self.as_i64()),
                }
            }
        }

        impl From<i64> for $name {
            fn from(value: i64) -> Self {
                $crate::ids::IntEnum::from_wire(value)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_i64(self.as_i64())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::ids::read_integer(
                    deserializer,
                    <Self as $crate::ids::IntEnum>::NAME,
                    true,
                    |number| $crate::ids::IntEnum::from_wire(number),
                )
            }
        }
    };
}
pub(crate) use int_enum;

/// The surface of an object of open keys with typed views.
macro_rules! open_object {
    ($name:ident { $($view:ident: $type:ty),* $(,)? $(; $($keyed:ident: $keyed_type:ty),* $(,)?)? }) => {
        impl $name {
            /// The value behind a key.
            #[must_use]
            pub fn get(&self, key: &str) -> Option<&serde_json::Value> {
                self.0.get(key)
            }

            /// All keys and values.
            #[must_use]
            pub const fn as_object(&self) -> &$crate::Object {
                &self.0
            }

            /// All keys and values.
            #[must_use]
            pub fn into_object(self) -> $crate::Object {
                self.0
            }

            $(
                /// The same keys, read as typed fields. A value that does not fit is left out here; [`get`](Self::get) still has it.
                #[must_use]
                pub fn $view(&self) -> $type {
                    $crate::wire::view(&self.0)
                }
            )*

            $($(
                /// The objects behind keys that are payload indices such as `81-0-0`, each with its key.
                #[must_use]
                pub fn $keyed(&self) -> Vec<(String, $keyed_type)> {
                    $crate::wire::keyed_views(&self.0)
                }
            )*)?
        }

        impl From<$crate::Object> for $name {
            fn from(object: $crate::Object) -> Self {
                Self(object)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serde::Serialize::serialize(&self.0, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                serde::Deserialize::deserialize(deserializer).map(Self)
            }
        }
    };
}
pub(crate) use open_object;

#[cfg(test)]
#[allow(dead_code, unreachable_pub, reason = "the macros write a public surface")]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    enum Side {
        Inside,
        Outside,
        Unknown(UnknownText),
    }
    impl TextEnum for Side {
        const NAME: &'static str = "Side";
        const KNOWN: &'static [(&'static str, Self)] =
            &[("inside", Self::Inside), ("outside", Self::Outside)];
        const ALIASES: &'static [(&'static str, &'static str)] = &[("1", "inside")];
        fn unknown(value: UnknownText) -> Self {
            Self::Unknown(value)
        }
        fn as_unknown(&self) -> Option<&UnknownText> {
            if let Self::Unknown(value) = self { Some(value) } else { None }
        }
    }
    text_enum!(Side);

    #[test]
    fn an_open_enum_keeps_what_it_does_not_know() {
        for (json, value, written) in [
            ("\"inside\"", Side::Inside, "\"inside\""),
            ("1", Side::Inside, "\"inside\""),
            ("\"beside\"", Side::from("beside"), "\"beside\""),
            ("7", Side::from("7"), "\"7\""),
        ] {
            let read: Side = serde_json::from_str(json).unwrap();
            assert_eq!(read, value, "{json}");
            assert_eq!(serde_json::to_string(&read).unwrap(), written);
        }
        assert!(!Side::from("beside").is_known());
        assert!(Side::from("outside").is_known(), "a known value never hides in Unknown");
        assert!(serde_json::from_str::<Side>("null").is_err());
    }

    #[derive(Debug, Clone, PartialEq, Eq)]
    struct Sn(String);
    text_id!(Sn);

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    struct Number(i64);
    integer_id!(Number, int_or_string);

    #[test]
    fn ids_are_strict_unless_told_otherwise() {
        assert!(serde_json::from_str::<Sn>("12").is_err());
        assert_eq!(serde_json::from_str::<Number>("\"12\"").unwrap(), Number(12));
        assert_eq!(serde_json::from_str::<Number>("12.0").unwrap(), Number(12));
        assert!(serde_json::from_str::<Number>("12.5").is_err());
    }
}
