//! The fault matrix: every operation under every fault of the table.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use flighthub_api::{CallOptions, Error, RetryPolicy};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::figure;
use crate::operations::{Sample, Sort, sample, samples, send};
use crate::server::Server;
use crate::table::{BOMB, End, Expected, FAULTS, Fault, Pace};

/// Cells at once. Each has a few open files, of which there may be no more than 1,024.
const AT_ONCE: usize = 100;
/// The patience with a server that says nothing.
const PATIENCE: Duration = Duration::from_millis(700);
/// No cell takes longer, however busy the machine is.
const BOUND: Duration = Duration::from_secs(60);

/// What came of a call.
#[derive(Debug)]
struct Came {
    /// Requests of which a byte arrived.
    begun: u32,
    /// Requests whose head arrived.
    seen: u32,
    result: Result<u32, Error>,
}

/// What is different from what had to be.
fn differences(expected: &Expected, pace: Pace, sort: Sort, came: &Came) -> Vec<String> {
    let mut found = Vec::new();
    let is_unsent = |error: &Error| error.is_refused() && error.http_status().is_none();
    let (attempts, end) = match &came.result {
        Ok(attempts) => (*attempts, End::Good),
        Err(error) => (
            error.attempts(),
            match (expected.end, error.outcome()) {
                (End::OpenOrUnsent(_), Some(_)) if came.begun == 0 && error.is_refused() => {
                    End::OpenOrUnsent(error.kind())
                }
                (End::OpenOrUnsent(_), Some(_)) if error.attempts() <= expected.attempts => {
                    End::OpenOrUnsent(error.kind())
                }
                (_, None) => End::Failed(error.kind()),
                (_, Some(_)) if error.is_refused() => End::Refused(error.kind()),
                (_, Some(_)) => End::Open(error.kind()),
            },
        ),
    };
    if end != expected.end {
        found.push(format!("it ended as {end:?}, not {:?}: {:?}", expected.end, came.result));
    }
    let is_exact = !matches!(expected.end, End::OpenOrUnsent(_));
    if attempts > expected.attempts || is_exact && attempts != expected.attempts {
        found.push(format!("{attempts} attempts, not {}", expected.attempts));
    }
    if came.seen > expected.seen || pace == Pace::Quick && came.seen != expected.seen {
        found.push(format!("{} requests, not {}", came.seen, expected.seen));
    }
    if sort == Sort::Write && came.begun > 1 {
        found.push(format!("the write was sent {} times", came.begun));
    }
    if came.result.as_ref().is_err_and(is_unsent) && came.begun > 0 {
        found.push("it is called unsent and was begun".to_owned());
    }
    found
}

/// What came of a cell.
struct Cell {
    sort: Sort,
    sent_again: u32,
    took: Duration,
    differences: Vec<String>,
    is_unusable: bool,
}

