//! Readers for what the service sends beyond its documentation. Each is named by the spec (`x-lenient`) where it is used.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeOwned, IntoDeserializer, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::list::{self, List};

/// A scalar that is read from a number and from a text.
pub(crate) trait Scalar: Sized {
    fn from_text(text: &str) -> Option<Self>;
    fn from_integer(value: i128) -> Option<Self>;
    fn from_float(value: f64) -> Option<Self>;
    const WHAT: &'static str;
    /// The value that null and nothing stand for, if there is one.
    fn absent() -> Option<Self> {
        None
    }
}

impl Scalar for String {
    const WHAT: &'static str = "a text or a number";

    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn from_integer(value: i128) -> Option<Self> {
        Some(value.to_string())
    }

    fn from_float(value: f64) -> Option<Self> {
        Some(value.to_string())
    }
}

macro_rules! integer {
    ($($name:ty),*) => {$(
        impl Scalar for $name {
            const WHAT: &'static str = "a whole number, also as text";

            fn from_text(text: &str) -> Option<Self> {
                text.trim().parse().ok()
            }

            fn from_integer(value: i128) -> Option<Self> {
                value.try_into().ok()
            }

            fn from_float(value: f64) -> Option<Self> {
                whole(value).and_then(Self::from_integer)
            }
        }
    )*};
}
integer!(i32, i64);

impl Scalar for f64 {
    const WHAT: &'static str = "a number, also as text";

    fn from_text(text: &str) -> Option<Self> {
        text.trim().parse().ok().filter(|value: &Self| value.is_finite())
    }

    fn from_integer(value: i128) -> Option<Self> {
        #[allow(clippy::cast_precision_loss)]
        Some(value as Self)
    }

    fn from_float(value: f64) -> Option<Self> {
        Some(value)
    }
}

impl<T: Scalar> Scalar for Option<T> {
    const WHAT: &'static str = T::WHAT;

    fn from_text(text: &str) -> Option<Self> {
        T::from_text(text).map(Some)
    }

    fn from_integer(value: i128) -> Option<Self> {
        T::from_integer(value).map(Some)
    }

    fn from_float(value: f64) -> Option<Self> {
        T::from_float(value).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// The whole number behind `3.0`.
pub(crate) fn whole(value: f64) -> Option<i128> {
    #[allow(clippy::cast_possible_truncation)]
    (value.fract() == 0.0 && value.abs() < 9.0e15).then_some(value as i128)
}

/// Reads a number as text or a text as number.
pub(crate) fn int_or_string<'de, D: Deserializer<'de>, T: Scalar>(
    deserializer: D,
) -> Result<T, D::Error> {
    struct ScalarVisitor<T>(PhantomData<T>);

    impl<T: Scalar> ScalarVisitor<T> {
        fn found<E: de::Error>(
            self,
            value: Option<T>,
            unexpected: de::Unexpected<'_>,
        ) -> Result<T, E> {
            value.ok_or_else(|| E::invalid_value(unexpected, &self))
        }
    }

    impl<T: Scalar> Visitor<'_> for ScalarVisitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(T::WHAT)
        }

        fn visit_str<E: de::Error>(self, value: &str) -> Result<T, E> {
            self.found(T::from_text(value), de::Unexpected::Str(value))
        }

        fn visit_i64<E: de::Error>(self, value: i64) -> Result<T, E> {
            self.found(T::from_integer(value.into()), de::Unexpected::Signed(value))
        }

        fn visit_u64<E: de::Error>(self, value: u64) -> Result<T, E> {
            self.found(T::from_integer(value.into()), de::Unexpected::Unsigned(value))
        }

        fn visit_f64<E: de::Error>(self, value: f64) -> Result<T, E> {
            self.found(T::from_float(value), de::Unexpected::Float(value))
        }

        fn visit_unit<E: de::Error>(self) -> Result<T, E> {
            self.found(T::absent(), de::Unexpected::Unit)
        }

        fn visit_none<E: de::Error>(self) -> Result<T, E> {
            self.found(T::absent(), de::Unexpected::Option)
        }
    }

    deserializer.deserialize_any(ScalarVisitor(PhantomData))
}

/// A yes or no that is read from 0 and 1 too.
pub(crate) trait Truth: Sized {
    fn truth(value: bool) -> Self;
    fn absent() -> Option<Self>;
}

impl Truth for bool {
    fn truth(value: bool) -> Self {
        value
    }

    fn absent() -> Option<Self> {
        None
    }
}

