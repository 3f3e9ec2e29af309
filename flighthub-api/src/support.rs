//! What generated code imports.

#![allow(unused_imports, reason = "which of these a generated file needs depends on the spec")]

pub(crate) use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) use crate::accepted::Accepted;
pub(crate) use crate::call::{Call, Handle, Sends};
#[cfg(feature = "catalog")]
pub(crate) use crate::catalog::operations;
pub(crate) use crate::groups::groups;
pub(crate) use crate::ids::{
    IntEnum, TextEnum, UnknownInt, UnknownText, int_enum, integer_id, open_object, text_enum,
    text_id,
};
pub(crate) use crate::list::{List, Listing};
pub(crate) use crate::operation::{Evidence, Operation, OperationInfo, risk, scope};
pub(crate) use crate::secret::Secret;
#[cfg(feature = "server")]
pub(crate) use crate::server::Answer;
pub(crate) use crate::timestamp::Timestamp;
pub(crate) use crate::{Object, wire};
