//! One point in time, three wire forms.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserializer, Serializer};

use super::lenient::whole;
use crate::timestamp::Timestamp;

/// How a point in time is written, and what else is read.
#[allow(dead_code, reason = "which forms occur depends on the spec")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Rfc3339,
    Seconds,
    Millis,
    /// Written as seconds, read as either by magnitude.
    SecondsOrMillis,
    /// Written as milliseconds, read as either by magnitude.
    MillisOrSeconds,
}

/// From here on a count since 1970 is in milliseconds: seconds reach it in the year 5138, milliseconds passed it in 1973.
const FIRST_MILLIS: u64 = 100_000_000_000;

impl Form {
    /// A whole count, the usual number.
    fn count(self, count: i64) -> Option<Timestamp> {
        if self.is_millis(count.unsigned_abs() >= FIRST_MILLIS) {
            Timestamp::from_unix_millis(count)
        } else {
            Timestamp::from_unix_seconds(count)
        }
    }

    /// Whether a count is in milliseconds, where the form leaves that to its size.
    const fn is_millis(self, large: bool) -> bool {
        match self {
            Self::Seconds => false,
            Self::Millis => true,
            Self::Rfc3339 | Self::SecondsOrMillis | Self::MillisOrSeconds => large,
        }
    }

    fn number(self, value: f64) -> Option<Timestamp> {
        // Whole counts go without a detour over floating-point nanoseconds, which would lose the last digits.
        if let Some(count) = whole(value) {
            return self.count(i64::try_from(count).ok()?);
        }
        let micros = value * if self.is_millis(value.abs() >= 1.0e11) { 1.0e3 } else { 1.0e6 };
        #[allow(clippy::cast_possible_truncation)]
        (micros.abs() < 9.0e15)
            .then(|| Timestamp::from_unix_micros(micros.round() as i64))
            .flatten()
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Rfc3339 => "a time such as 2026-01-02T03:04:05Z",
            Self::Seconds => {
                "seconds since 1970 (ten digits) or a time such as 2026-01-02T03:04:05Z"
            }
            Self::Millis => {
                "milliseconds since 1970 (thirteen digits) or a time such as 2026-01-02T03:04:05Z"
            }
            Self::SecondsOrMillis | Self::MillisOrSeconds => {
                "seconds or milliseconds since 1970, or a time such as 2026-01-02T03:04:05Z"
            }
        }
    }
}

/// What a field with times in it can be: one, perhaps one, many, many of many.
pub(crate) trait Times: Sized {
    fn write<S: Serializer>(&self, form: Form, serializer: S) -> Result<S::Ok, S::Error>;
    fn read<'de, D: Deserializer<'de>>(form: Form, deserializer: D) -> Result<Self, D::Error>;
}

impl Times for Timestamp {
    fn write<S: Serializer>(&self, form: Form, serializer: S) -> Result<S::Ok, S::Error> {
        match form {
            Form::Rfc3339 => serializer.collect_str(self),
            Form::Seconds | Form::SecondsOrMillis => serializer.serialize_i64(self.unix_seconds()),
            Form::Millis | Form::MillisOrSeconds => serializer.serialize_i64(self.unix_millis()),
        }
    }

    fn read<'de, D: Deserializer<'de>>(form: Form, deserializer: D) -> Result<Self, D::Error> {
        let found = deserializer.deserialize_any(TimeVisitor(form))?;
        found
            .ok_or_else(|| de::Error::custom(format_args!("no time, expected {}", form.expected())))
    }
}

impl Times for Option<Timestamp> {
    fn write<S: Serializer>(&self, form: Form, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(time) => time.write(form, serializer),
            None => serializer.serialize_none(),
        }
    }

    fn read<'de, D: Deserializer<'de>>(form: Form, deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TimeVisitor(form))
    }
}

impl<T: Times> Times for Vec<T> {
    fn write<S: Serializer>(&self, form: Form, serializer: S) -> Result<S::Ok, S::Error> {
        struct Item<'a, T>(&'a T, Form);
        impl<T: Times> serde::Serialize for Item<'_, T> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.write(self.1, serializer)
            }
        }
        let mut seq = serializer.serialize_seq(Some(self.len()))?;
        for item in self {
            seq.serialize_element(&Item(item, form))?;
        }
        seq.end()
    }

    fn read<'de, D: Deserializer<'de>>(form: Form, deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ManyVisitor(form, PhantomData))
    }
}

struct ManyVisitor<T>(Form, PhantomData<T>);

impl<'de, T: Times> Visitor<'de> for ManyVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of times, each {}", self.0.expected())
    }

    fn visit_unit<E: de::Error>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_none<E: de::Error>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
        struct Seed<T>(Form, PhantomData<T>);
        impl<'de, T: Times> DeserializeSeed<'de> for Seed<T> {
            type Value = T;
            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
                T::read(self.0, deserializer)
            }
        }
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Seed(self.0, PhantomData))? {
            items.push(item);
        }
        Ok(items)
    }
}

