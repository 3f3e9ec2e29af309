//! Connections: those that go stale, those that are not used again, and how many there are.

use std::collections::BTreeSet;
use std::time::Duration;

use flighthub_api::{CallOptions, RetryPolicy};
use tokio::task::JoinSet;

use crate::figure;
use crate::operations::{Sort, sample, samples, send};
use crate::server::{Server, Step, reply};

/// Answers the first request of every connection, and closes when it is used again.
fn stale(good: &str, end: Step) -> Server {
    let answer = reply("200 OK", "", good);
    let script =
        move |_| vec![Step::Request, Step::Bytes(answer.clone()), Step::FirstByte, end.clone()];
    Server::start(script, good)
}

fn quickly() -> RetryPolicy {
    RetryPolicy::default().first_pause(Duration::from_millis(2))
}

#[tokio::test]
async fn no_read_fails_because_its_connection_had_gone_stale() {
    let sample = sample("task.get");
    for (name, end) in [("closed", Step::Drop), ("reset", Step::Reset)] {
        let server = stale(&sample.good, end);
        let project = server.builder().retry(quickly()).build().unwrap().project("p-1");
        let (mut failed, mut extra, mut most) = (0, 0, 0);
        for _ in 0..100 {
            match send(&project, &sample.operation, &CallOptions::new()).await {
                Ok(attempts) => {
                    extra += attempts - 1;
                    most = most.max(attempts - 1);
                }
                Err(_) => failed += 1,
            }
        }
        figure!("Stale keep-alive", format!("{name} reads that failed"), "count", failed);
        figure!("Stale keep-alive", format!("{name} most extra sends of a read"), "count", most);
        assert_eq!((failed, most), (0, 1), "{name}");
        assert!(
            extra >= 10,
            "{name}: connections are used again, so some have gone stale: {extra}"
        );
    }
}

#[tokio::test]
async fn a_repetition_takes_no_connection_that_may_be_stale_too() {
    // Eight idle connections, of which every one fails.
    let sample = sample("task.get");
    let server = stale(&sample.good, Step::Drop);
    let builder = server.builder().retry(quickly()).max_concurrency(8);
    let project = builder.build().unwrap().project("p-1");
    let mut most = 0;
    for _ in 0..12 {
        let mut calls = JoinSet::new();
        for _ in 0..8 {
            calls.spawn(send(&project, &sample.operation, &CallOptions::new()));
        }
        for attempts in calls.join_all().await {
            most = most.max(attempts.unwrap());
        }
    }
    figure!("Stale keep-alive", "many at once most extra sends of a read", "count", most - 1);
    assert_eq!(most, 2);
}

#[tokio::test]
async fn every_write_comes_on_a_connection_of_its_own() {
    let samples = samples();
    let writes = || samples.iter().filter(|sample| sample.sort == Sort::Write);
    let mut shared = 0;
    for sample in writes() {
        let server = Server::healthy(&sample.good);
        let project = server.builder().build().unwrap().project("p-1");
        for _ in 0..3 {
            // A read leaves an idle connection behind. Its answer is another's, which is no matter here.
            let _ = project.raw(flighthub_api::Method::Get, "/v0/x").send().await;
            send(&project, &sample.operation, &CallOptions::new()).await.unwrap();
        }
        let log = server.seen.log();
        let reads: BTreeSet<u32> = log
            .iter()
            .enumerate()
            .filter(|(at, _)| at % 2 == 0)
            .map(|(_, (one, _))| *one)
            .collect();
        let own: BTreeSet<u32> = log
            .iter()
            .enumerate()
            .filter(|(at, _)| at % 2 == 1)
            .map(|(_, (one, _))| *one)
            .collect();
        assert_eq!((log.len(), reads.len()), (6, 1), "{}: reads share one: {log:?}", sample.id());
        shared += 3 - own.len() + own.intersection(&reads).count();
    }
    figure!("Stale keep-alive", "writes on a connection that was used before", "count", shared);
    assert_eq!((shared, writes().count() > 15), (0, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_at_once_are_answered_over_few_connections() {
    for (id, places) in [("task.get", 4), ("task.get", 64), ("task.create", 16)] {
        let sample = sample(id);
        let server = Server::healthy(&sample.good);
        let long = Duration::from_secs(120);
        let builder = server.builder().max_concurrency(places).timeout(long).attempt_timeout(long);
        let project = builder.build().unwrap().project("p-1");
        let mut calls = JoinSet::new();
        for _ in 0..1_000 {
            calls.spawn(send(&project, &sample.operation, &CallOptions::new()));
        }
        let attempts: Vec<u32> = calls.join_all().await.into_iter().map(Result::unwrap).collect();
        let row = format!("{id} of which {places} at once");
        let most = server.seen.most_open();
        figure!("A thousand calls", row, "answered", attempts.len());
        figure!("A thousand calls", row, "connections at once", most);
        assert_eq!(attempts.len(), 1_000);
        assert_eq!(server.seen.requests(), attempts.iter().sum::<u32>());
        // Those in use, those that rest, and those whose end the server has not seen yet.
        assert!(most as usize <= 4 * places + 8, "{row}: {most}");
    }
}
