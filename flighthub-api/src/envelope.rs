//! The frame around every answer: `{"code": 0, "message": "…", "data": …}`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::wire::{self, DecodeError};

/// A code, which also comes as text (`"200401"`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code(pub(crate) i64);

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CodeVisitor;

        impl Visitor<'_> for CodeVisitor {
            type Value = Code;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a code, as number or text")
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Code, E> {
                Ok(Code(value))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Code, E> {
                i64::try_from(value)
                    .map(Code)
                    .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(value), &self))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Code, E> {
                wire::whole_number(value)
                    .map(Code)
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Float(value), &self))
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<Code, E> {
                value
                    .trim()
                    .parse()
                    .map(Code)
                    .map_err(|_| E::custom("the code is a text that is no number"))
            }
        }

        deserializer.deserialize_any(CodeVisitor)
    }
}

/// The frame, with what it frames left as text.
#[derive(Deserialize)]
pub(crate) struct Envelope<'a> {
    pub(crate) code: Code,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

impl<'a> Envelope<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The message, whatever JSON it is.
    pub(crate) fn message(&self) -> Cow<'a, str> {
        let raw = self.message.map_or("", RawValue::get);
        match serde_json::from_str::<Option<String>>(raw) {
            Ok(text) => Cow::Owned(text.unwrap_or_default()),
            Err(_) => Cow::Borrowed(raw),
        }
    }

    /// The text of the data, `null` when there is none.
    pub(crate) fn data(&self) -> &'a str {
        self.data.map_or("null", RawValue::get)
    }
}

/// Whether the text begins with `{"code":0,`, as successes of the service do. It saves a pass over the text; a success that
/// is written otherwise is recognised by reading the frame.
pub(crate) fn begins_as_success(text: &str) -> bool {
    let rest = text.trim_start().strip_prefix('{').map(str::trim_start);
    let rest = rest.and_then(|rest| rest.strip_prefix("\"code\"")).map(str::trim_start);
    let rest = rest.and_then(|rest| rest.strip_prefix(':')).map(str::trim_start);
    let rest = rest.and_then(|rest| rest.strip_prefix('0')).map(str::trim_start);
    rest.is_some_and(|rest| rest.starts_with([',', '}']))
}

/// What a success frames. One pass for answers as documented; only when that fails, the frame, the text of the data, and the
/// patient ways of reading it.
pub(crate) fn decode<T: DeserializeOwned>(text: &str) -> Result<T, DecodeError> {
    #[derive(Deserialize)]
    #[serde(bound = "T: DeserializeOwned")]
    struct Typed<T> {
        code: Code,
        data: Option<T>,
    }

    if let Ok(Typed { code: Code(0), data: Some(data) }) = serde_json::from_str(text) {
        return Ok(data);
    }
    wire::decode(data(text)?)
}

/// The text of the data of a success.
pub(crate) fn data(text: &str) -> Result<&str, DecodeError> {
    match Envelope::read(text) {
        Ok(envelope) => Ok(envelope.data()),
        // Read once more for the reason and its path.
        Err(_) => wire::from_text::<Frame>(text).map(|_| "null"),
    }
}

/// The frame without what it frames.
#[derive(Deserialize)]
#[allow(dead_code, reason = "it is only read for the reason why it cannot be read")]
struct Frame {
    code: Code,
    #[serde(default)]
    message: Option<de::IgnoredAny>,
    #[serde(default)]
    data: Option<de::IgnoredAny>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_comes_in_many_forms() {
        for (text, code) in [
            ("0", Some(0)),
            ("\"0\"", Some(0)),
            ("\" 200401 \"", Some(200_401)),
            ("200401.0", Some(200_401)),
            ("-1", Some(-1)),
        ] {
            assert_eq!(serde_json::from_str::<Code>(text).ok().map(|code| code.0), code, "{text}");
        }
        for text in ["null", "18446744073709551615", "0.5", "\"x\"", "true", "{}", "[]"] {
            assert!(serde_json::from_str::<Code>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_success_is_seen_from_its_beginning() {
        for text in ["{\"code\":0,\"data\":1}", " { \"code\" : 0 }", "{\"code\":0}"] {
            assert!(begins_as_success(text), "{text}");
        }
        for text in [
            "{\"code\":00}",
            "{\"code\":0.5}",
            "{\"code\":\"0\"}",
            "{\"code\":200401}",
            "{\"message\":\"\",\"code\":0}",
            "",
            "[]",
        ] {
            assert!(!begins_as_success(text), "{text}");
        }
    }

    #[test]
    fn the_frame_is_read_leniently() {
        let envelope = Envelope::read(r#"{"message":{"en":"x"},"extra":1,"code":"7"}"#).unwrap();
        assert_eq!(
            (envelope.code, &*envelope.message(), envelope.data()),
            (Code(7), "{\"en\":\"x\"}", "null")
        );
        let envelope = Envelope::read(r#"{"code":7,"message":null,"data":[]}"#).unwrap();
        assert_eq!((&*envelope.message(), envelope.data()), ("", "[]"));
    }
}