/// Null, the empty text and the count 0 are no time.
struct TimeVisitor(Form);

impl Visitor<'_> for TimeVisitor {
    type Value = Option<Timestamp>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.expected())
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        match (value, self.0.count(value)) {
            (0, _) => Ok(None),
            (_, None) => Err(E::invalid_value(de::Unexpected::Signed(value), &self)),
            (_, time) => Ok(time),
        }
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => Err(E::invalid_value(de::Unexpected::Unsigned(value), &self)),
        }
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        if value == 0.0 {
            return Ok(None);
        }
        self.0
            .number(value)
            .map(Some)
            .ok_or_else(|| E::invalid_value(de::Unexpected::Float(value), &self))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        if value.is_empty() {
            return Ok(None);
        }
        if let Ok(time) = value.parse() {
            return Ok(Some(time));
        }
        match value.parse::<f64>() {
            Ok(number) if self.0 != Form::Rfc3339 && number.is_finite() => self.visit_f64(number),
            _ => Err(E::invalid_value(de::Unexpected::Str(value), &self)),
        }
    }
}

macro_rules! form {
    ($(#[$docs:meta])* $module:ident, $form:ident) => {
        $(#[$docs])*
        #[allow(dead_code, reason = "which forms occur depends on the spec")]
        pub(crate) mod $module {
            use serde::Deserialize;

            use super::{Deserializer, Form, Serializer, Times};

            pub(crate) fn serialize<S: Serializer, T: Times>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
                value.write(Form::$form, serializer)
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: Times>(deserializer: D) -> Result<T, D::Error> {
                T::read(Form::$form, deserializer)
            }

            /// For views: what is no time is left out, the open object behind the view still has it.
            pub(crate) fn tolerant<'de, D: Deserializer<'de>, T: Times + Default>(deserializer: D) -> Result<T, D::Error> {
                let value = serde_json::Value::deserialize(deserializer)?;
                Ok(T::read(Form::$form, value).unwrap_or_default())
            }
        }
    };
}
form!(
    /// RFC 3339 text.
    rfc3339,
    Rfc3339
);
form!(
    /// Whole seconds since 1970.
    unix_seconds,
    Seconds
);
form!(
    /// Whole milliseconds since 1970.
    unix_millis,
    Millis
);
form!(
    /// Written as seconds, read as either.
    unix_seconds_or_millis,
    SecondsOrMillis
);
form!(
    /// Written as milliseconds, read as either.
    unix_millis_or_seconds,
    MillisOrSeconds
);

#[cfg(test)]
mod tests {
    use super::*;

    fn read(form: Form, text: &str) -> Result<Option<Timestamp>, serde_json::Error> {
        Option::<Timestamp>::read(form, &mut serde_json::Deserializer::from_str(text))
    }

    #[test]
    fn every_form_is_read() {
        let noon = Timestamp::from_unix_seconds(1_767_323_045);
        for (form, text) in [
            (Form::Seconds, "1767323045"),
            (Form::Seconds, "1767323045.0"),
            (Form::Seconds, "\"1767323045\""),
            (Form::Seconds, "\"2026-01-02T03:04:05Z\""),
            (Form::Millis, "1767323045000"),
            (Form::SecondsOrMillis, "1767323045000"),
            (Form::MillisOrSeconds, "1767323045"),
            (Form::Rfc3339, "\"2026-01-02T04:04:05+01:00\""),
        ] {
            assert_eq!(read(form, text).unwrap(), noon, "{form:?} {text}");
        }
        for text in ["null", "\"\"", "0"] {
            assert_eq!(read(Form::Seconds, text).unwrap(), None, "{text}");
        }
    }

    #[test]
    fn milliseconds_are_not_taken_for_seconds_unless_declared() {
        assert!(read(Form::Seconds, "1767323045000").is_err());
        assert!(
            read(Form::Rfc3339, "\"2026-01-02T03:04:05\"").is_err(),
            "a time without offset is no point in time"
        );
    }

    #[test]
    fn in_a_view_an_odd_value_is_left_out() {
        for (text, time) in [
            ("1767323045", Timestamp::from_unix_seconds(1_767_323_045)),
            ("\"soon\"", None),
            ("{}", None),
            ("null", None),
        ] {
            let found: Option<Timestamp> =
                unix_seconds::tolerant(&mut serde_json::Deserializer::from_str(text)).unwrap();
            assert_eq!(found, time, "{text}");
        }
    }

    #[test]
    fn fractions_and_offsets_survive() {
        assert_eq!(
            read(Form::MillisOrSeconds, "1770000000.5").unwrap().unwrap().unix_millis(),
            1_770_000_000_500
        );
        let text = "\"2024-10-29T16:51:47.818707+08:00\"";
        let time = read(Form::Rfc3339, text).unwrap().unwrap();
        assert_eq!(format!("\"{time}\""), text);
    }
}
