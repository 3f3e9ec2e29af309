//! What several tests need: the API as the YAML alone describes it, and arguments of every operation made from its schema.
//!
//! [`openapi`] knows nothing of our generator and of the generated code: it reads the document as any other OpenAPI tool would.
//! So it notices when our own reading of the document is wrong.

#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

pub mod arguments;
pub mod openapi;

/// The examples of the README, compiled.
#[doc = include_str!("../../README.md")]
#[cfg(doctest)]
pub struct Readme;
