//! Unions told apart by a tag, also an integer one, also flattened into their neighbours.

use serde::ser::{Impossible, SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

/// An arm without fields.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(feature = "catalog", derive(serde::Deserialize), serde(deny_unknown_fields))]
pub(crate) struct Nothing {}

/// Writes the tag, then the fields of the arm beside it.
pub(crate) fn tagged<S: Serializer, V: Serialize + ?Sized, A: Serialize + ?Sized>(
    serializer: S,
    tag: &'static str,
    value: &V,
    arm: &A,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry(tag, value)?;
    arm.serialize(Beside(&mut map))?;
    map.end()
}

/// Writes the fields of a struct into a map that is already open.
struct Beside<'a, M>(&'a mut M);

impl<M: SerializeMap> SerializeStruct for Beside<'_, M> {
    type Ok = ();
    type Error = M::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), M::Error> {
        self.0.serialize_entry(key, value)
    }

    fn end(self) -> Result<(), M::Error> {
        Ok(())
    }
}

macro_rules! refuse {
    ($($method:ident($($argument:ident: $type:ty),*) -> $ok:ty;)*) => {$(
        fn $method(self, $($argument: $type),*) -> Result<$ok, Self::Error> {
            let _ = ($($argument,)*);
            Err(serde::ser::Error::custom("an arm of a union is a struct"))
        }
    )*};
}
pub(crate) use refuse;

impl<M: SerializeMap> Serializer for Beside<'_, M> {
    type Ok = ();
    type Error = M::Error;
    type SerializeSeq = Impossible<(), M::Error>;
    type SerializeTuple = Impossible<(), M::Error>;
    type SerializeTupleStruct = Impossible<(), M::Error>;
    type SerializeTupleVariant = Impossible<(), M::Error>;
    type SerializeMap = Impossible<(), M::Error>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Impossible<(), M::Error>;

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, M::Error> {
        Ok(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), M::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), M::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), M::Error> {
        value.serialize(self)
    }

    refuse! {
        serialize_bool(v: bool) -> ();
        serialize_i8(v: i8) -> ();
        serialize_i16(v: i16) -> ();
        serialize_i32(v: i32) -> ();
        serialize_i64(v: i64) -> ();
        serialize_u8(v: u8) -> ();
        serialize_u16(v: u16) -> ();
        serialize_u32(v: u32) -> ();
        serialize_u64(v: u64) -> ();
        serialize_f32(v: f32) -> ();
        serialize_f64(v: f64) -> ();
        serialize_char(v: char) -> ();
        serialize_str(v: &str) -> ();
        serialize_bytes(v: &[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(name: &'static str) -> ();
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str) -> ();
        serialize_seq(len: Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(len: usize) -> Self::SerializeTuple;
        serialize_tuple_struct(name: &'static str, len: usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, len: usize) -> Self::SerializeTupleVariant;
        serialize_map(len: Option<usize>) -> Self::SerializeMap;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, len: usize) -> Self::SerializeStructVariant;
    }
}

#[cfg(feature = "catalog")]
pub(crate) use read::Untagged;

#[cfg(feature = "catalog")]
mod read {
    use serde::de::{self, DeserializeOwned};
    use serde::{Deserialize, Deserializer};
    use serde_json::{Map, Value};

    /// A union whose arm is not yet known: its tag, and the fields beside it.
    ///
    /// Only requests hold unions, so going over a `Value` costs nothing where it matters.
    pub(crate) struct Untagged {
        union: &'static str,
        tag: &'static str,
        value: Value,
        rest: Map<String, Value>,
    }

    impl Untagged {
        /// Reads the fields and takes the tag out.
        pub(crate) fn read<'de, D: Deserializer<'de>>(
            deserializer: D,
            union: &'static str,
            tag: &'static str,
        ) -> Result<Self, D::Error> {
            let mut rest = Map::deserialize(deserializer)?;
            match rest.shift_remove(tag) {
                Some(value) => Ok(Self { union, tag, value, rest }),
                None => Err(de::Error::missing_field(tag)),
            }
        }

        /// The tag as text.
        pub(crate) fn text(&self) -> Option<&str> {
            self.value.as_str()
        }

        /// The tag as integer.
        pub(crate) fn integer(&self) -> Option<i64> {
            self.value.as_i64()
        }

        /// The fields beside the tag as the arm; any other field is an error.
        pub(crate) fn arm<T: DeserializeOwned, E: de::Error>(self) -> Result<T, E> {
            let Self { tag, value, rest, .. } = self;
            serde_json::from_value(Value::Object(rest))
                .map_err(|error| E::custom(format_args!("with `{tag}` {value}: {error}")))
        }

        /// The tag is none that is known.
        pub(crate) fn unknown<E: de::Error>(&self, known: &[&str]) -> E {
            E::custom(format_args!(
                "`{}` {} is not known to {}; use one of: {}",
                self.tag,
                self.value,
                self.union,
                known.join(", ")
            ))
        }
    }
}
