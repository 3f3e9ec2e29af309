//! What is traced and logged, in a program of its own.
//!
//! While there is one subscriber only, `tracing` asks the thread that comes to a place in the code first whether anybody listens there, and keeps the answer. Other tests beside these would answer no.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests, their helpers too")]

mod log;
#[allow(dead_code, reason = "the laws of the runtime need more of them")]
#[path = "../runtime/operations.rs"]
mod operations;
mod spans;

use std::sync::{Mutex, PoisonError};

/// Does it with the subscriber, when nobody else in this program has one.
fn traced<T>(
    subscriber: impl tracing::Subscriber + Send + Sync + 'static,
    work: impl FnOnce() -> T,
) -> T {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    tracing::subscriber::with_default(subscriber, work)
}
