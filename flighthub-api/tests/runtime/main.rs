//! The laws of the runtime: what an answer means, what is repeated, what never leaves.

mod blocking;
mod bounds;
mod envelopes;
mod network;
mod operations;
mod outcomes;
mod retries;
mod secrets;
mod sugar;
