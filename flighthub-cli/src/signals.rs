//! The signals that end the program.

use std::io;

/// Waits for the signals that end the program: Ctrl-C, and on Unix SIGTERM.
pub(crate) struct Signals {
    #[cfg(unix)]
    each: [tokio::signal::unix::Signal; 2],
}

impl Signals {
    /// Listens from now on.
    #[cfg(unix)]
    pub(crate) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { each: [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?] })
    }

    /// Listens from now on.
    #[cfg(not(unix))]
    #[allow(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Ends when one has come.
    #[cfg(unix)]
    pub(crate) async fn wait(&mut self) {
        std::future::poll_fn(|context| {
            let come = self.each.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if come { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    }

    /// Ends when one has come.
    #[cfg(not(unix))]
    pub(crate) async fn wait(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