impl Truth for Option<bool> {
    fn truth(value: bool) -> Self {
        Some(value)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// Reads true and false, 1 and 0, and their texts.
pub(crate) fn bool_or_int<'de, D: Deserializer<'de>, T: Truth>(
    deserializer: D,
) -> Result<T, D::Error> {
    struct TruthVisitor<T>(PhantomData<T>);

    impl<T: Truth> Visitor<'_> for TruthVisitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("true, false, 1 or 0")
        }

        fn visit_bool<E: de::Error>(self, value: bool) -> Result<T, E> {
            Ok(T::truth(value))
        }

        fn visit_i64<E: de::Error>(self, value: i64) -> Result<T, E> {
            match value {
                0 => Ok(T::truth(false)),
                1 => Ok(T::truth(true)),
                _ => Err(E::invalid_value(de::Unexpected::Signed(value), &self)),
            }
        }

        fn visit_u64<E: de::Error>(self, value: u64) -> Result<T, E> {
            self.visit_i64(i64::try_from(value).unwrap_or(i64::MAX))
        }

        fn visit_str<E: de::Error>(self, value: &str) -> Result<T, E> {
            match value {
                "true" | "1" => Ok(T::truth(true)),
                "false" | "0" => Ok(T::truth(false)),
                _ => Err(E::invalid_value(de::Unexpected::Str(value), &self)),
            }
        }

        fn visit_unit<E: de::Error>(self) -> Result<T, E> {
            T::absent().ok_or_else(|| E::invalid_type(de::Unexpected::Unit, &self))
        }

        fn visit_none<E: de::Error>(self) -> Result<T, E> {
            self.visit_unit()
        }
    }

    deserializer.deserialize_any(TruthVisitor(PhantomData))
}

/// Reads an empty text as nothing.
pub(crate) fn empty_is_absent<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    struct TextVisitor<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for TextVisitor<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text, possibly empty, or null")
        }

        fn visit_str<E: de::Error>(self, value: &str) -> Result<Option<T>, E> {
            if value.is_empty() {
                Ok(None)
            } else {
                T::deserialize(value.into_deserializer()).map(Some)
            }
        }

        fn visit_i64<E: de::Error>(self, value: i64) -> Result<Option<T>, E> {
            T::deserialize(value.into_deserializer()).map(Some)
        }

        fn visit_u64<E: de::Error>(self, value: u64) -> Result<Option<T>, E> {
            T::deserialize(value.into_deserializer()).map(Some)
        }

        fn visit_unit<E: de::Error>(self) -> Result<Option<T>, E> {
            Ok(None)
        }

        fn visit_none<E: de::Error>(self) -> Result<Option<T>, E> {
            Ok(None)
        }
    }

    deserializer.deserialize_any(TextVisitor(PhantomData))
}

/// Reads null as the empty list.
#[allow(dead_code, reason = "whether a list occurs in both directions depends on the spec")]
pub(crate) fn null_is_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Option::<Vec<T>>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A list that is read from a lone value too.
pub(crate) trait OneOrMany: Sized {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

impl<T: DeserializeOwned> OneOrMany for List<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        list::one_or_many(deserializer)
    }
}

impl<T: DeserializeOwned> OneOrMany for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ManyVisitor<T>(PhantomData<T>);

        impl<'de, T: DeserializeOwned> Visitor<'de> for ManyVisitor<T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list, a lone value or null")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Vec<T>, A::Error> {
                Vec::deserialize(de::value::SeqAccessDeserializer::new(seq))
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<Vec<T>, E> {
                T::deserialize(value.into_deserializer()).map(|item| vec![item])
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Vec<T>, E> {
                T::deserialize(value.into_deserializer()).map(|item| vec![item])
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Vec<T>, E> {
                T::deserialize(value.into_deserializer()).map(|item| vec![item])
            }

            fn visit_unit<E: de::Error>(self) -> Result<Vec<T>, E> {
                Ok(Vec::new())
            }

            fn visit_none<E: de::Error>(self) -> Result<Vec<T>, E> {
                Ok(Vec::new())
            }
        }

        deserializer.deserialize_any(ManyVisitor(PhantomData))
    }
}

/// Reads a lone value as a list of one, and null as the empty list.
pub(crate) fn one_or_many<'de, D: Deserializer<'de>, T: OneOrMany>(
    deserializer: D,
) -> Result<T, D::Error> {
    T::read(deserializer)
}