async fn cell(fault: &'static Fault, sample: Sample) -> Cell {
    let server = match fault.script {
        None => Server::refusing(&sample.good),
        Some(script) => {
            let good = sample.good.clone();
            Server::start(move |_| script(&good), &sample.good)
        }
    };
    let pauses = RetryPolicy::default().first_pause(Duration::from_millis(2));
    let client = server.builder().retry(pauses).idle_timeout(BOUND).max_response_bytes(1 << 20);
    let project = client.build().unwrap().project("p-1");
    let options = match fault.pace {
        Pace::Quick => CallOptions::new().timeout(BOUND).attempt_timeout(BOUND),
        Pace::Patient => CallOptions::new().timeout(BOUND).attempt_timeout(PATIENCE),
    };
    let begun = Instant::now();
    let result = send(&project, &sample.operation, &options).await;
    let took = begun.elapsed();
    // A server that answers does so before the head of the last request is counted by us, never after.
    let came = Came { begun: server.seen.begun(), seen: server.seen.heads(), result };
    let expected = if sample.sort == Sort::Write { &fault.write } else { &fault.read };
    let mut found = differences(expected, fault.pace, sample.sort, &came);
    if took > BOUND {
        found.push(format!("it took {took:?}"));
    }
    server.heal();
    let options = CallOptions::new().timeout(BOUND).attempt_timeout(BOUND);
    let after = send(&project, &sample.operation, &options).await;
    if let Err(error) = &after {
        found.push(format!("afterwards: {error}"));
    }
    let name = |text| format!("{} under `{}`: {text}", sample.id(), fault.name);
    Cell {
        sort: sample.sort,
        sent_again: came.begun.saturating_sub(1),
        took,
        differences: found.into_iter().map(name).collect(),
        is_unusable: after.is_err(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_under_every_fault_ends_as_the_table_says() {
    LazyLock::force(&BOMB);
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let samples = samples();
    let mut cells = JoinSet::new();
    // The patient ones first: they wait while the others work.
    let (patient, quick): (Vec<&Fault>, Vec<&Fault>) =
        FAULTS.iter().partition(|fault| fault.pace == Pace::Patient);
    let begun = Instant::now();
    for fault in patient.into_iter().chain(quick) {
        for sample in &samples {
            let place = Arc::clone(&places).acquire_owned().await.unwrap();
            let sample = sample.clone();
            cells.spawn(async move {
                let cell = cell(fault, sample).await;
                drop(place);
                cell
            });
        }
    }
    let cells = cells.join_all().await;
    let differences: Vec<String> = cells.iter().flat_map(|cell| cell.differences.clone()).collect();
    let writes = || cells.iter().filter(|cell| cell.sort == Sort::Write);
    let sent_again: u32 = writes().map(|cell| cell.sent_again).sum();
    let longest = cells.iter().map(|cell| cell.took).max().unwrap();
    figure!("Fault matrix", "faults", "count", FAULTS.len());
    figure!("Fault matrix", "operations", "count", samples.len());
    figure!("Fault matrix", "cells", "count", cells.len());
    figure!("Fault matrix", "cells with writes", "count", writes().count());
    figure!("Fault matrix", "writes sent again", "count", sent_again);
    figure!("Fault matrix", "cells unlike the table", "count", differences.len());
    figure!(
        "Fault matrix",
        "clients unusable afterwards",
        "count",
        cells.iter().filter(|cell| cell.is_unusable).count()
    );
    figure!("Fault matrix", "longest cell", "time", longest.as_secs_f32(), "s");
    figure!("Fault matrix", "all cells", "time", begun.elapsed().as_secs_f32(), "s");
    assert!(differences.is_empty(), "{}\n{}", differences.len(), differences.join("\n"));
    assert_eq!((cells.len(), sent_again), (FAULTS.len() * 42, 0));
}

#[tokio::test]
async fn a_write_that_were_repeated_would_be_noticed() {
    // A read is repeated; judged as a write, every part of it is wrong.
    let fault = FAULTS.iter().find(|fault| fault.name == "reset after the request").unwrap();
    let read = sample("task.get");
    let good = read.good.clone();
    let server = Server::start(move |_| fault.script.unwrap()(&good), &read.good);
    let project = server.builder().build().unwrap().project("p-1");
    let result = send(&project, &read.operation, &CallOptions::new()).await;
    let came = Came { begun: server.seen.begun(), seen: server.seen.heads(), result };
    assert!(differences(&fault.read, fault.pace, Sort::Repeatable, &came).is_empty(), "{came:?}");
    let found = differences(&fault.write, fault.pace, Sort::Write, &came);
    assert_eq!(found.len(), 4, "{found:#?}");
    assert_eq!(found[3], "the write was sent 3 times");
}

#[test]
fn the_table_has_no_row_twice_and_lets_no_write_be_repeated() {
    let mut names: Vec<&str> = FAULTS.iter().map(|fault| fault.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FAULTS.len());
    assert!(FAULTS.len() >= 20);
    for fault in FAULTS {
        assert!(fault.write.seen <= 1, "{}", fault.name);
        let is_open = matches!(fault.write.end, End::Open(_));
        assert!(!is_open || fault.write.attempts == 1, "{}", fault.name);
    }
}
