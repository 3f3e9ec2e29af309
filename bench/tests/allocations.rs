//! How often a call takes memory from the heap: counts, which are the same on every machine.
//!
//! The allocator counts for the whole process, and so everything is counted in one test, one contender after the other.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::alloc::System;

use flighthub_bench::answers;
use flighthub_bench::asks::{Ask, FiftyTasks, Frame, LongTrack, OneTask};
use flighthub_bench::contenders::Contender;
use flighthub_bench::figures::Table;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static COUNTING: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Allocations so far; what grows in place counts as well.
fn allocations() -> usize {
    let stats = COUNTING.stats();
    stats.allocations + stats.reallocations
}

/// Allocations of the work. Others in this process can only add to it: of several times the least is taken.
fn count(mut work: impl FnMut()) -> usize {
    work();
    let times = (0..7).map(|_| {
        let before = allocations();
        work();
        allocations() - before
    });
    times.min().unwrap()
}

/// Allocations of a call, of everybody.
fn calls<A: Ask>() -> Vec<(Contender, usize)> {
    const CALLS: usize = 20;
    let address = answers::start().unwrap();
    let name = format!("Calls, {}", A::NAME);
    Contender::ALL
        .into_iter()
        .map(|contender| {
            let mut calls = contender.prepare::<A>(address).unwrap();
            calls(CALLS).unwrap();
            let each = count(|| calls(CALLS).unwrap()).div_ceil(CALLS);
            Table(&name).number(contender.name(), "allocations", each as f64);
            (contender, each)
        })
        .collect()
}

fn of(counts: &[(Contender, usize)], contender: Contender) -> usize {
    counts.iter().find(|(found, _)| *found == contender).unwrap().1
}

/// Allocations of reading an answer: by serde_json alone, and by our client with everything around it.
fn reading<A: Ask>() -> (usize, usize) {
    let text = A::body();
    let alone = count(|| {
        let frame: Frame<A::Output> = serde_json::from_str(&text).unwrap();
        assert_eq!(A::rows(&frame.data), A::expected());
    });
    let nowhere = "127.0.0.1:1".parse().unwrap();
    let mut calls = Contender::FlighthubAlone.prepare::<A>(nowhere).unwrap();
    let ours = count(|| calls(1).unwrap());
    let name = format!("Decoding, {}", A::NAME);
    Table(&name).number("serde_json from_str", "allocations", alone as f64);
    Table(&name).number("flighthub-api", "allocations", ours as f64);
    (alone, ours)
}

#[test]
fn a_call_takes_little_from_the_heap() {
    let task = calls::<OneTask>();
    let ours = of(&task, Contender::Flighthub);
    assert!(ours <= 85, "{task:?}");
    assert!(ours <= of(&task, Contender::ReqwestSerde) + 9, "{task:?}");
    // The count sees what it should: a bare connection takes far less, and something.
    assert!((5..ours).contains(&of(&task, Contender::HyperConnection)), "{task:?}");
    let tasks = calls::<FiftyTasks>();
    assert!(of(&tasks, Contender::Flighthub) <= 670, "{tasks:?}");

    let (alone, ours) = reading::<FiftyTasks>();
    let (alone_track, ours_track) = reading::<LongTrack>();
    // What a call takes apart from its answer is the same for all answers.
    let around = ours - alone;
    assert!(ours_track <= alone_track + around, "{ours_track} over {alone_track}, {around} around");
}
