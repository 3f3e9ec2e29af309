//! How long a storage may be silent.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep, timeout};

use super::error::FetchError;

/// What is longer than that is no time that can be added to another.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// Ends waits that last too long. A new timer for every chunk would cost as much as reading it, so there is one, which is
/// set anew only when it rings.
pub(super) struct Silence {
    limit: Duration,
    timer: Pin<Box<Sleep>>,
}

impl Silence {
    pub(super) fn new(limit: Duration) -> Self {
        let limit = limit.min(FOR_EVER);
        Self { limit, timer: Box::pin(sleep(limit)) }
    }

    /// Waits for something, from a moment on.
    pub(super) async fn broken_by<T>(
        &mut self,
        since: Instant,
        work: impl Future<Output = T>,
    ) -> Result<T, FetchError> {
        let mut work = pin!(work);
        poll_fn(|context| {
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(Ok(done));
            }
            while self.timer.as_mut().poll(context).is_ready() {
                if since.elapsed() >= self.limit {
                    return Poll::Ready(Err(silent()));
                }
                self.timer.as_mut().reset(since + self.limit);
            }
            Poll::Pending
        })
        .await
    }
}

/// Waits once.
pub(super) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = T>,
) -> Result<T, FetchError> {
    timeout(limit, work).await.map_err(|_| silent())
}

fn silent() -> FetchError {
    FetchError::fault("the storage fell silent")
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    #[tokio::test(start_paused = true)]
    async fn only_silence_ends_a_wait() {
        let (sender, mut receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            for _ in 0..10 {
                tokio::time::sleep(LIMIT - Duration::from_secs(1)).await;
                sender.send(()).await.unwrap();
            }
            std::future::pending::<()>().await;
        });
        let (mut silence, began) = (Silence::new(LIMIT), Instant::now());
        for _ in 0..10 {
            silence.broken_by(Instant::now(), receiver.recv()).await.unwrap();
        }
        let last = Instant::now();
        assert_eq!(last - began, (LIMIT - Duration::from_secs(1)) * 10);
        assert!(silence.broken_by(last, receiver.recv()).await.is_err());
        assert_eq!(last.elapsed(), LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_may_be_for_ever() {
        let mut silence = Silence::new(Duration::MAX);
        let wait = silence.broken_by(Instant::now(), std::future::pending::<()>());
        assert!(timeout(LIMIT, wait).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn time_that_others_take_is_no_silence() {
        let mut silence = Silence::new(LIMIT);
        tokio::time::sleep(LIMIT * 3).await;
        let began = Instant::now();
        let slow = tokio::time::sleep(LIMIT / 2);
        silence.broken_by(began, slow).await.unwrap();
        assert!(silence.broken_by(Instant::now(), std::future::pending::<()>()).await.is_err());
        assert_eq!(began.elapsed(), LIMIT / 2 + LIMIT);
    }
}
