//! Progress on standard error, for people.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};

use crate::out::Terminal;

/// Bars and messages on standard error. Nothing moves where standard error is no terminal, or nobody wants to see it.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    all: MultiProgress,
}

impl Progress {
    /// Progress as it fits standard error; `quiet` shows none.
    pub(crate) fn new(stderr: &Terminal, quiet: bool) -> Self {
        let target = if stderr.is_terminal && !quiet {
            ProgressDrawTarget::stderr_with_hz(8)
        } else {
            ProgressDrawTarget::hidden()
        };
        Self { all: MultiProgress::with_draw_target(target) }
    }

    /// A bar for so many things.
    pub(crate) fn items(&self, what: &str, total: u64) -> Bar {
        self.add(what, Some(total))
    }

    /// A bar for so many bytes; without a total it counts up.
    pub(crate) fn bytes(&self, what: &str, total: Option<u64>) -> Bar {
        self.add(what, total)
    }

    /// Something that takes a while.
    pub(crate) fn spinner(&self, what: &str) -> Bar {
        self.add(what, None)
    }

    /// Writes while no bar is in the way.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.all.suspend(write)
    }

    fn add(&self, what: &str, total: Option<u64>) -> Bar {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        let bar = self.all.add(bar);
        bar.set_message(what.to_owned());
        Bar(bar)
    }
}

/// A bar or spinner. It goes away when it is dropped.
#[derive(Debug)]
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// What is being done now.
    pub(crate) fn message(&self, what: &str) {
        self.0.set_message(what.to_owned());
    }

    /// How much there is.
    pub(crate) fn total(&self, total: u64) {
        self.0.set_length(total);
    }

    /// How much is done.
    pub(crate) fn at(&self, done: u64) {
        self.0.set_position(done);
    }

    /// So much more is done.
    pub(crate) fn add(&self, more: u64) {
        self.0.inc(more);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
