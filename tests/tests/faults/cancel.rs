//! Calls that are dropped, at every point at which they wait.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use flighthub_api::testing::{Scripted, ScriptedTransport};
use flighthub_api::{
    BoxFuture, CallOptions, Client, Error, Project, RateLimit, Region, Token, Transport,
    TransportError, TransportReply, TransportRequest,
};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::figure;
use crate::operations::{Sample, samples, send};
use crate::server::{Server, Step, reply};

type Calling = BoxFuture<'static, Result<u32, Error>>;

/// A future that is polled so many times, each time when it has something to do.
struct Polled {
    calling: Option<Calling>,
    left: u32,
}

impl Future for Polled {
    /// What it brought before it was dropped, if it did.
    type Output = Option<Result<u32, Error>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(left) = self.left.checked_sub(1) else {
            self.calling = None;
            return Poll::Ready(None);
        };
        self.left = left;
        let Some(calling) = self.calling.as_mut() else { return Poll::Ready(None) };
        if let Poll::Ready(result) = calling.as_mut().poll(context) {
            return Poll::Ready(Some(result));
        }
        if left == 0 {
            self.calling = None;
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

fn polled(calling: Calling, times: u32) -> Polled {
    Polled { calling: Some(calling), left: times }
}

/// Drops a call after one poll, two polls, and so on, until it is finished. Gives how often it was dropped.
async fn drop_everywhere(project: &Project, sample: &Sample) -> u32 {
    for times in 0..200 {
        let calling = send(project, &sample.operation, &CallOptions::new());
        if let Some(result) = polled(calling, times).await {
            result.unwrap_or_else(|error| panic!("{}: {error}", sample.id()));
            return times;
        }
    }
    panic!("{} does not end", sample.id());
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Until no more tasks live than this; false when they do not end.
async fn down_to(tasks: usize) -> bool {
    for _ in 0..1_000 {
        if Handle::current().metrics().num_alive_tasks() <= tasks {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

#[test]
fn a_call_can_be_dropped_wherever_it_waits_for_the_network() {
    // The server has a thread of its own, so that only the client's tasks are counted.
    let servers = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let clients = runtime();
    let (mut drops, mut leaked) = (0, 0);
    for sample in samples() {
        let server = {
            let _inside = servers.enter();
            let good = sample.good.clone();
            // In pieces, so that the body is waited for too.
            let script = move |_| {
                let whole = reply("200 OK", "", &good);
                let piece = whole.len() / 3;
                vec![Step::Request, Step::Drip(whole, piece, Duration::from_millis(1))]
            };
            Server::start(script, &sample.good)
        };
        clients.block_on(async {
            let before = Handle::current().metrics().num_alive_tasks();
            // One place: a dropped call that kept it would stop all others.
            let long = Duration::from_secs(60);
            let client = server.builder().max_concurrency(1).timeout(long).build().unwrap();
            drops += drop_everywhere(&client.project("p-1"), &sample).await;
            drop(client);
            leaked += usize::from(!down_to(before).await);
        });
    }
    figure!("Cancellation", "calls dropped over HTTP", "count", drops);
    figure!("Cancellation", "operations that left a task behind", "count", leaked);
    assert_eq!(leaked, 0);
    assert!(drops >= 42 * 2, "{drops}");
}

/// A network on which every other request finds no connection. Everything takes a second.
#[derive(Clone)]
struct Wobbly {
    asked: Arc<AtomicU32>,
    good: String,
}

impl Transport for Wobbly {
    fn send(&self, _: TransportRequest) -> BoxFuture<'_, Result<TransportReply, TransportError>> {
        Box::pin(async {
            let number = self.asked.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(1)).await;
            match number % 2 {
                0 => Err(TransportError::not_sent("wobbly")),
                _ => Ok(TransportReply::new(200, self.good.clone())),
            }
        })
    }
}

/// A call that waits for its place, for the rate limit, for the network, for its pause and for the network again; dropped after so many polls.
/// False when it was finished before.
async fn dropped_alone(sample: &Sample, times: u32) -> bool {
    let wobbly = Wobbly { asked: Arc::default(), good: sample.good.clone() };
    let builder = Client::builder(Region::Europe, Token::opaque("wobbly")).transport(wobbly);
    let limit = RateLimit::new(0.5, 1);
    let client = builder.max_concurrency(1).rate_limit(limit).seed(1).build().unwrap();
    let project = client.project("p-1");
    // Somebody else has the place at first.
    let other = tokio::spawn(send(&project, &sample.operation, &CallOptions::new()));
    tokio::task::yield_now().await;
    let calling = send(&project, &sample.operation, &CallOptions::new());
    let result = polled(calling, times).await;
    other.await.unwrap().unwrap();
    let after = send(&project, &sample.operation, &CallOptions::new());
    let after = tokio::time::timeout(Duration::from_secs(600), after).await;
    let after =
        after.unwrap_or_else(|_| panic!("{}: the place is gone after {times}", sample.id()));
    after.unwrap_or_else(|error| panic!("{} after {times}: {error}", sample.id()));
    result.is_none()
}

#[test]
fn a_call_can_be_dropped_wherever_it_waits_for_itself() {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let mut drops = 0;
    for sample in samples() {
        runtime.block_on(async {
            let before = Handle::current().metrics().num_alive_tasks();
            let mut times = 0;
            while dropped_alone(&sample, times).await {
                times += 1;
                assert!(times < 100, "{} does not end", sample.id());
            }
            let after = Handle::current().metrics().num_alive_tasks();
            assert_eq!(after, before, "{}", sample.id());
            assert!(times >= 4, "{}: {times}", sample.id());
            drops += times;
        });
    }
    figure!("Cancellation", "calls dropped in their own pauses", "count", drops);
}

#[tokio::test(start_paused = true)]
async fn a_place_that_were_kept_would_be_noticed() {
    // The control: while a call is held on to, its place is taken.
    let script = ScriptedTransport::new().then(Scripted::silence());
    let client = script.builder().max_concurrency(1).build().unwrap();
    let sample = &samples()[0];
    let project = client.project("p-1");
    let mut held = send(&project, &sample.operation, &CallOptions::new());
    let waker = std::task::Waker::noop();
    assert!(held.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
    let other = send(&project, &sample.operation, &CallOptions::new());
    assert!(tokio::time::timeout(Duration::from_secs(5), other).await.is_err());
    drop(held);
    script.push(Scripted::json(&*sample.good));
    assert!(send(&project, &sample.operation, &CallOptions::new()).await.is_ok());
}

#[tokio::test]
async fn a_write_that_is_dropped_is_not_sent_again() {
    // Dropped after its request has left: no task of ours goes on with it.
    let sends = Arc::new(AtomicU32::new(0));
    for sample in samples() {
        let server = Server::start(|_| vec![Step::Request, Step::Silence], &sample.good);
        let client = server.builder().build().unwrap();
        let call =
            tokio::spawn(send(&client.project("p-1"), &sample.operation, &CallOptions::new()));
        while server.seen.requests() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        server.heal();
        send(&client.project("p-1"), &sample.operation, &CallOptions::new()).await.unwrap();
        assert_eq!(server.seen.requests(), 2, "{}", sample.id());
        sends.fetch_add(server.seen.requests() - 2, Ordering::SeqCst);
    }
    figure!(
        "Cancellation",
        "dropped calls that were sent again",
        "count",
        sends.load(Ordering::SeqCst)
    );
}
