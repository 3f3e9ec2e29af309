//! How values stand on the wire: times, lenient forms, tagged unions, secrets, and the order in which an answer is read.

mod decode;
mod finite;
mod lenient;
mod time;
mod union;

use std::cell::Cell;

use serde::de::DeserializeOwned;
use serde::de::value::MapDeserializer;

pub use decode::DecodeError;
pub(crate) use decode::{decode, from_text, row};
pub(crate) use finite::check_finite;
#[allow(unused_imports, reason = "which of these occur depends on the spec")]
pub(crate) use lenient::{
    bool_or_int, empty_is_absent, int_or_string, null_is_empty, one_or_many, tolerant,
};
#[allow(unused_imports, reason = "which of these occur depends on the spec")]
pub(crate) use time::{
    rfc3339, unix_millis, unix_millis_or_seconds, unix_seconds, unix_seconds_or_millis,
};
#[cfg(feature = "catalog")]
pub(crate) use union::Untagged;
pub(crate) use union::{Nothing, refuse, tagged};

thread_local! {
    static SALVAGING: Cell<bool> = const { Cell::new(false) };
    static PROMISED: Cell<bool> = const { Cell::new(false) };
    static REVEALING: Cell<bool> = const { Cell::new(false) };
}

/// Sets a flag of this thread for as long as it lives.
struct Flag {
    key: &'static std::thread::LocalKey<Cell<bool>>,
    before: bool,
}

impl Flag {
    fn raise(key: &'static std::thread::LocalKey<Cell<bool>>) -> Self {
        Self { key, before: key.replace(true) }
    }
}

impl Drop for Flag {
    fn drop(&mut self) {
        self.key.set(self.before);
    }
}

/// Runs something during which lists put rows that they cannot read aside.
pub(crate) fn salvaging<T>(run: impl FnOnce() -> T) -> T {
    let _flag = Flag::raise(&SALVAGING);
    run()
}

/// Whether lists put rows that they cannot read aside.
pub(crate) fn is_salvaging() -> bool {
    SALVAGING.get()
}

/// Runs something during which an id that is the empty text is an error: the reading of an answer to a write, which promises
/// it.
pub(crate) fn promised<T>(run: impl FnOnce() -> T) -> T {
    let _flag = Flag::raise(&PROMISED);
    run()
}

/// Whether an id that is the empty text is an error.
pub(crate) fn is_promised() -> bool {
    PROMISED.get()
}

/// Runs something during which secrets are serialised as they are: the making of a body, nothing else.
pub(crate) fn reveal<T>(run: impl FnOnce() -> T) -> T {
    let _flag = Flag::raise(&REVEALING);
    run()
}

/// Whether secrets are serialised as they are.
pub(crate) fn is_revealing() -> bool {
    REVEALING.get()
}

/// The whole number behind `3.0`.
pub(crate) fn whole_number(value: f64) -> Option<i64> {
    lenient::whole(value).and_then(|value| i64::try_from(value).ok())
}

/// An open object as a typed view: its fields stand alone, so that reading cannot fail as a whole.
pub(crate) fn view<T: DeserializeOwned + Default>(object: &crate::Object) -> T {
    T::deserialize(MapDeserializer::new(object.iter().map(|(key, value)| (key.as_str(), value))))
        .unwrap_or_else(|_: serde_json::Error| T::default())
}

/// The views of the objects behind keys that are payload indices.
pub(crate) fn keyed_views<T: DeserializeOwned + Default>(
    object: &crate::Object,
) -> Vec<(String, T)> {
    let payloads = object.iter().filter(|(key, _)| is_payload_index(key));
    payloads
        .filter_map(|(key, value)| value.as_object().map(|payload| (key.clone(), view(payload))))
        .collect()
}

/// Whether a key of a device state is a payload index such as `81-0-0`.
pub(crate) fn is_payload_index(key: &str) -> bool {
    let mut parts = 0;
    key.split('-').all(|part| {
        parts += 1;
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
    }) && parts == 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_index_is_three_numbers() {
        for (key, is) in
            [("81-0-0", true), ("81-0", false), ("81--0", false), ("mode_code", false), ("", false)]
        {
            assert_eq!(is_payload_index(key), is, "{key}");
        }
    }

    #[test]
    fn a_flag_falls_back_when_the_work_panics() {
        let caught = std::panic::catch_unwind(|| reveal(|| panic!("on purpose")));
        assert!(caught.is_err());
        assert!(!is_revealing());
    }
}
