//! Attacks, each a named test: what a hostile network, server or storage does, and what comes of it. `SECURITY.md` has the list.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod canary;
mod document;
mod injection;
mod json;
mod pages;
mod plan;
mod raw_access;
mod redirects;
mod security_md;
mod server;
mod sizes;

use plan::{figure, launch};
