//! What a call, an answer and a file cost: the contenders, what answers them, and how their figures are taken.
//!
//! Costs that repeat exactly are counted (instructions, allocations); times are taken side by side in one run and told as ratios, because
//! the same code takes three times as long on a machine that sleeps between the calls.

pub mod answers;
pub mod asks;
pub mod bodies;
pub mod contenders;
pub mod counting;
pub mod figures;
pub mod processes;
pub mod sections;
pub mod statistics;

/// Why a benchmark ended early: a text for people.
pub type Problem = Box<dyn std::error::Error + Send + Sync>;

/// What a benchmark gives.
pub type Result<T, E = Problem> = std::result::Result<T, E>;
