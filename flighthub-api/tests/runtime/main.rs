//! The laws of the runtime: what an answer means, what is repeated, what never leaves.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests, their helpers too")]

mod blocking;
mod bounds;
mod envelopes;
mod network;
mod operations;
mod outcomes;
mod retries;
mod secrets;
mod sugar;
