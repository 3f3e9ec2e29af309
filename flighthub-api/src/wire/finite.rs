//! Numbers that JSON does not have: serde_json writes them as null, which the service takes for absent.

use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};
use serde::{Serialize, Serializer};

use crate::request::InvalidArgument;

/// Refuses a value that holds an infinite number or none.
pub(crate) fn check_finite<T: Serialize + ?Sized>(value: &T) -> Result<(), InvalidArgument> {
    value.serialize(Finite)
}

/// Walks through a value and writes nothing.
struct Finite;

macro_rules! pass {
    ($($method:ident($($type:ty),*);)*) => {$(
        fn $method(self, $(_: $type),*) -> Result<(), InvalidArgument> {
            Ok(())
        }
    )*};
}

macro_rules! walk {
    ($($method:ident($($type:ty),*);)*) => {$(
        fn $method(self, $(_: $type),*) -> Result<Self, InvalidArgument> {
            Ok(self)
        }
    )*};
}

impl Serializer for Finite {
    type Ok = ();
    type Error = InvalidArgument;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    fn serialize_f32(self, value: f32) -> Result<(), InvalidArgument> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), InvalidArgument> {
        if value.is_finite() {
            Ok(())
        } else {
            Err(InvalidArgument::new("", "is no finite number; give one"))
        }
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), InvalidArgument> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), InvalidArgument> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), InvalidArgument> {
        value.serialize(self)
    }

    pass! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
    }

    walk! {
        serialize_seq(Option<usize>);
        serialize_tuple(usize);
        serialize_tuple_struct(&'static str, usize);
        serialize_tuple_variant(&'static str, u32, &'static str, usize);
        serialize_map(Option<usize>);
        serialize_struct(&'static str, usize);
        serialize_struct_variant(&'static str, u32, &'static str, usize);
    }
}

macro_rules! compound {
    ($($part:ident::$method:ident($($key:ident: $type:ty)?);)*) => {$(
        impl $part for Finite {
            type Ok = ();
            type Error = InvalidArgument;

            fn $method<T: Serialize + ?Sized>(&mut self, $($key: $type,)? value: &T) -> Result<(), InvalidArgument> {
                check_finite(value)
            }

            fn end(self) -> Result<(), InvalidArgument> {
                Ok(())
            }
        }
    )*};
}

compound! {
    SerializeSeq::serialize_element();
    SerializeTuple::serialize_element();
    SerializeTupleStruct::serialize_field();
    SerializeTupleVariant::serialize_field();
    SerializeStruct::serialize_field(_key: &'static str);
    SerializeStructVariant::serialize_field(_key: &'static str);
}

impl SerializeMap for Finite {
    type Ok = ();
    type Error = InvalidArgument;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), InvalidArgument> {
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), InvalidArgument> {
        check_finite(value)
    }

    fn end(self) -> Result<(), InvalidArgument> {
        Ok(())
    }
}
