//! What a workflow has around it.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use flighthub_api::{CallOptions, Clock, Timestamp, TokioClock};
use futures_core::Stream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What a workflow has around it: the clock that it waits by, and who hears what happens.
///
/// ```
/// use flighthub_workflows::Run;
///
/// # #[derive(Debug, Clone)] enum Event { Started }
/// // Nobody listens:
/// let run: Run<Event> = Run::quiet();
/// // Somebody does, and reads `events` while the workflow runs:
/// let (run, mut events) = Run::<Event>::with_events();
/// ```
pub struct Run<E> {
    clock: Arc<dyn Clock>,
    sink: Option<UnboundedSender<E>>,
}

impl<E> Run<E> {
    /// Nobody hears what happens.
    #[must_use]
    pub fn quiet() -> Self {
        Self { clock: Arc::new(TokioClock), sink: None }
    }

    /// What happens is read from the stream. It ends with the workflow.
    #[must_use]
    pub fn with_events() -> (Self, Events<E>) {
        let (sink, source) = unbounded_channel();
        (Self { clock: Arc::new(TokioClock), sink: Some(sink) }, Events(source))
    }

    /// The same with another clock, as tests want it.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The same surroundings for a workflow that is a part of this one and has events of its own.
    #[must_use]
    pub fn part<F>(&self) -> Run<F> {
        Run { clock: Arc::clone(&self.clock), sink: None }
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    pub(crate) fn say(&self, event: E) {
        if let Some(sink) = &self.sink {
            // Whoever stopped listening does not want to know.
            let _ = sink.send(event);
        }
    }

    /// The date.
    pub(crate) fn wall(&self) -> Timestamp {
        let since = self.clock.wall().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let millis = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_unix_millis(millis).unwrap_or_else(Timestamp::now)
    }

    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    pub(crate) async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }
}

/// Options of a read within a wait of which so much is left: it may not outlast it by much.
pub(crate) fn within(left: Duration) -> CallOptions {
    CallOptions::new().timeout(left.clamp(Duration::from_secs(5), Duration::from_secs(60)))
}

impl<E> Clone for Run<E> {
    fn clone(&self) -> Self {
        Self { clock: Arc::clone(&self.clock), sink: self.sink.clone() }
    }
}

impl<E> std::fmt::Debug for Run<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("is_heard", &self.sink.is_some()).finish_non_exhaustive()
    }
}

/// What happens in a workflow, as it happens. It ends when the workflow does.
#[derive(Debug)]
pub struct Events<E>(UnboundedReceiver<E>);

impl<E> Events<E> {
    /// The next event; `None` at the end of the workflow.
    pub async fn next(&mut self) -> Option<E> {
        poll_fn(|context| self.0.poll_recv(context)).await
    }

    /// An event that has happened already.
    pub fn try_next(&mut self) -> Option<E> {
        self.0.try_recv().ok()
    }
}

impl<E> Stream for Events<E> {
    type Item = E;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<E>> {
        self.0.poll_recv(context)
    }
}