/// Reads a value of a view; what does not fit is left out, the open object behind the view still has it.
pub(crate) fn tolerant<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if value.is_null() {
        return Ok(T::default());
    }
    // Devices differ in whether they write a number, its text, or a number for yes and no.
    let others = other_kinds(&value);
    let read = |value| serde_json::from_value(value).ok();
    Ok(read(value).or_else(|| others.into_iter().find_map(read)).unwrap_or_default())
}

/// The same value as the other kinds that it may be meant as.
pub(super) fn other_kinds(value: &Value) -> Vec<Value> {
    match value {
        Value::Number(number) => {
            let whole = number.as_f64().and_then(super::whole_number);
            let truth =
                whole.filter(|whole| matches!(whole, 0 | 1)).map(|whole| (whole == 1).into());
            // Beyond that, digits were lost when it was read as a number.
            let is_exact = !number.is_f64() || number.as_f64().is_some_and(|it| it.abs() < 1.0e15);
            let text = is_exact.then(|| Value::String(number.to_string()));
            // A whole number is one already, perhaps a larger one than a float can be.
            let whole = whole.filter(|_| number.is_f64()).map(Value::from);
            [whole, truth, text].into_iter().flatten().collect()
        }
        Value::String(text) => {
            let number = text.trim().parse::<serde_json::Number>().ok();
            let whole =
                number.as_ref().filter(|number| number.is_f64()).and_then(|number| number.as_f64());
            let whole = whole.and_then(super::whole_number).map(Value::from);
            let truth = text.trim().parse::<bool>().ok().map(Value::Bool);
            // In the answer to a write nothing that was promised may be missing.
            let nothing = (text.is_empty() && !super::is_promised()).then_some(Value::Null);
            [number.map(Value::Number), whole, truth, nothing].into_iter().flatten().collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(
        text: &str,
        by: fn(
            &mut serde_json::Deserializer<serde_json::de::StrRead<'_>>,
        ) -> Result<T, serde_json::Error>,
    ) -> Option<T> {
        by(&mut serde_json::Deserializer::from_str(text)).ok()
    }

    #[test]
    fn scalars_are_read_from_both_kinds() {
        for (text, value) in [
            ("7", Some(7)),
            ("\"7\"", Some(7)),
            ("7.0", Some(7)),
            ("7.5", None),
            ("\"x\"", None),
            ("null", None),
        ] {
            assert_eq!(read::<i64>(text, |d| int_or_string(d)), value, "{text}");
        }
        assert_eq!(read::<String>("12", |d| int_or_string(d)).as_deref(), Some("12"));
        assert_eq!(read::<Option<i32>>("null", |d| int_or_string(d)), Some(None));
        assert_eq!(read::<f64>("\"1.5\"", |d| int_or_string(d)), Some(1.5));
        assert_eq!(read::<f64>("\"NaN\"", |d| int_or_string(d)), None);
    }

    #[test]
    fn truths_empties_and_lone_values() {
        for (text, value) in [
            ("true", Some(true)),
            ("1", Some(true)),
            ("0", Some(false)),
            ("\"false\"", Some(false)),
            ("2", None),
        ] {
            assert_eq!(read::<bool>(text, |d| bool_or_int(d)), value, "{text}");
        }
        assert_eq!(read::<Option<String>>("\"\"", |d| empty_is_absent(d)), Some(None));
        assert_eq!(read::<Option<String>>("\"a\"", |d| empty_is_absent(d)), Some(Some("a".into())));
        assert_eq!(read::<Vec<i64>>("null", |d| null_is_empty(d)), Some(vec![]));
        for (text, many) in [("[1,2]", vec![1, 2]), ("3", vec![3]), ("null", vec![])] {
            assert_eq!(read::<Vec<i64>>(text, |d| one_or_many(d)), Some(many), "{text}");
        }
        assert_eq!(read::<Option<i64>>("\"x\"", |d| tolerant(d)), Some(None));
        for (text, value) in [("3", Some(3)), ("\"3\"", Some(3)), ("3.0", Some(3)), ("[3]", None)] {
            assert_eq!(read::<Option<i64>>(text, |d| tolerant(d)), Some(value), "{text}");
        }
        assert_eq!(read::<Option<String>>("3", |d| tolerant(d)), Some(Some("3".into())));
        assert_eq!(read::<Option<bool>>("1", |d| tolerant(d)), Some(Some(true)));
        assert_eq!(read::<Option<bool>>("2", |d| tolerant(d)), Some(None));
    }
}
