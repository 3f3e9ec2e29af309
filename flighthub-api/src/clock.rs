//! Time as the client sees it, so that tests can bring their own.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};

/// A future on the heap.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The time of a client: all waiting, every deadline and the reading of dates in answers go through it.
pub trait Clock: Send + Sync + 'static {
    /// A moment of the monotonic clock.
    fn now(&self) -> Instant;
    /// The date.
    fn wall(&self) -> SystemTime;
    /// Ends so much later.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// The clock of the tokio runtime. It stands still under `tokio::time::pause`, as tests want it.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokioClock;

impl Clock for TokioClock {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Waits for the work, but not beyond the limit. `None` when the limit came first.
pub(crate) async fn race<T>(
    work: impl Future<Output = T>,
    mut limit: BoxFuture<'static, ()>,
) -> Option<T> {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(move |context| {
        if let std::task::Poll::Ready(value) = work.as_mut().poll(context) {
            return std::task::Poll::Ready(Some(value));
        }
        limit.as_mut().poll(context).map(|()| None)
    })
    .await
}
